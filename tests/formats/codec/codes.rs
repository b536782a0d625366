//! The table of faults is whole: each row has a page and is found by a fixture.

use crate::{files, folder, is_golden, named, options};
use crossdock_formats::{codes::CODES, explain, report};
use std::{collections::BTreeSet, fs};

/// Found by tests that make their input: a document of a million nodes is no fixture, a writer reads none, and padding
/// and what `fill` asks are looked for only where it was agreed.
const MADE: &[&str] = &["E0312", "E0315", "E0316", "E0317", "E0318", "E0319", "E0320", "E0605", "E0801", "E0802"];

#[test]
fn every_code_has_a_page() {
    for row in CODES {
        let page = explain(row.code).expect("a page");
        assert!(
            page.starts_with(&format!("# {}: {}\n", row.code, row.title)),
            "{}: its page begins otherwise",
            row.code
        );
        assert!(page.len() > 200, "{}: its page says too little", row.code);
        assert!(!row.remedy.is_empty(), "{}: no remedy", row.code);
    }
    assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code), "the table is sorted by code");
    assert_eq!(explain("E9999"), None);
}

#[test]
fn every_code_is_found_by_a_fixture() {
    let mut found: BTreeSet<String> = MADE.iter().map(|code| (*code).to_owned()).collect();
    for path in files(&folder("fixtures/hostile")).into_iter().filter(|path| !is_golden(path)) {
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check("x", named(&path), &bytes[..], options(&path)).expect("memory can be read");
        found.extend(report.all_faults().iter().map(|fault| fault.code.to_string()));
    }
    let missing: Vec<&str> = CODES.iter().map(|row| row.code).filter(|code| !found.contains(*code)).collect();
    assert!(missing.is_empty(), "no fixture shows {missing:?}");
}
