//! What the envelopes of X12 and EDIFACT have in common: counts and control numbers, and what a wrong one costs.

use super::scan::{Span, Syntax, cut, unescape};
use crate::{
    codes,
    fault::{Costs, Fault},
    piece::{Policy, Set, Severity},
    place::{At, Place},
};
use std::borrow::Cow;

/// A segment of the envelope: its elements as text.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub id: Box<str>,
    pub span: Span,
    /// Counts from 1, in the set or in the document.
    pub ordinal: u32,
    bytes: Box<[u8]>,
    /// (start, end) in `bytes`; the first is the id.
    elements: Vec<(usize, usize)>,
    component: Option<u8>,
    release: Option<u8>,
}

impl Service {
    pub fn read(bytes: &[u8], span: Span, ordinal: u32, syntax: &Syntax) -> Self {
        let elements = cut(bytes, syntax.element, syntax.release);
        let id = elements.first().and_then(|(start, end)| bytes.get(*start..*end)).unwrap_or_default();
        let id = String::from_utf8_lossy(id).trim().into();
        let (component, release) = (syntax.component, syntax.release);
        Service { id, span, ordinal, component, release, bytes: bytes.into(), elements }
    }

    /// An element from 1, without padding; empty if it isn't there.
    pub fn element(&self, position: usize) -> String {
        self.plain(self.raw(position).trim())
    }

    /// True if an element isn't there, or is empty or blank.
    pub fn lacks(&self, position: usize) -> bool {
        self.raw(position).trim().is_empty()
    }

    /// A component from 1 of an element.
    pub fn component(&self, position: usize, component: usize) -> String {
        let raw = self.raw(position);
        let part = match self.component {
            Some(separator) => part(raw.as_bytes(), separator, self.release, component),
            None => (component == 1).then_some((0, raw.len())),
        };
        self.plain(part.and_then(|(start, end)| raw.get(start..end)).unwrap_or("").trim())
    }

    fn raw(&self, position: usize) -> Cow<'_, str> {
        let raw = self.elements.get(position).and_then(|(start, end)| self.bytes.get(*start..*end));
        String::from_utf8_lossy(raw.unwrap_or_default())
    }

    /// Number of elements, without the id.
    pub fn len(&self) -> usize {
        self.elements.len() - 1
    }

    /// The place of the whole segment.
    pub fn place(&self) -> Place {
        let at = At::Segment { ordinal: self.ordinal, id: self.id.clone(), element: None, component: None, repeat: 1 };
        Place { byte: self.span.start, len: (self.span.end - self.span.start) as u32, at }
    }

    /// The place of an element, of no length if it is missing.
    pub fn place_of(&self, position: usize) -> Place {
        let end = (self.span.end - self.span.start) as usize;
        let (start, end) = self.elements.get(position).copied().unwrap_or((end, end));
        let at = At::Segment {
            ordinal: self.ordinal,
            id: self.id.clone(),
            element: Some(position as u16),
            component: None,
            repeat: 1,
        };
        Place { byte: self.span.start + start as u64, len: (end - start) as u32, at }
    }

    fn plain(&self, raw: &str) -> String {
        match self.release {
            Some(release) if raw.as_bytes().contains(&release) => unescape(raw, release),
            _ => raw.to_owned(),
        }
    }
}

/// Where the nth part from 1 stands, of bytes cut at each `separator` that isn't released.
fn part(bytes: &[u8], separator: u8, release: Option<u8>, nth: usize) -> Option<(usize, usize)> {
    let (mut start, mut at, mut count) = (0, 0, 1);
    while at < bytes.len() {
        if Some(bytes[at]) == release {
            at += 1;
        } else if bytes[at] == separator {
            if count == nth {
                return Some((start, at));
            }
            (start, count) = (at + 1, count + 1);
        }
        at += 1;
    }
    (count == nth).then_some((start, bytes.len()))
}

/// A trailer's statement, checked against what was read.
pub(crate) struct Statement<'a> {
    pub code: &'static str,
    pub trailer: &'a Service,
    pub position: usize,
    /// `segments`, `sets`, `groups`.
    pub what: &'a str,
}

impl Statement<'_> {
    /// A count that is wrong. Leading zeros are daily life.
    pub fn count(&self, counted: u32, policy: &Policy) -> Option<Fault> {
        let stated = self.trailer.element(self.position);
        if stated.parse() == Ok(u64::from(counted)) {
            return None;
        }
        let name = format!("{}{:02}", self.trailer.id, self.position);
        let says = if stated.is_empty() { "nothing".into() } else { format!("“{stated}”") };
        let sentence = format!("{name} says {says}, and there are {counted} {}.", self.what);
        let fault = Fault::new(self.code, self.trailer.place_of(self.position), sentence);
        by_policy(fault.found(&stated).expected(counted.to_string()), policy)
    }

    /// A control number that differs from the header's; by leading zeros only is no more than a note.
    pub fn control(&self, header: &str, header_name: &str, policy: &Policy) -> Option<Fault> {
        let stated = self.trailer.element(self.position);
        if stated == header {
            return None;
        }
        let name = format!("{}{:02}", self.trailer.id, self.position);
        let sentence = format!("{name} is “{stated}”, and {header_name} is “{header}”.");
        let fault =
            Fault::new(self.code, self.trailer.place_of(self.position), sentence).found(&stated).expected(header);
        let only_zeros = !header.is_empty() && stated.trim_start_matches('0') == header.trim_start_matches('0');
        if only_zeros { Some(fault.costs(Costs::Nothing)) } else { by_policy(fault, policy) }
    }
}

/// A fault about counts, as the agreement takes it.
pub(crate) fn by_policy(fault: Fault, policy: &Policy) -> Option<Fault> {
    match policy.counts {
        Severity::Ignore => None,
        Severity::Warn => Some(fault.costs(Costs::Nothing)),
        Severity::Reject => Some(fault),
    }
}

/// The fault of a document without a byte of content.
pub(crate) fn nothing_there(end: u64) -> Fault {
    let sentence = match end {
        0 => "The file is empty.".to_owned(),
        n => format!("The file has {n} bytes, and all of them are blank."),
    };
    Fault::new(codes::EMPTY, file_place(0, 0), sentence).expected("a document")
}

/// A place in the file as a whole.
pub(crate) fn file_place(byte: u64, len: u64) -> Place {
    Place { byte, len: u32::try_from(len).unwrap_or(u32::MAX), at: At::Node { path: "".into() } }
}

pub(crate) fn too_long(set: &Set, policy: &Policy, id: &str) -> Fault {
    let sentence =
        format!("The set at byte {} is {} bytes long; {} are allowed.", set.byte, set.len, policy.max_set_bytes);
    let at = At::Segment { ordinal: 1, id: id.into(), element: None, component: None, repeat: 1 };
    let place = Place { byte: set.byte, len: u32::try_from(set.len).unwrap_or(u32::MAX), at };
    Fault::new(codes::TOO_LONG, place, sentence)
        .found(&set.len.to_string())
        .expected(format!("at most {} bytes", policy.max_set_bytes))
}
