//! TA1 among what comes in. X12.5, segment TA1.

use super::{Open, X12};
use crate::{
    codes,
    edi::{
        build::{RawSet, build},
        envelope::Service,
        scan::Span,
        text::Charset,
        window::Marked,
    },
    fault::{Costs, Fault},
    guides::{self, Guide},
    piece::{Piece, Set, Standard},
    place::At,
};
use std::io::BufRead;

impl<R: BufRead> X12<R> {
    /// TA1 speaks of a whole interchange and stands outside of groups; it is given as a set of its own.
    pub(super) fn acknowledgement(&mut self, ta1: &Service) {
        let (Some(open), Span { start, end, .. }) = (&mut self.open, ta1.span) else { return };
        let raw = RawSet {
            bytes: self.source.slice(start, end),
            base: start,
            spans: &[(0, (end - start) as u32)],
            marked: Marked::default(),
            syntax: &open.syntax,
            lexis: &open.lexis,
            charset: Charset::Utf8,
            object: None,
            guide: guide(&open.version),
            policy: &self.policy,
            complete: true,
            cut: false,
            edifact: false,
        };
        let (tree, faults) = build(&raw, &mut self.scratch.build);
        let mut faults = faults.into_list();
        faults.retain(|fault| !repeats(fault, &[2, 3]));
        faults.iter_mut().filter(|fault| repeats(fault, &[1])).for_each(|fault| fault.costs = Costs::Nothing);
        for fault in faults.iter_mut().filter(|fault| is_verdict(fault)) {
            fault.costs = fault.costs.max(Costs::Set);
            fault.remedy = "Ask the sender what became of the interchange: an answer is A, E or R.".into();
        }
        open.sets += 1;
        let set = Set {
            ordinal: self.sets,
            standard: Standard::X12,
            interchange: Some(open.ordinal),
            group: None,
            kind: "TA1".into(),
            version: open.version.as_str().into(),
            association: "".into(),
            control: ta1.element(1).into(),
            byte: start,
            len: end - start,
            segments: 1,
            tree,
            faults,
        };
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
    }
}

impl Open {
    /// How many TA1s there are, if nothing else is in the interchange.
    pub(super) fn answers_alone(&self) -> u32 {
        let others = self.groups + self.headless_groups + self.loose;
        if others == 0 { self.sets } else { 0 }
    }
}

/// A wrong count of groups where so many TA1s stand alone: senders count these, or one for all, and a TA1 that were refused
/// for it would answer nothing.
pub(super) fn alone(fault: Fault, iea: &Service, answers: u32) -> Fault {
    let stated = iea.element(1).trim_start_matches('0').to_owned();
    if answers == 0 || (stated != "1" && stated != answers.to_string()) {
        return fault;
    }
    let sentence = format!("IEA01 says “{stated}”, and there is no group in the interchange: a TA1 stands in none.");
    Fault { sentence: sentence.into(), ..fault }
        .costs(Costs::Nothing)
        .remedy("Nothing is lost by it: the TA1 is used. The sender should write 0, for IEA01 counts groups.")
}

/// Of a value that is the answered interchange's own number, date or time (ISA13, ISA09, ISA10), as that said it.
fn repeats(fault: &Fault, elements: &[u16]) -> bool {
    let At::Segment { element: Some(element), .. } = &fault.place.at else { return false };
    *fault.code != *codes::MISSING_ELEMENT && elements.contains(element)
}

/// Of the code that says how the interchange was taken (TA104): with an unknown one it says nothing.
fn is_verdict(fault: &Fault) -> bool {
    *fault.code == *codes::UNKNOWN_CODE && matches!(fault.place.at, At::Segment { element: Some(4), .. })
}

/// By which it is checked: it belongs to the interchange, whose version (ISA12) is no version of sets.
fn guide(interchange: &str) -> Option<&'static Guide> {
    let version = if interchange >= "00402" { "005010" } else { "004010" };
    guides::find(Standard::X12, version, "TA1")
}
