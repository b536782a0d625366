//! Dates, times and periods that say their own form: C507, of which 2379 says how 2380 is written.

use crate::{
    codes,
    edi::{roll::Roll, values::days},
    fault::Fault,
    names::{Fixed, packed},
    place::At,
    tree::{NodeId, Tree},
};

/// 2379 and the forms that it names, in the directories' letters: S is a second or a semester, M a month or a minute, D a
/// day of a month, a week (D) or a year (DDD), by where and how often it stands. Counts of days or weeks have no form.
const FORMS: &[(&str, &str)] = &[
    ("2", "DDMMYY"),
    ("3", "MMDDYY"),
    ("4", "DDMMCCYY"),
    ("5", "DDMMCCYYHHMM"),
    ("101", "YYMMDD"),
    ("102", "CCYYMMDD"),
    ("103", "YYWWD"),
    ("105", "YYDDD"),
    ("106", "MMDD"),
    ("107", "DDD"),
    ("108", "WW"),
    ("109", "MM"),
    ("110", "DD"),
    ("201", "YYMMDDHHMM"),
    ("202", "YYMMDDHHMMSS"),
    ("203", "CCYYMMDDHHMM"),
    ("204", "CCYYMMDDHHMMSS"),
    ("205", "CCYYMMDDHHMMZHHMM"),
    ("301", "YYMMDDHHMMZZZ"),
    ("302", "YYMMDDHHMMSSZZZ"),
    ("303", "CCYYMMDDHHMMZZZ"),
    ("304", "CCYYMMDDHHMMSSZZZ"),
    ("305", "MMDDHHMM"),
    ("306", "DDHHMM"),
    ("401", "HHMM"),
    ("402", "HHMMSS"),
    ("404", "HHMMSSZZZ"),
    ("406", "ZHHMM"),
    ("501", "HHMMHHMM"),
    ("502", "HHMMSS-HHMMSS"),
    ("503", "HHMMSSZZZ-HHMMSSZZZ"),
    ("600", "CC"),
    ("601", "YY"),
    ("602", "CCYY"),
    ("603", "YYS"),
    ("604", "CCYYS"),
    ("608", "CCYYQ"),
    ("609", "YYMM"),
    ("610", "CCYYMM"),
    ("613", "YYMMA"),
    ("614", "CCYYMMA"),
    ("615", "YYWW"),
    ("616", "CCYYWW"),
    ("701", "YY-YY"),
    ("702", "CCYY-CCYY"),
    ("703", "YYS-YYS"),
    ("704", "CCYYS-CCYYS"),
    ("705", "YYPYYP"),
    ("706", "CCYYP-CCYYP"),
    ("707", "YYQ-YYQ"),
    ("708", "CCYYQ-CCYYQ"),
    ("709", "YYMM-YYMM"),
    ("710", "CCYYMM-CCYYMM"),
    ("711", "CCYYMMDD-CCYYMMDD"),
    ("713", "YYMMDDHHMM-YYMMDDHHMM"),
    ("715", "YYWW-YYWW"),
    ("716", "CCYYWW-CCYYWW"),
    ("717", "YYMMDD-YYMMDD"),
    ("718", "CCYYMMDD-CCYYMMDD"),
    ("719", "CCYYMMDDHHMM-CCYYMMDDHHMM"),
    ("720", "DHHMM-DHHMM"),
];

/// The most frequent form.
const DAY: &str = "CCYYMMDD";

/// The codes of the forms as numbers.
const CODES: [u64; FORMS.len()] = {
    let mut codes = [0; FORMS.len()];
    let mut at = 0;
    while at < FORMS.len() {
        if let Some(code) = packed(FORMS[at].0) {
            codes[at] = code;
        }
        at += 1;
    }
    codes
};

/// A fault for each DTM whose value isn't what its own format says; `segments` are all that the set has.
pub(super) fn check(tree: &Tree, segments: &Roll) -> Vec<Fault> {
    let Some(dtm) = tree.number_of_fixed(const { Fixed::of("DTM") }) else { return vec![] };
    segments.named([dtm]).filter_map(|segment| wrong(tree, segment)).collect()
}

fn wrong(tree: &Tree, segment: NodeId) -> Option<Fault> {
    let composite = tree.at_position(segment, 1)?;
    let (node, format) = (tree.at_position(composite, 2)?, tree.value(tree.at_position(composite, 3)?)?);
    let value = tree.value(node).filter(|value| !value.is_empty())?;
    let wanted = packed(format)?;
    let form = FORMS.get(CODES.iter().position(|code| *code == wanted)?)?.1;
    if form == DAY && is_day(value) {
        return None;
    }
    let misfit = misfit(value, form)?;
    let place = tree.place(node);
    let shown = crate::fault::shorten(value, 40);
    let says = match misfit {
        Misfit::Form => format!("is not written as its format {format} (2379) says, {form}"),
        Misfit::Value => format!("is none that exists, by its format {format} (2379), {form}"),
    };
    let At::Segment { ordinal, .. } = &place.at else { return None };
    let sentence = format!("{} in segment {ordinal} {says}: “{shown}”.", place.at);
    Some(Fault::new(codes::PERIOD, place, sentence).found(value).expected(form))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misfit {
    /// Other characters, or another number of them.
    Form,
    /// A month 13.
    Value,
}

/// A day as far as it is said.
#[derive(Default)]
struct Day {
    century: Option<u32>,
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
}

impl Day {
    fn exists(&self) -> bool {
        // Of a year that isn't said, or only by two digits, the 29th of February may be one.
        let year = self.year.map_or(2000, |year| self.century.unwrap_or(20) * 100 + year);
        self.day.is_none_or(|day| day <= self.month.map_or(31, |month| days(year, month)))
    }
}

/// True of a day that each month has, in the most frequent form.
fn is_day(value: &str) -> bool {
    let Ok(digits) = <&[u8; 8]>::try_from(value.as_bytes()) else { return false };
    let number = |at: usize| digits[at].wrapping_sub(b'0') * 10 + digits[at + 1].wrapping_sub(b'0');
    digits.iter().all(u8::is_ascii_digit) && (1..=12).contains(&number(4)) && (1..=28).contains(&number(6))
}

/// What of a value doesn't fit a form, if anything. The hyphen of a period is mostly left out.
fn misfit(value: &str, form: &str) -> Option<Misfit> {
    let mut rest = value;
    let mut right = true;
    for half in form.split('-') {
        rest = if rest.len() < value.len() { rest.strip_prefix('-').unwrap_or(rest) } else { rest };
        let mut day = Day::default();
        for field in half.as_bytes().chunk_by(|one, other| one == other) {
            let Some((part, behind)) = rest.split_at_checked(field.len()) else { return Some(Misfit::Form) };
            rest = behind;
            if field[0] == b'Z' {
                // A time zone, or the sign of one: letters and signs, too.
                if !part.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Some(Misfit::Form);
                }
                day.hour = None;
                continue;
            }
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Some(Misfit::Form);
            }
            right &= part.parse().is_ok_and(|number| takes(field, number, &mut day));
        }
        right &= day.exists();
    }
    match (rest, right) {
        ("", true) => None,
        ("", false) => Some(Misfit::Value),
        _ => Some(Misfit::Form),
    }
}

/// True if a field of a form may be a number.
fn takes(field: &[u8], number: u32, day: &mut Day) -> bool {
    match field {
        b"CC" => day.century = Some(number),
        b"YY" => day.year = Some(number),
        b"MM" if day.hour.is_some() => return number < 60 && (day.hour != Some(24) || number == 0),
        b"MM" => {
            day.month = Some(number);
            return (1..=12).contains(&number);
        }
        b"DD" => {
            day.day = Some(number);
            return number > 0;
        }
        // Midnight may be the end of its day. ISO 8601 §5.3.2
        b"HH" => {
            day.hour = Some(number);
            return number <= 24;
        }
        b"SS" => return number <= 60,
        b"DDD" => return (1..=366).contains(&number),
        b"WW" => return (1..=53).contains(&number),
        b"D" => return (1..=7).contains(&number),
        b"S" => return (1..=2).contains(&number),
        b"A" => return (1..=3).contains(&number),
        b"Q" => return (1..=4).contains(&number),
        _ => return number > 0,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(format: &str, value: &str) -> Option<Misfit> {
        let misfit = misfit(value, FORMS.iter().find(|(code, _)| *code == format).expect("a form").1);
        assert!(format != "102" || !is_day(value) || misfit.is_none(), "{value} is a day");
        misfit
    }

    #[test]
    fn what_is_told_a_day_at_once_is_one() {
        let days = ["20260105", "20261231", "20260001", "20261301", "20260100", "20260129", "2026010/", "2026O101"];
        let at_once: Vec<bool> = days.into_iter().map(|day| by("102", day).is_none() && is_day(day)).collect();
        assert_eq!(at_once, [true, false, false, false, false, false, false, false]);
        assert!(CODES.iter().all(|code| *code != 0));
    }

    #[test]
    fn values_fit_their_format_or_not() {
        let right = [
            ("102", "20240229"),
            ("203", "202601052359"),
            ("203", "202601052400"),
            ("204", "20260105235959"),
            ("2", "310126"),
            ("205", "202601051200+0100"),
            ("303", "202601051200UTC"),
            ("303", "202601051200+01"),
            ("304", "20260105120000+01"),
            ("401", "0930"),
            ("501", "08001200"),
            ("616", "202653"),
            ("715", "2601-2604"),
            ("718", "20260101-20260131"),
            ("718", "2026010120260131"),
            ("719", "202601010800-202601311800"),
            ("720", "10800-51700"),
            ("105", "26366"),
        ];
        right.into_iter().for_each(|(format, value)| assert_eq!(by(format, value), None, "{format} {value}"));
        let form = [
            ("102", "2026010510"),
            ("102", "260105"),
            ("102", "2026-01-05"),
            ("102", "2026010ü"),
            ("203", "20260105"),
            ("718", "20260101"),
            ("718", "20260101-"),
            ("718", "-2026010120260131"),
            ("401", "9:30"),
        ];
        form.into_iter()
            .for_each(|(format, value)| assert_eq!(by(format, value), Some(Misfit::Form), "{format} {value}"));
        let wrong = [
            ("102", "20230229"),
            ("102", "20260431"),
            ("203", "202613050800"),
            ("203", "202601052500"),
            ("203", "202601052401"),
            ("203", "202601050860"),
            ("718", "20260101-20260231"),
            ("616", "202654"),
            ("101", "261301"),
        ];
        wrong
            .into_iter()
            .for_each(|(format, value)| assert_eq!(by(format, value), Some(Misfit::Value), "{format} {value}"));
    }

    #[test]
    fn formats_are_those_of_the_directory() {
        let guide = crate::guides::segment(crate::piece::Standard::Edifact, "D01B", "DTM").expect("a segment");
        let codes = &guide.elements[0].components[2].codes;
        let unknown: Vec<_> = FORMS.iter().filter(|(code, _)| !codes.contains(code)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
