//! Who is who: tenants, connections with their leases, subscriptions, keys.

use crate::rig::{Rig, both, connection};
use crossdock::{
    canonical::{Micros, Tenant},
    store::{access, census, directory, now},
};
use serde_json::json;
use uuid::Uuid;

both![
    tenants_and_connections,
    a_translate_lease_has_one_owner,
    a_folder_has_one_poller,
    connections_that_fail,
    subscriptions_stand_from_to,
    keys_are_found_by_hash,
];

async fn tenants_and_connections(rig: Rig) {
    let store = &rig.hub.store;
    let third = Tenant::named("initech");
    let mut tx = store.begin(third).await.unwrap();
    directory::tenant(&mut tx, third, "initech", "EUR").await.unwrap();
    directory::tenant(&mut tx, third, "initech", "USD").await.unwrap();
    let row = |transport: &str| directory::Connection {
        id: connection("initech-in"),
        name: "initech-in".into(),
        transport: transport.into(),
        partner: None,
    };
    directory::connections(&mut tx, third, &[row("http")]).await.unwrap();
    directory::connections(&mut tx, third, &[row("folder")]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    let names: Vec<String> = directory::tenants(&mut tx).await.unwrap().into_iter().map(|t| t.1).collect();
    assert_eq!(names, ["acme", "globex", "initech"]);
    tx.rollback().await.unwrap();
    assert_eq!(
        rig.place.number("select count(*) from connections where name = 'initech-in' and transport = 'folder'").await,
        1
    );
}

async fn a_translate_lease_has_one_owner(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let way = connection("north-a");
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    const LONG: i64 = 3_600_000_000;
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(directory::lease(&mut tx, acme, way, one, LONG).await.unwrap(), Some(1));
    assert_eq!(directory::lease(&mut tx, acme, way, one, LONG).await.unwrap(), Some(1), "a renewal keeps the epoch");
    assert_eq!(directory::lease(&mut tx, acme, way, two, LONG).await.unwrap(), None);
    directory::still_leased(&mut tx, acme, way, 1, -1).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(directory::lease(&mut tx, acme, way, two, LONG).await.unwrap(), Some(2), "it ran out");
    assert!(directory::still_leased(&mut tx, acme, way, 1, LONG).await.is_err(), "the old epoch");
    directory::release_lease(&mut tx, acme, way, 1).await.unwrap();
    directory::still_leased(&mut tx, acme, way, 2, LONG).await.unwrap();
    directory::release_lease(&mut tx, acme, way, 2).await.unwrap();
    assert_eq!(directory::lease(&mut tx, acme, way, one, LONG).await.unwrap(), Some(3));
    tx.commit().await.unwrap();
}

async fn a_folder_has_one_poller(rig: Rig) {
    let acme = rig.acme;
    let way = connection("north-drop");
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert!(directory::poll_lease(&mut tx, acme, way, one, 3_600_000_000).await.unwrap());
    assert!(!directory::poll_lease(&mut tx, acme, way, two, 3_600_000_000).await.unwrap());
    directory::release_poll(&mut tx, acme, way, two).await.unwrap();
    assert!(!directory::poll_lease(&mut tx, acme, way, two, 3_600_000_000).await.unwrap());
    directory::release_poll(&mut tx, acme, way, one).await.unwrap();
    assert!(directory::poll_lease(&mut tx, acme, way, two, -1).await.unwrap());
    assert!(directory::poll_lease(&mut tx, acme, way, one, 1).await.unwrap(), "it ran out");
    tx.commit().await.unwrap();
}

async fn connections_that_fail(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let way = connection("north-drop");
    for (why, now) in [(Some("full"), vec![(acme, "north-drop".to_owned(), "full".to_owned())]), (None, vec![])] {
        let mut tx = store.begin(acme).await.unwrap();
        directory::failing(&mut tx, acme, way, why).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.system_read().await.unwrap();
        assert_eq!(directory::failing_now(&mut tx).await.unwrap(), now);
        tx.rollback().await.unwrap();
    }
}

async fn subscriptions_stand_from_to(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let row = |events: serde_json::Value| directory::Subscription {
        id: Uuid::from_u128(1),
        kind: "endpoint",
        name: "one".into(),
        partner: None,
        events,
        elsewhere: String::new(),
        target: "http://x".into(),
    };
    let write = |rows: Vec<directory::Subscription>, at: i64| async move {
        let mut tx = store.begin(acme).await.unwrap();
        directory::subscriptions(&mut tx, acme, &rows, Micros(at)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.system_read().await.unwrap();
        let all = census::subscriptions(&mut tx, Some(acme)).await.unwrap();
        tx.rollback().await.unwrap();
        let one = all.into_iter().find(|s| s.id == Uuid::from_u128(1)).unwrap();
        (one.from_at, one.until_at)
    };
    assert_eq!(write(vec![row(json!(["order.*"]))], 10).await, (10, None));
    assert_eq!(write(vec![row(json!(["order.*"]))], 20).await, (10, None), "nothing changed");
    assert_eq!(write(vec![row(json!(["*"]))], 30).await, (30, None), "what it wants now, it wants from now on");
    assert_eq!(write(vec![], 40).await, (30, Some(40)), "no file names it");
    assert_eq!(write(vec![], 50).await, (30, Some(40)));
    assert_eq!(write(vec![row(json!(["*"]))], 60).await, (60, None));
}

async fn keys_are_found_by_hash(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let mut tx = store.begin(acme).await.unwrap();
    let before = access::count(&mut tx, acme).await.unwrap();
    access::put(&mut tx, acme, "ci", "h1", "in read", now()).await.unwrap();
    access::put(&mut tx, acme, "ci", "h2", "admin", now()).await.unwrap();
    assert_eq!(access::count(&mut tx, acme).await.unwrap(), before + 1, "a key of that name is replaced");
    tx.commit().await.unwrap();
    let mut tx = store.system_read().await.unwrap();
    assert!(access::find(&mut tx, "h1").await.unwrap().is_none());
    let key = access::find(&mut tx, "h2").await.unwrap().unwrap();
    assert_eq!((key.tenant, key.name.as_str(), key.scopes.as_str()), (acme, "ci", "admin"));
    tx.rollback().await.unwrap();
}
