//! `crossdock reference`: what a partner's values mean here. Each goes by the API, so that the journal says who did it.

use super::{
    ask::{self, Places, encoded},
    documents::{Pages, of_tenant},
    out::{Out, text},
};
use serde_json::{Value, json};

/// What a partner's values mean here
#[derive(Debug, clap::Subcommand)]
pub enum Reference {
    /// Add a cross-reference, or change its target; what was held for it goes on
    ///
    /// crossdock reference add uom PF PK --tenant acme
    /// crossdock reference add uom PF EA --tenant acme --partner northwind
    ///
    /// It holds for all of the tenant's partners, or for one of them alone, and then goes before what holds for all. What is to
    /// hold for all tenants is a row of a table below the folder of mappings. Where the fields that look the value up take a few words, the target is one of them.
    #[command(verbatim_doc_comment)]
    Add(Add),
    /// The cross-references that were added, by table and value
    ///
    /// crossdock reference list
    /// crossdock reference list uom --json
    #[command(verbatim_doc_comment)]
    List(List),
    /// Take one away: what was read by it stays, values that come from now on are held again
    ///
    /// crossdock reference remove uom PF --tenant acme --why "it is a pallet"
    /// crossdock reference remove uom PF --tenant acme --partner northwind
    ///
    /// What holds for one partner alone is taken away by its name: what holds for all stays, and the other way round.
    #[command(verbatim_doc_comment)]
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// The table, as the mappings call it: uom
    scheme: String,
    /// As the partner writes it
    value: String,
    /// What it means here
    target: String,
    /// The partner that it holds for alone [default: all of the tenant's]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// Only those of a table: uom
    scheme: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The table, as the mappings call it: uom
    scheme: String,
    /// As the partner writes it
    value: String,
    /// The partner that it holds for alone [default: that which holds for all]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Why, for the journal
    #[arg(long, default_value = "")]
    why: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Runs one of them.
pub async fn run(command: &Reference) -> anyhow::Result<u8> {
    let mut out = Out::new();
    match command {
        Reference::Add(args) => add(args, &mut out).await?,
        Reference::List(args) => list(args, &mut out).await?,
        Reference::Remove(args) => remove(args, &mut out).await?,
    }
    out.flush()?;
    Ok(0)
}

async fn add(args: &Add, out: &mut Out) -> anyhow::Result<()> {
    let places = Places::open(&args.ask, true).await?;
    let place = places.only()?;
    let mut given = json!({"scheme": args.scheme, "value": args.value, "target": args.target});
    if let Some(partner) = &args.partner {
        given["partner"] = partner.as_str().into();
    }
    let added = place.post("/v1/references", &given).await?;
    let restarted = added["restarted"].as_array().map_or(&[][..], Vec::as_slice);
    if args.json {
        let mut told = given;
        told["restarted"] = json!(restarted);
        return out.json(&of_tenant(place, told));
    }
    let goes = if restarted.len() == 1 { "goes" } else { "go" };
    let held = restarted.len();
    let whom = whom(args.partner.as_deref());
    out.line(format!("{} {} → {}{whom}; {held} held for it {goes} on", args.scheme, args.value, args.target))?;
    restarted.iter().filter_map(Value::as_str).try_for_each(|id| out.line(format!("  message {id}")))
}

async fn list(args: &List, out: &mut Out) -> anyhow::Result<()> {
    let places = Places::open(&args.ask, false).await?;
    let mut rows = Vec::new();
    let scheme = args.scheme.as_deref().map(|scheme| format!("&scheme={}", encoded(scheme))).unwrap_or_default();
    for place in &places.all {
        let mut pages = Pages::new(place, format!("/v1/references?limit=200{scheme}"), "references", 0);
        while let Some(one) = pages.next().await? {
            if args.json {
                out.json(&of_tenant(place, one))?;
                continue;
            }
            let mut row: Vec<String> =
                ["scheme", "value", "target", "partner"].map(|key| text(&one, key).to_owned()).into();
            row.push(place.tenant.clone().unwrap_or_default());
            rows.push(row);
        }
    }
    match (args.json, rows.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => out.line("no cross-reference was added: the mappings' own tables hold"),
        (false, false) => out.table(&["TABLE", "VALUE", "MEANS", "PARTNER", "TENANT"], &rows),
    }
}

async fn remove(args: &Remove, out: &mut Out) -> anyhow::Result<()> {
    let places = Places::open(&args.ask, true).await?;
    let place = places.only()?;
    let mut gone = json!({"scheme": args.scheme, "value": args.value, "why": args.why});
    if let Some(partner) = &args.partner {
        gone["partner"] = partner.as_str().into();
    }
    let was = place.post("/v1/references/remove", &gone).await?;
    match args.json {
        true => out.json(&of_tenant(place, was)),
        false => {
            let whom = whom(args.partner.as_deref());
            out.line(format!("{} {} → {}{whom} is taken away", args.scheme, args.value, text(&was, "target")))
        }
    }
}

/// ` for northwind`, where it is not for all.
fn whom(partner: Option<&str>) -> String {
    partner.map(|partner| format!(" for {partner}")).unwrap_or_default()
}
