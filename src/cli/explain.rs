//! `crossdock explain E0107`: the page of a fault, of a mapping's fault, of a refusal of the core, of what the hub says became of a
//! thing, of an event, or of a problem of the API; and what a code of an acknowledgement means.

use super::{out::Out, settings::nearest};
use crate::{api::problem, canonical::events, core, flow, formats, mapping::codes};
use anyhow::bail;
use serde::Serialize;
use serde_json::json;

/// What a code means and what to do
///
/// crossdock explain E0107            a fault in a document
/// crossdock explain mapping/missing  what a mapping could not read or write
/// crossdock explain mapping          all codes that begin so
/// crossdock explain order/unknown    a refusal of the core
/// crossdock explain sandbox/taken    what became of a thing, in a cause or in the journal
/// crossdock explain key_missing      a problem of the API
/// crossdock explain AK501=R          how a 997 or 999 says a set was taken, also as 717/R
/// crossdock explain AK403=7          a code of a 997 or 999, also as 723/7
/// crossdock explain 0085/12          one of a CONTRL
/// crossdock explain 024              one of a TA1, and of every other that has it
/// crossdock explain                  all codes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// The code; none lists all
    code: Option<String>,
    /// A JSON object a code
    #[arg(long)]
    json: bool,
}

/// A code with its title and its page; as JSON, what `explain --json` prints.
#[derive(Serialize)]
struct Page {
    code: &'static str,
    title: &'static str,
    /// `document`, `mapping`, `core`, `hub`, `event` or `api`.
    of: &'static str,
    /// What X12 calls it: `AK403/IK403 (723) = 5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    x12: Option<String>,
    /// Element 0085 of CONTRL.
    #[serde(skip_serializing_if = "str::is_empty")]
    edifact: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    remedy: &'static str,
    /// Markdown.
    text: String,
}

fn pages() -> Vec<Page> {
    let faults = formats::codes::CODES.iter().map(|row| Page {
        code: row.code,
        title: row.title,
        of: "document",
        x12: row.told(),
        edifact: row.edifact,
        remedy: row.remedy,
        text: format!("{}\n", row.help.trim_end()),
    });
    let mapping = codes::CODES.iter().map(|row| Page {
        code: row.code,
        title: row.title,
        of: "mapping",
        x12: None,
        edifact: "",
        remedy: "",
        text: row.page(),
    });
    let core = core::CODES.iter().map(|row| {
        let costs = if row.whole {
            "The core refuses the whole message."
        } else {
            "The core refuses the line, or a part of it; the others stand."
        };
        let text = format!("# `{}`\n\n{}\n\n{costs}\n", row.code, row.means);
        Page { code: row.code, title: row.means, of: "core", x12: None, edifact: "", remedy: "", text }
    });
    let hub = flow::codes::CODES.iter().map(|row| Page {
        code: row.code,
        title: row.title,
        of: "hub",
        x12: None,
        edifact: "",
        remedy: "",
        text: row.page(),
    });
    // A deadline that passed is written by the name of its event.
    let told = events::types().map(|one| {
        let text = format!(
            "# `{0}`\n\n{1}.\n\nIt is an event, which webhooks and the feed tell: `crossdock events schema {0}` shows what it carries.\n",
            one.name,
            one.meaning.trim_end_matches('.')
        );
        Page { code: one.name, title: one.meaning, of: "event", x12: None, edifact: "", remedy: "", text }
    });
    let api = problem::Code::ALL.iter().map(|code| Page {
        code: code.name(),
        title: code.title(),
        of: "api",
        x12: None,
        edifact: "",
        remedy: "",
        text: format!("{}\n", code.page().trim_end()),
    });
    faults.chain(mapping).chain(core).chain(hub).chain(told).chain(api).collect()
}

/// Prints a page, or the list.
pub fn run(args: &Explain) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let Some(code) = &args.code else {
        list(&pages().iter().collect::<Vec<_>>(), args.json, &mut out)?;
        out.flush()?;
        return Ok(0);
    };
    let pages = pages();
    let is_it = |known: &str| {
        known.eq_ignore_ascii_case(code)
            || known.strip_prefix('E').is_some_and(|digits| digits == code)
            || flow::codes::is_of_family(known, code)
    };
    let Some(page) = pages.iter().find(|page| is_it(page.code)) else {
        let meant = formats::ack::asked(code);
        if !meant.is_empty() {
            meant.iter().try_for_each(|meant| of_standard(meant, args.json, &mut out))?;
            out.flush()?;
            return Ok(0);
        }
        if let Some(answer) = formats::ack::answer_with(code) {
            bail!(
                "{code} is no code: it is a segment of the {answer}, and the page of each code says what stands there for it \
                 (`crossdock explain` lists them)"
            );
        }
        if let Some((element, known)) = formats::ack::codes_of(code) {
            bail!("{element} has no such code as in `{code}`: it has {}", known.join(", "));
        }
        // A fault's code is nothing that somebody means who names an element.
        let named = code.contains('=')
            || code.split_once('/').is_some_and(|(element, _)| element.ends_with(|c: char| c.is_ascii_digit()));
        if named {
            bail!(
                "there is no code `{code}`: elements of acknowledgements are asked for as AK501=R, TA105=024 or 0085/12, and \
                 `crossdock explain` lists all other codes"
            );
        }
        let below = format!("{}/", code.trim_end_matches('/').to_ascii_lowercase());
        let rows: Vec<&Page> = pages.iter().filter(|page| page.code.starts_with(&below)).collect();
        if !rows.is_empty() {
            list(&rows, args.json, &mut out)?;
            out.flush()?;
            return Ok(0);
        }
        let near = nearest(code, pages.iter().map(|page| page.code.to_owned()));
        bail!(
            "there is no code `{code}`, and `crossdock explain` lists all{}",
            near.map_or_else(String::new, |n| format!("; did you mean {n}?"))
        );
    };
    if args.json {
        out.json(page)?
    } else {
        out.line(&page.text)?
    }
    out.flush()?;
    Ok(0)
}

fn list(pages: &[&Page], as_json: bool, out: &mut Out) -> anyhow::Result<()> {
    if as_json {
        return pages.iter().try_for_each(|page| out.json(page));
    }
    let rows: Vec<Vec<String>> = pages.iter().map(|page| vec![page.code.into(), page.title.into()]).collect();
    out.table(&["CODE", "WHAT IT MEANS"], &rows)
}

/// What a standard's code means, and the pages of the faults that are told by it.
fn of_standard(meant: &formats::ack::Meant, as_json: bool, out: &mut Out) -> anyhow::Result<()> {
    if as_json {
        let faults: Vec<&str> = meant.faults.iter().map(|row| row.code).collect();
        let (code, title, why) = (&meant.told, meant.means, meant.why);
        return out.json(&json!({"code": code, "title": title, "of": "standard", "why": why, "faults": faults}));
    }
    out.line(format!("# {}: {}\n", meant.told, meant.means))?;
    if !meant.why.is_empty() {
        out.line(format!("{}\n", meant.why))?;
    }
    match &*meant.faults {
        [] if !meant.why.is_empty() => Ok(()),
        [] => out.line("No fault that is found here is told by it.\n"),
        // Its page says what to do.
        [row] => out.line(format!("{}\n", row.help.trim_end())),
        rows => {
            let rows: Vec<Vec<String>> = rows.iter().map(|row| vec![row.code.into(), row.title.into()]).collect();
            out.table(&["TOLD FOR", "WHAT IT MEANS (crossdock explain CODE)"], &rows)?;
            out.line("")
        }
    }
}
