//! What an agreement tolerates: the same document by other policies.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    fault::{Costs, Origin},
    guides::{self, Applies, Change, Guides},
    piece::{Area, Piece, Policy, Severity, Standard},
    read,
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
fn unknown_segments_are_refused_warned_of_or_ignored() {
    for (fixture, code) in [("unknown-segment.edi", "E0201"), ("segment-of-another-set.edi", "E0207")] {
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
    let pieces = pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() });
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
        let (codes, stands, origins) = read_by(&order("", ""), Policy { guides, ..Policy::default() });
        assert_eq!(stands, accepted, "{sender}: {codes:?}");
        assert!(origins.iter().all(|origin| *origin == Origin::Guide), "{sender}: {origins:?}");
    }
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
