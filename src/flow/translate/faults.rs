//! Causes and faults that translate itself finds.

use crate::{
    canonical::DocumentId,
    formats::{
        fault::{Costs, Fault, Layer, Origin},
        piece::{Area, Interchange, Standard},
        place::{At, Place},
    },
    tenancy::{Effective, agreement::key_of},
};
use serde_json::{Value, json};

/// The cause of a document whose content came before.
pub fn same_content(of: DocumentId, agreement: Option<&Effective>) -> Value {
    let mut cause = json!({
        "code": "duplicate/content",
        "sentence": format!("the same content came before, in document {of}"),
        "remedy": "nothing: it was worked the first time",
        "of": of,
    });
    if let Some(agreement) = agreement {
        cause["decided_by"] = json!(agreement.decision("duplicates_days"));
    }
    cause
}

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

/// Faults keep the setting that says how they are taken, but for what is refused as it is built in; those that cost what an
/// agreement says name it.
pub fn by_agreement(faults: &mut [Fault], agreement: &Effective) {
    for fault in faults {
        let Some(area) = Area::of(&fault.code) else { continue };
        let key = key_of(area);
        if fault.costs < Costs::Set || fault.origin == Origin::Agreement || agreement.is_stated(key) {
            fault.decided_by = Some(Box::new(agreement.decision(key)));
        }
        if fault.origin != Origin::Agreement {
            continue;
        }
        let told = agreement.told(key);
        fault.remedy = match fault.costs >= Costs::Set {
            true => format!("{} It is refused by the agreement: {told}.", fault.remedy),
            false => format!("Nothing: it was tolerated by the agreement: {told}."),
        }
        .into();
    }
}

/// ISA01 to ISA04 by number, and what a TA1 says of a wrong one (TA105, I18).
pub const SECURITY: [(&str, &str); 4] = [("isa01", "010"), ("isa02", "011"), ("isa03", "012"), ("isa04", "013")];

/// Why an interchange's authorization or security is not the one that was agreed; what should stand there is not told.
pub fn security(header: &Interchange, agreement: &Effective) -> Option<Value> {
    let wanted = &agreement.isa_in;
    let wanted = [&wanted.isa01, &wanted.isa02, &wanted.isa03, &wanted.isa04];
    let differs = |n: &usize| wanted[*n].as_ref().is_some_and(|wanted| **wanted != *header.security[*n]);
    let n = (0..4).find(differs).filter(|_| header.standard == Standard::X12)?;
    let (name, ta1) = SECURITY[n];
    let says = match &*header.security[n] {
        "" => "is empty".to_owned(),
        found if n % 2 == 0 => format!("is “{found}”"),
        _ => "is another".to_owned(),
    };
    Some(json!({
        "code": "envelope/security",
        "sentence": format!("{} {says}, and the agreement wants what was settled", name.to_uppercase()),
        "remedy": format!("ask the partner which {} it sends, or mend the agreement's `isa_in.{name}`", name.to_uppercase()),
        "agreement": format!("`isa_in.{name}` ({})", agreement.origin(&format!("isa_in.{name}"))),
        "decided_by": agreement.decision(&format!("isa_in.{name}")),
        "ta1": ta1,
        "byte": header.byte,
    }))
}

/// Every set of an interchange is refused for one of them.
pub fn interchange_refused(header: &Interchange, agreement: Option<&Effective>) -> Fault {
    let remedy = "mend the faulty set and send the interchange again under a new control number";
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
        remedy: match agreement {
            Some(agreement) => format!("{remedy} ({})", agreement.told("bad_set_costs")),
            None => remedy.to_owned(),
        }
        .into(),
        origin: Origin::Agreement,
        costs: Costs::Interchange,
        decided_by: agreement.map(|agreement| Box::new(agreement.decision("bad_set_costs"))),
    }
}
