//! `order/1` and what the core says about one: `order_placed/1`, `order_response/1`, `order_cancelled/1`.

use super::{Date, Micros, Quantity};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What a purchase order says, whatever format it came in. Comes as 850, ORDERS, UBL Order, CSV, JSON;
/// in the spine an 860 that cancels is an order with purpose `cancel`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The buyer's number of the order.
    pub number: String,
    pub purpose: Purpose,
    pub placed: Placed,
    /// ISO 4217.
    pub currency: String,
    pub sold_to: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_after: Option<Date>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(default)]
    pub lines: Vec<OrderLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub ext: Map<String, Value>,
}

/// Why it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Original,
    Change,
    Cancel,
}

/// When the buyer placed it: a date, and the instant where one was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    pub date: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Micros>,
}

/// A party as the sender names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Party {
    #[serde(default)]
    pub refs: Vec<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// An id with the scheme that it belongs to: (`duns`, `001903202`), (`sku`, `BOLT-M8`), (`gtin`, …).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ref {
    pub scheme: String,
    pub id: String,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The buyer's number of the line.
    pub number: String,
    /// Every id of the item that the buyer sent; the core finds the item by the first that leads to one.
    pub item: Vec<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub ext: Map<String, Value>,
}

/// A price in the order's currency, for `per` of the line's unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub amount: Decimal,
    #[serde(default = "one")]
    pub per: Decimal,
}

fn one() -> Decimal {
    Decimal::ONE
}

/// What the sender counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
}

/// What is promised for an order, line by line: what 855, ORDRSP and UBL OrderResponse say.
/// A line that is promised in parts stands more than once: accepted 60, backordered 40.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderResponse {
    /// The buyer's number.
    pub order_number: String,
    /// The seller's number.
    pub our_number: String,
    pub outcome: Outcome,
    pub lines: Vec<ResponseLine>,
    /// When the buyer placed the order; documents that answer it repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Date>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Who bought, as the order named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_to: Option<Party>,
    /// Who answers: put in where a document to the partner is written, by the tenant's name and identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Party>,
}

/// The whole order's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accepted,
    AcceptedWithChanges,
    Rejected,
}

/// What is promised for one line, or one part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseLine {
    /// The buyer's number of the line.
    pub number: String,
    pub outcome: LineOutcome,
    pub quantity: Quantity,
    /// The line's item ids as the buyer wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub item: Vec<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// One line's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    Accepted,
    Backordered,
    Substituted,
    PriceChanged,
    Rejected,
}

/// Why, as a code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub code: String,
    pub sentence: String,
    /// What should stand there, in few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What would make it pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// JSON pointer (RFC 6901) into the order as it was sent; provenance turns it into segment and byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Stock that is held for a line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// The buyer's number of the line.
    pub line: String,
    /// Our id of the item.
    pub item: Uuid,
    pub sku: String,
    /// In the item's base unit, whatever unit the line was ordered in.
    pub quantity: Quantity,
}

/// `order_placed/1`: an order that stands, as the buyer sent it, and the stock that it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderPlaced {
    /// The seller's number.
    pub our_number: String,
    /// Name of the partner that sent it.
    pub partner: String,
    pub order: Order,
    pub reserved: Vec<Reserved>,
}

/// `order_cancelled/1`: an order that no longer stands, and the stock that is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderCancelled {
    /// The buyer's number.
    pub order_number: String,
    /// The seller's number.
    pub our_number: String,
    /// Name of the partner that cancelled it.
    pub partner: String,
    /// When the buyer placed the order.
    pub placed: Date,
    /// When it was cancelled (UTC).
    pub cancelled: Date,
    pub released: Vec<Reserved>,
}
