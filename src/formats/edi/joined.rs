//! A terminator that is missing within a line: two segments stand as one, and each element of the second seems to be one
//! of the first. Looked for only in sets that are refused and whose trailer counts more segments than are there: a value
//! that ends with the id of a segment of the set is cut there, and the set is read anew. The cut that explains the most
//! is told, and nothing that followed from it.

use super::{
    collect::{Collected, Ends},
    faults::Faults,
    scan::{Syntax, cut},
};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides::Guide,
    place::{At, Place},
};

/// So many terminators are looked for in a set: one that lacks more is not explained by a few slips.
const MOST_MISSING: u32 = 4;

/// So many bytes of a document are read anew in search of them: one of a hundred thousand bad sets must not take fifty times
/// as long.
pub(crate) const MOST_READ_AGAIN: u64 = 64 << 20;

/// So often a set is read anew for each, and so many bytes in all.
const MOST_READ: (usize, usize) = (12, 4 << 20);

/// What is looked at.
pub(crate) struct Joined<'a> {
    pub syntax: &'a Syntax,
    pub ends: &'a Ends,
    pub guide: Option<&'a Guide>,
    /// The set's control number, which its trailer repeats.
    pub control: &'a str,
}

/// Where two segments stand as one: the place of the first among the spans, and where the second begins.
#[derive(Clone, Copy)]
struct Joint {
    at: usize,
    next: u32,
    /// The second is the set's trailer.
    closes: bool,
}

/// A set cut anew, and a fault for each terminator that is missing in it.
pub(crate) struct Parted {
    pub set: Collected,
    pub faults: Vec<Fault>,
}

/// What reads a set: its bytes by offset, and what is wrong with it when it is cut so.
pub(crate) trait Reads {
    fn bytes(&self, set: &Collected) -> &[u8];
    fn told(&mut self, set: &Collected) -> Faults;
}

impl Joined<'_> {
    /// True if terminators may be missing in a set: it is refused, more segments are counted than are there, and something
    /// else is wrong. A count that is wrong alone is more likely than two segments that make a right one.
    pub fn may_be(&self, bytes: &[u8], set: &Collected, faults: &Faults) -> bool {
        let beside = |ordinal: &u32| !set.closed || *ordinal < set.segments;
        let (refusing, suspects) = (faults.refusing(), faults.ordinals(Costs::Nothing));
        refusing > 0
            && suspects.iter().any(beside)
            && self.lacks(bytes, set).is_some()
            && !self.joints(bytes, set, &suspects, refusing > 1).is_empty()
    }

    /// The set with its segments cut where terminators are missing; `None` if none is found.
    pub fn parted(&self, set: &Collected, faults: &Faults, reads: &mut impl Reads) -> Option<Parted> {
        let mut parted = Parted { set: copy(set), faults: Vec::new() };
        let lacking = self.lacks(reads.bytes(set), set)?;
        let (mut refusing, mut suspects) = (faults.refusing(), faults.ordinals(Costs::Nothing));
        for missing in (1..=lacking).rev() {
            let bytes = reads.bytes(&parted.set);
            let joints = self.joints(bytes, &parted.set, &suspects, refusing > 1);
            let most = MOST_READ.0.min(MOST_READ.1 / bytes.len().max(1) + 1);
            let best = joints.into_iter().take(most).filter_map(|joint| {
                let told = reads.told(&self.at(&parted.set, joint));
                let (left, ordinals, first) = (told.refusing(), told.ordinals(Costs::Set), joint.at as u32 + 1);
                // In the second one another may be missing.
                let right = if missing > 1 { first..=first } else { first..=first + 1 };
                let apart = !ordinals.iter().any(|refused| right.contains(refused));
                (apart && left < refusing).then(|| (left, told.ordinals(Costs::Nothing), joint))
            });
            let Some((left, ordinals, joint)) = best.min_by_key(|(left, ..)| *left) else { break };
            parted.faults.push(self.fault(reads.bytes(&parted.set), &parted.set, joint));
            parted.set = self.at(&parted.set, joint);
            (refusing, suspects) = (left, ordinals);
        }
        (!parted.faults.is_empty()).then_some(parted)
    }

    /// How many more segments the trailer counts than are there.
    fn lacks(&self, bytes: &[u8], set: &Collected) -> Option<u32> {
        self.guide.filter(|_| !self.syntax.folded)?;
        let (start, end) = set.spans.last().copied()?;
        let last = bytes.get(start as usize..end as usize)?;
        let parts: Vec<&[u8]> =
            cut(last, self.syntax.element, self.syntax).iter().map(|(a, b)| &last[*a..*b]).collect();
        let trailer = match set.closed {
            true => 0,
            // The trailer itself may stand behind another segment.
            false => parts.iter().position(|part| part.ends_with(self.ends.trailer)).filter(|at| *at > 0)?,
        };
        let stated: u32 = std::str::from_utf8(parts.get(trailer + 1)?).ok()?.trim().parse().ok()?;
        let control = || parts.get(trailer + 2).and_then(|part| std::str::from_utf8(part).ok()).map(str::trim);
        let whole = set.closed || (parts.len() == trailer + 3 && control() == Some(self.control));
        let lacking = stated.checked_sub(set.segments)?;
        (whole && (1..=MOST_MISSING).contains(&lacking)).then_some(lacking)
    }

    /// Where the segments of a set may have to be cut: those first in which something is wrong, and if more than the count
    /// refuses the set, the others too. Its header is read before.
    fn joints(&self, bytes: &[u8], set: &Collected, suspects: &[u32], others: bool) -> Vec<Joint> {
        let is_suspect = |at: usize| suspects.contains(&(at as u32 + 1));
        let all = (1..set.spans.len()).flat_map(|at| self.joints_of(bytes, set, at));
        let (first, rest): (Vec<Joint>, Vec<Joint>) = all.partition(|joint| is_suspect(joint.at));
        first.into_iter().chain(rest.into_iter().filter(|_| others)).collect()
    }

    /// Where a value of a segment ends with the id of another one of the set.
    fn joints_of(&self, bytes: &[u8], set: &Collected, at: usize) -> Vec<Joint> {
        let Some((start, end)) = set.spans.get(at).copied() else { return vec![] };
        let Some(segment) = bytes.get(start as usize..end as usize) else { return vec![] };
        let elements = cut(segment, self.syntax.element, self.syntax);
        // What a segment begins with is an id itself, and behind its last element no other one goes on.
        let inner = elements.get(1..elements.len().saturating_sub(1)).unwrap_or_default();
        let closes = !set.closed && at + 1 == set.spans.len();
        let ids = inner.iter().flat_map(|(from, to)| [3, 2].map(|len| (*from, *to, len)));
        let joint = |(from, to, len): (usize, usize, usize)| {
            let next = to.checked_sub(len).filter(|next| *next > from)?;
            let id = std::str::from_utf8(&segment[next..to]).ok()?;
            let known = self.guide?.segments.contains_key(id) && id.as_bytes() != self.ends.trailer;
            let trailer = closes && id.as_bytes() == self.ends.trailer;
            (known || trailer).then_some(Joint { at, next: start + next as u32, closes: trailer })
        };
        ids.filter_map(joint).collect()
    }

    /// A set that is cut at one more place.
    fn at(&self, set: &Collected, joint: Joint) -> Collected {
        let mut set = copy(set);
        if let Some((start, end)) = set.spans.get(joint.at).copied() {
            set.spans.splice(joint.at..=joint.at, [(start, joint.next), (joint.next, end)]);
            set.segments += 1;
            set.closed |= joint.closes;
        }
        set
    }

    fn fault(&self, bytes: &[u8], set: &Collected, joint: Joint) -> Fault {
        let (start, end) = set.spans.get(joint.at).copied().unwrap_or_default();
        let segment = &bytes[start as usize..joint.next as usize];
        let id = |bytes: &[u8]| {
            let len = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len());
            String::from_utf8_lossy(&bytes[..len]).into_owned()
        };
        let (before, behind) = (id(segment), id(&bytes[joint.next as usize..end as usize]));
        let (ordinal, byte) = (joint.at as u32 + 1, set.start + u64::from(joint.next));
        let element = u16::try_from(cut(segment, self.syntax.element, self.syntax).len() - 1).ok();
        let element = element.filter(|element| *element > 0);
        let at = At::Segment { ordinal, id: before.as_str().into(), element, component: None, repeat: 1 };
        let sentence = format!(
            "A terminator is missing in segment {ordinal} ({before}), most likely before {behind} at byte {byte}: cut there, \
             the two are right."
        );
        let fault = Fault::new(codes::NO_TERMINATOR, Place { byte, len: 0, at }, sentence);
        fault.expected(format!("“{}” before {behind}", char::from(self.syntax.segment)))
    }
}

fn copy(set: &Collected) -> Collected {
    Collected { spans: set.spans.clone(), ..*set }
}
