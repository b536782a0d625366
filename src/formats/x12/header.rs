//! What the interchange header says beside who and to whom: values that X12.5 doesn't have there.

use super::isa::Isa;
use crate::{codes, fault::Fault, place::Place};

/// Where an element of a header of 106 bytes begins.
const OFFSETS: [usize; 16] = [4, 7, 18, 21, 32, 35, 51, 54, 70, 77, 82, 84, 90, 100, 102, 104];

/// Element I05, of 004010 and 005010 together.
const QUALIFIERS: &[&str] = &[
    "01", "02", "03", "04", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21",
    "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38", "AM", "NR",
    "SA", "SN", "ZZ",
];

/// A fault for each. An empty element has none: which are mandatory is a matter of the header's width. `place` makes one
/// of an offset in the header and an element.
pub(super) fn faults(isa: &Isa, at: u64, place: impl Fn(usize, Option<u16>) -> Place) -> Vec<Fault> {
    let among = |codes: &'static [&str]| move |value: &str| codes.contains(&value);
    type Check<'a> = (usize, &'a dyn Fn(&str) -> bool, &'static str);
    let checks: [Check; 9] = [
        (1, &among(&["00", "01", "02", "03", "04", "05", "06"]), "00 to 06"),
        (3, &among(&["00", "01"]), "00 or 01"),
        (5, &among(QUALIFIERS), "a qualifier such as 01, 14 or ZZ"),
        (7, &among(QUALIFIERS), "a qualifier such as 01, 14 or ZZ"),
        (9, &is_date, "a date, YYMMDD"),
        (10, &is_time, "a time, HHMM"),
        (12, &is_version, "a version of X12, 00200 to 00801"),
        (14, &among(&["0", "1"]), "0 or 1"),
        (15, &among(&["P", "T", "I"]), "P, T or I"),
    ];
    let found = checks.into_iter().filter_map(|(element, right, expected)| {
        let value = isa.elements.get(element - 1)?;
        let offset = if isa.fixed { OFFSETS[element - 1] } else { 0 };
        let sentence = format!("ISA{element:02} of the header at byte {at} is “{value}”.");
        let wrong = || Fault::new(codes::HEADER_VALUE, place(offset, Some(element as u16)), sentence);
        (!value.is_empty() && !right(value)).then(|| wrong().found(value).expected(expected))
    });
    found.collect()
}

fn pairs(value: &str, count: usize) -> Option<Vec<u8>> {
    let digits = value.len() == 2 * count && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.as_bytes().chunks(2).map(|pair| (pair[0] - b'0') * 10 + pair[1] - b'0').collect())
}

/// Element I11: releases come every year or so, so any number of their range is one.
pub(crate) fn is_version(value: &str) -> bool {
    value.len() == 5 && value.bytes().all(|byte| byte.is_ascii_digit()) && ("00200"..="00801").contains(&value)
}

/// The century isn't said, so the 29th of February always is a day.
pub(super) fn is_date(value: &str) -> bool {
    let most = |month: u8| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    matches!(pairs(value, 3).as_deref(), Some([_, month @ 1..=12, day @ 1..=31]) if *day <= most(*month))
}

pub(super) fn is_time(value: &str) -> bool {
    matches!(pairs(value, 2).as_deref(), Some([..=23, ..=59]))
}
