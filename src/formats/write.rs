//! What writers take: segments with plain values; delimiters and escapes are the writer's business.

#![allow(clippy::result_large_err, reason = "a refused value is the rare case, and callers want the fault itself")]

mod edifact;
mod letters;
mod out;
mod segments;
mod x12;
mod xml;

pub use edifact::{EdifactDelimiters, EdifactEnvelope, UnbHeader, UngHeader, edifact, edifact_to};
pub use letters::{Repertoire, X12Letters};
pub use segments::Segments;
pub use x12::{ta1, x12, x12_to};
pub use xml::xml;

use crate::{
    codes,
    fault::Fault,
    piece::Identity,
    place::{At, Place},
};
use serde::{Deserialize, Serialize};
use std::io;

/// One element: repeats of components. `[["A"]]` is a plain element; an empty vector is an empty element.
pub type Element = Vec<Vec<String>>;

/// A segment to be written. Trailing empty elements and components are left out by the writer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Segment {
    pub id: String,
    pub elements: Vec<Element>,
}

impl Segment {
    /// A segment of plain elements.
    pub fn plain<S: Into<String>>(id: &str, elements: impl IntoIterator<Item = S>) -> Self {
        Segment { id: id.into(), elements: elements.into_iter().map(|e| vec![vec![e.into()]]).collect() }
    }
}

/// One set's body, without ST/SE or UNH/UNT: the writer makes and counts those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutSet {
    /// `855`, `ORDRSP`.
    pub kind: String,
    /// ST02, UNH 0062.
    pub control: String,
    pub segments: Segments,
}

/// The envelope around one group of sets, X12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X12Envelope {
    pub sender: Identity,
    pub receiver: Identity,
    /// GS02, GS03.
    pub application_sender: String,
    pub application_receiver: String,
    /// `PR` for an 855, `FA` for a 997.
    pub functional_id: String,
    /// `004010`: GS08; ISA12 is made from it.
    pub version: String,
    pub interchange_control: u64,
    pub group_control: u64,
    pub test: bool,
    /// `YYYYMMDD` and `HHMM`, UTC: the caller's clock, this package has none. GS05 may also have `HHMMSS` or `HHMMSSDD`; ISA10
    /// takes four digits of it.
    pub date: String,
    pub time: String,
    pub header: X12Header,
    pub delimiters: X12Delimiters,
}

/// What else a header says than who, to whom, what and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X12Header {
    /// ISA01 and ISA02.
    pub authorization: [String; 2],
    /// ISA03 and ISA04.
    pub security: [String; 2],
    /// ISA12; empty: the first five digits of GS08.
    pub version: String,
    /// ISA14: a TA1 is asked for.
    pub acknowledgement_requested: bool,
    /// GS04 has six digits, without the century.
    /// Versions before 004010 have no other.
    pub short_group_date: bool,
    #[serde(default)]
    pub letters: X12Letters,
    /// ISA15; empty: T of a test, else P.
    #[serde(default)]
    pub usage: String,
    /// GS07; empty: X.
    #[serde(default)]
    pub agency: String,
}

impl Default for X12Header {
    fn default() -> Self {
        let nothing = || ["00".to_owned(), String::new()];
        X12Header {
            authorization: nothing(),
            security: nothing(),
            version: String::new(),
            acknowledgement_requested: false,
            short_group_date: false,
            letters: X12Letters::default(),
            usage: String::new(),
            agency: String::new(),
        }
    }
}

/// The four characters that X12 reserves, and what follows each segment (nothing, LF, CRLF).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X12Delimiters {
    pub element: char,
    pub component: char,
    pub repetition: char,
    pub segment: char,
    pub line_end: String,
    /// What is written for a delimiter or control character found in data; `None` refuses the value.
    pub replacement: Option<char>,
}

impl Default for X12Delimiters {
    fn default() -> Self {
        X12Delimiters {
            element: '*',
            component: '>',
            repetition: '^',
            segment: '~',
            line_end: "\n".into(),
            replacement: None,
        }
    }
}

/// A document that was kept: nothing can be wrong with keeping it.
fn whole(written: io::Result<Result<Vec<u8>, Fault>>) -> Result<Vec<u8>, Fault> {
    written.unwrap_or_else(|_| Ok(Vec::new()))
}

/// Room for a document of these sets.
fn room(sets: &[OutSet], line_end: &str) -> usize {
    sets.iter().map(|set| set.segments.bytes() + set.segments.len() * line_end.len() + 64).sum::<usize>() + 512
}

/// Where a value to be written stands, and how far the document is written.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    id: &'a str,
    ordinal: u32,
    element: Option<u16>,
    byte: usize,
}

impl Spot<'_> {
    fn fault(&self, code: &str, sentence: String) -> Fault {
        let Spot { id, ordinal, element, byte } = *self;
        let at = At::Segment { ordinal, id: id.into(), element, component: None, repeat: 1 };
        Fault::new(code, Place { byte: byte as u64, len: 0, at }, sentence)
    }

    fn name(&self) -> String {
        self.element.map_or(self.id.to_owned(), |element| format!("{}{element:02}", self.id))
    }
}

/// A value that a field of fixed length can't hold.
pub(crate) fn too_long(spot: Spot, value: &str, most: usize) -> Fault {
    let sentence = format!("{} would be “{value}”, which is longer than {most} characters.", spot.name());
    spot.fault(codes::CANT_WRITE, sentence).found(value).expected(format!("at most {most} characters"))
}

/// True of a segment's id.
fn is_id(id: &str) -> bool {
    matches!(id.len(), 2 | 3) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A segment id must be letters and digits, two or three of them.
pub(crate) fn check_id(id: &str, spot: Spot) -> Result<(), Fault> {
    if is_id(id) {
        return Ok(());
    }
    let sentence = format!("“{id}” is not a segment id.");
    Err(spot.fault(codes::CANT_WRITE, sentence).found(id).expected("two or three capital letters or digits"))
}
