//! TA1: how an X12 interchange was taken, by its envelope alone. X12.5, segment TA1, elements I17 and I18.

use super::{AckCode, printable};
use crate::{
    codes::{self, X12Code},
    fault::{Costs, Fault},
    piece::Interchange,
    standard_codes::in_997,
    write::Segment,
};

/// True of a fault that a TA1 can tell: it is the envelope's and no set's.
pub fn is_of_interchange(fault: &Fault) -> bool {
    matches!(codes::row(&fault.code).map(|row| row.x12), Some(X12Code::Interchange(_)))
}

/// TA1 of an interchange that was read, from the faults of its header, its trailer and what stood outside of its groups.
/// It has room for one reason: the costliest, and the first of these. `other` is a reason that no fault of the codec's
/// gives (I18 `025`, a number that came before); it refuses the interchange.
pub fn ta1(interchange: &Interchange, faults: &[Fault], other: Option<&str>) -> (Segment, AckCode) {
    let mut root: Option<(&Fault, &str)> = None;
    for fault in faults.iter().filter(|fault| fault.costs > Costs::Nothing) {
        let X12Code::Interchange(code) = in_997(fault, "") else { continue };
        if root.is_none_or(|(known, _)| fault.costs > known.costs) {
            root = Some((fault, code));
        }
    }
    let (taken, note) = match (other, root) {
        (Some(code), _) => (AckCode::Rejected, code),
        (None, Some((fault, code))) if fault.costs >= Costs::Interchange => (AckCode::Rejected, code),
        (None, Some((_, code))) => (AckCode::WithErrors, code),
        (None, None) => (AckCode::Accepted, "000"),
    };
    let Interchange { control, date, time, .. } = interchange;
    let [date, time] = [(date, 6), (time, 4)].map(|(value, most)| printable(value, most));
    // TA101 is a number of nine digits, whatever ISA13 was.
    let is_number = control.len() <= 9 && control.bytes().all(|byte| byte.is_ascii_digit());
    let control = format!("{:0>9}", if is_number { control } else { "" });
    (Segment::plain("TA1", [&*control, &date, &time, taken.as_str(), note]), taken)
}
