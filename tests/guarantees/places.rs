//! What the core refuses names the place that the partner wrote: segment, element, bytes, what stands there and what should.

use crate::{
    rig::{Rig, both},
    x12::{interchange, order, orders, set},
};
use crossdock::formats::{fault::Fault, place::At};

both!(
    refused_lines_name_their_elements,
    a_refused_message_names_its_element,
    a_refused_row_names_its_line,
    what_was_not_sent_names_where_it_is_missed,
);

async fn faults(rig: &Rig, number: &str) -> Vec<Fault> {
    let row = rig.messages(number).await.pop().expect("its message");
    serde_json::from_value(row.faults.expect("faults")).expect("faults as the codec has them")
}

/// `PO102 in 5: 12 at byte 241, a quantity …` of each.
fn told(faults: &[Fault], text: &str) -> Vec<String> {
    let words = |fault: &Fault| {
        let from = fault.place.byte as usize;
        let there = &text[from..from + fault.place.len as usize];
        assert_eq!(there, &*fault.found, "what is quoted stands there");
        assert!(!fault.expected.is_empty() && !fault.sentence.is_empty() && !fault.remedy.is_empty());
        let place = match &fault.place.at {
            At::Segment { ordinal, .. } => format!("{} in segment {ordinal}", fault.place.at),
            at => at.to_string(),
        };
        format!("{} {place} `{}`: {}", fault.code, fault.found, fault.expected)
    };
    faults.iter().map(words).collect()
}

async fn refused_lines_name_their_elements(mut rig: Rig) {
    rig.start(1, 1).await;
    let mut body = order("PO-1", "PLENTY-1", "3", "EA");
    body.pop();
    for line in [
        "PO1*2*1*EA*2.50**VN*NOBODYS",
        "PO1*3*1*CA*2.50**VN*PLENTY-2",
        "PO1*4*1*EA*9.75**VN*PLENTY-2",
        "PO1*5*12*EA*2.50**VN*TEN",
        "CTT*5",
    ] {
        body.push(line.into());
    }
    let text = interchange(1, &[set("850", 1, &body)]);
    rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.stand("PO-1", &["applied"]).await;
    let faults = faults(&rig, "PO-1").await;
    assert_eq!(
        told(&faults, &text),
        [
            "order/unknown_item PO107 in segment 6 `NOBODYS`: an item of the catalogue",
            "order/unit PO103 in segment 7 `CA`: EA",
            "order/price PO104 in segment 8 `9.75`: 2.50 USD for 1",
            "stock/short PO102 in segment 9 `12`: at most 10 EA",
        ]
    );
    rig.halt().await;
}

async fn a_refused_message_names_its_element(mut rig: Rig) {
    rig.start(1, 1).await;
    rig.bring("north-edi", "a.edi", orders(1, &["PO-1"]).as_bytes()).await;
    rig.stand("PO-1", &["applied"]).await;
    let again = interchange(2, &[set("850", 1, &order("PO-1", "PLENTY-1", "7", "EA"))]);
    rig.bring("north-edi", "b.edi", again.as_bytes()).await;
    rig.stand("PO-1", &["applied", "rejected"]).await;
    let faults = faults(&rig, "PO-1").await;
    let expected = "order/number_taken BEG03 in segment 2 `PO-1`: a number under which no other order stands or stood";
    assert_eq!(told(&faults, &again), [expected]);
    rig.halt().await;
}

async fn a_refused_row_names_its_line(mut rig: Rig) {
    rig.start(1, 1).await;
    let text = "order_number,order_date,currency,buyer,ship_to,line,sku,quantity,unit,price\nC-1,2026-11-02,USD,N,S-1,1,PLENTY-1,2,EA,2.50\nC-1,2026-11-02,USD,N,S-1,2,NOBODYS,2,EA,2.50\n";
    rig.bring("north-csv", "a.csv", text.as_bytes()).await;
    rig.quiet().await;
    let faults = faults(&rig, "C-1").await;
    assert_eq!(told(&faults, text), ["order/unknown_item line 3, sku `NOBODYS`: an item of the catalogue"]);
    rig.halt().await;
}

async fn what_was_not_sent_names_where_it_is_missed(mut rig: Rig) {
    rig.start(1, 1).await;
    let mut body = order("PO-1", "PLENTY-1", "3", "EA");
    body[3] = "PO1*1*3*EA*2.50".into();
    let text = interchange(1, &[set("850", 1, &body)]);
    rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.stand("PO-1", &["applied"]).await;
    let faults = faults(&rig, "PO-1").await;
    assert_eq!(told(&faults, &text), ["order/unknown_item PO1 in segment 5 ``: an item of the catalogue"]);
    rig.halt().await;
}
