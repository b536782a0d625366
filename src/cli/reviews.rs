//! What people decide about what ended: `duplicate` (a copy is worked) and `close` (it is left as it is).

use super::{
    ask::{self, Place, Places, is_not_found},
    documents::of_tenant,
    out::Out,
};
use anyhow::{Context as _, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Which one, and why.
#[derive(Debug, clap::Args)]
pub struct Review {
    /// Its id
    id: uuid::Uuid,
    /// Why, for the journal
    #[arg(long, value_name = "REASON", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    why: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// A document, and what is to be worked in its place.
#[derive(Debug, clap::Args)]
pub struct Duplicate {
    #[command(flatten)]
    review: Review,
    /// Work this file's bytes, and not its own
    #[arg(long, value_name = "FILE")]
    edited: Option<PathBuf>,
}

/// Works a copy of a document.
pub async fn duplicate_document(args: &Duplicate) -> anyhow::Result<u8> {
    let mut body = json!({"why": args.review.why});
    if let Some(file) = &args.edited {
        let bytes = std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
        body["edited"] = STANDARD.encode(bytes).into();
    }
    told(&args.review, "duplicate", &one_of(&args.review, &["documents"], "duplicate", &body).await?)
}

/// Works a copy of something.
pub async fn duplicate(things: &str, review: &Review) -> anyhow::Result<u8> {
    let body = json!({"why": review.why});
    told(review, "duplicate", &one_of(review, &[things], "duplicate", &body).await?)
}

/// Closes something: the first of these kinds of things that has the id.
pub async fn close(things: &[&str], review: &Review) -> anyhow::Result<u8> {
    let body = json!({"why": review.why});
    told(review, "close", &one_of(review, things, "close", &body).await?)
}

/// Whose it is, and what the hub answers.
struct Done {
    place: Place,
    answer: Value,
}

async fn one_of(review: &Review, things: &[&str], verb: &str, body: &Value) -> anyhow::Result<Done> {
    let places = Places::open(&review.ask, true).await?;
    for place in &places.all {
        for thing in things {
            match place.post(&format!("/v1/{thing}/{}/{verb}", review.id), body).await {
                Ok(answer) => return Ok(Done { place: place.clone(), answer }),
                Err(error) if is_not_found(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    bail!("there is nothing of the id {} among {}", review.id, things.join(" and "))
}

fn told(review: &Review, verb: &str, done: &Done) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let new = done.answer["document"].as_str();
    match (review.json, new) {
        (true, _) => out.json(&of_tenant(&done.place, json!({"id": review.id, "did": verb, "gave": done.answer})))?,
        (false, Some(new)) => out.line(format!("{verb}: a copy of {} is worked as document {new}", review.id))?,
        (false, None) => out.line(format!("{verb}: {}", review.id))?,
    }
    out.flush()?;
    Ok(0)
}
