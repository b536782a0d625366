//! A document that was worked, read again from its raw bytes: one set of it for a restart, or all to be acknowledged again.

use super::{
    Source, SourceError, acknowledge, batch::advisable, incoming::Incoming, meaning::Meaning, open_row, run::Run,
    whose::GIVEN,
};
use crate::{
    canonical::{PartnerId, Tenant},
    flow::Hub,
    formats::piece::{Piece, Set},
    store::{
        StoreError,
        documents::{self, DocumentRow},
        interchanges,
        journal::{self, Step},
        now,
    },
};

/// A set as it reads now, and what it means by what now stands.
pub struct Again {
    pub set: Box<Set>,
    pub partner: Option<PartnerId>,
    pub meaning: Meaning,
    /// Its envelope, where an advice may be owed for it.
    pub came_in: Option<serde_json::Value>,
}

/// Reads the `set_no`th set of a document and maps it: of several messages that it makes the `split`th, both from 0.
/// Nothing if the document has no such set any more, or its mapping makes fewer messages of it.
pub async fn read(
    hub: &Hub,
    document: &DocumentRow,
    tenant: Tenant,
    (set_no, split): (u32, u32),
) -> Result<Option<Again>, StoreError> {
    let Some((mut source, mut run)) = open_row(hub, tenant, document).await? else { return Ok(None) };
    let Some(set) = find(hub, &mut source, &mut run, set_no).await? else { return Ok(None) };
    let mut messages = Incoming::of(hub, &run, set);
    if split as usize >= messages.len() {
        return Ok(None);
    }
    let message = messages.swap_remove(split as usize);
    let meaning = message.meaning_now(hub, &run, tenant).await?;
    let partner = message.partner.as_ref().map(|partner| partner.id);
    let came_in = partner.and(advisable(message.came_in.as_ref(), &meaning));
    Ok(Some(Again { set: message.set, partner, meaning, came_in }))
}

/// A worked document as it reads as somebody's to whom a person gave what of it was nobody's.
pub async fn as_given(hub: &Hub, document: &DocumentRow, tenant: Tenant) -> Result<Option<Run>, StoreError> {
    let Some((mut source, mut run)) = open_row(hub, tenant, document).await? else { return Ok(None) };
    while let Some(piece) = source.next().await {
        run.take(readable(piece)?, &hub.directory);
        run.closings.clear();
    }
    Ok(Some(run))
}

/// Acknowledges a document once more that was worked, by what its sets are found to be now: it is read, its interchanges end
/// as they did, and nothing else is written. `step` says who wanted it. False if somebody did it in the same moment.
pub async fn acknowledge(hub: &Hub, document: &DocumentRow, tenant: Tenant, step: Step) -> Result<bool, StoreError> {
    let Some(mut run) = as_given(hub, document, tenant).await? else { return Ok(false) };
    run.work.acknowledged_again = document.acknowledged_again + 1;
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    for row in interchanges::of_document(&mut tx, tenant, document.id).await? {
        let Some(interchange) = run.interchanges.get_mut(row.ordinal as usize) else { continue };
        let ended = ["translated", "unassigned", "rejected", "duplicate"];
        let ended = ended.into_iter().find(|ends| row.ends.as_deref() == Some(ends));
        interchange.ends = ended.unwrap_or(interchange.ends);
        interchange.cause = row.cause;
    }
    if !documents::acknowledge_again(&mut tx, tenant, document.id, document.acknowledged_again).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    // Who was given what of it was nobody's is told of that; the others have their answers.
    let is_given = |cause: &Option<serde_json::Value>| cause.as_ref().is_some_and(|cause| cause["code"] == GIVEN);
    let given: Vec<bool> = run.interchanges.iter().map(|interchange| is_given(&interchange.cause)).collect();
    if given.contains(&true) {
        run.to_acknowledge.retain(|one| given.get(one.interchange as usize) == Some(&true));
    }
    acknowledge::once_more(hub, &mut tx, &run, now).await?;
    journal::write(&mut tx, &[step]).await?;
    tx.commit().await?;
    Ok(true)
}

fn readable(piece: Result<Piece, SourceError>) -> Result<Piece, StoreError> {
    piece.map_err(|error| match error {
        SourceError::Store(error) => error,
        SourceError::Panic(text) => StoreError::Row(format!("the reader panicked: {text}")),
    })
}

async fn find(hub: &Hub, source: &mut Source, run: &mut Run, set_no: u32) -> Result<Option<Box<Set>>, StoreError> {
    while let Some(piece) = source.next().await {
        if let Some(set) = run.take(readable(piece)?, &hub.directory).filter(|set| set.ordinal == set_no) {
            return Ok(Some(set));
        }
    }
    Ok(None)
}
