//! `crossdock mapping show`.

use super::{compiled, standing};
use crate::cli::{
    out::Out,
    settings::{self, nearest},
};
use crate::mapping::{Line, resolved};
use anyhow::anyhow;
use serde_json::json;

/// What mappings there are; or of one, which line makes each field
///
/// crossdock mapping show
/// crossdock mapping show northwind/850-order
/// crossdock mapping show northwind/850-order --resolved
///
/// Exit 0: shown. 1: the mappings have faults. 2: there is no such mapping.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// Name of a mapping; none lists all
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// With what it extends laid under it, as one mapping: which file says each line
    #[arg(long, requires = "name")]
    resolved: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}
/// Runs it.
pub fn run(args: &Show, out: &mut Out) -> anyhow::Result<u8> {
    let folder = standing(&args.settings)?;
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
    if args.resolved {
        return resolved(&library.resolved(plan.short()).unwrap_or_default(), args.json, out);
    }
    let fields = plan.fields();
    if args.json {
        for (field, line) in fields {
            out.json(&json!({ "field": field, "file": line.file, "line": line.line, "built_in": line.built_in }))?;
        }
        return Ok(0);
    }
    out.line(format!("{}: {} as {}", out.bold(plan.name()), plan.claimed().document, plan.message()))?;
    let row =
        |(field, line): (String, Line)| vec![field, line.to_string(), library.said(line.file, line.line).to_owned()];
    let rows: Vec<Vec<String>> = fields.into_iter().map(row).collect();
    out.table(&["FIELD", "MADE IN", "BY"], &rows)?;
    Ok(0)
}

/// The lines, with where each is said behind them as a comment: what is printed is a mapping.
fn resolved(lines: &[resolved::Line], json: bool, out: &mut Out) -> anyhow::Result<u8> {
    if json {
        lines.iter().try_for_each(|line| out.json(line))?;
        return Ok(0);
    }
    let width = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or_default().min(80);
    for resolved::Line { text, file, line } in lines {
        out.line(format!("{text:width$}  {}", out.dim(&format!("# {file}:{line}"))))?;
    }
    Ok(0)
}
