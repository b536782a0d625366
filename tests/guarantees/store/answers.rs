//! What went out under which numbers, and what was said of it.

use super::rows;
use crate::{
    hub::wait::wait_for,
    rig::{Backing, PATIENCE, Rig, both},
};
use crossdock::{
    canonical::{DeliveryId, DocumentId, EventId, MessageId, Micros, PartnerId},
    store::{
        StoreError,
        batches::{self, NewBatched},
        census, closings,
        deliveries::{self, Change, NewDelivery},
        expectations::{self, NewExpectation, Told},
        messages, now,
        outbound::{self, NewSet, SetRow, Verdict},
    },
};
use serde_json::json;
use uuid::Uuid;

both![
    a_set_is_judged_once,
    the_newest_under_a_number_is_meant,
    an_advice_stands_over_what_was_acknowledged,
    a_document_is_found_by_its_name,
    what_came_to_a_delivery,
    what_is_expected,
    who_owes_an_answer,
    what_waits_for_others,
    what_is_being_taken_is_not_counted
];

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
        name: Some(format!("SO-{number}-{n}")),
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

async fn an_advice_stands_over_what_was_acknowledged(rig: Rig) {
    let acme = rig.acme;
    let out = delivery(&rig, 1);
    let one = set(&rig, out.id, 1, 1);
    let says = |verdict| Verdict { id: one.id, verdict, said: json!([{"sentence": verdict}]) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&out)).await.unwrap();
    outbound::insert(&mut tx, std::slice::from_ref(&one)).await.unwrap();
    outbound::judge(&mut tx, acme, message(8), &[says("accepted")], Micros(5)).await.unwrap();
    outbound::advise(&mut tx, acme, message(9), &[says("rejected")], Micros(6)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let row = outbound::lock_delivery(&mut tx, acme, out.id).await.unwrap().remove(0);
    assert_eq!((row.verdict.as_deref(), row.verdict_by, row.verdict_at), (Some("rejected"), Some(message(9)), Some(6)));
    assert_eq!(row.advised_by, Some(message(9)));
    assert_eq!(row.said.unwrap()[0]["sentence"], "rejected");
    let again = outbound::advise(&mut tx, acme, message(10), &[says("accepted")], Micros(7)).await;
    assert!(matches!(again, Err(StoreError::Lost(_))));
    tx.rollback().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    outbound::forget_verdicts(&mut tx, acme, out.id).await.unwrap();
    outbound::advise(&mut tx, acme, message(10), &[says("accepted")], Micros(7)).await.unwrap();
    tx.rollback().await.unwrap();
}

async fn a_document_is_found_by_its_name(rig: Rig) {
    let (acme, north) = (rig.acme, rig.northwind);
    let (first, second) = (delivery(&rig, 1), delivery(&rig, 2));
    let order = DocumentId(Uuid::from_u128(70));
    let answered = rows::message(&rig, order, 0, 0, Some("PO-9"), 0);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[first.clone(), second.clone()]).await.unwrap();
    messages::insert(&mut tx, std::slice::from_ref(&answered)).await.unwrap();
    let old = NewSet { created_at: 5, message: Some(answered.id), ..set(&rig, first.id, 1, 1) };
    let beside = NewSet { created_at: 5, ..set(&rig, first.id, 1, 2) };
    let new = NewSet { created_at: 6, name: old.name.clone(), ..set(&rig, second.id, 2, 1) };
    // An advice of ours is not what theirs speaks of.
    let advice = NewSet { created_at: 7, kind: "824".into(), message: Some(answered.id), ..set(&rig, second.id, 3, 1) };
    outbound::insert(&mut tx, &[old.clone(), beside, new.clone(), advice]).await.unwrap();
    for (partner, standard, kind, name, found) in [
        (north, "x12", "", "PO-9", Some((first.id, vec![old.id]))),
        (north, "x12", "855", "PO-9", Some((first.id, vec![old.id]))),
        (north, "x12", "", "SO-1-1", Some((second.id, vec![new.id]))),
        (north, "x12", "856", "PO-9", None),
        (north, "edifact", "", "PO-9", None),
        (north, "x12", "", "PO-8", None),
        (PartnerId(Uuid::from_u128(3)), "x12", "", "PO-9", None),
    ] {
        assert_eq!(outbound::named(&mut tx, acme, partner, standard, (kind, name)).await.unwrap(), found, "{name}");
    }
    assert_eq!(outbound::named(&mut tx, rig.globex, north, "x12", ("", "PO-9")).await.unwrap(), None);
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

fn expected(rig: &Rig, delivery: DeliveryId) -> NewExpectation {
    NewExpectation {
        tenant: rig.acme,
        id: Uuid::from_u128(1),
        kind: "acknowledgement",
        owes: "partner",
        partner: rig.northwind,
        message: message(1),
        number: None,
        wants: None,
        delivery: Some(delivery),
        within_us: 100,
        warn_us: 10,
        since: None,
        due_at: None,
        look_at: None,
        created_at: 5,
    }
}

async fn what_is_expected(rig: Rig) {
    let (acme, at) = (rig.acme, Micros);
    let out = delivery(&rig, 1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&out)).await.unwrap();
    deliveries::await_acknowledgement(&mut tx, acme, out.id, true).await.unwrap();
    let new = expected(&rig, out.id);
    expectations::insert(&mut tx, std::slice::from_ref(&new)).await.unwrap();
    expectations::insert(&mut tx, &[NewExpectation { within_us: 7, ..new.clone() }]).await.unwrap();
    assert!(expectations::lock_due(&mut tx, acme, at(i64::MAX), 9).await.unwrap().is_empty(), "its time has not begun");
    expectations::delivered(&mut tx, acme, &[out.id], at(1_000)).await.unwrap();
    assert!(expectations::lock_due(&mut tx, acme, at(1_089), 9).await.unwrap().is_empty());
    let due = expectations::lock_due(&mut tx, acme, at(1_090), 9).await.unwrap();
    assert_eq!((due.len(), due[0].due_at, due[0].since), (1, Some(at(1_100)), Some(at(1_000))));
    expectations::told(&mut tx, acme, &[Told { id: new.id, state: "overdue", look_at: None }]).await.unwrap();
    assert!(expectations::lock_due(&mut tx, acme, at(i64::MAX), 9).await.unwrap().is_empty());
    assert_eq!(expectations::overdue(&mut tx, acme).await.unwrap(), 1);
    // What somebody closed is overdue and waits for nobody.
    let closed =
        closings::Closed { tenant: acme, id: new.id, thing: "expectation", at: 7, who: "ann", why: "they called" };
    for (closing, open) in [(0, 1), (1, 0)] {
        closings::close(&mut tx, &[closed.clone()][..closing]).await.unwrap();
        assert_eq!(expectations::overdue(&mut tx, acme).await.unwrap(), open);
        assert_eq!(expectations::in_state(&mut tx, acme, "overdue", false, 9).await.unwrap().len(), open as usize);
        assert_eq!(expectations::in_state(&mut tx, acme, "overdue", true, 9).await.unwrap().len(), 1 - open as usize);
    }
    assert_eq!(expectations::get(&mut tx, acme, new.id).await.unwrap().unwrap().state, "overdue");
    assert!(expectations::get(&mut tx, rig.globex, new.id).await.unwrap().is_none());
    assert_eq!(expectations::of_delivery(&mut tx, acme, out.id).await.unwrap()[0].id, new.id);
    closings::reopen(&mut tx, acme, new.id).await.unwrap();
    let row = deliveries::get(&mut tx, acme, out.id).await.unwrap().unwrap();
    assert_eq!(row.acknowledged.as_deref(), Some("overdue"));
    expectations::meet(&mut tx, acme, out.id, message(9), at(2_000)).await.unwrap();
    let late = expectations::in_state(&mut tx, acme, "late", false, 9).await.unwrap();
    assert_eq!((late.len(), late[0].met_by, late[0].met_at), (1, Some(message(9).0), Some(at(2_000))));
    assert!(expectations::again(&mut tx, acme, out.id).await.unwrap());
    outbound::insert(&mut tx, &[set(&rig, out.id, 1, 1)]).await.unwrap();
    outbound::note_received(&mut tx, acme, out.id, message(9)).await.unwrap();
    outbound::forget_verdicts(&mut tx, acme, out.id).await.unwrap();
    assert_eq!(outbound::of_deliveries(&mut tx, acme, &[out.id]).await.unwrap()[0].received_by, None);
    expectations::delivered(&mut tx, acme, &[out.id], at(3_000)).await.unwrap();
    assert_eq!(expectations::in_state(&mut tx, acme, "waiting", false, 9).await.unwrap()[0].due_at, Some(at(3_100)));
    tx.commit().await.unwrap();

    let mut tx = rig.hub.store.system_read().await.unwrap();
    assert_eq!(expectations::tenants_due(&mut tx, at(3_090)).await.unwrap(), [acme]);
    assert_eq!(expectations::tenants_due(&mut tx, at(3_089)).await.unwrap(), []);
    assert!(census::waiting_without_expectation(&mut tx, Some(acme)).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    expectations::drop_of(&mut tx, acme, out.id).await.unwrap();
    assert_eq!(expectations::in_state(&mut tx, acme, "dropped", false, 9).await.unwrap().len(), 1);
    assert!(!expectations::again(&mut tx, rig.globex, out.id).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.system_read().await.unwrap();
    assert_eq!(census::waiting_without_expectation(&mut tx, None).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}

async fn who_owes_an_answer(rig: Rig) {
    let acme = rig.acme;
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let new = NewExpectation {
        kind: "answer",
        number: Some("PO-1".into()),
        wants: Some("855".into()),
        delivery: None,
        ..expected(&rig, delivery(&rig, 1).id)
    };
    let new = new.begun(Micros(1_000));
    assert_eq!((new.due_at, new.look_at), (Some(1_100), Some(1_090)));
    expectations::insert(&mut tx, &[new]).await.unwrap();
    let stands = expectations::in_state(&mut tx, acme, "waiting", false, 9).await.unwrap();
    assert_eq!((stands[0].owes.as_str(), stands[0].wants.as_deref()), ("partner", Some("855")));
    // Of the messages that are asked for, what is still open and is owed for them.
    let of = [message(99), stands[0].message];
    let open = expectations::open_answers(&mut tx, acme, &of).await.unwrap();
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [stands[0].id]);
    assert!(expectations::open_answers(&mut tx, rig.globex, &of).await.unwrap().is_empty());
    assert!(expectations::open_answers(&mut tx, acme, &[]).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

async fn what_waits_for_others(rig: Rig) {
    let acme = rig.acme;
    let held = |n: u32| NewDelivery { deadline: batches::CARRIED, ..delivery(&rig, n) };
    let batched = |n: u32| NewBatched {
        tenant: acme,
        id: held(n).id,
        partner: rig.northwind,
        batch: "a".into(),
        target: "north-drop".into(),
        kind: "document",
        draft: json!({"n": n}),
        message: Some(message(n)),
        due_at: 100 + i64::from(n),
        created_at: i64::from(n),
    };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[held(1), held(2), held(3), delivery(&rig, 4)]).await.unwrap();
    batches::insert(&mut tx, &[batched(3), batched(1)]).await.unwrap();
    batches::insert(&mut tx, &[NewBatched { batch: "b".into(), ..batched(1) }]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.system_read().await.unwrap();
    assert_eq!(batches::due(&mut tx, Micros(100)).await.unwrap(), []);
    assert_eq!(batches::due(&mut tx, Micros(101)).await.unwrap(), [(acme, rig.northwind, "a".to_owned())]);
    assert_eq!(census::waiting_for_no_batch(&mut tx, Some(acme)).await.unwrap().len(), 1, "the second");
    tx.rollback().await.unwrap();

    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let oldest = batches::oldest(&mut tx, acme, "a").await.unwrap();
    assert_eq!(oldest.map(|row| row.id), Some(held(1).id));
    assert!(batches::oldest(&mut tx, rig.globex, "a").await.unwrap().is_none());
    for (tenant, least) in [(acme, 3), (rig.globex, 1)] {
        assert!(batches::take(&mut tx, tenant, "a", least, 3).await.unwrap().is_empty(), "fewer than {least}");
    }
    let taken = batches::take(&mut tx, acme, "a", 1, 1).await.unwrap();
    assert_eq!(taken.iter().map(|row| (row.id, row.draft["n"].clone())).collect::<Vec<_>>(), [(held(1).id, json!(1))]);
    assert!(batches::take_out(&mut tx, acme, held(3).id).await.unwrap());
    assert!(!batches::take_out(&mut tx, acme, held(3).id).await.unwrap());
    let by = delivery(&rig, 4).id;
    batches::carry(&mut tx, acme, by, "855.edi", Some("waiting"), &[held(1).id]).await.unwrap();
    let twice = batches::carry(&mut tx, acme, by, "855.edi", None, &[held(1).id]).await;
    assert!(matches!(twice, Err(StoreError::Lost(_))));
    batches::follow(&mut tx, acme, &[Change::to(by, "delivered", json!({"code": "x"}), Micros(7))]).await.unwrap();
    let row = deliveries::get(&mut tx, acme, held(1).id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.ended_at, row.carried_by), ("delivered", Some(7), Some(by)));
    batches::again(&mut tx, acme, by, false).await.unwrap();
    let row = deliveries::get(&mut tx, acme, held(1).id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.ended_at, row.acknowledged), ("pending", None, None));
    tx.rollback().await.unwrap();
}

/// What another transaction is taking out of a batch is no part of what waits: nothing goes that is less than it should be.
async fn what_is_being_taken_is_not_counted(rig: Rig) {
    let acme = rig.acme;
    let batched = |n: u32| NewBatched {
        tenant: acme,
        id: delivery(&rig, n).id,
        partner: rig.northwind,
        batch: "a".into(),
        target: "north-drop".into(),
        kind: "document",
        draft: json!({"n": n}),
        message: None,
        due_at: 100,
        created_at: i64::from(n),
    };
    let held = |n: u32| NewDelivery { deadline: batches::CARRIED, ..delivery(&rig, n) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    deliveries::insert(&mut tx, &[held(1), held(2), held(3)]).await.unwrap();
    batches::insert(&mut tx, &[batched(1), batched(2), batched(3)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut first = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(batches::take(&mut first, acme, "a", 2, 2).await.unwrap().len(), 2);
    let store = rig.hub.store.clone();
    let second = tokio::spawn(async move {
        let mut tx = store.begin(acme).await.unwrap();
        let taken = batches::take(&mut tx, acme, "a", 2, 2).await.unwrap();
        tx.commit().await.unwrap();
        taken.len()
    });
    if rig.place.backing == Backing::Pg {
        // The second has looked and waits for the rows that the first has.
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        wait_for(PATIENCE, "the second to wait", || async {
            if rig.place.number(waits).await > 0 { Ok(()) } else { Err("it does not".to_owned()) }
        })
        .await;
    }
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 0, "one is left, and two were asked for");
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(batches::take(&mut tx, acme, "a", 1, 2).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}
