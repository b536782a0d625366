//! Bytes to text: character sets, and what is none.

use super::{
    build::RawSet,
    faults::Faults,
    lengthy,
    scan::{Syntax, cut, is_break},
};
use crate::{
    codes,
    fault::{Costs, Fault},
    place::{At, Place},
    policy::Characters,
    write::Repertoire,
};
use encoding_rs::{self as sets, Encoding};
use std::borrow::Cow;

/// The character set that an interchange header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// UNOC.
    Latin1,
    /// UNOA, UNOB: only ASCII is allowed; read as UTF-8, or else as Latin-1.
    Ascii(Level),
    /// Another part of ISO 8859.
    Of(&'static Encoding),
}

impl From<Characters> for Charset {
    fn from(characters: Characters) -> Charset {
        match characters {
            Characters::Utf8 => Charset::Utf8,
            Characters::Latin1 => Charset::Latin1,
            Characters::Latin2 => Charset::Of(sets::ISO_8859_2),
            Characters::Latin3 => Charset::Of(sets::ISO_8859_3),
            Characters::Latin4 => Charset::Of(sets::ISO_8859_4),
            Characters::Cyrillic => Charset::Of(sets::ISO_8859_5),
            Characters::Arabic => Charset::Of(sets::ISO_8859_6),
            Characters::Greek => Charset::Of(sets::ISO_8859_7),
            Characters::Hebrew => Charset::Of(sets::ISO_8859_8),
            // Has letters where ISO 8859-9 has control characters, and is the same elsewhere.
            Characters::Latin5 => Charset::Of(sets::WINDOWS_1254),
            Characters::Latin7 => Charset::Of(sets::ISO_8859_13),
            Characters::Latin9 => Charset::Of(sets::ISO_8859_15),
            Characters::Koi8R => Charset::Of(sets::KOI8_R),
            Characters::Windows1250 => Charset::Of(sets::WINDOWS_1250),
            Characters::Windows1251 => Charset::Of(sets::WINDOWS_1251),
            Characters::Windows1252 => Charset::Of(sets::WINDOWS_1252),
            Characters::Windows1253 => Charset::Of(sets::WINDOWS_1253),
            Characters::Windows1254 => Charset::Of(sets::WINDOWS_1254),
            Characters::Windows1255 => Charset::Of(sets::WINDOWS_1255),
            Characters::Windows1256 => Charset::Of(sets::WINDOWS_1256),
            Characters::Windows1257 => Charset::Of(sets::WINDOWS_1257),
            Characters::Windows1258 => Charset::Of(sets::WINDOWS_1258),
        }
    }
}

impl Charset {
    /// Bytes as text, read in this set.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Charset::Of(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Charset::Utf8 => String::from_utf8_lossy(bytes),
            Charset::Latin1 | Charset::Ascii(_) => latin1(bytes).into(),
        }
    }

    /// The name of a set that has a byte for each character.
    pub fn single(self) -> Option<&'static str> {
        match self {
            Charset::Latin1 => Some("ISO 8859-1"),
            Charset::Of(encoding) => Some(encoding.name()),
            Charset::Utf8 | Charset::Ascii(_) => None,
        }
    }

    /// True of a character of a set of single bytes, or of a sign that text processors put between such.
    pub fn may_mean(self, c: char) -> bool {
        let signs = ['\u{2010}'..='\u{203A}', '€'..='€', '™'..='™'];
        c.is_ascii()
            || signs.iter().any(|signs| signs.contains(&c))
            || match self {
                Charset::Of(encoding) => !encoding.encode(c.encode_utf8(&mut [0; 4])).2,
                _ => ('\u{A0}'..='\u{FF}').contains(&c),
            }
    }
}

/// UNOA: capital letters, digits and some signs. UNOB: small letters too. ISO 9735-1 Annex A. The sets of X12: X12.6 §3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    A,
    B,
    Basic,
    Extended,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::A => "UNOA",
            Level::B => "UNOB",
            Level::Basic => "X12's basic character set",
            Level::Extended => "X12's extended character set",
        }
    }

    /// Who names it.
    fn named(self) -> &'static str {
        match self {
            Level::A | Level::B => "which UNB names",
            Level::Basic | Level::Extended => "which was agreed on",
        }
    }

    /// The one that data of a set must keep to, if any.
    fn of(raw: &RawSet) -> Option<Level> {
        match (raw.charset, raw.policy.text.repertoire) {
            (Charset::Ascii(level), _) => Some(level),
            (_, Repertoire::Basic) if !raw.edifact => Some(Level::Basic),
            (_, Repertoire::Extended) if !raw.edifact => Some(Level::Extended),
            _ => None,
        }
    }

    /// True of its characters, and of line breaks.
    fn has(self, byte: u8) -> bool {
        let is_break = byte == b'\r' || byte == b'\n';
        match self {
            Level::Basic => return is_break || Repertoire::Basic.has(char::from(byte)),
            Level::Extended => return is_break || (b' '..=b'~').contains(&byte),
            Level::A | Level::B => {}
        }
        let sign = (b' '..=b'Z').contains(&byte) && byte != b'#' && byte != b'$' && byte != b'@';
        let small = byte.is_ascii_lowercase() && self == Level::B;
        sign || small || is_break
    }

    /// The first byte that belongs to none of its characters, and is no service character nor NUL.
    fn first_outside(self, bytes: &[u8], syntax: &Syntax) -> Option<usize> {
        let outside = |byte: &u8| !self.has(*byte) && *byte != 0 && !syntax.is_service(*byte);
        // All of a block at once, without a branch: most blocks hold nothing else.
        let all = |block: &[u8]| block.iter().fold(true, |all, byte| all & self.has(*byte));
        let mut blocks = bytes.chunks(64).enumerate().filter(|(_, block)| !all(block));
        blocks.find_map(|(n, block)| Some(n * 64 + block.iter().position(outside)?))
    }
}

/// Notes the first character that UNOA or UNOB, which UNB names, doesn't have.
fn outside_repertoire(raw: &RawSet, level: Level, bytes: &[u8], faults: &mut Faults) {
    let Some(at) = level.first_outside(bytes, raw.syntax) else { return };
    let (name, offset) = (level.name(), raw.base + at as u64);
    let rest = &bytes[at..bytes.len().min(at + 4)];
    let first = String::from_utf8_lossy(rest).chars().next().unwrap_or('?');
    let named = level.named();
    let (found, sentence) = match first {
        // That it is no text is told.
        char::REPLACEMENT_CHARACTER if raw.charset == Charset::Utf8 => return,
        char::REPLACEMENT_CHARACTER => {
            let found = format!("{:#04X}", rest[0]);
            let sentence = format!("The byte {found} at offset {offset} is no character of {name}, {named}.");
            (found, format!("{sentence} The message is read as ISO 8859-1."))
        }
        c => {
            let found = crate::fault::shorten(&c.to_string(), 1);
            let sentence = format!("{name}, {named}, has no “{found}”, as it stands at byte {offset}.");
            (found, sentence)
        }
    };
    let fault = Fault::new(codes::OUTSIDE_REPERTOIRE, place_at(raw, at, 1), sentence);
    let fault = match (raw.edifact, raw.policy.text.substitute) {
        (true, _) => fault,
        (false, Some(instead)) => {
            fault.remedy(format!("“{instead}” was read instead. The sender should write only what was agreed on."))
        }
        (false, None) => fault.remedy("It was read all the same. The sender should write only what was agreed on."),
    };
    // Element 724 is the copy of the whole element, wherever in it the character stands.
    let found = element_at(raw, at).unwrap_or(found);
    faults.push(fault.found(&found).expected(format!("characters of {name}")));
}

/// The whole element that a byte of the set stands in; none of a byte of a segment's name.
fn element_at(raw: &RawSet, at: usize) -> Option<String> {
    let (start, end) = raw.spans.iter().find(|(start, end)| (*start as usize..*end as usize).contains(&at))?;
    let segment = raw.bytes.get(*start as usize..*end as usize)?;
    let within = at - *start as usize;
    let elements = cut(segment, raw.syntax.element, raw.syntax);
    let element = elements.into_iter().skip(1).find(|(from, to)| (*from..*to).contains(&within));
    let bytes = element.and_then(|(from, to)| segment.get(from..to))?;
    Some(match raw.charset {
        Charset::Of(_) | Charset::Latin1 => raw.charset.decode(bytes).into_owned(),
        Charset::Utf8 | Charset::Ascii(_) => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| latin1(bytes)),
    })
}

/// X12's headers name no character set.
const X12_REMEDY: &str = "Ask the sender for UTF-8. If it writes in another set of characters, the agreement can name it: `x12_characters: windows-1252`.";

/// The set's bytes as text of the same length, so that offsets hold; true if values have to be decoded from Latin-1.
pub(super) fn decode(raw: &RawSet, faults: &mut Faults) -> (String, bool) {
    let bytes = &*without_delimiters(without_binary(raw), raw.syntax);
    if let Some(at) = memchr::memchr(0, bytes) {
        let sentence = format!("There is a NUL character at byte {}.", raw.base + at as u64);
        faults.push(Fault::new(codes::NUL, place_at(raw, at, 1), sentence).found("\0").expected("text"));
    }
    if let Some(level) = Level::of(raw)
        && raw.policy.strictness.tells_characters()
    {
        outside_repertoire(raw, level, bytes, faults);
    }
    let single = raw.charset.single().is_some();
    let text = std::str::from_utf8(bytes);
    if single && raw.edifact && raw.object.is_none() && raw.policy.strictness.tells_characters() {
        let first = match text {
            Ok(text) => text.char_indices().find(|(_, c)| !c.is_ascii()),
            Err(_) => first_in_utf8(raw, bytes),
        };
        first.into_iter().for_each(|(at, c)| faults.push(other_characters(raw, (at, c), text.is_ok())));
    }
    let bad = match text {
        Ok(text) if !single || text.is_ascii() => return (text.to_owned(), false),
        Ok(_) => Some(0),
        Err(_) if raw.syntax.folded => bad_without_breaks(bytes),
        Err(e) => Some(e.valid_up_to()),
    };
    let masked = masked(bytes);
    if let Some(bad) = bad.filter(|_| raw.charset == Charset::Utf8) {
        let byte = bytes.get(bad).copied().unwrap_or(0);
        let at = raw.base + bad as u64;
        let sentence = format!("The byte {byte:#04X} at offset {at} is not valid UTF-8.");
        let fault = Fault::new(codes::BAD_TEXT, place_at(raw, bad, 1), sentence).found(&format!("{byte:#04X}"));
        let fault = fault.expected("UTF-8");
        let agreed = raw.policy.edifact_characters.is_some();
        faults.push(match raw.edifact {
            true if agreed => fault.remedy(
                "UTF-8 was agreed on (`edifact_characters`). Ask the sender for it, or agree on what it writes.",
            ),
            true => fault,
            false => fault.remedy(X12_REMEDY),
        });
    }
    (masked, true)
}

/// Warns of text in UTF-8 that is read in the set of single bytes which UNB names: text in such a set hardly ever happens to
/// be UTF-8. The first character is told, of a message that is UTF-8 as a `whole`, or of a value beside others.
fn other_characters(raw: &RawSet, (at, c): (usize, char), whole: bool) -> Fault {
    let (offset, len) = (raw.base + at as u64, c.len_utf8());
    let set = raw.charset.single().unwrap_or("UTF-8");
    let read = crate::fault::shorten(&raw.charset.decode(&raw.bytes[at..at + len]), 4);
    let named = if raw.policy.edifact_characters.is_some() { "was agreed on" } else { "is what UNB names" };
    let sentence = format!("The bytes at offset {offset} are “{c}” in UTF-8. {set} {named}, and so “{read}” was read.");
    let fault = Fault::new(codes::OUTSIDE_REPERTOIRE, place_at(raw, at, len as u32), sentence).costs(Costs::Segment);
    let fault = fault.found(&element_at(raw, at).unwrap_or(read)).expected(format!("text in {set}"));
    fault.remedy(match whole {
        true => "If the sender writes UTF-8, it should name UNOY in UNB. Until it does the agreement can have it read so: `edifact_characters: utf-8`.",
        false => "Other values of the message are in the set that is read. Ask the sender to write all of them in one.",
    })
}

/// The first value in UTF-8 of a message that isn't UTF-8 as a whole: where its first character stands that isn't ASCII. What
/// could be UTF-8 by chance, and says nothing in it, is none.
fn first_in_utf8(raw: &RawSet, bytes: &[u8]) -> Option<(usize, char)> {
    let is_end = |byte: &u8| raw.syntax.is_service(*byte);
    let mut from = 0;
    while let Some(odd) = bytes.get(from..)?.iter().position(|byte| !byte.is_ascii()) {
        let odd = from + odd;
        let start = bytes[from..odd].iter().rposition(is_end).map_or(from, |end| from + end + 1);
        let end = bytes[odd..].iter().position(is_end).map_or(bytes.len(), |end| odd + end);
        let value = std::str::from_utf8(&bytes[start..end]).ok();
        let meant = value.filter(|value| value.chars().all(|c| raw.charset.may_mean(c)));
        if let Some(c) = meant.and_then(|value| value.chars().find(|c| !c.is_ascii())) {
            return Some((odd, c));
        }
        from = end;
    }
    None
}

/// Where folded bytes are no UTF-8; none if the end of a line only stands inside of a character.
fn bad_without_breaks(bytes: &[u8]) -> Option<usize> {
    let kept: Vec<u8> = bytes.iter().copied().filter(|byte| !is_break(*byte)).collect();
    let bad = std::str::from_utf8(&kept).err()?.valid_up_to();
    bytes.iter().enumerate().filter(|(_, byte)| !is_break(**byte)).nth(bad).map(|(at, _)| at)
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

/// Bytes with nothing but ASCII where a delimiter stands: one that is NUL, or no character by itself, is no data that a
/// character set speaks of.
fn without_delimiters<'a>(mut bytes: Cow<'a, [u8]>, syntax: &Syntax) -> Cow<'a, [u8]> {
    // A terminator of several bytes is a character of UTF-8.
    let segment = Some(syntax.segment).filter(|_| syntax.rest().is_empty());
    let all = [Some(syntax.element), syntax.component, syntax.repetition, syntax.release, segment];
    for odd in all.into_iter().flatten().filter(|byte| !byte.is_ascii() || *byte == 0) {
        bytes.to_mut().iter_mut().filter(|byte| **byte == odd).for_each(|byte| *byte = b'?');
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
