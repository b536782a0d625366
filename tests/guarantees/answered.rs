//! What partners say of what we sent: matched by control numbers with the set that it speaks of, once, and told in words.

use crate::rig::{ACME, Backing, NORTHWIND, Rig, order};
use crossdock::{
    canonical::{DeliveryId, DocumentId},
    config::Settings,
    insight::audit,
    store::{
        deliveries::{self, DeliveryRow},
        events,
        messages::{self, MessageRow},
        now,
        outbound::{self, SetRow},
    },
};

const SOUTHWIND: &str = "
tenant: acme
partner: southwind
identities: [x12/ZZ/SOUTHWIND]
connections:
  - { name: south-edi, transport: http, key: south-edi-key-0123456789 }
";

async fn hub(backing: Backing) -> Rig {
    agreed(backing, "acknowledge: '997', contrl: always").await
}

/// A hub whose northwind agreed to this, and one more partner.
pub async fn agreed(backing: Backing, agreement: &str) -> Rig {
    let acme = ACME
        .replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST]")
        .replace("['order.*']", "['order.*', 'acknowledgement.*', 'answer.*']");
    let north = NORTHWIND
        .replace("agreement: { acknowledge: '997' }", &format!("agreement: {{ {agreement} }}"))
        .replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]");
    let mut rig = Rig::with(backing, &[&acme, &north, SOUTHWIND], Settings::default()).await;
    rig.start(2, 3).await;
    rig
}

/// An order of northwind's, and the 855 that went out for it.
async fn answered(rig: &Rig, number: &str) -> (DeliveryRow, SetRow) {
    rig.bring("north-a", &format!("{number}.json"), &order(number, &[("PLENTY-1", 3)])).await;
    rig.stand(number, &["applied"]).await;
    let message = rig.messages(number).await.remove(0);
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let told: Vec<_> = events::of_message(&mut tx, rig.acme, message.id).await.unwrap().iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, rig.acme, &told).await.unwrap();
    let sent = sent.into_iter().find(|d| d.kind == "document").expect("its 855");
    let mut sets = outbound::of_deliveries(&mut tx, rig.acme, &[sent.id]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(sets.len(), 1);
    let set = sets.remove(0);
    assert_eq!((set.kind.as_str(), set.verdict.as_deref(), set.message), ("855", None, Some(message.id)));
    (sent, set)
}

async fn set(rig: &Rig, delivery: DeliveryId) -> SetRow {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let row = outbound::of_deliveries(&mut tx, rig.acme, &[delivery]).await.unwrap().remove(0);
    tx.rollback().await.unwrap();
    row
}

/// A partner's interchange of one set that answers ours; of a TA1 without a group.
pub fn says(from: &str, control: u32, kind: &str, body: &str) -> String {
    let isa = format!(
        "ISA*00*          *00*          *ZZ*{from:<15}*ZZ*ACMEDIST       *261102*0915*U*00401*{control:09}*0*P*>~\n"
    );
    if kind == "TA1" {
        return format!("{isa}{body}~\nIEA*0*{control:09}~\n");
    }
    let version = if kind == "999" { "005010" } else { "004010" };
    let isa = if kind == "999" { isa.replace("*U*00401*", "*^*00501*") } else { isa };
    let count = body.matches('~').count() + 3;
    format!(
        "{isa}GS*FA*{from}*ACMEDIST*20261102*0915*{control}*X*{version}~\nST*{kind}*0001~\n{body}~\nSE*{count}*0001~\nGE*1*{control}~\nIEA*1*{control:09}~\n"
    )
}

/// Brings it by a connection and gives the one message that came of it, once it has ended.
async fn told(rig: &Rig, connection: &str, text: &str) -> MessageRow {
    let name = format!("{}.edi", text.len() + text.bytes().map(usize::from).sum::<usize>());
    let document = rig.bring(connection, &name, text.as_bytes()).await;
    rig.quiet().await;
    message_of(rig, document).await
}

pub async fn message_of(rig: &Rig, document: DocumentId) -> MessageRow {
    let state = rig.document(document).await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let mut rows = messages::of_document(&mut tx, rig.acme, document, -1, 10).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(rows.len(), 1, "{:?} {:?}", state.state, state.cause);
    rows.remove(0)
}

fn code(row: &MessageRow) -> &str {
    row.cause.as_ref().and_then(|cause| cause["code"].as_str()).unwrap_or_default()
}

async fn outcomes(rig: &Rig, message: &MessageRow) -> Vec<String> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = events::of_message(&mut tx, rig.acme, message.id).await.unwrap();
    tx.rollback().await.unwrap();
    rows.iter().map(|e| format!("{} {}", e.kind, e.data["outcome"].as_str().unwrap_or_default())).collect()
}

async fn nothing_is_missing(rig: &Rig) {
    let audit = audit::audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert!(audit.ok, "{:#?}", audit.missing);
}

async fn an_acknowledgement_is_matched_once(backing: Backing) {
    let mut rig = hub(backing).await;
    let (sent, ours) = answered(&rig, "PO-1").await;
    let (other, _) = answered(&rig, "PO-2").await;
    let ak = format!("AK1*PR*{}~\nAK9*A*1*1*1", ours.group_no);
    // Another partner's has the same number, and is none of this document.
    let theirs = told(&rig, "south-edi", &says("SOUTHWIND", 1, "997", &ak)).await;
    assert_eq!((theirs.state.as_str(), code(&theirs)), ("rejected", "acknowledgement/unmatched"));
    assert_eq!(set(&rig, sent.id).await.verdict, None);

    let first = told(&rig, "north-edi", &says("NORTHWIND", 1, "997", &ak)).await;
    assert_eq!((first.state.as_str(), code(&first)), ("applied", "acknowledgement/accepted"), "{:?}", first.cause);
    let row = set(&rig, sent.id).await;
    assert_eq!((row.verdict.as_deref(), row.verdict_by), (Some("accepted"), Some(first.id)));
    assert_eq!(outcomes(&rig, &first).await, ["acknowledgement.accepted accepted"]);
    assert_eq!(set(&rig, other.id).await.verdict, None);

    // A second one says something else, and changes nothing.
    let second = told(&rig, "north-edi", &says("NORTHWIND", 2, "997", &ak.replace("*A*1*1*1", "*R*1*1*0"))).await;
    assert_eq!((second.state.as_str(), code(&second)), ("rejected", "duplicate/acknowledgement"));
    let sentence = second.cause.as_ref().unwrap()["sentence"].as_str().unwrap();
    assert!(sentence.contains(&first.id.to_string()) && sentence.contains("“accepted”"), "{sentence}");
    assert_eq!(set(&rig, sent.id).await.verdict_by, Some(first.id));
    assert_eq!(outcomes(&rig, &second).await, [""; 0]);

    let nothing = told(&rig, "north-edi", &says("NORTHWIND", 3, "997", "AK1*PR*4711~\nAK9*A*1*1*1")).await;
    assert_eq!((nothing.state.as_str(), code(&nothing)), ("rejected", "acknowledgement/unmatched"));
    let sentence = nothing.cause.as_ref().unwrap()["sentence"].as_str().unwrap();
    assert_eq!(sentence, "the 997 says “accepted” of group 4711, and nothing went out to northwind under that number");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn a_refusal_names_the_place_in_our_document(backing: Backing) {
    let mut rig = hub(backing).await;
    for (n, form) in [(1, "997"), (2, "999")] {
        let (sent, ours) = answered(&rig, &format!("PO-{n}")).await;
        let text = String::from_utf8(sent.content.clone().unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        let at = lines.iter().position(|line| line.starts_with("PO1")).expect("a line") + 1;
        let quantity = lines[at - 1].split('*').nth(2).unwrap();
        let (ak, version) = if form == "997" { ("AK", "") } else { ("IK", "*004010") };
        let body = format!(
            "AK1*PR*{}{version}~\nAK2*855*{}~\n{ak}3*PO1*{at}**8~\n{ak}4*2*380*5*{quantity}~\n{ak}3*CTT*9**3~\n{ak}5*R*5~\nAK9*R*1*1*0",
            ours.group_no, ours.set_control
        );
        let message = told(&rig, "north-edi", &says("NORTHWIND", n, form, &body)).await;
        assert_eq!((message.state.as_str(), code(&message)), ("applied", "acknowledgement/rejected"));
        let row = set(&rig, sent.id).await;
        assert_eq!(row.verdict.as_deref(), Some("rejected"));
        let told: Vec<String> =
            row.said.unwrap().as_array().unwrap().iter().map(|s| s["sentence"].as_str().unwrap().to_owned()).collect();
        assert_eq!(
            told,
            [
                format!("PO102 “{quantity}” in segment {at}: too long ({ak}403 = 5)"),
                format!("CTT in segment 9: a mandatory segment is missing ({ak}304 = 3)"),
                format!("segments in error ({ak}502 = 5)"),
            ]
        );
        assert_eq!(outcomes(&rig, &message).await, ["acknowledgement.rejected rejected"]);
    }
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

async fn a_ta1_speaks_of_the_envelope(backing: Backing) {
    let mut rig = hub(backing).await;
    let (sent, ours) = answered(&rig, "PO-1").await;
    let number = ours.interchange_no;
    let ta1 = |code: &str| format!("TA1*{number:09}*261102*0915*{code}");
    let taken = told(&rig, "north-edi", &says("NORTHWIND", 1, "TA1", &ta1("A*000"))).await;
    assert_eq!((taken.state.as_str(), code(&taken)), ("applied", "acknowledgement/received"));
    let row = set(&rig, sent.id).await;
    assert_eq!((row.verdict.as_deref(), row.received_by), (None, Some(taken.id)));
    let again = told(&rig, "north-edi", &says("NORTHWIND", 2, "TA1", &ta1("A*000"))).await;
    assert_eq!(code(&again), "duplicate/acknowledgement");
    // The 997 comes after it, and says more.
    let ak = format!("AK1*PR*{}~\nAK9*E*1*1*1", ours.group_no);
    told(&rig, "north-edi", &says("NORTHWIND", 3, "997", &ak)).await;
    assert_eq!(set(&rig, sent.id).await.verdict.as_deref(), Some("accepted_with_errors"));

    let (sent, ours) = answered(&rig, "PO-2").await;
    let refused = format!("TA1*{:09}*261102*0915*R*006", ours.interchange_no);
    told(&rig, "north-edi", &says("NORTHWIND", 4, "TA1", &refused)).await;
    let row = set(&rig, sent.id).await;
    assert_eq!(row.verdict.as_deref(), Some("rejected"));
    assert_eq!(row.said.unwrap()[0]["sentence"], "the sender is not known (TA105 = 006)");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

/// What comes by another connection than was agreed is matched, and told.
async fn one_that_comes_by_another_connection_is_told(backing: Backing) {
    for (by, told_of) in [("north-edi", false), ("north-b", true)] {
        let mut rig = agreed(backing, &format!("acknowledge: '997', expect: {{ acknowledgement_by: {by} }}")).await;
        let (sent, ours) = answered(&rig, "PO-1").await;
        let ak = format!("AK1*PR*{}~\nAK9*A*1*1*1", ours.group_no);
        assert_eq!(told(&rig, "north-edi", &says("NORTHWIND", 1, "997", &ak)).await.state, "applied");
        assert_eq!(set(&rig, sent.id).await.verdict.as_deref(), Some("accepted"));
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let answer = deliveries::get(&mut tx, rig.acme, sent.id).await.unwrap().unwrap().answer.unwrap().to_string();
        tx.rollback().await.unwrap();
        let sentence =
            "It came by `north-edi` and was expected by another connection: `expect.acknowledgement_by: north-b`";
        assert_eq!(answer.contains(sentence), told_of, "{by}: {answer}");
        rig.halt().await;
    }
}

async fn a_contrl_is_matched(backing: Backing) {
    a_contrl_is_matched_by(hub(backing).await, "", "").await;
    // Whatever stands around our number.
    let numbers = "control_numbers: { first: 7, prefix: A1, suffix: Z }";
    a_contrl_is_matched_by(agreed(backing, &format!("contrl: always, {numbers}")).await, "A1", "Z").await;
}

async fn a_contrl_is_matched_by(mut rig: Rig, prefix: &str, suffix: &str) {
    let theirs = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+R1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO-9+9'\
        DTM+137:20261102:102'NAD+BY+4012345000009::9'CUX+2:USD:9'LIN+1'PIA+5+PLENTY-1:SA'QTY+21:4:PCE'PRI+AAA:2.50'UNS+S'CNT+2:1'\
        UNT+12+1'UNZ+1+R1'";
    let document = rig.bring("north-edi", "orders.edi", theirs.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let ours = deliveries::acknowledgements(&mut tx, rig.acme, &[document]).await.unwrap().remove(0);
    tx.rollback().await.unwrap();
    let number = ours.control.clone().unwrap();
    let digits = number.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).unwrap_or_default();
    assert!(digits.len() == 9 && digits.parse::<u64>().is_ok(), "{number}");
    let text = String::from_utf8(ours.content.clone().unwrap()).unwrap();
    assert!(text.contains(&format!("+{number}'")) && text.contains(&format!("UNZ+1+{number}'")), "{text}");
    let said = format!(
        "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+R2'UNH+1+CONTRL:D:3:UN'UCI+{number}+ACMEDIST:ZZZ+4012345000009:14+7'\
         UCM+1+CONTRL:D:3:UN+4'UCS+2'UCD+12+2:1'UNT+6+1'UNZ+1+R2'"
    );
    let message = told(&rig, "north-edi", &said).await;
    assert_eq!(
        (message.state.as_str(), code(&message)),
        ("applied", "acknowledgement/rejected"),
        "{:?}",
        message.faults
    );
    assert_eq!(outcomes(&rig, &message).await, ["acknowledgement.rejected rejected"]);
    let row = set(&rig, ours.id).await;
    assert_eq!((row.standard.as_str(), row.verdict.as_deref()), ("edifact", Some("rejected")));
    let told = row.said.unwrap()[0]["sentence"].as_str().unwrap().to_owned();
    assert_eq!(told, "UCI01-1 “R1” in segment 2: a value that is not allowed (element 0085 = 12)");
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

/// Two that come at once by two connections: one is applied, the other finds it done.
async fn of_two_at_once_one_counts(backing: Backing) {
    let mut rig = hub(backing).await;
    for n in 1..=5u32 {
        let (sent, ours) = answered(&rig, &format!("PO-{n}")).await;
        let ak = format!("AK1*PR*{}~\nAK9*A*1*1*1", ours.group_no);
        let (one, two) = (says("NORTHWIND", 2 * n, "997", &ak), says("NORTHWIND", 2 * n + 1, "997", &ak));
        let (one, two) = tokio::join!(
            rig.bring("north-edi", "one.edi", one.as_bytes()),
            rig.bring("north-drop", "two.edi", two.as_bytes()),
        );
        rig.quiet().await;
        let (one, two) = (message_of(&rig, one).await, message_of(&rig, two).await);
        let mut ends = [code(&one), code(&two)];
        ends.sort_unstable();
        assert_eq!(ends, ["acknowledgement/accepted", "duplicate/acknowledgement"]);
        let by = set(&rig, sent.id).await.verdict_by;
        assert_eq!(by, Some(if one.state == "applied" { one.id } else { two.id }));
    }
    nothing_is_missing(&rig).await;
    rig.halt().await;
}

crate::rig::on_both!(
    an_acknowledgement_is_matched_once,
    a_refusal_names_the_place_in_our_document,
    a_ta1_speaks_of_the_envelope,
    a_contrl_is_matched,
    one_that_comes_by_another_connection_is_told,
    of_two_at_once_one_counts,
);
