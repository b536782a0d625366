//! Documents a second from intake to published deliveries, on PostgreSQL and RabbitMQ, beside a floor in the same run.
//!
//! `cargo bench --bench end_to_end [-- DOCUMENTS] [--quick] [--memory [MB]]`. Each document is one interchange with one 850
//! of ten lines; what counts as done is that the claim check of its webhook has come out of the broker, behind the commit
//! that holds its message, events and delivery. Two translate and two apply workers, one relay, all in this process.
//!
//! The floor writes the same rows into the same tables by bare multi-row statements, 64 documents to a transaction, and
//! publishes as many messages with confirms, by two workers.
//!
//! Before it is measured, a tenth of the documents goes through and the tables are analyzed, as autovacuum does within a
//! minute: on tables without statistics PostgreSQL reads all rows of a tenant for a handful.
//!
//! `--memory` measures the built binary's peak while an interchange of 200 MB goes through it whole; see `memory.rs`.
//!
//! Services are those that `TEST_DATABASE_URL` and `TEST_AMQP_URL` (`TEST_AMQP_MANAGEMENT`) name, else private ones;
//! `bash tests/run --services` starts some and prints the variables. Without `cargo bench` (as by `cargo test --benches`)
//! it runs in its quick form.
#[path = "../../tests/hub/mod.rs"]
mod hub;

mod floor;
mod load;
mod measured;
mod memory;

use hub::services::{Postgres, Rabbit};
use measured::Hub;
use std::time::Duration;

/// As the built binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Documents that are brought at once.
const AT_ONCE: usize = 256;

/// What was asked for.
struct Call {
    documents: usize,
    memory: Option<usize>,
}

fn call() -> Call {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    let quick = has("--quick") || !has("--bench");
    let number = arguments.iter().find_map(|a| a.parse::<usize>().ok());
    let memory = has("--memory").then(|| number.unwrap_or(if quick { 4 } else { 200 }));
    Call { documents: number.unwrap_or(if quick { 200 } else { 8_000 }), memory }
}

#[tokio::main]
async fn main() {
    let call = call();
    match call.memory {
        Some(megabytes) => memory::run(megabytes).await,
        None => end_to_end(call.documents).await,
    }
}

async fn end_to_end(count: usize) {
    println!("{count} documents, each an interchange with one 850 of ten lines ({} bytes)", load::document(1).len());
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let mut hub = Hub::start(database.url(), vhost.url()).await;
    // Plans, connections and caches are warm; the rows of this part are in neither figure.
    let warm = (count / 10).max(50);
    hub.bring(0..warm, None).await;
    floor::analyze(database.url()).await;
    let before = floor::Rows::count(database.url()).await;
    let hub_seconds = hub.bring(warm..warm + count, None).await.seconds;
    let per_second = count as f64 / hub_seconds;
    println!("  hub     {per_second:>7.0} documents/s  ({hub_seconds:.2} s)");
    hub.pause_stages().await;
    let rows = floor::Rows::capture(database.url(), &before, count).await;
    let floor = floor::run(&rows, count).await;
    println!(
        "  floor   {:>7.0} documents/s  ({floor:.2} s): {} rows in {} tables, {} messages of {} bytes",
        count as f64 / floor,
        rows.count_rows(),
        rows.tables.len(),
        rows.messages,
        rows.message_bytes
    );
    println!("  ratio   {:>7.2}  (goal: at least 0.50)", floor / hub_seconds);
    hub.resume_stages().await;
    let paced = hub.bring(warm + count..warm + count + count / 2, Some(per_second / 2.0)).await;
    let [p50, p99, most] = [0.50, 0.99, 1.0].map(|q| paced.latency(q).as_secs_f64() * 1e3);
    println!(
        "  at half of the hub's load ({:.0}/s): p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms",
        per_second / 2.0
    );
    hub.stop().await;
}
