//! `crossdock mapping review`, `publish` and `rollback`.

use crate::cli::{
    ask::{self, Place, Places, encoded, is_not_found},
    documents::of_tenant,
    out::Out,
};
use anyhow::{anyhow, bail};
use serde_json::{Value, json};

/// Note that a draft was looked at, and by whom
///
/// crossdock mapping review northwind/850-order --reason "compared with their guide of May"
///
/// Exit 0: noted. 2: there is no draft of that name, or the hub refused it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Review {
    /// Name of a mapping, with its version [default: the newest draft]
    #[arg(value_name = "NAME[@VERSION]")]
    name: String,
    #[command(flatten)]
    how: How,
}

/// Let documents be read by a version from now on; those under way end with what they began with
///
/// crossdock mapping publish northwind/850-order --reason "agreed with Northwind on the 3rd"
/// crossdock mapping publish northwind/850-order --force --reason "their orders stand still"
///
/// It must be reviewed, and replayed over what the hub holds (`crossdock mapping diff --replay 500`).
/// Exit 0: published. 2: the hub refused it, and says what is missing.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Publish {
    /// Name of a mapping, with its version [default: the newest that is reviewed, else the newest draft]
    #[arg(value_name = "NAME[@VERSION]")]
    name: String,
    /// Without review or replay: takes a reason, and is kept in the journal as forced
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    how: How,
}

/// Take a mapping back to the version that stood before, in one step
///
/// crossdock mapping rollback northwind/850-order --reason "quantities came out tenfold"
/// crossdock mapping rollback northwind/850-order --to 0
///
/// Exit 0: it stands. 2: nothing of it was published, or the hub refused it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Rollback {
    /// Name of a mapping
    #[arg(value_name = "NAME")]
    name: String,
    /// A version that was published once; 0 is the hub's own file
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
    #[command(flatten)]
    how: How,
}

/// Why, how it is told, and whom it is asked of.
#[derive(Debug, clap::Args)]
struct How {
    /// Why: whoever looks at it later will ask
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Runs it.
pub async fn review(args: &Review, out: &mut Out) -> anyhow::Result<u8> {
    let places = Places::open(&args.how.ask, true).await?;
    let (place, name, version) = version(&places, &args.name, &["draft"]).await?;
    let path = format!("/v1/mappings/{}/{version}/review", encoded(&name));
    let done = place.post(&path, &json!({"why": args.how.reason})).await?;
    if args.how.json {
        out.json(&of_tenant(place, done))?;
        return Ok(0);
    }
    out.line(format!("{}@{version} is reviewed", out.bold(&name)))?;
    if done["reviewed_by"] == done["author"] {
        out.line("  by its author: another pair of eyes sees more")?;
    }
    Ok(0)
}

/// Runs it.
pub async fn publish(args: &Publish, out: &mut Out) -> anyhow::Result<u8> {
    let places = Places::open(&args.how.ask, true).await?;
    let (place, name, version) = version(&places, &args.name, &["reviewed", "draft"]).await?;
    let path = format!("/v1/mappings/{}/{version}/publish", encoded(&name));
    let done = place.post(&path, &json!({"why": args.how.reason, "force": args.force})).await?;
    stands(place, done, args.how.json, out).await
}

/// Runs it.
pub async fn roll_back(args: &Rollback, out: &mut Out) -> anyhow::Result<u8> {
    let places = Places::open(&args.how.ask, true).await?;
    let (place, _) = places.find(&format!("/v1/mappings/{}", encoded(&args.name))).await?;
    let path = format!("/v1/mappings/{}/rollback", encoded(&args.name));
    let done = place.post(&path, &json!({"why": args.how.reason, "to": args.to})).await?;
    stands(place, done, args.how.json, out).await
}

async fn stands(place: &Place, done: Value, json: bool, out: &mut Out) -> anyhow::Result<u8> {
    if json {
        out.json(&of_tenant(place, done))?;
        return Ok(0);
    }
    let name = done["name"].as_str().unwrap_or_default();
    let own = own(place, name).await?;
    let called = |version: &Value| called(version, own);
    let line = match (done["version"].as_i64(), done["was"].as_i64()) {
        (Some(version), None) if !own => format!("version {version} stands, in place of nothing: the name is new"),
        _ => format!("{} stands, in place of {}", called(&done["version"]), called(&done["was"])),
    };
    out.line(format!("{}: {line}", out.bold(name)))?;
    if done["how"] == "forced" {
        out.line("  by force: the journal says so, and why")?;
    }
    Ok(0)
}

/// True if the hub has a file of its own of that name, for its tenant to see.
pub async fn own(place: &Place, name: &str) -> anyhow::Result<bool> {
    match place.get(&format!("/v1/mappings/{}/0", encoded(name))).await {
        Ok(_) => Ok(true),
        Err(error) if is_not_found(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A version in words; where it is none, what stands in its place.
pub fn called(version: &Value, own: bool) -> String {
    match version.as_i64() {
        Some(version) => format!("version {version}"),
        None if own => "the hub's own file".to_owned(),
        None => "nothing".to_owned(),
    }
}

/// The version that is meant, and whose it is: the one that is named, else the newest in one of these states, the first
/// of them before the others.
pub async fn version<'p>(places: &'p Places, asked: &str, states: &[&str]) -> anyhow::Result<(&'p Place, String, i64)> {
    let (name, number) = match crate::mapping::versions::with_version(asked) {
        Some((name, number)) => (name, Some(number)),
        None => (asked, None),
    };
    let (place, found) = places.find(&format!("/v1/mappings/{}", encoded(name))).await?;
    if let Some(number) = number {
        let version: i64 = number.parse().map_err(|_| anyhow!("`{number}` is no version's number, as in {name}@3"))?;
        return Ok((place, name.to_owned(), version));
    }
    let versions = found["versions"].as_array().map_or(&[][..], Vec::as_slice);
    for state in states {
        if let Some(version) =
            versions.iter().find(|one| one["state"] == **state).and_then(|one| one["version"].as_i64())
        {
            return Ok((place, name.to_owned(), version));
        }
    }
    bail!(
        "of {name} there is no version that is {}; `crossdock mapping versions {name}` lists all",
        states.join(" or ")
    )
}
