//! What a message that a person gives says, and no message of its name has: writing would leave it out without a word.

use super::{
    Plan,
    near::hint,
    pointer,
    shape::{self, Shape},
};
use crate::canonical::messages;
use serde_json::Value;

/// So many are told of one message.
const MOST: usize = 20;

impl Plan {
    /// Why a value is no message of the name that the mapping writes, one sentence a member; empty if it is one. Members
    /// of `ext` are free.
    pub fn is_no_message(&self, message: &Value) -> Vec<String> {
        let name = self.message();
        let mut found = Vec::new();
        if let Some(shape) = shape::message(name) {
            strangers(message, shape, name, &mut String::new(), &mut found);
        }
        found.truncate(MOST);
        if found.is_empty() {
            found.extend(messages::check(name, message).err().map(|why| format!("it is no {name}: {why}")));
        }
        found
    }
}

fn strangers(value: &Value, shape: &Shape, name: &str, at: &mut String, found: &mut Vec<String>) {
    let before = at.len();
    match (value, shape) {
        (Value::Object(members), Shape::Object(known)) => {
            for (key, value) in members {
                pointer::push(at, key);
                match known.iter().find(|member| member.name == *key) {
                    Some(member) => strangers(value, &member.shape, name, at, found),
                    None => {
                        let near = hint(key, known.iter().map(|member| member.name.as_str()));
                        found.push(format!("{at}: no member of {name} is called so{near}"));
                    }
                }
                at.truncate(before);
            }
        }
        (Value::Array(items), Shape::List(item)) => {
            for (n, value) in items.iter().enumerate() {
                at.push_str(&format!("/{n}"));
                strangers(value, item, name, at, found);
                at.truncate(before);
            }
        }
        (Value::Object(members), Shape::Ref) => {
            for key in members.keys().filter(|key| !matches!(key.as_str(), "scheme" | "id")) {
                found.push(format!("{at}/{key}: an id has `scheme` and `id`{}", hint(key, ["scheme", "id"])));
            }
        }
        _ => {}
    }
}
