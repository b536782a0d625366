//! Documents for tests: files to a library, bytes to sets, messages to bytes.

use crossdock::formats::{
    self,
    piece::{Identity, Piece, Set, Standard},
    tree::Tree,
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, Segment, X12Delimiters, X12Envelope},
};
use crossdock::mapping::{Context, Library, NoTables, Plan, Written};
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
    let mut sets = Vec::new();
    for piece in formats::read(plan.standard(), bytes, plan.options()) {
        match piece.unwrap() {
            Piece::Set(set) => sets.push(*set),
            Piece::Fault(fault) => panic!("{fault:?}"),
            _ => {}
        }
    }
    sets
}

/// The body is what the Rust type takes.
pub fn typed(message: &str, body: &Value) {
    let result = crossdock::canonical::messages::check(message, body);
    result.unwrap_or_else(|e| panic!("{e}: {body:#}"));
}

/// The law: what was read, written and read again is the same message.
pub fn written_back(plan: &Plan, body: &Value) {
    if plan.one_way() {
        return;
    }
    let bytes = bytes(plan, body);
    assert_eq!(&reread(plan, &bytes), body, "{}:\n{}", plan.name(), String::from_utf8_lossy(&bytes));
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
    reading.body
}

/// A document's bytes, as a message is written.
pub fn bytes(plan: &Plan, body: &Value) -> Vec<u8> {
    let written =
        plan.write(body, &context()).unwrap_or_else(|faults| panic!("{}: {faults:#?}\n{body:#}", plan.name()));
    document(plan, &written)
}

/// A minimal document around what a plan wrote.
pub fn document(plan: &Plan, written: &Written) -> Vec<u8> {
    match written {
        Written::Segments(segments) => edi(plan, segments),
        Written::Json(value) => serde_json::to_vec(value).unwrap(),
        Written::Tree(tree) => match plan.standard() {
            Standard::Csv => rows(tree).into_bytes(),
            _ => write::xml(tree).unwrap_or_else(|fault| panic!("{fault:#?}")),
        },
    }
}

fn edi(plan: &Plan, segments: &[Segment]) -> Vec<u8> {
    let (kind, version) = plan.document();
    let party = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
    let set =
        |control: &str| OutSet { kind: kind.into(), control: control.into(), segments: segments.iter().collect() };
    let (date, time) = ("20260101".to_owned(), "0000".to_owned());
    let written = if plan.standard() == Standard::X12 {
        let guide = formats::guides::find(Standard::X12, version, kind).unwrap();
        let envelope = X12Envelope {
            sender: party("A"),
            receiver: party("B"),
            application_sender: "A".into(),
            application_receiver: "B".into(),
            functional_id: guide.functional_id.to_string(),
            version: version.into(),
            interchange_control: 1,
            group_control: 1,
            test: true,
            date,
            time,
            header: Default::default(),
            delimiters: X12Delimiters { replacement: Some('.'), ..X12Delimiters::default() },
        };
        write::x12(&envelope, &[set("0001")])
    } else {
        let envelope = EdifactEnvelope {
            sender: party("A"),
            receiver: party("B"),
            syntax: "UNOY".into(),
            syntax_version: 4,
            control: "1".into(),
            application_reference: String::new(),
            acknowledgement_requested: false,
            test: false,
            version: version.into(),
            association: String::new(),
            date,
            time,
            una: true,
            header: Default::default(),
            group: None,
            delimiters: EdifactDelimiters::default(),
        };
        write::edifact(&envelope, &[set("1")])
    };
    written.unwrap_or_else(|fault| panic!("{fault:#?}"))
}

fn rows(tree: &Tree) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = String::new();
    for (at, row) in tree.children(tree.root()).enumerate() {
        if at == 0 {
            text += &tree.children(row).map(|c| quoted(tree.name(c))).collect::<Vec<_>>().join(",");
            text += "\r\n";
        }
        text += &tree.children(row).map(|c| quoted(tree.value(c).unwrap())).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    text
}
