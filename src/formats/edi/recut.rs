//! All segments of a set that stand as one, cut at once: each segment is cut where that leaves the least wrong in its parts,
//! as far as a part by itself says it. Time is linear in the set's bytes, however many terminators are missing in it.

use super::{
    collect::{Collected, Ends},
    joined::Joint,
    scan::{Syntax, cut, meant},
    values,
};
use crate::guides::{ElementSpec, Guide, SegmentSpec};

/// What is cut.
pub(crate) struct Recut<'a> {
    pub syntax: &'a Syntax,
    pub ends: &'a Ends,
    pub guide: &'a Guide,
}

/// Where a segment may be cut: in an element, before an id that its value ends with.
struct Candidate<'a> {
    element: usize,
    next: usize,
    id: &'a str,
}

/// What is wrong so far in the best way to cut a segment up to a candidate, and where that cuts before.
#[derive(Clone, Copy)]
struct Way {
    wrong: u64,
    before: Option<usize>,
}

impl Recut<'_> {
    /// Where the segments of a set are to be cut; its header stands by itself.
    pub fn joints(&self, bytes: &[u8], set: &Collected) -> Vec<Joint> {
        (1..set.spans.len()).flat_map(|at| self.joints_of(bytes, set, at)).collect()
    }

    fn joints_of(&self, bytes: &[u8], set: &Collected, at: usize) -> Vec<Joint> {
        let Some((start, end)) = set.spans.get(at).copied() else { return vec![] };
        let Some(segment) = bytes.get(start as usize..end as usize) else { return vec![] };
        let elements = cut(segment, self.syntax.element, self.syntax);
        let id = elements.first().map_or(&[][..], |(start, end)| &segment[*start..*end]);
        if self.ends.lengthy.contains(&id) {
            return vec![]; // its data may look like anything
        }
        let may_close = !set.closed && at + 1 == set.spans.len();
        let candidates = self.candidates(segment, &elements, may_close);
        let cuts = if candidates.is_empty() { vec![] } else { self.best(segment, &elements, &candidates) };
        let trailer = std::str::from_utf8(self.ends.trailer).unwrap_or_default();
        let joint =
            |candidate: &Candidate| Joint { at, next: start + candidate.next as u32, closes: candidate.id == trailer };
        cuts.into_iter().filter_map(|cut| candidates.get(cut)).map(joint).collect()
    }

    /// What a segment begins with is an id itself, and behind its last element no other one goes on.
    fn candidates<'s>(&self, segment: &'s [u8], elements: &[(usize, usize)], may_close: bool) -> Vec<Candidate<'s>> {
        let inner = elements.get(..elements.len().saturating_sub(1)).unwrap_or_default();
        let places = inner.iter().enumerate().skip(1).flat_map(|(at, place)| [3, 2].map(|len| (at, *place, len)));
        let candidate = |(element, (from, to), len): (usize, (usize, usize), usize)| {
            let next = to.checked_sub(len).filter(|next| *next > from)?;
            let id = std::str::from_utf8(&segment[next..to]).ok()?;
            let known = match id.as_bytes() == self.ends.trailer {
                true => may_close,
                false => self.guide.segments.contains_key(id),
            };
            known.then_some(Candidate { element, next, id })
        };
        places.filter_map(candidate).collect()
    }

    /// Which of the candidates leave less wrong than the segment as it stands; the fewest of those that leave the least.
    fn best(&self, segment: &[u8], elements: &[(usize, usize)], candidates: &[Candidate]) -> Vec<usize> {
        let mut ways: Vec<Option<Way>> = vec![None; candidates.len()];
        let mut last: Option<Way> = None;
        let better = |way: &Option<Way>, wrong: u64| way.is_none_or(|way| wrong < way.wrong);
        for from in std::iter::once(None).chain((0..candidates.len()).map(Some)) {
            let begun = match from {
                None => Some(0),
                Some(at) => ways[at].map(|way| way.wrong),
            };
            let Some(begun) = begun else { continue };
            let (id, first) = match from.and_then(|at| candidates.get(at)) {
                Some(candidate) => (candidate.id, candidate.element),
                None => (elements.first().map_or("", |(a, b)| text(&segment[*a..*b])), 0),
            };
            let Some(spec) = self.guide.segments.get(id) else { continue };
            let mut part = Part { recut: self, positions: self.positions(spec), wrong: 0 };
            let mut behind = from.map_or(0, |at| at + 1);
            while candidates.get(behind).is_some_and(|candidate| candidate.element <= first) {
                behind += 1;
            }
            for (at, (start, end)) in elements.iter().copied().enumerate().skip(first + 1) {
                while let Some(candidate) = candidates.get(behind).filter(|candidate| candidate.element == at) {
                    // One wrong thing more outweighs any number of cuts.
                    let wrong = begun + u64::from(part.ended(&segment[start..candidate.next])) * CUTS + 1;
                    if better(&ways[behind], wrong) {
                        ways[behind] = Some(Way { wrong, before: from });
                    }
                    behind += 1;
                }
                part.add(&segment[start..end]);
                // A segment that is whole may have too much in it; a part that has is none.
                if part.positions.is_empty() && from.is_some() && at + 1 < elements.len() {
                    break;
                }
                if at + 1 == elements.len() {
                    let wrong = begun + u64::from(part.whole()) * CUTS;
                    if better(&last, wrong) {
                        last = Some(Way { wrong, before: from });
                    }
                }
            }
        }
        let mut before = last.and_then(|way| way.before);
        let chain = std::iter::from_fn(|| {
            let at = before?;
            before = ways[at].and_then(|way| way.before);
            Some(at)
        });
        let mut cuts: Vec<usize> = chain.collect();
        cuts.reverse();
        cuts
    }

    /// A segment's positions in order; EDIFACT up to syntax 3 writes repeats as further ones, of which the first must be there.
    fn positions<'s>(&self, spec: &'s SegmentSpec) -> std::collections::VecDeque<(&'s ElementSpec, bool)> {
        let spread = self.ends.is_edifact() && self.syntax.repetition.is_none();
        let of = |spec: &ElementSpec| if spread { spec.repeats.clamp(1, 99) } else { 1 };
        let all =
            spec.elements.iter().flat_map(|spec| (0..of(spec)).map(move |nth| (spec, nth == 0 && spec.mandatory)));
        all.collect()
    }

    /// How much is wrong in an element.
    fn element(&self, value: &[u8], spec: &ElementSpec, mandatory: bool) -> u32 {
        if value.is_empty() {
            return mandatory.into();
        }
        match self.syntax.repetition {
            Some(mark) if value.contains(&mark) => {
                cut(value, mark, self.syntax).into_iter().map(|(a, b)| self.composite(&value[a..b], spec)).sum()
            }
            _ => self.composite(value, spec),
        }
    }

    fn composite(&self, value: &[u8], spec: &ElementSpec) -> u32 {
        let Some(mark) = self.syntax.component else { return self.leaf(value, spec) };
        if spec.components.is_empty() {
            let apart = self.ends.is_edifact() && cut(value, mark, self.syntax).len() > 1;
            return if apart { 1 } else { self.leaf(value, spec) };
        }
        let parts = cut(value, mark, self.syntax);
        let known = spec.components.iter().enumerate().map(|(at, spec)| match parts.get(at) {
            Some((a, b)) if a < b => self.leaf(&value[*a..*b], spec),
            _ => spec.mandatory.into(),
        });
        known.sum::<u32>() + u32::from(parts.len() > spec.components.len())
    }

    fn leaf(&self, value: &[u8], spec: &ElementSpec) -> u32 {
        values::check(&meant(&String::from_utf8_lossy(value), self.syntax), spec).is_some().into()
    }
}

/// Counts for so many cuts what one wrong thing counts.
const CUTS: u64 = 1 << 10;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default().trim()
}

/// A part of a segment, element by element.
struct Part<'r, 's> {
    recut: &'r Recut<'r>,
    /// Those that are still to come, and whether they must be there.
    positions: std::collections::VecDeque<(&'s ElementSpec, bool)>,
    wrong: u32,
}

impl Part<'_, '_> {
    /// One more element.
    fn add(&mut self, value: &[u8]) {
        self.wrong += match self.positions.pop_front() {
            Some((spec, mandatory)) => self.recut.element(value, spec, mandatory),
            None => 1,
        };
    }

    /// What is wrong if this is the last element.
    fn ended(&self, value: &[u8]) -> u32 {
        let mut positions = self.positions.iter();
        let last = positions.next().map_or(1, |(spec, mandatory)| self.recut.element(value, spec, *mandatory));
        self.wrong + last + positions.map(|(_, mandatory)| u32::from(*mandatory)).sum::<u32>()
    }

    /// What is wrong if nothing follows.
    fn whole(&self) -> u32 {
        self.wrong + self.positions.iter().map(|(_, mandatory)| u32::from(*mandatory)).sum::<u32>()
    }
}
