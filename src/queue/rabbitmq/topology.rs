//! Exchanges, queues and bindings, as a table. Its version stands in every name: other arguments are another version.

use crate::{canonical::Stage, store::outbox::Delay};
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

/// The exchange that work is published to, by routing key.
pub const WORK: &str = "cd1";
/// The exchange and the queue of what died by the delivery limit: suspect, never final.
pub const DEAD: &str = "cd1.dead";

/// A positive limit keeps a requeued message at its place (RabbitMQ 3.10 to 4.x), so every queue has one.
const DELIVERY_LIMIT: i64 = 60;
const DEAD_LIMIT: i64 = 1_000_000;

/// One queue of the topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub name: String,
    pub exchange: &'static str,
    pub routing_key: String,
    /// Milliseconds after which a message goes on to `cd1`, and by which routing key.
    pub hop: Option<(i64, &'static str)>,
}

/// The name of a stage's work queue.
pub fn work_queue(stage: Stage) -> String {
    format!("{WORK}.{}", stage.name())
}

/// The names of a stage's retry queues.
pub fn retry_queues(stage: Stage) -> Vec<String> {
    Delay::ALL.map(|delay| format!("{WORK}.retry.{}.{}", stage.name(), delay.name())).to_vec()
}

/// The routing key of a claim check: the stage, or the retry queue that carries it.
pub fn routing_key(stage: &str, delay: Option<&str>) -> String {
    match delay {
        Some(delay) => format!("retry.{stage}.{delay}"),
        None => stage.to_string(),
    }
}

/// The name of the queue that a claim check goes to.
pub fn queue_of(stage: &str, delay: Option<&str>) -> String {
    format!("{WORK}.{}", routing_key(stage, delay))
}

/// Every queue.
pub fn queues() -> Vec<QueueRow> {
    let mut rows = Vec::new();
    for stage in Stage::ALL {
        rows.push(QueueRow { name: work_queue(stage), exchange: WORK, routing_key: stage.name().into(), hop: None });
        for delay in Delay::ALL {
            rows.push(QueueRow {
                name: format!("{WORK}.retry.{}.{}", stage.name(), delay.name()),
                exchange: WORK,
                routing_key: routing_key(stage.name(), Some(delay.name())),
                hop: Some((delay.ms(), stage.name())),
            });
        }
    }
    rows.push(QueueRow { name: DEAD.into(), exchange: DEAD, routing_key: String::new(), hop: None });
    rows
}

/// What a queue is declared with.
pub(super) fn arguments(row: &QueueRow) -> FieldTable {
    let mut table = FieldTable::default();
    let text = |value: &str| AMQPValue::LongString(value.into());
    table.insert("x-queue-type".into(), text("quorum"));
    if row.name == DEAD {
        table.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DEAD_LIMIT));
        return table;
    }
    table.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
    match row.hop {
        Some((ms, stage)) => {
            table.insert("x-message-ttl".into(), AMQPValue::LongLongInt(ms));
            table.insert("x-dead-letter-exchange".into(), text(WORK));
            table.insert("x-dead-letter-routing-key".into(), text(stage));
        }
        None => {
            table.insert("x-dead-letter-exchange".into(), text(DEAD));
        }
    }
    table
}

/// Declares all of it. Declaring what stands changes nothing.
pub async fn declare(channel: &Channel) -> lapin::Result<()> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(WORK.into(), ExchangeKind::Direct, durable, FieldTable::default()).await?;
    channel.exchange_declare(DEAD.into(), ExchangeKind::Fanout, durable, FieldTable::default()).await?;
    for row in queues() {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(row.name.as_str().into(), options, arguments(&row)).await?;
        channel
            .queue_bind(
                row.name.as_str().into(),
                row.exchange.into(),
                row.routing_key.as_str().into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
    }
    Ok(())
}
