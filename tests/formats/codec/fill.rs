//! Zeros that fill numbers and separators at the ends of segments, where it was agreed that they must or must not be.

use crate::{folder, pieces};
use crossdock_formats::{
    Options,
    fault::Costs,
    piece::{Fill, Piece, Policy, Presence, Standard},
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
        ("PO1*1*005*EA*9.25**VN*A-101~", zeros(Forbidden, Optional), Some(("PO102", "“5”"))),
        ("PO1*1*005*EA*9.25**VN*A-101~", zeros(Optional, Forbidden), None),
        ("PO1*1*5*EA*0.25**VN*A-101~", zeros(Forbidden, Optional), None),
        ("PO1*1*5*EA*9.250**VN*A-101~", zeros(Optional, Forbidden), Some(("PO104", "“9.25”"))),
        ("PO1*1*5*EA*9.0**VN*A-101~", zeros(Optional, Forbidden), Some(("PO104", "“9”"))),
        ("PO1*1*5*EA*10**VN*A-101~", zeros(Forbidden, Forbidden), None),
        ("PO1*1*5*EA*0.0**VN*A-101~", zeros(Optional, Forbidden), Some(("PO104", "“0”"))),
        ("PO1*1*5.0*EA*9**VN*A-101~", zeros(Optional, Mandatory), Some(("PO104", "“9.0”"))),
        ("PO1*1*5.0*EA*9.25**VN*A-101~", zeros(Optional, Mandatory), None),
    ];
    for (line, fill, expected) in cases {
        let told = told(Standard::X12, &order(LINE, line), fill);
        let found: Vec<_> = told.iter().map(|(code, at, says)| (&**code, &**at, says.rsplit(' ').next())).collect();
        let expected: Vec<_> = expected.into_iter().map(|(at, says)| ("E0312", at, Some(says))).collect();
        assert_eq!(found, expected, "{line}");
        assert_eq!(self::told(Standard::X12, &order(LINE, line), Fill::default()), [], "{line}");
    }
    // CTT01 is a number of six digits at most; SE01 one of ten.
    let told = told(Standard::X12, &order("CTT*1~", "CTT*000001~"), zeros(Mandatory, Optional));
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
        short.contains(&"E0315 PO107".to_owned()) && short.iter().all(|f| !f.contains("ST0") && !f.contains("SE0")),
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
