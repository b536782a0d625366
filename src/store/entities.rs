//! What is true: entities by (kind, id) with a version, the references that lead to them, and cross-references.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{PartnerId, Tenant};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// An entity as it is kept.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct EntityRow {
    pub kind: String,
    pub id: Uuid,
    pub version: i64,
    /// JSON text.
    pub body: String,
}

#[derive(Serialize)]
struct KeyRow<'a> {
    kind: &'a str,
    id: Uuid,
}

/// Loads entities and leaves them locked. Keys must be in the one global order: by kind, then id.
pub async fn load(tx: &mut Tx, tenant: Tenant, keys: &[(&str, Uuid)]) -> Result<Vec<EntityRow>, StoreError> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<KeyRow> = keys.iter().map(|(kind, id)| KeyRow { kind, id: *id }).collect();
    Ok(fetch!(
        tx,
        "select entities.kind, entities.id, entities.version, cast(entities.body as text) as body from entities
         join {rows} on entities.kind = r.kind and entities.id = r.id where entities.tenant = $2
         order by entities.kind, entities.id {lock}",
        "kind text, id uuid" => &ask;
        tenant
    )?)
}

/// Reads entities without locking them: master data that an apply transaction only looks at.
pub async fn peek(tx: &mut Tx, tenant: Tenant, keys: &[(&str, Uuid)]) -> Result<Vec<EntityRow>, StoreError> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<KeyRow> = keys.iter().map(|(kind, id)| KeyRow { kind, id: *id }).collect();
    Ok(fetch!(
        tx,
        "select entities.kind, entities.id, entities.version, cast(entities.body as text) as body from entities
         join {rows} on entities.kind = r.kind and entities.id = r.id where entities.tenant = $2",
        "kind text, id uuid" => &ask;
        tenant
    )?)
}

/// An entity to write: a new one has version 1, a changed one the version after the one that was read.
#[derive(Debug, Clone, Serialize)]
pub struct Save {
    pub kind: String,
    pub id: Uuid,
    pub version: i64,
    /// JSON, as the core wrote it.
    pub body: Box<RawValue>,
}

/// Writes entities. `Conflict` if one was changed, or made, by somebody else.
pub async fn save(tx: &mut Tx, tenant: Tenant, rows: &[Save]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let written = exec!(
        tx,
        "insert into entities (tenant, kind, id, version, body) select $2, r.kind, r.id, r.version, r.body from {rows} where true order by r.kind, r.id
         on conflict (tenant, kind, id) do update set version = excluded.version, body = excluded.body where entities.version = excluded.version - 1",
        "kind text, id uuid, version bigint, body jsonb" => rows;
        tenant
    )?;
    if written == rows.len() as u64 { Ok(()) } else { Err(StoreError::Lost("an entity's version")) }
}

/// Writes master data whatever its version; gives how many were new or changed.
pub async fn upsert(tx: &mut Tx, tenant: Tenant, rows: &[Save]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(exec!(
        tx,
        "insert into entities (tenant, kind, id, version, body) select $2, r.kind, r.id, r.version, r.body from {rows} where true order by r.kind, r.id
         on conflict (tenant, kind, id) do update set version = entities.version + 1, body = excluded.body where entities.body <> excluded.body",
        "kind text, id uuid, version bigint, body jsonb" => rows;
        tenant
    )?)
}

/// A reference: (kind, scheme, value) → id.
#[derive(Debug, Clone, Serialize)]
pub struct RefRow {
    pub kind: String,
    pub scheme: String,
    pub value: String,
    pub id: Uuid,
}

/// Writes references; one that stands is pointed to the new id.
pub async fn upsert_refs(tx: &mut Tx, tenant: Tenant, rows: &[RefRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into refs (tenant, kind, scheme, value, id) select $2, r.kind, r.scheme, r.value, r.id from {rows} where true
         on conflict (tenant, kind, scheme, value) do update set id = excluded.id",
        "kind text, scheme text, value text, id uuid" => rows;
        tenant
    )?;
    Ok(())
}

/// Resolves references of one kind: gives (scheme, value, id) of those that lead somewhere.
pub async fn resolve(
    tx: &mut Tx,
    tenant: Tenant,
    kind: &str,
    refs: &[crate::canonical::parts::Ref],
) -> Result<Vec<(String, String, Uuid)>, StoreError> {
    if refs.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select refs.scheme, refs.value, refs.id from refs join {rows} on refs.scheme = r.scheme and refs.value = r.id where refs.tenant = $2 and refs.kind = $3",
        "scheme text, id text" => refs;
        tenant, kind
    )?)
}

/// Whose a cross-reference is that holds for all of a tenant's partners.
pub const EVERYONE: PartnerId = PartnerId(Uuid::nil());

/// A cross-reference: what a value of a scheme (`uom`, `party`) means here.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct CrossReference {
    pub scheme: String,
    pub value: String,
    /// For whom it holds: one partner, or [`EVERYONE`].
    pub partner: PartnerId,
    pub target: String,
}

/// Writes cross-references; one that stands gets the new target.
pub async fn upsert_cross_references(tx: &mut Tx, tenant: Tenant, rows: &[CrossReference]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into cross_references (tenant, scheme, value, partner, target) select $2, r.scheme, r.value, r.partner, r.target from {rows} where true
         on conflict (tenant, scheme, value, partner) do update set target = excluded.target",
        "scheme text, value text, partner uuid, target text" => rows;
        tenant
    )?;
    Ok(())
}

/// A tenant's cross-references by scheme, value and partner, all or those of one scheme, behind one of them.
pub async fn all_cross_references(
    tx: &mut Tx,
    tenant: Tenant,
    scheme: Option<&str>,
    after: (&str, &str, PartnerId),
    limit: i64,
) -> Result<Vec<CrossReference>, StoreError> {
    Ok(fetch!(
        tx,
        "select scheme, value, partner, target from cross_references where tenant = $1 and ($2 is null or scheme = $2)
            and (scheme > $3 or (scheme = $3 and (value > $4 or (value = $4 and partner > $5)))) order by scheme, value, partner limit $6";
        tenant, scheme, after.0, after.1, after.2, limit
    )?)
}

/// Takes a cross-reference away. Gives its target; none if there was none.
pub async fn remove_cross_reference(
    tx: &mut Tx,
    tenant: Tenant,
    partner: PartnerId,
    scheme: &str,
    value: &str,
) -> Result<Option<String>, StoreError> {
    let gone: Vec<(String,)> = fetch!(
        tx,
        "delete from cross_references where tenant = $1 and scheme = $2 and value = $3 and partner = $4 returning target";
        tenant, scheme, value, partner
    )?;
    Ok(gone.into_iter().next().map(|(target,)| target))
}

/// The cross-references of (scheme, value) pairs, of all partners: one read a document.
pub async fn cross_references(
    tx: &mut Tx,
    tenant: Tenant,
    asked: &[(String, String)],
) -> Result<Vec<CrossReference>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        scheme: &'a str,
        value: &'a str,
    }
    if asked.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Ask> = asked.iter().map(|(scheme, value)| Ask { scheme, value }).collect();
    Ok(fetch!(
        tx,
        "select distinct c.scheme, c.value, c.partner, c.target from cross_references c join {rows} on c.scheme = r.scheme and c.value = r.value where c.tenant = $2",
        "scheme text, value text" => &ask;
        tenant
    )?)
}

/// Cross-references by (scheme, target), of all partners, for writing outbound.
pub async fn cross_references_to(
    tx: &mut Tx,
    tenant: Tenant,
    asked: &[(String, String)],
) -> Result<Vec<CrossReference>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        scheme: &'a str,
        target: &'a str,
    }
    if asked.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Ask> = asked.iter().map(|(scheme, target)| Ask { scheme, target }).collect();
    Ok(fetch!(
        tx,
        "select distinct c.scheme, c.value, c.partner, c.target from cross_references c join {rows} on c.scheme = r.scheme and c.target = r.target where c.tenant = $2",
        "scheme text, target text" => &ask;
        tenant
    )?)
}

/// Held messages whose cross-reference stands now.
pub async fn answered_holds(
    tx: &mut Tx,
    tenant: Tenant,
    limit: i64,
) -> Result<Vec<crate::canonical::MessageId>, StoreError> {
    let rows: Vec<(crate::canonical::MessageId, i64)> = fetch!(
        tx,
        "select distinct m.id, m.created_at from messages m join cross_references c on c.tenant = m.tenant and c.scheme = m.hold_scheme and c.value = m.hold_value
         where m.tenant = $1 and m.state = 'held' and c.partner in (m.partner, $3) order by m.created_at limit $2";
        tenant, limit, EVERYONE
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
