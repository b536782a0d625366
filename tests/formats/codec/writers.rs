//! What is written is read back the same, and written again byte for byte; what can't be written is said.

use crate::{pieces, sets};
use crossdock_formats::{
    Options,
    fault::Costs,
    piece::{Identity, Piece, Standard},
    tree::{Kind, NodeId, Tree},
    write::{
        self, EdifactDelimiters, EdifactEnvelope, Element, OutSet, Segment, Segments, UnbHeader, UngHeader,
        X12Delimiters, X12Envelope, X12Header,
    },
};
use proptest::prelude::*;

fn identity(qualifier: &str, id: &str) -> Identity {
    Identity { qualifier: qualifier.into(), id: id.into() }
}

pub fn x12_envelope() -> X12Envelope {
    X12Envelope {
        sender: identity("ZZ", "ACMEDIST"),
        receiver: identity("ZZ", "NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "PR".into(),
        version: "004010".into(),
        interchange_control: 17,
        group_control: 17,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: X12Header::default(),
        delimiters: X12Delimiters::default(),
    }
}

pub fn edifact_envelope() -> EdifactEnvelope {
    EdifactEnvelope {
        sender: identity("14", "4012345000009"),
        receiver: identity("14", "4099999000004"),
        syntax: "UNOC".into(),
        syntax_version: 3,
        control: "17".into(),
        application_reference: String::new(),
        acknowledgement_requested: false,
        test: true,
        version: "D96A".into(),
        association: "EAN008".into(),
        date: "20260105".into(),
        time: "0930".into(),
        una: true,
        header: UnbHeader::default(),
        group: None,
        delimiters: EdifactDelimiters::default(),
    }
}

fn response() -> OutSet {
    OutSet {
        kind: "855".into(),
        control: "0001".into(),
        segments: vec![
            Segment::plain("BAK", ["00", "AC", "PO-1", "20260105", "", "", "", "", ""]),
            Segment::plain("PO1", ["1", "5", "EA", "9.25", "", "VN", "A-101"]),
            Segment::plain("ACK", ["IA", "5", "EA"]),
            Segment::plain("CTT", ["1"]),
        ]
        .into(),
    }
}

#[test]
fn x12_with_padding_counts_and_without_empty_ends() {
    let written = write::x12(&x12_envelope(), &[response()]).expect("it can be written");
    let expected = "\
ISA*00*          *00*          *ZZ*ACMEDIST       *ZZ*NORTHWIND      *260105*0930*U*00401*000000017*0*P*>~
GS*PR*ACMEDIST*NORTHWIND*20260105*0930*17*X*004010~
ST*855*0001~
BAK*00*AC*PO-1*20260105~
PO1*1*5*EA*9.25**VN*A-101~
ACK*IA*5*EA~
CTT*1~
SE*6*0001~
GE*1*17~
IEA*1*000000017~
";
    assert_eq!(String::from_utf8_lossy(&written), expected);
    for piece in pieces(Standard::X12, &written, Options::default()) {
        match piece {
            Piece::Set(set) => assert_eq!(set.faults, []),
            Piece::GroupEnd(end) => assert_eq!(end.faults, []),
            Piece::InterchangeEnd(end) => assert_eq!(end.faults, []),
            Piece::Fault(fault) => panic!("{fault:?}"),
            _ => {}
        }
    }
}

#[test]
fn edifact_with_release_characters_and_latin_letters() {
    let set = OutSet {
        kind: "ORDRSP".into(),
        control: "1".into(),
        segments: vec![
            Segment::plain("BGM", ["231", "A+B:C?D'E", "4", ""]),
            Segment { id: "DTM".into(), elements: vec![vec![vec!["137".into(), "20260105".into(), "102".into()]]] },
            Segment {
                id: "NAD".into(),
                elements: vec![
                    vec![vec!["BY".into()]],
                    vec![vec!["40".into(), "".into(), "9".into()]],
                    vec![],
                    vec![vec!["Köln".into(), "".into()]],
                ],
            },
            Segment::plain("UNS", ["S"]),
        ]
        .into(),
    };
    let written = write::edifact(&edifact_envelope(), std::slice::from_ref(&set)).expect("it can be written");
    let text: String = written.iter().map(|b| char::from(*b)).collect();
    let expected = "\
UNA:+.? '
UNB+UNOC:3+4012345000009:14+4099999000004:14+260105:0930+17++++++1'
UNH+1+ORDRSP:D:96A:UN:EAN008'
BGM+231+A?+B?:C??D?'E+4'
DTM+137:20260105:102'
NAD+BY+40::9++Köln'
UNS+S'
UNT+6+1'
UNZ+1+17'
";
    assert_eq!(text, expected);
    let read = sets(Standard::Edifact, &written).remove(0);
    assert_eq!(read.faults, []);
    assert_eq!(Segments::from(segments(&read.tree)), set.segments);
}

/// What takes all but the last bytes.
struct Full(Vec<u8>, usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > self.1 {
            return Err(std::io::Error::other("full"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_given_on_is_what_is_kept() {
    let line = Segment::plain("PO1", ["1", "5", "EA", "9.25", "", "VN", "A-101"]);
    let set = OutSet { segments: (0..10_000).map(|_| line.clone()).collect(), ..response() };
    let sets = [response(), set];
    let kept = write::x12(&x12_envelope(), &sets).expect("it can be written");
    let mut given = Vec::new();
    write::x12_to(&x12_envelope(), &sets, &mut given).expect("memory takes it").expect("it can be written");
    assert_eq!(given, kept);
    let told = write::x12_to(&x12_envelope(), &sets, &mut Full(vec![], kept.len() - 1)).expect_err("it is full");
    assert_eq!(told.to_string(), "full");
    let kept = write::edifact(&edifact_envelope(), &sets).expect("it can be written");
    let mut given = Vec::new();
    write::edifact_to(&edifact_envelope(), &sets, &mut given).expect("memory takes it").expect("it can be written");
    assert_eq!(given, kept);
}

#[test]
fn the_fault_of_a_long_document_names_the_byte() {
    let line = Segment::plain("PO1", ["1", "5", "EA", "9.25", "", "VN", "A-101"]);
    let bad = Segment::plain("PO1", ["1", "5", "EA", "9.25", "", "VN", "A*101"]);
    let sets = [OutSet { segments: (0..10_000).map(|_| line.clone()).chain([bad]).collect(), ..response() }];
    let kept = write::x12(&x12_envelope(), &sets).expect_err("it can't be written");
    let given =
        write::x12_to(&x12_envelope(), &sets, &mut std::io::sink()).expect("it takes all").expect_err("as well");
    assert_eq!((kept.place.byte, &kept.sentence), (given.place.byte, &given.sentence));
    assert!(kept.place.byte > 200_000, "{kept:?}");
}

#[test]
fn a_delimiter_in_data_is_refused_or_replaced() {
    let line = Segment::plain("PO1", ["1", "5", "EA", "9.25", "", "VN", "A*101"]);
    let set = OutSet { segments: vec![line].into(), ..response() };
    let fault = write::x12(&x12_envelope(), std::slice::from_ref(&set)).expect_err("it can't be written");
    assert_eq!((&*fault.code, fault.place.at.to_string().as_str(), &*fault.found), ("E0801", "PO107", "A*101"));
    let mut envelope = x12_envelope();
    envelope.delimiters.replacement = Some('-');
    let written = write::x12(&envelope, &[set]).expect("it can be written");
    assert!(String::from_utf8_lossy(&written).contains("*VN*A-101~"));
}

#[test]
fn what_the_format_cannot_hold_is_refused() {
    let long = X12Envelope { sender: identity("ZZ", "SIXTEEN-CHARS-ID"), ..x12_envelope() };
    assert_eq!(&*write::x12(&long, &[]).expect_err("too long").code, "E0802");
    let number = X12Envelope { interchange_control: 1_000_000_000, ..x12_envelope() };
    assert_eq!(&*write::x12(&number, &[]).expect_err("too long").code, "E0802");
    let mut same = x12_envelope();
    same.delimiters.component = '*';
    assert_eq!(&*write::x12(&same, &[]).expect_err("twice").code, "E0802");
    let repeated = OutSet {
        segments: vec![Segment { id: "REF".into(), elements: vec![vec![vec!["a".into()], vec!["b".into()]]] }].into(),
        ..response()
    };
    assert_eq!(&*write::x12(&x12_envelope(), &[repeated]).expect_err("a repeat").code, "E0802");
    let bad_id = OutSet { segments: vec![Segment::plain("N1*", ["x"])].into(), ..response() };
    assert_eq!(&*write::x12(&x12_envelope(), &[bad_id]).expect_err("an id").code, "E0802");
    let euro = OutSet { segments: vec![Segment::plain("FTX", ["€"])].into(), ..response() };
    assert_eq!(&*write::edifact(&edifact_envelope(), &[euro]).expect_err("no euro in Latin-1").code, "E0802");
}

/// The segments of a set's tree between header and trailer, as a writer takes them.
fn segments(tree: &Tree) -> Vec<Segment> {
    let all = (0..tree.len() as u32).map(NodeId).filter(|node| tree.kind(*node) == Kind::Segment);
    let body = all.filter(|node| !["ST", "SE", "UNH", "UNT"].contains(&tree.name(*node)));
    body.map(|node| segment(tree, node)).collect()
}

fn segment(tree: &Tree, node: NodeId) -> Segment {
    let mut elements: Vec<Element> = Vec::new();
    for child in tree.children(node) {
        put(&mut elements, position(tree, child), element(tree, child));
    }
    Segment { id: tree.name(node).to_owned(), elements }
}

fn element(tree: &Tree, node: NodeId) -> Element {
    let repeated = tree.children(node).any(|child| tree.kind(child) == Kind::Repeat);
    let mut repeats = Vec::new();
    if !repeated {
        return vec![components(tree, node)];
    }
    for child in tree.children(node) {
        put(&mut repeats, position(tree, child), components(tree, child));
    }
    repeats
}

fn components(tree: &Tree, node: NodeId) -> Vec<String> {
    if let Some(value) = tree.value(node) {
        return vec![value.to_owned()];
    }
    let mut parts = Vec::new();
    for child in tree.children(node) {
        put(&mut parts, position(tree, child), tree.value(child).unwrap_or("").to_owned());
    }
    parts
}

fn position(tree: &Tree, node: NodeId) -> usize {
    tree.name(node).parse().expect("a position")
}

fn put<T: Default + Clone>(list: &mut Vec<T>, position: usize, value: T) {
    if list.len() < position {
        list.resize(position, T::default());
    }
    list[position - 1] = value;
}

/// A segment without what a writer leaves out.
fn normal(segment: &Segment) -> Segment {
    fn trim<T>(list: &mut Vec<T>, empty: impl Fn(&T) -> bool) {
        while list.last().is_some_and(&empty) {
            list.pop();
        }
    }
    let mut segment = segment.clone();
    for element in &mut segment.elements {
        for repeat in element.iter_mut() {
            trim(repeat, String::is_empty);
        }
        trim(element, Vec::is_empty);
    }
    trim(&mut segment.elements, Vec::is_empty);
    segment
}

/// Values without what X12 reserves; blanks at the ends are kept.
fn value(characters: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(characters).expect("a pattern")
}

fn any_segment(characters: &'static str, repeats: usize) -> impl Strategy<Value = Segment> {
    let id = prop_oneof![Just("REF"), Just("N9"), Just("MSG"), Just("FTX"), Just("PO1"), Just("ZZZ")];
    let components = proptest::collection::vec(value(characters), 0..4);
    let element = proptest::collection::vec(components, 0..=repeats);
    (id, proptest::collection::vec(element, 1..6))
        .prop_map(|(id, elements)| normal(&Segment { id: id.into(), elements }))
}

/// Without a guide nothing is said of components, so what was written comes back part for part.
fn unguided(kind: &str, segments: Vec<Segment>) -> OutSet {
    OutSet { kind: kind.into(), control: "0001".into(), segments: segments.into() }
}

/// As it is unpacked: an empty element is one empty value.
fn filled(mut segment: Segment) -> Segment {
    for element in &mut segment.elements {
        if element.is_empty() {
            element.push(vec![]);
        }
        element.iter_mut().filter(|repeat| repeat.is_empty()).for_each(|repeat| repeat.push(String::new()));
    }
    segment
}

#[test]
fn packed_segments_hold_values_and_counts_of_any_size() {
    let long = |length: usize| "A".repeat(length);
    let all: Vec<Segment> = [0, 1, 62, 63, 64, 254, 255, 256, 70_000, 5_000_000]
        .into_iter()
        .flat_map(|length| [Segment::plain("REF", [&long(length), "1"]), Segment::plain("N9", [&long(length)])])
        .cycle()
        .take(40)
        .collect();
    let packed: Segments = all.iter().cloned().collect();
    assert_eq!(packed.len(), 40);
    assert!(packed.iter().eq(all.iter().map(normal).map(filled)));
    let set = OutSet { segments: packed, ..response() };
    let text = String::from_utf8(write::x12(&x12_envelope(), &[set]).expect("it can be written")).expect("text");
    let lines: Vec<&str> = text.lines().skip(3).take(40).collect();
    let plain = |segment: &Segment| {
        let values: Vec<&str> = segment.elements.iter().map(|element| element[0][0].as_str()).collect();
        format!("{}*{}", segment.id, values.join("*")).trim_end_matches('*').to_owned() + "~"
    };
    assert!(lines.into_iter().eq(all.iter().map(plain)));
}

/// Segments are copied some tens of bytes at a time: of each length around those all delimiters stand where they belong.
#[test]
fn segments_of_each_length_have_their_delimiters() {
    let part = |length: usize| "Ab 9".chars().cycle().take(length).collect::<String>();
    let segment = |length: usize| Segment {
        id: "FTX".into(),
        elements: vec![
            vec![vec![part(length / 3)]],
            vec![],
            vec![vec![part(length / 4), "".into(), part(length / 5 + 1)]],
        ],
    };
    let line = |length: usize| format!("FTX+{}++{}::{}'", part(length / 3), part(length / 4), part(length / 5 + 1));
    let set = OutSet { segments: (0..180).map(segment).collect(), ..response() };
    let text = String::from_utf8(write::edifact(&edifact_envelope(), &[set]).expect("a message")).expect("text");
    assert!(text.lines().filter(|line| line.starts_with("FTX")).eq((0..180).map(line)), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn packed_segments_are_the_segments(segments in proptest::collection::vec(any_segment("[ -~é]{0,80}", 3), 0..30)) {
        let packed = Segments::from(segments.clone());
        prop_assert_eq!(packed.iter().collect::<Vec<_>>(), segments.into_iter().map(filled).collect::<Vec<_>>());
    }

    #[test]
    fn x12_written_read_and_written_is_the_same(sets_of in proptest::collection::vec(proptest::collection::vec(any_segment("[ -)+-=?-\\]_a-z|é]{0,6}", 3), 0..6), 1..4)) {
        let envelope = X12Envelope { version: "007030".into(), ..x12_envelope() };
        let out: Vec<OutSet> = sets_of.into_iter().map(|segments| unguided("855", segments)).collect();
        let written = write::x12(&envelope, &out).expect("it can be written");
        let read = sets(Standard::X12, &written);
        prop_assert!(read.iter().all(|set| set.faults.iter().all(|f| f.costs == Costs::Nothing)), "{:?}", read.iter().map(|s| &s.faults).collect::<Vec<_>>());
        let again: Vec<OutSet> = read.iter().map(|set| unguided("855", segments(&set.tree).iter().map(normal).collect())).collect();
        prop_assert_eq!(&again, &out);
        prop_assert_eq!(write::x12(&envelope, &again).expect("it can be written"), written);
    }

    #[test]
    fn edifact_written_read_and_written_is_the_same(sets_of in proptest::collection::vec(proptest::collection::vec(any_segment("[ -~é]{0,6}", 1), 0..6), 1..4)) {
        let envelope = EdifactEnvelope { version: "D99Z".into(), association: String::new(), ..edifact_envelope() };
        let out: Vec<OutSet> = sets_of.into_iter().map(|segments| unguided("ORDRSP", segments)).collect();
        let written = write::edifact(&envelope, &out).expect("it can be written");
        let read = sets(Standard::Edifact, &written);
        prop_assert!(read.iter().all(|set| set.faults.iter().all(|f| f.costs == Costs::Nothing)));
        let again: Vec<OutSet> = read.iter().map(|set| unguided("ORDRSP", segments(&set.tree).iter().map(normal).collect())).collect();
        prop_assert_eq!(&again, &out);
        prop_assert_eq!(write::edifact(&envelope, &again).expect("it can be written"), written);
    }
}

/// Letters that a character set doesn't have are refused, or said in plain ones where that was agreed.
#[test]
fn letters_are_refused_or_transliterated() {
    let written = |syntax: &str, transliterate: bool, value: &str| {
        let header = UnbHeader { transliterate, ..UnbHeader::default() };
        let envelope = EdifactEnvelope { syntax: syntax.into(), header, ..edifact_envelope() };
        let segments = vec![Segment::plain("FTX", ["AAI", "", "", value])].into();
        write::edifact(&envelope, &[OutSet { kind: "ORDRSP".into(), control: "1".into(), segments }]).map_err(Box::new)
    };
    for (syntax, value, plain) in [
        ("UNOB", "Müller, 5€", Some("Mueller, 5EUR")),
        ("UNOA", "Straße", Some("STRASSE")),
        ("UNOC", "Łódź Müller", Some("Lódz M\u{FC}ller")),
        ("UNOC", "東京", None),
    ] {
        assert!(syntax == "UNOA" || written(syntax, false, value).is_err(), "{syntax} {value}");
        let said =
            written(syntax, true, value).ok().map(|bytes| bytes.iter().map(|b| char::from(*b)).collect::<String>());
        assert_eq!(said.is_some(), plain.is_some(), "{syntax} {value}");
        if let (Some(said), Some(plain)) = (said, plain) {
            assert!(said.contains(plain), "{syntax} {value}: {said}");
        }
    }
}

/// What has no plain form either is replaced where that was agreed; one that is reserved is released.
#[test]
fn letters_are_replaced() {
    for (syntax, transliterate, substitute, value, said) in [
        ("UNOB", false, '.', "Müller 東京", "M.ller .."),
        ("UNOB", true, '.', "Müller 東京", "Mueller .."),
        ("UNOA", true, '?', "a\u{7}b→c", "A??B??C"),
        ("UNOC", false, '-', "Łódź", "-\u{F3}d-"),
        ("UNOY", false, '-', "Łódź\u{7}", "Łódź-"),
    ] {
        let header = UnbHeader { transliterate, substitute: Some(substitute), ..UnbHeader::default() };
        let envelope = EdifactEnvelope { syntax: syntax.into(), header, ..edifact_envelope() };
        let segments = vec![Segment::plain("FTX", ["AAI", "", "", value])].into();
        let set = OutSet { kind: "ORDRSP".into(), control: "1".into(), segments };
        let bytes = write::edifact(&envelope, &[set]).expect("it can be written");
        let text = match syntax {
            "UNOY" => String::from_utf8(bytes).expect("text"),
            _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        assert!(text.contains(&format!("FTX+AAI+++{said}'")), "{syntax} {value}: {text}");
    }
}

/// A message with numbers, in a group, with commas: read back it is the same, but for the marks.
#[test]
fn edifact_in_a_group_with_commas_for_points() {
    let price = vec![vec![vec!["AAA".into(), "9.25".into(), "".into(), "".into(), "100.0".into()]]];
    let set = OutSet {
        kind: "ORDERS".into(),
        control: "1".into(),
        segments: vec![
            Segment::plain("BGM", ["220", "PO.1", "9"]),
            Segment { id: "DTM".into(), elements: vec![vec![vec!["137".into(), "20260105".into(), "102".into()]]] },
            Segment { id: "PRI".into(), elements: price },
        ]
        .into(),
    };
    let identity = |id: &str| Identity { qualifier: "".into(), id: id.into() };
    let group = UngHeader {
        sender: identity("SALES"),
        receiver: identity("BUYING"),
        control: "5".into(),
        password: String::new(),
    };
    let delimiters = EdifactDelimiters { decimal: ',', ..EdifactDelimiters::default() };
    let envelope = EdifactEnvelope { una: false, group: Some(group), delimiters, ..edifact_envelope() };
    let written = write::edifact(&envelope, &[set.clone(), OutSet { control: "2".into(), ..set }]);
    let text = String::from_utf8(written.expect("it can be written")).expect("text");
    let message = |n: u8| {
        format!(
            "UNH+{n}+ORDERS:D:96A:UN:EAN008'\nBGM+220+PO.1+9'\nDTM+137:20260105:102'\nPRI+AAA:9,25:::100,0'\nUNT+5+{n}'\n"
        )
    };
    let expected = format!(
        "UNA:+,? '\nUNB+UNOC:3+4012345000009:14+4099999000004:14+260105:0930+17++++++1'\n\
         UNG+ORDERS+SALES+BUYING+260105:0930+5+UN+D:96A:EAN008'\n{}{}UNE+2+5'\nUNZ+1+17'\n",
        message(1),
        message(2)
    );
    assert_eq!(text, expected);
    let pieces = pieces(Standard::Edifact, text.as_bytes(), Options::default());
    let ends: Vec<_> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::GroupEnd(end) => Some((end.sets, &end.faults)),
            Piece::InterchangeEnd(end) => Some((end.groups, &end.faults)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [(2, &vec![]), (1, &vec![])]);
}

/// UNOA and UNOB by their own characters, where that is asked for.
#[test]
fn repertoires_of_edifact() {
    for (syntax, transliterate, written) in [
        ("UNOA", false, None),
        ("UNOB", false, None),
        ("UNOA", true, Some("PO-(7)/A")),
        ("UNOB", true, Some("Po-(7)/a")),
    ] {
        for holds_repertoire in [true, false] {
            let header = UnbHeader { transliterate, holds_repertoire, ..UnbHeader::default() };
            let envelope = EdifactEnvelope { syntax: syntax.into(), header, ..edifact_envelope() };
            let segments = vec![Segment::plain("BGM", ["231", "Po_[7]|a"])].into();
            let set = OutSet { kind: "ORDRSP".into(), control: "1".into(), segments };
            let bytes = write::edifact(&envelope, &[set]).ok().map(|bytes| String::from_utf8(bytes).expect("text"));
            let bgm = bytes.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("BGM+231+")));
            let lenient = if (syntax, transliterate) == ("UNOA", true) { "PO_[7]|A'" } else { "Po_[7]|a'" };
            let expected = if holds_repertoire { written.map(|text| format!("{text}'")) } else { Some(lenient.into()) };
            assert_eq!(bgm.map(str::to_owned), expected, "{syntax}, {transliterate}, {holds_repertoire}");
        }
    }
}

/// What ISA and UNB say beside the usual.
#[test]
fn headers_say_more_where_they_are_told_to() {
    let pair = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
    let header = X12Header {
        authorization: pair("03", "US"),
        security: pair("01", "OPEN"),
        version: "00400".into(),
        acknowledgement_requested: true,
        short_group_date: true,
        ..X12Header::default()
    };
    let bytes = write::x12(&X12Envelope { header, ..x12_envelope() }, &[response()]).expect("it can be written");
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.starts_with("ISA*03*US        *01*OPEN      *") && text.contains("*U*00400*000000017*1*P*"), "{text}");
    assert!(text.contains("GS*PR*ACMEDIST*NORTHWIND*260105*0930*"), "{text}");
    let header = UnbHeader {
        password: "OPEN".into(),
        password_qualifier: "BB".into(),
        priority: "A".into(),
        routing: ["SALES".into(), String::new()],
        agreement: "BOTH".into(),
        ..UnbHeader::default()
    };
    let bytes = write::edifact(&EdifactEnvelope { header, ..edifact_envelope() }, &[response()]);
    let text = String::from_utf8(bytes.expect("it can be written")).expect("text");
    assert!(text.contains("+17+OPEN:BB++A++BOTH+1'"), "{text}");
    assert!(text.contains("UNB+UNOC:3+4012345000009:14:SALES+4099999000004:14+"), "{text}");
}

/// What goes out in one of the sets of single bytes is that set's byte, and what it does not have is not written.
#[test]
fn edifact_is_written_in_each_part_of_iso_8859() {
    let order = |number: &str| OutSet {
        kind: "ORDERS".into(),
        control: "1".into(),
        segments: vec![Segment::plain("BGM", ["220", number, "9"])].into(),
    };
    for (syntax, text, bytes, lacks, plain) in [
        ("UNOD", "Łódź", &b"\xA3\xF3d\xBC"[..], "Ø", "OE"),
        ("UNOE", "Мир", b"\xBC\xD8\xE0", "ä", "ae"),
        ("UNOF", "Αθήνα", b"\xC1\xE8\xDE\xED\xE1", "é", "e"),
        ("UNOG", "Ĉ", b"\xC6", "ł", "l"),
        ("UNOH", "ž", b"\xBE", "ñ", "n"),
        ("UNOI", "ا", b"\xC7", "ü", "ue"),
        ("UNOJ", "א", b"\xE0", "ß", "ss"),
        ("UNOK", "ğ", b"\xF0", "€", "EUR"),
        ("UNOL", "€", b"\xA4", "ł", "l"),
    ] {
        let envelope = EdifactEnvelope { syntax: syntax.into(), syntax_version: 4, ..edifact_envelope() };
        let written = write::edifact(&envelope, &[order(text)]).expect("it can be written");
        let sent = [b"BGM+220+", bytes, b"+9'"].concat();
        assert!(written.windows(sent.len()).any(|part| part == sent), "{syntax}: {}", written.escape_ascii());
        assert!(write::edifact(&envelope, &[order(lacks)]).is_err(), "{syntax} has no {lacks}");
        let header = UnbHeader { transliterate: true, ..envelope.header.clone() };
        let envelope = EdifactEnvelope { header, ..envelope };
        let written = write::edifact(&envelope, &[order(&format!("{text}{lacks}"))]).expect("it can be said");
        let sent = [b"BGM+220+", bytes, plain.as_bytes(), b"+9'"].concat();
        assert!(written.windows(sent.len()).any(|part| part == sent), "{syntax}: {}", written.escape_ascii());
    }
}

#[test]
fn a_group_says_qualifiers_and_a_password() {
    let set = OutSet {
        kind: "ORDERS".into(),
        control: "1".into(),
        segments: vec![Segment::plain("BGM", ["220", "PO-1", "9"])].into(),
    };
    let identity = |qualifier: &str, id: &str| Identity { qualifier: qualifier.into(), id: id.into() };
    let group = UngHeader {
        sender: identity("ZZZ", "SALES"),
        receiver: identity("", "BUYING"),
        control: "5".into(),
        password: "SESAME".into(),
    };
    let envelope = EdifactEnvelope { group: Some(group), ..edifact_envelope() };
    let text = String::from_utf8(write::edifact(&envelope, &[set]).expect("it can be written")).expect("text");
    assert!(text.contains("UNG+ORDERS+SALES:ZZZ+BUYING+260105:0930+5+UN+D:96A:EAN008+SESAME'"), "{text}");
}
