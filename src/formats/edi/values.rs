//! What a value may be: type, length, date, time, code.

use crate::{
    codes,
    guides::{Class, ElementSpec},
    policy::Presence,
};

/// What is wrong with a value: the fault's code, and what was expected.
pub(crate) struct Wrong {
    pub code: &'static str,
    pub says: String,
    pub expected: String,
}

/// Why an element can't hold a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// `has 7 characters`
    pub says: String,
    /// What the element takes.
    pub takes: String,
    pub kind: MisfitKind,
}

/// What of a value is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MisfitKind {
    TooLong,
    TooShort,
    /// Not in the code list. Lists grow: EUR is younger than many a directory that partners use.
    Code,
    /// Its type, its characters, or a date that doesn't exist.
    Form,
}

/// Why an element can't hold a value, if so.
///
/// ```
/// use crossdock_formats::{MisfitKind, guides, misfit, piece::Standard};
///
/// let beginning = guides::segment(Standard::X12, "004010", "BEG").unwrap();
/// let wrong = misfit("SALE", &beginning.elements[1]).unwrap();
/// assert_eq!((&*wrong.says, &*wrong.takes), ("has 4 characters", "exactly 2 characters"));
/// assert_eq!(wrong.kind, MisfitKind::TooLong);
/// assert_eq!(misfit("SA", &beginning.elements[1]), None);
/// ```
pub fn misfit(value: &str, spec: &ElementSpec) -> Option<Misfit> {
    let wrong = check(value, spec)?;
    let kind = match wrong.code {
        codes::TOO_LONG_VALUE => MisfitKind::TooLong,
        codes::TOO_SHORT => MisfitKind::TooShort,
        codes::UNKNOWN_CODE => MisfitKind::Code,
        _ => MisfitKind::Form,
    };
    Some(Misfit { says: wrong.says, takes: wrong.expected, kind })
}

/// Checks a value that is there. X12.6 §3.5.1 (types), ISO 9735-1 §8 (representations).
pub(crate) fn check(value: &str, spec: &ElementSpec) -> Option<Wrong> {
    let length = match spec.class {
        Class::Text if value.is_ascii() => value.len(),
        Class::Text | Class::Alpha => value.chars().count(),
        Class::Whole => match whole(value) {
            Some(length) => length,
            None => return wrong(codes::WRONG_CHARACTERS, "is not a whole number", "digits only"),
        },
        Class::Real => match real(value) {
            Some(length) => length,
            None => return wrong(codes::WRONG_CHARACTERS, "is not a number", "a decimal number such as 12.5"),
        },
        Class::Numeric => match numeric(value) {
            Some(length) => length,
            None => return wrong(codes::WRONG_CHARACTERS, "is not a number", "digits, with a decimal mark if need be"),
        },
        Class::Date => return date(value, spec),
        Class::Time => return time(value, spec),
        Class::Binary | Class::Composite => return None,
        Class::Unused => return wrong(codes::TOO_MANY_ELEMENTS, "is not used by this guide", "nothing"),
    };
    too_long_or_short(length, spec).or_else(|| characters(value, spec)).or_else(|| code(value, spec))
}

/// A value as it would be without zeros before a number and blanks around text, but for what its shortest length wants;
/// none if it is so. X12.6 §3.5.1.
pub(crate) fn unpadded(value: &str, spec: &ElementSpec) -> Option<String> {
    let shortest = (spec.min as usize).max(1);
    let plain = match spec.class {
        Class::Whole | Class::Real | Class::Numeric => {
            let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
            let whole = digits.find(['.', ',']).unwrap_or(digits.len());
            let count = digits.bytes().filter(u8::is_ascii_digit).count();
            let zeros = digits[..whole].bytes().take_while(|b| *b == b'0').count();
            let more = zeros.min(count.saturating_sub(shortest)).min(whole.saturating_sub(1));
            format!("{sign}{}", &digits[more..])
        }
        Class::Text | Class::Alpha => {
            let trimmed = value.trim_matches(' ');
            format!("{trimmed:<shortest$}")
        }
        _ => return None,
    };
    (plain != value).then_some(plain)
}

/// A number as it would be with the zeros before it that were agreed on: none beyond its shortest length, or as many as its
/// longest has room for; none if it is so, or is no number.
pub(crate) fn leading_zeros(value: &str, spec: &ElementSpec, presence: Presence) -> Option<String> {
    if !matches!(spec.class, Class::Whole | Class::Real | Class::Numeric) || value.contains('E') {
        return None;
    }
    match presence {
        Presence::Optional => None,
        Presence::Forbidden => unpadded(value, spec),
        Presence::Mandatory => {
            let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
            let count = digits.bytes().filter(u8::is_ascii_digit).count();
            let lacking = (spec.max as usize).saturating_sub(count);
            (lacking > 0).then(|| format!("{sign}{}{digits}", "0".repeat(lacking)))
        }
    }
}

/// A decimal number as it would be with the zeros behind it that were agreed on: none at the end of its decimals, or
/// decimals in any case (`4.0`); none if it is so, or its type has no decimal mark.
pub(crate) fn trailing_zeros(value: &str, spec: &ElementSpec, presence: Presence) -> Option<String> {
    if !matches!(spec.class, Class::Real | Class::Numeric) || value.contains('E') {
        return None;
    }
    match (presence, value.find(['.', ','])) {
        (Presence::Forbidden, Some(_)) if value.ends_with(['0', '.', ',']) => {
            let plain = value.trim_end_matches('0').trim_end_matches(['.', ',']);
            Some(if matches!(plain, "" | "-") { "0".to_owned() } else { plain.to_owned() })
        }
        // Of EDIFACT's n an integer has no decimals: what has no mark may be one.
        (Presence::Mandatory, None) if spec.class == Class::Real => Some(format!("{value}.0")),
        (Presence::Mandatory, Some(mark)) if mark + 1 == value.len() => Some(format!("{value}0")),
        _ => None,
    }
}

/// X12 Nn: optional minus, digits; the point is implied. Length counts the digits. X12.6 §3.5.1.1.
fn whole(value: &str) -> Option<usize> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits.len())
}

/// A number of type N1 to N9 that was written out (`12.5`, `1250`), with implied decimals (`1250`, `125000` of N2); none if
/// it is no number, has more decimals than its type, or is of another type.
pub(crate) fn implied(value: &str, spec: &ElementSpec) -> Option<String> {
    let decimals: usize = spec.kind.strip_prefix('N')?.parse().ok().filter(|n| (1..=9).contains(n))?;
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = digits.len() + rest.len() > 0 && digits.bytes().chain(rest.bytes()).all(|b| b.is_ascii_digit());
    (is_number && rest.len() <= decimals).then(|| format!("{whole}{rest:0<decimals$}"))
}

fn too_long_or_short(length: usize, spec: &ElementSpec) -> Option<Wrong> {
    let (min, max) = (spec.min as usize, spec.max as usize);
    let code = match () {
        () if max > 0 && length > max => codes::TOO_LONG_VALUE,
        () if length < min => codes::TOO_SHORT,
        () => return None,
    };
    let unit = if length == 1 { "character" } else { "characters" };
    Some(Wrong { code, says: format!("has {length} {unit}"), expected: range(min, max) })
}

fn range(min: usize, max: usize) -> String {
    match (min, max) {
        (min, max) if min == max => format!("exactly {max} characters"),
        (0 | 1, max) => format!("at most {max} characters"),
        (min, 0) => format!("at least {min} characters"),
        (min, max) => format!("{min} to {max} characters"),
    }
}

fn characters(value: &str, spec: &ElementSpec) -> Option<Wrong> {
    if let Some(c) = value.chars().find(|c| c.is_control() && *c != '\0') {
        let says = format!("contains the control character U+{:04X}", c as u32);
        return Some(Wrong { code: codes::WRONG_CHARACTERS, says, expected: "printable characters".into() });
    }
    let letters = spec.class == Class::Alpha && value.bytes().any(|b| b.is_ascii_digit());
    letters.then(|| Wrong {
        code: codes::WRONG_CHARACTERS,
        says: "contains digits".into(),
        expected: "letters only".into(),
    })
}

fn code(value: &str, spec: &ElementSpec) -> Option<Wrong> {
    if spec.codes.is_empty() || spec.codes.contains(value.trim_end_matches(' ')) {
        return None;
    }
    let some: Vec<String> = spec.codes.iter().take(8).collect();
    let more = if spec.codes.len() > some.len() {
        format!(" and {} more", spec.codes.len() - some.len())
    } else {
        String::new()
    };
    Some(Wrong {
        code: codes::UNKNOWN_CODE,
        says: format!("is not in the code list of element {}", spec.reference),
        expected: format!("{}{more}", some.join(", ")),
    })
}

/// X12 R: optional minus, digits with at most one point, optional exponent. Length counts the digits. X12.6 §3.5.1.2.
fn real(value: &str) -> Option<usize> {
    let (mantissa, exponent) = match value.split_once('E') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (value, None),
    };
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix('-').unwrap_or(exponent);
        if exponent.is_empty() || !exponent.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    decimal(mantissa.strip_prefix('-').unwrap_or(mantissa), |b| b == b'.')
}

/// EDIFACT n: a sign (before, by ISO 9735 a minus only), digits, one decimal mark (point or comma), not at the end.
fn numeric(value: &str) -> Option<usize> {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    if unsigned.ends_with(['.', ',']) {
        return None;
    }
    decimal(unsigned, |b| b == b'.' || b == b',')
}

fn decimal(value: &str, mark: impl Fn(u8) -> bool) -> Option<usize> {
    let marks = value.bytes().filter(|b| mark(*b)).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (marks <= 1 && digits > 0 && marks + digits == value.len()).then_some(digits)
}

/// X12 DT: `YYMMDD` where the version has 6 characters, `CCYYMMDD` where it has 8.
fn date(value: &str, spec: &ElementSpec) -> Option<Wrong> {
    let form = match spec.max {
        6 => "YYMMDD",
        _ if spec.min == 6 => "YYMMDD or CCYYMMDD",
        _ => "CCYYMMDD",
    };
    let bytes = value.as_bytes();
    let fits = bytes.len() >= spec.min as usize && bytes.len() <= spec.max as usize && matches!(bytes.len(), 6 | 8);
    if !bytes.iter().all(u8::is_ascii_digit) || !fits {
        return wrong(codes::BAD_DATE, "is not a date", form);
    }
    let number = |from: usize| u32::from(bytes[from] - b'0') * 10 + u32::from(bytes[from + 1] - b'0');
    let (year, month, day) = match bytes.len() {
        8 => (number(0) * 100 + number(2), number(4), number(6)),
        _ => (2000 + number(0), number(2), number(4)), // the century isn't said: leap years are those of 1904 to 2096
    };
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days(year, month);
    if exists { None } else { wrong(codes::BAD_DATE, "is a date that doesn't exist", form) }
}

/// How many days a month has.
pub(crate) fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// X12 TM: `HHMM`, `HHMMSS`, and decimals of seconds. X12.6 §3.5.1.5.
fn time(value: &str, spec: &ElementSpec) -> Option<Wrong> {
    let form = if spec.max <= 4 { "HHMM" } else { "HHMM, HHMMSS or HHMMSSDD" };
    let bytes = value.as_bytes();
    let length = bytes.len() >= spec.min as usize && bytes.len() <= spec.max as usize && bytes.len() != 5;
    if !length || !bytes.iter().all(u8::is_ascii_digit) {
        return wrong(codes::BAD_TIME, "is not a time", form);
    }
    let pair = |from: usize| bytes.get(from..from + 2).map_or(0, |p| (p[0] - b'0') * 10 + p[1] - b'0');
    let exists = pair(0) < 24 && pair(2) < 60 && pair(4) < 60;
    if exists { None } else { wrong(codes::BAD_TIME, "is a time that doesn't exist", form) }
}

fn wrong(code: &'static str, says: &str, expected: &str) -> Option<Wrong> {
    Some(Wrong { code, says: says.into(), expected: expected.into() })
}
