//! `crossdock audit`: the books must balance. Looks into the store itself, whether a hub works on it or not.

use super::{
    ask::{self, Opened},
    out::Out,
    settings,
};
use crate::{
    insight::audit::{self, Audit},
    store::now,
};
use std::collections::BTreeMap;

/// Count documents, messages and deliveries, and name what is missing
///
/// crossdock audit
/// crossdock audit --json | jq .missing
///
/// Exit 0: nothing is missing. 1: something is, and is named. 2: not every tenant's rows could be seen.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The whole report as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Audits.
pub async fn run(args: &Arguments) -> anyhow::Result<u8> {
    let opened = Opened::of(settings::load(&args.ask.settings)?.settings).await?;
    let tenant = match &args.ask.tenant {
        Some(name) => Some(opened.tenant(name).await?),
        None => None,
    };
    let audit = audit::audit(&opened.store, &opened.directory, tenant, now()).await?;
    let mut out = Out::new();
    match args.json {
        true => out.json(&audit)?,
        false => tell(&audit, &mut out)?,
    }
    out.flush()?;
    Ok(u8::from(!audit.ok))
}

fn tell(audit: &Audit, out: &mut Out) -> anyhow::Result<()> {
    for (things, counts) in
        [("documents", &audit.documents), ("messages", &audit.messages), ("deliveries", &audit.deliveries)]
    {
        out.line(format!("{:<11} {}", out.bold(things), words(counts)))?;
    }
    if audit.missing.is_empty() {
        return out.line("\nNothing is missing.");
    }
    out.line(format!("\n{}", out.bold(&format!("{} missing", audit.missing.len()))))?;
    for missing in &audit.missing {
        out.line(format!("  {} {} (tenant {}): {}", missing.kind, missing.id, missing.tenant, missing.sentence))?;
        out.line(format!("    next {}", missing.remedy))?;
    }
    Ok(())
}

/// `12: 10 translated, 2 rejected`.
fn words(counts: &BTreeMap<&'static str, i64>) -> String {
    let states: Vec<String> = counts
        .iter()
        .filter(|(state, n)| **state != "total" && **n > 0)
        .map(|(state, n)| format!("{n} {state}"))
        .collect();
    let total = counts.get("total").copied().unwrap_or(0);
    if states.is_empty() { total.to_string() } else { format!("{total}: {}", states.join(", ")) }
}
