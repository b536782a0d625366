//! `crossdock audit` and `crossdock queues check`: is everything where it should be?

use super::{out::Out, settings, start};
use crate::{insight::audit, queue, store};
use anyhow::{Context, bail};

/// Counts documents, messages and deliveries, and looks for what should be there and is not
///
/// crossdock audit
/// crossdock audit --json | jq .missing
///
/// Exit code 1 when anything is missing. Safe while the hub runs: suspects are looked at twice.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Audit {
    /// Only this tenant's [default: all]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Looks, and tells.
pub async fn run(args: &Audit) -> anyhow::Result<u8> {
    let settings = settings::load(&args.settings)?.settings;
    let directory = start::directory(&start::read_files(&settings)?)?;
    let tenant = match &args.tenant {
        Some(name) => Some(directory.tenant(name).with_context(|| format!("no file describes a tenant `{name}`"))?.id),
        None => None,
    };
    let options = start::store_options(&settings)?;
    if !options.is_postgres() && !std::path::Path::new(&options.url).exists() {
        bail!("there is no store at {}; name its folder with --data", options.url);
    }
    let store = store::open(&options).await.context("the store can't be opened")?;
    let found = audit::audit(&store, &directory, tenant, store::now()).await?;
    store.close().await;
    let mut out = Out::new();
    if args.json {
        out.json(&found)?;
    } else {
        for (what, counts) in [("documents", &found.documents), ("messages", &found.messages), ("deliveries", &found.deliveries)] {
            let states: Vec<String> =
                counts.iter().filter(|(state, n)| **n > 0 && **state != "total").map(|(state, n)| format!("{n} {state}")).collect();
            out.line(format!("{:>8} {what}: {}", counts.get("total").copied().unwrap_or(0), states.join(", ")))?;
        }
        for missing in &found.missing {
            let sentence = format!("{} {} {}: {}", missing.kind, missing.tenant, missing.id, missing.sentence);
            out.line(format!("missing: {sentence}\n         {}", missing.remedy))?;
        }
        out.line(format!("missing: {}", found.missing.len()))?;
    }
    out.flush()?;
    Ok(u8::from(!found.ok))
}

/// Queues.
#[derive(Debug, clap::Subcommand)]
pub enum Queues {
    Check(Check),
}

/// Compares the broker's queues with the topology that the hub declares, and names a remedy for each fault
///
/// crossdock queues check
/// crossdock queues check --management http://guest:guest@127.0.0.1:15672
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// The broker's management API, which sees more than AMQP does
    #[arg(long, value_name = "URL")]
    management: Option<String>,
    /// The broker's virtual host, as the management API names it
    #[arg(long, value_name = "NAME", default_value = "/")]
    vhost: String,
    /// One JSON object a queue
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Looks at every queue.
pub async fn queues(command: &Queues) -> anyhow::Result<u8> {
    let Queues::Check(args) = command;
    let settings = settings::load(&args.settings)?.settings;
    let mut out = Out::new();
    if settings.amqp_url.is_empty() {
        start::store_options(&settings)?;
        out.line("the embedded queue is the outbox table of the store: there is nothing to declare; `crossdock audit` looks at it")?;
        out.flush()?;
        return Ok(0);
    }
    let queue::Queue::Rabbit(broker) = queue::Queue::rabbit(&settings.amqp_url).await? else { bail!("no broker") };
    let management = args.management.clone().map(|url| queue::rabbitmq::Management { url, vhost: args.vhost.clone() });
    let states = broker.check(management.as_ref()).await?;
    let faulty = states.iter().any(|s| s.fault.is_some());
    for state in &states {
        if args.json {
            out.json(state)?;
            continue;
        }
        let count = |n: Option<u64>| n.map_or_else(|| "-".to_string(), |n| n.to_string());
        out.line(format!("{:<28} {:>8} ready {:>4} consumers", state.name, count(state.ready), count(state.consumers)))?;
        if let Some(fault) = &state.fault {
            out.line(format!("  fault: {fault}\n  {}", state.remedy.as_deref().unwrap_or_default()))?;
        }
    }
    out.flush()?;
    Ok(u8::from(faulty))
}
