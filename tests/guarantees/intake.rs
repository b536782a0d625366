//! Intake: a receipt exists only after the commit; the same thing twice is one thing; what fails keeps nothing.

use crate::{
    hub::wait::wait_for,
    rig::{ACME, Backing, GLOBEX, NORTHWIND, PATIENCE, Rig, both, directory, order},
};
use crossdock::{
    canonical::DocumentId,
    config::Settings,
    intake::{Intake, Limits, NotTaken, Receipt},
    store::{self, blobs},
};
use futures_util::future::maybe_done;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::Barrier,
};

both![
    what_comes_together_is_committed_together,
    the_same_transport_id_is_the_same_document,
    the_same_file_is_the_same_document,
    equal_bodies_at_once_give_one_document,
    two_processes_at_once,
    a_copy_of_what_failed_is_no_duplicate,
    a_failed_commit_gives_no_receipt,
    one_that_can_not_be_written_costs_no_neighbour,
    large_bodies_go_in_by_chunks,
    a_sender_that_breaks_off,
    too_large,
    an_empty_body,
    a_store_that_is_away,
    documents_are_numbered_in_order,
];

fn spool(rig: &Rig) -> PathBuf {
    rig.place.folder.path().join("spool")
}

fn spooled(rig: &Rig) -> usize {
    std::fs::read_dir(spool(rig)).unwrap().count()
}

fn sha(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

async fn what_comes_together_is_committed_together(rig: Rig) {
    const N: usize = 64;
    let barrier = Barrier::new(N);
    let takes = (0..N).map(|n| {
        let (rig, barrier) = (&rig, &barrier);
        async move {
            barrier.wait().await;
            let way = if n % 2 == 0 { "north-a" } else { "north-b" };
            rig.take(way, &format!("{n}.json"), &order(&format!("PO-{n}"), &[("PLENTY-1", 1)])).await.unwrap()
        }
    });
    let receipts: Vec<Receipt> = futures_util::future::join_all(takes).await;
    let ids: BTreeSet<DocumentId> = receipts.iter().map(Receipt::document).collect();
    assert_eq!(ids.len(), N);
    // One commit writes one instant.
    let commits = rig.place.number("select count(distinct received_at) from documents").await as usize;
    assert!(commits < N / 2, "{commits} commits for {N} documents");
    assert_eq!(rig.place.number("select count(*) from document_steps where state = 'received'").await, N as i64);
    // A claim check names a connection, not a document.
    let claims = rig.place.number("select count(*) from outbox").await as usize;
    assert!((2..=2 * commits).contains(&claims), "{claims} claim checks");
}

async fn the_same_transport_id_is_the_same_document(rig: Rig) {
    let body = order("PO-1", &[("PLENTY-1", 1)]);
    let facts = |name: &str| {
        let mut facts = rig.facts("north-a", name);
        facts.transport_id = Some("msg-1".into());
        facts
    };
    let barrier = Barrier::new(8);
    let takes = (0..8).map(|n| {
        let (intake, facts, body, barrier) = (&rig.hub.intake, facts(&format!("{n}.json")), &body, &barrier);
        async move {
            barrier.wait().await;
            intake.take(body.as_slice(), facts).await.unwrap()
        }
    });
    let receipts = futures_util::future::join_all(takes).await;
    let ids: BTreeSet<DocumentId> = receipts.iter().map(Receipt::document).collect();
    assert_eq!(ids.len(), 1, "one document");
    assert_eq!(receipts.iter().filter(|r| !r.repeated()).count(), 1, "the others are answered again");
    assert!(receipts.iter().all(|r| r.duplicate_of().is_none()));
    // Even with other bytes: the id is the sender's word that it is the same.
    let again = rig.hub.intake.take(&b"other bytes"[..], facts("x")).await.unwrap();
    assert!(again.repeated());
    assert_eq!((again.document(), again.sha256().to_owned()), (receipts[0].document(), sha(&body)));
    assert_eq!(rig.place.number("select count(*) from documents").await, 1);
    // The id counts within its connection.
    let mut elsewhere = rig.facts("north-b", "1.json");
    elsewhere.transport_id = Some("msg-1".into());
    let other = rig.hub.intake.take(&b"[]"[..], elsewhere).await.unwrap();
    assert!(!other.repeated());
}

async fn the_same_file_is_the_same_document(rig: Rig) {
    let body = order("PO-1", &[("PLENTY-1", 1)]);
    let take = async |name: &str, modified_at: i64, body: &[u8]| {
        let mut facts = rig.facts("north-drop", name);
        facts.modified_at = Some(modified_at);
        rig.hub.intake.take(body, facts).await.unwrap()
    };
    let first = take("a.json", 5, &body).await;
    let same = take("a.json", 5, &body).await;
    assert!(same.repeated() && same.document() == first.document());
    let touched = take("a.json", 6, &body).await;
    assert!(!touched.repeated());
    assert_eq!(touched.duplicate_of(), Some(first.document()), "the same content, brought again");
    let renamed = take("b.json", 5, &body).await;
    assert_eq!(renamed.duplicate_of(), Some(first.document()));
    let mended = take("a.json", 5, &order("PO-2", &[("PLENTY-1", 1)])).await;
    assert!(!mended.repeated() && mended.duplicate_of().is_none());
    assert_eq!(rig.document(touched.document()).await.state, "duplicate");
    assert_eq!(rig.place.number("select count(*) from documents").await, 4);
}

/// Who of these receipts is the one, and that the others are its duplicates.
fn one_of(receipts: &[Receipt]) -> DocumentId {
    let originals: Vec<&Receipt> = receipts.iter().filter(|r| r.duplicate_of().is_none()).collect();
    assert_eq!(originals.len(), 1, "{receipts:#?}");
    let one = originals[0].document();
    assert!(receipts.iter().all(|r| r.document() == one || r.duplicate_of() == Some(one)), "{receipts:#?}");
    one
}

async fn equal_bodies_at_once_give_one_document(mut rig: Rig) {
    for round in 0..10 {
        let body = order(&format!("PO-{round}"), &[("PLENTY-1", 1)]);
        let barrier = Barrier::new(4);
        let takes = ["north-a", "north-b", "north-a", "north-b"].map(|way| {
            let (rig, body, barrier) = (&rig, &body, &barrier);
            async move {
                barrier.wait().await;
                rig.take(way, "x.json", body).await.unwrap()
            }
        });
        one_of(&futures_util::future::join_all(takes).await);
    }
    assert_eq!(rig.place.number("select count(*) from documents where state = 'duplicate'").await, 30);
    assert_eq!(rig.place.number("select count(*) from blobs").await, 10);
    rig.start(2, 2).await;
    rig.quiet().await;
    rig.halt().await;
    assert_eq!(rig.place.number("select count(*) from messages").await, 10, "a duplicate is kept and not applied");
}

/// Two intakes over pools of their own, as two processes have: nothing but the database is between them.
async fn two_processes_at_once(rig: Rig) {
    let other = store::open(&rig.place.options).await.unwrap();
    let files = directory(&[ACME, NORTHWIND, GLOBEX]);
    let hub = crate::rig::hub(other, files, Settings::default(), rig.place.folder.path().join("spool-2"));
    for round in 0..20 {
        let body = order(&format!("PO-{round}"), &[("PLENTY-1", 1)]);
        let barrier = Barrier::new(2);
        let take = |intake: Intake, way: &'static str| {
            let (facts, body, barrier) = (rig.facts(way, "x.json"), &body, &barrier);
            async move {
                barrier.wait().await;
                intake.take(body.as_slice(), facts).await.unwrap()
            }
        };
        let both = tokio::join!(take(rig.hub.intake.clone(), "north-a"), take(hub.intake.clone(), "north-b"));
        one_of(&[both.0, both.1]);
    }
}

async fn a_copy_of_what_failed_is_no_duplicate(mut rig: Rig) {
    let first = rig.take("north-edi", "x.edi", b"this is no document at all").await.unwrap();
    rig.start(1, 1).await;
    rig.quiet().await;
    assert_eq!(rig.document(first.document()).await.state, "rejected");
    let again = rig.take("north-edi", "y.edi", b"this is no document at all").await.unwrap();
    assert_eq!(again.duplicate_of(), None);
    rig.quiet().await;
    rig.halt().await;
    assert_eq!(rig.document(again.document()).await.state, "rejected");
}

/// The number of rows that intake writes.
async fn kept(rig: &Rig) -> BTreeMap<&'static str, i64> {
    let mut kept = BTreeMap::new();
    for table in ["documents", "document_steps", "outbox", "blobs"] {
        kept.insert(table, rig.place.number(&format!("select count(*) from {table}")).await);
    }
    kept.insert("sealed", rig.place.number("select count(*) from blobs where sealed_at is not null").await);
    kept
}

async fn a_failed_commit_gives_no_receipt(rig: Rig) {
    rig.bring("north-a", "0.json", &order("PO-0", &[("PLENTY-1", 1)])).await;
    let before = kept(&rig).await;
    // The last statement of the transaction fails.
    rig.place.sql("alter table outbox rename to hidden").await.unwrap();
    for n in 1..4 {
        let body = order(&format!("PO-{n}"), &[("PLENTY-1", 1)]);
        let error = rig.take("north-a", &format!("{n}.json"), &body).await.unwrap_err();
        assert!(matches!(error, NotTaken::Store(_)), "{error}");
    }
    rig.place.sql("alter table hidden rename to outbox").await.unwrap();
    assert_eq!(kept(&rig).await, before);
    assert_eq!(rig.place.number("select next_sequence from connections where name = 'north-a'").await, 1, "no gap");
    assert_eq!(spooled(&rig), 0);
    // The sender, who has no receipt, sends it again.
    let receipt = rig.take("north-a", "1.json", &order("PO-1", &[("PLENTY-1", 1)])).await.unwrap();
    assert!(!receipt.repeated() && receipt.duplicate_of().is_none());
}

async fn one_that_can_not_be_written_costs_no_neighbour(rig: Rig) {
    const N: usize = 24;
    // A rule of the database's own that one name breaks.
    let rule = match rig.place.backing {
        Backing::Pg => "alter table documents add constraint no_poison check (name <> 'poison')",
        Backing::Lite => {
            "create trigger no_poison before insert on documents when new.name = 'poison' begin select raise(abort, 'no poison'); end"
        }
    };
    rig.place.sql(rule).await.unwrap();
    let barrier = Barrier::new(N);
    let takes = (0..N).map(|n| {
        let (rig, barrier) = (&rig, &barrier);
        async move {
            barrier.wait().await;
            let name = if n == 11 { "poison".to_owned() } else { format!("{n}.json") };
            rig.take("north-a", &name, &order(&format!("PO-{n}"), &[("PLENTY-1", 1)])).await.is_ok()
        }
    });
    let taken: Vec<bool> = futures_util::future::join_all(takes).await;
    assert_eq!(taken.iter().filter(|t| **t).count(), N - 1);
    assert!(!taken[11]);
    assert_eq!(rig.place.number("select count(*) from documents").await, N as i64 - 1);
}

async fn large_bodies_go_in_by_chunks(rig: Rig) {
    let big: Vec<u8> = (0..5 * blobs::CHUNK as u64 + 3).map(|n| (n * n / 911) as u8).collect();
    let receipt = rig.take("north-edi", "big.edi", &big).await.unwrap();
    assert_eq!(receipt.sha256(), sha(&big));
    assert_eq!(spooled(&rig), 0, "gone after the commit");
    assert_eq!(rig.place.number("select count(*) from blob_chunks").await, 6);
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    assert!(blobs::read(&mut tx, rig.acme, receipt.sha256(), 0, 9).await.unwrap().concat() == big, "byte for byte");
    let part = blobs::range(&mut tx, rig.acme, receipt.sha256(), blobs::CHUNK as u64 - 1, 3).await.unwrap();
    assert_eq!(part, big[blobs::CHUNK - 1..blobs::CHUNK + 2]);
    tx.rollback().await.unwrap();
    // The same again, twice at once: two duplicates and not a chunk more.
    let again = tokio::join!(rig.take("north-edi", "b.edi", &big), rig.take("north-a", "c.edi", &big));
    for receipt_again in [again.0.unwrap(), again.1.unwrap()] {
        assert_eq!(receipt_again.duplicate_of(), Some(receipt.document()));
    }
    assert_eq!(rig.place.number("select count(*) from blob_chunks").await, 6);
    assert_eq!(spooled(&rig), 0);
    // Two new ones of the same bytes at once.
    let other: Vec<u8> = big.iter().rev().copied().collect();
    let both = tokio::join!(rig.take("north-a", "d.edi", &other), rig.take("north-b", "e.edi", &other));
    one_of(&[both.0.unwrap(), both.1.unwrap()]);
    assert_eq!(rig.place.number("select count(*) from blob_chunks").await, 12);
}

/// Bytes, then an error, as of a connection that is cut.
struct Cut(Vec<u8>, usize);

impl AsyncRead for Cut {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let at = self.1;
        if at == self.0.len() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let n = buf.remaining().min(self.0.len() - at);
        buf.put_slice(&self.0[at..at + n]);
        self.1 += n;
        Poll::Ready(Ok(()))
    }
}

async fn a_sender_that_breaks_off(rig: Rig) {
    let before = kept(&rig).await;
    for size in [0, 100, 3 * blobs::CHUNK] {
        let error = rig.hub.intake.take(Cut(vec![7; size], 0), rig.facts("north-a", "x")).await.unwrap_err();
        assert!(matches!(error, NotTaken::Sender(_)) && !error.is_transient(), "{error}");
    }
    assert_eq!(kept(&rig).await, before);
    assert_eq!(spooled(&rig), 0);
}

async fn too_large(rig: Rig) {
    let backing = rig.place.backing;
    drop(rig);
    let mut settings = Settings::default();
    settings.intake.max_bytes = 2 * blobs::CHUNK as u64;
    let rig = Rig::with(backing, &[ACME, NORTHWIND, GLOBEX], settings).await;
    let whole = vec![b'x'; 2 * blobs::CHUNK];
    rig.bring("north-a", "fits", &whole).await;
    let error = rig.take("north-a", "too large", &[whole, vec![b'x']].concat()).await.unwrap_err();
    assert!(matches!(error, NotTaken::TooLarge { limit } if limit == 2 * blobs::CHUNK as u64), "{error}");
    assert!(!error.is_transient());
    assert_eq!(rig.place.number("select count(*) from documents").await, 1);
    assert_eq!(spooled(&rig), 0);
}

async fn an_empty_body(mut rig: Rig) {
    let receipt = rig.take("north-edi", "empty", b"").await.unwrap();
    rig.start(1, 1).await;
    rig.quiet().await;
    rig.halt().await;
    let row = rig.document(receipt.document()).await;
    assert_eq!((row.size, row.state.as_str()), (0, "rejected"), "{:?}", row.cause);
}

async fn a_store_that_is_away(rig: Rig) {
    rig.hub.store.close().await;
    for size in [100, 3 * blobs::CHUNK] {
        let error = rig.take("north-a", "x.json", &vec![b'{'; size]).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert_eq!(spooled(&rig), 0);
    assert_eq!(kept(&rig).await.values().sum::<i64>(), 0);
}

/// Those submitted in order are numbered in order, however they are grouped.
async fn documents_are_numbered_in_order(rig: Rig) {
    let mut waiting = Vec::new();
    for n in 0..50 {
        let body = order(&format!("PO-{n}"), &[("PLENTY-1", 1)]);
        let spooled = rig.hub.intake.spool(body.as_slice(), rig.facts("north-a", &format!("{n}.json"))).await.unwrap();
        let intake = rig.hub.intake.clone();
        let mut submitted = Box::pin(maybe_done(async move { intake.submit(spooled).await.unwrap() }));
        // Polled once, it stands in line; on a busy machine its answer may be there by then.
        let _ = futures_util::poll!(submitted.as_mut());
        waiting.push(submitted);
    }
    for (n, mut submitted) in (0..50).zip(waiting) {
        submitted.as_mut().await;
        let receipt = submitted.as_mut().take_output().expect("it was awaited");
        let row = rig.document(receipt.document()).await;
        assert_eq!((row.name, row.sequence), (format!("{n}.json"), n + 1));
    }
}

/// What a dead process left in the spool is removed at start; what a living one is reading is not.
#[tokio::test]
async fn a_spool_is_cleaned_at_start() {
    let rig = Rig::open(Backing::Lite).await;
    let folder = rig.place.folder.path().join("spool-2");
    std::fs::create_dir_all(&folder).unwrap();
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    // SAFETY: getppid has no preconditions.
    let living = unsafe { libc::getppid() };
    let files = [
        (format!("{}-a", dead.id()), false),
        (format!("{}-b", std::process::id()), false),
        (format!("{living}-c"), true),
        ("noise".into(), false),
    ];
    for (name, _) in &files {
        std::fs::write(folder.join(name), b"half a document").unwrap();
    }
    let limits = Limits { max_bytes: 1, wait_us: 1, worker: "w".into() };
    let _intake = Intake::open(rig.hub.store.clone(), folder.clone(), limits).unwrap();
    for (name, stays) in &files {
        assert_eq!(folder.join(name).exists(), *stays, "{name}");
    }
}

/// A database that is away for a while: nobody gets a receipt that is not true, and all is well after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cuts_its_connections() {
    let rig = Arc::new(Rig::open(Backing::Pg).await);
    let sender = {
        let rig = rig.clone();
        tokio::spawn(async move {
            let mut told = Vec::new();
            for n in 0..200 {
                let body = order(&format!("PO-{n}"), &[("PLENTY-1", 1)]);
                if let Ok(receipt) = rig.take("north-a", &format!("{n}.json"), &body).await {
                    told.push(receipt.document());
                }
            }
            told
        })
    };
    for _ in 0..5 {
        let before = rig.place.number("select count(*) from documents").await;
        wait_for(PATIENCE, "some documents more", || async {
            let now = rig.place.number("select count(*) from documents").await;
            // Each cut costs some: a sender that is done brings no more.
            if now > before + 5 || sender.is_finished() { Ok(()) } else { Err(format!("{now}")) }
        })
        .await;
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        rig.place.sql(cut).await.unwrap();
    }
    let told = sender.await.unwrap();
    assert!(told.len() > 100, "{} receipts", told.len());
    for id in told {
        assert_eq!(rig.document(id).await.state, "received", "a receipt is a promise");
    }
}
