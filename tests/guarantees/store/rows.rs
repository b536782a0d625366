//! Rows with nothing in them that a test does not name.

use crate::rig::{Rig, connection};
use crossdock::{
    canonical::{DeliveryId, DocumentId, EventId, MessageId, Tenant},
    store::{
        Tx,
        blobs::{self, Chunk},
        deliveries::NewDelivery,
        documents::{self, NewDocument},
        events::NewEvent,
        messages::NewMessage,
        now,
    },
};
use serde_json::{Value, json};

/// A document that came by a connection of northwind.
pub fn document(tenant: Tenant, way: &str, sequence: i64, sha256: &str) -> NewDocument {
    NewDocument {
        tenant,
        id: DocumentId::new(),
        connection: connection(way),
        sequence,
        name: format!("file-{sequence}"),
        transport_id: None,
        modified_at: None,
        sha256: sha256.into(),
        size: 3,
        received_at: now().0,
        state: "received",
        duplicate_of: None,
        partner: None,
        copy_of: None,
        given_to: None,
        given_sender: None,
        deadline: now().0 + 60_000_000,
        wait_us: 60_000_000,
        ended_at: None,
    }
}

/// A hash of 64 digits.
pub fn hash(n: u8) -> String {
    format!("{n:064x}")
}

/// Writes a sealed blob of three bytes.
pub async fn seal(tx: &mut Tx, tenant: Tenant, sha256: &str) {
    let now = now();
    blobs::lock(tx, tenant, &[(sha256.to_owned(), 3)], now).await.unwrap();
    let chunk = Chunk { sha256: sha256.into(), n: 0, bytes: blobs::compress(b"abc").unwrap() };
    blobs::write(tx, tenant, &[chunk]).await.unwrap();
    assert_eq!(blobs::seal(tx, tenant, &[sha256.to_owned()], now).await.unwrap(), 1);
}

/// Writes a document with its bytes.
pub async fn arrive(rig: &Rig, document: &NewDocument) {
    let mut tx = rig.hub.store.begin(document.tenant).await.unwrap();
    let standing = blobs::lock(&mut tx, document.tenant, &[(document.sha256.clone(), 3)], now()).await.unwrap();
    if !standing[0].1 {
        seal(&mut tx, document.tenant, &document.sha256).await;
    }
    documents::insert(&mut tx, std::slice::from_ref(document)).await.unwrap();
    tx.commit().await.unwrap();
}

/// A pending message of a document's set.
pub fn message(rig: &Rig, document: DocumentId, run: u32, set: u32, number: Option<&str>, place: i64) -> NewMessage {
    NewMessage {
        tenant: rig.acme,
        id: MessageId::of(document, run, set, 0),
        document,
        run: i64::from(run),
        set_no: i64::from(set),
        split: 0,
        interchange: None,
        group_no: None,
        standard: "json",
        set_kind: "json order".into(),
        set_version: String::new(),
        set_control: (set + 1).to_string(),
        set_byte: 0,
        set_len: 3,
        mapping: None,
        kind: Some("order/1".into()),
        partner: Some(rig.northwind),
        number: number.map(str::to_owned),
        place: number.map(|_| place),
        state: "pending",
        released: 1,
        body: Some(json!({"a": [1, null, "5"], "b": "ü"}).into()),
        provenance: None,
        faults: None,
        cause: None,
        hold_scheme: None,
        hold_value: None,
        fingerprint: None,
        created_at: now().0,
        ended_at: None,
        deadline: now().0 + 60_000_000,
        wait_us: 60_000_000,
        came_in: None,
        as_one: 0,
        search_keys: vec![],
    }
}

/// An event of a message.
pub fn event<'a>(tenant: Tenant, message: MessageId, ordinal: u32, kind: &'a str, data: &'a Value) -> NewEvent<'a> {
    NewEvent {
        tenant,
        id: EventId::of(message, ordinal),
        position: None,
        message,
        ordinal: i64::from(ordinal),
        kind,
        key: "order/northwind/1",
        at: now().0,
        schema: "order/1",
        repeats: None,
        data,
    }
}

/// A pending webhook of an event.
pub fn delivery(tenant: Tenant, event: EventId, target: &str) -> NewDelivery {
    NewDelivery {
        tenant,
        id: DeliveryId::of(event, target),
        event: Some(event),
        document: None,
        message: None,
        subscription: None,
        partner: None,
        kind: "webhook",
        target: target.into(),
        state: "pending",
        name: None,
        content: None,
        control: None,
        sequence: Some(1),
        cause: None,
        acknowledged: None,
        again_of: None,
        created_at: now().0,
        deadline: now().0 + 60_000_000,
        wait_us: 60_000_000,
    }
}
