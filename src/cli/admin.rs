//! `crossdock migrate`, `config describe`.

use super::{describe, out::Out, settings, start};
use crate::store;
use anyhow::Context;

/// Bring the store up to date, or show the SQL that makes its roles
///
/// crossdock migrate
/// crossdock migrate --print-roles | psql -U postgres
///
/// `serve` does the same at its start. Making the roles needs an owner with CREATEROLE, or an administrator who runs the
/// printed SQL, as the owner of the database, beforehand.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Migrate {
    /// Print the SQL of the roles, and change nothing
    #[arg(long)]
    print_roles: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Migrates. The embedded store must not be in use.
pub fn migrate(args: &Migrate) -> anyhow::Result<u8> {
    let mut out = Out::new();
    if args.print_roles {
        out.line(store::open::ROLES)?;
        out.flush()?;
        return Ok(0);
    }
    let settings = settings::load(&args.settings)?.settings;
    super::runtime()?.block_on(async {
        let (store, _lock) = start::open_store(&settings).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    let what = if settings.database_url.is_empty() {
        settings.data.join("crossdock.db").display().to_string()
    } else {
        settings::masked(&settings.database_url)
    };
    out.line(format!("{what} is up to date"))?;
    out.flush()?;
    Ok(0)
}

/// Settings
#[derive(Debug, clap::Subcommand)]
pub enum Config {
    /// Every setting with its meaning and default, as a file to start from
    ///
    /// crossdock config describe > crossdock.toml
    #[command(verbatim_doc_comment)]
    Describe,
}

/// Prints it.
pub fn config(command: &Config) -> anyhow::Result<u8> {
    let Config::Describe = command;
    let mut out = Out::new();
    out.line(describe::file()).context("config describe")?;
    out.flush()?;
    Ok(0)
}
