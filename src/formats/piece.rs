//! What a reader gives, piece by piece, in document order.

pub use crate::policy::{Area, Characters, Fill, Isa11, Policy, Presence, Severity, Strictness, TextIn};
use crate::{fault::Fault, tree::Tree};
use serde::{Deserialize, Serialize};

/// The family of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standard {
    X12,
    Edifact,
    Csv,
    Fixed,
    Xml,
    Json,
}

impl Standard {
    /// Its word, as settings and rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Standard::X12 => "x12",
            Standard::Edifact => "edifact",
            Standard::Csv => "csv",
            Standard::Fixed => "fixed",
            Standard::Xml => "xml",
            Standard::Json => "json",
        }
    }
}

/// Who sent, or shall receive: a qualifier (`ZZ`, `01`, `14`; empty if none) and an id without padding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub qualifier: Box<str>,
    pub id: Box<str>,
}

/// An interchange's header, as read from ISA or UNB.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interchange {
    /// Counts from 0 through the document.
    pub ordinal: u32,
    pub standard: Standard,
    pub sender: Identity,
    pub receiver: Identity,
    /// ISA13, UNB 0020.
    pub control: Box<str>,
    /// ISA09 and ISA10, UNB S004, as they stand: a TA1 repeats them.
    pub date: Box<str>,
    pub time: Box<str>,
    /// ISA12 (`00401`), UNB S001 (`UNOC:3`).
    pub version: Box<str>,
    /// ISA15 = T, UNB 0035 = 1.
    pub test: bool,
    /// ISA14 = 1, UNB 0031 = 1.
    pub acknowledgement_requested: bool,
    /// ISA01 to ISA04: authorization and security, with their qualifiers; of UNB 0025, 0022, 0026 and 0032. They may be
    /// passwords, so they are not kept.
    #[serde(skip)]
    pub security: [Box<str>; 4],
    /// Offset of the first byte of ISA, UNA or UNB.
    pub byte: u64,
}

impl Interchange {
    /// Of EDIFACT its syntax version, 1 to 4.
    pub fn syntax(&self) -> u8 {
        let stated = self.version.rsplit_once(':').map_or("", |(_, version)| version);
        stated.bytes().next().filter(|digit| (b'1'..=b'4').contains(digit)).map_or(3, |digit| digit - b'0')
    }
}

/// A functional group's header (GS, UNG). EDIFACT without UNG has none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub interchange: u32,
    /// Counts from 0 through the document.
    pub ordinal: u32,
    /// GS01 (`PO`).
    pub functional_id: Box<str>,
    /// GS02, GS03: the applications' ids.
    pub sender: Box<str>,
    pub receiver: Box<str>,
    /// UNG 0007 of both, where they are qualified.
    #[serde(default)]
    pub qualifiers: [Box<str>; 2],
    /// GS06.
    pub control: Box<str>,
    /// GS08 (`004010`).
    pub version: Box<str>,
    pub byte: u64,
    /// Which segment of the document GS is, from 1.
    #[serde(default)]
    pub segment: u32,
}

/// One transaction set, EDIFACT message, order of a CSV, XML document or JSON value.
#[derive(Debug, Clone)]
pub struct Set {
    /// Counts from 0 through the document.
    pub ordinal: u32,
    pub standard: Standard,
    pub interchange: Option<u32>,
    pub group: Option<u32>,
    /// `850`, `ORDERS`; for XML the root's local name; empty for CSV and JSON (the connection's `expects` names it).
    pub kind: Box<str>,
    /// `004010` (GS08, ST03), `D96A`; for XML the root's namespace; else empty.
    pub version: Box<str>,
    /// EDIFACT UNH S009 0057 (`EAN008`), else empty.
    pub association: Box<str>,
    /// ST02, UNH 0062; else the key of the CSV group or empty.
    pub control: Box<str>,
    /// The set's bytes in the document.
    pub byte: u64,
    pub len: u64,
    /// Segments, rows or nodes in it.
    pub segments: u32,
    pub tree: Tree,
    /// In document order.
    pub faults: Vec<Fault>,
}

impl Set {
    /// True if no fault in it costs the set.
    pub fn accepted(&self) -> bool {
        self.faults.iter().all(|f| f.costs < crate::fault::Costs::Set)
    }
}

/// A group's trailer. A fault that costs the set rejects all of the group's sets.
#[derive(Debug, Clone)]
pub struct GroupEnd {
    pub ordinal: u32,
    pub sets: u32,
    /// Sets that are not among these, since their headers are missing: a fault between sets told of each row of segments.
    pub headless: u32,
    /// SE02, UNT 0062 of the first of these; empty where the trailer says none.
    pub headless_numbers: Vec<Box<str>>,
    /// What GE01 or UNE said.
    pub stated: Box<str>,
    pub faults: Vec<Fault>,
}

/// An interchange's trailer. A fault that costs the interchange rejects all of its sets.
#[derive(Debug, Clone)]
pub struct InterchangeEnd {
    pub ordinal: u32,
    pub groups: u32,
    pub sets: u32,
    /// Messages without their header that stand in no group, and what their trailers say; none in X12.
    pub headless: u32,
    pub headless_numbers: Vec<Box<str>>,
    pub faults: Vec<Fault>,
    /// Offset behind its last byte.
    pub byte: u64,
}

/// What comes next out of a document.
#[derive(Debug, Clone)]
pub enum Piece {
    Interchange(Interchange),
    Group(Group),
    Set(Box<Set>),
    GroupEnd(GroupEnd),
    InterchangeEnd(InterchangeEnd),
    /// Outside of any set: no envelope, bytes between interchanges, an envelope that can't be read.
    Fault(Fault),
}
