//! How strictly a document is read: what partners agreed on, as far as reading goes.

use crate::{
    codes,
    fault::{Costs, Fault, Origin},
    guides::Guides,
    write::Repertoire,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What to do with a thing that the standard forbids and partners do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Ignore,
    Warn,
    Reject,
}

/// What the bytes of data are: no header of X12's says it, and UNB may say another set than the sender writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Characters {
    #[default]
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-2, Central Europe.
    Latin2,
    /// ISO 8859-3.
    Latin3,
    /// ISO 8859-4.
    Latin4,
    /// ISO 8859-5.
    Cyrillic,
    /// ISO 8859-6.
    Arabic,
    /// ISO 8859-7.
    Greek,
    /// ISO 8859-8.
    Hebrew,
    /// ISO 8859-9, Turkish.
    Latin5,
    /// ISO 8859-13, the Baltic.
    Latin7,
    /// ISO 8859-15, Western Europe with €.
    Latin9,
    /// KOI8-R, Russian.
    Koi8R,
    /// Central Europe.
    Windows1250,
    /// Cyrillic.
    Windows1251,
    /// Western Europe.
    Windows1252,
    /// Greek.
    Windows1253,
    /// Turkish.
    Windows1254,
    /// Hebrew.
    Windows1255,
    /// Arabic.
    Windows1256,
    /// The Baltic.
    Windows1257,
    /// Vietnamese.
    Windows1258,
}

/// What of a set may be taken more or less strictly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// A segment at the wrong place.
    Order,
    /// A segment or loop too often.
    Repeats,
    /// A mandatory segment or element that is missing.
    Required,
    /// Elements, components or repeats that the guide has no room for.
    Extra,
    /// Syntax notes: elements that need or exclude each other.
    Conditions,
    /// Code values that the list doesn't have.
    Codes,
    /// Values too short or too long.
    Lengths,
    /// Values of the wrong type; dates and times that don't exist.
    Values,
    /// A separator inside of a simple element.
    Separators,
    /// ST02, UNH 0062 that came before in the same group or interchange.
    SetNumbers,
    /// GS06, UNG 0048 that came before in the same interchange.
    GroupNumbers,
    /// Totals of quantities.
    HashTotals,
    /// Zeros before numbers and blanks around values; looked for only where they are not ignored, as they are by default.
    Padding,
    /// Sets of a kind that no guide knows.
    Sets,
    /// Groups whose GS01 names sets of another kind than are in them.
    GroupKinds,
    /// Characters that UNOA or UNOB doesn't have.
    Characters,
    /// Dates, times and periods that aren't what their own format (2379) says.
    Periods,
    /// Counts and control numbers of trailers; taken as [`Policy::counts`] says.
    Counts,
    /// Counts of lines; taken as [`Policy::totals`] says.
    Totals,
    /// Segments that the guide doesn't know; taken as [`Policy::unknown_segments`] says.
    Unknown,
    /// Zeros before numbers; taken as [`Fill::leading_zeros`] says.
    LeadingZeros,
    /// Zeros at the end of decimals; taken as [`Fill::trailing_zeros`] says.
    TrailingZeros,
    /// Separators behind the last value; taken as [`Fill::trailing_separators`] says.
    TrailingSeparators,
}

impl Area {
    /// Those of which [`Strictness`] holds something.
    pub const OF_STRICTNESS: [Area; 17] = [
        Area::Order,
        Area::Repeats,
        Area::Required,
        Area::Extra,
        Area::Conditions,
        Area::Codes,
        Area::Lengths,
        Area::Values,
        Area::Separators,
        Area::SetNumbers,
        Area::GroupNumbers,
        Area::HashTotals,
        Area::Padding,
        Area::Sets,
        Area::GroupKinds,
        Area::Characters,
        Area::Periods,
    ];

    /// Where a fault belongs, by its code.
    pub fn of(code: &str) -> Option<Area> {
        Some(match code {
            codes::OUT_OF_PLACE => Area::Order,
            codes::TOO_MANY_SEGMENTS | codes::TOO_MANY_LOOPS => Area::Repeats,
            codes::MISSING_SEGMENT | codes::NO_LOOP_START | codes::MISSING_ELEMENT => Area::Required,
            codes::TOO_MANY_ELEMENTS | codes::TOO_MANY_COMPONENTS | codes::TOO_MANY_REPEATS => Area::Extra,
            codes::PAIRED | codes::ONE_REQUIRED | codes::EXCLUSIVE | codes::CONDITIONAL | codes::LIST_CONDITIONAL => {
                Area::Conditions
            }
            codes::UNKNOWN_CODE => Area::Codes,
            codes::TOO_SHORT | codes::TOO_LONG_VALUE => Area::Lengths,
            codes::WRONG_CHARACTERS | codes::BAD_DATE | codes::BAD_TIME => Area::Values,
            codes::SEPARATOR_IN_VALUE => Area::Separators,
            codes::SET_NUMBER_AGAIN => Area::SetNumbers,
            codes::GROUP_NUMBER_AGAIN => Area::GroupNumbers,
            codes::HASH_TOTAL => Area::HashTotals,
            codes::PADDED_VALUE => Area::Padding,
            codes::UNKNOWN_SET => Area::Sets,
            codes::GROUP_KIND => Area::GroupKinds,
            codes::OUTSIDE_REPERTOIRE => Area::Characters,
            codes::PERIOD => Area::Periods,
            codes::SET_COUNT
            | codes::SET_CONTROL
            | codes::GROUP_COUNT
            | codes::GROUP_CONTROL
            | codes::INTERCHANGE_COUNT
            | codes::INTERCHANGE_CONTROL => Area::Counts,
            codes::CONTROL_TOTAL => Area::Totals,
            codes::UNKNOWN_SEGMENT | codes::NOT_IN_SET => Area::Unknown,
            codes::LEADING_ZEROS | codes::NO_LEADING_ZEROS => Area::LeadingZeros,
            codes::TRAILING_ZEROS | codes::NO_TRAILING_ZEROS => Area::TrailingZeros,
            codes::TRAILING_SEPARATORS | codes::NO_TRAILING_SEPARATORS => Area::TrailingSeparators,
            _ => return None,
        })
    }
}

/// How each [`Area`] is taken; one that isn't said is taken as the fault's own row of codes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strictness([Option<Severity>; Area::OF_STRICTNESS.len()]);

impl Strictness {
    /// Takes an area so.
    pub fn set(&mut self, area: Area, severity: Severity) {
        if let Some(place) = self.0.get_mut(area as usize) {
            *place = Some(severity);
        }
    }

    /// True if it is asked for zeros and blanks that pad values.
    pub(crate) fn tells_padding(&self) -> bool {
        matches!(self.0[Area::Padding as usize], Some(Severity::Warn | Severity::Reject))
    }

    /// True if characters outside of the repertoire are looked for.
    pub(crate) fn tells_characters(&self) -> bool {
        self.0[Area::Characters as usize] != Some(Severity::Ignore)
    }

    /// The fault as it is taken; none if it is ignored. What was changed is the agreement's word. What would refuse a set
    /// and is warned of is an error that was noted: an acknowledgement says so (elements 715, 717: E).
    pub(crate) fn judge(&self, fault: Fault) -> Option<Fault> {
        let said = Area::of(&fault.code).and_then(|area| *self.0.get(area as usize)?);
        match said {
            Some(Severity::Ignore) => None,
            Some(Severity::Warn) if fault.costs > Costs::Segment => Some(tolerated(fault, Costs::Segment)),
            Some(Severity::Reject) if fault.costs < Costs::Set => Some(tolerated(fault, Costs::Set)),
            _ => Some(fault),
        }
    }
}

/// A fault that costs what the agreement says.
pub(crate) fn tolerated(fault: Fault, costs: Costs) -> Fault {
    fault.costs(costs).origin(Origin::Agreement)
}

/// What ISA11 is: the standard's id (element I10) up to 00401, the repetition separator (I65) from 00402 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isa11 {
    /// As ISA12 says.
    #[default]
    ByVersion,
    StandardId,
    /// Also in older versions, if it is neither letter nor digit.
    RepetitionSeparator,
}

/// The characters in which data of X12 come; what else comes is a fault of [`Area::Characters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextIn {
    pub repertoire: Repertoire,
    /// What is read for a character that it doesn't have.
    pub substitute: Option<char>,
}

impl TextIn {
    /// A value with what stands for other characters; small letters become capitals where there are no others. None if
    /// nothing is to be changed. `reserved` tells what is a delimiter.
    pub(crate) fn instead(&self, value: &str, reserved: impl Fn(char) -> bool) -> Option<String> {
        let substitute = self.substitute?;
        let stays = |c: char| self.repertoire.has(c) || reserved(c);
        let read = |c: char| match c.to_ascii_uppercase() {
            _ if stays(c) => c,
            capital if stays(capital) => capital,
            _ => substitute,
        };
        (!value.chars().all(stays)).then(|| value.chars().map(read).collect())
    }
}

/// Whether something that means nothing may stand in what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Forbidden,
    #[default]
    Optional,
    Mandatory,
}

/// What fills numbers and segments up. Where it is forbidden or mandatory, what is otherwise costs the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fill {
    /// Zeros before a number: forbidden beyond its shortest length, or mandatory up to its longest.
    pub leading_zeros: Presence,
    /// Zeros at the end of decimals: forbidden, or mandatory where a number would have no decimals (`4.0`).
    pub trailing_zeros: Presence,
    /// Separators behind the last element or component that has a value: forbidden, or mandatory up to the last that the
    /// guide has.
    pub trailing_separators: Presence,
}

impl Fill {
    /// True if anything is to be looked for.
    pub(crate) fn is_asked(self) -> bool {
        self != Fill::default()
    }
}

/// How strictly to read; from the partner's agreement. May be changed between pieces, once the sender is known.
#[derive(Debug, Clone)]
pub struct Policy {
    /// SE01, GE01, IEA01, UNT and UNZ counts and numbers that are wrong: reject, or warn and go on.
    pub counts: Severity,
    /// CTT01 and CNT counts of lines that are wrong.
    pub totals: Severity,
    /// Segments that the guide does not know at that place.
    pub unknown_segments: Severity,
    pub strictness: Strictness,
    pub fill: Fill,
    /// Numbers of X12's types N1 to N9 come written out (`12.5`, and `1250` for 1250) instead of with implied decimals. A tree
    /// has them as the standard does.
    pub decimals_written_out: bool,
    /// What the bytes of X12's sets are. EDIFACT says it in UNB.
    pub x12_characters: Characters,
    /// What the bytes of EDIFACT's messages are, where it isn't what UNB says.
    pub edifact_characters: Option<Characters>,
    /// In which characters data of X12 come.
    pub text: TextIn,
    /// What ISA11 of an interchange is taken for.
    pub isa11: Isa11,
    /// Guides of partners beside those that are compiled in.
    pub guides: Guides,
    /// Kinds of sets that are read otherwise: `850`, `ORDERS`.
    pub by_kind: Arc<BTreeMap<Box<str>, Policy>>,
    /// The longest set taken, in bytes: a longer one is a fault and costs the set.
    pub max_set_bytes: usize,
}

impl Policy {
    /// The policy for a kind of sets.
    pub(crate) fn of(&self, kind: &str) -> &Policy {
        self.by_kind.get(kind).unwrap_or(self)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            counts: Severity::Reject,
            totals: Severity::Reject,
            unknown_segments: Severity::Reject,
            strictness: Strictness::default(),
            fill: Fill::default(),
            decimals_written_out: false,
            x12_characters: Characters::default(),
            edifact_characters: None,
            text: TextIn::default(),
            isa11: Isa11::ByVersion,
            guides: Guides::default(),
            by_kind: Arc::default(),
            max_set_bytes: 16 << 20,
        }
    }
}
