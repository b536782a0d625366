//! Counts, and suspects: rows whose counterpart is not there. In system transactions, which see ids, states, instants
//! and counts, and no bodies; of one tenant or of all.

use super::{Inner, StoreError, Tx, sql::fetch};
use crate::canonical::{Micros, PartnerId, Tenant};
use serde::Serialize;
use uuid::Uuid;

/// At most so many suspects of a kind are told; behind so many the kind is known and the number is no news.
pub const SUSPECTS: i64 = 1_000;

/// A thing that may be missing something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub struct Suspect {
    pub tenant: Tenant,
    pub id: Uuid,
}

/// Documents by state.
pub async fn documents(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(fetch!(tx, "select state, count(*) from documents where ($1 is null or tenant = $1) group by state"; tenant)?)
}

/// Messages by state.
pub async fn messages(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(fetch!(tx, "select state, count(*) from messages where ($1 is null or tenant = $1) group by state"; tenant)?)
}

/// Deliveries by state.
pub async fn deliveries(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(fetch!(tx, "select state, count(*) from deliveries where ($1 is null or tenant = $1) group by state"; tenant)?)
}

/// Sealed blobs that no document names: (tenant, hash).
pub async fn blobs_without_document(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<(Tenant, String)>, StoreError> {
    Ok(fetch!(
        tx,
        "select b.tenant, b.sha256 from blobs b where b.sealed_at is not null and ($1 is null or b.tenant = $1)
            and not exists (select 1 from documents d where d.tenant = b.tenant and d.sha256 = b.sha256) limit $2";
        tenant, SUSPECTS
    )?)
}

/// Documents whose bytes are not there, though nothing let them go.
pub async fn documents_without_bytes(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select d.tenant, d.id from documents d where d.raw_removed_at is null and ($1 is null or d.tenant = $1)
            and not exists (select 1 from blobs b where b.tenant = d.tenant and b.sha256 = d.sha256 and b.sealed_at is not null) limit $2";
        tenant, SUSPECTS
    )?)
}

/// A translated document whose sets and messages do not match.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unmatched {
    pub tenant: Tenant,
    pub id: Uuid,
    /// Sets that translate has read.
    pub sets: Option<i64>,
    /// Sets that have a message which nobody replaced.
    pub there: i64,
    /// Messages too many: two of the same set and split that stand beside each other.
    pub doubled: i64,
}

/// Translated documents of whose sets not each has exactly one message that stands: of its latest run, the earlier
/// ones being replaced.
pub async fn documents_without_messages(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Unmatched>, StoreError> {
    Ok(fetch!(
        tx,
        "select s.tenant, s.id, s.sets, s.there, s.doubled from (
            select d.tenant, d.id, d.sets,
                (select count(distinct m.set_no) from messages m where m.document = d.id and m.state <> 'replaced') as there,
                (select count(*) - count(distinct m.set_no * 1000000 + m.split) from messages m where m.document = d.id and m.state <> 'replaced') as doubled
            from documents d where d.state = 'translated' and ($1 is null or d.tenant = $1)) s
         where s.sets is null or s.sets <> s.there or s.doubled <> 0 limit $2";
        tenant, SUSPECTS
    )?)
}

/// Applied messages without an event.
pub async fn messages_without_event(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select m.tenant, m.id from messages m where m.state = 'applied' and ($1 is null or m.tenant = $1)
            and not exists (select 1 from events e where e.message = m.id) limit $2";
        tenant, SUSPECTS
    )?)
}

/// Messages that wait, though nothing unfinished of their key stands before them; of an interchange that is applied as one,
/// though nothing unfinished of it does anything else.
pub async fn messages_waiting_for_nothing(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select m.tenant, m.id from messages m where m.state = 'waiting' and ($1 is null or m.tenant = $1)
            and (m.as_one = 0 or not exists (select 1 from messages o where o.tenant = m.tenant and o.document = m.document and o.interchange = m.interchange
                and o.as_one > 0 and (o.state in ('pending', 'held', 'retrying', 'dead') or (o.state = 'waiting' and exists (
                    select 1 from messages e where e.tenant = o.tenant and e.partner = o.partner and e.kind = o.kind and e.number = o.number
                        and e.place < o.place and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead') and e.document <> o.document)))))
            and not exists (select 1 from messages e where e.tenant = m.tenant and e.partner = m.partner and e.kind = m.kind and e.number = m.number
                and e.place < m.place and e.state in ('pending', 'waiting', 'held', 'retrying', 'dead')) limit $2";
        tenant, SUSPECTS
    )?)
}

/// Documents that wait for an acknowledgement of which no expectation says until when, though they went out.
pub async fn waiting_without_expectation(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select d.tenant, d.id from deliveries d where d.acknowledged in ('waiting', 'overdue') and ($1 is null or d.tenant = $1)
            and not exists (select 1 from expectations e where e.delivery = coalesce(d.carried_by, d.id) and e.kind = 'acknowledgement' and e.state in ('waiting', 'warned', 'overdue')
                and (e.due_at is not null or d.state <> 'delivered')) limit $2";
        tenant, SUSPECTS
    )?)
}

/// Documents that wait for a batch in which they don't stand.
pub async fn waiting_for_no_batch(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Suspect>, StoreError> {
    Ok(fetch!(
        tx,
        "select d.tenant, d.id from deliveries d where d.state = 'pending' and d.deadline = $3 and d.carried_by is null and ($1 is null or d.tenant = $1)
            and not exists (select 1 from batched_sets b where b.id = d.id) limit $2";
        tenant, SUSPECTS, super::batches::CARRIED
    )?)
}

/// A subscription as the audit needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Subscribed {
    pub tenant: Tenant,
    pub id: Uuid,
    /// `endpoint` or `answer`.
    pub kind: String,
    /// Of an answer: whose messages it answers.
    pub partner: Option<PartnerId>,
    #[sqlx(json)]
    pub events: Vec<String>,
    pub elsewhere: String,
    pub from_at: i64,
    pub until_at: Option<i64>,
}

/// The subscriptions that stand or stood.
pub async fn subscriptions(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Subscribed>, StoreError> {
    Ok(fetch!(
        tx,
        "select tenant, id, kind, partner, events, elsewhere, from_at, until_at from subscriptions where ($1 is null or tenant = $1)";
        tenant
    )?)
}

/// One pattern of a subscription: the event's whole type, or how it begins.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    pub tenant: Tenant,
    pub subscription: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// `,edifact,xml,`: the standards whose orders another answer takes.
    pub elsewhere: String,
    pub from_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<String>,
    /// Characters of `begins`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<i64>,
}

/// An event that nobody carries to a subscription that wanted it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Untold {
    pub tenant: Tenant,
    pub id: Uuid,
    pub kind: String,
    pub subscription: Uuid,
}

/// Events made while a subscription stood whose pattern they match, and that no delivery carries to it.
pub async fn events_without_delivery(tx: &mut Tx, wanted: &[Wanted]) -> Result<Vec<Untold>, StoreError> {
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select e.tenant, e.id, e.kind, r.subscription from events e join {rows} on r.tenant = e.tenant
            and r.from_at <= e.at and (r.until_at is null or e.at < r.until_at) and (e.kind = r.whole or substr(e.kind, 1, r.length) = r.begins)
         where (r.partner is null or exists (select 1 from messages m where m.id = e.message and m.partner = r.partner and r.elsewhere not like '%,' || m.standard || ',%'))
            and not exists (select 1 from deliveries d where d.event = e.id and d.subscription = r.subscription) limit $2",
        "tenant uuid, subscription uuid, partner uuid, elsewhere text, from_at bigint, until_at bigint, whole text, begins text, length integer" => wanted;
        SUSPECTS
    )?)
}

/// What a stage works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Documents,
    Messages,
    Deliveries,
}

/// Unfinished work past three times its wait.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Stuck {
    pub tenant: Tenant,
    pub id: Uuid,
    /// What a claim check for it names: the connection of a document, else the thing itself.
    pub claim: Uuid,
}

/// Unfinished work that is past its deadline by twice its wait and more, so that the sweeper has not published it since
/// (that moves the deadline), and for which no lease stands. Whether a claim check stands in the outbox or a timer, the
/// caller asks next. Of a connection the first document speaks for those behind it. A message whose trailer is not read
/// yet is its document's business.
pub async fn stuck(tx: &mut Tx, work: Work, tenant: Option<Tenant>, now: Micros) -> Result<Vec<Stuck>, StoreError> {
    Ok(match work {
        Work::Documents => fetch!(
            tx,
            "select d.tenant, d.id, d.connection as claim from documents d where d.state in ('received', 'retrying') and ($1 is null or d.tenant = $1)
                and d.deadline < $2 and d.deadline + 2 * d.wait_us < $2
                and not exists (select 1 from documents e where e.connection = d.connection and e.sequence < d.sequence and e.state in ('received', 'retrying'))
                and not exists (select 1 from connections c where c.id = d.connection and c.lease_owner is not null and c.lease_until >= {now}) order by d.deadline limit $3";
            tenant, now, SUSPECTS
        )?,
        Work::Messages => fetch!(
            tx,
            "select m.tenant, m.id, m.id as claim from messages m where m.state in ('pending', 'retrying') and ($1 is null or m.tenant = $1)
                and m.deadline < $2 and m.deadline + 2 * m.wait_us < $2
                and (m.released = 1 or m.state = 'retrying' or exists (select 1 from documents d where d.id = m.document and d.state = 'translated')) order by m.deadline limit $3";
            tenant, now, SUSPECTS
        )?,
        Work::Deliveries => fetch!(
            tx,
            "select d.tenant, d.id, d.id as claim from deliveries d where d.state in ('pending', 'retrying') and ($1 is null or d.tenant = $1)
                and d.deadline < $2 and d.deadline + 2 * d.wait_us < $2 order by d.deadline limit $3";
            tenant, now, SUSPECTS
        )?,
    })
}

/// The counter of outbound control numbers of a scope.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Counter {
    pub tenant: Tenant,
    pub scope: String,
    pub next: i64,
    /// Where it began; not known of one made by an early version.
    pub first: Option<i64>,
}

/// The counters of outbound control numbers.
pub async fn counters(tx: &mut Tx, tenant: Option<Tenant>) -> Result<Vec<Counter>, StoreError> {
    Ok(fetch!(
        tx,
        "select tenant, scope, next, first from control_numbers where ($1 is null or tenant = $1) order by tenant, scope";
        tenant
    )?)
}

/// How many documents to a partner bear a number of their own, and the lowest: one that went out once more under the number
/// of another took none.
pub async fn numbered(tx: &mut Tx, tenant: Tenant, partner: PartnerId) -> Result<(i64, Option<String>), StoreError> {
    let rows: Vec<(i64, Option<String>)> = fetch!(
        tx,
        "select count(*), min(d.control) from deliveries d where d.tenant = $1 and d.partner = $2 and d.control is not null
            and not exists (select 1 from deliveries o where o.tenant = d.tenant and o.id = d.again_of and o.control = d.control)";
        tenant, partner
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// The numbers that documents to a partner bear, behind one, in order.
pub async fn numbers(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch!(
        tx,
        "select control from deliveries where tenant = $1 and partner = $2 and control is not null and control > $3 order by control limit $4";
        tenant, partner, after, limit
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Tables of which this transaction may not see every row: under row-level security without a policy that shows all to
/// its role, or with one that takes some away. On SQLite there are none.
pub async fn hidden(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    match &mut tx.inner {
        Inner::Lite(_) => Ok(vec![]),
        Inner::Pg(t) => Ok(sqlx::query_scalar(
            "select c.relname::text from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relrowsecurity
                and (not exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('*', 'r')
                        and current_user::regrole::oid = any (p.polroles) and pg_get_expr(p.polqual, p.polrelid) = 'true')
                    or exists (select from pg_policy p where p.polrelid = c.oid and not p.polpermissive))
             order by 1",
        )
        .fetch_all(&mut **t)
        .await?),
    }
}
