//! Who may know whom. Reads the sources as text, so an inline `crate::store::x()` counts like a `use`.

use crate::{
    ratchet::WORDS_IN_PURE_ROOMS,
    source::{Source, root, rust_files},
};
use std::collections::BTreeSet;

struct Room {
    name: &'static str,
    /// Rooms it may name; `*` is all.
    may: &'static [&'static str],
    /// Words it may not use.
    never: &'static [&'static [&'static str]],
}

const fn room(name: &'static str, may: &'static [&'static str], never: &'static [&'static [&'static str]]) -> Room {
    Room { name, may, never }
}

/// The map of docs/ARCHITECTURE.md. A room that is missing here fails the test. `config` and `signals` may be named by
/// every room that is not pure, so they don't stand in each row. `tenancy` is the directory of partners, connections
/// and agreements: whoever takes in, sends out or counts looks there, and an agreement speaks of the format's delimiters
/// and is read as mappings are, by YAML that knows its places.
const ROOMS: &[Room] = &[
    room("formats", &[], &[PURE, SQL, BROKER, WEB]), // a package of its own: the compiler holds it, too
    room("canonical", &[], &[PURE, SQL, BROKER, WEB]), // derives of sqlx traits apart, see `allowed`
    room("mapping", &["formats", "canonical"], &[PURE, SQL, BROKER, WEB]),
    room("core", &["canonical"], &[PURE, SQL, BROKER, WEB]),
    room("store", &["canonical", "core"], &[BROKER, WEB, ENVIRONMENT]),
    room("queue", &["canonical", "store"], &[SQL, WEB, ENVIRONMENT]),
    room("intake", &["canonical", "store", "queue", "tenancy"], &[SQL, BROKER, WEB, ENVIRONMENT]),
    room("emit", &["canonical", "formats", "mapping", "store", "queue", "tenancy"], &[SQL, BROKER, WEB, ENVIRONMENT]),
    room("connectors", &["canonical", "intake", "store", "tenancy"], &[SQL, BROKER, ENVIRONMENT]),
    room(
        "flow",
        &["formats", "canonical", "mapping", "core", "store", "queue", "intake", "emit", "connectors", "tenancy"],
        &[SQL, BROKER, WEB, ENVIRONMENT],
    ),
    room("tenancy", &["canonical", "formats", "mapping", "core", "store", "queue"], &[SQL, BROKER, WEB, ENVIRONMENT]),
    room("insight", &["canonical", "core", "store", "queue", "tenancy"], &[SQL, BROKER, WEB, ENVIRONMENT]),
    room("api", FACES, &[SQL, BROKER, ENVIRONMENT]),
    room("console", FACES, &[SQL, BROKER, ENVIRONMENT]),
    room("config", &["canonical"], &[SQL, BROKER, WEB, ENVIRONMENT]),
    room("signals", &["canonical"], &[SQL, BROKER, ENVIRONMENT]),
    room("cli", &["*"], &[SQL, BROKER]),
];

const PURE_ROOMS: &[&str] = &["formats", "canonical", "mapping", "core"];
const OPEN_ROOMS: &[&str] = &["config", "signals"];
/// `api` and `console` know all but the connectors, the command line and each other.
const FACES: &[&str] =
    &["formats", "canonical", "mapping", "core", "store", "queue", "intake", "emit", "flow", "tenancy", "insight"];

/// No I/O, clock, chance or async.
const PURE: &[&str] = &[
    "tokio::",
    "reqwest::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "now_v7",
    "new_v4",
    "rand::",
    "async fn",
    "async move",
    ".await",
];
const SQL: &[&str] = &["sqlx::"];
const BROKER: &[&str] = &["lapin::"];
const WEB: &[&str] = &["axum::"];
const ENVIRONMENT: &[&str] = &["std::env", "env::var"];

#[test]
fn exceptions_are_needed() {
    for (path, word, _) in WORDS_IN_PURE_ROOMS {
        let used = rust_files("src").iter().any(|source| source.path == *path && source.code.contains(word));
        assert!(used, "{path} does not use {word} any more: take it out of ratchet.rs");
    }
}

#[test]
fn rooms_know_only_what_the_map_allows() {
    let wrong: Vec<String> = rust_files("src").iter().flat_map(faults).collect();
    assert!(
        wrong.is_empty(),
        "\n{}\nA new arrow is a change of the map: docs/ARCHITECTURE.md, with its reason.",
        wrong.join("\n")
    );
}

/// The codec is published alone, so what it needs from outside is chosen with care.
#[test]
fn the_codec_depends_on_little() {
    const MAY: &[&str] = &[
        "memchr",
        "quick-xml",
        "csv",
        "serde",
        "serde_json",
        "serde-saphyr",
        "thiserror",
        "rust_decimal",
        "encoding_rs",
    ];
    let manifest = std::fs::read_to_string(root().join("src/formats/Cargo.toml")).expect("the codec has a manifest");
    let manifest: toml::Table = manifest.parse().expect("a manifest that cargo could read");
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let named: BTreeSet<&str> = dependencies.into_iter().flat_map(|table| table.keys().map(String::as_str)).collect();
    let others: Vec<_> = named.iter().filter(|name| !MAY.contains(name)).collect();
    assert!(others.is_empty(), "src/formats/Cargo.toml: {others:?} are not among {MAY:?}");
}

/// The room of a file: the first folder below `src`, or the name of a file beside them. `main` and `lib` have none.
fn room_of(path: &str) -> Option<&str> {
    // The codec's own examples, benches and fuzz targets are programs of their own.
    if ["examples", "benches", "fuzz"].iter().any(|folder| path.starts_with(&format!("src/formats/{folder}/"))) {
        return None;
    }
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "main" && name != "lib").then_some(name)
}

fn faults(source: &Source) -> Vec<String> {
    let Some(name) = room_of(&source.path) else { return Vec::new() };
    // Tests may know more than what they test.
    if source.is_test() {
        return Vec::new();
    }
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!("{}: room `{name}` has no row in ROOMS", source.path)];
    };
    let mut wrong = Vec::new();
    for (line, named) in named_rooms(&source.code, name == "formats") {
        let open = OPEN_ROOMS.contains(&named.as_str()) && !PURE_ROOMS.contains(&name);
        let known = ROOMS.iter().any(|room| room.name == named);
        if known && named != name && !open && room.may != ["*"] && !room.may.contains(&named.as_str()) {
            wrong.push(format!("{}:{line}: {name} may not know {named} (it may know {:?})", source.path, room.may));
        }
    }
    for word in room.never.iter().copied().flatten() {
        for (at, _) in source.code.match_indices(word) {
            let excepted = WORDS_IN_PURE_ROOMS.iter().any(|(path, may, _)| *path == source.path && may == word);
            if !excepted && !allowed(name, word, &source.code, at) {
                let line = Source::line(&source.code, at);
                wrong.push(format!("{}:{line}: {name} may not use {word}", source.path));
            }
        }
    }
    wrong
}

/// What `canonical` derives for the store's sake: an orphan rule leaves no other place. Only inside attributes.
/// And a word that is the end of a longer name is another word: `my_rand::`.
fn allowed(room: &str, word: &str, code: &str, at: usize) -> bool {
    let before = code[..at].chars().next_back();
    if word.starts_with(char::is_alphabetic) && before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return true;
    }
    let line_start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    room == "canonical" && word == "sqlx::" && code[line_start..at].trim_start().starts_with("#[")
}

/// Every first name after `crate::` and `crossdock::`, in plain paths and in `crate::{a::b, c}` groups; and
/// `crossdock_formats`, which is the room `formats` by another name. In the codec `crate` is the codec.
fn named_rooms(code: &str, codec: bool) -> BTreeSet<(usize, String)> {
    let mut found = BTreeSet::new();
    let word = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    for (at, _) in code.match_indices("crossdock_formats").filter(|_| !codec) {
        found.insert((Source::line(code, at), "formats".to_owned()));
    }
    let own = code.match_indices("crate::").filter(|_| !codec);
    for (at, path) in own.chain(code.match_indices("crossdock::")) {
        let rest = code[at + path.len()..].trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            found.insert((Source::line(code, at), word(rest)));
            continue;
        };
        let (mut depth, mut start) = (1, 0);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if (c == ',' && depth == 1) || depth == 0 {
                found.insert((Source::line(code, at), word(&group[start..i])));
                start = i + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// Planted faults are found, and what is allowed is not.
#[test]
fn finds_what_it_looks_for() {
    let at = |path: &str, text: &str| faults(&Source::of(path, text));
    for (path, text, expected) in [
        ("src/core/a.rs", "use crate::mapping::Plan;", "core may not know mapping"),
        ("src/core/a.rs", "use crate::{canonical::Event, store::{outbox, Tx}};", "core may not know store"),
        ("src/core/a.rs", "fn f() { crate::store::x() }", "core may not know store"),
        ("src/core/a.rs", "use crate::config::Config;", "core may not know config"),
        ("src/core/a.rs", "use crossdock_formats::Tree;", "core may not know formats"),
        ("src/core/a.rs", "let now = std::time::SystemTime::now();", "core may not use SystemTime"),
        ("src/core/a.rs", "pub async fn decide() {}", "core may not use async fn"),
        ("src/canonical/a.rs", "fn f(row: sqlx::Row) {}", "canonical may not use sqlx::"),
        ("src/formats/x12/a.rs", "use std::fs;", "formats may not use std::fs"),
        ("src/formats/x12/a.rs", "use crossdock::canonical::Event;", "formats may not know canonical"),
        ("src/intake/a.rs", "use crate::formats::Tree;", "intake may not know formats"),
        ("src/emit/a.rs", "use crate::core::Order;", "emit may not know core"),
        ("src/connectors/a.rs", "use crate::emit::webhook;", "connectors may not know emit"),
        ("src/connectors/a.rs", "let home = std::env::var(name);", "connectors may not use std::env"),
        ("src/console/a.rs", "use crate::api::Problem;", "console may not know api"),
        ("src/api/a.rs", "sqlx::query(text);", "api may not use sqlx::"),
        ("src/flow/a.rs", "use lapin::Channel;", "flow may not use lapin::"),
        ("src/config.rs", "use crate::store::Store;", "config may not know store"),
        ("src/drawer/a.rs", "", "room `drawer` has no row"),
    ] {
        let found = at(path, text);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{path}: {text}: {found:?}");
    }
    for (path, text) in [
        ("src/core/a.rs", "use crate::canonical::Event; // crate::store is another matter"),
        ("src/core/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::store::Store;\n}"),
        ("src/core/tests/a.rs", "use crate::mapping::Plan;"),
        ("src/canonical/a.rs", "#[derive(Debug, sqlx::Type)]\npub struct Id(u8);"),
        ("src/formats/x12/a.rs", "use crate::place::Place;"),
        ("src/store/a.rs", "use crate::{config::Config, signals::count}; sqlx::query(text);"),
        ("src/cli/a.rs", "use crate::{store, console, connectors}; std::env::args();"),
        ("src/main.rs", "use crossdock::cli;"),
        ("src/formats/examples/a.rs", "use std::fs;"),
    ] {
        assert_eq!(at(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}
