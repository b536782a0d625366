//! `crossdock listen`: a webhook receiver for development. One line an event; gaps, repeats and bad signatures are named.

use super::receiver::{Behaviour, Line, Options, Receiver};
use crate::emit::signature::Secret;
use anyhow::Context;
use std::{io::Write, process::ExitCode, sync::Arc, time::Duration};

/// Takes webhooks and shows them, until Ctrl-C.
///
/// crossdock listen --secret whsec_…            verifies signatures
/// crossdock listen --fail 3                    refuses each event's first three tries
/// crossdock listen --fail-rate 0.1 --seed 7    refuses one try in ten, the same ones each time
#[derive(Debug, Clone, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Listen {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 9009)]
    pub port: u16,
    /// The endpoint's secret: `whsec_` and base64, or any text. Without it signatures are not looked at
    #[arg(long, env = "CROSSDOCK_LISTEN_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// Refuse each event's first N tries
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub fail: u32,
    /// Refuse this share of the tries, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub fail_rate: f64,
    /// Which tries `--fail-rate` hits
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// What a refusal answers
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(300..=599))]
    pub status: u16,
    /// Wait so many milliseconds before each answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub slow: u64,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("a share is a number from 0 to 1".into()),
    }
}

/// Runs until Ctrl-C. Exit 1 if something was missing or not believed.
pub async fn run(args: Listen) -> anyhow::Result<ExitCode> {
    let secret = args.secret.as_deref().map(Secret::parse).transpose().context("--secret")?;
    if secret.is_none() {
        eprintln!("No --secret: signatures are not looked at.");
    }
    let json = args.json;
    let receiver = Receiver::start(Options {
        port: args.port,
        secret,
        behaviour: Behaviour {
            fail_first: args.fail,
            fail_rate: args.fail_rate,
            seed: args.seed,
            status: args.status,
            slow: Duration::from_millis(args.slow),
            ..Behaviour::default()
        },
        tell: Some(Arc::new(move |line| print(line, json))),
    })
    .await
    .with_context(|| format!("port {} of 127.0.0.1 can't be had", args.port))?;
    eprintln!("Listening on {}. Ctrl-C ends.", receiver.url("/"));
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
    Ok(close(&receiver))
}

/// One line for people or programs; a closed standard output is no reason to end.
fn print(line: &Line, json: bool) {
    let text = if json { serde_json::to_string(line).unwrap_or_default() } else { words(line) };
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn words(line: &Line) -> String {
    let mut text = format!("{} {:<18} {} #{} {}", line.status, line.kind, line.key, line.sequence, line.id);
    if line.taken_before > 0 {
        text += &format!("  DUPLICATE: taken {} before", times(line.taken_before));
    }
    if !line.missing.is_empty() {
        let numbers: Vec<String> = line.missing.iter().map(i64::to_string).collect();
        text += &format!("  GAP: {} has not come", numbers.join(", "));
    }
    if let Some(fault) = &line.fault {
        text += &format!("  NOT BELIEVED: {fault}");
    }
    text
}

fn times(n: u32) -> String {
    if n == 1 { "once".into() } else { format!("{n} times") }
}

fn close(receiver: &Receiver) -> ExitCode {
    let (requests, rejected) = receiver.counts();
    let seen = receiver.seen();
    let taken = seen.iter().filter(|s| s.taken > 0).count();
    let twice = seen.iter().filter(|s| s.taken > 1).count();
    eprintln!("{requests} requests: {taken} events taken, {twice} of them more than once; {rejected} not believed");
    let gaps = receiver.gaps();
    for gap in &gaps {
        let numbers: Vec<String> = gap.missing.iter().map(i64::to_string).collect();
        eprintln!("GAP in {} at {}: {} never came", gap.key, gap.path, numbers.join(", "));
    }
    if gaps.is_empty() && rejected == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
