//! The proposal as a mapping file: each line with its confidence and its reason behind it.

use super::{
    knowledge::{Knowledge, Known, Step},
    places::{Key, Places},
    propose::{Leaf, Node, Says, Way},
    ubl,
    values::Comparer,
};
use crate::formats::piece::Standard;
use std::collections::{BTreeMap, HashMap};

/// A line of the proposal.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Line {
    /// Pointer without indexes: `/lines/quantity/value`.
    pub field: String,
    /// As the mapping says it.
    pub says: String,
    /// 0 to 1.
    pub confidence: f64,
    pub evidence: String,
    /// No sample shows it.
    pub unseen: bool,
}

/// Writes the fields of a mapping.
pub struct Writer<'a> {
    pub standard: Standard,
    pub knowledge: &'a Knowledge,
    /// XML: the prefix of a local name.
    pub prefixes: &'a HashMap<String, String>,
    pub lines: Vec<Line>,
    /// Each row of `fields:`, with the line that it belongs to.
    pub rows: Vec<(String, Option<usize>)>,
    /// Tables that are used: name → number.
    pub tables: BTreeMap<String, usize>,
    /// Tables whose rows the samples show.
    pub rows_of: BTreeMap<String, Vec<(String, String)>>,
    /// Steps that lists go through, which XML writes with a `*`.
    pub repeated: &'a dyn Fn(&[Step]) -> bool,
    /// Amounts in another currency than the message's are refused, as other mappings refuse them.
    pub refusing: bool,
    /// The message's currency is read above, so that conditions may compare with it.
    has_currency: bool,
}

/// XML: the prefix of each local name, of the documents, and of those that other mappings have in a namespace of theirs.
pub fn prefixes(places: &[Places], knowledge: &Knowledge) -> HashMap<String, String> {
    let namespaces = places.iter().flat_map(|p| &p.namespaces);
    let namespaces: HashMap<&str, &str> = namespaces.map(|(prefix, uri)| (uri.as_str(), prefix.as_str())).collect();
    let mut known: Vec<(&str, &str)> = ubl::names().collect();
    known.extend(knowledge.names.iter().map(|(name, uri)| (name.as_str(), uri.as_str())));
    let known = known.into_iter();
    let known = known.filter_map(|(name, uri)| Some((name.to_owned(), (*namespaces.get(uri)?).to_owned())));
    let own = places.iter().flat_map(|p| &p.groups).map(|group| (group.name.clone(), group.prefix.clone()));
    known.chain(own).collect()
}

/// A frame: the path that leads to it.
type Frames = Vec<Vec<Step>>;

impl<'a> Writer<'a> {
    pub fn new(
        compare: &Comparer<'a>,
        prefixes: &'a HashMap<String, String>,
        repeated: &'a dyn Fn(&[Step]) -> bool,
    ) -> Writer<'a> {
        Writer {
            standard: compare.standard,
            knowledge: compare.knowledge,
            prefixes,
            lines: Vec::new(),
            rows: Vec::new(),
            tables: BTreeMap::new(),
            rows_of: BTreeMap::new(),
            repeated,
            refusing: true,
            has_currency: false,
        }
    }

    /// Writes nodes at a depth; `cut`: steps that an `at:` around them has gone already.
    pub fn nodes(&mut self, nodes: &[Node], depth: usize, field: &str, frames: &Frames, cut: usize) {
        for node in nodes {
            match node {
                Node::Leaf(leaf) => self.leaf(leaf, depth, field, frames, cut),
                Node::Object { name, members } => self.object(name, members, depth, field, frames, cut),
                Node::Each { name, each, members } => {
                    let at = format!("{field}/{name}");
                    self.row(depth, &format!("{name}:"), None);
                    let mut inner = frames.clone();
                    let mut path = inner.last().cloned().unwrap_or_default();
                    for level in &each.under {
                        inner.push([path.clone(), vec![level.clone()]].concat());
                    }
                    // An `at:` around it has gone the first steps already, but for what stands above it.
                    let above = each.unseen && cut > 0 && each.steps.len() <= cut;
                    if above {
                        path = frames.len().checked_sub(2).map(|at| frames[at].clone()).unwrap_or_default();
                    }
                    let own = &each.steps[if above { 0 } else { cut.min(each.steps.len()) }..];
                    let mut text = "^".repeat(if above { cut } else { 0 }) + &self.steps(own, &path);
                    if each.steps.is_empty() && each.under.is_empty() {
                        text = ".".to_owned();
                    }
                    if let Some(column) = &each.column {
                        text = named(column);
                        inner.push(path.clone());
                    }
                    for step in own {
                        path.push(step.clone());
                        inner.push(path.clone());
                    }
                    let line = Line {
                        field: at.clone(),
                        says: text.clone(),
                        confidence: each.confidence,
                        evidence: each.evidence.clone(),
                        unseen: each.unseen,
                    };
                    self.line(depth + 1, "each", &quoted(&text), line);
                    let segment = own.last().map(|step| (self.standard.word(), step.name.clone()));
                    if let Some(repeat) = segment.and_then(|segment| self.knowledge.repeats.get(&segment)) {
                        self.row(depth + 1, &format!("repeat: {repeat}"), Some(self.lines.len() - 1));
                    }
                    if !each.under.is_empty() {
                        let steps = each.under.iter().map(|step| format!("'{}'", self.step(step)));
                        let steps = steps.collect::<Vec<_>>().join(", ");
                        self.row(depth + 1, &format!("under: [ {steps} ]"), Some(self.lines.len() - 1));
                    }
                    self.nodes(members, depth + 1, &at, &inner, 0);
                }
            }
        }
    }

    fn object(&mut self, name: &str, members: &[Node], depth: usize, field: &str, frames: &Frames, cut: usize) {
        let at = format!("{field}/{name}");
        self.row(depth, &format!("{name}:"), None);
        let common = common(members).filter(|steps| steps.len() > cut && count(members) > 2);
        let Some(steps) = common else { return self.nodes(members, depth + 1, &at, frames, cut) };
        let base = frames.last().cloned().unwrap_or_default();
        let path = self.steps(&steps[cut..], &base);
        self.row(depth + 1, &format!("at: {}", quoted(&path)), None);
        let mut inner = frames.clone();
        inner.pop();
        inner.push([base, steps[cut..].to_vec()].concat());
        self.nodes(members, depth + 1, &at, &inner, steps.len());
    }

    fn leaf(&mut self, leaf: &Leaf, depth: usize, field: &str, frames: &Frames, cut: usize) {
        let at = format!("{field}/{}", leaf.name);
        let line = |says: String| Line {
            field: at.clone(),
            says,
            confidence: leaf.confidence,
            evidence: leaf.why.clone(),
            unseen: leaf.unseen,
        };
        match &leaf.says {
            Says::List(parts) => {
                let texts: Vec<String> = parts.iter().map(|part| self.says(part, frames, cut)).collect();
                let first = line(texts.join(", "));
                self.row(depth, &format!("{}:", key(&leaf.name)), None);
                self.lines.push(first);
                let number = self.lines.len() - 1;
                texts.iter().for_each(|text| self.row(depth + 1, &format!("- {}", quoted(text)), Some(number)));
            }
            Says::Raw(text) => self.line(depth, &key(&leaf.name), text, line(text.clone())),
            says => {
                let text = self.says(says, frames, cut);
                self.line(depth, &key(&leaf.name), &quoted(&text), line(text.clone()));
            }
        }
        if at == "/currency" {
            self.has_currency = match &leaf.says {
                Says::Raw(text) => text == "$tenant.currency",
                Says::Ways { pipes, .. } => pipes.iter().all(|pipe| *pipe == Known::Text("trim".into())),
                Says::List(_) => false,
            };
        }
    }

    /// What is refused beside a value, behind the step to what it stands in; empty where nothing is.
    fn refused(&self, step: &Step, key: &Key) -> &'a str {
        let of = (self.standard.word(), step.name.clone(), key.clone());
        let known = self.knowledge.refused.get(&of).filter(|_| self.refusing && self.has_currency);
        known.and_then(|all| all.iter().max_by_key(|(_, times)| **times)).map_or("", |(text, _)| text)
    }

    fn says(&mut self, says: &Says, frames: &Frames, cut: usize) -> String {
        match says {
            Says::Raw(text) => text.clone(),
            Says::List(parts) => parts.iter().map(|part| self.says(part, frames, cut)).collect::<Vec<_>>().join(", "),
            Says::Ways { ways, otherwise, pipes } => {
                let ids = pipes.iter().any(names_ids);
                let mut parts: Vec<String> = ways.iter().map(|way| self.way(way, frames, cut, ids)).collect();
                parts.extend(otherwise.iter().cloned());
                let mut text = parts.join(" ?? ");
                for pipe in pipes {
                    text += &format!(" | {}", self.pipe(pipe));
                }
                text
            }
        }
    }

    fn pipe(&mut self, pipe: &Known) -> String {
        match pipe {
            Known::Text(text) => text.clone(),
            Known::Rows(name, rows) => {
                let mut name = name.clone();
                while self.tables.contains_key(&name) || self.rows_of.get(&name).is_some_and(|other| other != rows) {
                    name.push('_');
                }
                self.rows_of.insert(name.clone(), rows.clone());
                format!("table({name})")
            }
            Known::Party(key) => format!("party({})", key.text()),
            Known::CodedDate(key) => format!("date({})", key.text()),
            Known::Table(number) => {
                let known = &self.knowledge.tables[*number];
                let mut name = known.name.clone();
                while self.tables.get(&name).is_some_and(|other| other != number) || self.rows_of.contains_key(&name) {
                    name.push('_');
                }
                self.tables.insert(name.clone(), *number);
                format!("table({name})")
            }
        }
    }

    /// `ids`: of a list of ids all are read, where several may stand.
    fn way(&self, way: &Way, frames: &Frames, cut: usize, ids: bool) -> String {
        let steps = way.steps.get(cut.min(way.steps.len())..).unwrap_or_default();
        let level = frames.len().saturating_sub(way.up + 1);
        let frame = frames.get(level).cloned().unwrap_or_default();
        let up = "^".repeat(way.up);
        if !matches!(self.standard, Standard::X12 | Standard::Edifact) {
            return format!("{up}{}", self.named(steps, &way.key, ids));
        }
        let Some((last, before)) = steps.split_last() else {
            let opener = frame.last().map(|step| step.name.clone()).unwrap_or_default();
            let own = way.own.iter().map(|(key, values)| format!("[{}={}]", key.text(), values.join(",")));
            let own = own.collect::<String>();
            let dot = if own.is_empty() { "" } else { "." };
            return format!("{up}{opener}{own}{dot}{}", way.key.text());
        };
        let mut text = up + &before.iter().map(|step| self.step(step) + "/").collect::<String>();
        let refused = self.refused(last, &way.key);
        text += &self.step(last);
        text += refused;
        match &way.key {
            Key::Pairs(_) if way.every => text += &format!("*{}", way.key.text()),
            Key::Pairs(_) => text += &way.key.text(),
            key if last.conditions.is_empty() && refused.is_empty() => text += &key.text(),
            key if ids && way.every => text += &format!("*.{}", key.text()),
            key => text += &format!(".{}", key.text()),
        }
        text
    }

    /// XML, JSON, CSV.
    fn named(&self, steps: &[Step], key: &Key, ids: bool) -> String {
        if matches!(self.standard, Standard::Csv | Standard::Fixed) {
            return named(&key.text());
        }
        let star = |step: &Step| if ids && self.knowledge.starred.contains(&step.name) { "*" } else { "" };
        let mut parts: Vec<String> = steps.iter().map(|step| self.step(step) + star(step)).collect();
        match key {
            Key::Own if parts.is_empty() => parts.push(".".into()),
            Key::Own => {
                if let (Some(part), Some(last)) = (parts.last_mut(), steps.last()) {
                    part.push_str(self.refused(last, key));
                }
            }
            key => parts.push(named(&key.text())),
        }
        parts.join("/")
    }

    fn step(&self, step: &Step) -> String {
        let asked = |key: &Key| match key {
            Key::Deep(names) => names.iter().map(|name| self.prefixed(name)).collect::<Vec<_>>().join("/"),
            key => key.text(),
        };
        let conditions = step.conditions.iter().map(|(key, values)| format!("[{}={}]", asked(key), values.join(",")));
        self.prefixed(&step.name) + &conditions.collect::<String>()
    }

    /// XML: a local name with the prefix of its namespace.
    fn prefixed(&self, name: &str) -> String {
        let prefix = self.prefixes.get(name).filter(|prefix| !prefix.is_empty());
        prefix.map_or_else(|| named(name), |prefix| format!("{prefix}:{name}"))
    }

    /// A way down to a place.
    fn steps(&self, steps: &[Step], base: &[Step]) -> String {
        let mut path = base.to_vec();
        let mut parts = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            path.push(step.clone());
            let star = self.standard == Standard::Xml && at + 1 < steps.len() && (self.repeated)(&path);
            parts.push(self.step(step) + if star { "*" } else { "" });
        }
        parts.join("/")
    }

    fn line(&mut self, depth: usize, name: &str, text: &str, line: Line) {
        self.lines.push(line);
        self.row(depth, &format!("{name}: {text}"), Some(self.lines.len() - 1));
    }

    /// A row of its own.
    pub fn row(&mut self, depth: usize, text: &str, line: Option<usize>) {
        self.rows.push((format!("{}{text}", "  ".repeat(depth)), line));
    }
}

/// True if a pipe says that what it reads is an id with its scheme.
pub(super) fn names_ids(pipe: &Known) -> bool {
    matches!(pipe, Known::Party(_)) || matches!(pipe, Known::Text(text) if text == "item" || text.starts_with("ref("))
}

fn key(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') { name.to_owned() } else { format!("\"{name}\"") }
}

/// A name as paths write it.
fn named(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | ':' | '.');
    if name.chars().all(plain) { name.to_owned() } else { format!("\"{name}\"") }
}

/// A text as YAML takes it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " _-./^|()$=[]:?".contains(c);
    let safe = text.chars().all(plain) && text.starts_with(|c: char| c.is_alphanumeric() || "^$".contains(c));
    if safe && !text.contains(": ") { text.to_owned() } else { always_quoted(text) }
}

/// A text between quotes.
pub fn always_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn count(nodes: &[Node]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            Node::Leaf(_) => 1,
            Node::Object { members, .. } => count(members),
            Node::Each { .. } => 0,
        })
        .sum()
}

/// The steps that all fields of an object begin with.
fn common(nodes: &[Node]) -> Option<Vec<Step>> {
    let mut all: Option<Vec<Step>> = None;
    for node in nodes {
        let steps = match node {
            Node::Leaf(leaf) => common_of(&leaf.says)?,
            Node::Object { members, .. } => common(members)?,
            // Its own step makes the items. What stands in the heading is told from there.
            Node::Each { each, .. } if each.unseen => match each.steps.split_last() {
                Some((_, before)) if !before.is_empty() => before.to_vec(),
                _ => continue,
            },
            _ => return None,
        };
        all = Some(match all {
            None => steps,
            Some(known) => shared(&known, &steps),
        });
    }
    all.filter(|steps| !steps.is_empty())
}

fn shared(a: &[Step], b: &[Step]) -> Vec<Step> {
    a.iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.clone()).collect()
}

/// The steps that all ways of a field begin with.
fn common_of(says: &Says) -> Option<Vec<Step>> {
    match says {
        Says::Ways { ways, .. } => {
            let (first, rest) = ways.split_first()?;
            let from_here = ways.iter().all(|way| way.up == 0);
            from_here.then(|| rest.iter().fold(first.steps.clone(), |known, way| shared(&known, &way.steps)))
        }
        Says::List(parts) => {
            let mut all = parts.iter().map(common_of);
            let first = all.next()??;
            all.try_fold(first, |known, steps| Some(shared(&known, &steps?)))
        }
        Says::Raw(_) => None,
    }
}
