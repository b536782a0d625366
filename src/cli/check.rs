//! `crossdock check`: reads documents as the hub would, without a hub, and shows each fault at its place.

use super::{input::Input, out::Out};
use crate::formats::{CsvOptions, Options, fault::Fault, piece::Standard, render, report, report::Report};

/// Look into documents: what is in them, and what is wrong where
///
/// crossdock check order.edi
/// crossdock check inbox/*.edi --json | jq 'select(any(.sets[]; .accepted | not))'
/// crossdock check orders.csv --by order_number
/// curl -s https://partner.example/850 | crossdock check -
///
/// Exit 0: nothing was refused. 1: faults were found. 2: a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// One JSON object a file
    #[arg(long)]
    json: bool,
    /// What the files are, where their first bytes don't tell
    #[arg(long = "as", value_name = "STANDARD", value_parser = standard)]
    standard: Option<Standard>,
    /// CSV: the column whose equal values make one set
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// CSV: the character between fields [default: guessed]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
}

/// `x12`, `edifact`, `csv`, `xml`, `json`.
pub fn standard(text: &str) -> Result<Standard, String> {
    serde_json::from_value(text.to_ascii_lowercase().into()).map_err(|_| "x12, edifact, csv, xml or json".into())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err("one character, or \\t".into()),
    }
}

/// Checks each file; one that can't be read does not keep the others from it.
pub fn run(args: &Check) -> anyhow::Result<u8> {
    let mut out = Out::new();
    let mut code = 0;
    for file in &args.files {
        match one(args, file, &mut out) {
            Ok(accepted) => code = code.max(u8::from(!accepted)),
            Err(error) if error.is::<super::out::Closed>() => return Err(error),
            Err(error) => {
                out.flush()?;
                eprintln!("error: {error:#}");
                code = 2;
            }
        }
    }
    out.flush()?;
    Ok(code)
}

fn one(args: &Check, file: &str, out: &mut Out) -> anyhow::Result<bool> {
    let input = Input::open(file)?;
    let standard = args.standard.or_else(|| by_name(file));
    let options = Options { csv: CsvOptions { delimiter: args.delimiter, by: args.by.clone() }, ..Options::default() };
    let bytes = input.bytes().map(<[u8]>::to_vec);
    let report = report::check(file, standard, input.reader(), options)
        .map_err(|error| anyhow::anyhow!("{file} can't be read any further: {error}"))?;
    if args.json {
        out.line(report::json(&report))?;
    } else {
        show(out, &report, bytes.as_deref())?;
    }
    Ok(report.accepted())
}

/// CSV has no sign of its own at its beginning; its name is one.
fn by_name(file: &str) -> Option<Standard> {
    let extension = file.rsplit_once('.')?.1;
    (extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("tsv")).then_some(Standard::Csv)
}

fn show(out: &mut Out, report: &Report, bytes: Option<&[u8]>) -> anyhow::Result<()> {
    let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
    picture(out, &report.file, bytes, &faults)?;
    let refused = report.sets.iter().filter(|set| !set.accepted).count();
    let kinds = kinds(report);
    let sets = match report.sets.len() {
        0 => "no set".into(),
        1 => format!("1 set ({kinds})"),
        n => format!("{n} sets ({kinds})"),
    };
    let verdict = match (report.accepted(), refused) {
        (true, _) => "accepted".into(),
        (false, 0) => "refused around the sets".to_owned(),
        (false, n) => format!("{n} refused"),
    };
    out.line(out.dim(&format!(
        "{}: {sets}, {verdict}",
        report.standard.map_or("unknown format".into(), |s| format!("{s:?}").to_uppercase())
    )))?;
    out.line("")
}

/// `850 004010`, or the first few of them.
fn kinds(report: &Report) -> String {
    let mut kinds: Vec<String> =
        report.sets.iter().map(|set| format!("{} {}", set.kind, set.version).trim().to_owned()).collect();
    kinds.sort();
    kinds.dedup();
    let more = kinds.len().saturating_sub(3);
    kinds.truncate(3);
    let kinds: Vec<String> = kinds.into_iter().map(|kind| if kind.is_empty() { "rows".into() } else { kind }).collect();
    if more > 0 { format!("{}, and {more} kinds more", kinds.join(", ")) } else { kinds.join(", ") }
}

/// Faults drawn where they stand; where the bytes are too many to be held, in words.
pub fn picture(out: &mut Out, file: &str, bytes: Option<&[u8]>, faults: &[Fault]) -> anyhow::Result<()> {
    if let Some(bytes) = bytes {
        return out.line(render::terminal(file, bytes, faults, out.color));
    }
    out.line(out.bold(file))?;
    if faults.is_empty() {
        out.line("  nothing wrong was found")?;
    }
    for fault in faults {
        out.line(format!("  {} byte {} {}: {}", fault.code, fault.place.byte, fault.place.at, fault.sentence))?;
        out.line(format!("      next {}", fault.remedy))?;
    }
    Ok(())
}
