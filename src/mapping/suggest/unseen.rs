//! Lists that no sample shows: contacts, charges, taxes, where other mappings of the same standard make them.

use super::{
    super::shape::{Member, Shape},
    knowledge::{ListFact, Step},
    lists::Each,
    places::Key,
    propose::{Leaf, Node, Says},
    roles::sender_of,
    search::{Scope, Search, Target},
};
use std::collections::BTreeSet;

/// As sure as a field that no sample shows: another mapping says it, and nothing else.
const UNSEEN: f64 = 0.6;

impl Search<'_> {
    /// Adds the lists that nodes lack. `names`: from the scope's object to these nodes.
    pub(super) fn add_lists(&self, scope: &Scope, members: &[Member], names: &[String], nodes: &mut Vec<Node>) {
        if self.only_shown || !self.compare.is_known() {
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
        theirs.sort_by_cached_key(|(list, steps)| {
            let own = list.field == field;
            // The sender's contacts stand in the heading.
            let heading = names.len() > 1 && steps.len() == 1 && !is_party(&steps[0]);
            // Where he sends other messages, too, they show whether they stand there.
            let party = field.first().map(String::as_str);
            let told = knowledge.programs.iter().find(|told| told.mapping == list.mapping);
            let sends = own && told.is_some_and(|told| sender_of(&told.message) == party);
            std::cmp::Reverse((sends, heading, own, same(list), reads(list)))
        });
        let Some((list, mut steps)) = theirs.first().cloned() else {
            let meant = self.list_meant(scope, &field)?;
            let steps = Some(meant.steps.clone()).filter(|steps| self.is_empty(scope, steps))?;
            return self.as_theirs(scope, &field, members, &meant, steps, 1);
        };
        for (_, other) in &theirs[1..] {
            widen(&mut steps, other);
        }
        let mappings: BTreeSet<&str> = theirs.iter().map(|(list, _)| list.mapping.as_str()).collect();
        self.as_theirs(scope, &field, members, list, steps, mappings.len())
    }

    fn as_theirs(
        &self,
        scope: &Scope,
        field: &[String],
        members: &[Member],
        list: &ListFact,
        steps: Vec<Step>,
        count: usize,
    ) -> Option<Node> {
        let name = field.last()?.clone();
        let mut frames = scope.frames.clone();
        let mut path = frames.last().cloned().unwrap_or_default();
        for step in &steps {
            path.push(step.clone());
            frames.push(path.clone());
        }
        // What the place itself makes an item of, the samples may have.
        let there = scope.targets.iter().filter(|_| steps.is_empty());
        let targets = there.map(|target| Target { wanted: None, ..target.clone() }).collect();
        let inner = Scope { names: list.field.clone(), frames, targets, bare: false };
        let members = self.object(&inner, members);
        let others = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        let each = Each {
            steps,
            under: vec![],
            column: None,
            groups: vec![],
            unseen: true,
            confidence: UNSEEN,
            evidence: match list.mapping.as_str() {
                "" => format!("no sample shows it; that is what {} means", list.field.join(".")),
                mapping => format!("no sample shows it; {mapping} makes {} so{others}", list.field.join(".")),
            },
        };
        (!members.is_empty()).then_some(Node::Each { name, each, members })
    }

    /// A list's way from a scope: the same list's, that of the heading's or the lines' like one, or that of another party's
    /// beside what was found of this one.
    fn list_seen_from(&self, scope: &Scope, field: &[String], list: &ListFact, around: &[Node]) -> Option<Vec<Step>> {
        // What loops are to each other by their numbers, no sample shows either.
        if list.steps.iter().any(|step| matches!(step.name.as_str(), "HL" | "CPS")) {
            return None;
        }
        let below = field.len() - scope.names.len();
        let (above, own) = list.field.split_at(list.field.len().checked_sub(below)?);
        let mut steps = match above {
            [] => list.steps.clone(),
            above => match self.below(scope, self.list_of(&list.mapping, above)?, &list.steps)? {
                (0, steps) => steps,
                _ => return None,
            },
        };
        let (last, party) = field.split_last()?;
        if below > 1 {
            let sends = party.first().map(String::as_str) == self.sender();
            let at = steps.iter().position(is_party);
            let within = scope.frames.last().and_then(|path| path.last()).is_some_and(is_party);
            match (self.way_of_party(around), at) {
                // Contacts stand below a party, whoever that is.
                (Some(party), Some(at)) if steps.len() > at + 1 => steps = [&party[..], &steps[at + 1..]].concat(),
                (_, None) if sends && last == "contacts" => {}
                // The item is a party itself.
                _ if own == &field[scope.names.len()..] && (at.is_some() || within) => {}
                _ => return None,
            }
        }
        // Of the parties without a name in the message only those are left that have none.
        if below == 1 {
            steps = self.others(&steps)?;
        }
        let frame = scope.frames.last().map_or(&[][..], Vec::as_slice);
        // Of the place itself, where it says several behind each other, only its own mapping knows how.
        let repeats = |step: &Step| {
            let segment = (self.compare.standard.word(), step.name.clone());
            self.compare.knowledge.repeats.contains_key(&segment)
        };
        if steps.is_empty() && (list.field != field || frame.last().is_some_and(repeats)) {
            return None;
        }
        let steps = self.compare.known_codes(steps)?;
        self.compare.leads(&[frame, &steps].concat()).then_some(steps)
    }

    /// Where a party stands, by what was found of it.
    fn way_of_party(&self, around: &[Node]) -> Option<Vec<Step>> {
        around.iter().find_map(|node| {
            let says = match node {
                Node::Object { members, .. } => return self.way_of_party(members),
                Node::Leaf(Leaf { says: Says::List(parts), .. }) => parts.first()?,
                Node::Leaf(Leaf { says, .. }) => says,
                Node::Each { .. } => return None,
            };
            let Says::Ways { ways, .. } = says else { return None };
            let way = ways.first()?;
            let at = way.steps.iter().position(is_party).filter(|_| way.up == 0)?;
            Some(way.steps[..=at].to_vec())
        })
    }

    /// True if no sample has anything there: what is there and is not wanted, is something else.
    fn is_empty(&self, scope: &Scope, steps: &[Step]) -> bool {
        steps.is_empty() || scope.targets.iter().all(|target| self.items(target, steps).is_empty())
    }
}

/// Adds the codes by which another mapping asks for the same segments.
fn widen(steps: &mut [Step], other: &[Step]) {
    let names = |steps: &[Step]| steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    let Some(theirs) = other.last().filter(|_| names(steps) == names(other)) else { return };
    let Some(own) = steps.last_mut() else { return };
    for ((key, values), (other, more)) in own.conditions.iter_mut().zip(&theirs.conditions) {
        if key.same(other) {
            let fresh: Vec<String> = more.iter().filter(|code| !values.contains(code)).cloned().collect();
            values.extend(fresh);
        }
    }
}

/// UBL's elements that are a party.
const PARTIES: &[&str] = &["Party", "DeliveryParty", "CarrierParty", "PayeeParty"];

/// True if a step asks whose it is, or is a party by its name.
pub(super) fn is_party(step: &Step) -> bool {
    PARTIES.contains(&step.name.as_str())
        || matches!(step.name.as_str(), "N1" | "NAD")
            && step.conditions.iter().any(|(key, _)| key.same(&Key::Element(1, 0)))
}
