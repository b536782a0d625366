//! What the sweeper asks: work past its deadline, how much is under way, and that it was published again. In system
//! transactions.

use super::{
    Inner, StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Stage, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// Overdue work: the thing, and what its claim check names (the connection of a document, else the thing itself).
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct Due {
    pub tenant: Tenant,
    pub id: Uuid,
    pub claim: Uuid,
    /// When it should have moved.
    pub deadline: i64,
    pub wait_us: i64,
}

impl Due {
    /// True if it is late by a whole wait more: then what else stands in the queue is no reason to leave it.
    pub fn is_late_twice(&self, now: Micros) -> bool {
        self.deadline.saturating_add(self.wait_us) < now.0
    }
}

/// True if no other process sweeps in this moment; holds till the transaction ends.
pub async fn alone(tx: &mut Tx) -> Result<bool, StoreError> {
    match &mut tx.inner {
        Inner::Pg(t) => Ok(sqlx::query_scalar("select pg_try_advisory_xact_lock(7240892)").fetch_one(&mut **t).await?),
        // One process has the store, and it has one sweeper.
        Inner::Lite(_) => Ok(true),
    }
}

/// Work of a stage past its deadline, oldest first. Of a connection the first document speaks for those behind it; one
/// whose lease stands is being worked on.
pub async fn overdue(tx: &mut Tx, stage: Stage, now: Micros, limit: i64) -> Result<Vec<Due>, StoreError> {
    Ok(match stage {
        Stage::Translate => fetch!(
            tx,
            "select d.tenant, d.id, d.connection as claim, d.deadline, d.wait_us from documents d join connections c on c.id = d.connection
             where d.state in ('received', 'retrying') and d.deadline < $1 and (c.lease_owner is null or c.lease_until < {now})
                and not exists (select 1 from documents e where e.connection = d.connection and e.sequence < d.sequence and e.state in ('received', 'retrying'))
             order by d.deadline limit $2";
            now, limit
        )?,
        Stage::Apply => fetch!(
            tx,
            "select tenant, id, id as claim, deadline, wait_us from messages where state in ('pending', 'retrying') and (released = 1 or state = 'retrying')
                and deadline < $1 order by deadline limit $2";
            now, limit
        )?,
        Stage::Deliver => fetch!(
            tx,
            "select tenant, id, id as claim, deadline, wait_us from deliveries where state in ('pending', 'retrying') and deadline < $1
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
            "select count(*) from messages where state in ('pending', 'retrying') and (released = 1 or state = 'retrying')"
        )?,
        Stage::Deliver => {
            fetch!(tx, "select count(*) from deliveries where state in ('pending', 'retrying') and deadline < $1"; super::batches::CARRIED)?
        }
    };
    Ok(rows.first().map_or(0, |r| r.0.max(0) as u64))
}

/// Notes that work was published again: when, and that the next look comes after twice the wait, at most a day. Of a
/// connection all overdue documents are noted, since one claim check is for all of them. Gives what still was unfinished.
pub async fn swept(tx: &mut Tx, stage: Stage, due: &[Due], now: Micros) -> Result<Vec<Uuid>, StoreError> {
    const COLUMNS: &str = "tenant uuid, id uuid, claim uuid";
    let rows: Vec<(Uuid,)> = match stage {
        Stage::Translate => fetch!(
            tx,
            "update documents set swept_at = $2, wait_us = case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end,
                deadline = $2 + case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end
             from {rows} where documents.connection = r.claim and documents.tenant = r.tenant and documents.state in ('received', 'retrying')
                and documents.deadline < $2 returning documents.connection",
            COLUMNS => due; now
        )?,
        Stage::Apply => fetch!(
            tx,
            "update messages set swept_at = $2, wait_us = case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end,
                deadline = $2 + case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end
             from {rows} where messages.id = r.id and messages.tenant = r.tenant and messages.state in ('pending', 'retrying')
                and messages.deadline < $2 returning messages.id",
            COLUMNS => due; now
        )?,
        Stage::Deliver => fetch!(
            tx,
            "update deliveries set swept_at = $2, wait_us = case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end,
                deadline = $2 + case when wait_us < 43200000000 then 2 * wait_us else 86400000000 end
             from {rows} where deliveries.id = r.id and deliveries.tenant = r.tenant and deliveries.state in ('pending', 'retrying')
                and deliveries.deadline < $2 returning deliveries.id",
            COLUMNS => due; now
        )?,
    };
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Looks again a wait later at work whose claim check stands in the outbox still: it is late, and not lost.
pub async fn put_off(tx: &mut Tx, stage: Stage, due: &[Due], now: Micros) -> Result<(), StoreError> {
    const COLUMNS: &str = "tenant uuid, id uuid, claim uuid";
    if due.is_empty() {
        return Ok(());
    }
    match stage {
        Stage::Translate => exec!(
            tx,
            "update documents set deadline = $2 + wait_us from {rows} where documents.connection = r.claim and documents.tenant = r.tenant
                and documents.state in ('received', 'retrying') and documents.deadline < $2",
            COLUMNS => due; now
        )?,
        Stage::Apply => exec!(
            tx,
            "update messages set deadline = $2 + wait_us from {rows} where messages.id = r.id and messages.tenant = r.tenant and messages.deadline < $2",
            COLUMNS => due; now
        )?,
        Stage::Deliver => exec!(
            tx,
            "update deliveries set deadline = $2 + wait_us from {rows} where deliveries.id = r.id and deliveries.tenant = r.tenant and deliveries.deadline < $2",
            COLUMNS => due; now
        )?,
    };
    Ok(())
}
