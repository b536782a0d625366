//! `crossdock mapping test`.

use super::{compiled, folder};
use crate::{
    cli::{
        out::{Out, counted},
        settings,
    },
    mapping::{Context, NoTables, Plan, name_of, samples},
};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

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
/// What came of a sample.
enum Came {
    Right,
    /// And why it is refused, if it is.
    Blessed(Option<String>),
    Wrong(String),
}

/// Runs it.
pub fn run(args: &Test, out: &mut Out) -> anyhow::Result<u8> {
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
        let (tried, without) = (counted(tried, "sample"), counted(without, "mapping"));
        out.line(format!("{tried}, {faulty} not as reviewed, {without} without one; {took} ms"))?;
    }
    Ok(u8::from(faulty > 0))
}

pub fn inputs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
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

pub fn file_name(path: &Path) -> Option<&str> {
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
        return Ok(Came::Blessed(samples::refusal(&given)));
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
        Came::Blessed(_) => "written",
        Came::Wrong(_) => "differs",
    };
    if json {
        let difference = if let Came::Wrong(why) = came { Some(why) } else { None };
        return out.json(&json!({ "sample": input, "result": word, "difference": difference }));
    }
    match came {
        Came::Right => Ok(()),
        Came::Blessed(None) => out.line(format!("{}: {word}", input.display())),
        Came::Blessed(Some(why)) => {
            let warning = "and this is what it gives: that it is refused. Keep it only if it is to be";
            out.line(format!("{}: {word}, {warning}. {why}", input.display()))
        }
        Came::Wrong(why) => {
            out.line(out.bold(&format!("{}: {word}", input.display())))?;
            why.lines().try_for_each(|line| out.line(out.changed(line)))
        }
    }
}
