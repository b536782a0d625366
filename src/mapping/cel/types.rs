//! What is known of a value's type before an expression runs, and what functions make of which types.

use super::super::shape::Shape;
use cel::common::ast::LiteralValue;

/// A type; what a message may leave out has the type that it has where it is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Nothing is known.
    Any,
    Null,
    Truth,
    Number,
    Text,
    List(Box<Type>),
    /// An object of the message.
    Object(Shape),
    /// An object that the expression makes.
    Made,
}

impl From<&Shape> for Type {
    fn from(shape: &Shape) -> Type {
        match shape {
            Shape::Decimal | Shape::Integer(..) => Type::Number,
            Shape::Text | Shape::Currency | Shape::Word(_) | Shape::Date | Shape::Instant => Type::Text,
            Shape::List(item) => Type::List(Box::new(Type::from(&**item))),
            Shape::Object(_) | Shape::Ref | Shape::Free => Type::Object(shape.clone()),
        }
    }
}

impl From<&LiteralValue> for Type {
    fn from(literal: &LiteralValue) -> Type {
        match literal {
            LiteralValue::Boolean(_) => Type::Truth,
            LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Type::Number,
            LiteralValue::String(_) => Type::Text,
            LiteralValue::Bytes(_) | LiteralValue::Null => Type::Null,
        }
    }
}

impl Type {
    /// The word for it in sentences, behind `is`.
    pub fn word(&self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Null => "nothing",
            Type::Truth => "true or false",
            Type::Number => "a number",
            Type::Text => "text",
            Type::List(_) => "a list",
            Type::Object(_) | Type::Made => "an object",
        }
    }

    /// One of two: where they differ, nothing is known.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (Type::Null, one) | (one, Type::Null) => one,
            (Type::List(a), Type::List(b)) => Type::List(Box::new(a.or(*b))),
            (a, b) if a == b => a,
            _ => Type::Any,
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Type::Any | Type::Number)
    }
    pub fn is_text(&self) -> bool {
        matches!(self, Type::Any | Type::Text)
    }
    pub fn is_truth(&self) -> bool {
        matches!(self, Type::Any | Type::Truth)
    }
    pub fn is_list(&self) -> bool {
        matches!(self, Type::Any | Type::List(_))
    }
    /// A text, or what is one at once.
    fn is_plain(&self) -> bool {
        matches!(self, Type::Any | Type::Null | Type::Number | Type::Text | Type::Truth)
    }
    /// A list whose items are so.
    fn lists(&self, item: impl Fn(&Type) -> bool) -> bool {
        match self {
            Type::Any => true,
            Type::List(of) => **of == Type::Null || item(of),
            _ => false,
        }
    }
}

/// What a function makes of its arguments, the target of `a.f(b)` first; an error is what it takes.
pub fn result(name: &str, args: &[Type]) -> Result<Type, &'static str> {
    let (fits, takes, gives) = match (name, args) {
        ("size", args) => {
            let sized = |t: &Type| !matches!(t, Type::Null | Type::Truth | Type::Number);
            (matches!(args, [of] if sized(of)), "a list, an object or a text", Type::Number)
        }
        ("string", args) => {
            (matches!(args, [of] if of.is_plain() && *of != Type::Null), "a number or a text", Type::Text)
        }
        ("int" | "decimal" | "double", args) => {
            (matches!(args, [of] if of.is_number() || of.is_text()), "a number or a text", Type::Number)
        }
        ("contains" | "startsWith" | "endsWith", args) => (texts(args, 2), "two texts", Type::Truth),
        ("upperAscii" | "lowerAscii" | "trim", args) => (texts(args, 1), "a text", Type::Text),
        ("replace", args) => (texts(args, 3), "three texts", Type::Text),
        ("split", args) => (texts(args, 2), "two texts", Type::List(Box::new(Type::Text))),
        ("substring", args) => {
            let fits = matches!(args, [of, places @ ..]
                if of.is_text() && (1..=2).contains(&places.len()) && places.iter().all(Type::is_number));
            (fits, "a text and one or two numbers", Type::Text)
        }
        ("join", args) => {
            let fits =
                matches!(args, [of, mark @ ..] if of.lists(Type::is_plain) && (mark.is_empty() || texts(mark, 1)));
            (fits, "a list of texts, and the text between them", Type::Text)
        }
        ("sum" | "min" | "max", args) => {
            (matches!(args, [of] if of.lists(Type::is_number)), "a list of numbers", Type::Number)
        }
        ("round", args) => {
            let fits = (1..=2).contains(&args.len()) && args.iter().all(Type::is_number);
            (fits, "a number, and how many decimals", Type::Number)
        }
        ("abs", args) => (matches!(args, [of] if of.is_number()), "a number", Type::Number),
        ("has", _) => (false, "a member, as in has(l.price)", Type::Truth),
        // Macros are no calls any more where they are said as they should be.
        _ => (false, "a variable and an expression, as in lines.map(l, l.number)", Type::Any),
    };
    if fits { Ok(gives) } else { Err(takes) }
}

fn texts(args: &[Type], count: usize) -> bool {
    args.len() == count && args.iter().all(Type::is_text)
}
