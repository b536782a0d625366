//! One segment a line, or all on one: line ends between segments, and nothing else.

use super::{Element, Item, Value};
use crate::{edi::scan::is_break, piece::Standard};

/// Where line ends stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One behind each segment: of the kind that the interchange has first, else LF.
    Unfolded,
    /// None.
    Folded,
    /// Where they are.
    Kept,
}

/// Lays items out as they come.
#[derive(Debug, Clone)]
pub struct Layout {
    lines: Lines,
    /// The line end of the interchange, and its segment terminator.
    line_end: Option<&'static [u8]>,
    terminator: u8,
    /// In an EDIFACT package, whose object begins right behind a terminator.
    package: bool,
    /// Behind data of a wrong length: what looks like segments may be data, too.
    torn: bool,
    x12: bool,
}

impl Layout {
    /// Lays out so.
    pub fn new(lines: Lines) -> Layout {
        Layout { lines, line_end: None, terminator: 0, package: false, torn: false, x12: false }
    }

    /// Changes what stands behind a segment, or behind UNA. Where a line end is the segment terminator there is nothing
    /// to lay out; a segment that nothing ends takes no line end, which would be read as part of it.
    pub fn apply(&mut self, item: &mut Item) {
        if let Item::Segment(segment) = item {
            match segment.id() {
                b"UNO" => self.package = true,
                b"UNP" | b"UNH" | b"UNE" | b"UNZ" | b"IEA" => self.package = false,
                _ => self.torn |= self.x12 && segment.is_torn(),
            }
        }
        let after = match item {
            Item::Begin(begin) => {
                self.line_end = begin.crlf.then_some(b"\r\n");
                (self.terminator, self.package) = (begin.delimiters.segment, false);
                (self.torn, self.x12) = (false, begin.delimiters.standard == Standard::X12);
                if begin.una.is_none() {
                    return;
                }
                &mut begin.after
            }
            Item::Segment(segment) if segment.terminated => &mut segment.after,
            Item::Segment(_) | Item::Text(_) => return,
        };
        if matches!(self.terminator, b'\r' | b'\n') || self.lines == Lines::Kept || self.package || self.torn {
            return;
        }
        let own = match after.iter().position(|byte| *byte == b'\n') {
            Some(at) if after[..at].ends_with(b"\r") => Some(&b"\r\n"[..]),
            Some(_) => Some(&b"\n"[..]),
            None => None,
        };
        after.clear();
        if self.lines == Lines::Unfolded {
            // Once one is written the others are like it.
            after.extend_from_slice(self.line_end.get_or_insert(own.unwrap_or(b"\n")));
        }
    }
}

/// Takes the line breaks out of a segment's values that are no part of them, for its document is cut into lines wherever
/// that falls. True if there were some.
pub fn join(item: &mut Item) -> bool {
    let Item::Segment(segment) = item else { return false };
    let mut joined = false;
    for element in &mut segment.elements {
        match element {
            Element::Plain(value) => joined |= join_value(value),
            Element::Components(values) => values.iter_mut().for_each(|value| joined |= join_value(value)),
            Element::Repeats(repeats) => repeats.iter_mut().flatten().for_each(|value| joined |= join_value(value)),
        }
    }
    joined
}

fn join_value(value: &mut Value) -> bool {
    let has_break = |bytes: &[u8]| bytes.iter().any(|byte| is_break(*byte));
    let Some(written) = value.written.take_if(|written| has_break(written) && !has_break(&value.bytes)) else {
        return false;
    };
    // What is released without need stays so.
    let written: Vec<u8> = written.into_iter().filter(|byte| !is_break(*byte)).collect();
    value.written = (written != value.bytes).then_some(written);
    true
}
