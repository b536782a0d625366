//! Chaos: documents in, while the hub and everything below it is killed, and then the books must balance.
//!
//! | what | short form (in CI) | long form |
//! |---|---|---|
//! | documents | 500, 50 pairs of order and cancellation | 2,000, 200 pairs |
//! | `kill -9` of a hub process, at random moments | 7 | 22 |
//! | broker killed; its data folder deleted | 1; 1 | 3; 1 |
//! | PostgreSQL killed; all its connections cut | 1; 3 | 3; 10 |
//!
//! `CROSSDOCK_CHAOS=long tests/run --only chaos` runs the long form; `CROSSDOCK_CHAOS_SEED=n` repeats a run's decisions.
//! Legend of the lines: seconds since the start, what was done to whom.

#[path = "../hub/mod.rs"]
mod hub;

mod books;
mod hubs;
mod send;
mod storm;

use hub::services::{postgres::Postgres, process::Folder, rabbit::Rabbit};
use hubs::{Backing, Hubs};
use std::time::{Duration, Instant};

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub documents: usize,
    pub pairs: usize,
    pub hub_kills: usize,
    pub broker_kills: usize,
    pub broker_wipes: usize,
    pub database_kills: usize,
    pub cuts: usize,
}

fn size() -> Size {
    match std::env::var("CROSSDOCK_CHAOS").as_deref() {
        Ok("long") => Size {
            documents: 2_000,
            pairs: 200,
            hub_kills: 22,
            broker_kills: 3,
            broker_wipes: 1,
            database_kills: 3,
            cuts: 10,
        },
        _ => Size {
            documents: 500,
            pairs: 50,
            hub_kills: 7,
            broker_kills: 1,
            broker_wipes: 1,
            database_kills: 1,
            cuts: 3,
        },
    }
}

fn seed() -> u64 {
    let given = std::env::var("CROSSDOCK_CHAOS_SEED").ok().and_then(|s| s.parse().ok());
    given.unwrap_or_else(|| {
        std::process::id() as u64 ^ Instant::now().elapsed().as_nanos() as u64 ^ rand::random::<u32>() as u64
    })
}

/// Sends, breaks, waits and balances.
async fn run(name: &str, hubs: Hubs, size: Size) {
    let seed = seed();
    println!("chaos {name}: seed {seed}; again: CROSSDOCK_CHAOS_SEED={seed} tests/run --only chaos -- {name}");
    let began = Instant::now();
    let sender = send::start(&hubs, size, seed);
    storm::blow(&hubs, &sender, size, seed, began).await;
    let ledger = sender.finish(Duration::from_secs(180)).await;
    println!("{:>6.1} every document is acknowledged: {}", began.elapsed().as_secs_f32(), ledger.len());
    books::settle(&hubs, Duration::from_secs(90)).await;
    println!("{:>6.1} everything has ended; the books are opened", began.elapsed().as_secs_f32());
    books::balance(hubs, &ledger, size).await;
    println!("{:>6.1} chaos {name}: {} documents applied exactly once", began.elapsed().as_secs_f32(), ledger.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    let size = Size { broker_kills: 0, broker_wipes: 0, database_kills: 0, cuts: 0, ..size() };
    let hubs = Hubs::start(Folder::new("chaos-embedded"), Backing::Embedded).await;
    run("embedded", hubs, size).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn distributed() {
    let (postgres, rabbit) = tokio::join!(Postgres::start(), Rabbit::start());
    let backing = Backing::distributed(postgres, rabbit).await;
    let hubs = Hubs::start(Folder::new("chaos-distributed"), backing).await;
    run("distributed", hubs, size()).await;
}
