//! The whole of a document as `crossdock check` tells it: sets, what is wrong in each, what is wrong around them.

use crate::{
    codes,
    fault::{Costs, Fault, Layer, Origin},
    piece::{Piece, Standard},
    place::{At, Place},
    reader::{Options, read, sniff},
};
use serde::Serialize;
use std::io::{self, BufRead};

/// A document, read and judged. As JSON it is what `crossdock check --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub file: String,
    /// None if it could not be told.
    pub standard: Option<Standard>,
    pub sets: Vec<SetReport>,
    /// Around the sets: envelopes, and what belongs to none.
    #[serde(serialize_with = "brief_all")]
    pub faults: Vec<Fault>,
    /// False if a group's or an interchange's fault costs sets that are fine in themselves.
    #[serde(skip)]
    pub whole: bool,
}

/// One set of the report.
#[derive(Debug, Clone, Serialize)]
pub struct SetReport {
    #[serde(rename = "type")]
    pub kind: Box<str>,
    pub version: Box<str>,
    pub control: Box<str>,
    /// With the faults of its group and interchange.
    pub accepted: bool,
    #[serde(serialize_with = "brief_all")]
    pub faults: Vec<Fault>,
    /// Its group and interchange, while the report is made.
    #[serde(skip)]
    group: Option<u32>,
    #[serde(skip)]
    interchange: Option<u32>,
}

impl Report {
    /// True if nothing was refused: every set is accepted and nothing is lost around them.
    pub fn accepted(&self) -> bool {
        self.sets.iter().all(|set| set.accepted) && self.faults.iter().all(|fault| fault.costs == Costs::Nothing)
    }

    /// All faults, in document order.
    pub fn all_faults(&self) -> Vec<&Fault> {
        let mut all: Vec<&Fault> = self.sets.iter().flat_map(|set| &set.faults).chain(&self.faults).collect();
        all.sort_by_key(|fault| fault.place.byte);
        all
    }
}

/// Reads a document and tells what is in it. `standard`: what it must be, where one knows; else it is told by its first
/// bytes. Text that is nothing else is read as CSV if `options.csv` names a delimiter or a key, and is a fault if not.
pub fn check<R: BufRead + Send>(
    name: &str,
    standard: Option<Standard>,
    mut input: R,
    options: Options,
) -> io::Result<Report> {
    let first = input.fill_buf()?;
    let csv = options.csv.delimiter.is_some() || options.csv.by.is_some();
    let standard = standard.or_else(|| sniff(first)).or_else(|| csv.then_some(Standard::Csv));
    let mut report = Report { file: name.to_owned(), standard, sets: Vec::new(), faults: Vec::new(), whole: true };
    let Some(standard) = standard else {
        report.faults.push(unknown(first));
        return Ok(report);
    };
    for piece in read(standard, input, options) {
        report.take(piece?);
    }
    Ok(report)
}

fn unknown(first: &[u8]) -> Fault {
    let place = Place { byte: 0, len: first.len().min(80) as u32, at: At::Node { path: "".into() } };
    if first.is_empty() {
        return Fault::new(codes::EMPTY, place, "The file is empty.").expected("a document");
    }
    let shown = String::from_utf8_lossy(&first[..first.len().min(80)]).into_owned();
    let sentence = "The first bytes are those of no format that can be told by them.";
    Fault::new(codes::NO_DOCUMENT, place, sentence)
        .found(&shown)
        .expected("ISA (X12), UNA or UNB (EDIFACT), < (XML), { or [ (JSON)")
}

impl Report {
    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Interchange(_) | Piece::Group(_) => {}
            Piece::Set(set) => self.sets.push(SetReport {
                accepted: set.accepted(),
                kind: set.kind,
                version: set.version,
                control: set.control,
                faults: set.faults,
                group: set.group,
                interchange: set.interchange,
            }),
            Piece::GroupEnd(end) => {
                if end.faults.iter().any(|fault| fault.costs >= Costs::Set) {
                    self.refuse(|set| set.group == Some(end.ordinal));
                }
                self.faults.extend(end.faults);
            }
            Piece::InterchangeEnd(end) => {
                if end.faults.iter().any(|fault| fault.costs >= Costs::Interchange) {
                    self.refuse(|set| set.interchange == Some(end.ordinal));
                }
                self.faults.extend(end.faults);
            }
            Piece::Fault(fault) => self.faults.push(fault),
        }
    }

    fn refuse(&mut self, concerned: impl Fn(&SetReport) -> bool) {
        self.whole = false;
        self.sets.iter_mut().filter(|set| concerned(set)).for_each(|set| set.accepted = false);
    }
}

/// A fault in the shape that scripts read.
#[derive(Debug, Serialize)]
struct Brief<'a> {
    code: &'a str,
    layer: Layer,
    sentence: &'a str,
    byte: u64,
    segment: Option<u32>,
    path: String,
    found: &'a str,
    expected: &'a str,
    remedy: &'a str,
    origin: Origin,
    costs: Costs,
}

fn brief_all<S: serde::Serializer>(faults: &[Fault], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(faults.iter().map(brief))
}

fn brief(fault: &Fault) -> Brief<'_> {
    let segment = match fault.place.at {
        At::Segment { ordinal, .. } => Some(ordinal),
        _ => None,
    };
    Brief {
        code: &fault.code,
        layer: fault.layer,
        sentence: &fault.sentence,
        byte: fault.place.byte,
        segment,
        path: fault.place.at.to_string(),
        found: &fault.found,
        expected: &fault.expected,
        remedy: &fault.remedy,
        origin: fault.origin,
        costs: fault.costs,
    }
}

/// A report as one line of JSON.
pub fn json(report: &Report) -> String {
    // Strings, numbers and enums only: this can't fail.
    serde_json::to_string(report).unwrap_or_default()
}
