//! Every `samples/NAME.in.*` gives its `NAME.out.*`. `BLESS=1` rewrites what was reviewed; a missing one fails.

use super::documents::{context, files, kept, library, root, sets, written_back};
use crossdock::{
    formats::piece::Standard,
    mapping::{Asked, Library, Plan, samples},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

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
    let told = samples::read(plan, &bytes, &context()).map_err(|why| format!("{}: {why}", input.display()))?;
    for set in sets(plan, &bytes) {
        let reading = plan.read(&set.tree, &context());
        if reading.faults.is_empty() && reading.missing.is_empty() {
            kept(plan.message(), &reading.body);
            written_back(plan, &reading.body);
        }
    }
    compare(output, &told)
}

/// The other way: a message beside the document that it gives.
fn check_writing(plan: &Plan, input: &Path, output: &Path) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&fs::read(input).unwrap()).unwrap();
    let told = samples::write(plan, &body, &context()).map_err(|why| format!("{}: {why}", input.display()))?;
    compare(output, &told)
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
        let sample = samples::sample(&plan, name).unwrap();
        let output = input.with_file_name(&sample.output);
        let result =
            if sample.writes { check_writing(&plan, &input, &output) } else { check_reading(&plan, &input, &output) };
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
    assert_eq!(name(asked(Standard::X12, "005010", "850", false)).as_deref(), Some("x12/5010/850-order"));
    assert_eq!(name(asked(Standard::X12, "005010VICS", "850", false)).as_deref(), Some("x12/5010/850-order"));
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
    for (kind, pack) in [("json easypost-tracker", "json/easypost-tracker"), ("json shippo-track", "json/shippo-track")]
    {
        assert_eq!(name(asked(Standard::Json, "", kind, false)).as_deref(), Some(pack));
    }
    assert_eq!(name(asked(Standard::Edifact, "D96A", "ORDERS", false)).as_deref(), Some("edifact/d96a/orders"));
    assert_eq!(name(asked(Standard::X12, "004010", "860", false)).as_deref(), Some("x12/4010/860-order"));
    assert_eq!(name(asked(Standard::X12, "004010", "860", true)).as_deref(), Some("x12/4010/860-order-change"));
    assert_eq!(name(asked(Standard::X12, "005010", "855", true)).as_deref(), Some("x12/5010/855-order-response"));
    assert_eq!(name(asked(Standard::X12, "004010", "855", false)).as_deref(), Some("x12/4010/855-order-response"));
    assert_eq!(name(asked(Standard::Edifact, "D96A", "ORDRSP", true)).as_deref(), Some("edifact/d96a/ordrsp"));
    assert_eq!(name(asked(Standard::Edifact, "D96A", "ORDRSP", false)).as_deref(), Some("edifact/d96a/ordrsp-in"));
    assert_eq!(name(asked(Standard::Edifact, "D01B", "ORDRSP", true)).as_deref(), Some("edifact/d01b/ordrsp"));
    assert_eq!(name(asked(Standard::Edifact, "D01B", "ORDRSP", false)).as_deref(), Some("edifact/d01b/ordrsp-in"));
    for outbound in [false, true] {
        let of = |standard, version, kind| name(asked(standard, version, kind, outbound));
        assert_eq!(of(Standard::X12, "004010", "846").as_deref(), Some("x12/4010/846-inventory-report"));
        assert_eq!(of(Standard::X12, "005010", "832").as_deref(), Some("x12/4010/832-price-catalogue"));
        assert_eq!(of(Standard::Edifact, "D96A", "INVRPT").as_deref(), Some("edifact/d96a/invrpt"));
        assert_eq!(of(Standard::X12, "005010", "856").as_deref(), Some("x12/5010/856-despatch"));
        assert_eq!(of(Standard::Edifact, "D01B", "INVOIC").as_deref(), Some("edifact/d01b/invoic"));
        assert_eq!(of(Standard::Edifact, "D96A", "PRICAT").as_deref(), Some("edifact/d96a/pricat"));
        for pack in [
            "204-transport-order",
            "210-freight-invoice",
            "214-transport-status",
            "820-remittance",
            "940-warehouse-order",
            "943-stock-transfer",
            "944-stock-receipt",
            "945-warehouse-shipped",
            "947-stock-adjustment",
            "990-tender-response",
        ] {
            assert_eq!(of(Standard::X12, "004010", &pack[..3]), Some(format!("x12/4010/{pack}")));
        }
        for (kind, pack) in [("IFTMIN", "iftmin"), ("IFTSTA", "iftsta"), ("REMADV", "remadv")] {
            assert_eq!(of(Standard::Edifact, "D96A", kind), Some(format!("edifact/d96a/{pack}")));
        }
    }
    assert_eq!(name(asked(Standard::X12, "003010", "850", false)), None);
    assert_eq!(name(asked(Standard::X12, "004010", "999", false)), None);
}

/// What partners of each kind exchange, and which way: out and in.
const EXCHANGED: &[(Standard, &str, &[&str], &[&str])] = &[
    (
        Standard::X12,
        "004010",
        &["850", "860", "180", "855", "865", "856", "810", "846", "832", "204", "940", "943"],
        &[
            "850", "860", "855", "865", "856", "810", "832", "846", "852", "867", "861", "180", "990", "214", "210",
            "944", "945", "947", "820",
        ],
    ),
    (Standard::X12, "005010", &["850", "855", "856", "810"], &["850", "855", "856", "810"]),
    (
        Standard::Edifact,
        "D96A",
        &["ORDERS", "ORDCHG", "ORDRSP", "DESADV", "INVOIC", "IFTMIN", "RETANN"],
        &[
            "ORDERS", "ORDCHG", "ORDRSP", "DESADV", "INVOIC", "PRICAT", "INVRPT", "SLSRPT", "SLSFCT", "RECADV",
            "IFTSTA", "IFTMBC", "REMADV", "RETANN",
        ],
    ),
    (
        Standard::Edifact,
        "D01B",
        &["ORDERS", "ORDRSP", "DESADV", "INVOIC", "RETANN"],
        &["ORDERS", "ORDRSP", "DESADV", "INVOIC", "RETANN"],
    ),
    (Standard::Xml, "", XML_KINDS, XML_KINDS),
    (Standard::Csv, "", &["csv orders"], &["csv orders", "csv price-list", "csv stock-list"]),
    (
        Standard::Json,
        "",
        &["json order", "json return"],
        &[
            "json order",
            "json return",
            "json shopify-order",
            "json shopify-return",
            "json easypost-tracker",
            "json shippo-track",
        ],
    ),
];

const XML_KINDS: &[&str] = &[
    "ubl order",
    "ubl OrderChange",
    "ubl OrderCancellation",
    "ubl OrderResponse",
    "ubl DespatchAdvice",
    "ubl ReceiptAdvice",
    "ubl Invoice",
    "ubl CreditNote",
    "ubl FreightInvoice",
    "ubl RemittanceAdvice",
    "ubl InstructionForReturns",
    "ubl InventoryReport",
    "ubl StockAvailabilityReport",
    "cxml OrderRequest",
];

#[test]
fn an_invoice_is_a_carriers_where_a_mapping_of_his_own_says_so() {
    let library = library();
    let claimed = |partner| {
        let asked = Asked {
            outbound: false,
            standard: Standard::Edifact,
            version: "D96A",
            kind: "INVOIC",
            partner: Some(partner),
            application_sender: None,
        };
        library.claim(&asked).map(|plan| plan.short().to_owned())
    };
    assert_eq!(claimed("kiesel-spedition").as_deref(), Some("kiesel-spedition/invoic"));
    assert_eq!(claimed("northwind").as_deref(), Some("edifact/d96a/invoic"), "what claims no version takes none");
}

#[test]
fn each_document_that_partners_exchange_has_a_mapping() {
    let library = library();
    for (standard, version, out, read) in EXCHANGED {
        for (outbound, kinds) in [(true, out), (false, read)] {
            for kind in *kinds {
                let asked =
                    Asked { outbound, standard: *standard, version, kind, partner: None, application_sender: None };
                let claimed = library.claim(&asked);
                assert!(claimed.is_some(), "nothing claims {kind} {version}, outbound: {outbound}");
            }
        }
    }
}
