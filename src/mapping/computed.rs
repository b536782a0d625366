//! What is computed from a message when it has been read: `cel:` fields, then `require:`.

use super::{
    Origin,
    cel::{Sees, Val},
    faults::{self, fault},
    frames, pipes,
    plan::{Computed, Field, Require, Source},
    read::Run,
    shape::{self, Shape},
};
use crate::{
    canonical::{Body, looked::Looked},
    formats::place::Place,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Steps that any message may cost, and more for each value that it holds.
const STEPS: u64 = 1_000_000;
const STEPS_A_VALUE: u64 = 1_000;

/// Gives numbers that the document says without their sign their sign.
fn below_zero(fields: &[Field], object: &mut Value) {
    for field in fields {
        if field.below_zero.as_ref().is_some_and(|one| one.holds(object))
            && let Some(Value::String(number)) = object.get_mut(&field.name)
            && Decimal::from_str_exact(number).is_ok_and(|number| number.is_sign_positive() && !number.is_zero())
        {
            number.insert(0, '-');
        }
        let Some(value) = object.get_mut(&field.name) else { continue };
        match &field.source {
            Source::Object(fields) => below_zero(fields, value),
            Source::At(blocks) => blocks.iter().for_each(|block| below_zero(&block.fields, value)),
            Source::Each(block) => {
                value.as_array_mut().into_iter().flatten().for_each(|item| below_zero(&block.fields, item));
            }
            _ => {}
        }
    }
}

/// A computed field of the message at hand.
struct Due<'a> {
    field: &'a Field,
    computed: &'a Computed,
    /// The object that it is a member of.
    parent: String,
    /// The item of a list that it stands in.
    this: Option<(String, &'a Shape)>,
}

impl<'a> Run<'a> {
    /// Fills computed fields in, and judges the rules. Only for a message that could be read. A tree is made of it only where
    /// something is put into it.
    pub(super) fn compute(&mut self, mut body: Body) -> Body {
        let Some(message) = shape::message(&self.program.message) else { return body };
        let mut steps = STEPS + STEPS_A_VALUE * self.provenance.len() as u64;
        if self.program.computes {
            let mut tree = body.into_value();
            self.fill_in(&mut tree, message, &mut steps);
            body = tree.into();
        }
        for rule in &self.program.requires {
            self.require(rule, body.looked_at(), message, &mut steps);
        }
        body
    }

    /// Computes the fields that are computed of others.
    fn fill_in(&mut self, body: &mut Value, message: &'static Shape, steps: &mut u64) {
        let mut due = Vec::new();
        below_zero(&self.program.fields, body);
        collect(&self.program.fields, body, "", &None, &mut due);
        for due in due {
            let text = {
                let this = due.this.as_ref().and_then(|(at, shape)| Some((Looked::Tree(body.pointer(at)?), *shape)));
                let sees = Sees { message: Looked::Tree(body), shape: message, this };
                due.computed.expression.run(sees, steps).map(|value| (value.text(), matches!(value, Val::Null)))
            };
            let near = due.this.as_ref().map_or("", |(at, _)| at).to_owned();
            match text {
                Ok((Some(text), _)) => match pipes::shaped(&text, &due.field.shape) {
                    Ok(value) => insert(body, &due.parent, &due.field.name, value.into()),
                    Err(_) => {
                        let expected = due.field.shape.takes();
                        self.not_computed(&due, &near, format!("it gives `{}`", faults::short(&text)), &expected);
                    }
                },
                Ok((None, true)) if due.field.mandatory => {
                    self.not_computed(&due, &near, "it gives nothing".to_owned(), &due.field.shape.takes());
                }
                Ok((None, true)) => {}
                Ok((None, false)) => {
                    self.not_computed(&due, &near, "it gives a list or an object".to_owned(), &due.field.shape.takes());
                }
                Err(why) => self.not_computed(&due, &near, why, &due.field.shape.takes()),
            }
        }
    }

    fn not_computed(&mut self, due: &Due, near: &str, why: String, expected: &str) {
        let pointer = format!("{}/{}", due.parent, due.field.name);
        let sentence = format!("{pointer} can't be computed: {why}");
        let remedy = format!(
            "correct the expression at {}, then restart the message, or have the document sent again with what it needs",
            self.program.placed(due.computed.spot)
        );
        let place = self.near(near);
        self.faults.push(fault("mapping/not_computed", place, "", expected, sentence, remedy));
    }

    fn require(&mut self, rule: &'a Require, body: Looked, message: &'static Shape, steps: &mut u64) {
        let Some(list) = &rule.each else {
            let sees = Sees { message: body, shape: message, this: None };
            return self.judge(rule, sees, String::new, steps);
        };
        let Some(member) = message.member(list) else { return };
        let Shape::List(item) = &member.shape else { return };
        if rule.expression.holds_for_each(body) {
            return;
        }
        for (index, value) in body.member(list).into_iter().flat_map(Looked::items).enumerate() {
            let sees = Sees { message: body, shape: message, this: Some((value, item)) };
            self.judge(rule, sees, || format!("/{list}/{index}"), steps);
        }
    }

    /// `near`: the pointer of what it is judged for.
    fn judge(&mut self, rule: &'a Require, sees: Sees, near: impl FnOnce() -> String, steps: &mut u64) {
        let broken = match rule.expression.run(sees, steps) {
            Ok(Val::Bool(true)) => return,
            Ok(Val::Bool(false)) => None,
            Ok(other) => Some(format!("it gives {} and not true or false", other.kind())),
            Err(why) => Some(why),
        };
        let place = match &rule.at {
            Some(route) => {
                let found = frames::hit(self.tree, &self.frames, route, &mut self.seen);
                match found.and_then(|hit| hit.node) {
                    Some(node) => self.tree.place(node),
                    None => self.place_of(route),
                }
            }
            None => self.near(&near()),
        };
        // A rule that can't be judged is the mapping's fault, whatever the document says.
        let (code, told, remedy) = match broken {
            None => (&*rule.code, rule.say.clone(), "correct it and send the document again".to_owned()),
            Some(why) => (
                "mapping/not_computed",
                format!("the rule can't be judged: {why} ({})", rule.say),
                format!("correct the rule at {}, then restart the message", self.program.placed(rule.spot)),
            ),
        };
        let sentence = format!("{told} {}", faults::words("", &place));
        self.faults.push(fault(code, place, "", &rule.say, sentence.trim_end().to_owned(), remedy));
    }

    /// The place of the first value that stands in or below a canonical field; the document where there is none.
    fn near(&self, pointer: &str) -> Place {
        let within =
            |o: &Origin| o.field.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = if pointer.is_empty() { None } else { self.provenance.iter().find(within) };
        let placed = found.and_then(|o| Some((o.bytes, o.place?)));
        match placed {
            Some((bytes, spot)) => Place { byte: bytes.start, len: (bytes.end - bytes.start) as u32, at: spot.into() },
            None => self.tree.place(self.frames[0].container),
        }
    }
}

/// The computed fields of a message, in the file's order.
fn collect<'a>(
    fields: &'a [Field],
    body: &Value,
    at: &str,
    this: &Option<(String, &'a Shape)>,
    due: &mut Vec<Due<'a>>,
) {
    for field in fields {
        let pointer = format!("{at}/{}", field.name);
        match &field.source {
            Source::Computed(computed) => {
                due.push(Due { field, computed, parent: at.to_owned(), this: this.clone() });
            }
            Source::Object(inner) => collect(inner, body, &pointer, this, due),
            Source::At(blocks) if body.pointer(&pointer).is_some() => {
                let inner = blocks.first().map_or(&[][..], |b| &b.fields);
                collect(inner, body, &pointer, this, due);
            }
            Source::Each(block) => {
                let count = body.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len);
                let Shape::List(item) = &field.shape else { continue };
                for index in 0..count {
                    let at = format!("{pointer}/{index}");
                    collect(&block.fields, body, &at, &Some((at.clone(), item)), due);
                }
            }
            _ => {}
        }
    }
}

/// Puts a member into an object, which is made where it is not there.
fn insert(body: &mut Value, parent: &str, name: &str, value: Value) {
    let mut here = body;
    for step in parent.split('/').skip(1) {
        here = match here {
            Value::Array(items) => match step.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                Some(item) => item,
                None => return,
            },
            Value::Object(members) => members.entry(step).or_insert_with(|| Value::Object(Map::new())),
            _ => return,
        };
    }
    if let Value::Object(members) = here {
        members.insert(name.to_owned(), value);
    }
}
