//! Timers: claim checks for later than a queue should carry. The relay turns those that are due into outbox rows.

use super::{
    StoreError, Tx,
    outbox::{self, Row, Woken},
    sql::{exec, fetch},
};
use crate::canonical::{ClaimCheck, Micros, Tenant};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A timer to be written. Its kind is the stage that its claim check is for.
#[derive(Debug, Serialize)]
pub struct Timer<'a> {
    pub tenant: Tenant,
    pub id: Uuid,
    pub kind: &'a str,
    pub due_at: i64,
    pub body: &'a ClaimCheck,
}

impl<'a> Timer<'a> {
    /// For an outbox row that is due too late for a queue.
    pub fn of(row: &'a Row) -> Timer<'a> {
        Timer { tenant: row.tenant, id: Uuid::now_v7(), kind: row.stage, due_at: row.due, body: &row.claim }
    }
}

/// Writes timers.
pub async fn write(tx: &mut Tx, rows: &[Timer<'_>]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into timers (tenant, id, kind, due_at, body) select r.tenant, r.id, r.kind, r.due_at, r.body from {rows} where true",
        "tenant uuid, id uuid, kind text, due_at bigint, body jsonb" => rows
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Gone {
    tenant: Tenant,
    kind: String,
    due_at: i64,
    #[sqlx(json)]
    body: Value,
}

/// Turns timers of claim checks that are due into outbox rows, the oldest first, at most `limit`. Gives how many.
pub async fn take_due(tx: &mut Tx, now: Micros, limit: i64) -> Result<usize, StoreError> {
    let due: Vec<Gone> = fetch!(
        tx,
        "delete from timers where due_at <= $1 and kind in ('translate', 'apply', 'deliver') and id in (
            select id from timers where due_at <= $1 and kind in ('translate', 'apply', 'deliver') order by due_at limit $2)
         returning tenant, kind, due_at, body";
        now, limit
    )?;
    let woken = |gone: Gone| Woken {
        tenant: gone.tenant,
        stage: gone.kind,
        due: gone.due_at,
        claim: gone.body,
        written_at: now.0,
    };
    let rows: Vec<Woken> = due.into_iter().map(woken).collect();
    outbox::wake(tx, &rows).await?;
    Ok(rows.len())
}
