//! The slow twin: state rebuilt from events alone. State tables are right if both agree.

use super::Shop;
use crate::{
    canonical::{
        Event, PartnerId,
        order::{OrderCancelled, OrderPlaced},
        order_response::OrderResponse,
    },
    core::{
        EntityKey, Kind,
        inventory::Stock,
        orders::{Said, SalesOrder},
    },
};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) type State = (BTreeMap<Uuid, SalesOrder>, BTreeMap<Uuid, Stock>);

/// Orders and stock as the store holds them.
pub(super) fn stored(shop: &Shop) -> State {
    let orders = shop.entities.iter().filter(|(key, _)| key.kind == Kind::Order);
    let read = |(key, (_, body)): (&EntityKey, &(i64, String))| (key.id, serde_json::from_str(body).unwrap());
    (orders.map(read).collect(), shop.stock.clone())
}

/// Orders and stock as the events tell them, from the opening stock.
pub(super) fn replayed(opening: &BTreeMap<Uuid, Stock>, events: &[Event]) -> State {
    let (mut orders, mut stock) = (BTreeMap::<Uuid, SalesOrder>::new(), opening.clone());
    let mut placed: Option<OrderPlaced> = None;
    for event in events.iter().filter(|event| event.repeats.is_none()) {
        let (partner, number) = event.key.strip_prefix("order/").unwrap().split_once('/').unwrap();
        let id = SalesOrder::id(event.tenant, PartnerId::named(event.tenant, partner), number);
        match event.kind.as_str() {
            "order.placed" => placed = Some(data(event)),
            "order.confirmed" => {
                let confirmed = Said { event: event.id, data: data::<OrderResponse>(event) };
                let Some(OrderPlaced { our_number, partner, order, reserved }) = placed.take() else { continue };
                for held in &reserved {
                    stock.get_mut(&held.item).unwrap().reserved += held.quantity.scaled().unwrap();
                }
                orders.insert(id, SalesOrder { our_number, partner, order, reserved, confirmed, cancelled: None });
            }
            "order.cancelled" => {
                let cancelled: OrderCancelled = data(event);
                for free in &cancelled.released {
                    stock.get_mut(&free.item).unwrap().reserved -= free.quantity.scaled().unwrap();
                }
                let order = orders.get_mut(&id).unwrap();
                order.reserved.clear();
                order.cancelled = Some(Said { event: event.id, data: cancelled });
            }
            _ => {}
        }
    }
    (orders, stock)
}

fn data<T: DeserializeOwned>(event: &Event) -> T {
    serde_json::from_value(event.data.clone()).unwrap()
}
