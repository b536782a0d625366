//! Marks of what has been read but not used yet, and sets cut out by them: the short way of `collect`.

use super::{
    collect::{Collected, Ends, id_of, most_segments},
    index::{Marks, Needles},
    scan::{Span, Syntax},
};
use crate::source::Source;
use std::io::{self, BufRead};

/// What is looked at in one go: at first little, since the next interchange may have other delimiters.
const FIRST: usize = 1024;
const MOST: usize = 64 * 1024;
/// So many marks of what is behind us are kept before the others are moved to the front.
const KEPT: usize = 64 * 1024;

/// The marks from one offset of the document up to another.
#[derive(Default)]
pub(crate) struct Window {
    needles: Option<Needles>,
    base: u64,
    upto: u64,
    found: Marks,
    /// The first mark, and the first end of a segment, that are not behind us.
    mark: usize,
    end: usize,
    step: usize,
    /// Its rest was shorter than 64 bytes: nothing may be looked at behind it.
    finished: bool,
}

/// The marks of a set that was cut out.
#[derive(Clone, Copy, Default)]
pub(crate) struct Marked<'a> {
    pub marks: &'a [u32],
    /// By segment.
    pub cuts: &'a [Cut],
    /// What to take from a mark to get its offset in the set.
    pub shift: u32,
}

/// What the marks say of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Its first mark, which ends its id, and its terminator's.
    pub first: u32,
    pub last: u32,
    /// Its id, packed, if that has up to four bytes and ends with an element or the segment; else 0.
    pub id: u32,
}

impl Window {
    /// Begins anew, with the delimiters of an interchange. Without needles sets are cut the long way.
    pub fn begin(&mut self, needles: Option<Needles>) {
        self.needles = needles;
        self.forget();
    }

    /// Forgets all marks: they are found anew from where the next set begins.
    pub fn forget(&mut self) {
        self.found.clear();
        (self.base, self.upto, self.mark, self.end, self.step, self.finished) = (0, 0, 0, 0, FIRST, false);
    }

    /// All marks, and what to take from them for offsets from `start`.
    pub fn marked<'a>(&'a self, start: u64, cuts: &'a [Cut]) -> Marked<'a> {
        Marked { marks: self.found.all(), cuts, shift: (start.saturating_sub(self.base)) as u32 }
    }

    /// Cuts out the set that begins with `header`: its segments' spans go to `spans`, their marks to `cuts`.
    /// `None` if it is too long or isn't ended by anything: then the long way says what it is.
    pub fn collect<R: BufRead>(
        &mut self,
        source: &mut Source<R>,
        syntax: &Syntax,
        header: Span,
        ends: &Ends,
        limit: usize,
        (cuts, mut spans): (&mut Vec<Cut>, Vec<(u32, u32)>),
    ) -> io::Result<Option<Collected>> {
        cuts.clear();
        spans.clear();
        if self.needles.is_none() {
            return Ok(None);
        }
        self.go_to(header.start);
        let shift = (header.start - self.base) as u32;
        let (mut start, most) = (0u32, most_segments(limit));
        let mut set = Collected::at(header.start, spans);
        loop {
            let bytes = source.from(header.start);
            let (marks, terminators) = (self.found.all(), self.found.ends());
            let (mut mark, mut next) = (self.mark, self.end);
            while let Some(last) = terminators.get(next).map(|last| *last as usize) {
                let Some(end) = marks.get(last).map(|at| at.wrapping_sub(shift)) else { return Ok(None) };
                if end as usize > limit || set.spans.len() >= most {
                    return Ok(None);
                }
                // Of what is passed over all but blanks are marks.
                while let Some(filler) = bytes.get(start as usize).filter(|byte| byte.is_ascii_whitespace()) {
                    mark += usize::from(*filler != b' ');
                    start += 1;
                }
                next += 1;
                if start > end {
                    // A line break that is the terminator, too, behind another.
                    mark = behind(marks, last + 1, start.wrapping_add(shift));
                    continue;
                }
                let first = marks.get(mark).map_or(end, |at| at.wrapping_sub(shift));
                let (packed, ends_plainly) = id(bytes, start, first, syntax);
                // What has blanks around its id may be one of these, too.
                let mut closes = false;
                if !ends_plainly || ends.ids.contains(&packed) {
                    let segment = bytes.get(start as usize..end as usize);
                    let id = &*id_of(segment.unwrap_or_default(), syntax);
                    if !set.spans.is_empty() && ends.others.contains(&id) {
                        (self.mark, self.end) = (mark, next - 1);
                        return Ok(Some(set.counted()));
                    }
                    if ends.lengthy.contains(&id) {
                        return Ok(None);
                    }
                    closes = *id == *ends.trailer;
                }
                set.spans.push((start, end));
                cuts.push(Cut { first: mark as u32, last: last as u32, id: packed });
                (mark, start) = (last + 1, end + 1);
                if closes {
                    (self.mark, self.end) = (mark, next);
                    set.closed = true;
                    return Ok(Some(set.counted()));
                }
            }
            (self.mark, self.end) = (mark, next);
            if self.upto - header.start > limit as u64 || !self.extend(source)? {
                return Ok(None);
            }
        }
    }

    /// Passes over the marks before an offset, at which a segment begins.
    fn go_to(&mut self, at: u64) {
        let known = self.base..=self.upto;
        if !known.contains(&at) || at - self.base > 1 << 30 || self.step == FIRST {
            self.forget();
            (self.base, self.upto) = (at, at);
            return;
        }
        let offset = (at - self.base) as u32;
        while self.found.all().get(self.mark).is_some_and(|mark| *mark < offset) {
            self.mark += 1;
        }
        while self.found.ends().get(self.end).is_some_and(|end| (*end as usize) < self.mark) {
            self.end += 1;
        }
        if self.mark > KEPT {
            self.found.drop_first(self.mark, self.end);
            (self.mark, self.end) = (0, 0);
        }
    }

    /// Looks at more bytes; false if there are none, or too many.
    fn extend<R: BufRead>(&mut self, source: &mut Source<R>) -> io::Result<bool> {
        let Some(needles) = self.needles.filter(|_| !self.finished) else { return Ok(false) };
        let mut more = true;
        while more && source.end() < self.upto + self.step as u64 {
            more = source.fill()?;
        }
        let there = (source.end().saturating_sub(self.upto)).min(self.step as u64);
        // The last bytes of a document, or whole blocks of 64.
        let take = if more || there.is_multiple_of(64) { there / 64 * 64 } else { there };
        self.finished = !take.is_multiple_of(64);
        if take == 0 || self.upto + take - self.base > u64::from(u32::MAX / 2) {
            return Ok(false);
        }
        let bytes = source.slice(self.upto, self.upto + take);
        needles.mark(bytes, (self.upto - self.base) as u32, &mut self.found);
        self.upto += take;
        self.step = (self.step * 2).min(MOST);
        Ok(true)
    }
}

/// The first mark from one on that isn't before a place.
#[cold]
fn behind(marks: &[u32], from: usize, place: u32) -> usize {
    from + marks.get(from..).unwrap_or_default().partition_point(|mark| *mark < place)
}

/// The id that stands at `start..end`, packed, and whether it can be nothing else by blanks or by what ends it.
#[inline]
fn id(bytes: &[u8], start: u32, end: u32, syntax: &Syntax) -> (u32, bool) {
    let (start, len) = (start as usize, end.wrapping_sub(start));
    let plainly = |byte: &u8| *byte == syntax.element || *byte == syntax.segment;
    let ended = bytes.get(end as usize).is_some_and(plainly);
    match bytes.get(start..).and_then(|rest| rest.first_chunk::<4>()) {
        Some(four) if ended && (1..=4).contains(&len) => {
            let id = u32::from_be_bytes(*four) & u32::MAX << (32 - 8 * len);
            (id, len < 4 && (id >> (32 - 8 * len)) as u8 != b' ')
        }
        _ => (0, false),
    }
}
