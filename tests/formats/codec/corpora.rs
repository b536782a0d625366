//! Sample documents as partners write them: nothing panics, what is well formed has no fault in its envelope, and each
//! is written again byte for byte from its parts.

use crate::{
    files,
    lossless::{items, written},
};
use crossdock_formats::{
    CsvOptions, Options,
    fault::{Costs, Fault, Layer},
    lossless::Item,
    piece::{Piece, Standard},
    place::At,
    read, render,
    report::{self, Report},
    sniff,
};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The folder of sample documents, where there is one.
pub fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("TEST_CORPORA").map_or_else(|| crate::folder("../shared/corpora"), PathBuf::from);
    let there = folder.join("INDEX.tsv").exists();
    if !there {
        println!("did not run: no sample documents at {}", folder.display());
    }
    there.then_some(folder)
}

/// What INDEX.tsv notes of each file.
fn notes(folder: &std::path::Path) -> BTreeMap<String, String> {
    let index = fs::read_to_string(folder.join("INDEX.tsv")).expect("an index");
    index
        .lines()
        .skip(1)
        .filter_map(|line| Some((line.split('\t').next()?.to_owned(), line.rsplit('\t').next()?.to_owned())))
        .collect()
}

#[test]
fn every_sample_is_read_and_drawn() {
    let Some(folder) = corpora() else { return };
    for path in files(&folder) {
        let bytes = fs::read(&path).expect("a sample");
        let standards =
            [Standard::X12, Standard::Edifact, Standard::Csv, Standard::Fixed, Standard::Xml, Standard::Json];
        for standard in standards {
            let mut set = None;
            for piece in read(standard, &bytes[..], Options::default()) {
                if let Piece::Set(s) = piece.expect("memory can be read") {
                    set = Some(s);
                }
            }
            // Places can be asked of every node.
            if let Some(set) = set {
                for id in (0..set.tree.len().min(2_000) as u32).map(crossdock_formats::tree::NodeId) {
                    let place = set.tree.place(id);
                    assert!(place.byte as usize <= bytes.len(), "{}: {place:?}", path.display());
                }
            }
        }
        let report = report::check("x", None, &bytes[..], Options::default()).expect("memory can be read");
        let faults: Vec<_> = report.all_faults().into_iter().cloned().collect();
        assert!(!render::terminal("x", &bytes, &faults, false).is_empty());
    }
}

#[test]
fn well_formed_envelopes_have_no_fault() {
    let Some(folder) = corpora() else { return };
    let mut count = 0;
    for (name, note) in notes(&folder) {
        let standard = match name.split('/').next() {
            Some("x12") => Standard::X12,
            Some("edifact") => Standard::Edifact,
            _ => continue,
        };
        // TRADACOMS (MTR, END) is another syntax.
        if !note.contains("well-formed") || note.contains("MTR/END") {
            continue;
        }
        count += 1;
        let bytes = fs::read(folder.join(&name)).expect("a sample");
        let report = report::check(&name, Some(standard), &bytes[..], Options::default()).expect("memory can be read");
        for fault in report.all_faults() {
            let envelope = fault.layer == Layer::Envelope && fault.costs > Costs::Nothing;
            // Not E0003: in one sample a segment stands behind IEA, and is warned of.
            let lost = ["E0001", "E0002", "E0006"].contains(&&*fault.code);
            assert!(!envelope && !lost, "{name} ({note}): {}", fault.sentence);
        }
    }
    assert!(count > 60, "only {count} samples");
}

/// Of one file the index took the terminator for the component separator, for ISA16 is empty there: the numbers of its
/// trailers are right.
fn has_empty_isa16(note: &str) -> bool {
    note.contains("delims * ~ LF")
}

/// What the index says of wrong counts and numbers is found.
#[test]
fn wrong_envelopes_are_found() {
    let Some(folder) = corpora() else { return };
    let expected = [
        ("SE01 ", "E0107"),
        ("SE02 differs", "E0108"),
        ("GE01 ", "E0109"),
        ("GE02 differs", "E0110"),
        ("IEA01 ", "E0111"),
        ("IEA02 differs", "E0112"),
        ("UNT01 ", "E0107"),
        ("ST without SE", "E0106"),
        ("ISA without IEA", "E0104"),
    ];
    let mut missed = Vec::new();
    for (name, note) in notes(&folder) {
        if !name.starts_with("malformed/")
            || note.contains("fragment")
            || note.contains("bare set")
            || note.contains("no UNB")
        {
            continue;
        }
        let bytes = fs::read(folder.join(&name)).expect("a sample");
        let report = report::check(&name, None, &bytes[..], Options::default()).expect("memory can be read");
        // One file has a line break inside ISA that the index took for a terminator: read rightly, it has no fault there.
        if report.standard.is_none() || note.contains("odd segment id '5'") || has_empty_isa16(&note) {
            continue;
        }
        for (words, code) in expected {
            // Where a set or a group is cut, too, that fault says it: the cause is one.
            let says = |fault: &&Fault| {
                &*fault.code == code
                    || is_the_cause(fault, &note)
                    || code == "E0104" && fault.sentence.contains("nor its interchange IEA")
            };
            if note.contains(words) && !report.all_faults().iter().any(says) {
                missed.push(format!("{name}: {words}… ({note})"));
            }
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}

#[test]
fn xml_json_and_csv_samples_give_sets() {
    let Some(folder) = corpora() else { return };
    for (name, note) in notes(&folder) {
        let bytes = fs::read(folder.join(&name)).expect("a sample");
        let standard = match name.split('/').next() {
            Some("xml") => Standard::Xml,
            Some("json") => Standard::Json,
            Some("csv") if note.contains("; UTF-8") => Standard::Csv,
            _ => continue,
        };
        if standard != Standard::Csv {
            assert_eq!(sniff(&bytes), Some(standard), "{name}");
        }
        // A document type that only names a file is passed over, and none of the samples declares things of its own.
        let options = Options { csv: CsvOptions::default(), ..Options::default() };
        let pieces: Vec<Piece> = read(standard, &bytes[..], options).map(|p| p.expect("memory can be read")).collect();
        let sets = pieces.iter().filter(|piece| matches!(piece, Piece::Set(_))).count();
        assert!(sets > 0, "{name}: {pieces:?}");
    }
}

/// Every X12 and EDIFACT sample is cut into parts and written again from them. What is not told by segments, or has
/// something wrong with it, is in the table that `--nocapture` shows.
#[test]
fn every_edi_sample_is_written_byte_for_byte() {
    let Some(folder) = corpora() else { return };
    let (mut well, mut other, mut rows) = (0, 0, Vec::new());
    for (name, note) in notes(&folder) {
        let bytes = fs::read(folder.join(&name)).expect("a sample");
        let parts = items(&bytes);
        assert!(written(&parts) == bytes, "{name}: other bytes");
        let text: usize = parts.iter().map(|item| if let Item::Text(text) = item { text.bytes.len() } else { 0 }).sum();
        let edi = ["x12/", "edifact/"].iter().any(|folder| name.starts_with(folder)) && !note.contains("MTR/END");
        if edi && note.contains("well-formed") {
            well += 1;
            // A byte order mark, and in one sample a line behind the interchange.
            assert!(text < 120 && text < bytes.len() / 4, "{name}: {text} bytes of {} are no segment", bytes.len());
            continue;
        }
        if [".xml", ".json", ".csv"].iter().any(|end| name.ends_with(end)) || name.starts_with("csv/") {
            continue;
        }
        other += 1;
        let report = report::check(&name, None, &bytes[..], Options::default()).expect("memory can be read");
        let first = report.all_faults().first().map_or("nothing wrong".to_owned(), |fault| fault.sentence.to_string());
        rows.push(format!("{name} | {}% text | {first} | {note}", text * 100 / bytes.len().max(1)));
    }
    println!("{well} well-formed X12 and EDIFACT samples, {other} others:\n{}", rows.join("\n"));
    assert!(well > 80, "only {well} samples");
}

/// A trailer's element that the index says is wrong: what it says, and what was counted.
struct Noted {
    trailer: &'static str,
    position: u16,
    stated: String,
    counted: Option<String>,
}

/// `SE01 41 but 38 segments`, `IEA02 differs from ISA13`.
fn noted(part: &str) -> Option<Noted> {
    let trailer = ["SE", "GE", "IEA", "UNT", "UNE", "UNZ"].into_iter().find(|id| part.starts_with(id))?;
    let mut words = part[trailer.len()..].split_whitespace();
    let position = words.next()?.parse().ok()?;
    match (words.next()?, words.next()?, words.next()?) {
        ("differs", ..) => Some(Noted { trailer, position, stated: String::new(), counted: None }),
        (stated, "but", counted) => {
            Some(Noted { trailer, position, stated: stated.into(), counted: Some(counted.into()) })
        }
        _ => None,
    }
}

fn is_it(fault: &Fault, noted: &Noted) -> bool {
    let At::Segment { id, element: Some(element), .. } = &fault.place.at else { return false };
    let counted = noted.counted.as_ref();
    let same = counted.is_none_or(|counted| *fault.found == *noted.stated && *fault.expected == **counted);
    &**id == noted.trailer && *element == noted.position && same && fault.layer == Layer::Envelope
}

/// A count that the index took for wrong is right where a terminator is missing before a line end: that is the fault.
fn is_the_cause(fault: &Fault, note: &str) -> bool {
    &*fault.code == "E0126" && note.contains("line break inside segment")
}

/// A count that the index took for wrong is right if as many terminators are missing as it says more.
fn is_explained(report: &Report, noted: &Noted, note: &str) -> bool {
    let missing = report.all_faults().iter().filter(|fault| is_the_cause(fault, note)).count();
    let number = |text: &str| text.parse::<usize>().ok();
    let (stated, counted) = (number(&noted.stated), noted.counted.as_deref().and_then(number));
    missing > 0 && stated.zip(counted).is_some_and(|(stated, counted)| stated == counted + missing)
}

/// Each wrong count and number that the index names is a fault at that very element, with both figures.
#[test]
fn wrong_counts_and_numbers_have_their_place() {
    let Some(folder) = corpora() else { return };
    let (mut found, mut missed) = (0, Vec::new());
    for (name, note) in notes(&folder) {
        // Without an interchange nothing is counted. In one file the index took a line break inside ISA for a terminator,
        // and in one the header has no control reference to differ from: that is its fault.
        if ["no UNB/UNZ envelope", "odd segment id '5'", "UNB :,UNOA:3"].iter().any(|odd| note.contains(odd))
            || has_empty_isa16(&note)
        {
            continue;
        }
        let bytes = fs::read(folder.join(&name)).expect("a sample");
        let report = report::check(&name, None, &bytes[..], Options::default()).expect("memory can be read");
        for noted in note.split("; ").filter_map(noted) {
            match report.all_faults().into_iter().find(|fault| is_it(fault, &noted)) {
                None if is_explained(&report, &noted, &note) => {}
                None => missed.push(format!("{name}: {}{:02} ({note})", noted.trailer, noted.position)),
                Some(fault) => {
                    found += 1;
                    let from = fault.place.byte as usize;
                    let there = &bytes[from..from + fault.place.len as usize];
                    assert_eq!(String::from_utf8_lossy(there).trim(), &*fault.found, "{name}: {fault:?}");
                }
            }
        }
    }
    println!("{found} found at their places");
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}
