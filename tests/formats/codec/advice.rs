//! 824 and APERAK: what we write is the fixtures, has nothing wrong by the guides, and says when it is read what was told.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    ack::{Advice, Said, Subject, Taken, Verdict, advised},
    fault::{Costs, Fault, Layer, Origin},
    piece::{Identity, Piece, Set, Standard},
    place::{At, Place},
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, X12Delimiters, X12Envelope},
};
use std::fs;

/// Where the fixture stands, the version of what it is about, and how that was taken.
const ALL: &[(&str, &str, Taken)] = &[
    ("x12/4010/824/typical.edi", "004010", Taken::Partly),
    ("x12/4010/824/accepted.edi", "004010VICS", Taken::Accepted),
    ("x12/5010/824/typical.edi", "005010X220A1", Taken::Rejected),
    ("edifact/d96a/aperak/typical.edi", "D96A", Taken::Rejected),
    ("edifact/d96a/aperak/accepted.edi", "D99B", Taken::Accepted),
    ("edifact/d01b/aperak/typical.edi", "D01B", Taken::Changed),
];

fn fault(code: &str, at: (u32, &str, u16, Option<u16>), found: &str, expected: &str, sentence: &str) -> Fault {
    let (ordinal, id, element, component) = at;
    let at = At::Segment { ordinal, id: id.into(), element: Some(element), component, repeat: 1 };
    Fault {
        code: code.into(),
        layer: Layer::Core,
        place: Place { byte: 200, len: found.len() as u32, at },
        found: found.into(),
        expected: expected.into(),
        sentence: sentence.into(),
        remedy: "Order an item of the catalogue.".into(),
        origin: Origin::Agreement,
        costs: Costs::Segment,
        decided_by: None,
    }
}

fn faults(standard: Standard, taken: Taken) -> Vec<Fault> {
    let (item, price) = match standard {
        Standard::X12 => ((6, "PO1", 7, None), (7, "PO1", 4, None)),
        _ => ((8, "PIA", 2, Some(1)), (12, "PRI", 1, Some(2))),
    };
    if taken == Taken::Accepted {
        return vec![];
    }
    let long = "No item is known by sku NO*SUCH~ITEM:7'+?, nor by any other number that the line gives, and none was added to \
                the catalogue under such a number before this order came in; ";
    vec![
        fault("order/unknown_item", item, "NO*SUCH~ITEM:7'+?", "an item of the catalogue", &long.repeat(3)),
        fault("order/price", price, "9.75", "2.50 USD for 1", "9.75 USD for 1 was sent; the list standard says 2.50."),
    ]
}

fn written(version: &str, taken: Taken) -> Vec<u8> {
    let standard = if version.starts_with('D') { Standard::Edifact } else { Standard::X12 };
    let is_x12 = standard == Standard::X12;
    let faults = faults(standard, taken);
    let subject = Subject {
        standard,
        kind: if is_x12 { "850" } else { "ORDERS" },
        version,
        interchange: "000000012",
        group: if is_x12 { "45" } else { "" },
        control: if is_x12 { "0003" } else { "3" },
        applications: if is_x12 { ["NORTHWIND", "ACMEDIST"] } else { ["", ""] },
        name: "PO-4711",
    };
    let number = "3F0A61B2C7D4";
    let advice = Advice { subject, taken, faults: &faults, number, date: "20260105", time: "0930" };
    let set = |control: &str| OutSet {
        kind: advice.kind().into(),
        control: control.into(),
        segments: advice.segments().into(),
    };
    let identity = |qualifier: &str, id: &str| Identity { qualifier: qualifier.into(), id: id.into() };
    let (date, time) = ("20260105".to_owned(), "0930".to_owned());
    if is_x12 {
        let envelope = X12Envelope {
            sender: identity("ZZ", "ACMEDIST"),
            receiver: identity("ZZ", "NORTHWIND"),
            application_sender: "ACMEDIST".into(),
            application_receiver: "NORTHWIND".into(),
            functional_id: "AG".into(),
            version: advice.version().into(),
            interchange_control: 7,
            group_control: 8,
            test: false,
            date,
            time,
            header: Default::default(),
            delimiters: X12Delimiters::default(),
        };
        return write::x12(&envelope, &[set("0001")]).expect("it can be written");
    }
    let envelope = EdifactEnvelope {
        sender: identity("14", "4000002000004"),
        receiver: identity("14", "4012345000009"),
        syntax: "UNOC".into(),
        syntax_version: 3,
        control: "000000007".into(),
        application_reference: String::new(),
        group: None,
        acknowledgement_requested: false,
        test: false,
        version: advice.version().into(),
        association: String::new(),
        date,
        time,
        una: true,
        header: Default::default(),
        delimiters: EdifactDelimiters::default(),
    };
    write::edifact(&envelope, &[set("1")]).expect("it can be written")
}

/// The only set, which has nothing wrong with it.
fn clean(standard: Standard, bytes: &[u8]) -> Box<Set> {
    let mut found = None;
    for piece in pieces(standard, bytes, Options::default()) {
        let faults = match piece {
            Piece::Set(set) => {
                let faults = set.faults.clone();
                found = Some(set);
                faults
            }
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        };
        assert!(faults.is_empty(), "{faults:#?}\n{}", String::from_utf8_lossy(bytes));
    }
    found.expect("a set")
}

#[test]
fn what_we_write_is_right_and_says_when_it_is_read_what_was_told() {
    for (file, version, taken) in ALL {
        let bytes = written(version, *taken);
        let path = folder("fixtures").join(file);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, &bytes).expect("a file");
        }
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text, fs::read_to_string(&path).expect("a fixture"), "{file}: BLESS=1 writes it anew");
        let standard = if version.starts_with('D') { Standard::Edifact } else { Standard::X12 };
        let set = clean(standard, &bytes);
        let read = advised(&set).unwrap_or_else(|| panic!("{file} can't be read"));
        assert_eq!((&*read.number, read.of.len()), ("3F0A61B2C7D4", 1), "{file}");
        let of = &read.of[0];
        let verdict = match taken {
            Taken::Accepted => Verdict::Accepted,
            Taken::Changed => Verdict::AcceptedWithErrors,
            Taken::Partly => Verdict::PartlyAccepted,
            Taken::Rejected => Verdict::Rejected,
        };
        assert_eq!((of.verdict, &*of.names[0]), (verdict, "PO-4711"), "{file}");
        let told = faults(standard, *taken);
        assert_eq!(of.said.len(), told.len(), "{file}");
        for (said, fault) in of.said.iter().zip(&told) {
            let (
                At::Segment { ordinal, id, element, component, .. },
                Some(At::Segment { ordinal: o, id: i, element: e, component: c, .. }),
            ) = (&fault.place.at, &said.at)
            else {
                panic!("{file}: {said:?}")
            };
            assert_eq!((ordinal, id, element, component), (o, i, e, c), "{file}");
            assert!(!said.code.is_empty() && said.text.contains("the"), "{file}: {said:?}");
            assert!(!said.found.is_empty(), "{file}: {said:?}");
            assert!(said.sentence(None).contains(&*said.found), "{file}: {}", said.sentence(None));
        }
        if standard == Standard::X12 {
            assert_eq!((&*of.group, &*of.control, &*of.kind), ("45", "0003", "850"), "{file}");
        } else {
            assert_eq!((&*of.interchange, &*of.control), ("000000012", "3"), "{file}");
        }
    }
}

/// A partner's 824 or APERAK, as others write it.
fn read(standard: Standard, body: &str) -> Option<Vec<(String, String, Vec<Said>)>> {
    let text = match standard {
        Standard::X12 => {
            let count = body.matches('~').count() + 2;
            format!(
                "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P*>~\
                 GS*AG*NORTHWIND*ACMEDIST*20260105*0930*1*X*004010~ST*824*0001~{body}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
            )
        }
        _ => {
            let count = body.matches('\'').count() + 2;
            format!(
                "UNB+UNOC:3+4012345000009:14+4000002000004:14+260105:0930+1'UNH+1+APERAK:D:96A:UN'{body}UNT+{count}+1'UNZ+1+1'"
            )
        }
    };
    let set = pieces(standard, text.as_bytes(), Options::default()).into_iter().find_map(|piece| match piece {
        Piece::Set(set) => Some(set),
        _ => None,
    });
    let read = advised(&set.expect("a set"))?;
    let words = |of: crossdock_formats::ack::AdvisedSet| {
        let about = format!("{}/{}/{}/{}", of.interchange, of.group, of.control, of.names.join(","));
        (about, of.verdict.as_str().to_owned(), of.said)
    };
    Some(read.of.into_iter().map(words).collect())
}

#[test]
fn items_of_one_set_are_told_together_and_sets_apart() {
    let body = "BGN*11*A1*20260105~OTI*IA*PO*PO-1*****20*0001*855~OTI*IR*PO*PO-1*****20*0001*855~TED*IQT*Wrong quantity*PO1*5*2*380*12~\
                NTE*ERN*at most 10~NTE*ERN*are left~OTI*TE*PO*PO-2*****20*0002*855~OTI*GR*TN*X*****21~";
    let read = read(Standard::X12, body).expect("an advice");
    let told: Vec<(&str, &str)> = read.iter().map(|(about, verdict, _)| (&**about, &**verdict)).collect();
    assert_eq!(
        told,
        [("/20/0001/PO-1", "partly_accepted"), ("/20/0002/PO-2", "accepted_with_errors"), ("/21//X", "rejected"),]
    );
    assert_eq!(
        read[0].2[0].sentence(None),
        "PO102 “12” in segment 5: Wrong quantity at most 10 are left (TED01 = IQT)"
    );
}

#[test]
fn what_says_nothing_of_ours_is_none() {
    for body in ["BGN*11*A1*20260105~OTI*TR*TN*~", "BGN*11*A1*20260105~OTI*ZZ*PO*PO-1~", "BGN*11*A1*20260105~"] {
        assert_eq!(read(Standard::X12, body), None, "{body}");
    }
    assert_eq!(read(Standard::Edifact, "BGM++1+27'DTM+137:20260105:102'ERC+12'FTX+AAO+++no'"), None);
}

#[test]
fn an_aperak_says_by_code_or_by_its_errors_how_it_was_taken() {
    let refused = "ERC+12'FTX+AAI+++Order rejected due to:invalid product'";
    for (bgm, errors, verdict) in [
        ("BGM+++27'", refused, "rejected"),
        ("BGM+++9'", refused, "rejected"),
        ("BGM+++9'", "", "accepted"),
        ("BGM+++9+AP'", "ERC+1'FTX+AAI+++Message accepted'", "accepted"),
        ("BGM+++34'", "", "accepted_with_errors"),
    ] {
        let read = read(Standard::Edifact, &format!("{bgm}DTM+137:20260105:102'RFF+ON:PO-9'RFF+ACW:SO-1'{errors}"));
        let read = read.expect("an advice");
        assert_eq!((read.len(), &*read[0].0, &*read[0].1), (1, "///SO-1,PO-9", verdict), "{bgm}");
        if errors == refused {
            assert_eq!(read[0].2[0].sentence(None), "Order rejected due to invalid product (ERC01 = 12)");
        }
    }
}

/// What a mapping misses stands in both as a place: a path's brackets are in no character set that every partner reads.
#[test]
fn what_a_mapping_misses_is_said_as_a_place_in_both() {
    for (standard, id, path, said) in [
        (Standard::X12, "PO1", "PO1[2]/REF[01=DP].02", "REF02 of the REF DP is missing in segment 7"),
        (Standard::Edifact, "LIN", "LIN[1]/QTY[01=21].01.02", "QTY01-2 of the QTY 21 is missing in segment 7"),
    ] {
        let sentence = format!("{path} is missing in segment 7");
        let mut fault = fault("mapping/missing", (7, id, 1, None), "", "a quantity", &sentence);
        fault.layer = Layer::Mapping;
        fault.place.at = At::Segment { ordinal: 7, id: id.into(), element: None, component: None, repeat: 1 };
        let is_x12 = standard == Standard::X12;
        let subject = Subject {
            standard,
            kind: if is_x12 { "850" } else { "ORDERS" },
            version: if is_x12 { "004010" } else { "D96A" },
            interchange: "12",
            group: "",
            control: "3",
            applications: ["", ""],
            name: "PO-4711",
        };
        let faults = [fault];
        let (number, date, time) = ("A1", "20260105", "0930");
        let advice = Advice { subject, taken: Taken::Rejected, faults: &faults, number, date, time };
        let text =
            advice.segments().into_iter().find(|segment| ["NTE", "FTX"].contains(&&*segment.id)).expect("a text");
        let words: Vec<String> =
            text.elements.into_iter().flatten().flatten().filter(|part| !part.is_empty()).collect();
        assert_eq!(words.last().map(String::as_str), Some(said), "{words:?}");
    }
}
