//! Deliver: sends what the store says is due, each target in a lane of its own, and writes how it ended.
//!
//! A claim check is settled in the transaction that writes the last outcome of its deliveries; until then it comes
//! again, and what has ended is passed over. So a receiver may see an event twice, under one `webhook-id`, and never
//! misses one.

mod again;
mod attempt;
mod lanes;
mod outcome;
mod policy;
mod stage;

pub use again::{Refused, cancel, end, replay, send_again};

use super::Hub;
use crate::{
    canonical::outgoing::Outgoing,
    config::Settings,
    emit::{
        mail::{Post, WrongMail},
        webhook::Webhooks,
    },
};
use futures_util::future::BoxFuture;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Puts an outbound document where its partner finds it. `cli` wires it to the connectors.
pub trait DocumentSender: Send + Sync {
    /// Sends one; doing it again with the same name must not make a second one.
    fn send<'a>(&'a self, out: &'a Outgoing) -> BoxFuture<'a, Result<Sent, SendError>>;
}

/// It is there.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where it went, for the journal: a path, a remote name.
    pub to: String,
}

/// It is not there.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{sentence}")]
pub struct SendError {
    /// `folder/not_writable`.
    pub code: String,
    pub sentence: String,
    /// Trying again may help; else it is dead at once.
    pub transient: bool,
    /// The other side asked to be left alone for so long.
    pub retry_after: Option<Duration>,
}

/// What sends. Cheap to clone; shared by all workers of a process, so that they share connections.
#[derive(Clone)]
pub struct Senders {
    pub webhooks: Arc<Webhooks>,
    pub documents: Arc<dyn DocumentSender>,
    /// Nothing where no mail server is set.
    pub post: Option<Arc<Post>>,
}

impl Senders {
    /// Webhooks by the system's resolver, documents by `documents`, letters by the mail server of the settings.
    pub fn new(settings: &Settings, documents: Arc<dyn DocumentSender>) -> Result<Self, NoSenders> {
        let timeout = Duration::from_millis(settings.deliver.timeout_ms);
        let post = Post::new(&settings.mail, timeout)?.map(Arc::new);
        Ok(Senders { webhooks: Arc::new(Webhooks::new()?), documents, post })
    }
}

/// What sends can't be made.
#[derive(Debug, thiserror::Error)]
pub enum NoSenders {
    /// No TLS client can be made.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Mail(#[from] WrongMail),
}

/// Works until told to stop; then ends what is being sent (up to five seconds) and gives the rest back.
/// One a process is enough: its bounds (`deliver.concurrent`, eight at once a target) count within one call.
/// Fails only if there is nothing to send with.
pub async fn run(hub: Hub, documents: Arc<dyn DocumentSender>, shutdown: CancellationToken) -> Result<(), NoSenders> {
    let senders = Senders::new(&hub.settings, documents)?;
    run_with(hub, senders, shutdown).await;
    Ok(())
}

/// As [`run`], with senders of the caller's.
pub async fn run_with(hub: Hub, senders: Senders, shutdown: CancellationToken) {
    stage::Stage::new(hub, senders, shutdown).run().await;
}
