//! Stock: what is there and what is promised, in 10⁻⁴ of the item's base unit. The database refuses to promise more.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::Tenant;
use serde::Serialize;
use uuid::Uuid;

/// One item's stock.
#[derive(Debug, Clone, Copy, sqlx::FromRow, Serialize, PartialEq, Eq)]
pub struct StockRow {
    pub item: Uuid,
    pub on_hand: i64,
    pub reserved: i64,
}

#[derive(Serialize)]
struct Ask {
    item: Uuid,
}

/// Stock rows as they stand, without a lock: `change` refuses what is no longer there.
pub async fn peek(tx: &mut Tx, tenant: Tenant, items: &[Uuid]) -> Result<Vec<StockRow>, StoreError> {
    if items.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select stock.item, stock.on_hand, stock.reserved from stock join {rows} on stock.item = r.item where stock.tenant = $2",
        "item uuid" => &asked(items);
        tenant
    )?)
}

/// Loads stock rows and leaves them locked. Items must be sorted.
pub async fn load(tx: &mut Tx, tenant: Tenant, items: &[Uuid]) -> Result<Vec<StockRow>, StoreError> {
    if items.is_empty() {
        return Ok(vec![]);
    }
    Ok(fetch!(
        tx,
        "select stock.item, stock.on_hand, stock.reserved from stock join {rows} on stock.item = r.item where stock.tenant = $2 order by stock.item {lock}",
        "item uuid" => &asked(items);
        tenant
    )?)
}

fn asked(items: &[Uuid]) -> Vec<Ask> {
    items.iter().map(|item| Ask { item: *item }).collect()
}

/// A change of what is reserved.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Change {
    pub item: Uuid,
    /// Added to `reserved`; negative releases.
    pub reserved: i64,
}

/// Reserves and releases, one conditional update for all. `Lost` if a condition did not hold.
pub async fn change(tx: &mut Tx, tenant: Tenant, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let changed = exec!(
        tx,
        "update stock set reserved = stock.reserved + r.reserved from {rows} where stock.tenant = $2 and stock.item = r.item
            and stock.reserved + r.reserved >= 0 and stock.reserved + r.reserved <= stock.on_hand",
        "item uuid, reserved bigint" => changes;
        tenant
    )?;
    if changed == changes.len() as u64 { Ok(()) } else { Err(StoreError::Lost("stock that was there a moment ago")) }
}

/// Writes opening stock where no row stands.
pub async fn open(tx: &mut Tx, tenant: Tenant, rows: &[StockRow]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(exec!(
        tx,
        "insert into stock (tenant, item, on_hand, reserved) select $2, r.item, r.on_hand, r.reserved from {rows} where true on conflict do nothing",
        "item uuid, on_hand bigint, reserved bigint" => rows;
        tenant
    )?)
}
