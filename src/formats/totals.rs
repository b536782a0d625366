//! Control totals: what a summary says of the lines before it.

use crate::{
    codes,
    edi::{
        envelope::{by_severity, counted_of},
        roll::Roll,
    },
    fault::Fault,
    names::Fixed,
    piece::{Set, Severity},
    tree::{NodeId, Tree},
};

/// Which segment CTT01 counts. X12's transaction set notes ("the number of line items is the accumulation of the number of …").
const COUNTED: &[(&str, &str)] = &[
    ("810", "IT1"),
    ("832", "LIN"),
    ("846", "LIN"),
    ("850", "PO1"),
    ("852", "LIN"),
    ("855", "PO1"),
    ("856", "HL"),
    ("860", "POC"),
    ("861", "RCD"),
    ("865", "POC"),
    ("DESADV", "LIN"),
    ("INVOIC", "LIN"),
    ("ORDCHG", "LIN"),
    ("ORDERS", "LIN"),
    ("ORDRSP", "LIN"),
];

/// Which segment a kind of set counts as its lines.
pub(crate) fn counted(kind: &str) -> Option<&'static str> {
    COUNTED.iter().find(|(known, _)| *known == kind).map(|(_, segment)| *segment)
}

/// What CTT02 and CNT with qualifier 1 sum up: in X12 an element of the lines (by the notes of the sets), in EDIFACT the
/// QTY of the lines with that qualifier.
const SUMMED: &[(&str, Summed)] = &[
    ("810", Summed::Element("IT1", 2)),
    ("850", Summed::Element("PO1", 2)),
    ("855", Summed::Element("PO1", 2)),
    ("856", Summed::Element("SN1", 2)),
    ("860", Summed::Element("POC", 3)),
    ("865", Summed::Element("POC", 3)),
    ("DESADV", Summed::Quantity("12")),
    ("INVOIC", Summed::Quantity("47")),
    ("ORDCHG", Summed::Quantity("21")),
    ("ORDERS", Summed::Quantity("21")),
    ("ORDRSP", Summed::Quantity("21")),
];

#[derive(Clone, Copy)]
enum Summed {
    Element(&'static str, u16),
    /// 6063.
    Quantity(&'static str),
}

const SUMMARIES: [Fixed; 2] = [Fixed::of("CTT"), Fixed::of("CNT")];

/// Checks CTT and CNT against the lines that are there; `segments` are all that the set has. A wrong count of lines
/// is taken as `lines` says, a wrong total of quantities as its row of codes does. If segments of an id are known to be
/// `missing`, that there are fewer than stated only follows from it.
pub(crate) fn check<M: Fn(&str) -> bool>(
    set: &Set,
    segments: &Roll,
    lines: Severity,
    missing: M,
) -> impl Iterator<Item = Fault> + use<M> {
    let tree = &set.tree;
    let no_line = counted(&set.kind).is_some_and(&missing);
    let [ctt, cnt] = SUMMARIES.map(|name| tree.number_of_fixed(name).unwrap_or(u32::MAX));
    let (mut of_lines, mut of_quantities) = (None, None);
    // The summary stands at the end: what is searched for is near.
    for segment in segments.named([ctt, cnt]).rev() {
        let is_cnt = tree.number(segment) == cnt;
        of_lines = statement(tree, segment, is_cnt, "2").or(of_lines);
        of_quantities = statement(tree, segment, is_cnt, "1").or(of_quantities);
    }
    let lines =
        of_lines.and_then(|stated| count(set, segments, stated, no_line)).and_then(|fault| by_severity(fault, lines));
    let quantities = of_quantities.and_then(|stated| total(set, segments, stated, no_line, &missing));
    lines.into_iter().chain(quantities)
}

fn count(set: &Set, segments: &Roll, stated: NodeId, missing: bool) -> Option<Fault> {
    let (tree, counted) = (&set.tree, counted(&set.kind)?);
    let line = tree.number_of(counted).unwrap_or(u32::MAX);
    let lines = segments.named([line]).count() as u64;
    let value = tree.value(stated).unwrap_or("");
    if value.parse().is_ok_and(|stated: u64| stated == lines || (missing && stated > lines)) {
        return None;
    }
    let there = counted_of(lines, &format!("segments {counted}"));
    let sentence = format!("The summary says {value} lines, and there {there}.");
    Some(Fault::new(codes::CONTROL_TOTAL, tree.place(stated), sentence).found(value).expected(lines.to_string()))
}

fn total(set: &Set, segments: &Roll, stated: NodeId, no_line: bool, missing: impl Fn(&str) -> bool) -> Option<Fault> {
    let tree = &set.tree;
    let value = tree.value(stated).filter(|value| !value.is_empty())?;
    let summed = SUMMED.iter().find(|(kind, _)| *kind == &*set.kind)?.1;
    let name = match summed {
        Summed::Element(segment, _) => segment,
        Summed::Quantity(_) => "QTY",
    };
    let number = tree.number_of(name)?;
    let found = segments.named([number]).filter_map(|segment| quantity(tree, segment, summed));
    let found: Vec<&str> = found.collect();
    // What can't be read as a number has a fault of its own.
    let sum: i128 = found.iter().map(|value| scaled(value)).sum::<Option<i128>>()?;
    let stated_sum = scaled(value)?;
    let follows = stated_sum > sum && (no_line || missing(name));
    if found.is_empty() || stated_sum == sum || follows || truncated(&found, value) {
        return None;
    }
    let expected = plain(sum);
    let sentence = format!("The summary says that the quantities come to {value}, and those there come to {expected}.");
    Some(Fault::new(codes::HASH_TOTAL, tree.place(stated), sentence).found(value).expected(expected))
}

fn quantity(tree: &Tree, segment: NodeId, summed: Summed) -> Option<&str> {
    match summed {
        Summed::Element(_, element) => tree.value(tree.at_position(segment, element)?),
        Summed::Quantity(wanted) => {
            let composite = tree.at_position(segment, 1)?;
            let qualifier = tree.value(tree.at_position(composite, 1)?)?;
            let value = tree.at_position(composite, 2).and_then(|node| tree.value(node));
            value.filter(|_| qualifier == wanted)
        }
    }
}

/// Decimals that are kept of a quantity.
const DECIMALS: usize = 9;
const MOST_DIGITS: usize = 30;

/// A decimal number as a whole one of billionths; none if it is no number, or has more decimals.
fn scaled(value: &str) -> Option<i128> {
    let value = value.trim();
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (mut scaled, mut whole, mut decimals, mut pointed) = (0i128, 0, 0, false);
    for byte in digits.bytes() {
        match byte {
            // Thirty digits of each leave room for the sum of all that a set can hold.
            b'0'..=b'9' if whole + DECIMALS <= MOST_DIGITS && decimals <= DECIMALS => {
                scaled = scaled * 10 + i128::from(byte - b'0');
                *[&mut whole, &mut decimals][usize::from(pointed)] += 1;
            }
            b'.' | b',' if !pointed => pointed = true,
            _ => return None,
        }
    }
    if digits.is_empty() || whole + DECIMALS > MOST_DIGITS || decimals > DECIMALS {
        return None;
    }
    scaled *= 10i128.pow((DECIMALS - decimals) as u32);
    Some(if digits.len() < value.len() { -scaled } else { scaled })
}

fn plain(scaled: i128) -> String {
    let one = 10i128.pow(DECIMALS as u32);
    let (whole, rest) = (scaled.unsigned_abs() / one.unsigned_abs(), scaled.unsigned_abs() % one.unsigned_abs());
    let decimals = format!("{rest:0DECIMALS$}");
    let sign = if scaled < 0 { "-" } else { "" };
    format!("{sign}{whole}.{decimals}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// X12's own way of a hash total (element 347): the digits without their points are summed, and cut on the left.
fn truncated(quantities: &[&str], stated: &str) -> bool {
    let digits = |value: &str| value.bytes().filter(u8::is_ascii_digit).map(char::from).collect::<String>();
    let sum = quantities.iter().map(|value| digits(value).parse::<u128>().ok()).sum::<Option<u128>>();
    let sum = sum.map(|sum| sum.to_string()).unwrap_or_default();
    let stated = digits(stated);
    !stated.is_empty() && sum.ends_with(&stated)
}

/// The node that states a number: of a CTT lines (`2`) or quantities (`1`), of a CNT if its qualifier (C270, 6069) says so.
fn statement(tree: &Tree, segment: NodeId, cnt: bool, qualifier: &str) -> Option<NodeId> {
    if !cnt {
        let element = if qualifier == "2" { 1 } else { 2 };
        return tree.at_position(segment, element).filter(|node| tree.value(*node).is_some());
    }
    let first = tree.at_position(segment, 1)?;
    let said = tree.value(tree.at_position(first, 1)?) == Some(qualifier);
    if said { tree.at_position(first, 2) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_billionths_and_nothing_else_is() {
        let one = 1_000_000_000;
        let numbers = [
            ("12", 12 * one),
            (" 12.5 ", 12 * one + one / 2),
            ("-0,000000001", -1),
            (".5", one / 2),
            ("5.", 5 * one),
            (".", 0),
            ("007", 7 * one),
            ("999999999999999999999", (10i128.pow(21) - 1) * one),
        ];
        numbers.into_iter().for_each(|(text, number)| assert_eq!(scaled(text), Some(number), "{text}"));
        let others =
            ["", "-", "--1", "+1", "1.2.3", "1.2,3", "1e5", "0.0000000001", "1000000000000000000000", "1-", "ü"];
        others.into_iter().for_each(|text| assert_eq!(scaled(text), None, "{text}"));
    }
}
