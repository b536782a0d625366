//! Bytes to text: character sets, and what is none.

use super::{build::RawSet, faults::Faults, lengthy, scan::cut};
use crate::{
    codes,
    fault::{Costs, Fault},
    place::{At, Place},
};
use encoding_rs::Encoding;
use std::borrow::Cow;

/// The character set that an interchange header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// UNOC.
    Latin1,
    /// UNOA, UNOB: only ASCII is allowed; read as UTF-8, or else as Latin-1.
    Ascii,
    /// Another part of ISO 8859.
    Of(&'static Encoding),
}

/// The set's bytes as text of the same length, so that offsets hold; true if values have to be decoded from Latin-1.
pub(super) fn decode(raw: &RawSet, faults: &mut Faults) -> (String, bool) {
    let bytes = &*without_binary(raw);
    if let Some(at) = memchr::memchr(0, bytes) {
        let sentence = format!("There is a NUL character at byte {}.", raw.base + at as u64);
        faults.push(Fault::new(codes::NUL, place_at(raw, at, 1), sentence).found("\0").expected("text"));
    }
    let single = matches!(raw.charset, Charset::Latin1 | Charset::Of(_));
    let bad = match std::str::from_utf8(bytes) {
        Ok(text) if !single || text.is_ascii() => return (text.to_owned(), false),
        Ok(_) => 0,
        Err(e) => e.valid_up_to(),
    };
    let masked = masked(bytes);
    if raw.charset == Charset::Utf8 || raw.charset == Charset::Ascii {
        let byte = bytes.get(bad).copied().unwrap_or(0);
        let at = raw.base + bad as u64;
        let sentence = format!("The byte {byte:#04X} at offset {at} is not valid UTF-8.");
        let fault = Fault::new(codes::BAD_TEXT, place_at(raw, bad, 1), sentence).found(&format!("{byte:#04X}"));
        let costs = if raw.charset == Charset::Utf8 { Costs::Set } else { Costs::Nothing };
        faults.push(fault.expected("UTF-8").costs(costs));
    }
    (masked, true)
}

/// Text of the same length: a question mark for each byte that isn't ASCII.
fn masked(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect()
}

/// The set's bytes with nothing but ASCII where binary data stands, which no character set speaks of.
fn without_binary<'a>(raw: &RawSet<'a>) -> Cow<'a, [u8]> {
    let mut bytes = Cow::Borrowed(raw.bytes);
    let mask = |binary: &mut [u8]| {
        binary.iter_mut().filter(|byte| !byte.is_ascii() || **byte == 0).for_each(|byte| *byte = b'?');
    };
    if let Some((start, end)) = raw.object {
        mask(&mut bytes.to_mut()[start..end]);
    }
    // Sets with such segments are cut the long way.
    if raw.edifact || !raw.marked.cuts.is_empty() {
        return bytes;
    }
    for (start, end) in raw.spans.iter().map(|(start, end)| (*start as usize, *end as usize)) {
        if let Some((data, _)) = raw.bytes.get(start..end).and_then(|segment| lengthy::head(segment, raw.syntax)) {
            mask(&mut bytes.to_mut()[(start + data).min(end)..end]);
        }
    }
    bytes
}

/// A place by its byte in the set: the segment that it is in, and the element.
fn place_at(raw: &RawSet, at: usize, len: u32) -> Place {
    let found = raw.spans.iter().position(|(_, end)| at <= *end as usize).unwrap_or(raw.spans.len().saturating_sub(1));
    let (start, end) = raw.spans.get(found).copied().unwrap_or_default();
    let segment = &raw.bytes[start as usize..(end as usize).max(start as usize)];
    let before = &segment[..at.saturating_sub(start as usize).min(segment.len())];
    let element = cut(before, raw.syntax.element, raw.syntax).len().saturating_sub(1);
    let element = u16::try_from(element).unwrap_or(u16::MAX);
    let id_end = segment.iter().take(4).position(|b| *b == raw.syntax.element).unwrap_or(segment.len().min(3));
    let id = String::from_utf8_lossy(&segment[..id_end]).into_owned().into();
    let element = (element > 0).then_some(element);
    let at_ = At::Segment { ordinal: found as u32 + 1, id, element, component: None, repeat: 1 };
    Place { byte: raw.base + at as u64, len, at: at_ }
}

/// ISO 8859-1 is the first 256 characters of Unicode.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
