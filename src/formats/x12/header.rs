//! What the interchange header says beside who and to whom: values that X12.5 doesn't have there.

use super::isa::Isa;
use crate::{
    codes,
    edi::dates::{is_date, is_time},
    fault::{Costs, Fault},
    place::Place,
};

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
    let of = |element: usize| place(isa.starts[element - 1], Some(element as u16));
    let checks: [Check; 10] = [
        (1, &among(&["00", "01", "02", "03", "04", "05", "06"]), "00 to 06"),
        (3, &among(&["00", "01"]), "00 or 01"),
        (5, &among(QUALIFIERS), "a qualifier such as 01, 14 or ZZ"),
        (7, &among(QUALIFIERS), "a qualifier such as 01, 14 or ZZ"),
        (9, &is_date, "a date, YYMMDD"),
        (10, &is_time, "a time, HHMM"),
        (12, &is_version, "a version of X12, 00200 to 00801"),
        // One that is too long is told of that.
        (
            13,
            &|value| value.chars().count() > 9 || value.bytes().all(|byte| byte.is_ascii_digit()),
            "a number, nine digits",
        ),
        (14, &among(&["0", "1"]), "0 or 1"),
        (15, &among(&["P", "T", "I"]), "P, T or I"),
    ];
    let found = checks.into_iter().filter_map(|(element, right, expected)| {
        let value = isa.elements.get(element - 1)?;
        let sentence = format!("ISA{element:02} of the header at byte {at} is “{value}”.");
        let wrong = || Fault::new(codes::HEADER_VALUE, of(element), sentence);
        (!value.is_empty() && !right(value)).then(|| wrong().found(value).expected(expected))
    });
    let mut found: Vec<Fault> = found.collect();
    found.extend(overlong(isa, at, of));
    found.extend(taken(isa, at, of));
    found.extend(point(isa, at, place));
    found.sort_by_key(|fault| fault.place.byte);
    found
}

/// Names and numbers that are longer than there is room for. What has a list or a form is told by these.
fn overlong(isa: &Isa, at: u64, place: impl Fn(usize) -> Place) -> impl Iterator<Item = Fault> {
    isa.overlong.iter().filter(|(element, _)| [2, 4, 6, 8, 13].contains(element)).map(move |(element, room)| {
        let value = &isa.elements[element - 1];
        let long = value.chars().count();
        let sentence = format!(
            "ISA{element:02} of the header at byte {at}, “{value}”, has {long} characters, and there is room for {room}."
        );
        Fault::new(codes::HEADER_VALUE, place(*element), sentence).found(value).expected(format!("at most {room} characters"))
    })
}

/// A separator that is another delimiter already separates nothing: it is read as one that isn't there.
fn taken(isa: &Isa, at: u64, place: impl Fn(usize) -> Place) -> impl Iterator<Item = Fault> {
    isa.taken.iter().map(move |(element, what)| {
        let blank = *what == "a blank";
        let value = if blank { " " } else { &isa.elements[element - 1] };
        let (own, instead) = match element {
            11 => ("repetitions", "U before version 00402, else a character of its own, such as ^"),
            _ => ("components", "a character of its own, such as :"),
        };
        let too = if what.starts_with("a ") { "" } else { ", too" };
        let sentence = format!(
            "ISA{element:02} of the header at byte {at} is “{value}”, which is {what}: it can't separate {own}{too}."
        );
        let fault = Fault::new(codes::HEADER_VALUE, place(*element), sentence).found(value).expected(instead);
        fault.costs(Costs::Nothing)
    })
}

/// A point that separates cuts numbers, which have it as their decimal point. A component separator in a simple element is
/// taken as part of the value.
fn point(isa: &Isa, at: u64, place: impl Fn(usize, Option<u16>) -> Place) -> Option<Fault> {
    let ends = isa.len - 1 - isa.syntax.rest().len();
    let (offset, what) = match (isa.syntax.element, isa.syntax.segment) {
        (b'.', _) => (3, "element separator"),
        (_, b'.') => (ends, "segment terminator"),
        _ => return None,
    };
    let sentence = format!("“.” at byte {} is the {what}, and the decimal point of numbers.", at + offset as u64);
    let fault = Fault::new(codes::DELIMITER, place(offset, None), sentence).found(".");
    let fault = fault.expected(format!("another {what}, such as {}", if offset == 3 { "*" } else { "~" }));
    Some(fault.remedy("Ask the sender for another one: a number with decimals is cut in two by it."))
}

/// Element I11: releases come every year or so, so any number of their range is one.
pub(crate) fn is_version(value: &str) -> bool {
    value.len() == 5 && value.bytes().all(|byte| byte.is_ascii_digit()) && ("00200"..="00801").contains(&value)
}
