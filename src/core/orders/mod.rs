//! Sales orders: placed and answered line by line, answered again, cancelled.
//!
//! Promise: an order takes what is there and says so; a number that stands is never decided twice; a cancel gives back
//! all that the order held.
//! Called by: `core::decide`. Calls: the other domains' types.
//! Never: reserves for a price that was not agreed; opens a carton that was ordered whole.
//! Tried by: core/tests/stories.rs, rules.rs, properties.rs

mod cancel;
mod line;
mod place;

use super::{Command, Decision, Refusal, Stop, World};
use crate::canonical::{
    Event, EventId, PartnerId, Tenant,
    event::TYPES,
    ids,
    order::{Order, OrderCancelled, Reserved},
    order_response::OrderResponse,
    parts::Purpose,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An order that stands or stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SalesOrder {
    /// The seller's number, made from the entity's id.
    pub our_number: String,
    /// Name of the partner that placed it.
    pub partner: String,
    /// As the buyer sent it.
    pub order: Order,
    /// The stock that it holds now: nothing once it is cancelled.
    pub reserved: Vec<Reserved>,
    /// What was promised, and the event that first said so.
    pub confirmed: Said<OrderResponse>,
    /// Set when it is cancelled: what was given back, and the event that first said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Said<OrderCancelled>>,
}

/// What an event said, so that it can be said again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said<T> {
    pub event: EventId,
    pub data: T,
}

impl SalesOrder {
    /// The entity id of a partner's order number.
    pub fn id(tenant: Tenant, partner: PartnerId, number: &str) -> Uuid {
        ids::entity(tenant, "order", &format!("{partner}/{number}"))
    }
}

/// The seller's number of an order: 60 bits of its id, as `SO-XXXX-XXXX-XXXX` in Crockford's base 32, which has no I,
/// L, O or U to misread. Among a million orders of a tenant two are alike with a chance of one in two million.
pub fn our_number(id: Uuid) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = id.as_u128(); // the low 62 bits of a UUID hold neither version nor variant (RFC 9562 §5.5)
    let digit = |at: u32| char::from(DIGITS[(bits >> (55 - 5 * at)) as usize % 32]);
    (0..12).fold(String::from("SO"), |mut number, at| {
        if at % 4 == 0 {
            number.push('-');
        }
        number.push(digit(at));
        number
    })
}

/// Decides about an order message by its purpose and what stands under its number.
pub(super) fn decide(world: &World, command: &Command) -> Result<Decision, Stop> {
    let (order, partner) = (&command.order, &command.partner_name);
    let number = &order.number;
    if number.trim().is_empty() {
        return Err(Refusal {
            code: "order/no_number",
            sentence: "The order has no number.".into(),
            expected: "the buyer's order number".into(),
            remedy: "Send it with the buyer's order number.".into(),
            path: "/number".into(),
        }
        .into());
    }
    let id = SalesOrder::id(command.tenant, command.partner, number);
    match (order.purpose, world.order(id)) {
        (Purpose::Original, None) => place::place(world, command, id),
        (Purpose::Original, Some(standing)) => place::again(command, standing),
        (Purpose::Cancel, Some(standing)) => cancel::cancel(world, command, id, standing),
        (Purpose::Cancel, None) => Err(Refusal {
            code: "order/unknown",
            sentence: format!("No order {number} of {partner} stands."),
            expected: "the number of an order that stands".into(),
            remedy: "Send the number under which the order was placed; one whose lines were all rejected never stood \
                     and needs no cancel."
                .into(),
            path: "/number".into(),
        }
        .into()),
        (Purpose::Change, _) => Err(Refusal {
            code: "not_built",
            sentence: format!("Order {number} of {partner} was sent with purpose `change`, which is not built yet."),
            expected: "an original or a cancel".into(),
            remedy: "Send a cancel of the order, then a new original under another number.".into(),
            path: "/purpose".into(),
        }
        .into()),
    }
}

/// The event of this ordinal; its data's schema stands in `event::TYPES`.
fn event<T: Serialize>(command: &Command, ordinal: u32, kind: &str, data: &T) -> Result<Event, Stop> {
    let schema = TYPES.iter().find(|(name, _)| *name == kind).map(|(_, schema)| (*schema).to_owned());
    Ok(Event {
        id: EventId::of(command.message, ordinal),
        kind: kind.to_owned(),
        at: command.now,
        tenant: command.tenant,
        message: command.message,
        key: format!("order/{}/{}", command.partner_name, command.order.number),
        repeats: None,
        schema: schema.ok_or_else(|| Stop::Broken(format!("event type {kind} has no schema")))?,
        data: serde_json::to_value(data).map_err(|e| Stop::Broken(format!("data of {kind}: {e}")))?,
    })
}

/// The same answer again, under an id of its own: nothing changes, the answer goes out once more.
fn repeat<T: Serialize>(command: &Command, kind: &str, said: &Said<T>) -> Result<Decision, Stop> {
    let again = Event { repeats: Some(said.event), ..event(command, 0, kind, &said.data)? };
    Ok(Decision { events: vec![again], order: None, stock: vec![] })
}
