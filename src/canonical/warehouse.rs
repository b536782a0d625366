//! `warehouse_order/1`, `warehouse_shipped/1`, `stock_transfer/1` and `stock_adjustment/1`: work of a warehouse.

use super::{
    Date, Quantity,
    parts::{
        Carrier, DeliveryTerms, DocumentRef, Equipment, LoadTotals, Lot, OtherParty, Package, Party, Price, Reason,
        Ref, SendPurpose, When,
    },
    record::{records, words},
};

records! {
    /// What a warehouse is asked to pick and ship. Written as 940.
    WarehouseOrder {
        /// Our number of the order to the warehouse (depositor's order number).
        number: String,
        purpose: SendPurpose,
        /// A 940 has no date of its own.
        issued: ?When,
        /// The customer's order.
        order: ?DocumentRef,
        /// Our number of the shipment.
        shipment: ?String,
        depositor: ?Party,
        warehouse: ?Party,
        ship_to: Party,
        sold_to: ?Party,
        bill_to: ?Party,
        other_parties: [OtherParty],
        ship_on: ?Date,
        ship_not_before: ?Date,
        deliver_on: ?Date,
        cancel_after: ?Date,
        references: [Ref],
        carrier: ?Carrier,
        delivery_terms: ?DeliveryTerms,
        /// Whether it may leave in parts.
        partial: ?PartialShipment,
        priority: ?String,
        /// ISO 4217, of prices.
        currency: ?String,
        lines: [WarehouseLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// Goods to be picked.
    WarehouseLine {
        number: String,
        order: ?DocumentRef,
        item: Vec<Ref>,
        description: ?String,
        quantity: Quantity,
        pack: ?Quantity,
        price: ?Price,
        /// What may be taken: lots, serials, the oldest best-before date.
        lots: [Lot],
        /// `available`, `quarantined`, or the warehouse's code.
        stock_status: ?String,
        gross_weight: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What a warehouse picked and shipped. Comes as 945. Flat as a despatch advice: packages lie in each other by
    /// `parent`, a line names its package.
    WarehouseShipped {
        /// Our number of the order to the warehouse.
        number: String,
        purpose: SendPurpose,
        issued: When,
        /// The warehouse's number of the shipment.
        shipment: ?String,
        order: ?DocumentRef,
        depositor: ?Party,
        warehouse: ?Party,
        ship_to: ?Party,
        other_parties: [OtherParty],
        shipped: ?When,
        expected: ?When,
        references: [Ref],
        tracking: ?String,
        carrier: ?Carrier,
        equipment: [Equipment],
        delivery_terms: ?DeliveryTerms,
        packages: [Package],
        lines: [ShippedLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// Goods of one item in one package.
    ShippedLine {
        /// The line's number in the order to the warehouse, or in this message.
        number: String,
        order: ?DocumentRef,
        package: ?String,
        item: Vec<Ref>,
        description: ?String,
        status: ?ShippedStatus,
        shipped: Quantity,
        ordered: ?Quantity,
        /// What is not shipped.
        short: ?Quantity,
        reason: ?Reason,
        lots: [Lot],
        gross_weight: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// Goods that are on their way to a warehouse (943), or came there (944).
    StockTransfer {
        /// The sender's number: of an advice the transfer's, of a receipt the warehouse's.
        number: String,
        kind: TransferKind,
        purpose: SendPurpose,
        issued: When,
        /// Of a receipt: the transfer or order that it is of.
        transfer: ?String,
        shipment: ?String,
        order: ?DocumentRef,
        depositor: ?Party,
        warehouse: ?Party,
        ship_from: ?Party,
        ship_to: ?Party,
        other_parties: [OtherParty],
        shipped: ?When,
        expected: ?When,
        received: ?When,
        references: [Ref],
        carrier: ?Carrier,
        equipment: [Equipment],
        delivery_terms: ?DeliveryTerms,
        packages: [Package],
        lines: [TransferLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// Goods of one item.
    TransferLine {
        number: String,
        order: ?DocumentRef,
        package: ?String,
        item: Vec<Ref>,
        description: ?String,
        /// What is sent, or was taken in.
        quantity: Quantity,
        /// Of a receipt: what was told.
        expected: ?Quantity,
        damaged: ?Quantity,
        reason: ?Reason,
        lots: [Lot],
        stock_status: ?String,
        gross_weight: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// Stock that a warehouse corrects, with its reason. Comes as 947.
    StockAdjustment {
        /// The warehouse's number of the adjustment.
        number: String,
        purpose: SendPurpose,
        issued: When,
        depositor: ?Party,
        warehouse: ?Party,
        other_parties: [OtherParty],
        references: [Ref],
        lines: [AdjustmentLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// The stock of one item, corrected.
    AdjustmentLine {
        number: ?String,
        item: Vec<Ref>,
        description: ?String,
        /// Below zero: there is less.
        quantity: Quantity,
        reason: Reason,
        /// The state that it leaves and the one that it gets: `available`, `damaged`, `quarantined`.
        from_status: ?String,
        to_status: ?String,
        lots: [Lot],
        order: ?DocumentRef,
        references: [Ref],
        notes: [String],
        ext: {},
    }
}

words! {
    /// Whether goods are on their way or there.
    TransferKind { Advice, Receipt, }
    /// Whether an order may leave in parts.
    PartialShipment { Allowed, Forbidden, }
    /// How a line was shipped.
    ShippedStatus { Complete, Partial, Over, NotShipped, Substituted, Backordered, Cancelled, }
}
