//! The whole of a document as `crossdock check` tells it: sets, what is wrong in each, what is wrong around them.

use crate::{
    codes, disguise,
    fault::{Costs, Fault, Layer, Origin},
    piece::{Piece, Standard},
    place::{At, Place},
    reader::{Options, Reader, read, sniff},
    standard_codes,
    whole::{encoding, foreign_mark},
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    io::{self, BufRead},
};

/// Kinds of sets that are told apart; a document of noise must not fill the memory with them.
const KINDS: usize = 1_000;

/// A document, read and judged. As JSON it is what `crossdock check --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub file: String,
    /// None if it could not be told.
    pub standard: Option<Standard>,
    pub sets: Vec<SetReport>,
    /// Around the sets: envelopes, and what belongs to none.
    pub faults: Vec<Around>,
    /// False if a group's or an interchange's fault costs sets that are fine in themselves.
    #[serde(skip)]
    pub whole: bool,
}

/// A fault around the sets, and whose envelope it is about.
#[derive(Debug, Clone)]
pub struct Around {
    /// The control number of its interchange; empty between interchanges, and where a header can't be read.
    pub interchange_control: Box<str>,
    /// The control number of its group; empty outside of groups.
    pub group_control: Box<str>,
    pub fault: Fault,
    /// The syntax version of an EDIFACT interchange: on it depends what a CONTRL says.
    syntax: u8,
}

impl Serialize for Around {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            interchange_control: &'a str,
            group_control: &'a str,
            #[serde(flatten)]
            fault: Brief<'a>,
        }
        let Around { interchange_control, group_control, fault, syntax } = self;
        Shape { interchange_control, group_control, fault: brief(fault, ("", ""), *syntax) }.serialize(serializer)
    }
}

/// One set of the report.
#[derive(Debug, Clone)]
pub struct SetReport {
    pub kind: Box<str>,
    pub version: Box<str>,
    pub control: Box<str>,
    /// The control number of its interchange; empty for what has none.
    pub interchange_control: Box<str>,
    /// The control number of its group; empty for what has none.
    pub group_control: Box<str>,
    /// With the faults of its group and interchange.
    pub accepted: bool,
    pub faults: Vec<Fault>,
    /// Its group and interchange, while the report is made.
    group: Option<u32>,
    interchange: Option<u32>,
}

impl Serialize for SetReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            r#type: &'a str,
            version: &'a str,
            control: &'a str,
            interchange_control: &'a str,
            group_control: &'a str,
            accepted: bool,
            faults: Vec<Brief<'a>>,
        }
        let SetReport { kind, version, control, interchange_control, group_control, accepted, faults, .. } = self;
        // The syntax version makes no difference within a message.
        let faults = faults.iter().map(|fault| brief(fault, (kind, version), 0)).collect();
        let shape =
            Shape { r#type: kind, version, control, interchange_control, group_control, accepted: *accepted, faults };
        shape.serialize(serializer)
    }
}

impl Report {
    /// True if nothing was refused: every set is accepted and nothing is lost around them.
    pub fn accepted(&self) -> bool {
        self.sets.iter().all(|set| set.accepted)
            && self.faults.iter().all(|around| around.fault.costs == Costs::Nothing)
    }

    /// All faults, in document order.
    pub fn all_faults(&self) -> Vec<&Fault> {
        let mut all: Vec<&Fault> = self.sets.iter().flat_map(|set| &set.faults).collect();
        all.extend(self.faults.iter().map(|around| &around.fault));
        all.sort_by_key(|fault| fault.place.byte);
        all
    }
}

/// Reads a document and tells what is in it. `standard`: what it must be, where one knows; else it is told by its first
/// bytes. Text that is nothing else is read as CSV if `options.csv` names a delimiter or a key, and is a fault if not.
///
/// Holds every fault; a document of any size is read by [`Findings`].
pub fn check<R: BufRead + Send>(
    name: &str,
    standard: Option<Standard>,
    input: R,
    options: Options,
) -> io::Result<Report> {
    let mut findings = Findings::open(standard, input, options)?;
    let mut report = Report {
        file: name.to_owned(),
        standard: findings.standard,
        sets: Vec::new(),
        faults: Vec::new(),
        whole: true,
    };
    for finding in findings.by_ref() {
        match finding? {
            Finding::Set(set) => report.sets.push(set),
            Finding::Around(around) => report.faults.push(*around),
        }
    }
    let tally = findings.tally();
    report.whole = tally.refused_groups.is_empty() && tally.refused_interchanges.is_empty();
    report.sets.iter_mut().for_each(|set| set.accepted = tally.accepts(set));
    Ok(report)
}

/// What is met in a document, in its order.
#[derive(Debug, Clone)]
pub enum Finding {
    /// A set, with what is wrong in it; its trailers are still to be read.
    Set(SetReport),
    /// Something around the sets.
    Around(Box<Around>),
}

/// What a document came to, in little memory whatever its size.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub sets: usize,
    /// Refused by themselves, by their group or by their interchange.
    pub refused: usize,
    /// `850 004010`; at most a thousand kinds.
    pub kinds: BTreeSet<String>,
    /// Something around the sets was lost.
    pub lost_around: bool,
    refused_groups: BTreeSet<u32>,
    refused_interchanges: BTreeSet<u32>,
    /// Sets that stand so far in the groups and interchanges that are open.
    standing: HashMap<(u32, Option<u32>), usize>,
}

impl Tally {
    /// True if nothing was refused.
    pub fn accepted(&self) -> bool {
        self.refused == 0 && !self.lost_around
    }

    /// Whether a set is accepted with its trailers, once they were read.
    pub fn accepts(&self, set: &SetReport) -> bool {
        set.accepted
            && !set.group.is_some_and(|group| self.refused_groups.contains(&group))
            && !set.interchange.is_some_and(|interchange| self.refused_interchanges.contains(&interchange))
    }

    fn set(&mut self, set: &SetReport) {
        self.sets += 1;
        self.refused += usize::from(!set.accepted);
        if self.kinds.len() < KINDS {
            self.kinds.insert(format!("{} {}", set.kind, set.version).trim().to_owned());
        }
        if let (true, Some(interchange)) = (set.accepted, set.interchange) {
            *self.standing.entry((interchange, set.group)).or_default() += 1;
        }
    }

    fn group_end(&mut self, interchange: u32, group: u32, faults: &[Fault]) {
        let standing = self.standing.remove(&(interchange, Some(group))).unwrap_or(0);
        if faults.iter().any(|fault| fault.costs >= Costs::Set) {
            self.refused += standing;
            self.refused_groups.insert(group);
        } else if standing > 0 {
            // The interchange may still cost them; of which group they were matters no more.
            *self.standing.entry((interchange, None)).or_default() += standing;
        }
    }

    fn interchange_end(&mut self, interchange: u32, faults: &[Fault]) {
        let lost = faults.iter().any(|fault| fault.costs >= Costs::Interchange);
        let open: Vec<_> = self.standing.keys().filter(|key| key.0 == interchange).copied().collect();
        let standing: usize = open.iter().filter_map(|key| self.standing.remove(key)).sum();
        if lost {
            self.refused += standing;
            self.refused_interchanges.insert(interchange);
        }
    }
}

/// Tells once that a document is cut: where a set has no trailer, its group and its interchange have none either. What is
/// said at each level goes into acknowledgements; people are told the first of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct CutOnce {
    /// What was just read has no trailer, and that was told.
    cut: bool,
}

impl CutOnce {
    /// A set with these faults was read.
    pub fn set(&mut self, faults: &[Fault]) {
        self.cut = faults.iter().any(|fault| *fault.code == *codes::CUT_SET);
    }

    /// Something between sets was told of.
    pub fn between(&mut self) {
        self.cut = false;
    }

    /// Of the faults of a group's or an interchange's end those that people are told.
    pub fn told(&mut self, faults: &[Fault]) -> Vec<Fault> {
        let missing = |fault: &Fault| [codes::NO_GROUP_TRAILER, codes::NO_INTERCHANGE_TRAILER].contains(&&*fault.code);
        let before = std::mem::replace(&mut self.cut, faults.iter().any(missing));
        faults.iter().filter(|fault| !before || !missing(fault)).cloned().collect()
    }
}

/// A document being read: its findings as they come, and at the end its tally.
pub struct Findings<'r> {
    /// None if it could not be told; then there is one finding, which says so.
    pub standard: Option<Standard>,
    reader: Option<Reader<'r>>,
    waiting: VecDeque<Finding>,
    group_of: HashMap<u32, u32>,
    /// The control numbers of the interchange and the group that are open.
    control: Box<str>,
    group_control: Box<str>,
    /// Of an EDIFACT interchange: its syntax version.
    syntax: u8,
    cut: CutOnce,
    tally: Tally,
}

impl<'r> Findings<'r> {
    /// As [`check`] opens it.
    pub fn open<R: BufRead + Send + 'r>(
        standard: Option<Standard>,
        mut input: R,
        options: Options,
    ) -> io::Result<Findings<'r>> {
        let first = input.fill_buf()?;
        let csv = options.csv.delimiter.is_some() || options.csv.by.is_some();
        let standard = standard.or_else(|| sniff(first)).or_else(|| csv.then_some(Standard::Csv));
        let (mut waiting, mut tally) = (VecDeque::new(), Tally::default());
        let reader = match standard {
            Some(standard) => Some(read(standard, input, options)),
            None => {
                tally.lost_around = true;
                let (interchange_control, group_control) = Default::default();
                let around = Around { interchange_control, group_control, fault: unknown(first), syntax: 0 };
                waiting.push_back(Finding::Around(Box::new(around)));
                None
            }
        };
        Ok(Findings {
            standard,
            reader,
            waiting,
            group_of: HashMap::new(),
            control: "".into(),
            group_control: "".into(),
            syntax: 0,
            cut: CutOnce::default(),
            tally,
        })
    }

    /// What it came to; whole once there is no finding left.
    pub fn tally(self) -> Tally {
        self.tally
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Interchange(header) => {
                self.syntax = header.syntax();
                self.control = header.control;
            }
            Piece::Group(header) => {
                self.group_of.insert(header.ordinal, header.interchange);
                self.group_control = header.control;
            }
            Piece::Set(set) => {
                self.cut.set(&set.faults);
                let report = SetReport {
                    accepted: set.accepted(),
                    kind: set.kind,
                    version: set.version,
                    control: set.control,
                    interchange_control: set.interchange.map_or("".into(), |_| self.control.clone()),
                    group_control: set.group.map_or("".into(), |_| self.group_control.clone()),
                    faults: set.faults,
                    group: set.group,
                    interchange: set.interchange,
                };
                self.tally.set(&report);
                self.waiting.push_back(Finding::Set(report));
            }
            Piece::GroupEnd(end) => {
                let interchange = self.group_of.remove(&end.ordinal).unwrap_or_default();
                let faults = self.cut.told(&end.faults);
                self.tally.group_end(interchange, end.ordinal, &faults);
                self.around(faults);
                self.group_control = "".into();
            }
            Piece::InterchangeEnd(end) => {
                let faults = self.cut.told(&end.faults);
                self.tally.interchange_end(end.ordinal, &faults);
                self.around(faults);
                self.control = "".into();
            }
            Piece::Fault(fault) => {
                self.cut.between();
                self.around(vec![fault]);
            }
        }
    }

    fn around(&mut self, faults: Vec<Fault>) {
        self.tally.lost_around |= faults.iter().any(|fault| fault.costs != Costs::Nothing);
        let (interchange, group, syntax) = (&self.control, &self.group_control, self.syntax);
        self.waiting.extend(faults.into_iter().map(|fault| {
            let (interchange_control, group_control) = (interchange.clone(), group.clone());
            Finding::Around(Box::new(Around { interchange_control, group_control, fault, syntax }))
        }));
    }
}

impl Iterator for Findings<'_> {
    type Item = io::Result<Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(finding) = self.waiting.pop_front() {
                return Some(Ok(finding));
            }
            match self.reader.as_mut()?.next()? {
                Ok(piece) => self.take(piece),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn unknown(first: &[u8]) -> Fault {
    let place = Place { byte: 0, len: first.len().min(80) as u32, at: At::Node { path: "".into() } };
    if first.is_empty() {
        return Fault::new(codes::EMPTY, place, "The file is empty.").expected("a document");
    }
    let shown = String::from_utf8_lossy(&first[..first.len().min(80)]).into_owned();
    if let Some(name) = foreign_mark(first) {
        return encoding(name, 0);
    }
    let sentence = "The first bytes are those of no format that can be told by them.";
    let fault = Fault::new(codes::NO_DOCUMENT, place, sentence).found(&shown);
    disguise::told(fault.expected("ISA (X12), UNA or UNB (EDIFACT), < (XML), { or [ (JSON)"), first)
}

/// A fault in the shape that scripts read.
#[derive(Debug, Serialize)]
struct Brief<'a> {
    code: &'a str,
    layer: Layer,
    sentence: &'a str,
    byte: u64,
    segment: Option<u32>,
    element: Option<u16>,
    component: Option<u16>,
    path: String,
    found: &'a str,
    expected: &'a str,
    remedy: &'a str,
    origin: Origin,
    costs: Costs,
    /// What X12 calls it and where (`AK403/IK403 (723) = 1`), and EDIFACT (0085).
    x12: Option<String>,
    edifact: Option<&'static str>,
}

/// Of a fault in a set of this kind and version, in an interchange of this syntax version.
fn brief<'a>(fault: &'a Fault, (kind, version): (&str, &str), syntax: u8) -> Brief<'a> {
    let (segment, element, component) = match fault.place.at {
        At::Segment { ordinal, element, component, .. } => (Some(ordinal), element, component),
        _ => (None, None, None),
    };
    Brief {
        code: &fault.code,
        layer: fault.layer,
        sentence: &fault.sentence,
        byte: fault.place.byte,
        segment,
        element,
        component,
        path: fault.place.at.to_string(),
        found: &fault.found,
        expected: &fault.expected,
        remedy: &fault.remedy,
        origin: fault.origin,
        costs: fault.costs,
        x12: standard_codes::told(fault, kind, version),
        edifact: Some(standard_codes::in_contrl(fault, syntax)).filter(|code| !code.is_empty()),
    }
}

/// A set as it stands in a report's JSON.
pub fn set_json(set: &SetReport) -> String {
    serde_json::to_string(set).unwrap_or_default()
}

/// A fault around the sets as it stands in a report's JSON.
pub fn around_json(around: &Around) -> String {
    serde_json::to_string(around).unwrap_or_default()
}

/// A report as one line of JSON.
pub fn json(report: &Report) -> String {
    // Strings, numbers and enums only: this can't fail.
    serde_json::to_string(report).unwrap_or_default()
}
