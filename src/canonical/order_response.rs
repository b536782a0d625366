//! `order_response/1`: what is promised for an order, by us or by a supplier.

use super::{
    Date, Quantity,
    parts::{AllowanceCharge, Carrier, DeliveryTerms, OtherParty, Party, PaymentTerms, Price, Reason, Ref, Totals},
    record::{records, words},
};

records! {
    /// What is promised for an order, line by line: what 855, 865, ORDRSP and UBL OrderResponse say.
    /// A line that is promised in parts stands more than once: accepted 60, backordered 40.
    OrderResponse {
        /// The buyer's number.
        order_number: String,
        /// The seller's number; a supplier may answer without one.
        our_number: ?String,
        outcome: Outcome,
        lines: Vec<ResponseLine>,
        /// When the buyer placed the order; documents that answer it repeat it.
        placed: ?Date,
        /// When it was answered.
        answered: ?Date,
        currency: ?String,
        /// Who bought, as the order named them.
        sold_to: ?Party,
        /// Who answers: put in where a document to the partner is written, by the tenant's name and identity.
        seller: ?Party,
        /// The answer's own number (BGM 1004, UBL ID).
        number: ?String,
        /// Of a blanket order: the number of the release.
        release: ?String,
        /// The number of the change that is answered (865).
        change: ?String,
        ship_to: ?Party,
        bill_to: ?Party,
        other_parties: [OtherParty],
        /// When all of it is there.
        promised_on: ?Date,
        /// When all of it leaves.
        ships_on: ?Date,
        references: [Ref],
        payment_terms: [PaymentTerms],
        delivery_terms: ?DeliveryTerms,
        carrier: ?Carrier,
        allowances_charges: [AllowanceCharge],
        reason: ?Reason,
        notes: [String],
        totals: ?Totals,
        ext: {},
    }
    /// What is promised for one line, or one part of it.
    ResponseLine {
        /// The buyer's number of the line.
        number: String,
        outcome: LineOutcome,
        quantity: Quantity,
        /// The line's item ids as the buyer wrote them.
        item: [Ref],
        description: ?String,
        /// Ids of the item that comes in its place.
        substitute: [Ref],
        /// What was ordered, where it differs.
        ordered: ?Quantity,
        promised_on: ?Date,
        /// When it leaves.
        ships_on: ?Date,
        price: ?Price,
        reason: ?Reason,
        /// The seller's number of the line.
        our_line: ?String,
        references: [Ref],
        allowances_charges: [AllowanceCharge],
        notes: [String],
        ext: {},
    }
}

words! {
    /// The whole order's outcome.
    Outcome { Accepted, AcceptedWithChanges, Rejected, }
    /// One line's outcome.
    LineOutcome {
        Accepted,
        Backordered,
        Substituted,
        PriceChanged,
        /// Taken with another quantity, another day or another change than that of the price.
        Changed,
        /// Nothing is promised yet.
        Held,
        Rejected,
    }
}

impl OrderResponse {
    /// An answer that says the least it may.
    pub fn new(order_number: String, our_number: String, outcome: Outcome, lines: Vec<ResponseLine>) -> Self {
        OrderResponse {
            order_number,
            our_number: Some(our_number),
            outcome,
            lines,
            placed: None,
            answered: None,
            currency: None,
            sold_to: None,
            seller: None,
            number: None,
            release: None,
            change: None,
            ship_to: None,
            bill_to: None,
            other_parties: vec![],
            promised_on: None,
            ships_on: None,
            references: vec![],
            payment_terms: vec![],
            delivery_terms: None,
            carrier: None,
            allowances_charges: vec![],
            reason: None,
            notes: vec![],
            totals: None,
            ext: Default::default(),
        }
    }
}

impl ResponseLine {
    /// A line that says the least it may.
    pub fn new(number: String, outcome: LineOutcome, quantity: Quantity) -> Self {
        ResponseLine {
            number,
            outcome,
            quantity,
            item: vec![],
            description: None,
            substitute: vec![],
            ordered: None,
            promised_on: None,
            ships_on: None,
            price: None,
            reason: None,
            our_line: None,
            references: vec![],
            allowances_charges: vec![],
            notes: vec![],
            ext: Default::default(),
        }
    }
}
