//! What the values of a column or member can be: which pipes read all of them as a field wants them, and how well they fit.

use super::{
    knowledge::{Knowledge, Known},
    values::WRITTEN_DATES,
};
use crate::{
    canonical::currency,
    formats::piece::Standard,
    mapping::{dates::DateFormat, pipes, shape::Shape},
};
use rust_decimal::Decimal;

/// How values would be read, and how well they are what the field holds, 0 to 1.
pub struct Fit {
    pub pipes: Vec<Known>,
    pub factor: f64,
}

fn fit(pipes: Vec<Known>, factor: f64) -> Option<Fit> {
    Some(Fit { pipes, factor })
}

fn text(pipe: &str) -> Known {
    Known::Text(pipe.to_owned())
}

/// The field that values are to be.
pub struct Asked<'a> {
    /// Its canonical names.
    pub path: &'a [&'a str],
    pub shape: &'a Shape,
    /// Of an id.
    pub scheme: Option<&'a str>,
    /// The document writes decimals with a comma.
    pub comma: bool,
}

/// Fits the values of a column, none of them empty, to a field.
pub fn fits(values: &[&str], asked: &Asked, knowledge: &Knowledge) -> Option<Fit> {
    let Asked { path, shape, scheme, comma } = *asked;
    let all = |fits: &dyn Fn(&str) -> bool| values.iter().all(|value| fits(value));
    match (shape, path.last().copied().unwrap_or_default()) {
        (Shape::Date, _) => date(values),
        (Shape::Decimal, _) => number(values, comma).map(|pipes| Fit { pipes, factor: 1.0 }),
        (Shape::Integer(..), _) => {
            all(&|value| pipes::shaped(value, shape).is_ok()).then(|| Fit { pipes: vec![], factor: 1.0 })
        }
        (Shape::Currency, _) if all(&is_currency) => fit(vec![], 1.0),
        (Shape::Currency, _) => {
            all(&|value| is_currency(&value.to_uppercase())).then(|| Fit { pipes: vec![text("upper")], factor: 0.9 })
        }
        (Shape::Word(words), _) => {
            let known = all(&|value| words.contains(&value.to_lowercase()));
            known.then(|| Fit { pipes: vec![text("lower")], factor: 1.0 })
        }
        (Shape::List(item), _) if **item == Shape::Ref => match scheme {
            Some("gtin") if all(&is_gtin) => fit(vec![text("ref(gtin)")], 1.0),
            Some("gtin") => None,
            Some(scheme) => all(&is_id).then(|| Fit { pipes: vec![text(&format!("ref({scheme})"))], factor: 1.0 }),
            None => None,
        },
        (Shape::List(item), _) if **item == Shape::Text => fit(vec![], 1.0),
        (Shape::Text, "unit") => unit(values, knowledge),
        (Shape::Text, "country" | "country_of_origin") => {
            fit(vec![], if all(&|value| value.len() == 2) { 1.0 } else { 0.8 })
        }
        (Shape::Text, "name" | "description" | "street" | "city" | "brand") => {
            let lettered = |value: &&&str| value.chars().any(char::is_alphabetic);
            let share = values.iter().filter(lettered).count() as f64 / values.len().max(1) as f64;
            (share > 0.5).then_some(Fit { pipes: vec![], factor: share })
        }
        (Shape::Text, "number") => all(&is_id).then_some(Fit { pipes: vec![], factor: 1.0 }),
        (Shape::Text, _) => fit(vec![], 1.0),
        _ => None,
    }
}

/// A format that reads all of them. Where a day and a month may be either, that is no knowledge.
fn date(values: &[&str]) -> Option<Fit> {
    let reads = |form: &&str| {
        DateFormat::parse(form).is_some_and(|format| values.iter().all(|value| format.read(value, false).is_some()))
    };
    let forms: Vec<&str> = std::iter::once("iso").chain(WRITTEN_DATES.iter().copied()).filter(reads).collect();
    let first = forms.first()?;
    let sure = !forms.iter().any(|form| form != first && form.len() == first.len());
    fit(vec![text(&format!("date({first})"))], if sure { 1.0 } else { 0.6 })
}

/// The pipe that reads all of them as numbers, if it takes one. `comma`: other columns have decimals behind a comma, so that
/// `1.200` is twelve hundred here.
pub fn number(values: &[&str], comma: bool) -> Option<Vec<Known>> {
    let plain = |value: &&str| {
        let certain = pipes::certain(value, &Shape::Decimal, Standard::Csv).is_ok();
        certain && pipes::shaped(value, &Shape::Decimal).is_ok()
    };
    let has = |mark: char| values.iter().any(|value| value.contains(mark));
    let reads = |mark: char| values.iter().all(|value| pipes::marked(value, mark).is_ok());
    match () {
        () if (has(',') || comma && has('.')) && reads(',') => Some(vec![text("number(',')")]),
        () if values.iter().all(plain) => Some(vec![]),
        () if reads('.') => Some(vec![text("number('.')")]),
        () => None,
    }
}

/// Are these numbers with a comma that can only stand before decimals?
pub fn has_decimal_comma(values: &[&str]) -> bool {
    let decimals = |value: &&str| value.rsplit_once(',').is_some_and(|(_, behind)| behind.len() != 3);
    values.iter().any(decimals) && values.iter().all(|value| pipes::marked(value, ',').is_ok())
}

/// Their numbers.
pub fn decimals(values: &[&str], comma: bool) -> Option<Vec<Decimal>> {
    let mark = match number(values, comma)?.first() {
        Some(Known::Text(pipe)) if pipe.contains(',') => Some(','),
        Some(_) => Some('.'),
        None => None,
    };
    let plain = |value: &str| Decimal::from_str_exact(value).ok();
    let read = |value: &&str| match mark {
        Some(mark) => plain(&pipes::marked(value, mark).ok()?),
        None => plain(serde_json::Value::from(pipes::shaped(value, &Shape::Decimal).ok()?).as_str()?),
    };
    values.iter().map(read).collect()
}

/// By the table of units, where it has a row for one of them at least.
fn unit(values: &[&str], knowledge: &Knowledge) -> Option<Fit> {
    let worded = |value: &&str| value.chars().count() <= 12 && value.chars().any(char::is_alphabetic);
    if !values.iter().all(worded) {
        return None;
    }
    let table = knowledge.tables.iter().position(|known| known.name == "uom" && known.standard == Standard::Csv);
    let Some(table) = table else { return fit(vec![], 0.9) };
    fit(vec![text("upper"), Known::Table(table)], 1.0)
}

fn is_currency(value: &str) -> bool {
    currency::is_currency(value)
}

/// What a number of an item, an order or a partner may be: short, and no sentence.
fn is_id(value: &str) -> bool {
    let length = value.chars().count();
    length <= 40 && value.split_whitespace().count() <= 3 && !value.chars().any(char::is_control)
}

/// GS1's check digit: from the right every second digit three times.
pub fn is_gtin(value: &str) -> bool {
    let value = value.trim();
    if !matches!(value.len(), 8 | 12 | 13 | 14) || !value.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let digits = value.bytes().rev().map(|b| u32::from(b - b'0'));
    let sum: u32 = digits.enumerate().map(|(at, digit)| if at % 2 == 1 { digit * 3 } else { digit }).sum();
    sum.is_multiple_of(10)
}
