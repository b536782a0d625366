//! Where each value of a message came from: kept in few bytes, told in words to who asks.

use crate::formats::{
    place::At,
    tree::{NodeId, Tree},
};
use std::{borrow::Cow, ops::Range};

/// Where a canonical value came from.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Origin<'a> {
    /// JSON pointer into the message (RFC 6901).
    pub field: Cow<'a, str>,
    /// Byte range in the document.
    pub bytes: Range<u64>,
    /// In the format's words: `BEG03`, `PO1[2]/PO102`.
    pub at: Cow<'a, str>,
    /// The place itself; what was read by an earlier release has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Spot<'a>>,
}

/// [`At`] in few words: a message keeps one for each of its values.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Spot<'a> {
    /// X12, EDIFACT.
    Segment {
        segment: u32,
        id: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        element: Option<u16>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        component: Option<u16>,
    },
    /// CSV, fixed width.
    Row {
        line: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<Cow<'a, str>>,
    },
    /// XML, JSON.
    Node { path: Cow<'a, str> },
}

impl From<Spot<'_>> for At {
    fn from(spot: Spot) -> At {
        let own = |text: Cow<str>| text.into_owned().into_boxed_str();
        match spot {
            Spot::Segment { segment, id, element, component } => {
                At::Segment { ordinal: segment, id: own(id), element, component, repeat: 1 }
            }
            Spot::Row { line, column } => At::Row { line, column: column.map(own) },
            Spot::Node { path } => At::Node { path: own(path) },
        }
    }
}

/// Room is made at first for a document of so many nodes at most.
const MOST_FORESEEN: usize = 65_536;

/// The origins of a message's values, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// Of each entry its field, its place in the mapping's words, and the name in its spot, one behind the other.
    text: String,
    entries: Vec<Entry>,
}

/// Where its texts begin, how long each of them is, and the rest of it.
#[derive(Debug, Clone)]
struct Entry {
    from: usize,
    field: u32,
    at: u32,
    name: u32,
    len: u32,
    byte: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Segment { segment: u32, element: Option<u16>, component: Option<u16> },
    Row { line: u64, column: bool },
    Node,
}

impl Provenance {
    /// How many values.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Did no value come from the document?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes room for those of a document of so many nodes.
    pub(super) fn reserve(&mut self, nodes: usize) {
        let nodes = nodes.min(MOST_FORESEEN);
        self.entries.reserve(nodes - nodes / 4);
        self.text.reserve(nodes * 28);
    }

    /// Adds that of a node. The parts of `at` are put together.
    pub(super) fn add(&mut self, tree: &Tree, node: NodeId, field: &str, at: &[&str]) {
        let from = self.text.len();
        self.text.push_str(field);
        at.iter().filter(|part| !part.is_empty()).for_each(|part| self.text.push_str(part));
        let named = self.text.len();
        let kind = self.spot(tree, node);
        let bytes = tree.bytes(node);
        let (whole, name) = ((named - from) as u32, (self.text.len() - named) as u32);
        let (field, len) = (field.len() as u32, (bytes.end - bytes.start) as u32);
        self.entries.push(Entry { from, field, at: whole - field, name, len, byte: bytes.start, kind });
    }

    /// Keeps the name in a node's place, and gives the rest of it.
    fn spot(&mut self, tree: &Tree, node: NodeId) -> Kind {
        if let Some(place) = tree.in_segment(node) {
            self.text.push_str(place.id);
            return Kind::Segment { segment: place.ordinal, element: place.element, component: place.component };
        }
        match tree.place(node).at {
            At::Segment { ordinal, id, element, component, .. } => {
                self.text.push_str(&id);
                Kind::Segment { segment: ordinal, element, component }
            }
            At::Row { line, column } => {
                self.text.push_str(column.as_deref().unwrap_or_default());
                Kind::Row { line, column: column.is_some() }
            }
            At::Node { path } | At::File { name: path, .. } => {
                self.text.push_str(&path);
                Kind::Node
            }
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Origin<'_>> {
        self.entries.iter().map(|entry| {
            let Entry { from, field, at, name, len, byte, kind } = entry;
            let mut rest = self.text.get(*from..).unwrap_or_default();
            let mut next = |len: u32| {
                let (text, behind) = rest.split_at_checked(len as usize).unwrap_or_default();
                rest = behind;
                Cow::Borrowed(text)
            };
            let (field, at, named) = (next(*field), next(*at), next(*name));
            let place = match *kind {
                Kind::Segment { segment, element, component } => {
                    Spot::Segment { segment, id: named, element, component }
                }
                Kind::Row { line, column } => Spot::Row { line, column: column.then_some(named) },
                Kind::Node => Spot::Node { path: named },
            };
            Origin { field, bytes: *byte..byte + u64::from(*len), at, place: Some(place) }
        })
    }
}

/// As a list of [`Origin`]s.
impl serde::Serialize for Provenance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
