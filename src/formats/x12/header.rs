//! What the interchange header says beside who and to whom: values that X12.5 doesn't have there.

use super::isa::Isa;
use crate::{codes, fault::Fault, place::Place};

/// Where an element of a header of 106 bytes begins.
const OFFSETS: [usize; 16] = [4, 7, 18, 21, 32, 35, 51, 54, 70, 77, 82, 84, 90, 100, 102, 104];

/// A fault for each. An empty element has none: which are mandatory is a matter of the header's width. `place` makes one
/// of an offset in the header and an element.
pub(super) fn faults(isa: &Isa, at: u64, place: impl Fn(usize, Option<u16>) -> Place) -> Vec<Fault> {
    let among = |codes: &'static [&str]| move |value: &str| codes.contains(&value);
    type Check<'a> = (usize, &'a dyn Fn(&str) -> bool, &'static str);
    let checks: [Check; 6] = [
        (1, &among(&["00", "01", "02", "03", "04", "05", "06"]), "00 to 06"),
        (3, &among(&["00", "01"]), "00 or 01"),
        (9, &is_date, "a date, YYMMDD"),
        (10, &is_time, "a time, HHMM"),
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

/// The century isn't said, so the 29th of February always is a day.
fn is_date(value: &str) -> bool {
    let most = |month: u8| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    matches!(pairs(value, 3).as_deref(), Some([_, month @ 1..=12, day @ 1..=31]) if *day <= most(*month))
}

fn is_time(value: &str) -> bool {
    matches!(pairs(value, 2).as_deref(), Some([..=23, ..=59]))
}
