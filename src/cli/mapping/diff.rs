//! `crossdock mapping diff`.

use super::{
    compiled, draft, standing_for,
    test::{file_name, inputs},
};
use crate::{
    cli::{
        ask::{self, Place, Places, encoded, is_not_found},
        out::{Out, counted},
    },
    formats::piece::Set,
    mapping::{
        Context, Library, Line, NoTables, Plan,
        differences::differences,
        name_of,
        near::hint,
        samples,
        versions::{Overlay, with_version},
    },
};
use anyhow::{Context as _, anyhow, bail};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Sets that would end otherwise and are shown to people.
const OUTCOMES: usize = 20;

/// What a changed mapping would change: line by line and over the samples, or over documents that the hub keeps
///
/// crossdock mapping diff mappings/partners/northwind/850-order drafts/850-order
/// crossdock mapping diff northwind/850-order northwind/850-order@3 --replay 500
/// crossdock mapping diff northwind/850-order drafts/850-order --replay 500 --partner northwind
///
/// A side is a folder with one mapping, NAME@3 for a version that the hub keeps, NAME for what stands there, or NAME@0 for
/// the hub's own file. With --replay the hub reads its newest documents both ways and writes nothing; of what stands and
/// a version it keeps the outcome, for which publishing asks.
/// Exit 0: told. 1: a mapping has faults. 2: there is no such mapping, or the hub refused it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Diff {
    /// Before: a folder, NAME, or NAME@VERSION
    #[arg(value_name = "OLD")]
    old: String,
    /// After
    #[arg(value_name = "NEW")]
    new: String,
    /// Over the newest so many documents of the hub that the mapping reads
    #[arg(long, value_name = "DOCUMENTS")]
    replay: Option<u32>,
    /// Only this partner's documents
    #[arg(long, value_name = "NAME", requires = "replay")]
    partner: Option<String>,
    /// A JSON object a field, and one for the whole
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// One side, as it was called.
enum Side {
    Folder(PathBuf, draft::Files),
    /// None: what stands.
    Version(String, Option<i64>),
}

impl Side {
    fn name(&self) -> &str {
        match self {
            Side::Folder(..) => self.text().and_then(name_of).unwrap_or_default(),
            Side::Version(name, _) => name,
        }
    }

    /// Of a folder its mapping.
    fn text(&self) -> Option<&str> {
        match self {
            Side::Folder(_, files) => files.get("mapping.yaml").map(String::as_str),
            Side::Version(..) => None,
        }
    }

    /// What a side is taken for, in words.
    fn called(&self, text: &str) -> String {
        match self {
            Side::Folder(..) => format!("{text} is of `{}`", self.name()),
            Side::Version(name, _) => format!("`{text}` is no folder and is taken for the mapping `{name}`"),
        }
    }

    /// As the hub takes it.
    fn asked(&self) -> Value {
        match self {
            Side::Folder(_, files) => json!({ "files": files }),
            Side::Version(_, Some(version)) => json!({ "version": version }),
            Side::Version(_, None) => json!({}),
        }
    }
}

/// Runs it.
pub async fn run(args: &Diff, out: &mut Out) -> anyhow::Result<u8> {
    let (Some(old), Some(new)) = (side(&args.old, args, out).await?, side(&args.new, args, out).await?) else {
        return Ok(1);
    };
    if old.name() != new.name() {
        let is_way = |text: &str| text.contains(['/', std::path::MAIN_SEPARATOR]) && !text.contains('@');
        if let (Side::Version(..), Side::Version(..), true) = (&old, &new, is_way(&args.old) || is_way(&args.new)) {
            bail!(
                "neither {} nor {} is a folder with a mapping: a diff is of two folders, of two versions of one mapping \
                 (NAME@1 NAME@2), or of a folder and a version",
                args.old,
                args.new
            );
        }
        let (first, second) = (old.called(&args.old), new.called(&args.new));
        let near = match (&old, &new) {
            // Two names that nothing has are no help to each other.
            (Side::Version(..), Side::Version(..)) => String::new(),
            _ => hint(old.name(), [new.name()]),
        };
        bail!("{first}; {second}: they are no two of one mapping{near}");
    }
    match args.replay {
        Some(documents) => replayed(args, documents, &old, &new, out).await,
        None => compared(args, old, new, out).await,
    }
}

/// A folder, or else a name; nothing if its mapping has faults, which are told.
async fn side(text: &str, args: &Diff, out: &mut Out) -> anyhow::Result<Option<Side>> {
    let path = Path::new(text);
    if !path.is_dir() {
        return Ok(Some(match with_version(text) {
            None | Some((_, "published")) => Side::Version(text.trim_end_matches("@published").to_owned(), None),
            Some((name, number)) => {
                let number = number.parse().map_err(|_| {
                    anyhow!("{text} is no folder, and `{number}` is no version's number, as in {name}@3")
                })?;
                Side::Version(name.to_owned(), Some(number))
            }
        }));
    }
    let versions = draft::compiled_folder(path, &args.ask, args.json, out).await?;
    let Some((mut versions, _)) = versions else { return Ok(None) };
    match (versions.pop(), versions.len()) {
        (Some(only), 0) => Ok(Some(Side::Folder(only.folder, only.files))),
        (_, others) => bail!("below {text} there are {} mappings: name the folder of one", others + 1),
    }
}

// ---- over what the hub keeps ----

async fn replayed(args: &Diff, documents: u32, old: &Side, new: &Side, out: &mut Out) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, true).await?;
    let place = match (old, new) {
        (Side::Folder(..), Side::Folder(..)) => places.only()?,
        _ if places.all.len() == 1 => places.only()?,
        _ => match places.find(&format!("/v1/mappings/{}", encoded(old.name()))).await {
            Ok((place, _)) => place,
            Err(error) if is_not_found(&error) => places.only()?,
            Err(error) => return Err(error),
        },
    };
    let path = format!("/v1/mappings/{}/replay", encoded(old.name()));
    let body = json!({"before": old.asked(), "after": new.asked(), "documents": documents, "partner": args.partner});
    let mut stream = place.post_stream(&path, &body).await?;
    let (mut pending, mut last) = (Vec::new(), Value::Null);
    let shows = std::io::stderr().is_terminal();
    while let Some(part) = stream.next().await {
        pending.extend_from_slice(&part?);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Value = serde_json::from_slice(&pending[..end]).context("a line of the answer is no JSON")?;
            pending.drain(..=end);
            match (&line["read"], &line["changes"]) {
                (Value::Number(read), _) if shows => {
                    let _ = write!(std::io::stderr(), "\r{read} of {} documents", line["of"]);
                }
                (_, Value::Array(changes)) if !args.json => changes.iter().try_for_each(|one| change(one, out))?,
                _ => last = line,
            }
        }
    }
    if shows {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    if let Some(problem) = last["problem"].as_str() {
        bail!("{problem}");
    }
    let found = &last["replayed"];
    if found.is_null() {
        bail!("the hub went away before it had read all: run it again");
    }
    if args.json {
        told_json(found, out)?
    } else {
        told(found, out)?
    }
    Ok(0)
}

fn change(one: &Value, out: &mut Out) -> anyhow::Result<()> {
    let called = |side: &Value| side.as_str().unwrap_or("(none)").to_owned();
    out.line(format!("{} → {}", called(&one["before"]), called(&one["after"])))
}

fn told_json(found: &Value, out: &mut Out) -> anyhow::Result<()> {
    let mut whole = found.clone();
    let fields = whole["fields"].take();
    fields.as_array().into_iter().flatten().try_for_each(|field| out.json(field))?;
    if let Some(whole) = whole.as_object_mut() {
        whole.remove("fields");
    }
    out.json(&whole)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn told(found: &Value, out: &mut Out) -> anyhow::Result<()> {
    let count = |key: &str| found[key].as_u64().unwrap_or_default();
    let gone =
        if count("gone") == 0 { String::new() } else { format!("; of {} more the bytes are not kept", count("gone")) };
    let took = count("took_ms");
    out.line(format!(
        "{}, {}, {took} ms{gone}",
        counted(count("documents"), "document"),
        counted(count("sets"), "set")
    ))?;
    out.line(out.bold(&format!(
        "{} would change; {} would not be read or written any more, {} would that are not",
        counted(count("changed_documents"), "document"),
        counted(count("newly_fail"), "set"),
        count("newly_succeed")
    )))?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for field in found["fields"].as_array().into_iter().flatten() {
        let mut name = [word(&field["field"]), field["documents"].to_string()];
        for one in field["examples"].as_array().into_iter().flatten() {
            let [field, documents] = std::mem::take(&mut name);
            let number = one["number"].as_str().unwrap_or(one["name"].as_str().unwrap_or_default());
            rows.push(vec![
                field,
                documents,
                shown(&one["before"]),
                shown(&one["after"]),
                number.into(),
                word(&one["at"]),
            ]);
        }
    }
    if !rows.is_empty() {
        out.table(&["FIELD", "DOCUMENTS", "BEFORE", "AFTER", "IN", "FROM"], &rows)?;
    }
    outcomes(found, out)
}

/// The sets that would end otherwise.
fn outcomes(found: &Value, out: &mut Out) -> anyhow::Result<()> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outcomes = found["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
    for one in outcomes.iter().take(OUTCOMES) {
        let number = one["number"].as_str().unwrap_or("no number");
        let end = |side: &Value| match side["why"].as_str() {
            Some(why) => format!("{} ({why})", word(&side["state"])),
            None => word(&side["state"]),
        };
        out.line(format!(
            "{number}, set {} of {}: {} → {}",
            one["set"],
            word(&one["name"]),
            end(&one["before"]),
            end(&one["after"])
        ))?;
    }
    let more = outcomes.len().saturating_sub(OUTCOMES);
    let unlisted = found["outcomes_not_listed"].as_u64().unwrap_or_default() as usize;
    match (more, unlisted) {
        (0, 0) => {}
        (more, 0) => out.line(format!("and {more} more, which --json lists"))?,
        (more, unlisted) => {
            out.line(format!(
                "and {} more, of which --json lists {more}: replay fewer documents to see the rest",
                more + unlisted
            ))?;
        }
    }
    if !outcomes.is_empty() {
        out.line("this is how they would be read or written; what was applied or sent stays as it is")?;
    }
    Ok(())
}

// ---- line by line, and over the samples ----

/// A side with its mapping compiled among the mappings of the settings.
struct Compiled {
    library: Library,
    /// None: there is no such mapping on this side.
    plan: Option<Arc<Plan>>,
}

impl Compiled {
    fn called(&self) -> &str {
        self.plan.as_ref().map_or("(none)", |plan| plan.name())
    }
}

async fn compared(args: &Diff, old: Side, new: Side, out: &mut Out) -> anyhow::Result<u8> {
    let texts: Vec<&str> = [&old, &new].into_iter().filter_map(Side::text).collect();
    let mut base = standing_for(&[old.name()], &texts, &args.ask.settings)?;
    let places = match (&old, &new) {
        (Side::Folder(..), Side::Folder(..)) => None,
        _ => Some(Places::open(&args.ask, false).await.with_context(|| asks(&old, &new))?),
    };
    let [before, after] = [files_of(&old, places.as_ref()).await?, files_of(&new, places.as_ref()).await?];
    drop(places);
    let texts = [&before, &after].into_iter().flatten().filter_map(|files| files.get("mapping.yaml").cloned());
    base.beside_the_hub_s(texts.collect(), &args.ask).await;
    let Some(base) = compiled(&base, args.json, out)? else { return Ok(1) };
    let (before, after) = (laid(&base, old.name(), before)?, laid(&base, new.name(), after)?);
    if before.plan.is_none() && after.plan.is_none() {
        let near = hint(old.name(), base.plans().iter().map(|plan| plan.short()));
        bail!(
            "there is neither a folder nor a mapping `{}`{near}; a side is a folder with one mapping.yaml, NAME, or NAME@3 \
             for a version that the hub keeps",
            old.name()
        );
    }
    let lines = lines(&before, &after);
    let folders: BTreeSet<&PathBuf> = [&old, &new]
        .into_iter()
        .filter_map(|side| match side {
            Side::Folder(path, _) => Some(path),
            Side::Version(..) => None,
        })
        .collect();
    let (values, tried) = match (&before.plan, &after.plan) {
        (Some(before), Some(after)) => samples_of(&folders, before, after)?,
        _ => (vec![], 0),
    };
    if args.json {
        for row in &lines {
            out.json(&json!({"field": row[0], "before": row[1], "after": row[2]}))?;
        }
        for row in &values {
            out.json(&json!({"sample": row[0], "field": row[1], "before": row[2], "after": row[3]}))?;
        }
        return Ok(0);
    }
    out.line(format!("{} → {}", before.called(), after.called()))?;
    match lines.is_empty() {
        true => out.line("both say the same, line by line")?,
        false => out.table(&["FIELD", "BEFORE", "AFTER"], &lines)?,
    }
    match values.is_empty() {
        true if tried == 0 => out.line("no sample stands beside either, so that none was tried")?,
        true => out.line("no sample gives another value")?,
        false => out.table(&["SAMPLE", "FIELD", "BEFORE", "AFTER"], &values)?,
    }
    Ok(0)
}

/// What the samples of both sides give otherwise, and how many there are; one that lies on both is tried once.
fn samples_of(folders: &BTreeSet<&PathBuf>, before: &Plan, after: &Plan) -> anyhow::Result<(Vec<Vec<String>>, usize)> {
    let (mut values, mut tried) = (Vec::new(), BTreeSet::new());
    for path in folders {
        for input in inputs(&path.join("samples"))? {
            let bytes = fs::read(&input).with_context(|| format!("{} can't be read", input.display()))?;
            let called = file_name(&input).unwrap_or_default().to_owned();
            if tried.contains(&(called.clone(), bytes.clone())) {
                continue;
            }
            // Of two that are called alike each is told with its folder.
            let is_other = tried.iter().any(|(other, _)| *other == called);
            let shown = if is_other { input.display().to_string() } else { called.clone() };
            values.extend(sample(before, after, &called, &shown, &bytes)?);
            tried.insert((called, bytes));
        }
    }
    Ok((values, tried.len()))
}

/// Which side the hub is asked for.
fn asks(old: &Side, new: &Side) -> String {
    let names = [old, new].into_iter().filter_map(|side| match side {
        Side::Version(name, _) => Some(format!("`{name}`")),
        Side::Folder(..) => None,
    });
    let names: Vec<String> = names.collect();
    format!("{} is no folder, and so the hub is asked for it", names.join(" or "))
}

/// The files of a side; none where the one that is there is meant.
async fn files_of(side: &Side, places: Option<&Places>) -> anyhow::Result<Option<draft::Files>> {
    match (side, places) {
        (Side::Folder(_, files), _) => Ok(Some(files.clone())),
        (Side::Version(name, version), Some(places)) => kept(places, name, *version).await,
        (Side::Version(..), None) => Ok(None),
    }
}

/// A mapping of these files among others; without files the one that is there.
fn laid(base: &Library, name: &str, files: Option<draft::Files>) -> anyhow::Result<Compiled> {
    let overlays: Vec<Overlay> =
        files.into_iter().map(|files| Overlay { name: name.to_owned(), files: files.into_iter().collect() }).collect();
    let library = base
        .overlaid(&overlays)
        .map_err(|faults| anyhow!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let plan = library.named(name);
    Ok(Compiled { library, plan })
}

/// The fields of a mapping that other files make by another line: field, line before, line after. None where one of the two
/// does not fit the mappings beside it.
pub fn lines_that_differ(
    beside: &Library,
    name: &str,
    before: &draft::Files,
    after: &draft::Files,
) -> Option<Vec<Vec<String>>> {
    let of = |files: &draft::Files| laid(beside, name, Some(files.clone())).ok();
    Some(lines(&of(before)?, &of(after)?))
}

/// The files of a version that the hub keeps; none where its own file is meant.
async fn kept(places: &Places, name: &str, version: Option<i64>) -> anyhow::Result<Option<draft::Files>> {
    let path = format!("/v1/mappings/{}", encoded(name));
    let (place, version): (&Place, i64) = match (version, places.find(&path).await) {
        (Some(version), Ok((place, _))) => (place, version),
        (None, Ok((place, found))) => (place, found["stands"].as_i64().unwrap_or(0)),
        // Of a name without versions there is the hub's own file.
        (asked, Err(error)) if is_not_found(&error) && places.all.len() == 1 => (places.only()?, asked.unwrap_or(0)),
        (_, Err(error)) => return Err(error),
    };
    match place.get(&format!("{path}/{version}")).await {
        Ok(whole) => Ok(Some(serde_json::from_value(whole["files"].clone()).context("the files of a version")?)),
        Err(error) if is_not_found(&error) && version == 0 => Ok(None),
        Err(error) => Err(error),
    }
}

/// The fields that are made by another line, rows of tables that lead elsewhere, and what else the two say otherwise, as their
/// claims and rules: what it is, before, after.
fn lines(before: &Compiled, after: &Compiled) -> Vec<Vec<String>> {
    let of = |side: &Compiled| -> BTreeMap<String, String> {
        let said = |(field, line): (String, Line)| (field, side.library.said(line.file, line.line).to_owned());
        let lines = side.plan.iter().flat_map(|plan| plan.fields().into_iter().chain(plan.written_lines())).map(said);
        let rows = side.plan.iter().flat_map(|plan| plan.rows());
        let rows = rows.map(|(table, value, target)| (format!("table {table}: {value}"), target));
        let frame = side.plan.iter().flat_map(|plan| side.library.frame(plan.short()));
        lines.chain(rows).chain(frame).collect()
    };
    let (before, after) = (of(before), of(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let line =
        |side: &BTreeMap<String, String>, field: &String| side.get(field).cloned().unwrap_or_else(|| "nothing".into());
    let row = |field: &String| {
        let (old, new) = (line(&before, field), line(&after, field));
        (old != new).then(|| vec![field.clone(), old, new])
    };
    fields.into_iter().filter_map(row).collect()
}

/// What a sample gives otherwise: sample, field, value before, value after. Of one that is written, whether it is another
/// document.
fn sample(before: &Plan, after: &Plan, file: &str, shown: &str, bytes: &[u8]) -> anyhow::Result<Vec<Vec<String>>> {
    let Some(sample) = samples::sample(after, file) else { return Ok(vec![]) };
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let row = |field: &str, old: String, new: String| vec![shown.to_owned(), field.to_owned(), old, new];
    if sample.writes {
        let body = serde_json::from_slice(bytes).with_context(|| format!("{shown} is no JSON"))?;
        let written = |plan: &Plan| samples::write(plan, &body, &context).unwrap_or_else(|why| why);
        let (old, new) = (written(before), written(after));
        let changed = similar::TextDiff::from_lines(&old, &new);
        let only = |tag| {
            changed
                .iter_all_changes()
                .filter(|c| c.tag() == tag)
                .map(|c| c.value().trim().to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        return Ok(match old == new {
            true => vec![],
            false => vec![row("(document)", only(similar::ChangeTag::Delete), only(similar::ChangeTag::Insert))],
        });
    }
    let (old, new) = match (read(before, bytes, &context), read(after, bytes, &context)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) if old == new => return Ok(vec![]),
        (old, new) => {
            let told =
                |side: Result<Vec<_>, String>| side.map_or_else(|why| why, |sets| format!("{} sets", sets.len()));
            return Ok(vec![row("(document)", told(old), told(new))]);
        }
    };
    let mut rows = Vec::new();
    let messages = old.len().max(new.len());
    for nth in 0..messages {
        let of = if messages > 1 { format!("{shown}, message {}", nth + 1) } else { shown.to_owned() };
        let row = |field: &str, old: String, new: String| vec![of.clone(), field.to_owned(), old, new];
        match (old.get(nth), new.get(nth)) {
            (Some(Ok(old)), Some(Ok(new))) => rows
                .extend(differences(old, new).iter().map(|one| row(&one.field, value(&one.before), value(&one.after)))),
            (old, new) if old == new => {}
            // A message that one side refuses has no fields to compare.
            (old, new) => rows.push(row("(message)", end(old), end(new))),
        }
    }
    Ok(rows)
}

/// What each set of a sample gives: its message, or why it is refused.
type Readings = Vec<Result<Value, String>>;

fn read(plan: &Plan, bytes: &[u8], context: &Context) -> Result<Readings, String> {
    let message = |set: &Set| {
        let reading = plan.read(&set.tree, context);
        let missing = reading.missing.iter().map(|missing| &missing.fault);
        match reading.faults.iter().chain(missing).next() {
            Some(fault) => Err(fault.sentence.to_string()),
            None => Ok(reading.body.into_value()),
        }
    };
    Ok(samples::sets(plan, bytes)?.iter().map(message).collect())
}

fn value(one: &Option<Value>) -> String {
    shown(one.as_ref().unwrap_or(&Value::Null))
}

fn end(side: Option<&Result<Value, String>>) -> String {
    match side {
        None => "no such message".into(),
        Some(Ok(_)) => "is read".into(),
        Some(Err(why)) => format!("is refused: {why}"),
    }
}
