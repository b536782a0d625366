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
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::fs;

/// What stands instead of an element's value: nothing, blanks, what is no number, no date, of several lines or none at all.
const OTHERS: [&str; 8] = ["", " ", " A ", "9,5", "20260231", "2026-02-28", "A\n B", "ZZ"];

/// A line of an 850, and the same otherwise, each in one manner: what the line before said must not be taken for it.
const X12_LINE: &str = "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~";
const X12_LINES: [&str; 45] = [
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
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~CUR*BY*USD~PID*F****Bolt M8 x 40~",
    // What may stand several times, and loops in the line.
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~SDQ*EA*92*STORE12*20*STORE14*4~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~SDQ*EA**STORE12*20~SDQ*CA*92*STORE14*4~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~SAC*A*D240***500~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~SAC*C*D240***500****EA*24**06***Freight~SAC*A*ZZZZ***100*3*5~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~SAC*N*D240***500~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~N9*L1*NOTES~MSG*Handle with care: 24~MSG*9.25~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~SCH*20*EA***002*20260320~SCH*4*EA***002*20260327~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~REF*CO*CO-24~REF*PD*9.25~PID*F****Bolt M8 x 40~TXI*ST*9.25*8~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~PO4*12*24*EA~DTM*010*20260318~DTM*002*20260320~",
    // A value that says nothing, among others that do, or is of several lines.
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F**** ~",
    "PO1*1*24*EA*9.25*PE*VN* *UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****\n  Bolt M8 x 40\n~",
    // Only the qualifiers are others, and codes that there are: a segment with others is kept otherwise.
    "PO1*1*24*EA*9.25*PE*BP*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*ZZ*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*UP*012345678905*VN*BOLT-1~PID*F****Bolt M8 x 40~",
    "PO1*1*24*CA*9.25*HT*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    // An element that nobody reads, one behind the last, none that the line must have, and letters beyond ASCII.
    "PO1*1*24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F*08*VI**Bolt M8 x 40*A*B~",
    "PO1*1**EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~",
    "PO1*1*24*EA*9.25*PE*VN*BÖLT-1*UP*012345678905~PID*F****Bolt M8 x 40 für Türen~",
];

/// The same of an ORDERS.
const EDIFACT_LINE: &str =
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'";
const EDIFACT_LINES: [&str; 30] = [
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
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:PCE'QTY+59:10:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8 ?+ nut?'s'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8:zinc plated'QTY+21:24:PCE'FTX+AAI+++Handle with care'PRI+AAB:9.25'PRI+AAA:9'",
    "LIN+1++04098765110016:SRV'IMD+C++:::Bolt M8'IMD+F++:::Bolt M8'QTY+21:24:PCE'MOA+203:222'RFF+CO:CO-24'PRI+AAA:9.25:CA'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'QTY+21:24'LOC+7+STORE12::92'QTY+11:24:PCE'DTM+2:20260320:102'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:IN+HN-1:SA'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:UP'PIA+5+BOLT-M8:SA+HN-1:ZZZ'IMD+F++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+C++:::Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++Bolt M8'QTY+21:24:PCE'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA+HN-1:IN'IMD+F++:::Bolt M8'QTY+21:24:KGM'PRI+AAA:9.25:CA'",
    "LIN+1++04098765110016:SRV'QTY+21:24:PCE'DTM+2:20101112:102'PRI+AAA:9.25'RFF+CT:CT-24'",
    "LIN+1++04098765110016:SRV'QTY+21:24:PCE'DTM+2:20101112:4'PRI+AAA:9.25'RFF+CT:CT-24'",
    "LIN+1++04098765110016:SRV'QTY+21:24:PCE'DTM+2:20101112'PRI+AAA:9.25'RFF+ZZZ:CT-24'",
    "LIN+1++04098765110016:SRV'QTY+21:24:PCE'DTM+10:20101112:102'PRI+AAB:9.25'RFF+CT:CT-24'",
];

/// The same of an INVOIC.
const INVOIC_LINE: &str = "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'IMD+F++:::Bolt M8'QTY+47:24:PCE'MOA+203:222'PRI+AAA:9.25'\
                           TAX+7+VAT+++:::19+S'";
const INVOIC_LINES: [&str; 10] = [
    "LIN+1++04098765110016:SRV'IMD+F++:::Bolt M8'QTY+47:24:PCE'MOA+203:222'PRI+AAA:9.25'TAX+7+VAT+++:::19+S'",
    "LIN+1'PIA+5+BOLT-M8:SA'IMD+F++:::Bolt M8'QTY+47:24:PCE'MOA+203:222:EUR'PRI+AAA:9.25'TAX+7+VAT+++:::19+S'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'QTY+47:24:KGM'MOA+203:222:USD'PRI+AAA:9.25'TAX+7+VAT+++:::7+S'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'IMD+F++:::Bolt M8'QTY+46:24:PCE'MOA+203:222'PRI+AAA:9.25'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'QTY+47:24:PCE'MOA+203:222'MOA+203:300:USD'PRI+AAA:9.25'TAX+7+VAT+++:::0+Z'",
    "LIN+1++04098765110016:SRV'QTY+47:24:PCE'MOA+66:222'PRI+AAB:9.25'TAX+7+VAT+++:::19+S'TAX+7+VAT+++:::7+AA'",
    "LIN+1++ 04098765110016:SRV'QTY+47: 24:PCE'MOA+203: 222'PRI+AAA:9.25'TAX+7+VAT+++:::19+S'",
    "LIN+1++04098765110016:SRV'QTY+47:24:PCE'MOA+203:2,2'PRI+AAA:9.25'ALC+A++++FC'MOA+8:24'TAX+7+VAT+++:::19+S'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:SA'IMD+F++:::Bolt M8'QTY+47:24:PCE'MOA+66:222'PRI+AAA:9.25'TAX+7+VAT+++:::19+S'",
    "LIN+1++04098765110016:SRV'PIA+1+BOLT-M8:IN'IMD+F++:::Bolt M8'QTY+46:24:PCE'MOA+203:222'PRI+AAB:9.25'TAX+7+VAT+++:::7+Z'",
];

/// Values of the lines above, and longer or shorter ones.
const NUMBERS: [(&str, &str); 7] = [
    ("24", "7"),
    ("9.25", "123456.5"),
    ("BOLT-", "SCREW-B-"),
    ("Bolt M8", "Hex screw M10, zinc plated"),
    ("STORE1", "ST"),
    ("0409876511001", "400638133393"),
    ("01234567890", "07177653100"),
];

/// A line as the nth of its kind: with values of its own, of which each second line has longer ones.
fn nth(line: &str, number: usize) -> String {
    let text = line.replace("BOLT-", &format!("BOLT-{number}-")).replace("Bolt M8", &format!("Bolt M8/{number}"));
    if number.is_multiple_of(2) { text } else { NUMBERS.iter().fold(text, |text, (from, to)| text.replace(from, to)) }
}

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

/// The document with what stands between two segments of a name five times, each with another value in one of its elements:
/// a list is read by how its items before were read.
fn repeated(text: &str, standard: Standard, number: usize) -> Option<String> {
    let (separator, terminator) = match standard {
        Standard::X12 => (text.chars().nth(3)?, text.chars().nth(105)?),
        _ => ('+', '\''),
    };
    let segments: Vec<&str> = text.split(terminator).collect();
    let name = |at: usize| segments[at].split(separator).next().unwrap_or_default().trim();
    let body = 3..segments.len().checked_sub(5)?;
    let again = |at: usize| (at + 1..=body.end).find(|next| name(*next) == name(at)).map(|next| (at, next));
    let blocks: Vec<(usize, usize)> = body.clone().filter_map(again).collect();
    let (from, to) = *blocks.get(number.checked_rem(blocks.len())?)?;
    let mut all: Vec<String> = segments[..from].iter().map(|one| (*one).to_owned()).collect();
    for copy in 0..6 {
        let mut block: Vec<String> = segments[from..to].iter().map(|one| (*one).to_owned()).collect();
        let at = (number * 3 + copy / 2) % block.len();
        let mut elements: Vec<&str> = block[at].split(separator).collect();
        let longer = format!("{}7{}", elements.last()?, &"1234"[..copy % 4]);
        match copy {
            // Of a value that is another text the qualifier stays what it is, mostly.
            0..4 => *elements.last_mut()? = &longer,
            _ => {
                let place = 1 + (number + copy) % elements.len().checked_sub(1).filter(|left| *left > 0)?;
                elements[place] = OTHERS[(number + copy) % OTHERS.len()];
            }
        }
        block[at] = elements.join(&separator.to_string());
        all.extend(block);
    }
    all.extend(segments[to..].iter().map(|one| (*one).to_owned()));
    Some(all.join(&terminator.to_string()))
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
        let again = (0..12).filter_map(|number| repeated(&text, plan.standard(), number)).map(String::into_bytes);
        let others = others.chain(again).chain(in_another_set(&text));
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
/// others one behind the other; two kinds by turns; and kinds in any order. They stand in the mapping's typical sample,
/// instead of the lines from `first` to `behind`.
fn lines_by_both_ways(name: &str, (first, behind): (&str, &str), usual: &str, others: &[&str]) {
    let plan = library().named(name).unwrap_or_else(|| panic!("{name}"));
    let text = fs::read_to_string(root().join(format!("standard/{name}/samples/typical.in.edi"))).unwrap();
    let (head, rest) = text.split_at(text.find(first).unwrap());
    let tail = &rest[rest.find(behind).unwrap()..];
    let (mut whole, mut faulty) = (0, 0);
    let mut random = StdRng::seed_from_u64(7);
    for (at, other) in others.iter().enumerate() {
        let next = others[(at + 1) % others.len()];
        let kinds: Vec<&str> = (0..3).map(|_| others[random.random_range(0..others.len())]).chain([usual]).collect();
        let any: Vec<&str> = (0..16).map(|_| kinds[random.random_range(0..kinds.len())]).collect();
        for lines in [
            &[usual, usual, other, usual, other, other][..],
            &[other, usual, next, other],
            &[usual, usual, other, usual, other, usual, other, usual, other],
            &[other, other, next, other, next, other, other, usual, other, next],
            &any,
        ] {
            let lines: String = lines.iter().enumerate().map(|(at, line)| nth(line, at)).collect();
            let text = [head, &lines, tail].concat();
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
    lines_by_both_ways("edifact/d01b/invoic", ("LIN+", "UNS+"), INVOIC_LINE, &INVOIC_LINES);
}
