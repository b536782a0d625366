//! A guide narrowed to the documents that a mapping reads, as a partner's guide is: what the mapping missed in one that was
//! made is required from then on, and what it has no row for gives way to the codes that it has.

use super::super::documents::root;
use crossdock::{
    formats::{
        guides::{Change, Guide, Part, Usage},
        piece::Standard,
    },
    mapping::Plan,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Misses of a qualifier until the others are not made any more.
const OFTEN: usize = 60;

/// What is changed of the standard's guide, by the paths of its changes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Narrowed {
    required: BTreeSet<String>,
    codes: BTreeMap<String, BTreeSet<String>>,
    /// Qualifiers that were missed, by the element that says them, and how often.
    missed: BTreeMap<String, (usize, BTreeSet<String>)>,
}

/// One step of a mapping's path: `DTM[01=137]`, `PO1[2]`, and of the last one the element behind it.
#[derive(Debug)]
struct Step<'t> {
    id: &'t str,
    /// Element, and the values that are asked for.
    asked: Option<(usize, Vec<&'t str>)>,
    element: Option<(usize, Option<usize>)>,
}

impl Narrowed {
    pub fn guide(&self, standard: &Guide) -> Guide {
        let required = self.required.iter().map(|path| Change {
            path: path.clone(),
            usage: Some(Usage::Required),
            ..Change::default()
        });
        let codes = self.codes.iter().map(|(path, codes)| Change {
            path: path.clone(),
            codes: Some(codes.iter().cloned().collect()),
            ..Change::default()
        });
        let mut changes: BTreeMap<String, Change> = BTreeMap::new();
        for change in required.chain(codes) {
            let known = changes.entry(change.path.clone()).or_insert_with(|| change.clone());
            *known =
                Change { usage: known.usage.or(change.usage), codes: known.codes.take().or(change.codes), ..change };
        }
        standard.with(&changes.into_values().collect::<Vec<_>>()).0
    }

    /// Narrows by why a document was not read: the mapping's code and sentence.
    pub fn by(&mut self, plan: &Plan, guide: &Guide, (code, sentence): (&str, &str)) {
        let Some(steps) =
            sentence.split(' ').next().and_then(|path| path.split('/').map(step).collect::<Option<Vec<_>>>())
        else {
            return;
        };
        match code {
            "mapping/missing" => self.require(plan, guide, &steps),
            "mapping/no_reference" => self.rows(plan, guide, &steps, sentence),
            "mapping/bad_number" => self.numbers(guide, &steps),
            _ => {}
        }
    }

    /// Narrows by why a message could not be written: a segment that must be there says what nothing reads.
    pub fn by_refusal(&mut self, plan: &Plan, guide: &Guide, sentence: &str) {
        let Some((place, _)) = sentence.split_once(" is mandatory") else { return };
        let Some(Step { id, element, .. }) = step(place) else { return };
        let (asked, (element, component)) = match element {
            Some((at, _)) => (pairs_anywhere(plan, id), paths(guide, id, (at, None))),
            None => (asked_anywhere(plan, id, 1), paths(guide, id, (1, Some(1)))),
        };
        if !asked.is_empty() {
            // A date of which only its kind is said is none.
            let value = component.as_ref().and_then(|_| paths(guide, id, (1, Some(2))).1);
            self.required.extend(value);
            self.codes.entry(component.unwrap_or(element)).or_insert(asked);
        }
    }

    /// What was missing must be there, with a qualifier that the mapping asks for.
    fn require(&mut self, plan: &Plan, guide: &Guide, steps: &[Step]) {
        let Some(last) = steps.last() else { return };
        if let Some(place) = place(&guide.parts, steps) {
            self.required.insert(place);
        }
        if let Some(position) = last.element {
            let (element, component) = paths(guide, last.id, (position.0, position.1.or(Some(1))));
            self.required.insert(element);
            self.required.extend(component);
        }
        for step in steps {
            let Some((at, values)) = &step.asked else { continue };
            let (element, component) = paths(guide, step.id, (*at, Some(1)));
            let path = component.unwrap_or(element.clone());
            self.required.extend([element, path.clone()]);
            let (times, missed) = self.missed.entry(path.clone()).or_default();
            *times += 1;
            missed.extend(values.iter().map(|value| (*value).to_owned()));
            // Where there are many qualifiers, that which must be there comes too seldom.
            let mut codes = if *times < OFTEN { asked_anywhere(plan, step.id, *at) } else { BTreeSet::new() };
            codes.extend(missed.iter().cloned());
            self.codes.insert(path, codes);
        }
    }

    /// D.01B lets letters stand where D.96A had numbers.
    fn numbers(&mut self, guide: &Guide, steps: &[Step]) {
        let Some((id, position)) = steps.last().and_then(|last| Some((last.id, last.element?))) else { return };
        let (element, component) = paths(guide, id, position);
        let numbers = ["1", "7", "24", "40"].map(str::to_owned);
        self.codes.insert(component.unwrap_or(element), numbers.into());
    }

    /// Codes without a row give way to those of the table that have the length.
    fn rows(&mut self, plan: &Plan, guide: &Guide, steps: &[Step], sentence: &str) {
        let Some((id, position)) = steps.last().and_then(|last| Some((last.id, last.element?))) else { return };
        let Some(table) = sentence.rsplit("in the table ").next() else { return };
        let Some(spec) = guide.segments.get(id).and_then(|spec| spec.elements.get(position.0.checked_sub(1)?)) else {
            return;
        };
        let (element, component) = paths(guide, id, position);
        let spec = position.1.and_then(|at| spec.components.get(at.checked_sub(1)?)).unwrap_or(spec);
        let fits = |value: &str| {
            let length = value.chars().count() as u32;
            length >= spec.min
                && (spec.max == 0 || length <= spec.max)
                && (spec.codes.is_empty() || spec.codes.contains(value))
        };
        let rows = plan.rows().into_iter().filter(|(name, ..)| name == table).map(|(_, value, _)| value);
        let rows: BTreeSet<String> = rows.filter(|value| fits(value)).collect();
        if !rows.is_empty() {
            self.codes.insert(component.unwrap_or(element), rows);
        }
    }
}

/// The change's paths for an element, and for a component if the element is a composite.
fn paths(guide: &Guide, id: &str, (element, component): (usize, Option<usize>)) -> (String, Option<String>) {
    let path = format!("{id}{element:02}");
    let spec = guide.segments.get(id).and_then(|spec| spec.elements.get(element.checked_sub(1)?));
    let composite = spec.is_some_and(|spec| !spec.components.is_empty());
    let component = component.filter(|_| composite).map(|component| format!("{path}-{component}"));
    (path, component)
}

fn step(text: &str) -> Option<Step<'_>> {
    let end = text.find('[').unwrap_or(text.len());
    let (mut id, rest) = text.split_at(end);
    let (inner, mut behind) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", ""));
    // The first condition says which it is: `MOA[01=77][01.03='',$currency].01.02`.
    while let Some((_, rest)) = behind.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        behind = rest;
    }
    let asked = inner
        .split_once('=')
        .and_then(|(at, values)| Some((at.split('.').next()?.parse().ok()?, values.split(',').collect())));
    let mut element = numbers(behind.trim_start_matches('.'));
    // Ids have three letters or two: DTM02, N104.
    for letters in [3, 2] {
        if element.is_some() || !id.is_char_boundary(letters) {
            continue;
        }
        let (bare, digits) = id.split_at(letters);
        if let Some(at) = numbers(digits) {
            (id, element) = (bare, Some(at));
            break;
        }
    }
    Some(Step { id, asked, element })
}

/// `02` or `01.02`: element and component.
fn numbers(text: &str) -> Option<(usize, Option<usize>)> {
    let mut parts = text.split('.');
    let element = parts.next().filter(|part| part.len() == 2)?.parse().ok()?;
    Some((element, parts.next().and_then(|part| part.parse().ok())))
}

/// The way from the guide's top to the last step's segment, or to the loop that it opens.
fn place(parts: &[Part], steps: &[Step]) -> Option<String> {
    let (first, rest) = steps.split_first()?;
    for part in parts {
        match part {
            Part::Segment { id, .. } if rest.is_empty() && **id == *first.id => return Some(id.to_string()),
            Part::Segment { .. } => {}
            Part::Loop { name, parts, .. } => {
                let opens = matches!(parts.first(), Some(Part::Segment { id, .. }) if **id == *first.id);
                match opens {
                    true if rest.is_empty() => return Some(name.to_string()),
                    true => {
                        if let Some(below) = place(&parts[1..], rest) {
                            return Some(format!("{name}/{below}"));
                        }
                    }
                    // A path need not name each loop around.
                    false => {}
                }
            }
        }
    }
    None
}

/// Values of an element that the mapping's files ask for anywhere: `DTM[01=002,010]`.
fn asked_anywhere(plan: &Plan, id: &str, element: usize) -> BTreeSet<String> {
    let mark = format!("{id}[{element:02}=");
    let mut found = BTreeSet::new();
    for file in plan.files() {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for behind in text.split(&mark).skip(1) {
            let values = behind.split(']').next().unwrap_or_default();
            found.extend(values.split(',').map(str::to_owned));
        }
    }
    found
}

/// Qualifiers of ids that the mapping's files read: `LIN{VN,UP}`.
fn pairs_anywhere(plan: &Plan, id: &str) -> BTreeSet<String> {
    let texts = plan.files().iter().map(|file| fs::read_to_string(root().join(file)).unwrap());
    let mark = format!("{id}{{");
    let found = texts.flat_map(|text| {
        let lists = text.split(&mark).skip(1).map(|behind| behind.split('}').next().unwrap_or_default().to_owned());
        lists.collect::<Vec<_>>()
    });
    let all = found.flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    // `*` takes whatever comes.
    all.filter(|qualifier| qualifier != "*").collect()
}

/// Whether a document of this family can be made by a guide.
pub fn has_guide(standard: Standard) -> bool {
    matches!(standard, Standard::X12 | Standard::Edifact)
}
