//! `crossdock mapping draft`.

use super::{Folder, compiled, folder, told};
use crate::{
    cli::{
        ask::{self, Place, Places},
        documents::of_tenant,
        out::Out,
    },
    flow::versions::hash,
    mapping::{Library, Lint as Wrong, name_of},
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
/// A version is the mapping and the tables that it names; nothing is read by it before it is published. Of mappings that
/// extend each other the lowest is kept first, and is to be published first. What the hub has already is passed over.
/// Exit 0: kept. 1: faults, shown under their lines; what has none is kept. 2: the hub refused it or has all of it already,
/// or the folder can't be read.
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

/// The mappings that stand in a folder itself, each with the tables that it names; none before one that it extends.
pub fn versions(folder: &Folder, library: &Library) -> Vec<Kept> {
    let own = folder.own.iter().filter(|(path, _)| Path::new(path).file_name().is_some_and(|n| n == "mapping.yaml"));
    let version = |(path, text): &(String, String)| {
        let name = name_of(text)?.to_owned();
        let plan = library.named(&name)?;
        let folder = Path::new(path).with_file_name("");
        // It is made of one file more than what it extends.
        let layers = plan.files().len();
        Some((layers, Kept { files: library.files_of(&plan).into_iter().collect(), name, folder }))
    };
    let mut all: Vec<(usize, Kept)> = own.filter_map(version).collect();
    all.sort_by_key(|(layers, _)| *layers);
    all.into_iter().map(|(_, kept)| kept).collect()
}

/// The same of a folder that is read and compiled beside what it extends in the hub, and all mappings with them; nothing if it has faults, which are told. A
/// folder may have none.
pub async fn compiled_folder(
    path: &Path,
    ask: &ask::Flags,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<Option<(Vec<Kept>, Library)>> {
    let mut folder = folder(Some(path), &ask.settings)?;
    folder.beside_the_hub_s(vec![], ask).await;
    let Some(library) = compiled(&folder, json, out)? else { return Ok(None) };
    Ok(Some((versions(&folder, &library), library)))
}

/// The files of a mapping as it stands in a hub, or else of its newest version; none where it has no such one.
pub async fn newest(places: &Places, name: &str) -> Option<Files> {
    let path = format!("/v1/mappings/{}", ask::encoded(name));
    let (place, of) = places.find(&path).await.ok()?;
    let versions = || of["versions"].as_array().into_iter().flatten().filter_map(|one| one["version"].as_i64());
    let version = of["stands"].as_i64().or_else(|| versions().max())?;
    let whole = place.get(&format!("{path}/{version}")).await.ok()?;
    serde_json::from_value(whole["files"].clone()).ok()
}

/// Runs it.
pub async fn run(args: &Draft, out: &mut Out) -> anyhow::Result<u8> {
    let Some((versions, _)) = compiled_folder(&args.folder, &args.ask, args.json, out).await? else { return Ok(1) };
    if versions.is_empty() {
        bail!("there is no mapping.yaml below {}", args.folder.display());
    }
    let places = Places::open(&args.ask, true).await?;
    let place = places.only()?;
    let known = place.get("/v1/mappings").await?;
    let (mut drafted, mut faulty, mut there) = (0, 0, Vec::new());
    for Kept { name, folder, files } in &versions {
        if let Some(same) = same(&known, name, files) {
            let state = same["state"].as_str().unwrap_or_default();
            there.push(format!("these very files are {name}@{} already, which is {state}", same["version"]));
            if args.json {
                let told = json!({"name": name, "version": same["version"], "changes": [], "there": state});
                out.json(&of_tenant(place, told))?;
            }
            continue;
        }
        match keep(place, folder, files, &args.reason).await? {
            Ok(version) => {
                drafted += 1;
                tell(place, version, args.json, out)?;
            }
            Err(faults) => {
                faulty += 1;
                faults.tell(args.json, out)?;
            }
        }
    }
    if drafted + faulty == 0 {
        bail!("{}: nothing is drafted", there.join("\n"));
    }
    if !args.json {
        there.iter().try_for_each(|line| out.line(line))?;
    }
    Ok(u8::from(faulty > 0))
}

/// The version of a mapping that has these very files, as the hub lists it.
fn same<'v>(known: &'v Value, name: &str, files: &Files) -> Option<&'v Value> {
    let of = known["mappings"].as_array()?.iter().find(|one| one["name"] == name)?;
    let hash = hash(files);
    of["versions"].as_array()?.iter().find(|one| one["hash"] == hash.as_str())
}

/// What a hub finds wrong with a mapping of a folder, beside its own.
pub struct Faults {
    wrong: Vec<Wrong>,
    /// The mapping's files, by their paths.
    files: Vec<(String, String)>,
}

impl Faults {
    pub fn tell(&self, json: bool, out: &mut Out) -> anyhow::Result<()> {
        self.wrong.iter().try_for_each(|one| told(one, &self.files, json, out))
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told: Vec<String> = self.wrong.iter().map(ToString::to_string).collect();
        f.write_str(&told.join("\n"))
    }
}

/// Lets the hub keep a mapping of a folder as a draft.
///
/// Errors: whatever else it refuses; a folder that is wrong by itself was told before.
pub async fn keep(place: &Place, folder: &Path, files: &Files, why: &str) -> anyhow::Result<Result<Value, Faults>> {
    match place.post("/v1/mappings", &json!({"files": files, "why": why})).await {
        Ok(drafted) => Ok(Ok(drafted)),
        Err(error) => match error.downcast_ref::<ask::Refused>() {
            Some(refused) if refused.code == "mapping_faulty" => Ok(Err(placed(&refused.detail, folder, files))),
            _ => Err(error),
        },
    }
}

/// A hub names a version's files from the mapping's folder on.
fn placed(detail: &str, folder: &Path, files: &Files) -> Faults {
    let path = |file: &str| match files.contains_key(file) {
        true => way(folder, file).display().to_string(),
        false => file.to_owned(),
    };
    let mut wrong: Vec<Wrong> = Vec::new();
    for line in detail.lines() {
        match (of_line(line), wrong.last_mut()) {
            (Some(one), _) => wrong.push(Wrong { file: path(&one.file), ..one }),
            (None, Some(above)) => above.sentence += &format!("\n{line}"),
            (None, None) => {
                let file = way(folder, "mapping.yaml").display().to_string();
                wrong.push(Wrong { file, line: 1, column: 1, sentence: line.to_owned() });
            }
        }
    }
    Faults { wrong, files: files.iter().map(|(file, text)| (path(file), text.clone())).collect() }
}

/// `mapping.yaml:2:10: there is …`
fn of_line(line: &str) -> Option<Wrong> {
    let (place, sentence) = line.split_once(": ")?;
    let mut parts = place.rsplitn(3, ':');
    let (column, line, file) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    Some(Wrong { file: file.to_owned(), line, column, sentence: sentence.to_owned() })
}

/// A table may stand in a folder above.
fn way(folder: &Path, file: &str) -> PathBuf {
    let above = folder.ancestors().map(|folder| folder.join(file)).find(|path| path.is_file());
    above.unwrap_or_else(|| folder.join(file))
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
    first(&drafted).iter().try_for_each(|line| out.line(format!("  {line}")))?;
    match (changes.is_empty(), others.as_slice()) {
        (true, _) => out.line("  it reads and writes as what stands does"),
        (false, []) => Ok(()),
        (false, others) => out.line(format!("  it would also change what extends it: {}", others.join(", "))),
    }
}

/// What must be published before a draft, in a sentence.
pub fn first(drafted: &Value) -> Option<String> {
    let below: Vec<&str> = drafted["publish_first"].as_array()?.iter().filter_map(Value::as_str).collect();
    let below = below.join(" and ");
    (!below.is_empty()).then(|| format!("it extends {below}, which is a draft: publish {below} first"))
}
