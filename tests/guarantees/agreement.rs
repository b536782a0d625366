//! What two partners settled takes effect: each setting is tried against its default on the same input.
//!
//! Elsewhere: delimiters, control number ranges and the test indicator out (webhooks/documents.rs), retention (sweep.rs),
//! identities (bad_input.rs), and what is not built or can't be (src/tenancy/lint.rs).

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    config::Settings,
    store::{deliveries, documents::DocumentRow},
};

/// A hub whose northwind agreed to this.
async fn agreed(agreement: &str) -> Rig {
    let north = NORTHWIND.replace("agreement: { acknowledge: '997' }", &format!("agreement: {{ {agreement} }}"));
    assert!(north.contains(agreement));
    let mut rig = Rig::with(Backing::Lite, &[ACME, &north], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

async fn states(rig: &Rig, numbers: &[&str]) -> Vec<String> {
    let mut states = Vec::new();
    for number in numbers {
        states.extend(rig.messages(number).await.into_iter().map(|m| m.state));
    }
    states
}

/// Brings one file and gives the document's state once nothing moves.
async fn bring(rig: &Rig, name: &str, text: &str) -> String {
    work(rig, name, text).await.state
}

async fn work(rig: &Rig, name: &str, text: &str) -> DocumentRow {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    rig.document(id).await
}

/// The 997s that were written for a file, and the state in which it ended.
async fn acknowledgements(rig: &Rig, text: &str) -> (String, Vec<String>) {
    let document = work(rig, "a.edi", text).await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let written = deliveries::acknowledgements(&mut tx, rig.acme, &[document.id]).await.unwrap();
    tx.rollback().await.unwrap();
    let texts = written.into_iter().map(|d| String::from_utf8(d.content.expect("its bytes")).unwrap());
    (document.state, texts.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledge() {
    for (agreement, written, loops) in [
        ("acknowledge: none", 0, 0),
        ("acknowledge: '997'", 1, 0),
        ("acknowledge: '997', acknowledge_accepted_sets: true", 1, 2),
    ] {
        let mut rig = agreed(agreement).await;
        let (_, answers) = acknowledgements(&rig, &orders(1, &["PO-1", "PO-2"])).await;
        assert_eq!(answers.len(), written, "{agreement}");
        assert_eq!(answers.concat().matches("AK2*").count(), loops, "{agreement}: {answers:?}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delimiters_and_line_ends_out() {
    let mut rig =
        agreed("acknowledge: '997', delimiters: { element: '|', segment: \"'\", component: ':', line_end: crlf }")
            .await;
    let answer = acknowledgements(&rig, &orders(1, &["PO-1"])).await.1.concat();
    assert!(answer.starts_with("ISA|00|") && answer.contains("|:'\r\nGS|FA|"), "{answer}");
    rig.halt().await;
    let mut rig = agreed("acknowledge: '997', delimiters: { line_end: none }").await;
    let answer = acknowledgements(&rig, &orders(1, &["PO-1"])).await.1.concat();
    assert!(answer.contains("~GS*FA*") && !answer.contains('\n'), "{answer}");
    rig.halt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_by_days() {
    for (days, end) in [(30, "duplicate"), (0, "translated")] {
        let mut rig = agreed(&format!("duplicates_days: {days}")).await;
        let text = orders(1, &["PO-1"]);
        assert_eq!(bring(&rig, "a.edi", &text).await, "translated");
        assert_eq!(bring(&rig, "b.edi", &text).await, end, "the same bytes, {days} days");
        // The same interchange with other line ends: known by its control number.
        assert_eq!(bring(&rig, "c.edi", &text.replace('\n', "")).await, end, "the same number, {days} days");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bad_set_costs() {
    let bad = set("850", 2, &order("PO-2", "PLENTY-1", "12x", "EA"));
    let good = |n: usize, number: &str| set("850", n, &order(number, "PLENTY-1", "1", "EA"));
    let text = interchange(1, &[good(1, "PO-1"), bad, good(3, "PO-3")]);
    for (agreement, state) in [("bad_set_costs: set", "applied"), ("bad_set_costs: interchange", "rejected")] {
        let mut rig = agreed(agreement).await;
        bring(&rig, "a.edi", &text).await;
        assert_eq!(states(&rig, &["PO-1", "PO-3"]).await, [state, state], "{agreement}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_counts() {
    let wrong = orders(1, &["PO-1"]).replace("SE*7*", "SE*9*");
    let group = orders(2, &["PO-2"]).replace("GE*1*", "GE*4*");
    let whole = orders(3, &["PO-3"]).replace("IEA*1*", "IEA*4*");
    for (agreement, state) in [("wrong_counts: enforced", "rejected"), ("wrong_counts: tolerated", "applied")] {
        let mut rig = agreed(agreement).await;
        for (name, text) in [("a.edi", &wrong), ("b.edi", &group), ("c.edi", &whole)] {
            bring(&rig, name, text).await;
        }
        let rejected = rig.place.number(&format!("select count(*) from messages where state = '{state}'")).await;
        assert_eq!(rejected, 3, "{agreement}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_segments() {
    let mut body = order("PO-1", "PLENTY-1", "1", "EA");
    body.insert(1, "ZZX*OUR*OWN".into());
    let text = interchange(1, &[set("850", 1, &body)]);
    for (agreement, state, faults) in [
        ("unknown_segments: reject", "rejected", 1),
        ("unknown_segments: warn", "applied", 1),
        ("unknown_segments: ignore", "applied", 0),
    ] {
        let mut rig = agreed(agreement).await;
        bring(&rig, "a.edi", &text).await;
        let seen = rig.place.number(&format!("select count(*) from messages where state = '{state}'")).await;
        let told = rig.place.number("select count(*) from messages where faults is not null").await;
        assert_eq!((seen, told), (1, faults), "{agreement}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_no_table_holds() {
    let text = interchange(1, &[set("850", 1, &order("PO-1", "PLENTY-1", "1", "PF"))]);
    for (agreement, state) in [("no_reference: hold", "held"), ("no_reference: reject", "rejected")] {
        let mut rig = agreed(agreement).await;
        bring(&rig, "a.edi", &text).await;
        assert_eq!(states(&rig, &["PO-1"]).await, [state], "{agreement}");
        rig.halt().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_indicator() {
    let text = orders(1, &["PO-1"]).replace("*0*P*", "*0*T*");
    for (agreement, end, out) in [
        ("acknowledge: '997', test_indicator: accept", "translated", "*0*P*"),
        ("acknowledge: '997', test_indicator: send", "translated", "*0*T*"),
        ("acknowledge: '997', test_indicator: refuse", "rejected", ""),
    ] {
        let mut rig = agreed(agreement).await;
        let (state, answers) = acknowledgements(&rig, &text).await;
        let answers = answers.concat();
        assert_eq!(state, end, "{agreement}");
        assert_eq!((answers.is_empty(), answers.contains(out)), (out.is_empty(), true), "{agreement}: {answers}");
        rig.halt().await;
    }
}

/// Setting and value of each `name: value` between backticks, and each `table.setting`.
fn named_settings(text: &str) -> [Vec<(&str, &str)>; 2] {
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let agreed = quoted.iter().filter_map(|q| q.split_once(": ")).filter(|(n, v)| word(n) && word(v)).collect();
    let settings = quoted.iter().filter_map(|q| q.split_once('.')).filter(|(t, n)| word(t) && word(n)).collect();
    [agreed, settings]
}

#[test]
fn remedies_name_settings_that_exist() {
    let settings = serde_json::to_value(Settings::default()).unwrap();
    let mut seen = 0;
    for row in crossdock::formats::codes::CODES {
        for text in [row.remedy, row.help] {
            let [agreed, hub] = named_settings(text);
            for (name, value) in agreed {
                let agreement =
                    serde_json::from_value::<crossdock::tenancy::Agreement>(serde_json::json!({name: value}));
                assert!(
                    agreement.is_ok(),
                    "{}: `{name}: {value}` is no setting of an agreement: {agreement:?}",
                    row.code
                );
                seen += 1;
            }
            for (table, name) in hub {
                assert!(!settings[table][name].is_null(), "{}: the hub has no setting `{table}.{name}`", row.code);
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen} settings seen: the remedies are looked through");
}
