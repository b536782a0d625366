//! The catalogue: items, the ids that lead to them, and the units that they are sold in.

use super::{Row, RowFault};
use crate::canonical::{Tenant, amounts, ids, parts::Ref};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Our own id of it, one a thing.
    pub sku: String,
    pub description: String,
    /// UN/ECE Recommendation 20; stock is counted in it.
    pub unit: String,
    /// How many base units one of another unit holds: `CT` → 12.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, Decimal>,
    /// Ids that lead to it besides its SKU.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Ref>,
}

/// A cross-reference of a tenant: a value in a scheme, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub scheme: String,
    pub value: String,
    /// For a scheme of item ids a SKU; for a table of the mapping, the table's target.
    pub target: String,
}

/// 10⁻⁴, the finest step in which stock is counted.
const FINEST: Decimal = Decimal::from_parts(1, 0, 0, false, amounts::QUANTITY_SCALE);

impl Item {
    pub const COLUMNS: &[&str] = &["sku", "description", "unit", "gtin", "aliases", "units"];

    /// The entity id of a SKU.
    pub fn id(tenant: Tenant, sku: &str) -> Uuid {
        ids::entity(tenant, "item", sku)
    }

    /// Base units in one of `unit`; `None` if the item has no conversion for it.
    pub fn factor(&self, unit: &str) -> Option<Decimal> {
        if unit == self.unit {
            return Some(Decimal::ONE);
        }
        self.units.get(unit).copied().filter(|factor| *factor > Decimal::ZERO)
    }

    /// Every id that leads to it, its SKU first, as the store's `refs` keep them.
    pub fn all_refs(&self) -> Vec<Ref> {
        let sku = Ref { scheme: "sku".into(), id: self.sku.clone() };
        std::iter::once(sku).chain(self.refs.iter().cloned()).collect()
    }

    /// An item of `sku,description,unit[,gtin][,aliases][,units]`; aliases as `scheme:id; scheme:id`, units as
    /// `CT=12; PL=480`.
    pub fn from_row(row: Row<'_>) -> Result<Item, RowFault> {
        row.only(Self::COLUMNS)?;
        let mut refs = row.get("gtin").map_or(Ok(vec![]), |text| gtin_refs(row, text))?;
        for alias in parts(row.get("aliases")) {
            let (scheme, id) = alias
                .split_once(':')
                .map(|(scheme, id)| (scheme.trim(), id.trim()))
                .filter(|(scheme, id)| !scheme.is_empty() && !id.is_empty())
                .ok_or_else(|| row.fault("aliases", alias, "scheme:id pairs, parted by `;`".into()))?;
            refs.push(Ref { scheme: scheme.into(), id: id.into() });
        }
        let unit = row.need("unit")?.to_owned();
        let mut units = BTreeMap::new();
        for pair in parts(row.get("units")) {
            let (name, count) = pair
                .split_once('=')
                .map(|(name, count)| (name.trim(), count.trim()))
                .filter(|(name, _)| !name.is_empty() && *name != unit)
                .ok_or_else(|| row.fault("units", pair, format!("other unit=count of {unit}, parted by `;`")))?;
            let factor = row.decimal("units", count, FINEST)?;
            if amounts::scaled(factor, amounts::QUANTITY_SCALE).is_none() {
                return Err(row.fault("units", count, "a count with at most four decimals".into()));
            }
            units.insert(name.to_owned(), factor.normalize());
        }
        Ok(Item {
            sku: row.need("sku")?.into(),
            description: row.get("description").unwrap_or_default().into(),
            unit,
            units,
            refs,
        })
    }
}

impl Reference {
    pub const COLUMNS: &[&str] = &["scheme", "value", "target"];

    /// A reference of `scheme,value,target`.
    pub fn from_row(row: Row<'_>) -> Result<Reference, RowFault> {
        row.only(Self::COLUMNS)?;
        Ok(Reference {
            scheme: row.need("scheme")?.into(),
            value: row.need("value")?.into(),
            target: row.need("target")?.into(),
        })
    }

    /// The item that it leads to, its target read as a SKU.
    pub fn item(&self, tenant: Tenant) -> (Ref, Uuid) {
        (Ref { scheme: self.scheme.clone(), id: self.value.clone() }, Item::id(tenant, &self.target))
    }
}

fn parts(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.unwrap_or_default().split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// A GTIN in each length that can hold it: a UPC of 12 digits and the same in 13 or 14 are one number.
/// Source: GS1 General Specifications §3.3.2 (the GTIN is right-justified and zero-filled) and §7.9 (check digit).
fn gtin_refs(row: Row<'_>, text: &str) -> Result<Vec<Ref>, RowFault> {
    let expected = || row.fault("gtin", text, "8, 12, 13 or 14 digits, the last of them the check digit".into());
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(expected());
    }
    let weighted = text.bytes().rev().enumerate().map(|(at, b)| u32::from(b - b'0') * if at % 2 == 0 { 1 } else { 3 });
    if weighted.sum::<u32>() % 10 != 0 {
        return Err(expected());
    }
    let digits = text.trim_start_matches('0');
    let lengths = [8, 12, 13, 14].into_iter().filter(|length| digits.len() <= *length);
    Ok(lengths.map(|length| Ref { scheme: "gtin".into(), id: format!("{digits:0>length$}") }).collect())
}
