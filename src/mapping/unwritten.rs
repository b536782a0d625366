//! What a message says and no line of a mapping writes: the other way round of `unread`.

use super::{
    Context, Plan, Written,
    plan::{Field, RuleValue, Source, Unmapped},
    pointer, samples,
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

    /// Of each of the messages that a document was written from, pointers to what is only read (`{ read: … }`) and does not come
    /// back when the document is read: no other line said it. Empty where `unwritten:` is `ignore`, and of a document that
    /// can't be read.
    pub fn lost(&self, messages: &[&Value], written: &Written, context: &Context) -> Vec<Vec<String>> {
        let only_read = |message: &Value| {
            let mut found = Vec::new();
            read_only(&self.0.fields, message, (&mut String::new(), &mut String::new()), &mut found);
            found
        };
        let said: Vec<Vec<Said>> = messages.iter().map(|message| only_read(message)).collect();
        if self.0.unwritten == Unmapped::Ignore || said.iter().all(Vec::is_empty) {
            return vec![vec![]; messages.len()];
        }
        let sets = samples::document(self, written).ok().and_then(|bytes| samples::sets(self, &bytes).ok());
        let bodies = sets.unwrap_or_default().into_iter().map(|set| self.read(&set.tree, context).body.into_value());
        let mut bodies = bodies.collect::<Vec<_>>().into_iter();
        let lost = said.into_iter().map(|said| {
            let Some(body) = bodies.next().filter(|body| !body.is_null()) else { return vec![] };
            // Lists may come back in another order.
            let mut back = only_read(&body);
            let mut is_lost = |one: &Said| {
                let same = back.iter().position(|other| (&other.names, &other.value) == (&one.names, &one.value));
                same.map(|at| back.swap_remove(at)).is_none()
            };
            said.into_iter().filter(|one| is_lost(one)).map(|one| one.pointer).take(MOST).collect()
        });
        lost.collect()
    }

    /// The faults of what a mapping that says `unwritten: reject` only reads, and no other line wrote.
    pub(super) fn refuses_lost(&self, messages: &[&Value], written: &Written, context: &Context) -> Vec<Fault> {
        if self.0.unwritten != Unmapped::Reject {
            return Vec::new();
        }
        let lost = self.lost(messages, written, context).into_iter().zip(messages);
        lost.flat_map(|(pointers, message)| self.told(pointers, message)).collect()
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
        self.told(self.unwritten(message), message)
    }

    fn told(&self, pointers: Vec<String>, message: &Value) -> Vec<Fault> {
        let told = |pointer: String| {
            let found = message.pointer(&pointer).map(Value::to_string).unwrap_or_default();
            let sentence = format!("{pointer} is in the message, and no line of {} writes it", self.short());
            let mut fault = write_fault("mapping/unwritten", &pointer, &found, "a line that writes it", sentence);
            fault.remedy = "map it, or set `unwritten: warn` in the mapping".into();
            fault
        };
        pointers.into_iter().map(told).collect()
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
            // What is only read may be said by another line: reading the document tells ([`Plan::lost`]). That it is computed is
            // what the mapping's writer meant.
            Some(Source::Value(_) | Source::ReadOnly(_) | Source::Spare(_) | Source::Key(..)) => {}
            Some(Source::Computed(_) | Source::List(_)) => {}
        }
        at.truncate(before);
    }
}

/// A value that is only read: its members' names without the numbers of items, and its pointer.
struct Said {
    names: String,
    pointer: String,
    value: Value,
}

fn read_only(fields: &[Field], object: &Value, (names, at): (&mut String, &mut String), found: &mut Vec<Said>) {
    for field in fields {
        let Some(value) = object.get(&field.name).filter(|value| says(value)) else { continue };
        let before = (names.len(), at.len());
        pointer::push(names, &field.name);
        pointer::push(at, &field.name);
        match &field.source {
            Source::ReadOnly(_) => {
                found.push(Said { names: names.clone(), pointer: at.clone(), value: value.clone() });
            }
            Source::Object(inner) => read_only(inner, value, (names, at), found),
            Source::At(blocks) => {
                let inner = blocks.first().map_or(&[][..], |block| &block.fields);
                read_only(inner, value, (names, at), found);
            }
            Source::Each(block) => {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    let list = at.len();
                    pointer::push(at, &nth.to_string());
                    read_only(&block.fields, item, (names, at), found);
                    at.truncate(list);
                }
            }
            Source::Value(_) | Source::Spare(_) | Source::Key(..) | Source::Computed(_) | Source::List(_) => {}
        }
        names.truncate(before.0);
        at.truncate(before.1);
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
