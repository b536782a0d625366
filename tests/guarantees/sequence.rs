//! Control numbers that come in another order than they count, by what was agreed of them.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig},
    x12::orders,
};
use crossdock::{config::Settings, store::deliveries};

const AGREED: &str = "agreement: { acknowledge: '997' }";

async fn agreed(backing: Backing, agreement: &str) -> Rig {
    let acme = ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST]");
    let north = NORTHWIND
        .replace(AGREED, &format!("agreement: {{ ta1: always, contrl: always, {agreement} }}"))
        .replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]");
    let mut rig = Rig::with(backing, &[&acme, &north], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// Brings an interchange and gives: its document's state, what is told of the interchange, and what goes back.
async fn bring(rig: &Rig, name: &str, text: &str) -> (String, String, String) {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let interchanges = crossdock::store::interchanges::of_document(&mut tx, rig.acme, id).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let told = interchanges[0].cause.as_ref().map(ToString::to_string).unwrap_or_default();
    let answers = rows.into_iter().map(|row| String::from_utf8(row.content.unwrap_or_default()).unwrap());
    (rig.document(id).await.state, told, answers.collect())
}

async fn number(rig: &Rig, control: u32) -> (String, String, String) {
    bring(rig, &format!("{control}.edi"), &orders(control, &[&format!("PO-{control}")])).await
}

async fn what_counts_back_or_leaves_out(backing: Backing) {
    // Nothing was agreed: any order will do, and nothing is told.
    let mut rig = agreed(backing, "duplicates_days: 30").await;
    for control in [7, 5, 9] {
        let (state, told, _) = number(&rig, control).await;
        assert_eq!((state.as_str(), told.as_str()), ("translated", ""), "{control}");
    }
    rig.halt().await;

    let mut rig = agreed(backing, "out_of_sequence: { behind: reject, gap: warn }").await;
    for (control, state, says, ta1) in [
        (7, "translated", "", "*A*000"),
        (8, "translated", "", "*A*000"),
        (11, "translated", "2 numbers between are missing; it was worked all the same", "*A*000"),
        (10, "rejected", "came after 11: it counts back; it was not worked", "*R*018"),
        (12, "translated", "", "*A*000"),
    ] {
        let (ended, told, answers) = number(&rig, control).await;
        assert_eq!(ended, state, "{control}: {told}");
        assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{control}: {told}");
        assert!(answers.contains(ta1), "{control}: {answers}");
        let line = NORTHWIND.lines().position(|line| line == AGREED).unwrap() + 1;
        let key = if control == 10 { "behind: reject" } else { "gap: warn" };
        assert!(told.is_empty() || told.contains(&format!("`out_of_sequence.{key}` (1.yaml:{line})")), "{told}");
    }
    rig.halt().await;
}

/// What came too early is refused, and taken when what is before it has come: the same bytes, under the same number.
async fn what_comes_too_early_comes_again(backing: Backing) {
    let mut rig = agreed(backing, "out_of_sequence: { gap: reject }").await;
    for (name, control, state) in [
        ("a", 1, "translated"),
        ("b", 3, "rejected"),
        ("c", 2, "translated"),
        ("d", 3, "translated"),
        ("e", 3, "duplicate"),
    ] {
        let text = orders(control, &[&format!("PO-{control}")]);
        let (ended, told, _) = bring(&rig, name, &text).await;
        assert_eq!(ended, state, "{name}: {told}");
    }
    assert_eq!(rig.messages("PO-3").await.len(), 1);
    rig.halt().await;
}

/// Of EDIFACT the references that are numbers count; after nines it begins anew; each sender counts for itself.
async fn references_that_count(backing: Backing) {
    let message = |control: &str| {
        format!(
            "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{control}'\nUNH+1+ORDERS:D:96A:UN:EAN008'\n\
             BGM+220+PO-{control}+9'\nDTM+137:20261102:102'\nUNT+4+1'\nUNZ+1+{control}'\n"
        )
    };
    let mut rig = agreed(backing, "edifact: { out_of_sequence: { behind: reject, gap: reject } }").await;
    for (control, state, contrl) in [
        ("9998", "translated", "+7'"),
        ("REF-1", "translated", "+7'"),
        ("9999", "translated", "+7'"),
        ("1", "translated", "+7'"),
        ("3", "rejected", "+4+12'"),
        ("9997", "rejected", "+4+12'"),
        ("2", "translated", "+7'"),
    ] {
        let (ended, told, answers) = bring(&rig, control, &message(control)).await;
        assert_eq!(ended, state, "{control}: {told}");
        let uci = answers.lines().find(|line| line.starts_with("UCI")).unwrap_or_default();
        assert!(uci.ends_with(contrl) || (state == "translated" && !uci.contains("+12")), "{control}: {answers}");
    }
    // Nothing is agreed of X12.
    assert_eq!(number(&rig, 50).await.0, "translated");
    assert_eq!(number(&rig, 40).await.0, "translated");
    rig.halt().await;
}

/// Several in one file, and one of its interchanges out of its turn.
async fn in_one_file(backing: Backing) {
    let mut rig = agreed(backing, "out_of_sequence: { gap: reject }").await;
    let text = [orders(1, &["PO-1"]), orders(3, &["PO-3"]), orders(2, &["PO-2"])].concat();
    let (_, _, answers) = bring(&rig, "a.edi", &text).await;
    for (number, state) in [("PO-1", "applied"), ("PO-3", "rejected"), ("PO-2", "applied")] {
        let states: Vec<String> = rig.messages(number).await.into_iter().map(|m| m.state).collect();
        assert_eq!(states, [state], "{number}");
    }
    assert_eq!(answers.matches("*R*018").count(), 1, "{answers}");
    rig.halt().await;
}

crate::rig::on_both!(
    what_counts_back_or_leaves_out,
    what_comes_too_early_comes_again,
    references_that_count,
    in_one_file,
);
