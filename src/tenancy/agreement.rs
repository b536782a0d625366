//! What two partners settled, as data. Each setting that is not built yet is an error and not a silence.
//!
//! A setting's `level` is the deepest layer that may state it: `partner` (hub, tenant, partner), `connection` (and a
//! standard's block), `set` (and one kind of message). Its `standard` is the only one that it means anything in. Lint,
//! `agreement show` and the reference page are made of these and of [`super::words`].

use super::expect::{Batch, Expect};
pub use super::words::*;
use crate::formats::piece::{Area, Strictness};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings in force for one partner, connection, standard and kind of message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Agreement {
    /// What goes back for each functional group of X12: `"997"`, `"999"`, `by_version` (999 from 005010 on) or `none`.
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub acknowledge: Acknowledge,
    /// When a TA1 goes back for an X12 interchange: `never`, `on_error`, `always`, `when_asked` (ISA14 = 1). One that
    /// came before is answered with R and 025. Where a TA1 refuses the interchange, no 997 or 999 speaks of its groups.
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub ta1: Ta1,
    /// When a CONTRL goes back for an EDIFACT interchange: `none`, `on_error`, `always`. One that came before is
    /// answered with 4 and 26.
    #[schemars(extend("level" = "connection", "standard" = "edifact"))]
    pub contrl: Contrl,
    /// When an 824 (X12) or APERAK (EDIFACT) goes back for a document that was read: `none`, `on_error` (its mapping or the
    /// core refuses it, or lines of it or their prices, and no answer tells of that), `always`. Built in is `none`, as of the other
    /// acknowledgements: a partner that was not told to expect such a set refuses it.
    #[schemars(extend("level" = "set"))]
    pub application_advice: ApplicationAdvice,
    /// AK2 loops (in CONTRL UCM) for accepted sets too, not only for refused ones.
    #[schemars(extend("level" = "connection"))]
    pub acknowledge_accepted_sets: bool,
    /// The connection that acknowledgements and advices leave by; by `sets`, one kind of them (`'997'`, `TA1`, `CONTRL`,
    /// `'824'`). Without it they go back into the folder that a document came by, or into the partner's first.
    #[schemars(extend("level" = "set"))]
    pub acknowledge_by: Option<String>,
    /// An interchange of a sender that is known, to a receiver that is none of ours, is refused to its sender, where the
    /// agreement has a TA1 (R, 009) or CONTRL (4, 7) go back; it stays unassigned here. Otherwise nothing goes back.
    #[schemars(extend("level" = "connection"))]
    pub acknowledge_unrouted: bool,
    /// The same content within so many days is a duplicate; 0 looks for none.
    #[schemars(extend("level" = "connection"))]
    pub duplicates_days: u32,
    /// What a bad set costs: itself, or the whole interchange.
    #[schemars(extend("level" = "connection"))]
    pub bad_set_costs: BadSetCosts,
    /// What an interchange gets whose control number came before within `duplicates_days`, with other content: `reject`,
    /// `accept` (it is worked, with a note), `ignore` (it is taken as a duplicate and not worked). The same content is a
    /// duplicate in any case.
    #[schemars(extend("level" = "connection"))]
    pub number_again: NumberAgain,
    /// What an interchange gets whose control number (ISA13, a UNB 0020 of digits) is not the next after its sender's last.
    pub out_of_sequence: OutOfSequence,
    /// SE01, GE01, IEA01, UNT and UNZ counts and trailers' control numbers that are wrong; by `sets`, those of the set.
    #[schemars(extend("level" = "set"))]
    pub wrong_counts: Counts,
    /// CTT01 and CNT counts of lines that are wrong.
    #[schemars(extend("level" = "set"))]
    pub control_totals: Counts,
    /// Segments that the guide does not know.
    #[schemars(extend("level" = "set"))]
    pub unknown_segments: Tolerance,
    /// Sets of a kind that no guide knows, in any version: `reject` (718 = 1, 0085 = 17), `warn` (taken, noted as an error
    /// and held until there is a guide and a mapping) or `ignore` (the same without a word).
    #[schemars(extend("level" = "set"))]
    pub unknown_sets: Tolerance,
    /// How strictly the rest of a set is read.
    #[schemars(extend("level" = "set"))]
    pub checks: Checks,
    /// Guides of the partner's own that sets are read by, as the names of their files (`northwind-850.yaml`) below the
    /// `mappings` folder. Of those that fit a set's version, association and application sender (GS02) the most exact is
    /// taken, and without one the standard's.
    #[schemars(extend("level" = "connection"))]
    pub guides: Vec<String>,
    /// What ISA01 to ISA04 of an interchange must be; what isn't said may be anything.
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub isa_in: IsaIn,
    /// A value that a table does not hold: keep the message until the row is added, or reject it.
    #[schemars(extend("level" = "set"))]
    pub no_reference: NoReference,
    /// What ISA of a business document that goes out says, where it isn't what it says by itself. ISA01 to ISA04 and ISA12
    /// hold for acknowledgements too, whose ids are those that were used.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub isa_out: IsaOut,
    /// What GS of a business document that goes out says, where it isn't what it says by itself.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub gs_out: GsOut,
    /// What UNA and UNB of what goes out say.
    #[schemars(extend("level" = "set", "standard" = "edifact"))]
    pub unb_out: UnbOut,
    /// Delimiters and line ends of what goes out.
    #[schemars(extend("level" = "set"))]
    pub delimiters: Delimiters,
    /// Where outbound control numbers begin.
    pub control_numbers: ControlNumbers,
    /// What ISA15 = T in and out means.
    #[schemars(extend("level" = "connection"))]
    pub test_indicator: TestIndicator,
    /// Which acknowledgements and answers are expected by when.
    pub expect: Expect,
    /// How documents wait for each other to go out in one interchange; as agreed of the kind that goes out, where it leaves.
    #[schemars(extend("level" = "set"))]
    pub batch: Batch,
    /// Whom to tell when a document was refused: shown beside it by console and API. No letter is sent yet.
    pub contacts: Vec<String>,
    /// Raw bytes are kept so many days; 0 keeps them for ever.
    pub retention_days: u32,
}

impl Default for Agreement {
    fn default() -> Self {
        Agreement {
            acknowledge: Acknowledge::None,
            ta1: Ta1::Never,
            contrl: Contrl::None,
            application_advice: ApplicationAdvice::None,
            acknowledge_accepted_sets: false,
            acknowledge_by: None,
            acknowledge_unrouted: false,
            duplicates_days: 30,
            bad_set_costs: BadSetCosts::Set,
            number_again: NumberAgain::Reject,
            out_of_sequence: OutOfSequence::default(),
            wrong_counts: Counts::Enforced,
            control_totals: Counts::Enforced,
            unknown_segments: Tolerance::Reject,
            unknown_sets: Tolerance::Reject,
            checks: Checks::default(),
            guides: vec![],
            isa_in: IsaIn::default(),
            no_reference: NoReference::Hold,
            isa_out: IsaOut::default(),
            gs_out: GsOut::default(),
            unb_out: UnbOut::default(),
            delimiters: Delimiters::default(),
            control_numbers: ControlNumbers::default(),
            test_indicator: TestIndicator::Accept,
            expect: Expect::default(),
            batch: Batch::default(),
            contacts: vec![],
            retention_days: 0,
        }
    }
}

impl Agreement {
    /// How strictly sets are read, as the codec takes it.
    pub fn strictness(&self) -> Strictness {
        let mut strictness = self.checks.strictness();
        strictness.set(Area::Sets, self.unknown_sets.into());
        strictness
    }
}

/// The setting that says how an area of reading is taken.
pub fn key_of(area: Area) -> &'static str {
    match area {
        Area::Counts => "wrong_counts",
        Area::Totals => "control_totals",
        Area::Unknown => "unknown_segments",
        Area::Order => "checks.order",
        Area::Repeats => "checks.repeats",
        Area::Required => "checks.required",
        Area::Extra => "checks.extra",
        Area::Conditions => "checks.conditions",
        Area::Codes => "checks.codes",
        Area::Lengths => "checks.lengths",
        Area::Values => "checks.values",
        Area::Separators => "checks.separators",
        Area::SetNumbers => "checks.set_numbers",
        Area::GroupNumbers => "checks.group_numbers",
        Area::HashTotals => "checks.hash_totals",
        Area::Padding => "checks.padding",
        Area::Sets => "unknown_sets",
        Area::GroupKinds => "checks.group_kinds",
        Area::Characters => "checks.characters",
    }
}

/// What is wrong in a set: `reject` it, `warn` of it and go on, or `ignore` it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Segments at the wrong place.
    pub order: Tolerance,
    /// Segments and loops that come too often.
    pub repeats: Tolerance,
    /// Mandatory segments and elements that are missing.
    pub required: Tolerance,
    /// Elements, components and repeats that the guide has no room for.
    pub extra: Tolerance,
    /// Conditional notes: elements that need or exclude each other.
    pub conditions: Tolerance,
    /// Code values that the list does not have.
    pub codes: Tolerance,
    /// Values too short or too long.
    pub lengths: Tolerance,
    /// Values of the wrong type; dates and times that do not exist.
    pub values: Tolerance,
    /// The component separator inside of a simple element: with `warn` it is taken as part of the value in X12. Built in
    /// for EDIFACT is `reject`.
    pub separators: Tolerance,
    /// Control numbers of sets (ST02, 0062) that came before in the same group or interchange.
    pub set_numbers: Tolerance,
    /// Control numbers of groups (GS06, 0048) that came before in the same interchange.
    pub group_numbers: Tolerance,
    /// Totals of quantities (CTT02, CNT with qualifier 1) that are wrong.
    pub hash_totals: Tolerance,
    /// Zeros before numbers and blanks around values, but for what fills a value up to its shortest length.
    pub padding: Tolerance,
    /// Groups whose GS01 names another kind of sets than are in them.
    pub group_kinds: Tolerance,
    /// Characters that UNOA or UNOB does not have, where UNB names it.
    pub characters: Tolerance,
}

impl Default for Checks {
    fn default() -> Self {
        Checks {
            order: Tolerance::Reject,
            repeats: Tolerance::Reject,
            required: Tolerance::Reject,
            extra: Tolerance::Reject,
            conditions: Tolerance::Reject,
            codes: Tolerance::Warn,
            lengths: Tolerance::Reject,
            values: Tolerance::Reject,
            separators: Tolerance::Warn,
            set_numbers: Tolerance::Warn,
            group_numbers: Tolerance::Warn,
            hash_totals: Tolerance::Warn,
            padding: Tolerance::Ignore,
            group_kinds: Tolerance::Warn,
            characters: Tolerance::Warn,
        }
    }
}

impl Checks {
    fn strictness(&self) -> Strictness {
        let mut strictness = Strictness::default();
        for (area, tolerance) in [
            (Area::Order, self.order),
            (Area::Repeats, self.repeats),
            (Area::Required, self.required),
            (Area::Extra, self.extra),
            (Area::Conditions, self.conditions),
            (Area::Codes, self.codes),
            (Area::Lengths, self.lengths),
            (Area::Values, self.values),
            (Area::Separators, self.separators),
            (Area::SetNumbers, self.set_numbers),
            (Area::GroupNumbers, self.group_numbers),
            (Area::HashTotals, self.hash_totals),
            (Area::Padding, self.padding),
            (Area::GroupKinds, self.group_kinds),
            (Area::Characters, self.characters),
        ] {
            strictness.set(area, tolerance.into());
        }
        strictness
    }
}

/// Control numbers that come in another order than they count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutOfSequence {
    /// One behind the last: `warn` works it with a note, `reject` refuses it (TA1 018, CONTRL 12). After nines alone, and
    /// at the end of what the element holds, counting begins anew.
    #[schemars(extend("level" = "connection"))]
    pub behind: Tolerance,
    /// One that leaves out others: they may still be on their way. One that is rejected may come again under its number, and
    /// counts as the last only then.
    #[schemars(extend("level" = "connection"))]
    pub gap: Tolerance,
}

impl OutOfSequence {
    /// True if the order of numbers is looked at.
    pub fn counts(&self) -> bool {
        [self.behind, self.gap].iter().any(|tolerance| *tolerance != Tolerance::Ignore)
    }
}

impl Default for OutOfSequence {
    fn default() -> Self {
        OutOfSequence { behind: Tolerance::Ignore, gap: Tolerance::Ignore }
    }
}

/// Authorization and security of an interchange that comes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IsaIn {
    /// Authorization information qualifier: `00`, `03`.
    pub isa01: Option<String>,
    /// Authorization information.
    pub isa02: Option<String>,
    /// Security information qualifier: `00`, `01`.
    pub isa03: Option<String>,
    /// Security information: a password. Shown as `(set)`.
    pub isa04: Option<String>,
}

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
    /// After each segment: `none`, `lf` or `crlf`.
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
}

/// GS of what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GsOut {
    /// Application sender; without it ISA06.
    pub gs02: Option<String>,
    /// Application receiver; without it ISA08.
    pub gs03: Option<String>,
    /// Digits of GS04.
    pub date: GroupDate,
}

impl Default for GsOut {
    fn default() -> Self {
        GsOut { gs02: None, gs03: None, date: GroupDate::Ccyymmdd }
    }
}

/// UNA and UNB of what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnbOut {
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
    /// Letters that the character set (UNOA, UNOB, UNOC) does not have: `refuse` the document, or `transliterate` them
    /// (ä becomes ae, and UNOA gets capitals). What has no plain form is refused unless there is a `substitute`.
    pub letters: Letters,
    /// Between a number and its decimals: `point` or `comma`. UNA says which.
    pub decimal_mark: DecimalMark,
    /// The messages of an interchange stand in a functional group (UNG to UNE).
    pub group: bool,
    /// Application sender (UNG 0040), where there is a group; without it the sender of UNB.
    pub group_sender: Option<String>,
    /// Application receiver (UNG 0044), where there is a group; without it the receiver of UNB.
    pub group_receiver: Option<String>,
}

impl Default for UnbOut {
    fn default() -> Self {
        UnbOut {
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
            group_receiver: None,
        }
    }
}

/// The range of outbound control numbers: ISA13 and UNB 0020 are one series, GS06 and UNG 0048 are another. Business documents, 997,
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
}

impl Default for ControlNumbers {
    fn default() -> Self {
        ControlNumbers { first: 1, last: 999_999_999, prefix: None, suffix: None }
    }
}

impl ControlNumbers {
    /// 0020 of a number.
    pub fn reference(&self, number: &str) -> String {
        let part = |said: &Option<String>| said.clone().unwrap_or_default();
        format!("{}{number}{}", part(&self.prefix), part(&self.suffix))
    }

    /// The number of an ISA13 or 0020 of ours, as a partner repeats it.
    pub fn number(&self, reference: &str) -> Option<i64> {
        let part = |said: &Option<String>| said.clone().unwrap_or_default();
        let said = reference.trim();
        let inner = said.strip_prefix(&*part(&self.prefix)).and_then(|rest| rest.strip_suffix(&*part(&self.suffix)));
        inner.and_then(|digits| digits.parse().ok()).or_else(|| said.parse().ok())
    }

    /// The number that stands for a count of documents from `first` on.
    pub fn wrap(&self, counted: i64) -> u64 {
        let span = (i64::from(self.last) - i64::from(self.first) + 1).max(1);
        (i64::from(self.first) + (counted - i64::from(self.first)).rem_euclid(span)) as u64
    }
}
