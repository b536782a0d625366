//! What an agreement expects by when, and how it gathers what goes out.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is expected by when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// A 997, 999 or CONTRL for each document that answers the partner, so long after it was delivered (`24h`); unset: none
    /// is waited for, and one that comes is matched all the same. An 824 or APERAK does for it, too. By `sets`, for one kind
    /// that goes out.
    #[schemars(extend("level" = "set"))]
    pub acknowledgement: Option<Span>,
    /// The connection that a 997, 999, TA1 or CONTRL is to come by; of one that comes by another this is told, and it is matched all
    /// the same. Without it any will do.
    pub acknowledgement_by: Option<String>,
    /// Answers of ours to business documents of the partner's, each with the kinds `to` and `with`, and `within` (so long after
    /// it came); or `before` a day that it names (`requested_on`), and `within` where it names none.
    pub answers: Vec<AnswerDue>,
    /// A warning so long before something is due; unset: none.
    pub warn_before: Option<Span>,
}

/// One kind of document of the partner's that is to be answered by one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDue {
    /// The kind of set that is answered: `850`.
    pub to: String,
    /// The kind of set that answers it: `855`.
    pub with: String,
    /// So long after it came in.
    pub within: Span,
    /// Instead of that before a day which the document names, at its beginning in UTC: `requested_on` (to arrive), `ship_on`,
    /// `ship_not_before`, `deliver_on` or `cancel_after`. Of a day that only lines name the earliest counts; where none is
    /// named, `within` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DayOf>,
}

/// A day that a business document names, by its member in the canonical message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayOf {
    RequestedOn,
    ShipOn,
    ShipNotBefore,
    DeliverOn,
    CancelAfter,
}

impl DayOf {
    /// The member's name.
    pub fn member(self) -> &'static str {
        match self {
            DayOf::RequestedOn => "requested_on",
            DayOf::ShipOn => "ship_on",
            DayOf::ShipNotBefore => "ship_not_before",
            DayOf::DeliverOn => "deliver_on",
            DayOf::CancelAfter => "cancel_after",
        }
    }
}

impl Expect {
    /// How long before an instant that is due after so many microseconds somebody is warned; 0 if nobody is.
    pub fn warn_us(&self, within_us: i64) -> i64 {
        self.warn_before.filter(|warn| warn.us() < within_us).map_or(0, Span::us)
    }
}

/// How documents wait for each other to go out in one interchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Batch {
    /// At most so many sets of one kind in an interchange; 1 lets each go by itself.
    pub documents: u32,
    /// The first of a batch waits so long at most, to within the sweeper's round.
    pub seconds: u32,
    /// Acknowledgements wait, too.
    pub acknowledgements: bool,
    /// What a set costs that can't be written: itself, or its batch.
    pub bad_set: BadSetOut,
}

impl Default for Batch {
    fn default() -> Self {
        Batch { documents: 1, seconds: 60, acknowledgements: false, bad_set: BadSetOut::IsDropped }
    }
}

/// How far a set reaches that can't be written; each that does not go has a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadSetOut {
    IsDropped,
    FailsAll,
}

/// A stretch of time: `500ms`, `30s`, `15m`, `24h`, `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(u64);

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// How it is written, for whoever reads the schema.
pub const SPAN: &str = "^[0-9]+(ms|s|m|h|d)$";
/// A year: what is due later was mistyped.
const LONGEST_MS: u64 = 366 * 86_400_000;

impl Span {
    /// In microseconds.
    pub fn us(self) -> i64 {
        self.0 as i64 * 1_000
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no stretch of time; write a whole number and ms, s, m, h or d, such as `24h`");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let ms = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, ms)| ms).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        match number.checked_mul(*ms) {
            Some(span @ 1..=LONGEST_MS) => Ok(Span(span)),
            _ => Err(format!("`{text}` is out of range: from 1ms to 366d")),
        }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fits = UNITS.iter().rev().find(|(_, ms)| self.0.is_multiple_of(*ms)).unwrap_or(&UNITS[0]);
        write!(f, "{}{}", self.0 / fits.1, fits.0)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": SPAN, "description": "A stretch of time: 30s, 15m, 24h, 2d."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_and_written() {
        for (text, us) in [("500ms", 500_000), ("30s", 30_000_000), ("24h", 86_400_000_000), ("2d", 172_800_000_000)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.us(), us);
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
        for text in ["", "24", "h", "1.5h", "-1h", "0s", "24 h", "400d", "99999999999999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
