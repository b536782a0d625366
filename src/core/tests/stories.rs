//! Stories as tables: who, which number, what → what came of it. Each is one shop from beginning to end.

use super::{Shop, line, order, plain};
use crate::{
    canonical::{
        Event,
        order::{OrderCancelled, OrderLine},
        order_response::{LineOutcome, OrderResponse},
        parts::{Price, Purpose},
    },
    core::Stop,
};
use rust_decimal::Decimal;

/// Plays a story. Rows: `PARTNER NUMBER order [in CUR:] ITEM QTY[UNIT] [@AMOUNT[/PER]], … -> ANSWER`,
/// `PARTNER NUMBER cancel -> RELEASED`, `stock SKU -> RESERVED of ON_HAND`.
fn story(stock: &[&str], rows: &str) {
    let mut shop = Shop::with(stock);
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (does, expected) = row.split_once("->").expect("a row has a result");
        let words: Vec<&str> = does.split_whitespace().collect();
        let found = match words[..] {
            ["stock", sku] => {
                let stock = shop.stock_of(sku);
                format!("{} of {}", plain(stock.reserved), plain(stock.on_hand))
            }
            [partner, number, ..] => {
                let rest = does.split_once(number).map(|(_, rest)| rest.trim()).unwrap_or_default();
                told(shop.send(partner, read(number, rest)))
            }
            _ => panic!("unreadable row: {row}"),
        };
        assert_eq!(found, expected.trim(), "\nin the row: {row}");
    }
}

fn read(number: &str, rest: &str) -> crate::canonical::order::Order {
    let (does, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (purpose, rest) = match does {
        "order" => (Purpose::Original, rest),
        "change" => (Purpose::Change, rest),
        "cancel" => (Purpose::Cancel, rest),
        other => panic!("unknown deed {other}"),
    };
    let (currency, rest) = match rest.strip_prefix("in ").and_then(|rest| rest.split_once(':')) {
        Some((currency, rest)) => (currency, rest),
        None => ("EUR", rest),
    };
    let lines: Vec<&str> = rest.split(',').map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut order = order(number, purpose, lines.into_iter().enumerate().map(|(at, text)| one(at, text)).collect());
    order.currency = currency.into();
    order
}

fn one(at: usize, text: &str) -> OrderLine {
    let words: Vec<&str> = text.split_whitespace().collect();
    let unit_at = words[1].find(|c: char| c.is_ascii_uppercase()).unwrap_or(words[1].len());
    let (value, unit) = words[1].split_at(unit_at);
    let price = words.get(2).and_then(|word| word.strip_prefix('@')).map(|word| {
        let (amount, per) = word.split_once('/').unwrap_or((word, "1"));
        Price { amount: amount.parse().unwrap(), per: per.parse().unwrap() }
    });
    let unit = if unit.is_empty() { "C62" } else { unit };
    line(at + 1, words[0], value.parse().unwrap(), unit, price)
}

/// The answer in a few words.
fn told(result: Result<Vec<Event>, Stop>) -> String {
    let events = match result {
        Ok(events) => events,
        Err(Stop::Refused(refusal)) => return format!("refused {} at {}", refusal.code, refusal.path),
        Err(broken) => return broken.to_string(),
    };
    let event = events.iter().find(|event| event.kind != "order.placed").expect("an answer");
    let again = if event.repeats.is_some() { "again " } else { "" };
    if event.kind == "order.cancelled" {
        let data: OrderCancelled = serde_json::from_value(event.data.clone()).unwrap();
        let released: Vec<_> = data.released.iter().map(|r| format!("{} {}", r.sku, r.quantity.value)).collect();
        return format!("{again}released {}", if released.is_empty() { "nothing".into() } else { released.join(", ") });
    }
    let data: OrderResponse = serde_json::from_value(event.data.clone()).unwrap();
    let lines: Vec<_> = data.lines.iter().map(said).collect();
    let outcome = serde_json::to_value(data.outcome).unwrap();
    format!("{again}{}: {}", outcome.as_str().unwrap(), lines.join(", "))
}

fn said(line: &crate::canonical::order_response::ResponseLine) -> String {
    let (value, unit) = (line.quantity.value, line.quantity.unit.as_str());
    let unit = if unit == "C62" { "" } else { unit };
    let code = line.reason.as_ref().map(|reason| reason.code.as_str()).unwrap_or_default();
    match line.outcome {
        LineOutcome::Accepted => format!("{} accepted {value}{unit}", line.number),
        LineOutcome::Backordered => format!("{} backordered {value}{unit}", line.number),
        LineOutcome::PriceChanged => {
            let price = line.price.as_ref().expect("ours");
            let per = if price.per == Decimal::ONE { String::new() } else { format!("/{}", price.per) };
            format!("{} price_changed {value}{unit} @{}{per}", line.number, price.amount)
        }
        LineOutcome::Rejected => format!("{} {code}", line.number),
        LineOutcome::Substituted | LineOutcome::Changed | LineOutcome::Held => format!("{:?}", line.outcome),
    }
}

#[test]
fn an_order_takes_what_is_there_and_the_rest_waits() {
    story(
        &["SKU-1,100", "SKU-2,7.5"],
        "
        northwind PO1 order SKU-1 60            -> accepted: 1 accepted 60
        contoso   PO1 order SKU-1 60            -> accepted_with_changes: 1 accepted 40, 1 backordered 20
        contoso   PO2 order SKU-1 1             -> accepted_with_changes: 1 backordered 1
        contoso   PO3 order SKU-2 8MTR          -> accepted_with_changes: 1 accepted 7.5MTR, 1 backordered 0.5MTR
        stock SKU-1                             -> 100 of 100
        stock SKU-2                             -> 7.5 of 7.5
        stock SKU-3                             -> 0 of 0
        ",
    );
}

#[test]
fn two_lines_of_one_item_share_what_is_there() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order SKU-1 70, northwind:NW-1 70 -> accepted_with_changes: 1 accepted 70, 2 accepted 30, 2 backordered 40
        northwind PO1 cancel                            -> released SKU-1 70, SKU-1 30
        stock SKU-1                                     -> 0 of 100
        ",
    );
}

#[test]
fn cartons_are_reserved_whole() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order SKU-1 2CT           -> accepted: 1 accepted 2CT
        stock SKU-1                             -> 24 of 100
        northwind PO2 order SKU-1 10CT          -> accepted_with_changes: 1 accepted 6CT, 1 backordered 4CT
        stock SKU-1                             -> 96 of 100
        northwind PO3 order SKU-1 1CT           -> accepted_with_changes: 1 backordered 1CT
        northwind PO4 order SKU-1 0.5CT         -> accepted_with_changes: 1 backordered 0.5CT
        northwind PO5 order SKU-1 0.25CT        -> accepted: 1 accepted 0.25CT
        northwind PO2 cancel                    -> released SKU-1 72
        stock SKU-1                             -> 27 of 100
        ",
    );
}

#[test]
fn an_item_is_found_by_the_first_id_that_leads_to_one() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order buyer:X|northwind:NW-1|sku:SKU-2 1 -> accepted: 1 accepted 1
        northwind PO2 order gtin:4006381333931 1               -> accepted: 1 accepted 1
        northwind PO3 order gtin:04006381333931 1              -> accepted: 1 accepted 1
        northwind PO4 order old:B-8 1                          -> accepted: 1 accepted 1
        northwind PO5 order old:LOST|old:B-8 1                 -> accepted: 1 accepted 1
        northwind PO6 order old:LOST 1                         -> rejected: 1 order/unknown_item
        stock SKU-1                                            -> 5 of 100
        ",
    );
}

#[test]
fn a_price_is_the_partners_whatever_it_is_for() {
    story(
        &["SKU-1,1000", "SKU-2,1000", "SKU-4,1000"],
        "
        northwind PO1 order SKU-1 10 @4.20         -> accepted: 1 accepted 10
        northwind PO2 order SKU-1 10 @420/100      -> accepted: 1 accepted 10
        northwind PO3 order SKU-1 10 @4.21         -> accepted_with_changes: 1 price_changed 10 @4.20
        northwind PO4 order SKU-1 10 @0/0          -> accepted_with_changes: 1 price_changed 10 @4.20
        northwind PO5 order SKU-1 1CT @50.40       -> accepted: 1 accepted 1CT
        northwind PO6 order SKU-1 1CT @4.20        -> accepted_with_changes: 1 price_changed 1CT @50.4
        northwind PO7 order SKU-2 3MTR @0.0035     -> accepted: 1 accepted 3MTR
        northwind PO8 order SKU-4 6 @5             -> accepted_with_changes: 1 price_changed 6 @10/12
        northwind PO9 order SKU-4 6 @5/6           -> accepted: 1 accepted 6
        dollar    PO1 order in USD: SKU-1 1 @5     -> accepted: 1 accepted 1
        dollar    PO2 order SKU-1 1                -> rejected: 1 order/currency
        nolist    PO1 order SKU-1 1                -> rejected: 1 order/no_price
        northwind PO0 order SKU-3 1                -> rejected: 1 order/no_price
        stock SKU-1                                -> 33 of 1000
        ",
    );
}

#[test]
fn a_line_is_refused_and_the_others_go_on() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order SKU-9 1, SKU-1 5, SKU-1 1KGM, SKU-1 0, SKU-1 -3 -> accepted_with_changes: 1 order/unknown_item, 2 accepted 5, 3 order/unit, 4 order/quantity, 5 order/quantity
        northwind PO2 order SKU-1 0.00001                   -> rejected: 1 order/quantity
        northwind PO3 order SKU-1 1000000000000000          -> rejected: 1 order/quantity
        northwind PO4 order SKU-1 79228162514264337593543950335 -> rejected: 1 order/quantity
        northwind PO5 order SKU-1 0.3333333333333333333333333333CT -> rejected: 1 order/quantity
        northwind PO6 order SKU-1 1 @79228162514264337593543950335 -> accepted_with_changes: 1 price_changed 1 @4.20
        stock SKU-1                                         -> 5 of 100
        ",
    );
}

#[test]
fn a_number_that_stands_is_answered_again_and_never_decided_twice() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order SKU-1 60  -> accepted: 1 accepted 60
        contoso   PO1 order SKU-1 60  -> accepted_with_changes: 1 accepted 40, 1 backordered 20
        northwind PO1 cancel          -> released SKU-1 60
        contoso   PO1 order SKU-1 60  -> again accepted_with_changes: 1 accepted 40, 1 backordered 20
        contoso   PO1 order SKU-1 60.0000 -> again accepted_with_changes: 1 accepted 40, 1 backordered 20
        contoso   PO1 order SKU-1 61  -> refused order/number_taken at /number
        contoso   PO1 change SKU-1 61 -> refused not_built at /purpose
        stock SKU-1                   -> 40 of 100
        ",
    );
}

#[test]
fn a_cancel_gives_everything_back_once() {
    story(
        &["SKU-1,100", "SKU-2,9"],
        "
        northwind PO1 order SKU-1 60, SKU-2 20MTR -> accepted_with_changes: 1 accepted 60, 2 accepted 9MTR, 2 backordered 11MTR
        northwind PO1 cancel          -> released SKU-1 60, SKU-2 9
        northwind PO1 cancel          -> again released SKU-1 60, SKU-2 9
        northwind PO1 order SKU-1 60, SKU-2 20MTR -> refused order/closed at /number
        northwind PO1 order SKU-1 1   -> refused order/closed at /number
        contoso   PO1 cancel          -> refused order/unknown at /number
        contoso   PO2 order SKU-1 101 -> accepted_with_changes: 1 accepted 100, 1 backordered 1
        stock SKU-2                   -> 0 of 9
        ",
    );
}

#[test]
fn an_order_that_holds_nothing_can_be_cancelled() {
    story(
        &["SKU-1,0"],
        "
        northwind PO1 order SKU-1 5   -> accepted_with_changes: 1 backordered 5
        northwind PO1 cancel          -> released nothing
        northwind PO2 order SKU-2 5MTR -> accepted_with_changes: 1 backordered 5MTR
        northwind PO2 cancel          -> released nothing
        northwind PO3 order SKU-1 5 @1 -> accepted_with_changes: 1 price_changed 5 @4.20
        northwind PO3 cancel          -> released nothing
        ",
    );
}

#[test]
fn a_number_whose_lines_were_all_rejected_stays_free() {
    story(
        &["SKU-1,100"],
        "
        northwind PO1 order SKU-9 5   -> rejected: 1 order/unknown_item
        northwind PO1 cancel          -> refused order/unknown at /number
        northwind PO1 order SKU-9 5   -> rejected: 1 order/unknown_item
        northwind PO1 order SKU-1 5   -> accepted: 1 accepted 5
        northwind PO1 order SKU-9 5   -> refused order/number_taken at /number
        ",
    );
}
