//! Batches out: several answers in one interchange, by number or by time, nothing lost or doubled, no number skipped.

use crate::{
    answered::{agreed, says},
    hub::wait::wait_for,
    rig::{Backing, PATIENCE, Rig, order},
};
use crossdock::{
    canonical::{DeliveryId, MessageId},
    flow::{
        deliver::{self, Refused},
        sweep::Sweeper,
    },
    insight::audit,
    store::{
        batches,
        deliveries::{self, DeliveryRow},
        events, expectations, now,
        outbound::{self, SetRow},
    },
};

async fn hub(backing: Backing, batch: &str) -> Rig {
    agreed(backing, &format!("acknowledge: '997', expect: {{ acknowledgement: 24h }}, batch: {{ {batch} }}")).await
}

async fn orders(rig: &Rig, from: usize, to: usize) -> Vec<MessageId> {
    for n in from..to {
        rig.bring("north-a", &format!("{n}.json"), &order(&format!("PO-{n}"), &[("PLENTY-1", 3)])).await;
    }
    rig.quiet().await;
    let mut ids = vec![];
    for n in from..to {
        let rows = rig.messages(&format!("PO-{n}")).await;
        assert_eq!(rows[0].state, "applied", "{:?}", rows[0].cause);
        ids.push(rows[0].id);
    }
    ids
}

/// The 855 of an order.
async fn answer(rig: &Rig, message: MessageId) -> DeliveryRow {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    tx.rollback().await.unwrap();
    sent.into_iter().find(|d| d.kind == "document").expect("its 855")
}

async fn interchange(rig: &Rig, id: DeliveryId) -> (DeliveryRow, Vec<SetRow>) {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let row = deliveries::get(&mut tx, rig.acme, id).await.unwrap().expect("what carries it");
    let sets = outbound::of_deliveries(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    (row, sets)
}

/// As the deliver stage writes that it was taken.
async fn send(rig: &Rig, delivery: DeliveryId) {
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let change = deliveries::Change::to(delivery, "delivered", serde_json::Value::Null, now());
    assert_eq!(deliveries::change(&mut tx, rig.acme, std::slice::from_ref(&change)).await.unwrap(), [delivery]);
    batches::follow(&mut tx, rig.acme, &[change]).await.unwrap();
    expectations::delivered(&mut tx, rig.acme, &[delivery], now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sweep(rig: &Rig) -> usize {
    Sweeper::new(rig.hub.clone()).round().await.unwrap().batched
}

async fn time_passes(rig: &Rig) {
    rig.place.sql("update batched_sets set due_at = 1").await.unwrap();
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn so_many_go_together(backing: Backing) {
    let mut rig = hub(backing, "documents: 3, seconds: 3600").await;
    let messages = orders(&rig, 0, 2).await;
    let waiting = answer(&rig, messages[0]).await;
    assert_eq!((waiting.state.as_str(), waiting.content, waiting.carried_by), ("pending", None, None));
    nothing_is_missing(&rig).await;
    let messages = [messages, orders(&rig, 2, 3).await, orders(&rig, 3, 4).await].concat();
    let first = answer(&rig, messages[0]).await;
    let by = first.carried_by.expect("it goes");
    let (row, sets) = interchange(&rig, by).await;
    assert_eq!(
        (row.control.as_deref(), row.acknowledged.as_deref(), sets.len()),
        (Some("000000001"), Some("waiting"), 3)
    );
    let text = String::from_utf8(row.content.unwrap()).unwrap();
    for (line, times) in [("ISA*", 1), ("GS*PR*", 1), ("ST*855*", 3), ("GE*3*1~", 1), ("IEA*1*000000001~", 1)] {
        assert_eq!(text.matches(line).count(), times, "{line}\n{text}");
    }
    assert!(text.contains("ST*855*0001~") && text.contains("ST*855*0003~"));
    assert_eq!(answer(&rig, messages[3]).await.carried_by, None, "the fourth waits for others");
    assert_eq!(sweep(&rig).await, 0);
    time_passes(&rig).await;
    assert_eq!((sweep(&rig).await, sweep(&rig).await), (1, 0));
    let alone = answer(&rig, messages[3]).await.carried_by.expect("its time is over");
    assert_eq!(interchange(&rig, alone).await.0.control.as_deref(), Some("000000002"));
    nothing_is_missing(&rig).await;

    // What becomes of the interchange becomes of each.
    send(&rig, by).await;
    for (message, state) in messages.iter().zip(["delivered", "delivered", "delivered", "pending"]) {
        assert_eq!(answer(&rig, *message).await.state, state);
    }
    let refused = deliver::replay(&rig.hub, rig.acme, first.id, "a person", "").await;
    assert!(matches!(refused, Err(Refused::Carried(carrier)) if carrier == by), "{refused:?}");
    let said = format!("AK1*PR*{}~\nAK2*855*0002~\nAK5*R*5~\nAK9*P*3*3*2", sets[0].group_no);
    rig.bring("north-edi", "997.edi", says("NORTHWIND", 1, "997", &said).as_bytes()).await;
    rig.quiet().await;
    assert_eq!(interchange(&rig, by).await.0.acknowledged.as_deref(), Some("partly_accepted"));
    let mut taken = vec![];
    for message in &messages[..3] {
        taken.push(answer(&rig, *message).await.acknowledged.unwrap());
    }
    taken.sort();
    assert_eq!(taken, ["accepted", "accepted", "rejected"]);
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn a_cancelled_one_does_not_go(backing: Backing) {
    let mut rig = hub(backing, "documents: 5, seconds: 3600").await;
    let messages = orders(&rig, 0, 3).await;
    let gone = answer(&rig, messages[1]).await;
    deliver::cancel(&rig.hub, rig.acme, gone.id, "a person", "wrong price").await.unwrap();
    time_passes(&rig).await;
    assert_eq!(sweep(&rig).await, 2);
    assert_eq!(answer(&rig, messages[1]).await.state, "cancelled");
    let by = answer(&rig, messages[0]).await.carried_by.unwrap();
    assert_eq!(interchange(&rig, by).await.1.len(), 2);
    // Sent after all, it goes by itself.
    deliver::replay(&rig.hub, rig.acme, gone.id, "a person", "it was right").await.unwrap();
    assert_eq!(answer(&rig, messages[1]).await.control.as_deref(), Some("000000002"));
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

/// What is agreed of one kind of document holds for that kind: whether it waits for others, and whether it is waited for.
async fn by_kind(backing: Backing) {
    for (kind, batched, acknowledged) in [("855", true, Some("waiting")), ("810", false, None)] {
        let of_kind = "batch: { documents: 2, seconds: 3600 }, expect: { acknowledgement: 24h }";
        let mut rig = agreed(backing, &format!("acknowledge: '997', sets: {{ '{kind}': {{ {of_kind} }} }}")).await;
        let messages = orders(&rig, 0, 3).await;
        let mut carried = 0;
        for message in &messages {
            carried += usize::from(answer(&rig, *message).await.carried_by.is_some());
        }
        assert_eq!(carried, if batched { 2 } else { 0 }, "{kind}");
        assert_eq!(sweep(&rig).await, 0, "{kind}: an hour is not over");
        time_passes(&rig).await;
        assert_eq!(sweep(&rig).await, usize::from(batched), "{kind}");
        for message in &messages {
            let row = answer(&rig, *message).await;
            assert_eq!(row.acknowledged.as_deref(), acknowledged, "{kind}");
        }
        nothing_is_missing(&rig).await;
        rig.halt().await;
    }
}

/// One that can't be written any more has a dead letter, and costs itself or, by agreement, its batch; no number is lost.
async fn a_bad_set_costs_what_was_agreed(backing: Backing) {
    for (bad_set, dead, numbered) in [("is_dropped", 1, 1), ("fails_all", 3, 0)] {
        let mut rig = hub(backing, &format!("documents: 5, seconds: 3600, bad_set: {bad_set}")).await;
        let messages = orders(&rig, 0, 3).await;
        let bad = answer(&rig, messages[1]).await;
        rig.place
            .sql(&format!("update batched_sets set draft = '{{}}' where id = {}", rig.place.id(bad.id.0)))
            .await
            .unwrap();
        time_passes(&rig).await;
        assert_eq!(sweep(&rig).await, 3);
        let count = async |what: &str| rig.place.number(&format!("select count(*) from {what}")).await;
        assert_eq!(count("deliveries where kind = 'document' and state = 'dead'").await, dead, "{bad_set}");
        assert_eq!(count("dead_letters where thing = 'delivery' and ended_at is null").await, dead, "{bad_set}");
        assert_eq!(count("deliveries where control is not null").await, numbered, "{bad_set}");
        assert_eq!(answer(&rig, messages[1]).await.state, "dead");
        nothing_is_missing(&rig).await;
        // Written anew from its event, it goes by itself.
        deliver::replay(&rig.hub, rig.acme, bad.id, "a person", "mended").await.unwrap();
        let again = answer(&rig, messages[1]).await;
        assert_eq!((again.state.as_str(), again.control), ("pending", Some(format!("{:09}", numbered + 1))));
        nothing_is_missing(&rig).await;
        rig.halt().await;
    }
}

/// Acknowledgements don't wait, unless that was agreed.
async fn a_997_waits_only_if_agreed(backing: Backing) {
    for (batch, at_once) in [("documents: 5", 1), ("documents: 5, acknowledgements: true", 0)] {
        let mut rig = hub(backing, batch).await;
        let text = crate::x12::orders(1, &["PO-1"]);
        rig.bring("north-edi", "a.edi", text.as_bytes()).await;
        rig.quiet().await;
        let numbered = "select count(*) from deliveries where kind = 'acknowledgement' and control is not null";
        assert_eq!(rig.place.number(numbered).await, at_once, "{batch}");
        time_passes(&rig).await;
        sweep(&rig).await;
        assert_eq!(rig.place.number(numbered).await, 1, "{batch}");
        nothing_is_missing(&rig).await;
        rig.halt().await;
    }
}

/// Workers that fill batches and sweepers that are cut off at any point: each answer goes out once, and no number is skipped.
async fn nothing_is_lost_or_doubled(backing: Backing) {
    let mut rig = hub(backing, "documents: 4, seconds: 3600").await;
    let messages = orders(&rig, 0, 30).await;
    rig.halt().await;
    time_passes(&rig).await;
    for n in 0..8u64 {
        let mut sweeper = Sweeper::new(rig.hub.clone());
        let round = tokio::spawn(async move { sweeper.round().await.map(|swept| swept.batched) });
        // Its transaction ends with it wherever it is, as a killed process's does.
        for _ in 0..n * n {
            tokio::task::yield_now().await;
        }
        round.abort();
        let _ = round.await;
    }
    wait_for(PATIENCE, "all to go", || async {
        sweep(&rig).await;
        match rig.place.number("select count(*) from batched_sets").await {
            0 => Ok(()),
            n => Err(format!("{n} wait")),
        }
    })
    .await;
    assert_eq!(rig.place.number("select count(*) from outbound_sets where kind = '855'").await, 30);
    for message in messages {
        let row = answer(&rig, message).await;
        let (_, sets) = interchange(&rig, row.carried_by.expect("it goes")).await;
        assert_eq!(sets.iter().filter(|set| set.id == row.id.0).count(), 1);
    }
    nothing_is_missing(&rig).await;
}

crate::rig::on_both!(
    so_many_go_together,
    by_kind,
    a_cancelled_one_does_not_go,
    a_bad_set_costs_what_was_agreed,
    a_997_waits_only_if_agreed,
    nothing_is_lost_or_doubled,
);
