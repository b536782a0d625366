//! What two mappings make of the same documents, gathered by field. Bounded, however many documents there were.

use crate::mapping::{
    Provenance,
    differences::{Difference, differences},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Values that are shown of a field.
const EXAMPLES: usize = 5;
/// Sets that end otherwise and are listed; how many more there are is told.
const OUTCOMES: usize = 1_000;
/// Fields that are told apart: a message has fewer, unless its extension is made of the document's own names.
const FIELDS: usize = 1_000;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Replayed {
    /// Documents that were read, or written, both ways.
    pub documents: usize,
    /// Documents whose bytes are not kept any more, beside them.
    pub gone: usize,
    /// Sets in them that one of the changed mappings reads or writes.
    pub sets: usize,
    pub changed_documents: usize,
    pub changed_sets: usize,
    /// Sets that were read or written before and would not be any more, and the other way round.
    pub newly_fail: usize,
    pub newly_succeed: usize,
    pub fields: Vec<Field>,
    /// The sets that end otherwise, up to a thousand.
    pub outcomes: Vec<Outcome>,
    /// How many more there are.
    pub outcomes_not_listed: usize,
    pub took_ms: u64,
    #[serde(skip)]
    by_field: BTreeMap<String, Field>,
}

/// A field that would have other values.
#[derive(Debug, Default, Serialize)]
pub struct Field {
    /// Without the places in lists: `/lines/quantity/value`; of what is written `PO1/02`.
    pub field: String,
    pub documents: usize,
    /// Values that differ.
    pub values: usize,
    pub examples: Vec<Example>,
    #[serde(skip)]
    last: Option<Uuid>,
}

/// A value that would be another.
#[derive(Debug, Serialize)]
pub struct Example {
    /// The document, or the delivery that carries it.
    pub document: Uuid,
    /// Its file.
    pub name: String,
    /// The business number.
    pub number: Option<String>,
    /// The field with its places in lists.
    pub field: String,
    /// Where in the document it comes from: `PO1[2]/PO102`.
    pub at: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// A set that would end otherwise.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub document: Uuid,
    pub name: String,
    pub number: Option<String>,
    /// Which set of the document, from 1.
    pub set: u32,
    pub before: End,
    pub after: End,
}

/// How a set ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct End {
    /// `read`, `held`, `refused` or `dead`, `missing` (there is no such set), `written` or `unwritable`. It is what reading or
    /// writing ends with, and not what the message of that set is by now: one that was applied stays so.
    pub state: String,
    /// Why, where it is not read or written.
    pub why: Option<String>,
}

/// Which set it is.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    pub document: Uuid,
    pub name: &'a str,
    pub number: Option<&'a str>,
    pub set: u32,
}

/// One side of a set.
#[derive(Debug, Default)]
pub struct Side {
    pub end: Option<End>,
    pub body: Option<Value>,
    pub origins: Provenance,
}

impl Replayed {
    /// Notes a set as it is on either side. True if that differs.
    pub fn set(&mut self, of: Of<'_>, was: Side, is: Side) -> bool {
        self.sets += 1;
        self.newly_fail += usize::from(was.body.is_some() && is.body.is_none());
        self.newly_succeed += usize::from(was.body.is_none() && is.body.is_some());
        let found = match (&was.body, &is.body) {
            (Some(old), Some(new)) => differences(old, new),
            _ => vec![],
        };
        let missing = || End { state: "missing".into(), why: None };
        let (before, after) = (was.end.unwrap_or_else(missing), is.end.unwrap_or_else(missing));
        let other_end = before != after;
        if other_end && self.outcomes.len() == OUTCOMES {
            self.outcomes_not_listed += 1;
        } else if other_end {
            let number = of.number.map(str::to_owned);
            let (document, name, set) = (of.document, of.name.to_owned(), of.set);
            self.outcomes.push(Outcome { document, name, number, set, before, after });
        }
        let other = other_end || !found.is_empty();
        self.changed_sets += usize::from(other);
        for difference in found {
            self.field(of, [&is.origins, &was.origins], difference);
        }
        other
    }

    fn field(&mut self, of: Of<'_>, origins: [&Provenance; 2], difference: Difference) {
        let path = difference.path();
        if self.by_field.len() >= FIELDS && !self.by_field.contains_key(&path) {
            return;
        }
        let field = self.by_field.entry(path.clone()).or_default();
        field.field = path;
        field.values += 1;
        field.documents += usize::from(field.last != Some(of.document));
        field.last = Some(of.document);
        if field.examples.len() < EXAMPLES {
            let from =
                |origins: &Provenance| origins.iter().find(|o| o.field == difference.field).map(|o| o.at.into_owned());
            field.examples.push(Example {
                document: of.document,
                name: of.name.to_owned(),
                number: of.number.map(str::to_owned),
                at: origins.into_iter().find_map(from),
                field: difference.field,
                before: difference.before,
                after: difference.after,
            });
        }
    }

    /// Notes a document, some of whose sets were noted.
    pub fn document(&mut self, differs: bool) {
        self.documents += 1;
        self.changed_documents += usize::from(differs);
    }

    /// The fields by how many documents they change.
    pub fn finish(&mut self, took_ms: u64) {
        self.fields = std::mem::take(&mut self.by_field).into_values().collect();
        self.fields.sort_by(|a, b| (b.documents, b.values, &a.field).cmp(&(a.documents, a.values, &b.field)));
        self.took_ms = took_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_sets_that_end_otherwise_those_that_are_not_listed_are_counted() {
        let mut seen = Replayed::default();
        let side = |state: &str| Side { end: Some(End { state: state.into(), why: None }), ..Side::default() };
        for set in 0..OUTCOMES + 7 {
            let of = Of { document: Uuid::nil(), name: "a.edi", number: None, set: set as u32 };
            assert!(seen.set(of, side("read"), side("refused")));
        }
        assert!(!seen.set(
            Of { document: Uuid::nil(), name: "a.edi", number: None, set: 0 },
            side("read"),
            side("read")
        ));
        assert_eq!((seen.outcomes.len(), seen.outcomes_not_listed, seen.changed_sets), (OUTCOMES, 7, OUTCOMES + 7));
    }
}
