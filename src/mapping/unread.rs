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
    let mut walk = Walk { standard, tree, seen, told: HashSet::new(), found: Vec::new() };
    let mut path = String::new();
    walk.below(tree.root(), &mut path);
    walk.found
}

struct Walk<'a> {
    standard: Standard,
    tree: &'a Tree,
    seen: &'a Seen,
    told: HashSet<String>,
    found: Vec<(String, NodeId)>,
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
        let says = self.tree.value(id).is_some_and(|v| !v.trim().is_empty());
        if says && !self.seen.has(id) && self.told.insert(path.to_owned()) {
            self.found.push((path.to_owned(), id));
        }
    }
}
