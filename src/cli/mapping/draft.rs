//! `crossdock mapping draft`.

use super::{Folder, compiled, folder};
use crate::{
    cli::{
        ask::{self, Place, Places},
        documents::of_tenant,
        out::Out,
        settings,
    },
    mapping::{Library, name_of},
};
use anyhow::bail;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Keep the mappings of a folder in the hub, each as the next version of its name
///
/// crossdock mapping draft mappings/partners/northwind/850-order --reason "Northwind sends REV since May"
///
/// A version is the mapping and the tables that it names; nothing is read by it before it is published.
/// Exit 0: kept. 1: faults, shown under their lines. 2: the hub refused it, or the folder can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Draft {
    /// Folder of mappings
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Why: those who review it will ask
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// A JSON object a version
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// A mapping as a version keeps it: paths from its folder, and texts.
pub type Files = BTreeMap<String, String>;

/// A mapping of a folder, by its name.
pub struct Kept {
    pub name: String,
    /// The folder of its `mapping.yaml`.
    pub folder: PathBuf,
    pub files: Files,
}

/// The mappings that stand in a folder itself, each with the tables that it names.
pub fn versions(folder: &Folder, library: &Library) -> Vec<Kept> {
    let own = folder.own.iter().filter(|(path, _)| Path::new(path).file_name().is_some_and(|n| n == "mapping.yaml"));
    let version = |(path, text): &(String, String)| {
        let name = name_of(text)?.to_owned();
        let plan = library.named(&name)?;
        let folder = Path::new(path).with_file_name("");
        Some(Kept { files: library.files_of(&plan).into_iter().collect(), name, folder })
    };
    own.filter_map(version).collect()
}

/// The same of a folder that is read and compiled, and all mappings with them; nothing if it has faults, which are told. A
/// folder may have none.
pub fn compiled_folder(
    path: &Path,
    flags: &settings::Flags,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<Option<(Vec<Kept>, Library)>> {
    let folder = folder(Some(path), flags)?;
    let Some(library) = compiled(&folder, json, out)? else { return Ok(None) };
    Ok(Some((versions(&folder, &library), library)))
}

/// Runs it.
pub async fn run(args: &Draft, out: &mut Out) -> anyhow::Result<u8> {
    let Some((versions, _)) = compiled_folder(&args.folder, &args.ask.settings, args.json, out)? else { return Ok(1) };
    if versions.is_empty() {
        bail!("there is no mapping.yaml below {}", args.folder.display());
    }
    let places = Places::open(&args.ask, true).await?;
    let place = places.only()?;
    for Kept { files, .. } in versions {
        let drafted = place.post("/v1/mappings", &json!({"files": files, "why": args.reason})).await?;
        tell(place, drafted, args.json, out)?;
    }
    Ok(0)
}

fn tell(place: &Place, drafted: Value, json: bool, out: &mut Out) -> anyhow::Result<()> {
    if json {
        return out.json(&of_tenant(place, drafted));
    }
    let version = format!("{}@{}", drafted["name"].as_str().unwrap_or_default(), drafted["version"]);
    let changes = drafted["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let others: Vec<&str> =
        changes.iter().filter_map(|c| c["name"].as_str()).filter(|n| *n != drafted["name"]).collect();
    out.line(format!("{} is a draft", out.bold(&version)))?;
    match (changes.is_empty(), others.as_slice()) {
        (true, _) => out.line("  it reads and writes as what stands does"),
        (false, []) => Ok(()),
        (false, others) => out.line(format!("  it would also change what extends it: {}", others.join(", "))),
    }
}
