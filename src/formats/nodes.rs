//! A tree's nodes as they are kept: sixteen bytes for an element or component of a clean segment, which is most of
//! them, and all links only for the others.

use crate::tree::Kind;

mod outline;

pub use outline::Outline;

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

/// A node of a row: the first one stands right behind its parent, and each behind the last one below its elder sibling.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row {
    parent: u32,
    start: u32,
    len: u32,
    /// `WIDE`, and then `start` is an index of `wide`; or the flags below, the number of the check, of children, and the
    /// position.
    meta: u32,
}

const WIDE: u32 = 1 << 31;
const COMPONENT: u32 = 1 << 29;
/// A composite: an inner node, even if all of its components are empty.
const INNER: u32 = 1 << 28;
/// Where the numbers begin: a position and a number of children have six bits, and a check's number sixteen.
const CHILDREN: u32 = 6;
const FEW: u32 = (1 << CHILDREN) - 1;
const CHECK: u32 = 2 * CHILDREN;

/// Room for the rows of one segment.
pub(crate) const ROOM: usize = 128;

/// What is given away whole, and not copied, when a tree is done.
const LARGE: usize = 64 * 1024;

/// Whether a row is an element or a component, its position, 1 to 63, and the number of its check, which are those of
/// the first one and grow with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot(u32);

impl Spot {
    /// Before the first element, of which the check has a number.
    #[inline(always)]
    pub fn before_elements(first: u32) -> Spot {
        Spot((first.wrapping_sub(1) & 0xFFFF) << CHECK)
    }

    /// Before the first component.
    #[inline(always)]
    pub fn before_components(first: u32) -> Spot {
        Spot(Spot::before_elements(first).0 | COMPONENT)
    }

    #[inline(always)]
    pub fn next(self) -> Spot {
        Spot(self.0 + (1 << CHECK | 1))
    }

    #[inline(always)]
    pub fn position(self) -> u32 {
        self.0 & FEW
    }

    #[inline(always)]
    pub fn check(self) -> u16 {
        (self.0 >> CHECK) as u16
    }
}

impl Row {
    /// Where a leaf of raw bytes stands: start and length.
    #[inline(always)]
    pub fn span(&self) -> (u32, u32) {
        (self.start, self.len)
    }

    /// The number of its check; 0 if it is no leaf of raw bytes.
    #[inline(always)]
    pub fn check(&self) -> u16 {
        (self.meta >> CHECK) as u16
    }

    /// One with all links: which one of `wide`.
    #[inline(always)]
    fn wide(parent: u32, index: usize) -> Row {
        Row { parent, start: index as u32, len: 0, meta: WIDE }
    }

    /// A leaf of raw bytes.
    #[inline(always)]
    pub fn leaf(parent: u32, spot: Spot, start: u32, len: u32) -> Row {
        Row { parent, start, len, meta: spot.0 }
    }

    /// A composite; its components, so many, are the next rows.
    #[inline(always)]
    pub fn composite(parent: u32, spot: Spot, start: u32, len: u32, components: u32) -> Row {
        Row { parent, start, len, meta: spot.position() | INNER | (components & FEW) << CHILDREN }
    }
}

/// What stands at a position.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stands {
    /// A leaf of raw bytes: its number, where they begin, and how many they are.
    Leaf(u32, u32, u32),
    Nothing,
    Other,
}

/// All nodes, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes {
    /// The nodes, and behind `count` of them room for more.
    rows: Vec<Row>,
    count: usize,
    wide: Vec<Slot>,
}

impl Nodes {
    /// With room for so many nodes, all of which have all links.
    pub fn with_room(nodes: usize) -> Nodes {
        Nodes { rows: Vec::with_capacity(nodes), count: 0, wide: Vec::with_capacity(nodes) }
    }

    /// Forgets all of them, and keeps their room.
    pub fn clear(&mut self) {
        self.count = 0;
        self.wide.clear();
    }

    /// What is done: gives the nodes, in no more room than they take, and leaves the room to be used again.
    pub fn take(&mut self) -> Nodes {
        if self.count > LARGE {
            let mut all = std::mem::take(self);
            all.rows.truncate(all.count);
            all.rows.shrink_to_fit();
            all.wide.shrink_to_fit();
            return all;
        }
        let rows = self.rows.get(..self.count).unwrap_or_default().to_vec();
        Nodes { rows, count: self.count, wide: self.wide.clone() }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// A node. Panics beyond the last, as indexing does.
    pub fn get(&self, id: u32) -> Slot {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 {
            return self.wide[row.start as usize];
        }
        let (position, children) = (row.meta & FEW, row.meta >> CHILDREN & FEW);
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
            next: self.beside(id + children + 1, row.parent),
        }
    }

    /// A node, if it is there and is below `parent`.
    #[inline]
    fn beside(&self, id: u32, parent: u32) -> u32 {
        let sibling = (id as usize) < self.count && self.rows[id as usize].parent == parent;
        if sibling { id } else { NONE }
    }

    /// The kind alone. It, the first child, the next sibling and the name's number are what a walk asks for most.
    #[inline]
    pub fn kind(&self, id: u32) -> Kind {
        let row = self.rows[id as usize];
        match row.meta {
            meta if meta & WIDE != 0 => self.wide[row.start as usize].kind,
            meta if meta & COMPONENT != 0 => Kind::Component,
            _ => Kind::Element,
        }
    }

    /// The first child, or `NONE`.
    #[inline]
    pub fn first(&self, id: u32) -> u32 {
        let row = self.rows[id as usize];
        match row.meta {
            meta if meta & WIDE != 0 => self.wide[row.start as usize].first,
            meta if meta >> CHILDREN & FEW > 0 => id + 1,
            _ => NONE,
        }
    }

    /// The next sibling, or `NONE`.
    #[inline]
    pub fn next(&self, id: u32) -> u32 {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 {
            return self.wide[row.start as usize].next;
        }
        self.beside(id + (row.meta >> CHILDREN & FEW) + 1, row.parent)
    }

    /// The name's number.
    #[inline]
    pub fn name(&self, id: u32) -> u32 {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 { self.wide[row.start as usize].name } else { row.meta & FEW }
    }

    /// What its value is, and where its raw bytes are.
    #[inline]
    pub fn text(&self, id: u32) -> (Text, u32, u32) {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 {
            let slot = &self.wide[row.start as usize];
            return (slot.text, slot.start, slot.len);
        }
        (if row.meta & INNER != 0 { Text::None } else { Text::Raw }, row.start, row.len)
    }

    /// Its kind, what `Slot::extra` says of it, and the node above.
    #[inline]
    pub fn above(&self, id: u32) -> (Kind, u32, u32) {
        let row = self.rows[id as usize];
        if row.meta & WIDE != 0 {
            let slot = &self.wide[row.start as usize];
            return (slot.kind, slot.extra, slot.parent);
        }
        (if row.meta & COMPONENT != 0 { Kind::Component } else { Kind::Element }, row.meta & FEW, row.parent)
    }

    /// The leaf of raw bytes that stands so many rows behind its parent as its position says, and where its bytes are.
    #[inline]
    pub fn leaf_at(&self, parent: u32, position: u32) -> Option<(u32, u32, u32)> {
        let id = parent.checked_add(position)?;
        let row = self.rows.get(..self.count)?.get(id as usize)?;
        let is_it = row.parent == parent && row.meta & (WIDE | INNER | FEW << CHILDREN | FEW) == position;
        is_it.then_some((id, row.start, row.len))
    }

    /// What stands at a position below a node.
    #[inline]
    pub fn stands(&self, parent: u32, position: u32) -> Stands {
        match self.leaf_at(parent, position) {
            Some((id, start, len)) => Stands::Leaf(id, start, len),
            None => self.stands_elsewhere(parent, position),
        }
    }

    /// The same where empty elements before it have no nodes, or composites have several.
    fn stands_elsewhere(&self, parent: u32, position: u32) -> Stands {
        let id = self.child(parent, position);
        match self.rows.get(id as usize).filter(|_| id != NONE) {
            None => Stands::Nothing,
            Some(row) if row.meta & (WIDE | INNER | FEW << CHILDREN) == 0 => Stands::Leaf(id, row.start, row.len),
            Some(_) => Stands::Other,
        }
    }

    /// The composite of raw bytes at a position below a node.
    #[inline]
    pub fn composite(&self, parent: u32, position: u32) -> Option<u32> {
        let id = self.child(parent, position);
        let row = self.rows.get(id as usize).filter(|_| id != NONE)?;
        (row.meta & (WIDE | INNER) == INNER).then_some(id)
    }

    /// The last child, or `NONE`.
    #[inline]
    pub fn last(&self, id: u32) -> u32 {
        let row = self.rows[id as usize];
        let children = row.meta >> CHILDREN & FEW;
        match row.meta {
            meta if meta & WIDE != 0 => self.wide[row.start as usize].last,
            _ if children > 0 => id + children,
            _ => NONE,
        }
    }

    /// The child whose name is a position, or `NONE`. Those of a row stand in the order of their positions.
    #[inline]
    pub fn child(&self, parent: u32, position: u32) -> u32 {
        let mut id = self.first(parent);
        while let Some(row) = self.rows.get(id as usize) {
            // Behind the last one stands what is below another.
            if row.parent != parent || id as usize >= self.count {
                return NONE;
            }
            if row.meta & WIDE != 0 {
                if self.name(id) == position {
                    return id;
                }
                id = self.next(id);
                continue;
            }
            let here = row.meta & FEW;
            if here >= position {
                return if here == position { id } else { NONE };
            }
            id += (row.meta >> CHILDREN & FEW) + 1;
        }
        NONE
    }

    /// A node to be changed.
    #[inline]
    pub fn get_mut(&mut self, id: u32) -> &mut Slot {
        let Row { meta, start, .. } = self.rows[id as usize];
        let wide = if meta & WIDE != 0 { start } else { self.widen(id) };
        &mut self.wide[wide as usize]
    }

    #[cold]
    fn widen(&mut self, id: u32) -> u32 {
        let (slot, wide) = (self.get(id), self.wide.len() as u32);
        let row = &mut self.rows[id as usize];
        (row.meta, row.start) = (WIDE, wide);
        self.wide.push(slot);
        wide
    }

    /// Appends a node, and links it behind its parent's last child.
    pub fn add(&mut self, slot: Slot) -> u32 {
        self.append(slot)
    }

    #[inline(always)]
    fn append(&mut self, slot: Slot) -> u32 {
        let parent = slot.parent;
        let id = self.push(Row::wide(parent, self.wide.len()));
        self.wide.push(slot);
        if parent != NONE {
            self.link(parent, id);
        }
        id
    }

    /// Appends a loop.
    #[inline]
    pub fn inner(&mut self, name: u32, (start, len): (u32, u32), parent: u32) -> u32 {
        let (kind, text, namespace, extra) = (Kind::Loop, Text::None, 0, 0);
        let (first, last, next) = (NONE, NONE, NONE);
        self.append(Slot { kind, text, namespace, name, start, len, extra, parent, first, last, next })
    }

    #[inline(always)]
    fn link(&mut self, parent: u32, id: u32) {
        let above = self.get_mut(parent);
        let before = std::mem::replace(&mut above.last, id);
        let alone = before == NONE;
        let beside = self.get_mut(if alone { parent } else { before });
        // Which one is worked out, since the processor guesses badly whether a node is a first child.
        *[&mut beside.next, &mut beside.first][usize::from(alone)] = id;
    }

    #[inline]
    fn push(&mut self, row: Row) -> u32 {
        match self.rows.get_mut(self.count) {
            Some(room) => *room = row,
            None => self.rows.push(row),
        }
        self.count += 1;
        self.count as u32 - 1
    }

    /// The number of the next node, and room behind it for the rows of a segment, which are no nodes until it is added.
    #[inline]
    pub fn room(&mut self) -> Option<(u32, &mut [Row; ROOM])> {
        let begin = self.count + 1;
        if self.rows.len() < begin + ROOM {
            self.rows.resize((begin + ROOM) * 2, Row::default());
        }
        let (own, room) = self.rows.get_mut(self.count..)?.split_first_mut()?;
        // Nobody may take what stood there for one of its rows.
        *own = Row { meta: WIDE, ..Row::default() };
        Some((self.count as u32, room.first_chunk_mut()?))
    }

    /// The rows of nodes from one on, and behind them those of a segment that is yet to be added.
    pub fn rows(&self, from: usize, to: usize) -> &[Row] {
        self.rows.get(from..to).unwrap_or_default()
    }

    /// Adds a segment with so many rows that were put behind it.
    #[inline(always)]
    pub fn segment(&mut self, name: u32, (start, len): (u32, u32), extra: u32, parent: u32, rows: usize) -> u32 {
        let id = self.push(Row::wide(parent, self.wide.len()));
        let (mut first, mut last) = (NONE, NONE);
        if let Some(row) = self.rows.get(id as usize + rows).filter(|_| rows > 0) {
            // The last one of all is below the segment, or the last composite is above it.
            (first, last) = (id + 1, if row.parent == id { id + rows as u32 } else { row.parent });
        }
        self.count += rows;
        let (kind, text, namespace, next) = (Kind::Segment, Text::None, 0, NONE);
        self.wide.push(Slot { kind, text, namespace, name, start, len, extra, parent, first, last, next });
        self.link(parent, id);
        id
    }
}
