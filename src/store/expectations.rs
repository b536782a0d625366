//! Expectations: what should come or go by when, and whether it did.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DeliveryId, MessageId, Micros, PartnerId, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// The states of an expectation.
pub const STATES: [&str; 6] = ["waiting", "warned", "overdue", "met", "late", "dropped"];

/// An expectation to be written.
#[derive(Debug, Clone, Serialize)]
pub struct NewExpectation {
    pub tenant: Tenant,
    pub id: Uuid,
    /// `acknowledgement` or `answer`.
    pub kind: &'static str,
    /// Who owes it: `partner` or `us`.
    pub owes: &'static str,
    pub partner: PartnerId,
    /// The message that it goes back to.
    pub message: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The kind of set that answers: `855`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    pub within_us: i64,
    pub warn_us: i64,
    /// When its time began; none until what it is about went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_at: Option<i64>,
    pub created_at: i64,
}

impl NewExpectation {
    /// Its time begins.
    pub fn begun(mut self, at: Micros) -> Self {
        let due = at.0.saturating_add(self.within_us);
        (self.since, self.due_at) = (Some(at.0), Some(due));
        self.look_at = Some(if self.warn_us > 0 { (due - self.warn_us).max(at.0) } else { due });
        self
    }
}

/// Writes expectations; one that stands is left as it is.
pub async fn insert(tx: &mut Tx, rows: &[NewExpectation]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into expectations (tenant, id, kind, owes, partner, message, number, wants, delivery, within_us, warn_us, state, since, due_at, look_at, created_at)
         select r.tenant, r.id, r.kind, r.owes, r.partner, r.message, r.number, r.wants, r.delivery, r.within_us, r.warn_us, 'waiting', r.since, r.due_at, r.look_at, r.created_at
         from {rows} where true on conflict (id) do nothing",
        "tenant uuid, id uuid, kind text, owes text, partner uuid, message uuid, number text, wants text, delivery uuid, within_us bigint, warn_us bigint, since bigint, due_at bigint, look_at bigint, created_at bigint" => rows
    )?;
    Ok(())
}

#[derive(Serialize)]
struct Id {
    id: DeliveryId,
}

fn asked(deliveries: &[DeliveryId]) -> Vec<Id> {
    deliveries.iter().map(|id| Id { id: *id }).collect()
}

/// Documents went out: the time of what they wait for begins, and what was owed with them is done.
pub async fn delivered(tx: &mut Tx, tenant: Tenant, deliveries: &[DeliveryId], now: Micros) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let ask = asked(deliveries);
    exec!(
        tx,
        "update expectations set since = $3, due_at = $3 + within_us, look_at = $3 + case when warn_us > 0 and warn_us < within_us then within_us - warn_us else within_us end
         from {rows} where expectations.delivery = r.id and expectations.tenant = $2 and expectations.state = 'waiting' and expectations.since is null",
        "id uuid" => &ask;
        tenant, now
    )?;
    exec!(
        tx,
        "update expectations set state = case when expectations.state = 'overdue' then 'late' else 'met' end, look_at = null, met_by = s.delivery, met_at = $3
         from {rows} join outbound_sets s on s.delivery = r.id join messages m on m.id = s.message
         where expectations.tenant = $2 and s.tenant = $2 and m.tenant = $2 and expectations.partner = m.partner and expectations.number = m.number
            and expectations.wants = s.kind and expectations.owes = 'us' and expectations.state in ('waiting', 'warned', 'overdue')",
        "id uuid" => &ask;
        tenant, now
    )?;
    Ok(())
}

/// What came for a delivery ends its wait; too late, if it was overdue.
pub async fn meet(
    tx: &mut Tx,
    tenant: Tenant,
    delivery: DeliveryId,
    by: MessageId,
    now: Micros,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update expectations set state = case when state = 'overdue' then 'late' else 'met' end, look_at = null, met_by = $3, met_at = $4
         where tenant = $1 and delivery = $2 and kind = 'acknowledgement' and state in ('waiting', 'warned', 'overdue')";
        tenant, delivery, by, now
    )?;
    Ok(())
}

/// A document goes out once more: what it waits for is waited for anew. Gives whether something is.
pub async fn again(tx: &mut Tx, tenant: Tenant, delivery: DeliveryId) -> Result<bool, StoreError> {
    let changed = exec!(
        tx,
        "update expectations set state = 'waiting', since = null, due_at = null, look_at = null, met_by = null, met_at = null
         where tenant = $1 and delivery = $2 and kind = 'acknowledgement'";
        tenant, delivery
    )?;
    Ok(changed > 0)
}

/// A document will not go out: nothing is waited for.
pub async fn drop_of(tx: &mut Tx, tenant: Tenant, delivery: DeliveryId) -> Result<(), StoreError> {
    exec!(
        tx,
        "update expectations set state = 'dropped', look_at = null where tenant = $1 and delivery = $2 and kind = 'acknowledgement'
            and state in ('waiting', 'warned', 'overdue')";
        tenant, delivery
    )?;
    Ok(())
}

/// An expectation as it is read back.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct ExpectationRow {
    pub id: Uuid,
    pub kind: String,
    pub owes: String,
    pub partner: PartnerId,
    pub message: MessageId,
    pub number: Option<String>,
    pub wants: Option<String>,
    pub delivery: Option<DeliveryId>,
    /// `waiting`, `warned`, `overdue`, `met`, `late` or `dropped`.
    pub state: String,
    pub since: Option<Micros>,
    pub due_at: Option<Micros>,
    pub met_by: Option<Uuid>,
    pub met_at: Option<Micros>,
    pub created_at: Micros,
}

macro_rules! row_query {
    ($tail:literal) => {
        concat!(
            "select e.id, e.kind, e.owes, e.partner, e.message, e.number, e.wants, e.delivery, e.state, e.since, e.due_at, e.met_by, e.met_at, e.created_at from expectations e ",
            $tail
        )
    };
}

/// Tenants of whose expectations something is to be said; in a system transaction.
pub async fn tenants_due(tx: &mut Tx, now: Micros) -> Result<Vec<Tenant>, StoreError> {
    let rows: Vec<(Tenant,)> = fetch!(tx, "select distinct tenant from expectations where look_at <= $1"; now)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Expectations of which something is to be said now, the oldest first, locked.
pub async fn lock_due(tx: &mut Tx, tenant: Tenant, now: Micros, limit: i64) -> Result<Vec<ExpectationRow>, StoreError> {
    Ok(fetch!(
        tx,
        row_query!("where e.tenant = $1 and e.look_at <= $2 and e.state in ('waiting', 'warned') order by e.look_at, e.id limit $3 {lock}");
        tenant, now, limit
    )?)
}

/// What was said of one.
#[derive(Debug, Serialize)]
pub struct Told {
    pub id: Uuid,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_at: Option<i64>,
}

/// Notes that expectations were warned of or are overdue; the deliveries of those that are overdue say so.
pub async fn told(tx: &mut Tx, tenant: Tenant, rows: &[Told]) -> Result<(), StoreError> {
    const COLUMNS: &str = "id uuid, state text, look_at bigint";
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "update expectations set state = r.state, look_at = r.look_at from {rows} where expectations.id = r.id and expectations.tenant = $2",
        COLUMNS => rows; tenant
    )?;
    exec!(
        tx,
        "update deliveries set acknowledged = 'overdue' from {rows} join expectations e on e.id = r.id
         where e.tenant = $2 and r.state = 'overdue' and e.kind = 'acknowledgement' and (deliveries.id = e.delivery or deliveries.carried_by = e.delivery) and deliveries.tenant = $2
            and (deliveries.acknowledged in ('waiting', 'received') or deliveries.acknowledged is null)",
        COLUMNS => rows; tenant
    )?;
    Ok(())
}

/// Expectations in a state, those that are due first; at most `limit`. Those that somebody closed, or the others.
pub async fn in_state(
    tx: &mut Tx,
    tenant: Tenant,
    state: &str,
    closed: bool,
    limit: i64,
) -> Result<Vec<ExpectationRow>, StoreError> {
    let closed = i64::from(closed);
    Ok(fetch!(
        tx,
        row_query!("where e.tenant = $1 and e.state = $2 and (($4 = 1 and exists (select 1 from closed c where c.tenant = $1 and c.id = e.id))
            or ($4 = 0 and not exists (select 1 from closed c where c.tenant = $1 and c.id = e.id))) order by e.due_at, e.created_at, e.id limit $3");
        tenant, state, limit, closed
    )?)
}

/// Answers to messages that are still to come or to go, and that nobody closed, those that are due first.
pub async fn open_answers(
    tx: &mut Tx,
    tenant: Tenant,
    messages: &[MessageId],
) -> Result<Vec<ExpectationRow>, StoreError> {
    #[derive(Serialize)]
    struct Of {
        id: MessageId,
    }
    if messages.is_empty() {
        return Ok(vec![]);
    }
    let of: Vec<Of> = messages.iter().map(|id| Of { id: *id }).collect();
    Ok(fetch!(
        tx,
        row_query!("join {rows} on r.id = e.message where e.tenant = $2 and e.kind = 'answer' and e.state in ('waiting', 'warned', 'overdue')
            and not exists (select 1 from closed c where c.tenant = $2 and c.id = e.id) order by e.due_at, e.created_at, e.id"),
        "id uuid" => &of;
        tenant
    )?)
}

/// One expectation.
pub async fn get(tx: &mut Tx, tenant: Tenant, id: Uuid) -> Result<Option<ExpectationRow>, StoreError> {
    let mut rows: Vec<ExpectationRow> = fetch!(tx, row_query!("where e.tenant = $1 and e.id = $2"); tenant, id)?;
    Ok(rows.pop())
}

/// What is expected of a delivery's partner.
pub async fn of_delivery(tx: &mut Tx, tenant: Tenant, id: DeliveryId) -> Result<Vec<ExpectationRow>, StoreError> {
    Ok(fetch!(tx, row_query!("where e.tenant = $1 and e.delivery = $2 order by e.id"); tenant, id)?)
}

/// How many of a tenant's are overdue, of those that nobody closed.
pub async fn overdue(tx: &mut Tx, tenant: Tenant) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(tx, "select count(*) from expectations e where e.tenant = $1 and e.state = 'overdue' and not exists (select 1 from closed c where c.tenant = $1 and c.id = e.id)"; tenant)?;
    Ok(rows.first().map_or(0, |r| r.0))
}
