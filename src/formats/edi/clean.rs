//! The short way through a clean segment: its marks are walked once, each value is checked by its bits and put into
//! the tree. Where anything is unusual (another mark than an element's or a component's end, a value that isn't surely
//! right, something missing) nothing is kept, and the segment is read the long way, which finds the words for it.

use super::{
    build::{Builder, RawSet},
    fine::fine,
    scan::Ends,
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
    pub(super) fn clean_id(&self, ordinal: u32, start: u32) -> Option<&'a [u8]> {
        let raw = self.raw;
        let first = *raw.marked.firsts.get(ordinal as usize - 1)?;
        let id_end = raw.marked.marks.get(first as usize)?.wrapping_sub(raw.marked.shift);
        let id = raw.bytes.get(start as usize..id_end as usize)?;
        let ended = matches!(ends(raw, id_end), Some(Ends::Element | Ends::Segment));
        match id {
            [b' ', ..] | [.., b' '] | [] | [_] => None,
            id => (ended && id.len() <= 4).then_some(id),
        }
    }

    /// Reads the elements of a segment; false if it isn't clean.
    pub(super) fn clean(&mut self, node: NodeId, ordinal: u32, spec: u32) -> bool {
        let raw = self.raw;
        let Some(first) = raw.marked.firsts.get(ordinal as usize - 1) else { return false };
        let marks = raw.marked.marks.get(*first as usize..).unwrap_or_default();
        let spread = raw.edifact && raw.syntax.repetition.is_none();
        let checks = raw.guide.map(|guide| &guide.plan.checks[usize::from(spread)]);
        let mut row = Row { raw, nodes: self.tree.nodes(), checks, marks: marks.iter() };
        match checks.and_then(|checks| checks.shapes.get(spec as usize)) {
            Some(shape) if !shape.whole => false,
            Some(shape) => {
                row.elements::<true>(node.0, checks.map_or(&[], |c| c.of_shape(shape))).is_some_and(|p| shape.holds(p))
            }
            None => row.elements::<false>(node.0, &[]).is_some(),
        }
    }
}

/// What ends at an offset of a set; its own end is that of its last segment.
#[inline]
fn ends(raw: &RawSet, at: u32) -> Option<Ends> {
    match raw.bytes.get(at as usize) {
        Some(byte) => raw.lexis.classes.ends(*byte),
        None => Some(Ends::Segment),
    }
}

/// A segment's elements on their way into the tree.
struct Row<'a, 't> {
    raw: &'a RawSet<'a>,
    nodes: &'t mut Nodes,
    checks: Option<&'a Checks>,
    marks: std::slice::Iter<'a, u32>,
}

impl Row<'_, '_> {
    /// The next mark's offset and what ends there; `None` if that is something else.
    #[inline]
    fn next(&mut self) -> Option<(u32, Ends)> {
        let at = self.marks.next()?.wrapping_sub(self.raw.marked.shift);
        Some((at, ends(self.raw, at)?))
    }

    /// Reads all elements, with checks if they are `KNOWN`. Gives what is there, position n as bit n.
    fn elements<const KNOWN: bool>(&mut self, segment: u32, checks: &[Check]) -> Option<u64> {
        let (mut before, mut end) = self.next()?;
        let mut checks = checks.iter();
        let (mut present, mut last, mut position) = (0, segment, 0);
        while end != Ends::Segment {
            position += 1;
            let check = checks.next();
            let from = before + 1;
            (before, end) = self.next()?;
            if before == from && end != Ends::Component {
                continue;
            }
            if position > MOST || KNOWN && check.is_none() {
                return None;
            }
            present |= 1 << position;
            last = self.nodes.len() as u32;
            if end == Ends::Component {
                self.nodes.composite(segment, position, from);
                (before, end) = self.components::<KNOWN>(last, from, before, check)?;
                continue;
            }
            if let Some(check) = check
                && !fine(self.raw.bytes, from, before, check)
            {
                return None;
            }
            self.nodes.leaf(segment, false, position, from, before - from);
        }
        self.nodes.close_segment(segment, last);
        Some(present)
    }

    /// Reads the components of a composite, of which the first ends at `end`. Gives where the last ends, and with what.
    #[inline]
    fn components<const KNOWN: bool>(
        &mut self,
        element: u32,
        begin: u32,
        mut at: u32,
        check: Option<&Check>,
    ) -> Option<(u32, Ends)> {
        let shape = match (check, self.checks) {
            // The separator in a simple element is a fault, or part of the value.
            (Some(check), Some(checks)) if KNOWN => Some(checks.shapes.get(check.shape as usize).filter(|s| s.whole)?),
            _ => None,
        };
        let mut checks = shape.zip(self.checks).map_or(&[][..], |(shape, checks)| checks.of_shape(shape)).iter();
        let (mut present, mut from, mut end) = (0, begin, Ends::Component);
        for position in 1..=MOST {
            let check = checks.next();
            if at > from {
                if KNOWN && !check.is_some_and(|check| fine(self.raw.bytes, from, at, check)) {
                    return None;
                }
                present |= 1 << position;
                self.nodes.leaf(element, true, position, from, at - from);
            }
            if end != Ends::Component {
                self.nodes.close_composite(element, at - begin);
                return shape.is_none_or(|shape| shape.holds(present)).then_some((at, end));
            }
            from = at + 1;
            (at, end) = self.next()?;
        }
        None
    }
}
