//! Where each value of a message came from: kept in few bytes, told in words to who asks.

use super::{
    frames::position,
    words::{KNOWN, NO_PATH, Words},
};
use crate::formats::{
    place::At,
    tree::{Leaf, NodeId, Tree},
};
use serde::ser::SerializeSeq;
use smallvec::SmallVec;
use std::{borrow::Cow, ops::Range, sync::Arc};

mod again;
mod packed;

pub(super) use again::{Again, Begin, Span};
use again::{Kept, Model, Otherwise, Told};

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

/// And of so many, where lines are like one before: their origins are kept apart.
const MOST_APART: usize = 1_024;

/// Frames, segments and items of a heading.
const HEADING: usize = 16;

/// The origins of a message's values, in the order in which they were read: numbers, of which texts are made for who asks.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    words: Arc<Words>,
    /// What of the document frames are called by (`[01=ST]`), and names of segments and columns.
    pub(super) text: String,
    /// Where a name stands in it, by its number in the tree: nowhere yet where its length is 0.
    names: Vec<Piece>,
    labels: Vec<Label>,
    places: Vec<Named>,
    /// The segments that the last values stood in, and the numbers of their places: fields of a line look by turns into its
    /// first segment and another.
    recent: SmallVec<[(NodeId, u32); RECENT]>,
    /// Which of these makes room for the next.
    oldest: usize,
    items: Vec<Item>,
    entries: Vec<Entry>,
    /// Items of which others are as they are.
    models: Vec<Model>,
    /// Those, each behind the entries that came before it.
    agains: Vec<Kept>,
    spans: Vec<Span>,
}

const RECENT: usize = 4;

/// The label of what stands in no frame.
pub(super) const NO_LABEL: u32 = 0;

/// What a frame is called, behind what the one above it is.
#[derive(Debug, Clone, Copy)]
struct Label {
    above: u32,
    /// The number of its step's text.
    step: u32,
    nth: Nth,
}

/// Which of its kind it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nth {
    One,
    /// `[2]`
    Loop(u32),
    /// `/2`
    Item(u32),
    /// `[01=ST]`
    Said(Piece),
    /// All of it is said there, and it has no step.
    Whole(Piece),
}

/// Where values stand: a segment with its number, a row with its line and the column, or a path.
#[derive(Debug, Clone, Copy)]
struct Named {
    number: u64,
    name: Piece,
}

/// A part of the text; nothing of what stands behind its first four gigabytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Piece {
    from: u32,
    len: u32,
}

/// An item of a list; the message itself is none, and has the number 0.
#[derive(Debug, Clone, Copy)]
struct Item {
    /// The item that the list stands in.
    above: u32,
    /// The list's pointer.
    list: u32,
    index: u32,
}

/// One value in forty bytes: a message keeps as many as it has values.
#[derive(Debug, Clone, Copy)]
struct Entry {
    byte: u64,
    len: u32,
    item: u32,
    pointer: u32,
    /// A [`Behind`].
    behind: u32,
    /// What its frame is called.
    label: u32,
    /// A [`Path`].
    path: u32,
    /// The number of its place.
    place: u32,
    /// A [`Kind`].
    kind: u32,
}

/// A value's node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub node: NodeId,
    /// Where it is all of an element, which one of which segment; else 0.
    pub element: u16,
    pub segment: NodeId,
}

/// A value's place in the message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelled {
    /// The item that it stands in.
    pub item: u32,
    /// Its field's pointer.
    pub pointer: u32,
    pub behind: Behind,
}

/// What stands behind a field's own pointer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Behind {
    Nothing,
    /// A text of a list.
    Index(u32),
    /// An id of a list, with its scheme.
    Id(u32),
    /// One of [`KNOWN`].
    Member(u32),
}

/// A value's place in the document as the mapping says it, behind what its frame is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path {
    /// The number of its text.
    Written(u32),
    /// Of pairs, and of items that a segment repeats: the element itself, where it is one; else the number of the text.
    Pair(u32),
}

/// What its place is, and where in it it stands.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Segment { element: Option<u16>, component: Option<u16> },
    Row { column: bool },
    Node,
}

impl Provenance {
    /// Nothing yet.
    pub(super) fn new(words: Arc<Words>) -> Provenance {
        let nothing = Label { above: NO_LABEL, step: NO_PATH, nth: Nth::One };
        Provenance { words, labels: vec![nothing], ..Provenance::default() }
    }

    /// How many values.
    pub fn len(&self) -> usize {
        self.entries.len() + self.said_again()
    }

    /// Did no value come from the document?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.agains.is_empty()
    }

    /// Makes room for those of a document of so many nodes. `alike`: its lines may be read as one before them.
    pub(super) fn reserve(&mut self, nodes: usize, alike: bool) {
        let nodes = nodes.min(if alike { MOST_APART } else { MOST_FORESEEN });
        self.entries.reserve(nodes - nodes / 4);
        // Of the few frames and segments of a heading.
        self.labels.reserve(HEADING);
        self.places.reserve(HEADING);
        self.items.reserve(HEADING);
        self.names.reserve(HEADING * 2);
        self.text.reserve(HEADING * 4);
    }

    /// Begins an item of a list, and gives its number.
    pub(super) fn item(&mut self, above: u32, list: u32, index: u32) -> u32 {
        self.items.push(Item { above, list, index });
        self.items.len() as u32
    }

    /// The JSON pointer of a field in an item.
    pub(super) fn pointer(&self, item: u32, pointer: u32) -> String {
        let mut text = String::new();
        self.spell(Spelled { item, pointer, behind: Behind::Nothing }, None, &mut text);
        text
    }

    /// What a frame is called, behind what another is: the text of a step by its number, and which of its kind it is.
    pub(super) fn label(&mut self, above: u32, step: u32, nth: Nth) -> u32 {
        self.labels.push(Label { above, step, nth });
        (self.labels.len() - 1) as u32
    }

    /// The text from there on as a label of its own.
    pub(super) fn label_of(&mut self, from: usize) -> u32 {
        let whole = Nth::Whole(self.since(from));
        self.label(NO_LABEL, NO_PATH, whole)
    }

    /// The text from there on.
    pub(super) fn since(&self, from: usize) -> Piece {
        match (u32::try_from(from), u32::try_from(self.text.len() - from)) {
            (Ok(from), Ok(len)) => Piece { from, len },
            _ => Piece::default(),
        }
    }

    /// What a label says.
    pub(super) fn called(&self, label: u32) -> String {
        let mut text = String::new();
        self.call(label, None, &mut text);
        text
    }

    /// Adds what a label says.
    fn call(&self, label: u32, otherwise: Option<Otherwise>, text: &mut String) {
        let Some(Label { above, step, nth }) = self.labels.get(label as usize).copied().filter(|_| label != NO_LABEL)
        else {
            return;
        };
        if let Nth::Whole(whole) = nth {
            return text.push_str(self.text_of(whole));
        }
        self.call(above, otherwise, text);
        text.push_str(self.words.path(step));
        match nth {
            Nth::One | Nth::Whole(_) => {}
            Nth::Loop(nth) => {
                let nth = otherwise.filter(|other| other.label == label).map_or(nth, |other| other.nth);
                text.push('[');
                push_number(text, nth as usize);
                text.push(']');
            }
            Nth::Item(nth) => {
                text.push('/');
                push_number(text, nth as usize);
            }
            Nth::Said(said) => text.push_str(self.text_of(said)),
        }
        text.push('/');
    }

    /// Adds that of a node; `label`: what its frame is called.
    #[inline]
    pub(super) fn add(&mut self, tree: &Tree, node: Found, field: Spelled, label: u32, path: Path) {
        let Found { node, element, segment } = node;
        let of_segment = if element > 0 { self.segment(tree, segment) } else { None };
        let (kind, place) = match of_segment {
            Some(place) => (Kind::Segment { element: Some(element), component: None }, place),
            None => self.spot(tree, node),
        };
        // A document that was taken apart has its places by hand: there the mapping's own words say which pairs they are.
        let path = match path {
            Path::Pair(number) if of_segment.is_none() && tree.in_segment(node).is_none() => Path::Written(number),
            path => path,
        };
        let bytes = tree.bytes(node);
        let len = (bytes.end - bytes.start) as u32;
        self.entries.push(Entry {
            byte: bytes.start,
            len,
            item: field.item,
            pointer: field.pointer,
            behind: field.behind.packed(),
            label,
            path: path.packed(),
            place,
            kind: kind.packed(),
        });
    }

    /// Adds that of an element of a segment. `known`: where the document's set begins, if leaves stand in it as they say, and
    /// the number of the segment's place.
    #[inline]
    pub(super) fn element(
        &mut self,
        tree: &Tree,
        known: Option<(u64, u32)>,
        (segment, element, leaf): (NodeId, u16, Leaf),
        field: Spelled,
        (label, path): (u32, Path),
    ) {
        let Some((base, place)) = known else {
            let element = if leaf.component > 0 { 0 } else { element };
            return self.add(tree, Found { node: leaf.node, element, segment }, field, label, path);
        };
        let component = Some(leaf.component).filter(|component| *component > 0);
        let kind = Kind::Segment { element: Some(element), component };
        self.entries.push(Entry {
            byte: base + u64::from(leaf.start),
            len: leaf.text.len() as u32,
            item: field.item,
            pointer: field.pointer,
            behind: field.behind.packed(),
            label,
            path: path.packed(),
            place,
            kind: kind.packed(),
        });
    }

    /// Takes back all that came behind so many entries, none of which was said again.
    pub(super) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// The place of a segment that a reader read.
    #[inline]
    pub(super) fn segment(&mut self, tree: &Tree, segment: NodeId) -> Option<u32> {
        match self.recent.iter().find(|(known, _)| *known == segment) {
            Some((_, place)) => Some(*place),
            None => self.new_segment(tree, segment),
        }
    }

    fn new_segment(&mut self, tree: &Tree, segment: NodeId) -> Option<u32> {
        let known = tree.numbered(segment).and_then(|(ordinal, id)| Some((ordinal, self.known_name(id)?)));
        let (ordinal, name) = match known {
            Some(known) => known,
            None => {
                let place = tree.in_segment(segment)?;
                (place.ordinal, self.name(place.number, place.id))
            }
        };
        let place = self.named(ordinal.into(), name);
        match self.recent.get_mut(self.oldest) {
            Some(oldest) => *oldest = (segment, place),
            None => self.recent.push((segment, place)),
        }
        self.oldest = (self.oldest + 1) % RECENT;
        Some(place)
    }

    fn named(&mut self, number: u64, name: Piece) -> u32 {
        self.places.push(Named { number, name });
        (self.places.len() - 1) as u32
    }

    /// Where a node stands in its place, and the number of that.
    fn spot(&mut self, tree: &Tree, node: NodeId) -> (Kind, u32) {
        let (kind, number, name) = self.spelled_out(tree, node);
        (kind, self.named(number, name))
    }

    fn spelled_out(&mut self, tree: &Tree, node: NodeId) -> (Kind, u64, Piece) {
        if let Some(place) = tree.in_segment(node) {
            let kind = Kind::Segment { element: place.element, component: place.component };
            return (kind, place.ordinal.into(), self.name(place.number, place.id));
        }
        match tree.place(node).at {
            At::Segment { ordinal, id, element, component, .. } => {
                (Kind::Segment { element, component }, ordinal.into(), self.said(&id))
            }
            At::Row { line, column: Some(column) } => {
                (Kind::Row { column: true }, line, self.name(tree.number(node), &column))
            }
            At::Row { line, column: None } => (Kind::Row { column: false }, line, Piece::default()),
            At::Node { path } | At::File { name: path, .. } => (Kind::Node, 0, self.said(&path)),
        }
    }

    #[inline]
    fn known_name(&self, number: u32) -> Option<Piece> {
        self.names.get(number as usize).copied().filter(|known| known.len > 0)
    }

    /// A name of the tree: kept once.
    #[inline]
    fn name(&mut self, number: u32, name: &str) -> Piece {
        if let Some(known) = self.known_name(number) {
            return known;
        }
        let said = self.said(name);
        if self.names.len() <= number as usize {
            self.names.resize(number as usize + 1, Piece::default());
        }
        self.names[number as usize] = said;
        said
    }

    fn said(&mut self, text: &str) -> Piece {
        let from = self.text.len();
        self.text.push_str(text);
        self.since(from)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Origin<'_>> {
        self.told().map(|told| {
            let (mut field, mut at) = Default::default();
            self.spell(told.entry.field(), told.otherwise, &mut field);
            self.way(&told, &mut at);
            Origin { field: field.into(), bytes: told.entry.bytes(), at: at.into(), place: Some(self.place(&told)) }
        })
    }

    /// Adds a field's JSON pointer.
    fn spell(&self, field: Spelled, otherwise: Option<Otherwise>, text: &mut String) {
        if let Some(item) = (field.item as usize).checked_sub(1).and_then(|at| self.items.get(at)) {
            let index = otherwise.filter(|other| other.item == field.item).map_or(item.index, |other| other.index);
            let behind = Behind::Index(index);
            self.spell(Spelled { item: item.above, pointer: item.list, behind }, otherwise, text);
        }
        text.push_str(self.words.pointer(field.pointer));
        match field.behind {
            Behind::Nothing => {}
            Behind::Index(index) | Behind::Id(index) => {
                text.push('/');
                push_number(text, index as usize);
            }
            Behind::Member(known) => {
                text.push('/');
                text.push_str(KNOWN.get(known as usize).unwrap_or(&""));
            }
        }
        if let Behind::Id(_) = field.behind {
            text.push_str("/id");
        }
    }

    /// Adds its place in the mapping's words.
    fn way(&self, Told { entry, otherwise }: &Told, text: &mut String) {
        self.call(entry.label, *otherwise, text);
        match (Path::of(entry.path), Kind::of(entry.kind)) {
            (Path::Pair(_), Kind::Segment { element: Some(element), component }) => {
                text.push_str(self.name_of(entry));
                text.push_str(position(element));
                if let Some(component) = component {
                    text.push('.');
                    text.push_str(position(component));
                }
            }
            (Path::Written(number) | Path::Pair(number), _) => text.push_str(self.words.path(number)),
        }
    }

    fn place(&self, Told { entry, otherwise }: &Told) -> Spot<'_> {
        let further = otherwise.map_or(0, |other| other.further);
        let number = self.places.get(entry.place as usize).map_or(0, |place| place.number);
        let name = Cow::Borrowed(self.name_of(entry));
        match Kind::of(entry.kind) {
            Kind::Segment { element, component } => {
                Spot::Segment { segment: (number as u32).wrapping_add(further), id: name, element, component }
            }
            Kind::Row { column } => Spot::Row { line: number, column: column.then_some(name) },
            Kind::Node => Spot::Node { path: name },
        }
    }

    fn name_of(&self, entry: &Entry) -> &str {
        self.places.get(entry.place as usize).map_or("", |place| self.text_of(place.name))
    }

    fn text_of(&self, piece: Piece) -> &str {
        let from = piece.from as usize;
        self.text.get(from..from + piece.len as usize).unwrap_or_default()
    }
}

impl Entry {
    fn field(&self) -> Spelled {
        Spelled { item: self.item, pointer: self.pointer, behind: Behind::of(self.behind) }
    }

    fn bytes(&self) -> Range<u64> {
        self.byte..self.byte + u64::from(self.len)
    }
}

/// As a list of [`Origin`]s.
impl serde::Serialize for Provenance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        let (mut field, mut at) = (String::new(), String::new());
        for told in self.told() {
            field.clear();
            at.clear();
            self.spell(told.entry.field(), told.otherwise, &mut field);
            self.way(&told, &mut at);
            let (field, at) = (Cow::Borrowed(&*field), Cow::Borrowed(&*at));
            list.serialize_element(&Origin { field, bytes: told.entry.bytes(), at, place: Some(self.place(&told)) })?;
        }
        list.end()
    }
}

/// Adds a number's digits: a loop's, of which there may be many.
fn push_number(text: &mut String, number: usize) {
    if number > 9 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}
