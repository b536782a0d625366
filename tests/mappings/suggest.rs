//! What `mapping suggest` proposes from the samples of shipped mappings, which it is not told of: how many of the
//! reviewed fields it reads from the same bytes, and that what it is sure of is so.

mod bare;
mod next;
mod twins;

use super::{
    back,
    documents::{bytes, context, files, library, root, sets},
    random,
};
use crossdock::{
    formats::{
        piece::{Set, Standard},
        tree::Tree,
    },
    mapping::{
        Library, Plan, samples,
        suggest::{Proposal, Request, Sample, suggest},
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, LazyLock, Mutex},
};

/// A reviewed mapping, and what is proposed in its place.
struct Trial {
    reviewed: Arc<Plan>,
    proposed: Arc<Plan>,
    proposal: Proposal,
    samples: Vec<(Set, Value)>,
}

/// How a proposal compares with what was reviewed.
#[derive(Debug)]
struct Measure {
    /// Fields that the samples show, and of them those that are read from the same bytes.
    shown: (usize, usize),
    /// All fields of the reviewed mapping; those that no sample shows are judged on other documents.
    all: (usize, usize),
    /// Lines above 0.9 that read something else.
    wrong: Vec<String>,
    missed: Vec<String>,
    /// Fields that no sample shows and that are not proposed, or from elsewhere.
    unproposed: Vec<String>,
}

fn from(plan: &Plan) -> String {
    plan.claimed().document
}

fn trial(name: &str, samples: &[&str], wanted: bool, without: &[&str]) -> Trial {
    let all = files(&root());
    let reviewed = library().named(name).unwrap();
    let pairs = pairs(&all, &reviewed, name, samples);
    proposed(&all, reviewed, pairs, wanted, without)
}

/// A mapping's samples, with the messages that it reads of them.
fn pairs(all: &[(String, String)], reviewed: &Plan, name: &str, samples: &[&str]) -> Vec<(Set, Value)> {
    let (file, _) = all.iter().find(|(_, text)| text.contains(&format!("mapping: {name}\n"))).unwrap();
    let mut pairs = Vec::new();
    for sample in samples {
        if *sample == WRITTEN {
            pairs.extend(exchanged(reviewed));
            continue;
        }
        let folder = root().join(file).with_file_name("samples");
        let input = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
        let input = input.into_iter().find(|p| p.to_str().unwrap().contains(&format!("/{sample}.in."))).unwrap();
        let told = fs::read_to_string(folder.join(format!("{sample}.out.json"))).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let told = if told.is_array() { told.as_array().unwrap().clone() } else { vec![told] };
        let sets = sets(reviewed, &fs::read(&input).unwrap());
        pairs.extend(sets.into_iter().zip(told).map(|(set, told)| (set, told["body"].clone())));
    }
    pairs
}

/// What is proposed of pairs, in the place of a reviewed mapping.
fn proposed(
    all: &[(String, String)],
    reviewed: Arc<Plan>,
    pairs: Vec<(Set, Value)>,
    wanted: bool,
    without: &[&str],
) -> Trial {
    let from = from(&reviewed);
    let by = reviewed.options().csv.by;
    let request = Request {
        name: "proposed",
        from: &from,
        message: Some(reviewed.message()),
        partner: None,
        by: by.as_deref(),
        samples: pairs.iter().map(|(set, body)| Sample { tree: &set.tree, wanted: wanted.then_some(body) }).collect(),
        messages: None,
        without: without.iter().map(|name| (*name).to_owned()).collect(),
        only_shown: false,
        path: "proposed/mapping.yaml",
    };
    let proposal = suggest(all, &request).unwrap_or_else(|why| panic!("{from}: {why:?}"));
    let mut tables: Vec<(String, String)> = all.iter().filter(|(path, _)| path.ends_with(".csv")).cloned().collect();
    tables.push(("proposed/mapping.yaml".into(), proposal.text.clone()));
    let compiled = Library::compile(&tables).unwrap_or_else(|lints| panic!("{lints:#?}\n{}", proposal.text));
    let proposed = compiled.plans()[0].clone();
    Trial { reviewed, proposed, proposal, samples: pairs }
}

/// In the place of a sample: documents that the reviewed mapping writes of random messages, with what it reads of them. They
/// show the fields that the samples of a pack don't.
const WRITTEN: &str = "written";

fn exchanged(reviewed: &Plan) -> Vec<(Set, Value)> {
    let bodies = (1_000..1_300).map(|seed| random::message(reviewed.message(), seed));
    let written = bodies.filter(|body| reviewed.write(body, &context()).is_ok()).take(20);
    let sets = written.flat_map(|body| sets(reviewed, &bytes(reviewed, &body)));
    let pairs = sets.map(|set| (reviewed.read(&set.tree, &context()).body.into_value(), set));
    pairs.filter(|(body, _)| !body.is_null()).map(|(body, set)| (set, body)).collect()
}

/// By field, and by its place in the message: the first bytes of what was read.
type Read = BTreeMap<String, BTreeMap<String, BTreeSet<u64>>>;

fn read(plan: &Plan, fields: &BTreeSet<String>, tree: &Tree, found: &mut Read, document: usize) {
    'origins: for origin in plan.read(tree, &context()).provenance.iter() {
        let mut names = String::new();
        let mut place = format!("{document}");
        for step in origin.field.split('/').skip(1) {
            if fields.contains(&names) {
                match step {
                    // A date with its time is proposed by its day.
                    "date" => {
                        names += "/date";
                        place += "/date";
                    }
                    "time" | "zone" | "at" => continue 'origins,
                    _ => {}
                }
                break;
            }
            place = format!("{place}/{step}");
            if step.parse::<usize>().is_err() {
                names = format!("{names}/{step}");
            }
        }
        found.entry(names).or_default().entry(place).or_default().insert(origin.bytes.start);
    }
}

impl Trial {
    fn fields(plan: &Plan) -> BTreeSet<String> {
        plan.fields().into_iter().map(|(field, _)| field).collect()
    }

    fn both<'t>(&self, trees: impl Iterator<Item = &'t Tree>) -> (Read, Read) {
        let (ours, theirs) = (Self::fields(&self.reviewed), Self::fields(&self.proposed));
        let (mut reviewed, mut proposed) = (Read::new(), Read::new());
        for (number, tree) in trees.enumerate() {
            read(&self.reviewed, &ours, tree, &mut reviewed, number);
            read(&self.proposed, &theirs, tree, &mut proposed, number);
        }
        (reviewed, proposed)
    }

    /// `judged`: what no sample shows, too.
    fn measure(&self, judged: bool) -> Measure {
        let (reviewed, proposed) = self.both(self.samples.iter().map(|(set, _)| &set.tree));
        let shown: BTreeSet<&String> = reviewed.keys().collect();
        let right = |field: &&&String| proposed.get(field.as_str()) == reviewed.get(field.as_str());
        let hits = shown.iter().filter(right).count();
        let missed = shown.iter().filter(|f| !right(f)).map(|f| f.to_string()).collect();
        let wrong = self.proposal.lines.iter().filter(|line| line.confidence > 0.9);
        let lists = |field: &str| !Self::fields(&self.proposed).contains(field);
        let wrong = wrong.filter(|line| !lists(&line.field) && proposed.get(&line.field) != reviewed.get(&line.field));
        // What the reviewed mapping computes stands nowhere: the values are compared.
        let wrong = wrong.filter(|line| reviewed.contains_key(&line.field) || !self.agrees(&line.field));
        let wrong = wrong.map(|line| format!("{} {:.2} {} {}", line.field, line.confidence, line.says, line.evidence));
        let wrong: Vec<String> = wrong.collect();
        let day = |field: String| match reviewed.contains_key(&format!("{field}/date")) {
            true => field + "/date",
            false => field,
        };
        let all: BTreeSet<String> = Self::fields(&self.reviewed).into_iter().map(day).collect();
        let judges = if judged { self.judges() } else { Arc::default() };
        let (more, same) = self.both(judges.iter().map(|set| &set.tree));
        let bodies = |plan: &Plan| -> Vec<Value> {
            judges.iter().map(|set| plan.read(&set.tree, &context()).body.into_value()).collect()
        };
        let (ours, theirs) = (bodies(&self.reviewed), bodies(&self.proposed));
        let unshown = all.iter().filter(|field| !shown.contains(field));
        let (right, off): (Vec<&String>, Vec<&String>) = unshown.partition(|field| match more.get(*field) {
            Some(places) => same.get(*field) == Some(places),
            // A text that is always the same stands nowhere.
            None => is_said_alike(&ours, &theirs, field),
        });
        let why = |field: &&String| match (more.contains_key(*field), same.contains_key(*field)) {
            (false, _) => format!("{field} (unjudged)"),
            (true, false) => format!("{field} (unread)"),
            (true, true) => format!("{field} (elsewhere)"),
        };
        let unproposed = off.iter().map(why).collect();
        Measure { shown: (hits, shown.len()), all: (hits + right.len(), all.len()), wrong, missed, unproposed }
    }

    /// Do both give the same value of a field, which is no item's, in each sample?
    fn agrees(&self, field: &str) -> bool {
        self.samples.iter().all(|(set, _)| {
            let [reviewed, proposed] =
                [&self.reviewed, &self.proposed].map(|plan| plan.read(&set.tree, &context()).body);
            reviewed.pointer(field).is_some() && reviewed.pointer(field) == proposed.pointer(field)
        })
    }

    /// What shows the fields that no sample given does: the pack's other samples, and documents that the reviewed mapping
    /// writes of messages drawn for it. They judge, and are not told to what proposes.
    fn judges(&self) -> Arc<Vec<Set>> {
        static JUDGES: LazyLock<Mutex<BTreeMap<String, Arc<Vec<Set>>>>> = LazyLock::new(Mutex::default);
        let mut all = JUDGES.lock().unwrap();
        all.entry(self.reviewed.name().to_owned()).or_insert_with(|| Arc::new(self.other_documents())).clone()
    }

    fn other_documents(&self) -> Vec<Set> {
        let mut found = Vec::new();
        let json = self.reviewed.standard() == Standard::Json;
        for file in self.reviewed.files() {
            for entry in fs::read_dir(root().join(file).with_file_name("samples")).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                // What is written of a message, and what should be read, are JSON by themselves.
                if (name.contains(".in.") || !json && name.contains(".out.")) && name.ends_with(".json") == json {
                    found.extend(samples::sets(&self.reviewed, &fs::read(&path).unwrap()).unwrap_or_default());
                }
            }
        }
        if !self.reviewed.one_way() && self.reviewed.claimed().direction == "both" {
            found.extend(back::documents(&library(), &self.reviewed, 240));
        }
        found
    }
}

/// By field: what its items say, through lists.
fn said(body: &Value, field: &str, found: &mut Vec<Value>) {
    match (body, field.strip_prefix('/')) {
        (Value::Array(items), Some(_)) => items.iter().for_each(|item| said(item, field, found)),
        (_, Some(rest)) => {
            let (name, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            body.get(name).into_iter().for_each(|inner| said(inner, below, found));
        }
        (value, None) => found.push(value.clone()),
    }
}

fn is_said_alike(ours: &[Value], theirs: &[Value], field: &str) -> bool {
    let all = |bodies: &[Value]| {
        let mut found = Vec::new();
        bodies.iter().for_each(|body| said(body, field, &mut found));
        found
    };
    let ours = all(ours);
    !ours.is_empty() && ours == all(theirs)
}

fn percent((part, whole): (usize, usize)) -> usize {
    100 * part / whole.max(1)
}

/// A mapping, its samples, what else is withheld, and the least shares of the fields shown and of all.
type Pack = (&'static str, &'static [&'static str], &'static [&'static str], usize, usize);

/// What reads nearly the same places as the 850, the 860 as another message, too.
const SIBLINGS_850: &[&str] = &["x12/5010/850-order", "x12/4010/860-order", "x12/4010/860-order-change"];

const PACKS: &[Pack] = &[
    ("x12/4010/810-invoice", &["typical", "sparse", "hard", WRITTEN], &["x12/5010/810-invoice"], 80, 75),
    ("x12/4010/832-price-catalogue", &["typical", "sparse", "hard", WRITTEN], &[], 80, 80),
    ("edifact/d96a/orders", &["basic", "typical", "hard", WRITTEN], &["edifact/d01b/orders"], 80, 80),
    ("edifact/d96a/desadv", &["typical", "hard", "logistics", WRITTEN], &["edifact/d01b/desadv"], 75, 74),
    ("edifact/d96a/invoic", &["typical", "hard", WRITTEN], &["edifact/d01b/invoic"], 80, 80),
    ("csv/price-list", &["typical"], &[], 80, 0),
    ("csv/stock-list", &["typical"], &[], 80, 0),
    ("csv/orders", &["two-orders"], &[], 80, 0),
    ("json/order", &["basic"], &[], 80, 0),
    ("ubl/order", &["basic", "typical", "hard", WRITTEN], &[], 80, 80),
    ("cxml/order-request", &["basic"], &[], 80, 0),
];

fn table(packs: &[Pack], wanted: bool) -> Vec<String> {
    let mut failures = Vec::new();
    for (name, samples, without, shown, all) in packs {
        let without: Vec<&str> = without.iter().copied().chain([*name]).collect();
        let trial = trial(name, samples, wanted, &without);
        let measure = trial.measure(*all > 0);
        println!(
            "{name:32} {:24} shown {:3}/{:3} {:3}%   all {:3}/{:3} {:3}%   wrong above 0.9: {}",
            samples.join(" "),
            measure.shown.0,
            measure.shown.1,
            percent(measure.shown),
            measure.all.0,
            measure.all.1,
            percent(measure.all),
            measure.wrong.len()
        );
        if std::env::var("SHOW").is_ok_and(|show| name.contains(&show)) {
            println!("missed {}\nunproposed {}", measure.missed.join(" "), measure.unproposed.join(" "));
            println!("{}", trial.proposal.text);
        }
        if percent(measure.shown) < *shown || percent(measure.all) < *all {
            failures.push(format!("{name}: missed {}", measure.missed.join(" ")));
        }
        failures.extend(measure.wrong.iter().map(|wrong| format!("{name}: sure and wrong: {wrong}")));
    }
    failures
}

#[test]
fn what_a_pair_shows_is_proposed_and_what_is_sure_is_right() {
    let failures = table(PACKS, true);
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// What one pair gives of all that a reviewed mapping has: what the document shows, and what is known of its kind. What reads
/// nearly the same is withheld.
const SINGLE: &[Pack] = &[
    ("x12/4010/850-order", &["basic"], SIBLINGS_850, 80, 90),
    ("x12/4010/810-invoice", &["typical"], &["x12/5010/810-invoice"], 80, 90),
    ("x12/4010/856-despatch", &["typical"], &["x12/5010/856-despatch"], 80, 88),
    ("edifact/d96a/orders", &["typical"], &["edifact/d01b/orders", "edifact/d96a/ordchg"], 80, 87),
    // What it was not made for shows whether it holds.
    ("edifact/d96a/desadv", &["typical"], &["edifact/d01b/desadv"], 80, 88),
    ("edifact/d96a/invoic", &["typical"], &["edifact/d01b/invoic"], 80, 85),
    ("x12/4010/832-price-catalogue", &["typical"], &[], 80, 80),
    ("x12/4010/846-inventory-report", &["typical"], &[], 80, 92),
    ("edifact/d96a/pricat", &["typical"], &[], 80, 92),
    ("edifact/d96a/invrpt", &["typical"], &[], 80, 92),
    ("ubl/order", &["typical"], &["ubl/order-change", "ubl/order-cancellation"], 80, 80),
    ("ubl/invoice", &["typical"], &[], 80, 86),
];

#[test]
fn what_no_sample_shows_is_proposed_as_others_read_it() {
    let failures = table(SINGLE, true);
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn a_bare_document_is_enough_for_most() {
    let packs: &[Pack] = &[
        ("x12/4010/850-order", &["basic", "typical", "hard", WRITTEN], &["x12/5010/850-order"], 60, 60),
        ("x12/4010/850-order", &["basic"], SIBLINGS_850, 80, 80),
        ("x12/4010/850-order", &["typical"], SIBLINGS_850, 80, 80),
    ];
    let failures = table(packs, false);
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
