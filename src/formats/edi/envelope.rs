//! What the envelopes of X12 and EDIFACT have in common: counts and control numbers, and what a wrong one costs.

use super::{
    collect::most_segments,
    faults::Faults,
    scan::{Span, Syntax, unescape},
    text::Charset,
};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides,
    piece::{Policy, Set, Severity, Standard},
    place::{At, Place},
    policy::tolerated,
};
use std::{borrow::Cow, ops::RangeInclusive};

/// How many parts of a segment are looked at: no segment of an envelope has more.
const MOST: usize = 16;

/// A segment of the envelope: its elements as text.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub span: Span,
    /// Counts from 1, in the set or in the document.
    pub ordinal: u32,
    bytes: Kept,
    /// (start, end) in `bytes` of the first ones; the very first is the id.
    elements: [(u32, u32); MOST],
    len: usize,
    component: Option<u8>,
    release: Option<u8>,
    folded: bool,
    charset: Charset,
}

/// A segment's bytes, as text if they are.
#[derive(Debug, Clone)]
enum Kept {
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

impl Kept {
    fn of(bytes: &[u8]) -> Kept {
        match std::str::from_utf8(bytes) {
            Ok(text) => Kept::Text(text.into()),
            Err(_) => Kept::Bytes(bytes.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Kept::Text(text) => text.as_bytes(),
            Kept::Bytes(bytes) => bytes,
        }
    }

    /// What is no UTF-8 is read in the interchange's set.
    fn text(&self, range: std::ops::Range<usize>, charset: Charset) -> Cow<'_, str> {
        match self {
            Kept::Bytes(bytes) => charset.decode(bytes.get(range).unwrap_or_default()),
            Kept::Text(text) if text.is_char_boundary(range.start) && text.is_char_boundary(range.end) => {
                text.get(range).unwrap_or_default().into()
            }
            _ => String::from_utf8_lossy(self.bytes().get(range).unwrap_or_default()),
        }
    }
}

impl Service {
    pub fn read(bytes: &[u8], span: Span, ordinal: u32, syntax: &Syntax) -> Self {
        let (mut elements, mut len) = ([(0, 0); MOST], 0);
        for (nth, place) in elements.iter_mut().enumerate() {
            let before = if nth == 0 { None } else { Some(len) };
            let Some((start, end)) = part(bytes, before, syntax.element, syntax.release) else { break };
            *place = (start as u32, end as u32);
            len = end;
        }
        let count = elements.iter().skip(1).take_while(|(start, _)| *start > 0).count();
        let Syntax { component, release, folded, .. } = *syntax;
        let (bytes, charset) = (Kept::of(bytes), Charset::Utf8);
        Service { span, ordinal, component, release, folded, bytes, elements, len: count, charset }
    }

    /// The same, of an interchange in this set.
    pub fn in_charset(self, charset: Charset) -> Self {
        Service { charset, ..self }
    }

    /// The name of the set that the interchange says to be in.
    pub fn charset_name(&self) -> &'static str {
        self.charset.single().unwrap_or("UTF-8")
    }

    /// The first element in UTF-8 that isn't ASCII, and its first character that isn't, where the interchange says to be in
    /// a set of single bytes. Beside others that are no UTF-8 it may be so by chance.
    pub fn in_utf8(&self) -> Option<(usize, char)> {
        let whole = matches!(self.bytes, Kept::Text(_));
        self.charset.single()?;
        (1..=self.len).find_map(|position| {
            let (start, end) = self.elements.get(position).copied()?;
            let value = std::str::from_utf8(self.bytes.bytes().get(start as usize..end as usize)?).ok()?;
            let meant = whole || value.chars().all(|c| self.charset.may_mean(c));
            Some((position, value.chars().find(|c| meant && !c.is_ascii())?))
        })
    }

    /// The id, without padding.
    pub fn id(&self) -> Box<str> {
        self.raw(0).trim().into()
    }

    /// An element from 1, without padding; empty if it isn't there.
    pub fn element(&self, position: usize) -> String {
        self.text(position).into_owned()
    }

    /// The same, which mostly takes no memory.
    pub fn text(&self, position: usize) -> Cow<'_, str> {
        match (self.raw(position), self.release) {
            (raw, Some(release)) if raw.as_bytes().contains(&release) => unescape(raw.trim(), release).into(),
            (Cow::Borrowed(raw), _) => raw.trim().into(),
            (Cow::Owned(raw), _) => raw.trim().to_owned().into(),
        }
    }

    /// True if an element isn't there, or is empty or blank.
    pub fn lacks(&self, position: usize) -> bool {
        self.raw(position).trim().is_empty()
    }

    /// A component from 1 of an element.
    pub fn component(&self, position: usize, component: usize) -> String {
        let raw = self.raw(position);
        self.plain(self.parts(&raw).nth(component.wrapping_sub(1)).unwrap_or(""))
    }

    /// The first components of an element; those that aren't there are empty.
    pub fn components<const N: usize>(&self, position: usize) -> [String; N] {
        let raw = self.raw(position);
        let mut parts = self.parts(&raw);
        std::array::from_fn(|_| self.plain(parts.next().unwrap_or("")))
    }

    /// The components of an element's bytes, without padding.
    fn parts<'a>(&self, raw: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let (separator, release, mut before) = (self.component, self.release, None);
        std::iter::from_fn(move || {
            let (start, end) = match separator {
                Some(separator) => part(raw.as_bytes(), before, separator, release)?,
                None => Some((0, raw.len())).filter(|_| before.is_none())?,
            };
            before = Some(end);
            Some(raw.get(start..end).unwrap_or("").trim())
        })
    }

    fn raw(&self, position: usize) -> Cow<'_, str> {
        let place = self.elements.get(position).filter(|_| position <= self.len);
        let raw = place.map_or("".into(), |(start, end)| self.bytes.text(*start as usize..*end as usize, self.charset));
        match self.folded && raw.contains(['\r', '\n']) {
            true => raw.replace(['\r', '\n'], "").into(),
            false => raw,
        }
    }

    /// Number of elements, without the id.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The place of the whole segment.
    pub fn place(&self) -> Place {
        let at = At::Segment { ordinal: self.ordinal, id: self.id(), element: None, component: None, repeat: 1 };
        Place { byte: self.span.start, len: (self.span.end - self.span.start) as u32, at }
    }

    /// The place of a component of an element, of no length at the element's end if it is missing.
    pub fn place_of_component(&self, position: usize, number: u16) -> Place {
        let mut place = self.place_of(position);
        let from = (place.byte - self.span.start) as usize;
        let raw = self.bytes.bytes().get(from..from + place.len as usize).unwrap_or_default();
        let mut before = None;
        let mut parts = std::iter::from_fn(|| {
            let found = part(raw, before, self.component?, self.release)?;
            before = Some(found.1);
            Some(found)
        });
        let (start, end) = parts.nth(usize::from(number).saturating_sub(1)).unwrap_or((raw.len(), raw.len()));
        (place.byte, place.len) = (place.byte + start as u64, (end - start) as u32);
        if let At::Segment { component, .. } = &mut place.at {
            *component = Some(number);
        }
        place
    }

    /// The place of an element, of no length if it is missing.
    pub fn place_of(&self, position: usize) -> Place {
        let end = (self.span.end - self.span.start) as usize;
        let (start, end) = self
            .elements
            .get(position)
            .filter(|_| position <= self.len)
            .map_or((end, end), |(start, end)| (*start as usize, *end as usize));
        let at = At::Segment {
            ordinal: self.ordinal,
            id: self.id(),
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

/// The first part of bytes that are cut at each `separator` that isn't released, or the one behind a part that ends at
/// `before`.
fn part(bytes: &[u8], before: Option<usize>, separator: u8, release: Option<u8>) -> Option<(usize, usize)> {
    let start = before.map_or(0, |end| end + 1);
    if start > bytes.len() {
        return None;
    }
    let mut at = start;
    while at < bytes.len() && bytes[at] != separator {
        at += if Some(bytes[at]) == release { 2 } else { 1 };
    }
    Some((start, at.min(bytes.len())))
}

/// `are 2 groups in the interchange`, `is 1 group in the interchange`: the first word loses its s.
pub(crate) fn counted_of(n: u64, what: &str) -> String {
    match (n, what.split_once(' ')) {
        (1, Some((one, rest))) => format!("is 1 {} {rest}", one.trim_end_matches('s')),
        (1, None) => format!("is 1 {}", what.trim_end_matches('s')),
        _ => format!("are {n} {what}"),
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
    /// A count that is wrong: none of those that there may be said to be. Leading zeros are daily life.
    pub fn count(&self, right: RangeInclusive<u32>, policy: &Policy) -> Option<Fault> {
        if self.counts(&right) {
            return None;
        }
        let stated = self.trailer.element(self.position);
        let counted = right.start();
        let name = format!("{}{:02}", self.trailer.id(), self.position);
        let says = if stated.is_empty() { "nothing".into() } else { format!("“{stated}”") };
        let sentence = format!("{name} says {says}, and there {}.", counted_of((*counted).into(), self.what));
        let fault = Fault::new(self.code, self.trailer.place_of(self.position), sentence);
        by_severity(fault.found(&stated).expected(counted.to_string()), policy.counts)
    }

    /// True if the count is one of the right ones.
    fn counts(&self, right: &RangeInclusive<u32>) -> bool {
        let is_right = |stated: &str| stated.parse().is_ok_and(|stated| right.contains(&stated));
        is_right(self.trailer.raw(self.position).trim()) || is_right(&self.trailer.text(self.position))
    }

    /// A control number that differs from the header's; by leading zeros only is no more than a note.
    pub fn control(&self, header: &str, header_name: &str, policy: &Policy) -> Option<Fault> {
        let stated = self.trailer.element(self.position);
        if stated == header {
            return None;
        }
        let name = format!("{}{:02}", self.trailer.id(), self.position);
        let is = if stated.is_empty() { "missing".to_owned() } else { format!("“{stated}”") };
        let sentence = format!("{name} is {is}, and {header_name} is “{header}”.");
        let fault =
            Fault::new(self.code, self.trailer.place_of(self.position), sentence).found(&stated).expected(header);
        let only_zeros = !header.is_empty() && stated.trim_start_matches('0') == header.trim_start_matches('0');
        if only_zeros { Some(fault.costs(Costs::Nothing)) } else { by_severity(fault, policy.counts) }
    }
}

/// Checks a set's trailer: its count of segments, and its control number against the header's, which stands at `position`
/// of it. What is no number, or isn't there, has a fault of its own by a guide, and the same number that is wrong in both
/// has one.
pub(crate) fn check_trailer(
    header: (&Service, usize),
    trailer: &Service,
    (segments, what): (RangeInclusive<u32>, &str),
    policy: &Policy,
    faults: &mut Faults,
) {
    let (header, position) = header;
    let count = Statement { code: codes::SET_COUNT, trailer, position: 1, what };
    let stated = header.text(position);
    if faults.count() == 0 && count.counts(&segments) && trailer.text(2) == stated {
        return; // most sets: no name and no place is asked for
    }
    let name = format!("{}{position:02}", header.id());
    let [count_at, control_at] = [1, 2].map(|position| trailer.place_of(position));
    let control = Statement { code: codes::SET_CONTROL, trailer, position: 2, what: "" };
    if !faults.refuse(&count_at, &[codes::WRONG_CHARACTERS, codes::MISSING_ELEMENT]) {
        count.count(segments, policy).into_iter().for_each(|fault| faults.push(fault));
    }
    // A header without a number says so itself.
    if !stated.is_empty() && !faults.refuse(&control_at, &[codes::MISSING_ELEMENT]) {
        control.control(&stated, &name, policy).into_iter().for_each(|fault| faults.push(fault));
    }
    faults.tell_once(&header.place_of(position), &control_at);
}

/// A fault about counts, as the agreement takes it.
pub(crate) fn by_severity(fault: Fault, severity: Severity) -> Option<Fault> {
    match severity {
        Severity::Ignore => None,
        Severity::Warn => Some(tolerated(fault, Costs::Nothing)),
        Severity::Reject => Some(fault),
    }
}

/// `, nor its group GE, nor its interchange IEA,`: what has no trailer either where something inside of it has none.
pub(crate) fn nor(group: Option<&str>, interchange: Option<&str>) -> String {
    let group = group.map(|id| format!(", nor its group {id}"));
    let interchange = interchange.map(|id| format!(", nor its interchange {id}"));
    let around: String = group.into_iter().chain(interchange).collect();
    if around.is_empty() { around } else { around + "," }
}

/// What a segment that nothing ends lacks.
pub(crate) const TERMINATOR: &str = "the segment terminator";

/// The fault of a set that no guide is found for: of its version, or of its kind at all.
pub(crate) fn unguided(set: &Set, place: Place) -> Option<Fault> {
    let Set { kind, version, .. } = set;
    if kind.is_empty() || version.is_empty() {
        return None;
    }
    let fault = match guides::knows(set.standard, kind) {
        true => {
            let sentence = format!("There is no guide for {kind} in {version}: its segments were not checked.");
            // `4010`, `d96a`.
            let meant = format!(
                "{:0>width$}",
                version.to_uppercase(),
                width = if set.standard == Standard::X12 { 6 } else { 0 }
            );
            match meant != **version && guides::find(set.standard, &meant, kind).is_some() {
                true => Fault::new(codes::NO_GUIDE, place, format!("{sentence} There is one for {meant}."))
                    .expected(meant)
                    .remedy("Ask the sender to write the version as the standard does."),
                false => Fault::new(codes::NO_GUIDE, place, sentence)
                    .expected("a set and version that there is a guide for")
                    .remedy(own_guide(set)),
            }
        }
        false => {
            let sentence = format!("No guide knows sets of the kind {kind}: its segments were not checked.");
            Fault::new(codes::UNKNOWN_SET, place, sentence).expected("a kind of set that there is a guide for")
        }
    };
    Some(fault.found(kind))
}

/// How a set whose version no guide is compiled in for is checked nonetheless.
fn own_guide(set: &Set) -> String {
    let nearest = guides::nearest(set.standard, &set.version, &set.kind).unwrap_or_default();
    format!(
        "To have it checked, write a guide of your own, a file that says `extends: {nearest}`, `version: \"{}\"` and \
         what differs, and name it in `--guide` or in the agreement's `guides:`.",
        set.version
    )
}

/// What stands where no set is open and can't be read there.
pub(crate) fn outside(place: Place, sentence: &str, found: &str, expected: &str) -> Fault {
    Fault::new(codes::OUTSIDE_SET, place, sentence).found(found).expected(expected)
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

/// The fault of a set that has more bytes or more segments than are read.
pub(crate) fn too_long(set: &Set, policy: &Policy, id: &str) -> Fault {
    let (bytes, segments) = (policy.max_set_bytes, most_segments(policy.max_set_bytes));
    let (found, is, allowed) = match set.len > bytes as u64 {
        true => (set.len, "is {} bytes long", format!("{bytes} bytes")),
        false => (set.segments.into(), "has {} segments", format!("{segments} segments")),
    };
    let is = is.replace("{}", &found.to_string());
    let sentence = format!("The set at byte {} {is}; at most {allowed} are read.", set.byte);
    let at = At::Segment { ordinal: 1, id: id.into(), element: None, component: None, repeat: 1 };
    let place = Place { byte: set.byte, len: u32::try_from(set.len).unwrap_or(u32::MAX), at };
    Fault::new(codes::TOO_LONG, place, sentence).found(&found.to_string()).expected(format!("at most {allowed}"))
}
