//! What an agreement tolerates: the same document by other policies.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    fault::{Costs, Fault, Origin},
    guides::{self, Applies, Change, Guides, Usage},
    piece::{Area, Characters, Isa11, Piece, Policy, Severity, Standard, TextIn},
    read, sniff,
    write::Repertoire,
};
use std::fs;

/// The worst cost of a fixture by a policy, and the codes found.
fn judged(fixture: &str, policy: Policy) -> (Costs, Vec<String>) {
    let bytes = fs::read(folder("fixtures/hostile").join(fixture)).expect("a fixture");
    let mut faults = Vec::new();
    for piece in pieces(Standard::X12, &bytes, Options { policy, ..Options::default() }) {
        faults.extend(match piece {
            Piece::Set(set) => set.faults,
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => continue,
        });
    }
    let worst = faults.iter().map(|fault| fault.costs).max().unwrap_or(Costs::Nothing);
    (worst, faults.iter().map(|fault| fault.code.to_string()).collect())
}

fn counts(counts: Severity) -> Policy {
    Policy { counts, ..Policy::default() }
}

fn totals(totals: Severity) -> Policy {
    Policy { totals, ..Policy::default() }
}

fn unknown(unknown_segments: Severity) -> Policy {
    Policy { unknown_segments, ..Policy::default() }
}

#[test]
fn counts_are_enforced_noted_or_ignored() {
    let rows = [
        ("se-count.edi", "E0107", Costs::Set),
        ("se-control.edi", "E0108", Costs::Set),
        ("ge-count.edi", "E0109", Costs::Group),
        ("ge-control.edi", "E0110", Costs::Group),
        ("iea-count.edi", "E0111", Costs::Interchange),
        ("iea-control.edi", "E0112", Costs::Interchange),
        ("ctt-count.edi", "E0410", Costs::Set),
    ];
    for (fixture, code, costs) in rows {
        let found = vec![code.to_owned()];
        // Lines are counted by a setting of their own.
        let counts: fn(Severity) -> Policy = if code == "E0410" { totals } else { counts };
        assert_eq!(judged(fixture, counts(Severity::Reject)), (costs, found.clone()), "{fixture}");
        assert_eq!(judged(fixture, counts(Severity::Warn)), (Costs::Nothing, found), "{fixture}");
        assert_eq!(judged(fixture, counts(Severity::Ignore)), (Costs::Nothing, vec![]), "{fixture}");
    }
}

#[test]
fn groups_of_another_kind_are_refused_noted_or_ignored() {
    let by = |severity| {
        let mut policy = Policy::default();
        policy.strictness.set(Area::GroupKinds, severity);
        judged("group-other-kind.edi", policy)
    };
    let found = vec!["E0124".to_owned()];
    assert_eq!(by(Severity::Reject), (Costs::Set, found.clone()));
    assert_eq!(by(Severity::Warn), (Costs::Nothing, found.clone()));
    assert_eq!(by(Severity::Ignore), (Costs::Nothing, vec![]));
    assert_eq!(judged("group-other-kind.edi", Policy::default()), (Costs::Nothing, found));
}

#[test]
fn unknown_sets_are_refused_noted_as_an_error_or_ignored() {
    let by = |severity| {
        let mut policy = Policy::default();
        policy.strictness.set(Area::Sets, severity);
        judged("no-guide.edi", policy)
    };
    let found = vec!["E0123".to_owned()];
    assert_eq!(by(Severity::Reject), (Costs::Set, found.clone()));
    assert_eq!(by(Severity::Warn), (Costs::Segment, found.clone()));
    assert_eq!(by(Severity::Ignore), (Costs::Nothing, vec![]));
    assert_eq!(judged("no-guide.edi", Policy::default()), (Costs::Set, found));
    assert_eq!(judged("version-without-guide.edi", Policy::default()), (Costs::Nothing, vec!["E0116".to_owned()]));
}

#[test]
fn unknown_segments_are_refused_warned_of_or_ignored() {
    let fixtures = [
        ("unknown-segment.edi", "E0201"),
        ("segment-without-id.edi", "E0201"),
        ("segment-of-another-set.edi", "E0207"),
    ];
    for (fixture, code) in fixtures {
        let found = vec![code.to_owned()];
        assert_eq!(judged(fixture, unknown(Severity::Reject)), (Costs::Set, found.clone()));
        assert_eq!(judged(fixture, unknown(Severity::Warn)), (Costs::Segment, found));
        assert_eq!(judged(fixture, unknown(Severity::Ignore)), (Costs::Nothing, vec![]));
    }
}

/// An order with something wrong in each area, and the code that says so.
const AREAS: [(Area, &str, &str, &str); 8] = [
    (Area::Order, "CTT*1~", "BEG*00*SA*PO-1**20260102~\nCTT*1~", "E0202"),
    (Area::Repeats, "BEG*00*SA*PO-1**20260102~", "BEG*00*SA*PO-1**20260102~\nBEG*00*SA*PO-1**20260102~", "E0204"),
    (Area::Required, "BEG*00*SA*PO-1**20260102~", "BEG*00*SA*PO-1~", "E0301"),
    (Area::Extra, "CTT*1~", "CTT*1*2*3*LB*4*CF*D*E~", "E0302"),
    (Area::Conditions, "*VN*A-1", "*VN", "E0401"),
    (Area::Codes, "BEG*00*SA", "BEG*00*QQ", "E0310"),
    (Area::Lengths, "*PO-1*", "*PO-123456789012345678901234567890*", "E0306"),
    (Area::Values, "*5*EA", "*5x*EA", "E0307"),
];

fn order(from: &str, to: &str) -> String {
    let text = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\n\
        GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~\nST*850*0001~\nBEG*00*SA*PO-1**20260102~\n\
        PO1*1*5*EA*4.20**VN*A-1~\nCTT*1~\nSE*5*0001~\nGE*1*1~\nIEA*1*000000001~\n";
    let text = text.replace(from, to);
    let segments = text.lines().count() - 4;
    text.replace("SE*5*", &format!("SE*{segments}*"))
}

/// Codes, whether the set stands, and whose word it is.
fn read_by(text: &str, policy: Policy) -> (Vec<String>, bool, Vec<Origin>) {
    let standard = sniff(text.as_bytes()).expect("a standard");
    let pieces = pieces(standard, text.as_bytes(), Options { policy, ..Options::default() });
    let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
    let set = set.expect("a set");
    let codes = set.faults.iter().map(|fault| fault.code.to_string()).collect();
    (codes, set.accepted(), set.faults.iter().map(|fault| fault.origin).collect())
}

#[test]
fn each_area_is_refused_warned_of_or_ignored() {
    for (area, from, to, code) in AREAS {
        let text = order(from, to);
        let by = |severity| {
            let mut policy = Policy::default();
            policy.strictness.set(area, severity);
            read_by(&text, policy)
        };
        let (codes, accepted, _) = by(Severity::Reject);
        assert!(codes.contains(&code.to_owned()) && !accepted, "{area:?}: {codes:?}");
        let (codes, accepted, origins) = by(Severity::Warn);
        assert!(codes.contains(&code.to_owned()) && accepted, "{area:?}: {codes:?}");
        let changed = if area == Area::Codes { Origin::Standard } else { Origin::Agreement };
        assert!(origins.contains(&changed), "{area:?}: {origins:?}");
        let (codes, accepted, _) = by(Severity::Ignore);
        assert!(!codes.contains(&code.to_owned()) && accepted, "{area:?}: {codes:?}");
    }
}

#[test]
fn a_kind_of_sets_may_be_read_otherwise() {
    let text = order("*5*EA", "*5x*EA");
    let mut lenient = Policy::default();
    lenient.strictness.set(Area::Values, Severity::Warn);
    for (kind, accepted) in [("850", true), ("860", false)] {
        let by_kind = [(kind.into(), lenient.clone())].into_iter().collect();
        let policy = Policy { by_kind: std::sync::Arc::new(by_kind), ..Policy::default() };
        assert_eq!(read_by(&text, policy).1, accepted, "{kind}");
    }
}

/// What refuses a set is told however many warnings stand before it.
#[test]
fn warnings_do_not_hide_what_refuses() {
    let mut lines = String::new();
    for n in 0..700 {
        lines += &format!("PO1*{n}*5*EA*4.20**QQ*A-1~\n");
    }
    let text = order("CTT*1~", &format!("{lines}PO1*701*5x*EA*4.20**VN*A-1~\nCTT*702~"));
    let (codes, accepted, _) = read_by(&text, Policy::default());
    assert!(codes.len() < 700 && codes.contains(&"E0307".to_owned()) && !accepted, "{} {accepted}", codes.len());
}

/// A partner's guide is taken where its version and application sender are the set's, and what it finds is its word.
#[test]
fn a_partners_guide_is_read_by() {
    let standard = guides::find(Standard::X12, "004010", "850").expect("the standard's guide");
    let change = Change { path: "BEG03".into(), max: Some(3), ..Change::default() };
    for (sender, accepted) in [("NORTHWIND", false), ("SOMEBODY", true)] {
        let applies = Applies { sender: Some(sender.into()), ..Applies::default() };
        let (guide, remarks) = standard.with(std::slice::from_ref(&change));
        assert!(remarks.is_empty(), "{remarks:?}");
        let guides = Guides::new(vec![(applies, guide)]);
        let policy = Policy { guides: guides.clone(), ..Policy::default() };
        let (codes, stands, origins) = read_by(&order("", ""), policy);
        let untaken: Vec<String> = guides.untaken().map(|(_, sets)| sets).collect();
        let expected = if accepted { vec!["850 004010 from SOMEBODY".to_owned()] } else { vec![] };
        assert_eq!(untaken, expected);
        assert_eq!(stands, accepted, "{sender}: {codes:?}");
        assert!(origins.iter().all(|origin| *origin == Origin::Guide), "{sender}: {origins:?}");
    }
}

/// A guide for one association code is taken for that code alone: with another, or with none, the standard's is. The
/// same code is written where nothing else is agreed.
#[test]
fn a_guide_is_chosen_by_its_association_code() {
    let standard = guides::find(Standard::Edifact, "D96A", "ORDERS").expect("the standard's guide");
    let change = Change { path: "BGM02".into(), max: Some(3), ..Change::default() };
    let (guide, remarks) = standard.with(std::slice::from_ref(&change));
    assert!(remarks.is_empty(), "{remarks:?}");
    let applies = Applies { association: Some("EAN008".into()), ..Applies::default() };
    let guides = Guides::new(vec![(applies, guide)]);
    let text = fs::read_to_string(folder("fixtures/edifact/d96a/form-feeds.edi")).expect("a fixture");
    let header = "UNH+1+ORDERS:D:96A:UN";
    let rest = text.split_once(header).expect("a header").1;
    let rest = &rest[rest.find('\'').expect("its end")..];
    let before = text.split_once(header).expect("a header").0;
    for (association, own) in [(":EAN008", true), (":EAN010", false), (":XYZ", false), ("", false)] {
        let text = format!("{before}{header}{association}{rest}");
        let (codes, _, origins) = read_by(&text, Policy { guides: guides.clone(), ..Policy::default() });
        assert_eq!(codes == ["E0306"], own, "{association}: {codes:?}");
        assert!(own || codes.is_empty(), "{association}: {codes:?}");
        assert!(origins.iter().all(|origin| *origin == Origin::Guide), "{association}: {origins:?}");
    }
    let written = ["ORDERS", "ORDRSP"].map(|kind| guides.association("D96A", kind));
    assert_eq!((written, guides.association("D01B", "ORDERS")), ([Some("EAN008"), None], None));
}

/// What a partner's guide forbids is told as that, once, and not as a loop without its start.
#[test]
fn what_a_guide_forbids_is_told_so() {
    let standard = guides::find(Standard::X12, "004010", "850").expect("the standard's guide");
    let bytes = fs::read(folder("fixtures/hostile/terminator-missing.edi")).expect("a fixture");
    let text = String::from_utf8(bytes).expect("text").replace("CUR*BY*USD\n", "CUR*BY*USD~\n");
    for path in ["CUR", "N1", "CTT"] {
        let change = Change { path: path.into(), usage: Some(Usage::Forbidden), ..Change::default() };
        let (mut guide, remarks) = standard.with(std::slice::from_ref(&change));
        assert!(remarks.is_empty(), "{remarks:?}");
        guide.file = Some("northwind.yaml".into());
        let policy = Policy { guides: Guides::new(vec![(Applies::default(), guide)]), ..Policy::default() };
        let all = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
        let sets: Vec<_> =
            all.into_iter().filter_map(|p| if let Piece::Set(set) = p { Some(set) } else { None }).collect();
        assert_eq!(sets.len(), 2);
        for set in sets {
            let told: Vec<_> = set.faults.iter().map(|f| (&*f.code, f.place.at.to_string(), &*f.sentence)).collect();
            assert!(
                matches!(&told[..], [("E0207", at, says)] if at == path && says.contains("the guide northwind.yaml forbids")),
                "{told:?}"
            );
        }
    }
}

/// A set by a guide with changes: its faults, and what is said of the changes.
fn by_guide(standard: Standard, kind: (&str, &str), changes: &[Change], text: &str) -> (Vec<Fault>, Vec<String>) {
    let base = guides::find(standard, kind.0, kind.1).expect("the standard's guide");
    let (mut guide, remarks) = base.with(changes);
    guide.file = Some("northwind.yaml".into());
    let policy = Policy { guides: Guides::new(vec![(Applies::default(), guide)]), ..Policy::default() };
    let all = pieces(standard, text.as_bytes(), Options { policy, ..Options::default() });
    let faults = all.into_iter().find_map(|p| if let Piece::Set(set) = p { Some(set.faults) } else { None });
    let remarks = remarks.iter().map(|said| format!("{:?} {}: {}", said.weight, said.path, said.sentence));
    (faults.expect("a set"), remarks.collect())
}

/// A loop of EDIFACT that is forbidden or limited is told by the guide's file; what stands inside of one that is forbidden
/// goes with it, though a loop before it could take the like.
#[test]
fn loops_of_edifact_name_the_guides_file() {
    let text = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+260105:0930+R1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'\
        DTM+137:20260105:102'RFF+CT:4711'NAD+BY+4012345000009::9'RFF+VA:DE1'CTA+OC+:J'COM+1:TE'NAD+SU+4012345000016::9'\
        LIN+1++4012345000115:EN'QTY+21:48'UNS+S'UNT+13+1'UNZ+1+R1'";
    let change = |path: &str, usage, repeats| Change { path: path.into(), usage, repeats, ..Change::default() };
    let kind = ("D96A", "ORDERS");
    let (faults, remarks) = by_guide(Standard::Edifact, kind, &[change("SG2", Some(Usage::Forbidden), None)], text);
    assert!(remarks.is_empty(), "{remarks:?}");
    let told: Vec<_> = faults.iter().map(|f| (&*f.code, f.place.at.to_string(), &*f.sentence)).collect();
    assert!(
        matches!(&told[..], [("E0207", at, says)] if at == "NAD" && says.contains("the guide northwind.yaml forbids")),
        "{told:?}"
    );
    let limits = [change("SG2", None, Some(Some(1))), change("SG7", Some(Usage::Required), None)];
    let (faults, _) = by_guide(Standard::Edifact, kind, &limits, text);
    let told: Vec<_> = faults.iter().map(|f| (&*f.code, f.place.at.to_string(), &*f.expected)).collect();
    assert!(
        matches!(&told[..], [("E0205", first, one), ("E0203", second, other)] if first == "NAD" && second == "CUX"
            && one.ends_with(", by the guide northwind.yaml") && other.ends_with(", by the guide northwind.yaml")),
        "{told:?}"
    );
}

/// A guide by which no document stands is no guide, and what stands inside of a forbidden loop is not linted as if it came.
#[test]
fn a_guide_that_refuses_all_is_told_and_what_never_comes_too() {
    type Changes = &'static [(&'static str, Option<Usage>)];
    let rows: [(Changes, &[&str]); 5] = [
        (&[("SE01", Some(Usage::Forbidden))], &["Fault SE01: SE01 belongs to every set"]),
        (&[("ST02", Some(Usage::Forbidden))], &["Fault ST02: ST02 belongs to every set"]),
        (
            &[("N1/PER", Some(Usage::Optional)), ("N1", Some(Usage::Forbidden))],
            &["Idle N1/PER: N1 is forbidden, and N1/PER never comes"],
        ),
        (
            &[("CTT", Some(Usage::Forbidden)), ("CTT01", Some(Usage::Optional))],
            &["Idle CTT01: CTT is forbidden, and CTT01 never comes"],
        ),
        (
            &[("N1", Some(Usage::Forbidden)), ("N1/PEER", Some(Usage::Required))],
            &["Fault N1/PEER: N1 of 850 004010 has no PEER"],
        ),
    ];
    for (changes, expected) in rows {
        let change = |(line, (path, usage)): (u32, &(&str, Option<Usage>))| Change {
            line,
            path: (*path).into(),
            usage: *usage,
            ..Change::default()
        };
        let changes: Vec<Change> = (1..).zip(changes).map(change).collect();
        let (_, remarks) = by_guide(Standard::X12, ("004010", "850"), &changes, &order("", ""));
        assert_eq!(remarks, expected, "{changes:?}");
    }
    let codes =
        |path: &str, code: &str| Change { path: path.into(), codes: Some(vec![code.into()]), ..Change::default() };
    let (_, remarks) = by_guide(Standard::X12, ("004010", "850"), &[codes("ST01", "855")], &order("", ""));
    assert_eq!(remarks, ["Fault ST01: ST01 is 850 in every set that this guide is for"]);
    let (_, remarks) = by_guide(Standard::X12, ("004010", "850"), &[codes("ST01", "850")], &order("", ""));
    assert!(!remarks.iter().any(|remark| remark.starts_with("Fault")), "{remarks:?}");
}

/// What a partner's guide limits names its file; what the standard limits as well doesn't.
#[test]
fn what_a_guide_limits_names_its_file() {
    let standard = guides::find(Standard::X12, "004010", "850").expect("the standard's guide");
    let changes = [
        Change { path: "BEG03".into(), max: Some(3), ..Change::default() },
        Change { path: "PER".into(), usage: Some(Usage::Required), ..Change::default() },
    ];
    let (mut guide, remarks) = standard.with(&changes);
    assert!(remarks.is_empty(), "{remarks:?}");
    guide.file = Some("northwind.yaml".into());
    let policy = Policy { guides: Guides::new(vec![(Applies::default(), guide)]), ..Policy::default() };
    let text = order("*5*EA", "*5x*EA");
    let all = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
    let faults = all.into_iter().find_map(|p| if let Piece::Set(set) = p { Some(set.faults) } else { None });
    let named: Vec<_> = faults
        .expect("a set")
        .iter()
        .map(|fault| (fault.place.at.to_string(), fault.expected.ends_with(", by the guide northwind.yaml")))
        .collect();
    assert_eq!(named, [("BEG03".to_owned(), true), ("PER".to_owned(), true), ("PO102".to_owned(), false)]);
}

/// An unknown segment that should have opened a loop is one fault; tolerated, the loop's start is what is missing.
#[test]
fn a_slip_in_a_loops_first_segment_is_one_fault() {
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let text = text.replace("PO1*1*5*EA", "P01*1*5*EA").replace("CTT*10", "CTT*9");
    let codes = |policy| -> Vec<String> {
        let all = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
        let faults = all.into_iter().filter_map(|piece| match piece {
            Piece::Set(set) => Some(set.faults),
            _ => None,
        });
        faults.flatten().map(|fault| fault.code.to_string()).collect()
    };
    assert_eq!(codes(unknown(Severity::Reject)), ["E0201"]);
    assert_eq!(codes(unknown(Severity::Warn)), ["E0201", "E0206"]);
}

#[test]
fn the_policy_may_change_once_the_sender_is_known() {
    let bytes = fs::read(folder("fixtures/hostile/se-count.edi")).expect("a fixture");
    let mut reader = read(Standard::X12, &bytes[..], Options::default());
    let mut accepted = None;
    while let Some(piece) = reader.next() {
        match piece.expect("memory can be read") {
            Piece::Interchange(interchange) => {
                assert_eq!(&*interchange.sender.id, "NORTHWIND");
                reader.set_policy(counts(Severity::Warn));
            }
            Piece::Set(set) => accepted = Some(set.accepted()),
            _ => {}
        }
    }
    assert_eq!(accepted, Some(true));
}

/// A policy that takes an area so.
fn area(area: Area, severity: Severity) -> Policy {
    let mut policy = Policy::default();
    policy.strictness.set(area, severity);
    policy
}

#[test]
fn numbers_and_totals_are_noted_unless_they_are_enforced() {
    for (fixture, code, of) in [
        ("st-number-again.edi", "E0120", Area::SetNumbers),
        ("gs-number-again.edi", "E0121", Area::GroupNumbers),
        ("hash-total.edi", "E0416", Area::HashTotals),
    ] {
        let found = vec![code.to_owned()];
        assert_eq!(judged(fixture, Policy::default()), (Costs::Nothing, found.clone()), "{fixture}");
        assert_eq!(judged(fixture, area(of, Severity::Reject)), (Costs::Set, found), "{fixture}");
        assert_eq!(judged(fixture, area(of, Severity::Ignore)), (Costs::Nothing, vec![]), "{fixture}");
    }
}

/// A document of one PO1 and one CTT, read by a policy: the faults' codes, and what was expected.
fn lines(changes: &[(&str, &str)], policy: Policy) -> Vec<(String, String)> {
    let fixture = fs::read_to_string(folder("fixtures/hostile/ctt-count.edi")).expect("a fixture");
    let text = changes.iter().fold(fixture.replace("CTT*2~", "CTT*1~"), |text, (from, to)| text.replace(from, to));
    let pieces = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
    let faults = pieces.into_iter().flat_map(|piece| if let Piece::Set(set) = piece { set.faults } else { vec![] });
    faults.map(|fault| (fault.code.to_string(), fault.expected.to_string())).collect()
}

#[test]
fn padding_is_looked_for_where_it_was_agreed() {
    for (changed, expected) in [
        ("PO1*1*005*EA*9.25**VN*A-101~", Some("“5”")),
        ("PO1*1*5*EA*09.25**VN*A-101~", Some("“9.25”")),
        ("PO1*1*5*EA*9.25**VN*A-101 ~", Some("“A-101”")),
        ("PO1*1*5*EA*9.25**VN* A-101~", Some("“A-101”")),
        ("PO1*1*5*EA*0.25**VN*A-101~", None),
        ("PO1*1*5*EA*0**VN*A-101~", None),
    ] {
        let changes = [("PO1*1*5*EA*9.25**VN*A-101~", changed)];
        let told = expected.map(|expected| ("E0312".to_owned(), expected.to_owned()));
        assert_eq!(lines(&changes, area(Area::Padding, Severity::Warn)), Vec::from_iter(told), "{changed}");
        assert_eq!(lines(&changes, Policy::default()), [], "{changed}");
    }
}

#[test]
fn totals_of_quantities_may_be_sums_or_hash_totals() {
    // X12's own example (element 347): .18, 18, 1.8 and 18.01 come to 1855, of which a field of three digits holds 855.
    const LINES: &str = "PO1*1*.18*EA*9.25**VN*A-101~\nPO1*2*18*EA*9.25**VN*A-102~\nPO1*3*1.8*EA*9.25**VN*A-103~\n\
                         PO1*4*18.01*EA*9.25**VN*A-104~";
    for (total, right) in [("37.99", true), ("1855", true), ("855", true), ("37.9", false), ("38", false)] {
        let ctt = format!("CTT*4*{total}~");
        let changes = [("PO1*1*5*EA*9.25**VN*A-101~", LINES), ("CTT*1~", &ctt), ("SE*8*", "SE*11*")];
        let told = lines(&changes, Policy::default());
        assert_eq!(told.is_empty(), right, "{total}: {told:?}");
        assert!(told.iter().all(|(code, expected)| code == "E0416" && expected == "37.99"), "{told:?}");
    }
}

#[test]
fn x12_is_read_in_the_characters_that_are_agreed() {
    let text = fs::read_to_string(folder("fixtures/hostile/isa11-caret.edi")).expect("a fixture");
    let bytes = |street: &[u8]| {
        let (before, behind) = text.split_once("12 Harbour Street").expect("a street");
        [before.as_bytes(), street, behind.as_bytes()].concat()
    };
    let rows: [(Characters, &[u8], Option<&str>); 12] = [
        (Characters::Utf8, "Größe 5".as_bytes(), Some("Größe 5")),
        (Characters::Utf8, b"Gr\xF6\xDFe 5", None),
        (Characters::Latin1, b"Gr\xF6\xDFe 5", Some("Größe 5")),
        (Characters::Windows1252, b"5 \x80 \x85", Some("5 € …")),
        (Characters::Latin9, b"5 \xA4", Some("5 €")),
        (Characters::Latin2, b"\xA3\xF3d\xBC", Some("Łódź")),
        (Characters::Windows1250, b"\xA3\xF3d\x9F", Some("Łódź")),
        (Characters::Cyrillic, b"\xBC\xDE\xE1\xDA\xD2\xD0", Some("Москва")),
        (Characters::Windows1251, b"\xCC\xEE\xF1\xEA\xE2\xE0", Some("Москва")),
        (Characters::Koi8R, b"\xED\xCF\xD3\xCB\xD7\xC1", Some("Москва")),
        (Characters::Greek, b"\xC1\xE8\xDE\xED\xE1", Some("Αθήνα")),
        (Characters::Windows1254, b"\xDDzmir", Some("İzmir")),
    ];
    for (characters, street, read) in rows {
        let policy = Policy { x12_characters: characters, ..Policy::default() };
        let pieces = pieces(Standard::X12, &bytes(street), Options { policy, ..Options::default() });
        let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
        let set = set.expect("a set");
        let party = set.tree.named(set.tree.root(), "N1").next().expect("the loop N1");
        let n3 = set.tree.named(party, "N3").next().expect("N3");
        let value = set.tree.children(n3).next().and_then(|id| set.tree.value(id));
        let refused = set.faults.iter().find(|fault| &*fault.code == "E0004");
        assert_eq!(refused.is_none(), read.is_some(), "{characters:?}: {:?}", set.faults);
        if let Some(fault) = refused {
            assert!(fault.remedy.contains("x12_characters: windows-1252"), "{}", fault.remedy);
        }
        assert!(read.is_none_or(|read| value == Some(read)), "{characters:?}: {value:?}");
    }
}

/// The value of an element of a set, and the codes of what was found wrong.
fn value_by(text: &str, segment: &str, element: u16, policy: Policy) -> (String, Vec<String>) {
    let pieces = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
    let set = pieces.into_iter().find_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None });
    let set = set.expect("a set");
    let tree = &set.tree;
    let of = tree.named(tree.root(), segment).next().expect("the segment");
    let value = tree.named(of, &format!("{element:02}")).next().and_then(|node| tree.value(node)).unwrap_or_default();
    (value.to_owned(), set.faults.iter().map(|fault| fault.code.to_string()).collect())
}

#[test]
fn characters_of_x12_are_those_that_were_agreed_on() {
    let by = |repertoire, substitute, text: &str| {
        let policy = Policy { text: TextIn { repertoire, substitute }, ..Policy::default() };
        value_by(&order("*PO-1*", &format!("*{text}*")), "BEG", 3, policy)
    };
    let told = vec!["E0313".to_owned()];
    for (repertoire, substitute, text, read, is_told) in [
        (Repertoire::Any, None, "Pö→1", "Pö→1", false),
        (Repertoire::Extended, None, "a_{1}", "a_{1}", false),
        (Repertoire::Extended, None, "Pö→1", "Pö→1", true),
        (Repertoire::Extended, Some('?'), "Pö→1", "P??1", true),
        (Repertoire::Basic, None, "P#1", "P#1", true),
        (Repertoire::Basic, Some('.'), "aB#1ä", "AB.1.", true),
        (Repertoire::Basic, Some('.'), "A-1/(2)", "A-1/(2)", false),
    ] {
        let (value, codes) = by(repertoire, substitute, text);
        assert_eq!(value, read, "{repertoire:?} {text}");
        assert_eq!(codes == told, is_told, "{repertoire:?} {text}: {codes:?}");
        assert!(is_told || codes.is_empty(), "{codes:?}");
    }
    // A delimiter is none of the data's characters, and EDIFACT's sets are named by UNB.
    let text = order("*PO-1*", "*P>1*");
    let (value, codes) = value_by(
        &text,
        "BEG",
        3,
        Policy { text: TextIn { repertoire: Repertoire::Basic, substitute: Some('.') }, ..Policy::default() },
    );
    assert_eq!((value.as_str(), codes), ("P>1", vec!["E0311".to_owned()]));
    let mut policy = Policy { text: TextIn { repertoire: Repertoire::Basic, substitute: None }, ..Policy::default() };
    policy.strictness.set(Area::Characters, Severity::Reject);
    let (codes, accepted, origins) = read_by(&order("*PO-1*", "*P#1*"), policy);
    assert_eq!((codes, accepted, origins), (told, false, vec![Origin::Agreement]));
}

/// A date that isn't what its own format says is a warning, unless something else was agreed on.
#[test]
fn dates_by_their_own_format_are_taken_as_agreed() {
    let text = fs::read_to_string(folder("fixtures/hostile/edifact-date-formats.edi")).expect("a fixture");
    let by = |severity| {
        let mut policy = Policy::default();
        policy.strictness.set(Area::Periods, severity);
        let (codes, accepted, origins) = read_by(&text, policy);
        (codes.iter().filter(|code| *code == "E0314").count(), accepted, origins.contains(&Origin::Agreement))
    };
    let (warned, accepted, agreed) = by(Severity::Warn);
    assert!(warned > 1 && accepted && !agreed, "{warned}");
    assert_eq!((by(Severity::Reject), by(Severity::Ignore)), ((warned, false, true), (0, true, false)));
}

/// ISA11 is taken as ISA12 says, or as was agreed; and no other delimiter becomes a second one.
#[test]
fn isa11_is_what_was_agreed_on() {
    let text = |isa11: &str, isa12: &str| {
        order("PO-1", "PO-1").replace("*U*00401*", &format!("*{isa11}*{isa12}*")).replace("PO-1", "P^1")
    };
    let repeats = "E0304";
    for (isa11, isa12, by, repeated) in [
        ("^", "00401", Isa11::ByVersion, false),
        ("^", "00401", Isa11::StandardId, false),
        ("^", "00401", Isa11::RepetitionSeparator, true),
        ("U", "00401", Isa11::RepetitionSeparator, false),
        ("^", "00501", Isa11::ByVersion, true),
        ("^", "00501", Isa11::StandardId, false),
        (">", "00401", Isa11::RepetitionSeparator, false),
        ("*", "00501", Isa11::RepetitionSeparator, false),
    ] {
        let policy = Policy { isa11: by, ..Policy::default() };
        let mut reader = read(Standard::X12, std::io::Cursor::new(text(isa11, isa12)), Options::default());
        let mut faults = Vec::new();
        while let Some(piece) = reader.next() {
            match piece.expect("a piece") {
                Piece::Interchange(_) => reader.set_policy(policy.clone()),
                Piece::Set(set) => faults.extend(set.faults),
                _ => {}
            }
        }
        let told = faults.iter().any(|fault| *fault.code == *repeats);
        assert_eq!(told, repeated, "{isa11} {isa12} {by:?}: {faults:?}");
    }
}
