//! Where acknowledgements go, and what a sender reads whose interchange is for nobody here.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig},
    x12::orders,
};
use crossdock::{config::Settings, store::deliveries};

/// A hub whose northwind agreed to this, with a second folder, and speaks EDIFACT too.
async fn agreed(backing: Backing, agreement: &str) -> Rig {
    let acme =
        ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST, x12/ZZ/ACME2, edifact/ZZZ/ACME2]");
    let north = NORTHWIND
        .replace("agreement: { acknowledge: '997' }", &format!("agreement: {{ {agreement} }}"))
        .replace("connections:\n", "connections:\n  - { name: north-acks, transport: folder, path: acks }\n")
        .replace(
            "[x12/ZZ/NORTHWIND]",
            "[x12/ZZ/NORTHWIND, edifact/14/4012345000009, x12/ZZ/NORTH2, edifact/ZZZ/NORTH2]",
        );
    assert!(north.contains(agreement) && north.contains("north-acks"));
    let mut rig = Rig::with(backing, &[&acme, &north], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// What was written for a file: connection and text of each, by its kind.
async fn answers(rig: &Rig, name: &str, text: &str) -> (String, Vec<(String, String)>) {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let text = |content: Option<Vec<u8>>| String::from_utf8(content.unwrap_or_default()).unwrap();
    let mut told: Vec<_> = rows.into_iter().map(|row| (row.target, text(row.content))).collect();
    told.sort();
    (rig.document(id).await.state, told)
}

fn message(receiver: &str) -> String {
    format!(
        "UNB+UNOC:3+4012345000009:14+{receiver}:ZZZ+261102:0915+1'\nUNH+1+ORDERS:D:96A:UN:EAN008'\n\
         BGM+220+PO-1+9'\nDTM+137:20261102:102'\nUNT+4+1'\nUNZ+1+1'\n"
    )
}

/// In all, and of one kind.
async fn acknowledgements_leave_where_it_was_agreed(backing: Backing) {
    for (agreement, of_997, of_ta1) in [
        ("acknowledge: '997', ta1: always", "north-acks", "north-acks"),
        ("acknowledge: '997', ta1: always, acknowledge_by: north-drop", "north-drop", "north-drop"),
        (
            "acknowledge: '997', ta1: always, sets: { '997': { acknowledge_by: north-drop } }",
            "north-drop",
            "north-acks",
        ),
    ] {
        let mut rig = agreed(backing, agreement).await;
        let (_, told) = answers(&rig, "a.edi", &orders(1, &["PO-1"])).await;
        let by = |word: &str| told.iter().find(|(_, text)| text.contains(word)).map(|(by, _)| by.as_str());
        assert_eq!((by("ST*997*"), by("\nTA1*")), (Some(of_997), Some(of_ta1)), "{agreement}: {told:?}");
        rig.halt().await;
    }
}

/// Sent to our second name by the partner's second: who was addressed answers, or the names that were agreed.
async fn acknowledgements_under_the_names_that_were_agreed(backing: Backing) {
    let second =
        |text: &str| text.replace("NORTHWIND      ", "NORTH2         ").replace("ACMEDIST       ", "ACME2          ");
    let edifact = message("ACME2").replace("4012345000009:14", "NORTH2:ZZZ");
    for (agreement, isa, gs, unb) in [
        (
            "ta1: always",
            "*ZZ*ACME2          *ZZ*NORTH2         *",
            "GS*FA*ACMEDIST*NORTHWIND*",
            "+ACME2:ZZZ+NORTH2:ZZZ+",
        ),
        (
            "ta1: always, acknowledge_as: agreed, isa_out: { isa07: '01', isa08: THEM }, gs_out: { gs02: US }",
            "*ZZ*ACMEDIST       *01*THEM           *",
            "GS*FA*US*THEM*",
            "UNB+UNOC:3+ACMEDIST:ZZZ+4012345000009:14+",
        ),
        (
            "ta1: always, acknowledge_as: agreed, isa_out: { isa05: '12' }, unb_out: { receiver: DEPOT, syntax: 'UNOA:2' }",
            "*12*ACMEDIST       *ZZ*NORTHWIND      *",
            "GS*FA*ACMEDIST*NORTHWIND*",
            "UNB+UNOA:2+ACMEDIST:ZZZ+DEPOT:14+",
        ),
    ] {
        let mut rig = agreed(backing, &format!("acknowledge: '997', contrl: always, {agreement}")).await;
        let (_, told) = answers(&rig, "a.edi", &second(&orders(1, &["PO-1"]))).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|(_, text)| text.contains(isa)), "{agreement}: {told:?}");
        assert!(told.iter().any(|(_, text)| text.contains(gs)), "{agreement}: {told:?}");
        let (_, told) = answers(&rig, "b.edi", &edifact).await;
        assert!(told.len() == 1 && told[0].1.contains(unb), "{agreement}: {told:?}");
        rig.halt().await;
    }
}

/// An 824 or APERAK has the names that a 997 or CONTRL has.
async fn advices_under_the_names_that_were_agreed(backing: Backing) {
    let second =
        |text: &str| text.replace("NORTHWIND      ", "NORTH2         ").replace("ACMEDIST       ", "ACME2          ");
    let edifact = "UNB+UNOC:3+NORTH2:ZZZ+ACME2:ZZZ+261102:0915+R1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO-9+9'\
        DTM+137:20261102:102'NAD+BY+4012345000009::9'CUX+2:USD:9'LIN+1'PIA+5+PLENTY-1:SA'QTY+21:4:PCE'PRI+AAA:2.50'UNS+S'CNT+2:1'\
        UNT+12+1'UNZ+1+R1'";
    for (agreement, isa, gs, unb) in [
        (
            "acknowledge_as: addressed",
            "*ZZ*ACME2          *ZZ*NORTH2         *",
            "GS*AG*ACMEDIST*NORTHWIND*",
            "+ACME2:ZZZ+NORTH2:ZZZ+",
        ),
        (
            "acknowledge_as: agreed, isa_out: { isa07: '01', isa08: THEM }, gs_out: { gs02: US }, unb_out: { receiver: DEPOT }",
            "*ZZ*ACMEDIST       *01*THEM           *",
            "GS*AG*US*THEM*",
            "UNB+UNOC:3+ACMEDIST:ZZZ+DEPOT:14+",
        ),
    ] {
        let mut rig = agreed(backing, &format!("application_advice: always, {agreement}")).await;
        let (_, told) = answers(&rig, "a.edi", &second(&orders(1, &["PO-1"]))).await;
        assert!(told.len() == 1 && told[0].1.contains("ST*824*"), "{agreement}: {told:?}");
        assert!(told[0].1.contains(isa) && told[0].1.contains(gs), "{agreement}: {told:?}");
        let (_, told) = answers(&rig, "b.edi", edifact).await;
        assert!(told.len() == 1 && told[0].1.contains("+APERAK:"), "{agreement}: {told:?}");
        assert!(told[0].1.contains(unb), "{agreement}: {told:?}");
        rig.halt().await;
    }
}

async fn a_sender_reads_that_its_receiver_is_not_known(backing: Backing) {
    let x12 = orders(1, &["PO-1"]).replace("ACMEDIST       ", "SOMEBODY       ");
    for (agreement, answered) in [
        ("acknowledge: '997', ta1: on_error, contrl: on_error", false),
        ("acknowledge: '997', ta1: on_error, contrl: on_error, acknowledge_unrouted: true", true),
        // It is refused where refusals are agreed.
        ("acknowledge: '997', acknowledge_unrouted: true", false),
    ] {
        let mut rig = agreed(backing, agreement).await;
        for (name, text, says) in
            [("a.edi", &x12, "TA1*000000001*261102*0915*R*009"), ("b.edi", &message("SOMEBODY"), "+4+7")]
        {
            let (state, told) = answers(&rig, name, text).await;
            assert_eq!(state, "unassigned", "{agreement}");
            assert_eq!(told.len(), usize::from(answered), "{agreement}: {told:?}");
            assert!(told.iter().all(|(_, text)| text.contains(says)), "{agreement}: {told:?}");
            // Who was addressed answers, as everywhere.
            assert!(told.iter().all(|(_, text)| text.contains("SOMEBODY")), "{told:?}");
        }
        rig.halt().await;
    }
    // A sender that nobody knows gets no answer.
    let mut rig = agreed(backing, "ta1: always, acknowledge_unrouted: true").await;
    let stranger = x12.replace("NORTHWIND      ", "STRANGER       ");
    assert_eq!(answers(&rig, "c.edi", &stranger).await, ("unassigned".into(), vec![]));
    rig.halt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    acknowledgements_leave_where_it_was_agreed(Backing::Lite).await;
    acknowledgements_under_the_names_that_were_agreed(Backing::Lite).await;
    advices_under_the_names_that_were_agreed(Backing::Lite).await;
    a_sender_reads_that_its_receiver_is_not_known(Backing::Lite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    acknowledgements_leave_where_it_was_agreed(Backing::Pg).await;
    acknowledgements_under_the_names_that_were_agreed(Backing::Pg).await;
    advices_under_the_names_that_were_agreed(Backing::Pg).await;
    a_sender_reads_that_its_receiver_is_not_known(Backing::Pg).await;
}
