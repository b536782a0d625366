//! The 997 says what the faults say, at the same place.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    ack::{AckCode, Form, SetOutcome, asked, codes_of, functional},
    guides::{self, Applies, Change, Guides, Usage},
    piece::{Area, Group, GroupEnd, Identity, Piece, Policy, Severity, Standard, TextIn},
    report,
    write::{self, OutSet, Repertoire, X12Delimiters, X12Envelope},
};
use std::fs;

/// The 997's body for the first group of a fixture, a segment a line.
fn body(fixture: &str, include_accepted: bool) -> (String, AckCode) {
    let bytes = fs::read(folder("fixtures").join(fixture)).expect("a fixture");
    let (mut group, mut end, mut outcomes): (Option<Group>, Option<GroupEnd>, Vec<SetOutcome>) =
        (None, None, Vec::new());
    for piece in pieces(Standard::X12, &bytes, Options::default()) {
        match piece {
            Piece::Group(g) => group = group.or(Some(g)),
            Piece::GroupEnd(e) => end = end.or(Some(e)),
            Piece::Set(set) => outcomes.push(SetOutcome::from(&*set)),
            _ => {}
        }
    }
    let group = group.expect("a group");
    let (segments, code) = functional(Form::F997, &group, end.as_ref(), &outcomes, include_accepted);
    let set = OutSet { kind: "997".into(), control: "0001".into(), segments };
    let written = write::x12(&envelope(), &[set]).expect("a 997 can be written");
    check_is_valid(&written);
    let text = String::from_utf8(written).expect("text");
    (text.lines().filter(|line| line.starts_with("AK")).collect::<Vec<_>>().join("\n"), code)
}

fn envelope() -> X12Envelope {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    X12Envelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "FA".into(),
        version: "004010".into(),
        interchange_control: 1,
        group_control: 1,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    }
}

/// Our own 997 must pass our own guide.
fn check_is_valid(written: &[u8]) {
    for piece in pieces(Standard::X12, written, Options::default()) {
        if let Piece::Set(set) = piece {
            assert!(set.accepted(), "{}\n{:#?}", String::from_utf8_lossy(written), set.faults);
        }
    }
}

#[test]
fn accepted_groups_need_no_ak2_unless_asked_for() {
    let (text, code) = body("x12/4010/850/typical.edi", false);
    assert_eq!((text.as_str(), code), ("AK1*PO*1~\nAK9*A*1*1*1~", AckCode::Accepted));
    let (text, _) = body("x12/4010/850/typical.edi", true);
    assert_eq!(text, "AK1*PO*1~\nAK2*850*0001~\nAK5*A~\nAK9*A*1*1*1~");
}

#[test]
fn one_bad_set_of_three_is_partly_accepted_with_segment_and_element() {
    let (text, code) = body("hostile/one-bad-among-three.edi", false);
    assert_eq!(code, AckCode::Partly);
    assert_eq!(text, "AK1*PO*1~\nAK2*850*0002~\nAK3*PO1*6**8~\nAK4*2*330*6*5x~\nAK5*R*5~\nAK9*P*3*3*2~");
}

#[test]
fn faults_have_their_codes() {
    let rows = [
        // fixture, what stands between AK2 and AK9
        ("unknown-segment.edi", "AK3*ZZZ*6**1~\nAK5*R*5~"),
        ("segment-of-another-set.edi", "AK3*BAK*6**6~\nAK5*R*5~"),
        ("segment-out-of-place.edi", "AK3*CUR*6**7~\nAK5*R*5~"),
        ("mandatory-segment-missing.edi", "AK3*BEG*2**3~\nAK5*R*5~"),
        ("mandatory-loop-missing.edi", "AK3*PO1*6**3~\nAK5*R*5~"),
        ("segment-too-often.edi", "AK3*N3*6**5~\nAK5*R*5~"),
        ("loop-too-often.edi", "AK3*SAC*28**4~\nAK5*R*5~"),
        ("loop-start-missing.edi", "AK3*N1*3**3~\nAK5*R*5~"),
        ("element-missing.edi", "AK3*BEG*2**8~\nAK4*3*324*1~\nAK5*R*5~"),
        ("too-many-elements.edi", "AK3*N4*5**8~\nAK4*7**3*extra~\nAK5*R*5~"),
        ("too-short.edi", "AK3*BEG*2**8~\nAK4*1*353*4*0~\nAK5*R*5~"),
        ("too-long.edi", "AK3*BEG*2**8~\nAK4*3*324*5*PO-2026-0002-AND-A-LOT-MORE-BEHIND-IT~\nAK5*R*5~"),
        // The copy of what stands there has a blank for the control character.
        ("control-character.edi", "AK3*BEG*2**8~\nAK4*3*324*6*PO-2026 -0002~\nAK5*R*5~"),
        ("bad-date.edi", "AK3*BEG*2**8~\nAK4*5*373*8*20260230~\nAK5*R*5~"),
        ("bad-time.edi", "AK3*DTM*3**8~\nAK4*3*337*9*2561~\nAK5*R*5~"),
        ("note-paired.edi", "AK3*PER*3**8~\nAK4*4*364*2~\nAK5*R*5~"),
        ("note-exclusive.edi", "AK3*MEA*3**8~\nAK4*3*739*10*5~\nAK5*R*5~"),
        ("se-count.edi", "AK5*R*4~"),
        ("se-control.edi", "AK5*R*3~"),
        ("cut-in-set.edi", "AK5*R*2~"),
        ("no-guide.edi", "AK5*R*1~"),
        ("version-without-guide.edi", ""),
    ];
    for (fixture, expected) in rows {
        let (text, _) = body(&format!("hostile/{fixture}"), false);
        let inner: Vec<&str> = text.lines().filter(|line| !["AK1", "AK2", "AK9"].contains(&&line[..3])).collect();
        assert_eq!(inner.join("\n"), expected, "{fixture}");
    }
}

#[test]
fn a_groups_own_fault_rejects_it_whole() {
    let (text, code) = body("hostile/ge-count.edi", false);
    assert_eq!((text.as_str(), code), ("AK1*PO*1~\nAK9*R*2*1*0*5~", AckCode::Rejected));
    // Told of one by one, its sets are refused with it.
    let (text, _) = body("hostile/ge-count.edi", true);
    assert_eq!(text, "AK1*PO*1~\nAK2*850*0001~\nAK5*R~\nAK9*R*2*1*0*5~");
    let (text, _) = body("hostile/gs-control-letters.edi", false);
    assert_eq!(text, "AK1*PO*0~\nAK9*E*1*1*1*6~");
    let (text, _) = body("hostile/ge-control.edi", false);
    assert_eq!(text, "AK1*PO*1~\nAK9*R*1*1*0*4~");
    let (text, code) = body("hostile/ge-missing.edi", false);
    assert_eq!((text.as_str(), code), ("AK1*PO*1~\nAK9*E*1*1*1*3~", AckCode::WithErrors));
}

/// What an agreement refuses is told like what the standard does: with its place, and with a copy of the whole element.
#[test]
fn what_an_agreement_refuses_has_its_place() {
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let row = |area, n1: &str, copy: &str| {
        let mut policy =
            Policy { text: TextIn { repertoire: Repertoire::Basic, substitute: None }, ..Policy::default() };
        policy.strictness.set(Area::Characters, Severity::Ignore);
        policy.strictness.set(area, Severity::Reject);
        let text = text.to_uppercase().replace("N1*ST*", &format!("N1*BY*{n1}*92*NW-1~\nN1*ST*"));
        assert!(text.contains(n1), "{text}");
        let (mut group, mut outcomes) = (None, vec![]);
        for piece in pieces(Standard::X12, text.as_bytes(), Options { policy, ..Options::default() }) {
            match piece {
                Piece::Group(header) => group = Some(header),
                Piece::Set(set) => outcomes.push(SetOutcome::from(&*set)),
                _ => {}
            }
        }
        let (body, _) = functional(Form::F997, &group.expect("a group"), None, &outcomes, false);
        let told: Vec<String> = body.iter().map(|segment| format!("{}{:?}", segment.id, segment.elements)).collect();
        let copy = format!("[[\"{copy}\"]]]");
        assert!(told.iter().any(|told| told.starts_with("AK3[[[\"N1\"]]")), "{told:?}");
        assert!(told.iter().any(|told| told.starts_with("AK4[[[\"2\"]]") && told.ends_with(&copy)), "{copy}: {told:?}");
    };
    row(Area::Separators, "NORTHWIND>STORE 12", "NORTHWIND STORE 12");
    row(Area::Characters, "Northwind Hardware", "Northwind Hardware");
    row(Area::Characters, "NORTHWIND HÄRDWARE", "NORTHWIND HÄRDWARE");
}

/// What the standard allows and the partner's guide doesn't has codes of its own in a 999 (elements 620, 621), and in a 997
/// those that the standard's own faults have. `check --json` names both.
#[test]
fn what_only_a_partners_guide_refuses_has_its_own_codes_in_a_999() {
    let forbidden = |path: &str| Change { path: path.into(), usage: Some(Usage::Forbidden), ..Change::default() };
    let coded = Change { path: "BEG01".into(), codes: Some(vec!["05".into()]), ..Change::default() };
    let (mut guide, _) = guides::find(Standard::X12, "004010", "850").expect("the standard's guide").with(&[
        forbidden("CUR"),
        forbidden("N104"),
        coded,
    ]);
    guide.file = Some("northwind.yaml".into());
    let mut policy = Policy { guides: Guides::new(vec![(Applies::default(), guide)]), ..Policy::default() };
    policy.strictness.set(Area::Codes, Severity::Reject);
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let by_guide = text.replace("~\nN1*ST", "~\nCUR*BY*USD~\nN1*ST");
    let by_standard = text.replace("BEG*00*", "BEG*QQ*").replace("~\nN1*ST", "~\nBAK*00~\nN1*ST");
    let cases: [(&str, &[(&str, &str)]); 2] = [
        (&by_guide, &[("CUR", "6 I4"), ("N104", "3 I10"), ("BEG01", "7 I6")]),
        (&by_standard, &[("BAK", "6 6"), ("N104", "3 I10"), ("BEG01", "7 7")]),
    ];
    for (text, expected) in cases {
        let options = Options { policy: policy.clone(), ..Options::default() };
        let (mut group, mut outcomes) = (None, vec![]);
        for piece in pieces(Standard::X12, text.as_bytes(), options.clone()) {
            match piece {
                Piece::Group(header) => group = Some(header),
                Piece::Set(set) => outcomes.push(SetOutcome::from(&*set)),
                _ => {}
            }
        }
        let said = |form| {
            let (body, _) = functional(form, &group.clone().expect("a group"), None, &outcomes, false);
            let (mut at, mut said) = (String::new(), vec![]);
            let part = |segment: &write::Segment, n: usize| segment.elements[n - 1][0][0].clone();
            for segment in body.iter() {
                match &*segment.id {
                    "AK3" | "IK3" => {
                        at = part(&segment, 1);
                        said.extend(Some((at.clone(), part(&segment, 4))).filter(|(_, code)| code != "8"));
                    }
                    "AK4" | "IK4" => said.push((format!("{at}{:0>2}", part(&segment, 1)), part(&segment, 3))),
                    _ => {}
                }
            }
            said
        };
        let (older, newer) = (said(Form::F997), said(Form::F999));
        let report = report::check("x", None, text.as_bytes(), options).expect("memory can be read");
        let json: serde_json::Value = serde_json::from_str(&report::json(&report)).expect("JSON");
        for (path, codes) in expected {
            let code = |said: &[(String, String)]| said.iter().find(|(at, _)| at == path).map(|(_, code)| code.clone());
            let both = [code(&older), code(&newer)].map(Option::unwrap_or_default);
            assert_eq!(both.join(" "), *codes, "{path}: {older:?} {newer:?}");
            let faults = json["sets"][0]["faults"].as_array().expect("faults");
            let told = faults.iter().find(|fault| fault["path"] == *path).expect("a fault")["x12"].to_string();
            let [older, newer] = both;
            let says = |element: &str, code: &str| {
                told.contains(element)
                    && told.trim_matches('"').split(", ").any(|part| part.ends_with(&format!("= {code}")))
            };
            assert!(says("AK", &older) && says("IK", &newer), "{path}: {told}");
        }
    }
}

/// Every code that the standards' lists have is known, by element and by number: how something was taken, and why.
#[test]
fn each_code_of_an_acknowledgement_is_explained() {
    let of = |version: &str, segment: &str, element: usize| -> Vec<String> {
        let spec = guides::segment(Standard::X12, version, segment).expect("a segment");
        spec.elements[element - 1].codes.iter().collect()
    };
    let rows = [
        (of("005010", "AK5", 1), &["AK501", "IK501", "ak5", "717"][..]),
        (of("005010", "AK9", 1), &["AK901", "715"]),
        (of("005010", "TA1", 4), &["TA104", "I17"]),
        (of("005010", "TA1", 5), &["TA105", "I18"]),
        (of("004010", "AK9", 5), &["AK905", "AK909", "716"]),
        (of("004010", "AK5", 2), &["AK502", "AK506", "718"]),
        (of("005010", "IK5", 2), &["IK502", "618"]),
        (of("005010", "IK3", 4), &["IK304", "620"]),
        (of("005010", "IK4", 3), &["IK403", "621"]),
        (["4", "7", "8"].map(String::from).into(), &["0083", "UCI", "UCI04", "UCM", "UCM03", "UCF04"]),
        (["12", "31", "43", "45", "47"].map(String::from).into(), &["0085", "UCI05", "UCM04", "UCS02", "UCD"]),
    ];
    for (codes, names) in rows {
        assert!(!codes.is_empty(), "{names:?}");
        for (code, name) in codes.iter().flat_map(|code| names.iter().map(move |name| (code, name))) {
            for sign in ["=", "/"] {
                let meant = asked(&format!("{name}{sign}{code}"));
                assert_eq!(meant.len(), 1, "{name}{sign}{code}: {meant:?}");
                assert!(meant[0].told.ends_with(&format!(" = {code}")), "{meant:?}");
            }
        }
    }
    // What is told by none of the faults that are found in documents says when the hub tells it.
    for (code, says) in [
        ("AK304=8", "AK403"),
        ("TA105=009", "unassigned/receiver"),
        ("TA105=025", "envelope/control_number"),
        ("0085/26", "duplicate/control_number"),
        ("0085/25", "envelope/test_refused"),
    ] {
        let meant = &asked(code)[0];
        assert!(meant.why.contains(says), "{code}: {meant:?}");
    }
    // By the element of ISA, 005 to 020.
    for code in ["005", "010", "018", "020"] {
        let meant = &asked(&format!("TA105={code}"))[0];
        assert_eq!(meant.faults.iter().map(|row| row.code).collect::<Vec<_>>(), ["E0122"], "{code}");
    }
    assert!(asked("TA105=018")[0].why.contains("envelope/out_of_sequence"));
    assert!(asked("TA105=021")[0].why.is_empty());
    let rejected = &asked("AK501=R")[0];
    assert_eq!((&*rejected.told, rejected.means), ("AK501/IK501 (717) = R", "the set is rejected"));
    assert!(rejected.why.contains("AK502"));
    let (element, codes) = codes_of("717/Q").expect("its codes");
    assert_eq!((&*element, codes), ("AK501/IK501 (717)", vec!["A", "E", "M", "R", "W", "X"]));
    assert!(asked("717/Q").is_empty() && codes_of("E0107").is_none() && codes_of("order/unknown").is_none());
}
