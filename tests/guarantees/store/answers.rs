//! What went out under which numbers, and what was said of it.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::{DeliveryId, DocumentId, EventId, MessageId, Micros, PartnerId},
    store::{
        StoreError,
        deliveries::{self, NewDelivery},
        now,
        outbound::{self, NewSet, SetRow, Verdict},
    },
};
use serde_json::json;
use uuid::Uuid;

both![a_set_is_judged_once, the_newest_under_a_number_is_meant, what_came_to_a_delivery];

fn message(n: u32) -> MessageId {
    MessageId::of(DocumentId(Uuid::from_u128(7)), 0, n, 0)
}

fn delivery(rig: &Rig, n: u32) -> NewDelivery {
    NewDelivery {
        kind: "document",
        partner: Some(rig.northwind),
        ..rows::delivery(rig.acme, EventId::of(message(n), 0), "north-drop")
    }
}

/// The nth set of an interchange and a group of this number.
fn set(rig: &Rig, delivery: DeliveryId, number: i64, n: i64) -> NewSet {
    NewSet {
        tenant: rig.acme,
        id: Uuid::from_u128((number * 100 + n) as u128),
        delivery,
        partner: rig.northwind,
        standard: "x12",
        kind: "855".into(),
        interchange_no: number,
        group_no: number + 50,
        set_no: n,
        set_control: format!("{n:04}"),
        message: Some(message(n as u32)),
        created_at: now().0,
    }
}

fn numbers(rows: &[SetRow]) -> Vec<(i64, i64)> {
    rows.iter().map(|row| (row.interchange_no, row.set_no)).collect()
}

async fn a_set_is_judged_once(rig: Rig) {
    let acme = rig.acme;
    let out = delivery(&rig, 1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&out)).await.unwrap();
    let sets = [set(&rig, out.id, 1, 1), set(&rig, out.id, 1, 2)];
    outbound::insert(&mut tx, &sets).await.unwrap();
    outbound::insert(&mut tx, &[NewSet { kind: "856".into(), ..sets[0].clone() }]).await.unwrap();
    let rows = outbound::lock_group(&mut tx, acme, rig.northwind, "x12", 51).await.unwrap();
    assert_eq!(numbers(&rows), [(1, 1), (1, 2)]);
    assert!(rows.iter().all(|row| row.kind == "855" && row.verdict.is_none() && row.message.is_some()));
    let said = Verdict { id: sets[0].id, verdict: "rejected", said: json!([{"sentence": "too long"}]) };
    outbound::judge(&mut tx, acme, message(8), std::slice::from_ref(&said), Micros(5)).await.unwrap();
    outbound::note_received(&mut tx, acme, out.id, message(9)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let again = outbound::judge(&mut tx, acme, message(9), &[said], Micros(6)).await;
    assert!(matches!(again, Err(StoreError::Lost(_))));
    tx.rollback().await.unwrap();
    let mut tx = rig.hub.store.read(acme).await.unwrap();
    let rows = outbound::of_deliveries(&mut tx, acme, &[out.id]).await.unwrap();
    assert_eq!(
        (rows[0].verdict.as_deref(), rows[0].verdict_by, rows[0].verdict_at),
        (Some("rejected"), Some(message(8)), Some(5))
    );
    assert_eq!((rows[1].verdict.as_deref(), rows[1].received_by), (None, Some(message(9))));
    assert_eq!(rows[0].said.as_ref().unwrap()[0]["sentence"], "too long");
    tx.rollback().await.unwrap();
}

async fn the_newest_under_a_number_is_meant(rig: Rig) {
    let acme = rig.acme;
    let (first, second) = (delivery(&rig, 1), delivery(&rig, 2));
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[first.clone(), second.clone()]).await.unwrap();
    let old = NewSet { created_at: 5, ..set(&rig, first.id, 1, 1) };
    // The numbers came round.
    let new = NewSet { id: Uuid::from_u128(9), delivery: second.id, created_at: 6, ..old.clone() };
    outbound::insert(&mut tx, &[old, new]).await.unwrap();
    let found = outbound::lock_interchange(&mut tx, acme, rig.northwind, "x12", 1).await.unwrap();
    assert_eq!(found.iter().map(|row| row.delivery).collect::<Vec<_>>(), [second.id]);
    let other = PartnerId(Uuid::from_u128(3));
    assert!(outbound::lock_interchange(&mut tx, acme, other, "x12", 1).await.unwrap().is_empty());
    assert!(outbound::lock_interchange(&mut tx, acme, rig.northwind, "edifact", 1).await.unwrap().is_empty());
    assert!(outbound::lock_interchange(&mut tx, rig.globex, rig.northwind, "x12", 1).await.unwrap().is_empty());
    assert!(outbound::lock_group(&mut tx, acme, rig.northwind, "x12", 1).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

async fn what_came_to_a_delivery(rig: Rig) {
    let acme = rig.acme;
    let out = delivery(&rig, 1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&out)).await.unwrap();
    for (says, stands, by) in [
        ("received", "received", "TA1"),
        ("rejected", "rejected", "997"),
        // It came late, and says less.
        ("received", "rejected", "TA1 again"),
    ] {
        outbound::note_answer(&mut tx, acme, out.id, says, &json!({"by": by})).await.unwrap();
        let row = deliveries::get(&mut tx, acme, out.id).await.unwrap().unwrap();
        assert_eq!(row.acknowledged.as_deref(), Some(stands));
        assert_eq!(row.answer.unwrap()["by"], if by == "TA1 again" { "997" } else { by });
    }
    tx.rollback().await.unwrap();
}
