//! Watched folders: when a file is whole, where it goes, and what a crash or a broken folder costs.

use crate::{
    hub::{
        services::postgres::Postgres,
        wait::{wait_for, wait_until},
    },
    setup::{On, Setup, acme},
};
use crossdock::{
    canonical::{ConnectionId, DeliveryId, Tenant, outgoing::Outgoing},
    connectors::{Connectors, Hub},
    intake::Facts,
    store::{
        directory,
        documents::{self, DocumentRow, Search},
    },
};
use std::{
    ffi::OsString,
    fs,
    os::unix::{
        ffi::OsStringExt,
        fs::{MetadataExt, symlink},
    },
    path::PathBuf,
    time::Duration,
};
use tokio_util::sync::{CancellationToken, DropGuard};

const SOON: Duration = Duration::from_secs(20);

/// A hub whose folder `northwind` is polled.
struct Watched {
    setup: Setup,
    connectors: Connectors,
    root: PathBuf,
}

impl Watched {
    async fn new(on: On) -> Watched {
        Watched::with_limit(on, 2 << 30).await
    }

    async fn with_limit(on: On, max_bytes: u64) -> Watched {
        Watched::of(Setup::with(on, |settings| settings.intake.max_bytes = max_bytes).await)
    }

    fn of(setup: Setup) -> Watched {
        let base = setup.folder.path().to_owned();
        let hub = Hub::new(setup.hub.intake.clone(), setup.hub.store.clone(), base.clone());
        let connectors = Connectors::open(&setup.hub.directory, hub).expect("settings that are right");
        Watched { setup, connectors, root: base.join("northwind") }
    }

    /// Polls until the guard is dropped.
    fn poll(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let (connectors, until) = (self.connectors.clone(), stop.clone());
        tokio::spawn(async move { connectors.run(until).await });
        stop.drop_guard()
    }

    /// Polls until told to stop, and gives what ends when it has.
    fn poll_once(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let (connectors, until) = (self.connectors.clone(), stop.clone());
        (stop, tokio::spawn(async move { connectors.run(until).await }))
    }

    fn make(&self) {
        fs::create_dir_all(self.root.join("in")).expect("a folder of our own");
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.root.join("in").join(name), bytes).expect("a file of our own");
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let listing = fs::read_dir(self.root.join(folder));
        let entries = listing.into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = entries.filter(|name| !name.starts_with(".crossdock-")).collect();
        names.sort();
        names
    }

    async fn until_names(&self, folder: &str, names: &[&str]) {
        wait_for(SOON, &format!("{folder}/ to hold {names:?}"), || async {
            let found = self.names(folder);
            if found == names { Ok(()) } else { Err(format!("{found:?}; failing: {:?}", self.failing().await)) }
        })
        .await;
    }

    async fn documents(&self) -> Vec<DocumentRow> {
        documents_of(&self.setup, acme()).await
    }

    async fn failing(&self) -> Option<String> {
        let mut tx = self.setup.hub.store.system_read().await.expect("a transaction");
        let failing = directory::failing_now(&mut tx).await.expect("rows");
        tx.rollback().await.expect("given back");
        failing.into_iter().find(|(_, name, _)| name == "northwind-drop").map(|(_, _, why)| why)
    }
}

/// Documents of a tenant, in the order of their connection.
async fn documents_of(setup: &Setup, tenant: Tenant) -> Vec<DocumentRow> {
    let mut tx = setup.hub.store.read(tenant).await.expect("a transaction");
    let mut rows = documents::search(&mut tx, tenant, &Search::default(), 500).await.expect("rows");
    tx.rollback().await.expect("given back");
    rows.sort_by_key(|d| d.sequence);
    rows
}

async fn a_whole_file_is_taken_and_moved(on: On) {
    let watched = Watched::new(on).await;
    watched.make();
    watched.put("order.edi", b"ISA*one");
    let _polling = watched.poll();
    watched.until_names("done", &["order.edi"]).await;
    assert_eq!(watched.names("in"), [""; 0]);
    let documents = watched.documents().await;
    assert_eq!(documents.len(), 1);
    assert_eq!(
        (documents[0].name.as_str(), documents[0].size, documents[0].state.as_str()),
        ("order.edi", 7, "received")
    );
    // Another file of that name: its place in done/ is taken.
    watched.put("order.edi", b"ISA*two");
    wait_until(SOON, "a second document", || async { watched.documents().await.len() == 2 }).await;
    let second = watched.documents().await[1].id;
    watched.until_names("done", &["order.edi", &format!("order.edi-{second}")]).await;
}

#[tokio::test]
async fn a_whole_file_is_taken_and_moved_sqlite() {
    a_whole_file_is_taken_and_moved(On::Sqlite).await;
}

#[tokio::test]
async fn a_whole_file_is_taken_and_moved_postgres() {
    a_whole_file_is_taken_and_moved(On::Postgres).await;
}

#[tokio::test]
async fn a_file_that_grows_is_left_until_it_stands_still() {
    use std::io::Write;
    let watched = Watched::new(On::Sqlite).await;
    watched.make();
    let _polling = watched.poll();
    let mut file = fs::File::create(watched.root.join("in/slow.edi")).expect("a file of our own");
    // It grows for ten times as long as a file must stand still.
    let until = std::time::Instant::now() + Duration::from_millis(400);
    let mut written = 0;
    wait_until(SOON, "the writer to end", || {
        file.write_all(b"0123456789").expect("written");
        written += 10;
        let done = std::time::Instant::now() > until;
        async move { done }
    })
    .await;
    drop(file);
    watched.until_names("done", &["slow.edi"]).await;
    let documents = watched.documents().await;
    assert_eq!(documents.len(), 1, "a part of it was taken");
    assert_eq!(documents[0].size, written);
}

#[tokio::test]
async fn hidden_files_names_of_passage_folders_and_links_are_passed_over() {
    let watched = Watched::new(On::Sqlite).await;
    watched.make();
    let secret = watched.setup.folder.path().join("secret");
    fs::write(&secret, b"not for partners").expect("a file of our own");
    symlink(&secret, watched.root.join("in/link.edi")).expect("a link of our own");
    for name in [".hidden.edi", "order.edi.tmp", "order.edi.PART"] {
        watched.put(name, b"x");
    }
    fs::create_dir(watched.root.join("in/folder.edi")).expect("a folder of our own");
    let _polling = watched.poll();
    // A name that is no UTF-8 is taken like any other.
    let odd = OsString::from_vec(b"odd\xff.edi".to_vec());
    fs::write(watched.root.join("in").join(&odd), b"odd").expect("a file of our own");
    wait_until(SOON, "the odd file in done/", || async { watched.root.join("done").join(&odd).exists() }).await;
    watched.until_names("in", &[".hidden.edi", "folder.edi", "link.edi", "order.edi.PART", "order.edi.tmp"]).await;
    let documents = watched.documents().await;
    assert_eq!(documents.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["odd\\xff.edi"]);
}

#[tokio::test]
async fn oldest_first_whatever_their_sizes() {
    let watched = Watched::new(On::Sqlite).await;
    watched.make();
    let begin = std::time::SystemTime::now() - Duration::from_secs(1000);
    let mut names = Vec::new();
    for n in 0..80u64 {
        let name = format!("{:02}.edi", 99 - n);
        // Large ones among small ones: what takes longer to read must not be overtaken.
        watched.put(&name, &vec![b'x'; if n % 7 == 0 { 3 << 20 } else { 10 + n as usize }]);
        let file =
            fs::File::options().write(true).open(watched.root.join("in").join(&name)).expect("a file of our own");
        file.set_modified(begin + Duration::from_secs(n)).expect("a time of our own");
        names.push(name);
    }
    let _polling = watched.poll();
    wait_until(SOON, "80 documents", || async { watched.documents().await.len() == 80 }).await;
    let documents = watched.documents().await;
    assert_eq!(documents.iter().map(|d| d.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(documents.iter().map(|d| d.sequence).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_over_the_limit_goes_to_refused_with_its_reason() {
    let watched = Watched::with_limit(On::Sqlite, 1000).await;
    watched.make();
    watched.put("big.edi", &[b'x'; 1001]);
    watched.put("fits.edi", &[b'x'; 1000]);
    let _polling = watched.poll();
    watched.until_names("refused", &["big.edi", "big.edi.reason.txt"]).await;
    watched.until_names("done", &["fits.edi"]).await;
    let reason = fs::read_to_string(watched.root.join("refused/big.edi.reason.txt")).expect("a reason");
    assert!(
        reason.contains("1001 bytes") && reason.contains("1000") && reason.contains("intake.max_bytes"),
        "{reason}"
    );
    assert_eq!(watched.documents().await.len(), 1);
    assert_eq!(watched.failing().await, None);
}

/// A folder that can't be written: as root, whom permissions don't stop, `done` is a file.
#[tokio::test]
async fn a_folder_that_cannot_be_written_gives_nothing_and_says_why() {
    let watched = Watched::new(On::Sqlite).await;
    watched.make();
    fs::write(watched.root.join("done"), b"in the way").expect("a file of our own");
    watched.put("order.edi", b"ISA*");
    let _polling = watched.poll();
    wait_until(SOON, "the connection to fail", || async { watched.failing().await.is_some() }).await;
    let why = watched.failing().await.expect("a reason");
    assert!(why.contains("done"), "{why}");
    let ready: serde_json::Value = watched
        .setup
        .client
        .get(watched.setup.at("/health/ready"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(ready["status"], "degraded");
    assert_eq!(ready["failing"][0]["connection"], "northwind-drop");
    assert_eq!(watched.documents().await.len(), 0, "taken although it can't be moved");
    assert_eq!(watched.names("in"), ["order.edi"]);
    fs::remove_file(watched.root.join("done")).expect("mended");
    watched.until_names("done", &["order.edi"]).await;
    wait_until(SOON, "the connection to work", || async { watched.failing().await.is_none() }).await;
    assert_eq!(watched.documents().await.len(), 1);
}

#[tokio::test]
async fn a_folder_that_disappears_fails_and_is_not_made_anew() {
    let watched = Watched::new(On::Sqlite).await;
    let _polling = watched.poll();
    wait_until(SOON, "the folders", || async { watched.root.join("refused").exists() }).await;
    let away = watched.setup.folder.path().join("unmounted");
    fs::rename(&watched.root, &away).expect("moved");
    wait_until(SOON, "the connection to fail", || async { watched.failing().await.is_some() }).await;
    assert!(!watched.root.exists(), "made anew, perhaps below a mount point");
    fs::rename(&away, &watched.root).expect("moved back");
    watched.put("order.edi", b"ISA*");
    watched.until_names("done", &["order.edi"]).await;
    wait_until(SOON, "the connection to work", || async { watched.failing().await.is_none() }).await;
}

/// A crash between receipt and move: intake has committed, the file still lies in `in/`.
async fn a_crash_before_the_move_gives_the_same_document(on: On) {
    let watched = Watched::new(on).await;
    watched.make();
    watched.put("order.edi", b"ISA*crash");
    let meta = fs::metadata(watched.root.join("in/order.edi")).expect("it is there");
    let facts = Facts {
        copy: None,
        connection: watched.setup.hub.directory.connection("northwind-drop").expect("in the files").clone(),
        name: "order.edi".into(),
        transport_id: None,
        modified_at: Some(meta.mtime() * 1_000_000 + meta.mtime_nsec() / 1_000),
        duplicates_days: 30,
        answers_duplicates: false,
    };
    let receipt = watched.setup.hub.intake.take(&b"ISA*crash"[..], facts).await.expect("taken");
    let _polling = watched.poll();
    watched.until_names("done", &["order.edi"]).await;
    let documents = watched.documents().await;
    assert_eq!(documents.iter().map(|d| d.id).collect::<Vec<_>>(), [receipt.document()]);
    // The same content as a new file is a document of its own, kept and not worked.
    watched.put("again.edi", b"ISA*crash");
    watched.until_names("done", &["again.edi", "order.edi"]).await;
    let documents = watched.documents().await;
    assert_eq!((documents.len(), documents[1].state.as_str()), (2, "duplicate"));
    assert_eq!(documents[1].duplicate_of, Some(receipt.document()));
}

#[tokio::test]
async fn a_crash_before_the_move_gives_the_same_document_sqlite() {
    a_crash_before_the_move_gives_the_same_document(On::Sqlite).await;
}

#[tokio::test]
async fn a_crash_before_the_move_gives_the_same_document_postgres() {
    a_crash_before_the_move_gives_the_same_document(On::Postgres).await;
}

/// Two processes watch one folder: one polls, and the other takes over when it stops.
#[tokio::test]
async fn one_process_polls_and_the_other_takes_over() {
    let watched = Watched::new(On::Postgres).await;
    let hub = Hub::new(
        watched.setup.hub.intake.clone(),
        watched.setup.hub.store.clone(),
        watched.setup.folder.path().to_owned(),
    );
    let other = Connectors::open(&watched.setup.hub.directory, hub).expect("settings that are right");
    let (stop, first) = watched.poll_once();
    wait_until(SOON, "the folders", || async { watched.root.join("refused").exists() }).await;
    let second = CancellationToken::new();
    let until = second.clone();
    tokio::spawn(async move { other.run(until).await });
    let _second = second.drop_guard();
    for n in 0..50 {
        watched.put(&format!("{n}.edi"), format!("ISA*{n}").as_bytes());
    }
    wait_until(SOON, "50 documents", || async { watched.names("done").len() == 50 }).await;
    stop.cancel();
    first.await.expect("it ended in order");
    watched.put("last.edi", b"ISA*last");
    wait_until(SOON, "the other process to take it", || async { watched.root.join("done/last.edi").exists() }).await;
    assert_eq!(watched.documents().await.len(), 51);
}

/// The database is killed while files come in: they stay where they are, and each is taken once when it is back.
#[tokio::test]
async fn a_database_that_dies_costs_a_delay() {
    let server = Postgres::start().await;
    let database = server.fresh_database().await;
    let watched = Watched::of(Setup::at_database(Some(database), |_| {}).await);
    watched.make();
    let _polling = watched.poll();
    watched.put("before.edi", b"ISA*before");
    watched.until_names("done", &["before.edi"]).await;
    server.kill9();
    let names: Vec<String> = (0..40).map(|n| format!("{n:02}.edi")).collect();
    for name in &names {
        watched.put(name, name.as_bytes());
    }
    server.restart().await;
    wait_until(Duration::from_secs(60), "all files in done/", || async { watched.names("done").len() == 41 }).await;
    let documents = watched.documents().await;
    assert_eq!(documents.len(), 41);
    assert!(documents.iter().all(|d| d.state == "received"), "{documents:?}");
    assert_eq!(watched.names("in"), [""; 0]);
}

fn outgoing(name: &str, bytes: &[u8]) -> Outgoing {
    Outgoing {
        delivery: DeliveryId(uuid::Uuid::nil()),
        tenant: acme(),
        connection: ConnectionId::named("northwind-drop"),
        name: name.into(),
        bytes: bytes.into(),
    }
}

#[tokio::test]
async fn sending_again_makes_no_second_file() {
    let watched = Watched::new(On::Sqlite).await;
    fs::create_dir_all(watched.root.join("out")).expect("a folder of our own");
    let out = outgoing("855-1.edi", b"ISA*855");
    let sent = watched.connectors.send(&out).await.expect("sent");
    assert!(sent.to.ends_with("northwind/out/855-1.edi"), "{}", sent.to);
    let several: Vec<_> = (0..20).map(|_| watched.connectors.send(&out)).collect();
    for sent in futures_util::future::join_all(several).await {
        sent.expect("sent again");
    }
    assert_eq!(watched.names("out"), ["855-1.edi"]);
    assert_eq!(fs::read(watched.root.join("out/855-1.edi")).expect("it is there"), b"ISA*855");
    for name in ["../855.edi", ".hidden", "", "a/b", "a\nb"] {
        let wrong = watched.connectors.send(&outgoing(name, b"x")).await.expect_err("no name of a file");
        assert!(!wrong.is_transient(), "{wrong}");
    }
    assert_eq!(watched.names("out"), ["855-1.edi"]);
    let elsewhere = Outgoing { connection: ConnectionId::named("northwind-http"), ..outgoing("a", b"x") };
    let wrong = watched.connectors.send(&elsewhere).await.expect_err("not built");
    assert!(wrong.to_string().contains("not built") && !wrong.is_transient(), "{wrong}");
}

#[tokio::test]
async fn sending_into_a_folder_that_is_away_can_be_tried_again() {
    let watched = Watched::new(On::Sqlite).await;
    let out = outgoing("855-1.edi", b"ISA*855");
    let wrong = watched.connectors.send(&out).await.expect_err("no folder yet");
    assert!(wrong.is_transient() && wrong.to_string().contains("out/855-1.edi"), "{wrong}");
    fs::create_dir_all(watched.root.join("out")).expect("a folder of our own");
    watched.connectors.send(&out).await.expect("sent");
}
