//! The law on documents that nobody made for it: `crossdock generate` goes all ways of a guide and takes codes from all of
//! its lists. What a mapping reads of them it writes so that it reads back to the same message, or says why it can't be
//! written.

mod narrowed;

use super::documents::{context, document, library, renamed, sets};
use crossdock::{
    formats::{
        generate::{Shape, generate},
        guides::{self, Guide},
        piece::Set,
    },
    mapping::Plan,
};
use narrowed::{Narrowed, has_guide};
use std::{collections::BTreeMap, fmt};

/// Documents that are made for a mapping.
const MADE: u64 = 60;

/// What became of a mapping's documents.
#[derive(Debug, Default)]
struct Law {
    /// Not a word against them.
    read: usize,
    /// Of these, what could not be written, by the first reason.
    refused: BTreeMap<String, usize>,
    same: usize,
    /// Seeds of those that came back otherwise, and what became of them.
    otherwise: Vec<(u64, String)>,
    /// Why the rest was not read, by the first reason.
    unread: BTreeMap<String, usize>,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let refused: usize = self.refused.values().sum();
        write!(f, "{} read, {} the same, {refused} refused, {} otherwise", self.read, self.same, self.otherwise.len())?;
        for (why, times) in self.unread.iter().map(|(why, times)| (format!("not read: {why}"), times)) {
            write!(f, "\n    {times} {why}")?;
        }
        for (why, times) in &self.refused {
            write!(f, "\n    {times} refused: {why}")?;
        }
        self.otherwise.iter().take(2).try_for_each(|(seed, what)| write!(f, "\n    seed {seed}: {what}"))
    }
}

/// A document of one set by a guide.
fn made(guide: &Guide, seed: u64) -> Vec<u8> {
    let shape = |lines| Shape { lines, ..Shape::default() };
    // Few lines: each is a chance of what the mapping does not read.
    let chunks = generate(guide, seed, shape(Some(1))).or_else(|_| generate(guide, seed, shape(None)));
    chunks.unwrap_or_else(|why| panic!("{why}")).flat_map(|chunk| chunk.bytes).collect()
}

/// The message of a set, if nothing is said against it; else the first thing that is.
fn read(plan: &Plan, set: &Set) -> Result<serde_json::Value, (String, String)> {
    let reading = plan.read(&set.tree, &context());
    let wrong = reading.faults.first().or(reading.missing.first().map(|missing| &missing.fault));
    match wrong {
        Some(fault) => Err((fault.code.to_string(), fault.sentence.to_string())),
        None => Ok(reading.body.into_value()),
    }
}

/// The standard's guide, narrowed until most of what is made by it is read.
fn guide(plan: &Plan) -> Guide {
    let (kind, version) = plan.document();
    let standard =
        guides::find(plan.standard(), version, kind).unwrap_or_else(|| panic!("no guide of {kind} {version}"));
    let mut narrowed = Narrowed::default();
    for round in 0..40 {
        let guide = narrowed.guide(standard);
        let before = narrowed.clone();
        let mut unread = 0;
        for seed in 0..20 {
            for set in sets(plan, &made(&guide, 1_000 * (round + 1) + seed)) {
                match read(plan, &set) {
                    Err((code, sentence)) => {
                        unread += 1;
                        narrowed.by(plan, &guide, (&code, &sentence));
                    }
                    Ok(body) => {
                        let refused = plan.write(&body, &context()).err().and_then(|faults| faults.into_iter().next());
                        refused.iter().for_each(|fault| narrowed.by_refusal(plan, &guide, &fault.sentence));
                    }
                }
            }
        }
        if (unread < 5 && round > 5) || narrowed == before {
            break;
        }
    }
    narrowed.guide(standard)
}

/// A sentence without the values that differ from one document to the next.
fn at(sentence: &str) -> String {
    let place = sentence.split(" in segment").next().unwrap_or_default();
    place.split('/').map(|step| step.split("[1]").next().unwrap_or_default()).collect::<Vec<_>>().join("/")
}

fn tried(plan: &Plan) -> Law {
    let mut law = Law::default();
    let guide = guide(plan);
    for seed in 0..MADE {
        for set in sets(plan, &made(&guide, seed)) {
            let body = match read(plan, &set) {
                Ok(body) => body,
                Err((code, sentence)) => {
                    *law.unread.entry(format!("{code} {}", at(&sentence))).or_default() += 1;
                    continue;
                }
            };
            law.read += 1;
            let written = plan.write(&body, &context()).map_err(|faults| faults[0].sentence.to_string());
            let bytes = match written.map(|written| document(plan, &written)) {
                Ok(bytes) => bytes,
                Err(why) => {
                    *law.refused.entry(why).or_default() += 1;
                    continue;
                }
            };
            let again: Result<Vec<_>, _> = sets(plan, &bytes).iter().map(|set| read(plan, set)).collect();
            match again {
                Ok(again) if again.len() == 1 && renamed(again[0].clone()) == renamed(body.clone()) => law.same += 1,
                again => law
                    .otherwise
                    .push((seed, format!("{body}\nbecame {again:?}\nby {}", String::from_utf8_lossy(&bytes)))),
            }
        }
    }
    law
}

/// Where some can't be written: the mapping, how many are read at least, and how many are refused at most. Of the others 40
/// are read; what is written comes back the same everywhere.
///
/// What can't be written says a mandatory thing by codes that nothing reads, or only half of what a note demands, and is
/// told so; a partner's rules refuse what they are to refuse.
#[rustfmt::skip]
const LEFT: &[(&str, usize, usize)] = &[
    ("baumarkt-sued/orders", 2, 0),
    ("baumarkt-sued/retann", 0, 0),
    ("edifact/d96a/iftmin", 40, 2),
    ("edifact/d96a/recadv", 40, 2),
    ("edifact/d96a/remadv", 10, 0),
    ("keystone-supply/856-despatch", 0, 0),
    ("x12/4010/204-transport-order", 40, 3),
    ("x12/4010/867-resale", 40, 19),
];

#[test]
fn what_generate_makes_is_written_back_to_the_same_message() {
    let mut wrong = String::new();
    for plan in library().plans().iter().filter(|plan| !plan.one_way() && has_guide(plan.standard())) {
        let law = tried(plan);
        let left = LEFT.iter().find(|(name, ..)| *name == plan.short());
        let (_, least, refused) = left.copied().unwrap_or(("", 40, 0));
        let told = law.to_string();
        println!("{}: {told}", plan.short());
        if law.read < least || law.refused.values().sum::<usize>() > refused || !law.otherwise.is_empty() {
            wrong += &format!("\n{}: {told}", plan.short());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
