//! JSON, CSV and XML out of what a run wrote, in the order in which the mapping first names things.

use super::{
    out::{Out, OutId, OutLeaf},
    plan::{Leaf, Name},
};
use crate::formats::{
    place::{At, Place},
    tree::{Kind, NodeId, Tree},
};
use serde_json::{Map, Value};

/// A JSON object. Numbers are texts: they keep their decimals, and readers take both.
pub fn json(out: &Out) -> Value {
    Value::Object(object(out, 0))
}

fn object(out: &Out, id: OutId) -> Map<String, Value> {
    let node = out.node(id);
    let mut members: Vec<(u32, String, Value, bool)> = Vec::new();
    for leaf in &node.leaves {
        if let Leaf::Child { name, order } = &leaf.leaf {
            members.push((*order, name.name.clone(), Value::String(leaf.text.clone()), leaf.item));
        }
    }
    for child in &node.children {
        let inner = out.node(*child);
        members.push((inner.order, inner.name.clone(), Value::Object(object(out, *child)), inner.item));
    }
    members.sort_by_key(|(order, ..)| *order);
    let mut object = Map::new();
    for (_, name, value, item) in members {
        match object.get_mut(&name) {
            Some(Value::Array(items)) if item => items.push(value),
            _ if item => _ = object.insert(name, Value::Array(vec![value])),
            _ => _ = object.insert(name, value),
        }
    }
    object
}

/// Rows; what the set says once stands in each.
pub fn csv(out: &Out) -> Result<Tree, String> {
    let root = out.node(0);
    let rows: Vec<&OutId> = root.children.iter().collect();
    if rows.is_empty() {
        return Err("there is no line to be written, and a CSV order without lines has no row".into());
    }
    let all = |id: OutId| out.node(id).leaves.iter().chain(&root.leaves);
    let mut columns: Vec<(u32, &str)> = Vec::new();
    for leaf in rows.iter().flat_map(|id| all(**id)) {
        if let Leaf::Child { name, order } = &leaf.leaf
            && !columns.contains(&(*order, name.name.as_str()))
        {
            columns.push((*order, &name.name));
        }
    }
    columns.sort();
    let mut tree = Tree::new(nowhere());
    for id in rows {
        let root = tree.root();
        let row = tree.push(root, Kind::Record, "row", None, nowhere());
        for (_, column) in &columns {
            let text = all(*id).find(|l| matches!(&l.leaf, Leaf::Child { name, .. } if name.name == *column));
            tree.push(row, Kind::Field, column, Some(text.map_or("", |l| &l.text)), nowhere());
        }
    }
    Ok(tree)
}

/// An XML document: the root's only child is the document element. `prefixes`: (namespace, its prefix).
pub fn xml(out: &Out, root: Option<&Name>, prefixes: &[(String, String)]) -> Tree {
    let mut xml = Xml { out, prefixes, tree: Tree::new(nowhere()) };
    let top = xml.tree.root();
    let name = root.map_or("", |r| &r.name);
    xml.element(0, name, root.and_then(|r| r.namespace.as_deref()), top);
    xml.tree
}

struct Xml<'a> {
    out: &'a Out,
    prefixes: &'a [(String, String)],
    tree: Tree,
}

impl Xml<'_> {
    fn element(&mut self, id: OutId, name: &str, namespace: Option<&str>, parent: NodeId) {
        let node = self.out.node(id);
        let own = node.leaves.iter().find(|l| l.leaf == Leaf::Own).map(|l| l.text.as_str());
        let element = self.push(parent, Kind::Element, name, own, namespace);
        let order = |leaf: &&OutLeaf| match &leaf.leaf {
            Leaf::Child { order, .. } => *order,
            _ => 0,
        };
        let mut leaves: Vec<&OutLeaf> = node.leaves.iter().filter(|l| matches!(l.leaf, Leaf::Child { .. })).collect();
        leaves.sort_by_key(order);
        for leaf in leaves {
            let Leaf::Child { name, .. } = &leaf.leaf else { continue };
            let kind = if name.name.starts_with('@') { Kind::Attribute } else { Kind::Element };
            self.push(element, kind, &name.name, Some(&leaf.text), name.namespace.as_deref());
        }
        let mut children = node.children.clone();
        children.sort_by_key(|c| self.out.node(*c).order);
        for child in children {
            let inner = self.out.node(child);
            self.element(child, &inner.name, inner.namespace.as_deref(), element);
        }
    }

    fn push(&mut self, parent: NodeId, kind: Kind, name: &str, value: Option<&str>, namespace: Option<&str>) -> NodeId {
        let id = self.tree.push(parent, kind, name, value, nowhere());
        if let Some(namespace) = namespace {
            let prefix = self.prefixes.iter().find(|(uri, _)| uri == namespace).map_or("", |(_, prefix)| prefix);
            self.tree.set_namespace(id, namespace, prefix);
        }
        id
    }
}

fn nowhere() -> Place {
    Place { byte: 0, len: 0, at: At::Node { path: "".into() } }
}
