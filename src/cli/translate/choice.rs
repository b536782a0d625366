//! Which mapping reads a document: the one that was named, or the one that claims what each set says it is.

use crate::{
    cli::{check::by_name, settings::nearest},
    formats::{
        Options,
        piece::{Set, Standard},
        sniff,
    },
    mapping::{Asked, Library, Plan},
};
use anyhow::{anyhow, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What the command line says of the mapping.
pub struct Choice<'a> {
    library: &'a Library,
    partner: Option<&'a str>,
    /// The mapping that was named.
    pub named: Option<Arc<Plan>>,
    /// Those of what the partner's connections expect: of CSV and JSON nothing else says what a document is.
    expected: Vec<Arc<Plan>>,
}

impl<'a> Choice<'a> {
    /// `partners`: those that there are, beside those that mappings name, and what their connections expect.
    ///
    /// Errors: there is no mapping, or partner, of the name; the nearest is told.
    pub fn new(
        library: &'a Library,
        name: Option<&str>,
        partner: Option<&'a str>,
        partners: &BTreeMap<String, BTreeSet<String>>,
    ) -> anyhow::Result<Choice<'a>> {
        partner.map_or(Ok(()), |partner| known(library, partner, partners.keys()))?;
        let named = name.map(|name| named(library, name)).transpose()?;
        let expected = partner.and_then(|partner| partners.get(partner)).into_iter().flatten();
        let expected = expected.flat_map(|kind| {
            let silent = [Standard::Csv, Standard::Json, Standard::Fixed].into_iter();
            silent.filter_map(move |standard| {
                let application_sender = None;
                library.claim(&Asked { outbound: false, standard, version: "", kind, partner, application_sender })
            })
        });
        Ok(Choice { library, partner, named, expected: expected.collect() })
    }

    /// The mapping that a document is read by that doesn't say itself what it is: the one that was named, else the only one of
    /// its format that the partner's connections expect.
    fn by_itself(&self, standard: Standard) -> Option<&Arc<Plan>> {
        let mut expected = self.expected.iter().filter(|plan| plan.standard() == standard);
        let only = expected.next().filter(|_| expected.next().is_none());
        self.named.as_ref().or(only)
    }

    /// The family of a document.
    ///
    /// Errors: neither the mapping nor the first bytes nor the file's name say it.
    pub fn standard(&self, file: &str, first: &[u8]) -> anyhow::Result<Standard> {
        match &self.named {
            Some(plan) => Ok(plan.standard()),
            None => sniff(first).or_else(|| by_name(file)).ok_or_else(|| {
                anyhow!(
                    "{file} does not say what it is by its first bytes: name the mapping that reads it with --mapping; there are {}",
                    readers(self.library, None)
                )
            }),
        }
    }

    /// How it is to be read.
    pub fn options(&self, standard: Standard) -> Options {
        self.by_itself(standard).map(|plan| plan.options()).unwrap_or_default()
    }

    /// The mapping of a set.
    ///
    /// Errors: none claims it; what could is told.
    pub fn plan(&self, file: &str, set: &Set, application_sender: Option<&str>) -> anyhow::Result<Arc<Plan>> {
        if let Some(plan) = &self.named {
            let (kind, _) = plan.document();
            let edi = matches!(set.standard, Standard::X12 | Standard::Edifact);
            if edi && plan.standard() == set.standard && kind != &*set.kind {
                bail!(
                    "{file} holds {} {} (byte {}), and {} reads {kind}: leave --mapping out, or name one for {}",
                    set.standard.word(),
                    set.kind,
                    set.byte,
                    plan.short(),
                    set.kind
                );
            }
            return Ok(plan.clone());
        }
        if let Some(plan) = self.by_itself(set.standard).filter(|_| set.kind.is_empty()) {
            return Ok(plan.clone());
        }
        let asked = Asked {
            outbound: false,
            standard: set.standard,
            version: &set.version,
            kind: &set.kind,
            partner: self.partner,
            application_sender,
        };
        self.library.claim(&asked).ok_or_else(|| unclaimed((self.library, &self.expected), file, set))
    }
}

fn known<'p>(library: &Library, partner: &str, partners: impl Iterator<Item = &'p String>) -> anyhow::Result<()> {
    let claimed = library.plans().iter().filter_map(|plan| plan.claimed().partner);
    let mut all: Vec<String> = claimed.chain(partners.cloned()).collect();
    all.sort_unstable();
    all.dedup();
    if all.iter().any(|name| name == partner) {
        return Ok(());
    }
    let others = match (nearest(partner, all.iter().cloned()), all.is_empty()) {
        (Some(near), _) => format!("; did you mean {near}?"),
        (None, true) => ": there are none".to_owned(),
        (None, false) => format!("; there are {}", all.join(", ")),
    };
    Err(anyhow!("no file of a partner and no mapping names `{partner}`{others}"))
}

fn named(library: &Library, name: &str) -> anyhow::Result<Arc<Plan>> {
    library.named(name).ok_or_else(|| {
        let names: Vec<String> = library.plans().iter().map(|plan| plan.short().to_owned()).collect();
        match nearest(name, names.iter().cloned()) {
            Some(near) => anyhow!("there is no mapping `{name}`; did you mean {near}?"),
            None => anyhow!("there is no mapping `{name}`; there are {}", names.join(", ")),
        }
    })
}

/// Why no mapping was found: what the set is, and what could read it.
fn unclaimed((library, expected): (&Library, &[Arc<Plan>]), file: &str, set: &Set) -> anyhow::Error {
    let format = set.standard.word();
    if set.kind.is_empty() {
        let expected: Vec<&str> =
            expected.iter().filter(|plan| plan.standard() == set.standard).map(|plan| plan.short()).collect();
        let which = match expected.as_slice() {
            [] => format!("there are {}", readers(library, Some(set.standard))),
            several => format!("the partner's connections expect what {} read", several.join(" and ")),
        };
        return anyhow!(
            "{file} is {format}, which does not say itself what document it holds: name the mapping that reads it with \
             --mapping; {which}"
        );
    }
    let kind = [format, &set.version, &set.kind].join(" ");
    let control = if set.control.is_empty() { String::new() } else { format!(" {}", set.control) };
    anyhow!(
        "{file}: no mapping claims {}, which is the set{control} at byte {}: name one that reads it with --mapping, or add \
         a mapping that claims it; for {format} there are {}",
        kind.split_whitespace().collect::<Vec<_>>().join(" "),
        set.byte,
        readers(library, Some(set.standard))
    )
}

/// The names of the mappings that read documents of a standard, or of any.
fn readers(library: &Library, standard: Option<Standard>) -> String {
    let fits = |plan: &&Arc<Plan>| plan.reads() && standard.is_none_or(|s| s == plan.standard());
    let names: Vec<&str> = library.plans().iter().filter(fits).map(|p| p.short()).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
