//! 997 and 999: how a functional group was taken, set by set. X12 997 and 999, elements 715 to 723 (618 to 621 in 999).

use super::{AckCode, Counted, SetOutcome, printable};
use crate::{
    codes::{self, X12Code},
    fault::{Costs, Fault},
    guides,
    piece::{Group, GroupEnd, Standard},
    place::At,
    standard_codes::{in_997, in_999},
    write::{Segment, Segments},
};

/// Which of the two says it. The 999 came with 005010; it differs in names, and says more of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    F997,
    F999,
}

impl Form {
    /// `997`, `999`.
    pub fn kind(self) -> &'static str {
        match self {
            Form::F997 => "997",
            Form::F999 => "999",
        }
    }

    /// The version that it is written in, for a group of that version.
    pub fn version(self, group: &str) -> String {
        // A header that says none, or what no header can say, is answered in the version that every partner reads.
        let said = (6..=12).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric());
        let group = if said { group } else { "004010" };
        match self {
            Form::F997 => group.to_owned(),
            // An implementation guide (`005010X222A1`) is answered by the 999's own, 005010X231A1.
            Form::F999 if group.get(6..7) == Some("X") => "005010X231A1".to_owned(),
            Form::F999 if group < "005010" => "005010".to_owned(),
            Form::F999 => group.get(..6).unwrap_or(group).to_owned(),
        }
    }

    fn segment(self) -> &'static str {
        if self == Form::F999 { "IK3" } else { "AK3" }
    }

    fn element(self) -> &'static str {
        if self == Form::F999 { "IK4" } else { "AK4" }
    }

    fn trailer(self) -> &'static str {
        if self == Form::F999 { "IK5" } else { "AK5" }
    }
}

/// How far down a 997 or 999 tells what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// AK1 and AK9 alone.
    Group,
    /// And AK2 with AK5.
    Set,
    /// And AK3.
    Segment,
    /// And AK4.
    Element,
}

/// Element 716: the number of sets in the group is not the one stated.
const SETS_MISSING: &str = "5";

/// Element 716: the group's version is not supported.
const NO_VERSION: &str = "2";

/// Of a set's segments the one that says how it was taken, as it is taken with its group.
fn refused_with_group(form: Form, mut segment: Segment) -> Segment {
    if segment.id == form.trailer()
        && let Some(taken) = segment.elements.first_mut()
    {
        *taken = vec![vec![AckCode::Rejected.as_str().to_owned()]];
    }
    segment
}

/// A 997 or 999 in the making.
#[derive(Debug)]
pub struct Functional {
    form: Form,
    detail: Detail,
    body: Segments,
    version: Box<str>,
    sets: Counted,
}

/// The body (AK1 to AK9) for a group that has been read, and how the group was taken. `end` is its trailer;
/// `include_accepted` asks for an AK2 loop for each set instead of the refused ones only.
pub fn functional(
    form: Form,
    group: &Group,
    end: Option<&GroupEnd>,
    sets: &[SetOutcome],
    include_accepted: bool,
) -> (Segments, AckCode) {
    let mut acknowledgement = Functional::new(form, group, include_accepted);
    sets.iter().for_each(|set| acknowledgement.set(set));
    acknowledgement.finish(end)
}

impl Functional {
    /// For a group, at its header.
    pub fn new(form: Form, group: &Group, include_accepted: bool) -> Self {
        // AK102 is a number: what is none is told as a zero, and AK905 says what is wrong with it.
        let is_number = group.control.len() <= 9 && group.control.bytes().all(|byte| byte.is_ascii_digit());
        let control = if is_number { group.control.to_string() } else { "0".to_owned() };
        let mut first = vec![printable(&group.functional_id, 2), control];
        if form == Form::F999 {
            first.push(printable(&group.version, 12));
        }
        let body = vec![Segment::plain("AK1", first)].into();
        let version = group.version.clone();
        Functional {
            form,
            detail: Detail::Element,
            body,
            version,
            sets: Counted { include_accepted, ..Counted::default() },
        }
    }

    /// The same, that tells no more than so.
    pub fn down_to(self, detail: Detail) -> Self {
        Functional { detail, ..self }
    }

    /// One more set of the group.
    pub fn set(&mut self, set: &SetOutcome) {
        let Some(told) = self.sets.set(set).filter(|_| self.detail >= Detail::Set) else { return };
        self.begin(set);
        let mut last = None;
        for fault in &told {
            self.fault(set, fault, &mut last);
        }
        self.body.push(&trailer(self.form, set, &told));
    }

    /// AK2 must name kind and number, and what the sender left out is told as zeros: AK5 says that it was missing. A number
    /// shorter than the four characters of element 329 is filled up with zeros before it.
    fn begin(&mut self, set: &SetOutcome) {
        let or = |text: &str, instead: &str| if text.is_empty() { instead.to_owned() } else { text.to_owned() };
        let mut first = vec![or(&printable(&set.kind, 3), "000"), format!("{:0>4}", printable(&set.control, 9))];
        // ST03, where the set named an implementation of its own.
        if self.form == Form::F999 && set.version != self.version {
            first.push(printable(&set.version, 35));
        }
        self.body.push(&Segment::plain("AK2", first));
    }

    /// The group's end: AK9, and what it comes to.
    pub fn finish(mut self, end: Option<&GroupEnd>) -> (Segments, AckCode) {
        let faults = end.map_or(&[][..], |end| &end.faults);
        let refused = faults.iter().any(|fault| fault.costs >= Costs::Set);
        let mut notes: Vec<String> = Vec::new();
        for fault in faults.iter().filter(|fault| fault.costs > Costs::Nothing) {
            match codes::row(&fault.code).map(|row| row.x12) {
                Some(X12Code::Group(code)) => notes.push(code.to_owned()),
                // Of a header's faults only a missing version is the group's own.
                _ if *fault.code == *codes::GROUP_HEADER => notes.push(NO_VERSION.to_owned()),
                _ => {}
            }
        }
        // The root is told between the sets; of the group it says that there are less than stated.
        let headless = end.is_some_and(|end| end.headless > 0);
        notes.extend(headless.then(|| SETS_MISSING.to_owned()));
        notes.dedup();
        let accepted = if refused { 0 } else { self.sets.accepted };
        let code = match accepted {
            0 if self.sets.received > 0 || refused || headless => AckCode::Rejected,
            n if n < self.sets.received || headless => AckCode::Partly,
            // What AK905 tells is an error too: a group without its trailer is not plainly accepted.
            _ if self.sets.with_errors || !notes.is_empty() => AckCode::WithErrors,
            _ => AckCode::Accepted,
        };
        let stated = end.map_or(String::new(), |end| end.stated.trim_start_matches('0').to_owned());
        let digits = !stated.is_empty() && stated.len() <= 6 && stated.bytes().all(|b| b.is_ascii_digit());
        let stated = if digits { stated } else { self.sets.received.to_string() };
        let mut elements = vec![code.as_str().to_owned(), stated, self.sets.received.to_string(), accepted.to_string()];
        elements.extend(notes.into_iter().take(5));
        if refused {
            // No set is taken of a group that isn't.
            self.body = self.body.iter().map(|segment| refused_with_group(self.form, segment)).collect();
        }
        self.body.push(&Segment::plain("AK9", elements));
        (self.body, code)
    }

    /// AK3, and AK4 if it is about an element. `last` is the segment that the newest AK3 with code 8 speaks of.
    fn fault(&mut self, set: &SetOutcome, fault: &Fault, last: &mut Option<u32>) {
        let At::Segment { ordinal, id, element, component, repeat } = &fault.place.at else { return };
        // AK301 must be there: of a segment without an id AK5 says that segments are in error.
        if self.detail < Detail::Segment || id.is_empty() {
            return;
        }
        let said = match self.form {
            Form::F997 => in_997(fault, &self.version),
            Form::F999 => in_999(fault, &set.kind, &self.version),
        };
        let (code, is_element) = match said {
            X12Code::Segment(code) => (code, false),
            X12Code::Element(code) => (code, true),
            _ => return,
        };
        let segment_code = if is_element { "8" } else { code };
        if !is_element || *last != Some(*ordinal) {
            *last = is_element.then_some(*ordinal);
            let position = ordinal.to_string();
            self.body.push(&Segment::plain(self.form.segment(), [&printable(id, 3), &position, "", segment_code]));
            self.context(set);
        }
        if let (true, Some(element)) = (is_element && self.detail >= Detail::Element, element) {
            let mut position = vec![element.to_string()];
            position.extend(component.map(|component| component.to_string()));
            if self.repeats() && *repeat > 1 {
                position.resize(2, String::new());
                position.push(repeat.to_string());
            }
            let reference = self.reference(set, id, *element, *component);
            let found = printable(&fault.found, 99);
            let mut ak4 = Segment::plain(self.form.element(), ["", &reference, code, &found]);
            ak4.elements[0] = vec![position];
            self.body.push(&ak4);
        }
    }

    /// True if it is written in a version that knows repetition.
    fn repeats(&self) -> bool {
        self.version.as_ref() >= "005010" || self.form == Form::F999
    }

    /// The 999's CTX: which order, invoice or shipment of the sender's it was.
    fn context(&mut self, set: &SetOutcome) {
        let (Form::F999, Some((place, name))) = (self.form, &set.name) else { return };
        let named = vec![vec![place.to_string(), printable(name, 35)]];
        self.body.push(&Segment { id: "CTX".into(), elements: vec![named] });
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
fn trailer(form: Form, set: &SetOutcome, told: &[&Fault]) -> Segment {
    let verdict = match (set.accepted, told.is_empty()) {
        (false, _) => AckCode::Rejected,
        (true, false) => AckCode::WithErrors,
        (true, true) => AckCode::Accepted,
    };
    let mut reasons: Vec<&str> = Vec::new();
    for fault in told {
        let reason = match in_997(fault, "") {
            X12Code::Set(code) => code,
            X12Code::Segment(_) | X12Code::Element(_) => "5",
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
    Segment::plain(form.trailer(), std::iter::once(verdict.as_str()).chain(reasons.into_iter().take(5)))
}
