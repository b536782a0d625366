//! A mapping of the very same document reads a field by more ways than one sample shows: the others are proposed behind those
//! that it shows, so that the next document is read as that mapping reads it.

use super::{
    knowledge::{Fact, Known},
    places::Key,
    propose::{Way, way_of},
    search::{Scope, Search},
};

impl Search<'_> {
    /// Adds the other ways of a field's formula, where a mapping of the same guide and message reads that field.
    pub(super) fn whole(
        &self,
        scope: &Scope,
        names: &[String],
        fact: Option<&Fact>,
        pipes: &[Known],
        ways: &mut Vec<Way>,
    ) {
        let Some(fact) = fact.filter(|fact| self.is_of_same(fact)) else { return };
        if !fact.field.iter().eq(scope.names.iter().chain(names)) {
            return;
        }
        let others = self.compare.knowledge.facts.iter().filter(|other| other.formula == fact.formula);
        for other in others.filter(|other| other.rank != fact.rank && other.pipes == pipes) {
            let Some((up, steps)) = self.seen_from(scope, other) else { continue };
            let way = way_of(other, up, steps);
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }

    /// The qualifiers of item numbers that such a mapping reads, where the sample shows some of them.
    pub(super) fn all_pairs(&self, fact: Option<&Fact>, way: &mut Way) {
        if let (Some(Fact { key: Key::Pairs(all), .. }), Key::Pairs(shown)) =
            (fact.filter(|fact| self.is_of_same(fact)), &mut way.key)
        {
            let further: Vec<String> = all.iter().filter(|code| !shown.contains(code)).cloned().collect();
            shown.extend(further);
        }
    }

    fn is_of_same(&self, fact: &Fact) -> bool {
        let guide = |fact: &Fact| fact.guide.map(|guide| (&*guide.kind, &*guide.version));
        let own = self.compare.guide.map(|guide| (&*guide.kind, &*guide.version));
        own.is_some() && guide(fact) == own && fact.message == self.message
    }
}
