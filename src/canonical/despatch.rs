//! `despatch_advice/1`, `receiving_advice/1` and `return_request/1`: goods that left, arrived, come back.

use super::{
    Date, Quantity,
    parts::{
        AllowanceCharge, Carrier, DeliveryTerms, DocumentRef, Equipment, LoadTotals, Lot, OtherParty, Package, Party,
        Price, Reason, Ref, SendPurpose, When,
    },
    record::{records, words},
};

records! {
    /// What left, in which packages. Comes as 856, DESADV, UBL DespatchAdvice.
    ///
    /// It is flat: packages lie in each other by `parent`, and a line names its order and its package. So every
    /// hierarchy maps onto it: shipment, order, pack, item; shipment, order, item; shipment, tare, pack, item.
    DespatchAdvice {
        /// The sender's number of the despatch advice.
        number: String,
        purpose: SendPurpose,
        issued: When,
        /// `pick_and_pack`, `standard`, or the standard's code of the hierarchy (BSN05).
        structure: ?String,
        shipped: ?When,
        expected: ?When,
        /// Who sends the goods.
        seller: ?Party,
        ship_from: ?Party,
        ship_to: ?Party,
        sold_to: ?Party,
        bill_to: ?Party,
        other_parties: [OtherParty],
        /// The one order, where there is but one and lines don't name theirs.
        order: ?DocumentRef,
        /// Bill of lading, master bill, the carrier's (PRO) number, appointment and the like.
        references: [Ref],
        tracking: ?String,
        carrier: ?Carrier,
        equipment: [Equipment],
        delivery_terms: ?DeliveryTerms,
        allowances_charges: [AllowanceCharge],
        /// ISO 4217, of prices.
        currency: ?String,
        packages: [Package],
        lines: [DespatchLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// Goods of one item, of one order, in one package.
    DespatchLine {
        /// The line's number in the despatch advice.
        number: String,
        /// The order, and the line in it.
        order: ?DocumentRef,
        /// Id of the package that holds it.
        package: ?String,
        item: Vec<Ref>,
        description: ?String,
        shipped: Quantity,
        ordered: ?Quantity,
        /// What is still to come.
        outstanding: ?Quantity,
        outstanding_reason: ?Reason,
        /// How many of the unit lie in a package.
        pack: ?Quantity,
        price: ?Price,
        lots: [Lot],
        country_of_origin: ?String,
        /// For whom it is marked.
        mark_for: ?Party,
        gross_weight: ?Quantity,
        net_weight: ?Quantity,
        volume: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What arrived, compared with what was told. Comes as 861, RECADV, UBL ReceiptAdvice.
    ReceivingAdvice {
        /// The receiver's number of the advice.
        number: String,
        purpose: SendPurpose,
        issued: When,
        received: ?When,
        order: ?DocumentRef,
        /// The despatch advice or delivery note.
        despatch: ?DocumentRef,
        seller: ?Party,
        sold_to: ?Party,
        ship_from: ?Party,
        /// Who received.
        ship_to: ?Party,
        other_parties: [OtherParty],
        references: [Ref],
        carrier: ?Carrier,
        equipment: [Equipment],
        packages: [Package],
        lines: [ReceiptLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// What was found of one item.
    ReceiptLine {
        number: String,
        order: ?DocumentRef,
        despatch: ?DocumentRef,
        package: ?String,
        item: Vec<Ref>,
        description: ?String,
        /// What was taken in.
        received: Quantity,
        shipped: ?Quantity,
        ordered: ?Quantity,
        accepted: ?Quantity,
        /// What goes back at once.
        returned: ?Quantity,
        differences: [Difference],
        lots: [Lot],
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What is not as it should be.
    Difference {
        what: DifferenceKind,
        /// As it was sent: some write a sign before what is short.
        quantity: ?Quantity,
        reason: ?Reason,
        /// What becomes of the goods.
        disposition: ?Disposition,
    }
    /// Goods that are to come back, or are granted to. Comes as 180, RETANN, UBL InstructionForReturns, JSON.
    ReturnRequest {
        /// The sender's number of the request.
        number: String,
        purpose: SendPurpose,
        kind: ReturnKind,
        /// A shop's webhook may have none.
        issued: ?When,
        /// The number that the seller authorizes it with (RMA).
        authorization: ?String,
        order: ?DocumentRef,
        invoice: ?DocumentRef,
        despatch: ?DocumentRef,
        returner: ?Party,
        seller: ?Party,
        ship_from: ?Party,
        /// Where the goods are to go.
        ship_to: ?Party,
        other_parties: [OtherParty],
        references: [Ref],
        reason: ?Reason,
        /// ISO 4217.
        currency: ?String,
        carrier: ?Carrier,
        tracking: ?String,
        return_by: ?Date,
        allowances_charges: [AllowanceCharge],
        packages: [Package],
        lines: [ReturnLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// Goods of one item that come back.
    ReturnLine {
        number: String,
        order: ?DocumentRef,
        invoice: ?DocumentRef,
        package: ?String,
        item: Vec<Ref>,
        description: ?String,
        quantity: Quantity,
        authorized: ?Quantity,
        price: ?Price,
        reason: ?Reason,
        /// `new`, `opened`, `damaged`, or the standard's code.
        condition: ?String,
        disposition: ?Disposition,
        lots: [Lot],
        references: [Ref],
        notes: [String],
        ext: {},
    }
}

words! {
    /// In what a receipt differs from what was told.
    DifferenceKind { Short, Over, Damaged, Defective, WrongItem, Late, Early, Expired, PaperworkMissing, Refused, Other, }
    /// What becomes of goods.
    Disposition { Keep, Return, Destroy, Repair, Replace, Restock, Hold, Credit, Donate, }
    /// What a return document says.
    ReturnKind {
        /// May it come back?
        Request,
        /// It may.
        Authorization,
        /// It may not.
        Denial,
        /// It left.
        Notification,
        /// It is there.
        Receipt,
    }
}
