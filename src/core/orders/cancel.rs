//! A cancel: all that the order holds is free again.

use super::{Said, SalesOrder, event, repeat};
use crate::{
    canonical::order::OrderCancelled,
    core::{Command, Decision, Stop, World},
};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) fn cancel(world: &World, command: &Command, id: Uuid, standing: &SalesOrder) -> Result<Decision, Stop> {
    if let Some(said) = &standing.cancelled {
        return repeat(command, "order.cancelled", said);
    }
    let mut stock: BTreeMap<Uuid, i64> = BTreeMap::new();
    for held in &standing.reserved {
        let broken = || Stop::Broken(format!("order {id} holds {:?} of {}", held.quantity, held.sku));
        let quantity = held.quantity.scaled().filter(|quantity| *quantity > 0).ok_or_else(broken)?;
        let delta = stock.entry(held.item).or_default();
        *delta = delta.checked_sub(quantity).ok_or_else(broken)?;
    }
    for (item, delta) in &stock {
        let reserved = world.stock(*item).reserved;
        if reserved.saturating_add(*delta) < 0 {
            let held = delta.unsigned_abs();
            return Err(Stop::Broken(format!(
                "order {id} holds {held} of item {item}, of which {reserved} is reserved"
            )));
        }
    }
    let data = OrderCancelled {
        order_number: standing.order.number.clone(),
        our_number: standing.our_number.clone(),
        partner: standing.partner.clone(),
        placed: standing.order.placed.date,
        cancelled: command.now.date(),
        released: standing.reserved.clone(),
    };
    let said = event(command, 0, "order.cancelled", &data)?;
    let cancelled = SalesOrder { reserved: vec![], cancelled: Some(Said { event: said.id, data }), ..standing.clone() };
    Ok(Decision { events: vec![said], order: Some((id, cancelled)), stock: stock.into_iter().collect() })
}
