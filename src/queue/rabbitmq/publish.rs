//! Publishing with confirms: mandatory, persistent, each confirm awaited itself, at most a window of them open.

use super::{Broker, hung, link::Live, topology};
use crate::queue::QueueError;
use futures_util::FutureExt;
use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use std::{
    collections::{HashSet, VecDeque},
    future::poll_fn,
    pin::Pin,
    task::Poll,
};

/// Confirms awaited at once; more win nothing (measured: 500 gives the most, 2,000 less).
const WINDOW: usize = 400;

/// A claim check to be published.
#[derive(Debug, Clone)]
pub struct Message {
    /// The outbox row; as message id the same however often it is published.
    pub id: i64,
    pub stage: String,
    /// The retry queue that carries it, if it is for later.
    pub delay: Option<&'static str>,
    pub body: Vec<u8>,
    /// Headers of ours, for who looks at a queue: which try it is, and why there is one.
    pub attempt: u64,
    pub reason: &'static str,
}

/// What came of publishing.
#[derive(Debug, Default)]
pub struct Published {
    /// In a queue, by the broker's word. The others may be, too: published again, their work is found done.
    pub confirmed: Vec<i64>,
    /// Refused for now: back pressure.
    pub nacked: usize,
    /// No queue took them; the topology was declared again.
    pub returned: usize,
    /// Why the rest is unknown, if it is.
    pub trouble: Option<String>,
}

/// A channel in confirm mode.
pub(super) struct Open {
    live: Live,
    channel: Channel,
}

impl Open {
    fn stands(&self) -> bool {
        self.live.connection.status().connected() && self.channel.status().connected()
    }
}

/// A message from its publish to its confirm.
type OnItsWay<'a> = Pin<Box<dyn Future<Output = lapin::Result<Confirmation>> + Send + 'a>>;

/// Confirms as they come in.
#[derive(Default)]
struct Window<'a> {
    open: VecDeque<(i64, OnItsWay<'a>)>,
    acked: Vec<i64>,
    nacked: usize,
    /// Whose confirm is waited for.
    awaited: Option<i64>,
    /// Message ids that came back. A return is paired with a confirm by arrival, so its own id says whose it is.
    returned: HashSet<String>,
}

impl Broker {
    /// Publishes in order. Waits for the broker, for ever; fails only when the queue was closed.
    pub async fn publish(&self, messages: &[Message]) -> Result<Published, QueueError> {
        let mut publisher = self.publisher.lock().await;
        let open = match publisher.take().filter(Open::stands) {
            Some(open) => open,
            None => match self.open_publisher().await {
                Ok(open) => open,
                Err(error @ QueueError::Broker(_)) => {
                    return Ok(Published { trouble: Some(error.to_string()), ..Published::default() });
                }
                Err(error) => return Err(error),
            },
        };
        let mut window = Window::default();
        let sent = self.send(&open, messages, &mut window).await;
        let unconfirmed = window.awaited;
        let mut published = window.end();
        match sent {
            Ok(()) if published.returned == 0 => *publisher = Some(open),
            Ok(()) => {
                if let Ok(channel) = self.publish.channel(&open.live).await {
                    let _ = self.publish.call(&open.live, "declare", topology::declare(&channel)).await;
                    *publisher = Some(open);
                }
            }
            Err(error) => {
                published.trouble = Some(error.to_string());
                if let (QueueError::Silent { epoch, .. }, Some(id)) = (&error, unconfirmed) {
                    self.mend_queue_of(messages, id, *epoch).await;
                }
            }
        }
        Ok(published)
    }

    /// The connection was made anew since a confirm did not come; the queue that it was awaited of may hang.
    async fn mend_queue_of(&self, messages: &[Message], id: i64, epoch: u64) {
        let Some(message) = messages.iter().find(|m| m.id == id) else { return };
        let queue = topology::queue_of(&message.stage, message.delay);
        hung::mend(&self.publish, &queue, epoch).await;
    }

    async fn open_publisher(&self) -> Result<Open, QueueError> {
        let live = self.publish.up().await?;
        let channel = self.publish.channel(&live).await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        self.publish.call(&live, "confirm.select", confirms).await?;
        Ok(Open { live, channel })
    }

    async fn send<'a>(
        &self,
        open: &'a Open,
        messages: &'a [Message],
        window: &mut Window<'a>,
    ) -> Result<(), QueueError> {
        for message in messages {
            if window.open.len() >= WINDOW {
                self.settle(open, window).await?;
            }
            let mut way: OnItsWay<'a> = Box::pin(publish(&open.channel, message));
            // Looked at once now, it is handed to the connection: in this order, and without waiting for the socket.
            match poll_fn(|cx| Poll::Ready(way.as_mut().poll(cx))).await {
                Poll::Ready(Ok(confirmation)) => window.note(message.id, confirmation),
                Poll::Ready(Err(error)) => return Err(QueueError::Broker(format!("basic.publish: {error}"))),
                Poll::Pending => window.open.push_back((message.id, way)),
            }
        }
        while !window.open.is_empty() {
            self.settle(open, window).await?;
        }
        Ok(())
    }

    /// Awaits the oldest confirm.
    async fn settle(&self, open: &Open, window: &mut Window<'_>) -> Result<(), QueueError> {
        let Some((id, way)) = window.open.pop_front() else { return Ok(()) };
        window.awaited = Some(id);
        let confirmation = self.publish.call(&open.live, "a confirm", way).await?;
        window.note(id, confirmation);
        Ok(())
    }
}

impl Window<'_> {
    fn note(&mut self, id: i64, confirmation: Confirmation) {
        match &confirmation {
            Confirmation::Ack(_) => self.acked.push(id),
            Confirmation::Nack(_) | Confirmation::NotRequested => self.nacked += 1,
        }
        if let Some(returned) = confirmation.take_message()
            && let Some(whose) = returned.delivery.properties.message_id()
        {
            self.returned.insert(whose.to_string());
        }
    }

    /// What is known at the end. After trouble some confirms had come already: they count.
    fn end(mut self) -> Published {
        while let Some((id, way)) = self.open.pop_front() {
            if let Some(Ok(confirmation)) = way.now_or_never() {
                self.note(id, confirmation);
            }
        }
        let Window { mut acked, nacked, returned, .. } = self;
        acked.retain(|id| !returned.contains(&id.to_string()));
        Published { confirmed: acked, nacked, returned: returned.len(), trouble: None }
    }
}

async fn publish(channel: &Channel, message: &Message) -> lapin::Result<Confirmation> {
    let key = topology::routing_key(&message.stage, message.delay);
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let (exchange, key) = (topology::WORK.into(), key.as_str().into());
    channel.basic_publish(exchange, key, options, &message.body, properties(message)).await?.await
}

fn properties(message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("cd-attempt".into(), AMQPValue::LongLongInt(i64::try_from(message.attempt).unwrap_or(i64::MAX)));
    headers.insert("cd-reason".into(), AMQPValue::LongString(message.reason.into()));
    BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type("application/json".into())
        .with_message_id(message.id.to_string().into())
        .with_headers(headers)
}
