//! Holds the lines of a folded interchange against their length while it is read: a line of another length, which ends
//! within a segment, lost or won bytes on the way, and its values can't be put together.

use super::{
    collect::{Collected, id_of},
    fold::{self, BLANKS_LOST},
    scan::{Span, Syntax},
};
use crate::{
    codes,
    fault::{Costs, Fault},
    place::{At, Place},
    source::Source,
};
use std::io::BufRead;

/// What is known of the line that is being read.
#[derive(Debug, Default)]
pub(crate) struct Ruler {
    /// The length of the lines; none if the interchange isn't folded.
    length: Option<usize>,
    /// The byte that ends them.
    end: u8,
    /// Up to where it was looked for.
    upto: u64,
    /// Where the line begins; none in a header that may stand in the middle of one, and behind what wasn't kept.
    line: Option<u64>,
    /// Bytes of the line that go on with a character of UTF-8: a line may be as long by its characters.
    continued: usize,
}

/// A line of another length.
struct Uneven {
    /// Where it ends.
    byte: u64,
    len: usize,
    length: usize,
}

impl Ruler {
    /// For an interchange that begins at `at`, with these bytes.
    pub fn new(length: Option<usize>, bytes: &[u8], at: u64) -> Ruler {
        Ruler { length, end: fold::end(bytes), upto: at, line: None, continued: 0 }
    }

    /// Passes over bytes in which breaks have no meaning.
    pub fn pass<R: BufRead>(&mut self, source: &Source<R>, to: u64) {
        self.uneven(source, to, |_| false);
    }

    /// Passes over a segment of an envelope, and tells if a line of another length ends in it.
    pub fn of_envelope<R: BufRead>(
        &mut self,
        source: &Source<R>,
        span: Span,
        ordinal: u32,
        syntax: &Syntax,
    ) -> Option<Fault> {
        let uneven = self.uneven(source, span.end, |byte| byte > span.start)?;
        let segment = source.slice(span.start, span.end);
        Some(told(&uneven, ordinal, &id_of(segment, syntax)).costs(Costs::Segment))
    }

    /// Passes over a set, and tells of the first line of another length that ends within a segment of it.
    pub fn of_set<R: BufRead>(&mut self, source: &Source<R>, set: &Collected, syntax: &Syntax) -> Option<Fault> {
        let segment = |byte: u64| {
            let offset = byte.checked_sub(set.start)? as u32;
            let behind = set.spans.partition_point(|(start, _)| *start <= offset);
            let (start, end) = *set.spans.get(behind.checked_sub(1)?)?;
            (offset < end).then_some((behind as u32, start, end))
        };
        let uneven = self.uneven(source, set.end, |byte| segment(byte).is_some())?;
        let (ordinal, start, end) = segment(uneven.byte)?;
        let bytes = source.slice(set.start + u64::from(start), set.start + u64::from(end));
        Some(told(&uneven, ordinal, &id_of(bytes, syntax)).costs(Costs::Set))
    }

    /// Goes on to an offset, and gives the first line of another length whose end is `within` a segment.
    fn uneven<R: BufRead>(&mut self, source: &Source<R>, to: u64, within: impl Fn(u64) -> bool) -> Option<Uneven> {
        let (length, from) = (self.length?, self.upto);
        if to <= from {
            return None;
        }
        let bytes = source.slice(from, to);
        self.upto = to;
        if bytes.is_empty() {
            self.line = None;
            return None;
        }
        let (mut found, mut start) = (None, 0);
        for at in memchr::memchr_iter(self.end, bytes) {
            let byte = from + at as u64;
            self.continued += continued(&bytes[start..at]);
            let return_before = usize::from(self.end == b'\n' && bytes[..at].ends_with(b"\r"));
            let len = self.line.map(|line| (byte - line) as usize - return_before);
            let uneven = len.filter(|len| *len != length && len - self.continued != length && within(byte));
            found = found.or(uneven.map(|len| Uneven { byte, len, length }));
            (start, self.line, self.continued) = (at + 1, Some(byte + 1), 0);
        }
        self.continued += continued(&bytes[start..]);
        found
    }
}

fn continued(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, 0x80..=0xBF)).count()
}

fn told(uneven: &Uneven, ordinal: u32, id: &[u8]) -> Fault {
    let Uneven { byte, len, length } = uneven;
    let id = String::from_utf8_lossy(id);
    let sentence = format!(
        "The line that ends at byte {byte}, in segment {ordinal} ({id}), has {len} bytes instead of {length}: what stood there can't be put together."
    );
    let at = At::Segment { ordinal, id: id.as_ref().into(), element: None, component: None, repeat: 1 };
    let fault = Fault::new(codes::FOLDED, Place { byte: *byte, len: 1, at }, sentence).found(&format!("{len} bytes"));
    fault.expected(format!("{length} bytes, as the lines before it have")).remedy(BLANKS_LOST)
}
