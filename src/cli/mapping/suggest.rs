//! `crossdock mapping suggest`.

use super::{
    Folder, compiled,
    new::{claimed, strange},
    sample, standing,
};
use crate::{
    cli::{
        out::{Out, counted},
        settings::{self, nearest},
    },
    formats::{fault::Costs, piece::Standard},
    mapping::{
        Context, Library, NoTables, Plan,
        suggest::{Failure, Proposal, Request, Sample, several, suggest},
    },
};
use anyhow::{anyhow, bail};
use serde_json::{Value, json};

/// A mapping for documents, proposed from samples: each line with how sure it is, and why
///
/// crossdock mapping suggest order.edi
/// crossdock mapping suggest order.edi --like order.json
/// crossdock mapping suggest a.edi b.edi --like a.json --like b.json --name northwind/850-order
/// crossdock mapping suggest prices.csv --as "csv prices" --by list --to price_catalogue/1 --like prices.json
///
/// Beside a message that a sample should give (--like), values are looked for in it, each by the pipes that would read it.
/// Without one, what other mappings read from such places is proposed. What is printed lints clean.
/// Exit 0: proposed. 1: a sample has faults, or too little was found. 2: a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Suggest {
    /// Samples; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The message that a sample should give, as JSON: one a sample, in their order
    #[arg(long, value_name = "JSON")]
    like: Vec<String>,
    /// The mapping's name
    #[arg(long, value_name = "NAME", default_value = "proposed")]
    name: String,
    /// Whose documents they are: beside a mapping that claims the same it needs that
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    #[command(flatten)]
    how: How,
    /// A JSON object a line: field, what it says, confidence, evidence
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: settings::Flags,
}

/// What samples don't say themselves.
#[derive(Debug, Clone, clap::Args)]
pub struct How {
    /// What the documents are, where they don't say it: 'csv prices', 'json order'
    #[arg(long = "as", value_name = "DOCUMENT")]
    pub document: Option<String>,
    /// The canonical message, as in order/1 [default: what such documents are]
    #[arg(long, value_name = "MESSAGE")]
    pub to: Option<String>,
    /// CSV: the column whose equal values make one set [default: what is called an order's or a list's number, else the first]
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// Leave out what no sample shows: what only other mappings read from such documents
    #[arg(long)]
    pub only_shown: bool,
    /// A mapping that is not asked, nor what it extends or what extends it; may be given several times
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
}

/// Documents, each set with the message that it should give.
pub struct Pairs {
    pub documents: Vec<sample::Document>,
    /// By set, through all documents.
    pub wanted: Vec<Option<Value>>,
    /// Where a set makes several messages, the loop that makes each: the sets are what is left for each of them.
    pub messages: Option<String>,
}

/// Runs it.
pub fn run(args: &Suggest, out: &mut Out) -> anyhow::Result<u8> {
    let partner = args.partner.as_deref();
    let mut pairs = pairs(&args.files, &args.like, &args.how)?;
    recognise(&mut pairs, partner, &args.how, &args.settings)?;
    let Some(proposal) = proposed(&pairs, &args.how, &args.name, partner, &args.settings, args.json, out)? else {
        return Ok(1);
    };
    if args.json {
        for line in &proposal.lines {
            let sure = (line.confidence * 100.0).round() / 100.0;
            out.json(&json!({ "field": line.field, "says": line.says, "confidence": sure, "evidence": line.evidence,
                "unseen": line.unseen }))?;
        }
        for field in &proposal.wanting {
            out.json(&json!({ "field": field, "says": null, "evidence": "wanted, and found nowhere" }))?;
        }
    } else {
        out.line(proposal.text.trim_end())?;
    }
    Ok(u8::from(told(&pairs)))
}

/// Reads samples and what they should give.
pub fn pairs(files: &[String], like: &[String], how: &How) -> anyhow::Result<Pairs> {
    if !like.is_empty() && like.len() != files.len() {
        bail!("--like is given once a sample: there are {} samples and {} of it", files.len(), like.len());
    }
    let mut pairs = Pairs { documents: Vec::new(), wanted: Vec::new(), messages: None };
    for (at, file) in files.iter().enumerate() {
        let mut document = sample::document(file, how.document.as_deref(), how.by.as_deref())?;
        if let Some(first) = pairs.documents.first()
            && (first.from != document.from || first.by != document.by)
        {
            bail!(
                "{file} is {}, and {} is {}: samples of one mapping are of one kind",
                document.from,
                files[0],
                first.from
            );
        }
        match like.get(at) {
            None => pairs.wanted.extend(document.sets.iter().map(|_| None)),
            Some(like) => {
                let messages = sample::messages(like)?;
                let found = match document.sets.as_slice() {
                    [set] if messages.len() > 1 => several(set, &messages),
                    _ => None,
                };
                if let Some((path, sets)) = found {
                    (pairs.messages, document.sets) = (Some(path), sets);
                }
                if messages.len() != document.sets.len() {
                    let (sets, messages) = (document.sets.len(), messages.len());
                    bail!(
                        "{file} holds {sets} sets and {like} {messages} messages: there is one for each, or one for each loop of \
                         a kind right below the document, with its number in it"
                    );
                }
                pairs.wanted.extend(messages.into_iter().map(Some));
            }
        }
        pairs.documents.push(document);
    }
    Ok(pairs)
}

/// JSON doesn't say what it is: where nobody else says it, it is what the mapping reads that makes most of it.
pub fn recognise(pairs: &mut Pairs, partner: Option<&str>, how: &How, flags: &settings::Flags) -> anyhow::Result<()> {
    if how.document.is_some() || pairs.documents.iter().any(|document| document.standard != Standard::Json) {
        return Ok(());
    }
    // Faults of the mappings are told by whoever needs them.
    let Ok(library) = standing(flags)?.compile() else { return Ok(()) };
    if claimed(&library, pairs, partner).is_some_and(|plan| strange(&plan, pairs).is_none()) {
        return Ok(());
    }
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let makes = |plan: &Plan| {
        let sets = pairs.documents.iter().flat_map(|document| &document.sets);
        let mut readings = sets.map(|set| plan.read(&set.tree, &context));
        readings.try_fold(0, |made, reading| reading.faults.is_empty().then_some(made + reading.provenance.len()))
    };
    let fits = |plan: &Plan| {
        let theirs = plan.claimed().partner;
        plan.reads() && plan.standard() == Standard::Json && (theirs.is_none() || theirs.as_deref() == partner)
    };
    let plans =
        library.plans().iter().filter(|plan| fits(plan) && !how.without.iter().any(|name| name == plan.short()));
    let best =
        plans.filter_map(|plan| Some((makes(plan).filter(|made| *made > 0)?, plan))).max_by_key(|(made, _)| *made);
    if let Some((_, plan)) = best {
        let kind = plan.claimed().document;
        eprintln!("taken for {kind}, as {} reads it: say --as where it is something else", plan.short());
        pairs.documents.iter_mut().for_each(|document| document.from.clone_from(&kind));
    }
    Ok(())
}

/// Their paths from the folder on, as tables are named in a mapping that will stand in it.
pub fn inside(folder: &Folder) -> Vec<(String, String)> {
    let root = folder.root.display().to_string();
    let path = |path: &str| path.strip_prefix(&root).map_or(path, |rest| rest.trim_start_matches('/')).to_owned();
    folder.all.iter().map(|(name, text)| (path(name), text.clone())).collect()
}

/// Proposes a mapping by what is known here; none where that can't be done, which is told.
pub fn proposed(
    pairs: &Pairs,
    how: &How,
    name: &str,
    partner: Option<&str>,
    flags: &settings::Flags,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<Option<Proposal>> {
    let mut folder = standing(flags)?;
    folder.pass_over_empty();
    let Some(library) = compiled(&folder, json, out)? else { return Ok(None) };
    known(&library, &how.without)?;
    let files = inside(&folder);
    let first = pairs.documents.first().ok_or_else(|| anyhow!("there is no sample"))?;
    let sets = pairs.documents.iter().flat_map(|document| &document.sets);
    let request = Request {
        name,
        from: &first.from,
        message: how.to.as_deref(),
        partner,
        by: first.by.as_deref(),
        samples: sets
            .zip(&pairs.wanted)
            .map(|(set, wanted)| Sample { tree: &set.tree, wanted: wanted.as_ref() })
            .collect(),
        messages: pairs.messages.as_deref(),
        without: how.without.clone(),
        only_shown: how.only_shown,
        path: "partners/proposed/mapping.yaml",
    };
    match suggest(&files, &request) {
        Ok(proposal) => {
            if let (None, Some(other)) = (partner, claimed(&library, pairs, None)) {
                eprintln!(
                    "{} claims such documents, and two mappings may not claim the same: beside it this one needs `partner:`, \
                     as with --partner NAME",
                    other.short()
                );
            }
            Ok(Some(proposal))
        }
        Err(Failure::Sentence(sentence)) => {
            eprintln!("{sentence}");
            Ok(None)
        }
        Err(Failure::Mappings(lints)) => {
            lints.iter().for_each(|lint| eprintln!("{lint}"));
            Ok(None)
        }
    }
}

fn known(library: &Library, names: &[String]) -> anyhow::Result<()> {
    let all = || library.plans().iter().map(|plan| plan.short().to_owned());
    match names.iter().find(|name| library.named(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let near = nearest(name, all()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            bail!("--without {name}: there is no such mapping{near}")
        }
    }
}

/// What is wrong with the samples: they are of use all the same. True if anything is refused for it.
pub fn told(pairs: &Pairs) -> bool {
    let faults = || pairs.documents.iter().flat_map(|document| &document.faults);
    let refused = faults().filter(|fault| fault.costs != Costs::Nothing).count();
    match (refused, faults().count() - refused) {
        (0, 0) => {}
        (0, warnings) => {
            let warnings = counted(warnings as u64, "warning");
            eprintln!("the samples have {warnings}, which `crossdock check` shows");
        }
        (refused, _) => {
            let refused = counted(refused as u64, "fault");
            eprintln!("the samples have {refused}, which `crossdock check` shows: what a fault spoils is not proposed");
        }
    }
    refused > 0
}
