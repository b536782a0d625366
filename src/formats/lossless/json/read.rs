//! JSON to items. What is not of the shape is told with its path, what stands there and what should.

mod agree;

use super::super::{Begin, Delimiters, Element, Item, Segment, Text, Value};
use crate::{
    edi::{lengthy, scan::is_break},
    fault::shorten,
    piece::Standard,
};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::{
    cell::{Cell, RefCell},
    fmt,
    io::{self, BufRead},
};

/// Why JSON could not be made a document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Wrong(#[from] Wrong),
}

/// What is not of the shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {}: found {found}, expected {expected}", if path.is_empty() { "the document" } else { path })]
pub struct Wrong {
    /// A JSON pointer (RFC 6901); empty for the whole.
    pub path: String,
    /// The line of the file, from 1.
    pub line: usize,
    pub found: String,
    pub expected: String,
}

/// Gives the items of a document's JSON, in order, to `put`. Holds one segment or one text at a time.
pub fn read<R: BufRead>(input: R, mut put: impl FnMut(&Item) -> io::Result<()>) -> Result<(), Error> {
    let reading = Reading { path: RefCell::default(), ended: RefCell::default(), put: RefCell::new(&mut put) };
    let mut from = serde_json::Deserializer::from_reader(input);
    let list = List { reading: &reading, own: None };
    let read = list.deserialize(&mut from).and_then(|()| from.end());
    let Err(error) = read else { return Ok(()) };
    let path = || reading.path.borrow().iter().map(|part| format!("/{part}")).collect();
    match reading.ended.take() {
        Some(Ended::Put(error)) => Err(Error::Io(error)),
        Some(Ended::Wrong(found, expected)) => Err(Wrong { path: path(), line: error.line(), found, expected }.into()),
        None if error.is_io() => Err(Error::Io(error.into())),
        None => {
            let found = if error.is_eof() { "the end of the file" } else { "what is no JSON" };
            let told = error.to_string();
            // The line is said in front.
            let why = told.rsplit_once(" at line").map_or(&*told, |(why, _)| why);
            Err(Wrong { path: path(), line: error.line(), found: found.into(), expected: format!("JSON ({why})") }
                .into())
        }
    }
}

type Put<'a> = &'a mut dyn FnMut(&Item) -> io::Result<()>;

struct Reading<'a> {
    path: RefCell<Vec<String>>,
    /// Why reading was given up.
    ended: RefCell<Option<Ended>>,
    put: RefCell<Put<'a>>,
}

enum Ended {
    Put(io::Error),
    /// What was found, and what was expected.
    Wrong(String, String),
}

/// What was expected, and where below the value that is looked at.
struct Not {
    below: Vec<String>,
    found: String,
    expected: &'static str,
}

impl Not {
    fn at(mut self, part: impl ToString) -> Not {
        self.below.insert(0, part.to_string());
        self
    }
}

fn not(found: &Json, expected: &'static str) -> Not {
    Not { below: vec![], found: shown(found), expected }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("“{}”", shorten(text, 40)),
        other => shorten(&other.to_string(), 40),
    }
}

impl Reading<'_> {
    fn wrong<E: de::Error>(&self, found: String, expected: &str) -> E {
        self.ended.replace(Some(Ended::Wrong(found, expected.into())));
        // Its words are told by `ended`.
        E::custom("")
    }

    fn of<T, E: de::Error>(&self, made: Result<T, Not>) -> Result<T, E> {
        made.map_err(|not| {
            self.path.borrow_mut().extend(not.below);
            self.wrong(not.found, not.expected)
        })
    }

    fn put<E: de::Error>(&self, item: &Item) -> Result<(), E> {
        (self.put.borrow_mut())(item).map_err(|error| {
            self.ended.replace(Some(Ended::Put(error)));
            E::custom("")
        })
    }
}

/// What an interchange's strings are made bytes by.
struct Own {
    delimiters: Delimiters,
    una: Option<[u8; 6]>,
    line_end: Vec<u8>,
    latin1: bool,
    /// The character set that UNB names, once it came, if its characters are single bytes that no text here says.
    single: RefCell<Option<String>>,
    /// A segment of it came.
    begun: Cell<bool>,
}

/// A list of what stands in the document, or in an interchange, group or set.
#[derive(Clone, Copy)]
struct List<'a, 'r> {
    reading: &'a Reading<'r>,
    own: Option<&'a Own>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

/// A visitor's answers to what is neither a list nor an object.
macro_rules! nothing_else {
    ($expected:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str($expected)
        }
        fn visit_bool<E: de::Error>(self, found: bool) -> Result<(), E> {
            Err(self.reading.wrong(found.to_string(), $expected))
        }
        fn visit_i64<E: de::Error>(self, found: i64) -> Result<(), E> {
            Err(self.reading.wrong(found.to_string(), $expected))
        }
        fn visit_u64<E: de::Error>(self, found: u64) -> Result<(), E> {
            Err(self.reading.wrong(found.to_string(), $expected))
        }
        fn visit_f64<E: de::Error>(self, found: f64) -> Result<(), E> {
            Err(self.reading.wrong(found.to_string(), $expected))
        }
        fn visit_str<E: de::Error>(self, found: &str) -> Result<(), E> {
            Err(self.reading.wrong(shown(&found.into()), $expected))
        }
        fn visit_unit<E: de::Error>(self) -> Result<(), E> {
            Err(self.reading.wrong("null".into(), $expected))
        }
    };
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    nothing_else!("a list");

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.reading.wrong("an object".into(), "a list"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for n in 0u64.. {
            self.reading.path.borrow_mut().push(n.to_string());
            let more = list.next_element_seed(Entry(self))?;
            self.reading.path.borrow_mut().pop();
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// One thing in a list.
struct Entry<'a, 'r>(List<'a, 'r>);

impl<'a, 'r> std::ops::Deref for Entry<'a, 'r> {
    type Target = List<'a, 'r>;

    fn deref(&self) -> &List<'a, 'r> {
        &self.0
    }
}

impl<'de> DeserializeSeed<'de> for Entry<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

/// What an entry may be, inside of an interchange and outside.
const INSIDE: &str = "a segment ([\"REF\", …]), or an object with `segment`, `group`, `set`, `text` or `latin1`";
const OUTSIDE: &str = "an object with `standard`, `delimiters` and `interchange`, or with `text` or `latin1`";

impl<'de> Visitor<'de> for Entry<'_, '_> {
    type Value = ();

    nothing_else!("a segment or an object");

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some(own) = self.own else { return Err(self.reading.wrong("a list".into(), OUTSIDE)) };
        let mut elements = Vec::new();
        while let Some(element) = list.next_element::<Json>()? {
            elements.push(element);
        }
        let segment = self.reading.of(own.segment(&elements))?;
        self.reading.put(&Item::Segment(segment))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut said, mut streamed) = (Map::new(), false);
        while let Some(key) = map.next_key::<String>()? {
            self.reading.path.borrow_mut().push(key.clone());
            match (&*key, self.own) {
                ("interchange", None) => {
                    let (own, begin) = self.reading.of(begin(&said))?;
                    self.reading.put(&Item::Begin(begin))?;
                    map.next_value_seed(List { reading: self.reading, own: Some(&own) })?;
                    streamed = true;
                }
                ("group" | "set", Some(_)) => {
                    map.next_value_seed(*self)?;
                    streamed = true;
                }
                ("standard" | "delimiters" | "text" | "latin1", None)
                | ("segment" | "after" | "terminated" | "text" | "latin1", Some(_)) => {
                    said.insert(key, map.next_value()?);
                }
                (_, own) => {
                    self.reading.path.borrow_mut().pop();
                    let expected = if own.is_some() { INSIDE } else { OUTSIDE };
                    return Err(self.reading.wrong(format!("`{}`", shorten(&key, 40)), expected));
                }
            }
            self.reading.path.borrow_mut().pop();
        }
        if streamed {
            return Ok(());
        }
        let item = self.reading.of(self.item(&said))?;
        self.reading.put(&item)
    }
}

impl Entry<'_, '_> {
    /// What an object says that has no list of entries.
    fn item(&self, said: &Map<String, Json>) -> Result<Item, Not> {
        if let (Some(segment), Some(own)) = (said.get("segment"), self.own) {
            let list = segment.as_array().ok_or_else(|| not(segment, "a list of elements").at("segment"))?;
            let mut segment = own.segment(list).map_err(|not| not.at("segment"))?;
            if let Some(after) = said.get("after") {
                let text = after.as_str().ok_or_else(|| not(after, "what stands behind the segment").at("after"))?;
                segment.after = text.into();
            }
            if let Some(terminated) = said.get("terminated") {
                segment.terminated =
                    terminated.as_bool().ok_or_else(|| not(terminated, "true or false").at("terminated"))?;
            }
            return Ok(Item::Segment(segment));
        }
        let bytes = match (said.get("text"), said.get("latin1")) {
            (Some(Json::String(text)), None) => text.clone().into_bytes(),
            (None, Some(Json::String(text))) => latin1(text).map_err(|not| not.at("latin1"))?,
            _ => {
                let found = if said.is_empty() { "an empty object".into() } else { shown(&said.clone().into()) };
                let expected = if self.own.is_some() { INSIDE } else { OUTSIDE };
                return Err(Not { below: vec![], found, expected });
            }
        };
        Ok(Item::Text(Text { byte: 0, bytes }))
    }
}

/// An interchange's head, from what stands before its segments.
fn begin(said: &Map<String, Json>) -> Result<(Own, Begin), Not> {
    let Some(delimiters) = said.get("delimiters") else {
        return Err(Not { below: vec![], found: "segments".into(), expected: "`delimiters` before them" });
    };
    let standard = match said.get("standard") {
        Some(Json::String(word)) if word == "x12" => Standard::X12,
        Some(Json::String(word)) if word == "edifact" => Standard::Edifact,
        Some(other) => return Err(not(other, "`standard`: \"x12\" or \"edifact\"")),
        // Members that were sorted: it comes behind the segments. Release characters and UNA are EDIFACT's alone.
        None if delimiters.get("release").or(delimiters.get("una")).is_some() => Standard::Edifact,
        None => Standard::X12,
    };
    let one = |name: &str| match delimiters.get(name).map(characters).transpose()?.as_deref() {
        None => Ok(None),
        Some([byte]) => Ok(Some(*byte)),
        Some(_) => Err(not(&delimiters[name], "a delimiter of one byte")),
    };
    let all = |name: &str| delimiters.get(name).map(characters).transpose();
    let needs = || not(delimiters, "`delimiters` with `element` and `segment`, each a string");
    let end = all("segment")?.ok_or_else(needs)?;
    let Some((segment, rest)) = end.split_first().filter(|(_, rest)| rest.len() <= 3) else {
        return Err(not(&delimiters["segment"], "a terminator of one byte to four"));
    };
    let mut more = [0; 3];
    more[..rest.len()].copy_from_slice(rest);
    let delimiters_ = Delimiters {
        standard,
        element: one("element")?.ok_or_else(needs)?,
        component: one("component")?,
        repetition: one("repetition")?,
        release: one("release")?,
        segment: *segment,
        more,
    };
    let line_end = all("line_end")?.unwrap_or_default();
    let una = match all("una")? {
        None => None,
        Some(una) => Some(una.try_into().map_err(|_| not(&delimiters["una"], "`una`: the six characters behind UNA"))?),
    };
    agree::differ(&delimiters_, una)?;
    for (name, bytes) in [("line_end", &line_end), ("after_una", &all("after_una")?.unwrap_or_default())] {
        if !bytes.iter().all(u8::is_ascii_whitespace) {
            let found = format!("`{name}` “{}”", shorten(&String::from_utf8_lossy(bytes), 40));
            return Err(Not { below: vec![], found, expected: "line ends and blanks, which are no part of a segment" });
        }
    }
    let after = match una {
        Some(_) => all("after_una")?.unwrap_or_else(|| line_end.clone()),
        None => Vec::new(),
    };
    let latin1 = match delimiters.get("encoding") {
        None => false,
        Some(Json::String(word)) if word == "latin1" => true,
        Some(other) => return Err(not(other, "`encoding`: \"latin1\", or none for UTF-8")),
    };
    let begin = Begin { byte: 0, delimiters: delimiters_, una, after, crlf: line_end == b"\r\n" };
    Ok((
        Own { delimiters: delimiters_, una, line_end, latin1, single: RefCell::default(), begun: Cell::new(false) },
        begin,
    ))
}

/// A string, or the numbers of bytes.
fn characters(value: &Json) -> Result<Vec<u8>, Not> {
    let byte = |n: &Json| n.as_u64().and_then(|n| u8::try_from(n).ok());
    match value {
        Json::String(text) => Some(text.clone().into_bytes()),
        Json::Array(numbers) => numbers.iter().map(byte).collect(),
        _ => None,
    }
    .ok_or_else(|| not(value, "a string, or a list of bytes from 0 to 255"))
}

fn latin1(text: &str) -> Result<Vec<u8>, Not> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.ok_or_else(|| not(&text.into(), "characters that ISO 8859-1 has (up to U+00FF)"))
}

impl Own {
    fn segment(&self, list: &[Json]) -> Result<Segment, Not> {
        let Some(id) = list.first() else { return Err(not(&list.into(), "a segment: its id, then its elements")) };
        let is_isa = self.delimiters.standard == Standard::X12 && id == "ISA";
        // A header that stands further in is one that can't be read, and names nothing.
        let first = !self.begun.replace(true);
        if first && self.delimiters.standard == Standard::Edifact && id == "UNB" {
            self.characters_agree(list.get(1)).map_err(|not| not.at(1))?;
        }
        let data = self.data(list);
        let read = |(n, element): (usize, &Json)| match Some(n) == data {
            true => Ok(Element::Plain(self.stated(element, true).map_err(|not| not.at(n))?)),
            false => self.element(element, is_isa.then_some(n)).map_err(|not| not.at(n)),
        };
        let elements = list.iter().enumerate().map(read).collect::<Result<_, Not>>()?;
        let segment = Segment { byte: 0, elements, terminated: true, after: self.line_end.clone() };
        if first {
            self.agrees(&segment)?;
        }
        Ok(segment)
    }

    /// Which element is bytes of the length that the one before it says: delimiters in it are none.
    fn data(&self, list: &[Json]) -> Option<usize> {
        let x12 = self.delimiters.standard == Standard::X12;
        let id = self.stated(list.first()?, true).ok()?;
        let position = lengthy::position(&id.bytes).filter(|n| x12 && n + 1 == list.len())?;
        let length = self.stated(&list[position - 1], true).ok()?;
        let length: usize = std::str::from_utf8(&length.bytes).ok()?.trim().parse().ok()?;
        let data = self.stated(&list[position], true).ok()?;
        // The ends of lines that cut it are counted.
        let there = data.written.as_ref().unwrap_or(&data.bytes).len();
        // Line breaks may stand before the terminator.
        (length..=length.saturating_add(2)).contains(&there).then_some(position)
    }

    /// `isa` is its number if it is one of ISA's.
    fn element(&self, element: &Json, isa: Option<usize>) -> Result<Element, Not> {
        match element {
            Json::Array(list) => Ok(Element::Components(self.components(list, element)?)),
            Json::Object(object) if object.contains_key("repeats") => {
                let repeats = object["repeats"].as_array().filter(|_| object.len() == 1);
                let repeats = repeats.ok_or_else(|| not(element, "`repeats` with a list, and nothing else"))?;
                if self.delimiters.repetition.is_none() && repeats.len() > 1 {
                    return Err(not(element, "no `repeats`: `delimiters` has no `repetition`"));
                }
                let repeat = |(n, repeat): (usize, &Json)| {
                    let values = match repeat {
                        Json::Array(list) => self.components(list, repeat),
                        one => Ok(vec![self.value(one, None)?]),
                    };
                    values.map_err(|not| not.at(n).at("repeats"))
                };
                Ok(Element::Repeats(repeats.iter().enumerate().map(repeat).collect::<Result<_, Not>>()?))
            }
            other => Ok(Element::Plain(self.value(other, isa)?)),
        }
    }

    fn components(&self, list: &[Json], whole: &Json) -> Result<Vec<Value>, Not> {
        if self.delimiters.component.is_none() && list.len() > 1 {
            return Err(not(whole, "no composite: `delimiters` has no `component`"));
        }
        let value = |(n, value)| self.value(value, None).map_err(|not: Not| not.at(n));
        list.iter().enumerate().map(value).collect()
    }

    /// A value as it is said, whatever bytes are in it. In a `plain` one no delimiter means anything: in ISA, and in data of a
    /// length that is said.
    fn stated(&self, said: &Json, plain: bool) -> Result<Value, Not> {
        const SHAPE: &str = "a string, {\"value\": …} or {\"latin1\": …} with or without `written`, a list of components \
                             (strings), or {\"repeats\": […]}";
        let (bytes, written) = match said {
            Json::String(text) => (self.bytes(text, false)?, None),
            Json::Object(object) => {
                let (text, latin1) = match (object.get("value"), object.get("latin1")) {
                    (Some(Json::String(text)), None) => (text, false),
                    (None, Some(Json::String(text))) => (text, true),
                    _ => return Err(not(said, SHAPE)),
                };
                let written = match object.get("written") {
                    None if object.len() == 1 => None,
                    Some(Json::String(written)) if object.len() == 2 => Some(self.bytes(written, latin1)?),
                    _ => return Err(not(said, SHAPE)),
                };
                (self.bytes(text, latin1)?, written)
            }
            _ => return Err(not(said, SHAPE)),
        };
        let without_breaks =
            |written: &[u8]| -> Vec<u8> { written.iter().copied().filter(|byte| !is_break(*byte)).collect() };
        // A document cut into lines wherever that falls has breaks that are no part of a value.
        let means = |written: &[u8]| {
            // The end of a line may cut a terminator of several bytes, too, which then is none.
            let ends = self.ends(written);
            let means = |form: &[u8]| if plain { form == bytes } else { self.means(form, &bytes, ends) };
            means(written) || means(&without_breaks(written))
        };
        if written.as_deref().is_some_and(|written| !means(written)) {
            return Err(not(
                said,
                "`written` to be the value with its release characters: leave it out, and it is made",
            ));
        }
        Ok(Value { bytes, written })
    }

    fn value(&self, said: &Json, isa: Option<usize>) -> Result<Value, Not> {
        let value = self.stated(said, isa.is_some())?;
        // ISA holds the delimiters as its values; ISA11 and ISA16 may be the element separator itself.
        let separator = self.delimiters.element;
        let ends = self.ends(value.written.as_ref().unwrap_or(&value.bytes));
        let reserved = |byte: &u8| match isa {
            Some(11 | 16) if value.bytes == [separator] => false,
            Some(_) => *byte == separator,
            None => self.reserved(*byte, ends),
        };
        if self.delimiters.release.is_none() && value.bytes.iter().any(reserved) {
            return Err(not(said, "no delimiter in a value: there is no release character"));
        }
        Ok(value)
    }

    fn bytes(&self, text: &str, latin1_: bool) -> Result<Vec<u8>, Not> {
        match &*self.single.borrow() {
            _ if self.latin1 || latin1_ => latin1(text),
            Some(set) if !text.is_ascii() => {
                let found = format!("{} in {set}", shown(&text.into()));
                Err(Not { below: vec![], found, expected: "its bytes in that set, as {\"latin1\": …}" })
            }
            _ => Ok(text.as_bytes().to_vec()),
        }
    }

    /// True if the terminator stands in bytes, of which one may be part of another character where it has several.
    fn ends(&self, bytes: &[u8]) -> bool {
        let syntax = self.delimiters.syntax();
        let terminator = [&[self.delimiters.segment], syntax.rest()].concat();
        memchr::memmem::find(bytes, &terminator).is_some()
    }

    /// True if a value that holds this byte can't be told from two; `ends` is so if the whole terminator stands in it.
    fn reserved(&self, byte: u8, ends: bool) -> bool {
        let several = !self.delimiters.syntax().rest().is_empty();
        if several && byte == self.delimiters.segment { ends } else { self.delimiters.reserves(byte) }
    }

    /// True if bytes with their release characters mean a value; `ends` as for `reserved`.
    fn means(&self, written: &[u8], value: &[u8], ends: bool) -> bool {
        let (mut meant, mut rest) = (Vec::with_capacity(value.len()), written.iter());
        while let Some(byte) = rest.next() {
            match Some(*byte) == self.delimiters.release {
                true => meant.extend(rest.next()),
                false if self.reserved(*byte, ends) => return false,
                false => meant.push(*byte),
            }
        }
        meant == value
    }
}
