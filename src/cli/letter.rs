//! `crossdock documents letter`: what is wrong with a document as its sender reads it, printed or sent.

use super::{
    ask::{self, Places},
    documents::of_tenant,
    out::{Out, text},
};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Letter {
    /// The document's id
    id: uuid::Uuid,
    /// Send it by mail, to the addresses among the agreement's contacts
    #[arg(long)]
    send: bool,
    /// Why it is sent, for the journal
    #[arg(long, default_value = "", requires = "send")]
    why: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Prints it, or has the hub send it.
pub async fn run(args: &Letter) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, args.send).await?;
    let path = format!("/v1/documents/{}/letter", args.id);
    let (place, letter) = places.find(&path).await?;
    let mut out = Out::new();
    let told = match args.send {
        true => place.post(&path, &json!({"why": args.why})).await?,
        false => letter,
    };
    if args.json {
        out.json(&of_tenant(place, told))?;
    } else if args.send {
        for to in told["letters"].as_array().into_iter().flatten() {
            out.line(format!("to {}, as delivery {}", text(to, "address"), text(to, "delivery")))?;
        }
    } else {
        out.line(text(&told, "text").trim_end())?;
    }
    out.flush()?;
    Ok(0)
}
