//! Prices: one for an item in a list.

use super::{Row, RowFault, catalog::Item};
use crate::canonical::{
    Tenant,
    currency::{CURRENCY, is_currency},
    ids,
    parts::Price,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What `per` of a unit of an item cost in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceEntry {
    pub list: String,
    pub item: Uuid,
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
    pub per: Decimal,
    /// The item's base unit where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl PriceEntry {
    pub const COLUMNS: &[&str] = &["list", "sku", "amount", "currency", "per", "unit"];

    /// The entity id of an item's price in a list.
    pub fn id(tenant: Tenant, list: &str, item: Uuid) -> Uuid {
        ids::entity(tenant, "price", &format!("{list}/{item}"))
    }

    /// The price for a unit of the item that holds `factor` base units, exactly: where the amount of one unit would
    /// not end (6.00 for 12, asked for 1), `per` takes the difference. `None` if the item lacks the price's own unit
    /// or the numbers don't fit.
    pub fn in_unit(&self, item: &Item, factor: Decimal) -> Option<Price> {
        let own = self.unit.as_deref().map_or(Some(Decimal::ONE), |unit| item.factor(unit))?;
        if own == factor {
            return Some(Price { amount: self.amount, per: self.per });
        }
        let ratio = factor.checked_div(own)?;
        if ratio.checked_mul(own)? == factor && ratio.normalize().scale() <= 4 {
            return Some(Price { amount: self.amount.checked_mul(ratio)?.normalize(), per: self.per });
        }
        let (amount, per) = (self.amount.checked_mul(factor)?, self.per.checked_mul(own)?);
        Some(Price { amount: amount.normalize(), per: per.normalize() })
    }

    /// A price of `list,sku,amount,currency[,per][,unit]`.
    pub fn from_row(tenant: Tenant, row: Row<'_>) -> Result<PriceEntry, RowFault> {
        row.only(Self::COLUMNS)?;
        let currency = row.need("currency")?;
        if !is_currency(currency) {
            return Err(row.fault("currency", currency, CURRENCY.into()));
        }
        let per = row.get("per").map_or(Ok(Decimal::ONE), |text| row.decimal("per", text, Decimal::new(1, 4)))?;
        Ok(PriceEntry {
            list: row.need("list")?.into(),
            item: Item::id(tenant, row.need("sku")?),
            amount: row.decimal("amount", row.need("amount")?, Decimal::ZERO)?,
            currency: currency.into(),
            per,
            unit: row.get("unit").map(str::to_owned),
        })
    }
}

/// Whether two prices are the same after normalising `per`. What is too large to compare, or for nothing, is not.
pub fn same(one: &Price, other: &Price) -> bool {
    let (left, right) = (one.amount.checked_mul(other.per), other.amount.checked_mul(one.per));
    one.per > Decimal::ZERO && other.per > Decimal::ZERO && left.is_some() && left == right
}
