//! Whose a party is that a document names: by its qualifier (X12 98, EDIFACT 3035), else by the words of its path.

use super::{super::shape, knowledge::Step, places::Key, search::Search, ubl, weigh::split};
use crate::formats::piece::Standard;

/// What a qualifier means in a message: the first of these that the message has.
const CODES: &[(&[&str], &[&str])] = &[
    (&["BY"], &["sold_to", "buyer"]),
    (&["SO"], &["sold_to"]),
    (&["OW"], &["owner"]),
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
    (&["WH"], &["warehouse", "location"]),
];

/// What a qualifier means in messages of one kind: who counts his stock reports it, and EDIFACT's buyer owns it.
const OF_KIND: &[(&str, Option<Standard>, &[&str], &str)] = &[
    ("inventory_report", None, &["SU", "SE", "VN", "GM"], "reporter"),
    ("inventory_report", Some(Standard::Edifact), &["BY"], "owner"),
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

/// Of several qualifiers of one party those that most senders use.
const PREFERRED: &[&str] = &["SU", "SE", "VN", "BY", "BT", "IV", "ST", "DP"];

pub(super) fn is_party(name: &str) -> bool {
    CODES.iter().any(|(_, names)| names.contains(&name)) || OF_KIND.iter().any(|(.., member)| *member == name)
}

/// The party that sends messages of a name.
pub(super) fn sender_of(message: &str) -> Option<&'static str> {
    let name = message.split('/').next().unwrap_or_default();
    SENDERS.iter().find(|(messages, _)| messages.contains(&name)).map(|(_, party)| *party)
}

fn all_codes() -> impl Iterator<Item = &'static str> {
    let codes = CODES.iter().flat_map(|(codes, _)| codes.iter().copied());
    codes.chain(OF_KIND.iter().flat_map(|(_, _, codes, _)| codes.iter().copied()))
}

impl Search<'_> {
    /// The member of the message that a qualifier means, if it has one.
    pub(super) fn party_of(&self, code: &str) -> Option<&'static str> {
        let kind = self.message.split('/').next().unwrap_or_default();
        let standard = self.compare.standard;
        let of_kind = OF_KIND.iter().find(|(message, only, codes, _)| {
            *message == kind && only.is_none_or(|only| only == standard) && codes.contains(&code)
        });
        if let Some((.., member)) = of_kind {
            return Some(member);
        }
        let shape = shape::message(self.message)?;
        let (_, names) = CODES.iter().find(|(codes, _)| codes.contains(&code))?;
        // A carrier of an order is known by its way of carrying, and no party with a place.
        let is_party = |member: &shape::Member| member.shape.members().iter().any(|inner| inner.name == "contacts");
        names.iter().copied().find(|name| shape.member(name).is_some_and(is_party))
    }

    /// The qualifiers that mean a member of the message.
    pub(super) fn codes_of(&self, name: &str) -> Vec<String> {
        let codes = all_codes().filter(|code| self.party_of(code) == Some(name)).map(str::to_owned);
        let mut all: Vec<String> = codes.collect();
        all.sort_by_key(|code| PREFERRED.iter().position(|known| known == code).unwrap_or(PREFERRED.len()));
        all.dedup();
        all
    }

    /// Those of [`Search::codes_of`] that a mapping of the standard asks for: a code of one standard may mean something else in
    /// the other.
    pub(super) fn codes_asked_for(&self, name: &str) -> Vec<String> {
        let standard = self.compare.standard;
        let is_asked = |code: &String| {
            let rows = CODES.iter().filter(|(codes, _)| codes.contains(&code.as_str()));
            let names: Vec<&str> = rows.flat_map(|(_, names)| names.iter().copied()).chain([name]).collect();
            let facts = self.compare.knowledge.facts.iter().filter(|fact| fact.standard == standard);
            let mut facts = facts.filter(|fact| fact.field.iter().take(2).any(|own| names.contains(&own.as_str())));
            facts.any(|fact| {
                let parties = fact.steps.iter().filter(|step| matches!(step.name.as_str(), "N1" | "NAD"));
                parties.flat_map(|step| &step.conditions).any(|(_, codes)| codes.contains(code))
            })
        };
        self.codes_of(name).into_iter().filter(is_asked).collect()
    }

    /// The qualifiers of parties that the message has no name for, as far as any mapping or table of the standard has them.
    pub(super) fn codes_of_others(&self) -> Vec<String> {
        let knowledge = self.compare.knowledge;
        let standard = self.compare.standard;
        let tables = knowledge.tables.iter().filter(|table| table.name == "role" && table.standard == standard);
        let said = tables.flat_map(|table| table.table.rows.iter().map(|row| row.value.clone()));
        let lists = knowledge.lists.iter().filter(|list| list.standard == standard);
        let steps = lists.flat_map(|list| &list.steps).filter(|step| matches!(step.name.as_str(), "N1" | "NAD"));
        let asked = steps.flat_map(|step| &step.conditions).flat_map(|(_, codes)| codes.iter().cloned());
        let known = all_codes().map(str::to_owned);
        let mut all: Vec<String> = Vec::new();
        for code in said.chain(asked).chain(known) {
            let plain = !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric());
            if plain && self.party_of(&code).is_none() && !all.contains(&code) {
                all.push(code);
            }
        }
        all
    }

    /// The party whose contacts stand in the heading: the one that sends such messages.
    pub(super) fn sender(&self) -> Option<&'static str> {
        sender_of(self.message)
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
        let names = steps.iter().map(|step| step.name.as_str());
        if let Some(whose) = self.compare.ubl.and_then(|document| ubl::whose(document, names)) {
            return whose != own;
        }
        let words: Vec<String> = steps.iter().flat_map(|step| split(&step.name)).collect();
        let mut theirs =
            WORDS.iter().filter(|(known, _)| words.iter().any(|word| known.contains(&word.as_str()))).peekable();
        theirs.peek().is_some() && theirs.all(|(_, names)| !names.contains(&own))
    }
}
