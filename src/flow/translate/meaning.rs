//! What one set means: its mapping found and run, and what came of it.

use crate::{
    canonical::{Body, DocumentId, messages},
    core,
    flow::{
        failure::panic_text,
        probe::{Point, Probe},
    },
    formats::{
        ack,
        fault::{Costs, Fault},
        piece::{Set, Standard},
    },
    mapping::{Asked, Context, Library, Missing, Plan, Provenance, Tables, is_own, lookup},
    store::search_keys::SearchKey,
    tenancy::{Agreement, Effective, agreement::NoReference},
};
use serde_json::{Value, json};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The kind of messages that say how documents of ours were taken; apply matches them.
pub const ACKNOWLEDGEMENT: &str = "acknowledgement";
/// The same by a partner's application, after its translator took them.
pub const ADVICE: &str = "application_advice";

/// Whose set it is.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    pub partner: &'a str,
    pub agreement: &'a Effective,
    pub currency: &'a str,
    /// What the connection says that CSV and JSON are.
    pub expects: Option<&'a str>,
    /// GS02, UNG 0040.
    pub application_sender: Option<&'a str>,
    /// Where it came in.
    pub document: DocumentId,
    pub probe: &'a Probe,
}

/// What became of a set.
#[derive(Debug)]
pub struct Meaning {
    /// What the set is called.
    pub set_kind: String,
    pub state: &'static str,
    pub mapping: Option<String>,
    pub kind: Option<String>,
    pub number: Option<String>,
    pub body: Option<Body>,
    pub provenance: Provenance,
    pub faults: Vec<Fault>,
    pub cause: Option<Value>,
    /// The first value that a table did not hold.
    pub missing: Vec<Missing>,
    /// What it is found by beside its number.
    pub search_keys: Vec<SearchKey>,
}

/// Values without a row that a held message's cause names.
const MISSING: usize = 20;

impl Meaning {
    /// Adds faults to its cause.
    fn at(mut self, faults: Value) -> Self {
        if let Some(cause) = self.cause.as_mut().and_then(Value::as_object_mut) {
            cause.insert("faults".into(), faults);
        }
        self
    }

    fn new(state: &'static str) -> Self {
        Meaning {
            set_kind: String::new(),
            state,
            mapping: None,
            kind: None,
            number: None,
            body: None,
            provenance: Provenance::default(),
            faults: vec![],
            cause: None,
            missing: vec![],
            search_keys: vec![],
        }
    }

    fn because(mut self, code: &str, sentence: String, remedy: &str) -> Self {
        self.cause = Some(json!({"code": code, "sentence": sentence, "remedy": remedy}));
        self
    }

    /// The setting that says so.
    fn decided(mut self, agreement: &Effective, key: &str) -> Self {
        if let Some(cause) = &mut self.cause {
            cause["decided_by"] = json!(agreement.decision(key));
        }
        self
    }
}

/// The mapping of a set, if one claims it.
pub fn plan(library: &Library, set: &Set, whose: &Whose) -> Option<Arc<Plan>> {
    library.claim(&asked(set, whose))
}

fn asked<'a>(set: &'a Set, whose: &Whose<'a>) -> Asked<'a> {
    let expects = whose.expects.filter(|expects| !expects.is_empty());
    let (kind, version) = match (set.standard, expects) {
        (Standard::Csv | Standard::Fixed | Standard::Json | Standard::Xml, Some(expects)) => (expects, ""),
        _ => (&*set.kind, &*set.version),
    };
    Asked {
        outbound: false,
        standard: set.standard,
        version,
        kind,
        partner: Some(whose.partner),
        application_sender: whose.application_sender,
    }
}

/// Reads a set by the mapping that claims it.
pub fn of(library: &Library, set: &Set, plan: Option<&Plan>, whose: &Whose, tables: &dyn Tables) -> Meaning {
    let meaning = read(library, set, plan, whose, tables);
    let search_keys = search_keys(set, whose.agreement, meaning.body.as_ref());
    Meaning { set_kind: set_kind(set, whose.expects), search_keys, ..meaning }
}

/// What the agreement wants it to be found by, a refused one too: as far as it could be read.
fn search_keys(set: &Set, agreement: &Agreement, message: Option<&Body>) -> Vec<SearchKey> {
    let of = |(name, path): (&String, &String)| {
        let name = name.clone();
        let values = lookup::values(path, set, message).into_iter();
        values.map(move |value| SearchKey { name: name.clone(), value })
    };
    agreement.search_keys.iter().flat_map(of).collect()
}

/// What people call a set: `850`, `ORDERS`, `Order`; for CSV and JSON, which don't say, what their connection expects.
fn set_kind(set: &Set, expects: Option<&str>) -> String {
    match expects {
        _ if !set.kind.is_empty() => set.kind.to_string(),
        Some(expects) if !expects.is_empty() => expects.to_string(),
        _ => set.standard.word().to_string(),
    }
}

fn read(library: &Library, set: &Set, plan: Option<&Plan>, whose: &Whose, tables: &dyn Tables) -> Meaning {
    if !set.accepted() {
        return refused(set, plan, whose, tables);
    }
    if ack::KINDS.contains(&&*set.kind) {
        return acknowledgement(set);
    }
    if ack::ADVICES.contains(&&*set.kind) {
        return advice(set);
    }
    let Some(plan) = plan else {
        return unclaimed(library, set, whose);
    };
    let open = plan.open();
    if let Some(first) = open.first() {
        let sentence = format!("the mapping {} is not done: {first}", plan.short());
        let remedy = "say in the mapping what is open (`crossdock mapping lint` lists it), then restart the message";
        return Meaning {
            mapping: Some(plan.name().to_owned()),
            ..Meaning::new("held").because("mapping/open", sentence, remedy)
        };
    }
    let context = Context { tenant_currency: whose.currency, tables };
    let reading = catch_unwind(AssertUnwindSafe(|| {
        whose.probe.pass(Point::Map, whose.document.0);
        plan.read(&set.tree, &context)
    }));
    let mut meaning = match reading {
        Ok(reading) => sort(reading, whose, plan),
        Err(panic) => Meaning::new("dead").because(
            "panic",
            format!("the mapping panicked: {}", panic_text(&*panic)),
            "this is a bug of the hub: report it with the fingerprint, then restart the message",
        ),
    };
    meaning.mapping = Some(plan.name().to_string());
    // Warnings of the set go along; they cost nothing and a person may want to see them.
    let mut faults: Vec<Fault> = set.faults.clone();
    faults.append(&mut meaning.faults);
    meaning.faults = faults;
    meaning
}

/// A set that says how a document of ours was taken. Which one it was is looked for when it is applied.
fn acknowledgement(set: &Set) -> Meaning {
    let Some(answer) = ack::answer(set) else {
        return Meaning::new("rejected").because(
            "acknowledgement/unreadable",
            format!("the {} names no control number of ours, or does not say how it was taken", set.kind),
            "ask the partner for a complete one; the document that it speaks of waits on",
        );
    };
    Meaning {
        kind: Some(ACKNOWLEDGEMENT.into()),
        body: Some(json!(answer).into()),
        faults: set.faults.clone(),
        ..Meaning::new("pending")
    }
}

/// A set that says what a partner's application made of documents of ours.
fn advice(set: &Set) -> Meaning {
    let Some(advised) = ack::advised(set) else {
        return Meaning::new("rejected").because(
            "advice/unreadable",
            format!("the {} names no document, or more than a thousand, or does not say how they were taken", set.kind),
            "ask the partner for a complete one; it must name a control number or a document's number",
        );
    };
    Meaning {
        kind: Some(ADVICE.into()),
        body: Some(json!(advised).into()),
        faults: set.faults.clone(),
        ..Meaning::new("pending")
    }
}

/// A set that no mapping reads waits for one: what it is, and what the partner's mappings do read.
fn unclaimed(library: &Library, set: &Set, whose: &Whose) -> Meaning {
    if let Some(unfit) = library.unfit_for(&asked(set, whose)) {
        return Meaning::new("held").because("mapping/unfit", unfit.sentence(), &unfit.remedy());
    }
    let format = set.standard.word();
    let kind = if set.kind.is_empty() { whose.expects.unwrap_or("") } else { &set.kind };
    let what = [format, &set.version, kind].join(" ");
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let which =
        if set.control.is_empty() { String::new() } else { format!(", which is what set {} says it is", set.control) };
    let read = library.read_kinds(set.standard, whose.partner);
    let read = if read.is_empty() { "nothing".into() } else { read.join(", ") };
    let says_itself = matches!(set.standard, Standard::X12 | Standard::Edifact);
    Meaning::new("held").because(
        "no_mapping",
        format!("no mapping claims {what}{which}; of {format}, the mappings for {} read {read}", whose.partner),
        match says_itself {
            true => "ask the partner whether that set was meant; to take such ones, add a mapping that claims it, then restart the message",
            false => "add a mapping that claims it, or say on the connection what it `expects`; then restart the message",
        },
    )
}

/// A set that its own faults refuse. What people call it (an order's number, say) is noted where the mapping that would
/// have read it finds it in what could be read: whoever asks for that order is told that it came, and why it went no further.
fn refused(set: &Set, plan: Option<&Plan>, whose: &Whose, tables: &dyn Tables) -> Meaning {
    let mut meaning = Meaning::new("rejected");
    meaning.faults = set.faults.clone();
    let Some(plan) = plan else { return meaning };
    let context = Context { tenant_currency: whose.currency, tables };
    // The faults tell of the set already: what else reading it would say, a panic too, is not asked.
    let Ok(reading) = catch_unwind(AssertUnwindSafe(|| plan.read(&set.tree, &context))) else { return meaning };
    meaning.number = reading.number.filter(|number| is_name(number));
    if meaning.number.is_some() {
        meaning.kind = kind_of(plan);
    }
    meaning
}

/// True of what a person could have asked for: not of what noise, read as a number, would give.
fn is_name(text: &str) -> bool {
    text.len() <= 200 && !text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}

/// `order`, of a mapping that reads to `order/1`.
fn kind_of(plan: &Plan) -> Option<String> {
    plan.message().split('/').next().map(str::to_string)
}

fn sort(reading: crate::mapping::Reading, whose: &Whose, plan: &Plan) -> Meaning {
    let number = reading.number.clone();
    let kind = kind_of(plan);
    let costly: Vec<&Fault> = reading.faults.iter().filter(|fault| fault.costs >= Costs::Set).collect();
    let mut meaning = if let Some(first) = costly.first().filter(|_| costly.iter().all(|fault| is_own(fault))) {
        // Nothing is wrong with the document: no partner is told so.
        Meaning::new("held").because(&first.code, first.sentence.to_string(), &first.remedy)
    } else if !costly.is_empty() {
        Meaning::new("rejected")
    } else if !reading.missing.is_empty() && whose.agreement.no_reference == NoReference::Hold {
        let (sentence, remedy) = all_missing(&reading.missing);
        let meaning = Meaning::new("held").because("no_reference", sentence, &remedy);
        let meaning = meaning.decided(whose.agreement, "no_reference");
        // Where each of them stands, for whoever looks at the document; a long list has the same few values.
        let told: Vec<&Fault> = reading.missing.iter().map(|missing| &missing.fault).take(MISSING).collect();
        meaning.at(json!(told))
    } else if !reading.missing.is_empty() {
        Meaning::new("rejected")
    } else {
        match messages::check_kept(plan.message(), &reading.body) {
            Ok(()) if core::APPLIES.contains(&plan.message()) => Meaning::new("pending"),
            Ok(()) => Meaning::new("held").because(
                "core/not_applied",
                format!("the core has no rule for {} yet: what was read stands in the message", plan.message()),
                "look at it with `crossdock messages`; restart it when a release applies it, or cancel it",
            ),
            Err(error) => Meaning::new("held").because(
                "mapping/not_canonical",
                format!("the mapping's result is no {}: {error}{}", plan.message(), said_at(plan, &error)),
                "mend the mapping so that it gives the field, then restart the message",
            ),
        }
    };
    if meaning.state == "rejected" {
        meaning.faults.extend(reading.missing.iter().map(|m| {
            // It waits for nothing: who adds the value takes it up again.
            let fault = m.fault.clone().remedy(format!("{}, then restart the message", adding(m)));
            Fault { decided_by: Some(Box::new(whose.agreement.decision("no_reference"))), ..fault }
        }));
    }
    meaning.faults.splice(0..0, reading.faults);
    meaning.kind = kind;
    meaning.number = number;
    if !reading.body.is_null() && matches!(meaning.state, "pending" | "held") {
        meaning.body = Some(reading.body);
    }
    meaning.provenance = reading.provenance;
    meaning.missing = reading.missing;
    meaning
}

/// So many values without a row are named; who has more has one cause.
const NAMED: usize = 5;

/// All that tables lack for a message: a person adds them in one go. The sentence, and the commands.
fn all_missing(missing: &[Missing]) -> (String, String) {
    let mut different: Vec<&Missing> = Vec::new();
    for one in missing {
        if !different.iter().any(|known| (&known.table, &known.value) == (&one.table, &one.value)) {
            different.push(one);
        }
    }
    let more = different.len().saturating_sub(NAMED);
    let named = &different[..different.len() - more];
    let mut sentence = named.iter().map(|one| &*one.fault.sentence).collect::<Vec<_>>().join("; ");
    if more > 0 {
        sentence.push_str(&format!("; and {more} more"));
    }
    let remedy = match named {
        [one] => one.fault.remedy.to_string(),
        several => {
            let commands: Vec<&str> = several.iter().map(|one| adding(one)).collect();
            format!("{}; what waits for them then goes on", commands.join(", "))
        }
    };
    (sentence, remedy)
}

/// The command that adds a row, without what comes of it.
fn adding(missing: &Missing) -> &str {
    missing.fault.remedy.rsplit_once("; ").map_or(&missing.fault.remedy, |(command, _)| command)
}

/// Where the mapping says how a member is made that is no such thing: ` (mapping.yaml:12 makes it)`. `why` begins with the
/// member's path, as in `lines[0].number: …`.
fn said_at(plan: &Plan, why: &str) -> String {
    let path = why.split(": ").next().unwrap_or_default().replace('[', "/").replace(']', "").replace('.', "/");
    plan.line(&format!("/{path}")).map_or_else(String::new, |(file, line)| format!(" ({file}:{line} makes it)"))
}

/// A set of an interchange whose sender is nobody we know, in a document where others are known.
pub fn of_nobody(set: &Set) -> Meaning {
    let mut meaning = Meaning::new("held").because(
        "no_partner",
        "its interchange's sender or receiver is nobody we know".into(),
        "add the identity to a partner's file, then restart the message",
    );
    meaning.faults = set.faults.clone();
    meaning.set_kind = set_kind(set, None);
    meaning
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::place::{At, Place};

    fn missing(table: &str, value: &str) -> Missing {
        let place = Place { byte: 0, len: 0, at: At::Node { path: "".into() } };
        let fault = Fault::new("mapping/no_reference", place, format!("`{value}` is not in the table {table}")).remedy(
            format!("add it with `crossdock reference add {table} {value} TARGET`; what waits for it then goes on"),
        );
        Missing { table: table.into(), value: value.into(), fault }
    }

    #[test]
    fn all_that_tables_lack_for_a_message_is_told_at_once() {
        let one = missing("uom", "PF");
        let (sentence, remedy) = all_missing(std::slice::from_ref(&one));
        assert_eq!((&*sentence, &*remedy), (&*one.fault.sentence, &*one.fault.remedy));
        let (sentence, remedy) = all_missing(&[missing("uom", "PF"), missing("uom", "PF"), missing("mode", "X")]);
        assert_eq!(sentence, "`PF` is not in the table uom; `X` is not in the table mode");
        assert_eq!(
            remedy,
            "add it with `crossdock reference add uom PF TARGET`, add it with `crossdock reference add mode X TARGET`; \
             what waits for them then goes on"
        );
        let many: Vec<Missing> = (0..7).map(|n| missing("uom", &n.to_string())).collect();
        assert!(all_missing(&many).0.ends_with("`4` is not in the table uom; and 2 more"), "{}", all_missing(&many).0);
    }
}
