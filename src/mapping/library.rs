//! All mappings of the hub: compiled together, found by what they claim.

use super::{
    Asked, Plan,
    compile::{self, FindGuide},
    extends::{FileWrong, Sources, name_of},
    fits, guide_file, near,
    plan::{self, Claims, Program},
    shape::Shape,
    unfit::Unfit,
    yaml::Spot,
};
use crate::formats::{
    guides::{Guides, Weight},
    piece::Standard,
};
use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::Arc,
};

/// All mappings of the hub.
#[derive(Debug, Clone, Default)]
pub struct Library {
    plans: Vec<Arc<Plan>>,
    /// Partners' guides, by the names of their files.
    guides: BTreeMap<String, Guides>,
    /// What it was made of: (path, text).
    files: Vec<(String, String)>,
    /// What was published and is not in it.
    pub(super) unfit: Vec<Unfit>,
}

/// A fault in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub sentence: String,
}

impl From<FileWrong> for Lint {
    fn from((file, spot, sentence): FileWrong) -> Lint {
        Lint { file, line: spot.line, column: spot.column, sentence }
    }
}

impl std::fmt::Display for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.sentence)
    }
}

impl Library {
    /// Compiles mapping and table files, given as (path, text): this room reads no file itself. Every `mapping.yaml`
    /// is a mapping; a table is looked for beside it and in the folders above. All faults of all files come at once.
    pub fn compile(files: &[(String, String)]) -> Result<Library, Vec<Lint>> {
        Library::compile_with(files, &compile::compiled_guide)
    }

    /// As [`Library::compile`], with guides from elsewhere.
    pub(super) fn compile_with(files: &[(String, String)], guide: FindGuide) -> Result<Library, Vec<Lint>> {
        let texts: HashMap<String, &str> = files.iter().map(|(path, text)| (plain(path), text.as_str())).collect();
        let mut lints = Vec::new();
        let mut programs: Vec<(&str, Program)> = Vec::new();
        let sources = Sources::new(files.iter().filter(|(path, _)| is_mapping(path)));
        let find = |mapping: &str, name: &str| find(&texts, mapping, name);
        for (path, text) in files.iter().filter(|(path, _)| is_mapping(path)) {
            let resolved = sources.resolve(path, text);
            match resolved.and_then(|resolved| compile::compile(&resolved, &find, guide)) {
                Ok(program) => programs.push((path, program)),
                Err(wrong) => lints.extend(wrong.into_iter().map(Lint::from)),
            }
        }
        lints.extend(files.iter().filter_map(|(path, text)| misnamed(path, text)));
        lints.extend(ties(&programs));
        let guides = guides(files, &mut lints);
        lints.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        // What is wrong below is found by each mapping that extends it.
        lints.dedup();
        if lints.is_empty() {
            let plans = programs.into_iter().map(|(_, program)| Arc::new(Plan(program))).collect();
            Ok(Library { plans, guides, files: files.to_vec(), unfit: Vec::new() })
        } else {
            Err(lints)
        }
    }

    /// The mapping that claims it; the most specific wins: by application sender, by partner, by the very version. None
    /// where a published one would, that does not fit.
    pub fn claim(&self, asked: &Asked) -> Option<Arc<Plan>> {
        if self.unfit_for(asked).is_some() { None } else { self.best(asked) }
    }

    /// The most specific of those that fit.
    pub(super) fn best(&self, asked: &Asked) -> Option<Arc<Plan>> {
        let fitting = self.plans.iter().filter_map(|plan| Some((fit(&plan.0, asked)?, plan)));
        fitting.max_by_key(|(fit, _)| *fit).map(|(_, plan)| plan.clone())
    }

    /// Fields that say `$todo`: what such a mapping is for waits until somebody has said where they stand.
    pub fn open(&self) -> Vec<Lint> {
        self.plans.iter().flat_map(|plan| plan.open()).collect()
    }

    /// Partners' guides by the names of their files; those that are not there are left out, and lint tells of them.
    pub fn guides(&self, names: &[String]) -> Guides {
        match names {
            [] => Guides::default(),
            names => Guides::joined(names.iter().filter_map(|name| self.guides.get(name))),
        }
    }

    /// The names of the guides' files.
    pub fn guide_names(&self) -> impl Iterator<Item = &str> {
        self.guides.keys().map(String::as_str)
    }

    /// What a connection of the partner can say that it `expects`: names of documents that don't say themselves what
    /// they are, and that a mapping reads.
    pub fn expectable(&self, partner: Option<&str>) -> Vec<&str> {
        let named = |p: &&Arc<Plan>| !matches!(p.standard(), Standard::X12 | Standard::Edifact);
        let theirs =
            |claims: &Claims| claims.read && (claims.partner.is_none() || claims.partner.as_deref() == partner);
        let mut names: Vec<&str> =
            self.plans.iter().filter(named).map(|p| &p.0.claims).filter(|c| theirs(c)).map(|c| &*c.kind).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What of a standard mappings read for a partner, with its version where it has one: `004010 850`, `json order`.
    pub fn read_kinds(&self, standard: Standard, partner: &str) -> Vec<String> {
        let theirs = |c: &&Claims| c.read && c.partner.as_deref().is_none_or(|p| p == partner);
        let claims = self.plans.iter().filter(|p| p.standard() == standard).map(|p| &p.0.claims).filter(theirs);
        let mut kinds: Vec<String> =
            claims.flat_map(|c| c.versions.iter().map(|v| format!("{v} {}", c.kind).trim().to_owned())).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The tables that mappings look values up in: what a cross-reference's scheme can be.
    pub fn tables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.plans.iter().flat_map(|p| &p.0.tables).map(|t| &*t.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Why a cross-reference of a scheme would never be read, if so.
    pub fn is_no_table(&self, scheme: &str) -> Option<String> {
        let known = self.tables();
        (!known.contains(&scheme)).then(|| {
            format!(
                "`{scheme}` is no table of any mapping, so nothing would ever read it{}; the tables are {}",
                near::hint(scheme, known.iter().copied()),
                known.join(", ")
            )
        })
    }

    /// Why a table can't lead to a target: each field that looks values up in it takes a few words, and this is none.
    pub fn refuses(&self, table: &str, target: &str) -> Option<String> {
        let mut words: Vec<&str> = Vec::new();
        for plan in &self.plans {
            let Some(number) = plan.0.tables.iter().position(|known| known.name == table) else { continue };
            for field in plan::looked_up(&plan.0.fields, number) {
                match &field.shape {
                    Shape::Word(taken) => words.extend(taken.iter().map(String::as_str)),
                    Shape::Text if fits::is_no_unit(target, &field.name) => {
                        return Some(format!("`{target}` is nothing that `{table}` can lead to; {}", fits::UNITS));
                    }
                    _ => return None,
                }
            }
        }
        words.sort_unstable();
        words.dedup();
        (!words.is_empty() && !words.contains(&target)).then(|| {
            let near = near::hint(target, words.iter().copied());
            format!("`{target}` is nothing that `{table}` can lead to{near}; the words are {}", words.join(", "))
        })
    }

    /// By its name without the hash: `x12/4010/850-order`.
    pub fn named(&self, name: &str) -> Option<Arc<Plan>> {
        self.plans.iter().find(|p| short(p.name()) == name).cloned()
    }

    /// All plans, in the files' order.
    pub fn plans(&self) -> &[Arc<Plan>] {
        &self.plans
    }

    /// What it was made of: (path, text).
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// The text of a line of its files.
    pub fn said(&self, file: &str, line: u32) -> &str {
        let text = self.files.iter().find(|(path, _)| path == file).map_or("", |(_, text)| text);
        text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim()
    }

    /// Takes over the plans that another has of the same text, so that two that differ in little cost little.
    pub(super) fn sharing(mut self, other: &Library) -> Library {
        for plan in &mut self.plans {
            let same = other.plans.iter().find(|known| known.name() == plan.name() && known.0.files == plan.0.files);
            if let Some(same) = same {
                *plan = same.clone();
            }
        }
        self
    }
}

/// The guides among the files: YAML that is no mapping and says what it extends.
fn guides(files: &[(String, String)], lints: &mut Vec<Lint>) -> BTreeMap<String, Guides> {
    let mut found = BTreeMap::new();
    let extends = |text: &str| text.lines().any(|line| line.starts_with("extends:"));
    let guide =
        |path: &str, text: &str| is_yaml(path) && !is_mapping(path) && extends(text) && misnamed(path, text).is_none();
    for (path, text) in files.iter().filter(|(path, text)| guide(path, text)) {
        let (guide, remarks) = guide_file::read(text);
        let faults = remarks.into_iter().filter(|remark| remark.weight == Weight::Fault);
        lints.extend(faults.map(|remark| Lint {
            file: path.clone(),
            line: remark.line,
            column: remark.column,
            sentence: format!("{}. {}", remark.sentence, remark.remedy),
        }));
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
        let Some(mut guide) = guide else { continue };
        guide.guide.file = Some(name.as_str().into());
        match found.entry(name) {
            Entry::Vacant(place) => drop(place.insert(Guides::new(vec![(guide.applies, guide.guide)]))),
            Entry::Occupied(place) => {
                let sentence = format!("a guide of the name {} stands in another folder already", place.key());
                lints.push(Lint { file: path.clone(), line: 1, column: 1, sentence });
            }
        }
    }
    found
}

/// A mapping under another name, which would be taken for a guide, or for nothing.
fn misnamed(path: &str, text: &str) -> Option<Lint> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let meant = is_yaml(path) && !is_mapping(path) && (name == "mapping.yml" || name_of(text).is_some());
    let sentence =
        format!("a mapping's file is called mapping.yaml, in a folder of its own: {name} would not be read as one");
    meant.then(|| Lint { file: path.to_owned(), line: 1, column: 1, sentence })
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// A mapping's name without the hash of its text.
pub fn short(name: &str) -> &str {
    name.split_once('@').map_or(name, |(short, _)| short)
}

pub(super) fn is_mapping(path: &str) -> bool {
    path == "mapping.yaml" || path.ends_with("/mapping.yaml")
}

/// How well a mapping fits: (application sender, partner, version); greater is more specific.
fn fit(program: &Program, asked: &Asked) -> Option<(bool, bool, usize)> {
    let claims = &program.claims;
    let direction = if asked.outbound { claims.write } else { claims.read };
    let named = |own: &Option<String>, asked: Option<&str>| own.is_none() || own.as_deref() == asked;
    if !direction
        || program.standard != asked.standard
        || !named(&claims.partner, asked.partner)
        || !named(&claims.application_sender, asked.application_sender)
    {
        return None;
    }
    let version = kind_and_version(program, asked)?;
    Some((claims.application_sender.is_some(), claims.partner.is_some(), version))
}

/// How many characters of the version are claimed: `004010` fits `004010VICS`, and a mapping for VICS fits better.
fn kind_and_version(program: &Program, asked: &Asked) -> Option<usize> {
    let Claims { kind, versions, .. } = &program.claims;
    if let Some(root) = program.root.as_ref().filter(|_| program.standard == Standard::Xml) {
        // XML: by the name that the connection expects, or by what the document says of itself.
        let by_root = root.namespace.is_some()
            && root.name == asked.kind
            && root.namespace.as_deref().unwrap_or_default() == asked.version;
        let by_name = kind.eq_ignore_ascii_case(asked.kind) || *kind == xml_name(asked.kind, asked.version);
        return (by_root || by_name).then_some(0);
    }
    if kind != asked.kind {
        return None;
    }
    versions.iter().filter(|v| asked.version.starts_with(v.as_str())).map(|v| v.len()).max()
}

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// What an XML document is called: `ubl order` for the root `Order` of a UBL 2 namespace, `cxml orderrequest` for what a
/// cXML document carries, else `xml` and the root's own name; in small letters.
pub fn xml_name(kind: &str, version: &str) -> String {
    let family = match version {
        version if version.strip_prefix(UBL).and_then(|name| name.strip_prefix(kind)) == Some("-2") => "ubl",
        version if version.starts_with("cXML") => "cxml",
        _ => "xml",
    };
    format!("{family} {}", kind.to_ascii_lowercase())
}

/// Two mappings of one name, or with the same claim.
fn ties(programs: &[(&str, Program)]) -> Vec<Lint> {
    let mut lints = Vec::new();
    for (at, (file, program)) in programs.iter().enumerate() {
        for (other_file, other) in &programs[..at] {
            let lint = |sentence| Lint { file: (*file).to_owned(), line: 1, column: 1, sentence };
            if short(&program.name) == short(&other.name) {
                lints.push(lint(format!("{other_file} has the same name, `{}`", short(&program.name))));
            } else if same_claim(program, other) {
                let claims = &program.claims;
                let of = claims.partner.as_ref().map_or(String::new(), |partner| format!(" of {partner}"));
                let sentence = format!(
                    "{other_file} claims the same, {}{of}: say a partner, a version or a direction apart",
                    claims.kind
                );
                // What is inherited stands in another file.
                let Spot { line, column, .. } = match claims.spot.file {
                    0 => claims.spot,
                    _ => Spot::new(1, 1),
                };
                lints.push(Lint { line, column, ..lint(sentence) });
            }
        }
    }
    lints
}

fn same_claim(a: &Program, b: &Program) -> bool {
    let (x, y) = (&a.claims, &b.claims);
    let direction = x.read && y.read || x.write && y.write;
    let version = x.versions.iter().any(|v| y.versions.contains(v));
    a.standard == b.standard
        && direction
        && version
        && (x.kind == y.kind || a.root.as_ref().is_some_and(|root| root.namespace.is_some()) && a.root == b.root)
        && x.partner == y.partner
        && x.application_sender == y.application_sender
}

/// A table's file: beside the mapping, or in a folder above it.
pub(super) fn find<'t>(texts: &HashMap<String, &'t str>, mapping: &str, name: &str) -> Option<(String, &'t str)> {
    let mut folder = mapping.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        let path = plain(&format!("{folder}/{name}"));
        if let Some(text) = texts.get(&path) {
            return Some((path, text));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// A path without `.`, `..` and doubled slashes.
pub(super) fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
