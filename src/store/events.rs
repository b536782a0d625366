//! Events: what the core decided, and their place in the feed.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Event, EventId, MessageId, Micros, Tenant};
use serde::Serialize;
use serde_json::Value;

/// An event to be written.
#[derive(Debug, Clone, Serialize)]
pub struct NewEvent<'a> {
    pub tenant: Tenant,
    pub id: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    pub message: MessageId,
    pub ordinal: i64,
    pub kind: &'a str,
    pub key: &'a str,
    pub at: i64,
    pub schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<EventId>,
    pub data: &'a Value,
}

/// Writes events, in their order.
pub async fn insert(tx: &mut Tx, rows: &[NewEvent<'_>]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into events (tenant, id, position, message, ordinal, kind, key, at, schema, repeats, data)
         select r.tenant, r.id, r.position, r.message, r.ordinal, r.kind, r.key, r.at, r.schema, r.repeats, r.data from {rows} where true",
        "tenant uuid, id uuid, position bigint, message uuid, ordinal bigint, kind text, key text, at bigint, schema text, repeats uuid, data jsonb" => rows
    )?;
    Ok(())
}

/// Takes `n` places in the feed. On SQLite apply does it, since its one writer commits in order; on PostgreSQL the
/// relay, after the commits.
pub async fn take_positions(tx: &mut Tx, n: i64) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(tx, "update event_feed set next = next + $1 where one = 1 returning next"; n)?;
    rows.first().map(|r| r.0 - n).ok_or_else(|| StoreError::Row("the event feed's counter has no row".into()))
}

/// Gives committed events without a place the next ones, oldest first. Gives how many; the relay calls it until 0.
pub async fn place(tx: &mut Tx, limit: i64) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct Placed {
        id: EventId,
        position: i64,
    }
    let waiting: Vec<(EventId,)> =
        fetch!(tx, "select id from events where position is null order by at, message, ordinal limit $1"; limit)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let first = take_positions(tx, waiting.len() as i64).await?;
    let rows: Vec<Placed> =
        waiting.iter().enumerate().map(|(n, (id,))| Placed { id: *id, position: first + n as i64 }).collect();
    Ok(
        exec!(tx, "update events set position = r.position from {rows} where events.id = r.id", "id uuid, position bigint" => &rows)?,
    )
}

/// An event as it is read back.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EventRow {
    pub id: EventId,
    pub position: Option<i64>,
    pub tenant: Tenant,
    pub message: MessageId,
    pub ordinal: i64,
    pub kind: String,
    pub key: String,
    pub at: Micros,
    pub schema: String,
    pub repeats: Option<EventId>,
    #[sqlx(json)]
    pub data: Value,
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Event {
        Event {
            id: row.id,
            kind: row.kind,
            at: row.at,
            tenant: row.tenant,
            message: row.message,
            key: row.key,
            repeats: row.repeats,
            schema: row.schema,
            data: row.data,
        }
    }
}

#[derive(Serialize)]
struct Id {
    id: EventId,
}

/// Events by id, in no order.
pub async fn load(tx: &mut Tx, tenant: Tenant, ids: &[EventId]) -> Result<Vec<EventRow>, StoreError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select e.id, e.position, e.tenant, e.message, e.ordinal, e.kind, e.key, e.at, e.schema, e.repeats, e.data from events e join {rows} on e.id = r.id where e.tenant = $2",
        "id uuid" => &ask;
        tenant
    )?)
}

/// The events of a message, in their order.
pub async fn of_message(tx: &mut Tx, tenant: Tenant, message: MessageId) -> Result<Vec<EventRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, position, tenant, message, ordinal, kind, key, at, schema, repeats, data from events where tenant = $1 and message = $2 order by ordinal";
        tenant, message
    )?)
}

#[derive(Serialize)]
struct OfMessage {
    id: MessageId,
}

/// The events of several messages, by message and in their order; at most 1,000.
pub async fn of_messages(tx: &mut Tx, tenant: Tenant, messages: &[MessageId]) -> Result<Vec<EventRow>, StoreError> {
    if messages.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<OfMessage> = messages.iter().map(|id| OfMessage { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select e.id, e.position, e.tenant, e.message, e.ordinal, e.kind, e.key, e.at, e.schema, e.repeats, e.data from events e join {rows} on e.message = r.id
         where e.tenant = $2 order by e.at, e.message, e.ordinal limit 1000",
        "id uuid" => &ask;
        tenant
    )?)
}

/// A tenant's events behind a place in the feed, in their order.
pub async fn feed(tx: &mut Tx, tenant: Tenant, after: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, position, tenant, message, ordinal, kind, key, at, schema, repeats, data from events
         where tenant = $1 and position > $2 order by position limit $3";
        tenant, after, limit
    )?)
}
