//! By which connections a partner is reached, and which of its answers an order gets.

use super::directory::{AnswerInfo, ConnectionInfo, PartnerInfo};
use crate::formats::piece::Standard;

impl PartnerInfo {
    /// True of its own connections, and of those that the tenant's partners share.
    pub fn is_reached_by(&self, connection: &ConnectionInfo) -> bool {
        match connection.partner {
            Some(owner) => owner == self.id,
            None => connection.tenant == self.tenant,
        }
    }

    /// Whether this answer is given to an order that came in a standard (`edifact`): where the partner agreed on answers
    /// to the event in several standards, an order is answered the way it came, if there is that way; else by all.
    pub fn answers_by(&self, answer: &AnswerInfo, came_as: &str) -> bool {
        !self.elsewhere(answer).contains(&came_as)
    }

    /// The standards whose orders another answer to the same event takes.
    pub fn elsewhere(&self, answer: &AnswerInfo) -> Vec<&'static str> {
        let same_event = self.answers.iter().filter(|other| other.event == answer.event);
        let mut standards: Vec<&str> = same_event.map(|other| other.standard.word()).collect();
        standards.retain(|standard| *standard != answer.standard.word());
        standards.sort_unstable();
        standards.dedup();
        standards
    }
}

/// `x12 004010 855`, `edifact D96A ORDRSP`, `ubl 2.1 OrderResponse`: standard, version, kind.
pub(super) fn form(text: &str) -> Option<(Standard, String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["x12", version, kind] => Some((Standard::X12, (*version).into(), (*kind).into())),
        ["edifact", version, kind] => Some((Standard::Edifact, (*version).into(), (*kind).into())),
        // The family is part of an XML document's name: `ubl OrderResponse`.
        ["ubl", "2.1", kind] => Some((Standard::Xml, "2.1".into(), format!("ubl {kind}"))),
        _ => None,
    }
}
