//! Every byte is accounted for: what is read is written again byte for byte, and what is made up is read as it was.

use crate::{files, folder, options, pieces};
use crossdock_formats::{
    Options,
    fault::Fault,
    lossless::{
        Begin, Delimiters, Element, Item, Reader, Segment, Value, Writer,
        layout::{Layout, Lines, join},
        repair::Repair,
    },
    piece::{Piece, Set, Standard},
    report,
    tree::{NodeId, Tree},
};
use proptest::prelude::*;
use std::{
    fs,
    io::{self, BufReader, Read},
    path::Path,
};

/// All items of a document.
pub fn items(bytes: &[u8]) -> Vec<Item> {
    Reader::new(bytes).map(|item| item.expect("memory can be read")).collect()
}

/// The bytes of items.
pub fn written(items: &[Item]) -> Vec<u8> {
    let (mut writer, mut out) = (Writer::new(), Vec::new());
    items.iter().for_each(|item| writer.put(item, &mut out));
    out
}

/// Segments among items.
fn segments(items: &[Item]) -> Vec<&Segment> {
    let some = items.iter().map(|item| if let Item::Segment(segment) = item { Some(segment) } else { None });
    some.flatten().collect()
}

const X12: &str = "\u{feff}-- a note\r\nISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*^*00501*000000001*0*P*>~\r\n\
GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*005010~  \r\nST*850*0001~\nREF*CO*A>B^C>>~\n~BEG*00*SA*PO123**20260131**~SE*5*0001~\n\
GE*1*1~\nIEA*1*000000001~\n\n\x1atrailing\nISA|00|short|00||ZZ|A|ZZ|B|260131|0800|U|00401|000000002|0|P|:'\nGS|PO'IEA|0|2";

#[test]
fn x12_with_all_that_stands_between() {
    let items = items(X12.as_bytes());
    assert_eq!(String::from_utf8_lossy(&written(&items)), X12);
    let ids: Vec<_> = segments(&items).iter().map(|s| String::from_utf8_lossy(s.id()).into_owned()).collect();
    assert_eq!(ids, ["ISA", "GS", "ST", "REF", "", "BEG", "SE", "GE", "IEA", "ISA", "GS", "IEA"]);
    let Element::Repeats(repeats) = &segments(&items)[3].elements[2] else { panic!("{items:?}") };
    assert_eq!(repeats.iter().map(Vec::len).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((segments(&items)[1].after.as_slice(), segments(&items)[11].terminated), (&b"  \r\n"[..], false));
    let [first, second] = [0, 9].map(|at| segments(&items)[at]);
    assert_eq!((first.elements.len(), second.elements.len()), (17, 17));
}

#[test]
fn edifact_with_releases_that_need_not_be() {
    let text = "UNA:+,? '\r\nUNB+UNOC:3+A:14+B:14+260131:0800+1'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++It?'s 4?+4 and ?x??'\n\
RFF:1+ON:A*B'UNT+4+1'UNZ+1+1'UNB+UNOC:4+A+B+20260131:0800+2'UNH+1+ORDERS:D:96A:UN'RFF+ON:A*ON:B?*'UNT+3+1'UNZ+1+2'tail?";
    let items = items(text.as_bytes());
    assert_eq!(String::from_utf8_lossy(&written(&items)), text);
    let segments = segments(&items);
    let Element::Plain(note) = &segments[2].elements[4] else { panic!("{items:?}") };
    assert_eq!(String::from_utf8_lossy(&note.bytes), "It's 4+4 and x?");
    assert_eq!(note.written.as_deref(), Some(&b"It?'s 4?+4 and ?x??"[..]));
    assert_eq!(segments[3].id(), b"RFF");
    // A star separates repeats in syntax 4 only.
    let Element::Components(values) = &segments[3].elements[1] else { panic!("{items:?}") };
    assert_eq!(values[1].bytes, b"A*B");
    let Element::Repeats(repeats) = &segments[8].elements[1] else { panic!("{items:?}") };
    assert_eq!((repeats.len(), repeats[1][1].bytes.as_slice()), (2, &b"B*"[..]));
}

/// Gives its bytes three at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.0.len().min(into.len()).min(3);
        into[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

#[test]
fn a_slow_input_gives_the_same() {
    let slow: Result<Vec<Item>, _> = Reader::new(BufReader::new(Slow(X12.as_bytes()))).collect();
    assert_eq!(slow.expect("memory can be read"), items(X12.as_bytes()));
}

/// What is too long for a segment, or for one text, comes in pieces and is all there.
#[test]
fn long_things_come_in_pieces() {
    let (head, tail) = X12.split_at(X12.find("BEG").expect("it has one"));
    let long = format!("{}BEG*{}~{}{tail}", head, "x".repeat(17 << 20), " ".repeat(200_000));
    let mut longest = 0;
    let (mut writer, mut out) = (Writer::new(), Vec::new());
    for item in Reader::new(long.as_bytes()) {
        let item = item.expect("memory can be read");
        if let Item::Text(text) = &item {
            longest = longest.max(text.bytes.len());
        }
        writer.put(&item, &mut out);
    }
    assert!(out == long.as_bytes());
    assert!(longest > 10_000 && longest < 200_000, "{longest}");
    let text = format!("{}{X12}", "no EDI, UNIQUE IS A word ".repeat(20_000));
    assert!(written(&items(text.as_bytes())) == text.as_bytes());
}

fn delimiters() -> impl Strategy<Value = Delimiters> {
    prop_oneof![
        Just((Standard::X12, *b"*>^~", true)),
        Just((Standard::X12, *b"|:!\n", false)),
        Just((Standard::Edifact, *b"+:*'", true)),
        Just((Standard::Edifact, *b"+:*'", false)),
    ]
    .prop_map(|(standard, [element, component, repetition, segment], repeats)| Delimiters {
        standard,
        element,
        component: Some(component),
        repetition: repeats.then_some(repetition),
        release: (standard == Standard::Edifact).then_some(b'?'),
        segment,
        more: [0; 3],
    })
}

fn value(delimiters: Delimiters) -> impl Strategy<Value = Value> {
    proptest::collection::vec(prop_oneof![4 => 32u8..127, 1 => Just(b'?'), 1 => Just(b'+'), 1 => any::<u8>()], 0..9)
        .prop_map(move |mut bytes| {
            let reserved = [Some(delimiters.element), delimiters.component, delimiters.repetition];
            if delimiters.release.is_none() {
                bytes.retain(|byte| !reserved.contains(&Some(*byte)) && *byte != delimiters.segment);
            }
            Value { bytes, written: None }
        })
}

fn element(delimiters: Delimiters) -> impl Strategy<Value = Element> {
    let components = move |least| proptest::collection::vec(value(delimiters), least..4);
    let repeats = match delimiters.repetition {
        Some(_) => proptest::collection::vec(components(1), 2..4).prop_map(Element::Repeats).boxed(),
        None => value(delimiters).prop_map(Element::Plain).boxed(),
    };
    prop_oneof![
        4 => value(delimiters).prop_map(Element::Plain),
        2 => components(2).prop_map(Element::Components),
        1 => repeats,
    ]
}

pub fn document() -> impl Strategy<Value = Vec<Item>> {
    let after = prop_oneof![Just(""), Just("\n"), Just("\r\n"), Just("  \n")];
    delimiters().prop_flat_map(move |delimiters| {
        let segment = ("[A-Z][A-Z0-9]{2}", proptest::collection::vec(element(delimiters), 0..6), after.clone());
        proptest::collection::vec(segment, 0..8).prop_map(move |rows| {
            let header = match delimiters.standard {
                Standard::X12 => {
                    let [repetition, component] = [delimiters.repetition, delimiters.component]
                        .map(|byte| byte.map_or("U".to_owned(), |byte| char::from(byte).to_string()));
                    let version = if delimiters.repetition.is_some() { "00501" } else { "00401" };
                    let values = ["00", "", "00", "", "ZZ", "A", "ZZ", "B", "260131", "0800"];
                    let rest = [&repetition, version, "000000001", "0", "P", &component];
                    Segment::plain("ISA", values.into_iter().chain(rest))
                }
                _ => {
                    let version: &[u8] = if delimiters.repetition.is_some() { b"4" } else { b"3" };
                    let mut unb = Segment::plain("UNB", ["", "A", "B", "260131", "1"]);
                    let value = |bytes: &[u8]| Value { bytes: bytes.to_vec(), written: None };
                    unb.elements[1] = Element::Components(vec![value(b"UNOC"), value(version)]);
                    unb
                }
            };
            let begin = Begin { byte: 0, delimiters, una: None, after: vec![], crlf: false };
            let trailer = if delimiters.standard == Standard::X12 { "IEA" } else { "UNZ" };
            let rows = rows.into_iter().filter(|(id, ..)| !matches!(&**id, "ISA" | "IEA" | "UNA" | "UNB" | "UNZ"));
            let rows = rows.map(|(id, elements, after)| {
                let mut segment = Segment::plain::<&str>(&id, []);
                segment.elements.extend(elements);
                // Where a line end is the terminator, another one is what stands before the next segment.
                segment.after = after.into();
                segment
            });
            let all = [header].into_iter().chain(rows).chain([Segment::plain(trailer, ["1", "1"])]);
            [Item::Begin(begin)].into_iter().chain(all.map(Item::Segment)).collect()
        })
    })
}

/// Lines of any usual length are put together, whatever they cut: the sets say the same, one note tells of it, and all is
/// written back byte for byte.
#[test]
fn lines_of_any_length_are_put_together() {
    let says = |bytes: &[u8], standard| {
        let all = pieces(standard, bytes, Options::default());
        let (mut values, mut notes) = (Vec::new(), Vec::new());
        for piece in all {
            match piece {
                Piece::Set(set) => {
                    let nodes = (0..set.tree.len() as u32).map(NodeId);
                    values.extend(nodes.filter_map(|id| set.tree.value(id).map(str::to_owned)));
                    notes.extend(set.faults);
                }
                Piece::GroupEnd(end) => notes.extend(end.faults),
                Piece::InterchangeEnd(end) => notes.extend(end.faults),
                Piece::Fault(fault) => notes.push(fault),
                _ => {}
            }
        }
        (values, notes.iter().map(|fault| fault.code.to_string()).collect::<Vec<_>>())
    };
    for (name, standard) in
        [("x12/4010/850/typical.edi", Standard::X12), ("hostile/edifact-unoy.edi", Standard::Edifact)]
    {
        let text = fs::read(folder("fixtures").join(name)).expect("a fixture");
        let whole: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let (values, faults) = says(&whole, standard);
        assert!(values.len() > 20 && faults.is_empty(), "{name}: {faults:?}");
        for width in (16..=100).chain([132, 256]).filter(|width| whole.len() > 4 * width) {
            for end in ["\n", "\r\n"] {
                let lines: Vec<&[u8]> = whole.chunks(width).collect();
                let folded = [lines.join(end.as_bytes()), end.into()].concat();
                assert_eq!(says(&folded, standard), (values.clone(), vec!["E0118".into()]), "{name} at {width}");
                assert_eq!(written(&items(&folded)), folded, "{name} at {width}");
            }
        }
    }
}

/// A header whose ISA16 is empty is read alike whether lines end behind its terminator or not.
#[test]
fn an_empty_isa16_is_read_alike_in_lines_and_without() {
    let header =
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*~";
    for body in [
        "GS*PO*A*B*20260131*0800*1*X*004010~GE*0*1~IEA*1*000000001~",
        "TA1*000000007*260130*0800*A*000~IEA*0*000000001~",
        "IEA*0*000000001~",
    ] {
        let folded = format!("{header}{body}");
        let (unfolded, _) = passed(folded.as_bytes(), Lines::Unfolded, false);
        assert_eq!(unfolded, folded.replace('~', "~\n"));
        assert_eq!(passed(unfolded.as_bytes(), Lines::Folded, false).0, folded);
        let ids = |text: &str| -> Vec<Vec<u8>> {
            segments(&items(text.as_bytes())).iter().map(|segment| segment.id().to_vec()).collect()
        };
        assert_eq!(ids(&unfolded), ids(&folded));
        assert!(ids(&folded).len() > 1, "{folded}");
        // A line end alone, as the terminator.
        for end in ["\n", "\r\n"] {
            let lines = folded.replace('~', end);
            assert_eq!((ids(&lines), written(&items(lines.as_bytes()))), (ids(&folded), lines.into_bytes()));
        }
        // Blanks behind each terminator, a line of its own for the header alone, and a terminator of several bytes.
        let [blank, blanks] = [" ", "  \r\n"].map(|gap| folded.replace('~', &format!("~{gap}")));
        let alone = ["\n", "\r\n", "\r"].map(|end| format!("{header}{end}{body}"));
        let wide = ["…", "§", "…\n"].map(|terminator| folded.replace('~', terminator));
        for text in [blank, blanks].into_iter().chain(alone).chain(wide) {
            assert_eq!(ids(&text), ids(&folded), "{text}");
            assert_eq!(written(&items(text.as_bytes())), text.as_bytes(), "{text}");
            let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
            let told: Vec<&str> = report.all_faults().iter().map(|fault| &*fault.code).collect();
            assert_eq!(told, ["E0102"], "{text}");
        }
    }
}

/// The same of a folded document, wherever the breaks fall.
#[test]
fn an_empty_isa16_is_read_in_lines_of_any_length() {
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let mut whole = text.replace(['\r', '\n'], "");
    whole.remove(104);
    let values = |bytes: &[u8]| -> Vec<String> {
        let sets = crate::sets(Standard::X12, bytes).into_iter();
        let tree = |set: Set| {
            let nodes = (0..set.tree.len() as u32).map(NodeId);
            nodes.filter_map(|id| set.tree.value(id).map(str::to_owned)).collect::<Vec<_>>()
        };
        sets.flat_map(tree).collect()
    };
    let said = values(whole.as_bytes());
    assert!(said.len() > 20, "{said:?}");
    let mut wrong = Vec::new();
    for width in (16..=110).filter(|width| whole.len() > 4 * width) {
        for end in ["\n", "\r\n", "\r"] {
            let lines: Vec<&[u8]> = whole.as_bytes().chunks(width).collect();
            let folded = [lines.join(end.as_bytes()), end.into()].concat();
            assert_eq!(written(&items(&folded)), folded, "{width} {end:?}");
            if values(&folded) != said {
                wrong.push((width, end));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// True if breaks in values happen to cut a document into lines of one length, which are read without them.
fn is_folded(items: &[Item]) -> bool {
    items.iter().any(|item| join(&mut item.clone()))
}

/// Offsets, and what kind of line end comes first, are the reader's to give.
fn without_offsets(mut items: Vec<Item>) -> Vec<Item> {
    for item in &mut items {
        match item {
            Item::Begin(begin) => (begin.byte, begin.crlf) = (0, false),
            Item::Segment(segment) => segment.byte = 0,
            Item::Text(text) => text.byte = 0,
        }
    }
    items
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(made in document()) {
        let bytes = written(&made);
        let read = items(&bytes);
        prop_assert_eq!(&written(&read), &bytes);
        prop_assume!(!is_folded(&read));
        prop_assert_eq!(without_offsets(read), made);
    }

    #[test]
    fn noise_is_written_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..400, at in 0usize..400) {
        prop_assert_eq!(&written(&items(&bytes)), &bytes);
        let mut mixed = X12.as_bytes().to_vec();
        let at = at.min(mixed.len());
        mixed.splice(at..at + cut.min(mixed.len() - at), bytes);
        prop_assert_eq!(written(&items(&mixed)), mixed);
    }
}

/// A document laid out, or mended; with the changes told as `SE01 byte: was → is`.
pub fn passed(bytes: &[u8], lines: Lines, mend: bool) -> (String, Vec<String>) {
    let (mut layout, mut repair, mut told) = (Layout::new(lines), Repair::new(), Vec::new());
    let mut all = items(bytes);
    for item in &mut all {
        if mend {
            told.extend(
                repair
                    .apply(item)
                    .into_iter()
                    .map(|c| format!("{} {}: {:?} → {:?}", c.place.at, c.place.byte, c.was, c.is)),
            );
        }
        layout.apply(item);
    }
    (String::from_utf8_lossy(&written(&all)).into_owned(), told)
}

const WRONG: &str = "ISA*00**00**ZZ*NORTHWIND*ZZ*ACMEDIST*260131*0800*U*00401*7*0*P*>~GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~\
ST*850*0001~BEG*00*SA*PO123**20260131~PO1*1*10*EA*4.20**VN*BOLT-M8~CTT*2~SE*9*0002~GE*4*11~IEA*0*000000007";

#[test]
fn what_is_mended_is_told_and_then_right() {
    let (mended, told) = passed(WRONG.as_bytes(), Lines::Kept, true);
    let at = |what: &str| WRONG.find(what).expect("it is there");
    let expected = [
        format!("ISA13 {}: \"7\" → \"000000007\"", at("7*0*P")),
        format!("CTT01 {}: \"2\" → \"1\"", at("2~SE")),
        format!("SE01 {}: \"9\" → \"5\"", at("9*0002")),
        format!("SE02 {}: \"0002\" → \"0001\"", at("0002~GE")),
        format!("GE01 {}: \"4\" → \"1\"", at("4*11")),
        format!("GE02 {}: \"11\" → \"1\"", at("11~IEA")),
        format!("IEA01 {}: \"0\" → \"1\"", at("0*000000007")),
        format!("IEA {}: \"\" → \"~\"", WRONG.len()),
    ];
    assert_eq!(told[told.len() - 8..], expected);
    assert!(told[..told.len() - 8].iter().all(|told| told.starts_with("ISA")), "{told:?}");
    let report = report::check("x", None, mended.as_bytes(), Options::default()).expect("memory can be read");
    assert_eq!(report.all_faults(), Vec::<&Fault>::new(), "{mended}");
    assert_eq!(passed(mended.as_bytes(), Lines::Kept, true), (mended.clone(), vec![]));
}

const WRONG_EDIFACT: &str = "UNB+UNOC:3+A:14+B:14+260131:0800+77'UNG+ORDERS+A+B+260131:0800+5+UN+D:96A'\
UNH+1+ORDERS:D:96A:UN'BGM+220+PO1+9'LIN+1++A:SA'QTY+21:5'LIN+2++B:SA'UNS+S'CNT+2:1'UNT+3+2'UNE+9+4'UNZ+4+78'";

#[test]
fn edifact_is_mended_too() {
    let (mended, told) = passed(WRONG_EDIFACT.as_bytes(), Lines::Unfolded, true);
    let names: Vec<_> = told.iter().map(|told| told.split(' ').next().unwrap_or("")).collect();
    assert_eq!(names, ["CNT01", "UNT01", "UNT02", "UNE01", "UNE02", "UNZ01", "UNZ02"], "{told:?}");
    let tail = "CNT+2:2'\nUNT+8+1'\nUNE+1+5'\nUNZ+1+77'\n";
    assert!(mended.ends_with(tail), "{mended}");
}

/// A release character at the document's end released nothing, and would release the terminator.
#[test]
fn a_terminator_is_put_where_it_is_one() {
    for (tail, change) in [("77?", "\"?\" → \"'\""), ("77??", "\"\" → \"'\""), ("77", "\"\" → \"'\"")] {
        let text = format!("UNB+UNOC:3+A:14+B:14+260131:0800+77'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+{tail}");
        let (mended, told) = passed(text.as_bytes(), Lines::Kept, true);
        assert!(mended.ends_with("UNZ+1+77'"), "{mended}");
        assert!(told.iter().any(|told| told.ends_with(change)), "{told:?}");
        assert_eq!(passed(mended.as_bytes(), Lines::Kept, true), (mended.clone(), vec![]));
    }
}

/// Data of a wrong length: what looks like a trailer in it is data.
const TORN: &str = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000017*0*P*>~\
GS*SP*A*B*20260131*0800*17*X*004010~ST*841*0001~SPI*00*TP*1~BIN*10*Hello~IEA*1*9~X~~SE*4*0001~GE*1*17~IEA*1*000000017~";

#[test]
fn behind_data_of_a_wrong_length_nothing_is_touched() {
    let (mended, told) = passed(TORN.as_bytes(), Lines::Kept, true);
    assert_eq!((mended.as_str(), told), (TORN, vec![]));
    let (unfolded, _) = passed(TORN.as_bytes(), Lines::Unfolded, false);
    let (before, data) = TORN.split_at(TORN.find("BIN").expect("it is there"));
    assert_eq!(unfolded, before.replace('~', "~\n") + data);
    let left = |bytes: &[u8]| {
        let mut repair = Repair::new();
        let mut left = Vec::new();
        for item in &mut items(bytes) {
            repair.apply(item);
            left.extend(repair.left().map(|left| left.place.at.to_string()));
        }
        left
    };
    assert_eq!(left(TORN.as_bytes()), ["BIN01"]);
    // Of the right length all of it is mended as ever, and the next interchange is, too.
    let right = TORN.replace("BIN*10*", "BIN*16*").replace("SE*4*", "SE*9*");
    let (mended, told) = passed(format!("{TORN}{right}").as_bytes(), Lines::Kept, true);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(mended.ends_with("BIN*16*Hello~IEA*1*9~X~~SE*4*0001~GE*1*17~IEA*1*000000017~"), "{mended}");
    // A segment that took in the next one, for its terminator is missing: the right count stays.
    let whole = WRONG.replace('~', "~\n").replace("SE*9*0002", "SE*5*0002");
    let lost = whole.replace("20260131~\nPO1", "20260131\nPO1");
    assert_eq!(left(lost.as_bytes()), ["BEG05"]);
    let overlong = fs::read(folder("fixtures/hostile/isa-sender-too-long.edi")).expect("a fixture");
    assert_eq!(left(&overlong), ["ISA06"]);
    let (mended, told) = passed(lost.as_bytes(), Lines::Kept, true);
    assert!(mended.contains("SE*5*0001~"), "the trailer's number is mended, its count is not: {told:?}");
}

#[test]
fn laid_out_and_folded_again() {
    let folded = WRONG_EDIFACT.to_owned();
    let (unfolded, _) = passed(folded.as_bytes(), Lines::Unfolded, false);
    assert_eq!(unfolded, folded.replace('\'', "'\n"));
    assert_eq!(passed(unfolded.as_bytes(), Lines::Folded, false).0, folded);
    // The line end that a document has is the one it gets; what nothing ends gets none.
    let (mixed, _) = passed(b"UNA:+.? '\r\nUNB+UNOC:3+A+B+260131:0800+1'UNZ+0+1' \n\nnote", Lines::Unfolded, false);
    assert_eq!(mixed, "UNA:+.? '\r\nUNB+UNOC:3+A+B+260131:0800+1'\r\nUNZ+0+1'\r\nnote");
    let (cut, _) = passed(WRONG.as_bytes(), Lines::Unfolded, false);
    assert_eq!(cut, WRONG.replace('~', "~\n"));
    // A line end that is the terminator stays.
    let lines = WRONG.replace('~', "\n");
    assert_eq!(passed(lines.as_bytes(), Lines::Folded, false).0, lines);
}

proptest! {
    /// What is laid out differs by nothing but line ends and blanks; what was mended needs no mending.
    #[test]
    fn layout_and_repair_touch_nothing_else(made in document()) {
        let bytes = written(&made);
        prop_assume!(!is_folded(&items(&bytes)));
        let values = |bytes: &[u8]| {
            let all = without_offsets(items(bytes)).into_iter().map(|mut item| {
                if let Item::Segment(segment) = &mut item {
                    segment.after.clear();
                }
                item
            });
            all.collect::<Vec<_>>()
        };
        for lines in [Lines::Unfolded, Lines::Folded] {
            let (laid, told) = passed(&bytes, lines, false);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(values(laid.as_bytes()), values(text.as_bytes()));
            }
            prop_assert_eq!(told, Vec::<String>::new());
        }
        let mut repair = Repair::new();
        let mut all = items(&bytes);
        all.iter_mut().for_each(|item| drop(repair.apply(item)));
        let mut again = Repair::new();
        prop_assert!(all.iter_mut().all(|item| again.apply(item).is_empty()));
    }
}

/// The sets of a document and the values in them, without their places.
fn values(tree: &Tree, node: NodeId, into: &mut Vec<String>) {
    for child in tree.children(node) {
        into.push(format!("{} {:?}", tree.name(child), tree.value(child)));
        values(tree, child, into);
    }
}

/// None if one of them isn't accepted.
fn accepted(path: &Path, bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let report = report::check("x", None, bytes, options(path)).expect("memory can be read");
    if !report.accepted() || report.sets.is_empty() {
        return None;
    }
    let sets = pieces(report.standard?, bytes, options(path)).into_iter().filter_map(|piece| match piece {
        Piece::Set(set) => {
            let mut all = vec![set.kind.to_string(), set.control.to_string()];
            values(&set.tree, set.tree.root(), &mut all);
            Some(all)
        }
        _ => None,
    });
    Some(sets.collect())
}

#[test]
fn what_is_accepted_is_accepted_with_the_same_values_when_laid_out() {
    let mut seen = Vec::new();
    for path in files(&folder("fixtures")).iter().filter(|path| path.extension().is_some_and(|e| e == "edi")) {
        let bytes = fs::read(path).expect("a fixture");
        let Some(before) = accepted(path, &bytes) else { continue };
        for (lines, mend) in [
            (Lines::Unfolded, false),
            (Lines::Folded, false),
            (Lines::Unfolded, true),
            (Lines::Folded, true),
            (Lines::Kept, true),
        ] {
            let (mut layout, mut repair, mut all) = (Layout::new(lines), Repair::new(), items(&bytes));
            for item in &mut all {
                join(item);
                if mend {
                    repair.apply(item);
                }
                layout.apply(item);
            }
            let after = written(&all);
            let again = passed(&after, lines, mend).0;
            let text = String::from_utf8_lossy(&after);
            assert_eq!(again, text, "{} {lines:?} {mend} once more", path.display());
            assert_eq!(accepted(path, &after).as_ref(), Some(&before), "{} {lines:?} {mend}\n{text}", path.display());
        }
        seen.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    for name in ["binary-by-length", "edifact-package", "folded-80", "folded-80-crlf", "edifact-folded-80"] {
        assert!(seen.iter().any(|seen| seen == name), "{name} is not among {seen:?}");
    }
}

/// A document has one kind of line end when it is laid out, wherever its own stand first.
#[test]
fn line_ends_are_of_one_kind() {
    let whole = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture").replace('\n', "");
    let edifact = "UNA:+.? 'UNB+UNOC:3+A:14+B:14+260131:0800+1'\nUNH+1+ORDERS:D:96A:UN'\nUNT+2+1'\nUNZ+1+1'\n";
    for end in ["\n", "\r\n"] {
        let folded: String = whole.as_bytes().chunks(80).map(|line| String::from_utf8_lossy(line) + end).collect();
        for text in [folded, edifact.replace('\n', end)] {
            let mut all = items(text.as_bytes());
            let mut layout = Layout::new(Lines::Unfolded);
            for item in &mut all {
                join(item);
                layout.apply(item);
            }
            let laid = String::from_utf8(written(&all)).expect("text");
            assert_eq!(laid.matches('\n').count(), laid.matches(end).count(), "{laid:?}");
            assert_eq!(laid.matches('\r').count(), end.matches('\r').count() * laid.matches('\n').count(), "{laid:?}");
            assert_eq!(passed(laid.as_bytes(), Lines::Unfolded, false).0, laid);
        }
    }
}

/// Wherever lines of one length end, within the header or between its last bytes too.
#[test]
fn lines_of_any_length_are_read() {
    let whole = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture").replace('\n', "");
    let values_of = |bytes: &[u8]| accepted(Path::new("cut.edi"), bytes).expect("it is accepted");
    let expected = values_of(whole.as_bytes());
    for width in 40..=200 {
        for end in ["\n", "\r\n"] {
            let cut: String = whole.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line) + end).collect();
            assert_eq!(values_of(cut.as_bytes()), expected, "{width} {end:?}");
            let mut all = items(cut.as_bytes());
            assert_eq!(written(&all), cut.as_bytes(), "{width} {end:?}");
            for item in &mut all {
                join(item);
            }
            assert_eq!(values_of(&written(&all)), expected, "{width} {end:?}");
        }
    }
}
