//! What a field is where nothing is sent: as the samples show it, or as other mappings settled it.

use super::{
    super::{pipes, shape::Shape},
    knowledge::{Fact, Known},
    propose::Sought,
    search::{Scope, Search},
};
use std::collections::BTreeSet;

/// What was seen once, or in other kinds of documents, is no rule.
const NO_RULE: f64 = 0.85;

impl Search<'_> {
    /// Adds a field's default to its pipes: `shown` by samples, and how often, or by the `fact` that speaks for its place.
    /// Returns how sure the field can be with it.
    pub(super) fn defaulted(
        &self,
        scope: &Scope,
        names: &[String],
        shown: Option<(String, usize)>,
        fact: Option<&Fact>,
        pipes: &mut Vec<Known>,
    ) -> f64 {
        if let Some((default, times)) = shown {
            pipes.push(Known::Text(format!("default({default})")));
            return if times > 1 { 1.0 } else { NO_RULE };
        }
        let Some((fact, known)) = fact.and_then(|fact| Some((fact, fact.pipes.iter().find(|pipe| is_default(pipe))?)))
        else {
            return 1.0;
        };
        let settled = self.is_settled(scope, names, fact);
        // That no code is there means something else in each kind of document, where not all say the same.
        if !settled && is_coded(pipes) && !self.is_agreed(scope, names, known) {
            return 1.0;
        }
        pipes.push(known.clone());
        if settled { 1.0 } else { NO_RULE }
    }

    /// True if a mapping of the same documents to the same message says it of this very field.
    fn is_settled(&self, scope: &Scope, names: &[String], fact: &Fact) -> bool {
        fact.message == self.message
            && fact.kind == self.kind
            && fact.standard == self.compare.standard
            && fact.field.iter().eq(scope.names.iter().chain(names))
    }

    /// True if mappings of several kinds of documents of this standard say a default of such a field, and none another.
    fn is_agreed(&self, scope: &Scope, names: &[String], default: &Known) -> bool {
        let field: Vec<&String> = scope.names.iter().chain(names).collect();
        let tail = &field[field.len().saturating_sub(2)..];
        let alike = |fact: &&Fact| {
            let theirs = &fact.field[fact.field.len().saturating_sub(2)..];
            fact.standard == self.compare.standard && theirs.iter().eq(tail.iter().copied())
        };
        let mut kinds: BTreeSet<&str> = BTreeSet::new();
        for fact in self.compare.knowledge.facts.iter().filter(alike) {
            match fact.pipes.iter().find(|pipe| is_default(pipe)) {
                Some(theirs) if theirs != default => return false,
                Some(_) => _ = kinds.insert(&fact.kind),
                None => {}
            }
        }
        kinds.len() > 1
    }

    /// What stands where nothing is sent, if that is always the same, and how often it does; those targets need no way any
    /// more.
    pub(super) fn default_of(&self, one: &mut Sought) -> Option<(String, usize)> {
        if matches!(one.shape, Shape::List(_) | Shape::Date | Shape::Instant) {
            return None;
        }
        let best = one.candidates.iter().filter(|c| c.conflicts == 0).max_by_key(|c| c.hits())?.clone();
        let open: Vec<usize> = (0..one.targets.len())
            .filter(|at| one.targets[*at].wanted.is_some() && !best.explained[*at])
            .filter(|at| self.first(&best, &one.targets[*at]).is_none())
            .collect();
        let first = one.targets[*open.first()?].wanted?;
        let same = open.iter().all(|at| one.targets[*at].wanted == Some(first));
        let text = pipes::plain(first).filter(|text| text.len() < 20 && same)?;
        let plain = text.chars().all(|c| c.is_alphanumeric() || c == '_');
        // What another way explains needs no default.
        let explained = one.candidates.iter().any(|c| c.conflicts == 0 && open.iter().all(|at| c.explained[*at]));
        if !plain || explained {
            return None;
        }
        open.iter().for_each(|at| one.targets[*at].wanted = None);
        Some((text, open.len()))
    }
}

pub(super) fn is_default(pipe: &Known) -> bool {
    matches!(pipe, Known::Text(text) if text.starts_with("default("))
}

fn is_coded(pipes: &[Known]) -> bool {
    pipes.iter().any(|pipe| matches!(pipe, Known::Table(_) | Known::Rows(..)))
}
