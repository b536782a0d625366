//! `crossdock mapping`: a folder of mappings checked, tried on its samples, and shown.

use super::{
    out::Out,
    settings::{self, nearest},
    start,
};
use crate::mapping::{Context, Library, Lint as Wrong, NoTables, Plan, name_of, samples, standard};
use anyhow::{Context as _, anyhow, bail};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Mappings: what is wrong in them, whether their samples give what was reviewed, what there are
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Lint(Lint),
    Test(Test),
    Show(Show),
}

/// Check mappings: every fault at its line, as a compiler shows it
///
/// crossdock mapping lint
/// crossdock mapping lint mappings/partners/northwind --json
///
/// The files below the folder are compiled with those that come with the hub.
/// Exit 0: no fault. 1: faults. 2: the folder can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Lint {
    /// Folder of mappings [default: the one of the settings]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A JSON object a fault
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Try mappings on their samples: each samples/NAME.in.* gives its NAME.out.*
///
/// crossdock mapping test
/// crossdock mapping test mappings/partners/northwind
/// crossdock mapping test mappings --bless
///
/// Exit 0: all give what was reviewed. 1: one does not, or has nothing beside it. 2: the folder can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Test {
    /// Folder of mappings [default: the one of the settings]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Write what they give now: look at it before you keep it
    #[arg(long)]
    bless: bool,
    /// A JSON object a sample
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// What mappings there are; or of one, which line makes each field
///
/// crossdock mapping show
/// crossdock mapping show northwind/850-order
///
/// Exit 0: shown. 1: the mappings have faults. 2: there is no such mapping.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// Name of a mapping; none lists all
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let code = match command {
        Command::Lint(args) => lint(args, &mut out),
        Command::Test(args) => test(args, &mut out),
        Command::Show(args) => show(args, &mut out),
    };
    out.flush()?;
    code
}

/// The files of a folder, with those that come with the hub beside them.
struct Folder {
    root: PathBuf,
    own: Vec<(String, String)>,
    all: Vec<(String, String)>,
}

fn folder(given: Option<&Path>, flags: &settings::Flags) -> anyhow::Result<Folder> {
    let whole = settings::load(flags)?.settings.mappings;
    let root = given.unwrap_or(&whole).to_path_buf();
    fs::read_dir(&root).with_context(|| format!("the folder {} can't be read", root.display()))?;
    let own = start::read_tree(&root, &["yaml", "yml", "csv"])?;
    // A part of the mappings may extend what stands beside it, and look into tables above it.
    let inside = |a: &Path, b: &Path| Some(a.canonicalize().ok()?.starts_with(b.canonicalize().ok()?));
    let all = match inside(&root, &whole) {
        Some(true) => start::read_tree(&whole, &["yaml", "yml", "csv"])?,
        _ => own.clone(),
    };
    Ok(Folder { all: standard::with(all), own, root })
}

// ---- lint ----

fn lint(args: &Lint, out: &mut Out) -> anyhow::Result<u8> {
    let folder = folder(args.folder.as_deref(), &args.settings)?;
    let wrong = match Library::compile(&folder.all) {
        Ok(_) => vec![],
        Err(wrong) => wrong,
    };
    for one in &wrong {
        told(one, &folder, args.json, out)?;
    }
    let mappings = folder.own.iter().filter(|(path, _)| path.ends_with("mapping.yaml")).count();
    if !args.json {
        let s = if mappings == 1 { "" } else { "s" };
        out.line(match wrong.len() {
            0 => format!("{mappings} mapping{s} in {}, no fault", folder.root.display()),
            1 => "1 fault".to_owned(),
            faults => format!("{faults} faults"),
        })?;
    }
    Ok(u8::from(!wrong.is_empty()))
}

/// A fault under its line.
fn picture(wrong: &Wrong, files: &[(String, String)], out: &mut Out) -> anyhow::Result<()> {
    out.line(format!("{}:{}:{}: {}", wrong.file, wrong.line, wrong.column, out.bold(&wrong.sentence)))?;
    let text = files.iter().find(|(path, _)| *path == wrong.file).map(|(_, text)| text.as_str());
    let line = text.and_then(|text| text.lines().nth((wrong.line as usize).checked_sub(1)?));
    if let Some(line) = line {
        let number = wrong.line.to_string();
        let before: String = line
            .chars()
            .take((wrong.column as usize).saturating_sub(1))
            .map(|c| if c == '\t' { c } else { ' ' })
            .collect();
        out.line(format!("  {} {line}", out.dim(&format!("{number} |"))))?;
        out.line(format!("  {} {before}^", out.dim(&format!("{} |", " ".repeat(number.len())))))?;
    }
    out.line("")
}

/// Faults of the mappings, shown; for commands that can't go on with them.
fn compiled(folder: &Folder, json: bool, out: &mut Out) -> anyhow::Result<Option<Library>> {
    match Library::compile(&folder.all) {
        Ok(library) => Ok(Some(library)),
        Err(wrong) => {
            wrong.iter().try_for_each(|one| told(one, folder, json, out))?;
            Ok(None)
        }
    }
}

fn told(one: &Wrong, folder: &Folder, json: bool, out: &mut Out) -> anyhow::Result<()> {
    if json {
        return out
            .json(&json!({ "file": one.file, "line": one.line, "column": one.column, "sentence": one.sentence }));
    }
    picture(one, &folder.all, out)
}

// ---- test ----

/// What came of a sample.
enum Came {
    Right,
    Blessed,
    Wrong(String),
}

fn test(args: &Test, out: &mut Out) -> anyhow::Result<u8> {
    let folder = folder(args.folder.as_deref(), &args.settings)?;
    let Some(library) = compiled(&folder, args.json, out)? else { return Ok(1) };
    let started = Instant::now();
    let (mut tried, mut faulty, mut without) = (0, 0, 0);
    for (path, text) in folder.own.iter().filter(|(path, _)| path.ends_with("mapping.yaml")) {
        let Some(plan) = name_of(text).and_then(|name| library.named(name)) else { continue };
        let inputs = inputs(&Path::new(path).with_file_name("samples"))?;
        if inputs.is_empty() {
            without += 1;
            if !args.json {
                out.line(format!("{path}: no sample: put NAME.in.edi beside it, into samples/"))?;
            }
        }
        for input in inputs {
            let Some(sample) = file_name(&input).and_then(|name| samples::sample(&plan, name)) else { continue };
            tried += 1;
            let came = try_one(&plan, &input, &sample, args.bless)?;
            faulty += u32::from(matches!(came, Came::Wrong(_)));
            tell(&input, &came, args.json, out)?;
        }
    }
    if tried == 0 {
        bail!("there is no sample below {}: nothing was tried", folder.root.display());
    }
    if !args.json {
        let took = started.elapsed().as_millis();
        out.line(format!("{tried} samples, {faulty} not as reviewed, {without} mappings without one; {took} ms"))?;
    }
    Ok(u8::from(faulty > 0))
}

fn inputs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(_) => return Ok(vec![]),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if file_name(&path).is_some_and(|name| name.contains(".in.")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn try_one(plan: &Plan, input: &Path, sample: &samples::Sample, bless: bool) -> anyhow::Result<Came> {
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let bytes = fs::read(input).with_context(|| format!("{} can't be read", input.display()))?;
    let given = if sample.writes {
        match serde_json::from_slice(&bytes) {
            Ok(body) => samples::write(plan, &body, &context),
            Err(why) => Err(format!("it is no JSON: {why}")),
        }
    } else {
        samples::read(plan, &bytes, &context)
    };
    let given = match given {
        Ok(given) => given,
        Err(why) => return Ok(Came::Wrong(why)),
    };
    let output = input.with_file_name(&sample.output);
    let reviewed = fs::read_to_string(&output).ok();
    if reviewed.as_deref() == Some(&given) {
        return Ok(Came::Right);
    }
    if bless {
        fs::write(&output, &given).with_context(|| format!("{} can't be written", output.display()))?;
        return Ok(Came::Blessed);
    }
    Ok(Came::Wrong(match reviewed {
        Some(reviewed) => differences(&reviewed, &given),
        None => format!("{} is not there: look at what it gives and write it with --bless\n{given}", sample.output),
    }))
}

/// Lines that differ, with those around them.
fn differences(reviewed: &str, given: &str) -> String {
    let difference = similar::TextDiff::from_lines(reviewed, given);
    difference.unified_diff().context_radius(2).header("reviewed", "now").to_string()
}

fn tell(input: &Path, came: &Came, json: bool, out: &mut Out) -> anyhow::Result<()> {
    let word = match came {
        Came::Right => "as reviewed",
        Came::Blessed => "written",
        Came::Wrong(_) => "differs",
    };
    if json {
        let difference = if let Came::Wrong(why) = came { Some(why) } else { None };
        return out.json(&json!({ "sample": input, "result": word, "difference": difference }));
    }
    match came {
        Came::Right => Ok(()),
        Came::Blessed => out.line(format!("{}: {word}", input.display())),
        Came::Wrong(why) => {
            out.line(out.bold(&format!("{}: {word}", input.display())))?;
            why.lines().try_for_each(|line| out.line(out.changed(line)))
        }
    }
}

// ---- show ----

fn show(args: &Show, out: &mut Out) -> anyhow::Result<u8> {
    let settings = settings::load(&args.settings)?.settings;
    let own = start::read_tree(&settings.mappings, &["yaml", "yml", "csv"])?;
    let folder = Folder { all: standard::with(own.clone()), own, root: settings.mappings };
    let Some(library) = compiled(&folder, args.json, out)? else { return Ok(1) };
    let Some(name) = &args.name else {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for plan in library.plans() {
            let told = plan.claimed();
            if args.json {
                out.json(&json!({ "name": plan.short(), "document": told.document, "message": plan.message(),
                    "direction": told.direction, "versions": told.versions, "partner": told.partner }))?;
                continue;
            }
            let partner = told.partner.unwrap_or_default();
            rows.push(vec![
                plan.short().to_owned(),
                told.document,
                plan.message().into(),
                told.direction.into(),
                partner,
            ]);
        }
        if !args.json {
            rows.sort();
            out.table(&["MAPPING", "DOCUMENT", "MESSAGE", "DIRECTION", "PARTNER"], &rows)?;
        }
        return Ok(0);
    };
    let plan = library.named(name).ok_or_else(|| {
        let near = nearest(name, library.plans().iter().map(|plan| plan.short().to_owned()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        anyhow!("there is no mapping `{name}`, and `crossdock mapping show` lists all{near}")
    })?;
    let fields = plan.fields();
    if args.json {
        for (field, file, line) in fields {
            out.json(&json!({ "field": field, "file": file, "line": line }))?;
        }
        return Ok(0);
    }
    out.line(format!("{}: {} as {}", out.bold(plan.name()), plan.claimed().document, plan.message()))?;
    let said = |file: &str, line: u32| {
        let text = folder.all.iter().find(|(path, _)| path == file).map_or("", |(_, text)| text.as_str());
        text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim().to_owned()
    };
    let rows: Vec<Vec<String>> =
        fields.into_iter().map(|(field, file, line)| vec![field, format!("{file}:{line}"), said(file, line)]).collect();
    out.table(&["FIELD", "MADE IN", "BY"], &rows)?;
    Ok(0)
}
