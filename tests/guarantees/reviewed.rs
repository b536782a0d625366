//! What people decide about what ended: a copy of it is worked, or it is closed and stays as it is.

use crate::{
    rig::{ACME, Backing, GLOBEX, NORTHWIND, Rig, on_both},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::{DocumentId, Tenant},
    config::Settings,
    flow::{
        close,
        duplicate::{self, By},
        operate::{self, Asks, OperateError},
    },
    insight::audit,
    store::{
        documents::{self, Search},
        journal, now,
    },
};

on_both![
    a_copy_is_worked_by_itself,
    a_copy_may_be_edited,
    a_set_is_copied_alone,
    what_is_closed_stays_as_it_ended,
    what_goes_on_is_open_again
];

const ANN: By = By { who: "ann", why: "they can't send it again" };

async fn hub(backing: Backing) -> Rig {
    let mut rig = Rig::with(backing, &[ACME, NORTHWIND, GLOBEX], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

async fn bring(rig: &Rig, name: &str, text: &str) -> DocumentId {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    id
}

async fn copied(rig: &Rig, id: DocumentId, edited: Option<&str>) -> DocumentId {
    let edited = edited.map(|text| text.as_bytes().to_vec());
    let copy = duplicate::document(&rig.hub, rig.acme, id, edited, ANN).await.unwrap();
    rig.quiet().await;
    copy
}

/// The ids of a list of documents.
async fn listed(rig: &Rig, state: &str, closed: bool) -> Vec<DocumentId> {
    let search = Search { state: (!state.is_empty()).then(|| state.to_owned()), closed, ..Search::default() };
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = documents::search(&mut tx, rig.acme, &search, 50).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

/// The causes in a document's journal that have a code.
async fn told(rig: &Rig, id: DocumentId, code: &str) -> Vec<serde_json::Value> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let steps = journal::of_document(&mut tx, rig.acme, id.0).await.unwrap();
    tx.rollback().await.unwrap();
    steps.into_iter().filter_map(|step| step.cause).filter(|cause| cause["code"] == code).collect()
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn a_copy_is_worked_by_itself(backing: Backing) {
    let mut rig = hub(backing).await;
    let first = bring(&rig, "one.edi", &orders(1, &["PO-1"])).await;
    let none = duplicate::document(&rig.hub, rig.acme, first, None, By { why: " ", ..ANN }).await;
    assert!(matches!(none, Err(OperateError::NoReason)), "{none:?}");
    let foreign = duplicate::document(&rig.hub, Tenant::named("globex"), first, None, ANN).await;
    assert!(matches!(foreign, Err(OperateError::NotFound(_))), "{foreign:?}");
    // The same bytes under the same control number, and no duplicate; also the copy of a copy.
    let second = copied(&rig, first, None).await;
    let third = copied(&rig, second, None).await;
    for (id, of) in [(second, first), (third, second)] {
        let row = rig.document(id).await;
        assert_eq!((&*row.state, row.copy_of, row.duplicate_of), ("translated", Some(of), None), "{:?}", row.cause);
        assert_eq!(rig.messages_of(id).await[0].state, "applied");
    }
    assert_eq!(rig.document(first).await.state, "translated");
    let said = told(&rig, first, "duplicated").await;
    assert_eq!((said.len(), said[0]["as"].as_str(), &said[0]["who"]), (1, Some(&*second.to_string()), &"ann".into()));
    assert_eq!(told(&rig, second, "copied").await[0]["why"], ANN.why);
    // What the partner sends again is a duplicate as ever.
    let again = bring(&rig, "again.edi", &orders(1, &["PO-1"])).await;
    assert_eq!(rig.document(again).await.state, "duplicate");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn a_copy_may_be_edited(backing: Backing) {
    let mut rig = hub(backing).await;
    let broken = orders(1, &["PO-1"]).replace("CTT*1", "CTT*9");
    let first = bring(&rig, "one.edi", &broken).await;
    let ends = rig.document(first).await.state;
    let mended = copied(&rig, first, Some(&orders(1, &["PO-9"]))).await;
    assert_eq!(rig.document(mended).await.state, "translated");
    rig.stand("PO-9", &["applied"]).await;
    assert_eq!(rig.document(first).await.state, ends, "the first stays as it ended");
    assert_eq!(told(&rig, mended, "copied").await[0]["edited"], true);
    rig.halt().await;
}

async fn a_set_is_copied_alone(backing: Backing) {
    let mut rig = hub(backing).await;
    let sets = ["PO-1", "PO-2", "PO-3"].map(|number| number.to_owned());
    let sets: Vec<String> =
        (1..).zip(&sets).map(|(n, number)| set("850", n, &order(number, "PLENTY-1", "1", "EA"))).collect();
    let first = bring(&rig, "three.edi", &interchange(1, &sets)).await;
    let message = rig.messages("PO-2").await[0].id;
    let copy = duplicate::message(&rig.hub, rig.acme, message, ANN).await.unwrap();
    rig.quiet().await;
    let row = rig.document(copy).await;
    assert_eq!((&*row.state, row.sets, row.copy_of), ("translated", Some(1), Some(first)), "{:?}", row.cause);
    assert_eq!(rig.messages_of(copy).await[0].number.as_deref(), Some("PO-2"));
    rig.stand("PO-1", &["applied"]).await;
    rig.stand("PO-2", &["applied", "applied"]).await;
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn what_is_closed_stays_as_it_ended(backing: Backing) {
    let mut rig = hub(backing).await;
    let nothing = bring(&rig, "nothing.edi", "no document at all").await;
    let bad = set("850", 1, &order("PO-1", "PLENTY-1", "many", "EA"));
    let partly =
        bring(&rig, "partly.edi", &interchange(1, &[bad, set("850", 2, &order("PO-2", "PLENTY-1", "1", "EA"))])).await;
    let good = bring(&rig, "good.edi", &orders(2, &["PO-3"])).await;
    assert_eq!(listed(&rig, "refused", false).await, [partly, nothing]);
    let done = close::document(&rig.hub, rig.acme, good, ANN).await;
    assert!(matches!(done, Err(OperateError::State { .. })), "{done:?}");
    let foreign = close::document(&rig.hub, Tenant::named("globex"), nothing, ANN).await;
    assert!(matches!(foreign, Err(OperateError::NotFound(_))), "{foreign:?}");
    assert_eq!(close::document(&rig.hub, rig.acme, nothing, ANN).await.unwrap(), 0);
    assert_eq!(close::document(&rig.hub, rig.acme, partly, ANN).await.unwrap(), 1);
    assert_eq!(listed(&rig, "refused", false).await, []);
    assert_eq!(listed(&rig, "refused", true).await, [partly, nothing]);
    assert_eq!(listed(&rig, "", true).await, [partly, nothing]);
    assert_eq!(listed(&rig, "", false).await, [good, partly, nothing], "nothing is gone");
    assert_eq!(&*rig.document(nothing).await.state, "rejected");
    rig.stand("PO-2", &["applied"]).await;
    assert_eq!(told(&rig, nothing, "closed").await[0]["why"], ANN.why);
    let twice = close::document(&rig.hub, rig.acme, nothing, ANN).await;
    assert!(matches!(&twice, Err(OperateError::State { state, .. }) if state == "closed"), "{twice:?}");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn what_goes_on_is_open_again(backing: Backing) {
    let mut rig = hub(backing).await;
    let bad = set("850", 1, &order("PO-1", "PLENTY-1", "many", "EA"));
    let id = bring(&rig, "bad.edi", &interchange(1, &[bad])).await;
    let message = rig.messages_of(id).await[0].id;
    close::message(&rig.hub, rig.acme, message, ANN).await.unwrap();
    assert_eq!(listed(&rig, "refused", false).await, [], "its only refusal is closed");
    let twice = close::message(&rig.hub, rig.acme, message, ANN).await;
    assert!(matches!(twice, Err(OperateError::State { .. })), "{twice:?}");
    // Mapped again it is refused again, by another message that nobody has looked at.
    operate::replay_document(&rig.hub, rig.acme, id, Asks::default(), "ann", "by their new guide").await.unwrap();
    rig.quiet().await;
    assert_eq!(listed(&rig, "refused", false).await, [id]);
    let nothing = bring(&rig, "nothing.edi", "no document at all").await;
    close::document(&rig.hub, rig.acme, nothing, ANN).await.unwrap();
    operate::replay_document(&rig.hub, rig.acme, nothing, Asks::default(), "ann", "once more").await.unwrap();
    rig.quiet().await;
    assert_eq!(listed(&rig, "rejected", false).await, [nothing]);
    assert_eq!(listed(&rig, "rejected", true).await, []);
    rig.halt().await;
}
