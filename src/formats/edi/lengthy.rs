//! Segments that hold bytes of a length they state: BIN and BDS. X12.6 §3.5.1 (binary), segments BIN and BDS.
//!
//! The bytes may be anything, delimiters too, so they are counted and not searched. Where the length is wrong nobody knows
//! where they end: then all up to the set's own trailer are theirs.

use super::{
    collect::Ends,
    scan::{Found, Span, Syntax, is_break},
};
use crate::source::Source;
use std::io::{self, BufRead};

/// How much of the segment is looked at for its length.
const HEAD: usize = 80;

/// How much of what may be a set's trailer is looked at, with what stands behind it.
const TRAILER: usize = 120;

/// How much is searched for the trailer at first; then twice as much, as far as a set may reach.
const FIRST: usize = 64 * 1024;

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

/// The set that a segment of a wrong length is in.
pub(crate) struct Torn<'a> {
    pub syntax: &'a Syntax,
    pub ends: &'a Ends,
    /// What the set's header has as its number.
    pub number: &'a [u8],
}

impl Torn<'_> {
    /// The segment behind `from`, if it is one of binary data, up to the trailer of its set: one that has the header's
    /// number, and behind which the envelope goes on. None if there is no such trailer.
    pub fn segment<R: BufRead>(&self, source: &mut Source<R>, from: u64, limit: usize) -> io::Result<Option<Span>> {
        if self.number.is_empty() || self.syntax.folded {
            return Ok(None);
        }
        let start = super::scan::skip_filler(source, from)?;
        let (mut reach, mut looked) = (FIRST.min(limit), 0);
        loop {
            source.want(start, reach)?;
            let bytes = source.from(start);
            let bytes = &bytes[..bytes.len().min(reach)];
            let whole = bytes.len() < reach;
            // What stands too near to the end is looked at with what comes behind it.
            let upto = if whole { bytes.len() } else { bytes.len().saturating_sub(TRAILER) };
            if let Some((end, next)) = self.before_trailer(bytes, looked..upto) {
                let span = Span { start, end: start + end as u64, next: start + next as u64, terminated: true };
                return Ok(Some(span));
            }
            if whole || reach >= limit {
                return Ok(None);
            }
            (looked, reach) = (upto, (reach * 2).min(limit));
        }
    }

    /// Where the segment before the trailer ends that begins within `range`, and where the trailer begins.
    fn before_trailer(&self, bytes: &[u8], range: std::ops::Range<usize>) -> Option<(usize, usize)> {
        let found = memchr::memmem::find_iter(bytes.get(range.clone())?, self.ends.trailer);
        found.map(|at| range.start + at).find_map(|at| {
            let end = self.ended(bytes.get(..at)?)?;
            self.is_trailer(bytes.get(at..)?).then_some((end, at))
        })
    }

    /// Where the terminator begins that these bytes end with, but for line breaks.
    fn ended(&self, bytes: &[u8]) -> Option<usize> {
        let breaks = bytes.iter().rev().take_while(|byte| is_break(**byte) && **byte != self.syntax.segment).count();
        let bytes = bytes[..bytes.len() - breaks].strip_suffix(self.syntax.rest())?;
        bytes.split_last().filter(|(last, _)| **last == self.syntax.segment).map(|(_, before)| before.len())
    }

    /// True if the trailer at an offset ends the set: if it has the header's number, and the envelope goes on behind it.
    pub fn closes<R: BufRead>(&self, source: &mut Source<R>, at: u64) -> io::Result<bool> {
        source.want(at, TRAILER)?;
        Ok(self.is_trailer(source.from(at)))
    }

    /// The same of bytes that begin with what may be one.
    fn is_trailer(&self, bytes: &[u8]) -> bool {
        let near = &bytes[..bytes.len().min(TRAILER)];
        let Some(end) = memchr::memchr(self.syntax.segment, near) else { return false };
        let mut elements = near[..end].split(|byte| *byte == self.syntax.element).map(<[u8]>::trim_ascii);
        let head = [elements.next(), elements.next(), elements.next(), elements.next()];
        let [Some(id), Some(count), Some(number), None] = head else { return false };
        let behind = near[end + 1..].strip_prefix(self.syntax.rest()).unwrap_or_default().trim_ascii_start();
        let goes_on =
            |id: &&[u8]| behind.strip_prefix(*id).is_some_and(|rest| rest.first() == Some(&self.syntax.element));
        id == self.ends.trailer
            && count.iter().all(u8::is_ascii_digit)
            && number == self.number
            && (behind.is_empty() || self.ends.others.iter().any(goes_on))
    }
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
