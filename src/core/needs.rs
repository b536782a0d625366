//! What a batch touches, named before it is loaded, so that loading is a handful of statements.
//!
//! Locks are taken in one order everywhere: orders by id, then stock by item id. References, items and prices are
//! only read.

use super::{Command, World, orders::SalesOrder, pricing::PriceEntry};
use crate::canonical::parts::{Purpose, Ref};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What can be named from the commands alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs<'a> {
    /// References that may lead to items.
    pub refs: BTreeSet<&'a Ref>,
    /// Entities of kind `order`, to be locked.
    pub orders: BTreeSet<Uuid>,
}

/// What can be named once references and orders are loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoreNeeds {
    /// Entities of kind `item`.
    pub items: BTreeSet<Uuid>,
    /// Entities of kind `price`.
    pub prices: BTreeSet<Uuid>,
    /// Stock rows by item, to be locked.
    pub stock: BTreeSet<Uuid>,
}

/// The first round. All commands are of one tenant.
pub fn needs(commands: &[Command]) -> Needs<'_> {
    let mut needs = Needs::default();
    for command in commands {
        needs.orders.insert(SalesOrder::id(command.tenant, command.partner, &command.order.number));
        if command.order.purpose == Purpose::Original {
            needs.refs.extend(command.order.lines.iter().flat_map(|line| &line.item));
        }
    }
    needs
}

/// The second round, when the world holds the first: what new orders may take, and what cancels give back.
pub fn more_needs(commands: &[Command], world: &World) -> MoreNeeds {
    let mut needs = MoreNeeds::default();
    for command in commands {
        let order = &command.order;
        match (order.purpose, world.order(SalesOrder::id(command.tenant, command.partner, &order.number))) {
            (Purpose::Original, None) => {
                let refs = order.lines.iter().flat_map(|line| &line.item);
                for item in refs.filter_map(|reference| world.led_to(reference)) {
                    needs.items.insert(item);
                    needs.stock.insert(item);
                    let list = command.price_list.as_deref();
                    needs.prices.extend(list.map(|list| PriceEntry::id(command.tenant, list, item)));
                }
            }
            (Purpose::Cancel, Some(standing)) => needs.stock.extend(standing.reserved.iter().map(|held| held.item)),
            _ => {}
        }
    }
    needs
}
