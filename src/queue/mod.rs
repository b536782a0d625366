//! Queues: claim checks from the outbox to the workers. RabbitMQ, or the outbox table itself.
//!
//! Promise: a claim check comes at least once, until its work is committed; work that is not done comes again.
//! Called by: `flow` (consumes, relays), `cli` (checks). Calls: `store` (outbox rows), `canonical`.
//! Never: looks into a body, decides what a failure means.
//! Tried by: tests/guarantees/queue.rs, one suite on both backings

pub mod embedded;
pub mod rabbitmq;

use crate::{
    canonical::{ClaimCheck, Stage},
    store::{Store, StoreError, Tx},
};
use std::sync::Arc;

/// An ack that takes longer is given up; the claim check comes again and finds its work done.
const ACK: std::time::Duration = std::time::Duration::from_secs(5);

/// The queue of this process.
#[derive(Clone)]
pub enum Queue {
    Embedded(Arc<embedded::Embedded>),
    Rabbit(Arc<rabbitmq::Broker>),
}

/// A claim check that was taken and not yet settled.
#[derive(Debug)]
pub struct Taken {
    pub claim: ClaimCheck,
    /// The broker says that it was delivered before.
    pub redelivered: bool,
    pub(crate) token: Token,
}

/// How the backing knows what was taken.
#[derive(Debug)]
pub(crate) enum Token {
    Row(i64),
    Delivery(Box<lapin::message::Delivery>),
}

/// Takes claim checks of one stage, until told to stop.
pub enum Consumer {
    Embedded(embedded::Taker),
    Rabbit(rabbitmq::Taker),
}

/// A failure of the queue itself; never of a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the broker: {0}")]
    Broker(String),
}

impl Queue {
    /// The queue that lives in the store's own outbox table.
    pub fn embedded(store: Store) -> Self {
        Queue::Embedded(Arc::new(embedded::Embedded::new(store)))
    }

    /// RabbitMQ; connects, and declares the topology.
    pub async fn rabbit(url: &str) -> Result<Self, QueueError> {
        let broker = rabbitmq::Broker::new(url);
        broker.connect().await?;
        Ok(Queue::Rabbit(Arc::new(broker)))
    }

    /// A consumer of one stage. `prefetch` bounds how many claim checks it holds unsettled.
    pub async fn consumer(&self, stage: Stage, prefetch: u16) -> Result<Consumer, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(Consumer::Embedded(embedded::Taker::new(queue.clone(), stage, prefetch))),
            Queue::Rabbit(broker) => Ok(Consumer::Rabbit(rabbitmq::Taker::new(broker.clone(), stage, prefetch))),
        }
    }

    /// Inside the transaction that holds the work's effect: on the embedded queue the rows end with it;
    /// a broker is told after the commit.
    pub async fn settle(&self, tx: &mut Tx, taken: &[Taken]) -> Result<(), StoreError> {
        match self {
            Queue::Embedded(queue) => queue.settle(tx, taken).await,
            Queue::Rabbit(_) => Ok(()),
        }
    }

    /// After the commit. What can't be told comes again, and finds its work done.
    pub async fn ack(&self, taken: Vec<Taken>) {
        match self {
            Queue::Embedded(queue) => queue.free(&taken),
            Queue::Rabbit(_) => {
                for one in taken {
                    if let Token::Delivery(delivery) = one.token {
                        // `Ok(false)`: its channel is gone, and it comes again.
                        let _ =
                            tokio::time::timeout(ACK, delivery.ack(lapin::options::BasicAckOptions::default())).await;
                    }
                }
            }
        }
    }

    /// How many ids wait in a stage's queue, taken or not.
    pub async fn depth(&self, stage: Stage) -> Result<u64, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(queue.depth(stage).await?),
            Queue::Rabbit(broker) => broker.depth(stage).await,
        }
    }

    /// Gives claim checks back untouched: shutting down, or the store is away. No failure of theirs.
    pub async fn give_back(&self, taken: Vec<Taken>) {
        match self {
            Queue::Embedded(queue) => queue.free(&taken),
            Queue::Rabbit(_) => {
                for one in taken {
                    if let Token::Delivery(delivery) = one.token {
                        let requeue = lapin::options::BasicNackOptions { requeue: true, ..Default::default() };
                        let _ = tokio::time::timeout(ACK, delivery.nack(requeue)).await;
                    }
                }
            }
        }
    }
}

impl Consumer {
    /// The next claim check; waits for one. Cancel-safe: what was taken is either returned or comes again.
    pub async fn next(&mut self) -> Result<Taken, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.next().await,
            Consumer::Rabbit(taker) => Ok(taker.next().await),
        }
    }

    /// What is there without waiting, at most `limit`.
    pub async fn more(&mut self, limit: usize) -> Result<Vec<Taken>, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.more(limit).await,
            Consumer::Rabbit(taker) => Ok(taker.more(limit).await),
        }
    }
}
