//! Control totals: what a summary says of the lines before it.

use crate::{
    codes,
    fault::Fault,
    piece::Set,
    tree::{Kind, NodeId, Tree},
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

/// Checks CTT01 and CNT with qualifier 2 against the lines that are there.
pub(crate) fn check(set: &Set) -> Option<Fault> {
    let counted = counted(&set.kind)?;
    let tree = &set.tree;
    let stated = segments(tree).find_map(|node| statement(tree, node))?;
    let lines = segments(tree).filter(|node| tree.name(*node) == counted).count();
    let value = tree.value(stated).unwrap_or("");
    if value.parse() == Ok(lines as u64) {
        return None;
    }
    let sentence = format!("The summary says {value} lines, and there are {lines} segments {counted}.");
    Some(Fault::new(codes::CONTROL_TOTAL, tree.place(stated), sentence).found(value).expected(lines.to_string()))
}

fn segments(tree: &Tree) -> impl Iterator<Item = NodeId> + '_ {
    (0..tree.len() as u32).map(NodeId).filter(|node| tree.kind(*node) == Kind::Segment)
}

/// The node that states the number of lines, if this segment does.
fn statement(tree: &Tree, segment: NodeId) -> Option<NodeId> {
    let first = tree.named(segment, "01").next()?;
    match tree.name(segment) {
        "CTT" => Some(first).filter(|node| tree.value(*node).is_some()),
        // C270: 6069 = 2, number of line items in the message; 6066.
        "CNT" if tree.named(first, "01").any(|q| tree.value(q) == Some("2")) => tree.named(first, "02").next(),
        _ => None,
    }
}
