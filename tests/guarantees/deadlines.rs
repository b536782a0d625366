//! What is expected by when: warned of before, an alert after, once, and closed by what comes late. Instants are planted,
//! so that nothing waits for a clock.

use crate::{
    answered::{agreed, message_of, says},
    hub::wait::wait_for,
    rig::{Backing, PATIENCE, Rig, order},
};
use crossdock::{
    canonical::{DeliveryId, MessageId},
    flow::{owed, sweep::Sweeper},
    insight::audit,
    store::{
        deliveries::{self, DeliveryRow},
        events,
        expectations::{self, ExpectationRow},
        now,
    },
};
use serde_json::Value;

const AGREED: &str = "acknowledge: '997', expect: { acknowledgement: 24h, warn_before: 4h, \
                      answers: [{ to: json order, with: '855', within: 48h }] }";

async fn hub(backing: Backing) -> Rig {
    agreed(backing, AGREED).await
}

/// Ends a round of the sweeper. Gives how many deadlines it told.
async fn sweep(rig: &Rig) -> usize {
    Sweeper::new(rig.hub.clone()).round().await.unwrap().deadlines
}

/// An order and its 855, not sent yet.
async fn answered(rig: &Rig, number: &str) -> (MessageId, DeliveryRow) {
    rig.bring("north-a", &format!("{number}.json"), &order(number, &[("PLENTY-1", 3)])).await;
    rig.stand(number, &["applied"]).await;
    let message = rig.messages(number).await.remove(0).id;
    (message, ours(rig, message).await)
}

async fn ours(rig: &Rig, message: MessageId) -> DeliveryRow {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    tx.rollback().await.unwrap();
    sent.into_iter().find(|d| d.kind == "document").expect("its 855")
}

/// As the deliver stage writes that it was taken.
async fn send(rig: &Rig, delivery: DeliveryId) {
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let change = deliveries::Change {
        id: delivery,
        state: "delivered",
        cause: None,
        fingerprint: None,
        tries: 1,
        due: None,
        first_failed_at: None,
        ended_at: Some(now().0),
        deadline: now().0,
    };
    assert_eq!(deliveries::change(&mut tx, rig.acme, &[change]).await.unwrap(), [delivery]);
    expectations::delivered(&mut tx, rig.acme, &[delivery], now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// So many hours pass for all that is expected.
async fn hours(rig: &Rig, hours: i64) {
    let us = hours * 3_600_000_000;
    let text =
        format!("update expectations set since = since - {us}, due_at = due_at - {us}, look_at = look_at - {us}");
    rig.place.sql(&text).await.unwrap();
}

async fn of(rig: &Rig, kind: &str) -> Vec<ExpectationRow> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let mut rows = vec![];
    for state in expectations::STATES {
        rows.extend(expectations::in_state(&mut tx, rig.acme, state, false, 100).await.unwrap());
    }
    tx.rollback().await.unwrap();
    rows.retain(|row| row.kind == kind);
    rows
}

async fn state(rig: &Rig, kind: &str) -> String {
    let rows = of(rig, kind).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].state.clone()
}

/// What is told of a message by deadlines: (kind, data).
async fn alerts(rig: &Rig, message: MessageId) -> Vec<(String, Value)> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = events::of_message(&mut tx, rig.acme, message).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().filter(|e| e.schema == "expectation/1").map(|e| (e.kind, e.data)).collect()
}

async fn kinds(rig: &Rig, message: MessageId) -> Vec<String> {
    let mut kinds: Vec<String> = alerts(rig, message).await.into_iter().map(|a| a.0).collect();
    kinds.sort();
    kinds
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn an_acknowledgement_is_warned_of_then_overdue_then_late(backing: Backing) {
    let mut rig = hub(backing).await;
    let (message, out) = answered(&rig, "PO-1").await;
    assert_eq!(out.acknowledged.as_deref(), Some("waiting"));
    // As long as it lies here nobody can answer it.
    assert_eq!((state(&rig, "acknowledgement").await.as_str(), sweep(&rig).await), ("waiting", 0));
    send(&rig, out.id).await;
    hours(&rig, 19).await;
    assert_eq!(sweep(&rig).await, 0);
    hours(&rig, 2).await;
    assert_eq!(sweep(&rig).await, 1);
    assert_eq!(sweep(&rig).await, 0);
    assert_eq!(kinds(&rig, message).await, ["acknowledgement.due_soon"]);
    assert_eq!(ours(&rig, message).await.acknowledged.as_deref(), Some("waiting"));
    hours(&rig, 4).await;
    assert_eq!((sweep(&rig).await, sweep(&rig).await), (1, 0));
    assert_eq!(kinds(&rig, message).await, ["acknowledgement.due_soon", "acknowledgement.overdue"]);
    assert_eq!(ours(&rig, message).await.acknowledged.as_deref(), Some("overdue"));
    let told = alerts(&rig, message).await.into_iter().find(|a| a.0.ends_with("overdue")).unwrap().1;
    assert_eq!(
        (told["partner"].as_str(), told["delivery"].as_str()),
        (Some("northwind"), Some(out.id.to_string().as_str()))
    );
    // Its webhook stands, in the alert's own transaction.
    let webhooks = rig.place.number("select count(*) from deliveries d join events e on e.id = d.event where d.kind = 'webhook' and e.schema = 'expectation/1'").await;
    assert_eq!(webhooks, 2);
    nothing_is_missing(&rig).await;

    let control: u32 = out.control.unwrap().parse().unwrap();
    let late = says("NORTHWIND", 1, "997", &format!("AK1*PR*{control}~\nAK9*A*1*1*1"));
    let document = rig.bring("north-edi", "late.edi", late.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(message_of(&rig, document).await.state, "applied");
    assert_eq!(state(&rig, "acknowledgement").await, "late");
    assert_eq!(ours(&rig, message).await.acknowledged.as_deref(), Some("accepted"));
    assert_eq!(sweep(&rig).await, 0);
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn one_in_time_is_no_alert(backing: Backing) {
    let mut rig = hub(backing).await;
    let (message, out) = answered(&rig, "PO-1").await;
    let control: u32 = out.control.unwrap().parse().unwrap();
    // It may come before we have noted that ours went out.
    let early = says("NORTHWIND", 1, "997", &format!("AK1*PR*{control}~\nAK9*A*1*1*1"));
    rig.bring("north-edi", "early.edi", early.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(state(&rig, "acknowledgement").await, "met");
    send(&rig, out.id).await;
    hours(&rig, 47).await;
    assert_eq!((sweep(&rig).await, kinds(&rig, message).await.len()), (0, 0));
    assert_eq!(ours(&rig, message).await.acknowledged.as_deref(), Some("accepted"));
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn an_answer_of_ours_is_owed(backing: Backing) {
    let mut rig = hub(backing).await;
    let (message, out) = answered(&rig, "PO-1").await;
    let expected = of(&rig, "answer").await.remove(0);
    assert_eq!(
        (expected.owes.as_str(), expected.number.as_deref(), expected.wants.as_deref()),
        ("us", Some("PO-1"), Some("855"))
    );
    hours(&rig, 45).await;
    assert_eq!(sweep(&rig).await, 1);
    hours(&rig, 4).await;
    assert_eq!((sweep(&rig).await, sweep(&rig).await), (1, 0));
    assert_eq!(kinds(&rig, message).await, ["answer.due_soon", "answer.overdue"]);
    send(&rig, out.id).await;
    assert_eq!(state(&rig, "answer").await, "late");
    nothing_is_missing(&rig).await;

    let (message, out) = answered(&rig, "PO-2").await;
    send(&rig, out.id).await;
    hours(&rig, 20).await;
    let states: Vec<String> = of(&rig, "answer").await.into_iter().map(|e| e.state).collect();
    assert_eq!(states, ["met", "late"]);
    assert_eq!(kinds(&rig, message).await, [""; 0]);
    rig.halt().await;
}

/// An answer that is due before a day which the order names, and not so long after it came.
async fn an_answer_is_owed_before_a_day_that_the_order_names(backing: Backing) {
    let before =
        "expect: { warn_before: 4h, answers: [{ to: json order, with: '855', within: 48h, before: requested_on }] }";
    let mut rig = agreed(backing, before).await;
    for (number, day, due) in [
        ("PO-1", Some("2199-03-04"), "2199-03-04T00:00:00"),
        ("PO-2", Some("2020-01-01"), "past"),
        ("PO-3", None, "within"),
    ] {
        let mut text: Value = serde_json::from_slice(&order(number, &[("PLENTY-1", 3)])).unwrap();
        if let Some(day) = day {
            text["requested_on"] = day.into();
        }
        rig.bring("north-a", &format!("{number}.json"), text.to_string().as_bytes()).await;
        rig.stand(number, &["applied"]).await;
        let rows = of(&rig, "answer").await;
        let row = rows.into_iter().find(|row| row.number.as_deref() == Some(number)).expect("it is owed");
        let at = row.due_at.expect("when");
        let after = at.0 - row.created_at.0;
        match due {
            "past" => assert_eq!(after, 1, "{number}"),
            "within" => assert_eq!(after, 48 * 3_600_000_000, "{number}"),
            due => assert!(at.to_string().starts_with(due), "{number}: {at}"),
        }
    }
    rig.halt().await;
}

/// What a story says of them, before and after.
async fn what_is_owed_is_told_for_its_message(backing: Backing) {
    let agreed_on = "expect: { answers: [{ to: json order, with: '856', within: 48h }] }";
    let mut rig = agreed(backing, agreed_on).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 3)])).await;
    rig.stand("PO-1", &["applied"]).await;
    let message = rig.messages("PO-1").await[0].id;
    let told = async |rig: &Rig| {
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let owed = owed::of(&mut tx, &rig.hub.directory, rig.acme, &[message]).await.unwrap();
        tx.rollback().await.unwrap();
        owed.into_iter().map(|owed| (owed.is_late, owed.sentence)).collect::<Vec<_>>()
    };
    let [(is_late, sentence)] = &told(&rig).await[..] else { panic!("one answer is owed") };
    assert!(!is_late && sentence.starts_with("our 856 for PO-1 to northwind is due at "), "{sentence}");
    hours(&rig, 49).await;
    sweep(&rig).await;
    let [(is_late, sentence)] = &told(&rig).await[..] else { panic!("it is owed still") };
    assert!(is_late & sentence.starts_with("our 856 for PO-1 to northwind is overdue: it was due at "), "{sentence}");
    rig.halt().await;
}

/// Several sweepers at one deadline, each cut off at a random place: one alert.
async fn an_alert_is_neither_lost_nor_doubled(backing: Backing) {
    let mut rig = hub(backing).await;
    let mut waiting = vec![];
    for n in 0..20 {
        let (message, out) = answered(&rig, &format!("PO-{n}")).await;
        send(&rig, out.id).await;
        waiting.push(message);
    }
    rig.halt().await;
    hours(&rig, 25).await;
    for n in 0..8u64 {
        let mut sweeper = Sweeper::new(rig.hub.clone());
        let round = tokio::spawn(async move { sweeper.round().await.map(|swept| swept.deadlines) });
        // Its transaction ends with it wherever it is, as a killed process's does.
        for _ in 0..n * n {
            tokio::task::yield_now().await;
        }
        round.abort();
        let _ = round.await;
    }
    wait_for(PATIENCE, "the sweeper to tell all", || async {
        let told = sweep(&rig).await;
        let left = rig
            .place
            .number("select count(*) from expectations where kind = 'acknowledgement' and state <> 'overdue'")
            .await;
        if told == 0 && left == 0 { Ok(()) } else { Err(format!("{left} left")) }
    })
    .await;
    for message in waiting {
        let told = kinds(&rig, message).await;
        let overdue = told.iter().filter(|kind| *kind == "acknowledgement.overdue").count();
        assert_eq!(overdue, 1, "{told:?}");
    }
    nothing_is_missing(&rig).await;
}

async fn a_wait_without_an_expectation_is_found(backing: Backing) {
    let mut rig = hub(backing).await;
    let (_, out) = answered(&rig, "PO-1").await;
    send(&rig, out.id).await;
    nothing_is_missing(&rig).await;
    rig.place.sql("delete from expectations where kind = 'acknowledgement'").await.unwrap();
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    let found: Vec<(&str, &str)> = audit.missing.iter().map(|m| (m.kind, m.id.as_str())).collect();
    assert_eq!(found, [("expectation_missing", out.id.to_string().as_str())]);
    rig.halt().await;
}

crate::rig::on_both!(
    an_acknowledgement_is_warned_of_then_overdue_then_late,
    one_in_time_is_no_alert,
    an_answer_of_ours_is_owed,
    an_answer_is_owed_before_a_day_that_the_order_names,
    what_is_owed_is_told_for_its_message,
    an_alert_is_neither_lost_nor_doubled,
    a_wait_without_an_expectation_is_found,
);
