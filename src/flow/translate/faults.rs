//! Causes and faults that translate itself finds.

use crate::{
    canonical::DocumentId,
    flow::letter,
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

/// A document's cause made of its faults: the worst names it, all go along.
pub fn cause_of(faults: &[Fault]) -> Value {
    match letter::worst(faults) {
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
        let Some(key) = Area::of(&fault.code).map(key_of) else { continue };
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

/// What an agreement wants an interchange header to say: the setting, the element's name, the value, and what a TA1 says of
/// another one (TA105, I18; a CONTRL says 12 of each). Those whose value is told are no passwords.
struct Wanted<'a> {
    setting: &'static str,
    name: &'static str,
    value: &'a Option<String>,
    ta1: &'static str,
    is_told: bool,
}

fn wanted<'a>(agreement: &'a Effective, standard: Standard) -> Option<[Wanted<'a>; 4]> {
    let of = |setting, name, value, ta1, is_told| Wanted { setting, name, value, ta1, is_told };
    let (x, u) = (&agreement.isa_in, &agreement.unb_in);
    match standard {
        Standard::X12 => Some([
            of("isa_in.isa01", "ISA01", &x.isa01, "010", true),
            of("isa_in.isa02", "ISA02", &x.isa02, "011", false),
            of("isa_in.isa03", "ISA03", &x.isa03, "012", true),
            of("isa_in.isa04", "ISA04", &x.isa04, "013", false),
        ]),
        Standard::Edifact => Some([
            of("unb_in.password_qualifier", "UNB06-2", &u.password_qualifier, "", true),
            of("unb_in.password", "UNB06-1", &u.password, "", false),
            of("unb_in.application_reference", "UNB07", &u.application_reference, "", true),
            of("unb_in.agreement", "UNB10", &u.agreement, "", true),
        ]),
        _ => None,
    }
}

/// Why an interchange's references or passwords are not those that were agreed; what should stand there is not told.
pub fn security(header: &Interchange, agreement: &Effective) -> Option<Value> {
    let wanted = wanted(agreement, header.standard)?;
    let found = header.security.iter().map(|found| &**found);
    let differs = |(one, found): &(&Wanted, &str)| one.value.as_ref().is_some_and(|value| value != found);
    let (Wanted { setting, name, ta1, is_told, .. }, found) = wanted.iter().zip(found).find(differs)?;
    let says = match found {
        "" => "is empty".to_owned(),
        found if *is_told => format!("is “{found}”"),
        _ => "is another".to_owned(),
    };
    Some(json!({
        "code": "envelope/security",
        "sentence": format!("{name} {says}, and the agreement wants what was settled"),
        "remedy": format!("ask the partner which {name} it sends, or mend the agreement's `{setting}`"),
        "agreement": format!("`{setting}` ({})", agreement.origin(setting)),
        "decided_by": agreement.decision(setting),
        "ta1": ta1,
        "byte": header.byte,
    }))
}

/// True of what is found where an interchange's trailer never came.
pub fn is_cut(fault: &Fault) -> bool {
    &*fault.code == "E0104"
}

/// An interchange that is preserved is worked as a whole: without its trailer nobody knows what is missing.
pub fn not_whole(faults: &mut [Fault], agreement: Option<&Effective>) {
    for fault in faults.iter_mut().filter(|fault| is_cut(fault)) {
        let told = agreement.map_or_else(String::new, |agreement| format!(" ({})", agreement.told("interchange")));
        fault.costs = Costs::Interchange;
        fault.origin = Origin::Agreement;
        fault.sentence = format!(
            "{}, and the agreement takes an interchange as a whole or not at all.",
            fault.sentence.trim_end_matches('.')
        )
        .into();
        fault.remedy = format!("Send the whole interchange again; its control number may stay{told}.").into();
        fault.decided_by = agreement.map(|agreement| Box::new(agreement.decision("interchange")));
    }
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
