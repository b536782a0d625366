//! `crossdock events`: what a webhook's receiver may count on: the types, the schemas of what they carry, and what has changed of
//! them since somebody wrote a reader.

mod changes;

use self::changes::{Change, changes};
use super::{
    out::{Out, counted},
    schema::show_schema,
    settings::nearest,
};
use crate::{
    canonical::events::{self, EventType},
    emit::webhook,
};
use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use std::{fmt::Write, fs, path::PathBuf};

/// The events that a hub tells its webhooks and its feed
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// All types, with the schema of what each carries
    ///
    /// crossdock events list
    /// crossdock events list --json
    #[command(verbatim_doc_comment)]
    List(List),
    /// What an event carries: its members, or its JSON Schema
    ///
    /// crossdock events schema order.placed           the body of the webhook
    /// crossdock events schema order_placed/1         its data alone
    /// crossdock events schema order_placed/1 --json  as a JSON Schema
    ///
    /// Exit 0: shown. 2: there is no such event.
    #[command(verbatim_doc_comment)]
    Schema(Named),
    /// What has changed since a schema was kept, and whether that can break who reads by it
    ///
    /// crossdock events schema order_placed/1 --json > kept.json
    /// crossdock events diff order_placed/1 kept.json
    ///
    /// A reader that was written by the kept schema trips over what it did not say: a text that may be longer, a list that may
    /// be empty, a word more. What says less than before fits, and so does a member that is new: it may be passed over.
    /// Exit 0: nothing, or only what fits. 1: what stood in the kept one is gone, may be left out, or takes something else; or a
    /// `$ref` leads nowhere, so that nothing can be said of what is below it.
    /// 2: there is no such event, or the file can't be read.
    #[command(verbatim_doc_comment)]
    Diff(Diff),
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// A JSON object a type
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Named {
    /// A type, or the name and version of its data's schema
    #[arg(value_name = "NAME")]
    name: String,
    /// The JSON Schema
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Diff {
    /// A type, or the name and version of its data's schema
    #[arg(value_name = "NAME")]
    name: String,
    /// The JSON Schema as it was
    #[arg(value_name = "FILE")]
    kept: PathBuf,
    /// A JSON object a change
    #[arg(long)]
    json: bool,
}

/// Runs one.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let code = match command {
        Command::List(args) => list(args, &mut out)?,
        Command::Schema(args) => {
            let schema = schema(&args.name)?;
            match args.json {
                true => out.line(text(&schema).trim_end())?,
                false => show_schema(&args.name, meaning(&args.name), &schema, &mut out)?,
            }
            0
        }
        Command::Diff(args) => diff(args, &mut out)?,
    };
    out.flush()?;
    Ok(code)
}

fn list(args: &List, out: &mut Out) -> anyhow::Result<u8> {
    if args.json {
        for EventType { name, schema, meaning } in events::types() {
            out.json(&json!({ "type": name, "schema": schema, "meaning": meaning }))?;
        }
        return Ok(0);
    }
    let rows: Vec<_> =
        events::types().map(|one| vec![one.name.into(), one.schema.into(), one.meaning.into()]).collect();
    out.table(&["EVENT", "CARRIES", "WHAT IT TELLS"], &rows)?;
    Ok(0)
}

/// What a type tells; of a schema, what the types that carry it tell.
fn meaning(name: &str) -> &'static str {
    events::types().find(|one| one.name == name || one.schema == name).map_or("", |one| one.meaning)
}

/// The schema of a type's webhook, or of the data of a name.
fn schema(name: &str) -> anyhow::Result<Value> {
    let carried = events::types().find(|one| one.name == name);
    let data = |name: &str| events::types().any(|one| one.schema == name).then(|| events::schema(name)).flatten();
    let found = match &carried {
        Some(one) => data(one.schema).map(|data| whole(one, data.to_value())),
        None => data(name).map(|schema| schema.to_value()),
    };
    found.ok_or_else(|| {
        let known = events::types().flat_map(|one| [one.name.to_owned(), one.schema.to_owned()]);
        let near = nearest(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        anyhow!("{name} is no event and nothing that one carries, and `crossdock events list` lists all{near}")
    })
}

/// The body of a webhook of a type, with what it carries.
fn whole(one: &EventType, mut data: Value) -> Value {
    let mut body = webhook::schema().to_value();
    let parts = data.as_object_mut().and_then(|data| {
        data.remove("$schema");
        data.remove("$defs")
    });
    body["title"] = one.name.into();
    body["properties"]["type"] = json!({ "const": one.name, "type": "string" });
    body["properties"]["schema"] = json!({ "const": one.schema, "type": "string" });
    body["properties"]["data"] = data;
    for (name, part) in parts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        body["$defs"][name] = part.clone();
    }
    body
}

fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

// ---- what has changed ----

fn diff(args: &Diff, out: &mut Out) -> anyhow::Result<u8> {
    let now = schema(&args.name)?;
    let file = args.kept.display();
    let kept = fs::read(&args.kept).with_context(|| format!("{file} can't be read"))?;
    let kept: Value = serde_json::from_slice(&kept).with_context(|| format!("{file} is no JSON"))?;
    if !kept["properties"].is_object() {
        anyhow::bail!(
            "{file} is no JSON Schema of an object: keep what `crossdock events schema {} --json` prints",
            args.name
        );
    }
    let changes = changes(&kept, &now);
    for change in &changes {
        let Change { member, what, breaks } = change;
        match args.json {
            true => out.json(&json!({ "member": member, "change": what, "breaks": breaks }))?,
            false => out.line(format!("{} {member}: {what}", if *breaks { "breaks" } else { "fits  " }))?,
        }
    }
    let breaking = changes.iter().filter(|change| change.breaks).count();
    if !args.json {
        out.line(match (changes.len(), breaking) {
            (0, _) => format!("{} is what {file} says", args.name),
            (all, breaking) => format!("{}, {breaking} of which may break a reader", counted(all as u64, "change")),
        })?;
    }
    Ok(u8::from(breaking > 0))
}

// ---- the reference ----

/// `docs/reference/events/NAME.schema.json`: name and text of those that no message has.
pub fn files() -> Vec<(String, String)> {
    let own = events::schemas().into_iter().filter(|(_, message)| !message);
    own.filter_map(|(name, _)| Some((file(name), text(events::schema(name)?.as_value())))).collect()
}

fn file(name: &str) -> String {
    format!("{}.schema.json", name.replace('/', "-"))
}

/// `docs/reference/events.md`.
pub fn page() -> String {
    let mut out = String::from(
        "# Events\n\n\
         Made from `src/canonical` by its test; don't edit it here. A webhook and the feed (`GET /v1/events`) tell events. `data` is what \
         the schema says that `schema` names; a schema of a name and version never loses a member, and what is new in it may be passed \
         over. `crossdock events schema order.placed --json` is the whole body of a webhook, and `crossdock events diff NAME FILE` tells \
         what has changed since a reader was written.\n\n\
         | event | tells | carries |\n|---|---|---|\n",
    );
    let messages: Vec<&str> =
        events::schemas().into_iter().filter(|(_, message)| *message).map(|(name, _)| name).collect();
    for EventType { name, schema, meaning } in events::types() {
        let folder = if messages.contains(&schema) { "messages" } else { "events" };
        let _ = writeln!(out, "| `{name}` | {meaning} | [`{schema}`]({folder}/{}) |", file(schema));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::schema::members_of;
    use super::*;

    #[test]
    fn a_type_is_the_body_of_its_webhook() {
        let body = schema("order.placed").unwrap();
        assert_eq!(body["properties"]["type"]["const"], "order.placed");
        let members = members_of(&body);
        assert!(
            members.contains_key("/sequence") && members.contains_key("/data/order/lines/*/quantity/unit"),
            "{body:#}"
        );
        assert!(schema("order.plced").unwrap_err().to_string().ends_with("did you mean order.placed?"));
    }
}
