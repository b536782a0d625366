//! One cause is one fault, whatever follows from it.

use crate::{folder, options};
use crossdock_formats::{
    Options,
    fault::{Costs, Fault},
    piece::{Policy, Severity},
    report,
};
use std::fs;

/// Those of them whose sets are accepted.
const NOTES: &[&str] = &[
    "empty-segment.edi",
    "isa16-is-separator.edi",
    "isa16-is-terminator.edi",
    "isa11-is-separator.edi",
    "edifact-unox.edi",
    "isa11-is-component.edi",
    "isa16-empty.edi",
    "hl-tops-below-zero.edi",
    "isa16-blank.edi",
    "isa-blank-before-terminator.edi",
    "isa16-letter.edi",
    "hl-first-below-zero.edi",
    "edifact-una-repetition-is-component.edi",
    "edifact-utf8-as-unoc.edi",
    "ta1-alone-counted.edi",
];

/// Fixture, the one fault that it has, and the segment that this is about.
const CAUSES: &[(&str, &str, &str)] = &[
    ("set-header-missing.edi", "E0113", "BEG"),
    ("set-header-missing-of-three.edi", "E0113", "BEG"),
    ("edifact-header-missing.edi", "E0113", "BGM"),
    ("first-line-start-missing.edi", "E0202", "PID"),
    ("edifact-first-line-start-missing.edi", "E0206", "LIN"),
    ("edifact-only-line-start-missing.edi", "E0206", "LIN"),
    ("invoice-line-start-missing.edi", "E0202", "REF"),
    ("invoice-no-line.edi", "E0202", "REF"),
    ("segment-id-small.edi", "E0201", "beg"),
    ("loop-end-alone.edi", "E0202", "LE"),
    ("component-in-code.edi", "E0306", "PO103"),
    ("set-number-too-short.edi", "E0305", "ST02"),
    ("set-count-no-number.edi", "E0307", "SE01"),
    ("group-header-missing.edi", "E0115", "ST"),
    ("segments-swapped.edi", "E0202", "REF"),
    ("edifact-segments-swapped.edi", "E0202", "BGM"),
    ("summary-first.edi", "E0202", "CTT"),
    ("edifact-summary-early.edi", "E0202", "NAD"),
    ("terminator-missing.edi", "E0126", "CUR02"),
    ("terminator-missing-in-lines.edi", "E0126", "PO109"),
    ("terminator-missing-before-trailer.edi", "E0126", "CTT01"),
    ("terminator-missing-of-trailer.edi", "E0126", "SE02"),
    ("terminator-missing-of-header.edi", "E0126", "ST02"),
    ("terminator-missing-of-group-header.edi", "E0126", "GS08"),
    ("terminator-missing-of-group-trailer.edi", "E0126", "GE02"),
    ("edifact-terminator-missing-of-header.edi", "E0126", "UNB05"),
    ("edifact-terminator-missing-of-trailer.edi", "E0126", "UNZ02"),
    ("set-cut-at-line-end.edi", "E0106", "SE"),
    ("edifact-terminator-missing.edi", "E0126", "DTM01"),
    ("edifact-message-cut-at-line-end.edi", "E0106", "UNT"),
    ("empty-segment.edi", "E0208", ""),
    ("segment-without-id.edi", "E0201", ""),
    ("line-id-misspelt.edi", "E0201", "P01"),
    ("level-id-misspelt.edi", "E0207", "H1"),
    ("edifact-line-without-id.edi", "E0201", ""),
    ("components-too-many.edi", "E0303", "REF04-7"),
    ("terminator-lost.edi", "E0126", "PO107"),
    ("terminator-lost-before-trailer.edi", "E0126", "CTT01"),
    ("edifact-terminator-lost.edi", "E0126", "QTY01"),
    ("terminators-lost-one-a-line.edi", "E0126", "PO107"),
    ("terminator-lost-behind-header.edi", "E0126", "ST02"),
    ("edifact-terminator-lost-behind-header.edi", "E0126", "UNH02"),
    ("edifact-utf8-as-unoc.edi", "E0313", "NAD04"),
    ("ta1-alone-counted.edi", "E0111", "IEA01"),
    ("edifact-segment-without-id.edi", "E0201", ""),
    ("gs-without-version.edi", "E0103", "GS08"),
    ("isa-sender-too-long.edi", "E0122", "ISA06"),
    ("isa16-is-separator.edi", "E0122", "ISA16"),
    ("isa16-is-terminator.edi", "E0122", "ISA16"),
    ("isa11-is-separator.edi", "E0122", "ISA11"),
    ("cut-in-set.edi", "E0106", "SE"),
    ("cut-in-group-header.edi", "E0105", "GE"),
    ("cut-by-next-interchange.edi", "E0106", "SE"),
    ("edifact-cut.edi", "E0106", "UNT"),
    ("edifact-unh-without-version.edi", "E0114", "UNH02-2"),
    ("edifact-una-short.edi", "E0101", "UNA"),
    ("edifact-una-same.edi", "E0101", "UNA"),
    ("edifact-separator-in-value.edi", "E0311", "BGM02"),
    ("edifact-unox.edi", "E0122", "UNB01-1"),
    ("edifact-unb-without-reference.edi", "E0122", "UNB05"),
    ("edifact-unb-reference-long.edi", "E0306", "UNB05"),
    ("edifact-unh-without-reference.edi", "E0114", "UNH01"),
    ("gs-control-letters.edi", "E0127", "GS06"),
    ("gs-further.edi", "E0129", "GS10"),
    ("iea-further.edi", "E0129", "IEA03"),
    ("edifact-unb-further.edi", "E0129", "UNB12"),
    ("isa-control-letters.edi", "E0122", "ISA13"),
    ("isa11-is-component.edi", "E0122", "ISA11"),
    ("isa16-empty.edi", "E0102", "ISA"),
    ("isa16-blank.edi", "E0122", "ISA16"),
    ("isa-blank-before-terminator.edi", "E0102", "ISA"),
    ("isa16-letter.edi", "E0122", "ISA16"),
    ("separator-point.edi", "E0128", "ISA"),
    ("edifact-una-release-is-separator.edi", "E0101", "UNA"),
    ("edifact-una-release-is-letter.edi", "E0101", "UNA"),
    ("edifact-una-repetition-is-component.edi", "E0128", "UNA"),
    ("edifact-una-point-is-component.edi", "E0128", "UNA"),
    ("first-line-before-header.edi", "E0202", "PO1"),
    ("hl-number-empty.edi", "E0301", "HL01"),
    ("hl-first-below-zero.edi", "E0412", "HL02"),
    ("hl-tops-below-zero.edi", "E0412", "HL02"),
    ("edifact-cps-number-empty.edi", "E0301", "CPS01"),
    ("set-number-empty.edi", "E0114", "ST02"),
    ("other-standard-between.edi", "E0003", ""),
];

#[test]
fn one_cause_is_one_fault() {
    for (fixture, code, segment) in CAUSES {
        let path = folder("fixtures/hostile").join(fixture);
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check(fixture, None, &bytes[..], options(&path)).expect("memory can be read");
        let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
        assert_eq!(found, [(code.to_string(), segment.to_string())], "{fixture}");
        assert_eq!(report.accepted(), NOTES.contains(fixture), "{fixture}");
    }
}

/// A document without line ends, and where its terminators are: those behind the interchange header.
fn in_one_line(fixture: &str) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = fs::read(folder(fixture)).expect("a fixture");
    bytes.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    let una = if bytes.starts_with(b"UNA") { 9 } else { 0 };
    let terminator = if bytes.starts_with(b"ISA") { b'~' } else { b'\'' };
    let ends = (una..bytes.len() - 1).filter(|at| bytes[*at] == terminator);
    // ISA's is what tells what the terminator is.
    let ends = if terminator == b'~' { ends.skip(1).collect() } else { ends.collect() };
    (bytes, ends)
}

const TYPICAL: &[&str] = &[
    "fixtures/x12/4010/850/typical.edi",
    "fixtures/x12/5010/850/typical.edi",
    "fixtures/edifact/d96a/orders/typical.edi",
];

fn told(name: &str, bytes: &[u8]) -> Vec<(String, u64)> {
    let report = report::check(name, None, bytes, Options::default()).expect("memory can be read");
    report.all_faults().iter().map(|fault| (fault.code.to_string(), fault.place.byte)).collect()
}

/// Wherever a terminator is lost, in a set or around it, that is all that is said, with the byte where it should stand.
#[test]
fn a_terminator_lost_within_a_line_is_one_fault() {
    let mut lost = 0;
    for fixture in TYPICAL {
        let (bytes, ends) = in_one_line(fixture);
        for end in &ends {
            let damaged = [&bytes[..*end], &bytes[end + 1..]].concat();
            let expected = [("E0126".to_owned(), *end as u64)];
            assert_eq!(told(fixture, &damaged), expected, "{fixture} without the terminator at {end}");
            lost += 1;
        }
    }
    assert!(lost > 60, "{lost} terminators");
}

/// However many are lost, wherever they are.
#[test]
fn many_terminators_lost_are_told_as_that() {
    let mut seed = 7u64;
    let mut next = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    for fixture in TYPICAL {
        let (bytes, ends) = in_one_line(fixture);
        for number in (2..=12).flat_map(|number| [number; 4]) {
            let mut left = ends.clone();
            let lost: Vec<usize> = (0..number).map(|_| left.swap_remove(next(left.len()))).collect();
            let kept = bytes.iter().enumerate().filter(|(at, _)| !lost.contains(at)).map(|(_, byte)| *byte);
            let damaged: Vec<u8> = kept.collect();
            let found = told(fixture, &damaged);
            let shown = String::from_utf8_lossy(&damaged);
            assert!(!found.is_empty() && found.iter().all(|(code, _)| code == "E0126"), "{found:?} of {shown}");
        }
    }
}

/// A sender whose program drops one a line drops thousands: that is one fault, which says how many, and takes no longer than
/// lines do. So does a set that looks for every value as if it went on with another segment, and doesn't.
#[test]
fn thousands_of_terminators_lost_take_linear_time() {
    let lines = 20_000;
    let head = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P*>~\
        GS*PO*NORTHWIND*ACMEDIST*20260105*0930*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260105~";
    let line = |n: usize| format!("PO1*{n}*5*EA*9.25**VN*A-101PID*F****Widget~");
    let body: String = (1..=lines).map(line).collect();
    let text = format!("{head}{body}CTT*{lines}~SE*{}*0001~GE*1*1~IEA*1*000000001~", 2 * lines + 4);
    let begun = std::time::Instant::now();
    let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
    let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
    assert_eq!(found, [("E0126".to_owned(), "PO107".to_owned())]);
    let sentence = &report.all_faults()[0].sentence;
    assert!(
        sentence.starts_with("20000 terminators are missing in the set: the first in segment 3 (PO1)"),
        "{sentence}"
    );
    let all = "*A-101PID".repeat(300_000);
    let text = format!("{head}PO1*1*5*EA*9.25{all}*X~CTT*1~SE*900000*0001~GE*1*1~IEA*1*000000001~");
    let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
    assert!(!report.accepted());
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn each_terminator_that_is_lost_is_told() {
    let fixture = "terminator-lost-twice.edi";
    let bytes = fs::read(folder("fixtures/hostile").join(fixture)).expect("a fixture");
    let report = report::check(fixture, None, &bytes[..], Options::default()).expect("memory can be read");
    let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
    assert_eq!(found, [("E0126".into(), "N301".to_owned()), ("E0126".into(), "PO107".into())]);
}

/// A line that is not taken for one is missing, and the count says more than there is: where the agreement lets unknown
/// segments pass, the count is what refuses the set.
#[test]
fn a_count_of_lines_is_told_where_nothing_else_refuses_the_set() {
    let bytes = fs::read(folder("fixtures/hostile/line-id-misspelt.edi")).expect("a fixture");
    let policy = Policy { unknown_segments: Severity::Warn, ..Policy::default() };
    let options = Options { policy, ..Options::default() };
    let report = report::check("x", None, &bytes[..], options).expect("memory can be read");
    let found: Vec<_> = report.all_faults().iter().map(|fault| fault.code.to_string()).collect();
    assert_eq!((found, report.accepted()), (vec!["E0201".to_owned(), "E0410".to_owned()], false));
}

/// A set whose terminator is missing, or that breaks off at a line end, costs itself: those before and behind it stand.
/// One that is missing between envelopes costs none.
#[test]
fn a_missing_terminator_costs_one_set() {
    let cases: [(&str, &[bool]); 10] = [
        ("terminator-missing.edi", &[false, true]),
        ("terminator-missing-before-trailer.edi", &[false, true]),
        ("terminator-missing-of-trailer.edi", &[false, true]),
        ("terminator-missing-of-group-header.edi", &[true]),
        ("terminator-missing-of-group-trailer.edi", &[true]),
        ("edifact-terminator-missing-of-header.edi", &[true]),
        ("edifact-terminator-missing-of-trailer.edi", &[true, true]),
        ("set-cut-at-line-end.edi", &[true, false, true]),
        ("edifact-terminator-missing.edi", &[false, true]),
        ("edifact-message-cut-at-line-end.edi", &[true, false, true]),
    ];
    for (fixture, accepted) in cases {
        let bytes = fs::read(folder("fixtures/hostile").join(fixture)).expect("a fixture");
        let report = report::check(fixture, None, &bytes[..], Default::default()).expect("memory can be read");
        let stand: Vec<bool> = report.sets.iter().map(|set| set.accepted).collect();
        assert_eq!(stand, accepted, "{fixture}");
    }
}

/// Binary data of a wrong length is one fault, whatever in it looks like segments, and the set behind it stands.
#[test]
fn a_wrong_length_of_binary_data_is_one_fault() {
    let data = "%PDF~1.4*x~QQ*1~ABC*DEF~trailer";
    let cases = [
        ("12", data, "E0119", "BIN02"),
        ("40", data, "E0119", "BIN02"),
        ("99999999", data, "E0119", "BIN02"),
        ("4", "short data", "E0119", "BIN02"),
        ("-5", "short data", "E0119", "BIN02"),
        ("abc", data, "E0307", "BIN01"),
        ("", "short data", "E0301", "BIN01"),
        ("12", "%PDF~SE*4*0001~trailer", "E0119", "BIN02"),
        ("12", "%PDF~SE*9*0002~trailer", "E0119", "BIN02"),
        ("12", "%PDF~SE*4*0001~a~SE*9*0002~b~SE*x*0002", "E0119", "BIN02"),
        ("12", "%PDF~ST*850*0001~BEG*00~SE*3*0001~GE*1*1~IEA*1*000000001~b", "E0119", "BIN02"),
        ("12", "%PDF~REF*AB*C~LX*1~trailer", "E0119", "BIN02"),
    ];
    let fixture = fs::read(folder("fixtures/hostile/binary-wrong-length.edi")).expect("a fixture");
    let at = fixture.windows(19).position(|part| part == b"BIN*931*short data~").expect("a wrong length");
    for (length, data, code, element) in cases {
        let bin = format!("BIN*{length}*{data}~");
        let bytes = [&fixture[..at], bin.as_bytes(), &fixture[at + 19..]].concat();
        let report = report::check("x", None, &bytes[..], Default::default()).expect("memory can be read");
        let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
        assert_eq!(found, [(code.to_string(), element.to_string())], "{bin}");
        let accepted: Vec<bool> = report.sets.iter().map(|set| set.accepted).collect();
        assert_eq!(accepted, [false, true], "{bin}");
    }
}

/// A count that can't be right whatever of the data is a segment is another cause, and has its own fault.
#[test]
fn a_wrong_count_beside_binary_data_of_a_wrong_length_is_told() {
    let fixture = fs::read(folder("fixtures/hostile/binary-wrong-length.edi")).expect("a fixture");
    let at = fixture.windows(10).position(|part| part == b"SE*9*0002~").expect("a trailer");
    for (count, told) in [("9", false), ("10", true), ("8", true)] {
        let trailer = format!("SE*{count}*0002~");
        let bytes = [&fixture[..at], trailer.as_bytes(), &fixture[at + 10..]].concat();
        let report = report::check("x", None, &bytes[..], Default::default()).expect("memory can be read");
        let codes: Vec<_> = report.all_faults().iter().map(|fault| fault.code.to_string()).collect();
        assert_eq!(codes, if told { vec!["E0119", "E0107"] } else { vec!["E0119"] }, "{count}");
    }
}

/// Where no trailer of the set's own number says where the data end, they end with the first terminator, and the set behind
/// is read; however many there are, the time that it takes stays linear.
#[test]
fn binary_data_without_end_costs_its_own_set() {
    let fixture = fs::read(folder("fixtures/hostile/binary-wrong-length.edi")).expect("a fixture");
    let split = |part: &[u8]| fixture.windows(part.len()).position(|there| there == part).expect("its part");
    let [first, second, end] = [&b"ST*275*0002~"[..], b"ST*275*0001~", b"GE*2*1~"].map(split);
    let cut = fixture[first..second].to_vec();
    let cut = String::from_utf8(cut).expect("text").replace("SE*9*0002~\n", "");
    let many = 5_000;
    let text = [&fixture[..first], cut.repeat(many).as_bytes(), &fixture[second..end]].concat();
    let begun = std::time::Instant::now();
    let report = report::check("x", None, &text[..], Default::default()).expect("memory can be read");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    let accepted: Vec<bool> = report.sets.iter().map(|set| set.faults.iter().all(|f| f.costs < Costs::Set)).collect();
    assert_eq!(accepted.iter().filter(|accepted| **accepted).count(), 1);
    assert_eq!((accepted.len(), accepted.last()), (many + 1, Some(&true)));
    let codes: Vec<&str> = report.sets[0].faults.iter().map(|fault| &*fault.code).collect();
    assert_eq!(codes, ["E0119", "E0106"]);
}

/// The same for an EDIFACT package, also if its trailer is missing: the message behind it is read.
#[test]
fn a_wrong_length_of_a_package_is_one_fault() {
    let object = "ab'cd+e'fg";
    let cases = [
        ("5", "UNP+10+P1'", "UNO04-1"),
        ("40", "UNP+10+P1'", "UNO04-1"),
        ("x", "UNP+10+P1'", "UNO04-1"),
        ("9", "UNP+9+P1'", "UNO04-1"),
        ("10", "UNP+x+P1'", "UNP01"),
        ("10", "", "UNO04-1"),
    ];
    let fixture = fs::read_to_string(folder("fixtures/hostile/edifact-package-wrong-length.edi")).expect("a fixture");
    for (length, unp, element) in cases {
        let text = fixture.replace("png+900'", &format!("png+{length}'"));
        let text = text.replace("plain text insideUNP+17+P1'", &format!("{object}{unp}"));
        let report = report::check("x", None, text.as_bytes(), Default::default()).expect("memory can be read");
        let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
        assert_eq!(found, [("E0119".to_string(), element.to_string())], "{length} {unp}");
        let accepted: Vec<bool> = report.sets.iter().map(|set| set.accepted).collect();
        assert_eq!(accepted, [false, true], "{length} {unp}");
    }
}

/// Each element that UNB must have is missed by its name, and the message stands.
#[test]
fn what_unb_lacks_is_told() {
    let fixture = fs::read_to_string(folder("fixtures/edifact/d96a/form-feeds.edi")).expect("a fixture");
    let (una, rest) = fixture.split_at(fixture.find("UNB+").expect("a header"));
    let behind = &rest[rest.find('\'').expect("its end")..];
    let cases = [
        ("UNOC:3++B:14+260105:0930+1", "UNB02-1"),
        ("UNOC:3+:14+B:14+260105:0930+1", "UNB02-1"),
        ("UNOC:3+A:14++260105:0930+1", "UNB03-1"),
        ("UNOC+A:14+B:14+260105:0930+1", "UNB01-2"),
        (":3+A:14+B:14+260105:0930+1", "UNB01-1"),
        ("UNOC:3+A:14+B:14+:0930+1", "UNB04-1"),
        ("UNOC:3+A:14+B:14+260105+1", "UNB04-2"),
    ];
    for (header, element) in cases {
        let text = format!("{una}UNB+{header}{behind}");
        let report = report::check("x", None, text.as_bytes(), Default::default()).expect("memory can be read");
        let found: Vec<String> = report
            .all_faults()
            .iter()
            .filter(|fault| *fault.code == *"E0122" && fault.found.is_empty())
            .map(|fault| fault.place.at.to_string())
            .collect();
        assert_eq!(found, [element], "{header}");
        assert!(report.sets.iter().all(|set| set.faults.is_empty()), "{header}");
    }
}

/// A date with its century is a note before syntax 4, where it is right; what is no day stays a warning.
#[test]
fn a_century_in_unb_is_told_before_syntax_4() {
    let fixture = fs::read_to_string(folder("fixtures/edifact/d96a/form-feeds.edi")).expect("a fixture");
    let (una, rest) = fixture.split_at(fixture.find("UNB+").expect("a header"));
    let behind = &rest[rest.find('\'').expect("its end")..];
    for (syntax, date, costs) in [
        (3, "20260105", Some(Costs::Nothing)),
        (1, "20260105", Some(Costs::Nothing)),
        (4, "20260105", None),
        (3, "260105", None),
        (3, "20261305", Some(Costs::Segment)),
    ] {
        let text = format!("{una}UNB+UNOC:{syntax}+A:14+B:14+{date}:0930+1{behind}");
        let report = report::check("x", None, text.as_bytes(), Default::default()).expect("memory can be read");
        let told: Vec<_> = report.all_faults().iter().filter(|f| *f.code == *"E0122").map(|f| f.costs).collect();
        assert_eq!(told, Vec::from_iter(costs), "{syntax}, {date}");
        assert!(report.sets.iter().all(|set| set.faults.is_empty()), "{syntax}, {date}");
    }
}

/// What is too long or of the wrong type in UNB is one warning at its place, by the syntax that it is in; the message stands.
#[test]
fn lengths_and_types_in_unb_are_told() {
    let fixture = fs::read_to_string(folder("fixtures/edifact/d96a/form-feeds.edi")).expect("a fixture");
    let (una, rest) = fixture.split_at(fixture.find("UNB+").expect("a header"));
    let behind = &rest[rest.find('\'').expect("its end")..];
    let routed = "A:14:ROUTED-TO-WAREHOUSE+B:14:BACK-TO-ACCOUNTS";
    let cases: [(&str, &[(&str, &str)]); 11] = [
        ("UNOC:3+A:14+B:14+260105:0930+77+PASSWORD:BB+ORDERS+A+1+EANCOM+1", &[]),
        (&format!("UNOC:3+{routed}+260105:0930+77"), &[("E0306", "UNB02-3"), ("E0306", "UNB03-3")]),
        (&format!("UNOC:4+{routed}+20260105:0930+77"), &[]),
        ("UNOC:3+A:14+B:14+260105:0930+77+A-LONG-PASSWORD+ORDERS", &[("E0306", "UNB06-1")]),
        ("UNOC:3+A:14+B:14+260105:0930+77+P?+SS:PWD", &[("E0306", "UNB06-2")]),
        ("UNOC:3+A:14+B:14+260105:0930+77++PURCHASE-ORDERS", &[("E0306", "UNB07")]),
        ("UNOC:3+A:14+B:14+260105:0930+77+++7", &[("E0122", "UNB08")]),
        ("UNOC:3+A:14+B:14+260105:0930+77+++HIGH", &[("E0306", "UNB08")]),
        ("UNOC:3+A:14+B:14+260105:0930+77++++Y", &[("E0122", "UNB09")]),
        ("UNOC:3+A:14+B:14+260105:0930+77+++++AN-AGREEMENT-OF-MORE-THAN-THIRTY-FIVE", &[("E0306", "UNB10")]),
        ("UNOC:3+A:14+B:14+260105:0930+77++++++TEST", &[("E0306", "UNB11")]),
    ];
    for (header, expected) in cases {
        let text = format!("{una}UNB+{header}{behind}");
        let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
        let found = report.all_faults().into_iter().filter(|fault| fault.place.at.to_string().starts_with("UNB"));
        let found: Vec<_> = found.map(|fault| (&*fault.code, fault.place.at.to_string(), fault.costs)).collect();
        let expected = expected.iter().map(|(code, place)| (*code, (*place).to_owned(), Costs::Segment));
        assert_eq!(found, expected.collect::<Vec<_>>(), "{header}");
        assert!(report.sets.iter().all(|set| set.accepted), "{header}");
    }
}

/// What has no header that can be read has no sets, and what stands beside it is not touched.
#[test]
fn what_is_refused_does_not_stand() {
    for (fixture, accepted) in [
        ("edifact-una-short.edi", &[][..]),
        ("edifact-una-same.edi", &[]),
        ("gs-without-version.edi", &[false]),
        ("edifact-unh-without-version.edi", &[false]),
        ("cut-by-next-interchange.edi", &[false, true]),
        ("other-standard-between.edi", &[true, true]),
        ("ta1-values.edi", &[false]),
    ] {
        let bytes = fs::read(folder("fixtures/hostile").join(fixture)).expect("a fixture");
        let report = report::check(fixture, None, &bytes[..], Default::default()).expect("memory can be read");
        let found: Vec<bool> = report.sets.iter().map(|set| set.accepted).collect();
        assert_eq!(found, accepted, "{fixture}");
    }
}

/// Delimiters are no data: no character set speaks of them.
#[test]
fn delimiters_that_are_no_text_are_none_of_its_faults() {
    for fixture in ["terminator-one-high-byte.edi", "edifact-level-b.edi"] {
        let path = folder("fixtures/hostile").join(fixture);
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check(fixture, None, &bytes[..], options(&path)).expect("memory can be read");
        assert_eq!(report.all_faults(), Vec::<&Fault>::new(), "{fixture}");
        assert_eq!(report.sets.len(), 1, "{fixture}");
    }
    let text = fs::read(folder("fixtures/hostile/terminator-one-high-byte.edi")).expect("a fixture");
    let nul: Vec<u8> = text.iter().map(|byte| if *byte == 0x85 { 0 } else { *byte }).collect();
    let report = report::check("nul", None, &nul[..], Options::default()).expect("memory can be read");
    assert_eq!((report.all_faults(), report.sets.len()), (vec![], 1));
}

/// Lines whose blanks were taken off can't be put together: that is told, whatever else is wrong for it.
#[test]
fn lines_that_lost_their_blanks_are_told() {
    let bytes = include_bytes!("samples/folded-80-trimmed.edi");
    let report = report::check("x", None, &bytes[..], Options::default()).expect("memory can be read");
    let told: Vec<_> = report.all_faults().into_iter().filter(|fault| &*fault.code == "E0118").collect();
    assert_eq!(told.len(), 1, "{:?}", report.all_faults());
    assert!(told[0].sentence.contains("can't be put together"), "{}", told[0].sentence);
    let whole = fs::read(folder("fixtures/hostile/folded-80.edi")).expect("a fixture");
    // Shorter ones, too, where the header itself lost some.
    let text: Vec<u8> = whole.iter().copied().filter(|byte| *byte != b'\n').collect();
    let mut cut = 0;
    for width in 16..40 {
        let lines: Vec<&[u8]> = text.chunks(width).map(<[u8]>::trim_ascii_end).collect();
        // A shorter first one is what a header in the middle of a line begins with.
        if lines[1..lines.len() - 1].iter().all(|line| line.len() == width) {
            continue;
        }
        cut += 1;
        let report = report::check("x", None, &lines.join(&b"\n"[..])[..], Options::default()).expect("memory");
        let told: Vec<_> = report.all_faults().into_iter().filter(|fault| &*fault.code == "E0118").collect();
        assert!(told.len() == 1 && told[0].sentence.contains("can't be put together"), "{width}: {told:?}");
    }
    assert!(cut > 5, "{cut}");
    let by_cr: Vec<u8> = whole.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect();
    let [lf, cr] =
        [&whole, &by_cr].map(|bytes| report::check("x", None, &bytes[..], Options::default()).expect("memory"));
    assert_eq!(lf.all_faults(), cr.all_faults());
}

/// That nothing is above is read of levels of the first one's kind alone: of another kind, one would stand below something.
#[test]
fn a_level_below_zero_of_another_kind_is_no_top() {
    let text = fs::read_to_string(folder("fixtures/hostile/hl-tops-below-zero.edi")).expect("a fixture");
    let text = text.replace("HL*3*0*S", "HL*3*0*O");
    let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
    let found: Vec<_> = report.all_faults().iter().map(|f| (f.code.to_string(), f.place.at.to_string())).collect();
    assert_eq!((found, report.accepted()), (vec![("E0412".into(), "HL02".into())], false));
}

/// Where a group stands beside it, or more is counted than there are answers, a wrong count of groups refuses as ever.
#[test]
fn a_count_of_groups_is_a_note_only_where_answers_stand_alone() {
    let alone = fs::read_to_string(folder("fixtures/hostile/ta1-alone-counted.edi")).expect("a fixture");
    let beside = fs::read_to_string(folder("fixtures/hostile/ta1-before-group.edi")).expect("a fixture");
    let twice = alone.replace("TA1*", "TA1*000000016*260105*0930*A*000~\nTA1*");
    let cases = [
        (alone.replace("IEA*1*", "IEA*2*"), false),
        (twice.replace("IEA*1*", "IEA*2*"), true),
        (twice, true),
        (beside.replace("IEA*1*", "IEA*2*"), false),
    ];
    for (text, accepted) in cases {
        let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
        let found: Vec<_> = report.all_faults().iter().map(|fault| fault.code.to_string()).collect();
        assert_eq!((found, report.accepted()), (vec!["E0111".to_owned()], accepted), "{text}");
    }
}
