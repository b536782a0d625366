//! Every code that the hub can write has a page: all that the source names are asked for.

use crate::call::{Folder, call};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Texts of the shape of a code that are none: media types, and names of folders.
const NO_CODES: &[&str] = &["application/json", "text/csv", "text/markdown", "text/plain"];

/// The source but for its tests: (path, text).
fn sources() -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                found.push((path, text));
            }
        }
    }
    found
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
}

/// `webhook/gone`, but no `order/1` (a message and its version) and no `x12/004010`.
fn is_of_code_shape(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(of, what)| is_word(of) && is_word(what) && !of.ends_with(|c: char| c.is_ascii_digit()))
}

/// All texts in quotes, each with what stands before it.
fn literals(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(open) = text[rest..].find('"').map(|at| rest + at) {
        let Some(close) = text[open + 1..].find('"').map(|at| open + 1 + at) else { break };
        let from = (0..=open.saturating_sub(60)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        found.push((text[from..open].trim_end(), &text[open + 1..close]));
        rest = close + 1;
    }
    found
}

/// A word that is written as a code: behind `"code":` and `code:`, and where a cause, a hold or a letter is made.
fn is_written_as_code(before: &str) -> bool {
    ["\"code\":", "code:", "because(", "Trouble::last(", "Unwritable::new(", "Failure::new("]
        .iter()
        .any(|end| before.ends_with(end))
        || [".hold(", ".die("].iter().any(|call| {
            before.ends_with(',')
                && before.rsplit_once(call).is_some_and(|(_, arguments)| arguments.matches(',').count() == 1)
        })
        || before.ends_with("&str =")
            && before.rsplit_once("const ").is_some_and(|(_, name)| {
                ["BEHIND", "CLOSED", "GIVEN", "OUT_OF_SEQUENCE", "WAITING"].iter().any(|known| name.starts_with(known))
            })
}

#[test]
fn every_code_that_the_source_names_has_a_page() {
    let folder = Folder::new();
    let listed = call(folder.path(), "explain --json").json();
    let pages: BTreeMap<String, String> = listed
        .iter()
        .map(|page| (page["code"].as_str().unwrap().to_owned(), page["text"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(pages.len(), listed.len(), "a code has two pages");
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut families: BTreeSet<String> = BTreeSet::new();
    for (path, text) in sources() {
        // The codec's codes are one table, which its own tests hold against its pages; the commands write none.
        let is_apart = ["formats", "cli"].iter().any(|room| path.components().any(|part| part.as_os_str() == *room));
        for (before, literal) in literals(&text).into_iter().filter(|_| !is_apart) {
            if is_of_code_shape(literal) && !NO_CODES.contains(&literal)
                || is_word(literal) && literal.len() > 1 && is_written_as_code(before)
            {
                found.insert(literal.to_owned());
            }
            if let Some((family, _)) = literal.split_once('{')
                && (before.ends_with("code\": format!(")
                    || before.ends_with("Failure::new(format!(")
                    || family == "mail/")
            {
                families.insert(family.to_owned());
            }
        }
    }
    for known in
        ["interchange/waiting", "sandbox/taken", "duplicate/control_number", "panic", "no_partner", "waiting", "closed"]
    {
        assert!(found.contains(known), "the source is not read as it was meant: no {known} in {found:?}");
    }
    let missing: Vec<&String> = found.iter().filter(|code| !pages.contains_key(*code)).collect();
    assert!(missing.is_empty(), "`crossdock explain` has no page for {missing:?}: add them to src/flow/codes.rs");
    assert!(families.contains("webhook/status_") && families.contains("acknowledgement/"), "{families:?}");
    let without: Vec<&String> =
        families.iter().filter(|family| !pages.keys().any(|code| code.starts_with(family.as_str()))).collect();
    assert!(without.is_empty(), "`crossdock explain` has no page that begins with {without:?}");
}

#[test]
fn a_code_that_ends_with_a_status_has_the_page_of_all() {
    let folder = Folder::new();
    for (code, title) in [
        ("webhook/status_503", "A webhook's receiver answered this status"),
        ("mail/550", "The mail server refused a letter"),
        ("acknowledgement.overdue", "is an event"),
        ("acknowledgement/rejected", "The partner refused the document that went out"),
    ] {
        let page = call(folder.path(), &format!("explain {code}"));
        assert!(page.code == 0 && page.out.contains(title), "{page:?}");
    }
    assert_eq!(call(folder.path(), "explain webhook/status_").code, 2, "no number is none of them");
}
