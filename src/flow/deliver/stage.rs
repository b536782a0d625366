//! The loop: claim checks in, tries started lane by lane, outcomes written in natural groups.

use super::{
    Senders,
    attempt::{Trouble, Work},
    lanes::{Car, LaneId, Lanes},
    outcome::{self, Ended, Facts, Fate},
    policy::Policy,
};
use crate::{
    canonical::{DeliveryId, EventId, Micros, Stage as Queued, Tenant},
    flow::Hub,
    queue::{Consumer, QueueError, Taken},
    store::{
        StoreError, Trouble as StoreTrouble,
        deliveries::{self, DeliveryRow},
        events::{self, EventRow},
        now,
    },
};
use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    task::{Id, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Claim checks held unsettled, of up to 64 deliveries each.
const PREFETCH: u16 = 32;
/// Claim checks loaded at once.
const AT_ONCE: usize = 16;
/// With so many deliveries waiting in memory no more claim checks are asked for.
const WAITING_AT_MOST: usize = 2_048;
/// Woken earlier than this, a delivery goes round through the queue again; else it waits here.
const EARLY_US: i64 = 1_000_000;
/// Brought by no claim check: a lane has called it back before its claim check came again.
const NO_CLAIM: u64 = 0;
/// How long tries may end when stopping, and their outcomes be written after that.
const GRACE: Duration = Duration::from_secs(5);
const LAST_WRITE: Duration = Duration::from_secs(3);

/// A delivery in a lane.
struct Job {
    claim: u64,
    facts: Facts,
    work: Work,
    taken_at: Instant,
}

/// A delivery that is being tried.
struct UnderWay {
    claim: u64,
    facts: Facts,
    lane: LaneId,
    key: String,
    taken_at: Instant,
    began: Instant,
}

/// A claim check whose deliveries have not all ended.
struct Open {
    taken: Taken,
    left: usize,
}

type Tried = Result<(Id, Result<Value, Trouble>), JoinError>;

pub struct Stage {
    hub: Hub,
    senders: Senders,
    shutdown: CancellationToken,
    open: HashMap<u64, Open>,
    claims: u64,
    /// Deliveries in lanes, waiting for their instant, or being tried: another claim check for them is passed over.
    held: HashSet<DeliveryId>,
    lanes: Lanes<Job>,
    early: BTreeMap<(Micros, DeliveryId), Car<Job>>,
    running: JoinSet<Result<Value, Trouble>>,
    under_way: HashMap<Id, UnderWay>,
    done: Vec<Ended>,
}

impl Stage {
    pub fn new(hub: Hub, senders: Senders, shutdown: CancellationToken) -> Self {
        Stage {
            hub,
            senders,
            shutdown,
            open: HashMap::new(),
            claims: 0,
            held: HashSet::new(),
            lanes: Lanes::default(),
            early: BTreeMap::new(),
            running: JoinSet::new(),
            under_way: HashMap::new(),
            done: Vec::new(),
        }
    }

    pub async fn run(mut self) {
        let (sender, mut claims) = mpsc::channel(1);
        let feeder = tokio::spawn(feed(self.hub.clone(), self.shutdown.clone(), sender));
        while !self.shutdown.is_cancelled() {
            self.start_what_may();
            if !self.done.is_empty() {
                self.write_done().await;
                continue;
            }
            let room = self.lanes.waiting() + self.early.len() < WAITING_AT_MOST;
            let wake = self.until_next_early();
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                Some(tried) = self.running.join_next_with_id() => self.tried(tried),
                Some(taken) = claims.recv(), if room => self.take(taken).await,
                () = tokio::time::sleep(wake.unwrap_or_default()), if wake.is_some() => self.wake_early(),
            }
            while let Some(tried) = self.running.try_join_next_with_id() {
                self.tried(tried);
            }
            while let Some((tenant, ids)) = self.lanes.call_back() {
                let asked = ids.into_iter().map(|id| (NO_CLAIM, id)).collect();
                self.load(tenant, asked, Instant::now()).await;
            }
        }
        self.stop(claims).await;
        feeder.abort();
    }

    // ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Opens claim checks and puts their deliveries into lanes.
    async fn take(&mut self, taken: Vec<Taken>) {
        let taken_at = Instant::now();
        let mut by_tenant: BTreeMap<Tenant, Vec<(u64, DeliveryId)>> = BTreeMap::new();
        for one in taken {
            self.claims += 1;
            let asked = by_tenant.entry(one.claim.tenant).or_default();
            if one.claim.ids.is_empty() {
                self.done.push(passed(self.claims, one.claim.tenant, DeliveryId(Uuid::nil()), taken_at));
            }
            asked.extend(one.claim.ids.iter().map(|id| (self.claims, DeliveryId(*id))));
            self.open.insert(self.claims, Open { left: one.claim.ids.len().max(1), taken: one });
        }
        for (tenant, asked) in by_tenant {
            self.load(tenant, asked, taken_at).await;
        }
    }

    async fn load(&mut self, tenant: Tenant, asked: Vec<(u64, DeliveryId)>, taken_at: Instant) {
        let mut wanted: Vec<(u64, DeliveryId)> = Vec::with_capacity(asked.len());
        for (claim, id) in asked {
            if self.held.insert(id) {
                wanted.push((claim, id));
            } else {
                self.done.push(passed(claim, tenant, id, taken_at));
            }
        }
        let mut waits = backoff();
        let mut batches = vec![wanted];
        while let Some(wanted) = batches.pop() {
            let ids: Vec<DeliveryId> = wanted.iter().map(|(_, id)| *id).collect();
            match read(&self.hub, tenant, &ids).await {
                Ok((rows, events)) => self.place_all(tenant, wanted, rows, events, taken_at),
                Err(error) if matches!(error.trouble(), StoreTrouble::Away | StoreTrouble::Conflict) => {
                    tracing::warn!(%error, "deliver can't read the store; it holds what it has and tries again");
                    batches.push(wanted);
                    if !self.pause(waits.next()).await {
                        return;
                    }
                }
                // One row that can't be read must not hold up the others.
                Err(_) if wanted.len() > 1 => {
                    batches.extend(wanted.chunks(wanted.len().div_ceil(2)).map(<[_]>::to_vec))
                }
                Err(error) => self.unreadable(tenant, &wanted, &error, taken_at),
            }
        }
    }

    fn place_all(
        &mut self,
        tenant: Tenant,
        wanted: Vec<(u64, DeliveryId)>,
        mut rows: Rows,
        mut events: Events,
        taken_at: Instant,
    ) {
        for (claim, id) in wanted {
            let row = rows.remove(&id);
            let event = row.as_ref().and_then(|r| r.event).and_then(|e| events.get_mut(&e).and_then(Shared::one));
            self.place(tenant, claim, id, row, event, taken_at);
        }
    }

    fn unreadable(&mut self, tenant: Tenant, wanted: &[(u64, DeliveryId)], error: &StoreError, taken_at: Instant) {
        for (claim, id) in wanted {
            tracing::error!(%error, %tenant, delivery = %id, "a delivery can't be read");
            let trouble = Trouble::last(
                "bug/unreadable",
                "its row, or its event's, can't be read; the log has the store's words".into(),
            );
            let facts = passed(*claim, tenant, *id, taken_at).facts;
            self.end(*claim, tenant, facts, Fate::Failed(trouble), taken_at);
        }
    }

    /// Finds the place of one delivery: a lane, a little later, or nothing to do.
    fn place(
        &mut self,
        tenant: Tenant,
        claim: u64,
        id: DeliveryId,
        row: Option<DeliveryRow>,
        event: Option<EventRow>,
        taken_at: Instant,
    ) {
        let Some(mut row) = row else {
            tracing::error!(%tenant, delivery = %id, "a claim check names a delivery that the store does not have; it is settled");
            return self.pass(claim, tenant, id, taken_at);
        };
        if row.state != "pending" && row.state != "retrying" {
            return self.pass(claim, tenant, id, taken_at);
        }
        let now = now();
        let due = Micros(row.due.unwrap_or(0));
        if due.0 > now.0 + EARLY_US {
            return self.end(claim, tenant, bare(&row), Fate::Later { due, times_away: 0 }, taken_at);
        }
        let work = match Work::of(&mut row, event, &self.hub.directory, tenant) {
            Ok(work) => work,
            Err(trouble) => return self.end(claim, tenant, bare(&row), Fate::Failed(trouble), taken_at),
        };
        let facts = Facts { policy: work.policy(&self.hub.settings.deliver), ..bare(&row) };
        let lane = LaneId { tenant, webhook: row.kind == "webhook", target: row.target };
        let key = work.key();
        let car = Car { id, lane, key, load: Job { claim, facts, work, taken_at } };
        if due > now {
            self.early.insert((due, id), car);
        } else {
            self.queue(car);
        }
    }

    fn queue(&mut self, car: Car<Job>) {
        let times_away = self.open.get(&car.load.claim).map_or(0, |open| open.taken.claim.attempt);
        if let Err((car, away)) = self.lanes.push(car, times_away) {
            let job = car.load;
            let later = Fate::Later { due: now().plus_ms(away.as_millis() as i64), times_away: times_away + 1 };
            self.end(job.claim, car.lane.tenant, job.facts, later, job.taken_at);
        }
    }

    fn pass(&mut self, claim: u64, tenant: Tenant, id: DeliveryId, taken_at: Instant) {
        self.held.remove(&id);
        self.done.push(passed(claim, tenant, id, taken_at));
    }

    fn end(&mut self, claim: u64, tenant: Tenant, facts: Facts, fate: Fate, taken_at: Instant) {
        self.done.push(Ended { claim, tenant, facts, fate, took: Duration::ZERO, taken_at });
    }

    fn until_next_early(&self) -> Option<Duration> {
        let ((due, _), _) = self.early.first_key_value()?;
        Some(Duration::from_micros((due.0 - now().0).max(0) as u64))
    }

    fn wake_early(&mut self) {
        let now = now();
        while let Some(entry) = self.early.first_entry()
            && entry.key().0 <= now
        {
            let car = entry.remove();
            self.queue(car);
        }
    }

    // ── tries ───────────────────────────────────────────────────────────────────────────────────────────────────────

    fn start_what_may(&mut self) {
        while self.running.len() < self.hub.settings.deliver.concurrent.max(1)
            && let Some(car) = self.lanes.start()
        {
            let Job { claim, facts, work, taken_at } = car.load;
            let (senders, settings) = (self.senders.clone(), self.hub.settings.clone());
            let task = self.running.spawn(async move { work.attempt(&senders, &settings.deliver).await });
            self.under_way.insert(
                task.id(),
                UnderWay { claim, facts, lane: car.lane, key: car.key, taken_at, began: Instant::now() },
            );
        }
    }

    fn tried(&mut self, tried: Tried) {
        let (task, fate) = match tried {
            Ok((task, Ok(detail))) => (task, Fate::Delivered(detail)),
            Ok((task, Err(trouble))) => (task, Fate::Failed(trouble)),
            // A panic costs one delivery; it is dead at once, with its words.
            Err(error) if error.is_panic() => {
                (error.id(), Fate::Failed(Trouble::last("bug/panic", panic_words(error))))
            }
            Err(_) => return,
        };
        let Some(job) = self.under_way.remove(&task) else { return };
        let took = job.began.elapsed();
        self.lanes.ended(&job.lane, &job.key, took);
        self.done.push(Ended {
            claim: job.claim,
            tenant: job.lane.tenant,
            facts: job.facts,
            fate,
            took,
            taken_at: job.taken_at,
        });
    }

    // ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async fn write_done(&mut self) {
        let mut by_tenant: BTreeMap<Tenant, Vec<Ended>> = BTreeMap::new();
        for ended in std::mem::take(&mut self.done) {
            by_tenant.entry(ended.tenant).or_default().push(ended);
        }
        let mut batches: Vec<Vec<Ended>> = by_tenant.into_values().collect();
        let mut waits = backoff();
        while let Some(batch) = batches.pop() {
            let Err((error, batch)) = self.commit(batch).await else { continue };
            match error.trouble() {
                StoreTrouble::Away | StoreTrouble::Conflict => {
                    tracing::warn!(%error, deliveries = batch.len(), "deliver can't write outcomes; it holds them and tries again");
                    batches.push(batch);
                    if !self.pause(waits.next()).await {
                        self.done = batches.into_iter().flatten().collect();
                        return;
                    }
                }
                StoreTrouble::Rule | StoreTrouble::Deterministic => batches.extend(smaller(batch, &error)),
            }
        }
    }

    /// Writes outcomes of one tenant; gives them back with the error if that failed.
    async fn commit(&mut self, batch: Vec<Ended>) -> Result<(), (StoreError, Vec<Ended>)> {
        let Some(tenant) = batch.first().map(|e| e.tenant) else { return Ok(()) };
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for ended in &batch {
            *counts.entry(ended.claim).or_default() += 1;
        }
        let whole: Vec<u64> = counts
            .iter()
            .filter(|(claim, n)| self.open.get(claim).is_some_and(|o| o.left <= **n))
            .map(|(claim, _)| *claim)
            .collect();
        let (numbers, settled): (Vec<(u64, usize)>, Vec<Taken>) =
            whole.iter().filter_map(|claim| self.open.remove(claim).map(|o| ((*claim, o.left), o.taken))).unzip();
        match outcome::write(&self.hub, tenant, &batch, &settled).await {
            Ok(counted) => {
                for (claim, n) in counts {
                    if let Some(open) = self.open.get_mut(&claim) {
                        open.left -= n;
                    }
                }
                self.hub.queue.ack(settled).await;
                self.measure(&batch, counted);
                Ok(())
            }
            Err(error) => {
                self.open.extend(
                    numbers.into_iter().zip(settled).map(|((claim, left), taken)| (claim, Open { taken, left })),
                );
                Err((error, batch))
            }
        }
    }

    fn measure(&mut self, batch: &[Ended], counted: Vec<(&'static str, String)>) {
        for ended in batch {
            if !matches!(ended.fate, Fate::Passed) {
                self.held.remove(&ended.facts.id);
                metrics::histogram!("crossdock_stage_seconds", "stage" => "deliver")
                    .record(ended.taken_at.elapsed().as_secs_f64());
            }
        }
        for (outcome, kind) in counted {
            metrics::counter!("crossdock_deliveries_total", "outcome" => outcome, "kind" => kind).increment(1);
        }
    }

    /// Waits; false if it is time to stop.
    async fn pause(&self, wait: Option<Duration>) -> bool {
        tokio::select! {
            () = self.shutdown.cancelled() => false,
            () = tokio::time::sleep(wait.unwrap_or(Duration::from_secs(5))) => true,
        }
    }

    /// Lets tries end, writes what they gave, gives back what was not begun.
    async fn stop(mut self, mut claims: mpsc::Receiver<Vec<Taken>>) {
        claims.close();
        let mut untouched: Vec<Taken> = Vec::new();
        while let Some(taken) = claims.recv().await {
            untouched.extend(taken);
        }
        let until = tokio::time::Instant::now() + GRACE;
        while let Ok(Some(tried)) = tokio::time::timeout_at(until, self.running.join_next_with_id()).await {
            self.tried(tried);
        }
        self.running.abort_all();
        if tokio::time::timeout(LAST_WRITE, self.write_done()).await.is_err() {
            tracing::warn!(
                "outcomes of deliveries could not be written while stopping; they are sent again, under the same ids"
            );
        }
        untouched.extend(self.open.drain().map(|(_, open)| open.taken));
        self.hub.queue.give_back(untouched).await;
    }
}

/// A batch that fails by a deterministic error is halved until the culprit stands alone; that one is dead.
fn smaller(mut batch: Vec<Ended>, error: &StoreError) -> Vec<Vec<Ended>> {
    if batch.len() > 1 {
        let rest = batch.split_off(batch.len() / 2);
        return vec![batch, rest];
    }
    let Some(mut one) = batch.pop() else { return vec![] };
    let again = matches!(&one.fate, Fate::Failed(trouble) if trouble.code == "bug/outcome");
    tracing::error!(%error, delivery = %one.facts.id, again, "the outcome of a delivery can't be written");
    if again {
        // Its claim check stays unsettled, so that it comes again after a restart and the sweeper sees it.
        return vec![];
    }
    one.fate = Fate::Failed(Trouble::last(
        "bug/outcome",
        "the outcome could not be written; the log has the store's words".into(),
    ));
    vec![vec![one]]
}

/// Events are shared by the deliveries of several endpoints: cloned for all but the last.
struct Shared {
    event: Option<EventRow>,
    wanted: usize,
}

impl Shared {
    fn one(&mut self) -> Option<EventRow> {
        self.wanted = self.wanted.saturating_sub(1);
        if self.wanted == 0 { self.event.take() } else { self.event.clone() }
    }
}

type Rows = HashMap<DeliveryId, DeliveryRow>;
type Events = HashMap<EventId, Shared>;

async fn read(hub: &Hub, tenant: Tenant, ids: &[DeliveryId]) -> Result<(Rows, Events), StoreError> {
    if ids.is_empty() {
        return Ok(Default::default());
    }
    let mut tx = hub.store.read(tenant).await?;
    let rows = deliveries::load(&mut tx, tenant, ids).await?;
    let mut wanted: HashMap<EventId, usize> = HashMap::new();
    for event in rows.iter().filter_map(|r| r.event) {
        *wanted.entry(event).or_default() += 1;
    }
    let webhooks: HashSet<EventId> =
        rows.iter().filter(|r| r.kind == "webhook" && r.ended_at.is_none()).filter_map(|r| r.event).collect();
    let found = events::load(&mut tx, tenant, &webhooks.into_iter().collect::<Vec<_>>()).await?;
    tx.rollback().await?;
    let events = found
        .into_iter()
        .map(|e| (e.id, Shared { wanted: wanted.get(&e.id).copied().unwrap_or(1), event: Some(e) }))
        .collect();
    Ok((rows.into_iter().map(|r| (r.id, r)).collect(), events))
}

/// Takes claim checks as long as there is room for them. A slot is reserved first, and only the waiting for a first
/// claim check is cut short, so that none is held by nobody.
async fn feed(hub: Hub, shutdown: CancellationToken, claims: mpsc::Sender<Vec<Taken>>) {
    let mut consumer = None;
    let mut waits = backoff();
    loop {
        let slot = tokio::select! {
            () = shutdown.cancelled() => return,
            slot = claims.reserve() => slot,
        };
        let Ok(slot) = slot else { return };
        let taken = tokio::select! {
            () = shutdown.cancelled() => return,
            taken = first(&hub, &mut consumer) => taken,
        };
        match taken {
            Ok(one) => {
                slot.send(with_more(one, consumer.as_mut()).await);
                waits = backoff();
            }
            Err(error) => {
                tracing::warn!(%error, "deliver can't take claim checks; it tries again");
                consumer = None;
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = tokio::time::sleep(waits.next().unwrap_or(Duration::from_secs(5))) => {}
                }
            }
        }
    }
}

async fn first(hub: &Hub, consumer: &mut Option<Consumer>) -> Result<Taken, QueueError> {
    let consumer = match consumer {
        Some(consumer) => consumer,
        none => none.insert(hub.queue.consumer(Queued::Deliver, PREFETCH).await?),
    };
    consumer.next().await
}

/// What else is there without waiting.
async fn with_more(first: Taken, consumer: Option<&mut Consumer>) -> Vec<Taken> {
    let mut batch = vec![first];
    if let Some(consumer) = consumer {
        match consumer.more(AT_ONCE - 1).await {
            Ok(more) => batch.extend(more),
            Err(error) => tracing::warn!(%error, "no more claim checks for deliver for the moment"),
        }
    }
    batch
}

fn backoff() -> backon::ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_jitter()
        .build()
}

fn passed(claim: u64, tenant: Tenant, id: DeliveryId, taken_at: Instant) -> Ended {
    let facts = Facts {
        id,
        kind: String::new(),
        target: String::new(),
        tries: 0,
        first_failed_at: None,
        event: None,
        document: None,
        message: None,
        policy: no_policy(),
    };
    Ended { claim, tenant, facts, fate: Fate::Passed, took: Duration::ZERO, taken_at }
}

fn bare(row: &DeliveryRow) -> Facts {
    Facts {
        id: row.id,
        kind: row.kind.clone(),
        target: row.target.clone(),
        tries: row.tries,
        first_failed_at: row.first_failed_at.map(Micros),
        event: row.event,
        document: row.document,
        message: row.message,
        policy: no_policy(),
    }
}

/// Of what is not tried.
fn no_policy() -> Policy {
    Policy { retry_ms: vec![], budget_ms: 0 }
}

fn panic_words(error: JoinError) -> String {
    let payload = error.into_panic();
    let words = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    words.unwrap_or("a panic without words").chars().take(300).collect()
}
