//! What speaks for a place: other mappings that read the same, and the words of the guide.

use super::{
    knowledge::{Fact, Knowledge, Known, Step},
    places::Key,
    values::{Comparer, alike},
};
use crate::formats::piece::Standard;

/// How much others speak for reading a field from a place, 0 to 1, and who.
#[derive(Debug, Clone, Default)]
pub struct Prior {
    pub strength: f64,
    /// By how much the words are alike, 0 to 1.
    pub words: f64,
    /// Another field is read from there, and not this one.
    pub other: bool,
    pub why: String,
    /// The fact that speaks loudest, by its number.
    pub fact: Option<usize>,
}

/// Names that say little without what they stand in.
const PALE: &[&str] = &["number", "date", "value", "name", "code", "amount", "description", "kind", "from", "to", "at"];

/// True if a name says little without what it stands in.
pub fn is_pale(name: &str) -> bool {
    PALE.contains(&name)
}

/// How alike two canonical fields are, 0 to 1, and whether all before the part that is alike is, too.
fn fields(a: &[String], b: &[String]) -> (f64, bool) {
    if a == b {
        return (1.0, true);
    }
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let pale = a.last().is_some_and(|name| PALE.contains(&name.as_str()));
    let score = match tail {
        0 => 0.0,
        1 if pale => 0.3,
        1 => 0.6,
        _ => 0.85,
    };
    (score, false)
}

/// A place as knowledge sees it: absolute steps and the key.
pub struct Place<'a> {
    pub steps: &'a [Step],
    pub key: &'a Key,
}

/// How alike two conditions on a group are: none, some value in common, or none in common.
#[derive(PartialEq, Clone, Copy)]
enum Asked {
    Alike,
    Half,
    Apart,
}

fn asked(fact: &Step, own: &Step) -> Asked {
    if fact.conditions.is_empty() && own.conditions.is_empty() {
        return Asked::Alike;
    }
    let mut found = Asked::Half;
    for (key, values) in &fact.conditions {
        if let Some((_, others)) = own.conditions.iter().find(|(other, _)| other.same(key)) {
            if !values.iter().any(|value| others.contains(value)) {
                return Asked::Apart;
            }
            found = Asked::Alike;
        }
    }
    found
}

/// How alike two places are, 0 to 1; and whether the groups around them say the same (`N1[01=ST]`).
fn place(compare: &Comparer, fact: &Fact, own: &Place) -> (f64, Option<bool>) {
    if !alike(fact.standard, compare.standard) {
        return (0.0, None);
    }
    let named = !matches!(fact.standard, Standard::X12 | Standard::Edifact);
    let (Some(theirs), Some(ours)) = (fact.steps.last(), own.steps.last()) else {
        let root = fact.steps.is_empty() && own.steps.is_empty();
        // A `name` of the whole document is not that of an object in it.
        let json = fact.standard == Standard::Json && compare.standard == Standard::Json;
        let role = (json && !root).then_some(false);
        return (if (root || named) && named_alike(&fact.key, own.key) { 0.9 } else { 0.0 }, role);
    };
    let xml = fact.standard == Standard::Xml;
    let mut score = if theirs.name == ours.name && fact.key.same(own.key) {
        1.0
    } else if named && !xml && named_alike(&fact.key, own.key) {
        0.8
    } else if !named && references_alike(compare, fact, theirs, ours, own.key) {
        0.5
    } else {
        return (0.0, None);
    };
    if score == 1.0 {
        match asked(theirs, ours) {
            Asked::Alike => {}
            Asked::Half => score *= 0.75,
            // A segment with elements of its own, asked for another one of it, says nothing of this one.
            Asked::Apart if fact.steps.len() == 1 || !matches!(theirs.name.as_str(), "N1" | "NAD" | "HL") => {
                return (0.0, None);
            }
            Asked::Apart => return (score, Some(false)),
        }
    }
    let mut role = None;
    for theirs in &fact.steps {
        let same = own.steps.iter().find(|ours| ours.name == theirs.name);
        if let Some(ours) = same.filter(|ours| !ours.conditions.is_empty() && !theirs.conditions.is_empty()) {
            role = match asked(theirs, ours) {
                Asked::Apart => Some(false),
                _ => role.or(Some(true)),
            };
        }
    }
    if xml || named {
        let around = |steps: &[Step]| steps.len().checked_sub(2).map(|at| steps[at].name.clone());
        role = Some(around(&fact.steps) == around(own.steps));
    }
    (score, role)
}

fn named_alike(a: &Key, b: &Key) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '@'], "");
    matches!((a, b), (Key::Named(a), Key::Named(b)) if plain(a) == plain(b))
}

/// One data element in another segment: 324 is a purchase order's number wherever it stands.
fn references_alike(compare: &Comparer, fact: &Fact, theirs: &Step, ours: &Step, key: &Key) -> bool {
    let at = Comparer { guide: fact.guide, ..*compare };
    let (a, b) = (at.spec(&theirs.name, &fact.key), compare.spec(&ours.name, key));
    // Elements that mean something by their qualifier only.
    const BLANK: &[&str] = &["127", "373", "352", "782", "380", "1154", "2380", "6060", "5004", "5118", "1004"];
    matches!((a, b), (Some(a), Some(b)) if a.reference == b.reference && !BLANK.contains(&&*a.reference))
}

/// What others and the guide say of reading a field from a place.
pub fn prior(compare: &Comparer, field: &[String], own: &Place, pipes: &[Known], message: &str) -> Prior {
    let heard = heard(compare, own);
    Prior { words: words(compare, field, own), ..told(compare, field, &heard, Some(pipes), message) }
}

/// The facts about places like one: number, how alike, whether what stands around says the same.
pub type Heard = Vec<(usize, f64, Option<bool>)>;

/// What is known of places like this one.
pub fn heard(compare: &Comparer, own: &Place) -> Heard {
    let facts = compare.knowledge.facts.iter().enumerate();
    let known = facts.map(|(number, fact)| (number, place(compare, fact, own)));
    known.filter(|(_, (at, _))| *at > 0.0).map(|(number, (at, role))| (number, at, role)).collect()
}

/// What that says of a field; `pipes`: those that would read it, if they are known already.
pub fn told(compare: &Comparer, field: &[String], heard: &Heard, pipes: Option<&[Known]>, message: &str) -> Prior {
    let mut best = Prior::default();
    let mut other = 0.0f64;
    for (number, at, role) in heard {
        let fact = &compare.knowledge.facts[*number];
        let (alike, whole) = fields(&fact.field, field);
        // What stands around it says whose it is: ST is the ship-to's, in each mapping.
        let around = match (role, whole) {
            (Some(true), true) | (None, _) => 1.0,
            (Some(true), false) => 0.45,
            (Some(false), true) => 0.4,
            (Some(false), false) => 0.7,
        };
        let message = if fact.message == message { 1.0 } else { 0.95 };
        let table = |pipes: &[Known]| pipes.iter().find(|pipe| matches!(pipe, Known::Table(_))).cloned();
        let piped = if pipes.is_none_or(|pipes| table(pipes) == table(&fact.pipes)) { 1.0 } else { 0.7 };
        let strength = at * alike * around * message * piped / (1.0 + fact.rank as f64 * 0.2);
        if strength > best.strength {
            best.strength = strength;
            best.fact = Some(*number);
            best.why = format!("{} reads {} from it", fact.mapping, fact.field.join("."));
        }
        if alike < 0.5 && *at > 0.9 && *role != Some(false) {
            other = other.max(*at);
        }
    }
    best.other = other > 0.9 && best.strength < 0.4;
    best
}

/// Words of one meaning: what canonical names say, and what standards call it.
const MEANINGS: &[&[&str]] = &[
    &["number", "no", "num", "id", "identification", "identifier"],
    &["quantity", "qty", "ordered", "invoiced", "shipped"],
    &["unit", "uom", "basis", "measure", "measurement"],
    &["price", "unitprice"],
    &["per", "base", "pricebasis"],
    &["amount", "amt", "monetary", "total", "payable"],
    &["date", "issued", "placed", "on", "issue"],
    &["purpose", "function"],
    &["order", "purchase", "po", "buy"],
    &["name", "registration"],
    &["street", "address", "line"],
    &["city", "town"],
    &["region", "state", "province", "subentity", "county"],
    &["postcode", "postal", "zip", "zone", "zipcode"],
    &["country"],
    &["currency"],
    &["description", "text", "message"],
    &["notes", "note", "comments", "comment", "free", "msg"],
    &["requested", "delivery", "due"],
    &["percent", "percentage", "rate"],
    &["sku", "sellers", "supplier", "vendor"],
    &["buyer", "buyers", "customer"],
    &["sold", "buyer", "customer"],
    &["seller", "supplier", "vendor"],
    &["ship", "delivery", "deliver"],
    &["bill", "invoicee", "accounting"],
    &["lines", "line", "items", "item", "hash"],
    &["kind", "type"],
    &["status", "outcome", "response"],
    &["promised", "scheduled"],
    &["tax", "taxes", "vat"],
    &["carrier", "routing"],
    &["mode", "transportation"],
];

pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in text.chars() {
        let fresh = !c.is_alphanumeric() || c.is_uppercase() && lower;
        lower = c.is_lowercase();
        if fresh {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn mean_alike(a: &str, b: &str) -> bool {
    a == b || MEANINGS.iter().any(|words| words.contains(&a) && words.contains(&b))
}

/// How much of a field's name the words of the place say, 0 to 1.
pub fn words(compare: &Comparer, field: &[String], own: &Place) -> f64 {
    let mut said: Vec<String> = Vec::new();
    match own.key {
        Key::Named(name) => said.extend(split(name)),
        key => {
            let segment = own.steps.last().map_or("", |step| step.name.as_str());
            said.extend(compare.spec(segment, key).map(|spec| split(&spec.label)).unwrap_or_default());
        }
    }
    if !matches!(compare.standard, Standard::X12 | Standard::Edifact) {
        said.extend(own.steps.iter().rev().take(3).flat_map(|step| split(&step.name)));
    }
    let wanted: Vec<String> = field.iter().rev().take(2).flat_map(|name| split(name)).collect();
    let hit = |word: &String| said.iter().any(|other| mean_alike(word, other));
    let hits = wanted.iter().filter(|word| hit(word)).count();
    let last = field.last().map(|name| split(name)).unwrap_or_default();
    let last_hits = last.iter().filter(|word| hit(word)).count();
    if wanted.is_empty() || last.is_empty() {
        return 0.0;
    }
    (hits as f64 / wanted.len() as f64 + last_hits as f64 / last.len() as f64) / 2.0
}

/// A mapping's table for a place, where one is known.
pub fn knowledge_of(knowledge: &Knowledge, fact: Option<usize>) -> Option<&Fact> {
    fact.and_then(|number| knowledge.facts.get(number))
}
