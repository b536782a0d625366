//! Ids. What can be derived is derived (UUIDv5), so that doing a thing again gives the same row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of every derived id. It must never change.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_94b2_3d0e_5a77_9c41_e8d7_20b3_55aa);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> { s.parse().map($name) }
        }
    )*};
}
ids! {
    /// Whose data it is.
    Tenant;
    /// A trading partner of a tenant.
    PartnerId;
    /// A way in or out; its name is unique in the hub.
    ConnectionId;
    /// One file or body, as it arrived (UUIDv7).
    DocumentId;
    /// A canonical message.
    MessageId;
    /// What the core decided; the `webhook-id` of what is sent.
    EventId;
    /// One event to one endpoint, or one outbound document to one partner.
    DeliveryId;
    /// A webhook receiver of a tenant.
    EndpointId;
}

fn derive(parent: Uuid, name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{parent}/{name}").as_bytes())
}

impl Tenant {
    /// The tenant of a name in `connectors/tenants`.
    pub fn named(name: &str) -> Self {
        Tenant(derive(NAMESPACE, &format!("tenant/{name}")))
    }
}

impl PartnerId {
    /// The partner of a name within its tenant.
    pub fn named(tenant: Tenant, name: &str) -> Self {
        PartnerId(derive(tenant.0, &format!("partner/{name}")))
    }
}

impl ConnectionId {
    /// The connection of a name; names are unique in the hub.
    pub fn named(name: &str) -> Self {
        ConnectionId(derive(NAMESPACE, &format!("connection/{name}")))
    }
}

impl EndpointId {
    /// The endpoint of a name within its tenant.
    pub fn named(tenant: Tenant, name: &str) -> Self {
        EndpointId(derive(tenant.0, &format!("endpoint/{name}")))
    }
}

impl DocumentId {
    /// A new document.
    pub fn new() -> Self {
        DocumentId(Uuid::now_v7())
    }
}

impl Default for DocumentId {
    fn default() -> Self {
        Self::new()
    }
}

impl MessageId {
    /// `set` counts through the whole document from 0; `run` is raised only by a restart; `split` from 0.
    pub fn of(document: DocumentId, run: u32, set: u32, split: u32) -> Self {
        MessageId(derive(document.0, &format!("message/{run}/{set}/{split}")))
    }
}

impl EventId {
    /// The nth event of a message.
    pub fn of(message: MessageId, ordinal: u32) -> Self {
        EventId(derive(message.0, &format!("event/{ordinal}")))
    }
}

impl EventId {
    /// What is told of an expectation: `overdue/` and the instant that it was due.
    pub fn of_expectation(expectation: Uuid, what: &str) -> Self {
        EventId(derive(expectation, &format!("event/{what}")))
    }
}

/// The id of what is expected for a document of ours, or of an answer to a number.
pub fn expectation(of: Uuid, name: &str) -> Uuid {
    derive(of, &format!("expectation/{name}"))
}

impl DeliveryId {
    /// An event to one target: an endpoint's id, or an answer's name (`northwind-drop/855`).
    pub fn of(event: EventId, target: &str) -> Self {
        DeliveryId(derive(event.0, &format!("delivery/{target}")))
    }

    /// What carries this one and others in one interchange.
    pub fn batch(first: DeliveryId) -> Self {
        DeliveryId(derive(first.0, "batch"))
    }

    /// What goes out in the place of another, which was sent again so many times before.
    pub fn again(first: DeliveryId, times: i64) -> Self {
        DeliveryId(derive(first.0, &format!("again/{times}")))
    }

    /// A document that goes out for a document and not for an event: a functional acknowledgement.
    pub fn acknowledgement(document: DocumentId, name: &str) -> Self {
        DeliveryId(derive(document.0, &format!("acknowledgement/{name}")))
    }
}

/// The id of an entity that is found by its natural key: (`order`, partner and number), (`price`, list and item).
pub fn entity(tenant: Tenant, kind: &str, key: &str) -> Uuid {
    derive(tenant.0, &format!("entity/{kind}/{key}"))
}
