//! One document, several messages: `messages: HL[03=S]`. Each is read from what is left of the document without the other
//! loops of that kind and without what stands below them.

use super::{
    Plan,
    faults::{self, fault},
    frames, hierarchy,
    plan::{Condition, Leaf, Program, Step},
    read,
    seen::Seen,
};
use crate::formats::{
    fault::Fault,
    piece::{Set, Standard},
    tree::{Kind, NodeId, Tree},
};
use std::collections::HashMap;

/// Messages that one set may make: they are written in one go.
const MOST: usize = 1_000;

impl Plan {
    /// True if a document may make several messages.
    pub fn splits(&self) -> bool {
        self.0.messages.is_some()
    }

    /// The set as it is read for each of its messages, in their order; most mappings make one. A set that makes too many
    /// comes back with the fault that refuses it.
    pub fn split(&self, mut set: Set) -> Vec<Set> {
        let Some(step) = self.0.messages.as_ref().filter(|_| set.accepted()) else { return vec![set] };
        let (above, loops) = loops(&self.0, &set.tree, step);
        match loops.len() {
            0 | 1 => vec![set],
            many if many > MOST => {
                let place = loops.get(MOST).map_or_else(|| set.tree.place(above), |one| set.tree.place(*one));
                let name = step.names.first().map_or("", |name| &name.name);
                let sentence = format!("the document makes {many} messages, one for each {name}");
                let remedy = "send it in several documents, or map it without `messages:`".to_owned();
                let expected = format!("at most {MOST}");
                set.faults.push(fault("mapping/too_many", place, &many.to_string(), &expected, sentence, remedy));
                vec![set]
            }
            _ => cut(&set, above, &loops),
        }
    }
}

/// What each of these loops makes a message of: itself, what stands below it, and what stands outside of all of them.
pub(super) fn cut(set: &Set, above: NodeId, loops: &[NodeId]) -> Vec<Set> {
    trees(&set.tree, above, loops).into_iter().map(|tree| Set { tree, ..without_tree(set) }).collect()
}

fn trees(tree: &Tree, above: NodeId, loops: &[NodeId]) -> Vec<Tree> {
    let whose = belonging(tree, above, loops);
    let part = |own: &NodeId| tree.keeping(above, |node| whose.get(&node).is_none_or(|of| of == own));
    loops.iter().map(part).collect()
}

/// What a document is for a message each, where it has several of the loops that this mapping's message has one of (`once:`):
/// the loop as `messages:` names it, and the parts. None where it has one at most.
pub(super) fn apart(program: &Program, tree: &Tree) -> Option<(String, Vec<Tree>)> {
    let step = program.once.as_ref().filter(|_| program.messages.is_none())?;
    let (above, loops) = loops(program, tree, step);
    let path = called(step)?;
    (loops.len() > 1 && loops.len() <= MOST).then(|| (path, trees(tree, above, &loops)))
}

/// A step as a path has it: `HL[03=S]`. None where a condition asks for more than an element's values.
fn called(step: &Step) -> Option<String> {
    let mut path = step.names.first()?.name.to_string();
    for Condition { leaf, values, not, .. } in &step.conditions {
        let Leaf::Element { element, component: 0 } = leaf else { return None };
        path += &format!("[{element:02}{}={}]", if *not { "!" } else { "" }, values.join(","));
    }
    Some(path)
}

/// The fault of a document that has several of the loops that a message has one of: what the others say would be lost, or
/// taken for the first one's.
pub(super) fn several(program: &Program, tree: &Tree) -> Option<Fault> {
    let step = program.once.as_ref().filter(|_| program.messages.is_none())?;
    let (_, loops) = loops(program, tree, step);
    let (second, name) = (loops.get(1)?, step.names.first().map_or("", |name| &name.name));
    let (place, many) = (tree.place(*second), loops.len());
    let asked = step.conditions.iter().filter_map(|one| one.values.first());
    let asked: String = asked.map(|value| format!(" {value}")).collect();
    let at = faults::words(name, &place);
    let sentence = format!("{at}: the document has {many} {name}{asked}, and a message is made of one");
    let remedy = "have the mapping of the partner make a message of each (`messages:`), with a number of its own";
    Some(fault("mapping/several", place, &many.to_string(), "one", sentence, remedy.to_owned()))
}

/// Which of the loops that make a message each a tree has: the index of a JSON list, else a number; nothing where a path
/// says it by a condition, or where there is none.
pub(super) fn label(program: &Program, tree: &Tree) -> String {
    let Some(step) = program.messages.as_ref().filter(|step| step.conditions.is_empty()) else { return String::new() };
    match loops(program, tree, step) {
        (above, own) if tree.kind(above) == Kind::Array => {
            own.first().map(|own| format!("/{}", tree.name(*own))).unwrap_or_default()
        }
        (_, own) if program.standard != Standard::Json => {
            own.first().map(|own| format!("[{}]", tree.left_out(*own) + 1)).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn without_tree(set: &Set) -> Set {
    let Set { ordinal, standard, interchange, group, byte, len, segments, .. } = *set;
    Set {
        ordinal,
        standard,
        interchange,
        group,
        kind: set.kind.clone(),
        version: set.version.clone(),
        association: set.association.clone(),
        control: set.control.clone(),
        byte,
        len,
        segments,
        tree: Tree::default(),
        faults: set.faults.clone(),
    }
}

/// The loops that make a message each, and the node that they stand below.
fn loops(program: &Program, tree: &Tree, step: &Step) -> (NodeId, Vec<NodeId>) {
    let (mut above, _) = read::root(program, tree);
    let named = |node: &NodeId| step.names.iter().any(|name| name.name == tree.name(*node));
    let array = tree.children(above).filter(named).find(|node| tree.kind(*node) == Kind::Array);
    let is_item = array.is_some();
    above = array.unwrap_or(above);
    let mut seen = Seen::nothing();
    let mut makes = |node: &NodeId| {
        (is_item || named(node)) && frames::holds(tree, frames::container(tree, *node), &step.conditions, &mut seen)
    };
    (above, tree.children(above).filter(|node| makes(node)).collect())
}

/// Of each loop of their kind, to which message it belongs: by the numbers that say what stands above it (HL, CPS), and
/// where these lead nowhere to the one before it.
fn belonging(tree: &Tree, above: NodeId, loops: &[NodeId]) -> HashMap<NodeId, NodeId> {
    let Some(first) = loops.first() else { return HashMap::new() };
    let alike: Vec<NodeId> = tree.children(above).filter(|node| tree.name(*first) == tree.name(*node)).collect();
    let parents = hierarchy::parents(tree, &alike);
    let mut whose: HashMap<NodeId, NodeId> = loops.iter().map(|node| (*node, *node)).collect();
    let mut before = *first;
    for node in alike {
        let up = std::iter::successors(Some(node), |node| parents.get(node).copied());
        before = up.take(hierarchy::HIGHEST).find_map(|node| whose.get(&node).copied()).unwrap_or(before);
        whose.insert(node, before);
    }
    whose
}
