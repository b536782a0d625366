//! Versions of a tenant's mappings: drafted, reviewed, published, rolled back. Each with who and why, each a journal row.

use crate::{
    canonical::{Micros, Tenant},
    flow::{
        Hub,
        failure::is_conflict,
        libraries::{overlay, overlays},
    },
    mapping::{
        Library, Lint, extended, name_of,
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
    /// It extends drafts, and they don't stand yet.
    #[error("{}", first(.0, .1))]
    Before(String, Vec<Below>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(faults: &[Lint]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A draft that another mapping extends.
#[derive(Debug)]
pub struct Below {
    pub name: String,
    pub version: i64,
    files: Files,
}

impl Below {
    pub fn called(&self) -> String {
        called(&self.name, Some(self.version))
    }
}

fn first(name: &str, below: &[Below]) -> String {
    let drafts: Vec<String> = below.iter().map(Below::called).collect();
    let drafts = drafts.join(" and ");
    format!("`{name}` extends {drafts}, and no such mapping stands yet that it would fit: publish {drafts} first")
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
    match with_drafts(hub, tenant, name, files).await? {
        (would, drafts) if drafts.is_empty() => Ok(would),
        (_, drafts) => Err(VersionError::Before(name.to_owned(), drafts)),
    }
}

/// The same with drafts beside it, where files extend such and have faults beside what stands.
async fn with_drafts(
    hub: &Hub,
    tenant: Tenant,
    name: &str,
    files: Option<Files>,
) -> Result<(Would, Vec<Below>), VersionError> {
    let faults = match beside(hub, tenant, name, files.clone(), &[]).await {
        Err(VersionError::Faulty(faults)) => faults,
        would => return Ok((would?, vec![])),
    };
    let Some(own) = &files else { return Err(VersionError::Faulty(faults)) };
    let mut drafts = drafts_below(hub, tenant, name, own).await?;
    if drafts.is_empty() {
        return Err(VersionError::Faulty(faults));
    }
    let mut would = match beside(hub, tenant, name, files.clone(), &drafts).await {
        // That there is nothing to extend is no news to those who have drafted it.
        Err(VersionError::Faulty(with)) => {
            return Err(VersionError::Faulty(if with.len() <= faults.len() { with } else { faults }));
        }
        would => would?,
    };
    // Those that it can do without need not be published for it.
    let mut at = 0;
    while drafts.len() > 1 && at < drafts.len() {
        let one = drafts.remove(at);
        match beside(hub, tenant, name, files.clone(), &drafts).await {
            Ok(less) => would = less,
            Err(_) => {
                drafts.insert(at, one);
                at += 1;
            }
        }
    }
    Ok((would, drafts))
}

/// The same where some drafts stood already.
async fn beside(
    hub: &Hub,
    tenant: Tenant,
    name: &str,
    files: Option<Files>,
    drafts: &[Below],
) -> Result<Would, VersionError> {
    let mut tx = hub.store.read(tenant).await?;
    let revision = mapping_versions::revision(&mut tx, tenant).await?;
    let mut before = hub.library.standing(&mut tx, tenant).await?;
    let mut all: Vec<Overlay> = overlays(&mut tx, tenant, revision).await?;
    tx.rollback().await?;
    if !drafts.is_empty() {
        all.retain(|one| drafts.iter().all(|draft| draft.name != one.name));
        all.extend(drafts.iter().map(|draft| overlay(&draft.name, draft.files.clone())));
        before = Arc::new(hub.library.where_fit(all.clone()).await?);
    }
    all.retain(|one| one.name != name);
    // Last, so that what is wrong between two files (a claim, a name) is told at the one that is new.
    all.extend(files.map(|files| overlay(name, files)));
    let after = match hub.library.overlaid(all.clone(), name).await {
        Ok(after) => after,
        Err(faults) if before.unfit().is_empty() => return Err(VersionError::Faulty(faults)),
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

/// Of all that files extend the newest drafts, those that are extended by no other last.
async fn drafts_below(hub: &Hub, tenant: Tenant, name: &str, files: &Files) -> Result<Vec<Below>, VersionError> {
    let mut tx = hub.store.read(tenant).await?;
    let standing = hub.library.standing(&mut tx, tenant).await?;
    let (mut found, mut names) = (Vec::new(), vec![name.to_owned()]);
    let mut text = files.get(MAPPING).cloned();
    while let Some(base) = text.as_deref().and_then(extended).filter(|base| !names.contains(base)) {
        let known = mapping_versions::list(&mut tx, tenant, Some(&base)).await?;
        // The newest comes first.
        let draft = known.iter().find(|row| matches!(row.state.as_str(), "draft" | "reviewed"));
        text = match draft {
            Some(row) => {
                let files = mapping_versions::files(&mut tx, tenant, &base, row.version).await?.unwrap_or_default();
                let text = files.get(MAPPING).cloned();
                found.push(Below { name: base.clone(), version: row.version, files });
                text
            }
            None => standing
                .named(&base)
                .and_then(|plan| standing.files_of(&plan).into_iter().find(|(path, _)| path == MAPPING))
                .map(|(_, text)| text),
        };
        names.push(base);
    }
    tx.rollback().await?;
    Ok(found)
}

/// A draft that was kept.
#[derive(Debug)]
pub struct Drafted {
    pub name: String,
    pub version: i64,
    /// The mappings that would read or write otherwise if it stood: itself, and those that extend it.
    pub changed: Vec<Changed>,
    /// Drafts that it extends, and that must be published before it.
    pub before: Vec<Below>,
}

/// Keeps a draft, if the tenant's mappings would be without fault with it, or with it and the drafts that it extends: a
/// mapping and what extends it are often written together.
pub async fn draft(hub: &Hub, tenant: Tenant, files: &Files, by: By<'_>) -> Result<Drafted, VersionError> {
    by.reason("a draft")?;
    let name = named(files)?;
    let (would, before) = with_drafts(hub, tenant, name, Some(files.clone())).await?;
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
    Ok(Drafted { name: name.to_owned(), version, changed: would.changed(), before })
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
                    return Err(VersionError::Refused(match hub.library.own().named(name) {
                        Some(_) => format!("the hub's own `{name}` stands: nothing is below it"),
                        None => format!(
                            "no version of `{name}` stands, and the hub has no file of that name: nothing is below it"
                        ),
                    }));
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
