//! The words everyone speaks: messages, events, ids, money, quantity, instants.
//!
//! Promise: one shape for a message whatever it came in (`messages` lists them); money and quantity are decimals, an instant is UTC.
//! Called by: every room. Calls: nothing of ours.
//! Never: does I/O, reads a clock, knows a format, a transport or a database.
//! Tried by: the tests in its files, tests/api (JSON Schema)

pub mod acknowledgement;
pub mod amounts;
pub mod body;
pub mod catalogue;
pub mod claim;
pub mod currency;
pub mod despatch;
pub mod event;
pub mod events;
pub mod expectation;
pub mod ids;
pub mod instant;
pub mod invoice;
pub(crate) mod looked;
pub mod messages;
pub mod order;
pub mod order_response;
pub mod outgoing;
pub mod parts;
pub mod payment;
mod record;
pub mod transport;
pub mod warehouse;

pub use amounts::{Amount, Quantity};
pub use body::Body;
pub use claim::{ClaimCheck, Stage};
pub use event::Event;
pub use ids::{ConnectionId, DeliveryId, DocumentId, EndpointId, EventId, MessageId, PartnerId, Tenant};
pub use instant::{Date, DayOfMonth, Micros};
