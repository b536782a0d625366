//! Sets that earlier batches wrote and whose trailer was read now: released to apply, or refused.
//!
//! A trailer's verdict on more sets than one transaction should touch is carried out in pieces before the commit that
//! closes the document and acknowledges it. Cut off between two pieces, the document is read to the same trailer again,
//! which finds the rest.

use super::{
    batch::{Batch, Mapped},
    commit::{LEASE_US, Writer},
    run::{Closing, Run},
};
use crate::{
    canonical::Stage,
    flow::{Hub, letter, mail},
    formats::fault::Fault,
    store::{
        StoreError, Tx, directory,
        journal::{self, Step},
        keys::{self, Key},
        messages, now, outbox,
    },
};
use serde_json::json;

/// Sets that one transaction releases or refuses. It writes their rows anew, some 10 kB each, while others wait.
pub const SETS_AT_ONCE: i64 = 1_000;

/// Carries out in transactions of their own what is too much for one.
pub async fn ahead(hub: &Hub, batch: &mut Batch, mapped: &[Mapped], epoch: i64) -> Result<(), StoreError> {
    for (r, run) in batch.runs.iter_mut().enumerate() {
        let first_here = first_here(mapped, r);
        let sets = |closing: &Closing| (i64::from(closing.to_set).min(first_here) - i64::from(closing.from_set)).max(0);
        if run.closings.iter().map(sets).sum::<i64>() <= SETS_AT_ONCE {
            continue;
        }
        for at in in_order(&run.closings) {
            let (mut from, to) = reach(&run.closings[at], first_here);
            while from < to {
                let until = to.min(from + SETS_AT_ONCE);
                piece(hub, run, (from, until), run.closings[at].refused.as_deref(), epoch).await?;
                from = until;
                run.closings[at].from_set = u32::try_from(until).unwrap_or(u32::MAX);
            }
        }
    }
    Ok(())
}

async fn piece(
    hub: &Hub,
    run: &Run,
    sets: (i64, i64),
    refused: Option<&[Fault]>,
    epoch: i64,
) -> Result<(), StoreError> {
    let mut tx = hub.store.begin(run.tenant.id).await?;
    let mut writer = Writer::new(hub, run.tenant.id, now());
    let ended = writer.close(&mut tx, run, sets, refused).await?;
    writer.wake(&mut tx, ended).await?;
    let refused = std::mem::take(&mut writer.refused);
    super::acknowledge::advise(hub, &mut tx, run.tenant.id, refused, writer.now).await?;
    journal::write(&mut tx, &writer.steps).await?;
    mail::owe(hub, &mut tx, run.tenant.id, &writer.steps, writer.now).await?;
    outbox::push(&mut tx, &writer.claims).await?;
    directory::still_leased(&mut tx, run.tenant.id, run.connection.id, epoch, LEASE_US).await?;
    tx.commit().await
}

/// The first set of a run in this batch; those before it stand in the store.
fn first_here(mapped: &[Mapped], run: usize) -> i64 {
    mapped.iter().filter(|m| m.run == run).map(|m| m.row.set_no).min().unwrap_or(i64::MAX)
}

fn reach(closing: &Closing, first_here: i64) -> (i64, i64) {
    (i64::from(closing.from_set), i64::from(closing.to_set).min(first_here))
}

/// Refusals first: a group that its own trailer refuses does not go with the rest of its interchange.
fn in_order(closings: &[Closing]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..closings.len()).collect();
    order.sort_by_key(|at| closings[*at].refused.is_none());
    order
}

impl Writer<'_> {
    /// All that is left to release or to refuse of earlier batches, in this transaction.
    pub async fn close_earlier(&mut self, tx: &mut Tx, batch: &Batch, mapped: &[Mapped]) -> Result<(), StoreError> {
        let mut ended = Vec::new();
        for (r, run) in batch.runs.iter().enumerate() {
            let first_here = first_here(mapped, r);
            for at in in_order(&run.closings) {
                let closing = &run.closings[at];
                let sets = reach(closing, first_here);
                if sets.0 < sets.1 {
                    ended.extend(self.close(tx, run, sets, closing.refused.as_deref()).await?);
                }
            }
        }
        self.wake(tx, ended).await
    }

    /// Releases or refuses sets from one on up to another, and gives the keys of those that ended by it.
    async fn close(
        &mut self,
        tx: &mut Tx,
        run: &Run,
        (from, to): (i64, i64),
        refused: Option<&[Fault]>,
    ) -> Result<Vec<Key>, StoreError> {
        let Some(faults) = refused else {
            let freed = messages::release_sets(tx, self.tenant, run.work.id, from, to).await?;
            let go: Vec<uuid::Uuid> = freed.into_iter().map(|m| m.0).collect();
            self.claims.extend(outbox::claims(self.tenant, Stage::Apply, &go, self.now));
            self.refused.extend(messages::refused_by_mapping(tx, self.tenant, run.work.id, from, to).await?);
            return Ok(vec![]);
        };
        let ended = messages::refuse_sets(tx, self.tenant, run.work.id, from, to, &json!(faults), self.now).await?;
        let code = letter::worst(faults).map(|f| f.code.to_string()).unwrap_or_default();
        for one in &ended {
            let step = Step::new(self.tenant, self.now.0, "translate", "rejected", &self.hub.worker);
            self.steps.push(step.document(run.work.id.0).message(one.id.0).cause(json!({"code": code})));
        }
        Ok(ended.iter().filter_map(messages::Ended::key).collect())
    }

    /// Lets those go that waited for a message of these keys.
    async fn wake(&mut self, tx: &mut Tx, mut ended: Vec<Key>) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        ended.sort();
        ended.dedup();
        keys::lock(tx, self.tenant, &ended).await?;
        let freed = messages::release(tx, self.tenant, &ended, self.hub.deadline(self.now)).await?;
        let freed: Vec<uuid::Uuid> = freed.into_iter().map(|m| m.0).collect();
        for id in &freed {
            let step = Step::new(self.tenant, self.now.0, "translate", "pending", &self.hub.worker);
            self.steps.push(step.message(*id).cause(json!({"code": "released"})));
        }
        self.claims.extend(outbox::claims(self.tenant, Stage::Apply, &freed, self.now));
        Ok(())
    }
}
