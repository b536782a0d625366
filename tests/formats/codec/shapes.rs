//! What a tree looks like, by format.

use crate::{sets, streams::drawn};
use crossdock_formats::{
    CsvOptions, Options,
    piece::{Piece, Standard},
    place::At,
    read, sniff,
    tree::{Kind, Tree},
};

const ENVELOPE: [&str; 2] = [
    "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*^*00501*000000001*0*P*>~GS*PO*N*A*20260105*0930*1*X*005010~",
    "GE*1*1~IEA*1*000000001~",
];

fn x12(body: &str) -> Tree {
    let count = body.matches('~').count() + 2;
    let text = format!("{}ST*850*0001~{body}SE*{count}*0001~{}", ENVELOPE[0], ENVELOPE[1]);
    sets(Standard::X12, text.as_bytes()).remove(0).tree
}

/// Names and values only, a node a line.
pub fn outline(tree: &Tree) -> String {
    let mut text = String::new();
    for line in drawn(tree, tree.root(), 0).lines() {
        let end = line.find(')').map(|n| n + 1).or(line.find("None").map(|n| n + 4)).unwrap_or(line.len());
        text.push_str(line[..end].replace("Some(", "").replace(')', "").replace(" None", "").trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn x12_loops_are_positioned_by_the_guide() {
    let tree = x12("BEG*00*SA*PO-1**20260105~N1*ST*Store~N3*Street~PO1*1*5*EA*9.25~N1*BY*Buyer~PO1*2*1*EA~CTT*2~");
    let of = |parent, name| tree.named(parent, name).collect::<Vec<_>>();
    let root = tree.root();
    let heading = of(root, "N1");
    assert_eq!(heading.len(), 1, "{}", outline(&tree));
    assert_eq!(tree.kind(heading[0]), Kind::Loop);
    let names: Vec<&str> = tree.children(heading[0]).map(|n| tree.name(n)).collect();
    assert_eq!(names, ["N1", "N3"]);
    let lines = of(root, "PO1");
    assert_eq!(lines.len(), 2);
    assert_eq!(of(lines[0], "N1").len(), 1, "the N1 of a line belongs to the line");
    let quantity = of(of(lines[0], "PO1")[0], "02")[0];
    assert_eq!(tree.value(quantity), Some("5"));
    let At::Segment { ordinal, id, element, .. } = tree.place(quantity).at else { panic!("a segment's place") };
    assert_eq!((ordinal, &*id, element), (5, "PO1", Some(2)));
}

#[test]
fn x12_elements_repeats_and_components() {
    let tree = x12("BEG*00*SA*PO-1**20260105~REF*ZZ*1*text*A1>b>>d~PO1*1*5*EA~CTT*1~");
    let reference = tree.named(tree.root(), "REF").next().expect("REF");
    let composite = tree.named(reference, "04").next().expect("REF04");
    assert_eq!(tree.value(composite), None);
    let parts: Vec<_> = tree.children(composite).map(|n| (tree.name(n), tree.value(n).unwrap_or("?"))).collect();
    assert_eq!(parts, [("01", "A1"), ("02", "b"), ("04", "d")]);
    assert_eq!(tree.place(tree.named(composite, "04").next().expect("04")).at.to_string(), "REF04-4");
}

#[test]
fn edifact_groups_release_characters_and_latin_letters() {
    let text = b"UNB+UNOC:3+S:14+R:14+260105:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+A?+B?:C??+9'DTM+137:20260105:102'\
NAD+BY+++K\xf6ln ?'n'CTA+OC'UNS+S'UNT+7+1'UNZ+1+1'";
    let set = sets(Standard::Edifact, text).remove(0);
    let tree = &set.tree;
    let number = tree.named(tree.named(tree.root(), "BGM").next().expect("BGM"), "02").next().expect("1004");
    assert_eq!(tree.value(number), Some("A+B:C?"));
    assert_eq!(tree.place(number).len, 9, "the place is that of the bytes, release characters included");
    let group = tree.named(tree.root(), "SG2").next().expect("SG2");
    let name = tree.named(tree.named(group, "NAD").next().expect("NAD"), "04").next().expect("C080");
    assert_eq!(tree.value(name), Some("Köln 'n"));
    assert_eq!(tree.named(group, "SG5").count(), 1, "{}", outline(tree));
}

#[test]
fn edifact_4_repeats() {
    let text = b"UNB+UNOC:4+S:14+R:14+20260105:0930+1'UNH+1+INVOIC:D:01B:UN'BGM+380+1+9'DTM+137:20260105:102'\
ADR+1+5:x*5:y'UNS+S'UNT+6+1'UNZ+1+1'";
    let set = sets(Standard::Edifact, text).remove(0);
    let segment = (0..set.tree.len() as u32).map(crossdock_formats::tree::NodeId);
    let adr = segment.clone().find(|n| set.tree.name(*n) == "ADR").expect("ADR");
    let element = set.tree.named(adr, "02").next().expect("ADR02");
    let repeats: Vec<_> = set.tree.children(element).map(|n| (set.tree.kind(n), set.tree.name(n))).collect();
    assert_eq!(repeats, [(Kind::Repeat, "01"), (Kind::Repeat, "02")]);
}

#[test]
fn csv_rows_and_keys() {
    let options = Options { csv: CsvOptions { delimiter: None, by: Some("no".into()) }, ..Options::default() };
    let text = "no;item;note\n1;A;\"x;\"\"y\"\"\"\n1;B;\n2;C;z\n";
    let sets: Vec<_> = read(Standard::Csv, text.as_bytes(), options)
        .filter_map(|piece| match piece.expect("memory") {
            Piece::Set(set) => Some(set),
            _ => None,
        })
        .collect();
    assert_eq!(sets.iter().map(|set| (&*set.control, set.segments)).collect::<Vec<_>>(), [("1", 2), ("2", 1)]);
    assert_eq!(
        outline(&sets[0].tree),
        "row\n no \"1\"\n item \"A\"\n note \"x;\\\"y\\\"\"\nrow\n no \"1\"\n item \"B\"\n note \"\"\n"
    );
    let row = sets[1].tree.named(sets[1].tree.root(), "row").next().expect("a row");
    let item = sets[1].tree.named(row, "item").next().expect("a field");
    assert_eq!(sets[1].tree.place(item).at.to_string(), "line 4, item");
}

#[test]
fn without_a_key_each_row_is_a_set() {
    let text = "a,b\n1,2\n3,4\n";
    let found = sets(Standard::Csv, text.as_bytes());
    assert_eq!(found.len(), 2);
    assert_eq!(outline(&found[1].tree), "row\n a \"3\"\n b \"4\"\n");
}

#[test]
fn xml_by_local_name_with_namespaces_and_paths() {
    let text = r#"<o:Order xmlns:o="urn:o" xmlns="urn:d"><ID scheme="x">1 &amp; 2</ID><Line><N>1</N></Line><Line><N><![CDATA[<2>]]></N></Line></o:Order>"#;
    let set = sets(Standard::Xml, text.as_bytes()).remove(0);
    assert_eq!((&*set.kind, &*set.version), ("Order", "urn:o"));
    let tree = &set.tree;
    assert_eq!(outline(tree), "Order\n ID \"1 & 2\"\n  @scheme \"x\"\n Line\n  N \"1\"\n Line\n  N \"<2>\"\n");
    let order = tree.children(tree.root()).next().expect("the root element");
    let second = tree.named(order, "Line").nth(1).expect("a second line");
    assert_eq!(tree.namespace(second), "urn:d");
    let number = tree.named(second, "N").next().expect("N");
    assert_eq!(tree.place(number).at.to_string(), "/o:Order/Line[2]/N");
}

#[test]
fn json_by_name_with_pointers_and_numbers_as_text() {
    let text = r#"{"no":"W\u00e9\ud83d\ude00","lines":[{"q":1.10e1},{"q":007e0}],"x":null,"a/b":true}"#
        .replace("007e0", "-0.5");
    let set = sets(Standard::Json, text.as_bytes()).remove(0);
    let tree = &set.tree;
    assert_eq!(outline(tree), "no \"Wé😀\"\nlines\n 0\n  q \"1.10e1\"\n 1\n  q \"-0.5\"\nx\na/b \"true\"\n");
    let lines = tree.named(tree.root(), "lines").next().expect("lines");
    let second = tree.named(lines, "1").next().expect("item 1");
    let q = tree.named(second, "q").next().expect("q");
    assert_eq!(tree.place(q).at.to_string(), "/lines/1/q");
    assert_eq!(&text[tree.place(q).byte as usize..][..4], "-0.5");
    let slash = tree.named(tree.root(), "a/b").next().expect("a/b");
    assert_eq!(tree.place(slash).at.to_string(), "/a~1b");
}

#[test]
fn the_last_of_two_members_wins_and_elements_of_an_array_are_sets() {
    let found = sets(Standard::Json, br#"[{"a":1,"a":2,"b":3}, 7, "x"]"#);
    assert_eq!(found.len(), 3);
    assert_eq!(outline(&found[0].tree), "a \"2\"\nb \"3\"\n");
    assert!(found[0].accepted() && &*found[0].faults[0].code == "E0702");
    assert_eq!(
        found[0].tree.place(found[0].tree.children(found[0].tree.root()).next().expect("a")).at.to_string(),
        "/0/a"
    );
    assert_eq!(found[2].tree.value(found[2].tree.children(found[2].tree.root()).next().expect("x")), Some("x"));
}

#[test]
fn first_bytes_tell_the_format() {
    for (first, standard) in [
        (&b"\xEF\xBB\xBF\r\n ISA*00*"[..], Some(Standard::X12)),
        (b"UNA:+.? 'UNB+", Some(Standard::Edifact)),
        (b"\nUNB+UNOA:2+", Some(Standard::Edifact)),
        (b"<?xml version='1.0'?>", Some(Standard::Xml)),
        (b"<Order>", Some(Standard::Xml)),
        (b"\xFF\xFE<\0O\0", Some(Standard::Xml)),
        (b"<\0?\0x\0", Some(Standard::Xml)),
        (b"\0<\0?\0x", Some(Standard::Xml)),
        (b" {\"a\":1}", Some(Standard::Json)),
        (b"[1]", Some(Standard::Json)),
        (b"Sent by mail\nUNA:+.? '\nUNB+UNOC:3+", Some(Standard::Edifact)),
        (b"order_number,sku\n", None),
        (b"ISABEL,1\n", None),
        (b"", None),
    ] {
        assert_eq!(sniff(first), standard, "{}", String::from_utf8_lossy(first));
    }
}

#[test]
fn one_value_without_separator_does_not_fill_a_composite_that_needs_more() {
    let set = |quantity: &str| {
        format!(
            "UNB+UNOC:3+NORTHWIND:14+ACMEDIST:14+260105:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20260105:102'\
             NAD+BY+123::9'LIN+1++A1:SA'{quantity}'UNS+S'UNT+8+1'UNZ+1+1'"
        )
    };
    let codes = |text: &str| sets(Standard::Edifact, text.as_bytes()).remove(0).faults;
    // `?` takes the long way.
    for (quantity, expected) in [("QTY+21", 1), ("QTY+2?1", 1), ("QTY+21:", 1), ("QTY+21:5", 0), ("QTY+2?1:5", 0)] {
        let told: Vec<_> = codes(&set(quantity)).iter().map(|fault| fault.code.to_string()).collect();
        assert_eq!(told, vec!["E0301"; expected], "{quantity}");
    }
}

/// What stands in the wrong order lacks no loop that is there; what begins another run does.
#[test]
fn within_a_loop_the_wrong_order_is_no_missing_start() {
    let of = |heading: &str, lines: &str| {
        let body = format!("BEG*00*SA*PO-1**20260105~{heading}PO1*1*5*EA*9.25~{lines}CTT*1~");
        let text =
            format!("{}ST*850*0001~{body}SE*{}*0001~{}", ENVELOPE[0], body.matches('~').count() + 2, ENVELOPE[1]);
        let faults = sets(Standard::X12, text.as_bytes()).remove(0).faults;
        faults.iter().map(|fault| format!("{} {}", fault.code, fault.place.at)).collect::<Vec<_>>()
    };
    let (party, street, city) = ("N1*ST*Harbor Tools*92*0042~", "N3*12 Harbour Street~", "N4*Portland*OR*97201*US~");
    for late in ["N2*Second Floor~", street] {
        assert_eq!(of(&[party, street, city, late].concat(), ""), [format!("E0202 {}", &late[..2])]);
    }
    let (pack, text) = ("PO4*1*10*EA~", "PID*F****Bolt~");
    assert_eq!(of("", &[pack, text].concat()), ["E0202 PID"]);
    assert_eq!(of("", &[pack, text, text].concat()), ["E0202 PID"]);
    // Another party's address, and more streets than a party may have.
    assert_eq!(of(&[party, street, city, street, city].concat(), ""), ["E0206 N1"]);
    assert_eq!(of(&[party, street, street, city, street].concat(), ""), ["E0206 N1"]);
    assert_eq!(of(&[party, street, city, party, "N2*Second Floor~", street, city].concat(), ""), Vec::<String>::new());
    let orders = |lines: &str| {
        let text = format!(
            "UNB+UNOC:3+NORTHWIND:14+ACMEDIST:14+260105:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20260105:102'\
             NAD+BY+123::9'{lines}UNS+S'UNT+{}+1'UNZ+1+1'",
            lines.matches('\'').count() + 6
        );
        let faults = sets(Standard::Edifact, text.as_bytes()).remove(0).faults;
        faults.iter().map(|fault| format!("{} {}", fault.code, fault.place.at)).collect::<Vec<_>>()
    };
    assert_eq!(orders("LIN+1++A1:SA'QTY+21:5'PIA+1+B1:SA'LIN+2++A2:SA'QTY+21:5'"), ["E0202 PIA"]);
    assert_eq!(orders("LIN+1++A1:SA'PIA+1+B1:SA'QTY+21:5'PIA+1+B2:SA'QTY+21:5'"), ["E0206 LIN"]);
}

#[test]
fn a_loop_start_left_out_again_and_again_is_one_fault_and_so_is_the_count_that_follows() {
    let of = |lines: &str, counted: u32| {
        let body = format!("BEG*00*SA*PO-1**20260105~{lines}CTT*{counted}~");
        let text =
            format!("{}ST*850*0001~{body}SE*{}*0001~{}", ENVELOPE[0], body.matches('~').count() + 2, ENVELOPE[1]);
        sets(Standard::X12, text.as_bytes()).remove(0).faults
    };
    let codes = |faults: &[crossdock_formats::fault::Fault]| {
        faults.iter().map(|fault| fault.code.to_string()).collect::<Vec<_>>()
    };
    let line = "CTP**RES*9.25~PID*F****Bolt~";
    // The heading takes the first one: it has these segments, too.
    let faults = of(&line.repeat(4), 3);
    assert_eq!(codes(&faults), ["E0206"]);
    assert!(faults[0].sentence.ends_with("The same is so 2 times more behind it."), "{}", faults[0].sentence);
    // Lines that are there, and another count of them, are a fault of their own.
    assert_eq!(codes(&of(&"PO1*1*5*EA*9.25~".repeat(2), 1)), ["E0410"]);
}
