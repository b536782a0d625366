//! Table rows of the tenant for a batch of documents: what the mappings ask for is noted, then read at once. A row that holds
//! for one partner alone stands over the one that holds for all.

use crate::{
    canonical::{PartnerId, Tenant},
    mapping::Tables,
    store::{
        StoreError, Tx,
        entities::{self, CrossReference, EVERYONE},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// (table, value or target).
type Key = (String, String);

/// By table: values or targets that were looked up.
type Words = BTreeMap<String, BTreeSet<String>>;

/// By table, then by word: what the tenant's rows say of it, and for whom. Nothing, where he has none for it.
type Known = HashMap<String, HashMap<String, Vec<(PartnerId, String)>>>;

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
        let targets: Vec<Key> = targets.into_iter().collect();
        let back = entities::cross_references_to(tx, tenant, &targets).await?;
        // Whether a partner reads such a value as something else is asked with what else is read.
        let here = |row: &&CrossReference| known_of(&self.targets, &row.scheme, &row.value).is_none();
        values.extend(back.iter().filter(here).map(|row| (row.scheme.clone(), row.value.clone())));
        let values: Vec<Key> = values.into_iter().collect();
        let rows = entities::cross_references(tx, tenant, &values).await?;
        values.into_iter().for_each(|(table, value)| _ = place(&mut self.targets, table, value));
        rows.into_iter()
            .for_each(|row| place(&mut self.targets, row.scheme, row.value).push((row.partner, row.target)));
        targets.into_iter().for_each(|(table, target)| _ = place(&mut self.values, table, target));
        for row in back {
            let known = place(&mut self.values, row.scheme, row.target);
            known.push((row.partner, row.value));
            known.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        }
        Ok(())
    }

    /// The rows as they hold for a partner; without one, those that hold for all.
    pub fn of(&self, partner: Option<PartnerId>) -> OfPartner<'_> {
        OfPartner { lookups: self, partner: partner.unwrap_or(EVERYONE) }
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

fn place(known: &mut Known, table: String, word: String) -> &mut Vec<(PartnerId, String)> {
    known.entry(table).or_default().entry(word).or_default()
}

fn known_of<'k>(known: &'k Known, table: &str, word: &str) -> Option<&'k Vec<(PartnerId, String)>> {
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

/// The tenant's rows as they hold for one partner.
pub struct OfPartner<'l> {
    lookups: &'l Lookups,
    partner: PartnerId,
}

impl OfPartner<'_> {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.lookups.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of rows is said for one of whom they hold.
fn said_for(rows: &[(PartnerId, String)], whom: PartnerId) -> impl Iterator<Item = &String> {
    rows.iter().filter(move |(partner, _)| *partner == whom).map(|(_, word)| word)
}

impl Tables for OfPartner<'_> {
    fn get(&self, table: &str, value: &str) -> Option<String> {
        if let Some(known) = known_of(&self.lookups.targets, table, value) {
            return said_for(known, self.partner).chain(said_for(known, EVERYONE)).next().cloned();
        }
        note(&mut self.asked().values, table, value);
        None
    }
    fn inverse(&self, table: &str, target: &str) -> Vec<String> {
        let Some(known) = known_of(&self.lookups.values, table, target) else {
            note(&mut self.asked().targets, table, target);
            return vec![];
        };
        let own: Vec<String> = said_for(known, self.partner).cloned().collect();
        if !own.is_empty() {
            return own;
        }
        // A value that means something else with this partner would be read as that.
        let is_another = |value: &str| {
            let read = known_of(&self.lookups.targets, table, value);
            read.is_some_and(|read| said_for(read, self.partner).next().is_some())
        };
        said_for(known, EVERYONE).filter(|value| !is_another(value)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partners_row_stands_over_the_one_for_all() {
        let [north, south] = [1, 2].map(|n| PartnerId(uuid::Uuid::from_u128(n)));
        let mut rows = Lookups::default();
        for (value, partner, target) in [("PF", EVERYONE, "PK"), ("PF", north, "EA"), ("PL", EVERYONE, "PK")] {
            place(&mut rows.targets, "uom".into(), value.into()).push((partner, target.into()));
            place(&mut rows.values, "uom".into(), target.into()).push((partner, value.into()));
        }
        let read = |partner| rows.of(partner).get("uom", "PF");
        assert_eq!(read(Some(north)).as_deref(), Some("EA"));
        assert_eq!((read(Some(south)).as_deref(), read(None).as_deref()), (Some("PK"), Some("PK")));
        let written = |partner, target: &str| rows.of(partner).inverse("uom", target);
        assert_eq!(written(Some(south), "PK"), ["PF", "PL"]);
        assert_eq!(written(Some(north), "PK"), ["PL"], "PF would be read as EA");
        assert_eq!(written(Some(north), "EA"), ["PF"]);
        assert_eq!(written(Some(south), "EA"), [""; 0], "another partner's");
        assert_eq!((rows.of(None).get("uom", "XX"), rows.asked().is_empty()), (None, false), "it is noted");
    }
}
