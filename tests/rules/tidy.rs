//! How files are kept: headers, sizes, words that are not used, names, places of somebody's machine.

use crate::{
    ratchet::{LONG_FILES, LONG_FUNCTIONS, NO_HEADER, WORDS, compare},
    source::{Source, relative, root, rust_files},
};
use std::{collections::BTreeSet, fs, process::Command};

/// Lines without test modules. A file that is longer has two subjects.
const FILE_LINES: usize = 600;
/// From `fn` to its closing brace. A function that is longer has two steps.
const FUNCTION_LINES: usize = 70;

/// A word that is not used: where (beginnings of paths), the word, and what to use instead.
struct Banned {
    folders: &'static [&'static str],
    word: &'static str,
    instead: &'static str,
}

const BANNED: &[Banned] = &[
    Banned { folders: &["src/"], word: ".unwrap()", instead: "`?`, or a `let … else` that says what was wrong" },
    Banned { folders: &["src/"], word: ".expect(", instead: "`?`; if it cannot happen, let the types say so" },
    Banned { folders: EXACT, word: "f64", instead: "`Decimal`, `Amount` or `Quantity`" },
    Banned { folders: EXACT, word: "f32", instead: "`Decimal`, `Amount` or `Quantity`" },
    Banned { folders: &["src/", "tests/"], word: "todo!", instead: "the code" },
    Banned { folders: &["src/", "tests/"], word: "unimplemented!", instead: "the code, or an error that says so" },
    Banned { folders: &["src/", "tests/"], word: "dbg!", instead: "tracing" },
    Banned { folders: &["tests/"], word: "sleep(", instead: "`hub::wait::wait_until`, which has a deadline" },
];
/// Where money and quantities are.
const EXACT: &[&str] = &["src/core/", "src/canonical/", "src/store/"];
/// Where waiting is made; and a storm strikes at random moments, which are times and no conditions.
const MAY_SLEEP: &[&str] = &["tests/hub/", "tests/chaos/"];

fn sources() -> Vec<Source> {
    ["src", "tests", "benches", "examples"].iter().flat_map(|folder| rust_files(folder)).collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_file_begins_by_saying_what_it_is() {
    // A file of one line has nothing to tell that it doesn't show.
    let without = |source: &&Source| !begins_with_header(&source.text) && source.text.lines().count() > 1;
    let found: Vec<_> = sources().iter().filter(without).map(|source| (source.path.clone(), 1)).collect();
    let allowed: Vec<_> = NO_HEADER.iter().map(|(path, _)| ((*path).to_owned(), 1)).collect();
    assert_none(compare(&found, &allowed, "the first line of each file is `//!` and says what is in it"));
}

fn begins_with_header(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.strip_prefix("//! ").is_some_and(|says| !says.trim().is_empty()))
}

/// A room's first page: `src/ROOM/mod.rs`.
#[test]
fn each_room_says_what_it_promises() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| is_room_page(&source.path)) {
        let header: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        // A room that holds one line only is not built yet.
        let built = source.code.split_whitespace().next().is_some();
        for part in ["Promise: ", "Called by: ", "Never: ", "Tried by: "].into_iter().filter(|_| built) {
            if !header.contains(part) {
                wrong.push(format!("{}: its header has no `//! {part}…`", source.path));
            }
        }
    }
    assert_none(wrong);
}

fn is_room_page(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.len() == 3 && parts[0] == "src" && (parts[2] == "mod.rs" || (parts[1] == "formats" && parts[2] == "lib.rs"))
}

#[test]
fn files_and_functions_stay_small() {
    let (mut files, mut functions) = (Vec::new(), Vec::new());
    for source in sources() {
        if source.lines > FILE_LINES {
            files.push((source.path.clone(), source.lines));
        }
        for (name, lines) in function_lengths(&source.code) {
            if lines > FUNCTION_LINES && source.path.starts_with("src/") && !source.is_test() {
                functions.push((format!("{} fn {name}", source.path), lines));
            }
        }
    }
    let long_files: Vec<_> = LONG_FILES.iter().map(|(path, lines)| ((*path).to_owned(), *lines)).collect();
    let long_functions: Vec<_> =
        LONG_FUNCTIONS.iter().map(|(path, name, lines)| (format!("{path} fn {name}"), *lines)).collect();
    let mut wrong = compare(&files, &long_files, &format!("a file has at most {FILE_LINES} lines"));
    wrong.extend(compare(&functions, &long_functions, &format!("a function has at most {FUNCTION_LINES} lines")));
    assert_none(wrong);
}

/// Name and lines of each function with a body.
fn function_lengths(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(end) = body_end(&code[at..]).filter(|_| !name.is_empty()) {
            found.push((name, code[at..at + end].matches('\n').count() + 1));
        }
    }
    found
}

/// Where the body that follows a signature ends; `None` for a signature without one.
fn body_end(code: &str) -> Option<usize> {
    let (mut round, mut braces) = (0i32, 0i32);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round -= 1,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at + 1);
                }
            }
            b';' if round == 0 && braces == 0 => return None,
            _ => {}
        }
        if round < 0 || braces < 0 {
            return None; // the type of a function pointer, not a function
        }
    }
    None
}

#[test]
fn banned_words_are_not_used() {
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut instead = BTreeSet::new();
    for source in sources() {
        for (banned, times) in banned_words(&source) {
            found.push((format!("{} `{}`", source.path, banned.word), times));
            instead.insert(format!("instead of `{}`: {}", banned.word, banned.instead));
        }
    }
    let allowed: Vec<_> = WORDS.iter().map(|(path, word, times)| (format!("{path} `{word}`"), *times)).collect();
    let mut wrong = compare(&found, &allowed, "not used here");
    if !wrong.is_empty() {
        wrong.extend(instead);
    }
    assert_none(wrong);
}

fn banned_words(source: &Source) -> Vec<(&'static Banned, usize)> {
    let mut found = Vec::new();
    for banned in BANNED {
        let here = banned.folders.iter().any(|folder| source.path.starts_with(folder));
        let excused = banned.word == "sleep(" && MAY_SLEEP.iter().any(|folder| source.path.starts_with(folder));
        // Tests in `src` may unwrap; what they wait with is their own affair only where it is made.
        if !here || excused || (source.is_test() && source.path.starts_with("src/")) {
            continue;
        }
        let times = source.code.match_indices(banned.word).filter(|(at, word)| stands_alone(&source.code, *at, word));
        match times.count() {
            0 => {}
            times => found.push((banned, times)),
        }
    }
    found
}

/// Not a part of a longer name, and not a parser's own `self.expect(…)`.
fn stands_alone(code: &str, at: usize, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let before = code[..at].chars().next_back();
    if word == ".expect(" {
        return !code[..at].ends_with("self");
    }
    let longer_before = word.starts_with(part_of_name) && before.is_some_and(part_of_name);
    let after = code[at + word.len()..].chars().next();
    let longer_after = word.ends_with(part_of_name) && after.is_some_and(part_of_name);
    !longer_before && !longer_after
}

#[test]
fn no_file_is_a_drawer() {
    const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "stuff"];
    let is_drawer = |path: &str| path.split('/').any(|part| DRAWERS.contains(&part.trim_end_matches(".rs")));
    assert!(is_drawer("src/store/utils.rs") && is_drawer("src/common/mod.rs") && !is_drawer("src/store/outbox.rs"));
    assert_none(
        sources()
            .iter()
            .filter(|source| is_drawer(&source.path))
            .map(|source| format!("{}: a name that says what is in it, please", source.path))
            .collect(),
    );
}

/// What is true of one partner only is data: `connectors/`, `mappings/partners/`. The demo plays partners.
#[test]
fn no_partner_is_named_in_the_sources() {
    let partners = partners();
    let wrong = rust_files("src").iter().flat_map(|source| named_partners(source, &partners)).collect();
    assert_none(wrong);
}

/// The partners of the files in `connectors/`, and some that everybody trades with.
fn partners() -> Vec<String> {
    let mut names: Vec<String> =
        ["walmart", "amazon", "costco", "kroger", "carrefour", "grainger"].map(String::from).into();
    for folder in fs::read_dir(root().join("connectors")).into_iter().flatten().flatten() {
        if folder.file_name() == "tenants" {
            continue;
        }
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            if let Some(name) = file.path().file_stem().and_then(|stem| stem.to_str()) {
                names.push(name.to_lowercase());
            }
        }
    }
    names
}

fn named_partners(source: &Source, partners: &[String]) -> Vec<String> {
    if source.is_test() || source.path.starts_with("src/cli/demo") {
        return Vec::new();
    }
    let text = source.with_strings.to_lowercase();
    let named = |name: &&String| text.match_indices(name.as_str()).any(|(at, word)| stands_alone(&text, at, word));
    partners.iter().filter(named).map(|name| format!("{}: names the partner {name}", source.path)).collect()
}

/// No path of somebody's machine in what is kept in git: it works on that machine only.
#[test]
fn no_file_names_a_place_of_somebodys_machine() {
    let mut wrong = Vec::new();
    for path in tracked_files() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue }; // not text, or not there any more
        for (line, place) in machine_places(&text) {
            wrong.push(format!("{path}:{line}: `{place}…` is a place of one machine"));
        }
    }
    assert_none(wrong);
}

fn tracked_files() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut files: Vec<String> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    if files.is_empty() {
        // A source archive, or a checkout of another user's: what the package is made of.
        files = sources().into_iter().map(|source| source.path).collect();
        let top = fs::read_dir(root()).into_iter().flatten().flatten();
        files.extend(top.filter(|entry| entry.path().is_file()).map(|entry| relative(&entry.path())));
    }
    files
}

/// The line and the beginning of each absolute path below a folder in which people work.
fn machine_places(text: &str) -> Vec<(usize, &'static str)> {
    // In two parts, or this file would name them.
    const PLACES: &[&str] = &[concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let mut found = Vec::new();
    for place in PLACES {
        for (at, _) in text.match_indices(place) {
            // `https://example.com/…` and `target/…` are no absolute paths.
            let before = text[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || "._-}*/".contains(c)) {
                found.push((Source::line(text, at), *place));
            }
        }
    }
    found
}

#[test]
fn finds_what_it_looks_for() {
    assert!(begins_with_header("//! What it is.\nfn f() {}") && !begins_with_header("fn f() {}"));
    assert!(!begins_with_header("//!\n//! Late."));

    let long =
        format!("fn short() {{}}\nfn long() {{\n{}}}\nfn last(x: [u8; 3]) -> u8 {{ 1 }}\n", "    x();\n".repeat(70));
    let lengths = function_lengths(&long);
    assert_eq!(lengths, [("short".to_owned(), 1), ("long".to_owned(), 72), ("last".to_owned(), 1)]);
    assert_eq!(function_lengths("trait T { fn only(&self); }\ntype F = Box<dyn Fn(u8)>;"), []);

    let words = |path: &str, text: &str| -> Vec<&str> {
        banned_words(&Source::of(path, text)).iter().map(|(banned, _)| banned.word).collect()
    };
    assert_eq!(words("src/store/a.rs", "let x: f64 = y.unwrap();"), [".unwrap()", "f64"]);
    assert_eq!(words("src/flow/a.rs", "let x: f64 = y.expect(\"never\"); todo!()"), [".expect(", "todo!"]);
    assert_eq!(words("src/flow/a.rs", "x.unwrap_or(0); self.expect(b'x')?; // .unwrap()"), Vec::<&str>::new());
    assert_eq!(words("src/flow/a.rs", "#[cfg(test)]\nmod tests { fn f() { x.unwrap() } }"), Vec::<&str>::new());
    assert_eq!(words("tests/api/a.rs", "tokio::time::sleep(SOON).await; x.unwrap()"), ["sleep("]);
    assert_eq!(words("tests/hub/wait.rs", "tokio::time::sleep(SOON).await"), Vec::<&str>::new());

    let source = Source::of("src/flow/a.rs", "if partner == \"Northwind\" {} // as northwind does\nlet amazonite = 1;");
    let partners = ["northwind".to_owned(), "amazon".to_owned()];
    assert_eq!(named_partners(&source, &partners), ["src/flow/a.rs: names the partner northwind"]);

    let place = concat!("/ho", "me/");
    let planted = format!("see {place}x and https://example.com{place}y\n`{}z`", concat!("/wo", "rk/"));
    assert_eq!(machine_places(&planted).len(), 2, "{planted}");
}
