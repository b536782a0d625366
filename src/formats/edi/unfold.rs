//! A document's segments one by one, with their numbers: what a picture of a fault is drawn on.

use super::scan::{Syntax, terminator};
use crate::{edifact, x12};

/// A segment to be shown, or text between interchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub start: usize,
    /// With its terminator.
    pub end: usize,
    /// Its number in its set, from 1; none outside of sets.
    pub ordinal: Option<u32>,
}

/// The segments of a document in memory, one by one.
pub(crate) struct Unfold<'a> {
    bytes: &'a [u8],
    at: usize,
    syntax: Option<Syntax>,
    ordinal: Option<u32>,
}

/// All segments of a document in memory; what can't be cut is one piece.
pub(crate) fn unfold(bytes: &[u8]) -> Unfold<'_> {
    Unfold { bytes, at: 0, syntax: None, ordinal: None }
}

impl Iterator for Unfold<'_> {
    type Item = Shown;

    fn next(&mut self) -> Option<Shown> {
        let bytes = self.bytes;
        let start = self.at + bytes[self.at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at = start;
        if start == bytes.len() {
            return None;
        }
        if let Some((found, len)) = header(&bytes[start..]) {
            self.syntax = Some(found);
            self.at = start + len;
            return Some(Shown { start, end: self.at, ordinal: None });
        }
        let end = match &self.syntax {
            Some(syntax) => terminator(&bytes[start..], syntax).0.map_or(bytes.len(), |n| start + n + 1),
            None => (start + 1..bytes.len()).find(|n| header(&bytes[*n..]).is_some()).unwrap_or(bytes.len()),
        };
        let segment = &bytes[start..end];
        let ends = |id: &[u8]| segment.starts_with(id) && !segment.get(id.len()).is_some_and(u8::is_ascii_alphanumeric);
        if segment.starts_with(b"ST") && self.syntax.is_some_and(|s| segment.get(2) == Some(&s.element))
            || segment.starts_with(b"UNH")
        {
            self.ordinal = Some(0);
        }
        if [&b"GE"[..], b"IEA", b"UNE", b"UNZ", b"GS", b"UNG"].into_iter().any(ends) {
            self.ordinal = None;
        }
        let ordinal = self.ordinal.map(|n| n + 1);
        let closes = segment.starts_with(b"SE") && segment.get(2).is_some_and(|b| !b.is_ascii_alphanumeric())
            || segment.starts_with(b"UNT");
        (self.at, self.ordinal) = (end, ordinal.filter(|_| !closes));
        Some(Shown { start, end, ordinal })
    }
}

/// The delimiters and the length of a header that begins here. UNA is shown with nothing behind it.
fn header(bytes: &[u8]) -> Option<(Syntax, usize)> {
    match bytes {
        [b'I', b'S', b'A', ..] => x12::header(bytes),
        [b'U', b'N', b'A' | b'B', ..] => edifact::header(bytes),
        _ => None,
    }
}
