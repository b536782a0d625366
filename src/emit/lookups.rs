//! Table rows of the tenant for a batch of documents: what the mappings ask for is noted, then read at once.

use crate::{
    canonical::Tenant,
    mapping::Tables,
    store::{StoreError, Tx, entities},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

/// (table, value or target).
type Key = (String, String);

/// What is known of the tenant's tables, and what was asked and isn't known.
#[derive(Default)]
pub struct Lookups {
    targets: HashMap<Key, Option<String>>,
    values: HashMap<Key, Option<String>>,
    asked_targets: Mutex<BTreeSet<Key>>,
    asked_values: Mutex<BTreeSet<Key>>,
}

impl Lookups {
    /// Reads what was asked since the last call; false if nothing was, so that asking again would give the same.
    pub async fn read_asked(&mut self, tx: &mut Tx, tenant: Tenant) -> Result<bool, StoreError> {
        let forth: Vec<Key> = taken(&mut self.asked_targets);
        let back: Vec<Key> = taken(&mut self.asked_values);
        if forth.is_empty() && back.is_empty() {
            return Ok(false);
        }
        let rows = entities::cross_references(tx, tenant, &forth).await?;
        self.targets.extend(forth.into_iter().map(|key| (key, None)));
        self.targets.extend(rows.into_iter().map(|r| ((r.scheme, r.value), Some(r.target))));
        let rows = entities::cross_references_to(tx, tenant, &back).await?;
        self.values.extend(back.into_iter().map(|key| (key, None)));
        for row in rows {
            // Several values may have this target: the first by the alphabet, so that the answer is always the same.
            let known = self.values.entry((row.scheme, row.target)).or_default();
            if known.as_ref().is_none_or(|k| row.value < *k) {
                *known = Some(row.value);
            }
        }
        Ok(true)
    }
}

fn taken(asked: &mut Mutex<BTreeSet<Key>>) -> Vec<Key> {
    std::mem::take(asked.get_mut().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
}

fn find(known: &HashMap<Key, Option<String>>, asked: &Mutex<BTreeSet<Key>>, table: &str, word: &str) -> Option<String> {
    let key = (table.to_owned(), word.to_owned());
    if let Some(known) = known.get(&key) {
        return known.clone();
    }
    asked.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    None
}

impl Tables for Lookups {
    fn get(&self, table: &str, value: &str) -> Option<String> {
        find(&self.targets, &self.asked_targets, table, value)
    }
    fn inverse(&self, table: &str, target: &str) -> Option<String> {
        find(&self.values, &self.asked_values, table, target)
    }
}
