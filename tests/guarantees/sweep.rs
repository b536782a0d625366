//! The sweeper: what was lost between the store and its queue goes on; what was not lost is left alone.

use crate::{
    hub::wait::wait_for,
    rig::{ACME, GLOBEX, NORTHWIND, PATIENCE, Rig, both, cancel, connection, order},
};
use crossdock::{
    canonical::{ClaimCheck, Micros, Stage},
    config::Settings,
    flow::{
        operate,
        sweep::{Sweeper, Swept},
    },
    insight::audit::audit,
    store::{
        Store, StoreError, blobs, deliveries, documents,
        entities::{self, CrossReference, EVERYONE},
        messages::{self, Change},
        now, outbox, sweep,
    },
};
use uuid::Uuid;

both![
    a_lost_claim_check_is_written_again,
    what_stands_in_the_outbox_is_left,
    a_busy_queue_has_lost_nothing_yet,
    the_wait_doubles,
    a_far_retry_is_neither_lost_nor_early,
    what_waits_for_nothing_goes_on,
    a_hold_whose_row_stands_is_restarted,
    uploads_given_up_are_removed,
    raw_bytes_go_when_their_time_is_over,
    two_sweepers,
];

async fn round(rig: &Rig) -> Swept {
    Sweeper::new(rig.hub.clone()).round().await.unwrap()
}

const LATE: &str = "deadline = 1000, wait_us = 1000";

async fn claims(rig: &Rig) -> Vec<ClaimCheck> {
    let mut tx = rig.hub.store.system_read().await.unwrap();
    let rows = outbox::oldest(&mut tx, 0, 1_000).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| serde_json::from_value(row.claim).unwrap()).collect()
}

async fn a_lost_claim_check_is_written_again(mut rig: Rig) {
    for n in 0..3 {
        rig.bring("north-a", &format!("{n}.json"), &order(&format!("PO-{n}"), &[("PLENTY-1", 1)])).await;
    }
    rig.bring("north-b", "9.json", &order("PO-9", &[("PLENTY-1", 1)])).await;
    // As a broker does whose data folder was deleted.
    rig.place.sql("delete from outbox").await.unwrap();
    assert_eq!(round(&rig).await, Swept::default(), "not late yet");
    rig.place.sql(&format!("update documents set {LATE}")).await.unwrap();
    assert_eq!(round(&rig).await.again, 2, "one a connection");
    assert!(claims(&rig).await.iter().all(|c| c.kind == Stage::Translate && c.ids.len() == 1));
    rig.start(2, 0).await;
    for n in [0, 1, 2, 9] {
        rig.stand(&format!("PO-{n}"), &["pending"]).await;
    }
    rig.halt().await;
    rig.place.sql("delete from outbox").await.unwrap();
    rig.place.sql(&format!("update messages set {LATE}")).await.unwrap();
    assert_eq!(round(&rig).await.again, 4);
    assert_eq!(claims(&rig).await.iter().map(|c| (c.kind, c.ids.len())).collect::<Vec<_>>(), [(Stage::Apply, 4)]);
    rig.start(0, 2).await;
    for n in [0, 1, 2, 9] {
        rig.stand(&format!("PO-{n}"), &["applied"]).await;
    }
    rig.halt().await;
    rig.place.sql("delete from outbox").await.unwrap();
    rig.place.sql(&format!("update deliveries set {LATE}")).await.unwrap();
    let unfinished = rig.place.number("select count(*) from deliveries where state = 'pending'").await as usize;
    assert_eq!(round(&rig).await.again, unfinished);
    let named: usize = claims(&rig).await.iter().map(|c| c.ids.len()).sum();
    assert_eq!(named, unfinished);
    assert_eq!(audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap().missing, []);
}

async fn what_stands_in_the_outbox_is_left(rig: Rig) {
    for n in 0..3 {
        rig.bring("north-a", &format!("{n}.json"), &order(&format!("PO-{n}"), &[("PLENTY-1", 1)])).await;
    }
    rig.bring("north-b", "9.json", &order("PO-9", &[("PLENTY-1", 1)])).await;
    rig.place.sql(&format!("update documents set {LATE}")).await.unwrap();
    let lost = format!("delete from outbox where {}", names(&rig, connection("north-b").0));
    rig.place.sql(&lost).await.unwrap();
    let before = claims(&rig).await;
    assert_eq!(round(&rig).await.again, 1);
    let after = claims(&rig).await;
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after.last().unwrap().ids, [connection("north-b").0], "the lost one and no other");
    assert_eq!(round(&rig).await, Swept::default());
}

/// A condition on outbox rows: those whose claim check names an id.
fn names(_rig: &Rig, id: Uuid) -> String {
    format!("cast(claim as text) like '%{id}%'")
}

/// As long as the queue holds as much as is under way, what is late waits its turn; but not for ever.
async fn a_busy_queue_has_lost_nothing_yet(rig: Rig) {
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.place.sql("delete from outbox").await.unwrap();
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let other = ClaimCheck::new(rig.acme, Stage::Translate, vec![connection("north-b").0]);
    outbox::push(&mut tx, &[outbox::Row::at_once(other, now())]).await.unwrap();
    tx.commit().await.unwrap();
    let late_by = |us: i64| format!("update documents set deadline = {}, wait_us = 3600000000", now().0 - us);
    rig.place.sql(&late_by(1_000_000)).await.unwrap();
    assert_eq!(round(&rig).await.again, 0, "the queue holds one, and one connection has work");
    rig.place.sql(&late_by(3_600_000_000 + 1_000_000)).await.unwrap();
    assert_eq!(round(&rig).await.again, 1, "late by another whole wait");
}

async fn the_wait_doubles(rig: Rig) {
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        rig.place.sql("delete from outbox").await.unwrap();
        rig.place.sql("update documents set deadline = 1000").await.unwrap();
        let before = now();
        assert_eq!(round(&rig).await.again, 1);
        waits.push(rig.place.number("select wait_us from documents").await);
        let deadline = rig.place.number("select deadline from documents").await;
        assert!(deadline >= before.0 + waits.last().unwrap());
    }
    assert_eq!(waits, [120_000_000, 240_000_000, 480_000_000]);
    rig.place.sql("delete from outbox; update documents set deadline = 1000, wait_us = 90000000000").await.unwrap();
    assert_eq!(round(&rig).await.again, 1);
    assert_eq!(rig.place.number("select wait_us from documents").await, 86_400_000_000, "at most a day");
}

async fn what_waits_for_nothing_goes_on(mut rig: Rig) {
    rig.start(1, 1).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.halt().await;
    rig.start(1, 0).await;
    rig.bring("north-a", "2.json", &cancel("PO-1")).await;
    rig.stand("PO-1", &["applied", "pending"]).await;
    rig.halt().await;
    rig.place.sql("delete from outbox; update messages set state = 'waiting' where state = 'pending'").await.unwrap();
    assert_eq!(round(&rig).await.waited_for_nothing, 1);
    rig.start(0, 1).await;
    rig.stand("PO-1", &["applied", "applied"]).await;
    rig.halt().await;
    assert_eq!(round(&rig).await.waited_for_nothing, 0);
}

async fn a_hold_whose_row_stands_is_restarted(mut rig: Rig) {
    rig.start(1, 1).await;
    let body = String::from_utf8(order("PO-1", &[("PLENTY-1", 1)])).unwrap().replace("\"EA\"", "\"GROSSBOX\"");
    rig.bring("north-a", "1.json", body.as_bytes()).await;
    rig.stand("PO-1", &["held"]).await;
    assert_eq!(round(&rig).await.restarted, 0);
    // The row alone, as if translate had read the tables a moment before it was committed.
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let row = CrossReference { scheme: "uom".into(), value: "GROSSBOX".into(), partner: EVERYONE, target: "EA".into() };
    entities::upsert_cross_references(&mut tx, rig.acme, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(round(&rig).await.restarted, 1);
    rig.stand("PO-1", &["replaced", "applied"]).await;
    // One that a restart does not help is restarted once, and not at each round.
    let other = String::from_utf8(order("PO-2", &[("PLENTY-1", 1)])).unwrap().replace("\"EA\"", "\"PALLETS\"");
    rig.bring("north-a", "2.json", other.as_bytes()).await;
    rig.stand("PO-2", &["held"]).await;
    rig.place.sql("update messages set hold_value = 'GROSSBOX' where state = 'held'").await.unwrap();
    let mut sweeper = Sweeper::new(rig.hub.clone());
    assert_eq!(sweeper.round().await.unwrap().restarted, 1);
    rig.place.sql("update messages set hold_value = 'GROSSBOX' where state = 'held'").await.unwrap();
    assert_eq!(sweeper.round().await.unwrap().restarted, 0);
    rig.stand("PO-2", &["replaced", "held"]).await;
    rig.halt().await;
}

async fn uploads_given_up_are_removed(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let day = 86_400_000_000;
    let mut tx = store.begin(acme).await.unwrap();
    for (sha, age) in [("old", day + 1_000_000), ("young", day - 60_000_000)] {
        blobs::lock(&mut tx, acme, &[(sha.into(), 5)], Micros(now().0 - age)).await.unwrap();
        let chunk = blobs::Chunk { sha256: sha.into(), n: 0, bytes: blobs::compress(b"12345").unwrap() };
        blobs::write(&mut tx, acme, &[chunk]).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(round(&rig).await.uploads_removed, 1);
    assert_eq!(rig.place.number("select count(*) from blobs where sha256 = 'old'").await, 0);
    assert_eq!(rig.place.number("select count(*) from blob_chunks").await, 1);
    assert_eq!(round(&rig).await, Swept::default());
}

async fn raw_bytes_go_when_their_time_is_over(rig: Rig) {
    let backing = rig.place.backing;
    drop(rig);
    let kept = NORTHWIND.replace("acknowledge: '997'", "acknowledge: '997', retention_days: 30");
    let mut rig = Rig::with(backing, &[ACME, &kept, GLOBEX], Settings::default()).await;
    rig.start(1, 1).await;
    let old = rig.take("north-a", "old.json", &order("PO-1", &[("PLENTY-1", 1)])).await.unwrap();
    let broken = rig.take("north-a", "broken.json", b"{ this is no order").await.unwrap();
    rig.bring("north-a", "young.json", &order("PO-2", &[("PLENTY-1", 1)])).await;
    rig.quiet().await;
    rig.halt().await;
    let long_ago = now().0 - 31 * 86_400_000_000;
    rig.place.sql(&format!("update documents set ended_at = {long_ago} where name <> 'young.json'")).await.unwrap();
    assert_eq!(round(&rig).await.raw_removed, 2);
    assert_eq!(round(&rig).await.raw_removed, 0);
    let row = rig.document(old.document()).await;
    assert_eq!(row.state, "translated", "the row stays");
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    assert!(matches!(blobs::read(&mut tx, rig.acme, &row.sha256, 0, 1).await, Err(StoreError::Gone(_))));
    assert!(documents::raw_removed_at(&mut tx, rig.acme, old.document()).await.unwrap().is_some());
    tx.rollback().await.unwrap();
    // Who wants to read it once more is told why not.
    let state = rig.document(broken.document()).await.state;
    let why = match state.as_str() {
        "rejected" => {
            operate::replay_document(&rig.hub, rig.acme, broken.document(), operate::Asks::default(), "me", "again")
                .await
                .unwrap_err()
        }
        _ => {
            let id = messages_of(&rig, broken.document()).await;
            operate::restart(&rig.hub, rig.acme, id, "me", "again").await.unwrap_err()
        }
    };
    assert!(why.to_string().contains("retention_days"), "{why}");
    assert_eq!(audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap().missing, []);
    // The same content may come again, and is kept anew.
    let mut facts = rig.facts("north-a", "again.json");
    facts.duplicates_days = 0;
    let again = rig.hub.intake.take(order("PO-1", &[("PLENTY-1", 1)]).as_slice(), facts).await.unwrap();
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    assert_eq!(blobs::read(&mut tx, rig.acme, again.sha256(), 0, 1).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}

async fn messages_of(rig: &Rig, document: crossdock::canonical::DocumentId) -> crossdock::canonical::MessageId {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = crossdock::store::messages::of_document(&mut tx, rig.acme, document, -1, 1).await.unwrap();
    tx.rollback().await.unwrap();
    rows[0].id
}

/// While one process sweeps, another's round does nothing.
async fn two_sweepers(rig: Rig) {
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.place.sql(&format!("delete from outbox; update documents set {LATE}")).await.unwrap();
    let store: &Store = &rig.hub.store;
    let mut other = store.system_read().await.unwrap();
    assert!(sweep::alone(&mut other).await.unwrap());
    if store.is_distributed() {
        assert_eq!(round(&rig).await, Swept::default());
    }
    other.rollback().await.unwrap();
    assert_eq!(round(&rig).await.again, 1);
    let mut tx = store.system_read().await.unwrap();
    assert_eq!(deliveries::open_letters(&mut tx).await.unwrap(), 0);
    tx.rollback().await.unwrap();
}

/// A retry in eleven minutes, whose claim check is lost with its queue: the sweeper finds it, it still waits for its
/// time, and then it is applied, once.
async fn a_far_retry_is_neither_lost_nor_early(mut rig: Rig) {
    rig.start(1, 0).await;
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.stand("PO-1", &["pending"]).await;
    rig.halt().await;
    let id = rig.messages("PO-1").await[0].id;
    let due = now().plus_ms(11 * 60_000);
    // As `apply` writes it when its transaction fails for a while, but for the claim check, which is lost.
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let retry = Change { tries: 1, due: Some(due.0), ..Change::to(id, "retrying", due.plus_ms(60_000)) };
    messages::change(&mut tx, rig.acme, &[retry]).await.unwrap();
    tx.commit().await.unwrap();
    rig.place.sql("delete from outbox").await.unwrap();
    assert_eq!(round(&rig).await, Swept::default(), "it is not late before its time");
    rig.place.sql(&format!("update messages set {LATE}")).await.unwrap();
    assert_eq!(round(&rig).await.again, 1);
    rig.start(0, 1).await;
    let sent_on = if rig.hub.store.is_distributed() { "select count(*) from timers" } else { FAR_CLAIMS };
    wait_for(PATIENCE, "its claim check to wait for its time", || async {
        match rig.place.number(sent_on).await {
            0 => Err("none waits".into()),
            _ => Ok(()), // a broker may still have had the first one
        }
    })
    .await;
    assert_eq!(rig.message(id).await.state, "retrying", "it came early, and was not applied");
    let past = now().0 - 1;
    rig.place.sql(&format!("update messages set due = {past}; update outbox set due = {past}")).await.unwrap();
    rig.place.sql(&format!("update timers set due_at = {past}")).await.unwrap();
    rig.stand("PO-1", &["applied"]).await;
    rig.halt().await;
    assert_eq!(rig.place.number("select cast(sum(reserved) as bigint) from stock").await, 10_000, "once");
    assert_eq!(audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap().missing, []);
}

/// Rows of apply that are due in over ten minutes; what was due at once is done with.
const FAR_CLAIMS: &str =
    "select count(*) from outbox where stage = 'apply' and due - written_at > 600000000 and not exists
     (select 1 from outbox o where o.stage = 'apply' and o.due - o.written_at <= 600000000)";
