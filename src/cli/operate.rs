//! Operations on one thing: `messages`, `deliveries`, `documents replay`. Each goes by the API, so that the
//! journal says who did it and why.

use super::{
    ask::{self, Places},
    documents::of_tenant,
    out::Out,
    reviews::{self, Review},
};
use serde_json::{Value, json};

/// What to do with which, and why.
#[derive(Debug, clap::Args)]
pub struct One {
    /// Its id
    id: uuid::Uuid,
    /// Why, for the journal
    #[arg(long, default_value = "")]
    why: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// What to do again, why, and what of it.
#[derive(Debug, clap::Args)]
pub struct Again {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    asks: Asks,
}

/// What a replay is asked
#[derive(Debug, clap::Args)]
pub struct Asks {
    /// What goes out is written anew by the mapping and the agreement that now stand; else the same bytes go again
    #[arg(long)]
    map_again: bool,
    /// A document that came in is acknowledged once more; else only what never was
    #[arg(long)]
    acknowledge_again: bool,
    /// What goes out gets new control numbers; else it bears the same
    #[arg(long)]
    number_again: bool,
}

impl Asks {
    /// As the API takes it, with why.
    pub fn body(&self, why: &str) -> Value {
        let mut body = json!({ "why": why });
        let asked = [
            ("map_again", self.map_again),
            ("acknowledge_again", self.acknowledge_again),
            ("number_again", self.number_again),
        ];
        asked.into_iter().filter(|(_, asked)| *asked).for_each(|(name, _)| body[name] = true.into());
        body
    }
}

/// Which document, whose it is, and why.
#[derive(Debug, clap::Args)]
pub struct Give {
    /// The document's id
    id: uuid::Uuid,
    /// The partner's name
    #[arg(long, value_name = "PARTNER")]
    to: String,
    /// Only what this sender sent of it, where several are nobody who is known: x12/ZZ/NORTHWIND
    #[arg(long, value_name = "IDENTITY")]
    sender: Option<String>,
    /// Why, for the journal
    #[arg(long, default_value = "")]
    why: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// One message: show, map again, take out of the way
#[derive(Debug, clap::Subcommand)]
pub enum Messages {
    /// Its canonical body, where each field came from, events, deliveries and steps, as JSON
    Show(One),
    /// Map a rejected, held or dead one again, with what now stands
    Restart(One),
    /// Take a rejected, held or dead one out of the way; what waits behind it goes on
    Cancel(One),
    /// Work its set once more as a document of its own, alone in its envelope; the first stays as it ended
    Duplicate(Review),
    /// Close a rejected one, which stays so and waits for nobody; a dead one is taken out of the way
    Close(Review),
}

/// One delivery: show, send again, end
#[derive(Debug, clap::Subcommand)]
pub enum Deliveries {
    /// It and its tries, as JSON
    Show(One),
    /// Send a dead, cancelled or delivered one again, under the same event id
    ///
    /// crossdock deliveries replay 0199c0de-… --why "their server is back"
    /// crossdock deliveries replay 0199c0de-… --number-again --why "they took that number for a duplicate"
    /// crossdock deliveries replay 0199c0de-… --map-again --why "the mapping wrote the wrong date"
    #[command(verbatim_doc_comment)]
    Replay(Again),
    /// End one that is not delivered: nobody tries it again
    Cancel(One),
    /// Close one that is dead, overdue, or refused by its partner; or what else is overdue, by the id that `overdue` shows
    ///
    /// crossdock deliveries overdue
    /// crossdock deliveries close 0199c0de-… --why "they said by phone that they have it"
    #[command(verbatim_doc_comment)]
    Close(Review),
    /// What partners have not acknowledged in time, and what was not answered in time
    Overdue(Overdue),
}

#[derive(Debug, clap::Args)]
pub struct Overdue {
    /// Those that somebody closed
    #[arg(long)]
    closed: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Runs one of them.
pub async fn messages(command: &Messages) -> anyhow::Result<u8> {
    match command {
        Messages::Show(one) => show("messages", one).await,
        Messages::Restart(one) => change("messages", "restart", one).await,
        Messages::Cancel(one) => change("messages", "cancel", one).await,
        Messages::Duplicate(review) => reviews::duplicate("messages", review).await,
        Messages::Close(review) => reviews::close(&["messages"], review).await,
    }
}

/// Runs one of them.
pub async fn deliveries(command: &Deliveries) -> anyhow::Result<u8> {
    match command {
        Deliveries::Show(one) => show("deliveries", one).await,
        Deliveries::Replay(again) => replay("deliveries", again).await,
        Deliveries::Cancel(one) => change("deliveries", "cancel", one).await,
        Deliveries::Close(review) => reviews::close(&["deliveries", "expectations"], review).await,
        Deliveries::Overdue(list) => overdue(list).await,
    }
}

/// Finds whose tenant's it is, and gives it to the partner.
pub async fn give(args: &Give) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, true).await?;
    let path = format!("/v1/documents/{}", args.id);
    let (place, _) = places.find(&path).await?;
    let given = json!({"partner": args.to, "sender": args.sender, "why": args.why});
    place.post(&format!("{path}/give"), &given).await?;
    let mut out = Out::new();
    match args.json {
        true => out.json(&of_tenant(place, json!({"id": args.id, "did": "give", "to": args.to})))?,
        false => {
            let what = args.sender.as_ref().map(|sender| format!("what {sender} sent of ")).unwrap_or_default();
            out.line(format!("give: {what}{} is read as {}'s", args.id, args.to))?;
        }
    }
    out.flush()?;
    Ok(0)
}

async fn overdue(list: &Overdue) -> anyhow::Result<u8> {
    let places = Places::open(&list.ask, false).await?;
    let (mut out, mut rows) = (Out::new(), Vec::new());
    for place in &places.all {
        let closed = list.closed;
        let found = place.get(&format!("/v1/expectations?state=overdue&limit=200&closed={closed}")).await?;
        for one in found.as_array().into_iter().flatten() {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let of = if text("kind") == "answer" { text("number") } else { text("delivery") };
            let wants = if text("kind") == "answer" { text("wants") } else { text("kind") };
            rows.push(vec![text("partner"), text("owes"), wants, of, text("since"), text("due_at"), text("id")]);
            if list.json {
                out.json(&of_tenant(place, one.clone()))?;
            }
        }
    }
    if !list.json {
        match rows.is_empty() {
            true => out.line("nothing is overdue")?,
            false => out.table(&["PARTNER", "OWES", "WHAT", "OF", "SINCE", "DUE", "ID"], &rows)?,
        }
    }
    out.flush()?;
    Ok(0)
}

async fn show(things: &str, one: &One) -> anyhow::Result<u8> {
    let places = Places::open(&one.ask, false).await?;
    let (place, value) = places.find(&format!("/v1/{things}/{}", one.id)).await?;
    let value = of_tenant(place, value);
    let mut out = Out::new();
    match one.json {
        true => out.json(&value)?,
        false => out.line(serde_json::to_string_pretty(&value)?)?,
    }
    out.flush()?;
    Ok(0)
}

/// Does it again.
pub async fn replay(things: &str, again: &Again) -> anyhow::Result<u8> {
    act(things, "replay", &again.one, again.asks.body(&again.one.why)).await
}

/// Finds whose it is, and does it.
pub async fn change(things: &str, verb: &str, one: &One) -> anyhow::Result<u8> {
    act(things, verb, one, json!({"why": one.why})).await
}

async fn act(things: &str, verb: &str, one: &One, body: Value) -> anyhow::Result<u8> {
    let places = Places::open(&one.ask, true).await?;
    let path = format!("/v1/{things}/{}", one.id);
    let (place, _) = places.find(&path).await?;
    let done = place.post(&format!("{path}/{verb}"), &body).await?;
    let mut out = Out::new();
    if one.json {
        let done = if done.is_null() { json!({}) } else { done };
        out.json(&of_tenant(place, json!({"id": one.id, "did": verb, "gave": done})))?;
    } else if let Some(new) = done["message"].as_str() {
        out.line(format!("{verb}: {} goes on as message {new}", one.id))?;
    } else if let Some(restarted) = done["restarted"].as_u64().filter(|_| done["left"] != 0 || done["restarted"] != 0) {
        let left = done["left"].as_i64().unwrap_or(0);
        let left = if left > 0 { format!("; {left} wait for a person") } else { String::new() };
        out.line(format!("{verb}: {}, {restarted} of its messages mapped again{left}", one.id))?;
    } else if let Some(new) = done["delivery"].as_str().filter(|new| *new != one.id.to_string()) {
        out.line(format!("{verb}: {new} goes out in the place of {}", one.id))?;
    } else {
        out.line(format!("{verb}: {}", one.id))?;
    }
    out.flush()?;
    Ok(0)
}
