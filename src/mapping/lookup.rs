//! Single values of a set by path, without a mapping: what an agreement wants documents to be found by.
//!
//! A path begins with `/` and names a member of the canonical message (a JSON pointer, RFC 6901, with `*` for each of a
//! list); or it is one of an X12 or EDIFACT set as mappings write it, whose first step may stand anywhere in the set.

use super::{
    expr::{self, Condition, Path, Step},
    plan::ANYTHING,
};
use crate::{
    canonical::Body,
    formats::{
        piece::{Set, Standard},
        tree::{Kind, NodeId, Tree},
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Values of one path: more say nothing that anybody would look for.
const MOST: usize = 1_000;
/// Characters of a value.
const LONGEST: usize = 200;

/// Why a path can't be one, if so.
pub fn wrong(path: &str) -> Option<String> {
    if path.starts_with('/') {
        let ends = path.ends_with('/') || path.contains("//");
        return ends.then(|| "a member's name is missing".to_owned());
    }
    let parsed = match expr::path(path, true) {
        Ok(parsed) => parsed,
        Err((at, why)) => return Some(format!("{why}, at character {}", at + 1)),
    };
    let Some(last) = parsed.steps.last() else { return Some("it names no segment".into()) };
    let (_, leaf) = segment(last);
    match () {
        () if parsed.up > 0 => Some("a path begins in the set, not above it".into()),
        () if parsed.steps.iter().any(|step| step.qualifiers.is_some()) => {
            Some("name the element: pairs of qualifier and id are for mappings".into())
        }
        () if parsed
            .steps
            .iter()
            .flat_map(|step| &step.conditions)
            .any(|one| one.refuses || one.texts().count() < one.values.len()) =>
        {
            let sentence =
                "name the code itself: what the message says (`$currency`), and `?? refuse`, are for mappings";
            Some(sentence.into())
        }
        () if leaf.is_none() => Some("it names no element; as in `BEG03` or `N1[01=ST].04`".into()),
        () => None,
    }
}

/// The values that stand at a path in a set or in the message that was made of it, each once, in their order.
pub fn values(path: &str, set: &Set, message: Option<&Body>) -> Vec<String> {
    let mut found = Found::default();
    if path.starts_with('/') {
        let steps: Vec<String> =
            path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        if let Some(message) = message {
            found.members(message, &steps);
        }
    } else if matches!(set.standard, Standard::X12 | Standard::Edifact)
        && let Ok(path) = expr::path(path, true)
    {
        found.elements(&set.tree, set.tree.root(), &path, 0);
    }
    found.values
}

#[derive(Default)]
struct Found {
    values: Vec<String>,
    known: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, text: &str) {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
        if fits && self.values.len() < MOST && self.known.insert(text.to_owned()) {
            self.values.push(text.to_owned());
        }
    }

    fn members(&mut self, value: &Value, steps: &[String]) {
        let Some((step, rest)) = steps.split_first() else {
            match value {
                Value::String(text) => self.add(text),
                Value::Number(number) => self.add(&number.to_string()),
                _ => {}
            }
            return;
        };
        match value {
            Value::Array(all) if step == ANYTHING => all.iter().for_each(|one| self.members(one, rest)),
            Value::Array(all) => {
                if let Some(one) = step.parse::<usize>().ok().and_then(|at| all.get(at)) {
                    self.members(one, rest);
                }
            }
            Value::Object(all) => {
                if let Some(one) = all.get(step) {
                    self.members(one, rest);
                }
            }
            _ => {}
        }
    }

    /// What the steps from one on name below a node. Sets are as deep as their guide is, so this ends.
    fn elements(&mut self, tree: &Tree, below: NodeId, path: &Path, at: usize) {
        let Some(step) = path.steps.get(at) else { return };
        let is_last = at + 1 == path.steps.len();
        let (id, leaf) = segment(step);
        for node in tree.children(below) {
            match tree.kind(node) {
                Kind::Segment if is_last && tree.name(node) == id && holds(tree, node, step) => {
                    let found = leaf.as_deref().and_then(|leaf| value(tree, node, leaf));
                    found.into_iter().for_each(|text| self.add(text));
                }
                Kind::Loop if !is_last && is_named(tree, node, &step.name) => {
                    let opener = tree.children(node).next();
                    if opener.is_some_and(|opener| holds(tree, opener, step)) {
                        self.elements(tree, node, path, at + 1);
                    }
                }
                Kind::Loop => self.elements(tree, node, path, at),
                _ => {}
            }
        }
    }
}

/// By its first segment, or as its guide calls it (`SG2`).
fn is_named(tree: &Tree, of: NodeId, name: &str) -> bool {
    tree.name(of) == name || tree.children(of).next().is_some_and(|opener| tree.name(opener) == name)
}

/// `N104`, `N1.04` and `NAD.02.01`: the segment, and element with component as they are named in the tree.
pub(super) fn segment(step: &Step) -> (&str, Option<String>) {
    match &step.leaf {
        Some(leaf) => (&step.name, Some(leaf.clone())),
        None => match step.name.len().checked_sub(2).and_then(|at| step.name.split_at_checked(at)) {
            Some((id, digits)) if id.len() >= 2 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                (id, Some(digits.to_owned()))
            }
            _ => (&step.name, None),
        },
    }
}

fn holds(tree: &Tree, segment: NodeId, step: &Step) -> bool {
    let holds = |condition: &Condition| {
        let said = value(tree, segment, &condition.leaf).map(str::trim).unwrap_or_default();
        let named = condition.texts().any(|wanted| wanted == said || wanted == ANYTHING && !said.is_empty());
        named != condition.not
    };
    step.conditions.iter().all(holds)
}

/// The first value of an element or component: `04`, `02.01`.
fn value<'t>(tree: &'t Tree, segment: NodeId, leaf: &str) -> Option<&'t str> {
    let mut node = segment;
    for position in leaf.split('.') {
        let position: u16 = position.parse().ok()?;
        node = match tree.at_position(node, position) {
            Some(found) => found,
            // An element of one component is itself the leaf.
            None if position == 1 && tree.value(node).is_some() => node,
            None => return None,
        };
    }
    let mut value = tree.value(node);
    // The first repeat, and of a composite the first component.
    while value.is_none() {
        node = tree.children(node).next()?;
        value = tree.value(node);
    }
    value
}
