//! What can be told of an expression before it runs: names that its message does not have, functions that don't exist.

use super::{
    super::{near::hint, shape::Shape},
    functions,
};
use cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// What is wrong, and at which character of the text.
pub type Wrong = (usize, String);

/// Checks an expression.
pub fn check(root: &IdedExpr, text: &str, message: &Shape, this: Option<&Shape>) -> Result<(), Wrong> {
    Checker { text, message, this, variables: Vec::new() }.expression(root).map(|_| ())
}

/// What of a value is known: its shape, or nothing.
type Known = Option<Shape>;

struct Checker<'a> {
    text: &'a str,
    message: &'a Shape,
    this: Option<&'a Shape>,
    variables: Vec<(String, Known)>,
}

impl Checker<'_> {
    /// `name`: what is wrong. Where it first stands as a word is where it is told.
    fn wrong<T>(&self, name: &str, sentence: String) -> Result<T, Wrong> {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let whole = |at: &usize| {
            let (before, rest) = self.text.split_at(*at);
            !word(before.chars().next_back()) && !word(rest[name.len()..].chars().next())
        };
        let at = self.text.match_indices(name).map(|(at, _)| at).find(whole).unwrap_or_default();
        Err((self.text[..at].chars().count(), sentence))
    }

    fn expression(&mut self, at: &IdedExpr) -> Result<Known, Wrong> {
        match &at.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(None),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => {
                let of = self.expression(&select.operand)?;
                self.member(of, &select.field)
            }
            Expr::Call(call) => {
                let mut known = Vec::new();
                for argument in call.target.as_deref().into_iter().chain(&call.args) {
                    known.push(self.expression(argument)?);
                }
                self.call(&call.func_name, known)
            }
            Expr::List(list) => list.elements.iter().try_for_each(|e| self.expression(e).map(|_| ())).map(|()| None),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.expression(&entry.key)?;
                        self.expression(&entry.value)?;
                    }
                }
                Ok(None)
            }
            Expr::Struct(made) => self.wrong(&made.type_name, "objects of a type can't be made here".into()),
            Expr::Comprehension(inner) => {
                let range = self.expression(&inner.iter_range)?;
                let item = match range {
                    Some(Shape::List(item)) => Some(*item),
                    _ => None,
                };
                let init = self.expression(&inner.accu_init)?;
                let before = self.variables.len();
                self.variables.push((inner.accu_var.clone(), init));
                self.variables.push((inner.iter_var.clone(), item));
                self.variables.extend(inner.iter_var2.clone().map(|name| (name, None)));
                self.expression(&inner.loop_cond)?;
                self.expression(&inner.loop_step)?;
                self.variables.truncate(before + 1);
                let result = self.expression(&inner.result);
                self.variables.truncate(before);
                result.map(|_| None)
            }
        }
    }

    fn name(&self, name: &str) -> Result<Known, Wrong> {
        if let Some((_, known)) = self.variables.iter().rev().find(|(variable, _)| variable == name) {
            return Ok(known.clone());
        }
        if name == "this" {
            return match self.this {
                Some(shape) => Ok(Some(shape.clone())),
                None => self.wrong(name, "`this` is the item of a list, and the expression stands in none".into()),
            };
        }
        match self.message.member(name) {
            Some(member) => Ok(Some(member.shape.clone())),
            None => {
                let variables = self.variables.iter().map(|(name, _)| name.as_str());
                let near = hint(name, self.message.members().iter().map(|m| m.name.as_str()).chain(variables));
                self.wrong(name, format!("`{name}` is no field of the message and no variable{near}"))
            }
        }
    }

    fn member(&self, of: Known, name: &str) -> Result<Known, Wrong> {
        match of {
            Some(Shape::Object(members)) => match members.iter().find(|m| m.name == name) {
                Some(member) => Ok(Some(member.shape.clone())),
                None => {
                    let near = hint(name, members.iter().map(|m| m.name.as_str()));
                    self.wrong(name, format!("`{name}` is no field here{near}"))
                }
            },
            Some(Shape::Ref) if !matches!(name, "scheme" | "id") => {
                self.wrong(name, format!("`{name}` is no field here; an id has `scheme` and `id`"))
            }
            Some(Shape::Ref | Shape::Free) => Ok(Some(Shape::Text)),
            Some(Shape::List(_)) => {
                self.wrong(name, format!("this is a list: `{name}` is a field of its items, as in .map(x, x.{name})"))
            }
            Some(other) => self.wrong(name, format!("this is {}, which has no fields", other.takes())),
            None => Ok(None),
        }
    }

    fn call(&self, name: &str, known: Vec<Known>) -> Result<Known, Wrong> {
        let operator = !name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !operator && !functions::NAMES.contains(&name) {
            let near = hint(name, functions::NAMES.iter().copied());
            return self.wrong(name, format!("`{name}` is no function{near}"));
        }
        Ok(match (name, known.into_iter().next()) {
            ("_[_]", Some(Some(Shape::List(item)))) => Some(*item),
            _ => None,
        })
    }
}
