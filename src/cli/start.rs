//! Putting a hub together: files, store, queue, stages, transports, API. The only place where the rooms meet.

use super::{faults::Faults, http};
use crate::{
    canonical::{Tenant, outgoing::Outgoing},
    config::Settings,
    connectors::{self, Connectors},
    emit,
    flow::{
        self, Hub,
        deliver::{DocumentSender, SendError, Sent},
    },
    intake::{Intake, Limits},
    mapping::{self, Library},
    queue::Queue,
    store::{self, Store},
    tenancy::{
        Directory,
        files::Lint,
        keys,
        kinds::{self, Kinds},
        lint,
    },
};
use anyhow::{Context, bail};
use futures_util::{FutureExt, future::BoxFuture};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    net::SocketAddr,
    os::fd::AsRawFd,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Before a stage that panicked begins again.
const AFTER_PANIC: Duration = Duration::from_millis(500);

/// What this process does of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything.
    All,
    /// API, console, `POST /in`.
    Api,
    /// Translate, apply, deliver.
    Worker,
    /// Outbox to broker, sweeper, timers.
    Relay,
    /// Watched folders.
    Connectors,
}

impl Role {
    fn has(self, part: Role) -> bool {
        self == Role::All || self == part
    }
}

/// The configuration files, as (path, text), and the folder that their relative paths start from.
#[derive(Debug, Clone, Default)]
pub struct Files {
    pub connectors: Vec<(String, String)>,
    pub mappings: Vec<(String, String)>,
    pub base: PathBuf,
}

/// The embedded store's exclusive lock; it ends with the process, however that ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] Option<std::fs::File>);

/// Takes the lock of a data folder.
pub fn lock(data: &Path) -> anyhow::Result<Lock> {
    std::fs::create_dir_all(data).with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let path = data.join("lock");
    let file = std::fs::File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    // SAFETY: flock takes an open descriptor and a flag, and touches no memory of ours (flock(2)).
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        bail!("another hub works on {}; stop it, or ask it by HTTP (CROSSDOCK_URL)", data.display());
    }
    Ok(Lock(Some(file)))
}

/// Reads the files below the folders that the settings name. A folder that is not there has none.
pub fn read_files(settings: &Settings) -> anyhow::Result<Files> {
    let base = settings.connectors.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Files {
        connectors: read_tree(&settings.connectors, &["yaml", "yml"])?,
        mappings: read_tree(&settings.mappings, &["yaml", "yml", "csv"])?,
        base,
    })
}

/// Files as (path, text).
pub type Texts = Vec<(String, String)>;

/// The files below a folder with one of these extensions, as (path, text), samples apart; none where there is no folder.
///
/// Errors: a file or folder can't be read; [`Faults`] of all files that are no UTF-8.
pub fn read_tree(root: &Path, extensions: &[&str]) -> anyhow::Result<Texts> {
    let (files, wrong) = read_whole_tree(root, extensions)?;
    if wrong.is_empty() { Ok(files) } else { Err(Faults::of(wrong, &[&files]).into()) }
}

/// The same, with the files that are no UTF-8 among them, as far as they can be read, and told; and links to folders that
/// are read anyway, or that lead round in a circle, which are not followed.
pub fn read_whole_tree(root: &Path, extensions: &[&str]) -> anyhow::Result<(Texts, Vec<Lint>)> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut folders = vec![root.to_path_buf()];
    let mut read: Vec<PathBuf> = root.canonicalize().into_iter().collect();
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder == root => return Ok((found, wrong)),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", folder.display())),
        };
        for entry in entries {
            let path = entry?.path();
            let called = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                // `..data`: Kubernetes keeps there what the links beside it lead to.
                if called == "samples" || called.starts_with("..") {
                    continue;
                }
                match path.is_symlink().then(|| path.canonicalize()).transpose() {
                    Ok(Some(target)) if read.iter().any(|r| target.starts_with(r) || r.starts_with(&target)) => {
                        wrong.push(leads_back(&path, &target));
                    }
                    Ok(target) => {
                        read.extend(target);
                        folders.push(path);
                    }
                    Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
                }
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
                let bytes = std::fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?;
                let name = path.display().to_string();
                wrong.extend(no_text(&name, &bytes));
                found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    wrong.sort_by(|a: &Lint, b| a.file.cmp(&b.file));
    Ok((found, wrong))
}

/// A link to a folder that is read anyway: all below it would be read twice.
fn leads_back(link: &Path, target: &Path) -> Lint {
    let sentence = format!(
        "this link leads to {}, a folder that is read without it or has this one in it: each file of it would be there twice. \
         Take the link away",
        target.display()
    );
    Lint { file: link.display().to_string(), line: 1, column: 1, sentence }
}

/// Where a file is no UTF-8, if so.
pub fn no_text(file: &str, bytes: &[u8]) -> Option<Lint> {
    let at = std::str::from_utf8(bytes).err()?.valid_up_to();
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    let sentence = format!(
        "byte {at} (hex {:02X}) is no UTF-8: save the file as UTF-8; as ISO 8859-1 the byte is `{}`",
        bytes[at],
        char::from(bytes[at])
    );
    Some(Lint { file: file.to_owned(), line, column, sentence })
}

/// Faults of these files.
pub fn of_files(faults: Vec<Lint>, files: &Files) -> Faults {
    Faults::of(faults, &[&files.connectors, &files.mappings])
}

/// The directory of the files, linted as a whole.
pub fn directory(files: &Files) -> Result<Directory, Faults> {
    let directory = Directory::compile(&files.connectors, &|name| std::env::var(name).ok());
    let directory = directory.map_err(|wrong| of_files(wrong, files))?;
    let faults = around(&directory, files);
    if faults.is_empty() { Ok(directory) } else { Err(of_files(faults, files)) }
}

/// What is wrong with connections and endpoints.
fn around(directory: &Directory, files: &Files) -> Vec<Lint> {
    let mut faults = connectors::lint::lint(directory, &files.connectors);
    faults.extend(emit::lint::lint(directory, &files.connectors));
    faults
}

/// The partners' names and what their connections expect, where they are asked for: what the files say else is nothing to who
/// reads a document.
pub fn partners(files: &Files, asked: bool) -> Result<BTreeMap<String, BTreeSet<String>>, Faults> {
    if !asked {
        return Ok(BTreeMap::new());
    }
    let directory = directory(files)?;
    let mut known: BTreeMap<String, BTreeSet<String>> =
        directory.partners.values().map(|partner| (partner.name.clone(), BTreeSet::new())).collect();
    for connection in directory.connections.values() {
        let expects = connection.partner.zip(connection.expects.clone().filter(|expects| !expects.is_empty()));
        if let Some((partner, expects)) = expects {
            known.entry(directory.partner_name(partner).to_owned()).or_default().insert(expects);
        }
    }
    Ok(known)
}

/// The mappings that come with the hub, and those of the files.
pub fn library(files: &Files) -> Result<Library, Faults> {
    let all = mapping::standard::with(files.mappings.clone());
    Library::compile(&all).map_err(|faults| {
        let lint = |l: mapping::Lint| Lint {
            file: l.file,
            line: u64::from(l.line),
            column: u64::from(l.column),
            sentence: l.sentence,
        };
        Faults::of(faults.into_iter().map(lint).collect(), &[&all])
    })
}

/// Directory and mappings, and whether they fit each other.
pub fn compiled(files: &Files) -> Result<(Directory, Library), Faults> {
    let library = library(files)?;
    Ok((fitting(files, &library)?, library))
}

/// The directory of the files, if it fits the mappings.
pub fn fitting(files: &Files, library: &Library) -> Result<Directory, Faults> {
    let directory = directory(files)?;
    let faults = misfits(&directory, files, library);
    if faults.is_empty() { Ok(directory) } else { Err(of_files(faults, files)) }
}

/// What of a directory does not fit the mappings.
fn misfits(directory: &Directory, files: &Files, library: &Library) -> Vec<Lint> {
    let mut faults =
        connectors::lint::expectations(directory, &files.connectors, &|partner| library.expectable(partner));
    faults.extend(lint::guides(directory, &library.guide_names().collect::<Vec<_>>()));
    faults.extend(kinds::lint(directory, &Kinds::of(library)));
    faults
}

/// Directory and mappings as a start reads them, for who looks at them elsewhere: a variable that only the hub's
/// environment has is nothing here, and then connections and endpoints are not judged, since it may be their secret.
pub fn looked_at(files: &Files) -> Result<(Directory, Library), Faults> {
    let unset = Cell::new(false);
    let value = |name: &str| {
        let value = std::env::var(name).ok();
        unset.set(unset.get() || value.is_none());
        Some(value.unwrap_or_default())
    };
    let directory = Directory::compile(&files.connectors, &value).map_err(|wrong| of_files(wrong, files))?;
    let library = library(files)?;
    let mut faults = match unset.get() {
        true => connectors::lint::acknowledgements(&directory),
        false => around(&directory, files),
    };
    faults.extend(misfits(&directory, files, &library));
    if faults.is_empty() { Ok((directory, library)) } else { Err(of_files(faults, files)) }
}

/// What the store's options are by the settings. One URL without the other is a wrong call.
pub fn store_options(settings: &Settings) -> anyhow::Result<store::Options> {
    let url = match (settings.database_url.is_empty(), settings.amqp_url.is_empty()) {
        (true, true) => settings.data.join("crossdock.db").display().to_string(),
        (false, false) => settings.database_url.clone(),
        (false, true) => bail!(
            "database_url is set and amqp_url is not: PostgreSQL goes with RabbitMQ, SQLite with the embedded queue"
        ),
        (true, false) => bail!(
            "amqp_url is set and database_url is not: RabbitMQ goes with PostgreSQL, the embedded queue with SQLite"
        ),
    };
    Ok(store::Options {
        url,
        connections: settings.store.connections,
        acquire: Duration::from_millis(settings.store.acquire_ms),
    })
}

/// Opens the store, migrated and locked.
pub async fn open_store(settings: &Settings) -> anyhow::Result<(Store, Lock)> {
    let options = store_options(settings)?;
    let lock = if options.is_postgres() {
        std::fs::create_dir_all(&settings.data)
            .with_context(|| format!("the data folder {} can't be made", settings.data.display()))?;
        Lock(None)
    } else {
        lock(&settings.data)?
    };
    store::migrate(&options).await.context("the store can't be brought up to date")?;
    Ok((store::open(&options).await.context("the store can't be opened")?, lock))
}

/// Opens a hub: everything but its running parts.
pub async fn hub(settings: Settings, files: &Files) -> anyhow::Result<(Hub, Lock)> {
    let (directory, library) = compiled(files)?;
    let (store, lock) = open_store(&settings).await?;
    directory.write(&store).await.context("the configuration can't be written to the store")?;
    if !store.is_distributed() {
        for tenant in directory.tenants.keys() {
            let mut tx = store.begin(*tenant).await?;
            store::directory::free_leases(&mut tx, *tenant).await?;
            tx.commit().await?;
        }
    }
    super::data::load(&store, &directory, &files.base).await.map_err(|wrong| Faults::of(wrong, &[]))?;
    let worker: Arc<str> = format!("{}-{}", hostname(), std::process::id()).into();
    let limits = Limits {
        max_bytes: settings.intake.max_bytes,
        wait_us: settings.flow.sweep_after_ms as i64 * 1_000,
        worker: worker.to_string(),
    };
    let intake = Intake::open(store.clone(), settings.data.join("spool"), limits)
        .with_context(|| format!("the spool folder below {} can't be written", settings.data.display()))?;
    let queue = if settings.amqp_url.is_empty() {
        Queue::embedded(store.clone())
    } else {
        Queue::rabbit(&settings.amqp_url).await.context("the broker")?
    };
    let hub = Hub {
        settings: Arc::new(settings),
        store,
        queue,
        directory: Arc::new(directory),
        library: library.into(),
        intake,
        worker,
        probe: Default::default(),
    };
    for tenant in hub.directory.tenants.values() {
        let mut tx = hub.store.read(tenant.id).await?;
        let standing = hub.library.standing(&mut tx, tenant.id).await;
        tx.rollback().await?;
        standing.with_context(|| format!("the mappings of {}", tenant.name))?;
    }
    Ok((hub, lock))
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "hub".into(), |name| name.trim().to_string())
}

/// A hub at work.
pub struct Running {
    pub hub: Hub,
    pub address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// Starts the parts of a role. `listener` is where API and console answer.
pub async fn run(hub: Hub, files: &Files, role: Role, listener: Option<TcpListener>) -> anyhow::Result<Running> {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let open = connectors::Hub::new(hub.intake.clone(), hub.store.clone(), files.base.clone());
    let connectors = Connectors::open(&hub.directory, open)?;
    let mut address = None;
    if role.has(Role::Api)
        && let Some(listener) = listener
    {
        address = Some(listener.local_addr()?);
        tasks.spawn(http::serve(listener, router(&hub, stop.clone())?, stop.clone()));
    }
    if role.has(Role::Worker) {
        let settings = hub.settings.flow.clone();
        for _ in 0..settings.translate_workers {
            let (hub, halt) = (hub.clone(), stop.clone());
            stage(&mut tasks, "translate", &stop, move || flow::translate::run(hub.clone(), halt.clone()));
        }
        for _ in 0..settings.apply_workers {
            let (hub, halt) = (hub.clone(), stop.clone());
            stage(&mut tasks, "apply", &stop, move || flow::apply::run(hub.clone(), halt.clone()));
        }
        let (suspects, halt) = (hub.clone(), stop.clone());
        stage(&mut tasks, "suspects", &stop, move || flow::suspects::run(suspects.clone(), halt.clone()));
        let sender: Arc<dyn DocumentSender> = Arc::new(ByConnection(connectors.clone()));
        let (deliver, halt) = (hub.clone(), stop.clone());
        stage(&mut tasks, "deliver", &stop, move || flow::deliver::run(deliver.clone(), sender.clone(), halt.clone()));
    }
    if role.has(Role::Relay) {
        if hub.store.is_distributed() {
            let (relay, halt) = (hub.clone(), stop.clone());
            stage(&mut tasks, "relay", &stop, move || {
                flow::relay::run(relay.store.clone(), relay.queue.clone(), halt.clone())
            });
        }
        let (sweep, halt) = (hub.clone(), stop.clone());
        stage(&mut tasks, "sweep", &stop, move || {
            let sweep = flow::sweep::run(sweep.clone(), halt.clone());
            async move {
                sweep.await;
                Ok::<(), Infallible>(())
            }
        });
    }
    if role.has(Role::Connectors) {
        let (connectors, stop) = (connectors.clone(), stop.clone());
        tasks.spawn(async move { connectors.run(stop).await });
    }
    Ok(Running { hub, address, stop, tasks })
}

/// The API, and beside it the console; each knows nothing of the other.
fn router(hub: &Hub, stop: CancellationToken) -> anyhow::Result<axum::Router> {
    let metrics = crate::signals::metrics().context("metrics")?;
    let console = crate::console::Console::new(hub.clone(), stop);
    Ok(crate::api::router(hub.clone(), metrics).merge(crate::console::router(console)))
}

/// Sends outbound documents by their connection.
struct ByConnection(Connectors);

impl DocumentSender for ByConnection {
    fn send<'a>(&'a self, out: &'a Outgoing) -> BoxFuture<'a, Result<Sent, SendError>> {
        Box::pin(async move {
            match self.0.send(out).await {
                Ok(sent) => Ok(Sent { to: sent.to }),
                Err(wrong) => Err(SendError {
                    code: "connection".into(),
                    transient: wrong.is_transient(),
                    sentence: wrong.to_string(),
                    retry_after: None,
                }),
            }
        })
    }
}

/// A stage that panics outside of the work on one message is begun again: what it held comes again, and the process lives.
fn stage<E, W>(
    tasks: &mut JoinSet<()>,
    name: &'static str,
    stop: &CancellationToken,
    begin: impl Fn() -> W + Send + 'static,
) where
    E: std::fmt::Display + Send + 'static,
    W: Future<Output = Result<(), E>> + Send + 'static,
{
    let stop = stop.clone();
    tasks.spawn(async move {
        loop {
            match AssertUnwindSafe(begin()).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => return tracing::error!(stage = name, %error, "a stage stopped"),
                Err(panic) => {
                    let text = flow::failure::panic_text(&*panic);
                    tracing::error!(
                        stage = name,
                        panic = text,
                        "a stage panicked, which is a bug of the hub; it begins again"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AFTER_PANIC) => {}
            }
        }
    });
}

impl Running {
    /// Answers metrics and health at an address of their own.
    pub fn signals(&mut self, listener: TcpListener) -> anyhow::Result<()> {
        let metrics = crate::signals::metrics().context("metrics")?;
        let router = crate::api::signals_router(self.hub.clone(), metrics);
        self.tasks.spawn(http::serve(listener, router, self.stop.clone()));
        Ok(())
    }

    /// Takes nothing new, lets the work in hand end, and closes. What is not done in 9 s comes again after the next start.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended =
            tokio::time::timeout(Duration::from_secs(9), async { while self.tasks.join_next().await.is_some() {} })
                .await;
        if ended.is_err() {
            tracing::warn!("work was still in hand after 9 s; it is kept, and goes on after the next start");
            self.tasks.abort_all();
        }
        let _ = tokio::time::timeout(Duration::from_millis(800), self.hub.store.close()).await;
    }
}

/// The keys that let the command line ask a running hub: an `admin` key a tenant, made anew at each start, readable by the
/// owner only. Gives them by tenant name.
pub async fn local_keys(hub: &Hub, url: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut made = BTreeMap::new();
    for tenant in hub.directory.tenants.values() {
        let key = keys::generate();
        keys::put(
            &hub.store,
            tenant.id,
            &format!("local {} {}", hostname(), hub.settings.data.display()),
            &key,
            &[keys::Scope::Admin],
        )
        .await?;
        made.insert(tenant.name.clone(), key);
    }
    let path = hub.settings.data.join("hub.json");
    let text = serde_json::to_string_pretty(&serde_json::json!({"url": url, "keys": made}))?;
    write_private(&path, &text).with_context(|| format!("{} can't be written", path.display()))?;
    Ok(made)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// An admin key for each tenant that has none yet; shown once.
pub async fn first_keys(hub: &Hub) -> anyhow::Result<Vec<(String, String)>> {
    let mut shown = Vec::new();
    for tenant in hub.directory.tenants.values() {
        if key_count(&hub.store, tenant.id).await? == 0 {
            let key = keys::generate();
            keys::put(&hub.store, tenant.id, "first admin", &key, &[keys::Scope::Admin]).await?;
            shown.push((tenant.name.clone(), key));
        }
    }
    Ok(shown)
}

async fn key_count(store: &Store, tenant: Tenant) -> anyhow::Result<i64> {
    let mut tx = store.read(tenant).await?;
    let count = store::access::count(&mut tx, tenant).await?;
    tx.rollback().await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_stage_that_panics_begins_again() {
        let (mut tasks, begun) = (JoinSet::new(), Arc::new(AtomicU32::new(0)));
        let count = begun.clone();
        stage(&mut tasks, "broken", &CancellationToken::new(), move || {
            let begun = count.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(begun > 0, "on purpose");
                Ok::<(), Infallible>(())
            }
        });
        tasks.join_next().await.unwrap().unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }
}
