//! The codes of acknowledgements as people ask for them: `AK403=7`, `718/5`, `0085/12`, `024`. What each means, and which
//! faults are told by it.

use super::words;
use crate::codes::{CODES, CodeRow, X12Code};

/// Where an acknowledgement says codes.
struct Says {
    /// `AK403`, `IK403`.
    elements: &'static [&'static str],
    /// Of the element in the dictionary, of the 997 and of the 999.
    numbers: &'static [&'static str],
    of: fn(&CodeRow) -> Option<&'static str>,
}

const SAYS: &[Says] = &[
    Says { elements: &["TA105"], numbers: &["I18"], of: |row| code(row, |x12| matches!(x12, X12Code::Interchange(_))) },
    Says { elements: &["AK905"], numbers: &["716"], of: |row| code(row, |x12| matches!(x12, X12Code::Group(_))) },
    Says {
        elements: &["AK502", "IK502"],
        numbers: &["718", "618"],
        of: |row| code(row, |x12| matches!(x12, X12Code::Set(_))),
    },
    Says {
        elements: &["AK304", "IK304"],
        numbers: &["720", "620"],
        of: |row| code(row, |x12| matches!(x12, X12Code::Segment(_))),
    },
    Says {
        elements: &["AK403", "IK403"],
        numbers: &["723", "621"],
        of: |row| code(row, |x12| matches!(x12, X12Code::Element(_))),
    },
    Says { elements: &["0085"], numbers: &["0085"], of: |row| (!row.edifact.is_empty()).then_some(row.edifact) },
];

fn code(row: &CodeRow, is_there: fn(X12Code) -> bool) -> Option<&'static str> {
    match row.x12 {
        X12Code::Interchange(code)
        | X12Code::Group(code)
        | X12Code::Set(code)
        | X12Code::Segment(code)
        | X12Code::Element(code) => is_there(row.x12).then_some(code),
        X12Code::None => None,
    }
}

/// What a code of an acknowledgement means.
#[derive(Debug)]
pub struct Meant {
    /// `AK403/IK403 (723) = 7`.
    pub told: String,
    pub means: &'static str,
    /// The faults that are told by it.
    pub faults: Vec<&'static CodeRow>,
}

/// What was meant by `AK403=7`, `ak403 = 7`, `718/5` or `0085/12`; by a code alone (`024`) each element that has it.
pub fn asked(text: &str) -> Vec<Meant> {
    let (element, code) = match text.split_once(['=', '/']) {
        Some((element, code)) => (Some(element.trim().to_ascii_uppercase()), code.trim()),
        None => (None, text.trim()),
    };
    let code = code.to_ascii_uppercase();
    let is_asked = |says: &&Says| {
        let named = |element: &String| says.elements.iter().chain(says.numbers).any(|known| **known == **element);
        element.as_ref().is_none_or(named)
    };
    SAYS.iter().filter(is_asked).filter_map(|says| meant(says, &code)).collect()
}

fn meant(says: &Says, code: &str) -> Option<Meant> {
    let means = says.elements.iter().find_map(|element| words::of(element, code))?;
    let number = says.numbers[0];
    let elements = says.elements.join("/");
    let told =
        if elements == number { format!("{number} = {code}") } else { format!("{elements} ({number}) = {code}") };
    let is_told = |row: &&CodeRow| (says.of)(row) == Some(code) || speaks_of(row, says.numbers, code);
    Some(Meant { told, means, faults: CODES.iter().filter(is_told).collect() })
}

/// True if a code is among those that depend on what was found (`AK403 (723) = 3, from 005010 on 13; IK403 (621) = 13`).
fn speaks_of(row: &CodeRow, numbers: &[&str], code: &str) -> bool {
    let told = row.told().unwrap_or_default();
    let mut parts = told.split(';');
    parts.any(|part| {
        let said = numbers.iter().find_map(|number| part.split_once(&*format!("({number}) = ")));
        said.is_some_and(|(_, codes)| codes.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code))
    })
}
