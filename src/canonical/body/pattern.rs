//! What a message says again and again with other texts: the lines of an order.

use super::{Mark, Node, Packed, TEXT};

/// An object with all that it holds.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// Ends of objects and lists are counted from the first one.
    nodes: Vec<Node>,
    /// Which of them are objects or lists.
    inner: Vec<usize>,
    /// Which texts are others each time: (the node, the number of the text). The others are the same.
    texts: Vec<(usize, usize)>,
}

/// A text of the message: where it begins, and its length.
pub(crate) type Said = (usize, u32);

impl Packed {
    /// How many nodes there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// What came since a mark. `other`: the number of a node's text, if it is another each time.
    pub fn pattern(&self, mark: Mark, other: impl Fn(usize) -> Option<usize>) -> Pattern {
        let (mut nodes, mut inner, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for (at, node) in self.nodes.iter().skip(mark.nodes).enumerate() {
            let mut node = *node;
            if node.end().is_some() {
                node.number -= mark.nodes as u32;
                inner.push(at);
            } else if let Some(text) = other(mark.nodes + at) {
                texts.push((at, text));
            }
            nodes.push(node);
        }
        Pattern { nodes, inner, texts }
    }

    /// Adds the same again, with these texts.
    #[inline]
    pub fn repeat(&mut self, pattern: &Pattern, texts: &[Said]) {
        let first = self.nodes.len();
        self.nodes.extend_from_slice(&pattern.nodes);
        let Some(new) = self.nodes.get_mut(first..) else { return };
        for at in &pattern.inner {
            if let Some(node) = new.get_mut(*at) {
                node.number += first as u32;
            }
        }
        for (at, text) in &pattern.texts {
            if let (Some(node), Some((from, len))) = (new.get_mut(*at), texts.get(*text)) {
                (node.from, node.number) = (*from, *len);
            }
        }
    }

    /// Makes room for as much as came since a mark, so many times, but for no more nodes and bytes of text than these.
    pub fn reserve_again(&mut self, mark: Mark, times: usize, (nodes, text): (usize, usize)) {
        self.nodes.reserve(nodes.min((self.nodes.len() - mark.nodes).saturating_mul(times)));
        self.text.reserve(text.min((self.text.len() - mark.text).saturating_mul(times)));
    }

    /// The text of a node.
    pub fn text_of(&self, at: usize) -> Option<Said> {
        let node = self.nodes.get(at).filter(|node| node.head & !super::NAME == TEXT)?;
        Some((node.from, node.number))
    }

    /// Adds a text that no node has yet, and tells where it begins.
    #[inline]
    pub fn lay(&mut self, text: &str) -> usize {
        let from = self.text.len();
        self.text.push_str(text);
        from
    }
}
