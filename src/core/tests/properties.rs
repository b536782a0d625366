//! Properties over random orders and cancels: whatever comes, nothing is promised twice and nothing is lost.

use super::{
    Shop, line, order, plain,
    replay::{replayed, stored},
};
use crate::{
    canonical::{
        order::Order,
        parts::{Price, Purpose},
    },
    core::{Command, Stop},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const PARTNERS: [&str; 3] = ["northwind", "contoso", "dollar"];

/// A message of one of three partners, its numbers few enough to meet again.
fn message() -> impl Strategy<Value = (&'static str, Order)> {
    let item = prop::sample::select(vec!["SKU-1", "northwind:NW-1", "SKU-2", "SKU-3", "SKU-4", "SKU-9"]);
    let unit = prop::sample::select(vec!["C62", "C62", "CT", "MTR", "KGM"]);
    let price = prop::option::weighted(0.2, prop::sample::select(vec!["4.20", "50.40", "1"]));
    let lines = prop::collection::vec((item, unit, -1_0000i64..40_0000, any::<bool>(), price), 0..4);
    let partner = prop::sample::select(PARTNERS.to_vec());
    let purpose = prop::sample::select(vec![Purpose::Original, Purpose::Original, Purpose::Cancel, Purpose::Change]);
    (partner, 0..6u8, purpose, lines).prop_map(|(partner, number, purpose, lines)| {
        let lines = lines.into_iter().enumerate().map(|(at, (item, unit, quantity, whole, price))| {
            let quantity = if whole { quantity / 1_0000 * 1_0000 } else { quantity };
            let price = price.map(|amount| Price { amount: amount.parse().unwrap(), per: 1.into() });
            line(at + 1, item, plain(quantity), unit, price)
        });
        (partner, order(&format!("PO{number}"), purpose, lines.collect()))
    })
}

fn opened() -> Shop {
    Shop::with(&["SKU-1,100", "SKU-2,33.3333", "SKU-4,0"])
}

/// Sends messages in batches of these sizes, over and over.
fn run(shop: &mut Shop, messages: &[(&'static str, Order)], sizes: &[usize]) -> Vec<Result<usize, Stop>> {
    let commands: Vec<Command> = messages.iter().map(|(partner, order)| shop.command(partner, order.clone())).collect();
    let (mut rest, mut results) = (&commands[..], vec![]);
    for size in sizes.iter().cycle() {
        let (batch, after) = rest.split_at(rest.len().min(*size));
        results.extend(shop.batch(batch).into_iter().map(|result| result.map(|events| events.len())));
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    results
}

proptest! {
    /// `Shop::save` checks 0 ≤ reserved ≤ on_hand and versions at each write.
    #[test]
    fn stock_and_orders_agree_and_events_rebuild_both(
        messages in prop::collection::vec(message(), 1..40),
        sizes in prop::collection::vec(1usize..9, 1..5),
    ) {
        let mut shop = opened();
        let opening = shop.stock.clone();
        let results = run(&mut shop, &messages, &sizes);
        prop_assert!(results.iter().all(|r| !matches!(r, Err(Stop::Broken(_)) | Ok(0))));
        let (orders, stock) = stored(&shop);
        let mut held: BTreeMap<Uuid, i64> = BTreeMap::new();
        for reserved in orders.values().flat_map(|order| &order.reserved) {
            *held.entry(reserved.item).or_default() += reserved.quantity.scaled().unwrap();
        }
        for (item, stock) in &stock {
            prop_assert_eq!(stock.reserved, held.remove(item).unwrap_or(0));
        }
        prop_assert!(held.is_empty());
        prop_assert_eq!(replayed(&opening, &shop.events), (orders, stock));
        let ids: BTreeSet<_> = shop.events.iter().map(|event| event.id).collect();
        prop_assert_eq!(ids.len(), shop.events.len(), "an event id stands twice");
    }

    #[test]
    fn the_cut_into_batches_changes_nothing(
        messages in prop::collection::vec(message(), 1..40),
        sizes in prop::collection::vec(1usize..9, 1..5),
    ) {
        let (mut one_by_one, mut batched, mut again) = (opened(), opened(), opened());
        let results = run(&mut one_by_one, &messages, &[1]);
        prop_assert_eq!(&results, &run(&mut batched, &messages, &sizes));
        prop_assert_eq!(&results, &run(&mut again, &messages, &sizes));
        prop_assert_eq!(&one_by_one.events, &batched.events);
        prop_assert_eq!(stored(&one_by_one), stored(&batched));
        prop_assert_eq!(&batched.entities, &again.entities, "decide is deterministic, to the byte");
    }

    #[test]
    fn cancelling_everything_returns_everything(messages in prop::collection::vec(message(), 1..40)) {
        let mut shop = opened();
        let opening = shop.stock.clone();
        run(&mut shop, &messages, &[7]);
        for partner in PARTNERS {
            for number in 0..6 {
                let result = shop.send(partner, order(&format!("PO{number}"), Purpose::Cancel, vec![]));
                prop_assert!(!matches!(result, Err(Stop::Broken(_))));
            }
        }
        prop_assert_eq!(shop.stock, opening);
    }

    /// What is accepted and what waits add up to what was ordered, and what is accepted is what is held.
    #[test]
    fn parts_of_a_line_add_up(messages in prop::collection::vec(message(), 1..20)) {
        let mut shop = opened();
        run(&mut shop, &messages, &[3]);
        for order in stored(&shop).0.values() {
            for line in &order.order.lines {
                let parts = order.confirmed.data.lines.iter().filter(|part| part.number == line.number);
                let sum: rust_decimal::Decimal = parts.map(|part| part.quantity.value).sum();
                prop_assert_eq!(sum, line.quantity.value);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Eight channels, 1,000 orders of one each, 100 units, in whatever order they come.
    #[test]
    fn eight_channels_racing_for_a_hundred_units_get_exactly_a_hundred(
        turns in Just((0..1_000usize).collect::<Vec<_>>()).prop_shuffle(),
        size in 1usize..=128,
    ) {
        let mut shop = Shop::with(&["SKU-1,100"]);
        let channels = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let messages: Vec<_> = turns.iter().map(|turn| {
            let line = line(1, "SKU-1", 1.into(), "C62", None);
            (channels[turn % 8], order(&format!("PO{}", turn / 8), Purpose::Original, vec![line]))
        }).collect();
        run(&mut shop, &messages, &[size]);
        prop_assert_eq!(plain(shop.stock_of("SKU-1").reserved), 100.into());
        let orders = stored(&shop).0;
        let holding = orders.values().filter(|order| !order.reserved.is_empty()).count();
        prop_assert_eq!((orders.len(), holding), (1_000, 100));
    }
}
