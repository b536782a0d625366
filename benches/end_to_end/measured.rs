//! The hub in this process, and how long its documents take.

use super::{AT_ONCE, PATIENCE, hub::services::process::Folder, load};
use crossdock::{
    canonical::{DocumentId, Stage, Tenant},
    cli::start::{self, Files},
    config::Settings,
    flow,
    intake::Facts,
    queue::Consumer,
    store::deliveries,
};
use futures_util::{StreamExt, stream};
use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A hub with two translate and two apply workers and a relay; nobody sends its webhooks, this bench takes their claims.
pub struct Hub {
    hub: flow::Hub,
    done: Consumer,
    stop: CancellationToken,
    stages: JoinSet<()>,
    _folder: Folder,
}

/// How long a part took.
pub struct Took {
    /// From the first byte brought to the last claim that came out.
    pub seconds: f64,
    /// Of each document, shortest first.
    latencies: Vec<Duration>,
}

impl Took {
    /// The latency that this part of the documents did not exceed.
    pub fn latency(&self, part: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }
}

impl Hub {
    pub async fn start(database: &str, amqp: &str) -> Hub {
        let folder = Folder::new("end-to-end");
        load::master_data(folder.path());
        let mut settings = Settings { data: folder.path().join("data"), ..Settings::default() };
        (settings.database_url, settings.amqp_url) = (database.to_owned(), amqp.to_owned());
        let connectors = load::connectors("http://127.0.0.1:9/");
        let files = Files { connectors, mappings: vec![], base: folder.path().to_path_buf() };
        let (hub, _lock) = start::hub(settings, &files).await.expect("a hub on fresh services");
        let done = hub.queue.consumer(Stage::Deliver, 64).await.expect("a consumer");
        let mut hub = Hub { hub, done, stop: CancellationToken::new(), stages: JoinSet::new(), _folder: folder };
        hub.resume_stages().await;
        hub
    }

    /// Starts relay and workers.
    pub async fn resume_stages(&mut self) {
        self.stop = CancellationToken::new();
        let relay = flow::relay::run(self.hub.store.clone(), self.hub.queue.clone(), self.stop.clone());
        self.stages.spawn(async move { relay.await.expect("a relay") });
        for _ in 0..2 {
            let translate = flow::translate::run(self.hub.clone(), self.stop.clone());
            self.stages.spawn(async move { translate.await.expect("a worker") });
            let apply = flow::apply::run(self.hub.clone(), self.stop.clone());
            self.stages.spawn(async move { apply.await.expect("a worker") });
        }
    }

    /// Ends relay and workers, so that the floor has the machine for itself.
    pub async fn pause_stages(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.stages.join_next().await {
            ended.expect("a stage that ends");
        }
    }

    pub async fn stop(mut self) {
        self.pause_stages().await;
        self.hub.store.close().await;
    }

    /// Brings documents, as many a second as told or as fast as they are taken, and waits until each one's claim came out.
    pub async fn bring(&mut self, which: Range<usize>, rate: Option<f64>) -> Took {
        let documents: Vec<(usize, Vec<u8>)> = which.clone().map(|n| (n, load::document(n))).collect();
        let count = documents.len();
        let began = Instant::now();
        let hub = &self.hub;
        let bringing = stream::iter(documents.into_iter().enumerate())
            .then(|(place, document)| async move {
                if let Some(rate) = rate {
                    // Open loop: a document is due whether or not those before it are done.
                    let due = began + Duration::from_secs_f64(place as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                    return (due, document);
                }
                (Instant::now(), document)
            })
            .map(|(due, (n, bytes))| async move {
                let facts = facts(hub, n);
                let receipt = hub.intake.take(bytes.as_slice(), facts).await.expect("a document that is taken");
                (receipt.document(), due)
            })
            .buffer_unordered(if rate.is_some() { 4 * AT_ONCE } else { AT_ONCE })
            .collect::<HashMap<DocumentId, Instant>>();
        let coming = claims(&hub.queue, &mut self.done, count);
        let (brought, came) = tokio::join!(bringing, tokio::time::timeout(PATIENCE, coming));
        let came = came.expect("every document is done in time");
        let last = came.iter().map(|c| c.1).max().unwrap_or(began);
        let seconds = last.duration_since(began).as_secs_f64();
        Took { seconds, latencies: self.latencies(&brought, &came).await }
    }

    async fn latencies(&self, brought: &HashMap<DocumentId, Instant>, came: &[(Uuid, Instant)]) -> Vec<Duration> {
        let tenant = Tenant::named("acme");
        let came: HashMap<Uuid, Instant> = came.iter().copied().collect();
        let mut latencies = Vec::with_capacity(came.len());
        let mut tx = self.hub.store.read(tenant).await.expect("a transaction");
        let ids: Vec<_> = came.keys().copied().collect();
        for page in ids.chunks(500) {
            let ids: Vec<_> = page.iter().map(|id| crossdock::canonical::DeliveryId(*id)).collect();
            for row in deliveries::load(&mut tx, tenant, &ids).await.expect("deliveries") {
                let due = row.document.and_then(|document| brought.get(&document));
                let due = due.expect("a delivery of a document that was brought");
                latencies.push(came[&row.id.0].duration_since(*due));
            }
        }
        tx.rollback().await.expect("a transaction that ends");
        assert_eq!(latencies.len(), brought.len(), "one webhook a document");
        latencies.sort();
        latencies
    }
}

fn facts(hub: &flow::Hub, n: usize) -> Facts {
    let connection = hub.directory.connection(&load::connection(n)).expect("a connection of the load").clone();
    let duplicates_days = hub.directory.duplicates_days(&connection);
    let answers_duplicates = hub.directory.answers_duplicates(&connection);
    let name = format!("{n}.edi");
    Facts { connection, name, transport_id: None, modified_at: None, duplicates_days, answers_duplicates, copy: None }
}

/// Takes claims of deliveries out of the broker until so many deliveries were named, each with when it came.
async fn claims(queue: &crossdock::queue::Queue, done: &mut Consumer, count: usize) -> Vec<(Uuid, Instant)> {
    let mut came: HashMap<Uuid, Instant> = HashMap::with_capacity(count);
    while came.len() < count {
        let mut taken = vec![done.next().await.expect("a queue that works")];
        taken.extend(done.more(15).await.expect("a queue that works"));
        let now = Instant::now();
        for id in taken.iter().flat_map(|t| &t.claim.ids) {
            came.entry(*id).or_insert(now);
        }
        queue.ack(taken).await;
    }
    came.into_iter().collect()
}
