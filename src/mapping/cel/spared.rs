//! Rules that say nothing of most items: `this.ext.currency == null || …` is judged where an item has that member.

use super::Sees;
use crate::canonical::looked::{Is, Looked};
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators as op};

/// The members on the way to what an expression is true without, if it begins by asking for that: of `this`, or of the
/// message.
#[derive(Debug)]
pub struct Spared {
    of_this: bool,
    members: Vec<String>,
}

impl Spared {
    pub fn of(root: &IdedExpr) -> Option<Spared> {
        let Expr::Call(call) = &root.expr else { return None };
        match (call.func_name.as_str(), call.args.as_slice()) {
            // One side that is true decides.
            (op::LOGICAL_OR, [first, _]) => Spared::of(first),
            (op::EQUALS, [asked, null]) if matches!(null.expr, Expr::Literal(LiteralValue::Null)) => way(asked),
            _ => None,
        }
    }

    /// Is it true of what it sees, since that is not there?
    pub fn is_spared(&self, sees: &Sees) -> bool {
        let from = if self.of_this { sees.this.map(|(item, _)| item) } else { Some(sees.message) };
        let missing = |from: Looked| {
            let value = self.members.iter().try_fold(from, |value, name| value.member(name));
            value.is_none_or(|value| matches!(value.is(), Is::Null))
        };
        from.is_some_and(missing)
    }

    /// Is it true of every item, since no object of the message has such a member at all?
    pub fn is_of_none(&self, message: Looked) -> bool {
        match message {
            Looked::Packed(packed, _) => self.of_this && self.members.iter().any(|name| !packed.mentions(name)),
            Looked::Tree(_) => false,
        }
    }
}

fn way(asked: &IdedExpr) -> Option<Spared> {
    let (mut members, mut at) = (Vec::new(), asked);
    loop {
        match &at.expr {
            Expr::Select(select) if !select.test => {
                members.push(select.field.clone());
                at = &select.operand;
            }
            Expr::Ident(name) => {
                let of_this = name == "this";
                members.extend((!of_this).then(|| name.clone()));
                members.reverse();
                return Some(Spared { of_this, members });
            }
            _ => return None,
        }
    }
}
