//! The relay: outbox rows to the broker, one relay at a time. Rows are deleted after their own confirm and never skipped:
//! each round begins at the oldest row that stands, so one that was committed late is met like any other.

use crate::{
    flow::failure::Patience,
    queue::{Queue, QueueError, rabbitmq::Message},
    store::{Store, StoreError, events, outbox, session::RelaySession},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rows published in one round.
const PAGE: i64 = 500;
/// How long to wait at most for the database's word that rows were written.
const IDLE: Duration = Duration::from_millis(250);

/// Relays until told to stop. On the embedded queue there is nothing to relay.
pub async fn run(store: Store, queue: Queue, stop: CancellationToken) -> Result<(), QueueError> {
    let Queue::Rabbit(broker) = queue else { return Ok(()) };
    let mut patience = Patience::new();
    while !stop.is_cancelled() {
        let mut session = match RelaySession::open(&store).await {
            Ok(Some(session)) => session,
            Ok(None) => {
                pause(&stop, Duration::from_secs(1)).await;
                continue;
            }
            Err(error) => {
                patience.wait("relay", &error).await;
                continue;
            }
        };
        patience = Patience::new();
        while !stop.is_cancelled() {
            match round(&store, &broker, &mut session).await {
                Ok(0) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = session.wait(IDLE) => {}
                },
                Ok(_) => {}
                Err(QueueError::Store(error)) => {
                    patience.wait("relay", &error).await;
                    break;
                }
                Err(QueueError::Broker(_)) => pause(&stop, Duration::from_millis(rand::random_range(100..500))).await,
            }
        }
    }
    Ok(())
}

async fn pause(stop: &CancellationToken, long: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(long) => {}
    }
}

/// Publishes the oldest rows and deletes those that were confirmed; gives committed events their places in the feed.
async fn round(
    store: &Store,
    broker: &crate::queue::rabbitmq::Broker,
    session: &mut RelaySession,
) -> Result<usize, QueueError> {
    session.is_ours().await?;
    let mut tx = store.system().await?;
    let rows = outbox::oldest(&mut tx, 0, PAGE).await?;
    events::place(&mut tx, PAGE).await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let messages = rows.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
    let confirmed = broker.publish(messages).await?;
    metrics::counter!("crossdock_published_total").increment(confirmed.len() as u64);
    let mut tx = store.system().await?;
    outbox::delete(&mut tx, &confirmed).await?;
    tx.commit().await?;
    Ok(confirmed.len())
}

fn message(row: outbox::Waiting) -> Result<Message, StoreError> {
    let body = serde_json::to_vec(&row.claim)
        .map_err(|e| StoreError::Row(format!("claim check {} can't be written: {e}", row.id)))?;
    Ok(Message { id: row.id, stage: row.stage, delay: row.delay, body, attempt: row.claim.attempt })
}
