//! The message that reading makes: its texts in one buffer and its values one behind the other, so that a line of an
//! order takes no memory of its own. A type of a message is made of it as it is; who wants a JSON tree gets one made.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};
use std::{
    ops::{Deref, Range},
    sync::{Arc, OnceLock},
};

mod pattern;

pub(crate) use pattern::{Pattern, Said};

/// A canonical message, or `null`. It is looked at as a JSON tree, which is made when somebody looks for the first time;
/// serialized without one.
#[derive(Debug, Clone)]
pub struct Body {
    pub(crate) packed: Packed,
    pub(crate) value: OnceLock<Value>,
}

impl Body {
    pub(crate) fn new(packed: Packed) -> Body {
        Body { packed, value: OnceLock::new() }
    }

    /// Is there no message?
    pub fn is_null(&self) -> bool {
        self.value.get().map_or(self.packed.nodes.is_empty(), Value::is_null)
    }

    /// The text of a member of the message.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value.get() {
            Some(value) => value.get(name).and_then(Value::as_str),
            None => self.packed.member(name),
        }
    }

    /// As a JSON tree.
    pub fn into_value(self) -> Value {
        self.value.into_inner().unwrap_or_else(|| self.packed.value())
    }
}

impl From<Value> for Body {
    fn from(value: Value) -> Body {
        Body { packed: Packed::new(Arc::new([])), value: value.into() }
    }
}

impl Deref for Body {
    type Target = Value;
    fn deref(&self) -> &Value {
        self.value.get_or_init(|| self.packed.value())
    }
}

impl PartialEq<Value> for Body {
    fn eq(&self, other: &Value) -> bool {
        **self == *other
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value.get() {
            Some(value) => value.serialize(serializer),
            None if self.packed.nodes.is_empty() => serializer.serialize_unit(),
            None => At(&self.packed, 0).serialize(serializer),
        }
    }
}

/// Room is made at first for a document of so many nodes at most.
const MOST_FORESEEN: usize = 65_536;

/// Members and items stand right behind the object or list that holds them, each with all that it holds.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    /// Of the members, by number.
    names: Arc<[Box<str>]>,
    text: String,
    pub(crate) nodes: Vec<Node>,
}

/// A value in sixteen bytes: a line of an order has some seventeen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// The number of its name, if it is a member, and above it what the value is.
    head: u32,
    /// A text's length, a whole number, or the number of the first node behind an object or a list.
    number: u32,
    /// Where a text begins.
    from: usize,
}

const TEXT: u32 = 0;
const WHOLE: u32 = 1 << 30;
const OBJECT: u32 = 2 << 30;
const LIST: u32 = 3 << 30;
const NAME: u32 = WHOLE - 1;

#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Text(usize, u32),
    Whole(u32),
    Object,
    List,
}

impl Node {
    #[inline]
    fn new(what: u32, name: u32, number: u32, from: usize) -> Node {
        Node { head: what | name & NAME, number, from }
    }

    #[inline]
    fn name(&self) -> u32 {
        self.head & NAME
    }

    #[inline]
    pub fn what(&self) -> What {
        match self.head & !NAME {
            TEXT => What::Text(self.from, self.number),
            WHOLE => What::Whole(self.number),
            OBJECT => What::Object,
            _ => What::List,
        }
    }

    /// The number of the first node behind an object or a list.
    #[inline]
    fn end(&self) -> Option<usize> {
        (self.head & OBJECT != 0).then_some(self.number as usize)
    }
}

/// An item of a list has no name.
pub(crate) const ITEM: u32 = NAME;

/// How much there is: what comes later may be taken back.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    nodes: usize,
    text: usize,
}

impl Mark {
    /// How many nodes there were.
    pub fn nodes(self) -> usize {
        self.nodes
    }
}

impl Packed {
    /// Nothing yet. Members are called by their numbers in these names.
    pub fn new(names: Arc<[Box<str>]>) -> Packed {
        Packed { names, text: String::new(), nodes: Vec::new() }
    }

    /// Makes room for what a document of so many nodes gives.
    pub fn reserve(&mut self, nodes: usize) {
        let nodes = nodes.min(MOST_FORESEEN);
        self.nodes.reserve(nodes + nodes / 2);
        self.text.reserve(nodes * 6);
    }

    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { nodes: self.nodes.len(), text: self.text.len() }
    }

    /// Takes back what came since.
    pub fn back(&mut self, mark: Mark) {
        self.nodes.truncate(mark.nodes);
        self.text.truncate(mark.text);
    }

    /// Has anything come since?
    pub fn grew(&self, mark: Mark) -> bool {
        self.nodes.len() > mark.nodes
    }

    #[inline]
    pub fn text(&mut self, name: u32, text: &str) {
        let from = self.text.len();
        self.text.push_str(text);
        self.nodes.push(Node::new(TEXT, name, text.len() as u32, from));
    }

    pub fn whole(&mut self, name: u32, number: u32) {
        self.nodes.push(Node::new(WHOLE, name, number, 0));
    }

    /// Begins an object; [`Packed::close`] ends it.
    #[inline]
    pub fn object(&mut self, name: u32) {
        self.nodes.push(Node::new(OBJECT, name, 0, 0));
    }

    /// Begins a list; [`Packed::close`] ends it.
    #[inline]
    pub fn list(&mut self, name: u32) {
        self.nodes.push(Node::new(LIST, name, 0, 0));
    }

    /// Ends the object or list that began at a mark.
    #[inline]
    pub fn close(&mut self, began: Mark) {
        let end = self.nodes.len() as u32;
        match self.nodes.get_mut(began.nodes).filter(|node| node.end().is_some()) {
            Some(node) => node.number = end,
            None => debug_assert!(false, "neither an object nor a list began there"),
        }
    }

    /// Has the object that begins at a mark, and is still open, a member of this name?
    pub fn has(&self, began: Mark, name: u32) -> bool {
        self.below(began.nodes + 1..self.nodes.len()).any(|at| self.nodes[at].name() == name)
    }

    /// Has any object of the message a member of this name?
    pub fn mentions(&self, name: &str) -> bool {
        let Some(number) = self.names.iter().position(|known| **known == *name) else { return false };
        // Many at once, without a look behind each.
        let is_named = |nodes: &[Node]| nodes.iter().fold(false, |found, node| found | (node.name() == number as u32));
        self.nodes.chunks(64).any(is_named)
    }

    /// The text that was added at a mark.
    pub fn text_at(&self, mark: Mark) -> Option<&str> {
        match self.nodes.get(mark.nodes)?.what() {
            What::Text(from, len) => Some(self.said(from, len)),
            _ => None,
        }
    }

    /// The text of a member of the message.
    pub fn member(&self, name: &str) -> Option<&str> {
        let found = self.member_of(0, name)?;
        match self.nodes[found].what() {
            What::Text(from, len) => Some(self.said(from, len)),
            _ => None,
        }
    }

    /// A member of an object.
    pub fn member_of(&self, object: usize, name: &str) -> Option<usize> {
        let is_object = matches!(self.nodes.get(object)?.what(), What::Object);
        self.inside(object).find(|at| self.name(*at) == name).filter(|_| is_object)
    }

    pub fn is_list(&self, at: usize) -> bool {
        self.nodes.get(at).is_some_and(|node| matches!(node.what(), What::List))
    }

    pub fn name(&self, at: usize) -> &str {
        self.names.get(self.nodes[at].name() as usize).map_or("", |name| name)
    }

    pub fn said(&self, from: usize, len: u32) -> &str {
        self.text.get(from..from + len as usize).unwrap_or_default()
    }

    /// The members or items of a node.
    pub fn inside(&self, at: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes.get(at).and_then(Node::end);
        self.below(at + 1..end.unwrap_or(0))
    }

    fn below(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let behind = |at: usize| self.nodes[at].end().unwrap_or(at + 1);
        let mut next = range.start;
        std::iter::from_fn(move || {
            let at = next;
            next = if at < range.end { behind(at) } else { return None };
            Some(at)
        })
    }

    fn value(&self) -> Value {
        if self.nodes.is_empty() { Value::Null } else { self.value_at(0) }
    }

    pub fn value_at(&self, at: usize) -> Value {
        match self.nodes[at].what() {
            What::Text(from, len) => Value::String(self.said(from, len).to_owned()),
            What::Whole(number) => number.into(),
            What::List => self.inside(at).map(|item| self.value_at(item)).collect(),
            What::Object => {
                let mut members = Map::with_capacity(self.inside(at).count());
                self.inside(at).for_each(|at| _ = members.insert(self.name(at).to_owned(), self.value_at(at)));
                Value::Object(members)
            }
        }
    }
}

/// A value of a message, to be serialized.
struct At<'a>(&'a Packed, usize);

impl Serialize for At<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let At(packed, at) = *self;
        match packed.nodes[at].what() {
            What::Text(from, len) => serializer.serialize_str(packed.said(from, len)),
            What::Whole(number) => serializer.serialize_u32(number),
            What::List => {
                let mut list = serializer.serialize_seq(None)?;
                packed.inside(at).try_for_each(|item| list.serialize_element(&At(packed, item)))?;
                list.end()
            }
            What::Object => {
                let mut object = serializer.serialize_map(None)?;
                packed.inside(at).try_for_each(|at| object.serialize_entry(packed.name(at), &At(packed, at)))?;
                object.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Told<'a> {
        number: Number,
        #[serde(borrow)]
        lines: Vec<Line<'a>>,
        count: Option<u32>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Number {
        #[serde(rename = "PO-1")]
        Po1,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line<'a> {
        number: &'a str,
    }

    #[test]
    fn what_was_packed_is_the_same_as_a_tree_and_as_text() {
        let names: Vec<Box<str>> = ["number", "lines", "count"].map(Box::from).to_vec();
        let mut packed = Packed::new(names.into());
        let root = packed.mark();
        packed.object(ITEM);
        packed.text(0, "PO-1");
        let lines = packed.mark();
        packed.list(1);
        for number in ["1", "2"] {
            let item = packed.mark();
            packed.object(ITEM);
            packed.text(0, number);
            packed.close(item);
        }
        assert!(!packed.has(lines, 0), "an item's member is none of its list");
        packed.close(lines);
        let lost = packed.mark();
        packed.text(0, "taken back");
        assert!(packed.grew(lost));
        packed.back(lost);
        assert!(!packed.grew(lost));
        packed.whole(2, 7);
        assert!(packed.has(root, 2) && packed.has(root, 1));
        assert!(packed.mentions("count") && packed.mentions("lines") && !packed.mentions("notes"));
        packed.close(root);
        assert_eq!((packed.member("number"), packed.member("count")), (Some("PO-1"), None));
        let expected = json!({ "number": "PO-1", "lines": [{ "number": "1" }, { "number": "2" }], "count": 7 });
        let body = Body::new(packed);
        let told =
            Told { number: Number::Po1, lines: vec![Line { number: "1" }, Line { number: "2" }], count: Some(7) };
        assert_eq!(Told::deserialize(&body).unwrap(), told, "without a tree");
        assert!(body.value.get().is_none());
        let wrong = <Vec<Line>>::deserialize(&body).unwrap_err();
        assert_eq!(wrong.to_string(), "invalid type: map, expected a sequence");
        assert_eq!(serde_json::to_string(&body).unwrap(), expected.to_string());
        assert_eq!(body, expected);
        assert_eq!(serde_json::to_string(&body).unwrap(), expected.to_string());
        assert_eq!(Told::deserialize(&body).unwrap(), told, "of its tree");
        assert_eq!(body.into_value(), expected);
        assert!(Body::new(Packed::new(Arc::new([]))).is_null());
    }
}
