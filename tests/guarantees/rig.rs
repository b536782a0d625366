//! A hub of two tenants on either store, whose stages run only if asked for; and a way past the hub's own rules, for
//! planting what must never be.

#![allow(dead_code, reason = "not every topic uses all of it")]

use crate::hub::{
    services::{Database, Postgres, Rabbit, Vhost, process::Folder},
    wait::wait_for,
};
use crossdock::{
    canonical::{ConnectionId, DocumentId, MessageId, PartnerId, Tenant},
    cli::data,
    config::Settings,
    flow::{
        self, Hub,
        versions::{self, By},
    },
    intake::{Facts, Intake, Limits, NotTaken, Receipt},
    mapping::{self, Library},
    queue::Queue,
    store::{
        self, Options, Store,
        documents::{self, DocumentRow},
        mapping_versions::Files,
        messages::{self, MessageRow},
    },
    tenancy::Directory,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const ACME: &str = "
tenant: acme
identities: [x12/ZZ/ACMEDIST]
endpoints:
  - { name: shop, url: 'http://127.0.0.1:9/', secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0', events: ['order.*'], allow_private_addresses: true }
data: [items.csv, prices.csv, stock.csv]
";
pub const NORTHWIND: &str = "
tenant: acme
partner: northwind
identities: [x12/ZZ/NORTHWIND]
price_list: standard
connections:
  - { name: north-a, transport: http, key: north-a-key-0123456789, expects: json order }
  - { name: north-b, transport: http, key: north-b-key-0123456789, expects: json order }
  - { name: north-edi, transport: http, key: north-edi-key-0123456789 }
  - { name: north-csv, transport: http, key: north-csv-key-0123456789, expects: csv orders }
  - { name: north-fixed, transport: http, key: north-fixed-key-0123456789, expects: fixed orders }
  - { name: north-drop, transport: folder, path: north }
agreement: { acknowledge: '997' }
answers: [{ event: order.confirmed, as: x12 004010 855, by: north-drop }]
";
pub const GLOBEX: &str = "
tenant: globex
identities: [x12/ZZ/GLOBEX]
connections:
  - { name: globex-http, transport: http, key: globex-key-0123456789 }
";

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backing {
    Lite,
    Pg,
}

/// Makes `lite::name` and `postgres::name` of each `async fn name(rig: Rig)`.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod lite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::rig::Rig::open($crate::rig::Backing::Lite).await).await
            }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::rig::Rig::open($crate::rig::Backing::Pg).await).await
            }
        )*}
    };
}
pub(crate) use both;

/// The same for what opens its rig itself, and says how.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod lite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::rig::Backing::Lite).await
            }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::rig::Backing::Pg).await
            }
        )*}
    };
}
pub(crate) use on_both;

/// A store of its own, migrated and not yet opened.
pub struct Place {
    pub backing: Backing,
    pub options: Options,
    pub folder: Folder,
    _database: Option<Database>,
}

impl Place {
    /// An empty database, or no file yet.
    pub async fn empty(backing: Backing) -> Place {
        let folder = Folder::new("rig");
        let database = if backing == Backing::Pg { Some(Postgres::database().await) } else { None };
        let file = folder.path().join("store.db").display().to_string();
        let url = database.as_ref().map_or(file, |d| d.url().to_owned());
        let options = Options { url, connections: 12, acquire: Duration::from_secs(20) };
        Place { backing, options, folder, _database: database }
    }

    /// Runs statements with all rights, and past row-level security. Gives the rows touched by the last.
    pub async fn sql(&self, text: &str) -> Result<u64, sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        match self.backing {
            Backing::Pg => {
                let mut owner = PgConnection::connect(&self.options.url).await?;
                let done = owner.execute(text).await?.rows_affected();
                owner.close().await?;
                Ok(done)
            }
            Backing::Lite => {
                let mut file = SqliteConnection::connect(&format!("sqlite:{}", self.options.url)).await?;
                sqlx::query("pragma busy_timeout = 10000").execute(&mut file).await?;
                let done = file.execute(text).await?.rows_affected();
                file.close().await?;
                Ok(done)
            }
        }
    }

    /// One number that a statement gives.
    pub async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        match self.backing {
            Backing::Pg => {
                let mut owner = PgConnection::connect(&self.options.url).await.unwrap();
                sqlx::query_scalar(text).fetch_one(&mut owner).await.unwrap()
            }
            Backing::Lite => {
                let mut file = SqliteConnection::connect(&format!("sqlite:{}", self.options.url)).await.unwrap();
                sqlx::query_scalar(text).fetch_one(&mut file).await.unwrap()
            }
        }
    }

    /// An id as a literal of this database.
    pub fn id(&self, id: Uuid) -> String {
        match self.backing {
            Backing::Pg => format!("'{id}'::uuid"),
            Backing::Lite => format!("x'{}'", id.simple()),
        }
    }
}

/// The hub.
pub struct Rig {
    pub place: Place,
    pub hub: Hub,
    pub acme: Tenant,
    pub globex: Tenant,
    pub northwind: PartnerId,
    stop: CancellationToken,
    stages: JoinSet<()>,
    vhost: Option<Vhost>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn master_data(folder: &std::path::Path) {
    let rows = [("PLENTY-1", 1_000_000), ("PLENTY-2", 1_000_000), ("HUNDRED", 100), ("TEN", 10)];
    let mut files =
        [String::from("sku,description,unit\n"), "list,sku,amount,currency\n".into(), "sku,on_hand\n".into()];
    for (sku, on_hand) in rows {
        files[0] += &format!("{sku},A thing,EA\n");
        files[1] += &format!("standard,{sku},2.50,USD\n");
        files[2] += &format!("{sku},{on_hand}\n");
    }
    for (name, text) in ["items.csv", "prices.csv", "stock.csv"].iter().zip(files) {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// Files compiled.
pub fn directory(files: &[&str]) -> Directory {
    let files: Vec<(String, String)> =
        files.iter().enumerate().map(|(n, text)| (format!("{n}.yaml"), (*text).to_owned())).collect();
    Directory::compile(&files, &|_| None).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A partner's files of fixed width: no mapping that ships can know their columns.
const FIXED: &str = "
mapping: fixed/orders
from: fixed orders
to: order/1
claims: { direction: in, partner: northwind }
layout:
  kind: 1
  records:
    head: { is: H, opens: set, fields: { order_number: 2-11, placed: 12-19 } }
    line: { is: L, under: head, fields: { no: 2-4, sku: 5-16, quantity: 17-21 } }
fields:
  number: order_number
  purpose: \"'original'\"
  placed: { date: placed | date(yyyymmdd) }
  currency: $tenant.currency
  sold_to: { refs: \"'NORTHWIND' | ref(buyer)\" }
  lines: { each: line, number: no | pad(3), item: sku | ref(sku), quantity: { value: quantity, unit: \"'EA'\" } }
";

/// A guide of a partner's own; it is read by where an agreement names it.
const GUIDE: &str = "extends: x12/004010/850\nsender: NORTHWIND\nchange:\n  BEG03: { max: 8 }\n";

/// The mappings that come with the hub, one of a partner's, and a partner's guide: compiled once for all tests.
pub fn library() -> Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        Library::compile(&mapping::standard::with(vec![
            ("partners/fixed/mapping.yaml".into(), FIXED.into()),
            ("guides/short-numbers.yaml".into(), GUIDE.into()),
        ]))
        .unwrap_or_else(|faults| panic!("{faults:?}"))
    });
    LIBRARY.clone()
}

impl Rig {
    pub async fn open(backing: Backing) -> Rig {
        Rig::with(backing, &[ACME, NORTHWIND, GLOBEX], Settings::default()).await
    }

    pub async fn with(backing: Backing, files: &[&str], settings: Settings) -> Rig {
        let place = Place::empty(backing).await;
        store::migrate(&place.options).await.unwrap();
        Rig::on(place, files, settings).await
    }

    /// On a store that is migrated.
    pub async fn on(place: Place, files: &[&str], mut settings: Settings) -> Rig {
        let store = store::open(&place.options).await.unwrap();
        let directory = directory(files);
        directory.write(&store).await.unwrap();
        master_data(place.folder.path());
        data::load(&store, &directory, place.folder.path()).await.unwrap_or_else(|faults| panic!("{faults:?}"));
        settings.data = place.folder.path().to_path_buf();
        let hub = hub(store, directory, settings, place.folder.path().join("spool"));
        Rig {
            place,
            hub,
            acme: Tenant::named("acme"),
            globex: Tenant::named("globex"),
            northwind: PartnerId::named(Tenant::named("acme"), "northwind"),
            stop: CancellationToken::new(),
            stages: JoinSet::new(),
            vhost: None,
        }
    }

    /// Runs so many translate and apply workers until [`Rig::halt`]; on PostgreSQL with RabbitMQ and a relay, since there
    /// is no third combination.
    pub async fn start(&mut self, translate: usize, apply: usize) {
        self.stop = CancellationToken::new();
        if self.place.backing == Backing::Pg {
            if self.vhost.is_none() {
                let vhost = Rabbit::vhost().await;
                self.hub.queue = Queue::rabbit(vhost.url()).await.unwrap();
                self.vhost = Some(vhost);
            }
            let relay = flow::relay::run(self.hub.store.clone(), self.hub.queue.clone(), self.stop.clone());
            self.stages.spawn(async move { relay.await.unwrap() });
        }
        for _ in 0..translate {
            let work = flow::translate::run(self.hub.clone(), self.stop.clone());
            self.stages.spawn(async move { work.await.unwrap() });
        }
        for _ in 0..apply {
            let work = flow::apply::run(self.hub.clone(), self.stop.clone());
            self.stages.spawn(async move { work.await.unwrap() });
        }
    }

    /// Ends the workers.
    pub async fn halt(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.stages.join_next().await {
            ended.unwrap();
        }
    }

    /// What a transport says of a file.
    pub fn facts(&self, connection: &str, name: &str) -> Facts {
        let connection = self.hub.directory.connection(connection).expect("a connection of the rig").clone();
        let duplicates_days = self.hub.directory.duplicates_days(&connection);
        let answers_duplicates = self.hub.directory.answers_duplicates(&connection);
        let name = name.into();
        let (transport_id, modified_at, copy) = (None, None, None);
        Facts { connection, name, transport_id, modified_at, duplicates_days, answers_duplicates, copy }
    }

    /// Takes bytes in.
    pub async fn take(&self, connection: &str, name: &str, bytes: &[u8]) -> Result<Receipt, NotTaken> {
        self.hub.intake.take(bytes, self.facts(connection, name)).await
    }

    /// Takes bytes in that must be taken.
    pub async fn bring(&self, connection: &str, name: &str, bytes: &[u8]) -> DocumentId {
        self.take(connection, name, bytes).await.unwrap_or_else(|error| panic!("{name}: {error}")).document()
    }

    pub async fn document(&self, id: DocumentId) -> DocumentRow {
        let mut tx = self.hub.store.read(self.acme).await.unwrap();
        let row = documents::get(&mut tx, self.acme, id).await.unwrap().expect("the document is there");
        tx.rollback().await.unwrap();
        row
    }

    /// The messages of a document, in its order.
    pub async fn messages_of(&self, id: DocumentId) -> Vec<MessageRow> {
        let mut tx = self.hub.store.read(self.acme).await.unwrap();
        let rows = messages::of_document(&mut tx, self.acme, id, -1, 1_000).await.unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    /// The messages of a number, in the order in which they came.
    pub async fn messages(&self, number: &str) -> Vec<MessageRow> {
        let mut tx = self.hub.store.read(self.acme).await.unwrap();
        let rows = messages::of_number(&mut tx, self.acme, number).await.unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    pub async fn message(&self, id: MessageId) -> MessageRow {
        let mut tx = self.hub.store.read(self.acme).await.unwrap();
        let row = messages::get(&mut tx, self.acme, id).await.unwrap().expect("the message is there");
        tx.rollback().await.unwrap();
        row
    }

    /// Waits until the messages of a number stand in these states.
    pub async fn stand(&self, number: &str, states: &[&str]) {
        wait_for(PATIENCE, &format!("{number} to stand {states:?}"), || async {
            let seen: Vec<String> = self.messages(number).await.into_iter().map(|m| m.state).collect();
            if seen == states { Ok(()) } else { Err(format!("{seen:?}")) }
        })
        .await;
    }

    /// Waits until no document, message or outbox row of translate and apply is unfinished.
    pub async fn quiet(&self) {
        let unfinished = "select (select count(*) from documents where state in ('received', 'retrying'))
            + (select count(*) from messages where state in ('pending', 'retrying'))
            + (select count(*) from outbox where stage in ('translate', 'apply'))";
        wait_for(PATIENCE, "the stages to be idle", || async {
            match self.place.number(unfinished).await {
                0 => Ok(()),
                n => Err(format!("{n} unfinished")),
            }
        })
        .await;
    }
}

/// A hub on a store.
pub fn hub(store: Store, directory: Directory, settings: Settings, spool: PathBuf) -> Hub {
    let limits = Limits {
        max_bytes: settings.intake.max_bytes,
        wait_us: settings.flow.sweep_after_ms as i64 * 1_000,
        worker: "rig".into(),
    };
    Hub {
        queue: Queue::embedded(store.clone()),
        intake: Intake::open(store.clone(), spool, limits).unwrap(),
        settings: Arc::new(settings),
        store,
        directory: Arc::new(directory),
        library: library().into(),
        worker: "rig".into(),
        probe: Default::default(),
    }
}

/// Who does what the tests do with mappings.
pub const ANN: By = By { who: "ann", why: "by the test" };

/// A mapping of one file.
pub fn mapping(text: &str) -> Files {
    Files::from([("mapping.yaml".into(), text.into())])
}

/// Northwind's own mapping of an 850: from its fourth line on, what is given.
pub fn own_850(rest: &str) -> Files {
    mapping(&format!(
        "mapping: {OWN_850}\nextends: x12/4010/850-order\nclaims: {{ direction: in, partner: northwind }}\n{rest}"
    ))
}

/// Its name.
pub const OWN_850: &str = "northwind/850-order";

impl Rig {
    /// A draft of acme's: its version.
    pub async fn draft(&self, files: &Files) -> i64 {
        versions::draft(&self.hub, self.acme, files, ANN).await.unwrap().version
    }

    /// The same, published at once.
    pub async fn publish(&self, files: &Files) {
        let versions::Drafted { name, version, .. } = versions::draft(&self.hub, self.acme, files, ANN).await.unwrap();
        versions::publish(&self.hub, self.acme, &name, version, ANN, true).await.unwrap();
    }
}

/// The id of a connection.
pub fn connection(name: &str) -> ConnectionId {
    ConnectionId::named(name)
}

/// An order as the JSON connections take it: (sku, pieces) a line.
pub fn order(number: &str, lines: &[(&str, u32)]) -> Vec<u8> {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity.to_string(), "unit": "EA", "price": "2.50"}))
        .collect();
    json!({"number": number, "date": "2026-11-02", "currency": "USD", "buyer": {"id": "NW"}, "lines": lines})
        .to_string()
        .into_bytes()
}

/// Its cancel.
pub fn cancel(number: &str) -> Vec<u8> {
    json!({"number": number, "date": "2026-11-02", "currency": "USD", "purpose": "cancel", "buyer": {"id": "NW"}, "lines": []})
        .to_string()
        .into_bytes()
}
