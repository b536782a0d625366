//! What two partners settled, as data. Each setting that is not built yet is an error and not a silence.
//!
//! A setting's `level` is the deepest layer that may state it: `partner` (hub, tenant, partner), `connection` (and a
//! standard's block), `set` (and one kind of message). Its `standard` is the only one that it means anything in. Lint,
//! `agreement show` and the reference page are made of these and of the words below.

use super::expect::{Batch, Expect};
use crate::formats::{ack::Form, piece::Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings in force for one partner, connection, standard and kind of message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Agreement {
    /// What goes back for each functional group of X12: `"997"`, `"999"`, `by_version` (999 from 005010 on) or `none`.
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub acknowledge: Acknowledge,
    /// When a TA1 goes back for an X12 interchange: `never`, `on_error`, `always`, `when_asked` (ISA14 = 1).
    #[schemars(extend("level" = "connection", "standard" = "x12"))]
    pub ta1: Ta1,
    /// When a CONTRL goes back for an EDIFACT interchange: `none`, `on_error`, `always`.
    #[schemars(extend("level" = "connection", "standard" = "edifact"))]
    pub contrl: Contrl,
    /// AK2 loops (in CONTRL UCM) for accepted sets too, not only for refused ones.
    #[schemars(extend("level" = "connection"))]
    pub acknowledge_accepted_sets: bool,
    /// The same content within so many days is a duplicate; 0 looks for none.
    #[schemars(extend("level" = "connection"))]
    pub duplicates_days: u32,
    /// What a bad set costs: itself, or the whole interchange.
    #[schemars(extend("level" = "connection"))]
    pub bad_set_costs: BadSetCosts,
    /// SE01, GE01, IEA01, UNT and UNZ counts that are wrong.
    #[schemars(extend("level" = "connection"))]
    pub wrong_counts: Counts,
    /// Segments that the guide does not know at their place.
    #[schemars(extend("level" = "connection"))]
    pub unknown_segments: Tolerance,
    /// A value that a table does not hold: keep the message until the row is added, or reject it.
    #[schemars(extend("level" = "set"))]
    pub no_reference: NoReference,
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
    /// How documents wait for each other to go out in one interchange.
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
            acknowledge_accepted_sets: false,
            duplicates_days: 30,
            bad_set_costs: BadSetCosts::Set,
            wrong_counts: Counts::Enforced,
            unknown_segments: Tolerance::Reject,
            no_reference: NoReference::Hold,
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

/// Functional acknowledgements of X12 groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Acknowledge {
    #[serde(rename = "997")]
    Functional997,
    #[serde(rename = "999")]
    Implementation999,
    #[serde(rename = "by_version")]
    ByVersion,
    #[serde(rename = "none")]
    None,
}

impl Acknowledge {
    /// What a group of a version (GS08) gets.
    pub fn form(self, version: &str) -> Option<Form> {
        match self {
            Acknowledge::None => None,
            Acknowledge::Functional997 => Some(Form::F997),
            Acknowledge::Implementation999 => Some(Form::F999),
            Acknowledge::ByVersion => Some(if version >= "005010" { Form::F999 } else { Form::F997 }),
        }
    }
}

/// When a TA1 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ta1 {
    Never,
    OnError,
    Always,
    WhenAsked,
}

/// When a CONTRL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contrl {
    None,
    OnError,
    Always,
}

/// How far a bad set reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadSetCosts {
    Set,
    Interchange,
}

/// Wrong counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    Enforced,
    Tolerated,
}

/// Unknown segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    Ignore,
    Warn,
    Reject,
}

impl From<Tolerance> for Severity {
    fn from(tolerance: Tolerance) -> Severity {
        match tolerance {
            Tolerance::Ignore => Severity::Ignore,
            Tolerance::Warn => Severity::Warn,
            Tolerance::Reject => Severity::Reject,
        }
    }
}

/// A table's miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoReference {
    Hold,
    Reject,
}

/// Delimiters of outbound X12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delimiters {
    pub element: char,
    pub component: char,
    pub repetition: char,
    pub segment: char,
    /// After each segment: `none`, `lf` or `crlf`.
    pub line_end: LineEnd,
}

impl Default for Delimiters {
    fn default() -> Self {
        Delimiters { element: '*', component: '>', repetition: '^', segment: '~', line_end: LineEnd::Lf }
    }
}

/// What follows a segment terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    None,
    Lf,
    Crlf,
}

impl LineEnd {
    /// The characters.
    pub fn text(self) -> &'static str {
        match self {
            LineEnd::None => "",
            LineEnd::Lf => "\n",
            LineEnd::Crlf => "\r\n",
        }
    }
}

/// The range of outbound ISA13 and GS06.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ControlNumbers {
    /// The first number given.
    pub first: u32,
    /// After this one comes the first again.
    pub last: u32,
}

impl Default for ControlNumbers {
    fn default() -> Self {
        ControlNumbers { first: 1, last: 999_999_999 }
    }
}

impl ControlNumbers {
    /// The number that stands for a count of documents from `first` on.
    pub fn wrap(&self, counted: i64) -> u64 {
        let span = (i64::from(self.last) - i64::from(self.first) + 1).max(1);
        (i64::from(self.first) + (counted - i64::from(self.first)).rem_euclid(span)) as u64
    }
}

/// ISA15 and UNB 0035.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestIndicator {
    /// Test interchanges are worked like others; what goes out says P.
    Accept,
    /// A test interchange is rejected.
    Refuse,
    /// What goes out says T; test interchanges are worked.
    Send,
}
