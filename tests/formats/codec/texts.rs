//! Documents that are not in UTF-8: what they say, and where it stands in their own bytes.

use crate::{pieces, sets};
use crossdock_formats::{
    CsvOptions, Options,
    fault::{Costs, Fault},
    piece::{Area, Piece, Policy, Severity, Standard},
    report, sniff,
};

/// A text in UTF-16, with its mark if it has one.
fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn xml_in_utf_16_is_read_and_places_are_those_of_its_bytes() {
    let body = "<Order><ID>ü€𝄞</ID><Note>a&amp;b</Note></Order>";
    for (head, big) in [
        ("\u{FEFF}", false),
        ("\u{FEFF}", true),
        ("\u{FEFF}<?xml version='1.0' encoding='UTF-16'?>", false),
        ("<?xml version='1.0' encoding='utf-16'?>\r\n", true),
        ("<?xml version='1.0' encoding='UTF-16LE'?>", false),
    ] {
        let bytes = utf16(&format!("{head}{body}"), big);
        assert_eq!(sniff(&bytes), Some(Standard::Xml), "{head}");
        let mut sets = sets(Standard::Xml, &bytes);
        let set = sets.pop().expect("a set");
        assert_eq!((set.faults.len(), set.byte, set.len), (0, 0, bytes.len() as u64), "{head}: {:?}", set.faults);
        let tree = &set.tree;
        let order = tree.children(tree.root()).next().expect("the root element");
        let values: Vec<_> = ["ID", "Note"].map(|name| tree.named(order, name).next().expect("an element")).into();
        let place = tree.place(values[0]);
        let (start, end) = (place.byte as usize, place.byte as usize + place.len as usize);
        assert_eq!(bytes[start..end], utf16("ü€𝄞", big), "{head}");
        let values: Vec<_> = values.into_iter().map(|node| tree.value(node).unwrap_or_default()).collect();
        assert_eq!(values, ["ü€𝄞", "a&b"], "{head}");
    }
}

#[test]
fn what_is_no_utf_16_is_told_with_its_place() {
    let mut half = utf16("\u{FEFF}<a>", false);
    half.extend([0x00, 0xD8]);
    half.extend(utf16("b</a>", false));
    let mut odd = utf16("\u{FEFF}<a/>", false);
    odd.push(b'x');
    let open = utf16("\u{FEFF}<a><b></a>", true);
    for (bytes, code, at) in [(half, "E0606", 8), (odd, "E0606", 10), (open, "E0603", 14)] {
        let pieces = pieces(Standard::Xml, &bytes, Options::default());
        let [Piece::Fault(fault)] = &pieces[..] else { panic!("one fault") };
        assert_eq!((&*fault.code, fault.place.byte), (code, at), "{}", fault.sentence);
    }
}

/// A program that writes text into a string and the string into a file says UTF-16 of what is in UTF-8.
#[test]
fn xml_that_only_says_utf_16_is_read_with_a_note() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><Order><ID>K\u{F6}ln</ID></Order>";
    let set = sets(Standard::Xml, text.as_bytes()).pop().expect("a set");
    let [note] = &set.faults[..] else { panic!("one note: {:?}", set.faults) };
    assert_eq!((&*note.code, note.costs, &*note.found, &*note.expected), ("E0606", Costs::Nothing, "utf-16", "UTF-8"));
    assert!(set.accepted());
}

/// What a spreadsheet writes as CSV is Windows-1252: keys, quoted fields and names of columns, told once; what is neither
/// costs its own set.
#[test]
fn csv_in_windows_1252_is_read_with_one_note() {
    let text = b"no,gr\xF6\xDFe,city\nM\xFC-1,\xA4 5,\"K\xF6ln, \"\"S\xFCd\"\"\"\nM\xFC-1,6,K\xC3\xB6ln\nB,7,\x80\nC,8,M\x81nchen\nD,9,Bonn\nE,9,\xFC\0\n";
    let csv = CsvOptions { delimiter: None, by: Some("no".into()) };
    let pieces = pieces(Standard::Csv, text, Options { csv, ..Options::default() });
    let [Piece::Fault(note), rest @ ..] = &pieces[..] else { panic!("a note first") };
    assert_eq!((&*note.code, note.costs, &*note.found, note.place.byte), ("E0004", Costs::Nothing, "0xF6", 5));
    assert!(note.sentence.contains("Windows-1252") && note.remedy.contains("CSV UTF-8"), "{note:?}");
    let read: Vec<_> = rest
        .iter()
        .map(|piece| {
            let Piece::Set(set) = piece else { panic!("sets only: {piece:?}") };
            let rows = set.tree.children(set.tree.root());
            let cells = rows.flat_map(|row| set.tree.children(row)).map(|cell| {
                let place = set.tree.place(cell);
                let bytes = &text[place.byte as usize..place.byte as usize + place.len as usize];
                assert!(!bytes.contains(&b'\n'), "{bytes:?}");
                format!("{}={}", set.tree.name(cell), set.tree.value(cell).unwrap_or_default())
            });
            (set.control.to_string(), cells.collect::<Vec<_>>(), set.accepted(), set.faults.len())
        })
        .collect();
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    assert_eq!(read[0].0, "Mü-1");
    assert_eq!(
        read[0].1,
        row(&["no=Mü-1", "größe=¤ 5", "city=Köln, \"Süd\"", "no=Mü-1", "größe=6", "city=Köln"]),
        "a field in UTF-8 stays one"
    );
    assert_eq!(read[1].1, row(&["no=B", "größe=7", "city=€"]));
    assert_eq!(
        read.iter().map(|(.., accepted, faults)| (*accepted, *faults)).collect::<Vec<_>>(),
        [(true, 0), (true, 0), (false, 1), (true, 0), (false, 1)]
    );
}

/// A quote of the header row that is not closed, or that text stands behind, is told: a warning where the name is read, and
/// the end where rows stand in it.
#[test]
fn quotes_of_a_header_row_are_told() {
    type Told = &'static [(&'static str, Costs)];
    let cases: [(&str, Told, &[&str]); 4] = [
        ("\"sku\",qty\nA,1\n", &[], &["sku", "qty"]),
        ("\"sku\"x,qty\nA,1\n", &[("E0509", Costs::Segment)], &["skux", "qty"]),
        ("sku,\"qty\nA,1\n", &[("E0502", Costs::Segment)], &["sku", "qty"]),
        ("sku,\"qty\nA,\"1\"\nB,2\n", &[("E0509", Costs::Interchange)], &[]),
    ];
    for (text, expected, names) in cases {
        let csv = CsvOptions { delimiter: Some(b','), by: None };
        let (mut told, mut read) = (Vec::new(), Vec::new());
        for piece in pieces(Standard::Csv, text.as_bytes(), Options { csv, ..Options::default() }) {
            match piece {
                Piece::Fault(fault) => {
                    assert!(fault.sentence.starts_with("Line 1: ") && !fault.expected.is_empty(), "{fault:?}");
                    told.push((fault.code.to_string(), fault.costs));
                }
                Piece::Set(set) => {
                    assert_eq!(set.faults, [], "{text}");
                    let cells = set.tree.children(set.tree.root()).flat_map(|row| set.tree.children(row));
                    read = cells.map(|cell| set.tree.name(cell).to_owned()).collect();
                }
                other => panic!("{other:?}"),
            }
        }
        let expected: Vec<_> = expected.iter().map(|(code, costs)| ((*code).to_owned(), *costs)).collect();
        assert_eq!((told, read), (expected, names.iter().map(|name| (*name).to_owned()).collect()), "{text}");
    }
}

/// What is no document is named where its first bytes tell what it is, with what to do about that.
#[test]
fn what_is_no_document_is_named() {
    let x12 = b"ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*1*0*P*>~";
    // The capital letters, digits and signs of EBCDIC that a header has.
    let ebcdic = |byte: &u8| match byte {
        b'A'..=b'I' => byte - b'A' + 0xC1,
        b'J'..=b'R' => byte - b'J' + 0xD1,
        b'S'..=b'Z' => byte - b'S' + 0xE2,
        b'0'..=b'9' => byte - b'0' + 0xF0,
        b'*' => 0x5C,
        b' ' => 0x40,
        _ => 0x6E,
    };
    let cms = b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80";
    let cases: [(&[u8], &str); 14] = [
        (b"\x1F\x8B\x08\0\0\0\0\0", "packed by gzip"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"%PDF-1.4\n", "a PDF"),
        (b"-----BEGIN PGP MESSAGE-----\n", "encrypted or signed by PGP"),
        (cms, "a signed or encrypted message"),
        (b"SVNBKjAwKiAgICAgICAgICAq\n", "an X12 interchange in Base64"),
        (&x12.iter().map(ebcdic).collect::<Vec<u8>>(), "an X12 interchange in EBCDIC"),
        (&utf16("UNB+UNOC:3+A+B", true), "text in UTF-16"),
        (&utf16("ISA*00*          *00*", false), "text in UTF-16"),
        (b"isa*00*          *00*", "an X12 interchange in small letters"),
        (b"ST*850*0001~\nBEG*00*SA*PO-1**20260105~", "a set of X12 without its interchange header"),
        (b"UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'", "a message of EDIFACT without its interchange header"),
        (b"STX=ANA:1+A+B+260105:093000+1'", "a TRADACOMS transmission"),
        (b"<!DOCTYPE html><html><head><title>502</title></head><body><br></body></html>", "a web page"),
    ];
    for (bytes, says) in cases {
        let standards = if says == "a web page" { vec![Standard::Xml] } else { vec![Standard::X12, Standard::Edifact] };
        for standard in standards.into_iter().map(Some).chain([None]) {
            let report = report::check("x", standard, bytes, Options::default()).expect("memory can be read");
            let [fault] = &report.all_faults()[..] else { panic!("{says}: {:?}", report.all_faults()) };
            let named = fault.sentence.contains(says) && fault.remedy.len() > 20;
            assert!(&*fault.code == "E0002" && named, "{says}, {standard:?}: {fault:?}");
        }
    }
}

/// Rows of empty fields are none, and a header row that lacks the key's column may have it otherwise, or further down.
#[test]
fn empty_rows_and_lines_before_the_header_of_a_table() {
    let read = |text: &str| {
        let csv = CsvOptions { delimiter: None, by: Some("order_number".into()) };
        pieces(Standard::Csv, text.as_bytes(), Options { csv, ..Options::default() })
    };
    let table = "order_number,sku,qty\nSO-1,A-101,5\n,,\nSO-1,A-102,2\n\"\", ,\nSO-2,A-101,1\n,,\n,,\n";
    let rows = read(table).into_iter().map(|piece| match piece {
        Piece::Set(set) => (set.control.to_string(), set.tree.children(set.tree.root()).count(), set.faults.len()),
        other => panic!("{other:?}"),
    });
    assert_eq!(rows.collect::<Vec<_>>(), [("SO-1".to_owned(), 2, 0), ("SO-2".to_owned(), 1, 0)]);
    // The header row says what separates.
    for delimiter in [";", "\t", "|", "^", "~"] {
        let sets = read(&table.replace(',', delimiter));
        let stand = sets.iter().all(|piece| matches!(piece, Piece::Set(set) if set.faults.is_empty()));
        assert!(sets.len() == 2 && stand, "{delimiter}: {sets:?}");
    }
    for (text, says, remedy) in [
        // Its tilde stands in a name, and in one further down.
        ("Orders~all\norder_number~sku\nSO-1~A\n".to_owned(), "Line 2 has it.", "before line 2"),
        (table.replace("order_number", "Order Number"), "“Order Number” is another name", "Add the column"),
        (format!("Orders of January\n;;\n{table}"), "Line 3 has it.", "before line 3"),
        (table.replace("order_number", "po"), "in the header row, line 1.", "Add the column"),
    ] {
        let pieces = read(&text);
        let fault = pieces.iter().find_map(|piece| match piece {
            Piece::Fault(fault) if &*fault.code == "E0504" => Some(fault),
            _ => None,
        });
        let fault = fault.unwrap_or_else(|| panic!("{text}: {pieces:?}"));
        assert!(fault.sentence.ends_with(says) || fault.sentence.contains(&format!("{says}:")), "{}", fault.sentence);
        assert!(fault.remedy.contains(remedy), "{}", fault.remedy);
    }
}

/// Carets and tildes stand in names of columns: they separate where nothing else does, and where the next row has as many.
#[test]
fn carets_and_tildes_in_names_of_a_csv_header() {
    type Columns<'a> = &'a [&'a str];
    let cases: [(&str, Columns); 8] = [
        ("order number~approx\n1\n", &["order number~approx"]),
        ("a^b\n1\n", &["a^b"]),
        ("a^b\n1^2^3\n", &["a^b"]),
        ("sku,price~net~eur,price~gross~eur\nA,1,2\n", &["sku", "price~net~eur", "price~gross~eur"]),
        ("sku;a^b^c^d\nA;1\n", &["sku", "a^b^c^d"]),
        ("a~b\r\n\r\n1~2\r\n", &["a", "b"]),
        ("a^b\n\"1^1\"^2\n", &["a", "b"]),
        ("a~b^c\n1~2\n", &["a", "b^c"]),
    ];
    for (text, columns) in cases {
        let pieces = pieces(Standard::Csv, text.as_bytes(), Options::default());
        let [Piece::Set(set)] = &pieces[..] else { panic!("{text}: {pieces:?}") };
        let row = set.tree.children(set.tree.root()).next().expect("a row");
        let names: Vec<&str> = set.tree.children(row).map(|field| set.tree.name(field)).collect();
        assert!(names == columns && set.faults.is_empty(), "{text}: {names:?}, {:?}", set.faults);
    }
}

/// What fills the end of a file is no row; before other rows a NUL is told.
#[test]
fn filling_below_a_table() {
    let most = "\0".repeat(70_000);
    for filling in ["\x1A", "\x1A\x1A\x1A", "\0\0\0\0", "\0\x1A\r\n\x1A\0\n\0", &most] {
        let text = format!("sku,qty\nA,1\n{filling}");
        let pieces = pieces(Standard::Csv, text.as_bytes(), Options::default());
        let [Piece::Set(set)] = &pieces[..] else { panic!("{text:?}: {pieces:?}") };
        assert!(set.faults.is_empty(), "{text:?}: {:?}", set.faults);
    }
    let sets = sets(Standard::Csv, b"sku,qty\nA,1\n\0\0\nB,2\n\0");
    assert_eq!(sets.iter().map(|set| set.faults.len()).collect::<Vec<_>>(), [0, 1, 0]);
}

/// The signs of XML's own that stand in text as they are, and what fills the end of a file.
#[test]
fn xml_and_json_of_careless_programs() {
    for (text, at, expected) in [
        ("<a>A & B</a>", 5, "&amp; for a “&” in text"),
        ("<a>A &amp B</a>", 5, "&amp; for a “&” in text"),
        ("<a>5 < 6</a>", 5, "&lt; for a “<” in text"),
        ("<a>5 <= 6</a>", 5, "&lt; for a “<” in text"),
        ("<a b='x' c='A&amp;B & C'/>", 20, "&amp; for a “&” in the value of an attribute"),
        ("<a b=\"é &amp é\"/>", 9, "&amp; for a “&” in the value of an attribute"),
    ] {
        let pieces = pieces(Standard::Xml, text.as_bytes(), Options::default());
        let [Piece::Fault(fault)] = &pieces[..] else { panic!("{text}: {pieces:?}") };
        assert_eq!((&*fault.code, fault.place.byte, &*fault.expected), ("E0603", at, expected), "{text}");
    }
    let [Piece::Fault(entity)] = &pieces(Standard::Xml, b"<a b='&nbsp;'/>".as_slice(), Options::default())[..] else {
        panic!("one fault")
    };
    let sentence = "The attribute b of the element at byte 0 has a reference to the entity “nbsp”.";
    assert_eq!((&*entity.code, &*entity.sentence), ("E0602", sentence));
    for (standard, text) in
        [(Standard::Xml, "<a>1</a>"), (Standard::Json, "{\"a\":1}"), (Standard::Json, "[{\"a\":1}]")]
    {
        for padding in ["\0\0\0", "\n\x1A", "\r\n\0\n\0"] {
            let sets = sets(standard, format!("{text}{padding}").as_bytes());
            assert!(sets.len() == 1 && sets[0].faults.is_empty(), "{text}{padding:?}: {:?}", sets[0].faults);
        }
    }
    let [Piece::Fault(nul)] = &pieces(Standard::Xml, "\u{feff}<a>\0</a>\0".as_bytes(), Options::default())[..] else {
        panic!("one fault")
    };
    assert_eq!((&*nul.code, nul.place.byte), ("E0005", 6));
}

/// A set of one order, or the fault that is told of the document.
fn told(standard: Standard, text: &str) -> (Vec<(String, u64, Costs)>, usize) {
    let options = Options {
        csv: CsvOptions { delimiter: None, by: Some("order".into()) },
        layout: crate::fixed::orders().into(),
        ..Options::default()
    };
    let (mut faults, mut sets) = (Vec::new(), 0);
    for piece in pieces(standard, text.as_bytes(), options) {
        match piece {
            Piece::Fault(fault) => faults.push(fault),
            Piece::Set(set) => {
                sets += 1;
                faults.extend(set.faults);
            }
            _ => {}
        }
    }
    (faults.into_iter().map(|fault| (fault.code.to_string(), fault.place.byte, fault.costs)).collect(), sets)
}

/// What no XML document may hold is refused as other readers do: our own writer could not say it in an answer.
#[test]
fn characters_that_xml_forbids_are_a_fault_with_their_place() {
    let refused = [
        ("<Order><ID>&#1;PO</ID></Order>", 11),
        ("<Order><ID>PO&#xB;</ID></Order>", 13),
        ("<Order><ID>&#xFFFE;</ID></Order>", 11),
        ("<Order><ID>P\u{1}O</ID></Order>", 12),
        ("<Order><ID>\u{FFFE}</ID></Order>", 11),
        ("<Order><ID><![CDATA[\u{1F}]]></ID></Order>", 20),
        ("<Order a=\"1\" b=\"x&#2;\"/>", 17),
        ("<Order a=\"1\" b=\"x\u{2}\"/>", 17),
        ("<Order><!-- \u{7} --></Order>", 12),
        ("\u{FEFF}<Order>\u{B}</Order>", 10),
    ];
    for (text, at) in refused {
        let (faults, sets) = told(Standard::Xml, text);
        assert_eq!((faults, sets), (vec![("E0603".to_owned(), at, Costs::Interchange)], 0), "{text:?}");
    }
    for text in
        ["<Order>&#9;&#10;&#13;\t\r\n</Order>", "<Order>\u{85}&#x85;\u{FFFD}\u{10000}</Order>", "<O a='&#xE9;'/>"]
    {
        assert_eq!(told(Standard::Xml, text), (vec![], 1), "{text:?}");
    }
}

#[test]
fn control_characters_in_rows_and_json_are_a_fault_with_their_place() {
    let fixed = |note: &str| format!("OHSO-1      20260302NORTHWIND\nOL0001BOLT-M8             24EA\nON{note}\n");
    let refused = [
        (Standard::Csv, "order,sku\nA\u{1}1,BOLT\n".to_owned(), 11),
        (Standard::Csv, "order,sku\nA1,\"BOLT\n\u{7}\"\n".to_owned(), 19),
        (Standard::Csv, "order,sku\nA1,BO\u{85}LT\n".to_owned(), 15),
        (Standard::Json, "{\"order\":\"\\u0001PO-1\"}".to_owned(), 9),
        (Standard::Json, "{\"lines\":[{\"sku\":\"A\"},{\"sku\":\"B\u{7F}\"}]}".to_owned(), 30),
        (Standard::Json, "{\"lines\":[{\"\\u0001sku\":\"A\"}]}".to_owned(), 11),
        (Standard::Fixed, fixed("the \u{B}long ones"), 67),
    ];
    for (standard, text, at) in refused {
        assert_eq!(told(standard, &text), (vec![("E0307".to_owned(), at, Costs::Set)], 1), "{text:?}");
    }
    // A name costs no row.
    let header = told(Standard::Csv, "order,s\u{1}ku\nA1,BOLT\n");
    assert_eq!(header, (vec![("E0307".to_owned(), 7, Costs::Segment)], 1));
    let taken = [
        (Standard::Csv, "order,\"s\nku\"\nA1,BOLT\n".to_owned()),
        (Standard::Csv, "order,sku\nA1,\"BO\tLT\r\nM8\"\n".to_owned()),
        (Standard::Json, "{\"order\":\"PO-1\",\"text\":\"a\\n\\r\\tb\"}".to_owned()),
        (Standard::Fixed, fixed("the\tlong ones")),
    ];
    for (standard, text) in taken {
        assert_eq!(told(standard, &text), (vec![], 1), "{text:?}");
    }
}

/// Nothing says what a file of fixed width is in, and so nobody is told to look there.
#[test]
fn fixed_width_that_is_no_utf_8_asks_for_it() {
    let text = [b"OHSO-1      20260302NORTHWIND\nON".as_slice(), b"the gr\xF6\xDFe ones\n"].concat();
    let options = Options { layout: crate::fixed::orders().into(), ..Options::default() };
    let faults: Vec<Fault> = pieces(Standard::Fixed, &text, options)
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Set(set) => set.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        })
        .collect();
    let fault = faults.iter().find(|fault| &*fault.code == "E0004").expect("bytes that are no text");
    assert!(fault.remedy.contains("UTF-8") && !fault.remedy.contains("header"), "{}", fault.remedy);
}

/// As in X12, the agreement may take such values all the same.
#[test]
fn control_characters_are_taken_as_the_agreement_takes_values() {
    let mut policy = Policy::default();
    policy.strictness.set(Area::Values, Severity::Warn);
    let options = Options { policy, ..Options::default() };
    for (standard, text) in [(Standard::Csv, "order,sku\nA1,BO\u{1}LT\n"), (Standard::Json, "{\"order\":\"\\u0001\"}")]
    {
        let pieces = pieces(standard, text.as_bytes(), options.clone());
        let [Piece::Set(set)] = &pieces[..] else { panic!("one set of {text:?}") };
        assert_eq!((&*set.faults[0].code, set.faults[0].costs, set.accepted()), ("E0307", Costs::Segment, true));
    }
}
