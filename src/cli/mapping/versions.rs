//! `crossdock mapping versions`.

use super::publish::{called, own};
use crate::cli::{
    ask::{self, Place, Places, encoded, is_not_found},
    documents::of_tenant,
    out::{Out, counted},
};
use serde_json::Value;

/// The versions that the hub keeps of a mapping, and what was published of them; without a name, of all
///
/// crossdock mapping versions northwind/850-order
///
/// Exit 0: shown. 2: there are none of that name.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Versions {
    /// Name of a mapping
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// A JSON object a mapping
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Runs it.
pub async fn run(args: &Versions, out: &mut Out) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let mut found = Vec::new();
    let mut refused = None;
    for place in &places.all {
        let asked = match &args.name {
            Some(name) => place.get(&format!("/v1/mappings/{}", encoded(name))).await.map(|one| vec![one]),
            None => place.get("/v1/mappings").await.map(|mut all| match all["mappings"].take() {
                Value::Array(all) => all,
                _ => vec![],
            }),
        };
        match asked {
            Ok(all) => found.extend(all.into_iter().map(|one| (place, of_tenant(place, one)))),
            Err(error) if is_not_found(&error) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    if let (true, Some(refused)) = (found.is_empty(), refused) {
        return Err(refused);
    }
    if args.json {
        found.iter().try_for_each(|(_, one)| out.json(one))?;
        return Ok(0);
    }
    if found.is_empty() {
        out.line("the hub keeps no version of any mapping: all are its own files")?;
        return Ok(0);
    }
    for (place, one) in &found {
        tell(place, one, out).await?;
    }
    Ok(0)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

async fn tell(place: &Place, mapping: &Value, out: &mut Out) -> anyhow::Result<()> {
    let name = text(mapping, "name");
    let own = own(place, name).await?;
    out.line(format!("{}: {} stands", out.bold(name), called(&mapping["stands"], own)))?;
    let rows: Vec<Vec<String>> = mapping["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let reviewed = match text(one, "reviewed_by") {
                "" => String::new(),
                by if by == text(one, "author") => format!("{by} (its author)"),
                by => by.to_owned(),
            };
            vec![
                one["version"].to_string(),
                text(one, "state").into(),
                text(one, "author").into(),
                text(one, "created_at").chars().take(16).collect(),
                text(one, "reason").into(),
                reviewed,
                replayed(&one["replayed"]),
            ]
        })
        .collect();
    out.table(&["VERSION", "STATE", "BY", "AT", "WHY", "REVIEWED BY", "REPLAYED OVER"], &rows)?;
    for one in mapping["history"].as_array().into_iter().flatten() {
        let version = called(&one["version"], own);
        let how = match text(one, "how") {
            "rolled_back" => "rolled back to",
            "forced" => "published by force:",
            _ => "published:",
        };
        let why = if text(one, "why").is_empty() { String::new() } else { format!(", {}", text(one, "why")) };
        let at: String = text(one, "at").chars().take(16).collect();
        out.line(format!("  {at} {how} {version}, by {}{why}", text(one, "who")))?;
    }
    Ok(())
}

fn replayed(note: &Value) -> String {
    match (note["documents"].as_i64(), note["changed_documents"].as_i64()) {
        (Some(documents), Some(changed)) => {
            format!("{}, {changed} changed", counted(documents.unsigned_abs(), "document"))
        }
        _ => String::new(),
    }
}
