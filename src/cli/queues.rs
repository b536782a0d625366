//! `crossdock queues check`: the topology as it should be against what is there, with a remedy for each fault.

use super::{
    ask::{self, Opened},
    out::Out,
    settings,
};
use crate::{
    canonical::Stage,
    config::Settings,
    queue::{
        Queue,
        rabbitmq::{Management, QueueState},
    },
    store::{now, outbox},
};
use anyhow::{Context, bail};

/// What waits, and where
#[derive(Debug, clap::Subcommand)]
pub enum Queues {
    /// Each queue: what is ready, who takes it, what is wrong with it and what to do
    ///
    /// crossdock queues check
    /// crossdock queues check --management http://user:password@rabbit:15672
    ///
    /// Exit 0: all as it should be. 1: a queue has a fault. 2: broker or store can't be asked.
    #[command(verbatim_doc_comment)]
    Check(Check),
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// RabbitMQ's management API, which also knows what was delivered and not settled
    #[arg(long, value_name = "URL", env = "CROSSDOCK_MANAGEMENT_URL", hide_env_values = true)]
    management: Option<String>,
    /// One JSON object a queue
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Checks the queues of the settings.
pub async fn run(command: &Queues) -> anyhow::Result<u8> {
    let Queues::Check(args) = command;
    let settings = settings::load(&args.settings)?.settings;
    let states = if settings.amqp_url.is_empty() { embedded(settings).await? } else { broker(args, &settings).await? };
    let mut out = Out::new();
    if args.json {
        states.iter().try_for_each(|state| out.json(state))?;
    } else {
        tell(&states, &mut out)?;
    }
    out.flush()?;
    Ok(u8::from(states.iter().any(|state| state.fault.is_some())))
}

fn tell(states: &[QueueState], out: &mut Out) -> anyhow::Result<()> {
    let count = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let rows: Vec<Vec<String>> = states
        .iter()
        .map(|s| {
            let word = if s.fault.is_some() { "see below" } else { "ok" };
            vec![s.name.clone(), count(s.ready), count(s.unsettled), count(s.consumers), word.into()]
        })
        .collect();
    out.table(&["QUEUE", "READY", "UNSETTLED", "CONSUMERS", ""], &rows)?;
    for state in states {
        if let Some(fault) = &state.fault {
            out.line(format!("\n{}  {fault}", out.bold(&state.name)))?;
            out.line(format!("    next {}", state.remedy.as_deref().unwrap_or("look into the broker's log")))?;
        }
    }
    Ok(())
}

async fn broker(args: &Check, settings: &Settings) -> anyhow::Result<Vec<QueueState>> {
    let Queue::Rabbit(broker) = Queue::rabbit(&settings.amqp_url).await? else { bail!("amqp_url names no broker") };
    let management =
        args.management.as_ref().map(|url| Management { url: url.clone(), vhost: vhost(&settings.amqp_url) });
    Ok(broker.check(management.as_ref()).await?)
}

/// The virtual host of an AMQP address: its path, decoded; `/` where there is none.
/// https://www.rabbitmq.com/docs/uri-spec
fn vhost(url: &str) -> String {
    let path = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(_, path)| path.split(['?', '#']).next().unwrap_or_default());
    match path {
        None | Some("") => "/".into(),
        Some(path) => decoded(path),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// On the embedded queue the outbox's rows are the queue; who takes them is the hub that works on the folder.
async fn embedded(settings: Settings) -> anyhow::Result<Vec<QueueState>> {
    let runs = ask::is_running(&settings.data).await?;
    let folder = settings.data.display().to_string();
    let opened = Opened::of(settings).await?;
    let mut states = Vec::new();
    let mut tx = opened.store.system_read().await?;
    for stage in Stage::ALL {
        let (ready, later) = outbox::due_and_later(&mut tx, stage, now()).await.context("the outbox can't be read")?;
        let fault = (ready > 0 && !runs).then(|| format!("{ready} claim checks wait and no hub works on {folder}"));
        states.push(QueueState {
            name: stage.name().into(),
            ready: Some(ready),
            consumers: None,
            unsettled: None,
            remedy: fault.as_ref().map(|_| "start it: `crossdock serve`".into()),
            fault,
        });
        states.push(QueueState {
            name: format!("{} later", stage.name()),
            ready: Some(later),
            ..QueueState::default()
        });
    }
    tx.rollback().await?;
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_hosts() {
        for (url, is) in [
            ("amqp://host", "/"),
            ("amqp://host/", "/"),
            ("amqp://u:p@host:5672/%2f", "/"),
            ("amqp://u:p@host/orders%20eu?heartbeat=5", "orders eu"),
            ("amqp://host/100%", "100%"),
        ] {
            assert_eq!(vhost(url), is, "{url}");
        }
    }
}
