//! What the codes that business people meet most mean, in short words of our own.

use crate::piece::Standard;

/// The words for a code of an element (`98`, `3035`), if there are any.
pub fn of(standard: Standard, element: &str, code: &str) -> Option<&'static str> {
    let table = if standard == Standard::X12 { X12 } else { EDIFACT };
    let (_, codes) = table.iter().find(|(known, _)| *known == element)?;
    codes.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

type Codes = &'static [(&'static str, &'static [(&'static str, &'static str)])];

#[rustfmt::skip]
const X12: Codes = &[
    ("66", &[("1", "D-U-N-S number"), ("9", "D-U-N-S number with suffix"), ("91", "seller's number"), ("92", "buyer's number"),
        ("UL", "GLN"), ("ZZ", "as agreed")]),
    ("92", &[("SA", "single order"), ("NE", "new order"), ("BK", "blanket order"), ("RL", "release"), ("DS", "drop shipment"),
        ("RO", "rush order")]),
    ("98", &[("BY", "buyer"), ("ST", "ship to"), ("SF", "ship from"), ("BT", "bill to"), ("SE", "seller"), ("VN", "vendor"),
        ("SU", "supplier"), ("RI", "remit to"), ("PR", "payer"), ("PE", "payee"), ("CA", "carrier"), ("SH", "shipper"),
        ("CN", "consignee"), ("WH", "warehouse")]),
    ("128", &[("PO", "purchase order"), ("IV", "invoice"), ("BM", "bill of lading"), ("CN", "carrier's reference"),
        ("DP", "department"), ("IA", "vendor's number with the buyer"), ("CO", "customer's order"), ("VN", "vendor's order")]),
    ("235", &[("VN", "vendor's item"), ("VP", "vendor's part"), ("BP", "buyer's part"), ("IN", "buyer's item"),
        ("UP", "U.P.C."), ("EN", "EAN"), ("UK", "GTIN of 14 digits"), ("SK", "stock keeping unit"), ("MG", "manufacturer's part")]),
    ("353", &[("00", "original"), ("01", "cancellation"), ("04", "change"), ("05", "replacement"), ("06", "confirmation"),
        ("07", "duplicate")]),
    ("355", &[("EA", "each"), ("CA", "case"), ("BX", "box"), ("PC", "piece"), ("DZ", "dozen"), ("LB", "pound"), ("KG", "kilogram"),
        ("CT", "carton"), ("PK", "package"), ("PL", "pallet")]),
    ("365", &[("TE", "telephone"), ("EM", "electronic mail"), ("FX", "fax"), ("CP", "mobile telephone"), ("UR", "web address")]),
    ("366", &[("BD", "buyer's office"), ("OC", "about orders"), ("IC", "for information"), ("DC", "about deliveries"),
        ("AP", "accounts payable"), ("AR", "accounts receivable"), ("SR", "sales"), ("EA", "about EDI")]),
    ("374", &[("001", "cancel after"), ("002", "delivery requested"), ("003", "invoice"), ("004", "purchase order"),
        ("010", "shipment requested"), ("011", "shipped"), ("017", "delivery estimated"), ("035", "delivered"),
        ("037", "ship not before"), ("038", "ship no later")]),
    ("522", &[("TT", "total"), ("1", "sum of the lines"), ("BAL", "balance"), ("N", "net")]),
    ("639", &[("PE", "each"), ("HP", "a hundred"), ("TP", "a thousand"), ("CA", "a case"), ("NT", "net"),
        ("QT", "as quoted"), ("CT", "by contract"), ("UM", "for the unit")]),
    ("668", &[("IA", "accepted"), ("IB", "back ordered"), ("IC", "accepted with changes"), ("IP", "price changed"),
        ("IQ", "quantity changed"), ("IR", "rejected")]),
    ("715", &[("A", "accepted"), ("E", "accepted with errors"), ("P", "partly accepted"), ("R", "rejected")]),
    ("717", &[("A", "accepted"), ("E", "accepted with errors"), ("R", "rejected")]),
    ("735", &[("S", "shipment"), ("O", "order"), ("T", "pallet"), ("P", "pack"), ("I", "item")]),
];

#[rustfmt::skip]
const EDIFACT: Codes = &[
    ("1001", &[("220", "order"), ("230", "order change"), ("231", "order response"), ("351", "despatch advice"),
        ("380", "invoice"), ("381", "credit note")]),
    ("1153", &[("ON", "order"), ("VN", "supplier's order"), ("DQ", "delivery note"), ("IV", "invoice"), ("CT", "contract"),
        ("AAK", "despatch advice"), ("VA", "VAT registration"), ("PL", "price list")]),
    ("1131", &[("112", "VAT numbers"), ("160", "party's own list")]),
    ("1225", &[("1", "cancellation"), ("4", "change"), ("5", "replacement"), ("7", "duplicate"), ("9", "original")]),
    ("2005", &[("2", "delivery requested"), ("11", "despatch"), ("13", "payment due"), ("17", "delivery estimated"),
        ("35", "delivered"), ("63", "delivery at the latest"), ("64", "delivery at the earliest"), ("137", "document"),
        ("171", "reference")]),
    ("2151", &[("D", "days"), ("M", "months"), ("W", "weeks"), ("Y", "years")]),
    ("2379", &[("101", "YYMMDD"), ("102", "CCYYMMDD"), ("203", "CCYYMMDDHHMM")]),
    ("3035", &[("BY", "buyer"), ("SU", "supplier"), ("SE", "seller"), ("DP", "delivery party"), ("IV", "invoicee"),
        ("CN", "consignee"), ("CZ", "consignor"), ("SF", "ship from"), ("ST", "ship to"), ("UC", "ultimate consignee"),
        ("CA", "carrier"), ("PR", "payer"), ("PE", "payee")]),
    ("3055", &[("5", "ISO"), ("6", "UN/ECE"), ("9", "GS1"), ("16", "D-U-N-S"), ("86", "the party of the message"),
        ("91", "the seller"), ("92", "the buyer"), ("ZZZ", "as agreed")]),
    ("3139", &[("OC", "about orders"), ("IC", "for information"), ("PD", "purchasing"), ("SR", "sales"), ("AP", "accounts payable"),
        ("AR", "accounts receivable"), ("DL", "about deliveries"), ("WH", "warehouse")]),
    ("3155", &[("TE", "telephone"), ("EM", "electronic mail"), ("FX", "fax"), ("AL", "mobile telephone")]),
    ("4451", &[("AAI", "general information"), ("DEL", "about the delivery"), ("PUR", "about the purchase"),
        ("INV", "about the invoice"), ("ZZZ", "as agreed")]),
    ("5025", &[("8", "allowance or charge"), ("9", "amount due"), ("12", "discount"), ("66", "of the line"), ("23", "charge"),
        ("204", "allowance"), ("77", "invoice"), ("79", "sum of the lines"), ("86", "total"), ("124", "tax"),
        ("125", "taxable"), ("203", "line")]),
    ("5125", &[("AAA", "net"), ("AAB", "gross")]),
    ("6063", &[("12", "despatched"), ("21", "ordered"), ("46", "delivered"), ("47", "invoiced"), ("48", "received"),
        ("59", "units in a pack"), ("83", "back ordered"), ("113", "to be delivered"), ("192", "free goods")]),
    ("6069", &[("1", "sum of the quantities"), ("2", "count of the lines"), ("11", "count of the packages"), ("7", "gross weight")]),
    ("6343", &[("4", "of the invoice"), ("8", "of the price list"), ("9", "of the order"), ("10", "of the price"),
        ("11", "of the payment")]),
    ("6347", &[("2", "reference currency"), ("3", "target currency")]),
    ("6411", &[("PCE", "piece"), ("KGM", "kilogram"), ("EA", "each"), ("CT", "carton"), ("MTR", "metre"), ("LTR", "litre")]),
    ("7143", &[("EN", "EAN"), ("SRV", "GTIN"), ("UP", "U.P.C."), ("SA", "supplier's article"), ("IN", "buyer's item"),
        ("BP", "buyer's part"), ("MF", "manufacturer's article")]),
];
