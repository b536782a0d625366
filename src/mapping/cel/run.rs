//! Runs an expression, step by step, with a budget.

use super::{
    Sees, functions,
    value::{Val, decimal},
    words,
};
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators as op,
};
use rust_decimal::Decimal;
use smallvec::SmallVec;
use std::{cmp::Ordering, rc::Rc};

/// Runs it; an error is a sentence.
pub fn run<'v>(root: &'v IdedExpr, sees: Sees<'v>, steps: &mut u64) -> Result<Val<'v>, String> {
    Run { sees, steps, variables: Vec::new() }.value(root)
}

type Ran<'v> = Result<Val<'v>, String>;

/// Most signs have two sides.
type Arguments<'v> = SmallVec<[(&'v IdedExpr, Val<'v>); 2]>;

struct Run<'v, 's> {
    sees: Sees<'v>,
    steps: &'s mut u64,
    variables: Vec<(&'v str, Val<'v>)>,
}

impl<'v> Run<'v, '_> {
    /// Each step costs one, and what is copied more.
    fn pay(&mut self, cost: usize) -> Result<(), String> {
        match self.steps.checked_sub(cost as u64) {
            Some(left) => {
                *self.steps = left;
                Ok(())
            }
            None => failed("the expression costs more than a document may: it goes through lists within lists"),
        }
    }

    fn value(&mut self, at: &'v IdedExpr) -> Ran<'v> {
        self.pay(1)?;
        match &at.expr {
            Expr::Literal(literal) => Ok(self::literal(literal)),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(inner) => self.each(inner),
            Expr::List(list) => {
                let mut items = Vec::with_capacity(list.elements.len());
                for element in &list.elements {
                    items.push(self.value(element)?);
                }
                Ok(Val::List(Rc::new(items)))
            }
            Expr::Map(map) => {
                let mut entries = Vec::with_capacity(map.entries.len());
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
                    let key = self.value(&entry.key)?;
                    let Some(key) = key.text() else { return failed("a key is a text or a number") };
                    entries.push((key, self.value(&entry.value)?));
                }
                Ok(Val::Map(Rc::new(entries)))
            }
            Expr::Struct(_) | Expr::Unspecified => failed("this can't be computed here"),
        }
    }

    fn name(&self, name: &str) -> Ran<'v> {
        if let Some((_, value)) = self.variables.iter().rev().find(|(variable, _)| *variable == name) {
            return Ok(value.clone());
        }
        if name == "this" {
            return match self.sees.this {
                Some((value, shape)) => Ok(Val::of(value, shape)),
                None => failed("`this` is not known here"),
            };
        }
        Ok(Val::Message(self.sees.message, self.sees.shape).member(name).unwrap_or(Val::Null))
    }

    /// A member; of nothing it is nothing too, and whoever computes with it is told.
    fn select(&mut self, select: &'v SelectExpr) -> Ran<'v> {
        let of = self.value(&select.operand)?;
        let found = of.member(&select.field).filter(|value| !matches!(value, Val::Null));
        if select.test {
            return Ok(Val::Bool(found.is_some()));
        }
        Ok(found.unwrap_or(Val::Null))
    }

    /// The macros `map`, `filter`, `all` …: a loop over a list.
    fn each(&mut self, inner: &'v ComprehensionExpr) -> Ran<'v> {
        let range = self.value(&inner.iter_range)?;
        let items = match range.items() {
            Some(items) => items,
            // A list that the message leaves out when it is empty.
            None if matches!(range, Val::Null) => Vec::new(),
            None => {
                return failed(format!("a list is expected here, and not {}", range.kind()));
            }
        };
        self.pay(items.len())?;
        let start = self.value(&inner.accu_init)?;
        let before = self.variables.len();
        self.variables.push((&inner.accu_var, start));
        for item in items {
            self.variables.truncate(before + 1);
            self.variables.push((&inner.iter_var, item));
            if matches!(self.value(&inner.loop_cond)?, Val::Bool(false)) {
                break;
            }
            let next = self.value(&inner.loop_step)?;
            self.variables[before].1 = next;
        }
        self.variables.truncate(before + 1);
        let result = self.value(&inner.result);
        self.variables.truncate(before);
        result
    }

    // ---- calls ----

    fn call(&mut self, call: &'v CallExpr) -> Ran<'v> {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (op::CONDITIONAL, [condition, yes, no]) => match self.value(condition)? {
                Val::Bool(true) => self.value(yes),
                Val::Bool(false) => self.value(no),
                other => failed(format!("true or false is expected before ?, and not {}", other.kind())),
            },
            (op::LOGICAL_AND, [a, b]) => self.both(a, b, false),
            (op::LOGICAL_OR, [a, b]) => self.both(a, b, true),
            (op::NOT_STRICTLY_FALSE, [inner]) => {
                let no = matches!(self.value(inner), Ok(Val::Bool(false)));
                Ok(Val::Bool(!no))
            }
            (op::ADD, [a, b]) if self.grows(a) => self.grown(a, b),
            _ => {
                let mut args = Arguments::new();
                for argument in call.target.as_deref().into_iter().chain(&call.args) {
                    let value = self.value(argument)?;
                    args.push((argument, value));
                }
                self.applied(name, args)
            }
        }
    }

    /// `a && b`, `a || b`: one side decides even where the other can't be computed.
    fn both(&mut self, a: &'v IdedExpr, b: &'v IdedExpr, decides: bool) -> Ran<'v> {
        let first = self.value(a);
        if matches!(first, Ok(Val::Bool(value)) if value == decides) {
            return first;
        }
        let second = self.value(b);
        match (first, second) {
            (_, Ok(Val::Bool(value))) if value == decides => Ok(Val::Bool(decides)),
            (Err(why), _) | (_, Err(why)) => Err(why),
            (Ok(Val::Bool(_)), Ok(Val::Bool(_))) => Ok(Val::Bool(!decides)),
            (Ok(a), Ok(b)) => {
                failed(format!("true or false is expected on both sides, and not {} and {}", a.kind(), b.kind()))
            }
        }
    }

    /// Is it the list that a macro collects into?
    fn grows(&self, left: &IdedExpr) -> bool {
        let Expr::Ident(name) = &left.expr else { return false };
        let found = self.variables.iter().rev().find(|(variable, _)| variable == name);
        name.starts_with('@') && matches!(found, Some((_, Val::List(_))))
    }

    /// Adds to that list in its place: taking a copy for each item would cost the square of its length.
    fn grown(&mut self, list: &'v IdedExpr, more: &'v IdedExpr) -> Ran<'v> {
        let more = self.value(more)?;
        let Expr::Ident(name) = &list.expr else { return self.value(list) };
        let place = self.variables.iter_mut().rev().find(|(variable, _)| variable == name);
        let Some((_, place)) = place else { return self.value(list) };
        let mut taken = std::mem::replace(place, Val::Null);
        if let (Val::List(items), Some(more)) = (&mut taken, more.items()) {
            Rc::make_mut(items).extend(more);
        }
        Ok(taken)
    }

    fn applied(&mut self, name: &str, args: Arguments<'v>) -> Ran<'v> {
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let cost = args.iter().filter_map(|(_, v)| v.size()).sum::<usize>() / 16;
            self.pay(cost)?;
            let values: Vec<Val<'v>> = args.into_iter().map(|(_, value)| value).collect();
            let got = functions::call(name, &values)?;
            // Many long texts of short ones are work, too.
            self.pay(if let Val::Text(text) = &got { text.len() / 16 } else { 0 })?;
            return Ok(got);
        }
        if name != op::EQUALS
            && name != op::NOT_EQUALS
            && name != op::IN
            && let Some((gap, _)) = args.iter().find(|(_, value)| matches!(value, Val::Null))
        {
            return failed(format!("{} is not there; ask first with has(…)", named(gap)));
        }
        match args.as_slice() {
            [(_, one)] => self.unary(name, one),
            [(_, a), (_, b)] => self.binary(name, a, b),
            _ => failed(format!("`{name}` is not known here")),
        }
    }

    fn unary(&self, name: &str, value: &Val<'v>) -> Ran<'v> {
        match (name, value) {
            (op::LOGICAL_NOT, Val::Bool(yes)) => Ok(Val::Bool(!yes)),
            (op::NEGATE, Val::Number(number)) => Ok(Val::Number(-*number)),
            _ => failed(format!("`{}` does not take {}", name.trim_matches('_'), value.kind())),
        }
    }

    fn binary(&mut self, name: &str, a: &Val<'v>, b: &Val<'v>) -> Ran<'v> {
        let truth = |yes| Ok(Val::Bool(yes));
        match (name, a, b) {
            (op::EQUALS, a, b) => truth(a == b),
            (op::NOT_EQUALS, a, b) => truth(a != b),
            (op::IN, value, list) => {
                self.pay(list.size().unwrap_or_default())?;
                match (list.items(), value) {
                    (Some(items), value) => truth(items.contains(value)),
                    (None, Val::Text(key)) => truth(list.member(key).is_some()),
                    _ => failed(format!("`in` looks into a list or an object, and not into {}", list.kind())),
                }
            }
            (op::LESS, a, b) => self.order(a, b).map(|o| Val::Bool(o == Ordering::Less)),
            (op::LESS_EQUALS, a, b) => self.order(a, b).map(|o| Val::Bool(o != Ordering::Greater)),
            (op::GREATER, a, b) => self.order(a, b).map(|o| Val::Bool(o == Ordering::Greater)),
            (op::GREATER_EQUALS, a, b) => self.order(a, b).map(|o| Val::Bool(o != Ordering::Less)),
            (op::INDEX, list, index) => self.index(list, index),
            (op::ADD, Val::Text(a), Val::Text(b)) => {
                self.pay((a.len() + b.len()) / 16)?;
                functions::added(a, b)
            }
            (_, Val::Number(a), Val::Number(b)) => self.arithmetic(name, *a, *b),
            (op::ADD, a, b) => match (a.items(), b.items()) {
                (Some(mut items), Some(more)) => {
                    self.pay(items.len() + more.len())?;
                    items.extend(more);
                    Ok(Val::List(Rc::new(items)))
                }
                _ => {
                    let (a, b) = (a.kind(), b.kind());
                    failed(format!("`+` takes two numbers, two texts or two lists, and not {a} and {b}"))
                }
            },
            (name, a, b) => {
                let sign = name.trim_matches('_');
                failed(format!("`{sign}` takes two numbers, and not {} and {}", a.kind(), b.kind()))
            }
        }
    }

    fn arithmetic(&self, name: &str, a: Decimal, b: Decimal) -> Ran<'v> {
        if b.is_zero() && (name == op::DIVIDE || name == op::MODULO) {
            return failed("a division by zero");
        }
        let result = match name {
            op::ADD => a.checked_add(b),
            op::SUBSTRACT => a.checked_sub(b),
            op::MULTIPLY => a.checked_mul(b),
            op::DIVIDE => a.checked_div(b),
            op::MODULO => a.checked_rem(b),
            _ => return failed(format!("`{name}` is not known here")),
        };
        match result {
            Some(number) => Ok(Val::Number(number)),
            None => failed("the result has more than 28 digits"),
        }
    }

    fn order(&self, a: &Val<'v>, b: &Val<'v>) -> Result<Ordering, String> {
        match (a, b) {
            (Val::Number(a), Val::Number(b)) => Ok(a.cmp(b)),
            // Dates and instants are texts whose order is that of time.
            (Val::Text(a), Val::Text(b)) => Ok(a.cmp(b)),
            (a, b) => failed(format!("{} and {} can't be compared", a.kind(), b.kind())),
        }
    }

    fn index(&self, list: &Val<'v>, index: &Val<'v>) -> Ran<'v> {
        match (list.items(), index) {
            (Some(items), Val::Number(n)) => match usize::try_from(*n).ok().and_then(|n| items.get(n)) {
                Some(item) => Ok(item.clone()),
                None => failed(format!("the list has {} items, and item {n} (from 0) is asked for", items.len())),
            },
            (None, Val::Text(key)) => Ok(list.member(key).unwrap_or(Val::Null)),
            _ => failed(format!("{} has no item {}", list.kind(), index.kind())),
        }
    }
}

fn literal(literal: &LiteralValue) -> Val<'_> {
    match literal {
        LiteralValue::Boolean(yes) => Val::Bool(*yes.inner()),
        LiteralValue::Int(n) => Val::Number(Decimal::from(*n.inner())),
        LiteralValue::UInt(n) => Val::Number(Decimal::from(*n.inner())),
        // The shortest text that means the same float is what stood there, up to 15 digits.
        LiteralValue::Double(n) => decimal(&n.inner().to_string()).map_or(Val::Null, Val::Number),
        LiteralValue::String(text) => Val::Text(text.inner().into()),
        LiteralValue::Bytes(_) | LiteralValue::Null => Val::Null,
    }
}

fn named(part: &IdedExpr) -> String {
    words::of(part).map_or_else(|| "a value".to_owned(), |name| format!("`{name}`"))
}

fn failed<T>(why: impl Into<String>) -> Result<T, String> {
    Err(why.into())
}
