//! Rules that a row can't tell: what events carry, what refuses an order as a whole, what a broken store does.

use super::{NOW, Shop, line, order};
use crate::{
    canonical::{
        Event, EventId,
        event::TYPES,
        order::{Order, OrderCancelled, OrderPlaced},
        order_response::{OrderResponse, Outcome},
        parts::Purpose,
    },
    core::{CODES, Command, EntityKey, Kind, Refusal, Stop, World, decide, inventory::Stock, orders::*},
};
use rust_decimal::Decimal;
use uuid::Uuid;

fn of(sku: &str, quantity: i64) -> Order {
    order("PO1", Purpose::Original, vec![line(1, sku, Decimal::from(quantity), "C62", None)])
}

fn cancel() -> Order {
    order("PO1", Purpose::Cancel, vec![])
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

fn refused(order: Order) -> Refusal {
    match Shop::with(&["SKU-1,100"]).send("northwind", order) {
        Err(Stop::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn events_come_in_order_with_derived_ids_and_complete_data() {
    let mut shop = Shop::with(&["SKU-1,100"]);
    let command = shop.command("northwind", of("SKU-1", 160));
    let events = shop.batch(std::slice::from_ref(&command)).remove(0).unwrap();
    assert_eq!(kinds(&events), ["order.placed", "order.confirmed", "order.backordered"]);
    for (ordinal, event) in (0..).zip(&events) {
        assert_eq!(event.id, EventId::of(command.message, ordinal));
        assert_eq!((event.at, event.message, event.tenant), (NOW, command.message, command.tenant));
        assert_eq!((event.key.as_str(), event.repeats), ("order/northwind/PO1", None));
        assert!(TYPES.contains(&(event.kind.as_str(), event.schema.as_str())));
    }
    let placed: OrderPlaced = serde_json::from_value(events[0].data.clone()).unwrap();
    assert_eq!((&placed.order, placed.reserved.len()), (&command.order, 1));
    assert_eq!(placed.reserved[0].quantity.value, Decimal::from(100));
    let response: OrderResponse = serde_json::from_value(events[1].data.clone()).unwrap();
    let waiting: OrderResponse = serde_json::from_value(events[2].data.clone()).unwrap();
    assert_eq!(response.placed.map(|d| d.to_string()).as_deref(), Some("2026-03-04"));
    assert_eq!(response.answered.map(|d| d.to_string()).as_deref(), Some("2026-03-04"));
    assert_eq!((response.currency.as_deref(), response.lines.len()), (Some("EUR"), 2));
    assert_eq!(waiting.lines, response.lines[1..], "only what waits");
    assert_eq!(response.our_number.as_ref(), Some(&placed.our_number));
    let reason = response.lines[1].reason.clone().unwrap();
    assert_eq!(reason.sentence, "100 of 160 C62 of SKU-1 are reserved; 60 wait for stock.");
    assert_eq!(reason.path.as_deref(), Some("/lines/0/quantity/value"));
}

#[test]
fn a_repeat_names_the_first_event_however_often_it_is_asked() {
    let mut shop = Shop::with(&["SKU-1,100"]);
    let confirmed = shop.send("northwind", of("SKU-1", 1)).unwrap().remove(1);
    for _ in 0..2 {
        let again = shop.send("northwind", of("SKU-1", 1)).unwrap();
        assert_eq!((again.len(), again[0].repeats, &again[0].data), (1, Some(confirmed.id), &confirmed.data));
        assert_ne!(again[0].id, confirmed.id);
    }
    let cancelled = shop.send("northwind", cancel()).unwrap().remove(0);
    assert_eq!(cancelled.repeats, None);
    let data: OrderCancelled = serde_json::from_value(cancelled.data.clone()).unwrap();
    assert_eq!((data.order_number.as_str(), data.partner.as_str(), data.released.len()), ("PO1", "northwind", 1));
    for _ in 0..2 {
        let again = shop.send("northwind", cancel()).unwrap();
        assert_eq!((again.len(), again[0].repeats, &again[0].data), (1, Some(cancelled.id), &cancelled.data));
    }
}

#[test]
fn a_wholly_rejected_order_is_answered_and_leaves_nothing() {
    let mut shop = Shop::with(&["SKU-1,100"]);
    let before = shop.entities.clone();
    let events = shop.send("northwind", of("SKU-9", 1)).unwrap();
    assert_eq!(kinds(&events), ["order.confirmed"]);
    let response: OrderResponse = serde_json::from_value(events[0].data.clone()).unwrap();
    assert_eq!(response.outcome, Outcome::Rejected);
    let reason = response.lines[0].reason.clone().unwrap();
    assert_eq!(reason.sentence, "No item is known by sku SKU-9.");
    let remedy = "Order an item of the catalogue, or add the id: crossdock reference add sku SKU-9 SKU.";
    assert_eq!((reason.remedy.as_deref(), reason.path.as_deref()), (Some(remedy), Some("/lines/0/item")));
    assert_eq!(shop.entities, before);
}

#[test]
fn an_order_that_could_not_be_answered_is_refused_whole() {
    let one = || line(1, "SKU-1", Decimal::ONE, "C62", None);
    let twice =
        refused(order("PO1", Purpose::Original, vec![one(), line(2, "SKU-1", Decimal::ONE, "C62", None), one()]));
    assert_eq!((twice.code, twice.path.as_str()), ("order/line_number", "/lines/2/number"));
    assert_eq!(twice.sentence, "Line 3 by position has the number 1, as one before it has.");
    let mut nameless = one();
    nameless.number.clear();
    let nameless = refused(order("PO1", Purpose::Original, vec![nameless]));
    assert_eq!((nameless.code, nameless.path.as_str()), ("order/line_number", "/lines/0/number"));
    let empty = refused(order("PO1", Purpose::Original, vec![]));
    assert_eq!((empty.code, empty.path.as_str()), ("order/no_lines", "/lines"));
    let unnumbered = refused(order(" ", Purpose::Original, vec![one()]));
    assert_eq!((unnumbered.code, unnumbered.path.as_str()), ("order/no_number", "/number"));
    let change = refused(order("PO1", Purpose::Change, vec![one()]));
    assert_eq!((change.code, change.path.as_str()), ("not_built", "/purpose"));
}

#[test]
fn our_number_is_short_readable_and_its_own() {
    let number = our_number(Uuid::from_u128(0x1234_5678_9abc_8def_8fed_cba9_8765_4321));
    assert_eq!(number, "SO-ZVEB-N63P-AGS1");
    assert_eq!(our_number(Uuid::nil()), "SO-0000-0000-0000");
    assert_eq!(our_number(Uuid::max()), "SO-ZZZZ-ZZZZ-ZZZZ");
}

#[test]
fn a_batch_is_folded_in_memory_and_written_once() {
    let mut shop = Shop::with(&["SKU-1,100"]);
    let commands: Vec<Command> =
        [of("SKU-1", 60), cancel(), cancel()].map(|order| shop.command("northwind", order)).into();
    let mut world = shop.load(&commands);
    for command in &commands {
        let decision = decide(&world, command).unwrap();
        world.apply(decision);
    }
    let changes = world.changed().unwrap();
    assert_eq!(changes.stock, [], "what was taken and given back moves no stock row");
    assert_eq!(changes.entities.iter().map(|change| change.expected).collect::<Vec<_>>(), [None]);
    shop.save(changes);
    let again = shop.command("northwind", cancel());
    let mut world = shop.load(std::slice::from_ref(&again));
    let decision = decide(&world, &again).unwrap();
    world.apply(decision);
    assert_eq!(world.changed().unwrap(), Default::default(), "a repeat writes nothing");
}

#[test]
fn stock_that_contradicts_an_order_is_a_broken_invariant() {
    let mut shop = Shop::with(&["SKU-1,100"]);
    shop.send("northwind", of("SKU-1", 60)).unwrap();
    for lost in [Some(Stock { on_hand: 100_0000, reserved: 59_9999 }), None] {
        let item = shop.stock.keys().next().copied().unwrap();
        match lost {
            Some(stock) => drop(shop.stock.insert(item, stock)),
            None => drop(shop.stock.remove(&item)),
        }
        let result = shop.send("northwind", cancel());
        assert!(matches!(&result, Err(Stop::Broken(why)) if why.contains("holds 600000 of item")), "{result:?}");
        shop.stock.insert(item, Stock { on_hand: 100_0000, reserved: 60_0000 });
    }
}

#[test]
fn a_stored_body_that_cannot_be_read_is_an_error_that_names_it() {
    let key = EntityKey { kind: Kind::Order, id: Uuid::nil() };
    for body in ["", "null", "{}", "[1,2", "{\"our_number\":7}", "\u{0}"] {
        for kind in Kind::ALL {
            let fault = World::default().put(EntityKey { kind, ..key }, 1, body).unwrap_err();
            assert!(fault.to_string().starts_with(&format!("the JSON of {} {}", kind.name(), key.id)), "{fault}");
        }
    }
    assert_eq!(Kind::ALL.map(|kind| Kind::named(kind.name())), Kind::ALL.map(Some));
    assert_eq!(Kind::named("invoice"), None);
}

#[test]
fn an_odd_conversion_in_a_stored_item_never_divides_by_zero() {
    for factor in ["0", "-12", "0.00001", "79228162514264337593543950335"] {
        let mut shop = Shop::with(&["SKU-1,100"]);
        for (version, body) in shop.entities.values_mut().filter(|(_, body)| body.contains("\"CT\":\"12\"")) {
            *body = body.replace("\"CT\":\"12\"", &format!("\"CT\":\"{factor}\""));
            *version += 1;
        }
        let order = order("PO1", Purpose::Original, vec![line(1, "SKU-1", Decimal::from(9_000), "CT", None)]);
        shop.send("northwind", order).expect("an answer");
    }
}

/// Each code that the sources name stands in the table, and the other way round.
#[test]
fn the_table_of_codes_is_whole() {
    let sources = [
        include_str!("../orders/mod.rs"),
        include_str!("../orders/line.rs"),
        include_str!("../orders/place.rs"),
        include_str!("../orders/cancel.rs"),
    ];
    let named = |code: &str| sources.iter().any(|source| source.contains(&format!("\"{code}\"")));
    assert!(CODES.iter().all(|row| named(row.code)), "a code that nothing gives");
    for quoted in sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2)) {
        let code = quoted == "not_built" || (quoted.starts_with("order/") || quoted.starts_with("stock/"));
        let code = code && quoted.bytes().all(|b| b.is_ascii_lowercase() || b == b'/' || b == b'_');
        assert!(!code || CODES.iter().any(|row| row.code == quoted), "{quoted} is not in CODES");
    }
}
