//! Control characters in text. No business document means one, and what holds one can't be answered in every format:
//! XML has no way to write most of them.

use crate::{codes, fault::Fault, place::Place};

/// The first control character of a value, and where it begins. A tab is none, and `breaks` says whether line ends are.
pub(crate) fn first(value: &str, breaks: bool) -> Option<(usize, char)> {
    // Most values have none: U+0080 to U+009F begin with the byte C2.
    if !value.bytes().any(|byte| byte < b' ' || matches!(byte, 0x7F | 0xC2)) {
        return None;
    }
    let allowed = |c: char| c == '\t' || (matches!(c, '\r' | '\n') && !breaks);
    value.char_indices().find(|(_, c)| c.is_control() && !allowed(*c))
}

/// The fault of a value with one; `whose` says where it stands (`Line 3: order_number`).
pub(crate) fn fault(whose: &str, c: char, value: &str, place: Place) -> Fault {
    let shown = crate::fault::shorten(value, 40);
    let sentence = format!("{whose} contains the control character U+{:04X}: “{shown}”.", c as u32);
    let remedy = "Leave the control character out: no business document means one.";
    let fault = Fault::new(codes::WRONG_CHARACTERS, place, sentence).found(value).expected("printable characters");
    fault.remedy(remedy)
}

/// True of a character that XML has. XML 1.0 §2.2
pub(crate) fn is_of_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The first character that XML doesn't have, and where it begins.
pub(crate) fn none_of_xml(text: &str) -> Option<(usize, char)> {
    // U+FFFE and U+FFFF begin with the byte EF. Looked for by blocks, which is quick, since nearly none has one.
    let suspect = |byte: &u8| (*byte < b' ' && !matches!(*byte, b'\t' | b'\n' | b'\r')) || *byte == 0xEF;
    let any = text.as_bytes().chunks(256).any(|block| block.iter().fold(false, |found, byte| found | suspect(byte)));
    any.then(|| text.char_indices().find(|(_, c)| !is_of_xml(*c))).flatten()
}

/// The first reference by number (`&#1;`, `&#xB;`) in a tag to a character that XML doesn't have, and where it begins.
pub(crate) fn referred(tag: &str) -> Option<(usize, char)> {
    let number = |text: &str| match text.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    tag.match_indices("&#").find_map(|(at, _)| {
        let (digits, _) = tag[at + 2..].split_once(';')?;
        let c = number(digits).and_then(char::from_u32)?;
        (!is_of_xml(c)).then_some((at, c))
    })
}
