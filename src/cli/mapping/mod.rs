//! `crossdock mapping`: a folder of mappings checked, tried on its samples, and shown. A command a file.

mod coverage;
mod diff;
mod draft;
mod lint;
pub mod new;
mod publish;
pub mod sample;
pub mod schema;
mod show;
pub mod suggest;
mod test;
mod versions;

pub use diff::lines_that_differ;
pub use draft::{Files, Kept, compiled_folder, first, keep};

use super::{
    ask::{self, Places},
    out::Out,
    settings, start,
};
use crate::mapping::{Library, Lint as Wrong, extended, name_of, picture::marked, standard};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Mappings: checked, tried on their samples, shown; and in the hub drafted, reviewed, published, rolled back
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Lint(lint::Lint),
    Test(test::Test),
    Show(show::Show),
    Coverage(coverage::Coverage),
    Diff(diff::Diff),
    Draft(draft::Draft),
    Versions(versions::Versions),
    Review(publish::Review),
    Publish(publish::Publish),
    Rollback(publish::Rollback),
    Suggest(suggest::Suggest),
    New(new::New),
    Schema(schema::Schema),
}

impl Command {
    /// True of those that ask a hub or its store.
    pub fn asks(&self) -> bool {
        use Command::{Coverage, Diff, Draft, Publish, Review, Rollback, Versions};
        matches!(self, Coverage(_) | Diff(_) | Draft(_) | Versions(_) | Review(_) | Publish(_) | Rollback(_))
    }
}

/// Runs one of those that read files alone.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let code = match command {
        Command::Lint(args) => lint::run(args, &mut out),
        Command::Test(args) => test::run(args, &mut out),
        Command::Show(args) => show::run(args, &mut out),
        Command::Suggest(args) => suggest::run(args, &mut out),
        Command::New(args) => new::run(args, &mut out),
        Command::Schema(args) => schema::run(args, &mut out),
        _ => bail!("this command asks a hub"),
    };
    out.flush()?;
    code
}

/// Runs one of those that ask a hub.
pub async fn ask(command: &Command) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let code = match command {
        Command::Coverage(args) => coverage::run(args, &mut out).await,
        Command::Diff(args) => diff::run(args, &mut out).await,
        Command::Draft(args) => draft::run(args, &mut out).await,
        Command::Versions(args) => versions::run(args, &mut out).await,
        Command::Review(args) => publish::review(args, &mut out).await,
        Command::Publish(args) => publish::publish(args, &mut out).await,
        Command::Rollback(args) => publish::roll_back(args, &mut out).await,
        _ => bail!("this command asks nobody"),
    };
    out.flush()?;
    code
}

/// The files of a folder, with those that come with the hub beside them.
pub struct Folder {
    root: PathBuf,
    own: Vec<(String, String)>,
    all: Vec<(String, String)>,
    /// Files that are no text.
    wrong: Vec<Wrong>,
    /// Of a part of the mappings, the files that count: its own, and mappings that these extend. None: all do.
    counts: Option<BTreeSet<String>>,
}

impl Folder {
    /// Leaves out mappings in which nothing stands yet: a shell that is to put there what is proposed (`suggest … >
    /// mapping.yaml`) makes the file first.
    fn pass_over_empty(&mut self) {
        let says = |(path, text): &(String, String)| !(path.ends_with("mapping.yaml") && text.trim().is_empty());
        self.own.retain(says);
        self.all.retain(says);
    }

    /// Lays mappings beside these that they, or those of further texts, extend and that only the hub has: as they stand there,
    /// or else their newest version. Where no hub can be asked, lint tells what is missing.
    async fn beside_the_hub_s(&mut self, further: Vec<String>, ask: &ask::Flags) {
        let is_mapping = |path: &str| path.ends_with("mapping.yaml");
        let own = self.own.iter().filter(|(path, _)| is_mapping(path)).map(|(_, text)| text.clone());
        let mut texts: Vec<String> = own.chain(further).collect();
        let (mut seen, mut places) = (BTreeSet::new(), None);
        while let Some(text) = texts.pop() {
            let Some(name) = extended(&text).filter(|name| seen.insert(name.clone())) else { continue };
            let named = self.all.iter().find(|(path, text)| is_mapping(path) && name_of(text) == Some(&name));
            if let Some((_, below)) = named {
                texts.push(below.clone());
                continue;
            }
            if places.is_none() {
                places = Places::open(ask, false).await.ok();
            }
            let Some(open) = &places else { return };
            let Some(files) = draft::newest(open, &name).await else { continue };
            texts.extend(files.get("mapping.yaml").cloned());
            self.all.extend(files.into_iter().map(|(path, text)| (format!("{name}/{path}"), text)));
        }
    }

    /// All of it compiled, or all that is wrong, in the files' order. Of a part what is wrong elsewhere is left out.
    fn compile(&self) -> Result<Library, Vec<Wrong>> {
        match self.compiled() {
            Ok(library) if self.wrong.is_empty() => Ok(library),
            compiled => {
                let mut wrong = self.wrong.clone();
                wrong.extend(compiled.err().unwrap_or_default());
                wrong.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
                Err(wrong)
            }
        }
    }

    fn compiled(&self) -> Result<Library, Vec<Wrong>> {
        let first = match Library::compile(&self.all) {
            Ok(library) => return Ok(library),
            Err(faults) if self.counts.is_none() => return Err(faults),
            Err(faults) => faults,
        };
        let own: Vec<Wrong> = first.iter().filter(|one| self.is_asked(one)).cloned().collect();
        if !own.is_empty() {
            return Err(own);
        }
        // Without what has faults elsewhere, then without what extends that.
        let (mut files, mut faults) = (self.all.clone(), first.clone());
        loop {
            let before = files.len();
            files.retain(|(path, _)| faults.iter().all(|fault| fault.file != *path));
            match Library::compile(&files) {
                Ok(library) => return Ok(library),
                // It can't do without a table that has them.
                Err(left) if files.len() == before || left.iter().any(|one| self.is_asked(one)) => return Err(first),
                Err(left) => faults = left,
            }
        }
    }

    /// True of a fault of what counts; also where another file has it, for what it has in common with one that counts.
    fn is_asked(&self, one: &Wrong) -> bool {
        let Some(counts) = &self.counts else { return true };
        let names = |path: &String| one.sentence.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(' '));
        counts.contains(&one.file) || counts.iter().any(names)
    }
}

fn folder(given: Option<&Path>, flags: &settings::Flags) -> anyhow::Result<Folder> {
    let whole = settings::load(flags)?.settings.mappings;
    let root = given.unwrap_or(&whole).to_path_buf();
    fs::read_dir(&root).with_context(|| format!("the folder {} can't be read", root.display()))?;
    let mut folder = read(root.clone())?;
    let (Ok(part), Ok(above)) = (root.canonicalize(), whole.canonicalize()) else { return Ok(folder) };
    // A part of the mappings may extend what stands beside it, and look into tables above it.
    if part.starts_with(&above) {
        folder.all = read(whole.clone())?.all;
    }
    if part.starts_with(&above) && part != above {
        // Files that replace some that come with the hub are named from the whole folder on.
        let within = |path: &str| {
            let found = Path::new(path).canonicalize().or_else(|_| whole.join(path).canonicalize());
            found.is_ok_and(|found| found.starts_with(&part))
        };
        let own = folder.all.iter().filter(|(path, _)| within(path));
        let texts: Vec<&str> = own.clone().map(|(_, text)| text.as_str()).collect();
        let below = extended_by(&texts, &folder.all);
        folder.counts = Some(own.map(|(path, _)| path.clone()).chain(below).collect());
    }
    Ok(folder)
}

/// The mapping files that some texts extend, and what these extend.
fn extended_by(texts: &[&str], all: &[(String, String)]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut names: Vec<String> = texts.iter().filter_map(|text| extended(text)).collect();
    while let Some(name) = names.pop() {
        let named = |(path, text): &&(String, String)| path.ends_with("mapping.yaml") && name_of(text) == Some(&name);
        let Some((path, text)) = all.iter().find(named) else { continue };
        if !found.contains(path) {
            found.push(path.clone());
            names.extend(extended(text));
        }
    }
    found
}

/// The mappings of the settings for who looks at some of them, given by their names and texts: what is wrong with others
/// does not count.
fn standing_for(names: &[&str], texts: &[&str], flags: &settings::Flags) -> anyhow::Result<Folder> {
    let mut folder = standing(flags)?;
    let named = |(_, text): &&(String, String)| name_of(text).is_some_and(|name| names.contains(&name));
    let own: Vec<&(String, String)> = folder.all.iter().filter(named).collect();
    let texts: Vec<&str> = texts.iter().copied().chain(own.iter().map(|(_, text)| text.as_str())).collect();
    let below = extended_by(&texts, &folder.all);
    folder.counts = Some(own.iter().map(|(path, _)| path.clone()).chain(below).collect());
    Ok(folder)
}

/// The mappings of the settings, with those that come with the hub.
pub fn standing(flags: &settings::Flags) -> anyhow::Result<Folder> {
    read(settings::load(flags)?.settings.mappings)
}

fn read(root: PathBuf) -> anyhow::Result<Folder> {
    let (own, wrong) = start::read_whole_tree(&root, &["yaml", "yml", "csv"])?;
    let wrong = wrong.into_iter().map(|one| Wrong {
        line: u32::try_from(one.line).unwrap_or(u32::MAX),
        column: u32::try_from(one.column).unwrap_or(u32::MAX),
        file: one.file,
        sentence: one.sentence,
    });
    Ok(Folder { all: standard::with(own.clone()), wrong: wrong.collect(), own, root, counts: None })
}

/// A fault under its line.
fn picture(wrong: &Wrong, files: &[(String, String)], out: &mut Out) -> anyhow::Result<()> {
    out.line(format!("{}:{}:{}: {}", wrong.file, wrong.line, wrong.column, out.bold(&wrong.sentence)))?;
    let text = files.iter().find(|(path, _)| *path == wrong.file).map(|(_, text)| text.as_str());
    let line = text.and_then(|text| text.lines().nth((wrong.line as usize).checked_sub(1)?));
    if let Some(line) = line {
        let number = wrong.line.to_string();
        let (line, mark) = marked(line, wrong.column);
        out.line(format!("  {} {line}", out.dim(&format!("{number} |"))))?;
        out.line(format!("  {} {mark}", out.dim(&format!("{} |", " ".repeat(number.len())))))?;
    }
    out.line("")
}

/// Faults of the mappings, shown; for commands that can't go on with them.
fn compiled(folder: &Folder, json: bool, out: &mut Out) -> anyhow::Result<Option<Library>> {
    match folder.compile() {
        Ok(library) => Ok(Some(library)),
        Err(wrong) => {
            wrong.iter().try_for_each(|one| told(one, &folder.all, json, out))?;
            Ok(None)
        }
    }
}

fn told(one: &Wrong, files: &[(String, String)], json: bool, out: &mut Out) -> anyhow::Result<()> {
    if json {
        return out
            .json(&json!({ "file": one.file, "line": one.line, "column": one.column, "sentence": one.sentence }));
    }
    picture(one, files, out)
}
