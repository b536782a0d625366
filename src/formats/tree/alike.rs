//! Loops and segments that consist of the same nodes.

use super::{NodeId, Tree};
use crate::nodes::Row;

pub use crate::nodes::Outline;

/// A loop or a segment with a known outline. Its nodes are called by how far behind the first one they stand.
#[derive(Debug, Clone, Copy)]
pub struct Alike<'t> {
    rows: &'t [Row],
    text: &'t str,
    /// Of its first segment.
    pub ordinal: u32,
    /// Where that begins, from the set's first byte on.
    pub start: u32,
}

impl<'t> Alike<'t> {
    /// Where a leaf's bytes begin, from the set's first byte on, and how many they are.
    #[inline]
    pub fn span(&self, at: usize) -> (u32, u32) {
        self.rows.get(at).map_or((0, 0), Row::span)
    }

    /// What a leaf says.
    #[inline]
    pub fn text(&self, at: usize) -> &'t str {
        let (start, len) = self.span(at);
        self.between(start, start + len)
    }

    /// What stands in the set from one byte to another.
    #[inline]
    pub fn between(&self, from: u32, to: u32) -> &'t str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl Tree {
    /// What a loop or a segment consists of; none if that is more nodes than `most`, or anything unusual.
    pub fn outline(&self, node: NodeId, most: usize) -> Option<Outline> {
        self.nodes.outline(node.0, most)
    }

    /// A loop or a segment, if it consists of just that.
    #[inline]
    pub fn alike(&self, node: NodeId, outline: &Outline) -> Option<Alike<'_>> {
        let rows = self.nodes.like(node.0, outline)?;
        let opening = self.nodes.opening(node.0)?;
        Some(Alike { rows, text: &self.text, ordinal: opening.extra, start: opening.start })
    }
}
