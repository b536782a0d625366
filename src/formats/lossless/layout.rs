//! One segment a line, or all on one: line ends between segments, and nothing else.

use super::Item;

/// Where line ends stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One behind each segment: the first that an interchange has, else LF.
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
}

impl Layout {
    /// Lays out so.
    pub fn new(lines: Lines) -> Layout {
        Layout { lines, line_end: None, terminator: 0 }
    }

    /// Changes what stands behind a segment, or behind UNA. Where a line end is the segment terminator there is nothing
    /// to lay out; a segment that nothing ends takes no line end, which would be read as part of it.
    pub fn apply(&mut self, item: &mut Item) {
        let after = match item {
            Item::Begin(begin) => {
                (self.line_end, self.terminator) = (None, begin.delimiters.segment);
                if begin.una.is_none() {
                    return;
                }
                &mut begin.after
            }
            Item::Segment(segment) if segment.terminated => &mut segment.after,
            Item::Segment(_) | Item::Text(_) => return,
        };
        if matches!(self.terminator, b'\r' | b'\n') || self.lines == Lines::Kept {
            return;
        }
        let own = match after.iter().position(|byte| *byte == b'\n') {
            Some(at) if after[..at].ends_with(b"\r") => Some(&b"\r\n"[..]),
            Some(_) => Some(&b"\n"[..]),
            None => None,
        };
        self.line_end = self.line_end.or(own);
        after.clear();
        if self.lines == Lines::Unfolded {
            after.extend_from_slice(self.line_end.unwrap_or(b"\n"));
        }
    }
}
