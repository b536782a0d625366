//! Gathers one set's segments from its header to its trailer, without keeping more than is allowed.

use super::{
    lengthy::{self, Torn},
    scan::{Found, Span, Syntax, segment},
};
use crate::{guides::pack, source::Source};
use std::{
    borrow::Cow,
    io::{self, BufRead},
};

/// What ends a set: its own trailer, and what can only stand behind one that has none.
pub(crate) struct Ends {
    pub trailer: &'static [u8],
    pub others: &'static [&'static [u8]],
    /// What holds bytes of a length that is said, which are no text: BIN, BDS.
    pub lengthy: &'static [&'static [u8]],
    /// All of these, packed.
    pub ids: [u32; 8],
}

impl Ends {
    /// A set's trailer, others, and what is lengthy; eight at most.
    pub const fn of(
        trailer: &'static [u8],
        others: &'static [&'static [u8]],
        lengthy: &'static [&'static [u8]],
    ) -> Ends {
        let mut ids = [pack(trailer); 8];
        let mut at = 0;
        while at < others.len() {
            ids[1 + at] = pack(others[at]);
            at += 1;
        }
        while at < others.len() + lengthy.len() {
            ids[1 + at] = pack(lengthy[at - others.len()]);
            at += 1;
        }
        Ends { trailer, others, lengthy, ids }
    }
}

impl Ends {
    /// True of messages: what ends them says so.
    pub fn is_edifact(&self) -> bool {
        self.trailer == b"UNT"
    }
}

/// A set as collected; its bytes are still in the source, unless it was too long.
#[derive(Debug)]
pub(crate) struct Collected {
    pub start: u64,
    /// Behind the last segment's last byte, without terminator.
    pub end: u64,
    /// Where the document goes on.
    pub next: u64,
    /// Segments from `start`; empty if the set was too long.
    pub spans: Vec<(u32, u32)>,
    pub segments: u32,
    /// True if its trailer was found.
    pub closed: bool,
    /// True if its last segment, which is the document's last, has no terminator.
    pub unterminated: bool,
    pub too_long: bool,
}

/// How many segments a set may have that may be so many bytes long: what is kept of each is more than a short one's bytes.
pub(crate) fn most_segments(limit: usize) -> usize {
    (limit / 16).max(10_000)
}

/// Reads from a set's header on. `searches` is how often the end of binary data whose length is wrong may still be looked
/// for without being found: each means looking at all that a set may have.
pub(crate) fn collect<R: BufRead>(
    source: &mut Source<R>,
    syntax: &Syntax,
    header: Span,
    ends: &Ends,
    limit: usize,
    searches: &mut u32,
) -> io::Result<Collected> {
    // Spans within a set are 32 bits.
    let limit = limit.min(1 << 30);
    let mut set = Collected::at(header.start, Vec::new());
    // ST02: only X12 has binary data within segments.
    let number = source.slice(header.start, header.end).split(|byte| *byte == syntax.element).nth(2);
    let number = number.filter(|_| !ends.lengthy.is_empty()).map(|number| number.trim_ascii().to_vec());
    let torn = Torn { syntax, ends, number: &number.unwrap_or_default() };
    // Within data that are longer than a set may be nobody counts: what looks like a trailer there must be one in all.
    let mut doubted = false;
    loop {
        let (found, counted) = match lengthy::segment(source, syntax, set.next, ends.lengthy, limit)? {
            Some(found) => (found, true),
            None => (segment(source, syntax, set.next, limit)?, false),
        };
        let mut span = match found {
            Found::End => return Ok(set),
            Found::TooLong { next, .. } => {
                set.give_up();
                (set.next, set.end) = (next, next);
                source.release(next);
                continue;
            }
            Found::Segment(span) => span,
        };
        let of_bytes = !counted && ends.lengthy.contains(&&*id_of(source.slice(span.start, span.end), syntax));
        if of_bytes && !set.too_long && *searches > 0 {
            match torn.segment(source, set.next, limit.saturating_sub((span.start - set.start) as usize))? {
                Some(whole) => span = whole,
                None => *searches -= 1,
            }
        }
        let said = of_bytes.then(|| lengthy::head(source.slice(span.start, span.end), syntax)).flatten();
        doubted |= said.is_some_and(|(_, length)| length > limit as u64);
        let id = id_of(source.slice(span.start, span.end), syntax);
        if set.segments > 0 && ends.others.contains(&&*id) {
            return Ok(set);
        }
        let trailer = *id == *ends.trailer && (!doubted || torn.closes(source, span.start)?);
        set.segments += 1;
        (set.end, set.next, set.unterminated) = (span.end, span.next, !span.terminated);
        if (span.end - set.start) as usize > limit || set.segments as usize > most_segments(limit) {
            set.give_up();
        }
        match set.too_long {
            true => source.release(span.start),
            false => set.spans.push(((span.start - set.start) as u32, (span.end - set.start) as u32)),
        }
        if trailer {
            set.closed = true;
            return Ok(set);
        }
    }
}

impl Collected {
    /// Nothing yet.
    pub fn at(start: u64, spans: Vec<(u32, u32)>) -> Collected {
        Collected {
            start,
            end: start,
            next: start,
            spans,
            segments: 0,
            closed: false,
            unterminated: false,
            too_long: false,
        }
    }

    /// One more segment, by its offsets from the set's start; it has a terminator.
    pub fn add(&mut self, start: u32, end: u32) {
        self.spans.push((start, end));
        self.count();
    }

    /// With all of its spans, each with a terminator behind it: says how many, and where the last one ends.
    pub fn counted(mut self) -> Collected {
        self.count();
        self
    }

    fn count(&mut self) {
        let end = self.spans.last().map_or(0, |(_, end)| u64::from(*end));
        self.segments = self.spans.len() as u32;
        (self.end, self.next) = (self.start + end, self.start + end + 1);
    }

    /// From here on only its end is looked for.
    fn give_up(&mut self) {
        self.too_long = true;
        self.spans = Vec::new();
    }
}

/// The id of a segment: what stands before the first separator.
pub(crate) fn id_of<'a>(segment: &'a [u8], syntax: &Syntax) -> Cow<'a, [u8]> {
    let stop = |b: &u8| *b == syntax.element || Some(*b) == syntax.component;
    let end = segment.iter().position(stop).unwrap_or(segment.len());
    let id = segment[..end].trim_ascii();
    match id.iter().any(|byte| syntax.is_fold(*byte)) {
        false => Cow::Borrowed(id),
        true => Cow::Owned(id.iter().copied().filter(|byte| !syntax.is_fold(*byte)).collect()),
    }
}
