//! Segments that say the same otherwise: a date in DTM or G62, a reference in REF or N9; and EDIFACT's dates, whose
//! qualifiers (2005) are those of X12 (374) without leading zeros. What is read from the one is read from the other.

use super::{
    knowledge::{Fact, Known, Step},
    places::Key,
};
use crate::formats::piece::Standard;

/// X12's date, as all its segments write it.
const DAY: &str = "date(yyyymmdd)";

/// What facts say of the like segments of a standard.
pub fn likes(facts: &[Fact], standard: Standard) -> Vec<Fact> {
    facts.iter().flat_map(|fact| alike(fact, standard)).collect()
}

fn alike(fact: &Fact, standard: Standard) -> Vec<Fact> {
    let Some(last) = fact.steps.last() else { return vec![] };
    let [(Key::Element(1, 0 | 1), codes)] = last.conditions.as_slice() else { return vec![] };
    let as_in = |name: &str, codes: Vec<String>, key: Key, pipes: Vec<Known>| {
        let mut steps = fact.steps.clone();
        steps.pop();
        steps.push(Step { name: name.to_owned(), conditions: vec![(Key::Element(1, 0), codes)] });
        Fact { steps, key, pipes, standard, ..fact.clone() }
    };
    let zeros = |width: usize| codes.iter().map(|code| format!("{code:0>width$}")).collect::<Vec<_>>();
    let bare = || codes.iter().map(|code| code.trim_start_matches('0').to_owned()).collect::<Vec<_>>();
    let second = fact.key.same(&Key::Element(2, 0));
    let day = fact.pipes == [Known::Text(DAY.into())];
    let coded = fact.key.same(&Key::Element(1, 2)) && matches!(fact.pipes.as_slice(), [Known::CodedDate(_)]);
    let x12 = || vec![Known::Text(DAY.into())];
    match (fact.standard, last.name.as_str(), standard) {
        (Standard::X12, "G62", Standard::X12) if second && day => {
            vec![as_in("DTM", zeros(3), Key::Element(2, 0), x12())]
        }
        (Standard::X12, "DTM", Standard::X12) if second && day => {
            let two = bare().iter().map(|code| format!("{code:0>2}")).collect();
            vec![as_in("G62", two, Key::Element(2, 0), x12())]
        }
        (Standard::X12, "N9", Standard::X12) if second => {
            vec![as_in("REF", codes.clone(), Key::Element(2, 0), fact.pipes.clone())]
        }
        (Standard::X12, "REF", Standard::X12) if second => {
            vec![as_in("N9", codes.clone(), Key::Element(2, 0), fact.pipes.clone())]
        }
        (Standard::X12, "DTM" | "G62", Standard::Edifact) if second && day => {
            vec![as_in("DTM", bare(), Key::Element(1, 2), vec![Known::CodedDate(Key::Element(1, 3))])]
        }
        (Standard::Edifact, "DTM", Standard::X12) if coded => {
            let two = codes.iter().map(|code| format!("{code:0>2}")).collect();
            vec![as_in("DTM", zeros(3), Key::Element(2, 0), x12()), as_in("G62", two, Key::Element(2, 0), x12())]
        }
        _ => vec![],
    }
}
