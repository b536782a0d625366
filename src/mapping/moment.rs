//! `when`: a date with its time and zone as documents write them, to a canonical `When` and back.
//!
//! Between pipes it is one text, `2026-02-14`, `2026-02-14 09:30` or `2026-02-14 09:30 ET`. The instant is told where the
//! zone tells it: an offset, UTC, or a zone of North America (X12 element 623), whose summer time is that of 2007 on.

use super::{dates::DateFormat, pipes::Wrong, plan::Leaf};
use crate::canonical::{Date, Micros};
use jiff::{
    civil::Time,
    tz::{Offset, TimeZone},
};
use serde_json::{Map, Value};

/// How a document says it.
#[derive(Debug, Clone)]
pub enum Form {
    /// X12: `CCYYMMDD`, and beside it `HHMM` or `HHMMSS`, and a code of element 623.
    Beside { time: Option<Leaf>, zone: Option<Leaf> },
    /// UN/EDIFACT: one text, and the code of its format (2379) beside it.
    Coded(Leaf),
    /// ISO 8601, as XML and JSON write it.
    Iso,
}

/// A date of a `When`, with what stands beside it.
struct Moment {
    date: Date,
    time: Option<Time>,
    seconds: bool,
    zone: String,
}

fn wrong(found: &str, expected: &str) -> Wrong {
    Wrong::Value { code: "mapping/bad_date", found: found.to_owned(), expected: expected.to_owned() }
}

/// X12: date, time and zone as they stand in their elements; the last two may be empty.
pub fn of_elements(date: &str, time: &str, zone: &str) -> Result<String, Wrong> {
    let day = day(date.trim()).ok_or_else(|| wrong(date, "a date of the form yyyymmdd"))?;
    let time = time.trim();
    let clock = match time {
        "" => None,
        _ => Some(clock(time).ok_or_else(|| wrong(time, "a time of the form hhmm or hhmmss"))?),
    };
    let seconds = time.len() > 4;
    Ok(Moment { date: day, time: clock, seconds, zone: zone_of_code(zone.trim()) }.text())
}

/// UN/EDIFACT: a text in the format of a code of 2379.
pub fn of_coded(text: &str, code: &str) -> Result<String, Wrong> {
    let (text, code) = (text.trim(), code.trim());
    let expected = "a date in format 101 to 102, 201 to 204, 301 to 304, 718, 2, 3 or 4";
    let bad = || wrong(&format!("{text} in format {code}"), expected);
    // Digits of the date and of the time, and whether a zone follows.
    let (days, clocks, zoned) = match code {
        "201" => (6, 4, false),
        "202" => (6, 6, false),
        "203" => (8, 4, false),
        "204" => (8, 6, false),
        "301" => (6, 4, true),
        "302" => (6, 6, true),
        "303" => (8, 4, true),
        "304" => (8, 6, true),
        _ => {
            let format = DateFormat::of_code(code).ok_or_else(bad)?;
            return format.read(text, true).map(|date| date.to_string()).ok_or_else(bad);
        }
    };
    let (head, rest) = text.split_at_checked(days).ok_or_else(bad)?;
    let (time, zone) = rest.split_at_checked(clocks).ok_or_else(bad)?;
    if !zoned && !zone.is_empty() {
        return Err(bad());
    }
    let date = day(head).ok_or_else(bad)?;
    let zone = match offset_of(zone) {
        Some(0) => "Z".to_owned(),
        Some(offset) => written_offset(offset),
        None => zone.to_owned(),
    };
    Ok(Moment { date, time: Some(clock(time).ok_or_else(bad)?), seconds: clocks == 6, zone }.text())
}

/// ISO 8601: a date, and behind `T` or a blank a time, and its offset.
pub fn of_iso(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let bad = || wrong(text, "a date, or an instant as in 2026-02-14T09:30:00+01:00");
    let (head, rest) = text.split_at_checked(10).ok_or_else(bad)?;
    let date = DateFormat::Iso.read(head, false).ok_or_else(bad)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return if rest.is_empty() { Ok(date.to_string()) } else { Err(bad()) };
    };
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let time: Time = time.trim().parse().map_err(|_| bad())?;
    let zone = match zone {
        "" => String::new(),
        "Z" | "z" => "Z".to_owned(),
        _ => written_offset(offset_of(zone).ok_or_else(bad)?),
    };
    Ok(Moment { date, time: Some(time), seconds: true, zone }.text())
}

/// The canonical object of a text between pipes.
pub fn object(text: &str) -> Result<Map<String, Value>, Wrong> {
    let mut parts = text.splitn(3, ' ');
    let date = parts.next().and_then(|date| DateFormat::Iso.read(date, false));
    let date = date.ok_or_else(|| wrong(text, "a date of the form yyyy-mm-dd"))?;
    let (time, zone) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let members = [("date", date.to_string()), ("time", time.to_owned()), ("zone", zone.to_owned())];
    let told = members.into_iter().filter(|(_, text)| !text.is_empty());
    let mut object: Map<String, Value> = told.map(|(name, text)| (name.to_owned(), text.into())).collect();
    if let Some(at) = time.parse().ok().and_then(|time| instant(date, time, zone)) {
        object.insert("at".to_owned(), at.rfc3339().into());
    }
    Ok(object)
}

// ---- writing ----

/// A canonical `When` as the form writes it: the text, and what stands beside it.
pub fn written(form: &Form, value: &Value) -> Result<(String, Vec<(Leaf, String)>), Wrong> {
    let member = |name: &str| value[name].as_str().unwrap_or_default();
    let (date, time, zone) = (member("date"), member("time"), member("zone"));
    let date = DateFormat::Iso.read(date, false).ok_or_else(|| wrong(date, "a date of the form yyyy-mm-dd"))?;
    let clock: Option<Time> = match time {
        "" => None,
        _ => Some(time.parse().map_err(|_| wrong(time, "a time of the form hh:mm or hh:mm:ss"))?),
    };
    let said = Moment { date, time: clock, seconds: time.len() > 5, zone: zone.to_owned() };
    let digits = format!("{:04}{:02}{:02}", date.0.year(), date.0.month(), date.0.day());
    Ok(match form {
        Form::Beside { time: time_at, zone: zone_at } => {
            let mut beside = Vec::new();
            if let (Some(leaf), Some(clock)) = (time_at, said.clock("")) {
                beside.push((leaf.clone(), clock));
                if let (Some(leaf), false) = (zone_at, zone.is_empty()) {
                    let code = code_of_zone(zone).ok_or_else(|| wrong(zone, "a zone that X12 has a code for"))?;
                    beside.push((leaf.clone(), code));
                }
            }
            (digits, beside)
        }
        Form::Coded(leaf) => match said.clock("") {
            None => (digits, vec![(leaf.clone(), "102".to_owned())]),
            Some(clock) => {
                let zone = said.offset().and_then(three_letters).unwrap_or_default();
                let code = match (zone.is_empty(), said.seconds) {
                    (true, false) => "203",
                    (true, true) => "204",
                    (false, false) => "303",
                    (false, true) => "304",
                };
                (format!("{digits}{clock}{zone}"), vec![(leaf.clone(), code.to_owned())])
            }
        },
        Form::Iso => match said.time {
            None => (date.to_string(), vec![]),
            Some(time) => {
                let zone =
                    said.offset().map(|offset| if offset == 0 { "Z".to_owned() } else { written_offset(offset) });
                (format!("{date}T{}{}", time.strftime("%H:%M:%S"), zone.unwrap_or_default()), vec![])
            }
        },
    })
}

impl Moment {
    fn text(&self) -> String {
        let mut text = self.date.to_string();
        if let Some(clock) = self.clock(":") {
            text = format!("{text} {clock}");
            // A zone tells of a time only.
            if !self.zone.is_empty() {
                text = format!("{text} {}", self.zone);
            }
        }
        text
    }

    fn clock(&self, mark: &str) -> Option<String> {
        let time = self.time?;
        let seconds = if self.seconds { format!("{mark}{:02}", time.second()) } else { String::new() };
        Some(format!("{:02}{mark}{:02}{seconds}", time.hour(), time.minute()))
    }

    /// Seconds east of Greenwich, where the zone tells it.
    fn offset(&self) -> Option<i32> {
        offset_of(&self.zone).or_else(|| {
            let at = jiff::Timestamp::from_microsecond(instant(self.date, self.time?, &self.zone)?.0).ok()?;
            Some(zone_of_law(&self.zone)?.to_offset(at).seconds())
        })
    }
}

fn day(text: &str) -> Option<Date> {
    DateFormat::parse(if text.len() == 6 { "yymmdd" } else { "yyyymmdd" })?.read(text, false)
}

/// `HHMM`, `HHMMSS`, and tenths or hundredths of a second behind it, which are passed over.
fn clock(text: &str) -> Option<Time> {
    if !matches!(text.len(), 4 | 6 | 7 | 8) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let pair = |at: usize| text.get(at..at + 2)?.parse().ok();
    Time::new(pair(0)?, pair(2)?, pair(4).unwrap_or(0), 0).ok()
}

fn instant(date: Date, time: Time, zone: &str) -> Option<Micros> {
    let zone = match offset_of(zone) {
        Some(seconds) => Offset::from_seconds(seconds).ok()?.to_time_zone(),
        None => zone_of_law(zone)?,
    };
    let at = zone.to_timestamp(date.0.to_datetime(time)).ok()?;
    Some(Micros(at.as_microsecond()))
}

/// X12 623 says offsets by numbers: 01 to 12 east of Greenwich, 24 down to 13 west of it.
fn zone_of_code(code: &str) -> String {
    match code.parse::<i32>() {
        Ok(east @ 1..=12) if code.len() == 2 => written_offset(east * 3_600),
        Ok(west @ 13..=24) => written_offset((west - 25) * 3_600),
        _ => code.to_owned(),
    }
}

fn code_of_zone(zone: &str) -> Option<String> {
    if !zone.starts_with(['+', '-', 'Z']) {
        return Some(zone.to_owned());
    }
    match offset_of(zone)? {
        0 => Some("UT".to_owned()),
        east @ 3_600..=43_200 if east % 3_600 == 0 => Some(format!("{:02}", east / 3_600)),
        west @ -43_200..=-3_600 if west % 3_600 == 0 => Some(format!("{:02}", 25 + west / 3_600)),
        _ => None,
    }
}

/// Seconds east of Greenwich of a zone that is always the same: `+01:00`, `+01`, `Z`, `UT`, `EST`.
fn offset_of(zone: &str) -> Option<i32> {
    let hours = match zone {
        "Z" | "UT" | "GM" | "UTC" | "GMT" => 0,
        "TD" | "ADT" => -3,
        "TS" | "AST" | "ED" | "EDT" => -4,
        "ES" | "EST" | "CD" | "CDT" => -5,
        "CS" | "CST" | "MD" | "MDT" => -6,
        "MS" | "MST" | "PD" | "PDT" => -7,
        "PS" | "PST" | "AD" => -8,
        "AS" => -9,
        "HS" | "HST" => -10,
        _ => {
            let (sign, digits) = match zone.split_at_checked(1)? {
                ("+", digits) => (1, digits),
                ("-", digits) => (-1, digits),
                _ => return None,
            };
            let digits: String = digits.split(':').collect();
            let number: i32 = digits.parse().ok().filter(|n| *n >= 0)?;
            let (hours, minutes) = match digits.len() {
                2 => (number, 0),
                4 => (number / 100, number % 100),
                _ => return None,
            };
            return (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60));
        }
    };
    Some(hours * 3_600)
}

/// Zones that change with the season; X12 623.
fn zone_of_law(zone: &str) -> Option<TimeZone> {
    let rule = match zone {
        "TT" => "AST4ADT",
        "ET" => "EST5EDT",
        "CT" => "CST6CDT",
        "MT" => "MST7MDT",
        "PT" => "PST8PDT",
        "AT" => "AKST9AKDT",
        _ => return None,
    };
    TimeZone::posix(&format!("{rule},M3.2.0,M11.1.0")).ok()
}

fn written_offset(seconds: i32) -> String {
    let (sign, size) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    format!("{sign}{:02}:{:02}", size / 3_600, size / 60 % 60)
}

/// An offset in three characters, as formats 303 and 304 want it.
fn three_letters(seconds: i32) -> Option<String> {
    match seconds {
        0 => Some("UTC".to_owned()),
        _ => (seconds % 3_600 == 0).then(|| written_offset(seconds)[..3].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(text: Result<String, Wrong>) -> Value {
        object(&text.unwrap()).unwrap().into()
    }

    #[test]
    fn x12_says_date_time_and_zone_in_elements_of_their_own() {
        assert_eq!(said(of_elements("20260214", "", "ET")), json!({ "date": "2026-02-14" }));
        assert_eq!(said(of_elements("260214", "0930", "")), json!({ "date": "2026-02-14", "time": "09:30" }));
        for (time, zone, seen, at) in [
            ("0930", "ET", "ET", "14:30:00"),
            ("093015", "UT", "UT", "09:30:15"),
            ("09301599", "CS", "CS", "15:30:15"),
            ("0930", "01", "+01:00", "08:30:00"),
            ("0930", "20", "-05:00", "14:30:00"),
        ] {
            let said = said(of_elements("20260214", time, zone));
            assert_eq!((&said["zone"], &said["at"]), (&json!(seen), &json!(format!("2026-02-14T{at}.000000Z"))));
        }
        // Summer.
        assert_eq!(said(of_elements("20260714", "0930", "ET"))["at"], "2026-07-14T13:30:00.000000Z");
        assert_eq!(said(of_elements("20260214", "0930", "LT"))["at"], Value::Null);
        for (date, time) in [("20260230", ""), ("20260214", "2460"), ("20260214", "930"), ("2026021", "é")] {
            assert!(of_elements(date, time, "").is_err(), "{date} {time}");
        }
    }

    #[test]
    fn edifact_says_it_in_one_text() {
        assert_eq!(said(of_coded("20260214", "102")), json!({ "date": "2026-02-14" }));
        assert_eq!(said(of_coded("202602140930", "203")), json!({ "date": "2026-02-14", "time": "09:30" }));
        let zoned =
            json!({ "date": "2026-02-14", "time": "09:30:15", "zone": "+01:00", "at": "2026-02-14T08:30:15.000000Z" });
        assert_eq!(said(of_coded("20260214093015+01", "304")), zoned);
        for (text, code) in
            [("202602140930+01", "203"), ("2026021409", "203"), ("202602149930", "203"), ("2602", "610")]
        {
            assert!(of_coded(text, code).is_err(), "{text} {code}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let leaf = |element| Leaf::Element { element, component: 0 };
        let beside = Form::Beside { time: Some(leaf(6)), zone: Some(leaf(7)) };
        let instant = "2026-07-14T13:30:00.000000Z";
        let when = json!({ "date": "2026-07-14", "time": "09:30", "zone": "ET", "at": instant });
        let x12 = written(&beside, &when).unwrap();
        assert_eq!(x12, ("20260714".into(), vec![(leaf(6), "0930".into()), (leaf(7), "ET".into())]));
        let (text, code) = written(&Form::Coded(leaf(1)), &when).unwrap();
        assert_eq!((text.as_str(), code[0].1.as_str()), ("202607140930-04", "303"));
        assert_eq!(said(of_coded(&text, "303"))["at"], instant);
        let (text, _) = written(&Form::Iso, &when).unwrap();
        assert_eq!(text, "2026-07-14T09:30:00-04:00");
        assert_eq!(said(of_iso(&text))["at"], instant);
        for (zone, code) in [("Z", "UT"), ("+01:00", "01"), ("-05:00", "20"), ("-12:00", "13"), ("LT", "LT")] {
            let when = json!({ "date": "2026-02-14", "time": "09:30", "zone": zone });
            assert_eq!(written(&beside, &when).unwrap().1[1].1, code);
        }
        let half = json!({ "date": "2026-02-14", "time": "09:30", "zone": "+05:30" });
        assert!(written(&beside, &half).is_err());
        assert_eq!(written(&Form::Iso, &half).unwrap().0, "2026-02-14T09:30:00+05:30");
        for text in ["2026-02-14", "2026-02-14T09:30:00Z", "2026-02-14T09:30:00"] {
            let when = said(of_iso(text));
            assert_eq!(written(&Form::Iso, &when).unwrap().0, text);
        }
        for text in ["2026-02-14T", "2026-02-14T25:00:00Z", "2026-02-14x", "x", "2026-02-14T09:30:00+1"] {
            assert!(of_iso(text).is_err(), "{text}");
        }
    }
}
