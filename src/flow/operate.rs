//! What operators do: restart, cancel, replay, add a reference. Each with who and why, each a journal row.

pub use super::{
    duplicate::By,
    give::{To, give_document, give_of_sender},
    references::{add_reference, put_reference, remove_reference},
};
use crate::{
    canonical::{ClaimCheck, DeliveryId, DocumentId, MessageId, Stage, Tenant},
    emit::again::How,
    flow::{Hub, letter, translate},
    store::{
        StoreError, Tx, as_one, blobs, closings,
        deliveries::{self, Letter},
        documents,
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
    /// It is done for a reason, and none was given.
    #[error("a reason is wanted: it stands in the journal")]
    NoReason,
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

/// What a replay is asked; nothing of it is done unless somebody says so. What came in is always mapped again, since nothing
/// of it went out that could be sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asks {
    /// Of what goes out: written anew by what now stands, and not the same bytes sent again.
    pub map_again: bool,
    /// Of a document: its groups and interchanges are acknowledged once more, and not only those that never were.
    pub acknowledge_again: bool,
    /// Of what goes out: new control numbers, and not those that it bore.
    pub number_again: bool,
}

impl Asks {
    fn of_message(self) -> Result<(), OperateError> {
        if self.acknowledge_again {
            let why = "a message is acknowledged with its group: send that acknowledgement again (`crossdock deliveries replay`), or replay the document";
            return Err(OperateError::Refused(why.into()));
        }
        self.numbers_nothing()
    }

    fn of_document(self) -> Result<(), OperateError> {
        self.numbers_nothing()
    }

    fn numbers_nothing(self) -> Result<(), OperateError> {
        let why = "what came in bears its sender's numbers, and its answers get new ones: only what goes out can be numbered again";
        if self.number_again { Err(OperateError::Refused(why.into())) } else { Ok(()) }
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
    let again = read_again(hub, tenant, &document, &row).await?;
    let now = now();
    let new = MessageId::of(row.document, row.run as u32 + 1, row.set_no as u32, row.split as u32);
    let mut fresh = messages::NewMessage {
        tenant,
        released: 1,
        split: row.split,
        came_in: again.came_in.clone(),
        as_one: row.as_one,
        ..translate::new_message(hub, row.document, new, row.run + 1, &again.set, again.partner, again.meaning, now)
    };
    let mut tx = hub.store.begin(tenant).await?;
    lock_interchange(&mut tx, tenant, &row).await?;
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
    if fresh.state != "pending" {
        claims.extend(wake_interchange(hub, &mut tx, tenant, &row).await?);
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

/// What a message is read from, as it is read now.
async fn read_again(
    hub: &Hub,
    tenant: Tenant,
    document: &documents::DocumentRow,
    row: &MessageRow,
) -> Result<translate::again::Again, OperateError> {
    let again = translate::again::read(hub, document, tenant, (row.set_no as u32, row.split as u32)).await;
    let again = again.map_err(|error| match error {
        StoreError::Row(text) => OperateError::Unreadable(text),
        gone @ StoreError::Gone(_) => OperateError::Unreadable(gone.to_string()),
        other => OperateError::Store(other),
    })?;
    again.ok_or_else(|| OperateError::Unreadable("the document, as it is mapped now, has no such message".into()))
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

/// Locks the interchange that a message is applied with, if there is one: before any key.
async fn lock_interchange(tx: &mut Tx, tenant: Tenant, row: &MessageRow) -> Result<(), StoreError> {
    if let Some(of) = row.interchange_as_one() {
        as_one::lock(tx, tenant, of).await?;
    }
    Ok(())
}

/// Has the others of its interchange looked at again, if they wait for it or are to wait on.
async fn wake_interchange(
    hub: &Hub,
    tx: &mut Tx,
    tenant: Tenant,
    row: &MessageRow,
) -> Result<Vec<outbox::Row>, StoreError> {
    let now = now();
    let Some(of) = row.interchange_as_one() else { return Ok(vec![]) };
    let first: Vec<Uuid> = as_one::wake(tx, tenant, of, hub.deadline(now)).await?.into_iter().map(|id| id.0).collect();
    Ok(outbox::claims(tenant, Stage::Apply, &first, now))
}

pub(super) fn allowed(
    state: &str,
    states: &[&str],
    what: &'static str,
    done: &'static str,
) -> Result<(), OperateError> {
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
    end_message(hub, tenant, id, "cancelled", who, why).await
}

/// The same, by what it is called: cancelled, or closed.
pub(super) async fn end_message(
    hub: &Hub,
    tenant: Tenant,
    id: MessageId,
    how: &str,
    who: &str,
    why: &str,
) -> Result<(), OperateError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let row = messages::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("message"))?;
    allowed(&row.state, &["rejected", "held", "dead"], "a rejected, held or dead message", "cancelled")?;
    lock_interchange(&mut tx, tenant, &row).await?;
    let keys: Vec<keys::Key> = key(&row).into_iter().collect();
    keys::lock(&mut tx, tenant, &keys).await?;
    let ended = letter::why(row.cause.as_ref(), row.faults.as_ref());
    let cause = json!({"code": how, "who": who, "why": why, "was": row.state, "ended": ended});
    messages::step_aside(&mut tx, tenant, id, "cancelled", None, &cause, now).await?;
    deliveries::close_letters(&mut tx, tenant, id.0, how, now).await?;
    let mut claims = free(hub, &mut tx, tenant, &keys).await?;
    claims.extend(wake_interchange(hub, &mut tx, tenant, &row).await?);
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

/// Messages of a document that are mapped again at once: each reads the document up to its set.
const RESTARTED: i64 = 500;

/// What came of a document's replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DocumentReplayed {
    /// Messages of a document that was worked and were mapped again.
    pub restarted: usize,
    /// Those that still wait for a person: they could not be, or are more than are taken at once.
    pub left: i64,
}

/// Puts a dead, rejected or unassigned document back to the start of its way, unless the same content is worked already.
/// Of one that was worked, what is rejected, held or dead is mapped again, and what it was acknowledged with is written
/// once more where that is asked.
pub async fn replay_document(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    asks: Asks,
    who: &str,
    why: &str,
) -> Result<DocumentReplayed, OperateError> {
    asks.of_document()?;
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    allowed(&row.state, &["dead", "rejected", "unassigned", "translated"], REPLAYABLE, "replayed")?;
    let mut cause = json!({"code": "replay", "who": who, "why": why, "was": row.state, "ended": row.cause});
    if asks.acknowledge_again {
        cause["acknowledge_again"] = true.into();
    }
    if row.state == "translated" {
        tx.rollback().await?;
        return replay_worked(hub, tenant, &row, asks, cause).await;
    }
    begin_anew(hub, tx, tenant, &row, asks, cause).await?;
    Ok(DocumentReplayed::default())
}

const REPLAYABLE: &str =
    "a dead, rejected or unassigned document, or one with messages that are held, rejected or dead,";

async fn replay_worked(
    hub: &Hub,
    tenant: Tenant,
    row: &documents::DocumentRow,
    asks: Asks,
    cause: serde_json::Value,
) -> Result<DocumentReplayed, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let halted = messages::halted_in(&mut tx, tenant, row.id, RESTARTED).await?;
    tx.rollback().await?;
    if halted.is_empty() && !asks.acknowledge_again {
        return Err(OperateError::State { state: row.state.clone(), allowed: REPLAYABLE, done: "replayed" });
    }
    let said = |key: &str| cause[key].as_str().unwrap_or_default();
    let (mut restarted, mut refused) = (0, None);
    for message in &halted {
        match restart(hub, tenant, *message, said("who"), said("why")).await {
            Ok(_) => restarted += 1,
            // Somebody else restarted or cancelled it in the same moment.
            Err(OperateError::State { .. }) => {}
            Err(error @ OperateError::Unreadable(_)) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    if let (Some(refused), 0, false) = (refused, restarted, asks.acknowledge_again) {
        return Err(refused);
    }
    if asks.acknowledge_again {
        let step = Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(row.id.0).cause(cause);
        if !translate::again::acknowledge(hub, row, tenant, step).await? {
            let state = "acknowledged again meanwhile".into();
            return Err(OperateError::State { state, allowed: "a worked document", done: "acknowledged again" });
        }
    }
    let mut tx = hub.store.begin(tenant).await?;
    closings::reopen(&mut tx, tenant, row.id.0).await?;
    let counts = messages::states(&mut tx, tenant, row.id).await?;
    tx.commit().await?;
    let waits = |state: &str| ["rejected", "held", "dead"].contains(&state);
    let left = counts.iter().filter(|(state, _)| waits(state)).map(|(_, count)| count).sum();
    Ok(DocumentReplayed { restarted, left })
}

/// Puts a document back to the start of its way.
pub(super) async fn begin_anew(
    hub: &Hub,
    mut tx: Tx,
    tenant: Tenant,
    row: &documents::DocumentRow,
    asks: Asks,
    cause: serde_json::Value,
) -> Result<(), OperateError> {
    let (now, id) = (now(), row.id);
    if let Some(at) = documents::raw_removed_at(&mut tx, tenant, id).await? {
        return Err(OperateError::Unreadable(format!(
            "its raw bytes were removed at {at}, as the agreement's `retention_days` says"
        )));
    }
    not_twice(hub, &mut tx, tenant, row).await?;
    if documents::reopen(&mut tx, tenant, id, asks.acknowledge_again, hub.deadline(now)).await? != 1 {
        return Err(OperateError::State {
            state: "changed meanwhile".into(),
            allowed: "a dead, rejected or unassigned document",
            done: "replayed",
        });
    }
    deliveries::close_letters(&mut tx, tenant, id.0, "replayed", now).await?;
    closings::reopen(&mut tx, tenant, id.0).await?;
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

/// A copy of what ended so is no duplicate when it comes: where one came meanwhile and is worked, this one would be the
/// second. A control number that came again is found when it is read, as always.
async fn not_twice(hub: &Hub, tx: &mut Tx, tenant: Tenant, row: &documents::DocumentRow) -> Result<(), OperateError> {
    let Some(connection) = hub.directory.connections.get(&row.connection) else { return Ok(()) };
    let days = hub.directory.duplicates_days(connection);
    if days == 0 {
        return Ok(());
    }
    // As intake does: a copy that comes in this moment sees this one worked, or this one sees it.
    blobs::lock(tx, tenant, &[(row.sha256.clone(), row.size)], now()).await?;
    let arrival = documents::Arrival {
        n: 0,
        connection: row.connection,
        transport_id: None,
        name: row.name.clone(),
        modified_at: None,
        sha256: row.sha256.clone(),
        since: Some(now().0 - i64::from(days) * 86_400_000_000),
        partner: connection.partner,
    };
    let same = documents::same_content(tx, tenant, &[arrival]).await?;
    match same.iter().find(|(_, other)| *other != row.id) {
        None => Ok(()),
        Some((_, other)) => Err(OperateError::Refused(format!(
            "the same content came again and is worked as document {other}: replayed, it would be worked twice"
        ))),
    }
}

/// Replays what a dead letter is about.
pub async fn replay_letter(
    hub: &Hub,
    tenant: Tenant,
    id: Uuid,
    asks: Asks,
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
            replay_document(hub, tenant, id, asks, who, why).await?;
            Ok(Replayed::Document(id))
        }
        "message" => {
            asks.of_message()?;
            Ok(Replayed::Message(restart(hub, tenant, MessageId(letter.thing_id), who, why).await?))
        }
        _ => Ok(Replayed::Delivery(replay_delivery(hub, tenant, DeliveryId(letter.thing_id), asks, who, why).await?)),
    }
}

/// Sends a dead, cancelled or delivered one again: as it is, or another in its place. Gives what goes out.
pub async fn replay_delivery(
    hub: &Hub,
    tenant: Tenant,
    id: DeliveryId,
    asks: Asks,
    who: &str,
    why: &str,
) -> Result<DeliveryId, OperateError> {
    if asks.acknowledge_again {
        let why =
            "what goes out is acknowledged by who receives it: only a document that came in can be acknowledged again";
        return Err(OperateError::Refused(why.into()));
    }
    let how = How { map: asks.map_again, number: asks.number_again };
    Ok(crate::flow::deliver::send_again(hub, tenant, id, how, who, why).await?)
}
