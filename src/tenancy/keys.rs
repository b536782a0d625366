//! API keys and scopes. A key is shown once; what is kept is its SHA-256 (keys are random, so no slow hash is needed).

use crate::{
    canonical::Tenant,
    store::{Store, StoreError, access, now},
};
use sha2::{Digest, Sha256};

/// What a key allows. Each includes nothing else: a key lists its scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Post documents.
    In,
    /// See documents, messages, events, deliveries.
    Read,
    /// Replay, restart, cancel, add references.
    Operate,
    /// Everything of the tenant, and keys.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 4] = [Scope::In, Scope::Read, Scope::Operate, Scope::Admin];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Scope::In => "in",
            Scope::Read => "read",
            Scope::Operate => "operate",
            Scope::Admin => "admin",
        }
    }
}

/// Whose key it is and what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub tenant: Tenant,
    pub name: String,
    pub scopes: Vec<Scope>,
}

impl Holder {
    /// True if the key allows it; `admin` allows all.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }
}

/// A new key: `cdk_` and 32 random bytes in hex.
pub fn generate() -> String {
    let bytes: [u8; 32] = rand::random();
    format!("cdk_{}", crate::store::deliveries::hex(&bytes))
}

/// What is kept of a key.
pub fn hash(key: &str) -> String {
    crate::store::deliveries::hex(&Sha256::digest(key.as_bytes()))
}

/// Writes a key's hash under a name; the name's earlier key stops working.
pub async fn put(store: &Store, tenant: Tenant, name: &str, key: &str, scopes: &[Scope]) -> Result<(), StoreError> {
    let words: Vec<&str> = scopes.iter().map(|s| s.name()).collect();
    let mut tx = store.begin(tenant).await?;
    access::put(&mut tx, tenant, name, &hash(key), &words.join(" "), now()).await?;
    tx.commit().await
}

/// Who holds a key, if it stands.
pub async fn holder(store: &Store, key: &str) -> Result<Option<Holder>, StoreError> {
    let mut tx = store.system_read().await?;
    let found = access::find(&mut tx, &hash(key)).await?;
    tx.rollback().await?;
    Ok(found.map(|row| Holder {
        tenant: row.tenant,
        name: row.name,
        scopes: Scope::ALL.into_iter().filter(|s| row.scopes.split(' ').any(|w| w == s.name())).collect(),
    }))
}
