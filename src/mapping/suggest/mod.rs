//! `mapping suggest`: from a document, or from a document beside the message that it should give, to a mapping that
//! lints clean, with a confidence and a reason for each line.
//!
//! Evidence comes from values (what stands in the document and is wanted in the message, by the inverse of pipes), from
//! other mappings (what they read from the same element, with which table), and from words: those of guide and message, and
//! of headers that anybody wrote as he likes (`headers.txt`), and what qualifiers mean (`qualifiers.txt`).
//! What no sample shows is proposed as other mappings read it, and as far below what is shown as that is weaker.
//! What two places say alike is shared between them; nothing is sure because others do so.

mod coded;
mod columns;
mod defaults;
mod delta;
mod finish;
mod headed;
mod headers;
mod kinds;
mod knowledge;
mod known;
mod likes;
mod lists;
mod offers;
mod places;
mod propose;
mod qualifiers;
mod roles;
mod rules;
mod search;
mod several;
mod stands;
mod text;
mod ubl;
mod unseen;
mod values;
mod weigh;
mod whole;
mod widen;

pub use super::library::xml_name;
pub use delta::{Delta, delta};
pub use finish::OPEN;
pub use headers::grouping;
pub use kinds::from as document;
pub use several::several;
pub use text::Line;

use super::{Context, Library, Lint, NoTables, Plan, read::wrapped, shape};
use crate::formats::{guides, piece::Standard, tree::Tree};
use knowledge::Knowledge;
use places::Places;
use search::{Scope, Search, Target};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use values::Comparer;

/// A document, and the message that it should give, if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub tree: &'a Tree,
    pub wanted: Option<&'a Json>,
}

/// What a mapping is wanted for.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The mapping's name.
    pub name: &'a str,
    /// `x12 004010 850`, `csv orders`, as `from:` has it.
    pub from: &'a str,
    /// `order/1`; none: what other mappings make of such documents, or what the samples' messages are.
    pub message: Option<&'a str>,
    pub partner: Option<&'a str>,
    /// CSV: the column whose equal values make one set.
    pub by: Option<&'a str>,
    pub samples: Vec<Sample<'a>>,
    /// Where a document makes several messages, the loop that makes each ([`several`]); the samples are what is left for each.
    pub messages: Option<&'a str>,
    /// Mappings that are not asked, with those that they extend and that extend them.
    pub without: Vec<String>,
    /// What no sample shows is left out.
    pub only_shown: bool,
    /// Where the mapping will stand, below the folder of the mappings: tables are looked for from there.
    pub path: &'a str,
}

/// A mapping, proposed.
#[derive(Debug)]
pub struct Proposal {
    pub message: String,
    /// The file.
    pub text: String,
    pub lines: Vec<Line>,
    /// Fields that the messages have and nothing was found for.
    pub wanting: Vec<String>,
    /// What the documents say and no line reads.
    pub unread: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug)]
pub enum Failure {
    /// The mappings that are there have faults.
    Mappings(Vec<Lint>),
    /// A sentence.
    Sentence(String),
}

impl From<String> for Failure {
    fn from(sentence: String) -> Failure {
        Failure::Sentence(sentence)
    }
}

/// The document's local name, where it is one of UBL's.
fn ubl_document<'p>(kind: &str, places: &'p [Places]) -> Option<&'p str> {
    let root = places.first().filter(|_| kind.starts_with("ubl "))?.root.as_str();
    Some(root.rsplit(':').next().unwrap_or(root))
}

/// Proposes a mapping. `files`: mappings and tables, as [`Library::compile`] takes them.
pub fn suggest(files: &[(String, String)], request: &Request) -> Result<Proposal, Failure> {
    let knowledge = Knowledge::of(files, &request.without, request.partner).map_err(Failure::Mappings)?;
    let (standard, version, kind) = kinds::from(request.from)?;
    let guide = guides::find(standard, &version, &kind);
    if guide.is_none() && matches!(standard, Standard::X12 | Standard::Edifact) {
        return Err(kinds::no_guide(standard, &version, &kind).into());
    }
    let wrappers = request.samples.iter().map(|s| wrapped(s.tree).map(|inner| s.tree.name(inner)));
    let wrappers: BTreeSet<Option<&str>> = wrappers.collect();
    let places = request.samples.iter().map(|s| Places::of(standard, s.tree, &knowledge.prefixes, wrappers.len() == 1));
    let places: Vec<Places> = places.collect();
    let compare = Comparer { standard, guide, ubl: ubl_document(&kind, &places), knowledge: &knowledge };
    let (message, guessed) = match kinds::message(request, &knowledge, standard, &kind, &places) {
        Ok(message) => (message, false),
        Err(unknown) => (headed::message(compare, &places, &kind).ok_or(unknown)?, true),
    };
    let shape = shape::message(&message).ok_or_else(|| format!("`{message}` is no canonical message"))?;
    let mut search = Search::new(compare, &places, &message, &kind, request.by);
    (search.guessed, search.only_shown) = (guessed, request.only_shown);
    search.headings = headed::headings(&search);
    let targets = request.samples.iter().enumerate();
    let targets: Vec<Target> = targets
        .map(|(pair, sample)| Target { pair, frames: vec![Some(0)], wanted: sample.wanted, position: 0 })
        .collect();
    let scope = Scope {
        names: vec![],
        frames: vec![vec![]],
        targets,
        bare: request.samples.iter().all(|sample| sample.wanted.is_none()),
    };
    search.rules = rules::agreed(&search);
    let mut nodes = search.object(&scope, shape.members());
    if !request.only_shown {
        search.widen(&mut nodes, &[], &[]);
    }
    finish::finish(files, request, &search, &places, shape, nodes)
}
