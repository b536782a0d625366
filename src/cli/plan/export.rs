//! `crossdock export`: what a hub has, written as the files that `crossdock plan` and `crossdock apply` take.

use super::{
    super::{
        ask::{self, Place, Places},
        documents::of_tenant,
        out::Out,
        start,
    },
    Of, files_of, versions,
};
use crate::mapping::name_of;
use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Write what a hub has into folders, mappings and connectors; `crossdock plan` has nothing to do with them afterwards
///
/// crossdock export mappings connectors --tenant acme
/// crossdock export mappings --tenant acme
///
/// A published mapping is written over the file of the folder that has its name, else where the hub's own file of that name
/// stands, else into a folder of its name. With them the hub's own files are written, with the tables that they name, and the
/// guides that agreements name; what comes with every hub is not. Of connectors it is the files that the hub was started with
/// that speak of the tenant, and the agreement for everyone. Where a secret is written out in them, a variable stands: its name
/// is told, and has to be set before a hub starts with these files. A file that is there and says something else is
/// left as it is, but for a published mapping.
/// Exit 0: written. 1: a file was left as it is. 2: the hub can't be asked, or a folder can't be written.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Export {
    #[command(flatten)]
    of: Of,
    /// Folder for the files of connectors
    #[arg(value_name = "CONNECTORS")]
    connectors_folder: Option<PathBuf>,
}

/// The files that the hub was started with.
#[derive(Debug, Default, Deserialize)]
struct Written {
    mappings: Vec<File>,
    connectors: Vec<File>,
    left_out: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    path: String,
    text: String,
    #[serde(default)]
    withheld: Vec<String>,
}

/// Runs it.
pub async fn export(args: &Export) -> anyhow::Result<u8> {
    let places = Places::open(&args.of.ask, false).await?;
    let place = places.only()?;
    let mut writing = Writing { place, json: args.of.json, out: Out::new(), left: 0, published: BTreeSet::new() };
    let written = written(place, args.connectors_folder.is_some()).await?;
    let folder = &args.of.folder;
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let published = published(place, folder, &written, &mut writing).await?;
    for File { path, text, .. } in &written.mappings {
        // Of one that is published, the version is what stands.
        if !name_of(text).is_some_and(|name| published.iter().any(|known| known == name)) {
            writing.own(&folder.join(&below(path)?), text, &[])?;
        }
    }
    if let Some(folder) = &args.connectors_folder {
        for File { path, text, withheld } in &written.connectors {
            writing.own(&folder.join(&below(path)?), text, withheld)?;
        }
        for path in &written.left_out {
            writing.left_out(path)?;
        }
    }
    writing.out.flush()?;
    Ok(u8::from(writing.left > 0))
}

/// A path that leads below a folder, and nowhere else: a hub elsewhere says where its files stand.
fn below(path: &str) -> anyhow::Result<PathBuf> {
    if !is_a_way_below(path) {
        bail!("`{path}` can't be a file below a folder: the hub was started with a file that stands elsewhere");
    }
    Ok(PathBuf::from(path))
}

/// What the hub was started with. A key that is no admin's gets none of it: mappings alone can be exported with it.
async fn written(place: &Place, connectors: bool) -> anyhow::Result<Written> {
    match place.get("/v1/files").await {
        Ok(files) => Ok(serde_json::from_value(files).context("the files that the hub was started with")?),
        // A hub of an older version doesn't know the path, and another key may not ask.
        Err(error) if !connectors && error.is::<ask::Refused>() => {
            eprintln!(
                "note: of the hub's own files nothing is written, since it does not tell them to this key: {error}"
            );
            Ok(Written::default())
        }
        Err(error) => Err(error),
    }
}

/// Writes the versions that stand; gives their names.
async fn published(
    place: &Place,
    root: &Path,
    written: &Written,
    writing: &mut Writing<'_>,
) -> anyhow::Result<Vec<String>> {
    let there = start::read_tree(root, &["yaml"])?;
    let mut names = Vec::new();
    for (name, version) in versions(place).await? {
        let files = files_of(place, &name, version).await?.unwrap_or_default();
        let is_it = |path: &str, text: &str| path.ends_with("mapping.yaml") && name_of(text) == Some(name.as_str());
        let here = there.iter().find(|(path, text)| is_it(path, text)).map(|(path, _)| PathBuf::from(path));
        let own = written.mappings.iter().find(|file| is_it(&file.path, &file.text)).map(|file| &file.path);
        let folder = match (here, own) {
            (Some(path), _) => path.with_file_name(""),
            (None, Some(path)) => root.join(below(path)?).with_file_name(""),
            (None, None) if is_a_way_below(&name) => root.join(&name),
            (None, None) => {
                bail!("`{name}` can't be a folder's name: write it with `crossdock mapping diff {name}@0 {name}`")
            }
        };
        // As it is told: without the slash at its end.
        let folder: PathBuf = folder.components().collect();
        for (path, text) in &files {
            let path = folder.join(below(path)?);
            put(&path, text)?;
            writing.published.insert(path);
        }
        match writing.json {
            true => writing.tell(json!({"name": name, "version": version, "folder": folder}))?,
            false => writing.out.line(format!("{}@{version}: {}", writing.out.bold(&name), folder.display()))?,
        }
        names.push(name);
    }
    Ok(names)
}

/// What is written, and told of it.
struct Writing<'p> {
    place: &'p Place,
    json: bool,
    out: Out,
    /// Files that were left as they are, or out.
    left: usize,
    /// Files of versions that stand.
    published: BTreeSet<PathBuf>,
}

impl Writing<'_> {
    /// A file that the hub was started with, unless there is another one.
    fn own(&mut self, path: &Path, text: &str, withheld: &[String]) -> anyhow::Result<()> {
        if self.published.contains(&path.components().collect::<PathBuf>()) {
            return Ok(());
        }
        let there = fs::read(path).ok();
        let did = match &there {
            Some(there) if there == text.as_bytes() => return Ok(()),
            Some(_) => "left",
            None => "written",
        };
        if did == "written" {
            put(path, text)?;
        }
        self.left += usize::from(did == "left");
        if self.json {
            return self.tell(json!({"file": path, "did": did, "withheld": withheld}));
        }
        self.out.line(match (did, withheld) {
            ("left", _) => format!("{}: left as it is, and says something else than the hub's own", path.display()),
            (_, []) => path.display().to_string(),
            (_, names) => format!(
                "{}: set {}, which stands for a secret that is written out in the hub's own",
                path.display(),
                names.join(", ")
            ),
        })
    }

    fn left_out(&mut self, path: &str) -> anyhow::Result<()> {
        self.left += 1;
        match self.json {
            true => self.tell(json!({"file": path, "did": "left_out"})),
            false => self.out.line(format!(
                "{path}: not written, since a secret in it can't be told apart: write it there on one line, or as ${{NAME}}"
            )),
        }
    }

    fn tell(&mut self, one: Value) -> anyhow::Result<()> {
        self.out.json(&of_tenant(self.place, one))
    }
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    let above = path.parent().unwrap_or(path);
    fs::create_dir_all(above).with_context(|| format!("{} can't be made", above.display()))?;
    fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// True of a name that leads to a folder below another, and nowhere else.
fn is_a_way_below(name: &str) -> bool {
    !name.contains(['\\', '\0', ':']) && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
