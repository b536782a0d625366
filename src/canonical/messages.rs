//! The canonical messages by name: what mappings read to and write from, what goes to a tenant's own ERP.
//! A new message is a type in a file of its own and one line here.

use super::{
    acknowledgement::Acknowledgement,
    body::Body,
    catalogue::{InventoryReport, PriceCatalogue, SalesReport},
    despatch::{DespatchAdvice, ReceivingAdvice, ReturnRequest},
    invoice::{FreightInvoice, Invoice},
    order::{Order, OrderChange},
    order_response::OrderResponse,
    payment::{ApplicationAdvice, Remittance},
    transport::{TenderResponse, TransportOrder, TransportStatus},
    warehouse::{StockAdjustment, StockTransfer, WarehouseOrder, WarehouseShipped},
};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A canonical message.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    /// Name and version: `order/1`.
    pub name: &'static str,
    /// The member that holds its business key: what orders it among its like.
    pub key: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
    schema: fn() -> Schema,
    check: fn(&Value) -> Result<(), String>,
    check_kept: fn(&Body) -> Result<(), String>,
    rewritten: fn(&Value) -> Result<Value, String>,
}

const fn of<T: JsonSchema + DeserializeOwned + Serialize>(
    name: &'static str,
    key: &'static str,
    meaning: &'static str,
) -> Message {
    let check = |body: &Value| read::<T, _>(body).map(drop);
    let check_kept = |body: &Body| read::<T, _>(body).map(drop);
    Message { name, key, meaning, schema: || schema_for!(T), check, check_kept, rewritten: rewrite::<T> }
}

/// All of them.
pub const MESSAGES: &[Message] = &[
    of::<Order>("order/1", "number", "goods that a buyer orders"),
    of::<OrderChange>("order_change/1", "number", "what a buyer changes of an order, or that it is cancelled"),
    of::<OrderResponse>("order_response/1", "order_number", "what a seller promises for an order, line by line"),
    of::<DespatchAdvice>("despatch_advice/1", "number", "goods that left, in which packages"),
    of::<Invoice>("invoice/1", "number", "what is charged or credited for goods"),
    of::<PriceCatalogue>("price_catalogue/1", "number", "what a supplier sells at which price"),
    of::<InventoryReport>("inventory_report/1", "number", "how much of an item is where"),
    of::<SalesReport>("sales_report/1", "number", "what was sold or moved, or is forecast"),
    of::<Remittance>("remittance/1", "number", "what is paid, and for which invoices"),
    of::<ReceivingAdvice>("receiving_advice/1", "number", "goods that arrived, and what is not as it was told"),
    of::<ReturnRequest>("return_request/1", "number", "goods that are to come back"),
    of::<TransportOrder>("transport_order/1", "number", "a load that a carrier is asked to take"),
    of::<TenderResponse>("tender_response/1", "number", "whether a carrier takes a load"),
    of::<TransportStatus>("transport_status/1", "number", "where a load or a parcel is"),
    of::<FreightInvoice>("freight_invoice/1", "number", "what a carrier charges for a load"),
    of::<WarehouseOrder>("warehouse_order/1", "number", "what a warehouse is asked to pick and ship"),
    of::<WarehouseShipped>("warehouse_shipped/1", "number", "what a warehouse picked and shipped"),
    of::<StockTransfer>("stock_transfer/1", "number", "goods on their way to a warehouse, or received there"),
    of::<StockAdjustment>("stock_adjustment/1", "number", "stock that a warehouse corrects, with its reason"),
    of::<ApplicationAdvice>(
        "application_advice/1",
        "number",
        "what a partner's application found in documents of ours",
    ),
    of::<Acknowledgement>("acknowledgement/1", "interchange", "what a partner acknowledges of documents of ours"),
];

/// The message of a name with its version.
pub fn named(name: &str) -> Option<&'static Message> {
    MESSAGES.iter().find(|message| message.name == name)
}

/// Whether a body is a message of that name.
///
/// ```
/// use crossdock::canonical::messages::check;
///
/// let body = serde_json::json!({ "number": "T1", "issued": { "date": "2026-02-30" } });
/// let wrong = check("stock_adjustment/1", &body).unwrap_err();
/// assert!(wrong.starts_with("issued.date: "), "{wrong}");
/// ```
///
/// Errors: the path of the member that is wrong and what is wrong with it; or that there is no such message.
pub fn check(name: &str, body: &Value) -> Result<(), String> {
    (known(name)?.check)(body)
}

/// [`check`] of a message as reading made it, without a tree of it.
///
/// Errors: those of `check`.
pub fn check_kept(name: &str, body: &Body) -> Result<(), String> {
    (known(name)?.check_kept)(body)
}

/// A message as the hub writes it: with its defaults, and without what is empty.
///
/// Errors: those of `check`.
pub fn rewritten(name: &str, body: &Value) -> Result<Value, String> {
    (known(name)?.rewritten)(body)
}

fn known(name: &str) -> Result<&'static Message, String> {
    named(name).ok_or_else(|| format!("`{name}` is no canonical message"))
}

impl Message {
    /// Its JSON Schema (2020-12).
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }
}

/// The words that a JSON Schema of these allows, those with an explanation of their own included; none if it is no set
/// of words.
pub fn words(schema: &Value) -> Vec<String> {
    let explained = schema["oneOf"].as_array().into_iter().flatten();
    let listed = std::iter::once(schema).chain(explained).flat_map(|of| match &of["enum"] {
        Value::Array(words) => words.iter().collect(),
        _ => vec![&of["const"]],
    });
    listed.filter_map(|word| word.as_str().map(Into::into)).collect()
}

fn rewrite<T: DeserializeOwned + Serialize>(body: &Value) -> Result<Value, String> {
    serde_json::to_value(read::<T, _>(body)?).map_err(|error| error.to_string())
}

fn read<'de, T: DeserializeOwned, D: Deserializer<'de, Error = serde_json::Error>>(body: D) -> Result<T, String> {
    serde_path_to_error::deserialize(body).map_err(|error| match error.path().to_string().as_str() {
        "." => error.into_inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })
}
