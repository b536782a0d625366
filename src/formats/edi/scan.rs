//! Segments and elements by their delimiters: the part that X12 and EDIFACT share.

use crate::source::Source;
use std::{
    borrow::Cow,
    io::{self, BufRead},
};

/// The characters that an interchange reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub element: u8,
    pub component: Option<u8>,
    pub repetition: Option<u8>,
    /// EDIFACT: takes away the next character's meaning.
    pub release: Option<u8>,
    pub segment: u8,
    /// What follows that byte if the terminator is a character of several (U+2026 in UTF-8); zeros behind them.
    pub more: [u8; 3],
    /// True if the document is cut into lines of one length, wherever that falls: then line breaks mean nothing.
    pub folded: bool,
}

impl Syntax {
    /// The bytes that follow the terminator's first one.
    pub fn rest(&self) -> &[u8] {
        let len = self.more.iter().position(|byte| *byte == 0).unwrap_or(self.more.len());
        &self.more[..len]
    }

    /// True of a delimiter, and of the release character.
    pub fn is_service(&self, byte: u8) -> bool {
        let all = [Some(self.element), self.component, self.repetition, self.release, Some(self.segment)];
        all.contains(&Some(byte))
    }

    /// True of a byte of a line break that means nothing.
    pub fn is_fold(&self, byte: u8) -> bool {
        self.folded && is_break(byte)
    }
}

/// True of the bytes of a line break.
pub(crate) fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// A segment's bytes without its terminator, by offset in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u64,
    pub end: u64,
    /// Where the next one may begin.
    pub next: u64,
    /// False for the last one, ended by the end of the document.
    pub terminated: bool,
}

/// Where the scan of a segment ended.
pub(crate) enum Found {
    Segment(Span),
    /// Longer than the limit; `next` is so far inside of it.
    TooLong {
        start: u64,
        next: u64,
    },
    End,
}

/// Finds the next segment at or behind `from`, blanks and line breaks before it left out.
pub(crate) fn segment<R: BufRead>(
    source: &mut Source<R>,
    syntax: &Syntax,
    from: u64,
    limit: usize,
) -> io::Result<Found> {
    let start = skip_filler(source, from)?;
    let mut searched = start;
    loop {
        let (found, upto) = terminator(source.from(searched), syntax);
        if let Some(at) = found {
            let end = searched + at as u64;
            if end - start > limit as u64 {
                return Ok(Found::TooLong { start, next: start + limit as u64 });
            }
            let next = end + 1 + syntax.rest().len() as u64;
            return Ok(Found::Segment(Span { start, end, next, terminated: true }));
        }
        searched += upto as u64;
        if searched - start > limit as u64 {
            return Ok(Found::TooLong { start, next: start + limit as u64 });
        }
        if !source.fill()? {
            let end = source.end();
            return Ok(match start < end {
                true => Found::Segment(Span { start, end, next: end, terminated: false }),
                false => Found::End,
            });
        }
    }
}

/// Passes over the rest of a segment that is too long, and gives where the next may begin.
pub(crate) fn skip_rest<R: BufRead>(
    source: &mut Source<R>,
    syntax: &Syntax,
    from: u64,
    limit: usize,
) -> io::Result<u64> {
    let mut at = from;
    loop {
        source.release(at);
        match segment(source, syntax, at, limit)? {
            Found::Segment(span) => return Ok(span.next),
            Found::TooLong { next, .. } => at = next,
            Found::End => return Ok(source.end()),
        }
    }
}

/// The offset of the first byte at or behind `from` that is no blank and no line break.
pub(crate) fn skip_filler<R: BufRead>(source: &mut Source<R>, from: u64) -> io::Result<u64> {
    let mut at = from;
    loop {
        let rest = source.from(at);
        match rest.iter().position(|b| !b.is_ascii_whitespace()) {
            Some(n) => return Ok(at + n as u64),
            None => at += rest.len() as u64,
        }
        if !source.fill()? {
            return Ok(at);
        }
    }
}

/// The index of the first terminator that isn't released, and how far the search may be taken as done.
pub(crate) fn terminator(bytes: &[u8], syntax: &Syntax) -> (Option<usize>, usize) {
    let Some(release) = syntax.release else {
        return match syntax.rest() {
            [] => (memchr::memchr(syntax.segment, bytes), bytes.len()),
            rest => several(syntax.segment, rest, bytes),
        };
    };
    let mut at = 0;
    while let Some(n) = memchr::memchr2(syntax.segment, release, &bytes[at..]) {
        if bytes[at + n] == syntax.segment {
            return (Some(at + n), 0);
        }
        let Some(released) = released(bytes, at + n, syntax) else {
            return (None, at + n); // the released character isn't read yet
        };
        at = released + 1;
        // One behind the other there is nothing to search for.
        while !syntax.folded && at + 1 < bytes.len() && bytes[at] == release {
            at += 2;
        }
    }
    (None, bytes.len())
}

/// Where the character stands that a release character speaks of; none if that isn't there.
fn released(bytes: &[u8], release: usize, syntax: &Syntax) -> Option<usize> {
    (release + 1..bytes.len()).find(|at| !syntax.is_fold(bytes[*at]))
}

/// The same for a terminator of several bytes.
fn several(first: u8, rest: &[u8], bytes: &[u8]) -> (Option<usize>, usize) {
    let found = memchr::memchr_iter(first, bytes).find(|at| bytes[at + 1..].starts_with(rest));
    (found, bytes.len().saturating_sub(rest.len()))
}

/// The most elements of a segment, repeats of an element, components of a composite: positions are 16 bits, and rubbish
/// must not fill memory with empty ones. What stands behind them is part of the last, and costs the set.
pub(crate) const MOST_PARTS: usize = u16::MAX as usize - 1;

/// An element's raw bytes in its set, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Raw {
    pub start: u32,
    pub end: u32,
    pub components: bool,
    pub repeats: bool,
    pub released: bool,
    /// Not ASCII, or a control character.
    pub odd: bool,
}

/// What each byte means in a syntax.
#[derive(Clone)]
pub(crate) struct Classes([u8; 256]);

pub(crate) const ELEMENT: u8 = 1;
pub(crate) const COMPONENT: u8 = 2;
const REPETITION: u8 = 3;
const RELEASE: u8 = 4;
const ODD: u8 = 5;
pub(crate) const SEGMENT: u8 = 6;
const FOLD: u8 = 7;

impl Classes {
    pub fn of(syntax: &Syntax) -> Self {
        let mut classes = [0; 256];
        for (byte, class) in classes.iter_mut().enumerate() {
            if !(32..127).contains(&byte) {
                *class = if syntax.is_fold(byte as u8) { FOLD } else { ODD };
            }
        }
        let others = [(syntax.component, COMPONENT), (syntax.repetition, REPETITION), (syntax.release, RELEASE)];
        for (byte, class) in others {
            if let Some(byte) = byte {
                classes[byte as usize] = class;
            }
        }
        classes[syntax.element as usize] = ELEMENT;
        classes[syntax.segment as usize] = SEGMENT;
        Classes(classes)
    }

    /// The meaning of a byte.
    #[inline]
    pub fn of_byte(&self, byte: u8) -> u8 {
        self.0[byte as usize]
    }

    /// Splits `bytes[start..end]` into elements; the first is the segment's id.
    pub fn elements(&self, bytes: &[u8], start: usize, end: usize, into: &mut Vec<Raw>) {
        into.clear();
        let mut raw = Raw { start: start as u32, ..Raw::default() };
        let mut at = start;
        while at < end {
            match self.0[bytes[at] as usize] {
                0 | SEGMENT => {}
                ELEMENT if into.len() >= MOST_PARTS => raw.odd = true,
                ELEMENT => {
                    raw.end = self.before_fold(bytes, raw.start as usize, at);
                    into.push(raw);
                    raw = Raw { start: at as u32 + 1, ..Raw::default() };
                }
                COMPONENT => raw.components = true,
                REPETITION => raw.repeats = true,
                RELEASE => {
                    raw.released = true;
                    at += 1;
                    while bytes.get(at).is_some_and(|byte| self.of_byte(*byte) == FOLD) {
                        at += 1;
                    }
                    raw.odd |= bytes.get(at).is_some_and(|b| !(32..127).contains(b));
                }
                // What stands in lines is read without their breaks.
                FOLD if at == raw.start as usize => raw.start += 1,
                FOLD => raw.released = true,
                _ => raw.odd = true,
            }
            at += 1;
        }
        raw.end = self.before_fold(bytes, raw.start as usize, end);
        into.push(raw);
    }

    /// The end of an element without the line breaks of folded lines before it.
    fn before_fold(&self, bytes: &[u8], start: usize, mut end: usize) -> u32 {
        while end > start && self.0[bytes[end - 1] as usize] == FOLD {
            end -= 1;
        }
        end as u32
    }
}

/// Cuts bytes at each `separator` that isn't released, and gives ranges, without the breaks of folded lines at their ends.
pub(crate) fn cut(bytes: &[u8], separator: u8, syntax: &Syntax) -> Vec<(usize, usize)> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        if Some(bytes[at]) == syntax.release {
            at = released(bytes, at, syntax).unwrap_or(bytes.len());
        } else if bytes[at] == separator && parts.len() < MOST_PARTS {
            parts.push((start, at));
            start = at + 1;
        }
        at += 1;
    }
    parts.push((start, bytes.len()));
    if syntax.folded {
        parts.iter_mut().for_each(|part| *part = without_folds(bytes, *part));
    }
    parts
}

fn without_folds(bytes: &[u8], (mut start, mut end): (usize, usize)) -> (usize, usize) {
    while start < end && is_break(bytes[start]) {
        start += 1;
    }
    while end > start && is_break(bytes[end - 1]) {
        end -= 1;
    }
    (start, end)
}

/// A value as it is meant: without the breaks of folded lines, without release characters.
pub(crate) fn meant(value: &str, syntax: &Syntax) -> String {
    let whole = if syntax.folded { Cow::Owned(value.replace(['\r', '\n'], "")) } else { Cow::Borrowed(value) };
    match syntax.release {
        Some(release) => unescape(&whole, release),
        None => whole.into_owned(),
    }
}

/// A value without its release characters. ISO 9735-1 §5 (release character).
pub(crate) fn unescape(value: &str, release: u8) -> String {
    let (mut plain, mut releases) = (value.to_owned(), false);
    plain.retain(|c| {
        releases = !releases && c == char::from(release);
        !releases
    });
    plain
}
