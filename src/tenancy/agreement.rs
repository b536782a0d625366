//! What two partners settled, as data. What is no setting is an error and not a silence.
//!
//! A setting's `level` is the deepest layer that may state it: `partner` (hub, tenant, partner), `connection` (and a
//! standard's block), `set` (and one kind of message). Its `standard` is the only one that it means anything in. Lint,
//! `agreement show` and the reference page are made of these and of [`super::words`].

use super::expect::{Batch, Expect};
pub use super::{outgoing::*, words::*};
use crate::formats::piece::{Area, Strictness};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// How far down a 997 or 999 tells what was found: the `group` alone (AK1, AK9), each `set` (AK2, AK5), the `segment`
    /// (AK3), the `element` (AK4).
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub acknowledge_detail: AcknowledgeDetail,
    /// The connection that acknowledgements and advices leave by; by `sets`, one kind of them (`'997'`, `TA1`, `CONTRL`,
    /// `'824'`). Without it they go back into the folder that a document came by, or into the partner's first.
    #[schemars(extend("level" = "set"))]
    pub acknowledge_by: Option<String>,
    /// The names in the envelope of a 997, 999, TA1, CONTRL, 824 or APERAK: who was `addressed` answers who wrote; or, as `agreed`, those
    /// that a business document has (the first identities, `isa_out.isa05` to `isa08`, `gs_out`; of EDIFACT what `unb_out` says
    /// of sender, receiver and `syntax`).
    #[schemars(extend("level" = "set"))]
    pub acknowledge_as: AcknowledgeAs,
    /// An interchange of a sender that is known, to a receiver that is none of ours, is refused to its sender, where the
    /// agreement has a TA1 (R, 009) or CONTRL (4, 7) go back; it stays unassigned here. Otherwise nothing goes back.
    #[schemars(extend("level" = "connection"))]
    pub acknowledge_unrouted: bool,
    /// The same content within so many days is a duplicate; 0 looks for none.
    #[schemars(extend("level" = "connection"))]
    pub duplicates_days: u32,
    /// What a bad set costs: itself, or the whole interchange. Bad is what can't be read; with `interchange: preserve` also what
    /// its mapping or the core refuses.
    #[schemars(extend("level" = "connection"))]
    pub bad_set_costs: BadSetCosts,
    /// How the messages of an X12 or EDIFACT interchange are applied: each by itself (`split`), or all of them together, in their
    /// order, once none of them is in the way (`preserve`). While one is held or dead, or stands behind another document's of its
    /// number, the others wait; they go on by themselves when that one is restarted, cancelled or refused. With `bad_set_costs:
    /// interchange` one that its mapping or the core refuses has all the others refused as well, with `set` it is left out. Up to
    /// 128 messages are applied in one transaction: of a longer interchange what the core refuses behind them does not take them
    /// back, nor does what panics outside of the core. Acknowledgements and advices that come in go by themselves, and a 997, 999
    /// or CONTRL of ours speaks of what could be read, as ever.
    #[schemars(extend("level" = "connection"))]
    pub interchange: InterchangeIs,
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
    /// Numbers of type N1 to N9 have implied decimals (`1250` of N2 is 12.50); with `false` the partner writes them out (`12.5`,
    /// and `1250` is 1250.00).
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub implied_decimals: bool,
    /// In which characters the data of X12 comes, where it isn't UTF-8: no header of X12's says it, as UNB does in EDIFACT.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub x12_characters: DataCharacters,
    /// In which characters the data of EDIFACT comes, whatever UNB names: partners write UTF-8 and say UNOC. Without it the
    /// set that UNB names.
    #[schemars(extend("level" = "set", "standard" = "edifact"))]
    pub edifact_characters: Option<DataCharacters>,
    /// What fills numbers and segments up and means nothing: it may stand there (`optional`), must not (`forbidden`) or has to
    /// (`mandatory`). What is otherwise than agreed costs the set.
    #[schemars(extend("level" = "set"))]
    pub fill: Fill,
    /// Guides of the partner's own that sets are read by, as the names of their files (`northwind-850.yaml`) below the
    /// `mappings` folder. Of those that fit a set's version, association and application sender (GS02) the most exact is
    /// taken, and without one the standard's.
    #[schemars(extend("level" = "connection"))]
    pub guides: Vec<String>,
    /// How far back numbers of groups and sets are looked for, to tell those that came before; what these get is said by
    /// `checks.group_numbers` and `checks.set_numbers`.
    #[schemars(extend("level" = "connection"))]
    pub number_reach: NumberReach,
    /// What ISA01 to ISA04 of an interchange must be, where what isn't said may be anything; and how ISA11 is read.
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub isa_in: IsaIn,
    /// What UNB of an interchange must say; what isn't stated may be anything.
    #[schemars(extend("level" = "connection", "standard" = "edifact"))]
    pub unb_in: UnbIn,
    /// In which characters data of X12 come.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub text_in: TextIn,
    /// A value that a table does not hold: keep the message until the row is added, or reject it.
    #[schemars(extend("level" = "set"))]
    pub no_reference: NoReference,
    /// What ISA of a business document that goes out says, where it isn't what it says by itself. ISA01 to ISA04, ISA12
    /// and ISA15 hold for acknowledgements too, whose ids are those that were used.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub isa_out: IsaOut,
    /// What GS of a business document that goes out says, where it isn't what it says by itself.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub gs_out: GsOut,
    /// In which characters data of X12 go out.
    #[schemars(extend("level" = "set", "standard" = "x12"))]
    pub text_out: TextOut,
    /// What UNA and UNB of what goes out say.
    #[schemars(extend("level" = "set", "standard" = "edifact"))]
    pub unb_out: UnbOut,
    /// Delimiters and line ends of what goes out.
    #[schemars(extend("level" = "set"))]
    pub delimiters: Delimiters,
    /// Where outbound control numbers begin.
    pub control_numbers: ControlNumbers,
    /// What ISA15 = T and UNB 0035 = 1 mean in and out: `accept` (tests are worked like others), `refuse`, `send` (they are worked,
    /// and what goes out is a test), `sandbox` (they are taken in anew by the connection that `sandbox` names, and neither worked
    /// nor answered here).
    #[schemars(extend("level" = "connection"))]
    pub test_indicator: TestIndicator,
    /// The connection that takes test interchanges in, where `test_indicator` is `sandbox`: each as a document of its own, by the
    /// agreement that holds there. It belongs to a partner of this tenant whose file says `for_tests: true`, or to a tenant whose
    /// file says `sandbox_of` this one. What goes out from there is a test (ISA15 = T, 0035 = 1) unless `test_indicator` is stated there.
    #[schemars(extend("level" = "connection"))]
    pub sandbox: Option<String>,
    /// Which acknowledgements and answers are expected by when.
    pub expect: Expect,
    /// How documents wait for each other to go out in one interchange; as agreed of the kind that goes out, where it leaves.
    #[schemars(extend("level" = "set"))]
    pub batch: Batch,
    /// Business values that a document is found by beside its number, by names of your own: `{ store: "N1[01=ST].04" }`. A
    /// path names an element of an X12 or EDIFACT set as mappings do, wherever that stands in the set (`BEG03`,
    /// `REF[01=DP].02`, `NAD[01=DP].02.01`); or, from `/` on, a member of the message that was made of it, with `*` for each of
    /// a list (`/ship_to/refs/*/id`, `/lines/*/ext/style`). Up to 1,000 values of 200 characters a set.
    #[schemars(extend("level" = "set"))]
    pub search_keys: BTreeMap<String, String>,
    /// Whom to tell when a document was refused: mail addresses, and what else a person can use. Console and API show them
    /// beside it.
    pub contacts: Vec<String>,
    /// Whether the addresses among the contacts get the letter about a refused document by mail: `never`, or `on_refusal`, at
    /// most one in `mail.every_ms` of the hub's settings, which name the mail server.
    pub mail: Mail,
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
            acknowledge_detail: AcknowledgeDetail::Element,
            acknowledge_by: None,
            acknowledge_as: AcknowledgeAs::Addressed,
            acknowledge_unrouted: false,
            duplicates_days: 30,
            bad_set_costs: BadSetCosts::Set,
            interchange: InterchangeIs::Split,
            number_again: NumberAgain::Reject,
            out_of_sequence: OutOfSequence::default(),
            wrong_counts: Counts::Enforced,
            control_totals: Counts::Enforced,
            unknown_segments: Tolerance::Reject,
            unknown_sets: Tolerance::Reject,
            checks: Checks::default(),
            implied_decimals: true,
            x12_characters: DataCharacters::default(),
            edifact_characters: None,
            fill: Fill::default(),
            guides: vec![],
            number_reach: NumberReach::default(),
            isa_in: IsaIn::default(),
            unb_in: UnbIn::default(),
            text_in: TextIn::default(),
            no_reference: NoReference::Hold,
            isa_out: IsaOut::default(),
            gs_out: GsOut::default(),
            text_out: TextOut::default(),
            unb_out: UnbOut::default(),
            delimiters: Delimiters::default(),
            control_numbers: ControlNumbers::default(),
            test_indicator: TestIndicator::Accept,
            sandbox: None,
            expect: Expect::default(),
            batch: Batch::default(),
            search_keys: BTreeMap::new(),
            contacts: vec![],
            mail: Mail::Never,
            retention_days: 0,
        }
    }
}

impl Agreement {
    /// The mail addresses among the contacts: `edi@northwind.example`, or `Pat Doe <edi@northwind.example>`.
    pub fn addresses(&self) -> impl Iterator<Item = lettre::Address> {
        self.contacts.iter().filter_map(|contact| Some(contact.parse::<lettre::message::Mailbox>().ok()?.email))
    }

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
        Area::LeadingZeros => "fill.leading_zeros",
        Area::TrailingZeros => "fill.trailing_zeros",
        Area::TrailingSeparators => "fill.trailing_separators",
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
        Area::Periods => "checks.periods",
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
    /// Control numbers of sets (ST02, 0062) that came before in the same group or interchange, or as far back as
    /// `number_reach.sets` says.
    pub set_numbers: Tolerance,
    /// Control numbers of groups (GS06, 0048) that came before in the same interchange, or as far back as
    /// `number_reach.groups` says.
    pub group_numbers: Tolerance,
    /// Totals of quantities (CTT02, CNT with qualifier 1) that are wrong.
    pub hash_totals: Tolerance,
    /// Zeros before numbers and blanks around values, but for what fills a value up to its shortest length.
    pub padding: Tolerance,
    /// Groups whose GS01 names another kind of sets than are in them.
    pub group_kinds: Tolerance,
    /// Characters that UNOA or UNOB does not have, where UNB names it; in X12 those that `text_in.repertoire` does not have.
    pub characters: Tolerance,
    /// Dates, times and periods of DTM (2380) that are not what their own format (2379) says.
    pub periods: Tolerance,
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
            periods: Tolerance::Warn,
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
            (Area::Periods, self.periods),
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

/// How far back numbers are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NumberReach {
    /// GS06 and 0048: in their `interchange`, or in all that came in the `days` of `duplicates_days`, by the same sender and
    /// receiver of interchange and group, under the same GS01 (0038).
    pub groups: Reach,
    /// ST02 and 0062: in their group or `interchange`, or in all that came in the `days` of `duplicates_days`, for sets of the
    /// same kind.
    pub sets: Reach,
}

impl Default for NumberReach {
    fn default() -> Self {
        NumberReach { groups: Reach::Interchange, sets: Reach::Interchange }
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
    /// What ISA11 is taken for: the standard's id up to 00401 and the repetition separator from 00402 on (`by_version`), or
    /// always the one or, if it is neither letter nor digit, the other.
    pub isa11: Isa11,
}

/// References of an EDIFACT interchange that comes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnbIn {
    /// The qualifier of the reference or password (0025): `AA`, `BB`.
    pub password_qualifier: Option<String>,
    /// Our reference or password (0022). Shown as `(set)`.
    pub password: Option<String>,
    /// Application reference (0026).
    pub application_reference: Option<String>,
    /// Interchange agreement (0032).
    pub agreement: Option<String>,
}

/// Zeros and separators that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fill {
    /// Zeros before a number: forbidden beyond its shortest length, or mandatory up to its longest.
    pub leading_zeros: Presence,
    /// Zeros at the end of decimals; where they are mandatory a number without decimals has one (`4.0`).
    pub trailing_zeros: Presence,
    /// Separators behind the last element or component that has a value; where they are mandatory, up to the guide's last.
    pub trailing_separators: Presence,
}

/// Characters of what comes in X12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TextIn {
    /// `any`; `extended`: what ASCII prints; `basic`: capitals, digits, blanks and `! " & ' ( ) * + , - . / : ; ? =`. What else
    /// comes is taken as `checks.characters` says.
    pub repertoire: Repertoire,
    /// What is read for a character that the repertoire does not have. Small letters are read as capitals where `basic` has
    /// no others.
    pub substitute: Option<char>,
}

impl Default for TextIn {
    fn default() -> Self {
        TextIn { repertoire: Repertoire::Any, substitute: None }
    }
}
