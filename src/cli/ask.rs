//! Who is asked. One rule for every command that reads or changes what a hub keeps: the hub that `CROSSDOCK_URL` names;
//! else the one that runs on the data folder; else the store itself, through the same API inside this process. A command
//! that changes something then holds the store's lock.

use super::{settings, start};
use crate::{
    api,
    canonical::Tenant,
    config::Settings,
    flow::Hub,
    intake::{Intake, Limits},
    mapping::Library,
    queue::Queue,
    store::{self, Store, directory as rows},
    tenancy::{
        Directory,
        keys::{Holder, Scope},
    },
};
use anyhow::{Context, bail};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, pin::Pin, sync::Arc, time::Duration};
use tower_service::Service;

/// The largest answer that is read as JSON.
const ANSWER_BYTES: usize = 256 << 20;
/// A hub that does not answer the first question in this time is not there.
const PROBE: Duration = Duration::from_secs(3);

/// Flags of every command that asks.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Flags {
    /// Only this tenant's [default: all]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    #[command(flatten)]
    pub settings: settings::Flags,
}

/// What an API answered in place of what was asked: an RFC 9457 problem.
#[derive(Debug, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Refused {
    pub status: u16,
    pub code: String,
    title: String,
    pub detail: String,
}

/// The tenants that can be asked.
pub struct Places {
    pub all: Vec<Place>,
    /// The store's lock and a folder, given back at the end.
    _held: Option<Held>,
}

struct Held {
    _lock: Option<start::Lock>,
    spool: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.spool);
    }
}

/// One tenant, and the way to its things.
#[derive(Clone)]
pub struct Place {
    /// None: the key says which, and does not tell its name.
    pub tenant: Option<String>,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Http { client: reqwest::Client, url: String, key: String },
    Here { router: Router, holder: Holder },
}

/// What `{data}/hub.json` says about the hub that wrote it.
#[derive(Debug, Deserialize)]
struct Running {
    url: String,
    keys: BTreeMap<String, String>,
}

impl Places {
    /// Finds whom to ask. `changes`: something will be written.
    pub async fn open(flags: &Flags, changes: bool) -> anyhow::Result<Places> {
        let mut places = Places::found(&flags.settings, changes).await?;
        if let Some(name) = &flags.tenant {
            let known: Vec<String> = places.all.iter().filter_map(|p| p.tenant.clone()).collect();
            // A key alone doesn't tell its tenant's name, and sees no other's things.
            places.all.retain(|p| p.tenant.as_ref().is_none_or(|t| t == name));
            if places.all.is_empty() {
                return Err(no_tenant(name, &known));
            }
        }
        Ok(places)
    }

    async fn found(flags: &settings::Flags, changes: bool) -> anyhow::Result<Places> {
        if let Some(url) = variable("CROSSDOCK_URL") {
            let key = variable("CROSSDOCK_KEY")
                .context("CROSSDOCK_URL is set and CROSSDOCK_KEY is not: a hub answers who has a key")?;
            let way = Way::Http { client: client()?, url: url.trim_end_matches('/').into(), key };
            return Ok(Places { all: vec![Place { tenant: None, way }], _held: None });
        }
        let settings = settings::load(flags)?.settings;
        match running(&settings.data).await? {
            Some(all) => Ok(Places { all, _held: None }),
            None => here(settings, changes).await,
        }
    }

    /// The one tenant that is meant; several are a wrong call.
    pub fn only(&self) -> anyhow::Result<&Place> {
        match self.all.as_slice() {
            [one] => Ok(one),
            [] => bail!("the hub has no tenant yet"),
            several => {
                let names: Vec<&str> = several.iter().filter_map(|p| p.tenant.as_deref()).collect();
                bail!("say which tenant: --tenant {}", names.join(" or --tenant "))
            }
        }
    }

    /// The answer of the first tenant that has such a thing.
    pub async fn find(&self, path: &str) -> anyhow::Result<(&Place, Value)> {
        let mut last = None;
        for place in &self.all {
            match place.get(path).await {
                Ok(value) => return Ok((place, value)),
                Err(error) if is_not_found(&error) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("the hub has no tenant yet")))
    }
}

fn no_tenant(name: &str, known: &[String]) -> anyhow::Error {
    anyhow::anyhow!(
        "there is no tenant `{name}`; there are {}",
        if known.is_empty() { "none".into() } else { known.join(", ") }
    )
}

/// True if a tenant has no such thing.
pub fn is_not_found(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == 404)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn client() -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build().context("the HTTP client")
}

/// The tenants of the hub that runs on a data folder, if one does.
pub async fn running(data: &std::path::Path) -> anyhow::Result<Option<Vec<Place>>> {
    let Ok(text) = std::fs::read_to_string(data.join("hub.json")) else { return Ok(None) };
    let Ok(hub) = serde_json::from_str::<Running>(&text) else { return Ok(None) };
    let client = client()?;
    let Some(key) = hub.keys.values().next() else { return Ok(None) };
    let probe = client.get(format!("{}/v1/events?limit=1", hub.url)).bearer_auth(key).timeout(PROBE).send().await;
    // A hub that was killed leaves its file, and somebody else may have its port: our key means nothing to them.
    if !probe
        .is_ok_and(|answer| answer.status() != StatusCode::UNAUTHORIZED && answer.status() != StatusCode::NOT_FOUND)
    {
        return Ok(None);
    }
    let place = |(tenant, key)| Place {
        tenant: Some(tenant),
        way: Way::Http { client: client.clone(), url: hub.url.clone(), key },
    };
    Ok(Some(hub.keys.into_iter().map(place).collect()))
}

/// True if a hub runs on a data folder and answers.
pub async fn is_running(data: &std::path::Path) -> anyhow::Result<bool> {
    Ok(running(data).await?.is_some())
}

/// A store and the files beside it, opened by this process and not by a hub.
pub struct Opened {
    pub settings: Settings,
    pub store: Store,
    pub directory: Directory,
    pub library: Library,
}

impl Opened {
    /// Opens what the settings name; changes nothing.
    pub async fn of(settings: Settings) -> anyhow::Result<Opened> {
        let options = start::store_options(&settings)?;
        if !options.is_postgres() && !std::path::Path::new(&options.url).exists() {
            bail!(
                "there is no store in {}, and no hub that runs on it; start one with `crossdock serve`, name its folder with --data, \
                 or ask a hub elsewhere with CROSSDOCK_URL and CROSSDOCK_KEY",
                settings.data.display()
            );
        }
        let files = start::read_files(&settings)?;
        // Names and rules are wanted, secrets are not: a variable that only the hub's environment has is nothing here.
        let directory = Directory::compile(&files.connectors, &|name| Some(std::env::var(name).unwrap_or_default()));
        let directory = directory.map_err(|wrong| start::of_files(wrong, &files))?;
        let library = start::library(&files)?;
        let store = store::open(&options).await.context("the store can't be opened")?;
        Ok(Opened { settings, store, directory, library })
    }

    /// The tenants that the store knows.
    async fn tenants(&self) -> anyhow::Result<Vec<(Tenant, String)>> {
        let mut tx = self.store.system_read().await?;
        let tenants = rows::tenants(&mut tx).await?;
        tx.rollback().await?;
        Ok(tenants)
    }

    /// The tenant of a name; one that the store doesn't know is a wrong call.
    pub async fn tenant(&self, name: &str) -> anyhow::Result<Tenant> {
        let tenants = self.tenants().await?;
        let found = tenants.iter().find(|(_, known)| known == name).map(|(id, _)| *id);
        found.ok_or_else(|| no_tenant(name, &tenants.into_iter().map(|(_, name)| name).collect::<Vec<_>>()))
    }
}

/// The tenants of a store that no hub works on, or none that can be asked.
async fn here(settings: Settings, changes: bool) -> anyhow::Result<Places> {
    let embedded = settings.database_url.is_empty();
    let opened = Opened::of(settings).await?;
    let lock = if changes && embedded { Some(start::lock(&opened.settings.data)?) } else { None };
    let tenants = opened.tenants().await?;
    let Opened { settings, store, directory, library } = opened;
    let spool = std::env::temp_dir().join(format!("crossdock-{}", uuid::Uuid::now_v7().simple()));
    let held = Held { _lock: lock, spool: spool.clone() };
    let worker: Arc<str> = format!("cli-{}", std::process::id()).into();
    let limits = Limits { max_bytes: settings.intake.max_bytes, wait_us: 0, worker: worker.to_string() };
    let intake = Intake::open(store.clone(), spool, limits).context("a folder for temporary files can't be made")?;
    // Operations write claim checks to the outbox and take none, so no broker is needed for them.
    let queue = Queue::embedded(store.clone());
    let (settings, directory, library) = (Arc::new(settings), Arc::new(directory), library.into());
    let router = api::router(
        Hub { settings, store, queue, directory, library, intake, worker, probe: Default::default() },
        crate::signals::metrics()?,
    );
    let place = |(id, name): (Tenant, String)| {
        let holder = Holder { tenant: id, name: user(), scopes: vec![Scope::Admin] };
        Place { tenant: Some(name), way: Way::Here { router: router.clone(), holder } }
    };
    Ok(Places { all: tenants.into_iter().map(place).collect(), _held: Some(held) })
}

/// Who does it, for the journal.
fn user() -> String {
    variable("USER")
        .or_else(|| variable("LOGNAME"))
        .map_or_else(|| "the command line".into(), |name| format!("{name}, by the command line"))
}

impl Place {
    /// Reads.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.json(Method::GET, path, None).await
    }

    /// Does.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.json(Method::POST, path, Some(body)).await
    }

    async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let (status, mut stream) = self.send(method, path, body).await?;
        let mut bytes = Vec::new();
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part?);
            if bytes.len() > ANSWER_BYTES {
                bail!("the answer to {path} is longer than {ANSWER_BYTES} bytes");
            }
        }
        if !status.is_success() {
            return Err(refused(status, &bytes).into());
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).with_context(|| format!("the answer to {path} is no JSON"))
    }

    /// Reads bytes, as they come.
    pub async fn stream(&self, path: &str) -> anyhow::Result<Bytestream> {
        self.streamed(Method::GET, path, None).await
    }

    /// Does, and reads what is told as it goes on.
    pub async fn post_stream(&self, path: &str, body: &Value) -> anyhow::Result<Bytestream> {
        self.streamed(Method::POST, path, Some(body)).await
    }

    async fn streamed(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Bytestream> {
        let (status, mut stream) = self.send(method, path, body).await?;
        if status.is_success() {
            return Ok(stream);
        }
        let mut bytes = Vec::new();
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part?);
        }
        Err(refused(status, &bytes).into())
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Bytestream)> {
        match &self.way {
            Way::Http { client, url, key } => {
                let mut request = client.request(method, format!("{url}{path}")).bearer_auth(key);
                if let Some(body) = body {
                    request = request.json(body);
                }
                let answer = request.send().await.with_context(|| format!("the hub at {url} can't be asked"))?;
                Ok((answer.status(), Box::pin(answer.bytes_stream().map_err(anyhow::Error::from))))
            }
            Way::Here { router, holder } => {
                let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
                let mut request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body)?;
                request.extensions_mut().insert(holder.clone());
                let answer = match router.clone().call(request).await {
                    Ok(answer) => answer,
                    Err(never) => match never {},
                };
                Ok((answer.status(), Box::pin(answer.into_body().into_data_stream().map_err(anyhow::Error::from))))
            }
        }
    }
}

/// A body, part by part.
pub type Bytestream = Pin<Box<dyn Stream<Item = anyhow::Result<Bytes>> + Send>>;

fn refused(status: StatusCode, bytes: &[u8]) -> Refused {
    let problem: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let word = |key: &str, other: &str| problem[key].as_str().unwrap_or(other).to_owned();
    Refused {
        status: status.as_u16(),
        code: word("code", ""),
        title: word("title", status.as_str()),
        detail: word("detail", "the answer is none of a hub's"),
    }
}

/// A text as it may stand in a path or query. RFC 3986 §2.3
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
