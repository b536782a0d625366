//! Rows of a CSV file and where their fields stand. RFC 4180 §2, leniently: text after a closing quote is kept.

use crate::{decoded::guessed, source::Source};
use std::io::{self, BufRead};

/// A field's raw bytes, quotes included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub start: u64,
    pub len: u32,
    pub quoted: bool,
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    pub start: u64,
    /// Behind its last byte, without the line end.
    pub end: u64,
    pub next: u64,
    /// The physical line that it begins on, and how many it takes.
    pub line: u64,
    pub lines: u64,
    pub fields: Vec<Field>,
    pub blank: bool,
    pub open_quote: bool,
    pub too_long: bool,
}

impl Row {
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// A field's value; empty if the row has none.
    pub fn value<R: BufRead>(&self, source: &Source<R>, column: usize) -> String {
        let Some(field) = self.fields.get(column) else { return String::new() };
        let raw = guessed(source.slice(field.start, field.start + u64::from(field.len)));
        if field.quoted { unquote(&raw) } else { raw.into_owned() }
    }
}

/// A quoted field without its quotes: `"a ""b"""` is `a "b"`.
pub(crate) fn unquote(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    let mut chars = raw.trim_start_matches([' ', '\t']).chars().skip(1).peekable();
    let mut open = true;
    while let Some(c) = chars.next() {
        match c {
            '"' if open && chars.peek() == Some(&'"') => plain.extend(chars.next()),
            '"' if open => open = false,
            c => plain.push(c),
        }
    }
    plain
}

/// Where text begins behind the quote that closes a quoted field; none if only blanks stand there.
pub(crate) fn behind_quote(raw: &[u8]) -> Option<usize> {
    let mut at = raw.iter().position(|byte| *byte == b'"')? + 1;
    loop {
        at += memchr::memchr(b'"', raw.get(at..)?)? + 1;
        match raw.get(at) {
            Some(b'"') => at += 1,
            _ => break,
        }
    }
    raw.get(at..)?.iter().position(|byte| !matches!(byte, b' ' | b'\t')).map(|blanks| at + blanks)
}

/// Where the scan of a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote inside of a quoted field: its end, or the first of two.
    Quote,
}

/// A row being scanned.
struct Scan {
    row: Row,
    state: State,
    /// Where the field begins that is being read, and whether with a quote.
    field: u64,
    quoted: bool,
    /// The first line's end inside of quotes, and how many fields were whole before it.
    first_line: Option<(u64, usize)>,
}

/// Reads a row from `from` on; none at the end. A quote that is never closed ends its row at its first line's end,
/// and the next line is read as a row again. A row longer than the limit is cut there: the caller skips its rest.
pub(crate) fn row<R: BufRead>(
    source: &mut Source<R>,
    from: u64,
    line: u64,
    delimiter: u8,
    limit: usize,
) -> io::Result<Option<Row>> {
    let limit = from + limit.min(1 << 30) as u64;
    let mut scan = Scan::new(from, line);
    let mut at = from;
    loop {
        if source.from(at).is_empty() && !source.fill()? {
            break;
        }
        let bytes = source.from(at);
        let bytes = &bytes[..bytes.len().min((limit - at) as usize)];
        if bytes.is_empty() {
            scan.row.too_long = true;
            break;
        }
        let end = bytes.iter().zip(at..).position(|(byte, here)| scan.ends(*byte, here, delimiter));
        at += end.unwrap_or(bytes.len()) as u64;
        if end.is_some() {
            break;
        }
    }
    if at == from && source.from(at).is_empty() {
        return Ok(None);
    }
    let Scan { mut row, state, field, quoted, first_line } = scan;
    if state == State::Quoted && (first_line.is_some() || !row.too_long) {
        return Ok(Some(unclosed(row, source, first_line, field, at)));
    }
    row.fields.push(Field { start: field, len: (at - field) as u32, quoted });
    row.end = at;
    row.next = behind_line_end(source, at)?;
    row.blank = row.fields.len() == 1 && row.fields[0].len == 0;
    Ok(Some(row))
}

impl Scan {
    fn new(from: u64, line: u64) -> Self {
        let row = Row {
            start: from,
            end: from,
            next: from,
            line,
            lines: 1,
            fields: Vec::new(),
            blank: false,
            open_quote: false,
            too_long: false,
        };
        Scan { row, state: State::FieldStart, field: from, quoted: false, first_line: None }
    }

    /// Takes a byte; true if the row ends before it.
    fn ends(&mut self, byte: u8, here: u64, delimiter: u8) -> bool {
        self.state = match (self.state, byte) {
            (State::FieldStart, b'"') => {
                self.quoted = true;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Quote,
            (State::Quote, b'"') => State::Quoted,
            (State::Quoted, b'\n') => {
                self.first_line = self.first_line.or(Some((here, self.row.fields.len())));
                self.row.lines += 1;
                State::Quoted
            }
            (State::Quoted, _) => State::Quoted,
            (_, byte) if byte == delimiter => {
                self.row.fields.push(Field { start: self.field, len: (here - self.field) as u32, quoted: self.quoted });
                (self.field, self.quoted) = (here + 1, false);
                State::FieldStart
            }
            (_, b'\n' | b'\r') => return true,
            (State::FieldStart, b' ') => State::FieldStart,
            _ => State::Plain,
        };
        false
    }
}

/// Ends a row with an open quote at the end of the line that it began on.
fn unclosed<R: BufRead>(
    mut row: Row,
    source: &Source<R>,
    first_line: Option<(u64, usize)>,
    field: u64,
    at: u64,
) -> Row {
    let (end, fields) = first_line.unwrap_or((at, row.fields.len()));
    row.fields.truncate(fields);
    let start = row.fields.last().map_or(row.start, |f| f.start + u64::from(f.len) + 1).min(field);
    let line_end = if end > start && source.slice(end - 1, end) == b"\r" { end - 1 } else { end };
    row.fields.push(Field { start, len: (line_end - start) as u32, quoted: true });
    row.open_quote = true;
    row.too_long = false;
    row.lines = 1;
    row.end = line_end;
    row.next = if first_line.is_some() { end + 1 } else { at };
    row
}

fn behind_line_end<R: BufRead>(source: &mut Source<R>, at: u64) -> io::Result<u64> {
    source.want(at, 2)?;
    Ok(match source.from(at) {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => at,
    })
}
