//! The sweeper: the net under the queues. What has not moved within its deadline is published again; the change of
//! state makes that harmless. It acts on a stage only if its queue holds less than the store says is under way.
//!
//! Beside that it lets go what waits for nothing, restarts what is held for a row that stands by now, and cleans up:
//! uploads that were given up, raw bytes whose retention has passed. Due timers are the relay's.

mod batches;
mod clean;
mod deadlines;

use crate::{
    canonical::{ClaimCheck, MessageId, Micros, Stage, Tenant},
    flow::{
        Hub, failure, mail,
        operate::{self, OperateError},
    },
    store::{
        StoreError, Tx, as_one, deliveries, entities,
        journal::{self, Step},
        keys,
        messages::{self, Ended},
        now, outbox,
        sweep::{self, Due},
    },
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Things published again in one round and stage.
const ROUND: i64 = 1_000;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Things published again: connections with documents, messages, deliveries.
    pub again: usize,
    /// Messages that waited for nothing. There should be none: each is a bug.
    pub waited_for_nothing: usize,
    /// Held messages whose reference stands by now.
    pub restarted: usize,
    /// Uploads that were given up.
    pub uploads_removed: usize,
    /// Documents whose raw bytes were let go.
    pub raw_removed: usize,
    /// Sets that had waited long enough for others, and went out.
    pub batched: usize,
    /// Letters to partners' contacts that go out.
    pub letters: usize,
    /// Deadlines told: warnings and alerts.
    pub deadlines: usize,
}

/// Looks every `flow.sweep_every_ms` until told to stop.
pub async fn run(hub: Hub, stop: CancellationToken) {
    let every = Duration::from_millis(hub.settings.flow.sweep_every_ms);
    let mut sweeper = Sweeper::new(hub);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        match sweeper.round().await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "the sweeper acted"),
            Err(error) if failure::is_away(&error) => tracing::debug!(%error, "the sweeper waits for the store"),
            // A worker held the same rows: the next round sees what became of them.
            Err(error) if failure::is_conflict(&error) => tracing::debug!(%error, "the sweeper was in somebody's way"),
            Err(error) => tracing::warn!(%error, "the sweeper could not end its round"),
        }
    }
}

/// The sweeper of this process.
pub struct Sweeper {
    hub: Hub,
    /// What its own restarts gave: if one is held again for the same row, another restart would help no more.
    restarted: HashSet<MessageId>,
}

impl Sweeper {
    /// A sweeper that has seen nothing.
    pub fn new(hub: Hub) -> Self {
        Sweeper { hub, restarted: HashSet::new() }
    }

    /// One round; does nothing while another process is at one.
    pub async fn round(&mut self) -> Result<Swept, StoreError> {
        // Its transaction holds the lock and nothing else; on SQLite it must not hold the writer.
        let mut lock = self.hub.store.system_read().await?;
        if !sweep::alone(&mut lock).await? {
            lock.rollback().await?;
            return Ok(Swept::default());
        }
        let swept = self.work().await;
        lock.rollback().await?;
        swept
    }

    async fn work(&mut self) -> Result<Swept, StoreError> {
        let hub = self.hub.clone();
        let mut swept = Swept::default();
        for stage in Stage::ALL {
            swept.again += stage_again(&hub, stage).await?;
        }
        for tenant in hub.directory.tenants.keys() {
            swept.waited_for_nothing += free_waiting(&hub, *tenant).await?;
            swept.restarted += self.held_without_cause(*tenant).await?;
        }
        swept.batched = batches::let_go(&hub).await?;
        swept.deadlines = deadlines::tell(&hub).await?;
        swept.letters = mail::write(&hub).await?;
        swept.uploads_removed = clean::uploads(&hub).await?;
        swept.raw_removed = clean::past_retention(&hub).await?;
        Ok(swept)
    }

    /// Restarts held messages whose row was added while nobody looked: translate read the tables before the row was
    /// committed, and wrote the message after.
    async fn held_without_cause(&mut self, tenant: Tenant) -> Result<usize, StoreError> {
        let mut tx = self.hub.store.read(tenant).await?;
        let ready = entities::answered_holds(&mut tx, tenant, ROUND).await?;
        tx.rollback().await?;
        let mut count = 0;
        for id in ready {
            if self.restarted.contains(&id) {
                continue;
            }
            match operate::restart(&self.hub, tenant, id, "sweeper", "its reference was added").await {
                Ok(new) => {
                    self.restarted.insert(new);
                    count += 1;
                }
                Err(OperateError::Store(error)) if !failure::is_conflict(&error) => return Err(error),
                // Somebody else restarted or cancelled it; or it can't be read, and stays held for people to see.
                Err(error) => {
                    tracing::debug!(%error, message = %id, "a held message was not restarted");
                    self.restarted.insert(id);
                }
            }
        }
        metrics::counter!("crossdock_holds_forgotten_total").increment(count as u64);
        Ok(count)
    }
}

/// Publishes a stage's overdue work again: notes when, and doubles its wait.
async fn stage_again(hub: &Hub, stage: Stage) -> Result<usize, StoreError> {
    let now = now();
    let Some(due) = overdue(hub, stage, now).await? else { return Ok(0) };
    let mut tx = hub.store.system().await?;
    // A claim check that stands in the outbox still is on its way: this is late, not lost.
    let named = outbox::named(&mut tx, stage, &due.iter().map(|d| d.claim).collect::<Vec<_>>()).await?;
    let (standing, lost): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|d| named.contains(&d.claim));
    sweep::put_off(&mut tx, stage, &standing, now).await?;
    let unfinished: HashSet<Uuid> = sweep::swept(&mut tx, stage, &lost, now).await?.into_iter().collect();
    let again: Vec<(Tenant, Uuid)> =
        lost.iter().filter(|d| unfinished.contains(&d.claim)).map(|d| (d.tenant, d.claim)).collect();
    outbox::push(&mut tx, &claims(stage, &again, now)).await?;
    tx.commit().await?;
    metrics::counter!("crossdock_swept_total", "stage" => stage.name()).increment(again.len() as u64);
    Ok(again.len())
}

/// The overdue work of a stage, if the sweeper should act on it. A queue that holds as much as is under way has lost
/// nothing; but a claim check may name fewer ids than it could, so what is late by another whole wait is sent anyway.
async fn overdue(hub: &Hub, stage: Stage, now: Micros) -> Result<Option<Vec<Due>>, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let mut due = sweep::overdue(&mut tx, stage, now, ROUND).await?;
    let under_way = if due.is_empty() { 0 } else { sweep::under_way(&mut tx, stage).await? };
    tx.rollback().await?;
    if due.is_empty() {
        return Ok(None);
    }
    match hub.queue.depth(stage).await {
        Ok(depth) if depth < under_way => {}
        Ok(_) => due.retain(|d| d.is_late_twice(now)),
        Err(error) => {
            tracing::debug!(%error, stage = stage.name(), "the queue can't be asked how much it holds; nothing is sent again");
            return Ok(None);
        }
    }
    Ok((!due.is_empty()).then_some(due))
}

/// Claim checks for ids: of translate one a connection, else up to 64 ids of a tenant in one.
fn claims(stage: Stage, ids: &[(Tenant, Uuid)], now: Micros) -> Vec<outbox::Row> {
    let mut by_tenant: BTreeMap<Tenant, BTreeSet<Uuid>> = BTreeMap::new();
    for (tenant, id) in ids {
        by_tenant.entry(*tenant).or_default().insert(*id);
    }
    by_tenant
        .into_iter()
        .flat_map(|(tenant, ids)| {
            let ids: Vec<Uuid> = ids.into_iter().collect();
            match stage {
                Stage::Translate => ids
                    .into_iter()
                    .map(|id| outbox::Row::at_once(ClaimCheck::new(tenant, stage, vec![id]), now))
                    .collect::<Vec<_>>(),
                _ => outbox::claims(tenant, stage, &ids, now),
            }
        })
        .collect()
}

/// Messages that wait for nothing: there should be none, so each is counted as a bug and let go.
async fn free_waiting(hub: &Hub, tenant: Tenant) -> Result<usize, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let stranded = messages::stranded(&mut tx, tenant, ROUND).await?;
    let interchanges = as_one::stranded(&mut tx, tenant, ROUND).await?;
    tx.rollback().await?;
    let keys: BTreeSet<keys::Key> = stranded.iter().filter_map(Ended::key).collect();
    if keys.is_empty() && interchanges.is_empty() {
        return Ok(0);
    }
    let keys: Vec<keys::Key> = keys.into_iter().collect();
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    for of in &interchanges {
        as_one::lock(&mut tx, tenant, *of).await?;
    }
    keys::lock(&mut tx, tenant, &keys).await?;
    let mut freed = messages::release(&mut tx, tenant, &keys, hub.deadline(now)).await?;
    for of in interchanges {
        freed.extend(as_one::wake(&mut tx, tenant, of, hub.deadline(now)).await?);
    }
    let freed = free(hub, &mut tx, tenant, &freed, now).await?;
    tx.commit().await?;
    if freed > 0 {
        tracing::error!(messages = freed, "messages waited for nothing; they go on, but this is a bug");
        metrics::counter!("crossdock_waiting_for_nothing_total").increment(freed as u64);
    }
    Ok(freed)
}

async fn free(hub: &Hub, tx: &mut Tx, tenant: Tenant, freed: &[MessageId], now: Micros) -> Result<usize, StoreError> {
    let ids: Vec<Uuid> = freed.iter().map(|m| m.0).collect();
    outbox::push(tx, &outbox::claims(tenant, Stage::Apply, &ids, now)).await?;
    let cause = json!({"code": "waited_for_nothing", "sentence": "nothing unfinished of its key stood before it, nor of its interchange in its way"});
    let steps: Vec<Step> = ids
        .iter()
        .map(|id| Step::new(tenant, now.0, "sweep", "pending", &hub.worker).message(*id).cause(cause.clone()))
        .collect();
    journal::write(tx, &steps).await?;
    Ok(freed.len())
}

/// Open dead letters, for the gauge.
pub async fn open_letters(hub: &Hub) -> Result<i64, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let count = deliveries::open_letters(&mut tx).await?;
    tx.rollback().await?;
    Ok(count)
}
