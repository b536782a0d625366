//! One mapping file to a [`Program`]: header, tables, fields, `write:`. All that is wrong is told at once.

use super::{
    asked,
    extends::{FileWrong, Resolved},
    fields::Fields,
    hierarchy, layout,
    near::hint,
    needs,
    plan::{Claims, Name, Program, Require, Rule, Step, Unmapped},
    route::Router,
    rules,
    shape::{self, Member, Shape},
    standard,
    tables::{self, Row, Table},
    words, write_loops,
    yaml::{Entry, Spot, What, Yaml},
};
use crate::formats::{
    guides::{self, Guide},
    layout::Layout,
    piece::Standard,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

pub(super) const KEYS: &[&str] = &[
    "mapping",
    "from",
    "to",
    "claims",
    "unmapped",
    "unwritten",
    "tables",
    "sets",
    "messages",
    "once",
    "layout",
    "fields",
    "write",
    "namespaces",
    "root",
    "one_way",
    "order",
    "require",
];

/// Where guides come from: the compiled ones, or a test's.
pub type FindGuide<'a> = &'a dyn Fn(Standard, &str, &str) -> Option<&'static Guide>;

/// Finds a file that a mapping names: (the mapping's file, the name) → its full path and text.
pub type FindFile<'a> = &'a dyn Fn(&str, &str) -> Option<(String, &'a str)>;

/// Compiles one mapping with what it extends.
pub fn compile(resolved: &Resolved, find: FindFile, guide: FindGuide) -> Result<Program, Vec<FileWrong>> {
    let Resolved { yaml, files, texts, wrong, partners } = resolved;
    let built_in = files.iter().zip(texts).map(|(file, text)| standard::is_built_in(file, text)).collect();
    let (wrong, hash, own_tables) = (wrong.clone(), Sha256::new(), Vec::new());
    let mut compiler = Compiler { files, built_in, yaml, wrong, hash, own_tables, partners: *partners };
    texts.iter().for_each(|text| compiler.hash.update(text.as_bytes()));
    let program = compiler.program(find, guide);
    match program {
        Some(program) if compiler.wrong.is_empty() => Ok(program),
        _ => {
            // What two places of `at: A ?? B` have in common is told once.
            let mut told = HashSet::new();
            compiler.wrong.retain(|wrong| told.insert(wrong.clone()));
            Err(compiler.wrong)
        }
    }
}

struct Compiler<'a> {
    /// By the number that a [`Spot`] has.
    files: &'a [String],
    built_in: Vec<bool>,
    yaml: &'a Yaml,
    wrong: Vec<FileWrong>,
    hash: Sha256,
    /// Of the mapping's own file: (as it names a table's file, where that stands).
    own_tables: Vec<(String, String)>,
    /// So many of the files, its own first, are one partner's.
    partners: u16,
}

/// `x12 004010 850`, taken apart.
struct From {
    standard: Standard,
    version: String,
    kind: String,
    spot: Spot,
}

impl Compiler<'_> {
    fn say(&mut self, spot: Spot, sentence: impl Into<String>) {
        self.wrong.push((self.file(spot).to_owned(), spot, sentence.into()));
    }

    /// What is wrong with a row stands in the file that has it.
    fn say_row(&mut self, row: &Row, sentence: String) {
        let file = row.file.as_deref().unwrap_or_else(|| self.file(row.spot)).to_owned();
        self.wrong.push((file, row.spot, sentence));
    }

    fn one_way(&mut self, by_number: bool) -> bool {
        let one_way = self.yaml.get("one_way").and_then(Yaml::text) == Some("true");
        if by_number && !one_way {
            self.say(self.spot("fields"), "a column by its number can be read and not written: say `one_way: true`");
        }
        one_way
    }

    /// What is wrong with the fields.
    fn say_of(&mut self, fields: &mut Fields) {
        std::mem::take(&mut fields.wrong).into_iter().for_each(|(spot, sentence)| self.say(spot, sentence));
        std::mem::take(&mut fields.wrong_rows).into_iter().for_each(|(row, sentence)| self.say_row(&row, sentence));
    }

    fn program(&mut self, find: FindFile, guide: FindGuide) -> Option<Program> {
        self.keys()?;
        // What is wrong with one of these hides nothing that is wrong with another.
        let (name, from, message) = (self.name(), self.from(), self.message());
        let claims = self.claims(from.as_ref());
        let [unmapped, unwritten] = ["unmapped", "unwritten"].map(|key| self.policy(key));
        let tables = self.tables(find);
        let namespaces = self.namespaces();
        let guide = from.as_ref().map(|from| self.guide(from, guide));
        let (name, from, (message, shape), guide) = (name?, from?, message?, guide??);
        let root = self.root(&from, &namespaces);
        let prefixes = prefixes(&namespaces);
        let sets_by = self.sets_by(&from);
        let layout = self.layout(&from);
        let mut router = Router::new(from.standard, guide, namespaces);
        self.order(&from, &mut router);
        let empty = Yaml { what: What::Map(vec![]), spot: self.yaml.spot };
        let named = self.yaml.get("fields").unwrap_or(&empty);
        router.members = comparable(named, shape, &tables);
        let mut fields = Fields::new(router, &tables, &message);
        // XML, JSON and CSV are written in the order in which the file first names things: what stands first goes first.
        let write_first = self.position("write") < self.position("fields");
        let mut rules = if write_first { self.rules(&mut fields) } else { Vec::new() };
        let mut compiled = fields.object(named, shape.members(), &[]);
        fields.router.read = usize::MAX;
        if !write_first {
            rules = self.rules(&mut fields);
        }
        let requires = self.requires(&mut fields, shape);
        let [messages, once] = ["messages", "once"].map(|key| self.messages(key, &from, &mut fields));
        fields.wrong.extend(asked::unsaid(&compiled, &rules, guide).into_iter().filter(|_| claims.write));
        let compared = std::mem::take(&mut fields.router.compared);
        let slots = std::mem::take(&mut fields.router.scopes[0].slots);
        let (by_number, computes) = (fields.router.by_number, fields.computes);
        let open = std::mem::take(&mut fields.open);
        self.say_of(&mut fields);
        let one_way = self.one_way(by_number);
        needs::note(&mut compiled);
        Some(Program {
            name: format!("{name}@{}", self.short_hash()),
            message,
            standard: from.standard,
            guide,
            claims,
            unmapped,
            unwritten,
            sets_by,
            messages,
            once,
            layout,
            tables,
            slots,
            rules,
            requires,
            computes,
            open,
            words: Arc::new(words::number(&mut compiled)),
            numbered: hierarchy::numbered(&compiled),
            joins: write_loops::joins(&compiled),
            compared,
            fields: compiled,
            files: self.files.to_vec(),
            built_in: self.built_in.clone(),
            own_tables: std::mem::take(&mut self.own_tables),
            root,
            prefixes,
            one_way,
        })
    }

    fn file(&self, spot: Spot) -> &str {
        self.files.get(usize::from(spot.file)).map_or("", String::as_str)
    }

    fn short_hash(&self) -> String {
        self.hash.clone().finalize().iter().take(4).map(|b| format!("{b:02x}")).collect()
    }

    fn spot(&self, key: &str) -> Spot {
        self.yaml.get(key).map_or(self.yaml.spot, |y| y.spot)
    }

    fn position(&self, key: &str) -> usize {
        self.yaml.entries().iter().position(|e| e.key == key).unwrap_or(usize::MAX)
    }

    fn keys(&mut self) -> Option<()> {
        if !matches!(self.yaml.what, What::Map(_)) {
            self.say(Spot::new(1, 1), "a mapping is an object that begins with `mapping:`");
            self.required("mapping", "x12/4010/850-order")?;
            return None;
        }
        for entry in self.yaml.entries() {
            if !KEYS.contains(&entry.key.as_str()) {
                let near = hint(&entry.key, KEYS.iter().copied());
                self.say(entry.key_spot, format!("`{}` is no key of a mapping{near}", entry.key));
            }
        }
        if self.yaml.get("fields").is_none() {
            self.say(self.yaml.spot, "`fields:` is missing");
        }
        if self.yaml.get("one_way").is_some_and(|y| !matches!(y.text(), Some("true" | "false"))) {
            self.say(self.spot("one_way"), "`one_way:` is true or false");
        }
        Some(())
    }

    fn required(&mut self, key: &str, example: &str) -> Option<String> {
        match self.yaml.get(key).map(|y| (y.text(), y.spot)) {
            Some((Some(text), _)) if !text.is_empty() => Some(text.to_owned()),
            Some((_, spot)) => {
                self.say(spot, format!("`{key}:` takes a text, as in `{key}: {example}`"));
                None
            }
            None => {
                self.say(self.yaml.spot, format!("`{key}:` is missing, as in `{key}: {example}`"));
                None
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let name = self.required("mapping", "x12/4010/850-order")?;
        if !is_name(&name) {
            let small = name.to_lowercase();
            let meant = if is_name(&small) { small } else { "x12/4010/850-order".to_owned() };
            let sentence = format!(
                "`{name}` can't be a mapping's name: small letters, digits, `-`, `_` and `.`, with `/` between its parts, as in \
                 `{meant}`"
            );
            self.say(self.spot("mapping"), sentence);
        }
        Some(name)
    }

    fn from(&mut self) -> Option<From> {
        let text = self.required("from", "x12 004010 850")?;
        let spot = self.spot("from");
        let words: Vec<&str> = text.split_whitespace().collect();
        let from = |standard, version: &str, kind: &str| From {
            standard,
            version: version.to_owned(),
            kind: kind.to_owned(),
            spot,
        };
        match words.as_slice() {
            ["x12", version, kind] => Some(from(Standard::X12, version, kind)),
            ["edifact", version, kind] => Some(from(Standard::Edifact, version, kind)),
            ["csv", _] => Some(from(Standard::Csv, "", &text)),
            ["fixed", _] => Some(from(Standard::Fixed, "", &text)),
            ["json", _] => Some(from(Standard::Json, "", &text)),
            ["ubl" | "cxml" | "xml", _] => Some(from(Standard::Xml, "", &text.to_ascii_lowercase())),
            _ => {
                let forms = "x12 004010 850, edifact D96A ORDERS, csv orders, fixed orders, ubl order, cxml OrderRequest, json order";
                let families = ["x12", "edifact", "csv", "fixed", "json", "ubl", "cxml", "xml"];
                let family = words.first().copied().unwrap_or_default();
                let near = if families.contains(&family) { String::new() } else { hint(family, families) };
                self.say(spot, format!("`{text}` says no document{near}; write it as one of: {forms}"));
                None
            }
        }
    }

    /// The canonical message that it reads to, with its shape.
    fn message(&mut self) -> Option<(String, &'static Shape)> {
        let message = self.required("to", "order/1")?;
        let shape = shape::message(&message);
        if shape.is_none() {
            let near = hint(&message, shape::names());
            self.say(self.spot("to"), format!("`{message}` is no canonical message{near}"));
        }
        Some((message, shape?))
    }

    fn guide(&mut self, from: &From, find: FindGuide) -> Option<Option<&'static Guide>> {
        if !matches!(from.standard, Standard::X12 | Standard::Edifact) {
            return Some(None);
        }
        let guide = find(from.standard, &from.version, &from.kind);
        if guide.is_none() {
            let family = format!("{}/", from.standard.word());
            let known = guides::list().filter_map(|(folder, kind)| Some((folder.strip_prefix(&family)?, kind)));
            let known: Vec<(&str, &str)> = known.collect();
            let versions: Vec<&str> =
                known.iter().filter(|(_, kind)| *kind == from.kind).map(|(version, _)| *version).collect();
            let near = match versions.is_empty() {
                true => hint(&from.kind, known.iter().map(|(_, kind)| *kind)),
                false => format!("; there is one for {}", versions.join(", ")),
            };
            self.say(from.spot, format!("there is no guide for {} {}{near}", from.kind, from.version));
            return None;
        }
        Some(guide)
    }

    fn claims(&mut self, from: Option<&From>) -> Claims {
        let mut claims = Claims::default();
        if let Some(from) = from {
            (claims.kind, claims.versions) = (from.kind.clone(), vec![from.version.clone()]);
        }
        let Some(yaml) = self.yaml.get("claims") else {
            self.say(self.yaml.spot, "`claims:` is missing, as in `claims: { direction: in }`");
            return claims;
        };
        claims.spot = yaml.spot;
        for entry in yaml.entries() {
            let text = entry.value.text().map(str::to_owned);
            match (entry.key.as_str(), text) {
                ("direction", Some(text)) => {
                    claims.read = matches!(text.as_str(), "in" | "both");
                    claims.write = matches!(text.as_str(), "out" | "both");
                    if claims.write && from.is_some_and(|from| from.standard == Standard::Fixed) {
                        self.say(
                            entry.value.spot,
                            "files of fixed width are read, and not written yet: `direction: in`",
                        );
                    }
                    if !claims.read && !claims.write {
                        self.say(entry.value.spot, "`direction:` is in, out or both");
                    }
                }
                ("partner", Some(text)) => claims.partner = Some(text),
                ("application_sender", Some(text)) => claims.application_sender = Some(text),
                ("versions", Some(text)) => claims.versions = vec![text],
                ("versions", None) if matches!(entry.value.what, What::List(_)) => {
                    let What::List(items) = &entry.value.what else { continue };
                    claims.versions = items.iter().filter_map(|i| i.text().map(str::to_owned)).collect();
                }
                (key, _) => {
                    let known = ["direction", "partner", "application_sender", "versions"];
                    let near = if known.contains(&key) { String::new() } else { hint(key, known) };
                    self.say(entry.key_spot, format!("`{key}` is not understood under `claims:`{near}"));
                }
            }
        }
        if yaml.get("direction").is_none() {
            self.say(yaml.spot, "`claims:` needs a direction: in, out or both");
        }
        claims
    }

    /// What is to be done with what no line reads (`unmapped:`), or writes (`unwritten:`).
    fn policy(&mut self, key: &str) -> Unmapped {
        match self.yaml.get(key).map(|y| y.text()) {
            None | Some(Some("warn")) => Unmapped::Warn,
            Some(Some("ignore")) => Unmapped::Ignore,
            Some(Some("reject")) => Unmapped::Reject,
            Some(_) => {
                self.say(self.spot(key), format!("`{key}:` is ignore, warn or reject"));
                Unmapped::Warn
            }
        }
    }

    fn sets_by(&mut self, from: &From) -> Option<String> {
        let sets = self.yaml.get("sets");
        let by = sets.and_then(|s| s.get("by")).and_then(Yaml::text).map(str::to_owned);
        if from.standard == Standard::Csv && by.is_none() {
            self.say(self.yaml.spot, "a CSV mapping says which rows belong together: `sets: { by: order_number }`");
        }
        if from.standard != Standard::Csv && sets.is_some() {
            self.say(self.spot("sets"), "`sets:` is for CSV");
        }
        by
    }

    fn messages(&mut self, key: &str, from: &From, fields: &mut Fields) -> Option<Step> {
        let yaml = self.yaml.get(key)?;
        if from.standard == Standard::Csv {
            let sentence = "of CSV `sets: { by: … }` says which rows make a message";
            self.say(yaml.spot, format!("{sentence}; `{key}:` is for the others"));
            return None;
        }
        // What makes a message is looked for before any of it is read.
        fields.router.read = 0;
        fields.messages(key, yaml)
    }

    fn layout(&mut self, from: &From) -> Arc<Layout> {
        let layout = match (from.standard, self.yaml.get("layout")) {
            (Standard::Fixed, Some(yaml)) => layout::read(yaml),
            (Standard::Fixed, None) => {
                let sentence = "a mapping of fixed width says where the fields stand: `layout: { records: { … } }`";
                Err(vec![(self.yaml.spot, sentence.into())])
            }
            (_, Some(yaml)) => Err(vec![(yaml.spot, "`layout:` is for files of fixed width".into())]),
            (_, None) => Ok(Layout::default()),
        };
        Arc::new(layout.unwrap_or_else(|wrong| {
            wrong.into_iter().for_each(|(spot, sentence)| self.say(spot, sentence));
            Layout::default()
        }))
    }

    fn namespaces(&mut self) -> HashMap<String, String> {
        let mut namespaces = HashMap::new();
        for entry in self.yaml.get("namespaces").map(Yaml::entries).unwrap_or_default() {
            match entry.value.text() {
                Some(uri) => _ = namespaces.insert(entry.key.clone(), uri.to_owned()),
                None => self.say(entry.value.spot, "a namespace is a URI"),
            }
        }
        namespaces
    }

    fn root(&mut self, from: &From, namespaces: &HashMap<String, String>) -> Option<Name> {
        let yaml = self.yaml.get("root");
        match (from.standard, yaml.and_then(Yaml::text)) {
            (Standard::Xml, Some(text)) => {
                let (prefix, local) = text.split_once(':').unwrap_or(("", text));
                let namespace = namespaces.get(prefix).cloned();
                if namespace.is_none() && !prefix.is_empty() {
                    let near = hint(prefix, namespaces.keys().map(String::as_str));
                    let sentence = format!("the prefix `{prefix}` is not declared under `namespaces:`{near}");
                    self.say(self.spot("root"), sentence);
                }
                Some(Name::new(local, namespace))
            }
            (Standard::Json, Some(text)) => Some(Name::new(text, None)),
            (Standard::Xml, None) => {
                self.say(self.yaml.spot, "an XML mapping names the document's root: `root: ubl:Order`");
                None
            }
            (_, _) => {
                if yaml.is_some() {
                    self.say(self.spot("root"), "`root:` is for XML and JSON");
                }
                None
            }
        }
    }

    fn tables(&mut self, find: FindFile) -> Vec<Table> {
        let mut tables = Vec::new();
        for entry in self.yaml.get("tables").map(Yaml::entries).unwrap_or_default() {
            let mut table = Table::new(&entry.key);
            match &entry.value.what {
                // Rows of several places: the first that has a value wins.
                What::List(parts) => parts.iter().for_each(|part| self.table(part, &mut table, find)),
                _ => self.table(&entry.value, &mut table, find),
            }
            tables.push(table);
        }
        tables
    }

    fn table(&mut self, yaml: &Yaml, table: &mut Table, find: FindFile) {
        match &yaml.what {
            What::Text(path) => match find(self.file(yaml.spot), path) {
                Some((file, text)) => {
                    self.hash.update(text.as_bytes());
                    if yaml.spot.file == 0 {
                        self.own_tables.push((path.clone(), file.clone()));
                    }
                    // What a partner's mapping shares with others stands in a folder above its own.
                    let folder = Path::new(self.file(yaml.spot)).parent();
                    let beside = folder.is_some_and(|folder| Path::new(&file).starts_with(folder));
                    let of_partner = beside && yaml.spot.file < self.partners;
                    match tables::parse(&table.name, text) {
                        Ok(rows) => table.below(rows, &file, of_partner),
                        Err(wrong) => self.wrong.extend(wrong.into_iter().map(|(spot, why)| (file.clone(), spot, why))),
                    }
                }
                None => self.say(yaml.spot, format!("the table's file `{path}` is not there, neither beside the mapping nor from the root of the mappings")),
            },
            What::Map(rows) => {
                for row in rows {
                    match row.value.text() {
                        Some(target) => {
                            let (value, target, spot) = (row.key.clone(), target.to_owned(), row.key_spot);
                            let of_partner = spot.file < self.partners;
                            table.add(Row { value, target, spot, file: None, of_partner });
                        }
                        None => self.say(row.value.spot, "a row of a table leads to a text"),
                    }
                }
            }
            _ => self.say(yaml.spot, "a table is a file's name or `{ value: target, … }`"),
        }
    }

    fn order(&mut self, from: &From, router: &mut Router) {
        let Some(yaml) = self.yaml.get("order") else { return };
        if matches!(from.standard, Standard::X12 | Standard::Edifact) {
            return self.say(yaml.spot, "the guide orders X12 and EDIFACT; `order:` is for XML, JSON and CSV");
        }
        for entry in yaml.entries() {
            let What::List(names) = &entry.value.what else {
                self.say(entry.value.spot, "the names in their order are expected, as in [cbc:ID, cbc:Name]");
                continue;
            };
            names.iter().filter_map(Yaml::text).for_each(|name| router.order(&entry.key, name));
        }
    }

    fn requires(&mut self, fields: &mut Fields, shape: &Shape) -> Vec<Require> {
        let mut compiled = Vec::new();
        match self.yaml.get("require").map(|yaml| (&yaml.what, yaml.spot)) {
            None => {}
            Some((What::List(items), _)) => {
                items.iter().for_each(|item| compiled.extend(rules::require(item, fields, shape)))
            }
            Some((_, spot)) => self.say(
                spot,
                "`require:` is a list, as in [{ rule: \"size(lines) > 0\", say: \"the order has no line\" }]",
            ),
        }
        compiled
    }

    fn rules(&mut self, fields: &mut Fields) -> Vec<Rule> {
        let mut compiled = Vec::new();
        for entry in self.yaml.get("write").map(Yaml::entries).unwrap_or_default() {
            compiled.extend(rules::rule(entry, fields));
        }
        compiled
    }
}

/// True of what a mapping can be called: it is a folder's name as well, and there are systems on which those that differ
/// by capital letters alone are one.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    name.split('/').all(|part| !part.is_empty() && part.chars().all(plain))
}

/// The members that a condition can compare with what stands in the document: texts that the message has as they stood, but for
/// blanks around them and words that say nothing (`XXX`, no currency).
fn comparable(fields: &Yaml, shape: &Shape, tables: &[Table]) -> Vec<Member> {
    let is_text = |member: &&Member| matches!(member.shape, Shape::Text | Shape::Currency);
    let leaves_it = |pipe: &str| match pipe.trim() {
        "trim" => true,
        pipe => pipe.strip_prefix("table(").and_then(|name| name.strip_suffix(')')).is_some_and(|name| {
            let table = tables.iter().find(|table| table.name == name.trim());
            table.is_some_and(|table| {
                table.rows.iter().all(|row| row.target.is_empty() || row.value == "*" && row.target == "*")
            })
        }),
    };
    let as_it_stood = |entry: &&Entry| entry.value.text().is_some_and(|text| text.split('|').skip(1).all(leaves_it));
    let stood = fields.entries().iter().filter(as_it_stood);
    stood.filter_map(|entry| shape.member(&entry.key).filter(is_text)).cloned().collect()
}

/// (URI, prefix), in the URIs' order.
fn prefixes(namespaces: &HashMap<String, String>) -> Vec<(String, String)> {
    let mut prefixes: Vec<_> = namespaces.iter().map(|(prefix, uri)| (uri.clone(), prefix.clone())).collect();
    prefixes.sort();
    prefixes
}

/// The guides that are compiled in.
pub fn compiled_guide(standard: Standard, version: &str, kind: &str) -> Option<&'static Guide> {
    guides::find(standard, version, kind)
}
