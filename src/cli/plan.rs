//! `crossdock plan`, `apply` and `export`: files and a hub's versions of mappings made to agree, and seen not to.

mod export;
mod files;

pub use export::{Export, export};

use super::{
    ask::{self, Place, Places, encoded, is_not_found},
    data,
    documents::of_tenant,
    mapping::{Files, Kept, compiled_folder, first, keep, lines_that_differ},
    out::Out,
    start,
};
use crate::{
    flow::versions::hash,
    mapping::Library,
    tenancy::{Directory, files::Lint, stated::Stated},
};
use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A folder of mappings, and the hub that it is held against.
#[derive(Debug, clap::Args)]
struct Of {
    /// Folder of mappings
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// A JSON object a mapping
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// What `apply` would change in a hub: each mapping of a folder against the one that stands there
///
/// crossdock plan mappings
/// crossdock plan mappings connectors
/// crossdock plan mappings/partners --tenant acme --json
///
/// Of a mapping that is another one it tells the lines by which fields are made otherwise. Files of connectors are checked
/// as a start does, and held against what the hub was started with: partners and connections that are new or gone, and each
/// setting that is another one, with its file and line. The hub reads these files when it starts; `apply` changes nothing
/// of them.
/// Exit 0: nothing to do. 1: something to do, or the files have faults. 2: a folder or the hub can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Plan {
    #[command(flatten)]
    of: Of,
    /// Folder of connectors, to be checked with the mappings
    #[arg(value_name = "CONNECTORS")]
    connectors_folder: Option<PathBuf>,
}

/// Keep in a hub, as drafts, the mappings of a folder that are not what stands there
///
/// crossdock apply mappings --reason "units by their May guide"
/// crossdock apply mappings --reason "as replayed on the 3rd" --publish
/// crossdock apply mappings connectors --reason "a partner more"
///
/// --publish lets stand what was reviewed and replayed before; what was not is refused, and told. Nothing is taken away.
/// Of mappings that extend each other the lowest comes first; what has faults beside the hub's own is told, and the rest
/// is kept.
/// Files of connectors are checked first, and nothing is done if they have faults: the hub reads them when it starts.
/// Exit 0: done. 1: the files have faults, or something was refused. 2: a folder or the hub can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Apply {
    #[command(flatten)]
    of: Of,
    /// Folder of connectors, to be checked with the mappings
    #[arg(value_name = "CONNECTORS")]
    connectors_folder: Option<PathBuf>,
    /// Why: those who review it will ask
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Publish, too, what may be
    #[arg(long)]
    publish: bool,
}

/// What is to be done with a mapping.
enum Todo {
    /// What stands is the same.
    Nothing,
    /// The version of these files, which does not stand.
    Publish { version: i64, state: String },
    /// No version has these files.
    Draft,
}

/// A mapping of the folder, and how it stands in the hub.
struct Item {
    name: String,
    folder: PathBuf,
    files: Files,
    todo: Todo,
    /// `version 3`, `the hub's own file`, `nothing`.
    stands: String,
    /// What stands.
    kept: Option<Files>,
}

impl Item {
    fn word(&self) -> String {
        match &self.todo {
            Todo::Nothing => "unchanged".into(),
            Todo::Publish { version, state } if state == "retired" => {
                format!("is version {version}, which is retired: roll back to it")
            }
            Todo::Publish { version, state } => format!("is version {version}, {state}: to be published"),
            Todo::Draft if self.kept.is_none() => "new: to be drafted".into(),
            Todo::Draft => "changed: to be drafted".into(),
        }
    }

    /// How a version comes back that stood once: nothing else makes it stand.
    fn back_by(&self) -> Option<String> {
        match &self.todo {
            Todo::Publish { version, state } if state == "retired" => Some(format!(
                "it stood once and is retired: `crossdock mapping rollback {} --to {version} --reason WHY` makes it stand again",
                self.name
            )),
            _ => None,
        }
    }

    fn json(&self) -> Value {
        let todo = match &self.todo {
            Todo::Nothing => "nothing",
            Todo::Publish { .. } => "publish",
            Todo::Draft => "draft",
        };
        let version = if let Todo::Publish { version, .. } = &self.todo { Some(version) } else { None };
        json!({"name": self.name, "todo": todo, "stands": self.stands, "version": version})
    }
}

/// The mappings of a folder against those of a tenant.
async fn items(place: &Place, mappings: Vec<Kept>) -> anyhow::Result<Vec<Item>> {
    let known = place.get("/v1/mappings").await?;
    let known: BTreeMap<&str, &Value> = known["mappings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| Some((one["name"].as_str()?, one)))
        .collect();
    let mut items = Vec::new();
    for Kept { name, folder, files } in mappings {
        let hash = hash(&files);
        let of = known.get(name.as_str());
        let stands = of.and_then(|one| one["stands"].as_i64());
        let kept = files_of(place, &name, stands.unwrap_or(0)).await?;
        let versions = of.and_then(|one| one["versions"].as_array()).map_or(&[][..], Vec::as_slice);
        let same = versions.iter().find(|one| one["hash"] == hash.as_str());
        let todo = match (&kept, same) {
            (Some(kept), _) if *kept == files => Todo::Nothing,
            (_, Some(same)) => Todo::Publish {
                version: same["version"].as_i64().unwrap_or_default(),
                state: same["state"].as_str().unwrap_or_default().to_owned(),
            },
            (_, None) => Todo::Draft,
        };
        let stands = match (stands, &kept) {
            (Some(version), _) => format!("version {version}"),
            (None, Some(_)) => "the hub's own file".to_owned(),
            (None, None) => "nothing".to_owned(),
        };
        items.push(Item { name, folder, files, todo, stands, kept });
    }
    Ok(items)
}

/// The files of a version, or of the hub's own mapping (0); none if there is no such one.
async fn files_of(place: &Place, name: &str, version: i64) -> anyhow::Result<Option<Files>> {
    match place.get(&format!("/v1/mappings/{}/{version}", encoded(name))).await {
        Ok(whole) => Ok(Some(serde_json::from_value(whole["files"].clone()).context("the files of a version")?)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Files of connectors that fit the mappings beside them.
struct Stands {
    directory: Directory,
    library: Library,
    stated: Stated,
}

/// The mappings of a folder, all that they were compiled with, and files of connectors, if any are held against the hub.
type Read = (Vec<Kept>, Library, Option<Stands>);

/// The mappings of the folder, and who the files of connectors know; nothing if they have faults, which are told.
async fn read(of: &Of, connectors: Option<&Path>, out: &mut Out) -> anyhow::Result<Option<Read>> {
    let Some((mappings, library)) = compiled_folder(&of.folder, &of.ask, of.json, out).await? else {
        return Ok(None);
    };
    // Files of connectors may stand alone, where all mappings are those that come with the hub.
    if mappings.is_empty() && connectors.is_none() {
        bail!("there is no mapping.yaml below {}", of.folder.display());
    }
    let Some(folder) = connectors else { return Ok(Some((mappings, library, None))) };
    let connectors = start::read_tree(folder, &["yaml", "yml"])?;
    if connectors.is_empty() {
        bail!("there is no file of connectors below {}", folder.display());
    }
    let base = folder.parent().map(Path::to_path_buf).unwrap_or_default();
    let files = start::Files { connectors, mappings: vec![], base };
    match start::fitting(&files, &library) {
        Ok(directory) => {
            // Files that were exported may stand without the data, which only the hub has.
            for Lint { file, sentence, .. } in data::unreadable(&directory, &files.base) {
                eprintln!("note: a start from here would refuse {file}: {sentence}");
            }
            let stated = Stated::read(&files.connectors);
            Ok(Some((mappings, library.clone(), Some(Stands { directory, library, stated }))))
        }
        Err(faults) => {
            if !of.json {
                out.line(faults.to_string())?;
            }
            for Lint { file, line, column, sentence } in faults.lints().filter(|_| of.json) {
                out.json(&json!({"file": file, "line": line, "column": column, "sentence": sentence}))?;
            }
            Ok(None)
        }
    }
}

/// Runs it.
pub async fn plan(args: &Plan) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let Some((mappings, library, stands)) = read(&args.of, args.connectors_folder.as_deref(), &mut out).await? else {
        out.flush()?;
        return Ok(1);
    };
    let places = Places::open(&args.of.ask, false).await?;
    let place = places.only()?;
    let items = items(place, mappings).await?;
    for item in &items {
        if args.of.json {
            out.json(&of_tenant(place, item.json()))?;
            continue;
        }
        out.line(format!("{}: {}; {} stands", out.bold(&item.name), item.word(), item.stands))?;
        if let (Todo::Draft, Some(kept)) = (&item.todo, &item.kept) {
            match lines_that_differ(&library, &item.name, kept, &item.files) {
                Some(rows) => {
                    rows.iter().try_for_each(|row| out.line(format!("  {}: {} → {}", row[0], row[1], row[2])))?
                }
                None => out.line("  what stands does not fit what it would extend: no line can be held against it")?,
            }
        }
    }
    let todo = items.iter().filter(|item| !matches!(item.todo, Todo::Nothing)).count();
    if !args.of.json {
        let s = if items.len() == 1 { "" } else { "s" };
        out.line(match todo {
            0 => format!("{} mapping{s}, nothing to do", items.len()),
            todo => format!("{} mapping{s}, {todo} to be changed", items.len()),
        })?;
    }
    let others = match &stands {
        Some(stands) => files::told(place, stands, args.of.json, &mut out).await?,
        None => 0,
    };
    out.flush()?;
    Ok(u8::from(todo + others > 0))
}

/// Runs it.
pub async fn apply(args: &Apply) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let Some((mappings, _, stands)) = read(&args.of, args.connectors_folder.as_deref(), &mut out).await? else {
        out.flush()?;
        return Ok(1);
    };
    let places = Places::open(&args.of.ask, true).await?;
    let place = places.only()?;
    let mut refused = 0;
    for item in items(place, mappings).await? {
        refused += u32::from(!applied(place, &item, args, &mut out).await?);
    }
    if let Some(stands) = &stands {
        files::told(place, stands, args.of.json, &mut out).await?;
    }
    out.flush()?;
    Ok(u8::from(refused > 0))
}

/// Does for a mapping what is to be done, and tells it. False if the hub refused it.
async fn applied(place: &Place, item: &Item, args: &Apply, out: &mut Out) -> anyhow::Result<bool> {
    let (mut did, mut version, mut before) = ("nothing", None, None);
    let mut why = item.back_by();
    match &item.todo {
        Todo::Nothing => {}
        Todo::Publish { version: known, .. } => version = Some(*known),
        Todo::Draft => match keep(place, &item.folder, &item.files, &args.reason).await? {
            Ok(drafted) => (did, version, before) = ("drafted", drafted["version"].as_i64(), first(&drafted)),
            Err(faults) => {
                if !args.of.json {
                    faults.tell(false, out)?;
                }
                why = Some(faults.to_string());
            }
        },
    }
    if let (true, Some(version), None) = (args.publish, version, &why) {
        let path = format!("/v1/mappings/{}/{version}/publish", encoded(&item.name));
        match place.post(&path, &json!({"why": args.reason})).await {
            Ok(_) => did = "published",
            // What the hub refuses is told; that it can't be asked ends the command.
            Err(error) if error.is::<ask::Refused>() => why = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    if args.of.json {
        out.json(&of_tenant(place, json!({"name": item.name, "did": did, "version": version, "refused": why})))?;
    } else if let Some(version) = version {
        let open = match &item.todo {
            Todo::Publish { state, .. } if did == "nothing" && why.is_none() => {
                format!(", it is {state} already; --publish makes it stand")
            }
            _ => String::new(),
        };
        out.line(format!("{}@{version}: {did}{open}", out.bold(&item.name)))?;
        why.iter().chain(&before).try_for_each(|line| out.line(format!("  {line}")))?;
    }
    Ok(why.is_none())
}

/// The versions that stand: name and number.
async fn versions(place: &Place) -> anyhow::Result<Vec<(String, i64)>> {
    let known = place.get("/v1/mappings").await?;
    let all = known["mappings"].as_array().into_iter().flatten();
    Ok(all.filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["stands"].as_i64()?))).collect())
}
