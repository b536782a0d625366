//! An order is answered the way it came: 850 by 855, ORDERS by ORDRSP, UBL Order by OrderResponse; what came otherwise by
//! every answer that was agreed.

use crate::rig::{ACME, Backing, NORTHWIND, Rig, order};
use crate::x12;
use crossdock::{
    config::Settings,
    flow::operate,
    formats::{
        self, Options,
        piece::{Piece, Standard},
    },
    insight::audit::audit,
    store::{deliveries, now},
};

async fn speaking_three(backing: Backing, agreement: &str) -> Rig {
    let acme = ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/14/4000002000004]");
    let north = NORTHWIND
        .replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]")
        .replace(
            "  - { name: north-drop",
            "  - { name: north-xml, transport: http, key: north-xml-key-0123456789 }\n  - { name: north-drop",
        )
        .replace(
            "by: north-drop }]",
            "by: north-drop }, { event: order.confirmed, as: edifact D96A ORDRSP, by: north-drop }, \
             { event: order.confirmed, as: ubl 2.1 OrderResponse, by: north-drop }]",
        );
    let north = north
        .replace("agreement: { acknowledge: '997' }", &format!("agreement: {{ acknowledge: '997', {agreement} }}"));
    assert!(north.contains("ORDRSP") && north.contains("north-xml"));
    let mut rig = Rig::with(backing, &[&acme, &north], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// Brings an order and gives the documents that answer it: (kind, bytes).
async fn answered(rig: &Rig, connection: &str, name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let id = rig.bring(connection, name, bytes).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::to_target(&mut tx, rig.acme, "north-drop").await.unwrap();
    tx.rollback().await.unwrap();
    let mut told: Vec<(String, Vec<u8>)> = rows
        .into_iter()
        .filter(|row| row.kind == "document" && row.document == Some(id))
        .map(|row| {
            assert_eq!(row.state, "pending", "{:?}", row.cause);
            let name = row.name.unwrap();
            let kind = name.split('-').next().unwrap().to_owned();
            assert_eq!(row.control.is_some(), kind != "OrderResponse", "{name}: who has an envelope has a number");
            (kind, row.content.unwrap())
        })
        .collect();
    told.sort();
    told
}

/// Our own reader finds nothing wrong with what we wrote.
fn clean(standard: Standard, bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    for piece in formats::read(standard, bytes, Options::default()) {
        let faults = match piece.unwrap() {
            Piece::Set(set) => set.faults,
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        };
        assert!(faults.is_empty(), "{faults:#?}\n{text}");
    }
    text
}

const ORDERS: &str = "UNB+UNOC:3+4012345000009:14+4000002000004:14+261102:0915+7'\nUNH+1+ORDERS:D:96A:UN:EAN008'\n\
    BGM+220+E-1+9'\nDTM+137:20261102:102'\nNAD+BY+4012345000009::9'\nCUX+2:USD:9'\n\
    LIN+1'\nPIA+5+PLENTY-1:SA'\nQTY+21:4:PCE'\nPRI+AAA:2.50'\nLIN+2'\nPIA+5+TEN:SA'\nQTY+21:12:PCE'\nPRI+AAA:2.50'\n\
    LIN+3'\nPIA+5+NOBODYS:SA'\nQTY+21:1:PCE'\nUNS+S'\nCNT+2:3'\nUNT+19+1'\nUNZ+1+7'\n";

const UBL: &str = r#"<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>U-1</cbc:ID>
 <cbc:IssueDate>2026-11-02</cbc:IssueDate><cbc:DocumentCurrencyCode>USD</cbc:DocumentCurrencyCode>
 <cac:BuyerCustomerParty><cac:Party><cac:PartyIdentification><cbc:ID schemeID="GLN">4012345000009</cbc:ID></cac:PartyIdentification>
 <cac:PartyName><cbc:Name>North &amp; Wind</cbc:Name></cac:PartyName></cac:Party></cac:BuyerCustomerParty>
 <cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID><cbc:Quantity unitCode="C62">3</cbc:Quantity>
 <cac:Price><cbc:PriceAmount currencyID="USD">2.50</cbc:PriceAmount></cac:Price>
 <cac:Item><cbc:Name>A thing</cbc:Name><cac:SellersItemIdentification><cbc:ID>PLENTY-1</cbc:ID></cac:SellersItemIdentification></cac:Item>
 </cac:LineItem></cac:OrderLine></Order>"#;

/// Numbers with a comma, and a functional group, where that was agreed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_and_with_commas() {
    let mut rig = speaking_three(
        Backing::Lite,
        "unb_out: { group: true, group_sender: SALES, decimal_mark: comma, association: EAN005 }",
    )
    .await;
    let answers = answered(&rig, "north-edi", "orders.edi", ORDERS.as_bytes()).await;
    let text = clean(Standard::Edifact, &answers[0].1);
    assert!(text.starts_with("UNA:+,? '"), "{text}");
    let group = ["\nUNG+ORDRSP+SALES+4012345000009:14+", "\nUNE+1+1'\nUNZ+1+", "+ORDRSP:D:96A:UN:EAN005'\n"];
    for part in group.into_iter().chain(["\nPRI+AAA:2,5"]) {
        assert!(text.contains(part), "no {part} in {text}");
    }
    rig.halt().await;
}

/// Who and for whom, in which syntax, and that a CONTRL is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_of_edifact() {
    let agreement = "unb_out: { sender: '4000002000011', sender_routing: SALES, receiver: DEPOT, receiver_qualifier: ZZZ, \
        receiver_routing: DOCK-4, syntax: 'UNOB:2', letters: transliterate, acknowledgement_request: true, group: true }";
    for (agreement, begins, ends, group) in [
        ("", "UNB+UNOC:3+4000002000004:14+4012345000009:14+", "'", None),
        (
            agreement,
            "UNB+UNOB:2+4000002000011:14:SALES+DEPOT:ZZZ:DOCK-4+",
            "++++1'",
            Some("UNG+ORDRSP+4000002000011:14+DEPOT:ZZZ+"),
        ),
    ] {
        let mut rig = speaking_three(Backing::Lite, agreement).await;
        let answers = answered(&rig, "north-edi", "orders.edi", ORDERS.as_bytes()).await;
        let text = clean(Standard::Edifact, &answers[0].1);
        let unb = text.lines().find(|line| line.starts_with("UNB+")).unwrap();
        assert!(unb.starts_with(begins) && unb.ends_with(ends), "{unb}");
        assert!(group.is_none_or(|group| text.contains(group)), "{text}");
        rig.halt().await;
    }
}

/// What the character set of a document lacks costs it, unless something was agreed to stand for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_can_not_be_said() {
    for (agreement, written) in
        [("unb_out: { letters: transliterate }", None), ("unb_out: { substitute: '.' }", Some(true))]
    {
        let mut rig = speaking_three(Backing::Lite, agreement).await;
        rig.bring("north-a", "a.json", &order("PO-\u{2192}1", &[("PLENTY-1", 3)])).await;
        rig.quiet().await;
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let rows = deliveries::to_target(&mut tx, rig.acme, "north-drop").await.unwrap();
        tx.rollback().await.unwrap();
        let ordrsp = rows.iter().find(|row| row.name.as_ref().is_some_and(|name| name.starts_with("ORDRSP-")));
        let text = ordrsp.map(|row| String::from_utf8_lossy(row.content.as_deref().unwrap_or_default()).into_owned());
        assert_eq!(text.as_ref().map(|text| text.contains("PO-.1")), written, "{agreement}: {text:?}");
        assert_eq!(
            rows.iter().filter(|row| row.state == "dead").count(),
            usize::from(written.is_none()),
            "{agreement}"
        );
        rig.halt().await;
    }
}

async fn the_way_it_came(backing: Backing) {
    let mut rig = speaking_three(backing, "").await;

    let answers = answered(&rig, "north-edi", "orders.edi", ORDERS.as_bytes()).await;
    assert_eq!(answers.iter().map(|a| &*a.0).collect::<Vec<_>>(), ["ORDRSP"]);
    let text = clean(Standard::Edifact, &answers[0].1);
    for segment in [
        "BGM+231+SO-",
        "+4'",
        "RFF+ON:E-1'",
        "NAD+BY+4012345000009::9'",
        "NAD+SU+4000002000004::9++acme'",
        "CUX+2:USD:9'",
        "LIN+1+5+PLENTY-1:SA'",
        "QTY+21:4:PCE'",
        "PRI+AAA:2.50",
        "LIN+2+5+TEN:SA'",
        "QTY+21:10:PCE'",
        "LIN+2+24+TEN:SA'",
        "QTY+21:2:PCE'",
        "LIN+3+7+NOBODYS:SA'",
        "order/unknown_item",
        "CNT+2:4'",
    ] {
        assert!(text.contains(segment), "{segment} is not in\n{text}");
    }

    let answers = answered(&rig, "north-xml", "order.xml", UBL.as_bytes()).await;
    assert_eq!(answers.iter().map(|a| &*a.0).collect::<Vec<_>>(), ["OrderResponse"]);
    let text = clean(Standard::Xml, &answers[0].1);
    for element in
        ["<cbc:OrderResponseCode>AP<", "<cbc:Name>North &amp; Wind<", "<cbc:Name>acme<", "<cbc:LineStatusCode>5<"]
    {
        assert!(text.contains(element), "{element} is not in\n{text}");
    }

    let answers = answered(&rig, "north-edi", "850.edi", x12::orders(9, &["X-1"]).as_bytes()).await;
    assert_eq!(answers.iter().map(|a| &*a.0).collect::<Vec<_>>(), ["855"]);
    clean(Standard::X12, &answers[0].1);

    // JSON is nobody's way: every answer that was agreed goes.
    let json = crate::rig::order("J-1", &[("PLENTY-1", 1)]);
    let answers = answered(&rig, "north-a", "order.json", &json).await;
    assert_eq!(answers.iter().map(|a| &*a.0).collect::<Vec<_>>(), ["855", "ORDRSP", "OrderResponse"]);

    let looked = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(looked.missing, [], "the audit judges by the way an order came");
    // And sees it, if the one that is owed is gone.
    let gone = "delete from deliveries where name like 'ORDRSP-%' and document in (select id from documents where name = 'orders.edi')";
    assert_eq!(rig.place.sql(gone).await.unwrap(), 1);
    let looked = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(looked.missing.iter().any(|m| m.kind == "event_without_delivery"), "{:?}", looked.missing);
    rig.halt().await;
}

/// A row of the tenant's holds when an order is read and when it is answered: what was ordered as EA is confirmed as EA.
async fn in_the_unit_that_was_ordered(backing: Backing) {
    let mut rig = speaking_three(backing, "").await;
    for (value, target) in [("EA", "CS"), ("PF", "EA"), ("CA", "PK")] {
        operate::add_reference(&rig.hub, rig.acme, "uom", value, target, "ann").await.unwrap();
    }
    for (n, (unit, meant)) in [("EA", "CS"), ("PF", "EA"), ("CA", "PK"), ("BX", "BX")].into_iter().enumerate() {
        let number = format!("X-{unit}");
        let set = x12::set("850", 1, &x12::order(&number, "PLENTY-1", "3", unit));
        let text = x12::interchange(n as u32 + 1, &[set]);
        let answers = answered(&rig, "north-edi", &format!("{number}.edi"), text.as_bytes()).await;
        let text = clean(Standard::X12, &answers[0].1);
        assert!(text.contains(&format!("*3*{unit}*")), "{unit}:\n{text}");
        let read = rig.messages(&number).await.remove(0).body.unwrap();
        assert_eq!(read["lines"][0]["quantity"]["unit"], meant, "{read}");
    }
    rig.halt().await;
}

crate::rig::on_both!(the_way_it_came, in_the_unit_that_was_ordered);
