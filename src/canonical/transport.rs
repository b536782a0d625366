//! `transport_order/1`, `tender_response/1` and `transport_status/1`: a load, and what a carrier says about it.

use super::{
    Quantity,
    parts::{
        Address, AllowanceCharge, Carrier, DeliveryTerms, DocumentRef, Equipment, LoadTotals, OtherParty, Package,
        Party, Reason, Ref, SendPurpose, When,
    },
    record::{records, words},
};
use rust_decimal::Decimal;

records! {
    /// A load that a carrier is asked to take. Written as 204, IFTMIN.
    TransportOrder {
        /// Our number of the load.
        number: String,
        purpose: SendPurpose,
        /// A 204 has no date of its own.
        issued: ?When,
        carrier: Carrier,
        /// Until when the carrier has to answer.
        respond_by: ?When,
        shipper: ?Party,
        consignee: ?Party,
        bill_to: ?Party,
        other_parties: [OtherParty],
        order: ?DocumentRef,
        references: [Ref],
        delivery_terms: ?DeliveryTerms,
        equipment: [Equipment],
        /// ISO 4217.
        currency: ?String,
        /// What we offer to pay.
        charge: ?Decimal,
        allowances_charges: [AllowanceCharge],
        stops: [Stop],
        packages: [Package],
        lines: [LoadLine],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// A place where the load halts.
    Stop {
        /// Its place in the order of the way.
        number: String,
        action: StopAction,
        party: ?Party,
        /// The window: not before, not after.
        from: ?When,
        until: ?When,
        appointment: ?String,
        gross_weight: ?Quantity,
        volume: ?Quantity,
        packages: ?Quantity,
        pallets: ?u32,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// Goods of the load.
    LoadLine {
        number: String,
        /// Numbers of the stops where it comes on and off.
        pick_up: ?String,
        drop_off: ?String,
        order: ?DocumentRef,
        package: ?String,
        item: [Ref],
        description: ?String,
        quantity: ?Quantity,
        packages: ?Quantity,
        gross_weight: ?Quantity,
        volume: ?Quantity,
        /// Class of the freight (NMFC, NST).
        class: ?String,
        dangerous: ?DangerousGoods,
        references: [Ref],
        notes: [String],
        ext: {},
    }
    /// What is dangerous in it.
    DangerousGoods {
        /// UN number, without `UN`.
        number: String,
        class: ?String,
        packing_group: ?String,
        name: ?String,
        flashpoint: ?Quantity,
        contact: ?String,
    }
    /// What a carrier answers to a load that it was asked to take. Comes as 990, IFTMBC.
    TenderResponse {
        /// Our number of the load.
        number: String,
        purpose: SendPurpose,
        outcome: TenderOutcome,
        /// A 990 may have none.
        issued: ?When,
        /// The carrier's number of the load (PRO).
        carrier_number: ?String,
        carrier: Carrier,
        reason: ?Reason,
        pick_up: ?When,
        delivery: ?When,
        other_parties: [OtherParty],
        references: [Ref],
        equipment: [Equipment],
        /// ISO 4217.
        currency: ?String,
        /// What the carrier asks for.
        charge: ?Decimal,
        notes: [String],
        ext: {},
    }
    /// Where a load or a parcel is. Comes as 214, IFTSTA, a carrier's webhook.
    TransportStatus {
        /// Our number of the load, or the carrier's where ours is not told.
        number: String,
        issued: ?When,
        /// The carrier's number of the load (PRO).
        carrier_number: ?String,
        tracking: ?String,
        carrier: ?Carrier,
        shipper: ?Party,
        consignee: ?Party,
        other_parties: [OtherParty],
        order: ?DocumentRef,
        despatch: ?DocumentRef,
        references: [Ref],
        /// When it is expected there, by what is known now.
        expected: ?When,
        equipment: [Equipment],
        /// What happened, as it is told; later ones may come before earlier ones.
        lines: [Milestone],
        totals: ?LoadTotals,
        notes: [String],
        ext: {},
    }
    /// One thing that happened to it, or will.
    Milestone {
        number: ?String,
        status: Status,
        /// The standard's or carrier's own code (AT701, STS 9015, `in_transit`).
        code: ?String,
        description: ?String,
        reason: ?Reason,
        /// When it was or will be, where the carrier tells it.
        at: ?When,
        /// Whether it is so, or only expected.
        certainty: ?Certainty,
        place: ?Address,
        location: [Ref],
        /// Number of the stop.
        stop: ?String,
        tracking: ?String,
        equipment: ?Equipment,
        /// Who signed.
        signed_by: ?String,
        packages: ?Quantity,
        gross_weight: ?Quantity,
        references: [Ref],
        notes: [String],
        ext: {},
    }
}

words! {
    /// What is done at a stop.
    StopAction { Load, Unload, PartLoad, PartUnload, CompleteLoad, CompleteUnload, PickUpEquipment, DropEquipment, Pass, }
    /// What the carrier says to a tender.
    TenderOutcome { Accepted, AcceptedWithChanges, Declined, Cancelled, }
    /// How sure it is that it is so.
    Certainty { Actual, Estimated, Planned, }
    /// What happened.
    Status {
        /// Told to the carrier; it does not have it yet.
        Announced,
        Scheduled,
        ArrivedAtPickup,
        PickedUp,
        Departed,
        InTransit,
        Arrived,
        AtCustoms,
        Cleared,
        ArrivedAtDelivery,
        OutForDelivery,
        AvailableForPickup,
        Delivered,
        AttemptFailed,
        Delayed,
        Damaged,
        Exception,
        Refused,
        Returning,
        Returned,
        Cancelled,
        Lost,
        Unknown,
    }
}
