//! Claim checks a second through the relay and a consumer, on PostgreSQL and RabbitMQ, and by the embedded queue.
//!
//! `cargo bench --bench queue [-- CLAIMS]` uses the services that `TEST_DATABASE_URL` and `TEST_AMQP_URL` name, else
//! private ones. A claim check is one id; written 500 to a transaction, consumed with prefetch 64, up to 16 acked together.
#[path = "../tests/hub/mod.rs"]
mod hub;

use crossdock::{
    canonical::{ClaimCheck, Stage, Tenant},
    flow::relay,
    queue::Queue,
    store::{self, Options, Store, now, outbox},
};
use hub::{
    services::{Postgres, Rabbit, process::Folder},
    wait::wait_for,
};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    println!("{count} claim checks; claim checks a second");
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let store = open(database.url().to_owned()).await;
    through_the_broker(&store, vhost.url(), count).await;
    store.close().await;
    let folder = Folder::new("bench");
    let store = open(folder.path().join("store.db").display().to_string()).await;
    embedded(&store, count).await;
    store.close().await;
}

async fn open(url: String) -> Store {
    let options = Options { url, connections: 4, acquire: PATIENCE };
    store::migrate(&options).await.expect("a fresh store");
    store::open(&options).await.expect("a migrated store")
}

/// Says how fast something was.
fn tell(what: &str, count: usize, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("  {what:<44} {:>8.0}/s  ({seconds:.2} s)", count as f64 / seconds);
}

async fn write(store: &Store, count: usize) {
    let began = Instant::now();
    let tenant = Tenant(Uuid::now_v7());
    for from in (0..count).step_by(500) {
        let at = now();
        let claim = |n: usize| ClaimCheck::new(tenant, Stage::Apply, vec![Uuid::from_u128(n as u128)]);
        let rows: Vec<_> = (from..count.min(from + 500)).map(|n| outbox::Row::at_once(claim(n), at)).collect();
        let mut tx = store.begin(tenant).await.expect("a transaction");
        outbox::push(&mut tx, &rows).await.expect("rows");
        tx.commit().await.expect("a commit");
    }
    tell("written to the outbox", count, began);
}

async fn consume(store: &Store, queue: &Queue, count: usize) {
    let mut consumer = queue.consumer(Stage::Apply, 64).await.expect("a consumer");
    let mut came = 0;
    while came < count {
        let next = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time");
        let mut taken = vec![next.expect("a queue that works")];
        taken.extend(consumer.more(15).await.expect("a queue that works"));
        came += taken.len();
        if !store.is_distributed() {
            let mut tx = store.system().await.expect("a transaction");
            queue.settle(&mut tx, &taken).await.expect("settled");
            tx.commit().await.expect("a commit");
        }
        queue.ack(taken).await;
    }
}

async fn through_the_broker(store: &Store, amqp: &str, count: usize) {
    println!("PostgreSQL and RabbitMQ");
    let queue = Queue::rabbit(amqp).await.expect("a broker");
    write(store, count).await;
    let stop = CancellationToken::new();
    let began = Instant::now();
    let running = tokio::spawn(relay::run(store.clone(), queue.clone(), stop.clone()));
    wait_for(PATIENCE, "the relay to have published all", || async {
        let mut tx = store.system_read().await.map_err(|e| e.to_string())?;
        let rows = outbox::depth(&mut tx, now()).await.map_err(|e| e.to_string())?;
        tx.rollback().await.map_err(|e| e.to_string())?;
        if rows.is_empty() { Ok(()) } else { Err(format!("{rows:?}")) }
    })
    .await;
    tell("read, published, confirmed, deleted", count, began);
    let began = Instant::now();
    consume(store, &queue, count).await;
    tell("consumed, acked", count, began);
    let began = Instant::now();
    let (written, consumed) = (write(store, count), consume(store, &queue, count));
    tokio::join!(written, consumed);
    tell("written, relayed, consumed, all at once", count, began);
    stop.cancel();
    running.await.expect("a relay that ends").expect("a relay that works");
}

async fn embedded(store: &Store, count: usize) {
    println!("SQLite and the embedded queue");
    let queue = Queue::embedded(store.clone());
    write(store, count).await;
    let began = Instant::now();
    consume(store, &queue, count).await;
    tell("taken, deleted", count, began);
}
