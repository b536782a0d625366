//! Reads files of fixed width by a layout: records with columns, a record of one kind opening each set.
//!
//! Promise: memory is bounded by one set; a record that is wrong costs its own set.
//! Called by: `reader`. Never: guesses a column, or a character set other than UTF-8.
//! Tried by: tests/formats

use crate::{
    codes, control,
    edi::{
        envelope::{file_place, nothing_there},
        faults::Faults,
    },
    fault::{Costs, Fault, shorten},
    layout::{Layout, RecordPlace, cut},
    piece::{Piece, Policy, Standard},
    place::{At, Place},
    source::Source,
    tree::{Add, Kind, NodeId, Text, Tree},
    whole::{encoding, foreign_mark, plain_set},
};
use std::{
    collections::VecDeque,
    io::{self, BufRead},
    sync::Arc,
};

pub(crate) struct Fixed<R> {
    source: Source<R>,
    policy: Policy,
    layout: Arc<Layout>,
    queue: VecDeque<Piece>,
    at: u64,
    /// The record's number, from 1: the physical line, where records are lines.
    line: u64,
    open: Option<Open>,
    sets: u32,
    records: u64,
    begun: bool,
    done: bool,
}

/// A record's bytes, without the line end.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: u64,
    end: u64,
    next: u64,
    number: u64,
    /// It is longer than a set may be: this is its beginning.
    too_long: bool,
}

/// The set that is being gathered.
struct Open {
    records: Vec<Known>,
    /// The last record of each kind that is still open.
    last: Vec<Option<usize>>,
    faults: Faults,
    /// Where it begins; behind it once it is too long to be kept.
    start: u64,
    end: u64,
    line: u64,
    /// Its first byte.
    first: u64,
    too_long: bool,
}

/// A record of a kind.
#[derive(Debug, Clone, Copy)]
struct Known {
    kind: usize,
    line: Line,
    parent: Option<usize>,
}

impl<R: BufRead> Fixed<R> {
    pub fn new(input: R, policy: Policy, layout: Arc<Layout>) -> Self {
        Fixed {
            source: Source::new(input),
            policy,
            layout,
            queue: VecDeque::new(),
            at: 0,
            line: 1,
            open: None,
            sets: 0,
            records: 0,
            begun: false,
            done: false,
        }
    }

    fn step(&mut self) -> io::Result<()> {
        if !self.begun {
            return self.begin();
        }
        self.source.release(self.open.as_ref().map_or(self.at, |open| open.start));
        let Some(line) = self.record()? else {
            self.finish_set();
            self.done = true;
            if self.records == 0 {
                self.queue.push_back(Piece::Fault(nothing_there(self.at)));
            }
            return Ok(());
        };
        self.at = line.next;
        self.line += 1;
        // Ctrl-Z is what DOS ends a file with.
        if self.source.slice(line.start, line.end).iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x1A) {
            return Ok(());
        }
        self.records += 1;
        if !line.too_long {
            self.take(line);
            return Ok(());
        }
        let sentence = format!("Line {}: the record is longer than a set may be.", line.number);
        self.tell(Fault::new(codes::TOO_LONG, Place { len: 0, ..row_place(line, None) }, sentence));
        self.finish_set();
        self.skip_line()
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        self.source.want(0, 4)?;
        if let Some(name) = foreign_mark(self.source.from(0)) {
            self.done = true;
            self.queue.push_back(Piece::Fault(encoding(name, 0)));
        } else if self.layout.records.is_empty() {
            self.done = true;
            let sentence = "The document is of fixed width, and no layout says where its fields stand.";
            self.queue
                .push_back(Piece::Fault(Fault::new(codes::NO_LAYOUT, file_place(0, 0), sentence).expected("a layout")));
        }
        self.at = if self.source.from(0).starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(())
    }

    /// The next record, or the beginning of one that is longer than a set may be.
    fn record(&mut self) -> io::Result<Option<Line>> {
        let (start, number) = (self.at, self.line);
        let most = self.policy.max_set_bytes.max(1);
        let line = |len: usize, next: usize, too_long| Line {
            start,
            end: start + len as u64,
            next: start + next as u64,
            number,
            too_long,
        };
        let mut seen = 0;
        loop {
            let bytes = self.source.from(start);
            let bytes = &bytes[..bytes.len().min(most + 2)];
            let found = memchr::memchr2(b'\n', b'\r', &bytes[seen..]).map(|at| at + seen);
            let end = self.by_length(bytes).or(found.filter(|end| end + 1 < bytes.len() || bytes[*end] == b'\n'));
            match end {
                Some(end) if end <= most => return Ok(Some(line(end, end + line_end(&bytes[end..]), false))),
                Some(_) => return Ok(Some(line(most, most, true))),
                None if bytes.len() > most + 1 => return Ok(Some(line(most, most, true))),
                None => seen = found.unwrap_or(bytes.len()),
            }
            if !self.source.fill()? {
                let len = self.source.from(start).len();
                let end = found.unwrap_or(len);
                return Ok((len > 0).then(|| line(end.min(most), if end > most { most } else { len }, end > most)));
            }
        }
    }

    /// Passes over the rest of a record that is too long to be kept.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.source.from(self.at);
            if let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) {
                self.at += end as u64;
                self.source.want(self.at, 2)?;
                self.at += line_end(self.source.from(self.at)) as u64;
                return Ok(());
            }
            self.at += bytes.len() as u64;
            self.source.release(self.at);
            if !self.source.fill()? {
                return Ok(());
            }
        }
    }

    /// Where a record of a given length ends, if all of it and what may follow is read, and no line end comes before.
    fn by_length(&self, bytes: &[u8]) -> Option<usize> {
        let length = self.layout.length? as usize;
        let mut end = 0;
        for _ in 0..length {
            let first = *bytes.get(end)?;
            if matches!(first, b'\r' | b'\n') {
                return None;
            }
            end += 1;
            while bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
                end += 1;
            }
        }
        (bytes.len() > end + 1).then_some(end)
    }

    fn take(&mut self, line: Line) {
        let bytes = self.source.slice(line.start, line.end);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => return self.unreadable(line, error.valid_up_to()),
        };
        let Some(kind) = self.layout.kind(&text) else { return self.unknown(line, &text) };
        match self.layout.records[kind].place {
            RecordPlace::Outside => self.finish_set(),
            RecordPlace::Set => {
                self.finish_set();
                self.open = Some(Open {
                    records: Vec::new(),
                    last: vec![None; self.layout.records.len()],
                    faults: Faults::by(self.policy.strictness),
                    start: line.start,
                    end: line.end,
                    line: line.number,
                    first: line.start,
                    too_long: false,
                });
                self.add(kind, line, None, &text);
            }
            RecordPlace::Under(parent) => {
                let above = self.open.as_ref().and_then(|open| open.last[parent]);
                match above {
                    Some(above) => self.add(kind, line, Some(above), &text),
                    None => self.out_of_place(kind, parent, line),
                }
            }
        }
    }

    /// A record into the set that is open.
    fn add(&mut self, kind: usize, line: Line, parent: Option<usize>, text: &str) {
        let beyond = self.beyond(kind, line, text).or_else(|| self.cut_off(kind, line, text));
        let control = self.control(kind, line, text);
        let layout = self.layout.clone();
        let most = self.policy.max_set_bytes;
        let Some(open) = &mut self.open else { return };
        beyond.into_iter().chain(control).for_each(|fault| open.faults.push(fault));
        if !open.too_long && line.end - open.first > most as u64 {
            let sentence = format!("The set that begins on line {} is longer than {most} bytes.", open.line);
            open.faults.push(Fault::new(codes::TOO_LONG, row_place(line, None), sentence));
            open.too_long = true;
            open.records.clear();
        }
        open.end = line.end;
        open.last[kind] = Some(open.records.len());
        if open.too_long {
            open.start = line.end;
            return;
        }
        open.records.push(Known { kind, line, parent });
        // A new order line closes the notes of the last one.
        for (below, spec) in layout.records.iter().enumerate() {
            if below != kind && spec.place == RecordPlace::Under(kind) {
                open.last[below] = None;
            }
        }
    }

    /// The first field of a record that has a control character.
    fn control(&self, kind: usize, line: Line, text: &str) -> Option<Fault> {
        control::first(text, true)?;
        self.layout.records[kind].fields.iter().find_map(|field| {
            let bytes = cut(text, &field.columns)?;
            let value = &text[bytes.clone()];
            let (at, c) = control::first(value, true)?;
            let mut place = row_place(line, Some(field.name.clone()));
            (place.byte, place.len) = (line.start + (bytes.start + at) as u64, c.len_utf8() as u32);
            Some(control::fault(&format!("Line {}: {}", line.number, field.name), c, value.trim(), place))
        })
    }

    /// Text behind the last field.
    fn beyond(&self, kind: usize, line: Line, text: &str) -> Option<Fault> {
        let spec = &self.layout.records[kind];
        let last =
            spec.fields.iter().map(|field| field.columns.end).chain(self.layout.kind_at.iter().map(|k| k.end)).max()?;
        let rest = cut(text, &(last..u32::MAX))?;
        let found = text[rest.clone()].trim();
        if self.layout.length.is_some() || found.is_empty() {
            return None;
        }
        let sentence = format!(
            "Line {}: “{}” stands behind column {last}, where the layout of {} ends.",
            line.number,
            shorten(found, 40),
            spec.name
        );
        let mut place = row_place(line, None);
        (place.byte, place.len) = (line.start + rest.start as u64, rest.len() as u32);
        let fault = Fault::new(codes::RAGGED_ROW, place, sentence).found(found).expected(format!("{last} columns"));
        Some(
            fault.remedy("Look whether the layout is the right one, and whether the record has moved by some columns."),
        )
    }

    /// The document's last record, if nothing ends it and it isn't whole: shorter than all are by the layout, which costs
    /// its set, or to its end within a field, where blanks may only have been left out.
    fn cut_off(&self, kind: usize, line: Line, text: &str) -> Option<Fault> {
        let spec = &self.layout.records[kind];
        let there = text.chars().count() as u32;
        let within = spec.fields.iter().find(|field| field.columns.contains(&there) && field.columns.start < there);
        let (costs, whole, what) = match (self.layout.length, within) {
            (Some(length), _) if there < length => (Costs::Set, length, "record".to_owned()),
            (None, Some(field)) => (Costs::Segment, field.columns.end, format!("field {}", field.name)),
            _ => return None,
        };
        if line.next != line.end {
            return None;
        }
        let sentence = format!(
            "Line {}: the document ends within the {what}, in column {there} of {whole}, and no line end follows.",
            line.number
        );
        let mut place = row_place(line, within.map(|field| field.name.clone()));
        (place.byte, place.len) = (line.end, 0);
        let fault = Fault::new(codes::RAGGED_ROW, place, sentence).found(&format!("{there} columns"));
        let fault = fault.expected(format!("{whole} columns")).costs(costs);
        Some(
            fault.remedy("The file was probably cut short: compare its size with the sender's and have it sent again."),
        )
    }

    /// A fault into the set that is open, else around the sets.
    fn tell(&mut self, fault: Fault) {
        match &mut self.open {
            Some(open) => open.faults.push(fault),
            None => self.queue.push_back(Piece::Fault(fault.costs(Costs::Segment))),
        }
    }

    fn unreadable(&mut self, line: Line, at: usize) {
        let byte = self.source.slice(line.start, line.end).get(at).copied().unwrap_or(0);
        let mut place = row_place(line, None);
        (place.byte, place.len) = (line.start + at as u64, 1);
        let sentence =
            format!("Line {}: the byte {byte:#04X} at offset {} is not valid UTF-8.", line.number, place.byte);
        let fault = Fault::new(codes::BAD_TEXT, place, sentence).found(&format!("{byte:#04X}")).expected("UTF-8");
        let remedy = "Ask the sender for UTF-8, or ASCII alone: files of fixed width say nowhere what they are in, and are read in nothing else.";
        self.tell(fault.costs(Costs::Set).remedy(remedy));
    }

    fn unknown(&mut self, line: Line, text: &str) {
        let said = self.layout.kind_at.as_ref().and_then(|at| cut(text, at)).map_or("", |bytes| text[bytes].trim());
        let known: Vec<&str> = self.layout.records.iter().map(|record| &*record.is).collect();
        let sentence = format!("Line {}: “{}” is no kind of record in the layout.", line.number, shorten(said, 20));
        let fault = Fault::new(codes::UNKNOWN_RECORD, row_place(line, None), sentence);
        self.tell(fault.found(said).expected(known.join(", ")));
    }

    fn out_of_place(&mut self, kind: usize, parent: usize, line: Line) {
        let (name, above) = (&self.layout.records[kind].name, &self.layout.records[parent].name);
        let sentence =
            format!("Line {}: a record of the kind {name} stands here, and no {above} is open above it.", line.number);
        let fault = Fault::new(codes::RECORD_OUT_OF_PLACE, row_place(line, None), sentence)
            .found(name)
            .expected(format!("{above} first"));
        self.tell(fault);
    }

    fn finish_set(&mut self) {
        let Some(open) = self.open.take() else { return };
        let bytes = self.source.slice(open.start, open.end);
        let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| {
            // The fault stands already; offsets must hold.
            bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
        });
        let place = Place {
            byte: open.start,
            len: (open.end - open.start) as u32,
            at: At::Row { line: open.line, column: None },
        };
        let mut tree = Tree::over(text, open.start, place);
        tree.base_line = open.line;
        let mut nodes: Vec<NodeId> = Vec::with_capacity(open.records.len());
        for known in &open.records {
            let parent = known.parent.and_then(|at| nodes.get(at)).copied().unwrap_or(NodeId(0));
            let node = record(&mut tree, &self.layout, known, parent, &open);
            nodes.push(node);
        }
        let mut set = plain_set(Standard::Fixed, self.sets, open.first, open.end - open.first, tree);
        (set.segments, set.faults) = (open.records.len() as u32, open.faults.into_list());
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
    }
}

/// A record as a node with its fields; what is blank has no node. A field's bytes are its value's, without the blanks.
fn record(tree: &mut Tree, layout: &Layout, known: &Known, parent: NodeId, open: &Open) -> NodeId {
    let spec = &layout.records[known.kind];
    let (start, len) = ((known.line.start - open.start) as u32, (known.line.end - known.line.start) as u32);
    let extra = (known.line.number - open.line) as u32;
    let name = tree.intern(&spec.name);
    let node = tree.add(parent, Add { kind: Kind::Record, name, start, len, extra, text: Text::None });
    let text = tree.raw(start, len).to_owned();
    for field in &spec.fields {
        let Some(bytes) = cut(&text, &field.columns) else { continue };
        let value = text[bytes.clone()].trim();
        if value.is_empty() {
            continue;
        }
        let blanks = text[bytes.clone()].len() - text[bytes.clone()].trim_start().len();
        let name = tree.intern(&field.name);
        let start = start + (bytes.start + blanks) as u32;
        tree.add(node, Add { kind: Kind::Field, name, start, len: value.len() as u32, extra, text: Text::Raw });
    }
    node
}

fn row_place(line: Line, column: Option<Box<str>>) -> Place {
    Place { byte: line.start, len: (line.end - line.start) as u32, at: At::Row { line: line.number, column } }
}

/// How many bytes of line end stand here: CRLF, LF or CR.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

impl<R: BufRead> crate::reader::Pieces for Fixed<R> {
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
