//! What the envelopes of X12 and EDIFACT have in common: counts and control numbers, and what a wrong one costs.

use super::scan::{Span, Syntax, cut, unescape};
use crate::{
    codes,
    fault::{Costs, Fault},
    piece::{Policy, Set, Severity},
    place::{At, Place},
};

/// A segment of the envelope: its elements as text.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub id: Box<str>,
    pub span: Span,
    /// Counts from 1, in the set or in the document.
    pub ordinal: u32,
    /// (text, start, end in the segment); the first is the id.
    elements: Vec<(String, usize, usize)>,
    component: Option<u8>,
    release: Option<u8>,
}

impl Service {
    pub fn read(bytes: &[u8], span: Span, ordinal: u32, syntax: &Syntax) -> Self {
        let element = |(start, end)| (String::from_utf8_lossy(&bytes[start..end]).into_owned(), start, end);
        let elements: Vec<_> = cut(bytes, syntax.element, syntax.release).into_iter().map(element).collect();
        let id = elements.first().map_or("", |(id, ..)| id.trim());
        Service { id: id.into(), span, ordinal, component: syntax.component, release: syntax.release, elements }
    }

    /// An element from 1, without padding; empty if it isn't there.
    pub fn element(&self, position: usize) -> String {
        let raw = self.elements.get(position).map_or("", |(text, ..)| text.trim());
        self.plain(raw)
    }

    /// A component from 1 of an element.
    pub fn component(&self, position: usize, component: usize) -> String {
        let raw = self.elements.get(position).map_or("", |(text, ..)| text.as_str());
        let parts =
            self.component.map_or(vec![(0, raw.len())], |separator| cut(raw.as_bytes(), separator, self.release));
        self.plain(parts.get(component - 1).and_then(|(start, end)| raw.get(*start..*end)).unwrap_or("").trim())
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
        let (start, end) = self.elements.get(position).map_or((end, end), |(_, start, end)| (*start, *end));
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
            Some(release) => unescape(raw, release),
            None => raw.to_owned(),
        }
    }
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
