//! What writers take: segments with plain values; delimiters and escapes are the writer's business.

use crate::piece::Identity;

/// One element: repeats of components. `[["A"]]` is a plain element; an empty vector is an empty element.
pub type Element = Vec<Vec<String>>;

/// A segment to be written. Trailing empty elements and components are left out by the writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutSet {
    /// `855`, `ORDRSP`.
    pub kind: String,
    /// ST02, UNH 0062.
    pub control: String,
    pub segments: Vec<Segment>,
}

/// The envelope around one group of sets, X12.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// `YYYYMMDD` and `HHMM`, UTC: the caller's clock, this package has none.
    pub date: String,
    pub time: String,
    pub delimiters: X12Delimiters,
}

/// The four characters that X12 reserves, and what follows each segment (nothing, LF, CRLF).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X12Delimiters {
    pub element: char,
    pub component: char,
    pub repetition: char,
    pub segment: char,
    pub line_end: String,
}

impl Default for X12Delimiters {
    fn default() -> Self {
        X12Delimiters { element: '*', component: '>', repetition: '^', segment: '~', line_end: "\n".into() }
    }
}
