//! A hub of two tenants for tests: real store, intake and API on a port of its own.

use crate::hub::services::{
    http,
    postgres::{Database, Postgres},
    process::Folder,
};
use crossdock::{
    api,
    canonical::Tenant,
    config::Settings,
    flow::{self, Hub},
    intake::{Intake, Limits},
    mapping::Library,
    queue::Queue,
    signals, store,
    tenancy::{
        Directory,
        keys::{self, Scope},
    },
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

pub const ACME: &str = "
tenant: acme
identities: [x12/ZZ/ACMEDIST]
endpoints:
  - { name: shop, url: 'http://127.0.0.1:9/', secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0', allow_private_addresses: true, retry_ms: [1], budget_ms: 1 }
";
pub const NORTHWIND: &str = "
tenant: acme
partner: northwind
identities: [x12/ZZ/NORTHWIND]
connections:
  - { name: northwind-http, transport: http, key: northwind-key-0123456789, expects: json order }
  - { name: northwind-hook, transport: webhook, secret: 'whsec_bm9ydGh3aW5kLWhvb2stc2VjcmV0', expects: json order }
  - { name: northwind-drop, transport: folder, path: northwind, poll_ms: 20, settle_ms: 40 }
agreement: { contacts: [edi@northwind.example, '+1 555 0100'], search_keys: { po: BEG03 } }
";
pub const GLOBEX: &str = "
tenant: globex
connections:
  - { name: globex-http, transport: http, key: globex-key-0123456789 }
";

/// Where the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A running hub; its stages run only if asked for.
pub struct Setup {
    pub hub: Hub,
    pub url: String,
    #[allow(dead_code, reason = "kept till the end: its folder goes with it; tests/connectors asks for its path")]
    pub folder: Folder,
    pub client: reqwest::Client,
    stop: CancellationToken,
    _database: Option<Database>,
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The files above, compiled.
pub fn directory() -> Directory {
    let files = [("acme.yaml", ACME), ("northwind.yaml", NORTHWIND), ("globex.yaml", GLOBEX)];
    let files: Vec<(String, String)> = files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    Directory::compile(&files, &|_| None).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn acme() -> Tenant {
    Tenant::named("acme")
}

pub fn globex() -> Tenant {
    Tenant::named("globex")
}

impl Setup {
    pub async fn new(on: On) -> Setup {
        Setup::with(on, |_| {}).await
    }

    pub async fn with(on: On, change: impl FnOnce(&mut Settings)) -> Setup {
        let database = if on == On::Postgres { Some(Postgres::database().await) } else { None };
        Setup::at_database(database, change).await
    }

    /// A hub on a PostgreSQL database, else on SQLite.
    pub async fn at_database(database: Option<Database>, change: impl FnOnce(&mut Settings)) -> Setup {
        let folder = Folder::new("api");
        let mut settings = Settings { data: folder.path().join("data"), ..Settings::default() };
        change(&mut settings);
        std::fs::create_dir_all(&settings.data).expect("a folder of our own");
        let url = database
            .as_ref()
            .map_or_else(|| settings.data.join("hub.db").display().to_string(), |d| d.url().to_owned());
        let options = store::Options { url, connections: 4, acquire: Duration::from_secs(5) };
        store::migrate(&options).await.expect("migrated");
        let store = store::open(&options).await.expect("opened");
        let directory = directory();
        directory.write(&store).await.expect("written");
        let limits = Limits { max_bytes: settings.intake.max_bytes, wait_us: 60_000_000, worker: "test".into() };
        let intake =
            Intake::open(store.clone(), settings.data.join("spool"), limits).expect("a spool folder of our own");
        let hub = Hub {
            settings: Arc::new(settings),
            queue: Queue::embedded(store.clone()),
            store,
            directory: Arc::new(directory),
            library: library().into(),
            intake,
            worker: "test".into(),
            probe: Default::default(),
        };
        let (url, stop) = (serve(hub.clone()).await, CancellationToken::new());
        Setup { hub, url, folder, client: http::client(), stop, _database: database }
    }

    /// Starts translate, apply and deliver.
    pub fn start_stages(&self) {
        let (hub, stop) = (self.hub.clone(), self.stop.clone());
        tokio::spawn(flow::translate::run(hub.clone(), stop.clone()));
        tokio::spawn(flow::apply::run(hub.clone(), stop.clone()));
        tokio::spawn(flow::deliver::run(hub, Arc::new(NoDocuments), stop));
    }

    /// A key of a tenant with scopes.
    pub async fn key(&self, tenant: Tenant, scopes: &[Scope]) -> String {
        let key = keys::generate();
        keys::put(&self.hub.store, tenant, &format!("{scopes:?}"), &key, scopes).await.expect("a key");
        key
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub async fn get(&self, path: &str, key: &str) -> reqwest::Response {
        self.client.get(self.at(path)).bearer_auth(key).send().await.expect("an answer")
    }

    pub async fn json(&self, path: &str, key: &str) -> serde_json::Value {
        let response = self.get(path, key).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    pub async fn post(&self, path: &str, key: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.client.post(self.at(path)).bearer_auth(key).body(body).send().await.expect("an answer")
    }
}

/// Serves the API of a hub on a port of its own.
pub async fn serve(hub: Hub) -> String {
    let metrics = signals::metrics().expect("a recorder");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = api::router(hub, metrics);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

struct NoDocuments;

impl flow::deliver::DocumentSender for NoDocuments {
    fn send<'a>(
        &'a self,
        out: &'a crossdock::canonical::outgoing::Outgoing,
    ) -> futures_util::future::BoxFuture<'a, Result<flow::deliver::Sent, flow::deliver::SendError>> {
        Box::pin(async move {
            let sentence = format!("{} leaves by no connection of these tests", out.name);
            Err(flow::deliver::SendError { code: "test".into(), sentence, transient: false, retry_after: None })
        })
    }
}

/// The mappings of the repository.
fn library() -> Library {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("mappings") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "csv") {
                let name = path.strip_prefix(&root).expect("below").display().to_string();
                files.push((format!("mappings/{name}"), std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    files.retain(|(name, _)| !name.contains("/samples/"));
    Library::compile(&files).unwrap_or_else(|lints| panic!("{lints:?}"))
}

/// An order of one line, as northwind's shop would post it.
pub fn order(number: &str) -> String {
    serde_json::json!({
        "number": number, "date": "2026-03-02", "currency": "USD", "buyer": { "id": "SHOP-9" },
        "lines": [{ "line": 1, "sku": "BOLT-M8", "quantity": 24, "unit": "EA", "price": "9.25" }],
    })
    .to_string()
}
