//! Every `samples/NAME.in.*` gives its `NAME.out.*`. `BLESS=1` rewrites what was reviewed; a missing one fails.

use super::documents::{context, document, files, library, root, sets, typed, written_back};
use crossdock::{
    formats::piece::Standard,
    mapping::{Asked, Library, Origin, Plan, Reading},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a person reviews: the message, where each value came from, what is wrong, what nobody read.
fn readable(reading: &Reading, bytes: &[u8]) -> Value {
    let from = |o: &Origin| {
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
fn what_is_compiled_in_is_what_stands_in_the_folder() {
    let compiled: Vec<(String, String)> =
        crossdock::mapping::standard::FILES.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let paths = |files: &[(String, String)]| files.iter().map(|(p, _)| p.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&compiled), paths(&files(&root())), "add the file to src/mapping/standard.rs");
    assert_eq!(compiled, files(&root()));
}

#[test]
fn a_folders_own_files_replace_the_shipped_ones() {
    use crossdock::mapping::standard;
    let shipped = standard::with(vec![]);
    let own = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let csv = shipped.iter().find(|(p, _)| p == "standard/csv/orders/mapping.yaml").unwrap().1.clone();
    let changed = format!("{csv}# ours\n");
    let partner = csv.replace("mapping: csv/orders", "mapping: shop/orders").replace("both }", "both, partner: shop }");
    let files = standard::with(vec![
        own("mappings/standard/csv/orders/mapping.yaml", &changed),
        own("mappings/partners/shop/orders/mapping.yaml", &partner),
    ]);
    assert_eq!(files.len(), shipped.len() + 1);
    let library = Library::compile(&files).unwrap_or_else(|lints| panic!("{lints:?}"));
    let before = Library::compile(&shipped).unwrap().named("csv/orders").unwrap().name().to_owned();
    assert_ne!(library.named("csv/orders").unwrap().name(), before);
    let asked = Asked {
        outbound: false,
        standard: Standard::Csv,
        version: "",
        kind: "csv orders",
        partner: Some("shop"),
        application_sender: None,
    };
    assert!(library.claim(&asked).unwrap().name().starts_with("shop/orders@"));
    assert!(library.claim(&Asked { partner: None, ..asked }).unwrap().name().starts_with("csv/orders@"));
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
    let ubl = "urn:oasis:names:specification:ubl:schema:xsd:Order-2";
    assert_eq!(name(asked(Standard::Xml, ubl, "Order", false)).as_deref(), Some("ubl/order"));
    assert_eq!(name(asked(Standard::Xml, "", "ubl order", false)).as_deref(), Some("ubl/order"));
    let cxml = Some("cxml/order-request");
    assert_eq!(name(asked(Standard::Xml, "cXML 1.2.040", "OrderRequest", false)).as_deref(), cxml);
    assert_eq!(name(asked(Standard::Xml, "", "cxml OrderRequest", false)).as_deref(), cxml);
    assert_eq!(name(asked(Standard::Xml, "cXML 1.2.040", "QuoteRequest", false)), None);
    assert_eq!(name(asked(Standard::Xml, "urn:other", "Order", false)), None);
    assert_eq!(name(asked(Standard::Json, "", "json order", false)).as_deref(), Some("json/order"));
    assert_eq!(name(asked(Standard::Edifact, "D96A", "ORDERS", false)).as_deref(), Some("edifact/d96a/orders"));
    assert_eq!(name(asked(Standard::X12, "004010", "860", false)).as_deref(), Some("x12/4010/860-order"));
    assert_eq!(name(asked(Standard::X12, "005010", "855", true)).as_deref(), Some("x12/4010/855-order-response"));
    assert_eq!(name(asked(Standard::X12, "004010", "855", false)), None);
    assert_eq!(name(asked(Standard::X12, "003010", "850", false)), None);
    assert_eq!(name(asked(Standard::X12, "004010", "999", false)), None);
}
