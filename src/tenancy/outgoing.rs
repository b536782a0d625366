//! What an agreement says of documents that go out: delimiters, envelopes, letters, control numbers.

use super::words::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Delimiters of what goes out. Built in for EDIFACT are `:`, `+`, `*` and `'`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delimiters {
    /// Between elements.
    pub element: char,
    /// Between components.
    pub component: char,
    /// Between repeats, from 00402 on.
    pub repetition: char,
    /// Behind each segment.
    pub segment: char,
    /// After each segment: `none`, `cr`, `lf` or `crlf`.
    pub line_end: LineEnd,
    /// What is written for a delimiter or control character found in data. Without it such a document is not written and
    /// becomes a dead letter. EDIFACT has its release character instead.
    #[schemars(extend("standard" = "x12"))]
    pub replacement: Option<char>,
}

impl Default for Delimiters {
    fn default() -> Self {
        Delimiters {
            element: '*',
            component: '>',
            repetition: '^',
            segment: '~',
            line_end: LineEnd::Lf,
            replacement: None,
        }
    }
}

/// ISA of what goes out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IsaOut {
    /// Authorization information qualifier.
    pub isa01: Option<String>,
    /// Authorization information. Shown as `(set)`.
    pub isa02: Option<String>,
    /// Security information qualifier.
    pub isa03: Option<String>,
    /// Security information: a password. Shown as `(set)`.
    pub isa04: Option<String>,
    /// Sender's qualifier; without it the tenant's first identity of X12.
    pub isa05: Option<String>,
    /// Sender's id.
    pub isa06: Option<String>,
    /// Receiver's qualifier; without it the partner's first identity of X12.
    pub isa07: Option<String>,
    /// Receiver's id.
    pub isa08: Option<String>,
    /// Version of the envelope; without it made of GS08.
    pub isa12: Option<String>,
    /// A TA1 is asked for (ISA14 = 1).
    pub isa14: bool,
    /// Usage: `P` production, `T` test, `I` information; without it what `test_indicator` says. Acknowledgements have it too.
    pub isa15: Option<Usage>,
}

/// GS of what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GsOut {
    /// Functional identifier; without it that of the kind of set (`PR` of an 855).
    pub gs01: Option<String>,
    /// Application sender; without it ISA06.
    pub gs02: Option<String>,
    /// Application receiver; without it ISA08.
    pub gs03: Option<String>,
    /// Responsible agency: `X`, of X12, or `T`, of the transport data coordinating committee. Acknowledgements have it too.
    pub gs07: Agency,
    /// Version, release and industry code (`004010VICS`); without it the version that the answer is written `as`.
    pub gs08: Option<String>,
    /// Digits of GS04.
    pub date: GroupDate,
    /// Digits of GS05: `hhmm`, `hhmmss`, or with hundredths `hhmmssdd`.
    pub time: GroupTime,
}

impl Default for GsOut {
    fn default() -> Self {
        GsOut {
            gs01: None,
            gs02: None,
            gs03: None,
            gs07: Agency::X,
            gs08: None,
            date: GroupDate::Ccyymmdd,
            time: GroupTime::Hhmm,
        }
    }
}

/// UNA and UNB of what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnbOut {
    /// Sender (0004); without it the tenant's first identity of EDIFACT.
    pub sender: Option<String>,
    /// Its qualifier (0007).
    pub sender_qualifier: Option<String>,
    /// For whom behind it an answer is (0008).
    pub sender_routing: Option<String>,
    /// Receiver (0010); without it the partner's first identity of EDIFACT.
    pub receiver: Option<String>,
    /// Its qualifier (0007).
    pub receiver_qualifier: Option<String>,
    /// For whom behind it the interchange is (0014).
    pub receiver_routing: Option<String>,
    /// Character set and version (S001): `UNOA:1`, `UNOC:3`, `UNOY:4`; UNOA has no small letters, and UNOA and UNOB have few signs
    /// (see `letters`). UNOC to UNOL are ISO 8859-1, 2, 5, 7, 3, 4, 6, 8, 9 and 15; those from UNOG on are of syntax 4. CONTRL and APERAK have those of what they answer.
    pub syntax: Syntax,
    /// A CONTRL is asked for (0031).
    pub acknowledgement_request: bool,
    /// Recipient's reference or password (0022). Shown as `(set)`.
    pub password: Option<String>,
    /// Its qualifier (0025): `AA` a reference, `BB` a password.
    pub password_qualifier: Option<String>,
    /// Application reference (0026).
    pub application_reference: Option<String>,
    /// Processing priority (0029): `A`.
    pub priority: Option<String>,
    /// Interchange agreement (0032).
    pub agreement: Option<String>,
    /// What is written for a control character, and for a letter that the character set does not have and that `letters` gives
    /// no plain form. Without it such a document is refused.
    pub substitute: Option<char>,
    /// UNA `always`, or when `needed`: when a character is not the standard's own.
    pub una: Una,
    /// Letters that the character set (UNOA to UNOL) does not have: `refuse` the document, or `transliterate` them
    /// (ä becomes ae, and UNOA gets capitals). What has no plain form is refused unless there is a `substitute`.
    pub letters: Letters,
    /// Between a number and its decimals: `point` or `comma`. UNA says which.
    pub decimal_mark: DecimalMark,
    /// The messages of an interchange stand in a functional group (UNG to UNE).
    pub group: bool,
    /// Application sender (UNG 0040), where there is a group; without it the sender of UNB.
    pub group_sender: Option<String>,
    /// Its qualifier (0007); without it that of the sender of UNB, if `group_sender` is not stated either.
    pub group_sender_qualifier: Option<String>,
    /// Application receiver (UNG 0044), where there is a group; without it the receiver of UNB.
    pub group_receiver: Option<String>,
    /// Its qualifier (0007); without it that of the receiver of UNB, if `group_receiver` is not stated either.
    pub group_receiver_qualifier: Option<String>,
    /// Application password (UNG 0058), where there is a group. Shown as `(set)`.
    pub group_password: Option<String>,
    /// Association code (0057) in UNH and UNG of a business document, such as `EAN008`; without it that of the most exact of
    /// the agreement's `guides` for the message.
    pub association: Option<String>,
}

impl Default for UnbOut {
    fn default() -> Self {
        UnbOut {
            sender: None,
            sender_qualifier: None,
            sender_routing: None,
            receiver: None,
            receiver_qualifier: None,
            receiver_routing: None,
            syntax: Syntax::default(),
            acknowledgement_request: false,
            password: None,
            password_qualifier: None,
            application_reference: None,
            priority: None,
            agreement: None,
            substitute: None,
            una: Una::Always,
            letters: Letters::Refuse,
            decimal_mark: DecimalMark::Point,
            group: false,
            group_sender: None,
            group_sender_qualifier: None,
            group_receiver: None,
            group_receiver_qualifier: None,
            group_password: None,
            association: None,
        }
    }
}

/// Characters of what goes out in X12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TextOut {
    /// `any`: what is in the data, as UTF-8. `extended`: what ASCII prints. `basic`: capitals, digits, blanks and
    /// `! " & ' ( ) * + , - . / : ; ? =`.
    pub repertoire: Repertoire,
    /// Characters that it does not have: `refuse` the document, or `transliterate` them (ä becomes ae, and `basic` gets
    /// capitals). What has no plain form is refused unless there is a `substitute`. Acknowledgements and 824s are never refused.
    pub letters: Letters,
    /// What is written for a character that can't be said.
    pub substitute: Option<char>,
}

impl Default for TextOut {
    fn default() -> Self {
        TextOut { repertoire: Repertoire::Any, letters: Letters::Refuse, substitute: None }
    }
}

/// The ranges of outbound control numbers: ISA13 and UNB 0020 are one series, GS06 and UNG 0048 are another. Business documents, 997,
/// 999, TA1 and CONTRL for a partner take their numbers from it in turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ControlNumbers {
    /// The first number given.
    pub first: u32,
    /// After this one comes the first again.
    pub last: u32,
    /// Stands before the number in UNB 0020; with `suffix` five characters at most. ISA13 has nine digits and room for none.
    #[schemars(extend("standard" = "edifact"))]
    pub prefix: Option<String>,
    /// Stands behind the number in UNB 0020.
    #[schemars(extend("standard" = "edifact"))]
    pub suffix: Option<String>,
    /// The first number of groups (GS06, 0048); without it `first`.
    pub group_first: Option<u32>,
    /// The last one; without it `last`.
    pub group_last: Option<u32>,
    /// Numbers of sets (ST02, 0062): from 1 in each interchange (`in_group`), or a series that goes on (`running`), from
    /// `set_first` to `set_last`.
    pub sets: SetNumbers,
    /// The first number of sets that are `running`; without it `first`.
    pub set_first: Option<u32>,
    /// The last one; without it `last`.
    pub set_last: Option<u32>,
    /// Stands before the number of a set, which ST02 has nine characters for, this one's included.
    pub set_prefix: Option<String>,
    /// Stands behind it.
    pub set_suffix: Option<String>,
}

/// A range of numbers that begins anew at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    pub first: u32,
    pub last: u32,
}

impl Series {
    /// The number that stands for a count from `first` on.
    pub fn wrap(self, counted: i64) -> u64 {
        let (first, span) = (i64::from(self.first), (i64::from(self.last) - i64::from(self.first) + 1).max(1));
        (first + (counted - first).rem_euclid(span)) as u64
    }
}

impl Default for ControlNumbers {
    fn default() -> Self {
        ControlNumbers {
            first: 1,
            last: 999_999_999,
            prefix: None,
            suffix: None,
            group_first: None,
            group_last: None,
            sets: SetNumbers::InGroup,
            set_first: None,
            set_last: None,
            set_prefix: None,
            set_suffix: None,
        }
    }
}

impl ControlNumbers {
    /// 0020 of a number.
    pub fn reference(&self, number: &str) -> String {
        around(number, [&self.prefix, &self.suffix])
    }

    /// The number of an ISA13 or 0020 of ours, as a partner repeats it.
    pub fn number(&self, reference: &str) -> Option<i64> {
        within(reference, [&self.prefix, &self.suffix])
    }

    /// The number of an ST02 or 0062 of ours, as a partner repeats it.
    pub fn set_number(&self, reference: &str) -> Option<i64> {
        within(reference, [&self.set_prefix, &self.set_suffix])
    }

    /// Of ISA13 and 0020.
    pub fn interchanges(&self) -> Series {
        Series { first: self.first, last: self.last }
    }

    /// Of GS06 and 0048.
    pub fn of_groups(&self) -> Series {
        Series { first: self.group_first.unwrap_or(self.first), last: self.group_last.unwrap_or(self.last) }
    }

    /// Of ST02 and 0062, where they are running.
    pub fn of_sets(&self) -> Series {
        Series { first: self.set_first.unwrap_or(self.first), last: self.set_last.unwrap_or(self.last) }
    }

    /// ST02 or 0062 of a number.
    pub fn set_reference(&self, number: &str) -> String {
        around(number, [&self.set_prefix, &self.set_suffix])
    }
}

/// A number between what stands before and behind it.
fn around(number: &str, parts: [&Option<String>; 2]) -> String {
    let [before, behind] = parts.map(|said| said.as_deref().unwrap_or_default());
    format!("{before}{number}{behind}")
}

/// The number of a reference, with or without what stands before and behind it.
fn within(reference: &str, parts: [&Option<String>; 2]) -> Option<i64> {
    let ([before, behind], said) = (parts.map(|said| said.as_deref().unwrap_or_default()), reference.trim());
    let inner = said.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
    inner.and_then(|digits| digits.parse().ok()).or_else(|| said.parse().ok())
}
