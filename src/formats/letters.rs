//! What the bytes of a document say, for who shows them to people: in the characters that its head names, as its reader
//! takes them.

use crate::{decoded, edifact::single_byte, xml};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// The characters of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letters(&'static Encoding);

impl Letters {
    /// Of a document, or of its beginning: UTF-8 where all of it is; else what XML or UNB names, if that has a byte for each
    /// character; else Windows-1252, which has what ISO 8859-1 prints at the same places.
    pub fn of(document: &[u8]) -> Letters {
        // The last character of a beginning may be cut.
        let is_utf8 =
            std::str::from_utf8(document).map_err(|error| error.error_len()).map_or_else(|len| len.is_none(), |_| true);
        if is_utf8 {
            return Letters(UTF_8);
        }
        let named = syntax_identifier(document)
            .and_then(single_byte)
            .or_else(|| xml::declared(document).and_then(decoded::single));
        Letters(named.unwrap_or(WINDOWS_1252))
    }

    /// As in the Encoding Standard (WHATWG): `UTF-8`, `windows-1252`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// A part of the document. One that is UTF-8 by itself is taken so whatever the head says: so does the reader.
    pub fn text(self, part: &[u8]) -> Cow<'_, str> {
        let decode = |bytes| self.0.decode_without_bom_handling(bytes).0;
        match std::str::from_utf8(part) {
            Ok(text) => text.into(),
            // Two of its letters seldom are one of UTF-8 by chance, and a document in UTF-8 may have a spoilt byte.
            Err(_) if self.0 == WINDOWS_1252 => {
                let chunks = part.utf8_chunks().flat_map(|chunk| [chunk.valid().into(), decode(chunk.invalid())]);
                chunks.collect::<Vec<Cow<str>>>().concat().into()
            }
            Err(_) => decode(part),
        }
    }
}

/// UNB's first component: `UNOC`. What stands before UNB is UNA, blanks and line ends.
fn syntax_identifier(document: &[u8]) -> Option<&str> {
    let head = document.trim_ascii_start();
    let head = if head.starts_with(b"UNA") { head.get(9..)?.trim_ascii_start() } else { head };
    std::str::from_utf8(head.strip_prefix(b"UNB")?.get(1..5)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(document: &[u8], part: &[u8]) -> (&'static str, String) {
        let letters = Letters::of(document);
        (letters.name(), letters.text(part).into_owned())
    }

    #[test]
    fn the_head_of_a_document_names_its_characters() {
        assert_eq!(said(b"UNB+UNOC:3+A'NAD+BY+++S\xFCd'", b"S\xFCd"), ("windows-1252", "Süd".into()));
        let greek = b"UNA:+.? '\r\nUNB+UNOF:3+A'NAD+BY+++\xC1\xC8'";
        assert_eq!(said(greek, b"\xC1\xC8"), ("ISO-8859-7", "ΑΘ".into()));
        assert_eq!(said(greek, "Ü".as_bytes()), ("ISO-8859-7", "Ü".into()));
        let xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\xB1</a>";
        assert_eq!(said(xml, b"\xB1"), ("ISO-8859-2", "ą".into()));
        assert_eq!(said(b"ISA*00*S\xFCd", b"S\xFCd"), ("windows-1252", "Süd".into()));
        assert_eq!(said(b"S\xC3\xBCd\xFC", b"S\xC3\xBCd\xFC").1, "Südü", "a byte of it is spoilt");
        assert_eq!(said("UNB+UNOC:3+Süd".as_bytes(), "Süd".as_bytes()), ("UTF-8", "Süd".into()));
    }

    #[test]
    fn a_beginning_may_end_within_a_character() {
        assert_eq!(Letters::of("Sü".as_bytes().split_last().unwrap().1).name(), "UTF-8");
        assert_eq!(Letters::of(b"").name(), "UTF-8");
        assert_eq!(Letters::of(b"UNB").name(), "UTF-8");
        assert_eq!(Letters::of(b"UNA\xFF").name(), "windows-1252");
    }
}
