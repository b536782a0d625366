//! What looks at all tenants: the sweeper's questions, the audit's (their answers are tried in audit.rs); and transactions.

use super::rows::{self, hash};
use crate::rig::{Rig, both, connection};
use crossdock::{
    canonical::{ClaimCheck, DocumentId, EventId, MessageId, Micros, Stage},
    store::{
        census::{self, Work},
        deliveries, directory, documents, journal,
        messages::{self, NewMessage},
        now, outbox, sweep,
    },
};
use std::time::Duration;
use uuid::Uuid;

both![
    a_start_frees_leases_and_pages_read_their_numbers,
    overdue_work_is_found_and_noted,
    a_leased_connection_is_at_work,
    one_sweeper_at_a_time,
    a_clean_store_has_no_suspects,
    a_snapshot_is_one_instant,
    a_commit_wakes_and_a_rollback_does_not,
    a_closed_store_is_away,
];

async fn a_start_frees_leases_and_pages_read_their_numbers(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let document = rows::document(acme, "north-a", 1, &hash(1));
    rows::arrive(&rig, &document).await;
    let mut tx = store.begin(acme).await.unwrap();
    let way = connection("north-a");
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert!(directory::lease(&mut tx, acme, way, one, 60_000_000).await.unwrap().is_some());
    assert!(directory::lease(&mut tx, acme, way, other, 60_000_000).await.unwrap().is_none(), "taken");
    directory::free_leases(&mut tx, acme).await.unwrap();
    assert!(directory::lease(&mut tx, acme, way, other, 60_000_000).await.unwrap().is_some(), "free again");
    journal::write(&mut tx, &[journal::Step::new(acme, 50, "intake", "received", "w").document(document.id.0)])
        .await
        .unwrap();
    assert_eq!(
        journal::pace(&mut tx, acme, 51).await.unwrap().iter().map(|p| p.2).sum::<i64>(),
        0,
        "before the window"
    );
    assert!(journal::pace(&mut tx, acme, 50).await.unwrap().contains(&("intake".into(), "received".into(), 1)));
    let held = NewMessage { state: "held", ..rows::message(&rig, document.id, 0, 0, None, 0) };
    messages::insert(&mut tx, std::slice::from_ref(&held)).await.unwrap();
    let found = messages::in_state(&mut tx, acme, "held", 9).await.unwrap();
    assert_eq!(found.iter().map(|m| m.id).collect::<Vec<_>>(), [held.id]);
    assert_eq!(messages::in_state(&mut tx, acme, "dead", 9).await.unwrap().len(), 0);
    tx.rollback().await.unwrap();
}

async fn overdue_work_is_found_and_noted(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let late = |n: i64| documents::NewDocument {
        deadline: 100 + n,
        wait_us: 40,
        ..rows::document(acme, "north-a", n, &hash(n as u8))
    };
    let (one, two) = (late(1), late(2));
    for document in [&one, &two] {
        rows::arrive(&rig, document).await;
    }
    let message =
        |set, number| NewMessage { deadline: 100, wait_us: 40, ..rows::message(&rig, one.id, 0, set, number, 0) };
    let open = NewMessage { released: 0, ..message(1, None) };
    let lost = message(0, Some("PO-1"));
    let delivery =
        deliveries::NewDelivery { deadline: 100, wait_us: 40, ..rows::delivery(acme, EventId::of(lost.id, 0), "shop") };
    let mut tx = store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[lost.clone(), open]).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&delivery)).await.unwrap();
    tx.commit().await.unwrap();
    let at = Micros(1_000);
    for (stage, id, claim) in [
        (Stage::Translate, one.id.0, connection("north-a").0),
        (Stage::Apply, lost.id.0, lost.id.0),
        (Stage::Deliver, delivery.id.0, delivery.id.0),
    ] {
        let mut tx = store.system().await.unwrap();
        assert_eq!(sweep::overdue(&mut tx, stage, Micros(100), 9).await.unwrap(), [], "not yet");
        let due = sweep::overdue(&mut tx, stage, at, 9).await.unwrap();
        assert_eq!(due.iter().map(|d| (d.id, d.claim)).collect::<Vec<_>>(), [(id, claim)], "{stage:?}");
        assert!(due[0].is_late_twice(at) && !due[0].is_late_twice(Micros(101)));
        assert_eq!(sweep::under_way(&mut tx, stage).await.unwrap(), 1);
        sweep::put_off(&mut tx, stage, &due, at).await.unwrap();
        assert_eq!(sweep::overdue(&mut tx, stage, at, 9).await.unwrap(), []);
        let later = Micros(1_041);
        let due = sweep::overdue(&mut tx, stage, later, 9).await.unwrap();
        assert_eq!(due[0].wait_us, 40, "put off, the wait stays");
        let swept = sweep::swept(&mut tx, stage, &due, later).await.unwrap();
        assert!(swept.iter().all(|c| *c == claim) && !swept.is_empty());
        assert!(sweep::swept(&mut tx, stage, &due, later).await.unwrap().is_empty(), "noted by somebody else");
        assert_eq!(sweep::overdue(&mut tx, stage, Micros(1_121), 9).await.unwrap(), []);
        let due = sweep::overdue(&mut tx, stage, Micros(1_122), 9).await.unwrap();
        assert_eq!((due[0].wait_us, due[0].deadline), (80, 1_121), "doubled");
        tx.commit().await.unwrap();
    }
    assert_eq!(rig.place.number("select count(*) from documents where swept_at = 1041").await, 2, "one claim for both");
}

async fn a_leased_connection_is_at_work(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    rows::arrive(&rig, &documents::NewDocument { deadline: 100, ..rows::document(acme, "north-a", 1, &hash(1)) }).await;
    let mut tx = store.begin(acme).await.unwrap();
    let epoch =
        directory::lease(&mut tx, acme, connection("north-a"), Uuid::from_u128(1), 3_600_000_000).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(sweep::overdue(&mut tx, Stage::Translate, now(), 9).await.unwrap(), []);
    tx.rollback().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    directory::release_lease(&mut tx, acme, connection("north-a"), epoch.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(sweep::overdue(&mut tx, Stage::Translate, now(), 9).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}

async fn one_sweeper_at_a_time(rig: Rig) {
    let store = &rig.hub.store;
    let mut first = store.system_read().await.unwrap();
    let mut second = store.system_read().await.unwrap();
    assert!(sweep::alone(&mut first).await.unwrap());
    assert_eq!(sweep::alone(&mut second).await.unwrap(), !store.is_distributed());
    first.rollback().await.unwrap();
    assert!(sweep::alone(&mut second).await.unwrap());
    second.rollback().await.unwrap();
}

async fn a_clean_store_has_no_suspects(rig: Rig) {
    let mut tx = rig.hub.store.snapshot().await.unwrap();
    for tenant in [None, Some(rig.acme)] {
        assert_eq!(census::documents(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::messages(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::deliveries(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::blobs_without_document(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::documents_without_bytes(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::documents_without_messages(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::messages_without_event(&mut tx, tenant).await.unwrap(), []);
        assert_eq!(census::messages_waiting_for_nothing(&mut tx, tenant).await.unwrap(), []);
        for work in [Work::Documents, Work::Messages, Work::Deliveries] {
            assert_eq!(census::stuck(&mut tx, work, tenant, now()).await.unwrap(), []);
        }
        assert_eq!(census::counters(&mut tx, tenant).await.unwrap().len(), 0);
    }
    assert_eq!(census::subscriptions(&mut tx, Some(rig.acme)).await.unwrap().len(), 2, "an endpoint and an answer");
    assert_eq!(census::events_without_delivery(&mut tx, &[]).await.unwrap().len(), 0);
    assert_eq!(census::numbered(&mut tx, rig.acme, rig.northwind).await.unwrap(), (0, None));
    assert_eq!(census::numbers(&mut tx, rig.acme, rig.northwind, "", 9).await.unwrap().len(), 0);
    assert_eq!(census::hidden(&mut tx).await.unwrap().len(), 0);
    tx.rollback().await.unwrap();
}

async fn a_snapshot_is_one_instant(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.snapshot().await.unwrap();
    assert_eq!(census::documents(&mut tx, None).await.unwrap(), []);
    rows::arrive(&rig, &rows::document(acme, "north-a", 1, &hash(1))).await;
    assert_eq!(census::documents(&mut tx, None).await.unwrap(), [], "what came later is not seen");
    tx.rollback().await.unwrap();
    let mut tx = store.snapshot().await.unwrap();
    assert_eq!(census::documents(&mut tx, None).await.unwrap(), [("received".to_owned(), 1)]);
    tx.rollback().await.unwrap();
}

async fn a_commit_wakes_and_a_rollback_does_not(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let row = outbox::Row::at_once(
        ClaimCheck::new(acme, Stage::Apply, vec![MessageId::of(DocumentId::new(), 0, 0, 0).0]),
        now(),
    );
    let woken = store.outbox_written.notified();
    tokio::pin!(woken);
    woken.as_mut().enable();
    let mut tx = store.begin(acme).await.unwrap();
    outbox::push(&mut tx, std::slice::from_ref(&row)).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(futures_util::poll!(woken.as_mut()).is_pending());
    let mut tx = store.begin(acme).await.unwrap();
    outbox::push(&mut tx, std::slice::from_ref(&row)).await.unwrap();
    tx.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), woken).await.expect("the commit wakes");
}

async fn a_closed_store_is_away(rig: Rig) {
    let store = &rig.hub.store;
    store.ping().await.unwrap();
    store.close().await;
    for error in [
        store.ping().await.unwrap_err(),
        store.begin(rig.acme).await.err().unwrap(),
        store.system().await.err().unwrap(),
    ] {
        assert_eq!(error.trouble(), crossdock::store::Trouble::Away, "{error}");
    }
}
