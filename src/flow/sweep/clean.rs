//! Cleaning up: uploads that were given up, and raw bytes whose retention has passed. A little each round.

use crate::{
    canonical::{Micros, PartnerId, Tenant},
    flow::Hub,
    store::{
        StoreError, blobs, documents,
        journal::{self, Step},
        now,
    },
};
use serde_json::json;
use std::time::{Duration, Instant};

/// An upload whose blob was not sealed for so long was given up: its sender has no receipt.
const GIVEN_UP_US: i64 = 86_400_000_000;
/// Uploads, and contents of one partner, in one transaction: a large one has thousands of chunks.
const BATCH: i64 = 20;
/// So long at most a round lets go bytes of one partner; what is left, the next one does.
const ROUND: Duration = Duration::from_secs(1);

/// Removes uploads that were given up. Gives how many.
pub async fn uploads(hub: &Hub) -> Result<usize, StoreError> {
    let before = Micros(now().0 - GIVEN_UP_US);
    let mut tx = hub.store.system_read().await?;
    let there = blobs::has_unsealed(&mut tx, before).await?;
    tx.rollback().await?;
    if !there {
        return Ok(0);
    }
    let mut tx = hub.store.system().await?;
    let removed = blobs::remove_unsealed(&mut tx, before, BATCH).await?;
    tx.commit().await?;
    Ok(removed as usize)
}

/// Lets go raw bytes as the agreements say (`retention_days`; 0 keeps them). The documents' rows, their messages and
/// the journal stay. Gives how many documents lost theirs.
pub async fn past_retention(hub: &Hub) -> Result<usize, StoreError> {
    let now = now();
    let mut removed = 0;
    for partner in hub.directory.partners.values().filter(|p| p.agreement.retention_days > 0) {
        let before = Micros(now.0 - i64::from(partner.agreement.retention_days) * 86_400_000_000);
        let began = Instant::now();
        loop {
            let some = of_partner(hub, partner.tenant, partner.id, before, now).await?;
            removed += some;
            if some == 0 || began.elapsed() > ROUND {
                break;
            }
        }
    }
    Ok(removed)
}

async fn of_partner(
    hub: &Hub,
    tenant: Tenant,
    partner: PartnerId,
    before: Micros,
    now: Micros,
) -> Result<usize, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let seen = documents::past_retention(&mut tx, tenant, partner, before, BATCH).await?;
    tx.rollback().await?;
    if seen.is_empty() {
        return Ok(0);
    }
    let mut tx = hub.store.begin(tenant).await?;
    // Whoever takes in the same content locks the same rows: looked at again behind the lock.
    blobs::lock_sealed(&mut tx, tenant, &seen).await?;
    let still = documents::past_retention(&mut tx, tenant, partner, before, BATCH).await?;
    let gone: Vec<String> = seen.into_iter().filter(|hash| still.contains(hash)).collect();
    let documents = documents::note_raw_removed(&mut tx, tenant, &gone, now).await?;
    blobs::remove(&mut tx, tenant, &gone).await?;
    let cause = json!({"code": "retention", "sentence": "its raw bytes were removed, as the agreement's `retention_days` says"});
    let steps: Vec<Step> = documents
        .iter()
        .map(|id| Step::new(tenant, now.0, "retention", "raw_removed", &hub.worker).document(id.0).cause(cause.clone()))
        .collect();
    journal::write(&mut tx, &steps).await?;
    tx.commit().await?;
    Ok(documents.len())
}
