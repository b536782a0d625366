//! Queues: claim checks from the outbox to the workers. RabbitMQ, or the outbox table itself.
//!
//! Promise: a claim check comes at least once, until its work is committed; work that is not done comes again.
//! Called by: `flow` (consumes, relays), `cli` (checks). Calls: `store` (outbox rows), `canonical`.
//! Never: looks into a body, decides what a failure means.
//! Tried by: tests/guarantees/queue.rs, one suite on both backings

pub mod embedded;

use crate::{
    canonical::{ClaimCheck, Stage},
    store::{Store, StoreError, Tx},
};
use std::sync::Arc;

/// The queue of this process.
#[derive(Clone)]
pub enum Queue {
    Embedded(Arc<embedded::Embedded>),
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
#[derive(Debug, Clone)]
pub(crate) enum Token {
    Row(i64),
}

/// Takes claim checks of one stage, until told to stop.
pub enum Consumer {
    Embedded(embedded::Taker),
}

/// A failure of the queue itself; never of a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Queue {
    /// The queue that lives in the store's own outbox table.
    pub fn embedded(store: Store) -> Self {
        Queue::Embedded(Arc::new(embedded::Embedded::new(store)))
    }

    /// A consumer of one stage. `prefetch` bounds how many claim checks it holds unsettled.
    pub async fn consumer(&self, stage: Stage, prefetch: u16) -> Result<Consumer, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(Consumer::Embedded(embedded::Taker::new(queue.clone(), stage, prefetch))),
        }
    }

    /// Inside the transaction that holds the work's effect: on the embedded queue the rows end with it;
    /// a broker is told after the commit.
    pub async fn settle(&self, tx: &mut Tx, taken: &[Taken]) -> Result<(), StoreError> {
        match self {
            Queue::Embedded(queue) => queue.settle(tx, taken).await,
        }
    }

    /// After the commit. What can't be told comes again, and finds its work done.
    pub async fn ack(&self, taken: Vec<Taken>) {
        match self {
            Queue::Embedded(queue) => queue.free(&taken),
        }
    }

    /// How many ids wait in a stage's queue, taken or not.
    pub async fn depth(&self, stage: Stage) -> Result<u64, QueueError> {
        match self {
            Queue::Embedded(queue) => Ok(queue.depth(stage).await?),
        }
    }

    /// Gives claim checks back untouched: shutting down, or the store is away. No failure of theirs.
    pub async fn give_back(&self, taken: Vec<Taken>) {
        match self {
            Queue::Embedded(queue) => queue.free(&taken),
        }
    }
}

impl Consumer {
    /// The next claim check; waits for one. Cancel-safe: what was taken is either returned or comes again.
    pub async fn next(&mut self) -> Result<Taken, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.next().await,
        }
    }

    /// What is there without waiting, at most `limit`.
    pub async fn more(&mut self, limit: usize) -> Result<Vec<Taken>, QueueError> {
        match self {
            Consumer::Embedded(taker) => taker.more(limit).await,
        }
    }
}
