//! The embedded queue: an outbox row *is* the queue entry. What is taken is known to this process only,
//! so after a crash every row is free again; a row is deleted by the transaction that did its work.

use super::{QueueError, Taken, Token};
use crate::{
    canonical::Stage,
    store::{Store, StoreError, Tx, now, outbox},
};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long to wait at most before looking again, when nobody says that rows were written.
const IDLE: Duration = Duration::from_millis(500);

/// The queue over one store; one process has it, by the store's exclusive lock.
pub struct Embedded {
    store: Store,
    taken: Mutex<HashSet<i64>>,
}

impl Embedded {
    /// A queue over the store's outbox.
    pub fn new(store: Store) -> Self {
        Embedded { store, taken: Mutex::new(HashSet::new()) }
    }

    /// Deletes the rows of what was done, in the transaction that did it.
    pub async fn settle(&self, tx: &mut Tx, taken: &[Taken]) -> Result<(), StoreError> {
        let ids: Vec<i64> = taken.iter().map(row).collect();
        outbox::delete(tx, &ids).await.map(|_| ())
    }

    /// How many ids the stage's rows name.
    pub async fn depth(&self, stage: Stage) -> Result<u64, StoreError> {
        let mut tx = self.store.system_read().await?;
        let ids = outbox::ids_waiting(&mut tx, stage).await?;
        tx.rollback().await?;
        Ok(ids)
    }

    /// Forgets that these were taken: settled rows are gone, others may be taken again.
    pub fn free(&self, done: &[Taken]) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for one in done {
            taken.remove(&row(one));
        }
        drop(taken);
        self.store.outbox_written.notify_waiters();
    }

    /// Rows of a stage that are due and not taken; marks them taken.
    async fn take(&self, stage: Stage, limit: usize) -> Result<Vec<Taken>, StoreError> {
        // Rows of a stage that others hold stand before the free ones: ask for so many more.
        let held = self.taken.lock().unwrap_or_else(PoisonError::into_inner).len();
        let mut tx = self.store.system_read().await?;
        let rows = outbox::due(&mut tx, stage, now(), (limit + held) as i64).await?;
        tx.rollback().await?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut got = Vec::new();
        for row in rows {
            if got.len() < limit && taken.insert(row.id) {
                got.push(Taken { claim: row.claim, redelivered: false, token: Token::Row(row.id) });
            }
        }
        Ok(got)
    }

    async fn until_next(&self, stage: Stage) -> Result<Duration, StoreError> {
        let mut tx = self.store.system_read().await?;
        let due = outbox::next_due(&mut tx, stage).await?;
        tx.rollback().await?;
        let wait = due.map_or(IDLE, |due| Duration::from_micros((due.0 - now().0).max(0) as u64));
        // A row that is due and taken by another consumer would make this zero for as long as it works.
        Ok(wait.clamp(Duration::from_millis(5), IDLE))
    }
}

/// The outbox row of what was taken here; a broker's delivery has none.
fn row(taken: &Taken) -> i64 {
    match taken.token {
        Token::Row(id) => id,
        Token::Delivery(_) => -1,
    }
}

/// Takes rows of one stage.
pub struct Taker {
    queue: Arc<Embedded>,
    stage: Stage,
    prefetch: usize,
    ahead: VecDeque<Taken>,
}

impl Taker {
    pub(super) fn new(queue: Arc<Embedded>, stage: Stage, prefetch: u16) -> Self {
        Taker { queue, stage, prefetch: usize::from(prefetch).max(1), ahead: VecDeque::new() }
    }

    pub(super) async fn next(&mut self) -> Result<Taken, QueueError> {
        loop {
            if let Some(taken) = self.ahead.pop_front() {
                return Ok(taken);
            }
            let written = self.queue.store.outbox_written.clone();
            let woken = written.notified();
            tokio::pin!(woken);
            // Registered before the look, so that a row written after it wakes us.
            woken.as_mut().enable();
            self.ahead = self.queue.take(self.stage, self.prefetch).await?.into();
            if self.ahead.is_empty() {
                let wait = self.queue.until_next(self.stage).await?;
                let _ = tokio::time::timeout(wait, woken).await;
            }
        }
    }

    pub(super) async fn more(&mut self, limit: usize) -> Result<Vec<Taken>, QueueError> {
        let mut got: Vec<Taken> = self.ahead.drain(..limit.min(self.ahead.len())).collect();
        if got.len() < limit {
            got.extend(self.queue.take(self.stage, limit - got.len()).await?);
        }
        Ok(got)
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let ahead: Vec<Taken> = self.ahead.drain(..).collect();
        self.queue.free(&ahead);
    }
}
