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

/// All segments of a document in memory; what can't be cut is one piece.
pub(crate) fn unfold(bytes: &[u8]) -> Vec<Shown> {
    let mut shown = Vec::new();
    let (mut at, mut syntax, mut ordinal) = (0, None, None);
    while at < bytes.len() {
        at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if at == bytes.len() {
            break;
        }
        if let Some((found, len)) = header(&bytes[at..]) {
            syntax = Some(found);
            shown.push(Shown { start: at, end: at + len, ordinal: None });
            at += len;
            continue;
        }
        let end = match &syntax {
            Some(syntax) => terminator(&bytes[at..], syntax).0.map_or(bytes.len(), |n| at + n + 1),
            None => (at + 1..bytes.len()).find(|n| header(&bytes[*n..]).is_some()).unwrap_or(bytes.len()),
        };
        let segment = &bytes[at..end];
        if segment.starts_with(b"ST") && syntax.is_some_and(|s| segment.get(2) == Some(&s.element))
            || segment.starts_with(b"UNH")
        {
            ordinal = Some(0);
        }
        let closes = [&b"GE"[..], b"IEA", b"UNE", b"UNZ", b"GS", b"UNG"];
        if closes
            .iter()
            .any(|id| segment.starts_with(id) && !segment.get(id.len()).is_some_and(u8::is_ascii_alphanumeric))
        {
            ordinal = None;
        }
        ordinal = ordinal.map(|n: u32| n + 1);
        shown.push(Shown { start: at, end, ordinal });
        if segment.starts_with(b"SE") && segment.get(2).is_some_and(|b| !b.is_ascii_alphanumeric())
            || segment.starts_with(b"UNT")
        {
            ordinal = None;
        }
        at = end;
    }
    shown
}

/// The delimiters and the length of a header that begins here. UNA is shown with nothing behind it.
fn header(bytes: &[u8]) -> Option<(Syntax, usize)> {
    match bytes {
        [b'I', b'S', b'A', ..] => x12::header(bytes),
        [b'U', b'N', b'A' | b'B', ..] => edifact::header(bytes),
        _ => None,
    }
}
