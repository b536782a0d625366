//! Members that no other mapping reads: by what qualifiers mean (`qualifiers.txt`), from the element in which others have
//! what stands beside such a qualifier.

use super::{
    super::shape::Shape,
    knowledge::{Fact, Knowledge, Known, Step},
    search::Search,
};
use crate::formats::piece::Standard;
use std::{collections::BTreeMap, sync::LazyLock};

/// A row of the table.
struct Meaning {
    standard: &'static str,
    segment: &'static str,
    codes: Vec<String>,
    words: Vec<&'static str>,
}

/// As its segment writes it, beside the qualifier: the last word of a member that says only what kind of value it is.
const KINDS: &[&str] = &["number", "date", "value", "unit", "amount"];

static MEANINGS: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
    let rows = include_str!("qualifiers.txt").lines().filter(|row| !row.starts_with('#'));
    let meaning = |row: &'static str| {
        let (place, words) = row.split_once(": ")?;
        let [standard, segment, codes] = place.split(' ').collect::<Vec<_>>()[..] else { return None };
        let codes = codes.split(',').map(str::to_owned).collect();
        Some(Meaning { standard, segment, codes, words: words.split(' ').collect() })
    };
    rows.filter_map(meaning).collect()
});

impl Search<'_> {
    /// The ways to a member, as if another mapping read it, without a name of one.
    pub(super) fn meant(&self, names: &[String], shape: &Shape) -> Vec<Fact> {
        let standard = self.compare.standard;
        let words: Vec<&str> = names.iter().flat_map(|name| name.split('_')).collect();
        let short = words.split_last().filter(|(last, rest)| !rest.is_empty() && KINDS.contains(last)).map(|(_, w)| w);
        let fits = |meaning: &&Meaning| {
            meaning.standard == standard.word() && (meaning.words == words || short.is_some_and(|s| meaning.words == s))
        };
        let unit = names.last().is_some_and(|name| name == "unit");
        let meanings = MEANINGS.iter().filter(fits);
        meanings.filter_map(|meaning| usual(self.compare.knowledge, standard, meaning, shape, unit)).collect()
    }
}

/// How most mappings read such a value beside such a qualifier, asked for other ones.
fn usual(knowledge: &Knowledge, standard: Standard, meaning: &Meaning, shape: &Shape, unit: bool) -> Option<Fact> {
    let is_day = |pipe: &Known| {
        matches!(pipe, Known::CodedDate(_)) || matches!(pipe, Known::Text(text) if text.starts_with("date("))
    };
    let mut counts: BTreeMap<String, (usize, &Fact)> = BTreeMap::new();
    for fact in knowledge.facts.iter().filter(|fact| fact.standard == standard) {
        let Some(last) = fact.steps.last().filter(|last| last.name == meaning.segment) else { continue };
        if last.conditions.len() != 1 || unit != fact.field.last().is_some_and(|name| name == "unit") {
            continue;
        }
        let alike = match shape {
            Shape::Date => matches!(fact.pipes.as_slice(), [day] if is_day(day)),
            Shape::List(_) | Shape::Word(_) | Shape::Instant => false,
            // What is received on a day is no quantity that was received.
            _ if matches!(meaning.segment, "DTM" | "G62") => false,
            _ => unit || fact.pipes.is_empty(),
        };
        if alike {
            let way = format!("{:?} {:?} {:?}", last.conditions[0].0, fact.key, fact.pipes);
            counts.entry(way).or_insert((0, fact)).0 += 1;
        }
    }
    let (_, (_, fact)) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
    let key = fact.steps.last()?.conditions.first()?.0.clone();
    let step = Step { name: meaning.segment.to_owned(), conditions: vec![(key, meaning.codes.clone())] };
    let field = vec![meaning.words.join(" ")];
    Some(Fact {
        mapping: String::new(),
        message: String::new(),
        field,
        steps: vec![step],
        rank: 0,
        formula: 0,
        ..fact.clone()
    })
}
