//! A panic costs one message and not the process: those beside it go on, it is dead with its words, and replayed it is
//! applied once. One outside the work on a message ends its worker, and another begins with what the first one held.

use crate::{
    hub::wait::{wait_for, wait_until},
    rig::{PATIENCE, Rig, both, order},
};
use crossdock::{
    canonical::{DocumentId, MessageId},
    cli::start::{self, Files, Role, Running},
    flow::{
        operate,
        probe::{Point, Probe},
    },
    insight::audit::audit,
    store::{
        deliveries::{self, Letter},
        journal, now,
    },
};
use serde_json::Value;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use uuid::Uuid;

both![
    in_the_mapping,
    in_the_core,
    in_the_reader,
    after_a_claim_was_taken,
    after_messages_were_taken,
    before_what_was_translated_is_committed,
    before_what_was_applied_is_committed,
];

const HEALTHY: usize = 20;
const WORDS: &str = "on purpose, by the test";

/// Panics at a point for one id, as long as it is told to.
struct Trap {
    id: OnceLock<Uuid>,
    set: AtomicBool,
    sprung: AtomicUsize,
}

impl Trap {
    fn at(rig: &mut Rig, point: Point) -> Arc<Trap> {
        let trap = Arc::new(Trap { id: OnceLock::new(), set: AtomicBool::new(true), sprung: AtomicUsize::new(0) });
        let inner = trap.clone();
        rig.hub.probe = Probe::new(move |at, id| {
            if at == point && inner.id.get() == Some(&id) && inner.set.load(Ordering::SeqCst) {
                inner.sprung.fetch_add(1, Ordering::SeqCst);
                panic!("{WORDS}");
            }
        });
        trap
    }

    fn remove(&self) {
        assert!(self.sprung.load(Ordering::SeqCst) > 0, "it was never met");
        self.set.store(false, Ordering::SeqCst);
    }
}

/// Healthy orders, with one of another number in their midst. Gives its document.
async fn bring_all(rig: &Rig) -> DocumentId {
    let mut bad = None;
    for n in 0..=HEALTHY {
        let number = if n == HEALTHY / 2 { "PO-BAD".into() } else { format!("PO-{n}") };
        let id = rig.bring("north-a", &format!("{n}.json"), &order(&number, &[("PLENTY-1", 2)])).await;
        bad = if n == HEALTHY / 2 { Some(id) } else { bad };
    }
    bad.unwrap()
}

async fn letters(rig: &Rig) -> Vec<Letter> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let letters = deliveries::letters(&mut tx, rig.acme, now().plus_ms(1_000), 100).await.unwrap();
    tx.rollback().await.unwrap();
    letters
}

/// The one dead letter, which says what happened and names what was done.
async fn one_letter(rig: &Rig, thing: &str, id: Uuid, stage: &str) -> Letter {
    let mut letters = letters(rig).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = letters.remove(0);
    assert_eq!((letter.thing.as_str(), letter.thing_id, letter.stage.as_str()), (thing, id, stage));
    assert_eq!((letter.code.as_str(), letter.tries), ("panic", 1));
    let told = |value: &Value| value.as_str().is_some_and(|text| text.contains(WORDS));
    assert!(told(&letter.reason["sentence"]), "{letter:?}");
    assert!(letter.reason["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{letter:?}");
    let history = letter.history.as_array().expect("a list");
    assert!(history.len() == 1 && told(&history[0]["what"]) && history[0]["at"].is_string(), "{letter:?}");
    assert!(!letter.fingerprint.is_empty());
    letter
}

/// Every healthy order is applied, each once.
async fn the_others_are_applied(rig: &Rig) {
    for n in (0..=HEALTHY).filter(|n| *n != HEALTHY / 2) {
        rig.stand(&format!("PO-{n}"), &["applied"]).await;
    }
}

/// What `orders` orders of two pieces must have left behind, and nothing is missing.
async fn applied_once_each(rig: &Rig, orders: usize) {
    assert_eq!(rig.place.number("select count(*) from messages where state = 'applied'").await, orders as i64);
    assert_eq!(
        rig.place.number("select cast(sum(reserved) as bigint) from stock").await,
        orders as i64 * 2 * 10_000,
        "each reserved once"
    );
    let placed = "select count(*) from events where kind = 'order.confirmed'";
    assert_eq!(rig.place.number(placed).await, orders as i64);
    let audit = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(audit.missing, []);
}

/// From a dead message to an applied one, by its letter.
async fn replayed(rig: &Rig, letter: &Letter) {
    let operate::Replayed::Message(new) =
        operate::replay_letter(&rig.hub, rig.acme, letter.id, operate::Asks::default(), "me", "mended").await.unwrap()
    else {
        panic!("a message's letter gives a message");
    };
    wait_for(PATIENCE, "the replayed one to be applied", || async {
        match rig.message(new).await.state.as_str() {
            "applied" => Ok(()),
            state => Err(state.to_owned()),
        }
    })
    .await;
    let again = operate::replay_letter(&rig.hub, rig.acme, letter.id, operate::Asks::default(), "me", "twice").await;
    assert!(matches!(again, Err(operate::OperateError::State { .. })), "{again:?}");
    assert!(letters(rig).await.is_empty());
    assert_eq!(rig.message(MessageId(letter.thing_id)).await.state, "replaced");
}

async fn in_the_mapping(mut rig: Rig) {
    let trap = Trap::at(&mut rig, Point::Map);
    let bad = bring_all(&rig).await;
    trap.id.set(bad.0).unwrap();
    rig.start(2, 2).await;
    the_others_are_applied(&rig).await;
    wait_for(PATIENCE, "the message to be dead", || async {
        let rows = rig.place.number("select count(*) from messages where state = 'dead'").await;
        if rows == 1 { Ok(()) } else { Err(format!("{rows}")) }
    })
    .await;
    assert_eq!(rig.document(bad).await.state, "translated", "it was read; its message is dead");
    let dead = letters(&rig).await[0].thing_id;
    assert_eq!(rig.message(MessageId(dead)).await.document, bad);
    let letter = one_letter(&rig, "message", dead, "translate").await;
    assert_eq!(last_state(&rig, dead).await, "dead");
    applied_once_each(&rig, HEALTHY).await;
    trap.remove();
    replayed(&rig, &letter).await;
    rig.quiet().await;
    rig.halt().await;
    applied_once_each(&rig, HEALTHY + 1).await;
}

async fn in_the_core(mut rig: Rig) {
    let trap = Trap::at(&mut rig, Point::Decide);
    bring_all(&rig).await;
    // All are translated first, so that one transaction applies them together.
    rig.start(1, 0).await;
    rig.stand("PO-BAD", &["pending"]).await;
    rig.stand(&format!("PO-{HEALTHY}"), &["pending"]).await;
    rig.halt().await;
    let bad = rig.messages("PO-BAD").await[0].id;
    trap.id.set(bad.0).unwrap();
    rig.start(1, 2).await;
    the_others_are_applied(&rig).await;
    rig.stand("PO-BAD", &["dead"]).await;
    let letter = one_letter(&rig, "message", bad.0, "apply").await;
    assert_eq!(last_state(&rig, bad.0).await, "dead");
    applied_once_each(&rig, HEALTHY).await;
    trap.remove();
    replayed(&rig, &letter).await;
    rig.quiet().await;
    rig.halt().await;
    applied_once_each(&rig, HEALTHY + 1).await;
}

/// The state in the last step that the journal has of a message.
async fn last_state(rig: &Rig, message: Uuid) -> String {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let steps = journal::of_message(&mut tx, rig.acme, message).await.unwrap();
    tx.rollback().await.unwrap();
    steps.last().expect("a step").state.clone()
}

async fn in_the_reader(mut rig: Rig) {
    let trap = Trap::at(&mut rig, Point::Read);
    let mut documents = Vec::new();
    for n in 1..=3 {
        documents.push(rig.bring("north-edi", &format!("{n}.edi"), &x12_order(n)).await);
    }
    trap.id.set(documents[1].0).unwrap();
    rig.start(1, 1).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.stand("PO-3", &["applied"]).await;
    let bad = rig.document(documents[1]).await;
    assert_eq!(bad.state, "dead", "{bad:?}");
    let letter = one_letter(&rig, "document", bad.id.0, "translate").await;
    trap.remove();
    let replayed =
        operate::replay_letter(&rig.hub, rig.acme, letter.id, operate::Asks::default(), "me", "mended").await.unwrap();
    assert_eq!(replayed, operate::Replayed::Document(bad.id));
    rig.stand("PO-2", &["applied"]).await;
    rig.quiet().await;
    rig.halt().await;
    assert!(letters(&rig).await.is_empty());
    applied_once_each(&rig, 3).await;
}

fn x12_order(n: u32) -> Vec<u8> {
    format!(
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*1200*U*00401*{n:09}*0*P*>~\
         GS*PO*NORTHWIND*ACMEDIST*20261102*1200*{n}*X*004010~ST*850*0001~BEG*00*SA*PO-{n}**20261102~\
         CUR*BY*USD~PO1*1*2*EA*2.50**VP*PLENTY-1~CTT*1~SE*6*0001~GE*1*{n}~IEA*1*{n:09}~"
    )
    .into_bytes()
}

/// The worker stages under their real supervisor, and no sweeper: what is held must come back by itself.
async fn supervised(rig: &mut Rig) -> Running {
    rig.start(0, 0).await; // on PostgreSQL: the broker and the relay
    start::run(rig.hub.clone(), &Files::default(), Role::Worker, None).await.unwrap()
}

/// Three orders through workers of which one dies at a point, once for every time that it meets `id`.
async fn a_worker_dies(rig: &mut Rig, point: Point, id: impl AsyncFnOnce(&Rig) -> Uuid) {
    let trap = Trap::at(rig, point);
    for n in 0..3 {
        rig.bring("north-a", &format!("{n}.json"), &order(&format!("PO-{n}"), &[("PLENTY-1", 2)])).await;
    }
    let id = id(rig).await;
    trap.id.set(id).unwrap();
    let running = supervised(rig).await;
    wait_until(PATIENCE, "the worker to die twice", || async { trap.sprung.load(Ordering::SeqCst) >= 2 }).await;
    trap.remove();
    for n in 0..3 {
        rig.stand(&format!("PO-{n}"), &["applied"]).await;
    }
    rig.quiet().await;
    assert!(letters(rig).await.is_empty(), "a worker's death costs no message");
    applied_once_each(rig, 3).await;
    rig.halt().await;
    running.stop().await;
}

async fn after_a_claim_was_taken(mut rig: Rig) {
    let connection = crate::rig::connection("north-a").0;
    a_worker_dies(&mut rig, Point::TakenToTranslate, async |_| connection).await;
}

/// Outside of what guards each set: it goes on a document at a time until the culprit stands alone, and it alone dies.
async fn before_what_was_translated_is_committed(mut rig: Rig) {
    let trap = Trap::at(&mut rig, Point::Translated);
    let bad = bring_all(&rig).await;
    trap.id.set(bad.0).unwrap();
    rig.start(2, 2).await;
    the_others_are_applied(&rig).await;
    assert_eq!(rig.document(bad).await.state, "dead");
    assert!(rig.messages("PO-BAD").await.is_empty(), "nothing of it was written");
    let letter = one_letter(&rig, "document", bad.0, "translate").await;
    applied_once_each(&rig, HEALTHY).await;
    trap.remove();
    let replayed =
        operate::replay_letter(&rig.hub, rig.acme, letter.id, operate::Asks::default(), "me", "mended").await.unwrap();
    assert_eq!(replayed, operate::Replayed::Document(bad));
    rig.stand("PO-BAD", &["applied"]).await;
    rig.quiet().await;
    rig.halt().await;
    assert!(letters(&rig).await.is_empty());
    applied_once_each(&rig, HEALTHY + 1).await;
}

async fn after_messages_were_taken(mut rig: Rig) {
    a_worker_dies(&mut rig, Point::TakenToApply, async |rig| MessageId::of(first_document(rig).await, 0, 0, 0).0).await;
}

/// Outside of what guards each message: the batch is halved until the culprit stands alone, and it alone dies.
async fn before_what_was_applied_is_committed(mut rig: Rig) {
    let trap = Trap::at(&mut rig, Point::Applied);
    bring_all(&rig).await;
    rig.start(1, 0).await;
    rig.stand("PO-BAD", &["pending"]).await;
    rig.stand(&format!("PO-{HEALTHY}"), &["pending"]).await;
    rig.halt().await;
    let bad = rig.messages("PO-BAD").await[0].id;
    trap.id.set(bad.0).unwrap();
    rig.start(1, 2).await;
    the_others_are_applied(&rig).await;
    rig.stand("PO-BAD", &["dead"]).await;
    let letter = one_letter(&rig, "message", bad.0, "apply").await;
    applied_once_each(&rig, HEALTHY).await;
    trap.remove();
    replayed(&rig, &letter).await;
    rig.quiet().await;
    rig.halt().await;
    applied_once_each(&rig, HEALTHY + 1).await;
}

async fn first_document(rig: &Rig) -> DocumentId {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let connection = crate::rig::connection("north-a");
    let work = crossdock::store::documents::work(&mut tx, rig.acme, connection, 1).await.unwrap();
    tx.rollback().await.unwrap();
    work[0].id
}
