//! Help that teaches by example, and the reference pages made from it.

use crate::call::{Folder, call};
use crossdock::cli;
use std::path::Path;

/// Every command, by the words that call it.
fn commands(of: &clap::Command, words: &str, into: &mut Vec<(String, clap::Command)>) {
    for sub in of.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let words = format!("{words} {}", sub.get_name());
        into.push((words.trim().to_owned(), sub.clone()));
        commands(sub, &words, into);
    }
}

fn all() -> Vec<(String, clap::Command)> {
    let mut found = Vec::new();
    let mut root = cli::command();
    root.build();
    commands(&root, "", &mut found);
    found
}

#[test]
fn the_commands_are_well_made() {
    cli::command().debug_assert();
}

/// The words of an example up to its explanation, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let line = line.split("  ").next().unwrap_or(line);
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '|' | '>' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|w| !w.is_empty());
    // An id is shown by its beginning.
    words.iter().map(|w| if w.ends_with("-…") { uuid::Uuid::nil().to_string() } else { w.clone() }).collect()
}

#[test]
fn each_example_of_the_help_is_a_call_that_is_understood() {
    let mut tried = 0;
    let mut texts: Vec<String> =
        all().iter().filter_map(|(_, c)| c.get_long_about().map(ToString::to_string)).collect();
    texts.extend(cli::command().get_after_help().map(ToString::to_string));
    for text in texts {
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("crossdock ")) {
            let result = cli::command().try_get_matches_from(words(line));
            assert!(result.is_ok(), "{line}\n{}", result.unwrap_err());
            tried += 1;
        }
    }
    assert!(tried > 25, "only {tried} examples were found");
}

#[test]
fn every_command_says_what_it_does() {
    for (words, command) in all() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.chars().count() > 5, "{words} says nothing of itself");
    }
}

#[test]
fn a_wrong_call_is_two_and_help_is_zero() {
    let folder = Folder::new();
    for (words, code) in [
        ("", 2),
        ("chekc x", 2),
        ("check", 2),
        ("documents", 2),
        ("--help", 0),
        ("dead replay --help", 0),
        ("--version", 0),
    ] {
        assert_eq!(call(folder.path(), words).code, code, "{words}");
    }
}

/// Compares a page with what the sources say now, and writes it if it differs: commit it then.
fn page_is(path: &str, text: &str) -> bool {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let same = std::fs::read_to_string(&full).is_ok_and(|stands| stands == text);
    if !same {
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(&full, text).unwrap();
    }
    same
}

/// Who reads JSON is shown no Rust: `crossdock schema` and the reference pages are made of the types' comments.
#[test]
fn messages_are_described_without_code() {
    for (name, text) in cli::schema::files().into_iter().chain(cli::events::files()) {
        assert!(!text.contains("```") && !text.contains("crossdock::"), "{name}");
    }
    assert!(!cli::schema::page().contains("crossdock::"));
}

#[test]
fn the_reference_pages_are_what_the_sources_say() {
    let pages = [
        ("docs/reference/configuration.md", cli::describe::page()),
        ("docs/reference/commands.md", cli::reference::page()),
        ("docs/reference/agreement.md", cli::pages::agreement()),
        ("docs/reference/files.md", cli::pages::files()),
        ("docs/reference/messages.md", cli::schema::page()),
        ("docs/reference/events.md", cli::events::page()),
        ("docs/reference/mapping.schema.json", cli::mapping::schema::text()),
    ];
    let pages = pages.map(|(path, text)| (path.to_owned(), text)).into_iter();
    let schemas = cli::schema::files().into_iter();
    let schemas = schemas.map(|(name, text)| (format!("docs/reference/messages/{name}"), text));
    let events = cli::events::files().into_iter();
    let schemas = schemas.chain(events.map(|(name, text)| (format!("docs/reference/events/{name}"), text)));
    let differed: Vec<String> =
        pages.chain(schemas).filter(|(path, text)| !page_is(path, text)).map(|(path, _)| path).collect();
    assert!(
        differed.is_empty(),
        "{differed:?} were not what the sources say; they are now: look at them and commit them"
    );
}
