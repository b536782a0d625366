//! Lists that no sample shows: contacts, charges, taxes, where other mappings of the same standard make them.

use super::{
    super::shape::{Member, Shape},
    knowledge::{ListFact, Step},
    lists::Each,
    places::Key,
    propose::{Leaf, Node, Says},
    search::{Scope, Search},
};
use crate::formats::piece::Standard;

/// As sure as a field that no sample shows: another mapping says it, and nothing else.
const UNSEEN: f64 = 0.6;

impl Search<'_> {
    /// Adds the lists that nodes lack. `names`: from the scope's object to these nodes.
    pub(super) fn add_lists(&self, scope: &Scope, members: &[Member], names: &[String], nodes: &mut Vec<Node>) {
        if !matches!(self.compare.standard, Standard::X12 | Standard::Edifact) {
            return;
        }
        for member in members {
            let names = [names, std::slice::from_ref(&member.name)].concat();
            let known = nodes.iter_mut().find(|node| node.name() == member.name);
            match (&member.shape, known) {
                (Shape::Object(inner), Some(Node::Object { members, .. })) => {
                    self.add_lists(scope, inner, &names, members);
                }
                (Shape::List(item), None) => {
                    if let Shape::Object(inner) = &**item {
                        let list = self.unseen_list(scope, &names, inner, nodes);
                        nodes.extend(list);
                    }
                }
                _ => {}
            }
        }
    }

    /// A list as another mapping makes it, where nothing of the samples stands in such a place.
    fn unseen_list(&self, scope: &Scope, names: &[String], members: &[Member], around: &[Node]) -> Option<Node> {
        let field = [scope.names.as_slice(), names].concat();
        let knowledge = self.compare.knowledge;
        let mut theirs: Vec<(&ListFact, Vec<Step>)> = knowledge
            .lists
            .iter()
            .filter(|list| list.standard == self.compare.standard && list.field.last() == field.last())
            .filter_map(|list| Some((list, self.list_seen_from(scope, &field, list, around)?)))
            .filter(|(_, steps)| !self.is_anothers(&field, steps) && self.is_empty(scope, steps))
            .collect();
        // The mapping of the same message comes first, then the one that reads most of an item.
        let same =
            |list: &ListFact| knowledge.facts.iter().any(|f| f.mapping == list.mapping && f.message == self.message);
        let reads = |list: &ListFact| {
            knowledge.facts.iter().filter(|f| f.mapping == list.mapping && f.field.starts_with(&list.field)).count()
        };
        theirs.sort_by_cached_key(|(list, _)| std::cmp::Reverse((list.field == field, same(list), reads(list))));
        theirs.into_iter().find_map(|(list, steps)| self.as_theirs(scope, &field, members, list, steps))
    }

    fn as_theirs(
        &self,
        scope: &Scope,
        field: &[String],
        members: &[Member],
        list: &ListFact,
        steps: Vec<Step>,
    ) -> Option<Node> {
        let name = field.last()?.clone();
        let mut frames = scope.frames.clone();
        let mut path = frames.last().cloned().unwrap_or_default();
        for step in &steps {
            path.push(step.clone());
            frames.push(path.clone());
        }
        let inner = Scope { names: list.field.clone(), frames, targets: vec![], bare: false };
        let members = self.object(&inner, members);
        let each = Each {
            steps,
            under: vec![],
            column: None,
            groups: vec![],
            unseen: true,
            confidence: UNSEEN,
            evidence: format!("no sample shows it; {} makes {} so", list.mapping, list.field.join(".")),
        };
        (!members.is_empty()).then_some(Node::Each { name, each, members })
    }

    /// A list's way from a scope: the same list's, or that of another party's beside what was found of this one.
    fn list_seen_from(&self, scope: &Scope, field: &[String], list: &ListFact, around: &[Node]) -> Option<Vec<Step>> {
        // What loops are to each other by their numbers, no sample shows either.
        if list.steps.iter().any(|step| matches!(step.name.as_str(), "HL" | "CPS")) {
            return None;
        }
        let above = scope.frames.last().map_or(&[][..], Vec::as_slice);
        let alike = |a: &[Step]| a.len() > above.len() && a.iter().zip(above).all(|(a, b)| a.name == b.name);
        let mut steps = list.steps[..].get(above.len()..).filter(|_| alike(&list.steps))?.to_vec();
        if list.field != field {
            // Contacts stand below a party, whoever that is.
            let own = around.iter().find_map(way_of_leaf)?;
            let (party, below) = steps.split_first_mut()?;
            let first = own.first().filter(|first| is_party(first) && first.name == party.name && !below.is_empty())?;
            if field.len() != list.field.len() {
                return None;
            }
            *party = first.clone();
        }
        // Of the parties without a name in the message only those are left that have none.
        if field.len() == scope.names.len() + 1 && steps.len() == 1 {
            return self.others(&steps);
        }
        Some(steps)
    }

    /// True if no sample has anything there: what is there and is not wanted, is something else.
    fn is_empty(&self, scope: &Scope, steps: &[Step]) -> bool {
        scope.targets.iter().all(|target| self.items(target, steps).is_empty())
    }
}

fn way_of_leaf(node: &Node) -> Option<Vec<Step>> {
    match node {
        Node::Leaf(Leaf { says: Says::Ways { ways, .. }, .. }) => match ways.as_slice() {
            [way] if way.up == 0 && !way.steps.is_empty() => Some(way.steps.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// True if a step asks whose it is.
fn is_party(step: &Step) -> bool {
    matches!(step.name.as_str(), "N1" | "NAD") && step.conditions.iter().any(|(key, _)| key.same(&Key::Element(1, 0)))
}
