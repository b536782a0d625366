//! The short way through a clean segment: its marks are walked once, each value is checked by its bits and put into
//! the tree. Where anything is unusual (another mark than an element's or a component's end, a value that isn't surely
//! right, something missing) nothing is kept, and the segment is read the long way, which finds the words for it.

use super::{
    build::{Builder, RawSet},
    fine::fine,
    scan::{COMPONENT, Classes, ELEMENT, SEGMENT},
    scratch::Tables,
};
use crate::{
    guides::{Check, Checks, pack},
    nodes::Nodes,
    tree::{Kind, NodeId},
};

/// Positions up to here fit the bits that say what is there.
const MOST: u32 = 63;

impl<'a> Builder<'a> {
    /// Reads segments, from one on, as long as each goes a step that was gone before: gives the first one that doesn't.
    pub(super) fn quick(&mut self, from: usize, tables: &mut Tables) -> usize {
        let raw = self.raw;
        let Some((set, checks)) = Bytes::of(raw).zip(self.checks()) else { return from };
        if from == 0 {
            return 0; // the header, before which there is nothing to step from
        }
        // Of a segment that the document's end cuts off nothing is said.
        let most = raw.spans.len() - usize::from(raw.cut);
        let segments = raw.spans.iter().zip(raw.marked.firsts).enumerate().take(most).skip(from);
        for (at, ((start, end), first)) in segments {
            let Some(structure) = &mut self.structure else { return at };
            let marks = raw.marked.marks.get(*first as usize..).unwrap_or_default();
            let Some(id) = set.id(*start, marks) else { return at };
            let span = (*start, end - start);
            let Some(placed) = structure.step(id, span, self.tree.nodes()) else { return at };
            let ordinal = at as u32 + 1;
            let node = self.tree.nodes().inner(Kind::Segment, placed.name, span, ordinal, placed.parent.0);
            tables.segments.push(NodeId(node));
            let shape = checks.shapes.get(placed.spec as usize).filter(|shape| shape.whole);
            let clean = shape.is_some_and(|shape| {
                let (inner, nodes) = (checks.of_shape(shape), self.tree.nodes());
                let present = set.elements::<true>(marks, Some(checks), inner, node, nodes);
                present.is_some_and(|present| shape.holds(present))
            });
            if !clean {
                self.tree.nodes().take_back(node);
                self.long_elements(NodeId(node), ordinal, placed.spec, &mut tables.elements);
            }
        }
        most.max(from)
    }

    /// Reads the elements of a segment; false, and nothing is kept, if it isn't clean.
    pub(super) fn clean(&mut self, node: NodeId, ordinal: u32, spec: u32) -> bool {
        let raw = self.raw;
        let Some((set, first)) = Bytes::of(raw).zip(raw.marked.firsts.get(ordinal as usize - 1)) else { return false };
        let marks = raw.marked.marks.get(*first as usize..).unwrap_or_default();
        let checks = self.checks();
        let known = checks.and_then(|checks| Some((checks, checks.shapes.get(spec as usize)?)));
        let nodes = self.tree.nodes();
        let clean = match known {
            None => set.elements::<false>(marks, None, &[], node.0, nodes).is_some(),
            Some((_, shape)) if !shape.whole => false,
            Some((all, shape)) => set
                .elements::<true>(marks, checks, all.of_shape(shape), node.0, nodes)
                .is_some_and(|present| shape.holds(present)),
        };
        if !clean {
            nodes.take_back(node.0);
        }
        clean
    }

    /// The id of a segment, if it is nothing but two to four letters and digits.
    pub(super) fn plain_id(&self, ordinal: u32, start: u32) -> Option<&'a [u8]> {
        let (raw, set) = (self.raw, Bytes::of(self.raw)?);
        let first = raw.marked.firsts.get(ordinal as usize - 1)?;
        let marks = raw.marked.marks.get(*first as usize..)?;
        let (end, ends) = set.next(&mut marks.iter())?;
        let id = raw.bytes.get(start as usize..end as usize)?;
        let plain = (2..=4).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric);
        (plain && (ends == ELEMENT || ends == SEGMENT)).then_some(id)
    }

    fn checks(&self) -> Option<&'static Checks> {
        let spread = self.raw.edifact && self.raw.syntax.repetition.is_none();
        self.raw.guide.map(|guide| &guide.plan.checks[usize::from(spread)])
    }
}

/// A set's bytes, and what they mean.
#[derive(Clone, Copy)]
struct Bytes<'a> {
    bytes: &'a [u8],
    classes: &'a Classes,
    /// What to take from a mark to get its offset.
    shift: u32,
}

type Marks<'a> = std::slice::Iter<'a, u32>;

impl<'a> Bytes<'a> {
    /// `None` if the set wasn't cut out by marks, or more is asked than the short way sees.
    fn of(raw: &RawSet<'a>) -> Option<Bytes<'a>> {
        let (bytes, classes, shift) = (raw.bytes, &raw.lexis.classes, raw.marked.shift);
        // Padding is looked for value by value.
        let short = !raw.marked.firsts.is_empty() && !raw.policy.strictness.tells_padding();
        short.then_some(Bytes { bytes, classes, shift })
    }

    /// The id of a segment, packed, if it has two to four characters and ends with an element or the segment.
    #[inline(always)]
    fn id(self, start: u32, marks: &[u32]) -> Option<u32> {
        let (end, ends) = self.next(&mut marks.iter())?;
        let id = self.bytes.get(start as usize..end as usize)?;
        (ends == ELEMENT || ends == SEGMENT).then(|| pack(id))
    }

    /// The next mark's offset and what it means; the set's end is that of its last segment.
    #[inline(always)]
    fn next(self, marks: &mut Marks) -> Option<(u32, u8)> {
        let at = marks.next()?.wrapping_sub(self.shift);
        Some((at, self.bytes.get(at as usize).map_or(SEGMENT, |byte| self.classes.of_byte(*byte))))
    }

    /// Reads all elements, with checks if they are `KNOWN`. Gives what is there, position n as bit n.
    fn elements<const KNOWN: bool>(
        self,
        marks: &[u32],
        all: Option<&Checks>,
        checks: &[Check],
        segment: u32,
        nodes: &mut Nodes,
    ) -> Option<u64> {
        let (mut marks, mut checks) = (marks.iter(), checks.iter());
        let (mut before, mut end) = self.next(&mut marks)?;
        let (mut present, mut last, mut position) = (0, segment, 0);
        while end == ELEMENT {
            position += 1;
            let check = checks.next();
            let from = before + 1;
            (before, end) = self.next(&mut marks)?;
            if before == from && end != COMPONENT {
                continue;
            }
            if position > MOST || KNOWN && check.is_none() {
                return None;
            }
            present |= 1 << position;
            last = nodes.len() as u32;
            if end == COMPONENT {
                nodes.composite(segment, position, from);
                let shape = match check.zip(all) {
                    // The separator in a simple element is a fault, or part of the value.
                    Some((check, all)) => Some(all.shapes.get(check.shape as usize).filter(|shape| shape.whole)?),
                    None => None,
                };
                let inner = shape.zip(all).map_or(&[][..], |(shape, all)| all.of_shape(shape));
                let there;
                (there, before, end) = self.components::<KNOWN>(&mut marks, inner, last, (from, before), nodes)?;
                if shape.is_some_and(|shape| !shape.holds(there)) {
                    return None;
                }
                continue;
            }
            if let Some(check) = check
                && !fine(self.bytes, from, before, check)
            {
                return None;
            }
            nodes.leaf(segment, false, position, from, before - from);
        }
        nodes.close_segment(segment, last);
        (end == SEGMENT).then_some(present)
    }

    /// Reads the components of a composite, of which the first stands at `from..at`. Gives what is there, and where the
    /// last ends, and with what.
    #[inline(always)]
    fn components<const KNOWN: bool>(
        self,
        marks: &mut Marks,
        checks: &[Check],
        element: u32,
        (begin, mut at): (u32, u32),
        nodes: &mut Nodes,
    ) -> Option<(u64, u32, u8)> {
        let (mut present, mut from, mut end) = (0, begin, COMPONENT);
        let mut checks = checks.iter();
        for position in 1..=MOST {
            let check = checks.next();
            if at > from {
                if KNOWN && !check.is_some_and(|check| fine(self.bytes, from, at, check)) {
                    return None;
                }
                present |= 1 << position;
                nodes.leaf(element, true, position, from, at - from);
            }
            if end != COMPONENT {
                nodes.close_composite(element, at - begin);
                return Some((present, at, end));
            }
            from = at + 1;
            (at, end) = self.next(marks)?;
        }
        None
    }
}
