//! `crossdock mapping lint`.

use super::{Folder, folder, picture, test, told};
use crate::{
    cli::{
        out::{Out, counted},
        settings,
    },
    mapping::{
        Context, Library, Lint as Wrong, NoTables, Plan, astray, covered::Covered, explain::Said, name_of, samples,
        shipped_samples,
    },
};
use anyhow::Context as _;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Check mappings: every fault at its line, as a compiler shows it
///
/// crossdock mapping lint
/// crossdock mapping lint mappings/partners/northwind --json
///
/// The files below the folder are compiled with those that come with the hub. Below the mappings of the settings what stands
/// beside them is compiled, too; its faults count where a mapping of the folder extends it. Of CSV, JSON and XML, which
/// have no guide, the samples beside a mapping say what a document has, or, where there are none, those of what it
/// extends: a path that is nearly what they have and no line reads is a warning.
/// Exit 0: no fault, warnings perhaps. 1: faults. 2: the folder can't be read.
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
/// Runs it.
pub fn run(args: &Lint, out: &mut Out) -> anyhow::Result<u8> {
    let folder = folder(args.folder.as_deref(), &args.settings)?;
    let (wrong, warnings): (Vec<Wrong>, _) = match folder.compile() {
        Ok(library) => {
            let open = library.open().into_iter().filter(|one| folder.is_asked(one)).collect();
            (open, warnings(&folder, &library)?)
        }
        Err(wrong) => (wrong, vec![]),
    };
    for one in &wrong {
        told(one, &folder.all, args.json, out)?;
    }
    for Wrong { file, line, column, sentence } in &warnings {
        if args.json {
            let warning =
                json!({ "file": file, "line": line, "column": column, "sentence": sentence, "weight": "warning" });
            out.json(&warning)?;
            continue;
        }
        let (file, sentence) = (file.clone(), format!("warning: {sentence}"));
        picture(&Wrong { file, line: *line, column: *column, sentence }, &folder.all, out)?;
    }
    let mappings = folder.own.iter().filter(|(path, _)| path.ends_with("mapping.yaml")).count();
    if !args.json {
        let and = if warnings.is_empty() {
            String::new()
        } else {
            format!(", {}", counted(warnings.len() as u64, "warning"))
        };
        out.line(match wrong.len() {
            0 => format!("{} in {}, no fault{and}", counted(mappings as u64, "mapping"), folder.root.display()),
            faults => format!("{}{and}", counted(faults as u64, "fault")),
        })?;
    }
    Ok(u8::from(!wrong.is_empty()))
}

/// Paths that the samples of the folder's mappings don't have.
fn warnings(folder: &Folder, library: &Library) -> anyhow::Result<Vec<Wrong>> {
    let mut found = Vec::new();
    for (path, text) in folder.own.iter().filter(|(path, _)| path.ends_with("mapping.yaml")) {
        if let Some(plan) = name_of(text).and_then(|name| library.named(name)) {
            found.extend(of_samples(path, &plan, library)?);
        }
    }
    Ok(found)
}

fn of_samples(path: &str, plan: &Arc<Plan>, library: &Library) -> anyhow::Result<Vec<Wrong>> {
    let mut seen = Seen::new(plan);
    seen.beside(path)?;
    if seen.tried > 0 {
        return Ok(astray(plan, &seen.covered.told(), seen.tried, None));
    }
    // Without a sample of its own those of the nearest mapping below that has any say what such documents have.
    for below in plan.files().iter().skip(1) {
        seen.beside(below)?;
        let folder = Path::new(below).with_file_name("samples");
        let shipped = shipped_samples::SAMPLES.iter().filter(|(path, _)| Path::new(path).parent() == Some(&folder));
        if seen.tried == 0 {
            shipped.for_each(|(path, bytes)| seen.document(path.rsplit('/').next().unwrap_or(path), bytes));
        }
        let named = library.plans().iter().find(|plan| plan.files().first() == Some(below));
        if let (true, Some(base)) = (seen.tried > 0, named) {
            return Ok(astray(plan, &seen.covered.told(), seen.tried, Some(base.short())));
        }
    }
    Ok(vec![])
}

/// What a mapping makes of samples.
struct Seen<'p> {
    plan: &'p Arc<Plan>,
    covered: Covered,
    tried: usize,
}

impl<'p> Seen<'p> {
    fn new(plan: &'p Arc<Plan>) -> Self {
        Seen { plan, covered: Covered::new(plan.clone()), tried: 0 }
    }

    /// Those beside a mapping's file.
    fn beside(&mut self, path: &str) -> anyhow::Result<()> {
        for input in test::inputs(&Path::new(path).with_file_name("samples"))? {
            let Some(name) = test::file_name(&input) else { continue };
            let bytes = fs::read(&input).with_context(|| format!("{} can't be read", input.display()))?;
            self.document(name, &bytes);
        }
        Ok(())
    }

    fn document(&mut self, name: &str, bytes: &[u8]) {
        let context = Context { tenant_currency: "EUR", tables: &NoTables };
        if samples::sample(self.plan, name).is_none_or(|sample| sample.writes) {
            return;
        }
        // What can't be read at all is told by `mapping test`.
        let Ok(sets) = samples::sets(self.plan, bytes) else { return };
        self.tried += 1;
        for set in sets {
            let mut said = Said::default();
            self.covered.message(&self.plan.covering(&set.tree, &context, &mut said));
            self.covered.set(name, said);
        }
    }
}
