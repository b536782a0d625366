//! A document's items as JSON that people and jq read, and back, byte for byte.
//!
//! The shape is in `docs/reference/convert.schema.json`: a list of interchanges, and of what stands between them. A segment
//! is an array, so that `.[3]` of `["BEG", "00", "SA", "PO-1"]` is BEG03; a composite is an array in it; groups and sets are
//! nested. What is usual is not said: a segment is an object only if something odd is about it.

mod read;

pub use read::{Error, Wrong, read};

use super::{Begin, Delimiters, Element, Item, Segment, Value};
use crate::{edifact::is_single_byte, piece::Standard};
use serde_json::{Map, Value as Json, json};

/// Writes items as JSON, a segment a line. Holds nothing but what is open: interchange, group, set.
#[derive(Debug, Default)]
pub struct ToJson {
    begun: bool,
    /// An interchange whose first segment is still to come: that one shows its line end.
    header: Option<Begin>,
    own: Own,
    /// Lists that are open below the document's own.
    open: Vec<Level>,
    /// Nothing stands in the innermost list yet.
    empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Interchange,
    Group,
    Set,
}

/// What an interchange's strings and lines are like.
#[derive(Debug, Clone, Default)]
struct Own {
    line_end: Vec<u8>,
    /// All of its values are ISO 8859-1.
    latin1: bool,
    /// Its values are in another set of single bytes, which no text here says: those that are more than ASCII are told as
    /// bytes.
    single: bool,
}

impl ToJson {
    /// Nothing is written yet.
    pub fn new() -> ToJson {
        ToJson::default()
    }

    /// Appends an item.
    pub fn put(&mut self, item: &Item, out: &mut Vec<u8>) {
        match item {
            Item::Begin(begin) => {
                self.flush(None, out);
                self.close(None, out);
                self.header = Some(begin.clone());
            }
            Item::Segment(segment) => {
                self.flush(Some(segment), out);
                self.segment(segment, out);
            }
            Item::Text(text) => {
                self.flush(None, out);
                self.next(out);
                let (key, text) = string(&text.bytes);
                write(&json!({ key: text }), out);
            }
        }
    }

    /// Appends the end.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.flush(None, out);
        self.close(None, out);
        out.extend_from_slice(if self.begun { b"\n]\n" } else { b"[]\n" });
    }

    /// An interchange's head, once its first segment is there.
    fn flush(&mut self, first: Option<&Segment>, out: &mut Vec<u8>) {
        let Some(begin) = self.header.take() else { return };
        let edifact = begin.delimiters.standard == Standard::Edifact;
        let syntax = first.and_then(|unb| unb.elements.get(1)).map_or(&b""[..], Element::first);
        self.own = Own {
            line_end: first.map_or(Vec::new(), |segment| segment.after.clone()),
            latin1: edifact && syntax == b"UNOC",
            single: edifact && std::str::from_utf8(syntax).is_ok_and(is_single_byte),
        };
        let delimiters = delimiters(&begin, &self.own);
        self.next(out);
        out.extend_from_slice(b"{\"standard\":\"");
        out.extend_from_slice(begin.delimiters.standard.word().as_bytes());
        out.extend_from_slice(b"\",\"delimiters\":");
        write(&delimiters, out);
        out.extend_from_slice(b",\"interchange\":[");
        (self.empty, self.open) = (true, vec![Level::Interchange]);
    }

    fn segment(&mut self, segment: &Segment, out: &mut Vec<u8>) {
        let id = segment.id();
        match id {
            b"GS" | b"UNG" => self.open(Level::Group, out),
            b"ST" | b"UNH" => self.open(Level::Set, out),
            b"GE" | b"UNE" => self.close(Some(Level::Set), out),
            b"IEA" | b"UNZ" => self.close(Some(Level::Group), out),
            _ => {}
        }
        self.next(out);
        write(&self.own.segment(segment), out);
        match id {
            b"SE" | b"UNT" => self.close(Some(Level::Set), out),
            b"GE" | b"UNE" => self.close(Some(Level::Group), out),
            b"IEA" | b"UNZ" => self.close(None, out),
            _ => {}
        }
    }

    fn open(&mut self, level: Level, out: &mut Vec<u8>) {
        self.close(Some(level), out);
        self.next(out);
        out.extend_from_slice(if level == Level::Group { b"{\"group\":[" } else { b"{\"set\":[" });
        self.open.push(level);
        self.empty = true;
    }

    /// Ends a level and what is open below it; all of them if none is named.
    fn close(&mut self, level: Option<Level>, out: &mut Vec<u8>) {
        while self.open.last().is_some_and(|open| level.is_none_or(|level| *open >= level)) {
            self.open.pop();
            out.extend_from_slice(b"]}");
            self.empty = false;
        }
    }

    /// What stands in front of the next thing: a comma if it isn't the first, a line of its own, by its depth.
    fn next(&mut self, out: &mut Vec<u8>) {
        let first = if self.begun { std::mem::take(&mut self.empty) } else { true };
        match (self.begun, first) {
            (false, _) => out.push(b'['),
            (true, false) => out.push(b','),
            (true, true) => {}
        }
        self.begun = true;
        out.push(b'\n');
        out.resize(out.len() + 2 * self.open.len(), b' ');
    }
}

impl Own {
    fn segment(&self, segment: &Segment) -> Json {
        let elements = segment.elements.iter().map(|element| self.element(element)).collect();
        if segment.terminated && segment.after == self.line_end {
            return Json::Array(elements);
        }
        let mut odd = Map::new();
        odd.insert("segment".into(), Json::Array(elements));
        odd.insert("after".into(), String::from_utf8_lossy(&segment.after).into());
        if !segment.terminated {
            odd.insert("terminated".into(), false.into());
        }
        Json::Object(odd)
    }

    fn element(&self, element: &Element) -> Json {
        match element {
            Element::Plain(value) => self.value(value),
            Element::Components(values) => self.components(values),
            Element::Repeats(repeats) => {
                let repeats = repeats.iter().map(|values| match &values[..] {
                    [only] => self.value(only),
                    several => self.components(several),
                });
                json!({ "repeats": repeats.collect::<Vec<Json>>() })
            }
        }
    }

    fn components(&self, values: &[Value]) -> Json {
        values.iter().map(|value| self.value(value)).collect()
    }

    fn value(&self, value: &Value) -> Json {
        let (key, text) = match self.latin1 {
            true => ("value", latin1(&value.bytes)),
            false if self.single && !value.bytes.is_ascii() => ("latin1", latin1(&value.bytes)),
            // The form as it is written must be text too, for both are told the same way.
            false if value.written.as_deref().is_some_and(|written| std::str::from_utf8(written).is_err()) => {
                ("latin1", latin1(&value.bytes))
            }
            false => match string(&value.bytes) {
                ("text", text) => ("value", text),
                other => other,
            },
        };
        match &value.written {
            None if key == "value" => text.into(),
            None => json!({ key: text }),
            Some(written) => {
                let latin = self.latin1 || key == "latin1";
                let written = if latin { latin1(written) } else { String::from_utf8_lossy(written).into_owned() };
                json!({ key: text, "written": written })
            }
        }
    }
}

fn delimiters(begin: &Begin, own: &Own) -> Json {
    let Delimiters { element, component, repetition, release, segment, .. } = begin.delimiters;
    let mut said = Map::new();
    let mut say = |name: &str, bytes: &[u8]| said.insert(name.into(), characters(bytes));
    say("element", &[element]);
    let optional = [("component", component), ("repetition", repetition), ("release", release)];
    for (name, byte) in optional.into_iter().filter_map(|(name, byte)| Some((name, byte?))) {
        say(name, &[byte]);
    }
    say("segment", &[&[segment], begin.delimiters.syntax().rest()].concat());
    say("line_end", &own.line_end);
    if let Some(una) = &begin.una {
        say("una", una);
        if begin.after != own.line_end {
            say("after_una", &begin.after);
        }
    }
    if own.latin1 {
        said.insert("encoding".into(), "latin1".into());
    }
    Json::Object(said)
}

/// A string, or the numbers of bytes that are no text.
fn characters(bytes: &[u8]) -> Json {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.into(), Json::from)
}

/// Text, and by what name it goes: bytes that are no UTF-8 are told as the characters of ISO 8859-1.
fn string(bytes: &[u8]) -> (&'static str, String) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("text", text.to_owned()),
        Err(_) => ("latin1", latin1(bytes)),
    }
}

/// ISO 8859-1 is the first 256 characters of Unicode.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn write(value: &Json, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}
