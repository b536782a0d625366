//! The part of a tenant's state that a batch touches, held in memory while the batch is decided.

use super::{Decision, catalog::Item, inventory::Stock, orders::SalesOrder, pricing::PriceEntry};
use crate::canonical::{Event, parts::Ref};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Kinds of entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Order,
    Item,
    Price,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Order, Kind::Item, Kind::Price];

    /// As the store's `kind` column has it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Order => "order",
            Kind::Item => "item",
            Kind::Price => "price",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An entity's key. Its order is the global order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    pub kind: Kind,
    pub id: Uuid,
}

/// An entity's JSON that can't be read (somebody else wrote it, or a newer version of the hub) or made.
#[derive(Debug, thiserror::Error)]
#[error("the JSON of {} {} does not fit its type", .key.kind.name(), .key.id)]
pub struct BodyFault {
    pub key: EntityKey,
    #[source]
    pub source: serde_json::Error,
}

/// Entities and stock that the batch changed, each once, whatever happened to it in between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Sorted by key.
    pub entities: Vec<EntityChange>,
    /// Sorted by item.
    pub stock: Vec<StockChange>,
}

/// An entity to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityChange {
    pub key: EntityKey,
    /// The version that must stand; `None`: a new row, which must not exist.
    pub expected: Option<i64>,
    /// JSON.
    pub body: String,
}

/// A stock row to be updated where `reserved + delta between 0 and on_hand` holds; the row exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockChange {
    pub item: Uuid,
    /// What `reserved` moves by, not zero.
    pub delta: i64,
    /// As it was loaded.
    pub before: Stock,
}

#[derive(Debug, Clone, PartialEq)]
struct Standing {
    /// `None`: not stored yet.
    version: Option<i64>,
    changed: bool,
    body: SalesOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    before: Stock,
    now: Stock,
}

/// What a batch needs of one tenant, by `needs` and `more_needs`. What is not there does not exist.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    refs: BTreeMap<Ref, Uuid>,
    items: BTreeMap<Uuid, Item>,
    prices: BTreeMap<Uuid, PriceEntry>,
    stock: BTreeMap<Uuid, Counted>,
    orders: BTreeMap<Uuid, Standing>,
}

impl World {
    /// A reference that was found, and the item that it leads to.
    pub fn put_ref(&mut self, reference: Ref, item: Uuid) {
        self.refs.insert(reference, item);
    }

    /// A stock row that was found. One that was not counts as zero.
    pub fn put_stock(&mut self, item: Uuid, stock: Stock) {
        self.stock.insert(item, Counted { before: stock, now: stock });
    }

    /// An entity row that was found, its body as JSON text.
    pub fn put(&mut self, key: EntityKey, version: i64, body: &str) -> Result<(), BodyFault> {
        match key.kind {
            Kind::Item => drop(self.items.insert(key.id, read(key, body)?)),
            Kind::Price => drop(self.prices.insert(key.id, read(key, body)?)),
            Kind::Order => {
                let standing = Standing { version: Some(version), changed: false, body: read(key, body)? };
                self.orders.insert(key.id, standing);
            }
        }
        Ok(())
    }

    /// The id that a reference leads to; whether there is an item behind it, `item` says.
    pub fn led_to(&self, reference: &Ref) -> Option<Uuid> {
        self.refs.get(reference).copied()
    }

    pub fn item(&self, id: Uuid) -> Option<&Item> {
        self.items.get(&id)
    }

    pub fn price(&self, id: Uuid) -> Option<&PriceEntry> {
        self.prices.get(&id)
    }

    pub fn order(&self, id: Uuid) -> Option<&SalesOrder> {
        self.orders.get(&id).map(|standing| &standing.body)
    }

    /// Stock of an item as the decisions so far left it.
    pub fn stock(&self, item: Uuid) -> Stock {
        self.stock.get(&item).map_or(Stock::default(), |counted| counted.now)
    }

    /// Folds a decision in, so that the next command sees it; gives its events back to be written.
    pub fn apply(&mut self, decision: Decision) -> Vec<Event> {
        for (item, delta) in decision.stock {
            let counted = self.stock.entry(item).or_insert(Counted { before: Stock::default(), now: Stock::default() });
            counted.now.reserved = counted.now.reserved.saturating_add(delta);
        }
        if let Some((id, body)) = decision.order {
            let version = self.orders.get(&id).and_then(|standing| standing.version);
            self.orders.insert(id, Standing { version, changed: true, body });
        }
        decision.events
    }

    /// What has to be written, once the batch is decided.
    pub fn changed(&self) -> Result<Changes, BodyFault> {
        let mut changes = Changes::default();
        for (id, standing) in self.orders.iter().filter(|(_, standing)| standing.changed) {
            let key = EntityKey { kind: Kind::Order, id: *id };
            let body = serde_json::to_string(&standing.body).map_err(|source| BodyFault { key, source })?;
            changes.entities.push(EntityChange { key, expected: standing.version, body });
        }
        let moved = self.stock.iter().filter(|(_, counted)| counted.now != counted.before);
        changes.stock.extend(moved.map(|(item, Counted { before, now })| StockChange {
            item: *item,
            delta: now.reserved.saturating_sub(before.reserved),
            before: *before,
        }));
        Ok(changes)
    }
}

fn read<T: DeserializeOwned>(key: EntityKey, body: &str) -> Result<T, BodyFault> {
    serde_json::from_str(body).map_err(|source| BodyFault { key, source })
}
