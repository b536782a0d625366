//! Whose a party is that a document names: by its qualifier (X12 98, EDIFACT 3035), else by the words of its path.

use super::{super::shape, knowledge::Step, places::Key, search::Search, weigh::split};
use crate::formats::piece::Standard;

/// What a qualifier means in a message: the first of these that the message has.
const CODES: &[(&[&str], &[&str])] = &[
    (&["BY", "SO"], &["sold_to"]),
    (&["BT", "IV"], &["bill_to", "sold_to"]),
    (&["ST", "DP"], &["ship_to"]),
    (&["SE", "SU", "VN"], &["seller", "supplier"]),
    (&["SF"], &["ship_from"]),
    (&["SH", "CZ"], &["shipper"]),
    (&["CN"], &["consignee", "ship_to"]),
    (&["CA"], &["carrier"]),
    (&["PR"], &["payer"]),
    (&["PE"], &["payee"]),
    (&["RI", "RE"], &["remit_to"]),
    (&["DE"], &["depositor"]),
    (&["WH"], &["warehouse"]),
];

/// What a name's word means: any of these.
const WORDS: &[(&[&str], &[&str])] = &[
    (&["billing", "bill", "invoicee"], &["bill_to", "sold_to"]),
    (&["shipping", "ship", "delivery", "deliver", "recipient"], &["ship_to", "consignee", "carrier"]),
    (&["seller", "supplier", "vendor"], &["seller", "supplier"]),
    (&["buyer", "customer", "sold"], &["sold_to"]),
];

fn is_party(name: &str) -> bool {
    CODES.iter().any(|(_, names)| names.contains(&name))
}

impl Search<'_> {
    /// The member of the message that a qualifier means, if it has one.
    pub(super) fn party_of(&self, code: &str) -> Option<&'static str> {
        let shape = shape::message(self.message)?;
        let (_, names) = CODES.iter().find(|(codes, _)| codes.contains(&code))?;
        names.iter().copied().find(|name| shape.member(name).is_some())
    }

    /// True if a place says itself that it is another party's than the field's: `N1[01=BT]` is no ship-to.
    pub(super) fn is_anothers(&self, field: &[String], steps: &[Step]) -> bool {
        let Some(own) = field.first().map(String::as_str).filter(|name| is_party(name)) else { return false };
        if matches!(self.compare.standard, Standard::X12 | Standard::Edifact) {
            let named = steps.iter().filter(|step| matches!(step.name.as_str(), "N1" | "NAD"));
            let asked = named.flat_map(|step| &step.conditions).filter(|(key, _)| key.same(&Key::Element(1, 0)));
            let mut theirs = asked.flat_map(|(_, codes)| codes).filter_map(|code| self.party_of(code)).peekable();
            return theirs.peek().is_some() && theirs.all(|theirs| theirs != own);
        }
        let words: Vec<String> = steps.iter().flat_map(|step| split(&step.name)).collect();
        let mut theirs =
            WORDS.iter().filter(|(known, _)| words.iter().any(|word| known.contains(&word.as_str()))).peekable();
        theirs.peek().is_some() && theirs.all(|(_, names)| !names.contains(&own))
    }
}
