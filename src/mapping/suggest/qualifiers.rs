//! Members that no other mapping reads: by what qualifiers and elements mean (`qualifiers.txt`, `ubl.txt`).

use super::{
    super::shape::Shape,
    knowledge::{Fact, Known, ListFact, Step},
    places::Key,
    search::{Scope, Search},
    ubl,
};
use std::{collections::BTreeMap, sync::LazyLock};

/// A row of the table.
struct Meaning {
    standard: &'static str,
    what: What,
    words: Vec<&'static str>,
}

enum What {
    /// A segment with a qualifier: what stands beside it is read as other mappings do.
    Qualifier { segment: &'static str, codes: Vec<String> },
    /// A place by itself, with the names of tables and the pipes behind it.
    Place { steps: Vec<Step>, key: Key, pipes: Vec<&'static str> },
    /// What makes the items of a list.
    List(Vec<Step>),
}

/// As its segment writes it, beside the qualifier: the last word of a member that says only what kind of value it is.
const KINDS: &[&str] = &["number", "date", "value", "unit", "amount"];

static MEANINGS: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
    let rows = include_str!("qualifiers.txt").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(meaning).collect()
});

fn meaning(row: &'static str) -> Option<Meaning> {
    let (place, words) = row.split_once(": ")?;
    let (standard, place) = place.split_once(' ')?;
    let what = if let Some(list) = place.strip_prefix("each ") {
        What::List(vec![step(list)?])
    } else if let Some((segment, codes)) = place.split_once(' ').filter(|(segment, _)| segment.len() == 3) {
        What::Qualifier { segment, codes: codes.split(',').map(str::to_owned).collect() }
    } else {
        let mut pipes = place.split(" | ");
        let path = pipes.next()?;
        let (segment, key) = match path.rfind(']') {
            Some(end) => (&path[..=end], path[end + 1..].trim_start_matches('.')),
            // Without a name: of the list's own segment.
            None => path.split_once('.')?,
        };
        let steps = if segment.is_empty() { vec![] } else { vec![step(segment)?] };
        What::Place { steps, key: key_of(key)?, pipes: pipes.collect() }
    };
    Some(Meaning { standard, what, words: words.split(' ').collect() })
}

/// `RFF[01=IV,OI]`
fn step(text: &str) -> Option<Step> {
    let (name, rest) = text.split_at(text.find('[').unwrap_or(text.len()));
    let mut conditions = Vec::new();
    for one in rest.split('[').filter_map(|one| one.strip_suffix(']')) {
        let (key, codes) = one.split_once('=')?;
        conditions.push((key_of(key)?, codes.split(',').map(str::to_owned).collect()));
    }
    Some(Step { name: name.to_owned(), conditions })
}

/// `02`, `01.03`, `{SA,BP}`
fn key_of(text: &str) -> Option<Key> {
    if let Some(codes) = text.strip_prefix('{') {
        return Some(Key::Pairs(codes.trim_end_matches('}').split(',').map(str::to_owned).collect()));
    }
    let (element, component) = text.split_once('.').unwrap_or((text, "0"));
    Some(Key::Element(element.parse().ok()?, component.parse().ok()?))
}

impl Search<'_> {
    /// The ways to a member, as if another mapping read it, without a name of one.
    pub(super) fn meant(&self, scope: &Scope, names: &[String], shape: &Shape) -> Vec<Fact> {
        if let Some(document) = self.compare.ubl {
            let field = [scope.names.as_slice(), names].concat();
            return ubl::meanings(document, &field).iter().filter_map(|path| self.of_element(path, shape)).collect();
        }
        let unit = names.last().is_some_and(|name| name == "unit");
        let around = scope.names.iter().filter(|name| *name != "lines");
        let said = words(names.iter());
        let whole = words(around.chain(names));
        let mut found: Vec<Fact> = Vec::new();
        for meaning in MEANINGS.iter().filter(|meaning| meaning.standard == self.compare.standard.word()) {
            let fits = is_said(meaning, &said) || is_said(meaning, &whole);
            match &meaning.what {
                What::Qualifier { segment, codes } if fits => {
                    found.extend(self.usual(segment, codes, meaning, shape, unit))
                }
                What::Place { steps, key, pipes } if meaning.words == said || meaning.words == whole => {
                    found.extend(self.of_place(steps, key, pipes, meaning));
                }
                _ => {}
            }
        }
        found
    }

    /// Qualifiers that mean a field, in a segment.
    pub(super) fn codes_meant(&self, segment: &str, field: &[String]) -> Vec<Vec<String>> {
        let said = words(field.iter().filter(|name| *name != "lines"));
        let own = MEANINGS.iter().filter(|m| m.standard == self.compare.standard.word() && is_said(m, &said));
        let codes = own.filter_map(|meaning| match &meaning.what {
            What::Qualifier { segment: own, codes } if *own == segment => Some(codes.clone()),
            _ => None,
        });
        codes.collect()
    }

    /// What makes the items of a list that no other mapping makes.
    pub(super) fn list_meant(&self, scope: &Scope, field: &[String]) -> Option<ListFact> {
        let said = words(field.iter().filter(|name| *name != "lines"));
        let standard = self.compare.standard;
        let mut own = MEANINGS.iter().filter(|m| m.standard == standard.word() && m.words == said);
        let steps = own.find_map(|meaning| match &meaning.what {
            What::List(steps) => Some(steps.clone()),
            _ => None,
        })?;
        let frame = scope.frames.last().map_or(&[][..], Vec::as_slice);
        let there = self.compare.known_codes(steps).filter(|s| self.compare.leads(&[frame, s].concat()))?;
        Some(ListFact { mapping: String::new(), standard, field: field.to_vec(), steps: there })
    }

    fn of_place(&self, steps: &[Step], key: &Key, pipes: &[&str], meaning: &Meaning) -> Option<Fact> {
        let standard = self.compare.standard;
        let mut known = Vec::new();
        for pipe in pipes {
            known.push(match (*pipe, key) {
                ("day", Key::Element(element, 2)) => Known::CodedDate(Key::Element(*element, 3)),
                ("day", _) => Known::Text("date(yyyymmdd)".into()),
                ("party", Key::Element(element, _)) => Known::Party(Key::Element(*element, 3)),
                (call, _) if call == "item" || call.contains('(') => Known::Text(call.into()),
                (table, _) => {
                    let mut tables = self.compare.knowledge.tables.iter();
                    Known::Table(tables.position(|one| one.name == table && one.standard == standard)?)
                }
            });
        }
        Some(self.fact_of(meaning.words.join(" "), steps.to_vec(), key.clone(), known))
    }

    fn of_element(&self, path: &[&str], shape: &Shape) -> Option<Fact> {
        let pipes = match shape {
            Shape::Text => vec![Known::Text("trim".into())],
            Shape::Date | Shape::Decimal | Shape::Integer(..) | Shape::Currency => vec![],
            _ => return None,
        };
        let steps = path.iter().map(|name| Step { name: (*name).to_owned(), conditions: vec![] }).collect();
        let field = path.join("/");
        Some(self.fact_of(field, steps, Key::Own, pipes))
    }

    fn fact_of(&self, field: String, steps: Vec<Step>, key: Key, pipes: Vec<Known>) -> Fact {
        Fact {
            mapping: String::new(),
            message: String::new(),
            standard: self.compare.standard,
            kind: self.kind.to_owned(),
            guide: None,
            field: vec![field],
            every: matches!(key, Key::Pairs(_)),
            steps,
            key,
            pipes,
            formula: 0,
            rank: 0,
            otherwise: vec![],
        }
    }

    /// How most mappings read such a value beside such a qualifier, asked for other ones.
    fn usual(&self, segment: &str, codes: &[String], meaning: &Meaning, shape: &Shape, unit: bool) -> Option<Fact> {
        let is_day = |pipe: &Known| {
            matches!(pipe, Known::CodedDate(_)) || matches!(pipe, Known::Text(text) if text.starts_with("date("))
        };
        let mut counts: BTreeMap<String, (usize, &Fact)> = BTreeMap::new();
        let facts = self.compare.knowledge.facts.iter();
        for fact in facts.filter(|fact| fact.standard == self.compare.standard) {
            let Some(last) = fact.steps.last().filter(|last| last.name == segment) else { continue };
            if last.conditions.len() != 1 || unit != fact.field.last().is_some_and(|name| name == "unit") {
                continue;
            }
            let alike = match shape {
                Shape::Date => matches!(fact.pipes.as_slice(), [day] if is_day(day)),
                Shape::List(_) | Shape::Word(_) | Shape::Instant => false,
                // What is received on a day is no quantity that was received.
                _ if matches!(segment, "DTM" | "G62") => false,
                _ => unit || fact.pipes.is_empty(),
            };
            if alike {
                let way = format!("{:?} {:?} {:?}", last.conditions[0].0, fact.key, fact.pipes);
                counts.entry(way).or_insert((0, fact)).0 += 1;
            }
        }
        let (_, (_, fact)) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
        let key = fact.steps.last()?.conditions.first()?.0.clone();
        let step = Step { name: segment.to_owned(), conditions: vec![(key, codes.to_vec())] };
        Some(Fact {
            every: false,
            otherwise: vec![],
            ..self.fact_of(meaning.words.join(" "), vec![step], fact.key.clone(), fact.pipes.clone())
        })
    }
}

fn words<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    names.flat_map(|name| name.split('_')).collect()
}

/// True if a row means these words, with or without a last one that says only what kind of value it is.
fn is_said(meaning: &Meaning, words: &[&str]) -> bool {
    let short =
        words.split_last().filter(|(last, rest)| !rest.is_empty() && KINDS.contains(last)).map(|(_, words)| words);
    meaning.words == words || short.is_some_and(|short| meaning.words == short)
}
