//! What a group's header says beside who and to whom: GS, X12.6 §3.5.

use crate::{codes, edi::envelope::Service, fault::Fault};

/// A note if the group is of another release than the interchange says: the group is right about its sets.
pub(super) fn other_version(gs: &Service, interchange: &str) -> Option<Fault> {
    let version = gs.element(8);
    let same = interchange.is_empty() || !version.is_ascii() || version.get(..5).is_none_or(|v| v == interchange);
    if same {
        return None;
    }
    let sentence = format!("GS08 is “{version}”, and ISA12 is “{interchange}”: the sets are read by GS08.");
    let fault = Fault::new(codes::OTHER_VERSION, gs.place_of(8), sentence);
    Some(fault.found(&version).expected(format!("a version that begins with {interchange}")))
}
