//! API keys: who may do what. Only their hashes are kept.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Tenant};
use uuid::Uuid;

/// Writes a key; a key of that name in the tenant is replaced. `hash` is the SHA-256 of the key, in hex.
pub async fn put(
    tx: &mut Tx,
    tenant: Tenant,
    name: &str,
    hash: &str,
    scopes: &str,
    now: Micros,
) -> Result<(), StoreError> {
    exec!(tx, "delete from api_keys where tenant = $1 and (name = $2 or hash = $3)"; tenant, name, hash)?;
    exec!(
        tx,
        "insert into api_keys (tenant, id, name, hash, scopes, created_at) values ($1, $2, $3, $4, $5, $6)";
        tenant, Uuid::now_v7(), name, hash, scopes, now
    )?;
    Ok(())
}

/// A key that stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KeyRow {
    pub tenant: Tenant,
    pub name: String,
    pub scopes: String,
}

/// The key of a hash, if it stands; in a system transaction, since the tenant is what is looked for.
pub async fn find(tx: &mut Tx, hash: &str) -> Result<Option<KeyRow>, StoreError> {
    let mut rows: Vec<KeyRow> =
        fetch!(tx, "select tenant, name, scopes from api_keys where hash = $1 and revoked_at is null"; hash)?;
    Ok(rows.pop())
}

/// How many keys a tenant has.
pub async fn count(tx: &mut Tx, tenant: Tenant) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> =
        fetch!(tx, "select count(*) from api_keys where tenant = $1 and revoked_at is null"; tenant)?;
    Ok(rows.first().map_or(0, |r| r.0))
}
