//! What a partner is told of its document, by hand: the faults of a document and its messages as a letter.

use crate::{
    canonical::{DocumentId, Tenant},
    flow::{Hub, apply::as_one, codes},
    formats::{
        fault::{Costs, Fault},
        render::letter::{self, Cause, Letter, Matter},
    },
    store::{
        StoreError, blobs,
        documents::{self, DocumentRow},
        interchanges,
        messages::{self, MessageRow},
    },
};
use serde::Deserialize;
use serde_json::Value;

/// Bytes of a document that are looked into, and messages.
const LOOKED_INTO: u64 = 4 << 20;
const MESSAGES: i64 = 1_000;

/// A letter, and who should get it by the agreement with the partner.
#[derive(Debug)]
pub struct Told {
    pub letter: Letter,
    pub contacts: Vec<String>,
}

/// The letter about a document; nothing if the tenant has no such one.
pub async fn of(hub: &Hub, tenant: Tenant, id: DocumentId) -> Result<Option<Told>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let Some(row) = documents::get(&mut tx, tenant, id).await? else { return Ok(None) };
    let messages = messages::of_document(&mut tx, tenant, id, -1, MESSAGES).await?;
    let counts = messages::states(&mut tx, tenant, id).await?;
    let interchanges = interchanges::of_document(&mut tx, tenant, id).await?;
    let len = u64::try_from(row.size).unwrap_or(0).min(LOOKED_INTO);
    let bytes = if len == 0 { vec![] } else { blobs::range(&mut tx, tenant, &row.sha256, 0, len).await? };
    tx.rollback().await?;
    let mut found = faults(row.cause.as_ref());
    found.extend(messages.iter().filter(|m| m.state != "replaced").flat_map(|m| faults(m.faults.as_ref())));
    found.extend(interchanges.iter().flat_map(|i| faults(i.cause.as_ref())));
    found.sort_by_key(|fault| (fault.place.byte, fault.code.clone()));
    found.dedup();
    // What another set of the interchange costs says nothing of its own, where that one says what is wrong.
    let follows = |fault: &Fault| &*fault.code == as_one::REFUSED;
    if found.iter().any(|fault| fault.costs >= Costs::Set && !follows(fault)) {
        found.retain(|fault| !follows(fault));
    }
    let count = |refused: bool| {
        let of = counts.iter().filter(|(state, _)| {
            // Of what is held or tried again nothing is decided yet.
            !matches!(state.as_str(), "replaced" | "cancelled" | "held" | "waiting" | "retrying")
                && matches!(state.as_str(), "rejected" | "dead") == refused
        });
        of.map(|(_, n)| usize::try_from(*n).unwrap_or(0)).sum()
    };
    let waiting = counts.iter().filter(|(state, _)| matches!(state.as_str(), "held" | "waiting" | "retrying"));
    let waiting = waiting.map(|(_, n)| usize::try_from(*n).unwrap_or(0)).sum();
    let because = held_for(&messages);
    let matter = Matter {
        name: &row.name,
        bytes: &bytes,
        faults: &found,
        accepted: count(false),
        refused: count(true),
        waiting,
        because: &because,
        cause: row.cause.iter().chain(interchanges.iter().filter_map(|i| i.cause.as_ref())).find_map(in_words),
    };
    let mut letter = letter::letter(&matter);
    for point in letter.points.iter_mut().filter(|point| point.title.is_empty()) {
        // The codec knows its own codes alone.
        point.title = codes::CODES.iter().find(|row| row.code == &*point.code).map_or("", |row| row.title);
    }
    Ok(Some(Told { letter, contacts: contacts(hub, &row) }))
}

/// Causes that their sender is to know of, by what their codes begin with: all others are the hub's own matter, and a cause
/// that was made of faults is told by these.
const TOLD: [&str; 5] = ["envelope/", "duplicate/", "sandbox/", "unassigned/receiver", "empty"];

/// A cause that is a sentence, as a letter takes it.
fn in_words(cause: &Value) -> Option<Cause<'_>> {
    let (code, sentence) = (cause["code"].as_str()?, cause["sentence"].as_str()?);
    if !TOLD.iter().any(|known| code.starts_with(*known)) {
        return None;
    }
    Some(Cause { sentence, remedy: cause["remedy"].as_str().unwrap_or_default() })
}

/// Reasons that a letter gives for what is held.
const REASONS: usize = 3;

/// Why messages are held, each reason once.
fn held_for(messages: &[MessageRow]) -> Vec<String> {
    let mut because: Vec<String> = Vec::new();
    for row in messages.iter().filter(|row| row.state == "held") {
        let cause = row.cause.as_ref();
        let said = cause.and_then(|cause| cause["sentence"].as_str()).map(|said| said.trim_end_matches('.').to_owned());
        because.extend(said.filter(|said| !because.contains(said)));
        if because.len() == REASONS {
            break;
        }
    }
    because
}

fn contacts(hub: &Hub, row: &DocumentRow) -> Vec<String> {
    let partner = row.partner.and_then(|id| hub.directory.partners.get(&id));
    partner.map(|partner| partner.agreement.contacts.clone()).unwrap_or_default()
}

/// Faults as they are kept: an array, or the `faults` of a cause. What can't be read any more is left out.
pub fn faults(value: Option<&Value>) -> Vec<Fault> {
    let list = value.and_then(|v| v.as_array().or_else(|| v.get("faults").and_then(Value::as_array)));
    list.into_iter().flatten().filter_map(|f| serde_json::from_value(f.clone()).ok()).collect()
}

/// The first of the faults that cost the most.
pub fn worst(faults: &[Fault]) -> Option<&Fault> {
    faults.iter().rev().max_by_key(|fault| fault.costs)
}

/// Why a message is as it is: its cause, else the first of its faults that cost the most.
pub fn why<'a>(cause: Option<&'a Value>, faults: Option<&'a Value>) -> Option<&'a Value> {
    let costs = |fault: &Value| Costs::deserialize(fault.get("costs")?).ok();
    cause.or_else(|| faults?.as_array()?.iter().rev().max_by_key(|fault| costs(fault)))
}

#[cfg(test)]
mod tests {
    use super::why;
    use serde_json::json;

    #[test]
    fn the_reason_is_what_costs_the_most_and_of_those_the_first() {
        let faults = json!([{"code": "E0209", "costs": "nothing"}, {"code": "E0302", "costs": "set"}, {"code": "E0314", "costs": "set"}]);
        assert_eq!(why(None, Some(&faults)).unwrap()["code"], "E0302");
        let cause = json!({"code": "order/known"});
        assert_eq!(why(Some(&cause), Some(&faults)).unwrap(), &cause);
        assert_eq!(why(None, None), None);
        assert_eq!(why(None, Some(&json!([{"code": "odd"}]))).unwrap()["code"], "odd");
    }
}
