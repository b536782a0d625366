//! Sets that went out: the numbers that they bear, and what was said of them.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DeliveryId, MessageId, Micros, PartnerId, Tenant};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A set that goes out in a delivery.
#[derive(Debug, Clone, Serialize)]
pub struct NewSet {
    pub tenant: Tenant,
    /// The delivery's id, where the set is its only one.
    pub id: Uuid,
    pub delivery: DeliveryId,
    pub partner: PartnerId,
    pub standard: &'static str,
    /// `855`, `997`.
    pub kind: String,
    pub interchange_no: i64,
    pub group_no: i64,
    /// ST02 and UNH 0062, as a number and as written.
    pub set_no: i64,
    pub set_control: String,
    /// The message whose answer it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// What it is called itself: BAK03, BGM 1004.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub created_at: i64,
}

/// Writes sets; one that stands is left as it is.
pub async fn insert(tx: &mut Tx, rows: &[NewSet]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into outbound_sets (tenant, id, delivery, partner, standard, kind, interchange_no, group_no, set_no, set_control, message, name, created_at)
         select r.tenant, r.id, r.delivery, r.partner, r.standard, r.kind, r.interchange_no, r.group_no, r.set_no, r.set_control, r.message, r.name, r.created_at
         from {rows} where true on conflict (id) do nothing",
        "tenant uuid, id uuid, delivery uuid, partner uuid, standard text, kind text, interchange_no bigint, group_no bigint, set_no bigint, set_control text, message uuid, name text, created_at bigint" => rows
    )?;
    Ok(())
}

/// A set that went out, and what was said of it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SetRow {
    pub id: Uuid,
    pub delivery: DeliveryId,
    pub partner: PartnerId,
    pub standard: String,
    pub kind: String,
    pub interchange_no: i64,
    pub group_no: i64,
    pub set_no: i64,
    pub set_control: String,
    pub message: Option<MessageId>,
    /// The message that said that its interchange arrived.
    pub received_by: Option<MessageId>,
    /// `accepted`, `accepted_with_errors` or `rejected`.
    pub verdict: Option<String>,
    pub verdict_by: Option<MessageId>,
    pub verdict_at: Option<i64>,
    /// The message whose advice the verdict is: what an application says counts more than what its translator said.
    pub advised_by: Option<MessageId>,
    /// What it is called itself.
    pub name: Option<String>,
    /// What was found wrong: `[{by, code, sentence}]`.
    #[sqlx(json(nullable))]
    pub said: Option<Value>,
}

impl SetRow {
    /// True if a partner's answer names it by this control number, be it without the zeros, or what else stands before it.
    pub fn is_named(&self, control: &str) -> bool {
        let control = control.trim();
        control == self.set_control || control.parse() == Ok(self.set_no)
    }
}

macro_rules! set_query {
    ($tail:literal) => {
        concat!(
            "select s.id, s.delivery, s.partner, s.standard, s.kind, s.interchange_no, s.group_no, s.set_no, s.set_control, s.message, s.received_by, s.verdict, s.verdict_by, s.verdict_at, s.advised_by, s.name, s.said from outbound_sets s ",
            $tail
        )
    };
}

/// The sets of the newest interchange that went to a partner under a number, locked.
pub async fn lock_interchange(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    standard: &str,
    number: i64,
) -> Result<Vec<SetRow>, StoreError> {
    Ok(fetch!(
        tx,
        set_query!(
            "where s.tenant = $1 and s.delivery = (select n.delivery from outbound_sets n where n.tenant = $1 and n.partner = $2 and n.standard = $3
                and n.interchange_no = $4 order by n.created_at desc, n.delivery desc limit 1) order by s.id {lock}"
        );
        tenant, partner, standard, number
    )?)
}

/// The sets of the newest group that went to a partner under a number, locked.
pub async fn lock_group(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    standard: &str,
    number: i64,
) -> Result<Vec<SetRow>, StoreError> {
    Ok(fetch!(
        tx,
        set_query!(
            "where s.tenant = $1 and s.group_no = $4 and s.delivery = (select n.delivery from outbound_sets n where n.tenant = $1 and n.partner = $2
                and n.standard = $3 and n.group_no = $4 order by n.created_at desc, n.delivery desc limit 1) order by s.id {lock}"
        );
        tenant, partner, standard, number
    )?)
}

/// Business documents that went to a partner and are called so, or answer a message of that number; of a kind, if one is
/// given (else empty). Of the newest delivery that holds one: its id and theirs.
pub async fn named(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    standard: &str,
    (kind, name): (&str, &str),
) -> Result<Option<(DeliveryId, Vec<Uuid>)>, StoreError> {
    let rows: Vec<(Uuid, DeliveryId)> = fetch!(
        tx,
        "select s.id, s.delivery from outbound_sets s where s.tenant = $1 and s.partner = $2 and s.standard = $3 and ($4 = '' or s.kind = $4)
            and s.message is not null and s.kind not in ('824', 'APERAK')
            and (s.name = $5 or s.message in (select m.id from messages m where m.tenant = $1 and m.number = $5))
            order by s.created_at desc, s.delivery desc, s.id limit 200";
        tenant, partner, standard, kind, name
    )?;
    let Some((_, newest)) = rows.first().copied() else { return Ok(None) };
    Ok(Some((newest, rows.into_iter().filter(|(_, of)| *of == newest).map(|(id, _)| id).collect())))
}

/// The sets of a delivery, locked.
pub async fn lock_delivery(tx: &mut Tx, tenant: Tenant, delivery: DeliveryId) -> Result<Vec<SetRow>, StoreError> {
    Ok(fetch!(tx, set_query!("where s.tenant = $1 and s.delivery = $2 order by s.id {lock}"); tenant, delivery)?)
}

/// The sets of deliveries, by delivery and number.
pub async fn of_deliveries(tx: &mut Tx, tenant: Tenant, deliveries: &[DeliveryId]) -> Result<Vec<SetRow>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: DeliveryId,
    }
    if deliveries.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = deliveries.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        set_query!("join {rows} on s.delivery = r.id where s.tenant = $2 order by s.delivery, s.set_no"),
        "id uuid" => &ask;
        tenant
    )?)
}

/// What is said of a set.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub id: Uuid,
    pub verdict: &'static str,
    pub said: Value,
}

/// Notes what a message says of sets of which nothing was said before. `Lost` if something was.
pub async fn judge(
    tx: &mut Tx,
    tenant: Tenant,
    by: MessageId,
    rows: &[Verdict],
    now: Micros,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let changed = exec!(
        tx,
        "update outbound_sets set verdict = r.verdict, said = r.said, verdict_by = $3, verdict_at = $4 from {rows}
         where outbound_sets.id = r.id and outbound_sets.tenant = $2 and outbound_sets.verdict is null",
        "id uuid, verdict text, said jsonb" => rows;
        tenant, by, now
    )?;
    if changed == rows.len() as u64 { Ok(()) } else { Err(StoreError::Lost("what was said of a set")) }
}

/// Notes what a message's advice says of sets, over what their acknowledgements said. `Lost` if one was advised before.
pub async fn advise(
    tx: &mut Tx,
    tenant: Tenant,
    by: MessageId,
    rows: &[Verdict],
    now: Micros,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let changed = exec!(
        tx,
        "update outbound_sets set verdict = r.verdict, said = r.said, verdict_by = $3, advised_by = $3, verdict_at = $4 from {rows}
         where outbound_sets.id = r.id and outbound_sets.tenant = $2 and outbound_sets.advised_by is null",
        "id uuid, verdict text, said jsonb" => rows;
        tenant, by, now
    )?;
    if changed == rows.len() as u64 { Ok(()) } else { Err(StoreError::Lost("an advice of a set")) }
}

/// Notes that a message says that a delivery's interchange arrived.
pub async fn note_received(tx: &mut Tx, tenant: Tenant, delivery: DeliveryId, by: MessageId) -> Result<(), StoreError> {
    exec!(
        tx,
        "update outbound_sets set received_by = $3 where tenant = $1 and delivery = $2 and received_by is null";
        tenant, delivery, by
    )?;
    Ok(())
}

/// Notes at a delivery how it was taken as a whole, and what was said. That it was only received is no news where more
/// is expected or was said.
pub async fn note_answer(
    tx: &mut Tx,
    tenant: Tenant,
    delivery: DeliveryId,
    acknowledged: &str,
    answer: &Value,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "update deliveries set answer = case when $3 = 'received' then coalesce(answer, $4) else $4 end, acknowledged = case when $3 = 'received' then coalesce(acknowledged, $3) else $3 end
         where tenant = $1 and id = $2";
        tenant, delivery, acknowledged, sqlx::types::Json(answer)
    )?;
    Ok(())
}

/// Its interchange goes out once more: what was said of its sets before is history, which the journal keeps.
pub async fn forget_verdicts(tx: &mut Tx, tenant: Tenant, delivery: DeliveryId) -> Result<(), StoreError> {
    exec!(
        tx,
        "update outbound_sets set received_by = null, verdict = null, verdict_by = null, advised_by = null, verdict_at = null, said = null
         where tenant = $1 and delivery = $2";
        tenant, delivery
    )?;
    Ok(())
}
