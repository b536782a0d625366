//! Every setting that an agreement knows, made of the schema of [`Agreement`]: for lint, `agreement show` and the
//! reference page.

use super::{
    Agreement,
    expect::{SPAN, Span},
};
use crate::{
    formats::piece::Standard,
    mapping::{
        near::nearest,
        yaml::{Spot, What, Yaml},
    },
};
use serde_json::{Map, Number, Value};
use std::sync::OnceLock;

/// The deepest layer that may state a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Hub, tenant, partner: it holds for the partner as a whole.
    Partner,
    /// And a standard's block, and a connection.
    Connection,
    /// And one kind of message.
    Set,
}

/// One setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// `acknowledge`, `delimiters.element`.
    pub key: String,
    /// What it means.
    pub doc: String,
    /// Its words, if it has some; else what kind of value it takes.
    pub words: Vec<String>,
    /// `a whole number`, `a character`, `one of …`.
    pub takes: String,
    pub default: Value,
    pub level: Level,
    /// The only standard that it means anything in.
    pub standard: Option<Standard>,
    schema: Value,
}

/// All settings, in the order of their keys.
pub fn settings() -> &'static [Setting] {
    static ALL: OnceLock<Vec<Setting>> = OnceLock::new();
    ALL.get_or_init(|| {
        let root = schema();
        let defaults = serde_json::to_value(Agreement::default()).unwrap_or_default();
        let mut found = Vec::new();
        for (key, property) in root["properties"].as_object().into_iter().flatten() {
            let outer = resolved(property);
            match outer["properties"].as_object() {
                None => found.push(setting(key.clone(), property, property, &defaults[key])),
                Some(inner) => {
                    for (name, inner) in inner {
                        found.push(setting(format!("{key}.{name}"), inner, property, &defaults[key][name]));
                    }
                }
            }
        }
        found
    })
}

/// The setting of a key.
pub fn find(key: &str) -> Option<&'static Setting> {
    settings().iter().find(|setting| setting.key == key)
}

/// The keys below a table (`delimiters`), or of the top with `""`; a table's own name is one of the top.
pub fn keys(table: &str) -> Vec<&'static str> {
    let mut keys: Vec<&str> = match table {
        "" => settings().iter().map(|s| s.key.split('.').next().unwrap_or_default()).collect(),
        table => settings().iter().filter_map(|s| s.key.strip_prefix(table)?.strip_prefix('.')).collect(),
    };
    keys.dedup();
    keys
}

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| schemars::schema_for!(Agreement).to_value())
}

/// A schema with what it refers to; of `T or null` the `T`.
fn resolved(property: &Value) -> &Value {
    if let Some(name) = property["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        return &schema()["$defs"][name];
    }
    let choices = property["anyOf"].as_array();
    match choices.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        Some(one) => resolved(one),
        None => property,
    }
}

fn setting(key: String, property: &Value, marked: &Value, default: &Value) -> Setting {
    let said = |name: &str| property[name].as_str().or(marked[name].as_str());
    let of = resolved(property);
    let words = words(of);
    Setting {
        doc: property["description"].as_str().unwrap_or_default().replace('\n', " "),
        takes: takes(of, &words),
        words,
        default: default.clone(),
        level: match said("level") {
            Some("set") => Level::Set,
            Some("connection") => Level::Connection,
            _ => Level::Partner,
        },
        standard: match said("standard") {
            Some("x12") => Some(Standard::X12),
            Some("edifact") => Some(Standard::Edifact),
            _ => None,
        },
        schema: of.clone(),
        key,
    }
}

fn words(schema: &Value) -> Vec<String> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let told = schema["oneOf"].as_array().into_iter().flatten().flat_map(|one| {
        let listed = one["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        one["const"].as_str().into_iter().chain(listed)
    });
    listed.chain(told).map(str::to_owned).collect()
}

fn takes(schema: &Value, words: &[String]) -> String {
    if let Some((last, rest)) = words.split_last() {
        return if rest.is_empty() { last.clone() } else { format!("{} or {last}", rest.join(", ")) };
    }
    // `T or null` may be told by two types.
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let takes = match types.first() {
        Some(&"integer") => "a whole number",
        Some(&"boolean") => "true or false",
        Some(&"string") if schema["maxLength"] == 1 => "a character",
        Some(&"string") if schema["pattern"] == SPAN => "a duration such as `24h`",
        Some(&"string") => "text",
        Some(&"array") if resolved(&schema["items"])["type"] == "object" => "a list of tables",
        Some(&"array") => "a list of texts",
        Some(&"object") if !schema["additionalProperties"].is_null() => "a table of names and paths",
        _ => "a table",
    };
    takes.into()
}

/// A value of a file as its setting's schema wants it: YAML does not tell `997` from `'997'`.
pub fn value(setting: &Setting, yaml: &Yaml) -> Option<Value> {
    typed(&setting.schema, yaml)
}

fn typed(schema: &Value, yaml: &Yaml) -> Option<Value> {
    let schema = resolved(schema);
    let is =
        |name: &str| schema["type"] == name || schema["type"].as_array().is_some_and(|all| all.contains(&name.into()));
    match &yaml.what {
        What::Text(text) if is("integer") => text.parse::<i64>().ok().map(|n| Value::Number(Number::from(n))),
        What::Text(text) if is("boolean") => text.parse().ok().map(Value::Bool),
        What::Text(text) => Some(Value::String(text.clone())),
        What::List(items) => items.iter().map(|item| typed(&schema["items"], item)).collect(),
        What::Map(entries) => {
            let mut map = Map::new();
            for entry in entries {
                let inner = match schema["properties"].get(&entry.key) {
                    Some(inner) => inner,
                    None => &schema["additionalProperties"],
                };
                map.insert(entry.key.clone(), typed(inner, &entry.value)?);
            }
            Some(Value::Object(map))
        }
        What::Null | What::Float => None,
    }
}

/// What of a value its setting can't take, where more can be told than what the setting takes: the place, and a sentence.
pub fn misfit(setting: &Setting, yaml: &Yaml) -> Option<(Spot, String)> {
    let key = format!("`{}`", setting.key);
    let entry = resolved(&setting.schema["items"]);
    match &yaml.what {
        What::Text(_) => span_misfit(&key, &setting.schema, yaml),
        What::List(items) if entry["properties"].is_object() => {
            items.iter().find_map(|item| entry_misfit(&format!("an entry of {key}"), entry, item))
        }
        _ => None,
    }
}

/// The same of a table in a list.
fn entry_misfit(what: &str, schema: &Value, yaml: &Yaml) -> Option<(Spot, String)> {
    let known: Vec<&str> =
        schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let all = known.join(", ");
    if !matches!(yaml.what, What::Map(_)) {
        return Some((yaml.spot, format!("{what} is a table of {all}")));
    }
    for entry in yaml.entries() {
        let key = entry.key.as_str();
        if !known.contains(&key) {
            let near =
                nearest(key, known.iter().copied()).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            return Some((entry.key_spot, format!("{what} has no `{key}`: it is a table of {all}{near}")));
        }
        let of = resolved(&schema["properties"][key]);
        let name = format!("`{key}` of {what}");
        let misfit = match entry.value.what {
            What::Text(_) => span_misfit(&name, of, &entry.value),
            _ => Some((entry.value.spot, format!("{name} can't be that: it is {}", takes(of, &words(of))))),
        };
        if misfit.is_some() {
            return misfit;
        }
    }
    let mut required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.find(|key| yaml.get(key).is_none())?;
    Some((yaml.spot, format!("`{missing}` is missing in {what}: it is a table of {all}")))
}

fn span_misfit(name: &str, schema: &Value, yaml: &Yaml) -> Option<(Spot, String)> {
    let text = yaml.text().filter(|_| schema["pattern"] == SPAN)?;
    let why = text.parse::<Span>().err()?;
    Some((yaml.spot, format!("{name} can't be that: {why}")))
}
