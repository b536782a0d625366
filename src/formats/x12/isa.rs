//! The interchange header of X12, which says what the delimiters are by where they stand. X12.5 §3.2, X12.6 §3.3.

use crate::edi::scan::Syntax;

/// Offsets of the element separators of a header of the fixed length.
const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
/// The length of a header, terminator included.
pub(super) const LENGTH: usize = 106;
/// How far a header of another length may reach.
pub(super) const REACH: usize = 400;
/// The longest element taken in a header of another length.
const LONGEST: usize = 40;

/// A header that can be read.
#[derive(Debug)]
pub(super) struct Isa {
    pub syntax: Syntax,
    /// ISA01 to ISA16, without padding.
    pub elements: [String; 16],
    /// With its terminator.
    pub len: usize,
    pub fixed: bool,
}

/// Reads a header that begins at the first byte. `Err` says at which byte one can't go on, and why.
pub(super) fn read(bytes: &[u8]) -> Result<Isa, (usize, String)> {
    let Some(separator) = bytes.get(3).copied() else {
        return Err((bytes.len(), "the header ends after “ISA”".into()));
    };
    let fixed = bytes.len() >= LENGTH
        && SEPARATORS.iter().all(|at| bytes[*at] == separator)
        && bytes[..104].iter().filter(|b| **b == separator).count() == 16;
    let separators = if fixed { SEPARATORS.to_vec() } else { lenient(bytes, separator)? };
    let last = separators[15] + 1;
    let elements = std::array::from_fn(|n| {
        let end = separators.get(n + 1).copied().unwrap_or(last + 1).min(bytes.len());
        String::from_utf8_lossy(&bytes[separators[n] + 1..end]).trim().to_owned()
    });
    let (component, terminator) = match (bytes.get(last), bytes.get(last + 1)) {
        (Some(component), Some(terminator)) if !letter(*terminator) && *terminator != separator => {
            (Some(*component), last + 1)
        }
        // An empty ISA16: then what stands there is the terminator.
        (Some(terminator), next) if !letter(*terminator) && next.is_some_and(|b| letter(*b)) => (None, last),
        _ => return Err((last.min(bytes.len()), "no segment terminator follows ISA16".into())),
    };
    let syntax = Syntax {
        element: separator,
        component,
        repetition: repetition(&elements),
        release: None,
        segment: bytes[terminator],
    };
    Ok(Isa { syntax, elements, len: terminator + 1, fixed })
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
