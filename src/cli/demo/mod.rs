//! `crossdock demo`: the whole story on embedded parts, with real traffic, some of it faulty, and a console to watch.

mod documents;
mod look;
mod seed;
mod story;

use super::{
    receiver::{self, Behaviour, Receiver},
    start::{self, Files, Role},
};
use crate::{config::Settings, emit::signature::Secret, flow::Hub, insight::audit::audit, store::now};
use anyhow::Context;
use serde_json::{Value, json};
use std::{io::Write, path::PathBuf};
use tokio::net::TcpListener;

/// Plays a day of two distributors and their partners on embedded parts, with a console to watch
///
/// Two tenants, five partners and more than 250 orders: X12 by watched folder and HTTP, EDIFACT, CSV, UBL, and JSON by
/// signed webhook. Some are faulty on purpose: a quantity that is no number, a ragged row, a unit that
/// nobody mapped, an unknown sender, an endpoint that fails three times and one that is down. Nothing needs to be
/// installed, and nothing leaves this machine.
///
/// Prints the console's address and a key for each tenant at once (stderr), then for each part of the
/// story how it ended, and the ledger of the audit (stdout). It goes on until Ctrl-C; with --once it ends by
/// itself, with exit code 1 if a part ended otherwise or the audit misses anything.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// End by itself when every document has reached its end, and print the ledger.
    #[arg(long)]
    once: bool,
    /// The ledger as JSON.
    #[arg(long)]
    json: bool,
    /// Where its files stand; a new folder for temporary files otherwise, removed at the end with --once.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address of API and console.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
}

/// One line of the ledger: what the story says, and what was seen.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Line {
    pub document: String,
    pub expected: String,
    pub got: String,
    pub ok: bool,
}

/// Plays the story. Gives the exit code: 0 if everything ended as told and nothing is missing.
pub async fn run(flags: Demo) -> anyhow::Result<u8> {
    let temporary = flags.data.is_none();
    let folder = flags
        .data
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("crossdock-demo-{}", uuid::Uuid::now_v7().simple())));
    let code = play(&flags, &folder).await;
    if temporary && flags.once {
        let _ = std::fs::remove_dir_all(&folder);
    }
    code
}

async fn play(flags: &Demo, folder: &std::path::Path) -> anyhow::Result<u8> {
    let secret = Secret::parse(RECEIVER_SECRET).map_err(|e| anyhow::anyhow!("the receiver's secret: {e}"))?;
    let options = receiver::Options { secret: Some(secret), ..receiver::Options::default() };
    let receiver = Receiver::start(options).await.context("the demo's webhook receiver")?;
    receiver.behave("/flaky", Behaviour { fail_first: 3, ..Behaviour::default() });
    receiver.behave("/down", Behaviour { fail_first: u32::MAX, ..Behaviour::default() });
    let secrets = secrets();
    seed::write(folder, &receiver.url(""), &secrets)
        .with_context(|| format!("{} can't be written", folder.display()))?;
    let mut settings =
        Settings { data: folder.join("crossdock-data"), connectors: folder.join("connectors"), ..Settings::default() };
    settings.mappings = folder.join("mappings");
    // With both set the same story runs on PostgreSQL and RabbitMQ.
    settings.database_url = std::env::var("CROSSDOCK_DATABASE_URL").unwrap_or_default();
    settings.amqp_url = std::env::var("CROSSDOCK_AMQP_URL").unwrap_or_default();
    settings.deliver.timeout_ms = 3_000;
    let files: Files = start::read_files(&settings)?;
    let (hub, _lock) = start::hub(settings, &files).await?;
    let listener =
        TcpListener::bind(&flags.listen).await.with_context(|| format!("{} can't be listened on", flags.listen))?;
    let running = start::run(hub.clone(), &files, Role::All, Some(listener)).await?;
    let url = format!("http://{}", running.address.context("the API did not start")?);
    let keys = start::local_keys(&hub, &url).await?;
    greet(&url, &keys, folder);

    let teller = story::Teller::new(hub.clone(), url.clone(), keys.clone(), folder.to_path_buf(), secrets, receiver)?;
    let lines = teller.tell(flags.json).await?;
    let audited = audit(&hub.store, &hub.directory, None, now()).await?;
    print(flags.json, &lines, &serde_json::to_value(&audited)?)?;
    let good = lines.iter().all(|l| l.ok) && audited.ok;
    if !flags.once {
        eprintln!(
            "\nThe hub goes on: drop files into {}/drop/*/in, or look at {url} . Ctrl-C ends it.",
            folder.display()
        );
        let _ = tokio::signal::ctrl_c().await;
    }
    running.stop().await;
    Ok(if good { 0 } else { 1 })
}

const RECEIVER_SECRET: &str = "whsec_Y3Jvc3Nkb2NrLWRlbW8tc2hvcC1zZWNyZXQ=";

fn secrets() -> seed::Secrets {
    let key = crate::tenancy::keys::generate;
    seed::Secrets {
        northwind_key: key(),
        northwind_hook: key(),
        fabrikam_key: key(),
        tailspin_key: key(),
        wingtip_key: key(),
        shop: RECEIVER_SECRET.into(),
    }
}

fn greet(url: &str, keys: &std::collections::BTreeMap<String, String>, folder: &std::path::Path) {
    eprintln!("Crossdock demo, in {}", folder.display());
    eprintln!("Console   {url}");
    for (tenant, key) in keys {
        eprintln!("Key       {key}  ({tenant})");
    }
    eprintln!();
}

fn print(as_json: bool, lines: &[Line], audit: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let missing = audit["missing"].as_array().map_or(0, Vec::len);
        let ok = lines.iter().all(|l| l.ok) && audit["ok"] == true;
        writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&json!({"story": lines, "audit": audit, "missing": missing, "ok": ok}))?
        )?;
        return Ok(());
    }
    for line in lines {
        let sign = if line.ok { "✓" } else { "✗" };
        writeln!(
            out,
            "{sign} {}\n    {}",
            line.document,
            if line.ok { line.got.clone() } else { format!("expected {}; saw {}", line.expected, line.got) }
        )?;
    }
    let count = |what: &str, state: &str| audit[what][state].as_i64().unwrap_or(0);
    writeln!(
        out,
        "\nLedger: {} documents, {} messages ({} applied, {} rejected, {} replaced), {} deliveries ({} delivered); missing: {}",
        count("documents", "total"),
        count("messages", "total"),
        count("messages", "applied"),
        count("messages", "rejected"),
        count("messages", "replaced"),
        count("deliveries", "total"),
        count("deliveries", "delivered"),
        audit["missing"].as_array().map_or(0, Vec::len),
    )?;
    Ok(())
}

/// The hub, for the parts of the demo that look into its store.
pub(crate) type TheHub = Hub;
