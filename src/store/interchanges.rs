//! Interchanges of a document, and the control numbers that are taken.

use super::{StoreError, Tx, sql::{exec, fetch}};
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
    pub control: String,
    pub version: String,
    pub test: i64,
    /// `translated`, `unassigned`, `rejected` or `duplicate`.
    pub ends: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
}

/// Writes interchanges; one that stands keeps its row and takes the newer end.
pub async fn write(tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into interchanges (tenant, document, ordinal, partner, standard, sender, receiver, control, version, test, ends, cause)
         select r.tenant, r.document, r.ordinal, r.partner, r.standard, r.sender, r.receiver, r.control, r.version, r.test, r.ends, r.cause from {rows} where true
         on conflict (document, ordinal) do update set partner = excluded.partner, ends = excluded.ends, cause = excluded.cause",
        "tenant uuid, document uuid, ordinal bigint, partner uuid, standard text, sender text, receiver text, control text, version text, test bigint, ends text, cause jsonb" => rows
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

/// Takes a control number for a document's interchange, unless another holds it since `since`.
/// `agreement` names sender, receiver and standard.
pub async fn take_number(
    tx: &mut Tx,
    tenant: Tenant,
    agreement: &str,
    control: &str,
    document: DocumentId,
    ordinal: i64,
    now: Micros,
    since: Micros,
) -> Result<Number, StoreError> {
    let mine: Vec<(DocumentId,)> = fetch!(
        tx,
        "insert into interchange_numbers (tenant, agreement, control, document, ordinal, at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant, agreement, control) do update set document = excluded.document, ordinal = excluded.ordinal, at = excluded.at, content = null
            where interchange_numbers.at < $7
            or (interchange_numbers.document = excluded.document and interchange_numbers.ordinal = excluded.ordinal)
         returning document";
        tenant, agreement, control, document, ordinal, now, since
    )?;
    if !mine.is_empty() {
        return Ok(Number::Ours);
    }
    let held: Vec<(DocumentId, Option<String>)> = fetch!(
        tx,
        "select document, content from interchange_numbers where tenant = $1 and agreement = $2 and control = $3";
        tenant, agreement, control
    )?;
    match held.into_iter().next() {
        Some((document, content)) => Ok(Number::Taken { document, content }),
        None => Err(StoreError::Lost("an interchange's control number")),
    }
}

/// Notes the content hash of an interchange that was read to its end.
pub async fn note_content(tx: &mut Tx, tenant: Tenant, agreement: &str, control: &str, document: DocumentId, content: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "update interchange_numbers set content = $5 where tenant = $1 and agreement = $2 and control = $3 and document = $4";
        tenant, agreement, control, document, content
    )?;
    Ok(())
}

/// Gives a number back: its interchange was refused as a whole and may be sent again, mended.
pub async fn free_number(tx: &mut Tx, tenant: Tenant, agreement: &str, control: &str, document: DocumentId) -> Result<(), StoreError> {
    exec!(
        tx,
        "delete from interchange_numbers where tenant = $1 and agreement = $2 and control = $3 and document = $4";
        tenant, agreement, control, document
    )?;
    Ok(())
}

/// Takes `n` outbound control numbers of a scope (`northwind/isa`), first to last without a gap: the transaction
/// that queues the documents takes them, so a rollback gives them back.
pub async fn take_control_numbers(tx: &mut Tx, tenant: Tenant, scope: &str, n: i64, first: i64) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(
        tx,
        "insert into control_numbers (tenant, scope, next) values ($1, $2, $4 + $3)
         on conflict (tenant, scope) do update set next = control_numbers.next + $3 returning next";
        tenant, scope, n, first
    )?;
    rows.first().map(|r| r.0 - n).ok_or_else(|| StoreError::Row(format!("no control number came back for {scope}")))
}
