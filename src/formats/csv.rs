//! Reads CSV: a header row, then rows that are sets, one by one or in runs of one key. RFC 4180, and what others write.
//!
//! Promise: memory is bounded by one set; a row that is wrong costs its own set. Rows that are no UTF-8 are read as
//! Windows-1252, which spreadsheets write, and a note says so.
//! Called by: `reader`. Never: guesses a type.
//! Tried by: tests/formats

use crate::{
    codes, control, decoded,
    edi::{
        envelope::{file_place, nothing_there},
        faults::Faults,
    },
    fault::{Costs, Fault, shorten},
    piece::{Piece, Policy, Standard},
    place::{At, Place},
    reader::CsvOptions,
    rows::{Field, Row, behind_quote, row, unquote},
    source::Source,
    tree::{Add, Kind, NodeId, Text, Tree},
    whole::{encoding, foreign_mark, plain_set},
};
use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    io::{self, BufRead},
};

/// How many quotes that never close are borne: each means reading the rest of the file again.
const MOST_OPEN_QUOTES: u32 = 20;
/// How much behind the first row is looked at for the header row that it isn't.
const SEEN_FOR_HEADER: usize = 4096;
/// How much behind a row of filling is looked at for other rows.
const SEEN_OF_FILLING: usize = 4096;
/// What separates the fields of a row where nothing says so, and which of these stand in names, too.
const DELIMITERS: [u8; 6] = [b',', b';', b'\t', b'|', b'^', b'~'];
const IN_NAMES: [u8; 2] = [b'^', b'~'];
/// How much of a row that can't be read is shown.
const SHOWN: usize = 80;

/// The header row, once it is read.
struct Header {
    names: Vec<String>,
    delimiter: u8,
    key: Option<usize>,
}

/// Rows of the set that is being gathered.
struct Gathered {
    key: String,
    rows: Vec<Row>,
    faults: Faults,
}

pub(crate) struct Csv<R> {
    source: Source<R>,
    policy: Policy,
    options: CsvOptions,
    queue: VecDeque<Piece>,
    at: u64,
    line: u64,
    header: Option<Header>,
    gathered: Option<Gathered>,
    /// By the hash of each key on which line its last run began.
    seen: HashMap<u64, u64>,
    hasher: RandomState,
    sets: u32,
    open_quotes: u32,
    /// It was told that there are rows in Windows-1252.
    windows: bool,
    done: bool,
}

impl<R: BufRead> Csv<R> {
    pub fn new(input: R, policy: Policy, options: CsvOptions) -> Self {
        Csv {
            source: Source::new(input),
            policy,
            options,
            queue: VecDeque::new(),
            at: 0,
            line: 1,
            header: None,
            gathered: None,
            seen: HashMap::new(),
            hasher: RandomState::new(),
            sets: 0,
            open_quotes: 0,
            windows: false,
            done: false,
        }
    }

    fn step(&mut self) -> io::Result<()> {
        let kept = self.gathered.as_ref().and_then(|g| g.rows.first()).map_or(self.at, |row| row.start);
        self.source.release(kept);
        let Some(header) = &self.header else { return self.head() };
        let (delimiter, width, key) = (header.delimiter, header.names.len(), header.key);
        let Some(row) = row(&mut self.source, self.at, self.line, delimiter, self.policy.max_set_bytes)? else {
            self.finish_set();
            self.done = true;
            if self.sets == 0 {
                let sentence = "The file has a header row and no row below it.";
                self.queue.push_back(Piece::Fault(
                    Fault::new(codes::EMPTY, file_place(self.at, 0), sentence)
                        .expected("rows")
                        .remedy("Ask the sender whether rows are missing."),
                ));
            }
            return Ok(());
        };
        (self.at, self.line) = (row.next, row.line + row.lines);
        if row.blank || self.says_nothing(&row, delimiter) || self.is_filling(&row)? {
            return Ok(());
        }
        let value = match key {
            Some(column) => row.value(&self.source, column),
            None => String::new(),
        };
        let same = key.is_some() && self.gathered.as_ref().is_some_and(|g| g.key == value);
        if !same {
            self.finish_set();
            self.begin(value, &row);
        }
        let too_long = row.too_long;
        self.take(row, width);
        if too_long {
            self.finish_set();
            self.skip_line()?;
        }
        Ok(())
    }

    /// True of a row of empty fields, which spreadsheets leave below a table.
    fn says_nothing(&self, row: &Row, delimiter: u8) -> bool {
        let empty = |byte: &u8| *byte == delimiter || matches!(byte, b' ' | b'\t' | b'"');
        !row.open_quote && self.source.slice(row.start, row.end).iter().all(empty)
    }

    /// True of a row of Ctrl-Z, which DOS ends a file with, or of NUL, which block devices fill one up with, if more of
    /// that is all that follows: a NUL before other rows is told.
    fn is_filling(&mut self, row: &Row) -> io::Result<bool> {
        let fills = |byte: &u8| matches!(byte, 0 | 0x1A);
        if !self.source.slice(row.start, row.end).iter().all(fills) {
            return Ok(false);
        }
        self.source.want(row.next, SEEN_OF_FILLING)?;
        let behind = self.source.from(row.next);
        Ok(behind.iter().take(SEEN_OF_FILLING).all(|byte| fills(byte) || byte.is_ascii_whitespace()))
    }

    /// Passes over the rest of a row that is too long to be kept.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.source.from(self.at);
            if let Some(n) = memchr::memchr2(b'\n', b'\r', bytes) {
                self.at += n as u64 + 1;
                return Ok(());
            }
            self.at += bytes.len() as u64;
            self.source.release(self.at);
            if !self.source.fill()? {
                return Ok(());
            }
        }
    }

    /// The header row.
    fn head(&mut self) -> io::Result<()> {
        self.source.want(0, 4096)?;
        if let Some(name) = foreign_mark(self.source.from(0)) {
            self.done = true;
            self.queue.push_back(Piece::Fault(encoding(name, 0)));
            return Ok(());
        }
        self.at = if self.source.from(0).starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let said = separator_line(self.source.from(self.at));
        if let Some((_, len)) = said {
            (self.at, self.line) = (self.at + len as u64, self.line + 1);
        }
        let said = self.options.delimiter.or(said.map(|(separator, _)| separator));
        let delimiter = said.unwrap_or_else(|| guess(self.source.from(self.at)));
        let row = loop {
            let Some(row) = row(&mut self.source, self.at, self.line, delimiter, self.policy.max_set_bytes)? else {
                self.done = true;
                self.queue.push_back(Piece::Fault(nothing_there(self.at)));
                return Ok(());
            };
            (self.at, self.line) = (row.next, row.line + row.lines);
            if !row.blank {
                break row;
            }
        };
        let fault = self.unreadable(&row).map(|fault| Piece::Fault(fault.costs(Costs::Nothing)));
        self.queue.extend(fault);
        let names = self.names(&row);
        let control = self.control_of(&row, &names, "the name of column ");
        let control = control.and_then(|fault| self.policy.strictness.judge(fault.costs(Costs::Segment)));
        // Rows are read by their columns: a name costs none of them.
        self.queue.extend(control.map(|fault| Piece::Fault(fault.costs(Costs::Segment))));
        let key = match &self.options.by {
            None => None,
            Some(by) => match names.iter().position(|name| name == by) {
                Some(column) => Some(column),
                None => {
                    self.done = true;
                    self.queue.push_back(Piece::Fault(self.no_key_column(by, &row, &names)));
                    return Ok(());
                }
            },
        };
        if let Some(fault) = self.quotes_of_header(&row) {
            // Rows stand in a name, and what is below it has the names of others.
            self.done = fault.costs == Costs::Interchange;
            self.queue.push_back(Piece::Fault(fault));
        }
        self.header = Some(Header { names, delimiter, key });
        Ok(())
    }

    /// The fault of a header row without the key's column. It may be written otherwise, or stand further down.
    fn no_key_column(&self, by: &str, row: &Row, names: &[String]) -> Fault {
        let place = Place { byte: row.start, len: row.len() as u32, at: At::Row { line: row.line, column: None } };
        let sentence = format!("There is no column “{by}” in the header row, line {}.", row.line);
        let letters = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let fault = |more: String| {
            let fault = Fault::new(codes::NO_KEY_COLUMN, place.clone(), sentence.clone() + &more);
            fault.found(&names.join(", ")).expected(by)
        };
        if let Some(name) = names.iter().find(|name| letters(name) == letters(by)) {
            return fault(format!(" “{name}” is another name: capitals, blanks and signs count."));
        }
        let seen = self.source.from(self.at);
        let seen = &seen[..seen.len().min(SEEN_FOR_HEADER)];
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', seen).map(|end| end + 1));
        let mut lines = starts.filter_map(|start| seen.get(start..)).zip(self.line..);
        let has = |from: &[u8]| {
            let delimiter = self.options.delimiter.unwrap_or_else(|| guess(from));
            let line = from.split(|byte| *byte == b'\n').next().unwrap_or_default();
            line.split(|byte| *byte == delimiter).any(|name| {
                let name = decoded::guessed(name);
                name.trim().trim_matches('"') == by
            })
        };
        match lines.find(|(from, _)| has(from)) {
            Some((_, line)) => fault(format!(" Line {line} has it."))
                .remedy(format!("Leave out what stands before line {line}: a table begins with its header row.")),
            None => fault(String::new()),
        }
    }

    /// What the columns are called; one without a name, or of a name that came before, is told.
    fn names(&mut self, row: &Row) -> Vec<String> {
        let mut names: Vec<String> =
            (0..row.fields.len()).map(|n| row.value(&self.source, n).trim().to_owned()).collect();
        for n in 0..names.len() {
            let (empty, twice) = (names[n].is_empty(), names[..n].contains(&names[n]));
            if empty || twice {
                let what = if empty {
                    "has no name".to_owned()
                } else {
                    format!("is named “{}” like one before it", names[n])
                };
                let at = At::Row { line: row.line, column: Some(format!("{:02}", n + 1).into()) };
                let place = Place { byte: row.fields[n].start, len: row.fields[n].len, at };
                self.queue.push_back(Piece::Fault(
                    Fault::new(codes::HEADER_NAME, place, format!("Column {} {what}.", n + 1))
                        .found(&names[n])
                        .expected("a name of its own"),
                ));
            }
            if empty {
                names[n] = format!("{:02}", n + 1);
            }
        }
        names
    }

    /// A quote in the header row that isn't closed, or has text behind it.
    fn quotes_of_header(&self, row: &Row) -> Option<Fault> {
        let numbers: Vec<String> = (1..=row.fields.len()).map(|n| format!("{n:02}")).collect();
        if !row.open_quote {
            let fault = self.behind_quote(row, &numbers)?;
            let costs = if fault.costs < Costs::Set { Costs::Segment } else { Costs::Interchange };
            return Some(fault.costs(costs));
        }
        let (field, column) = row.fields.iter().zip(numbers).next_back()?;
        let place =
            Place { byte: field.start, len: field.len, at: At::Row { line: row.line, column: Some(column.into()) } };
        let name = row.value(&self.source, row.fields.len() - 1);
        let sentence =
            format!("Line {}: a quote is opened in the header row and never closed; “{name}” was read.", row.line);
        let fault = Fault::new(codes::OPEN_QUOTE, place, sentence).costs(Costs::Segment);
        Some(fault.found(&decoded::guessed(self.source.slice(field.start, row.end))).expected("a closing quote"))
    }

    fn begin(&mut self, key: String, row: &Row) {
        let mut faults = Faults::by(self.policy.strictness);
        let before = self.options.by.as_ref().and_then(|_| self.seen.insert(self.hasher.hash_one(&key), row.line));
        if let Some(before) = before {
            let by = self.options.by.clone().unwrap_or_default();
            let sentence = format!(
                "Line {}: {by} “{key}” comes again: rows of it began on line {before}, and others stand between.",
                row.line
            );
            let at = At::Row { line: row.line, column: Some(by.into()) };
            let place = Place { byte: row.start, len: row.len() as u32, at };
            faults.push(
                Fault::new(codes::KEY_AGAIN, place, sentence).found(&key).expected("all rows of one key side by side"),
            );
        }
        self.gathered = Some(Gathered { key, rows: Vec::new(), faults });
    }

    /// A row into the set that is open.
    fn take(&mut self, row: Row, width: usize) {
        let fault = self.ragged(&row, width).or_else(|| self.unreadable(&row)).or_else(|| {
            let names = &self.header.as_ref()?.names;
            self.behind_quote(&row, names)
        });
        let refused = fault.as_ref().is_some_and(|fault| fault.costs >= Costs::Set);
        let control = if refused { None } else { self.control(&row) };
        let Some(gathered) = &mut self.gathered else { return };
        fault.into_iter().chain(control).for_each(|fault| gathered.faults.push(fault));
        let start = gathered.rows.first().map_or(row.start, |first| first.start);
        if (row.end - start) as usize > self.policy.max_set_bytes {
            let place = Place { byte: start, len: 0, at: At::Row { line: row.line, column: None } };
            let sentence =
                format!("The rows of “{}” are longer than {} bytes.", gathered.key, self.policy.max_set_bytes);
            if !gathered.faults.has(codes::TOO_LONG) {
                let fault = Fault::new(codes::TOO_LONG, place, sentence).found(&(row.end - start).to_string());
                gathered.faults.push(fault.expected(format!("at most {} bytes", self.policy.max_set_bytes)));
            }
            gathered.rows.clear();
        }
        if row.open_quote {
            self.open_quotes += 1;
            self.done |= self.open_quotes > MOST_OPEN_QUOTES;
        }
        if !row.too_long {
            gathered.rows.push(row);
        }
        if self.done {
            self.finish_set();
        }
    }

    fn ragged(&self, row: &Row, width: usize) -> Option<Fault> {
        let header = self.header.as_ref()?;
        if row.too_long || row.open_quote {
            let most = format!("at most {} bytes", self.policy.max_set_bytes);
            let (code, what, expected) = match row.open_quote {
                true => (codes::OPEN_QUOTE, "a quote is opened and never closed", "a closing quote"),
                false => (codes::TOO_LONG, "the row is longer than a set may be", &*most),
            };
            let at = At::Row {
                line: row.line,
                column: header.names.get(row.fields.len().saturating_sub(1)).map(|n| n.as_str().into()),
            };
            let byte = row.fields.last().map_or(row.start, |f| f.start);
            let found = self.source.slice(byte, row.end);
            let found = String::from_utf8_lossy(&found[..found.len().min(SHOWN)]);
            let fault = Fault::new(code, Place { byte, len: 0, at }, format!("Line {}: {what}.", row.line));
            return Some(fault.found(&found).expected(expected));
        }
        let found = row.fields.len();
        if found == width {
            return None;
        }
        let column = match header.names.get(found) {
            Some(first_missing) => first_missing.clone(),
            None => format!("{:02}", width + 1),
        };
        let field = row.fields.get(width).or(row.fields.last())?;
        let (byte, len) =
            if found > width { (field.start, field.len) } else { (field.start + u64::from(field.len), 0) };
        let why = match found > width {
            true => format!("the row has {found} fields, and the header has {width}"),
            false => format!(
                "the row has {found} fields, and the header has {width}: “{column}” and what follows is missing"
            ),
        };
        let place = Place { byte, len, at: At::Row { line: row.line, column: Some(column.into()) } };
        let fault = Fault::new(codes::RAGGED_ROW, place, format!("Line {}: {why}.", row.line));
        Some(fault.found(&found.to_string()).expected(format!("{width} fields")))
    }

    /// Text behind the quote that closes a field: nobody knows whether it is part of the value.
    fn behind_quote(&self, row: &Row, names: &[String]) -> Option<Fault> {
        let bytes = |field: &Field| self.source.slice(field.start, field.start + u64::from(field.len));
        let quoted = row.fields.iter().enumerate().filter(|(_, field)| field.quoted);
        let (n, field, at) = quoted.filter_map(|(n, field)| Some((n, field, behind_quote(bytes(field))?))).next()?;
        let name = names.get(n).map_or_else(|| format!("{:02}", n + 1), Clone::clone);
        let raw = decoded::guessed(bytes(field));
        let sentence = format!(
            "Line {}: text stands behind the quote that closes {name}; “{}” was read.",
            row.line,
            shorten(&unquote(&raw), SHOWN)
        );
        let at_ = At::Row { line: row.line, column: Some(name.into()) };
        let place = Place { byte: field.start + at as u64, len: field.len - at as u32, at: at_ };
        let mut fault = Fault::new(codes::BEHIND_QUOTE, place, sentence).found(&raw);
        // The next rows stand in it, most likely: their quote was never closed.
        if raw.contains('\n') {
            fault.costs = Costs::Set;
        }
        Some(fault.expected("a delimiter or the line's end behind the closing quote"))
    }

    /// Text that isn't UTF-8, or has a NUL.
    fn unreadable(&mut self, row: &Row) -> Option<Fault> {
        let bytes = self.source.slice(row.start, row.end);
        let (code, at, windows) = match (memchr::memchr(0, bytes), std::str::from_utf8(bytes)) {
            (Some(at), _) => (codes::NUL, at, false),
            (None, Ok(_)) => return None,
            (None, Err(e)) => match decoded::no_windows_1252(bytes) {
                Some(at) => (codes::BAD_TEXT, at, false),
                None if self.windows => return None,
                None => (codes::BAD_TEXT, e.valid_up_to(), true),
            },
        };
        let offset = row.start + at as u64;
        let column = row.fields.iter().position(|f| offset <= f.start + u64::from(f.len));
        let name = column.and_then(|n| self.header.as_ref()?.names.get(n).cloned());
        let shown = bytes.get(at).map_or(String::new(), |byte| format!("{byte:#04X}"));
        let what = match (code, windows) {
            (codes::NUL, _) => format!("there is a NUL character at byte {offset}"),
            (_, true) => format!(
                "the byte {shown} at offset {offset} is not valid UTF-8. This row, and others that aren't UTF-8, are read as Windows-1252"
            ),
            (_, false) => format!("the byte {shown} at offset {offset} is not valid UTF-8, nor Windows-1252"),
        };
        let place = Place { byte: offset, len: 1, at: At::Row { line: row.line, column: name.map(Into::into) } };
        let fault = Fault::new(code, place, format!("Line {}: {what}.", row.line)).found(&shown).expected("UTF-8");
        let utf8 = "Ask the sender to export the file as UTF-8 (spreadsheets call it “CSV UTF-8”).";
        self.windows |= windows;
        Some(match (code, windows) {
            (codes::NUL, _) => fault.costs(Costs::Set),
            (_, true) => fault.costs(Costs::Nothing).remedy(format!("Look whether its letters are right. {utf8}")),
            (_, false) => fault.costs(Costs::Set).remedy(utf8),
        })
    }

    /// The first value of a row that has a control character.
    fn control(&self, row: &Row) -> Option<Fault> {
        self.control_of(row, &self.header.as_ref()?.names, "")
    }

    fn control_of(&self, row: &Row, names: &[String], what: &str) -> Option<Fault> {
        row.fields.iter().enumerate().find_map(|(n, field)| {
            let raw = decoded::guessed(self.source.slice(field.start, field.start + u64::from(field.len)));
            // Only quotes keep line ends within a value.
            let (at, c) = control::first(&raw, !field.quoted)?;
            let column = names.get(n).map_or_else(|| format!("{:02}", n + 1), Clone::clone);
            let whose = match what {
                "" => format!("Line {}: {column}", row.line),
                what => format!("Line {}: {what}{}", row.line, n + 1),
            };
            // In Windows-1252 a character is one byte.
            let before = if matches!(raw, Cow::Owned(_)) { raw[..at].chars().count() } else { at };
            let place = Place {
                byte: field.start + before as u64,
                len: 1,
                at: At::Row { line: row.line, column: Some(column.into()) },
            };
            Some(control::fault(&whose, c, &row.value(&self.source, n), place))
        })
    }

    fn finish_set(&mut self) {
        let (Some(gathered), Some(header)) = (self.gathered.take(), &self.header) else { return };
        let start = gathered.rows.first().map_or(self.at, |row| row.start);
        let end = gathered.rows.last().map_or(self.at, |row| row.end);
        let line = gathered.rows.first().map_or(self.line, |row| row.line);
        let bytes = self.source.slice(start, end);
        let (text, utf8) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), true),
            // Offsets must hold; values are decoded one by one.
            Err(_) => (bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(), false),
        };
        let foreign = if utf8 { &[][..] } else { bytes };
        let place = Place { byte: start, len: (end - start) as u32, at: At::Row { line, column: None } };
        let mut tree = Tree::over(text, start, place);
        tree.base_line = line;
        for row in &gathered.rows {
            record(&mut tree, row, header, start, line, foreign);
        }
        let mut set = plain_set(Standard::Csv, self.sets, start, end - start, tree);
        set.segments = gathered.rows.len() as u32;
        (set.control, set.faults) = (gathered.key.into(), gathered.faults.into_list());
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
    }
}

/// `sep=;`, which spreadsheets write as the first line and read as no row: the separator, and the line's length with its end.
fn separator_line(bytes: &[u8]) -> Option<(u8, usize)> {
    let [s, e, p, b'=', separator, rest @ ..] = bytes else { return None };
    let is_it = [*s, *e, *p].eq_ignore_ascii_case(b"sep") && !separator.is_ascii_alphanumeric();
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    (is_it && end > 0).then_some((*separator, 5 + end))
}

/// A row as a record with its fields; a field beyond the header is named by its position. `foreign` are the set's bytes,
/// where they are no UTF-8.
fn record(tree: &mut Tree, row: &Row, header: &Header, base: u64, line: u64, foreign: &[u8]) {
    let extra = (row.line - line) as u32;
    let add =
        |kind, name, start: u64, len: u32, text| Add { kind, name, start: (start - base) as u32, len, extra, text };
    let name = tree.intern("row");
    let node = tree.add(NodeId(0), add(Kind::Record, name, row.start, row.len() as u32, Text::None));
    for (n, field) in row.fields.iter().enumerate() {
        let name = match header.names.get(n) {
            Some(name) => tree.intern(name),
            None => tree.intern(&format!("{:02}", n + 1)),
        };
        let leaf = tree.add(node, add(Kind::Field, name, field.start, field.len, Text::Raw));
        let start = (field.start - base) as usize;
        let odd = foreign.get(start..start + field.len as usize).filter(|raw| !raw.is_ascii());
        if field.quoted || odd.is_some() {
            let raw = match odd {
                Some(raw) => decoded::guessed(raw).into_owned(),
                None => tree.raw(start as u32, field.len).to_owned(),
            };
            tree.set_value(leaf, &if field.quoted { crate::rows::unquote(&raw) } else { raw });
        }
    }
}

/// The delimiter that the header row, with which the bytes begin, has most of, outside of quotes. Carets and tildes stand in
/// names, too: they separate if no other does, and if the next row has as many of them.
fn guess(bytes: &[u8]) -> u8 {
    let (header, behind) = row_counts(bytes);
    let next = row_counts(behind.trim_ascii_start()).0;
    let counted =
        || DELIMITERS.into_iter().zip(header.into_iter().zip(next)).rev().filter(|(_, (count, _))| *count > 0);
    let usual = counted().filter(|(delimiter, _)| !IN_NAMES.contains(delimiter)).max_by_key(|(_, (count, _))| *count);
    let others = || counted().filter(|(_, (count, next))| count == next).max_by_key(|(_, (count, _))| *count);
    usual.or_else(others).map_or(b',', |(delimiter, _)| delimiter)
}

/// How often each delimiter stands in the first row, outside of quotes, and what stands behind that row.
fn row_counts(bytes: &[u8]) -> ([usize; DELIMITERS.len()], &[u8]) {
    let mut quoted = false;
    let mut counts = [0; DELIMITERS.len()];
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => return (counts, &bytes[at..]),
            byte if !quoted => counts.iter_mut().zip(DELIMITERS).filter(|(_, d)| d == byte).for_each(|(n, _)| *n += 1),
            _ => {}
        }
    }
    (counts, &[])
}

impl<R: BufRead> crate::reader::Pieces for Csv<R> {
    fn next(&mut self) -> Option<io::Result<Piece>> {
        loop {
            if let Some(piece) = self.queue.pop_front() {
                return Some(Ok(piece));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.step() {
                self.done = true;
                return Some(Err(error));
            }
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }
}
