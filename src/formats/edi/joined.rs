//! A terminator that is missing within a line: two segments stand as one, and each element of the second seems to be one
//! of the first. Looked for only in sets that are refused and whose trailer counts more segments than are there: a value
//! that ends with the id of a segment of the set is cut there, and the set is read anew. Where all that are lacking are
//! found by what the segments themselves say (`recut`), the set is read once more; else a few are looked for one by one,
//! of which the cut that explains the most is told. Nothing that followed from it is.

use super::{
    collect::{Collected, Ends},
    faults::Faults,
    recut::Recut,
    scan::{Syntax, cut},
};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides::Guide,
    place::{At, Place},
};

/// So many terminators are looked for one by one, and so many are told one by one.
const FEW: u32 = 4;

/// So many bytes of a document are read anew in search of them: one of a hundred thousand bad sets must not take fifty times
/// as long.
const MOST_READ_AGAIN: u64 = 64 << 20;

/// So often a set is read anew for each, and so many bytes in all.
const MOST_READ: (usize, usize) = (12, 4 << 20);

/// What is looked at.
pub(crate) struct Joined<'a> {
    pub syntax: &'a Syntax,
    pub ends: &'a Ends,
    pub guide: Option<&'a Guide>,
    /// The set's control number, which its trailer repeats.
    pub control: &'a str,
    /// How many bytes were read anew one by one in the document.
    pub read_again: u64,
}

/// Where two segments stand as one: the place of the first among the spans, and where the second begins.
#[derive(Clone, Copy)]
pub(crate) struct Joint {
    pub at: usize,
    pub next: u32,
    /// The second is the set's trailer.
    pub closes: bool,
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
        let lacking = self.lacks(reads.bytes(set), set)?;
        let at_once = self.at_once(set, faults, lacking, reads);
        if at_once.as_ref().is_some_and(|(_, explained)| *explained)
            || lacking > FEW
            || self.read_again > MOST_READ_AGAIN
        {
            return at_once.map(|(parted, _)| parted);
        }
        self.one_by_one(set, faults, lacking, reads).or(at_once.map(|(parted, _)| parted))
    }

    /// The set with all cuts that its segments ask for by themselves, and whether that explains all that is wrong with it.
    fn at_once(
        &self,
        set: &Collected,
        faults: &Faults,
        lacking: u32,
        reads: &mut impl Reads,
    ) -> Option<(Parted, bool)> {
        let bytes = reads.bytes(set);
        let recut = Recut { syntax: self.syntax, ends: self.ends, guide: self.guide? };
        let joints = recut.joints(bytes, set);
        let found = u32::try_from(joints.len()).ok().filter(|found| (1..=lacking).contains(found))?;
        let told = self.told(bytes, set, &joints);
        let cut = self.cut_at(set, &joints);
        let read = reads.told(&cut);
        let (left, refused) = (read.refusing(), read.ordinals(Costs::Set));
        let apart = |(nth, joint): (usize, &Joint)| {
            let first = (joint.at + nth) as u32 + 1;
            !refused.contains(&first) && !refused.contains(&(first + 1))
        };
        // Of as many as are counted some may have other faults, too.
        let explains = left < faults.refusing() && (found == lacking || joints.iter().enumerate().all(apart));
        explains.then_some((Parted { set: cut, faults: told }, found == lacking && left == 0))
    }

    /// The same with one cut after another, each the one that leaves the least.
    fn one_by_one(&self, set: &Collected, faults: &Faults, lacking: u32, reads: &mut impl Reads) -> Option<Parted> {
        let mut parted = Parted { set: copy(set), faults: Vec::new() };
        let (mut refusing, mut suspects) = (faults.refusing(), faults.ordinals(Costs::Nothing));
        for missing in (1..=lacking).rev() {
            let bytes = reads.bytes(&parted.set);
            let joints = self.joints(bytes, &parted.set, &suspects, refusing > 1);
            let most = MOST_READ.0.min(MOST_READ.1 / bytes.len().max(1) + 1);
            let best = joints.into_iter().take(most).filter_map(|joint| {
                let told = reads.told(&self.cut_at(&parted.set, &[joint]));
                let (left, ordinals, first) = (told.refusing(), told.ordinals(Costs::Set), joint.at as u32 + 1);
                // In the second one another may be missing.
                let right = if missing > 1 { first..=first } else { first..=first + 1 };
                let apart = !ordinals.iter().any(|refused| right.contains(refused));
                (apart && left < refusing).then(|| (left, told.ordinals(Costs::Nothing), joint))
            });
            let Some((left, ordinals, joint)) = best.min_by_key(|(left, ..)| *left) else { break };
            parted.faults.push(self.fault(reads.bytes(&parted.set), &parted.set, joint));
            parted.set = self.cut_at(&parted.set, &[joint]);
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
        stated.checked_sub(set.segments).filter(|lacking| whole && *lacking > 0)
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

    /// A set that is cut at more places, which are in order.
    fn cut_at(&self, set: &Collected, joints: &[Joint]) -> Collected {
        let mut anew = Collected { spans: Vec::with_capacity(set.spans.len() + joints.len()), ..*set };
        let mut joints = joints.iter().peekable();
        for (at, (mut start, end)) in set.spans.iter().copied().enumerate() {
            while let Some(joint) = joints.next_if(|joint| joint.at == at) {
                anew.spans.push((start, joint.next));
                anew.segments += 1;
                anew.closed |= joint.closes;
                start = joint.next;
            }
            anew.spans.push((start, end));
        }
        anew
    }

    /// What is told of terminators that are missing: a few one by one, many at once.
    fn told(&self, bytes: &[u8], set: &Collected, joints: &[Joint]) -> Vec<Fault> {
        let (mut place, mut before, mut faults) = (0, 0, Vec::new());
        for (nth, joint) in joints.iter().enumerate() {
            let (start, end) = set.spans.get(joint.at).copied().unwrap_or_default();
            let start = if nth > 0 && place == joint.at { before } else { start };
            (place, before) = (joint.at, joint.next);
            if joints.len() > FEW as usize && nth > 0 && nth + 1 < joints.len() {
                continue;
            }
            let next = joints.get(nth + 1).filter(|next| next.at == joint.at).map_or(end, |next| next.next);
            let behind = String::from_utf8_lossy(id(&bytes[joint.next as usize..next as usize])).into_owned();
            // Another reader counts segments as they stand.
            let (ordinal, byte) = (joint.at as u32 + 1, set.start + u64::from(joint.next));
            faults.push(missing(&bytes[start as usize..joint.next as usize], ordinal, byte, &behind, self.syntax));
        }
        match (joints.len() > FEW as usize, &faults[..]) {
            (true, [first, last]) => vec![many(joints.len(), first, last)],
            _ => faults,
        }
    }

    fn fault(&self, bytes: &[u8], set: &Collected, joint: Joint) -> Fault {
        let (start, end) = set.spans.get(joint.at).copied().unwrap_or_default();
        let behind = String::from_utf8_lossy(id(&bytes[joint.next as usize..end as usize])).into_owned();
        let byte = set.start + u64::from(joint.next);
        missing(&bytes[start as usize..joint.next as usize], joint.at as u32 + 1, byte, &behind, self.syntax)
    }
}

/// The fault of many terminators that are missing in a set: the first is told with its place, the last one in words.
fn many(number: usize, first: &Fault, last: &Fault) -> Fault {
    let segment = |fault: &Fault| match &fault.place.at {
        At::Segment { ordinal, id, .. } => format!("segment {ordinal} ({id})"),
        _ => String::new(),
    };
    let sentence = format!(
        "{number} terminators are missing in the set: the first in {}, most likely at byte {}, the last in {} at byte {}: cut \
         where the next segment's id stands at a value's end, the segments are right.",
        segment(first),
        first.place.byte,
        segment(last),
        last.place.byte
    );
    Fault::new(codes::NO_TERMINATOR, first.place.clone(), sentence).expected(first.expected.clone())
}

/// The letters and digits that a segment begins with.
fn id(segment: &[u8]) -> &[u8] {
    let len = segment.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(segment.len());
    &segment[..len]
}

/// The fault of a segment that another one follows at `byte` without a terminator between them.
pub(crate) fn missing(segment: &[u8], ordinal: u32, byte: u64, behind: &str, syntax: &Syntax) -> Fault {
    let before = String::from_utf8_lossy(id(segment));
    let element = u16::try_from(cut(segment, syntax.element, syntax).len() - 1).ok().filter(|element| *element > 0);
    let at = At::Segment { ordinal, id: before.as_ref().into(), element, component: None, repeat: 1 };
    let sentence = format!(
        "A terminator is missing in segment {ordinal} ({before}), most likely before {behind} at byte {byte}: cut there, \
         the two are right."
    );
    let fault = Fault::new(codes::NO_TERMINATOR, Place { byte, len: 0, at }, sentence);
    fault.expected(format!("“{}” before {behind}", char::from(syntax.segment)))
}

fn copy(set: &Collected) -> Collected {
    Collected { spans: set.spans.clone(), ..*set }
}
