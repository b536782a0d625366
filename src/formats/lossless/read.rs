//! Bytes to items, in little memory whatever the document's size.

use super::{Begin, Delimiters, Element, Item, Segment, Text, Value, write::released};
use crate::{
    edi::{
        fold, lengthy,
        scan::{self, Found, Span, Syntax, is_break, terminator},
    },
    edifact,
    piece::Standard,
    source::Source,
    x12,
};
use std::io::{self, BufRead};

/// The longest segment that is taken apart; a longer one is given as text.
const LONGEST: usize = 16 << 20;
/// The most bytes of one text, and of what stands behind a segment.
const PIECE: usize = 64 * 1024;
/// How much of a header must be there before it is judged.
const REACH: usize = fold::SEEN;
/// Segments of X12 that hold bytes of a length they state.
const LENGTHY: &[&[u8]] = &[b"BIN", b"BDS"];

/// The items of a document, X12 and EDIFACT as they come. An error is the input's own.
pub struct Reader<R> {
    source: Source<R>,
    at: u64,
    delimiters: Option<Delimiters>,
    /// The interchange is cut into lines wherever that falls: breaks are no part of its values.
    folded: bool,
    /// EDIFACT: how many segments stand before the object of a package that is open, and the object's length.
    package: Option<(u64, u64)>,
    /// Where the object that is next ends.
    object: Option<u64>,
    /// A header was announced, and its first segment is next.
    begun: bool,
    /// Inside of a segment that is too long.
    within: bool,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read.
    pub fn new(input: R) -> Self {
        Reader {
            source: Source::new(input),
            at: 0,
            delimiters: None,
            folded: false,
            package: None,
            object: None,
            begun: false,
            within: false,
            done: false,
        }
    }

    fn item(&mut self) -> io::Result<Option<Item>> {
        self.source.release(self.at);
        if let Some(object) = self.object.take().and_then(|end| self.text(end)) {
            return Ok(Some(object));
        }
        match self.delimiters {
            _ if self.within => self.rest(),
            Some(delimiters) => self.segment(delimiters),
            None => self.between(),
        }
    }

    /// Outside of interchanges: text up to the next header, or the header.
    fn between(&mut self) -> io::Result<Option<Item>> {
        let mut at = self.at;
        loop {
            let seen = self.source.from(at);
            let next = memchr::memchr2(b'I', b'U', seen);
            let passed = at + next.unwrap_or(seen.len()) as u64;
            if next.is_some() {
                self.source.want(passed, REACH)?;
                if let Some((delimiters, una)) = header(self.source.from(passed)) {
                    let seen = self.source.from(passed);
                    // As the readers have it: a break within ISA may be part of it.
                    self.folded = match delimiters.standard {
                        Standard::X12 => x12::begins(seen).is_some_and(|syntax| syntax.folded),
                        _ => fold::line(seen, &delimiters.syntax()).is_some(),
                    };
                    self.package = None;
                    return self.begin(passed, delimiters, una).map(Some);
                }
            }
            at = passed + u64::from(next.is_some());
            if at - self.at >= PIECE as u64 {
                return Ok(self.text(at));
            }
            if self.source.from(at).is_empty() && !self.source.fill()? {
                return Ok(self.text(at));
            }
        }
    }

    /// A header that begins at an offset; the text before it goes first.
    fn begin(&mut self, at: u64, delimiters: Delimiters, una: Option<[u8; 6]>) -> io::Result<Item> {
        if let Some(text) = self.text(at) {
            return Ok(text);
        }
        self.at = at + if una.is_some() { 9 } else { 0 };
        (self.delimiters, self.begun) = (Some(delimiters), true);
        let after = if una.is_some() { self.after()? } else { Vec::new() };
        let seen = self.source.from(at);
        let seen = &seen[..seen.len().min(REACH)];
        let crlf = memchr::memchr(b'\n', seen).is_some_and(|end| seen[..end].ends_with(b"\r"));
        Ok(Item::Begin(Begin { byte: at, delimiters, una, after, crlf }))
    }

    /// The bytes up to an offset as text; none if there are none.
    fn text(&mut self, to: u64) -> Option<Item> {
        let bytes = self.source.slice(self.at, to).to_vec();
        let byte = std::mem::replace(&mut self.at, to);
        (!bytes.is_empty()).then_some(Item::Text(Text { byte, bytes }))
    }

    fn segment(&mut self, delimiters: Delimiters) -> io::Result<Option<Item>> {
        // What is left of a long line of blanks.
        let blanks = self.after()?;
        if !blanks.is_empty() {
            let byte = self.at - blanks.len() as u64;
            return Ok(Some(Item::Text(Text { byte, bytes: blanks })));
        }
        if self.begun && delimiters.standard == Standard::X12 {
            return self.isa();
        }
        let syntax = Syntax { folded: self.folded, ..delimiters.syntax() };
        let ids = if delimiters.standard == Standard::X12 { LENGTHY } else { &[] };
        if let Some(Found::Segment(span)) = lengthy::segment(&mut self.source, &syntax, self.at, ids, LONGEST)? {
            return self.binary(span, &delimiters, &syntax).map(Some);
        }
        let span = match scan::segment(&mut self.source, &syntax, self.at, LONGEST)? {
            Found::End => return Ok(None),
            Found::TooLong { .. } => return self.rest(),
            Found::Segment(span) => span,
        };
        if !std::mem::take(&mut self.begun) && self.is_header(span.start, delimiters.standard)? {
            self.delimiters = None;
            return self.between();
        }
        let bytes = self.source.slice(span.start, span.end);
        let elements = elements(bytes, &delimiters, self.folded);
        self.at = span.next;
        let (byte, terminated) = (span.start, span.terminated);
        let mut segment = Segment { byte, elements, terminated, after: Vec::new() };
        self.object = self.object_behind(&segment, &syntax)?;
        if self.object.is_none() {
            segment.after = self.after()?;
        }
        if matches!(segment.id(), b"IEA" | b"UNZ") {
            self.delimiters = None;
        }
        Ok(Some(Item::Segment(segment)))
    }

    /// A segment whose last element is as long as the one before it says, whatever bytes are in it.
    fn binary(&mut self, span: Span, delimiters: &Delimiters, syntax: &Syntax) -> io::Result<Item> {
        // Line breaks between the bytes and the terminator are kept with the bytes.
        let end = if span.terminated { span.next - 1 - syntax.rest().len() as u64 } else { span.end };
        let bytes = self.source.slice(span.start, end);
        let begin = lengthy::head(bytes, syntax).map_or(bytes.len() + 1, |(begin, _)| begin);
        let mut elements = elements(&bytes[..begin - 1], delimiters, self.folded);
        let data = bytes.get(begin..).unwrap_or_default().to_vec();
        elements.push(Element::Plain(Value { bytes: data, written: None }));
        self.at = span.next;
        Ok(Item::Segment(Segment { byte: span.start, elements, terminated: span.terminated, after: self.after()? }))
    }

    /// Where the object of a package ends, if it begins behind this segment and UNP stands behind it. ISO 9735-8.
    fn object_behind(&mut self, segment: &Segment, syntax: &Syntax) -> io::Result<Option<u64>> {
        self.package = match (segment.id(), self.package) {
            (b"UNO", _) => {
                let number = |n| std::str::from_utf8(segment.elements.get(4)?.component(n)).ok()?.trim().parse().ok();
                number(1).map(|length| (number(2).unwrap_or(0), length))
            }
            (_, Some((before, length))) if before > 0 => Some((before - 1, length)),
            _ => None,
        };
        let Some((0, length)) = self.package.filter(|(_, length)| *length <= LONGEST as u64) else { return Ok(None) };
        self.package = None;
        let end = self.at + length;
        self.source.want(self.at, length as usize + 4)?;
        if self.source.end() < end {
            return Ok(None);
        }
        let unp = scan::skip_filler(&mut self.source, end)?;
        self.source.want(unp, 4)?;
        let follows = self.source.from(unp).strip_prefix(b"UNP").and_then(|rest| rest.first()) == Some(&syntax.element);
        Ok(follows.then_some(unp))
    }

    /// True if another interchange's header stands where a segment should.
    fn is_header(&mut self, at: u64, standard: Standard) -> io::Result<bool> {
        let first: &[&[u8]] = if standard == Standard::X12 { &[b"ISA"] } else { &[b"UNA", b"UNB"] };
        if !first.iter().any(|id| self.source.from(at).starts_with(id)) {
            return Ok(false);
        }
        self.source.want(at, REACH)?;
        Ok(header(self.source.from(at)).is_some())
    }

    /// ISA is cut by its element separators only: it holds the other delimiters as values.
    fn isa(&mut self) -> io::Result<Option<Item>> {
        self.begun = false;
        self.source.want(self.at, REACH)?;
        let bytes = self.source.from(self.at);
        let Some((syntax, len)) = x12::header(bytes) else { return self.item() };
        let (element, terminator) = (syntax.element, 1 + syntax.rest().len());
        let isa = &bytes[..len.saturating_sub(terminator)];
        let is_separator = |byte: &u8| *byte == element;
        let folded = self.folded;
        // Where ISA11 and the separators around it stand in a header of the fixed length.
        let kept = isa.iter().enumerate().filter(|(_, byte)| !(folded && is_break(**byte)));
        let around: Vec<usize> = kept.map(|(at, _)| at).skip(81).take(3).collect();
        let parts: Vec<&[u8]> = match around[..] {
            // ISA11 is the separator itself.
            [before, own, behind]
                if [before, own, behind].iter().all(|at| isa[*at] == element)
                    && isa[..before].split(is_separator).count() == 11 =>
            {
                let last = isa[behind + 1..].splitn(5, is_separator);
                isa[..before].split(is_separator).chain([&isa[before + 1..behind]]).chain(last).collect()
            }
            _ => isa.splitn(17, is_separator).collect(),
        };
        let elements = parts.into_iter().map(|raw| Element::Plain(unbroken(raw, folded))).collect();
        let byte = self.at;
        self.at += len as u64;
        Ok(Some(Item::Segment(Segment { byte, elements, terminated: true, after: self.after()? })))
    }

    /// The rest of a segment that is too long, piece by piece.
    fn rest(&mut self) -> io::Result<Option<Item>> {
        let Some(delimiters) = self.delimiters else { return Ok(None) };
        self.source.want(self.at, PIECE)?;
        let bytes = self.source.from(self.at);
        let bytes = &bytes[..bytes.len().min(PIECE)];
        let (found, upto) = terminator(bytes, &Syntax { folded: self.folded, ..delimiters.syntax() });
        self.within = found.is_none() && !bytes.is_empty();
        // A release character at the end of a piece goes with what it releases.
        let len =
            found.map_or(if upto > 0 { upto } else { bytes.len() }, |at| at + 1 + delimiters.syntax().rest().len());
        let to = self.at + len as u64;
        match self.text(to) {
            Some(text) => Ok(Some(text)),
            None => self.item(),
        }
    }

    /// Blanks and line ends from here on, which are passed over; some of them if they are many.
    fn after(&mut self) -> io::Result<Vec<u8>> {
        let from = self.at;
        loop {
            let rest = self.source.from(self.at);
            let blanks = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            let all = blanks == rest.len();
            self.at += blanks as u64;
            if !all || self.at - from > PIECE as u64 || !self.source.fill()? {
                return Ok(self.source.slice(from, self.at).to_vec());
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.item().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

/// The delimiters that a header names which begins here, and UNA's characters.
fn header(bytes: &[u8]) -> Option<(Delimiters, Option<[u8; 6]>)> {
    match bytes.first()? {
        b'I' => x12::begins(bytes).map(|syntax| (Delimiters::of(Standard::X12, &syntax), None)),
        _ => edifact::begins(bytes).map(|(syntax, una)| (Delimiters::of(Standard::Edifact, &syntax), una)),
    }
}

/// Cuts a segment's bytes into its elements.
fn elements(bytes: &[u8], delimiters: &Delimiters, folded: bool) -> Vec<Element> {
    let parts = parts(bytes, Some(delimiters.element), delimiters.release, folded);
    parts.into_iter().map(|part| element(part, delimiters, folded)).collect()
}

fn element(bytes: &[u8], delimiters: &Delimiters, folded: bool) -> Element {
    let release = delimiters.release;
    let components = |bytes| {
        let parts = parts(bytes, delimiters.component, release, folded);
        parts.into_iter().map(|part| value(part, delimiters, folded)).collect::<Vec<Value>>()
    };
    let repeats = parts(bytes, delimiters.repetition, release, folded);
    let [only] = repeats[..] else { return Element::Repeats(repeats.into_iter().map(components).collect()) };
    match components(only) {
        mut one if one.len() == 1 => Element::Plain(one.pop().unwrap_or_default()),
        several => Element::Components(several),
    }
}

/// Cuts bytes at each separator that isn't released.
fn parts(bytes: &[u8], separator: Option<u8>, release: Option<u8>, folded: bool) -> Vec<&[u8]> {
    let Some(separator) = separator else { return vec![bytes] };
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        if Some(bytes[at]) == release {
            at += 1;
            while folded && bytes.get(at).is_some_and(|byte| is_break(*byte)) {
                at += 1;
            }
        } else if bytes[at] == separator {
            parts.push(&bytes[start..at]);
            start = at + 1;
        }
        at += 1;
    }
    parts.push(&bytes[start..]);
    parts
}

fn value(raw: &[u8], delimiters: &Delimiters, folded: bool) -> Value {
    let whole = unbroken(raw, folded);
    let Some(release) = delimiters.release.filter(|release| raw.contains(release)) else { return whole };
    let (mut bytes, mut rest) = (Vec::with_capacity(raw.len()), whole.bytes.iter());
    while let Some(byte) = rest.next() {
        match *byte == release {
            true => bytes.extend(rest.next()),
            false => bytes.push(*byte),
        }
    }
    let mut usual = Vec::with_capacity(raw.len());
    released(&bytes, release, delimiters, &mut usual);
    let written = (usual != raw).then(|| raw.to_vec());
    Value { bytes, written }
}

/// A value without the breaks of the lines that it is cut into.
fn unbroken(raw: &[u8], folded: bool) -> Value {
    match folded && raw.iter().any(|byte| is_break(*byte)) {
        true => {
            let bytes = raw.iter().copied().filter(|byte| !is_break(*byte)).collect();
            Value { bytes, written: Some(raw.to_vec()) }
        }
        false => Value { bytes: raw.to_vec(), written: None },
    }
}
