//! The fuzz targets over the fixtures, whole and spoiled in ways that are the same every time.

use super::{document, fixtures, roundtrip, twin};
use crate::{generate::Random, piece::Standard};

/// What spoils most: delimiters, headers, trailers, what is no text.
const TELLING: &[&[u8]] = &[
    b"*",
    b"~",
    b">",
    b":",
    b"+",
    b"'",
    b"?",
    b"^",
    b"\n",
    b"\r\n",
    b"\"",
    b",",
    b";",
    b"<",
    b"&",
    b"{",
    b"[",
    b"\0",
    b"\x80",
    b"ISA*",
    b"GS*PO*A*B*20260105*0930*1*X*004010~",
    b"ST*850*0001~",
    b"SE*1*0001~",
    b"GE*1*1~",
    b"IEA*1*1~",
    b"UNA:+.? '",
    b"UNB+UNOC:3+A+B+260105:0930+1'",
    b"UNG+ORDERS+A+B+260105:0930+1+UN+D:96A'",
    b"UNH+1+ORDERS:D:96A:UN'",
    b"UNT+1+1'",
    b"UNE+1+1'",
    b"UNZ+1+1'",
    b"\xEF\xBB\xBF",
    b"</a>",
    b"&#1;",
    b"\\u0000",
    b"99999999999999999999",
    b"20260230",
    b"-1.5E5",
    b"\nOH",
    b"\nOL0001",
    b"ON",
    b"\x1A",
];

fn spoil(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() + 1);
        let until = (at + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            1 => drop(bytes.drain(at..until)),
            2 => bytes.truncate(at),
            3 => {
                let copy = bytes[at..until].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let word = TELLING[random.below(TELLING.len())];
                bytes.splice(at..at, word.iter().copied());
            }
        }
    }
}

/// Each fixture of a standard whole, and then spoiled so many times.
fn over(standard: Standard, times: usize, target: impl Fn(&[u8])) {
    let of_standard = fixtures().iter().filter(|fixture| fixture.standard == standard);
    let mut ran = 0;
    for (number, fixture) in (0..).zip(of_standard) {
        target(&fixture.bytes);
        let mut random = Random::new(number, 1);
        for _ in 0..if fixture.bytes.len() < 8_000 { times } else { 1 } {
            let mut bytes = fixture.bytes.clone();
            spoil(&mut bytes, &mut random);
            target(&bytes);
        }
        ran += 1;
    }
    assert!(ran > 0, "no fixture of {standard:?}");
}

#[test]
fn x12() {
    over(Standard::X12, 25, |bytes| document(Standard::X12, bytes));
}

#[test]
fn edifact() {
    over(Standard::Edifact, 60, |bytes| document(Standard::Edifact, bytes));
}

#[test]
fn csv() {
    over(Standard::Csv, 60, |bytes| document(Standard::Csv, bytes));
}

/// There are few fixtures, and four layouts: each is spoiled more often.
#[test]
fn fixed_width() {
    over(Standard::Fixed, 400, |bytes| document(Standard::Fixed, bytes));
}

#[test]
fn xml() {
    over(Standard::Xml, 60, |bytes| document(Standard::Xml, bytes));
}

#[test]
fn json() {
    over(Standard::Json, 60, |bytes| document(Standard::Json, bytes));
}

#[test]
fn both_ways_agree() {
    for standard in [Standard::X12, Standard::Edifact] {
        over(standard, 25, twin);
    }
}

#[test]
fn what_is_written_is_read_and_written_again() {
    let mut random = Random::new(7, 1);
    for _ in 0..4_000 {
        let bytes: Vec<u8> = (0..random.below(400)).map(|_| random.below(256) as u8).collect();
        roundtrip(&bytes);
    }
}
