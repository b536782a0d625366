//! Envelopes of every version: what is written as the version has it is read as it was meant.

use crate::{
    folder, pieces,
    writers::{edifact_envelope, x12_envelope},
};
use crossdock_formats::{
    Options,
    fault::{Costs, Fault},
    piece::{Characters, Group, Identity, Interchange, Piece, Policy, Set, Standard},
    write::{self, EdifactEnvelope, OutSet, Segment, Segments, UngHeader, X12Envelope},
};
use std::fs;

/// All that a document is made of.
#[derive(Default)]
struct Whole {
    interchanges: Vec<Interchange>,
    groups: Vec<Group>,
    sets: Vec<Set>,
    /// Of trailers, and of what stands outside of sets.
    around: Vec<Fault>,
}

fn whole(standard: Standard, bytes: &[u8]) -> Whole {
    let mut whole = Whole::default();
    for piece in pieces(standard, bytes, Default::default()) {
        match piece {
            Piece::Interchange(header) => whole.interchanges.push(header),
            Piece::Group(header) => whole.groups.push(header),
            Piece::Set(set) => whole.sets.push(*set),
            Piece::GroupEnd(end) => whole.around.extend(end.faults),
            Piece::InterchangeEnd(end) => whole.around.extend(end.faults),
            Piece::Fault(fault) => whole.around.push(fault),
        }
    }
    whole
}

/// GS08, ISA12, whether ISA11 separates repeats, digits of GS04. X12.5 (ISA), X12.22 (GS); element 373 has eight digits
/// from 004010 on, I65 stands in ISA11 from 00402 on.
const X12: &[(&str, &str, bool, usize)] = &[
    ("002000", "00200", false, 6),
    ("002001", "00200", false, 6),
    ("002040", "00204", false, 6),
    ("003000", "00300", false, 6),
    ("003010", "00301", false, 6),
    ("003020", "00302", false, 6),
    ("003030", "00303", false, 6),
    ("003040", "00304", false, 6),
    ("003050", "00305", false, 6),
    ("003060", "00306", false, 6),
    ("003070", "00307", false, 6),
    ("004010", "00401", false, 8),
    ("004010VICS", "00401", false, 8),
    ("004020", "00402", true, 8),
    ("004030", "00403", true, 8),
    ("004060", "00406", true, 8),
    ("005010", "00501", true, 8),
    ("005010X222A1", "00501", true, 8),
    ("005050", "00505", true, 8),
    ("006040", "00604", true, 8),
    ("007030", "00703", true, 8),
    ("008010", "00801", true, 8),
];

#[test]
fn x12_from_00200_to_00801() {
    for (version, isa12, repeats, digits) in X12 {
        // Repeats where the version has them.
        let reference =
            if *repeats { vec![vec!["A".to_owned()], vec!["B".to_owned()]] } else { vec![vec!["A^B".to_owned()]] };
        let segments = vec![
            Segment::plain("BEG", ["00", "SA", "PO-1", "", "20260105"]),
            Segment { id: "REF".into(), elements: vec![vec![vec!["CO".into()]], reference] },
        ];
        let set = OutSet { kind: "850".into(), control: "0001".into(), segments: Segments::from(segments) };
        let (version_, functional_id) = ((*version).into(), "PO".into());
        let envelope = X12Envelope { version: version_, functional_id, ..x12_envelope() };
        let bytes = write::x12(&envelope, &[set]).unwrap_or_else(|fault| panic!("{version}: {fault:?}"));
        let text = String::from_utf8_lossy(&bytes);
        let isa: Vec<&str> = text.split('*').take(17).collect();
        assert_eq!((isa[11], isa[12]), (if *repeats { "^" } else { "U" }, *isa12), "{version}");
        let gs = text.split("GS*").nth(1).expect("a group").split(['*', '~']).collect::<Vec<_>>();
        assert_eq!((gs[3].len(), gs[7]), (*digits, *version), "{version}: {text}");
        let whole = whole(Standard::X12, &bytes);
        assert!(whole.around.is_empty(), "{version}: {:#?}", whole.around);
        assert_eq!((&*whole.interchanges[0].version, &*whole.groups[0].version), (*isa12, *version));
        assert_eq!((&*whole.sets[0].version, whole.sets[0].segments), (*version, 4));
        let tree = &whole.sets[0].tree;
        let mut named =
            (0..tree.len() as u32).map(crossdock_formats::tree::NodeId).filter(|id| tree.name(*id) == "REF");
        let reference = named.find_map(|id| tree.named(id, "02").next()).expect("REF02");
        let values: Vec<&str> = tree.children(reference).filter_map(|id| tree.value(id)).collect();
        assert_eq!(values, if *repeats { vec!["A", "B"] } else { vec![] }, "{version}");
        assert_eq!(tree.value(reference), if *repeats { None } else { Some("A^B") }, "{version}");
    }
}

/// UNOA to UNOY, and a text that each has. UNOX (ISO 2022) is not decoded.
const CHARACTER_SETS: &[(&str, &[u8], &str)] = &[
    ("UNOA", b"MUELLER", "MUELLER"),
    ("UNOB", b"Mueller", "Mueller"),
    ("UNOC", b"M\xFCller", "Müller"),
    ("UNOD", b"\xA3\xF3d\xBC", "Łódź"),
    ("UNOE", b"\xBC\xD8\xE0", "Мир"),
    ("UNOF", b"\xC1\xE8\xDE\xED\xE1", "Αθήνα"),
    ("UNOG", b"\xC6", "Ĉ"),
    ("UNOH", b"\xBE", "ž"),
    ("UNOI", b"\xC7", "ا"),
    ("UNOJ", b"\xE0", "א"),
    ("UNOK", b"\xF0", "ğ"),
    ("UNOL", b"\xA4", "€"),
    ("UNOW", "Łódź Мир".as_bytes(), "Łódź Мир"),
    ("UNOY", "Łódź Мир".as_bytes(), "Łódź Мир"),
];

#[test]
fn edifact_character_sets() {
    for (syntax, bytes, name) in CHARACTER_SETS {
        let version = if matches!(*syntax, "UNOA" | "UNOB") { "1" } else { "4" };
        let date = if version == "4" { "20260105" } else { "260105" };
        let mut text = format!("UNB+{syntax}:{version}+A+B+{date}:0930+R1'UNH+1+ORDERS:D:96A:UN'BGM+220+").into_bytes();
        text.extend_from_slice(bytes);
        text.extend_from_slice(b"+9'DTM+137:20260105:102'UNT+4+1'UNZ+1+R1'");
        let whole = whole(Standard::Edifact, &text);
        let tree = &whole.sets[0].tree;
        let bgm = tree.named(tree.root(), "BGM").next().expect("BGM");
        let number = tree.named(bgm, "02").next().and_then(|id| tree.value(id));
        assert_eq!(number, Some(*name), "{syntax}");
        assert!(
            !whole.sets[0].faults.iter().any(|fault| &*fault.code == "E0004"),
            "{syntax}: {:?}",
            whole.sets[0].faults
        );
    }
}

#[test]
fn edifact_syntax_1_to_4_with_groups_and_without() {
    let identity = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
    for (syntax_version, digits) in [(1, 6), (2, 6), (3, 6), (4, 8)] {
        for group in [false, true] {
            let group = group.then(|| UngHeader {
                sender: identity("APP1"),
                receiver: identity("APP2"),
                control: "G1".into(),
                password: String::new(),
            });
            let grouped = group.is_some();
            let syntax = if syntax_version < 3 { "UNOA" } else { "UNOC" };
            let envelope = EdifactEnvelope { syntax: syntax.into(), syntax_version, group, ..edifact_envelope() };
            let segments = vec![Segment::plain("BGM", ["220", "PO-1", "9"])];
            let set = OutSet { kind: "ORDERS".into(), control: "1".into(), segments: Segments::from(segments) };
            let bytes = write::edifact(&envelope, &[set]).unwrap_or_else(|fault| panic!("{syntax_version}: {fault:?}"));
            let text = String::from_utf8_lossy(&bytes);
            let whole = whole(Standard::Edifact, &bytes);
            assert!(whole.around.is_empty(), "{text}: {:#?}", whole.around);
            assert_eq!(&*whole.interchanges[0].version, format!("{syntax}:{syntax_version}"));
            assert_eq!(whole.interchanges[0].date.len(), digits, "{text}");
            let told = whole.groups.first().map(|group| (&*group.control, &*group.sender, &*group.functional_id));
            assert_eq!(told, grouped.then_some(("G1", "APP1", "ORDERS")), "{text}");
            assert_eq!(whole.sets[0].group.is_some(), grouped);
        }
    }
}

/// A file is read by one standard, and what stands in another is refused, and what stands around it is not.
#[test]
fn a_document_in_another_standard_is_refused() {
    let bytes = fs::read(folder("fixtures/hostile/other-standard-behind.edi")).expect("a fixture");
    let found = whole(Standard::X12, &bytes);
    let [fault] = &found.around[..] else { panic!("one fault: {:?}", found.around) };
    assert_eq!((&*fault.code, fault.costs), ("E0003", Costs::Interchange));
    assert!(
        fault.sentence.ends_with("A document in EDIFACT begins in them, which is refused: it was not read."),
        "{}",
        fault.sentence
    );
    let behind = bytes.windows(4).position(|four| four == b"UNB+").expect("EDIFACT");
    let found = whole(Standard::Edifact, &bytes);
    assert_eq!(found.sets.len(), 1);
    let [fault] = &found.around[..] else { panic!("one fault: {:?}", found.around) };
    assert_eq!((fault.place.byte, fault.place.len as usize, fault.costs), (0, behind, Costs::Interchange));
    assert!(fault.sentence.contains("A document in X12 begins in them"), "{}", fault.sentence);
}

/// A version that is written otherwise than its standard has it is named as it should be.
#[test]
fn a_version_written_otherwise_is_named() {
    let x12 = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let edifact = fs::read_to_string(folder("fixtures/hostile/edifact-unoy.edi")).expect("a fixture");
    for (standard, text, meant) in [
        (Standard::X12, x12.replace("*X*004010~", "*X*4010~"), Some("004010")),
        (Standard::X12, x12.replace("*X*004010~", "*X*999999~"), None),
        (Standard::Edifact, edifact.replace("ORDERS:D:96A", "ORDERS:d:96a"), Some("D96A")),
        (Standard::Edifact, edifact.replace("ORDERS:D:96A", "ORDERS:D:96Q"), None),
    ] {
        let whole = whole(standard, text.as_bytes());
        let fault = whole.sets[0].faults.iter().find(|fault| &*fault.code == "E0116");
        let fault = fault.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(meant.is_some_and(|meant| *fault.expected == *meant), meant.is_some(), "{fault:?}");
        assert_eq!(fault.sentence.contains("There is one for"), meant.is_some(), "{fault:?}");
    }
}

/// A trailer without a number says that it is missing, and not that it is another one.
#[test]
fn a_trailer_without_its_number_lacks_it() {
    let x12 = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let edifact = fs::read_to_string(folder("fixtures/hostile/edifact-unoy.edi")).expect("a fixture");
    let unz = edifact.rfind("UNZ+1").expect("a trailer") + "UNZ+1".len();
    let ge = x12.rfind("GE*1").expect("a trailer") + "GE*1".len();
    let cut = |text: &str, at: usize, terminator: char| {
        let rest = text[at..].find(terminator).expect("its end") + at;
        format!("{}{}", &text[..at], &text[rest..])
    };
    for (standard, text, says) in [
        (Standard::X12, cut(&x12, ge, '~'), "GE02 is missing, and GS06 is "),
        (Standard::Edifact, cut(&edifact, unz, '\''), "UNZ02 is missing, and UNB05 is "),
    ] {
        let whole = whole(standard, text.as_bytes());
        let [fault] = &whole.around[..] else { panic!("one fault: {:?}", whole.around) };
        assert!(fault.sentence.starts_with(says), "{}", fault.sentence);
    }
}

/// A message in UTF-8 under the name of another set is read as UNB says, with a warning, and otherwise where that is agreed.
#[test]
fn utf_8_that_says_to_be_another_set_is_told_and_read_as_agreed() {
    let bytes = fs::read(folder("fixtures/hostile/edifact-utf8-as-unoc.edi")).expect("a fixture");
    let read = |bytes: &[u8], characters: Option<Characters>| {
        let policy = Policy { edifact_characters: characters, ..Policy::default() };
        let pieces = pieces(Standard::Edifact, bytes, Options { policy, ..Options::default() });
        let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
        let set = set.expect("a message");
        let party = set.tree.named(set.tree.root(), "SG2").next().expect("a party");
        let nad = set.tree.named(party, "NAD").next().expect("a NAD");
        let name = set.tree.named(nad, "04").next().expect("a name");
        let part = set.tree.named(name, "01").next().unwrap_or(name);
        let name = set.tree.value(part).unwrap_or_default();
        let told: Vec<(String, Costs, String)> =
            set.faults.iter().map(|f| (f.code.to_string(), f.costs, f.sentence.to_string())).collect();
        (name.to_owned(), told)
    };
    let (name, told) = read(&bytes, None);
    let sentence = "The bytes at offset 189 are “ö” in UTF-8. ISO 8859-1 is what UNB names, and so “Ã¶” was read.";
    assert_eq!((&*name, told), ("MÃ¶ller GmbH", vec![("E0313".into(), Costs::Segment, sentence.to_owned())]));
    assert_eq!(read(&bytes, Some(Characters::Utf8)), ("Möller GmbH".to_owned(), vec![]));
    let text = String::from_utf8(bytes).expect("UTF-8");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(c).expect("a character of ISO 8859-1")).collect();
    assert_eq!(read(&latin, None), ("Möller GmbH".to_owned(), vec![]));
    assert_eq!(read(&latin, Some(Characters::Windows1252)), ("Möller GmbH".to_owned(), vec![]));
    let (_, told) = read(&latin, Some(Characters::Utf8));
    assert_eq!(told.first().map(|(code, costs, _)| (&**code, *costs)), Some(("E0004", Costs::Set)));
}

/// A value one place off is none where it is meant to stand; separators with nothing behind them are no value.
#[test]
fn more_than_the_envelope_has_refuses_it() {
    let x12 = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let edifact = fs::read_to_string(folder("fixtures/hostile/edifact-unb-further.edi")).expect("a fixture");
    let edifact = edifact.replace("+REF1+++++++1'", "+REF1'");
    let told = |standard, text: &str| {
        let mut told = Vec::new();
        for piece in pieces(standard, text.as_bytes(), Options::default()) {
            let faults = match piece {
                Piece::GroupEnd(end) => end.faults,
                Piece::InterchangeEnd(end) => end.faults,
                _ => continue,
            };
            told.extend(faults.iter().map(|fault| format!("{} {} {:?}", fault.code, fault.place.at, fault.costs)));
        }
        told
    };
    let with = |text: &str, id: &str, end: char, more: &str| {
        let from = text.find(&format!("\n{id}")).expect("the segment") + 1;
        let at = from + text[from..].find(end).expect("its end");
        [&text[..at], more, &text[at..]].concat()
    };
    for (id, more, name, costs) in [
        ("GS", "*X", "GS09", "Group"),
        ("GS", "**X", "GS10", "Group"),
        ("GE", "*1", "GE03", "Group"),
        ("IEA", "*1", "IEA03", "Interchange"),
    ] {
        assert_eq!(told(Standard::X12, &with(&x12, id, '~', more)), [format!("E0129 {name} {costs}")], "{id}{more}");
        assert_eq!(told(Standard::X12, &with(&x12, id, '~', "***")), Vec::<String>::new(), "{id}");
    }
    for (id, more, name) in [("UNB", "+++++++1", "UNB12"), ("UNB", "+++++++++1", "UNB14"), ("UNZ", "+9", "UNZ03")] {
        let expected = [format!("E0129 {name} Interchange")];
        assert_eq!(told(Standard::Edifact, &with(&edifact, id, '\'', more)), expected, "{id}{more}");
        assert_eq!(told(Standard::Edifact, &with(&edifact, id, '\'', "+++++++++")), Vec::<String>::new(), "{id}");
    }
    let syntax = edifact.replace("UNOC:3+", "UNOC:3::::X+");
    assert_eq!(told(Standard::Edifact, &syntax), ["E0129 UNB01-6 Interchange"]);
    assert_eq!(told(Standard::Edifact, &edifact.replace("UNOC:3+", "UNOC:3::::+")), Vec::<String>::new());
}

/// What bytes of UTF-8 become in a set of single ones is told by the warning alone, whichever letters it is.
#[test]
fn of_utf_8_no_letter_is_a_control_character() {
    let text = fs::read_to_string(folder("fixtures/hostile/edifact-utf8-as-unoc.edi")).expect("a fixture");
    let told = |name: &[u8], unb: &str| {
        let (before, behind) = text.split_once("Möller GmbH").expect("a name");
        let bytes = [before.replace("UNOC", unb).as_bytes(), name, behind.as_bytes()].concat();
        let pieces = pieces(Standard::Edifact, &bytes, Options::default());
        let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
        set.expect("a message")
            .faults
            .into_iter()
            .map(|fault| (fault.code.to_string(), fault.costs))
            .collect::<Vec<_>>()
    };
    for name in ["Müller", "5 € – neu", "Groß", "Ärzte", "Łódź"] {
        for unb in ["UNOC", "UNOD"] {
            assert_eq!(told(name.as_bytes(), unb), [("E0313".to_owned(), Costs::Segment)], "{name} as {unb}");
        }
    }
    // What is no UTF-8 has one, and so has what is written in UTF-8 as such.
    assert_eq!(told(b"M\x84ller", "UNOC"), [("E0307".to_owned(), Costs::Set)]);
    assert_eq!(
        told(b"M\xC3\xBCl\x07er", "UNOC"),
        [("E0307".to_owned(), Costs::Set), ("E0313".to_owned(), Costs::Segment)]
    );
    assert_eq!(told("M\u{84}ller".as_bytes(), "UNOY"), [("E0307".to_owned(), Costs::Set)]);
}

/// One value in UTF-8 beside others in the set that UNB names is told; what is UTF-8 by chance and says nothing in it isn't.
#[test]
fn one_value_in_utf_8_beside_others_is_told() {
    let text = fs::read_to_string(folder("fixtures/hostile/edifact-utf8-as-unoc.edi")).expect("a fixture");
    let (before, behind) = text.split_once("Möller GmbH").expect("a name");
    let told = |syntax: &str, first: &[u8], second: &[u8]| {
        let names = [first, b":", second].concat();
        let bytes = [before.replace("UNOC", syntax).as_bytes(), &names, behind.as_bytes()].concat();
        let pieces = pieces(Standard::Edifact, &bytes, Options::default());
        let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
        let faults = set.expect("a message").faults.into_iter().filter(|fault| &*fault.code == "E0313");
        faults.map(|f| (f.code.to_string(), f.place.byte, f.costs)).collect::<Vec<_>>()
    };
    let at = before.len() as u64;
    let warned = |byte| vec![("E0313".to_owned(), byte, Costs::Segment)];
    assert_eq!(told("UNOC", b"Schr\xF6der", "Köln".as_bytes()), warned(at + 10));
    assert_eq!(told("UNOC", "Köln".as_bytes(), b"Schr\xF6der"), warned(at + 1));
    assert_eq!(told("UNOC", b"Schr\xF6der", "5 € – “neu”".as_bytes()), warned(at + 11));
    assert_eq!(told("UNOE", b"\xC8\xD8\xDD\xD0", "Москва".as_bytes()), warned(at + 5));
    for (syntax, first, second) in [
        ("UNOC", &b"Schr\xF6der"[..], &b"K\xF6ln"[..]),
        // Bytes that are another language's letters in UTF-8, and here a diameter and a Cyrillic word.
        ("UNOC", b"Schr\xF6der", b"Rohr \xD8\xBD Zoll"),
        ("UNOE", b"\xC8\xD8\xDD\xD0", b"\xC2\xB0"),
    ] {
        assert_eq!(told(syntax, first, second), [], "{syntax}");
    }
}

/// UNB in another set than it names is told, as far as that wasn't agreed on, and names in it are read as they are meant.
#[test]
fn a_name_in_unb_is_read_in_its_set() {
    let text = fs::read_to_string(folder("fixtures/edifact/d96a/form-feeds.edi")).expect("a fixture");
    let (una, rest) = text.split_at(text.find("UNB+").expect("a header"));
    let behind = &rest[rest.find('\'').expect("its end")..];
    let read = |syntax: &str, name: &[u8], characters: Option<Characters>| {
        let unb = [b"UNB+".as_slice(), syntax.as_bytes(), b":3+", name, b":ZZ+B:14+260105:0930+1"].concat();
        let bytes = [una.as_bytes(), &unb, behind.as_bytes()].concat();
        let policy = Policy { edifact_characters: characters, ..Policy::default() };
        let (mut sender, mut faults) = (String::new(), Vec::new());
        for piece in pieces(Standard::Edifact, &bytes, Options { policy, ..Options::default() }) {
            match piece {
                Piece::Interchange(header) => sender = header.sender.id.to_string(),
                Piece::InterchangeEnd(end) => faults.extend(end.faults),
                _ => {}
            }
        }
        let told = faults.iter().filter(|fault| &*fault.code == "E0313");
        let told: Vec<String> = told.map(|f| format!("{} {}", f.code, f.place.at)).collect();
        (sender, told.join(", "))
    };
    let told = |name: &str, fault: &str| (name.to_owned(), fault.to_owned());
    assert_eq!(read("UNOC", "MÜLLER".as_bytes(), None), told("MÜLLER", "E0313 UNB02"));
    assert_eq!(read("UNOC", "MÜLLER".as_bytes(), Some(Characters::Utf8)), told("MÜLLER", ""));
    assert_eq!(read("UNOC", b"M\xDCLLER", None), told("MÜLLER", ""));
    assert_eq!(read("UNOD", b"\xA3\xD3D\xAC", None), told("ŁÓDŹ", ""));
    assert_eq!(read("UNOY", "MÜLLER".as_bytes(), None), told("MÜLLER", ""));
}
