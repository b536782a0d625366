//! The words that settings of an agreement take.

use crate::formats::{ack::Form, piece::Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A control number that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberAgain {
    Reject,
    Accept,
    Ignore,
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

/// When an 824 or APERAK is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationAdvice {
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

impl From<Counts> for Severity {
    fn from(counts: Counts) -> Severity {
        match counts {
            Counts::Enforced => Severity::Reject,
            Counts::Tolerated => Severity::Warn,
        }
    }
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

/// Forms of GS04.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupDate {
    Ccyymmdd,
    Yymmdd,
}

/// When UNA is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Una {
    Always,
    Needed,
}

/// Letters that can't be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Letters {
    Refuse,
    Transliterate,
}

/// Decimal marks of EDIFACT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    Point,
    Comma,
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
