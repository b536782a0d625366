//! Faults drawn under the segments, rows or lines that they are about.
//!
//! Promise: a person sees what stands there, where it is wrong, what was expected and what to do next.
//! Called by: `cli`, the console. Never: finds a fault of its own.
//! Tried by: tests/formats (golden files in fixtures/)

pub mod html;
pub mod letter;
mod words;

pub use words::of as code_words;

use crate::{
    codes,
    edi::unfold::unfold,
    fault::{Costs, Fault},
    letters::Letters,
    piece::Standard,
    place::At,
    reader::sniff,
};

/// How much of a line is shown.
const WIDTH: usize = 100;

/// A line of the picture: a segment, or a physical line. `end` is behind its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub start: usize,
    pub end: usize,
    /// A segment's number in its set, a line's in the document; none of what stands around the sets.
    pub number: Option<u32>,
}

/// The picture of a document's faults; with `color` for a terminal that shows it.
pub fn terminal(file_name: &str, bytes: &[u8], faults: &[Fault], color: bool) -> String {
    let (elsewhere, mut faults): (Vec<&Fault>, Vec<&Fault>) =
        faults.iter().partition(|fault| matches!(fault.place.at, At::File { .. }));
    faults.sort_by_key(|fault| fault.place.byte);
    let mut picture = Picture {
        paint: Paint { color },
        lines: lines_near(bytes, &faults),
        bytes,
        letters: Letters::of(bytes),
        shown: 0,
        out: String::new(),
    };
    picture.out = format!("{}\n", picture.paint.bold(file_name));
    if faults.is_empty() && elsewhere.is_empty() {
        picture.out.push_str("  nothing wrong was found\n");
        return picture.out;
    }
    let mut at = 0;
    while at < faults.len() {
        let line = picture.line_of(faults[at]);
        let same = faults[at..].iter().take_while(|fault| picture.line_of(fault) == line).count();
        let next = faults.get(at + same).map(|fault| picture.line_of(fault));
        picture.block(line, &faults[at..at + same], next);
        at += same;
    }
    // What the document is not to blame for stands under none of its lines.
    for fault in elsewhere {
        picture.out.push_str(&format!("\n  {}\n", fault.place.at));
        picture.words(fault, 0, None);
        faults.push(fault);
    }
    picture.summary(&faults);
    picture.out
}

/// A document unfolded: one segment a line, or its physical lines where it has no segments.
pub fn lines(bytes: &[u8]) -> Vec<Line> {
    all_lines(bytes).collect()
}

fn all_lines(bytes: &[u8]) -> Box<dyn Iterator<Item = Line> + '_> {
    let is_edi = matches!(sniff(bytes), Some(Standard::X12 | Standard::Edifact));
    // Text before a header leaves the sniffer in doubt; segments with numbers settle it.
    if is_edi || unfold(bytes).any(|shown| shown.ordinal.is_some()) {
        return Box::new(unfold(bytes).map(|s| Line { start: s.start, end: s.end, number: s.ordinal }));
    }
    let mut start = 0;
    Box::new((1..).zip(bytes.split_inclusive(|b| *b == b'\n')).map(move |(number, line)| {
        let this = Line { start, end: start + line.trim_ascii_end().len(), number: Some(number) };
        start += line.len();
        this
    }))
}

/// The lines of these faults with their neighbours, and which of the document's they are: the others are not kept, since a
/// document may have millions. Faults are in document order.
fn lines_near(bytes: &[u8], faults: &[&Fault]) -> Vec<(usize, Line)> {
    let mut near: Vec<(usize, Line)> = Vec::new();
    let (mut lines, mut faults) = (all_lines(bytes).enumerate().peekable(), faults.iter().peekable());
    let (mut before, mut is_behind) = (None, false);
    while let Some((n, line)) = lines.next() {
        let next = lines.peek().map_or(usize::MAX, |(_, next)| next.start);
        let mut holds = false;
        while faults.next_if(|fault| (fault.place.byte as usize) < next).is_some() {
            holds = true;
        }
        if holds {
            near.extend(before.take());
        }
        match holds || is_behind {
            true => near.push((n, line)),
            false => before = Some((n, line)),
        }
        is_behind = holds;
    }
    near
}

struct Picture<'a> {
    paint: Paint,
    /// Those near faults, and which of the document's each is.
    lines: Vec<(usize, Line)>,
    bytes: &'a [u8],
    letters: Letters,
    /// Lines before this one are drawn, or left out.
    shown: usize,
    out: String,
}

impl Picture<'_> {
    /// The index of the line that a fault is drawn on.
    fn line_of(&self, fault: &Fault) -> usize {
        let byte = fault.place.byte as usize;
        self.lines.partition_point(|(_, line)| line.start <= byte).saturating_sub(1)
    }

    /// A line with its neighbours, and what is wrong on it; `next` is the line of the next block.
    fn block(&mut self, at: usize, faults: &[&Fault], next: Option<usize>) {
        let Some((_, line)) = self.lines.get(at).copied() else {
            self.out.push('\n');
            faults.iter().for_each(|fault| self.words(fault, 0, None));
            return;
        };
        let from = at.saturating_sub(1).max(self.shown);
        let follows = |from: usize| self.lines[from].0 == self.lines[from - 1].0 + 1;
        if self.shown == 0 || !follows(from) {
            self.out.push('\n');
        }
        for before in from..at {
            self.neighbour(before);
        }
        // What is missing before a segment is drawn under its first character.
        let window = self.window(line, faults.first().map_or(line.start, |fault| fault.place.byte as usize));
        self.source(line, window, true);
        for fault in faults {
            let byte = (fault.place.byte as usize).clamp(window.0, window.1);
            let until = (byte + fault.place.len as usize).clamp(byte, window.1);
            let cut = usize::from(window.0 > line.start);
            let column = shown(self.letters, &self.bytes[window.0..byte]).chars().count() + cut;
            let carets = shown(self.letters, &self.bytes[byte..until]).chars().count().max(1);
            self.words(fault, column, Some(&"^".repeat(carets)));
        }
        self.shown = at + 1;
        if next != Some(at + 1) && at + 1 < self.lines.len() {
            self.neighbour(at + 1);
            self.shown = at + 2;
        }
    }

    fn neighbour(&mut self, at: usize) {
        if let Some((_, line)) = self.lines.get(at).copied() {
            self.source(line, self.window(line, line.start), false);
        }
    }

    /// The part of a line that is shown so that `byte` is in it.
    fn window(&self, line: Line, byte: usize) -> (usize, usize) {
        if line.end - line.start <= WIDTH {
            return (line.start, line.end);
        }
        let start = match byte.saturating_sub(line.start) > WIDTH / 2 {
            // A line's breaks are not shown, and a fault may stand in them.
            true => (byte - WIDTH / 2).min(line.end),
            false => line.start,
        };
        (start, (start + WIDTH).min(line.end))
    }

    fn source(&mut self, line: Line, (from, to): (usize, usize), marked: bool) {
        let mark = if marked { "►" } else { " " };
        let number = line.number.map_or("–".to_owned(), |n| n.to_string());
        let text = shown(self.letters, &self.bytes[from..to]);
        let (before, after) = (if from > line.start { "…" } else { "" }, if to < line.end { "…" } else { "" });
        let gutter = self.paint.dim(&format!("{mark}{number:>5} │"));
        self.out.push_str(format!("{gutter} {before}{}{after}", text.trim_end()).trim_end());
        self.out.push('\n');
    }

    /// Carets with the code, and under them the sentence, what was expected, what to do.
    fn words(&mut self, fault: &Fault, column: usize, carets: Option<&str>) {
        let gutter = self.paint.dim("       │");
        let strong = fault.costs >= Costs::Set;
        let head = format!("{} {}", fault.code, weight(fault).word());
        let head = carets.map_or(head.clone(), |carets| format!("{carets} {head}"));
        let pad = " ".repeat(column);
        self.out.push_str(&format!("{gutter} {pad}{}\n", self.paint.mark(&head, strong)));
        let expected = if fault.sentence.contains(&*fault.expected) { "" } else { &fault.expected };
        for (label, text) in [("", &*fault.sentence), ("expected", expected), ("next", &fault.remedy)] {
            for (n, line) in wrapped(text).into_iter().enumerate() {
                let label = self.paint.dim(&format!("{:>8}", if n == 0 { label } else { "" }));
                self.out.push_str(&format!("{gutter} {label} {line}\n"));
            }
        }
    }

    fn summary(&mut self, faults: &[&Fault]) {
        let count = |these: fn(&Weight) -> bool| faults.iter().filter(|fault| these(&weight(fault))).count();
        let notes = count(|weight| matches!(weight, Weight::Note));
        let warnings = count(|weight| matches!(weight, Weight::Warning));
        let more = count(|weight| matches!(weight, Weight::Refuses(_)));
        let some = |n: usize, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts = [
            some(more, "fault refuses something", "faults refuse something"),
            some(warnings, "warning", "warnings"),
            some(notes, "note", "notes"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        self.out.push_str(&format!("\n{}\n", self.paint.bold(&parts.join(", "))));
    }
}

/// A text in lines of readable length; none if it is empty.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < WIDTH - 10) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How a fault is told.
enum Weight {
    Note,
    Warning,
    Refuses(&'static str),
}

impl Weight {
    fn word(self) -> &'static str {
        match self {
            Weight::Note => "note",
            Weight::Warning => "warning",
            Weight::Refuses(words) => words,
        }
    }
}

/// By what it costs. A code that no list has costs nothing and may still be a slip: it is more than a note.
fn weight(fault: &Fault) -> Weight {
    match fault.costs {
        Costs::Nothing if *fault.code == *codes::UNKNOWN_CODE => Weight::Warning,
        Costs::Nothing => Weight::Note,
        Costs::Segment => Weight::Warning,
        Costs::Set => Weight::Refuses("refuses the set"),
        Costs::Group => Weight::Refuses("refuses the group"),
        Costs::Interchange => Weight::Refuses("refuses the whole"),
    }
}

/// Bytes as text of one line: what can't be shown is a dot.
fn shown(letters: Letters, bytes: &[u8]) -> String {
    letters
        .text(bytes)
        .chars()
        .map(|c| if c.is_control() || c == char::REPLACEMENT_CHARACTER { '·' } else { c })
        .collect()
}

struct Paint {
    color: bool,
}

impl Paint {
    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn mark(&self, text: &str, strong: bool) -> String {
        self.with(if strong { "1;31" } else { "1;33" }, text)
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    #[test]
    fn what_a_file_of_ours_says_is_drawn_under_no_line_of_the_document() {
        let bytes = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0915*U*00401*000000101*0*T*>~";
        let place = Place { byte: 0, len: 0, at: At::File { name: "m/mapping.yaml".into(), line: 12 } };
        let fault =
            Fault::new("mapping/bad_value", place, "m/mapping.yaml:12 says `x` by itself.").remedy("Correct it.");
        assert_eq!(
            terminal("order.edi", bytes, &[fault], false),
            "order.edi

  m/mapping.yaml:12
       │ mapping/bad_value refuses the set
       │          m/mapping.yaml:12 says `x` by itself.
       │     next Correct it.

1 fault refuses something
"
        );
    }
}
