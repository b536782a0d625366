//! Mappings written as data: language → plan → run either way.
//!
//! Promise: what a mapping reads it can write back to the same message; a value it could not read is named with its place.
//! Called by: `flow` (reading), `emit` (writing), `cli` (lint, translate). Calls: `formats`, `canonical`.
//! Never: does I/O, reads a clock, knows a partner's database.
//! Tried by: the tests in its files, tests/formats/mappings.rs

use crate::formats::{fault::Fault, piece::Standard, tree::Tree, write::Segment};
use serde_json::Value;
use std::{ops::Range, sync::Arc};

/// Values looked up in code tables: `tables/*.csv` of the mapping first, then the tenant's own rows.
pub trait Tables: Send + Sync {
    /// The target of a value, if the tenant has a row for it.
    fn get(&self, table: &str, value: &str) -> Option<String>;
    /// The value whose target this is.
    fn inverse(&self, table: &str, target: &str) -> Option<String>;
}

/// What a run needs to know besides the document.
pub struct Context<'a> {
    /// `$tenant.currency`.
    pub tenant_currency: &'a str,
    pub tables: &'a dyn Tables,
}

/// Where a canonical value came from.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// JSON pointer into the message (RFC 6901).
    pub field: String,
    /// Byte range in the document.
    pub bytes: Range<u64>,
    /// In the format's words: `BEG03`, `PO1[2]/PO102`.
    pub at: String,
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
    pub body: Value,
    pub provenance: Vec<Origin>,
    /// Costing the set: a value that can't be read, a mandatory one that is not there.
    pub faults: Vec<Fault>,
    pub missing: Vec<Missing>,
    /// What the partner sent and nobody reads (paths), where `unmapped:` is not `ignore`.
    pub unread: Vec<String>,
}

/// What writing gives: segments for EDI, a value for JSON, a tree for XML and CSV.
#[derive(Debug)]
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
pub struct Plan {}

impl Plan {
    /// The mapping's name and version: `x12/4010/850-order@3f2a…` (a hash of its text and tables).
    pub fn name(&self) -> &str {
        ""
    }
    /// The canonical message it reads to: `order/1`.
    pub fn message(&self) -> &str {
        ""
    }
    /// `sets: { by: … }` of a CSV mapping.
    pub fn sets_by(&self) -> Option<&str> {
        None
    }
    pub fn read(&self, _tree: &Tree, _context: &Context) -> Reading {
        Reading { body: Value::Null, provenance: vec![], faults: vec![], missing: vec![], unread: vec![] }
    }
    pub fn write(&self, _message: &Value, _context: &Context) -> Result<Written, Vec<Fault>> {
        Err(vec![])
    }
}

/// All mappings of the hub.
#[derive(Debug, Default)]
pub struct Library {}

/// A fault in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub sentence: String,
}

impl Library {
    /// Compiles mapping and table files, given as (path, text): this room reads no file itself.
    pub fn compile(_files: &[(String, String)]) -> Result<Library, Vec<Lint>> {
        Ok(Library {})
    }
    /// The mapping that claims it.
    pub fn claim(&self, _asked: &Asked) -> Option<Arc<Plan>> {
        None
    }
    /// By its name without the hash: `x12/4010/850-order`.
    pub fn named(&self, _name: &str) -> Option<Arc<Plan>> {
        None
    }
}
