//! Faults of mapping: what could not be read or written, where it stands, what to do.

use crate::formats::{
    fault::{Costs, Fault, Layer, Origin},
    place::{At, Place},
};

/// Values are shown up to this many characters.
const SHOWN: usize = 80;

/// A fault that costs the set.
pub fn fault(code: &str, place: Place, found: &str, expected: &str, sentence: String, remedy: String) -> Fault {
    Fault {
        code: code.into(),
        layer: Layer::Mapping,
        place,
        found: short(found).into(),
        expected: expected.into(),
        sentence: sentence.into(),
        remedy: remedy.into(),
        origin: Origin::Agreement,
        costs: Costs::Set,
    }
}

/// A value, shortened to 80 characters.
pub fn short(text: &str) -> &str {
    text.char_indices().nth(SHOWN).map_or(text, |(at, _)| &text[..at])
}

/// A place in words: `segment 12 (PO1)`, `line 7, column unit`, `/Order/cbc:ID`.
pub fn words(place: &Place) -> String {
    match &place.at {
        At::Segment { ordinal, id, .. } => format!("segment {ordinal} ({id})"),
        At::Row { line, column: Some(column) } => format!("line {line}, column {column}"),
        At::Row { line, column: None } => format!("line {line}"),
        At::Node { path } if path.is_empty() => "the document".into(),
        At::Node { path } => path.to_string(),
    }
}

/// The place of something that is missing: where it should stand, without bytes.
pub fn missing(mut place: Place, element: Option<u16>, component: Option<u16>, name: Option<&str>) -> Place {
    place.len = 0;
    match &mut place.at {
        At::Segment { element: e, component: c, .. } => (*e, *c) = (element, component),
        At::Row { column, .. } => *column = name.map(Into::into),
        At::Node { path } => {
            if let Some(name) = name {
                *path = format!("{path}/{name}").into();
            }
        }
    }
    place
}
