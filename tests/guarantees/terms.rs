//! What an agreement says of how documents are found, of numbers that are written out, and of the names, letters, times and
//! numbers of what goes out: each against its default, on the same input.

use crate::{
    answered::agreed,
    rig::{Backing, Rig, on_both, order},
    x12,
};
use crossdock::store::{
    deliveries,
    documents::{self, Search},
    search_keys,
};

on_both![
    documents_are_found_by_search_keys,
    sets_are_numbered_by_a_series_that_goes_on,
    groups_and_sets_have_ranges_of_their_own
];

async fn found(rig: &Rig, key: &str) -> Vec<String> {
    let search = Search { key: Some(search_keys::asked(key)), ..Search::default() };
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = documents::search(&mut tx, rig.acme, &search, 10).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// The answers to orders in JSON that went out, in their order.
async fn sent(rig: &Rig, numbers: &[&str]) -> Vec<(String, String)> {
    for number in numbers {
        rig.bring("north-a", &format!("{number}.json"), &order(number, &[("PLENTY-1", 3)])).await;
        rig.quiet().await;
    }
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let mut rows = deliveries::to_target(&mut tx, rig.acme, "north-drop").await.unwrap();
    tx.rollback().await.unwrap();
    rows.retain(|row| row.kind == "document");
    rows.sort_by_key(|row| row.created_at);
    let text = |content: Option<Vec<u8>>| String::from_utf8(content.unwrap_or_default()).unwrap();
    rows.into_iter().map(|row| (row.state, text(row.content))).collect()
}

/// By a place in the set and by a member of the message; one that was refused, too, and each only by what was agreed for it.
async fn documents_are_found_by_search_keys(backing: Backing) {
    let keys = "search_keys: { buyer: 'N1[01=BY].02' }, \
        sets: { '850': { search_keys: { buyer: 'N1[01=BY].02', sku: '/lines/*/item/*/id', vendor: 'PO1[06=VN].07' } } }";
    let mut rig = agreed(backing, keys).await;
    let good = x12::orders(1, &["PO-1"]);
    let bad = x12::interchange(2, &[x12::set("850", 1, &x12::order("PO-2", "PLENTY-2", "many", "EA"))]);
    let good = rig.bring("north-edi", "good.edi", good.as_bytes()).await;
    rig.bring("north-edi", "bad.edi", bad.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(rig.messages("PO-2").await[0].state, "rejected");
    for (key, names) in [
        ("buyer:Northwind Hardware", &["bad.edi", "good.edi"][..]),
        ("Northwind Hardware", &["bad.edi", "good.edi"]),
        ("vendor:PLENTY-1", &["good.edi"]),
        ("vendor:PLENTY-2", &["bad.edi"]),
        // Of a refused set there is no message.
        ("sku:PLENTY-2", &[]),
        ("sku:Northwind Hardware", &[]),
        ("PLENTY", &[]),
    ] {
        assert_eq!(found(&rig, key).await, names, "{key}");
    }
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let kept = search_keys::of_document(&mut tx, rig.acme, good, 10).await.unwrap();
    tx.rollback().await.unwrap();
    let kept: Vec<String> = kept.into_iter().map(|key| format!("{}:{}", key.name, key.value)).collect();
    assert_eq!(kept, ["buyer:Northwind Hardware", "sku:PLENTY-1", "vendor:PLENTY-1"]);
    rig.halt().await;
    let mut rig = agreed(backing, "acknowledge: none").await;
    rig.bring("north-edi", "good.edi", x12::orders(1, &["PO-1"]).as_bytes()).await;
    rig.quiet().await;
    assert_eq!(found(&rig, "Northwind Hardware").await, [""; 0]);
    rig.halt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_are_written_out() {
    let invoice = |number: &str, total: &str| {
        let lines = [
            format!("BIG*20261102*{number}"),
            "IT1*1*1*EA*12.5**VN*PLENTY-1".into(),
            format!("TDS*{total}"),
            "CTT*1".into(),
        ];
        let text = x12::interchange(1, &[x12::set("810", 1, &lines)]);
        text.replace("GS*PO*", "GS*IN*").replace("000000001", if total == "1250" { "000000001" } else { "000000002" })
    };
    for (agreement, whole, point) in [
        ("implied_decimals: true", Some("12.50"), None),
        ("sets: { '810': { implied_decimals: false } }", Some("1250.00"), Some("12.50")),
        // Another kind's.
        ("sets: { '850': { implied_decimals: false } }", Some("12.50"), None),
    ] {
        let mut rig = agreed(Backing::Lite, agreement).await;
        for (total, read) in [("1250", whole), ("12.5", point)] {
            let id = rig.bring("north-edi", &format!("{total}.edi"), invoice(total, total).as_bytes()).await;
            rig.quiet().await;
            let message = rig.messages_of(id).await.remove(0);
            let gross = message.body.as_ref().and_then(|body| body["totals"]["gross"].as_str());
            assert_eq!(gross, read, "{agreement}, {total}: {:?} {:?}", message.body, message.faults);
            assert_eq!(message.state == "rejected", read.is_none(), "{agreement}, {total}");
        }
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_much_an_acknowledgement_tells() {
    let bad = x12::set("850", 2, &x12::order("PO-2", "PLENTY-1", "12x", "EA"));
    let good = x12::set("850", 1, &x12::order("PO-1", "PLENTY-1", "1", "EA"));
    for (detail, told) in [
        ("element", ["AK1", "AK2", "AK3", "AK4", "AK5", "AK9"].as_slice()),
        ("segment", &["AK1", "AK2", "AK3", "AK5", "AK9"]),
        ("set", &["AK1", "AK2", "AK5", "AK9"]),
        ("group", &["AK1", "AK9"]),
    ] {
        let mut rig = agreed(Backing::Lite, &format!("acknowledge: '997', acknowledge_detail: {detail}")).await;
        let text = x12::interchange(1, &[good.clone(), bad.clone()]);
        let id = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
        rig.quiet().await;
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
        tx.rollback().await.unwrap();
        let text = String::from_utf8(rows[0].content.clone().unwrap()).unwrap();
        let segments: Vec<&str> = text.lines().filter(|line| line.starts_with("AK")).map(|line| &line[..3]).collect();
        assert_eq!(segments, told, "{detail}: {text}");
        assert!(text.contains("AK9*P*2*2*1~"), "{detail}: {text}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_headers_out() {
    let mut rig = agreed(
        Backing::Lite,
        "isa_out: { isa15: I }, gs_out: { gs01: ZZ, gs07: T, gs08: 004010VICS, time: hhmmssdd }, \
            delimiters: { line_end: cr }",
    )
    .await;
    let answers = sent(&rig, &["PO-1"]).await;
    let segments: Vec<&str> = answers[0].1.split("~\r").collect();
    let gs: Vec<&str> = segments[1].split('*').collect();
    assert_eq!((gs[1], gs[7], gs[8], gs[5].len()), ("ZZ", "T", "004010VICS", 8), "{answers:?}");
    let isa: Vec<&str> = segments[0].split('*').collect();
    assert_eq!((isa[10], isa[12], isa[15]), (&gs[5][..4], "00401", "I"));
    assert!(segments[2].starts_with("ST*855*0001"));
    rig.halt().await;
}

async fn sets_are_numbered_by_a_series_that_goes_on(backing: Backing) {
    for (sets, numbers) in [("in_group", ["0001", "0001", "0001"]), ("running", ["0998", "0999", "0998"])] {
        let range = format!("control_numbers: {{ first: 998, last: 999, sets: {sets} }}");
        let mut rig = agreed(backing, &range).await;
        let answers = sent(&rig, &["PO-1", "PO-2", "PO-3"]).await;
        for ((_, text), number) in answers.iter().zip(numbers) {
            assert!(text.contains(&format!("\nST*855*{number}~\n")), "{sets}: {text}");
            assert!(text.contains(&format!("*{number}~\nGE*1*")), "{sets}: {text}");
        }
        assert_eq!(answers.len(), 3);
        rig.halt().await;
    }
    // Those of one interchange are neighbours, and a 997 finds each by its number.
    let mut rig = agreed(
        backing,
        "acknowledge: '997', control_numbers: { first: 41, sets: running }, batch: { documents: 2, seconds: 3600 }",
    )
    .await;
    sent(&rig, &["PO-1", "PO-2"]).await;
    let text = "select count(*) from outbound_sets where set_no in (41, 42) and set_control in ('0041', '0042')";
    assert_eq!(rig.place.number(text).await, 2);
    let ack = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0915*U*00401*000000007*0*P*>~\n\
        GS*FA*NORTHWIND*ACMEDIST*20261102*0915*7*X*004010~\nST*997*0001~\nAK1*PR*41~\nAK2*855*0042~\nAK5*R*5~\nAK9*P*2*2*1~\n\
        SE*6*0001~\nGE*1*7~\nIEA*1*000000007~\n";
    rig.bring("north-edi", "ack.edi", ack.as_bytes()).await;
    rig.quiet().await;
    let refused = "select set_no from outbound_sets where verdict = 'rejected'";
    assert_eq!(rig.place.number(refused).await, 42);
    rig.halt().await;
}

/// Groups and sets have ranges of their own, and what stands around a set's number is known again in what a partner says.
async fn groups_and_sets_have_ranges_of_their_own(backing: Backing) {
    let mut rig = agreed(
        backing,
        "acknowledge: '997', control_numbers: { first: 998, last: 999, group_first: 5, group_last: 6, sets: running, \
         set_first: 10, set_last: 11, set_prefix: A, set_suffix: Z }",
    )
    .await;
    let answers = sent(&rig, &["PO-1", "PO-2", "PO-3"]).await;
    for ((_, text), (interchange, group, set)) in answers.iter().zip([(998, 5, 10), (999, 6, 11), (998, 5, 10)]) {
        assert!(text.contains(&format!("ST*855*A{set:04}Z~")) && text.contains(&format!("*A{set:04}Z~\nGE")), "{text}");
        assert!(text.ends_with(&format!("GE*1*{group}~\nIEA*1*{interchange:09}~\n")), "{text}");
    }
    assert_eq!(answers.len(), 3);
    let said = "AK1*PR*6~\nAK2*855*A0011Z~\nAK5*R*5~\nAK9*P*1*1*0";
    rig.bring("north-edi", "ack.edi", crate::answered::says("NORTHWIND", 1, "997", said).as_bytes()).await;
    rig.quiet().await;
    assert_eq!(rig.place.number("select set_no from outbound_sets where verdict = 'rejected'").await, 11);
    rig.halt().await;
}

/// What data of X12 must keep to, what is read for what does not, and what ISA11 is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_in() {
    let text = x12::orders(1, &["Pö-1"]);
    for (agreement, state, number, told) in [
        ("text_in: { repertoire: any }", "applied", Some("Pö-1"), false),
        ("text_in: { repertoire: extended }", "applied", Some("Pö-1"), true),
        ("text_in: { repertoire: extended }, checks: { characters: ignore }", "applied", Some("Pö-1"), false),
        ("text_in: { repertoire: extended }, checks: { characters: reject }", "rejected", Some("Pö-1"), true),
        ("text_in: { repertoire: extended, substitute: '#' }", "applied", Some("P#-1"), true),
        ("text_in: { repertoire: basic, substitute: '.' }", "applied", Some("P.-1"), true),
        ("sets: { '860': { text_in: { repertoire: extended, substitute: '#' } } }", "applied", Some("Pö-1"), false),
    ] {
        let mut rig = agreed(Backing::Lite, &format!("acknowledge: '997', {agreement}")).await;
        let id = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
        rig.quiet().await;
        let row = rig.messages_of(id).await.remove(0);
        let faults = row.faults.map(|faults| faults.to_string()).unwrap_or_default();
        assert_eq!((row.state.as_str(), row.number.as_deref()), (state, number), "{agreement}: {faults}");
        assert_eq!(faults.contains("E0313"), told, "{agreement}: {faults}");
        rig.halt().await;
    }
    let text = x12::orders(1, &["PO-1"]).replace("*U*00401", "*^*00401").replace("*Northwind", "*North^wind");
    for (agreement, state) in
        [("by_version", "applied"), ("standard_id", "applied"), ("repetition_separator", "rejected")]
    {
        let mut rig = agreed(Backing::Lite, &format!("isa_in: {{ isa11: {agreement} }}")).await;
        let id = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
        rig.quiet().await;
        let row = rig.messages_of(id).await.remove(0);
        assert_eq!(row.state, state, "{agreement}: {:?}", row.faults);
        rig.halt().await;
    }
}

/// UTF-8 under a UNB that names Latin 1 is read as what it is once it is agreed; zeros and separators that mean nothing are
/// let in, kept out or wanted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_and_filling_in() {
    let edifact = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+7'UNH+1+ORDERS:D:96A:UN'BGM+220+Pö-1+9'\
        DTM+137:20261102:102'NAD+BY+4012345000009::9'NAD+DP+++Köln'CUX+2:USD:9'LIN+1++PLENTY-1:SA'QTY+21:4'PRI+AAA:2.50'UNS+S'\
        CNT+2:1'UNT+12+1'UNZ+1+7'";
    let x12 = x12::orders(1, &["PO-1"]);
    let filled = x12.replace("CTT*1~", "CTT*1**~");
    assert_ne!(x12, filled, "a total at the end of its segment");
    for (agreement, text, state, number, told) in [
        ("checks: {}", edifact, "applied", "PÃ¶-1", "E0313"),
        ("edifact_characters: utf-8", edifact, "applied", "Pö-1", ""),
        ("edifact_characters: iso-8859-15", edifact, "applied", "PÃ¶-1", "E0313"),
        ("fill: {}", &*filled, "applied", "PO-1", ""),
        ("fill: { trailing_separators: forbidden }", &filled, "rejected", "PO-1", "E0315"),
        ("fill: { trailing_separators: forbidden }", &x12, "applied", "PO-1", ""),
        ("fill: { trailing_separators: mandatory }", &x12, "rejected", "PO-1", "E0316"),
        ("fill: { leading_zeros: mandatory }", &x12, "rejected", "PO-1", "E0318"),
    ] {
        let mut rig = agreed(Backing::Lite, agreement).await;
        let id = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
        rig.quiet().await;
        let rows = rig.messages_of(id).await;
        let row = rows.first().unwrap_or_else(|| panic!("{agreement}: nothing came of it"));
        let faults = row.faults.as_ref().map(|faults| faults.to_string()).unwrap_or_default();
        assert_eq!((row.state.as_str(), row.number.as_deref()), (state, Some(number)), "{agreement}: {faults}");
        if let Some(key) = agreement.strip_prefix("fill: { ").and_then(|said| said.split(':').next())
            && !told.is_empty()
        {
            assert!(faults.contains(&format!("`fill.{key}: ")), "{agreement}: {faults}");
        }
        assert!(if told.is_empty() { faults.is_empty() } else { faults.contains(told) }, "{agreement}: {faults}");
        rig.halt().await;
    }
}

/// What the repertoire lacks costs a document, unless it was agreed what is written instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_out() {
    for (agreement, number) in [
        ("text_out: { repertoire: any }", Some("Pö-1→")),
        ("text_out: { repertoire: extended }", None),
        ("text_out: { repertoire: extended, letters: transliterate }", None),
        ("text_out: { repertoire: extended, letters: transliterate, substitute: '#' }", Some("Poe-1#")),
        ("text_out: { repertoire: basic, letters: transliterate, substitute: '.' }", Some("POE-1.")),
        ("text_out: { repertoire: basic, substitute: '.' }", Some("P.-1.")),
        ("sets: { '860': { text_out: { repertoire: basic } } }", Some("Pö-1→")),
    ] {
        let mut rig = agreed(Backing::Lite, agreement).await;
        let answers = sent(&rig, &["Pö-1→"]).await;
        let (state, text) = &answers[0];
        assert_eq!(state == "pending", number.is_some(), "{agreement}: {answers:?}");
        let bak = text.lines().find(|line| line.starts_with("BAK*")).and_then(|bak| bak.split('*').nth(3));
        assert_eq!(bak, number, "{agreement}: {text}");
        rig.halt().await;
    }
}

/// What a 997 repeats of the partner's is no reason to say nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_in_acknowledgements() {
    let text = x12::orders(1, &["PO-1"]).replace("PO1*1*1*", "PO1*1*é→*");
    let mut rig = agreed(Backing::Lite, "acknowledge: '997', text_out: { repertoire: basic }").await;
    let id = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let text = String::from_utf8(rows[0].content.clone().unwrap()).unwrap();
    assert!(rows[0].state == "pending" && text.contains("AK4*2*330*6*E"), "{text}");
    rig.halt().await;
}
