//! A queue over a fresh store, with its relay where there is one, and the ways to hurt it that both backings have.

use crate::hub::{
    services::{Database, Postgres, Rabbit, process::Folder, rabbit_management::Vhost},
    wait::wait_for,
};
use crossdock::{
    canonical::{ClaimCheck, Micros, Stage, Tenant},
    flow,
    queue::{Consumer, Queue, Taken},
    store::{self, Options, Store, entities, now, outbox},
};
use serde_json::json;
use sqlx::Connection;
use std::{collections::BTreeMap, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing must come where nothing may.
pub const QUIET: Duration = Duration::from_millis(400);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backing {
    Embedded,
    Rabbit,
}

/// What blocks the embedded store.
pub struct Block(Option<sqlx::SqliteConnection>);

/// A store and its queue.
pub struct Bed {
    pub store: Store,
    pub queue: Queue,
    pub tenant: Tenant,
    pub options: Options,
    /// A broker of this test alone.
    pub node: Option<Rabbit>,
    pub amqp: String,
    pub vhost: Option<Vhost>,
    relay: Option<(CancellationToken, JoinHandle<()>)>,
    _database: Option<Database>,
    _folder: Folder,
}

impl Bed {
    /// On the shared services.
    pub async fn new(backing: Backing) -> Bed {
        match backing {
            Backing::Embedded => Bed::make(None, None, String::new()).await,
            Backing::Rabbit => {
                let vhost = Rabbit::vhost().await;
                let amqp = vhost.url().to_owned();
                Bed::make(None, Some(vhost), amqp).await
            }
        }
    }

    /// On a broker of its own, which may be hurt. The embedded queue has its own in any case.
    pub async fn of_its_own(backing: Backing) -> Bed {
        match backing {
            Backing::Embedded => Bed::new(backing).await,
            Backing::Rabbit => Bed::on(Rabbit::start().await).await,
        }
    }

    /// On this broker.
    pub async fn on(node: Rabbit) -> Bed {
        let amqp = node.url();
        Bed::make(Some(node), None, amqp).await
    }

    /// On a broker that is reached by another address: through a proxy.
    pub async fn through(node: Rabbit, amqp: String) -> Bed {
        Bed::make(Some(node), None, amqp).await
    }

    async fn make(node: Option<Rabbit>, vhost: Option<Vhost>, amqp: String) -> Bed {
        let folder = Folder::new("queue");
        let database = if amqp.is_empty() { None } else { Some(Postgres::database().await) };
        let file = folder.path().join("store.db").display().to_string();
        let url = database.as_ref().map_or(file, |d| d.url().to_owned());
        let options = Options { url, connections: 4, acquire: Duration::from_secs(10) };
        store::migrate(&options).await.unwrap();
        let store = store::open(&options).await.unwrap();
        let queue = open_queue(&store, &amqp).await;
        let tenant = Tenant(Uuid::now_v7());
        let mut bed =
            Bed { store, queue, tenant, options, node, amqp, vhost, relay: None, _database: database, _folder: folder };
        bed.start_relay();
        bed
    }

    pub fn start_relay(&mut self) {
        let stop = CancellationToken::new();
        let relay = flow::relay::run(self.store.clone(), self.queue.clone(), stop.clone());
        let running = tokio::spawn(async move { relay.await.expect("a relay that goes on") });
        self.relay = Some((stop, running));
    }

    pub async fn stop_relay(&mut self) {
        if let Some((stop, running)) = self.relay.take() {
            stop.cancel();
            running.await.expect("a relay that ends in order");
        }
    }

    /// The whole process and its broker stop in order and start again, with what they have on disk.
    pub async fn restart(&mut self) {
        self.stop_relay().await;
        if let Some(node) = &self.node {
            node.restart().await;
        }
        self.store.close().await;
        self.store = store::open(&self.options).await.unwrap();
        self.queue = open_queue(&self.store, &self.amqp).await;
        self.start_relay();
    }

    /// All that is known outside the store is gone: the broker's data folder, the embedded queue's memory.
    pub async fn lose_the_queue(&mut self) {
        match &self.node {
            Some(node) => node.wipe_data_folder().await,
            None => self.queue = Queue::embedded(self.store.clone()),
        }
    }

    /// Nothing can be written: the broker blocks publishers, another process holds the embedded store's lock.
    pub async fn block(&self) -> Block {
        if let Some(node) = &self.node {
            node.block_publishers().await;
            return Block(None);
        }
        let mut other = sqlx::SqliteConnection::connect(&format!("sqlite:{}", self.options.url)).await.unwrap();
        sqlx::query("begin immediate").execute(&mut other).await.unwrap();
        Block(Some(other))
    }

    pub async fn unblock(&self, Block(lock): Block) {
        if let Some(node) = &self.node {
            node.unblock_publishers().await;
        }
        if let Some(mut other) = lock {
            sqlx::query("rollback").execute(&mut other).await.unwrap();
        }
    }

    /// A consumer of the stage that this suite works with.
    pub async fn consumer(&self, prefetch: u16) -> Consumer {
        self.queue.consumer(Stage::Apply, prefetch).await.unwrap()
    }

    /// A claim check that is recognised by its number.
    pub fn claim(&self, number: u64) -> ClaimCheck {
        ClaimCheck::new(self.tenant, Stage::Apply, vec![id(number)])
    }

    /// Commits claim checks of these numbers, for now.
    pub async fn push(&self, numbers: impl IntoIterator<Item = u64>) {
        let at = now();
        let rows: Vec<outbox::Row> =
            numbers.into_iter().map(|number| outbox::Row::at_once(self.claim(number), at)).collect();
        self.write(&rows).await;
    }

    /// Commits a claim check for later.
    pub async fn push_later(&self, number: u64, due: Micros) {
        self.write(&[outbox::Row::later(self.claim(number), now(), due)]).await;
    }

    pub async fn write(&self, rows: &[outbox::Row]) {
        let mut tx = self.store.begin(self.tenant).await.unwrap();
        outbox::push(&mut tx, rows).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Writes a row whose claim check, JSON as it is, is no claim check.
    pub async fn push_nonsense(&self, claim: &str) {
        const INSERT: &str =
            "insert into outbox (tenant, stage, due, claim, written_at) values ($1, 'apply', 0, $2, 0)";
        if self.store.is_distributed() {
            let mut owner = sqlx::PgConnection::connect(&self.options.url).await.unwrap();
            let claim: serde_json::Value = serde_json::from_str(claim).unwrap();
            sqlx::query(INSERT).bind(self.tenant.0).bind(claim).execute(&mut owner).await.unwrap();
        } else {
            let mut owner = sqlx::SqliteConnection::connect(&format!("sqlite:{}", self.options.url)).await.unwrap();
            sqlx::query(INSERT).bind(self.tenant.0).bind(claim).execute(&mut owner).await.unwrap();
        }
    }

    /// Makes all that waits for later due now, whatever form it waits in.
    pub async fn let_time_pass(&self) {
        self.let_pass(">= 0").await;
    }

    /// Makes due now what waits for an instant of which this holds.
    pub async fn let_pass(&self, due: &str) {
        let statements = [
            format!("update outbox set due = 0 where due {due}"),
            format!("update timers set due_at = 0 where due_at {due}"),
        ];
        for statement in statements.map(sqlx::AssertSqlSafe) {
            if self.store.is_distributed() {
                let mut owner = sqlx::PgConnection::connect(&self.options.url).await.unwrap();
                sqlx::query(statement).execute(&mut owner).await.unwrap();
            } else {
                let mut owner = sqlx::SqliteConnection::connect(&format!("sqlite:{}", self.options.url)).await.unwrap();
                sqlx::query(statement).execute(&mut owner).await.unwrap();
            }
        }
    }

    /// Does the work of claim checks as a stage does: effect and settling in one transaction, told after the commit.
    /// An entity's version is the effect and, as a message's state would be, the inbox.
    pub async fn work(&self, taken: Vec<Taken>) {
        let mut tx = self.store.begin(self.tenant).await.unwrap();
        for one in &taken {
            let body = serde_json::value::to_raw_value(&json!({"done": true})).unwrap();
            let save = entities::Save { kind: "work".into(), id: one.claim.ids[0], version: 1, body };
            if self.effects_of(&mut tx, one.claim.ids[0]).await == 0 {
                entities::save(&mut tx, self.tenant, &[save]).await.unwrap();
            }
        }
        self.queue.settle(&mut tx, &taken).await.unwrap();
        tx.commit().await.unwrap();
        self.queue.ack(taken).await;
    }

    async fn effects_of(&self, tx: &mut store::Tx, id: Uuid) -> i64 {
        let known = entities::load(tx, self.tenant, &[("work", id)]).await.unwrap();
        known.first().map_or(0, |row| row.version)
    }

    /// How often the effect of a number happened.
    pub async fn effects(&self, number: u64) -> i64 {
        let mut tx = self.store.read(self.tenant).await.unwrap();
        let count = self.effects_of(&mut tx, id(number)).await;
        tx.rollback().await.unwrap();
        count
    }

    /// Waits until the relay has published all.
    pub async fn empty_outbox(&self) {
        wait_for(PATIENCE, "an empty outbox", || async {
            let mut tx = self.store.system_read().await.map_err(|e| e.to_string())?;
            let rows = outbox::depth(&mut tx, now()).await.map_err(|e| e.to_string())?;
            tx.rollback().await.map_err(|e| e.to_string())?;
            if rows.is_empty() { Ok(()) } else { Err(format!("{rows:?}")) }
        })
        .await;
    }

    /// Waits until nothing is left in outbox and queue.
    pub async fn empty(&self) {
        self.empty_but(0).await;
    }

    /// Waits until nothing is left in outbox and queue but so many that wait for later.
    pub async fn empty_but(&self, waiting: u64) {
        let rows_left = if self.store.is_distributed() { 0 } else { waiting as i64 };
        wait_for(PATIENCE, "outbox and queue to be empty", || async {
            let mut tx = self.store.system_read().await.map_err(|e| e.to_string())?;
            let rows = outbox::depth(&mut tx, now()).await.map_err(|e| e.to_string())?;
            tx.rollback().await.map_err(|e| e.to_string())?;
            let standing = self.queue.standing(Stage::Apply).await.map_err(|e| e.to_string())?;
            let left: i64 = rows.iter().map(|row| row.1).sum();
            let empty = left == rows_left && standing.ready == 0 && standing.waiting == waiting;
            if empty { Ok(()) } else { Err(format!("{rows:?}, {standing:?}")) }
        })
        .await;
    }
}

async fn open_queue(store: &Store, amqp: &str) -> Queue {
    if amqp.is_empty() { Queue::embedded(store.clone()) } else { Queue::rabbit(amqp).await.unwrap() }
}

fn id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

/// The number of a claim check.
pub fn number(taken: &Taken) -> u64 {
    taken.claim.ids[0].as_u128() as u64
}

/// The next claim check, within patience.
pub async fn next(consumer: &mut Consumer) -> Taken {
    match tokio::time::timeout(PATIENCE, consumer.next()).await {
        Ok(taken) => taken.expect("a queue that works"),
        Err(_) => panic!("no claim check within {PATIENCE:?}"),
    }
}

/// That no claim check comes for a while.
pub async fn nothing(consumer: &mut Consumer) {
    if let Ok(taken) = tokio::time::timeout(QUIET, consumer.next()).await {
        panic!("{} came, and nothing should", number(&taken.expect("a queue that works")));
    }
}

/// Takes and works until each of these numbers came at least once. Gives how often each came.
pub async fn work_off(
    bed: &Bed,
    consumer: &mut Consumer,
    numbers: impl IntoIterator<Item = u64>,
) -> BTreeMap<u64, u32> {
    let mut missing: std::collections::BTreeSet<u64> = numbers.into_iter().collect();
    let mut came = BTreeMap::new();
    while !missing.is_empty() {
        let first = match tokio::time::timeout(PATIENCE, consumer.next()).await {
            Ok(taken) => taken.expect("a queue that works"),
            Err(_) => panic!("{} never came, {:?} first", missing.len(), missing.first()),
        };
        let mut taken = vec![first];
        taken.extend(consumer.more(31).await.unwrap());
        for one in &taken {
            missing.remove(&number(one));
            *came.entry(number(one)).or_insert(0) += 1;
        }
        bed.work(taken).await;
    }
    came
}

/// Takes and works until outbox and queue are empty: what was published twice comes twice.
pub async fn drain(bed: &Bed, consumer: &mut Consumer) {
    drain_but(bed, consumer, 0).await;
}

/// The same, but so many that wait for later stay.
pub async fn drain_but(bed: &Bed, consumer: &mut Consumer, waiting: u64) {
    let working = async {
        loop {
            let taken = consumer.next().await.expect("a queue that works");
            bed.work(vec![taken]).await;
        }
    };
    tokio::select! {
        () = working => {}
        () = bed.empty_but(waiting) => {}
    }
}
