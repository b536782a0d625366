//! Interchanges of a document, and the control numbers that are taken.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DocumentId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;

/// One interchange as it was read, and how it ended.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub tenant: Tenant,
    pub document: DocumentId,
    pub ordinal: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    pub standard: &'static str,
    pub sender: String,
    pub receiver: String,
    /// The same without their qualifiers.
    pub sender_id: String,
    pub receiver_id: String,
    pub control: String,
    pub version: String,
    pub test: i64,
    /// When its document came.
    pub at: i64,
    /// `translated`, `unassigned`, `rejected` or `duplicate`.
    pub ends: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    /// 1 once its trailer was read.
    pub whole: i64,
}

/// Writes interchanges; one that stands keeps its row and takes the newer end.
pub async fn write(tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into interchanges (tenant, document, ordinal, partner, standard, sender, receiver, sender_id, receiver_id, control, version, test, at, ends, cause, whole)
         select r.tenant, r.document, r.ordinal, r.partner, r.standard, r.sender, r.receiver, r.sender_id, r.receiver_id, r.control, r.version, r.test, r.at, r.ends, r.cause, r.whole from {rows} where true
         on conflict (document, ordinal) do update set partner = excluded.partner, ends = excluded.ends, cause = excluded.cause,
            whole = case when interchanges.whole = 1 then 1 else excluded.whole end",
        "tenant uuid, document uuid, ordinal bigint, partner uuid, standard text, sender text, receiver text, sender_id text, receiver_id text, control text, version text, test bigint, at bigint, ends text, cause jsonb, whole bigint" => rows
    )?;
    Ok(())
}

/// Who holds a control number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// We do.
    Ours,
    /// Another document does; its interchange's content hash, once it has been read to its end.
    Taken { document: DocumentId, content: Option<String> },
}

/// A control number that a document's interchange wants. `agreement` names standard, sender and receiver.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    pub agreement: String,
    pub control: String,
    pub document: DocumentId,
    pub ordinal: i64,
    /// A number taken before this instant counts no more.
    pub since: i64,
    /// The interchange's content hash, if it was read to its end already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

const WANTED: &str = "agreement text, control text, document uuid, ordinal bigint, since bigint, content text";

/// Writes numbers that nobody holds. Gives those that are the asker's now, or were.
async fn claim(
    tx: &mut Tx,
    tenant: Tenant,
    sorted: &[&Wanted],
    now: Micros,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(fetch!(
        tx,
        "insert into interchange_numbers (tenant, agreement, control, document, ordinal, at, content)
         select $2, r.agreement, r.control, r.document, r.ordinal, $3, r.content from {rows} where true
         on conflict (tenant, agreement, control) do update set content = coalesce(excluded.content, interchange_numbers.content)
            where interchange_numbers.document = excluded.document and interchange_numbers.ordinal = excluded.ordinal
         returning agreement, control",
        WANTED => sorted;
        tenant, now
    )?)
}

/// Deletes numbers of other documents that were taken before the asker's instant.
async fn forget_old(tx: &mut Tx, tenant: Tenant, sorted: &[&Wanted]) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "delete from interchange_numbers where tenant = $2 and exists (select 1 from {rows} where r.agreement = interchange_numbers.agreement
            and r.control = interchange_numbers.control and interchange_numbers.at < r.since and interchange_numbers.document <> r.document)",
        WANTED => sorted;
        tenant
    )?)
}

/// Takes control numbers, distinct ones, unless another document holds one since its instant. The answers stand in the order of the question.
pub async fn take_numbers(
    tx: &mut Tx,
    tenant: Tenant,
    wanted: &[Wanted],
    now: Micros,
) -> Result<Vec<Number>, StoreError> {
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let mut sorted: Vec<&Wanted> = wanted.iter().collect();
    sorted.sort_by(|a, b| (&a.agreement, &a.control).cmp(&(&b.agreement, &b.control)));
    let mut ours = claim(tx, tenant, &sorted, now).await?;
    // What stands in the way may be too old to count: rare, so it is looked for only then.
    if ours.len() < wanted.len() && forget_old(tx, tenant, &sorted).await? > 0 {
        ours = claim(tx, tenant, &sorted, now).await?;
    }
    if ours.len() == wanted.len() {
        return Ok(vec![Number::Ours; wanted.len()]);
    }
    let held: Vec<(String, String, DocumentId, Option<String>)> = fetch!(
        tx,
        "select n.agreement, n.control, n.document, n.content from interchange_numbers n join {rows} on r.agreement = n.agreement and r.control = n.control where n.tenant = $2",
        WANTED => &sorted;
        tenant
    )?;
    wanted
        .iter()
        .map(|w| {
            if ours.iter().any(|(a, c)| *a == w.agreement && *c == w.control) {
                return Ok(Number::Ours);
            }
            held.iter()
                .find(|h| h.0 == w.agreement && h.1 == w.control)
                .map(|h| Number::Taken { document: h.2, content: h.3.clone() })
                .ok_or(StoreError::Lost("an interchange's control number"))
        })
        .collect()
}

/// The content hash of an interchange that was read to its end, under its number.
#[derive(Debug, Serialize)]
pub struct Content {
    pub agreement: String,
    pub control: String,
    pub document: DocumentId,
    pub content: String,
}

/// Notes content hashes, in one statement.
pub async fn note_contents(tx: &mut Tx, tenant: Tenant, rows: &[Content]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "update interchange_numbers set content = r.content from {rows} where interchange_numbers.tenant = $2
            and interchange_numbers.agreement = r.agreement and interchange_numbers.control = r.control and interchange_numbers.document = r.document",
        "agreement text, control text, document uuid, content text" => rows;
        tenant
    )?;
    Ok(())
}

/// A number that was taken, in a series whose order counts.
#[derive(Debug, Clone, Serialize)]
pub struct InSeries {
    pub agreement: String,
    pub control: String,
    /// What the series stood at when the number was taken; -1 if it was its first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<i64>,
}

const IN_SERIES: &str = "agreement text, control text, follows bigint";

/// Where series stand, in the order of the question, locked; -1 of one that begins. Several may be asked for of one.
pub async fn lock_series(tx: &mut Tx, tenant: Tenant, rows: &[InSeries]) -> Result<Vec<i64>, StoreError> {
    let mut sorted: Vec<&InSeries> = rows.iter().collect();
    sorted.sort_by(|a, b| a.agreement.cmp(&b.agreement));
    sorted.dedup_by(|a, b| a.agreement == b.agreement);
    exec!(
        tx,
        "insert into interchange_series (tenant, agreement, last) select $2, r.agreement, -1 from {rows} where true
         on conflict (tenant, agreement) do nothing",
        IN_SERIES => &sorted;
        tenant
    )?;
    let stand: Vec<(String, i64)> = fetch!(
        tx,
        "select agreement, last from interchange_series
         where tenant = $2 and agreement in (select r.agreement from {rows}) order by agreement {lock}",
        IN_SERIES => &sorted;
        tenant
    )?;
    let last = |row: &InSeries| stand.iter().find(|(of, _)| *of == row.agreement).map(|(_, last)| *last);
    rows.iter().map(|row| last(row).ok_or(StoreError::Lost("a series of control numbers"))).collect()
}

/// What numbers follow that were placed before, in the order of the question.
pub async fn placed(tx: &mut Tx, tenant: Tenant, rows: &[InSeries]) -> Result<Vec<Option<i64>>, StoreError> {
    let known: Vec<(String, String, i64)> = fetch!(
        tx,
        "select n.agreement, n.control, n.follows from interchange_numbers n join {rows} on r.agreement = n.agreement and r.control = n.control
         where n.tenant = $2 and n.follows is not null",
        IN_SERIES => rows;
        tenant
    )?;
    let of = |row: &InSeries| known.iter().find(|(a, c, _)| *a == row.agreement && *c == row.control).map(|k| k.2);
    Ok(rows.iter().map(of).collect())
}

/// Which of these control numbers came in a series as tests that a sandbox took in.
pub async fn taken_as_tests(
    tx: &mut Tx,
    tenant: Tenant,
    agreement: &str,
    controls: &[String],
) -> Result<Vec<String>, StoreError> {
    #[derive(Serialize)]
    struct Control<'a> {
        control: &'a str,
    }
    let asked: Vec<Control> = controls.iter().map(|control| Control { control }).collect();
    let came: Vec<(String,)> = fetch!(
        tx,
        "select distinct i.control from interchanges i join {rows} on r.control = i.control
         where i.tenant = $2 and i.ends = 'sandbox' and i.standard || '/' || i.sender || '/' || i.receiver = $3",
        "control text" => &asked;
        tenant, agreement
    )?;
    Ok(came.into_iter().map(|(control,)| control).collect())
}

/// Notes what numbers follow, and where their series stand now, by (series, number).
pub async fn place(tx: &mut Tx, tenant: Tenant, rows: &[InSeries], stand: &[(String, i64)]) -> Result<(), StoreError> {
    exec!(
        tx,
        "update interchange_numbers set follows = r.follows from {rows}
         where interchange_numbers.tenant = $2 and interchange_numbers.agreement = r.agreement and interchange_numbers.control = r.control",
        IN_SERIES => rows;
        tenant
    )?;
    #[derive(Serialize)]
    struct Stands<'a> {
        agreement: &'a str,
        last: i64,
    }
    let stand: Vec<Stands> = stand.iter().map(|(agreement, last)| Stands { agreement, last: *last }).collect();
    exec!(
        tx,
        "update interchange_series set last = r.last from {rows}
         where interchange_series.tenant = $2 and interchange_series.agreement = r.agreement",
        "agreement text, last bigint" => &stand;
        tenant
    )?;
    Ok(())
}

/// Gives a number back: its interchange was refused as a whole and may be sent again, mended.
pub async fn free_number(
    tx: &mut Tx,
    tenant: Tenant,
    agreement: &str,
    control: &str,
    document: DocumentId,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "delete from interchange_numbers where tenant = $1 and agreement = $2 and control = $3 and document = $4";
        tenant, agreement, control, document
    )?;
    Ok(())
}

/// Takes `n` outbound control numbers of a scope (`northwind/isa`), first to last without a gap: the transaction
/// that queues the documents takes them, so a rollback gives them back.
pub async fn take_control_numbers(
    tx: &mut Tx,
    tenant: Tenant,
    scope: &str,
    n: i64,
    first: i64,
) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(
        tx,
        "insert into control_numbers (tenant, scope, next, first) values ($1, $2, $4 + $3, $4)
         on conflict (tenant, scope) do update set next = control_numbers.next + $3 returning next";
        tenant, scope, n, first
    )?;
    rows.first().map(|r| r.0 - n).ok_or_else(|| StoreError::Row(format!("no control number came back for {scope}")))
}

/// An interchange as it is read back.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct InterchangeRow {
    pub ordinal: i64,
    pub partner: Option<PartnerId>,
    pub standard: String,
    pub sender: String,
    pub receiver: String,
    pub control: String,
    pub version: String,
    pub test: i64,
    pub ends: Option<String>,
    #[sqlx(json(nullable))]
    pub cause: Option<Value>,
}

/// The interchanges of a document, in their order; at most 200.
pub async fn of_document(tx: &mut Tx, tenant: Tenant, document: DocumentId) -> Result<Vec<InterchangeRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select ordinal, partner, standard, sender, receiver, control, version, test, ends, cause from interchanges
         where tenant = $1 and document = $2 order by ordinal limit 200";
        tenant, document
    )?)
}

/// An interchange of a worked document that was nobody's, and how it ends as somebody's.
#[derive(Debug, Clone, Serialize)]
pub struct Given {
    pub ordinal: i64,
    pub ends: &'static str,
    pub cause: Value,
}

/// Whose nobody's interchanges of a worked document are from now on, and how each ends.
pub async fn give(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    partner: PartnerId,
    given: &[Given],
) -> Result<u64, StoreError> {
    if given.is_empty() {
        return Ok(0);
    }
    Ok(exec!(
        tx,
        "update interchanges set partner = $4, ends = r.ends, cause = r.cause from {rows}
         where interchanges.tenant = $2 and interchanges.document = $3 and interchanges.ordinal = r.ordinal and interchanges.ends = 'unassigned'
            and interchanges.cause->>'code' in ('unassigned/sender', 'unassigned/other_partner')",
        "ordinal bigint, ends text, cause jsonb" => given;
        tenant, document, partner
    )?)
}

/// What the first interchange of a document says.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct First {
    pub document: DocumentId,
    pub sender: String,
    pub receiver: String,
    pub control: String,
}

/// Of several documents their first interchanges.
pub async fn first_of(tx: &mut Tx, tenant: Tenant, documents: &[DocumentId]) -> Result<Vec<First>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: DocumentId,
    }
    if documents.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = documents.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select i.document, i.sender, i.receiver, i.control from interchanges i join {rows} on i.document = r.id where i.tenant = $2 and i.ordinal = 0",
        "id uuid" => &ask;
        tenant
    )?)
}
