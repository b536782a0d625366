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
        let line = line();
        let key = if control == 10 { "behind: reject" } else { "gap: warn" };
        assert!(told.is_empty() || told.contains(&format!("`out_of_sequence.{key}` (1.yaml:{line})")), "{told}");
    }
    rig.halt().await;
}

/// What is refused for something else has come: what follows leaves no gap, and it may come again, mended.
async fn what_is_refused_for_something_else_has_come(backing: Backing) {
    let mut rig = agreed(backing, "out_of_sequence: { gap: reject, behind: reject }, test_indicator: refuse").await;
    for (name, control, usage, state) in [
        ("a", 1, 'P', "translated"),
        ("b", 2, 'T', "rejected"),
        ("c", 3, 'P', "translated"),
        ("d", 4, 'T', "rejected"),
        ("e", 4, 'P', "translated"),
        ("f", 5, 'P', "translated"),
        ("g", 7, 'T', "rejected"),
        ("h", 8, 'P', "rejected"),
    ] {
        let text = orders(control, &[&format!("PO-{name}")]).replace("*0*P*>", &format!("*0*{usage}*>"));
        let (ended, told, answers) = bring(&rig, &format!("{name}.edi"), &text).await;
        assert_eq!(ended, state, "{name} {control}: {told} {answers}");
    }
    rig.halt().await;
}

/// What came too early is refused, and taken when what is before it has come: the same bytes, under the same number.
async fn what_comes_too_early_comes_again(backing: Backing) {
    // The numbers of its groups are given back with its own.
    let groups = "number_reach: { groups: days }, checks: { group_numbers: reject }";
    let mut rig = agreed(backing, &format!("out_of_sequence: {{ gap: reject }}, {groups}")).await;
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

fn line() -> usize {
    NORTHWIND.lines().position(|line| line == AGREED).unwrap() + 1
}

/// An interchange of orders whose group has a number of its own.
fn in_group(control: u32, group: u32, numbers: &[&str]) -> String {
    let own = |from: String, to: String| move |text: String| text.replace(&from, &to);
    let gs = own(format!("*0915*{control}*X*"), format!("*0915*{group}*X*"));
    let ge = own(format!("GE*{}*{control}~", numbers.len()), format!("GE*{}*{group}~", numbers.len()));
    ge(gs(orders(control, numbers)))
}

/// The state of an order's message and what was found wrong with it.
async fn message(rig: &Rig, number: &str) -> (String, String) {
    let row = rig.messages(number).await.remove(0);
    (row.state, row.faults.map(|faults| faults.to_string()).unwrap_or_default())
}

/// GS06 and 0048 that came before in another interchange.
async fn groups_that_came_before(backing: Backing) {
    for (agreed_on, state, ak9, setting) in [
        ("checks: { group_numbers: reject }", "applied", "AK9*A*1*1*1~", ""),
        ("number_reach: { groups: days }", "applied", "AK9*A*1*1*1~", "`checks.group_numbers: warn` (built in)"),
        (
            "number_reach: { groups: days }, checks: { group_numbers: reject }",
            "rejected",
            "AK9*R*1*1*0*19~",
            "refused by the agreement: `checks.group_numbers: reject`",
        ),
        ("number_reach: { groups: days }, checks: { group_numbers: ignore }", "applied", "AK9*A*1*1*1~", ""),
    ] {
        let mut rig = agreed(backing, &format!("acknowledge: '997', {agreed_on}")).await;
        let first = rig.bring("north-edi", "a", in_group(1, 7, &["PO-1"]).as_bytes()).await;
        rig.quiet().await;
        let (_, told, answers) = bring(&rig, "b", &in_group(2, 7, &["PO-2"])).await;
        let (stands, faults) = message(&rig, "PO-2").await;
        assert_eq!(stands, state, "{agreed_on}: {told}");
        assert!(answers.contains(ak9), "{agreed_on}: {answers}");
        let told = told + &faults;
        let before = format!("GS06 “7” came before in document {first}");
        assert!(told.contains(&before) != setting.is_empty() && told.contains(setting), "{agreed_on}: {told}");
        // Another application has numbers of its own.
        let other = in_group(3, 7, &["PO-3"]).replace("GS*PO*NORTHWIND*", "GS*PO*BRANCH*");
        bring(&rig, "c", &other).await;
        assert_eq!(message(&rig, "PO-3").await.0, "applied", "{agreed_on}");
        rig.halt().await;
    }
}

/// ST02 that came before in another interchange, and twice in one file.
async fn sets_that_came_before(backing: Backing) {
    let mut rig =
        agreed(backing, "acknowledge: '997', number_reach: { sets: days }, checks: { set_numbers: reject }").await;
    bring(&rig, "a", &orders(1, &["PO-1"])).await;
    let (state, _, answers) = bring(&rig, "b", &orders(2, &["PO-2", "PO-3"])).await;
    assert_eq!((state.as_str(), &*message(&rig, "PO-3").await.0), ("translated", "applied"));
    let (stands, faults) = message(&rig, "PO-2").await;
    assert_eq!(stands, "rejected");
    assert!(faults.contains("ST02 “0001” came before in document"), "{faults}");
    assert!(faults.contains(&format!("`checks.set_numbers: reject` (1.yaml:{})", line())), "{faults}");
    assert!(answers.contains("AK2*850*0001~\nAK5*R*23~\nAK9*P*2*2*1~"), "{answers}");
    let text = [orders(3, &["PO-4", "PO-5", "PO-6"]), orders(4, &["PO-7", "PO-8", "PO-9"])].concat();
    bring(&rig, "c", &text).await;
    for (number, state) in [("PO-5", "rejected"), ("PO-6", "applied"), ("PO-9", "rejected")] {
        assert_eq!(message(&rig, number).await.0, state, "{number}");
    }
    assert!(message(&rig, "PO-9").await.1.contains("came before in the same document"));
    rig.halt().await;
    // The same bytes under a new name are a duplicate and no fault; a document that is read again finds its numbers its own.
    let mut rig = agreed(
        backing,
        "number_reach: { sets: days, groups: days }, bad_set_costs: interchange, \
        checks: { set_numbers: reject, group_numbers: reject }",
    )
    .await;
    bring(&rig, "a", &orders(1, &["PO-1"])).await;
    assert_eq!(bring(&rig, "b", &orders(1, &["PO-1"])).await.0, "duplicate");
    bring(&rig, "c", &orders(2, &["PO-2", "PO-3"])).await;
    assert_eq!(message(&rig, "PO-3").await.0, "rejected", "a bad set costs the interchange");
    rig.halt().await;
}

/// 0062 and 0048: a CONTRL says 26 of them.
async fn messages_that_came_before(backing: Backing) {
    let text = |control: &str, group: &str, message: &str| {
        let (ung, une) = match group {
            "" => (String::new(), String::new()),
            group => (
                format!("UNG+ORDERS+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{group}+UN+D:96A'\n"),
                format!("UNE+1+{group}'\n"),
            ),
        };
        format!(
            "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{control}'\n{ung}UNH+{message}+ORDERS:D:96A:UN:EAN008'\n\
             BGM+220+PO-{control}+9'\nDTM+137:20261102:102'\nUNT+4+{message}'\n{une}UNZ+1+{control}'\n"
        )
    };
    let reach = "number_reach: { sets: days, groups: days }, checks: { set_numbers: reject, group_numbers: reject }";
    let mut rig = agreed(backing, reach).await;
    for (control, group, number, line) in [
        ("1", "", "M1", ""),
        ("2", "", "M1", "UCM+M1+ORDERS:D:96A:UN:EAN008+4+26+UNH+2'"),
        ("3", "G1", "M2", ""),
        ("4", "G1", "M3", "UCF+G1+4012345000009:14+ACMEDIST:ZZZ+4+26+UNG+6'"),
        ("5", "G2", "M3", ""),
    ] {
        let (_, told, answers) = bring(&rig, control, &text(control, group, number)).await;
        let refused = answers.lines().any(|line| line.starts_with("UC") && line.contains("+26"));
        assert!(answers.contains(line) && refused != line.is_empty(), "{control}: {told}\n{answers}");
    }
    rig.halt().await;
}

crate::rig::on_both!(
    groups_that_came_before,
    sets_that_came_before,
    messages_that_came_before,
    what_counts_back_or_leaves_out,
    what_is_refused_for_something_else_has_come,
    what_comes_too_early_comes_again,
    references_that_count,
    in_one_file,
);
