//! The audit: a clean store is ok, a hub at work is not accused, each kind of what can be missing is found and nothing
//! else, and an audit that can't see everything fails.

use crate::rig::{Rig, both, order};
use crossdock::{
    canonical::{Micros, Stage, Tenant},
    insight::audit::{Audit, KINDS, audit},
    store::{now, outbox},
};
use std::collections::BTreeSet;

both![
    a_clean_store_is_ok,
    each_kind_is_found_and_nothing_else,
    a_tenant_at_a_time,
    a_hub_at_work_is_not_accused,
    work_on_its_way_is_not_stuck,
    a_tenant_that_is_not_there_is_an_error,
    its_shape,
];

async fn look(rig: &Rig) -> Audit {
    audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap()
}

/// Six orders of northwind, worked to their ends: answered by webhook and by 855.
async fn worked(rig: &mut Rig) {
    rig.start(1, 1).await;
    for n in 0..6 {
        let bytes = order(&format!("PO-{n}"), &[("PLENTY-1", n + 1)]);
        rig.bring("north-a", &format!("{n}.json"), &bytes).await;
    }
    rig.quiet().await;
    rig.halt().await;
    assert_eq!(rig.place.number("select count(*) from messages where state = 'applied'").await, 6);
    assert_eq!(rig.place.number("select count(*) from deliveries where control is not null").await, 6);
}

async fn a_clean_store_is_ok(mut rig: Rig) {
    let empty = look(&rig).await;
    assert!(empty.ok && empty.missing.is_empty());
    worked(&mut rig).await;
    let audit = look(&rig).await;
    assert_eq!(audit.missing, []);
    assert!(audit.ok);
    assert_eq!((audit.documents["total"], audit.documents["translated"]), (6, 6));
    assert_eq!((audit.messages["total"], audit.messages["applied"]), (6, 6));
    let events = rig.place.number("select count(*) from events").await;
    assert_eq!((audit.deliveries["total"], audit.deliveries["pending"]), (events + 6, events + 6));
}

/// What must never be, put there past the hub's rules: (kind, how to plant it, how to take it away).
fn plants(rig: &Rig) -> Vec<(&'static str, String, String)> {
    let acme = rig.place.id(rig.acme.0);
    let nobody = rig.place.id(uuid::Uuid::from_u128(0xbad));
    let one = "id = (select id from documents where name = '3.json')";
    let message = "document = (select id from documents where name = '3.json')";
    let event = format!("message = (select id from messages where {message}) and kind = 'order.confirmed'");
    let of_event = format!("event = (select id from events where {event})");
    vec![
        (
            "blob_without_document",
            format!("insert into blobs (tenant, sha256, size, chunks, sealed_at, created_at) values ({acme}, 'feed', 0, 0, 1, 1)"),
            "delete from blobs where sha256 = 'feed'".into(),
        ),
        (
            "document_without_bytes",
            format!("update blobs set sealed_at = null where sha256 = (select sha256 from documents where {one})"),
            "update blobs set sealed_at = 1 where sealed_at is null".into(),
        ),
        (
            "sets_without_messages",
            format!("update documents set sets = sets + 1 where {one}"),
            format!("update documents set sets = sets - 1 where {one}"),
        ),
        (
            "sets_without_messages",
            format!("update messages set state = 'replaced' where {message}"),
            format!("update messages set state = 'applied' where {message}"),
        ),
        (
            "sets_without_messages",
            format!(
                "insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, state, created_at, deadline, wait_us)
                 select tenant, {nobody}, document, 1, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, 'rejected', created_at, deadline, wait_us from messages where {message}"
            ),
            format!("delete from messages where id = {nobody}"),
        ),
        (
            "stuck_document",
            format!("update documents set state = 'received', deadline = 1, wait_us = 1 where {one}"),
            format!("update documents set state = 'translated' where {one}"),
        ),
        (
            "stuck_message",
            format!("update messages set state = 'pending', deadline = 1, wait_us = 1 where {message}"),
            format!("update messages set state = 'applied' where {message}"),
        ),
        (
            "stuck_delivery",
            format!("update deliveries set deadline = 1, wait_us = 1 where {of_event} and kind = 'webhook'; delete from outbox"),
            format!("update deliveries set state = 'delivered' where {of_event} and kind = 'webhook'"),
        ),
        (
            "waiting_for_nothing",
            format!("update messages set state = 'waiting' where {message}"),
            format!("update messages set state = 'applied' where {message}"),
        ),
        (
            "message_without_event",
            format!("insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, state, created_at, deadline, wait_us)
                 select tenant, {nobody}, {nobody}, 0, 0, 0, standard, '', '', '', 0, 0, 'applied', created_at, deadline, wait_us from messages where {message}"),
            format!("delete from messages where id = {nobody}"),
        ),
        (
            "event_without_delivery",
            format!("update deliveries set tries = 77, event = {nobody} where {of_event} and kind = 'webhook'"),
            format!("update deliveries set event = (select id from events where {event}) where tries = 77"),
        ),
        (
            "event_without_delivery",
            format!("update deliveries set tries = 78, event = {nobody} where {of_event} and kind = 'document'"),
            format!("update deliveries set event = (select id from events where {event}) where tries = 78"),
        ),
        (
            "number_skipped",
            "update deliveries set control = null where control = '000000003'".into(),
            "update deliveries set control = '000000003' where control is null and kind = 'document'".into(),
        ),
        (
            "number_skipped",
            "update control_numbers set next = next + 1 where scope = 'northwind/gs'".into(),
            "update control_numbers set next = next - 1 where scope = 'northwind/gs'".into(),
        ),
        (
            "expectation_missing",
            format!("update deliveries set acknowledged = 'waiting' where {of_event} and kind = 'document'"),
            "update deliveries set acknowledged = null where acknowledged = 'waiting'".into(),
        ),
    ]
}

async fn each_kind_is_found_and_nothing_else(mut rig: Rig) {
    worked(&mut rig).await;
    let mut planted = BTreeSet::new();
    for (kind, plant, undo) in plants(&rig) {
        rig.place.sql(&plant).await.unwrap_or_else(|error| panic!("{plant}: {error}"));
        let audit = look(&rig).await;
        assert!(!audit.ok, "{kind}: {plant}");
        assert_eq!(audit.missing.iter().map(|m| m.kind).collect::<Vec<_>>(), [kind], "{:#?} by {plant}", audit.missing);
        let missing = &audit.missing[0];
        assert_eq!(missing.tenant, "acme");
        assert!(!missing.sentence.is_empty() && !missing.remedy.is_empty() && !missing.id.is_empty(), "{missing:?}");
        if plant.contains("000000003") {
            assert!(missing.sentence.ends_with("; missing: 000000003"), "{}", missing.sentence);
        }
        assert!(rig.place.sql(&undo).await.unwrap() > 0, "{undo}");
        assert_eq!(look(&rig).await.missing, [], "after {undo}");
        planted.insert(kind);
    }
    assert_eq!(planted, KINDS.into_iter().collect(), "one of each kind");
}

async fn a_tenant_at_a_time(mut rig: Rig) {
    worked(&mut rig).await;
    rig.place.sql("update control_numbers set next = next + 1 where scope = 'northwind/gs'").await.unwrap();
    let of = async |tenant| audit(&rig.hub.store, &rig.hub.directory, Some(tenant), now()).await.unwrap();
    let acme = of(rig.acme).await;
    assert_eq!((acme.ok, acme.missing.len(), acme.messages["total"]), (false, 1, 6));
    let globex = of(rig.globex).await;
    assert_eq!((globex.ok, globex.missing.len(), globex.messages["total"]), (true, 0, 0));
}

async fn a_hub_at_work_is_not_accused(mut rig: Rig) {
    rig.start(2, 2).await;
    let mut looks = 0;
    {
        let takes = async {
            for n in 0..200u32 {
                let way = if n % 2 == 0 { "north-a" } else { "north-b" };
                let bytes = order(&format!("PO-{}", n / 2), &[("PLENTY-1", n + 1), ("PLENTY-2", 2)]);
                rig.bring(way, &format!("{n}.json"), &bytes).await;
            }
            rig.quiet().await;
        };
        tokio::pin!(takes);
        loop {
            tokio::select! {
                () = &mut takes => break,
                audit = look(&rig) => {
                    looks += 1;
                    assert_eq!(audit.missing, [], "look {looks}");
                }
            }
        }
    }
    assert!(looks > 3, "{looks} looks while it worked");
    rig.halt().await;
    assert_eq!(look(&rig).await.missing, []);
}

/// Late, but with a claim check in the outbox or a lease: somebody will come to it.
async fn work_on_its_way_is_not_stuck(mut rig: Rig) {
    rig.bring("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await;
    let late =
        |table: &str| format!("update {table} set deadline = 1, wait_us = 1 where state in ('received', 'pending')");
    rig.place.sql(&late("documents")).await.unwrap();
    assert_eq!(look(&rig).await.missing, [], "its claim check stands in the outbox");
    rig.place.sql("update outbox set stage = 'apply'").await.unwrap();
    assert_eq!(look(&rig).await.missing.len(), 1, "one of another stage is none");
    let leased = format!(
        "update connections set lease_owner = {}, lease_until = {} where name = 'north-a'",
        rig.place.id(uuid::Uuid::nil()),
        i64::MAX
    );
    rig.place.sql(&leased).await.unwrap();
    assert_eq!(look(&rig).await.missing, [], "somebody has the lease");
    rig.place
        .sql("update connections set lease_owner = null, lease_until = 0; update outbox set stage = 'translate'")
        .await
        .unwrap();
    rig.start(1, 0).await;
    rig.stand("PO-1", &["pending"]).await;
    rig.halt().await;
    rig.place.sql(&late("messages")).await.unwrap();
    // On PostgreSQL the relay has brought it to the broker by now, whose queue is no proof: write it once more.
    let id = rig.messages("PO-1").await[0].id;
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    outbox::push(&mut tx, &outbox::claims(rig.acme, Stage::Apply, &[id.0], now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(look(&rig).await.missing, []);
    rig.place.sql("delete from outbox").await.unwrap();
    assert_eq!(look(&rig).await.missing[0].kind, "stuck_message");
    let before = audit(&rig.hub.store, &rig.hub.directory, None, Micros(2)).await.unwrap();
    assert_eq!(before.missing, [], "not yet three times its wait");
}

async fn a_tenant_that_is_not_there_is_an_error(rig: Rig) {
    let nobody = Tenant::named("nobody");
    let error = audit(&rig.hub.store, &rig.hub.directory, Some(nobody), now()).await.unwrap_err();
    assert!(error.to_string().contains("does not see the tenants"), "{error}");
    rig.place.sql("delete from tenants where name = 'globex'").await.unwrap();
    let error = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap_err();
    assert!(error.to_string().contains("globex"), "{error}");
}

/// The JSON that scripts read.
async fn its_shape(rig: Rig) {
    let json = serde_json::to_value(look(&rig).await).unwrap();
    let keys = |of: &serde_json::Value| of.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let set = |words: &str| words.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(keys(&json), set("documents messages deliveries missing ok"));
    assert_eq!(keys(&json["documents"]), set("total received retrying translated unassigned rejected duplicate dead"));
    assert_eq!(
        keys(&json["messages"]),
        set("total pending waiting held retrying applied rejected dead cancelled replaced")
    );
    assert_eq!(keys(&json["deliveries"]), set("total pending retrying delivered dead cancelled"));
    assert_eq!((&json["missing"], &json["ok"]), (&serde_json::json!([]), &serde_json::json!(true)));
}

/// Row-level security that hides rows from the audit must not make it say that all is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_that_does_not_see_every_row_fails() {
    let mut rig = Rig::open(crate::rig::Backing::Pg).await;
    worked(&mut rig).await;
    for (hide, show) in [
        (
            "drop policy of_the_system on messages",
            "create policy of_the_system on messages to crossdock_system using (true) with check (true)",
        ),
        (
            "create policy less on messages as restrictive to crossdock_system using (false)",
            "drop policy less on messages",
        ),
        ("alter policy of_the_system on events using (at = 0)", "alter policy of_the_system on events using (true)"),
        (
            "alter policy of_the_system on tenants using (name = 'acme')",
            "alter policy of_the_system on tenants using (true)",
        ),
    ] {
        rig.place.sql(hide).await.unwrap();
        let error = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap_err();
        assert!(error.to_string().contains("can't say that nothing is missing"), "{hide}: {error}");
        rig.place.sql(show).await.unwrap();
        assert_eq!(look(&rig).await.missing, []);
    }
}
