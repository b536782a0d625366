//! The interchange header of X12, which says what the delimiters are by where they stand. X12.5 §3.2, X12.6 §3.3.

use crate::edi::{
    fold,
    scan::{Syntax, is_break},
};
use std::borrow::Cow;

/// Offsets of the element separators of a header of the fixed length.
const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
/// Where ISA11 stands.
const OWN_REPETITION: usize = 82;
/// The length of a header, terminator included.
pub(super) const LENGTH: usize = 106;
/// How far a header of another length may reach.
pub(super) const REACH: usize = 400;
/// How many elements GS has, the longest of the segments behind a header.
const GROUP_ELEMENTS: usize = 8;
/// The longest element taken in a header of another length.
const LONGEST: usize = 40;

/// How long each element is in a header of the fixed length.
const WIDTHS: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

/// A header that can be read.
#[derive(Debug)]
pub(super) struct Isa {
    pub syntax: Syntax,
    /// ISA01 to ISA16, without padding.
    pub elements: [String; 16],
    /// Where each begins.
    pub starts: [usize; 16],
    /// Elements that are longer than they can be, from 1, with the number of characters there is room for.
    pub overlong: Vec<(usize, usize)>,
    /// ISA11 and ISA16 where they are a delimiter that is another one already.
    pub taken: Vec<(usize, &'static str)>,
    /// With its terminator.
    pub len: usize,
    pub fixed: bool,
    /// False if an element is shorter than its width.
    pub padded: bool,
    /// The length of the lines that the document is cut into, if it is.
    pub line: Option<usize>,
    /// Lines that can't be put together.
    pub spoilt: Option<fold::Spoilt>,
    /// ISA11 where it could separate repetitions.
    pub repetition: Option<u8>,
}

/// Reads a header that begins at the first byte. `Err` says at which byte one can't go on, and why.
pub(super) fn read(bytes: &[u8]) -> Result<Isa, (usize, String)> {
    let (within, breaks) = without_breaks(bytes);
    let mut isa = match plain(&within) {
        Ok(isa) => isa,
        // A break behind an empty ISA16 is the terminator.
        Err(_) if breaks > 0 => return plain(bytes),
        Err(wrong) => return Err(wrong),
    };
    isa.len += breaks;
    isa.line = fold::line(bytes, &isa.syntax);
    isa.syntax.folded = isa.line.is_some();
    let spoilt = fold::spoilt(bytes, &isa.syntax);
    // Breaks in it that follow no rule are part of it.
    let isa = if breaks > 0 && !isa.syntax.folded { plain(bytes)? } else { isa };
    Ok(Isa { spoilt, ..isa })
}

/// The bytes without the line breaks inside of the header, and how many these were.
fn without_breaks(bytes: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let reach = &bytes[..bytes.len().min(REACH)];
    // A line may end within `ISA`, too, if another interchange stands before it.
    let Some(separator) = reach.iter().filter(|byte| !is_break(**byte)).nth(3) else {
        return (Cow::Borrowed(bytes), 0);
    };
    let last = memchr::memchr_iter(*separator, reach).nth(15).unwrap_or(0);
    // A line may also end before ISA16, or before the terminator; else a break there is the terminator.
    let breaks_at = |at: usize| reach[at.min(reach.len())..].iter().take_while(|byte| is_break(**byte)).count();
    let component = last + 1 + breaks_at(last + 1);
    let behind = component + 1 + breaks_at(component + 1);
    let is_terminator = reach.get(behind).is_some_and(|byte| !letter(*byte));
    let upto = match last {
        0 => 0,
        _ if is_terminator => behind,
        _ => component,
    };
    let (header, rest) = bytes.split_at(upto.min(reach.len()));
    match header.iter().filter(|byte| is_break(**byte)).count() {
        0 => (Cow::Borrowed(bytes), 0),
        breaks => {
            let kept = header.iter().filter(|byte| !is_break(**byte)).chain(rest);
            (kept.copied().collect(), breaks)
        }
    }
}

fn plain(bytes: &[u8]) -> Result<Isa, (usize, String)> {
    let Some(separator) = bytes.get(3).copied() else {
        return Err((bytes.len(), "the header ends after “ISA”".into()));
    };
    let fixed = bytes.len() >= LENGTH
        && SEPARATORS.iter().all(|at| bytes[*at] == separator)
        // ISA11 may be the separator once more.
        && bytes[..104].iter().enumerate().filter(|(at, b)| **b == separator && *at != OWN_REPETITION).count() == 16;
    let separators = if fixed { SEPARATORS.to_vec() } else { lenient(bytes, separator)? };
    let last = separators[15] + 1;
    let raw: [&[u8]; 16] = std::array::from_fn(|n| {
        let end = separators.get(n + 1).copied().unwrap_or(last + 1).min(bytes.len());
        &bytes[separators[n] + 1..end]
    });
    let elements = raw.map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
    let Some((component, terminator)) = delimiters(bytes, last, separator) else {
        return Err((last.min(bytes.len()), "no segment terminator follows ISA16".into()));
    };
    let fixed = fixed && terminator == last + 1;
    let more = continued(&bytes[terminator..]);
    let own = |byte: u8| match byte {
        _ if byte == separator => Some("the element separator"),
        _ if byte == bytes[terminator] => Some("the segment terminator"),
        // It stands in values, and an element that isn't there is filled with it.
        b' ' => Some("a blank"),
        byte if letter(byte) => Some("a letter or digit"),
        byte if is_break(byte) => Some("a line end"),
        _ => None,
    };
    let second = |element, byte: Option<u8>| byte.and_then(own).map(|what| (element, what));
    let by_version = repetition(&elements);
    // ISA16 is what separates, where ISA11 is the same.
    let same = (by_version.is_some() && by_version == component).then_some((11, "the component separator"));
    let taken = second(11, raw[10].first().copied().filter(|byte| *byte != b' ' && !letter(*byte)))
        .or(same)
        .into_iter()
        .chain(second(16, component))
        .collect();
    let component = component.filter(|byte| own(*byte).is_none());
    let separates = |byte: &u8| !byte.is_ascii_alphanumeric() && own(*byte).is_none() && Some(*byte) != component;
    let repetition = raw[10].first().copied().filter(|byte| raw[10].len() == 1 && separates(byte));
    let overlong = (1..).zip(elements.iter().zip(WIDTHS)).filter(|(_, (value, width))| value.chars().count() > *width);
    let overlong = overlong.map(|(element, (_, width))| (element, width)).collect();
    let padded = raw.iter().zip(WIDTHS).all(|(raw, width)| raw.len() >= width);
    let syntax = Syntax {
        element: separator,
        component,
        repetition: by_version.filter(|byte| own(*byte).is_none() && Some(*byte) != component),
        release: None,
        segment: bytes[terminator],
        more,
        folded: false,
    };
    let len = terminator + 1 + syntax.rest().len();
    let starts = std::array::from_fn(|n| separators[n] + 1);
    Ok(Isa { syntax, elements, starts, overlong, taken, len, fixed, padded, line: None, spoilt: None, repetition })
}

/// ISA16 at an offset, none if it is empty, and where the terminator stands.
fn delimiters(bytes: &[u8], last: usize, separator: u8) -> Option<(Option<u8>, usize)> {
    let found = match (bytes.get(last), bytes.get(last + 1)) {
        // An empty ISA16 at the end of a line: the lines behind it have the same end.
        (Some(terminator), Some(next)) if is_break(*next) && ends_lines(&bytes[last + 1..], *terminator, separator) => {
            (None, last)
        }
        // The same where blanks stand behind each terminator, or where all behind the header is one line.
        (Some(terminator), Some(next))
            if (is_break(*next) || *next == b' ') && ends_segment(&bytes[last + 1..], *terminator, separator) =>
        {
            (None, last)
        }
        // An empty ISA16 before a terminator of several bytes.
        (Some(0x80..), Some(_)) if wide_segment_follows(bytes, last, separator) => (None, last),
        // The same of lines that end with CR LF, whatever stands in them.
        (Some(b'\r'), Some(b'\n')) => (None, last),
        // A blank before the terminator, behind which the next segment stands.
        (Some(component), Some(b' ')) if *component != separator && segment_follows(bytes, last + 2, separator) => {
            (Some(*component), last + 2)
        }
        (Some(component), Some(terminator)) if !letter(*terminator) && *terminator != separator => {
            (Some(*component), last + 1)
        }
        // An empty ISA16: then what stands there is the terminator.
        (Some(terminator), next)
            if !letter(*terminator) && *terminator != separator && next.is_some_and(|b| letter(*b)) =>
        {
            (None, last)
        }
        _ => return None,
    };
    Some(found)
}

/// True if the line that begins here, behind a break, is one that follows a header and ends with a byte, and so does the
/// next one.
fn ends_lines(bytes: &[u8], terminator: u8, separator: u8) -> bool {
    let seen = &bytes[..bytes.len().min(REACH)];
    // A line that isn't at its end yet says nothing.
    let whole = memchr::memrchr(bytes[0], seen).map_or(&seen[..0], |end| &seen[..end]);
    let mut lines = whole.split(|byte| *byte == bytes[0]).map(<[u8]>::trim_ascii_start).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let next = lines.next();
    let ends = |line: &[u8]| line.last() == Some(&terminator);
    let can_end = !letter(terminator) && terminator != b' ' && terminator != separator;
    can_end && follows(first, separator) && ends(first) && next.is_none_or(ends)
}

/// True if behind blanks and breaks stands a segment that follows a header, and ends with a byte that can end one: what
/// stands behind it follows such a segment. The breaks of a folded document may stand anywhere in it.
fn ends_segment(bytes: &[u8], terminator: u8, separator: u8) -> bool {
    let seen = &bytes[..bytes.len().min(REACH)];
    let unbroken: Vec<u8> = seen.iter().filter(|byte| !is_break(**byte)).copied().collect();
    let segment = unbroken.trim_ascii_start();
    let can_end = !letter(terminator) && !terminator.is_ascii_whitespace() && terminator != separator;
    let Some(end) = segment.iter().position(|byte| *byte == terminator).filter(|_| can_end) else { return false };
    // Where a break is the terminator, the byte may stand in a value further down.
    let elements = segment[..end].iter().filter(|byte| **byte == separator).count();
    let behind = segment[end + 1..].trim_ascii_start();
    let begins = |id: &&[u8]| behind.strip_prefix(*id).is_some_and(|rest| rest.first() == Some(&separator));
    let goes_on = follows(behind, separator) || [&b"ST"[..], b"GE", b"ISA"].iter().any(begins);
    follows(segment, separator) && elements <= GROUP_ELEMENTS && (behind.is_empty() || goes_on)
}

/// True if a character of several bytes stands at an offset, and behind it what follows a header.
fn wide_segment_follows(bytes: &[u8], terminator: usize, separator: u8) -> bool {
    let more = continued(&bytes[terminator..]).iter().filter(|byte| **byte != 0).count();
    let behind = &bytes[terminator + 1 + more..bytes.len().min(terminator + REACH)];
    more > 0 && follows(behind.trim_ascii_start(), separator)
}

/// True of what may stand behind a header: a group, an acknowledgement or the trailer.
fn follows(segment: &[u8], separator: u8) -> bool {
    let ids: [&[u8]; 3] = [b"GS", b"TA1", b"IEA"];
    ids.into_iter().any(|id| segment.strip_prefix(id).is_some_and(|rest| rest.first() == Some(&separator)))
}

/// True if what could be a terminator stands at an offset, and behind it what follows a header.
fn segment_follows(bytes: &[u8], terminator: usize, separator: u8) -> bool {
    let Some(byte) = bytes.get(terminator) else { return false };
    let can_end = !letter(*byte) && !byte.is_ascii_whitespace() && *byte != separator;
    let behind = &bytes[terminator + 1..bytes.len().min(terminator + REACH)];
    can_end && follows(behind.trim_ascii_start(), separator)
}

/// The bytes behind the first one of a character of several, as UTF-8 has them; zeros if it is one of its own.
fn continued(bytes: &[u8]) -> [u8; 3] {
    let length = match bytes.first() {
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        _ => 1,
    };
    let mut more = [0; 3];
    if let Some(rest) = bytes.get(1..length).filter(|_| std::str::from_utf8(&bytes[..length]).is_ok()) {
        more[..rest.len()].copy_from_slice(rest);
    }
    more
}

/// ISA11 separates repetitions from 00402 on, if it is neither letter nor digit. X12.5 I65.
fn repetition(elements: &[String; 16]) -> Option<u8> {
    match elements[10].as_bytes() {
        [byte] if !byte.is_ascii_alphanumeric() && elements[11].as_str() >= "00402" => Some(*byte),
        _ => None,
    }
}

/// Separators of a header whose elements aren't padded as they should be.
fn lenient(bytes: &[u8], separator: u8) -> Result<Vec<usize>, (usize, String)> {
    if letter(separator) {
        return Err((3, "no element separator follows “ISA”".into()));
    }
    let reach = bytes.len().min(REACH);
    let found: Vec<usize> = memchr::memchr_iter(separator, &bytes[..reach]).take(16).collect();
    if let Some(pair) = found.windows(2).find(|pair| pair[1] - pair[0] > LONGEST) {
        return Err((pair[0] + 1, format!("an element of {} bytes can't be part of a header", pair[1] - pair[0] - 1)));
    }
    match found.len() {
        16 => Ok(found),
        n => Err((reach, format!("only {n} of 16 elements are there"))),
    }
}

fn letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// True if what begins with `ISA` looks like a header and not like a word.
pub(super) fn isa_follows(bytes: &[u8]) -> bool {
    let Some(separator) = bytes.get(3).filter(|b| !b.is_ascii_alphanumeric() && **b != b' ') else { return false };
    bytes.len() < 8 || bytes[4..bytes.len().min(16)].contains(separator)
}

/// True if a header begins here in whose first word, or right behind it, a line ends: in an interchange that is cut into
/// lines and stands behind another one, any byte may be a line's last.
pub(super) fn begins_cut(bytes: &[u8]) -> bool {
    let word: Vec<u8> = bytes.iter().copied().filter(|byte| !is_break(*byte)).take(4).collect();
    let cut = !bytes.starts_with(&word);
    cut && word.starts_with(b"ISA") && isa_follows(&word) && header(bytes).is_some_and(|(syntax, _)| syntax.folded)
}

/// The delimiters and the length of a header in memory.
pub(crate) fn header(bytes: &[u8]) -> Option<(Syntax, usize)> {
    read(bytes).ok().map(|isa| (isa.syntax, isa.len))
}

/// The delimiters of a header that begins with these bytes and is no mere word.
pub(crate) fn begins(bytes: &[u8]) -> Option<Syntax> {
    if bytes.starts_with(b"ISA") && isa_follows(bytes) { header(bytes).map(|(syntax, _)| syntax) } else { None }
}

/// True if a header that can be read stands somewhere in these bytes.
pub(crate) fn header_within(bytes: &[u8]) -> bool {
    let readable = |at: usize| isa_follows(&bytes[at..]) && header(&bytes[at..]).is_some();
    memchr::memmem::find_iter(bytes, b"ISA").any(readable)
}
