//! The core's world for one transaction: what the commands name is loaded, what was decided is written back.

use crate::{
    canonical::{Tenant, parts::Ref},
    core::{self, Command, EntityKey, Kind, World, inventory::Stock},
    store::{StoreError, Tx, entities, stock},
};
use serde_json::value::RawValue;

/// When a transaction locks the stock that it reserves. Nothing is promised twice either way: `stock::change` refuses
/// what is no longer free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockLock {
    /// Just before the commit. Batches that share items then wait for each other's commit and not for each other's
    /// work; if another one took what this one had counted on, this one conflicts and is done again.
    Late,
    /// Before it decides: what a batch does that has met such a conflict.
    Early,
}

/// Loads what the core names: references first, then orders, then items, prices and stock; locks in the one global order.
pub async fn load(
    tx: &mut Tx,
    tenant: Tenant,
    commands: &[Command],
    world: &mut World,
    stock_lock: StockLock,
) -> Result<(), StoreError> {
    if commands.is_empty() {
        return Ok(());
    }
    let needs = core::needs(commands);
    let refs: Vec<Ref> = needs.refs.iter().map(|r| (*r).clone()).collect();
    for (scheme, id, item) in entities::resolve(tx, tenant, Kind::Item.name(), &refs).await? {
        world.put_ref(Ref { scheme, id }, item);
    }
    let orders: Vec<(&str, uuid::Uuid)> = needs.orders.iter().map(|id| (Kind::Order.name(), *id)).collect();
    put(world, entities::load(tx, tenant, &orders).await?)?;
    let more = core::more_needs(commands, world);
    let master: Vec<(&str, uuid::Uuid)> = more
        .items
        .iter()
        .map(|id| (Kind::Item.name(), *id))
        .chain(more.prices.iter().map(|id| (Kind::Price.name(), *id)))
        .collect();
    put(world, entities::peek(tx, tenant, &master).await?)?;
    let items: Vec<uuid::Uuid> = more.stock.into_iter().collect();
    let rows = match stock_lock {
        StockLock::Late => stock::peek(tx, tenant, &items).await?,
        StockLock::Early => stock::load(tx, tenant, &items).await?,
    };
    for row in rows {
        world.put_stock(row.item, Stock { on_hand: row.on_hand, reserved: row.reserved });
    }
    Ok(())
}

fn put(world: &mut World, rows: Vec<entities::EntityRow>) -> Result<(), StoreError> {
    for row in rows {
        let Some(kind) = Kind::named(&row.kind) else { continue };
        world
            .put(EntityKey { kind, id: row.id }, row.version, &row.body)
            .map_err(|e| StoreError::Row(e.to_string()))?;
    }
    Ok(())
}

/// Writes what was changed.
pub async fn save(tx: &mut Tx, tenant: Tenant, changes: Vec<core::EntityChange>) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let body = RawValue::from_string(change.body).map_err(|e| StoreError::Row(e.to_string()))?;
        let version = change.expected.map_or(1, |v| v + 1);
        rows.push(entities::Save { kind: change.key.kind.name().into(), id: change.key.id, version, body });
    }
    entities::save(tx, tenant, &rows).await
}

/// Locks the stock rows, in their order, and reserves.
pub async fn reserve(tx: &mut Tx, tenant: Tenant, changes: &[core::StockChange]) -> Result<(), StoreError> {
    let items: Vec<uuid::Uuid> = changes.iter().map(|c| c.item).collect();
    stock::load(tx, tenant, &items).await?;
    let moved: Vec<stock::Change> = changes.iter().map(|c| stock::Change { item: c.item, reserved: c.delta }).collect();
    stock::change(tx, tenant, &moved).await
}
