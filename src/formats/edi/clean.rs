//! The short way through a clean segment: its marks are walked once, each value is checked by its bits and put into
//! the tree. Where anything is unusual (another mark than an element's or a component's end, a value that isn't surely
//! right, something missing) nothing is kept, and the segment is read the long way, which finds the words for it.

use super::{build::Builder, fine::fine, scan::Ends};
use crate::{
    guides::{Check, Checks, Shape},
    tree::{Kind, NodeId},
};

/// Positions up to here fit the bits that say what is there.
const MOST: u32 = 63;

/// What is known of a segment's elements, or of a composite's components.
#[derive(Clone, Copy)]
struct Known<'a> {
    checks: &'a [Check],
    shape: &'a Shape,
}

impl<'a> Builder<'a> {
    /// The id of a segment, if nothing is unusual about it. The first mark is then the one behind it.
    pub(super) fn clean_id(&mut self, start: u32, end: u32) -> Option<&'a str> {
        while *self.marks.get(self.mark)? < start {
            self.mark += 1;
        }
        let id_end = *self.marks.get(self.mark)?;
        if id_end > end || !matches!(self.ends(id_end), Some(Ends::Element | Ends::Segment)) {
            return None;
        }
        let id = self.raw.bytes.get(start as usize..id_end as usize)?;
        let good = (2..=4).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric);
        if good { std::str::from_utf8(id).ok() } else { None }
    }

    /// Reads the elements of a segment; false if it isn't clean.
    pub(super) fn clean(&mut self, node: NodeId, spec: u32) -> bool {
        let spread = self.raw.edifact && self.raw.syntax.repetition.is_none();
        let checks = self.raw.guide.map(|guide| &guide.plan.checks[usize::from(spread)]);
        let known = checks.and_then(|checks| Some((checks, known(checks, spec)?)));
        if known.is_some_and(|(_, known)| !known.shape.whole) {
            return false;
        }
        match known {
            Some((checks, known)) => self.elements_of(node, Some((checks, known))),
            None => self.elements_of(node, None),
        }
    }

    #[inline]
    fn elements_of(&mut self, node: NodeId, known: Option<(&'a Checks, Known<'a>)>) -> bool {
        let marks = self.marks;
        let Some(mut before) = marks.get(self.mark).copied() else { return false };
        if self.ends(before) == Some(Ends::Segment) {
            self.mark += 1;
            return known.is_none_or(|(_, known)| known.shape.holds(0));
        }
        let (mut present, mut position, mut last) = (0u64, 1u32, node);
        let mut inner = false; // the last node has a row of its own below it
        let mut at = self.mark + 1;
        loop {
            let Some(mark) = marks.get(at).copied() else { return false };
            let Some(mut ends) = self.ends(mark) else { return false };
            let from = before + 1;
            if mark > from || ends == Ends::Component {
                let check = match known {
                    None => None,
                    Some((_, known)) => match known.checks.get(position as usize - 1) {
                        Some(check) => Some(check),
                        None => return false,
                    },
                };
                if position > MOST {
                    return false;
                }
                present |= 1 << position;
                if inner {
                    self.tree.next_is_next(last);
                }
                inner = ends == Ends::Component;
                if inner {
                    let known = known.map(|(checks, _)| checks).zip(check);
                    match self.components(node, position, from, at, known) {
                        Some((element, end)) => (last, at) = (element, end),
                        None => return false,
                    }
                    match marks.get(at).and_then(|mark| self.ends(*mark)) {
                        Some(end) => ends = end,
                        None => return false,
                    }
                } else {
                    let check = match (check, known) {
                        // A composite with its first component only.
                        (Some(check), Some((checks, _))) if check.shape != u32::MAX => {
                            self::known(checks, check.shape).and_then(|known| known.checks.first())
                        }
                        (check, _) => check,
                    };
                    let right = check.is_none_or(|check| fine(self.raw.bytes, from as usize, mark as usize, check));
                    if !right {
                        return false;
                    }
                    last = NodeId(self.tree.len() as u32);
                    self.tree.row_leaf(node, Kind::Element, position, from, mark - from);
                }
            }
            before = marks[at];
            at += 1;
            position += 1;
            if ends == Ends::Segment {
                break;
            }
        }
        self.mark = at;
        self.tree.end_row(node, last);
        known.is_none_or(|(_, known)| known.shape.holds(present))
    }

    /// Reads a composite that begins at `from` and whose first component ends at mark `at`. Gives its node and the mark
    /// at its end.
    #[inline]
    fn components(
        &mut self,
        segment: NodeId,
        position: u32,
        from: u32,
        mut at: usize,
        known: Option<(&'a Checks, &'a Check)>,
    ) -> Option<(NodeId, usize)> {
        let known = match known {
            // The separator in a simple element is a fault, or part of the value.
            Some((_, check)) if check.shape == u32::MAX => return None,
            Some((checks, check)) => Some(self::known(checks, check.shape).filter(|known| known.shape.whole)?),
            None => None,
        };
        let element = self.tree.row_inner(segment, Kind::Element, position, from, 0);
        let (mut present, mut last, mut start) = (0u64, element, from);
        for component in 1..=MOST {
            let mark = *self.marks.get(at)?;
            let ends = self.ends(mark)?;
            if mark > start {
                if let Some(known) = known {
                    let check = known.checks.get(component as usize - 1)?;
                    if !fine(self.raw.bytes, start as usize, mark as usize, check) {
                        return None;
                    }
                }
                present |= 1 << component;
                last = NodeId(self.tree.len() as u32);
                self.tree.row_leaf(element, Kind::Component, component, start, mark - start);
            }
            if ends != Ends::Component {
                self.tree.set_len(element, mark - from);
                self.tree.end_row(element, last);
                return known.is_none_or(|known| known.shape.holds(present)).then_some((element, at));
            }
            start = mark + 1;
            at += 1;
        }
        None
    }

    /// What ends at a mark; the set's end is that of its last segment.
    #[inline]
    fn ends(&self, mark: u32) -> Option<Ends> {
        match self.raw.bytes.get(mark as usize) {
            Some(byte) => self.raw.lexis.classes.ends(*byte),
            None => Some(Ends::Segment),
        }
    }
}

#[inline]
fn known(checks: &Checks, shape: u32) -> Option<Known<'_>> {
    let shape = checks.shapes.get(shape as usize)?;
    Some(Known { checks: checks.of_shape(shape), shape })
}
