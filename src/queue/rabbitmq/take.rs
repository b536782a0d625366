//! Consuming: a fresh channel and a fresh tag after every loss. What was delivered and is not pulled yet waits in the
//! client, at most the prefetch.

use super::{
    Broker, hung,
    lane::{Lane, Word, tell},
    link::{Link, Waits},
    topology,
};
use crate::{
    canonical::{ClaimCheck, Stage},
    queue::{QueueError, Suspect, Taken, Token},
};
use futures_util::{FutureExt, StreamExt};
use lapin::{
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use std::{sync::Arc, time::Duration};

/// A channel that the broker closed (406, consumer timeout) can leave its stream silent: so often its status is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// So much of an unreadable message is logged.
const SHOWN: usize = 400;

/// Takes claim checks of one queue.
pub struct Taker {
    link: Link,
    queue: String,
    prefetch: u16,
    line: Option<Line>,
    waits: Waits,
}

struct Line {
    lane: Arc<Lane>,
    consumer: lapin::Consumer,
    /// Looks in a row that found it given nothing although there was work.
    stalled: u32,
}

impl Taker {
    /// Of a stage's work queue.
    pub(in crate::queue) fn of(broker: &Broker, stage: Stage, prefetch: u16) -> Taker {
        Taker::new(broker, topology::work_queue(stage), prefetch.max(1))
    }

    /// Of what died by the delivery limit: one at a time, so that a crash costs nobody else.
    pub(in crate::queue) fn suspects(broker: &Broker) -> Taker {
        Taker::new(broker, topology::DEAD.into(), 1)
    }

    fn new(broker: &Broker, queue: String, prefetch: u16) -> Taker {
        Taker { link: broker.consume.clone(), queue, prefetch, line: None, waits: Waits::new() }
    }

    /// The next claim check; waits for the broker for ever. Cancel-safe. Fails only when the queue was closed.
    pub(in crate::queue) async fn next(&mut self) -> Result<Taken, QueueError> {
        loop {
            let Some(line) = &mut self.line else {
                self.open().await?;
                continue;
            };
            match tokio::time::timeout(LOOK, line.consumer.next()).await {
                Ok(Some(Ok(delivery))) => {
                    line.stalled = 0;
                    if let Some(taken) = read(&line.lane, &self.queue, delivery) {
                        return Ok(taken);
                    }
                }
                Err(_) if line.lane.stands() => {
                    line.stalled = if stalled(&self.link, line, &self.queue).await { line.stalled + 1 } else { 0 };
                    // What was published in between is no stall: it is seen twice.
                    if line.stalled > 1 {
                        self.lost("it is given nothing although there is work");
                    }
                }
                Ok(Some(Err(error))) => self.lost(&error.to_string()),
                Ok(None) => self.lost("the broker cancelled the consumer"),
                Err(_) => self.lost("its channel is closed"),
            }
        }
    }

    /// What is there without waiting.
    pub(in crate::queue) fn more(&mut self, limit: usize) -> Vec<Taken> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(line) = &mut self.line
            && let Some(Some(Ok(delivery))) = line.consumer.next().now_or_never()
        {
            taken.extend(read(&line.lane, &self.queue, delivery));
        }
        taken
    }

    fn lost(&mut self, why: &str) {
        tracing::debug!(queue = self.queue, why, "a consumer begins anew");
        self.line = None;
    }

    async fn open(&mut self) -> Result<(), QueueError> {
        let live = self.link.up().await?;
        let began = async {
            let channel = self.link.channel(&live).await?;
            let lane = Arc::new(Lane::new(channel, self.link.clone(), live.clone()));
            let qos = lane.channel.basic_qos(self.prefetch, BasicQosOptions::default());
            self.link.call(&live, "basic.qos", qos).await?;
            // A tag that was used before can lose deliveries (before 3.11.23).
            let tag = format!("{}-{}", self.queue, uuid::Uuid::now_v7().simple());
            let (queue, tag) = (self.queue.as_str().into(), tag.as_str().into());
            let consume = lane.channel.basic_consume(queue, tag, BasicConsumeOptions::default(), FieldTable::default());
            let consumer = self.link.call(&live, "basic.consume", consume).await?;
            Ok::<_, QueueError>(Line { lane, consumer, stalled: 0 })
        };
        match began.await {
            Ok(line) => {
                self.line = Some(line);
                self.waits = Waits::new();
            }
            Err(QueueError::Silent { epoch, .. }) => hung::mend(&self.link, &self.queue, epoch).await,
            Err(error) => {
                tracing::debug!(queue = self.queue, %error, "a consumer could not begin; it tries again");
                self.waits.wait().await;
                // Deleted behind our back, maybe: declared again, it costs a delay and no restart.
                if let Ok(channel) = self.link.channel(&live).await {
                    let _ = self.link.call(&live, "declare", topology::declare(&channel)).await;
                }
            }
        }
        Ok(())
    }
}

/// What was delivered and not pulled goes back at once; what was pulled stays with its lane until it is settled.
impl Drop for Taker {
    fn drop(&mut self) {
        let (Some(Line { lane, mut consumer, .. }), Ok(runtime)) =
            (self.line.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(tokio::time::timeout(super::link::LIMIT, async move {
            if lane.channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await.is_err() {
                return;
            }
            let mut back = Vec::new();
            while let Some(Ok(delivery)) = consumer.next().await {
                back.push(lane.delivered(delivery.delivery_tag, delivery.acker));
            }
            tell(Word::Back, back).await;
        }));
    }
}

/// True if nothing is in hand and nothing comes although the queue has work. A queue that was deleted and is at once
/// declared anew under its name (seen with 3.10.8) keeps the old one's consumer, whose channel drops the first deliveries
/// for repeated ones: it looks alive and gets nothing for ever. A fresh channel gives all of them back.
async fn stalled(link: &Link, line: &Line, queue: &str) -> bool {
    if line.lane.has_unsettled() {
        return false;
    }
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let asked = line.lane.channel.queue_declare(queue.into(), passive, FieldTable::default());
    // An error closes the channel, which the next look meets.
    link.call(line.lane.live(), "queue.declare (passive)", asked).await.is_ok_and(|known| known.message_count() > 0)
}

/// A delivery's claim check. One that can't be read is no work of ours and must not go round: it is logged and acked.
/// Nothing is lost by it: what is unfinished is a state in the store, and the sweeper sends it again.
fn read(lane: &Arc<Lane>, queue: &str, delivery: Delivery) -> Option<Taken> {
    let back = lane.delivered(delivery.delivery_tag, delivery.acker);
    let headers = delivery.properties.headers().as_ref();
    match claim(&delivery.data) {
        Ok(claim) => Some(Taken {
            claim,
            redelivered: delivery.redelivered,
            deliveries: headers.and_then(|h| number(h, "x-delivery-count")).unwrap_or(0),
            suspect: (queue == topology::DEAD).then(|| suspect(headers)),
            token: Token::Delivery(back),
        }),
        Err(error) => {
            let shown = String::from_utf8_lossy(&delivery.data[..delivery.data.len().min(SHOWN)]).into_owned();
            tracing::error!(%error, queue, shown, "a message is no claim check that this version reads; it is put aside");
            metrics::counter!("crossdock_claims_lost_total", "stage" => "unreadable").increment(1);
            tokio::spawn(tell(Word::Done, vec![back]));
            None
        }
    }
}

fn claim(data: &[u8]) -> Result<ClaimCheck, String> {
    let claim: ClaimCheck = serde_json::from_slice(data).map_err(|error| error.to_string())?;
    match claim.v {
        1 => Ok(claim),
        other => Err(format!("its version is {other}; expected 1")),
    }
}

/// Why it is here: the broker's own words (`delivery_limit`, `expired`, `rejected`).
fn suspect(headers: Option<&FieldTable>) -> Suspect {
    let said = |name| headers.and_then(|h| text(h, name)).unwrap_or_else(|| "unknown".into());
    Suspect { reason: said("x-first-death-reason"), queue: said("x-first-death-queue") }
}

fn number(headers: &FieldTable, name: &str) -> Option<u64> {
    match headers.inner().get(&ShortString::from(name))? {
        AMQPValue::LongLongInt(n) => u64::try_from(*n).ok(),
        AMQPValue::LongInt(n) => u64::try_from(*n).ok(),
        AMQPValue::LongUInt(n) => Some(u64::from(*n)),
        _ => None,
    }
}

fn text(headers: &FieldTable, name: &str) -> Option<String> {
    match headers.inner().get(&ShortString::from(name))? {
        AMQPValue::LongString(said) => Some(said.to_string()),
        AMQPValue::ShortString(said) => Some(said.to_string()),
        _ => None,
    }
}
