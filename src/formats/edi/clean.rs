//! The short way through clean segments: their marks are walked once, and each value is put into the tree; whether the
//! values are right is looked at later, many at once. Where anything is unusual (another mark than an element's or a
//! component's end, something missing or too much) nothing is kept, and the segment is read the long way, which finds
//! the words for it. Where a value isn't right the set is read again, and each segment's values are looked at at once.

use super::{
    build::{Builder, RawSet},
    fine::all_right,
    scan::Syntax,
    scratch::Tables,
    window::{Cut, Marked},
};
use crate::{
    guides::{Checks, Shape, UNKNOWN},
    nodes::{Nodes, ROOM, Row, Spot},
    tree::NodeId,
};

/// A segment of so many marks at most is read the short way: then all positions fit the bits that say what is there.
const MOST: usize = 64;

/// The values of so many nodes are looked at together.
const MANY: usize = 512;

/// Values that are still to be looked at.
#[derive(Default)]
pub(crate) struct Later {
    /// The first node that was not yet looked at.
    from: usize,
    /// No value waits longer than its segment: one of the set's, or of the set's before, wasn't right.
    pub never: bool,
}

impl Later {
    /// Begins a set.
    pub fn begin(&mut self) {
        self.from = 0;
    }

    /// Looks at the values of all nodes up to one.
    fn all_right(&mut self, to: usize, nodes: &Nodes, bytes: &[u8], checks: &Checks) -> bool {
        let from = std::mem::replace(&mut self.from, to);
        all_right(bytes, nodes.rows(from, to), checks)
    }
}

impl<'a> Builder<'a> {
    /// Reads segments, from one on, as long as each goes a step that was gone before: gives the first one that doesn't.
    pub(super) fn quick(&mut self, from: usize, tables: &mut Tables) -> usize {
        if from == 0 || self.checks.is_none() {
            return from; // the header, before which there is nothing to step from
        }
        if self.structure.as_ref().is_none_or(|structure| structure.is_behind_forbidden(from as u32 + 1)) {
            return from; // it may belong to what is forbidden
        }
        let mut next = from;
        loop {
            let unclean;
            (next, unclean) = self.run(next, tables);
            let Some((node, spec)) = unclean else { return next };
            self.long_elements(node, next as u32, spec, &mut tables.elements);
            if self.wrong {
                return next;
            }
        }
    }

    /// The same up to the first segment that isn't clean: gives the one behind it, its node and its spec.
    fn run(&mut self, from: usize, tables: &mut Tables) -> (usize, Option<(NodeId, u32)>) {
        let (raw, checks, cuts) = (self.raw, self.checks, self.cuts);
        // Of a segment that the document's end cuts off nothing is said.
        let most = raw.spans.len() - usize::from(raw.cut);
        let (Some(structure), Some(cuts), Some(spans)) =
            (&mut self.structure, cuts.get(from..), raw.spans.get(from..most))
        else {
            return (from, None);
        };
        let (nodes, set) = (self.tree.nodes(), Bytes::of(raw));
        let mut ahead = cuts.first().and_then(|cut| structure.ahead(cut.id));
        let mut at = from;
        for ((start, end), cut) in spans.iter().zip(cuts) {
            let span = (*start, end - start);
            let placed = ahead.and_then(|ahead| structure.step(ahead, span, nodes));
            let Some(placed) = placed else { return (at, None) };
            at += 1;
            // Looked for now, while there is other work: it may come from afar.
            ahead = cuts.get(at - from).and_then(|cut| structure.ahead(cut.id));
            let clean = set.clean(cut, placed.spec, checks, nodes, &mut tables.later);
            self.wrong |= clean == Clean::Wrong;
            let rows = if let Clean::Rows(rows) = clean { rows } else { 0 };
            let node = NodeId(nodes.segment(placed.name, span, at as u32, placed.parent.0, rows));
            tables.segments.push(node, placed.name);
            if !matches!(clean, Clean::Rows(_)) {
                return (at, Some((node, placed.spec)));
            }
        }
        (at, None)
    }

    /// Reads the elements of the segment that is to be the next node into the rows behind it: gives how many, or nothing
    /// if it isn't clean.
    pub(super) fn clean(&mut self, ordinal: u32, spec: u32, later: &mut Later) -> Option<usize> {
        let cut = self.cuts.get(ordinal as usize - 1)?;
        let clean = Bytes::of(self.raw).clean(cut, spec, self.checks, self.tree.nodes(), later);
        self.wrong |= clean == Clean::Wrong;
        if let Clean::Rows(rows) = clean { Some(rows) } else { None }
    }

    /// Looks at the values that still wait; false if one of those that waited was not right.
    pub(super) fn right(&mut self, later: &mut Later) -> bool {
        let (checks, nodes) = (self.checks, self.tree.nodes());
        !self.wrong && checks.is_none_or(|checks| later.all_right(nodes.len(), nodes, self.raw.bytes, checks))
    }

    /// The id of a segment, if it is nothing but two to four letters and digits.
    pub(super) fn plain_id(&self, ordinal: u32, start: u32) -> Option<&'a [u8]> {
        let raw = self.raw;
        let cut = self.cuts.get(ordinal as usize - 1).filter(|cut| cut.id != 0)?;
        let end = raw.marked.marks.get(cut.first as usize)?.wrapping_sub(raw.marked.shift);
        let id = raw.bytes.get(start as usize..end as usize)?;
        (id.len() >= 2 && id.iter().all(u8::is_ascii_alphanumeric)).then_some(id)
    }
}

/// What ends an element, and what ends a component of it.
#[derive(Clone, Copy)]
struct Delimiters {
    element: u8,
    component: u8,
}

impl Delimiters {
    /// Where nothing ends components, that of elements does, which is asked for first.
    fn of(syntax: &Syntax) -> Delimiters {
        Delimiters { element: syntax.element, component: syntax.component.unwrap_or(syntax.element) }
    }
}

/// What became of a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clean {
    /// It has so many rows.
    Rows(usize),
    /// It is to be read the long way.
    No,
    /// So is it, and a value that waited isn't right.
    Wrong,
}

/// A set's bytes, and what they mean.
#[derive(Clone, Copy)]
struct Bytes<'a> {
    bytes: &'a [u8],
    marks: &'a [u32],
    delimiters: Delimiters,
    /// What to take from a mark to get its offset.
    shift: u32,
}

/// What a mark ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Element,
    Component,
    Segment,
}

type Marks<'a> = std::slice::Iter<'a, u32>;

impl<'a> Bytes<'a> {
    fn of(raw: &RawSet<'a>) -> Bytes<'a> {
        let Marked { marks, shift, .. } = raw.marked;
        Bytes { bytes: raw.bytes, marks, delimiters: Delimiters::of(raw.syntax), shift }
    }

    /// Reads the elements of the segment that is to be the next node into the rows behind it.
    #[inline(always)]
    fn clean(&self, cut: &Cut, spec: u32, checks: Option<&Checks>, nodes: &mut Nodes, later: &mut Later) -> Clean {
        let Some(marks) = self.marks.get(cut.first as usize..=cut.last as usize) else { return Clean::No };
        let Some((segment, room)) = nodes.room() else { return Clean::No };
        let known = checks.and_then(|all| Some((all, all.shapes.get(spec as usize)?)));
        let Some(rows) = self.elements(marks, known, segment, room) else { return Clean::No };
        let to = segment as usize + rows + 1;
        if (to > later.from + MANY || later.never)
            && let Some(checks) = checks
            && !later.all_right(to, nodes, self.bytes, checks)
        {
            return if later.never { Clean::No } else { Clean::Wrong };
        }
        Clean::Rows(rows)
    }

    /// The next mark's offset and what it ends; nothing if it is none of these. The last one ends the segment.
    #[inline(always)]
    fn next(&self, marks: &mut Marks) -> Option<(u32, Ends)> {
        let at = marks.next()?.wrapping_sub(self.shift);
        if marks.len() == 0 {
            return Some((at, Ends::Segment));
        }
        let byte = *self.bytes.get(at as usize)?;
        match byte {
            _ if byte == self.delimiters.element => Some((at, Ends::Element)),
            _ if byte == self.delimiters.component => Some((at, Ends::Component)),
            _ => None,
        }
    }

    /// Reads all elements of a segment into rows, with the numbers of their checks, if they are `known`. Gives how many
    /// rows, or nothing if it isn't surely right what is there. Rows of empty elements are written, and written over:
    /// that is less than to ask which are empty. A function of its own, since what it works with fills all registers.
    #[inline(never)]
    fn elements(
        &self,
        marks: &[u32],
        known: Option<(&Checks, &Shape)>,
        segment: u32,
        room: &mut [Row; ROOM],
    ) -> Option<usize> {
        if marks.len() > MOST {
            return None;
        }
        let mut marks = marks.iter();
        let (mut at, mut ends) = self.next(&mut marks)?;
        let (mut rows, mut present, mut alone) = (0, 0u64, 0u64);
        let mut spot = Spot::before_elements(known.map_or(UNKNOWN, |(_, shape)| shape.first));
        while ends == Ends::Element {
            spot = spot.next();
            let from = at + 1;
            (at, ends) = self.next(&mut marks)?;
            if ends == Ends::Component {
                // The separator in a simple element is a fault, or part of the value.
                let inner = match known {
                    Some((checks, _)) => Some(checks.composite(spot.check())?),
                    None => None,
                };
                let above = rows;
                let inside = (segment + 1, Spot::before_components(inner.map_or(UNKNOWN, |inner| inner.first)));
                let there;
                (at, ends, rows, there) = self.components(&mut marks, (from, at), inside, room, above)?;
                if inner.is_some_and(|inner| !inner.holds(there)) {
                    return None;
                }
                let components = (rows - above - 1) as u32;
                room[above % ROOM] = Row::composite(segment, spot, from, at - from, components);
                present |= 1 << spot.position();
                continue;
            }
            room[rows % ROOM] = Row::leaf(segment, spot, from, at - from);
            rows += usize::from(at > from);
            alone |= u64::from(at > from) << spot.position();
        }
        let fits = |shape: &Shape| shape.whole && shape.holds(present | alone) && shape.may_stand_alone(alone);
        let holds = ends == Ends::Segment && known.is_none_or(|(_, shape)| fits(shape));
        holds.then_some(rows)
    }

    /// Reads the components of a composite, of which the first is `from..at`, behind its row, which is `above` behind the
    /// node `base`. Gives where the last one ends and with what, how many rows there are, and which components.
    #[inline(always)]
    fn components(
        &self,
        marks: &mut Marks,
        (mut from, mut at): (u32, u32),
        (base, mut spot): (u32, Spot),
        room: &mut [Row; ROOM],
        above: usize,
    ) -> Option<(u32, Ends, usize, u64)> {
        let (mut rows, mut there, mut ends) = (above + 1, 0u64, Ends::Component);
        let parent = base + above as u32;
        loop {
            spot = spot.next();
            room[rows % ROOM] = Row::leaf(parent, spot, from, at - from);
            rows += usize::from(at > from);
            there |= u64::from(at > from) << spot.position();
            if ends != Ends::Component {
                return Some((at, ends, rows, there));
            }
            from = at + 1;
            (at, ends) = self.next(marks)?;
        }
    }
}
