//! What must go out: deliveries, dead letters, sequences, the outbox, timers, the relay's session.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::{ClaimCheck, DeliveryId, DocumentId, EventId, MessageId, Micros, Stage},
    store::{
        deliveries::{self, Change, NewDelivery, NewLetter},
        now,
        outbox::{self, Row},
        session::RelaySession,
        timers,
    },
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

both![
    deliveries_are_read_back,
    a_delivery_ends_once,
    a_delivery_gives_way_to_another,
    sequences_have_no_gap,
    dead_letters,
    the_outbox_in_order,
    claim_checks_and_their_ids,
    timers_become_claim_checks,
    one_relay_at_a_time,
];

fn an_event(n: u32) -> EventId {
    EventId::of(MessageId::of(DocumentId(Uuid::from_u128(7)), 0, 0, 0), n)
}

async fn deliveries_are_read_back(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let bytes = b"ISA*\0\xff";
    let webhook = rows::delivery(acme, an_event(0), "shop");
    let answer = NewDelivery {
        kind: "document",
        name: Some("855.edi".into()),
        content: Some(deliveries::hex(bytes)),
        control: Some("000000001".into()),
        partner: Some(rig.northwind),
        subscription: Some(Uuid::from_u128(5)),
        ..rows::delivery(acme, an_event(0), "north-drop")
    };
    let said = NewDelivery {
        event: None,
        document: Some(document),
        kind: "acknowledgement",
        id: DeliveryId::acknowledgement(document, "997/0"),
        ..answer.clone()
    };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[webhook.clone(), answer.clone(), said.clone()]).await.unwrap();
    let other = NewDelivery { content: None, ..answer.clone() };
    deliveries::insert(&mut tx, &[other]).await.unwrap();
    let row = deliveries::get(&mut tx, acme, answer.id).await.unwrap().unwrap();
    assert_eq!(row.content.as_deref(), Some(&bytes[..]), "one that stands is left, byte for byte");
    assert_eq!(deliveries::load(&mut tx, acme, &[webhook.id, said.id]).await.unwrap().len(), 2);
    assert_eq!(deliveries::of(&mut tx, acme, Some(an_event(0)), None).await.unwrap().len(), 2);
    assert_eq!(deliveries::of(&mut tx, acme, None, Some(document)).await.unwrap()[0].id, said.id);
    assert_eq!(deliveries::of_events(&mut tx, acme, &[an_event(0), an_event(1)]).await.unwrap().len(), 2);
    assert_eq!(deliveries::acknowledgements(&mut tx, acme, &[document]).await.unwrap()[0].id, said.id);
    assert_eq!(deliveries::to_target(&mut tx, acme, "shop").await.unwrap()[0].id, webhook.id);
    let way: Vec<Uuid> = answer.subscription.into_iter().collect();
    let newest = (Micros(i64::MAX), DeliveryId(Uuid::max()));
    let went = deliveries::of_answers(&mut tx, acme, &way, newest, 9).await.unwrap();
    assert_eq!(went.iter().map(|d| d.id).collect::<Vec<_>>(), [answer.id], "no webhook, and no acknowledgement");
    let behind = (Micros(answer.created_at), answer.id);
    assert!(deliveries::of_answers(&mut tx, acme, &way, behind, 9).await.unwrap().is_empty());
    tx.commit().await.unwrap();
}

fn to(id: DeliveryId, state: &'static str) -> Change {
    Change {
        id,
        state,
        cause: Some(json!({"code": "x"})),
        fingerprint: None,
        tries: 3,
        due: None,
        first_failed_at: Some(1),
        ended_at: Some(2),
        deadline: 3,
    }
}

async fn a_delivery_ends_once(rig: Rig) {
    let acme = rig.acme;
    let one = rows::delivery(acme, an_event(0), "a");
    let two = rows::delivery(acme, an_event(0), "b");
    let empty = NewDelivery { kind: "document", state: "dead", ..rows::delivery(acme, an_event(0), "c") };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[one.clone(), two.clone(), empty.clone()]).await.unwrap();
    let changed = deliveries::change(&mut tx, acme, &[to(one.id, "delivered"), to(two.id, "dead")]).await.unwrap();
    assert_eq!(changed.len(), 2);
    assert_eq!(deliveries::change(&mut tx, acme, &[to(one.id, "dead")]).await.unwrap(), [], "it has ended");
    assert!(!deliveries::cancel(&mut tx, acme, one.id, &json!({}), now()).await.unwrap());
    assert!(deliveries::cancel(&mut tx, acme, two.id, &json!({"who": "me"}), now()).await.unwrap());
    assert!(deliveries::replay(&mut tx, acme, two.id, now()).await.unwrap());
    assert!(!deliveries::replay(&mut tx, acme, two.id, now()).await.unwrap(), "it is under way");
    let row = deliveries::get(&mut tx, acme, two.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.tries, row.replays, row.cause), ("pending", 0, 1, None));
    deliveries::fill(&mut tx, acme, empty.id, "n.edi", b"bytes", Some("000000002")).await.unwrap();
    assert!(deliveries::fill(&mut tx, acme, empty.id, "n.edi", b"other", Some("000000003")).await.is_err(), "once");
    let row = deliveries::get(&mut tx, acme, empty.id).await.unwrap().unwrap();
    assert_eq!((row.content.as_deref(), row.control.as_deref()), (Some(&b"bytes"[..]), Some("000000002")));
    tx.rollback().await.unwrap();
}

async fn a_delivery_gives_way_to_another(rig: Rig) {
    let acme = rig.acme;
    let one = NewDelivery { acknowledged: Some("waiting"), ..rows::delivery(acme, an_event(0), "a") };
    let two = rows::delivery(acme, an_event(0), "b");
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[one.clone(), two.clone()]).await.unwrap();
    let row = deliveries::get(&mut tx, acme, one.id).await.unwrap().unwrap();
    assert!(!deliveries::give_way(&mut tx, acme, &row, &json!({})).await.unwrap(), "it is under way");
    deliveries::change(&mut tx, acme, &[to(one.id, "delivered"), to(two.id, "dead")]).await.unwrap();
    assert!(!deliveries::give_way(&mut tx, rig.globex, &row, &json!({})).await.unwrap(), "another tenant's");
    assert!(deliveries::give_way(&mut tx, acme, &row, &json!({})).await.unwrap());
    assert!(!deliveries::give_way(&mut tx, acme, &row, &json!({})).await.unwrap(), "somebody was quicker");
    let row = deliveries::get(&mut tx, acme, one.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.replays, row.acknowledged), ("delivered", 1, None));
    let dead = deliveries::get(&mut tx, acme, two.id).await.unwrap().unwrap();
    assert!(deliveries::give_way(&mut tx, acme, &dead, &json!({"by": "me"})).await.unwrap());
    let dead = deliveries::get(&mut tx, acme, two.id).await.unwrap().unwrap();
    assert_eq!((dead.state.as_str(), dead.cause), ("cancelled", Some(json!({"by": "me"}))));
    assert_eq!(deliveries::replaced_by(&mut tx, acme, one.id, None).await.unwrap(), None);
    let again = NewDelivery { again_of: Some(one.id), ..rows::delivery(acme, an_event(1), "a") };
    deliveries::insert(&mut tx, std::slice::from_ref(&again)).await.unwrap();
    for (tenant, but, by) in [(acme, None, Some(again.id)), (acme, Some(again.id), None), (rig.globex, None, None)] {
        assert_eq!(deliveries::replaced_by(&mut tx, tenant, one.id, but).await.unwrap(), by);
    }
    tx.rollback().await.unwrap();
}

async fn sequences_have_no_gap(rig: Rig) {
    let acme = rig.acme;
    let shop = Uuid::from_u128(1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let ask = [(shop, "order/1".to_owned(), 2), (shop, "order/2".to_owned(), 1)];
    assert_eq!(deliveries::take_sequences(&mut tx, acme, &ask).await.unwrap(), [1, 1]);
    assert_eq!(deliveries::take_sequences(&mut tx, acme, &ask).await.unwrap(), [3, 2]);
    tx.commit().await.unwrap();
}

async fn dead_letters(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let letter = |n: u128, died_at, fingerprint: &str| NewLetter {
        tenant: acme,
        id: Uuid::from_u128(n),
        thing: "message",
        thing_id: Uuid::from_u128(n % 3),
        stage: "apply",
        code: "panic".into(),
        fingerprint: fingerprint.into(),
        reason: json!({"sentence": "it broke"}),
        history: json!([{"try": 1}]),
        tries: 1,
        died_at,
    };
    let mut tx = store.begin(acme).await.unwrap();
    let all = [letter(1, 10, "a"), letter(2, 10, "b"), letter(3, 20, "a"), letter(4, 30, "a")];
    deliveries::bury(&mut tx, &all).await.unwrap();
    let ids = |letters: Vec<deliveries::Letter>| letters.iter().map(|l| l.id.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(deliveries::letters(&mut tx, acme, Micros(30), 10).await.unwrap()), [3, 1, 2]);
    let newest = (Micros(i64::MAX), Uuid::max());
    assert_eq!(ids(deliveries::letters_page(&mut tx, acme, newest, None, false, 2).await.unwrap()), [4, 3]);
    let behind = (Micros(20), Uuid::from_u128(3));
    assert_eq!(ids(deliveries::letters_page(&mut tx, acme, behind, None, false, 9).await.unwrap()), [2, 1]);
    assert_eq!(ids(deliveries::letters_page(&mut tx, acme, behind, Some("a"), false, 9).await.unwrap()), [1]);
    let one = deliveries::letter(&mut tx, acme, Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!((one.reason, one.history), (json!({"sentence": "it broke"}), json!([{"try": 1}])));
    // Two of one thing: 1 and 4.
    deliveries::close_letters(&mut tx, acme, Uuid::from_u128(1), "replayed", Micros(40)).await.unwrap();
    assert_eq!(ids(deliveries::letters_page(&mut tx, acme, newest, None, false, 9).await.unwrap()), [3, 2]);
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(deliveries::open_letters(&mut tx).await.unwrap(), 2);
    tx.rollback().await.unwrap();
}

async fn the_outbox_in_order(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let now = now();
    let claim = |n: u128| ClaimCheck::new(acme, Stage::Deliver, vec![Uuid::from_u128(n)]);
    let mut tx = store.begin(acme).await.unwrap();
    let rows =
        [Row::later(claim(1), now, now.plus_ms(15_000)), Row::at_once(claim(2), now), Row::at_once(claim(3), now)];
    outbox::push(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    let oldest = outbox::oldest(&mut tx, 0, 10).await.unwrap();
    assert_eq!(oldest.len(), 3);
    assert_eq!(oldest[0].delay.as_deref(), Some("10s"));
    assert_eq!(serde_json::from_value::<ClaimCheck>(oldest[0].claim.clone()).unwrap(), claim(1));
    assert_eq!(outbox::oldest(&mut tx, oldest[0].id, 1).await.unwrap()[0].id, oldest[1].id);
    let due = outbox::due(&mut tx, Stage::Deliver, now, 10).await.unwrap();
    assert_eq!(due.iter().map(|r| r.id).collect::<Vec<_>>(), [oldest[1].id, oldest[2].id]);
    assert_eq!(outbox::due(&mut tx, Stage::Apply, now, 10).await.unwrap().len(), 0);
    assert_eq!(outbox::next_due(&mut tx, Stage::Deliver, Micros(now.0 - 1)).await.unwrap(), Some(now));
    assert_eq!(outbox::next_due(&mut tx, Stage::Apply, Micros(now.0 - 1)).await.unwrap(), None);
    assert_eq!(outbox::depth(&mut tx, now.plus_ms(2)).await.unwrap(), [("deliver".to_owned(), 3, 2_000)]);
    assert_eq!(outbox::due_and_later(&mut tx, Stage::Deliver, now).await.unwrap(), (2, 1));
    assert_eq!(outbox::delete(&mut tx, &[oldest[0].id, oldest[2].id]).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(outbox::oldest(&mut tx, 0, 10).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}

async fn claim_checks_and_their_ids(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let ids: Vec<Uuid> = (1..=130).map(Uuid::from_u128).collect();
    let rows = outbox::claims(acme, Stage::Apply, &ids, now());
    assert_eq!(rows.iter().map(|r| r.claim.ids.len()).collect::<Vec<_>>(), [64, 64, 2]);
    let mut tx = store.begin(acme).await.unwrap();
    outbox::push(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    // What another version wrote there must not make the look fail.
    rig.place.sql("insert into outbox (tenant, stage, due, claim, written_at) select tenant, stage, due, '{\"ids\": 5}', written_at from outbox").await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    let waiting = outbox::ids_waiting(&mut tx, Stage::Apply).await.unwrap();
    assert!((130..=133).contains(&waiting), "{waiting}");
    assert_eq!(outbox::ids_waiting(&mut tx, Stage::Deliver).await.unwrap(), 0);
    let ask = [Uuid::from_u128(130), Uuid::from_u128(131)];
    let named = outbox::named(&mut tx, Stage::Apply, &ask).await.unwrap();
    assert_eq!(named.into_iter().collect::<Vec<_>>(), [ask[0]]);
    assert!(outbox::named(&mut tx, Stage::Deliver, &ask).await.unwrap().is_empty(), "of the stage");
    tx.rollback().await.unwrap();
}

async fn timers_become_claim_checks(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let now = now();
    let row = |n, due| Row::later(ClaimCheck::new(acme, Stage::Deliver, vec![Uuid::from_u128(n)]), now, due);
    let (soon, late) = (row(1, now), row(2, now.plus_ms(3_600_000)));
    let mut tx = store.begin(acme).await.unwrap();
    timers::write(&mut tx, &[timers::Timer::of(&soon), timers::Timer::of(&late)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    let named = outbox::named(&mut tx, Stage::Deliver, &[Uuid::from_u128(2)]).await.unwrap();
    assert_eq!(named.len(), 1, "a timer is a claim check for later");
    assert_eq!(timers::take_due(&mut tx, now, 10).await.unwrap(), 1);
    assert_eq!(timers::take_due(&mut tx, now, 10).await.unwrap(), 0);
    assert_eq!(outbox::oldest(&mut tx, 0, 10).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    // On PostgreSQL what is due after more than ten minutes is a timer from the start; on SQLite the row waits.
    let mut tx = store.begin(acme).await.unwrap();
    outbox::push(&mut tx, &[row(3, now.plus_ms(3_600_000)), row(4, now.plus_ms(5_000))]).await.unwrap();
    tx.commit().await.unwrap();
    let timers = rig.place.number("select count(*) from timers").await;
    assert_eq!(timers, if store.is_distributed() { 2 } else { 1 });
}

async fn one_relay_at_a_time(rig: Rig) {
    let store = &rig.hub.store;
    let first = RelaySession::open(store).await.unwrap();
    assert_eq!(first.is_some(), store.is_distributed(), "SQLite needs none");
    let Some(mut first) = first else { return };
    assert!(RelaySession::open(store).await.unwrap().is_none());
    first.is_ours().await.unwrap();
    let written = async {
        let mut tx = store.begin(rig.acme).await.unwrap();
        let claim = ClaimCheck::new(rig.acme, Stage::Apply, vec![Uuid::from_u128(1)]);
        outbox::push(&mut tx, &[Row::at_once(claim, now())]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let began = std::time::Instant::now();
    tokio::join!(first.wait(Duration::from_secs(60)), written);
    assert!(began.elapsed() < Duration::from_secs(30), "the commit wakes it");
    drop(first);
    crate::hub::wait::wait_for(Duration::from_secs(20), "the lock to be free", || async {
        match RelaySession::open(store).await.unwrap() {
            Some(_) => Ok(()),
            None => Err("held".into()),
        }
    })
    .await;
}
