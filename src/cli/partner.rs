//! `crossdock partner`: a trading partner, set up from a sample of what it sends.

use super::{
    mapping::{
        new::{self, Begun, begin, put},
        sample::Document,
        suggest::{How, Pairs, pairs, recognise, told},
    },
    out::Out,
    settings, start,
};
use crate::{
    formats::piece::{Identity, Standard},
    mapping::{Asked, Library},
    tenancy::{Directory, TenantInfo},
};
use anyhow::{Context as _, bail};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Partners: set up from a sample of what they send
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    New(New),
}

/// Set up a partner from a sample: identities, a connection, an agreement, answers and a mapping
///
/// crossdock partner new northwind --from order.edi
/// crossdock partner new northwind --from order.edi --tenant acme
/// crossdock partner new webshop --from orders.csv --as "csv orders" --by order_number
///
/// Writes connectors/NAME.yaml, and a mapping where what the sample says is not all read; both are checked with all that
/// is there before anything is written, and what is there stays.
/// Exit 0: written. 1: written of a sample with faults, which are told; or what would be written has faults, and nothing is
/// written. 2: it is there already, or a file can't be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// The partner's name: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: String,
    /// A document that the partner sent
    #[arg(long = "from", value_name = "FILE")]
    file: String,
    /// Whose partner it is [default: the one tenant that there is, or that the sample was sent to]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    settings: settings::Flags,
}

/// A file to be written, and why its lines are so.
struct Drawn {
    path: PathBuf,
    text: String,
    told: Vec<String>,
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<u8> {
    let Command::New(args) = command;
    let mut out = Out::new();
    let code = set_up(args, &mut out);
    out.flush()?;
    code
}

fn set_up(args: &New, out: &mut Out) -> anyhow::Result<u8> {
    if args.name.is_empty() || !args.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        bail!("`{}` can't be a partner's name: small letters, digits and hyphens, as in northwind", args.name);
    }
    let settings = settings::load(&args.settings)?.settings;
    let mut files = start::read_files(&settings)?;
    let directory = start::directory(&files)?;
    let mut pairs = pairs(std::slice::from_ref(&args.file), &[], &args.how)?;
    recognise(&mut pairs, Some(&args.name), &args.how, &args.settings)?;
    let document = &pairs.documents[0];
    let tenant = tenant(args, &directory, document)?;
    let path = settings.connectors.join(format!("{}.yaml", args.name));
    let known = directory.partners.values().any(|p| p.name == args.name);
    if path.exists() || known {
        bail!("there is a partner {} already ({}): nothing is written", args.name, path.display());
    }
    let begun = mappings(args, &pairs, out)?;
    let (mappings, needless): (Vec<Begun>, Vec<Begun>) = begun.into_iter().partition(|begun| begun.needed);
    let mut all = files.mappings.clone();
    all.extend(
        mappings.iter().map(|begun| (begun.folder.join("mapping.yaml").display().to_string(), begun.text.clone())),
    );
    files.mappings = all;
    let library = start::library(&files)?;
    let partner = Sheet { args, document, library: &library, tenant: &tenant, directory: &directory }.drawn(path)?;
    let own = own(&tenant, &directory, document, &settings.connectors);
    for drawn in own.iter().chain([&partner]) {
        files.connectors.push((drawn.path.display().to_string(), drawn.text.clone()));
    }
    if let Err(faults) = start::compiled(&files) {
        out.line("what would be written does not fit what is there; nothing is written:")?;
        out.line(faults.to_string())?;
        return Ok(1);
    }
    fs::create_dir_all(&settings.connectors)
        .with_context(|| format!("{} can't be made", settings.connectors.display()))?;
    for drawn in own.iter().chain([&partner]) {
        drawn.told.iter().try_for_each(|line| out.line(line))?;
        if let Some(folder) = drawn.path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        }
        put(&drawn.path, drawn.text.as_bytes(), out)?;
    }
    for begun in &mappings {
        begun.told.iter().try_for_each(|line| out.line(line))?;
        new::write(begun, &pairs, out)?;
    }
    for line in needless.iter().flat_map(|begun| &begun.told) {
        out.line(line)?;
    }
    let unread = mappings.iter().chain(&needless).any(|begun| begun.faulty);
    if unread {
        out.line(
            "such documents are refused: have the partner mend them, or say what these mean in a mapping of its own \
             (`crossdock mapping new`)",
        )?;
    } else if !needless.is_empty() {
        out.line("so it needs no mapping of its own")?;
    }
    let faulty = told(&pairs);
    next(args, &mappings, out)?;
    Ok(u8::from(faulty || unread))
}

fn next(args: &New, mappings: &[Begun], out: &mut Out) -> anyhow::Result<()> {
    out.line("")?;
    out.line("next:")?;
    for begun in mappings {
        out.line(format!("  crossdock mapping test {} --bless     # and look at it", begun.folder.display()))?;
    }
    out.line(format!("  crossdock translate {} --partner {} --explain", args.file, args.name))?;
    out.line(format!("  crossdock agreement show {} --stated", args.name))?;
    out.line("  crossdock serve")
}

/// The partner's mappings: one where the sample needs one.
fn mappings(args: &New, pairs: &Pairs, out: &mut Out) -> anyhow::Result<Vec<Begun>> {
    let document = &pairs.documents[0];
    let kind = document.from.rsplit(' ').next().unwrap_or("documents").to_lowercase();
    let name = format!("{}/{kind}", args.name);
    match begin(&name, &args.name, pairs, &args.how, &args.settings, out)? {
        Some(begun) => Ok(vec![begun]),
        None => bail!(
            "no mapping can be made of {}, for the reason above; nothing is written (`crossdock guide show` lists the guides, \
             `crossdock mapping show` the mappings)",
            args.file
        ),
    }
}

/// Whose partner it will be: of several tenants the one that the sample was sent to.
fn tenant(args: &New, directory: &Directory, document: &Document) -> anyhow::Result<String> {
    let mut tenants: Vec<&TenantInfo> = directory.tenants.values().map(|tenant| &**tenant).collect();
    tenants.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let names = |of: &[&TenantInfo]| of.iter().map(|tenant| &*tenant.name).collect::<Vec<_>>().join(", ");
    match (&args.tenant, tenants.as_slice()) {
        (Some(name), _) => return Ok(name.clone()),
        (None, []) => return Ok("default".to_owned()),
        (None, [one]) => return Ok(one.name.clone()),
        (None, _) => {}
    }
    let Some(interchange) = document.interchanges.first() else {
        bail!(
            "whose partner is it? {} does not say whom it was sent to: say --tenant, one of {}",
            args.file,
            names(&tenants)
        );
    };
    let receiver = quoted(document.standard, &interchange.receiver);
    let meant: Vec<&TenantInfo> =
        tenants.iter().copied().filter(|tenant| tenant.is_ours(document.standard, &interchange.receiver)).collect();
    match meant.as_slice() {
        [one] => Ok(one.name.clone()),
        [] => bail!(
            "whose partner is it? {} was sent to {receiver}, which is no tenant's identity: say --tenant, one of {}",
            args.file,
            names(&tenants)
        ),
        several => bail!(
            "whose partner is it? {} was sent to {receiver}, which is an identity of {}: say --tenant, one of them",
            args.file,
            names(several)
        ),
    }
}

/// The tenant's own file, where there is none yet: what the sample calls its receiver.
fn own(name: &str, directory: &Directory, document: &Document, folder: &std::path::Path) -> Option<Drawn> {
    if directory.tenant(name).is_some() {
        return None;
    }
    let mut text = format!("# Made from a sample: we are who it was sent to.\ntenant: {name}\n");
    if let Some(interchange) = document.interchanges.first() {
        text += &format!("identities: [{}]\n", quoted(document.standard, &interchange.receiver));
    }
    let told = vec![format!("there is no tenant {name} yet: made, with the sample's receiver as its identity")];
    Some(Drawn { path: folder.join("tenants").join(format!("{name}.yaml")), text, told })
}

fn quoted(standard: Standard, identity: &Identity) -> String {
    let text = format!("{}/{}/{}", standard.word(), identity.qualifier, identity.id.trim());
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c)) { text } else { format!("'{text}'") }
}

/// What a partner's file is made of.
struct Sheet<'a> {
    args: &'a New,
    document: &'a Document,
    library: &'a Library,
    tenant: &'a str,
    directory: &'a Directory,
}

impl Sheet<'_> {
    fn drawn(&self, path: PathBuf) -> anyhow::Result<Drawn> {
        let name = &self.args.name;
        let mut text = format!("# Made from a sample of {name}'s.\ntenant: {}\npartner: {name}\n", self.tenant);
        let mut told = vec![match self.document.interchanges.first() {
            Some(interchange) if self.args.tenant.is_none() && self.directory.tenants.len() > 1 => {
                let receiver = quoted(self.document.standard, &interchange.receiver);
                format!("{name} is a partner of {}, which the sample was sent to ({receiver})", self.tenant)
            }
            _ => format!("{name} is a partner of {}", self.tenant),
        }];
        if let Some(interchange) = self.document.interchanges.first() {
            let sender = quoted(self.document.standard, &interchange.sender);
            self.is_theirs(&interchange.sender, &interchange.receiver, &mut told)?;
            told.push(format!("identities: {sender}, the sender of the sample's envelope"));
            text += &format!("identities: [{sender}]\n");
            told.extend(self.other_senders(&interchange.sender));
        }
        let connection = format!("{name}-drop");
        text += &format!("connections:\n  - name: {connection}\n    transport: folder\n    path: drop/{name}\n");
        told.push(format!(
            "connection {connection}: files are taken from drop/{name}/in, and answers go to drop/{name}/out"
        ));
        if matches!(self.document.standard, Standard::Csv | Standard::Json) {
            text += &format!("    expects: {}\n", self.document.from);
            told.push(format!("expects {}: its documents don't say themselves what they are", self.document.from));
        }
        text += &self.agreement(&mut told);
        text += &self.answers(&connection, &mut told);
        Ok(Drawn { path, text, told })
    }

    /// Who else sent interchanges of the sample: they may be the partner, too, and nothing here says it.
    fn other_senders(&self, first: &Identity) -> Option<String> {
        let others = self.document.interchanges.iter().map(|interchange| &interchange.sender);
        let others: BTreeSet<String> =
            others.filter(|sender| *sender != first).map(|sender| quoted(self.document.standard, sender)).collect();
        let others = others.into_iter().collect::<Vec<_>>().join(", ");
        (!others.is_empty()).then(|| {
            format!(
                "note: interchanges of the sample were sent by {others}, too: add it to `identities:` if that is {} as well",
                self.args.name
            )
        })
    }

    /// A sample of our own going out is no sample of the partner's.
    fn is_theirs(&self, sender: &Identity, receiver: &Identity, told: &mut Vec<String>) -> anyhow::Result<()> {
        let standard = self.document.standard;
        let Some(tenant) = self.directory.tenant(self.tenant) else { return Ok(()) };
        if tenant.is_ours(standard, sender) {
            bail!("{} was sent by {} itself: take a document that the partner sent", self.args.file, self.tenant);
        }
        if let Some(other) = self.directory.partner_of(tenant.id, standard, sender) {
            bail!("{} is {}'s identity already", quoted(standard, sender), other.name);
        }
        if !tenant.is_ours(standard, receiver) {
            told.push(format!(
                "note: the sample was sent to {}, which is no identity of {}: add it to its `identities:`, or its documents \
                 are not taken",
                quoted(standard, receiver),
                self.tenant
            ));
        }
        Ok(())
    }

    fn agreement(&self, told: &mut Vec<String>) -> String {
        let mut lines = Vec::new();
        let mut say = |line: String, why: String| {
            told.push(format!("agreement {line}: {why}"));
            lines.push(format!("  {line}\n"));
        };
        let interchange = self.document.interchanges.first();
        match self.document.standard {
            Standard::X12 => {
                let version = self.document.groups.first().map_or("", |group| &*group.version);
                let kind = if version >= "005010" { "999" } else { "997" };
                say(format!("acknowledge: '{kind}'"), format!("the sample is in version {version}"));
                if interchange.is_some_and(|i| i.acknowledgement_requested) {
                    say("ta1: when_asked".into(), "ISA14 asks for one".into());
                }
                let own = self.delimiters();
                if !own.is_empty() {
                    say(
                        format!("delimiters: {{ {} }}", own.join(", ")),
                        "those that the sample is written with".into(),
                    );
                }
            }
            Standard::Edifact => {
                let asked = interchange.is_some_and(|i| i.acknowledgement_requested);
                let (word, why) = match asked {
                    true => ("always", "UNB asks for an acknowledgement (0031)"),
                    false => ("on_error", "UNB asks for none: faults are told all the same"),
                };
                say(format!("contrl: {word}"), why.into());
            }
            _ => {}
        }
        if lines.is_empty() { String::new() } else { format!("agreement:\n{}", lines.concat()) }
    }

    /// Where X12's are not those that are built in.
    fn delimiters(&self) -> Vec<String> {
        let bytes = &self.document.bytes;
        let at = bytes.windows(3).position(|w| w == b"ISA").unwrap_or(0);
        let byte = |n: usize| bytes.get(at + n).copied();
        let mut own = Vec::new();
        let mut state = |name: &str, found: Option<u8>, built_in: u8| {
            if let Some(found) = found.filter(|found| *found != built_in) {
                let text = match found {
                    b'\'' => "\"'\"".to_owned(),
                    found if found.is_ascii_graphic() => format!("'{}'", found as char),
                    // Networks of old use control characters.
                    found => format!("\"\\x{found:02x}\""),
                };
                own.push(format!("{name}: {text}"));
            }
        };
        state("element", byte(3), b'*');
        state("component", byte(104), b'>');
        state("segment", byte(105), b'~');
        let version = self.document.interchanges.first().map_or("", |i| &*i.version);
        if version >= "00402" {
            state("repetition", byte(82), b'^');
        }
        match (byte(106), byte(107)) {
            (Some(b'\r'), Some(b'\n')) => own.push("line_end: crlf".into()),
            (Some(b'\n'), _) => {}
            (Some(_), _) => own.push("line_end: none".into()),
            (None, _) => {}
        }
        own
    }

    /// Answers that a mapping can write in the standard of the sample.
    fn answers(&self, connection: &str, told: &mut Vec<String>) -> String {
        let Some(set) = self.document.sets.first() else { return String::new() };
        let version = self.document.from.split(' ').nth(1).unwrap_or_default();
        let (kind, written) = match (self.document.standard, &*set.kind) {
            (Standard::X12, "850") => ("855", format!("x12 {version} 855")),
            (Standard::Edifact, "ORDERS") => ("ORDRSP", format!("edifact {version} ORDRSP")),
            (Standard::Xml, "Order") if self.document.from.starts_with("ubl") => {
                ("ubl orderresponse", "ubl 2.1 OrderResponse".to_owned())
            }
            _ => return String::new(),
        };
        let asked = Asked {
            outbound: true,
            standard: self.document.standard,
            version: if self.document.standard == Standard::Xml { "" } else { version },
            kind,
            partner: Some(&self.args.name),
            application_sender: None,
        };
        let Some(plan) = self.library.claim(&asked) else {
            told.push(format!("no answer: no mapping writes {written}"));
            return String::new();
        };
        told.push(format!("orders are answered by {written}, which {} writes", plan.short()));
        format!("answers:\n  - {{ event: order.confirmed, as: {written}, by: {connection} }}\n")
    }
}
