//! Batches: by agreement several sets of one kind wait for each other and go out in one group of one interchange.
//!
//! Each answer has a delivery of its own, which ends as the one ends that carries its interchange. Whether one is full is
//! looked at when a set is added; whether it has waited long enough, by the sweeper. Numbers are taken when it goes.

use super::{
    Emitter,
    document::{Draft, Of, Rows, Unwritable, Wanted, number_sets},
};
use crate::{
    canonical::{DeliveryId, PartnerId, Stage, Tenant},
    store::{
        StoreError, Tx,
        batches::{self, BatchedRow, CARRIED, NewBatched},
        deliveries::{self, Change, NewDelivery, hex},
        journal::{self, Step},
    },
    tenancy::{Effective, PartnerInfo, expect::BadSetOut},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// Puts what is agreed to wait into its batch. Gives back what goes out by itself.
pub fn hold<'a>(emit: &Emitter<'_>, tenant: Tenant, wanted: Vec<Wanted<'a>>, rows: &mut Rows) -> Vec<Wanted<'a>> {
    let (mut alone, mut held) = (Vec::new(), Vec::new());
    for one in wanted {
        let agreed = one.draft.as_ref().map_or(&one.partner.agreement, |draft| draft.agreed(one.partner, &one.target));
        let agreed = &agreed.batch;
        let may = agreed.documents > 1 && (one.kind == "document" || agreed.acknowledgements);
        match one.draft.as_ref().ok().filter(|_| may).and_then(Draft::like) {
            Some(like) => held.push((one, like)),
            None => alone.push(one),
        }
    }
    for (n, (one, like)) in (0..).zip(held) {
        let Ok(draft) = &one.draft else { continue };
        let batch = hex(&Sha256::digest(format!("{like}\n{}\n{}", one.target, one.kind)));
        let seconds = i64::from(draft.agreed(one.partner, &one.target).batch.seconds.max(1));
        rows.batched.push(NewBatched {
            tenant,
            id: one.id,
            partner: one.partner.id,
            batch,
            target: one.target.clone(),
            kind: one.kind,
            draft: json!(draft),
            message: one.message,
            due_at: emit.now.plus_ms(seconds * 1_000).0,
            // What one transaction adds goes in the order in which it was decided.
            created_at: emit.now.0 + n,
        });
        rows.deliveries.push(NewDelivery { deadline: CARRIED, ..super::document::row(emit, tenant, &one) });
    }
    alone
}

/// Lets the batches go that are full now.
pub async fn flush_full(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    touched: &[NewBatched],
) -> Result<(), StoreError> {
    let touched: BTreeMap<&str, PartnerId> = touched.iter().map(|row| (row.batch.as_str(), row.partner)).collect();
    for (batch, partner) in touched {
        let Some(partner) = emit.directory.partners.get(&partner) else { continue };
        while flush(tx, emit, tenant, partner, batch, Least::Full).await? > 0 {}
    }
    Ok(())
}

/// What is agreed of a batch's documents where they leave. All of one batch are of one kind and leave by one connection.
async fn agreed<'p>(
    tx: &mut Tx,
    tenant: Tenant,
    partner: &'p PartnerInfo,
    batch: &str,
) -> Result<&'p Arc<Effective>, StoreError> {
    let oldest = batches::oldest(tx, tenant, batch).await?;
    let draft = oldest.and_then(|row| Some((serde_json::from_value::<Draft>(row.draft).ok()?, row.target)));
    Ok(draft.map_or(&partner.agreement, |(draft, target)| draft.agreed(partner, &target)))
}

/// How many sets there must be for a batch to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// As many as one interchange may hold.
    Full,
    /// Whatever there is: it has waited long enough.
    One,
}

/// Lets the oldest sets of a batch go, as many as one interchange may hold. Gives how many were taken: 0 if fewer wait.
pub async fn flush(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    partner: &PartnerInfo,
    batch: &str,
    least: Least,
) -> Result<usize, StoreError> {
    let agreed = &agreed(tx, tenant, partner, batch).await?.batch;
    let most = i64::from(agreed.documents).max(1);
    let least = if least == Least::Full { most } else { 1 };
    let taken = batches::take(tx, tenant, batch, least, most).await?;
    let count = taken.len();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in taken {
        match serde_json::from_value::<Draft>(row.draft.clone()) {
            Err(error) => bad.push((row, Unwritable::new("batch/unreadable", batch, error.to_string()))),
            // The agreement may have changed since it was drafted.
            Ok(draft) => match draft.tried(partner) {
                Ok(draft) => good.push((row, draft)),
                Err(unwritable) => bad.push((row, unwritable)),
            },
        }
    }
    if !bad.is_empty() && agreed.bad_set == BadSetOut::FailsAll {
        let why = || Unwritable::new("batch/bad_set", batch, "another document of its batch can't be written".into());
        bad.extend(good.drain(..).map(|(row, _)| (row, why())));
    }
    if let Err(unwritable) = together(emit, tenant, partner, &good, tx).await? {
        bad.extend(good.drain(..).map(|(row, _)| (row, unwritable.clone())));
    }
    bury(tx, emit, tenant, &bad).await?;
    Ok(count)
}

/// One interchange of all, with its delivery.
async fn together(
    emit: &Emitter<'_>,
    tenant: Tenant,
    partner: &PartnerInfo,
    good: &[(BatchedRow, Draft)],
    tx: &mut Tx,
) -> Result<Result<(), Unwritable>, StoreError> {
    let Some((first, draft)) = good.first() else { return Ok(Ok(())) };
    let by = DeliveryId::batch(first.id);
    let of = Of { tenant, delivery: by, message: first.message, target: &first.target, now: emit.now };
    let ids: Vec<(DeliveryId, Option<crate::canonical::MessageId>)> =
        good.iter().map(|(r, _)| (r.id, r.message)).collect();
    let merged = draft.merged(good.iter().map(|(_, draft)| draft), emit);
    let rendered = match number_sets(tx, &of, partner, &merged, &ids).await? {
        Ok(rendered) => rendered,
        Err(unwritable) => return Ok(Err(unwritable)),
    };
    let kind = if first.kind == "acknowledgement" { "acknowledgement" } else { "document" };
    let waits = rendered.waits(kind, partner, &first.target);
    let acknowledged = waits.as_ref().map(|_| "waiting");
    let delivery = NewDelivery {
        tenant,
        id: by,
        event: None,
        document: None,
        message: first.message,
        subscription: None,
        partner: Some(partner.id),
        kind,
        target: first.target.clone(),
        state: "pending",
        name: Some(rendered.name.clone()),
        content: Some(hex(&rendered.bytes)),
        control: rendered.control.clone(),
        sequence: None,
        cause: None,
        acknowledged,
        again_of: None,
        created_at: emit.now.0,
        deadline: emit.deadline.0,
        wait_us: emit.wait_us,
    };
    let rows = Rows {
        deliveries: vec![delivery],
        sets: rendered.sets,
        expectations: waits.into_iter().collect(),
        ..Rows::default()
    };
    rows.write_alone(tx, emit, tenant).await?;
    let carried: Vec<DeliveryId> = ids.iter().map(|(id, _)| *id).collect();
    batches::carry(tx, tenant, by, &rendered.name, acknowledged, &carried).await?;
    let cause = json!({"code": "batched", "sentence": format!("it goes out in {}", rendered.name), "by": by});
    let steps: Vec<Step> =
        good.iter().map(|(row, _)| step(emit, tenant, row, "pending").cause(cause.clone())).collect();
    journal::write(tx, &steps).await?;
    Ok(Ok(()))
}

/// Ends those that can't be written, each with a dead letter.
async fn bury(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    bad: &[(BatchedRow, Unwritable)],
) -> Result<(), StoreError> {
    let change = |(row, unwritable): &(BatchedRow, Unwritable)| Change {
        id: row.id,
        state: "dead",
        cause: Some(unwritable.cause()),
        fingerprint: None,
        tries: 0,
        due: None,
        first_failed_at: Some(emit.now.0),
        ended_at: Some(emit.now.0),
        deadline: emit.deadline.0,
    };
    let changes: Vec<Change> = bad.iter().map(change).collect();
    deliveries::change(tx, tenant, &changes).await?;
    let letter =
        |(row, unwritable): &(BatchedRow, Unwritable)| super::document::letter(emit, tenant, row.id, unwritable);
    let letters: Vec<deliveries::NewLetter> = bad.iter().map(letter).collect();
    deliveries::bury(tx, &letters).await?;
    let step = |(row, unwritable): &(BatchedRow, Unwritable)| {
        step(emit, tenant, row, "dead").cause(json!({"code": unwritable.code, "sentence": unwritable.sentence}))
    };
    let steps: Vec<Step> = bad.iter().map(step).collect();
    journal::write(tx, &steps).await
}

fn step(emit: &Emitter<'_>, tenant: Tenant, row: &BatchedRow, state: &'static str) -> Step {
    let mut step = Step::new(tenant, emit.now.0, Stage::Deliver.name(), state, emit.worker).delivery(row.id.0);
    step.message = row.message.map(|m| m.0);
    step
}
