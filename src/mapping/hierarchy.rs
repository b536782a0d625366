//! Loops that stand side by side and say by number and parent's number which stands above which: HL in X12 (856), CPS in
//! EDIFACT (DESADV). In both the first element is the number, the second the parent's.

use super::{
    frames::{self, Frame},
    plan::{Block, Field, Leaf, Source, Step},
    read::Run,
    seen::Seen,
};
use crate::formats::tree::{NodeId, Tree};
use std::collections::HashMap;

/// The number's place, and the parent's.
pub(super) const NUMBER: Leaf = Leaf::Element { element: 1, component: 0 };
pub(super) const PARENT: Leaf = Leaf::Element { element: 2, component: 0 };
/// HL04: whether others stand below.
pub(super) const CHILDREN: Leaf = Leaf::Element { element: 4, component: 0 };

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
        // What says that it stands below itself stands below nothing more.
        let above = std::iter::successors(parents.get(&node), |n| parents.get(n)).take_while(|above| **above != node);
        let chain: Vec<NodeId> = above.take(HIGHEST).copied().collect();
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
