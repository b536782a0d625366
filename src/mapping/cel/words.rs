//! A part of an expression in the expression's own words, for sentences.

use cel::common::ast::{Expr, IdedExpr, LiteralValue};

/// `price.amount`, `size(lines)`, `'EUR'`; none for what would be long.
pub fn of(part: &IdedExpr) -> Option<String> {
    let name = match &part.expr {
        Expr::Ident(name) if name.starts_with('@') => return None,
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => match of(&select.operand) {
            Some(of) => format!("{of}.{}", select.field),
            None => select.field.clone(),
        },
        Expr::Literal(literal) => self::literal(literal)?,
        Expr::Call(call) if call.func_name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let arguments: Vec<String> = call.args.iter().map(of).collect::<Option<_>>()?;
            let before = match &call.target {
                Some(target) => format!("{}.", of(target)?),
                None => String::new(),
            };
            format!("{before}{}({})", call.func_name, arguments.join(", "))
        }
        _ => return None,
    };
    (name.chars().count() <= 60).then_some(name)
}

/// A text or a number as a document would write it.
pub fn constant(literal: &LiteralValue) -> Option<String> {
    match literal {
        LiteralValue::String(text) => Some(text.inner().to_string()),
        LiteralValue::Null | LiteralValue::Bytes(_) => None,
        other => self::literal(other),
    }
}

fn literal(literal: &LiteralValue) -> Option<String> {
    Some(match literal {
        LiteralValue::Boolean(yes) => yes.inner().to_string(),
        LiteralValue::Int(n) => n.inner().to_string(),
        LiteralValue::UInt(n) => n.inner().to_string(),
        LiteralValue::Double(n) => n.inner().to_string(),
        LiteralValue::String(text) => format!("'{}'", text.inner()),
        LiteralValue::Null => "null".to_owned(),
        LiteralValue::Bytes(_) => return None,
    })
}
