//! `crossdock generate`: documents by a guide, valid or broken on purpose, as many as one likes.

use super::{guide, out::Out};
use crate::formats::generate::{Broken, Shape, generate};

/// Make documents by a guide, by chance and the same for the same seed
///
/// crossdock generate 850 --seed 7
/// crossdock generate 856 --version 005010 --lines 200 --sets 50
/// crossdock generate ORDERS --faulty --sets 20 | crossdock check -
/// crossdock generate INVOIC --version D01B --sets 1000000
///
/// With --faulty each set has one thing broken, told on standard error (--json: one object a set).
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Generate {
    /// The set or message: 850, ORDERS
    #[arg(value_name = "SET")]
    kind: String,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Lines of each set (PO1, IT1, LIN, HL) [default: one to five]
    #[arg(long)]
    lines: Option<u32>,
    /// Sets of the document; more than 999,999 go into several interchanges
    #[arg(long, default_value_t = 1)]
    sets: u64,
    /// Version of the standard [default: 004010, D96A or the first that has it]
    #[arg(long)]
    version: Option<String>,
    /// Who sends it
    #[arg(long, default_value = "NORTHWIND")]
    sender: String,
    /// Break one thing in each set
    #[arg(long)]
    faulty: bool,
    /// Tell what was broken as JSON
    #[arg(long)]
    json: bool,
}

/// Writes the document to standard output as it is made.
pub fn run(args: &Generate) -> anyhow::Result<u8> {
    let guide = guide::find(&args.kind, args.version.as_deref())?;
    let shape = Shape {
        sets: args.sets,
        lines: args.lines,
        faulty: args.faulty,
        sender: args.sender.clone(),
        ..Shape::default()
    };
    let mut out = Out::new();
    for chunk in generate(guide, args.seed, shape)? {
        out.bytes(&chunk.bytes)?;
        if let Some(broken) = &chunk.broken {
            tell(args, broken)?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn tell(args: &Generate, broken: &Broken) -> anyhow::Result<()> {
    if args.json {
        eprintln!("{}", serde_json::to_string(broken)?);
        return Ok(());
    }
    let Broken { code, control, segment, path, was, now, .. } = broken;
    let (was, now) = (crate::formats::fault::shorten(was, 40), crate::formats::fault::shorten(now, 40));
    eprintln!("{code} set {control}, segment {segment}, {path}: was “{was}”, is “{now}”");
    Ok(())
}
