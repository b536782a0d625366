//! Values for a segment's elements: by type and length, out of the code list, with the syntax notes kept.

use super::random::Random;
use crate::guides::{Class, Codes, ElementSpec, Relation, RelationKind};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The codes of a guide's elements that can be written, by the address of their list: a list is long, and read once.
#[derive(Debug, Default)]
pub(super) struct Lists(Mutex<HashMap<usize, Arc<[String]>>>);

impl Lists {
    fn of(&self, codes: &Arc<Codes>, min: usize, max: usize) -> Arc<[String]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |code: &String| (min..=max).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
        known.entry(Arc::as_ptr(codes) as usize).or_insert_with(|| codes.iter().filter(fits).collect()).clone()
    }
}

const WORDS: &[&str] = &[
    "ANCHOR",
    "BOLT",
    "CABLE",
    "DOCK",
    "ENGINE",
    "FILTER",
    "GASKET",
    "HARBOUR",
    "IRON",
    "JOINT",
    "KETTLE",
    "LAMP",
    "MOTOR",
    "NORTHWIND",
    "OVEN",
    "PUMP",
    "QUAY",
    "ROPE",
    "STORE",
    "TOOL",
    "UNIT",
    "VALVE",
    "WHEEL",
    "YARD",
];

/// For elements that hold one (X12 100, UN/EDIFACT 6345): those that are in use, where a directory's list has others.
const CURRENCIES: &[&str] = &["USD", "EUR", "GBP", "CAD", "CHF", "JPY", "SEK", "MXN"];

/// Which of some positions are sent: what is mandatory, what chance adds, and what the notes ask for. `chance` in a
/// hundred.
pub(super) fn present(specs: &[ElementSpec], notes: &[Relation], chance: usize, random: &mut Random) -> Vec<bool> {
    for chance in [chance, chance / 3, 0] {
        let wished = specs.iter().map(|spec| spec.class != Class::Unused && (spec.mandatory || random.percent(chance)));
        let mut there: Vec<bool> = wished.collect();
        // What is sent has something in it: a segment or composite of nothing is none. X12.6 §3.5
        if !there.contains(&true)
            && let Some(first) = specs.iter().position(|spec| spec.class != Class::Unused)
        {
            there[first] = true;
        }
        if (0..16).any(|_| !mended(&mut there, specs, notes)) {
            return there;
        }
    }
    specs.iter().map(|spec| spec.mandatory).collect()
}

/// Mends what breaks a note; false if nothing did.
fn mended(there: &mut [bool], specs: &[ElementSpec], notes: &[Relation]) -> bool {
    let mut changed = false;
    for note in notes {
        let at: Vec<usize> = note.positions.iter().map(|p| usize::from(*p).wrapping_sub(1)).collect();
        let at: Vec<usize> = at.into_iter().filter(|at| *at < there.len()).collect();
        let Some(first) = at.first().copied() else { continue };
        let count = at.iter().filter(|at| there[**at]).count();
        let add: Vec<usize> = match note.kind {
            RelationKind::Paired if count > 0 && count < at.len() => at.clone(),
            RelationKind::Required if count == 0 => vec![first],
            RelationKind::Conditional if there[first] && count < at.len() => at.clone(),
            RelationKind::List if there[first] && count == 1 => at.get(1).copied().into_iter().collect(),
            RelationKind::Exclusive if count > 1 => {
                let kept = at.iter().copied().find(|at| there[*at] && specs[*at].mandatory);
                let kept = kept.or(at.iter().copied().find(|at| there[*at]));
                at.iter().filter(|at| Some(**at) != kept && !specs[**at].mandatory).for_each(|at| there[*at] = false);
                changed = true;
                continue;
            }
            _ => continue,
        };
        add.into_iter().for_each(|at| there[at] = true);
        changed = true;
    }
    changed
}

/// The components of an element; one for a simple one.
pub(super) fn element(spec: &ElementSpec, lists: &Lists, random: &mut Random) -> Vec<String> {
    if spec.components.is_empty() {
        return vec![simple(spec, lists, random)];
    }
    let there = present(&spec.components, &spec.notes, 25, random);
    // A date says in which form it is. UN/EDIFACT C507.
    let refers = |at: usize, reference: &str| *spec.components[at].reference == *reference;
    let date = (0..there.len()).any(|at| refers(at, "2380") && there[at]);
    let one = |at: usize| match () {
        () if date && refers(at, "2380") => calendar(8, random),
        () if refers(at, "2379") => (if date { "102" } else { "" }).to_owned(),
        () if there[at] => simple(&spec.components[at], lists, random),
        () => String::new(),
    };
    (0..there.len()).map(one).collect()
}

/// A value of a simple element.
pub(super) fn simple(spec: &ElementSpec, lists: &Lists, random: &mut Random) -> String {
    let (min, max) = (spec.min.max(1) as usize, if spec.max == 0 { 20 } else { spec.max as usize });
    if matches!(&*spec.reference, "100" | "6345") {
        let known: Vec<&str> =
            CURRENCIES.iter().copied().filter(|code| spec.codes.is_empty() || spec.codes.contains(code)).collect();
        if let Some(code) = random.pick(&known) {
            return (*code).to_owned();
        }
    }
    if !spec.codes.is_empty()
        && let Some(code) = random.pick(&lists.of(&spec.codes, min, max))
    {
        return code.clone();
    }
    match spec.class {
        Class::Date if max >= 8 => calendar(8, random),
        Class::Date => calendar(6, random),
        Class::Time if max >= 6 && min > 4 => format!("{}{:02}", clock(random), random.below(60)),
        Class::Time => clock(random),
        Class::Whole => digits(min, max.min(min.max(5)), random),
        Class::Real | Class::Numeric if max >= 6 && min <= 4 && random.percent(50) => {
            // The point is not counted.
            let least = if min == 4 { 10 } else { 1 };
            format!("{}.{}{}", random.between(least, 999), random.below(10), random.between(1, 9))
        }
        Class::Real | Class::Numeric => digits(min, max.min(min.max(5)), random),
        Class::Alpha => letters(min, max.min(min.max(6)), random),
        Class::Text if &*spec.kind == "ID" => letters(min, max.min(min.max(3)), random),
        Class::Text | Class::Binary | Class::Composite | Class::Unused => text(min, max, random),
    }
}

/// `CCYYMMDD` or `YYMMDD`, of 2024 to 2027.
pub(super) fn calendar(length: usize, random: &mut Random) -> String {
    let (year, month, day) = (random.between(2024, 2027), random.between(1, 12), random.between(1, 28));
    let whole = format!("{year}{month:02}{day:02}");
    if length == 8 { whole } else { whole[2..].to_owned() }
}

pub(super) fn clock(random: &mut Random) -> String {
    format!("{:02}{:02}", random.below(24), random.below(60))
}

fn digits(min: usize, max: usize, random: &mut Random) -> String {
    let length = random.between(min, max);
    (0..length).map(|n| if n == 0 { random.between(1, 9) } else { random.below(10) }.to_string()).collect()
}

fn letters(min: usize, max: usize, random: &mut Random) -> String {
    let length = random.between(min, max);
    (0..length).map(|_| char::from(b'A' + random.below(26) as u8)).collect()
}

/// Words and a number, cut to length, without blanks at its ends.
fn text(min: usize, max: usize, random: &mut Random) -> String {
    let length = random.between(min, max.min(min.max(18)));
    let mut text = String::new();
    while text.len() < length {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(random.pick(WORDS).copied().unwrap_or("UNIT"));
        if random.percent(30) {
            text.push_str(&random.below(1000).to_string());
        }
    }
    text.truncate(length);
    if text.ends_with(' ') {
        text.pop();
        text.push('1');
    }
    text
}
