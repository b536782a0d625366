//! `crossdock convert`: X12 and EDIFACT as JSON, and that JSON as the document again, byte for byte.

use super::out::{Out, To, beside};
use crate::formats::lossless::{
    Item, Reader, Writer,
    json::{self, ToJson},
};
use anyhow::{Context, anyhow, bail};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::PathBuf,
};

/// How much text may stand before the first interchange.
const TEXT: usize = 16 << 20;

/// Make JSON of an X12 or EDIFACT document, and the document of its JSON, without loss
///
/// crossdock convert order.edi
/// crossdock convert order.edi | jq -r '.. | arrays | select(.[0] == "BEG") | .[3]'
/// crossdock convert order.edi | jq '(.. | arrays | select(.[0] == "BEG"))[3] |= "PO-2"' | crossdock convert -
/// crossdock convert order.json -o order.edi
///
/// A segment is an array whose place 3 is the third element; a composite is an array in it; groups and sets are nested.
/// What comes back is the file byte for byte: delimiters, line ends, padding, release characters and what stands around
/// interchanges are kept. The shape is a JSON Schema: docs/reference/convert.schema.json. Counts are not made anew:
/// `crossdock fmt --repair` does that. A document of any size takes little memory, both ways.
///
/// CSV, fixed width, XML and other JSON have no segments and are refused.
///
/// Exit 0: done. 2: the file can't be read, has no interchange, or is JSON of another shape: said with path and line.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Convert {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// What to make [default: edi of JSON, json of anything else]
    #[arg(long, value_name = "FORM")]
    to: Option<Form>,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Json,
    Edi,
}

/// Converts the file.
pub fn run(args: &Convert) -> anyhow::Result<u8> {
    match &args.output {
        Some(output) => beside(output, |to| convert(args, to))?,
        None => {
            let mut out = Out::new();
            convert(args, &mut |bytes| out.bytes(bytes))?;
            out.flush()?;
        }
    }
    Ok(0)
}

fn convert(args: &Convert, to: To) -> anyhow::Result<()> {
    let file = &args.file;
    let mut input: Box<dyn BufRead> = match &**file {
        "-" => Box::new(io::stdin().lock()),
        _ => {
            let opened = File::open(file).with_context(|| format!("{file} can't be opened"))?;
            Box::new(BufReader::with_capacity(1 << 16, opened))
        }
    };
    let first = input.fill_buf().with_context(|| format!("{file} can't be read"))?;
    let is_json = first.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"[{".contains(byte));
    match args.to.unwrap_or(if is_json { Form::Edi } else { Form::Json }) {
        Form::Json => json(file, input, to),
        Form::Edi => edi(file, input, to),
    }
}

fn json(file: &str, input: impl BufRead, to: To) -> anyhow::Result<()> {
    let (mut made, mut out, mut begun) = (ToJson::new(), Vec::new(), false);
    for item in Reader::new(input) {
        let item = item.with_context(|| format!("{file} can't be read any further"))?;
        begun |= matches!(item, Item::Begin(_));
        made.put(&item, &mut out);
        // Nothing is written of what is no document.
        if begun {
            to(&out)?;
            out.clear();
        } else if out.len() > TEXT {
            break;
        }
    }
    if !begun {
        bail!(
            "{file} has no X12 or EDIFACT interchange: no ISA, UNA or UNB that can be read. \
             Only these have segments to convert; CSV, fixed width, XML and JSON have none"
        );
    }
    made.finish(&mut out);
    to(&out)
}

fn edi(file: &str, input: impl BufRead, to: To) -> anyhow::Result<()> {
    let (mut writer, mut out, mut broken) = (Writer::new(), Vec::new(), None);
    let read = json::read(input, |item| {
        out.clear();
        writer.put(item, &mut out);
        to(&out).map_err(|error| {
            broken = Some(error);
            io::Error::other("the output can't be written")
        })
    });
    match (broken, read) {
        (Some(error), _) => Err(error),
        (None, Err(json::Error::Io(error))) => Err(anyhow!(error).context(format!("{file} can't be read any further"))),
        (None, Err(json::Error::Wrong(wrong))) => Err(anyhow!("{file}, {wrong}")),
        (None, Ok(())) => Ok(()),
    }
}
