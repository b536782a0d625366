//! `crossdock mapping coverage`.

use crate::{
    cli::{
        ask::{self, Places, encoded, is_not_found},
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
    mapping::{
        Context, NoTables,
        covered::{Covered, Empty, Told, Unread},
        explain::Said,
    },
};
use anyhow::{Context as _, bail};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What documents say and no mapping reads, and what a mapping would read and no document says
///
/// crossdock mapping coverage order.edi
/// crossdock mapping coverage inbox/northwind --partner northwind
/// crossdock mapping coverage orders.csv --mapping csv/orders --json
/// crossdock mapping coverage --last 100 --partner northwind
///
/// With --last the hub reads its newest documents by the mappings that stand, with the tenant's own tables.
/// Exit 0: told. 1: a document has faults, which `check` shows. 2: a file can't be read, or no mapping claims it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Coverage {
    /// Documents, or folders of them; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "last")]
    files: Vec<PathBuf>,
    /// The newest so many documents that came in, of those that the hub keeps: at most 1,000
    #[arg(long, value_name = "DOCUMENTS", conflicts_with = "files", value_parser = clap::value_parser!(u32).range(1..=1000))]
    last: Option<u32>,
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
    ask: ask::Flags,
}

/// Runs it.
pub async fn run(args: &Coverage, out: &mut Out) -> anyhow::Result<u8> {
    if let Some(last) = args.last {
        return kept(args, last, out).await;
    }
    let settings = settings::load(&args.ask.settings)?.settings;
    let read = start::read_files(&settings)?;
    let library = start::library(&read)?;
    let partners = start::partners(&read, args.partner.is_some())?;
    let choice = Choice::new(&library, args.mapping.as_deref(), args.partner.as_deref(), &partners)?;
    let mut found: BTreeMap<String, Covered> = BTreeMap::new();
    let mut faulty = 0;
    for file in files(&args.files)? {
        faulty += document(&file, &choice, &mut found)?;
    }
    if found.is_empty() && faulty == 0 {
        bail!("there is no set in these files: nothing was looked at");
    }
    for one in found.into_values() {
        tell(&one.told(), args.json, out)?;
    }
    if faulty > 0 {
        eprintln!("{faulty} sets or documents have faults and were not looked at: crossdock check shows them");
    }
    Ok(u8::from(faulty > 0))
}

/// Over what the hub keeps.
async fn kept(args: &Coverage, last: u32, out: &mut Out) -> anyhow::Result<u8> {
    let partner = args.partner.as_deref().map(|name| format!("&partner={}", encoded(name))).unwrap_or_default();
    let mapping = args.mapping.as_deref().map(|name| format!("&mapping={}", encoded(name))).unwrap_or_default();
    let places = Places::open(&args.ask, false).await?;
    let path = format!("/v1/coverage?last={last}{partner}{mapping}");
    let (mut documents, mut faulty, mut known, mut unknown) = (0, 0, false, Vec::new());
    for place in &places.all {
        let answer = match place.get(&path).await {
            Ok(answer) => answer,
            // Another tenant may have this partner.
            Err(error) if is_not_found(&error) => {
                unknown.push(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        known = true;
        let seen: Kept = serde_json::from_value(answer).context("the hub's answer is no coverage")?;
        seen.mappings.iter().try_for_each(|told| tell(told, args.json, out))?;
        documents += seen.documents;
        faulty += seen.faulty;
        if seen.gone > 0 {
            eprintln!("of {} more the bytes are not kept", seen.gone);
        }
    }
    if !known && !unknown.is_empty() {
        // Of several tenants' answers the one that knows a name like it helps most.
        let near = unknown.iter().position(|error| error.to_string().contains("nearest")).unwrap_or_default();
        return Err(unknown.swap_remove(near));
    }
    if documents == 0 {
        bail!("the hub keeps no such document: nothing was looked at");
    }
    if faulty > 0 {
        eprintln!(
            "{faulty} sets have faults and were not looked at: crossdock documents list --state refused finds them"
        );
    }
    Ok(u8::from(faulty > 0))
}

/// As the hub tells it.
#[derive(serde::Deserialize)]
struct Kept {
    documents: usize,
    gone: usize,
    faulty: usize,
    mappings: Vec<Told>,
}

fn tell(told: &Told, json: bool, out: &mut Out) -> anyhow::Result<()> {
    if json { out.json(told) } else { show(told, out) }
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
fn document(file: &str, choice: &Choice, found: &mut BTreeMap<String, Covered>) -> anyhow::Result<usize> {
    let input = Input::open(file)?;
    let standard = choice.standard(file, input.first())?;
    let called = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let mut application = None;
    let mut faulty = 0;
    for piece in read(standard, input.reader()?, choice.options(standard)) {
        match piece.with_context(|| format!("{file} can't be read any further"))? {
            Piece::Group(group) => application = Some(group.sender.to_string()),
            Piece::Set(set) if set.accepted() => {
                let plan = choice.plan(file, &set, application.as_deref())?;
                let messages = plan.split(*set);
                if !messages.iter().all(Set::accepted) {
                    faulty += 1;
                    continue;
                }
                let new = || Covered::new(plan.clone());
                let covered = found.entry(plan.short().to_owned()).or_insert_with(new);
                let mut said = Said::default();
                for message in messages {
                    covered.message(&plan.covering(&message.tree, &context, &mut said));
                }
                covered.set(&called, said);
            }
            Piece::Set(_) | Piece::Fault(_) => faulty += 1,
            _ => {}
        }
    }
    Ok(faulty)
}

fn show(told: &Told, out: &mut Out) -> anyhow::Result<()> {
    let s = if told.sets == 1 { "" } else { "s" };
    let name = told.mapping.split('@').next().unwrap_or_default();
    out.line(format!("{}: {} set{s}, {} of {} values read", out.bold(name), told.sets, told.read, told.values))?;
    let left = |one: &Unread| {
        vec![one.path.clone(), one.sets.to_string(), times(one.times), shorten(&one.value, 40), one.first.clone()]
    };
    let rows: Vec<Vec<String>> = told.unread.iter().map(left).collect();
    if rows.is_empty() {
        out.line("everything is read")?;
    } else {
        out.table(&["NOBODY READS", "SETS", "SAID", "FIRST", "AT"], &rows)?;
    }
    let empty = |one: &Empty| vec![one.field.clone(), format!("{}:{}", one.file, one.line)];
    let rows: Vec<Vec<String>> = told.never_filled.iter().map(empty).collect();
    if !rows.is_empty() {
        out.table(&["NO DOCUMENT SAYS", "READ BY"], &rows)?;
    }
    out.line("")
}
