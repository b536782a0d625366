//! Versions of a tenant's mappings, and which of them stand: a revision is one publication, or one step back.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use std::collections::BTreeMap;

/// Path from the mapping's folder to text: `mapping.yaml`, and the tables that it names.
pub type Files = BTreeMap<String, String>;

/// A version as lists show it, without its files.
#[derive(Debug, Clone, sqlx::FromRow, Serialize, Deserialize)]
pub struct VersionRow {
    pub name: String,
    pub version: i64,
    /// Of its files, in hex.
    pub hash: String,
    /// `draft`, `reviewed`, `published` or `retired`.
    pub state: String,
    pub author: String,
    pub reason: String,
    pub created_at: Micros,
    pub reviewed_by: Option<String>,
    pub review: Option<String>,
    pub reviewed_at: Option<Micros>,
    pub published_by: Option<String>,
    pub published_at: Option<Micros>,
    /// What was read by it before it was published.
    #[sqlx(json(nullable))]
    pub replayed: Option<Value>,
}

/// A version to be drafted.
#[derive(Debug, Clone)]
pub struct NewVersion<'a> {
    pub tenant: Tenant,
    pub name: &'a str,
    pub files: &'a Files,
    pub hash: &'a str,
    pub author: &'a str,
    pub reason: &'a str,
    pub now: Micros,
}

/// Writes a draft under the name's next number, and gives that.
pub async fn draft(tx: &mut Tx, new: &NewVersion<'_>) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = fetch!(
        tx,
        "insert into mapping_versions (tenant, name, version, files, hash, state, author, reason, created_at)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, 'draft', $5, $6, $7 from mapping_versions where tenant = $1 and name = $2
         returning version";
        new.tenant, new.name, Json(new.files), new.hash, new.author, new.reason, new.now
    )?;
    rows.first().map(|row| row.0).ok_or(StoreError::Lost("the draft"))
}

/// All versions of a tenant, or of one name, the newest of a name first.
pub async fn list(tx: &mut Tx, tenant: Tenant, name: Option<&str>) -> Result<Vec<VersionRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select name, version, hash, state, author, reason, created_at, reviewed_by, review, reviewed_at, published_by, published_at, replayed
         from mapping_versions where tenant = $1 and ($2 is null or name = $2) order by name, version desc";
        tenant, name
    )?)
}

/// One version.
pub async fn get(tx: &mut Tx, tenant: Tenant, name: &str, version: i64) -> Result<Option<VersionRow>, StoreError> {
    let mut rows: Vec<VersionRow> = fetch!(
        tx,
        "select name, version, hash, state, author, reason, created_at, reviewed_by, review, reviewed_at, published_by, published_at, replayed
         from mapping_versions where tenant = $1 and name = $2 and version = $3";
        tenant, name, version
    )?;
    Ok(rows.pop())
}

/// The files of a version.
pub async fn files(tx: &mut Tx, tenant: Tenant, name: &str, version: i64) -> Result<Option<Files>, StoreError> {
    let mut rows: Vec<(Json<Files>,)> = fetch!(
        tx,
        "select files from mapping_versions where tenant = $1 and name = $2 and version = $3";
        tenant, name, version
    )?;
    Ok(rows.pop().map(|row| row.0.0))
}

/// A draft was reviewed. Gives how many were drafts: one or none.
pub async fn review(
    tx: &mut Tx,
    tenant: Tenant,
    (name, version): (&str, i64),
    who: &str,
    why: &str,
    now: Micros,
) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "update mapping_versions set state = 'reviewed', reviewed_by = $4, review = $5, reviewed_at = $6
         where tenant = $1 and name = $2 and version = $3 and state = 'draft'";
        tenant, name, version, who, why, now
    )?)
}

/// Notes what was read by a version.
pub async fn note_replay(
    tx: &mut Tx,
    tenant: Tenant,
    (name, version): (&str, i64),
    replayed: &Value,
) -> Result<u64, StoreError> {
    Ok(exec!(
        tx,
        "update mapping_versions set replayed = $4 where tenant = $1 and name = $2 and version = $3";
        tenant, name, version, Json(replayed)
    )?)
}

/// The newest revision of a tenant; 0 where nothing was ever published.
pub async fn revision(tx: &mut Tx, tenant: Tenant) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> =
        fetch!(tx, "select coalesce(max(revision), 0) from mapping_revisions where tenant = $1"; tenant)?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// A version that stands at a revision.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Standing {
    pub name: String,
    pub version: i64,
    #[sqlx(json)]
    pub files: Files,
}

/// The versions that stand at a revision, by name; a name that is not among them has the hub's own file.
pub async fn standing(tx: &mut Tx, tenant: Tenant, revision: i64) -> Result<Vec<Standing>, StoreError> {
    Ok(fetch!(
        tx,
        "select v.name, v.version, v.files from mapping_revisions r
         join mapping_versions v on v.tenant = r.tenant and v.name = r.name and v.version = r.version
         where r.tenant = $1 and r.revision = (select max(x.revision) from mapping_revisions x
            where x.tenant = r.tenant and x.name = r.name and x.revision <= $2)
         order by v.name";
        tenant, revision
    )?)
}

/// A publication, or a step back.
#[derive(Debug, Clone, sqlx::FromRow, Serialize, Deserialize)]
pub struct Revision {
    pub revision: i64,
    pub name: String,
    /// None: the hub's own file.
    pub version: Option<i64>,
    pub was: Option<i64>,
    pub who: String,
    pub why: String,
    /// `published`; `forced`: without what is asked of a version first; or `rolled_back`.
    pub how: String,
    pub at: Micros,
}

/// Writes a revision and what the versions are by it. A revision that somebody else wrote first is a conflict, and
/// nothing is changed.
pub async fn publish(tx: &mut Tx, tenant: Tenant, new: &Revision) -> Result<(), StoreError> {
    exec!(
        tx,
        "insert into mapping_revisions (tenant, revision, name, version, was, who, why, how, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        tenant, new.revision, new.name.as_str(), new.version, new.was, new.who.as_str(), new.why.as_str(), new.how.as_str(), new.at
    )?;
    exec!(
        tx,
        "update mapping_versions set state = 'retired' where tenant = $1 and name = $2 and state = 'published'";
        tenant, new.name.as_str()
    )?;
    exec!(
        tx,
        "update mapping_versions set state = 'published', published_by = coalesce(published_by, $4), published_at = coalesce(published_at, $5)
         where tenant = $1 and name = $2 and version = $3";
        tenant, new.name.as_str(), new.version, new.who.as_str(), new.at
    )?;
    Ok(())
}

/// The revisions of a name, or of all, the newest first; at most 1,000.
pub async fn history(tx: &mut Tx, tenant: Tenant, name: Option<&str>) -> Result<Vec<Revision>, StoreError> {
    Ok(fetch!(
        tx,
        "select revision, name, version, was, who, why, how, at from mapping_revisions
         where tenant = $1 and ($2 is null or name = $2) order by revision desc limit 1000";
        tenant, name
    )?)
}
