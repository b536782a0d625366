//! RabbitMQ by `lapin`, with a supervisor of our own: `lapin` recovers connections and no channels, and nothing of it has
//! a time limit. So every call has one here, every confirm is awaited itself, and after any trouble the line (connection,
//! channel, topology) is made anew, for ever, with growing waits.

mod publish;
mod take;
pub mod topology;

pub use publish::Message;
pub use take::Taker;

use super::QueueError;
use crate::canonical::Stage;
use lapin::{Channel, Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};
use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::sync::Mutex;

/// No call to the broker takes longer, or its line is given up.
const LIMIT: Duration = Duration::from_secs(10);

/// The broker, by one connection for publishing and one for consuming: a blocked publisher must not hold back acks.
pub struct Broker {
    url: String,
    publish: Mutex<Option<Line>>,
    consume: Mutex<Option<Connection>>,
    /// The last word about the line, so that each change is logged once.
    up: AtomicBool,
}

/// A connection and its one channel.
struct Line {
    connection: Connection,
    channel: Channel,
}

impl Line {
    fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}

/// A queue as `queues check` sees it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct QueueState {
    pub name: String,
    /// Nothing if it is not there or does not answer.
    pub ready: Option<u32>,
    pub consumers: Option<u32>,
    pub fault: Option<String>,
}

impl Broker {
    /// For a broker that need not be there yet.
    pub fn new(url: &str) -> Broker {
        Broker { url: url.to_string(), publish: Mutex::new(None), consume: Mutex::new(None), up: AtomicBool::new(true) }
    }

    /// Connects and declares the topology, so that a wrong address or other arguments show at start.
    pub async fn connect(&self) -> Result<(), QueueError> {
        let mut line = self.publish.lock().await;
        if line.is_none() {
            *line = Some(self.open_line("publish").await?);
        }
        Ok(())
    }

    async fn open_connection(&self, name: &str) -> Result<Connection, QueueError> {
        let properties = ConnectionProperties::default().with_connection_name(format!("crossdock {name}").into());
        limited("connect", Connection::connect(&self.url, properties)).await
    }

    async fn open_line(&self, name: &str) -> Result<Line, QueueError> {
        let connection = self.open_connection(name).await?;
        let channel = limited("channel.open", connection.create_channel()).await?;
        limited("confirm.select", channel.confirm_select(lapin::options::ConfirmSelectOptions::default())).await?;
        limited("declare", topology::declare(&channel)).await?;
        self.say(true, "");
        Ok(Line { connection, channel })
    }

    /// A channel on the consuming connection, which is made anew if it is gone.
    async fn consume_channel(&self) -> Result<Channel, QueueError> {
        let mut connection = self.consume.lock().await;
        if connection.as_ref().is_none_or(|c| !c.status().connected()) {
            *connection = Some(self.open_connection("consume").await?);
        }
        let Some(open) = connection.as_ref() else { return Err(QueueError::Broker("no connection".into())) };
        let channel = limited("channel.open", open.create_channel()).await;
        if channel.is_err() {
            *connection = None;
        }
        channel
    }

    fn say(&self, up: bool, why: &str) {
        if self.up.swap(up, Ordering::Relaxed) != up {
            if up {
                tracing::info!("the broker is back");
            } else {
                tracing::warn!(why, "the broker is away; work is kept in the store and goes on when it is back");
            }
        }
    }

    /// True if the publishing line stands, or can be made.
    pub async fn health(&self) -> Result<(), QueueError> {
        let mut line = self.publish.lock().await;
        match line.as_ref() {
            Some(open) if open.is_open() && !open.connection.status().blocked() => Ok(()),
            Some(open) if open.connection.status().blocked() => {
                Err(QueueError::Broker("the broker blocks publishers: it is short of memory or disk".into()))
            }
            _ => {
                *line = None;
                *line = Some(self.open_line("publish").await?);
                Ok(())
            }
        }
    }

    /// How many ids may wait in a stage's queue: its ready claim checks, each of up to 64 ids.
    pub async fn depth(&self, stage: Stage) -> Result<u64, QueueError> {
        let state = self.look(&topology::work_queue(stage)).await?;
        Ok(u64::from(state.0) * crate::canonical::claim::CLAIM_IDS as u64)
    }

    /// Ready messages and consumers of a queue, on a channel of its own: a missing queue closes the channel that asks.
    async fn look(&self, queue: &str) -> Result<(u32, u32), QueueError> {
        let channel = self.consume_channel().await?;
        let options = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
        let state =
            limited("queue.declare", channel.queue_declare(queue.into(), options, FieldTable::default())).await?;
        let _ = limited("channel.close", channel.close(200, "".into())).await;
        Ok((state.message_count(), state.consumer_count()))
    }

    /// Every queue of the topology as it stands.
    pub async fn check(&self) -> Vec<QueueState> {
        let mut states = Vec::new();
        for row in topology::queues() {
            states.push(match self.look(&row.name).await {
                Ok((ready, consumers)) => {
                    QueueState { name: row.name, ready: Some(ready), consumers: Some(consumers), fault: None }
                }
                Err(error) => {
                    QueueState { name: row.name, ready: None, consumers: None, fault: Some(error.to_string()) }
                }
            });
        }
        states
    }
}

/// Gives up on a call after the limit: a blocked broker answers never.
async fn limited<T>(what: &'static str, call: impl Future<Output = lapin::Result<T>>) -> Result<T, QueueError> {
    match tokio::time::timeout(LIMIT, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(QueueError::Broker(format!("{what}: {error}"))),
        Err(_) => Err(QueueError::Broker(format!("{what}: no answer within {} s", LIMIT.as_secs()))),
    }
}
