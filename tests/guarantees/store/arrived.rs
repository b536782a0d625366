//! What arrived: documents, interchanges, the journal.

use super::rows::{self, hash};
use crate::rig::{Rig, both, connection};
use crossdock::{
    canonical::{DocumentId, Micros},
    store::{
        closings::{self, Closed},
        documents::{self, Arrival, Search},
        found,
        interchanges::{self, Number, Wanted},
        journal::{self, Step},
        now,
        search_keys::{self, SearchKey},
    },
};
use serde_json::json;
use uuid::Uuid;

both![
    arrivals_and_contents,
    documents_on_their_way,
    a_strangers_document_is_given,
    a_document_is_acknowledged_again,
    documents_are_found,
    documents_are_found_by_both_sides,
    what_is_closed_waits_for_nobody,
    a_copy_knows_its_originals,
    bytes_past_retention,
    control_numbers_in,
    control_numbers_in_their_order,
    control_numbers_out,
    the_journal_is_read_back,
];

fn arrival(n: i64, sha256: &str) -> Arrival {
    let connection = connection("north-a");
    let name = "a.json".to_owned();
    Arrival {
        n,
        connection,
        transport_id: None,
        name,
        modified_at: None,
        sha256: sha256.into(),
        since: Some(0),
        partner: None,
    }
}

async fn arrivals_and_contents(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.begin(acme).await.unwrap();
    let first = documents::take_sequences(&mut tx, acme, &[(connection("north-a"), 3)]).await.unwrap();
    assert_eq!(first, [0], "the number before the first");
    assert_eq!(documents::take_sequences(&mut tx, acme, &[(connection("north-a"), 1)]).await.unwrap(), [3]);
    assert!(documents::take_sequences(&mut tx, acme, &[(connection("nobody"), 1)]).await.is_err());
    tx.commit().await.unwrap();
    let by_id =
        documents::NewDocument { transport_id: Some("m-1".into()), ..rows::document(acme, "north-a", 1, &hash(1)) };
    let by_file = documents::NewDocument {
        name: "a.json".into(),
        modified_at: Some(7),
        partner: Some(rig.northwind),
        ..rows::document(acme, "north-a", 2, &hash(2))
    };
    let dead = documents::NewDocument { state: "duplicate", ..rows::document(acme, "north-a", 3, &hash(3)) };
    for document in [&by_id, &by_file, &dead] {
        rows::arrive(&rig, document).await;
    }
    let mut tx = store.read(acme).await.unwrap();
    let asked = [
        Arrival { transport_id: Some("m-1".into()), ..arrival(0, &hash(9)) },
        Arrival { modified_at: Some(7), ..arrival(1, &hash(2)) },
        Arrival { modified_at: Some(8), ..arrival(2, &hash(2)) },
        Arrival { transport_id: Some("m-2".into()), modified_at: Some(7), ..arrival(3, &hash(2)) },
    ];
    let mut same = documents::same_arrivals(&mut tx, acme, &asked).await.unwrap();
    same.sort();
    let found: Vec<(i64, DocumentId)> = same.iter().map(|s| (s.0, s.1)).collect();
    assert_eq!(found, [(0, by_id.id), (1, by_file.id)]);
    assert_eq!(same[0].2, hash(1), "the hash of the document that stands");
    let asked = [
        Arrival { partner: Some(rig.northwind), ..arrival(0, &hash(2)) },
        arrival(1, &hash(1)),
        Arrival { partner: Some(rig.northwind), ..arrival(2, &hash(1)) },
        Arrival { since: None, ..arrival(3, &hash(1)) },
        Arrival { since: Some(now().0), ..arrival(4, &hash(1)) },
        arrival(5, &hash(3)),
    ];
    let same = documents::same_content(&mut tx, acme, &asked).await.unwrap();
    assert_eq!(same, [(0, by_file.id), (1, by_id.id)], "own partner, in time, and no copy of what is none");
    tx.rollback().await.unwrap();
    // The same transport id again is refused by the database, and says that somebody was first.
    let mut tx = store.begin(acme).await.unwrap();
    let twice = documents::NewDocument { id: DocumentId::new(), ..by_id.clone() };
    let error = documents::insert(&mut tx, &[twice]).await.unwrap_err();
    assert_eq!(error.trouble(), crossdock::store::Trouble::Conflict, "{error}");
}

fn ended(id: DocumentId, state: &'static str) -> documents::Change {
    documents::Change {
        id,
        state,
        cause: Some(json!({"code": "x"})),
        duplicate_of: None,
        partner: None,
        standard: Some("x12".into()),
        identity: Some("A → B".into()),
        sets: Some(2),
        tries: 1,
        due: None,
        first_failed_at: None,
        ended_at: Some(now().0),
        deadline: now().0,
        mapping_revision: None,
    }
}

/// Only of the tenant's own, and only while it is nobody's.
async fn a_strangers_document_is_given(rig: Rig) {
    let (acme, north, of) = (rig.acme, rig.northwind, Some("x12/ZZ/NORTH"));
    let one = rows::document(acme, "north-a", 1, &hash(1));
    rows::arrive(&rig, &one).await;
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let early = documents::give(&mut tx, acme, one.id, north, of).await.unwrap();
    assert_eq!(early, 0, "nobody has looked yet whose it is");
    assert_eq!(documents::change(&mut tx, acme, &[ended(one.id, "unassigned")]).await.unwrap(), 1);
    assert_eq!(documents::give(&mut tx, rig.globex, one.id, north, of).await.unwrap(), 0, "another tenant's");
    assert_eq!(documents::give(&mut tx, acme, one.id, north, of).await.unwrap(), 1);
    assert_eq!(documents::reopen(&mut tx, acme, one.id, false, now()).await.unwrap(), 1);
    let work = documents::work(&mut tx, acme, one.connection, 1).await.unwrap().remove(0);
    assert_eq!((work.given_to, work.given_sender.as_deref()), (Some(north), of));
    tx.rollback().await.unwrap();
}

/// Of one that was worked, each time once; one that is read anew counts, too.
async fn a_document_is_acknowledged_again(rig: Rig) {
    let acme = rig.acme;
    let one = rows::document(acme, "north-a", 1, &hash(1));
    rows::arrive(&rig, &one).await;
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert!(!documents::acknowledge_again(&mut tx, acme, one.id, 0).await.unwrap(), "it was not worked yet");
    assert_eq!(documents::change(&mut tx, acme, &[ended(one.id, "translated")]).await.unwrap(), 1);
    assert!(!documents::acknowledge_again(&mut tx, rig.globex, one.id, 0).await.unwrap(), "another tenant's");
    assert!(documents::acknowledge_again(&mut tx, acme, one.id, 0).await.unwrap());
    assert!(!documents::acknowledge_again(&mut tx, acme, one.id, 0).await.unwrap(), "somebody was quicker");
    assert_eq!(documents::get(&mut tx, acme, one.id).await.unwrap().unwrap().acknowledged_again, 1);
    tx.rollback().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(documents::change(&mut tx, acme, &[ended(one.id, "rejected")]).await.unwrap(), 1);
    assert_eq!(documents::reopen(&mut tx, acme, one.id, true, now()).await.unwrap(), 1);
    assert_eq!(documents::work(&mut tx, acme, one.connection, 1).await.unwrap()[0].acknowledged_again, 1);
    tx.rollback().await.unwrap();
}

async fn documents_on_their_way(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let one = rows::document(acme, "north-a", 1, &hash(1));
    let two = rows::document(acme, "north-a", 2, &hash(2));
    rows::arrive(&rig, &two).await;
    rows::arrive(&rig, &one).await;
    let mut tx = store.begin(acme).await.unwrap();
    let work = documents::work(&mut tx, acme, one.connection, 10).await.unwrap();
    assert_eq!(work.iter().map(|w| w.sequence).collect::<Vec<_>>(), [1, 2], "in order");
    assert_eq!(documents::advance(&mut tx, acme, one.id, 64, 0, now()).await.unwrap(), 1);
    assert_eq!(documents::work(&mut tx, acme, one.connection, 1).await.unwrap()[0].sets_done, 64);
    assert_eq!(
        documents::change(&mut tx, acme, &[ended(one.id, "dead"), ended(two.id, "translated")]).await.unwrap(),
        2
    );
    assert_eq!(documents::change(&mut tx, acme, &[ended(one.id, "translated")]).await.unwrap(), 0, "it has ended");
    assert_eq!(documents::advance(&mut tx, acme, one.id, 99, 0, now()).await.unwrap(), 0);
    assert_eq!(documents::work(&mut tx, acme, one.connection, 10).await.unwrap().len(), 0);
    let row = documents::get(&mut tx, acme, one.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.cause, row.sets), ("dead", Some(json!({"code": "x"})), Some(2)));
    assert_eq!(documents::reopen(&mut tx, acme, two.id, false, now()).await.unwrap(), 0, "it did not fail");
    assert_eq!(documents::reopen(&mut tx, acme, one.id, false, now()).await.unwrap(), 1);
    let row = documents::work(&mut tx, acme, one.connection, 10).await.unwrap();
    assert_eq!((row[0].id, row[0].sets_done, row[0].tries), (one.id, 0, 0));
    tx.commit().await.unwrap();
}

/// A document with an interchange for each (sender, receiver, control number).
async fn sent(rig: &Rig, n: u8, sides: &[(&str, &str, &str)]) -> DocumentId {
    let (acme, at) = (rig.acme, 1_000 + i64::from(n));
    let document =
        documents::NewDocument { received_at: at, ..rows::document(acme, "north-a", i64::from(n), &hash(n)) };
    rows::arrive(rig, &document).await;
    let rows: Vec<_> = (0..)
        .zip(sides)
        .map(|(ordinal, (sender, receiver, control))| interchanges::Row {
            tenant: acme,
            document: document.id,
            ordinal,
            partner: None,
            standard: "x12",
            sender: format!("ZZ/{sender}"),
            receiver: format!("ZZ/{receiver}"),
            sender_id: (*sender).into(),
            receiver_id: (*receiver).into(),
            control: (*control).into(),
            version: "00401".into(),
            test: 0,
            at,
            ends: "translated",
            cause: None,
            whole: 0,
        })
        .collect();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    interchanges::write(&mut tx, &rows).await.unwrap();
    let change = documents::Change { standard: Some("x12".into()), ..ended(document.id, "translated") };
    assert_eq!(documents::change(&mut tx, acme, &[change]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    document.id
}

async fn documents_are_found_by_both_sides(rig: Rig) {
    let acme = rig.acme;
    let one = sent(&rig, 1, &[("NORTH", "ACME", "1"), ("NORTH", "ACME", "2")]).await;
    let two = sent(&rig, 2, &[("SOUTH", "ACME", "1"), ("NORTH", "OTHER", "7")]).await;
    let three = sent(&rig, 3, &[("NORTH", "ACME", "3")]).await;
    let side = |text: &str| Some(documents::Identity::asked(text));
    let sender = |text: &str| Search { sender: side(text), ..Search::default() };
    let all = vec![three, two, one];
    let mut tx = rig.hub.store.read(acme).await.unwrap();
    for (search, ids) in [
        (sender("NORTH"), all.clone()),
        (sender("ZZ/NORTH"), all.clone()),
        (sender("x12/ZZ/NORTH"), all),
        (sender("01/NORTH"), vec![]),
        (sender("SOUTH"), vec![two]),
        (Search { receiver: side("ACME"), ..sender("SOUTH") }, vec![two]),
        // Of one interchange both must be true.
        (Search { receiver: side("OTHER"), ..sender("SOUTH") }, vec![]),
        (Search { control: Some("7".into()), ..sender("NORTH") }, vec![two]),
        (Search { control: Some("1".into()), ..sender("NORTH") }, vec![one]),
        (Search { receiver: side("OTHER"), ..Search::default() }, vec![two]),
        (Search { receiver: side("ACME"), before: Some((Micros(1_003), three)), ..Search::default() }, vec![two, one]),
        (Search { since: Some(Micros(1_003)), ..sender("NORTH") }, vec![three]),
        (Search { standard: Some("x12".into()), ..sender("SOUTH") }, vec![two]),
        (Search { standard: Some("csv".into()), ..sender("NORTH") }, vec![]),
        (Search { number: Some("PO-1".into()), ..sender("NORTH") }, vec![]),
    ] {
        let rows = found::search(&mut tx, acme, &search, 10).await.unwrap();
        assert_eq!(rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), ids, "{search:?}");
        assert!(documents::search(&mut tx, rig.globex, &search, 10).await.unwrap().is_empty(), "another tenant's");
    }
    let first = interchanges::first_of(&mut tx, acme, &[one, two]).await.unwrap();
    let of = |id| first.iter().find(|row| row.document == id).map(|row| (&*row.sender, &*row.control));
    assert_eq!((of(one), of(two)), (Some(("ZZ/NORTH", "1")), Some(("ZZ/SOUTH", "1"))));
    tx.rollback().await.unwrap();
}

async fn what_is_closed_waits_for_nobody(rig: Rig) {
    let acme = rig.acme;
    let one = rows::document(acme, "north-a", 1, &hash(1));
    rows::arrive(&rig, &one).await;
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    documents::change(&mut tx, acme, &[ended(one.id, "rejected")]).await.unwrap();
    let refused = crossdock::store::messages::NewMessage {
        state: "rejected",
        ..rows::message(&rig, one.id, 0, 0, Some("PO-1"), 0)
    };
    crossdock::store::messages::insert(&mut tx, std::slice::from_ref(&refused)).await.unwrap();
    let lists = |closed, state: Option<&str>| Search { state: state.map(str::to_owned), closed, ..Search::default() };
    let listed = async |tx: &mut crossdock::store::Tx, search: Search| {
        documents::search(tx, acme, &search, 9).await.unwrap().len()
    };
    assert_eq!(closings::open_refusals(&mut tx, acme, one.id).await.unwrap(), [refused.id.0]);
    let closed = |id, thing| Closed { tenant: acme, id, thing, at: 7, who: "ann", why: "a test of theirs" };
    let both = [closed(one.id.0, "document"), closed(refused.id.0, "message")];
    for (closing, open) in [(0, 1), (2, 0)] {
        assert_eq!(closings::close(&mut tx, &both[..closing]).await.unwrap(), closing as u64);
        for state in ["rejected", "refused"] {
            assert_eq!(listed(&mut tx, lists(false, Some(state))).await, open, "{state}");
            assert_eq!(listed(&mut tx, lists(true, Some(state))).await, 1 - open, "{state}");
        }
        assert_eq!(listed(&mut tx, lists(false, None)).await, 1, "who asks for all is shown all");
        assert_eq!(listed(&mut tx, lists(true, None)).await, 1 - open);
    }
    assert_eq!(closings::close(&mut tx, &both).await.unwrap(), 0, "once");
    assert_eq!(closings::open_refusals(&mut tx, acme, one.id).await.unwrap(), Vec::<Uuid>::new());
    let told = closings::of(&mut tx, acme, [one.id.0, Uuid::nil()]).await.unwrap();
    assert_eq!((told.len(), told[0].at, &*told[0].who, &*told[0].why), (1, Micros(7), "ann", "a test of theirs"));
    assert!(closings::of(&mut tx, rig.globex, [one.id.0]).await.unwrap().is_empty());
    closings::reopen(&mut tx, rig.globex, one.id.0).await.unwrap();
    assert_eq!(listed(&mut tx, lists(true, None)).await, 1, "another tenant's");
    closings::reopen(&mut tx, acme, one.id.0).await.unwrap();
    assert_eq!(listed(&mut tx, lists(true, None)).await, 0);
    tx.rollback().await.unwrap();
}

async fn a_copy_knows_its_originals(rig: Rig) {
    let acme = rig.acme;
    let one = rows::document(acme, "north-a", 1, &hash(1));
    let two = documents::NewDocument { copy_of: Some(one.id), ..rows::document(acme, "north-a", 2, &hash(1)) };
    let three = documents::NewDocument { copy_of: Some(two.id), ..rows::document(acme, "north-a", 3, &hash(1)) };
    for document in [&one, &two, &three] {
        rows::arrive(&rig, document).await;
    }
    let mut tx = rig.hub.store.read(acme).await.unwrap();
    assert_eq!(documents::originals(&mut tx, acme, three.id).await.unwrap(), [two.id, one.id]);
    assert_eq!(documents::originals(&mut tx, acme, one.id).await.unwrap(), []);
    assert_eq!(documents::originals(&mut tx, rig.globex, three.id).await.unwrap(), []);
    tx.rollback().await.unwrap();
}

async fn documents_are_found(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let named = |name: &str, n: u8| documents::NewDocument {
        name: name.into(),
        received_at: 1_000 + i64::from(n),
        partner: (n == 2).then_some(rig.northwind),
        ..rows::document(acme, "north-a", i64::from(n), &hash(n))
    };
    let (one, two) = (named("100%_Ä\\x.edi", 1), named("plain.edi", 2));
    rows::arrive(&rig, &one).await;
    rows::arrive(&rig, &two).await;
    let mut tx = store.begin(acme).await.unwrap();
    let key = |name: &str, value: &str| SearchKey { name: name.into(), value: value.into() };
    let row = crossdock::store::messages::NewMessage {
        search_keys: vec![key("store", "0042"), key("dock", "7")],
        ..rows::message(&rig, two.id, 0, 0, Some("PO-1"), 0)
    };
    crossdock::store::messages::insert(&mut tx, &[row.clone(), row]).await.unwrap();
    assert_eq!(search_keys::of_document(&mut tx, acme, two.id, 1).await.unwrap(), [key("dock", "7")]);
    assert_eq!(search_keys::of_document(&mut tx, rig.globex, two.id, 9).await.unwrap(), []);
    let ids = |rows: Vec<documents::DocumentRow>| rows.into_iter().map(|r| r.id).collect::<Vec<_>>();
    let by = |search: Search| search;
    for (search, found) in [
        (by(Search::default()), vec![two.id, one.id]),
        (by(Search { state: Some("dead".into()), ..Search::default() }), vec![]),
        (by(Search { partner: Some(rig.northwind), ..Search::default() }), vec![two.id]),
        (by(Search { connection: Some(connection("north-b")), ..Search::default() }), vec![]),
        (by(Search { set_kind: Some("json order".into()), ..Search::default() }), vec![two.id]),
        (by(Search { number: Some("PO-1".into()), ..Search::default() }), vec![two.id]),
        (by(Search { number: Some("PO-2".into()), ..Search::default() }), vec![]),
        (by(Search { key: Some((None, "0042".into())), ..Search::default() }), vec![two.id]),
        (by(Search { key: Some((Some("store".into()), "0042".into())), ..Search::default() }), vec![two.id]),
        (by(Search { key: Some((Some("dock".into()), "0042".into())), ..Search::default() }), vec![]),
        (by(Search { key: Some((None, "7".into())), number: Some("PO-1".into()), ..Search::default() }), vec![two.id]),
        (by(Search { key: Some((None, "7".into())), number: Some("PO-2".into()), ..Search::default() }), vec![]),
        (by(Search { control: Some("1".into()), ..Search::default() }), vec![]),
        (by(Search { since: Some(Micros(1_002)), ..Search::default() }), vec![two.id]),
        (by(Search { until: Some(Micros(1_002)), ..Search::default() }), vec![one.id]),
        (by(Search { text: Some("0%_".into()), ..Search::default() }), vec![one.id]),
        (by(Search { text: Some("%".into()), ..Search::default() }), vec![one.id]),
        (by(Search { text: Some("\\X.".into()), ..Search::default() }), vec![one.id]),
        (by(Search { text: Some(hash(2)), ..Search::default() }), vec![two.id]),
        (by(Search { before: Some((Micros(1_002), two.id)), ..Search::default() }), vec![one.id]),
    ] {
        let rows = documents::search(&mut tx, acme, &search, 10).await.unwrap();
        assert_eq!(ids(rows), found, "{search:?}");
    }
    assert_eq!(documents::search(&mut tx, acme, &Search::default(), 1).await.unwrap().len(), 1);
    assert_eq!(documents::named(&mut tx, acme, one.connection, "plain.edi").await.unwrap(), Some(two.id));
    assert_eq!(documents::named(&mut tx, acme, one.connection, "other").await.unwrap(), None);
    assert_eq!(documents::by_ids(&mut tx, acme, &[one.id, DocumentId::new()]).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
}

async fn bytes_past_retention(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let old = |n: i64, sha: u8, ended_at: Option<i64>| documents::NewDocument {
        state: if ended_at.is_some() { "duplicate" } else { "received" },
        ended_at,
        partner: Some(rig.northwind),
        ..rows::document(acme, "north-a", n, &hash(sha))
    };
    let (free, held, young, shared) =
        (old(1, 1, Some(5)), old(2, 2, Some(6)), old(3, 3, Some(500)), old(4, 4, Some(7)));
    let unfinished = old(5, 4, None);
    for document in [&free, &held, &young, &shared, &unfinished] {
        rows::arrive(&rig, document).await;
    }
    let mut tx = store.begin(acme).await.unwrap();
    let message =
        crossdock::store::messages::NewMessage { state: "held", ..rows::message(&rig, held.id, 0, 0, None, 0) };
    crossdock::store::messages::insert(&mut tx, &[message]).await.unwrap();
    let past = documents::past_retention(&mut tx, acme, rig.northwind, Micros(100), 10).await.unwrap();
    assert_eq!(past, [hash(1)], "not what is held, young, or shared with what is unfinished");
    let noted = documents::note_raw_removed(&mut tx, acme, &past, Micros(9)).await.unwrap();
    assert_eq!(noted, [free.id]);
    assert_eq!(documents::raw_removed_at(&mut tx, acme, free.id).await.unwrap(), Some(Micros(9)));
    assert_eq!(documents::raw_removed_at(&mut tx, acme, held.id).await.unwrap(), None);
    assert_eq!(documents::past_retention(&mut tx, acme, rig.northwind, Micros(100), 10).await.unwrap().len(), 0);
    tx.commit().await.unwrap();
}

fn wanted(control: &str, document: DocumentId, since: i64) -> Wanted {
    Wanted { agreement: "x12/A/B".into(), control: control.into(), document, ordinal: 0, since, content: None }
}

async fn control_numbers_in_their_order(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let of = |agreement: &str, control: &str, follows| interchanges::InSeries {
        agreement: agreement.into(),
        control: control.into(),
        follows,
    };
    let (first, second, other) = (of("x12/A/B", "7", None), of("x12/A/B", "8", None), of("x12/C/B", "1", None));
    let mut tx = store.begin(acme).await.unwrap();
    interchanges::take_numbers(&mut tx, acme, &[wanted("7", DocumentId::new(), 0)], Micros(1)).await.unwrap();
    let asked = [other.clone(), first.clone(), second.clone()];
    assert_eq!(interchanges::lock_series(&mut tx, acme, &asked).await.unwrap(), [-1, -1, -1], "none came yet");
    assert_eq!(interchanges::placed(&mut tx, acme, &asked).await.unwrap(), [None, None, None]);
    let placed = [of("x12/A/B", "7", Some(-1))];
    interchanges::place(&mut tx, acme, &placed, &[("x12/A/B".into(), 7)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(interchanges::lock_series(&mut tx, acme, &asked).await.unwrap(), [-1, 7, 7], "as asked");
    assert_eq!(interchanges::placed(&mut tx, acme, &asked).await.unwrap(), [None, Some(-1), None]);
    tx.rollback().await.unwrap();
    let mut tx = store.begin(rig.globex).await.unwrap();
    assert_eq!(interchanges::placed(&mut tx, rig.globex, std::slice::from_ref(&first)).await.unwrap(), [None]);
    assert_eq!(interchanges::lock_series(&mut tx, rig.globex, &[first]).await.unwrap(), [-1], "another's is its own");
    tx.rollback().await.unwrap();
}

async fn control_numbers_in(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let (one, two) = (DocumentId::new(), DocumentId::new());
    let mut tx = store.begin(acme).await.unwrap();
    let at = Micros(1_000);
    let took =
        interchanges::take_numbers(&mut tx, acme, &[wanted("2", one, 0), wanted("1", one, 0)], at).await.unwrap();
    assert_eq!(took, [Number::Ours, Number::Ours]);
    assert_eq!(
        interchanges::take_numbers(&mut tx, acme, &[wanted("1", one, 0)], at).await.unwrap(),
        [Number::Ours],
        "again"
    );
    let content = |control: &str, document, content: &str| interchanges::Content {
        agreement: "x12/A/B".into(),
        control: control.into(),
        document,
        content: content.into(),
    };
    interchanges::note_contents(&mut tx, acme, &[content("1", one, "hash")]).await.unwrap();
    let took =
        interchanges::take_numbers(&mut tx, acme, &[wanted("3", two, 0), wanted("1", two, 0)], at).await.unwrap();
    assert_eq!(took, [Number::Ours, Number::Taken { document: one, content: Some("hash".into()) }], "as asked");
    // Long ago counts no more.
    let took = interchanges::take_numbers(&mut tx, acme, &[wanted("2", two, 1_001)], at).await.unwrap();
    assert_eq!(took, [Number::Ours]);
    // The content may come with the number, and asking again without it forgets nothing.
    let whole = Wanted { content: Some("whole".into()), ..wanted("4", one, 0) };
    assert_eq!(interchanges::take_numbers(&mut tx, acme, &[whole], at).await.unwrap(), [Number::Ours]);
    assert_eq!(interchanges::take_numbers(&mut tx, acme, &[wanted("4", one, 0)], at).await.unwrap(), [Number::Ours]);
    let took = interchanges::take_numbers(&mut tx, acme, &[wanted("4", two, 0)], at).await.unwrap();
    assert_eq!(took, [Number::Taken { document: one, content: Some("whole".into()) }]);
    interchanges::free_number(&mut tx, acme, "x12/A/B", "1", one).await.unwrap();
    assert_eq!(interchanges::take_numbers(&mut tx, acme, &[wanted("1", two, 0)], at).await.unwrap(), [Number::Ours]);
    let row = |ordinal, ends| interchanges::Row {
        tenant: acme,
        document: one,
        ordinal,
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
        ends,
        cause: None,
        whole: 0,
    };
    interchanges::write(&mut tx, &[row(1, "translated"), row(0, "translated")]).await.unwrap();
    interchanges::write(&mut tx, &[row(1, "rejected")]).await.unwrap();
    let ends: Vec<_> =
        interchanges::of_document(&mut tx, acme, one).await.unwrap().into_iter().map(|i| i.ends.unwrap()).collect();
    assert_eq!(ends, ["translated", "rejected"]);
    tx.commit().await.unwrap();
}

async fn control_numbers_out(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(interchanges::take_control_numbers(&mut tx, acme, "n/isa", 3, 7).await.unwrap(), 7);
    assert_eq!(interchanges::take_control_numbers(&mut tx, acme, "n/isa", 2, 1).await.unwrap(), 10);
    tx.commit().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(interchanges::take_control_numbers(&mut tx, acme, "n/isa", 5, 7).await.unwrap(), 12);
    tx.rollback().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(interchanges::take_control_numbers(&mut tx, acme, "n/isa", 1, 7).await.unwrap(), 12, "given back");
    tx.commit().await.unwrap();
}

async fn the_journal_is_read_back(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let (document, message, delivery) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut tx = store.begin(acme).await.unwrap();
    let step = |at| Step::new(acme, at, "intake", "received", "w");
    let steps = [
        step(2).document(document),
        step(1).document(document).message(message).cause(json!({"code": null, "n": "5"})),
        step(3).delivery(delivery),
    ];
    journal::write(&mut tx, &steps).await.unwrap();
    let of_document = journal::of_document(&mut tx, acme, document).await.unwrap();
    assert_eq!(of_document.iter().map(|s| s.at).collect::<Vec<_>>(), [2, 1], "in the order of writing");
    assert_eq!(of_document[1].cause, Some(json!({"code": null, "n": "5"})));
    assert_eq!(journal::of_message(&mut tx, acme, message).await.unwrap().len(), 1);
    assert_eq!(journal::of_delivery(&mut tx, acme, delivery).await.unwrap().len(), 1);
    assert_eq!(journal::of_deliveries(&mut tx, acme, &[delivery, Uuid::now_v7()]).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
}
