//! Causes and faults that translate itself finds.

use crate::formats::{
    fault::{Costs, Fault, Layer, Origin},
    piece::Interchange,
    place::{At, Place},
};
use serde_json::{Value, json};

/// A document's cause made of its faults: the first names it, all go along.
pub fn cause_of(faults: &[Fault]) -> Value {
    match faults.iter().max_by_key(|f| f.costs) {
        Some(worst) => json!({
            "code": worst.code,
            "sentence": worst.sentence,
            "remedy": worst.remedy,
            "byte": worst.place.byte,
            "faults": faults,
        }),
        None => {
            json!({"code": "empty", "sentence": "there is nothing in it that could be read as a set", "remedy": "ask the sender for the whole document"})
        }
    }
}

/// Every set of an interchange is refused for one of them.
pub fn interchange_refused(header: &Interchange) -> Fault {
    Fault {
        code: "agreement/bad_set".into(),
        layer: Layer::Envelope,
        place: Place {
            byte: header.byte,
            len: 3,
            at: At::Segment { ordinal: 1, id: "ISA".into(), element: None, component: None, repeat: 0 },
        },
        found: "".into(),
        expected: "".into(),
        sentence: format!(
            "a set of interchange {} is faulty, and the agreement says that a bad set costs the whole interchange",
            header.control
        )
        .into(),
        remedy: "mend the faulty set and send the interchange again under a new control number".into(),
        origin: Origin::Agreement,
        costs: Costs::Interchange,
    }
}
