//! A connection that is kept: made anew after any loss, for ever, its topology declared before anybody may use it.
//!
//! `lapin` recovers connections and no channels, gives up after 16 tries, and nothing of it has a time limit. So its own
//! recovery stays off, and a task of ours looks after each connection. Who has trouble with a connection complains of its
//! epoch; a complaint about an older one is no news.

use super::topology;
use crate::queue::QueueError;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, ErrorKind, Event,
    uri::{AMQPScheme, AMQPUri},
};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// No call to the broker takes longer, or its connection is given up (unless the broker said that it blocks).
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// How often a connection is looked at when nothing is heard of it.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds between heartbeats: a peer that is silent for twice as long is gone.
const HEARTBEAT: u16 = 10;

/// A kept connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    pub name: &'static str,
    state: watch::Receiver<State>,
    complaints: mpsc::UnboundedSender<(u64, String)>,
}

/// What is known of a connection.
#[derive(Clone)]
pub(super) enum State {
    Down {
        since: Instant,
        why: String,
        /// The broker answers and says no: credentials, virtual host, a queue with other arguments.
        refused: bool,
    },
    Up {
        live: Live,
        blocked: Option<String>,
    },
}

/// A connection that stood a moment ago. What came by an older epoch is void.
#[derive(Clone)]
pub(super) struct Live {
    pub epoch: u64,
    pub connection: Arc<Connection>,
}

impl Link {
    /// Begins to keep a connection, until `stop`.
    pub fn keep(name: &'static str, mut uri: AMQPUri, stop: CancellationToken) -> Link {
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let down = State::Down { since: Instant::now(), why: "not connected yet".into(), refused: false };
        let (say, state) = watch::channel(down);
        let (complaints, heard) = mpsc::unbounded_channel();
        let keeper = Keeper { name, uri, say, heard, epoch: 0 };
        tokio::spawn(async move { stop.run_until_cancelled(keeper.run()).await });
        Link { name, state, complaints }
    }

    /// The connection; waits for it for ever. Fails only when the queue was closed.
    pub async fn up(&self) -> Result<Live, QueueError> {
        self.anew(0).await
    }

    /// A connection made after that of this epoch; waits for it for ever. Fails only when the queue was closed.
    pub async fn anew(&self, epoch: u64) -> Result<Live, QueueError> {
        let mut state = self.state.clone();
        let up = state.wait_for(|s| matches!(s, State::Up { live, .. } if live.epoch > epoch)).await;
        match up.as_deref() {
            Ok(State::Up { live, .. }) => Ok(live.clone()),
            _ => Err(QueueError::Broker("the queue was closed".into())),
        }
    }

    /// What is known now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until it is up, or refused, or so long.
    pub async fn settled(&self, longest: Duration) -> State {
        let mut state = self.state.clone();
        let settled = state.wait_for(|s| matches!(s, State::Up { .. } | State::Down { refused: true, .. }));
        let _ = tokio::time::timeout(longest, settled).await;
        self.state()
    }

    /// Says that a connection is of no use any more; it is made anew.
    pub fn complain(&self, epoch: u64, why: String) {
        let _ = self.complaints.send((epoch, why));
    }

    /// A call with a time limit. While the broker blocks the connection it is waited for, since a new connection would be
    /// blocked as well; a call that is not answered otherwise costs the connection.
    pub async fn call<T>(
        &self,
        live: &Live,
        what: &str,
        call: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, QueueError> {
        tokio::pin!(call);
        loop {
            match tokio::time::timeout(LIMIT, &mut call).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => return Err(QueueError::Broker(format!("{what}: {error}"))),
                Err(_) if live.connection.status().blocked() && live.connection.status().connected() => {}
                Err(_) => {
                    let seconds = LIMIT.as_secs();
                    self.complain(live.epoch, format!("{what}: no answer within {seconds} s"));
                    return Err(QueueError::Silent { what: what.into(), seconds, epoch: live.epoch });
                }
            }
        }
    }

    /// A fresh channel.
    pub async fn channel(&self, live: &Live) -> Result<Channel, QueueError> {
        self.call(live, "channel.open", live.connection.create_channel()).await
    }
}

/// Waits between tries: each up to twice as long as the one before, with full jitter, at most 5 s, for ever.
pub(super) struct Waits(ExponentialBackoff);

impl Waits {
    const SHORTEST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    pub fn new() -> Waits {
        let builder = ExponentialBuilder::default().with_factor(2.0).without_max_times();
        Waits(builder.with_min_delay(Self::SHORTEST).with_max_delay(Self::LONGEST).build())
    }

    pub async fn wait(&mut self) {
        let longest = self.0.next().unwrap_or(Self::LONGEST);
        tokio::time::sleep(rand::random_range(Duration::from_millis(5)..=longest)).await;
    }
}

/// The task behind a [`Link`].
struct Keeper {
    name: &'static str,
    uri: AMQPUri,
    say: watch::Sender<State>,
    heard: mpsc::UnboundedReceiver<(u64, String)>,
    epoch: u64,
}

/// Why there is no connection.
struct Refusal {
    why: String,
    refused: bool,
}

impl From<lapin::Error> for Refusal {
    fn from(error: lapin::Error) -> Refusal {
        // AMQP 0-9-1 §1.2: 402 invalid-path, 403 access-refused, 406 precondition-failed, 530 not-allowed.
        let refused = matches!(error.kind(), ErrorKind::ProtocolError(e) if [402, 403, 406, 530].contains(&e.get_id()));
        Refusal { why: error.to_string(), refused }
    }
}

impl Keeper {
    async fn run(mut self) {
        let mut waits = Waits::new();
        loop {
            match self.connect().await {
                Ok(live) => {
                    let began = Instant::now();
                    tracing::info!(connection = self.name, "connected to the broker");
                    self.say.send_replace(State::Up { live: live.clone(), blocked: None });
                    let why = self.look_after(&live).await;
                    self.down(Refusal { why, refused: false });
                    // In a task of its own: on a connection that is stalled the close is never answered.
                    tokio::spawn(tokio::time::timeout(LIMIT, async move {
                        let _ = live.connection.close(200, "made anew".into()).await;
                    }));
                    if began.elapsed() > LIMIT {
                        waits = Waits::new();
                    }
                    waits.wait().await;
                }
                Err(refusal) => {
                    self.down(refusal);
                    waits.wait().await;
                }
            }
        }
    }

    /// Says that there is none. Logged when it is news.
    fn down(&self, refusal: Refusal) {
        let Refusal { why, refused } = refusal;
        let mut since = Instant::now();
        let mut news = true;
        if let State::Down { since: before, why: known, .. } = &*self.say.borrow() {
            (since, news) = (*before, *known != why);
        }
        if news && refused {
            tracing::error!(
                connection = self.name,
                why,
                "the broker refuses; this needs an operator, and is tried again"
            );
        } else if news {
            tracing::warn!(connection = self.name, why, "no connection to the broker; work is kept in the store");
        }
        self.say.send_replace(State::Down { since, why, refused });
    }

    async fn connect(&mut self) -> Result<Live, Refusal> {
        let name = format!("crossdock {}", self.name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let silent = |what: &str| Refusal { why: format!("{what}: no answer in {LIMIT:?}"), refused: false };
        let connected = tokio::time::timeout(LIMIT, Connection::connect_uri(self.uri.clone(), properties)).await;
        let connection = connected.map_err(|_| silent("connect"))??;
        let declared = tokio::time::timeout(LIMIT, async {
            let channel = connection.create_channel().await?;
            topology::declare(&channel).await?;
            channel.close(200, "declared".into()).await
        });
        declared.await.map_err(|_| silent("declaring the queues"))??;
        self.epoch += 1;
        Ok(Live { epoch: self.epoch, connection: Arc::new(connection) })
    }

    /// Ends when the connection is gone or of no use, with the reason.
    async fn look_after(&mut self, live: &Live) -> String {
        let mut events = live.connection.events_listener();
        let mut look = tokio::time::interval(LOOK);
        let mut last = "the connection was closed".to_string();
        loop {
            tokio::select! {
                Some((epoch, why)) = self.heard.recv() => if epoch == live.epoch { return why },
                event = events.next() => match event {
                    Some(Event::Error(error)) => last = error.to_string(),
                    Some(Event::ConnectionBlocked(reason)) => self.blocked(Some(reason)),
                    Some(Event::ConnectionUnblocked) => self.blocked(None),
                    Some(_) => {}
                    None => return last,
                },
                _ = look.tick() => {}
            }
            if !live.connection.status().connected() {
                return last;
            }
        }
    }

    fn blocked(&self, reason: Option<String>) {
        match &reason {
            Some(reason) => tracing::warn!(connection = self.name, reason, "the broker blocks publishers"),
            None => tracing::info!(connection = self.name, "the broker takes messages again"),
        }
        self.say.send_modify(|state| {
            if let State::Up { blocked, .. } = state {
                *blocked = reason;
            }
        });
    }
}

/// Reads a broker's address; the error doesn't repeat it, since it holds a password.
pub(super) fn parse(url: &str) -> Result<AMQPUri, QueueError> {
    let uri: AMQPUri = url.parse().map_err(|error: String| {
        QueueError::Broker(format!("amqp_url can't be read ({error}); expected amqp://user:password@host:5672/vhost"))
    })?;
    if uri.scheme == AMQPScheme::AMQPS {
        // Of two processes that install it one comes second, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Ok(uri)
}
