//! `crossdock explain mapping/…` has a page for each code that a mapping's fault can have.

use crossdock::mapping::codes::CODES;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What the journal calls steps of a version is no fault.
const STEPS: &[&str] =
    &["mapping/drafted", "mapping/forced", "mapping/published", "mapping/reviewed", "mapping/rolled_back"];

fn sources(folder: PathBuf, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => sources(path, found),
            Some("rs") if !path.ends_with("mapping/codes.rs") => found.push(fs::read_to_string(&path).unwrap()),
            _ => {}
        }
    }
}

#[test]
fn each_code_of_mappings_is_explained() {
    let mut texts = Vec::new();
    sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let word = |part: &str| part.split('"').next().unwrap_or_default().to_owned();
    let said = texts.iter().flat_map(|text| text.split("\"mapping/").skip(1).map(word));
    let said: BTreeSet<String> = said
        .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .map(|word| format!("mapping/{word}"))
        .filter(|code| !STEPS.contains(&code.as_str()))
        .collect();
    let known: BTreeSet<String> = CODES.iter().map(|row| row.code.to_owned()).collect();
    assert_eq!(known, said);
    for row in CODES {
        assert!(row.page().starts_with(&format!("# `{}`\n\n{}", row.code, row.title)), "{}", row.page());
    }
}
