//! Values while an expression runs: a message's own, by its shape, and what was computed from them.

use super::super::shape::Shape;
use crate::canonical::looked::{Is, Looked};
use rust_decimal::Decimal;
use std::{borrow::Cow, rc::Rc};

/// A value.
#[derive(Debug, Clone)]
pub enum Val<'v> {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Cow<'v, str>),
    List(Rc<Vec<Val<'v>>>),
    Map(Rc<Vec<(String, Val<'v>)>>),
    /// A list or an object of the message.
    Message(Looked<'v>, &'v Shape),
}

impl<'v> Val<'v> {
    /// A canonical value: what its shape calls a number is one, though JSON has it as a text.
    pub fn of(value: Looked<'v>, shape: &'v Shape) -> Val<'v> {
        match (value.is(), shape) {
            (Is::Null, _) => Val::Null,
            (Is::Truth(yes), _) => Val::Bool(yes),
            (Is::Number(n), _) => decimal(&n.to_string()).map_or(Val::Null, Val::Number),
            (Is::Text(text), Shape::Decimal | Shape::Integer(..)) => {
                decimal(text).map_or(Val::Text(text.into()), Val::Number)
            }
            (Is::Text(text), _) => Val::Text(text.into()),
            (Is::List | Is::Object, shape) => Val::Message(value, shape),
        }
    }

    /// The word for it in sentences.
    pub fn kind(&self) -> &'static str {
        match self {
            Val::Null => "nothing",
            Val::Bool(_) => "true or false",
            Val::Number(_) => "number",
            Val::Text(_) => "text",
            Val::List(_) => "list",
            Val::Message(of, _) if matches!(of.is(), Is::List) => "list",
            Val::Map(_) | Val::Message(..) => "object",
        }
    }

    /// As a text, as a document or a message would write it; none for lists, objects and nothing.
    pub fn text(&self) -> Option<String> {
        match self {
            Val::Bool(yes) => Some(yes.to_string()),
            Val::Number(number) => Some(number.to_string()),
            Val::Text(text) => Some(text.to_string()),
            Val::Null | Val::List(_) | Val::Map(_) | Val::Message(..) => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<Vec<Val<'v>>> {
        match self {
            Val::List(items) => Some(items.to_vec()),
            Val::Message(list, shape) if matches!(list.is(), Is::List) => {
                let inner = item(shape);
                Some(list.items().map(|value| Val::of(value, inner)).collect())
            }
            _ => None,
        }
    }

    /// How many items, members or characters it has.
    pub fn size(&self) -> Option<usize> {
        match self {
            Val::List(items) => Some(items.len()),
            Val::Map(entries) => Some(entries.len()),
            Val::Text(text) => Some(text.chars().count()),
            Val::Message(of, _) => Some(of.len()),
            _ => None,
        }
    }

    /// A member of an object; nothing where it is not there.
    pub fn member(&self, name: &str) -> Option<Val<'v>> {
        match self {
            Val::Message(object, shape) => {
                let shape = match shape {
                    Shape::Ref | Shape::Free => &Shape::Text,
                    shape => shape.member(name).map_or(&Shape::Text, |m| &m.shape),
                };
                object.member(name).map(|value| Val::of(value, shape))
            }
            Val::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
            _ => None,
        }
    }
}

impl PartialEq for Val<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Number(a), Val::Number(b)) => a == b,
            (Val::Text(a), Val::Text(b)) => a == b,
            (Val::Message(a, _), Val::Message(b, _)) => a == b,
            (Val::Map(a), Val::Map(b)) => a == b,
            (a, b) => a.items().is_some() && a.items() == b.items(),
        }
    }
}

/// The shape of a list's items.
pub fn item(shape: &Shape) -> &Shape {
    match shape {
        Shape::List(item) => item,
        _ => &Shape::Text,
    }
}

/// A number as documents and messages write it.
pub fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text.trim()).ok()
}
