//! Settings of reading and writing take effect in the hub: each against its default, on the same input; and what was
//! let pass or refused names the setting and the line that states it.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    config::Settings,
    flow::decided,
    store::{deliveries, documents, interchanges},
};

const AGREED: &str = "agreement: { acknowledge: '997' }";

/// A hub whose northwind agreed to this, and speaks EDIFACT too.
async fn agreed(agreement: &str) -> Rig {
    let acme = ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST]");
    let north = NORTHWIND
        .replace(AGREED, &format!("agreement: {{ {agreement} }}"))
        .replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]");
    assert!(north.contains(agreement));
    hub(&[&acme, &north]).await
}

async fn hub(files: &[&str]) -> Rig {
    let mut rig = Rig::with(Backing::Lite, files, Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// The states of a document's sets, and what was found wrong in them, as text.
async fn sets(rig: &Rig, name: &str, text: &str) -> (Vec<String>, String) {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let document = rig.document(id).await;
    let messages = rig.messages_of(id).await;
    let mut told = document.cause.map(|cause| cause.to_string()).unwrap_or_default();
    for message in &messages {
        told += &message.faults.as_ref().map(ToString::to_string).unwrap_or_default();
    }
    let states =
        if messages.is_empty() { vec![document.state] } else { messages.into_iter().map(|m| m.state).collect() };
    (states, told)
}

/// What was written for a file.
async fn answers(rig: &Rig, name: &str, text: &str) -> String {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| String::from_utf8(row.content.unwrap_or_default()).unwrap()).collect()
}

/// An order with one line changed.
fn changed(from: &str, to: &str) -> String {
    let body: Vec<String> = order("PO-1", "PLENTY-1", "1", "EA")
        .iter()
        .flat_map(|line| line.replace(from, to).split('\n').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    interchange(1, &[set("850", 1, &body)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_strictly_a_set_is_read() {
    let total = orders(1, &["PO-1"]).replace("CTT*1", "CTT*7");
    for (text, setting, tolerant, strict) in [
        (changed("BEG*00", "BEG*QQ"), "checks: { codes:", "warn", "reject"),
        (changed("CTT*1", "CTT*1*2*3*LB*4*CF*D*E"), "checks: { extra:", "warn", "reject"),
        (total, "control_totals:", "tolerated", "enforced"),
        (changed("CTT*1", "CTT*1*7"), "checks: { hash_totals:", "warn", "reject"),
        (changed("BEG*00*SA*PO-1", "BEG*00*SA*PO-1 "), "checks: { padding:", "ignore", "reject"),
    ] {
        let close = if setting.contains('{') { " }" } else { "" };
        let mut rig = agreed(&format!("{setting} {tolerant}{close}")).await;
        let (states, _) = sets(&rig, "a.edi", &text).await;
        assert_ne!(states, ["rejected"], "{setting} {tolerant}");
        rig.halt().await;
        let mut rig = agreed(&format!("{setting} {strict}{close}")).await;
        assert_eq!(sets(&rig, "a.edi", &text).await.0, ["rejected"], "{setting} {strict}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_tolerated_names_the_setting_and_its_line() {
    let text = orders(1, &["PO-1"]).replace("SE*7*", "SE*9*");
    let mut rig = agreed("wrong_counts: tolerated").await;
    let (states, told) = sets(&rig, "a.edi", &text).await;
    let line = NORTHWIND.lines().position(|line| line == AGREED).unwrap() + 1;
    assert_eq!(states, ["applied"]);
    assert!(told.contains(&format!("`wrong_counts: tolerated` (1.yaml:{line})")), "{told}");
    rig.halt().await;
}

/// What decided what became of a document stays with it: the setting, its value then, and whose layer states it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_decided_stays_with_the_document() {
    let good = orders(1, &["PO-1"]);
    let test = good.replace("*0*P*>", "*0*T*>");
    let wrong_count = good.replace("SE*7*", "SE*9*");
    let code = changed("BEG*00", "BEG*QQ");
    let both = interchange(
        1,
        &[("1", "00"), ("2", "QQ")].map(|(n, purpose)| {
            let body = order(&format!("PO-{n}"), "PLENTY-1", "1", "EA");
            set(
                "850",
                n.parse().unwrap(),
                &body.iter().map(|line| line.replace("BEG*00", &format!("BEG*{purpose}"))).collect::<Vec<_>>(),
            )
        }),
    );
    let line = NORTHWIND.lines().position(|line| line == AGREED).unwrap() + 1;
    let stated = format!("(the partner, 1.yaml:{line})");
    let held = "no_reference: hold (built in)".to_owned();
    for (agreement, text, decided) in [
        ("wrong_counts: tolerated", &good, &[][..]),
        ("wrong_counts: tolerated", &wrong_count, &[format!("wrong_counts: tolerated {stated}")]),
        ("wrong_counts: enforced", &wrong_count, &[format!("wrong_counts: enforced {stated}")]),
        // Refused as the standard has it: nothing was agreed.
        ("acknowledge: none", &wrong_count, &[]),
        // A purpose that the mapping's table does not hold keeps the message until somebody says what it is.
        ("acknowledge: none", &code, &["checks.codes: warn (built in)".to_owned(), held.clone()]),
        ("checks: { codes: warn }", &code, &[format!("checks.codes: warn {stated}"), held]),
        ("test_indicator: refuse", &test, &[format!("test_indicator: refuse {stated}")]),
        ("isa_in: { isa04: SESAME }, bad_set_costs: interchange", &good, &[format!("isa_in.isa04: (set) {stated}")]),
        (
            "bad_set_costs: interchange, checks: { codes: reject }",
            &both,
            &[format!("bad_set_costs: interchange {stated}"), format!("checks.codes: reject {stated}")],
        ),
    ] {
        let mut rig = agreed(agreement).await;
        assert_eq!(decisions(&rig, "a.edi", text).await, decided, "{agreement}");
        rig.halt().await;
    }
    let mut rig = agreed("number_again: accept, duplicates_days: 7").await;
    decisions(&rig, "a.edi", &good).await;
    let again = decisions(&rig, "b.edi", &orders(1, &["PO-2"])).await;
    assert_eq!(again, [format!("number_again: accept {stated}")]);
    rig.halt().await;
}

/// The settings that decided what became of a file, as text.
async fn decisions(rig: &Rig, name: &str, text: &str) -> Vec<String> {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let row = documents::get(&mut tx, rig.acme, id).await.unwrap().unwrap();
    let around = interchanges::of_document(&mut tx, rig.acme, id).await.unwrap();
    tx.rollback().await.unwrap();
    let told = decided::of(&row, &around, &rig.messages_of(id).await).into_iter().map(|one| {
        let from: Vec<&str> = [&*one.layer, &*one.place].into_iter().filter(|said| !said.is_empty()).collect();
        format!("{}: {} ({})", one.setting, one.value, from.join(", "))
    });
    told.collect()
}

/// The hub's, the tenant's, the partner's and the connection's layer, and what is said of one kind of message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_later_layer_is_read_by() {
    let hubs = "agreement: { wrong_counts: tolerated }\n";
    let text = orders(1, &["PO-1"]).replace("SE*7*", "SE*9*");
    let enforced = "agreement: { acknowledge: '997', wrong_counts: enforced }";
    let by_kind = "agreement: { wrong_counts: enforced, sets: { '850': { wrong_counts: tolerated } } }";
    let other_kind = "agreement: { sets: { '860': { wrong_counts: enforced } } }";
    let here = NORTHWIND.replace(
        "name: north-edi, transport: http,",
        "name: north-edi, agreement: { x12: { wrong_counts: enforced } }, transport: http,",
    );
    for (what, acme, north, state) in [
        ("the hub's", ACME.to_owned(), NORTHWIND.to_owned(), "applied"),
        ("the tenant's", format!("{ACME}{enforced}\n"), NORTHWIND.to_owned(), "rejected"),
        ("the partner's", ACME.to_owned(), NORTHWIND.replace(AGREED, enforced), "rejected"),
        ("one kind's", ACME.to_owned(), NORTHWIND.replace(AGREED, by_kind), "applied"),
        ("another kind's", ACME.to_owned(), NORTHWIND.replace(AGREED, other_kind), "applied"),
        ("the connection's", ACME.to_owned(), here, "rejected"),
    ] {
        let mut rig = hub(&[hubs, &acme, &north]).await;
        assert_eq!(sets(&rig, "a.edi", &text).await.0, [state], "{what}");
        rig.halt().await;
    }
}

/// A guide of the partner's own, below the mappings folder: for the sets that it is for, if the agreement names it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guide_of_the_partners() {
    let text = orders(1, &["PO-1-IS-LONG"]);
    for (agreement, state) in [("acknowledge: none", "applied"), ("guides: [short-numbers.yaml]", "rejected")] {
        let mut rig = agreed(agreement).await;
        let (states, told) = sets(&rig, "a.edi", &text).await;
        assert_eq!(states, [state], "{agreement}: {told}");
        assert_eq!(told.contains("\"guide\""), state == "rejected", "{told}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorization_and_security_in() {
    let text = orders(1, &["PO-1"]).replace("ISA*00*          *00*          *", "ISA*00*          *01*OPEN      *");
    for (agreement, state, ta1) in [
        ("isa_in: { isa03: '01', isa04: OPEN }", "applied", "*A*000"),
        ("isa_in: { isa03: '01', isa04: SESAME }", "rejected", "*R*013"),
        ("isa_in: { isa03: '00' }", "rejected", "*R*012"),
        ("isa_in: { isa02: SOMETHING }", "rejected", "*R*011"),
    ] {
        let mut rig = agreed(&format!("ta1: always, {agreement}")).await;
        let (states, told) = sets(&rig, "a.edi", &text).await;
        assert_eq!(states, [state], "{agreement}: {told}");
        assert!(!told.contains("SESAME"), "what should stand there is told: {told}");
        assert!(state == "applied" || told.contains("(1.yaml:"), "{told}");
        let answer = answers(&rig, "b.edi", &text.replace("000000001", "000000002")).await;
        assert!(answer.contains(ta1), "{agreement}: {answer}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_came_before_with_other_content() {
    for (agreement, state, second) in [
        ("number_again: reject", "rejected", 0),
        ("number_again: ignore", "duplicate", 0),
        ("number_again: accept", "translated", 1),
    ] {
        let mut rig = agreed(agreement).await;
        sets(&rig, "a.edi", &orders(1, &["PO-1"])).await;
        let id = rig.bring("north-edi", "b.edi", orders(1, &["PO-2"]).as_bytes()).await;
        rig.quiet().await;
        assert_eq!(rig.document(id).await.state, state, "{agreement}");
        let applied = rig.messages("PO-2").await.iter().filter(|m| m.state == "applied").count();
        assert_eq!(applied, second, "{agreement}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorization_and_delimiters_out() {
    let mut rig = agreed(
        "acknowledge: '997', isa_out: { isa01: '03', isa02: US, isa03: '01', isa04: OPEN, isa12: '00400' }, \
         gs_out: { date: yymmdd }, sets: { '997': { delimiters: { element: '|' } } }",
    )
    .await;
    let answer = answers(&rig, "a.edi", &orders(1, &["PO-1"])).await;
    let gs04 = answer.lines().nth(1).and_then(|gs| gs.split('|').nth(4)).unwrap_or_default();
    assert!(answer.starts_with("ISA|03|US        |01|OPEN      |ZZ|ACMEDIST"), "{answer}");
    assert!(answer.contains("|U|00400|") && gs04.len() == 6, "{answer}");
    rig.halt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unb_out() {
    let message = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+1'\nUNH+1+ORDERS:D:96A:UN:EAN008'\n\
        BGM+220+PO-1+9'\nDTM+137:20261102:102'\nUNT+4+1'\nUNZ+1+1'\n";
    let mut rig = agreed(
        "contrl: always, unb_out: { password: OPEN, password_qualifier: BB, application_reference: SHOP, priority: A, \
         agreement: BOTH, una: needed }",
    )
    .await;
    let answer = answers(&rig, "a.edi", message).await;
    let unb = answer.lines().next().unwrap_or_default();
    assert!(unb.starts_with("UNB+UNOC:3+ACMEDIST:ZZZ+4012345000009:14+"), "{answer}");
    assert!(unb.ends_with("+OPEN:BB+SHOP+A++BOTH'"), "{answer}");
    rig.halt().await;
    let mut rig = agreed("contrl: always, edifact: { delimiters: { element: '|' } }").await;
    let answer = answers(&rig, "a.edi", message).await;
    assert!(answer.starts_with("UNA:|.? '") && answer.contains("UNB|UNOC:3|"), "{answer}");
    rig.halt().await;
}
