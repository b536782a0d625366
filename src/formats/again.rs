//! Control numbers that came before in another interchange: faults that no reader finds, since it reads one document.

use crate::{
    codes,
    fault::{Costs, Fault, Origin},
    piece::{Group, Set, Severity, Standard},
    place::{At, Place},
};

impl Group {
    /// That its control number came before in what `before` names; none where that is ignored.
    pub fn number_again(&self, standard: Standard, before: &str, severity: Severity) -> Option<Fault> {
        let (id, element) = if standard == Standard::Edifact { ("UNG", 5) } else { ("GS", 6) };
        let place = place(self.byte, id, self.segment, element);
        fault(codes::GROUP_NUMBER_AGAIN, place, &self.control, before, severity)
    }
}

impl Set {
    /// That its control number came before in what `before` names; none where that is ignored.
    pub fn number_again(&self, before: &str, severity: Severity) -> Option<Fault> {
        let (id, element) = if self.standard == Standard::Edifact { ("UNH", 1) } else { ("ST", 2) };
        fault(codes::SET_NUMBER_AGAIN, place(self.byte, id, 1, element), &self.control, before, severity)
    }

    /// True if its control number came before in its own group or interchange.
    pub fn has_number_again(&self) -> bool {
        self.faults.iter().any(|fault| *fault.code == *codes::SET_NUMBER_AGAIN)
    }
}

fn place(byte: u64, id: &str, ordinal: u32, element: u16) -> Place {
    let at = At::Segment { ordinal, id: id.into(), element: Some(element), component: None, repeat: 0 };
    Place { byte, len: id.len() as u32, at }
}

fn fault(code: &str, place: Place, control: &str, before: &str, severity: Severity) -> Option<Fault> {
    let costs = match severity {
        Severity::Ignore => return None,
        Severity::Warn => Costs::Nothing,
        Severity::Reject => Costs::Set,
    };
    let sentence = format!("{} “{control}” came before in {before}.", place.at);
    let fault = Fault::new(code, place, sentence).found(control).expected("a number that did not come before");
    Some(fault.costs(costs).origin(Origin::Agreement))
}
