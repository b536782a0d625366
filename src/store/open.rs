//! Opening, migrating, roles.

use super::{Database, Store, StoreError};
use sqlx::{
    Connection, Executor, PgConnection,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::Notify;

static PG: Migrator = sqlx::migrate!("src/store/migrations/pg");
static LITE: Migrator = sqlx::migrate!("src/store/migrations/lite");

/// The SQL that makes the two roles, for those who make roles beforehand.
pub const ROLES: &str = include_str!("migrations/roles.sql");
/// Connections of the pool whose role sees all tenants: relay, sweeper, timers, key look-up and audit share them.
pub const SYSTEM_CONNECTIONS: u32 = 4;
const SECURITY: &str = include_str!("migrations/security.sql");

/// Where the store is and how many connections it may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://owner@host/database`, or a path of a SQLite file.
    pub url: String,
    /// Connections of the tenant pool (PostgreSQL) or readers (SQLite).
    pub connections: u32,
    /// How long to wait for a free connection.
    pub acquire: Duration,
}

impl Options {
    /// True for a PostgreSQL URL.
    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres://") || self.url.starts_with("postgresql://")
    }
}

/// Brings the schema up to date; on PostgreSQL also the roles and the row-level security. Safe to run from several processes.
pub async fn migrate(options: &Options) -> Result<(), StoreError> {
    if options.is_postgres() {
        make_roles(&options.url).await?;
        let mut owner = PgConnection::connect(&options.url).await?;
        // One process at a time: sqlx's own lock covers the migrations and not what follows.
        sqlx::raw_sql("select pg_advisory_lock(7240891)").execute(&mut owner).await?;
        PG.run(&mut owner).await?;
        sqlx::raw_sql(SECURITY).execute(&mut owner).await?;
        owner.close().await?;
    } else {
        // sqlx locks migrations on PostgreSQL only; here a file beside the store does.
        let guard = std::fs::File::create(format!("{}.migrate", options.url))
            .map_err(|e| StoreError::Setup(format!("{}.migrate can't be written: {e}", options.url)))?;
        guard.lock().map_err(|e| StoreError::Setup(format!("{}.migrate can't be locked: {e}", options.url)))?;
        let pool = lite_pool(Path::new(&options.url), 1, options.acquire, false).await?;
        LITE.run(&pool).await?;
        super::statistics::write(&pool).await?;
        pool.close().await;
    }
    Ok(())
}

/// Opens a store whose schema is up to date.
pub async fn open(options: &Options) -> Result<Store, StoreError> {
    let db = if options.is_postgres() {
        let tenant = role_pool(options, "crossdock_tenant", options.connections).await?;
        let system = role_pool(options, "crossdock_system", SYSTEM_CONNECTIONS).await?;
        Database::Pg { tenant, system, url: options.url.as_str().into() }
    } else {
        let path = Path::new(&options.url);
        let write = lite_pool(path, 1, options.acquire, false).await?;
        let read = lite_pool(path, options.connections, options.acquire, true).await?;
        Database::Lite { write, read }
    };
    Ok(Store { db, outbox_written: Arc::new(Notify::new()) })
}

async fn role_pool(options: &Options, role: &'static str, size: u32) -> Result<sqlx::PgPool, StoreError> {
    let connect = PgConnectOptions::from_str(&options.url)?;
    // Nearly all that the hub asks is a handful of rows by key. At the server's default of 4, meant for turning disks,
    // the planner reads a tenant's whole table for them.
    let set_up: &'static str = if role == "crossdock_tenant" {
        "set random_page_cost = 1.1; set role crossdock_tenant"
    } else {
        "set random_page_cost = 1.1; set role crossdock_system"
    };
    Ok(PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(options.acquire)
        .after_connect(move |connection, _| Box::pin(async move { connection.execute(set_up).await.map(|_| ()) }))
        .connect_with(connect)
        .await?)
}

async fn lite_pool(path: &Path, size: u32, acquire: Duration, read_only: bool) -> Result<sqlx::SqlitePool, StoreError> {
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(!read_only)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        .statement_cache_capacity(300)
        .pragma("temp_store", "memory");
    Ok(SqlitePoolOptions::new()
        .max_connections(size)
        // The one writer queues its callers; they may wait as long as a large group takes.
        .acquire_timeout(acquire)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(connect)
        .await?)
}

/// Roles belong to the cluster, so making them is guarded by a lock in a database that every client can see.
async fn make_roles(url: &str) -> Result<(), StoreError> {
    let here = PgConnectOptions::from_str(url)?;
    let everywhere = here.clone().database("postgres");
    let mut guard = match PgConnection::connect_with(&everywhere).await {
        Ok(connection) => connection,
        // A cluster without the database `postgres`: the lock in ours is the best there is.
        Err(_) => PgConnection::connect_with(&here).await?,
    };
    sqlx::raw_sql("select pg_advisory_lock(7240890)").execute(&mut guard).await?;
    let mut owner = PgConnection::connect_with(&here).await?;
    let made = sqlx::raw_sql(ROLES).execute(&mut owner).await;
    owner.close().await.ok();
    guard.close().await.ok();
    made.map(|_| ()).map_err(|error| {
        StoreError::Setup(format!(
            "the roles crossdock_tenant and crossdock_system can't be made or granted: {error}. \
             Give the URL of an owner with CREATEROLE, or run as an administrator what `crossdock migrate --print-roles` prints"
        ))
    })
}
