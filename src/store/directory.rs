//! Who is who, as the configuration files say: tenants, connections, subscriptions; and the leases on connections.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{ConnectionId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Writes a tenant.
pub async fn tenant(tx: &mut Tx, tenant: Tenant, name: &str, currency: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "insert into tenants (tenant, name, currency) values ($1, $2, $3) on conflict (tenant) do update set name = excluded.name, currency = excluded.currency";
        tenant, name, currency
    )?;
    Ok(())
}

/// All tenants: (id, name).
pub async fn tenants(tx: &mut Tx) -> Result<Vec<(Tenant, String)>, StoreError> {
    Ok(fetch!(tx, "select tenant, name from tenants order by name")?)
}

/// A connection to be written.
#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: String,
    pub transport: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
}

/// Writes connections.
pub async fn connections(tx: &mut Tx, tenant: Tenant, rows: &[Connection]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into connections (tenant, id, name, transport, partner) select $2, r.id, r.name, r.transport, r.partner from {rows} where true
         on conflict (id) do update set name = excluded.name, transport = excluded.transport, partner = excluded.partner",
        "id uuid, name text, transport text, partner uuid" => rows;
        tenant
    )?;
    Ok(())
}

/// A subscription to be written: who gets which events.
#[derive(Debug, Clone, Serialize)]
pub struct Subscription {
    pub id: Uuid,
    /// `endpoint` or `answer`.
    pub kind: &'static str,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// Patterns: `order.*`.
    pub events: Value,
    /// An answer: `,edifact,xml,` are the standards whose orders another answer of the partner's takes.
    pub elsewhere: String,
    pub target: String,
}

/// Writes the subscriptions that stand from now on, and ends those that no file names any more. One that wants other
/// events than before counts from now on: what was made before it could have wanted them is owed to nobody.
pub async fn subscriptions(tx: &mut Tx, tenant: Tenant, rows: &[Subscription], now: Micros) -> Result<(), StoreError> {
    exec!(
        tx,
        "insert into subscriptions (tenant, id, kind, name, partner, events, elsewhere, target, from_at) select $2, r.id, r.kind, r.name, r.partner, r.events, r.elsewhere, r.target, $3 from {rows} where true
         on conflict (id) do update set events = excluded.events, elsewhere = excluded.elsewhere, target = excluded.target,
            from_at = case when subscriptions.until_at is null and subscriptions.events = excluded.events and subscriptions.elsewhere = excluded.elsewhere then subscriptions.from_at else excluded.from_at end, until_at = null",
        "id uuid, kind text, name text, partner uuid, events jsonb, elsewhere text, target text" => rows;
        tenant, now
    )?;
    exec!(
        tx,
        "update subscriptions set until_at = $3 where tenant = $2 and until_at is null and id not in (select r.id from {rows})",
        "id uuid, kind text, name text, partner uuid, events jsonb, elsewhere text, target text" => rows;
        tenant, now
    )?;
    Ok(())
}

/// Takes or renews a connection's translate lease on the database's clock: gives the epoch, or nothing if another has it.
/// A renewal keeps the epoch; who takes it over raises it.
pub async fn lease(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    owner: Uuid,
    for_us: i64,
) -> Result<Option<i64>, StoreError> {
    let rows: Vec<(i64,)> = fetch!(
        tx,
        "update connections set lease_epoch = case when lease_owner = $3 and lease_until >= {now} then lease_epoch else lease_epoch + 1 end, lease_owner = $3, lease_until = {now} + $4
         where tenant = $1 and id = $2 and (lease_owner is null or lease_owner = $3 or lease_until < {now}) returning lease_epoch";
        tenant, connection, owner, for_us
    )?;
    Ok(rows.first().map(|r| r.0))
}

/// Checks in a commit that the lease is still of this epoch, and renews it.
pub async fn still_leased(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    epoch: i64,
    for_us: i64,
) -> Result<(), StoreError> {
    let changed = exec!(
        tx,
        "update connections set lease_until = {now} + $4 where tenant = $1 and id = $2 and lease_epoch = $3 and lease_owner is not null";
        tenant, connection, epoch, for_us
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Lost("the connection's translate lease")) }
}

/// Gives the lease back, if it is still ours.
pub async fn release_lease(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    epoch: i64,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update connections set lease_owner = null, lease_until = 0 where tenant = $1 and id = $2 and lease_epoch = $3";
        tenant, connection, epoch
    )?;
    Ok(())
}

/// Takes or renews the lease under which a folder is polled by one process at a time.
pub async fn poll_lease(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    owner: Uuid,
    for_us: i64,
) -> Result<bool, StoreError> {
    let changed = exec!(
        tx,
        "update connections set poll_owner = $3, poll_until = {now} + $4 where tenant = $1 and id = $2 and (poll_owner is null or poll_owner = $3 or poll_until < {now})";
        tenant, connection, owner, for_us
    )?;
    Ok(changed == 1)
}

/// Notes that a connection fails, and why, or that it works again.
pub async fn failing(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    why: Option<&str>,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update connections set failing = $3 where tenant = $1 and id = $2 and (failing is null) <> ($3 is null)";
        tenant, connection, why
    )?;
    Ok(())
}

/// Connections that fail now, of all tenants: (tenant, name, why).
pub async fn failing_now(tx: &mut Tx) -> Result<Vec<(Tenant, String, String)>, StoreError> {
    Ok(fetch!(tx, "select tenant, name, failing from connections where failing is not null order by name")?)
}

/// Gives the poll lease back, if it is still ours.
pub async fn release_poll(
    tx: &mut Tx,
    tenant: Tenant,
    connection: ConnectionId,
    owner: Uuid,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update connections set poll_owner = null, poll_until = 0 where tenant = $1 and id = $2 and poll_owner = $3";
        tenant, connection, owner
    )?;
    Ok(())
}

/// Frees every lease of a tenant: on the embedded store, whose lock says that no other process is there, a lease that
/// stands at the start is a dead process's.
pub async fn free_leases(tx: &mut Tx, tenant: Tenant) -> Result<(), StoreError> {
    exec!(
        tx,
        "update connections set lease_owner = null, lease_until = 0, poll_owner = null, poll_until = 0 where tenant = $1 and (lease_owner is not null or poll_owner is not null)";
        tenant
    )?;
    Ok(())
}
