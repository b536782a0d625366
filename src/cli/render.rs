//! `crossdock render`: a document as one readable HTML page.

use super::{
    check::{by_name, layout},
    guide,
    input::Input,
    out::{Out, To, beside},
};
use crate::formats::{
    CsvOptions, Options,
    piece::{Policy, Standard},
    read,
    render::html,
    sniff,
};
use anyhow::{Context, anyhow};
use std::{io, path::PathBuf};

/// Make a readable page of a document, with its faults at their places
///
/// crossdock render order.edi -o order.html
/// crossdock render orders.csv --by order_number > orders.html
/// crossdock render orders.txt --layout mapping.yaml -o orders.html
/// crossdock render order.edi --guide northwind-850.yaml -o order.html
///
/// Sender, receiver, dates and control numbers, loops nested, elements by name, codes that are met most spelled out. X12,
/// EDIFACT, XML, JSON, CSV by its name, and lines of fixed width by their layout. The page is one file without script, for screen and print, in light and dark.
///
/// Exit 0: nothing was refused or lost. 1: something was, as `check` says it. 2: the file can't be read, or is no document.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Render {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// CSV: the column whose equal values make one set
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// Fixed width: a mapping, or a file with its `layout:` alone, that says where the fields stand
    #[arg(long, value_name = "FILE")]
    layout: Option<String>,
    /// A partner's guide to read sets by, where it fits; may be given several times
    #[arg(long = "guide", value_name = "FILE")]
    guides: Vec<String>,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Renders the file.
pub fn run(args: &Render) -> anyhow::Result<u8> {
    let refused = match &args.output {
        Some(output) => beside(output, |to| render(args, to))?,
        None => {
            let mut out = Out::new();
            let refused = render(args, &mut |bytes| out.bytes(bytes))?;
            out.flush()?;
            refused
        }
    };
    Ok(u8::from(refused > 0))
}

fn render(args: &Render, to: To) -> anyhow::Result<usize> {
    let file = &args.file;
    let input = Input::open(file)?;
    let layout = args.layout.as_deref().map(layout).transpose()?;
    let guides = guide::load(&args.guides)?;
    let standard = layout
        .is_some()
        .then_some(Standard::Fixed)
        .or_else(|| by_name(file))
        .or_else(|| sniff(input.first()))
        .or(args.by.as_ref().and(Some(Standard::Csv)));
    let standard = standard.with_context(|| {
        format!(
            "{file} begins like no format that can be told: expected X12, EDIFACT, XML or JSON; CSV by its name or --by, \
             fixed width by --layout"
        )
    })?;
    let csv = CsvOptions { delimiter: None, by: args.by.clone() };
    let policy = Policy { guides: guides.clone(), ..Policy::default() };
    let options = Options { csv, policy, layout: layout.unwrap_or_default().into() };
    let mut broken = None;
    let made = html::page_by(file, read(standard, input.reader()?, options), &guides, &mut |text| {
        to(text.as_bytes()).map_err(|error| {
            broken = Some(error);
            io::Error::other("the output can't be written")
        })
    });
    match (broken, made) {
        (Some(error), _) => Err(error),
        (None, made) => made.map_err(|error| anyhow!(error).context(format!("{file} can't be read any further"))),
    }
}
