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
use std::{sync::Arc, time::Duration};

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
    /// How often a broker delivered it before, by its own count; 0 where it doesn't say.
    pub deliveries: u64,
    /// It died by the delivery limit, so it was in hand at many crashes: suspect, not guilty. To be tried alone.
    pub suspect: Option<Suspect>,
    pub(crate) token: Token,
}

/// What the broker says of a claim check that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// `delivery_limit`, in the broker's words.
    pub reason: String,
    /// Where it was.
    pub queue: String,
}

/// A stage's claim checks by what they do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Could be taken now.
    pub ready: u64,
    /// For later: in a retry queue, or not due.
    pub waiting: u64,
    /// Taken and not settled; a broker doesn't tell by AMQP.
    pub unsettled: Option<u64>,
    /// Consumers, where there is a broker that counts them.
    pub consumers: Option<u64>,
}

/// A connection to the broker, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineHealth {
    /// `publish` or `consume`.
    pub name: &'static str,
    pub up: bool,
    /// Why the broker takes no messages for now: it is short of memory or disk.
    pub blocked: Option<String>,
    /// For how long it is down, and why.
    pub down: Option<(Duration, String)>,
}

/// How the backing knows what was taken.
#[derive(Debug)]
pub(crate) enum Token {
    Row(embedded::Held),
    Delivery(rabbitmq::lane::Delivery),
}

/// Takes claim checks of one stage, until told to stop.
#[expect(clippy::large_enum_variant, reason = "a process has a handful of them")]
pub enum Consumer {
    Embedded(embedded::Taker),
    Rabbit(rabbitmq::Taker),
    /// Nothing ever comes: the suspects of a queue that has no delivery limit.
    Nothing,
}

/// A failure of the queue itself; never of a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the broker: {0}")]
    Broker(String),
    /// The broker gave no answer in time by the connection of this epoch, which was given up for it.
    #[error("the broker: {what}: no answer within {seconds} s")]
    Silent { what: String, seconds: u64, epoch: u64 },
}

impl Queue {
    /// The queue that lives in the store's own outbox table.
    pub fn embedded(store: Store) -> Self {
        Queue::Embedded(Arc::new(embedded::Embedded::new(store)))
    }

    /// RabbitMQ. What the broker refuses is an error; a broker that is away is waited for, here for a few seconds, then
    /// by whoever needs it.
    pub async fn rabbit(url: &str) -> Result<Self, QueueError> {
        Ok(Queue::Rabbit(Arc::new(rabbitmq::Broker::open(url).await?)))
    }

    /// A consumer of one stage. `prefetch` bounds how many claim checks it holds unsettled.
    pub async fn consumer(&self, stage: Stage, prefetch: u16) -> Result<Consumer, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(Consumer::Embedded(embedded::Taker::new(queue.clone(), stage, prefetch))),
            Queue::Rabbit(broker) => Ok(Consumer::Rabbit(rabbitmq::Taker::of(broker, stage, prefetch))),
        }
    }

    /// A consumer of what died by the delivery limit, of all stages, one at a time. The embedded queue has no such limit.
    pub async fn suspects(&self) -> Result<Consumer, QueueError> {
        match self {
            Queue::Embedded(_) => Ok(Consumer::Nothing),
            Queue::Rabbit(broker) => Ok(Consumer::Rabbit(rabbitmq::Taker::suspects(broker))),
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
            Queue::Embedded(_) => drop(taken),
            Queue::Rabbit(_) => rabbitmq::lane::tell(rabbitmq::lane::Word::Done, deliveries(taken)).await,
        }
    }

    /// Gives claim checks back untouched: shutting down, or the store is away. No failure of theirs, though RabbitMQ
    /// before 4.3 counts it against the delivery limit, whatever one does (nack, reject, a closed channel); so whoever
    /// can keep what it holds should. They keep their place in the queue, and may be taken again at once.
    pub async fn give_back(&self, taken: Vec<Taken>) {
        match self {
            Queue::Embedded(_) => drop(taken),
            Queue::Rabbit(_) => rabbitmq::lane::tell(rabbitmq::lane::Word::Back, deliveries(taken)).await,
        }
    }

    /// How many ids may wait in a stage's queue; taken ones are counted by the embedded queue only.
    pub async fn depth(&self, stage: Stage) -> Result<u64, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(queue.depth(stage).await?),
            Queue::Rabbit(broker) => broker.depth(stage).await,
        }
    }

    /// A stage's claim checks by what they do now.
    pub async fn standing(&self, stage: Stage) -> Result<Standing, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(queue.standing(stage).await?),
            Queue::Rabbit(broker) => broker.standing(stage).await,
        }
    }

    /// The broker's connections as they are now; none on the embedded queue. Asks nobody, so it never waits.
    pub fn health(&self) -> Vec<LineHealth> {
        match self {
            Queue::Embedded(_) => vec![],
            Queue::Rabbit(broker) => broker.health(),
        }
    }
}

fn deliveries(taken: Vec<Taken>) -> Vec<rabbitmq::lane::Delivery> {
    let back = |one: Taken| match one.token {
        Token::Delivery(delivery) => Some(delivery),
        Token::Row(_) => None,
    };
    taken.into_iter().filter_map(back).collect()
}

impl Consumer {
    /// The next claim check; waits for one. Cancel-safe: what was taken is either returned or comes again.
    pub async fn next(&mut self) -> Result<Taken, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.next().await,
            Consumer::Rabbit(taker) => taker.next().await,
            Consumer::Nothing => std::future::pending().await,
        }
    }

    /// What is there without waiting, at most `limit`.
    pub async fn more(&mut self, limit: usize) -> Result<Vec<Taken>, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.more(limit).await,
            Consumer::Rabbit(taker) => Ok(taker.more(limit)),
            Consumer::Nothing => Ok(vec![]),
        }
    }
}
