//! One line: which item, how much of it in base units, at which price; or why not.

use crate::{
    canonical::{
        amounts,
        order::OrderLine,
        parts::{Price, Ref},
    },
    core::{Command, Refusal, World, catalog::Item, pricing, pricing::PriceEntry},
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A line that can be promised.
pub(super) struct Wanted<'a> {
    pub(super) id: Uuid,
    pub(super) item: &'a Item,
    /// What the line wants, in 10⁻⁴ of the base unit.
    pub(super) quantity: i64,
    /// One of the line's unit in 10⁻⁴ of the base unit; `None` where the line's unit is the base unit.
    step: Option<i64>,
    /// What we ask for it, for the line's unit.
    pub(super) price: Price,
    /// Whether the buyer sent that price, or none.
    pub(super) agreed: bool,
}

impl<'a> Wanted<'a> {
    /// Reads line `at` of the order against catalogue and prices.
    pub(super) fn read(world: &'a World, command: &Command, at: usize, line: &OrderLine) -> Result<Self, Refusal> {
        let (id, item) = find(world, at, line)?;
        let unit = &line.quantity.unit;
        let factor = item.factor(unit).ok_or_else(|| Refusal {
            code: "order/unit",
            sentence: format!("{} was ordered in {unit}, and is sold in {}.", item.sku, sold_in(item)),
            expected: sold_in(item),
            remedy: format!("Order it in {}, or add a conversion for {unit} to the item.", item.unit),
            path: format!("/lines/{at}/quantity/unit"),
        })?;
        let quantity = base_quantity(item, at, line, factor)?;
        let ours = list_price(world, command, at, id, item, factor)?;
        let agreed = line.price.as_ref().is_none_or(|sent| pricing::same(sent, &ours));
        let price = line.price.clone().filter(|_| agreed).unwrap_or(ours);
        let step = if *unit == item.unit { None } else { amounts::scaled(factor, amounts::QUANTITY_SCALE) };
        Ok(Wanted { id, item, quantity, step, price, agreed })
    }

    /// What the line takes of what is free, in 10⁻⁴ of the base unit, and how much that is in the line's unit.
    /// A line in a larger unit takes whole ones: no carton is opened.
    pub(super) fn take(&self, free: i64, line: &OrderLine) -> (i64, Decimal) {
        if free >= self.quantity {
            return (self.quantity, line.quantity.value);
        }
        match self.step {
            None => (free.max(0), amounts::unscaled(free.max(0), amounts::QUANTITY_SCALE)),
            Some(step) => {
                let whole = free.max(0).checked_div(step).unwrap_or(0);
                (whole.saturating_mul(step), Decimal::from(whole))
            }
        }
    }

    /// What was sent and what the list says.
    pub(super) fn price_refusal(&self, command: &Command, at: usize, sent: &Price) -> Refusal {
        let (ours, currency) = (&self.price, &command.order.currency);
        let list = command.price_list.as_deref().unwrap_or_default();
        Refusal {
            code: "order/price",
            sentence: format!(
                "{} {currency} for {} was sent; the list {list} says {} {currency} for {}.",
                sent.amount, sent.per, ours.amount, ours.per
            ),
            expected: format!("{} {currency} for {}", ours.amount, ours.per),
            remedy: "Order at the list's price, or without a price.".into(),
            path: format!("/lines/{at}/price"),
        }
    }
}

/// The first id of the line that leads to an item.
fn find<'a>(world: &'a World, at: usize, line: &OrderLine) -> Result<(Uuid, &'a Item), Refusal> {
    let led_to = |reference: &Ref| world.led_to(reference).and_then(|id| Some((id, world.item(id)?)));
    line.item.iter().find_map(led_to).ok_or_else(|| {
        let sent: Vec<String> = line.item.iter().map(|r| format!("{} {}", r.scheme, r.id)).collect();
        Refusal {
            code: "order/unknown_item",
            sentence: match sent.is_empty() {
                true => "The line names no item.".into(),
                false => format!("No item is known by {}.", sent.join(" or ")),
            },
            expected: "an item of the catalogue".into(),
            remedy: match line.item.first() {
                Some(r) => format!(
                    "Order an item of the catalogue, or add the id: crossdock reference add {} {} SKU.",
                    r.scheme, r.id
                ),
                None => "Send an id of the item, such as its SKU or GTIN.".into(),
            },
            path: format!("/lines/{at}/item"),
        }
    })
}

fn sold_in(item: &Item) -> String {
    let others = item.units.keys().map(String::as_str);
    std::iter::once(item.unit.as_str()).chain(others).collect::<Vec<_>>().join(", ")
}

fn base_quantity(item: &Item, at: usize, line: &OrderLine, factor: Decimal) -> Result<i64, Refusal> {
    let (value, unit) = (line.quantity.value, &line.quantity.unit);
    // Four decimals in both units: so no product is rounded, and each part of the line can be written back.
    let scaled = |value| amounts::scaled(value, amounts::QUANTITY_SCALE);
    let base = scaled(value).and_then(|_| value.checked_mul(factor)).and_then(scaled);
    base.filter(|base| *base > 0).ok_or_else(|| Refusal {
        code: "order/quantity",
        sentence: match value <= Decimal::ZERO {
            true => format!("{value} {unit} was ordered; a quantity is more than zero."),
            false => format!("{value} {unit} can't be counted in steps of 0.0001, of {unit} and of {}.", item.unit),
        },
        expected: "a quantity above zero with at most four decimals".into(),
        remedy: "Send a quantity above zero that has at most four decimals, also when counted in the item's base unit."
            .into(),
        path: format!("/lines/{at}/quantity/value"),
    })
}

/// The partner's price for the line's unit, in the order's currency.
fn list_price(
    world: &World,
    command: &Command,
    at: usize,
    id: Uuid,
    item: &Item,
    factor: Decimal,
) -> Result<Price, Refusal> {
    let no_price = |sentence: String, remedy: String| Refusal {
        code: "order/no_price",
        sentence,
        expected: format!("an item that {} has a price for", command.price_list.as_deref().unwrap_or("a list")),
        remedy,
        path: format!("/lines/{at}/item"),
    };
    let (partner, sku) = (&command.partner_name, &item.sku);
    let list = command.price_list.as_deref().ok_or_else(|| {
        no_price(format!("{partner} has no price list."), format!("Set `price_list` in the file of {partner}."))
    })?;
    let entry = world.price(PriceEntry::id(command.tenant, list, id)).ok_or_else(|| {
        no_price(
            format!("The list {list} has no price for {sku}."),
            format!("Add a price for {sku} to the list {list}."),
        )
    })?;
    if entry.currency != command.order.currency {
        return Err(Refusal {
            code: "order/currency",
            sentence: format!(
                "The order is in {}; the list {list} has {sku} in {}.",
                command.order.currency, entry.currency
            ),
            expected: entry.currency.clone(),
            remedy: format!("Order in {}, or give {partner} a list in the order's currency.", entry.currency),
            path: "/currency".into(),
        });
    }
    entry.in_unit(item, factor).ok_or_else(|| {
        no_price(
            format!("The price of {sku} in the list {list} is for a unit that the item has no conversion for."),
            format!("Give the price of {sku} for one of {}.", sold_in(item)),
        )
    })
}
