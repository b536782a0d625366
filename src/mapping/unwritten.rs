//! What a message says and no line of a mapping writes: the other way round of `unread`.

use super::{
    Plan,
    plan::{Field, RuleValue, Source, Unmapped},
    pointer,
    write::write_fault,
};
use crate::formats::fault::Fault;
use serde_json::Value;

/// So many are told of one message.
const MOST: usize = 50;

impl Plan {
    /// Pointers (RFC 6901) to the members of a message that hold something, and that no line of the mapping writes: each by
    /// the outermost member that is left out, in their order, at most fifty. Empty where `unwritten:` is `ignore`.
    pub fn unwritten(&self, message: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if self.0.unwritten != Unmapped::Ignore {
            members(&self.0.fields, message, &mut String::new(), &mut found);
            found.retain(|pointer| !self.copied(pointer));
            found.truncate(MOST);
        }
        found
    }

    /// Does `write:` take it, or some of it, from the message (`{ from: … }`)?
    fn copied(&self, at: &str) -> bool {
        self.0.rules.iter().any(|rule| match &rule.value {
            RuleValue::From(members, _) => {
                let mut from = String::new();
                members.iter().for_each(|name| pointer::push(&mut from, name));
                from == at || from.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => false,
        })
    }

    /// The faults of what a mapping that says `unwritten: reject` leaves out.
    pub(super) fn refuses(&self, message: &Value) -> Vec<Fault> {
        if self.0.unwritten != Unmapped::Reject {
            return Vec::new();
        }
        let told = |pointer: String| {
            let found = message.pointer(&pointer).map(Value::to_string).unwrap_or_default();
            let sentence = format!("{pointer} is in the message, and no line of {} writes it", self.short());
            let mut fault = write_fault("mapping/unwritten", &pointer, &found, "a line that writes it", sentence);
            fault.remedy = "map it, or set `unwritten: warn` in the mapping".into();
            fault
        };
        self.unwritten(message).into_iter().map(told).collect()
    }
}

fn members(fields: &[Field], object: &Value, at: &mut String, found: &mut Vec<String>) {
    let before = at.len();
    for (name, value) in object.as_object().into_iter().flatten().filter(|(_, value)| says(value)) {
        pointer::push(at, name);
        match fields.iter().find(|field| field.name == *name).map(|field| &field.source) {
            None => found.push(at.clone()),
            Some(Source::Object(fields)) => members(fields, value, at, found),
            // The first of several places is the one that is written.
            Some(Source::At(blocks)) => members(blocks.first().map_or(&[], |block| &block.fields), value, at, found),
            Some(Source::Each(block)) => {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    let list = at.len();
                    pointer::push(at, &nth.to_string());
                    members(&block.fields, item, at, found);
                    at.truncate(list);
                }
            }
            // That reading says it elsewhere, or computes it, is what the mapping's writer meant.
            Some(Source::Value(_) | Source::ReadOnly(_) | Source::Spare(_) | Source::Key(..)) => {}
            Some(Source::Computed(_) | Source::List(_)) => {}
        }
        at.truncate(before);
    }
}

/// Does a value hold any text or number?
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says),
        Value::Object(members) => members.values().any(says),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
