//! The documents of the demo's partners, made here so that each run sends real X12, EDIFACT, CSV, UBL and JSON.

use super::seed;
use crate::formats::{
    piece::Identity,
    write::{self, OutSet, Segment, X12Delimiters, X12Envelope},
};

/// One line of an order: item, quantity, unit, price in cents.
pub struct Line {
    pub sku: String,
    pub quantity: u32,
    pub unit: &'static str,
    pub cents: u32,
}

impl Line {
    /// Some pieces of the nth item at its price.
    pub fn of(n: usize, quantity: u32) -> Line {
        Line { sku: seed::sku(n), quantity, unit: "EA", cents: seed::cents(n) }
    }

    /// Some pieces of a special item.
    pub fn special(sku: &str, quantity: u32) -> Line {
        Line { sku: sku.into(), quantity, unit: "EA", cents: 500 }
    }

    fn price(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }
}

/// Who sends an X12 interchange to whom.
#[derive(Clone, Copy)]
pub struct Way {
    pub sender: &'static str,
    pub receiver: &'static str,
}

/// The reseller northwind to acme.
pub const NORTHWIND: Way = Way { sender: "NORTHWIND", receiver: "ACMEDIST" };
/// Somebody nobody knows.
pub const STRANGER: Way = Way { sender: "STRANGER", receiver: "ACMEDIST" };
/// The reseller wingtip to globex.
pub const WINGTIP: Way = Way { sender: "WINGTIP", receiver: "GLOBEX" };

/// The body of an 850.
pub fn order(number: &str, lines: &[Line]) -> Vec<Segment> {
    let mut segments = vec![
        Segment::plain("BEG", ["00", "SA", number, "", "20261102"]),
        Segment::plain("CUR", ["BY", "USD"]),
        Segment::plain("DTM", ["002", "20261116"]),
        Segment::plain("N1", ["BY", "Northwind Hardware", "1", "123456789"]),
        Segment::plain("N1", ["ST", "Northwind Store 12", "92", "STORE12"]),
        Segment::plain("N3", ["12 Mill Street"]),
        Segment::plain("N4", ["Salem", "OR", "97301", "US"]),
    ];
    for (n, line) in lines.iter().enumerate() {
        let (number, quantity, price) = ((n + 1).to_string(), line.quantity.to_string(), line.price());
        segments.push(Segment::plain("PO1", [number.as_str(), &quantity, line.unit, &price, "", "VN", &line.sku]));
    }
    segments.push(Segment::plain("CTT", [lines.len().to_string()]));
    segments
}

/// The body of an 860 that cancels an order.
pub fn cancel(number: &str) -> Vec<Segment> {
    vec![
        Segment::plain("BCH", ["01", "SA", number, "", "", "20261102"]),
        Segment::plain("N1", ["BY", "Northwind Hardware", "1", "123456789"]),
    ]
}

/// An interchange of one group.
pub fn interchange(way: Way, control: u64, kind: &str, bodies: Vec<Vec<Segment>>) -> Result<Vec<u8>, String> {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    let envelope = X12Envelope {
        sender: identity(way.sender),
        receiver: identity(way.receiver),
        application_sender: way.sender.into(),
        application_receiver: way.receiver.into(),
        functional_id: if kind == "860" { "PC" } else { "PO" }.into(),
        version: "004010".into(),
        interchange_control: control,
        group_control: control,
        test: false,
        date: "20261102".into(),
        time: "0915".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    };
    let sets: Vec<OutSet> = bodies
        .into_iter()
        .enumerate()
        .map(|(n, segments)| OutSet { kind: kind.into(), control: format!("{:04}", n + 1), segments: segments.into() })
        .collect();
    write::x12(&envelope, &sets).map_err(|fault| fault.sentence.to_string())
}

/// Fifty orders, the seventh of which has a quantity that is no number.
pub fn fifty(control: u64) -> Result<Vec<u8>, String> {
    let bodies = (0..50)
        .map(|n| {
            let mut body = order(&format!("PO-B{n:03}"), &[Line::of(n, 2), Line::of(n + 1, 3)]);
            if n == 6
                && let Some(line) = body.iter_mut().find(|s| s.id == "PO1")
            {
                line.elements[1] = vec![vec!["12x".into()]];
            }
            body
        })
        .collect();
    interchange(NORTHWIND, control, "850", bodies)
}

/// An ORDERS D.96A as EANCOM partners write it.
pub fn orders(number: &str) -> String {
    format!(
        "UNA:+.? 'UNB+UNOA:3+5412345000013:14+4012345000009:14+261102:0915+1001'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+{number}+9'DTM+137:20261102:102'DTM+2:20261116:102'NAD+BY+5412345000013::9'NAD+DP+5412345000020::9'CUX+2:USD:9'LIN+1++BOLT-03:SA'QTY+21:12:PCE'PRI+AAA:1.45'LIN+2++BOLT-04:SA'QTY+21:5:PCE'PRI+AAA:1.55'UNS+S'CNT+2:2'UNT+16+1'UNZ+1+1001'"
    )
}

/// Two hundred orders of two rows; one row of the hundredth lacks its last fields.
pub fn csv() -> String {
    let mut text = String::from("order_number,order_date,currency,buyer,ship_to,line,sku,quantity,unit,price\n");
    for n in 0..200 {
        for line in 0..2 {
            let item = n + line;
            let price = seed::cents(item);
            if n == 99 && line == 1 {
                text += &format!("WEB-{n:04},2026-11-02,USD,FABRIKAM,STORE-1,2,{}\n", seed::sku(item));
            } else {
                text += &format!(
                    "WEB-{n:04},2026-11-02,USD,FABRIKAM,STORE-1,{},{},3,EA,{}.{:02}\n",
                    line + 1,
                    seed::sku(item),
                    price / 100,
                    price % 100
                );
            }
        }
    }
    text
}

/// A UBL 2.1 Order of one line.
pub fn ubl(number: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
       xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
       xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-11-02</cbc:IssueDate>
  <cbc:DocumentCurrencyCode>USD</cbc:DocumentCurrencyCode>
  <cac:BuyerCustomerParty>
    <cac:Party>
      <cac:PartyIdentification><cbc:ID>TAILSPIN</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>Tailspin Toys</cbc:Name></cac:PartyName>
    </cac:Party>
  </cac:BuyerCustomerParty>
  <cac:SellerSupplierParty>
    <cac:Party><cac:PartyName><cbc:Name>Acme Distribution</cbc:Name></cac:PartyName></cac:Party>
  </cac:SellerSupplierParty>
  <cac:OrderLine>
    <cac:LineItem>
      <cbc:ID>1</cbc:ID>
      <cbc:Quantity unitCode="EA">7</cbc:Quantity>
      <cac:Price><cbc:PriceAmount currencyID="USD">1.25</cbc:PriceAmount></cac:Price>
      <cac:Item>
        <cbc:Name>Hexagon bolt no. 1</cbc:Name>
        <cac:SellersItemIdentification><cbc:ID>BOLT-01</cbc:ID></cac:SellersItemIdentification>
      </cac:Item>
    </cac:LineItem>
  </cac:OrderLine>
</Order>
"#
    )
}

/// An order as a shop's webhook sends it.
pub fn json(number: &str) -> String {
    serde_json::json!({
        "number": number,
        "date": "2026-11-02",
        "currency": "USD",
        "buyer": {"id": "NORTHWIND", "name": "Northwind Hardware"},
        "lines": [
            {"line": 1, "sku": seed::sku(4), "quantity": "6", "unit": "EA", "price": "1.65"},
            {"line": 2, "sku": seed::sku(5), "quantity": "1", "unit": "EA"},
        ],
    })
    .to_string()
}
