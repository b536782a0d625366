//! Documents that are cut into lines of one length, wherever that falls: 80 columns, as card and mainframe files are.

use super::scan::Syntax;
use crate::{codes, fault::Fault, place::Place};

/// How much of a document is looked at to tell.
pub(crate) const SEEN: usize = 4096;
/// The usual length, of which one line is enough.
const USUAL: usize = 80;
/// Other lengths that lines have.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=512;

/// The length of the lines, without their breaks, if the bytes are folded: whole lines are equally long, and not all of
/// them end with a terminator.
pub(crate) fn line(bytes: &[u8], syntax: &Syntax) -> Option<usize> {
    if [syntax.segment, syntax.element].iter().any(|byte| super::scan::is_break(*byte)) {
        return None;
    }
    let bytes = &bytes[..bytes.len().min(SEEN)];
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.push(bytes[start..end].strip_suffix(b"\r").unwrap_or(&bytes[start..end]));
        start = end + 1;
    }
    let ends = |line: &&[u8]| line.last() == Some(&syntax.segment);
    // A header may begin in the middle of a line, if another interchange stands before it.
    let length =
        lines.get(1).filter(|second| lines.len() > 2 && lines[0].len() < second.len()).or(lines.first())?.len();
    // The last line of an interchange is shorter, and what stands behind it is another's.
    let last = |line: &&[u8]| line.len() < length && ends(line);
    let upto = lines.iter().skip(1).position(last).map_or(lines.len(), |n| n + 1);
    let lines = &lines[..upto];
    let equal = lines.iter().skip(1).all(|line| line.len() == length) && lines[0].len() <= length;
    let enough = lines.len() > 1 || length == USUAL;
    (equal && enough && !lines.iter().all(ends) && LENGTHS.contains(&length)).then_some(length)
}

/// What is said of it, once an interchange.
pub(crate) fn note(line: usize, place: Place) -> Fault {
    let sentence = format!("The interchange is cut into lines of {line} bytes; it is read without their breaks.");
    Fault::new(codes::FOLDED, place, sentence)
        .found(&format!("lines of {line} bytes"))
        .expected("no line breaks inside of segments")
}
