//! What the partner sent and nobody reads.

use super::frames::Seen;
use crate::formats::{
    piece::Standard,
    tree::{Kind, NodeId, Tree},
};
use std::collections::HashSet;

/// Segments of the envelope and of structure: nobody needs to read them.
const STRUCTURE: &[&str] = &["ST", "SE", "UNH", "UNT", "UNS"];

/// Each path once, with its first node; loops without their index, so that ten lines say it once.
pub fn unread(standard: Standard, tree: &Tree, seen: &Seen) -> Vec<(String, NodeId)> {
    let mut told = HashSet::new();
    let mut found = Vec::new();
    walk(standard, tree, &mut |path, node| {
        if !seen.has(node) && told.insert(path.to_owned()) {
            found.push((path.to_owned(), node));
        }
    });
    found
}

/// Every value that says something, but those of the envelope, with its path.
pub fn values(standard: Standard, tree: &Tree) -> Vec<(String, NodeId)> {
    let mut found = Vec::new();
    walk(standard, tree, &mut |path, node| found.push((path.to_owned(), node)));
    found
}

fn walk(standard: Standard, tree: &Tree, visit: &mut dyn FnMut(&str, NodeId)) {
    let mut path = String::new();
    Walk { standard, tree, visit }.below(tree.root(), &mut path);
}

struct Walk<'a> {
    standard: Standard,
    tree: &'a Tree,
    /// What is done with a value that says something.
    visit: &'a mut dyn FnMut(&str, NodeId),
}

impl Walk<'_> {
    fn below(&mut self, node: NodeId, path: &mut String) {
        let tree = self.tree;
        for id in tree.children(node) {
            let before = path.len();
            if self.step(id, path) {
                self.leaf(id, path);
                self.below(id, path);
            }
            path.truncate(before);
        }
    }

    /// Adds a node's name; false if it is not looked at.
    fn step(&self, id: NodeId, path: &mut String) -> bool {
        let name = self.tree.name(id);
        match self.tree.kind(id) {
            Kind::Segment if STRUCTURE.contains(&name) => return false,
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
        true
    }

    fn edi(&self) -> bool {
        matches!(self.standard, Standard::X12 | Standard::Edifact)
    }

    fn leaf(&mut self, id: NodeId, path: &str) {
        if self.tree.value(id).is_some_and(|v| !v.trim().is_empty()) {
            (self.visit)(path, id);
        }
    }
}
