//! Dates as documents write them, to `YYYY-MM-DD` and back. No clock: a two-digit year is 1970 to 2069.

use crate::canonical::Date;

/// A pattern of `yyyy`, `yy`, `mm`, `dd` and what stands between them, or `iso`.
#[derive(Debug, Clone, PartialEq)]
pub enum DateFormat {
    /// XML Schema and JSON: `YYYY-MM-DD`; a zone or a time behind it is not part of the date.
    Iso,
    Pattern(Vec<Token>),
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token {
    Year4,
    Year2,
    Month,
    Day,
    Mark(char),
}

impl DateFormat {
    /// Reads a pattern; `None` if it is none.
    pub fn parse(text: &str) -> Option<DateFormat> {
        if text == "iso" {
            return Some(DateFormat::Iso);
        }
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (token, len) = match () {
                () if rest.starts_with("yyyy") => (Token::Year4, 4),
                () if rest.starts_with("yy") => (Token::Year2, 2),
                () if rest.starts_with("mm") => (Token::Month, 2),
                () if rest.starts_with("dd") => (Token::Day, 2),
                () if !first.is_alphanumeric() => (Token::Mark(first), first.len_utf8()),
                () => return None,
            };
            tokens.push(token);
            rest = &rest[len..];
        }
        let count = |wanted: fn(&Token) -> bool| tokens.iter().filter(|t| wanted(t)).count();
        let whole = count(|t| matches!(t, Token::Year4 | Token::Year2)) == 1
            && count(|t| *t == Token::Month) == 1
            && count(|t| *t == Token::Day) == 1;
        whole.then_some(DateFormat::Pattern(tokens))
    }

    /// The pattern of a code of UN/EDIFACT 2379; a time behind the date is not part of it.
    pub fn of_code(code: &str) -> Option<DateFormat> {
        DateFormat::parse(match code {
            "2" => "ddmmyy",
            "3" => "mmddyy",
            "4" => "ddmmyyyy",
            "101" => "yymmdd",
            "" | "102" | "203" | "204" | "303" | "304" | "718" => "yyyymmdd",
            _ => return None,
        })
    }

    /// The date that a text means. `loose`: a time behind it is passed over, and behind that a zone of three characters.
    pub fn read(&self, text: &str, loose: bool) -> Option<Date> {
        let text = text.trim();
        let DateFormat::Pattern(tokens) = self else {
            let (date, rest) = text.split_at_checked(10)?;
            let zone = rest.is_empty() || rest.starts_with(['Z', '+', '-', 'T']);
            let &[a, b, c, d, b'-', e, f, b'-', g, h] = date.as_bytes() else { return None };
            let (year, month, day) = (number(&[a, b, c, d])?, number(&[e, f])?, number(&[g, h])?);
            return if zone { jiff::civil::Date::new(year, month as i8, day as i8).ok().map(Date) } else { None };
        };
        let (mut year, mut month, mut day) = (0i16, 0i8, 0i8);
        let mut rest = text;
        for token in tokens {
            match token {
                Token::Mark(c) => rest = rest.strip_prefix(*c)?,
                Token::Year4 => year = digits(&mut rest, 4)?,
                Token::Year2 => {
                    let short = digits(&mut rest, 2)?;
                    year = if short < 70 { 2000 + short } else { 1900 + short };
                }
                Token::Month => month = digits(&mut rest, 2)? as i8,
                Token::Day => day = digits(&mut rest, 2)? as i8,
            }
        }
        let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let zoned = zone.len() <= 3 && (zone.starts_with(['+', '-']) || zone.bytes().all(|b| b.is_ascii_uppercase()));
        let over = rest.is_empty() || loose && zoned;
        if over { jiff::civil::Date::new(year, month, day).ok().map(Date) } else { None }
    }

    /// The same as `YYYY-MM-DD`.
    pub fn to_iso(&self, text: &str, loose: bool) -> Option<String> {
        let common = if self.is_plain() { common_iso(text.as_bytes()) } else { None };
        match common.as_ref().and_then(|text| std::str::from_utf8(text).ok()) {
            Some(text) => Some(text.to_owned()),
            None => self.read(text, loose).map(iso),
        }
    }

    /// `yyyymmdd`?
    pub fn is_plain(&self) -> bool {
        matches!(self, DateFormat::Pattern(tokens) if **tokens == [Token::Year4, Token::Month, Token::Day])
    }

    /// A date as this format writes it; `None` if two digits can't say its year.
    pub fn write(&self, date: Date) -> Option<String> {
        let (year, month, day) = (date.0.year(), date.0.month(), date.0.day());
        let DateFormat::Pattern(tokens) = self else { return Some(format!("{year:04}-{month:02}-{day:02}")) };
        let mut text = String::new();
        for token in tokens {
            match token {
                Token::Year4 => text += &format!("{year:04}"),
                Token::Year2 if (1970..2070).contains(&year) => text += &format!("{:02}", year % 100),
                Token::Year2 => return None,
                Token::Month => text += &format!("{month:02}"),
                Token::Day => text += &format!("{day:02}"),
                Token::Mark(c) => text.push(*c),
            }
        }
        Some(text)
    }

    /// How many characters a date of this form has; none where that differs.
    pub fn width(&self) -> Option<u32> {
        let DateFormat::Pattern(tokens) = self else { return None };
        let width = |token: &Token| match token {
            Token::Year4 => 4,
            Token::Year2 | Token::Month | Token::Day => 2,
            Token::Mark(_) => 1,
        };
        Some(tokens.iter().map(width).sum())
    }

    /// For sentences: `yyyymmdd`.
    pub fn words(&self) -> String {
        let DateFormat::Pattern(tokens) = self else { return "yyyy-mm-dd".into() };
        let word = |t: &Token| match t {
            Token::Year4 => "yyyy".to_owned(),
            Token::Year2 => "yy".to_owned(),
            Token::Month => "mm".to_owned(),
            Token::Day => "dd".to_owned(),
            Token::Mark(c) => c.to_string(),
        };
        tokens.iter().map(word).collect()
    }
}

/// `YYYY-MM-DD` of `YYYYMMDD`, if it is a day that every month has: most are, and need no calendar.
pub fn common_iso(text: &[u8]) -> Option<[u8; 10]> {
    let &[a, b, c, d, m, n, e, f] = text else { return None };
    let iso = [a, b, c, d, b'-', m, n, b'-', e, f];
    is_common(&iso).then_some(iso)
}

/// `YYYY-MM-DD`, and a day that every month has?
pub fn is_common(text: &[u8]) -> bool {
    let &[a, b, c, d, b'-', m, n, b'-', e, f] = text else { return false };
    let month = matches!((m, n), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'));
    let day = matches!((e, f), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'9') | (b'2', b'0'..=b'8'));
    month && day && [a, b, c, d].iter().all(u8::is_ascii_digit)
}

/// `YYYY-MM-DD`, of a date that a format has read.
fn iso(date: Date) -> String {
    let (year, month, day) = (date.0.year().unsigned_abs(), date.0.month().unsigned_abs(), date.0.day().unsigned_abs());
    let ([y, z], [m, n], [d, e]) = (pair(year / 100), pair(month.into()), pair(day.into()));
    let [c, x] = pair(year % 100);
    let text = [y, z, c, x, b'-', m, n, b'-', d, e];
    std::str::from_utf8(&text).unwrap_or_default().to_owned()
}

/// Two digits.
fn pair(number: u16) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// The number that a few digits say.
fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0i16, |sum, digit| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(i16::from(digit - b'0')),
        _ => None,
    })
}

fn digits(rest: &mut &str, count: usize) -> Option<i16> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    number(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        for (format, text, iso) in [
            ("yyyymmdd", "20260214", "2026-02-14"),
            ("yymmdd", "260214", "2026-02-14"),
            ("yymmdd", "700101", "1970-01-01"),
            ("dd.mm.yyyy", "29.02.2024", "2024-02-29"),
            ("mm/dd/yyyy", "12/31/1999", "1999-12-31"),
            ("iso", "2026-02-14", "2026-02-14"),
        ] {
            let format = DateFormat::parse(format).unwrap();
            let date = format.read(text, false).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((date.to_string().as_str(), super::iso(date).as_str()), (iso, iso));
            assert_eq!(format.write(date).as_deref(), Some(text));
        }
        assert_eq!(DateFormat::Iso.read("2026-02-14+01:00", false).unwrap().to_string(), "2026-02-14");
    }

    #[test]
    fn the_days_of_every_month_are_told_without_a_calendar_as_with_one() {
        let plain = DateFormat::parse("yyyymmdd").unwrap();
        assert!(plain.is_plain() && !DateFormat::parse("yymmdd").unwrap().is_plain());
        let (mut common, mut others) = (0, 0);
        for year in ["2026", "2024", "0000", "1999", "20a6", "+026"] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year}{month:02}{day:02}");
                    let by_calendar = plain.read(&text, false).map(iso);
                    assert_eq!(plain.to_iso(&text, false), by_calendar, "{text}");
                    common += u32::from(common_iso(text.as_bytes()).is_some());
                    others += u32::from(common_iso(text.as_bytes()).is_none() && by_calendar.is_some());
                }
            }
        }
        assert_eq!((common, others), (4 * 12 * 28, 4 * (7 * 3 + 4 * 2) + 2), "leap years are 2024 and 0000");
        for text in ["", "2026021", "202602140", "2026021\u{e9}"] {
            assert_eq!(common_iso(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for (format, text) in [
            ("yyyymmdd", "20260230"),
            ("yyyymmdd", "2026021"),
            ("yyyymmdd", "202602140900"),
            ("yyyymmdd", "2026ab14"),
            ("yyyymmdd", "+2602014"),
            ("yyyymmdd", ""),
            ("yyyymmdd", "2026021é"),
            ("dd.mm.yyyy", "1.1.2026"),
            ("iso", "2026-02-14 x"),
            ("iso", "2026-02"),
        ] {
            assert_eq!(DateFormat::parse(format).unwrap().read(text, false), None, "{format} {text}");
        }
        for pattern in ["yyyymm", "dd", "yyyymmddhh", "", "01.03"] {
            assert_eq!(DateFormat::parse(pattern), None, "{pattern}");
        }
        let coded = DateFormat::of_code("203").unwrap();
        assert_eq!(coded.read("202602140930", true).unwrap().to_string(), "2026-02-14");
        let zoned = DateFormat::of_code("303").unwrap();
        for text in ["202602140930+01", "202602140930UTC"] {
            assert_eq!(zoned.read(text, true).unwrap().to_string(), "2026-02-14");
        }
        assert_eq!(zoned.read("202602140930+01:00", true), None);
        assert_eq!(DateFormat::of_code("999"), None);
    }
}
