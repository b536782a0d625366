//! What operators do: restart, cancel, replay, add a reference. Each with who and why, each a journal row.

use crate::{
    canonical::{ClaimCheck, DeliveryId, DocumentId, MessageId, Stage, Tenant},
    flow::{Hub, letter, translate},
    mapping::near,
    store::{
        StoreError, Tx,
        deliveries::{self, Letter},
        documents,
        entities::{self, CrossReference},
        journal::{self, Step},
        keys,
        messages::{self, MessageRow},
        now, outbox,
    },
};
use serde_json::json;
use uuid::Uuid;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("it is `{state}`; only {allowed} can be {done}")]
    State { state: String, allowed: &'static str, done: &'static str },
    #[error("its set can't be read any more: {0}")]
    Unreadable(String),
    #[error("{0}")]
    Scheme(String),
    /// There is no such reference; the sentence tells the nearest.
    #[error("{0}")]
    NoReference(String),
    /// It can't be done with this thing; the sentence tells why and what to do.
    #[error("{0}")]
    Refused(String),
    /// No partner has this name; the sentence tells the nearest.
    #[error("{0}")]
    Partner(String),
    #[error("{0}")]
    Delivery(crate::flow::deliver::Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::flow::deliver::Refused> for OperateError {
    fn from(refused: crate::flow::deliver::Refused) -> Self {
        match refused {
            crate::flow::deliver::Refused::Store(error) => OperateError::Store(error),
            other => OperateError::Delivery(other),
        }
    }
}

/// What a dead letter's replay gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    Document(DocumentId),
    /// The message that stands in the old one's place.
    Message(MessageId),
    Delivery(DeliveryId),
}

/// Maps a rejected, held or dead message again with what now stands: the old one becomes `replaced`, a new one takes its key
/// and place, in one transaction.
pub async fn restart(
    hub: &Hub,
    tenant: Tenant,
    id: MessageId,
    who: &str,
    why: &str,
) -> Result<MessageId, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let row = messages::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("message"))?;
    let document = documents::get(&mut tx, tenant, row.document).await?.ok_or(OperateError::NotFound("document"))?;
    tx.rollback().await?;
    allowed(&row.state, &["rejected", "held", "dead"], "a rejected, held or dead message", "restarted")?;
    let again = translate::again::read(hub, &document, tenant, (row.set_no as u32, row.split as u32))
        .await
        .map_err(|e| match e {
            StoreError::Row(text) => OperateError::Unreadable(text),
            gone @ StoreError::Gone(_) => OperateError::Unreadable(gone.to_string()),
            other => OperateError::Store(other),
        })?
        .ok_or_else(|| OperateError::Unreadable("the document, as it is mapped now, has no such message".into()))?;
    let now = now();
    let new = MessageId::of(row.document, row.run as u32 + 1, row.set_no as u32, row.split as u32);
    let mut fresh = messages::NewMessage {
        tenant,
        released: 1,
        split: row.split,
        came_in: again.came_in.clone(),
        ..translate::new_message(hub, row.document, new, row.run + 1, &again.set, again.partner, again.meaning, now)
    };
    let mut tx = hub.store.begin(tenant).await?;
    let old_key = key(&row);
    let keys: Vec<keys::Key> =
        old_key.iter().cloned().chain(fresh.key()).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    keys::lock(&mut tx, tenant, &keys).await?;
    fresh.place = place(&mut tx, tenant, &row, old_key.as_ref(), fresh.key().as_ref()).await?;
    let cause = json!({
        "code": "restarted", "who": who, "why": why, "by": new, "was": row.state, "ended": letter::why(row.cause.as_ref(), row.faults.as_ref())
    });
    messages::step_aside(&mut tx, tenant, id, "replaced", Some(new), &cause, now).await?;
    deliveries::close_letters(&mut tx, tenant, id.0, "replayed", now).await?;
    messages::insert(&mut tx, std::slice::from_ref(&fresh)).await?;
    translate::advise_restarted(hub, &mut tx, &fresh, now).await?;
    let claim = || outbox::Row::at_once(ClaimCheck::new(tenant, Stage::Apply, vec![new.0]), now);
    let mut claims: Vec<outbox::Row> = (fresh.state == "pending").then(claim).into_iter().collect();
    // Where the new one has another key, or ended at once, nobody stands in the old place any more.
    if fresh.key() != old_key || fresh.state == "rejected" {
        claims.extend(free(hub, &mut tx, tenant, &keys).await?);
    }
    let mut written = json!({"code": "restart", "who": who, "why": why, "of": id});
    if row.state == "rejected" && old_key.is_some() {
        written["note"] = "the old one had let its successors go: this one is applied after them".into();
    }
    journal::write(
        &mut tx,
        &[
            Step::new(tenant, now.0, "operate", "replaced", &hub.worker)
                .document(row.document.0)
                .message(id.0)
                .cause(cause),
            Step::new(tenant, now.0, "operate", fresh.state, &hub.worker)
                .document(row.document.0)
                .message(new.0)
                .cause(written),
        ],
    )
    .await?;
    outbox::push(&mut tx, &claims).await?;
    tx.commit().await?;
    Ok(new)
}

/// The old message's place, or a new one where its key was not known before.
async fn place(
    tx: &mut Tx,
    tenant: Tenant,
    old: &MessageRow,
    old_key: Option<&keys::Key>,
    new_key: Option<&keys::Key>,
) -> Result<Option<i64>, StoreError> {
    match (old_key, new_key) {
        (_, None) => Ok(None),
        (Some(old_key), Some(new_key)) if old_key == new_key && old.place.is_some() => Ok(old.place),
        (_, Some(new_key)) => Ok(keys::take_places(tx, tenant, &[(new_key, 1)]).await?.first().copied()),
    }
}

fn key(row: &MessageRow) -> Option<keys::Key> {
    Some(keys::Key { partner: row.partner?, kind: row.kind.clone()?, number: row.number.clone()? })
}

async fn free(hub: &Hub, tx: &mut Tx, tenant: Tenant, keys: &[keys::Key]) -> Result<Vec<outbox::Row>, StoreError> {
    let now = now();
    let freed: Vec<Uuid> =
        messages::release(tx, tenant, keys, hub.deadline(now)).await?.into_iter().map(|m| m.0).collect();
    let step = |id: &Uuid| {
        Step::new(tenant, now.0, "operate", "pending", &hub.worker).message(*id).cause(json!({"code": "released"}))
    };
    journal::write(tx, &freed.iter().map(step).collect::<Vec<_>>()).await?;
    Ok(outbox::claims(tenant, Stage::Apply, &freed, now))
}

fn allowed(state: &str, states: &[&str], what: &'static str, done: &'static str) -> Result<(), OperateError> {
    if states.contains(&state) { Ok(()) } else { Err(OperateError::State { state: state.into(), allowed: what, done }) }
}

/// Takes a rejected, held or dead message out of the way for good; what waited behind it goes on.
pub async fn cancel_message(
    hub: &Hub,
    tenant: Tenant,
    id: MessageId,
    who: &str,
    why: &str,
) -> Result<(), OperateError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let row = messages::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("message"))?;
    allowed(&row.state, &["rejected", "held", "dead"], "a rejected, held or dead message", "cancelled")?;
    let keys: Vec<keys::Key> = key(&row).into_iter().collect();
    keys::lock(&mut tx, tenant, &keys).await?;
    let cause = json!({"code": "cancelled", "who": who, "why": why, "was": row.state, "ended": letter::why(row.cause.as_ref(), row.faults.as_ref())});
    messages::step_aside(&mut tx, tenant, id, "cancelled", None, &cause, now).await?;
    deliveries::close_letters(&mut tx, tenant, id.0, "cancelled", now).await?;
    let claims = free(hub, &mut tx, tenant, &keys).await?;
    journal::write(
        &mut tx,
        &[Step::new(tenant, now.0, "operate", "cancelled", &hub.worker)
            .document(row.document.0)
            .message(id.0)
            .cause(cause)],
    )
    .await?;
    outbox::push(&mut tx, &claims).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts a dead, rejected or unassigned document back to the start of its way. Messages that it gave already stay as they are.
pub async fn replay_document(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    who: &str,
    why: &str,
) -> Result<(), OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    allowed(&row.state, &["dead", "rejected", "unassigned"], "a dead, rejected or unassigned document", "replayed")?;
    let cause = json!({"code": "replay", "who": who, "why": why, "was": row.state, "ended": row.cause});
    begin_anew(hub, tx, tenant, &row, cause).await
}

/// Says whose an unassigned document is, and has it read as theirs. Holds for this document alone, also when it is read
/// again: what comes next by the same identity is for the partner's `identities` to say.
pub async fn give_document(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    partner: &str,
    who: &str,
    why: &str,
) -> Result<(), OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    let known = || hub.directory.partners.values().filter(|info| info.tenant == tenant);
    let Some(info) = known().find(|info| info.name == partner) else {
        let near = near::hint(partner, known().map(|info| &*info.name));
        return Err(OperateError::Partner(format!("there is no partner `{partner}`{near}")));
    };
    allowed(&row.state, &["unassigned"], "an unassigned document", "given to a partner")?;
    let said = |key: &str| row.cause.as_ref().and_then(|cause| cause[key].as_str()).unwrap_or_default();
    if !translate::can_be_given(said("code")) {
        return Err(OperateError::Refused(format!(
            "its sender is not what leaves it unassigned: {}; {}",
            said("sentence"),
            said("remedy")
        )));
    }
    documents::give(&mut tx, tenant, id, info.id).await?;
    let cause = json!({"code": "given", "to": info.name, "who": who, "why": why, "was": row.state, "ended": row.cause});
    begin_anew(hub, tx, tenant, &row, cause).await
}

async fn begin_anew(
    hub: &Hub,
    mut tx: Tx,
    tenant: Tenant,
    row: &documents::DocumentRow,
    cause: serde_json::Value,
) -> Result<(), OperateError> {
    let (now, id) = (now(), row.id);
    if let Some(at) = documents::raw_removed_at(&mut tx, tenant, id).await? {
        return Err(OperateError::Unreadable(format!(
            "its raw bytes were removed at {at}, as the agreement's `retention_days` says"
        )));
    }
    if documents::reopen(&mut tx, tenant, id, hub.deadline(now)).await? != 1 {
        return Err(OperateError::State {
            state: "changed meanwhile".into(),
            allowed: "a dead, rejected or unassigned document",
            done: "replayed",
        });
    }
    deliveries::close_letters(&mut tx, tenant, id.0, "replayed", now).await?;
    journal::write(
        &mut tx,
        &[Step::new(tenant, now.0, "operate", "received", &hub.worker).document(id.0).cause(cause)],
    )
    .await?;
    outbox::push(
        &mut tx,
        &[outbox::Row::at_once(ClaimCheck::new(tenant, Stage::Translate, vec![row.connection.0]), now)],
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Replays what a dead letter is about.
pub async fn replay_letter(
    hub: &Hub,
    tenant: Tenant,
    id: Uuid,
    who: &str,
    why: &str,
) -> Result<Replayed, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let letter: Letter = deliveries::letter(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("dead letter"))?;
    tx.rollback().await?;
    if letter.ended_at.is_some() {
        return Err(OperateError::State {
            state: letter.ended_how.unwrap_or_default(),
            allowed: "an open dead letter",
            done: "replayed",
        });
    }
    match letter.thing.as_str() {
        "document" => {
            let id = DocumentId(letter.thing_id);
            replay_document(hub, tenant, id, who, why).await?;
            Ok(Replayed::Document(id))
        }
        "message" => Ok(Replayed::Message(restart(hub, tenant, MessageId(letter.thing_id), who, why).await?)),
        _ => {
            let id = DeliveryId(letter.thing_id);
            crate::flow::deliver::replay(hub, tenant, id, who, why).await?;
            Ok(Replayed::Delivery(id))
        }
    }
}

/// Takes a cross-reference away: values that come from now on are held again, what was read by it stays. Gives its target.
///
/// Errors: there is none, and the nearest that there is of the scheme is told.
pub async fn remove_reference(
    hub: &Hub,
    tenant: Tenant,
    scheme: &str,
    value: &str,
    who: &str,
    why: &str,
) -> Result<String, OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let Some(target) = entities::remove_cross_reference(&mut tx, tenant, scheme, value).await? else {
        let known = entities::all_cross_references(&mut tx, tenant, Some(scheme), ("", ""), 1_000).await?;
        tx.rollback().await?;
        let near = near::hint(value, known.iter().map(|row| row.value.as_str()));
        return Err(OperateError::NoReference(format!("there is no reference {scheme} {value}{near}")));
    };
    let cause = json!({"code": "reference/removed", "scheme": scheme, "value": value, "target": target, "who": who, "why": why});
    let step = Step::new(tenant, now().0, "reference", "removed", &hub.worker).cause(cause);
    journal::write(&mut tx, &[step]).await?;
    tx.commit().await?;
    Ok(target)
}

/// Adds a cross-reference and restarts what was held for it. Gives the messages that stand now.
pub async fn add_reference(
    hub: &Hub,
    tenant: Tenant,
    scheme: &str,
    value: &str,
    target: &str,
    who: &str,
) -> Result<Vec<MessageId>, OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let library = hub.library.standing(&mut tx, tenant).await?;
    if let Some(why) = library.is_no_table(scheme).or_else(|| library.refuses(scheme, target)) {
        return Err(OperateError::Scheme(why));
    }
    let row = CrossReference { scheme: scheme.into(), value: value.into(), target: target.into() };
    entities::upsert_cross_references(&mut tx, tenant, std::slice::from_ref(&row)).await?;
    let held = messages::held_for(&mut tx, tenant, scheme, value).await?;
    tx.commit().await?;
    let why = format!("the reference {scheme} {value} → {target} was added");
    let mut restarted = Vec::with_capacity(held.len());
    for message in held {
        match restart(hub, tenant, message.id, who, &why).await {
            Ok(id) => restarted.push(id),
            // Somebody else restarted or cancelled it in the same moment.
            Err(OperateError::State { .. }) => {}
            Err(OperateError::Store(error)) if crate::flow::failure::is_conflict(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(restarted)
}
