//! PostgreSQL: a private cluster that can be killed and restarted, and fresh databases on the shared one.

use super::{
    http::block_on,
    port::free_port,
    process::{self, Folder},
};
use crate::hub::wait::wait_for;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Start, restart and recovery take under a second on an idle machine.
const READY: Duration = Duration::from_secs(60);

/// A private cluster on loopback with `fsync` on, so that what was committed survives `kill9`.
///
/// Its owner `crossdock` may make databases and roles but is no superuser: that one would see through row-level
/// security.
pub struct Postgres {
    folder: Folder,
    port: u16,
    server: Mutex<Option<Child>>,
}

impl Postgres {
    /// Makes and starts one. Ready when this returns.
    pub async fn start() -> Postgres {
        let folder = Folder::new("postgres");
        let initdb = program("initdb");
        let mut command = as_postgres(&folder, &initdb);
        command.arg("-D").arg(folder.path().join("data"));
        command.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]);
        let log = folder.path().join("initdb.log");
        process::log_to(&mut command, &log);
        let made = process::spawn(command).wait().expect("a child of ours can be waited for");
        assert!(made.success(), "initdb failed:\n{}", process::tail(&log));

        let postgres = Postgres { folder, port: free_port(), server: Mutex::new(None) };
        postgres.run().await;
        let mut first = PgConnection::connect(&postgres.bootstrap_url()).await.expect("a server that is ready");
        first.execute("create role crossdock login createdb createrole").await.expect("a new cluster takes a role");
        first.execute("create database crossdock owner crossdock").await.expect("a new cluster takes a database");
        postgres
    }

    /// A fresh database on the server that `TEST_DATABASE_URL` names, else on one that this test binary shares.
    pub async fn database() -> Database {
        static SHARED: tokio::sync::OnceCell<Arc<Postgres>> = tokio::sync::OnceCell::const_new();
        match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => Database::create(&url).await,
            Err(_) => {
                let shared = SHARED.get_or_init(|| async {
                    let server = Arc::new(Postgres::start().await);
                    let at_exit = server.clone();
                    process::at_exit(move || at_exit.discard());
                    server
                });
                Database::create(&shared.await.url()).await
            }
        }
    }

    /// A fresh database on this server. Drop it while the server runs, or it stays until the server goes.
    pub async fn fresh_database(&self) -> Database {
        Database::create(&self.url()).await
    }

    /// The database `crossdock` by its owner.
    pub fn url(&self) -> String {
        format!("postgres://crossdock@127.0.0.1:{}/crossdock", self.port)
    }

    /// The database `crossdock` by the superuser, for looking at what row-level security hides.
    pub fn superuser_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/crossdock", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server and all its processes at once. Returns when they are gone.
    pub fn kill9(&self) {
        if let Some(mut child) = self.server.lock().expect("nobody panics while holding it").take() {
            process::kill_tree(&mut child);
        }
    }

    /// Starts it again on the same port and data: after `kill9` by recovery, else after an orderly stop.
    pub async fn restart(&self) {
        self.stop(libc::SIGINT);
        self.run().await;
    }

    /// Ends every connection of the owner, as a failing network or an administrator would. Returns how many.
    pub async fn cut_connections(&self) -> i64 {
        let mut own = PgConnection::connect(&self.superuser_url()).await.expect("a server that runs");
        sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where backend_type = 'client backend' and pid <> pg_backend_pid()",
        )
        .fetch_one(&mut own)
        .await
        .expect("a superuser may end connections")
    }

    fn bootstrap_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    async fn run(&self) {
        let log = self.folder.path().join("server.log");
        let mut command = as_postgres(&self.folder, &program("postgres"));
        command.arg("-D").arg(self.folder.path().join("data")).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=64MB",
            "jit=off",
        ] {
            command.args(["-c", setting]);
        }
        process::log_to(&mut command, &log);
        *self.server.lock().expect("nobody panics while holding it") = Some(process::spawn(command));
        wait_for(READY, "PostgreSQL to be ready", || async {
            if let Some(ended) = self.ended() {
                panic!("PostgreSQL ended while it started ({ended}):\n{}", process::tail(&log));
            }
            let connection = PgConnection::connect(&self.bootstrap_url()).await.map_err(|error| error.to_string())?;
            connection.close().await.map_err(|error| error.to_string())
        })
        .await;
    }

    fn ended(&self) -> Option<std::process::ExitStatus> {
        self.server.lock().expect("nobody panics while holding it").as_mut()?.try_wait().ok()?
    }

    /// SIGINT is PostgreSQL's orderly stop (connections are ended), SIGQUIT the immediate one.
    fn stop(&self, signal: i32) {
        if let Some(mut child) = self.server.lock().expect("nobody panics while holding it").take() {
            process::send(child.id(), signal);
            process::wait_or_kill(&mut child, Duration::from_secs(20));
        }
    }

    fn discard(&self) {
        self.stop(libc::SIGQUIT);
        let _ = std::fs::remove_dir_all(self.folder.path());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.discard();
    }
}

/// A database of its own, dropped (connections and all) with this value.
pub struct Database {
    url: String,
    maker: String,
    name: String,
}

impl Database {
    async fn create(maker: &str) -> Database {
        let name = format!("cd_test_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(maker)
            .await
            .unwrap_or_else(|error| panic!("could not connect to {maker}: {error}; is TEST_DATABASE_URL right?"));
        connection
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .unwrap_or_else(|error| panic!("{maker} may not make databases: {error}; its role wants CREATEDB"));
        let mut url = reqwest::Url::parse(maker).expect("sqlx could read it");
        url.set_path(&name);
        Database { url: url.into(), maker: maker.to_owned(), name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (maker, name) = (self.maker.clone(), self.name.clone());
        block_on(async move {
            // A server that was killed by the test took its databases with it.
            if let Ok(mut connection) = PgConnection::connect(&maker).await {
                let _ = connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await;
            }
        });
    }
}

/// PostgreSQL refuses to run as root, so there it becomes the user `postgres`. The working directory is one that this
/// user can enter. The signal at the parent's death is set after the change of user, which clears it.
fn as_postgres(folder: &Folder, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]).current_dir("/");
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--reset-env"]);
        let given = Command::new("chown").arg("postgres").arg(folder.path()).status();
        assert!(given.is_ok_and(|status| status.success()), "could not give {:?} to the user postgres", folder.path());
    }
    command.arg(program);
    command
}

/// The newest of Debian's PostgreSQL programs, else the one on the PATH.
fn program(name: &str) -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path)| path.exists())
        .collect();
    versions.sort();
    if let Some((_, path)) = versions.pop() {
        return path;
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).map(|dir| dir.join(name)).find(|path| path.exists()).unwrap_or_else(|| {
        panic!("PostgreSQL's `{name}` was not found: install the Debian package postgresql, or let tests/run do it")
    })
}
