//! What is wrong, where, and how far it reaches.

use crate::place::Place;
use serde::{Deserialize, Serialize};

/// How far one fault reaches. The reader goes on behind it: a fault costs what it says and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Costs {
    Nothing,
    Segment,
    Set,
    Group,
    Interchange,
}

/// Which layer found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Byte,
    Envelope,
    Structure,
    Element,
    Relation,
    Code,
    Guide,
    Mapping,
    Core,
    Transport,
}

/// Who says that it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Standard,
    Guide,
    Agreement,
}

/// Which setting of an agreement decided what becomes of something, and where it was stated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decision {
    /// `wrong_counts`.
    pub setting: Box<str>,
    /// Its value, as a file states it: `tolerated`.
    pub value: Box<str>,
    /// Whose layer states it (`the partner`), or `built in`.
    pub layer: Box<str>,
    /// File and line; empty of what is built in.
    pub place: Box<str>,
}

/// The most characters of a found value that a fault keeps.
const FOUND_CHARS: usize = 80;

/// The most characters of a fault's words: a value of megabytes may stand in them, and is left out in the middle.
const WORDS_CHARS: usize = 600;

/// A fault, as everything above the codec keeps it and shows it: the terminal, JSON, the store, a 997.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `E0107`, or the core's and the mapping's own words (`order/unknown`).
    pub code: Box<str>,
    pub layer: Layer,
    pub place: Place,
    /// The value found, shortened to 80 characters; empty where something is missing.
    pub found: Box<str>,
    pub expected: Box<str>,
    /// One sentence for people, with the place in it.
    pub sentence: Box<str>,
    /// What to do next.
    pub remedy: Box<str>,
    pub origin: Origin,
    pub costs: Costs,
    /// The setting that says how it is taken, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Box<Decision>>,
}

impl Fault {
    /// A fault of a row of [`crate::codes::CODES`], with that row's layer and cost; the rest is added with the functions below.
    pub fn new(code: &str, place: Place, sentence: impl Into<Box<str>>) -> Self {
        let row = crate::codes::row(code);
        Fault {
            code: code.into(),
            layer: row.map_or(Layer::Envelope, |r| r.layer),
            place,
            found: "".into(),
            expected: "".into(),
            sentence: without_middle(sentence.into()),
            remedy: row.map_or("", |r| r.remedy).into(),
            origin: Origin::Standard,
            costs: row.map_or(Costs::Set, |r| r.costs),
            decided_by: None,
        }
    }

    /// What stands there; shortened to 80 characters.
    pub fn found(mut self, value: &str) -> Self {
        self.found = shorten(value, FOUND_CHARS).into();
        self
    }

    /// What should stand there.
    pub fn expected(mut self, what: impl Into<Box<str>>) -> Self {
        self.expected = without_middle(what.into());
        self
    }

    /// Another remedy than the code's own.
    pub fn remedy(mut self, what: impl Into<Box<str>>) -> Self {
        self.remedy = what.into();
        self
    }

    /// Another reach than the code's own.
    pub fn costs(mut self, costs: Costs) -> Self {
        self.costs = costs;
        self
    }

    /// Another origin than the standard.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

/// At most `chars` characters, with a sign that there were more; control characters are shown by their pictures (`␇`), which
/// an acknowledgement leaves out.
pub fn shorten(value: &str, chars: usize) -> String {
    let mut short = String::new();
    for (n, c) in value.chars().enumerate() {
        if n == chars {
            short.push('…');
            break;
        }
        short.push(match c {
            '\0'..='\x1F' => char::from_u32(0x2400 + c as u32).unwrap_or(c),
            '\x7F' => '␡',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        });
    }
    short
}

/// Words that are too long without their middle: a sentence begins with the place, and ends with what is wrong there.
fn without_middle(words: Box<str>) -> Box<str> {
    if words.len() <= WORDS_CHARS {
        return words;
    }
    let half = WORDS_CHARS / 2;
    let after = |n: usize| words.char_indices().nth(n).map_or(words.len(), |(at, _)| at);
    let before = words.char_indices().rev().nth(half).map_or(0, |(at, _)| at);
    match (words.get(..after(half)), words.get(before..)) {
        (Some(head), Some(tail)) if before > head.len() => format!("{head} … {tail}").into(),
        _ => words,
    }
}

/// The help text of a code: Markdown, a page.
pub fn explain(code: &str) -> Option<&'static str> {
    crate::codes::row(code).map(|row| row.help)
}
