//! The apply stage: messages into the core, in the order of their keys, up to 128 of a tenant in one transaction.

mod advices;
mod advised;
mod answers;
pub mod as_one;
mod batch;
mod faults;
mod world;

use self::world::StockLock;
use crate::{
    canonical::{MessageId, Stage, Tenant},
    flow::{
        Hub,
        failure::{self, Patience},
        probe::Point,
    },
    queue::{QueueError, Taken},
    store::{StoreError, Trouble},
};
use futures_util::FutureExt;
use std::{collections::BTreeMap, panic::AssertUnwindSafe, time::Instant};
use tokio_util::sync::CancellationToken;

/// Messages in one transaction.
const BATCH: usize = 128;
/// Claim checks taken together; each may carry up to 64 messages.
const CLAIMS: usize = 16;
/// A conflict (deadlock, somebody was first) is repeated so often before the batch is cut.
const CONFLICTS: usize = 8;

/// Messages that one transaction is to take.
struct Part {
    ids: Vec<MessageId>,
    /// So many of an interchange that is applied as one.
    as_one: usize,
}

/// Takes claim checks of the stage until told to stop.
pub async fn run(hub: Hub, stop: CancellationToken) -> Result<(), QueueError> {
    let mut consumer = hub.queue.consumer(Stage::Apply, 64).await?;
    let mut patience = Patience::new();
    loop {
        let first = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            taken = consumer.next() => taken,
        };
        let taken = match first {
            Ok(first) => {
                let mut taken = vec![first];
                let mut ids = taken[0].claim.ids.len();
                while ids < BATCH && taken.len() < CLAIMS {
                    let more = consumer.more(1).await.unwrap_or_default();
                    if more.is_empty() {
                        break;
                    }
                    ids += more.iter().map(|t| t.claim.ids.len()).sum::<usize>();
                    taken.extend(more);
                }
                taken
            }
            // A stage never ends for want of its queue.
            Err(error) => {
                patience.wait("apply", &error).await;
                continue;
            }
        };
        let mut by_tenant: BTreeMap<Tenant, Vec<Taken>> = BTreeMap::new();
        for one in taken {
            by_tenant.entry(one.claim.tenant).or_default().push(one);
        }
        for (tenant, taken) in by_tenant {
            let ids = taken.iter().flat_map(|t| &t.claim.ids);
            ids.for_each(|id| hub.probe.pass(Point::TakenToApply, *id));
            work(&hub, tenant, taken, &stop).await;
        }
    }
}

/// Works off one claim check alone.
pub async fn alone(hub: &Hub, taken: Taken, stop: &CancellationToken) {
    work(hub, taken.claim.tenant, vec![taken], stop).await;
}

/// Marks a message dead, by an error that is to be told.
pub async fn bury(hub: &Hub, tenant: Tenant, id: MessageId, error: &StoreError) -> Result<(), StoreError> {
    batch::fail(hub, tenant, id, error, &[]).await
}

/// Works claim checks of one tenant off. Nothing of them is told to the queue before all their messages are written.
async fn work(hub: &Hub, tenant: Tenant, taken: Vec<Taken>, stop: &CancellationToken) {
    let mut ids: Vec<MessageId> = taken.iter().flat_map(|t| t.claim.ids.iter().map(|id| MessageId(*id))).collect();
    ids.sort();
    ids.dedup();
    let began = Instant::now();
    let mut todo: Vec<Part> = ids.chunks(BATCH).map(|ids| Part { ids: ids.to_vec(), as_one: BATCH }).collect();
    todo.reverse();
    let mut conflicts = 0;
    let mut patience = Patience::new();
    while let Some(part) = todo.pop() {
        let last = todo.is_empty();
        let settled = if last { taken.as_slice() } else { &[] };
        let stock_lock = if conflicts == 0 { StockLock::Late } else { StockLock::Early };
        match guarded(hub, tenant, &part, settled, stock_lock).await {
            Ok(()) => conflicts = 0,
            Err(error) if failure::is_away(&error) => {
                if stop.is_cancelled() {
                    return hub.queue.give_back(taken).await;
                }
                patience.wait("apply", &error).await;
                todo.push(part);
            }
            Err(error) if error.trouble() == Trouble::Conflict && conflicts < CONFLICTS => {
                conflicts += 1;
                tracing::debug!(%error, messages = part.ids.len(), "apply repeats a batch");
                tokio::time::sleep(std::time::Duration::from_millis(rand::random_range(1..20 * conflicts as u64)))
                    .await;
                todo.push(part);
            }
            Err(error) => {
                conflicts = 0;
                cut(hub, tenant, part, error, &mut todo, settled).await;
            }
        }
    }
    metrics::histogram!("crossdock_stage_seconds", "stage" => "apply").record(began.elapsed().as_secs_f64());
    hub.queue.ack(taken).await;
}

/// A batch; a panic outside of what guards each message, as in what goes out for it, fails it as a whole.
async fn guarded(
    hub: &Hub,
    tenant: Tenant,
    part: &Part,
    settled: &[Taken],
    stock_lock: StockLock,
) -> Result<(), StoreError> {
    let applied = AssertUnwindSafe(batch::apply(hub, tenant, part, settled, stock_lock)).catch_unwind().await;
    applied.unwrap_or_else(|panic| Err(StoreError::Panic(failure::panic_text(&*panic))))
}

/// A batch that fails for good is halved until the culprit stands alone; it alone is retried or dies.
async fn cut(hub: &Hub, tenant: Tenant, part: Part, error: StoreError, todo: &mut Vec<Part>, settled: &[Taken]) {
    if part.ids.len() > 1 {
        tracing::warn!(%error, messages = part.ids.len(), "a batch failed; it is halved to find the message that is to blame");
        let (first, second) = part.ids.split_at(part.ids.len() / 2);
        todo.extend([second, first].map(|ids| Part { ids: ids.to_vec(), ..part }));
        return;
    }
    let mut patience = Patience::new();
    loop {
        match alone_or_failed(hub, tenant, &part, &error, settled).await {
            Ok(None) => return,
            Ok(Some(first)) => return todo.push(first),
            Err(again) if failure::is_away(&again) => patience.wait("apply", &again).await,
            Err(again) => {
                tracing::error!(error = %again, message = %part.ids[0], "a failed message could not be marked; the sweeper will send it again");
                return;
            }
        }
    }
}

/// A message that failed alone is marked; of an interchange that is applied as one the first is tried alone before that.
async fn alone_or_failed(
    hub: &Hub,
    tenant: Tenant,
    part: &Part,
    error: &StoreError,
    settled: &[Taken],
) -> Result<Option<Part>, StoreError> {
    if part.as_one > 1 && batch::goes_with_others(hub, tenant, part.ids[0]).await? {
        tracing::warn!(%error, "an interchange that is applied as one failed; its messages are tried one by one");
        return Ok(Some(Part { ids: part.ids.clone(), as_one: 1 }));
    }
    batch::fail(hub, tenant, part.ids[0], error, settled).await?;
    Ok(None)
}
