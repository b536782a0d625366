//! The messages of an interchange that is preserved: none is applied before all of them can be.
//!
//! Who looks at them as a whole, or ends or restarts one of them, first locks the interchange's row here, before the rows
//! of any key.

use super::{
    StoreError, Tx,
    keys::Key,
    sql::{exec, fetch},
};
use crate::canonical::{DocumentId, MessageId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;

/// An interchange whose messages are applied as one. The order is that in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOne {
    pub document: DocumentId,
    pub interchange: i64,
}

impl AsOne {
    /// Of a message's columns.
    pub fn of(document: DocumentId, interchange: Option<i64>, as_one: i64) -> Option<AsOne> {
        interchange.filter(|_| as_one > 0).map(|interchange| AsOne { document, interchange })
    }
}

/// Locks an interchange, and says whether its trailer was read.
pub async fn lock(tx: &mut Tx, tenant: Tenant, of: AsOne) -> Result<bool, StoreError> {
    let rows: Vec<(i64,)> = fetch!(
        tx,
        "select whole from interchanges where tenant = $1 and document = $2 and ordinal = $3 {lock}";
        tenant, of.document, of.interchange
    )?;
    Ok(rows.first().is_some_and(|row| row.0 == 1))
}

/// One of the messages, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    pub id: MessageId,
    pub set_kind: String,
    pub set_control: String,
    pub number: Option<String>,
    pub state: String,
    pub standard: String,
    pub partner: Option<PartnerId>,
}

/// The first that can't be applied as it is: held, dead, or to be tried again later.
pub async fn blocker(tx: &mut Tx, tenant: Tenant, of: AsOne, now: Micros) -> Result<Option<Member>, StoreError> {
    let rows: Vec<Member> = fetch!(
        tx,
        "select id, set_kind, set_control, number, state, standard, partner from messages where tenant = $1 and document = $2 and interchange = $3 and as_one > 0
            and (state in ('held', 'dead') or (state = 'retrying' and due > $4)) order by set_no, split, run limit 1";
        tenant, of.document, of.interchange, now
    )?;
    Ok(rows.into_iter().next())
}

/// The first that was refused by itself, where that costs all the others. `along` is the code of those that were refused
/// for another one.
pub async fn culprit(tx: &mut Tx, tenant: Tenant, of: AsOne, along: &str) -> Result<Option<Member>, StoreError> {
    let rows: Vec<Member> = fetch!(
        tx,
        "select id, set_kind, set_control, number, state, standard, partner from messages where tenant = $1 and document = $2 and interchange = $3 and as_one = 2
            and state = 'rejected' and coalesce(cause->>'code', '') <> $4 order by set_no, split, run limit 1";
        tenant, of.document, of.interchange, along
    )?;
    Ok(rows.into_iter().next())
}

/// One of them, whatever its state.
pub async fn member(tx: &mut Tx, tenant: Tenant, id: MessageId) -> Result<Option<Member>, StoreError> {
    let rows: Vec<Member> = fetch!(
        tx,
        "select id, set_kind, set_control, number, state, standard, partner from messages where tenant = $1 and id = $2 and as_one > 0";
        tenant, id
    )?;
    Ok(rows.into_iter().next())
}

/// The first `limit` in some states, in the order of their sets.
pub async fn first(
    tx: &mut Tx,
    tenant: Tenant,
    of: AsOne,
    states: &[&'static str],
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let mut found: Vec<(MessageId, i64, i64, i64)> = Vec::new();
    // A query a state: each reads as many as are wanted and no more, however long the interchange is.
    for state in states {
        let of_state: Vec<(MessageId, i64, i64, i64)> = fetch!(
            tx,
            "select id, set_no, split, run from messages where tenant = $1 and document = $2 and interchange = $3 and as_one > 0 and state = $4
             order by set_no, split, run limit $5";
            tenant, of.document, of.interchange, *state, limit
        )?;
        found.extend(of_state);
    }
    found.sort_by_key(|row| (row.1, row.2, row.3));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found.into_iter().map(|row| row.0).collect())
}

#[derive(Serialize)]
struct Id {
    id: MessageId,
}

/// Makes waiting and held ones `pending`: the caller ends them in this transaction, or publishes them.
pub async fn take_up(tx: &mut Tx, tenant: Tenant, ids: &[MessageId], deadline: Micros) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    exec!(
        tx,
        "update messages set state = 'pending', cause = null, released = 1, deadline = $3, hold_scheme = null, hold_value = null from {rows}
         where messages.id = r.id and messages.tenant = $2 and messages.as_one > 0 and messages.state in ('waiting', 'held')",
        "id uuid" => &ids;
        tenant, deadline
    )?;
    Ok(())
}

/// Lets all that could go wait, but for one. Gives those that did not wait before.
pub async fn wait(
    tx: &mut Tx,
    tenant: Tenant,
    of: AsOne,
    but: MessageId,
    cause: &Value,
) -> Result<Vec<MessageId>, StoreError> {
    exec!(
        tx,
        "update messages set cause = $5 where tenant = $1 and document = $2 and interchange = $3 and as_one > 0 and state = 'waiting' and id <> $4";
        tenant, of.document, of.interchange, but, sqlx::types::Json(cause)
    )?;
    let rows: Vec<(MessageId,)> = fetch!(
        tx,
        "update messages set state = 'waiting', cause = $5 where tenant = $1 and document = $2 and interchange = $3 and as_one > 0 and state = 'pending'
            and id <> $4 returning id";
        tenant, of.document, of.interchange, but, sqlx::types::Json(cause)
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Has an interchange looked at again: of its messages the one that a claim check is to name, `pending` if it waited.
pub async fn wake(tx: &mut Tx, tenant: Tenant, of: AsOne, deadline: Micros) -> Result<Option<MessageId>, StoreError> {
    let waiting = first(tx, tenant, of, &["waiting"], 1).await?;
    take_up(tx, tenant, &waiting, deadline).await?;
    Ok(match waiting.first() {
        Some(id) => Some(*id),
        None => first(tx, tenant, of, &["pending", "held"], 1).await?.first().copied(),
    })
}

/// The message of a key that all others of it stand behind.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Lowest {
    pub partner: PartnerId,
    pub kind: String,
    pub number: String,
    pub id: MessageId,
    pub document: DocumentId,
    pub interchange: Option<i64>,
    pub as_one: i64,
}

/// Of each key the unfinished message that stands first. The caller has locked the keys in an earlier statement.
pub async fn lowest(tx: &mut Tx, tenant: Tenant, keys: &[Key]) -> Result<Vec<Lowest>, StoreError> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select m.partner, m.kind, m.number, m.id, m.document, m.interchange, m.as_one from messages m
         join {rows} on m.partner = r.partner and m.kind = r.kind and m.number = r.number
         where m.tenant = $2 and m.state in ('pending', 'waiting', 'held', 'retrying', 'dead')
            and not exists (select 1 from messages e where e.tenant = m.tenant and e.partner = m.partner and e.kind = m.kind and e.number = m.number
                and e.place < m.place and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead'))",
        "partner uuid, kind text, number text" => keys;
        tenant
    )?)
}

/// Interchanges that wait though each of their messages could go.
pub async fn stranded(tx: &mut Tx, tenant: Tenant, limit: i64) -> Result<Vec<AsOne>, StoreError> {
    let rows: Vec<(DocumentId, i64)> = fetch!(
        tx,
        "select distinct m.document, m.interchange from messages m where m.tenant = $1 and m.state = 'waiting' and m.as_one > 0
            and not exists (select 1 from messages o where o.tenant = m.tenant and o.document = m.document and o.interchange = m.interchange
                and o.as_one > 0 and o.state in ('pending', 'held', 'retrying', 'dead'))
            and not exists (select 1 from messages o
                join messages e on e.tenant = o.tenant and e.partner = o.partner and e.kind = o.kind and e.number = o.number and e.place < o.place
                where o.tenant = m.tenant and o.document = m.document and o.interchange = m.interchange and o.as_one > 0 and o.state = 'waiting'
                    and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead')
                    and (e.document <> o.document or coalesce(e.interchange, -1) <> o.interchange)) limit $2";
        tenant, limit
    )?;
    let mut found: Vec<AsOne> =
        rows.into_iter().map(|(document, interchange)| AsOne { document, interchange }).collect();
    found.sort();
    Ok(found)
}
