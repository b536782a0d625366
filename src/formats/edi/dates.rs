//! Dates and times as the headers of envelopes state them.

fn pairs(value: &str, count: usize) -> Option<Vec<u8>> {
    let digits = value.len() == 2 * count && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.as_bytes().chunks(2).map(|pair| (pair[0] - b'0') * 10 + pair[1] - b'0').collect())
}

/// YYMMDD. The century isn't said, so the 29th of February always is a day.
pub(crate) fn is_date(value: &str) -> bool {
    let most = |month: u8| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    matches!(pairs(value, 3).as_deref(), Some([_, month @ 1..=12, day @ 1..=31]) if *day <= most(*month))
}

/// HHMM.
pub(crate) fn is_time(value: &str) -> bool {
    matches!(pairs(value, 2).as_deref(), Some([..=23, ..=59]))
}
