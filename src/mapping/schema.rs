//! The JSON Schema of the language, for editors that complete and check YAML. Made from the schemas of the messages, so
//! that a member which a message gets can be written at once. What a schema can't say, lint does.

use super::compile::KEYS;
use crate::canonical::messages::{MESSAGES, words};
use serde_json::{Map, Value, json};

/// JSON Schema (draft 7, which most editors know) of a `mapping.yaml`.
pub fn schema() -> Value {
    let mut parts = Map::new();
    parts.insert("value".into(), value());
    for message in MESSAGES {
        let schema = message.schema().to_value();
        for (name, part) in
            schema["$defs"].as_object().into_iter().flatten().filter(|(_, p)| p["properties"].is_object())
        {
            parts.entry(name.clone()).or_insert_with(|| record(part));
        }
        parts.insert(message.name.replace('/', "-"), record(&schema));
    }
    let of_message = |name: &str| {
        json!({ "if": { "properties": { "to": { "const": name } }, "required": ["to"] },
            "then": { "properties": { "fields": { "$ref": format!("#/definitions/{}", name.replace('/', "-")) } } } })
    };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A mapping of Crossdock",
        "description": "How one kind of document becomes one canonical message, and back.",
        "type": "object",
        "required": ["mapping"],
        "properties": properties(),
        "additionalProperties": false,
        "allOf": MESSAGES.iter().map(|message| of_message(message.name)).collect::<Vec<_>>(),
        "definitions": parts,
    })
}

/// A record of a message, as a mapping makes it.
fn record(schema: &Value) -> Value {
    let mut members = Map::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let mut made = self::member(member);
        if let Some(meaning) = member["description"].as_str() {
            // Draft 7 looks at nothing beside a `$ref`.
            made = json!({ "description": meaning, "allOf": [made] });
        }
        members.insert(name.clone(), made);
    }
    let path = |meaning: &str| json!({ "description": meaning, "type": "string" });
    members.insert("at".into(), path("The place that the paths of this object begin at: `N1[01=ST]`"));
    members.insert("each".into(), path("The loop, row or element of which each is an item: `PO1`"));
    members
        .insert("repeat".into(), path("Several items in a segment: `03/2` begins at element 03, two elements an item"));
    let under = json!({ "description": "Loops that stand above by number (HL, CPS), the outermost first",
        "type": "array", "items": { "type": "string" } });
    members.insert("under".into(), under);
    json!({ "type": ["object", "null"], "properties": members, "additionalProperties": false })
}

fn member(schema: &Value) -> Value {
    let value = || json!({ "$ref": "#/definitions/value" });
    if let Some(real) = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return member(real);
    }
    match schema["$ref"].as_str().and_then(|of| of.rsplit('/').next()) {
        Some("Ref") | None => {}
        Some(name) => return named(name),
    }
    if schema["type"] == "array" || schema["type"].as_array().is_some_and(|all| all.iter().any(|one| one == "array")) {
        return match schema["items"]["$ref"].as_str().and_then(|of| of.rsplit('/').next()) {
            Some("Ref") | None => json!({ "anyOf": [value(), { "type": "array", "items": value() }] }),
            Some(name) => named(name),
        };
    }
    if schema["type"] == "object" {
        return json!({ "type": ["object", "null"], "additionalProperties": value() });
    }
    value()
}

/// A part by its name; dates, instants and words are values.
fn named(name: &str) -> Value {
    let is_record = MESSAGES.iter().any(|message| {
        let schema = message.schema().to_value();
        let part = &schema["$defs"][name];
        part["properties"].is_object() && words(part).is_empty()
    });
    if !is_record {
        return json!({ "$ref": "#/definitions/value" });
    }
    // A moment may be made by one pipe (`when`).
    json!({ "anyOf": [{ "$ref": format!("#/definitions/{name}") }, { "type": "string" }] })
}

/// What makes a value.
fn value() -> Value {
    json!({ "anyOf": [
        { "description": "Paths, alternatives and pipes: `PO103 ?? 'EA' | table(uom)`; conditions: `N1[01=ST].02`, `NAD[01!=BY].04`, `MOA[01=79][01.03='',$currency ?? refuse].01.02`", "type": ["string", "number", "null"] },
        { "type": "object", "properties": {
            "read": { "description": "Only read; written where nothing else is (`where_empty`), or a name by which lists find the same loop (`key`)", "type": ["string", "number"] },
            "write": { "enum": ["where_empty", "key"] },
            "below_zero": { "description": "A number that stands there without its sign where a member beside it is one of these words: `{ kind: [credit] }`", "type": "object" } },
            "required": ["read"], "additionalProperties": false },
        { "type": "object", "properties": { "cel": { "description": "Computed from the message (CEL), never written",
            "type": ["string", "number"] } }, "required": ["cel"], "additionalProperties": false },
    ] })
}

fn properties() -> Value {
    let of = |key: &str| match key {
        "mapping" => json!({ "description": "The mapping's name: `x12/4010/850-order`", "type": "string" }),
        "extends" => {
            json!({ "description": "The mapping that this one states its differences from", "type": "string" })
        }
        "from" => {
            json!({ "description": "The document: `x12 004010 850`, `edifact D96A ORDERS`, `csv orders`, `ubl order`, `json order`", "type": "string" })
        }
        "to" => {
            json!({ "description": "The canonical message", "enum": MESSAGES.iter().map(|m| m.name).collect::<Vec<_>>() })
        }
        "claims" => json!({ "description": "Which documents it is for; the most specific claim wins", "type": "object",
            "properties": {
                "direction": { "enum": ["in", "out", "both"] },
                "versions": { "description": "One, or several: `[004010, 005010]`",
                    "type": ["string", "number", "array"], "items": { "type": ["string", "number"] } },
                "partner": { "type": "string" },
                "application_sender": { "description": "GS02, UNB S002", "type": "string" } },
            "additionalProperties": false }),
        "unmapped" => {
            json!({ "description": "What the partner sends and nobody reads", "enum": ["ignore", "warn", "reject"] })
        }
        "unwritten" => {
            json!({ "description": "What the message says and no line writes", "enum": ["ignore", "warn", "reject"] })
        }
        "tables" => {
            json!({ "description": "Code tables by name: a CSV file with the columns value,target, or rows here",
            "type": "object", "additionalProperties": { "type": ["string", "object", "array", "null"] } })
        }
        "sets" => json!({ "description": "CSV: which rows are one document", "type": "object",
            "properties": { "by": { "type": "string" } }, "additionalProperties": false }),
        "messages" => {
            json!({ "description": "The loop of which each is a message of its own: `HL[03=S]`", "type": "string" })
        }
        "once" => {
            json!({ "description": "The loop that a document has one of: `HL[03=S]`; of several `messages:` makes a message each", "type": "string" })
        }
        "layout" => json!({ "description": "Fixed width: where the fields stand", "type": "object" }),
        "fields" => json!({ "description": "The message's own names, and where each value stands", "type": "object" }),
        "write" => {
            json!({ "description": "What reading can't tell when going the other way: path to value", "type": "object" })
        }
        "namespaces" => {
            json!({ "description": "XML: prefixes", "type": "object", "additionalProperties": { "type": "string" } })
        }
        "root" => {
            json!({ "description": "XML: the document element; JSON: the member that a document may be wrapped in", "type": "string" })
        }
        "one_way" => json!({ "description": "Writing back what it reads may lose something", "type": "boolean" }),
        "order" => {
            json!({ "description": "The order in which children are written, where it isn't the file's", "type": "object" })
        }
        _ => json!({ "description": "Rules that the message must fulfil", "type": "array", "items": { "type": "object",
            "properties": { "rule": { "description": "CEL", "type": "string" }, "each": { "type": "string" },
                "say": { "type": "string" }, "code": { "type": "string" }, "at": { "type": "string" } },
            "required": ["rule", "say"], "additionalProperties": false } }),
    };
    Value::Object(KEYS.iter().chain(&["extends"]).map(|key| ((*key).to_owned(), of(key))).collect())
}
