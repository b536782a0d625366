//! One cause is one fault, whatever follows from it.

use crate::{folder, options};
use crossdock_formats::report;
use std::fs;

/// Fixture, the one fault that it has, and the segment that this is about.
const CAUSES: &[(&str, &str, &str)] = &[
    ("set-header-missing.edi", "E0113", "BEG"),
    ("set-header-missing-of-three.edi", "E0113", "BEG"),
    ("edifact-header-missing.edi", "E0113", "BGM"),
    ("first-line-start-missing.edi", "E0202", "PID"),
    ("edifact-first-line-start-missing.edi", "E0206", "LIN"),
    ("segments-swapped.edi", "E0202", "REF"),
    ("edifact-segments-swapped.edi", "E0202", "BGM"),
    ("summary-first.edi", "E0202", "CTT"),
    ("edifact-summary-early.edi", "E0202", "NAD"),
    ("empty-segment.edi", "E0208", ""),
];

#[test]
fn one_cause_is_one_fault() {
    for (fixture, code, segment) in CAUSES {
        let path = folder("fixtures/hostile").join(fixture);
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check(fixture, None, &bytes[..], options(&path)).expect("memory can be read");
        let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
        assert_eq!(found, [(code.to_string(), segment.to_string())], "{fixture}");
        assert_eq!(report.accepted(), *code == "E0208", "{fixture}");
    }
}

/// Whose group lacks a header says so at the set and at the trailer, and the interchange's count is none of its own.
#[test]
fn a_group_without_header_leaves_the_count_of_groups_alone() {
    let bytes = fs::read(folder("fixtures/hostile/group-header-missing.edi")).expect("a fixture");
    let report = report::check("x", None, &bytes[..], Default::default()).expect("memory can be read");
    let found: Vec<_> = report.all_faults().iter().map(|fault| fault.code.to_string()).collect();
    assert_eq!(found, ["E0115", "E0113"]);
}
