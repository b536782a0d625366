//! What a loop or a segment consists of, whatever its values say: most lines of an order have the same nodes as another.

use super::{INNER, NONE, Nodes, Row, Slot, WIDE};
use crate::tree::Kind;

/// Of a node and all below it, in their order: what each is, and below which of them it stands.
#[derive(Debug, Clone)]
pub struct Outline {
    /// (how far behind the first one it is that stands above, `Row::meta`)
    rows: Vec<(u32, u32)>,
    inner: Vec<Inner>,
}

/// A loop or a segment. Its links and its ordinal are counted from those of the first one.
#[derive(Debug, Clone, PartialEq)]
struct Inner {
    row: u32,
    kind: Kind,
    name: u32,
    first: u32,
    last: u32,
    next: u32,
    ordinal: u32,
}

/// What bits say that a row is a leaf, and no composite.
const LEAF: u32 = WIDE | INNER;

impl Outline {
    /// How many nodes.
    #[inline]
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Has the node that stands so far behind the first one a value that is its bytes?
    pub fn is_leaf(&self, at: usize) -> bool {
        self.rows.get(at).is_some_and(|(_, meta)| meta & LEAF == 0)
    }
}

impl Inner {
    #[inline]
    fn of(slot: &Slot, row: u32, (id, ordinal): (u32, u32)) -> Inner {
        let from = |link: u32| if link == NONE { NONE } else { link.wrapping_sub(id) };
        // What stands behind the whole is no part of it.
        let next = if row == 0 { NONE } else { from(slot.next) };
        let ordinal = if slot.kind == Kind::Segment { slot.extra.wrapping_sub(ordinal) } else { 0 };
        Inner { row, kind: slot.kind, name: slot.name, first: from(slot.first), last: from(slot.last), next, ordinal }
    }
}

impl Nodes {
    /// The outline of a node; none if it has more nodes than that, or any that is neither a loop, a segment nor a value (or
    /// composite) as a reader put it there.
    pub fn outline(&self, id: u32, most: usize) -> Option<Outline> {
        let rows = self.rows.get(id as usize..self.count)?;
        let count = 1 + rows.iter().skip(1).take(most).take_while(|row| row.parent >= id).count();
        let rows = rows.get(..count).filter(|_| count <= most)?;
        let ordinal = self.opening(id)?.extra;
        let mut inner = Vec::new();
        for (at, row) in (0u32..).zip(rows).filter(|(_, row)| row.meta & WIDE != 0) {
            let slot = self.wide.get(row.start as usize)?;
            if !matches!(slot.kind, Kind::Loop | Kind::Segment) {
                return None;
            }
            inner.push(Inner::of(slot, at, (id, ordinal)));
        }
        let rows = rows.iter().map(|row| (row.parent.wrapping_sub(id), row.meta)).collect();
        Some(Outline { rows, inner })
    }

    /// The rows of a node and all below it, if it has this outline.
    #[inline]
    pub fn like(&self, id: u32, outline: &Outline) -> Option<&[Row]> {
        let all = self.rows.get(id as usize..self.count)?;
        let (rows, behind) = all.split_at_checked(outline.rows.len())?;
        // Nothing more is below it.
        if behind.first().is_some_and(|row| row.parent >= id) {
            return None;
        }
        let differ =
            |(row, (above, meta)): (&Row, &(u32, u32))| (row.parent.wrapping_sub(id) ^ above) | (row.meta ^ meta);
        let different = rows.iter().zip(&outline.rows).skip(1).fold(0, |found, pair| found | differ(pair));
        if different != 0 {
            return None;
        }
        let ordinal = self.opening(id)?.extra;
        let same = |inner: &Inner| {
            let row = rows.get(inner.row as usize).filter(|row| row.meta & WIDE != 0);
            let slot = row.and_then(|row| self.wide.get(row.start as usize));
            slot.is_some_and(|slot| Inner::of(slot, inner.row, (id, ordinal)) == *inner)
        };
        outline.inner.iter().all(same).then_some(rows)
    }

    /// The segment that a loop opens with, or itself.
    #[inline]
    pub fn opening(&self, id: u32) -> Option<&Slot> {
        let slot = |id: u32| {
            let row = self.rows.get(id as usize).filter(|row| row.meta & WIDE != 0)?;
            self.wide.get(row.start as usize)
        };
        let segment = match slot(id)? {
            own if own.kind == Kind::Loop => slot(own.first).filter(|_| own.first != NONE)?,
            own => own,
        };
        (segment.kind == Kind::Segment).then_some(segment)
    }
}
