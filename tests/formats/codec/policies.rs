//! What an agreement tolerates: the same document by other policies.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    fault::Costs,
    piece::{Piece, Policy, Severity, Standard},
    read,
};
use std::fs;

/// The worst cost of a fixture by a policy, and the codes found.
fn judged(fixture: &str, policy: Policy) -> (Costs, Vec<String>) {
    let bytes = fs::read(folder("fixtures/hostile").join(fixture)).expect("a fixture");
    let mut faults = Vec::new();
    for piece in pieces(Standard::X12, &bytes, Options { policy, ..Options::default() }) {
        faults.extend(match piece {
            Piece::Set(set) => set.faults,
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => continue,
        });
    }
    let worst = faults.iter().map(|fault| fault.costs).max().unwrap_or(Costs::Nothing);
    (worst, faults.iter().map(|fault| fault.code.to_string()).collect())
}

fn counts(counts: Severity) -> Policy {
    Policy { counts, ..Policy::default() }
}

fn unknown(unknown_segments: Severity) -> Policy {
    Policy { unknown_segments, ..Policy::default() }
}

#[test]
fn counts_are_enforced_noted_or_ignored() {
    let rows = [
        ("se-count.edi", "E0107", Costs::Set),
        ("se-control.edi", "E0108", Costs::Set),
        ("ge-count.edi", "E0109", Costs::Group),
        ("ge-control.edi", "E0110", Costs::Group),
        ("iea-count.edi", "E0111", Costs::Interchange),
        ("iea-control.edi", "E0112", Costs::Interchange),
        ("ctt-count.edi", "E0410", Costs::Set),
    ];
    for (fixture, code, costs) in rows {
        let found = vec![code.to_owned()];
        assert_eq!(judged(fixture, counts(Severity::Reject)), (costs, found.clone()), "{fixture}");
        assert_eq!(judged(fixture, counts(Severity::Warn)), (Costs::Nothing, found), "{fixture}");
        assert_eq!(judged(fixture, counts(Severity::Ignore)), (Costs::Nothing, vec![]), "{fixture}");
    }
}

#[test]
fn unknown_segments_are_refused_warned_of_or_ignored() {
    for (fixture, code) in [("unknown-segment.edi", "E0201"), ("segment-of-another-set.edi", "E0207")] {
        let found = vec![code.to_owned()];
        assert_eq!(judged(fixture, unknown(Severity::Reject)), (Costs::Set, found.clone()));
        assert_eq!(judged(fixture, unknown(Severity::Warn)), (Costs::Segment, found));
        assert_eq!(judged(fixture, unknown(Severity::Ignore)), (Costs::Nothing, vec![]));
    }
}

/// An unknown segment that should have opened a loop is one fault; tolerated, the loop's start is what is missing.
#[test]
fn a_slip_in_a_loops_first_segment_is_one_fault() {
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let text = text.replace("PO1*1*5*EA", "P01*1*5*EA").replace("CTT*10", "CTT*9");
    let codes = |policy| -> Vec<String> {
        let all = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
        let faults = all.into_iter().filter_map(|piece| match piece {
            Piece::Set(set) => Some(set.faults),
            _ => None,
        });
        faults.flatten().map(|fault| fault.code.to_string()).collect()
    };
    assert_eq!(codes(unknown(Severity::Reject)), ["E0201"]);
    assert_eq!(codes(unknown(Severity::Warn)), ["E0201", "E0206"]);
}

#[test]
fn the_policy_may_change_once_the_sender_is_known() {
    let bytes = fs::read(folder("fixtures/hostile/se-count.edi")).expect("a fixture");
    let mut reader = read(Standard::X12, &bytes[..], Options::default());
    let mut accepted = None;
    while let Some(piece) = reader.next() {
        match piece.expect("memory can be read") {
            Piece::Interchange(interchange) => {
                assert_eq!(&*interchange.sender.id, "NORTHWIND");
                reader.set_policy(counts(Severity::Warn));
            }
            Piece::Set(set) => accepted = Some(set.accepted()),
            _ => {}
        }
    }
    assert_eq!(accepted, Some(true));
}
