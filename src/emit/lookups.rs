//! Table rows of the tenant for a batch of documents: what the mappings ask for is noted, then read at once.

use crate::{
    canonical::Tenant,
    mapping::Tables,
    store::{StoreError, Tx, entities},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::take,
    sync::{Mutex, PoisonError},
};

/// (table, value or target).
type Key = (String, String);

/// By table: values or targets that were looked up.
type Words = BTreeMap<String, BTreeSet<String>>;

/// By table, then by word: what the tenant's rows say of it. Nothing, where he has none for it.
type Known = HashMap<String, HashMap<String, Vec<String>>>;

/// What is known of the tenant's tables, and what was asked and isn't known.
#[derive(Default)]
pub struct Lookups {
    targets: Known,
    values: Known,
    asked: Mutex<Asked>,
}

/// Words that mappings looked up: values to read, and targets to write.
#[derive(Default)]
pub struct Asked {
    values: Words,
    targets: Words,
}

impl Asked {
    /// True if nothing was looked up.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.targets.is_empty()
    }
}

impl Lookups {
    /// Takes what was asked since the last call, so that what one message asks can be told from what others do.
    pub fn asked(&mut self) -> Asked {
        take(self.asked.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what was asked since the last call; false if the tenant has no row for any of it, so that asking again would
    /// give the same.
    pub async fn read_asked(&mut self, tx: &mut Tx, tenant: Tenant) -> Result<bool, StoreError> {
        let asked = self.asked();
        if asked.is_empty() {
            return Ok(false);
        }
        self.read(tx, tenant, [&asked]).await?;
        Ok(self.answers(&asked))
    }

    /// Reads what several asked, in one query each way.
    pub async fn read<'a>(
        &mut self,
        tx: &mut Tx,
        tenant: Tenant,
        all: impl IntoIterator<Item = &'a Asked>,
    ) -> Result<(), StoreError> {
        let (mut values, mut targets) = (BTreeSet::new(), BTreeSet::new());
        for asked in all {
            values.extend(keys(&asked.values));
            targets.extend(keys(&asked.targets));
        }
        let (values, targets): (Vec<Key>, Vec<Key>) = (values.into_iter().collect(), targets.into_iter().collect());
        let rows = entities::cross_references(tx, tenant, &values).await?;
        values.into_iter().for_each(|(table, value)| _ = place(&mut self.targets, table, value));
        rows.into_iter().for_each(|row| place(&mut self.targets, row.scheme, row.value).push(row.target));
        let rows = entities::cross_references_to(tx, tenant, &targets).await?;
        targets.into_iter().for_each(|(table, target)| _ = place(&mut self.values, table, target));
        for row in rows {
            let known = place(&mut self.values, row.scheme, row.target);
            known.push(row.value);
            known.sort_unstable();
        }
        Ok(())
    }

    /// Has the tenant a row for any of it, by what was read?
    pub fn answers(&self, asked: &Asked) -> bool {
        let some = |known: &Known, words: &Words| {
            let mut all = words.iter().flat_map(|(table, words)| words.iter().map(move |word| (table, word)));
            all.any(|(table, word)| known_of(known, table, word).is_some_and(|found| !found.is_empty()))
        };
        some(&self.targets, &asked.values) || some(&self.values, &asked.targets)
    }
}

fn keys(words: &Words) -> impl Iterator<Item = Key> {
    words.iter().flat_map(|(table, words)| words.iter().map(|word| (table.clone(), word.clone())))
}

fn place(known: &mut Known, table: String, word: String) -> &mut Vec<String> {
    known.entry(table).or_default().entry(word).or_default()
}

fn known_of<'k>(known: &'k Known, table: &str, word: &str) -> Option<&'k Vec<String>> {
    known.get(table)?.get(word)
}

/// Notes a word that nothing is known of; a document asks for the same few again and again.
fn note(asked: &mut Words, table: &str, word: &str) {
    match asked.get_mut(table) {
        Some(words) if words.contains(word) => {}
        Some(words) => _ = words.insert(word.to_owned()),
        None => _ = asked.insert(table.to_owned(), BTreeSet::from([word.to_owned()])),
    }
}

impl Tables for Lookups {
    fn get(&self, table: &str, value: &str) -> Option<String> {
        if let Some(known) = known_of(&self.targets, table, value) {
            return known.first().cloned();
        }
        note(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner).values, table, value);
        None
    }
    fn inverse(&self, table: &str, target: &str) -> Vec<String> {
        if let Some(known) = known_of(&self.values, table, target) {
            return known.clone();
        }
        note(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner).targets, table, target);
        vec![]
    }
}
