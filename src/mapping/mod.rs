//! Mappings written as data: language → plan → run either way.
//!
//! Promise: what a mapping reads it can write back to the same message; a value it could not read is named with its place.
//! Called by: `flow` (reading), `emit` (writing), `cli` (lint, translate). Calls: `formats`, `canonical`.
//! Never: does I/O, reads a clock, knows a partner's database.
//! Tried by: the tests in its files, tests/formats/mappings.rs
//!
//! The way of a mapping: `yaml` (text with places) → `expr` (fields taken apart) → `fields`, `route`, `rules` (looked up
//! in guide and message shape) → `plan` (flat data) → `read` and `write`. `library` holds all, `standard` those we ship.
//! The language for integrators: `mappings/README.md`.

mod asked;
mod astray;
mod attempt;
mod calls;
mod cel;
pub mod codes;
mod compile;
mod computed;
mod condition;
pub mod covered;
mod dates;
pub mod differences;
pub mod enclose;
pub mod explain;
mod expr;
mod extends;
mod faults;
mod fields;
mod fits;
mod frames;
pub mod guide_file;
mod hierarchy;
mod holds;
mod kept;
mod layout;
mod library;
pub mod lookup;
mod moment;
pub mod near;
mod needs;
pub mod nowhere;
mod numbered;
mod out;
mod parts;
pub mod picture;
mod pipes;
mod plain;
mod plan;
pub mod pointer;
mod provenance;
mod read;
mod replay;
pub mod resolved;
mod route;
mod rules;
pub mod samples;
pub mod schema;
mod schemes;
mod seen;
mod shape;
pub mod shipped_samples;
mod short;
mod short_ids;
pub mod standard;
mod strangers;
pub mod suggest;
mod tables;
mod told;
mod unfit;
mod unread;
mod unwritten;
mod values;
pub mod versions;
mod walk;
mod words;
mod wrapped;
mod write;
mod write_edi;
mod write_loops;
mod write_messages;
mod write_named;
mod write_place;
mod write_rules;
mod write_values;
pub mod yaml;

pub use crate::canonical::Body;
pub use astray::astray;
pub use compile::is_name;
pub use explain::Line;
pub use extends::{extended, name_of};
pub use faults::is_own;
pub use library::{Library, Lint};
pub use provenance::{Origin, Provenance, Spot};
pub use unfit::Unfit;

use crate::formats::{CsvOptions, Options, fault::Fault, layout::Layout, piece::Standard, tree::Tree, write::Segment};
use serde_json::Value;

/// The layout of fixed width that a file holds: a mapping, or `layout:` alone. All that is wrong comes at once.
pub fn layout(file: &str, text: &str) -> Result<Layout, Vec<Lint>> {
    layout::file(text).map_err(|wrong| {
        let lint = |(spot, sentence): (yaml::Spot, String)| Lint {
            file: file.to_owned(),
            line: spot.line,
            column: spot.column,
            sentence,
        };
        wrong.into_iter().map(lint).collect()
    })
}

/// A tenant's own rows of code tables. Both ways the most specific row is the one that holds: one that a partner's own mapping
/// says, then the tenant's, then the mapping's other rows, then what it says of all values (`*`).
pub trait Tables: Send + Sync {
    /// The target of a value, if the tenant has a row for it.
    fn get(&self, table: &str, value: &str) -> Option<String>;
    /// The values whose target this is, by the alphabet.
    fn inverse(&self, table: &str, target: &str) -> Vec<String>;
}

/// What a run needs to know besides the document.
pub struct Context<'a> {
    /// `$tenant.currency`.
    pub tenant_currency: &'a str,
    pub tables: &'a dyn Tables,
}

/// What a mapping claims, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// `x12 004010 850`, `csv orders`.
    pub document: String,
    /// `in`, `out` or `both`.
    pub direction: &'static str,
    pub versions: Vec<String>,
    pub partner: Option<String>,
}

/// A value that a table should hold and does not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Missing {
    pub table: String,
    pub value: String,
    pub fault: Fault,
}

/// What came out of reading one set.
#[derive(Debug)]
pub struct Reading {
    /// The canonical message; `Null` if faults or misses prevented it.
    pub body: Body,
    /// The message's number (its business key) where it could be read, even if the rest could not: a held message holds its
    /// key's successors back by it.
    pub number: Option<String>,
    pub provenance: Provenance,
    /// Costing the set: a value that can't be read, a mandatory one that is not there.
    pub faults: Vec<Fault>,
    pub missing: Vec<Missing>,
    /// What the partner sent and nobody reads (paths), where `unmapped:` is not `ignore`.
    pub unread: Vec<String>,
}

/// What writing gives: segments for EDI, a value for JSON, a tree for XML and CSV.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made a document, and used at once")]
pub enum Written {
    Segments(Vec<Segment>),
    Json(Value),
    Tree(Tree),
}

/// What a mapping is for; the most specific claim wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    pub outbound: bool,
    pub standard: Standard,
    pub version: &'a str,
    /// `850`, `ORDERS`; for CSV, XML and JSON a name: `csv orders`, `ubl order`, `json order`.
    pub kind: &'a str,
    pub partner: Option<&'a str>,
    pub application_sender: Option<&'a str>,
}

/// A mapping, compiled.
#[derive(Debug)]
pub struct Plan(plan::Program);

impl Plan {
    /// The mapping's name and version: `x12/4010/850-order@3f2a…` (a hash of its text and tables).
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// Its name without the hash: `x12/4010/850-order`.
    pub fn short(&self) -> &str {
        library::short(&self.0.name)
    }
    /// The canonical message it reads to: `order/1`.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// True if it reads documents, and does not only write them.
    pub fn reads(&self) -> bool {
        self.0.claims.read
    }
    /// How the documents that it reads are to be read: which rows belong together, where fields of fixed width stand.
    pub fn options(&self) -> Options {
        let csv = CsvOptions { delimiter: None, by: self.0.sets_by.clone() };
        Options { csv, layout: self.0.layout.clone(), ..Options::default() }
    }
    /// The family of documents it is for.
    pub fn standard(&self) -> Standard {
        self.0.standard
    }
    /// The document's kind and the version whose guide it was compiled with: (`850`, `004010`).
    pub fn document(&self) -> (&str, &str) {
        (&self.0.claims.kind, self.0.guide.map_or("", |g| &g.version))
    }
    /// What messages that it reads can be called: the claimed kind, and of XML the root.
    pub fn kinds(&self) -> Vec<&str> {
        let root = self.0.root.as_ref().filter(|_| self.0.standard == Standard::Xml).map(|root| root.name.as_str());
        [self.0.claims.kind.as_str()].into_iter().chain(root).collect()
    }
    /// True if writing back what it reads may lose something (`one_way: true`).
    pub fn one_way(&self) -> bool {
        self.0.one_way
    }
    /// The files that it was made of: its own first, then those that it extends.
    pub fn files(&self) -> &[String] {
        &self.0.files
    }
    /// Fields that say `$todo`, each at its line.
    pub fn open(&self) -> Vec<Lint> {
        let lint = |(spot, field): &(yaml::Spot, String)| Lint {
            file: self.0.placed(*spot).file.to_owned(),
            line: spot.line,
            column: spot.column,
            sentence: format!("`{field}` is open (`$todo`): say where it stands, or what it always is"),
        };
        self.0.open.iter().map(lint).collect()
    }
    /// What it claims, in words.
    pub fn claimed(&self) -> Claimed {
        let plan::Program { claims, standard, .. } = &self.0;
        let edi = matches!(standard, Standard::X12 | Standard::Edifact);
        let document = match self.0.guide {
            Some(guide) if edi => format!("{} {} {}", standard.word(), guide.version, claims.kind),
            _ => claims.kind.clone(),
        };
        let direction = match (claims.read, claims.write) {
            (true, true) => "both",
            (true, false) => "in",
            _ => "out",
        };
        Claimed { document, direction, versions: claims.versions.clone(), partner: claims.partner.clone() }
    }
    /// Each field that it makes, lists' items once (`/lines/item`), with the line that says it.
    pub fn fields(&self) -> Vec<(String, Line<'_>)> {
        let mut found = Vec::new();
        plan::leaves(&self.0.fields, "", &mut found);
        found.into_iter().map(|(field, spot)| (field, self.0.placed(spot))).collect()
    }
    /// What `write:` says, each place (`write BEG02`) with its line.
    pub fn written_lines(&self) -> Vec<(String, Line<'_>)> {
        self.0.rules.iter().map(|rule| (format!("write {}", rule.text), self.0.placed(rule.spot))).collect()
    }
    /// The rows of its tables: table, value, target.
    pub fn rows(&self) -> Vec<(String, String, String)> {
        let rows = |table: &tables::Table| -> Vec<_> {
            table.rows.iter().map(|row| (table.name.clone(), row.value.clone(), row.target.clone())).collect()
        };
        self.0.tables.iter().flat_map(rows).collect()
    }
    /// Where the mapping says how a canonical field is made: (file, line), for a JSON pointer into the message. Of a field
    /// that no line names by itself (an item's `scheme`) that of what it stands in.
    pub fn line(&self, pointer: &str) -> Option<(&str, u32)> {
        let spot = *plan::spots(&self.0.fields, pointer).first()?;
        Some((self.0.files.get(usize::from(spot.file))?, spot.line))
    }
    /// Reads one set.
    pub fn read(&self, tree: &Tree, context: &Context) -> Reading {
        read::read(&self.0, tree, context)
    }
    /// Writes one message. What no line writes is left out ([`Plan::unwritten`] and [`Plan::lost`] tell it), or refuses the
    /// message where the mapping says `unwritten: reject`.
    pub fn write(&self, message: &Value, context: &Context) -> Result<Written, Vec<Fault>> {
        self.write_together(&[message], context)
    }
    /// Writes several messages into one document, each with a loop of its own (`messages:`). What they say outside of it
    /// must be the same; a fault's pointer begins with the message's index, from 0.
    pub fn write_together(&self, messages: &[&Value], context: &Context) -> Result<Written, Vec<Fault>> {
        let refused: Vec<Fault> = messages.iter().flat_map(|message| self.refuses(message)).collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let written = write::write(&self.0, messages, context)?;
        let lost = self.refuses_lost(messages, &written, context);
        if lost.is_empty() { Ok(written) } else { Err(lost) }
    }
}

/// No rows of the tenant's own: what `crossdock translate` without a hub and the tests use.
#[derive(Debug, Default)]
pub struct NoTables;

impl Tables for NoTables {
    fn get(&self, _: &str, _: &str) -> Option<String> {
        None
    }
    fn inverse(&self, _: &str, _: &str) -> Vec<String> {
        vec![]
    }
}
