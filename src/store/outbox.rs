//! The outbox: claim checks that a committed transaction says must go out.
//!
//! On PostgreSQL the relay publishes the rows to the broker and deletes them after the confirm.
//! On SQLite the row is the queue entry itself: taken when due, deleted with the work it names.

use super::{
    Inner, StoreError, Tx,
    sql::{exec, fetch},
    timers,
};
use crate::canonical::{ClaimCheck, Micros, Stage, Tenant};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// A retry's delay: which retry queue carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Delay {
    #[serde(rename = "1s")]
    Second,
    #[serde(rename = "10s")]
    TenSeconds,
    #[serde(rename = "1m")]
    Minute,
    #[serde(rename = "10m")]
    TenMinutes,
}

impl Delay {
    /// All delays, shortest first.
    pub const ALL: [Delay; 4] = [Delay::Second, Delay::TenSeconds, Delay::Minute, Delay::TenMinutes];

    /// Its name in routing keys.
    pub fn name(self) -> &'static str {
        match self {
            Delay::Second => "1s",
            Delay::TenSeconds => "10s",
            Delay::Minute => "1m",
            Delay::TenMinutes => "10m",
        }
    }

    /// Its length in milliseconds.
    pub fn ms(self) -> i64 {
        match self {
            Delay::Second => 1_000,
            Delay::TenSeconds => 10_000,
            Delay::Minute => 60_000,
            Delay::TenMinutes => 600_000,
        }
    }

    /// The largest that fits what remains; `None` under a second: early enough to work at once.
    pub fn fitting(remaining_ms: i64) -> Option<Delay> {
        Delay::ALL.into_iter().rev().find(|d| d.ms() <= remaining_ms)
    }
}

/// A claim check to be written.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub tenant: Tenant,
    pub stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<&'static str>,
    /// Not to be taken before this instant (embedded queue).
    pub due: i64,
    pub claim: ClaimCheck,
    pub written_at: i64,
}

impl Row {
    /// For now.
    pub fn at_once(claim: ClaimCheck, now: Micros) -> Self {
        Row { tenant: claim.tenant, stage: claim.kind.name(), delay: None, due: now.0, claim, written_at: now.0 }
    }

    /// For later: by the retry queue that fits, or at once when less than a second remains.
    pub fn later(claim: ClaimCheck, now: Micros, due: Micros) -> Self {
        let delay = Delay::fitting((due.0 - now.0) / 1_000);
        Row {
            tenant: claim.tenant,
            stage: claim.kind.name(),
            delay: delay.map(Delay::name),
            due: due.0,
            claim,
            written_at: now.0,
        }
    }
}

/// Writes claim checks; the transaction's commit wakes who waits for them.
///
/// What is due after more than ten minutes becomes a timer on PostgreSQL, since a message that waits so long holds the
/// broker's log; here the row itself waits until it is due.
pub async fn push(tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
    let far = |row: &&Row| row.due - row.written_at > Delay::TenMinutes.ms() * 1_000;
    if matches!(tx.inner, Inner::Pg(_)) && rows.iter().any(|row| far(&row)) {
        let (later, rest): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(far);
        let later: Vec<timers::Timer<'_>> = later.into_iter().map(timers::Timer::of).collect();
        timers::write(tx, &later).await?;
        return insert(tx, &rest).await;
    }
    insert(tx, rows).await
}

async fn insert<R: Serialize + Sync>(tx: &mut Tx, rows: &[R]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.outbox_was_written();
    exec!(
        tx,
        "insert into outbox (tenant, stage, delay, due, claim, written_at)
         select r.tenant, r.stage, r.delay, r.due, r.claim, r.written_at from {rows} where true",
        "tenant uuid, stage text, delay text, due bigint, claim jsonb, written_at bigint" => rows
    )?;
    Ok(())
}

/// Claim checks for ids of one stage, 64 to one.
pub fn claims(tenant: Tenant, stage: Stage, ids: &[Uuid], now: Micros) -> Vec<Row> {
    ids.chunks(crate::canonical::claim::CLAIM_IDS)
        .map(|c| Row::at_once(ClaimCheck::new(tenant, stage, c.to_vec()), now))
        .collect()
}

/// A row as the relay and the embedded queue read it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Waiting {
    pub id: i64,
    pub tenant: Tenant,
    pub stage: String,
    pub delay: Option<String>,
    pub due: i64,
    /// A [`ClaimCheck`], unless another version of the hub wrote it.
    #[sqlx(json)]
    pub claim: Value,
    pub written_at: i64,
}

/// A claim check whose timer is due, as an outbox row.
#[derive(Debug, Serialize)]
pub(super) struct Woken {
    pub tenant: Tenant,
    pub stage: String,
    pub due: i64,
    pub claim: Value,
    pub written_at: i64,
}

/// Writes rows for timers that are due.
pub(super) async fn wake(tx: &mut Tx, rows: &[Woken]) -> Result<(), StoreError> {
    insert(tx, rows).await
}

/// The oldest rows after an id, for the relay.
pub async fn oldest(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, tenant, stage, delay, due, claim, written_at from outbox where id > $1 order by id limit $2";
        after, limit
    )?)
}

/// Rows of a stage that are due, oldest first, for the embedded queue.
pub async fn due(tx: &mut Tx, stage: Stage, now: Micros, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, tenant, stage, delay, due, claim, written_at from outbox where stage = $1 and due <= $2 order by due, id limit $3";
        stage.name(), now, limit
    )?)
}

/// When the next row of a stage falls due, of those that are due after an instant.
pub async fn next_due(tx: &mut Tx, stage: Stage, after: Micros) -> Result<Option<Micros>, StoreError> {
    let rows: Vec<(Option<i64>,)> =
        fetch!(tx, "select min(due) from outbox where stage = $1 and due > $2"; stage.name(), after)?;
    Ok(rows.first().and_then(|r| r.0).map(Micros))
}

/// Deletes rows: confirmed by the broker, or done.
pub async fn delete(tx: &mut Tx, ids: &[i64]) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: i64,
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let rows: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    Ok(exec!(tx, "delete from outbox where id in (select r.id from {rows})", "id bigint" => &rows)?)
}

/// Rows waiting, by stage: how many and the oldest's age in microseconds.
pub async fn depth(tx: &mut Tx, now: Micros) -> Result<Vec<(String, i64, i64)>, StoreError> {
    Ok(
        fetch!(tx, "select stage, count(*), cast(coalesce(max($1 - written_at), 0) as bigint) from outbox group by stage"; now)?,
    )
}

/// Rows of a stage: how many are due, and how many are for later.
pub async fn due_and_later(tx: &mut Tx, stage: Stage, now: Micros) -> Result<(u64, u64), StoreError> {
    let rows: Vec<(i64, i64)> = fetch!(
        tx,
        "select cast(coalesce(sum(case when due <= $2 then 1 else 0 end), 0) as bigint),
                cast(coalesce(sum(case when due > $2 then 1 else 0 end), 0) as bigint) from outbox where stage = $1";
        stage.name(), now
    )?;
    Ok(rows.first().map_or((0, 0), |(due, later)| (*due as u64, *later as u64)))
}

/// How many ids the rows of a stage name.
pub async fn ids_waiting(tx: &mut Tx, stage: Stage) -> Result<u64, StoreError> {
    let rows: Vec<(i64,)> =
        fetch!(tx, "select count(*) from outbox cross join {ids} where outbox.stage = $1"; stage.name())?;
    Ok(rows.first().map_or(0, |r| r.0.max(0) as u64))
}

/// Which of these ids the rows of a stage name, or its timers: work for which a claim check stands already. In a system
/// transaction.
pub async fn named(tx: &mut Tx, stage: Stage, ids: &[Uuid]) -> Result<HashSet<Uuid>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: Uuid,
    }
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ask: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    let rows: Vec<(String,)> = fetch!(
        tx,
        "select distinct c.value from (select stage, claim from outbox union all select kind, body from timers) as outbox cross join {ids}
         where outbox.stage = $2 and c.value in (select r.id from {rows})",
        "id text" => &ask;
        stage.name()
    )?;
    Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
}
