//! One set as a tree: what every reader makes and every mapping reads.
//!
//! | format | shape |
//! |---|---|
//! | X12, EDIFACT | root → loops (named by their first segment, or `SG2`) and segments → elements (`01`, `02`, …) → repeats → components |
//! | CSV | root → one record a row (`row`) → fields named by header |
//! | XML | root → elements by local name, attributes as `@name`; the namespace stands beside the name |
//! | JSON | root → members by name, array items by index |
//!
//! A value stands on a leaf. An X12 or EDIFACT element with one component and no repeat is itself the leaf.

use crate::place::Place;

/// Index of a node in its [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Root,
    Loop,
    Segment,
    Element,
    Repeat,
    Component,
    Record,
    Field,
    Object,
    Array,
    Attribute,
}

/// One node. `value` is the unescaped text of a leaf; `None` on inner nodes.
#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Kind,
    pub name: Box<str>,
    /// XML namespace, else empty.
    pub namespace: Box<str>,
    pub value: Option<Box<str>>,
    pub place: Place,
    pub parent: Option<NodeId>,
    pub first_child: Option<NodeId>,
    pub last_child: Option<NodeId>,
    pub next_sibling: Option<NodeId>,
}

/// A set's nodes in document order; node 0 is the root.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// A tree with its root only.
    pub fn new(place: Place) -> Self {
        let mut tree = Tree { nodes: Vec::new() };
        tree.nodes.push(Node {
            kind: Kind::Root,
            name: "".into(),
            namespace: "".into(),
            value: None,
            place,
            parent: None,
            first_child: None,
            last_child: None,
            next_sibling: None,
        });
        tree
    }

    /// The root's id.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// Number of nodes, root included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True if there is nothing below the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// The node of an id of this tree.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Changes a node in place (a reader that learns a loop's length at its end, say).
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// Appends a child and gives its id.
    pub fn push(&mut self, parent: NodeId, kind: Kind, name: &str, value: Option<&str>, place: Place) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            kind,
            name: name.into(),
            namespace: "".into(),
            value: value.map(Into::into),
            place,
            parent: Some(parent),
            first_child: None,
            last_child: None,
            next_sibling: None,
        });
        match self.nodes[parent.0 as usize].last_child {
            Some(last) => self.nodes[last.0 as usize].next_sibling = Some(id),
            None => self.nodes[parent.0 as usize].first_child = Some(id),
        }
        self.nodes[parent.0 as usize].last_child = Some(id);
        id
    }

    /// Children in document order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.node(id).first_child, move |c| self.node(*c).next_sibling)
    }

    /// Children of one name in document order.
    pub fn named<'a>(&'a self, id: NodeId, name: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        self.children(id).filter(move |c| &*self.node(*c).name == name)
    }

    /// The text of a leaf.
    pub fn value(&self, id: NodeId) -> Option<&str> {
        self.node(id).value.as_deref()
    }
}
