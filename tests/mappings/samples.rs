//! Every `samples/NAME.in.*` gives its `NAME.out.*`. `BLESS=1` rewrites what was reviewed; a missing one fails.

use crossdock::formats::{self, piece::Piece, piece::Set, piece::Standard};
use crossdock::mapping::{Asked, Context, Library, NoTables, Plan, Reading, Written};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
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
    let mut options = formats::Options::default();
    options.csv.by = plan.sets_by().map(str::to_owned);
    let mut sets = Vec::new();
    for piece in formats::read(plan.standard(), bytes, options) {
        match piece.unwrap() {
            Piece::Set(set) => sets.push(*set),
            Piece::Fault(fault) => panic!("{fault:?}"),
            _ => {}
        }
    }
    sets
}

/// What a person reviews: the message, where each value came from, what is wrong, what nobody read.
fn readable(reading: &Reading, bytes: &[u8]) -> Value {
    let from = |o: &crossdock::mapping::Origin| {
        let text = &bytes[o.bytes.start as usize..o.bytes.end as usize];
        (o.field.clone(), json!(format!("{} = {}", o.at, String::from_utf8_lossy(text))))
    };
    let mut value = json!({ "body": reading.body });
    value["from"] = Value::Object(reading.provenance.iter().map(from).collect());
    let told: Vec<_> = reading.missing.iter().map(|m| &m.fault).chain(&reading.faults).collect();
    if !told.is_empty() {
        value["faults"] = told.iter().map(|f| json!([f.code, f.sentence, f.remedy])).collect();
    }
    if !reading.unread.is_empty() {
        value["unread"] = json!(reading.unread);
    }
    value
}

fn compare(path: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, actual).unwrap();
    }
    match fs::read_to_string(path) {
        Ok(expected) if expected == actual => Ok(()),
        Ok(expected) => {
            let line = expected.lines().zip(actual.lines()).position(|(e, a)| e != a);
            let at = line.unwrap_or(expected.lines().count().min(actual.lines().count()));
            let nth = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
            Err(format!("{}:{}\n  expected {}\n  actual   {}", path.display(), at + 1, nth(&expected), nth(actual)))
        }
        Err(_) => Err(format!("{} is missing: look at the result and run with BLESS=1\n{actual}", path.display())),
    }
}

fn check_reading(plan: &Arc<Plan>, input: &Path, output: &Path) -> Result<(), String> {
    let bytes = fs::read(input).unwrap();
    let mut told = Vec::new();
    for set in sets(plan, &bytes) {
        if !set.accepted() {
            return Err(format!("{}: {:#?}", input.display(), set.faults));
        }
        let reading = plan.read(&set.tree, &context());
        let clean = reading.faults.is_empty() && reading.missing.is_empty();
        if clean {
            typed(plan.message(), &reading.body);
            written_back(plan, &reading.body);
        }
        told.push(readable(&reading, &bytes));
    }
    let whole = if told.len() == 1 { told.remove(0) } else { Value::Array(told) };
    compare(output, &format!("{}\n", serde_json::to_string_pretty(&whole).unwrap()))
}

/// The body is what the Rust type takes.
pub fn typed(message: &str, body: &Value) {
    use crossdock::canonical::order::{Order, OrderResponse};
    let result = match message {
        "order/1" => serde_json::from_value::<Order>(body.clone()).map(drop),
        "order_response/1" => serde_json::from_value::<OrderResponse>(body.clone()).map(drop),
        other => panic!("{other}"),
    };
    result.unwrap_or_else(|e| panic!("{e}: {body:#}"));
}

/// The law: what was read, written and read again is the same message.
pub fn written_back(plan: &Plan, body: &Value) {
    if plan.one_way() {
        return;
    }
    let bytes = bytes(plan, body);
    let again = sets(plan, &bytes);
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(again.len(), 1, "{}: {text}", plan.name());
    assert!(again[0].accepted(), "{}: {:#?}\n{text}", plan.name(), again[0].faults);
    let reading = plan.read(&again[0].tree, &context());
    assert!(reading.faults.is_empty() && reading.missing.is_empty(), "{}: {:#?}\n{text}", plan.name(), reading.faults);
    assert_eq!(&reading.body, body, "{}:\n{text}", plan.name());
}

/// A document's bytes, as a message is written.
pub fn bytes(plan: &Plan, body: &Value) -> Vec<u8> {
    let written = plan.write(body, &context()).unwrap_or_else(|faults| panic!("{}: {faults:#?}\n{body:#}", plan.name()));
    super::samples::document(plan, &written)
}

/// A minimal document around what a plan wrote.
pub fn document(plan: &Plan, written: &Written) -> Vec<u8> {
    match written {
        Written::Segments(segments) => edi(plan, segments).into_bytes(),
        Written::Json(value) => serde_json::to_vec(value).unwrap(),
        Written::Tree(tree) => match plan.standard() {
            Standard::Csv => rows(tree).into_bytes(),
            _ => element(tree, tree.children(tree.root()).next().unwrap()).into_bytes(),
        },
    }
}

fn edi(plan: &Plan, segments: &[formats::write::Segment]) -> String {
    let x12 = plan.standard() == Standard::X12;
    let (element, component, end) = if x12 { ("*", ">", "~\n") } else { ("+", ":", "'\n") };
    let escape = |text: &str| match x12 {
        true => text.replace(['*', '>', '~', '^'], " "),
        false => text.replace('?', "??").replace('+', "?+").replace(':', "?:").replace('\'', "?'"),
    };
    let mut body = String::new();
    for segment in segments {
        let elements = segment.elements.iter().map(|repeats| {
            let first = repeats.first().map(Vec::as_slice).unwrap_or_default();
            first.iter().map(|c| escape(c)).collect::<Vec<_>>().join(component).trim_end_matches(component).to_owned()
        });
        let line = std::iter::once(segment.id.clone()).chain(elements).collect::<Vec<_>>().join(element);
        body += line.trim_end_matches(element);
        body += end;
    }
    let count = segments.len() + 2;
    let (kind, version) = plan.document();
    if x12 {
        let isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0000*U*00401*000000001*0*T*>~";
        let group = formats::guides::find(Standard::X12, version, kind).unwrap().functional_id.clone();
        format!("{isa}\nGS*{group}*A*B*20260101*0000*1*X*{version}~\nST*{kind}*0001~\n{body}SE*{count}*0001~\nGE*1*1~\nIEA*1*000000001~\n")
    } else {
        let unh = format!("UNH+1+{kind}:D:{}:UN'", version.trim_start_matches('D'));
        format!("UNB+UNOY:4+A:14+B:14+260101:0000+1'\n{unh}\n{body}UNT+{count}+1'\nUNZ+1+1'\n")
    }
}

fn rows(tree: &formats::tree::Tree) -> String {
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

fn element(tree: &formats::tree::Tree, id: formats::tree::NodeId) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let (mut attributes, mut inner) = (String::new(), escape(tree.value(id).unwrap_or("")));
    for child in tree.children(id) {
        match tree.name(child).strip_prefix('@') {
            Some(name) => attributes += &format!(" {name}=\"{}\"", escape(tree.value(child).unwrap())),
            None => inner += &element(tree, child),
        }
    }
    let name = tree.name(id);
    format!("<{name} xmlns=\"{}\"{attributes}>{inner}</{name}>", tree.namespace(id))
}

/// The other way: a message beside the document that it gives.
fn check_writing(plan: &Plan, input: &Path, output: &Path) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&fs::read(input).unwrap()).unwrap();
    typed(plan.message(), &body);
    let bytes = match plan.write(&body, &context()) {
        Ok(written) => document(plan, &written),
        Err(faults) => {
            let told: Vec<_> = faults.iter().map(|f| json!([f.code, f.sentence, f.remedy])).collect();
            format!("{}\n", serde_json::to_string_pretty(&told).unwrap()).into_bytes()
        }
    };
    compare(output, &String::from_utf8(bytes).unwrap())
}

/// (mapping folder, plan, input)
pub fn inputs(library: &Library) -> Vec<(Arc<Plan>, PathBuf)> {
    let mut found = Vec::new();
    for (file, text) in files(&root()).iter().filter(|(f, _)| f.ends_with("mapping.yaml")) {
        let name = text.lines().find_map(|l| l.strip_prefix("mapping: ")).unwrap();
        let plan = library.named(name).unwrap_or_else(|| panic!("{name}"));
        let samples = root().join(file).with_file_name("samples");
        let before = found.len();
        let mut entries: Vec<PathBuf> = fs::read_dir(&samples).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.file_name().unwrap().to_str().unwrap().contains(".in.") {
                found.push((plan.clone(), path));
            }
        }
        assert!(found.len() > before, "{} has no sample", samples.display());
    }
    found
}

#[test]
fn samples_give_what_was_reviewed() {
    let library = library();
    let mut wrong = Vec::new();
    for (plan, input) in inputs(&library) {
        let name = input.file_name().unwrap().to_str().unwrap();
        let (stem, extension) = name.split_once(".in.").unwrap();
        let message = extension == "json" && plan.standard() != Standard::Json || stem.ends_with(".message");
        let result = if message {
            let extension = match plan.standard() {
                Standard::Csv => "csv",
                Standard::Xml => "xml",
                Standard::Json => "json",
                _ => "edi",
            };
            check_writing(&plan, &input, &input.with_file_name(format!("{stem}.out.{extension}")))
        } else {
            check_reading(&plan, &input, &input.with_file_name(format!("{stem}.out.json")))
        };
        wrong.extend(result.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_standard_mappings_claim_what_they_are_for() {
    let library = library();
    let asked = |standard, version, kind, outbound| Asked {
        outbound,
        standard,
        version,
        kind,
        partner: Some("northwind"),
        application_sender: None,
    };
    let name = |asked| library.claim(&asked).map(|p| p.name().split('@').next().unwrap().to_owned());
    assert_eq!(name(asked(Standard::X12, "004010", "850", false)).as_deref(), Some("x12/4010/850-order"));
    assert_eq!(name(asked(Standard::X12, "005010", "850", false)).as_deref(), Some("x12/4010/850-order"));
    assert_eq!(name(asked(Standard::X12, "004010VICS", "850", false)).as_deref(), Some("x12/4010/850-order"));
    assert_eq!(name(asked(Standard::X12, "003010", "850", false)), None);
    assert_eq!(name(asked(Standard::X12, "004010", "999", false)), None);
}
