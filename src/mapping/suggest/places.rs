//! The document as places: groups (loops, segments, elements, rows, objects) that stand in each other, and the values in
//! them, with names that mappings use for both.

use super::super::{plan, read::wrapped, unread::STRUCTURE};
use crate::formats::{
    piece::Standard,
    tree::{Kind, NodeId, Tree},
};
use std::collections::HashMap;

/// Where in its group a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// X12, EDIFACT: element and component from 1; component 0 where the element has none.
    Element(u16, u16),
    /// A column, a member, an attribute with its `@`.
    Named(String),
    /// XML: the element's own text.
    Own,
    /// Pairs of qualifier and item number; the qualifiers that are read.
    Pairs(Vec<String>),
    /// XML: what a condition asks for further down, by local names (`[cac:TaxScheme/cbc:ID=VAT]`).
    Deep(Vec<String>),
}

impl Key {
    /// The place of a compiled leaf.
    pub fn of(leaf: &plan::Leaf) -> Option<Key> {
        Some(match leaf {
            plan::Leaf::Own => Key::Own,
            plan::Leaf::Child { name, .. } => Key::Named(name.name.clone()),
            plan::Leaf::Deep(names) => Key::Deep(names.iter().map(|name| name.name.clone()).collect()),
            plan::Leaf::Nth(_) | plan::Leaf::Key => return None,
            plan::Leaf::Element { element, component } => Key::Element(*element, *component),
            plan::Leaf::Pairs(pairs) => Key::Pairs(pairs.qualifiers.clone()),
        })
    }

    /// The same place: an element is its first component.
    pub fn same(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Element(a, x), Key::Element(b, y)) => a == b && x.max(&1) == y.max(&1),
            (Key::Pairs(_), Key::Pairs(_)) => true,
            (a, b) => a == b,
        }
    }

    /// What a condition asks for: in XML a name is that of an element, unless it is an attribute's.
    pub fn asked(standard: Standard, leaf: &plan::Leaf) -> Option<Key> {
        match Key::of(leaf)? {
            Key::Named(name) if standard == Standard::Xml && !name.starts_with('@') => Some(Key::Deep(vec![name])),
            key => Some(key),
        }
    }

    /// As paths write it behind a `.` or in a condition: `02`, `03.01`.
    pub fn text(&self) -> String {
        match self {
            Key::Element(element, 0) => format!("{element:02}"),
            Key::Element(element, component) => format!("{element:02}.{component:02}"),
            Key::Named(name) => name.clone(),
            Key::Own => ".".into(),
            Key::Pairs(qualifiers) => format!("{{{}}}", qualifiers.join(",")),
            Key::Deep(names) => names.join("/"),
        }
    }
}

/// A loop, segment, XML element, JSON object or row: what a step of a path goes to.
#[derive(Debug, Clone)]
pub struct Group {
    /// A loop is called by the segment that opens it.
    pub name: String,
    /// XML: the prefix of its name, as the document has it.
    pub prefix: String,
    pub parent: Option<usize>,
    /// Names from the root: `PO1/PID`.
    pub class: String,
    /// Its values.
    pub values: Vec<usize>,
}

/// A value of the document.
#[derive(Debug, Clone)]
pub struct Value {
    pub group: usize,
    pub key: Key,
    pub text: String,
    /// Of its first byte.
    pub start: u64,
    /// In the format's words: `BEG03`.
    pub at: String,
}

/// All of a set.
#[derive(Debug)]
pub struct Places {
    pub groups: Vec<Group>,
    pub values: Vec<Value>,
    /// Values by the class of their group.
    classes: HashMap<String, Vec<usize>>,
    /// XML: prefix → namespace, and the document element with its prefix. JSON: what all of it is wrapped in.
    pub namespaces: Vec<(String, String)>,
    pub root: String,
}

impl Places {
    /// Takes a tree apart. `known`: prefixes that mappings have for namespaces. `unwrap`: JSON begins within its one member.
    pub fn of(standard: Standard, tree: &Tree, known: &[(String, String)], unwrap: bool) -> Places {
        let root = Group {
            name: String::new(),
            prefix: String::new(),
            parent: None,
            class: String::new(),
            values: Vec::new(),
        };
        let (groups, values) = (vec![root], Vec::new());
        let mut places =
            Places { groups, values, classes: HashMap::new(), namespaces: Vec::new(), root: String::new() };
        let top = tree.root();
        match standard {
            Standard::X12 | Standard::Edifact => places.edi(tree, top, 0),
            Standard::Xml => {
                if let Some(document) = tree.children(top).find(|c| tree.kind(*c) == Kind::Element) {
                    let prefix = places.prefix(tree, document, known);
                    let local = tree.name(document);
                    places.root = if prefix.is_empty() { local.into() } else { format!("{prefix}:{local}") };
                    places.xml(tree, document, 0, known);
                }
            }
            Standard::Json => match wrapped(tree).filter(|_| unwrap) {
                Some(inner) => {
                    places.root = tree.name(inner).to_owned();
                    places.json(tree, inner, 0);
                }
                None => places.json(tree, top, 0),
            },
            Standard::Csv | Standard::Fixed => places.rows(tree, top),
        }
        for (at, value) in places.values.iter().enumerate() {
            places.classes.entry(places.groups[value.group].class.clone()).or_default().push(at);
        }
        places
    }

    fn group(&mut self, parent: usize, name: &str, prefix: &str) -> usize {
        let above = &self.groups[parent].class;
        let class = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        let (name, prefix) = (name.to_owned(), prefix.to_owned());
        self.groups.push(Group { name, prefix, parent: Some(parent), class, values: Vec::new() });
        self.groups.len() - 1
    }

    fn value(&mut self, tree: &Tree, node: NodeId, group: usize, key: Key) {
        let Some(text) = tree.value(node).filter(|text| !text.trim().is_empty()) else { return };
        let (start, at) = (tree.bytes(node).start, tree.place(node).at.to_string());
        self.groups[group].values.push(self.values.len());
        self.values.push(Value { group, key, text: text.to_owned(), start, at });
    }

    fn edi(&mut self, tree: &Tree, node: NodeId, group: usize) {
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Loop => {
                    let mut parts = tree.children(child);
                    let Some(opener) = parts.next() else { continue };
                    let inner = self.group(group, tree.name(opener), "");
                    self.elements(tree, opener, inner);
                    self.edi_parts(tree, parts.collect(), inner);
                }
                Kind::Segment => self.edi_parts(tree, vec![child], group),
                _ => {}
            }
        }
    }

    fn edi_parts(&mut self, tree: &Tree, parts: Vec<NodeId>, group: usize) {
        for part in parts {
            match tree.kind(part) {
                Kind::Segment if !STRUCTURE.contains(&tree.name(part)) => {
                    let inner = self.group(group, tree.name(part), "");
                    self.elements(tree, part, inner);
                }
                Kind::Loop => {
                    let mut below = tree.children(part);
                    let Some(opener) = below.next() else { continue };
                    let inner = self.group(group, tree.name(opener), "");
                    self.elements(tree, opener, inner);
                    self.edi_parts(tree, below.collect(), inner);
                }
                _ => {}
            }
        }
    }

    fn elements(&mut self, tree: &Tree, segment: NodeId, group: usize) {
        for element in tree.children(segment) {
            let Ok(number) = tree.name(element).parse::<u16>() else { continue };
            self.value(tree, element, group, Key::Element(number, 0));
            for part in tree.children(element) {
                let Ok(component) = tree.name(part).parse::<u16>() else { continue };
                match tree.kind(part) {
                    Kind::Repeat => {
                        self.value(tree, part, group, Key::Element(number, 0));
                        for below in tree.children(part) {
                            let Ok(component) = tree.name(below).parse::<u16>() else { continue };
                            self.value(tree, below, group, Key::Element(number, component));
                        }
                    }
                    _ => self.value(tree, part, group, Key::Element(number, component)),
                }
            }
        }
    }

    /// The prefix by which the mapping calls a node's namespace.
    fn prefix(&mut self, tree: &Tree, node: NodeId, known: &[(String, String)]) -> String {
        let namespace = tree.namespace(node);
        if namespace.is_empty() {
            return String::new();
        }
        if let Some((prefix, _)) = self.namespaces.iter().find(|(_, uri)| uri == namespace) {
            return prefix.clone();
        }
        let own = Some(tree.prefix(node)).filter(|prefix| !prefix.is_empty());
        let known = known.iter().find(|(_, uri)| uri == namespace).map(|(prefix, _)| prefix.as_str());
        let mut prefix = own.or(known).unwrap_or("doc").to_owned();
        while self.namespaces.iter().any(|(other, _)| *other == prefix) {
            prefix.push('_');
        }
        self.namespaces.push((prefix.clone(), namespace.to_owned()));
        prefix
    }

    fn xml(&mut self, tree: &Tree, node: NodeId, group: usize, known: &[(String, String)]) {
        self.value(tree, node, group, Key::Own);
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Attribute if tree.namespace(child).is_empty() && !tree.name(child).starts_with("@xmlns") => {
                    let name = tree.name(child).to_owned();
                    self.value(tree, child, group, Key::Named(name));
                }
                Kind::Element => {
                    let prefix = self.prefix(tree, child, known);
                    let inner = self.group(group, tree.name(child), &prefix);
                    self.xml(tree, child, inner, known);
                }
                _ => {}
            }
        }
    }

    fn json(&mut self, tree: &Tree, node: NodeId, group: usize) {
        for child in tree.children(node) {
            let name = tree.name(child).to_owned();
            match tree.kind(child) {
                Kind::Object => {
                    let inner = self.group(group, &name, "");
                    self.json(tree, child, inner);
                }
                Kind::Array => {
                    for item in tree.children(child) {
                        if tree.kind(item) == Kind::Object {
                            let inner = self.group(group, &name, "");
                            self.json(tree, item, inner);
                        } else {
                            self.value(tree, item, group, Key::Named(name.clone()));
                        }
                    }
                }
                _ => self.value(tree, child, group, Key::Named(name)),
            }
        }
    }

    /// What the rows of a set say alike is the set's own: it is read from the first.
    fn rows(&mut self, tree: &Tree, top: NodeId) {
        let rows: Vec<NodeId> = tree.children(top).collect();
        for (at, row) in rows.iter().enumerate() {
            let inner = self.group(0, "row", "");
            for field in tree.children(*row) {
                let name = tree.name(field).to_owned();
                if at == 0 {
                    self.value(tree, field, 0, Key::Named(name.clone()));
                }
                self.value(tree, field, inner, Key::Named(name));
            }
        }
    }

    /// Groups from below the root to one, itself included.
    pub fn chain(&self, group: usize) -> Vec<usize> {
        let mut chain: Vec<usize> = std::iter::successors(Some(group), |g| self.groups[*g].parent).collect();
        chain.pop();
        chain.reverse();
        chain
    }

    /// The depth of a group: 0 for the root.
    pub fn depth(&self, group: usize) -> usize {
        std::iter::successors(self.groups[group].parent, |g| self.groups[*g].parent).count()
    }

    /// True if a group stands in another, or is it.
    pub fn within(&self, group: usize, above: usize) -> bool {
        std::iter::successors(Some(group), |g| self.groups[*g].parent).any(|g| g == above)
    }

    /// The values of all groups of a class.
    pub fn of_class(&self, class: &str) -> &[usize] {
        self.classes.get(class).map_or(&[], Vec::as_slice)
    }

    /// What stands at a place of a group.
    pub fn at(&self, group: usize, key: &Key) -> Option<&Value> {
        if let Key::Deep(names) = key {
            let below = |above: usize, name: &String| {
                let mut groups = self.groups.iter().enumerate();
                groups.find(|(_, one)| one.parent == Some(above) && one.name == *name).map(|(at, _)| at)
            };
            let last = names.iter().try_fold(group, below)?;
            return self.at(last, &Key::Own);
        }
        self.groups[group].values.iter().map(|v| &self.values[*v]).find(|v| v.key.same(key))
    }
}
