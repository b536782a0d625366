//! What other mappings would read in documents that are kept: each is read once by those that stand and once by the
//! others, set beside set, and nothing is written. Memory is bounded by two sets and what is told.

use super::{
    Source, SourceError, documents::DocumentRow, incoming::Incoming, meaning::Meaning, newest::Newest, open_with,
    run::Run,
};
use crate::{
    canonical::{Body, Tenant},
    flow::{
        Hub, letter,
        replays::{
            Asked,
            seen::{self, End, Of, Replayed},
        },
    },
    mapping::{Library, versions::Changed},
    store::{StoreError, documents::Claimed},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::watch;

/// Reads the newest documents that one of the changed mappings claims, both ways. `progress` is told how many were read
/// after each.
pub async fn replay(
    hub: &Hub,
    asked: &Asked<'_>,
    seen: &mut Replayed,
    progress: &watch::Sender<usize>,
) -> Result<(), StoreError> {
    let claimed: Vec<Claimed> = asked.changed.iter().flat_map(claimed).collect();
    let mut newest = Newest::new(asked.tenant, asked.partner, Some(&claimed));
    while seen.documents < asked.documents {
        let Some(row) = newest.next(hub).await? else { break };
        match document(hub, asked, &row, seen).await {
            Ok(()) => {}
            Err(StoreError::Gone(_)) => seen.gone += 1,
            Err(error) => return Err(error),
        }
        progress.send_replace(seen.documents);
    }
    Ok(())
}

/// How messages show that a mapping reads them, before or after.
fn claimed(changed: &Changed) -> Vec<Claimed> {
    let plans = changed.before.iter().chain(&changed.after).filter(|plan| plan.reads());
    let kinds = plans.flat_map(|plan| plan.kinds().into_iter().map(str::to_owned));
    kinds.map(|kind| Claimed { kind, mapping: format!("{}@%", changed.name) }).collect()
}

/// A document being read one way.
pub(super) struct Side {
    source: Source,
    pub(super) run: Run,
    /// Of a set that makes several messages, those that are yet to come.
    rest: VecDeque<Incoming>,
}

/// Set and message.
fn place(message: &Incoming) -> (u32, u32) {
    (message.set.ordinal, message.split)
}

impl Side {
    pub(super) async fn open(
        hub: &Hub,
        tenant: Tenant,
        row: &DocumentRow,
        library: &Arc<Library>,
    ) -> Result<Option<Side>, StoreError> {
        let opened = open_with(hub, tenant, super::once_more(row, 0), library.clone(), None, true).await?;
        Ok(opened.map(|(source, run)| Side { source, run, rest: VecDeque::new() }))
    }

    pub(super) async fn next(&mut self, hub: &Hub) -> Result<Option<Incoming>, StoreError> {
        if let Some(one) = self.rest.pop_front() {
            return Ok(Some(one));
        }
        while let Some(piece) = self.source.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(SourceError::Store(error)) => return Err(error),
                // It reads no further this way; what comes on the other side is told as missing here.
                Err(SourceError::Panic(_)) => return Ok(None),
            };
            if let Some(set) = self.run.take(piece, &hub.directory) {
                self.rest.extend(Incoming::of(hub, &self.run, set));
                return Ok(self.rest.pop_front());
            }
        }
        Ok(None)
    }
}

async fn document(hub: &Hub, asked: &Asked<'_>, row: &DocumentRow, seen: &mut Replayed) -> Result<(), StoreError> {
    let before = Side::open(hub, asked.tenant, row, asked.before).await?;
    let after = Side::open(hub, asked.tenant, row, asked.after).await?;
    let (Some(mut before), Some(mut after)) = (before, after) else { return Ok(()) };
    let (mut any, mut differs) = (false, false);
    let (mut old, mut new) = (before.next(hub).await?, after.next(hub).await?);
    while let Some(at) = [&old, &new].into_iter().flatten().map(place).min() {
        let one = old.take_if(|one| place(one) == at);
        let two = new.take_if(|one| place(one) == at);
        let plan = |message: &Option<Incoming>| {
            message.as_ref().and_then(|one| one.plan.as_ref().map(|plan| plan.name().to_owned()))
        };
        if plan(&one) != plan(&two) || one.is_some() != two.is_some() {
            let was = mean(hub, asked, &before.run, one.as_ref()).await?;
            let is = mean(hub, asked, &after.run, two.as_ref()).await?;
            let number = [&is, &was].into_iter().flatten().find_map(|meaning| meaning.number.clone());
            let of = Of { document: row.id.0, name: &row.name, number: number.as_deref(), set: at.0 + 1 };
            any = true;
            differs |= seen.set(of, side(was), side(is));
        }
        if one.is_some() {
            old = before.next(hub).await?;
        }
        if two.is_some() {
            new = after.next(hub).await?;
        }
    }
    if any {
        seen.document(differs);
    }
    Ok(())
}

async fn mean(
    hub: &Hub,
    asked: &Asked<'_>,
    run: &Run,
    message: Option<&Incoming>,
) -> Result<Option<Meaning>, StoreError> {
    match message {
        Some(message) => Ok(Some(message.meaning_now(hub, run, asked.tenant).await?)),
        None => Ok(None),
    }
}

fn side(meaning: Option<Meaning>) -> seen::Side {
    let Some(meaning) = meaning else { return seen::Side::default() };
    let why = meaning.cause.as_ref().and_then(|cause| cause["sentence"].as_str()).map(str::to_owned);
    let why =
        why.or_else(|| letter::worst(&meaning.faults).map(|fault| format!("{}: {}", fault.place.at, fault.sentence)));
    let read = meaning.state == "pending";
    // Its message may long be applied: what reading ends with has words of its own.
    let state = match meaning.state {
        "pending" => "read",
        "rejected" => "refused",
        other => other,
    };
    let end = End { state: state.into(), why: why.filter(|_| !read) };
    seen::Side { end: Some(end), body: meaning.body.map(Body::into_value), origins: meaning.provenance }
}
