//! A tree's nodes as they are kept: sixteen bytes for an element or component of a clean segment, which is most of
//! them, and all links only for the others.

use crate::tree::Kind;

pub(crate) const NONE: u32 = u32::MAX;

/// What a value is, seen from the raw bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// An inner node.
    None,
    /// The node's bytes as they stand.
    Raw,
    /// Something else than the bytes: unescaped, decoded, or pushed by hand; in `Tree::unescaped`.
    Apart,
}

/// A node with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub kind: Kind,
    pub text: Text,
    pub namespace: u16,
    pub name: u32,
    /// Raw bytes, from the start of the set.
    pub start: u32,
    pub len: u32,
    /// Segment: ordinal. Element, repeat, component: position from 1. Record: line. XML: index among its like from 1. Item: index from 0.
    pub extra: u32,
    pub parent: u32,
    pub first: u32,
    pub last: u32,
    pub next: u32,
}

/// A node of a row: its parent stands right before the first one, and each begins where the one before it ends.
#[derive(Debug, Clone, Copy)]
struct Row {
    parent: u32,
    start: u32,
    len: u32,
    /// `WIDE` with an index of `wide`, or the flags below, the number of children, and the position.
    meta: u32,
}

const WIDE: u32 = 1 << 31;
const LAST: u32 = 1 << 30;
const COMPONENT: u32 = 1 << 29;
/// A composite: an inner node, even if all of its components are empty.
const INNER: u32 = 1 << 28;
const CHILDREN: u32 = 8;

/// All nodes, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes {
    rows: Vec<Row>,
    wide: Vec<Slot>,
}

impl Nodes {
    /// With room for so many nodes, of which so many have all links.
    pub fn with_room(rows: usize, wide: usize) -> Nodes {
        Nodes { rows: Vec::with_capacity(rows), wide: Vec::with_capacity(wide) }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// A node. Panics beyond the last, as indexing does.
    pub fn get(&self, id: u32) -> Slot {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 {
            return self.wide[(row.meta & !WIDE) as usize];
        }
        let (position, children) = (row.meta & 0xFF, row.meta >> CHILDREN & 0xFF);
        let inner = row.meta & INNER != 0;
        Slot {
            kind: if row.meta & COMPONENT != 0 { Kind::Component } else { Kind::Element },
            text: if inner { Text::None } else { Text::Raw },
            namespace: 0,
            name: position,
            start: row.start,
            len: row.len,
            extra: position,
            parent: row.parent,
            first: if children > 0 { id + 1 } else { NONE },
            last: if children > 0 { id + children } else { NONE },
            next: if row.meta & LAST != 0 { NONE } else { id + children + 1 },
        }
    }

    /// The name's number, the kind and the next sibling alone: what a walk asks for most.
    pub fn name(&self, id: u32) -> u32 {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 { self.wide[(row.meta & !WIDE) as usize].name } else { row.meta & 0xFF }
    }

    /// A node to be changed.
    #[inline]
    pub fn get_mut(&mut self, id: u32) -> &mut Slot {
        let meta = self.rows[id as usize].meta;
        let wide = if meta & WIDE != 0 { meta & !WIDE } else { self.widen(id) };
        &mut self.wide[wide as usize]
    }

    #[cold]
    fn widen(&mut self, id: u32) -> u32 {
        let (slot, wide) = (self.get(id), self.wide.len() as u32);
        self.rows[id as usize].meta = WIDE | wide;
        self.wide.push(slot);
        wide
    }

    /// Appends a node, and links it behind its parent's last child.
    pub fn add(&mut self, slot: Slot) -> u32 {
        let id = self.rows.len() as u32;
        let Slot { parent, start, len, .. } = slot;
        self.rows.push(Row { parent, start, len, meta: WIDE | self.wide.len() as u32 });
        self.wide.push(slot);
        if parent != NONE {
            self.link(parent, id);
        }
        id
    }

    /// Appends a loop or a segment.
    #[inline]
    pub fn inner(&mut self, kind: Kind, name: u32, (start, len): (u32, u32), extra: u32, parent: u32) -> u32 {
        let id = self.rows.len() as u32;
        self.rows.push(Row { parent, start, len, meta: WIDE | self.wide.len() as u32 });
        let (first, last, next) = (NONE, NONE, NONE);
        self.wide.push(Slot {
            kind,
            text: Text::None,
            namespace: 0,
            name,
            start,
            len,
            extra,
            parent,
            first,
            last,
            next,
        });
        self.link(parent, id);
        id
    }

    #[inline]
    fn link(&mut self, parent: u32, id: u32) {
        let above = self.get_mut(parent);
        let before = above.last;
        above.last = id;
        match before {
            NONE => above.first = id,
            before => self.get_mut(before).next = id,
        }
    }

    /// Appends a leaf of raw bytes to a row that was begun behind its parent. Positions are 1 to 63.
    #[inline]
    pub fn leaf(&mut self, parent: u32, component: bool, position: u32, start: u32, len: u32) {
        let meta = position | if component { COMPONENT } else { 0 };
        self.rows.push(Row { parent, start, len, meta });
    }

    /// Appends a composite to a row; its components follow it, then [`Nodes::close_composite`].
    #[inline]
    pub fn composite(&mut self, parent: u32, position: u32, start: u32) -> u32 {
        self.rows.push(Row { parent, start, len: 0, meta: position | INNER });
        self.rows.len() as u32 - 1
    }

    /// Ends a composite with its last component.
    #[inline]
    pub fn close_composite(&mut self, id: u32, len: u32) {
        let children = self.rows.len() as u32 - 1 - id;
        if children > 0 {
            self.end_at_last();
        }
        if let Some(row) = self.rows.get_mut(id as usize) {
            row.len = len;
            row.meta |= children << CHILDREN;
        }
    }

    /// Ends the row of a segment; `last` is the last node directly below it.
    #[inline]
    pub fn close_segment(&mut self, segment: u32, last: u32) {
        if last <= segment {
            return;
        }
        if let Some(row) = self.rows.get_mut(last as usize) {
            row.meta |= LAST;
        }
        let slot = self.get_mut(segment);
        (slot.first, slot.last) = (segment + 1, last);
    }

    /// Takes back everything behind a node, which has no children then.
    pub fn take_back(&mut self, id: u32) {
        self.rows.truncate(id as usize + 1);
        let wide = self.rows[id as usize].meta & !WIDE;
        self.wide.truncate(wide as usize + 1);
        let slot = self.get_mut(id);
        (slot.first, slot.last) = (NONE, NONE);
    }

    #[inline]
    fn end_at_last(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.meta |= LAST;
        }
    }
}
