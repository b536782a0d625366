//! What a message's header says of its kind: S009 in UNH02. ISO 9735-1 §7.

use crate::{codes, edi::envelope::Service, fault::Fault};

/// What S009 must say: a message that lacks one of these is of no kind that a directory has.
const MANDATORY: [(u16, &str); 4] =
    [(1, "the type (0065)"), (2, "the version (0052)"), (3, "the release (0054)"), (4, "the agency (0051)")];

/// The fault of a UNH02 that is there and not whole.
pub(super) fn identifier(unh: &Service) -> Option<Fault> {
    if unh.lacks(2) {
        return None;
    }
    let there: [String; MANDATORY.len()] = unh.components(2);
    let missing: Vec<_> =
        MANDATORY.iter().zip(there).filter(|(_, there)| there.is_empty()).map(|(one, _)| one).collect();
    let (first, names) = (missing.first()?.0, missing.iter().map(|(_, name)| *name).collect::<Vec<_>>());
    let names = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let sentence =
        format!("UNH02 in the message header at byte {} is not whole: {names} {verb} missing.", unh.span.start);
    let fault = Fault::new(codes::SET_HEADER, unh.place_of_component(2, first), sentence);
    Some(fault.found(&unh.element(2)).expected("type, version, release and agency: ORDERS:D:96A:UN"))
}
