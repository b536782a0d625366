//! What can go wrong with the store, and what the caller can do about it.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("the store's migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{0}")]
    Setup(String),
    #[error("a row of the store can't be read: {0}")]
    Row(String),
    /// Our bug, met while a transaction was made; nothing of it was written.
    #[error("a panic: {0}")]
    Panic(String),
    /// Raw bytes that retention let go, or that were lost (the audit knows which).
    #[error("the raw bytes {0} are not kept any more: the agreement's `retention_days` has passed, or they were lost")]
    Gone(String),
    /// A lease or an expected state was no longer ours: the work is somebody else's now.
    #[error("{0} is no longer ours")]
    Lost(&'static str),
}

/// What the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Cannot be reached, full, or shutting down: wait and go on with the same work.
    Away,
    /// Somebody else was first (deadlock, serialization, unique key): load again and repeat.
    Conflict,
    /// A rule of the database was broken: our bug.
    Rule,
    /// Anything else that would fail again.
    Deterministic,
}

impl StoreError {
    /// Sorts the failure.
    pub fn trouble(&self) -> Trouble {
        match self {
            StoreError::Sql(error) => sql_trouble(error),
            StoreError::Lost(_) => Trouble::Conflict,
            StoreError::Migrate(_)
            | StoreError::Setup(_)
            | StoreError::Row(_)
            | StoreError::Panic(_)
            | StoreError::Gone(_) => Trouble::Deterministic,
        }
    }

    /// The name of the constraint that was broken, if one was.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            // SQLite names a CHECK's constraint in its sentence only.
            StoreError::Sql(sqlx::Error::Database(error)) => error
                .constraint()
                .or_else(|| error.message().rsplit_once("CHECK constraint failed: ").map(|(_, name)| name)),
            _ => None,
        }
    }
}

fn sql_trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Trouble::Away,
        sqlx::Error::Protocol(_) => Trouble::Away,
        sqlx::Error::Database(error) => {
            if error.is_unique_violation() {
                return Trouble::Conflict;
            }
            if error.is_check_violation() || error.is_foreign_key_violation() {
                return Trouble::Rule;
            }
            let code = error.code().unwrap_or_default();
            let lite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
            if lite {
                // Primary result code in the low byte: 5 busy, 6 locked, 7 no memory, 8 read-only, 10 I/O, 13 full, 14 can't open.
                // https://sqlite.org/rescode.html
                match code.parse::<i32>().map(|c| c & 0xff) {
                    Ok(5 | 6 | 7 | 8 | 10 | 13 | 14) => Trouble::Away,
                    _ => Trouble::Deterministic,
                }
            } else {
                // SQLSTATE classes, PostgreSQL manual, appendix A.
                match &*code {
                    "40001" | "40P01" | "55P03" => Trouble::Conflict,
                    c if ["08", "53", "57", "58"].iter().any(|class| c.starts_with(class)) => Trouble::Away,
                    "25006" => Trouble::Away,
                    _ => Trouble::Deterministic,
                }
            }
        }
        _ => Trouble::Deterministic,
    }
}
