//! `crossdock serve`: the hub, until it is told to stop.

use super::{
    describe::toml_value,
    out::Out,
    settings,
    start::{self, Role},
};
use anyhow::Context;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Run the hub. Nothing configured: embedded, in ./crossdock-data
///
/// crossdock serve
/// crossdock serve --config /etc/crossdock.toml --role worker
/// CROSSDOCK_DATABASE_URL=postgres://… CROSSDOCK_AMQP_URL=amqp://… crossdock serve
/// crossdock serve --print-config
///
/// Ends on Ctrl-C and SIGTERM, within 10 s and with nothing lost.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Serve {
    /// What this process does of the hub
    #[arg(long, value_enum, default_value = "all")]
    role: Role,
    /// Address of API and console
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Show each setting in force and where it came from, and end
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Serves, or shows by what it would.
pub fn run(args: &Serve) -> anyhow::Result<u8> {
    let effective = settings::load(&settings::Flags { listen: args.listen.clone(), ..args.settings.clone() })?;
    if args.print_config {
        return print(&effective);
    }
    crate::signals::logs(&effective.settings.log)?;
    super::runtime()?.block_on(serve(effective.settings, args.role))
}

/// The settings as a file that would give the same again; each value's origin stands behind it.
fn print(effective: &settings::Effective) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let mut table = "";
    let lines = effective.lines()?;
    for (key, value, origin) in &lines {
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        if section != table {
            table = section;
            out.line(format!("\n[{section}]"))?;
        }
        out.line(format!("{:<48} # {origin}", format!("{name} = {}", toml_value(value))))?;
    }
    out.flush()?;
    Ok(0)
}

async fn serve(settings: crate::config::Settings, role: Role) -> anyhow::Result<u8> {
    let files = start::read_files(&settings)?;
    // Before the store is opened, so that a signal during a long migration is not lost.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let answers = matches!(role, Role::All | Role::Api);
    let listener = match answers {
        true => Some(
            TcpListener::bind(&settings.listen)
                .await
                .with_context(|| format!("{} can't be listened on", settings.listen))?,
        ),
        false => None,
    };
    let signals = match settings.listen_signals.as_str() {
        "" => None,
        address => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("{address} (listen_signals) can't be listened on"))?,
        ),
    };
    let (hub, _lock) = start::hub(settings, &files).await?;
    let unsent = crate::flow::mail::unsent(&hub);
    if !unsent.is_empty() {
        let partners = unsent.join(", ");
        tracing::warn!(partners, "agreements say `mail: on_refusal`, and no letter is sent: mail.url is not set");
    }
    let mut running = start::run(hub.clone(), &files, role, listener).await?;
    if let Some(listener) = signals {
        eprintln!("Metrics and health at http://{}", listener.local_addr()?);
        running.signals(listener)?;
    }
    if let Some(address) = running.address {
        let url = format!("http://{address}");
        for (tenant, key) in start::first_keys(&hub).await? {
            eprintln!("First admin key of tenant {tenant}, shown once: {key}");
        }
        start::local_keys(&hub, &url).await?;
        eprintln!("Crossdock at {url}; data in {}", hub.settings.data.display());
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    if answers {
        let _ = std::fs::remove_file(hub.settings.data.join("hub.json"));
    }
    running.stop().await;
    Ok(0)
}
