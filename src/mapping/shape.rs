//! What a canonical message looks like, as mappings need it: made from the JSON Schema of the Rust types, so that
//! there is one description of a message.

use crate::canonical::{
    currency::CURRENCY,
    messages::{MESSAGES, words},
};
use serde_json::Value;
use std::{collections::HashMap, sync::LazyLock};

/// What a canonical field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Text,
    /// A code of ISO 4217.
    Currency,
    /// One of these words.
    Word(Vec<String>),
    Decimal,
    /// A whole number from one to another.
    Integer(u32, u32),
    /// `YYYY-MM-DD`.
    Date,
    /// RFC 3339.
    Instant,
    Object(Vec<Member>),
    List(Box<Shape>),
    /// `{scheme, id}`: always within a list.
    Ref,
    /// Extension fields of any name.
    Free,
}

/// A member of a canonical object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub name: String,
    pub shape: Shape,
    pub mandatory: bool,
}

impl Shape {
    /// The member of a name, if this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|m| m.name == name)
    }

    /// The members of an object.
    pub fn members(&self) -> &[Member] {
        match self {
            Shape::Object(members) => members,
            _ => &[],
        }
    }

    /// For sentences: what a field of this shape takes.
    pub fn takes(&self) -> String {
        match self {
            Shape::Text => "text".into(),
            Shape::Currency => CURRENCY.into(),
            Shape::Word(words) => format!("one of {}", words.join(", ")),
            Shape::Decimal => "a decimal number".into(),
            Shape::Integer(0, u32::MAX) => "a whole number".into(),
            Shape::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Shape::Date => "a date".into(),
            Shape::Instant => "an instant (RFC 3339)".into(),
            Shape::Object(_) => "an object".into(),
            Shape::List(item) => format!("a list, each item {}", item.takes()),
            Shape::Ref => "an id with its scheme".into(),
            Shape::Free => "extension fields".into(),
        }
    }
}

/// The messages that mappings read to, by name and version.
pub fn message(name: &str) -> Option<&'static Shape> {
    static SHAPES: LazyLock<HashMap<&str, Shape>> =
        LazyLock::new(|| MESSAGES.iter().map(|m| (m.name, of(m.schema().as_value()))).collect());
    SHAPES.get(name)
}

/// Names of the messages, for lint sentences.
pub fn names() -> impl Iterator<Item = &'static str> {
    MESSAGES.iter().map(|message| message.name)
}

fn of(root: &Value) -> Shape {
    shape(root, root)
}

fn shape(schema: &Value, root: &Value) -> Shape {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        return if name == "Ref" { Shape::Ref } else { shape(&root["$defs"][name], root) };
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let real = choices.iter().find(|c| c["type"] != "null");
        return real.map_or(Shape::Text, |c| shape(c, root));
    }
    let words = words(schema);
    if !words.is_empty() {
        return Shape::Word(words);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).filter(|t| *t != "null").collect(),
        _ => vec![],
    };
    match types.as_slice() {
        ["object"] if schema["properties"].is_object() => object(schema, root),
        ["object"] => Shape::Free,
        ["array"] => Shape::List(Box::new(shape(&schema["items"], root))),
        ["integer"] => {
            let limit = |name: &str| schema[name].as_u64().and_then(|limit| u32::try_from(limit).ok());
            Shape::Integer(limit("minimum").unwrap_or(0), limit("maximum").unwrap_or(u32::MAX))
        }
        ["string", "number"] => Shape::Decimal,
        _ if schema["format"] == "date" => Shape::Date,
        _ if schema["format"] == "date-time" => Shape::Instant,
        _ => Shape::Text,
    }
}

fn object(schema: &Value, root: &Value) -> Shape {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    Shape::Object(
        properties
            .map(|(name, schema)| {
                let shape = match shape(schema, root) {
                    Shape::Text if name == "currency" => Shape::Currency,
                    shape => shape,
                };
                Member { name: name.clone(), shape, mandatory: required.contains(&name.as_str()) }
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(message: &str, path: &str) -> Shape {
        let mut shape = super::message(message).unwrap().clone();
        for step in path.split('.') {
            shape = match step {
                "[]" => match shape {
                    Shape::List(item) => *item,
                    other => panic!("{path}: {other:?} is no list"),
                },
                name => shape.member(name).unwrap_or_else(|| panic!("{path}: no {name}")).shape.clone(),
            };
        }
        shape
    }

    #[test]
    fn shapes_follow_the_rust_types() {
        assert_eq!(at("order/1", "number"), Shape::Text);
        assert_eq!(at("order/1", "placed.date"), Shape::Date);
        assert_eq!(at("order/1", "placed.at"), Shape::Instant);
        assert_eq!(at("order/1", "lines.[].quantity.value"), Shape::Decimal);
        assert_eq!(at("order/1", "lines.[].item.[]"), Shape::Ref);
        assert_eq!(at("order/1", "totals.lines"), Shape::Integer(0, u32::MAX));
        assert_eq!(at("order/1", "payment_terms.[].due_day_of_month"), Shape::Integer(1, 31));
        assert_eq!(at("order/1", "totals.amount"), Shape::Decimal);
        assert_eq!(at("order/1", "notes.[]"), Shape::Text);
        assert_eq!(at("order/1", "ext"), Shape::Free);
        assert_eq!(at("order/1", "currency"), Shape::Currency);
        let words = ["accepted", "accepted_with_changes", "rejected"].map(String::from).to_vec();
        assert_eq!(at("order_response/1", "outcome"), Shape::Word(words));
        assert!(message("order/1").unwrap().member("sold_to").unwrap().mandatory);
        assert!(!message("order/1").unwrap().member("ship_to").unwrap().mandatory);
    }
}
