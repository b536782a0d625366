//! A hub that only delivers: a fresh store, the deliver stage, and events written as apply writes them.

use crate::{
    hub::{
        services::{Database, Postgres, Rabbit, process::Folder, rabbit_management::Vhost},
        wait::wait_for,
    },
    rig,
};
use crossdock::{
    canonical::{
        DeliveryId, DocumentId, EndpointId, Event, EventId, MessageId, Micros, PartnerId, Stage, Tenant,
        outgoing::Outgoing,
    },
    cli::receiver::{Options, Receiver},
    config::Settings,
    emit::{
        address::{Lookup, SystemLookup},
        fanout::{self, Told},
        signature::Secret,
        webhook::Webhooks,
    },
    flow::{
        self, Hub,
        deliver::{self, DocumentSender, SendError, Senders, Sent},
        emitter,
    },
    intake::{Intake, Limits},
    queue::Queue,
    store::{
        self, census,
        deliveries::{self, DeliveryRow, Letter},
        events::{self, NewEvent},
        journal::{self, StepRow},
        now, outbox,
    },
    tenancy::Directory,
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The two combinations that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backing {
    /// SQLite and the embedded queue.
    Lite,
    /// PostgreSQL and RabbitMQ.
    Pg,
}

/// A hub with one tenant, `acme`, and what keeps its store alive.
pub struct Bench {
    pub hub: Hub,
    pub tenant: Tenant,
    pub documents: Arc<Placed>,
    lookup: Arc<dyn Lookup>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
    relay: Option<(CancellationToken, JoinHandle<()>)>,
    _vhost: Option<Vhost>,
    _database: Option<Database>,
    _folder: Folder,
}

/// Outbound documents as they came; a test may tell it to fail.
#[derive(Default)]
pub struct Placed {
    pub came: Mutex<Vec<Outgoing>>,
    /// What sending a document whose name holds this word does.
    pub trouble: Mutex<Option<(String, Trouble)>>,
}

#[derive(Clone)]
pub enum Trouble {
    Error(SendError),
    Panic,
}

impl DocumentSender for Placed {
    fn send<'a>(&'a self, out: &'a Outgoing) -> BoxFuture<'a, Result<Sent, SendError>> {
        Box::pin(async move {
            let trouble = self.trouble.lock().unwrap().clone();
            match trouble {
                Some((word, Trouble::Error(error))) if out.name.contains(&word) => return Err(error),
                Some((word, Trouble::Panic)) if out.name.contains(&word) => panic!("told to panic at {word}"),
                _ => {}
            }
            self.came.lock().unwrap().push(out.clone());
            Ok(Sent { to: format!("out/{}", out.name) })
        })
    }
}

/// An endpoint of the tenant as its file has it. `more` are further lines' settings: `budget_ms: 5000`.
pub fn endpoint(name: &str, url: &str, more: &str) -> String {
    format!("  - {{ name: {name}, url: '{url}', secret: '{SECRET}', events: ['order.*'], {more} }}\n")
}

/// Private addresses allowed, delays short.
pub fn quick(name: &str, url: &str) -> String {
    endpoint(name, url, "allow_private_addresses: true, retry_ms: [20, 50, 100], budget_ms: 20000, timeout_ms: 5000")
}

pub async fn receiver() -> Receiver {
    let secret = Some(Secret::parse(SECRET).unwrap());
    Receiver::start(Options { secret, ..Options::default() }).await.unwrap()
}

/// The tenant's file.
pub fn tenant_file(endpoints: &str) -> String {
    let endpoints = if endpoints.is_empty() { String::new() } else { format!("endpoints:\n{endpoints}") };
    format!("tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n{endpoints}")
}

impl Bench {
    pub async fn open(backing: Backing, endpoints: &[String]) -> Bench {
        Bench::with_files(backing, &[("tenant.yaml", tenant_file(&endpoints.concat()))]).await
    }

    pub async fn with_files(backing: Backing, files: &[(&str, String)]) -> Bench {
        if backing == Backing::Lite {
            return Bench::on(None, None, None, files).await;
        }
        let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
        let url = database.url().to_owned();
        Bench::on(Some(&url), Some(database), Some(vhost), files).await
    }

    /// On the store at a URL, else on a SQLite file of its own.
    pub async fn on(
        url: Option<&str>,
        database: Option<Database>,
        vhost: Option<Vhost>,
        files: &[(&str, String)],
    ) -> Bench {
        let folder = Folder::new("deliver");
        let url = url.map_or_else(|| folder.path().join("store.db").display().to_string(), str::to_owned);
        let options = store::Options { url, connections: 4, acquire: Duration::from_secs(10) };
        store::migrate(&options).await.unwrap();
        let store = store::open(&options).await.unwrap();
        let directory = compile(files);
        directory.write(&store).await.unwrap();
        let limits = Limits { max_bytes: 1 << 20, wait_us: 60_000_000, worker: "bench".into() };
        let queue = match &vhost {
            Some(vhost) => Queue::rabbit(vhost.url()).await.unwrap(),
            None => Queue::embedded(store.clone()),
        };
        let stop = CancellationToken::new();
        let relay = vhost.as_ref().map(|_| {
            let (store, queue, stop) = (store.clone(), queue.clone(), stop.clone());
            (stop.clone(), tokio::spawn(async move { flow::relay::run(store, queue, stop).await.unwrap() }))
        });
        let hub = Hub {
            settings: Arc::new(Settings::default()),
            queue,
            intake: Intake::open(store.clone(), folder.path().join("spool"), limits).unwrap(),
            store,
            directory: Arc::new(directory),
            library: rig::library().into(),
            worker: "bench".into(),
            probe: Default::default(),
        };
        Bench {
            hub,
            tenant: Tenant::named("acme"),
            documents: Arc::default(),
            lookup: Arc::new(SystemLookup),
            running: None,
            relay,
            _vhost: vhost,
            _database: database,
            _folder: folder,
        }
    }

    /// The same hub with other files, as after a restart with mended ones.
    pub async fn reconfigure(&mut self, files: &[(&str, String)]) {
        assert!(self.running.is_none(), "a hub reads its files at its start");
        let directory = compile(files);
        directory.write(&self.hub.store).await.unwrap();
        self.hub.directory = Arc::new(directory);
    }

    pub fn resolve_by(&mut self, lookup: Arc<dyn Lookup>) {
        self.lookup = lookup;
    }

    pub fn start(&mut self) {
        let webhooks = Arc::new(Webhooks::resolving_by(self.lookup.clone()).unwrap());
        let senders = Senders { webhooks, documents: self.documents.clone(), post: None };
        let stop = CancellationToken::new();
        let work = tokio::spawn(deliver::run_with(self.hub.clone(), senders, stop.clone()));
        self.running = Some((stop, work));
    }

    pub async fn stop(&mut self) {
        if let Some((stop, work)) = self.running.take() {
            stop.cancel();
            work.await.unwrap();
        }
    }

    /// Writes events and their deliveries in one transaction, as apply does. Gives the events' ids.
    pub async fn tell(&self, events: Vec<Event>, partner: Option<PartnerId>) -> Vec<EventId> {
        let mut tx = self.hub.store.begin(self.tenant).await.unwrap();
        let rows: Vec<NewEvent> = events
            .iter()
            .map(|e| NewEvent {
                tenant: self.tenant,
                id: e.id,
                position: None,
                message: e.message,
                ordinal: 0,
                kind: &e.kind,
                key: &e.key,
                at: e.at.0,
                schema: &e.schema,
                repeats: e.repeats,
                data: &e.data,
            })
            .collect();
        events::insert(&mut tx, &rows).await.unwrap();
        let told: Vec<Told> =
            events.iter().map(|event| Told { event, partner, document: None, came_as: "json" }).collect();
        fanout::write_deliveries(
            &mut tx,
            &emitter(&self.hub, self.hub.library.own(), now()),
            self.tenant,
            &told,
            vec![],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        events.into_iter().map(|e| e.id).collect()
    }

    /// One event for the endpoints; gives its id.
    pub async fn tell_one(&self, key: &str) -> EventId {
        self.tell(vec![event(self.tenant, "order.placed", key, json!({ "n": 1 }))], None).await[0]
    }

    pub async fn of(&self, event: EventId) -> Vec<DeliveryRow> {
        let mut tx = self.hub.store.read(self.tenant).await.unwrap();
        let rows = deliveries::of(&mut tx, self.tenant, Some(event), None).await.unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    pub async fn get(&self, id: DeliveryId) -> DeliveryRow {
        let mut tx = self.hub.store.read(self.tenant).await.unwrap();
        let row = deliveries::get(&mut tx, self.tenant, id).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        row
    }

    pub async fn steps(&self, id: DeliveryId) -> Vec<StepRow> {
        let mut tx = self.hub.store.read(self.tenant).await.unwrap();
        let steps = journal::of_delivery(&mut tx, self.tenant, id.0).await.unwrap();
        tx.rollback().await.unwrap();
        steps
    }

    pub async fn letters(&self) -> Vec<Letter> {
        let mut tx = self.hub.store.read(self.tenant).await.unwrap();
        let letters = deliveries::letters(&mut tx, self.tenant, Micros(i64::MAX), 1_000).await.unwrap();
        tx.rollback().await.unwrap();
        letters
    }

    pub async fn letter(&self, id: uuid::Uuid) -> Letter {
        let mut tx = self.hub.store.read(self.tenant).await.unwrap();
        let letter = deliveries::letter(&mut tx, self.tenant, id).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        letter
    }

    /// Waits until a delivery has a state, and gives its row.
    pub async fn until(&self, id: DeliveryId, state: &str) -> DeliveryRow {
        wait_for(PATIENCE, &format!("the delivery to be {state}"), || async {
            let row = self.get(id).await;
            if row.state == state { Ok(row) } else { Err(format!("it is {}, {:?}", row.state, row.cause)) }
        })
        .await
    }

    /// Waits until no claim check is left: published, waiting or in hand. A broker does not say what is in hand, the
    /// states do: what is no longer pending was worked off.
    pub async fn until_settled(&self) {
        wait_for(PATIENCE, "every claim check to be settled", || async {
            let mut tx = self.hub.store.system_read().await.unwrap();
            let rows = outbox::oldest(&mut tx, 0, 10).await.unwrap();
            let states = census::deliveries(&mut tx, Some(self.tenant)).await.unwrap();
            tx.rollback().await.unwrap();
            let open: i64 = states.iter().filter(|(state, _)| state == "pending").map(|(_, count)| count).sum();
            let standing = self.hub.queue.standing(Stage::Deliver).await.map_err(|e| e.to_string())?;
            let left = standing.ready + standing.waiting + standing.unsettled.unwrap_or(0);
            let settled = rows.is_empty() && left == 0 && open == 0;
            if settled { Ok(()) } else { Err(format!("{standing:?}, {open} pending, outbox: {rows:?}")) }
        })
        .await;
    }

    /// The delivery of an event to an endpoint.
    pub fn delivery(&self, event: EventId, endpoint: &str) -> DeliveryId {
        DeliveryId::of(event, &EndpointId::named(self.tenant, endpoint).to_string())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for (stop, work) in [self.running.take(), self.relay.take()].into_iter().flatten() {
            stop.cancel();
            work.abort();
        }
    }
}

pub fn event(tenant: Tenant, kind: &str, key: &str, data: Value) -> Event {
    let message = MessageId::of(DocumentId::new(), 0, 0, 0);
    let schema = if kind == "order.placed" { "order_placed/1" } else { "order_response/1" };
    Event {
        id: EventId::of(message, 0),
        kind: kind.into(),
        at: now(),
        tenant,
        message,
        key: key.into(),
        repeats: None,
        schema: schema.into(),
        data,
    }
}

fn compile(files: &[(&str, String)]) -> Directory {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    Directory::compile(&files, &|_| None).unwrap()
}
