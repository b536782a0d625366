//! Documents that are not in UTF-8, read as UTF-8, and what its offsets are in their bytes.

use encoding_rs::{Encoding, WINDOWS_1252};
use std::borrow::Cow;

/// Characters in a row that are equally long, in the text and in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Where the first one begins.
    text: u32,
    byte: u32,
    /// How long each is.
    in_text: u32,
    in_bytes: u32,
}

/// Where each character of a text stands in the document: its runs, ascending. Of a text that is the document there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shifts(Box<[Run]>);

impl Shifts {
    /// Of a text whose characters have so many bytes in the document.
    fn of(text: &str, bytes_of: impl Fn(char) -> usize) -> Shifts {
        let mut runs: Vec<Run> = Vec::new();
        let mut byte = 0;
        for (at, character) in text.char_indices() {
            let (in_text, in_bytes) = (character.len_utf8() as u32, bytes_of(character) as u32);
            if runs.last().is_none_or(|run| (run.in_text, run.in_bytes) != (in_text, in_bytes)) {
                runs.push(Run { text: at as u32, byte, in_text, in_bytes });
            }
            byte += in_bytes;
        }
        Shifts(runs.into())
    }

    /// Is the text the document?
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The document's offset of an offset in the text.
    #[inline]
    pub fn before(&self, offset: u32) -> u32 {
        if self.0.is_empty() {
            return offset;
        }
        let run = self.0.partition_point(|run| run.text <= offset).checked_sub(1).and_then(|at| self.0.get(at));
        run.map_or(offset, |run| run.byte + (offset - run.text).div_ceil(run.in_text) * run.in_bytes)
    }
}

/// The text of bytes whose set has a byte for each character.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding) -> (String, Shifts) {
    let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
    let shifts = if text.is_ascii() { Shifts::default() } else { Shifts::of(&text, |_| 1) };
    (text, shifts)
}

/// The set of one byte a character that goes by a name, as XML declares it; UTF-8 is none.
pub(crate) fn single(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes()).filter(|encoding| encoding.is_single_byte())
}

/// Text of which nothing says what it is in: UTF-8, else Windows-1252, which has what ISO 8859-1 prints at the same places.
pub(crate) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The first byte that Windows-1252 has no character for: what holds one is in another set, such as DOS had.
pub(crate) fn no_windows_1252(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D))
}

/// True of the names of UTF-16.
pub(crate) fn is_utf16(name: &str) -> bool {
    ["UTF-16", "UTF-16LE", "UTF-16BE"].iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

/// Makes a number of the two bytes of a unit.
pub(crate) type Order = fn([u8; 2]) -> u16;

/// In which order UTF-16 has its bytes: by its mark, else by the `<` that XML begins with. XML 1.0 Appendix F.1.
pub(crate) fn utf16_order(bytes: &[u8]) -> Option<Order> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => None, // UTF-32
        [0xFF, 0xFE, ..] | [b'<', 0, 1..=255, 0, ..] => Some(u16::from_le_bytes),
        [0xFE, 0xFF, ..] | [0, b'<', 0, 1..=255, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// The text of bytes in UTF-16, its mark included, or the offset of what is no character.
pub(crate) fn utf16(bytes: &[u8], order: Order) -> Result<(String, Shifts), usize> {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(units.len());
    let mut at = 0;
    for character in char::decode_utf16(units.iter().map(|unit| order(*unit))) {
        let character = character.map_err(|_| at)?;
        at += 2 * character.len_utf16();
        text.push(character);
    }
    if !rest.is_empty() {
        return Err(at);
    }
    let shifts = Shifts::of(&text, |character| 2 * character.len_utf16());
    Ok((text, shifts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_bytes() {
        let latin = single("ISO-8859-1").expect("a set");
        let (text, shifts) = decode(b"a\xFCb\xFC\x80c", latin);
        assert_eq!(text, "aübü€c");
        let starts: Vec<u32> = text.char_indices().map(|(at, _)| shifts.before(at as u32)).collect();
        assert_eq!(starts, [0, 1, 2, 3, 4, 5]);
        assert_eq!(shifts.before(text.len() as u32), 6);
        assert!(["UTF-8", "UTF-16", "Shift_JIS", "x"].iter().all(|name| single(name).is_none()));
    }

    #[test]
    fn windows_1252_has_a_character_for_all_but_five_bytes() {
        let all: Vec<u8> = (0x80..=0xFF).collect();
        let (text, _) = decode(&all, WINDOWS_1252);
        let none: Vec<u8> =
            all.iter().copied().zip(text.chars()).filter(|(_, c)| c.is_control()).map(|(b, _)| b).collect();
        assert!(none.iter().all(|byte| no_windows_1252(&[*byte]) == Some(0)));
        assert_eq!((none.len(), all.iter().filter(|byte| no_windows_1252(&[**byte]).is_some()).count()), (5, 5));
        assert_eq!((guessed("ö".as_bytes()), guessed(b"\xF6\x80")), ("ö".into(), "ö€".into()));
    }

    #[test]
    fn offsets_of_utf_16_are_those_of_its_units() {
        let written = "\u{FEFF}<a>ü€𝄞b";
        let little: Vec<u8> = written.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (text, shifts) = utf16(&little, u16::from_le_bytes).expect("text");
        assert_eq!(text, written);
        let starts: Vec<u32> = text.char_indices().map(|(at, _)| shifts.before(at as u32)).collect();
        assert_eq!(starts, [0, 2, 4, 6, 8, 10, 12, 16]);
        assert_eq!(shifts.before(text.len() as u32), little.len() as u32);
        // A half of a character, and a byte too many.
        assert_eq!(utf16(&[b'a', 0, 0, 0xD8, b'b', 0], u16::from_le_bytes), Err(2));
        assert_eq!(utf16(&[b'a', 0, b'b'], u16::from_le_bytes), Err(2));
    }

    #[test]
    fn utf_16_is_known_by_its_mark_or_by_its_first_character() {
        let order = |bytes: &[u8]| utf16_order(bytes).map(|order| order([1, 0]));
        assert_eq!(order(&[0xFF, 0xFE, b'a', 0]), Some(1));
        assert_eq!(order(&[0xFE, 0xFF, 0, b'a']), Some(256));
        assert_eq!(order(&[b'<', 0, b'?', 0]), Some(1));
        assert_eq!(order(&[0, b'<', 0, b'?']), Some(256));
        let others: [&[u8]; 5] = [b"<?xml", &[0xFF, 0xFE, 0, 0], &[0, 0, 0xFE, 0xFF], &[b'<', 0, 0, 0], b"<"];
        assert!(others.iter().all(|bytes| order(bytes).is_none()));
    }
}
