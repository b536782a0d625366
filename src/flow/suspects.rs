//! What died by the broker's delivery limit: it was in hand at sixty crashes, as it may be that something else in the same
//! hands was to blame. Each is tried alone; what was in hand at crashes here as well is to blame, and ends.
//!
//! A panic never leads here: it is caught, and costs its message. Only what ends the process does, such as an overflow of
//! the stack, or running out of memory.

use crate::{
    canonical::{MessageId, Stage},
    flow::{Hub, apply, failure::Patience, translate},
    queue::{QueueError, Taken},
    store::{StoreError, now, outbox},
};
use tokio_util::sync::CancellationToken;

/// Tried alone so often and died each time: to blame.
const ALONE: u64 = 5;

/// Takes suspects of all stages until told to stop. There are none on the embedded queue.
pub async fn run(hub: Hub, stop: CancellationToken) -> Result<(), QueueError> {
    let mut suspects = hub.queue.suspects().await?;
    let mut patience = Patience::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            taken = suspects.next() => taken,
        };
        match taken {
            Ok(taken) => alone(&hub, taken, &stop).await,
            // A stage never ends for want of its queue.
            Err(error) => patience.wait("suspects", &error).await,
        }
    }
}

async fn alone(hub: &Hub, taken: Taken, stop: &CancellationToken) {
    let stage = taken.claim.kind;
    let ids = &taken.claim.ids;
    let why = taken.suspect.as_ref().map_or("unknown", |suspect| suspect.reason.as_str());
    tracing::warn!(stage = stage.name(), ?ids, why, deliveries = taken.deliveries, "a claim check is tried alone");
    if taken.deliveries >= ALONE {
        return end(hub, taken).await;
    }
    match stage {
        Stage::Translate => translate::alone(hub, taken, stop).await,
        Stage::Apply => apply::alone(hub, taken, stop).await,
        Stage::Deliver => again_one_by_one(hub, taken).await,
    }
}

/// Deliveries have lanes, which one alone can't keep: each goes back by a claim check of its own.
async fn again_one_by_one(hub: &Hub, taken: Taken) {
    let at = now();
    let (tenant, stage) = (taken.claim.tenant, taken.claim.kind);
    let rows: Vec<outbox::Row> =
        (taken.claim.ids.iter()).flat_map(|id| outbox::claims(tenant, stage, std::slice::from_ref(id), at)).collect();
    let written = async {
        let mut tx = hub.store.begin(tenant).await?;
        outbox::push(&mut tx, &rows).await?;
        tx.commit().await
    };
    match written.await {
        Ok(()) => hub.queue.ack(vec![taken]).await,
        Err(error) => {
            tracing::warn!(%error, "suspect deliveries could not be sent again; they are tried later");
            hub.queue.give_back(vec![taken]).await;
        }
    }
}

/// Messages die, with a dead letter that says why. A connection's or a delivery's work stays as it stands in the store;
/// the sweeper sends it again after waits that double, and an operator finds it in the log and by the audit.
async fn end(hub: &Hub, taken: Taken) {
    let (tenant, stage) = (taken.claim.tenant, taken.claim.kind);
    let error = StoreError::Row(format!(
        "the process ended each time this was worked on: at {} crashes it was in hand, at {} of them alone",
        60 + taken.deliveries,
        taken.deliveries
    ));
    tracing::error!(stage = stage.name(), %tenant, ids = ?taken.claim.ids, %error, "a claim check kills its worker");
    if stage == Stage::Apply {
        for id in &taken.claim.ids {
            if let Err(error) = apply::bury(hub, tenant, MessageId(*id), &error).await {
                tracing::warn!(%error, message = %id, "a message could not be marked dead; it is tried again");
                return hub.queue.give_back(vec![taken]).await;
            }
        }
    }
    hub.queue.ack(vec![taken]).await;
}
