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
    // What is the same again, as a line's unit mostly is, is remembered.
    if number % 5 == 4 {
        segments.insert(at, segments[at].clone());
    }
    let mut elements: Vec<&str> = segments[at].split(separator).collect();
    let place = 1 + number * 5 % elements.len().checked_sub(1).filter(|left| *left > 0)?;
    elements[place] = OTHERS[number % OTHERS.len()];
    segments[at] = elements.join(&separator.to_string());
    Some(segments.join(&terminator.to_string()))
}

/// The same document, of which one value has a letter of Windows-1252: its text is longer than its bytes.
fn in_another_set(text: &str) -> Option<Vec<u8>> {
    let at = text.match_indices("Bolt").chain(text.match_indices("BOLT")).map(|(at, _)| at).next()?;
    let mut bytes = text.as_bytes().to_vec();
    bytes[at + 1] = 0xF6;
    Some(bytes)
}

/// All that reading tells, in words.
fn told(reading: &Reading) -> String {
    let provenance = serde_json::to_string(&reading.provenance).unwrap();
    let faults: Vec<_> = reading.faults.iter().map(|fault| (&fault.code, &fault.sentence, &fault.place)).collect();
    let missing: Vec<_> = reading.missing.iter().map(|one| (&one.table, &one.value, &one.fault.sentence)).collect();
    let (body, number, unread) = (serde_json::to_string(&reading.body).unwrap(), &reading.number, &reading.unread);
    format!("{body}\n{provenance}\n{number:?}\n{faults:?}\n{missing:?}\n{unread:?}")
}

/// Reads a set by both ways, as it is and with all of its values' places by hand; tells whether it made a message.
fn both_ways(plan: &Plan, set: &Set, of: &str) -> bool {
    let mut whole = false;
    for tree in [&set.tree.keeping(set.tree.root(), |_| true), &set.tree] {
        let (short, long) = (plan.read(tree, &context()), plan.explain(tree, &context()).reading);
        assert_eq!(told(&short), told(&long), "{} of {of}", plan.name());
        whole = !short.body.is_null();
    }
    whole
}

#[test]
fn the_short_way_reads_as_the_long_one() {
    let library = library();
    let (mut whole, mut faulty) = (0, 0);
    for (plan, input) in inputs(&library) {
        let edi = matches!(plan.standard(), Standard::X12 | Standard::Edifact) && plan.reads();
        let Some(text) = fs::read_to_string(&input).ok().filter(|text| edi && !text.starts_with('{')) else { continue };
        let others = (0..40).filter_map(|number| altered(&text, plan.standard(), number)).map(String::into_bytes);
        let others = others.chain(in_another_set(&text));
        for bytes in std::iter::once(text.clone().into_bytes()).chain(others) {
            for set in sets(&plan, &bytes) {
                let of = format!("{}:\n{}", input.display(), String::from_utf8_lossy(&bytes));
                if both_ways(&plan, &set, &of) { whole += 1 } else { faulty += 1 }
            }
        }
    }
    println!("read by both ways: {whole} whole, {faulty} with faults");
    assert!(whole > 1_000 && faulty > 200, "{whole} whole, {faulty} with faults");
}
