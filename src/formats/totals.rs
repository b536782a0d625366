//! Control totals: what a summary says of the lines before it.

use crate::{
    codes,
    edi::envelope::counted_of,
    fault::Fault,
    piece::Set,
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

/// Checks CTT01 and CNT with qualifier 2 against the lines that are there; `segments` are the nodes of all segments.
pub(crate) fn check(set: &Set, segments: &[NodeId]) -> Option<Fault> {
    let counted = counted(&set.kind)?;
    let tree = &set.tree;
    let [ctt, cnt, line] = ["CTT", "CNT", counted].map(|name| tree.number_of(name).unwrap_or(u32::MAX));
    let (mut stated, mut lines) = (None, 0);
    for segment in segments {
        let name = tree.number(*segment);
        lines += u64::from(name == line);
        if (name == ctt || name == cnt) && stated.is_none() {
            stated = statement(tree, *segment, name == cnt);
        }
    }
    let stated = stated?;
    let value = tree.value(stated).unwrap_or("");
    if value.parse() == Ok(lines) {
        return None;
    }
    let there = counted_of(lines, &format!("segments {counted}"));
    let sentence = format!("The summary says {value} lines, and there {there}.");
    Some(Fault::new(codes::CONTROL_TOTAL, tree.place(stated), sentence).found(value).expected(lines.to_string()))
}

/// The node that states the number of lines in a CTT, or in a CNT if that is what it counts.
fn statement(tree: &Tree, segment: NodeId, cnt: bool) -> Option<NodeId> {
    let first = tree.named(segment, "01").next()?;
    if !cnt {
        return Some(first).filter(|node| tree.value(*node).is_some());
    }
    // C270: 6069 = 2, number of line items in the message; 6066.
    let lines = tree.named(first, "01").any(|qualifier| tree.value(qualifier) == Some("2"));
    if lines { tree.named(first, "02").next() } else { None }
}
