//! `crossdock documents`: found by what people know of them, one with all that came of it, its bytes.

mod list;

use super::{
    ask::{self, Place, Places, encoded},
    check, letter, operate,
    out::{Out, counted, instant, reason, size, text},
    reviews,
};
use crate::{formats::fault::Fault, store::journal};
use anyhow::{Context, anyhow};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Faults are drawn in documents up to this size.
const DRAWN: i64 = 8 << 20;

/// What came in
#[derive(Debug, clap::Subcommand)]
pub enum Documents {
    /// Documents, newest first
    ///
    /// crossdock documents list
    /// crossdock documents list --state refused --since 2h
    /// crossdock documents list --state held
    /// crossdock documents list --partner northwind --number PO123
    /// crossdock documents list --key store:0042
    /// crossdock documents list --sender NORTHWIND --type 850 --csv > orders.csv
    /// crossdock documents list --limit 0 --json | jq -r .name
    #[command(verbatim_doc_comment)]
    List(Box<list::List>),
    /// One document: interchanges, messages, deliveries, steps, and its faults drawn where they stand
    Show(One),
    /// A document's bytes, as they came
    ///
    /// crossdock documents raw 0199c0de-… > order.edi
    #[command(verbatim_doc_comment)]
    Raw(Raw),
    /// Its faults as a letter to the partner: what is wrong where, how to mend it, what was accepted
    ///
    /// crossdock documents letter 0199c0de-…
    /// crossdock documents letter 0199c0de-… --json | jq -r .markdown
    /// crossdock documents letter 0199c0de-… --send --why "they asked for it"
    #[command(verbatim_doc_comment)]
    Letter(letter::Letter),
    /// Give an unassigned one to a partner: this one is read as theirs
    ///
    /// crossdock documents give 0199c0de-… --to northwind --why "their new VAN address"
    /// crossdock documents give 0199c0de-… --to northwind --sender x12/ZZ/NORTHVAN
    ///
    /// Of one in which others are known it is what is nobody's. What is given asks for its control numbers: what was worked
    /// before under them is a duplicate. Where several senders are nobody who is known, --sender says whose is meant.
    #[command(verbatim_doc_comment)]
    Give(operate::Give),
    /// Put a dead, rejected or unassigned one back to the start of its way; of a worked one, map again what waits
    ///
    /// crossdock documents replay 0199c0de-… --why "their guide was mended"
    /// crossdock documents replay 0199c0de-… --acknowledge-again --why "they lost our 997"
    #[command(verbatim_doc_comment)]
    Replay(operate::Again),
    /// Work a copy of one by itself, as it came or edited; the first stays as it ended
    ///
    /// crossdock documents duplicate 0199c0de-… --why "they can't send it again"
    /// crossdock documents duplicate 0199c0de-… --edited mended.edi --why "the ship-to was cut off, by their mail of the 3rd"
    #[command(verbatim_doc_comment)]
    Duplicate(reviews::Duplicate),
    /// Close one that is rejected, unassigned, dead or partly refused: it stays so and waits for nobody
    ///
    /// crossdock documents close 0199c0de-… --why "a test of theirs"
    /// crossdock documents list --closed
    #[command(verbatim_doc_comment)]
    Close(reviews::Review),
}

#[derive(Debug, clap::Args)]
pub struct One {
    /// The document's id
    id: uuid::Uuid,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

#[derive(Debug, clap::Args)]
pub struct Raw {
    /// The document's id
    id: uuid::Uuid,
    #[command(flatten)]
    ask: ask::Flags,
}

/// An instant as people say it, as RFC 3339.
pub fn when(text: &str) -> Result<String, String> {
    let micros = match text.char_indices().last() {
        Some((at, unit)) if text[..at].bytes().all(|b| b.is_ascii_digit()) && at > 0 => {
            let seconds = match unit {
                's' => Some(1),
                'm' => Some(60),
                'h' => Some(3_600),
                'd' => Some(86_400),
                'w' => Some(604_800),
                _ => None,
            };
            let ago = seconds.zip(text[..at].parse::<i64>().ok()).and_then(|(unit, n)| n.checked_mul(unit * 1_000_000));
            ago.map(|ago| crate::store::now().0.saturating_sub(ago))
        }
        _ => None,
    };
    let date = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0)).ok();
    let at = match micros {
        Some(micros) => jiff::Timestamp::from_microsecond(micros).ok(),
        None => text.parse::<jiff::Timestamp>().ok().or_else(date),
    };
    at.map(|at| at.to_string()).ok_or_else(|| "2h, 30m, 7d, 2026-01-31 or 2026-01-31T08:00:00Z".into())
}

/// Runs one of them.
pub async fn run(command: &Documents) -> anyhow::Result<u8> {
    match command {
        Documents::List(args) => list::run(args).await,
        Documents::Show(args) => show(args).await,
        Documents::Raw(args) => raw(args).await,
        Documents::Letter(args) => letter::run(args).await,
        Documents::Give(args) => operate::give(args).await,
        Documents::Replay(one) => operate::replay("documents", one).await,
        Documents::Duplicate(args) => reviews::duplicate_document(args).await,
        Documents::Close(review) => reviews::close(&["documents"], review).await,
    }
}

/// An object with its tenant's name, where that is known.
pub fn of_tenant(place: &Place, mut value: Value) -> Value {
    if let (Some(tenant), Some(members)) = (&place.tenant, value.as_object_mut()) {
        members.insert("tenant".into(), json!(tenant));
    }
    value
}

/// A list of the API, page after page.
pub struct Pages<'a> {
    place: &'a Place,
    path: String,
    member: &'static str,
    left: usize,
    page: std::vec::IntoIter<Value>,
    next: Option<String>,
    begun: bool,
}

impl<'a> Pages<'a> {
    /// `path` has a query; `member` holds the page's items; at most `limit` of them, 0 is all.
    pub fn new(place: &'a Place, path: String, member: &'static str, limit: usize) -> Pages<'a> {
        let left = if limit == 0 { usize::MAX } else { limit };
        Pages { place, path, member, left, page: vec![].into_iter(), next: None, begun: false }
    }

    /// The next item.
    pub async fn next(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            if self.left == 0 {
                return Ok(None);
            }
            if let Some(item) = self.page.next() {
                self.left -= 1;
                return Ok(Some(item));
            }
            if self.begun && self.next.is_none() {
                return Ok(None);
            }
            let cursor = self.next.take().map(|c| format!("&cursor={}", encoded(&c))).unwrap_or_default();
            let mut page = self.place.get(&format!("{}{cursor}", self.path)).await?;
            self.begun = true;
            self.next = page["next"].as_str().map(str::to_owned);
            let items = page[self.member].take();
            let Value::Array(items) = items else { return Err(anyhow!("the answer has no list `{}`", self.member)) };
            self.page = items.into_iter();
        }
    }

    /// True if it ended at its limit and not at the end.
    pub fn more(&self) -> bool {
        self.left == 0 && (self.next.is_some() || self.page.len() > 0)
    }
}

async fn raw(args: &Raw) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let (place, _) = places.find(&format!("/v1/documents/{}", args.id)).await?;
    let mut stream = place.stream(&format!("/v1/documents/{}/raw", args.id)).await?;
    let mut out = Out::new();
    while let Some(bytes) = stream.next().await {
        out.bytes(&bytes?)?;
    }
    out.flush()?;
    Ok(0)
}

async fn show(args: &One) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let (place, mut whole) = places.find(&format!("/v1/documents/{}", args.id)).await?;
    rest_of_messages(place, args, &mut whole).await?;
    let mut out = Out::new();
    if args.json {
        out.json(&of_tenant(place, whole))?;
        out.flush()?;
        return Ok(0);
    }
    head(place, &whole["document"], &mut out)?;
    search_keys(&whole["search_keys"], &mut out)?;
    decided_by(&whole, &mut out)?;
    interchanges(&whole, &mut out)?;
    messages(&whole, &mut out)?;
    deliveries(&whole, &mut out)?;
    steps(&whole, &mut out)?;
    drawn(place, args, &whole, &mut out).await?;
    out.flush()?;
    Ok(0)
}

/// The API gives messages 200 at a time.
async fn rest_of_messages(place: &Place, args: &One, whole: &mut Value) -> anyhow::Result<()> {
    loop {
        let total: i64 = whole["counts"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_i64()).sum();
        let known = whole["messages"].as_array().context("the answer has no messages")?;
        let Some(last) = known.last().and_then(|m| m["set"].as_i64()).filter(|_| (known.len() as i64) < total) else {
            return Ok(());
        };
        let mut page = place.get(&format!("/v1/documents/{}?after_set={last}", args.id)).await?;
        let Value::Array(more) = page["messages"].take() else { return Ok(()) };
        if more.is_empty() {
            return Ok(());
        }
        if let Some(known) = whole["messages"].as_array_mut() {
            known.extend(more);
        }
    }
}

fn head(place: &Place, document: &Value, out: &mut Out) -> anyhow::Result<()> {
    out.line(format!("{}  {}", out.bold(text(document, "name")), out.state(text(document, "called"))))?;
    let tenant = place.tenant.as_deref().map(|t| format!(" (tenant {t})")).unwrap_or_default();
    out.line(format!("  id        {}", text(document, "id")))?;
    out.line(format!("  came by   {}{tenant}, number {} of it", text(document, "connection"), document["sequence"]))?;
    out.line(format!("  received  {}", instant(text(document, "received_at"))))?;
    out.line(format!(
        "  size      {}, sha256 {}",
        size(document["size"].as_i64().unwrap_or(0)),
        text(document, "sha256")
    ))?;
    for (key, label) in [
        ("partner", "partner "),
        ("standard", "standard"),
        ("identity", "identity"),
        ("duplicate_of", "same as "),
        ("copy_of", "copy of "),
    ] {
        if !text(document, key).is_empty() {
            out.line(format!("  {label}  {}", text(document, key)))?;
        }
    }
    let closed = &document["closed"];
    if !closed.is_null() {
        let (who, why) = (text(closed, "who"), text(closed, "why"));
        out.line(format!("  closed    {} by {who}: {why}", instant(text(closed, "at"))))?;
    }
    let cause = &document["cause"];
    if !cause.is_null() {
        out.line(format!("  why       {}", reason(cause)))?;
        if !text(cause, "remedy").is_empty() {
            out.line(format!("  next      {}", text(cause, "remedy")))?;
        }
    }
    Ok(())
}

fn search_keys(keys: &Value, out: &mut Out) -> anyhow::Result<()> {
    for (name, values) in keys.as_object().into_iter().flatten() {
        let values: Vec<&str> = values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let more = if values.len() > 10 { format!(" and {} more", values.len() - 10) } else { String::new() };
        out.line(format!("  key       {name}: {}{more}", values[..values.len().min(10)].join(", ")))?;
    }
    Ok(())
}

/// Settings of the agreement that decided what became of it.
fn decided_by(whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    for one in list_of(whole, "decided_by") {
        let said = [text(one, "layer"), text(one, "place")].into_iter().filter(|said| !said.is_empty());
        let said: Vec<&str> = said.collect();
        out.line(format!("  agreed    {}: {} ({})", text(one, "setting"), text(one, "value"), said.join(", ")))?;
    }
    Ok(())
}

fn list_of<'a>(whole: &'a Value, key: &str) -> &'a [Value] {
    whole[key].as_array().map_or(&[], Vec::as_slice)
}

fn interchanges(whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = list_of(whole, "interchanges")
        .iter()
        .map(|i| {
            ["control", "standard", "version", "sender", "receiver", "partner", "ends"]
                .iter()
                .map(|k| text(i, k).to_owned())
                .chain([reason(&i["cause"])])
                .collect()
        })
        .collect();
    section(
        out,
        "Interchanges",
        &["CONTROL", "STANDARD", "VERSION", "SENDER", "RECEIVER", "PARTNER", "END", "WHY"],
        &rows,
    )
}

fn messages(whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = list_of(whole, "messages")
        .iter()
        .map(|m| {
            let (notes, faults): (Vec<_>, Vec<_>) =
                list_of(m, "faults").iter().partition(|fault| text(fault, "costs") == "nothing");
            let why = match (faults.len() as u64, notes.len() as u64) {
                // A note is not what holds it.
                _ if text(m, "state") == "held" => reason(&m["cause"]),
                (0, 0) => reason(&m["cause"]),
                (0, n) => format!("{}, drawn below", counted(n, "note")),
                (n, 0) => format!("{}, drawn below", counted(n, "fault")),
                (n, more) => format!("{} and {}, drawn below", counted(n, "fault"), counted(more, "note")),
            };
            vec![
                m["set"].to_string(),
                format!("{} {}", text(m, "set_kind"), text(m, "set_control")).trim().to_owned(),
                text(m, "number").into(),
                text(m, "state").into(),
                text(m, "mapping").split('@').next().unwrap_or_default().into(),
                text(m, "id").into(),
                crate::formats::fault::shorten(&why, 70),
            ]
        })
        .collect();
    section(out, "Messages", &["SET", "TYPE", "NUMBER", "STATE", "MAPPING", "ID", "WHY"], &rows)?;
    let waits = list_of(whole, "messages").iter().filter(|m| text(m, "state") == "held");
    let mut causes: BTreeMap<&str, (String, Vec<&str>)> = BTreeMap::new();
    for message in waits {
        let cause = &message["cause"];
        let (_, ids) = causes.entry(text(cause, "remedy")).or_insert_with(|| (reason(cause), vec![]));
        ids.push(text(message, "id"));
    }
    for (remedy, (why, ids)) in causes {
        out.line("")?;
        out.line(format!("  held      {why}"))?;
        if !remedy.is_empty() {
            out.line(format!("  next      {remedy}"))?;
        }
        if remedy.contains("restart the message") {
            ids.iter().try_for_each(|id| out.line(format!("            crossdock messages restart {id}")))?;
        }
    }
    Ok(())
}

fn deliveries(whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = list_of(whole, "deliveries")
        .iter()
        .map(|d| {
            vec![
                text(d, "kind").into(),
                text(d, "event_type").into(),
                text(d, "target").into(),
                text(d, "state").into(),
                text(d, "acknowledged").into(),
                d["tries"].to_string(),
                text(d, "name").into(),
                text(d, "id").into(),
                if d["cause"].is_null() { said(&d["answer"]) } else { reason(&d["cause"]) },
            ]
        })
        .collect();
    section(out, "Deliveries", &["KIND", "EVENT", "TO", "STATE", "ACKNOWLEDGED", "TRIES", "NAME", "ID", "WHY"], &rows)
}

/// What a partner found wrong in a document of ours.
fn said(answer: &Value) -> String {
    let of_sets = list_of(answer, "documents").iter().flat_map(|set| list_of(set, "said"));
    let said: Vec<&str> = list_of(answer, "said").iter().chain(of_sets).filter_map(Value::as_str).collect();
    said.join("; ")
}

fn steps(whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    let of = |step: &Value| -> (&'static str, String) {
        let found = ["delivery", "message", "document"].iter().find_map(|k| Some((*k, step[*k].as_str()?.to_owned())));
        found.unwrap_or_default()
    };
    let rows: Vec<Vec<String>> = journal::folded(list_of(whole, "steps"), of, |s| text(s, "state") == "retrying")
        .into_iter()
        .map(|line| {
            let (thing, id) = of(line.first);
            // The end of an id tells messages of one document apart; it may be short, so it is counted in characters.
            let end: String = id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
            let why = reason(&line.last["cause"]);
            let until = instant(text(line.last, "at"));
            vec![
                instant(text(line.first, "at")),
                text(line.first, "stage").into(),
                text(line.first, "state").into(),
                format!("{thing} …{end}"),
                text(line.last, "worker").into(),
                if line.times > 1 { format!("{} times until {until}, last: {why}", line.times) } else { why },
            ]
        })
        .collect();
    section(out, "Steps", &["AT", "STAGE", "STATE", "OF", "WORKER", "WHY"], &rows)
}

fn section(out: &mut Out, title: &str, head: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(out.bold(title))?;
    out.table(head, rows)
}

/// The faults of a document and its messages, where they stand in its bytes.
async fn drawn(place: &Place, args: &One, whole: &Value, out: &mut Out) -> anyhow::Result<()> {
    let of = |value: &Value| -> Vec<Fault> { serde_json::from_value(value.clone()).unwrap_or_default() };
    let mut faults = of(&whole["document"]["cause"]["faults"]);
    for message in list_of(whole, "messages").iter().filter(|m| text(m, "state") != "replaced") {
        faults.extend(of(&message["faults"]));
        faults.extend(of(&message["cause"]["faults"]));
    }
    for interchange in list_of(whole, "interchanges") {
        faults.extend(of(&interchange["cause"]["faults"]));
    }
    faults.sort_by_key(|fault| (fault.place.byte, fault.code.clone()));
    faults.dedup();
    if faults.is_empty() {
        return Ok(());
    }
    let name = text(&whole["document"], "name");
    out.line("")?;
    if whole["document"]["size"].as_i64().unwrap_or(0) > DRAWN {
        return check::picture(out, name, None, &faults);
    }
    let mut stream = match place.stream(&format!("/v1/documents/{}/raw", args.id)).await {
        Ok(stream) => stream,
        Err(error) if error.is::<ask::Refused>() => return check::picture(out, name, None, &faults),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    while let Some(part) = stream.next().await {
        bytes.extend_from_slice(&part?);
    }
    check::picture(out, name, Some(&bytes), &faults)
}
