//! Instants and dates.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: microseconds since 1970-01-01T00:00:00Z. Written in JSON as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, sqlx::Type)]
#[sqlx(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// This many milliseconds later.
    pub fn plus_ms(self, ms: i64) -> Self {
        Micros(self.0.saturating_add(ms.saturating_mul(1_000)))
    }

    /// RFC 3339, UTC, with microseconds.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0).map(|t| format!("{t:.6}")).unwrap_or_else(|_| self.0.to_string())
    }

    /// The date in UTC.
    pub fn date(self) -> Date {
        let t = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        Date(jiff::tz::Offset::UTC.to_datetime(t).date())
    }

    /// `YYYYMMDD` and `HHMM` in UTC, as envelopes want them.
    pub fn envelope(self) -> (String, String) {
        let t = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        (t.strftime("%Y%m%d").to_string(), t.strftime("%H%M").to_string())
    }

    /// `HHMMSSDD`, UTC, with hundredths of a second; so many digits of it.
    pub fn time_of_day(self, digits: usize) -> String {
        let t = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        let hundredths = self.0.rem_euclid(1_000_000) / 10_000;
        let whole = format!("{}{hundredths:02}", t.strftime("%H%M%S"));
        whole.chars().take(digits).collect()
    }
}

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse::<jiff::Timestamp>().map(|t| Micros(t.as_microsecond())).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Micros {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time", "description": "An instant in UTC, RFC 3339."})
    }
}

/// A calendar date without a time or zone: what a partner wrote as a date stays one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub jiff::civil::Date);

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date", "description": "A calendar date, YYYY-MM-DD."})
    }
}

/// A day of any month: 1 to 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct DayOfMonth(u8);

impl DayOfMonth {
    /// The last day that a month may have.
    pub const LAST: u8 = 31;
}

impl TryFrom<u32> for DayOfMonth {
    type Error = String;
    fn try_from(day: u32) -> Result<DayOfMonth, String> {
        let whole = u8::try_from(day).ok().filter(|day| (1..=DayOfMonth::LAST).contains(day));
        whole
            .map(DayOfMonth)
            .ok_or_else(|| format!("`{day}` is no day of a month: it is one from 1 to {}", DayOfMonth::LAST))
    }
}

impl From<DayOfMonth> for u32 {
    fn from(day: DayOfMonth) -> u32 {
        day.0.into()
    }
}

impl JsonSchema for DayOfMonth {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DayOfMonth".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": DayOfMonth::LAST})
    }
}
