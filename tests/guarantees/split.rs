//! A document that makes several messages (`messages:`): each has a state of its own, and is mended by itself.

use crate::rig::{Rig, both, mapping};
use crossdock::{
    canonical::DocumentId,
    flow::{
        operate,
        replays::{self, Comparison, Side},
    },
    store::mapping_versions::Files,
};
use tokio::sync::watch;

both![
    each_message_of_a_document_stands_by_itself,
    what_comes_twice_is_applied_once,
    a_document_that_makes_fewer_messages_now_is_told,
    a_replay_sets_message_beside_message,
];

const NAME: &str = "northwind/day-orders";

fn by_number(number: &str) -> Files {
    mapping(&format!(
        "mapping: {NAME}
from: json order
to: order/1
claims: {{ direction: in, partner: northwind }}
messages: orders
tables: {{ uom: {{ EA: EA }} }}
fields:
  number: {number}
  purpose: \"'original'\"
  placed: {{ date: day }}
  currency: $tenant.currency
  sold_to: {{ refs: \"'NORTHWIND' | ref(buyer)\" }}
  lines:
    each: orders/lines
    number: $position
    item: sku | ref(sku)
    quantity: {{ value: quantity, unit: unit | table(uom) }}
"
    ))
}

/// Number, quantity and unit of each order.
fn day(orders: &[(&str, &str, &str)]) -> String {
    let order = |(number, quantity, unit): &(&str, &str, &str)| {
        let line = format!(r#"{{"sku":"PLENTY-1","quantity":"{quantity}","unit":"{unit}"}}"#);
        format!(r#"{{"number":"{number}","lines":[{line}]}}"#)
    };
    format!(r#"{{"day":"2026-11-02","orders":[{}]}}"#, orders.iter().map(order).collect::<Vec<_>>().join(","))
}

async fn bring(rig: &mut Rig, text: &str) -> DocumentId {
    let id = rig.bring("north-a", "day.json", text.as_bytes()).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    id
}

/// Number, place in the set and state of a document's messages.
async fn stand(rig: &Rig, id: DocumentId) -> Vec<(Option<String>, i64, String)> {
    rig.messages_of(id).await.into_iter().map(|row| (row.number, row.split, row.state)).collect()
}

fn are(expected: &[(&str, i64, &str)]) -> Vec<(Option<String>, i64, String)> {
    expected.iter().map(|(number, split, state)| (Some((*number).to_owned()), *split, (*state).to_owned())).collect()
}

async fn each_message_of_a_document_stands_by_itself(mut rig: Rig) {
    rig.publish(&by_number("orders/number")).await;
    let id = bring(&mut rig, &day(&[("PO-1", "1", "EA"), ("PO-2", "2", "Q9"), ("PO-3", "many", "EA")])).await;
    assert_eq!(stand(&rig, id).await, are(&[("PO-1", 0, "applied"), ("PO-2", 1, "held"), ("PO-3", 2, "rejected")]));
    let refused = rig.messages_of(id).await.remove(2);
    let path = refused.faults.as_ref().unwrap()[0]["place"].to_string();
    assert!(path.contains("/orders/2/lines/0/quantity"), "the place is the document's: {path}");
    // The row that one of them waits for lets that one go.
    operate::add_reference(&rig.hub, rig.acme, "uom", "Q9", "EA", "ann").await.unwrap();
    rig.stand("PO-2", &["replaced", "applied"]).await;
    // Restarted, the third is the third again.
    operate::restart(&rig.hub, rig.acme, refused.id, "ann", "once more").await.unwrap();
    rig.stand("PO-3", &["replaced", "rejected"]).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.halt().await;
}

async fn what_comes_twice_is_applied_once(mut rig: Rig) {
    rig.publish(&by_number("orders/number")).await;
    let text = day(&[("PO-1", "1", "EA"), ("PO-2", "2", "EA"), ("PO-2", "3", "EA")]);
    let id = bring(&mut rig, &text).await;
    // Two of one number are one order that comes twice.
    let states: Vec<String> = stand(&rig, id).await.into_iter().map(|(.., state)| state).collect();
    assert_eq!((states[0].as_str(), states[1].as_str()), ("applied", "applied"), "{states:?}");
    assert_ne!(states[2], "applied", "{states:?}");
    rig.bring("north-a", "again.json", text.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(rig.place.number("select count(*) from messages where state = 'applied'").await, 2);
    rig.halt().await;
}

async fn a_document_that_makes_fewer_messages_now_is_told(mut rig: Rig) {
    rig.publish(&by_number("orders/number")).await;
    let id = bring(&mut rig, &day(&[("PO-1", "1", "EA"), ("PO-2", "x", "EA")])).await;
    let mut whole = by_number("orders/number");
    whole.values_mut().for_each(|text| *text = text.replace("messages: orders\n", ""));
    rig.publish(&whole).await;
    let second = rig.messages_of(id).await.remove(1);
    let refused = operate::restart(&rig.hub, rig.acme, second.id, "ann", "once more").await.unwrap_err();
    assert!(refused.to_string().ends_with("the document, as it is mapped now, has no such message"), "{refused}");
    assert_eq!(rig.message(second.id).await.state, "rejected");
    rig.halt().await;
}

async fn a_replay_sets_message_beside_message(mut rig: Rig) {
    rig.publish(&by_number("orders/number")).await;
    bring(&mut rig, &day(&[("PO-1", "1", "EA"), ("PO-2", "2", "EA")])).await;
    rig.halt().await;
    let version = rig.draft(&by_number("orders/number | lower")).await;
    let asked =
        Comparison { name: NAME, before: Side::Standing, after: Side::Version(version), documents: 9, partner: None };
    let prepared = replays::prepare(&rig.hub, rig.acme, &asked).await.unwrap();
    let seen = prepared.run(&rig.hub, "ann", &watch::channel(0).0).await.unwrap();
    assert_eq!((seen.documents, seen.sets, seen.changed_sets), (1, 2, 2), "{seen:?}");
    let number = seen.fields.iter().find(|field| field.field == "/number").unwrap();
    assert_eq!((number.documents, number.values), (1, 2), "{number:?}");
}
