//! Old stores brought up to date, by several processes at once; and stores opened at once.

use crate::rig::{ACME, Backing, GLOBEX, NORTHWIND, Place, Rig};
use crossdock::{
    canonical::{DocumentId, Micros, PartnerId, Tenant},
    config::Settings,
    store::{self, blobs, census, deliveries, documents, interchanges, messages},
};
use uuid::Uuid;

/// Stores as commit a30bb50's migration 0001 made them, with rows.
const OLD_LITE: &str = include_str!("old/0001.lite.sql");
const OLD_PG: &str = include_str!("old/0001.pg.sql");

async fn old(backing: Backing) -> Place {
    let place = Place::empty(backing).await;
    match backing {
        Backing::Lite => {
            std::fs::File::create(&place.options.url).unwrap();
            place.sql(&format!("pragma journal_mode = wal; {OLD_LITE}")).await.unwrap()
        }
        Backing::Pg => place.sql(OLD_PG).await.unwrap(),
    };
    place
}

async fn is_up_to_date(place: Place) {
    let migrations = if place.backing == Backing::Pg { "pg" } else { "lite" };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations").join(migrations);
    let files = std::fs::read_dir(folder).unwrap().count() as i64;
    assert_eq!(place.number("select count(*) from _sqlx_migrations where success").await, files);
    let rig = Rig::on(place, &[ACME, NORTHWIND, GLOBEX], Settings::default()).await;
    let acme = rig.acme;
    // What stood before stands, and is read by today's functions.
    let document = DocumentId(Uuid::from_u128(0x01));
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let row = documents::get(&mut tx, acme, document).await.unwrap().expect("the old document");
    assert_eq!((row.name.as_str(), row.state.as_str(), row.sets), ("old.edi", "translated", Some(1)));
    assert_eq!(documents::raw_removed_at(&mut tx, acme, document).await.unwrap(), None);
    assert_eq!(blobs::read(&mut tx, acme, &row.sha256, 0, 1).await.unwrap().concat(), b"an old document");
    assert_eq!(messages::of_number(&mut tx, acme, "PO-OLD").await.unwrap()[0].state, "applied");
    let sent = deliveries::to_target(&mut tx, acme, "north-drop").await.unwrap();
    assert_eq!((sent[0].control.as_deref(), sent[0].content.as_deref()), (Some("000000007"), Some(&b"ISA"[..])));
    assert_eq!(interchanges::take_control_numbers(&mut tx, acme, "northwind/isa", 1, 7).await.unwrap(), 8);
    tx.rollback().await.unwrap();
    let mut tx = rig.hub.store.snapshot().await.unwrap();
    let counters = census::counters(&mut tx, Some(acme)).await.unwrap();
    // The old store's two scopes: isa and gs.
    assert_eq!(counters.iter().map(|c| (c.next, c.first)).collect::<Vec<_>>(), [(8, None), (8, None)]);
    let partner = PartnerId::named(Tenant::named("acme"), "northwind");
    assert_eq!(census::numbered(&mut tx, acme, partner).await.unwrap().0, 1);
    assert_eq!(census::hidden(&mut tx).await.unwrap().len(), 0);
    tx.rollback().await.unwrap();
    // And the audit finds nothing missing in it.
    let audit =
        crossdock::insight::audit::audit(&rig.hub.store, &rig.hub.directory, None, Micros(2_000_000)).await.unwrap();
    assert_eq!(audit.missing, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_sqlite_store_is_brought_up_to_date() {
    let place = old(Backing::Lite).await;
    store::migrate(&place.options).await.unwrap();
    store::migrate(&place.options).await.unwrap();
    is_up_to_date(place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_postgresql_store_is_brought_up_to_date() {
    let place = old(Backing::Pg).await;
    store::migrate(&place.options).await.unwrap();
    store::migrate(&place.options).await.unwrap();
    is_up_to_date(place).await;
}

async fn start(options: store::Options, n: u32) -> Result<(), store::StoreError> {
    store::migrate(&options).await?;
    let store = store::open(&options).await?;
    let tenant = Tenant::named(&format!("t{n}"));
    let mut tx = store.begin(tenant).await?;
    store::directory::tenant(&mut tx, tenant, &format!("t{n}"), "USD").await?;
    tx.commit().await?;
    store.close().await;
    Ok(())
}

/// As processes do that start together: each migrates, opens and writes.
async fn many_at_once(place: Place) {
    // A thread and a runtime each: nothing of the hub is shared but the database.
    let starts: Vec<_> = (0..6)
        .map(|n| {
            let options = place.options.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(start(options, n))
            })
        })
        .collect();
    for start in starts {
        start.join().unwrap().unwrap();
    }
    assert_eq!(place.number("select count(*) from tenants").await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_migrate_a_new_sqlite_store() {
    many_at_once(Place::empty(Backing::Lite).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_migrate_a_new_postgresql_store() {
    many_at_once(Place::empty(Backing::Pg).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_migrate_an_old_postgresql_store() {
    let place = old(Backing::Pg).await;
    place.sql("delete from tenants").await.unwrap();
    many_at_once(place).await;
}

/// A store that a later version has migrated further is refused, and says by which migration.
#[tokio::test]
async fn a_newer_store_is_refused() {
    for backing in [Backing::Lite, Backing::Pg] {
        let place = Place::empty(backing).await;
        store::migrate(&place.options).await.unwrap();
        place
            .sql("insert into _sqlx_migrations (version, description, success, checksum, execution_time) select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1")
            .await
            .unwrap();
        let error = store::migrate(&place.options).await.unwrap_err();
        assert!(error.to_string().contains("9999"), "{error}");
    }
}
