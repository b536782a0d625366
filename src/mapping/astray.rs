//! Names that CSV, JSON and XML don't have, where something that is nearly called so stands there and no line reads it: no
//! guide knows them, so that a slip in a mapping looks as a slip in a document does.

use super::{
    Lint, Plan,
    covered::Told,
    faults,
    frames::is_blank,
    near::slip,
    plan::{Block, Field, Formula, Leaf, Route, Source},
    read::Run,
    yaml::Spot,
};
use crate::formats::{piece::Standard, tree::NodeId};
use std::collections::HashSet;

/// What should stand in the document, looked for by a name that nothing has there.
pub struct Astray<'a> {
    /// The fault that tells that it is missing; of a list that may be empty there is none.
    fault: Option<usize>,
    /// Where it was looked for.
    at: NodeId,
    wanted: &'a str,
    /// The line that looks for it.
    spot: Spot,
}

impl<'a> Run<'a> {
    /// Notes where the value of the newest fault was looked for, if nothing is called so there.
    pub(super) fn gone_astray(&mut self, field: &'a Field) {
        if !named(self.program.standard) {
            return;
        }
        let (Some((formula, spot)), Some(fault)) = (formula(field), self.faults.len().checked_sub(1)) else { return };
        self.looked_for(formula, spot, Some(fault));
    }

    /// The same of a list that must be there, and is empty: an order's lines, a line's ids.
    pub(super) fn empty_list(&mut self, field: &'a Field) {
        if !named(self.program.standard) {
            return;
        }
        match &field.source {
            Source::List(formulas) => {
                formulas.iter().for_each(|formula| self.looked_for(formula, field.spot, None));
            }
            Source::Each(block) => {
                let level = self.frames.len().saturating_sub(1 + block.up);
                let Some(frame) = self.frames.get(level) else { return };
                let names = block.walk.iter().filter_map(|walk| walk.step.names.first()).map(|name| name.name.as_str());
                self.nothing_called(frame.node, names, block.spot, None);
            }
            _ => {}
        }
    }

    fn looked_for(&mut self, formula: &'a Formula, spot: Spot, fault: Option<usize>) {
        let Some((_, route)) = formula.destination() else { return };
        let frame = &self.frames[self.level(route)];
        let from = if route.steps.is_empty() { frame.container } else { frame.node };
        let names = route.steps.iter().filter_map(|step| step.names.first()).map(|name| name.name.as_str());
        self.nothing_called(from, names.chain(leaf(route)), spot, fault);
    }

    /// Notes the first of names, each below the one before, that nothing has.
    fn nothing_called(&mut self, from: NodeId, names: impl Iterator<Item = &'a str>, spot: Spot, fault: Option<usize>) {
        let mut at = from;
        for wanted in names {
            match self.tree.children(at).find(|id| self.tree.name(*id) == wanted) {
                Some(found) => at = found,
                None => return self.astray.push(Astray { fault, at, wanted, spot }),
            }
        }
    }

    /// Of what is missing, that which the document says by a name nearly the same, and no line reads. Whether the sender
    /// misspelt it or the mapping, only a person can tell: nobody is told that he is wrong.
    pub(super) fn misnamed(&mut self) {
        for Astray { fault, at, wanted, spot } in std::mem::take(&mut self.astray) {
            let tree = self.tree;
            let says = |id: NodeId| tree.value(id).is_none_or(|text| !is_blank(text));
            let left = tree.children(at).filter(|id| !self.seen.has(*id) && says(*id)).map(|id| tree.name(id));
            let Some(near) = slip(wanted, left) else { continue };
            let line = self.program.placed(spot);
            let own = faults::own(line);
            let stands = format!("`{near}` stands there, and no line reads it");
            let remedy = format!(
                "where the mapping means `{near}`, mend it at {line} and restart the message; else let the sender send \
                 the document again with `{wanted}`"
            );
            if let Some(fault) = fault {
                if let Some(fault) = self.faults.get_mut(fault) {
                    fault.sentence = format!("{}; {stands}", fault.sentence).into();
                    (fault.remedy, fault.place) = (remedy.into(), own);
                }
                continue;
            }
            // Each item of a list lacks it: once is enough.
            if self.faults.iter().all(|fault| fault.place != own || *fault.found != *near) {
                let words = faults::words("", &tree.place(at));
                let sentence = format!("nothing is called `{wanted}` {words}; {stands}");
                self.faults.push(faults::fault("mapping/missing", own, near, wanted, sentence, remedy));
            }
        }
    }
}

/// No guide says which names these have.
fn named(standard: Standard) -> bool {
    matches!(standard, Standard::Csv | Standard::Json | Standard::Xml)
}

/// What gives a field, or the first thing that an object must have.
fn formula(field: &Field) -> Option<(&Formula, Spot)> {
    match &field.source {
        Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) | Source::Key(formula, _) => {
            Some((formula, field.spot))
        }
        Source::List(formulas) => Some((formulas.first()?, field.spot)),
        Source::Object(fields) => formula(fields.iter().find(|field| field.mandatory)?),
        Source::At(_) | Source::Each(_) | Source::Computed(_) => None,
    }
}

/// What the last step of a path is called, where that is no element by itself.
fn leaf(route: &Route) -> Option<&str> {
    match &route.leaf {
        Leaf::Child { name, .. } => Some(&name.name),
        _ => None,
    }
}

/// Paths of a mapping that none of its samples has, and that one letter or two keep from what they have and no line reads.
///
/// `told`: what was found of the samples, which are so many documents. `base`: what the mapping extends, where they are that
/// one's, and it has none itself.
pub fn astray(plan: &Plan, told: &Told, samples: usize, base: Option<&str>) -> Vec<Lint> {
    let mut found = Vec::new();
    if !named(plan.standard()) || samples == 0 {
        return found;
    }
    let root = match (plan.standard(), &plan.0.root) {
        (Standard::Csv, _) | (_, None) => vec![],
        (_, Some(name)) => vec![name.name.clone()],
    };
    let empty: HashSet<&str> = told.never_filled.iter().map(|empty| empty.field.as_str()).collect();
    let left: Vec<(&str, Vec<&str>)> =
        told.unread.iter().map(|one| (&*one.path, one.path.split('/').collect())).collect();
    let mut paths = Vec::new();
    Paths { csv: plan.standard() == Standard::Csv, ways: vec![root] }.below(&plan.0.fields, "", &mut paths);
    let mut said = HashSet::new();
    for (field, spot, route, way) in paths {
        if spot.file > 0 || !empty.contains(field.as_str()) || said.contains(&field) {
            continue;
        }
        let Some(near) = left.iter().find(|(_, other)| differs_little(&way, other)).map(|(path, _)| path) else {
            continue;
        };
        let s = if samples == 1 { "the sample".to_owned() } else { format!("none of the {samples} samples") };
        let has = if samples == 1 { "has no" } else { "has a" };
        let sentence = match base {
            None => format!("{s} beside the mapping {has} `{}`; nearest `{near}`, which no line reads", route.text),
            Some(base) => format!(
                "{s} of {base}, which it extends, {has} `{0}`; nearest `{near}`, which no line reads. Where this partner sends \
                 `{0}`, put a document of theirs into samples/ beside the mapping",
                route.text
            ),
        };
        let file = plan.files().first().cloned().unwrap_or_default();
        found.push(Lint { file, line: spot.line, column: spot.column, sentence });
        said.insert(field);
    }
    found
}

/// One step is nearly the same, and all others are.
fn differs_little(way: &[String], other: &[&str]) -> bool {
    let mut differing = way.iter().zip(other).filter(|(one, other)| one != *other);
    let first = differing.next();
    way.len() == other.len()
        && differing.next().is_none()
        && first.is_some_and(|(one, other)| slip(one, [*other]).is_some())
}

/// The paths of fields, from the document on.
struct Paths {
    csv: bool,
    /// What leads to each frame.
    ways: Vec<Vec<String>>,
}

/// Field, its line, the path as it is written, and that from the document on.
type Found<'p> = (String, Spot, &'p Route, Vec<String>);

impl Paths {
    fn below<'p>(&mut self, fields: &'p [Field], at: &str, found: &mut Vec<Found<'p>>) {
        for field in fields {
            let pointer = format!("{at}/{}", field.name);
            match &field.source {
                Source::Object(inner) => self.below(inner, &pointer, found),
                Source::At(blocks) => blocks.iter().for_each(|block| self.block(block, &pointer, found)),
                Source::Each(block) => self.block(block, &pointer, found),
                Source::List(formulas) => {
                    formulas.iter().for_each(|formula| self.formula(formula, &pointer, field.spot, found));
                }
                Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) => {
                    self.formula(formula, &pointer, field.spot, found);
                }
                Source::Key(..) | Source::Computed(_) => {}
            }
        }
    }

    fn formula<'p>(&self, formula: &'p Formula, field: &str, spot: Spot, found: &mut Vec<Found<'p>>) {
        found.extend(formula.routes().map(|(_, route)| (field.to_owned(), spot, route, self.way(route))));
    }

    fn block<'p>(&mut self, block: &'p Block, field: &str, found: &mut Vec<Found<'p>>) {
        let frames = self.ways.len();
        let aside = self.ways.split_off(frames.saturating_sub(block.up).max(1));
        let base = self.ways.len();
        for walk in &block.walk {
            let mut way = self.ways.last().cloned().unwrap_or_default();
            way.extend(walk.step.names.first().map(|name| name.name.clone()));
            self.ways.push(way);
        }
        self.below(&block.fields, field, found);
        self.ways.truncate(base);
        self.ways.extend(aside);
    }

    fn way(&self, route: &Route) -> Vec<String> {
        if self.csv {
            return ["row"].into_iter().chain(leaf(route)).map(str::to_owned).collect();
        }
        let level = (self.ways.len() - 1).saturating_sub(route.up);
        let mut way = self.ways.get(level).cloned().unwrap_or_default();
        let steps = route.steps.iter().filter_map(|step| step.names.first()).map(|name| name.name.as_str());
        way.extend(steps.chain(leaf(route)).map(str::to_owned));
        way
    }
}
