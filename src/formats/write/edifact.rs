//! Writes EDIFACT: UNA, UNB, messages, UNZ, with counts and release characters made here. ISO 9735-1, -2.

use super::{
    OutSet, Segment, Segments, Spot, check_id,
    letters::plain_letter,
    out::{Ending, Out},
    room,
    segments::{Begins, Packed, is_usual},
    too_long, whole,
};
use crate::{
    codes,
    edifact::single_byte,
    fault::Fault,
    guides::{self, Class, ElementSpec, Guide, SegmentSpec},
    piece::{Identity, Standard},
};
use std::{borrow::Cow, io};

/// The characters that an interchange reserves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EdifactDelimiters {
    pub component: char,
    pub element: char,
    pub decimal: char,
    pub release: char,
    /// Used from syntax 4 on; a blank is written in UNA before.
    pub repetition: char,
    pub segment: char,
    /// What follows each segment: nothing, LF, CRLF.
    pub line_end: String,
}

impl Default for EdifactDelimiters {
    fn default() -> Self {
        EdifactDelimiters {
            component: ':',
            element: '+',
            decimal: '.',
            release: '?',
            repetition: '*',
            segment: '\'',
            line_end: "\n".into(),
        }
    }
}

/// The envelope around messages of one directory.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EdifactEnvelope {
    pub sender: Identity,
    pub receiver: Identity,
    /// 0001: `UNOA` to `UNOL`, `UNOY`; says how letters are written.
    pub syntax: String,
    /// 0002: 1 to 4.
    pub syntax_version: u8,
    /// 0020.
    pub control: String,
    /// 0026; empty if none.
    pub application_reference: String,
    pub acknowledgement_requested: bool,
    pub test: bool,
    /// `D96A`, of CONTRL `D3`.
    pub version: String,
    /// 0057: `EAN008`; empty if none.
    pub association: String,
    /// `YYYYMMDD` and `HHMM`, UTC: the caller's clock, this package has none.
    pub date: String,
    pub time: String,
    /// UNA always, or only when the characters aren't the default ones.
    pub una: bool,
    pub header: UnbHeader,
    /// All messages in one functional group; none: in none.
    #[serde(default)]
    pub group: Option<UngHeader>,
    pub delimiters: EdifactDelimiters,
}

/// What UNG says that UNB and UNH don't.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UngHeader {
    /// S006 and S007: the applications.
    pub sender: Identity,
    pub receiver: Identity,
    /// 0048.
    pub control: String,
    /// 0058; empty if none.
    #[serde(default)]
    pub password: String,
}

/// What else UNB says than who, to whom and when; and how letters are written that its character set doesn't have.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct UnbHeader {
    /// 0022 and 0025; empty if none.
    pub password: String,
    pub password_qualifier: String,
    /// 0029; empty if none.
    pub priority: String,
    /// 0032; empty if none.
    pub agreement: String,
    /// Letters without their marks, and capitals only in UNOA; what can't be said so is refused.
    pub transliterate: bool,
    /// What is written for a control character, and for a letter that can't be said.
    #[serde(default)]
    pub substitute: Option<char>,
    /// 0008 and 0014: for whom behind the sender and the receiver; empty if none.
    #[serde(default)]
    pub routing: [String; 2],
    /// UNOA and UNOB have no more than their own characters. Else all of ASCII is let pass, as partners do.
    #[serde(default)]
    pub holds_repertoire: bool,
}

/// One interchange, without groups or with one. With a comma as decimal mark, the points of numeric elements (by the
/// messages' guides) become commas.
pub fn edifact(envelope: &EdifactEnvelope, sets: &[OutSet]) -> Result<Vec<u8>, Fault> {
    let out = Out::kept(room(sets, &envelope.delimiters.line_end));
    whole(edifact_into(envelope, sets, out))
}

/// The same, given on as it is written: 64 kB of it are held. Of what can't be written a part has been given on before
/// that is known.
pub fn edifact_to(
    envelope: &EdifactEnvelope,
    sets: &[OutSet],
    into: &mut dyn io::Write,
) -> io::Result<Result<(), Fault>> {
    Ok(edifact_into(envelope, sets, Out::given(into))?.map(drop))
}

fn edifact_into<'a>(
    envelope: &'a EdifactEnvelope,
    sets: &[OutSet],
    out: Out<'a>,
) -> io::Result<Result<Vec<u8>, Fault>> {
    let plain = plain(envelope);
    let by_comma = envelope.delimiters.decimal == ',';
    let copies = !by_comma
        && !envelope.header.transliterate
        && (0..=u8::MAX).all(|byte| !is_usual(byte) || plain[usize::from(byte)]);
    let ending = Ending::of(envelope.delimiters.segment, &envelope.delimiters.line_end);
    let mut writer = Writer { envelope, out, ordinal: 0, plain, copies, ending, by_comma, guide: None };
    match writer.interchange(sets) {
        Ok(()) => writer.out.end().map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

fn header(e: &EdifactEnvelope) -> Segment {
    let party = |identity: &Identity, routing: &String| {
        vec![vec![identity.id.to_string(), identity.qualifier.to_string(), routing.clone()]]
    };
    let plain = |value: &str| vec![vec![value.to_owned()]];
    let flag = |on: bool| plain(if on { "1" } else { "" });
    Segment {
        id: "UNB".into(),
        elements: vec![
            vec![vec![e.syntax.clone(), e.syntax_version.to_string()]],
            party(&e.sender, &e.header.routing[0]),
            party(&e.receiver, &e.header.routing[1]),
            vec![vec![date(e).to_owned(), e.time.clone()]],
            plain(&e.control),
            vec![vec![e.header.password.clone(), e.header.password_qualifier.clone()]],
            plain(&e.application_reference),
            plain(&e.header.priority),
            flag(e.acknowledgement_requested),
            plain(&e.header.agreement),
            flag(e.test),
        ],
    }
}

/// S004 has a date of six digits up to syntax 3, of eight from 4 on.
fn date(e: &EdifactEnvelope) -> &str {
    if e.syntax_version >= 4 { &e.date } else { e.date.get(2..).unwrap_or("") }
}

struct Writer<'a> {
    envelope: &'a EdifactEnvelope,
    out: Out<'a>,
    /// Segments so far.
    ordinal: u32,
    /// By byte: what stands for itself in every character set, so that most values are copied after one look.
    plain: [bool; 256],
    /// True if all usual bytes are plain: most segments are copied unread.
    copies: bool,
    ending: Ending,
    /// True if numbers have a comma for a point.
    by_comma: bool,
    /// The message's, where it is needed to know which values are numbers.
    guide: Option<&'static Guide>,
}

/// ASCII without what is released and without control characters.
fn plain(envelope: &EdifactEnvelope) -> [bool; 256] {
    let d = &envelope.delimiters;
    let released = [d.component, d.element, d.release, d.segment, d.repetition];
    std::array::from_fn(|byte| {
        let c = char::from(byte as u8);
        matches!(byte, 0x20..0x7F) && !released.contains(&c) && has(envelope, c)
    })
}

impl Writer<'_> {
    fn interchange(&mut self, sets: &[OutSet]) -> Result<(), Fault> {
        let envelope = self.envelope;
        self.una()?;
        // What UNB holds is measured, value by value.
        let copies = std::mem::take(&mut self.copies);
        for segment in Segments::from(vec![header(envelope)]).packed() {
            self.segment(segment)?;
        }
        self.copies = copies;
        let (version, release) = envelope.version.split_at(1.min(envelope.version.len()));
        if let Some(group) = &envelope.group {
            let kind = sets.first().map_or("", |set| &*set.kind);
            let party = |identity: &'_ Identity| [identity.id.to_string(), identity.qualifier.to_string()];
            let ([sender, s_qualifier], [receiver, r_qualifier]) = (party(&group.sender), party(&group.receiver));
            let elements: [&[&str]; 8] = [
                &[kind],
                &[&sender, &s_qualifier],
                &[&receiver, &r_qualifier],
                &[date(envelope), &envelope.time],
                &[&group.control],
                &["UN"],
                &[version, release, &envelope.association],
                &[&group.password],
            ];
            self.plain("UNG", &elements[..if group.password.is_empty() { 7 } else { 8 }])?;
        }
        for set in sets {
            self.guide = self.by_comma.then(|| guides::find(Standard::Edifact, &envelope.version, &set.kind)).flatten();
            let first = self.ordinal;
            self.plain("UNH", &[&[&set.control], &[&set.kind, version, release, "UN", &envelope.association]])?;
            for segment in set.segments.packed() {
                self.segment(segment)?;
            }
            let count = (self.ordinal - first + 1).to_string();
            self.plain("UNT", &[&[&count], &[&set.control]])?;
        }
        let count = sets.len().to_string();
        if let Some(group) = &envelope.group {
            self.plain("UNE", &[&[&count], &[&group.control]])?;
        }
        let count = if envelope.group.is_some() { "1" } else { &*count };
        self.plain("UNZ", &[&[count], &[&envelope.control]])?;
        Ok(())
    }

    fn una(&mut self) -> Result<(), Fault> {
        let d = &self.envelope.delimiters;
        let (reserved, usual) = if self.envelope.syntax_version >= 4 { (d.repetition, '*') } else { (' ', ' ') };
        let characters = [d.component, d.element, d.decimal, d.release, reserved, d.segment];
        let separators = [d.component, d.element, d.release, d.segment];
        let twice = separators.iter().enumerate().any(|(n, c)| separators[..n].contains(c));
        let bad = |c: &char| !c.is_ascii() || c.is_ascii_alphanumeric() || *c == '\0';
        if twice || characters.iter().any(bad) {
            let sentence = "The service characters can't be used: one is used twice, or is no ASCII punctuation.";
            return Err(self
                .spot("UNA", None)
                .fault(codes::CANT_WRITE, sentence.into())
                .expected("different characters of punctuation"));
        }
        if self.envelope.una || characters != [':', '+', '.', '?', usual, '\''] {
            self.out.extend_from_slice(b"UNA");
            self.out.extend(characters.iter().map(|c| *c as u8));
            self.out.extend_from_slice(d.line_end.as_bytes());
        }
        Ok(())
    }

    fn segment(&mut self, segment: Packed) -> Result<(), Fault> {
        let d = &self.envelope.delimiters;
        let [element, component, repetition] = [d.element, d.component, d.repetition].map(|c| c as u8);
        if !(self.copies && segment.copied(element, component, &mut self.out)) {
            let spot = self.spot(segment.id(), None);
            check_id(spot.id, spot)?;
            self.out.extend_from_slice(spot.id.as_bytes());
            let spec = self.guide.and_then(|guide| guide.segments.get(spot.id));
            let (mut position, mut nth) = (0u16, 0);
            for (begins, value) in segment.values() {
                position = position.saturating_add(u16::from(begins == Begins::Element));
                nth = if begins == Begins::Component { nth + 1 } else { 0 };
                let spot = Spot { element: Some(position), ..spot };
                if begins == Begins::Repeat && self.envelope.syntax_version < 4 {
                    return Err(self.cant_repeat(spot));
                }
                self.out.push(begins.with([element, component, repetition]));
                let number = spec.is_some_and(|spec| is_number(spec, position, nth));
                let value = if number { value.replace('.', ",").into() } else { Cow::Borrowed(value) };
                self.value(&value, spot)?;
            }
        }
        self.end();
        Ok(())
    }

    /// A segment of elements that are not repeated, each of its components.
    fn plain(&mut self, id: &str, elements: &[&[&str]]) -> Result<(), Fault> {
        let spot = self.spot(id, None);
        self.out.extend_from_slice(id.as_bytes());
        for (position, components) in (1u16..).zip(elements) {
            self.out.push(self.envelope.delimiters.element as u8);
            let last = components.iter().rposition(|component| !component.is_empty()).map_or(0, |last| last + 1);
            for (n, component) in components[..last].iter().enumerate() {
                if n > 0 {
                    self.out.push(self.envelope.delimiters.component as u8);
                }
                self.value(component, Spot { element: Some(position), ..spot })?;
            }
        }
        self.end();
        Ok(())
    }

    fn end(&mut self) {
        self.out.end_segment(&self.ending);
        self.ordinal += 1;
    }

    fn cant_repeat(&self, spot: Spot) -> Fault {
        let sentence =
            format!("{} is repeated, and syntax {} can't say that.", spot.name(), self.envelope.syntax_version);
        spot.fault(codes::CANT_WRITE, sentence).expected("one value")
    }

    /// A value with what is reserved released, in the interchange's character set.
    fn value(&mut self, value: &str, spot: Spot) -> Result<(), Fault> {
        if spot.id == "UNB" && value.chars().count() > 35 {
            return Err(too_long(spot, value, 35));
        }
        let transliterate = self.envelope.header.transliterate;
        if !transliterate && value.bytes().all(|byte| self.plain[usize::from(byte)]) {
            self.out.extend_from_slice(value.as_bytes());
            return Ok(());
        }
        let d = &self.envelope.delimiters;
        let said = if transliterate { plain_letters(value, self.envelope) } else { None };
        for c in said.as_deref().unwrap_or(value).chars() {
            let c = match self.envelope.header.substitute {
                _ if has(self.envelope, c) => c,
                Some(instead) if has(self.envelope, instead) => instead,
                _ => return Err(self.unwritable(value, c, spot)),
            };
            let repetition = self.envelope.syntax_version >= 4 && c == d.repetition;
            if c == d.component || c == d.element || c == d.release || c == d.segment || repetition {
                self.out.push(d.release as u8);
            }
            match byte(&self.envelope.syntax, c) {
                Some(byte) => self.out.push(byte),
                None => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Ok(())
    }

    fn unwritable(&self, value: &str, c: char, spot: Spot) -> Fault {
        let (name, shown) = (spot.name(), crate::fault::shorten(value, 40));
        let sentence = format!("{name} would be “{shown}”, and {} has no “{}”.", self.envelope.syntax, visible(c));
        let fault = spot.fault(codes::CANT_WRITE, sentence).found(value);
        let remedy = "Change the value, or agree on a character set that has it (`unb_out.syntax`) or on plain letters for it (`unb_out.letters`).";
        fault.expected(format!("characters of {}", self.envelope.syntax)).remedy(remedy)
    }

    fn spot<'b>(&self, id: &'b str, element: Option<u16>) -> Spot<'b> {
        Spot { id, ordinal: self.ordinal + 1, element, byte: self.out.written() }
    }
}

/// True of an element, or a component of one (from 0), that is numeric by its guide.
fn is_number(spec: &SegmentSpec, position: u16, component: usize) -> bool {
    let element = spec.elements.get(usize::from(position).wrapping_sub(1));
    let of = |element: &ElementSpec| match element.components.get(component) {
        Some(part) => part.class == Class::Numeric,
        None => component == 0 && element.class == Class::Numeric,
    };
    element.is_some_and(of)
}

/// True of what the interchange's character set can say. ISO 9735, annex A.
fn has(envelope: &EdifactEnvelope, c: char) -> bool {
    let sign = matches!(c, ' '..='Z') && !matches!(c, '#' | '$' | '@');
    match envelope.syntax.as_str() {
        _ if c.is_control() => false,
        "UNOA" if envelope.header.holds_repertoire => sign,
        "UNOB" if envelope.header.holds_repertoire => sign || c.is_ascii_lowercase(),
        "UNOA" | "UNOB" => c.is_ascii(),
        "UNOW" | "UNOX" | "UNOY" => true,
        syntax => byte(syntax, c).is_some(),
    }
}

/// The byte of a character where the set has bytes for characters; none of what is written as UTF-8, or can't be.
fn byte(syntax: &str, c: char) -> Option<u8> {
    if c.is_ascii() {
        return Some(c as u8);
    }
    if syntax == "UNOC" {
        return u8::try_from(c).ok(); // ISO 8859-1 is the first 256 characters of Unicode
    }
    let mut text = [0; 4];
    let (bytes, _, lacks) = single_byte(syntax)?.encode(c.encode_utf8(&mut text));
    // Windows-1254 has signs where ISO 8859-9, which it is read by, has control characters.
    bytes.first().copied().filter(|byte| !lacks && *byte >= 0xA0)
}

/// A value in letters that a character set has, as far as there are some; none if it has all of them.
fn plain_letters(value: &str, envelope: &EdifactEnvelope) -> Option<String> {
    let syntax = envelope.syntax.as_str();
    let ascii = matches!(syntax, "UNOA" | "UNOB");
    let lower = syntax == "UNOA" && value.bytes().any(|b| b.is_ascii_lowercase());
    let lacks = |c: char| match c.is_ascii() {
        true => !c.is_ascii_lowercase() && !c.is_control() && !has(envelope, c),
        false => ascii || !has(envelope, c),
    };
    if !(lower || value.chars().any(lacks)) {
        return None;
    }
    let mut said = String::new();
    for c in value.chars() {
        match plain_letter(c) {
            Some(plain) if lacks(c) => said.push_str(plain),
            _ => said.push(c),
        }
    }
    Some(if syntax == "UNOA" { said.to_ascii_uppercase() } else { said })
}

/// A character as people know it; one that prints nothing by its number.
fn visible(c: char) -> String {
    if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
}
