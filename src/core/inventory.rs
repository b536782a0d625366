//! Stock at one location: what is there, and what of it is promised.

use super::{Row, RowFault, catalog::Item};
use crate::canonical::{Tenant, amounts};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Stock of an item in 10⁻⁴ of its base unit. `0 ≤ reserved ≤ on_hand`; the database checks it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    pub on_hand: i64,
    pub reserved: i64,
}

impl Stock {
    pub const COLUMNS: &[&str] = &["sku", "on_hand"];

    /// What can still be promised, never below zero.
    pub fn free(self) -> i64 {
        self.on_hand.saturating_sub(self.reserved).max(0)
    }

    /// An item's opening stock of `sku,on_hand`.
    pub fn from_row(tenant: Tenant, row: Row<'_>) -> Result<(Uuid, Stock), RowFault> {
        row.only(Self::COLUMNS)?;
        let text = row.need("on_hand")?;
        let value = row.decimal("on_hand", text, Decimal::ZERO)?;
        let on_hand = amounts::scaled(value, amounts::QUANTITY_SCALE)
            .ok_or_else(|| row.fault("on_hand", text, "at most four decimals, at most 900,000,000,000,000".into()))?;
        Ok((Item::id(tenant, row.need("sku")?), Stock { on_hand, reserved: 0 }))
    }
}
