//! From proposals to a file: what lint refuses is taken out, what reads something else is told, what nobody reads is
//! listed.

use super::{
    Context, Failure, Library, NoTables, Plan, Proposal, Request, Sample,
    knowledge::{Fact, Made, Step, Told},
    places::Places,
    propose::{Leaf, Node, Says},
    rules::{Rule, broken},
    search::Search,
    text::{Line, Writer, prefixes, quoted},
};
use crate::{
    formats::piece::Standard,
    mapping::{
        pipes,
        shape::{Member, Shape},
    },
};
use serde_json::Value as Json;
use std::{collections::BTreeSet, sync::Arc};

/// How a mapping says that nobody knows yet where a field stands.
pub const OPEN: &str = "$todo";

/// Writes the file, until lint has nothing to say.
pub fn finish(
    files: &[(String, String)],
    request: &Request,
    search: &Search,
    places: &[Places],
    shape: &Shape,
    nodes: Vec<Node>,
) -> Result<Proposal, Failure> {
    let prefixes = prefixes(places, search.compare.knowledge);
    let repeated = |path: &[Step]| {
        let class = path.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join("/");
        search.repeats(&class) > 1
    };
    let mut refused: BTreeSet<String> = BTreeSet::new();
    let tables: Vec<(String, String)> = files.iter().filter(|(path, _)| path.ends_with(".csv")).cloned().collect();
    let mut refusing = true;
    for _ in 0..40 {
        let mut kept = pruned(&nodes, "", &refused);
        fill(search, &mut kept, shape.members(), &[]);
        let mut writer = Writer::new(&search.compare, &prefixes, &repeated);
        writer.refusing = refusing;
        writer.nodes(&kept, 1, "", &vec![vec![]], 0);
        let head = head(request, search, places, &writer);
        let body: Vec<&str> = writer.rows.iter().map(|(row, _)| row.as_str()).collect();
        let mut rules = search.rules_of(&kept);
        rules.retain(|rule| !refused.contains(&rule.row()));
        let required = required(&rules, |_| String::new());
        let text = format!("{head}fields:\n{}\n{required}", body.join("\n"));
        let mut all = tables.clone();
        all.push((request.path.to_owned(), text));
        match Library::compile(&all) {
            Ok(library) => {
                let plan = library.plans().first().cloned();
                let plan = plan.ok_or_else(|| "the proposal is no mapping".to_owned())?;
                // A sample whose amounts are in another currency is not to be refused.
                if refusing && refuses(&plan, request) {
                    refusing = false;
                    continue;
                }
                let broken = broken(&rules, &plan, request);
                if broken.is_empty() {
                    return Ok(proposal(request, search, &plan, writer, &head, &rules));
                }
                refused.extend(broken.into_iter().map(|at| rules[at].row()));
            }
            Err(lints) if refusing && lints.iter().any(|lint| lint.sentence.contains("`$currency`")) => {
                refusing = false
            }
            Err(lints) => {
                let before = refused.len();
                let first = head.lines().count() + 1;
                for lint in &lints {
                    let at = (lint.line as usize).checked_sub(first + 1);
                    // Behind the fields, and `require:` itself.
                    let rule = at.and_then(|at| at.checked_sub(writer.rows.len() + 1)).and_then(|at| rules.get(at));
                    refused.extend(rule.map(Rule::row).or_else(|| at.and_then(|at| field_of(&writer, at))));
                }
                if refused.len() == before {
                    let lint = lints.first().map(ToString::to_string).unwrap_or_default();
                    return Err(format!("too little of the message is found in the document: {lint}").into());
                }
            }
        }
    }
    Err("no proposal lints clean".to_owned().into())
}

/// Does it refuse a sample for what stands in another currency?
fn refuses(plan: &Plan, request: &Request) -> bool {
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let told = |sample: &Sample| {
        let faults = plan.read(sample.tree, &context).faults;
        faults.iter().any(|fault| &*fault.code == "mapping/bad_value" && fault.sentence.contains(" is wanted "))
    };
    request.samples.iter().any(told)
}

/// The field of a row; of one that belongs to none the object that it opens.
fn field_of(writer: &Writer, row: usize) -> Option<String> {
    let rest = writer.rows.get(row..)?;
    let own = rest.first()?.1;
    let number = own.or_else(|| rest.iter().find_map(|(_, line)| *line))?;
    let field = writer.lines[number].field.clone();
    if own.is_some() { Some(field) } else { field.rsplit_once('/').map(|(above, _)| above.to_owned()) }
}

fn head(request: &Request, search: &Search, places: &[Places], writer: &Writer) -> String {
    let samples = match request.samples.len() {
        1 => "one sample".to_owned(),
        n => format!("{n} samples"),
    };
    let mut text = format!(
        "# Proposed from {samples}: behind each line how sure it is and why. Look at what stands below 0.9.\n\
         mapping: {}\nfrom: {}\nto: {}\n",
        request.name, request.from, search.message
    );
    if search.guessed {
        let told = format!("# Taken for {} by its headers: say --to where it is something else.\n", search.message);
        text.insert_str(0, &told);
    }
    match request.partner {
        Some(partner) => text += &format!("claims: {{ partner: {partner}, direction: in }}\n"),
        None => text += "claims: { direction: in }\n",
    }
    if let Some(path) = request.messages {
        text += &format!("messages: {}\n", quoted(path));
    }
    text += "unmapped: warn\none_way: true                      # until what it writes has been tried\n";
    if search.compare.standard == Standard::Xml {
        let root = places.first().map(|p| p.root.clone()).unwrap_or_default();
        text += &format!("root: {root}\n");
        let namespaces: BTreeSet<&(String, String)> = places.iter().flat_map(|p| &p.namespaces).collect();
        if !namespaces.is_empty() {
            text += "namespaces:\n";
            namespaces.iter().for_each(|(prefix, uri)| text += &format!("  {prefix}: {}\n", quoted(uri)));
        }
    }
    let wrapper = places.first().filter(|p| search.compare.standard == Standard::Json && !p.root.is_empty());
    if let Some(wrapper) = wrapper {
        text += &format!("root: {}\n", quoted(&wrapper.root));
    }
    if search.compare.standard == Standard::Csv {
        text += &format!("sets: {{ by: {} }}\n", quoted(request.by.unwrap_or_default()));
    }
    if !writer.tables.is_empty() || !writer.rows_of.is_empty() {
        text += "tables:\n";
    }
    for (name, rows) in &writer.rows_of {
        text += &format!("  {name}: {}          # what the samples show: add the codes that they don't\n", table(rows));
    }
    if !writer.tables.is_empty() {
        for (name, number) in &writer.tables {
            let known = &search.compare.knowledge.tables[*number];
            match &known.file {
                Some(file) => text += &format!("  {name}: {file}\n"),
                None => {
                    let rows = known.table.rows.iter().map(|row| (row.value.clone(), row.target.clone()));
                    text += &format!("  {name}: {}\n", table(&rows.collect::<Vec<_>>()));
                }
            }
        }
    }
    text
}

/// Rows in one line of YAML.
fn table(rows: &[(String, String)]) -> String {
    let rows: Vec<String> = rows.iter().map(|(value, target)| format!("\"{value}\": \"{target}\"")).collect();
    format!("{{ {} }}", rows.join(", "))
}

/// Without what lint refused, and what has nothing left in it.
fn pruned(nodes: &[Node], field: &str, refused: &BTreeSet<String>) -> Vec<Node> {
    let mut kept = Vec::new();
    for node in nodes {
        let at = format!("{field}/{}", node.name());
        if refused.contains(&at) {
            continue;
        }
        match node {
            Node::Leaf(leaf) => kept.push(Node::Leaf(leaf.clone())),
            Node::Object { name, members } => {
                let members = pruned(members, &at, refused);
                if !members.is_empty() {
                    kept.push(Node::Object { name: name.clone(), members });
                }
            }
            Node::Each { name, each, members } => {
                let members = pruned(members, &at, refused);
                if !members.is_empty() {
                    kept.push(Node::Each { name: name.clone(), each: each.clone(), members });
                }
            }
        }
    }
    kept
}

/// Fields that the message must have and nothing gives: what others count or always say there is told, and the place is
/// left open. An object that the message need not have, and of which no sample shows anything, is left out instead.
fn fill(search: &Search, nodes: &mut Vec<Node>, members: &[Member], names: &[String]) {
    for member in members {
        let at = nodes.iter().position(|node| node.name() == member.name);
        let item = match &member.shape {
            Shape::List(item) => item,
            shape => shape,
        };
        let names = [names, std::slice::from_ref(&member.name)].concat();
        match at {
            Some(at) => {
                let lacks = |inner: &Vec<Node>| {
                    item.members().iter().any(|m| m.mandatory && !inner.iter().any(|node| node.name() == m.name))
                };
                if let Node::Object { members: inner, .. } | Node::Each { members: inner, .. } = &mut nodes[at] {
                    if !member.mandatory && inner.iter().all(Node::unseen) && lacks(inner) {
                        nodes.remove(at);
                    } else {
                        fill(search, inner, item.members(), &names);
                    }
                }
            }
            None if member.mandatory => nodes.extend(open(search, member, names)),
            None => {}
        }
    }
}

/// A field that nothing gives, as an open place; or what the message's other mappings count there.
fn open(search: &Search, member: &Member, names: Vec<String>) -> Option<Node> {
    let name = member.name.clone();
    match &member.shape {
        Shape::Object(inner) if inner.iter().any(|m| m.mandatory) => {
            let mut members = Vec::new();
            fill(search, &mut members, inner, &names);
            return Some(Node::Object { name, members });
        }
        Shape::Word(_) | Shape::Text | Shape::Currency | Shape::Decimal | Shape::Integer(..) | Shape::Date => {}
        _ => return None,
    }
    let made = search.compare.knowledge.made.iter().filter(|m| m.message == search.message && m.field == names);
    let made: Vec<_> = made.collect();
    let counted = made.iter().find(|made| made.text == "$position").map(|made| &made.mapping);
    // Others count where the document gives no number.
    let counts = |fact: &&Fact| {
        fact.message == search.message && fact.field == names && fact.otherwise.iter().any(|other| other == "$position")
    };
    let counted = counted.or_else(|| search.compare.knowledge.facts.iter().find(counts).map(|fact| &fact.mapping));
    let (says, confidence, why) = match (counted, always(search, &made)) {
        (Some(mapping), _) => ("$position".to_owned(), 0.6, format!("counts the items, as {mapping} does")),
        (None, Some(made)) => {
            let others = search.of_same_document().count() - 1;
            let others = if others > 0 { format!(", and {others} more") } else { String::new() };
            let why = format!("no sample says it; {} always says so of this document{others}", made.mapping);
            (made.text.clone(), 0.6, why)
        }
        (None, None) => {
            let others = made.first().filter(|made| !made.text.starts_with('{'));
            let others = others.map(|made| format!("; {} always says {}", made.mapping, made.text.trim_matches('"')));
            let why = format!(
                "the message must have it, and nothing was found: say where it stands{}",
                others.unwrap_or_default()
            );
            (OPEN.to_owned(), 0.0, why)
        }
    };
    Some(Node::Leaf(Leaf { name, says: Says::Raw(says), confidence, why, unseen: true }))
}

/// The text that a field always is, as all mappings of this very document and message have it.
fn always<'m>(search: &Search, made: &[&'m Made]) -> Option<&'m Made> {
    let of =
        |told: &Told| made.iter().copied().find(|made| made.mapping == told.mapping && made.text.starts_with("\"'"));
    let first = search.of_same_document().next().and_then(of)?;
    let alike = |told: &Told| of(told).is_some_and(|made| made.text == first.text);
    search.of_same_document().all(alike).then_some(first)
}

/// `require:`, each rule with what stands behind it.
fn required(rules: &[Rule], behind: impl Fn(&Rule) -> String) -> String {
    let rows: String = rules.iter().map(|rule| rule.row() + &behind(rule) + "\n").collect();
    if rows.is_empty() { rows } else { format!("require:\n{rows}") }
}

fn proposal(
    request: &Request,
    search: &Search,
    plan: &Arc<Plan>,
    writer: Writer,
    head: &str,
    rules: &[Rule],
) -> Proposal {
    let Writer { mut lines, rows, .. } = writer;
    let mut wanting: BTreeSet<String> = BTreeSet::new();
    let mut unread: BTreeSet<String> = BTreeSet::new();
    let mut faults: BTreeSet<String> = BTreeSet::new();
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    for sample in &request.samples {
        let reading = plan.read(sample.tree, &context);
        unread.extend(reading.unread.iter().cloned());
        let told = reading.faults.iter().chain(reading.missing.iter().map(|missing| &missing.fault));
        faults.extend(told.map(|fault| fault.sentence.to_string()));
        let Some(wanted) = sample.wanted else { continue };
        let mut off = Vec::new();
        differences(wanted, &reading.body, "", &mut off);
        for field in off.into_iter().filter(|_| !reading.body.is_null()) {
            match lines.iter_mut().filter(|line| below(&field, &line.field)).max_by_key(|line| line.field.len()) {
                Some(line) if line.confidence > 0.5 || !line.evidence.contains("it reads") => {
                    line.confidence = line.confidence.min(0.5);
                    line.evidence += "; but in a sample it reads something else";
                }
                Some(_) => {}
                None => _ = wanting.insert(field),
            }
        }
        gaps(wanted, "", &lines, &mut wanting);
    }
    let mut text = format!("{head}fields:\n");
    let width = rows.iter().map(|(row, _)| row.chars().count()).filter(|n| *n < 70).max().unwrap_or(0);
    let mut before = None;
    for (row, number) in &rows {
        match number.filter(|_| *number != before) {
            Some(number) => {
                let line = &lines[number];
                text += &format!("{row:width$}  # {:.2} {}\n", line.confidence, line.evidence);
            }
            None => text += &format!("{row}\n"),
        }
        before = *number;
    }
    text += &required(rules, |rule| format!("  # {:.2} {}", rule.line().confidence, rule.line().evidence));
    lines.extend(rules.iter().map(Rule::line));
    let list = |title: &str, all: &BTreeSet<String>| {
        let rows: String = all.iter().map(|one| format!("#   {one}\n")).collect();
        if all.is_empty() { String::new() } else { format!("\n# {title}\n{rows}") }
    };
    text += &list("Wanted, and found nowhere:", &wanting);
    text += &list("In the samples, and read by no line:", &unread);
    text += &list("What it can't read yet:", &faults);
    let (wanting, unread) = (wanting.into_iter().collect(), unread.into_iter().collect());
    Proposal { message: search.message.to_owned(), text, lines, wanting, unread }
}

fn below(field: &str, line: &str) -> bool {
    field == line || field.strip_prefix(line).is_some_and(|rest| rest.starts_with('/'))
}

/// Fields, without indexes, that differ; where both have a list, item by item.
fn differences(wanted: &Json, got: &Json, field: &str, off: &mut Vec<String>) {
    match (wanted, got) {
        (Json::Object(a), Json::Object(b)) => {
            for (name, value) in a {
                differences(value, b.get(name).unwrap_or(&Json::Null), &format!("{field}/{name}"), off);
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            // The order of ids and texts is no matter of where they stand.
            if a.iter().all(|item| b.contains(item)) {
                return;
            }
            a.iter().zip(b).for_each(|(a, b)| differences(a, b, field, off));
        }
        (a, b) if a == b || numbers_alike(a, b) => {}
        _ => off.push(field.to_owned()),
    }
}

fn numbers_alike(a: &Json, b: &Json) -> bool {
    let number = |value: &Json| {
        pipes::plain(value).and_then(|text| rust_decimal::Decimal::from_str_exact(&text).ok()).map(|d| d.normalize())
    };
    matches!((number(a), number(b)), (Some(a), Some(b)) if a == b)
}

/// Fields that are wanted and have no line.
fn gaps(wanted: &Json, field: &str, lines: &[Line], wanting: &mut BTreeSet<String>) {
    match wanted {
        Json::Object(members) => {
            members.iter().for_each(|(name, value)| gaps(value, &format!("{field}/{name}"), lines, wanting))
        }
        Json::Array(items) if items.iter().any(|item| item.get("id").is_none() && item.is_object()) => {
            items.iter().for_each(|item| gaps(item, field, lines, wanting));
        }
        Json::Null => {}
        _ => {
            if !lines.iter().any(|line| below(field, &line.field)) {
                wanting.insert(field.to_owned());
            }
        }
    }
}
