//! Documents for tests: files to a library, bytes to sets, messages to bytes.

use crossdock::{
    formats::piece::Set,
    mapping::{Body, Context, Library, NoTables, Plan, Written, samples},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings")
}

/// All files below a folder, as the library takes them.
pub fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "csv") if !path.iter().any(|p| p == "samples") => {
                    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                    found.push((name, fs::read_to_string(&path).unwrap()));
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

pub fn library() -> Library {
    Library::compile(&files(&root())).unwrap_or_else(|lints| {
        panic!("{}", lints.iter().map(|l| format!("\n{l}")).collect::<String>());
    })
}

pub fn context() -> Context<'static> {
    Context { tenant_currency: "EUR", tables: &NoTables }
}

/// The sets of a document.
pub fn sets(plan: &Plan, bytes: &[u8]) -> Vec<Set> {
    samples::sets(plan, bytes).unwrap_or_else(|why| panic!("{why}"))
}

/// The body is what the Rust type takes.
pub fn typed(message: &str, body: &Value) {
    let result = crossdock::canonical::messages::check(message, body);
    result.unwrap_or_else(|e| panic!("{e}: {body:#}"));
}

/// The same, first of the message as reading made it, and then of a tree of it.
pub fn kept(message: &str, body: &Body) {
    let result = crossdock::canonical::messages::check_kept(message, body);
    result.unwrap_or_else(|e| panic!("{e}: {:#}", **body));
    typed(message, body);
}

/// The law: what was read, written and read again is the same message.
pub fn written_back(plan: &Plan, body: &Value) {
    if plan.one_way() {
        return;
    }
    let bytes = bytes(plan, body);
    let (again, body) = (renamed(reread(plan, &bytes)), renamed(body.clone()));
    assert_eq!(again, body, "{}:\n{}", plan.name(), String::from_utf8_lossy(&bytes));
}

/// A package without a mark is called by the number of its loop, and loops are numbered anew when they are written: its name
/// says no more than which lines and packages lie in it.
pub fn renamed(mut body: Value) -> Value {
    let id = |package: &Value| package["id"].as_str().map(str::to_owned);
    let ids: Vec<String> = body["packages"].as_array().into_iter().flatten().filter_map(id).collect();
    let rename = |object: &mut Value, members: &[&str]| {
        for member in members {
            let Some(name) = object.get_mut(member) else { continue };
            if let Some(at) = ids.iter().position(|id| name.as_str() == Some(id)) {
                *name = format!("package {at}").into();
            }
        }
    };
    let items = |body: &mut Value, list: &str, members: &[&str]| {
        body.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(|one| rename(one, members));
    };
    items(&mut body, "packages", &["id", "parent"]);
    items(&mut body, "lines", &["package"]);
    body
}

/// The message of a document that we wrote: one set without a fault.
pub fn reread(plan: &Plan, bytes: &[u8]) -> Value {
    let sets = sets(plan, bytes);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(sets.len(), 1, "{}: {text}", plan.name());
    assert!(sets[0].accepted(), "{}: {:#?}\n{text}", plan.name(), sets[0].faults);
    let reading = plan.read(&sets[0].tree, &context());
    let told = (&reading.faults, &reading.missing);
    assert!(told.0.is_empty() && told.1.is_empty(), "{}: {told:#?}\n{text}", plan.name());
    reading.body.into_value()
}

/// A document's bytes, as a message is written.
pub fn bytes(plan: &Plan, body: &Value) -> Vec<u8> {
    let written =
        plan.write(body, &context()).unwrap_or_else(|faults| panic!("{}: {faults:#?}\n{body:#}", plan.name()));
    document(plan, &written)
}

/// A minimal document around what a plan wrote.
pub fn document(plan: &Plan, written: &Written) -> Vec<u8> {
    samples::document(plan, written).unwrap_or_else(|fault| panic!("{fault:#?}"))
}
