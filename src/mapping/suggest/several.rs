//! A document beside several messages: the loop of which each makes one (`messages:`).

use super::super::{parts, read::wrapped};
use crate::formats::{
    piece::{Set, Standard},
    tree::{Kind, NodeId, Tree},
};
use serde_json::Value as Json;

/// Loops of one kind: as `messages:` names it, what they stand right below, and all of them.
struct Loops {
    path: String,
    above: NodeId,
    all: Vec<NodeId>,
}

/// Where a set holds several messages: the path for `messages:`, and what each is made of. There are as many loops of one kind
/// right below the document as messages, and each says its message's number.
pub fn several(set: &Set, wanted: &[Json]) -> Option<(String, Vec<Set>)> {
    let numbers: Vec<&str> = wanted.iter().map(|message| message["number"].as_str()).collect::<Option<_>>()?;
    let each_its_own = |loops: &Loops| {
        let says = |(own, number): (&NodeId, &&str)| says(&set.tree, *own, number);
        loops.all.len() == numbers.len() && loops.all.iter().zip(&numbers).all(says)
    };
    let found = kinds(set).into_iter().find(each_its_own)?;
    Some((found.path, parts::cut(set, found.above, &found.all)))
}

fn says(tree: &Tree, node: NodeId, text: &str) -> bool {
    tree.value(node).is_some_and(|value| value.trim() == text)
        || tree.children(node).any(|child| says(tree, child, text))
}

/// The loops, elements and lists right below the document.
fn kinds(set: &Set) -> Vec<Loops> {
    let tree = &set.tree;
    let document = || tree.children(tree.root()).find(|child| tree.kind(*child) == Kind::Element);
    match set.standard {
        Standard::Csv | Standard::Fixed => vec![],
        Standard::Json => {
            let top = wrapped(tree).unwrap_or(tree.root());
            let lists = tree.children(top).filter(|child| tree.kind(*child) == Kind::Array);
            let loops =
                |list| Loops { path: tree.name(list).to_owned(), above: list, all: tree.children(list).collect() };
            lists.map(loops).collect()
        }
        Standard::Xml => alike(tree, document().unwrap_or(tree.root()), |child| {
            let name = tree.name(child);
            match (tree.namespace(child), tree.prefix(child)) {
                ("", _) => Some(name.to_owned()),
                // Without a prefix of the document's own it has none yet.
                (_, "") => None,
                (_, prefix) => Some(format!("{prefix}:{name}")),
            }
        }),
        Standard::X12 | Standard::Edifact => alike(tree, tree.root(), |child| {
            let opener = tree.children(child).next().filter(|_| tree.kind(child) == Kind::Loop)?;
            let level = tree.at_position(opener, 3).and_then(|level| tree.value(level));
            match (tree.name(opener), level) {
                ("HL", Some(level)) => Some(format!("HL[03={}]", level.trim())),
                (name, _) => Some(name.to_owned()),
            }
        }),
    }
}

/// The children of a node by what they are called.
fn alike(tree: &Tree, above: NodeId, called: impl Fn(NodeId) -> Option<String>) -> Vec<Loops> {
    let mut found: Vec<Loops> = Vec::new();
    for child in tree.children(above) {
        let Some(path) = called(child) else { continue };
        match found.iter_mut().find(|loops| loops.path == path) {
            Some(loops) => loops.all.push(child),
            None => found.push(Loops { path, above, all: vec![child] }),
        }
    }
    found
}
