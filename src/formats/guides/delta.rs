//! A partner's guide: what it changes of a standard's.
//!
//! Element changes hold for the whole set (`PO104`); segments and loops are named by their way from the top (`N1/PER`).

use super::{Class, Codes, ElementSpec, Guide, Part, Plan, SegmentSpec, impossible::impossible};
use std::sync::Arc;

/// Which documents a partner's guide is for. What is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// The version in whole (GS08 or ST03, `004010VICS`); else every version that the extended guide is found by.
    pub version: Option<Box<str>>,
    /// UNH S009 0057 (`EAN008`).
    pub association: Option<Box<str>>,
    /// GS02, UNG S006.
    pub sender: Option<Box<str>>,
}

/// One change. `line` and `column` are where it is written, from 1, and come back with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub line: u32,
    pub column: u32,
    /// `CUR`, `N1/PER`, `SG2/NAD`, `PO104`, `REF04-2`.
    pub path: String,
    pub usage: Option<Usage>,
    /// `Some(None)`: no limit.
    pub repeats: Option<Option<u32>>,
    pub min: Option<u32>,
    pub max: Option<u32>,
    /// Only these; `None` leaves the list.
    pub codes: Option<Vec<String>>,
    pub add: Vec<String>,
    pub remove: Vec<String>,
    /// What it is called.
    pub label: Option<String>,
}

/// Whether something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    Required,
    Optional,
    Forbidden,
}

/// How a change stands to its standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It can't be applied, or contradicts itself.
    Fault,
    /// Documents by it break the standard.
    Wider,
    /// It is applied, and changes nothing.
    Idle,
}

/// What is to be said of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub weight: Weight,
    pub line: u32,
    pub column: u32,
    pub path: String,
    pub sentence: String,
    pub remedy: String,
    /// The wrong word, and the words that it may have been meant to be.
    pub meant: Option<(String, Vec<String>)>,
}

impl Change {
    /// True if it changes nothing that a document is checked by.
    fn only_named(&self) -> bool {
        let Change { line, column, path, label, .. } = self.clone();
        label.is_some() && *self == Change { line, column, path, label, ..Change::default() }
    }
}

impl Guide {
    /// This guide with a partner's changes, and what is to be said of them. Changes with a fault are left out.
    pub fn with(&self, changes: &[Change]) -> (Guide, Vec<Remark>) {
        let mut own = Work { guide: self.copy(), remarks: Vec::new() };
        // What is forbidden goes last: what is said of its inside is looked for, too.
        let (last, first): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| change.usage == Some(Usage::Forbidden));
        first.into_iter().chain(last).for_each(|change| own.apply(change));
        own.below_forbidden(changes);
        for wrong in impossible(&own.guide, changes) {
            own.say(wrong.change, Weight::Fault, wrong.sentence, wrong.remedy);
        }
        let Work { mut guide, mut remarks } = own;
        remarks.sort_by_key(|remark| (remark.line, remark.column));
        let checked = changes.iter().filter(|change| !change.only_named());
        guide.changed.extend(checked.filter_map(|change| change.path.rsplit('/').next()).map(Into::into));
        let mut used = Vec::new();
        ids(&guide.parts, &mut used);
        guide.segments.retain(|id, _| used.contains(id));
        guide.plan = Plan::of(guide.standard, &guide.parts, &guide.segments);
        (guide, remarks)
    }

    fn copy(&self) -> Guide {
        Guide {
            standard: self.standard,
            kind: self.kind.clone(),
            version: self.version.clone(),
            functional_id: self.functional_id.clone(),
            generated: self.generated,
            parts: self.parts.clone(),
            segments: self.segments.clone(),
            known: self.known.clone(),
            forbidden: self.forbidden.clone(),
            file: self.file.clone(),
            changed: self.changed.clone(),
            plan: Plan::default(),
        }
    }
}

fn ids(parts: &[Part], into: &mut Vec<Box<str>>) {
    for part in parts {
        match part {
            Part::Segment { id, .. } => into.push(id.clone()),
            Part::Loop { parts, .. } => ids(parts, into),
        }
    }
}

/// A guide being changed.
struct Work {
    guide: Guide,
    remarks: Vec<Remark>,
}

impl Work {
    fn apply(&mut self, change: &Change) {
        let mut steps: Vec<&str> = change.path.split('/').collect();
        let last = steps.pop().unwrap_or_default();
        let element = position(last).filter(|(id, ..)| self.guide.segments.contains_key(*id));
        let is_part = names(&self.guide.parts, &steps).is_some_and(|names| names.iter().any(|name| name == last));
        match element {
            Some((id, element, component)) if !is_part => match steps.is_empty() {
                true => self.element(change, id, element, component),
                false => self.say(
                    change,
                    Weight::Fault,
                    "an element's change holds for the whole set".into(),
                    format!("Write {last}, without the loops before it."),
                ),
            },
            _ => self.part(change, &steps, last),
        }
    }

    /// What stands inside of a loop that is forbidden never comes, and all that is said of it says nothing.
    fn below_forbidden(&mut self, changes: &[Change]) {
        let forbidden = |change: &&Change| change.usage == Some(Usage::Forbidden);
        let mut left = Vec::new();
        ids(&self.guide.parts, &mut left);
        for change in changes {
            let inside = |of: &&Change| change.path.strip_prefix(&of.path).is_some_and(|rest| rest.starts_with('/'));
            let above = changes.iter().filter(forbidden).find(inside).map(|of| of.path.clone());
            let id = position(&change.path).map(|(id, ..)| id);
            let gone = id.filter(|id| self.guide.segments.contains_key(*id) && !left.iter().any(|left| **left == **id));
            let Some(path) = above.or(gone.map(str::to_owned)) else { continue };
            let own = |remark: &Remark| (remark.line, remark.column) == (change.line, change.column);
            if self.remarks.iter().any(|remark| own(remark) && remark.weight == Weight::Fault) {
                continue;
            }
            self.remarks.retain(|remark| !own(remark));
            self.idle(change, format!("{path} is forbidden, and {} never comes", change.path));
        }
    }

    fn part(&mut self, change: &Change, steps: &[&str], last: &str) {
        let mut way = Vec::new();
        for step in steps.iter().chain([&last]) {
            let Some(known) = names(&self.guide.parts, &way) else { break };
            if !known.iter().any(|name| name == step) {
                return self.no_such_part(change, step, known, &way);
            }
            way.push(*step);
        }
        if change.min.is_some() || change.max.is_some() || coded(change) {
            let sentence = format!("{} is a segment or loop, and has no length and no codes", change.path);
            return self.say(change, Weight::Fault, sentence, "Name an element, such as PO104.".into());
        }
        if change.label.is_some() && !self.guide.segments.contains_key(last) {
            let sentence = format!("the loop {last} has no label of its own");
            return self.say(change, Weight::Fault, sentence, "Name the segment that opens it.".into());
        }
        let Some(level) = level(&mut self.guide.parts, steps) else { return };
        let Some(at) = level.iter().position(|part| name(part) == last) else { return };
        let opens = at == 0 && !steps.is_empty();
        let (mandatory, most) = match &level[at] {
            Part::Segment { mandatory, max, .. } | Part::Loop { mandatory, max, .. } => (*mandatory, *max),
        };
        if let Err((sentence, remedy)) = sensible(change, opens) {
            return self.say(change, Weight::Fault, sentence, remedy);
        }
        match change.usage {
            Some(Usage::Forbidden) => {
                let mut taken = Vec::new();
                ids(&[level.remove(at)], &mut taken);
                self.guide.forbidden.push(taken);
            }
            usage => set_part(&mut level[at], usage, change.repeats),
        }
        if let Some(label) = &change.label {
            self.call(last, label);
        }
        self.compare(change, mandatory, most);
    }

    /// Calls a segment by another name, wherever it stands; X12's loops are called by the segment that opens them.
    fn call(&mut self, segment: &str, label: &str) {
        if let Some(spec) = self.guide.segments.get_mut(segment) {
            let (elements, notes) = (spec.elements.clone(), spec.notes.clone());
            *spec = Arc::new(SegmentSpec { label: label.into(), elements, notes });
        }
    }

    /// A part's change beside the standard.
    fn compare(&mut self, change: &Change, mandatory: bool, most: Option<u32>) {
        let path = &change.path;
        match change.usage {
            Some(Usage::Required) if mandatory => self.idle(change, format!("{path} is required by the standard too")),
            Some(Usage::Optional) if !mandatory => self.idle(change, format!("{path} is optional by the standard too")),
            Some(Usage::Forbidden | Usage::Optional) if mandatory => {
                self.wider(change, format!("the standard requires {path}"))
            }
            _ => {}
        }
        match (change.repeats, most) {
            (Some(wanted), most) if wanted == most => {
                self.idle(change, format!("{path} is repeated so often by the standard too"))
            }
            (Some(None), Some(most)) => {
                self.wider(change, format!("the standard has {path} at most {most} times"));
            }
            (Some(Some(wanted)), Some(most)) if wanted > most => {
                self.wider(change, format!("the standard has {path} at most {most} times, and here {wanted}"));
            }
            _ => {}
        }
    }

    fn no_such_part(&mut self, change: &Change, step: &str, known: Vec<String>, way: &[&str]) {
        let set = format!("{} {}", self.guide.kind, self.guide.version);
        let place = if way.is_empty() { set.clone() } else { format!("{} of {set}", way.join("/")) };
        let deeper = ways(&self.guide.parts, step, "");
        let (sentence, remedy) = match (deeper.first(), position(step)) {
            (Some(path), _) => {
                (format!("{place} has no {step} at this level"), format!("It stands there as {}.", path))
            }
            (None, Some((id, ..))) => (
                format!("{place} has no segment {id}"),
                "Name an element as segment and position, such as PO104.".into(),
            ),
            (None, None) if self.guide.knows(step) => (
                format!("{place} has no segment {step}, though the standard knows it"),
                "A partner's guide can only use segments that the set has.".into(),
            ),
            _ => (format!("{place} has no {step}"), "Look at `crossdock guide show`.".into()),
        };
        self.say(change, Weight::Fault, sentence, remedy);
        if let (Some(remark), true) = (self.remarks.last_mut(), deeper.is_empty()) {
            remark.meant = Some((step.to_owned(), known));
        }
    }

    fn element(&mut self, change: &Change, id: &str, element: usize, component: Option<usize>) {
        let Some(spec) = self.guide.segments.get(id).cloned() else { return };
        let found = element.checked_sub(1).and_then(|at| spec.elements.get(at));
        let found = match component {
            None => found,
            Some(at) => found.and_then(|e| e.components.get(at.checked_sub(1)?)),
        };
        let Some(found) = found else {
            let sentence = match (spec.elements.get(element.wrapping_sub(1)), component) {
                (Some(e), Some(_)) => {
                    format!("there is no {}: {id}{element:02} has {} components", change.path, e.components.len())
                }
                _ => format!("there is no {}: {id} has {} elements", change.path, spec.elements.len()),
            };
            return self.say(
                change,
                Weight::Fault,
                sentence,
                format!("Look at `crossdock guide show {}/{id}`.", self.guide.kind),
            );
        };
        let changed = match changed(change, found) {
            Ok(changed) => changed,
            Err(wrong) => {
                let Wrong { sentence, remedy, meant } = *wrong;
                self.say(change, Weight::Fault, sentence, remedy);
                if let Some(remark) = self.remarks.last_mut() {
                    remark.meant = meant;
                }
                return;
            }
        };
        if let Some(sentence) = self.refuses_all(change, (id, element, component), found, &changed) {
            let remedy = "Leave it out: every document would be refused for it.".into();
            return self.say(change, Weight::Fault, sentence, remedy);
        }
        self.compare_element(change, found, &changed);
        let mut segment =
            SegmentSpec { label: spec.label.clone(), elements: spec.elements.clone(), notes: spec.notes.clone() };
        match (segment.elements.get_mut(element - 1), component) {
            (Some(place), None) => *place = changed,
            (Some(place), Some(at)) => {
                let mut components = place.components.to_vec();
                components[at - 1] = changed;
                place.components = components.into();
            }
            (None, _) => {}
        }
        self.guide.segments.insert(id.into(), Arc::new(segment));
    }

    /// What a set's header and trailer must have is made or read by each envelope: a guide without it takes no document.
    fn refuses_all(
        &self,
        change: &Change,
        (id, element, component): (&str, usize, Option<usize>),
        was: &ElementSpec,
        now: &ElementSpec,
    ) -> Option<String> {
        let path = &change.path;
        if !matches!(id, "ST" | "SE" | "UNH" | "UNT") {
            return None;
        }
        let says_kind = matches!((id, element, component), ("ST", 1, None) | ("UNH", 2, Some(1)));
        let kind = &self.guide.kind;
        if now.class == Class::Unused && was.mandatory {
            return Some(format!("{path} belongs to every set"));
        }
        let other = says_kind && !now.codes.is_empty() && !now.codes.contains(kind);
        other.then(|| format!("{path} is {kind} in every set that this guide is for"))
    }

    fn compare_element(&mut self, change: &Change, was: &ElementSpec, now: &ElementSpec) {
        let path = &change.path;
        if now.class == Class::Unused {
            if was.mandatory {
                self.wider(change, format!("the standard requires {path}"));
            }
            return;
        }
        match change.usage {
            Some(Usage::Required) if was.mandatory => {
                self.idle(change, format!("{path} is required by the standard too"))
            }
            Some(Usage::Optional) if was.mandatory => self.wider(change, format!("the standard requires {path}")),
            Some(Usage::Optional) => self.idle(change, format!("{path} is optional by the standard too")),
            _ => {}
        }
        if was.max > 0 && (now.max > was.max || now.max == 0) {
            self.wider(
                change,
                format!("the standard has at most {} characters in {path}, and here {}", was.max, now.max),
            );
        }
        if now.min < was.min {
            self.wider(
                change,
                format!("the standard has at least {} characters in {path}, and here {}", was.min, now.min),
            );
        }
        if now.repeats > was.repeats {
            self.wider(change, format!("the standard has {path} {} times, and here {}", was.repeats, now.repeats));
        }
        for code in now.codes.iter().filter(|code| !was.codes.is_empty() && !was.codes.contains(code)) {
            self.wider(change, format!("the standard doesn't list {code} for {path} (element {})", was.reference));
        }
    }

    fn wider(&mut self, change: &Change, sentence: String) {
        self.say(
            change,
            Weight::Wider,
            sentence,
            "Documents by this guide break the standard; see that both sides know.".into(),
        );
    }

    fn idle(&mut self, change: &Change, sentence: String) {
        self.say(change, Weight::Idle, sentence, "The line can be left out.".into());
    }

    fn say(&mut self, change: &Change, weight: Weight, sentence: String, remedy: String) {
        let Change { line, column, path, .. } = change;
        let (line, column) = (*line, *column);
        self.remarks.push(Remark { weight, line, column, path: path.clone(), sentence, remedy, meant: None });
    }
}

/// Why a change can't be made.
struct Wrong {
    sentence: String,
    remedy: String,
    meant: Option<(String, Vec<String>)>,
}

fn wrong(sentence: String, remedy: &str) -> Box<Wrong> {
    Box::new(Wrong { sentence, remedy: remedy.into(), meant: None })
}

fn coded(change: &Change) -> bool {
    change.codes.is_some() || !change.add.is_empty() || !change.remove.is_empty()
}

/// An element as it shall be.
fn changed(change: &Change, was: &ElementSpec) -> Result<ElementSpec, Box<Wrong>> {
    let path = &change.path;
    let mut now = was.clone();
    let measured = change.min.is_some() || change.max.is_some() || coded(change);
    if change.usage == Some(Usage::Forbidden) {
        if measured || change.repeats.is_some() || change.label.is_some() {
            return Err(wrong(
                format!("{path} is forbidden, and yet something is said of it"),
                "Leave one of both out.",
            ));
        }
        (now.class, now.mandatory, now.components) = (Class::Unused, false, [].into());
        return Ok(now);
    }
    if measured && !was.components.is_empty() {
        let remedy = format!("Name a component, such as {path}-1.");
        return Err(wrong(format!("{path} is a composite, and has no length and no codes of its own"), &remedy));
    }
    if let Some(label) = &change.label {
        now.label = label.as_str().into();
    }
    now.mandatory = change.usage.map_or(was.mandatory, |usage| usage == Usage::Required);
    now.repeats = match change.repeats {
        Some(Some(0)) => return Err(wrong(format!("{path} can't be there 0 times"), "Write `forbidden`.")),
        Some(repeats) => repeats.unwrap_or(u32::MAX),
        None => was.repeats,
    };
    (now.min, now.max) = (change.min.unwrap_or(was.min), change.max.unwrap_or(was.max));
    if now.max > 0 && now.min > now.max {
        let sentence = format!("{path} would have at least {} and at most {} characters", now.min, now.max);
        return Err(wrong(sentence, "Make `min` no larger than `max`."));
    }
    if coded(change) {
        now.codes = Arc::new(codes(change, was)?);
    }
    let long = |code: &String| (code.len() > now.max as usize && now.max > 0) || code.len() < now.min as usize;
    let said = change.codes.iter().flatten().chain(&change.add);
    if let Some(code) = said.into_iter().find(|code| long(code)) {
        let sentence = format!("the code {code} doesn't fit {path}, which has {} to {} characters", now.min, now.max);
        return Err(wrong(sentence, "Change the code, or `min` and `max` with it."));
    }
    Ok(now)
}

fn codes(change: &Change, was: &ElementSpec) -> Result<Codes, Box<Wrong>> {
    let known: Vec<String> = was.codes.iter().collect();
    if let Some(code) = change.remove.iter().find(|code| !was.codes.contains(code)) {
        let sentence = format!("{} has no code {code} that could be removed", change.path);
        let meant = (!known.is_empty()).then(|| (code.clone(), known.clone()));
        return Err(Box::new(Wrong { sentence, remedy: "Leave it out.".into(), meant }));
    }
    let empty =
        change.codes.as_ref().unwrap_or(&known).iter().chain(&change.add).find(|c| c.is_empty() || c.contains(' '));
    if let Some(code) = empty {
        return Err(wrong(format!("“{code}” can't be a code"), "Codes have no blanks."));
    }
    if was.codes.is_empty() && change.codes.is_none() && !change.add.is_empty() {
        let sentence = format!("{} is free: a code can't be added to a list that isn't there", change.path);
        return Err(wrong(sentence, "Say `codes:` with all that are allowed."));
    }
    let base = change.codes.clone().unwrap_or(known);
    if let Some(code) = change.add.iter().find(|code| change.remove.contains(code)) {
        return Err(wrong(format!("the code {code} is added and removed"), "Leave one of both out."));
    }
    let mut all: Vec<String> = base.into_iter().filter(|code| !change.remove.contains(code)).collect();
    all.extend(change.add.iter().cloned());
    all.sort();
    all.dedup();
    if all.is_empty() {
        return Err(wrong(
            format!("no code is left for {}", change.path),
            "Write `forbidden` if it is not to be sent.",
        ));
    }
    Ok(Codes::parse(&all.join(" ")))
}

/// What can't be wanted of a segment or loop.
fn sensible(change: &Change, opens: bool) -> Result<(), (String, String)> {
    let path = &change.path;
    if opens && (change.usage.is_some() || change.repeats.is_some()) {
        return Err((
            format!("{path} opens its loop: it is there once, or the loop isn't"),
            "Name the loop instead.".into(),
        ));
    }
    if matches!(path.as_str(), "ST" | "SE" | "UNH" | "UNT") {
        return Err((format!("{path} belongs to every set"), "Leave it out.".into()));
    }
    if change.repeats == Some(Some(0)) {
        return Err((format!("{path} can't be there 0 times"), "Write `forbidden`.".into()));
    }
    if change.usage == Some(Usage::Forbidden) && (change.repeats.is_some() || change.label.is_some()) {
        let sentence = format!("{path} is forbidden, and yet something is said of it");
        return Err((sentence, "Leave one of both out.".into()));
    }
    Ok(())
}

fn set_part(part: &mut Part, usage: Option<Usage>, repeats: Option<Option<u32>>) {
    let (Part::Segment { mandatory, max, .. } | Part::Loop { mandatory, max, .. }) = part;
    if let Some(usage) = usage {
        *mandatory = usage == Usage::Required;
    }
    if let Some(repeats) = repeats {
        *max = repeats;
    }
}

fn name(part: &Part) -> &str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { name, .. } => name,
    }
}

/// The parts inside of the loops named.
fn level<'a>(parts: &'a mut Vec<Part>, steps: &[&str]) -> Option<&'a mut Vec<Part>> {
    let Some((first, rest)) = steps.split_first() else { return Some(parts) };
    let inner = parts.iter_mut().find_map(|part| match part {
        Part::Loop { name, parts, .. } if **name == **first => Some(parts),
        _ => None,
    });
    level(inner?, rest)
}

/// The names of what is inside of the loops named; `None` if there are no such loops.
fn names(parts: &[Part], steps: &[&str]) -> Option<Vec<String>> {
    let Some((first, rest)) = steps.split_first() else {
        return Some(parts.iter().map(|part| name(part).to_owned()).collect());
    };
    let inner = parts.iter().find_map(|part| match part {
        Part::Loop { name, parts, .. } if **name == **first => Some(parts),
        _ => None,
    });
    names(inner?, rest)
}

/// Every way to a name.
fn ways(parts: &[Part], wanted: &str, before: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in parts {
        if name(part) == wanted {
            found.push(format!("{before}{wanted}"));
        }
        if let Part::Loop { name, parts, .. } = part {
            found.extend(ways(parts, wanted, &format!("{before}{name}/")));
        }
    }
    found
}

/// `PO104` and `REF04-2`: segment, element and component from 1.
pub fn position(text: &str) -> Option<(&str, usize, Option<usize>)> {
    let (element, component) = match text.split_once('-') {
        Some((element, component)) => (element, Some(component.parse().ok()?)),
        None => (text, None),
    };
    let at = element.len().checked_sub(2).filter(|at| *at >= 2 && element.is_char_boundary(*at))?;
    let (id, digits) = element.split_at(at);
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    Some((id, digits.parse().ok()?, component))
}
