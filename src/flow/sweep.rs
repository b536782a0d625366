//! The sweeper: the net under the queues. What has not moved within its deadline is published again; the change of
//! state makes that harmless. It acts on a stage only if its queue holds less than the store says is under way.

use crate::{
    canonical::{ClaimCheck, MessageId, Micros, Stage, Tenant},
    flow::{Hub, failure, operate},
    store::{
        StoreError, Tx, deliveries, entities, keys, messages, now, outbox,
        sweep::{self, Due},
    },
};
use std::{collections::BTreeMap, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Things published again in one round and stage.
const ROUND: i64 = 1_000;

/// Looks every `flow.sweep_every_ms` until told to stop.
pub async fn run(hub: Hub, stop: CancellationToken) {
    let every = Duration::from_millis(hub.settings.flow.sweep_every_ms);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        match round(&hub).await {
            Ok(0) => {}
            Ok(again) => tracing::info!(again, "the sweeper published work again that had not moved"),
            Err(error) if failure::is_away(&error) => tracing::debug!(%error, "the sweeper waits for the store"),
            Err(error) => tracing::warn!(%error, "the sweeper could not end its round"),
        }
    }
}

/// One round. Gives how many things were published again.
pub async fn round(hub: &Hub) -> Result<usize, StoreError> {
    let mut again = 0;
    for stage in Stage::ALL {
        again += stage_again(hub, stage).await?;
    }
    for tenant in hub.directory.tenants.keys() {
        again += free_waiting(hub, *tenant).await?;
        held_without_cause(hub, *tenant).await?;
    }
    Ok(again)
}

/// Publishes a stage's overdue work again: sets when it was swept, and doubles its wait.
async fn stage_again(hub: &Hub, stage: Stage) -> Result<usize, StoreError> {
    let now = now();
    let mut tx = hub.store.system().await?;
    if !sweep::alone(&mut tx).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    let due = sweep::overdue(&mut tx, stage, now, ROUND).await?;
    if due.is_empty() || hub.queue.depth(stage).await.unwrap_or(0) >= sweep::under_way(&mut tx, stage).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    let rows = claims(stage, &due, now);
    sweep::swept(&mut tx, stage, &due, now).await?;
    outbox::push(&mut tx, &rows).await?;
    tx.commit().await?;
    metrics::counter!("crossdock_swept_total", "stage" => stage.name()).increment(due.len() as u64);
    Ok(due.len())
}

fn claims(stage: Stage, due: &[Due], now: Micros) -> Vec<outbox::Row> {
    let mut by_tenant: BTreeMap<Tenant, Vec<Uuid>> = BTreeMap::new();
    for one in due {
        let ids = by_tenant.entry(one.tenant).or_default();
        if !ids.contains(&one.claim) {
            ids.push(one.claim);
        }
    }
    let one_a_claim = stage == Stage::Translate;
    by_tenant
        .into_iter()
        .flat_map(|(tenant, ids)| match one_a_claim {
            true => {
                ids.into_iter().map(|id| outbox::Row::at_once(ClaimCheck::new(tenant, stage, vec![id]), now)).collect()
            }
            false => outbox::claims(tenant, stage, &ids, now),
        })
        .collect()
}

/// Messages that wait for nothing: there should be none, so each is counted as a bug and let go.
async fn free_waiting(hub: &Hub, tenant: Tenant) -> Result<usize, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let stranded = messages::stranded(&mut tx, tenant, ROUND).await?;
    tx.rollback().await?;
    if stranded.is_empty() {
        return Ok(0);
    }
    let mut keys: Vec<keys::Key> = stranded.into_iter().filter_map(|m| m.key()).collect();
    keys.sort();
    keys.dedup();
    let mut tx = hub.store.begin(tenant).await?;
    keys::lock(&mut tx, tenant, &keys).await?;
    let now = now();
    let freed: Vec<Uuid> = messages::release(&mut tx, tenant, &keys, hub.deadline(now))
        .await?
        .into_iter()
        .map(|m: MessageId| m.0)
        .collect();
    outbox::push(&mut tx, &outbox::claims(tenant, Stage::Apply, &freed, now)).await?;
    tx.commit().await?;
    if !freed.is_empty() {
        tracing::error!(messages = freed.len(), "messages waited for nothing; they go on, but this is a bug");
        metrics::counter!("crossdock_waiting_for_nothing_total").increment(freed.len() as u64);
    }
    Ok(freed.len())
}

/// Held messages whose row was added meanwhile without a restart of theirs.
async fn held_without_cause(hub: &Hub, tenant: Tenant) -> Result<(), StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let ready = held(&mut tx, tenant).await?;
    tx.rollback().await?;
    for id in ready {
        match operate::restart(hub, tenant, id, "sweeper", "its reference was added").await {
            Ok(_) => {}
            Err(operate::OperateError::Store(error)) => return Err(error),
            Err(error) => tracing::debug!(%error, message = %id, "a held message was not restarted"),
        }
    }
    Ok(())
}

async fn held(tx: &mut Tx, tenant: Tenant) -> Result<Vec<MessageId>, StoreError> {
    entities::answered_holds(tx, tenant, ROUND).await
}

/// Open dead letters, for the gauge.
pub async fn open_letters(hub: &Hub) -> Result<i64, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let count = deliveries::open_letters(&mut tx).await?;
    tx.rollback().await?;
    Ok(count)
}
