//! Letters that are owed: by whom, when their document is decided, and once.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::Micros,
    store::{
        deliveries::{self, NewDelivery},
        documents::NewDocument,
        journal::{self, Step},
        letters::{self, Owed},
        messages::{self, NewMessage},
        now,
    },
};

both![what_is_owed_is_paid_once, a_letter_is_a_delivery];

async fn what_is_owed_is_paid_once(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let one = NewDocument { partner: Some(rig.northwind), ..rows::document(acme, "north-a", 1, &rows::hash(1)) };
    let two = rows::document(acme, "north-a", 2, &rows::hash(2));
    rows::arrive(&rig, &one).await;
    rows::arrive(&rig, &two).await;
    let mut tx = store.begin(acme).await.unwrap();
    letters::owe(&mut tx, acme, &[one.id.0, two.id.0], Micros(5)).await.unwrap();
    letters::owe(&mut tx, acme, &[one.id.0], Micros(9)).await.unwrap();
    letters::owe(&mut tx, acme, &[], Micros(9)).await.unwrap();
    letters::owe(&mut tx, rig.globex, &[one.id.0], Micros(9)).await.unwrap();
    // Neither has ended.
    assert_eq!(letters::owed(&mut tx, acme, Micros(0), Micros(0), 9).await.unwrap(), []);
    tx.commit().await.unwrap();
    rig.place.sql("update documents set ended_at = 4, state = 'translated'").await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    let pending = NewMessage { state: "pending", ..rows::message(&rig, two.id, 0, 0, None, 0) };
    messages::insert(&mut tx, &[pending]).await.unwrap();
    let named = |owed: Vec<Owed>| owed.into_iter().map(|owed| owed.document).collect::<Vec<_>>();
    assert_eq!(
        named(letters::owed(&mut tx, acme, Micros(0), Micros(0), 9).await.unwrap()),
        [one.id],
        "the other's message waits"
    );
    let mut both = [one.id, two.id];
    both.sort();
    let late = named(letters::owed(&mut tx, acme, Micros(6), Micros(0), 9).await.unwrap());
    assert_eq!(late, both, "and not for ever");
    assert_eq!(letters::owed(&mut tx, acme, Micros(6), Micros(0), 1).await.unwrap().len(), 1);
    // The first one is northwind's, who was written to just now; whose the other is nobody knows.
    for at in [Micros(7), Micros(8)] {
        letters::written(&mut tx, acme, rig.northwind, at).await.unwrap();
    }
    for (since, found) in [(Micros(7), vec![two.id]), (Micros(8), late)] {
        assert_eq!(named(letters::owed(&mut tx, acme, Micros(6), since, 9).await.unwrap()), found);
    }
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(letters::owing(&mut tx).await.unwrap(), [acme]);
    tx.rollback().await.unwrap();
    // Another tenant sees none of it.
    let mut tx = store.begin(rig.globex).await.unwrap();
    assert_eq!(letters::owed(&mut tx, rig.globex, Micros(9), Micros(0), 9).await.unwrap(), []);
    assert_eq!(letters::settle(&mut tx, rig.globex, &[one.id]).await.unwrap(), []);
    tx.commit().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(letters::settle(&mut tx, acme, &[]).await.unwrap(), []);
    assert_eq!(letters::settle(&mut tx, acme, &[one.id]).await.unwrap(), [one.id]);
    assert_eq!(letters::settle(&mut tx, acme, &[one.id]).await.unwrap(), [], "once");
    tx.commit().await.unwrap();
}

async fn a_letter_is_a_delivery(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let document = rows::document(acme, "north-a", 1, &rows::hash(1));
    rows::arrive(&rig, &document).await;
    let event = crossdock::canonical::EventId(uuid::Uuid::from_u128(1));
    let letter = NewDelivery {
        kind: "letter",
        event: None,
        message: None,
        subscription: None,
        sequence: None,
        document: Some(document.id),
        created_at: now().0,
        ..rows::delivery(acme, event, "edi@northwind.example")
    };
    let mut tx = store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&letter)).await.unwrap();
    let step = Step::new(acme, 1, "deliver", "pending", "test").document(document.id.0).delivery(letter.id.0);
    journal::write(&mut tx, &[step]).await.unwrap();
    let of = deliveries::of(&mut tx, acme, None, Some(document.id)).await.unwrap();
    assert_eq!(of.iter().map(|row| (row.id, &*row.kind)).collect::<Vec<_>>(), [(letter.id, "letter")]);
    tx.commit().await.unwrap();
    // No other word is let in.
    let mut tx = store.begin(acme).await.unwrap();
    let other =
        NewDelivery { kind: "pigeon", id: crossdock::canonical::DeliveryId(uuid::Uuid::from_u128(9)), ..letter };
    assert!(deliveries::insert(&mut tx, &[other]).await.is_err());
    tx.rollback().await.unwrap();
}
