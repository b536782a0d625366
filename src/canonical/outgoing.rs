//! What a transport sends: bytes with a name.

use super::{ConnectionId, DeliveryId, Tenant};

/// An outbound document, ready to go by one connection. The name is derived from the delivery, so that sending
/// it again after a crash replaces the same file and makes no second one.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub delivery: DeliveryId,
    pub tenant: Tenant,
    pub connection: ConnectionId,
    pub name: String,
    pub bytes: Vec<u8>,
}
