//! What the partner sent and nobody reads.

use super::{frames::is_blank, seen::Seen};
use crate::formats::{
    piece::Standard,
    tree::{Kind, NodeId, Tree},
};
use std::collections::HashSet;

/// Segments of the envelope and of structure: nobody needs to read them.
pub(super) const STRUCTURE: &[&str] = &["ST", "SE", "UNH", "UNT", "UNS"];

/// Each path once, with its first node; loops without their index, so that ten lines say it once.
pub fn unread(standard: Standard, tree: &Tree, seen: &Seen) -> Vec<(String, NodeId)> {
    let mut told = HashSet::new();
    let mut found = Vec::new();
    if !any(tree, seen) {
        return found;
    }
    let mut visit = |path: &str, node| {
        if told.insert(path.to_owned()) {
            found.push((path.to_owned(), node));
        }
    };
    Walk { standard, tree, seen: Some(seen), way: Vec::new(), visit: &mut visit }.below(tree.root());
    found
}

/// Is there any? Of many partners all is read: that is told without a walk.
pub fn any(tree: &Tree, seen: &Seen) -> bool {
    seen.any_unseen(tree, |id| says(tree, id) && !is_of_structure(tree, id))
}

/// Every value that says something, but those of the envelope, with its path.
pub fn values(standard: Standard, tree: &Tree) -> Vec<(String, NodeId)> {
    let mut found = Vec::new();
    let mut visit = |path: &str, node| found.push((path.to_owned(), node));
    Walk { standard, tree, seen: None, way: Vec::new(), visit: &mut visit }.below(tree.root());
    found
}

#[inline]
fn says(tree: &Tree, id: NodeId) -> bool {
    tree.value(id).is_some_and(|text| !is_blank(text))
}

fn is_structure(tree: &Tree, id: NodeId) -> bool {
    tree.kind(id) == Kind::Segment && STRUCTURE.contains(&tree.name(id))
}

fn is_of_structure(tree: &Tree, id: NodeId) -> bool {
    std::iter::successors(Some(id), |id| tree.parent(*id)).any(|above| is_structure(tree, above))
}

struct Walk<'a> {
    standard: Standard,
    tree: &'a Tree,
    /// What is seen is passed over.
    seen: Option<&'a Seen>,
    /// The nodes from below the root down to the one looked at. Its path is made only where it is told.
    way: Vec<NodeId>,
    /// What is done with a value that says something.
    visit: &'a mut dyn FnMut(&str, NodeId),
}

impl Walk<'_> {
    fn below(&mut self, node: NodeId) {
        let tree = self.tree;
        for id in tree.children(node) {
            if is_structure(tree, id) {
                continue;
            }
            self.way.push(id);
            if !self.seen.is_some_and(|seen| seen.has(id)) && says(tree, id) {
                let path = self.path();
                (self.visit)(&path, id);
            }
            self.below(id);
            self.way.pop();
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        self.way.iter().for_each(|id| self.step(*id, &mut path));
        path
    }

    /// Adds a node's name.
    fn step(&self, id: NodeId, path: &mut String) {
        let name = self.tree.name(id);
        match self.tree.kind(id) {
            // PO1/PO107: the segment that opens a loop says nothing new.
            Kind::Segment if path.rsplit('/').next() == Some(name) => {}
            Kind::Component if self.edi() => {
                path.push('.');
                path.push_str(name);
            }
            Kind::Repeat => {}
            Kind::Element if self.edi() => path.push_str(name),
            Kind::Attribute => {
                path.push_str("/@");
                path.push_str(name.trim_start_matches('@'));
            }
            // SG7: by the segment that opens it, as mappings name it.
            Kind::Loop if name.starts_with("SG") => {
                let opener = self.tree.children(id).next();
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(opener.map_or(name, |o| self.tree.name(o)));
            }
            // An item of a list.
            _ if name.bytes().all(|b| b.is_ascii_digit()) && self.standard == Standard::Json => {}
            _ => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(name);
            }
        }
    }

    fn edi(&self) -> bool {
        matches!(self.standard, Standard::X12 | Standard::Edifact)
    }
}
