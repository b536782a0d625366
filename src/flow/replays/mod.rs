//! What a version would change of documents that are kept, told before it is published, and noted with the version.

pub mod seen;
mod written;

use crate::{
    canonical::{PartnerId, Tenant},
    flow::{
        Hub,
        translate::replay::replay,
        versions::{self, VersionError},
    },
    mapping::{Library, versions::Changed},
    store::{
        mapping_versions::{self, Files},
        now,
    },
};
use seen::Replayed;
use serde_json::json;
use std::{sync::Arc, time::Instant};
use tokio::sync::watch;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub enum Side {
    /// What stands for the tenant.
    Standing,
    /// A version by its number; 0 is the hub's own file.
    Version(i64),
    /// Files that are no version yet.
    Files(Files),
}

/// What is to be compared.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub name: &'a str,
    pub before: Side,
    pub after: Side,
    /// The newest so many documents.
    pub documents: usize,
    pub partner: Option<&'a str>,
}

/// Two libraries, what differs in them, and over which documents that is looked at.
pub struct Asked<'a> {
    pub tenant: Tenant,
    pub before: &'a Arc<Library>,
    pub after: &'a Arc<Library>,
    pub changed: &'a [Changed],
    /// The newest so many that came in, and so many that went out.
    pub documents: usize,
    pub partner: Option<PartnerId>,
}

/// A comparison whose mappings compile.
pub struct Prepared {
    tenant: Tenant,
    name: String,
    /// The version that the outcome is noted with: what is compared with something else than what stands is not.
    notes: Option<i64>,
    before: Arc<Library>,
    after: Arc<Library>,
    pub changed: Vec<Changed>,
    documents: usize,
    partner: Option<PartnerId>,
}

/// Finds what is compared.
///
/// Errors: there is no such version or partner; the mappings have faults with one of them; no document is asked for.
pub async fn prepare(hub: &Hub, tenant: Tenant, asked: &Comparison<'_>) -> Result<Prepared, VersionError> {
    // It would be noted as one in which nothing changed.
    if asked.documents == 0 {
        return Err(VersionError::Invalid("a replay of no documents shows nothing: ask for one at least".into()));
    }
    let partner = match asked.partner {
        None => None,
        Some(name) => {
            let known = hub.directory.partners.values().find(|p| p.tenant == tenant && p.name == name);
            Some(known.ok_or_else(|| VersionError::NotFound(format!("partner `{name}`")))?.id)
        }
    };
    let before = library(hub, tenant, asked.name, &asked.before).await?;
    let after = library(hub, tenant, asked.name, &asked.after).await?;
    let notes = match (&asked.before, &asked.after) {
        (Side::Standing, Side::Version(version)) if *version > 0 => Some(*version),
        _ => None,
    };
    let changed = after.changed_from(&before);
    let (name, documents) = (asked.name.to_owned(), asked.documents);
    Ok(Prepared { tenant, name, notes, before, after, changed, documents, partner })
}

async fn library(hub: &Hub, tenant: Tenant, name: &str, side: &Side) -> Result<Arc<Library>, VersionError> {
    let files = match side {
        Side::Standing => {
            let mut tx = hub.store.read(tenant).await?;
            let library = hub.library.standing(&mut tx, tenant).await?;
            tx.rollback().await?;
            return Ok(library);
        }
        Side::Version(0) => None,
        Side::Version(version) => {
            let mut tx = hub.store.read(tenant).await?;
            let files = mapping_versions::files(&mut tx, tenant, name, *version).await?;
            tx.rollback().await?;
            Some(files.ok_or_else(|| VersionError::NotFound(format!("version {version} of `{name}`")))?)
        }
        Side::Files(files) => match versions::named(files)? {
            known if known == name => Some(files.clone()),
            other => return Err(VersionError::Invalid(format!("the files are of `{other}` and not of `{name}`"))),
        },
    };
    Ok(versions::would(hub, tenant, name, files).await?.after)
}

impl Prepared {
    /// Reads the documents both ways, and notes what came of it. `progress` is told how many were read.
    pub async fn run(&self, hub: &Hub, who: &str, progress: &watch::Sender<usize>) -> Result<Replayed, VersionError> {
        let asked = Asked {
            tenant: self.tenant,
            before: &self.before,
            after: &self.after,
            changed: &self.changed,
            documents: self.documents,
            partner: self.partner,
        };
        let (began, mut replayed) = (Instant::now(), Replayed::default());
        replay(hub, &asked, &mut replayed, progress).await?;
        written::replay(hub, &asked, &mut replayed, progress).await?;
        replayed.finish(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        if let Some(version) = self.notes {
            let note = json!({
                "at": now(), "who": who, "changed": versions::noted(&self.changed), "asked": self.documents,
                "documents": replayed.documents, "gone": replayed.gone, "sets": replayed.sets,
                "changed_documents": replayed.changed_documents, "changed_sets": replayed.changed_sets,
                "newly_fail": replayed.newly_fail, "newly_succeed": replayed.newly_succeed,
                "fields": replayed.fields.iter().map(|f| json!([f.field, f.documents])).collect::<Vec<_>>(),
            });
            let mut tx = hub.store.begin(self.tenant).await?;
            mapping_versions::note_replay(&mut tx, self.tenant, (&self.name, version), &note).await?;
            tx.commit().await?;
        }
        Ok(replayed)
    }
}
