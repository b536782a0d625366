//! `remittance/1` and `application_advice/1`: what a partner pays, and what its application thinks of a document.

use super::{
    Date,
    parts::{Account, AllowanceCharge, DocumentRef, OtherParty, Party, Reason, Ref, SendPurpose, When},
    record::{records, words},
};
use rust_decimal::Decimal;

records! {
    /// What is paid, and for which invoices. Comes as 820, REMADV, UBL RemittanceAdvice.
    Remittance {
        /// The payer's number of the payment (trace, cheque).
        number: String,
        purpose: SendPurpose,
        issued: When,
        /// When the money is there.
        pays_on: ?Date,
        /// ISO 4217.
        currency: String,
        /// Without sign.
        amount: Decimal,
        /// Whether the payer gives or takes.
        direction: PaymentDirection,
        /// `ach`, `cheque`, `wire`, `card`, or the standard's code (BPR04, PAI).
        means: ?String,
        payer: ?Party,
        payee: ?Party,
        payer_account: ?Account,
        payee_account: ?Account,
        other_parties: [OtherParty],
        references: [Ref],
        lines: [RemittanceLine],
        /// What is not of one invoice.
        adjustments: [Adjustment],
        notes: [String],
        ext: {},
    }
    /// What is paid of one invoice.
    RemittanceLine {
        number: ?String,
        /// The invoice, credit note or other document that is paid.
        document: DocumentRef,
        /// `invoice`, `credit`, `debit`, `order`, or the standard's code (RMR01, DOC 1001).
        kind: ?String,
        /// What is paid; below zero for a credit.
        paid: Decimal,
        /// What the document was of.
        billed: ?Decimal,
        discount: ?Decimal,
        order: ?DocumentRef,
        despatch: ?DocumentRef,
        adjustments: [Adjustment],
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What is paid less or more, and why.
    Adjustment {
        /// Below zero: less is paid.
        amount: Decimal,
        reason: Reason,
        /// The debit or credit note that says so.
        document: ?DocumentRef,
        references: [Ref],
        allowance_charge: ?AllowanceCharge,
    }
    /// What a partner's application found in a document of ours. Comes as 824, APERAK.
    ApplicationAdvice {
        /// The partner's number of the advice.
        number: String,
        purpose: SendPurpose,
        issued: When,
        sender: ?Party,
        receiver: ?Party,
        other_parties: [OtherParty],
        references: [Ref],
        /// One for each document that it speaks of.
        lines: [AdvisedDocument],
        notes: [String],
        ext: {},
    }
    /// What was found in one document.
    AdvisedDocument {
        outcome: AdviceOutcome,
        /// `850`, `INVOIC`.
        kind: ?String,
        /// The document's business number, and its date.
        document: ?DocumentRef,
        /// Our control numbers of the interchange, the group and the set.
        interchange: ?String,
        group: ?String,
        set: ?String,
        references: [Ref],
        errors: [AdvisedError],
        notes: [String],
        ext: {},
    }
    /// One fault that it found.
    AdvisedError {
        reason: Reason,
        /// The standard's place: segment, its position in the set, element, component.
        segment: ?String,
        position: ?u32,
        element: ?String,
        /// What stands there.
        found: ?String,
        /// The number of the document's line.
        line: ?String,
        references: [Ref],
    }
}

words! {
    /// Whether the payer gives or takes.
    PaymentDirection { Credit, Debit, }
    /// What became of a document in the partner's application.
    AdviceOutcome { Accepted, AcceptedWithErrors, PartlyAccepted, Rejected, }
}
