//! What it meant: messages, their order, their ends.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::{DocumentId, MessageId, PartnerId},
    store::{
        StoreError,
        entities::{CrossReference, EVERYONE},
        keys::{self, Key},
        messages::{self, Change, NewMessage},
        now,
    },
};
use serde_json::{Value, json};

both![
    messages_are_written_once,
    groups_are_released_or_refused,
    the_order_of_a_key,
    who_is_waited_for_has_a_name,
    a_change_of_state_happens_once,
    held_messages_are_found,
    whose_mapping_refused_them,
    who_steps_aside,
];

async fn messages_are_written_once(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let one = rows::message(&rig, document, 0, 0, Some("PO-1"), 0);
    let two = NewMessage { released: 0, body: None, ..rows::message(&rig, document, 0, 1, None, 0) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(messages::insert(&mut tx, &[one.clone(), two.clone()]).await.unwrap(), 2);
    let other = NewMessage { body: Some(json!(5).into()), ..one.clone() };
    assert_eq!(messages::insert(&mut tx, &[other]).await.unwrap(), 0, "one that stands is left");
    let there = messages::standing(&mut tx, acme, &[one.id, MessageId::of(document, 7, 7, 7)]).await.unwrap();
    assert_eq!(there, [one.id]);
    let loaded = messages::load(&mut tx, acme, &[one.id, two.id]).await.unwrap();
    let loaded = loaded.iter().find(|m| m.id == one.id).unwrap();
    let body: Value = serde_json::from_str(loaded.body.as_ref().unwrap().get()).unwrap();
    assert_eq!(*one.body.as_ref().unwrap(), body, "JSON as it was, texts of digits too");
    assert_eq!(loaded.key(), one.key());
    assert_eq!(messages::get(&mut tx, acme, two.id).await.unwrap().unwrap().body, None);
    assert_eq!(messages::of_document(&mut tx, acme, document, -1, 10).await.unwrap().len(), 2);
    assert_eq!(messages::of_document(&mut tx, acme, document, 0, 10).await.unwrap()[0].id, two.id);
    assert_eq!(messages::of_number(&mut tx, acme, "PO-1").await.unwrap()[0].id, one.id);
    assert_eq!(messages::states(&mut tx, acme, document).await.unwrap(), [("pending".to_owned(), 2)]);
    tx.commit().await.unwrap();
}

async fn whose_mapping_refused_them(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let came_in = Some(json!({"control": "0001"}));
    let refused = |set: u32| NewMessage {
        state: "rejected",
        came_in: came_in.clone(),
        ..rows::message(&rig, document, 0, set, Some("PO-1"), i64::from(set))
    };
    let pending = NewMessage { state: "pending", ..refused(2) };
    let untold = NewMessage { came_in: None, ..refused(3) };
    let restarted = NewMessage { run: 1, id: MessageId::of(document, 1, 4, 0), ..refused(4) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[refused(1), refused(0), pending.clone(), untold, restarted, refused(5)]).await.unwrap();
    let found = messages::refused_by_mapping(&mut tx, acme, document, 0, 5).await.unwrap();
    assert_eq!(found.iter().map(|one| one.set_no).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((&found[0].came_in, found[0].number.as_deref()), (&came_in, Some("PO-1")));
    assert!(messages::refused_by_mapping(&mut tx, rig.globex, document, 0, 5).await.unwrap().is_empty());
    assert_eq!(messages::load(&mut tx, acme, &[pending.id]).await.unwrap()[0].came_in, came_in);
    tx.rollback().await.unwrap();
}

async fn groups_are_released_or_refused(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let all: Vec<NewMessage> = (0..4)
        .map(|set| NewMessage {
            released: 0,
            state: if set == 3 { "held" } else { "pending" },
            ..rows::message(&rig, document, 0, set, Some("PO-1"), i64::from(set))
        })
        .collect();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &all).await.unwrap();
    let released = messages::release_sets(&mut tx, acme, document, 0, 2).await.unwrap();
    assert_eq!(released, [all[0].id, all[1].id], "in order of their sets");
    assert_eq!(messages::release_sets(&mut tx, acme, document, 0, 2).await.unwrap(), []);
    let refused = messages::refuse_sets(&mut tx, acme, document, 1, 4, &json!([{"code": "E1"}]), now()).await.unwrap();
    let mut ids: Vec<MessageId> = refused.iter().map(|e| e.id).collect();
    ids.sort();
    let mut expected = vec![all[2].id, all[3].id];
    expected.sort();
    assert_eq!(ids, expected, "what was released goes on");
    assert!(refused.iter().all(|e| e.key() == all[0].key()));
    let row = messages::get(&mut tx, acme, all[2].id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.faults), ("rejected", Some(json!([{"code": "E1"}]))));
    tx.commit().await.unwrap();
}

async fn who_is_waited_for_has_a_name(rig: Rig) {
    let acme = rig.acme;
    let document = rows::document(acme, "north-a", 1, &rows::hash(1));
    rows::arrive(&rig, &document).await;
    let held = NewMessage { state: "held", ..rows::message(&rig, document.id, 0, 0, Some("PO-1"), 0) };
    let other = rows::message(&rig, document.id, 0, 1, Some("PO-1"), 1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[held.clone(), other]).await.unwrap();
    let named = keys::named(&mut tx, acme, &[held.id]).await.unwrap();
    let [one] = named.as_slice() else { panic!("{named:?}") };
    assert_eq!((one.id, one.document, one.number.as_deref()), (held.id, document.id, Some("PO-1")));
    assert_eq!((one.state.as_str(), one.name.as_str()), ("held", document.name.as_str()));
    assert!(keys::named(&mut tx, rig.globex, &[held.id]).await.unwrap().is_empty(), "another tenant's");
    tx.rollback().await.unwrap();
}

async fn the_order_of_a_key(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let key = Key { partner: rig.northwind, kind: "order/1".into(), number: "PO-1".into() };
    let other = Key { number: "PO-2".into(), ..key.clone() };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(keys::take_places(&mut tx, acme, &[(&key, 2), (&other, 1)]).await.unwrap(), [0, 0]);
    assert_eq!(keys::take_places(&mut tx, acme, &[(&key, 2)]).await.unwrap(), [2]);
    keys::lock(&mut tx, acme, &[key.clone(), other.clone()]).await.unwrap();
    let message =
        |set: u32, state| NewMessage { state, ..rows::message(&rig, document, 0, set, Some("PO-1"), i64::from(set)) };
    let all = [message(0, "dead"), message(1, "waiting"), message(2, "waiting"), message(3, "rejected")];
    messages::insert(&mut tx, &all).await.unwrap();
    let mut earlier = messages::earlier(&mut tx, acme, &[all[1].id, all[0].id, all[3].id]).await.unwrap();
    earlier.retain(|(of, _)| *of != all[3].id);
    assert_eq!(earlier, [(all[1].id, all[0].id)]);
    assert_eq!(
        messages::release(&mut tx, acme, &[key.clone(), other], now()).await.unwrap(),
        [],
        "a dead one holds back"
    );
    assert_eq!(messages::stranded(&mut tx, acme, 10).await.unwrap().len(), 0);
    messages::step_aside(&mut tx, acme, all[0].id, "cancelled", None, &json!({}), now()).await.unwrap();
    let stranded = messages::stranded(&mut tx, acme, 10).await.unwrap();
    assert_eq!(stranded.iter().map(|m| m.id).collect::<Vec<_>>(), [all[1].id], "the lowest");
    assert_eq!(
        messages::release(&mut tx, acme, std::slice::from_ref(&key), now()).await.unwrap(),
        [all[1].id],
        "one, the lowest"
    );
    assert_eq!(messages::release(&mut tx, acme, &[key], now()).await.unwrap(), [], "it stands before the next");
    tx.commit().await.unwrap();
}

async fn a_change_of_state_happens_once(rig: Rig) {
    let acme = rig.acme;
    let one = rows::message(&rig, DocumentId::new(), 0, 0, Some("PO-1"), 0);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, std::slice::from_ref(&one)).await.unwrap();
    let retry = Change { tries: 1, due: Some(9), first_failed_at: Some(8), ..Change::to(one.id, "retrying", now()) };
    messages::change(&mut tx, acme, &[retry]).await.unwrap();
    let row = messages::get(&mut tx, acme, one.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.tries, row.due), ("retrying", 1, Some(9)));
    messages::change(&mut tx, acme, &[Change::to(one.id, "applied", now())]).await.unwrap();
    let again = messages::change(&mut tx, acme, &[Change::to(one.id, "applied", now())]).await;
    assert!(matches!(again, Err(StoreError::Lost(_))), "{again:?}");
    tx.rollback().await.unwrap();
}

async fn held_messages_are_found(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let held = NewMessage {
        state: "held",
        hold_scheme: Some("uom".into()),
        hold_value: Some("BX".into()),
        ..rows::message(&rig, document, 0, 0, Some("PO-1"), 0)
    };
    let plain = NewMessage { state: "held", ..rows::message(&rig, document, 0, 1, Some("PO-2"), 0) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[held.clone(), plain.clone()]).await.unwrap();
    let row = |value: &str, partner| CrossReference {
        scheme: "uom".into(),
        value: value.into(),
        partner,
        target: "EA".into(),
    };
    for partner in [EVERYONE, rig.northwind] {
        assert_eq!(messages::held_for(&mut tx, acme, &row("BX", partner)).await.unwrap()[0].id, held.id);
    }
    let others = PartnerId::named(acme, "southwind");
    for row in [row("bx", EVERYONE), row("BX", others)] {
        assert_eq!(messages::held_for(&mut tx, acme, &row).await.unwrap().len(), 0, "{row:?}");
    }
    let of = messages::holds_of(&mut tx, acme, &[held.id, plain.id]).await.unwrap();
    assert_eq!(of, [(held.id, "uom".to_owned(), "BX".to_owned())]);
    let cause = json!({"code": "no_partner"});
    let nobodys = NewMessage {
        state: "held",
        partner: None,
        cause: Some(cause.clone()),
        ..rows::message(&rig, document, 0, 2, None, 0)
    };
    let somebodys = NewMessage { state: "held", cause: Some(cause), ..rows::message(&rig, document, 0, 3, None, 0) };
    messages::insert(&mut tx, &[nobodys.clone(), somebodys]).await.unwrap();
    assert_eq!(messages::of_nobody(&mut tx, acme, document, 9).await.unwrap(), [(nobodys.id, nobodys.interchange)]);
    assert_eq!(messages::of_nobody(&mut tx, rig.globex, document, 9).await.unwrap(), []);
    assert_eq!(messages::holds(&mut tx, acme, document).await.unwrap(), [("uom".to_owned(), "BX".to_owned())]);
    tx.commit().await.unwrap();
}

async fn who_steps_aside(rig: Rig) {
    let acme = rig.acme;
    let document = DocumentId::new();
    let dead = NewMessage { state: "dead", ..rows::message(&rig, document, 0, 0, Some("PO-1"), 0) };
    let pending = rows::message(&rig, document, 0, 1, Some("PO-1"), 1);
    let new = MessageId::of(document, 1, 0, 0);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[dead.clone(), pending.clone()]).await.unwrap();
    assert_eq!(messages::halted_in(&mut tx, acme, document, 9).await.unwrap(), [dead.id]);
    assert_eq!(messages::halted_in(&mut tx, rig.globex, document, 9).await.unwrap(), []);
    messages::step_aside(&mut tx, acme, dead.id, "replaced", Some(new), &json!({"who": "me"}), now()).await.unwrap();
    let row = messages::get(&mut tx, acme, dead.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.replaced_by, row.cause), ("replaced", Some(new), Some(json!({"who": "me"}))));
    for id in [dead.id, pending.id] {
        let error = messages::step_aside(&mut tx, acme, id, "cancelled", None, &json!({}), now()).await;
        assert!(matches!(error, Err(StoreError::Lost(_))), "{error:?}");
    }
    tx.rollback().await.unwrap();
}
