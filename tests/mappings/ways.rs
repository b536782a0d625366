//! Reading takes what is plain by a short way, and explaining takes all by the long one: of each document both make the same,
//! of one with a fault, too.

use super::{
    documents::{context, library},
    samples::inputs,
};
use crossdock::{
    formats::{
        self,
        piece::{Piece, Set, Standard},
    },
    mapping::{Plan, Reading},
};
use std::fs;

/// What stands instead of an element's value: nothing, blanks, what is no number, no date, of several lines or none at all.
const OTHERS: [&str; 8] = ["", " ", " A ", "9,5", "20260231", "2026-02-28", "A\n B", "ZZ"];

fn sets(plan: &Plan, bytes: &[u8]) -> Vec<Set> {
    let pieces = formats::read(plan.standard(), bytes, plan.options());
    pieces.filter_map(|piece| if let Ok(Piece::Set(set)) = piece { Some(*set) } else { None }).collect()
}

/// The document with another value in one of its elements: which one, and which value, goes by the number.
fn altered(text: &str, standard: Standard, number: usize) -> Option<String> {
    let (separator, terminator) = match standard {
        Standard::X12 => (text.chars().nth(3)?, text.chars().nth(105)?),
        _ => ('+', '\''),
    };
    let mut segments: Vec<String> = text.split(terminator).map(str::to_owned).collect();
    // Envelopes stay as they are.
    let at = 2 + number * 7 % segments.len().checked_sub(5).filter(|left| *left > 0)?;
    let mut elements: Vec<&str> = segments[at].split(separator).collect();
    let place = 1 + number * 5 % elements.len().checked_sub(1).filter(|left| *left > 0)?;
    elements[place] = OTHERS[number % OTHERS.len()];
    segments[at] = elements.join(&separator.to_string());
    Some(segments.join(&terminator.to_string()))
}

/// All that reading tells, in words.
fn told(reading: &Reading) -> String {
    let provenance = serde_json::to_string(&reading.provenance).unwrap();
    let faults: Vec<_> = reading.faults.iter().map(|fault| (&fault.code, &fault.sentence, &fault.place)).collect();
    let missing: Vec<_> = reading.missing.iter().map(|one| (&one.table, &one.value, &one.fault.sentence)).collect();
    let (body, number, unread) = (serde_json::to_string(&reading.body).unwrap(), &reading.number, &reading.unread);
    format!("{body}\n{provenance}\n{number:?}\n{faults:?}\n{missing:?}\n{unread:?}")
}

#[test]
fn the_short_way_reads_as_the_long_one() {
    let library = library();
    let (mut whole, mut faulty) = (0, 0);
    for (plan, input) in inputs(&library) {
        let edi = matches!(plan.standard(), Standard::X12 | Standard::Edifact) && plan.reads();
        let Some(text) = fs::read_to_string(&input).ok().filter(|text| edi && !text.starts_with('{')) else { continue };
        let others = (0..32).filter_map(|number| altered(&text, plan.standard(), number));
        for text in std::iter::once(text.clone()).chain(others) {
            for set in sets(&plan, text.as_bytes()) {
                let (short, long) = (plan.read(&set.tree, &context()), plan.explain(&set.tree, &context()).reading);
                assert_eq!(told(&short), told(&long), "{} of {}:\n{text}", plan.name(), input.display());
                if short.body.is_null() { faulty += 1 } else { whole += 1 }
            }
        }
    }
    println!("read by both ways: {whole} whole, {faulty} with faults");
    assert!(whole > 1_000 && faulty > 200, "{whole} whole, {faulty} with faults");
}
