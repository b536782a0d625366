//! Timers: waits too long for a queue. A due one becomes a claim check of its stage.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Stage, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// A wait for a stage: at `due_at` a claim check for `id` goes out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct Timer {
    pub tenant: Tenant,
    /// What the claim check names: a connection, a message, a delivery.
    pub id: Uuid,
    /// The stage's name.
    pub kind: String,
    pub due_at: i64,
}

impl Timer {
    /// For a stage.
    pub fn new(tenant: Tenant, stage: Stage, id: Uuid, due: Micros) -> Self {
        Timer { tenant, id, kind: stage.name().into(), due_at: due.0 }
    }
}

/// Sets timers; one that stands for the same thing and stage goes off at the earlier instant.
pub async fn set(tx: &mut Tx, rows: &[Timer]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into timers (tenant, id, kind, due_at) select r.tenant, r.id, r.kind, r.due_at from {rows} where true order by r.kind, r.id
         on conflict (kind, id) do update set due_at = excluded.due_at where timers.tenant = excluded.tenant and timers.due_at > excluded.due_at",
        "tenant uuid, id uuid, kind text, due_at bigint" => rows
    )?;
    Ok(())
}

/// Takes timers that are due, oldest first: they are gone with this transaction.
pub async fn take_due(tx: &mut Tx, now: Micros, limit: i64) -> Result<Vec<Timer>, StoreError> {
    Ok(fetch!(
        tx,
        "delete from timers where (kind, id) in (select kind, id from timers where due_at <= $1 order by due_at limit $2)
         returning tenant, id, kind, due_at";
        now, limit
    )?)
}

/// When the next timer goes off.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Micros>, StoreError> {
    let rows: Vec<(Option<Micros>,)> = fetch!(tx, "select min(due_at) from timers")?;
    Ok(rows.first().and_then(|r| r.0))
}
