//! X12's syntax notes: which elements of a segment need or exclude each other. X12.6 §3.6 (conditions P, R, E, C, L).

use crate::{
    codes,
    guides::{Relation, RelationKind},
};

/// A note that is broken: the fault's code, the position to blame (from 1), and what the note wants.
pub(crate) struct Broken {
    pub code: &'static str,
    pub position: u8,
    pub wants: String,
}

/// Checks one note; bit n of `present` is set if the element at position n (from 1) has a value.
pub(crate) fn check(relation: &Relation, present: u128) -> Option<Broken> {
    let there = |position: &u8| present & (1u128.checked_shl(u32::from(*position)).unwrap_or(0)) != 0;
    let all = &relation.positions;
    let first = *all.first()?;
    let missing = || all.iter().copied().find(|p| !there(p));
    let broken = |code, position, wants| Some(Broken { code, position, wants });
    match relation.kind {
        RelationKind::Paired if all.iter().any(there) => {
            broken(codes::PAIRED, missing()?, format!("{} go together: all of them or none", list(all, "and")))
        }
        RelationKind::Required if !all.iter().any(there) => {
            broken(codes::ONE_REQUIRED, first, format!("at least one of {}", list(all, "and")))
        }
        RelationKind::Exclusive if all.iter().filter(|p| there(p)).count() > 1 => {
            let second = all.iter().copied().filter(there).nth(1)?;
            broken(codes::EXCLUSIVE, second, format!("at most one of {}", list(all, "and")))
        }
        RelationKind::Conditional if there(&first) => {
            broken(codes::CONDITIONAL, missing()?, format!("with {first:02} also {}", list(&all[1..], "and")))
        }
        RelationKind::List if there(&first) && !all[1..].iter().any(there) => {
            let position = all.get(1).copied()?;
            broken(codes::LIST_CONDITIONAL, position, format!("with {first:02} also one of {}", list(&all[1..], "or")))
        }
        _ => None,
    }
}

/// `03, 04 and 05`.
fn list(positions: &[u8], word: &str) -> String {
    let names: Vec<String> = positions.iter().map(|p| format!("{p:02}")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
