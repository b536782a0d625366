//! One row a business key: who is next, and the lock under which that is asked.
//!
//! Every transaction that looks for an earlier message of a key, or ends or restarts one, locks its rows here first,
//! sorted, and looks in a later statement: so it sees what the other has committed.

use super::{StoreError, Tx, sql::fetch};
use crate::canonical::{DocumentId, MessageId, PartnerId, Tenant};
use serde::Serialize;

/// A business key within a tenant: order is kept by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    pub partner: PartnerId,
    pub kind: String,
    pub number: String,
}

#[derive(Serialize)]
struct Ask<'a> {
    tenant: Tenant,
    partner: PartnerId,
    kind: &'a str,
    number: &'a str,
    n: i64,
}

/// Takes `n` places for each key, making its row if there is none, and leaves the rows locked.
/// Gives the first of the places. Keys must be sorted and distinct.
pub async fn take_places(tx: &mut Tx, tenant: Tenant, keys: &[(&Key, i64)]) -> Result<Vec<i64>, StoreError> {
    let ask: Vec<Ask> =
        keys.iter().map(|(k, n)| Ask { tenant, partner: k.partner, kind: &k.kind, number: &k.number, n: *n }).collect();
    if ask.is_empty() {
        return Ok(vec![]);
    }
    let got: Vec<(PartnerId, String, String, i64)> = fetch!(
        tx,
        "insert into keys (tenant, partner, kind, number, next_place)
         select r.tenant, r.partner, r.kind, r.number, r.n from {rows} where true order by r.partner, r.kind, r.number
         on conflict (tenant, partner, kind, number) do update set next_place = keys.next_place + excluded.next_place
         returning partner, kind, number, next_place",
        "tenant uuid, partner uuid, kind text, number text, n bigint" => &ask
    )?;
    let by_key: std::collections::HashMap<(PartnerId, &str, &str), i64> =
        got.iter().map(|(p, k, n, next)| ((*p, k.as_str(), n.as_str()), *next)).collect();
    keys.iter()
        .map(|(k, n)| {
            by_key
                .get(&(k.partner, k.kind.as_str(), k.number.as_str()))
                .map(|next| next - n)
                .ok_or_else(|| StoreError::Row(format!("no row came back for the key {}", k.number)))
        })
        .collect()
}

/// Locks the rows of keys that have one. Keys must be sorted.
pub async fn lock(tx: &mut Tx, tenant: Tenant, keys: &[Key]) -> Result<(), StoreError> {
    let ask: Vec<Ask> =
        keys.iter().map(|k| Ask { tenant, partner: k.partner, kind: &k.kind, number: &k.number, n: 0 }).collect();
    if ask.is_empty() {
        return Ok(());
    }
    let _: Vec<(i64,)> = fetch!(
        tx,
        "select keys.next_place from keys join {rows} on keys.tenant = r.tenant and keys.partner = r.partner and keys.kind = r.kind and keys.number = r.number
         order by keys.partner, keys.kind, keys.number {lock}",
        "tenant uuid, partner uuid, kind text, number text, n bigint" => &ask
    )?;
    Ok(())
}

/// A message that others of its key wait for, as people know it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Before {
    pub id: MessageId,
    pub set_kind: String,
    pub set_control: String,
    pub number: Option<String>,
    pub state: String,
    pub document: DocumentId,
    /// Its document's.
    pub name: String,
}

/// Messages that others wait for, with what their documents are called.
pub async fn named(tx: &mut Tx, tenant: Tenant, ids: &[MessageId]) -> Result<Vec<Before>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: MessageId,
    }
    let asked: Vec<Id> = ids.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select m.id, m.set_kind, m.set_control, m.number, m.state, m.document, d.name from messages m join {rows} on m.id = r.id
         join documents d on d.id = m.document and d.tenant = m.tenant where m.tenant = $2",
        "id uuid" => &asked;
        tenant
    )?)
}
