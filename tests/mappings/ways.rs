//! Reading takes what is plain by a short way, and explaining takes all by the long one: of each document both make the same,
//! of one with a fault, too.

use super::{
    documents::{context, library, root},
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

/// A line of an 850, and the same otherwise, each in one manner: what the line before said must not be taken for it.
const X12_LINE: &str = "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~";
const X12_LINES: [&str; 24] = [
    "PO1**24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA**PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25**VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE***UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN**UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA~PID*F****Bolt M8 x 40~",
    "PO1*1*24*CA*9.25*HP*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*ea*9.25*pe*vn*BOLT-1*UP*012345678905~PID*f****Bolt M8 x 40~",
    "PO1*1*24*QQ*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1* 1 * 24 *EA* 9.25*PE *VN* BOLT-1*UP *012345678905~PID*F **** Bolt M8 x 40 ~",
    "PO1*1* *EA* *PE*VN* *UP*012345678905~PID*F**** ~",
    "PO1*1*024*EA*9.250*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*9,5*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24>1*EA>CA*9.25*PE*VN*BOLT-1>A*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*BP*BOLT-1*ZQ*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905*IN*NW-1*VN*BOLT-2~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*X****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F~PID*X****Zinc~PID*F****Bolt M8 x 40~PID*F****Steel~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~PO4*12~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~DTM*002*20260320~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~DTM*002*260320~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~DTM*010*20260320~DTM*002*20260231~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~CUR*BY*CAD~PID*F****Bolt M8 x 40~",
];

/// The same of an ORDERS.
const EDIFACT_LINE: &str =
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'";
const EDIFACT_LINES: [&str; 16] = [
    "LIN+++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:EN'PIA+5+BOLT-M8:SA'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:KGM'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:pce'PRI+aaa:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:QQQ'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+12:24:PCE'PRI+AAB:9.25'",
    "LIN+ 1 ++ 04098765110016:SRV'PIA+1+ BOLT-M8 :SA'IMD+F++::: Bolt M8 'QTY+21: 24 :PCE'PRI+AAA: 9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'PIA+1+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25:::100'",
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8'QTY+21:24:PCE'DTM+2:20260320:102'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8'QTY+21:24:PCE'DTM+2:202603201530:203'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8'QTY+21:9.5.1:PCE'DTM+2:260320:102'PRI+AAA:-9.25'",
];

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

/// Orders of few lines, each of which differs from the one before it: the usual one, another, again the usual one, and two
/// others one behind the other. They stand in the mapping's typical sample, instead of the lines from `first` to `behind`.
fn lines_by_both_ways(name: &str, (first, behind): (&str, &str), usual: &str, others: &[&str]) {
    let plan = library().named(name).unwrap_or_else(|| panic!("{name}"));
    let text = fs::read_to_string(root().join(format!("standard/{name}/samples/typical.in.edi"))).unwrap();
    let (head, rest) = text.split_at(text.find(first).unwrap());
    let tail = &rest[rest.find(behind).unwrap()..];
    let (mut whole, mut faulty) = (0, 0);
    for (at, other) in others.iter().enumerate() {
        let next = others[(at + 1) % others.len()];
        for lines in [&[usual, usual, other, usual, other, other][..], &[other, usual, next, other]] {
            let text = [&[head][..], lines, &[tail]].concat().concat();
            let sets = sets(&plan, text.as_bytes());
            assert_eq!(sets.len(), 1, "not one set: {text}");
            if both_ways(&plan, &sets[0], &text) { whole += 1 } else { faulty += 1 }
        }
    }
    println!("{name}: {whole} whole, {faulty} with faults");
    assert!(whole > others.len() / 2 && faulty > 4, "{name}: {whole} whole, {faulty} with faults");
}

#[test]
fn a_line_is_read_by_what_it_says_and_not_by_the_one_before() {
    lines_by_both_ways("x12/4010/850-order", ("PO1*", "CTT*"), X12_LINE, &X12_LINES);
    lines_by_both_ways("edifact/d01b/orders", ("LIN+", "UNS+"), EDIFACT_LINE, &EDIFACT_LINES);
}
