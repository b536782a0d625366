//! Segments that hold bytes of a length they state: BIN and BDS. X12.6 §3.5.1 (binary), segments BIN and BDS.
//!
//! The bytes may be anything, delimiters too, so they are counted and not searched.

use super::scan::{Found, Span, Syntax, is_break};
use crate::source::Source;
use std::io::{self, BufRead};

/// How much of the segment is looked at for its length.
const HEAD: usize = 80;

/// In which element a segment's bytes stand, by its id.
pub(crate) fn position(id: &[u8]) -> Option<usize> {
    match id {
        b"BIN" => Some(2),
        b"BDS" => Some(3),
        _ => None,
    }
}

/// The segment behind `from`, if it is one of `ids`, and a terminator stands where its length says.
pub(crate) fn segment<R: BufRead>(
    source: &mut Source<R>,
    syntax: &Syntax,
    from: u64,
    ids: &[&[u8]],
    limit: usize,
) -> io::Result<Option<Found>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let start = super::scan::skip_filler(source, from)?;
    source.want(start, 3)?;
    if !ids.iter().any(|id| source.from(start).starts_with(id)) {
        return Ok(None);
    }
    source.want(start, HEAD)?;
    let Some((head, length)) = head(source.from(start), syntax) else { return Ok(None) };
    let end = start.saturating_add(head as u64).saturating_add(length);
    // A length beyond what is taken may be a slip, and must not cost what follows: then the terminator says the end.
    if end - start > limit as u64 {
        return Ok(None);
    }
    source.want(start, (end - start) as usize + 4)?;
    if source.end() < end {
        return Ok(None);
    }
    let span = |next: usize| Span { start, end, next: end + next as u64, terminated: next > 0 };
    Ok(closed(source.from(end), syntax).map(|next| Found::Segment(span(next))))
}

/// Where the bytes of a segment begin, and how many it says there are.
pub(crate) fn head(bytes: &[u8], syntax: &Syntax) -> Option<(usize, u64)> {
    let position = position(bytes.get(..3)?)?;
    let mut separators = memchr::memchr_iter(syntax.element, &bytes[..bytes.len().min(HEAD)]);
    if separators.next()? != 3 {
        return None;
    }
    let before = (2..position).try_fold(3, |_, _| separators.next())?;
    let begin = separators.next()?;
    let length = std::str::from_utf8(&bytes[before + 1..begin]).ok()?.trim().parse().ok()?;
    Some((begin + 1, length))
}

/// How many bytes the terminator takes that stands here; 0 at the end of the document.
fn closed(bytes: &[u8], syntax: &Syntax) -> Option<usize> {
    let breaks = bytes.iter().take(2).take_while(|byte| is_break(**byte) && **byte != syntax.segment).count();
    match bytes.get(breaks..)? {
        [] => Some(0),
        [byte, rest @ ..] if *byte == syntax.segment && rest.starts_with(syntax.rest()) => {
            Some(breaks + 1 + syntax.rest().len())
        }
        _ => None,
    }
}
