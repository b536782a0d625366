//! A whole hub in this process with two tenants, an endpoint that can be away, and a few orders, one of them broken.

use crate::hub::{
    services::{http, process::Folder},
    wait::wait_until,
};
use axum::{Router, http::StatusCode, routing::post};
use crossdock::{
    canonical::Tenant,
    cli::start::{self, Files, Lock, Role, Running},
    config::Settings,
    flow::Hub,
    formats::fault::Fault,
    store::{deliveries, messages},
    tenancy::keys::{self, Scope},
};
use sqlx::{Connection, SqliteConnection};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};

const NORTHWIND: &str = "
tenant: acme
partner: northwind
identities: [x12/ZZ/NORTHWIND]
connections:
  - { name: northwind-http, transport: http, key: northwind-key-0123456789 }
agreement: { contacts: [edi@northwind.example, '+1 555 0100'] }
";
const GLOBEX: &str = "
tenant: globex
connections:
  - { name: globex-http, transport: http, key: globex-key-0123456789 }
";

pub fn acme() -> Tenant {
    Tenant::named("acme")
}

pub fn globex() -> Tenant {
    Tenant::named("globex")
}

pub struct Setup {
    running: Running,
    url: String,
    client: reqwest::Client,
    /// The endpoint answers 200 while it is set, 503 else.
    pub is_up: Arc<AtomicBool>,
    _lock: Lock,
    _folder: Folder,
    _room: Room,
}

/// Tests share the machine's cores, but with what is timed nobody does.
static ROOM: RwLock<()> = RwLock::const_new(());

enum Room {
    Shared(#[allow(dead_code, reason = "held till the end")] RwLockReadGuard<'static, ()>),
    Alone(#[allow(dead_code, reason = "held till the end")] RwLockWriteGuard<'static, ()>),
}

impl Setup {
    pub async fn new() -> Setup {
        Setup::within(Room::Shared(ROOM.read().await)).await
    }

    /// For what is timed: no other hub of these tests runs beside it.
    pub async fn alone() -> Setup {
        Setup::within(Room::Alone(ROOM.write().await)).await
    }

    async fn within(room: Room) -> Setup {
        let folder = Folder::new("console");
        let is_up = Arc::new(AtomicBool::new(false));
        let acme = format!(
            "\ntenant: acme\nidentities: [x12/ZZ/ACMEDIST]\nendpoints:\n  - {{ name: shop, url: '{}', secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0', events: [order.*], allow_private_addresses: true, retry_ms: [1], budget_ms: 1 }}\n",
            receiver(is_up.clone()).await
        );
        let connectors = [("acme.yaml", acme.as_str()), ("northwind.yaml", NORTHWIND), ("globex.yaml", GLOBEX)];
        let connectors = connectors.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec();
        let files = Files { connectors, base: folder.path().to_owned(), ..Files::default() };
        let settings = Settings { data: folder.path().join("data"), ..Settings::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (hub, lock) = start::hub(settings, &files).await.expect("a hub");
        let running = start::run(hub, &files, Role::All, Some(listener)).await.expect("a running hub");
        let url = format!("http://{}", running.address.expect("an address"));
        let client = http::client();
        Setup { running, url, client, is_up, _lock: lock, _folder: folder, _room: room }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A new key with scopes, separated by spaces.
    pub async fn key(&self, tenant: Tenant, scopes: &str) -> String {
        let key = keys::generate();
        let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|s| scopes.split(' ').any(|w| w == s.name())).collect();
        keys::put(&self.running.hub.store, tenant, &format!("{scopes:?}"), &key, &scopes).await.expect("a key");
        key
    }

    pub fn hub(&self) -> Hub {
        self.running.hub.clone()
    }

    /// A statement by a connection of its own, as a database's administrator would send it.
    pub async fn sql(&self, statement: &'static str) {
        let file = self._folder.path().join("data/crossdock.db");
        let mut link =
            SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("the store's file");
        sqlx::query(statement).execute(&mut link).await.expect("done");
        link.close().await.expect("closed");
    }

    /// The states of all messages of a number, oldest first.
    pub async fn states(&self, number: &str) -> Vec<String> {
        let mut tx = self.running.hub.store.read(acme()).await.expect("the store");
        let rows = messages::of_number(&mut tx, acme(), number).await.expect("rows");
        tx.rollback().await.expect("ended");
        rows.into_iter().map(|m| m.state).collect()
    }

    /// First byte and length of the only fault of a set, as the store has it.
    pub async fn fault_place(&self, control: &str) -> (usize, usize) {
        let mut tx = self.running.hub.store.read(acme()).await.expect("the store");
        let rows = messages::in_state(&mut tx, acme(), "rejected", 10).await.expect("rows");
        tx.rollback().await.expect("ended");
        let row = rows.into_iter().find(|m| m.set_control == control).expect("the faulty set");
        let faults: Vec<Fault> = serde_json::from_value(row.faults.expect("faults")).expect("as they are kept");
        let [fault] = faults.as_slice() else { panic!("one fault: {faults:?}") };
        (fault.place.byte as usize, fault.place.len as usize)
    }

    /// Sends two orders, one with a quantity that is no number.
    pub async fn post_orders(&self) {
        self.post_document(orders()).await;
    }

    /// A document by the partner's own way in.
    pub async fn post_document(&self, text: String) {
        let sent = self.client.post(self.at("/in/northwind-http")).bearer_auth("northwind-key-0123456789");
        let answer = sent.body(text).send().await.expect("an answer");
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap_or_default());
    }

    /// The same, and waits until the webhooks of the good one are dead.
    pub async fn send_orders(&self) {
        self.post_orders().await;
        wait_until(Duration::from_secs(30), "webhooks are dead letters", || async {
            let mut tx = self.running.hub.store.system_read().await.expect("the store");
            let letters = deliveries::open_letters(&mut tx).await.expect("a count");
            tx.rollback().await.expect("ended");
            letters >= 1
        })
        .await;
    }

    /// Logs in without a browser: status and cookie.
    pub async fn try_login(&self, key: &str) -> (u16, String) {
        let answer = self.form("/login", "", &[("key", key)]).await;
        let cookie = answer.headers().get("set-cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
        (answer.status().as_u16(), cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// The token of a session's forms.
    pub async fn csrf(&self, cookie: &str) -> String {
        let page = self.get("/", cookie).await.1;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.expect("a form").to_owned()
    }

    /// The same at a console of another address.
    pub async fn login_at(&self, at: &str, key: &str) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let request = client.post(format!("{at}/login")).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("key={key}")).send().await.expect("an answer");
        let cookie = answer.headers().get("set-cookie").and_then(|c| c.to_str().ok()).expect("a session");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    pub async fn login(&self, key: &str) -> String {
        let (status, cookie) = self.try_login(key).await;
        assert_eq!(status, 303);
        cookie
    }

    pub async fn get(&self, path: &str, cookie: &str) -> (u16, String) {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let answer = client.get(self.at(path)).header("cookie", cookie).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }

    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> u16 {
        self.form(path, cookie, fields).await.status().as_u16()
    }

    async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let request = client.post(self.at(path)).header("cookie", cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"));
        request.send().await.expect("an answer")
    }
}

async fn receiver(is_up: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let answer = move || async move {
        if is_up.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    };
    let app = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

pub fn orders() -> String {
    let set = |control: &str, number: &str, quantity: &str| {
        format!(
            "ST*850*{control}~BEG*00*SA*{number}**20261102~CUR*BY*USD~N1*ST*Store 12*92*STORE12~\
             PO1*1*{quantity}*EA*1.25**VN*BOLT-01~CTT*1~SE*7*{control}~"
        )
    };
    format!(
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0900*U*00401*000000777*0*P*>~\
         GS*PO*NORTHWIND*ACMEDIST*20261102*0900*7*X*004010~{}{}GE*2*7~IEA*1*000000777~",
        set("0001", "PO-C1", "2"),
        set("0002", "PO-C2", "12x")
    )
}
