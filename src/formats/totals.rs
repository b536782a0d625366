//! Control totals: what a summary says of the lines before it.

use crate::{
    codes,
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

/// Checks CTT01 and CNT with qualifier 2 against the lines that are there; `segments` are the nodes of all segments.
pub(crate) fn check(set: &Set, segments: &[NodeId]) -> Option<Fault> {
    let counted = COUNTED.iter().find(|(kind, _)| *kind == &*set.kind)?.1;
    let tree = &set.tree;
    let stated = segments.iter().find_map(|node| statement(tree, *node))?;
    let line = tree.number_of(counted);
    let lines = segments.iter().filter(|node| line == Some(tree.number(**node))).count();
    let value = tree.value(stated).unwrap_or("");
    if value.parse() == Ok(lines as u64) {
        return None;
    }
    let sentence = format!("The summary says {value} lines, and there are {lines} segments {counted}.");
    Some(Fault::new(codes::CONTROL_TOTAL, tree.place(stated), sentence).found(value).expected(lines.to_string()))
}

/// The node that states the number of lines, if this segment does.
fn statement(tree: &Tree, segment: NodeId) -> Option<NodeId> {
    match tree.name(segment) {
        "CTT" => tree.named(segment, "01").next().filter(|node| tree.value(*node).is_some()),
        // C270: 6069 = 2, number of line items in the message; 6066.
        "CNT" => {
            let first = tree.named(segment, "01").next()?;
            let lines = tree.named(first, "01").any(|q| tree.value(q) == Some("2"));
            if lines { tree.named(first, "02").next() } else { None }
        }
        _ => None,
    }
}
