//! The events by type: what each tells, and the JSON Schema of its data, versioned by name.
//! A new event is a line in `event::TYPES` and one here.

use super::{
    event::TYPES,
    expectation::Expected,
    messages,
    order::{OrderCancelled, OrderPlaced},
};
use schemars::{Schema, schema_for};

/// An event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// `order.placed`
    pub name: &'static str,
    /// Name and version of its data's schema: `order_placed/1`.
    pub schema: &'static str,
    /// What it tells, in a line.
    pub meaning: &'static str,
}

/// What each type tells.
const MEANINGS: &[(&str, &str)] = &[
    ("order.placed", "an order stands, with the stock that it holds"),
    ("order.confirmed", "what is promised for an order, line by line"),
    ("order.backordered", "lines of an order that wait for stock"),
    ("order.cancelled", "an order stands no more, and its stock is free"),
    ("acknowledgement.received", "a partner received documents of ours"),
    ("acknowledgement.accepted", "a partner took documents of ours"),
    ("acknowledgement.rejected", "a partner refused documents of ours, or some of them"),
    ("acknowledgement.due_soon", "an acknowledgement should come soon"),
    ("acknowledgement.overdue", "an acknowledgement did not come in time"),
    ("answer.due_soon", "an answer to a business document is due soon"),
    ("answer.overdue", "an answer to a business document did not come, or go, in time"),
];

/// All types, in the order of `TYPES`.
pub fn types() -> impl Iterator<Item = EventType> {
    TYPES.iter().map(|(name, schema)| {
        let meaning = MEANINGS.iter().find(|(known, _)| known == name).map_or("", |(_, meaning)| meaning);
        EventType { name, schema, meaning }
    })
}

/// A schema and its name.
type Named = (&'static str, fn() -> Schema);

/// The schemas of events' data that no message has: name and schema.
const DATA: &[Named] = &[
    ("order_placed/1", || schema_for!(OrderPlaced)),
    ("order_cancelled/1", || schema_for!(OrderCancelled)),
    ("expectation/1", || schema_for!(Expected)),
];

/// The JSON Schema (2020-12) of events' data, by its name.
pub fn schema(name: &str) -> Option<Schema> {
    let own = DATA.iter().find(|(known, _)| *known == name).map(|(_, schema)| schema());
    own.or_else(|| messages::named(name).map(|message| message.schema()))
}

/// The names of the schemas that events carry, each once, in the order of the types; whether a message is called so as well.
pub fn schemas() -> Vec<(&'static str, bool)> {
    let mut found: Vec<(&str, bool)> = Vec::new();
    for one in types() {
        if !found.iter().any(|(known, _)| *known == one.schema) {
            found.push((one.schema, messages::named(one.schema).is_some()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_a_meaning_and_a_schema() {
        for one in types() {
            assert!(!one.meaning.is_empty(), "{}", one.name);
            let schema = schema(one.schema).unwrap_or_else(|| panic!("{} has no schema", one.schema));
            assert!(schema.as_value()["properties"].is_object(), "{}", one.schema);
        }
        assert_eq!(MEANINGS.len(), TYPES.len(), "no type is told that is none");
        assert!(DATA.iter().all(|(name, _)| TYPES.iter().any(|(_, schema)| schema == name)));
    }
}
