//! `crossdock check`: reads documents as the hub would, without a hub, and shows each fault at its place.

use super::{input::Input, out::Out};
use crate::formats::{
    CsvOptions, Options,
    fault::Fault,
    guides::Guides,
    layout::Layout,
    piece::{Policy, Standard},
    render::{
        self,
        letter::{self, Matter},
    },
    report::{self, Finding, Findings, Tally},
};
use crate::mapping::{self, Lint};
use anyhow::{Context, anyhow};

/// Faults that are drawn of one document; whoever must read so many needs no more.
const DRAWN: usize = 1_000;
/// Faults around the sets that one object of JSON holds; sets are written as they come.
const AROUND: usize = 10_000;

/// Look into documents: what is in them, and what is wrong where
///
/// crossdock check order.edi
/// crossdock check inbox/*.edi --json | jq 'select(any(.sets[]; .accepted | not))'
/// crossdock check order.edi --letter
/// crossdock check order.edi --guide northwind-850.yaml
/// crossdock check orders.csv --by order_number
/// crossdock check orders.txt --layout mapping.yaml
/// curl -s https://partner.example/850 | crossdock check -
///
/// Exit 0: nothing was refused or lost; notes, and warnings about codes that no list has, don't count. 1: something was
/// refused, or a warning says what is lost or missing around the sets. 2: a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// One JSON object a file
    #[arg(long)]
    json: bool,
    /// The faults as a letter to who sent the file
    #[arg(long, conflicts_with = "json")]
    letter: bool,
    /// What the files are, where their first bytes don't tell
    #[arg(long = "as", value_name = "STANDARD", value_parser = standard)]
    standard: Option<Standard>,
    /// A partner's guide to read sets by, where it fits; may be given several times
    #[arg(long = "guide", value_name = "FILE")]
    guides: Vec<String>,
    /// CSV: the column whose equal values make one set
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// CSV: the character between fields [default: guessed]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Fixed width: a mapping, or a file with its `layout:` alone, that says where the fields stand
    #[arg(long, value_name = "FILE")]
    layout: Option<String>,
}

/// `x12`, `edifact`, `csv`, `fixed`, `xml`, `json`.
pub fn standard(text: &str) -> Result<Standard, String> {
    serde_json::from_value(text.to_ascii_lowercase().into()).map_err(|_| "x12, edifact, csv, fixed, xml or json".into())
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
    let guides = super::guide::load(&args.guides)?;
    for file in &args.files {
        match one(args, &guides, file, &mut out) {
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
    for (guide, sets) in guides.untaken() {
        eprintln!("note: {guide} fits no set here: it is for {sets}");
    }
    Ok(code)
}

fn one(args: &Check, guides: &Guides, file: &str, out: &mut Out) -> anyhow::Result<bool> {
    let layout = args.layout.as_deref().map(layout).transpose()?;
    let standard = args.standard.or(layout.is_some().then_some(Standard::Fixed)).or_else(|| by_name(file));
    let csv = CsvOptions { delimiter: args.delimiter, by: args.by.clone() };
    let policy = Policy { guides: guides.clone(), ..Policy::default() };
    let options = Options { csv, policy, layout: layout.unwrap_or_default().into() };
    let document = Document { file, standard, input: Input::open(file)?, options };
    let tally = match (args.json, args.letter) {
        (true, _) => json(out, &document)?,
        (_, true) => letter(out, &document)?,
        _ => show(out, &document)?,
    };
    Ok(tally.accepted())
}

/// The layout in a file.
pub fn layout(file: &str) -> anyhow::Result<Layout> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{file} can't be read"))?;
    mapping::layout(file, &text)
        .map_err(|lints| anyhow!("{}", lints.iter().map(Lint::to_string).collect::<Vec<_>>().join("\n")))
}

/// What is looked into, and how it is to be read.
struct Document<'a> {
    file: &'a str,
    standard: Option<Standard>,
    input: Input,
    options: Options,
}

impl Document<'_> {
    /// Begins to read it, from its first byte.
    fn findings(&self) -> anyhow::Result<Findings<'_>> {
        Ok(Findings::open(self.standard, self.input.reader()?, self.options.clone())?)
    }

    fn broken(&self, error: std::io::Error) -> anyhow::Error {
        anyhow::anyhow!("{} can't be read any further: {error}", self.file)
    }
}

/// One object, written as the document is read. Whether a set is accepted is known when its trailers were read, so the
/// document is read twice rather than held.
fn json(out: &mut Out, document: &Document) -> anyhow::Result<Tally> {
    let mut first = document.findings()?;
    let known = first.standard;
    for finding in first.by_ref() {
        finding.map_err(|error| document.broken(error))?;
    }
    let tally = first.tally();
    let head = serde_json::json!({"file": document.file, "standard": known}).to_string();
    out.bytes(head.trim_end_matches('}').as_bytes())?;
    out.bytes(b",\"sets\":[")?;
    let (mut around, mut left_out, mut comma) = (Vec::new(), 0u64, "");
    for finding in document.findings()? {
        match finding.map_err(|error| document.broken(error))? {
            Finding::Set(mut set) => {
                set.accepted = tally.accepts(&set);
                out.bytes(comma.as_bytes())?;
                out.bytes(report::set_json(&set).as_bytes())?;
                comma = ",";
            }
            Finding::Around(one) if around.len() < AROUND => around.push(report::around_json(&one)),
            Finding::Around(_) => left_out += 1,
        }
    }
    out.bytes(b"],\"faults\":[")?;
    out.bytes(around.join(",").as_bytes())?;
    out.line(if left_out > 0 { format!("],\"faults_left_out\":{left_out}}}") } else { "]}".into() })?;
    Ok(tally)
}

/// To be sent to who wrote the document.
fn letter(out: &mut Out, document: &Document) -> anyhow::Result<Tally> {
    let mut findings = document.findings()?;
    let (mut told, mut left_out) = (Vec::new(), 0);
    for finding in findings.by_ref() {
        let faults = match finding.map_err(|error| document.broken(error))? {
            Finding::Set(set) => set.faults,
            Finding::Around(around) => vec![around.fault],
        };
        for fault in faults {
            if told.len() < DRAWN { told.push(fault) } else { left_out += 1 }
        }
    }
    let tally = findings.tally();
    let bytes = document.input.bytes().unwrap_or_default();
    let (accepted, refused) = (tally.sets.saturating_sub(tally.refused), tally.refused);
    let mut letter = letter::letter(&Matter {
        name: document.file,
        bytes,
        faults: &told,
        accepted,
        refused,
        waiting: 0,
        because: &[],
        cause: None,
    });
    letter.more += left_out;
    out.line(letter.text().trim_end())?;
    Ok(tally)
}

/// CSV has no sign of its own at its beginning; its name is one.
pub fn by_name(file: &str) -> Option<Standard> {
    let extension = file.rsplit_once('.')?.1;
    (extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("tsv")).then_some(Standard::Csv)
}

/// For people: drawn in the bytes where they are held, else in words, as the faults come.
fn show(out: &mut Out, document: &Document) -> anyhow::Result<Tally> {
    let mut findings = document.findings()?;
    let known = findings.standard;
    let bytes = document.input.bytes();
    let (mut drawn, mut left_out) = (Vec::new(), 0u64);
    if bytes.is_none() {
        out.line(out.bold(document.file))?;
    }
    let mut any = false;
    for finding in findings.by_ref() {
        let faults = match finding.map_err(|error| document.broken(error))? {
            Finding::Set(set) => set.faults,
            Finding::Around(around) => vec![around.fault],
        };
        for fault in faults {
            any = true;
            if bytes.is_none() {
                words(out, &fault)?;
            } else if drawn.len() < DRAWN {
                drawn.push(fault);
            } else {
                left_out += 1;
            }
        }
    }
    match bytes {
        Some(bytes) => out.line(render::terminal(document.file, bytes, &drawn, out.color))?,
        None if !any => out.line("  nothing wrong was found")?,
        None => {}
    }
    if left_out > 0 {
        out.line(format!("{left_out} faults more are not drawn; --json shows them all"))?;
    }
    let tally = findings.tally();
    verdict(out, known, &tally)?;
    Ok(tally)
}

fn verdict(out: &mut Out, standard: Option<Standard>, tally: &Tally) -> anyhow::Result<()> {
    let kinds = kinds(tally);
    let sets = match tally.sets {
        0 => "no set".into(),
        1 => format!("1 set ({kinds})"),
        n => format!("{n} sets ({kinds})"),
    };
    let verdict = match (tally.accepted(), tally.refused) {
        // No guide speaks of these: what they say is for a mapping to tell.
        (true, _) if !matches!(standard, Some(Standard::X12 | Standard::Edifact) | None) => {
            "accepted as it is built; what it says is looked at by its mapping (`crossdock translate`)".into()
        }
        (true, _) => "accepted".into(),
        (false, 0) if tally.sets == 0 => "nothing to read in it".to_owned(),
        (false, 0) => {
            let stand = if tally.sets == 1 { "which stands" } else { "which stand" };
            format!("{stand}, but what is around {} is not whole", if tally.sets == 1 { "it" } else { "them" })
        }
        (false, n) => format!("{n} refused"),
    };
    let standard = standard.map_or("unknown format".into(), |s| format!("{s:?}").to_uppercase());
    out.line(out.dim(&format!("{standard}: {sets}, {verdict}")))?;
    out.line("")
}

/// `850 004010`, or the first few of them.
fn kinds(tally: &Tally) -> String {
    let mut kinds: Vec<String> = tally.kinds.iter().cloned().collect();
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
    faults.iter().try_for_each(|fault| words(out, fault))
}

fn words(out: &mut Out, fault: &Fault) -> anyhow::Result<()> {
    out.line(format!("  {}", in_words(fault)))?;
    out.line(format!("      next {}", fault.remedy))
}

/// `E0307 byte 202: PO102 in segment 3 is not a number: “ten”.` The place is named once.
pub fn in_words(fault: &Fault) -> String {
    let at = fault.place.at.to_string();
    let at = if at.is_empty() || fault.sentence.contains(&at) { String::new() } else { format!(" {at}") };
    format!("{} byte {}{at}: {}", fault.code, fault.place.byte, fault.sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_once() {
        let text = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\
            GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO123**20260131~\
            PO1*1*ten*EA*4.20**VN*BOLT-M8~CTT*1~SE*5*0001~GE*1*1~IEA*1*000000001~";
        let report = report::check("order.edi", None, text.as_bytes(), Options::default()).unwrap();
        let told: Vec<String> = report.sets[0].faults.iter().map(in_words).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].matches("PO102").count(), 1, "{told:?}");
    }
}
