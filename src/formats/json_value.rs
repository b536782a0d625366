//! One JSON value to a tree: places as pointers, numbers as their text. RFC 8259.

use crate::{
    codes, control,
    edi::faults::Faults,
    fault::{Costs, Fault},
    piece::Strictness,
    place::Place,
    tree::{Add, BY_NAME, Kind, NodeId, Text, Tree},
};
use std::collections::HashMap;

const DEEPEST: usize = 100;
const MOST_NODES: usize = 2_000_000;

/// An object or array that is open.
struct Open {
    node: NodeId,
    object: bool,
    /// Items so far; the next one's index.
    items: u32,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tree: Tree,
    open: Vec<Open>,
    members: HashMap<(NodeId, u32), NodeId>,
    faults: Faults,
}

/// What stops a value: the fault's code, where, what was expected.
type Stop = (&'static str, usize, &'static str);

/// Parses `text`, whose first byte is at `place.byte`; the faults cost the set where the value can't be read.
pub(crate) fn parse(text: &str, place: Place, strictness: Strictness) -> (Tree, Vec<Fault>) {
    let (tree, faults) = (Tree::over(text.to_owned(), place.byte, place), Faults::by(strictness));
    let mut parser = Parser { text, at: 0, tree, open: Vec::new(), members: HashMap::new(), faults };
    if let Err((code, at, expected)) = parser.document() {
        let node = parser.open.last().map_or(NodeId(0), |open| open.node);
        let place = Place { byte: parser.tree.base() + at as u64, len: 0, at: parser.tree.place(node).at };
        let found: String = text.get(at..).unwrap_or("").chars().take(40).collect();
        let byte = place.byte;
        let sentence = match code {
            codes::TOO_DEEP => format!("At byte {byte} values are nested more than {DEEPEST} deep."),
            codes::TOO_MANY_NODES => format!("There are more than {MOST_NODES} values."),
            codes::NUL => format!("There is a NUL character at byte {byte}."),
            _ if found.is_empty() => format!("The JSON ends at byte {byte}, and {expected} was expected."),
            _ => format!("The JSON can't be read from byte {byte} on: {expected} was expected."),
        };
        let fault = Fault::new(code, place, sentence).found(&found).expected(expected).costs(Costs::Set);
        parser.faults.push(fault);
    }
    (parser.tree, parser.faults.into_list())
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Stop> {
        self.blank();
        self.value(NodeId(0), None)?;
        while let Some(open) = self.open.last() {
            let (node, object, items) = (open.node, open.object, open.items);
            self.blank();
            match (self.peek(), object) {
                (Some(b'}'), true) | (Some(b']'), false) => self.close(),
                (Some(b','), _) if items > 0 => {
                    self.at += 1;
                    self.blank();
                    self.item(node, object)?;
                }
                (Some(_), _) if items == 0 => self.item(node, object)?,
                (_, true) => return Err((codes::BAD_JSON, self.at, "a comma or }")),
                (_, false) => return Err((codes::BAD_JSON, self.at, "a comma or ]")),
            }
        }
        self.blank();
        if self.at < self.text.len() { Err((codes::BAD_JSON, self.at, "the end")) } else { Ok(()) }
    }

    fn item(&mut self, node: NodeId, object: bool) -> Result<(), Stop> {
        let name = match object {
            true => {
                let from = self.at;
                let (name, _) = self.string().map_err(|_| (codes::BAD_JSON, from, "a member's name in quotes"))?;
                if let Some((_, c)) = control::first(&name, false) {
                    let byte = self.tree.base() + from as u64;
                    let place = Place { byte, len: (self.at - from) as u32, at: self.tree.place(node).at };
                    let whose = format!("The name of the member at byte {byte}");
                    self.faults.push(control::fault(&whose, c, &name, place));
                }
                self.blank();
                if self.peek() != Some(b':') {
                    return Err((codes::BAD_JSON, self.at, "a colon"));
                }
                self.at += 1;
                self.blank();
                name
            }
            false => self.open.last().map_or(0, |open| open.items).to_string(),
        };
        if let Some(open) = self.open.last_mut() {
            open.items += 1;
        }
        self.value(node, Some(name))
    }

    fn value(&mut self, parent: NodeId, name: Option<String>) -> Result<(), Stop> {
        if self.tree.len() >= MOST_NODES {
            return Err((codes::TOO_MANY_NODES, self.at, "fewer values"));
        }
        let start = self.at;
        let mut control = None;
        let (kind, text, value) = match self.peek() {
            Some(b'{') => (Kind::Object, Text::None, None),
            Some(b'[') => (Kind::Array, Text::None, None),
            Some(b'"') => {
                let (value, escaped) = self.string()?;
                control = control::first(&value, false).map(|(_, c)| (c, value.clone()));
                match escaped {
                    true => (Kind::Field, Text::Apart, Some(value)),
                    false => (Kind::Field, Text::Raw, None),
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| (Kind::Field, Text::Raw, None))?,
            _ => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.text[self.at..].starts_with(word));
                let word = word.ok_or((codes::BAD_JSON, self.at, "a value"))?;
                self.at += word.len();
                (Kind::Field, if word == "null" { Text::None } else { Text::Raw }, None)
            }
        };
        // Quotes are not part of a string's value.
        let quotes = if text == Text::Raw && self.text.as_bytes()[start] == b'"' { 1 } else { 0 };
        let (from, to) = (start + quotes, self.at - quotes);
        let node = match name {
            // The root itself is the object or array; a plain value is its only child.
            None if kind != Kind::Field => parent,
            name => {
                let id = self.tree.intern(name.as_deref().unwrap_or(""));
                let add = Add { kind, name: id, start: from as u32, len: (to - from) as u32, extra: BY_NAME, text };
                let node = self.tree.add(parent, add);
                self.note_member(parent, id, node, start);
                node
            }
        };
        if let Some(value) = value {
            self.tree.set_value(node, &value);
        }
        if let Some((c, value)) = control {
            let whose = format!("The text at byte {}", self.tree.base() + start as u64);
            self.faults.push(control::fault(&whose, c, &value, self.tree.place(node)));
        }
        if kind != Kind::Field {
            if self.open.len() >= DEEPEST {
                return Err((codes::TOO_DEEP, start, "less depth"));
            }
            self.at += 1;
            self.open.push(Open { node, object: kind == Kind::Object, items: 0 });
        }
        Ok(())
    }

    /// The last of two members of one name wins. RFC 8259 §4
    fn note_member(&mut self, parent: NodeId, name: u32, node: NodeId, at: usize) {
        let Some(before) = self.members.insert((parent, name), node) else { return };
        let member = self.tree.name(node).to_owned();
        let byte = self.tree.base() + at as u64;
        let place = Place { byte, len: 0, at: self.tree.place(node).at };
        self.tree.unlink(parent, before);
        let sentence = format!(
            "The member “{}” stands twice in one object; the one at byte {byte} was taken.",
            crate::fault::shorten(&member, 40)
        );
        let fault = Fault::new(codes::DUPLICATE_MEMBER, place, sentence).found(&member);
        self.faults.push(fault.expected("each member once"));
    }

    fn close(&mut self) {
        self.at += 1;
        if let Some(open) = self.open.pop().filter(|open| open.node != NodeId(0)) {
            let start = self.tree.place(open.node).byte - self.tree.base();
            self.tree.set_len(open.node, self.at as u32 - start as u32);
        }
    }

    /// A string's value, and whether it differs from its bytes.
    fn string(&mut self) -> Result<(String, bool), Stop> {
        if self.peek() != Some(b'"') {
            return Err((codes::BAD_JSON, self.at, "a quote"));
        }
        let start = self.at + 1;
        let mut value = String::new();
        let mut from = start;
        self.at = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    value.push_str(&self.text[from..self.at]);
                    let escaped = value.len() != self.at - start || from != start;
                    self.at += 1;
                    return Ok((value, escaped));
                }
                Some(b'\\') => {
                    value.push_str(&self.text[from..self.at]);
                    value.push(self.escape()?);
                    from = self.at;
                }
                Some(0) => return Err((codes::NUL, self.at, "text")),
                Some(0..=0x1F) => return Err((codes::BAD_JSON, self.at, "control characters written as \\u00XX")),
                Some(_) => self.at += 1,
                None => return Err((codes::BAD_JSON, self.at, "the end of a string")),
            }
        }
    }

    /// `\n`, `\u00E9`, a pair of surrogates. RFC 8259 §7
    fn escape(&mut self) -> Result<char, Stop> {
        let start = self.at;
        let bad = (codes::BAD_JSON, start, "an escape that JSON knows");
        let letter = self.text.as_bytes().get(start + 1).copied().ok_or(bad)?;
        self.at += 2;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex().ok_or(bad)?;
                let code = match high {
                    0xD800..0xDC00 => {
                        let pair = self.text.get(self.at..self.at + 2) == Some("\\u");
                        self.at += 2;
                        let low = if pair { self.hex() } else { None }
                            .filter(|low| (0xDC00..0xE000).contains(low))
                            .ok_or(bad)?;
                        0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
                    }
                    // PostgreSQL refuses it in JSON, and no business document means it.
                    0 => return Err((codes::NUL, start, "text")),
                    code => code,
                };
                char::from_u32(code).ok_or(bad)?
            }
            _ => return Err(bad),
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// RFC 8259 §6
    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let bad = (codes::BAD_JSON, start, "a number");
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.text.as_bytes()[self.at - whole] == b'0') {
            return Err(bad);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(bad);
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(bad);
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}
