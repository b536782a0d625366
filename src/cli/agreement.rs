//! `crossdock agreement`: what was settled with a partner, and where each value comes from.

use super::{
    out::Out,
    settings::{self, nearest},
    start,
};
use crate::{
    formats::piece::Standard,
    tenancy::{Directory, Effective, PartnerInfo, catalogue, catalogue::Setting, layers::Origin},
};
use anyhow::{anyhow, bail};
use serde_json::{Value, json};

/// Values that may be a password.
const SECRET: &[&str] = &["isa_in.isa02", "isa_in.isa04", "isa_out.isa02", "isa_out.isa04", "unb_out.password"];

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
/// them what is said for a standard, then for a kind of message. Read from the configuration files; no hub is asked.
/// Exit 0: shown. 1: the files have faults. 2: there is no such partner or connection.
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
    // Secrets are not shown, so a variable that only the hub's environment has is nothing here.
    let compiled = Directory::compile(&files.connectors, &|name| Some(std::env::var(name).unwrap_or_default()));
    let directory = match compiled {
        Ok(directory) => directory,
        Err(faults) => {
            eprintln!("{}", start::Faults(faults));
            return Ok(1);
        }
    };
    let mut out = Out::new();
    let partner = partner(&directory, args)?;
    let standard = args.standard.unwrap_or_else(|| standard(partner, args.kind.as_deref()));
    let kind = args.kind.as_deref().unwrap_or("").to_ascii_uppercase();
    let terms = partner.terms.of(connection(&directory, partner, args)?, standard, &kind);
    let rows: Vec<&Setting> = catalogue::settings()
        .iter()
        .filter(|s| s.standard.is_none_or(|own| own == standard))
        .filter(|s| !args.stated || *terms.origin(&s.key) != Origin::BuiltIn)
        .collect();
    match args.json {
        true => out.json(&as_json(partner, standard, &rows, terms))?,
        false => {
            let rows: Vec<Vec<String>> = rows.iter().map(|s| row(s, terms)).collect();
            out.table(&["SETTING", "VALUE", "FROM"], &rows)?;
        }
    }
    out.flush()?;
    Ok(0)
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

/// The connection that was asked for; of none that differs, the nameless one.
fn connection(
    directory: &Directory,
    partner: &PartnerInfo,
    args: &Show,
) -> anyhow::Result<crate::canonical::ConnectionId> {
    let Some(name) = &args.connection else { return Ok(crate::canonical::ConnectionId::named("")) };
    let reaches = |c: &crate::tenancy::ConnectionInfo| match c.partner {
        Some(owner) => owner == partner.id,
        None => c.tenant == partner.tenant,
    };
    match directory.connection(name).filter(|c| reaches(c)) {
        Some(connection) => Ok(connection.id),
        None => {
            let own = directory.connections.values().filter(|c| reaches(c)).map(|c| c.name.clone());
            let near = nearest(name, own).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Err(anyhow!("{} has no connection {name}{near}", partner.name))
        }
    }
}

fn standard(partner: &PartnerInfo, kind: Option<&str>) -> Standard {
    match kind {
        Some(kind) if kind.bytes().all(|b| b.is_ascii_digit()) || kind.eq_ignore_ascii_case("TA1") => Standard::X12,
        Some(_) => Standard::Edifact,
        None => partner.identities.first().map_or(Standard::X12, |(standard, _)| *standard),
    }
}

fn shown(setting: &Setting, terms: &Effective) -> Value {
    match terms.value(&setting.key) {
        Value::String(text) if !text.is_empty() && SECRET.contains(&setting.key.as_str()) => "(set)".into(),
        value => value,
    }
}

fn row(setting: &Setting, terms: &Effective) -> Vec<String> {
    let value = match shown(setting, terms) {
        Value::String(text) => text,
        Value::Null => "-".into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        other => other.to_string(),
    };
    let from = match terms.origin(&setting.key) {
        Origin::BuiltIn => "built in".to_owned(),
        Origin::File { layer, .. } => format!("{} ({layer})", terms.origin(&setting.key)),
    };
    vec![setting.key.clone(), value, from]
}

fn as_json(partner: &PartnerInfo, standard: Standard, rows: &[&Setting], terms: &Effective) -> Value {
    let settings: Vec<Value> = rows
        .iter()
        .map(|s| {
            let origin = match terms.origin(&s.key) {
                Origin::BuiltIn => Value::Null,
                Origin::File { layer, file, line, column } => {
                    json!({"layer": layer.trim_start_matches("the "), "file": &**file, "line": line, "column": column})
                }
            };
            json!({"setting": s.key, "value": shown(s, terms), "default": s.default, "from": origin})
        })
        .collect();
    json!({"partner": partner.name, "standard": standard, "settings": settings})
}
