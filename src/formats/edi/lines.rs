//! A terminator that is missing before a line end: where each of a set's other segments has a line of its own, a line
//! within a segment that begins as a segment does is one. Looked for only in sets that have a fault.

use super::{
    collect::{Collected, Ends},
    scan::{Span, Syntax, cut, is_break},
    seams,
};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides::Guide,
    place::{At, Place},
};

/// A set cut anew, and a fault for each terminator that is missing in it.
pub(crate) struct Anew {
    pub set: Collected,
    pub faults: Vec<Fault>,
}

/// What is looked at: a set's bytes, and what may begin a line in it.
pub(crate) struct Lines<'a> {
    pub bytes: &'a [u8],
    pub syntax: &'a Syntax,
    pub ends: &'a Ends,
    pub guide: Option<&'a Guide>,
}

impl Lines<'_> {
    /// The set with its segments cut where terminators are missing, too; `None` if none is. A set whose header or
    /// envelope's trailer begins a line ends another one there: that one is cut short, and lacks no more than its trailer.
    pub fn anew(&self, set: &Collected) -> Option<Anew> {
        let marks = [self.syntax.segment, self.syntax.element];
        if self.syntax.folded || marks.into_iter().any(is_break) || !self.each_has_a_line(set) {
            return None;
        }
        let mut anew = Anew { set: Collected::at(set.start, Vec::new()), faults: Vec::new() };
        for (mut start, end) in set.spans.iter().copied() {
            let lengthy = self.ends.lengthy.contains(&self.id(start, end));
            while let Some((line_end, next)) = self.line(start, end).filter(|_| !lengthy) {
                anew.set.add(start, line_end);
                let (before, behind) = (self.id(start, end), self.id(next, end));
                let other = self.ends.others.contains(&behind);
                let closes = before == self.ends.trailer;
                if !other || closes {
                    anew.faults.push(self.fault(&anew.set, behind));
                }
                if other || closes {
                    anew.set.next = set.start + u64::from(next);
                    (anew.set.closed, anew.set.unterminated) = (closes, !closes);
                    return Some(anew);
                }
                start = next;
            }
            anew.set.add(start, end);
            anew.set.next += self.syntax.rest().len() as u64;
            if self.id(start, end) == self.ends.trailer {
                anew.set.closed = true;
                break;
            }
        }
        let last = anew.set.end == set.end;
        if last {
            (anew.set.next, anew.set.unterminated) = (set.next, set.unterminated);
        }
        (!anew.faults.is_empty()).then_some(anew)
    }

    /// True if a line end stands behind each terminator.
    fn each_has_a_line(&self, set: &Collected) -> bool {
        let gaps = set.spans.windows(2);
        set.spans.len() > 1
            && gaps.into_iter().all(|pair| self.between(pair[0].1, pair[1].0).iter().any(|byte| is_break(*byte)))
    }

    fn between(&self, start: u32, end: u32) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Where a line ends within a segment, and where the next one begins, if it begins as a segment that is known.
    fn line(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        let (at, next) = line_in(self.between(start, end), self.syntax, |id| self.knows(id))?;
        Some((start + at as u32, start + next as u32))
    }

    fn knows(&self, id: &[u8]) -> bool {
        let text = std::str::from_utf8(id).unwrap_or_default();
        id == self.ends.trailer
            || self.ends.others.contains(&id)
            || self.guide.is_some_and(|guide| guide.segments.contains_key(text))
    }

    /// The letters and digits that a segment begins with.
    fn id(&self, start: u32, end: u32) -> &[u8] {
        id(self.between(start, end))
    }

    /// The fault of the last segment so far.
    fn fault(&self, set: &Collected, behind: &[u8]) -> Fault {
        let (start, end) = set.spans.last().copied().unwrap_or_default();
        unended(self.between(start, end), set.end, set.segments, self.syntax, behind)
    }
}

/// A segment of an envelope without what stands behind it, if that begins as another one of the envelope does, and the fault
/// that says so: its terminator is missing. Nothing is lost by it.
pub(crate) fn of_envelope(
    bytes: &[u8],
    span: Span,
    ordinal: u32,
    syntax: &Syntax,
    ends: &Ends,
) -> Option<(Span, Fault)> {
    let by_line = !syntax.folded && !is_break(syntax.segment) && !is_break(syntax.element);
    let line = || line_in(bytes, syntax, |id| ends.others.contains(&id) || id == b"TA1");
    let Some((end, next)) = by_line.then(line).flatten() else {
        return seams::of_envelope(bytes, span, ordinal, syntax, ends);
    };
    let (end_byte, next_byte) = (span.start + end as u64, span.start + next as u64);
    let fault = unended(&bytes[..end], end_byte, ordinal, syntax, id(&bytes[next..])).costs(Costs::Segment);
    Some((Span { end: end_byte, next: next_byte, terminated: true, ..span }, fault))
}

/// The letters and digits that a segment begins with.
fn id(segment: &[u8]) -> &[u8] {
    let len = segment.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(segment.len());
    &segment[..len]
}

/// Where a line ends within a segment, and where the next one begins, if it begins as a segment whose id is known.
fn line_in(segment: &[u8], syntax: &Syntax, knows: impl Fn(&[u8]) -> bool) -> Option<(usize, usize)> {
    let breaks = segment.iter().enumerate().filter(|(_, byte)| is_break(**byte));
    breaks.map(|(at, _)| at).find_map(|at| {
        let rest = segment.get(at..)?;
        let next = at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let id = id(&segment[next..]);
        let ended = segment.get(next + id.len()) == Some(&syntax.element);
        (ended && knows(id)).then_some((at, next))
    })
}

/// The fault of a segment that ends with its line at `byte`, at the end of its last element.
fn unended(segment: &[u8], byte: u64, ordinal: u32, syntax: &Syntax, behind: &[u8]) -> Fault {
    let elements = cut(segment, syntax.element, syntax);
    let last = elements.last().map_or(&[][..], |(start, end)| &segment[*start..*end]);
    let [before, behind, last] = [id(segment), behind, last].map(String::from_utf8_lossy);
    let sentence = format!(
        "The terminator is missing before {behind}: segment {ordinal} ({before}) ends with its line at byte {byte} and not with one."
    );
    let element = u16::try_from(elements.len() - 1).ok().filter(|element| *element > 0);
    let at = At::Segment { ordinal, id: before.as_ref().into(), element, component: None, repeat: 1 };
    let fault = Fault::new(codes::NO_TERMINATOR, Place { byte, len: 1, at }, sentence).found(&last);
    fault.expected(format!("“{}” before {behind}", char::from(syntax.segment)))
}

/// Where a set's header ends, by offset in its bytes: with its line, if the next one begins as a segment does.
pub(crate) fn header_end(bytes: &[u8], syntax: &Syntax) -> usize {
    let Some(at) = bytes.iter().position(|byte| is_break(*byte)).filter(|_| !syntax.folded) else { return bytes.len() };
    let behind = bytes[at..].trim_ascii_start();
    let id = behind.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
    let begins = (2..=3).contains(&id) && behind.get(id) == Some(&syntax.element) && !is_break(syntax.element);
    if begins { at } else { bytes.len() }
}
