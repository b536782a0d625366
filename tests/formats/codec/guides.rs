//! The guides that are compiled in can be read, are found by version, and are read quickly.

use crossdock_formats::{
    guides::{self, Change, Part, Usage, Weight},
    piece::Standard,
};
use std::time::Duration;

fn standard(name: &str) -> Standard {
    if name.starts_with("x12") { Standard::X12 } else { Standard::Edifact }
}

/// This thread's own time, so that what else runs on the machine does not count; where nothing tells it, none.
fn spent() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(spent.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

#[test]
fn every_guide_can_be_read() {
    let mut count = 0;
    for (shelf, kind) in guides::list() {
        let version = shelf.split('/').nth(1).expect("standard/version");
        let version = if version == "v4" { "4" } else { version };
        let started = spent();
        let guide =
            guides::find(standard(shelf), version, kind).unwrap_or_else(|| panic!("{shelf} {kind} can't be read"));
        let took = spent().saturating_sub(started);
        assert!(took.as_millis() < 500, "{shelf} {kind} took {took:?}");
        assert_eq!(&*guide.kind, kind);
        assert!(guide.parts.len() > 2 || kind == "TA1", "{shelf} {kind} has no parts");
        for id in ids(&guide.parts) {
            assert!(guide.segments.contains_key(id), "{shelf} {kind} has no elements for {id}");
        }
        count += 1;
    }
    // Every set of the facts: 293 + 318 and TA1 of each, 125 + 194, EANCOM's own eleven, CONTRL of two syntaxes.
    assert_eq!(count, 293 + 318 + 2 + 125 + 194 + 11 + 2);
}

fn ids<'a>(parts: &'a [Part]) -> Vec<&'a str> {
    let of = |part: &'a Part| match part {
        Part::Segment { id, .. } => vec![&**id],
        Part::Loop { parts, .. } => ids(parts),
    };
    parts.iter().flat_map(of).collect()
}

#[test]
fn what_nobody_has_gone_through_says_so() {
    let generated = |standard, version, kind| guides::find(standard, version, kind).map(|guide| guide.generated);
    assert_eq!(generated(Standard::X12, "004010", "850"), Some(false));
    assert_eq!(generated(Standard::X12, "004010", "309"), Some(true));
    assert_eq!(generated(Standard::Edifact, "D96A", "ORDERS"), Some(false));
    let prodat = guides::find(Standard::Edifact, "D96A", "PRODAT").expect("EANCOM's own messages are there too");
    assert_eq!((prodat.generated, &*prodat.functional_id), (true, ""));
    assert_eq!(prodat.segments["HYN"].elements.len(), 5);
}

#[test]
fn envelope_segments_are_known_though_no_set_has_them() {
    let isa = guides::segment(Standard::X12, "005010", "ISA").expect("ISA");
    assert_eq!((isa.elements.len(), isa.elements[12].max), (16, 9));
    assert!(guides::segment(Standard::Edifact, "D96A", "UNB").is_some());
    assert!(guides::segment(Standard::X12, "005010", "ZZZ").is_none());
}

#[test]
fn versions_are_found_whole_or_with_an_industry_suffix() {
    let found = |standard, version, kind| guides::find(standard, version, kind).map(|g| (&*g.version, &*g.kind));
    let x12 = Standard::X12;
    assert_eq!(found(x12, "004010", "850"), Some(("004010", "850")));
    assert_eq!(found(x12, "004010VICS", "850"), Some(("004010", "850")));
    assert_eq!(found(x12, "005010X231A1", "999"), Some(("005010", "999")));
    assert_eq!(found(x12, "003010", "850"), None);
    assert_eq!(found(x12, "", "850"), None);
    assert_eq!(found(x12, "00401é", "850"), None);
    assert_eq!(found(Standard::Edifact, "D96A", "ORDERS"), Some(("D96A", "ORDERS")));
    assert_eq!(found(Standard::Edifact, "D3", "CONTRL"), Some(("v3", "CONTRL")));
    assert_eq!(found(Standard::Edifact, "41", "CONTRL"), Some(("v4", "CONTRL")));
    assert_eq!(found(Standard::Csv, "004010", "850"), None);
}

#[test]
fn elements_carry_type_length_and_codes() {
    let guide = guides::find(Standard::X12, "004010", "850").expect("a guide");
    let beg = &guide.segments["BEG"];
    let (purpose, number) = (&beg.elements[0], &beg.elements[2]);
    assert_eq!((&*purpose.reference, purpose.mandatory, &*purpose.kind), ("353", true, "ID"));
    assert!(purpose.codes.contains("00") && !purpose.codes.contains("QQ"));
    assert_eq!((&*number.reference, number.min, number.max), ("324", 1, 22));
    assert!(guide.knows("BAK") && !guide.knows("ZZZ"));
}

/// A segment that no document can have right by a partner's guide, since a note of the standard's wants what it forbids.
#[test]
fn a_guide_that_no_segment_can_fulfil_is_told() {
    let base = guides::find(Standard::X12, "004010", "850").expect("a guide");
    let notes =
        |id: &str| -> Vec<String> { base.segments[id].notes.iter().map(|note| note.text.to_string()).collect() };
    // The notes that the rows are made for.
    assert!(notes("REF").contains(&"R0203".to_owned()) && notes("PO1").contains(&"P0607".to_owned()));
    assert!(notes("PO1").contains(&"C0302".to_owned()), "{:?}", notes("PO1"));
    let (forbidden, required) = (Usage::Forbidden, Usage::Required);
    type Changes<'a> = &'a [(&'a str, Usage)];
    let rows: [(Changes, Option<&str>); 6] = [
        (&[("REF02", forbidden)], None),
        (&[("REF02", forbidden), ("REF03", forbidden)], Some("REF03: no REF can be right any more: the note R0203")),
        (&[("PO107", forbidden)], None),
        (&[("PO106", required), ("PO107", forbidden)], Some("PO107: no PO1 can be right any more: the note P0607")),
        (&[("PO102", forbidden)], None),
        (&[("PO103", required), ("PO102", forbidden)], Some("PO102: no PO1 can be right any more: the note C0302")),
    ];
    for (changes, expected) in rows {
        let change = |(line, (path, usage)): (u32, &(&str, Usage))| Change {
            line,
            path: (*path).into(),
            usage: Some(*usage),
            ..Change::default()
        };
        let changes: Vec<Change> = (1..).zip(changes).map(change).collect();
        let (_, remarks) = base.with(&changes);
        let faults: Vec<String> = remarks
            .iter()
            .filter(|remark| remark.weight == Weight::Fault)
            .map(|remark| format!("{}: {}", remark.path, remark.sentence))
            .collect();
        assert_eq!(faults.len(), usize::from(expected.is_some()), "{changes:?}: {faults:?}");
        assert!(expected.is_none_or(|expected| faults[0].starts_with(expected)), "{faults:?}");
    }
}
