//! Versions of a tenant's mappings: drafted, reviewed, published, rolled back. Each with who and why, each a journal row.

use crate::{
    canonical::{Micros, Tenant},
    flow::{
        Hub,
        failure::is_conflict,
        libraries::{overlay, overlays},
    },
    mapping::{
        Library, Lint, name_of,
        versions::{Changed, Overlay},
    },
    store::{
        StoreError, Tx, deliveries,
        journal::{self, Step},
        mapping_versions::{self, Files, NewVersion, Revision, VersionRow},
        now,
    },
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The file that says what a version maps.
pub const MAPPING: &str = "mapping.yaml";
/// The most that a version's files may hold together, in bytes.
pub const BYTES: usize = 2 << 20;

/// Why a version was not drafted, reviewed, published or rolled back.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    #[error("there is no {0}")]
    NotFound(String),
    /// The call itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The mappings would have faults.
    #[error("{}", told(.0))]
    Faulty(Vec<Lint>),
    /// The version, or what stands, is in another state; the sentence says what to do.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(faults: &[Lint]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Who does it, and why.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub who: &'a str,
    pub why: &'a str,
}

impl By<'_> {
    fn reason(&self, what: &str) -> Result<(), VersionError> {
        match self.why.trim() {
            "" => Err(VersionError::Invalid(format!("{what} needs a reason: those who look at it later will ask why"))),
            _ => Ok(()),
        }
    }
}

/// Files as a version keeps them, and the mapping's name.
///
/// Errors: a path that leads out of the folder, no `mapping.yaml`, no name in it, too much.
pub fn named(files: &Files) -> Result<&str, VersionError> {
    let invalid = |sentence: String| Err(VersionError::Invalid(sentence));
    let bytes: usize = files.iter().map(|(path, text)| path.len() + text.len()).sum();
    if bytes > BYTES {
        return invalid(format!("the files have {bytes} bytes; a version may have {BYTES}"));
    }
    let leads_out =
        |path: &&String| path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains(['\\', '\0']);
    if let Some(path) = files.keys().find(leads_out) {
        return invalid(format!("`{path}` is no path below the mapping's folder"));
    }
    let Some(text) = files.get(MAPPING) else { return invalid(format!("`{MAPPING}` is not among the files")) };
    name_of(text)
        .ok_or_else(|| VersionError::Invalid(format!("{MAPPING} names no mapping: it begins with `mapping: NAME`")))
}

/// Of the files: their paths and texts, in hex.
pub fn hash(files: &Files) -> String {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    deliveries::hex(&hash.finalize())
}

/// What stands, and what would stand with one version laid over it.
pub struct Would {
    /// The revision that stands.
    pub revision: i64,
    pub before: Arc<Library>,
    pub after: Arc<Library>,
}

impl Would {
    /// The mappings that would read or write otherwise.
    pub fn changed(&self) -> Vec<Changed> {
        self.after.changed_from(&self.before)
    }
}

/// The same as it is noted with a replay: a replay of other mappings than those that would change counts for nothing.
pub fn noted(changed: &[Changed]) -> Value {
    let called = |plan: &Option<Arc<crate::mapping::Plan>>| plan.as_ref().map(|plan| plan.name().to_owned());
    changed.iter().map(|one| json!([one.name, called(&one.before), called(&one.after)])).collect()
}

/// What a name would be with other files: `None` takes the tenant's version away, so that the hub's own file stands.
pub async fn would(hub: &Hub, tenant: Tenant, name: &str, files: Option<Files>) -> Result<Would, VersionError> {
    let mut tx = hub.store.read(tenant).await?;
    let revision = mapping_versions::revision(&mut tx, tenant).await?;
    let before = hub.library.standing(&mut tx, tenant).await?;
    let mut all: Vec<Overlay> = overlays(&mut tx, tenant, revision).await?;
    tx.rollback().await?;
    all.retain(|one| one.name != name);
    // First, so that a fault in two files is told at the one that is new.
    all.splice(0..0, files.map(|files| overlay(name, files)));
    let after = match hub.library.overlaid(all.clone()).await {
        Ok(after) => after,
        // What does not fit as it is keeps nothing else from being mended; but no other may become so.
        Err(faults) => {
            let after = hub.library.where_fit(all).await?;
            let known = |name: &str| before.unfit().iter().any(|unfit| unfit.name == name);
            if after.unfit().iter().any(|unfit| unfit.name == name || !known(&unfit.name)) {
                return Err(VersionError::Faulty(faults));
            }
            after
        }
    };
    // A draft that says `$todo` is none yet: it could be published.
    let open = after.named(name).map(|plan| plan.open()).unwrap_or_default();
    if !open.is_empty() {
        return Err(VersionError::Faulty(open));
    }
    Ok(Would { revision, before, after: Arc::new(after) })
}

/// Keeps a draft, if the tenant's mappings would be without fault with it. Gives its name and number.
pub async fn draft(
    hub: &Hub,
    tenant: Tenant,
    files: &Files,
    by: By<'_>,
) -> Result<(String, i64, Vec<Changed>), VersionError> {
    by.reason("a draft")?;
    let name = named(files)?;
    let would = would(hub, tenant, name, Some(files.clone())).await?;
    let hash = hash(files);
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let known = mapping_versions::list(&mut tx, tenant, Some(name)).await?;
    if let Some(same) = known.iter().find(|version| version.hash == hash) {
        return Err(VersionError::Refused(format!(
            "these very files are {name}@{} already, which is {}",
            same.version, same.state
        )));
    }
    let new = NewVersion { tenant, name, files, hash: &hash, author: by.who, reason: by.why, now };
    let version = mapping_versions::draft(&mut tx, &new).await?;
    let cause = json!({"code": "mapping/drafted", "mapping": name, "version": version, "who": by.who, "why": by.why});
    journal::write(&mut tx, &[step(hub, tenant, now, "draft", cause)]).await?;
    tx.commit().await?;
    Ok((name.to_owned(), version, would.changed()))
}

fn step(hub: &Hub, tenant: Tenant, now: Micros, state: &'static str, cause: Value) -> Step {
    Step::new(tenant, now.0, "mapping", state, &hub.worker).cause(cause)
}

async fn version(tx: &mut Tx, tenant: Tenant, name: &str, number: i64) -> Result<VersionRow, VersionError> {
    let found = mapping_versions::get(tx, tenant, name, number).await?;
    found.ok_or_else(|| VersionError::NotFound(format!("version {number} of `{name}`")))
}

/// Notes that a draft was looked at. Gives the version as it is now.
pub async fn review(
    hub: &Hub,
    tenant: Tenant,
    name: &str,
    number: i64,
    by: By<'_>,
) -> Result<VersionRow, VersionError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let row = version(&mut tx, tenant, name, number).await?;
    if mapping_versions::review(&mut tx, tenant, (name, number), by.who, by.why, now).await? != 1 {
        return Err(VersionError::Refused(format!("{name}@{number} is {}; a draft is reviewed", row.state)));
    }
    let cause = json!({"code": "mapping/reviewed", "mapping": name, "version": number, "author": row.author, "who": by.who, "why": by.why});
    journal::write(&mut tx, &[step(hub, tenant, now, "reviewed", cause)]).await?;
    let row = version(&mut tx, tenant, name, number).await?;
    tx.commit().await?;
    Ok(row)
}

/// Makes a version the one that documents are read with from now on. Those that were begun end with what they began with.
///
/// It must be reviewed, and read what the store holds against the very mappings that it would change; `force` goes
/// without, and is written down as such.
pub async fn publish(
    hub: &Hub,
    tenant: Tenant,
    name: &str,
    number: i64,
    by: By<'_>,
    force: bool,
) -> Result<Revision, VersionError> {
    if force {
        by.reason("publishing by force")?;
    }
    let mut tx = hub.store.read(tenant).await?;
    let row = version(&mut tx, tenant, name, number).await?;
    let files = mapping_versions::files(&mut tx, tenant, name, number).await?.unwrap_or_default();
    tx.rollback().await?;
    let refused = |sentence: String| Err(VersionError::Refused(sentence));
    match row.state.as_str() {
        "published" => return refused(format!("{name}@{number} is published already")),
        "retired" => {
            return refused(format!(
                "{name}@{number} was published and is retired; it comes back by a rollback to {number}"
            ));
        }
        "draft" if !force => {
            return refused(format!("{name}@{number} is a draft: let it be reviewed first, or publish it by force"));
        }
        _ => {}
    }
    let would = would(hub, tenant, name, Some(files)).await?;
    let changed = noted(&would.changed());
    if !force {
        let replayed = row.replayed.as_ref();
        let sentence = match replayed.map(|replayed| &replayed["changed"]) {
            Some(known) if *known == changed => None,
            Some(_) => {
                Some("was replayed against other mappings than those that stand now: replay it again".to_owned())
            }
            None => Some("was not replayed: look at what it would change of documents in the store".to_owned()),
        };
        if let Some(sentence) = sentence {
            return refused(format!("{name}@{number} {sentence}, or publish it by force"));
        }
    }
    let how = if force { "forced" } else { "published" };
    put(hub, tenant, &Next { name, version: Some(number), since: would.revision, how }, by).await
}

/// Takes a name back to the version that stood before the one that stands; or to any that was published once, 0 being the
/// hub's own file.
pub async fn roll_back(
    hub: &Hub,
    tenant: Tenant,
    name: &str,
    to: Option<i64>,
    by: By<'_>,
) -> Result<Revision, VersionError> {
    let mut tx = hub.store.read(tenant).await?;
    let history = mapping_versions::history(&mut tx, tenant, Some(name)).await?;
    let Some(stands) = history.first() else {
        return Err(VersionError::NotFound(format!("published version of `{name}` to roll back")));
    };
    let target = match to {
        Some(0) => None,
        Some(number) => Some(number),
        // Not where the last step back came from, or two of them would end where they began.
        None => {
            let made_it = history.iter().find(|r| r.version == stands.version && r.how != "rolled_back");
            match made_it {
                Some(made_it) => made_it.was,
                None => {
                    return Err(VersionError::Refused(format!("the hub's own `{name}` stands: nothing is below it")));
                }
            }
        }
    };
    if target == stands.version {
        return Err(VersionError::Refused(format!("{} stands already", called(name, target))));
    }
    let files = match target {
        None => None,
        Some(number) => {
            let row = version(&mut tx, tenant, name, number).await?;
            if row.published_at.is_none() {
                return Err(VersionError::Refused(format!("{name}@{number} was never published: publish it instead")));
            }
            mapping_versions::files(&mut tx, tenant, name, number).await?
        }
    };
    tx.rollback().await?;
    let would = would(hub, tenant, name, files).await?;
    put(hub, tenant, &Next { name, version: target, since: would.revision, how: "rolled_back" }, by).await
}

/// `northwind/850-order@3`, or `the hub's own northwind/850-order`.
pub fn called(name: &str, version: Option<i64>) -> String {
    version.map_or_else(|| format!("the hub's own {name}"), |version| format!("{name}@{version}"))
}

/// What is to stand next.
struct Next<'a> {
    name: &'a str,
    /// None: the hub's own file.
    version: Option<i64>,
    /// The revision that this was decided by.
    since: i64,
    /// `published`, `forced` or `rolled_back`.
    how: &'a str,
}

/// Writes the next revision, if none was written since.
async fn put(hub: &Hub, tenant: Tenant, next: &Next<'_>, by: By<'_>) -> Result<Revision, VersionError> {
    match try_put(hub, tenant, next, by).await {
        Err(error) if is_conflict(&error) => {
            let mut tx = hub.store.read(tenant).await?;
            let newest = mapping_versions::history(&mut tx, tenant, None).await?.into_iter().next();
            tx.rollback().await?;
            Err(match newest.filter(|newest| newest.revision > next.since) {
                Some(other) => VersionError::Refused(format!(
                    "{} made {} stand in this moment ({}): look at it, then decide again",
                    other.who,
                    called(&other.name, other.version),
                    other.how.replace('_', " ")
                )),
                None => VersionError::Store(error),
            })
        }
        other => Ok(other?),
    }
}

async fn try_put(hub: &Hub, tenant: Tenant, next: &Next<'_>, by: By<'_>) -> Result<Revision, StoreError> {
    let Next { name, version, since, how } = *next;
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let was = mapping_versions::history(&mut tx, tenant, Some(name)).await?.first().and_then(|r| r.version);
    let revision = Revision {
        revision: since + 1,
        name: name.to_owned(),
        version,
        was,
        who: by.who.to_owned(),
        why: by.why.to_owned(),
        how: how.to_owned(),
        at: now,
    };
    mapping_versions::publish(&mut tx, tenant, &revision).await?;
    let cause = json!({"code": format!("mapping/{how}"), "mapping": name, "version": version, "was": was,
        "revision": revision.revision, "who": by.who, "why": by.why, "forced": how == "forced"});
    let state = if how == "rolled_back" { "rolled_back" } else { "published" };
    journal::write(&mut tx, &[step(hub, tenant, now, state, cause)]).await?;
    tx.commit().await?;
    Ok(revision)
}
