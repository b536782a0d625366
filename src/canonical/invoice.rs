//! `invoice/1` and `freight_invoice/1`: what is charged or credited.

use super::{
    Date, Quantity,
    parts::{
        AllowanceCharge, Carrier, DeliveryTerms, DocumentRef, Equipment, OtherParty, Party, PaymentTerms, Period,
        Price, Ref, SendPurpose, Tax, When,
    },
    record::{records, words},
};
use rust_decimal::Decimal;

records! {
    /// What is charged or credited for goods. Comes as 810, INVOIC, UBL Invoice and CreditNote.
    Invoice {
        /// The seller's number.
        number: String,
        kind: InvoiceKind,
        purpose: SendPurpose,
        issued: When,
        /// ISO 4217.
        currency: String,
        /// ISO 4217, of the taxes' accounts where it differs.
        tax_currency: ?String,
        exchange_rate: ?Decimal,
        /// The date that decides on the tax.
        tax_point: ?Date,
        due_on: ?Date,
        seller: Party,
        /// Who owes.
        bill_to: ?Party,
        sold_to: ?Party,
        ship_to: ?Party,
        ship_from: ?Party,
        /// Whom to pay.
        remit_to: ?Party,
        other_parties: [OtherParty],
        /// The buyer's order, where there is but one.
        order: ?DocumentRef,
        /// The seller's number of the order.
        our_order: ?DocumentRef,
        despatch: ?DocumentRef,
        contract: ?DocumentRef,
        /// The invoices that it corrects or credits.
        corrects: [DocumentRef],
        references: [Ref],
        /// What the buyer wants to read on it (BT-10).
        buyer_reference: ?String,
        shipped: ?When,
        delivered_on: ?Date,
        period: ?Period,
        payment_terms: [PaymentTerms],
        delivery_terms: ?DeliveryTerms,
        carrier: ?Carrier,
        allowances_charges: [AllowanceCharge],
        /// Of the whole, one for each kind, category and rate.
        taxes: [Tax],
        lines: [InvoiceLine],
        totals: InvoiceTotals,
        notes: [String],
        ext: {},
    }
    /// One line that is charged.
    InvoiceLine {
        /// The line's number in the invoice.
        number: String,
        item: [Ref],
        description: ?String,
        quantity: Quantity,
        /// How many of the unit lie in a package.
        pack: ?Quantity,
        price: ?Price,
        /// Before allowances.
        gross_price: ?Price,
        /// Quantity times price, with the line's allowances and charges, without tax.
        amount: ?Decimal,
        order: ?DocumentRef,
        despatch: ?DocumentRef,
        ordered: ?Quantity,
        shipped: ?Quantity,
        outstanding: ?Quantity,
        delivered_on: ?Date,
        period: ?Period,
        ship_to: ?Party,
        country_of_origin: ?String,
        /// The buyer's account.
        account: ?String,
        allowances_charges: [AllowanceCharge],
        taxes: [Tax],
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What the sender added up, in the invoice's currency.
    InvoiceTotals {
        lines: ?u32,
        quantity: ?Quantity,
        /// Sum of the lines' amounts.
        line_amount: ?Decimal,
        allowances: ?Decimal,
        charges: ?Decimal,
        /// Without tax.
        net: ?Decimal,
        tax: ?Decimal,
        /// What the terms' discount is of.
        discountable: ?Decimal,
        discount: ?Decimal,
        prepaid: ?Decimal,
        rounding: ?Decimal,
        /// With tax: the amount of the invoice.
        gross: Decimal,
        /// What is left to pay.
        payable: ?Decimal,
    }
    /// What a carrier charges for a load. Comes as 210, INVOIC, UBL FreightInvoice.
    FreightInvoice {
        /// The carrier's number of the invoice.
        number: String,
        kind: InvoiceKind,
        purpose: SendPurpose,
        issued: When,
        /// ISO 4217.
        currency: String,
        due_on: ?Date,
        /// Our number of the load, as it was tendered.
        shipment: ?String,
        /// The carrier's number of the load (PRO).
        carrier_number: ?String,
        carrier: Carrier,
        shipper: ?Party,
        consignee: ?Party,
        bill_to: ?Party,
        remit_to: ?Party,
        other_parties: [OtherParty],
        order: ?DocumentRef,
        corrects: [DocumentRef],
        references: [Ref],
        picked_up: ?When,
        delivered: ?When,
        payment_terms: [PaymentTerms],
        delivery_terms: ?DeliveryTerms,
        equipment: [Equipment],
        allowances_charges: [AllowanceCharge],
        taxes: [Tax],
        lines: [FreightLine],
        totals: FreightTotals,
        notes: [String],
        ext: {},
    }
    /// What one part of the load, or one service, costs.
    FreightLine {
        number: String,
        description: ?String,
        /// `freight`, `fuel`, `discount`, or the standard's code of the charge (L108, SAC).
        charge: ?String,
        amount: ?Decimal,
        rate: ?Decimal,
        /// What the rate is for: `hundredweight`, `mile`, `flat`, or the standard's code.
        rate_basis: ?String,
        /// Class of the freight (NMFC, NST).
        class: ?String,
        commodity: [Ref],
        packages: ?Quantity,
        gross_weight: ?Quantity,
        /// What it is billed as.
        billed_weight: ?Quantity,
        volume: ?Quantity,
        distance: ?Quantity,
        order: ?DocumentRef,
        /// Number of the stop.
        stop: ?String,
        references: [Ref],
        taxes: [Tax],
        notes: [String],
        ext: {},
    }
    /// What the carrier added up.
    FreightTotals {
        lines: ?u32,
        net: ?Decimal,
        tax: ?Decimal,
        /// The amount of the invoice.
        gross: Decimal,
        packages: ?Quantity,
        gross_weight: ?Quantity,
        volume: ?Quantity,
        distance: ?Quantity,
    }
}

words! {
    /// Whether it charges or credits.
    InvoiceKind {
        /// It charges.
        Debit,
        /// It gives back.
        Credit,
        /// Takes the place of one that was sent.
        Corrected,
        Prepayment,
        ProForma,
        /// The buyer writes it for the seller.
        SelfBilled,
        /// Gathers several.
        Consolidated,
    }
}
