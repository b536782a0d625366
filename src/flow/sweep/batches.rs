//! Batches that have waited long enough go out as they are.

use crate::{
    emit::batch::{self, Least},
    flow::{Hub, emitter},
    store::{StoreError, batches, now},
};

/// Lets go what is due, an interchange in a transaction. Gives how many sets went.
pub async fn let_go(hub: &Hub) -> Result<usize, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let due = batches::due(&mut tx, now()).await?;
    tx.rollback().await?;
    let mut went = 0;
    for (tenant, partner, name) in due {
        // A partner that stands in no file any more: its documents wait until it does again, and can be cancelled.
        let Some(partner) = hub.directory.partners.get(&partner) else { continue };
        let mut tx = hub.store.begin(tenant).await?;
        // What waits was written by its mapping when it was put there.
        let emit = emitter(hub, hub.library.own(), now());
        went += batch::flush(&mut tx, &emit, tenant, partner, &name, Least::One).await?;
        tx.commit().await?;
    }
    Ok(went)
}
