//! What the sweeper asks: work past its deadline, how much is under way, and that it was published again.

use super::{
    Inner, StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Stage, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// Overdue work: the thing, and what its claim check names (the connection of a document, else the thing itself).
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct Due {
    pub tenant: Tenant,
    pub id: Uuid,
    pub claim: Uuid,
}

/// True if no other process sweeps in this moment; holds till the transaction ends.
pub async fn alone(tx: &mut Tx) -> Result<bool, StoreError> {
    match &mut tx.inner {
        Inner::Pg(t) => Ok(sqlx::query_scalar("select pg_try_advisory_xact_lock(7240892)").fetch_one(&mut **t).await?),
        Inner::Lite(_) => Ok(true),
    }
}

/// Work of a stage past its deadline, oldest first. Documents of a connection whose lease stands are being worked on.
pub async fn overdue(tx: &mut Tx, stage: Stage, now: Micros, limit: i64) -> Result<Vec<Due>, StoreError> {
    Ok(match stage {
        Stage::Translate => fetch!(
            tx,
            "select d.tenant, d.id, d.connection as claim from documents d join connections c on c.id = d.connection
             where d.state in ('received', 'retrying') and d.deadline < $1 and coalesce(d.due, 0) <= $1 and c.lease_until < {now} order by d.deadline limit $2";
            now, limit
        )?,
        Stage::Apply => fetch!(
            tx,
            "select tenant, id, id as claim from messages where ((state = 'pending' and released = 1) or state = 'retrying')
                and deadline < $1 and coalesce(due, 0) <= $1 order by deadline limit $2";
            now, limit
        )?,
        Stage::Deliver => fetch!(
            tx,
            "select tenant, id, id as claim from deliveries where state in ('pending', 'retrying') and deadline < $1 and coalesce(due, 0) <= $1
             order by deadline limit $2";
            now, limit
        )?,
    })
}

/// How much unfinished work of a stage the store knows: connections with work, else things.
pub async fn under_way(tx: &mut Tx, stage: Stage) -> Result<u64, StoreError> {
    let rows: Vec<(i64,)> = match stage {
        Stage::Translate => {
            fetch!(tx, "select count(distinct connection) from documents where state in ('received', 'retrying')")?
        }
        Stage::Apply => fetch!(
            tx,
            "select count(*) from messages where (state = 'pending' and released = 1) or state = 'retrying'"
        )?,
        Stage::Deliver => fetch!(tx, "select count(*) from deliveries where state in ('pending', 'retrying')")?,
    };
    Ok(rows.first().map_or(0, |r| r.0.max(0) as u64))
}

/// Notes that things were published again: when, and that the next look comes after twice the wait.
pub async fn swept(tx: &mut Tx, stage: Stage, due: &[Due], now: Micros) -> Result<(), StoreError> {
    const COLUMNS: &str = "tenant uuid, id uuid, claim uuid";
    match stage {
        Stage::Translate => exec!(
            tx,
            "update documents set swept_at = $2, wait_us = 2 * wait_us, deadline = $2 + 2 * wait_us from {rows} where documents.id = r.id and documents.tenant = r.tenant",
            COLUMNS => due; now
        )?,
        Stage::Apply => exec!(
            tx,
            "update messages set swept_at = $2, wait_us = 2 * wait_us, deadline = $2 + 2 * wait_us from {rows} where messages.id = r.id and messages.tenant = r.tenant",
            COLUMNS => due; now
        )?,
        Stage::Deliver => exec!(
            tx,
            "update deliveries set swept_at = $2, wait_us = 2 * wait_us, deadline = $2 + 2 * wait_us from {rows} where deliveries.id = r.id and deliveries.tenant = r.tenant",
            COLUMNS => due; now
        )?,
    };
    Ok(())
}
