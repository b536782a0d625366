//! Segments that a partner's guide has made impossible: what it requires and forbids of their elements, and a syntax note
//! of the standard's, can't all hold. Every document with such a segment would be refused.

use super::{Change, Class, Guide, Relation, RelationKind, SegmentSpec, delta::position};

/// A change by which a segment can't be right any more: which, and why.
pub(super) struct Impossible<'c> {
    pub change: &'c Change,
    pub sentence: String,
    pub remedy: String,
}

/// All of them, each at the last change that has to do with its note.
pub(super) fn impossible<'c>(guide: &Guide, changes: &'c [Change]) -> Vec<Impossible<'c>> {
    let mut found = Vec::new();
    for (id, spec) in &guide.segments {
        for note in &spec.notes {
            let concerns = |change: &&Change| {
                position(&change.path).is_some_and(|(segment, element, component)| {
                    *segment == **id && component.is_none() && note.positions.iter().any(|p| usize::from(*p) == element)
                })
            };
            let Some(change) = changes.iter().rev().find(concerns) else { continue };
            if let Some(why) = broken(note, spec) {
                let sentence = format!("no {id} can be right any more: the note {} wants {why}", note.text);
                let remedy = format!("Leave {} out: every document with {id} would be refused for it.", change.path);
                found.push(Impossible { change, sentence, remedy });
            }
        }
    }
    found
}

/// What a note wants that can't be, if so.
fn broken(note: &Relation, spec: &SegmentSpec) -> Option<String> {
    let element = |position: &u8| spec.elements.get(usize::from(*position).checked_sub(1)?);
    let gone = |position: &&u8| element(position).is_none_or(|element| element.class == Class::Unused);
    let must = |position: &&u8| element(position).is_some_and(|element| element.mandatory);
    let named = |positions: &[&u8]| positions.iter().map(|p| format!("{p:02}")).collect::<Vec<_>>().join(" and ");
    let all = &note.positions;
    let (first, rest) = all.split_first()?;
    let missing: Vec<&u8> = all.iter().filter(gone).collect();
    let required: Vec<&u8> = all.iter().filter(must).collect();
    let with_first = must(&first).then(|| format!("with {first:02}, which is required,"));
    match note.kind {
        RelationKind::Required => {
            (missing.len() == all.len()).then(|| format!("one of {}, and all are forbidden", named(&missing)))
        }
        RelationKind::Paired => (!missing.is_empty() && !required.is_empty())
            .then(|| format!("{} with {}, which is required, and it is forbidden", named(&missing), named(&required))),
        RelationKind::Exclusive => {
            (required.len() > 1).then(|| format!("one at most of {}, and all of these are required", named(&required)))
        }
        RelationKind::Conditional => {
            let missing: Vec<&u8> = rest.iter().filter(gone).collect();
            let words = with_first.filter(|_| !missing.is_empty())?;
            Some(format!("{words} also {}, and that is forbidden", named(&missing)))
        }
        RelationKind::List => {
            let words = with_first.filter(|_| rest.iter().all(|position| gone(&position)))?;
            Some(format!("{words} one of {}, and all are forbidden", named(&rest.iter().collect::<Vec<_>>())))
        }
    }
}
