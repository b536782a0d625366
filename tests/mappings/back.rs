//! The other half of the law: what is written is read back as it was. For random messages of what a mapping can say (its
//! own members, words, schemes and lengths), either the document says each value of them, or none is written and faults
//! tell why.

use super::{
    documents::{context, library, root, sets, typed},
    law,
    random::{self, Said, Seen, is_empty},
    repertoire::{Repertoire, Says},
};
use crossdock::{
    canonical::messages,
    formats::{
        fault::Fault,
        piece::{Set, Standard},
    },
    mapping::{Library, Plan, samples},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Texts of a mapping's samples, and of those that it extends: members of the messages, by pointer without indexes.
fn seen(plan: &Plan) -> Seen {
    let mut found = Seen::default();
    for file in plan.files() {
        let folder = root().join(file).with_file_name("samples");
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            // A sample that is refused shows what can't be said.
            let refused = path.to_str().is_some_and(|path| path.contains("/too-long."));
            if path.extension().is_some_and(|e| e == "json") && !refused {
                bodies(&path).iter().for_each(|body| texts(body, "", &mut found));
            }
        }
    }
    found
}

fn bodies(path: &Path) -> Vec<Value> {
    let told: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let told = if let Value::Array(told) = told { told } else { vec![told] };
    told.into_iter().map(|one| one.get("body").cloned().unwrap_or(one)).collect()
}

fn texts(value: &Value, at: &str, found: &mut Seen) {
    match value {
        Value::Object(members) => {
            *found.objects.entry(at.to_owned()).or_default() += 1;
            for (name, inner) in members {
                let at = format!("{at}/{name}");
                *found.members.entry(at.clone()).or_default() += 1;
                texts(inner, &at, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, at, found)),
        Value::String(text) => found.texts.entry(at.to_owned()).or_default().push(text.clone()),
        _ => {}
    }
}

/// What of a message does not stand in what was read, and what stands there that it does not say.
struct Comparison<'a> {
    repertoire: &'a Repertoire,
    wrong: Vec<String>,
}

impl Comparison<'_> {
    fn compare(&mut self, said: &Value, read: &Value, at: &str) {
        match (said, read) {
            (Value::Object(said), Value::Object(read)) => {
                for (name, value) in said {
                    let at = format!("{at}/{name}");
                    match read.get(name) {
                        Some(other) => self.compare(value, other, &at),
                        None if self.says_nothing(&at) || self.is_constant(&at) || is_empty(value) => {}
                        // The type's own, for which the mapping has no line.
                        None if !self.repertoire.has(&at) => {}
                        None => self.wrong.push(format!("{at}: {value} is lost")),
                    }
                }
                for (name, value) in read.iter().filter(|(name, _)| !said.contains_key(*name)) {
                    self.added(value, &format!("{at}/{name}"));
                }
            }
            (Value::Array(said), Value::Array(read)) if self.are_ids(at) => {
                let sorted = |ids: &[Value]| {
                    let mut ids: Vec<String> = ids.iter().map(Value::to_string).collect();
                    ids.sort();
                    ids
                };
                // A segment of few ids has room for the first of an item's.
                let some = !read.is_empty() && at.ends_with("/item") && read.iter().all(|id| said.contains(id));
                if sorted(said) != sorted(read) && !some {
                    self.wrong.push(format!(
                        "{at}: {} became {}",
                        Value::from(said.clone()),
                        Value::from(read.clone())
                    ));
                }
            }
            (Value::Array(said), Value::Array(read)) if said.len() == read.len() => {
                said.iter().zip(read).for_each(|(said, read)| self.compare(said, read, at));
            }
            _ if equal(said, read) || self.says_nothing(at) => {}
            _ => self.wrong.push(format!("{at}: {said} became {read}")),
        }
    }

    /// A value that nobody said: what is filled in where nothing stands, and what is only read.
    fn added(&mut self, value: &Value, at: &str) {
        let line = self.repertoire.line(at);
        match value {
            _ if self.is_filled_beside(at) => {}
            _ if line.is_some_and(|line| line.filled || line.spare || line.says == Says::Nothing) => {}
            // What is said where nothing else is stands where this is read.
            _ if line.is_some_and(|line| self.repertoire.spare(at, &line.place)) => {}
            Value::Object(members) if line.is_none() => {
                members.iter().for_each(|(name, inner)| self.added(inner, &format!("{at}/{name}")));
            }
            _ => self.wrong.push(format!("{at}: nobody said {value}")),
        }
    }

    /// A time that is written where the message has none.
    fn is_filled_beside(&self, at: &str) -> bool {
        at.strip_suffix("/time").and_then(|date| self.repertoire.line(date)).is_some_and(|line| line.filled)
    }

    fn says_nothing(&self, at: &str) -> bool {
        self.repertoire.line(at).is_some_and(|line| line.says == Says::Nothing)
    }

    /// A word that stands in the mapping makes no object by itself.
    fn is_constant(&self, at: &str) -> bool {
        self.repertoire.line(at).is_some_and(|line| line.place.is_empty() && matches!(line.says, Says::Words(_)))
    }

    fn are_ids(&self, at: &str) -> bool {
        self.repertoire.line(at).is_some_and(|line| matches!(line.says, Says::Ids { .. }))
    }
}

/// Are they the same, or one number?
fn equal(said: &Value, read: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| Decimal::from_str_exact(text).ok());
    let counted =
        |value: &Value| !value.as_str().is_some_and(|t| t.len() > 1 && t.starts_with('0') && !t.contains('.'));
    said == read || number(said).is_some() && number(said) == number(read) && counted(said) && counted(read)
}

/// A message that a mapping can say. What it counts is so, since a document that counts wrong is refused; and what
/// lies in a package names one that is there.
fn drawn(plan: &Plan, said: &Said, seed: u64) -> Value {
    let mut body = random::said(plan.message(), seed, said);
    let lines = body["lines"].as_array().map_or(0, Vec::len);
    if let Some(count) = body.pointer_mut("/totals/lines") {
        *count = lines.into();
    }
    if plan.message() == "transport_order/1" {
        body = law::load(body);
        let once = said.repertoire.line("/lines/pick_up").is_some_and(|line| line.spare);
        let lines = body.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten();
        for line in lines.filter_map(Value::as_object_mut) {
            // What is said of dangerous goods besides is said of some.
            if !line.contains_key("dangerous") {
                line.remove("ext");
            }
            // A 204 tells of a line at one of its stops.
            if once && line.contains_key("drop_off") {
                line.remove("pick_up");
            }
        }
    }
    // An announcement of returns asks or, with the number of a consent, tells; no answer goes out as one.
    if plan.document().0 == "RETANN" {
        body["kind"] = if body.get("authorization").is_some() { "notification" } else { "request" }.into();
    }
    // An EDIFACT line stands in a CPS, whatever it lies in.
    let marked = said.repertoire.has("/packages/refs");
    pack(&mut body, matches!(plan.document().0, "DESADV" | "RECADV"), marked);
    messages::rewritten(plan.message(), &body).unwrap_or_else(|e| panic!("{}: {e}: {body:#}", plan.name()))
}

/// Packages have numbers of their own, and lie in one before; lines lie in one of them.
fn pack(body: &mut Value, all: bool, marked: bool) {
    let mut ids: Vec<Value> = Vec::new();
    let kinds = body["packages"].as_array().is_some_and(|all| all.iter().any(|package| package.get("kind").is_some()));
    for (nth, package) in body.get_mut("packages").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        package["id"] = format!("34098765000000{nth:04}").into();
        // Where marks have a place, the name within the message is the mark.
        if marked {
            package["refs"] = json!([{ "scheme": "sscc", "id": package["id"] }]);
        }
        if let (Some(parent), Some(one)) = (package.get_mut("parent"), ids.first()) {
            *parent = one.clone();
        } else if let Some(package) = package.as_object_mut() {
            package.remove("parent");
        }
        // What others lie in is a pallet, and what lies in one a carton.
        if kinds {
            package["kind"] = if nth == 0 { "pallet" } else { "carton" }.into();
        }
        ids.push(package["id"].clone());
    }
    if all && ids.is_empty() {
        ids.push("340987650000000000".into());
        let refs = json!([{ "scheme": "sscc", "id": ids[0] }]);
        body["packages"] = if marked { json!([{ "id": ids[0], "refs": refs }]) } else { json!([{ "id": ids[0] }]) };
    }
    // Goods lie in the innermost, and of one order: what a pallet holds besides is told behind its cartons.
    let inner = ids.len().min(2).saturating_sub(1);
    let order = body.pointer("/lines/0/order").cloned();
    for (nth, line) in body.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let Some(line) = line.as_object_mut() else { continue };
        match ids.get((nth + inner).min(ids.len().max(1) - 1)) {
            Some(id) if all || line.contains_key("package") => _ = line.insert("package".into(), id.clone()),
            _ => _ = line.remove("package"),
        }
        match &order {
            Some(order) => _ = line.insert("order".into(), order.clone()),
            None => _ = line.remove("order"),
        }
    }
}

/// None if a message is written and read back as it was; why, if it is refused.
fn comes_back(plan: &Plan, said: &Said, message: &Value) -> Result<Option<String>, String> {
    typed(plan.message(), message);
    let told = |what: String, bytes: &[u8]| Err(format!("{what}\n{}\n{message:#}", String::from_utf8_lossy(bytes)));
    let refused = |faults: &[Fault]| match faults.first().map(|fault| fault.sentence.to_string()) {
        Some(sentence) if !sentence.is_empty() => Ok(Some(sentence)),
        _ => told("a refusal without a sentence".into(), b""),
    };
    let bytes = match plan.write(message, &context()) {
        Ok(written) => match samples::document(plan, &written) {
            Ok(bytes) => bytes,
            Err(fault) => return refused(&[*fault]),
        },
        Err(faults) => return refused(&faults),
    };
    let sets = sets(plan, &bytes);
    if let [set] = sets.as_slice() {
        if !set.accepted() {
            return told(format!("what was written is faulty: {:?}", set.faults), &bytes);
        }
        let reading = plan.read(&set.tree, &context());
        // A partner's rules refuse it, as they are to.
        if reading.faults.iter().any(|fault| &*fault.code == "mapping/rule") {
            return Ok(Some(RULE.to_owned()));
        }
        if !reading.faults.is_empty() || !reading.missing.is_empty() {
            return told(format!("it is not read: {:?} {:?}", reading.faults, reading.missing), &bytes);
        }
        let mut comparison = Comparison { repertoire: &said.repertoire, wrong: Vec::new() };
        comparison.compare(message, &reading.body, "");
        return if comparison.wrong.is_empty() { Ok(None) } else { told(comparison.wrong.join("\n"), &bytes) };
    }
    told(format!("{} sets were written", sets.len()), &bytes)
}

/// A message that a partner's own rules refuse.
const RULE: &str = "a rule";

/// Messages drawn for each mapping.
const DRAWN: u64 = 60;

fn sayable(library: &Library, plan: &Plan) -> Said {
    let unsaid = if plan.standard() == Standard::X12 { "*~>^" } else { "" };
    Said { repertoire: Repertoire::of(library, plan), seen: seen(plan), unsaid }
}

/// Documents that a mapping writes of so many messages drawn for it.
pub fn documents(library: &Library, plan: &Plan, count: u64) -> Vec<Set> {
    let said = sayable(library, plan);
    let bodies = (0..count).map(|seed| drawn(plan, &said, seed));
    let written = bodies.filter_map(|body| plan.write(&body, &context()).ok());
    written.filter_map(|written| samples::document(plan, &written).ok()).flat_map(|bytes| sets(plan, &bytes)).collect()
}

fn tried(library: &Library, plan: &Plan, wrong: &mut Vec<String>) {
    let said = sayable(library, plan);
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..DRAWN {
        match comes_back(plan, &said, &drawn(plan, &said, seed)) {
            Ok(None) => {}
            Ok(Some(why)) => *refusals.entry(why).or_default() += 1,
            Err(why) => return wrong.push(format!("{}, seed {seed}: {why}", plan.short())),
        }
    }
    let ruled = refusals.remove(RULE).unwrap_or_default();
    let refused: u64 = refusals.values().sum();
    if refused * 2 > DRAWN - ruled || ruled == DRAWN {
        wrong.push(format!("{}: {refused} of {DRAWN} could not be written: {refusals:#?}", plan.short()));
    }
}

#[test]
fn what_is_written_is_read_back_as_it_was() {
    let library = library();
    let mut wrong = Vec::new();
    library.plans().iter().filter(|plan| !plan.one_way()).for_each(|plan| tried(&library, plan, &mut wrong));
    assert!(wrong.is_empty(), "{} mappings:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
