//! Outbound documents: 855s of events and 997s of groups; control numbers without a gap, and none for what can't be written.

use super::{
    bench::{Backing, Bench, Trouble, event, tenant_file},
    on_both,
};
use crossdock::{
    canonical::{ConnectionId, DocumentId, PartnerId, Stage, outgoing::Outgoing},
    emit::acknowledge::{self, Acknowledgement, Says},
    flow::{
        deliver::{self, SendError},
        emitter,
    },
    formats::{
        ack::Form,
        piece::{Group, Identity, Interchange, Standard},
        write::Segment,
    },
    store::{
        deliveries,
        entities::{self, CrossReference, EVERYONE},
        journal, now,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    an_event_becomes_its_partners_855,
    what_cannot_be_written_is_dead_and_takes_no_number,
    numbers_wrap_as_agreed,
    envelopes_say_what_was_agreed,
    a_997_goes_back_the_way_its_group_came,
    a_document_that_cannot_be_put_down_is_tried_again,
    a_panic_costs_one_delivery,
    a_tenants_own_table_is_asked,
);

/// Orders of northwind are answered by 855s into its folder.
fn northwind(agreement: &str) -> String {
    format!(
        "tenant: acme\npartner: northwind\nidentities: [x12/01/001903202]\n\
         connections:\n  - {{ name: northwind-http, transport: http, key: k }}\n  - {{ name: northwind-drop, transport: folder, path: drop/northwind }}\n\
         agreement: {{ {agreement} }}\n\
         answers: [{{ event: order.confirmed, as: x12 004010 855, by: northwind-drop }}]\n"
    )
}

async fn open(backing: Backing, agreement: &str) -> (Bench, PartnerId) {
    let files = [("tenant.yaml", tenant_file("")), ("northwind.yaml", northwind(agreement))];
    let bench = Bench::with_files(backing, &files).await;
    let partner = PartnerId::named(bench.tenant, "northwind");
    (bench, partner)
}

fn confirmed(number: &str) -> Value {
    json!({
        "order_number": number, "our_number": "SO-17", "outcome": "accepted", "placed": "2026-03-02", "answered": "2026-03-02",
        "lines": [{
            "number": "1", "outcome": "accepted", "quantity": { "value": "60", "unit": "EA" },
            "item": [{ "scheme": "sku", "id": "BOLT-M8" }], "promised_on": "2026-03-16", "price": { "amount": "9.25", "per": "1" },
        }],
    })
}

/// Tells that orders were confirmed, in one transaction; gives the deliveries' rows in that order.
async fn confirm(bench: &Bench, partner: PartnerId, numbers: &[&str]) -> Vec<deliveries::DeliveryRow> {
    let events = numbers
        .iter()
        .map(|n| event(bench.tenant, "order.confirmed", &format!("order/northwind/{n}"), confirmed(n)))
        .collect();
    let mut rows = Vec::new();
    for id in bench.tell(events, Some(partner)).await {
        let mut found = bench.of(id).await;
        assert_eq!(found.len(), 1, "one document an event");
        rows.append(&mut found);
    }
    rows
}

fn came(bench: &Bench) -> Vec<Outgoing> {
    bench.documents.came.lock().unwrap().clone()
}

fn text(content: &[u8]) -> Vec<String> {
    String::from_utf8(content.to_vec()).unwrap().lines().map(str::to_owned).collect()
}

async fn an_event_becomes_its_partners_855(backing: Backing) {
    let (mut bench, partner) = open(backing, "test_indicator: send").await;
    bench.start();
    let row = confirm(&bench, partner, &["PO1"]).await.remove(0);
    let short = &row.id.0.simple().to_string()[..8];
    assert_eq!(
        (row.kind.as_str(), row.target.as_str(), row.control.as_deref()),
        ("document", "northwind-drop", Some("000000001"))
    );
    bench.until(row.id, "delivered").await;

    let out = came(&bench).remove(0);
    assert_eq!(out.name, format!("855-000000001-{short}.edi"));
    assert_eq!((out.delivery, out.connection), (row.id, ConnectionId::named("northwind-drop")));
    let lines = text(&out.bytes);
    let sent = &lines[0][70..81];
    assert_eq!(
        lines[0],
        format!(
            "ISA*00*          *00*          *ZZ*ACMEDIST       *01*001903202      *{sent}*U*00401*000000001*0*T*>~"
        )
    );
    assert_eq!(lines[1], format!("GS*PR*ACMEDIST*001903202*20{}*1*X*004010~", &sent));
    assert_eq!(
        lines[2..],
        [
            "ST*855*0001~",
            "BAK*00*AD*PO1*20260302****SO-17*20260302~",
            "N1*SE*acme*ZZ*ACMEDIST~",
            "PO1*1*60*EA*9.25*PE*VN*BOLT-M8~",
            "ACK*IA*60*EA*067*20260316~",
            "CTT*1~",
            "SE*7*0001~",
            "GE*1*1~",
            "IEA*1*000000001~"
        ]
    );
    let steps = bench.steps(row.id).await;
    assert_eq!(steps.last().unwrap().cause.as_ref().unwrap()["to"], format!("out/{}", out.name));
}

async fn what_cannot_be_written_is_dead_and_takes_no_number(backing: Backing) {
    let (mut bench, partner) = open(backing, "").await;
    let rows = confirm(&bench, partner, &["PO1", "PO*2", "PO3"]).await;
    let controls: Vec<Option<&str>> = rows.iter().map(|r| r.control.as_deref()).collect();
    assert_eq!(controls, [Some("000000001"), None, Some("000000002")]);
    let dead = &rows[1];
    assert_eq!((dead.state.as_str(), &dead.content), ("dead", &None));
    let cause = dead.cause.clone().unwrap();
    let sentence = cause["sentence"].as_str().unwrap();
    assert!(sentence.contains("BAK03") && sentence.contains("PO*2"), "{sentence}");
    let letters = bench.letters().await;
    assert_eq!((letters.len(), letters[0].thing_id, letters[0].reason.clone()), (1, dead.id.0, cause));

    // As long as nothing was mended, replay says so and changes nothing.
    let refused = deliver::replay(&bench.hub, bench.tenant, dead.id, "operator", "it works again").await;
    assert!(matches!(&refused, Err(deliver::Refused::StillUnwritable(s)) if s.contains("BAK03")), "{refused:?}");
    let more = confirm(&bench, partner, &["PO4"]).await;
    assert_eq!(more[0].control.as_deref(), Some("000000003"), "neither took a number");

    bench
        .reconfigure(&[("tenant.yaml", tenant_file("")), ("northwind.yaml", northwind("delimiters: { element: '|' }"))])
        .await;
    bench.start();
    deliver::replay(&bench.hub, bench.tenant, dead.id, "operator", "it works again").await.unwrap();
    let row = bench.until(dead.id, "delivered").await;
    assert_eq!((row.control.as_deref(), row.replays), (Some("000000004"), 1));
    let written = text(&row.content.unwrap());
    assert!(written.contains(&"BAK|00|AD|PO*2|20260302||||SO-17|20260302~".to_owned()), "{written:?}");
    assert!(bench.letters().await.is_empty());
}

async fn envelopes_say_what_was_agreed(backing: Backing) {
    let agreement = "sets: { '855': { isa_out: { isa05: '14', isa06: US, isa07: '08', isa08: THEM, isa14: true }, \
        gs_out: { gs02: OURAPP, date: yymmdd }, delimiters: { segment: '!', replacement: '-', line_end: crlf } } }";
    let (bench, partner) = open(backing, agreement).await;
    let row = confirm(&bench, partner, &["PO!1"]).await.remove(0);
    let text = String::from_utf8(row.content.expect("its bytes")).unwrap();
    let lines: Vec<&str> = text.split("!\r\n").collect();
    assert!(lines[0].contains("*14*US             *08*THEM           *"), "{text}");
    assert!(lines[0].ends_with("*000000001*1*P*>"), "{text}");
    let gs: Vec<&str> = lines[1].split('*').collect();
    assert_eq!((gs[2], gs[3], gs[4].len()), ("OURAPP", "THEM", 6), "{text}");
    assert!(lines[3].starts_with("BAK*00*AD*PO-1*"), "{text}");
}

async fn numbers_wrap_as_agreed(backing: Backing) {
    let (bench, partner) = open(backing, "control_numbers: { first: 900, last: 902 }").await;
    let rows =
        confirm(&bench, partner, &["A", "B"]).await.into_iter().chain(confirm(&bench, partner, &["C", "D", "E"]).await);
    let controls: Vec<String> = rows.filter_map(|r| r.control).collect();
    assert_eq!(controls, ["000000900", "000000901", "000000902", "000000900", "000000901"]);
}

fn identity(qualifier: &str, id: &str) -> Identity {
    Identity { qualifier: qualifier.into(), id: id.into() }
}

async fn a_997_goes_back_the_way_its_group_came(backing: Backing) {
    let (mut bench, partner) = open(backing, "acknowledge: '997'").await;
    let document = DocumentId::new();
    let interchange = Interchange {
        date: "261102".into(),
        time: "0915".into(),
        ordinal: 0,
        standard: Standard::X12,
        sender: identity("01", "001903202"),
        receiver: identity("ZZ", "ACMEDIST"),
        control: "000000042".into(),
        version: "00401".into(),
        test: false,
        acknowledgement_requested: false,
        security: Default::default(),
        byte: 0,
    };
    let group = |ordinal: u32| Group {
        interchange: 0,
        ordinal,
        functional_id: "PO".into(),
        sender: "NWAPP".into(),
        receiver: "ACMEAPP".into(),
        qualifiers: Default::default(),
        control: "17".into(),
        version: "004010".into(),
        byte: 106,
        segment: 2,
    };
    let groups = [group(0), group(1)];
    // By http there is no way back: the partner's first folder takes it. Translate done again says the same again.
    let mut ids = Vec::new();
    for round in 0..2 {
        let hub = bench.hub.clone();
        let mut tx = hub.store.begin(bench.tenant).await.unwrap();
        let said = groups
            .iter()
            .map(|group| Acknowledgement {
                document,
                partner: &hub.directory.partners[&partner],
                came_by: hub.directory.connection("northwind-http").unwrap(),
                interchange: &interchange,
                again: 0,
                says: Says::Group {
                    group,
                    form: Form::F997,
                    segments: vec![Segment::plain("AK1", ["PO", "17"]), Segment::plain("AK9", ["A", "1", "1", "1"])]
                        .into(),
                },
            })
            .collect();
        acknowledge::write(&mut tx, &emitter(&hub, hub.library.own(), now()), bench.tenant, said, vec![])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = hub.store.read(bench.tenant).await.unwrap();
        let rows = deliveries::of(&mut tx, bench.tenant, None, Some(document)).await.unwrap();
        tx.rollback().await.unwrap();
        let mut controls: Vec<Option<String>> = rows.iter().map(|r| r.control.clone()).collect();
        controls.sort();
        assert_eq!(controls, [Some("000000001".into()), Some("000000002".into())], "round {round}");
        ids = rows.iter().map(|r| r.id).collect();
    }
    bench.start();
    for id in ids {
        bench.until(id, "delivered").await;
    }
    let first = came(&bench).into_iter().find(|o| o.name.starts_with("997-000000001-")).unwrap();
    assert_eq!(first.connection, ConnectionId::named("northwind-drop"));
    let lines = text(&first.bytes);
    assert!(
        lines[0].starts_with("ISA*00*          *00*          *ZZ*ACMEDIST       *01*001903202      *"),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with("GS*FA*ACMEAPP*NWAPP*"), "{}", lines[1]);
    assert_eq!(lines[2..], ["ST*997*0001~", "AK1*PO*17~", "AK9*A*1*1*1~", "SE*4*0001~", "GE*1*1~", "IEA*1*000000001~"]);
    // The number after is the next one: the round that wrote nothing took none.
    let row = confirm(&bench, partner, &["PO1"]).await.remove(0);
    assert_eq!(row.control.as_deref(), Some("000000003"));
}

async fn a_document_that_cannot_be_put_down_is_tried_again(backing: Backing) {
    let (mut bench, partner) = open(backing, "").await;
    let full = SendError {
        code: "folder/not_writable".into(),
        sentence: "drop/northwind/out can't be written: no space left".into(),
        transient: true,
        retry_after: Some(Duration::from_millis(1)),
    };
    *bench.documents.trouble.lock().unwrap() = Some(("855-".into(), Trouble::Error(full.clone())));
    bench.start();
    let row = confirm(&bench, partner, &["PO1"]).await.remove(0);
    let waiting = bench.until(row.id, "retrying").await;
    assert_eq!(waiting.cause.unwrap(), json!({ "code": full.code, "sentence": full.sentence }));
    *bench.documents.trouble.lock().unwrap() =
        Some(("855-".into(), Trouble::Error(SendError { transient: false, ..full })));
    bench.stop().await;
    // What waits can be sent at once by hand: cancelled, then replayed.
    deliver::cancel(&bench.hub, bench.tenant, row.id, "operator", "to send it now").await.unwrap();
    deliver::replay(&bench.hub, bench.tenant, row.id, "operator", "it works again").await.unwrap();
    bench.start();
    let dead = bench.until(row.id, "dead").await;
    assert_eq!(dead.cause.unwrap()["code"], "folder/not_writable");
}

async fn a_panic_costs_one_delivery(backing: Backing) {
    let (mut bench, partner) = open(backing, "").await;
    let rows = confirm(&bench, partner, &["PO1", "PO2", "PO3"]).await;
    *bench.documents.trouble.lock().unwrap() = Some(("855-000000002-".into(), Trouble::Panic));
    bench.start();
    bench.until(rows[0].id, "delivered").await;
    bench.until(rows[2].id, "delivered").await;
    let dead = bench.until(rows[1].id, "dead").await;
    let cause = dead.cause.unwrap();
    assert_eq!(
        (cause["code"].as_str(), cause["sentence"].as_str()),
        (Some("bug/panic"), Some("told to panic at 855-000000002-"))
    );
    bench.until_settled().await;
    let mut tx = bench.hub.store.read(bench.tenant).await.unwrap();
    let steps = journal::of_delivery(&mut tx, bench.tenant, rows[1].id.0).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(steps.iter().all(|s| s.stage == Stage::Deliver.name()));
}

/// Our unit has no X12 code in the mapping's table; a row of the tenant's names the partner's.
async fn a_tenants_own_table_is_asked(backing: Backing) {
    let (mut bench, partner) = open(backing, "").await;
    let mut data = confirmed("PO1");
    data["lines"][0]["quantity"]["unit"] = "XQX".into();
    let told = event(bench.tenant, "order.confirmed", "order/northwind/PO1", data);
    let id = bench.tell(vec![told], Some(partner)).await[0];
    let row = bench.of(id).await.remove(0);
    assert_eq!(row.state, "dead");
    let sentence = row.cause.unwrap()["sentence"].as_str().unwrap().to_owned();
    assert!(sentence.contains("XQX"), "{sentence}");

    let rows = ["Z9", "Z1"].map(|value| CrossReference {
        scheme: "uom".into(),
        value: value.into(),
        partner: EVERYONE,
        target: "XQX".into(),
    });
    let mut tx = bench.hub.store.begin(bench.tenant).await.unwrap();
    entities::upsert_cross_references(&mut tx, bench.tenant, &rows).await.unwrap();
    tx.commit().await.unwrap();
    bench.start();
    deliver::replay(&bench.hub, bench.tenant, row.id, "operator", "it works again").await.unwrap();
    let row = bench.until(row.id, "delivered").await;
    let written = text(&row.content.unwrap());
    assert!(written.contains(&"ACK*IA*60*Z1*067*20260316~".to_owned()), "the first by the alphabet: {written:?}");
}
