//! Messages of an interchange that is applied as one.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::{DocumentId, MessageId},
    store::{
        as_one::{self, AsOne},
        interchanges,
        keys::Key,
        messages::{self, NewMessage},
        now,
    },
};
use serde_json::{Value, json};

both![
    what_is_in_the_way_of_all,
    all_wait_and_are_woken,
    who_stands_first,
    an_interchange_left_waiting,
    numbers_that_a_sandbox_took,
    what_is_nobodys_is_given,
];

fn of(document: DocumentId) -> AsOne {
    AsOne { document, interchange: 0 }
}

fn member(rig: &Rig, document: DocumentId, set: u32, state: &'static str) -> NewMessage {
    let number = format!("PO-{set}");
    NewMessage { interchange: Some(0), as_one: 2, state, ..rows::message(rig, document, 0, set, Some(&number), 0) }
}

fn interchange(rig: &Rig, document: DocumentId, whole: i64) -> interchanges::Row {
    interchanges::Row {
        tenant: rig.acme,
        document,
        ordinal: 0,
        partner: None,
        standard: "x12",
        sender: "ZZ/A".into(),
        receiver: "ZZ/B".into(),
        sender_id: "A".into(),
        receiver_id: "B".into(),
        control: "1".into(),
        version: "00401".into(),
        test: 0,
        at: 1_000,
        ends: "translated",
        cause: None,
        whole,
    }
}

async fn what_is_in_the_way_of_all(rig: Rig) {
    let (acme, document) = (rig.acme, DocumentId::new());
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    for (whole, read) in [(0, false), (1, true), (0, true)] {
        interchanges::write(&mut tx, &[interchange(&rig, document, whole)]).await.unwrap();
        assert_eq!(
            as_one::lock(&mut tx, acme, of(document)).await.unwrap(),
            read,
            "a trailer that was read stays read"
        );
    }
    assert!(!as_one::lock(&mut tx, rig.globex, of(document)).await.unwrap(), "not another tenant's");
    let along = NewMessage { cause: Some(json!({"code": "along"})), ..member(&rig, document, 1, "rejected") };
    let costs_itself = NewMessage { as_one: 1, ..member(&rig, document, 2, "rejected") };
    let alone = NewMessage { as_one: 0, ..member(&rig, document, 0, "held") };
    messages::insert(&mut tx, &[along, costs_itself, alone, member(&rig, document, 3, "pending")]).await.unwrap();
    assert_eq!(as_one::culprit(&mut tx, acme, of(document), "along").await.unwrap(), None);
    assert_eq!(as_one::blocker(&mut tx, acme, of(document), now()).await.unwrap(), None);
    let (bad, held) = (member(&rig, document, 5, "rejected"), member(&rig, document, 4, "held"));
    messages::insert(&mut tx, &[bad.clone(), held.clone()]).await.unwrap();
    let culprit = as_one::culprit(&mut tx, acme, of(document), "along").await.unwrap().unwrap();
    assert_eq!((culprit.id, culprit.number.as_deref(), culprit.state.as_str()), (bad.id, Some("PO-5"), "rejected"));
    assert_eq!(as_one::blocker(&mut tx, acme, of(document), now()).await.unwrap().map(|m| m.id), Some(held.id));
    assert_eq!(as_one::member(&mut tx, acme, bad.id).await.unwrap(), Some(culprit));
    assert_eq!(as_one::member(&mut tx, rig.globex, bad.id).await.unwrap(), None);
    let first = as_one::first(&mut tx, acme, of(document), &["rejected", "held"], 3).await.unwrap();
    let set = |n: u32| MessageId::of(document, 0, n, 0);
    assert_eq!(first, [set(1), set(2), set(4)], "in the order of their sets, and no more than asked for");
    tx.rollback().await.unwrap();
}

async fn all_wait_and_are_woken(rig: Rig) {
    let (acme, document) = (rig.acme, DocumentId::new());
    let all: Vec<NewMessage> = ["pending", "held", "pending", "applied"]
        .into_iter()
        .zip(0..)
        .map(|(state, set)| member(&rig, document, set, state))
        .collect();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &all).await.unwrap();
    let cause = json!({"code": "c", "for": all[1].id});
    let mut waits = as_one::wait(&mut tx, acme, of(document), all[1].id, &cause).await.unwrap();
    waits.sort();
    let mut expected = vec![all[0].id, all[2].id];
    expected.sort();
    assert_eq!(waits, expected);
    let newer = json!({"code": "newer"});
    assert_eq!(as_one::wait(&mut tx, acme, of(document), all[0].id, &newer).await.unwrap(), [], "they wait already");
    let mut seen: Vec<(String, Option<Value>)> = Vec::new();
    for one in &all {
        let row = messages::get(&mut tx, acme, one.id).await.unwrap().unwrap();
        seen.push((row.state, row.cause));
    }
    let state = |n: usize| (seen[n].0.as_str(), &seen[n].1);
    assert_eq!(state(0), ("waiting", &Some(cause)));
    assert_eq!(state(1), ("held", &None));
    assert_eq!(state(2), ("waiting", &Some(newer)), "for what it waits now");
    assert_eq!(state(3), ("applied", &None));
    assert_eq!(as_one::wake(&mut tx, acme, of(document), now()).await.unwrap(), Some(all[0].id));
    assert_eq!(messages::get(&mut tx, acme, all[0].id).await.unwrap().unwrap().state, "pending");
    as_one::take_up(&mut tx, acme, &[all[1].id, all[2].id, all[3].id], now()).await.unwrap();
    let first = as_one::first(&mut tx, acme, of(document), &["pending"], 9).await.unwrap();
    assert_eq!(first, [all[0].id, all[1].id, all[2].id], "what has ended stays as it is");
    assert_eq!(
        as_one::wake(&mut tx, acme, of(document), now()).await.unwrap(),
        Some(all[0].id),
        "none waits: it is told all the same"
    );
    tx.rollback().await.unwrap();
}

async fn who_stands_first(rig: Rig) {
    let (acme, document) = (rig.acme, DocumentId::new());
    let key = Key { partner: rig.northwind, kind: "order/1".into(), number: "PO-1".into() };
    let at =
        |set: u32, state, place| NewMessage { state, ..rows::message(&rig, document, 0, set, Some("PO-1"), place) };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &[at(0, "applied", 0), at(1, "waiting", 2), at(2, "held", 1)]).await.unwrap();
    let lowest = as_one::lowest(&mut tx, acme, std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(lowest.iter().map(|low| low.id).collect::<Vec<_>>(), [MessageId::of(document, 0, 2, 0)]);
    assert!(as_one::lowest(&mut tx, rig.globex, &[key]).await.unwrap().is_empty());
    assert!(as_one::lowest(&mut tx, acme, &[]).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

async fn an_interchange_left_waiting(rig: Rig) {
    let (acme, document) = (rig.acme, DocumentId::new());
    let all =
        [member(&rig, document, 0, "waiting"), member(&rig, document, 1, "waiting"), member(&rig, document, 2, "held")];
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, &all).await.unwrap();
    assert_eq!(as_one::stranded(&mut tx, acme, 9).await.unwrap(), [], "one of them is held");
    messages::step_aside(&mut tx, acme, all[2].id, "cancelled", None, &json!({}), now()).await.unwrap();
    assert_eq!(as_one::stranded(&mut tx, acme, 9).await.unwrap(), [of(document)]);
    assert_eq!(messages::stranded(&mut tx, acme, 9).await.unwrap().len(), 0, "they don't wait for themselves");
    assert_eq!(as_one::stranded(&mut tx, rig.globex, 9).await.unwrap(), []);
    let another = DocumentId::new();
    let before = NewMessage { state: "held", ..rows::message(&rig, another, 0, 0, Some("PO-1"), -1) };
    messages::insert(&mut tx, &[before]).await.unwrap();
    assert_eq!(as_one::stranded(&mut tx, acme, 9).await.unwrap(), [], "another document's stands before one of them");
    tx.rollback().await.unwrap();
}

async fn numbers_that_a_sandbox_took(rig: Rig) {
    let acme = rig.acme;
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let of = |control: &str, ends| interchanges::Row {
        control: control.into(),
        ends,
        ..interchange(&rig, DocumentId::new(), 1)
    };
    interchanges::write(&mut tx, &[of("2", "sandbox"), of("3", "translated"), of("5", "sandbox")]).await.unwrap();
    let asked: Vec<String> = ["1", "2", "3", "4"].map(str::to_owned).into();
    for (tenant, series, took) in
        [(acme, "x12/ZZ/A/ZZ/B", vec!["2"]), (acme, "x12/ZZ/B/ZZ/A", vec![]), (rig.globex, "x12/ZZ/A/ZZ/B", vec![])]
    {
        assert_eq!(interchanges::taken_as_tests(&mut tx, tenant, series, &asked).await.unwrap(), took, "{series}");
    }
    tx.rollback().await.unwrap();
}

async fn what_is_nobodys_is_given(rig: Rig) {
    let (acme, document) = (rig.acme, DocumentId::new());
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let of = |ordinal, code: &str| interchanges::Row {
        ordinal,
        ends: "unassigned",
        cause: Some(json!({ "code": code })),
        ..interchange(&rig, document, 1)
    };
    let known = interchanges::Row { ordinal: 2, ..interchange(&rig, document, 1) };
    let rows = [of(0, "unassigned/sender"), of(1, "unassigned/receiver"), known];
    interchanges::write(&mut tx, &rows).await.unwrap();
    let cause = json!({"code": "given", "why": "a new van"});
    let all = [0, 1, 2].map(|ordinal| interchanges::Given { ordinal, ends: "translated", cause: cause.clone() });
    for (tenant, changed) in [(rig.globex, 0), (acme, 1), (acme, 0)] {
        let given = interchanges::give(&mut tx, tenant, document, rig.northwind, &all).await.unwrap();
        assert_eq!(given, changed, "an unknown sender's, once");
    }
    let rows = interchanges::of_document(&mut tx, acme, document).await.unwrap();
    let ends: Vec<_> = rows.iter().map(|row| (row.ends.as_deref(), row.partner)).collect();
    assert_eq!(
        ends,
        [(Some("translated"), Some(rig.northwind)), (Some("unassigned"), None), (Some("translated"), None)]
    );
    assert_eq!(rows[0].cause.as_ref(), Some(&cause));
    tx.rollback().await.unwrap();
}
