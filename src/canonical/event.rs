//! Events: what the core decided, as it is kept and as webhooks carry it.

use super::{EventId, MessageId, Micros, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event, complete in itself: who answers a partner needs nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub id: EventId,
    /// `order.confirmed`; the list is `TYPES`.
    #[serde(rename = "type")]
    pub kind: String,
    pub at: Micros,
    pub tenant: Tenant,
    /// The message that caused it.
    pub message: MessageId,
    /// Order is kept by key: `order/northwind/PO123`.
    pub key: String,
    /// Where it is the same answer again: the first event that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<EventId>,
    /// Name of the data's schema: `order_response/1`.
    pub schema: String,
    pub data: Value,
}

/// Event types that the hub emits now, with the schema of their data.
pub const TYPES: &[(&str, &str)] = &[
    ("order.placed", "order_placed/1"),
    ("order.confirmed", "order_response/1"),
    ("order.backordered", "order_response/1"),
    ("order.cancelled", "order_cancelled/1"),
    ("acknowledgement.received", "acknowledgement/1"),
    ("acknowledgement.accepted", "acknowledgement/1"),
    ("acknowledgement.rejected", "acknowledgement/1"),
    ("acknowledgement.due_soon", "expectation/1"),
    ("acknowledgement.overdue", "expectation/1"),
    ("answer.due_soon", "expectation/1"),
    ("answer.overdue", "expectation/1"),
];
