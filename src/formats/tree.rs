//! One set as a tree: what every reader makes and every mapping reads.
//!
//! | format | shape |
//! |---|---|
//! | X12, EDIFACT | root → loops (named by their first segment, or `SG2`) and segments → elements (`01`, `02`, …) → repeats → components |
//! | CSV | root → one record a row (`row`) → fields named by header |
//! | XML | root → elements by local name, attributes as `@name`; the namespace stands beside the name |
//! | JSON | root → members by name, array items by index |
//!
//! A value stands on a leaf. An X12 or EDIFACT element with one component and no repeat is itself the leaf; empty
//! elements have no node. Repeats and components are named by their position from `01`, as elements are.
//!
//! Inside, nodes are small and point into one copy of the set's bytes: a partner's 60 MB set must not become gigabytes.

use crate::{
    decoded::Shifts,
    names::{FIRST, Fixed, Names, packed, position},
    nodes::{NONE, Nodes, Slot},
    place::{At, Place},
};
use std::collections::HashMap;

mod alike;
mod called;
mod positions;

pub(crate) use crate::nodes::Text;
pub use alike::{Alike, Outline};
pub use called::Called;
pub use positions::{Element, Leaf};

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

/// One node, looked at. The accessors of [`Tree`] give the same parts without making a [`Place`] each time.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    pub kind: Kind,
    pub name: &'a str,
    /// XML namespace, else empty.
    pub namespace: &'a str,
    /// The unescaped text of a leaf; `None` on inner nodes.
    pub value: Option<&'a str>,
    pub place: Place,
    pub parent: Option<NodeId>,
    pub first_child: Option<NodeId>,
    pub next_sibling: Option<NodeId>,
}

/// Where something stands in a segment: [`At::Segment`], borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InSegment<'a> {
    pub ordinal: u32,
    pub id: &'a str,
    /// Of `id`: what [`Tree::number`] gives for the segment.
    pub number: u32,
    pub element: Option<u16>,
    pub component: Option<u16>,
    pub repeat: u16,
}

/// How many names are looked through in a row.
const MOST_SHORT: usize = 48;

/// What a reader tells about a node that it adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Add {
    pub kind: Kind,
    pub name: u32,
    pub start: u32,
    pub len: u32,
    pub extra: u32,
    pub text: Text,
}

/// A set's nodes in document order; node 0 is the root.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Nodes,
    /// The set's bytes as text of the same length (what isn't valid there is `?`), then unescaped values.
    text: String,
    /// Names of the guide, numbered from 100; behind them come the tree's own.
    shared: Option<&'static Names>,
    /// The number of the first name of its own.
    own: u32,
    names: Vec<Box<str>>,
    /// The names again: up to eight bytes as a number, 0 for longer ones. Few enough to be looked through in a row.
    short: Vec<u64>,
    /// Long names, and all when they are many.
    known: HashMap<Box<str>, u32>,
    /// (uri, prefix), numbered from 1: 0 is none.
    namespaces: Vec<(Box<str>, Box<str>)>,
    /// (node, start, len) in `text` of values that differ from their bytes; ascending by node.
    unescaped: Vec<(u32, u32, u32)>,
    /// Places of nodes pushed by hand; ascending by node.
    placed: Vec<(u32, Place)>,
    /// Of nodes of what is left of another tree: how many siblings of their name stood before them there; ascending by node.
    left_out: Vec<(u32, u32)>,
    root: Place,
    /// Offset in the document of `text`'s first byte.
    base: u64,
    /// Of a text that was decoded: how its offsets are those of the document's bytes.
    shifts: Shifts,
    /// Added to the lines of records, so that they fit 32 bits.
    pub(crate) base_line: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Tree::new(Place { byte: 0, len: 0, at: At::Node { path: "".into() } })
    }
}

impl Tree {
    /// A tree with its root only, for a writer or a test: nodes are added with [`Tree::push`].
    pub fn new(place: Place) -> Self {
        let base = place.byte;
        Tree::over(String::new(), base, place)
    }

    /// Nothing, not even a root: holds the place of a tree that is being made.
    pub(crate) fn hollow() -> Self {
        Tree {
            nodes: Nodes::default(),
            text: String::new(),
            shared: None,
            own: FIRST,
            names: Vec::new(),
            short: Vec::new(),
            known: HashMap::new(),
            namespaces: Vec::new(),
            unescaped: Vec::new(),
            placed: Vec::new(),
            left_out: Vec::new(),
            root: Place { byte: 0, len: 0, at: At::Node { path: "".into() } },
            base: 0,
            shifts: Shifts::default(),
            base_line: 0,
        }
    }

    /// A reader's tree: `text` is the set's bytes (same length), `base` the offset of the first.
    pub(crate) fn over(text: String, base: u64, place: Place) -> Self {
        // A member with its value takes five bytes or more, mostly.
        let nodes = (text.len() / 5).min(65_536);
        Tree::sharing(None, Nodes::with_room(nodes + 2), text, base, place)
    }

    /// Of a text that was decoded from a document of so many bytes.
    pub(crate) fn decoded(&mut self, shifts: Shifts, len: u32) {
        (self.shifts, self.root.len) = (shifts, len);
    }

    /// A reader's tree, made in the room of `nodes`, whose names are those of a guide, mostly.
    pub(crate) fn sharing(
        shared: Option<&'static Names>,
        mut nodes: Nodes,
        text: String,
        base: u64,
        place: Place,
    ) -> Self {
        nodes.clear();
        let mut tree = Tree {
            nodes,
            text,
            shared,
            own: FIRST + shared.map_or(0, |names| names.len() as u32),
            root: place,
            base,
            ..Tree::hollow()
        };
        // The root has no name, and NONE is no name's number.
        let root = Add { kind: Kind::Root, name: NONE, start: 0, len: 0, extra: 0, text: Text::None };
        tree.nodes.add(slot(root, NONE));
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

    /// All of a node. Makes a [`Place`]: in a loop prefer [`Tree::name`], [`Tree::value`] and their like.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node {
            kind: self.kind(id),
            name: self.name(id),
            namespace: self.namespace(id),
            value: self.value(id),
            place: self.place(id),
            parent: self.parent(id),
            first_child: link(self.slot(id).first),
            next_sibling: link(self.slot(id).next),
        }
    }

    /// What it is.
    #[inline]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.nodes.kind(id.0)
    }

    /// Its name: `N1`, `SG2`, `01`, a header, a local name, a member.
    #[inline]
    pub fn name(&self, id: NodeId) -> &str {
        match self.nodes.name(id.0) {
            n @ 0..FIRST => DIGITS.get(n as usize * 2..n as usize * 2 + 2).unwrap_or(""),
            n if n < self.own => self.shared.and_then(|names| names.get((n - FIRST) as usize)).unwrap_or(""),
            n => self.names.get((n - self.own) as usize).map_or("", |name| name),
        }
    }

    /// XML namespace, else empty.
    pub fn namespace(&self, id: NodeId) -> &str {
        self.namespace_of(&self.slot(id)).map_or("", |(uri, _)| uri)
    }

    /// The prefix that its namespace has in the document; empty if none.
    pub fn prefix(&self, id: NodeId) -> &str {
        self.namespace_of(&self.slot(id)).map_or("", |(_, prefix)| prefix)
    }

    /// The text of a leaf.
    #[inline]
    pub fn value(&self, id: NodeId) -> Option<&str> {
        let (start, len) = match self.nodes.text(id.0) {
            (Text::None, ..) => return None,
            (Text::Raw, start, len) => (start, len),
            (Text::Apart, ..) => {
                let at = self.unescaped.binary_search_by_key(&id.0, |(node, _, _)| *node).ok()?;
                (self.unescaped[at].1, self.unescaped[at].2)
            }
        };
        self.text.get(start as usize..(start + len) as usize)
    }

    /// The node above; `None` for the root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        link(self.slot(id).parent)
    }

    /// Children in document order.
    #[inline]
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(link(self.nodes.first(id.0)), move |c| link(self.nodes.next(c.0)))
    }

    /// Children of one name in document order.
    pub fn named<'a>(&'a self, id: NodeId, name: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        let wanted = self.number_of(name);
        self.children(id).filter(move |c| Some(self.nodes.name(c.0)) == wanted)
    }

    /// Where its bytes are in the document, without the words for it that [`Tree::place`] makes.
    #[inline]
    pub fn bytes(&self, id: NodeId) -> std::ops::Range<u64> {
        let apart = if id.0 == 0 { Some(&self.root) } else { None };
        let by_hand = || self.placed.binary_search_by_key(&id.0, |(node, _)| *node).ok().map(|at| &self.placed[at].1);
        match apart.or_else(by_hand) {
            Some(place) => place.byte..place.byte + u64::from(place.len),
            None => {
                let (_, start, len) = self.nodes.text(id.0);
                let end = self.base + u64::from(self.shifts.before(start + len));
                self.base + u64::from(self.shifts.before(start))..end
            }
        }
    }

    /// Where its bytes are, and the same in the format's words.
    pub fn place(&self, id: NodeId) -> Place {
        if id.0 == 0 {
            return self.root.clone();
        }
        if let Ok(at) = self.placed.binary_search_by_key(&id.0, |(node, _)| *node) {
            return self.placed[at].1.clone();
        }
        let slot = self.slot(id);
        let [start, end] = [slot.start, slot.start + slot.len].map(|offset| self.shifts.before(offset));
        Place { byte: self.base + u64::from(start), len: end - start, at: self.at(id) }
    }

    /// [`Tree::place`] of what stands in a segment that a reader read, without memory of its own; else `None`.
    #[inline]
    pub fn in_segment(&self, id: NodeId) -> Option<InSegment<'_>> {
        let by_hand = || !self.placed.is_empty() && self.placed.binary_search_by_key(&id.0, |(node, _)| *node).is_ok();
        let inside = matches!(self.kind(id), Kind::Segment | Kind::Element | Kind::Repeat | Kind::Component);
        if !inside || matches!(self.root.at, At::Node { .. }) || by_hand() {
            return None;
        }
        Some(self.within_segment(id))
    }

    /// Appends a child by hand and gives its id; readers have a shorter way.
    pub fn push(&mut self, parent: NodeId, kind: Kind, name: &str, value: Option<&str>, place: Place) -> NodeId {
        let text = if value.is_some() { Text::Apart } else { Text::None };
        let name = self.intern(name);
        let id = self.add(parent, Add { kind, name, start: 0, len: 0, extra: 0, text });
        if let Some(value) = value {
            self.set_value(id, value);
        }
        self.placed.push((id.0, place));
        id
    }

    /// Appends a child.
    pub(crate) fn add(&mut self, parent: NodeId, what: Add) -> NodeId {
        NodeId(self.nodes.add(slot(what, parent.0)))
    }

    /// The nodes themselves, for a reader that adds whole rows.
    pub(crate) fn nodes(&mut self) -> &mut Nodes {
        &mut self.nodes
    }

    /// All nodes are there: they get room of their own, and what they were made in is given back.
    pub(crate) fn settle(&mut self) -> Nodes {
        let own = self.nodes.take();
        std::mem::replace(&mut self.nodes, own)
    }

    /// Gives the newest node that is `Text::Apart` its value.
    pub(crate) fn set_value(&mut self, id: NodeId, value: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(value);
        self.nodes.get_mut(id.0).text = Text::Apart;
        match self.unescaped.binary_search_by_key(&id.0, |(node, _, _)| *node) {
            Ok(at) => self.unescaped[at] = (id.0, start, value.len() as u32),
            Err(at) => self.unescaped.insert(at, (id.0, start, value.len() as u32)),
        }
    }

    /// Sets how far a node's bytes reach, once its end is known.
    pub(crate) fn set_len(&mut self, id: NodeId, len: u32) {
        self.nodes.get_mut(id.0).len = len;
    }

    /// A tree of its own of what is left if a node has only those of its children that are kept. Each value has the place
    /// that it has in the whole.
    pub fn keeping(&self, of: NodeId, keep: impl Fn(NodeId) -> bool) -> Tree {
        let mut left = Tree::new(self.root.clone());
        let gone = self.gone(of, &keep);
        // What is yet to be copied below what was, the next one last: a document may be nested deeply.
        let mut rest = Vec::new();
        let below = |node: NodeId, copy: NodeId, rest: &mut Vec<(NodeId, NodeId)>| {
            let from = rest.len();
            rest.extend(self.children(node).filter(|child| node != of || keep(*child)).map(|child| (child, copy)));
            rest[from..].reverse();
        };
        below(self.root(), left.root(), &mut rest);
        while let Some((node, parent)) = rest.pop() {
            let copy = left.push(parent, self.kind(node), self.name(node), self.value(node), self.place(node));
            left.set_namespace(copy, self.namespace(node), self.prefix(node));
            left.left_out.extend(gone.get(&node).map(|before| (copy.0, *before)));
            below(node, copy, &mut rest);
        }
        left
    }

    /// Of the children of a node that are kept, how many of their name before them are not.
    fn gone(&self, of: NodeId, keep: impl Fn(NodeId) -> bool) -> HashMap<NodeId, u32> {
        let mut gone: HashMap<u32, u32> = HashMap::new();
        let mut found = HashMap::new();
        for child in self.children(of) {
            let before = gone.entry(self.number(child)).or_default();
            match keep(child) {
                true if *before > 0 => _ = found.insert(child, *before),
                true => {}
                false => *before += 1,
            }
        }
        found
    }

    /// How many siblings of its name stand before a node in the whole, and are left out here ([`Tree::keeping`]).
    pub fn left_out(&self, id: NodeId) -> usize {
        let at = self.left_out.binary_search_by_key(&id.0, |(node, _)| *node);
        at.map_or(0, |at| self.left_out[at].1 as usize)
    }

    /// Takes a child out of its parent's children.
    pub(crate) fn unlink(&mut self, parent: NodeId, child: NodeId) {
        let next = self.slot(child).next;
        let before = self.children(parent).find(|c| self.slot(*c).next == child.0);
        match before {
            Some(before) => self.nodes.get_mut(before.0).next = next,
            None => self.nodes.get_mut(parent.0).first = next,
        }
        if self.slot(parent).last == child.0 {
            self.nodes.get_mut(parent.0).last = before.map_or(NONE, |b| b.0);
        }
    }

    /// Makes a node a leaf whose value is these raw bytes.
    pub(crate) fn set_raw(&mut self, id: NodeId, start: u32, len: u32) {
        let slot = self.nodes.get_mut(id.0);
        (slot.start, slot.len, slot.text) = (start, len, Text::Raw);
    }

    /// Sets a node's namespace, `prefix` as the document wrote it.
    pub fn set_namespace(&mut self, id: NodeId, uri: &str, prefix: &str) {
        if uri.is_empty() && prefix.is_empty() {
            self.nodes.get_mut(id.0).namespace = 0;
            return;
        }
        let found = self.namespaces.iter().position(|(u, p)| &**u == uri && &**p == prefix);
        let at = found.unwrap_or_else(|| {
            self.namespaces.push((uri.into(), prefix.into()));
            self.namespaces.len() - 1
        });
        // A document with more than 65,535 namespaces has none here.
        self.nodes.get_mut(id.0).namespace = u16::try_from(at + 1).unwrap_or(0);
    }

    /// The number of a name; positions 0 to 99 are their own.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        if let Some(id) = self.number_of(name) {
            return id;
        }
        let id = self.own + self.names.len() as u32;
        let short = packed(name).filter(|_| self.short.len() < MOST_SHORT);
        self.names.push(name.into());
        match short {
            Some(number) => self.short.push(number),
            None => {
                self.short.extend((self.short.len() < MOST_SHORT).then_some(0));
                self.known.insert(name.into(), id);
            }
        }
        id
    }

    /// Offset in the document of the set's first byte.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Raw bytes of the set as text.
    pub(crate) fn raw(&self, start: u32, len: u32) -> &str {
        self.text.get(start as usize..(start + len) as usize).unwrap_or("")
    }

    /// The number of a name, if any node may have it. Names are compared faster by their numbers.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        if let Some(number) = position(name).or_else(|| self.shared.and_then(|names| names.number(name))) {
            return Some(number);
        }
        let short = packed(name).and_then(|packed| self.own_number(packed));
        short.or_else(|| self.known.get(name).copied())
    }

    /// The same of a name that the standard knows.
    pub(crate) fn number_of_fixed(&self, name: Fixed) -> Option<u32> {
        let shared = self.shared.and_then(|names| names.number_of_fixed(name));
        let own = || if self.names.is_empty() { None } else { self.number_of(name.text) };
        shared.or_else(own)
    }

    fn own_number(&self, packed: u64) -> Option<u32> {
        self.short.iter().position(|short| *short == packed).map(|at| at as u32 + self.own)
    }

    /// The number of a node's name in this tree.
    #[inline]
    pub fn number(&self, id: NodeId) -> u32 {
        self.nodes.name(id.0)
    }

    fn namespace_of(&self, slot: &Slot) -> Option<&(Box<str>, Box<str>)> {
        self.namespaces.get(usize::from(slot.namespace).checked_sub(1)?)
    }

    fn slot(&self, id: NodeId) -> Slot {
        self.nodes.get(id.0)
    }

    fn at(&self, id: NodeId) -> At {
        let slot = self.slot(id);
        if matches!(self.root.at, At::Node { .. }) {
            return self.path(id);
        }
        match slot.kind {
            Kind::Record => At::Row { line: self.base_line + u64::from(slot.extra), column: None },
            Kind::Field => At::Row { line: self.base_line + u64::from(slot.extra), column: Some(self.name(id).into()) },
            Kind::Loop => self.children(id).next().map_or_else(|| self.path(id), |first| self.at(first)),
            Kind::Segment | Kind::Element | Kind::Repeat | Kind::Component => self.segment_at(id),
            _ => self.path(id),
        }
    }

    fn segment_at(&self, id: NodeId) -> At {
        let InSegment { ordinal, id, element, component, repeat, .. } = self.within_segment(id);
        At::Segment { ordinal, id: id.into(), element, component, repeat }
    }

    #[inline]
    fn within_segment(&self, id: NodeId) -> InSegment<'_> {
        let (mut element, mut component, mut repeat, mut node) = (None, None, 1, id);
        loop {
            let (kind, extra, parent) = self.nodes.above(node.0);
            match kind {
                Kind::Element => element = Some(extra as u16),
                Kind::Component => component = Some(extra as u16),
                Kind::Repeat => repeat = extra as u16,
                _ => {
                    let (id, number) = (self.name(node), self.number(node));
                    return InSegment { ordinal: extra, id, number, element, component, repeat };
                }
            }
            node = NodeId(parent);
        }
    }

    fn path(&self, id: NodeId) -> At {
        let mut steps = Vec::new();
        let mut node = id;
        while node.0 != 0 {
            let slot = self.slot(node);
            steps.push(self.step(node, &slot));
            node = NodeId(slot.parent);
        }
        let root = match &self.root.at {
            At::Node { path } => path.as_ref(),
            _ => "",
        };
        At::Node { path: format!("{root}{}", steps.into_iter().rev().collect::<String>()).into() }
    }

    /// One step of an XML path (`/cac:OrderLine[2]`) or of a JSON pointer.
    fn step(&self, id: NodeId, slot: &Slot) -> String {
        let name = self.name(id);
        let prefix = self.namespace_of(slot).map_or("", |(_, prefix)| prefix);
        let colon = if prefix.is_empty() { "" } else { ":" };
        match slot.kind {
            Kind::Object | Kind::Array | Kind::Field if slot.extra == NONE => {
                format!("/{}", name.replace('~', "~0").replace('/', "~1")) // RFC 6901 §3
            }
            Kind::Attribute => format!("/@{prefix}{colon}{}", name.trim_start_matches('@')),
            _ if slot.extra > 1 && slot.extra != NONE => format!("/{prefix}{colon}{name}[{}]", slot.extra),
            _ => format!("/{prefix}{colon}{name}"),
        }
    }
}

/// `extra` of a JSON node: its name is its step.
pub(crate) const BY_NAME: u32 = NONE;

const DIGITS: &str = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

fn slot(what: Add, parent: u32) -> Slot {
    let Add { kind, name, start, len, extra, text } = what;
    Slot { kind, text, namespace: 0, name, start, len, extra, parent, first: NONE, last: NONE, next: NONE }
}

#[inline]
fn link(id: u32) -> Option<NodeId> {
    (id != NONE).then_some(NodeId(id))
}
