//! What is known of a value besides its type, before an expression runs: what it always is, or what a message holds there.

use super::{
    super::{
        fits::{misfit, nearest},
        shape::Shape,
    },
    Sees,
    check::Wrong,
    run, words,
};
use crate::canonical::looked::Looked;
use cel::common::ast::{Expr, IdedExpr};
use serde_json::Value;

/// What a value can be. Of a condition's two sides there is one each; what nothing is known of has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Always this text, or number, as a document would write it.
    Constant(String),
    /// What a message has in a member of this shape.
    Member(Shape),
}

/// Steps that a part of an expression may cost while it is checked.
const STEPS: u64 = 1_000_000;

/// Does it look at nothing of the message?
pub fn is_constant(part: &IdedExpr) -> bool {
    match &part.expr {
        Expr::Literal(_) => true,
        Expr::Call(call) => call.target.as_deref().is_none_or(is_constant) && call.args.iter().all(is_constant),
        Expr::List(list) => list.elements.iter().all(is_constant),
        _ => false,
    }
}

/// What a part that looks at nothing of the message is; an error is a sentence.
pub fn constant(part: &IdedExpr, shape: &Shape) -> Result<Option<String>, String> {
    run::run(part, Sees { message: Looked::Tree(&Value::Null), shape, this: None }, &mut { STEPS })
        .map(|value| value.text())
}

/// Why a comparison of two values says the same of every message, if so.
pub fn never_alike(a: (&IdedExpr, &[Known]), b: (&IdedExpr, &[Known])) -> Option<String> {
    [(a, b), (b, a)].into_iter().find_map(|((member, of), (_, constants))| {
        let [Known::Member(shape @ (Shape::Word(_) | Shape::Date | Shape::Instant | Shape::Currency))] = of else {
            return None;
        };
        constants.iter().find_map(|known| match known {
            Known::Constant(text) if !text.is_empty() => {
                let takes = misfit(text, shape)?;
                let member = words::of(member).map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
                Some(format!("{member} is {takes}, and never `{text}`{}", nearest(text, shape)))
            }
            _ => None,
        })
    })
}

/// Why a field of a shape can't take what is known of a value.
pub fn misfits(known: &[Known], shape: &Shape) -> Option<String> {
    known.iter().find_map(|known| match known {
        Known::Constant(text) => misfit(text, shape).map(|takes| {
            let near = nearest(text, shape);
            format!("it gives `{text}`, and the field takes {takes}{near}")
        }),
        Known::Member(of) => {
            let apart = match (of, shape) {
                (Shape::Word(a), Shape::Word(b)) => !a.iter().any(|word| b.contains(word)),
                (a, b) => is_special(a) && is_special(b) && std::mem::discriminant(a) != std::mem::discriminant(b),
            };
            apart.then(|| format!("it gives {}, and the field takes {}", of.takes(), shape.takes()))
        }
    })
}

/// A text of a form of its own.
fn is_special(shape: &Shape) -> bool {
    matches!(shape, Shape::Word(_) | Shape::Date | Shape::Instant | Shape::Currency)
}

/// Where an expression stands that says the same of every message.
pub fn always(root: &IdedExpr, known: &[Known], at: usize) -> Result<(), Wrong> {
    match known {
        [Known::Constant(text)] if is_constant(root) => {
            Err((at, format!("this is {text} whatever the message says: a rule asks something of the message")))
        }
        _ => Ok(()),
    }
}
