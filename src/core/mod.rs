//! What is true, and what may become true: the decisions of a distributor, as pure functions.
//!
//! Promise: the same world and the same command give the same decision, to the byte; a decision never reserves more
//! than there is, and its events alone rebuild what it changed.
//! Called by: `flow` (apply), which loads a `World` by `needs` and `more_needs`, folds `decide` over a batch and
//! saves `World::changed` in one transaction; `store`, for the bodies' shapes. Calls: `canonical`.
//! Never: does I/O, reads a clock, draws a random number, awaits, knows a format.
//! Tried by: core/tests (tables that read as stories, properties, state rebuilt from events)

pub mod catalog;
pub mod inventory;
mod needs;
pub mod orders;
pub mod pricing;
mod refusal;
mod rows;
mod world;

#[cfg(test)]
mod tests;

pub use needs::{MoreNeeds, Needs, more_needs, needs};
pub use refusal::{CODES, CodeRow, Refusal, Stop};
pub use rows::{Row, RowFault};
pub use world::{BodyFault, Changes, EntityChange, EntityKey, Kind, StockChange, World};

use crate::canonical::{Event, MessageId, Micros, PartnerId, Tenant, order::Order};
use uuid::Uuid;

/// The messages that there are rules for; others are read and held, until there are.
pub const APPLIES: &[&str] = &["order/1"];

/// A message that is to be applied, with all that deciding about it takes besides the world.
#[derive(Debug, Clone)]
pub struct Command {
    pub message: MessageId,
    pub tenant: Tenant,
    pub partner: PartnerId,
    /// The partner's name in `connectors/`; events' keys carry it.
    pub partner_name: String,
    /// Name of the partner's price list.
    pub price_list: Option<String>,
    /// The instant of the decision: the core has no clock.
    pub now: Micros,
    pub order: Order,
}

/// What was decided: events in their order, and how the state follows. `World::apply` folds it in.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Never empty: an applied message says something. Ids are `EventId::of(message, place in this list)`.
    pub events: Vec<Event>,
    /// An order as it stands now; `None` where nothing changed (the same answer again, or all lines rejected).
    pub order: Option<(Uuid, orders::SalesOrder)>,
    /// What each item's `reserved` moves by, in 10⁻⁴ of its base unit; sorted by item, none of it zero.
    pub stock: Vec<(Uuid, i64)>,
}

/// Decides about one command. Changes nothing; the next command of a batch is decided on the world that
/// `World::apply` made of this decision.
pub fn decide(world: &World, command: &Command) -> Result<Decision, Stop> {
    orders::decide(world, command)
}
