//! The short way through clean segments: their marks are walked once, and each value is put into the tree; whether the
//! values are right is looked at later, many at once. Where anything is unusual (another mark than an element's or a
//! component's end, something missing or too much) nothing is kept, and the segment is read the long way, which finds
//! the words for it. Where a value isn't right the set is read again, and each segment's values are looked at at once.

use super::{
    build::Builder,
    fine::{Due, all_right},
    scan::{COMPONENT, Classes, ELEMENT, SEGMENT},
    scratch::Tables,
};
use crate::{
    guides::{Checks, Shape},
    nodes::Row,
    tree::{Kind, NodeId},
};

/// Positions up to here fit the bits that say what is there.
const MOST: u32 = 63;
/// So many values are looked at together.
const MANY: usize = 512;

/// Values that are still to be looked at.
#[derive(Default)]
pub(crate) struct Later {
    /// Behind `count` of them is room for more.
    list: Vec<Due>,
    count: usize,
    /// No value waits longer than its segment: one of the set's, or of the set's before, wasn't right.
    pub never: bool,
}

impl Later {
    /// The values, and what stands behind the last one: room for so many more.
    fn room(&mut self, more: usize) -> &mut [Due] {
        if self.list.len() < self.count + more {
            self.list.resize((self.count + more) * 2, Due::default());
        }
        self.list.get_mut(self.count..).unwrap_or_default()
    }

    /// Looks at all of them; there are none then.
    fn all_right(&mut self, bytes: &[u8], checks: &Checks) -> bool {
        let count = std::mem::take(&mut self.count);
        all_right(bytes, self.list.get(..count).unwrap_or_default(), checks)
    }
}

impl<'a> Builder<'a> {
    /// Reads segments, from one on, as long as each goes a step that was gone before: gives the first one that doesn't.
    pub(super) fn quick(&mut self, from: usize, tables: &mut Tables) -> usize {
        let raw = self.raw;
        if from == 0 || self.checks().is_none() {
            return from; // the header, before which there is nothing to step from
        }
        // Of a segment that the document's end cuts off nothing is said.
        let most = raw.spans.len() - usize::from(raw.cut);
        let segments = raw.spans.iter().zip(self.cuts).enumerate().take(most).skip(from);
        let mut next = from;
        for (at, ((start, end), cut)) in segments {
            let Some(structure) = &mut self.structure else { return at };
            let span = (*start, end - start);
            let Some(placed) = structure.step(cut.id, span, self.tree.nodes()) else { return at };
            let ordinal = at as u32 + 1;
            let node = self.tree.nodes().inner(Kind::Segment, placed.name, span, ordinal, placed.parent.0);
            tables.segments.push(NodeId(node));
            if !self.clean(NodeId(node), ordinal, placed.spec, &mut tables.later) {
                self.long_elements(NodeId(node), ordinal, placed.spec, &mut tables.elements);
            }
            next = at + 1;
            if self.wrong {
                break;
            }
        }
        next
    }

    /// Reads the elements of a segment, which is the last node; false, and nothing is kept, if it isn't clean.
    #[inline(always)]
    pub(super) fn clean(&mut self, node: NodeId, ordinal: u32, spec: u32, later: &mut Later) -> bool {
        let raw = self.raw;
        let Some(cut) = self.cuts.get(ordinal as usize - 1) else { return false };
        let marks = raw.marked.marks.get(cut.first as usize..=cut.last as usize).unwrap_or_default();
        let set = Bytes { bytes: raw.bytes, classes: &raw.lexis.classes, shift: raw.marked.shift };
        let checks = self.checks();
        let nodes = self.tree.nodes();
        let room = nodes.room(marks.len() * 2);
        let Some((checks, shape)) = checks.and_then(|checks| Some((checks, checks.shapes.get(spec as usize)?))) else {
            let read = set.elements::<false>(marks, Checks::NONE, &Shape::NONE, node.0, room, &mut []);
            read.iter().for_each(|(rows, _)| nodes.keep(node.0, *rows));
            return read.is_some();
        };
        let due = later.room(marks.len());
        let read = set.elements::<true>(marks, checks, shape, node.0, room, due).filter(|_| shape.whole);
        let Some((rows, values)) = read else { return false };
        later.count += values;
        if (later.never || later.count > MANY) && !later.all_right(raw.bytes, checks) {
            self.wrong = !later.never;
            return false;
        }
        nodes.keep(node.0, rows);
        true
    }

    /// Looks at the values that still wait; false if one of those that waited was not right.
    pub(super) fn right(&mut self, later: &mut Later) -> bool {
        let rest = self.checks().is_none_or(|checks| later.all_right(self.raw.bytes, checks));
        rest && !self.wrong
    }

    /// The id of a segment, if it is nothing but two to four letters and digits.
    pub(super) fn plain_id(&self, ordinal: u32, start: u32) -> Option<&'a [u8]> {
        let raw = self.raw;
        let cut = self.cuts.get(ordinal as usize - 1).filter(|cut| cut.id != 0)?;
        let end = raw.marked.marks.get(cut.first as usize)?.wrapping_sub(raw.marked.shift);
        let id = raw.bytes.get(start as usize..end as usize)?;
        (id.len() >= 2 && id.iter().all(u8::is_ascii_alphanumeric)).then_some(id)
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
    /// The next mark's offset and what it means; the set's end is that of its last segment.
    #[inline(always)]
    fn next(self, marks: &mut Marks) -> Option<(u32, u8)> {
        let at = marks.next()?.wrapping_sub(self.shift);
        Some((at, self.bytes.get(at as usize).map_or(SEGMENT, |byte| self.classes.of_byte(*byte))))
    }

    /// Reads all elements into rows, and what is to be checked of them, if they are `KNOWN`. Gives the numbers of both,
    /// or nothing if it isn't surely right what is there. Rows of empty elements are written, and written over: that is
    /// less than to ask which are empty.
    fn elements<const KNOWN: bool>(
        self,
        marks: &[u32],
        checks: &Checks,
        shape: &Shape,
        segment: u32,
        room: &mut [Row],
        due: &mut [Due],
    ) -> Option<(usize, usize)> {
        let mut marks = marks.iter();
        let (mut at, mut ends) = self.next(&mut marks)?;
        let (mut rows, mut values, mut present, mut position) = (0, 0, 0u64, 0);
        while ends == ELEMENT {
            position += 1;
            let from = at + 1;
            (at, ends) = self.next(&mut marks)?;
            if position > MOST {
                return None;
            }
            let check = shape.first + position - 1;
            if ends == COMPONENT {
                // The separator in a simple element is a fault, or part of the value.
                let inner = if KNOWN { checks.composite(check)? } else { &Shape::NONE };
                let above = rows;
                let (mut part, mut there, mut component) = (from, 0u64, 0);
                loop {
                    component += 1;
                    let filled = usize::from(at > part);
                    rows += 1;
                    *room.get_mut(rows)? = Row::component(segment + 1 + above as u32, component, part, at - part);
                    rows -= 1 - filled;
                    if KNOWN {
                        *due.get_mut(values)? = Due { start: part, len: at - part, check: inner.first + component - 1 };
                        values += filled;
                    }
                    there |= (filled as u64) << (component & MOST);
                    if ends != COMPONENT {
                        break;
                    }
                    part = at + 1;
                    (at, ends) = self.next(&mut marks)?;
                }
                if component > MOST || KNOWN && !inner.holds(there) {
                    return None;
                }
                *room.get_mut(above)? = Row::composite(segment, position, from, at - from, (rows - above) as u32);
                rows += 1;
                present |= 1 << position;
                continue;
            }
            let filled = usize::from(at > from);
            *room.get_mut(rows)? = Row::element(segment, position, from, at - from);
            rows += filled;
            if KNOWN {
                *due.get_mut(values)? = Due { start: from, len: at - from, check };
                values += filled;
            }
            present |= (filled as u64) << position;
        }
        (ends == SEGMENT && (!KNOWN || shape.holds(present))).then_some((rows, values))
    }
}
