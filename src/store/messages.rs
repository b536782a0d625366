//! Messages: what the sets of a document mean, and where each stands.

use super::{
    StoreError, Tx,
    as_one::AsOne,
    entities::{CrossReference, EVERYONE},
    keys::Key,
    search_keys::{self, SearchKey},
    sql::{exec, fetch},
};
use crate::canonical::{Body, DocumentId, MessageId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// A message to be written by translate.
#[derive(Debug, Clone, Serialize)]
pub struct NewMessage {
    pub tenant: Tenant,
    pub id: MessageId,
    pub document: DocumentId,
    pub run: i64,
    pub set_no: i64,
    pub split: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interchange: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_no: Option<i64>,
    pub standard: &'static str,
    pub set_kind: String,
    pub set_version: String,
    pub set_control: String,
    pub set_byte: i64,
    pub set_len: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    /// `pending`, `held`, `rejected` or `dead`.
    pub state: &'static str,
    /// 1 once the trailer that could refuse it was read; apply gets its claim check with that.
    pub released: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Written as it is: a tree of its many small members would cost more than reading the message did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    pub deadline: i64,
    pub wait_us: i64,
    /// The envelope that it came in, where an advice may be owed for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_in: Option<Value>,
    /// Of a preserved interchange: 1, or 2 where a bad one of its messages costs all of them; see [`super::as_one`].
    pub as_one: i64,
    /// What it is found by beside its number; in a table of their own.
    #[serde(skip)]
    pub search_keys: Vec<SearchKey>,
}

impl NewMessage {
    /// The key whose order it keeps, if it has one.
    pub fn key(&self) -> Option<Key> {
        Some(Key { partner: self.partner?, kind: self.kind.clone()?, number: self.number.clone()? })
    }
}

const NEW: &str = "tenant uuid, id uuid, document uuid, run bigint, set_no bigint, split bigint, interchange bigint, group_no bigint, standard text, set_kind text, set_version text, set_control text, set_byte bigint, set_len bigint, mapping text, kind text, partner uuid, number text, place bigint, state text, released bigint, body jsonb, provenance jsonb, faults jsonb, cause jsonb, hold_scheme text, hold_value text, fingerprint text, created_at bigint, ended_at bigint, deadline bigint, wait_us bigint, came_in jsonb, as_one bigint";

/// Which of these ids have a row already: a translate that is done again skips them.
pub async fn standing(tx: &mut Tx, tenant: Tenant, ids: &[MessageId]) -> Result<Vec<MessageId>, StoreError> {
    let rows: Vec<(MessageId,)> = fetch!(
        tx,
        "select messages.id from messages join {rows} on messages.id = r.id where messages.tenant = $2",
        "id uuid" => &asked(ids);
        tenant
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Writes messages; one that stands is left as it is.
pub async fn insert(tx: &mut Tx, rows: &[NewMessage]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    search_keys::insert(tx, rows).await?;
    Ok(exec!(
        tx,
        "insert into messages (tenant, id, document, run, set_no, split, interchange, group_no, standard, set_kind, set_version, set_control, set_byte, set_len, mapping, kind, partner, number, place, state, released, body, provenance, faults, cause, hold_scheme, hold_value, fingerprint, created_at, ended_at, deadline, wait_us, came_in, as_one)
         select r.tenant, r.id, r.document, r.run, r.set_no, r.split, r.interchange, r.group_no, r.standard, r.set_kind, r.set_version, r.set_control, r.set_byte, r.set_len, r.mapping, r.kind, r.partner, r.number, r.place, r.state, r.released, r.body, r.provenance, r.faults, r.cause, r.hold_scheme, r.hold_value, r.fingerprint, r.created_at, r.ended_at, r.deadline, r.wait_us, r.came_in, r.as_one
         from {rows} where true on conflict (id) do nothing",
        NEW => rows
    )?)
}

/// Releases messages of a document's group (or interchange) to apply: gives their ids in order of their sets, but for those
/// that go with their whole interchange. Until the trailer that can still refuse them was read they are `pending` with `released = 0`.
pub async fn release_sets(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    from_set: i64,
    to_set: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let mut rows: Vec<(MessageId, i64, i64)> = fetch!(
        tx,
        "update messages set released = 1 where tenant = $1 and document = $2 and run = 0 and set_no >= $3 and set_no < $4 and state = 'pending' and released = 0
         returning id, set_no, as_one";
        tenant, document, from_set, to_set
    )?;
    rows.retain(|r| r.2 == 0);
    rows.sort_by_key(|r| r.1);
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Rejects messages of a document's sets whose group or interchange was refused by its trailer. Gives ids and keys.
pub async fn refuse_sets(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    from_set: i64,
    to_set: i64,
    faults: &Value,
    now: Micros,
) -> Result<Vec<Ended>, StoreError> {
    Ok(fetch!(
        tx,
        "update messages set state = 'rejected', faults = $5, ended_at = $6 where tenant = $1 and document = $2 and set_no >= $3 and set_no < $4
            and state in ('pending', 'held') and (run = 0 and released = 0 or as_one > 0)
         returning id, partner, kind, number";
        tenant, document, from_set, to_set, sqlx::types::Json(faults), now
    )?)
}

/// A message that its mapping refused, and whose sender is to be advised of it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Refused {
    pub id: MessageId,
    pub document: DocumentId,
    pub set_no: i64,
    pub split: i64,
    pub partner: Option<PartnerId>,
    pub number: Option<String>,
    #[sqlx(json(nullable))]
    pub faults: Option<Value>,
    #[sqlx(json(nullable))]
    pub came_in: Option<Value>,
}

/// Those of a document's sets, in their order.
pub async fn refused_by_mapping(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    from_set: i64,
    to_set: i64,
) -> Result<Vec<Refused>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, document, set_no, split, partner, number, faults, came_in from messages where tenant = $1 and document = $2 and run = 0 and set_no >= $3
            and set_no < $4 and state = 'rejected' and came_in is not null order by set_no, split";
        tenant, document, from_set, to_set
    )?)
}

/// A message that has ended, with its key.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Ended {
    pub id: MessageId,
    pub partner: Option<PartnerId>,
    pub kind: Option<String>,
    pub number: Option<String>,
}

impl Ended {
    /// Its key, if it has one.
    pub fn key(&self) -> Option<Key> {
        Some(Key { partner: self.partner?, kind: self.kind.clone()?, number: self.number.clone()? })
    }
}

/// A message as apply loads it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Loaded {
    pub id: MessageId,
    pub document: DocumentId,
    pub run: i64,
    pub set_no: i64,
    pub split: i64,
    /// How it came: `x12`, `edifact`, `xml`.
    pub standard: String,
    pub kind: Option<String>,
    pub partner: Option<PartnerId>,
    pub number: Option<String>,
    pub place: Option<i64>,
    pub state: String,
    pub released: i64,
    /// As text: what it is a message of is made of it without a tree.
    #[sqlx(json(nullable))]
    pub body: Option<Box<RawValue>>,
    pub tries: i64,
    pub due: Option<i64>,
    pub first_failed_at: Option<i64>,
    pub created_at: i64,
    /// The envelope that it came in, where an advice may be owed for it.
    #[sqlx(json(nullable))]
    pub came_in: Option<Value>,
    pub interchange: Option<i64>,
    pub as_one: i64,
}

impl Loaded {
    /// The interchange that it is applied with, if that is preserved.
    pub fn interchange_as_one(&self) -> Option<AsOne> {
        AsOne::of(self.document, self.interchange, self.as_one)
    }

    /// Its key, if it has one.
    pub fn key(&self) -> Option<Key> {
        Some(Key { partner: self.partner?, kind: self.kind.clone()?, number: self.number.clone()? })
    }
}

const LOADED: &str = "select m.id, m.document, m.run, m.set_no, m.split, m.standard, m.kind, m.partner, m.number, m.place, m.state, m.released, m.body, m.tries, m.due, m.first_failed_at, m.created_at, m.came_in, m.interchange, m.as_one from messages m join {rows} on m.id = r.id where m.tenant = $2";

/// Loads messages by their ids, in no order.
pub async fn load(tx: &mut Tx, tenant: Tenant, ids: &[MessageId]) -> Result<Vec<Loaded>, StoreError> {
    Ok(fetch!(tx, LOADED, "id uuid" => &asked(ids); tenant)?)
}

#[derive(Serialize)]
struct Id {
    id: MessageId,
}

fn asked(ids: &[MessageId]) -> Vec<Id> {
    ids.iter().map(|id| Id { id: *id }).collect()
}

/// For each of the messages, the unfinished earlier ones of its key: (message, earlier one).
/// The caller has locked the keys in an earlier statement.
pub async fn earlier(
    tx: &mut Tx,
    tenant: Tenant,
    ids: &[MessageId],
) -> Result<Vec<(MessageId, MessageId)>, StoreError> {
    Ok(fetch!(
        tx,
        "select m.id, e.id from messages m join {rows} on m.id = r.id
         join messages e on e.tenant = m.tenant and e.partner = m.partner and e.kind = m.kind and e.number = m.number and e.place < m.place
            and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead')
         where m.tenant = $2 and m.number is not null",
        "id uuid" => &asked(ids);
        tenant
    )?)
}

/// A change of a message's state.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub id: MessageId,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<Value>,
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
    /// To a state, with nothing else said.
    pub fn to(id: MessageId, state: &'static str, deadline: Micros) -> Self {
        Change {
            id,
            state,
            cause: None,
            faults: None,
            fingerprint: None,
            tries: 0,
            due: None,
            first_failed_at: None,
            ended_at: None,
            deadline: deadline.0,
        }
    }
}

/// Changes states, only of messages that are `pending` or `retrying`: this is the inbox, what makes an effect happen once.
/// `Lost` if one of them was in another state.
pub async fn change(tx: &mut Tx, tenant: Tenant, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let changed = exec!(
        tx,
        "update messages set state = r.state, cause = r.cause, faults = coalesce(r.faults, messages.faults), fingerprint = r.fingerprint, tries = r.tries,
            due = r.due, first_failed_at = r.first_failed_at, ended_at = r.ended_at, deadline = r.deadline
         from {rows} where messages.id = r.id and messages.tenant = $2 and messages.state in ('pending', 'retrying')",
        "id uuid, state text, cause jsonb, faults jsonb, fingerprint text, tries bigint, due bigint, first_failed_at bigint, ended_at bigint, deadline bigint" => changes;
        tenant
    )?;
    if changed == changes.len() as u64 { Ok(()) } else { Err(StoreError::Lost("a message's state")) }
}

/// Sets the lowest waiting message of each key to `pending`, if nothing unfinished stands before it, and gives their ids.
/// The caller has locked the keys in an earlier statement.
pub async fn release(
    tx: &mut Tx,
    tenant: Tenant,
    keys: &[Key],
    deadline: Micros,
) -> Result<Vec<MessageId>, StoreError> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(MessageId,)> = fetch!(
        tx,
        "update messages set state = 'pending', cause = null, released = 1, deadline = $3 from {rows}
         where messages.tenant = $2 and messages.partner = r.partner and messages.kind = r.kind and messages.number = r.number and messages.state = 'waiting'
            and not exists (select 1 from messages e where e.tenant = messages.tenant and e.partner = messages.partner and e.kind = messages.kind
                and e.number = messages.number and e.place < messages.place and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead'))
         returning messages.id",
        "partner uuid, kind text, number text" => keys;
        tenant, deadline
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// A message as lists, pages and operations read it.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct MessageRow {
    pub id: MessageId,
    pub document: DocumentId,
    pub run: i64,
    pub set_no: i64,
    pub split: i64,
    pub interchange: Option<i64>,
    pub group_no: Option<i64>,
    pub standard: String,
    pub set_kind: String,
    pub set_version: String,
    pub set_control: String,
    pub set_byte: i64,
    pub set_len: i64,
    pub mapping: Option<String>,
    pub kind: Option<String>,
    pub partner: Option<PartnerId>,
    pub number: Option<String>,
    pub place: Option<i64>,
    pub state: String,
    #[sqlx(json(nullable))]
    pub body: Option<Value>,
    #[sqlx(json(nullable))]
    pub provenance: Option<Value>,
    #[sqlx(json(nullable))]
    pub faults: Option<Value>,
    #[sqlx(json(nullable))]
    pub cause: Option<Value>,
    pub fingerprint: Option<String>,
    pub replaced_by: Option<MessageId>,
    pub tries: i64,
    pub due: Option<i64>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub as_one: i64,
}

impl MessageRow {
    /// The interchange that it is applied with, if that is preserved.
    pub fn interchange_as_one(&self) -> Option<AsOne> {
        AsOne::of(self.document, self.interchange, self.as_one)
    }
}

macro_rules! row_query {
    ($tail:literal) => {
        concat!(
            "select id, document, run, set_no, split, interchange, group_no, standard, set_kind, set_version, set_control, set_byte, set_len, mapping, kind, partner, number, place, state, body, provenance, faults, cause, fingerprint, replaced_by, tries, due, created_at, ended_at, as_one from messages ",
            $tail
        )
    };
}

/// One message.
pub async fn get(tx: &mut Tx, tenant: Tenant, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    let mut rows: Vec<MessageRow> = fetch!(tx, row_query!("where tenant = $1 and id = $2"); tenant, id)?;
    Ok(rows.pop())
}

/// The messages of a document, in order of set and run, a page at a time: so many, and what is left of the last one's set.
pub async fn of_document(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    after_set: i64,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    Ok(fetch!(
        tx,
        row_query!(
            "where tenant = $1 and document = $2 and set_no > $3 and set_no <= (select max(set_no) from (
                select set_no from messages where tenant = $1 and document = $2 and set_no > $3 order by set_no, run, split limit $4
            ) first) order by set_no, run, split"
        );
        tenant, document, after_set, limit
    )?)
}

/// The messages of a document that wait for a person, in the order of their sets; those last that another one of their
/// interchange has cost, since restarted before it they would be refused for it once more.
pub async fn halted_in(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let rows: Vec<(MessageId,)> = fetch!(
        tx,
        "select id from messages where tenant = $1 and document = $2 and state in ('rejected', 'held', 'dead')
         order by case when cause->>'code' = 'interchange/refused' then 1 else 0 end, set_no, split, run limit $3";
        tenant, document, limit
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The messages of a document that are held since their sender is nobody who is known, in the order of their sets, each with
/// the ordinal of its interchange.
pub async fn of_nobody(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    limit: i64,
) -> Result<Vec<(MessageId, Option<i64>)>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, interchange from messages where tenant = $1 and document = $2 and state = 'held' and partner is null and cause->>'code' = 'no_partner'
         order by set_no, split, run limit $3";
        tenant, document, limit
    )?)
}

/// The messages of a business number, oldest first; at most 200.
pub async fn of_number(tx: &mut Tx, tenant: Tenant, number: &str) -> Result<Vec<MessageRow>, StoreError> {
    Ok(
        fetch!(tx, row_query!("where tenant = $1 and number = $2 order by created_at, place, run limit 200"); tenant, number)?,
    )
}

/// The newest messages in a state.
pub async fn in_state(tx: &mut Tx, tenant: Tenant, state: &str, limit: i64) -> Result<Vec<MessageRow>, StoreError> {
    Ok(
        fetch!(tx, row_query!("where tenant = $1 and state = $2 order by created_at desc limit $3"); tenant, state, limit)?,
    )
}

/// Messages held for a cross-reference, of those for whom it holds, oldest first; at most 1,000.
pub async fn held_for(tx: &mut Tx, tenant: Tenant, row: &CrossReference) -> Result<Vec<MessageRow>, StoreError> {
    Ok(fetch!(
        tx,
        row_query!(
            "where tenant = $1 and hold_scheme = $2 and hold_value = $3 and state = 'held' and (partner = $4 or $4 = $5) order by created_at, set_no limit 1000"
        );
        tenant, &row.scheme, &row.value, row.partner, EVERYONE
    )?)
}

/// Takes a message that was rejected, held or dead out of the way: `replaced` by another, or `cancelled`.
/// `Lost` if it was in another state.
pub async fn step_aside(
    tx: &mut Tx,
    tenant: Tenant,
    id: MessageId,
    state: &'static str,
    by: Option<MessageId>,
    cause: &Value,
    now: Micros,
) -> Result<(), StoreError> {
    let changed = exec!(
        tx,
        "update messages set state = $3, replaced_by = $4, cause = $5, ended_at = $6, hold_scheme = null, hold_value = null
         where tenant = $1 and id = $2 and state in ('rejected', 'held', 'dead')";
        tenant, id, state, by, sqlx::types::Json(cause), now
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Lost("a message's state")) }
}

/// What held messages wait for: (message, scheme, value).
pub async fn holds_of(
    tx: &mut Tx,
    tenant: Tenant,
    ids: &[MessageId],
) -> Result<Vec<(MessageId, String, String)>, StoreError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select m.id, m.hold_scheme, m.hold_value from messages m join {rows} on m.id = r.id
         where m.tenant = $2 and m.state = 'held' and m.hold_scheme is not null and m.hold_value is not null",
        "id uuid" => &asked(ids);
        tenant
    )?)
}

/// How many messages of a document stand in each state.
pub async fn states(tx: &mut Tx, tenant: Tenant, document: DocumentId) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(
        fetch!(tx, "select state, count(*) from messages where tenant = $1 and document = $2 group by state order by state"; tenant, document)?,
    )
}

/// What of a document did not go through.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Halted {
    pub document: DocumentId,
    /// Messages that are refused.
    pub refused: i64,
    /// Messages that are held.
    pub held: i64,
    /// Messages that wait for others.
    pub waiting: i64,
    /// How many different causes those have that are held: codes, or values that a table lacks.
    pub causes: i64,
    /// That of the first; where none is held, of the first that waits.
    pub cause: Option<Value>,
}

/// Of documents, what is held, refused or waits; those of which nothing does are left out.
pub async fn halted_of(tx: &mut Tx, tenant: Tenant, documents: &[DocumentId]) -> Result<Vec<Halted>, StoreError> {
    #[derive(Serialize)]
    struct Ask {
        id: DocumentId,
    }
    if documents.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Ask> = documents.iter().map(|id| Ask { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select h.document, h.refused, h.held, h.waiting, h.causes, (select m.cause from messages m where m.tenant = $2 and m.document = h.document and m.state in ('held', 'waiting')
             order by case m.state when 'held' then 0 else 1 end, m.set_no, m.split limit 1) as cause
         from (select m.document, count(*) filter (where m.state = 'rejected') as refused, count(*) filter (where m.state = 'held') as held,
                count(*) filter (where m.state = 'waiting') as waiting,
                count(distinct coalesce(m.hold_scheme || ' ' || m.hold_value, m.cause->>'code')) filter (where m.state = 'held') as causes
             from messages m join {rows} on m.document = r.id where m.tenant = $2 and m.state in ('held', 'rejected', 'waiting') group by m.document) h",
        "id uuid" => &ask;
        tenant
    )?)
}

/// What held messages of a document wait for: (table, value).
pub async fn holds(tx: &mut Tx, tenant: Tenant, document: DocumentId) -> Result<Vec<(String, String)>, StoreError> {
    Ok(fetch!(
        tx,
        "select distinct hold_scheme, hold_value from messages where tenant = $1 and document = $2 and state = 'held' and hold_scheme is not null";
        tenant, document
    )?)
}

/// Messages that wait for their own sake, though nothing unfinished stands before them.
pub async fn stranded(tx: &mut Tx, tenant: Tenant, limit: i64) -> Result<Vec<Ended>, StoreError> {
    Ok(fetch!(
        tx,
        "select m.id, m.partner, m.kind, m.number from messages m where m.tenant = $1 and m.state = 'waiting' and m.as_one = 0
            and not exists (select 1 from messages e where e.tenant = m.tenant and e.partner = m.partner and e.kind = m.kind and e.number = m.number
                and e.place < m.place and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead')) limit $2";
        tenant, limit
    )?)
}
