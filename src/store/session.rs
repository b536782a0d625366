//! The relay's session: one relay at a time by an advisory lock, and the database's word that outbox rows were written.

use super::{Database, Store, StoreError};
use sqlx::{Connection, Executor, PgConnection, postgres::PgListener};
use std::time::Duration;

const RELAY_LOCK: i64 = 7_240_893;

/// A connection that holds the relay's lock, and one that listens. Dropped, the lock is free.
pub struct RelaySession {
    lock: PgConnection,
    listener: PgListener,
}

impl RelaySession {
    /// The session, if no other process has it; nothing on SQLite, which needs no relay.
    pub async fn open(store: &Store) -> Result<Option<RelaySession>, StoreError> {
        let Database::Pg { url, .. } = &store.db else { return Ok(None) };
        let mut lock = PgConnection::connect(url).await?;
        let got: bool =
            sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(RELAY_LOCK).fetch_one(&mut lock).await?;
        if !got {
            lock.close().await?;
            return Ok(None);
        }
        let mut listener = PgListener::connect(url).await?;
        listener.listen("crossdock_outbox").await?;
        Ok(Some(RelaySession { lock, listener }))
    }

    /// Waits until rows were written, or so long.
    pub async fn wait(&mut self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.listener.recv()).await;
    }

    /// Fails if the lock's connection is gone, and with it the lock.
    pub async fn is_ours(&mut self) -> Result<(), StoreError> {
        self.lock.execute("select 1").await?;
        Ok(())
    }
}
