//! What each pipe does when reading, and its inverse when writing.
//!
//! | pipe | reading | writing |
//! |---|---|---|
//! | `date(f)` | text of format f → date | date → text; a fault if the format can't say it |
//! | `when(…)` | date, time and zone → one text, that `moment` makes a `When` of | not by a text: see `moment::written` |
//! | `decimal(n)` | the last n digits are decimals, unless a point is there | the same back |
//! | `number(m)` | m is the decimal mark; a point or comma that is not m parts thousands | the decimal mark is m |
//! | `table(t)` | value → target, by the most specific row | target → value, by the same order |
//! | `trim`, `upper`, `lower` | change the text | as it is: reading gives the same again |
//! | `pad(n, c)` | takes leading c off | fills up to n |
//! | `prefix(p)` | takes p off, where it stands before the text | puts it before |
//! | `sscc`, `sscc(00)` | the 18 digits, without their application identifier | the same; `(00)`: with it before them |
//! | `cut(n)` | the first n characters | the same |
//! | `lines(n, p)` | with what stands behind it up to place p | taken apart, n characters a place: see `wrapped` |
//! | `split(s)`, `join(s)` | one text → many, many → one | each the other's inverse |
//! | `default(x)` | x where nothing stands | as it is |
//! | `party(q)`, `item`, `ref(s)` | an id → an id with its scheme | picks the id that can be said so |

use super::{
    Tables,
    dates::{DateFormat, is_common},
    frames::{self, Hit, Hits},
    moment::{self, Form},
    plan::{Leaf, Pipe, Program},
    schemes,
    seen::Seen,
    shape::Shape,
    wrapped,
};
use crate::{
    canonical::{
        Date,
        currency::{CURRENCY, is_currency},
    },
    formats::{
        piece::Standard,
        tree::{NodeId, Tree},
    },
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::{borrow::Cow, str::FromStr};

/// Why a value could not be read or written.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    Value { code: &'static str, found: String, expected: String },
    NotInTable { table: String, value: String },
}

/// Pipes in the reading direction.
pub fn read<'t>(
    pipes: &'t [Pipe],
    hits: &mut Hits<'t>,
    program: &'t Program,
    tree: &'t Tree,
    tables: &dyn Tables,
    seen: &mut Seen,
) -> Result<(), Box<(Hit<'t>, Wrong)>> {
    for pipe in pipes {
        match pipe {
            Pipe::Default(text) if hits.is_empty() => hits.push(default(text, tree)),
            Pipe::Split(mark) => *hits = split(hits, mark),
            Pipe::Join(mark) => join(hits, mark),
            Pipe::Default(_) => {}
            _ => {
                for hit in hits.iter_mut() {
                    if let Err(wrong) = read_one(pipe, hit, program, tree, tables, seen) {
                        return Err(Box::new((hit.clone(), wrong)));
                    }
                }
                // A row may lead to nothing: then the next alternative is asked.
                if matches!(pipe, Pipe::Table(_)) {
                    hits.retain(|hit| !hit.text.is_empty());
                }
            }
        }
    }
    Ok(())
}

/// The same of one value at most.
pub fn read_alone<'t>(
    pipes: &'t [Pipe],
    found: &mut Option<Hit<'t>>,
    program: &'t Program,
    tree: &'t Tree,
    tables: &dyn Tables,
    seen: &mut Seen,
) -> Result<(), Wrong> {
    for pipe in pipes {
        match (pipe, found.as_mut()) {
            (Pipe::Default(text), None) => *found = Some(default(text, tree)),
            (_, None) => {}
            (_, Some(hit)) => {
                read_one(pipe, hit, program, tree, tables, seen)?;
                // A row may lead to nothing: then the next alternative is asked.
                if matches!(pipe, Pipe::Table(_)) && hit.text.is_empty() {
                    *found = None;
                }
            }
        }
    }
    Ok(())
}

/// What stands where nothing was found.
fn default<'t>(text: &'t str, tree: &Tree) -> Hit<'t> {
    Hit { text: text.into(), tag: None, node: None, element: 0, container: tree.root(), route: None }
}

#[inline]
fn read_one<'t>(
    pipe: &'t Pipe,
    hit: &mut Hit<'t>,
    program: &'t Program,
    tree: &Tree,
    tables: &dyn Tables,
    seen: &mut Seen,
) -> Result<(), Wrong> {
    // What stands there already in its canonical form, a literal or a default, needs no reading of its format.
    let made = hit.node.is_none();
    match pipe {
        Pipe::Date(_) | Pipe::CodedDate(_) | Pipe::When(_) | Pipe::Decimal(_) | Pipe::Table(_) if made => {}
        Pipe::Date(format) => hit.text = date(format, &hit.text, false)?.into(),
        Pipe::CodedDate(leaf) => {
            let code = beside(tree, hit.container, leaf, seen);
            let format = DateFormat::of_code(code.trim()).ok_or_else(|| Wrong::Value {
                code: "mapping/bad_date",
                found: format!("{} in format {code}", hit.text),
                expected: "a date in format 101, 102, 203, 204, 303, 304, 718, 2, 3 or 4".into(),
            })?;
            hit.text = date(&format, &hit.text, true)?.into();
        }
        Pipe::When(form) => {
            let mut said = |leaf: &Leaf| beside(tree, hit.container, leaf, seen);
            hit.text = match form {
                Form::Beside { time, zone } => {
                    let [time, zone] = [time, zone].map(|leaf| leaf.as_ref().map_or("", &mut said));
                    moment::of_elements(&hit.text, time, zone)?
                }
                Form::Coded(code) => moment::of_coded(&hit.text, said(code))?,
                Form::Iso => moment::of_iso(&hit.text)?,
            }
            .into();
        }
        Pipe::Number(mark) => hit.text = marked(&hit.text, *mark)?.into(),
        Pipe::Decimal(implied) => hit.text = implied_decimals(&hit.text, *implied)?.into(),
        Pipe::Table(at) => {
            let table = &program.tables[*at];
            let value = frames::trimmed(&hit.text);
            let miss = || Wrong::NotInTable { table: table.name.clone(), value: value.to_owned() };
            hit.text = table.read(value, tables).ok_or_else(miss)?;
        }
        Pipe::Trim | Pipe::Upper | Pipe::Lower | Pipe::Pad(..) | Pipe::Prefix(_) | Pipe::Cut(_) | Pipe::Sscc(_) => {
            hit.text = altered(pipe, &hit.text).into();
        }
        Pipe::Lines(width, behind) => {
            let more = behind.iter().map(|leaf| beside(tree, hit.container, leaf, seen));
            let parts: Vec<&str> = more.filter(|part| !part.is_empty()).collect();
            if !parts.is_empty() {
                hit.text = wrapped::joined(*width, &hit.text, &parts).into();
            }
        }
        Pipe::Party(leaf, _) => {
            let qualifier = beside(tree, hit.container, leaf, seen);
            hit.tag = Some(schemes::party(program.standard, qualifier.trim()));
        }
        Pipe::Item => {
            let qualifier = hit.tag.take().unwrap_or_default();
            hit.tag = Some(schemes::item(program.standard, &qualifier));
        }
        Pipe::Ref(scheme) => hit.tag = Some(scheme.as_str().into()),
        Pipe::Split(_) | Pipe::Join(_) | Pipe::Default(_) => {}
    }
    Ok(())
}

/// What a pipe that changes texts makes of one, and any other leaves as it is.
fn altered(pipe: &Pipe, text: &str) -> String {
    match pipe {
        Pipe::Trim => text.trim().to_owned(),
        Pipe::Upper => text.to_uppercase(),
        Pipe::Lower => text.to_lowercase(),
        Pipe::Pad(_, fill) => match text.trim_start_matches(*fill) {
            "" => fill.to_string(),
            rest => rest.to_owned(),
        },
        Pipe::Prefix(prefix) => text.strip_prefix(prefix.as_str()).unwrap_or(text).to_owned(),
        Pipe::Cut(width) => text.chars().take(*width).collect(),
        Pipe::Sscc(_) => schemes::sscc(text).unwrap_or(text).to_owned(),
        _ => text.to_owned(),
    }
}

/// What pipes make of a text that the mapping says itself; none where that is a list, or an id with its scheme.
pub fn constant(pipes: &[Pipe], text: &str) -> Option<String> {
    pipes.iter().try_fold(text.to_owned(), |text, pipe| match pipe {
        Pipe::Split(_) | Pipe::Join(_) | Pipe::Party(..) | Pipe::Item | Pipe::Ref(_) | Pipe::Lines(..) => None,
        pipe => Some(altered(pipe, &text)),
    })
}

/// The text beside a value; it counts as read.
fn beside<'t>(tree: &'t Tree, container: NodeId, leaf: &Leaf, seen: &mut Seen) -> &'t str {
    let Some(node) = frames::leaf(tree, container, leaf) else { return "" };
    seen.mark(node);
    tree.value(node).unwrap_or_default()
}

fn split<'t>(hits: &Hits<'t>, mark: &str) -> Hits<'t> {
    let mut parts = Hits::new();
    for hit in hits {
        for part in hit.text.split(mark).filter(|p| !p.trim().is_empty()) {
            parts.push(Hit { text: part.to_owned().into(), ..hit.clone() });
        }
    }
    parts
}

fn join(hits: &mut Hits, mark: &str) {
    let texts: Vec<&str> = hits.iter().map(|h| &*h.text).collect();
    let text = texts.join(mark).into();
    hits.truncate(1);
    if let Some(first) = hits.first_mut() {
        first.text = text;
    }
}

fn date(format: &DateFormat, text: &str, loose: bool) -> Result<String, Wrong> {
    format.to_iso(text, loose).ok_or_else(|| Wrong::Value {
        code: "mapping/bad_date",
        found: text.to_owned(),
        expected: format!("a date of the form {}", format.words()),
    })
}

/// A number as documents write it; a comma may be the decimal mark.
fn number(text: &str) -> Result<Decimal, Wrong> {
    let text = text.trim();
    let plain = text.strip_prefix('+').unwrap_or(text);
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let well_formed = digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
        && digits.bytes().filter(|b| matches!(b, b'.' | b',')).count() <= 1;
    let found = match plain.contains(['e', 'E']) {
        // X12's R and JSON: 1.2E3.
        true => scientific(plain),
        false if well_formed => Decimal::from_str_exact(&whole(&plain.replace(',', "."))).ok(),
        false => None,
    };
    found.ok_or_else(|| Wrong::Value {
        code: "mapping/bad_number",
        found: text.to_owned(),
        expected: "a number of at most 28 digits".into(),
    })
}

/// `1.2E3`; none if that is no number, or needs more than 28 digits.
fn scientific(text: &str) -> Option<Decimal> {
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|e| (-28..=28).contains(e))?;
    let number = number(digits).ok()?;
    let ten = (0..exponent.unsigned_abs()).try_fold(Decimal::ONE, |ten, _| ten.checked_mul(Decimal::TEN))?;
    let shifted = if exponent < 0 { number.checked_div(ten) } else { number.checked_mul(ten) }?;
    // Nothing may be rounded away.
    let back = if exponent < 0 { shifted.checked_mul(ten) } else { shifted.checked_div(ten) }?;
    (back == number).then(|| shifted.normalize())
}

/// A comma with three digits behind it may part thousands as well as decimals: 1,250 is no number until somebody says so.
/// EDIFACT says in its UNA what a comma is. An exponent is X12's (R) and JSON's: a spreadsheet writes 4.00638E+12 where digits
/// are lost.
pub fn certain(text: &str, shape: &Shape, standard: Standard) -> Result<(), Wrong> {
    if !matches!(shape, Shape::Decimal | Shape::Integer(..)) || standard == Standard::Edifact || is_canonical(text) {
        return Ok(());
    }
    let text = text.trim();
    let found = text.to_owned();
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if numeric && text.contains(['e', 'E']) && !matches!(standard, Standard::X12 | Standard::Json) {
        let expected = "a number without an exponent, whose last digits are lost in many programs".to_owned();
        return Err(Wrong::Value { code: "mapping/bad_number", found, expected });
    }
    let (whole, decimals) = match text.split_once(',') {
        Some(parts) => parts,
        None => return Ok(()),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let whole = whole.trim_start_matches(['+', '-']);
    let thousands = (1..=3).contains(&whole.len()) && digits(whole) && !whole.starts_with('0');
    if !(thousands && decimals.len() == 3 && digits(decimals)) {
        return Ok(());
    }
    let expected = "a number whose comma can mean one thing only: let the mapping say which is the decimal mark, \
        `| number('.')` or `| number(',')`";
    Err(Wrong::Value { code: "mapping/bad_number", found, expected: expected.to_owned() })
}

/// A number whose decimal mark is known: the other one of point and comma, a blank or an apostrophe parts thousands.
pub fn marked(text: &str, mark: char) -> Result<String, Wrong> {
    let text = text.trim();
    let (whole, decimals) = text.split_once(mark).map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let parts = if mark == ',' { ['.', ' ', '\u{a0}', '\''] } else { [',', ' ', '\u{a0}', '\''] };
    let mut groups = whole.split(parts);
    let first = groups.next().unwrap_or_default();
    let grouped = groups.clone().count() > 0;
    let of_three = groups.clone().all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    let short = (1..=3).contains(&first.trim_start_matches(['+', '-']).len());
    let plain = first.to_owned() + &groups.collect::<String>() + &decimals.map_or(String::new(), |d| format!(".{d}"));
    if (!grouped || of_three && short) && !plain.contains(',') && number(&plain).is_ok() {
        return Ok(plain);
    }
    Err(Wrong::Value {
        code: "mapping/bad_number",
        found: text.to_owned(),
        expected: format!("a number with `{mark}` before its decimals"),
    })
}

/// Is it a number that would be written just so? Most are, and need not be taken apart.
pub fn is_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut point = bytes.len();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' if point == bytes.len() => point = at,
            _ => return false,
        }
    }
    // Digits stand on both sides of the point, and no zero before others.
    (1..=20).contains(&bytes.len()) && point > 0 && point + 1 != bytes.len() && (point == 1 || bytes[0] != b'0')
}

/// `.5` and `5.` with the zero that they leave out.
fn whole(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |d| ("-", d));
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    if digits.starts_with('.') { format!("{sign}0{digits}") } else { format!("{sign}{digits}") }
}

fn implied_decimals(text: &str, implied: u32) -> Result<String, Wrong> {
    let mut value = number(text)?;
    if implied > 0 && !text.contains(['.', ',']) {
        let shifted = Decimal::try_from_i128_with_scale(value.mantissa(), implied);
        value = shifted.map_err(|_| bad_number(text))?;
    }
    Ok(value.to_string())
}

fn bad_number(text: &str) -> Wrong {
    let expected = "a number that fits".to_owned();
    Wrong::Value { code: "mapping/bad_number", found: text.to_owned(), expected }
}

/// A value as its canonical field wants it.
#[derive(Debug, PartialEq)]
pub enum Shaped<'t> {
    Text(Cow<'t, str>),
    Whole(u32),
    /// A date with what stands beside it.
    When(Map<String, Value>),
}

impl From<Shaped<'_>> for Value {
    fn from(shaped: Shaped) -> Value {
        match shaped {
            Shaped::Text(text) => Value::String(text.into_owned()),
            Shaped::Whole(whole) => whole.into(),
            Shaped::When(when) => Value::Object(when),
        }
    }
}

/// A value of a document as the canonical field wants it; a number whose comma may mean two things is none.
#[inline]
pub fn fitted<'t>(text: &'t str, shape: &Shape, standard: Standard) -> Result<Shaped<'t>, Wrong> {
    match shape {
        Shape::Text => Ok(Shaped::Text(text.into())),
        Shape::Decimal if is_canonical(text) => Ok(Shaped::Text(text.into())),
        _ => certain(text, shape, standard).and_then(|()| shaped(text, shape)),
    }
}

/// A text as the canonical field wants it.
pub fn shaped<'t>(text: &'t str, shape: &Shape) -> Result<Shaped<'t>, Wrong> {
    let bad = |code, expected: String| Wrong::Value { code, found: text.to_owned(), expected };
    let made = |text: String| Shaped::Text(Cow::Owned(text));
    Ok(match shape {
        Shape::Decimal if is_canonical(text) => Shaped::Text(text.into()),
        Shape::Decimal => made(number(text)?.to_string()),
        Shape::Integer(least, most) => {
            let whole = u32::from_str(&number(text)?.normalize().to_string()).ok();
            let whole = whole.filter(|whole| (least..=most).contains(&whole));
            let limits = || format!("a whole number from {least} to {most}");
            Shaped::Whole(whole.ok_or_else(|| bad("mapping/bad_number", limits()))?)
        }
        Shape::Date if is_common(text.as_bytes()) => Shaped::Text(text.into()),
        Shape::Date => match DateFormat::Iso.read(text, false) {
            Some(_) if text.len() == 10 => Shaped::Text(text.into()),
            Some(date) => made(date.to_string()),
            None => return Err(bad("mapping/bad_date", "a date of the form yyyy-mm-dd".into())),
        },
        Shape::Instant => match text.trim().parse::<jiff::Timestamp>() {
            Ok(instant) => made(crate::canonical::Micros(instant.as_microsecond()).rfc3339()),
            Err(_) => return Err(bad("mapping/bad_instant", "an instant as in 2026-02-14T09:30:00Z".into())),
        },
        Shape::Word(words) if !words.iter().any(|w| w == text) => {
            return Err(bad("mapping/bad_value", format!("one of {}", words.join(", "))));
        }
        Shape::Currency if !is_currency(text.trim()) => return Err(bad("mapping/bad_value", CURRENCY.into())),
        Shape::Currency => Shaped::Text(text.trim().into()),
        Shape::Object(_) => Shaped::When(moment::object(text)?),
        _ => Shaped::Text(text.into()),
    })
}

// ---- writing ----

/// A canonical value as text, before the pipes' inverses.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The inverse of pipes, last first. `code`: told what else is written beside it: a date's format, the rest of a text.
pub fn write(
    pipes: &[Pipe],
    mut text: String,
    program: &Program,
    tables: &dyn Tables,
    code: &mut dyn FnMut(&Leaf, &str),
) -> Result<String, Wrong> {
    for pipe in pipes.iter().rev() {
        match pipe {
            Pipe::Date(format) => text = written_date(format, &text)?,
            Pipe::CodedDate(leaf) => {
                text = written_date(&DateFormat::of_code("102").unwrap_or(DateFormat::Iso), &text)?;
                code(leaf, "102");
            }
            Pipe::Decimal(implied) if *implied > 0 => text = without_point(&text, *implied)?,
            Pipe::Table(at) => {
                let table = &program.tables[*at];
                let written = |target: &str| table.write(target, tables);
                // 1 and 1.00 are one number.
                let normal = || Decimal::from_str_exact(&text).ok().and_then(|d| written(&d.normalize().to_string()));
                let found = written(&text).or_else(normal).or_else(|| table.passes().then(|| text.clone()));
                text = found.ok_or_else(|| Wrong::NotInTable { table: table.name.clone(), value: text.clone() })?;
            }
            Pipe::Number(mark) => text = text.replace('.', &mark.to_string()),
            Pipe::Pad(width, fill) => {
                let missing = width.saturating_sub(text.chars().count());
                text = fill.to_string().repeat(missing) + &text;
            }
            Pipe::Prefix(prefix) => text = format!("{prefix}{text}"),
            Pipe::Cut(width) => text = text.chars().take(*width).collect(),
            Pipe::Lines(width, behind) => {
                let mut parts = wrapped::taken_apart(&text, *width, behind.len() + 1)?.into_iter();
                text = parts.next().unwrap_or_default();
                behind.iter().zip(parts).for_each(|(leaf, part)| code(leaf, &part));
            }
            Pipe::Sscc(identified) => {
                let digits = schemes::sscc(&text).map(str::to_owned);
                text = match digits {
                    Some(digits) if *identified => format!("00{digits}"),
                    digits => digits.unwrap_or(text),
                };
            }
            Pipe::Decimal(_) | Pipe::Trim | Pipe::Upper | Pipe::Lower | Pipe::Default(_) => {}
            // Lists and schemes are taken apart before a single text is written.
            Pipe::Split(_) | Pipe::Join(_) | Pipe::Party(..) | Pipe::Item | Pipe::Ref(_) => {}
            // A `When` is no text.
            Pipe::When(_) => {}
        }
    }
    Ok(text)
}

fn written_date(format: &DateFormat, text: &str) -> Result<String, Wrong> {
    let date: Option<Date> = DateFormat::Iso.read(text, false);
    date.and_then(|d| format.write(d)).ok_or_else(|| Wrong::Value {
        code: "mapping/bad_date",
        found: text.to_owned(),
        expected: format!("a date that can be written as {}", format.words()),
    })
}

fn without_point(text: &str, implied: u32) -> Result<String, Wrong> {
    let value = number(text)?;
    let shifted = value.checked_mul(Decimal::from(10i64.pow(implied))).ok_or_else(|| bad_number(text))?.normalize();
    if shifted.scale() > 0 {
        let expected = format!("a number with at most {implied} decimals");
        return Err(Wrong::Value { code: "mapping/bad_number", found: text.to_owned(), expected });
    }
    Ok(shifted.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Shape = Shape::Integer(0, u32::MAX);

    fn shaped(text: &str, shape: &Shape) -> Result<Value, Wrong> {
        super::shaped(text, shape).map(Value::from)
    }

    #[test]
    fn numbers_as_documents_write_them() {
        for (text, expected) in [
            ("12.50", "12.50"),
            (" 12 ", "12"),
            ("+5", "5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("0012", "12"),
            ("1,5", "1.5"),
            ("1e5", "100000"),
            ("-1.25E1", "-12.5"),
            ("5E-3", "0.005"),
        ] {
            assert_eq!(shaped(text, &Shape::Decimal).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "abc",
            "1.2.3",
            "--1",
            "+",
            ".",
            "1e",
            "e5",
            "1e99",
            "1e-29",
            "1 000",
            "99999999999999999999999999999999",
            "٣",
        ] {
            assert!(shaped(text, &Shape::Decimal).is_err(), "{text}");
        }
        for (text, mark, expected) in [
            ("1.234,50", ',', "1234.50"),
            ("1,234.50", '.', "1234.50"),
            ("1,250", '.', "1250"),
            ("1,250", ',', "1.250"),
            ("1 234 567,8", ',', "1234567.8"),
            ("-1'000", '.', "-1000"),
            ("12", ',', "12"),
        ] {
            assert_eq!(marked(text, mark).unwrap(), expected, "{text}");
        }
        for (text, mark) in
            [("1,25", '.'), ("1234,567", '.'), ("1.2.3", '.'), ("1,2,3", ','), ("12.34,5", ','), ("", ',')]
        {
            assert!(marked(text, mark).is_err(), "{text}");
        }
        for (text, sure) in [("1,250", false), ("-12,000", false), ("0,250", true), ("1,25", true), ("1234,567", true)]
        {
            assert_eq!(certain(text, &Shape::Decimal, Standard::Csv).is_ok(), sure, "{text}");
        }
        assert!(certain("1,250", &Shape::Text, Standard::Csv).is_ok());
        assert!(certain("1,250", &Shape::Decimal, Standard::Edifact).is_ok());
        assert!(certain("4.00638E+12", &Shape::Decimal, Standard::Csv).is_err());
        assert!(certain("4.00638E+12", &Shape::Decimal, Standard::Json).is_ok());
        assert_eq!(implied_decimals("1250", 2).unwrap(), "12.50");
        assert_eq!(implied_decimals("12.5", 2).unwrap(), "12.5");
        assert_eq!(without_point("12.50", 2).unwrap(), "1250");
        assert!(without_point("12.505", 2).is_err());
        assert_eq!(shaped("7.0", &WHOLE).unwrap(), 7);
        assert!(shaped("7.5", &WHOLE).is_err());
        assert!(shaped("-1", &WHOLE).is_err());
        let day = Shape::Integer(1, 31);
        assert!(["1", "31", "05"].iter().all(|text| shaped(text, &day).is_ok()));
        for text in ["0", "32", "99"] {
            let Err(Wrong::Value { code, expected, .. }) = shaped(text, &day) else { panic!("{text}") };
            assert_eq!((code, &*expected), ("mapping/bad_number", "a whole number from 1 to 31"));
        }
    }
}
