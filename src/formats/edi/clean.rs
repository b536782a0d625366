//! The short way through a clean segment: its marks are walked once, each value is checked by its bits and put into
//! the tree. Where anything is unusual (another mark than an element's or a component's end, a value that isn't surely
//! right, something missing) nothing is kept, and the segment is read the long way, which finds the words for it.

use super::{
    build::Builder,
    fine::fine,
    scan::{COMPONENT, Classes, ELEMENT, SEGMENT},
};
use crate::{
    guides::{Check, Checks},
    nodes::Nodes,
    tree::NodeId,
};

/// Positions up to here fit the bits that say what is there.
const MOST: u32 = 63;

impl<'a> Builder<'a> {
    /// The id of a segment, if nothing is unusual about it. Its first mark is then the one behind it.
    #[inline]
    pub(super) fn clean_id(&self, ordinal: u32, start: u32) -> Option<&'a [u8]> {
        let raw = self.raw;
        let first = *raw.marked.firsts.get(ordinal as usize - 1)?;
        let id_end = raw.marked.marks.get(first as usize)?.wrapping_sub(raw.marked.shift);
        let id = raw.bytes.get(start as usize..id_end as usize)?;
        let ends = raw.bytes.get(id_end as usize).map_or(SEGMENT, |byte| raw.lexis.classes.of_byte(*byte));
        let good = matches!(*id, [a, b] | [a, _, b] | [a, _, _, b] if a != b' ' && b != b' ');
        (good && (ends == ELEMENT || ends == SEGMENT)).then_some(id)
    }

    /// Reads the elements of a segment; false if it isn't clean.
    #[inline]
    pub(super) fn clean(&mut self, node: NodeId, ordinal: u32, spec: u32) -> bool {
        let raw = self.raw;
        let Some(first) = raw.marked.firsts.get(ordinal as usize - 1) else { return false };
        let marks = raw.marked.marks.get(*first as usize..).unwrap_or_default();
        let spread = raw.edifact && raw.syntax.repetition.is_none();
        let checks = raw.guide.map(|guide| &guide.plan.checks[usize::from(spread)]);
        let set = Bytes { bytes: raw.bytes, classes: &raw.lexis.classes, shift: raw.marked.shift };
        let known = checks.and_then(|checks| Some((checks, checks.shapes.get(spec as usize)?)));
        match known {
            None => set.elements::<false>(marks, None, &[], node.0, self.tree.nodes()).is_some(),
            Some((_, shape)) if !shape.whole => false,
            Some((all, shape)) => set
                .elements::<true>(marks, checks, all.of_shape(shape), node.0, self.tree.nodes())
                .is_some_and(|present| shape.holds(present)),
        }
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
