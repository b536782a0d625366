//! Who may see and do what: row-level security on PostgreSQL, and the same promise on SQLite by what each statement asks.

use super::rows::{self, hash};
use crate::rig::{Backing, Place, Rig, both};
use crossdock::{
    canonical::Tenant,
    store::{
        self, blobs, deliveries, directory, documents, entities, events, journal,
        keys::{self, Key},
        messages, now, stock,
    },
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

both![another_tenants_rows_are_not_there];

/// What globex asks for by the very ids of acme's rows.
async fn another_tenants_rows_are_not_there(rig: Rig) {
    let (acme, globex) = (rig.acme, rig.globex);
    let document = rows::document(acme, "north-a", 1, &hash(1));
    rows::arrive(&rig, &document).await;
    let message = rows::message(&rig, document.id, 0, 0, Some("PO-1"), 0);
    let data = json!({});
    let event = rows::event(acme, message.id, 0, "order.placed", &data);
    let delivery = rows::delivery(acme, event.id, "shop");
    let item = Uuid::from_u128(1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    messages::insert(&mut tx, std::slice::from_ref(&message)).await.unwrap();
    events::insert(&mut tx, std::slice::from_ref(&event)).await.unwrap();
    deliveries::insert(&mut tx, std::slice::from_ref(&delivery)).await.unwrap();
    journal::write(&mut tx, &[journal::Step::new(acme, 1, "intake", "received", "w").document(document.id.0)])
        .await
        .unwrap();
    stock::open(&mut tx, acme, &[stock::StockRow { item, on_hand: 5, reserved: 0 }]).await.unwrap();
    let key = Key { partner: rig.northwind, kind: "order/1".into(), number: "PO-1".into() };
    keys::take_places(&mut tx, acme, &[(&key, 3)]).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = rig.hub.store.begin(globex).await.unwrap();
    assert!(documents::get(&mut tx, globex, document.id).await.unwrap().is_none());
    assert_eq!(documents::search(&mut tx, globex, &documents::Search::default(), 9).await.unwrap().len(), 0);
    assert_eq!(documents::work(&mut tx, globex, document.connection, 9).await.unwrap().len(), 0);
    assert!(blobs::read(&mut tx, globex, &hash(1), 0, 1).await.is_err());
    assert!(messages::get(&mut tx, globex, message.id).await.unwrap().is_none());
    assert_eq!(messages::of_number(&mut tx, globex, "PO-1").await.unwrap().len(), 0);
    assert_eq!(events::load(&mut tx, globex, &[event.id]).await.unwrap().len(), 0);
    assert!(deliveries::get(&mut tx, globex, delivery.id).await.unwrap().is_none());
    assert_eq!(journal::of_document(&mut tx, globex, document.id.0).await.unwrap().len(), 0);
    assert_eq!(stock::load(&mut tx, globex, &[item]).await.unwrap().len(), 0);
    assert_eq!(entities::answered_holds(&mut tx, globex, 9).await.unwrap(), []);
    // Nor may it change them.
    assert!(messages::change(&mut tx, globex, &[messages::Change::to(message.id, "applied", now())]).await.is_err());
    assert!(!deliveries::replay(&mut tx, globex, delivery.id, now()).await.unwrap());
    assert!(!deliveries::cancel(&mut tx, globex, delivery.id, &json!({}), now()).await.unwrap());
    assert_eq!(documents::advance(&mut tx, globex, document.id, 9, 0, now()).await.unwrap(), 0);
    assert_eq!(documents::reopen(&mut tx, globex, document.id, false, now()).await.unwrap(), 0);
    assert!(directory::lease(&mut tx, globex, document.connection, item, 9).await.unwrap().is_none());
    assert!(stock::change(&mut tx, globex, &[stock::Change { item, reserved: 1 }]).await.is_err());
    assert_eq!(keys::take_places(&mut tx, globex, &[(&key, 1)]).await.unwrap(), [0], "a row of its own");
    blobs::remove(&mut tx, globex, &[hash(1)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.read(acme).await.unwrap();
    assert_eq!(blobs::read(&mut tx, acme, &hash(1), 0, 1).await.unwrap(), [b"abc"]);
    tx.rollback().await.unwrap();
}

/// Tables with a tenant, as the schema has them.
async fn tables(owner: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.table_name::text from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and c.column_name = 'tenant' and t.table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    tables
}

/// A store with rows in it, and the owner's connection, which takes the roles as the hub's pools do.
async fn postgres() -> (Rig, PgConnection) {
    let rig = Rig::open(Backing::Pg).await;
    rows::arrive(&rig, &rows::document(rig.acme, "north-a", 1, &hash(1))).await;
    let owner = PgConnection::connect(&rig.place.options.url).await.unwrap();
    (rig, owner)
}

async fn begin(owner: &mut PgConnection, role: &str, tenant: Option<Uuid>) {
    owner.execute("begin").await.unwrap();
    owner.execute(AssertSqlSafe(format!("set local role {role}"))).await.unwrap();
    if let Some(tenant) = tenant {
        owner.execute(AssertSqlSafe(format!("set local app.tenant = '{tenant}'"))).await.unwrap();
    }
}

async fn count(owner: &mut PgConnection, sql: String) -> Result<i64, String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(owner).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_table_is_under_row_level_security() {
    let (_rig, mut owner) = postgres().await;
    for table in tables(&mut owner).await {
        let forced = count(&mut owner, format!("select count(*) from pg_class where oid = '{table}'::regclass and relrowsecurity and relforcerowsecurity")).await;
        assert_eq!(forced, Ok(1), "{table}");
        // Without a tenant: nothing is there, whatever stands in the table.
        for tenant in [None, Some(Uuid::nil())] {
            begin(&mut owner, "crossdock_tenant", tenant).await;
            assert_eq!(count(&mut owner, format!("select count(*) from {table}")).await, Ok(0), "{table}");
            owner.execute("rollback").await.unwrap();
        }
        // An empty setting, as a pooler leaves it behind, is none.
        begin(&mut owner, "crossdock_tenant", None).await;
        owner.execute("set local app.tenant = ''").await.unwrap();
        assert_eq!(count(&mut owner, format!("select count(*) from {table}")).await, Ok(0), "{table}");
        owner.execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn rows_of_another_tenant_are_refused() {
    let (rig, mut owner) = postgres().await;
    let (acme, globex) = (rig.acme.0, rig.globex.0);
    for table in tables(&mut owner).await {
        // A row of acme's with what may be null left out: policies are looked at before constraints.
        begin(&mut owner, "crossdock_tenant", Some(globex)).await;
        let error =
            owner.execute(AssertSqlSafe(format!("insert into {table} (tenant) values ('{acme}')"))).await.unwrap_err();
        assert!(error.to_string().contains("row-level security"), "{table}: {error}");
        owner.execute("rollback").await.unwrap();
        begin(&mut owner, "crossdock_tenant", Some(globex)).await;
        let changed = owner
            .execute(AssertSqlSafe(format!("update {table} set tenant = '{globex}' where tenant = '{acme}'")))
            .await;
        match changed {
            Ok(done) => assert_eq!(done.rows_affected(), 0, "{table}"),
            Err(error) => assert!(error.to_string().contains("permission denied"), "{table}: {error}"),
        }
        owner.execute("rollback").await.unwrap();
        // Nor may one give away what it has.
        begin(&mut owner, "crossdock_tenant", Some(acme)).await;
        let given = owner.execute(AssertSqlSafe(format!("update {table} set tenant = '{globex}'"))).await;
        match given {
            Ok(done) => assert_eq!(done.rows_affected(), 0, "{table}"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("row-level security") || text.contains("permission denied"), "{table}: {text}");
            }
        }
        owner.execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn history_is_added_to_and_never_changed() {
    let (rig, mut owner) = postgres().await;
    for sql in [
        "update events set kind = 'x'",
        "delete from events",
        "update document_steps set state = 'x'",
        "delete from document_steps",
        "update mapping_revisions set why = 'x'",
        "delete from mapping_revisions",
    ] {
        for role in ["crossdock_tenant", "crossdock_system"] {
            begin(&mut owner, role, Some(rig.acme.0)).await;
            let error = owner.execute(sql).await.unwrap_err();
            assert!(error.to_string().contains("permission denied"), "{role}: {sql}: {error}");
            owner.execute("rollback").await.unwrap();
        }
    }
}

/// What the system's role may not read: bodies, names, addresses, who said what.
const BODIES: &[(&str, &[&str])] = &[
    ("blob_chunks", &["bytes"]),
    ("connections", &[]),
    ("cross_references", &["scheme", "value", "target"]),
    ("dead_letters", &["reason", "history"]),
    ("deliveries", &["content", "name", "cause"]),
    ("document_steps", &["cause", "state", "worker"]),
    ("documents", &["name", "cause", "identity", "transport_id"]),
    ("entities", &["body", "id"]),
    ("events", &["data", "key"]),
    ("interchanges", &["sender", "receiver", "control", "cause"]),
    ("interchange_numbers", &["control", "content"]),
    ("keys", &["number"]),
    ("mapping_revisions", &["who", "why"]),
    ("mapping_versions", &["files", "reason"]),
    ("messages", &["body", "provenance", "faults", "cause", "set_control"]),
    ("refs", &["value"]),
    ("sequences", &["key"]),
    ("stock", &["on_hand", "reserved"]),
    ("subscriptions", &["target"]),
];

#[tokio::test]
async fn the_system_reads_no_bodies() {
    let (_rig, mut owner) = postgres().await;
    for (table, columns) in BODIES {
        for column in *columns {
            begin(&mut owner, "crossdock_system", None).await;
            let error = count(&mut owner, format!("select count({column}) from {table}")).await.unwrap_err();
            assert!(error.contains("permission denied"), "{table}.{column}: {error}");
            owner.execute("rollback").await.unwrap();
        }
    }
    // And writes nothing of what it reads but the sweeper's notes.
    for sql in [
        "update documents set state = 'dead'",
        "update messages set state = 'applied'",
        "update deliveries set state = 'delivered'",
        "delete from documents",
        "delete from messages",
        "delete from deliveries",
        "insert into events (tenant) select tenant from tenants",
        "update stock set reserved = 0",
        "update tenants set name = 'x'",
        "insert into api_keys (tenant) select tenant from tenants",
    ] {
        begin(&mut owner, "crossdock_system", None).await;
        let error = owner.execute(sql).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{sql}: {error}");
        owner.execute("rollback").await.unwrap();
    }
    // It sees all tenants where it sees anything.
    begin(&mut owner, "crossdock_system", None).await;
    assert_eq!(count(&mut owner, "select count(*) from tenants".into()).await, Ok(2));
    owner.execute("rollback").await.unwrap();
}

/// Whatever a connection of a pool is used for, it is of the pool's role.
#[tokio::test]
async fn every_pooled_connection_has_its_role() {
    let place = Place::empty(Backing::Pg).await;
    store::migrate(&place.options).await.unwrap();
    let store = store::open(&place.options).await.unwrap();
    let acme = Tenant::named("acme");
    // Twice, so that used connections are looked at too; all at once, so that each of them is.
    for _ in 0..2 {
        let mut held = Vec::new();
        for _ in 0..place.options.connections {
            held.push(("crossdock_tenant", store.begin(acme).await.unwrap()));
        }
        for n in 0..store::SYSTEM_CONNECTIONS {
            let tx = if n % 2 == 0 { store.system().await } else { store.snapshot().await };
            held.push(("crossdock_system", tx.unwrap()));
        }
        for (role, tx) in &mut held {
            assert_eq!(tx.role().await.unwrap().as_deref(), Some(*role));
        }
    }
    store.close().await;
}
