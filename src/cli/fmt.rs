//! `crossdock fmt`: X12 and EDIFACT laid out one segment a line, and mended, and otherwise left alone.

use super::out::{self, Out, To, beside};
use crate::formats::{
    fault::shorten,
    lossless::{
        Item, Reader, Writer,
        layout::{Layout, Lines, join},
        repair::{Change, Left, Repair},
    },
};
use anyhow::{Context, bail};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

/// Lay X12 and EDIFACT documents out, one segment a line, and mend what can be counted
///
/// crossdock fmt order.edi
/// crossdock fmt --fold order.edi -o wire.edi
/// crossdock fmt --repair --in-place inbox/*.edi
/// curl -s https://partner.example/850 | crossdock fmt --repair -
///
/// Only line ends are changed: those between segments, and those inside of them where a document is cut into lines of
/// one length, which is told. Binary data (BIN, BDS, UNO) stays as it is. With --repair also wrong counts (SE01, GE01,
/// IEA01, CTT01; UNT, UNE, UNZ, CNT), trailers' control numbers, the padding of ISA and a missing last terminator. Each
/// change is told on standard error, and what is left as it is: what stands behind binary data of a wrong length, and counts
/// where a terminator is missing. What is still wrong afterwards, `crossdock check` shows. A document of any size takes
/// little memory.
///
/// Exit 0: done. 1: with --check, something would be changed. 2: a file can't be read, or is neither X12 nor EDIFACT.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Fmt {
    /// Files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// All on one line
    #[arg(long, conflicts_with = "keep")]
    fold: bool,
    /// Leave line ends as they are
    #[arg(long)]
    keep: bool,
    /// Mend counts, control numbers, padding and the last terminator
    #[arg(long)]
    repair: bool,
    /// Write nothing, and name the files that would be changed
    #[arg(long, conflicts_with_all = ["in_place", "output"])]
    check: bool,
    /// Write each file back
    #[arg(long, short, conflicts_with = "output")]
    in_place: bool,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Formats each file; one that can't be read does not keep the others from it.
pub fn run(args: &Fmt) -> anyhow::Result<u8> {
    if args.output.is_some() && args.files.len() > 1 {
        bail!("--output takes one file, and {} are given", args.files.len());
    }
    let mut out = Out::new();
    let mut code = 0;
    for file in &args.files {
        match one(args, file, &mut out) {
            Ok(changed) => {
                if args.check && changed {
                    out.line(file)?;
                    code = code.max(1);
                }
            }
            Err(error) if error.is::<out::Closed>() => return Err(error),
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

/// Formats a file to where it shall go; true if something was changed.
fn one(args: &Fmt, file: &str, out: &mut Out) -> anyhow::Result<bool> {
    if args.check {
        return pass(args, file, &mut |_| Ok(()));
    }
    match (&args.output, args.in_place) {
        (Some(output), _) => beside(output, |to| pass(args, file, to)),
        (None, true) if file == "-" => bail!("standard input can't be written back: leave --in-place out"),
        (None, true) => beside(Path::new(file), |to| pass(args, file, to)),
        (None, false) => pass(args, file, &mut |bytes| out.bytes(bytes)),
    }
}

/// One document, item by item; true if something was changed.
fn pass(args: &Fmt, file: &str, to: To) -> anyhow::Result<bool> {
    let input: Box<dyn BufRead> = match file {
        "-" => Box::new(io::stdin().lock()),
        _ => {
            let opened = File::open(file).with_context(|| format!("{file} can't be opened"))?;
            Box::new(BufReader::with_capacity(1 << 16, opened))
        }
    };
    let lines = match (args.fold, args.keep) {
        (true, _) => Lines::Folded,
        (_, true) => Lines::Kept,
        _ => Lines::Unfolded,
    };
    let (mut layout, mut repair, mut writer) = (Layout::new(lines), Repair::new(), Writer::new());
    let (mut begun, mut changed, mut joined, mut header) = (false, false, false, 0);
    // What is mended in a line of a fixed length makes it longer or shorter, and its break a part of a value.
    let joins = lines != Lines::Kept || args.repair;
    let mut bytes = Vec::new();
    for item in Reader::new(input) {
        let mut item = item.with_context(|| format!("{file} can't be read any further"))?;
        if let Item::Begin(begin) = &item {
            (begun, joined, header) = (true, false, begin.byte);
        }
        let before = item.clone();
        if joins && join(&mut item) && !std::mem::replace(&mut joined, true) {
            eprintln!(
                "{file}: byte {header}: the interchange was cut into lines of one length; its segments are made whole"
            );
        }
        if args.repair {
            repair.apply(&mut item).iter().for_each(|change| tell(file, change));
            if let Some(Left { place, why }) = repair.left() {
                eprintln!("{file}: byte {} {}: {why}", place.byte, place.at);
            }
        }
        layout.apply(&mut item);
        changed |= item != before;
        bytes.clear();
        writer.put(&item, &mut bytes);
        to(&bytes)?;
    }
    if !begun {
        bail!("{file} has no X12 or EDIFACT interchange: no ISA, UNA or UNB that can be read");
    }
    Ok(changed)
}

fn tell(file: &str, Change { place, was, is }: &Change) {
    let (was, is) = (shorten(was, 40), shorten(is, 40));
    let was = if was.is_empty() { "nothing".into() } else { format!("“{was}”") };
    eprintln!("{file}: byte {} {}: was {was}, is “{is}”", place.byte, place.at);
}
