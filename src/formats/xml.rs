//! Reads XML: one document, one set. Namespaces in XML 1.0; XML 1.0 §4.1 (references).
//!
//! Promise: nothing is expanded or fetched. A document type declaration is passed over if it only names a file, as cXML's
//! does, and refused if it declares anything itself; so is an entity that isn't XML's own. Depth and nodes are bounded.
//! Called by: `reader`. Never: loads a schema or anything else from outside.
//! Tried by: tests/formats

use crate::{
    codes, control, decoded, disguise,
    fault::{Costs, Fault},
    piece::{Piece, Policy, Set, Standard},
    place::{At, Place},
    source::Source,
    tree::{Add, Kind, NodeId, Text, Tree},
    whole::{encoding, foreign_mark, plain_set, read_all},
};
use quick_xml::{
    XmlVersion,
    escape::{EscapeError, resolve_predefined_entity},
    events::{BytesRef, BytesStart, Event, attributes::Attribute},
    name::ResolveResult,
    reader::NsReader,
};
use std::{
    collections::HashMap,
    io::{self, BufRead},
};

const DEEPEST: usize = 100;
const MOST_NODES: usize = 2_000_000;

pub(crate) struct Xml<R> {
    source: Source<R>,
    policy: Policy,
    done: bool,
}

impl<R: BufRead> Xml<R> {
    pub fn new(input: R, policy: Policy) -> Self {
        Xml { source: Source::new(input), policy, done: false }
    }

    fn document(&mut self) -> io::Result<Piece> {
        let bytes = match read_all(&mut self.source, &self.policy)? {
            Ok(bytes) => bytes,
            Err(fault) => return Ok(Piece::Fault(fault)),
        };
        let len = bytes.len();
        let Decoded { text, shifts, utf16 } = match decoded(bytes) {
            Ok(decoded) => decoded,
            Err(fault) => return Ok(Piece::Fault(*fault)),
        };
        if disguise::is_page(&text) {
            return Ok(Piece::Fault(disguise::page(&text)));
        }
        Ok(match parse(&text, utf16) {
            Ok((mut tree, root, namespace, mut faults)) => {
                faults.iter_mut().for_each(|fault| moved(fault, &shifts));
                tree.decoded(shifts, len as u32);
                let mut set = plain_set(Standard::Xml, 0, 0, len as u64, tree);
                (set.kind, set.version, set.faults) = (root, namespace, faults);
                if &*set.kind == "cXML" {
                    cxml(&mut set);
                }
                Piece::Set(Box::new(set))
            }
            Err(mut fault) => {
                moved(&mut fault, &shifts);
                Piece::Fault(*fault)
            }
        })
    }
}

/// A document as text.
struct Decoded {
    text: String,
    shifts: decoded::Shifts,
    utf16: bool,
}

/// The text of a document: in UTF-16 by its first bytes, in a set of one byte a character by its declaration, else in UTF-8.
fn decoded(bytes: Vec<u8>) -> Result<Decoded, Box<Fault>> {
    if let Some(order) = decoded::utf16_order(&bytes) {
        let text = decoded::utf16(&bytes, order);
        let (text, shifts) = text.map_err(|at| Box::new(no_text(&bytes, at, 2, "UTF-16")))?;
        return Ok(Decoded { text, shifts, utf16: true });
    }
    if let Some(name) = foreign_mark(&bytes) {
        return Err(Box::new(encoding(name, 0)));
    }
    if let Some(set) = declared(&bytes).and_then(decoded::single) {
        let (text, shifts) = decoded::decode(&bytes, set);
        return Ok(Decoded { text, shifts, utf16: false });
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|e| Box::new(no_text(e.as_bytes(), e.utf8_error().valid_up_to(), 1, "UTF-8")))?;
    Ok(Decoded { text, shifts: decoded::Shifts::default(), utf16: false })
}

/// The fault of a document with bytes, so many from `at` on, that are no character of its encoding.
fn no_text(bytes: &[u8], at: usize, len: usize, encoding: &str) -> Fault {
    let wrong = &bytes[at.min(bytes.len())..bytes.len().min(at + len)];
    let shown = wrong.iter().map(|byte| format!("{byte:#04X}")).collect::<Vec<_>>().join(" ");
    let (word, verb) = if wrong.len() == 1 { ("byte", "is") } else { ("bytes", "are") };
    let sentence = format!("The {word} {shown} at offset {at} {verb} not valid {encoding}.");
    let place = Place { byte: at as u64, len: wrong.len() as u32, at: At::Node { path: "".into() } };
    Fault::new(codes::ENCODING, place, sentence).found(&shown).expected(encoding)
}

/// The encoding that an XML declaration names. XML 1.0 §4.3.3
pub(crate) fn declared(bytes: &[u8]) -> Option<&str> {
    let head = bytes.strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(&head[..head.len().min(200)], b"?>")?;
    let (_, behind) = std::str::from_utf8(&head[..end]).ok()?.split_once("encoding")?;
    let behind = behind.trim_start().strip_prefix('=')?.trim_start();
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    behind[1..].split_once(quote).map(|(name, _)| name)
}

/// A fault's place as it is in the document's own bytes.
fn moved(fault: &mut Fault, shifts: &decoded::Shifts) {
    let place = &mut fault.place;
    let start = place.byte as u32;
    let end = shifts.before(start.saturating_add(place.len));
    (place.byte, place.len) = (shifts.before(start).into(), end - shifts.before(start));
}

impl<R: BufRead> crate::reader::Pieces for Xml<R> {
    fn next(&mut self) -> Option<io::Result<Piece>> {
        if self.done {
            return None;
        }
        self.done = true;
        Some(self.document())
    }

    fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }
}

/// What a cXML document is stands two levels down, behind its header: `Request`, `Response` or `Message` and there
/// `OrderRequest` or another. Its own number is `payloadID`. cXML Reference Guide 1.2, chapter 3.
fn cxml(set: &mut Set) {
    let tree = &set.tree;
    let Some(root) = tree.named(tree.root(), "cXML").next() else { return };
    let of = |name| tree.named(root, name).next().and_then(|id| tree.value(id));
    let control = of("@payloadID").unwrap_or_default().into();
    let version = of("@version").map_or_else(|| "cXML".to_owned(), |version| format!("cXML {version}"));
    let carries = ["Request", "Message", "Response"].into_iter().find_map(|name| tree.named(root, name).next());
    let elements = carries.into_iter().flat_map(|id| tree.children(id)).filter(|id| tree.kind(*id) == Kind::Element);
    // A response begins with its Status, which is all of it where nothing was asked for.
    let named: Vec<&str> = elements.map(|id| tree.name(id)).collect();
    let kind = named.iter().find(|name| **name != "Status").or(named.first()).copied().unwrap_or("cXML").into();
    (set.kind, set.version, set.control) = (kind, version.into(), control);
}

type Parsed = (Tree, Box<str>, Box<str>, Vec<Fault>);

/// An element that is open.
struct Open {
    node: NodeId,
    start: u32,
    /// Its text so far, if it is more than one piece of raw text.
    text: String,
    /// The raw text, while it is one piece without references.
    raw: Option<(u32, u32)>,
    children: bool,
    /// How many children of each name.
    counts: HashMap<u32, u32>,
}

struct Parser<'a> {
    reader: NsReader<&'a [u8]>,
    /// Bytes of a byte order mark before the reader's own.
    skipped: u32,
    tree: Tree,
    open: Vec<Open>,
    root: Option<(Box<str>, Box<str>)>,
    faults: Vec<Fault>,
    /// The document is in UTF-16.
    utf16: bool,
    /// The first character that XML doesn't have, and where it stands.
    forbidden: Option<(u32, char)>,
}

fn parse(text: &str, utf16: bool) -> Result<Parsed, Box<Fault>> {
    let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let skipped = (text.len() - body.len()) as u32;
    // What fills a file of a fixed size, or ends one of DOS.
    let body = body.trim_end_matches(|c: char| matches!(c, '\0' | '\x1A') || c.is_ascii_whitespace());
    let place = Place { byte: 0, len: text.len() as u32, at: At::Node { path: "".into() } };
    let mut parser = Parser {
        reader: NsReader::from_str(body),
        skipped,
        tree: Tree::over(text.to_owned(), 0, place),
        open: Vec::new(),
        root: None,
        faults: Vec::new(),
        utf16,
        forbidden: control::none_of_xml(body).map(|(at, c)| (at as u32 + skipped, c)),
    };
    if let Some(at) = memchr::memchr(0, body.as_bytes()) {
        return Err(parser.nul(at as u32));
    }
    while parser.event()? {}
    match (parser.root, parser.open.last()) {
        (Some((kind, namespace)), None) => Ok((parser.tree, kind, namespace, parser.faults)),
        (_, Some(open)) => {
            let name = parser.tree.name(open.node).to_owned();
            let sentence = format!("The document ends while the element {name} of byte {} is open.", open.start);
            Err(Box::new(
                Fault::new(codes::NOT_WELL_FORMED, place_of(text.len() as u32, 0, ""), sentence)
                    .expected(format!("</{name}>")),
            ))
        }
        (None, None) => Err(Box::new(
            Fault::new(codes::NOT_WELL_FORMED, place_of(0, 0, ""), "There is no element in the document.")
                .expected("an element"),
        )),
    }
}

impl Parser<'_> {
    /// A NUL, which stands so far behind the byte order mark.
    fn nul(&self, at: u32) -> Box<Fault> {
        let at = at + self.skipped;
        self.fault(codes::NUL, at, format!("There is a NUL character at byte {at}."))
    }

    /// A character that XML doesn't have: as it is, or by its number.
    fn forbidden(&self, what: &str, at: u32) -> Box<Fault> {
        let sentence = format!("{what} at byte {at}, and no XML document may hold it.");
        let mut fault = self.fault(codes::NOT_WELL_FORMED, at, sentence);
        fault.expected = "characters that XML has: no control characters but tab and line end".into();
        fault
    }

    /// A sign of XML's own that stands in text as it is.
    fn bare(&self, sign: &str, what: &str, written: &str, at: u32) -> Box<Fault> {
        let sentence = format!("The “{sign}” at byte {at} begins {what} that can't be read.");
        let mut fault = self.fault(codes::NOT_WELL_FORMED, at, sentence);
        fault.expected = format!("{written} for a “{sign}” in text").into();
        fault
    }

    /// One event; false at the end.
    fn event(&mut self) -> Result<bool, Box<Fault>> {
        let from = self.at();
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = self.skipped + self.reader.error_position() as u32;
                if self.tree.raw(at, 1) == "&" {
                    return Err(self.bare("&", "a reference", "&amp;", at));
                }
                return Err(self.fault(
                    codes::NOT_WELL_FORMED,
                    at,
                    format!("The XML can't be read from byte {at} on: {error}."),
                ));
            }
        };
        if let Some((at, c)) = self.forbidden.filter(|(at, _)| *at < self.at()) {
            return Err(self.forbidden(&format!("The character U+{:04X} stands", c as u32), at));
        }
        match event {
            Event::Start(start) => self.start(&start, from)?,
            Event::Empty(start) => {
                self.start(&start, from)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml_content(XmlVersion::Implicit1_0), from, text.contains('\r'))?,
            Event::CData(text) => self.text(&text.xml_content(XmlVersion::Implicit1_0), from, true)?,
            Event::GeneralRef(reference) => self.reference(&reference, from)?,
            // What a named file would declare is never seen, so a reference to it stays an unknown entity.
            Event::DocType(declared) => {
                if declared.contains('[') {
                    let sentence = format!("The document type declaration at byte {from} declares things of its own.");
                    return Err(self.fault(codes::DOCTYPE, from, sentence));
                }
            }
            Event::Decl(decl) => {
                let name = decl.encoding().and_then(Result::ok).unwrap_or("UTF-8".into());
                self.declares(&name, decl.encoding().is_some(), from)?;
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    /// What a declaration names: one that isn't read is refused, and one that its own bytes belie is told.
    fn declares(&mut self, name: &str, said: bool, from: u32) -> Result<(), Box<Fault>> {
        let utf8 = ["UTF-8", "UTF8", "US-ASCII", "ASCII"].iter().any(|known| name.eq_ignore_ascii_case(known));
        let utf16 = decoded::is_utf16(name);
        if !utf8 && !utf16 && decoded::single(name).is_none() {
            return Err(Box::new(encoding(name, u64::from(from))));
        }
        if said && utf16 != self.utf16 {
            let is = if self.utf16 { "UTF-16" } else { "UTF-8" };
            let sentence =
                format!("The document says that it is in {name}, and its bytes are in {is}: they are read so.");
            let place = Place { byte: from.into(), len: self.at() - from, at: At::Node { path: "".into() } };
            let fault = Fault::new(codes::ENCODING, place, sentence).found(name).expected(is).costs(Costs::Nothing);
            self.faults
                .push(fault.remedy("Nothing is lost by it. The declaration should name what the document is in."));
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart, from: u32) -> Result<(), Box<Fault>> {
        if self.open.len() >= DEEPEST {
            return Err(self.fault(
                codes::TOO_DEEP,
                from,
                format!("At byte {from} elements are nested more than {DEEPEST} deep."),
            ));
        }
        if self.tree.len() >= MOST_NODES {
            return Err(self.fault(
                codes::TOO_MANY_NODES,
                from,
                format!("There are more than {MOST_NODES} elements and attributes."),
            ));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.fault(
                codes::NOT_WELL_FORMED,
                from,
                format!("A second root element begins at byte {from}."),
            ));
        }
        let name = start.name();
        let (space, local) = self.reader.resolver().resolve_element(name);
        let uri = bound(space, name.as_ref())
            .map_err(|p| self.fault(codes::NOT_WELL_FORMED, from, unknown_prefix(&p, from)))?;
        let local = local.into_inner();
        if !local.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()) {
            return Err(self.bare("<", "an element", "&lt;", from));
        }
        let name_id = self.tree.intern(local);
        let parent = self.open.last().map_or(NodeId(0), |open| open.node);
        let extra = match self.open.last_mut() {
            Some(open) => {
                open.children = true;
                let count = open.counts.entry(name_id).or_default();
                *count += 1;
                *count
            }
            None => 1,
        };
        let node = self.tree.add(
            parent,
            Add { kind: Kind::Element, name: name_id, start: from, len: self.at() - from, extra, text: Text::None },
        );
        let prefix = name.prefix().map_or("", |prefix| prefix.into_inner());
        self.tree.set_namespace(node, &uri, prefix);
        if self.root.is_none() {
            self.root = Some((local.into(), uri.into()));
        }
        let open = Open { node, start: from, text: String::new(), raw: None, children: false, counts: HashMap::new() };
        self.open.push(open);
        for attribute in start.attributes() {
            match attribute {
                Ok(attribute) => self.attribute(node, &attribute, from)?,
                Err(error) => {
                    let sentence = format!("The attributes of {local} at byte {from} can't be read: {error}.");
                    return Err(self.fault(codes::NOT_WELL_FORMED, from, sentence));
                }
            }
        }
        Ok(())
    }

    fn attribute(&mut self, element: NodeId, attribute: &Attribute, from: u32) -> Result<(), Box<Fault>> {
        let key = attribute.key;
        if key.as_namespace_binding().is_some() {
            return Ok(());
        }
        // Depth 0: a reference in a replacement is not followed, so nothing grows. The five of XML itself need none.
        let value = attribute.normalized_value_with(XmlVersion::Implicit1_0, 1, resolve_predefined_entity);
        let value = value.map_err(|error| self.bad_value(key.as_ref(), &error, from))?;
        if !value.chars().all(control::is_of_xml)
            && let Some((at, c)) = control::referred(self.tree.raw(from, self.at() - from))
        {
            return Err(self.forbidden(&refers(c), from + at as u32));
        }
        let (space, local) = self.reader.resolver().resolve_attribute(key);
        let uri = bound(space, key.as_ref())
            .map_err(|p| self.fault(codes::NOT_WELL_FORMED, from, unknown_prefix(&p, from)))?;
        let name = self.tree.intern(&format!("@{}", local.into_inner()));
        let len = self.at() - from;
        let node =
            self.tree.add(element, Add { kind: Kind::Attribute, name, start: from, len, extra: 1, text: Text::Apart });
        self.tree.set_value(node, &value);
        let prefix = key.prefix().map_or("", |prefix| prefix.into_inner());
        self.tree.set_namespace(node, &uri, prefix);
        Ok(())
    }

    /// The fault of an attribute's value: an ampersand that stands in it as it is, or a reference to what nobody declared.
    fn bad_value(&self, name: &str, error: &quick_xml::Error, from: u32) -> Box<Fault> {
        // Attributes are read in their order: what is wrong first in the tag is what could not be read.
        if let Some(at) = bare_ampersand(self.tree.raw(from, self.at() - from)) {
            let mut fault = self.bare("&", "a reference", "&amp;", from + at as u32);
            fault.expected = "&amp; for a “&” in the value of an attribute".into();
            return fault;
        }
        let what = match error {
            quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, entity)) => {
                format!("has a reference to the entity “{}”", crate::fault::shorten(entity, 40))
            }
            _ => format!("can't be read: {error}"),
        };
        self.fault(codes::ENTITY, from, format!("The attribute {name} of the element at byte {from} {what}."))
    }

    /// Text of the element that is open; `changed` if it isn't just its bytes.
    fn text(&mut self, text: &str, from: u32, changed: bool) -> Result<(), Box<Fault>> {
        let to = self.at();
        let Some(open) = self.open.last_mut() else {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => Err(self.fault(
                    codes::NOT_WELL_FORMED,
                    from,
                    format!("There is text outside of the root element at byte {from}."),
                )),
            };
        };
        match (&open.raw, open.text.is_empty(), changed) {
            (None, true, false) => open.raw = Some((from, to)),
            (raw, ..) => {
                if let Some((from, to)) = raw {
                    open.text.push_str(self.tree.raw(*from, to - from));
                }
                open.raw = None;
                open.text.push_str(text);
            }
        }
        Ok(())
    }

    /// `&amp;`, `&#65;`; any other is refused. XML 1.0 §4.6
    fn reference(&mut self, reference: &BytesRef, from: u32) -> Result<(), Box<Fault>> {
        let name: &str = reference;
        let text = match reference.resolve_char_ref() {
            Ok(Some(c)) if !control::is_of_xml(c) => return Err(self.forbidden(&refers(c), from)),
            Ok(Some(c)) => Some(c.to_string()),
            Ok(None) => resolve_predefined_entity(name).map(str::to_owned),
            Err(_) => None,
        };
        match text {
            Some(text) => self.text(&text, from, true),
            None => {
                let sentence =
                    format!("There is a reference to the entity “{}” at byte {from}.", crate::fault::shorten(name, 40));
                Err(self.fault(codes::ENTITY, from, sentence))
            }
        }
    }

    fn end(&mut self) {
        let to = self.at();
        let Some(open) = self.open.pop() else { return };
        self.tree.set_len(open.node, to - open.start);
        let blank = |text: &str| text.trim().is_empty();
        match open.raw {
            Some((from, to)) if !(open.children && blank(self.tree.raw(from, to - from))) => {
                self.tree.set_raw(open.node, from, to - from)
            }
            None if !(open.children && blank(&open.text)) => self.tree.set_value(open.node, &open.text),
            _ => {}
        }
    }

    fn at(&self) -> u32 {
        self.skipped + self.reader.buffer_position() as u32
    }

    fn fault(&self, code: &str, byte: u32, sentence: String) -> Box<Fault> {
        let expected = match code {
            codes::NUL => "text",
            codes::DOCTYPE => "a document type without [ ]",
            codes::ENTITY => "one of &amp; &lt; &gt; &quot; &apos;, or a character by its number",
            codes::TOO_DEEP => "less depth",
            codes::TOO_MANY_NODES => "fewer elements and attributes",
            _ => "well-formed XML",
        };
        let path = self.open.last().map(|open| self.tree.place(open.node).at);
        let at = path.unwrap_or(At::Node { path: "".into() });
        let from = byte as usize;
        let mut to = (from + 40).min(self.tree.raw(0, self.reader_len()).len());
        let text = self.tree.raw(0, self.reader_len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let found = text.get(from..to).unwrap_or("");
        Box::new(
            Fault::new(code, Place { byte: u64::from(byte), len: 0, at }, sentence).found(found).expected(expected),
        )
    }

    fn reader_len(&self) -> u32 {
        self.tree.place(NodeId(0)).len
    }
}

/// What is said of a reference to a character that XML doesn't have.
fn refers(c: char) -> String {
    format!("A reference to the character U+{:04X} stands", c as u32)
}

/// Where an ampersand stands that begins no reference: no name with a semicolon behind it.
fn bare_ampersand(tag: &str) -> Option<usize> {
    let begins_none = |at: &usize| {
        let rest = &tag[at + 1..];
        let name = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '_' | '-' | '.' | ':'));
        !name.is_some_and(|end| end > 0 && rest[end..].starts_with(';'))
    };
    memchr::memchr_iter(b'&', tag.as_bytes()).find(begins_none)
}

/// The namespace's URI, empty if none; `Err` is a prefix that nobody declared.
fn bound(space: ResolveResult, name: &str) -> Result<String, String> {
    match space {
        ResolveResult::Bound(space) => Ok(space.into_inner().to_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(_) => Err(name.to_owned()),
    }
}

fn unknown_prefix(name: &str, from: u32) -> String {
    format!("The prefix of “{name}” at byte {from} is not declared.")
}

fn place_of(byte: u32, len: u32, path: &str) -> Place {
    Place { byte: u64::from(byte), len, at: At::Node { path: path.into() } }
}
