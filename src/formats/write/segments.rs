//! Segments packed one behind the other: what an acknowledgement of a million sets needs, and what a writer copies fast.
//!
//! Of a segment there is its head (a byte of flag and length of the id, the length of its values, the id) and its
//! values, each behind one byte that says what begins (two bits) and how long it is (six): as many bytes as it takes in
//! the document, so that a writer copies all of them at once and puts its delimiters over those bytes. Beside usual values,
//! which are ASCII, these bytes are known by their highest bit: many are looked at at once, and none says where the next
//! is. Empty parts at an end are left out here, once for all writers.

use super::{Element, Segment, is_id};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A block takes segments until it holds so many bytes: no document of hundreds of megabytes is moved as it grows.
const BLOCK: usize = 60 << 10;
/// Of a head: the id is one, nothing is repeated, all values are shorter than [`LONG`] and of [`is_usual`] bytes.
const USUAL: u8 = 1 << 7;
/// The longest id that is kept whole; what is longer is no id, and its beginning is enough to be refused by.
const LONGEST_ID: usize = 31;
/// Of a length of values: four bytes follow.
const MANY: u8 = u8::MAX;
/// Of a value's length: four bytes follow.
const LONG: u8 = 63;
/// So many bytes are copied at once: most segments have fewer, of EDIFACT's most have no more than the fewer ones.
const COPIED: [usize; 2] = [32, 64];

/// Segments to be written, in their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Segments {
    blocks: Vec<Vec<u8>>,
    count: usize,
}

/// What begins with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Begins {
    Repeat = 1 << 6,
    Element = MARK,
    Component = MARK | COMPONENT,
}

/// Of what says that a value begins that isn't a repeat; no byte of a usual value has it.
const MARK: u8 = 1 << 7;
/// Beside [`MARK`]: it is a component.
const COMPONENT: u8 = 1 << 6;

/// One segment as it is packed.
#[derive(Clone, Copy)]
pub(crate) struct Packed<'a> {
    /// The id, and behind it the values.
    whole: &'a [u8],
    /// The same, and all that stands behind it in its block.
    from_here: &'a [u8],
    id: usize,
    usual: bool,
}

/// By byte.
const IS_USUAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_usual(byte as u8);
        byte += 1;
    }
    table
};

/// Letters, digits and marks that hardly any envelope reserves.
pub(crate) const fn is_usual(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b',' | b'-' | b'/')
}

impl Segments {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One more.
    pub fn push(&mut self, segment: &Segment) {
        if self.blocks.last().is_none_or(|block| block.len() > BLOCK) {
            let room = if self.blocks.is_empty() { 0 } else { BLOCK + (4 << 10) };
            self.blocks.push(Vec::with_capacity(room));
        }
        self.count += 1;
        if let Some(block) = self.blocks.last_mut() {
            pack(segment, block);
        }
    }

    /// All of the others, behind these.
    pub fn append(&mut self, others: Segments) {
        self.count += others.count;
        self.blocks.extend(others.blocks);
    }

    /// Each, unpacked.
    pub fn iter(&self) -> impl Iterator<Item = Segment> + '_ {
        self.packed().map(|packed| packed.unpacked())
    }

    /// Each, as it is packed.
    pub(crate) fn packed(&self) -> impl Iterator<Item = Packed<'_>> {
        self.blocks.iter().flat_map(|block| InBlock(block))
    }

    /// Bytes that they take, which is about what is written of them.
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }
}

fn pack(segment: &Segment, block: &mut Vec<u8>) {
    let head = block.len();
    let id = segment.id.get(..segment.id.len().min(LONGEST_ID)).unwrap_or("");
    block.extend_from_slice(&[id.len() as u8, 0]);
    block.extend_from_slice(id.as_bytes());
    let first = block.len();
    let mut usual = is_id(id);
    for element in without_end(&segment.elements, |element| element.iter().flatten().all(String::is_empty)) {
        pack_element(element, block, &mut usual);
    }
    let length = block.len() - first;
    block[head] |= if usual { USUAL } else { 0 };
    match u8::try_from(length) {
        Ok(length) if length < MANY => block[head + 1] = length,
        _ => {
            block[head + 1] = MANY;
            block.splice(head + 2..head + 2, (length as u32).to_le_bytes());
        }
    }
}

fn pack_element(element: &Element, block: &mut Vec<u8>, usual: &mut bool) {
    if let [components] = &element[..]
        && let [value] = &components[..]
    {
        return pack_value(Begins::Element, value, block, usual);
    }
    let mut begins = Begins::Element;
    for components in without_end(element, |repeat| repeat.iter().all(String::is_empty)) {
        for component in without_end(components, String::is_empty) {
            pack_value(begins, component, block, usual);
            begins = Begins::Component;
        }
        if components.iter().all(String::is_empty) {
            block.push(begins as u8);
        }
        begins = Begins::Repeat;
    }
    if begins == Begins::Element {
        block.push(begins as u8);
    }
}

fn pack_value(begins: Begins, value: &str, block: &mut Vec<u8>, usual: &mut bool) {
    let bytes = value.as_bytes();
    match u8::try_from(bytes.len()) {
        Ok(length) if length < LONG => block.push(begins as u8 | length),
        _ => {
            *usual = false;
            block.push(begins as u8 | LONG);
            block.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        }
    }
    *usual &= begins != Begins::Repeat && bytes.iter().all(|byte| IS_USUAL[usize::from(*byte)]);
    block.extend_from_slice(bytes);
}

/// Without empty parts at the end.
fn without_end<T>(parts: &[T], empty: impl Fn(&T) -> bool) -> &[T] {
    let end = parts.iter().rposition(|part| !empty(part)).map_or(0, |last| last + 1);
    &parts[..end]
}

/// The segments of a block.
struct InBlock<'a>(&'a [u8]);

impl<'a> Iterator for InBlock<'a> {
    type Item = Packed<'a>;

    fn next(&mut self) -> Option<Packed<'a>> {
        let (head, rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = length(head[1], MANY, rest)?;
        let id = usize::from(head[0] & !USUAL);
        let from_here = rest;
        let (whole, rest) = rest.split_at_checked(id + length)?;
        self.0 = rest;
        Some(Packed { whole, from_here, id, usual: head[0] & USUAL != 0 })
    }
}

/// A length in one byte, or in the next four.
fn length(said: u8, long: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    if said != long {
        return Some((usize::from(said), rest));
    }
    let (length, rest) = rest.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*length) as usize, rest))
}

impl<'a> Packed<'a> {
    /// Its id.
    pub(crate) fn id(self) -> &'a str {
        self.whole.get(..self.id).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default()
    }

    /// Its values in their order, with what each begins.
    pub(crate) fn values(self) -> impl Iterator<Item = (Begins, &'a str)> {
        let mut rest = self.whole.get(self.id..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (mark, behind) = rest.split_first()?;
            let (length, behind) = length(mark & LONG, LONG, behind)?;
            let (value, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some((Begins::of(*mark), std::str::from_utf8(value).ok()?))
        })
    }

    /// Where its values are usual ones: appends id and values, with the delimiter of elements or of components before
    /// each. False if nothing was done.
    #[inline]
    pub(crate) fn copied(self, element: u8, component: u8, out: &mut Vec<u8>) -> bool {
        if !self.usual {
            return false;
        }
        let (whole, end) = (self.whole, out.len() + self.whole.len());
        // That much is written in fewer steps than it takes to ask how long it is.
        match (self.from_here.first_chunk(), self.from_here.first_chunk()) {
            (Some(few), _) if whole.len() <= COPIED[0] => {
                out.extend_from_slice(&delimited::<{ COPIED[0] }>(few, element, component));
            }
            (_, Some(more)) if whole.len() <= COPIED[1] => {
                out.extend_from_slice(&delimited::<{ COPIED[1] }>(more, element, component));
            }
            _ => out.extend(whole.iter().map(|byte| of(*byte, element, component))),
        }
        out.truncate(end);
        true
    }

    fn unpacked(self) -> Segment {
        let mut segment = Segment { id: self.id().into(), elements: vec![] };
        for (begins, value) in self.values() {
            match (begins, segment.elements.last_mut()) {
                (Begins::Repeat, Some(element)) => element.push(vec![value.to_owned()]),
                (Begins::Component, Some(element)) => {
                    element.last_mut().into_iter().for_each(|repeat| repeat.push(value.to_owned()))
                }
                _ => segment.elements.push(vec![vec![value.to_owned()]]),
            }
        }
        segment
    }
}

/// A byte of a usual segment as it is written.
#[inline(always)]
fn of(byte: u8, element: u8, component: u8) -> u8 {
    let delimiter = if byte & COMPONENT != 0 { component } else { element };
    if byte & MARK != 0 { delimiter } else { byte }
}

/// The same of many, without a branch.
#[inline(always)]
fn delimited<const N: usize>(bytes: &[u8; N], element: u8, component: u8) -> [u8; N] {
    let mut written = *bytes;
    written.iter_mut().for_each(|byte| *byte = of(*byte, element, component));
    written
}

impl Begins {
    /// Which delimiter stands before it: of elements, of components, of repeats.
    pub(crate) fn with(self, [element, component, repetition]: [u8; 3]) -> u8 {
        match self {
            Begins::Element => element,
            Begins::Component => component,
            Begins::Repeat => repetition,
        }
    }

    fn of(mark: u8) -> Begins {
        match mark & !LONG {
            MARK => Begins::Element,
            COMPONENT => Begins::Repeat,
            _ => Begins::Component,
        }
    }
}

impl<'a> FromIterator<&'a Segment> for Segments {
    fn from_iter<I: IntoIterator<Item = &'a Segment>>(segments: I) -> Self {
        let mut packed = Segments::default();
        segments.into_iter().for_each(|segment| packed.push(segment));
        packed
    }
}

impl FromIterator<Segment> for Segments {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        let mut packed = Segments::default();
        segments.into_iter().for_each(|segment| packed.push(&segment));
        packed
    }
}

impl From<Vec<Segment>> for Segments {
    fn from(segments: Vec<Segment>) -> Self {
        segments.iter().collect()
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As the list that they are.
impl Serialize for Segments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Segment>::deserialize(deserializer)?.into())
    }
}
