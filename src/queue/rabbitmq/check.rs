//! The heart of `crossdock queues check`: the topology as it should be against what is there, with a remedy for each fault.

use super::{
    Broker,
    hung::{ANSWER, Pulse, pulse},
    link::Live,
    topology,
};
use crate::queue::QueueError;
use lapin::{
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::FieldTable,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A queue as it stands.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QueueState {
    pub name: String,
    /// Nothing if it is not there or does not answer.
    pub ready: Option<u64>,
    pub consumers: Option<u64>,
    /// Delivered and not settled; known from the management API only.
    pub unsettled: Option<u64>,
    /// What is wrong with it, if anything is.
    pub fault: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl QueueState {
    fn is(mut self, fault: impl Into<String>, remedy: impl Into<String>) -> QueueState {
        self.fault = Some(fault.into());
        self.remedy = Some(remedy.into());
        self
    }
}

/// The broker's management API, which sees more than AMQP does. The address holds user and password.
#[derive(Debug, Clone)]
pub struct Management {
    pub url: String,
    pub vhost: String,
}

/// What the management API says of a queue.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    #[serde(default)]
    messages: u64,
    #[serde(default)]
    messages_ready: u64,
    #[serde(default)]
    messages_unacknowledged: u64,
}

impl Broker {
    /// Every queue of the topology as it stands. Declares nothing.
    pub async fn check(&self, management: Option<&Management>) -> Result<Vec<QueueState>, QueueError> {
        let live = tokio::time::timeout(super::START, self.consume.up())
            .await
            .map_err(|_| QueueError::Broker(self.why_down()))??;
        let told = match management {
            Some(management) => ask(management).await?,
            None => HashMap::new(),
        };
        let mut states = Vec::new();
        for row in topology::queues() {
            let state = self.check_queue(&live, &row).await;
            states.push(match told.get(&row.name) {
                Some(told) => counted(state, told),
                None => state,
            });
        }
        Ok(states)
    }

    fn why_down(&self) -> String {
        match self.consume.state() {
            super::State::Down { why, .. } => why,
            super::State::Up { .. } => "the broker came back only now; ask again".into(),
        }
    }

    /// A channel a question: one that is answered by an error is closed with it.
    async fn check_queue(&self, live: &Live, row: &topology::QueueRow) -> QueueState {
        let state = QueueState { name: row.name.clone(), ..QueueState::default() };
        let (ready, consumers) = match self.ask_queue(live, row, true).await {
            Ok(counts) => counts,
            Err(error) => return missing(state, row, &error),
        };
        let state = QueueState { ready: Some(ready), consumers: Some(consumers), ..state };
        // It is there: declaring it as it should be changes nothing, and is refused if it is otherwise.
        if let Err(error) = self.ask_queue(live, row, false).await {
            return state.is(
                format!("it was declared with other arguments: {error}"),
                format!("stop the hub, move what is in {0} aside (shovel), delete {0}, and start the hub", row.name),
            );
        }
        // Counts come from the broker, whatever became of what carries the queue. One with messages is not asked for one:
        // that would count against their delivery limit.
        if ready == 0 && matches!(pulse(&self.consume, live, &row.name).await, Ok(Pulse::Silent)) {
            let error = format!("what only it can answer is not answered within {} s", ANSWER.as_secs());
            return missing(state, row, &error);
        }
        if row.name == topology::DEAD && ready > 0 {
            return state.is(
                format!("{ready} claim checks died by the delivery limit: each was in hand when a worker crashed"),
                "look into the log for the crash; a worker that runs tries them one at a time",
            );
        }
        if row.hop.is_none() && ready > 0 && consumers == 0 {
            return state.is(
                format!("{ready} claim checks wait and nobody takes them"),
                "start a worker (`serve --role worker`)",
            );
        }
        state
    }

    async fn ask_queue(&self, live: &Live, row: &topology::QueueRow, passive: bool) -> Result<(u64, u64), String> {
        let asked = async {
            let channel = live.connection.create_channel().await?;
            if !passive {
                let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
                let kind = lapin::ExchangeKind::Direct;
                channel.exchange_declare(row.exchange.into(), kind, options, FieldTable::default()).await?;
            }
            let options = QueueDeclareOptions { passive, durable: true, ..QueueDeclareOptions::default() };
            let arguments = if passive { FieldTable::default() } else { topology::arguments(row) };
            let queue = channel.queue_declare(row.name.as_str().into(), options, arguments).await?;
            let counts = (u64::from(queue.message_count()), u64::from(queue.consumer_count()));
            channel.close(200, "asked".into()).await?;
            Ok::<_, lapin::Error>(counts)
        };
        match tokio::time::timeout(ANSWER, asked).await {
            Ok(Ok(counts)) => Ok(counts),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", ANSWER.as_secs())),
        }
    }
}

fn missing(state: QueueState, row: &topology::QueueRow, error: &str) -> QueueState {
    if error.contains("NOT_FOUND") && !error.contains("down") {
        return state.is("it is not there", "restart a worker or the relay: whoever connects declares it");
    }
    // "leader not known", a quorum that is lost, a queue process that hangs after a crash while it was young.
    state.is(
        format!("it does not answer: {error}"),
        format!(
            "bring the cluster's nodes back; a hub at work deletes and declares it anew within half a minute, and the \
             sweeper sends again what was in it; if it stays so, `rabbitmqctl delete_queue {}`",
            row.name
        ),
    )
}

fn counted(state: QueueState, told: &Told) -> QueueState {
    let state = QueueState { unsettled: Some(told.messages_unacknowledged), ..state };
    let seen = told.messages_ready + told.messages_unacknowledged;
    if state.fault.is_none() && told.messages > seen {
        let hidden = told.messages - seen;
        let name = state.name.clone();
        return state.is(
            format!("{hidden} of its {} messages are neither ready nor taken: dead-lettering is stuck", told.messages),
            format!("stop the hub and delete {name}: it is declared again, and the sweeper sends again what was in it"),
        );
    }
    state
}

/// Counts of a virtual host's queues, by name.
async fn ask(management: &Management) -> Result<HashMap<String, Told>, QueueError> {
    let wrong = |error: reqwest::Error| QueueError::Broker(format!("the management API: {}", error.without_url()));
    let bad = || {
        QueueError::Broker(
            "the management API's address can't be read; expected http://user:password@host:15672".into(),
        )
    };
    let mut url = reqwest::Url::parse(&management.url).map_err(|_| bad())?;
    let (user, password) = (url.username().to_string(), url.password().map(str::to_string));
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| bad())?;
    url.path_segments_mut().map_err(|()| bad())?.pop_if_empty().extend(["api", "queues", management.vhost.as_str()]);
    let client = reqwest::Client::builder().timeout(ANSWER).build().map_err(wrong)?;
    let answer =
        client.get(url).basic_auth(user, password).send().await.and_then(|a| a.error_for_status()).map_err(wrong)?;
    let told: Vec<Told> = answer.json().await.map_err(wrong)?;
    Ok(told.into_iter().map(|t| (t.name.clone(), t)).collect())
}
