//! An unassigned document is given to a partner by a person, and is theirs from then on.

use crate::{
    rig::{ACME, Backing, GLOBEX, NORTHWIND, Rig, on_both},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::{DocumentId, PartnerId},
    config::Settings,
    flow::operate::{self, OperateError},
    store::{deliveries, journal},
};

on_both![
    what_is_given_is_worked_as_the_partners,
    what_stands_beside_a_known_one_is_given,
    what_is_no_strangers_is_not_given,
    what_of_several_strangers_is_nobodys_is_given_by_its_sender,
    who_is_given_a_part_is_answered_and_nobody_else,
    what_goes_as_one_is_not_given_in_part,
    what_is_given_in_part_twice_is_a_duplicate,
    what_is_given_in_part_is_judged_as_a_whole_one_is,
];

async fn hub(backing: Backing) -> Rig {
    let mut rig = Rig::with(backing, &[ACME, NORTHWIND, GLOBEX], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

async fn bring(rig: &Rig, name: &str, text: &str) -> DocumentId {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    id
}

fn by_a_stranger(text: &str) -> String {
    text.replace("NORTHWIND      ", "WHOISTHIS      ")
}

async fn what_is_given_is_worked_as_the_partners(backing: Backing) {
    let mut rig = hub(backing).await;
    let good = set("850", 1, &order("PO-1", "PLENTY-1", "4", "EA"));
    let held = set("850", 2, &order("PO-2", "PLENTY-1", "4", "Q9"));
    let id = bring(&rig, "strange.edi", &by_a_stranger(&interchange(1, &[good, held]))).await;
    assert_eq!(rig.document(id).await.state, "unassigned");
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let wrong = operate::give_document(&hub, acme, id, "nortwind", "ann", "").await;
    assert!(matches!(&wrong, Err(OperateError::Partner(why)) if why.contains("nearest northwind")), "{wrong:?}");
    operate::give_document(&hub, acme, id, "northwind", "ann", "their new address").await.unwrap();
    rig.quiet().await;
    let northwind = Some(PartnerId::named(acme, "northwind"));
    let row = rig.document(id).await;
    assert_eq!((&*row.state, row.partner, row.given_to), ("translated", northwind, northwind));
    let message = rig.messages("PO-1").await.remove(0);
    assert_eq!((&*message.state, message.partner), ("applied", northwind));
    // It is answered as it was addressed, and the journal says who gave it and why.
    let mut tx = hub.store.read(acme).await.unwrap();
    let told = deliveries::acknowledgements(&mut tx, acme, &[id]).await.unwrap();
    let steps = journal::of_document(&mut tx, acme, id.0).await.unwrap();
    tx.rollback().await.unwrap();
    let told: Vec<String> = told.into_iter().map(|row| String::from_utf8(row.content.unwrap()).unwrap()).collect();
    assert!(told.len() == 1 && told[0].contains("*ZZ*WHOISTHIS ") && told[0].contains("AK1*PO*1"), "{told:?}");
    let given = steps.iter().filter_map(|step| step.cause.as_ref()).find(|cause| cause["code"] == "given").unwrap();
    assert_eq!((given["to"].as_str(), given["who"].as_str()), (Some("northwind"), Some("ann")), "{given}");
    // A set that is read once more is still theirs.
    assert_eq!(rig.messages("PO-2").await[0].state, "held");
    let restarted = operate::add_reference(&hub, acme, "uom", "Q9", "EA", "ann").await.unwrap();
    assert_eq!(restarted.len(), 1);
    rig.quiet().await;
    let again = rig.message(restarted[0]).await;
    assert_eq!((&*again.state, again.partner), ("applied", northwind));
    rig.halt().await;
}

/// A stranger's interchange beside a known one: what is nobody's is given, and nothing else of the document is touched.
async fn what_stands_beside_a_known_one_is_given(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let held = interchange(2, &[set("850", 1, &order("PO-2", "PLENTY-1", "4", "Q9"))]);
    let id = bring(&rig, "both.edi", &(by_a_stranger(&orders(1, &["PO-1"])) + &held)).await;
    assert_eq!(rig.document(id).await.state, "translated");
    let strange = rig.messages_of(id).await.remove(0);
    assert_eq!((&*strange.state, strange.partner), ("held", None));
    operate::give_document(&hub, acme, id, "northwind", "ann", "new van").await.unwrap();
    rig.quiet().await;
    let row = rig.document(id).await;
    let northwind = Some(PartnerId::named(acme, "northwind"));
    assert_eq!((&*row.state, row.given_to), ("translated", northwind));
    let given = rig.messages("PO-1").await.pop().expect("it has a number now");
    assert_eq!((&*given.state, given.partner), ("applied", northwind));
    let other = rig.messages("PO-2").await;
    assert_eq!((other.len(), &*other[0].state), (1, "held"), "what is held for another reason is left");
    let mut tx = hub.store.read(acme).await.unwrap();
    let steps = journal::of_document(&mut tx, acme, id.0).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(steps.iter().filter_map(|step| step.cause.as_ref()).any(|cause| cause["why"] == "new van"));
    let again = operate::give_document(&hub, acme, id, "northwind", "ann", "").await;
    assert!(matches!(&again, Err(OperateError::State { .. })), "nothing of it is nobody's any more: {again:?}");
    rig.halt().await;
}

async fn what_is_no_strangers_is_not_given(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let theirs = bring(&rig, "theirs.edi", &orders(1, &["PO-1"])).await;
    let worked = operate::give_document(&hub, acme, theirs, "northwind", "ann", "").await;
    assert!(matches!(&worked, Err(OperateError::State { state, .. }) if state == "translated"), "{worked:?}");
    // Who sent it is known: it is whom it is for that is not ours.
    let elsewhere =
        bring(&rig, "elsewhere.edi", &orders(2, &["PO-2"]).replace("ACMEDIST       ", "OTHERDIST      ")).await;
    let refused = operate::give_document(&hub, acme, elsewhere, "northwind", "ann", "").await;
    assert!(matches!(&refused, Err(OperateError::Refused(why)) if why.contains("none of ours")), "{refused:?}");
    assert_eq!(rig.document(elsewhere).await.given_to, None);
    // Another tenant has no such document.
    let globex = crossdock::canonical::Tenant::named("globex");
    let foreign = operate::give_document(&hub, globex, elsewhere, "northwind", "ann", "").await;
    assert!(matches!(foreign, Err(OperateError::NotFound(_))), "{foreign:?}");
    rig.halt().await;
}

fn by_another_stranger(text: &str) -> String {
    text.replace("NORTHWIND      ", "SOMEBODY       ")
}

async fn answers(rig: &Rig, id: DocumentId) -> Vec<String> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    told.into_iter().map(|row| String::from_utf8(row.content.unwrap()).unwrap()).collect()
}

/// Of two strangers' one is named: the other one's stays nobody's.
async fn what_of_several_strangers_is_nobodys_is_given_by_its_sender(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let northwind = Some(PartnerId::named(acme, "northwind"));
    for (n, name) in [(1, "both.edi"), (11, "beside.edi")] {
        let [mine, other, known] = [0, 1, 2].map(|more| format!("PO-{}", n + more));
        let both = by_a_stranger(&orders(n, &[&mine])) + &by_another_stranger(&orders(n + 1, &[&other]));
        let text = if n == 1 { both } else { both + &orders(n + 2, &[&known]) };
        let id = bring(&rig, name, &text).await;
        let refused = operate::give_document(&hub, acme, id, "northwind", "ann", "").await;
        let says = |why: &str| why.contains("x12/ZZ/SOMEBODY and x12/ZZ/WHOISTHIS") && why.contains("say which");
        assert!(matches!(&refused, Err(OperateError::Refused(why)) if says(why)), "{name}: {refused:?}");
        let give = async |sender: &str| {
            let to = operate::To { partner: "northwind", sender: Some(sender) };
            operate::give_of_sender(&hub, acme, id, to, operate::By { who: "ann", why: "new van" }).await
        };
        let near = give("x12/ZZ/WHOISTHAT").await;
        assert!(
            matches!(&near, Err(OperateError::Refused(why)) if why.contains("nearest x12/ZZ/WHOISTHIS")),
            "{near:?}"
        );
        assert_eq!(rig.document(id).await.given_to, None);
        give("x12/ZZ/WHOISTHIS").await.unwrap();
        rig.quiet().await;
        let row = rig.document(id).await;
        assert_eq!((&*row.state, row.given_to), ("translated", northwind));
        let given = rig.messages(&mine).await.pop().unwrap();
        assert_eq!((&*given.state, given.partner), ("applied", northwind), "{name}");
        let rows = interchanges(&rig, id).await;
        let ends: Vec<_> = rows.iter().take(2).map(|row| (row.ends.as_deref(), row.partner)).collect();
        assert_eq!(ends, [(Some("translated"), northwind), (Some("unassigned"), None)], "{name}");
        // The other one's is read as nobody's, also once more.
        let held = rig.messages_of(id).await.into_iter().find(|m| m.state == "held").expect("the other one's");
        let again = operate::restart(&hub, acme, held.id, "ann", "").await.unwrap();
        rig.quiet().await;
        let again = rig.message(again).await;
        assert_eq!((&*again.state, again.partner, again.interchange), ("held", None, Some(1)), "{name}");
        let second = give("x12/ZZ/SOMEBODY").await;
        let says = |why: &str| why.contains("what x12/ZZ/WHOISTHIS sent of it was given before");
        assert!(matches!(&second, Err(OperateError::Refused(why)) if says(why)), "{second:?}");
    }
    rig.halt().await;
}

/// Of a worked document a stranger's interchange is given: it is theirs from then on, they are told how it was taken, and
/// the others, who have their answers, are not told twice.
async fn who_is_given_a_part_is_answered_and_nobody_else(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let id = bring(&rig, "both.edi", &(orders(1, &["PO-1"]) + &by_a_stranger(&orders(2, &["PO-2"])))).await;
    assert_eq!(answers(&rig, id).await.len(), 1, "the known one's");
    operate::give_document(&hub, acme, id, "northwind", "ann", "new van").await.unwrap();
    rig.quiet().await;
    assert_eq!(rig.messages("PO-2").await.pop().unwrap().state, "applied");
    let northwind = Some(PartnerId::named(acme, "northwind"));
    let mut tx = hub.store.read(acme).await.unwrap();
    let rows = crossdock::store::interchanges::of_document(&mut tx, acme, id).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!((rows[1].ends.as_deref(), rows[1].partner), (Some("translated"), northwind));
    assert_eq!(rows[1].cause.as_ref().unwrap()["sentence"], "it was given to northwind by ann: new van");
    assert_eq!(rows[0].cause, None, "the other one's row is as it was");
    let told = answers(&rig, id).await;
    let of = |control: &str| told.iter().filter(|text| text.contains(&format!("AK1*PO*{control}~"))).count();
    assert_eq!((of("1"), of("2")), (1, 1), "{told:?}");
    assert!(told.iter().any(|text| text.contains("*ZZ*WHOISTHIS ") && text.contains("AK9*A*1*1*1")), "{told:?}");
    // Asked for once more, it is theirs again.
    let asks = operate::Asks { acknowledge_again: true, ..Default::default() };
    operate::replay_document(&hub, acme, id, asks, "ann", "they lost it").await.unwrap();
    rig.quiet().await;
    let told = answers(&rig, id).await;
    let of = |control: &str| told.iter().filter(|text| text.contains(&format!("AK1*PO*{control}~"))).count();
    assert_eq!((of("1"), of("2")), (1, 2), "{told:?}");
    let found =
        crossdock::insight::audit::audit(&hub.store, &hub.directory, None, crossdock::store::now()).await.unwrap();
    assert_eq!(found.missing, []);
    rig.halt().await;
}

/// By an agreement that takes an interchange as one its messages can't be worked one by one behind the others.
async fn what_goes_as_one_is_not_given_in_part(backing: Backing) {
    for agreed in ["interchange: preserve", "bad_set_costs: interchange"] {
        let north = NORTHWIND.replace("acknowledge: '997'", &format!("acknowledge: '997', {agreed}"));
        let mut rig = Rig::with(backing, &[ACME, &north, GLOBEX], Settings::default()).await;
        rig.start(1, 1).await;
        let text = orders(1, &["PO-1"]) + &by_a_stranger(&orders(2, &["PO-2", "PO-3"]));
        let id = bring(&rig, "both.edi", &text).await;
        let refused = operate::give_document(&rig.hub, rig.acme, id, "northwind", "ann", "").await;
        let says = |why: &str| why.contains(agreed) && why.contains("as a file of its own");
        assert!(matches!(&refused, Err(OperateError::Refused(why)) if says(why)), "{refused:?}");
        assert_eq!(rig.document(id).await.given_to, None);
        // Alone it is given, and goes as one.
        let alone = bring(&rig, "alone.edi", &by_a_stranger(&orders(2, &["PO-2", "PO-3"]))).await;
        operate::give_document(&rig.hub, rig.acme, alone, "northwind", "ann", "").await.unwrap();
        rig.quiet().await;
        assert!(rig.messages_of(alone).await.iter().all(|message| message.state == "applied"));
        rig.halt().await;
    }
}

/// A stranger's interchange that came in two documents is worked once, whichever way it is given.
async fn what_is_given_in_part_twice_is_a_duplicate(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let theirs = by_a_stranger(&orders(2, &["PO-2"]));
    let first = bring(&rig, "first.edi", &(orders(1, &["PO-1"]) + &theirs)).await;
    let second = bring(&rig, "second.edi", &(orders(3, &["PO-3"]) + &theirs)).await;
    for id in [first, second] {
        operate::give_document(&hub, acme, id, "northwind", "ann", "new van").await.unwrap();
        rig.quiet().await;
    }
    let rows = interchanges(&rig, second).await;
    let cause = rows[1].cause.clone().unwrap();
    assert_eq!(
        (rows[1].ends.as_deref(), cause["code"].as_str()),
        (Some("duplicate"), Some("duplicate/control_number"))
    );
    assert!(cause["sentence"].as_str().unwrap().contains(&first.to_string()), "{cause}");
    assert_eq!(cause["decided_by"]["setting"], "duplicates_days");
    assert_eq!(rows[0].cause, None, "the known one's is as it was");
    let worked: Vec<String> = rig.messages("PO-2").await.into_iter().map(|m| m.state).collect();
    assert_eq!(worked.iter().filter(|state| *state == "applied").count(), 1, "{worked:?}");
    let doubled = rig.messages_of(second).await.into_iter().find(|message| message.interchange == Some(1)).unwrap();
    let why = doubled.cause.unwrap();
    assert_eq!((&*doubled.state, why["code"].as_str()), ("cancelled", Some("duplicate/control_number")), "{why}");
    assert_eq!(answers(&rig, second).await.len(), 1, "the known one's alone");
    // Alone it is one, too.
    let alone = bring(&rig, "alone.edi", &theirs).await;
    operate::give_document(&hub, acme, alone, "northwind", "ann", "").await.unwrap();
    rig.quiet().await;
    assert_eq!(interchanges(&rig, alone).await[0].ends.as_deref(), Some("duplicate"));
    let found =
        crossdock::insight::audit::audit(&hub.store, &hub.directory, None, crossdock::store::now()).await.unwrap();
    assert_eq!(found.missing, []);
    rig.halt().await;
}

async fn what_is_given_in_part_is_judged_as_a_whole_one_is(backing: Backing) {
    let mut rig = hub(backing).await;
    let (hub, acme) = (rig.hub.clone(), rig.acme);
    let first = bring(&rig, "first.edi", &(orders(1, &["PO-1"]) + &by_a_stranger(&orders(2, &["PO-2"])))).await;
    operate::give_document(&hub, acme, first, "northwind", "ann", "").await.unwrap();
    // The same number with other content.
    let other = bring(&rig, "other.edi", &(orders(3, &["PO-3"]) + &by_a_stranger(&orders(2, &["PO-4"])))).await;
    operate::give_document(&hub, acme, other, "northwind", "ann", "").await.unwrap();
    rig.quiet().await;
    let row = interchanges(&rig, other).await.remove(1);
    let code = row.cause.as_ref().and_then(|cause| cause["code"].as_str());
    assert_eq!((row.ends.as_deref(), code), (Some("rejected"), Some("envelope/control_number")));
    assert!(rig.messages("PO-4").await.is_empty(), "it was not mapped");
    rig.halt().await;
}

async fn interchanges(rig: &Rig, id: DocumentId) -> Vec<crossdock::store::interchanges::InterchangeRow> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = crossdock::store::interchanges::of_document(&mut tx, rig.acme, id).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}
