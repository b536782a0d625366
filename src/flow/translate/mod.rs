//! The translate stage: a connection's documents in their order, set by set, into messages.

mod acknowledge;
pub mod again;
mod as_one;
mod batch;
mod closings;
mod commit;
pub mod covered;
mod faults;
pub mod incoming;
pub mod meaning;
mod newest;
mod numbers;
mod reach;
pub mod replay;
pub mod run;
mod sandbox;
mod source;
mod whose;

pub use acknowledge::advise_restarted;
pub use batch::new_message;
pub use numbers::take_given;
pub use source::{PolicyOf, Source, SourceError};
pub use whose::{GIVEN, SANDBOX, can_be_given};

use crate::{
    canonical::{ClaimCheck, ConnectionId, Micros, Stage, Tenant},
    flow::{
        Hub,
        failure::{self, Patience},
        probe::Point,
    },
    formats::{
        self, Options,
        piece::{Piece, Policy, Standard},
    },
    mapping::Library,
    queue::{QueueError, Taken},
    store::{
        StoreError, blobs, directory,
        documents::{self, Work},
        mapping_versions, now, outbox,
    },
};
use batch::Batch;
use futures_util::FutureExt;
use reach::Ahead;
use run::Run;
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// After so long on one claim check the rest is handed to a new one: no delivery is kept over a minute.
const VISIT: Duration = Duration::from_secs(45);
/// Documents looked at in one go.
const DOCUMENTS: i64 = 64;

/// Takes claim checks of the stage until told to stop.
pub async fn run(hub: Hub, stop: CancellationToken) -> Result<(), QueueError> {
    let mut consumer = hub.queue.consumer(Stage::Translate, 4).await?;
    let mut patience = Patience::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            taken = consumer.next() => taken,
        };
        match taken {
            Ok(taken) => {
                hub.probe.pass(Point::TakenToTranslate, taken.claim.ids.first().copied().unwrap_or_default());
                visit_until_done(&hub, taken, &stop).await
            }
            // A stage never ends for want of its queue.
            Err(error) => patience.wait("translate", &error).await,
        }
    }
}

/// Works off one claim check alone.
pub async fn alone(hub: &Hub, taken: Taken, stop: &CancellationToken) {
    visit_until_done(hub, taken, stop).await;
}

/// Works a claim check off; while the store is away it is kept and begun again.
async fn visit_until_done(hub: &Hub, taken: Taken, stop: &CancellationToken) {
    let tenant = taken.claim.tenant;
    let mut patience = Patience::new();
    let owner = Uuid::now_v7();
    for connection in taken.claim.ids.clone() {
        let mut at_once = DOCUMENTS;
        loop {
            match visit(hub, tenant, ConnectionId(connection), owner, at_once, stop).await {
                Ok(()) => break,
                // A panic outside of what guards each set: one after the other, until it is known whose it is.
                Err(StoreError::Panic(text)) => {
                    tracing::error!(panic = text, connection = %connection, "translate panicked; it goes on a document at a time");
                    at_once = 1;
                }
                Err(error) if failure::is_away(&error) && !stop.is_cancelled() => {
                    patience.wait("translate", &error).await
                }
                Err(error) if failure::is_conflict(&error) => tracing::debug!(%error, "translate begins again"),
                Err(error) => {
                    tracing::error!(%error, connection = %connection, "translate could not go on; the sweeper will send it again");
                    break;
                }
            }
        }
    }
    loop {
        match settle(hub, tenant, &taken).await {
            Ok(()) => return hub.queue.ack(vec![taken]).await,
            Err(error) if failure::is_away(&error) && !stop.is_cancelled() => patience.wait("translate", &error).await,
            Err(error) => {
                tracing::warn!(%error, "a claim check could not be settled; it comes again");
                return hub.queue.give_back(vec![taken]).await;
            }
        }
    }
}

async fn settle(hub: &Hub, tenant: Tenant, taken: &Taken) -> Result<(), StoreError> {
    if hub.store.is_distributed() {
        return Ok(());
    }
    let mut tx = hub.store.begin(tenant).await?;
    hub.queue.settle(&mut tx, std::slice::from_ref(taken)).await?;
    tx.commit().await
}

/// What is left when a visit ends.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// Time is up, or the hub stops: a new claim check goes on.
    More,
    /// The first document in line waits until then.
    Until(Micros),
}

/// Works off a connection's documents under its lease. Who finds the lease taken goes away at once: its holder looks once
/// more after giving it back.
async fn visit(
    hub: &Hub,
    tenant: Tenant,
    connection: ConnectionId,
    owner: Uuid,
    at_once: i64,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let mut tx = hub.store.begin(tenant).await?;
    let Some(epoch) = directory::lease(&mut tx, tenant, connection, owner, commit::LEASE_US).await? else {
        return tx.rollback().await;
    };
    tx.commit().await?;
    // Whatever becomes of this visit, the next one must not find the lease taken and go away.
    let caught = AssertUnwindSafe(work(hub, tenant, connection, epoch, at_once, stop)).catch_unwind().await;
    let worked = match caught {
        Ok(worked) => worked,
        Err(panic) => {
            let text = failure::panic_text(&*panic);
            if at_once == 1 {
                commit::bury_first(hub, tenant, connection, epoch, &text).await?;
            }
            Err(StoreError::Panic(text))
        }
    };
    let mut tx = hub.store.begin(tenant).await?;
    directory::release_lease(&mut tx, tenant, connection, epoch).await?;
    let claim = ClaimCheck::new(tenant, Stage::Translate, vec![connection.0]);
    match &worked {
        Ok(Left::More) => outbox::push(&mut tx, &[outbox::Row::at_once(claim.clone(), now())]).await?,
        Ok(Left::Until(due)) => outbox::push(&mut tx, &[outbox::Row::later(claim.clone(), now(), *due)]).await?,
        _ => {}
    }
    tx.commit().await?;
    if worked? == Left::Nothing {
        let mut tx = hub.store.begin(tenant).await?;
        if documents::work(&mut tx, tenant, connection, 1).await?.is_empty() {
            tx.rollback().await?;
        } else {
            outbox::push(&mut tx, &[outbox::Row::at_once(claim, now())]).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

async fn work(
    hub: &Hub,
    tenant: Tenant,
    connection: ConnectionId,
    epoch: i64,
    at_once: i64,
    stop: &CancellationToken,
) -> Result<Left, StoreError> {
    let began = Instant::now();
    loop {
        let mut tx = hub.store.read(tenant).await?;
        let documents = documents::work(&mut tx, tenant, connection, at_once).await?;
        let small: Vec<&str> =
            documents.iter().filter(|d| d.size <= blobs::CHUNK as i64).map(|d| d.sha256.as_str()).collect();
        let bodies = blobs::small(&mut tx, tenant, &small).await?;
        tx.rollback().await?;
        if documents.is_empty() {
            return Ok(Left::Nothing);
        }
        let mut visit = Visit { hub, epoch, batch: Batch::default(), began, stop };
        for document in documents {
            if let Some(due) = document.due.filter(|due| *due > now().0 + 1_000_000) {
                visit.flush().await?;
                return Ok(Left::Until(Micros(due)));
            }
            let body = bodies.get(&document.sha256).cloned();
            if let Some(left) = visit.document(tenant, document, body, false).await? {
                return Ok(left);
            }
        }
        if let Some(left) = visit.flush().await? {
            return Ok(left);
        }
        if began.elapsed() > VISIT || stop.is_cancelled() {
            return Ok(Left::More);
        }
    }
}

/// One stretch of work under one lease.
struct Visit<'a> {
    hub: &'a Hub,
    epoch: i64,
    batch: Batch,
    began: Instant,
    stop: &'a CancellationToken,
}

impl Visit<'_> {
    /// Reads one document into the batch, writing whenever the batch is full.
    async fn document(
        &mut self,
        tenant: Tenant,
        work: Work,
        body: Option<Vec<u8>>,
        mixed: bool,
    ) -> Result<Option<Left>, StoreError> {
        let Some((mut source, run)) = open(self.hub, tenant, work, body, mixed).await? else { return Ok(None) };
        self.batch.runs.push(run);
        let mut ahead = Ahead::default();
        loop {
            let at = self.batch.runs.len() - 1;
            let (piece, broken) = match source.next().await {
                None => (None, None),
                Some(Ok(piece)) => (Some(piece), None),
                Some(Err(SourceError::Store(error))) => return Err(error),
                Some(Err(SourceError::Panic(text))) => (None, Some(text)),
            };
            let is_last = piece.is_none();
            for piece in ahead.next(self.hub, &mut self.batch.runs[at], piece).await? {
                self.piece(at, piece);
            }
            if let Some(text) = broken {
                self.batch.runs[at].broke(&text);
            }
            if is_last {
                break;
            }
            if self.batch.is_full() {
                if let Some(left) = self.flush().await? {
                    return Ok(Some(left));
                }
                if self.began.elapsed() > VISIT || self.stop.is_cancelled() {
                    return Ok(Some(Left::More));
                }
            }
        }
        if let Some(run) = self.batch.runs.last_mut() {
            run.closed = true;
        }
        if self.batch.is_full() { self.flush().await } else { Ok(None) }
    }

    fn piece(&mut self, at: usize, piece: Piece) {
        let run = &mut self.batch.runs[at];
        if let Some(set) = run.take(piece, &self.hub.directory)
            && set.ordinal >= run.skip_before
            && run.work.duplicate_of.is_none()
        {
            self.batch.push(self.hub, at, set);
        }
    }

    /// Writes the batch. An open document stays in it and goes on.
    async fn flush(&mut self) -> Result<Option<Left>, StoreError> {
        let began = Instant::now();
        let mapped = self.batch.map(self.hub, now()).await?;
        sandbox::hand_on(self.hub, &mut self.batch).await?;
        closings::ahead(self.hub, &mut self.batch, &mapped, self.epoch).await?;
        let outcome = commit::write(self.hub, &mut self.batch, &mapped, self.epoch).await?;
        let closed: Vec<Run> = std::mem::take(&mut self.batch.runs);
        let mut again: Vec<Work> = Vec::new();
        for run in closed {
            if !run.closed {
                self.batch.runs.push(run);
            } else if outcome.again_mixed.contains(&run.work.id) {
                again.push(run.work);
            }
        }
        metrics::histogram!("crossdock_stage_seconds", "stage" => "translate").record(began.elapsed().as_secs_f64());
        for work in again {
            let tenant = self.hub.directory.connections.get(&work.connection).map(|c| c.tenant);
            if let Some(tenant) = tenant
                && let Some(left) = Box::pin(self.document(tenant, work, None, true)).await?
            {
                return Ok(Some(left));
            }
        }
        Ok(outcome.held_back.map(Left::Until))
    }
}

/// Opens a document for reading, by what its first bytes say or what its connection expects.
async fn open(
    hub: &Hub,
    tenant: Tenant,
    work: Work,
    body: Option<Vec<u8>>,
    mixed: bool,
) -> Result<Option<(Source, Run)>, StoreError> {
    let library = hub.library.at(&hub.store, tenant, work.mapping_revision).await?;
    open_with(hub, tenant, work, library, body, mixed).await
}

/// The same, to be read with these mappings.
async fn open_with(
    hub: &Hub,
    tenant: Tenant,
    work: Work,
    library: Arc<Library>,
    body: Option<Vec<u8>>,
    mixed: bool,
) -> Result<Option<(Source, Run)>, StoreError> {
    let (Some(tenant_info), Some(connection)) =
        (hub.directory.tenants.get(&tenant), hub.directory.connections.get(&work.connection))
    else {
        return Err(StoreError::Setup(format!(
            "document {} came by a connection that no file names any more",
            work.id
        )));
    };
    let body = match body {
        Some(body) => Some(body),
        None if work.size <= blobs::CHUNK as i64 => Some(raw(hub, tenant, &work.sha256, 0, 1).await?),
        None => None,
    };
    let head = match &body {
        Some(body) => body[..body.len().min(4096)].to_vec(),
        None => raw(hub, tenant, &work.sha256, 0, 1).await?,
    };
    let standard = standard(&head, connection.expects.as_deref());
    let partner = connection.partner.map(|p| hub.directory.partner_name(p));
    let mut options = options(&library, standard, connection.expects.as_deref(), partner);
    options.policy.max_set_bytes = hub.settings.intake.max_set_bytes;
    let (agreed, probe, id) = (policy_of(hub, &library, tenant, &work), hub.probe.clone(), work.id.0);
    let policy: PolicyOf = Arc::new(move |header| {
        probe.pass(Point::Read, id);
        agreed(header)
    });
    let source = match body {
        Some(body) => Source::here(standard, body, options, policy),
        None => Source::thread(hub.store.clone(), tenant, work.sha256.clone(), standard, options, policy),
    };
    let run = Run::new(work, tenant_info.clone(), connection.clone(), standard, library, mixed);
    Ok(Some((source, run)))
}

/// Opens a document that is already kept, whatever its state, to read it once more with the mappings that stand now.
async fn open_row(
    hub: &Hub,
    tenant: Tenant,
    document: &documents::DocumentRow,
) -> Result<Option<(Source, Run)>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let mapping_revision = mapping_versions::revision(&mut tx, tenant).await?;
    tx.rollback().await?;
    open(hub, tenant, once_more(document, mapping_revision), None, true).await
}

/// A document that is kept, to be read from its start.
fn once_more(document: &documents::DocumentRow, mapping_revision: i64) -> Work {
    Work {
        id: document.id,
        connection: document.connection,
        sequence: document.sequence,
        name: document.name.clone(),
        sha256: document.sha256.clone(),
        size: document.size,
        received_at: document.received_at,
        state: document.state.clone(),
        sets_done: 0,
        tries: document.tries,
        due: None,
        first_failed_at: None,
        duplicate_of: None,
        given_to: document.given_to,
        given_sender: document.given_sender.clone(),
        acknowledged_again: document.acknowledged_again,
        copy_of: document.copy_of,
        mapping_revision,
    }
}

async fn raw(hub: &Hub, tenant: Tenant, sha256: &str, first: i64, count: i64) -> Result<Vec<u8>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let chunks = blobs::read(&mut tx, tenant, sha256, first, count).await?;
    tx.rollback().await?;
    Ok(chunks.concat())
}

/// What a document is: what its first bytes say, else what its connection expects, so that a fault speaks of that format.
/// Where nothing is expected it is read as X12, whose reader says that there is no interchange in it.
pub fn standard(head: &[u8], expects: Option<&str>) -> Standard {
    formats::sniff(head).unwrap_or_else(|| match expects.and_then(|e| e.split_whitespace().next()) {
        Some("csv") => Standard::Csv,
        Some("fixed") => Standard::Fixed,
        Some("json") => Standard::Json,
        Some("xml" | "ubl" | "cxml") => Standard::Xml,
        _ => Standard::X12,
    })
}

/// How the mapping that a connection expects wants its documents read, if they don't say themselves what they are.
pub fn options(library: &Library, standard: Standard, expects: Option<&str>, partner: Option<&str>) -> Options {
    let own = match standard {
        Standard::Csv => "csv",
        Standard::Fixed => "fixed",
        _ => return Options::default(),
    };
    let asked = crate::mapping::Asked {
        outbound: false,
        standard,
        version: "",
        kind: expects.unwrap_or(own),
        partner,
        application_sender: None,
    };
    library.claim(&asked).map(|plan| plan.options()).unwrap_or_default()
}

/// The reading policy by the sender of each interchange.
fn policy_of(hub: &Hub, library: &Arc<Library>, tenant: Tenant, work: &Work) -> PolicyOf {
    let (connection, given) = (work.connection, whose::Given::of(work));
    let (directory, library) = (hub.directory.clone(), library.clone());
    let max_set_bytes = hub.settings.intake.max_set_bytes;
    Arc::new(move |header| {
        let found = match (directory.tenants.get(&tenant), directory.connections.get(&connection)) {
            (Some(tenant), Some(connection)) => {
                whose::identify(header, tenant, connection, given.to(header), &directory).0
            }
            _ => None,
        };
        let Some(terms) = found.as_ref().map(|partner| &partner.terms) else {
            return run::policy(None, &library, max_set_bytes);
        };
        let by_kind = terms.kinds(connection, header.standard);
        let by_kind = by_kind.map(|(kind, agreed)| (kind.into(), run::policy(Some(agreed), &library, max_set_bytes)));
        let general = terms.of(connection, header.standard, "");
        Policy { by_kind: Arc::new(by_kind.collect()), ..run::policy(Some(general), &library, max_set_bytes) }
    })
}
