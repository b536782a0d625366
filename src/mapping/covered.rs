//! What many documents say and nobody reads, and what a mapping would read and none of them says.

use super::{
    Plan, Reading,
    explain::{self, Said},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What was found of one mapping over all sets that it read.
#[derive(Debug)]
pub struct Covered {
    plan: Arc<Plan>,
    sets: usize,
    values: usize,
    read: usize,
    unread: BTreeMap<String, Unread>,
    /// Fields that any set filled, lists' items without their number.
    filled: BTreeSet<String>,
}

/// The same, to be told.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub mapping: String,
    pub sets: usize,
    /// Values that say something, but those of the envelope.
    pub values: usize,
    /// How many of these the mapping reads.
    pub read: usize,
    /// What nobody reads, the most frequent first.
    pub unread: Vec<Unread>,
    pub never_filled: Vec<Empty>,
}

/// A path that nobody reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unread {
    /// `PO1/PO107`, loops without their number.
    pub path: String,
    /// Sets that say it.
    pub sets: usize,
    pub times: usize,
    /// What the first of them says, and where: `PO107 in order.edi`.
    pub value: String,
    pub first: String,
}

/// A field that the mapping would read and no set gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {
    pub field: String,
    pub file: String,
    pub line: u32,
}

impl Covered {
    pub fn new(plan: Arc<Plan>) -> Covered {
        Covered { plan, sets: 0, values: 0, read: 0, unread: BTreeMap::new(), filled: BTreeSet::new() }
    }

    /// Adds what one message of a set filled; most sets make one.
    pub fn message(&mut self, reading: &Reading) {
        let filled = reading.provenance.iter().map(|origin| {
            let names = origin.field.split('/').filter(|step| step.parse::<usize>().is_err());
            names.collect::<Vec<_>>().join("/")
        });
        self.filled.extend(filled);
    }

    /// Adds what was seen of one set in all of its messages; `file` is the document's name.
    pub fn set(&mut self, file: &str, said: Said) {
        let coverage = said.coverage();
        let left: usize = coverage.unread.iter().map(|one| one.times).sum();
        self.sets += 1;
        self.values += coverage.values;
        self.read += coverage.values - left;
        for explain::Unread { path, times, value, place, .. } in coverage.unread {
            let known = self.unread.entry(path).or_insert_with_key(|path| Unread {
                path: path.clone(),
                sets: 0,
                times: 0,
                value,
                first: format!("{place} in {file}"),
            });
            known.sets += 1;
            known.times += times;
        }
    }

    pub fn told(self) -> Told {
        let mut unread: Vec<Unread> = self.unread.into_values().collect();
        unread.sort_by_key(|one| std::cmp::Reverse((one.sets, one.times)));
        let mut fields = self.plan.fields();
        fields.retain(|(field, ..)| {
            !self.filled.iter().any(|filled| filled == field || filled.starts_with(&format!("{field}/")))
        });
        let empty =
            |(field, line): (String, explain::Line)| Empty { field, file: line.file.to_owned(), line: line.line };
        Told {
            mapping: self.plan.name().to_owned(),
            sets: self.sets,
            values: self.values,
            read: self.read,
            unread,
            never_filled: fields.into_iter().map(empty).collect(),
        }
    }
}
