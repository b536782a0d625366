//! Bad input: each ends in the state that is named for it, with a reason that says where and what to do, and what came
//! beside it goes on.
//!
//! Elsewhere: a file still being written, a folder that can't be written and a file over the limit (tests/connectors/folder.rs);
//! a body over the limit (tests/api/intake.rs); a panic in a delivery (webhooks/documents.rs), a handler (src/api/layers.rs).

use crate::{
    rig::{NORTHWIND, Rig, both, order as json_order},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    config::Settings,
    store::{documents, messages::MessageRow},
};
use serde_json::Value;

both!(
    documents_that_are_unreadable_or_nobodys,
    a_bad_set_costs_itself,
    trailers_that_count_wrongly,
    what_the_last_trailer_refuses_goes_nowhere,
    what_a_groups_trailer_refuses_stays_when_the_rest_goes,
    what_can_not_be_mapped_is_held,
    an_unknown_item_is_answered,
    a_ragged_row_costs_its_order,
    an_unknown_record_costs_its_order,
    a_broken_element_costs_itself,
    a_set_over_the_limit_costs_itself,
    what_is_passed_over_beside_a_good_set_is_told,
);

/// Cause or first fault: code, sentence, remedy.
fn reason(message: &MessageRow) -> (String, String, String) {
    let faults = message.faults.as_ref().and_then(Value::as_array).and_then(|f| f.first().cloned());
    let why = message.cause.clone().or(faults).unwrap_or_else(|| panic!("no reason: {message:?}"));
    let text = |key: &str| why[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("sentence"), text("remedy"))
}

/// Asserts that the only message of a number stands so, and why.
async fn stands(rig: &Rig, number: &str, state: &str, code: &str, says: &[&str]) {
    let rows = rig.messages(number).await;
    assert_eq!(rows.iter().map(|m| m.state.as_str()).collect::<Vec<_>>(), [state], "{number}");
    if state == "applied" {
        return;
    }
    told(&rows[0], code, says);
}

fn told(message: &MessageRow, code: &str, says: &[&str]) {
    let (found, sentence, remedy) = reason(message);
    assert_eq!(found, code, "{sentence}");
    for part in says {
        assert!(sentence.contains(part), "“{sentence}” should say “{part}”");
    }
    assert!(remedy.len() > 10, "{code} says what to do next: “{remedy}”");
}

const BOMB: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE Order [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>\n<Order>&b;</Order>";
const OUTSIDE: &str =
    "<?xml version=\"1.0\"?>\n<!DOCTYPE Order [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<Order>&x;</Order>";

/// Connection, name, bytes; state, code, and what the sentence says.
type Case<'a> = (&'a str, &'a str, &'a [u8], &'a str, &'a str, &'a [&'a str]);

async fn documents_that_are_unreadable_or_nobodys(mut rig: Rig) {
    let stranger = orders(2, &["PO-STRANGER"]).replace("NORTHWIND      ", "STRANGER       ");
    let other_receiver = orders(3, &["PO-OTHER"]).replace("ACMEDIST       ", "SOMEBODY       ");
    let cut_isa = &orders(4, &["PO-CUT"])[..60];
    let (isa, cut_gs) = (&orders(5, &["PO-CUT"])[..106], &orders(6, &["PO-CUT"])[..130]);
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let noise: Vec<u8> = (0..4_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases: [Case; 13] = [
        ("north-edi", "empty.edi", b"", "rejected", "E0001", &["empty"]),
        ("north-edi", "blank.edi", b" \r\n \n", "rejected", "E0001", &[]),
        ("north-edi", "cut.edi", cut_isa.as_bytes(), "rejected", "E0101", &["byte"]),
        ("north-edi", "isa.edi", isa.as_bytes(), "rejected", "E0104", &["IEA"]),
        ("north-edi", "gs.edi", cut_gs.as_bytes(), "rejected", "E0105", &["GE", "IEA"]),
        ("north-edi", "stranger.edi", stranger.as_bytes(), "unassigned", "unassigned/sender", &["x12/ZZ/STRANGER"]),
        (
            "north-edi",
            "other.edi",
            other_receiver.as_bytes(),
            "unassigned",
            "unassigned/receiver",
            &["x12/ZZ/SOMEBODY"],
        ),
        ("north-edi", "bomb.xml", BOMB.as_bytes(), "rejected", "E0601", &[]),
        ("north-edi", "outside.xml", OUTSIDE.as_bytes(), "rejected", "E0601", &[]),
        ("north-a", "lone.json", b"{", "rejected", "E0701", &["byte 1"]),
        ("north-a", "half.json", b"{\"number\": \"PO-HALF\", \"lines\": [", "rejected", "E0701", &["byte"]),
        ("north-a", "wide.json", &utf16, "rejected", "E0606", &["UTF-16"]),
        ("north-edi", "noise.bin", &noise, "rejected", "E0002", &["no ISA"]),
    ];
    let mut documents = Vec::new();
    for (connection, name, bytes, ..) in &cases {
        documents.push(rig.bring(connection, name, bytes).await);
    }
    // The good ones stand behind all of them, on the same connections.
    rig.bring("north-edi", "good.edi", orders(9, &["PO-GOOD"]).as_bytes()).await;
    rig.bring("north-a", "good.json", &json_order("PO-FINE", &[("PLENTY-1", 1)])).await;
    rig.start(1, 1).await;
    rig.stand("PO-GOOD", &["applied"]).await;
    rig.stand("PO-FINE", &["applied"]).await;
    rig.quiet().await;
    let mut wrong = Vec::new();
    for ((_, name, _, state, code, says), id) in cases.iter().zip(documents) {
        let row = rig.document(id).await;
        let cause = row.cause.clone().unwrap_or_default();
        let sentence = cause["sentence"].as_str().unwrap_or_default();
        let remedy = cause["remedy"].as_str().unwrap_or_default();
        let right = row.state == *state
            && cause["code"] == *code
            && says.iter().all(|part| sentence.contains(part))
            && cause["byte"].is_u64()
            && remedy.len() > 10;
        if !right {
            wrong.push(format!("{name}: {} {cause}", row.state));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let messages = rig.place.number("select count(*) from messages").await;
    assert_eq!(messages, 2, "what is unreadable or nobody's gives no message");
    rig.halt().await;
}

async fn a_bad_set_costs_itself(mut rig: Rig) {
    let good = |n: usize, number: &str| set("850", n, &order(number, "PLENTY-1", "1", "EA"));
    let count = good(2, "PO-2").replace("SE*7*", "SE*9*");
    let quantity = set("850", 4, &order("PO-4", "PLENTY-1", "12x", "EA"));
    let text = set("850", 6, &order("PO-6", "PLENTY-1", "1", "EA")).replace("Hardware", "H\u{1}rdware");
    let bytes =
        interchange(1, &[good(1, "PO-1"), count, good(3, "PO-3"), quantity, good(5, "PO-5"), text, good(7, "PO-7")]);
    // A byte that is no UTF-8, where the placeholder stood.
    let bytes: Vec<u8> = bytes.bytes().map(|b| if b == 1 { 0xFF } else { b }).collect();
    let id = rig.bring("north-edi", "seven.edi", &bytes).await;
    rig.start(1, 1).await;
    for number in ["PO-1", "PO-3", "PO-5", "PO-7"] {
        rig.stand(number, &["applied"]).await;
    }
    rig.quiet().await;
    assert_eq!(rig.document(id).await.state, "translated");
    for (set_no, code, says) in
        [(1, "E0107", &["SE01", "9", "7"][..]), (3, "E0307", &["PO102", "12x"]), (5, "E0004", &["0xFF"])]
    {
        let rows = in_set(&rig, id, set_no).await;
        assert_eq!(rows.state, "rejected");
        told(&rows, code, says);
        let called = (rows.kind.as_deref(), rows.number.clone());
        assert_eq!(called, (Some("order"), Some(format!("PO-{}", set_no + 1))), "found by its number all the same");
        let place = rows.faults.as_ref().unwrap()[0]["place"].clone();
        assert!(place["byte"].as_u64().is_some_and(|b| b > 100), "{place}");
    }
    let answer = acknowledgement(&rig, id).await;
    assert!(answer.contains("AK9*P*7*7*4~"), "{answer}");
    assert_eq!(answer.matches("AK2*850*").count(), 3, "{answer}");
    rig.halt().await;
}

async fn in_set(rig: &Rig, document: crossdock::canonical::DocumentId, set_no: i64) -> MessageRow {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = crossdock::store::messages::of_document(&mut tx, rig.acme, document, set_no - 1, 1).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().next().unwrap_or_else(|| panic!("set {set_no} gave no message"))
}

/// The text of the only 997 that was written for a document.
async fn acknowledgement(rig: &Rig, document: crossdock::canonical::DocumentId) -> String {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let written = crossdock::store::deliveries::acknowledgements(&mut tx, rig.acme, &[document]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(written.len(), 1, "{written:?}");
    String::from_utf8(written[0].content.clone().expect("its bytes")).unwrap()
}

async fn trailers_that_count_wrongly(mut rig: Rig) {
    let group = orders(1, &["PO-G1", "PO-G2"]).replace("GE*2*", "GE*3*");
    let whole = orders(2, &["PO-I1"]).replace("IEA*1*", "IEA*2*");
    let cut = orders(3, &["PO-C1", "PO-C2"]);
    let cut = &cut[..cut.find("PO-C2").unwrap() + 20];
    rig.bring("north-edi", "group.edi", group.as_bytes()).await;
    rig.bring("north-edi", "whole.edi", whole.as_bytes()).await;
    let cut = rig.bring("north-edi", "cut.edi", cut.as_bytes()).await;
    rig.bring("north-edi", "good.edi", orders(4, &["PO-GOOD"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("PO-GOOD", &["applied"]).await;
    rig.quiet().await;
    stands(&rig, "PO-G1", "rejected", "E0109", &["3", "2"]).await;
    stands(&rig, "PO-G2", "rejected", "E0109", &["GE01"]).await;
    stands(&rig, "PO-I1", "rejected", "E0111", &["IEA01"]).await;
    // A file cut short: its whole sets stand, the cut one is rejected.
    stands(&rig, "PO-C1", "applied", "", &[]).await;
    assert_eq!(in_set(&rig, cut, 1).await.state, "rejected");
    // The cut set says what is missing; its group and its interchange say it no second time.
    assert_eq!(in_set(&rig, cut, 1).await.faults.expect("faults")[0]["code"], "E0106");
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let around = crossdock::store::interchanges::of_document(&mut tx, rig.acme, cut).await.unwrap().remove(0);
    tx.rollback().await.unwrap();
    assert_eq!((around.ends.as_deref(), &around.cause), (Some("translated"), &None));
    rig.halt().await;
}

/// More sets than one commit of translate writes, or releases: until IEA was read, none of them may go.
async fn what_the_last_trailer_refuses_goes_nowhere(mut rig: Rig) {
    let numbers: Vec<String> = (0..1_100).map(|n| format!("PO-{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let wrong = orders(1, &numbers).replace("IEA*1*", "IEA*9*");
    let id = rig.bring("north-edi", "iea.edi", wrong.as_bytes()).await;
    rig.bring("north-edi", "good.edi", orders(2, &["PO-GOOD"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("PO-GOOD", &["applied"]).await;
    rig.quiet().await;
    assert_eq!(rig.place.number("select count(*) from messages where state = 'rejected'").await, 1_100);
    stands(&rig, "PO-0", "rejected", "E0111", &["IEA01", "9"]).await;
    stands(&rig, "PO-1099", "rejected", "E0111", &["IEA01", "9"]).await;
    let answer = acknowledgement(&rig, id).await;
    assert!(answer.contains("AK9*R*1100*1100*0"), "{answer}");
    rig.halt().await;
}

/// A large group that its own trailer refuses stays, and the small one beside it goes when the interchange ends well.
async fn what_a_groups_trailer_refuses_stays_when_the_rest_goes(mut rig: Rig) {
    let numbers: Vec<String> = (0..1_010).map(|n| format!("PO-{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let (good, wrong) = (orders(1, &["PO-A", "PO-B"]), orders(2, &numbers));
    let wrong = &wrong[wrong.find("GS*").unwrap()..wrong.find("IEA*").unwrap()];
    let (head, trailer) = good.split_at(good.find("IEA*").unwrap());
    let both = format!("{head}{}{}", wrong.replace("GE*1010*", "GE*7*"), trailer.replace("IEA*1*", "IEA*2*"));
    rig.bring("north-edi", "two.edi", both.as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("PO-A", &["applied"]).await;
    rig.stand("PO-B", &["applied"]).await;
    rig.quiet().await;
    assert_eq!(rig.place.number("select count(*) from messages where state = 'rejected'").await, 1_010);
    stands(&rig, "PO-1009", "rejected", "E0109", &["GE01", "7"]).await;
    rig.halt().await;
}

async fn what_can_not_be_mapped_is_held(mut rig: Rig) {
    let unit = set("850", 1, &order("PO-UNIT", "PLENTY-1", "1", "PF"));
    let kind =
        set("816", 2, &["BHT*0001*00".into(), "N1*BY*NORTHWIND".into(), "HL*1**35".into(), "N1*ST*STORE 1".into()]);
    let good = set("850", 3, &order("PO-GOOD", "PLENTY-1", "1", "EA"));
    let id = rig.bring("north-edi", "three.edi", interchange(1, &[unit, kind, good]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("PO-GOOD", &["applied"]).await;
    rig.quiet().await;
    stands(&rig, "PO-UNIT", "held", "no_reference", &["PF", "PO103"]).await;
    let unknown = in_set(&rig, id, 1).await;
    assert_eq!(unknown.state, "held");
    let mapped = "of x12, the mappings for northwind read ";
    told(&unknown, "no_mapping", &["x12 004010 816", "set 0002", mapped, "004010 850"]);
    assert!(acknowledgement(&rig, id).await.contains("AK9*A*3*3*3~"), "held speaks of meaning, the 997 of syntax");
    rig.halt().await;
}

async fn an_unknown_item_is_answered(mut rig: Rig) {
    rig.bring("north-a", "1.json", &json_order("PO-1", &[("NO-SUCH-ITEM", 1), ("PLENTY-1", 1)])).await;
    rig.start(1, 1).await;
    rig.stand("PO-1", &["applied"]).await;
    let id = rig.messages("PO-1").await[0].id;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let events = crossdock::store::events::of_messages(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let confirmed = events.iter().find(|e| e.kind == "order.confirmed").unwrap_or_else(|| panic!("{events:?}"));
    let lines = &confirmed.data["lines"];
    assert_eq!((&lines[0]["outcome"], &lines[1]["outcome"]), (&"rejected".into(), &"accepted".into()), "{lines}");
    let why = lines[0]["reason"]["sentence"].as_str().unwrap();
    assert!(why.contains("NO-SUCH-ITEM"), "{why}");
    rig.halt().await;
}

async fn a_ragged_row_costs_its_order(mut rig: Rig) {
    let mut text = String::from("order_number,order_date,currency,buyer,ship_to,line,sku,quantity,unit,price\n");
    for n in 1..=3 {
        let end = if n == 2 { "" } else { ",1,EA,2.50" };
        text += &format!("WEB-{n},2026-11-02,USD,FABRIKAM,STORE-1,1,PLENTY-1{end}\n");
    }
    let id = rig.bring("north-csv", "orders.csv", text.as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("WEB-1", &["applied"]).await;
    rig.stand("WEB-3", &["applied"]).await;
    let ragged = in_set(&rig, id, 1).await;
    assert_eq!((ragged.state.as_str(), ragged.set_kind.as_str()), ("rejected", "csv orders"));
    told(&ragged, "E0501", &["Line 3", "7 fields", "quantity"]);
    assert_eq!(ragged.number.as_deref(), Some("WEB-2"), "the key stood in the file");
    rig.halt().await;
}

async fn an_unknown_record_costs_its_order(mut rig: Rig) {
    let text = "HFIX-1     20261102\nL001PLENTY-1    00001\nHFIX-2     20261102\nX001PLENTY-1    00001\nHFIX-3     20261102\nL001PLENTY-1    00002\n";
    let id = rig.bring("north-fixed", "orders.txt", text.as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("FIX-1", &["applied"]).await;
    rig.stand("FIX-3", &["applied"]).await;
    let refused = in_set(&rig, id, 1).await;
    assert_eq!((refused.state.as_str(), refused.set_kind.as_str()), ("rejected", "fixed orders"));
    told(&refused, "E0506", &["Line 4", "X"]);
    rig.halt().await;
}

async fn a_broken_element_costs_itself(mut rig: Rig) {
    let mut all = b"[".to_vec();
    all.extend(json_order("PO-1", &[("PLENTY-1", 1)]));
    all.extend(b",\n{\"number\": nothing},\n");
    all.extend(json_order("PO-3", &[("PLENTY-1", 1)]));
    all.extend(b"]");
    let id = rig.bring("north-a", "three.json", &all).await;
    rig.start(1, 1).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.stand("PO-3", &["applied"]).await;
    let broken = in_set(&rig, id, 1).await;
    assert_eq!((broken.state.as_str(), broken.set_kind.as_str()), ("rejected", "json order"));
    told(&broken, "E0701", &["byte"]);
    rig.halt().await;
}

async fn a_set_over_the_limit_costs_itself(rig: Rig) {
    // The same store kind, with a limit that a file of three megabytes passes.
    let mut settings = Settings::default();
    settings.intake.max_set_bytes = 200_000;
    let mut rig = Rig::with(rig.place.backing, &[crate::rig::ACME, NORTHWIND], settings).await;
    let mut large = order("PO-2", "PLENTY-1", "1", "EA");
    let line = large.remove(3);
    large.splice(3..3, std::iter::repeat_n(line, 100_000));
    let sets = [
        set("850", 1, &order("PO-1", "PLENTY-1", "1", "EA")),
        set("850", 2, &large),
        set("850", 3, &order("PO-3", "PLENTY-1", "1", "EA")),
    ];
    let id = rig.bring("north-edi", "large.edi", interchange(1, &sets).as_bytes()).await;
    rig.start(1, 1).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.stand("PO-3", &["applied"]).await;
    let large = in_set(&rig, id, 1).await;
    assert_eq!(large.state, "rejected");
    told(&large, "E0006", &["200000"]);
    rig.halt().await;
}

/// What stands around sets that are read, and isn't: the document is worked, and says what of it was not.
async fn what_is_passed_over_beside_a_good_set_is_told(mut rig: Rig) {
    let headless = {
        let lost = set("850", 2, &order("PO-2", "PLENTY-1", "1", "EA")).split_once('~').unwrap().1.to_owned();
        interchange(1, &[set("850", 1, &order("PO-1", "PLENTY-1", "1", "EA")), lost])
    };
    let cut = format!("{}{}", orders(2, &["PO-3"]), &orders(3, &["PO-4"])[..80]);
    let other = format!("{}UNB+UNOC:3+A:14+B:14+261124:0915+7'UNH+1+ORDERS:D:96A:UN'", orders(4, &["PO-5"]));
    let cases =
        [("headless", headless, "PO-1", "E0113"), ("cut", cut, "PO-3", "E0101"), ("other", other, "PO-5", "E0003")];
    rig.start(1, 1).await;
    for (name, text, number, code) in &cases {
        let id = rig.bring("north-edi", &format!("{name}.edi"), text.as_bytes()).await;
        rig.quiet().await;
        rig.stand(number, &["applied"]).await;
        let document = rig.document(id).await;
        let cause = document.cause.unwrap_or_else(|| panic!("{name}: nobody tells that something was not read"));
        assert_eq!((document.state.as_str(), cause["code"].as_str()), ("translated", Some(*code)), "{name}: {cause}");
        assert!(cause["remedy"].as_str().is_some_and(|remedy| remedy.len() > 10), "{cause}");
        let told = crossdock::flow::letter::of(&rig.hub, rig.acme, id).await.unwrap().unwrap();
        assert!(
            told.letter.points.iter().any(|point| format!("{point:?}").contains(cause["sentence"].as_str().unwrap())),
            "{name}: {:?}",
            told.letter
        );
    }
    let whole = rig.bring("north-edi", "whole.edi", orders(9, &["PO-9"]).as_bytes()).await;
    rig.quiet().await;
    assert_eq!(rig.document(whole).await.cause, None);
    // Who looks for what was refused finds them, and only them.
    let by = documents::Search { state: Some("refused".into()), ..documents::Search::default() };
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let found = documents::search(&mut tx, rig.acme, &by, 10).await.unwrap();
    tx.rollback().await.unwrap();
    let mut names: Vec<&str> = found.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cut.edi", "headless.edi", "other.edi"]);
    assert!(found.iter().all(|row| documents::called(&row.state, row.cause.as_ref(), 0, 0, 0) == "refused"));
    rig.halt().await;
}
