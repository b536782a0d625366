//! X12 and EDIFACT documents as they stand, every byte accounted for: to be laid out anew, mended, edited, written back.
//!
//! [`Reader`] gives a document's [`Item`]s in order; [`Writer`] makes bytes of them again. Reading and writing gives the
//! document byte for byte, and no item is a copy of its bytes: a segment is written from its parts by the delimiters of its
//! interchange, release characters are set anew, and what stands between segments (line ends, blanks, a byte order mark,
//! text around interchanges) is kept beside them.
//!
//! Nothing here knows a guide or a count: what is wrong with a document, [`crate::read`] says.

mod doubt;
pub mod json;
pub mod layout;
mod read;
pub mod repair;
mod write;

pub use read::Reader;
pub use write::Writer;

use crate::{
    edi::scan::{Syntax, is_break},
    piece::Standard,
};
use std::borrow::Cow;

/// What comes next in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An interchange begins: what follows is cut by these delimiters.
    Begin(Begin),
    Segment(Segment),
    /// Bytes that are no segment: around interchanges, or in place of a segment that is too long. A long text comes in
    /// several pieces.
    Text(Text),
}

/// The delimiters of an interchange, and the UNA that names them if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// Offset of the interchange in the document.
    pub byte: u64,
    pub delimiters: Delimiters,
    /// EDIFACT: the six characters behind `UNA`.
    pub una: Option<[u8; 6]>,
    /// What stands behind UNA.
    pub after: Vec<u8>,
    /// The first line end, as far as is looked for one, is CR LF.
    pub crlf: bool,
}

/// The characters that an interchange reserves, as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// X12 or EDIFACT.
    pub standard: Standard,
    pub element: u8,
    pub component: Option<u8>,
    /// X12: ISA11 from 00402 on, if it is neither letter nor digit. EDIFACT: syntax 4.
    pub repetition: Option<u8>,
    /// EDIFACT: takes away the next character's meaning.
    pub release: Option<u8>,
    pub segment: u8,
    /// What follows that byte if the terminator is a character of several (U+2026 in UTF-8); zeros behind them.
    pub more: [u8; 3],
}

/// A segment in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Offset of its first byte in the document.
    pub byte: u64,
    /// The first is the segment's id.
    pub elements: Vec<Element>,
    /// False for a document's last segment that nothing ends.
    pub terminated: bool,
    /// Line ends and blanks behind it.
    pub after: Vec<u8>,
}

/// An element as it is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    Plain(Value),
    /// Two components or more.
    Components(Vec<Value>),
    /// Two repeats or more, of one component or more each.
    Repeats(Vec<Vec<Value>>),
}

/// A value without release characters, in the interchange's own character set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Value {
    pub bytes: Vec<u8>,
    /// How it stands in the document, where more or other characters are released than need be, or where a line break
    /// stands in it that is no part of it: [`layout::join`].
    pub written: Option<Vec<u8>>,
}

/// Bytes that are no segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub byte: u64,
    pub bytes: Vec<u8>,
}

impl Segment {
    /// A segment of plain elements, terminated, with nothing behind it.
    pub fn plain<V: AsRef<[u8]>>(id: &str, elements: impl IntoIterator<Item = V>) -> Segment {
        let plain = |value: &[u8]| Element::Plain(Value { bytes: value.to_vec(), written: None });
        let mut all = vec![plain(id.as_bytes())];
        all.extend(elements.into_iter().map(|value| plain(value.as_ref())));
        Segment { byte: 0, elements: all, terminated: true, after: Vec::new() }
    }

    /// The id, without blanks; of an EDIFACT tag with nesting (`RFF:1`) the part before it.
    pub fn id(&self) -> &[u8] {
        self.elements.first().map_or(&b""[..], |id| id.first().trim_ascii())
    }

    /// The first value of an element from 1, without blanks around it; empty if it isn't there.
    pub fn value(&self, position: usize) -> Cow<'_, str> {
        let value = self.elements.get(position).map_or(&b""[..], Element::first);
        String::from_utf8_lossy(value.trim_ascii())
    }

    /// True of a segment of X12's that says how long its data is, where that is not so: what stands behind it may be
    /// data that looks like segments. BIN01, BDS02.
    pub fn is_torn(&self) -> bool {
        let length = match self.id() {
            b"BIN" => 1,
            b"BDS" => 2,
            _ => return false,
        };
        let Ok(stated) = self.value(length).parse::<usize>() else { return true };
        let data = self.elements.get(length + 1).map_or(&b""[..], Element::first);
        let whole = data.len() >= stated && data[stated..].iter().all(|byte| is_break(*byte));
        !whole || self.elements.len() > length + 2
    }

    /// Takes a release character away that stands at the segment's very end, and so releases nothing.
    pub(super) fn take_dangling(&mut self, delimiters: &Delimiters) -> Option<u8> {
        let release = delimiters.release?;
        let value = match self.elements.last_mut()? {
            Element::Plain(value) => value,
            Element::Components(values) => values.last_mut()?,
            Element::Repeats(repeats) => repeats.last_mut()?.last_mut()?,
        };
        let written = value.written.as_ref()?;
        let row = written.iter().rev().take_while(|byte| **byte == release).count();
        // Of an even number each second one is data.
        (row % 2 == 1).then(|| {
            value.written = None;
            release
        })
    }

    /// The element in which another segment begins at a new line, since a terminator is missing before it.
    pub fn swallows(&self) -> Option<usize> {
        // The last one has no separator behind it: no element of that segment follows.
        let last = self.elements.len().saturating_sub(1);
        (1..last).find(|position| self.elements[*position].ends_with_id())
    }

    /// Makes an element from 1 a plain one; elements before it that aren't there become empty.
    pub fn set(&mut self, position: usize, value: &[u8]) {
        if self.elements.len() <= position {
            self.elements.resize(position + 1, Element::Plain(Value::default()));
        }
        self.elements[position] = Element::Plain(Value { bytes: value.to_vec(), written: None });
    }
}

impl Element {
    /// Its first value.
    pub fn first(&self) -> &[u8] {
        let first = match self {
            Element::Plain(value) => Some(value),
            Element::Components(values) => values.first(),
            Element::Repeats(repeats) => repeats.first().and_then(|values| values.first()),
        };
        first.map_or(&[], |value| &value.bytes)
    }

    /// Does its last line, behind another, look like a segment's id?
    fn ends_with_id(&self) -> bool {
        let value = match self {
            Element::Plain(value) => Some(value),
            Element::Components(values) => values.last(),
            Element::Repeats(_) => None,
        };
        let bytes = value.map_or(&b""[..], |value| &value.bytes);
        let Some(at) = bytes.iter().rposition(|byte| is_break(*byte)) else { return false };
        let id = &bytes[at + 1..];
        (2..=3).contains(&id.len())
            && id[0].is_ascii_uppercase()
            && id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }

    /// A component from 1 of its first repeat.
    pub fn component(&self, position: usize) -> &[u8] {
        let values = match self {
            Element::Plain(value) => std::slice::from_ref(value),
            Element::Components(values) => values,
            Element::Repeats(repeats) => repeats.first().map_or(&[][..], Vec::as_slice),
        };
        position.checked_sub(1).and_then(|at| values.get(at)).map_or(&[], |value| &value.bytes)
    }
}

impl Delimiters {
    pub(crate) fn of(standard: Standard, syntax: &Syntax) -> Delimiters {
        let Syntax { element, component, repetition, release, segment, more, .. } = *syntax;
        Delimiters { standard, element, component, repetition, release, segment, more }
    }

    pub(crate) fn syntax(&self) -> Syntax {
        let Delimiters { element, component, repetition, release, segment, more, .. } = *self;
        Syntax { element, component, repetition, release, segment, more, folded: false }
    }

    /// True for what must be released in a value, where there is a release character.
    pub(crate) fn reserves(&self, byte: u8) -> bool {
        let also = [self.component, self.repetition, self.release];
        byte == self.element || byte == self.segment || also.contains(&Some(byte))
    }
}
