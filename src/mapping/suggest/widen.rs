//! One sample shows a qualifier or two of the list that a place is asked for: the payer as `BY` and not as `SO`, a day of
//! delivery as `002` and not as `106`. What other mappings of the standard ask for in such a field, and who else a party may
//! be, is asked for too, as far as the guide has it and no sample says something else there.

use super::{
    knowledge::{Fact, Known, Step},
    places::Key,
    propose::{Leaf, Node, Says, Way},
    search::Search,
};
use crate::formats::piece::Standard;
use std::collections::{BTreeMap, BTreeSet};

impl Search<'_> {
    /// Widens all ways of nodes. `names`: from the message to these nodes; `path`: the names of the steps to their frame.
    pub(super) fn widen(&self, nodes: &mut [Node], names: &[String], path: &[String]) {
        for node in nodes {
            let field = [names, &[node.name().to_owned()]].concat();
            match node {
                Node::Leaf(leaf) => self.widen_leaf(leaf, &field, path),
                Node::Object { members, .. } => self.widen(members, &field, path),
                Node::Each { each, members, .. } => {
                    self.widen_parties(&field, path, &mut each.steps);
                    self.widen_others(&field, path, &mut each.steps);
                    let steps = each.steps.iter().map(|step| step.name.clone());
                    let inner: Vec<String> = path.iter().cloned().chain(steps).collect();
                    self.widen(members, &field, &inner);
                }
            }
        }
    }

    fn widen_leaf(&self, leaf: &mut Leaf, field: &[String], path: &[String]) {
        let mut further: BTreeSet<String> = BTreeSet::new();
        let parts = match &mut leaf.says {
            Says::List(parts) => parts.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for part in parts {
            let Says::Ways { ways, pipes, .. } = part else { continue };
            ways.iter_mut().for_each(|way| without_format(way, pipes));
            for way in ways.iter_mut().filter(|way| way.up == 0) {
                self.widen_parties(field, path, &mut way.steps);
                if !leaf.unseen {
                    further.extend(self.widen_last(field, path, way));
                    further.extend(self.widen_pairs(field, path, way));
                }
            }
        }
        if !further.is_empty() {
            let codes = further.into_iter().collect::<Vec<_>>().join(", ");
            leaf.why = format!("{}; {codes} as other mappings ask for it", leaf.why);
        }
    }

    /// A party by all its qualifiers.
    fn widen_parties(&self, field: &[String], path: &[String], steps: &mut [Step]) {
        let member = if field.first().is_some_and(|name| name == "lines") { field.get(1) } else { field.first() };
        let Some(member) = member else { return };
        if !steps.iter().any(|step| matches!(step.name.as_str(), "N1" | "NAD")) {
            return;
        }
        let own = self.codes_asked_for(member);
        for at in 0..steps.len() {
            if !matches!(steps[at].name.as_str(), "N1" | "NAD") {
                continue;
            }
            let class = class(path, &steps[..=at]);
            let name = steps[at].name.clone();
            for (key, values) in steps[at].conditions.iter_mut().filter(|(key, _)| key.same(&Key::Element(1, 0))) {
                if values.iter().all(|code| own.contains(code)) {
                    self.add(&class, &name, key, values, &own);
                }
            }
        }
    }

    /// The parties without a name of their own by all qualifiers that there are.
    fn widen_others(&self, field: &[String], path: &[String], steps: &mut [Step]) {
        if field.last().is_none_or(|name| name != "other_parties") {
            return;
        }
        let class = class(path, steps);
        let Some(last) = steps.last_mut().filter(|step| matches!(step.name.as_str(), "N1" | "NAD")) else { return };
        let name = last.name.clone();
        for (key, values) in last.conditions.iter_mut().filter(|(key, _)| key.same(&Key::Element(1, 0))) {
            self.add(&class, &name, key, values, &self.codes_of_others());
        }
    }

    /// The last segment by the qualifiers by which others ask for it in this very field.
    fn widen_last(&self, field: &[String], path: &[String], way: &mut Way) -> Vec<String> {
        let class = class(path, &way.steps);
        let Some(last) = way.steps.last_mut() else { return vec![] };
        let name = last.name.clone();
        let [(key, values)] = last.conditions.as_mut_slice() else { return vec![] };
        if matches!(name.as_str(), "N1" | "NAD" | "HL") || matches!(key, Key::Deep(_)) {
            return vec![];
        }
        let (mut who, mut counts): (BTreeSet<&str>, BTreeMap<&str, BTreeSet<&str>>) = Default::default();
        for fact in self.facts_of(field).filter(|fact| fact.key.same(&way.key)) {
            let theirs = fact.steps.last().filter(|step| step.name == name).map(|step| step.conditions.as_slice());
            if let Some([(asked, codes)]) = theirs
                && asked.same(key)
                && codes.iter().any(|code| values.contains(code))
            {
                who.insert(&fact.mapping);
                for code in codes.iter().filter(|code| *code != "*") {
                    counts.entry(code).or_default().insert(&fact.mapping);
                }
            }
        }
        // What few ask for means something of their own: a gross price is none that others take for the price.
        let most = counts.into_iter().filter(|(_, own)| own.len() * 2 > who.len());
        let mut found: Vec<String> = most.map(|(code, _)| code.to_owned()).collect();
        let meant = self.codes_meant(&name, field).into_iter();
        found.extend(meant.filter(|codes| codes.iter().any(|code| values.contains(code))).flatten());
        self.add(&class, &name, key, values, &found)
    }

    /// Item numbers by the qualifiers that several others read.
    fn widen_pairs(&self, field: &[String], path: &[String], way: &mut Way) -> Vec<String> {
        let class = class(path, &way.steps);
        let segment = class.rsplit('/').next().unwrap_or_default().to_owned();
        let Key::Pairs(values) = &mut way.key else { return vec![] };
        let Some(qualifier) = self.compare.qualifier_of_items(&segment) else { return vec![] };
        let mut found: Vec<(String, BTreeSet<&str>)> = Vec::new();
        for fact in self.facts_of(field) {
            let Key::Pairs(codes) = &fact.key else { continue };
            for code in codes {
                match found.iter_mut().find(|(known, _)| known == code) {
                    Some((_, who)) => _ = who.insert(&fact.mapping),
                    None => found.push((code.clone(), BTreeSet::from([fact.mapping.as_str()]))),
                }
            }
        }
        let several = found.into_iter().filter(|(_, who)| who.len() > 1).map(|(code, _)| code);
        self.add(&class, &segment, &qualifier, values, &several.collect::<Vec<_>>())
    }

    fn facts_of<'s>(&'s self, field: &'s [String]) -> impl Iterator<Item = &'s Fact> {
        let facts = self.compare.knowledge.facts.iter();
        facts.filter(move |fact| fact.field == field && fact.standard == self.compare.standard && self.of_family(fact))
    }

    /// Adds qualifiers that the guide has and no sample says there; gives those that are new.
    fn add(&self, class: &str, segment: &str, key: &Key, values: &mut Vec<String>, more: &[String]) -> Vec<String> {
        if !matches!(self.compare.standard, Standard::X12 | Standard::Edifact) {
            return vec![];
        }
        let spec = self.compare.spec(segment, key);
        let mut fresh: Vec<String> = Vec::new();
        for code in more.iter().filter(|code| !values.contains(code)) {
            let known = spec.is_none_or(|spec| spec.codes.is_empty() || spec.codes.contains(code));
            let said = |places: &super::places::Places| {
                places.of_class(class).iter().map(|at| &places.values[*at]).any(|value| value.text.trim() == code)
            };
            if known && !fresh.contains(code) && !self.places.iter().any(said) {
                fresh.push(code.clone());
            }
        }
        values.extend(fresh.iter().cloned());
        fresh
    }
}

/// The names of the steps to a place, as groups are called by.
fn class(path: &[String], steps: &[Step]) -> String {
    let names = path.iter().map(String::as_str).chain(steps.iter().map(|step| step.name.as_str()));
    names.collect::<Vec<_>>().join("/")
}

/// What a pipe looks at beside the value (a date's format, an id's agency) is asked for by no condition: the next document has
/// another.
fn without_format(way: &mut Way, pipes: &[Known]) {
    let Some(last) = way.steps.last_mut() else { return };
    let looked_at = |key: &Key| {
        pipes.iter().any(|pipe| matches!(pipe, Known::CodedDate(beside) | Known::Party(beside) if beside.same(key)))
    };
    last.conditions.retain(|(key, _)| !looked_at(key));
}
