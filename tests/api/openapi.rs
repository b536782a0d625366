//! The description of the API is a golden file, and every code of a problem has its page.

use crossdock::api::{openapi, problem::Code};
use std::{collections::BTreeSet, path::Path};

#[test]
fn the_reference_is_what_the_handlers_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/openapi.json");
    let described = openapi::describe();
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if written != described {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, described).expect("written");
        panic!("docs/reference/openapi.json was out of date and is written anew: look at the difference and commit it");
    }
}

#[test]
fn every_operation_says_what_it_does() {
    let described: serde_json::Value = serde_json::from_str(&openapi::describe()).expect("JSON");
    let mut ids = BTreeSet::new();
    for (path, item) in described["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{method} {path}: the id {id} stands twice");
            assert!(operation["summary"].is_string(), "{method} {path} has no doc text");
            assert!(operation["tags"].is_array(), "{method} {path} has no tag");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path}: {} has no doc text", parameter["name"]);
            }
        }
    }
}

/// The pages are compiled in, so a code without one doesn't build; here the other way round.
#[test]
fn every_page_is_of_a_code_and_says_what_to_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("pages")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().trim_end_matches(".md").to_owned())
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    assert_eq!(codes.difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new());
    for code in Code::ALL {
        let page = code.page();
        assert!(
            page.starts_with(&format!("# `{}`: {}\n", code.name(), code.title())),
            "the first line of {}.md",
            code.name()
        );
        assert!(page.contains(&format!("HTTP status {}.", code.status().as_u16())), "the status in {}.md", code.name());
        assert!(page.contains("**What to do.**"), "{}.md doesn't say what to do", code.name());
    }
}
