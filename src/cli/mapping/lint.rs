//! `crossdock mapping lint`.

use super::{folder, told};
use crate::cli::{out::Out, settings};
use std::path::PathBuf;

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
/// Runs it.
pub fn run(args: &Lint, out: &mut Out) -> anyhow::Result<u8> {
    let folder = folder(args.folder.as_deref(), &args.settings)?;
    let wrong = match folder.compile() {
        Ok(library) => library.open(),
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
