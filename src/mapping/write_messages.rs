//! Several messages into one document, each with a loop of its own (`messages:`). What they say outside of these loops is
//! written once, and must be the same.

use super::{
    numbered,
    out::OutId,
    plan::{Block, Field, Formula, Name, Source, Step},
    pointer,
    write::{Run, write_fault},
};
use serde_json::Value;
use std::collections::HashMap;

impl<'p> Run<'p> {
    /// Writes one of the messages.
    pub(super) fn message(&mut self, nth: usize) {
        let Some(message) = self.messages.get(nth).copied() else { return };
        let begin = self.out.len();
        self.claims.clear();
        self.saying = self.program.joins.then(HashMap::new);
        if self.messages.len() > 1 {
            self.pointer = format!("/{nth}");
        }
        let own = self.program.messages.as_ref();
        self.out.begin_message(own.is_some_and(|step| self.one_of_many(step)), message, &self.pointer);
        match (own, self.messages.first()) {
            (Some(step), Some(first)) if nth > 0 => {
                let mut rest = message.clone();
                self.shared(&self.program.fields, step, &mut rest, first);
                self.members(&self.program.fields, &rest, None);
            }
            _ => self.members(&self.program.fields, message, None),
        }
        self.pointer.clear();
        numbered::beside_others(&mut self.out, nth);
        self.program.numbered.iter().for_each(|step| numbered::top(&mut self.out, step, begin));
    }

    /// The message that a node was made for; the first of what all of them share.
    pub(super) fn message_of(&self, node: OutId) -> &'p Value {
        const NOTHING: &Value = &Value::Null;
        self.messages.get(self.out.message_of(node)).copied().unwrap_or(NOTHING)
    }

    /// Takes out of a message what stands outside of its loop: the first has written it, and says the same.
    fn shared(&mut self, fields: &'p [Field], own: &Step, object: &mut Value, first: &Value) {
        const NOTHING: &Value = &Value::Null;
        for field in fields {
            let (before, other) = (self.pointer.len(), first.get(&field.name).unwrap_or(NOTHING));
            pointer::push(&mut self.pointer, &field.name);
            if let Source::Object(inner) = &field.source {
                if let Some(value) = object.get_mut(&field.name) {
                    self.shared(inner, own, value, other);
                }
            } else if is_outside(&field.source, &own.names) {
                let value = object.as_object_mut().and_then(|members| members.remove(&field.name)).unwrap_or_default();
                if value != *other {
                    let at = &self.pointer;
                    let sentence =
                        format!("{at} is {value}, and in the first message {other}: the document says it once");
                    let expected = other.to_string();
                    self.faults.push(write_fault("mapping/contradiction", at, &value.to_string(), &expected, sentence));
                }
            }
            self.pointer.truncate(before);
        }
    }
}

/// Is it written outside of the loops of these names?
fn is_outside(source: &Source, names: &[Name]) -> bool {
    let formula = |formula: &Formula| {
        formula.destination().is_some_and(|(_, route)| route.steps.first().is_none_or(|step| step.names != names))
    };
    let block = |block: &Block| {
        let first = block.under.first().or(block.walk.first());
        first.is_some_and(|walk| walk.step.names != names)
    };
    match source {
        Source::Value(one) | Source::Spare(one) => formula(one),
        Source::List(all) => !all.is_empty() && all.iter().all(formula),
        Source::At(blocks) => blocks.first().is_some_and(block),
        Source::Each(one) => block(one),
        Source::Key(..) | Source::ReadOnly(_) | Source::Computed(_) | Source::Object(_) => false,
    }
}
