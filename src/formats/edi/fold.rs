//! Documents that are cut into lines of one length, wherever that falls: 80 columns, as card and mainframe files are.

use super::scan::Syntax;
use crate::{
    codes,
    fault::{Costs, Fault},
    place::Place,
};

/// How much of a document is looked at to tell.
pub(crate) const SEEN: usize = 4096;
/// The usual length, of which one line is enough.
const USUAL: usize = 80;
/// Other lengths that lines have.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=512;
/// Shorter ones, which segments have by chance: so many lines must be equally long.
const SHORT: std::ops::Range<usize> = 16..40;
const MANY: usize = 4;

/// The length of the lines, without their breaks, if the bytes are folded: whole lines are equally long, and not all of
/// them end with a terminator.
pub(crate) fn line(bytes: &[u8], syntax: &Syntax) -> Option<usize> {
    if [syntax.segment, syntax.element].iter().any(|byte| super::scan::is_break(*byte)) {
        return None;
    }
    let lines = lines(bytes);
    let terminator = [&[syntax.segment], syntax.rest()].concat();
    let ends = |line: &&[u8]| line.ends_with(&terminator);
    // A header may begin in the middle of a line, if another interchange stands before it.
    let length =
        lines.get(1).filter(|second| lines.len() > 2 && lines[0].len() < second.len()).or(lines.first())?.len();
    // The last line of an interchange is shorter, and what stands behind it is another's.
    let last = |line: &&[u8]| line.len() < length && ends(line);
    let upto = lines.iter().skip(1).position(last).map_or(lines.len(), |n| n + 1);
    let lines = &lines[..upto];
    let equal = lines.iter().skip(1).all(|line| line.len() == length) && lines[0].len() <= length;
    let enough = match length {
        USUAL => true,
        _ if SHORT.contains(&length) => lines.iter().filter(|line| line.len() == length).count() >= MANY,
        _ => LENGTHS.contains(&length) && lines.len() > 1,
    };
    (equal && enough && !lines.iter().all(ends)).then_some(length)
}

/// The lines of what is looked at, without their breaks, but for the last one; where nothing ends with LF, by CR.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let (bytes, end) = (&bytes[..bytes.len().min(SEEN)], end(bytes));
    let (mut lines, mut start) = (Vec::new(), 0);
    for at in memchr::memchr_iter(end, bytes) {
        lines.push(bytes[start..at].strip_suffix(b"\r").unwrap_or(&bytes[start..at]));
        start = at + 1;
    }
    lines
}

/// The byte that ends lines: LF, or CR where none is.
pub(crate) fn end(bytes: &[u8]) -> u8 {
    if memchr::memchr(b'\n', &bytes[..bytes.len().min(SEEN)]).is_some() { b'\n' } else { b'\r' }
}

/// Lines that can't be put together.
#[derive(Debug)]
pub(crate) struct Spoilt {
    /// The length of the longest ones.
    line: usize,
    /// One of them ends where no text is that could have lines of its own.
    surely: bool,
}

/// The segments at the beginning that hold no text: ISA, GS and ST, or UNB, UNH and BGM, behind UNA.
const WITHOUT_TEXT: usize = 3;

/// If the bytes were folded and can't be put together: several lines are the longest and end within a segment, and one
/// that is shorter does, too: what was cut off its end isn't known.
pub(crate) fn spoilt(bytes: &[u8], syntax: &Syntax) -> Option<Spoilt> {
    if syntax.folded || [syntax.segment, syntax.element].iter().any(|byte| super::scan::is_break(*byte)) {
        return None;
    }
    let lines = lines(bytes);
    let within = |line: &[u8]| line.trim_ascii_end().last().is_some_and(|last| *last != syntax.segment);
    let within: Vec<usize> = lines.iter().filter(|line| within(line)).map(|line| line.len()).collect();
    let longest = lines.iter().map(|line| line.len()).max()?;
    let whole = within.iter().filter(|length| **length == longest).count();
    let enough = if SHORT.contains(&longest) { whole >= MANY } else { LENGTHS.contains(&longest) && whole > 1 };
    let head = memchr::memchr_iter(syntax.segment, bytes)
        .nth(WITHOUT_TEXT - 1 + usize::from(bytes.starts_with(b"UNA")))
        .unwrap_or(0);
    let mut segments = bytes[..head].split(|byte| *byte == syntax.segment);
    let surely = segments.any(|segment| segment.trim_ascii().iter().any(|byte| super::scan::is_break(*byte)));
    (enough && whole < within.len()).then_some(Spoilt { line: longest, surely })
}

/// What to do where lines can't be put together.
pub(crate) const BLANKS_LOST: &str = "Blanks at the ends of lines were probably taken away on the way. Have the document sent again without such lines, or by a transfer that leaves blanks alone.";

/// What is said of that, once an interchange.
pub(crate) fn spoilt_fault(spoilt: &Spoilt, place: Place) -> Fault {
    let line = spoilt.line;
    // Text of several lines may look like it: then only a look at it tells.
    let costs = if spoilt.surely { Costs::Interchange } else { Costs::Segment };
    let sentence = format!(
        "The interchange seems to be cut into lines of {line} bytes, of which some are shorter: they can't be put together."
    );
    let fault = Fault::new(codes::FOLDED, place, sentence).costs(costs).found(&format!("lines of up to {line} bytes"));
    fault.expected(format!("lines of {line} bytes each, or no line breaks inside of segments")).remedy(BLANKS_LOST)
}

/// What is said of it, once an interchange.
pub(crate) fn note(line: usize, place: Place) -> Fault {
    let sentence = format!("The interchange is cut into lines of {line} bytes; it is read without their breaks.");
    Fault::new(codes::FOLDED, place, sentence)
        .found(&format!("lines of {line} bytes"))
        .expected("no line breaks inside of segments")
}
