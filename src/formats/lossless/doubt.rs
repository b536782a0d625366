//! What can't be counted on: a segment that may be two, since a terminator seems to be missing within its line. What begins
//! there can't be told for sure without all of the set, so nothing is said before its trailer counts more segments than
//! were found.

use super::{Element, Segment};
use crate::{
    edi::values::misfit,
    guides::{self, Guide, SegmentSpec},
    piece::Standard,
};

/// What may follow a trailer or the header of a group, and what follows UNB and UNG.
const FOLLOWS: [&str; 10] = ["ST", "SE", "GS", "GE", "IEA", "ISA", "UNH", "UNT", "UNE", "UNZ"];
const FOLLOWS_HEADER: [&str; 2] = ["UNH", "UNG"];

/// Segments of envelopes: which of their elements may be the last one, from and to.
const ENDS: [(&str, usize, usize); 11] = [
    ("GS", 8, 8),
    ("ST", 2, 3),
    ("SE", 2, 2),
    ("GE", 2, 2),
    ("IEA", 2, 2),
    ("UNB", 5, 11),
    ("UNG", 5, 8),
    ("UNH", 2, 7),
    ("UNT", 2, 2),
    ("UNE", 2, 2),
    ("UNZ", 2, 2),
];

/// Where another segment may begin within one: in which element, and as which one.
pub(super) struct Seam {
    pub position: usize,
    pub id: String,
}

/// The guide of a set, by its header and the version in its group's.
pub(super) fn guide(standard: Standard, header: &Segment, version: &str) -> Option<&'static Guide> {
    match (standard, header.elements.get(2)) {
        (Standard::Edifact, Some(named)) => {
            let [kind, version, release] = [1, 2, 3].map(|at| String::from_utf8_lossy(named.component(at)));
            guides::find(standard, &format!("{version}{release}"), &kind)
        }
        _ => guides::find(standard, version, &header.value(1)),
    }
}

/// Where a segment of an envelope goes on with the next one: `GE*1*17IEA*1*000000017`.
pub(super) fn in_envelope(segment: &Segment, guide: Option<&Guide>) -> Option<Seam> {
    let id = std::str::from_utf8(segment.id()).ok()?;
    let (_, first, last) = *ENDS.iter().find(|(whole, ..)| *whole == id)?;
    let begins = |begun: &str| match id {
        "ST" | "UNH" => guide.is_some_and(|guide| guide.segments.contains_key(begun)),
        "UNB" | "UNG" => FOLLOWS_HEADER.contains(&begun),
        _ => FOLLOWS.contains(&begun) || begun == "UNG",
    };
    let seam = inner(segment).filter(|position| (first..=last).contains(position)).find_map(|position| {
        let id = segment.elements[position].tails().find(|id| begins(id))?;
        Some(Seam { position, id: id.into() })
    });
    // What has more elements than it may is nothing to be mended by a rule, whatever stands in them.
    let further = segment.elements.len() > last + 1;
    seam.or_else(|| further.then(|| Seam { position: last + 1, id: String::new() }))
}

/// Where a segment of a set may go on with another one of it, or with the set's trailer.
pub(super) fn in_set(segment: &Segment, guide: Option<&Guide>, trailer: &str, control: &str) -> Vec<Seam> {
    // Its data may look like anything.
    if matches!(segment.id(), b"BIN" | b"BDS") {
        return vec![];
    }
    let known = |position: usize, id: &str| match guide.and_then(|guide| Some((guide.segments.get(id)?, guide))) {
        _ if id == trailer => {
            segment.elements.len() >= position + 3 && (control.is_empty() || segment.value(position + 2) == control)
        }
        Some((spec, guide)) => is_whole(segment, position, spec, guide),
        None => false,
    };
    let seam = |position: usize| {
        let id = segment.elements[position].tails().find(|id| known(position, id))?;
        Some(Seam { position, id: id.into() })
    };
    inner(segment).filter_map(seam).collect()
}

/// The elements behind which another one stands, without the id.
fn inner(segment: &Segment) -> std::ops::Range<usize> {
    1..segment.elements.len().saturating_sub(1).max(1)
}

/// True if what stands behind an element is what a segment has there, up to where the next one may begin: a city that ends
/// with its id is none.
fn is_whole(segment: &Segment, behind: usize, spec: &SegmentSpec, guide: &Guide) -> bool {
    for (position, spec) in (behind + 1..).zip(&spec.elements) {
        let element = segment.elements.get(position).filter(|element| element.is_there());
        let right = match element {
            Some(Element::Plain(value)) => misfit(&String::from_utf8_lossy(&value.bytes), spec).is_none(),
            Some(_) => true,
            None => !spec.mandatory,
        };
        let last = element.is_some_and(|element| element.tails().any(|id| guide.segments.contains_key(id)));
        if last || !right {
            return last;
        }
    }
    true
}

impl Element {
    /// Its last two or three characters, where something stands before them, in its own line.
    fn tails(&self) -> impl Iterator<Item = &str> {
        let value = match self {
            Element::Plain(value) => Some(value),
            Element::Components(values) => values.last(),
            Element::Repeats(repeats) => repeats.last().and_then(|values| values.last()),
        };
        let text = value.and_then(|value| std::str::from_utf8(&value.bytes).ok()).unwrap_or_default();
        [3, 2].into_iter().filter_map(move |len| {
            let (before, id) = text.split_at_checked(text.len().checked_sub(len)?)?;
            before.ends_with(|last: char| !last.is_whitespace()).then_some(id)
        })
    }

    fn is_there(&self) -> bool {
        match self {
            Element::Plain(value) => !value.bytes.is_empty(),
            _ => true,
        }
    }
}
