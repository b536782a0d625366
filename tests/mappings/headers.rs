//! What `mapping suggest` finds in documents that call things as they like: CSV, JSON and XML with names of one's own, in
//! English and German, without a message beside them. `headers/NAME.fields` says of each document what it is, and which columns or
//! members a person would read each field from.

use super::documents::{files, root};
use crossdock::{
    formats::{CsvOptions, Options, piece::Piece, piece::Set, piece::Standard, read},
    mapping::{
        Context, Library, Plan, Spot, Tables,
        suggest::{Failure, Proposal, Request, Sample, suggest},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What a person would read: by field its columns; of some the first value that it gives.
struct Reviewed {
    /// `csv orders`
    from: String,
    to: String,
    by: Option<String>,
    columns: BTreeMap<String, BTreeSet<String>>,
    values: BTreeMap<String, String>,
}

fn reviewed(path: &Path) -> Reviewed {
    let text = fs::read_to_string(path).unwrap();
    let said = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
    let (mut columns, mut values) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines().filter(|line| line.starts_with('/')) {
        let (field, rest) = line.split_once(' ').unwrap();
        let (names, value) = rest.split_once(" = ").map_or((rest, None), |(names, value)| (names, Some(value)));
        columns.insert(field.to_owned(), names.split(" + ").map(str::to_owned).collect());
        values.extend(value.map(|value| (field.to_owned(), value.to_owned())));
    }
    Reviewed { from: said("from ").unwrap(), to: said("to ").unwrap(), by: said("by "), columns, values }
}

fn sets(of: &Reviewed, bytes: &[u8]) -> Vec<Set> {
    let standard = match of.from.split(' ').next() {
        Some("csv") => Standard::Csv,
        Some("json") => Standard::Json,
        _ => Standard::Xml,
    };
    let csv = CsvOptions { delimiter: None, by: of.by.clone() };
    let pieces = read(standard, bytes, Options { csv, ..Options::default() });
    let set = |piece| match piece {
        Ok(Piece::Set(set)) => {
            assert!(set.accepted(), "{:#?}", set.faults);
            Some(*set)
        }
        _ => None,
    };
    pieces.filter_map(set).collect()
}

/// Each unit that comes has a row of the tenant's own.
struct Units;

impl Tables for Units {
    fn get(&self, _: &str, _: &str) -> Option<String> {
        Some("EA".into())
    }
    fn inverse(&self, _: &str, _: &str) -> Vec<String> {
        vec![]
    }
}

const CONTEXT: Context = Context { tenant_currency: "EUR", tables: &Units };

fn compiled(text: &str, all: &[(String, String)]) -> std::sync::Arc<Plan> {
    let mut files: Vec<(String, String)> = all.iter().filter(|(path, _)| path.ends_with(".csv")).cloned().collect();
    files.push(("proposed/mapping.yaml".into(), text.to_owned()));
    let compiled = Library::compile(&files).unwrap_or_else(|lints| panic!("{lints:#?}\n{text}"));
    compiled.plans()[0].clone()
}

/// Which columns or members each field is read from.
fn columns(plan: &Plan, sets: &[Set]) -> BTreeMap<String, BTreeSet<String>> {
    let fields: BTreeSet<String> = plan.fields().into_iter().map(|(field, _)| field).collect();
    let plain = |path: &str| {
        let steps = path.split('/').filter(|step| !step.is_empty() && step.parse::<usize>().is_err());
        steps.map(|step| step.split('[').next().unwrap_or_default()).collect::<Vec<_>>().join("/")
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for set in sets {
        for origin in plan.read(&set.tree, &CONTEXT).provenance.iter() {
            let said = format!("/{}", plain(&origin.field));
            let field = fields.iter().filter(|field| said == **field || said.starts_with(&format!("{field}/")));
            let field = field.max_by_key(|field| field.len()).cloned().unwrap_or(said.clone());
            let column = match origin.place {
                Some(Spot::Row { column: Some(column), .. }) => column.into_owned(),
                Some(Spot::Node { path }) => plain(&path),
                other => panic!("{other:?}"),
            };
            found.entry(field).or_default().insert(column);
        }
    }
    found
}

/// What a person would say in the open places, so that all that is read can be looked at.
fn closed(text: &str) -> String {
    let line = |line: &str| {
        let said = match line.trim_start().split(": $todo").next().filter(|_| line.contains(": $todo")) {
            Some("purpose") => "'original'",
            Some("currency") => return line.replacen("$todo", "$tenant.currency", 1),
            Some("unit") => "'EA'",
            Some("kind") => "'net'",
            Some("state") => "'available'",
            Some("date") => "'2026-01-01'",
            Some("value" | "amount") => "'1'",
            Some(_) => "'X'",
            None => return line.to_owned(),
        };
        line.replacen("$todo", &format!("\"{said}\""), 1)
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

struct Measure {
    right: usize,
    all: usize,
    missed: Vec<String>,
    /// With how sure it was of it.
    wrong: Vec<(String, f64)>,
    proposal: Proposal,
}

fn proposed(of: &Reviewed, message: Option<&str>, sets: &[Set], all: &[(String, String)]) -> Result<Proposal, Failure> {
    let request = Request {
        name: "proposed",
        from: &of.from,
        message,
        partner: None,
        by: of.by.as_deref(),
        samples: sets.iter().map(|set| Sample { tree: &set.tree, wanted: None }).collect(),
        messages: None,
        without: vec![],
        only_shown: false,
        path: "proposed/mapping.yaml",
    };
    suggest(all, &request)
}

fn measure(path: &Path) -> Measure {
    let of = reviewed(&path.with_extension("fields"));
    let sets = sets(&of, &fs::read(path).unwrap());
    let all = known();
    let proposal = proposed(&of, Some(&of.to), &sets, &all);
    let proposal = proposal.unwrap_or_else(|why| panic!("{}: {why:?}", path.display()));
    let found = columns(&compiled(&proposal.text, &all), &sets);
    let body = compiled(&closed(&proposal.text), &all).read(&sets[0].tree, &CONTEXT);
    let value = |field: &str| {
        let steps = field.split('/').skip(1).map(|step| if step == "lines" { "lines/0" } else { step });
        let pointer: String = steps.map(|step| format!("/{step}")).collect();
        body.body.pointer(&pointer).and_then(|value| value.as_str()).map(str::to_owned)
    };
    let is_right = |field: &String| {
        let same = of.values.get(field).is_none_or(|wanted| value(field).as_ref() == Some(wanted));
        same && found.get(field) == of.columns.get(field)
    };
    let sure = |field: &str| {
        let line = proposal.lines.iter().find(|line| line.field == field);
        line.map_or(0.0, |line| line.confidence)
    };
    let wrong = found.keys().filter(|field| !is_right(field));
    let wrong = wrong.map(|field| (format!("{field} from {:?}", found[field]), sure(field))).collect();
    let missed: Vec<String> = of.columns.keys().filter(|field| !is_right(field)).cloned().collect();
    Measure { right: of.columns.len() - missed.len(), all: of.columns.len(), missed, wrong, proposal }
}

/// The least share of the fields that is found, and how many are proposed at most that are not so.
const LEAST: usize = 90;
const MOST_WRONG: usize = 1;

/// The mappings that are of one family with CSV and JSON, and the tables: of the others nothing is known of such documents.
fn known() -> Vec<(String, String)> {
    const FAMILY: &[&str] = &["standard/csv/", "standard/json/", "standard/ubl/", "standard/cxml/", "tables/"];
    let mut all = files(&root());
    all.retain(|(path, _)| FAMILY.iter().any(|folder| path.starts_with(folder)));
    all
}

/// The documents.
fn paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mappings/headers");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "fields"));
    paths.sort();
    paths
}

#[test]
fn headers_say_which_message_it_is_or_nothing_does() {
    let all = known();
    let mut told = 0;
    for path in paths() {
        let of = reviewed(&path.with_extension("fields"));
        match proposed(&of, None, &sets(&of, &fs::read(&path).unwrap()), &all) {
            Ok(proposal) => {
                assert_eq!(proposal.message, of.to, "{}", path.display());
                assert!(
                    proposal.text.starts_with(&format!("# Taken for {} by its headers", of.to)),
                    "{}",
                    proposal.text
                );
                told += 1;
            }
            Err(Failure::Sentence(why)) => {
                assert!(why.contains("is not known: say it with --to"), "{why}");
                println!("{}: not told", path.display());
            }
            Err(Failure::Mappings(lints)) => panic!("{lints:#?}"),
        }
    }
    assert!(told * 4 >= paths().len() * 3, "{told} of {}", paths().len());
}

#[test]
fn headers_of_ones_own_are_understood() {
    let mut failures = Vec::new();
    for path in paths() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let one = measure(&path);
        let share = 100 * one.right / one.all;
        let sure: Vec<_> = one.wrong.iter().filter(|(_, sure)| *sure > 0.9).collect();
        println!(
            "{name:22} {:2}/{:2} {share:3}%   wrong {} (above 0.9: {})",
            one.right,
            one.all,
            one.wrong.len(),
            sure.len()
        );
        if std::env::var("SHOW").is_ok_and(|show| name.contains(&show)) {
            println!("missed {:#?}\nwrong {:#?}\n{}", one.missed, one.wrong, one.proposal.text);
        }
        if share < LEAST || one.wrong.len() > MOST_WRONG || !sure.is_empty() {
            failures.push(format!("{name}: {share}%, missed {}, wrong {:?}", one.missed.join(" "), one.wrong));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// What is proposed of a document alone.
fn alone(from: &str, to: Option<&str>, by: Option<&str>, document: &str) -> Proposal {
    let of = Reviewed {
        from: from.into(),
        to: String::new(),
        by: by.map(str::to_owned),
        columns: BTreeMap::new(),
        values: BTreeMap::new(),
    };
    let sets = sets(&of, document.as_bytes());
    let request = Request {
        name: "proposed",
        from,
        message: to,
        partner: None,
        by,
        samples: sets.iter().map(|set| Sample { tree: &set.tree, wanted: None }).collect(),
        messages: None,
        without: vec![],
        only_shown: false,
        path: "proposed/mapping.yaml",
    };
    suggest(&files(&root()), &request).unwrap_or_else(|why| panic!("{from}: {why:?}"))
}

#[test]
fn lines_without_a_number_are_counted() {
    for (from, to, rows) in [
        (
            "csv wares",
            "price_catalogue/1",
            "list,issued,artikel,price,currency\nA,2026-03-02,BOLT-1,9.25,EUR\nA,2026-03-02,NUT-1,1.25,EUR\n",
        ),
        (
            "csv bestand",
            "inventory_report/1",
            "list,issued,artikel,stock,unit\nA,2026-03-02,BOLT-1,40,EA\nA,2026-03-02,NUT-1,12,EA\n",
        ),
        (
            "csv auftrag",
            "order/1",
            "list,issued,artikel,quantity,unit\nA,2026-03-02,BOLT-1,40,EA\nA,2026-03-02,NUT-1,12,EA\n",
        ),
    ] {
        let proposal = alone(from, Some(to), Some("list"), rows);
        let line = proposal.lines.iter().find(|line| line.field == "/lines/number");
        let line = line.unwrap_or_else(|| panic!("{from}\n{}", proposal.text));
        assert_eq!((line.says.as_str(), line.confidence), ("$position", 0.6), "{from}: {line:?}");
    }
}

#[test]
fn an_id_of_one_vendor_is_no_other_documents() {
    let order = r#"{"id": "A-77120", "number": "4711", "date": "2026-03-02", "currency": "EUR",
        "lines": [{"number": "1", "sku": "BOLT-1", "quantity": "4", "unit": "EA"}]}"#;
    let proposal = alone("json shop-order", Some("order/1"), None, order);
    assert!(!proposal.text.contains("shopify"), "{}", proposal.text);
    // Another document of theirs has their ids.
    let proposal = alone("json shopify-draft", Some("order/1"), None, order);
    assert!(proposal.text.contains("id | ref(shopify_order)"), "{}", proposal.text);
}
