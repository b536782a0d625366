//! What canonical messages have in common: parties, references, prices, allowances, taxes, terms.

use super::{
    Date, DayOfMonth, Micros, Quantity,
    record::{records, words},
};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

/// Whom to ask, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What for: `orders`, `receiving`, or the standard's code (PER01, CTA 3139).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// An id with the scheme that it belongs to: (`duns`, `001903202`), (`sku`, `BOLT-M8`), (`gtin`, …). As a reference
/// the scheme says of what: (`bill_of_lading`, …), (`department`, …).
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
    /// The second line of the street: building, floor, dock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_street: Option<String>,
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

/// A price in the message's currency, for `per` of the line's unit.
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

words! {
    /// Why a document is sent.
    Purpose {
        Original,
        Change,
        Cancel,
    }
    /// Why a document is sent that may be sent again.
    SendPurpose {
        Original,
        /// Takes the place of an earlier one.
        Replace,
        /// Takes the place of some of an earlier one.
        Change,
        Cancel,
        /// The same once more.
        Duplicate,
        Confirmation,
        Test,
    }
    /// Whether it lowers what is due or raises it.
    AllowanceOrCharge { Allowance, Charge, }
    /// Who pays the freight.
    FreightPayment {
        /// The seller.
        Prepaid,
        /// The seller, who bills it to the buyer.
        PrepaidAndAdded,
        /// The receiver.
        Collect,
        ThirdParty,
        /// The buyer fetches.
        Pickup,
        /// Nobody is charged.
        NoCharge,
    }
    /// How goods travel.
    TransportMode { Road, Rail, Sea, Air, Inland, Parcel, Intermodal, Mail, }
}

records! {
    /// A date, and a time where one was sent.
    When {
        date: Date,
        /// `HH:MM` or `HH:MM:SS`, as the place's clock shows it.
        time: ?String,
        /// Zone of that clock as it was sent: `+01:00`, `ET`, `LT` (local).
        zone: ?String,
        /// The instant (UTC), where the zone tells it.
        at: ?Micros,
    }
    /// Days, both included.
    Period {
        from: ?Date,
        to: ?Date,
    }
    /// A further party, by what it does.
    OtherParty {
        /// `broker`, `manufacturer`, or the standard's code (N101, NAD 3035).
        role: String,
        party: Party,
    }
    /// Another document, by its number.
    DocumentRef {
        number: String,
        date: ?Date,
        /// The number of the line in it.
        line: ?String,
        /// Of a blanket order: the number of the release.
        release: ?String,
    }
    /// An amount that is taken off or added.
    AllowanceCharge {
        kind: AllowanceOrCharge,
        /// `freight`, `handling`, `discount`, or the standard's code (SAC02, ALC 7161, UNCL 5189).
        code: ?String,
        description: ?String,
        /// Without sign.
        amount: ?Decimal,
        percent: ?Decimal,
        /// What the percentage is of.
        base: ?Decimal,
        /// Amount for each unit.
        rate: ?Decimal,
        quantity: ?Quantity,
        /// How it is settled: `off_invoice`, `bill_back`, or the standard's code.
        settled: ?String,
        tax: ?Tax,
    }
    /// A tax, of the whole or of a line.
    Tax {
        /// `vat`, `gst`, `sales`, `state`, `excise`, or the standard's code.
        kind: String,
        /// UNCL 5305: `S` standard, `Z` zero, `E` exempt, `AE` reverse charge.
        category: ?String,
        percent: ?Decimal,
        /// What it is a percentage of.
        base: ?Decimal,
        amount: ?Decimal,
        jurisdiction: ?String,
        /// Why none is due.
        exemption: ?String,
        ext: {},
    }
    /// When and how to pay.
    PaymentTerms {
        /// `net`, `discount`, `end_of_month`, `proximo` (on a day of the month after), or the standard's code.
        code: ?String,
        description: ?String,
        due_on: ?Date,
        due_days: ?u32,
        /// The day of a month on which it is due; of which month, `code` says.
        due_day_of_month: ?DayOfMonth,
        discount_percent: ?Decimal,
        discount_amount: ?Decimal,
        discount_due_on: ?Date,
        discount_days: ?u32,
        /// Days count from: `invoice_date`, `delivery`, `receipt`.
        from: ?String,
        /// UNCL 4461 or words: `credit_transfer`, `cheque`, `direct_debit`.
        means: ?String,
        account: ?Account,
    }
    /// A bank account.
    Account {
        /// IBAN or the bank's own number.
        number: String,
        name: ?String,
        /// BIC, routing number: with its scheme.
        bank: [Ref],
    }
    /// Who bears freight and risk, and where they pass over.
    DeliveryTerms {
        /// Incoterms 2020: `EXW`, `FCA`, `DAP`, …
        code: ?String,
        freight: ?FreightPayment,
        place: ?String,
        description: ?String,
    }
    /// A carrier and how it travels.
    Carrier {
        /// SCAC and the like.
        refs: [Ref],
        name: ?String,
        mode: ?TransportMode,
        /// The level of service: `ground`, `next_day`, or the standard's code.
        service: ?String,
        routing: ?String,
    }
    /// A trailer, container, wagon.
    Equipment {
        /// `trailer`, `container`, or the standard's code.
        kind: ?String,
        number: ?String,
        /// Who owns it: the initials before a number.
        owner: ?String,
        length: ?Quantity,
        seals: [String],
        /// Degrees to be kept, with unit (`CEL`, `FAH`).
        temperature: ?Quantity,
    }
    /// A batch of goods, or single pieces.
    Lot {
        number: ?String,
        serials: [String],
        quantity: ?Quantity,
        produced_on: ?Date,
        best_before: ?Date,
        expires_on: ?Date,
    }
    /// A pallet, carton or other package. Packages lie in each other by `parent`, so a list holds any hierarchy.
    Package {
        /// Unique in the message; lines and other packages name it.
        id: String,
        /// Id of the package that it lies in.
        parent: ?String,
        /// `pallet`, `carton`, or a UN/ECE Rec 21 code.
        kind: ?String,
        /// SSCC and other marks.
        refs: [Ref],
        /// The carrier's number of the parcel.
        tracking: ?String,
        /// How many alike, if they are not listed singly.
        count: ?u32,
        /// How many of the next smaller package lie in it.
        holds: ?u32,
        gross_weight: ?Quantity,
        net_weight: ?Quantity,
        volume: ?Quantity,
        length: ?Quantity,
        width: ?Quantity,
        height: ?Quantity,
        /// Packaging material and the like.
        description: ?String,
        ext: {},
    }
    /// What is counted and weighed of a load as a whole.
    LoadTotals {
        lines: ?u32,
        /// Sum of the lines' quantities.
        quantity: ?Quantity,
        packages: ?u32,
        gross_weight: ?Quantity,
        net_weight: ?Quantity,
        volume: ?Quantity,
        amount: ?Decimal,
    }
}
