//! `crossdock agreement`: what was settled with a partner, and where each value comes from.

use super::{
    ask,
    out::Out,
    settings::{self, nearest},
    start,
};
use crate::{
    config::Settings,
    formats::piece::Standard,
    tenancy::{
        Directory, PartnerInfo,
        kinds::Kinds,
        shown::{self, Asked, InForce, Shown, Stated},
    },
};
use anyhow::{anyhow, bail};
use serde_json::Value;

/// Agreements: what was settled with a partner
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(Show),
}

/// Every setting in force with a partner, and where it comes from
///
/// crossdock agreement show northwind
/// crossdock agreement show northwind --connection north-edi --kind 850
/// crossdock agreement show northwind --standard edifact --json
///
/// Layers, the later over the earlier: built in, the hub's file, the tenant's, the partner's, the connection's; in each of
/// them what is said for a standard, then for a kind of message. Read from the configuration files, which are checked with
/// the mappings as a start does. A hub works by the files that it was started with: one that runs on the data folder and
/// has another value still is told of on standard error.
/// Exit 0: shown. 1: the files have faults. 2: there is no such partner, connection or kind of message.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    #[arg(value_name = "PARTNER")]
    partner: String,
    /// Of a name that several tenants have: whose
    #[arg(long)]
    tenant: Option<String>,
    /// As it holds on this connection
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// As it holds in x12 or edifact [default: the one that the kind or the partner's first identity belongs to]
    #[arg(long, value_name = "STANDARD", value_parser = super::check::standard)]
    standard: Option<Standard>,
    /// As it holds for one kind of message: 850, ORDERS
    #[arg(long)]
    kind: Option<String>,
    /// Only what is not built in
    #[arg(long)]
    stated: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let Command::Show(args) = command;
    let settings = settings::load(&args.settings)?.settings;
    let files = start::read_files(&settings)?;
    // Secrets are not shown: no variable of the hub's environment is needed.
    let (directory, library) = match start::looked_at(&files) {
        Ok(read) => read,
        Err(faults) => {
            eprintln!("{faults}");
            return Ok(1);
        }
    };
    let mut out = Out::new();
    let partner = partner(&directory, args)?;
    let asked = Asked {
        connection: args.connection.as_deref(),
        standard: args.standard,
        kind: args.kind.as_deref(),
        stated: args.stated,
        kinds: &Kinds::of(&library),
    };
    let shown = shown::of(&directory, partner, &asked).map_err(|sentence| anyhow!(sentence))?;
    match args.json {
        true => out.json(&shown)?,
        false => {
            let rows: Vec<Vec<String>> = shown.settings.iter().map(row).collect();
            out.table(&["SETTING", "VALUE", "FROM"], &rows)?;
        }
    }
    out.flush()?;
    // What a file states no more is in force in a hub that runs: it is looked for among all settings.
    let all =
        shown::of(&directory, partner, &Asked { stated: false, ..asked }).map_err(|sentence| anyhow!(sentence))?;
    let tenant = directory.tenants.get(&partner.tenant).map(|tenant| tenant.name.as_str()).unwrap_or_default();
    for line in super::runtime()?.block_on(otherwise(&settings, args, tenant, &all)) {
        eprintln!("{line}");
    }
    Ok(0)
}

/// What a hub that runs on the data folder has otherwise. One that can't be asked, or doesn't know the partner yet, has
/// nothing to say.
async fn otherwise(settings: &Settings, args: &Show, tenant: &str, shown: &Shown) -> Vec<String> {
    let Ok(Some(places)) = ask::running(&settings.data).await else { return vec![] };
    let Some(place) = places.into_iter().find(|place| place.tenant.as_deref() == Some(tenant)) else { return vec![] };
    let mut path = format!("/v1/partners/{}/agreement?standard={}", ask::encoded(&args.partner), shown.standard.word());
    for (name, value) in [("connection", &args.connection), ("kind", &args.kind)] {
        if let Some(value) = value {
            path += &format!("&{name}={}", ask::encoded(value));
        }
    }
    let Ok(there) = place.get(&path).await else { return vec![] };
    let there = there["settings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let differs = |one: &&InForce| there.iter().find(|t| t["setting"] == one.setting && t["value"] != one.value);
    let told = shown.settings.iter().filter_map(|one| Some((one, differs(&one)?))).map(|(one, there)| {
        format!(
            "note: the hub that runs on {} still has {} {}: it is started anew to have {}",
            settings.data.display(),
            one.setting,
            said(&there["value"]),
            said(&one.value)
        )
    });
    told.collect()
}

fn partner<'d>(directory: &'d Directory, args: &Show) -> anyhow::Result<&'d PartnerInfo> {
    let tenant = |p: &PartnerInfo| directory.tenants.get(&p.tenant).map_or(String::new(), |t| t.name.clone());
    let mut found = directory
        .partners
        .values()
        .filter(|p| p.name == args.partner && args.tenant.as_ref().is_none_or(|name| *name == tenant(p)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => bail!("several tenants have a partner {}: say which with --tenant", args.partner),
        (None, _) => {
            let near = nearest(&args.partner, directory.partners.values().map(|p| p.name.clone()));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Err(anyhow!("there is no partner {} in the configuration files{near}", args.partner))
        }
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        other => other.to_string(),
    }
}

fn row(one: &InForce) -> Vec<String> {
    let value = said(&one.value);
    let from = match &one.from {
        None => "built in".to_owned(),
        Some(Stated { layer, file, line, .. }) => format!("{file}:{line} (the {layer})"),
    };
    vec![one.setting.to_owned(), value, from]
}
