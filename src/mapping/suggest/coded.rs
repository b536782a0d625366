//! Codes whose table nobody has yet: where the same code always goes with the same word, the samples show the table.

use super::{
    super::shape::Shape,
    knowledge::Known,
    places::{Key, Places, Value},
    propose::Sought,
    search::{Candidate, Scope, Search},
};
use crate::formats::piece::Standard;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

impl Search<'_> {
    /// Adds the ways by which a code may say a word that the message has a few of.
    pub(super) fn coded(&self, scope: &Scope, one: &mut Sought) {
        let text = matches!(one.shape, Shape::Text | Shape::Currency);
        let word = |wanted: &Json| {
            wanted
                .as_str()
                .is_some_and(|w| w.len() > 2 && w.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)))
        };
        let worded = one.targets.iter().filter_map(|t| t.wanted).all(word);
        let fits = matches!(one.shape, Shape::Word(_)) || text && worded && !one.names.iter().any(|n| n == "ext");
        if !fits || one.candidates.iter().any(|c| c.conflicts == 0 && c.hits() > 0) {
            return;
        }
        let mut rows: BTreeMap<(String, Key), BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for target in &one.targets {
            let Some(wanted) = target.wanted.and_then(Json::as_str) else { continue };
            let places = &self.places[target.pair];
            for value in places.values.iter().filter(|v| self.is_code(places, v)) {
                // Nothing above the object says what this item of it is.
                if !matches!(self.relative(target, value.group), Some((0, _))) {
                    continue;
                }
                let class = (places.groups[value.group].class.clone(), value.key.clone());
                let code = value.text.trim().to_owned();
                rows.entry(class).or_default().entry(code).or_default().insert(wanted.to_owned());
            }
        }
        rows.retain(|_, codes| codes.values().all(|words| words.len() == 1));
        let name = one.names.last().cloned().unwrap_or_default();
        let list = scope.names.last().filter(|_| one.names.len() == 1);
        let name = list.map_or(name.clone(), |list| format!("{list}_{name}"));
        let found = self.gather(scope, &one.targets, false, &|places, value, wanted| {
            let class = (places.groups[value.group].class.clone(), value.key.clone());
            let Some(codes) = rows.get(&class) else { return vec![] };
            let target = codes.get(value.text.trim()).and_then(|words| words.first());
            if target.map(String::as_str) != wanted.as_str() {
                return vec![];
            }
            let word = |words: &BTreeSet<String>| words.first().cloned().unwrap_or_default();
            let all: Vec<(String, String)> = codes.iter().map(|(code, words)| (code.clone(), word(words))).collect();
            vec![(value.key.clone(), vec![Known::Rows(name.clone(), all)])]
        });
        one.candidates.extend(found.into_iter().filter(|candidate| candidate.conflicts == 0));
    }

    fn is_code(&self, places: &Places, value: &Value) -> bool {
        let text = value.text.trim();
        let short = text.len() <= 12 && !text.contains(' ');
        match self.compare.standard {
            Standard::X12 | Standard::Edifact => {
                let spec = self.compare.spec(&places.groups[value.group].name, &value.key);
                let unit = |spec: &crate::formats::guides::ElementSpec| {
                    matches!(&*spec.reference, "355" | "6411" | "98" | "66" | "3035" | "235" | "100" | "26")
                };
                short && spec.is_some_and(|spec| !spec.codes.is_empty() && !unit(spec))
            }
            // UBL's codes are called so, and are numbers mostly.
            _ if self.compare.ubl.is_some() => short && places.groups[value.group].name.ends_with("Code"),
            _ => short && text.chars().any(char::is_alphabetic),
        }
    }

    /// How many words a table of the samples tells apart: one row alone may be chance.
    pub(super) fn told_apart(one: &Candidate) -> Option<usize> {
        one.pipes.iter().find_map(|pipe| match pipe {
            Known::Rows(_, rows) => Some(rows.iter().map(|(_, word)| word).collect::<BTreeSet<_>>().len()),
            _ => None,
        })
    }
}
