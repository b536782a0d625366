//! The words that settings of an agreement take.

use crate::formats::{
    ack,
    ack::Form,
    piece::{self, Characters, Severity},
    write,
};
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

/// How much a 997 or 999 tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgeDetail {
    Group,
    Set,
    Segment,
    Element,
}

impl From<AcknowledgeDetail> for ack::Detail {
    fn from(detail: AcknowledgeDetail) -> ack::Detail {
        match detail {
            AcknowledgeDetail::Group => ack::Detail::Group,
            AcknowledgeDetail::Set => ack::Detail::Set,
            AcknowledgeDetail::Segment => ack::Detail::Segment,
            AcknowledgeDetail::Element => ack::Detail::Element,
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

/// Under which names acknowledgements go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgeAs {
    Addressed,
    Agreed,
}

/// How far a bad set reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadSetCosts {
    Set,
    Interchange,
}

/// How the messages of an interchange are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterchangeIs {
    Split,
    Preserve,
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

/// How far back a control number is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    Interchange,
    Days,
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
    Cr,
    Lf,
    Crlf,
}

impl LineEnd {
    /// The characters.
    pub fn text(self) -> &'static str {
        match self {
            LineEnd::None => "",
            LineEnd::Cr => "\r",
            LineEnd::Lf => "\n",
            LineEnd::Crlf => "\r\n",
        }
    }
}

/// ISA15 (X12 element I14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Usage {
    P,
    T,
    I,
}

impl Usage {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Usage::P => "P",
            Usage::T => "T",
            Usage::I => "I",
        }
    }
}

/// GS07 (X12 element 455).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Agency {
    X,
    T,
}

/// Forms of GS04.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupDate {
    Ccyymmdd,
    Yymmdd,
}

/// Forms of GS05.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupTime {
    Hhmm,
    Hhmmss,
    Hhmmssdd,
}

impl GroupTime {
    /// How many digits it has.
    pub fn digits(self) -> usize {
        match self {
            GroupTime::Hhmm => 4,
            GroupTime::Hhmmss => 6,
            GroupTime::Hhmmssdd => 8,
        }
    }
}

/// Character sets that data are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum DataCharacters {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "iso-8859-1")]
    Latin1,
    #[serde(rename = "iso-8859-2")]
    Latin2,
    #[serde(rename = "iso-8859-3")]
    Latin3,
    #[serde(rename = "iso-8859-4")]
    Latin4,
    #[serde(rename = "iso-8859-5")]
    Cyrillic,
    #[serde(rename = "iso-8859-6")]
    Arabic,
    #[serde(rename = "iso-8859-7")]
    Greek,
    #[serde(rename = "iso-8859-8")]
    Hebrew,
    #[serde(rename = "iso-8859-9")]
    Latin5,
    #[serde(rename = "iso-8859-13")]
    Latin7,
    #[serde(rename = "iso-8859-15")]
    Latin9,
    #[serde(rename = "koi8-r")]
    Koi8R,
    #[serde(rename = "windows-1250")]
    Windows1250,
    #[serde(rename = "windows-1251")]
    Windows1251,
    #[serde(rename = "windows-1252")]
    Windows1252,
    #[serde(rename = "windows-1253")]
    Windows1253,
    #[serde(rename = "windows-1254")]
    Windows1254,
    #[serde(rename = "windows-1255")]
    Windows1255,
    #[serde(rename = "windows-1256")]
    Windows1256,
    #[serde(rename = "windows-1257")]
    Windows1257,
    #[serde(rename = "windows-1258")]
    Windows1258,
}

impl From<DataCharacters> for Characters {
    fn from(characters: DataCharacters) -> Characters {
        match characters {
            DataCharacters::Utf8 => Characters::Utf8,
            DataCharacters::Latin1 => Characters::Latin1,
            DataCharacters::Latin2 => Characters::Latin2,
            DataCharacters::Latin3 => Characters::Latin3,
            DataCharacters::Latin4 => Characters::Latin4,
            DataCharacters::Cyrillic => Characters::Cyrillic,
            DataCharacters::Arabic => Characters::Arabic,
            DataCharacters::Greek => Characters::Greek,
            DataCharacters::Hebrew => Characters::Hebrew,
            DataCharacters::Latin5 => Characters::Latin5,
            DataCharacters::Latin7 => Characters::Latin7,
            DataCharacters::Latin9 => Characters::Latin9,
            DataCharacters::Koi8R => Characters::Koi8R,
            DataCharacters::Windows1250 => Characters::Windows1250,
            DataCharacters::Windows1251 => Characters::Windows1251,
            DataCharacters::Windows1252 => Characters::Windows1252,
            DataCharacters::Windows1253 => Characters::Windows1253,
            DataCharacters::Windows1254 => Characters::Windows1254,
            DataCharacters::Windows1255 => Characters::Windows1255,
            DataCharacters::Windows1256 => Characters::Windows1256,
            DataCharacters::Windows1257 => Characters::Windows1257,
            DataCharacters::Windows1258 => Characters::Windows1258,
        }
    }
}

/// Whether something that means nothing may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Forbidden,
    #[default]
    Optional,
    Mandatory,
}

impl From<Presence> for piece::Presence {
    fn from(said: Presence) -> piece::Presence {
        match said {
            Presence::Forbidden => piece::Presence::Forbidden,
            Presence::Optional => piece::Presence::Optional,
            Presence::Mandatory => piece::Presence::Mandatory,
        }
    }
}

/// S001 of EDIFACT as far as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Syntax {
    #[serde(rename = "UNOA:1")]
    A1,
    #[serde(rename = "UNOA:2")]
    A2,
    #[serde(rename = "UNOA:3")]
    A3,
    #[serde(rename = "UNOA:4")]
    A4,
    #[serde(rename = "UNOB:1")]
    B1,
    #[serde(rename = "UNOB:2")]
    B2,
    #[serde(rename = "UNOB:3")]
    B3,
    #[serde(rename = "UNOB:4")]
    B4,
    /// What every partner on D.96A reads.
    #[default]
    #[serde(rename = "UNOC:3")]
    C3,
    #[serde(rename = "UNOC:4")]
    C4,
    #[serde(rename = "UNOD:3")]
    D3,
    #[serde(rename = "UNOD:4")]
    D4,
    #[serde(rename = "UNOE:3")]
    E3,
    #[serde(rename = "UNOE:4")]
    E4,
    #[serde(rename = "UNOF:3")]
    F3,
    #[serde(rename = "UNOF:4")]
    F4,
    #[serde(rename = "UNOG:4")]
    G4,
    #[serde(rename = "UNOH:4")]
    H4,
    #[serde(rename = "UNOI:4")]
    I4,
    #[serde(rename = "UNOJ:4")]
    J4,
    #[serde(rename = "UNOK:4")]
    K4,
    #[serde(rename = "UNOL:4")]
    L4,
    #[serde(rename = "UNOY:4")]
    Y4,
}

impl Syntax {
    /// 0001 and 0002.
    pub fn parts(self) -> (&'static str, u8) {
        match self {
            Syntax::A1 => ("UNOA", 1),
            Syntax::A2 => ("UNOA", 2),
            Syntax::A3 => ("UNOA", 3),
            Syntax::A4 => ("UNOA", 4),
            Syntax::B1 => ("UNOB", 1),
            Syntax::B2 => ("UNOB", 2),
            Syntax::B3 => ("UNOB", 3),
            Syntax::B4 => ("UNOB", 4),
            Syntax::C3 => ("UNOC", 3),
            Syntax::C4 => ("UNOC", 4),
            Syntax::D3 => ("UNOD", 3),
            Syntax::D4 => ("UNOD", 4),
            Syntax::E3 => ("UNOE", 3),
            Syntax::E4 => ("UNOE", 4),
            Syntax::F3 => ("UNOF", 3),
            Syntax::F4 => ("UNOF", 4),
            Syntax::G4 => ("UNOG", 4),
            Syntax::H4 => ("UNOH", 4),
            Syntax::I4 => ("UNOI", 4),
            Syntax::J4 => ("UNOJ", 4),
            Syntax::K4 => ("UNOK", 4),
            Syntax::L4 => ("UNOL", 4),
            Syntax::Y4 => ("UNOY", 4),
        }
    }
}

/// Characters of X12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repertoire {
    Any,
    Extended,
    Basic,
}

impl From<Repertoire> for write::Repertoire {
    fn from(repertoire: Repertoire) -> write::Repertoire {
        match repertoire {
            Repertoire::Any => write::Repertoire::Any,
            Repertoire::Extended => write::Repertoire::Extended,
            Repertoire::Basic => write::Repertoire::Basic,
        }
    }
}

/// What ISA11 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Isa11 {
    #[default]
    ByVersion,
    StandardId,
    RepetitionSeparator,
}

impl From<Isa11> for piece::Isa11 {
    fn from(said: Isa11) -> piece::Isa11 {
        match said {
            Isa11::ByVersion => piece::Isa11::ByVersion,
            Isa11::StandardId => piece::Isa11::StandardId,
            Isa11::RepetitionSeparator => piece::Isa11::RepetitionSeparator,
        }
    }
}

/// How sets are numbered that go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetNumbers {
    InGroup,
    Running,
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

/// When contacts get a letter by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mail {
    /// The letter is made and shown; a person sends it.
    Never,
    /// When anything of a document was refused.
    OnRefusal,
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
    /// Test interchanges are taken in anew by the connection that `sandbox` names, and not worked or answered here.
    Sandbox,
}
