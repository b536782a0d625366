//! The embedded queue: an outbox row *is* the queue entry. What is taken is known to this process only, so after a crash
//! every row is free again; a row is deleted by the transaction that did its work, and free again when who took it lets
//! go of it, be it by a panic.

use super::{QueueError, Standing, Taken, Token};
use crate::{
    canonical::{ClaimCheck, Micros, Stage},
    store::{Store, StoreError, Tx, now, outbox},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long to wait at most before looking again, when nobody says that rows were written.
const IDLE: Duration = Duration::from_millis(500);

/// The queue over one store; one process has it, by the store's exclusive lock.
pub struct Embedded {
    store: Store,
    known: Mutex<Known>,
}

/// What this process knows of rows.
#[derive(Default)]
struct Known {
    taken: HashMap<i64, Stage>,
    /// Looks under way. What is let go of during one may be done, and still stand in what that look sees.
    looks: usize,
    let_go: HashSet<i64>,
}

/// A row in somebody's hands; free again when dropped, unless it was deleted.
#[derive(Debug)]
pub(crate) struct Held {
    id: i64,
    queue: Arc<Embedded>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut known = self.queue.known();
        known.taken.remove(&self.id);
        if known.looks > 0 {
            known.let_go.insert(self.id);
        }
        drop(known);
        self.queue.store.outbox_written.notify_waiters();
    }
}

/// A look at the table.
struct Look<'a>(&'a Embedded);

impl<'a> Look<'a> {
    fn begin(queue: &'a Embedded) -> Look<'a> {
        queue.known().looks += 1;
        Look(queue)
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut known = self.0.known();
        known.looks -= 1;
        if known.looks == 0 {
            known.let_go.clear();
        }
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedded")
    }
}

impl Embedded {
    /// A queue over the store's outbox.
    pub fn new(store: Store) -> Self {
        Embedded { store, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes the rows of what was done, in the transaction that did it.
    pub async fn settle(&self, tx: &mut Tx, taken: &[Taken]) -> Result<(), StoreError> {
        let ids: Vec<i64> = taken.iter().filter_map(row).collect();
        outbox::delete(tx, &ids).await.map(|_| ())
    }

    /// How many ids the stage's rows name.
    pub async fn depth(&self, stage: Stage) -> Result<u64, StoreError> {
        let mut tx = self.store.system_read().await?;
        let ids = outbox::ids_waiting(&mut tx, stage).await?;
        tx.rollback().await?;
        Ok(ids)
    }

    /// A stage's rows by what they do now.
    pub async fn standing(&self, stage: Stage) -> Result<Standing, StoreError> {
        let mut tx = self.store.system_read().await?;
        let (due, waiting) = outbox::due_and_later(&mut tx, stage, now()).await?;
        tx.rollback().await?;
        let unsettled = self.known().taken.values().filter(|of| **of == stage).count() as u64;
        Ok(Standing { ready: due.saturating_sub(unsettled), waiting, unsettled: Some(unsettled), consumers: None })
    }

    /// Rows of a stage that are due at an instant and not taken; marks them taken.
    async fn take(self: &Arc<Self>, stage: Stage, limit: usize, at: Micros) -> Result<Vec<Taken>, StoreError> {
        let look = Look::begin(self);
        // Rows of a stage that others hold stand before the free ones: ask for so many more.
        let held = self.known().taken.values().filter(|of| **of == stage).count();
        let mut tx = self.store.system_read().await?;
        let rows = outbox::due(&mut tx, stage, at, (limit + held) as i64).await?;
        tx.rollback().await?;
        let mut unreadable = Vec::new();
        let got = self.mark(stage, limit, rows, &mut unreadable);
        drop(look);
        if !unreadable.is_empty() {
            let mut tx = self.store.system().await?;
            outbox::delete(&mut tx, &unreadable).await?;
            tx.commit().await?;
        }
        Ok(got)
    }

    fn mark(
        self: &Arc<Self>,
        stage: Stage,
        limit: usize,
        rows: Vec<outbox::Waiting>,
        unreadable: &mut Vec<i64>,
    ) -> Vec<Taken> {
        let mut known = self.known();
        let mut got = Vec::new();
        for row in rows {
            if got.len() >= limit || known.let_go.contains(&row.id) || known.taken.contains_key(&row.id) {
                continue;
            }
            let Some(claim) = claim(&row) else {
                unreadable.push(row.id);
                continue;
            };
            known.taken.insert(row.id, stage);
            let token = Token::Row(Held { id: row.id, queue: self.clone() });
            got.push(Taken { claim, redelivered: false, deliveries: 0, suspect: None, token });
        }
        got
    }

    /// How long until a row of the stage falls due that was not at the last look; who lets go of one wakes us as well.
    async fn until_next(&self, stage: Stage, looked: Micros) -> Result<Duration, StoreError> {
        let mut tx = self.store.system_read().await?;
        let due = outbox::next_due(&mut tx, stage, looked).await?;
        tx.rollback().await?;
        let wait = due.map_or(IDLE, |due| Duration::from_micros((due.0 - now().0).max(0) as u64));
        Ok(wait.clamp(Duration::from_millis(1), IDLE))
    }
}

/// A row's claim check. One that can't be read is no work of ours and must not go round: it is logged and deleted.
/// Nothing is lost by it: what is unfinished is a state in the store, and the sweeper sends it again.
fn claim(row: &outbox::Waiting) -> Option<ClaimCheck> {
    let read = serde_json::from_value::<ClaimCheck>(row.claim.clone());
    match read.map_err(|error| error.to_string()).and_then(|claim| match claim.v {
        1 => Ok(claim),
        other => Err(format!("its version is {other}; expected 1")),
    }) {
        Ok(claim) => Some(claim),
        Err(error) => {
            tracing::error!(%error, row = row.id, claim = %row.claim, "an outbox row holds no claim check that this version reads; it is put aside");
            metrics::counter!("crossdock_claims_lost_total", "stage" => "unreadable").increment(1);
            None
        }
    }
}

fn row(taken: &Taken) -> Option<i64> {
    match &taken.token {
        Token::Row(held) => Some(held.id),
        Token::Delivery(_) => None,
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
            let looked = now();
            self.ahead = self.queue.take(self.stage, self.prefetch, looked).await?.into();
            if self.ahead.is_empty() {
                let wait = self.queue.until_next(self.stage, looked).await?;
                let _ = tokio::time::timeout(wait, woken).await;
            }
        }
    }

    pub(super) async fn more(&mut self, limit: usize) -> Result<Vec<Taken>, QueueError> {
        let mut got: Vec<Taken> = self.ahead.drain(..limit.min(self.ahead.len())).collect();
        if got.len() < limit {
            got.extend(self.queue.take(self.stage, limit - got.len(), now()).await?);
        }
        Ok(got)
    }
}
