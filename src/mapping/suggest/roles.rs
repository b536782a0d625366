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
    (&["PE"], &["payee", "remit_to"]),
    (&["RI", "RE"], &["remit_to"]),
    (&["DE"], &["depositor"]),
    (&["WH"], &["warehouse"]),
];

/// Who sends a message.
const SENDERS: &[(&[&str], &str)] = &[
    (&["order", "order_change"], "sold_to"),
    (&["order_response", "invoice", "price_catalogue"], "seller"),
    (&["inventory_report", "sales_report"], "reporter"),
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
        // A carrier of an order is known by its way of carrying, and no party with a place.
        let is_party = |member: &shape::Member| member.shape.members().iter().any(|inner| inner.name == "contacts");
        names.iter().copied().find(|name| shape.member(name).is_some_and(is_party))
    }

    /// The qualifiers that mean a member of the message.
    pub(super) fn codes_of(&self, name: &str) -> Vec<String> {
        let codes = CODES.iter().flat_map(|(codes, _)| codes.iter());
        codes.filter(|code| self.party_of(code) == Some(name)).map(|code| (*code).to_owned()).collect()
    }

    /// The party whose contacts stand in the heading: the one that sends such messages.
    pub(super) fn sender(&self) -> Option<&'static str> {
        let name = self.message.split('/').next().unwrap_or_default();
        SENDERS.iter().find(|(messages, _)| messages.contains(&name)).map(|(_, party)| *party)
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
