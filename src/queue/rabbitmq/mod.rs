//! RabbitMQ by `lapin`: two kept connections (a blocked publisher must not hold back acks), topology as a table, confirms
//! and acks each under a time limit. See `link` for what survives what.

mod check;
mod hung;
pub(crate) mod lane;
mod link;
mod publish;
mod take;
pub mod topology;

pub use check::{Management, QueueState};
pub use publish::{Message, Published};
pub use take::Taker;

use super::{LineHealth, QueueError, Standing};
use crate::canonical::{Stage, claim::CLAIM_IDS};
use lapin::{Channel, options::QueueDeclareOptions, types::FieldTable};
use link::{Link, Live, State};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

/// At start the broker is waited for so long; after that the hub starts without it.
const START: Duration = Duration::from_secs(3);

/// The broker. Its connections end when it is dropped.
pub struct Broker {
    publish: Link,
    consume: Link,
    publisher: Mutex<Option<publish::Open>>,
    /// A channel for questions. A missing queue closes the channel that asks.
    asking: Mutex<Option<(u64, Channel)>>,
    _stop: DropGuard,
}

impl Broker {
    /// Connects and declares the topology. What the broker refuses (credentials, virtual host, a queue with other
    /// arguments) is an error; a broker that is away is not: it is waited for, and work is kept in the store.
    pub async fn open(url: &str) -> Result<Broker, QueueError> {
        let uri = link::parse(url)?;
        let stop = CancellationToken::new();
        let broker = Broker {
            publish: Link::keep("publish", uri.clone(), stop.clone()),
            consume: Link::keep("consume", uri, stop.clone()),
            publisher: Mutex::default(),
            asking: Mutex::default(),
            _stop: stop.drop_guard(),
        };
        for state in [broker.publish.settled(START).await, broker.consume.settled(START).await] {
            if let State::Down { refused: true, why, .. } = state {
                return Err(QueueError::Broker(why));
            }
        }
        Ok(broker)
    }

    /// Both connections as they are now, without asking anybody.
    pub fn health(&self) -> Vec<LineHealth> {
        [&self.publish, &self.consume].into_iter().map(health).collect()
    }

    /// How many ids may wait in a stage's queue: its ready claim checks, each of up to 64 ids.
    pub async fn depth(&self, stage: Stage) -> Result<u64, QueueError> {
        Ok(self.look(&topology::work_queue(stage)).await?.0 * CLAIM_IDS as u64)
    }

    /// A stage's claim checks by what they do now.
    pub async fn standing(&self, stage: Stage) -> Result<Standing, QueueError> {
        let (ready, consumers) = self.look(&topology::work_queue(stage)).await?;
        let mut waiting = 0;
        for queue in topology::retry_queues(stage) {
            waiting += self.look(&queue).await?.0;
        }
        Ok(Standing { ready, waiting, unsettled: None, consumers: Some(consumers) })
    }

    /// Ready messages and consumers of a queue, by a passive declare on the consuming connection, which is never blocked.
    async fn look(&self, queue: &str) -> Result<(u64, u64), QueueError> {
        if let State::Down { why, .. } = self.consume.state() {
            return Err(QueueError::Broker(why));
        }
        let live = self.consume.up().await?;
        let mut asking = self.asking.lock().await;
        let channel = match asking.take().filter(|(epoch, c)| *epoch == live.epoch && c.status().connected()) {
            Some((_, channel)) => channel,
            None => self.consume.channel(&live).await?,
        };
        let state = self.declared(&live, &channel, queue).await?;
        *asking = Some((live.epoch, channel));
        Ok(state)
    }

    async fn declared(&self, live: &Live, channel: &Channel, queue: &str) -> Result<(u64, u64), QueueError> {
        let options = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
        let call = channel.queue_declare(queue.into(), options, FieldTable::default());
        let queue = self.consume.call(live, "queue.declare", call).await?;
        Ok((u64::from(queue.message_count()), u64::from(queue.consumer_count())))
    }
}

fn health(link: &Link) -> LineHealth {
    match link.state() {
        State::Up { blocked, .. } => LineHealth { name: link.name, up: true, blocked, down: None },
        State::Down { since, why, .. } => {
            LineHealth { name: link.name, up: false, blocked: None, down: Some((since.elapsed(), why)) }
        }
    }
}
