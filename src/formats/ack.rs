//! Acknowledgements made from faults: the 997. X12 997, elements 715 to 723.
//!
//! Promise: what a fault says of its place stands in AK3 and AK4; counts are made here.
//! Called by: `emit`. Never: numbers or sends anything; ST, SE and the envelope are the writer's.
//! Tried by: tests/formats

use crate::{
    codes::{self, X12Code},
    fault::{Costs, Fault},
    guides,
    piece::{Group, GroupEnd, Set, Standard},
    place::At,
    write::Segment,
};

/// How a group or a set was taken: elements 715 and 717.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckCode {
    Accepted,
    /// Accepted, but errors were noted.
    WithErrors,
    /// Some sets of the group were rejected.
    Partly,
    Rejected,
}

impl AckCode {
    /// `A`, `E`, `P`, `R`.
    pub fn as_str(self) -> &'static str {
        match self {
            AckCode::Accepted => "A",
            AckCode::WithErrors => "E",
            AckCode::Partly => "P",
            AckCode::Rejected => "R",
        }
    }
}

/// What became of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOutcome {
    /// `850`.
    pub kind: Box<str>,
    /// ST02.
    pub control: Box<str>,
    pub accepted: bool,
    pub faults: Vec<Fault>,
}

impl From<&Set> for SetOutcome {
    fn from(set: &Set) -> Self {
        let (kind, control) = (set.kind.clone(), set.control.clone());
        SetOutcome { kind, control, accepted: set.accepted(), faults: set.faults.clone() }
    }
}

/// A 997 in the making: sets are told one by one, so that a group of a million needs no list of them.
#[derive(Debug)]
pub struct Functional997 {
    body: Vec<Segment>,
    version: Box<str>,
    include_accepted: bool,
    received: u32,
    accepted: u32,
    with_errors: bool,
}

/// The body of a 997 (AK1 to AK9) for a group that has been read, and how the group was taken. `end` is its trailer;
/// `include_accepted` asks for an AK2 loop for each set instead of the refused ones only.
pub fn functional_997(
    group: &Group,
    end: Option<&GroupEnd>,
    sets: &[SetOutcome],
    include_accepted: bool,
) -> (Vec<Segment>, AckCode) {
    let mut acknowledgement = Functional997::new(group, include_accepted);
    sets.iter().for_each(|set| acknowledgement.set(set));
    acknowledgement.finish(end)
}

impl Functional997 {
    /// For a group, at its header.
    pub fn new(group: &Group, include_accepted: bool) -> Self {
        let body = vec![Segment::plain("AK1", [&*group.functional_id, &*group.control])];
        let version = group.version.clone();
        Functional997 { body, version, include_accepted, received: 0, accepted: 0, with_errors: false }
    }

    /// One more set of the group.
    pub fn set(&mut self, set: &SetOutcome) {
        self.received += 1;
        self.accepted += u32::from(set.accepted);
        // A note costs nothing and is none of the sender's business here; what costs a segment is.
        let told: Vec<&Fault> = set.faults.iter().filter(|fault| fault.costs > Costs::Nothing).collect();
        self.with_errors |= set.accepted && !told.is_empty();
        if set.accepted && !self.include_accepted && told.is_empty() {
            return;
        }
        self.body.push(Segment::plain("AK2", [&*set.kind, &*set.control]));
        let mut last = None;
        for fault in &told {
            self.fault(set, fault, &mut last);
        }
        self.body.push(trailer(set, &told));
    }

    /// The group's end: AK9, and what it comes to.
    pub fn finish(mut self, end: Option<&GroupEnd>) -> (Vec<Segment>, AckCode) {
        let faults = end.map_or(&[][..], |end| &end.faults);
        let refused = faults.iter().any(|fault| fault.costs >= Costs::Set);
        let accepted = if refused { 0 } else { self.accepted };
        let code = match accepted {
            0 if self.received > 0 || refused => AckCode::Rejected,
            n if n < self.received => AckCode::Partly,
            _ if self.with_errors => AckCode::WithErrors,
            _ => AckCode::Accepted,
        };
        let stated = end.map_or(String::new(), |end| end.stated.trim_start_matches('0').to_owned());
        let digits = !stated.is_empty() && stated.len() <= 6 && stated.bytes().all(|b| b.is_ascii_digit());
        let stated = if digits { stated } else { self.received.to_string() };
        let mut elements = vec![code.as_str().to_owned(), stated, self.received.to_string(), accepted.to_string()];
        let mut notes: Vec<String> = Vec::new();
        for fault in faults {
            if let Some(X12Code::Group(code)) = codes::row(&fault.code).map(|row| row.x12) {
                notes.push(code.to_owned());
            }
        }
        notes.dedup();
        elements.extend(notes.into_iter().take(5));
        self.body.push(Segment::plain("AK9", elements));
        (self.body, code)
    }

    /// AK3, and AK4 if it is about an element. `last` is the segment that the newest AK3 with code 8 speaks of.
    fn fault(&mut self, set: &SetOutcome, fault: &Fault, last: &mut Option<u32>) {
        let At::Segment { ordinal, id, element, component, repeat } = &fault.place.at else { return };
        let (code, is_element) = match codes::row(&fault.code).map(|row| row.x12) {
            Some(X12Code::Segment(code)) => (code, false),
            Some(X12Code::Element(code)) => (code, true),
            _ => return,
        };
        let segment_code = if is_element { "8" } else { code };
        if !is_element || *last != Some(*ordinal) {
            *last = is_element.then_some(*ordinal);
            self.body.push(Segment::plain("AK3", [&printable(id, 3), &ordinal.to_string(), "", segment_code]));
        }
        if let (true, Some(element)) = (is_element, element) {
            let mut position = vec![element.to_string()];
            position.extend(component.map(|component| component.to_string()));
            if self.version.as_ref() >= "005010" && *repeat > 1 {
                position.resize(2, String::new());
                position.push(repeat.to_string());
            }
            let reference = self.reference(set, id, *element, *component);
            let mut ak4 = Segment::plain("AK4", ["", &reference, code, &printable(&fault.found, 99)]);
            ak4.elements[0] = vec![position];
            self.body.push(ak4);
        }
    }

    /// The standard's number of an element; empty if no guide knows it.
    fn reference(&self, set: &SetOutcome, segment: &str, element: u16, component: Option<u16>) -> String {
        let spec = guides::find(Standard::X12, &self.version, &set.kind).and_then(|guide| guide.segments.get(segment));
        let Some(spec) = spec.and_then(|spec| spec.elements.get(usize::from(element) - 1)) else {
            return String::new();
        };
        let part = component.and_then(|component| spec.components.get(usize::from(component) - 1));
        let reference = part.map_or(&spec.reference, |part| &part.reference);
        if reference.bytes().all(|b| b.is_ascii_digit()) { reference.to_string() } else { String::new() }
    }
}

/// AK5: how the set was taken, and up to five reasons.
fn trailer(set: &SetOutcome, told: &[&Fault]) -> Segment {
    let verdict = match (set.accepted, told.is_empty()) {
        (false, _) => AckCode::Rejected,
        (true, false) => AckCode::WithErrors,
        (true, true) => AckCode::Accepted,
    };
    let mut reasons: Vec<&str> = Vec::new();
    for fault in told {
        let reason = match codes::row(&fault.code).map(|row| row.x12) {
            Some(X12Code::Set(code)) => code,
            Some(X12Code::Segment(_) | X12Code::Element(_)) => "5",
            _ => continue,
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    // Refused for what X12 has no code for (a mapping, the core): segments in error is the nearest.
    if !set.accepted && reasons.is_empty() {
        reasons.push("5");
    }
    Segment::plain("AK5", std::iter::once(verdict.as_str()).chain(reasons.into_iter().take(5)))
}

/// A value that any partner's delimiters leave whole: punctuation that is often one becomes a blank.
fn printable(value: &str, most: usize) -> String {
    let safe = |c: char| if c.is_alphanumeric() || " .,-+/()&#'".contains(c) { c } else { ' ' };
    value.chars().take(most).map(safe).collect::<String>().trim().to_owned()
}
