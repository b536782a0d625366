//! Publishing with confirms: mandatory, persistent, each confirm awaited itself, at most a window of them open.

use super::{Broker, LIMIT, Line, topology};
use crate::queue::QueueError;
use lapin::{BasicProperties, Confirmation, PublisherConfirm, options::BasicPublishOptions};
use std::collections::VecDeque;

/// Confirms awaited at once; more win nothing (measured: 500 gives the most, 2,000 less).
const WINDOW: usize = 400;

/// A claim check to be published.
#[derive(Debug, Clone)]
pub struct Message {
    /// The outbox row.
    pub id: i64,
    pub stage: String,
    pub delay: Option<String>,
    pub body: Vec<u8>,
    pub attempt: u32,
}

impl Broker {
    /// Publishes messages in order and gives the ids of those that were confirmed and routed. One that is not may have
    /// reached its queue all the same: it is published again, and its work is found done.
    pub async fn publish(&self, messages: Vec<Message>) -> Result<Vec<i64>, QueueError> {
        let mut line = self.publish.lock().await;
        if line.as_ref().is_none_or(|l| !l.is_open()) {
            *line = None;
            match self.open_line("publish").await {
                Ok(open) => *line = Some(open),
                Err(error) => {
                    self.say(false, &error.to_string());
                    return Err(error);
                }
            }
        }
        let mut confirmed = Vec::with_capacity(messages.len());
        let sent = match line.as_ref() {
            Some(open) => send(open, messages, &mut confirmed).await,
            None => Err(QueueError::Broker("no line".into())),
        };
        if let Err(error) = sent {
            // What was confirmed before the trouble is confirmed; the rest goes by a fresh line.
            *line = None;
            self.say(false, &error.to_string());
            if confirmed.is_empty() {
                return Err(error);
            }
        }
        Ok(confirmed)
    }
}

async fn send(line: &Line, messages: Vec<Message>, confirmed: &mut Vec<i64>) -> Result<(), QueueError> {
    let mut open: VecDeque<(i64, PublisherConfirm)> = VecDeque::with_capacity(WINDOW);
    for message in messages {
        if open.len() >= WINDOW {
            settle(&mut open, confirmed).await?;
        }
        let key = topology::routing_key(&message.stage, message.delay.as_deref());
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("application/json".into())
            .with_message_id(message.id.to_string().into())
            .with_headers(headers(message.attempt));
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let call =
            line.channel.basic_publish(topology::WORK.into(), key.as_str().into(), options, &message.body, properties);
        open.push_back((message.id, super::limited("basic.publish", call).await?));
    }
    while !open.is_empty() {
        settle(&mut open, confirmed).await?;
    }
    Ok(())
}

fn headers(attempt: u32) -> lapin::types::FieldTable {
    let mut table = lapin::types::FieldTable::default();
    table.insert("cd-attempt".into(), lapin::types::AMQPValue::LongUInt(attempt));
    table
}

/// Awaits the oldest confirm. A nack is back pressure: its row stays. A returned message had no queue: the topology is gone.
async fn settle(open: &mut VecDeque<(i64, PublisherConfirm)>, confirmed: &mut Vec<i64>) -> Result<(), QueueError> {
    let Some((id, confirm)) = open.pop_front() else { return Ok(()) };
    match tokio::time::timeout(LIMIT, confirm).await {
        Ok(Ok(Confirmation::Ack(None))) => confirmed.push(id),
        Ok(Ok(Confirmation::Ack(Some(returned)))) => {
            // Returns are paired by arrival, so the one that came with this confirm may be another's: its own id says whose.
            let whose = returned.delivery.properties.message_id().as_ref().map(ToString::to_string);
            return Err(QueueError::Broker(format!(
                "claim check {} was returned: no queue takes {}",
                whose.unwrap_or_default(),
                returned.delivery.routing_key
            )));
        }
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(QueueError::Broker(format!("a publish was not confirmed: {error}"))),
        Err(_) => return Err(QueueError::Broker(format!("a publish was not confirmed within {} s", LIMIT.as_secs()))),
    }
    Ok(())
}
