//! Counts over all tenants, and suspects: rows whose counterpart is not there. In system transactions, which see ids,
//! states, instants and counts, and no bodies.

use super::{StoreError, Tx, sql::fetch};
use crate::canonical::{Micros, Tenant};
use uuid::Uuid;

/// A thing that may be missing something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub struct Suspect {
    pub tenant: Tenant,
    pub id: String,
}

/// Documents by (tenant, state).
pub async fn documents(tx: &mut Tx) -> Result<Vec<(Tenant, String, i64)>, StoreError> {
    Ok(fetch!(tx, "select tenant, state, count(*) from documents group by tenant, state")?)
}

/// Messages by (tenant, state).
pub async fn messages(tx: &mut Tx) -> Result<Vec<(Tenant, String, i64)>, StoreError> {
    Ok(fetch!(tx, "select tenant, state, count(*) from messages group by tenant, state")?)
}

/// Deliveries by (tenant, state).
pub async fn deliveries(tx: &mut Tx) -> Result<Vec<(Tenant, String, i64)>, StoreError> {
    Ok(fetch!(tx, "select tenant, state, count(*) from deliveries group by tenant, state")?)
}

#[derive(sqlx::FromRow)]
struct Found {
    tenant: Tenant,
    id: Uuid,
}

fn suspects(found: Vec<Found>) -> Vec<Suspect> {
    found.into_iter().map(|f| Suspect { tenant: f.tenant, id: f.id.to_string() }).collect()
}

/// Sealed blobs that no document names, by hash.
pub async fn blobs_without_document(tx: &mut Tx) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select b.tenant, b.sha256 as id from blobs b where b.sealed_at is not null
            and not exists (select 1 from documents d where d.tenant = b.tenant and d.sha256 = b.sha256) limit 1000"
    )?)
}

/// Translated documents whose sets and first messages (run 0, split 0) do not match in number.
pub async fn documents_without_sets(tx: &mut Tx) -> Result<Vec<Suspect>, StoreError> {
    let found: Vec<Found> = fetch!(
        tx,
        "select d.tenant, d.id from documents d where d.state = 'translated'
            and d.sets <> (select count(*) from messages m where m.document = d.id and m.run = 0 and m.split = 0) limit 1000"
    )?;
    Ok(suspects(found))
}

/// Applied messages without an event.
pub async fn messages_without_event(tx: &mut Tx) -> Result<Vec<Suspect>, StoreError> {
    let found: Vec<Found> = fetch!(
        tx,
        "select m.tenant, m.id from messages m where m.state = 'applied' and not exists (select 1 from events e where e.message = m.id) limit 1000"
    )?;
    Ok(suspects(found))
}

/// Events that a subscription of endpoints may have wanted and no delivery carries: (tenant, event, kind, subscription).
/// Patterns are matched by the caller.
pub async fn events_without_delivery(tx: &mut Tx) -> Result<Vec<(Tenant, Uuid, String, Uuid)>, StoreError> {
    Ok(fetch!(
        tx,
        "select e.tenant, e.id, e.kind, s.id from events e join subscriptions s on s.tenant = e.tenant and s.kind = 'endpoint'
            and s.from_at <= e.at and (s.until_at is null or e.at < s.until_at)
         where not exists (select 1 from deliveries d where d.event = e.id and d.subscription = s.id)"
    )?)
}

/// The patterns of subscriptions.
pub async fn patterns(tx: &mut Tx) -> Result<Vec<(Uuid, sqlx::types::Json<Vec<String>>)>, StoreError> {
    Ok(fetch!(tx, "select id, events from subscriptions")?)
}

/// Work of a stage that has not moved since past its deadline three times over, and whose sweep is long past too:
/// (tenant, id). Whether a claim check stands in the outbox or a timer, the caller asks next.
pub async fn stuck(tx: &mut Tx, table: Work, now: Micros) -> Result<Vec<Suspect>, StoreError> {
    let found: Vec<Found> = match table {
        Work::Documents => fetch!(
            tx,
            "select tenant, id from documents where state in ('received', 'retrying') and coalesce(due, 0) < $1
                and deadline + 2 * wait_us < $1 and (swept_at is null or swept_at + 3 * wait_us < $1) limit 1000";
            now
        )?,
        Work::Messages => fetch!(
            tx,
            "select tenant, id from messages where ((state = 'pending' and released = 1) or state = 'retrying') and coalesce(due, 0) < $1
                and deadline + 2 * wait_us < $1 and (swept_at is null or swept_at + 3 * wait_us < $1) limit 1000";
            now
        )?,
        Work::Deliveries => fetch!(
            tx,
            "select tenant, id from deliveries where state in ('pending', 'retrying') and coalesce(due, 0) < $1
                and deadline + 2 * wait_us < $1 and (swept_at is null or swept_at + 3 * wait_us < $1) limit 1000";
            now
        )?,
    };
    Ok(suspects(found))
}

/// What a stage works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Documents,
    Messages,
    Deliveries,
}

/// Everything that is named by a claim check in the outbox or by a timer: ids of connections, messages and deliveries.
pub async fn claimed(tx: &mut Tx) -> Result<std::collections::HashSet<Uuid>, StoreError> {
    let rows: Vec<(sqlx::types::Json<crate::canonical::ClaimCheck>,)> = fetch!(tx, "select claim from outbox")?;
    let mut ids: std::collections::HashSet<Uuid> = rows.into_iter().flat_map(|(claim,)| claim.0.ids).collect();
    let timers: Vec<(Uuid,)> = fetch!(tx, "select id from timers")?;
    ids.extend(timers.into_iter().map(|t| t.0));
    Ok(ids)
}

/// The connection of a document, and until when its translate lease runs on the database's clock (0: not leased).
pub async fn connection_of(tx: &mut Tx, document: Uuid) -> Result<Option<(Uuid, i64)>, StoreError> {
    let rows: Vec<(Uuid, i64)> = fetch!(
        tx,
        "select d.connection, case when c.lease_until >= {now} then c.lease_until else 0 end from documents d join connections c on c.id = d.connection where d.id = $1";
        document
    )?;
    Ok(rows.into_iter().next())
}

/// Outbound control numbers: (tenant, scope, next).
pub async fn numbers(tx: &mut Tx) -> Result<Vec<(Tenant, String, i64)>, StoreError> {
    Ok(fetch!(tx, "select tenant, scope, next from control_numbers")?)
}

/// Outbound documents that bear a number, by (tenant, partner): how many.
pub async fn numbered(tx: &mut Tx) -> Result<Vec<(Tenant, Uuid, i64)>, StoreError> {
    Ok(fetch!(
        tx,
        "select tenant, partner, count(*) from deliveries where control is not null and partner is not null group by tenant, partner"
    )?)
}

/// How many tenants the directory of the store has: what a look at all tenants must have seen.
pub async fn tenants(tx: &mut Tx) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(tx, "select count(*) from tenants")?;
    Ok(rows.first().map_or(0, |r| r.0))
}
