//! `order/1`, `order_change/1`, and what the core says about an order: `order_placed/1`, `order_cancelled/1`. What is
//! answered to one is `order_response/1`, in a file of its own.

use super::{
    Date, Micros, Quantity,
    parts::{
        AllowanceCharge, Carrier, DeliveryTerms, DocumentRef, OtherParty, Party, PaymentTerms, Price, Purpose, Ref,
        Tax, Totals,
    },
    record::{records, words},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

records! {
    /// What a purchase order says, whatever format it came in. Comes as 850, ORDERS, UBL Order, cXML OrderRequest, CSV,
    /// JSON; in the spine an 860 that cancels is an order with purpose `cancel`.
    Order {
        /// The buyer's number of the order.
        number: String,
        purpose: Purpose,
        kind: ?OrderKind,
        placed: Placed,
        /// ISO 4217.
        currency: String,
        sold_to: Party,
        ship_to: ?Party,
        bill_to: ?Party,
        /// Who is to deliver.
        seller: ?Party,
        other_parties: [OtherParty],
        requested_on: ?Date,
        /// Not to leave before.
        ship_not_before: ?Date,
        /// To leave on.
        ship_on: ?Date,
        cancel_after: ?Date,
        /// Of a blanket order: the number of this release.
        release: ?String,
        contract: ?DocumentRef,
        quotation: ?DocumentRef,
        /// Department, promotion, customer's order number and the like.
        references: [Ref],
        payment_terms: [PaymentTerms],
        delivery_terms: ?DeliveryTerms,
        carrier: ?Carrier,
        allowances_charges: [AllowanceCharge],
        taxes: [Tax],
        notes: [String],
        #[serde(default)]
        lines: Vec<OrderLine>,
        totals: ?Totals,
        ext: {},
    }
    /// When the buyer placed it: a date, and the instant where one was sent.
    Placed {
        date: Date,
        at: ?Micros,
    }
    /// One line of an order.
    OrderLine {
        /// The buyer's number of the line.
        number: String,
        /// Every id of the item that the buyer sent; the core finds the item by the first that leads to one.
        item: Vec<Ref>,
        description: ?String,
        quantity: Quantity,
        /// How many of the unit lie in a package.
        pack: ?Quantity,
        price: ?Price,
        requested_on: ?Date,
        ship_on: ?Date,
        /// Where parts of it are to go, and when.
        schedules: [Schedule],
        references: [Ref],
        allowances_charges: [AllowanceCharge],
        taxes: [Tax],
        notes: [String],
        ext: {},
    }
    /// Part of a line, with a day or a place of its own.
    Schedule {
        quantity: Quantity,
        requested_on: ?Date,
        ship_to: ?Party,
    }
    /// What a buyer changes of an order that stands. Comes as 860, ORDCHG, UBL OrderChange and OrderCancellation.
    OrderChange {
        /// The buyer's number of the order that is changed.
        number: String,
        purpose: Purpose,
        /// The change's own number; of several the order in which they hold.
        change: ?String,
        /// When the order was placed.
        placed: ?Date,
        changed: Placed,
        release: ?String,
        /// ISO 4217.
        currency: ?String,
        /// The seller's number of the order.
        our_number: ?String,
        sold_to: ?Party,
        ship_to: ?Party,
        bill_to: ?Party,
        seller: ?Party,
        other_parties: [OtherParty],
        requested_on: ?Date,
        ship_not_before: ?Date,
        ship_on: ?Date,
        cancel_after: ?Date,
        references: [Ref],
        payment_terms: [PaymentTerms],
        delivery_terms: ?DeliveryTerms,
        carrier: ?Carrier,
        allowances_charges: [AllowanceCharge],
        reason: ?String,
        notes: [String],
        lines: [ChangeLine],
        totals: ?Totals,
        ext: {},
    }
    /// One line that is changed; what is not said stays as it was.
    ChangeLine {
        /// The buyer's number of the line.
        number: String,
        change: LineChange,
        item: [Ref],
        description: ?String,
        /// What the line is to hold then.
        quantity: ?Quantity,
        /// By how much it rises or falls (POC04, QTY): without sign.
        difference: ?Quantity,
        price: ?Price,
        requested_on: ?Date,
        ship_on: ?Date,
        schedules: [Schedule],
        references: [Ref],
        allowances_charges: [AllowanceCharge],
        notes: [String],
        ext: {},
    }
}

words! {
    /// What sort of order it is.
    OrderKind {
        Standard,
        Blanket,
        /// Of a blanket order.
        Release,
        DropShip,
        Rush,
        Replenishment,
        Consignment,
        Sample,
        /// Names goods that were taken already.
        Confirming,
    }
    /// What becomes of a line.
    LineChange {
        Add,
        Delete,
        Change,
        Increase,
        Decrease,
        Price,
        Reschedule,
        Replace,
        Unchanged,
    }
}

impl Order {
    /// An order that says the least it may, without lines.
    pub fn new(number: String, purpose: Purpose, placed: Placed, currency: String, sold_to: Party) -> Self {
        Order {
            number,
            purpose,
            placed,
            currency,
            sold_to,
            kind: None,
            ship_to: None,
            bill_to: None,
            seller: None,
            other_parties: vec![],
            requested_on: None,
            ship_not_before: None,
            ship_on: None,
            cancel_after: None,
            release: None,
            contract: None,
            quotation: None,
            references: vec![],
            payment_terms: vec![],
            delivery_terms: None,
            carrier: None,
            allowances_charges: vec![],
            taxes: vec![],
            notes: vec![],
            lines: vec![],
            totals: None,
            ext: Default::default(),
        }
    }
}

impl OrderLine {
    /// A line that says the least it may.
    pub fn new(number: String, item: Vec<Ref>, quantity: Quantity) -> Self {
        OrderLine {
            number,
            item,
            quantity,
            description: None,
            pack: None,
            price: None,
            requested_on: None,
            ship_on: None,
            schedules: vec![],
            references: vec![],
            allowances_charges: vec![],
            taxes: vec![],
            notes: vec![],
            ext: Default::default(),
        }
    }
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
