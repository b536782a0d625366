//! Control totals: what a summary says of the lines before it.

use crate::{
    codes,
    edi::envelope::{by_severity, counted_of},
    fault::Fault,
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
    ("810", Summed::Element("IT1", "02")),
    ("850", Summed::Element("PO1", "02")),
    ("855", Summed::Element("PO1", "02")),
    ("856", Summed::Element("SN1", "02")),
    ("860", Summed::Element("POC", "03")),
    ("865", Summed::Element("POC", "03")),
    ("DESADV", Summed::Quantity("12")),
    ("INVOIC", Summed::Quantity("47")),
    ("ORDCHG", Summed::Quantity("21")),
    ("ORDERS", Summed::Quantity("21")),
    ("ORDRSP", Summed::Quantity("21")),
];

#[derive(Clone, Copy)]
enum Summed {
    Element(&'static str, &'static str),
    /// 6063.
    Quantity(&'static str),
}

/// Checks CTT and CNT against the lines that are there; `segments` are the nodes of all segments. A wrong count of lines
/// is taken as `lines` says, a wrong total of quantities as its row of codes does. If segments of an id are known to be
/// `missing`, that there are fewer than stated only follows from it.
pub(crate) fn check<M: Fn(&str) -> bool>(
    set: &Set,
    segments: &[NodeId],
    lines: Severity,
    missing: M,
) -> impl Iterator<Item = Fault> + use<M> {
    let tree = &set.tree;
    let no_line = counted(&set.kind).is_some_and(&missing);
    let [ctt, cnt] = ["CTT", "CNT"].map(|name| tree.number_of(name).unwrap_or(u32::MAX));
    let (mut of_lines, mut of_quantities) = (None, None);
    // The summary stands at the end: what is searched for is near.
    for segment in segments.iter().rev().filter(|id| [ctt, cnt].contains(&tree.number(**id))) {
        let is_cnt = tree.number(*segment) == cnt;
        of_lines = statement(tree, *segment, is_cnt, "2").or(of_lines);
        of_quantities = statement(tree, *segment, is_cnt, "1").or(of_quantities);
    }
    let lines =
        of_lines.and_then(|stated| count(set, segments, stated, no_line)).and_then(|fault| by_severity(fault, lines));
    let quantities = of_quantities.and_then(|stated| total(set, segments, stated, no_line, &missing));
    lines.into_iter().chain(quantities)
}

fn count(set: &Set, segments: &[NodeId], stated: NodeId, missing: bool) -> Option<Fault> {
    let (tree, counted) = (&set.tree, counted(&set.kind)?);
    let line = tree.number_of(counted).unwrap_or(u32::MAX);
    let lines = segments.iter().filter(|segment| tree.number(**segment) == line).count() as u64;
    let value = tree.value(stated).unwrap_or("");
    if value.parse().is_ok_and(|stated: u64| stated == lines || (missing && stated > lines)) {
        return None;
    }
    let there = counted_of(lines, &format!("segments {counted}"));
    let sentence = format!("The summary says {value} lines, and there {there}.");
    Some(Fault::new(codes::CONTROL_TOTAL, tree.place(stated), sentence).found(value).expected(lines.to_string()))
}

fn total(
    set: &Set,
    segments: &[NodeId],
    stated: NodeId,
    no_line: bool,
    missing: impl Fn(&str) -> bool,
) -> Option<Fault> {
    let tree = &set.tree;
    let value = tree.value(stated).filter(|value| !value.is_empty())?;
    let summed = SUMMED.iter().find(|(kind, _)| *kind == &*set.kind)?.1;
    let name = match summed {
        Summed::Element(segment, _) => segment,
        Summed::Quantity(_) => "QTY",
    };
    let number = tree.number_of(name)?;
    let found: Vec<&str> = segments
        .iter()
        .filter(|segment| tree.number(**segment) == number)
        .filter_map(|segment| quantity(tree, *segment, summed))
        .collect();
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
        Summed::Element(_, element) => tree.value(tree.named(segment, element).next()?),
        Summed::Quantity(wanted) => {
            let composite = tree.named(segment, "01").next()?;
            let qualifier = tree.value(tree.named(composite, "01").next()?)?;
            let value = tree.named(composite, "02").next().and_then(|node| tree.value(node));
            value.filter(|_| qualifier == wanted)
        }
    }
}

/// Decimals that are kept of a quantity.
const DECIMALS: usize = 9;

/// A decimal number as a whole one of billionths; none if it is no number, or has more decimals.
fn scaled(value: &str) -> Option<i128> {
    let (sign, digits) = value.trim().strip_prefix('-').map_or((1, value.trim()), |digits| (-1, digits));
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let all: String = format!("{whole}{decimals:0<DECIMALS$}");
    let is_number = !digits.is_empty() && all.bytes().all(|b| b.is_ascii_digit()) && decimals.len() <= DECIMALS;
    // Thirty digits of each leave room for the sum of all that a set can hold.
    (is_number && all.len() <= 30).then(|| all.parse::<i128>().ok().map(|number| sign * number)).flatten()
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
        let element = if qualifier == "2" { "01" } else { "02" };
        return tree.named(segment, element).next().filter(|node| tree.value(*node).is_some());
    }
    let first = tree.named(segment, "01").next()?;
    let said = tree.named(first, "01").any(|node| tree.value(node) == Some(qualifier));
    if said { tree.named(first, "02").next() } else { None }
}
