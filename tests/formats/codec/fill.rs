//! Zeros that fill numbers and separators at the ends of segments, where it was agreed that they must or must not be.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    ack::{Form, Functional, SetOutcome},
    fault::Costs,
    piece::{Area, Fill, Piece, Policy, Presence, Standard},
};
use std::fs;

/// What is told of a document read so: the code, the place and what was expected; each costs the set.
fn told(standard: Standard, text: &str, fill: Fill) -> Vec<(String, String, String)> {
    let policy = Policy { fill, ..Policy::default() };
    let pieces = pieces(standard, text.as_bytes(), Options { policy, ..Options::default() });
    let faults = pieces.into_iter().flat_map(|piece| if let Piece::Set(set) = piece { set.faults } else { vec![] });
    let one = |fault: crossdock_formats::fault::Fault| {
        assert_eq!(fault.costs, Costs::Set, "{fault:?}");
        (fault.code.to_string(), fault.place.at.to_string(), fault.expected.to_string())
    };
    faults.map(one).collect()
}

/// An order of one line, in which a segment is another.
fn order(from: &str, to: &str) -> String {
    let text =
        fs::read_to_string(folder("fixtures/hostile/ctt-count.edi")).expect("a fixture").replace("CTT*2~", "CTT*1~");
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

const LINE: &str = "PO1*1*5*EA*9.25**VN*A-101~";

#[test]
fn zeros_are_forbidden_or_mandatory_as_agreed() {
    use Presence::{Forbidden, Mandatory, Optional};
    let zeros = |leading_zeros, trailing_zeros| Fill { leading_zeros, trailing_zeros, ..Fill::default() };
    let cases = [
        (LINE, zeros(Forbidden, Forbidden), None),
        ("PO1*1*005*EA*9.25**VN*A-101~", zeros(Forbidden, Optional), Some(("E0317", "PO102", "“5”"))),
        ("PO1*1*005*EA*9.25**VN*A-101~", zeros(Optional, Forbidden), None),
        ("PO1*1*5*EA*0.25**VN*A-101~", zeros(Forbidden, Optional), None),
        ("PO1*1*5*EA*9.250**VN*A-101~", zeros(Optional, Forbidden), Some(("E0319", "PO104", "“9.25”"))),
        ("PO1*1*5*EA*9.0**VN*A-101~", zeros(Optional, Forbidden), Some(("E0319", "PO104", "“9”"))),
        ("PO1*1*5*EA*10**VN*A-101~", zeros(Forbidden, Forbidden), None),
        ("PO1*1*5*EA*0.0**VN*A-101~", zeros(Optional, Forbidden), Some(("E0319", "PO104", "“0”"))),
        ("PO1*1*5.0*EA*9**VN*A-101~", zeros(Optional, Mandatory), Some(("E0320", "PO104", "“9.0”"))),
        ("PO1*1*5.0*EA*9.25**VN*A-101~", zeros(Optional, Mandatory), None),
    ];
    for (line, fill, expected) in cases {
        let told = told(Standard::X12, &order(LINE, line), fill);
        let found: Vec<_> = told.iter().map(|(code, at, says)| (&**code, &**at, says.rsplit(' ').next())).collect();
        let expected: Vec<_> = expected.into_iter().map(|(code, at, says)| (code, at, Some(says))).collect();
        assert_eq!(found, expected, "{line}");
        assert_eq!(self::told(Standard::X12, &order(LINE, line), Fill::default()), [], "{line}");
    }
    // CTT01 is a number of six digits at most; SE01 one of ten.
    let told = told(Standard::X12, &order("CTT*1~", "CTT*000001~"), zeros(Mandatory, Optional));
    assert!(told.iter().all(|(code, ..)| code == "E0318"), "{told:?}");
    let places: Vec<&str> = told.iter().map(|(_, at, _)| &**at).collect();
    assert!(places.contains(&"PO102") && places.contains(&"SE01") && !places.contains(&"CTT01"), "{told:?}");
}

#[test]
fn separators_at_the_end_are_forbidden_or_mandatory_as_agreed() {
    let of = |trailing_separators| Fill { trailing_separators, ..Fill::default() };
    let at = |told: Vec<(String, String, String)>| -> Vec<String> {
        told.into_iter().map(|(code, at, _)| format!("{code} {at}")).collect()
    };
    let forbidden = of(Presence::Forbidden);
    for (line, place) in [
        (LINE, None),
        ("PO1*1*5*EA*9.25**VN*A-101***~", Some("PO110")),
        ("PO1*1*5*EA*9.25**VN*A-101*~", Some("PO108")),
        ("REF*ZZ*1**A1>b>~\nPO1*1*5*EA*9.25**VN*A-101~", Some("REF04-3")),
    ] {
        let text = order(LINE, line);
        let found: Vec<_> =
            at(told(Standard::X12, &text, forbidden)).into_iter().filter(|f| f.starts_with("E0315")).collect();
        assert_eq!(found, place.map(|place| format!("E0315 {place}")).into_iter().collect::<Vec<_>>(), "{line}");
    }
    let mandatory = of(Presence::Mandatory);
    let short = at(told(Standard::X12, &order(LINE, LINE), mandatory));
    assert!(
        short.contains(&"E0316 PO108".to_owned()) && short.iter().all(|f| !f.contains("ST0") && !f.contains("SE0")),
        "{short:?}"
    );
    let whole = format!("PO1*1*5*EA*9.25**VN*A-101{}~", "*".repeat(25 - 7));
    let found = at(told(Standard::X12, &order(LINE, &whole), mandatory));
    assert!(found.iter().all(|fault| !fault.contains("PO1")), "{found:?}");
    let edifact = fs::read(folder("fixtures/edifact/d96a/orders/no-una.edi")).expect("a fixture");
    let text: String = edifact.iter().map(|byte| char::from(*byte)).filter(char::is_ascii).collect();
    assert_eq!(told(Standard::Edifact, &text, forbidden), []);
    let found = at(told(Standard::Edifact, &text.replacen(":EN'", ":EN:'", 1), forbidden));
    assert_eq!(found, ["E0315 LIN03-3"]);
}

/// A 999 says of what is missing something else than of what is too much, and the setting that refuses it is known.
#[test]
fn each_end_and_way_has_a_code_of_its_own() {
    use Presence::{Forbidden, Mandatory, Optional};
    let of = |leading_zeros, trailing_zeros, trailing_separators| Fill {
        leading_zeros,
        trailing_zeros,
        trailing_separators,
    };
    let padded = "PO1*1*005*EA*9.250**VN*A-101*~";
    for (fill, code, says, area) in [
        (of(Forbidden, Optional, Optional), "E0317", "2**6*005", Area::LeadingZeros),
        (of(Mandatory, Optional, Optional), "E0318", "2**4*005", Area::LeadingZeros),
        (of(Optional, Forbidden, Optional), "E0319", "4**6*9.250", Area::TrailingZeros),
        (of(Optional, Mandatory, Optional), "E0320", "2**4*005", Area::TrailingZeros),
        (of(Optional, Optional, Forbidden), "E0315", "8**3", Area::TrailingSeparators),
        (of(Optional, Optional, Mandatory), "E0316", "9**1", Area::TrailingSeparators),
    ] {
        assert_eq!(Area::of(code), Some(area), "{code}");
        let policy = Policy { fill, ..Policy::default() };
        let options = Options { policy, ..Options::default() };
        let (mut answer, mut told) = (None, String::new());
        for piece in pieces(Standard::X12, order(LINE, padded).as_bytes(), options) {
            match piece {
                Piece::Group(group) => answer = Some(Functional::new(Form::F999, &group, true)),
                Piece::Set(set) => answer.as_mut().expect("a group").set(&SetOutcome::from(&*set)),
                Piece::GroupEnd(end) => {
                    let (body, _) = answer.take().expect("a group").finish(Some(&end));
                    let plain = |elements: &[Vec<Vec<String>>]| {
                        elements.iter().map(|e| e.concat().concat()).collect::<Vec<_>>()
                    };
                    let lines = body.iter().map(|s| format!("{}*{}~", s.id, plain(&s.elements).join("*")));
                    told = lines.collect::<String>();
                }
                _ => {}
            }
        }
        let line = told.split("IK3*PO1*").nth(1).and_then(|line| line.split("IK3*").next()).expect("PO1 is told of");
        let plain: Vec<&str> = line.split('~').filter(|part| part.starts_with("IK4")).collect();
        let expected = says.split("**").collect::<Vec<_>>();
        let found = plain.iter().any(|ik4| {
            let parts: Vec<&str> = ik4.split('*').collect();
            parts.get(1) == expected.first() && parts[3..].join("*").starts_with(expected[1])
        });
        assert!(found, "{code}: {says} is not in {plain:?}");
    }
}
