//! What a replay is asked: mapped again or sent again, acknowledged again, numbered again. None of it by itself.

use crate::{
    rig::{ACME, Backing, GLOBEX, NORTHWIND, Rig, on_both},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::{DeliveryId, DocumentId},
    config::Settings,
    flow::operate::{self, Asks, OperateError},
    insight::audit,
    store::{
        deliveries::{self, Change, DeliveryRow},
        entities::{self, CrossReference, EVERYONE},
        events, now, outbound,
    },
};

on_both![
    only_who_asks_is_acknowledged_again,
    what_came_again_meanwhile_is_not_worked_twice,
    sent_again_under_its_number_or_a_new_one,
    mapped_again_under_its_number_or_a_new_one,
    not_everything_can_be_asked_of_everything
];

const ACKNOWLEDGE: Asks = Asks { map_again: false, acknowledge_again: true, number_again: false };
const NUMBER: Asks = Asks { map_again: false, acknowledge_again: false, number_again: true };
const MAP: Asks = Asks { map_again: true, acknowledge_again: false, number_again: false };

async fn hub(backing: Backing) -> Rig {
    let awaited = NORTHWIND.replace("acknowledge: '997'", "acknowledge: '997', expect: { acknowledgement: 24h }");
    let mut rig = Rig::with(backing, &[ACME, &awaited, GLOBEX], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// The 997s of a document.
async fn told(rig: &Rig, id: DocumentId) -> Vec<DeliveryRow> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

async fn replay(rig: &Rig, id: DocumentId, asks: Asks) -> Result<(usize, i64), OperateError> {
    let done = operate::replay_document(&rig.hub, rig.acme, id, asks, "ann", "again").await?;
    rig.quiet().await;
    Ok((done.restarted, done.left))
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn only_who_asks_is_acknowledged_again(backing: Backing) {
    let mut rig = hub(backing).await;
    let sets =
        [set("850", 1, &order("PO-1", "PLENTY-1", "1", "EA")), set("850", 2, &order("PO-2", "PLENTY-1", "1", "Q9"))];
    let id = rig.bring("north-edi", "two.edi", interchange(1, &sets).as_bytes()).await;
    rig.quiet().await;
    rig.stand("PO-2", &["held"]).await;
    assert_eq!(told(&rig, id).await.len(), 1);
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let means = CrossReference { scheme: "uom".into(), value: "Q9".into(), partner: EVERYONE, target: "EA".into() };
    entities::upsert_cross_references(&mut tx, rig.acme, &[means]).await.unwrap();
    tx.commit().await.unwrap();
    // What waits is mapped again, and its sender hears nothing of it.
    assert_eq!(replay(&rig, id, Asks::default()).await.unwrap(), (1, 0));
    rig.stand("PO-2", &["replaced", "applied"]).await;
    assert_eq!(told(&rig, id).await.len(), 1);
    let nothing = replay(&rig, id, Asks::default()).await;
    assert!(matches!(&nothing, Err(OperateError::State { state, .. }) if state == "translated"), "{nothing:?}");
    // Only who asks for it is told once more, under the next number; and no message is another.
    assert_eq!(replay(&rig, id, ACKNOWLEDGE).await.unwrap(), (0, 0));
    let twice = told(&rig, id).await;
    let text = |row: &DeliveryRow| String::from_utf8(row.content.clone().unwrap()).unwrap();
    assert!(twice.len() == 2 && twice.iter().all(|row| text(row).contains("AK9*A*2*2*2")), "{twice:?}");
    assert_ne!(twice[0].control, twice[1].control);
    rig.stand("PO-1", &["applied"]).await;
    // The same of one that is read anew from its start.
    for (asks, count) in [(Asks::default(), 2), (ACKNOWLEDGE, 3), (Asks::default(), 3)] {
        rig.place.sql("update documents set state = 'rejected'").await.unwrap();
        replay(&rig, id, asks).await.unwrap();
        assert_eq!((&*rig.document(id).await.state, told(&rig, id).await.len()), ("translated", count));
    }
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn what_came_again_meanwhile_is_not_worked_twice(backing: Backing) {
    let mut rig = hub(backing).await;
    let body = br#"{"number": "PO-1", "placed": "2026-11-02", "lines": []}"#;
    let first = rig.bring("north-a", "a.json", body).await;
    rig.quiet().await;
    rig.place.sql("update documents set state = 'rejected'").await.unwrap();
    let second = rig.bring("north-a", "b.json", body).await;
    rig.quiet().await;
    assert_eq!((&*rig.document(second).await.state, rig.document(second).await.duplicate_of), ("translated", None));
    let twice = replay(&rig, first, Asks::default()).await;
    assert!(matches!(&twice, Err(OperateError::Refused(why)) if why.contains(&second.to_string())), "{twice:?}");
    assert_eq!(rig.document(first).await.state, "rejected");
    rig.halt().await;
}

/// The 855 of an order, delivered.
async fn answered(rig: &Rig, number: &str) -> DeliveryRow {
    rig.bring("north-edi", number, orders(number.len() as u32, &[number]).as_bytes()).await;
    rig.quiet().await;
    let message = rig.messages(number).await[0].id;
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    let row = sent.into_iter().find(|d| d.kind == "document").expect("its 855");
    let change = Change::to(row.id, "delivered", serde_json::Value::Null, now());
    assert_eq!(deliveries::change(&mut tx, rig.acme, &[change]).await.unwrap(), [row.id]);
    tx.commit().await.unwrap();
    delivery(rig, row.id).await
}

async fn delivery(rig: &Rig, id: DeliveryId) -> DeliveryRow {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let row = deliveries::get(&mut tx, rig.acme, id).await.unwrap().expect("the delivery is there");
    tx.rollback().await.unwrap();
    row
}

async fn again(rig: &Rig, id: DeliveryId, asks: Asks) -> Result<DeliveryRow, OperateError> {
    let sent = operate::replay_delivery(&rig.hub, rig.acme, id, asks, "ann", "they lost it").await?;
    Ok(delivery(rig, sent).await)
}

/// The numbers of a delivery's set: interchange, group.
async fn numbers(rig: &Rig, id: DeliveryId) -> (i64, i64) {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let sets = outbound::of_deliveries(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    (sets[0].interchange_no, sets[0].group_no)
}

async fn sent_again_under_its_number_or_a_new_one(backing: Backing) {
    let mut rig = hub(backing).await;
    let first = answered(&rig, "PO-1").await;
    let same = again(&rig, first.id, Asks::default()).await.unwrap();
    assert_eq!((same.id, &same.control, &same.content), (first.id, &first.control, &first.content));
    assert_eq!((&*same.state, same.replays, same.acknowledged.as_deref()), ("pending", 1, Some("waiting")));
    rig.place.sql("update deliveries set state = 'delivered' where state = 'pending'").await.unwrap();
    let new = again(&rig, first.id, NUMBER).await.unwrap();
    assert_eq!((&*new.state, new.again_of, new.acknowledged.as_deref()), ("pending", Some(first.id), Some("waiting")));
    let text = |row: &DeliveryRow| String::from_utf8(row.content.clone().unwrap()).unwrap();
    let (old_number, new_number) = (first.control.clone().unwrap(), new.control.clone().unwrap());
    let (was, is) = (numbers(&rig, first.id).await, numbers(&rig, new.id).await);
    assert!(is.0 > was.0 && is.1 > was.1, "{was:?} {is:?}");
    let renumbered = text(&first).replace(&old_number, &new_number);
    let renumbered = renumbered.replace(&format!("GE*1*{}~", was.1), &format!("GE*1*{}~", is.1));
    assert!(text(&new).contains(&format!("*{}*X*004010~", is.1)), "{}", text(&new));
    assert_eq!(text(&new).lines().last(), renumbered.lines().last());
    assert_eq!(text(&new).matches("ST*855*0001~").count(), 1);
    // The first stays as it ended, and nobody waits for its acknowledgement.
    let old = delivery(&rig, first.id).await;
    assert_eq!((&*old.state, &old.control, old.acknowledged), ("delivered", &first.control, None));
    let busy = again(&rig, new.id, NUMBER).await;
    assert!(matches!(busy, Err(OperateError::Delivery(_))), "{busy:?}");
    nothing_is_missing(&rig).await;
    // Another has its place: a third would wait for an acknowledgement of its own, and the partner has two orders' answers.
    rig.place.sql("update deliveries set state = 'delivered' where state = 'pending'").await.unwrap();
    for asks in [NUMBER, MAP] {
        let twice = again(&rig, first.id, asks).await.unwrap_err();
        let told = format!("replaced by delivery {}: replay that one", new.id);
        assert!(matches!(&twice, OperateError::Delivery(why) if why.to_string().contains(&told)), "{twice:?}");
    }
    assert_eq!(rig.place.number("select count(*) from deliveries where again_of is not null").await, 1);
    assert_eq!(again(&rig, new.id, NUMBER).await.unwrap().again_of, Some(new.id), "it can be replaced itself");
    let other = answered(&rig, "PO-22").await.id;
    let (a, b) = tokio::join!(again(&rig, other, NUMBER), again(&rig, other, NUMBER));
    assert_eq!([&a, &b].iter().filter(|done| done.is_ok()).count(), 1, "of two at once one is done: {a:?} {b:?}");
    rig.halt().await;
}

async fn mapped_again_under_its_number_or_a_new_one(backing: Backing) {
    let mut rig = hub(backing).await;
    let first = answered(&rig, "PO-1").await;
    let same = again(&rig, first.id, MAP).await.unwrap();
    assert_eq!((same.again_of, &same.control), (Some(first.id), &first.control));
    assert_eq!(numbers(&rig, same.id).await, numbers(&rig, first.id).await);
    rig.place.sql("update deliveries set state = 'dead' where state = 'pending'").await.unwrap();
    let both = Asks { number_again: true, ..MAP };
    let new = again(&rig, same.id, both).await.unwrap();
    assert!(new.control > same.control, "{:?}", new.control);
    assert_eq!(delivery(&rig, same.id).await.state, "cancelled", "a dead one is given up");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn not_everything_can_be_asked_of_everything(backing: Backing) {
    let mut rig = hub(backing).await;
    let id = rig.bring("north-edi", "one.edi", orders(1, &["PO-1"]).as_bytes()).await;
    rig.quiet().await;
    let refused = |done: &OperateError| matches!(done, OperateError::Refused(_));
    assert!(refused(&replay(&rig, id, NUMBER).await.unwrap_err()));
    let message = rig.messages("PO-1").await[0].id;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    tx.rollback().await.unwrap();
    let hook = sent.iter().find(|row| row.kind == "webhook").expect("its webhook");
    for asks in [NUMBER, MAP] {
        let done = again(&rig, hook.id, asks).await.unwrap_err();
        assert!(matches!(&done, OperateError::Delivery(why) if why.to_string().contains("webhook")), "{done:?}");
    }
    assert!(refused(&again(&rig, hook.id, ACKNOWLEDGE).await.unwrap_err()));
    // An acknowledgement is made of its document and of no event.
    rig.place.sql("update deliveries set state = 'delivered'").await.unwrap();
    let told = self::told(&rig, id).await.remove(0);
    let done = again(&rig, told.id, MAP).await.unwrap_err();
    assert!(matches!(&done, OperateError::Delivery(why) if why.to_string().contains("no event")), "{done:?}");
    let new = again(&rig, told.id, NUMBER).await.unwrap();
    assert_ne!(new.control, told.control);
    rig.halt().await;
}
