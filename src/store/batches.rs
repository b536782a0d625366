//! Documents that wait to go out with others, and the deliveries whose interchange carries them.

use super::{
    StoreError, Tx,
    deliveries::Change,
    sql::{exec, fetch},
};
use crate::canonical::{DeliveryId, MessageId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;

/// The deadline of a delivery that another one carries, or will: nothing looks for it by itself.
pub const CARRIED: i64 = 4_000_000_000_000_000_000;

/// A set that is to wait.
#[derive(Debug, Clone, Serialize)]
pub struct NewBatched {
    pub tenant: Tenant,
    pub id: DeliveryId,
    pub partner: PartnerId,
    pub batch: String,
    pub target: String,
    /// Of its delivery: `document` or `acknowledgement`.
    pub kind: &'static str,
    pub draft: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    pub due_at: i64,
    pub created_at: i64,
}

/// Writes sets that wait; one that stands is left as it is.
pub async fn insert(tx: &mut Tx, rows: &[NewBatched]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into batched_sets (tenant, id, partner, batch, target, kind, draft, message, due_at, created_at)
         select r.tenant, r.id, r.partner, r.batch, r.target, r.kind, r.draft, r.message, r.due_at, r.created_at from {rows} where true on conflict (id) do nothing",
        "tenant uuid, id uuid, partner uuid, batch text, target text, kind text, draft jsonb, message uuid, due_at bigint, created_at bigint" => rows
    )?;
    Ok(())
}

/// A set that waits.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BatchedRow {
    pub id: DeliveryId,
    pub target: String,
    pub kind: String,
    #[sqlx(json)]
    pub draft: Value,
    pub message: Option<MessageId>,
}

/// The oldest set of a batch, which stays in it.
pub async fn oldest(tx: &mut Tx, tenant: Tenant, batch: &str) -> Result<Option<BatchedRow>, StoreError> {
    let rows: Vec<BatchedRow> = fetch!(
        tx,
        "select id, target, kind, draft, message from batched_sets where tenant = $1 and batch = $2 order by created_at, id limit 1";
        tenant, batch
    )?;
    Ok(rows.into_iter().next())
}

/// Takes the oldest sets of a batch out of it, from `least` to `most`; where there are fewer, none.
///
/// Only what is locked is counted: a set that another transaction takes at the same time is no part of what waits.
pub async fn take(
    tx: &mut Tx,
    tenant: Tenant,
    batch: &str,
    least: i64,
    most: i64,
) -> Result<Vec<BatchedRow>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: DeliveryId,
    }
    let rows: Vec<BatchedRow> = fetch!(
        tx,
        "select id, target, kind, draft, message from batched_sets where tenant = $1 and batch = $2 order by created_at, id limit $3 {lock}";
        tenant, batch, most
    )?;
    if (rows.len() as i64) < least {
        return Ok(vec![]);
    }
    let ids: Vec<Id> = rows.iter().map(|row| Id { id: row.id }).collect();
    let gone = exec!(tx, "delete from batched_sets where tenant = $2 and id in (select r.id from {rows})", "id uuid" => &ids; tenant)?;
    if gone == rows.len() as u64 { Ok(rows) } else { Err(StoreError::Lost("a set that waited for its batch")) }
}

/// Takes one set out of its batch: it goes no more. Gives false if it does not wait.
pub async fn take_out(tx: &mut Tx, tenant: Tenant, id: DeliveryId) -> Result<bool, StoreError> {
    Ok(exec!(tx, "delete from batched_sets where tenant = $1 and id = $2"; tenant, id)? == 1)
}

/// Batches whose oldest set has waited long enough, with whose they are; in a system transaction.
pub async fn due(tx: &mut Tx, now: Micros) -> Result<Vec<(Tenant, PartnerId, String)>, StoreError> {
    Ok(fetch!(
        tx,
        "select tenant, partner, batch from batched_sets group by tenant, partner, batch having min(due_at) <= $1 order by min(due_at) limit 1000";
        now
    )?)
}

/// Notes which delivery carries these, and what its interchange is called; whether they wait to be acknowledged with it.
pub async fn carry(
    tx: &mut Tx,
    tenant: Tenant,
    by: DeliveryId,
    name: &str,
    acknowledged: Option<&str>,
    carried: &[DeliveryId],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: DeliveryId,
    }
    let rows: Vec<Id> = carried.iter().map(|id| Id { id: *id }).collect();
    let changed = exec!(
        tx,
        "update deliveries set carried_by = $3, name = $4, acknowledged = $5 from {rows}
         where deliveries.id = r.id and deliveries.tenant = $2 and deliveries.state = 'pending' and deliveries.carried_by is null",
        "id uuid" => &rows;
        tenant, by, name, acknowledged
    )?;
    if changed == rows.len() as u64 { Ok(()) } else { Err(StoreError::Lost("a document that waited for its batch")) }
}

/// What is carried ends as what carries it.
pub async fn follow(tx: &mut Tx, tenant: Tenant, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "update deliveries set state = r.state, cause = r.cause, ended_at = r.ended_at from {rows}
         where deliveries.carried_by = r.id and deliveries.tenant = $2 and r.state in ('delivered', 'dead', 'cancelled') and deliveries.state <> 'cancelled'",
        "id uuid, state text, cause jsonb, ended_at bigint" => changes;
        tenant
    )?;
    Ok(())
}

/// What carries them goes out once more.
pub async fn again(tx: &mut Tx, tenant: Tenant, by: DeliveryId, awaited: bool) -> Result<(), StoreError> {
    let acknowledged = awaited.then_some("waiting");
    exec!(
        tx,
        "update deliveries set state = 'pending', cause = null, ended_at = null, answer = null, acknowledged = $3, deadline = $4
         where tenant = $1 and carried_by = $2";
        tenant, by, acknowledged, CARRIED
    )?;
    Ok(())
}
