//! What died by the delivery limit, in the stage that tries it alone.

use super::bed::{Backing, Bed, PATIENCE, next};
use crate::hub::{services::process::Folder, wait::wait_for};
use crossdock::{
    canonical::{ClaimCheck, Stage},
    config::Settings,
    flow::{self, Hub},
    intake::{Intake, Limits},
    mapping::Library,
    tenancy::Directory,
};
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use sqlx::Connection as _;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn hub(bed: &Bed, spool: &Folder) -> Hub {
    let limits = Limits { max_bytes: 1 << 20, wait_us: 60_000_000, worker: "suspects".into() };
    Hub {
        settings: Arc::new(Settings::default()),
        store: bed.store.clone(),
        queue: bed.queue.clone(),
        directory: Arc::new(Directory::compile(&[], &|_| None).unwrap()),
        library: Library::compile(&[]).unwrap().into(),
        intake: Intake::open(bed.store.clone(), spool.path().join("spool"), limits).unwrap(),
        worker: "suspects".into(),
        probe: Default::default(),
    }
}

/// Puts a claim check where the broker puts what died.
async fn bury(bed: &Bed, claim: &ClaimCheck) {
    let connection = Connection::connect(&bed.amqp, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let mut headers = FieldTable::default();
    headers.insert("x-first-death-reason".into(), AMQPValue::LongString("delivery_limit".into()));
    let properties = BasicProperties::default().with_headers(headers);
    let body = serde_json::to_vec(claim).unwrap();
    let options = BasicPublishOptions::default();
    let confirm = channel.basic_publish("cd1.dead".into(), "".into(), options, &body, properties).await.unwrap();
    assert!(confirm.await.unwrap().is_ack());
}

async fn pending_message(bed: &Bed) -> Uuid {
    let id = Uuid::now_v7();
    let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.unwrap();
    sqlx::query(
        "insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control,
            set_byte, set_len, state, released, created_at, deadline, wait_us)
         values ($1, $2, $2, 0, 0, 0, 'x12', '850', '004010', '0001', 0, 1, 'pending', 1, 0, 0, 1)",
    )
    .bind(bed.tenant.0)
    .bind(id)
    .execute(&mut owner)
    .await
    .unwrap();
    id
}

async fn state(bed: &Bed, id: Uuid) -> Result<String, String> {
    let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.map_err(|e| e.to_string())?;
    let asked = sqlx::query_scalar("select state from messages where id = $1").bind(id);
    asked.fetch_one(&mut owner).await.map_err(|e| e.to_string())
}

/// Six workers died of it, each with nothing else in hand: it is to blame, and ends with a dead letter that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kills_its_worker_alone_ends_with_a_dead_letter() {
    let bed = Bed::new(Backing::Rabbit).await;
    let message = pending_message(&bed).await;
    bury(&bed, &ClaimCheck::new(bed.tenant, Stage::Apply, vec![message])).await;
    for death in 0..5 {
        let mut suspects = bed.queue.suspects().await.unwrap();
        let taken = next(&mut suspects).await;
        assert_eq!(taken.deliveries, death, "a closed channel counts");
        drop(taken);
    }
    assert_eq!(state(&bed, message).await.unwrap(), "pending");
    let (folder, stop) = (Folder::new("suspects"), CancellationToken::new());
    let running = tokio::spawn(flow::suspects::run(hub(&bed, &folder), stop.clone()));
    wait_for(PATIENCE, "the message to be dead", || async {
        let state = state(&bed, message).await?;
        if state == "dead" { Ok(()) } else { Err(state) }
    })
    .await;
    let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.unwrap();
    let letters: Vec<(Uuid, String)> =
        sqlx::query_as("select thing_id, reason::text from dead_letters").fetch_all(&mut owner).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].0 == message && letters[0].1.contains("at 5 of them alone"), "{letters:?}");
    stop.cancel();
    running.await.unwrap().unwrap();
    let mut suspects = bed.queue.suspects().await.unwrap();
    super::bed::nothing(&mut suspects).await;
}

/// Deliveries have lanes that one alone can't keep: each goes back by a claim check of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_go_back_one_by_one() {
    let bed = Bed::new(Backing::Rabbit).await;
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    bury(&bed, &ClaimCheck::new(bed.tenant, Stage::Deliver, ids.clone())).await;
    let (folder, stop) = (Folder::new("suspects"), CancellationToken::new());
    let running = tokio::spawn(flow::suspects::run(hub(&bed, &folder), stop.clone()));
    let mut consumer = bed.queue.consumer(Stage::Deliver, 4).await.unwrap();
    for id in ids {
        let taken = next(&mut consumer).await;
        assert_eq!(taken.claim, ClaimCheck::new(bed.tenant, Stage::Deliver, vec![id]));
        bed.queue.ack(vec![taken]).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    let mut suspects = bed.queue.suspects().await.unwrap();
    super::bed::nothing(&mut suspects).await;
}
