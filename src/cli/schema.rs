//! `crossdock schema`: the canonical messages, shown; and the reference page and JSON Schemas made from them.

use super::{out::Out, settings::nearest};
use crate::canonical::messages::{self, MESSAGES, Message, words};
use anyhow::anyhow;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// The canonical messages: what mappings read documents to and write them from
///
/// crossdock schema                     all messages
/// crossdock schema despatch_advice/1   its members, and those of its parts
/// crossdock schema order/1 --json      its JSON Schema
///
/// Exit 0: shown. 2: there is no such message.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Name and version of a message; none lists all
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The JSON Schema; without a name, a JSON object a message
    #[arg(long)]
    json: bool,
}

/// Shows them.
pub fn run(args: &Arguments) -> anyhow::Result<u8> {
    let mut out = Out::new();
    match &args.name {
        None => list(args.json, &mut out)?,
        Some(name) => {
            let message = messages::named(name).ok_or_else(|| unknown(name))?;
            if args.json { out.line(text(message))? } else { show(message, &mut out)? }
        }
    }
    out.flush()?;
    Ok(0)
}

fn unknown(name: &str) -> anyhow::Error {
    let near = nearest(name, MESSAGES.iter().map(|message| message.name.to_owned()));
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    anyhow!("{name} is no canonical message, and `crossdock schema` lists all{near}")
}

fn list(json: bool, out: &mut Out) -> anyhow::Result<()> {
    if json {
        for Message { name, key, meaning, .. } in MESSAGES {
            out.json(&json!({ "name": name, "key": key, "meaning": meaning }))?;
        }
        return Ok(());
    }
    let rows: Vec<_> = MESSAGES.iter().map(|m| vec![m.name.into(), m.key.into(), m.meaning.into()]).collect();
    out.table(&["MESSAGE", "KEY", "WHAT IT TELLS"], &rows)
}

fn show(message: &Message, out: &mut Out) -> anyhow::Result<()> {
    show_schema(message.name, message.meaning, &message.schema().to_value(), out)
}

/// The members of a schema, and of its parts.
pub fn show_schema(name: &str, tells: &str, schema: &Value, out: &mut Out) -> anyhow::Result<()> {
    out.line(format!("{}: {tells}", out.bold(name)))?;
    members(schema, out)?;
    for (name, part) in parts(schema) {
        out.line(format!("\n{}: {}", out.bold(name), meaning(part)))?;
        match words(part).as_slice() {
            [] => members(part, out)?,
            words => out.line(words.join(", "))?,
        }
    }
    Ok(())
}

fn members(schema: &Value, out: &mut Out) -> anyhow::Result<()> {
    let rows: Vec<_> = rows(schema).map(|row| row.map(|cell| cell.replace('`', "")).to_vec()).collect();
    out.table(&["MEMBER", "USE", "TAKES", "WHAT IT IS"], &rows)
}

/// The schema of a message as it is published, in `docs/reference/messages`.
pub fn text(message: &Message) -> String {
    format!("{:#}\n", message.schema().as_value())
}

/// `docs/reference/messages/NAME.schema.json`: name and text of each.
pub fn files() -> Vec<(String, String)> {
    MESSAGES.iter().map(|message| (file(message), text(message))).collect()
}

fn file(message: &Message) -> String {
    format!("{}.schema.json", message.name.replace('/', "-"))
}

/// `docs/reference/messages.md`.
pub fn page() -> String {
    let mut out = String::from(
        "# Canonical messages\n\n\
         Made from `src/canonical` by its test; don't edit it here. A message is what a partner's document means, in one shape whatever format it \
         came in. `crossdock schema NAME` shows one with its parts, `crossdock schema NAME --json` its JSON Schema. Amounts and quantities \
         are decimals, written as text; *key* is the member that orders a message among its like. M: must be there. Records know no members \
         but these; what a partner says besides goes into `ext`.\n\n\
         | message | key | tells | schema |\n|---|---|---|---|\n",
    );
    for message in MESSAGES {
        let Message { name, key, meaning, .. } = message;
        let file = file(message);
        let _ = writeln!(out, "| [`{name}`](#{}) | `{key}` | {meaning} | [{file}](messages/{file}) |", anchor(name));
    }
    let mut shared = BTreeMap::new();
    for message in MESSAGES {
        let schema = message.schema().to_value();
        section(&mut out, message.name, &schema);
        shared.extend(parts(&schema).map(|(name, part)| (name.clone(), part.clone())));
    }
    out.push_str("\n# Parts\n");
    for (name, part) in &shared {
        section(&mut out, name, part);
    }
    out
}

fn anchor(name: &str) -> String {
    name.replace('/', "").to_lowercase()
}

fn section(out: &mut String, name: &str, schema: &Value) {
    let words = words(schema);
    if !words.is_empty() {
        let _ = write!(out, "\n## {name}\n\n{}\nOne of `{}`.\n", meaning(schema), words.join("`, `"));
        return;
    }
    let _ = write!(out, "\n## {name}\n\n{}\n\n| member | | takes | |\n|---|---|---|---|\n", meaning(schema));
    for [name, must, takes, meaning] in rows(schema) {
        let _ = writeln!(out, "| `{name}` | {must} | {takes} | {} |", meaning.replace('|', "\\|"));
    }
}

/// The records and sets of words that a message is made of, in alphabetical order; dates and instants are texts.
fn parts(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["$defs"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, part)| part["properties"].is_object() || !words(part).is_empty())
}

fn meaning(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// Of each member: name, M or O, what it takes, what it is. A part of its own is named in backticks.
fn rows(schema: &Value) -> impl Iterator<Item = [String; 4]> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(move |(name, member)| {
        [name.clone(), if required(name) { "M" } else { "O" }.into(), takes(member), meaning(member)]
    })
}

/// What stands at a place of what a schema describes.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// It is always there, where the one around it is.
    pub must: bool,
    pub takes: String,
    /// Of a set of words, its words.
    pub words: Vec<String>,
    /// It may be null.
    pub null: bool,
    /// Of a text, what it is like: `date-time`, and a pattern.
    pub format: Option<String>,
    pub pattern: Option<String>,
    /// By their names in [`LIMITS`].
    pub limits: BTreeMap<&'static str, String>,
    pub others: Others,
    /// A `$ref` that leads nowhere.
    pub lost: Option<String>,
    /// It is each item of a list that is a place itself.
    pub is_item: bool,
}

/// Which way a limit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Most,
    Least,
    /// Another one is never a narrower one.
    Exact,
}

/// The limits of JSON Schema (2020-12, validation 6.2 to 6.5).
pub const LIMITS: &[(&str, Limit)] = &[
    ("maxLength", Limit::Most),
    ("minLength", Limit::Least),
    ("maxItems", Limit::Most),
    ("minItems", Limit::Least),
    ("maximum", Limit::Most),
    ("minimum", Limit::Least),
    ("exclusiveMaximum", Limit::Most),
    ("exclusiveMinimum", Limit::Least),
    ("maxProperties", Limit::Most),
    ("minProperties", Limit::Least),
    ("multipleOf", Limit::Exact),
    ("uniqueItems", Limit::Exact),
];

/// What an object takes besides the members that it names.
#[derive(Debug, PartialEq, Eq)]
pub enum Others {
    Closed,
    Any,
    /// Members that take this.
    Of(String),
}

impl Others {
    fn of(schema: &Value) -> Others {
        match &schema["additionalProperties"] {
            Value::Bool(false) => Others::Closed,
            one @ Value::Object(members) if !members.is_empty() => Others::Of(takes(one)),
            _ => Others::Any,
        }
    }
}

/// Deeper no message goes; a part that holds itself would go on for ever.
const DEPTH: usize = 12;

/// All places of a schema by their pointers, with `*` for each item of a list: `/order/lines/*/quantity`.
pub fn members_of(schema: &Value) -> BTreeMap<String, Place> {
    let mut found = BTreeMap::from([(String::new(), place(schema, schema, true))]);
    places(schema, schema, "", DEPTH, &mut found);
    found
}

fn places(root: &Value, schema: &Value, at: &str, depth: usize, found: &mut BTreeMap<String, Place>) {
    let schema = resolved(root, schema);
    if depth == 0 {
        return;
    }
    if schema["items"].is_object() {
        let pointer = format!("{at}/*");
        found.insert(pointer.clone(), Place { is_item: true, ..place(root, &schema["items"], true) });
        places(root, &schema["items"], &pointer, depth - 1, found);
    }
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        found.insert(pointer.clone(), place(root, member, required(name)));
        places(root, member, &pointer, depth - 1, found);
    }
}

fn place(root: &Value, member: &Value, must: bool) -> Place {
    let real = resolved(root, member);
    let stated = |key: &str| if member[key].is_null() { &real[key] } else { &member[key] };
    let said = |key: &str| stated(key).as_str().map(str::to_owned);
    let limit = |name: &'static str| match stated(name) {
        Value::Number(number) => Some((name, number.to_string())),
        Value::Bool(true) => Some((name, "true".to_owned())),
        _ => None,
    };
    Place {
        must,
        takes: takes(member),
        words: words(real),
        null: may_be_null(member) || may_be_null(real),
        format: said("format"),
        pattern: said("pattern"),
        limits: LIMITS.iter().filter_map(|(name, _)| limit(name)).collect(),
        others: Others::of(real),
        lost: real.is_null().then(|| reference(member).unwrap_or_default().to_owned()),
        is_item: false,
    }
}

fn may_be_null(schema: &Value) -> bool {
    let any =
        |list: &Value, is_null: &dyn Fn(&Value) -> bool| list.as_array().is_some_and(|all| all.iter().any(is_null));
    schema["type"] == "null"
        || any(&schema["type"], &|one| one == "null")
        || any(&schema["enum"], &Value::is_null)
        || any(&schema["anyOf"], &|one| one["type"] == "null")
}

/// A part by its name, and of `T or null` the `T`; null where there is none of that name.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let schema = real(schema);
    match reference(schema) {
        Some(of) => of.strip_prefix('#').and_then(|way| root.pointer(way)).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn real(schema: &Value) -> &Value {
    let real = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
    real.unwrap_or(schema)
}

fn reference(schema: &Value) -> Option<&str> {
    real(schema)["$ref"].as_str()
}

fn takes(member: &Value) -> String {
    if let Some(real) = member["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return takes(real);
    }
    if let Some(name) = member["$ref"].as_str().and_then(|of| of.rsplit('/').next()) {
        return format!("`{name}`");
    }
    let named = |one: &Value| one.as_str().filter(|name| *name != "null").map(ToOwned::to_owned);
    let types: Vec<String> = match &member["type"] {
        Value::Array(all) => all.iter().filter_map(named).collect(),
        one => named(one).into_iter().collect(),
    };
    match types.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["array"] => format!("list of {}", takes(&member["items"])),
        ["string", "number"] => "decimal".into(),
        ["integer"] => "whole number".into(),
        ["number"] => "number".into(),
        ["boolean"] => "true or false".into(),
        ["object"] => "members of any name".into(),
        _ => "text".into(),
    }
}
