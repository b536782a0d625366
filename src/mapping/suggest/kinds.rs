//! What a document is for: its kind, and the message that such documents are.

use super::{
    Failure, Request,
    knowledge::{KindFact, Knowledge, Word},
    places::{Key, Places},
};
use crate::{
    canonical::messages,
    formats::{guides, piece::Standard},
    mapping::{near::hint, shape},
};
use serde_json::Value as Json;

/// Which canonical message the kinds of the standards are.
const KINDS: &[(&str, &str)] = &[
    ("850", "order/1"),
    ("860", "order_change/1"),
    ("875", "order/1"),
    ("ORDERS", "order/1"),
    ("ORDCHG", "order_change/1"),
    ("855", "order_response/1"),
    ("865", "order_response/1"),
    ("ORDRSP", "order_response/1"),
    ("856", "despatch_advice/1"),
    ("DESADV", "despatch_advice/1"),
    ("810", "invoice/1"),
    ("INVOIC", "invoice/1"),
    ("832", "price_catalogue/1"),
    ("PRICAT", "price_catalogue/1"),
    ("846", "inventory_report/1"),
    ("INVRPT", "inventory_report/1"),
    ("852", "sales_report/1"),
    ("867", "sales_report/1"),
    ("SLSRPT", "sales_report/1"),
    ("820", "remittance/1"),
    ("REMADV", "remittance/1"),
    ("861", "receiving_advice/1"),
    ("RECADV", "receiving_advice/1"),
    ("180", "return_request/1"),
    ("RETANN", "return_request/1"),
    ("204", "transport_order/1"),
    ("IFTMIN", "transport_order/1"),
    ("990", "tender_response/1"),
    ("IFTMBC", "tender_response/1"),
    ("214", "transport_status/1"),
    ("IFTSTA", "transport_status/1"),
    ("210", "freight_invoice/1"),
    ("940", "warehouse_order/1"),
    ("945", "warehouse_shipped/1"),
    ("943", "stock_transfer/1"),
    ("944", "stock_transfer/1"),
    ("947", "stock_adjustment/1"),
    ("ubl order", "order/1"),
    ("ubl orderresponse", "order_response/1"),
    ("ubl despatchadvice", "despatch_advice/1"),
    ("ubl invoice", "invoice/1"),
    ("ubl orderchange", "order_change/1"),
    ("ubl ordercancellation", "order_change/1"),
    ("ubl receiptadvice", "receiving_advice/1"),
    ("ubl remittanceadvice", "remittance/1"),
    ("ubl instructionforreturns", "return_request/1"),
    ("ubl freightinvoice", "freight_invoice/1"),
    ("ubl inventoryreport", "inventory_report/1"),
    ("ubl stockavailabilityreport", "inventory_report/1"),
    ("cxml orderrequest", "order/1"),
];

/// Kinds that are several messages, told apart by the code that a document's own name has in BGM: 780 is a carrier's invoice.
const NAMED: &[(&str, &str, &str)] = &[("INVOIC", "780", "freight_invoice/1")];

/// Takes `from:` apart: standard, version, kind.
pub fn from(text: &str) -> Result<(Standard, String, String), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (standard, version, kind) = match words.as_slice() {
        ["x12", version, kind] => (Standard::X12, *version, (*kind).to_owned()),
        ["edifact", version, kind] => (Standard::Edifact, *version, (*kind).to_owned()),
        ["csv", _] => (Standard::Csv, "", text.to_owned()),
        ["fixed", ..] => {
            return Err(
                "of fixed width nothing is proposed: where its fields stand is said by hand, under `layout:`, and the \
                        fields beside it; `crossdock check FILE --layout mapping.yaml` shows what a layout reads"
                    .into(),
            );
        }
        ["json", _] => (Standard::Json, "", text.to_owned()),
        ["ubl" | "cxml" | "xml", _] => (Standard::Xml, "", text.to_ascii_lowercase()),
        _ => {
            return Err(format!(
                "`{text}` says no document: x12 004010 850, edifact D96A ORDERS, csv orders, json order"
            ));
        }
    };
    Ok((standard, version.to_owned(), kind))
}

/// That nothing is known of a document's segments, with the guides that there are of its kind, else of its standard.
pub fn no_guide(standard: Standard, version: &str, kind: &str) -> String {
    let own = guides::list().filter_map(|(shelf, kind)| match shelf.split_once('/') {
        Some((word, version)) if word == standard.word() => Some((version, kind)),
        _ => None,
    });
    let (versions, kinds): (Vec<&str>, Vec<&str>) = own.unzip();
    let mut same: Vec<&str> = versions.into_iter().zip(&kinds).filter(|(_, k)| **k == kind).map(|(v, _)| v).collect();
    same.sort_unstable();
    let near = match same.is_empty() {
        true => hint(kind, kinds),
        false => format!("; of {kind} there is {}", same.join(", ")),
    };
    format!("there is no guide for {kind} {version}: nothing is known of its segments{near}")
}

/// The message: as asked for, as others have it, as the standard's kinds are, or what the wanted messages are.
pub fn message(
    request: &Request,
    knowledge: &Knowledge,
    standard: Standard,
    kind: &str,
    places: &[Places],
) -> Result<String, Failure> {
    if let Some(message) = request.message {
        return match shape::message(message) {
            Some(_) => Ok(message.to_owned()),
            None => Err(format!("`{message}` is no canonical message{}", hint(message, shape::names())).into()),
        };
    }
    let edi = matches!(standard, Standard::X12 | Standard::Edifact);
    let document = if edi { format!("{} {kind}", standard.word()) } else { kind.to_owned() };
    let wanted: Vec<&Json> = request.samples.iter().filter_map(|sample| sample.wanted).collect();
    let fits = |name: &&str| wanted.iter().all(|body| messages::check(name, body).is_ok());
    let found = candidates(knowledge, &document, kind, places).into_iter().find(fits);
    let found = found.or_else(|| if wanted.is_empty() { None } else { shape::names().find(fits) });
    match found {
        Some(name) if shape::message(name).is_some() => Ok(name.to_owned()),
        _ => Err(format!(
            "which message {document} is, is not known: say it with --to, one of {}",
            shape::names().collect::<Vec<_>>().join(", ")
        )
        .into()),
    }
}

/// The messages that such documents may be, the likeliest first. A mapping that claims none is asked last: what it reads
/// is for others to say.
fn candidates<'k>(knowledge: &'k Knowledge, document: &str, kind: &str, places: &[Places]) -> Vec<&'k str> {
    let told = |word: Word| {
        let such = move |fact: &&KindFact| fact.document == document && fact.word == word;
        knowledge.kinds.iter().filter(such).map(|fact| fact.message.as_str())
    };
    let named = NAMED.iter().filter(|(other, code, _)| *other == kind && is_named(places, code));
    let known = KINDS.iter().filter(|(other, _)| *other == kind).map(|(_, message)| *message);
    told(Word::Partners)
        .chain(named.map(|(.., message)| *message))
        .chain(told(Word::Reads))
        .chain(told(Word::Writes))
        .chain(known)
        .chain(told(Word::ClaimsNone))
        .collect()
}

/// True if all samples say this code first in BGM.
fn is_named(places: &[Places], code: &str) -> bool {
    let says = |places: &Places| {
        let mut values = places.values.iter();
        let name = values.find(|value| places.groups[value.group].name == "BGM" && value.key.same(&Key::Element(1, 0)));
        name.is_some_and(|name| name.text.trim() == code)
    };
    !places.is_empty() && places.iter().all(says)
}
