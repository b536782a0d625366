//! Documents in a character set of one byte a character, read as UTF-8, and what its offsets are in their bytes.

use encoding_rs::Encoding;

/// Where a text has more bytes than the document: ascending, behind which byte of the text, and how many more up to there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shifts(Box<[(u32, u32)]>);

impl Shifts {
    /// The document's offset of an offset in the text.
    #[inline]
    pub fn before(&self, offset: u32) -> u32 {
        if self.0.is_empty() {
            return offset;
        }
        let behind = self.0.partition_point(|(end, _)| *end <= offset);
        let more = behind.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(_, more)| *more);
        offset.saturating_sub(more)
    }
}

/// The text of bytes whose set has a byte for each character.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding) -> (String, Shifts) {
    let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
    let (mut shifts, mut more) = (Vec::new(), 0);
    for (at, character) in text.char_indices().filter(|(_, character)| !character.is_ascii()) {
        let len = character.len_utf8() as u32;
        more += len - 1;
        shifts.push((at as u32 + len, more));
    }
    (text, Shifts(shifts.into()))
}

/// The set of one byte a character that goes by a name, as XML declares it; UTF-8 is none.
pub(crate) fn single(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes()).filter(|encoding| encoding.is_single_byte())
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
}
