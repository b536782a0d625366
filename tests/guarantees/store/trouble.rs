//! Troubles told apart: what the caller can do decides, not what the database calls it.

use crate::rig::{Backing, Place, Rig, both};
use crossdock::{
    canonical::DocumentId,
    store::{self, StoreError, Trouble, directory, entities, messages, stock},
};
use serde_json::value::RawValue;
use std::time::Duration;
use uuid::Uuid;

both![somebody_was_first, a_rule_was_broken, deterministic_ones];

async fn somebody_was_first(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let row = |name: &str| directory::Connection {
        id: crate::rig::connection(name),
        name: "x".into(),
        transport: "http".into(),
        partner: None,
    };
    // A key that stands: of another tenant, so that no upsert hides it.
    let mut tx = store.begin(rig.globex).await.unwrap();
    directory::connections(&mut tx, rig.globex, &[row("mine")]).await.unwrap();
    tx.commit().await.unwrap();
    let insert = format!(
        "insert into connections (tenant, id, name, transport) values ({}, {}, 'x', 'http')",
        rig.place.id(acme.0),
        rig.place.id(crate::rig::connection("mine").0)
    );
    let error = StoreError::Sql(rig.place.sql(&insert).await.unwrap_err());
    assert_eq!(error.trouble(), Trouble::Conflict, "{error}");
    let lost = StoreError::Lost("a lease");
    assert_eq!(lost.trouble(), Trouble::Conflict);
    let mut tx = store.begin(acme).await.unwrap();
    let save = entities::Save {
        kind: "k".into(),
        id: Uuid::nil(),
        version: 7,
        body: RawValue::from_string("{}".into()).unwrap(),
    };
    entities::save(&mut tx, acme, std::slice::from_ref(&save)).await.unwrap();
    assert_eq!(entities::save(&mut tx, acme, &[save]).await.unwrap_err().trouble(), Trouble::Conflict);
    tx.rollback().await.unwrap();
}

async fn a_rule_was_broken(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.begin(acme).await.unwrap();
    let row = stock::StockRow { item: Uuid::nil(), on_hand: 1, reserved: 2 };
    let error = stock::open(&mut tx, acme, &[row]).await.unwrap_err();
    assert_eq!((error.trouble(), error.constraint().is_some()), (Trouble::Rule, true), "{error}");
    tx.rollback().await.unwrap();
    let message =
        messages::NewMessage { state: "lost", ..super::rows::message(&rig, DocumentId::new(), 0, 0, None, 0) };
    let mut tx = store.begin(acme).await.unwrap();
    let error = messages::insert(&mut tx, &[message]).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::Rule, "{error}");
}

async fn deterministic_ones(rig: Rig) {
    let error = StoreError::Sql(rig.place.sql("select nonsense from nowhere").await.unwrap_err());
    assert_eq!(error.trouble(), Trouble::Deterministic, "{error}");
    let of_bytes = StoreError::Gone("0".into());
    assert_eq!(of_bytes.trouble(), Trouble::Deterministic);
    assert!(of_bytes.to_string().contains("retention_days"));
}

/// Two transactions that lock each other out: one is told to repeat, the other goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_a_conflict() {
    let rig = Rig::open(Backing::Pg).await;
    let (store, acme) = (&rig.hub.store, rig.acme);
    let items = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let mut tx = store.begin(acme).await.unwrap();
    let rows: Vec<stock::StockRow> =
        items.iter().map(|item| stock::StockRow { item: *item, on_hand: 9, reserved: 0 }).collect();
    stock::open(&mut tx, acme, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let both_hold_one = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let cross = |first: Uuid, second: Uuid| {
        let (store, barrier) = (store.clone(), both_hold_one.clone());
        tokio::spawn(async move {
            let mut tx = store.begin(acme).await?;
            stock::load(&mut tx, acme, &[first]).await?;
            barrier.wait().await;
            stock::load(&mut tx, acme, &[second]).await?;
            tx.commit().await
        })
    };
    let (one, two) = (cross(items[0], items[1]), cross(items[1], items[0]));
    let ended = [one.await.unwrap(), two.await.unwrap()];
    let failed: Vec<&StoreError> = ended.iter().filter_map(|e| e.as_ref().err()).collect();
    assert_eq!(failed.len(), 1, "{ended:?}");
    assert_eq!(failed[0].trouble(), Trouble::Conflict, "{}", failed[0]);
}

/// A server that ends its connections: whoever had one waits and goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_away() {
    let rig = Rig::open(Backing::Pg).await;
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.begin(acme).await.unwrap();
    let cut = rig
        .place
        // Its vacuum is none of ours to end.
        .sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
                and backend_type = 'client backend' and pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    assert!(cut > 0);
    let error = stock::load(&mut tx, acme, &[Uuid::nil()]).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
    drop(tx);
    // The pool gives whole connections afterwards.
    let mut tx = store.begin(acme).await.unwrap();
    stock::load(&mut tx, acme, &[Uuid::nil()]).await.unwrap();
    tx.rollback().await.unwrap();
}

/// Nobody listens there.
#[tokio::test]
async fn a_server_that_is_not_there_is_away() {
    let port = crate::hub::services::free_port();
    let options = store::Options {
        url: format!("postgres://nobody@127.0.0.1:{port}/nothing"),
        connections: 1,
        acquire: Duration::from_millis(300),
    };
    let error = store::open(&options).await.err().unwrap();
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
}

/// A full disk, by a limit of SQLite's own on the number of pages.
#[tokio::test]
async fn a_full_disk_is_away() {
    let rig = Rig::open(Backing::Lite).await;
    let fill = "pragma max_page_count = 1; create table big (x); insert into big values (zeroblob(1000000))";
    let error = StoreError::Sql(rig.place.sql(fill).await.unwrap_err());
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
}

/// A file system that became read-only, as after an error of its device.
#[tokio::test]
async fn a_read_only_file_is_away() {
    let rig = Rig::open(Backing::Lite).await;
    let error = StoreError::Sql(rig.place.sql("pragma query_only = on; delete from keys").await.unwrap_err());
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
}

/// The writer is somebody else's for longer than one waits.
#[tokio::test]
async fn a_writer_that_is_taken_is_away() {
    let rig = Rig::open(Backing::Lite).await;
    let held = rig.hub.store.begin(rig.acme).await.unwrap();
    let error = StoreError::Sql(rig.place.sql("pragma busy_timeout = 50; delete from keys").await.unwrap_err());
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
    held.rollback().await.unwrap();
}

/// A folder that is not there may be mounted yet.
#[tokio::test]
async fn a_file_that_can_not_be_opened_is_away() {
    let place = Place::empty(Backing::Lite).await;
    let url = place.folder.path().join("no/such/folder.db").display().to_string();
    let error = store::open(&store::Options { url, ..place.options.clone() }).await.err().unwrap();
    assert_eq!(error.trouble(), Trouble::Away, "{error}");
}
