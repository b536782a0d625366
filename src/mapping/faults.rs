//! Faults of mapping: what could not be read or written, where it stands, what to do.

use super::explain::Line;
use crate::formats::{
    fault::{Costs, Fault, Layer, Origin, shorten},
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
        decided_by: None,
    }
}

/// The place of what a line of the mapping says by itself, which is no place of the document.
pub fn own(line: Line) -> Place {
    Place { byte: 0, len: 0, at: At::File { name: line.file.into(), line: line.line } }
}

/// True of a fault that the mapping made itself: the document waits until the mapping is mended, and its sender is not asked
/// to send another.
pub fn is_own(fault: &Fault) -> bool {
    matches!(fault.place.at, At::File { .. }) || &*fault.code == "mapping/not_computed"
}

/// A value, shortened to 80 characters.
pub fn short(text: &str) -> String {
    shorten(text, SHOWN)
}

/// A mapping's path with where that is: `PO1[2]/PO103 in segment 12`, `quantity in line 7`, `cbc:ID at /Order/cbc:ID`.
pub fn words(label: &str, place: &Place) -> String {
    let where_ = match &place.at {
        At::Segment { ordinal, .. } => format!("in segment {ordinal}"),
        At::Row { line, .. } => format!("in line {line}"),
        At::Node { path } if path.is_empty() => "in the document".into(),
        At::Node { path } => format!("at {path}"),
        at @ At::File { .. } => format!("at {at}"),
    };
    format!("{label} {where_}").trim_start().to_owned()
}

/// A word for a command line, in quotes where a shell needs them.
pub fn word(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-./:".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
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
        At::File { .. } => {}
    }
    place
}
