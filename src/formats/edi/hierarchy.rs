//! What segments of a set say of each other by numbers: HL's levels, and the names of bounded loops. X12 segments HL, LS, LE.

use crate::{
    codes,
    fault::Fault,
    tree::{NodeId, Tree},
};
use std::collections::HashMap;

/// A level: its own number, the one it belongs to, and its segment.
struct Level<'a> {
    number: &'a str,
    above: &'a str,
    segment: NodeId,
}

/// Checks HL01, HL02 and LE01; `segments` are the nodes of all segments.
pub(crate) fn check(tree: &Tree, segments: &[NodeId]) -> Vec<Fault> {
    let [hl, ls, le] = ["HL", "LS", "LE"].map(|name| tree.number_of(name).unwrap_or(u32::MAX));
    let (mut levels, mut open, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for segment in segments {
        match tree.number(*segment) {
            name if name == hl => levels.extend(level(tree, *segment)),
            name if name == ls => open.push(value(tree, *segment, "01")),
            name if name == le => faults.extend(loop_name(tree, *segment, open.pop())),
            _ => {}
        }
    }
    if !levels.is_empty() {
        order(tree, &levels, &mut faults);
    }
    faults
}

fn level(tree: &Tree, segment: NodeId) -> Option<Level<'_>> {
    let number = value(tree, segment, "01");
    // One without a number lacks a mandatory element, and that is the fault.
    (!number.is_empty()).then(|| Level { number, above: value(tree, segment, "02"), segment })
}

fn value<'a>(tree: &'a Tree, segment: NodeId, position: &str) -> &'a str {
    tree.named(segment, position).next().and_then(|element| tree.value(element)).unwrap_or("").trim()
}

fn order(tree: &Tree, levels: &[Level], faults: &mut Vec<Fault>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, level) in levels.iter().enumerate() {
        first.entry(level.number).or_insert(at);
    }
    // The level above of each, by its place among them.
    let above: Vec<Option<usize>> = levels.iter().map(|level| first.get(level.above).copied()).collect();
    let circular = circular(&above);
    for (at, level) in levels.iter().enumerate() {
        let Level { number, above: named, .. } = level;
        let ordinal = at + 1;
        let twice = first.get(number).is_some_and(|known| *known != at);
        if twice {
            let sentence = format!("HL01 of the level {ordinal} is “{number}”, and a level before it has that number.");
            faults.push(fault(tree, level, "01", codes::HL_AGAIN, sentence).found(number).expected("another number"));
        }
        let said = |code, sentence: String| fault(tree, level, "02", code, sentence).found(named);
        faults.extend(match above[at] {
            _ if named.is_empty() => None,
            None => {
                let sentence = format!("HL02 of the level {number} is “{named}”, and no level has that number.");
                Some(said(codes::HL_PARENT, sentence).expected("the number of a level"))
            }
            // The first level of a circle says it for all of them.
            Some(_) if circular[at] == Some(at) => {
                let sentence = format!("HL02 of the level {number} is “{named}”: following it up leads back here.");
                Some(said(codes::HL_CYCLE, sentence).expected("a level that is not below this one"))
            }
            Some(parent) if parent > at && circular[at].is_none() => {
                let sentence = format!("HL02 of the level {number} is “{named}”, and that level comes later.");
                Some(said(codes::HL_ORDER, sentence).expected("the number of a level before it"))
            }
            Some(_) => None,
        });
    }
}

/// For each level in a circle the first one of that circle; nothing for the others.
fn circular(above: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut circle = vec![None; above.len()];
    // The walk that came to a level first; each level is gone through once.
    let mut walk = vec![usize::MAX; above.len()];
    for start in 0..above.len() {
        let mut at = start;
        while walk[at] == usize::MAX {
            walk[at] = start;
            match above[at] {
                Some(next) => at = next,
                None => break,
            }
        }
        // Back at a level of this same walk: what lies between is a circle.
        if above[at].is_some() && walk[at] == start {
            let members: Vec<usize> =
                std::iter::successors(Some(at), |n| above[*n].filter(|next| *next != at)).collect();
            let first = members.iter().min().copied();
            members.into_iter().for_each(|n| circle[n] = first);
        }
    }
    circle
}

fn loop_name(tree: &Tree, le: NodeId, begun: Option<&str>) -> Option<Fault> {
    let (begun, ended) = (begun?, value(tree, le, "01"));
    if begun == ended || ended.is_empty() {
        return None;
    }
    let sentence = format!("LE01 is “{ended}”, and the loop was begun by LS as “{begun}”.");
    let place = tree.place(tree.named(le, "01").next().unwrap_or(le));
    Some(Fault::new(codes::LOOP_NAME, place, sentence).found(ended).expected(begun))
}

fn fault(tree: &Tree, level: &Level, position: &str, code: &str, sentence: String) -> Fault {
    let element = tree.named(level.segment, position).next().unwrap_or(level.segment);
    Fault::new(code, tree.place(element), sentence)
}
