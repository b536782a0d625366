//! The sources of the store, read as text: what SQLite can't enforce, each statement must say itself; and no function
//! goes untried.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files: Vec<(PathBuf, String)> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// A public function of the store, with its text.
struct Function {
    noun: String,
    name: String,
    text: String,
    is_async: bool,
}

fn functions() -> Vec<Function> {
    let mut found = Vec::new();
    for (path, text) in sources("src/store") {
        let noun = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let starts: Vec<usize> = text
            .match_indices("\n")
            .map(|(at, _)| at + 1)
            .filter(|at| {
                let line = text[*at..].trim_start_matches(' ');
                [
                    "pub async fn ",
                    "pub fn ",
                    "async fn ",
                    "fn ",
                    "pub(super) async fn ",
                    "pub(crate) fn ",
                    "const ",
                    "macro_rules!",
                ]
                .iter()
                .any(|word| line.starts_with(word))
            })
            .collect();
        for (n, start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(text.len());
            let body = text[*start..end].trim_start();
            let Some(rest) = body.split_once("fn ").map(|x| x.1) else { continue };
            if !body.starts_with("pub") && !body.starts_with("fn") && !body.starts_with("async") {
                continue;
            }
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let is_async = body.starts_with("pub async fn");
            found.push(Function { noun: noun.clone(), name, text: body.to_owned(), is_async });
        }
    }
    found
}

/// Every public function that asks the database is called by this suite, by its noun and name.
#[test]
fn no_function_goes_untried() {
    let tried: String = sources("tests/guarantees/store").into_iter().map(|(_, text)| text).collect();
    let mut untried = Vec::new();
    let mut count = 0;
    for function in functions().iter().filter(|f| f.is_async) {
        count += 1;
        let called = match function.noun.as_str() {
            // Methods of `Store` and `Tx`.
            "mod" => format!(".{}(", function.name),
            "open" => format!("store::{}(", function.name),
            // Methods of the relay's session.
            // What `migrate` itself calls: tried by upgrade.rs.
            "statistics" => "store::migrate(".into(),
            "session" => match function.name.as_str() {
                "open" => "RelaySession::open(".into(),
                name => format!(".{name}("),
            },
            noun => format!("{noun}::{}(", function.name),
        };
        if !tried.contains(&called) {
            untried.push(called);
        }
    }
    assert!(count > 100, "{count} functions found: the sources are not read as they are written");
    assert!(untried.is_empty(), "never called by tests/guarantees/store/*: {untried:?}");
}

/// Statements that name no tenant: all of one function, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("census::*", "all tenants or one, and they say which: system transactions, which see no bodies"),
    ("blobs::has_unsealed", "of all tenants; a system transaction"),
    ("expectations::tenants_due", "of all tenants, which it gives; a system transaction"),
    ("letters::owing", "of all tenants, which it gives; a system transaction"),
    ("deliveries::open_letters", "a count over all tenants; a system transaction"),
    ("events::take_positions", "the feed has one counter for all tenants"),
    ("events::place", "the relay gives places to the events of all tenants; a system transaction"),
    ("outbox::due_and_later", "of all tenants; a system transaction"),
    ("outbox::delete", "by ids that this process took"),
    ("outbox::depth", "of all tenants; a system transaction"),
    ("outbox::ids_waiting", "of all tenants; a system transaction"),
    ("outbox::named", "of all tenants; a system transaction"),
    ("outbox::next_due", "of all tenants; a system transaction"),
    ("sweep::under_way", "of all tenants; a system transaction"),
    ("blobs::remove_unsealed", "of all tenants, joined by their tenant; a system transaction"),
    ("statistics::write", "reads SQLite's own catalogue, no rows of a tenant"),
    ("sweep::alone", "a lock, no rows"),
    ("session::*", "locks and notifications, no rows"),
    ("mod::*", "no rows of a tenant"),
    ("open::*", "opens and migrates"),
    ("sql::*", "makes texts of templates"),
];

/// The string literals of a text that are statements.
fn statements(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let after = &rest[at + 1..];
        let mut escaped = false;
        let Some(end) = after.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        }) else {
            break;
        };
        let literal = &after[..end];
        let first = literal.split_whitespace().next().unwrap_or_default();
        if ["select", "insert", "update", "delete", "where", "join"].contains(&first) {
            found.push(literal);
        }
        rest = &after[end + 1..];
    }
    found
}

/// True if a statement keeps to a tenant: it compares with one, or writes one.
fn names_tenant(statement: &str) -> bool {
    let words = statement.replace('\n', " ");
    let compares = ["tenant = $", "tenant = r.tenant", ".tenant = r.tenant", "tenant = excluded.tenant"]
        .iter()
        .any(|w| words.contains(w));
    let writes = words.starts_with("insert into") && words.contains("(tenant,");
    let gives = words.contains("select tenant,")
        || words.contains("select d.tenant,")
        || words.contains(", tenant,")
        || words.contains("returning tenant,");
    compares || writes || gives
}

#[test]
fn each_statement_names_the_tenant() {
    let mut unnamed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seen = 0;
    let mut excused: BTreeSet<&str> = BTreeSet::new();
    for function in functions() {
        let name = format!("{}::{}", function.noun, function.name);
        for statement in statements(&function.text) {
            seen += 1;
            if names_tenant(statement) {
                continue;
            }
            let all = format!("{}::*", function.noun);
            match EXCEPTIONS.iter().find(|(of, _)| *of == name || *of == all) {
                Some((of, _)) => drop(excused.insert(of)),
                None => unnamed.entry(name.clone()).or_default().push(statement.chars().take(90).collect()),
            }
        }
    }
    assert!(seen > 120, "{seen} statements found: the sources are not read as they are written");
    assert!(unnamed.is_empty(), "statements without a tenant: {unnamed:#?}");
    let stale: Vec<&str> =
        EXCEPTIONS.iter().map(|(of, _)| *of).filter(|of| !of.ends_with('*') && !excused.contains(of)).collect();
    assert!(stale.is_empty(), "exceptions that nothing needs any more: {stale:?}");
}

#[test]
fn a_statement_without_a_tenant_is_seen() {
    let text = r#"fetch!(tx, "select id from documents where id = $1"; id)?; exec!(tx, "delete from keys where tenant = $1"; t)"#;
    let found = statements(text);
    assert_eq!(found.len(), 2);
    assert_eq!(found.iter().map(|s| names_tenant(s)).collect::<Vec<_>>(), [false, true]);
}
