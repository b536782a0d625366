//! `crossdock mapping new`.

use super::{
    compiled, standing,
    suggest::{How, Pairs, inside, pairs, proposed, recognise, told},
};
use crate::{
    cli::{out::Out, settings},
    formats::piece::Standard,
    mapping::{
        Asked, Context, Library, NoTables, Plan, is_name, name_of,
        suggest::{Delta, Failure, OPEN, Request, Sample, delta},
    },
};
use anyhow::{Context as _, anyhow, bail};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Begin a mapping from samples: a partner's differences where a mapping claims such documents, else a proposal
///
/// crossdock mapping new northwind/850-order --from order.edi
/// crossdock mapping new northwind/prices --from prices.csv --as "csv prices" --by list --to price_catalogue/1
///
/// Writes mapping.yaml below partners/ in the folder of the mappings, with the samples beside it. A CSV or JSON file that
/// is called as one that a mapping claims, and that this can't read, gets a proposal, too. Look at it, then keep
/// what the samples give with `crossdock mapping test --bless`.
/// Exit 0: written. 1: written of samples with faults, which are told; or what would be written has faults, and nothing is
/// written. 2: it is there already, or a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// The mapping's name: PARTNER/WHAT
    #[arg(value_name = "NAME")]
    name: String,
    /// A sample; may be given several times
    #[arg(long = "from", value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The message that a sample should give, as JSON: one a sample, in their order
    #[arg(long, value_name = "JSON")]
    like: Vec<String>,
    /// Whose documents they are [default: the name's first part]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    settings: settings::Flags,
}

/// A mapping that is to be written, with its samples.
pub struct Begun {
    pub name: String,
    pub folder: PathBuf,
    pub text: String,
    /// What was done and why, for people.
    pub told: Vec<String>,
    /// False where the mapping that there is does all of it.
    pub needed: bool,
    /// True where it can't read all of the samples either, which is told.
    pub faulty: bool,
}

/// Runs it.
pub fn run(args: &New, out: &mut Out) -> anyhow::Result<u8> {
    let partner = args
        .partner
        .as_deref()
        .or_else(|| Some(args.name.split_once('/')?.0))
        .ok_or_else(|| anyhow!("whose documents are they? Name the mapping PARTNER/WHAT, or say --partner"))?;
    let mut pairs = pairs(&args.files, &args.like, &args.how)?;
    recognise(&mut pairs, Some(partner), &args.how, &args.settings)?;
    let Some(begun) = begin(&args.name, partner, &pairs, &args.how, &args.settings, out)? else { return Ok(1) };
    if begun.folder.join("mapping.yaml").exists() {
        bail!("{} is there already: nothing is written", begun.folder.join("mapping.yaml").display());
    }
    begun.told.iter().try_for_each(|line| out.line(line))?;
    write(&begun, &pairs, out)?;
    let faulty = told(&pairs) || begun.faulty;
    let folder = begun.folder.display();
    out.line(format!("next: crossdock mapping test {folder} --bless, and look at what it wrote"))?;
    out.line(format!("      crossdock mapping coverage {} --partner {partner}", args.files.join(" ")))?;
    Ok(u8::from(faulty))
}

/// What the mapping would be. None where that can't be said, which is told.
pub fn begin(
    name: &str,
    partner: &str,
    pairs: &Pairs,
    how: &How,
    flags: &settings::Flags,
    out: &mut Out,
) -> anyhow::Result<Option<Begun>> {
    let folder = standing(flags)?;
    let Some(library) = compiled(&folder, false, out)? else { return Ok(None) };
    if !is_name(name) || name.starts_with('.') || name.contains("/.") {
        bail!("`{name}` can't be a mapping's name: PARTNER/WHAT in small letters, as in northwind/850-order");
    }
    let place = folder.root.join("partners").join(name);
    if library.named(name).is_some() {
        bail!("there is a mapping {name} already: nothing is written");
    }
    let base = claimed(&library, pairs, Some(partner)).filter(|base| !how.without.iter().any(|n| n == base.short()));
    if let Some(base) = base.filter(|_| pairs.wanted.iter().all(Option::is_none)) {
        if base.claimed().partner.is_some() {
            bail!("{} reads them already: change it, or say --without {0} to begin anew", base.short());
        }
        if let Some(wrong) = strange(&base, pairs) {
            let why = format!("{} claims {}, and can't read these ({wrong})", base.short(), pairs.documents[0].from);
            let mut how = how.clone();
            how.without.push(base.short().to_owned());
            // Of a JSON document nothing else says what it is about.
            how.to = how.to.or_else(|| (base.standard() == Standard::Json).then(|| base.message().to_owned()));
            return begun_anew(name, (partner, place), pairs, (&how, why), flags, out);
        }
        loses_nothing(&base, how)?;
        let first = &pairs.documents[0];
        let request = Request {
            name,
            from: &first.from,
            message: None,
            partner: Some(partner),
            by: first.by.as_deref(),
            samples: samples(pairs),
            messages: None,
            without: vec![],
            only_shown: false,
            path: &format!("partners/{name}/mapping.yaml"),
        };
        return match delta(&inside(&folder), &request, &base) {
            Ok(delta) => {
                let needed = delta.added > 0 || !delta.rows.is_empty() || delta.messages.is_some();
                let (told, faulty) = (words(&base, &delta), !delta.faults.is_empty());
                Ok(Some(Begun { name: name.into(), folder: place, told, text: delta.text, needed, faulty }))
            }
            Err(Failure::Sentence(sentence)) => Err(anyhow!(sentence)),
            Err(Failure::Mappings(lints)) => {
                lints.iter().for_each(|lint| eprintln!("{lint}"));
                Ok(None)
            }
        };
    }
    let why = match claimed(&library, pairs, Some(partner)) {
        None => format!("no mapping claims {}", pairs.documents[0].from),
        Some(other) => format!("beside {}, which claims {}", other.short(), pairs.documents[0].from),
    };
    begun_anew(name, (partner, place), pairs, (how, why), flags, out)
}

/// A mapping of its own, as proposed from the samples, and why it is none that extends another.
fn begun_anew(
    name: &str,
    (partner, folder): (&str, PathBuf),
    pairs: &Pairs,
    (how, why): (&How, String),
    flags: &settings::Flags,
    out: &mut Out,
) -> anyhow::Result<Option<Begun>> {
    let Some(proposal) = proposed(pairs, how, name, Some(partner), flags, false, out)? else { return Ok(None) };
    let sure = proposal.lines.iter().filter(|line| line.confidence >= 0.9).count();
    let open: Vec<String> =
        proposal.lines.iter().filter(|line| line.says == OPEN).map(|line| line.field.clone()).collect();
    let mut told = vec![
        format!("{why}: proposed from the samples, as {}", proposal.message),
        format!("{} lines, {sure} of them at 0.9 or above; the reason stands behind each", proposal.lines.len()),
    ];
    if !open.is_empty() {
        told.push(format!(
            "the message must have {}, and nothing of the samples says it: `{OPEN}` stands there, documents wait until you \
             have said it, and crossdock mapping lint names the lines",
            open.join(", ")
        ));
    }
    told.extend(rows_lacking(name, &proposal.text, pairs, flags)?);
    Ok(Some(Begun { name: name.into(), folder, text: proposal.text, told, needed: true, faulty: false }))
}

/// The values of the samples that a proposal's tables have no row for.
fn rows_lacking(name: &str, text: &str, pairs: &Pairs, flags: &settings::Flags) -> anyhow::Result<Vec<String>> {
    let mut files = inside(&standing(flags)?);
    files.push((format!("partners/{name}/mapping.yaml"), text.to_owned()));
    let plan = Library::compile(&files).ok().and_then(|library| library.named(name));
    let Some(plan) = plan else { return Ok(vec![]) };
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let sets = pairs.documents.iter().flat_map(|document| &document.sets);
    let missing = sets.flat_map(|set| plan.read(&set.tree, &context).missing);
    let rows: BTreeSet<(String, String)> = missing.map(|missing| (missing.table, missing.value)).collect();
    Ok(rows.iter().map(lacks_row).collect())
}

fn lacks_row((table, value): &(String, String)) -> String {
    format!("{table} has no row for {value}: crossdock reference add {table} {value} TARGET, or a row in the mapping")
}

/// What a mapping lacks in samples that only their name gave it: a CSV or JSON file doesn't say itself what it is. None of
/// one that reads half of what they say or more, though it has faults in it.
pub fn strange(base: &Plan, pairs: &Pairs) -> Option<String> {
    if !matches!(base.standard(), Standard::Csv | Standard::Json) {
        return None;
    }
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let (mut values, mut read, mut lacks) = (0, 0, None);
    for set in pairs.documents.iter().flat_map(|document| &document.sets) {
        let explained = base.explain(&set.tree, &context);
        values += explained.values.len();
        read += explained.values.iter().filter(|looked| looked.line.is_some()).count();
        let missing = explained.reading.faults.iter().find(|fault| &*fault.code == "mapping/missing");
        lacks = lacks.or_else(|| missing.map(|fault| fault.sentence.to_string()));
    }
    lacks.filter(|_| read * 2 < values)
}

/// What is asked for must be what the mapping does that would be extended.
fn loses_nothing(base: &Plan, how: &How) -> anyhow::Result<()> {
    let name = base.short();
    let own = base.options().csv.by.unwrap_or_default();
    if let Some(by) = how.by.as_deref().filter(|by| *by != own) {
        bail!(
            "{name} reads such documents, and would be extended: rows of one `{own}` are a document there, and --by {by} would \
             be lost. Leave --by away, or say --without {name} to begin a mapping of its own by `{by}`"
        );
    }
    if let Some(to) = how.to.as_deref().filter(|to| *to != base.message()) {
        bail!(
            "{name} reads such documents, and would be extended: it makes {} of them, and --to {to} would be lost. Leave --to \
             away, or say --without {name} to begin a mapping of its own",
            base.message()
        );
    }
    Ok(())
}

fn samples(pairs: &Pairs) -> Vec<Sample<'_>> {
    let sets = pairs.documents.iter().flat_map(|document| &document.sets);
    sets.zip(&pairs.wanted).map(|(set, wanted)| Sample { tree: &set.tree, wanted: wanted.as_ref() }).collect()
}

/// The mapping that reads such documents of the partner.
pub fn claimed(library: &Library, pairs: &Pairs, partner: Option<&str>) -> Option<Arc<Plan>> {
    let document = pairs.documents.first()?;
    let set = document.sets.first()?;
    let named = matches!(document.standard, Standard::Csv | Standard::Json | Standard::Fixed);
    library.claim(&Asked {
        outbound: false,
        standard: document.standard,
        version: &set.version,
        kind: if named { &document.from } else { &set.kind },
        partner,
        application_sender: document.groups.first().map(|group| &*group.sender),
    })
}

fn words(base: &Plan, delta: &Delta) -> Vec<String> {
    let mut told = vec![format!("{} reads such documents: extended", base.short())];
    told.extend(delta.messages.iter().map(|path| {
        format!(
            "a sample has several {path}, and each makes a message (`messages: {path}`): say what its own number is in place \
             of `number: {OPEN}`; documents wait until you have"
        )
    }));
    told.push(match delta.added {
        0 if !delta.faults.is_empty() => "nothing else of what it does not read can be a field".to_owned(),
        0 if delta.left.is_empty() => "it reads all that the samples say".to_owned(),
        0 => "of what it does not read nothing can be a field".to_owned(),
        1 => "one value that it does not read is a field under ext".to_owned(),
        n => format!("{n} values that it does not read are fields under ext"),
    });
    let alike = |left: &String| format!("no path leads to {left}: another one like it stands before it, and is read");
    told.extend(delta.left.iter().map(alike));
    told.extend(delta.rows.iter().map(lacks_row));
    told.extend(delta.faults.iter().map(|fault| format!("it can't read: {fault}")));
    told
}

/// Writes mapping and samples; what is there already stays.
pub fn write(begun: &Begun, pairs: &Pairs, out: &mut Out) -> anyhow::Result<()> {
    let samples = begun.folder.join("samples");
    fs::create_dir_all(&samples).with_context(|| format!("{} can't be made", samples.display()))?;
    let mapping = begun.folder.join("mapping.yaml");
    put(&mapping, begun.text.as_bytes(), out)?;
    for (at, document) in pairs.documents.iter().enumerate() {
        let extension = match document.standard {
            Standard::X12 | Standard::Edifact => "edi",
            Standard::Csv => "csv",
            Standard::Xml => "xml",
            Standard::Json => "json",
            Standard::Fixed => "txt",
        };
        let name =
            ["first", "second", "third"].get(at).map_or_else(|| format!("sample-{}", at + 1), |n| (*n).to_owned());
        put(&samples.join(format!("{name}.in.{extension}")), &document.bytes, out)?;
    }
    debug_assert_eq!(name_of(&begun.text), Some(begun.name.as_str()));
    Ok(())
}

/// Writes a file that is not there yet.
pub fn put(path: &Path, bytes: &[u8], out: &mut Out) -> anyhow::Result<()> {
    use std::io::Write as _;
    let file = fs::File::options().write(true).create_new(true).open(path);
    let mut file = file.with_context(|| format!("{} can't be written; what is there stays", path.display()))?;
    file.write_all(bytes).with_context(|| format!("{} can't be written", path.display()))?;
    out.line(format!("wrote {}", path.display()))
}
