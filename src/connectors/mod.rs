//! Transports: how bytes come from a partner and how they go to one. A transport a file, a line each in [`TRANSPORTS`].
//!
//! Promise: a sender's file is moved only after intake's [`Receipt`](crate::intake::Receipt); one folder that fails
//! stops itself and no other; sending the same document again makes no second file.
//! Called by: `cli` (lints, runs, hands [`Connectors::send`] to deliver). Calls: `intake`, `store` (leases, failing).
//! Never: parses, maps, decides what a document means; reads the environment.
//! Tried by: tests/connectors

pub mod folder;
pub mod http;
pub mod lint;

use crate::{
    canonical::{ConnectionId, outgoing::Outgoing},
    intake::Intake,
    store::Store,
    tenancy::{ConnectionInfo, Directory},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::HashMap, future::Future, path::PathBuf, pin::Pin, sync::Arc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What every transport gets of the hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub intake: Intake,
    pub store: Store,
    /// Who holds the leases of this process.
    pub owner: Uuid,
    /// What a folder's `path` is relative to.
    pub base: Arc<PathBuf>,
}

impl Hub {
    /// On the embedded store one process has everything, so its leases outlive a crash under the same owner;
    /// on a shared one each process is an owner of its own.
    pub fn new(intake: Intake, store: Store, base: PathBuf) -> Hub {
        let owner = if store.is_distributed() { Uuid::now_v7() } else { Uuid::from_u128(1) };
        Hub { intake, store, owner, base: Arc::new(base) }
    }
}

/// A connection with what intake must know of its partner's agreement.
#[derive(Debug, Clone)]
pub struct Way {
    pub connection: Arc<ConnectionInfo>,
    /// The same content within so many days is a duplicate.
    pub duplicates_days: u32,
    /// A duplicate may be owed an answer.
    pub answers_duplicates: bool,
}

/// Where a document that was sent went, for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub to: String,
}

/// What a transport can't do, and why.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    #[error("{0}")]
    Settings(String),
    #[error("sending by {0} is not built yet; let the answer leave by a folder")]
    NotBuilt(&'static str),
    #[error("no connection {0} is open here; the configuration has changed since the document was made")]
    Unknown(ConnectionId),
    #[error("`{0}` is no name of a file that can be sent")]
    Name(String),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

impl Wrong {
    /// True if the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Wrong::Io { .. })
    }

    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Wrong {
        move |source| Wrong::Io { what: what.into(), source }
    }
}

/// A transport. Its settings are its connection's fields in `connectors/*.yaml`; their doc comments are the reference.
pub trait Transport: Sized + Send + Sync + 'static {
    /// `transport:` in `connectors/*.yaml`.
    const NAME: &'static str;
    /// True if documents can leave by it.
    const SENDS: bool;
    /// Its own settings, besides name, transport, expects, key and secret.
    type Settings: DeserializeOwned + JsonSchema;
    /// What can be wrong with the settings beyond their types: a sentence.
    fn check(connection: &ConnectionInfo, settings: &Self::Settings) -> Result<(), String>;
    /// Makes it ready; touches nothing outside yet.
    fn open(way: Way, settings: Self::Settings, hub: Hub) -> Result<Self, Wrong>;
    /// Brings in what comes, until told to stop. Ends early only if nothing comes by it.
    fn run(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send;
    /// Sends one document. Sending it again replaces it and makes no second one.
    fn send(&self, out: &Outgoing) -> impl Future<Output = Result<Sent, Wrong>> + Send;
}

/// Every transport. A new one is a file, a `mod` line and a line here.
pub const TRANSPORTS: &[Entry] = &[entry::<folder::Folder>(), entry::<http::Http>(), entry::<http::Webhook>()];

/// A transport in the table.
pub struct Entry {
    pub name: &'static str,
    pub sends: bool,
    /// The JSON Schema of its settings.
    pub schema: fn() -> Value,
    check: fn(&ConnectionInfo) -> Result<(), String>,
    open: fn(Way, Hub) -> Result<Arc<dyn Open>, Wrong>,
}

/// The transport of a name.
pub fn transport(name: &str) -> Option<&'static Entry> {
    TRANSPORTS.iter().find(|t| t.name == name)
}

const fn entry<T: Transport>() -> Entry {
    Entry {
        name: T::NAME,
        sends: T::SENDS,
        schema: || schemars::schema_for!(T::Settings).to_value(),
        check: |connection| T::check(connection, &settings::<T>(connection)?),
        open: |way, hub| {
            let settings = settings::<T>(&way.connection).map_err(Wrong::Settings)?;
            Ok(Arc::new(T::open(way, settings, hub)?))
        },
    }
}

fn settings<T: Transport>(connection: &ConnectionInfo) -> Result<T::Settings, String> {
    serde_json::from_value(Value::Object(connection.settings.clone())).map_err(|e| e.to_string())
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An open transport, whatever its type.
trait Open: Send + Sync {
    fn run(&self, stop: CancellationToken) -> Boxed<'_, ()>;
    fn send<'a>(&'a self, out: &'a Outgoing) -> Boxed<'a, Result<Sent, Wrong>>;
}

impl<T: Transport> Open for T {
    fn run(&self, stop: CancellationToken) -> Boxed<'_, ()> {
        Box::pin(Transport::run(self, stop))
    }
    fn send<'a>(&'a self, out: &'a Outgoing) -> Boxed<'a, Result<Sent, Wrong>> {
        Box::pin(Transport::send(self, out))
    }
}

/// A connection's name, for logs, and its transport.
type Named = (String, Arc<dyn Open>);

/// Every connection of the directory, open. Cheap to clone.
#[derive(Clone)]
pub struct Connectors {
    open: Arc<HashMap<ConnectionId, Named>>,
}

impl Connectors {
    /// Opens all connections; what [`lint::lint`] would find is an error here too.
    pub fn open(directory: &Directory, hub: Hub) -> Result<Connectors, Wrong> {
        let mut open = HashMap::new();
        for connection in directory.connections.values() {
            let entry = transport(&connection.transport)
                .ok_or_else(|| Wrong::Settings(format!("`{}` is no transport", connection.transport)))?;
            let way = Way {
                duplicates_days: directory.duplicates_days(connection),
                answers_duplicates: directory.answers_duplicates(connection),
                connection: connection.clone(),
            };
            open.insert(connection.id, (connection.name.clone(), (entry.open)(way, hub.clone())?));
        }
        Ok(Connectors { open: Arc::new(open) })
    }

    /// Runs all of them until told to stop. One that panics is started again; the others don't notice.
    pub async fn run(&self, stop: CancellationToken) {
        let mut running = tokio::task::JoinSet::new();
        for (name, transport) in self.open.values() {
            let (name, transport, stop) = (name.clone(), transport.clone(), stop.clone());
            running.spawn(async move {
                loop {
                    let (it, until) = (transport.clone(), stop.clone());
                    match tokio::spawn(async move { it.run(until).await }).await {
                        Ok(()) => return,
                        Err(error) => tracing::error!(connection = name, %error, "a connection's task failed; it is started again"),
                    }
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
                    }
                }
            });
        }
        while running.join_next().await.is_some() {}
    }

    /// Sends one document by its connection.
    pub async fn send(&self, out: &Outgoing) -> Result<Sent, Wrong> {
        let (_, transport) = self.open.get(&out.connection).ok_or(Wrong::Unknown(out.connection))?;
        transport.send(out).await
    }
}
