//! Why a value is where it is: message, document and mapping, line by line, in both directions; and what nobody read.
//!
//! Writing keeps no books: what it wrote is read back, and the law says that this gives the same message.

use super::{Context, Origin, Plan, Reading, plan, pointer, read, seen::Seen, unread, yaml::Spot};
use crate::formats::{
    piece::Standard,
    place::At,
    tree::{NodeId, Tree},
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// A line of a mapping's files, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Line<'p> {
    pub file: &'p str,
    pub line: u32,
    /// True of a file that comes with the hub: it stands in no folder.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub built_in: bool,
}

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}{}", self.file, self.line, if self.built_in { " (built in)" } else { "" })
    }
}

/// A field of the message, and what made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made<'p> {
    /// JSON pointer into the message (RFC 6901).
    pub field: String,
    pub value: Value,
    /// The bytes that gave it; none for a constant, a setting, a position and what was computed.
    pub bytes: Option<Range<u64>>,
    /// In the format's words: `PO1[2]/PO102`; empty without bytes.
    pub at: String,
    pub line: Option<Line<'p>>,
}

/// A value of the document, what it became, and the line of the mapping that looked at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked<'p> {
    pub bytes: Range<u64>,
    pub place: At,
    /// As coverage calls it: `PO1/PO102`, loops without their number.
    pub path: String,
    /// The fields that were made of it; none for a qualifier, or what `write:` says.
    pub fields: Vec<String>,
    /// None: nobody read it.
    pub line: Option<Line<'p>>,
}

/// A set, explained.
#[derive(Debug)]
pub struct Explained<'p> {
    pub reading: Reading,
    /// Each value of the message, in its order; none if it could not be read.
    pub fields: Vec<Made<'p>>,
    /// Each value of the document but those of its envelope, in its order.
    pub values: Vec<Looked<'p>>,
    pub coverage: Coverage,
}

/// What a set said and nobody read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unread {
    /// `PO1/PO107`
    pub path: String,
    /// How often it was said.
    pub times: usize,
    /// What was said first, and where.
    pub value: String,
    pub bytes: Range<u64>,
    #[serde(skip)]
    pub place: At,
}

/// How much of a set was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Values that say something, but those of the envelope.
    pub values: usize,
    pub unread: Vec<Unread>,
}

impl Plan {
    /// Reads one set, and tells of each value of the message which bytes and which line made it, and of each value of the
    /// document what it became. What it tells of a document that this mapping wrote is why each value stands there.
    pub fn explain(&self, tree: &Tree, context: &Context) -> Explained<'_> {
        self.explained(tree, context, None)
    }

    /// As [`Plan::explain`], of a document that was written from a message: what the message has no field for, though
    /// reading would make one of it, is the mapping's own, and has the line of `write:` that says it.
    pub fn explain_written(&self, tree: &Tree, context: &Context, message: &Value) -> Explained<'_> {
        self.explained(tree, context, Some(message))
    }

    fn explained(&self, tree: &Tree, context: &Context, message: Option<&Value>) -> Explained<'_> {
        let (reading, mut seen) = read::explain(&self.0, tree, context);
        let said = unread::values(self.standard(), tree);
        let mut covered = Said::default();
        covered.add(self.standard(), tree, &seen);
        let coverage = covered.coverage();
        let mut looked: HashMap<NodeId, Vec<Spot>> = HashMap::new();
        for (node, spot) in seen.log() {
            looked.entry(node).or_default().push(spot);
        }
        let told: Vec<Origin> = reading.provenance.iter().collect();
        let mut fields = Vec::new();
        if !reading.body.is_null() {
            let mut origins: HashMap<&str, &Origin> = HashMap::new();
            told.iter().for_each(|origin| _ = origins.entry(&origin.field).or_insert(origin));
            self.made(&origins, &mut String::new(), &reading.body, &mut fields);
        }
        let mut made: HashMap<(u64, u64), BTreeSet<&str>> = HashMap::new();
        for origin in &told {
            made.entry((origin.bytes.start, origin.bytes.end)).or_default().insert(&origin.field);
        }
        let has = |field: &str| message.is_none_or(|message| message.pointer(field).is_some_and(|v| !v.is_null()));
        let stands = |field: &str| message.is_none_or(|message| message.pointer(field) == reading.body.pointer(field));
        let by_rule = |spot: &&Spot| self.0.rules.iter().any(|rule| rule.spot == **spot);
        let mut values: Vec<Looked> = said
            .into_iter()
            .map(|(path, node)| {
                let bytes = tree.bytes(node);
                let read: Vec<&str> = made.get(&(bytes.start, bytes.end)).into_iter().flatten().copied().collect();
                let mut fields: Vec<String> = read.iter().filter(|field| has(field)).map(|f| (*f).to_owned()).collect();
                // What is only read from a place was not written there where it says something else.
                if fields.iter().any(|field| stands(field)) {
                    fields.retain(|field| stands(field));
                }
                let spots = looked.get(&node).map_or(&[][..], Vec::as_slice);
                let rule = spots.iter().find(by_rule).filter(|_| fields.is_empty() && !read.is_empty()).copied();
                let line = rule.or_else(|| self.looked_by(spots, &fields)).map(|spot| self.0.placed(spot));
                Looked { place: tree.place(node).at, bytes, path, fields, line }
            })
            .collect();
        values.sort_by_key(|value| value.bytes.start);
        let lines: HashMap<(u64, u64), Option<Line>> =
            values.iter().map(|value| ((value.bytes.start, value.bytes.end), value.line)).collect();
        // Of several blocks that can make a field, the one that looked there.
        for one in &mut fields {
            let Some(bytes) = &one.bytes else { continue };
            let Some(line) = lines.get(&(bytes.start, bytes.end)).filter(|line| **line != one.line) else { continue };
            let possible = plan::spots(&self.0.fields, &one.field);
            if possible.iter().any(|spot| Some(self.0.placed(*spot)) == *line) {
                one.line = *line;
            }
        }
        Explained { reading, fields, values, coverage }
    }

    /// The line that looked at a value: that of the field that it became, before that of a qualifier that was looked at
    /// for another.
    fn looked_by(&self, spots: &[Spot], fields: &[String]) -> Option<Spot> {
        let [first, _, ..] = spots else { return spots.first().copied() };
        let own = |spot: &&Spot| fields.iter().any(|field| plan::spots(&self.0.fields, field).contains(spot));
        spots.iter().find(own).or(Some(first)).copied()
    }

    /// Reads one set, or what one of several messages is made of, and notes how much of it was read, whatever `unmapped:`
    /// says of the rest.
    pub fn covering(&self, tree: &Tree, context: &Context, said: &mut Said) -> Reading {
        let (reading, seen) = read::explain(&self.0, tree, context);
        said.add(self.standard(), tree, &seen);
        reading
    }

    /// The values of a message, with what made each.
    fn made<'p>(&'p self, origins: &HashMap<&str, &Origin>, at: &mut String, value: &Value, found: &mut Vec<Made<'p>>) {
        let before = at.len();
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                pointer::push(at, name);
                self.made(origins, at, value, found);
                at.truncate(before);
            }),
            Value::Array(items) if !items.is_empty() => items.iter().enumerate().for_each(|(n, item)| {
                at.push_str(&format!("/{n}"));
                self.made(origins, at, item, found);
                at.truncate(before);
            }),
            _ => {
                // An id's scheme comes from what stands beside it.
                let beside = || origins.get(format!("{}/id", at.strip_suffix("/scheme")?).as_str());
                let origin = origins.get(at.as_str()).or_else(beside);
                found.push(Made {
                    field: at.clone(),
                    value: value.clone(),
                    bytes: origin.map(|o| o.bytes.clone()),
                    at: origin.map(|o| o.at.clone().into_owned()).unwrap_or_default(),
                    line: plan::spots(&self.0.fields, at).first().map(|spot| self.0.placed(*spot)),
                });
            }
        }
    }
}

/// What a set says, whichever of its messages it stands in: what stands outside of their loops is each one's, and counts
/// once. It is read if one of them reads it.
#[derive(Debug, Default)]
pub struct Said {
    /// By first byte, last byte and path.
    known: HashMap<(u64, u64, String), usize>,
    /// What nobody read so far, in the order in which it was seen; none where somebody did.
    left: Vec<Option<Unread>>,
}

impl Said {
    fn add(&mut self, standard: Standard, tree: &Tree, seen: &Seen) {
        for (path, node) in unread::values(standard, tree) {
            let bytes = tree.bytes(node);
            let next = self.left.len();
            let at = *self.known.entry((bytes.start, bytes.end, path.clone())).or_insert(next);
            if at < next {
                self.left[at].take_if(|_| seen.has(node));
                continue;
            }
            let value = || tree.value(node).unwrap_or_default().trim().to_owned();
            let left = || Unread { path, times: 1, value: value(), bytes, place: tree.place(node).at };
            self.left.push((!seen.has(node)).then(left));
        }
    }

    /// How much of it was read, each path that nobody reads once.
    pub fn coverage(self) -> Coverage {
        let values = self.left.len();
        let mut at: HashMap<String, usize> = HashMap::new();
        let mut unread: Vec<Unread> = Vec::new();
        for one in self.left.into_iter().flatten() {
            match at.get(&one.path) {
                Some(known) => unread[*known].times += 1,
                None => {
                    at.insert(one.path.clone(), unread.len());
                    unread.push(one);
                }
            }
        }
        Coverage { values, unread }
    }
}
