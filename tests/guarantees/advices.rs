//! 824 and APERAK, both ways: what an application makes of a document that could be read. Ours goes with the verdict, once
//! a document and verdict; a partner's is matched with what we sent, and stands over what was acknowledged before.

use crate::{
    answered::{agreed, message_of},
    rig::{Backing, Rig},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::DocumentId,
    flow::operate,
    formats::{
        self, Options,
        ack::{self, Advised, Verdict},
        piece::{Piece, Standard},
        place::At,
    },
    insight::audit,
    store::{
        deliveries::{self, DeliveryRow},
        events, now,
        outbound::{self, SetRow},
    },
};

/// The advices that went out for a document.
async fn advices(rig: &Rig, id: DocumentId) -> Vec<DeliveryRow> {
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let is_advice = |row: &DeliveryRow| {
        row.name.as_ref().is_some_and(|name| name.starts_with("824-") || name.starts_with("APERAK-"))
    };
    rows.into_iter().filter(is_advice).collect()
}

/// Nothing is wrong with it by its guide, and it says so when it is read.
fn read(row: &DeliveryRow) -> (String, Advised) {
    let bytes = row.content.as_deref().expect("its bytes");
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let standard = if text.starts_with("ISA") { Standard::X12 } else { Standard::Edifact };
    let mut found = None;
    for piece in formats::read(standard, bytes, Options::default()) {
        let faults = match piece.unwrap() {
            Piece::Set(set) => {
                found = ack::advised(&set);
                set.faults
            }
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        };
        assert!(faults.is_empty(), "{faults:#?}\n{text}");
    }
    assert_eq!((row.target.as_str(), row.state.as_str(), row.control.is_some()), ("north-drop", "pending", true));
    (text, found.expect("an advice"))
}

/// `PO107 “NOBODYS” in segment 6, …` of each error.
fn said(advised: &Advised) -> Vec<String> {
    let place = |said: &ack::Said| match &said.at {
        Some(at @ At::Segment { ordinal, .. }) => format!("{} {at} in {ordinal} `{}`", said.code, said.found),
        _ => said.code.to_string(),
    };
    advised.of[0].said.iter().map(place).collect()
}

async fn the_books_are_right(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn what_the_core_refuses(backing: Backing) {
    let mut rig = agreed(backing, "acknowledge: '997', application_advice: on_error").await;
    let taken = rig.bring("north-edi", "a.edi", orders(1, &["PO-1"]).as_bytes()).await;
    assert_eq!(advices(&rig, taken).await.len(), 0, "an accepted order is no error");
    let bad = interchange(
        31,
        &[set("850", 1, &order("PO-2", "PLENTY-1", "1", "EA")), set("850", 2, &order("PO-1", "PLENTY-1", "7", "EA"))],
    );
    let refused = rig.bring("north-edi", "b.edi", bad.as_bytes()).await;
    let sent = advices(&rig, refused).await;
    assert_eq!(sent.len(), 1);
    let (text, advised) = read(&sent[0]);
    assert!(text.contains("*ZZ*ACMEDIST       *ZZ*NORTHWIND      *"), "{text}");
    assert!(text.contains("GS*AG*ACMEDIST*NORTHWIND*"), "{text}");
    assert!(text.contains("OTI*TR*PO*PO-1*NORTHWIND*ACMEDIST***31*0002*850*004010~"), "{text}");
    assert_eq!(said(&advised), ["006 BEG03 in 2 `PO-1`"]);
    // It stands in the story of the message, and its number follows those that went before.
    let message = rig.messages("PO-1").await.pop().unwrap();
    assert_eq!((message.state.as_str(), sent[0].message), ("rejected", Some(message.id)));
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let sets = outbound::of_deliveries(&mut tx, rig.acme, &[sent[0].id]).await.unwrap();
    let steps = crossdock::store::journal::of_message(&mut tx, rig.acme, message.id.0).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!((sets.len(), sets[0].kind.as_str()), (1, "824"));
    assert!(steps.iter().any(|step| step.delivery == Some(sent[0].id.0)), "{steps:?}");

    // Restarted with the same end, nobody is told again.
    operate::restart(&rig.hub, rig.acme, message.id, "anna", "a try").await.unwrap();
    rig.quiet().await;
    assert_eq!(rig.messages("PO-1").await.last().unwrap().run, 1);
    assert_eq!(advices(&rig, refused).await.len(), 1);
    the_books_are_right(&rig).await;
    rig.halt().await;
}

async fn lines_are_told_where_no_answer_does(backing: Backing) {
    let mut body = order("PO-1", "PLENTY-1", "3", "EA");
    body.insert(4, "PO1*2*1*EA*2.50**VN*NOBODYS".into());
    body[5] = "CTT*2".into();
    let text = interchange(5, &[set("850", 1, &body)]);
    // The 855 tells of the line.
    let mut rig = agreed(backing, "application_advice: on_error").await;
    let told = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    assert_eq!(advices(&rig, told).await.len(), 0);
    rig.halt().await;
    // Who asked for it is told of it in any case.
    let mut rig = agreed(backing, "application_advice: always").await;
    let both = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    let sent = advices(&rig, both).await;
    let (text, advised) = read(&sent[0]);
    assert!(text.contains("OTI*TP*PO*PO-1*"), "{text}");
    assert_eq!(said(&advised), ["Q PO107 in 6 `NOBODYS`"]);
    assert_eq!(advised.of[0].verdict, Verdict::PartlyAccepted);
    let fine = rig.bring("north-edi", "b.edi", orders(6, &["PO-2"]).as_bytes()).await;
    let (text, advised) = read(&advices(&rig, fine).await[0]);
    assert!(text.contains("OTI*TA*PO*PO-2*NORTHWIND*ACMEDIST***6*0001*850*004010~"), "{text}");
    assert_eq!(said(&advised), [""; 0]);
    the_books_are_right(&rig).await;
    rig.halt().await;
}

/// Nothing of such an order is reserved: where no answer says so, its sender would wait for goods that never come.
async fn a_price_that_is_not_ours_is_told(backing: Backing) {
    let answers = "answers: [{ event: order.confirmed, as: x12 004010 855, by: north-drop }]\n";
    let mut rig = speaking_both(backing, |north| {
        north.replace(answers, "").replace("acknowledge: '997'", "application_advice: on_error")
    })
    .await;
    let dear = |text: String| text.replace("2.50", "1.75");
    let id = rig.bring("north-edi", "a.edi", dear(orders(1, &["PO-1"])).as_bytes()).await;
    let sent = advices(&rig, id).await;
    assert_eq!(sent.len(), 1);
    let (text, advised) = read(&sent[0]);
    assert!(text.contains("OTI*TC*PO*PO-1*"), "{text}");
    assert_eq!(said(&advised), ["MN PO104 in 5 `1.75`"]);
    let id = rig.bring("north-edi", "b.edi", dear(orders_message("R1", "PO-2", "PLENTY-1", "96A")).as_bytes()).await;
    let (text, advised) = read(&advices(&rig, id).await[0]);
    assert!(text.contains("+34+CA'"), "{text}");
    assert_eq!(said(&advised), ["PRICE PRI01-2 in 9 `1.75`"]);
    the_books_are_right(&rig).await;
    rig.halt().await;
    // The 855 tells of it.
    let mut rig = agreed(backing, "application_advice: on_error").await;
    let id = rig.bring("north-edi", "a.edi", dear(orders(1, &["PO-1"])).as_bytes()).await;
    assert_eq!(advices(&rig, id).await.len(), 0);
    rig.halt().await;
}

/// An ORDERS of northwind's whose second line names an item.
fn orders_message(control: &str, number: &str, sku: &str, release: &str) -> String {
    format!(
        "UNB+UNOA:1+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{control}'UNH+9+ORDERS:D:{release}:UN'BGM+220+{number}+9'\
         DTM+137:20261102:102'NAD+BY+4012345000009::9'CUX+2:USD:9'LIN+1'PIA+5+{sku}:SA'QTY+21:4:PCE'PRI+AAA:2.50'UNS+S'CNT+2:1'\
         UNT+12+9'UNZ+1+{control}'"
    )
}

async fn an_aperak_goes_the_way_the_order_came(backing: Backing) {
    let answers = "answers: [{ event: order.confirmed, as: x12 004010 855, by: north-drop }]\n";
    let mut rig = speaking_both(backing, |north| {
        north.replace(answers, "").replace("acknowledge: '997'", "edifact: { application_advice: on_error }")
    })
    .await;
    let id = rig.bring("north-edi", "a.edi", orders_message("R77", "PO-1", "NO?+BODYS", "96A").as_bytes()).await;
    let sent = advices(&rig, id).await;
    assert_eq!(sent.len(), 1);
    let (text, advised) = read(&sent[0]);
    for part in [
        "UNB+UNOA:1+ACMEDIST:ZZZ+4012345000009:14+",
        "APERAK:D:96A:UN'",
        "+27+RE'",
        "RFF+ACW:PO-1'",
        "RFF+ACE:R77'",
        "RFF+AGO:9'",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(said(&advised), ["ITEM PIA02-1 in 7 `NO+BODYS`"]);
    // In X12 it was not agreed.
    let other = rig.bring("north-edi", "b.edi", orders(1, &["PO-1"]).as_bytes()).await;
    assert_eq!(advices(&rig, other).await.len(), 0);
    the_books_are_right(&rig).await;
    rig.halt().await;
}

/// What a mapping refuses is told when the trailer has been read, in one batch and over many.
async fn what_the_mapping_refuses(backing: Backing) {
    let mut rig = agreed(backing, "application_advice: on_error, no_reference: reject").await;
    let bad = |n: usize| set("850", n, &order(&format!("PO-{n}"), "PLENTY-1", "1", "ZZ"));
    let one = rig.bring("north-edi", "a.edi", interchange(1, &[bad(1)]).as_bytes()).await;
    let sent = advices(&rig, one).await;
    let row = rig.messages("PO-1").await.remove(0);
    assert_eq!((row.state.as_str(), sent.len()), ("rejected", 1), "{:?}", row.faults);
    let (text, advised) = read(&sent[0]);
    assert!(text.contains("OTI*TR*PO*PO-1*NORTHWIND*ACMEDIST***1*0001*850*004010~"), "{text}");
    assert_eq!(said(&advised), ["848 PO103 in 5 `ZZ`"]);
    assert!(text.contains("NTE*ERN*ZZ at PO103 in segment 5 has no agreed meaning~"), "{text}");
    // Where it should stand is the partner's, what it gives is ours.
    let none = set("850", 1, &order("PO-N", "PLENTY-1", "", ""));
    let none = rig.bring("north-edi", "n.edi", interchange(9, &[none]).as_bytes()).await;
    let (text, _) = read(&advices(&rig, none).await[0]);
    assert!(text.contains("NTE*ERN*PO102 is missing in segment 5~"), "{text}");
    // Sets whose trailer comes in a later batch than they.
    let many: Vec<String> = (1..=150)
        .map(|n| {
            if n == 70 {
                set("850", n, &order("PO-M", "PLENTY-1", "1", "ZZ"))
            } else {
                set("850", n, &order(&format!("M-{n}"), "PLENTY-1", "1", "EA"))
            }
        })
        .collect();
    let many = rig.bring("north-edi", "b.edi", interchange(2, &many).as_bytes()).await;
    let sent = advices(&rig, many).await;
    assert_eq!(sent.len(), 1);
    assert!(read(&sent[0]).0.contains("OTI*TR*PO*PO-M*NORTHWIND*ACMEDIST***2*0070*850*004010~"));
    // What its trailer refuses is told by that, and by no advice; nor what is read a second time.
    let broken = interchange(3, &[bad(1).replace("PO-1", "PO-X")]).replace("GE*1*", "GE*4*");
    let broken = rig.bring("north-edi", "c.edi", broken.as_bytes()).await;
    assert_eq!(advices(&rig, broken).await.len(), 0);
    the_books_are_right(&rig).await;
    rig.halt().await;
}

/// An order of northwind's, and the 855 that went out for it.
async fn answered(rig: &Rig, control: u32, number: &str) -> (DeliveryRow, SetRow) {
    rig.bring("north-edi", &format!("{number}.edi"), orders(control, &[number]).as_bytes()).await;
    rig.stand(number, &["applied"]).await;
    let message = rig.messages(number).await.remove(0);
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message.id).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    let sent = sent.into_iter().find(|d| d.kind == "document").expect("its 855");
    let set = outbound::of_deliveries(&mut tx, rig.acme, &[sent.id]).await.unwrap().remove(0);
    tx.rollback().await.unwrap();
    (sent, set)
}

/// A partner's 824 or 997.
fn says(control: u32, kind: &str, body: &str) -> String {
    let group = if kind == "824" { "AG" } else { "FA" };
    let count = body.matches('~').count() + 2;
    format!(
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0915*U*00401*{control:09}*0*P*>~\n\
         GS*{group}*NORTHWIND*ACMEDIST*20261102*0915*{control}*X*004010~\nST*{kind}*0001~\n{body}\nSE*{count}*0001~\n\
         GE*1*{control}~\nIEA*1*{control:09}~\n"
    )
}

async fn told(rig: &Rig, name: &str, text: &str) -> (String, String, String) {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let row = message_of(rig, id).await;
    let cause = row.cause.unwrap_or_else(|| panic!("{:?}", row.faults));
    let text = |key: &str| cause[key].as_str().unwrap_or_default().to_owned();
    (row.state, text("code"), text("sentence"))
}

async fn now_at(rig: &Rig, delivery: &DeliveryRow) -> (DeliveryRow, SetRow) {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let row = deliveries::get(&mut tx, rig.acme, delivery.id).await.unwrap().unwrap();
    let set = outbound::of_deliveries(&mut tx, rig.acme, &[delivery.id]).await.unwrap().remove(0);
    tx.rollback().await.unwrap();
    (row, set)
}

async fn a_partners_824_is_matched_once(backing: Backing) {
    let mut rig = agreed(backing, "acknowledge: none").await;
    let (sent, ours) = answered(&rig, 1, "PO-1").await;
    // Its translator took it, its application does not.
    let ak = format!("AK1*PR*{}~\nAK9*A*1*1*1~", ours.group_no);
    assert_eq!(told(&rig, "a.edi", &says(11, "997", &ak)).await.1, "acknowledgement/accepted");
    let oti = format!(
        "BGN*11*A-1*20261102~\nOTI*TR*PO*PO-1*****{}*{}*855~\nTED*MN*price*PO1*4*4*212*2.50~\nNTE*ERN*we have 2.40~",
        ours.group_no, ours.set_control
    );
    let (state, code, sentence) = told(&rig, "b.edi", &says(12, "824", &oti)).await;
    assert_eq!((state.as_str(), code.as_str()), ("applied", "advice/rejected"), "{sentence}");
    let (row, set) = now_at(&rig, &sent).await;
    assert_eq!((row.acknowledged.as_deref(), set.verdict.as_deref()), (Some("rejected"), Some("rejected")));
    let answer = row.answer.unwrap();
    assert_eq!(answer["by"], "824");
    let words = answer["documents"][0]["said"][0].as_str().unwrap();
    assert!(words.ends_with("price we have 2.40 (TED01 = MN)") && words.starts_with("PO104"), "{words}");
    let by = set.advised_by.unwrap();
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told_of = events::of_message(&mut tx, rig.acme, by).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(told_of.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["acknowledgement.rejected"]);

    let (state, code, sentence) = told(&rig, "c.edi", &says(13, "824", &oti.replace("*TR*", "*TA*"))).await;
    assert_eq!((state.as_str(), code.as_str()), ("rejected", "duplicate/advice"));
    assert!(sentence.contains(&by.to_string()) && sentence.contains("“rejected”"), "{sentence}");
    let (state, code, sentence) =
        told(&rig, "d.edi", &says(14, "824", "BGN*11*A-2*20261102~\nOTI*TR*PO*PO-9*****4711*0001*855~")).await;
    assert_eq!((state.as_str(), code.as_str()), ("rejected", "advice/unmatched"));
    assert_eq!(
        sentence,
        "the 824 says “rejected” of set 0001 in group 4711 (PO-9), and nothing went out to northwind under such a number"
    );
    let (state, code, _) = told(&rig, "e.edi", &says(15, "824", "BGN*11*A-3*20261102~\nOTI*ZZ*PO*PO-9~")).await;
    assert_eq!((state.as_str(), code.as_str()), ("rejected", "advice/unreadable"));
    // By the order's number alone, and of two documents at once.
    let (second, _) = answered(&rig, 2, "PO-2").await;
    let (third, _) = answered(&rig, 3, "PO-3").await;
    let both = "BGN*11*A-4*20261102~\nOTI*TA*PO*PO-2~\nOTI*TP*PO*PO-3~\nTED*P*quantity~";
    let (state, code, sentence) = told(&rig, "f.edi", &says(16, "824", both)).await;
    assert_eq!((state.as_str(), code.as_str()), ("applied", "advice/accepted"), "{sentence}");
    assert_eq!(now_at(&rig, &second).await.0.acknowledged.as_deref(), Some("accepted"));
    assert_eq!(now_at(&rig, &third).await.0.acknowledged.as_deref(), Some("partly_accepted"));
    the_books_are_right(&rig).await;
    rig.halt().await;
}

async fn a_partners_aperak_is_matched(backing: Backing) {
    let mut rig = speaking_both(backing, |north| north.replace("as: x12 004010 855", "as: edifact D96A ORDRSP")).await;
    let mut sent = vec![];
    for number in ["PO-1", "PO-2"] {
        rig.bring("north-edi", number, orders_message(number, number, "PLENTY-1", "96A").as_bytes()).await;
        rig.stand(number, &["applied"]).await;
        let message = rig.messages(number).await.remove(0);
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let told: Vec<_> =
            events::of_message(&mut tx, rig.acme, message.id).await.unwrap().iter().map(|e| e.id).collect();
        let rows = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
        tx.rollback().await.unwrap();
        sent.push(rows.into_iter().find(|d| d.kind == "document").expect("its ORDRSP"));
    }
    let text = String::from_utf8(sent[0].content.clone().unwrap()).unwrap();
    let ours = text.split("BGM+231+").nth(1).and_then(|rest| rest.split('+').next()).expect("our number");
    let aperak = |control: &str, body: &str| {
        let count = body.matches('\'').count() + 2;
        format!(
            "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{control}'UNH+1+APERAK:D:96A:UN'{body}UNT+{count}+1'UNZ+1+{control}'"
        )
    };
    let body = format!("BGM++A-1+27'DTM+137:20261102:102'RFF+ACW:{ours}'ERC+12'FTX+AAO+++date too late'");
    let (state, code, sentence) = told(&rig, "a.edi", &aperak("A1", &body)).await;
    assert_eq!((state.as_str(), code.as_str()), ("applied", "advice/rejected"), "{sentence}");
    let (row, set) = now_at(&rig, &sent[0]).await;
    assert_eq!((row.acknowledged.as_deref(), set.name.as_deref()), (Some("rejected"), Some(ours)));
    assert_eq!(row.answer.unwrap()["documents"][0]["said"][0], "date too late (ERC01 = 12)");
    // By the order's number.
    let body = "BGM++A-2+29'DTM+137:20261102:102'RFF+ON:PO-2'";
    assert_eq!(told(&rig, "b.edi", &aperak("A2", body)).await.1, "advice/accepted");
    assert_eq!(now_at(&rig, &sent[1]).await.0.acknowledged.as_deref(), Some("accepted"));
    let body = "BGM++A-3+27'DTM+137:20261102:102'RFF+ON:PO-7'";
    let (state, code, sentence) = told(&rig, "c.edi", &aperak("A3", body)).await;
    assert_eq!((state.as_str(), code.as_str()), ("rejected", "advice/unmatched"));
    assert_eq!(sentence, "the APERAK says “rejected” of PO-7, and nothing went out to northwind under such a number");
    the_books_are_right(&rig).await;
    rig.halt().await;
}

/// A hub whose northwind speaks EDIFACT too, and what else its file says.
async fn speaking_both(backing: Backing, also: impl Fn(&str) -> String) -> Rig {
    let north = crate::rig::NORTHWIND.replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]");
    let north = also(&north);
    let acme = crate::rig::ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST]");
    let mut rig = Rig::with(backing, &[&acme, &north], crossdock::config::Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// One of two that went out in one interchange is refused, and that it came is waited for no more.
async fn of_a_batch_one_is_refused(backing: Backing) {
    let agreement = "acknowledge: none, expect: { acknowledgement: 24h }, batch: { documents: 2, seconds: 3600 }";
    let mut rig = agreed(backing, agreement).await;
    rig.bring("north-edi", "a.edi", orders(1, &["PO-1", "PO-2"]).as_bytes()).await;
    for number in ["PO-1", "PO-2"] {
        rig.stand(number, &["applied"]).await;
    }
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let sent = deliveries::to_target(&mut tx, rig.acme, "north-drop").await.unwrap();
    tx.rollback().await.unwrap();
    let carrier = sent.iter().find(|row| row.content.is_some()).expect("what carries both");
    let number = |row: &DeliveryRow| row.message;
    let second = rig.messages("PO-2").await.remove(0).id;
    let of_second = sent.iter().find(|row| row.id != carrier.id && number(row) == Some(second)).expect("its 855");
    let of_first = sent.iter().find(|row| row.id != carrier.id && row.id != of_second.id).expect("the other");
    let text = "BGN*11*A-1*20261102~\nOTI*TR*PO*PO-2~\nTED*006*seen before~";
    let (state, code, sentence) = told(&rig, "b.edi", &says(11, "824", text)).await;
    assert_eq!((state.as_str(), code.as_str()), ("applied", "advice/partly_accepted"), "{sentence}");
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let mut taken = vec![];
    for row in [carrier, of_first, of_second] {
        taken.push(deliveries::get(&mut tx, rig.acme, row.id).await.unwrap().unwrap().acknowledged.unwrap());
    }
    tx.rollback().await.unwrap();
    assert_eq!(taken, ["partly_accepted", "waiting", "rejected"]);
    the_books_are_right(&rig).await;
    // The 997 of both comes later: it ends the wait, and leaves what the application said.
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let group = outbound::of_deliveries(&mut tx, rig.acme, &[carrier.id]).await.unwrap()[0].group_no;
    tx.rollback().await.unwrap();
    let (state, code, sentence) =
        told(&rig, "c.edi", &says(12, "997", &format!("AK1*PR*{group}~\nAK9*A*2*2*2~"))).await;
    assert_eq!((state.as_str(), code.as_str()), ("applied", "acknowledgement/partly_accepted"), "{sentence}");
    let waits = "select count(*) from deliveries where acknowledged in ('waiting', 'overdue')";
    assert_eq!(rig.place.number(waits).await, 0);
    assert_eq!(rig.place.number("select count(*) from expectations where state = 'met'").await, 1);
    the_books_are_right(&rig).await;
    rig.halt().await;
}

/// Our own 824, sent back to us by a hub like ours, is about none of what we sent: two hubs don't advise each other for ever.
async fn no_advice_answers_an_advice(backing: Backing) {
    let mut rig = agreed(backing, "application_advice: always").await;
    let (_, ours) = answered(&rig, 1, "PO-1").await;
    let oti = format!("BGN*11*A-1*20261102~\nOTI*TA*PO*PO-1*****{}*{}*855~", ours.group_no, ours.set_control);
    let id = rig.bring("north-edi", "a.edi", says(12, "824", &oti).as_bytes()).await;
    assert_eq!(advices(&rig, id).await.len(), 0);
    let lost = "BGN*11*A-2*20261102~\nOTI*TA*PO*PO-9*****4711*0001*855~";
    let id = rig.bring("north-edi", "b.edi", says(13, "824", lost).as_bytes()).await;
    assert_eq!(advices(&rig, id).await.len(), 0);
    rig.halt().await;
}

crate::rig::on_both!(
    what_the_core_refuses,
    a_price_that_is_not_ours_is_told,
    lines_are_told_where_no_answer_does,
    an_aperak_goes_the_way_the_order_came,
    what_the_mapping_refuses,
    a_partners_824_is_matched_once,
    a_partners_aperak_is_matched,
    of_a_batch_one_is_refused,
    no_advice_answers_an_advice,
);
