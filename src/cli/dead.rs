//! `crossdock dead`: dead letters by cause, one of them with its history, and their replay.

use super::{
    ask::{self, Place, Places, is_not_found},
    documents::{Pages, of_tenant},
    operate::Asks,
    out::{Out, instant, reason, text},
    reviews::{self, Review},
};
use anyhow::{anyhow, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// So many ids of a cause are named before it is replayed.
const NAMED_IDS: usize = 3;

/// What needs a person: dead letters, by cause
#[derive(Debug, clap::Subcommand)]
pub enum Dead {
    /// Open dead letters by cause: how many, since when, what to do
    ///
    /// crossdock dead list
    /// crossdock dead list --letters --json
    #[command(verbatim_doc_comment)]
    List(List),
    /// One cause, or one letter with its history
    ///
    /// crossdock dead show 6b1f0c…       a fingerprint, or its beginning
    /// crossdock dead show 0199c0de-…    a letter
    #[command(verbatim_doc_comment)]
    Show(Show),
    /// Replay what the letters of a cause are about; --dry-run first
    ///
    /// crossdock dead replay 6b1f0c… --dry-run
    /// crossdock dead replay 6b1f0c… --why "the shop is back"
    /// crossdock dead replay --all
    #[command(verbatim_doc_comment)]
    Replay(Replay),
    /// Work a copy of what a letter is about by itself; the letter stays open
    Duplicate(Review),
    /// Close what a letter is about, and so the letter: nobody looks at it again
    ///
    /// crossdock dead close 0199c0de-… --why "they cancelled that order"
    /// crossdock dead list --closed
    #[command(verbatim_doc_comment)]
    Close(Review),
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// Each letter, not each cause
    #[arg(long)]
    letters: bool,
    /// Those that somebody closed, each by itself
    #[arg(long)]
    closed: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// A fingerprint, its beginning, or a letter's id
    which: String,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

#[derive(Debug, clap::Args)]
pub struct Replay {
    /// A fingerprint, its beginning, or a letter's id
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    which: Option<String>,
    /// All open letters
    #[arg(long)]
    all: bool,
    /// Only say what would be replayed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    asks: Asks,
    /// Why, for the journal
    #[arg(long, default_value = "")]
    why: String,
    /// One JSON object a letter
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Letters of one cause.
#[derive(Debug, serde::Serialize)]
struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    fingerprint: String,
    count: usize,
    first: String,
    last: String,
    thing: String,
    stage: String,
    code: String,
    sentence: String,
    mend: String,
    /// A letter of it.
    sample: String,
}

/// Runs one of them.
pub async fn run(command: &Dead) -> anyhow::Result<u8> {
    match command {
        Dead::List(args) => list(args).await,
        Dead::Show(args) => show(args).await,
        Dead::Replay(args) => replay(args).await,
        Dead::Duplicate(review) => reviews::duplicate("dead", review).await,
        Dead::Close(review) => reviews::close(&["dead"], review).await,
    }
}

/// The open letters of a tenant, newest first.
async fn letters(place: &Place) -> anyhow::Result<Vec<Value>> {
    listed(place, false).await
}

async fn listed(place: &Place, closed: bool) -> anyhow::Result<Vec<Value>> {
    let mut pages = Pages::new(place, format!("/v1/dead?limit=200&closed={closed}"), "letters", 0);
    let mut letters = Vec::new();
    while let Some(letter) = pages.next().await? {
        letters.push(letter);
    }
    Ok(letters)
}

fn groups(place: &Place, letters: &[Value]) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for letter in letters {
        let at = text(letter, "died_at");
        let group = groups.entry(text(letter, "fingerprint")).or_insert_with(|| Group {
            tenant: place.tenant.clone(),
            fingerprint: text(letter, "fingerprint").into(),
            count: 0,
            first: at.into(),
            last: at.into(),
            thing: text(letter, "thing").into(),
            stage: text(letter, "stage").into(),
            code: text(letter, "code").into(),
            sentence: reason(&letter["reason"]),
            mend: mend(letter),
            sample: text(letter, "id").into(),
        });
        group.count += 1;
        group.first = group.first.clone().min(at.into());
        group.last = group.last.clone().max(at.into());
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|a, b| b.last.cmp(&a.last));
    groups
}

/// What to do about a letter before it is replayed: what its reason says, else what its kind suggests.
fn mend(letter: &Value) -> String {
    let said = text(&letter["reason"], "remedy");
    if !said.is_empty() {
        return said.into();
    }
    match (text(letter, "thing"), text(letter, "code")) {
        ("delivery", _) => "See that the receiver answers 2xx in time, then replay.",
        (_, "panic" | "invariant" | "body" | "bug") => {
            "A bug of ours: report it with the letter's history; replay after an update."
        }
        (_, "store") => "Look at the store's log for the same instant, then replay.",
        ("document", _) => "Look at the reason, mend what it names, then replay.",
        _ => "Look at the reason, mend what it names, then replay: the message is mapped again with what then stands.",
    }
    .into()
}

async fn list(args: &List) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let mut out = Out::new();
    let mut rows = Vec::new();
    let mut held = 0;
    for place in &places.all {
        let letters = listed(place, args.closed).await?;
        if !args.json && !args.closed {
            held += place.get("/v1/documents?state=held&limit=200").await?["documents"].as_array().map_or(0, Vec::len);
        }
        if args.letters || args.closed {
            for letter in letters {
                match args.json {
                    true => out.json(&of_tenant(place, letter))?,
                    false => rows.push(letter_row(place, &letter)),
                }
            }
            continue;
        }
        for group in groups(place, &letters) {
            if args.json {
                out.json(&group)?;
            } else {
                show_group(&group, &mut out)?;
                rows.push(vec![]);
            }
        }
    }
    if (args.letters || args.closed) && !args.json {
        out.table(&["DIED", "THING", "OF", "CODE", "TRIES", "LETTER", "TENANT", "WHY"], &rows)?;
    }
    out.flush()?;
    if rows.is_empty() && !args.json {
        eprintln!("{}", if args.closed { "No dead letters were closed." } else { "No open dead letters." });
    }
    match held {
        0 => {}
        1 => eprintln!("1 document is held, which is no dead letter: crossdock documents list --state held"),
        // A tenant's first page says that there are more than anybody counts.
        held => eprintln!(
            "{held}{} documents are held, which are no dead letters: crossdock documents list --state held",
            if held >= 200 { " or more" } else { "" }
        ),
    }
    Ok(0)
}

fn letter_row(place: &Place, letter: &Value) -> Vec<String> {
    vec![
        instant(text(letter, "died_at")),
        text(letter, "thing").into(),
        text(letter, "thing_id").into(),
        text(letter, "code").into(),
        letter["tries"].to_string(),
        text(letter, "id").into(),
        place.tenant.clone().unwrap_or_default(),
        crate::formats::fault::shorten(&reason(&letter["reason"]), 70),
    ]
}

/// `1 delivery`, `17 deliveries`.
fn things(group: &Group) -> String {
    match (group.count, group.thing.as_str()) {
        (1, thing) => format!("1 {thing}"),
        (n, "delivery") => format!("{n} deliveries"),
        (n, thing) => format!("{n} {thing}s"),
    }
}

/// The causes of letters with their tenants, of which those of one tenant stand together.
fn causes(letters: &[(Place, Value)]) -> Vec<Group> {
    let of_one = |some: &[(Place, Value)]| {
        let only: Vec<Value> = some.iter().map(|(_, letter)| letter.clone()).collect();
        some.first().map(|(place, _)| groups(place, &only)).unwrap_or_default()
    };
    letters.chunk_by(|a, b| a.0.tenant == b.0.tenant).flat_map(of_one).collect()
}

fn show_group(group: &Group, out: &mut Out) -> anyhow::Result<()> {
    let tenant = group.tenant.as_deref().map(|t| format!("  tenant {t}")).unwrap_or_default();
    let things = things(group);
    out.line(format!("{}  {}  {}{}", out.bold(&group.fingerprint), out.state("dead"), things, out.dim(&tenant)))?;
    let when = if group.count == 1 {
        instant(&group.last)
    } else {
        format!("{} to {}", instant(&group.first), instant(&group.last))
    };
    out.line(format!("  when    {when}, in {}", group.stage))?;
    out.line(format!("  why     {} ({})", group.sentence, group.code))?;
    out.line(format!("  next    {}", group.mend))?;
    out.line(format!("  letter  {}", group.sample))?;
    out.line("")
}

/// The open letters that are meant, with their tenants. A beginning that fits several causes is a wrong call.
async fn meant(places: &Places, which: &str) -> anyhow::Result<Vec<(Place, Value)>> {
    if let Ok(id) = which.parse::<uuid::Uuid>() {
        let (place, letter) = places.find(&format!("/v1/dead/{id}")).await?;
        return Ok(vec![(place.clone(), letter)]);
    }
    let mut found = Vec::new();
    for place in &places.all {
        let fitting = letters(place).await?.into_iter().filter(|letter| text(letter, "fingerprint").starts_with(which));
        found.extend(fitting.map(|letter| (place.clone(), letter)));
    }
    let Some((_, first)) = found.first() else {
        bail!("no open dead letter has the fingerprint or id `{which}`; `crossdock dead list` shows them")
    };
    let fingerprint = text(first, "fingerprint");
    if let Some((_, other)) = found.iter().find(|(_, letter)| text(letter, "fingerprint") != fingerprint) {
        bail!("`{which}` fits {fingerprint} and {}: say more of it", text(other, "fingerprint"));
    }
    Ok(found)
}

async fn show(args: &Show) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let letters = meant(&places, &args.which).await?;
    let mut out = Out::new();
    if args.json {
        for (place, letter) in letters {
            out.json(&of_tenant(&place, letter))?;
        }
        out.flush()?;
        return Ok(0);
    }
    // The same count as in the list: all letters of the cause, not the one that heads them.
    let cause = same_cause(&args.which, &letters).await?;
    causes(cause.as_deref().unwrap_or(&letters)).iter().try_for_each(|group| show_group(group, &mut out))?;
    if cause.is_some_and(|all| all.len() > letters.len()) {
        out.line(format!(
            "Of these, the one that was asked for; `crossdock dead show {}` shows all:\n",
            text(&letters[0].1, "fingerprint")
        ))?;
    }
    for (_, letter) in &letters {
        out.line(format!("{}  {} {}", out.bold(text(letter, "id")), text(letter, "thing"), text(letter, "thing_id")))?;
        if let Some(how) = letter["ended_how"].as_str() {
            out.line(format!("  {how} {}", instant(text(letter, "ended_at"))))?;
        }
        let history = letter["history"].as_array().map_or(&[][..], Vec::as_slice);
        for step in history {
            let what = [reason(step), text(step, "state").to_owned(), step.to_string()]
                .into_iter()
                .find(|w| !w.is_empty())
                .unwrap_or_default();
            out.line(format!("  {}  {what}", instant(text(step, "at"))))?;
        }
        if letters.len() == 1 {
            out.line(format!("\n{}", serde_json::to_string_pretty(&letter["reason"])?))?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// All open letters of the cause of a letter that was asked for by its id, if it is open.
async fn same_cause(which: &str, letters: &[(Place, Value)]) -> anyhow::Result<Option<Vec<(Place, Value)>>> {
    let [(place, letter)] = letters else { return Ok(None) };
    if which.parse::<uuid::Uuid>().is_err() || letter["ended_how"].is_string() {
        return Ok(None);
    }
    let all = self::letters(place).await?.into_iter();
    let same = all.filter(|other| text(other, "fingerprint") == text(letter, "fingerprint"));
    Ok(Some(same.map(|other| (place.clone(), other)).collect()))
}

/// What a replay would take up, by cause: hundreds of ids say nothing to a person.
fn would_replay(chosen: &[(Place, Value)], out: &mut Out) -> anyhow::Result<()> {
    for group in causes(chosen) {
        let of_it = |(place, letter): &&(Place, Value)| {
            place.tenant == group.tenant && text(letter, "fingerprint") == group.fingerprint
        };
        let mut ids: Vec<&str> =
            chosen.iter().filter(of_it).map(|(_, l)| text(l, "thing_id")).take(NAMED_IDS + 1).collect();
        let more =
            if ids.len() > NAMED_IDS { format!(", and {} more", group.count - NAMED_IDS) } else { String::new() };
        ids.truncate(NAMED_IDS);
        let tenant = group.tenant.as_deref().map(|t| format!("  tenant {t}")).unwrap_or_default();
        out.line(format!("would replay {}  {}{}", things(&group), out.bold(&group.fingerprint), out.dim(&tenant)))?;
        out.line(format!("  why     {} ({})", group.sentence, group.code))?;
        out.line(format!("  of      {}{more}", ids.join(", ")))?;
    }
    Ok(())
}

async fn replay(args: &Replay) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, !args.dry_run).await?;
    let mut chosen = Vec::new();
    match &args.which {
        Some(which) => chosen = meant(&places, which).await?,
        None => {
            for place in &places.all {
                chosen.extend(letters(place).await?.into_iter().map(|letter| (place.clone(), letter)));
            }
        }
    }
    let mut out = Out::new();
    let mut failed = 0;
    if args.dry_run && !args.json {
        would_replay(&chosen, &mut out)?;
        out.flush()?;
        eprintln!("{} of {} would be replayed; --json names each", chosen.len(), chosen.len());
        return Ok(0);
    }
    for (place, letter) in &chosen {
        let done =
            if args.dry_run { Ok(json!({"would_replay": letter["thing_id"]})) } else { one(place, letter, args).await };
        failed += u32::from(done.is_err());
        told(args, place, letter, done, &mut out)?;
    }
    out.flush()?;
    let verb = if args.dry_run { "would be replayed" } else { "replayed" };
    eprintln!("{} of {} {verb}", chosen.len() - failed as usize, chosen.len());
    Ok(if failed > 0 { 1 } else { 0 })
}

/// Replays one; what somebody else did first is told and is no end for the others.
async fn one(place: &Place, letter: &Value, args: &Replay) -> anyhow::Result<Value> {
    place
        .post(&format!("/v1/dead/{}/replay", text(letter, "id")), &args.asks.body(&args.why))
        .await
        .map_err(|error| if is_not_found(&error) { anyhow!("it is gone") } else { error })
}

fn told(
    args: &Replay,
    place: &Place,
    letter: &Value,
    done: anyhow::Result<Value>,
    out: &mut Out,
) -> anyhow::Result<()> {
    if args.json {
        let (goes_on, error) = match done {
            Ok(value) => (value, Value::Null),
            Err(error) => (Value::Null, json!(format!("{error:#}"))),
        };
        return out.json(&of_tenant(place, json!({"letter": letter["id"], "thing": letter["thing"], "thing_id": letter["thing_id"], "goes_on": goes_on, "error": error})));
    }
    let what = format!("{} {}", text(letter, "thing"), text(letter, "thing_id"));
    match done {
        Ok(value) => {
            let new =
                value["message"].as_str().or(value["delivery"].as_str()).filter(|id| *id != text(letter, "thing_id"));
            let new = new.map(|id| format!(", which goes on as {id}")).unwrap_or_default();
            out.line(format!("replayed {what}{new}"))
        }
        Err(error) => out.line(format!("not replayed: {what}: {error:#}")),
    }
}
