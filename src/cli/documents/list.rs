//! `crossdock documents list`: found by what people know of them.

use super::{Pages, of_tenant, when};
use crate::cli::{
    ask::{self, Place, Places, encoded},
    out::{Out, counted, instant, reason, size, text},
};
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub struct List {
    /// A partner's name
    #[arg(long)]
    partner: Option<String>,
    /// received, translated, retrying, dead, unassigned, rejected, duplicate; held: messages of it are; waiting: messages of it wait for others; refused: it is rejected, or messages or parts of it are
    #[arg(long)]
    state: Option<String>,
    /// A kind of set: 850, ORDERS
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// A business number: a purchase order's
    #[arg(long)]
    number: Option<String>,
    /// A search key of the partner's agreement: store:0042, or its value alone
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// An interchange's control number
    #[arg(long)]
    control: Option<String>,
    /// Who sent an interchange in it: NORTHWIND, ZZ/NORTHWIND or x12/ZZ/NORTHWIND
    #[arg(long, value_name = "IDENTITY")]
    sender: Option<String>,
    /// To whom, in the same way
    #[arg(long, value_name = "IDENTITY")]
    receiver: Option<String>,
    /// x12, edifact, xml, json, csv, fixed
    #[arg(long)]
    standard: Option<String>,
    /// Only what somebody closed; else a state that waits for somebody is that of what nobody closed
    #[arg(long)]
    closed: bool,
    /// A connection's name
    #[arg(long)]
    connection: Option<String>,
    /// Part of the name or the sender's identity, or the beginning of the hash
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Received since: 2h, 30m, 7d, 2026-01-31, 2026-01-31T08:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<String>,
    /// Received before
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<String>,
    /// At most so many of a tenant; 0 is all
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// All of them as CSV, whatever the limit
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

impl List {
    fn query(&self) -> String {
        let given = [
            ("partner", &self.partner),
            ("state", &self.state),
            ("type", &self.kind),
            ("number", &self.number),
            ("key", &self.key),
            ("control", &self.control),
            ("sender", &self.sender),
            ("receiver", &self.receiver),
            ("standard", &self.standard),
            ("connection", &self.connection),
            ("q", &self.find),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let closed = if self.closed { "&closed=true" } else { "" };
        let given = given.iter().filter_map(|(key, value)| Some(format!("&{key}={}", encoded(value.as_deref()?))));
        given.chain([closed.to_owned()]).collect()
    }
}

/// Lists them.
pub async fn run(args: &List) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    if args.csv {
        return csv(&places, &args.query()).await;
    }
    let mut out = Out::new();
    let (mut rows, mut more, mut next) = (Vec::new(), false, BTreeMap::new());
    for place in &places.all {
        let mut pages = Pages::new(place, format!("/v1/documents?limit=200{}", args.query()), "documents", args.limit);
        while let Some(document) = pages.next().await? {
            match args.json {
                true => out.json(&of_tenant(place, document))?,
                false => {
                    rows.push(row(place, &document));
                    held(place, &document["held"], &mut next);
                }
            }
        }
        more |= pages.more();
    }
    if !args.json {
        out.table(&["RECEIVED", "STATE", "PARTNER", "NAME", "SIZE", "SETS", "ID", "TENANT", "WHY"], &rows)?;
        release(&next, &mut out)?;
    }
    out.flush()?;
    if more && !args.json {
        eprintln!("There are more; --limit 0 shows all.");
    }
    Ok(0)
}

/// The hub's own lines, of each tenant behind each other under one header.
async fn csv(places: &Places, query: &str) -> anyhow::Result<u8> {
    let mut out = Out::new();
    for (n, place) in places.all.iter().enumerate() {
        let mut stream = place.stream(&format!("/v1/documents.csv?{}", query.trim_start_matches('&'))).await?;
        let mut is_header = n > 0;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes?;
            let end = bytes.iter().position(|byte| *byte == b'\n').filter(|_| is_header).map_or(0, |at| at + 1);
            is_header &= end == 0;
            out.bytes(if is_header { &[] } else { &bytes[end..] })?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// What lets held messages go, each with how many documents it is for.
type Releases = BTreeMap<String, usize>;

fn held(place: &Place, held: &Value, next: &mut Releases) {
    let remedy = text(&held["cause"], "remedy");
    if !remedy.is_empty() {
        let tenant = place.tenant.as_deref().map(|name| format!(" (tenant {name})")).unwrap_or_default();
        let others = match others(held) {
            0 => String::new(),
            n => format!("; and {} that `crossdock documents show` has", counted(n, "other reason")),
        };
        *next.entry(format!("{remedy}{others}{tenant}")).or_default() += 1;
    }
}

/// How many causes the held messages of a document have beside the first one's.
fn others(held: &Value) -> u64 {
    held["causes"].as_u64().unwrap_or(1).saturating_sub(1)
}

fn release(next: &Releases, out: &mut Out) -> anyhow::Result<()> {
    if next.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(out.bold("Held until"))?;
    for (remedy, documents) in next {
        let s = if *documents == 1 { "" } else { "s" };
        out.line(format!("  {documents} document{s}: {remedy}"))?;
    }
    Ok(())
}

fn row(place: &Place, document: &Value) -> Vec<String> {
    let word = |key: &str| text(document, key).to_owned();
    let copy = document["duplicate_of"].as_str().map(|id| format!("copy of {id}"));
    let held = &document["held"];
    let why = match held["messages"].as_i64() {
        None | Some(0) => match document["refused"].as_u64().unwrap_or(0) {
            0 => copy.unwrap_or_else(|| reason(&document["cause"])),
            n => format!("{} refused", counted(n, "message")),
        },
        Some(1) => reason(&held["cause"]),
        Some(n) => match others(held) {
            0 => format!("{n} messages; {}", reason(&held["cause"])),
            more => format!("{n} messages, {} reasons; {}", more + 1, reason(&held["cause"])),
        },
    };
    let why = crate::formats::fault::shorten(&why, 70);
    vec![
        instant(text(document, "received_at")),
        word("called"),
        word("partner"),
        word("name"),
        size(document["size"].as_i64().unwrap_or(0)),
        document["sets"].as_i64().map(|n| n.to_string()).unwrap_or_default(),
        word("id"),
        place.tenant.clone().unwrap_or_default(),
        why,
    ]
}
