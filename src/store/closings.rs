//! What people looked at and closed: it stays as it ended, and waits for nobody any more.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DocumentId, Micros, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// Something that is closed.
#[derive(Debug, Clone, Serialize)]
pub struct Closed<'a> {
    pub tenant: Tenant,
    pub id: Uuid,
    /// `document`, `message`, `delivery` or `expectation`.
    pub thing: &'static str,
    pub at: i64,
    pub who: &'a str,
    pub why: &'a str,
}

/// Closes what is open; gives how much was.
pub async fn close(tx: &mut Tx, rows: &[Closed<'_>]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(exec!(
        tx,
        "insert into closed (tenant, id, thing, at, who, why) select r.tenant, r.id, r.thing, r.at, r.who, r.why from {rows} where true
         on conflict (id) do nothing",
        "tenant uuid, id uuid, thing text, at bigint, who text, why text" => rows
    )?)
}

/// Opens something again, since it goes on; the journal keeps who had closed it.
pub async fn reopen(tx: &mut Tx, tenant: Tenant, id: Uuid) -> Result<(), StoreError> {
    exec!(tx, "delete from closed where tenant = $1 and id = $2"; tenant, id)?;
    Ok(())
}

/// Who closed something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct Closing {
    pub id: Uuid,
    pub at: Micros,
    pub who: String,
    pub why: String,
}

/// Of several things those that are closed.
pub async fn of(tx: &mut Tx, tenant: Tenant, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<Closing>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: Uuid,
    }
    let ask: Vec<Id> = ids.into_iter().map(|id| Id { id }).collect();
    if ask.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select c.id, c.at, c.who, c.why from closed c join {rows} on c.id = r.id where c.tenant = $2",
        "id uuid" => &ask;
        tenant
    )?)
}

/// Messages of a document that are rejected and not closed.
pub async fn open_refusals(tx: &mut Tx, tenant: Tenant, document: DocumentId) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch!(
        tx,
        "select m.id from messages m where m.tenant = $1 and m.document = $2 and m.state = 'rejected'
            and not exists (select 1 from closed c where c.tenant = $1 and c.id = m.id) order by m.set_no, m.split, m.run";
        tenant, document
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
