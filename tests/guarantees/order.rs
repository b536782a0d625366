//! The order of a key: whatever holds a message up, those behind it wait, and go on in their order.

use crate::{
    hub::wait::wait_for,
    rig::{PATIENCE, Rig, both, cancel, order},
};
use crossdock::{
    canonical::{ClaimCheck, MessageId, Stage},
    flow::operate,
    insight::audit::audit,
    store::{
        events, journal,
        messages::{self, Change, MessageRow},
        now, outbox,
    },
};
use serde_json::json;

both![
    behind_a_held_one,
    behind_a_dead_one,
    behind_one_that_is_tried_again,
    a_cancelled_one_lets_the_next_go,
    one_after_the_other_and_not_all_at_once,
    a_rejected_one_holds_nobody,
    two_connections_at_once,
];

/// An order whose unit no table holds.
fn unmapped(number: &str) -> Vec<u8> {
    String::from_utf8(order(number, &[("PLENTY-1", 1)])).unwrap().replace("\"EA\"", "\"GROSSBOX\"").into_bytes()
}

/// The kinds of the events of these messages, in the order in which they were decided.
async fn decided(rig: &Rig, messages: &[MessageRow]) -> Vec<String> {
    let ids: Vec<MessageId> = messages.iter().map(|m| m.id).collect();
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let mut events = events::of_messages(&mut tx, rig.acme, &ids).await.unwrap();
    tx.rollback().await.unwrap();
    let place = |id| messages.iter().position(|m| m.id == id);
    events.sort_by_key(|e| (e.at, place(e.message), e.ordinal));
    events.into_iter().map(|e| e.kind).collect()
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(audit.missing, []);
}

async fn behind_a_held_one(mut rig: Rig) {
    rig.start(2, 2).await;
    rig.bring("north-a", "1.json", &unmapped("PO-1")).await;
    rig.stand("PO-1", &["held"]).await;
    rig.bring("north-a", "2.json", &cancel("PO-1")).await;
    rig.bring("north-a", "3.json", &order("PO-2", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-2", &["applied"]).await;
    rig.stand("PO-1", &["held", "waiting"]).await;
    let restarted = operate::add_reference(&rig.hub, rig.acme, "uom", "GROSSBOX", "EA", "me").await.unwrap();
    assert_eq!(restarted.len(), 1);
    wait_for(PATIENCE, "both to be applied", || async {
        let seen: Vec<_> = rig.messages("PO-1").await.into_iter().map(|m| (m.run, m.place, m.state)).collect();
        let mut sorted = seen.clone();
        sorted.sort();
        match sorted.iter().map(|(run, place, state)| (*run, place.unwrap(), state.as_str())).collect::<Vec<_>>()[..] {
            [(0, 0, "replaced"), (0, 1, "applied"), (1, 0, "applied")] => Ok(()),
            _ => Err(format!("{seen:?}")),
        }
    })
    .await;
    let kinds = decided(&rig, &rig.messages("PO-1").await).await;
    assert_eq!(kinds.last().map(String::as_str), Some("order.cancelled"), "{kinds:?}");
    assert!(kinds.contains(&"order.confirmed".to_owned()), "{kinds:?}");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

/// Makes the message of a number unreadable for the core: it dies, as a bug of ours would make it.
async fn break_body(rig: &Rig, number: &str) {
    let broken = rig
        .place
        .sql(&format!("update messages set body = '{{\"lines\": 5}}' where number = '{number}' and place = 0"))
        .await
        .unwrap();
    assert_eq!(broken, 1);
}

async fn behind_a_dead_one(mut rig: Rig) {
    rig.start(1, 0).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-1", &["pending"]).await;
    rig.bring("north-a", "2.json", &cancel("PO-1")).await;
    rig.stand("PO-1", &["pending", "pending"]).await;
    rig.halt().await;
    break_body(&rig, "PO-1").await;
    rig.start(1, 2).await;
    rig.stand("PO-1", &["dead", "waiting"]).await;
    rig.quiet().await;
    // Mended by a restart, which reads the set again: it takes the old one's place, and then the cancel goes.
    let dead = rig.messages("PO-1").await[0].id;
    let new = operate::restart(&rig.hub, rig.acme, dead, "me", "mended").await.unwrap();
    wait_for(PATIENCE, "the cancel to be applied", || async {
        let rows = rig.messages("PO-1").await;
        let state = |id| rows.iter().find(|m| m.id == id).map(|m| m.state.clone());
        let cancel = rows.iter().find(|m| m.place == Some(1)).map(|m| m.state.clone());
        match (state(dead).as_deref(), state(new).as_deref(), cancel.as_deref()) {
            (Some("replaced"), Some("applied"), Some("applied")) => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
    .await;
    let kinds = decided(&rig, &rig.messages("PO-1").await).await;
    assert_eq!(kinds.last().map(String::as_str), Some("order.cancelled"), "{kinds:?}");
    assert_eq!(rig.place.number("select count(*) from dead_letters where ended_at is null").await, 0);
    assert_eq!(rig.message(new).await.place, Some(0), "the old one's place");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

async fn behind_one_that_is_tried_again(mut rig: Rig) {
    rig.start(1, 0).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-1", &["pending"]).await;
    rig.halt().await;
    // As `apply` writes it when its transaction fails for a while.
    let id = rig.messages("PO-1").await[0].id;
    let now = now();
    let due = now.plus_ms(3_000);
    let retry = Change {
        tries: 1,
        due: Some(due.0),
        first_failed_at: Some(now.0),
        ..Change::to(id, "retrying", due.plus_ms(60_000))
    };
    rig.place.sql("delete from outbox").await.unwrap();
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    messages::change(&mut tx, rig.acme, &[retry]).await.unwrap();
    outbox::push(&mut tx, &[outbox::Row::later(ClaimCheck::new(rig.acme, Stage::Apply, vec![id.0]), now, due)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    rig.start(1, 2).await;
    rig.bring("north-b", "2.json", &cancel("PO-1")).await;
    rig.stand("PO-1", &["retrying", "waiting"]).await;
    rig.stand("PO-1", &["applied", "applied"]).await;
    assert!(crossdock::store::now().0 >= due.0 - 1_000_000, "not before it was due");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

async fn a_cancelled_one_lets_the_next_go(mut rig: Rig) {
    rig.start(1, 2).await;
    rig.bring("north-a", "1.json", &unmapped("PO-1")).await;
    rig.stand("PO-1", &["held"]).await;
    rig.bring("north-a", "2.json", &order("PO-1", &[("PLENTY-1", 2)])).await;
    rig.stand("PO-1", &["held", "waiting"]).await;
    let held = rig.messages("PO-1").await[0].id;
    operate::cancel_message(&rig.hub, rig.acme, held, "me", "sent again, mended").await.unwrap();
    rig.stand("PO-1", &["cancelled", "applied"]).await;
    let again = operate::cancel_message(&rig.hub, rig.acme, held, "me", "twice").await;
    assert!(matches!(again, Err(operate::OperateError::State { .. })), "{again:?}");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

async fn one_after_the_other_and_not_all_at_once(mut rig: Rig) {
    rig.start(1, 3).await;
    rig.bring("north-a", "0.json", &unmapped("PO-1")).await;
    rig.stand("PO-1", &["held"]).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("TEN", 4)])).await;
    rig.bring("north-a", "2.json", &cancel("PO-1")).await;
    // The same cancel under another id of the sender's: said again, in its place.
    let mut facts = rig.facts("north-a", "3.json");
    facts.duplicates_days = 0;
    let _receipt = rig.hub.intake.take(cancel("PO-1").as_slice(), facts).await.unwrap();
    rig.stand("PO-1", &["held", "waiting", "waiting", "waiting"]).await;
    let held = rig.messages("PO-1").await[0].id;
    operate::cancel_message(&rig.hub, rig.acme, held, "me", "not wanted").await.unwrap();
    rig.stand("PO-1", &["cancelled", "applied", "applied", "applied"]).await;
    let rows = rig.messages("PO-1").await;
    let mut ended = Vec::new();
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    for row in &rows[1..] {
        let steps = journal::of_message(&mut tx, rig.acme, row.id.0).await.unwrap();
        let steps: Vec<_> = steps.into_iter().filter(|s| s.delivery.is_none()).collect();
        let states: Vec<&str> = steps.iter().map(|s| s.state.as_str()).collect();
        assert_eq!(states, ["pending", "waiting", "pending", "applied"], "each step is in the journal: {steps:#?}");
        ended.push(steps.last().unwrap().id);
    }
    tx.rollback().await.unwrap();
    assert!(ended.windows(2).all(|pair| pair[0] < pair[1]), "in the order of their places: {ended:?}");
    assert_eq!(rig.place.number("select cast(sum(reserved) as bigint) from stock").await, 0, "all of it is free again");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

async fn a_rejected_one_holds_nobody(mut rig: Rig) {
    rig.start(1, 2).await;
    rig.bring("north-a", "1.json", &cancel("PO-1")).await;
    rig.stand("PO-1", &["rejected"]).await;
    rig.bring("north-a", "2.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-1", &["rejected", "applied"]).await;
    // Restarted, it is applied after those that it had let go, and the journal says so.
    let rejected = rig.messages("PO-1").await[0].id;
    let new = operate::restart(&rig.hub, rig.acme, rejected, "me", "now it stands").await.unwrap();
    wait_for(PATIENCE, "the cancel to be applied", || async {
        match rig.message(new).await.state.as_str() {
            "applied" => Ok(()),
            state => Err(state.to_owned()),
        }
    })
    .await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let steps = journal::of_message(&mut tx, rig.acme, new.0).await.unwrap();
    tx.rollback().await.unwrap();
    let note = steps[0].cause.clone().unwrap_or(json!({}))["note"].to_string();
    assert!(note.contains("after them"), "{note}");
    rig.halt().await;
    nothing_is_missing(&rig).await;
}

/// An order by one connection and its cancel by another, at once, many times: whichever is read first has the lower
/// place, and what was decided is what that order says.
async fn two_connections_at_once(mut rig: Rig) {
    const NUMBERS: usize = 40;
    rig.start(4, 4).await;
    let sends = (0..NUMBERS).map(|n| {
        let rig = &rig;
        async move {
            let number = format!("PO-{n}");
            let placed = order(&number, &[("PLENTY-1", 3)]);
            let (name, undone) = (format!("{n}.json"), cancel(&number));
            let (one, two) = tokio::join!(rig.take("north-a", &name, &placed), rig.take("north-b", &name, &undone));
            assert!(one.unwrap().document() != two.unwrap().document());
        }
    });
    futures_util::future::join_all(sends).await;
    rig.quiet().await;
    rig.halt().await;
    let (mut both, mut late) = (0, 0);
    for n in 0..NUMBERS {
        let mut rows = rig.messages(&format!("PO-{n}")).await;
        rows.sort_by_key(|m| m.place);
        assert_eq!(rows.iter().map(|m| m.place).collect::<Vec<_>>(), [Some(0), Some(1)], "each has its own place");
        let purpose = |m: &MessageRow| m.body.as_ref().unwrap()["purpose"].as_str().unwrap().to_owned();
        let seen: Vec<(String, String)> = rows.iter().map(|m| (purpose(m), m.state.clone())).collect();
        let seen: Vec<(&str, &str)> = seen.iter().map(|(p, s)| (p.as_str(), s.as_str())).collect();
        match seen[..] {
            [("original", "applied"), ("cancel", "applied")] => both += 1,
            [("cancel", "rejected"), ("original", "applied")] => late += 1,
            _ => panic!("PO-{n}: {seen:?}"),
        }
    }
    assert_eq!(both + late, NUMBERS);
    let reserved = rig.place.number("select cast(sum(reserved) as bigint) from stock").await;
    assert_eq!(reserved, late as i64 * 3 * 10_000, "what the orders hold that were not cancelled");
    nothing_is_missing(&rig).await;
}
