//! Documents: one row a file or body, as it arrived.

pub use super::found::{Identity, Search, search};

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{ConnectionId, DocumentId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;

/// States of a document, as the migrations check them.
pub const STATES: [&str; 7] = ["received", "translated", "retrying", "dead", "unassigned", "rejected", "duplicate"];
/// What a document is called of which messages are held: no state of its own, it was translated; but what people look for.
pub const HELD: &str = "held";
/// The same of one of which messages are refused, or a part was passed over (its cause says which), and none held; who
/// asks for such is shown what is rejected as a whole, too.
pub const REFUSED: &str = "refused";
/// The same of one of which messages wait for others, and none is held or refused.
pub const WAITING: &str = "waiting";
/// What a list of documents can be asked for.
pub const ASKED: [&str; 10] =
    ["received", "translated", HELD, REFUSED, WAITING, "retrying", "dead", "unassigned", "rejected", "duplicate"];

/// What people call a document's state: one that was translated is called by what became of its messages, and refused if
/// a part of it was passed over, which is its cause then.
pub fn called<'a>(state: &'a str, cause: Option<&Value>, held: i64, refused: i64, waiting: i64) -> &'a str {
    match state {
        "translated" if held > 0 => HELD,
        "translated" if refused > 0 || cause.is_some() => REFUSED,
        "translated" if waiting > 0 => WAITING,
        state => state,
    }
}

/// A document to be written by intake.
#[derive(Debug, Clone, Serialize)]
pub struct NewDocument {
    pub tenant: Tenant,
    pub id: DocumentId,
    pub connection: ConnectionId,
    pub sequence: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<i64>,
    pub sha256: String,
    pub size: i64,
    pub received_at: i64,
    /// `received` or `duplicate`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// The document that it is a copy of, by somebody's will; and whose that is, where a person said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_to: Option<PartnerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_sender: Option<String>,
    pub deadline: i64,
    /// The wait after which the sweeper looks, in microseconds; doubled each time it has looked.
    pub wait_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
}

/// Adds `n` to each connection's sequence, leaving the rows locked, and gives the numbers before.
pub async fn take_sequences(
    tx: &mut Tx,
    tenant: Tenant,
    wanted: &[(ConnectionId, i64)],
) -> Result<Vec<i64>, StoreError> {
    #[derive(Serialize)]
    struct Ask {
        id: ConnectionId,
        n: i64,
    }
    let ask: Vec<Ask> = wanted.iter().map(|(id, n)| Ask { id: *id, n: *n }).collect();
    let got: Vec<(ConnectionId, i64)> = fetch!(
        tx,
        "update connections set next_sequence = next_sequence + r.n from {rows} where connections.id = r.id and connections.tenant = $2
         returning connections.id, connections.next_sequence",
        "id uuid, n bigint" => &ask;
        tenant
    )?;
    wanted
        .iter()
        .map(|(id, n)| {
            got.iter()
                .find(|(got, _)| got == id)
                .map(|(_, next)| next - n)
                .ok_or_else(|| StoreError::Row(format!("connection {id} has no row: configuration was not written")))
        })
        .collect()
}

/// Writes documents.
pub async fn insert(tx: &mut Tx, rows: &[NewDocument]) -> Result<(), StoreError> {
    exec!(
        tx,
        "insert into documents (tenant, id, connection, sequence, name, transport_id, modified_at, sha256, size, received_at, state, duplicate_of, partner, copy_of, given_to, given_sender, deadline, wait_us, ended_at)
         select r.tenant, r.id, r.connection, r.sequence, r.name, r.transport_id, r.modified_at, r.sha256, r.size, r.received_at, r.state, r.duplicate_of, r.partner, r.copy_of, r.given_to, r.given_sender, r.deadline, r.wait_us, r.ended_at
         from {rows} where true",
        "tenant uuid, id uuid, connection uuid, sequence bigint, name text, transport_id text, modified_at bigint, sha256 text, size bigint, received_at bigint, state text, duplicate_of uuid, partner uuid, copy_of uuid, given_to uuid, given_sender text, deadline bigint, wait_us bigint, ended_at bigint" => rows
    )?;
    Ok(())
}

/// What identifies an arrival: the transport's own id, or file name, time and hash.
#[derive(Debug, Clone, Serialize)]
pub struct Arrival {
    pub n: i64,
    pub connection: ConnectionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_id: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<i64>,
    pub sha256: String,
    /// Only documents received since count as the same content; none if duplicates are not looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The partner who owns the connection; on a shared one the whole tenant's documents count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
}

const ARRIVAL: &str = "n bigint, connection uuid, transport_id text, name text, modified_at bigint, sha256 text, since bigint, partner uuid";

/// Documents that are these very arrivals: (n, document, sha256, the document that it duplicates).
pub async fn same_arrivals(
    tx: &mut Tx,
    tenant: Tenant,
    arrivals: &[Arrival],
) -> Result<Vec<(i64, DocumentId, String, Option<DocumentId>)>, StoreError> {
    Ok(fetch!(
        tx,
        "select r.n, d.id, d.sha256, d.duplicate_of from {rows} join documents d on d.connection = r.connection and d.transport_id = r.transport_id where d.tenant = $2
         union all
         select r.n, d.id, d.sha256, d.duplicate_of from {rows} join documents d on d.connection = r.connection and d.name = r.name
            and d.modified_at = r.modified_at and d.sha256 = r.sha256 where d.tenant = $2 and r.transport_id is null",
        ARRIVAL => arrivals;
        tenant
    )?)
}

/// The oldest document of the same content within each arrival's window: (n, document). A copy of one that is
/// rejected, unassigned or dead is no duplicate.
pub async fn same_content(
    tx: &mut Tx,
    tenant: Tenant,
    arrivals: &[Arrival],
) -> Result<Vec<(i64, DocumentId)>, StoreError> {
    Ok(fetch!(
        tx,
        "select r.n, d.id from {rows} join documents d on d.sha256 = r.sha256 and d.received_at >= r.since
            and (r.partner is null or d.partner = r.partner)
         where d.tenant = $2 and d.state in ('received', 'retrying', 'translated') and d.duplicate_of is null order by r.n, d.received_at desc, d.id desc",
        ARRIVAL => arrivals;
        tenant
    )?)
}

/// A document waiting to be translated.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Work {
    pub id: DocumentId,
    pub connection: ConnectionId,
    pub sequence: i64,
    pub name: String,
    pub sha256: String,
    pub size: i64,
    pub received_at: i64,
    pub state: String,
    pub sets_done: i64,
    pub tries: i64,
    pub due: Option<i64>,
    pub first_failed_at: Option<i64>,
    /// It has the same content: read only to answer its sender.
    pub duplicate_of: Option<DocumentId>,
    /// Whose it is where a person said so; and of which sender alone, if of one: `x12/ZZ/NORTHWIND`.
    pub given_to: Option<PartnerId>,
    pub given_sender: Option<String>,
    /// How often its acknowledgements were asked for once more.
    pub acknowledged_again: i64,
    /// The document that it is a copy of, by somebody's will: what that holds is no other's.
    pub copy_of: Option<DocumentId>,
    /// The tenant's mappings that it is read with: those it began with, or those that stand now.
    pub mapping_revision: i64,
}

/// The next documents of a connection, in order.
pub async fn work(tx: &mut Tx, tenant: Tenant, connection: ConnectionId, limit: i64) -> Result<Vec<Work>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, connection, sequence, name, sha256, size, received_at, state, sets_done, tries, due, first_failed_at, duplicate_of, given_to, given_sender, acknowledged_again, copy_of,
            coalesce(mapping_revision, (select max(r.revision) from mapping_revisions r where r.tenant = $1), 0) as mapping_revision from documents
         where tenant = $1 and connection = $2 and state in ('received', 'retrying') order by sequence limit $3";
        tenant, connection, limit
    )?)
}

/// How a document's translation ended, or that it will be tried again.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub id: DocumentId,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets: Option<i64>,
    pub tries: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    pub deadline: i64,
    /// The mappings that it was read with, where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping_revision: Option<i64>,
}

/// Changes states; only of documents that are `received` or `retrying`. Gives how many changed.
pub async fn change(tx: &mut Tx, tenant: Tenant, changes: &[Change]) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "update documents set state = r.state, cause = r.cause, duplicate_of = r.duplicate_of, partner = coalesce(r.partner, documents.partner),
            standard = coalesce(r.standard, documents.standard), identity = coalesce(r.identity, documents.identity), sets = coalesce(r.sets, documents.sets),
            tries = r.tries, due = r.due, first_failed_at = r.first_failed_at, ended_at = r.ended_at, deadline = r.deadline,
            mapping_revision = coalesce(documents.mapping_revision, r.mapping_revision)
         from {rows} where documents.id = r.id and documents.tenant = $2 and documents.state in ('received', 'retrying')",
        "id uuid, state text, cause jsonb, duplicate_of uuid, partner uuid, standard text, identity text, sets bigint, tries bigint, due bigint, first_failed_at bigint, ended_at bigint, deadline bigint, mapping_revision bigint" => changes;
        tenant
    )?)
}

/// Notes how many sets of a document are written, so that who goes on begins behind them, and with which mappings, so
/// that it goes on with the same.
pub async fn advance(
    tx: &mut Tx,
    tenant: Tenant,
    id: DocumentId,
    sets_done: i64,
    mapping_revision: i64,
    deadline: Micros,
) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "update documents set sets_done = $3, deadline = $4, mapping_revision = coalesce(mapping_revision, $5)
         where tenant = $1 and id = $2 and state in ('received', 'retrying')";
        tenant, id, sets_done, deadline, mapping_revision
    )?)
}

/// Puts a document that ended dead, rejected or unassigned back to the start of its way, with the mappings of then;
/// acknowledged once more, what was acknowledged before, if that is asked for.
pub async fn reopen(
    tx: &mut Tx,
    tenant: Tenant,
    id: DocumentId,
    acknowledge_again: bool,
    deadline: Micros,
) -> Result<u64, StoreError> {
    let again = i64::from(acknowledge_again);
    Ok(exec!(
        tx,
        "update documents set state = 'received', cause = null, tries = 0, due = null, first_failed_at = null, ended_at = null, deadline = $3, sets_done = 0, mapping_revision = null,
            acknowledged_again = acknowledged_again + $4
         where tenant = $1 and id = $2 and state in ('dead', 'rejected', 'unassigned')";
        tenant, id, deadline, again
    )?)
}

/// Notes that the acknowledgements of a worked document are asked for once more; false if they were since it was read.
pub async fn acknowledge_again(tx: &mut Tx, tenant: Tenant, id: DocumentId, before: i64) -> Result<bool, StoreError> {
    let changed = exec!(
        tx,
        "update documents set acknowledged_again = acknowledged_again + 1
         where tenant = $1 and id = $2 and state = 'translated' and acknowledged_again = $3";
        tenant, id, before
    )?;
    Ok(changed == 1)
}

/// The documents that one is a copy of, and theirs, nearest first.
pub async fn originals(tx: &mut Tx, tenant: Tenant, id: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
    let rows: Vec<(DocumentId,)> = fetch!(
        tx,
        "with recursive up(id, n) as (
            select d.copy_of, 1 from documents d where d.tenant = $1 and d.id = $2 and d.copy_of is not null
            union all select d.copy_of, up.n + 1 from up join documents d on d.tenant = $1 and d.id = up.id where d.copy_of is not null and up.n < 1000)
         select id from up order by n";
        tenant, id
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Says whose an unassigned document is. Gives how many there were.
pub async fn give(
    tx: &mut Tx,
    tenant: Tenant,
    id: DocumentId,
    partner: PartnerId,
    sender: Option<&str>,
) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "update documents set given_to = $3, given_sender = $4 where tenant = $1 and id = $2 and state in ('unassigned', 'translated')";
        tenant, id, partner, sender
    )?)
}

/// A document as lists and pages show it.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct DocumentRow {
    pub id: DocumentId,
    pub connection: ConnectionId,
    pub sequence: i64,
    pub name: String,
    pub sha256: String,
    pub size: i64,
    pub received_at: i64,
    pub state: String,
    #[sqlx(json(nullable))]
    pub cause: Option<Value>,
    pub duplicate_of: Option<DocumentId>,
    pub partner: Option<PartnerId>,
    /// Whose it is where a person said so; and of which sender alone, if of one: `x12/ZZ/NORTHWIND`.
    pub given_to: Option<PartnerId>,
    pub given_sender: Option<String>,
    /// How often its acknowledgements were asked for once more.
    pub acknowledged_again: i64,
    /// The document that it is a copy of, by somebody's will.
    pub copy_of: Option<DocumentId>,
    pub standard: Option<String>,
    pub identity: Option<String>,
    pub sets: Option<i64>,
    pub tries: i64,
    pub due: Option<i64>,
    pub ended_at: Option<i64>,
}

/// One document.
pub async fn get(tx: &mut Tx, tenant: Tenant, id: DocumentId) -> Result<Option<DocumentRow>, StoreError> {
    let mut rows: Vec<DocumentRow> = fetch!(
        tx,
        "select id, connection, sequence, name, sha256, size, received_at, state, cause, duplicate_of, partner, given_to, given_sender, acknowledged_again, copy_of, standard, identity, sets, tries, due, ended_at
         from documents where tenant = $1 and id = $2";
        tenant, id
    )?;
    Ok(rows.pop())
}

/// How messages show that a mapping reads them, or would: what their set is called, or the mapping that read it, as a
/// pattern of `like`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    pub kind: String,
    pub mapping: String,
}

/// Documents in which a message shows one of these, newest first, behind (received_at, id).
pub async fn claimed(
    tx: &mut Tx,
    tenant: Tenant,
    by: &[Claimed],
    partner: Option<PartnerId>,
    (at, id): (Micros, DocumentId),
    limit: i64,
) -> Result<Vec<DocumentRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select d.id, d.connection, d.sequence, d.name, d.sha256, d.size, d.received_at, d.state, d.cause, d.duplicate_of, d.partner, d.given_to, d.given_sender, d.acknowledged_again, d.copy_of, d.standard, d.identity, d.sets, d.tries, d.due, d.ended_at
         from documents d where d.tenant = $2 and ($3 is null or d.partner = $3) and (d.received_at < $4 or (d.received_at = $4 and d.id < $5))
            and exists (select 1 from messages m join {rows} on m.set_kind = r.kind or m.mapping like r.mapping
                where m.document = d.id and m.tenant = d.tenant)
         order by d.received_at desc, d.id desc limit $6",
        "kind text, mapping text" => by;
        tenant, partner, at, id, limit
    )?)
}

/// Text as `like … escape '\'` takes it literally.
pub(super) fn escape_like(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// Documents by id, in no order.
pub async fn by_ids(tx: &mut Tx, tenant: Tenant, ids: &[DocumentId]) -> Result<Vec<DocumentRow>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: DocumentId,
    }
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select d.id, d.connection, d.sequence, d.name, d.sha256, d.size, d.received_at, d.state, d.cause, d.duplicate_of, d.partner, d.given_to, d.given_sender, d.acknowledged_again, d.copy_of, d.standard, d.identity, d.sets, d.tries, d.due, d.ended_at
         from documents d join {rows} on d.id = r.id where d.tenant = $2",
        "id uuid" => &ask;
        tenant
    )?)
}

/// The newest document of a name that came by a connection.
pub async fn named(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    name: &str,
) -> Result<Option<DocumentId>, StoreError> {
    let rows: Vec<(DocumentId,)> = fetch!(
        tx,
        "select id from documents where tenant = $1 and connection = $2 and name = $3 order by sequence desc limit 1";
        tenant, connection, name
    )?;
    Ok(rows.first().map(|r| r.0))
}

/// When retention let a document's raw bytes go, if it did.
pub async fn raw_removed_at(tx: &mut Tx, tenant: Tenant, id: DocumentId) -> Result<Option<Micros>, StoreError> {
    let rows: Vec<(Option<Micros>,)> =
        fetch!(tx, "select raw_removed_at from documents where tenant = $1 and id = $2"; tenant, id)?;
    Ok(rows.first().and_then(|r| r.0))
}

/// Hashes of a partner's raw bytes that nobody needs any more: every document of that content is the partner's and
/// ended before an instant, and none of their messages is unfinished (a restart would read the bytes). Oldest first.
pub async fn past_retention(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    before: Micros,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch!(
        tx,
        "select d.sha256 from documents d where d.tenant = $1 and d.partner = $2 and d.raw_removed_at is null and d.ended_at < $3
            and not exists (select 1 from documents o where o.tenant = d.tenant and o.sha256 = d.sha256
                and (o.ended_at is null or o.ended_at >= $3 or o.partner is null or o.partner <> d.partner))
            and not exists (select 1 from documents o join messages m on m.document = o.id where o.tenant = d.tenant and o.sha256 = d.sha256
                and m.state in ('pending', 'waiting', 'held', 'retrying', 'dead'))
         order by d.ended_at limit $4";
        tenant, partner, before, limit
    )?;
    // Several documents may share their bytes; telling them apart here lets the query stop at its limit.
    let mut seen = std::collections::HashSet::new();
    Ok(rows.into_iter().map(|r| r.0).filter(|hash| seen.insert(hash.clone())).collect())
}

/// Notes that the raw bytes of these hashes were let go. Gives their documents.
pub async fn note_raw_removed(
    tx: &mut Tx,
    tenant: Tenant,
    hashes: &[String],
    now: Micros,
) -> Result<Vec<DocumentId>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    let rows: Vec<(DocumentId,)> = fetch!(
        tx,
        "update documents set raw_removed_at = $3 where tenant = $2 and raw_removed_at is null and sha256 in (select r.sha256 from {rows}) returning id",
        "sha256 text" => &ask;
        tenant, now
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
