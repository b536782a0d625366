//! What other mappings know: where each of their fields comes from, which qualifiers they look at, which tables there are.

use super::{
    super::{
        Library, Lint,
        extends::{Sources, name_of},
        library::{find, plain},
        moment::Form,
        plan::{self, Alternative, Block, Formula, Leaf, Pipe, Program, Source},
        standard,
        tables::Table,
        yaml::{What, Yaml},
    },
    places::Key,
};
use crate::formats::{guides::Guide, piece::Standard};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A step of a path, with what its group must say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    pub name: String,
    pub conditions: Vec<(Key, Vec<String>)>,
}

/// One place that a field of another mapping is read from.
#[derive(Debug, Clone)]
pub struct Fact {
    pub mapping: String,
    pub message: String,
    pub standard: Standard,
    /// `ubl order`, `850`.
    pub kind: String,
    pub guide: Option<&'static Guide>,
    /// Canonical names: `lines`, `quantity`, `unit`.
    pub field: Vec<String>,
    /// From the document's root.
    pub steps: Vec<Step>,
    pub key: Key,
    pub pipes: Vec<Known>,
    /// Its formula's number: alternatives have it in common.
    pub formula: usize,
    /// Which alternative it is, from 0.
    pub rank: usize,
    /// What stands behind it where nothing stands there: `$position`.
    pub otherwise: Vec<String>,
    /// All of its kind are read: `REF[01=SE]*.02`.
    pub every: bool,
}

/// A pipe as other mappings use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A table, by its number in [`Knowledge::tables`].
    Table(usize),
    /// A table whose rows the samples show: code → word.
    Rows(String, Vec<(String, String)>),
    /// `party(03)`, `date(01.03)`: what stands beside.
    Party(Key),
    CodedDate(Key),
    /// As it is written.
    Text(String),
}

/// `each:` of a list.
#[derive(Debug)]
pub struct ListFact {
    pub mapping: String,
    pub standard: Standard,
    pub field: Vec<String>,
    pub steps: Vec<Step>,
}

/// A table that a mapping looks values up in.
#[derive(Debug)]
pub struct KnownTable {
    pub name: String,
    pub standard: Standard,
    /// Path from the mappings' root; none if its rows stand in the mapping.
    pub file: Option<String>,
    pub table: Table,
}

/// A field that is the same in every document of a mapping, or computed.
#[derive(Debug)]
pub struct Made {
    pub mapping: String,
    pub message: String,
    pub standard: Standard,
    pub field: Vec<String>,
    /// As YAML says it.
    pub text: String,
}

/// A rule of a mapping (`require:`).
#[derive(Debug)]
pub struct RuleFact {
    pub mapping: String,
    pub message: String,
    pub standard: Standard,
    pub kind: String,
    pub each: Option<String>,
    pub rule: String,
    pub say: String,
    pub code: Option<String>,
    pub at: Option<String>,
}

/// A mapping, with what it reads and makes.
#[derive(Debug)]
pub struct Told {
    pub mapping: String,
    pub message: String,
    pub standard: Standard,
    pub kind: String,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Knowledge {
    pub programs: Vec<Told>,
    pub rules: Vec<RuleFact>,
    pub facts: Vec<Fact>,
    pub lists: Vec<ListFact>,
    pub tables: Vec<KnownTable>,
    pub made: Vec<Made>,
    /// By standard and segment: which elements mappings ask for before they read another.
    pub qualifiers: BTreeMap<(&'static str, String), BTreeSet<Key>>,
    /// By standard, segment or element, and place in it: what mappings refuse beside a value that is in another currency than
    /// the message's (`[01.03='',$currency ?? refuse]`), and how many lines do.
    pub refused: BTreeMap<(&'static str, String, Key), BTreeMap<String, usize>>,
    pub kinds: Vec<KindFact>,
    /// By standard and segment: the items that it repeats, as `repeat:` says them (`03/2` of SDQ).
    pub repeats: BTreeMap<(&'static str, String), String>,
    /// XML: (prefix, namespace).
    pub prefixes: Vec<(String, String)>,
    /// XML: the namespace of a local name.
    pub names: BTreeMap<String, String>,
    /// XML: names of elements of which lists of ids take all (`cac:PartyIdentification*/cbc:ID`).
    pub starred: BTreeSet<String>,
    /// How many formulas were told.
    formulas: usize,
}

impl Knowledge {
    /// What the mappings among files know, without those that are withheld, what they extend and what extends them, and
    /// without those of partners but the one asked for: what one partner settled says nothing of another.
    ///
    /// Errors: faults of the others.
    pub fn of(files: &[(String, String)], without: &[String], partner: Option<&str>) -> Result<Knowledge, Vec<Lint>> {
        let kept = kept(files, without);
        let library = Library::compile(&kept)?;
        let mut knowledge = Knowledge::default();
        let sources = Sources::new(kept.iter().filter(|(path, _)| path.ends_with("mapping.yaml")));
        for (path, text) in kept.iter().filter(|(path, _)| path.ends_with("mapping.yaml")) {
            let plan = name_of(text).and_then(|name| library.named(name));
            let (Some(plan), Ok(resolved)) = (plan, sources.resolve(path, text)) else { continue };
            if plan.0.claims.partner.as_deref().is_some_and(|theirs| Some(theirs) != partner) {
                continue;
            }
            let tables = knowledge.tables(&plan.0, &resolved.yaml, &resolved.files, &kept);
            let mut teller = Teller { knowledge: &mut knowledge, program: &plan.0, tables, name: plan.short().into() };
            teller.fields(&plan.0.fields, &mut Vec::new(), &[vec![]]);
            teller.made(resolved.yaml.get("fields"), &mut Vec::new());
            teller.rules(resolved.yaml.get("require"));
            knowledge.kinds.push(KindFact::of(&plan.0));
            let prefixes = plan.0.prefixes.iter().map(|(uri, prefix)| (prefix.clone(), uri.clone()));
            knowledge.prefixes.extend(prefixes);
        }
        Ok(knowledge)
    }

    /// The numbers of a program's tables here.
    fn tables(&mut self, program: &Program, yaml: &Yaml, files: &[String], all: &[(String, String)]) -> Vec<usize> {
        let texts: HashMap<String, &str> = all.iter().map(|(path, text)| (plain(path), text.as_str())).collect();
        let entry = |name: &str| yaml.get("tables").and_then(|tables| tables.get(name));
        let mut numbers = Vec::new();
        for table in &program.tables {
            let file = entry(&table.name).and_then(|value| match &value.what {
                What::Text(path) => {
                    let (path, _) = find(&texts, files.get(usize::from(value.spot.file))?, path)?;
                    let mut known = standard::FILES.iter().map(|(path, _)| *path);
                    let shipped = known.find(|known| path == *known || path.ends_with(&format!("/{known}")));
                    Some(shipped.map_or(path, str::to_owned))
                }
                _ => None,
            });
            let same = |known: &KnownTable| {
                known.name == table.name
                    && known.standard == program.standard
                    && (file.is_some() && known.file == file || known.table.says_as(table))
            };
            let at = self.tables.iter().position(same).unwrap_or_else(|| {
                let (name, standard, table) = (table.name.clone(), program.standard, table.clone());
                self.tables.push(KnownTable { name, standard, file: file.clone(), table });
                self.tables.len() - 1
            });
            numbers.push(at);
        }
        numbers
    }
}

/// What a mapping takes a document for: `x12 850` is an `order/1`.
#[derive(Debug)]
pub struct KindFact {
    pub document: String,
    pub message: String,
    pub word: Word,
}

/// How much a mapping has to say about what a document is; the least comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// No document comes to it by itself: others extend it.
    ClaimsNone,
    Writes,
    Reads,
    /// It is the partner's that the mapping is wanted for.
    Partners,
}

impl KindFact {
    fn of(program: &Program) -> KindFact {
        let claims = &program.claims;
        let word = match () {
            () if claims.versions.is_empty() => Word::ClaimsNone,
            () if !claims.read => Word::Writes,
            () if claims.partner.is_some() => Word::Partners,
            () => Word::Reads,
        };
        KindFact { document: kind_of(program), message: program.message.clone(), word }
    }
}

/// `x12 850`, `csv orders`.
fn kind_of(program: &Program) -> String {
    match program.standard {
        Standard::X12 | Standard::Edifact => format!("{} {}", program.standard.word(), program.claims.kind),
        _ => program.claims.kind.clone(),
    }
}

/// The files without mappings that are withheld, and all that is of one family with them by `extends:`.
fn kept(files: &[(String, String)], without: &[String]) -> Vec<(String, String)> {
    let base = |text: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix("extends:"))
            .map(|rest| rest.split('#').next().unwrap_or("").trim().to_owned())
    };
    let mut gone: BTreeSet<String> = without.iter().cloned().collect();
    loop {
        let before = gone.len();
        for (_, text) in files.iter().filter(|(path, _)| path.ends_with("mapping.yaml")) {
            let (Some(name), Some(base)) = (name_of(text), base(text)) else { continue };
            if gone.contains(&base) || gone.contains(name) {
                gone.extend([name.to_owned(), base]);
            }
        }
        if gone.len() == before {
            break;
        }
    }
    let stays = |(path, text): &&(String, String)| {
        !path.ends_with("mapping.yaml") || name_of(text).is_none_or(|name| !gone.contains(name))
    };
    files.iter().filter(stays).cloned().collect()
}

/// Tells what one program knows.
struct Teller<'k> {
    knowledge: &'k mut Knowledge,
    program: &'k Program,
    tables: Vec<usize>,
    name: String,
}

impl Teller<'_> {
    /// `frames`: the absolute path of each frame, the root first.
    fn fields(&mut self, fields: &[plan::Field], names: &mut Vec<String>, frames: &[Vec<Step>]) {
        for field in fields {
            names.push(field.name.clone());
            match &field.source {
                // A whole date with its time is proposed by its day.
                Source::Value(formula) if matches!(formula.pipes.last(), Some(Pipe::When(_))) => {
                    names.push("date".to_owned());
                    self.formula(formula, names, frames, &[]);
                    names.pop();
                }
                Source::Value(formula)
                | Source::ReadOnly(formula)
                | Source::Spare(formula)
                | Source::Key(formula, _) => self.formula(formula, names, frames, &[]),
                Source::List(formulas) => formulas.iter().for_each(|f| self.formula(f, names, frames, &[])),
                Source::Object(inner) => self.fields(inner, names, frames),
                Source::At(blocks) => blocks.iter().for_each(|block| self.block(block, names, frames)),
                Source::Each(block) => {
                    self.block(block, names, frames);
                }
                Source::Computed(_) => {}
            }
            names.pop();
        }
    }

    fn block(&mut self, block: &Block, names: &mut Vec<String>, frames: &[Vec<Step>]) {
        let level = frames.len() - 1 - block.up.min(frames.len() - 1);
        let mut inner: Vec<Vec<Step>> = frames[..=level].to_vec();
        for walk in &block.under {
            let mut path = frames[level].clone();
            path.push(self.step(&walk.step));
            inner.push(path);
        }
        let mut path = frames[level].clone();
        for walk in &block.walk {
            path.push(self.step(&walk.step));
            inner.push(path.clone());
        }
        if let (Some(repeat), Some(last)) = (block.repeat, path.last()) {
            let segment = (self.program.standard.word(), last.name.clone());
            self.knowledge.repeats.insert(segment, format!("{:02}/{}", repeat.first, repeat.size));
        }
        if block.each {
            let (mapping, field, standard) = (self.name.clone(), names.clone(), self.program.standard);
            self.knowledge.lists.push(ListFact { mapping, standard, field, steps: path });
        }
        self.fields(&block.fields, names, &inner);
    }

    fn step(&mut self, step: &plan::Step) -> Step {
        self.names(&step.names);
        let first = step.names.first().map(|n| n.name.clone()).unwrap_or_default();
        let name = step.opens.clone().unwrap_or(first);
        if step.every && self.program.standard == Standard::Xml {
            self.knowledge.starred.insert(name.clone());
        }
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            match &condition.leaf {
                Leaf::Deep(names) => self.names(names),
                Leaf::Child { name, .. } => self.names(std::slice::from_ref(name)),
                _ => {}
            }
            if !condition.is_plain() {
                continue;
            }
            let Some(key) = Key::asked(self.program.standard, &condition.leaf) else { continue };
            let segment = (self.program.standard.word(), name.clone());
            self.knowledge.qualifiers.entry(segment).or_default().insert(key.clone());
            conditions.push((key, condition.values.clone()));
        }
        Step { name, conditions }
    }

    /// Keeps by which condition a path refuses what is in another currency.
    fn refusing(&mut self, route: &plan::Route, steps: &[Step], key: &Key) {
        let conditions = route.steps.last().map(|step| &step.conditions);
        let asked = route.refuses.and_then(|nth| conditions?.get(nth));
        let Some((asked, compared, last)) = asked.and_then(|asked| Some((asked, asked.compared?, steps.last()?)))
        else {
            return;
        };
        let is_currency = self.program.compared.get(compared.member).is_some_and(|member| member == "currency");
        let Some(place) = Key::of(&asked.leaf).filter(|_| is_currency && !asked.not) else { return };
        let named = |value: &String| if value.is_empty() { "''".to_owned() } else { value.clone() };
        let mut values: Vec<String> = asked.values.iter().map(named).collect();
        values.insert(if compared.first { 0 } else { values.len() }, "$currency".to_owned());
        let text = format!("[{}={} ?? refuse]", place.text(), values.join(","));
        let of = (self.program.standard.word(), last.name.clone(), key.clone());
        *self.knowledge.refused.entry(of).or_default().entry(text).or_default() += 1;
    }

    fn names(&mut self, names: &[plan::Name]) {
        let spaces = names.iter().filter_map(|name| Some((name.name.clone(), name.namespace.clone()?)));
        self.knowledge.names.extend(spaces);
    }

    fn formula(&mut self, formula: &Formula, names: &[String], frames: &[Vec<Step>], outer: &[Known]) {
        self.knowledge.formulas += usize::from(outer.is_empty());
        let mut pipes: Vec<Known> = formula.pipes.iter().filter_map(|pipe| self.pipe(pipe)).collect();
        pipes.extend(outer.iter().cloned());
        let otherwise = formula.alternatives.iter().filter_map(|alternative| match alternative {
            Alternative::Literal(text) => Some(format!("'{text}'")),
            Alternative::TenantCurrency => Some("$tenant.currency".to_owned()),
            Alternative::Position => Some("$position".to_owned()),
            Alternative::Route(_) | Alternative::Group(_) => None,
        });
        let otherwise: Vec<String> = otherwise.collect();
        for (rank, alternative) in formula.alternatives.iter().enumerate() {
            match alternative {
                Alternative::Route(route) => {
                    let level = frames.len() - 1 - route.up.min(frames.len() - 1);
                    let mut steps = frames[level].clone();
                    if let Some(last) = steps.last_mut() {
                        for condition in route.own.iter().filter(|one| one.is_plain()) {
                            last.conditions.extend(Key::of(&condition.leaf).map(|k| (k, condition.values.clone())));
                        }
                    }
                    for step in &route.steps {
                        steps.push(self.step(step));
                    }
                    let Some(key) = Key::of(&route.leaf) else { continue };
                    self.refusing(route, &steps, &key);
                    self.knowledge.facts.push(Fact {
                        mapping: self.name.clone(),
                        message: self.program.message.clone(),
                        standard: self.program.standard,
                        kind: self.program.claims.kind.clone(),
                        guide: self.program.guide,
                        field: names.to_vec(),
                        steps,
                        key,
                        pipes: pipes.clone(),
                        formula: self.knowledge.formulas,
                        rank,
                        otherwise: otherwise.clone(),
                        every: route.steps.last().is_some_and(|step| step.every),
                    });
                }
                Alternative::Group(inner) => self.formula(inner, names, frames, &pipes),
                _ => {}
            }
        }
    }

    fn pipe(&self, pipe: &Pipe) -> Option<Known> {
        Some(match pipe {
            Pipe::Date(format) => Known::Text(format!("date({})", written(&format.words()))),
            Pipe::CodedDate(leaf) => Known::CodedDate(Key::of(leaf)?),
            Pipe::Decimal(n) => Known::Text(format!("decimal({n})")),
            Pipe::Table(at) => Known::Table(*self.tables.get(*at)?),
            Pipe::Trim => Known::Text("trim".into()),
            Pipe::Upper => Known::Text("upper".into()),
            Pipe::Lower => Known::Text("lower".into()),
            Pipe::Pad(width, fill) => Known::Text(format!("pad({width}, '{fill}')")),
            Pipe::Cut(width) => Known::Text(format!("cut({width})")),
            Pipe::Lines(width, behind) => Known::Text(format!("lines({width}, {})", Key::of(behind.last()?)?.text())),
            Pipe::Number(mark) => Known::Text(format!("number('{mark}')")),
            Pipe::Sscc(identified) => Known::Text(if *identified { "sscc(00)" } else { "sscc" }.to_owned()),
            Pipe::Split(mark) => Known::Text(format!("split('{mark}')")),
            Pipe::Join(mark) => Known::Text(format!("join('{mark}')")),
            Pipe::Default(text) => Known::Text(format!("default({text})")),
            Pipe::Party(leaf, _) => Known::Party(Key::of(leaf)?),
            Pipe::Item => Known::Text("item".into()),
            Pipe::Prefix(prefix) => Known::Text(format!("prefix({prefix})")),
            Pipe::When(Form::Coded(leaf)) => Known::CodedDate(Key::of(leaf)?),
            Pipe::When(Form::Beside { .. }) => Known::Text("date(yyyymmdd)".into()),
            Pipe::When(Form::Iso) => Known::Text("date(iso)".into()),
            Pipe::Ref(scheme) => Known::Text(format!("ref({scheme})")),
        })
    }

    fn rules(&mut self, yaml: Option<&Yaml>) {
        let (mapping, message) = (self.name.clone(), self.program.message.clone());
        let (standard, kind) = (self.program.standard, self.program.claims.kind.clone());
        self.knowledge.programs.push(Told { mapping, message, standard, kind });
        let Some(What::List(items)) = yaml.map(|yaml| &yaml.what) else { return };
        for item in items {
            let text = |name: &str| item.get(name).and_then(Yaml::text).map(str::to_owned);
            let (Some(rule), Some(say)) = (text("rule"), text("say")) else { continue };
            self.knowledge.rules.push(RuleFact {
                mapping: self.name.clone(),
                message: self.program.message.clone(),
                standard: self.program.standard,
                kind: self.program.claims.kind.clone(),
                each: text("each"),
                rule,
                say,
                code: text("code"),
                at: text("at"),
            });
        }
    }

    /// Literals and computed fields, as the YAML has them.
    fn made(&mut self, yaml: Option<&Yaml>, names: &mut Vec<String>) {
        for entry in yaml.map(Yaml::entries).unwrap_or_default() {
            names.push(entry.key.clone());
            let text = match (&entry.value.what, entry.value.get("cel").and_then(Yaml::text)) {
                (_, Some(cel)) => Some(format!("{{ cel: \"{}\" }}", cel.replace('"', "\\\""))),
                (What::Text(text), _) if text.starts_with('\'') && text.ends_with('\'') => Some(format!("\"{text}\"")),
                (What::Text(text), _) if text == "$position" => Some(text.clone()),
                _ => None,
            };
            match text {
                Some(text) => {
                    let (mapping, message) = (self.name.clone(), self.program.message.clone());
                    let standard = self.program.standard;
                    self.knowledge.made.push(Made { mapping, message, standard, field: names.clone(), text });
                }
                None => self.made(Some(&entry.value), names),
            }
            names.pop();
        }
    }
}

fn written(words: &str) -> String {
    if words == "yyyy-mm-dd" { "iso".into() } else { words.to_owned() }
}
