//! `crossdock mapping coverage`.

use crate::{
    cli::{
        input::Input,
        out::Out,
        settings, start,
        translate::{Choice, times},
    },
    formats::{
        fault::shorten,
        piece::{Piece, Set},
        read,
    },
    mapping::{Context, NoTables, Plan, explain},
};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What documents say and no mapping reads, and what a mapping would read and no document says
///
/// crossdock mapping coverage order.edi
/// crossdock mapping coverage inbox/northwind --partner northwind
/// crossdock mapping coverage orders.csv --mapping csv/orders --json
///
/// Exit 0: told. 1: a document has faults, which `check` shows. 2: a file can't be read, or no mapping claims it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Coverage {
    /// Documents, or folders of them; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The mapping by name [default: the one that claims what each set says it is]
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Whose documents they are: the partner's own mappings claim them first
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// One JSON object a mapping
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// What was found of one mapping.
struct Found {
    plan: Arc<Plan>,
    sets: usize,
    values: usize,
    read: usize,
    unread: BTreeMap<String, Left>,
    /// Fields that any set filled, lists' items without their number.
    filled: BTreeSet<String>,
}

/// A path that nobody reads.
struct Left {
    sets: usize,
    times: usize,
    value: String,
    first: String,
}

/// Runs it.
pub fn run(args: &Coverage, out: &mut Out) -> anyhow::Result<u8> {
    let settings = settings::load(&args.settings)?.settings;
    let library = start::library(&start::read_files(&settings)?)?;
    let choice = Choice::new(&library, args.mapping.as_deref(), args.partner.as_deref())?;
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut faulty = 0;
    for file in files(&args.files)? {
        faulty += document(&file, &choice, &mut found)?;
    }
    if found.is_empty() && faulty == 0 {
        bail!("there is no set in these files: nothing was looked at");
    }
    for one in found.values() {
        if args.json { out.json(&one.json())? } else { one.show(out)? }
    }
    if faulty > 0 {
        eprintln!("{faulty} sets or documents have faults and were not looked at: crossdock check shows them");
    }
    Ok(u8::from(faulty > 0))
}

/// The files, and those of the folders, by name.
fn files(given: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in given {
        if !path.is_dir() {
            found.push(path.to_string_lossy().into_owned());
            continue;
        }
        let unreadable = || format!("the folder {} can't be read", path.display());
        let mut within: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(path).with_context(unreadable)? {
            within.push(entry.with_context(unreadable)?.path());
        }
        within.retain(|path| path.is_file());
        within.sort();
        found.extend(within.iter().map(|path| path.to_string_lossy().into_owned()));
    }
    Ok(found)
}

/// Looks at the sets of one document; gives how many have faults.
fn document(file: &str, choice: &Choice, found: &mut BTreeMap<String, Found>) -> anyhow::Result<usize> {
    let input = Input::open(file)?;
    let standard = choice.standard(file, input.first())?;
    let mut application = None;
    let mut faulty = 0;
    for piece in read(standard, input.reader()?, choice.options()) {
        match piece.with_context(|| format!("{file} can't be read any further"))? {
            Piece::Group(group) => application = Some(group.sender.to_string()),
            Piece::Set(set) if set.accepted() => {
                let plan = choice.plan(file, &set, application.as_deref())?;
                let new = || Found::new(plan.clone());
                found.entry(plan.short().to_owned()).or_insert_with(new).look(file, &set);
            }
            Piece::Set(_) | Piece::Fault(_) => faulty += 1,
            _ => {}
        }
    }
    Ok(faulty)
}

impl Found {
    fn new(plan: Arc<Plan>) -> Found {
        Found { plan, sets: 0, values: 0, read: 0, unread: BTreeMap::new(), filled: BTreeSet::new() }
    }

    fn look(&mut self, file: &str, set: &Set) {
        let context = Context { tenant_currency: "EUR", tables: &NoTables };
        let (reading, coverage) = self.plan.coverage(&set.tree, &context);
        let left: usize = coverage.unread.iter().map(|one| one.times).sum();
        self.sets += 1;
        self.values += coverage.values;
        self.read += coverage.values - left;
        for explain::Unread { path, times, value, place, .. } in coverage.unread {
            let first =
                || format!("{place} in {}", Path::new(file).file_name().map_or(file.into(), |n| n.to_string_lossy()));
            let known = self.unread.entry(path).or_insert_with(|| Left { sets: 0, times: 0, value, first: first() });
            known.sets += 1;
            known.times += times;
        }
        let filled = reading.provenance.iter().map(|origin| {
            let names = origin.field.split('/').filter(|step| step.parse::<usize>().is_err());
            names.collect::<Vec<_>>().join("/")
        });
        self.filled.extend(filled);
    }

    /// Fields that the mapping makes of the document and that none gave, with file and line.
    fn empty(&self) -> Vec<(String, &str, u32)> {
        let mut fields = self.plan.fields();
        fields.retain(|(field, ..)| {
            !self.filled.iter().any(|filled| filled == field || filled.starts_with(&format!("{field}/")))
        });
        fields
    }

    fn json(&self) -> serde_json::Value {
        let unread: Vec<_> = self
            .unread
            .iter()
            .map(|(path, left)| json!({ "path": path, "sets": left.sets, "times": left.times, "value": left.value, "first": left.first }))
            .collect();
        let empty: Vec<_> = self
            .empty()
            .into_iter()
            .map(|(field, file, line)| json!({ "field": field, "file": file, "line": line }))
            .collect();
        json!({ "mapping": self.plan.name(), "sets": self.sets, "values": self.values, "read": self.read,
            "unread": unread, "never_filled": empty })
    }

    fn show(&self, out: &mut Out) -> anyhow::Result<()> {
        let s = if self.sets == 1 { "" } else { "s" };
        out.line(format!(
            "{}: {} document{s}, {} of {} values read",
            out.bold(self.plan.short()),
            self.sets,
            self.read,
            self.values
        ))?;
        let mut left: Vec<_> = self.unread.iter().collect();
        left.sort_by_key(|(_, left)| std::cmp::Reverse((left.sets, left.times)));
        let rows: Vec<Vec<String>> = left
            .into_iter()
            .map(|(path, left)| {
                vec![
                    path.clone(),
                    left.sets.to_string(),
                    times(left.times),
                    shorten(&left.value, 40),
                    left.first.clone(),
                ]
            })
            .collect();
        if rows.is_empty() {
            out.line("everything is read")?;
        } else {
            out.table(&["NOBODY READS", "DOCUMENTS", "SAID", "FIRST", "AT"], &rows)?;
        }
        let rows: Vec<Vec<String>> =
            self.empty().into_iter().map(|(field, file, line)| vec![field, format!("{file}:{line}")]).collect();
        if !rows.is_empty() {
            out.table(&["NO DOCUMENT SAYS", "READ BY"], &rows)?;
        }
        out.line("")
    }
}
