//! What can be told of an expression before it runs: names that its message does not have, functions that don't exist,
//! types that don't go together, and what it gives where something else is expected.

use super::{
    super::{near::hint, shape::Shape},
    Wanted, functions,
    known::{self, Known},
    types::{self, Type},
    words,
};
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators as op,
};

/// What is wrong, and at which character of the text.
pub type Wrong = (usize, String);

/// Checks an expression.
pub fn check(root: &IdedExpr, text: &str, message: &Shape, this: Option<&Shape>, wanted: Wanted) -> Result<(), Wrong> {
    let mut checker = Checker { text, words: without_texts(text), next: 0, message, this, variables: Vec::new() };
    let found = checker.expression(root)?;
    checker.gives(root, &found, wanted)
}

/// A part of the expression: what it is, and the byte where it begins.
struct Found {
    kind: Type,
    at: usize,
    /// Of a list that the expression makes, what is known of its items.
    known: Vec<Known>,
}

impl Found {
    /// Of which nothing is known but its type.
    fn new(kind: Type, at: usize) -> Found {
        Found { kind, at, known: vec![] }
    }

    fn member(shape: &Shape, at: usize) -> Found {
        Found { kind: Type::from(shape), at, known: vec![Known::Member(shape.clone())] }
    }
}

struct Checker<'a> {
    text: &'a str,
    /// The text, with blanks in its literals: what words are looked for in.
    words: String,
    /// Behind the last word that was met: parts are visited in the order in which they stand.
    next: usize,
    message: &'a Shape,
    this: Option<&'a Shape>,
    variables: Vec<(String, Type)>,
}

impl Checker<'_> {
    fn wrong<T>(&self, at: usize, sentence: String) -> Result<T, Wrong> {
        Err((self.text[..at].chars().count(), sentence))
    }

    /// Where a word stands next. The parser keeps no places, and what macros were made to has none.
    fn meet(&mut self, name: &str) -> usize {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let whole = |at: &usize| {
            let (before, rest) = self.words.split_at(*at);
            !word(before.chars().next_back()) && !word(rest[name.len()..].chars().next())
        };
        let from = self.next;
        match self.words[from..].match_indices(name).map(|(at, _)| from + at).find(whole) {
            Some(at) => {
                self.next = at + name.len();
                at
            }
            None => from.min(self.text.len()),
        }
    }

    fn expression(&mut self, at: &IdedExpr) -> Result<Found, Wrong> {
        match &at.expr {
            Expr::Unspecified => Ok(Found::new(Type::Any, self.next)),
            Expr::Literal(literal) => self.exact(literal),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.member(select),
            Expr::Call(call) => {
                let found = self.call(call)?;
                if known::is_constant(at) { self.constant(at, found) } else { Ok(found) }
            }
            Expr::Comprehension(inner) => self.each(inner),
            Expr::List(list) => {
                let (mut item, mut known, begins) = (Type::Null, vec![], self.next);
                for element in &list.elements {
                    let found = self.expression(element)?;
                    item = item.or(found.kind);
                    known.extend(found.known);
                }
                Ok(Found { kind: Type::List(Box::new(item)), at: begins, known })
            }
            Expr::Map(map) => {
                let begins = self.next;
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.expression(&entry.key)?;
                        self.expression(&entry.value)?;
                    }
                }
                Ok(Found::new(Type::Made, begins))
            }
            Expr::Struct(made) => {
                let at = self.meet(&made.type_name);
                self.wrong(at, "objects of a type can't be made here".into())
            }
        }
    }

    /// CEL has a number with a point as a float, which keeps so many digits of it and no more.
    fn exact(&mut self, literal: &LiteralValue) -> Result<Found, Wrong> {
        const DIGITS: usize = 15;
        let found = self.literal(literal);
        if matches!(literal, LiteralValue::Double(_)) {
            let digits = self.words[found.at..].chars().take_while(|c| c.is_ascii_digit() || *c == '.');
            if digits.filter(char::is_ascii_digit).count() > DIGITS {
                let sentence =
                    format!("a number with a point has at most {DIGITS} digits here; write it as decimal('…')");
                return Err((found.at, sentence));
            }
        }
        Ok(found)
    }

    fn literal(&mut self, literal: &LiteralValue) -> Found {
        let at = match literal {
            LiteralValue::String(_) | LiteralValue::Bytes(_) => {
                let opens = self.words[self.next..].find(['\'', '"']).map_or(self.next, |at| self.next + at);
                let quote = self.words[opens..].chars().next().unwrap_or('"');
                let closes = self.words[opens..].char_indices().skip(1).find(|(_, c)| *c == quote);
                self.next = closes.map_or(opens, |(at, _)| opens + at + 1);
                opens
            }
            LiteralValue::Boolean(yes) => self.meet(if *yes.inner() { "true" } else { "false" }),
            LiteralValue::Int(n) => self.meet(&n.inner().to_string()),
            LiteralValue::Null => self.meet("null"),
            LiteralValue::UInt(_) | LiteralValue::Double(_) => {
                self.words[self.next..].find(|c: char| c.is_ascii_digit()).map_or(self.next, |at| self.next + at)
            }
        };
        Found {
            kind: Type::from(literal),
            at,
            known: words::constant(literal).map(Known::Constant).into_iter().collect(),
        }
    }

    /// A part that looks at nothing of the message is what it is.
    fn constant(&self, part: &IdedExpr, found: Found) -> Result<Found, Wrong> {
        match known::constant(part, self.message) {
            Ok(text) => Ok(Found { known: text.map(Known::Constant).into_iter().collect(), ..found }),
            Err(why) => self.wrong(found.at, format!("{} can't be computed: {why}", shown(part))),
        }
    }

    fn name(&mut self, name: &str) -> Result<Found, Wrong> {
        let at = if name.starts_with('@') { self.next } else { self.meet(name) };
        if let Some((_, kind)) = self.variables.iter().rev().find(|(variable, _)| variable == name) {
            return Ok(Found::new(kind.clone(), at));
        }
        if name == "this" {
            return match self.this {
                Some(shape) => Ok(Found::new(Type::from(shape), at)),
                None => self.wrong(at, "`this` is the item of a list, and the expression stands in none".into()),
            };
        }
        match self.message.member(name) {
            Some(member) => Ok(Found::member(&member.shape, at)),
            None => {
                let variables = self.variables.iter().map(|(name, _)| name.as_str());
                let near = hint(name, self.message.members().iter().map(|m| m.name.as_str()).chain(variables));
                self.wrong(at, format!("`{name}` is no field of the message and no variable{near}"))
            }
        }
    }

    fn member(&mut self, select: &SelectExpr) -> Result<Found, Wrong> {
        let Found { kind: of, at: begins, .. } = self.expression(&select.operand)?;
        let name = select.field.as_str();
        let at = self.meet(name);
        let kind = match of {
            Type::Object(Shape::Object(members)) => match members.iter().find(|m| m.name == name) {
                Some(member) if !select.test => return Ok(Found::member(&member.shape, begins)),
                Some(_) => Type::Truth,
                None => {
                    let near = hint(name, members.iter().map(|m| m.name.as_str()));
                    return self.wrong(at, format!("`{name}` is no field here{near}"));
                }
            },
            Type::Object(Shape::Ref) if !matches!(name, "scheme" | "id") => {
                return self.wrong(at, format!("`{name}` is no field here; an id has `scheme` and `id`"));
            }
            Type::Object(_) => Type::Text,
            Type::List(_) => {
                let sentence = format!("this is a list: `{name}` is a field of its items, as in .map(x, x.{name})");
                return self.wrong(at, sentence);
            }
            Type::Any | Type::Made | Type::Null => Type::Any,
            other => return self.wrong(at, format!("this is {}, which has no fields", other.word())),
        };
        Ok(Found::new(if select.test { Type::Truth } else { kind }, begins))
    }

    /// The macros `map`, `filter`, `all` …, as the parser takes them apart: `@result` collects.
    fn each(&mut self, inner: &ComprehensionExpr) -> Result<Found, Wrong> {
        let range = self.expression(&inner.iter_range)?;
        let item = match range.kind {
            Type::List(item) => *item,
            Type::Any | Type::Null => Type::Any,
            other => {
                let sentence = format!("{} is {}, and a list is expected", shown(&inner.iter_range), other.word());
                return self.wrong(range.at, sentence);
            }
        };
        self.meet(&inner.iter_var);
        let begins = match &inner.accu_init.expr {
            Expr::Literal(literal) => Type::from(literal),
            _ => Type::List(Box::new(Type::Null)),
        };
        let before = self.variables.len();
        self.variables.push((inner.accu_var.clone(), begins.clone()));
        self.variables.push((inner.iter_var.clone(), item));
        self.variables.extend(inner.iter_var2.clone().map(|name| (name, Type::Any)));
        let step = self.expression(&inner.loop_step)?.kind;
        self.variables.truncate(before);
        // `exists_one` ends by comparing how many it counted.
        let kind = if matches!(inner.result.expr, Expr::Ident(_)) { begins.or(step) } else { Type::Truth };
        Ok(Found::new(kind, range.at))
    }

    // ---- calls ----

    fn call(&mut self, call: &CallExpr) -> Result<Found, Wrong> {
        let name = call.func_name.as_str();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.function(call);
        }
        if let (op::ADD, [collected, more]) = (name, call.args.as_slice())
            && matches!(&collected.expr, Expr::Ident(name) if name.starts_with('@'))
        {
            return self.collected(more);
        }
        let mut found = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            let part = self.expression(argument)?;
            found.push((argument, part));
        }
        let at = found.first().map_or(self.next, |(_, part)| part.at);
        let kind = match (name, found.as_slice()) {
            (op::CONDITIONAL, [condition, yes, no]) => {
                self.truth(condition)?;
                let kind = self.either(yes, no)?;
                let known = [yes, no].into_iter().flat_map(|(_, side)| side.known.clone()).collect();
                return Ok(Found { kind, at, known });
            }
            (op::LOGICAL_AND | op::LOGICAL_OR | op::LOGICAL_NOT, parts) => {
                parts.iter().try_for_each(|part| self.truth(part))?;
                Type::Truth
            }
            (op::NEGATE, [one]) => self.number(one, "-")?,
            (_, [a, b]) => self.binary(name, a, b)?,
            _ => Type::Any,
        };
        Ok(Found::new(kind, at))
    }

    /// What a condition gives: both sides are of one type.
    fn either(&self, yes: &(&IdedExpr, Found), no: &(&IdedExpr, Found)) -> Result<Type, Wrong> {
        let plain = |t: &Type| matches!(t, Type::Truth | Type::Number | Type::Text);
        let (a, b) = (&yes.1.kind, &no.1.kind);
        if plain(a) && plain(b) && a != b {
            let (first, second) = (shown(yes.0), shown(no.0));
            let sentence = format!(
                "{first} is {}, and {second} is {}: both sides of `? :` are of one type; a number as a text: string(…)",
                a.word(),
                b.word()
            );
            return self.wrong(yes.1.at, sentence);
        }
        Ok(a.clone().or(b.clone()))
    }

    /// What a macro collects: `@result + [x]`, and for `exists_one` `@result + 1`, which nobody wrote.
    fn collected(&mut self, more: &IdedExpr) -> Result<Found, Wrong> {
        let at = self.next;
        let Expr::List(list) = &more.expr else { return Ok(Found::new(Type::Number, at)) };
        let Some(item) = list.elements.first() else { return Ok(Found::new(Type::Any, at)) };
        // `filter` collects its own variable, which stands before the condition.
        let (next, found) = (self.next, self.expression(item)?);
        if matches!(item.expr, Expr::Ident(_)) {
            self.next = next;
        }
        Ok(Found::new(Type::List(Box::new(found.kind)), found.at))
    }

    fn function(&mut self, call: &CallExpr) -> Result<Found, Wrong> {
        let name = call.func_name.as_str();
        let target = call.target.as_deref().map(|target| self.expression(target)).transpose()?;
        let at = self.meet(name);
        if !functions::NAMES.contains(&name) {
            let near = match functions::instead(name) {
                Some(instead) => format!(" here: {instead}"),
                None => hint(name, functions::NAMES.iter().copied()),
            };
            return self.wrong(at, format!("`{name}` is no function{near}"));
        }
        let begins = target.as_ref().map_or(at, |target| target.at);
        let mut kinds: Vec<Type> = target.into_iter().map(|target| target.kind).collect();
        for argument in &call.args {
            kinds.push(self.expression(argument)?.kind);
        }
        match types::result(name, &kinds) {
            Ok(kind) => Ok(Found::new(kind, begins)),
            Err(takes) => {
                let words: Vec<&str> = kinds.iter().map(Type::word).collect();
                let given = if words.is_empty() { "nothing".to_owned() } else { words.join(" and ") };
                self.wrong(at, format!("`{name}` takes {takes}, and not {given}"))
            }
        }
    }

    fn truth(&self, (part, found): &(&IdedExpr, Found)) -> Result<(), Wrong> {
        if found.kind.is_truth() {
            return Ok(());
        }
        let sentence = format!(
            "{} is {}, and true or false is expected here{}",
            shown(part),
            found.kind.word(),
            asked(part, &found.kind)
        );
        self.wrong(found.at, sentence)
    }

    fn number(&self, (part, found): &(&IdedExpr, Found), sign: &str) -> Result<Type, Wrong> {
        if found.kind.is_number() {
            return Ok(Type::Number);
        }
        let as_number = if found.kind == Type::Text { format!("; {}", decimal(part)) } else { String::new() };
        let kind = found.kind.word();
        self.wrong(found.at, format!("{} is {kind}, and `{sign}` takes numbers{as_number}", shown(part)))
    }

    fn binary(&self, name: &str, a: &(&IdedExpr, Found), b: &(&IdedExpr, Found)) -> Result<Type, Wrong> {
        let (left, right) = (&a.1.kind, &b.1.kind);
        let sign = match name {
            op::IN => "in",
            name => name.trim_matches('_'),
        };
        let alike = |fits: fn(&Type) -> bool| fits(left) && fits(right);
        let wrong = |what: &str| {
            let as_number = match (left, right) {
                (Type::Text, Type::Number) => format!("; {}", decimal(a.0)),
                (Type::Number, Type::Text) => format!("; {}", decimal(b.0)),
                _ => String::new(),
            };
            let (first, second) = (shown(a.0), shown(b.0));
            let sentence = format!("{first} is {}, and {second} is {}: {what}{as_number}", left.word(), right.word());
            self.wrong(a.1.at, sentence)
        };
        match name {
            op::EQUALS | op::NOT_EQUALS => {
                let none = |t: &Type| matches!(t, Type::Any | Type::Null);
                let plain = |t: &Type| matches!(t, Type::Truth | Type::Number | Type::Text);
                let differ = (plain(left) || plain(right)) && left != right;
                if !(none(left) || none(right) || !differ) {
                    return wrong("they are never equal");
                }
                self.can_be_alike(a, b)
            }
            op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS => {
                match alike(Type::is_number) || alike(Type::is_text) {
                    true => Ok(Type::Truth),
                    false => wrong(&format!("`{sign}` compares two numbers or two texts")),
                }
            }
            op::ADD => match () {
                () if *left == Type::Any && *right == Type::Any => Ok(Type::Any),
                () if alike(Type::is_number) => Ok(Type::Number),
                () if alike(Type::is_text) => Ok(Type::Text),
                () if alike(Type::is_list) => Ok(left.clone().or(right.clone())),
                () => wrong("`+` takes two numbers, two texts or two lists"),
            },
            op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO => {
                self.number(a, sign).and_then(|_| self.number(b, sign))
            }
            op::IN => match right {
                Type::Text => wrong("`in` looks into a list or an object; ask a text with `contains`"),
                Type::Any | Type::List(_) | Type::Object(_) | Type::Made => self.can_be_alike(a, b),
                _ => wrong("`in` looks into a list or an object"),
            },
            op::INDEX => match left {
                Type::List(item) if right.is_number() => Ok((**item).clone()),
                Type::Object(_) | Type::Made | Type::Any => Ok(Type::Any),
                _ => wrong("`[…]` takes an item of a list by its number, from 0"),
            },
            _ => Ok(Type::Any),
        }
    }

    /// A member is compared with something that it can be.
    fn can_be_alike(&self, a: &(&IdedExpr, Found), b: &(&IdedExpr, Found)) -> Result<Type, Wrong> {
        match known::never_alike((a.0, &a.1.known), (b.0, &b.1.known)) {
            Some(sentence) => self.wrong(a.1.at, sentence),
            None => Ok(Type::Truth),
        }
    }

    /// Is what it gives what is expected where it stands?
    fn gives(&self, root: &IdedExpr, found: &Found, wanted: Wanted) -> Result<(), Wrong> {
        let kind = &found.kind;
        let plain = matches!(kind, Type::Any | Type::Null | Type::Truth | Type::Number | Type::Text);
        let (fits, expected, instead) = match wanted {
            Wanted::Truth => (kind.is_truth(), "a rule says true or false".to_owned(), asked(root, kind)),
            Wanted::Text => (plain, "a single value is written".to_owned(), String::new()),
            Wanted::Value(shape @ (Shape::Decimal | Shape::Integer(..))) => {
                let as_number = if *kind == Type::Text { format!("; {}", decimal(root)) } else { String::new() };
                let fits = kind.is_number() || *kind == Type::Null;
                (fits, format!("the field takes {}", shape.takes()), as_number)
            }
            Wanted::Value(shape) => {
                let made = matches!(kind, Type::Number | Type::Truth) && *shape == Shape::Text;
                let as_text = if made {
                    format!("; as a text: string({})", words::of(root).unwrap_or_else(|| "…".into()))
                } else {
                    String::new()
                };
                let fits = kind.is_text() || *kind == Type::Null;
                (fits, format!("the field takes {}", shape.takes()), as_text)
            }
        };
        let at = self.text[..found.at].chars().count();
        match wanted {
            _ if !fits => {}
            Wanted::Truth => return known::always(root, &found.known, at),
            Wanted::Text => return Ok(()),
            Wanted::Value(shape) => {
                return known::misfits(&found.known, shape).map_or(Ok(()), |sentence| Err((at, sentence)));
            }
        }
        self.wrong(found.at, format!("{} is {}, and {expected}{instead}", shown(root), kind.word()))
    }
}

/// A part in its own words, in backquotes.
fn shown(part: &IdedExpr) -> String {
    words::of(part).map_or_else(|| "this".to_owned(), |name| format!("`{name}`"))
}

/// How a text is made a number.
fn decimal(part: &IdedExpr) -> String {
    format!("as a number: decimal({})", words::of(part).unwrap_or_else(|| "…".into()))
}

/// How to make a question of a value.
fn asked(part: &IdedExpr, kind: &Type) -> String {
    let name = words::of(part).unwrap_or_else(|| "…".into());
    match kind {
        Type::Number => format!(": compare it, as in `{name} > 0`"),
        Type::Text => format!(": compare it, as in `{name} != ''`"),
        Type::List(_) => format!(": ask how long it is, as in `size({name}) > 0`"),
        Type::Object(_) => format!(": ask whether it is there, as in `{name} != null`"),
        _ => String::new(),
    }
}

/// The text with blanks for what stands in quotes, byte by byte.
fn without_texts(text: &str) -> String {
    let (mut quote, mut escaped) = (None, false);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let blank = match quote {
            Some(_) if escaped => {
                escaped = false;
                true
            }
            Some(open) if c == open => {
                quote = None;
                false
            }
            Some(_) => {
                escaped = c == '\\';
                true
            }
            None => {
                quote = matches!(c, '\'' | '"').then_some(c);
                false
            }
        };
        if blank { out.extend(std::iter::repeat_n(' ', c.len_utf8())) } else { out.push(c) }
    }
    out
}
