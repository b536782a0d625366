//! `crossdock events`: what a webhook's receiver may count on: the types, the schemas of what they carry, and what has changed of
//! them since somebody wrote a reader.

use super::{
    out::{Out, counted},
    schema::{members_of, show_schema},
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
    /// Exit 0: nothing, or only more than was. 1: what stood in the kept one is gone, may be left out, or takes something else.
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

/// A member that is not as it was.
#[derive(Debug, PartialEq)]
struct Change {
    /// `/order/lines/*/quantity`
    member: String,
    what: String,
    /// Who reads by the kept schema may trip over it.
    breaks: bool,
}

fn changes(kept: &Value, now: &Value) -> Vec<Change> {
    let (kept, now) = (members_of(kept), members_of(now));
    let mut found = Vec::new();
    let mut say = |member: &str, what: String, breaks| found.push(Change { member: member.to_owned(), what, breaks });
    for (member, was) in &kept {
        let Some(is) = now.get(member) else {
            say(member, "is gone".into(), true);
            continue;
        };
        if was.takes != is.takes {
            say(member, format!("took {}, and takes {}", was.takes, is.takes), true);
        }
        match (was.must, is.must) {
            (true, false) => say(member, "was always there, and may be left out".into(), true),
            (false, true) => say(member, "might be left out, and is always there".into(), false),
            _ => {}
        }
        match (was.null, is.null) {
            (false, true) => say(member, "was never null, and may be".into(), true),
            (true, false) => say(member, "might be null, and never is".into(), false),
            _ => {}
        }
        if was.takes == is.takes {
            for (what, was, is) in [("format", &was.format, &is.format), ("pattern", &was.pattern, &is.pattern)] {
                match (was, is) {
                    (Some(was), Some(is)) if was != is => {
                        say(member, format!("had the {what} {was}, and has {is}"), true)
                    }
                    (Some(was), None) => say(member, format!("had the {what} {was}, and has none"), true),
                    (None, Some(is)) => say(member, format!("has the {what} {is}, and had none"), false),
                    _ => {}
                }
            }
        }
        match (was.words.is_empty(), is.words.is_empty()) {
            (false, true) if was.takes == is.takes => {
                say(member, format!("was one of {}, and may be any", was.words.join(", ")), true);
                continue;
            }
            (true, false) if was.takes == is.takes => {
                say(member, format!("might be any, and is one of {}", is.words.join(", ")), false);
                continue;
            }
            _ => {}
        }
        let gone: Vec<&str> = was.words.iter().filter(|word| !is.words.contains(word)).map(String::as_str).collect();
        let new: Vec<&str> = is.words.iter().filter(|word| !was.words.contains(word)).map(String::as_str).collect();
        if !new.is_empty() && !was.words.is_empty() {
            say(member, format!("has words that a reader does not know: {}", new.join(", ")), true);
        }
        if !gone.is_empty() {
            say(member, format!("says {} no more", gone.join(", ")), false);
        }
    }
    for (member, is) in now.iter().filter(|(member, _)| !kept.contains_key(*member)) {
        say(member, format!("is new: {}", is.takes), false);
    }
    found
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
    use super::*;

    #[test]
    fn what_can_break_a_reader_is_told_apart() {
        let now = schema("order_placed/1").unwrap();
        assert_eq!(changes(&now, &now), []);
        let mut kept = now.clone();
        let members = kept["properties"].as_object_mut().unwrap();
        members.remove("partner");
        members.insert("season".into(), json!({ "type": "string" }));
        members.insert("our_number".into(), json!({ "type": "integer" }));
        let said: Vec<(String, bool)> =
            changes(&kept, &now).into_iter().map(|one| (format!("{} {}", one.member, one.what), one.breaks)).collect();
        for expected in [
            ("/our_number took whole number, and takes text".to_owned(), true),
            ("/partner is new: text".to_owned(), false),
            ("/season is gone".to_owned(), true),
        ] {
            assert!(said.contains(&expected), "{expected:?} is not among {said:?}");
        }
        assert_eq!(said.len(), 3, "{said:?}");
    }

    #[test]
    fn null_formats_patterns_and_words_are_compared() {
        let of = |member: Value| json!({ "properties": { "a": member }, "required": ["a"] });
        for (was, is, told) in [
            (json!({"type": "string"}), json!({"type": ["string", "null"]}), Some("breaks was never null, and may be")),
            (json!({"type": ["string", "null"]}), json!({"type": "string"}), Some("fits might be null, and never is")),
            (
                json!({"type": "string", "format": "date-time"}),
                json!({"type": "string", "format": "date"}),
                Some("breaks had the format date-time, and has date"),
            ),
            (
                json!({"type": "string", "pattern": "^[0-9]+$"}),
                json!({"type": "string"}),
                Some("breaks had the pattern ^[0-9]+$, and has none"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "pattern": "^[0-9]+$"}),
                Some("fits has the pattern ^[0-9]+$, and had none"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "enum": ["a", "b"]}),
                Some("fits might be any, and is one of a, b"),
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                json!({"type": "string"}),
                Some("breaks was one of a, b, and may be any"),
            ),
            (json!({"type": "number"}), json!({"type": "string"}), Some("breaks took number, and takes text")),
            (json!({"type": "string", "format": "date"}), json!({"type": "string", "format": "date"}), None),
        ] {
            let said: Vec<String> = changes(&of(was.clone()), &of(is.clone()))
                .into_iter()
                .map(|one| format!("{} {}", if one.breaks { "breaks" } else { "fits" }, one.what))
                .collect();
            assert_eq!(said, told.into_iter().collect::<Vec<_>>(), "{was} {is}");
        }
        let kept = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } }, "$defs": { "Day": { "type": "string", "format": "date-time" } } });
        let now = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } }, "$defs": { "Day": { "type": "string", "format": "date" } } });
        assert_eq!(changes(&kept, &now)[0].what, "had the format date-time, and has date");
    }

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
