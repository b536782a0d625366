//! A terminator that is missing within a line where a set begins or ends: behind its header, behind its trailer, or behind
//! a segment of the envelope. What stands there says it by itself: the segment has more elements than it may, and the last
//! one that it may have ends with the id of what can follow. Elsewhere in a set it takes more to tell, see `joined`.

use super::{
    collect::{Collected, Ends},
    joined,
    scan::{Span, Syntax, cut},
};
use crate::{
    fault::{Costs, Fault},
    guides::{Guide, Part},
};

/// Segments of envelopes by the number of their elements. UNB and UNG end where their sender has no more to say.
const WHOLE: &[(&[u8], usize)] = &[(b"GS", 8), (b"TA1", 5), (b"GE", 2), (b"IEA", 2), (b"UNE", 2), (b"UNZ", 2)];

/// The position of the first element of UNB and UNG that may be their last one.
const REFERENCE: usize = 5;

/// A segment's bytes and its elements.
struct Parts<'a> {
    segment: &'a [u8],
    parts: Vec<(usize, usize)>,
    syntax: &'a Syntax,
}

/// Where a segment goes on with another one, by offset in it, and that one's id.
type Seam<'a> = (usize, &'a [u8]);

impl<'a> Parts<'a> {
    fn of(segment: &'a [u8], syntax: &'a Syntax) -> Self {
        Parts { segment, parts: cut(segment, syntax.element, syntax), syntax }
    }

    fn get(&self, position: usize) -> Option<&'a [u8]> {
        self.parts.get(position).map(|(start, end)| &self.segment[*start..*end])
    }

    /// The seam in an element that ends with one of these ids, has more before it, and isn't the last one.
    fn seam(&self, position: usize, mut ids: impl Iterator<Item = &'a [u8]>) -> Option<Seam<'a>> {
        let (start, end) = self.parts.get(position).copied().filter(|_| position + 1 < self.parts.len())?;
        let value = &self.segment[start..end];
        // What begins a line is none of this: `lines` looks for it.
        let before = |id: &[u8]| value.strip_suffix(id).and_then(|before| before.last());
        let id = ids.find(|id| before(id).is_some_and(|byte| !byte.is_ascii_whitespace()))?;
        Some((end - id.len(), id))
    }

    /// True if what stands behind an element is what UNH has there: its number, and a composite of four components.
    fn is_message(&self, position: usize) -> bool {
        let Some((component, named)) = self.syntax.component.zip(self.get(position + 2)) else { return false };
        cut(named, component, self.syntax).len() >= 4
    }
}

/// The header of a set without what follows it, by offset, and the id of that: the segment that a guide has first.
pub(crate) fn of_header<'g>(header: &[u8], from: usize, syntax: &Syntax, guide: &'g Guide) -> Option<(usize, &'g str)> {
    let opener = match guide.parts.get(1)? {
        Part::Segment { id, mandatory: true, .. } => &**id,
        _ => return None,
    };
    let parts = Parts::of(header, syntax);
    let seam = (from..parts.parts.len()).find_map(|at| parts.seam(at, std::iter::once(opener.as_bytes())));
    seam.map(|(at, _)| (at, opener))
}

/// Cuts a set's header apart from the segment behind it.
pub(crate) fn behind_header(bytes: &[u8], set: &mut Collected, at: usize, opener: &str, syntax: &Syntax) -> Fault {
    if let Some((start, end)) = set.spans.first().copied() {
        set.spans.splice(0..1, [(start, at as u32), (at as u32, end)]);
        set.segments += 1;
    }
    joined::missing(&bytes[..at], 1, set.start + at as u64, opener, syntax)
}

/// True if the segment behind a set's header has this id.
pub(crate) fn follows(bytes: &[u8], set: &Collected, id: &str, syntax: &Syntax) -> bool {
    let second = set.spans.get(1).and_then(|(start, end)| bytes.get(*start as usize..*end as usize));
    second
        .and_then(|second| second.strip_prefix(id.as_bytes()))
        .is_some_and(|rest| rest.first().is_none_or(|byte| *byte == syntax.element || Some(*byte) == syntax.component))
}

/// Cuts a set's trailer apart from what follows the set; also one that stands behind another segment itself, as what ends
/// the set does.
pub(crate) fn behind_trailer(bytes: &[u8], set: &mut Collected, syntax: &Syntax, ends: &Ends) -> Option<Fault> {
    let (start, end) = set.spans.last().copied().filter(|_| !syntax.folded)?;
    let segment = bytes.get(start as usize..end as usize)?;
    // Of most sets no more than this is asked.
    if memchr::memchr_iter(syntax.element, segment).count() < 3 {
        return None;
    }
    let parts = Parts::of(segment, syntax);
    let others = || ends.others.iter().copied();
    let (at, id) = match set.closed {
        true => parts.seam(2, others())?,
        false => (1..parts.parts.len()).find_map(|trailer| {
            parts.seam(trailer, std::iter::once(ends.trailer))?;
            parts.seam(trailer + 2, others())
        })?,
    };
    let next = start + at as u32;
    if let Some(last) = set.spans.last_mut() {
        last.1 = next;
    }
    set.end = set.start + u64::from(next);
    (set.next, set.unterminated) = (set.end, false);
    let fault = joined::missing(&segment[..at], set.segments, set.end, &String::from_utf8_lossy(id), syntax);
    Some(fault)
}

/// A segment of an envelope without what stands behind it, and the fault that says so. Nothing is lost by it.
pub(crate) fn of_envelope(
    bytes: &[u8],
    span: Span,
    ordinal: u32,
    syntax: &Syntax,
    ends: &Ends,
) -> Option<(Span, Fault)> {
    if syntax.folded {
        return None;
    }
    let parts = Parts::of(bytes, syntax);
    let id = parts.get(0)?.trim_ascii();
    let others = || ends.others.iter().copied().chain([&b"TA1"[..]]);
    let (at, behind) = match WHOLE.iter().find(|(whole, _)| *whole == id) {
        Some((_, last)) => parts.seam(*last, others())?,
        None if id == b"UNB" || id == b"UNG" => (REFERENCE..parts.parts.len()).find_map(|at| {
            let seam = parts.seam(at, [&b"UNH"[..], b"UNG"].into_iter())?;
            let group = seam.1 == b"UNG" && parts.parts.len() > at + REFERENCE;
            (group || parts.is_message(at)).then_some(seam)
        })?,
        None => return None,
    };
    let end = span.start + at as u64;
    let fault = joined::missing(&bytes[..at], ordinal, end, &String::from_utf8_lossy(behind), syntax);
    Some((Span { end, next: end, terminated: true, ..span }, fault.costs(Costs::Segment)))
}
