//! `price_catalogue/1`, `inventory_report/1` and `sales_report/1`: lists of items with prices, stock or sales.

use super::{
    Date, Quantity,
    parts::{AllowanceCharge, DocumentRef, Lot, OtherParty, Party, Period, Price, Ref, SendPurpose, Tax, Totals, When},
    record::{records, words},
};
use rust_decimal::Decimal;

records! {
    /// What a supplier sells at which price. Comes as 832, PRICAT, CSV.
    PriceCatalogue {
        /// The supplier's number of the catalogue or list.
        number: String,
        purpose: SendPurpose,
        issued: When,
        name: ?String,
        /// `all` of the list, or only what `changes`.
        covers: ?Coverage,
        /// When its prices hold.
        valid: ?Period,
        /// ISO 4217.
        currency: ?String,
        seller: ?Party,
        /// For whom the prices are.
        buyer: ?Party,
        other_parties: [OtherParty],
        contract: ?DocumentRef,
        references: [Ref],
        allowances_charges: [AllowanceCharge],
        lines: [CatalogueLine],
        totals: ?Totals,
        notes: [String],
        ext: {},
    }
    /// One item of the catalogue.
    CatalogueLine {
        number: String,
        action: ?CatalogueAction,
        item: Vec<Ref>,
        description: ?String,
        brand: ?String,
        /// Classes of the item: UNSPSC, GPC, the supplier's own.
        classes: [Ref],
        /// The unit in which it is sold.
        unit: ?String,
        prices: [CataloguePrice],
        /// How many of the unit lie in a package.
        pack: ?Quantity,
        minimum: ?Quantity,
        maximum: ?Quantity,
        /// Ordered in multiples of.
        multiple: ?Quantity,
        lead_days: ?u32,
        available_from: ?Date,
        discontinued_on: ?Date,
        /// What comes in its place.
        replaced_by: [Ref],
        gross_weight: ?Quantity,
        net_weight: ?Quantity,
        volume: ?Quantity,
        length: ?Quantity,
        width: ?Quantity,
        height: ?Quantity,
        country_of_origin: ?String,
        taxes: [Tax],
        allowances_charges: [AllowanceCharge],
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// One price of an item.
    CataloguePrice {
        kind: PriceKind,
        amount: Decimal,
        /// For how many of the unit.
        per: ?Decimal,
        unit: ?String,
        /// ISO 4217, where it differs from the catalogue's.
        currency: ?String,
        /// From and up to how many it holds.
        from_quantity: ?Decimal,
        to_quantity: ?Decimal,
        valid: ?Period,
        discount_percent: ?Decimal,
        /// The price list or channel.
        list: ?String,
    }
    /// How much is where. Comes as 846, INVRPT, UBL InventoryReport and StockAvailabilityReport, CSV.
    InventoryReport {
        /// The sender's number of the report.
        number: String,
        purpose: SendPurpose,
        issued: When,
        /// The moment that was counted.
        as_of: ?When,
        covers: ?Coverage,
        /// ISO 4217, of prices.
        currency: ?String,
        /// Who holds the stock.
        reporter: ?Party,
        owner: ?Party,
        location: ?Party,
        other_parties: [OtherParty],
        references: [Ref],
        lines: [InventoryLine],
        totals: ?Totals,
        notes: [String],
        ext: {},
    }
    /// The stock of one item.
    InventoryLine {
        number: String,
        item: Vec<Ref>,
        description: ?String,
        location: ?Party,
        /// The place within it.
        bin: ?String,
        quantities: [StockQuantity],
        lots: [Lot],
        price: ?Price,
        next_receipt_on: ?Date,
        reorder_point: ?Quantity,
        minimum: ?Quantity,
        maximum: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// How much of which state.
    StockQuantity {
        state: StockState,
        quantity: Quantity,
        /// When it is so: of what is to come.
        on: ?Date,
        /// Where lines are not by place.
        location: [Ref],
    }
    /// What was sold, moved or is forecast. Comes as 852 (activity), 867 (transfer and resale), SLSRPT, SLSFCT.
    SalesReport {
        /// The sender's number of the report.
        number: String,
        kind: SalesKind,
        purpose: SendPurpose,
        issued: When,
        period: ?Period,
        /// ISO 4217.
        currency: ?String,
        reporter: ?Party,
        supplier: ?Party,
        location: ?Party,
        other_parties: [OtherParty],
        contract: ?DocumentRef,
        references: [Ref],
        lines: [SalesLine],
        totals: ?Totals,
        notes: [String],
        ext: {},
    }
    /// One item at one place in one period.
    SalesLine {
        number: String,
        item: Vec<Ref>,
        description: ?String,
        location: ?Party,
        /// Who bought.
        sold_to: ?Party,
        ship_to: ?Party,
        period: ?Period,
        figures: [SalesFigure],
        price: ?Price,
        amount: ?Decimal,
        /// The sale's own documents.
        order: ?DocumentRef,
        invoice: ?DocumentRef,
        contract: ?DocumentRef,
        lots: [Lot],
        taxes: [Tax],
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// One figure of it.
    SalesFigure {
        what: Activity,
        /// Of all places together; may be missing where places are listed.
        quantity: ?Quantity,
        amount: ?Decimal,
        period: ?Period,
        location: [Ref],
        places: [PlaceFigure],
        /// The promotion, the reason and the like.
        references: [Ref],
    }
    /// What a figure comes to at one place.
    PlaceFigure {
        /// The store or warehouse.
        place: Vec<Ref>,
        quantity: Quantity,
    }
}

words! {
    /// Whether a list is whole.
    Coverage { All, Changes, }
    /// What becomes of an item of a catalogue.
    CatalogueAction { Add, Change, Delete, Discontinue, Unchanged, }
    /// What a price is.
    PriceKind {
        /// What the buyer pays.
        Net,
        /// Before discounts.
        List,
        /// What an end customer is asked.
        Retail,
        /// What an end customer may be asked at least (MAP).
        Advertised,
        Cost,
        Promotional,
        Contract,
        Distributor,
        Unit,
    }
    /// What may be done with stock.
    StockState {
        OnHand,
        Available,
        Reserved,
        OnOrder,
        InTransit,
        Damaged,
        Quarantined,
        Returned,
        Backordered,
        Expected,
        Total,
    }
    /// What a sales report tells.
    SalesKind {
        /// What went in and out of stock (852).
        Activity,
        /// What was sold on (867, SLSRPT).
        Resale,
        /// What was moved (867).
        Transfer,
        /// What will be sold (SLSFCT, 830).
        Forecast,
    }
    /// What a figure counts.
    Activity {
        Sold,
        Returned,
        Received,
        Transferred,
        Adjusted,
        OnHand,
        OnOrder,
        InTransit,
        Available,
        OutOfStock,
        Forecast,
        Ordered,
        Damaged,
        Planned,
        Lost,
        /// What a period began with.
        Opening,
        /// Promised to somebody.
        Committed,
        /// Taken out of a warehouse.
        Withdrawn,
        /// There, and not to be sold.
        Held,
    }
}
