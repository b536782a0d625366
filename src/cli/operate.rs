//! Operations on one thing: `messages`, `deliveries`, `documents replay`. Each goes by the API, so that the
//! journal says who did it and why.

use super::{
    ask::{self, Places},
    documents::of_tenant,
    out::Out,
};
use serde_json::json;

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

/// Which document, whose it is, and why.
#[derive(Debug, clap::Args)]
pub struct Give {
    /// The document's id
    id: uuid::Uuid,
    /// The partner's name
    #[arg(long, value_name = "PARTNER")]
    to: String,
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
}

/// One delivery: show, send again, end
#[derive(Debug, clap::Subcommand)]
pub enum Deliveries {
    /// It and its tries, as JSON
    Show(One),
    /// Send a dead, cancelled or delivered one again, under the same event id
    Replay(One),
    /// End one that is not delivered: nobody tries it again
    Cancel(One),
    /// What partners have not acknowledged in time, and what was not answered in time
    Overdue(Overdue),
}

#[derive(Debug, clap::Args)]
pub struct Overdue {
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
    }
}

/// Runs one of them.
pub async fn deliveries(command: &Deliveries) -> anyhow::Result<u8> {
    match command {
        Deliveries::Show(one) => show("deliveries", one).await,
        Deliveries::Replay(one) => change("deliveries", "replay", one).await,
        Deliveries::Cancel(one) => change("deliveries", "cancel", one).await,
        Deliveries::Overdue(list) => overdue(list).await,
    }
}

/// Finds whose tenant's it is, and gives it to the partner.
pub async fn give(args: &Give) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, true).await?;
    let path = format!("/v1/documents/{}", args.id);
    let (place, _) = places.find(&path).await?;
    place.post(&format!("{path}/give"), &json!({"partner": args.to, "why": args.why})).await?;
    let mut out = Out::new();
    match args.json {
        true => out.json(&of_tenant(place, json!({"id": args.id, "did": "give", "to": args.to})))?,
        false => out.line(format!("give: {} is read as {}'s", args.id, args.to))?,
    }
    out.flush()?;
    Ok(0)
}

async fn overdue(list: &Overdue) -> anyhow::Result<u8> {
    let places = Places::open(&list.ask, false).await?;
    let (mut out, mut rows) = (Out::new(), Vec::new());
    for place in &places.all {
        let found = place.get("/v1/expectations?state=overdue&limit=200").await?;
        for one in found.as_array().into_iter().flatten() {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let of = if text("kind") == "answer" { text("number") } else { text("delivery") };
            let wants = if text("kind") == "answer" { text("wants") } else { text("kind") };
            rows.push(vec![text("partner"), text("owes"), wants, of, text("since"), text("due_at")]);
            if list.json {
                out.json(&of_tenant(place, one.clone()))?;
            }
        }
    }
    if !list.json {
        match rows.is_empty() {
            true => out.line("nothing is overdue")?,
            false => out.table(&["PARTNER", "OWES", "WHAT", "OF", "SINCE", "DUE"], &rows)?,
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

/// Finds whose it is, and does it.
pub async fn change(things: &str, verb: &str, one: &One) -> anyhow::Result<u8> {
    let places = Places::open(&one.ask, true).await?;
    let path = format!("/v1/{things}/{}", one.id);
    let (place, _) = places.find(&path).await?;
    let done = place.post(&format!("{path}/{verb}"), &json!({"why": one.why})).await?;
    let mut out = Out::new();
    if one.json {
        let done = if done.is_null() { json!({}) } else { done };
        out.json(&of_tenant(place, json!({"id": one.id, "did": verb, "gave": done})))?;
    } else if let Some(new) = done["message"].as_str() {
        out.line(format!("{verb}: {} goes on as message {new}", one.id))?;
    } else {
        out.line(format!("{verb}: {}", one.id))?;
    }
    out.flush()?;
    Ok(0)
}
