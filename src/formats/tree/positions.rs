//! Elements and components by their positions.

use super::{Kind, NodeId, Tree, link};
use crate::{
    names::FIRST,
    nodes::{NONE, Stands},
    place::At,
};

/// What stands at a position of a segment.
#[derive(Debug, Clone, Copy)]
pub enum Element<'t> {
    /// A value without parts, whose bytes are its text.
    Leaf(Leaf<'t>),
    Nothing,
    /// It has parts, or its text is not its bytes.
    Other,
}

/// A value as it stands in the document.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'t> {
    pub node: NodeId,
    pub text: &'t str,
    /// Where it begins, from the set's first byte on.
    pub start: u32,
    /// Which component of its element it is; 0 where it is the whole element.
    pub component: u16,
}

impl Tree {
    /// The element of a segment, or the component of an element or repeat, at a position from 1.
    #[inline]
    pub fn at_position(&self, id: NodeId, position: u16) -> Option<NodeId> {
        let position = u32::from(position);
        if position < FIRST { link(self.nodes.child(id.0, position)) } else { None }
    }

    /// The element at a position and its value, where it and those before it are there and have no parts, as most.
    #[inline]
    pub fn leaf_at(&self, segment: NodeId, position: u16) -> Option<(NodeId, &str)> {
        let (id, start, len) = self.nodes.leaf_at(segment.0, u32::from(position))?;
        Some((NodeId(id), self.text.get(start as usize..(start + len) as usize)?))
    }

    /// The element at a position, as most are.
    #[inline]
    pub fn element(&self, segment: NodeId, position: u16) -> Element<'_> {
        self.standing(self.nodes.stands(segment.0, u32::from(position)), 0)
    }

    /// The component of an element that has several, at a position from 1.
    pub fn component(&self, segment: NodeId, element: u16, component: u16) -> Element<'_> {
        match self.nodes.composite(segment.0, u32::from(element)) {
            Some(composite) => self.standing(self.nodes.stands(composite, u32::from(component)), component),
            None => Element::Other,
        }
    }

    #[inline]
    fn standing(&self, stands: Stands, component: u16) -> Element<'_> {
        match stands {
            Stands::Leaf(id, start, len) => match self.text.get(start as usize..(start + len) as usize) {
                Some(text) => Element::Leaf(Leaf { node: NodeId(id), text, start, component }),
                None => Element::Other,
            },
            Stands::Nothing => Element::Nothing,
            Stands::Other => Element::Other,
        }
    }

    /// The offset in the document of the set's first byte, if each node stands where a reader of segments found it, and
    /// its text is as long as its bytes: where a [`Leaf`] begins is then known without a look.
    pub fn as_read(&self) -> Option<u64> {
        let in_segments = !matches!(self.root.at, At::Node { .. });
        (in_segments && self.placed.is_empty() && self.shifts.is_none()).then_some(self.base)
    }

    /// The ordinal of a segment that a reader read, and the number of its id: [`Tree::in_segment`] in numbers.
    #[inline]
    pub fn numbered(&self, segment: NodeId) -> Option<(u32, u32)> {
        let (kind, ordinal, _) = self.nodes.above(segment.0);
        let as_read = self.placed.is_empty() && !matches!(self.root.at, At::Node { .. });
        (as_read && kind == Kind::Segment).then(|| (ordinal, self.number(segment)))
    }

    /// The position of the last child: elements and components stand in their order.
    #[inline]
    pub fn last_position(&self, id: NodeId) -> u16 {
        match self.nodes.last(id.0) {
            NONE => 0,
            last => self.nodes.name(last).min(FIRST - 1) as u16,
        }
    }
}
