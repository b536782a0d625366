//! Which repeating place makes the items of a list: the one whose nth occurrence says what the nth item says.

use super::{
    super::shape::{Member, Shape},
    knowledge::Step,
    places::{Key, Places},
    search::{Scope, Search, Target, holds},
    values::{alike, weight},
};
use crate::formats::piece::Standard;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A list's place.
#[derive(Debug, Clone)]
pub struct Each {
    /// From the parent's frame.
    pub steps: Vec<Step>,
    /// What stands above it by number (HL, CPS), the outermost first.
    pub under: Vec<Step>,
    /// CSV: the column whose value makes the one item that a row has.
    pub column: Option<String>,
    /// By parent target: the items' groups.
    pub groups: Vec<Vec<usize>>,
    /// No sample shows an item: it is what others do.
    pub unseen: bool,
    pub confidence: f64,
    pub evidence: String,
}

/// What an item of a list says: texts with the shapes of their fields.
fn said<'v>(item: &'v Json, members: &'v [Member], found: &mut Vec<(&'v Json, &'v Shape)>) {
    for member in members {
        let Some(value) = item.get(&member.name) else { continue };
        match &member.shape {
            Shape::Object(inner) => said(value, inner, found),
            Shape::List(inner) => match &**inner {
                Shape::Object(inner) => {
                    value.as_array().into_iter().flatten().for_each(|item| said(item, inner, found));
                }
                Shape::Ref => value.as_array().into_iter().flatten().for_each(|r| found.push((&r["id"], &Shape::Text))),
                inner => value.as_array().into_iter().flatten().for_each(|text| found.push((text, inner))),
            },
            Shape::Free => {
                value.as_object().into_iter().flatten().for_each(|(_, text)| found.push((text, &Shape::Text)));
            }
            shape => found.push((value, shape)),
        }
    }
}

impl Search<'_> {
    /// The place of a list in a scope; `targets` want arrays. `field`: its names from the message on.
    pub fn each(&self, scope: &Scope, field: &[String], members: &[Member], targets: &[Target]) -> Option<Each> {
        let mut best: Option<(f64, Each)> = None;
        for steps in self.ways_to_items(scope, field, targets) {
            let groups: Vec<Vec<usize>> = targets.iter().map(|target| self.items(target, &steps)).collect();
            let counts = targets.iter().zip(&groups).all(|(target, groups)| {
                scope.bare || groups.len() == target.wanted.and_then(Json::as_array).map_or(0, Vec::len)
            });
            if !counts || groups.iter().all(Vec::is_empty) {
                continue;
            }
            let known = self.known_list(scope, field, &steps);
            let (matched, all) = self.matched(targets, &groups, members);
            let depth = steps.len() as f64 * 0.001;
            let plain = if steps.last().is_some_and(|s| s.conditions.is_empty()) { 0.0005 } else { 0.0 };
            let points = f64::from(matched) * (1.0 + known) + if scope.bare { known } else { 0.0 } + depth + plain;
            if points < 0.5 && !scope.bare || scope.bare && known == 0.0 {
                continue;
            }
            let confidence = match (matched, all) {
                (_, 0) => 0.5 * known,
                (matched, all) => (0.5 + 0.48 * f64::from(matched) / f64::from(all)).min(0.98),
            };
            let count: usize = groups.iter().map(Vec::len).sum();
            let evidence = match scope.bare {
                true => format!("{count} of it in the samples"),
                false => format!("{count} items: the nth says what the nth item says"),
            };
            let (under, column) = (Vec::new(), None);
            let each = Each { steps, under, column, groups, unseen: false, confidence, evidence };
            if best.as_ref().is_none_or(|(most, _)| points > *most) {
                best = Some((points, each));
            }
        }
        let mut each = best.map(|(_, each)| each)?;
        each.under = self.under(targets, &each);
        Some(each)
    }

    /// CSV: the column of a row whose value makes the one item that a list has, a price or a quantity.
    pub fn column(&self, members: &[Member], targets: &[Target]) -> Option<Each> {
        let lists = targets.iter().map(|t| t.wanted.and_then(Json::as_array).map_or(0, Vec::len));
        if self.compare.standard != Standard::Csv || lists.max() != Some(1) {
            return None;
        }
        let row = |target: &Target| target.frames.last().copied().flatten().filter(|row| *row > 0);
        let mut columns: BTreeMap<String, usize> = BTreeMap::new();
        for target in targets {
            let Some(item) = target.wanted.and_then(|list| list.get(0)) else { continue };
            let places = &self.places[target.pair];
            let mut wanted = Vec::new();
            said(item, members, &mut wanted);
            let numbers = wanted.iter().filter(|(_, shape)| **shape == Shape::Decimal);
            let values = places.groups[row(target)?].values.iter().map(|v| &places.values[*v]);
            for value in values {
                if numbers.clone().any(|(n, shape)| !self.compare.ways(places, value, n, shape).is_empty()) {
                    *columns.entry(value.key.text()).or_default() += 1;
                }
            }
        }
        let (column, _) = columns.into_iter().max_by_key(|(_, count)| *count)?;
        let groups = targets.iter().map(|t| match t.wanted.and_then(Json::as_array).is_some_and(|l| l.len() == 1) {
            true => row(t).into_iter().collect(),
            false => vec![],
        });
        Some(Each {
            steps: vec![],
            under: vec![],
            groups: groups.collect(),
            unseen: false,
            confidence: 0.8,
            evidence: format!("a row has one of them, where `{column}` says something"),
            column: Some(column),
        })
    }

    /// Ways to what the list could be made of. Without a message to compare with, what is not the lines stands where
    /// another mapping has it, asked for the same qualifiers.
    fn ways_to_items(&self, scope: &Scope, field: &[String], targets: &[Target]) -> Vec<Vec<Step>> {
        let all = self.repeating(targets);
        if !scope.bare || is_lines(field) {
            return all;
        }
        let above = scope.frames.last().map_or(0, Vec::len);
        let lists = self.compare.knowledge.lists.iter();
        let theirs = lists.filter(|list| list.field == field && alike(list.standard, self.compare.standard));
        let theirs: Vec<&[Step]> = theirs.filter_map(|list| list.steps.get(above..)).collect();
        let ways: Vec<Vec<Step>> = match self.compare.standard {
            Standard::X12 | Standard::Edifact => theirs.into_iter().filter_map(|steps| self.others(steps)).collect(),
            _ => {
                let same = |a: &[Step], b: &[Step]| a.iter().map(|step| &step.name).eq(b.iter().map(|step| &step.name));
                all.into_iter().filter(|steps| theirs.iter().any(|theirs| same(theirs, steps))).collect()
            }
        };
        ways.into_iter().filter(|steps| !self.is_anothers(field, steps)).collect()
    }

    /// Of a list of parties those that the message has no name for; none where it has one for each.
    pub(super) fn others(&self, steps: &[Step]) -> Option<Vec<Step>> {
        let mut steps = steps.to_vec();
        let last = steps.last_mut()?;
        let party = matches!(last.name.as_str(), "N1" | "NAD");
        for (_, codes) in last.conditions.iter_mut().filter(|_| party) {
            codes.retain(|code| self.party_of(code).is_none());
            if codes.is_empty() {
                return None;
            }
        }
        Some(steps)
    }

    /// Ways from the innermost frame to groups that items could be made of.
    fn repeating(&self, targets: &[Target]) -> Vec<Vec<Step>> {
        let mut ways: BTreeSet<Vec<Step>> = BTreeSet::new();
        for target in targets.iter().take(20) {
            let places = &self.places[target.pair];
            let Some(Some(frame)) = target.frames.last().copied() else { continue };
            let depth = places.depth(frame);
            for group in (0..places.groups.len()).filter(|g| *g != frame && places.within(*g, frame)) {
                let chain = &places.chain(group)[depth..];
                let plain = |g: &usize| Step { name: places.groups[*g].name.clone(), conditions: Vec::new() };
                let names: Vec<Step> = chain.iter().map(plain).collect();
                let asked = self.step(places, group, None);
                if !asked.conditions.is_empty() {
                    let mut way = names.clone();
                    way.pop();
                    way.push(asked);
                    ways.insert(way);
                }
                ways.insert(names);
            }
        }
        let ways: Vec<Vec<Step>> = ways.into_iter().collect();
        // Levels that stand for each other: tare and pack.
        let mut joined: Vec<Vec<Step>> = Vec::new();
        for (at, a) in ways.iter().enumerate() {
            for b in &ways[at + 1..] {
                if let (Some(x), Some(y)) = (a.last(), b.last())
                    && a.len() == 1
                    && b.len() == 1
                    && x.name == y.name
                    && x.conditions.len() == 1
                    && y.conditions.len() == 1
                {
                    let mut both = x.clone();
                    both.conditions[0].1.extend(y.conditions[0].1.iter().cloned());
                    joined.push(vec![both]);
                }
            }
        }
        ways.into_iter().chain(joined).collect()
    }

    pub(super) fn items(&self, target: &Target, steps: &[Step]) -> Vec<usize> {
        let places = &self.places[target.pair];
        let Some(Some(frame)) = target.frames.last().copied() else { return vec![] };
        let mut class = places.groups[frame].class.clone();
        for step in steps {
            class = if class.is_empty() { step.name.clone() } else { format!("{class}/{}", step.name) };
        }
        let fits = |group: &usize| {
            places.groups[*group].class == class && places.within(*group, frame) && holds(places, *group, steps)
        };
        (0..places.groups.len()).filter(fits).collect()
    }

    /// Of what the items say, how much stands in their groups, by weight: (found, all).
    fn matched(&self, targets: &[Target], groups: &[Vec<usize>], members: &[Member]) -> (u32, u32) {
        let (mut matched, mut all) = (0, 0);
        for (target, groups) in targets.iter().zip(groups) {
            let places = &self.places[target.pair];
            let items = target.wanted.and_then(Json::as_array).into_iter().flatten();
            for (item, group) in items.zip(groups) {
                let mut wanted = Vec::new();
                said(item, members, &mut wanted);
                let inside: Vec<_> = places.values.iter().filter(|v| places.within(v.group, *group)).collect();
                for (value, shape) in wanted {
                    let told = value.as_str().map_or(1, |text| weight(text).max(1));
                    all += told;
                    let found = inside.iter().any(|v| !self.compare.ways(places, v, value, shape).is_empty());
                    matched += if found { told } else { 0 };
                }
            }
        }
        (matched, all)
    }

    /// How much other mappings speak for making a list of this place.
    fn known_list(&self, scope: &Scope, field: &[String], steps: &[Step]) -> f64 {
        let Some(last) = steps.last() else { return 0.0 };
        let mut known = 0.0f64;
        for fact in &self.compare.knowledge.lists {
            if fact.field.last() != field.last() || !alike(fact.standard, self.compare.standard) {
                continue;
            }
            let parent = fact.field.len() == scope.names.len() + 1;
            let names: Vec<&str> = fact.steps.iter().map(|s| s.name.as_str()).collect();
            if names.last() == Some(&last.name.as_str()) {
                known = known.max(if parent { 1.0 } else { 0.5 });
            } else if names.contains(&last.name.as_str()) && names.len() > 1 {
                known = known.max(0.6);
            }
        }
        // Lines are what has item numbers, or is called so.
        let called = self.headings.lines.is_some();
        if is_lines(field) && (called || known == 0.0) && self.has_items(steps) {
            known = known.max(if called { 1.0 } else { 0.4 });
        }
        known
    }

    fn has_items(&self, steps: &[Step]) -> bool {
        let Some(last) = steps.last() else { return false };
        match self.compare.standard {
            Standard::X12 | Standard::Edifact => {
                let elements = self.compare.guide.and_then(|g| g.segments.get(last.name.as_str()));
                elements.is_some_and(|s| s.elements.iter().any(|e| matches!(&*e.reference, "234" | "C212")))
            }
            Standard::Csv | Standard::Fixed => last.name == "row",
            _ if self.headings.lines.is_some() => {
                let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
                self.headings.lines.as_deref() == Some(&names.join("/"))
            }
            _ => {
                let name = last.name.to_lowercase();
                name.contains("line") || name.contains("item")
            }
        }
    }

    /// `under:`: the levels above items by the numbers that loops give each other.
    fn under(&self, targets: &[Target], each: &Each) -> Vec<Step> {
        let name = each.steps.first().map(|step| step.name.as_str());
        if !matches!(name, Some("HL" | "CPS")) {
            return Vec::new();
        }
        let mut levels: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut numbered = false;
        for (target, groups) in targets.iter().zip(&each.groups) {
            let places = &self.places[target.pair];
            for group in groups {
                let top = places.chain(*group).first().copied().unwrap_or(*group);
                let above = ancestors(places, top);
                numbered |= !above.is_empty();
                for (depth, group) in above.iter().rev().enumerate() {
                    let level = places.at(*group, &Key::Element(3, 0)).map(|v| v.text.clone()).unwrap_or_default();
                    levels.entry(depth).or_default().insert(level);
                }
            }
        }
        if name == Some("CPS") {
            let step = Step { name: "CPS".into(), conditions: vec![] };
            return if numbered && each.steps.len() == 1 { vec![step] } else { vec![] };
        }
        let mut told = BTreeSet::new();
        let codes = levels.into_values().flatten().filter(|code| code != "S" && told.insert(code.clone()));
        let mut codes: Vec<String> = codes.collect();
        let rank = |code: &String| ["O", "T", "P", "I"].iter().position(|known| known == code).unwrap_or(9);
        codes.sort_by_key(rank);
        let step = |code: String| Step { name: "HL".into(), conditions: vec![(Key::Element(3, 0), vec![code])] };
        codes.into_iter().map(step).collect()
    }

    /// The frames of an item: what stands above it by number, then each step of the way.
    pub fn frames_of(&self, target: &Target, each: &Each, group: usize) -> Vec<Option<usize>> {
        let places = &self.places[target.pair];
        let mut frames = target.frames.clone();
        if each.column.is_some() {
            frames.push(None);
            return frames;
        }
        let chain = places.chain(group);
        let way = &chain[chain.len() - each.steps.len()..];
        if !each.under.is_empty() {
            let above = ancestors(places, way[0]);
            for level in &each.under {
                frames.push(above.iter().find(|g| holds(places, **g, std::slice::from_ref(level))).copied());
            }
        }
        frames.extend(way.iter().map(|g| Some(*g)));
        frames
    }
}

fn is_lines(field: &[String]) -> bool {
    field.last().is_some_and(|name| name == "lines")
}

/// The loops above one by number and parent (HL01 and HL02, CPS01 and CPS02), the nearest first.
fn ancestors(places: &Places, group: usize) -> Vec<usize> {
    let name = &places.groups[group].name;
    let numbers: HashMap<&str, usize> = (0..places.groups.len())
        .filter(|g| places.groups[*g].name == *name && places.groups[*g].parent == places.groups[group].parent)
        .filter_map(|g| Some((places.at(g, &Key::Element(1, 0))?.text.trim(), g)))
        .collect();
    let mut above = Vec::new();
    let mut here = group;
    while let Some(parent) = places.at(here, &Key::Element(2, 0)).and_then(|v| numbers.get(v.text.trim()).copied()) {
        if parent == group || above.contains(&parent) {
            break;
        }
        above.push(parent);
        here = parent;
    }
    above
}
