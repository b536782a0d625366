//! A partner's differences: what its samples say and the mapping that already claims such documents does not read.

use super::{
    super::parts,
    Context, Failure, Library, NoTables, OPEN, Plan, Request, kinds,
    knowledge::{Knowledge, Known, Step},
    places::{Key, Places, Value},
    propose::{Leaf, Node, Says},
    search::{Candidate, Search},
    text::{Writer, prefixes},
    values::Comparer,
};
use crate::formats::{guides, piece::Standard, tree::Tree};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// A mapping that extends another.
#[derive(Debug)]
pub struct Delta {
    pub text: String,
    /// How many fields it adds.
    pub added: usize,
    /// Values that a table of the mapping below has no row for: (table, value).
    pub rows: BTreeSet<(String, String)>,
    /// What the mapping below can't read in the samples.
    pub faults: Vec<String>,
    /// Values that it does not read and that no path leads to, since others like them stand before.
    pub left: Vec<String>,
    /// The loop of which each makes a message, where a sample has several and the mapping below takes one: the number of each
    /// is then to be said (`$todo`).
    pub messages: Option<String>,
}

/// Proposes the differences from a mapping. Each value that it does not read becomes a field under `ext`.
pub fn delta(files: &[(String, String)], request: &Request, base: &Arc<Plan>) -> Result<Delta, Failure> {
    let knowledge = Knowledge::of(files, &request.without, request.partner).map_err(Failure::Mappings)?;
    let (standard, version, kind) = kinds::from(request.from)?;
    let guide = guides::find(standard, &version, &kind);
    let unwrap = standard == Standard::Json && base.0.root.is_some();
    let apart: Vec<_> = request.samples.iter().map(|sample| parts::apart(&base.0, sample.tree)).collect();
    let messages = apart.iter().flatten().map(|(path, _)| path.clone()).next();
    let trees: Vec<&Tree> = (request.samples.iter().zip(&apart))
        .flat_map(|(sample, apart)| apart.as_ref().map_or(vec![sample.tree], |(_, parts)| parts.iter().collect()))
        .collect();
    let places = trees.iter().map(|tree| Places::of(standard, tree, &knowledge.prefixes, unwrap));
    let places: Vec<Places> = places.collect();
    let search = Search::new(
        Comparer { standard, guide, ubl: None, knowledge: &knowledge },
        &places,
        base.message(),
        &kind,
        None,
    );
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let (mut rows, mut faults, mut found) = (BTreeSet::new(), BTreeSet::new(), Found::default());
    let line = lines_of(&knowledge, base);
    let rows_are_sets = matches!(standard, Standard::Csv | Standard::Fixed);
    for (pair, tree) in trees.iter().enumerate() {
        let explained = base.explain(tree, &context);
        let reading = &explained.reading;
        rows.extend(reading.missing.iter().map(|missing| (missing.table.clone(), missing.value.clone())));
        faults.extend(reading.faults.iter().map(|fault| fault.sentence.to_string()));
        let looked = explained.values.iter().filter(|looked| looked.line.is_some());
        let seen: BTreeSet<u64> = looked.map(|looked| looked.bytes.start).collect();
        // A column that is read in one row is no other's in the next: what differs there is a contradiction, and told.
        let columns = places[pair].values.iter().filter(|value| rows_are_sets && seen.contains(&value.start));
        let columns: Vec<&Key> = columns.map(|value| &value.key).collect();
        let beyond = |value: &&Value| !seen.contains(&value.start) && !columns.iter().any(|key| key.same(&value.key));
        for value in places[pair].values.iter().filter(beyond) {
            found.add(&search, pair, value, &line);
        }
    }
    let (mut refused, mut left) = (BTreeSet::new(), Vec::new());
    for _ in 0..40 {
        let named = Named { request, base, messages: messages.as_deref() };
        let (text, fields) = written(&named, &search, &places, &found, &refused, &rows);
        let mut all = files.to_vec();
        all.push((request.path.to_owned(), text.clone()));
        let before = refused.len();
        let lints = match Library::compile(&all) {
            Ok(library) => {
                let plan = library.named(request.name);
                let misread = plan.map(|plan| found.misread(&plan, &trees, &context, &refused));
                for field in misread.unwrap_or_default() {
                    left.extend(found.fields.get(&field).map(|one| one.evidence.clone()));
                    refused.insert(field);
                }
                if refused.len() == before {
                    let (added, faults) = (found.len() - refused.len(), faults.into_iter().collect());
                    return Ok(Delta { text, added, rows, faults, left, messages });
                }
                continue;
            }
            Err(lints) => lints,
        };
        let own = lints.iter().filter(|lint| lint.file == request.path);
        refused.extend(own.filter_map(|lint| fields.get(&(lint.line as usize)).cloned()));
        if refused.len() == before {
            return Err(Failure::Mappings(lints));
        }
    }
    Err("no proposal lints clean".to_owned().into())
}

/// The way of a mapping's lines from the root.
fn lines_of(knowledge: &Knowledge, base: &Plan) -> Vec<Step> {
    let mut lists = knowledge.lists.iter().filter(|list| list.mapping == base.short());
    lists.find(|list| list.field == ["lines"]).map(|list| list.steps.clone()).unwrap_or_default()
}

/// Fields by their names: of the message, and of its lines.
#[derive(Default)]
struct Found {
    fields: BTreeMap<(bool, String), One>,
    line: Vec<Step>,
}

/// A field, and the value that asks for it.
struct One {
    candidate: Candidate,
    evidence: String,
    /// Its sample, and its first byte there.
    at: (usize, u64),
}

impl Found {
    fn len(&self) -> usize {
        self.fields.len()
    }

    /// Fields that read another value than the one that asked for them: the first of several alike.
    fn misread(
        &self,
        plan: &Plan,
        trees: &[&Tree],
        context: &Context,
        refused: &BTreeSet<(bool, String)>,
    ) -> Vec<(bool, String)> {
        let mut read: BTreeSet<(bool, String, usize, u64)> = BTreeSet::new();
        for (pair, tree) in trees.iter().enumerate() {
            for origin in plan.read(tree, context).provenance.iter() {
                if let Some((above, name)) = origin.field.rsplit_once("/ext/") {
                    read.insert((above.starts_with("/lines/"), name.to_owned(), pair, origin.bytes.start));
                }
            }
        }
        let is_misread = |(field, one): &(&(bool, String), &One)| {
            !refused.contains(*field) && !read.contains(&(field.0, field.1.clone(), one.at.0, one.at.1))
        };
        self.fields.iter().filter(is_misread).map(|(field, _)| field.clone()).collect()
    }

    fn add(&mut self, search: &Search, pair: usize, value: &Value, line: &[Step]) {
        let places = &search.places[pair];
        let chain = places.chain(value.group);
        let class: String = line.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join("/");
        let at = chain.iter().position(|group| !class.is_empty() && places.groups[*group].class == class);
        let below = &chain[at.map_or(0, |at| at + 1)..];
        let rows = matches!(search.compare.standard, Standard::Csv | Standard::Fixed);
        // An order's own columns stand in each of its rows.
        if rows && at.is_none() || search.compare.pair(&places.groups[value.group].name, &value.key).is_some() {
            return;
        }
        let last = below.len().saturating_sub(1);
        let steps = below.iter().enumerate();
        let steps: Vec<Step> =
            steps.map(|(i, group)| search.step(places, *group, (i == last).then_some(&value.key))).collect();
        // What tells another value apart is read with it.
        let asked = search.step(places, value.group, Some(&Key::Named(String::new())));
        if asked.conditions.iter().any(|(key, _)| key.same(&value.key)) {
            return;
        }
        let name = named(search, places, value, steps.last());
        // X12's Nn: digits with an implied point.
        let spec = search.compare.spec(&places.groups[value.group].name, &value.key);
        let implied = spec.and_then(|spec| spec.kind.strip_prefix('N')?.parse::<u32>().ok()).filter(|n| *n > 0);
        let pipes = implied.map(|implied| Known::Text(format!("decimal({implied})"))).into_iter().collect();
        let one = Candidate::new(0, steps, value.key.clone(), pipes);
        self.line = line.to_vec();
        let (evidence, place) = (format!("{} = \"{}\"", value.at, value.text), (pair, value.start));
        self.fields.entry((at.is_some(), name)).or_insert(One { candidate: one, evidence, at: place });
    }
}

/// `ref_19`, `note_text`: by qualifier, else by the words of the guide.
fn named(search: &Search, places: &Places, value: &Value, step: Option<&Step>) -> String {
    let segment = &places.groups[value.group].name;
    let qualifier = step.and_then(|step| step.conditions.first()).and_then(|(_, values)| values.first());
    let words = match (&value.key, qualifier) {
        (Key::Named(name), _) => name.clone(),
        (Key::Own, _) => segment.clone(),
        (key, Some(qualifier)) => format!("{segment} {qualifier} {}", key.text()),
        (key, None) => {
            let label = search.compare.spec(segment, key).map(|spec| spec.label.to_string()).unwrap_or_default();
            format!("{segment} {label}")
        }
    };
    let mut plain = String::new();
    for c in words.chars() {
        match c.is_ascii_alphanumeric() {
            true => plain.extend(c.to_lowercase()),
            false if !plain.ends_with('_') && !plain.is_empty() => plain.push('_'),
            false => {}
        }
    }
    plain.trim_end_matches('_').to_owned()
}

/// What the file is called, extends and makes.
struct Named<'a> {
    request: &'a Request<'a>,
    base: &'a Plan,
    messages: Option<&'a str>,
}

/// The file, and which field stands in which of its lines.
fn written(
    Named { request, base, messages }: &Named,
    search: &Search,
    places: &[Places],
    found: &Found,
    refused: &BTreeSet<(bool, String)>,
    missing: &BTreeSet<(String, String)>,
) -> (String, HashMap<usize, (bool, String)>) {
    let mut text = format!(
        "# What {} sends beyond {}: proposed from samples. Give the fields names that mean something, or take them away.\n\
         mapping: {}\nextends: {}\nclaims: {{ partner: {}, direction: in }}\n",
        request.partner.unwrap_or_default(),
        base.short(),
        request.name,
        base.short(),
        request.partner.unwrap_or_default(),
    );
    text += &messages.map(|path| format!("messages: {path}\n")).unwrap_or_default();
    if !missing.is_empty() {
        text += "# Values that a table has no row for. What they mean, say here or by `crossdock reference add`:\n# tables:\n";
        let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (table, value) in missing {
            tables.entry(table).or_default().push(format!("\"{value}\": …"));
        }
        tables.iter().for_each(|(table, rows)| text += &format!("#   {table}: {{ {} }}\n", rows.join(", ")));
    }
    let prefixes = prefixes(places, search.compare.knowledge);
    let mut writer = Writer::new(&search.compare, &prefixes, &|_| false);
    for of_line in [false, true] {
        let kept = found.fields.iter().filter(|(at, _)| at.0 == of_line && !refused.contains(*at));
        let leaf = |((_, name), One { candidate: one, evidence: why, .. }): (&(bool, String), &One)| {
            let says = Says::Ways { ways: vec![one.way(false)], otherwise: vec![], pipes: one.pipes.clone() };
            Node::Leaf(Leaf { name: name.clone(), says, confidence: 0.5, why: why.clone(), unseen: false })
        };
        let leaves: Vec<Node> = kept.map(leaf).collect();
        if leaves.is_empty() {
            continue;
        }
        let mut frames = vec![vec![]];
        frames.extend((0..found.line.len()).map(|at| found.line[..=at].to_vec()).filter(|_| of_line));
        let depth = if of_line { 2 } else { 1 };
        if of_line {
            writer.row(1, "lines:", None);
        }
        writer.row(depth, "ext:", None);
        writer.nodes(&leaves, depth + 1, if of_line { "/lines/ext" } else { "/ext" }, &frames, 0);
    }
    let mut fields = HashMap::new();
    if !writer.rows.is_empty() || messages.is_some() {
        text += "fields:\n";
    }
    if let Some(path) = messages {
        text += &format!("  number: {OPEN}  # each {path} is a message, and needs a number of its own\n");
    }
    for (row, number) in &writer.rows {
        match number {
            Some(number) => {
                let line = &writer.lines[*number];
                let name = line.field.rsplit('/').next().unwrap_or_default().to_owned();
                fields.insert(text.lines().count() + 1, (line.field.starts_with("/lines/"), name));
                text += &format!("{row}  # {}\n", super::propose::short(&line.evidence));
            }
            None => text += &format!("{row}\n"),
        }
    }
    (text, fields)
}
