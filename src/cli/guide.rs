//! `crossdock guide`: the guides that are compiled in, shown; and a partner's guide held against its standard.

use super::{out::Out, settings::nearest};
use crate::{
    formats::{
        guides::{self, ElementSpec, Guide, Guides, Part, SegmentSpec, Weight},
        piece::Standard,
        render::code_words,
    },
    mapping::guide_file::{self, GuideFile},
};
use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use std::path::Path;

/// Guides: what a set may hold, and what a partner changes of it
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(Show),
    Lint(Lint),
}

/// A set's loops and segments, a segment's elements, an element's codes
///
/// crossdock guide show 850
/// crossdock guide show 850/PO1 --version 005010
/// crossdock guide show 850/PO1/06
/// crossdock guide show ORDERS --version D01B --json
/// crossdock guide show 850/PO1 --guide northwind-850.yaml
/// crossdock guide show               all that are built in
///
/// Exit 0: shown. 2: there is no such guide, segment or element.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// Set, set/SEGMENT or set/SEGMENT/POSITION; none lists all
    #[arg(value_name = "SET")]
    path: Option<String>,
    /// Version of the standard [default: 004010, D96A or the first that has it]
    #[arg(long)]
    version: Option<String>,
    /// A partner's guide, shown with what it changes
    #[arg(long, value_name = "FILE", conflicts_with = "version", requires = "path")]
    guide: Option<String>,
    #[arg(long)]
    json: bool,
}

/// Hold partners' guides against the standard that they extend
///
/// crossdock guide lint northwind-850.yaml
/// crossdock guide lint guides/*.yaml --json
///
/// A file: `extends: x12/004010/850`, then `change:` with what differs (`CUR: forbidden`, `PO104: { max: 20 }`). All of its
/// keys: docs/reference/guides.md.
/// Exit 0: no fault; what goes beyond the standard is told. 1: faults. 2: a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Lint {
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let code = match command {
        Command::Show(args) => show(args, &mut out),
        Command::Lint(args) => lint(args, &mut out),
    };
    out.flush()?;
    code
}

/// Partners' guides out of files; one with faults is a wrong call, and `guide lint` shows them all.
pub fn load(files: &[String]) -> anyhow::Result<Guides> {
    let made: anyhow::Result<Vec<_>> =
        files.iter().map(|file| one(file).map(|made| (made.applies, made.guide))).collect();
    Ok(Guides::new(made?))
}

fn one(file: &str) -> anyhow::Result<GuideFile> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{file} can't be read"))?;
    let (guide, remarks) = guide_file::read(&text);
    match (remarks.iter().find(|remark| remark.weight == Weight::Fault), guide) {
        (None, Some(mut guide)) => {
            guide.guide.file = Path::new(file).file_name().map(|name| name.to_string_lossy().into());
            Ok(guide)
        }
        (Some(fault), _) => bail!("{file}:{}:{}: {}. {}", fault.line, fault.column, fault.sentence, fault.remedy),
        (None, None) => bail!("{file} is no guide"),
    }
}

/// A guide by the name of its set, and by a version if one is said.
pub fn find(kind: &str, version: Option<&str>) -> anyhow::Result<&'static Guide> {
    let kind = kind.to_ascii_uppercase();
    let standard = |shelf: &str| if shelf.starts_with("x12/") { Standard::X12 } else { Standard::Edifact };
    let own: Vec<&str> = guides::list().filter(|(_, known)| *known == kind).map(|(shelf, _)| shelf).collect();
    if own.is_empty() {
        let near = nearest(&kind, guides::list().map(|(_, known)| known.to_owned()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        bail!("there is no guide of {kind}, and `crossdock guide show` lists all{near}");
    }
    let wanted = version.map(str::to_ascii_uppercase);
    let mut order = own.clone();
    // D.96A is what most partners send.
    order.sort_by_key(|shelf| (!shelf.ends_with("/D96A"), *shelf));
    let found = order.iter().find_map(|shelf| {
        let known = shelf.rsplit('/').next()?;
        let version = match &wanted {
            Some(version) => version.as_str(),
            None => known,
        };
        guides::find(standard(shelf), version, &kind)
    });
    found.ok_or_else(|| {
        let known: Vec<&str> = own.iter().filter_map(|shelf| shelf.rsplit('/').next()).collect();
        anyhow!("there is no guide of {kind} in {}; there is one in {}", version.unwrap_or("it"), known.join(" and "))
    })
}

fn show(args: &Show, out: &mut Out) -> anyhow::Result<u8> {
    let Some(path) = &args.path else { return list(args, out) };
    let steps: Vec<&str> = path.split('/').collect();
    let own;
    let guide = match &args.guide {
        Some(file) => {
            own = one(file)?.guide;
            if !own.kind.eq_ignore_ascii_case(steps[0]) {
                bail!("{file} is a guide of {}, and not of {}", own.kind, steps[0]);
            }
            &own
        }
        None => find(steps[0], args.version.as_deref())?,
    };
    match steps[1..] {
        [] if args.json => out.json(&guide_json(guide))?,
        [] => picture(guide, out)?,
        [segment] => {
            let (id, spec) = segment_of(guide, segment)?;
            if args.json { out.json(&segment_json(&id, &spec))? } else { segment_picture(guide, &id, &spec, out)? }
        }
        [segment, position] => {
            let (id, spec) = segment_of(guide, segment)?;
            let (name, element) = element_of(&id, &spec, position)?;
            if args.json {
                out.json(&element_json(&name, element, true))?
            } else {
                element_picture(guide.standard, &name, element, out)?
            }
        }
        _ => bail!("{path} has too many parts: write 850, 850/PO1 or 850/PO1/01"),
    }
    Ok(0)
}

fn list(args: &Show, out: &mut Out) -> anyhow::Result<u8> {
    for (version, kind) in guides::list() {
        match args.json {
            true => out.json(&json!({"version": version, "type": kind}))?,
            false => out.line(format!("{version}/{kind}"))?,
        }
    }
    Ok(0)
}

fn segment_of(guide: &Guide, segment: &str) -> anyhow::Result<(String, std::sync::Arc<SegmentSpec>)> {
    let id = segment.to_ascii_uppercase();
    let spec =
        guide.segments.get(id.as_str()).cloned().or_else(|| guides::segment(guide.standard, &guide.version, &id));
    let spec = spec.ok_or_else(|| {
        let near = nearest(&id, guide.segments.keys().map(ToString::to_string));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        anyhow!("{} {} has no segment {id}{near}", guide.kind, guide.version)
    })?;
    Ok((id, spec))
}

fn element_of<'s>(id: &str, spec: &'s SegmentSpec, position: &str) -> anyhow::Result<(String, &'s ElementSpec)> {
    let (element, component) = position.split_once('-').map_or((position, None), |(e, c)| (e, Some(c)));
    let at = |text: &str| text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let found = at(element).and_then(|at| spec.elements.get(at));
    let found = match component {
        Some(component) => found.and_then(|found| found.components.get(at(component)?)),
        None => found,
    };
    let found = found.with_context(|| format!("{id} has no element {position}: it has {}", spec.elements.len()))?;
    Ok((format!("{id}{element:0>2}{}", component.map_or(String::new(), |c| format!("-{c}"))), found))
}

fn usage(mandatory: bool) -> &'static str {
    if mandatory { "M" } else { "O" }
}

fn picture(guide: &Guide, out: &mut Out) -> anyhow::Result<()> {
    let id = if guide.functional_id.is_empty() { String::new() } else { format!(", group {}", guide.functional_id) };
    out.line(out.bold(&format!("{} {}{id}", guide.kind, guide.version)))?;
    if guide.generated {
        out.line("Generated from tables of facts; nobody has gone through it with samples.")?;
    }
    let mut rows = Vec::new();
    rows_of(guide, &guide.parts, 0, &mut rows);
    out.table(&["PART", "USE", "MOST", "WHAT IT IS"], &rows)
}

fn rows_of(guide: &Guide, parts: &[Part], depth: usize, rows: &mut Vec<Vec<String>>) {
    let most = |max: &Option<u32>| max.map_or("any".to_owned(), |max| max.to_string());
    let indent = "  ".repeat(depth);
    for part in parts {
        match part {
            Part::Segment { id, mandatory, max } => {
                let label = guide.segments.get(id).map_or("", |spec| &spec.label);
                rows.push(vec![format!("{indent}{id}"), usage(*mandatory).into(), most(max), label.into()]);
            }
            Part::Loop { name, mandatory, max, parts } => {
                rows.push(vec![format!("{indent}loop {name}"), usage(*mandatory).into(), most(max), String::new()]);
                rows_of(guide, parts, depth + 1, rows);
            }
        }
    }
}

fn length(spec: &ElementSpec) -> String {
    match (spec.min, spec.max) {
        _ if !spec.components.is_empty() => String::new(),
        (min, max) if min == max => max.to_string(),
        (min, 0) => format!("{min}.."),
        (min, max) => format!("{min}..{max}"),
    }
}

fn element_row(name: String, spec: &ElementSpec) -> Vec<String> {
    let codes = if spec.codes.is_empty() { String::new() } else { spec.codes.len().to_string() };
    let repeats = if spec.repeats > 1 { format!(" x{}", spec.repeats) } else { String::new() };
    let using = format!("{}{repeats}", usage(spec.mandatory));
    vec![name, spec.reference.to_string(), using, spec.kind.to_string(), length(spec), codes, spec.label.to_string()]
}

const ELEMENT_HEAD: &[&str] = &["ELEMENT", "NUMBER", "USE", "TYPE", "LENGTH", "CODES", "WHAT IT IS"];

fn segment_picture(guide: &Guide, id: &str, spec: &SegmentSpec, out: &mut Out) -> anyhow::Result<()> {
    out.line(out.bold(&format!("{id} {} ({} {})", spec.label, guide.kind, guide.version)))?;
    let mut rows = Vec::new();
    for (at, element) in (1..).zip(&spec.elements) {
        rows.push(element_row(format!("{id}{at:02}"), element));
        for (n, component) in (1..).zip(element.components.iter()) {
            rows.push(element_row(format!("  {id}{at:02}-{n}"), component));
        }
    }
    out.table(ELEMENT_HEAD, &rows)?;
    spec.notes.iter().try_for_each(|note| out.line(format!("{}  {}", note.text, said(note))))
}

/// A syntax note in words.
fn said(note: &guides::Relation) -> String {
    use guides::RelationKind::*;
    let all: Vec<String> = note.positions.iter().map(|p| format!("{p:02}")).collect();
    let (first, rest) = all.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    match note.kind {
        Paired => format!("all or none of {}", all.join(", ")),
        Required => format!("at least one of {}", all.join(", ")),
        Exclusive => format!("at most one of {}", all.join(", ")),
        Conditional => format!("with {first} also {}", rest.join(", ")),
        List => format!("with {first} also one of {}", rest.join(", ")),
    }
}

fn element_picture(standard: Standard, name: &str, spec: &ElementSpec, out: &mut Out) -> anyhow::Result<()> {
    let mut rows = vec![element_row(name.to_owned(), spec)];
    rows.extend((1..).zip(spec.components.iter()).map(|(n, c)| element_row(format!("  {name}-{n}"), c)));
    out.table(ELEMENT_HEAD, &rows)?;
    spec.notes.iter().try_for_each(|note| out.line(format!("{}  {}", note.text, said(note))))?;
    // Those that are met most have words.
    let words = |code: &String| code_words(standard, &spec.reference, code);
    let (known, codes): (Vec<String>, Vec<String>) = spec.codes.iter().partition(|code| words(code).is_some());
    known.iter().try_for_each(|code| out.line(format!("  {code}  {}", words(code).unwrap_or_default())))?;
    codes.chunks(16).try_for_each(|codes| out.line(format!("  {}", codes.join(" "))))
}

fn guide_json(guide: &Guide) -> Value {
    let segments: serde_json::Map<String, Value> =
        guide.segments.iter().map(|(id, spec)| (id.to_string(), segment_json(id, spec))).collect();
    json!({
        "type": guide.kind, "version": guide.version, "functional_id": guide.functional_id,
        "generated": guide.generated, "parts": parts_json(&guide.parts), "segments": segments,
    })
}

fn parts_json(parts: &[Part]) -> Value {
    let part = |part: &Part| match part {
        Part::Segment { id, mandatory, max } => json!({"segment": id, "mandatory": mandatory, "max": max}),
        Part::Loop { name, mandatory, max, parts } => {
            json!({"loop": name, "mandatory": mandatory, "max": max, "parts": parts_json(parts)})
        }
    };
    parts.iter().map(part).collect()
}

fn segment_json(id: &str, spec: &SegmentSpec) -> Value {
    let element = |(at, e)| element_json(&format!("{id}{at:02}"), e, false);
    let elements: Vec<Value> = (1..).zip(&spec.elements).map(element).collect();
    let notes: Vec<&str> = spec.notes.iter().map(|note| &*note.text).collect();
    json!({"segment": id, "label": spec.label, "elements": elements, "notes": notes})
}

/// With the codes themselves for one element; for many only how many there are.
fn element_json(name: &str, spec: &ElementSpec, whole: bool) -> Value {
    let components: Vec<Value> =
        (1..).zip(spec.components.iter()).map(|(n, c)| element_json(&format!("{name}-{n}"), c, whole)).collect();
    let notes: Vec<&str> = spec.notes.iter().map(|note| &*note.text).collect();
    let codes = if whole { spec.codes.iter().collect::<Vec<_>>().into() } else { Value::from(spec.codes.len()) };
    json!({
        "element": name, "number": spec.reference, "label": spec.label, "mandatory": spec.mandatory,
        "repeats": spec.repeats, "type": spec.kind, "min": spec.min, "max": spec.max, "codes": codes,
        "components": components, "notes": notes,
    })
}

fn lint(args: &Lint, out: &mut Out) -> anyhow::Result<u8> {
    let mut code = 0;
    for file in &args.files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("error: {file} can't be read: {error}");
                code = 2;
                continue;
            }
        };
        let (made, remarks) = guide_file::read(&text);
        let faulty = made.is_none() || remarks.iter().any(|remark| remark.weight == Weight::Fault);
        code = code.max(u8::from(faulty));
        for remark in &remarks {
            let weight = match remark.weight {
                Weight::Fault => "fault",
                Weight::Wider => "wider",
                Weight::Idle => "idle",
            };
            if args.json {
                out.json(&json!({
                    "file": file, "line": remark.line, "column": remark.column, "weight": weight,
                    "path": remark.path, "sentence": remark.sentence, "remedy": remark.remedy,
                }))?;
                continue;
            }
            out.line(format!("{file}:{}:{}: {weight}: {}", remark.line, remark.column, remark.sentence))?;
            out.line(format!("      next {}", remark.remedy))?;
        }
        if let (Some(made), false, false) = (&made, faulty, args.json) {
            let version = &made.guide.version;
            let other = if made.extends.split('/').nth(1) == Some(version) { "" } else { &format!(", for {version}") };
            out.line(format!("{file}: extends {}{other}, {} told", made.extends, remarks.len()))?;
        }
    }
    Ok(code)
}
