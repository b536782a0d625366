//! Consuming: a fresh channel and a fresh tag after every loss. A delivery's acker belongs to its channel; when that is gone
//! the ack is void and the claim check comes again.

use super::{Broker, limited, topology};
use crate::{
    canonical::{ClaimCheck, Stage},
    queue::{Taken, Token},
};
use futures_util::{FutureExt, StreamExt};
use lapin::{
    Channel,
    message::Delivery,
    options::{BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use std::{sync::Arc, time::Duration};

/// A channel closed by the broker (406, consumer timeout) leaves the stream silent: so often its status is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The longest wait between tries to reach the broker.
const LONGEST_WAIT: u64 = 3_000;

/// Takes claim checks of one queue, by a line that is made anew whenever it is lost.
pub struct Taker {
    broker: Arc<Broker>,
    queue: String,
    prefetch: u16,
    line: Option<(Channel, lapin::Consumer)>,
    failures: u32,
}

impl Taker {
    /// Of a stage's work queue.
    pub fn new(broker: Arc<Broker>, stage: Stage, prefetch: u16) -> Taker {
        Taker { broker, queue: topology::work_queue(stage), prefetch: prefetch.max(1), line: None, failures: 0 }
    }

    /// Of what died by the delivery limit, one at a time.
    pub fn suspects(broker: Arc<Broker>) -> Taker {
        Taker { broker, queue: topology::DEAD.into(), prefetch: 1, line: None, failures: 0 }
    }

    /// The next claim check; waits for the broker for ever. Cancel-safe.
    pub async fn next(&mut self) -> Taken {
        loop {
            let Some((channel, consumer)) = &mut self.line else {
                self.open().await;
                continue;
            };
            match tokio::time::timeout(LOOK, consumer.next()).await {
                Ok(Some(Ok(delivery))) => {
                    if let Some(taken) = read(delivery).await {
                        return taken;
                    }
                }
                Err(_) if channel.status().connected() => {}
                Ok(Some(Err(error))) => self.lost(&error.to_string()),
                Ok(None) => self.lost("the consumer was cancelled"),
                Err(_) => self.lost("the channel is closed"),
            }
        }
    }

    /// What is there without waiting.
    pub async fn more(&mut self, limit: usize) -> Vec<Taken> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((_, consumer)) = &mut self.line
            && let Some(Some(Ok(delivery))) = consumer.next().now_or_never()
        {
            taken.extend(read(delivery).await);
        }
        taken
    }

    fn lost(&mut self, why: &str) {
        self.broker.say(false, why);
        self.line = None;
    }

    async fn open(&mut self) {
        match self.try_open().await {
            Ok(line) => {
                self.line = Some(line);
                self.failures = 0;
                self.broker.say(true, "");
            }
            Err(error) => {
                self.broker.say(false, &error.to_string());
                let longest = (50u64 << self.failures.min(8)).min(LONGEST_WAIT);
                self.failures += 1;
                tokio::time::sleep(Duration::from_millis(rand::random_range(longest / 2..=longest))).await;
            }
        }
    }

    async fn try_open(&self) -> Result<(Channel, lapin::Consumer), crate::queue::QueueError> {
        let channel = self.broker.consume_channel().await?;
        limited("declare", topology::declare(&channel)).await?;
        limited("basic.qos", channel.basic_qos(self.prefetch, BasicQosOptions::default())).await?;
        // A tag that was used before can lose deliveries (before 3.11.23).
        let tag = format!("{}-{}", self.queue, uuid::Uuid::now_v7().simple());
        let call = channel.basic_consume(
            self.queue.as_str().into(),
            tag.as_str().into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = limited("basic.consume", call).await?;
        Ok((channel, consumer))
    }
}

/// A delivery's claim check. One that can't be read is no work of ours: it goes to the dead queue, and never round again.
async fn read(delivery: Delivery) -> Option<Taken> {
    match serde_json::from_slice::<ClaimCheck>(&delivery.data) {
        Ok(claim) => Some(Taken {
            claim,
            redelivered: delivery.redelivered,
            token: Token::Delivery(Box::new(Delivery { data: Vec::new(), ..delivery })),
        }),
        Err(error) => {
            tracing::error!(%error, queue = %delivery.routing_key, "a message in a work queue is no claim check");
            metrics::counter!("crossdock_claims_lost_total", "stage" => "unreadable").increment(1);
            let _ = limited("basic.reject", delivery.acker.reject(BasicRejectOptions { requeue: false })).await;
            None
        }
    }
}
