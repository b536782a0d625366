//! Interchanges that are preserved: apply is told of them once their trailers were read, by one claim check each.

use super::{batch::Batch, commit::Writer};
use crate::{
    canonical::{Stage, Tenant},
    store::{
        StoreError, Tx,
        as_one::{self, AsOne},
        outbox,
    },
};

/// Locks the preserved interchanges whose trailers this batch has read, before the keys of any message: who restarts or
/// cancels one of their messages meanwhile does it before or after.
pub async fn lock_read(tx: &mut Tx, tenant: Tenant, batch: &Batch) -> Result<Vec<AsOne>, StoreError> {
    let mut read: Vec<AsOne> = Vec::new();
    for run in &batch.runs {
        let ended = run.interchanges.iter().filter(|i| i.to_write && i.content.is_some() && i.is_preserved());
        read.extend(ended.map(|i| AsOne { document: run.work.id, interchange: i64::from(i.header.ordinal) }));
    }
    read.sort();
    for of in &read {
        as_one::lock(tx, tenant, *of).await?;
    }
    Ok(read)
}

impl Writer<'_> {
    /// Has apply look at interchanges that were read to their end.
    pub async fn let_go(&mut self, tx: &mut Tx, read: &[AsOne]) -> Result<(), StoreError> {
        let mut first = Vec::new();
        for of in read {
            first.extend(as_one::wake(tx, self.tenant, *of, self.hub.deadline(self.now)).await?.map(|id| id.0));
        }
        self.claims.extend(outbox::claims(self.tenant, Stage::Apply, &first, self.now));
        Ok(())
    }
}
