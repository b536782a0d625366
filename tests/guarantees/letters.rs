//! What is refused is told to the partner's contacts by mail: once, all of it, and not more often than they were promised.

use crate::{
    hub::{services::mail::MailServer, wait::wait_for},
    rig::{ACME, Backing, GLOBEX, NORTHWIND, PATIENCE, Rig, on_both},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    canonical::{DocumentId, outgoing::Outgoing},
    config::Settings,
    flow::{
        deliver::{self, DocumentSender, SendError, Sent},
        mail,
        operate::OperateError,
        sweep::Sweeper,
    },
    store::{
        deliveries::{self, DeliveryRow},
        journal,
    },
};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

on_both![
    what_is_refused_is_told_once_to_each_address,
    letters_are_not_sent_more_often_than_promised,
    a_server_that_is_away_or_says_no_costs_no_letter,
    nobody_who_did_not_ask_gets_any,
    a_person_sends_the_letter_when_it_is_wanted,
    what_an_envelope_is_refused_for_is_told,
];

const ANY: usize = 10 << 20;

/// No documents leave here.
struct Nowhere;

impl DocumentSender for Nowhere {
    fn send<'a>(&'a self, _: &'a Outgoing) -> BoxFuture<'a, Result<Sent, SendError>> {
        let error = SendError {
            code: "test/nowhere".into(),
            sentence: "no document is sent here".into(),
            transient: false,
            retry_after: None,
        };
        Box::pin(async { Err(error) })
    }
}

/// A hub whose northwind has agreed on letters, with its deliver stage.
struct Post {
    rig: Rig,
    server: MailServer,
    stop: CancellationToken,
    work: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Post {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn post(backing: Backing, agreed: &str) -> Post {
    let server = MailServer::new();
    let mut settings = Settings::default();
    settings.mail.url = server.url();
    settings.mail.from = "Acme EDI <edi@acme.example>".into();
    settings.deliver.retry_ms = vec![100];
    let northwind = NORTHWIND.replace("acknowledge: '997'", agreed);
    let mut rig = Rig::with(backing, &[ACME, &northwind, GLOBEX], settings).await;
    rig.start(1, 1).await;
    let stop = CancellationToken::new();
    let work = deliver::run(rig.hub.clone(), Arc::new(Nowhere), stop.clone());
    let work = Some(tokio::spawn(async move { work.await.unwrap() }));
    Post { rig, server, stop, work }
}

const AGREED: &str = "contacts: [edi@northwind.example, 'Pat Doe <pat@northwind.example>', '+1 555 0100', edi@northwind.example], mail: on_refusal";

impl Post {
    /// An order whose quantity is none.
    async fn refused(&mut self, control: u32, number: &str) -> DocumentId {
        let text = interchange(control, &[set("850", 1, &order(number, "PLENTY-1", "ten", "EA"))]);
        let id = self.rig.bring("north-edi", &format!("{number}.edi"), text.as_bytes()).await;
        self.rig.quiet().await;
        id
    }

    /// A round of the sweeper: how many letters it wrote.
    async fn sweep(&self) -> usize {
        Sweeper::new(self.rig.hub.clone()).round().await.unwrap().letters
    }

    async fn deliveries(&self, of: DocumentId) -> Vec<DeliveryRow> {
        let mut tx = self.rig.hub.store.read(self.rig.acme).await.unwrap();
        let rows = deliveries::of(&mut tx, self.rig.acme, None, Some(of)).await.unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    /// Waits until a document's letters stand in these states.
    async fn stand(&self, of: DocumentId, states: &[&str]) -> Vec<DeliveryRow> {
        wait_for(PATIENCE, &format!("letters to stand {states:?}"), || async {
            let rows = self.deliveries(of).await;
            let seen: Vec<&str> = rows.iter().map(|row| &*row.state).collect();
            if seen == states { Ok(rows) } else { Err(format!("{rows:?}")) }
        })
        .await
    }

    async fn end(mut self) {
        self.stop.cancel();
        if let Some(work) = self.work.take() {
            work.await.unwrap();
        }
        self.rig.halt().await;
    }
}

/// Text of a letter, whose long lines are folded by quoted-printable (RFC 2045 §6.7).
fn unfolded(letter: &str) -> String {
    letter.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=")
}

async fn what_is_refused_is_told_once_to_each_address(backing: Backing) {
    let mut post = post(backing, AGREED).await;
    post.server.start(ANY).await;
    let id = post.refused(1, "PO-1").await;
    post.rig.bring("north-edi", "good.edi", orders(2, &["PO-2"]).as_bytes()).await;
    post.rig.quiet().await;
    assert_eq!(post.sweep().await, 2);
    assert_eq!(post.sweep().await, 0, "it is owed no longer");
    let rows = post.stand(id, &["delivered"; 2]).await;
    let mut to: Vec<&str> = rows.iter().map(|row| &*row.target).collect();
    to.sort();
    assert_eq!(
        to,
        ["edi@northwind.example", "pat@northwind.example"],
        "a telephone gets no mail, and who is named twice gets one"
    );
    let letters = post.server.letters();
    assert_eq!(letters.len(), 2, "{letters:?}");
    for row in &rows {
        let letter = letters.iter().find(|text| text.contains(&row.id.to_string())).expect("its delivery's id");
        let letter = unfolded(letter);
        let head =
            ["From: \"Acme EDI\" <edi@acme.example>", "Auto-Submitted: auto-generated", "Subject: 1 fault in 850"];
        for said in head.iter().chain(&["PO-1", "PO1*1*ten*EA", "PO102"]) {
            assert!(letter.contains(said), "{said} is missing:\n{letter}");
        }
        assert!(letter.contains(&format!("To: {}", row.target)) && !letter.contains("PO-2"), "{letter}");
    }
    post.end().await;
}

async fn letters_are_not_sent_more_often_than_promised(backing: Backing) {
    let mut post = post(backing, "contacts: [edi@northwind.example], mail: on_refusal").await;
    post.server.start(ANY).await;
    let first = post.refused(1, "PO-1").await;
    assert_eq!(post.sweep().await, 1);
    post.stand(first, &["delivered"]).await;
    let (second, third) = (post.refused(2, "PO-2").await, post.refused(3, "PO-3").await);
    assert_eq!(post.sweep().await, 0, "it is too soon");
    let before = post.rig.hub.settings.mail.every_ms * 1_000;
    post.rig.place.sql(&format!("update letters_written set at = at - {before}")).await.unwrap();
    assert_eq!(post.sweep().await, 1, "one of both");
    let one = post.stand(second, &["delivered"]).await.remove(0);
    assert_eq!(post.stand(third, &["delivered"]).await.remove(0).id, one.id, "it is the other's letter, too");
    let letters = post.server.letters();
    let both = letters.iter().find(|letter| letter.contains("Subject: 2 documents")).expect("a letter of two");
    assert!(letters.len() == 2 && both.contains("PO-2") && both.contains("PO-3"), "{letters:?}");
    post.end().await;
}

async fn a_server_that_is_away_or_says_no_costs_no_letter(backing: Backing) {
    let mut post = post(backing, "contacts: [edi@northwind.example], mail: on_refusal").await;
    let id = post.refused(1, "PO-1").await;
    assert_eq!(post.sweep().await, 1);
    let waits = wait_for(PATIENCE, "a first try that failed", || async {
        let row = post.deliveries(id).await.remove(0);
        if row.tries > 0 { Ok(row) } else { Err(format!("{row:?}")) }
    })
    .await;
    let cause = waits.cause.expect("why");
    assert_eq!((&*waits.state, cause["code"].as_str()), ("retrying", Some("mail/unreachable")), "{cause}");
    post.server.start(ANY).await;
    post.stand(id, &["delivered"]).await;
    assert_eq!(post.server.letters().len(), 1);
    // One that says no for good is not asked again: the letter is dead, and can be sent again by hand.
    post.server.stop();
    post.server.start(200).await;
    post.rig.place.sql("delete from letters_written").await.unwrap();
    let refused = post.refused(2, "PO-2").await;
    assert_eq!(post.sweep().await, 1);
    let dead = post.stand(refused, &["dead"]).await.remove(0);
    let cause = dead.cause.expect("why");
    assert_eq!(cause["code"].as_str(), Some("mail/552"), "{cause}");
    post.server.stop();
    post.server.start(ANY).await;
    deliver::replay(&post.rig.hub, post.rig.acme, dead.id, "ann", "it is larger now").await.unwrap();
    post.stand(refused, &["delivered"]).await;
    assert_eq!(post.server.letters().len(), 2);
    post.end().await;
}

async fn nobody_who_did_not_ask_gets_any(backing: Backing) {
    let mut post = post(backing, "contacts: [edi@northwind.example]").await;
    post.server.start(ANY).await;
    let id = post.refused(1, "PO-1").await;
    assert_eq!(post.rig.place.number("select count(*) from letters_owed").await, 0);
    // It was asked for when the document was refused, and is no longer.
    let owe = format!(
        "insert into letters_owed (tenant, document, since) values ({}, {}, 1)",
        post.rig.place.id(post.rig.acme.0),
        post.rig.place.id(id.0)
    );
    post.rig.place.sql(&owe).await.unwrap();
    assert_eq!(post.sweep().await, 0);
    assert_eq!(post.rig.place.number("select count(*) from letters_owed").await, 0);
    assert!(post.deliveries(id).await.is_empty());
    post.end().await;
}

async fn a_person_sends_the_letter_when_it_is_wanted(backing: Backing) {
    let mut post = post(backing, "contacts: [edi@northwind.example, '+1 555 0100']").await;
    post.server.start(ANY).await;
    let id = post.refused(1, "PO-1").await;
    let good = post.rig.bring("north-edi", "good.edi", orders(2, &["PO-2"]).as_bytes()).await;
    post.rig.quiet().await;
    let (hub, acme) = (post.rig.hub.clone(), post.rig.acme);
    let sent = mail::send(&hub, acme, id, "ann", "they asked for it").await.unwrap();
    assert_eq!(sent.iter().map(|(_, to)| &**to).collect::<Vec<_>>(), ["edi@northwind.example"]);
    let row = post.stand(id, &["delivered"]).await.remove(0);
    assert_eq!(row.id, sent[0].0);
    let letters = post.server.letters();
    assert!(letters.len() == 1 && unfolded(&letters[0]).contains("PO1*1*ten*EA"), "{letters:?}");
    let mut tx = hub.store.read(acme).await.unwrap();
    let steps = journal::of_document(&mut tx, acme, id.0).await.unwrap();
    tx.rollback().await.unwrap();
    let said = steps.iter().filter_map(|step| step.cause.as_ref()).find(|cause| cause["code"] == "letter").unwrap();
    assert_eq!((said["who"].as_str(), said["why"].as_str()), (Some("ann"), Some("they asked for it")), "{said}");
    // Nothing is wrong with the other.
    let clean = mail::send(&hub, acme, good, "ann", "").await;
    assert!(matches!(&clean, Err(OperateError::Refused(why)) if why.contains("nothing to write")), "{clean:?}");
    assert_eq!(post.server.letters().len(), 1);
    post.end().await;
}

/// A number that came before, a gap, a test: no set of it is faulty, and its sender reads why it was not taken and what to do.
async fn what_an_envelope_is_refused_for_is_told(backing: Backing) {
    let agreed = "agreement: { test_indicator: refuse, out_of_sequence: { gap: reject }, number_again: reject }";
    let north = NORTHWIND.replace("agreement: { acknowledge: '997' }", agreed);
    assert!(north.contains(agreed));
    let mut rig = Rig::with(backing, &[ACME, &north, GLOBEX], Settings::default()).await;
    rig.start(1, 1).await;
    let test = orders(2, &["PO-4"]).replace("*0*P*>", "*0*T*>");
    for (name, text, says, asks) in [
        ("a", orders(1, &["PO-1"]), "All of it was accepted", ""),
        ("b", orders(1, &["PO-2"]), "used before, with other content", "send it again under a new control number."),
        ("c", orders(5, &["PO-3"]), "numbers between are missing", "send what is missing, and this one behind it."),
        ("d", test, "The interchange says that it is a test", "send it as production."),
    ] {
        let id = rig.bring("north-edi", name, text.as_bytes()).await;
        rig.quiet().await;
        let letter = crossdock::flow::letter::of(&rig.hub, rig.acme, id).await.unwrap().unwrap().letter;
        let told = letter.text();
        assert!(letter.points.is_empty() && told.contains(says), "{name}: {told}");
        assert_eq!(told.contains("To mend it: "), !asks.is_empty(), "{name}: {told}");
        assert!(
            told.contains(asks) && told.contains(&format!("What became of {name}")) != asks.is_empty(),
            "{name}: {told}"
        );
    }
    rig.halt().await;
}
