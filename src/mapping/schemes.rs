//! Whose number an id is: what standards say by a qualifier, canonical messages say by a scheme.
//!
//! | scheme | an item's | a party's |
//! |---|---|---|
//! | `sku` | the seller's number | |
//! | `buyer` | the buyer's number | the buyer's number for it |
//! | `seller` | | the seller's number for it |
//! | `mpn` | the manufacturer's number | |
//! | `gtin` | GS1's, 8 to 14 digits (UPC, EAN) | |
//! | `gln`, `duns`, `duns4` | | GS1's; Dun & Bradstreet's |
//! | `scac` | | a carrier's code in the US |
//! | `x12:QQ`, `edifact:QQ`, `id:QQ` | any other qualifier, kept as it is | the same |
//! | `id` | no qualifier at all | the same |
//!
//! A package's mark has the scheme `sscc` (GS1's 18 digits).

use super::plan::{ANYTHING, Leaf};
use crate::formats::piece::Standard;
use std::borrow::Cow;

/// Qualifier → scheme, the qualifier that writing prefers first.
type Schemes = &'static [(&'static str, &'static str)];

/// X12 element 235.
const X12_ITEMS: Schemes = &[
    ("VN", "sku"),
    ("VP", "sku"),
    ("VC", "sku"),
    ("SK", "sku"),
    ("BP", "buyer"),
    ("IN", "buyer"),
    ("CB", "buyer"),
    ("PI", "buyer"),
    ("MG", "mpn"),
    ("MN", "mpn"),
    ("MF", "mpn"),
    ("UK", "gtin"),
    ("UP", "gtin"),
    ("EN", "gtin"),
    ("UI", "gtin"),
    ("UA", "gtin"),
];

/// UN/EDIFACT 7143.
const EDIFACT_ITEMS: Schemes =
    &[("SA", "sku"), ("BP", "buyer"), ("IN", "buyer"), ("MF", "mpn"), ("EN", "gtin"), ("UP", "gtin"), ("SRV", "gtin")];

/// X12 element 66.
const X12_PARTIES: Schemes =
    &[("1", "duns"), ("9", "duns4"), ("91", "seller"), ("92", "buyer"), ("UL", "gln"), ("ZZ", "mutual")];

/// UN/EDIFACT 3055.
const EDIFACT_PARTIES: Schemes =
    &[("9", "gln"), ("16", "duns"), ("91", "seller"), ("92", "buyer"), ("182", "scac"), ("ZZZ", "mutual")];

/// schemeID as UBL documents write it (PEPPOL's codes of ISO 6523 and the words of UBL's own examples).
/// ISO 6523 International Code Designators.
const ISO_6523: Schemes = &[("0088", "gln"), ("0060", "duns")];

const XML_PARTIES: Schemes = &[
    ("GLN", "gln"),
    ("0088", "gln"),
    ("DUNS", "duns"),
    ("0060", "duns"),
    ("BUYER", "buyer"),
    ("SELLER", "seller"),
    ("MUTUAL", "mutual"),
];

/// What the qualifiers of an item's ids mean.
pub fn item(standard: Standard, qualifier: &str) -> Cow<'static, str> {
    scheme(items(standard), prefix(standard), qualifier)
}

/// What the qualifier of a party's id means.
pub fn party(standard: Standard, qualifier: &str) -> Cow<'static, str> {
    scheme(parties(standard), prefix(standard), qualifier)
}

/// The qualifier for an item's id, of those that are allowed (all, if empty; `*`: all others, too), in their order.
pub fn item_qualifier(standard: Standard, scheme: &str, id: &str, allowed: &[String]) -> Option<String> {
    if scheme == BARE {
        return None;
    }
    let all_others = allowed.is_empty() || allowed.iter().any(|allowed| allowed == ANYTHING);
    if let Some(own) = scheme.strip_prefix(prefix(standard)) {
        return (all_others || allowed.iter().any(|a| a == own)).then(|| own.to_owned());
    }
    let fits = |qualifier: &str| items(standard).contains(&(qualifier, scheme));
    // A GTIN's length tells which of the qualifiers says it: 12 digits UPC, 13 EAN, 14 the whole GTIN.
    let best: &[&str] = match (scheme, id.len(), standard) {
        ("gtin", 12, _) => &["UP"],
        ("gtin", 13, _) => &["EN"],
        ("gtin", 14, Standard::X12) => &["UK"],
        _ => &[],
    };
    let others = items(standard).iter().map(|(q, _)| *q).filter(|_| all_others);
    let candidates: Vec<&str> = allowed.iter().map(String::as_str).chain(others).filter(|q| fits(q)).collect();
    // EANCOM 2002's SRV says a GTIN of any length.
    let any = candidates.first().filter(|q| **q == "SRV");
    let found = any.or_else(|| candidates.iter().find(|q| best.contains(q))).or(candidates.first());
    found.map(|q| (*q).to_owned())
}

/// The qualifier for a party's id; empty for a bare one, where a place may do without (`Pipe::Party`).
///
/// `@schemeID` of UBL takes numbers of ISO 6523, as Peppol wants them.
pub fn party_qualifier(standard: Standard, scheme: &str, at: &Leaf) -> Option<String> {
    let is_scheme_id = matches!(at, Leaf::Child { name, .. } if name.name == "@schemeID");
    if let Some((number, _)) = ISO_6523.iter().find(|(_, known)| is_scheme_id && *known == scheme) {
        return Some((*number).to_owned());
    }
    if scheme == BARE {
        return Some(String::new());
    }
    if let Some(own) = scheme.strip_prefix(prefix(standard)) {
        return Some(own.to_owned());
    }
    parties(standard).iter().find(|(_, s)| *s == scheme).map(|(q, _)| (*q).to_owned())
}

/// The scheme of an id that nothing qualifies.
pub const BARE: &str = "id";

fn scheme(known: Schemes, prefix: &str, qualifier: &str) -> Cow<'static, str> {
    if qualifier.is_empty() {
        return BARE.into();
    }
    // A line has several ids: most rows differ in the first letter.
    let first = qualifier.as_bytes().first();
    let found = known.iter().find(|(q, _)| q.as_bytes().first() == first && *q == qualifier);
    found.map_or_else(|| format!("{prefix}{qualifier}").into(), |(_, scheme)| (*scheme).into())
}

fn items(standard: Standard) -> Schemes {
    match standard {
        Standard::X12 => X12_ITEMS,
        Standard::Edifact => EDIFACT_ITEMS,
        _ => &[],
    }
}

fn parties(standard: Standard) -> Schemes {
    match standard {
        Standard::X12 => X12_PARTIES,
        Standard::Edifact => EDIFACT_PARTIES,
        Standard::Xml => XML_PARTIES,
        Standard::Csv | Standard::Fixed | Standard::Json => &[],
    }
}

fn prefix(standard: Standard) -> &'static str {
    match standard {
        Standard::X12 => "x12:",
        Standard::Edifact => "edifact:",
        // CSV, fixed width and JSON have no list of their own: the word that stands there is the scheme.
        Standard::Csv | Standard::Fixed | Standard::Json => "",
        Standard::Xml => "id:",
    }
}

/// The 18 digits of a serial shipping container code (GS1), whether its application identifier (`00`) stands before them or
/// not; none if the text is no such code. The check digit is not looked at.
pub fn sscc(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = text.strip_prefix("(00)").or_else(|| text.strip_prefix("00").filter(|rest| rest.len() == 18));
    Some(bare.unwrap_or(text)).filter(|text| text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_qualifier_comes_back_to_its_scheme() {
        let all = [Standard::X12, Standard::Edifact, Standard::Xml];
        for standard in all {
            for (qualifier, _) in items(standard).iter().chain(&[("QQ", "")]) {
                let scheme = item(standard, qualifier);
                let back = item_qualifier(standard, &scheme, "1", &[]).unwrap();
                assert_eq!(item(standard, &back), scheme);
            }
            for (qualifier, _) in parties(standard).iter().chain(&[("QQ", ""), ("", "id")]) {
                let scheme = party(standard, qualifier);
                let back = party_qualifier(standard, &scheme, &Leaf::Own).unwrap();
                assert_eq!(party(standard, &back), scheme);
            }
        }
    }

    #[test]
    fn an_sscc_is_known_by_its_digits() {
        for written in ["006141410000000012", "00006141410000000012", "(00)006141410000000012", " 006141410000000012 "]
        {
            assert_eq!(sscc(written), Some("006141410000000012"), "{written}");
        }
        for other in ["", "00", "P1", "0061414100000000123", "00614141000000001x", "ü06141410000000012"] {
            assert_eq!(sscc(other), None, "{other}");
        }
    }

    #[test]
    fn a_gtin_takes_the_qualifier_of_its_length() {
        let allowed = ["EN", "UP", "UK"].map(String::from);
        let of = |id| item_qualifier(Standard::X12, "gtin", id, &allowed);
        assert_eq!(of("012345678905").as_deref(), Some("UP"));
        assert_eq!(of("4012345678901").as_deref(), Some("EN"));
        assert_eq!(of("14012345678901").as_deref(), Some("UK"));
        assert_eq!(of("12345670").as_deref(), Some("EN"), "no better one: the mapping's first");
        assert_eq!(item_qualifier(Standard::X12, "sku", "A", &allowed), None);
        let later = ["SRV", "EN", "UP"].map(String::from);
        let of = |id| item_qualifier(Standard::Edifact, "gtin", id, &later);
        assert_eq!(of("4012345678901").as_deref(), Some("SRV"), "the mapping's first says any");
    }
}
