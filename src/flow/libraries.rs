//! The mappings of each tenant: the hub's own files, with what the tenant has published laid over them.
//!
//! A revision never changes, so what was compiled for one is kept; which revision stands is asked of the store each
//! time, since another process may have published.

use crate::{
    canonical::Tenant,
    mapping::{Library, Lint, versions::Overlay},
    store::{
        Store, StoreError, Tx,
        mapping_versions::{self, Files},
    },
};
use std::sync::{Arc, Mutex, PoisonError};

/// Libraries that are kept. One has the plans of what a tenant published, and shares all others with the hub's own.
const KEPT: usize = 64;

type Kept = Vec<((Tenant, i64), Arc<Library>)>;

/// The hub's own mappings, and those of tenants that published. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Libraries {
    own: Arc<Library>,
    /// The one that was asked for last stands last.
    kept: Arc<Mutex<Kept>>,
}

impl From<Library> for Libraries {
    fn from(own: Library) -> Self {
        Libraries { own: Arc::new(own), kept: Arc::default() }
    }
}

impl Libraries {
    /// The hub's own, without what any tenant published.
    pub fn own(&self) -> &Arc<Library> {
        &self.own
    }

    /// A tenant's at a revision.
    pub async fn at(&self, store: &Store, tenant: Tenant, revision: i64) -> Result<Arc<Library>, StoreError> {
        if let Some(library) = self.kept(tenant, revision) {
            return Ok(library);
        }
        let mut tx = store.read(tenant).await?;
        let library = self.load(&mut tx, tenant, revision).await;
        tx.rollback().await?;
        library
    }

    /// A tenant's, as it stands in a transaction.
    pub async fn standing(&self, tx: &mut Tx, tenant: Tenant) -> Result<Arc<Library>, StoreError> {
        let revision = mapping_versions::revision(tx, tenant).await?;
        match self.kept(tenant, revision) {
            Some(library) => Ok(library),
            None => self.load(tx, tenant, revision).await,
        }
    }

    fn kept(&self, tenant: Tenant, revision: i64) -> Option<Arc<Library>> {
        if revision == 0 {
            return Some(self.own.clone());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(of, _)| *of == (tenant, revision))?;
        let found = kept.remove(at);
        let library = found.1.clone();
        kept.push(found);
        Some(library)
    }

    async fn load(&self, tx: &mut Tx, tenant: Tenant, revision: i64) -> Result<Arc<Library>, StoreError> {
        let overlays = overlays(tx, tenant, revision).await?;
        let library = Arc::new(self.where_fit(overlays).await?);
        for unfit in library.unfit() {
            tracing::error!(%tenant, mapping = unfit.name, "{}; what it was for is held. {}", unfit.sentence(), unfit.remedy());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != (tenant, revision));
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(((tenant, revision), library.clone()));
        Ok(library)
    }

    /// The hub's own with those of these laid over it that fit it.
    pub async fn where_fit(&self, overlays: Vec<Overlay>) -> Result<Library, StoreError> {
        let own = self.own.clone();
        let compiled = tokio::task::spawn_blocking(move || own.overlaid_where_fit(&overlays)).await;
        compiled.map_err(|error| StoreError::Panic(format!("compiling the mappings: {error}")))
    }

    /// The hub's own with these laid over it; compiled beside what else the process does. Faults are told to who looks at
    /// the one of this name.
    pub async fn overlaid(&self, overlays: Vec<Overlay>, name: &str) -> Result<Library, Vec<Lint>> {
        let (own, name) = (self.own.clone(), name.to_owned());
        let compiled = tokio::task::spawn_blocking(move || own.overlaid_by(&overlays, Some(&name))).await;
        compiled.unwrap_or_else(|error| {
            let sentence = format!("compiling the mappings panicked: {error}; this is a bug of the hub");
            Err(vec![Lint { file: "mapping.yaml".into(), line: 1, column: 1, sentence }])
        })
    }
}

/// What a tenant has published, as of a revision.
pub async fn overlays(tx: &mut Tx, tenant: Tenant, revision: i64) -> Result<Vec<Overlay>, StoreError> {
    let standing = mapping_versions::standing(tx, tenant, revision).await?;
    Ok(standing.into_iter().map(|one| overlay(&one.name, one.files)).collect())
}

/// A version as it is laid over.
pub fn overlay(name: &str, files: Files) -> Overlay {
    Overlay { name: name.to_owned(), files: files.into_iter().collect() }
}
