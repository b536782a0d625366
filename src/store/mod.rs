//! What is kept: one SQL text for PostgreSQL and SQLite, a noun a file.
//!
//! Promise: what a transaction committed is on disk; a tenant's transaction sees that tenant's rows and no others.
//! Called by: `intake`, `flow`, `queue`, `emit`, `api`, `console`, `insight`, `cli`. Calls: `canonical`, `core` (row types).
//! Never: knows HTTP or AMQP, decides anything. The only room that names `sqlx`.
//! Tried by: tests/guarantees/store.rs, on both databases

pub mod access;
pub mod as_one;
pub mod batches;
pub mod blobs;
pub mod census;
pub mod closings;
pub mod deliveries;
pub mod directory;
pub mod documents;
pub mod entities;
pub mod error;
pub mod events;
pub mod expectations;
pub mod found;
pub mod interchanges;
pub mod journal;
pub mod keys;
pub mod letters;
pub mod mapping_versions;
pub mod messages;
pub mod open;
pub mod outbound;
pub mod outbox;
pub mod search_keys;
pub mod session;
pub mod sql;
mod statistics;
pub mod stock;
pub mod sweep;
pub mod timers;

pub use error::{StoreError, Trouble};
pub use open::{Options, SYSTEM_CONNECTIONS, migrate, open};

use crate::canonical::{Micros, Tenant};
use sqlx::{PgPool, SqlitePool};
use std::sync::Arc;
use tokio::sync::Notify;

/// The store, open. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Database,
    /// Tells this process's relay or embedded queue that outbox rows were committed.
    pub outbox_written: Arc<Notify>,
}

/// PostgreSQL with a pool a role, or SQLite with one writer and readers.
#[derive(Clone)]
pub(crate) enum Database {
    Pg { tenant: PgPool, system: PgPool, url: Arc<str> },
    Lite { write: SqlitePool, read: SqlitePool },
}

/// A transaction. In one of a tenant, that tenant's rows are all there is (PostgreSQL: row-level security;
/// SQLite: every statement names the tenant).
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) woken: Option<Arc<Notify>>,
    outbox_written: Arc<Notify>,
}

pub(crate) enum Inner {
    Pg(sqlx::Transaction<'static, sqlx::Postgres>),
    Lite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Store {
    /// Begins a transaction that may write rows of one tenant.
    pub async fn begin(&self, tenant: Tenant) -> Result<Tx, StoreError> {
        let inner = match &self.db {
            Database::Pg { tenant: pool, .. } => {
                let mut tx = pool.begin().await?;
                sqlx::query("select set_config('app.tenant', $1, true)")
                    .bind(tenant.0.to_string())
                    .execute(&mut *tx)
                    .await?;
                Inner::Pg(tx)
            }
            Database::Lite { write, .. } => Inner::Lite(write.begin_with("begin immediate").await?),
        };
        Ok(self.tx(inner))
    }

    /// Begins a transaction that only reads rows of one tenant.
    pub async fn read(&self, tenant: Tenant) -> Result<Tx, StoreError> {
        match &self.db {
            Database::Pg { .. } => self.begin(tenant).await,
            Database::Lite { read, .. } => Ok(self.tx(Inner::Lite(read.begin().await?))),
        }
    }

    /// Begins a transaction that sees all tenants, and of most rows only ids, states, instants and counts:
    /// for the relay, the sweeper, timers, key look-up and audit.
    pub async fn system(&self) -> Result<Tx, StoreError> {
        let inner = match &self.db {
            Database::Pg { system, .. } => Inner::Pg(system.begin().await?),
            Database::Lite { write, .. } => Inner::Lite(write.begin_with("begin immediate").await?),
        };
        Ok(self.tx(inner))
    }

    /// As [`Store::system`], without taking the writer.
    pub async fn system_read(&self) -> Result<Tx, StoreError> {
        match &self.db {
            Database::Pg { .. } => self.system().await,
            Database::Lite { read, .. } => Ok(self.tx(Inner::Lite(read.begin().await?))),
        }
    }

    /// As [`Store::system_read`], on one instant: all its statements see the same commits.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let inner = match &self.db {
            Database::Pg { system, .. } => {
                Inner::Pg(system.begin_with("begin isolation level repeatable read read only").await?)
            }
            // A read transaction in WAL mode is a snapshot from its first statement on. https://sqlite.org/isolation.html
            Database::Lite { read, .. } => Inner::Lite(read.begin().await?),
        };
        Ok(self.tx(inner))
    }

    /// True on PostgreSQL: several processes may share the store, and a broker carries the claim checks.
    pub fn is_distributed(&self) -> bool {
        matches!(self.db, Database::Pg { .. })
    }

    /// Answers if the store can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.db {
            Database::Pg { tenant, .. } => sqlx::query("select 1").execute(tenant).await.map(|_| ())?,
            Database::Lite { read, .. } => sqlx::query("select 1").execute(read).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Closes all connections after the work in hand.
    pub async fn close(&self) {
        match &self.db {
            Database::Pg { tenant, system, .. } => {
                tenant.close().await;
                system.close().await;
            }
            Database::Lite { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
        }
    }

    fn tx(&self, inner: Inner) -> Tx {
        Tx { inner, woken: None, outbox_written: self.outbox_written.clone() }
    }
}

impl Tx {
    /// Commits; who waits for outbox rows is woken after it.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.woken.is_some()
            && let Inner::Pg(t) = &mut self.inner
        {
            sqlx::query("select pg_notify('crossdock_outbox', '')").execute(&mut **t).await?;
        }
        match self.inner {
            Inner::Pg(t) => t.commit().await?,
            Inner::Lite(t) => t.commit().await?,
        }
        if let Some(notify) = self.woken {
            notify.notify_waiters();
            notify.notify_one();
        }
        Ok(())
    }

    /// The role that the database sees; none on SQLite.
    pub async fn role(&mut self) -> Result<Option<String>, StoreError> {
        match &mut self.inner {
            Inner::Pg(t) => Ok(Some(sqlx::query_scalar("select current_user::text").fetch_one(&mut **t).await?)),
            Inner::Lite(_) => Ok(None),
        }
    }

    /// Gives everything back.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Pg(t) => t.rollback().await?,
            Inner::Lite(t) => t.rollback().await?,
        }
        Ok(())
    }

    pub(crate) fn outbox_was_written(&mut self) {
        self.woken = Some(self.outbox_written.clone());
    }
}

/// This machine's clock, in microseconds since 1970. Rooms that decide take the instant as a parameter.
pub fn now() -> Micros {
    Micros(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map(|d| d.as_micros() as i64).unwrap_or(0),
    )
}
