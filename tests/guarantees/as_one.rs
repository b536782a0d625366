//! `interchange: preserve`: none of an interchange's messages is applied before all of them can be, and whatever ends what
//! was in the way lets the others go.

use crate::{
    hub::wait::wait_for,
    rig::{ACME, Backing, GLOBEX, NORTHWIND, PATIENCE, Rig, cancel, on_both, order as json_order},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::Stage,
    config::Settings,
    flow::{letter, operate, sweep::Sweeper},
    insight::audit::audit,
    store::{
        deliveries, documents, journal,
        messages::{self, MessageRow},
        now, outbox,
    },
};

on_both![
    one_that_is_held_holds_all,
    a_cancelled_one_is_left_out,
    one_that_its_mapping_refuses,
    one_that_the_core_refuses,
    a_dead_one_holds_all,
    behind_another_document,
    two_interchanges_behind_each_other,
    what_was_left_waiting_is_found,
    one_that_was_cut_is_refused_and_comes_again,
    more_than_one_transaction_and_claim_checks_that_come_twice,
];

async fn agreed(backing: Backing, agreement: &str) -> Rig {
    let agreement = format!("agreement: {{ acknowledge: '997', {agreement} }}");
    let north = NORTHWIND.replace("agreement: { acknowledge: '997' }", &agreement);
    assert!(north.contains(&agreement));
    Rig::with(backing, &[ACME, &north, GLOBEX], Settings::default()).await
}

/// Three orders; the units of some stand in no table.
fn unmapped(control: u32, which: &[&str]) -> String {
    let unit = |number: &str| if which.contains(&number) { "PF" } else { "EA" };
    let sets = ["PO-1", "PO-2", "PO-3"].into_iter().enumerate();
    let sets: Vec<String> =
        sets.map(|(n, number)| set("850", n + 1, &order(number, "PLENTY-1", "1", unit(number)))).collect();
    interchange(control, &sets)
}

fn one_unmapped(control: u32) -> String {
    unmapped(control, &["PO-2"])
}

async fn bring(rig: &Rig, name: &str, text: &str) -> crossdock::canonical::DocumentId {
    rig.bring("north-edi", name, text.as_bytes()).await
}

/// The message that stands for a number now.
async fn of(rig: &Rig, number: &str) -> MessageRow {
    let mut rows = rig.messages(number).await;
    rows.retain(|row| row.state != "replaced");
    rows.pop().expect("a message of the number")
}

async fn stand(rig: &Rig, states: &[(&str, &str)]) {
    wait_for(PATIENCE, &format!("{states:?}"), || async {
        let mut seen = Vec::new();
        for (number, _) in states {
            let rows = rig.messages(number).await;
            let standing = rows.into_iter().rfind(|row| row.state != "replaced");
            seen.push((*number, standing.map_or_else(String::new, |row| row.state)));
        }
        if seen.iter().map(|(number, state)| (*number, state.as_str())).eq(states.iter().copied()) {
            Ok(())
        } else {
            Err(format!("{seen:?}"))
        }
    })
    .await;
}

async fn reserved(rig: &Rig) -> i64 {
    // Quantities are kept in ten-thousandths.
    rig.place.number("select cast(sum(reserved) as bigint) / 10000 from stock").await
}

/// Nothing is missing, and nothing waited for nothing.
async fn all_is_well(rig: &Rig) {
    let found = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(found.missing, []);
    assert_eq!(Sweeper::new(rig.hub.clone()).round().await.unwrap().waited_for_nothing, 0);
}

/// The numbers in the order in which they were applied.
async fn applied(rig: &Rig, numbers: &[String]) -> Vec<String> {
    let mut steps = Vec::new();
    for number in numbers {
        let id = of(rig, number).await.id;
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let all = journal::of_message(&mut tx, rig.acme, id.0).await.unwrap();
        tx.rollback().await.unwrap();
        let ends: Vec<i64> = all.iter().filter(|step| step.state == "applied").map(|step| step.id).collect();
        assert_eq!(ends.len(), 1, "{number} is applied once");
        steps.push((ends[0], number.clone()));
    }
    steps.sort();
    steps.into_iter().map(|(_, number)| number).collect()
}

async fn one_that_is_held_holds_all(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 2).await;
    bring(&rig, "a.edi", &one_unmapped(1)).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "held"), ("PO-3", "waiting")]).await;
    let (first, held) = (of(&rig, "PO-1").await, of(&rig, "PO-2").await);
    let cause = first.cause.unwrap();
    assert_eq!(cause["for"], held.id.to_string());
    assert_eq!(cause["decided_by"]["value"], "preserve", "{cause}");
    let sentence = cause["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("the 850 0002 (PO-2) of its interchange is held"), "{sentence}");
    rig.quiet().await;
    all_is_well(&rig).await;
    assert_eq!(reserved(&rig).await, 0, "nothing of it is applied");
    operate::add_reference(&rig.hub, rig.acme, "uom", "PF", "EA", "me").await.unwrap();
    stand(&rig, &[("PO-1", "applied"), ("PO-2", "applied"), ("PO-3", "applied")]).await;
    let numbers = ["PO-1", "PO-2", "PO-3"].map(str::to_owned);
    assert_eq!(applied(&rig, &numbers).await, numbers, "in their order, the restarted one too");
    // By itself, as it is built in, each goes.
    rig.halt().await;
    all_is_well(&rig).await;
    let mut rig = agreed(backing, "interchange: split").await;
    rig.start(1, 2).await;
    bring(&rig, "a.edi", &one_unmapped(1)).await;
    stand(&rig, &[("PO-1", "applied"), ("PO-2", "held"), ("PO-3", "applied")]).await;
    rig.halt().await;
}

/// Without its trailer nobody knows what is missing: nothing of it is worked, and all of it may come again as it was sent.
async fn one_that_was_cut_is_refused_and_comes_again(backing: Backing) {
    for costs in ["set", "interchange"] {
        let numbers = "number_reach: { groups: days }, checks: { group_numbers: reject }";
        let agreement = format!(
            "interchange: preserve, bad_set_costs: {costs}, ta1: on_error, out_of_sequence: {{ gap: reject }}, {numbers}"
        );
        let mut rig = agreed(backing, &agreement).await;
        rig.start(1, 2).await;
        let whole = orders(1, &["PO-1", "PO-2"]);
        // Behind an SE, behind the GE, and in the midst of a set.
        let cuts = [whole.find("GE*").unwrap(), whole.find("IEA").unwrap(), whole.find("CUR*BY*USD~\nN1").unwrap()];
        for (n, cut) in cuts.into_iter().enumerate() {
            let cut = rig.bring("north-edi", &format!("cut{n}.edi"), &whole.as_bytes()[..cut]).await;
            rig.quiet().await;
            let messages = rig.messages_of(cut).await;
            assert!(
                !messages.is_empty() && messages.iter().all(|row| row.state == "rejected"),
                "{costs} {n}: {messages:?}"
            );
            // A set that was cut itself has a fault of its own.
            let faults = messages[0].faults.as_ref().unwrap().to_string();
            let says = match n {
                2 => &["E0106"][..],
                _ => &["has no trailer IEA", "as a whole or not at all.", "interchange: preserve", "number may stay"],
            };
            assert!(says.iter().all(|said| faults.contains(said)), "{n}: {faults}");
            let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
            let told = deliveries::acknowledgements(&mut tx, rig.acme, &[cut]).await.unwrap();
            tx.rollback().await.unwrap();
            let told: String = told.into_iter().map(|row| String::from_utf8(row.content.unwrap()).unwrap()).collect();
            assert!(told.contains("*R*023~") && !told.contains("AK1*"), "{told}");
        }
        assert_eq!(rig.place.number("select count(*) from events where kind like 'order.%'").await, 0);
        let again = bring(&rig, "whole.edi", &whole).await;
        rig.quiet().await;
        assert_eq!(rig.document(again).await.state, "translated");
        let states: Vec<String> = rig.messages_of(again).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, ["applied", "applied"], "{costs}");
        let other = bring(&rig, "other.edi", &orders(1, &["PO-3"])).await;
        rig.quiet().await;
        assert_eq!(rig.document(other).await.state, "rejected", "the number is the whole one's now");
        rig.halt().await;
        all_is_well(&rig).await;
    }
    // By itself, as it is built in, each goes, and the number is taken.
    let mut rig = agreed(backing, "interchange: split").await;
    rig.start(1, 2).await;
    let whole = orders(1, &["PO-1", "PO-2"]);
    bring(&rig, "cut.edi", whole.split("IEA").next().unwrap()).await;
    stand(&rig, &[("PO-1", "applied"), ("PO-2", "applied")]).await;
    rig.quiet().await;
    rig.halt().await;
}

async fn a_cancelled_one_is_left_out(backing: Backing) {
    // What a bad one costs is another matter: a person took this one away.
    let mut rig = agreed(backing, "interchange: preserve, bad_set_costs: interchange").await;
    rig.start(1, 2).await;
    bring(&rig, "a.edi", &unmapped(1, &["PO-2", "PO-3"])).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "held"), ("PO-3", "held")]).await;
    operate::cancel_message(&rig.hub, rig.acme, of(&rig, "PO-2").await.id, "me", "not wanted").await.unwrap();
    let third = of(&rig, "PO-3").await;
    wait_for(PATIENCE, "the first to wait for the third", || async {
        let first = of(&rig, "PO-1").await;
        let waits = first.cause.as_ref().is_some_and(|cause| cause["for"] == third.id.to_string());
        if waits && first.state == "waiting" { Ok(()) } else { Err(format!("{} {:?}", first.state, first.cause)) }
    })
    .await;
    operate::cancel_message(&rig.hub, rig.acme, third.id, "me", "not wanted either").await.unwrap();
    stand(&rig, &[("PO-1", "applied"), ("PO-2", "cancelled"), ("PO-3", "cancelled")]).await;
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn one_that_its_mapping_refuses(backing: Backing) {
    for (costs, others) in [("set", "applied"), ("interchange", "rejected")] {
        let mut rig =
            agreed(backing, &format!("interchange: preserve, no_reference: reject, bad_set_costs: {costs}")).await;
        rig.start(1, 2).await;
        bring(&rig, "a.edi", &one_unmapped(1)).await;
        stand(&rig, &[("PO-1", others), ("PO-2", "rejected"), ("PO-3", others)]).await;
        rig.quiet().await;
        if costs == "interchange" {
            let cause = of(&rig, "PO-3").await.cause.unwrap();
            assert_eq!(
                (cause["code"].as_str(), &cause["decided_by"]["value"]),
                (Some("interchange/refused"), &"interchange".into())
            );
            assert_eq!(cause["for"], of(&rig, "PO-2").await.id.to_string());
            assert_eq!(reserved(&rig).await, 0);
            // Its sender is told of the bad one, and not of those that followed.
            let document = of(&rig, "PO-2").await.document;
            let told = letter::of(&rig.hub, rig.acme, document).await.unwrap().unwrap().letter;
            assert!(told.points.iter().all(|point| &*point.code != "interchange/refused"), "{told:?}");
            assert_eq!((told.points.len(), told.more), (1, 0), "{told:?}");
            assert!(told.verdict.contains("all 3 sets are refused"), "{told:?}");
            // Mended, the bad one goes, and then those that it had cost.
            operate::add_reference(&rig.hub, rig.acme, "uom", "PF", "EA", "me").await.unwrap();
            for number in ["PO-2", "PO-1", "PO-3"] {
                operate::restart(&rig.hub, rig.acme, of(&rig, number).await.id, "me", "mended").await.unwrap();
                stand(&rig, &[(number, "applied")]).await;
                if number == "PO-2" {
                    // What is left to tell is said by its name.
                    let told = letter::of(&rig.hub, rig.acme, document).await.unwrap().unwrap().letter;
                    let heads: Vec<(&str, &str)> =
                        told.points.iter().map(|point| (&*point.code, point.title)).collect();
                    let title = "A message is refused along with another one of its interchange";
                    assert_eq!(heads, [("interchange/refused", title); 2], "{told:?}");
                }
            }
        }
        rig.halt().await;
        all_is_well(&rig).await;
    }
}

async fn one_that_the_core_refuses(backing: Backing) {
    for (costs, others) in [("set", "applied"), ("interchange", "rejected")] {
        let mut rig = agreed(backing, &format!("interchange: preserve, bad_set_costs: {costs}")).await;
        rig.start(1, 2).await;
        let of_set = |n: usize, number: &str, pieces: &str| set("850", n, &order(number, "TEN", pieces, "EA"));
        // The same number with other content.
        let text = interchange(1, &[of_set(1, "PO-1", "1"), of_set(2, "PO-1", "2"), of_set(3, "PO-3", "3")]);
        let document = bring(&rig, "a.edi", &text).await;
        stand(&rig, &[("PO-3", others)]).await;
        rig.quiet().await;
        let states: Vec<String> = rig.messages_of(document).await.into_iter().map(|m| m.state).collect();
        assert_eq!(states, [others, "rejected", others], "{costs}");
        let codes: Vec<_> =
            rig.messages_of(document).await.into_iter().filter_map(|m| Some(m.cause?["code"].clone())).collect();
        let kept = if costs == "set" { 4 } else { 0 };
        assert_eq!(reserved(&rig).await, kept, "{costs}: {codes:?}");
        let events = rig.place.number("select count(*) from events where kind = 'order.confirmed'").await;
        assert_eq!(events, if costs == "set" { 2 } else { 0 });
        if costs == "interchange" {
            assert_eq!(codes[0], "interchange/refused");
            assert_ne!(codes[1], "interchange/refused", "its own reason");
            assert_eq!(codes[2], "interchange/refused");
        }
        rig.halt().await;
        all_is_well(&rig).await;
    }
}

async fn a_dead_one_holds_all(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 0).await;
    bring(&rig, "a.edi", &orders(1, &["PO-1", "PO-2", "PO-3"])).await;
    stand(&rig, &[("PO-1", "pending"), ("PO-2", "pending"), ("PO-3", "pending")]).await;
    rig.halt().await;
    rig.place.sql("update messages set body = '{\"lines\": 5}' where number = 'PO-2'").await.unwrap();
    rig.start(0, 2).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "dead"), ("PO-3", "waiting")]).await;
    rig.quiet().await;
    assert_eq!(reserved(&rig).await, 0, "what was decided before it is not written");
    assert_eq!(rig.place.number("select count(*) from dead_letters where ended_at is null").await, 1);
    operate::restart(&rig.hub, rig.acme, of(&rig, "PO-2").await.id, "me", "mended").await.unwrap();
    stand(&rig, &[("PO-1", "applied"), ("PO-2", "applied"), ("PO-3", "applied")]).await;
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn behind_another_document(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 2).await;
    let unmapped = String::from_utf8(json_order("PO-2", &[("PLENTY-1", 1)])).unwrap().replace("\"EA\"", "\"GROSSBOX\"");
    rig.bring("north-a", "1.json", unmapped.as_bytes()).await;
    rig.stand("PO-2", &["held"]).await;
    let held = of(&rig, "PO-2").await;
    bring(&rig, "a.edi", &orders(1, &["PO-1", "PO-2", "PO-3"])).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "waiting"), ("PO-3", "waiting")]).await;
    let second = of(&rig, "PO-2").await;
    let cause = second.cause.unwrap();
    assert_eq!(cause["for"], held.id.to_string(), "it waits for the one before it");
    let told = cause["sentence"].as_str().unwrap();
    assert!(told.contains("(PO-2) of document 1.json is held, and messages of one number"), "{told}");
    assert_eq!(cause["document"], held.document.to_string());
    let cause = of(&rig, "PO-3").await.cause.unwrap();
    assert_eq!(cause["for"], second.id.to_string(), "and the others for it");
    let told = cause["sentence"].as_str().unwrap();
    assert!(
        told.contains("the 850 0002 (PO-2) of its interchange waits for") && told.contains("document 1.json"),
        "{told}"
    );
    // Nothing of it is done, and it is found as that.
    let by = documents::Search { state: Some("waiting".into()), ..Default::default() };
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let found = documents::search(&mut tx, rig.acme, &by, 10).await.unwrap();
    let waits = messages::halted_of(&mut tx, rig.acme, &[second.document]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [second.document]);
    assert_eq!((waits[0].held, waits[0].refused, waits[0].waiting), (0, 0, 3));
    assert!(waits[0].cause.as_ref().unwrap()["sentence"].as_str().unwrap().contains("document 1.json"));
    assert_eq!(documents::called("translated", None, 0, 0, waits[0].waiting), "waiting");
    // What stands behind one of them waits, too, and goes after it.
    rig.bring("north-a", "2.json", &cancel("PO-2")).await;
    rig.stand("PO-2", &["held", "waiting", "waiting"]).await;
    rig.quiet().await;
    all_is_well(&rig).await;
    operate::cancel_message(&rig.hub, rig.acme, held.id, "me", "sent again").await.unwrap();
    rig.stand("PO-2", &["cancelled", "applied", "applied"]).await;
    stand(&rig, &[("PO-1", "applied"), ("PO-3", "applied")]).await;
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn two_interchanges_behind_each_other(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 2).await;
    bring(&rig, "a.edi", &one_unmapped(1)).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "held"), ("PO-3", "waiting")]).await;
    // The same orders once more, in another order: each is known by the time it is looked at.
    bring(&rig, "b.edi", &orders(2, &["PO-3", "PO-1"])).await;
    rig.stand("PO-1", &["waiting", "waiting"]).await;
    // As two connections can leave it: of PO-3 the second interchange stands first.
    rig.place.sql("update messages set place = 5 where number = 'PO-3' and set_no = 2").await.unwrap();
    rig.quiet().await;
    operate::add_reference(&rig.hub, rig.acme, "uom", "PF", "EA", "me").await.unwrap();
    rig.stand("PO-1", &["applied", "applied"]).await;
    rig.stand("PO-3", &["applied", "applied"]).await;
    stand(&rig, &[("PO-2", "applied")]).await;
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn what_was_left_waiting_is_found(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 1).await;
    bring(&rig, "a.edi", &one_unmapped(1)).await;
    stand(&rig, &[("PO-1", "waiting"), ("PO-2", "held"), ("PO-3", "waiting")]).await;
    rig.quiet().await;
    all_is_well(&rig).await;
    // As a bug would leave them.
    rig.place.sql("update messages set state = 'cancelled' where number = 'PO-2'").await.unwrap();
    let found = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(found.missing.len(), 2, "both are told: {:?}", found.missing);
    assert_eq!(Sweeper::new(rig.hub.clone()).round().await.unwrap().waited_for_nothing, 1, "one speaks for both");
    stand(&rig, &[("PO-1", "applied"), ("PO-3", "applied")]).await;
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn more_than_one_transaction_and_claim_checks_that_come_twice(backing: Backing) {
    let mut rig = agreed(backing, "interchange: preserve").await;
    rig.start(1, 1).await;
    let numbers: Vec<String> = (1..=150).map(|n| format!("PO-{n:03}")).collect();
    let unit = |n: usize| if n == 140 { "PF" } else { "EA" };
    let sets: Vec<String> = numbers
        .iter()
        .enumerate()
        .map(|(n, number)| set("850", n + 1, &order(number, "PLENTY-1", "1", unit(n))))
        .collect();
    let document = bring(&rig, "a.edi", &interchange(1, &sets)).await;
    stand(&rig, &[("PO-001", "waiting"), ("PO-141", "held"), ("PO-150", "waiting")]).await;
    rig.quiet().await;
    assert_eq!(reserved(&rig).await, 0);
    rig.halt().await;
    operate::add_reference(&rig.hub, rig.acme, "uom", "PF", "EA", "me").await.unwrap();
    // Each is named by several claim checks, which three workers take.
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let ids: Vec<uuid::Uuid> = rig.messages_of(document).await.iter().map(|m| m.id.0).collect();
    for chunk in ids.chunks(10) {
        outbox::push(&mut tx, &outbox::claims(rig.acme, Stage::Apply, chunk, now())).await.unwrap();
    }
    tx.commit().await.unwrap();
    rig.start(0, 3).await;
    stand(&rig, &[("PO-001", "applied"), ("PO-141", "applied"), ("PO-150", "applied")]).await;
    rig.quiet().await;
    assert_eq!(applied(&rig, &numbers).await, numbers, "in their order");
    assert_eq!(reserved(&rig).await, 150, "each once");
    rig.halt().await;
    all_is_well(&rig).await;
}
