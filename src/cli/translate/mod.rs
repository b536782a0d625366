//! `crossdock translate`: a document to canonical messages, or messages to a document, by the mappings alone: no hub, no
//! store.

mod choice;
mod explained;
mod rows;
mod written;

use super::{check::in_words, input::Input, out::Out, settings, start};
use crate::{
    formats::{
        fault::{Fault, shorten},
        piece::{Identity, Piece, Set, Standard},
        place::At,
        read, render, sniff,
    },
    mapping::{
        Context, Plan, Reading,
        explain::{Said, Unread},
    },
};
use anyhow::{Context as _, anyhow, bail};
pub use choice::Choice;
pub use explained::times;
use rows::Rows;

/// Read a document by a mapping, or write one
///
/// crossdock translate order.edi
/// crossdock translate order.edi --explain
/// crossdock translate orders.csv --mapping csv/orders --table uom=units.csv
/// crossdock translate answer.json --mapping x12/4010/855-order-response --write --receiver ZZ/NORTHWIND
/// crossdock translate answer.json --mapping x12/4010/855-order-response --write --explain
/// crossdock translate monday/*.json --mapping fairhaven-paints/856-despatch --write
///
/// With --write all messages of all files go into one interchange, and into one document where the mapping has a loop for
/// each (`messages:`); else each makes a document of its own.
///
/// Exit 0: all of it. 1: faults, shown at their place. 2: a file or mapping can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Translate {
    /// The documents, or with --write canonical JSON: one message, several in an array, or one behind the other; - is
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The mapping by name [default: the one that claims what each set says it is]
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Whose document it is: the partner's own mappings claim it first
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Which bytes and which line of the mapping gave each field; with --write, which field and line gave each value
    #[arg(long)]
    explain: bool,
    /// With --explain: one JSON object a set or document
    #[arg(long)]
    json: bool,
    /// Indented JSON [default on a terminal]
    #[arg(long)]
    pretty: bool,
    /// Write the document of canonical JSON
    #[arg(long)]
    write: bool,
    /// Rows of a table as the tenant would have them: a CSV file with the columns value,target
    #[arg(long = "table", value_name = "NAME=FILE")]
    tables: Vec<String>,
    /// Currency of what names none
    #[arg(long, value_name = "ISO 4217", default_value = "USD")]
    currency: String,
    /// With --write: the sender, as qualifier/id
    #[arg(long, value_name = "QUALIFIER/ID", default_value = "ZZ/SENDER", value_parser = identity)]
    sender: Identity,
    /// With --write: the receiver, as qualifier/id
    #[arg(long, value_name = "QUALIFIER/ID", default_value = "ZZ/RECEIVER", value_parser = identity)]
    receiver: Identity,
    #[command(flatten)]
    settings: settings::Flags,
}

fn identity(text: &str) -> Result<Identity, String> {
    match text.split_once('/') {
        Some((qualifier, id)) if !id.is_empty() => Ok(Identity { qualifier: qualifier.into(), id: id.into() }),
        _ => Err("qualifier/id, such as ZZ/NORTHWIND or 14/4012345000009".into()),
    }
}

/// Translates one file.
pub fn run(args: &Translate) -> anyhow::Result<u8> {
    let settings = settings::load(&args.settings)?.settings;
    let files = start::read_files(&settings)?;
    let library = start::library(&files)?;
    let partners = start::partners(&files, args.partner.is_some())?;
    let choice = Choice::new(&library, args.mapping.as_deref(), args.partner.as_deref(), &partners)?;
    let tables = Rows::read(&args.tables, &library)?;
    tables.fit(&library)?;
    let context = Context { tenant_currency: &args.currency, tables: &tables };
    let inputs: Vec<(&str, Input)> = args.files.iter().map(|file| opened(file)).collect::<Result<_, _>>()?;
    let are_messages = || inputs.iter().all(|(_, input)| sniff(input.first()) == Some(Standard::Json));
    let writes = args.write || choice.named.as_ref().is_some_and(|p| p.standard() != Standard::Json) && are_messages();
    let mut out = Out::new();
    let code = if writes {
        let plan = choice.named.ok_or_else(|| {
            anyhow!("--write needs --mapping: canonical JSON does not say what document it should become")
        })?;
        written::run(args, &plan, &context, inputs, &mut out)?
    } else {
        let mut reader = Reader { args, file: "", choice, context };
        let mut code = 0;
        for (file, input) in inputs {
            reader.file = file;
            code = code.max(reader.run(input, &mut out)?);
        }
        code
    };
    out.flush()?;
    Ok(code)
}

fn opened(file: &str) -> anyhow::Result<(&str, Input)> {
    let input = Input::open(file)?;
    if let Some(bytes) = input.bytes().filter(|bytes| bytes.iter().all(u8::is_ascii_whitespace)) {
        let what = if bytes.is_empty() { "is empty" } else { "holds nothing but spaces and line ends" };
        bail!("{file} {what}: there is nothing to translate; ask whoever wrote it to send it again");
    }
    Ok((file, input))
}

struct Reader<'a> {
    args: &'a Translate,
    /// Which of them is read now.
    file: &'a str,
    choice: Choice<'a>,
    context: Context<'a>,
}

impl Reader<'_> {
    fn run(&self, input: Input, out: &mut Out) -> anyhow::Result<u8> {
        let standard = self.choice.standard(self.file, input.first())?;
        let bytes = input.bytes().map(<[u8]>::to_vec);
        let options = self.choice.options(standard);
        let mut faults = Vec::new();
        let mut application = None;
        for piece in read(standard, input.reader()?, options) {
            match piece.with_context(|| format!("{} can't be read any further", self.file))? {
                Piece::Group(group) => application = Some(group.sender.to_string()),
                Piece::Set(set) => faults.extend(self.set(&set, application.as_deref(), bytes.as_deref(), out)?),
                Piece::GroupEnd(end) => faults.extend(end.faults),
                Piece::InterchangeEnd(end) => faults.extend(end.faults),
                Piece::Fault(fault) => faults.push(fault),
                Piece::Interchange(_) => {}
            }
        }
        out.flush()?;
        tell(self.file, bytes.as_deref(), &faults);
        Ok(u8::from(faults.iter().any(|fault| fault.costs >= crate::formats::fault::Costs::Set)))
    }

    /// Prints what a set says; gives what is wrong with it.
    fn set(
        &self,
        set: &Set,
        application: Option<&str>,
        bytes: Option<&[u8]>,
        out: &mut Out,
    ) -> anyhow::Result<Vec<Fault>> {
        if !set.accepted() {
            return Ok(set.faults.clone());
        }
        let plan = self.choice.plan(self.file, set, application)?;
        let split = if plan.splits() { plan.split(set.clone()) } else { Vec::new() };
        let messages = if plan.splits() { &split } else { std::slice::from_ref(set) };
        let (mut faults, mut said, mut is_told) = (Vec::new(), Said::default(), false);
        for message in messages {
            let mut told = message.faults.clone();
            if message.accepted() {
                let reading = plan.covering(&message.tree, &self.context, &mut said);
                told.extend(reading.faults.iter().cloned());
                told.extend(reading.missing.iter().map(|missing| missing.fault.clone()));
                // Where the mapping says `unmapped: ignore`, nobody wants to know.
                is_told |= !reading.unread.is_empty();
                if !reading.body.is_null() {
                    self.print(message, &plan, &reading, bytes, out)?;
                }
            }
            // What is wrong with all of them is told once.
            faults.extend(told.into_iter().filter(|fault| !faults.contains(fault)).collect::<Vec<_>>());
        }
        for one in said.coverage().unread.iter().filter(|_| is_told) {
            eprintln!("note: {}, and {} does not read it", sent(one), plan.name());
        }
        Ok(faults)
    }

    fn print(
        &self,
        set: &Set,
        plan: &Plan,
        reading: &Reading,
        bytes: Option<&[u8]>,
        out: &mut Out,
    ) -> anyhow::Result<()> {
        if !self.args.explain {
            return if self.args.pretty || out.color {
                out.line(serde_json::to_string_pretty(&reading.body)?)
            } else {
                out.json(&reading.body)
            };
        }
        explained::message(plan, (self.file, set, bytes.unwrap_or_default()), &self.context, self.args.json, out)
    }
}

/// Where a fault stands, or that it is about all of it.
/// `N102 “Acme” was sent in segment 15 and twice more`
fn sent(one: &Unread) -> String {
    let at = match &one.place {
        At::Segment { ordinal, .. } => format!(" in segment {ordinal}"),
        At::Row { line, .. } => format!(" in line {line}"),
        At::Node { .. } | At::File { .. } => String::new(),
    };
    let more = match one.times {
        0 | 1 => String::new(),
        2 => ", and once more".to_owned(),
        times => format!(", and {} times more", times - 1),
    };
    format!("{} “{}” was sent{at}{more}", one.path, shorten(&one.value, 40))
}

fn place(fault: &Fault) -> String {
    let at = fault.place.at.to_string();
    if at.is_empty() { "as a whole".into() } else { at }
}

fn tell(file: &str, bytes: Option<&[u8]>, faults: &[Fault]) {
    if faults.is_empty() {
        return;
    }
    let color = std::io::IsTerminal::is_terminal(&std::io::stderr());
    match bytes {
        Some(bytes) => eprint!("{}", render::terminal(file, bytes, faults, color)),
        None => faults.iter().for_each(|f| eprintln!("{} {}", in_words(f), f.remedy)),
    }
}
