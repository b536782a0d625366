//! Pages of a list: a cursor says where the next one begins, and stays right when rows come in before it.

use super::problem::{Code, Problem};
use crate::canonical::Micros;
use uuid::Uuid;

/// Rows of a page when nobody says how many, and at most.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// The number of rows to give.
pub fn limit(asked: Option<u32>) -> i64 {
    i64::from(asked.unwrap_or(DEFAULT).clamp(1, MOST))
}

/// Where a page ended: the last row's instant and id, as a word that a caller hands back.
pub fn cursor(at: i64, id: Uuid) -> String {
    format!("{at}_{}", id.simple())
}

/// What [`cursor`] wrote.
pub fn read_cursor(text: &str) -> Result<(Micros, Uuid), Problem> {
    let parts = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, Uuid::try_parse(id).ok()?)));
    match parts {
        Some((at, id)) => Ok((Micros(at), id)),
        None => Err(Problem::new(
            Code::RequestInvalid,
            format!("`{text}` is no cursor; hand back `next` of the page before as it is"),
        )),
    }
}

/// The page of the rows asked for, and the cursor of the next one: one row more than `limit` was read.
pub fn cut<T>(mut rows: Vec<T>, limit: i64, place: impl Fn(&T) -> (i64, Uuid)) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| {
        let (at, id) = place(last);
        cursor(at, id)
    });
    (rows, next)
}

/// An instant of a query.
pub fn instant(name: &str, text: Option<&str>) -> Result<Option<Micros>, Problem> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Ok(Some(Micros(at.as_microsecond()))),
        Err(error) => Err(Problem::new(
            Code::RequestInvalid,
            format!("`{name}` is no instant such as 2026-01-31T08:00:00Z: {error}"),
        )),
    }
}

/// A state of a query, which must be one of those that there are: a typing error must not look like an empty answer.
pub fn state(name: Option<String>, known: &[&str]) -> Result<Option<String>, Problem> {
    match name {
        Some(name) if !known.contains(&name.as_str()) => {
            Err(Problem::new(Code::RequestInvalid, format!("`{name}` is no state; there are {}", known.join(", "))))
        }
        name => Ok(name),
    }
}
