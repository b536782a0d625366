//! Loops that stand side by side and say by number and parent's number which stands above which: HL in X12 (856), CPS in
//! EDIFACT (DESADV). In both the first element is the number, the second the parent's.

use super::{
    frames::{self, Frame},
    out::{By, Out, OutId},
    plan::{Block, Field, Leaf, Source, Step},
    read::Run,
    seen::Seen,
};
use crate::formats::tree::{NodeId, Tree};
use std::collections::HashMap;

/// The number's place, and the parent's.
const NUMBER: Leaf = Leaf::Element { element: 1, component: 0 };
const PARENT: Leaf = Leaf::Element { element: 2, component: 0 };
/// HL04: whether others stand below.
const CHILDREN: Leaf = Leaf::Element { element: 4, component: 0 };

/// HL03, and its usual codes from the shipment down to the item.
const LEVEL: Leaf = Leaf::Element { element: 3, component: 0 };
const LEVELS: &[&str] = &["S", "O", "T", "P", "I"];

/// How far up is looked: a document may say anything, a circle too.
pub(super) const HIGHEST: usize = 100;

/// The parent of each loop that has one.
pub fn parents(tree: &Tree, loops: &[NodeId]) -> HashMap<NodeId, NodeId> {
    let text = |node: NodeId, leaf: &Leaf| {
        let element = frames::leaf(tree, frames::container(tree, node), leaf)?;
        tree.value(element).map(str::trim).filter(|text| !text.is_empty())
    };
    let mut numbered = HashMap::new();
    // Where a number comes twice, the first stands for it: the codec tells of the second.
    loops.iter().for_each(|node| _ = text(*node, &NUMBER).map(|number| numbered.entry(number).or_insert(*node)));
    let parent = |node: &NodeId| Some((*node, *numbered.get(text(*node, &PARENT)?)?));
    loops.iter().filter_map(parent).collect()
}

impl<'a> Run<'a> {
    /// Frames for what stands above a loop: for each step the nearest that fulfils it, or an empty one.
    pub(super) fn above(&mut self, block: &'a Block, node: NodeId, parents: &HashMap<NodeId, NodeId>) {
        let chain: Vec<NodeId> =
            std::iter::successors(parents.get(&node), |n| parents.get(n)).take(HIGHEST).copied().collect();
        for walk in &block.under {
            let holds = |n: &&NodeId| {
                let container = frames::container(self.tree, **n);
                frames::holds(self.tree, container, &walk.step.conditions, &mut self.seen)
            };
            let found = chain.iter().find(holds).copied();
            let from = self.provenance.text.len();
            self.provenance.text.push_str(&walk.text);
            let found = found.map(|found| (found, frames::container(self.tree, found)));
            if let Some((_, container)) = found {
                self.add_conditions(container, &walk.step.conditions);
            }
            self.provenance.text.push('/');
            let label = self.provenance.label_of(from);
            let frame = match found {
                Some((found, container)) => {
                    Frame::new(self.tree, found, container, &frames::wanted(self.tree, &walk.slots), label)
                }
                None => Frame::absent(node, label),
            };
            self.frames.push(frame);
        }
    }
}

/// The loops of a mapping that are numbered so: what `under:` stands beside.
pub fn numbered(fields: &[Field]) -> Vec<Step> {
    let mut found = Vec::new();
    gather(fields, &mut found);
    found.dedup_by(|a, b| a.names == b.names);
    found.into_iter().cloned().collect()
}

fn gather<'p>(fields: &'p [Field], found: &mut Vec<&'p Step>) {
    for field in fields {
        let blocks = match &field.source {
            Source::Each(block) => std::slice::from_ref(block),
            Source::At(blocks) => blocks,
            Source::Object(inner) => {
                gather(inner, found);
                continue;
            }
            _ => continue,
        };
        for block in blocks {
            if !block.under.is_empty() {
                found.extend(block.walk.first().map(|w| &w.step));
            }
            gather(&block.fields, found);
        }
    }
}

/// The numbers of loops count as read.
pub fn mark(tree: &Tree, root: NodeId, step: &Step, seen: &mut Seen) {
    for child in tree.children(root).filter(|c| step.names.iter().any(|n| n.name == tree.name(*c))) {
        let container = frames::container(tree, child);
        let places: &[Leaf] = if tree.name(child) == "HL" { &[NUMBER, PARENT, CHILDREN] } else { &[NUMBER, PARENT] };
        places.iter().filter_map(|leaf| frames::leaf(tree, container, leaf)).for_each(|node| seen.mark(node));
    }
}

/// Of the loops that a message made, from a node on: what has no parent stands below the first that is made once (the
/// shipment).
pub fn top(out: &mut Out, step: &Step, from: OutId) {
    let own: Vec<OutId> = out.named(0, step).into_iter().filter(|id| *id >= from).collect();
    let Some(top) = own.iter().copied().find(|id| !out.node(*id).item) else { return };
    own.into_iter().filter(|id| *id != top).for_each(|id| {
        if out.node(id).under.is_none() {
            out.put_under(id, top);
        }
    });
}

/// Numbers all loops that a step names, each behind its parent, and writes number and parent where nothing else did.
pub fn number(out: &mut Out, step: &Step) {
    let all = out.named(0, step);
    let mut below: HashMap<Option<OutId>, Vec<OutId>> = HashMap::new();
    for id in &all {
        below.entry(out.node(*id).under).or_default().push(*id);
    }
    // Side by side stand first those that may hold others: so a line without a package keeps its place among the lines,
    // whichever list made the packages.
    let level = |id: &OutId| out.text(*id, &LEVEL).and_then(|code| LEVELS.iter().position(|l| *l == code));
    if all.first().is_some_and(|id| out.node(*id).name == "HL") {
        below.values_mut().for_each(|ids| ids.sort_by_key(|id| level(id).unwrap_or(LEVELS.len())));
    }
    // The topmost first; each is followed by what stands below it.
    let mut rest: Vec<(OutId, usize)> = Vec::new();
    let mut numbers = HashMap::new();
    let push = |rest: &mut Vec<(OutId, usize)>, of: Option<OutId>, parent: usize| {
        rest.extend(below.get(&of).into_iter().flatten().rev().map(|id| (*id, parent)));
    };
    push(&mut rest, None, 0);
    while let Some((id, parent)) = rest.pop() {
        let number = numbers.len() + 1;
        if numbers.insert(id, number).is_some() {
            continue;
        }
        out.rank(id, number as u32);
        // What a field wrote there stays.
        _ = out.set(id, &NUMBER, &number.to_string(), By::Way);
        if parent > 0 {
            _ = out.set(id, &PARENT, &parent.to_string(), By::Way);
        }
        if out.node(id).name == "HL" {
            _ = out.set(id, &CHILDREN, if below.contains_key(&Some(id)) { "1" } else { "0" }, By::Way);
        }
        push(&mut rest, Some(id), number);
    }
}
