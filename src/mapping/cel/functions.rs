//! The functions of CEL's standard library that mappings need, and those of its strings and lists extensions.

use super::value::{Val, decimal};
use rust_decimal::{Decimal, RoundingStrategy};

/// All names, for lint's nearest.
pub const NAMES: &[&str] = &[
    "size",
    "string",
    "int",
    "double",
    "decimal",
    "contains",
    "startsWith",
    "endsWith",
    "upperAscii",
    "lowerAscii",
    "trim",
    "replace",
    "substring",
    "split",
    "join",
    "sum",
    "min",
    "max",
    "round",
    "abs",
    "has",
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
];

/// What to say instead of a function that CEL has elsewhere, and mappings have not.
pub fn instead(name: &str) -> Option<&'static str> {
    Some(match name {
        "matches" => {
            "patterns are not taken; ask with `startsWith`, `endsWith`, `contains`, `size` or `in ['a', 'b']`, or by a table"
        }
        "timestamp" | "duration" | "getDate" | "getFullYear" | "getMonth" | "getDayOfMonth" | "getDayOfWeek" => {
            "a date is a text of the form yyyy-mm-dd: compare it as one, or cut it with `substring`"
        }
        "indexOf" | "lastIndexOf" | "charAt" => "ask with `contains`, or cut with `split` or `substring`",
        "format" => "put texts together with `+`, and numbers with `string(…)`",
        "uint" => "numbers are decimals: `int` cuts their decimals off",
        "bool" => "compare, as in `x == 'true'`",
        "type" | "dyn" | "bytes" => "what a member holds is known: `crossdock schema` shows it",
        _ => return None,
    })
}

/// Calls a function; the target of `a.f(b)` is the first argument. An error is a sentence.
pub fn call<'v>(name: &str, args: &[Val<'v>]) -> Result<Val<'v>, String> {
    let takes = |what: &str| {
        let kinds: Vec<&str> = args.iter().map(Val::kind).collect();
        Err(format!("`{name}` takes {what}, and not {}", kinds.join(", ")))
    };
    let text = |text: String| Ok(Val::Text(text.into()));
    Ok(match (name, args) {
        ("size", [of]) => match of.size() {
            Some(size) => Val::Number(Decimal::from(size)),
            None => return takes("a list, an object or a text"),
        },
        ("string", [of]) => return of.text().map_or_else(|| takes("a number or a text"), text),
        ("decimal" | "double", [Val::Number(n)]) => Val::Number(*n),
        ("decimal" | "double", [Val::Text(t)]) => match decimal(t) {
            Some(number) => Val::Number(number),
            None => return Err(format!("`{t}` is no number")),
        },
        ("int", [Val::Number(n)]) => Val::Number(n.trunc()),
        ("int", [Val::Text(t)]) => match decimal(t) {
            Some(number) => Val::Number(number.trunc()),
            None => return Err(format!("`{t}` is no number")),
        },
        ("contains", [Val::Text(a), Val::Text(b)]) => Val::Bool(a.contains(b.as_ref())),
        ("startsWith", [Val::Text(a), Val::Text(b)]) => Val::Bool(a.starts_with(b.as_ref())),
        ("endsWith", [Val::Text(a), Val::Text(b)]) => Val::Bool(a.ends_with(b.as_ref())),
        ("upperAscii", [Val::Text(a)]) => return text(a.to_ascii_uppercase()),
        ("lowerAscii", [Val::Text(a)]) => return text(a.to_ascii_lowercase()),
        ("trim", [Val::Text(a)]) => return text(a.trim().to_owned()),
        ("replace", [Val::Text(a), Val::Text(b), Val::Text(c)]) => return replaced(a, b, c),
        ("substring", [Val::Text(a), Val::Number(from)]) => return substring(a, *from, None),
        ("substring", [Val::Text(a), Val::Number(from), Val::Number(to)]) => return substring(a, *from, Some(*to)),
        ("split", [Val::Text(a), Val::Text(mark)]) => {
            let parts = a.split(mark.as_ref()).map(|part| Val::Text(part.to_owned().into()));
            Val::List(parts.collect::<Vec<_>>().into())
        }
        ("join", [list]) => return joined(list, ""),
        ("join", [list, Val::Text(mark)]) => return joined(list, mark),
        ("sum" | "min" | "max", [list]) => return over_all(name, list),
        ("round", [Val::Number(n)]) => Val::Number(n.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)),
        ("round", [Val::Number(n), Val::Number(places)]) => match u32::try_from(*places) {
            Ok(places) if places <= 28 => {
                Val::Number(n.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
            }
            _ => return Err("`round` takes 0 to 28 decimals".into()),
        },
        ("abs", [Val::Number(n)]) => Val::Number(n.abs()),
        ("contains" | "startsWith" | "endsWith" | "replace" | "split" | "trim" | "upperAscii" | "lowerAscii", _) => {
            return takes("texts");
        }
        _ => return takes("other arguments"),
    })
}

/// What one text may grow to, in bytes.
const LONGEST: usize = 1 << 20;

fn replaced<'v>(text: &str, from: &str, to: &str) -> Result<Val<'v>, String> {
    let most = text.len().saturating_add((text.len() + 1).saturating_mul(to.len()));
    bounded("replace", most)?;
    Ok(Val::Text(text.replace(from, to).into()))
}

/// Characters `from` to before `to`, counted from 0.
fn substring<'v>(text: &str, from: Decimal, to: Option<Decimal>) -> Result<Val<'v>, String> {
    let all = text.chars().count();
    let place = |n: Decimal| usize::try_from(n).ok().filter(|at| *at <= all);
    match (place(from), to.map_or(Some(all), place)) {
        (Some(from), Some(to)) if from <= to => {
            let part: String = text.chars().skip(from).take(to - from).collect();
            Ok(Val::Text(part.into()))
        }
        _ => Err(format!("`substring` asks for characters that a text of {all} has not")),
    }
}

fn joined<'v>(list: &Val<'v>, mark: &str) -> Result<Val<'v>, String> {
    let texts = list.items().and_then(|items| items.iter().map(Val::text).collect::<Option<Vec<_>>>());
    let Some(texts) = texts else {
        return Err(format!("`join` takes a list of texts, and not {}", list.kind()));
    };
    let marks = texts.len().saturating_sub(1).saturating_mul(mark.len());
    bounded("join", texts.iter().map(String::len).sum::<usize>().saturating_add(marks))?;
    Ok(Val::Text(texts.join(mark).into()))
}

/// Two texts, one behind the other.
pub fn added<'v>(a: &str, b: &str) -> Result<Val<'v>, String> {
    bounded("+", a.len() + b.len())?;
    Ok(Val::Text(format!("{a}{b}").into()))
}

fn bounded(name: &str, len: usize) -> Result<(), String> {
    if len > LONGEST { Err(format!("`{name}` would make a text of more than a megabyte")) } else { Ok(()) }
}

fn over_all<'v>(name: &str, list: &Val<'v>) -> Result<Val<'v>, String> {
    let wrong = || format!("`{name}` takes a list of numbers, and not {}", list.kind());
    let items = list.items().ok_or_else(wrong)?;
    let mut numbers = Vec::with_capacity(items.len());
    for item in &items {
        match item {
            Val::Number(number) => numbers.push(*number),
            other => return Err(format!("`{name}` takes a list of numbers, and one item is {}", other.kind())),
        }
    }
    let found = match name {
        "sum" => numbers.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add),
        "min" => numbers.into_iter().min(),
        _ => numbers.into_iter().max(),
    };
    let none = || if name == "sum" { "the sum is too large".into() } else { format!("`{name}` of an empty list") };
    found.map(Val::Number).ok_or_else(none)
}
