//! The commands: a subcommand a file. The only room that wires others together and reads the environment.
//!
//! Promise: exit 0 as asked, 1 for faults that were found and named, 2 for a wrong call or what could not be read.
//! Results go to standard output, words for people to standard error; a reader that closes the pipe is no error.
//! Called by: `main`, the tests. Calls: every room.
//! Never: decides what another room should decide.
//! Tried by: tests/cli

pub mod admin;
pub mod agreement;
pub mod ask;
pub mod audit;
pub mod check;
pub mod convert;
pub mod data;
pub mod dead;
pub mod demo;
pub mod describe;
pub mod documents;
pub mod events;
pub mod explain;
pub mod faults;
pub mod fmt;
pub mod generate;
pub mod guide;
mod http;
pub mod input;
mod letter;
pub mod listen;
pub mod mapping;
pub mod operate;
pub mod out;
pub mod pages;
mod partner;
mod plan;
pub mod queues;
pub mod receiver;
pub mod reference;
mod references;
pub mod render;
pub mod reviews;
pub mod schema;
pub mod serve;
pub mod settings;
pub mod start;
pub mod story;
pub mod translate;

use crate::config::LogSettings;
use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// An EDI and integration hub: takes every document in once, maps it by data, answers partners, tells the world by signed
/// webhooks.
#[derive(Debug, Parser)]
#[command(name = "crossdock", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  crossdock demo                                 the whole story on this machine, with a console to watch
  crossdock check order.edi                      what is in a document, and what is wrong where
  crossdock fmt order.edi --repair               one segment a line, with counts mended
  crossdock convert order.edi                    the same as JSON for jq, and back byte for byte
  crossdock render order.edi -o order.html       a page that anybody can read
  crossdock translate order.edi --explain        what it means, and which bytes say so
  crossdock serve                                the hub, embedded, in ./crossdock-data
  crossdock story PO123                          a purchase order's whole life
  crossdock documents list --state refused --since 2h
  crossdock audit                                whether the books balance
  crossdock dead list                            what needs a person, by cause

Exit codes: 0 as asked, 1 faults were found and named, 2 a wrong call or something that can't be read.
Commands that ask a hub find it by CROSSDOCK_URL and CROSSDOCK_KEY, else by the data folder (--data).";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Convert(convert::Convert),
    Render(render::Render),
    Translate(translate::Translate),
    #[command(subcommand)]
    Documents(documents::Documents),
    #[command(subcommand)]
    Messages(operate::Messages),
    #[command(subcommand)]
    Deliveries(operate::Deliveries),
    Story(story::Story),
    #[command(subcommand)]
    Dead(dead::Dead),
    Audit(audit::Arguments),
    Listen(listen::Listen),
    #[command(subcommand)]
    Reference(references::Reference),
    #[command(subcommand)]
    Queues(queues::Queues),
    Migrate(admin::Migrate),
    #[command(subcommand)]
    Config(admin::Config),
    #[command(subcommand)]
    Agreement(agreement::Command),
    Explain(explain::Explain),
    #[command(subcommand)]
    Guide(guide::Command),
    #[command(subcommand)]
    Mapping(mapping::Command),
    #[command(subcommand)]
    Partner(partner::Command),
    Plan(plan::Plan),
    Apply(plan::Apply),
    Export(plan::Export),
    Schema(schema::Arguments),
    #[command(subcommand)]
    Events(events::Command),
    Generate(generate::Generate),
}

/// The commands as clap knows them: for the reference page and the tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    // Before anything speaks TLS; it fails only if somebody else was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) if error.is::<out::Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

impl Command {
    fn run(self) -> anyhow::Result<ExitCode> {
        let code = match &self {
            Command::Check(args) => check::run(args),
            Command::Fmt(args) => fmt::run(args),
            Command::Convert(args) => convert::run(args),
            Command::Render(args) => render::run(args),
            Command::Translate(args) => translate::run(args),
            Command::Explain(args) => explain::run(args),
            Command::Agreement(command) => agreement::run(command),
            Command::Guide(command) => guide::run(command),
            Command::Mapping(command) if !command.asks() => mapping::run(command),
            Command::Partner(command) => partner::run(command),
            Command::Schema(args) => schema::run(args),
            Command::Events(command) => events::run(command),
            Command::Generate(args) => generate::run(args),
            Command::Config(command) => admin::config(command),
            Command::Migrate(args) => admin::migrate(args),
            Command::Serve(args) => serve::run(args),
            Command::Listen(args) => return runtime()?.block_on(listen::run(args.clone())),
            _ => {
                quiet_logs()?;
                runtime()?.block_on(self.ask())
            }
        };
        code.map(ExitCode::from)
    }

    /// The commands that ask a hub or a store, or play one.
    async fn ask(self) -> anyhow::Result<u8> {
        match self {
            Command::Demo(args) => demo::run(args).await,
            Command::Documents(command) => documents::run(&command).await,
            Command::Messages(command) => operate::messages(&command).await,
            Command::Deliveries(command) => operate::deliveries(&command).await,
            Command::Story(args) => story::run(&args).await,
            Command::Dead(command) => dead::run(&command).await,
            Command::Audit(args) => audit::run(&args).await,
            Command::Queues(command) => queues::run(&command).await,
            Command::Reference(command) => references::run(&command).await,
            Command::Mapping(command) => mapping::ask(&command).await,
            Command::Plan(args) => plan::plan(&args).await,
            Command::Apply(args) => plan::apply(&args).await,
            Command::Export(args) => plan::export(&args).await,
            _ => anyhow::bail!("this command asks nobody"),
        }
    }
}

/// The asynchronous runtime, for the commands that need one.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime can't be started")
}

/// Warnings only, unless `RUST_LOG` says more: the command's own words are what its user wants.
fn quiet_logs() -> anyhow::Result<()> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".into());
    Ok(crate::signals::logs(&LogSettings { format: "text".into(), filter })?)
}
