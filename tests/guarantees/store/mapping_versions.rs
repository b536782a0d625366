//! Versions of mappings: numbered by name, one revision at a time, and what stands at each.

use crate::rig::{Rig, both};
use crossdock::{
    canonical::{DocumentId, Micros},
    store::{
        Trouble,
        documents::{self, Change, Claimed},
        mapping_versions::{self, Files, NewVersion, Revision},
        messages, now,
    },
};
use serde_json::json;

use super::rows;

both![
    versions_stand_at_revisions,
    of_two_revisions_at_once_one_is_written,
    a_document_keeps_what_it_began_with,
    documents_are_found_by_what_reads_them
];

fn files(text: &str) -> Files {
    Files::from([("mapping.yaml".to_owned(), text.to_owned())])
}

async fn draft(rig: &Rig, name: &str, text: &str) -> i64 {
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let files = files(text);
    let new = NewVersion {
        tenant: rig.acme,
        name,
        files: &files,
        hash: text,
        author: "ann",
        reason: "a reason",
        now: Micros(1),
    };
    let version = mapping_versions::draft(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    version
}

fn revision(revision: i64, name: &str, version: Option<i64>, was: Option<i64>) -> Revision {
    let (who, why, how) = ("bob".to_owned(), "because".to_owned(), "published".to_owned());
    Revision { revision, name: name.to_owned(), version, was, who, why, how, at: now() }
}

async fn publish(rig: &Rig, new: &Revision) {
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    mapping_versions::publish(&mut tx, rig.acme, new).await.unwrap();
    tx.commit().await.unwrap();
}

async fn versions_stand_at_revisions(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    assert_eq!(
        [draft(&rig, "a", "one").await, draft(&rig, "a", "two").await, draft(&rig, "b", "other").await],
        [1, 2, 1]
    );
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(mapping_versions::revision(&mut tx, acme).await.unwrap(), 0);
    assert_eq!(mapping_versions::review(&mut tx, acme, ("a", 1), "cy", "seen", Micros(2)).await.unwrap(), 1);
    assert_eq!(
        mapping_versions::review(&mut tx, acme, ("a", 1), "cy", "seen", Micros(2)).await.unwrap(),
        0,
        "no draft"
    );
    let note = json!({"documents": 3});
    assert_eq!(mapping_versions::note_replay(&mut tx, acme, ("a", 1), &note).await.unwrap(), 1);
    let row = mapping_versions::get(&mut tx, acme, "a", 1).await.unwrap().expect("a version");
    assert_eq!((row.state.as_str(), row.reviewed_by.as_deref(), row.replayed), ("reviewed", Some("cy"), Some(note)));
    assert_eq!(mapping_versions::files(&mut tx, acme, "a", 2).await.unwrap(), Some(files("two")));
    assert_eq!(mapping_versions::files(&mut tx, acme, "a", 3).await.unwrap(), None);
    tx.commit().await.unwrap();
    for new in [
        revision(1, "a", Some(1), None),
        revision(2, "b", Some(1), None),
        revision(3, "a", Some(2), Some(1)),
        revision(4, "b", None, Some(1)),
    ] {
        publish(&rig, &new).await;
    }
    let mut tx = store.read(acme).await.unwrap();
    assert_eq!(mapping_versions::revision(&mut tx, acme).await.unwrap(), 4);
    for (at, expected) in [
        (0, vec![]),
        (1, vec![("a", 1, "one")]),
        (2, vec![("a", 1, "one"), ("b", 1, "other")]),
        (3, vec![("a", 2, "two"), ("b", 1, "other")]),
        (4, vec![("a", 2, "two")]),
    ] {
        let standing = mapping_versions::standing(&mut tx, acme, at).await.unwrap();
        let standing: Vec<_> =
            standing.iter().map(|s| (s.name.as_str(), s.version, s.files["mapping.yaml"].as_str())).collect();
        assert_eq!(standing, expected, "at revision {at}");
    }
    let states: Vec<_> = mapping_versions::list(&mut tx, acme, None).await.unwrap();
    let states: Vec<_> = states.iter().map(|v| (v.name.as_str(), v.version, v.state.as_str())).collect();
    assert_eq!(states, [("a", 2, "published"), ("a", 1, "retired"), ("b", 1, "retired")]);
    let history = mapping_versions::history(&mut tx, acme, Some("a")).await.unwrap();
    assert_eq!(
        history.iter().map(|r| (r.revision, r.version, r.was)).collect::<Vec<_>>(),
        [(3, Some(2), Some(1)), (1, Some(1), None)]
    );
    tx.rollback().await.unwrap();
    // Nothing of it is anybody else's.
    let mut tx = store.read(rig.globex).await.unwrap();
    assert_eq!(mapping_versions::revision(&mut tx, rig.globex).await.unwrap(), 0);
    assert_eq!(mapping_versions::list(&mut tx, rig.globex, None).await.unwrap().len(), 0);
    assert_eq!(mapping_versions::files(&mut tx, rig.globex, "a", 1).await.unwrap(), None);
    assert!(mapping_versions::standing(&mut tx, rig.globex, 4).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

async fn of_two_revisions_at_once_one_is_written(rig: Rig) {
    draft(&rig, "a", "one").await;
    publish(&rig, &revision(1, "a", Some(1), None)).await;
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let late = mapping_versions::publish(&mut tx, rig.acme, &revision(1, "b", None, None)).await.unwrap_err();
    assert_eq!(late.trouble(), Trouble::Conflict);
}

async fn documents_are_found_by_what_reads_them(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let newest = (Micros(i64::MAX), DocumentId(uuid::Uuid::max()));
    for (n, (kind, mapping)) in
        [("850", None), ("json order", Some("json/order@12")), ("850", Some("own/850@34"))].iter().enumerate()
    {
        let document = documents::NewDocument {
            received_at: n as i64,
            partner: (n == 2).then_some(rig.northwind),
            ..rows::document(acme, "north-a", n as i64 + 1, &rows::hash(n as u8))
        };
        rows::arrive(&rig, &document).await;
        let message = messages::NewMessage {
            set_kind: (*kind).into(),
            mapping: mapping.map(str::to_owned),
            ..rows::message(&rig, document.id, 0, 0, None, 0)
        };
        let mut tx = store.begin(acme).await.unwrap();
        messages::insert(&mut tx, &[message]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let by = |kind: &str, mapping: &str| Claimed { kind: kind.into(), mapping: mapping.into() };
    let found = async |tenant, by: &[Claimed], partner, before, limit| {
        let mut tx = store.read(tenant).await.unwrap();
        let rows = documents::claimed(&mut tx, tenant, by, partner, before, limit).await.unwrap();
        tx.rollback().await.unwrap();
        rows.into_iter().map(|row| (row.sequence, row.received_at, row.id)).collect::<Vec<_>>()
    };
    let names = |rows: Vec<(i64, i64, DocumentId)>| rows.into_iter().map(|row| row.0).collect::<Vec<_>>();
    let all = found(acme, &[by("850", "json/order@%")], None, newest, 9).await;
    assert_eq!(names(all.clone()), [3, 2, 1], "the newest first, by kind or by mapping");
    assert_eq!(names(found(acme, &[by("850", "none@%"), by("none", "own/850@%")], None, newest, 9).await), [3, 1]);
    assert_eq!(names(found(acme, &[by("850", "none@%")], Some(rig.northwind), newest, 9).await), [3]);
    assert_eq!(names(found(acme, &[by("850", "json/order@%")], None, newest, 1).await), [3]);
    let behind = (Micros(all[0].1), all[0].2);
    assert_eq!(names(found(acme, &[by("850", "json/order@%")], None, behind, 9).await), [2, 1]);
    assert!(found(rig.globex, &[by("850", "json/order@%")], None, newest, 9).await.is_empty());
}

async fn a_document_keeps_what_it_began_with(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let document = rows::document(acme, "north-a", 1, &rows::hash(1));
    rows::arrive(&rig, &document).await;
    let began_with = async || {
        let mut tx = store.read(acme).await.unwrap();
        let work = documents::work(&mut tx, acme, document.connection, 10).await.unwrap();
        tx.rollback().await.unwrap();
        work[0].mapping_revision
    };
    assert_eq!(began_with().await, 0);
    draft(&rig, "a", "one").await;
    draft(&rig, "a", "two").await;
    publish(&rig, &revision(1, "a", Some(1), None)).await;
    assert_eq!(began_with().await, 1, "nothing of it was written, so it begins with what stands");
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(documents::advance(&mut tx, acme, document.id, 64, 1, now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    publish(&rig, &revision(2, "a", Some(2), Some(1))).await;
    assert_eq!(began_with().await, 1, "some of it was written");
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(documents::advance(&mut tx, acme, document.id, 128, 2, now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(began_with().await, 1, "and stays");
    let dead = Change {
        id: document.id,
        state: "dead",
        cause: None,
        duplicate_of: None,
        partner: None,
        standard: None,
        identity: None,
        sets: None,
        tries: 1,
        due: None,
        first_failed_at: None,
        ended_at: Some(now().0),
        deadline: now().0,
        mapping_revision: Some(2),
    };
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(documents::change(&mut tx, acme, &[dead]).await.unwrap(), 1);
    assert_eq!(documents::reopen(&mut tx, acme, document.id, false, now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(began_with().await, 2, "a person lets it begin again, with what stands");
}
