//! The codes of acknowledgements as people ask for them: `AK501=R`, `AK403=7`, `718/5`, `0085/12`, `024`. What each means, and
//! which faults are told by it.

use super::words;
use crate::{
    codes::{CODES, CodeRow, X12Code},
    standard_codes,
};

/// Where an acknowledgement says codes.
struct Says {
    /// `AK403`, `IK403`.
    elements: &'static [&'static str],
    /// Of the element in the dictionary, of the 997 and of the 999.
    numbers: &'static [&'static str],
    /// Where else it stands, and what people write for it.
    others: &'static [&'static str],
    /// Of what says how something was taken: where it is said why.
    why: &'static str,
    of: fn(&CodeRow) -> Option<&'static str>,
}

const SAYS: &[Says] = &[
    Says { elements: &["TA104"], numbers: &["I17"], others: &[], why: "TA105 behind it says why.", of: |_| None },
    Says {
        elements: &["AK901"],
        numbers: &["715"],
        others: &["AK9"],
        why: "AK905 to AK909 behind it say why, if the group itself is at fault; else the AK5 or IK5 of each set before it.",
        of: |_| None,
    },
    Says {
        elements: &["AK501", "IK501"],
        numbers: &["717"],
        others: &["AK5", "IK5"],
        why: "AK502 to AK506 (IK502 to IK506) behind it say why, and the AK3 and AK4 (IK3 and IK4) before it where.",
        of: |_| None,
    },
    Says {
        elements: &["UCI04", "UCF04", "UCM03"],
        numbers: &["0083"],
        others: &["UCI", "UCF", "UCM"],
        why: "The 0085 behind it says why, and the UCS and UCD that follow where.",
        of: |_| None,
    },
    Says {
        elements: &["TA105"],
        numbers: &["I18"],
        others: &["TA1"],
        why: "",
        of: |row| code(row, |x12| matches!(x12, X12Code::Interchange(_))),
    },
    Says {
        elements: &["AK905"],
        numbers: &["716"],
        others: &["AK906", "AK907", "AK908", "AK909"],
        why: "",
        of: |row| code(row, |x12| matches!(x12, X12Code::Group(_))),
    },
    Says {
        elements: &["AK502", "IK502"],
        numbers: &["718", "618"],
        others: &["AK503", "AK504", "AK505", "AK506", "IK503", "IK504", "IK505", "IK506"],
        why: "",
        of: |row| code(row, |x12| matches!(x12, X12Code::Set(_))),
    },
    Says {
        elements: &["AK304", "IK304"],
        numbers: &["720", "620"],
        others: &["AK3", "IK3"],
        why: "",
        of: |row| code(row, |x12| matches!(x12, X12Code::Segment(_))),
    },
    Says {
        elements: &["AK403", "IK403"],
        numbers: &["723", "621"],
        others: &["AK4", "IK4"],
        why: "",
        of: |row| code(row, |x12| matches!(x12, X12Code::Element(_))),
    },
    Says {
        elements: &["0085"],
        numbers: &["0085"],
        others: &["UCI05", "UCF05", "UCM04", "UCS", "UCS02", "UCD", "UCD01"],
        why: "",
        of: |row| (!row.edifact.is_empty()).then_some(row.edifact),
    },
];

/// What the hub says by a code for itself, by the first element that says it: no fault in the document is told by it, or not
/// only one.
const OF_THE_HUB: &[(&str, &str, &str)] = &[
    (
        "AK304",
        "8",
        "It stands before each AK4 (IK4): something is wrong in an element of that segment, and AK403 (IK403) says what.",
    ),
    (
        "TA105",
        "009",
        "The interchange names a receiver that is none of ours, and waits unassigned: its cause is `unassigned/receiver`.",
    ),
    (
        "TA105",
        "018",
        "Where an agreement counts control numbers, also of one that came out of order: the interchange's cause is then `envelope/out_of_sequence`.",
    ),
    (
        "TA105",
        "020",
        "Also of a test where the agreement refuses tests: the interchange's cause is then `envelope/test_refused`.",
    ),
    (
        "TA105",
        "025",
        "The control number came before: with the same content the interchange's cause is `duplicate/control_number`, with other content `envelope/control_number`. An answer to a document that came before as a whole says it, too.",
    ),
    (
        "0085",
        "7",
        "The interchange names a recipient that is none of ours, and waits unassigned: its cause is `unassigned/receiver`.",
    ),
    ("0085", "25", "The interchange is a test, and the agreement refuses tests: its cause is `envelope/test_refused`."),
    (
        "0085",
        "26",
        "Also of an interchange whose number came before: with the same content its cause is `duplicate/control_number`, with other content `envelope/control_number`.",
    ),
];

impl Says {
    fn is(&self, element: &str) -> bool {
        self.elements.iter().chain(self.numbers).chain(self.others).any(|known| **known == *element)
    }

    /// `AK403/IK403 (723)`, `0085`.
    fn named(&self) -> String {
        let (elements, number) = (self.elements.join("/"), self.numbers[0]);
        if elements == number { elements } else { format!("{elements} ({number})") }
    }

    /// By what the words are found.
    fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.elements.iter().chain(self.numbers).copied()
    }
}

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
    /// Of what says how something was taken: where it is said why. Of what the hub says for itself: when. Else empty.
    pub why: &'static str,
    /// The faults that are told by it.
    pub faults: Vec<&'static CodeRow>,
}

/// What was meant by `AK403=7`, `ak403 = 7`, `718/5` or `0085/12`; by a code alone (`024`) each element that has it.
pub fn asked(text: &str) -> Vec<Meant> {
    let (element, code) = parts(text);
    let is_asked = |says: &&Says| element.as_ref().is_none_or(|element| says.is(element));
    SAYS.iter().filter(is_asked).filter_map(|says| meant(says, &code)).collect()
}

/// What there is to ask for, where an element of an acknowledgement was asked for a code that it doesn't have: its name
/// (`AK403/IK403 (723)`) and its codes.
pub fn codes_of(text: &str) -> Option<(String, Vec<&'static str>)> {
    let element = parts(text).0?;
    let says = SAYS.iter().find(|says| says.is(&element))?;
    let table = says.tables().find(|by| words::codes(by).next().is_some())?;
    Some((says.named(), words::codes(table).collect()))
}

/// The element and the code, as tables have them.
fn parts(text: &str) -> (Option<String>, String) {
    match text.split_once(['=', '/']) {
        Some((element, code)) => (Some(element.trim().to_ascii_uppercase()), code.trim().to_ascii_uppercase()),
        None => (None, text.trim().to_ascii_uppercase()),
    }
}

fn meant(says: &Says, code: &str) -> Option<Meant> {
    let means = says.tables().find_map(|by| words::of(by, code))?;
    let told = format!("{} = {code}", says.named());
    let of_isa = |row: &CodeRow| says.elements == ["TA105"] && standard_codes::is_of_isa(row.code, code);
    let is_told = |row: &&CodeRow| (says.of)(row) == Some(code) || of_isa(row) || speaks_of(row, says.numbers, code);
    let own = OF_THE_HUB.iter().find(|(element, known, _)| says.elements.contains(element) && *known == code);
    let why = own.map_or(says.why, |(.., why)| why);
    Some(Meant { told, means, why, faults: CODES.iter().filter(is_told).collect() })
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
