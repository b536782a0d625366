//! Deliveries: one event to one endpoint, or one outbound document to one partner; and dead letters of every kind.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DeliveryId, DocumentId, EventId, MessageId, Micros, Tenant};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A delivery to be written.
#[derive(Debug, Clone, Serialize)]
pub struct NewDelivery {
    pub tenant: Tenant,
    pub id: DeliveryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Uuid>,
    /// Of outbound documents: whose control numbers they bear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<crate::canonical::PartnerId>,
    /// `webhook`, `document`, `acknowledgement` or `letter`.
    pub kind: &'static str,
    /// The endpoint's or the connection's name, or a letter's address.
    pub target: String,
    /// `pending`, or `dead` where the document could not be made.
    pub state: &'static str,
    /// The file's name for documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The document's bytes, as hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// ISA13 or UNB 0020 of an outbound document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    /// `waiting` where the partner is to acknowledge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<&'static str>,
    /// The delivery in whose place it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_of: Option<DeliveryId>,
    pub created_at: i64,
    pub deadline: i64,
    pub wait_us: i64,
}

/// Bytes as hex digits, for [`NewDelivery::content`].
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Writes deliveries; one that stands is left as it is.
pub async fn insert(tx: &mut Tx, rows: &[NewDelivery]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into deliveries (tenant, id, event, document, message, subscription, partner, kind, target, state, name, content, control, sequence, cause, acknowledged, again_of, created_at, deadline, wait_us)
         select r.tenant, r.id, r.event, r.document, r.message, r.subscription, r.partner, r.kind, r.target, r.state, r.name, r.content, r.control, r.sequence, r.cause, r.acknowledged, r.again_of, r.created_at, r.deadline, r.wait_us
         from {rows} where true on conflict (id) do nothing",
        "tenant uuid, id uuid, event uuid, document uuid, message uuid, subscription uuid, partner uuid, kind text, target text, state text, name text, content hex, control text, sequence bigint, cause jsonb, acknowledged text, again_of uuid, created_at bigint, deadline bigint, wait_us bigint" => rows
    )?;
    Ok(())
}

/// Takes places in the sequence of (subscription, key) pairs, distinct and sorted: gives the first of `n` each, from 1.
pub async fn take_sequences(
    tx: &mut Tx,
    tenant: Tenant,
    wanted: &[(Uuid, String, i64)],
) -> Result<Vec<i64>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        subscription: Uuid,
        key: &'a str,
        n: i64,
    }
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Ask> =
        wanted.iter().map(|(subscription, key, n)| Ask { subscription: *subscription, key, n: *n }).collect();
    let got: Vec<(Uuid, String, i64)> = fetch!(
        tx,
        "insert into sequences (tenant, subscription, key, next) select $2, r.subscription, r.key, r.n + 1 from {rows} where true order by r.subscription, r.key
         on conflict (tenant, subscription, key) do update set next = sequences.next + excluded.next - 1 returning subscription, key, next",
        "subscription uuid, key text, n bigint" => &ask;
        tenant
    )?;
    let by_key: std::collections::HashMap<(Uuid, &str), i64> =
        got.iter().map(|(s, k, next)| ((*s, k.as_str()), *next)).collect();
    wanted
        .iter()
        .map(|(s, k, n)| {
            by_key
                .get(&(*s, k.as_str()))
                .map(|next| next - n)
                .ok_or_else(|| StoreError::Row("no sequence came back".into()))
        })
        .collect()
}

/// A delivery as deliver loads it and pages show it.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub event: Option<EventId>,
    pub document: Option<DocumentId>,
    pub message: Option<MessageId>,
    pub subscription: Option<Uuid>,
    pub partner: Option<crate::canonical::PartnerId>,
    pub kind: String,
    pub target: String,
    pub state: String,
    pub name: Option<String>,
    #[serde(skip)]
    pub content: Option<Vec<u8>>,
    pub control: Option<String>,
    pub sequence: Option<i64>,
    #[sqlx(json(nullable))]
    pub cause: Option<Value>,
    pub tries: i64,
    pub replays: i64,
    pub due: Option<i64>,
    pub first_failed_at: Option<i64>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    /// How the receiver of a document took it, as far as it has said so, or is to say so: `waiting`, `overdue`,
    /// `received`, `accepted`, `accepted_with_errors`, `partly_accepted`, `rejected`.
    pub acknowledged: Option<String>,
    /// The delivery whose interchange carries this one.
    pub carried_by: Option<DeliveryId>,
    /// The delivery in whose place it goes.
    pub again_of: Option<DeliveryId>,
    /// What it said: `acknowledgement/1`.
    #[sqlx(json(nullable))]
    pub answer: Option<Value>,
}

macro_rules! row_query {
    ($tail:literal) => {
        concat!(
            "select d.id, d.event, d.document, d.message, d.subscription, d.partner, d.kind, d.target, d.state, d.name, d.content, d.control, d.sequence, d.cause, d.tries, d.replays, d.due, d.first_failed_at, d.created_at, d.ended_at, d.acknowledged, d.carried_by, d.again_of, d.answer from deliveries d ",
            $tail
        )
    };
}

#[derive(Serialize)]
struct Id {
    id: Uuid,
}

/// Deliveries by id, in no order.
pub async fn load(tx: &mut Tx, tenant: Tenant, ids: &[DeliveryId]) -> Result<Vec<DeliveryRow>, StoreError> {
    let ask: Vec<Id> = ids.iter().map(|id| Id { id: id.0 }).collect();
    Ok(fetch!(tx, row_query!("join {rows} on d.id = r.id where d.tenant = $2"), "id uuid" => &ask; tenant)?)
}

/// One delivery.
pub async fn get(tx: &mut Tx, tenant: Tenant, id: DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
    Ok(load(tx, tenant, &[id]).await?.pop())
}

/// The documents that went out for answers, or were to go, newest first, behind (created_at, id).
pub async fn of_answers(
    tx: &mut Tx,
    tenant: Tenant,
    subscriptions: &[Uuid],
    (at, id): (Micros, DeliveryId),
    limit: i64,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let ask: Vec<Id> = subscriptions.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        row_query!("join {rows} on d.subscription = r.id where d.tenant = $2 and d.kind = 'document' and d.event is not null
            and (d.created_at < $3 or (d.created_at = $3 and d.id < $4)) order by d.created_at desc, d.id desc limit $5"),
        "id uuid" => &ask;
        tenant, at, id, limit
    )?)
}

/// The deliveries of an event, and a document's acknowledgements and letters.
pub async fn of(
    tx: &mut Tx,
    tenant: Tenant,
    event: Option<EventId>,
    document: Option<DocumentId>,
) -> Result<Vec<DeliveryRow>, StoreError> {
    Ok(fetch!(
        tx,
        row_query!("where d.tenant = $1 and ((d.event = $2) or (d.document = $3 and d.kind = 'acknowledgement')
            or (d.kind = 'letter' and d.id in (select s.delivery from document_steps s where s.tenant = $1 and s.document = $3 and s.delivery is not null))) order by d.created_at, d.id limit 200");
        tenant, event, document
    )?)
}

/// A change of a delivery's state.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub id: DeliveryId,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub tries: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    pub deadline: i64,
}

impl Change {
    /// An end, with its cause and nothing else.
    pub fn to(id: DeliveryId, state: &'static str, cause: Value, now: Micros) -> Self {
        Change {
            id,
            state,
            cause: Some(cause),
            fingerprint: None,
            tries: 0,
            due: None,
            first_failed_at: None,
            ended_at: Some(now.0),
            deadline: now.0,
        }
    }
}

/// Changes states, only of deliveries that are `pending` or `retrying`; gives those that changed. The others were
/// ended by somebody else: nothing may be said of them.
pub async fn change(tx: &mut Tx, tenant: Tenant, changes: &[Change]) -> Result<Vec<DeliveryId>, StoreError> {
    if changes.is_empty() {
        return Ok(vec![]);
    }
    let changed: Vec<(DeliveryId,)> = fetch!(
        tx,
        "update deliveries set state = r.state, cause = r.cause, fingerprint = r.fingerprint, tries = r.tries, due = r.due, first_failed_at = r.first_failed_at, ended_at = r.ended_at, deadline = r.deadline
         from {rows} where deliveries.id = r.id and deliveries.tenant = $2 and deliveries.state in ('pending', 'retrying') returning deliveries.id",
        "id uuid, state text, cause jsonb, fingerprint text, tries bigint, due bigint, first_failed_at bigint, ended_at bigint, deadline bigint" => changes;
        tenant
    )?;
    Ok(changed.into_iter().map(|(id,)| id).collect())
}

/// Ends a delivery that is not delivered yet by somebody's will. Gives false if it was in another state.
pub async fn cancel(
    tx: &mut Tx,
    tenant: Tenant,
    id: DeliveryId,
    cause: &Value,
    now: Micros,
) -> Result<bool, StoreError> {
    #[derive(Serialize)]
    struct Cancelled<'a> {
        id: DeliveryId,
        cause: &'a Value,
    }
    let changed = exec!(
        tx,
        "update deliveries set state = 'cancelled', cause = r.cause, due = null, ended_at = $3 from {rows}
         where deliveries.id = r.id and deliveries.tenant = $2 and deliveries.state in ('pending', 'retrying', 'dead')",
        "id uuid, cause jsonb" => [Cancelled { id, cause }];
        tenant, now
    )?;
    Ok(changed == 1)
}

/// Gives a dead delivery the document that could not be rendered at first.
pub async fn fill(
    tx: &mut Tx,
    tenant: Tenant,
    id: DeliveryId,
    name: &str,
    content: &[u8],
    control: Option<&str>,
) -> Result<(), StoreError> {
    let filled = exec!(
        tx,
        "update deliveries set name = $3, content = $4, control = $5 where tenant = $1 and id = $2 and content is null";
        tenant, id, name, content, control
    )?;
    if filled == 1 { Ok(()) } else { Err(StoreError::Lost("a dead delivery without a document")) }
}

/// Says of a delivery that its partner is to acknowledge it, anew, or that nobody waits for that.
pub async fn await_acknowledgement(
    tx: &mut Tx,
    tenant: Tenant,
    id: DeliveryId,
    awaited: bool,
) -> Result<(), StoreError> {
    let acknowledged = awaited.then_some("waiting");
    exec!(
        tx,
        "update deliveries set acknowledged = $3, answer = null where tenant = $1 and id = $2";
        tenant, id, acknowledged
    )?;
    Ok(())
}

/// Sends a dead or delivered one again, with the same event id: back to `pending`. Gives false if it was in another state.
pub async fn replay(tx: &mut Tx, tenant: Tenant, id: DeliveryId, deadline: Micros) -> Result<bool, StoreError> {
    let changed = exec!(
        tx,
        "update deliveries set state = 'pending', cause = null, tries = 0, replays = replays + 1, due = null, first_failed_at = null, ended_at = null, deadline = $3
         where tenant = $1 and id = $2 and state in ('dead', 'delivered', 'cancelled')";
        tenant, id, deadline
    )?;
    Ok(changed == 1)
}

/// Another goes in its place: one that was dead is given up; what else it ended as stands, and nobody waits for its
/// acknowledgement. Gives false if it is under way, or was sent again since it was read.
pub async fn give_way(tx: &mut Tx, tenant: Tenant, row: &DeliveryRow, cause: &Value) -> Result<bool, StoreError> {
    #[derive(Serialize)]
    struct Way<'a> {
        id: DeliveryId,
        cause: &'a Value,
    }
    let changed = exec!(
        tx,
        "update deliveries set replays = deliveries.replays + 1, state = case when deliveries.state = 'dead' then 'cancelled' else deliveries.state end,
            cause = case when deliveries.state = 'dead' then r.cause else deliveries.cause end,
            acknowledged = case when deliveries.acknowledged in ('waiting', 'overdue') then null else deliveries.acknowledged end from {rows}
         where deliveries.id = r.id and deliveries.tenant = $2 and deliveries.replays = $3 and deliveries.state in ('dead', 'delivered', 'cancelled')",
        "id uuid, cause jsonb" => [Way { id: row.id, cause }];
        tenant, row.replays
    )?;
    Ok(changed == 1)
}

/// What went out in a delivery's place, the newest; `but` is not looked for.
pub async fn replaced_by(
    tx: &mut Tx,
    tenant: Tenant,
    id: DeliveryId,
    but: Option<DeliveryId>,
) -> Result<Option<DeliveryId>, StoreError> {
    let rows: Vec<(DeliveryId,)> = fetch!(
        tx,
        "select id from deliveries where tenant = $1 and again_of = $2 order by created_at desc, id desc limit 2";
        tenant, id
    )?;
    Ok(rows.into_iter().map(|(id,)| id).find(|id| Some(*id) != but))
}

/// A dead letter to be written.
#[derive(Debug, Clone, Serialize)]
pub struct NewLetter {
    pub tenant: Tenant,
    pub id: Uuid,
    /// `document`, `message` or `delivery`.
    pub thing: &'static str,
    pub thing_id: Uuid,
    pub stage: &'static str,
    pub code: String,
    pub fingerprint: String,
    pub reason: Value,
    /// Each try: when, what happened.
    pub history: Value,
    pub tries: i64,
    pub died_at: i64,
}

/// Writes dead letters.
pub async fn bury(tx: &mut Tx, rows: &[NewLetter]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into dead_letters (tenant, id, thing, thing_id, stage, code, fingerprint, reason, history, tries, died_at)
         select r.tenant, r.id, r.thing, r.thing_id, r.stage, r.code, r.fingerprint, r.reason, r.history, r.tries, r.died_at from {rows} where true",
        "tenant uuid, id uuid, thing text, thing_id uuid, stage text, code text, fingerprint text, reason jsonb, history jsonb, tries bigint, died_at bigint" => rows
    )?;
    Ok(())
}

/// A dead letter as it is read back.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct Letter {
    pub id: Uuid,
    pub thing: String,
    pub thing_id: Uuid,
    pub stage: String,
    pub code: String,
    pub fingerprint: String,
    #[sqlx(json)]
    pub reason: Value,
    #[sqlx(json)]
    pub history: Value,
    pub tries: i64,
    pub died_at: Micros,
    pub ended_at: Option<Micros>,
    pub ended_how: Option<String>,
}

/// Open dead letters, newest first, a page at a time: those that died before an instant.
pub async fn letters(tx: &mut Tx, tenant: Tenant, before: Micros, limit: i64) -> Result<Vec<Letter>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, thing, thing_id, stage, code, fingerprint, reason, history, tries, died_at, ended_at, ended_how from dead_letters
         where tenant = $1 and ended_at is null and died_at < $2 order by died_at desc, id limit $3";
        tenant, before, limit
    )?)
}

/// One dead letter.
pub async fn letter(tx: &mut Tx, tenant: Tenant, id: Uuid) -> Result<Option<Letter>, StoreError> {
    let mut rows: Vec<Letter> = fetch!(
        tx,
        "select id, thing, thing_id, stage, code, fingerprint, reason, history, tries, died_at, ended_at, ended_how from dead_letters where tenant = $1 and id = $2";
        tenant, id
    )?;
    Ok(rows.pop())
}

/// Closes the open dead letters of a thing: `replayed`, `cancelled`.
pub async fn close_letters(
    tx: &mut Tx,
    tenant: Tenant,
    thing_id: Uuid,
    how: &str,
    now: Micros,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update dead_letters set ended_at = $3, ended_how = $4 where tenant = $1 and thing_id = $2 and ended_at is null";
        tenant, thing_id, now, how
    )?;
    Ok(())
}

/// The deliveries of several events, oldest first; at most 1,000.
pub async fn of_events(tx: &mut Tx, tenant: Tenant, events: &[EventId]) -> Result<Vec<DeliveryRow>, StoreError> {
    if events.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = events.iter().map(|id| Id { id: id.0 }).collect();
    Ok(fetch!(
        tx,
        row_query!("join {rows} on d.event = r.id where d.tenant = $2 order by d.created_at, d.id limit 1000"),
        "id uuid" => &ask;
        tenant
    )?)
}

/// The acknowledgements of several documents, oldest first; at most 1,000.
pub async fn acknowledgements(
    tx: &mut Tx,
    tenant: Tenant,
    documents: &[DocumentId],
) -> Result<Vec<DeliveryRow>, StoreError> {
    if documents.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = documents.iter().map(|id| Id { id: id.0 }).collect();
    Ok(fetch!(
        tx,
        row_query!("join {rows} on d.document = r.id where d.tenant = $2 and d.kind in ('acknowledgement', 'letter') order by d.created_at, d.id limit 1000"),
        "id uuid" => &ask;
        tenant
    )?)
}

/// Open dead letters, or those that somebody closed, newest first, a page at a time: those behind (died_at, id) of the page
/// before; of one fingerprint, if one is given.
pub async fn letters_page(
    tx: &mut Tx,
    tenant: Tenant,
    before: (Micros, Uuid),
    fingerprint: Option<&str>,
    closed: bool,
    limit: i64,
) -> Result<Vec<Letter>, StoreError> {
    if closed {
        return Ok(fetch!(
            tx,
            "select id, thing, thing_id, stage, code, fingerprint, reason, history, tries, died_at, ended_at, ended_how from dead_letters
             where tenant = $1 and ended_how = 'closed' and (died_at < $2 or (died_at = $2 and id < $3)) and ($4 is null or fingerprint = $4)
             order by died_at desc, id desc limit $5";
            tenant, before.0, before.1, fingerprint, limit
        )?);
    }
    Ok(fetch!(
        tx,
        "select id, thing, thing_id, stage, code, fingerprint, reason, history, tries, died_at, ended_at, ended_how from dead_letters
         where tenant = $1 and ended_at is null and (died_at < $2 or (died_at = $2 and id < $3)) and ($4 is null or fingerprint = $4)
         order by died_at desc, id desc limit $5";
        tenant, before.0, before.1, fingerprint, limit
    )?)
}

/// Open dead letters of all tenants; in a system transaction.
pub async fn open_letters(tx: &mut Tx) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(tx, "select count(*) from dead_letters where ended_at is null")?;
    Ok(rows.first().map_or(0, |r| r.0))
}

/// The newest deliveries to an endpoint or connection of a name; at most 500.
pub async fn to_target(tx: &mut Tx, tenant: Tenant, target: &str) -> Result<Vec<DeliveryRow>, StoreError> {
    Ok(
        fetch!(tx, row_query!("where d.tenant = $1 and d.target = $2 order by d.created_at desc, d.id limit 500"); tenant, target)?,
    )
}
