//! The service characters of EDIFACT: UNA, or the defaults. ISO 9735-1 §6 (level A), Annex A (UNA).

use crate::edi::{
    fold,
    scan::{Syntax, cut, is_break},
    text::{Charset, Level},
};

/// The length of UNA with its six characters.
pub(super) const LENGTH: u64 = 9;

/// What holds without UNA.
const DEFAULT: Syntax = Syntax {
    element: b'+',
    component: Some(b':'),
    repetition: None,
    release: Some(b'?'),
    segment: b'\'',
    more: [0; 3],
    folded: false,
};

/// What holds without UNA at level B: the information separators 1, 3 and 4 of ISO 646, and no release character.
const LEVEL_B: Syntax = Syntax { element: 0x1D, component: Some(0x1F), release: None, segment: 0x1C, ..DEFAULT };

/// What holds for a header without UNA, by the byte behind `UNB`.
pub(crate) fn default(header: &[u8]) -> Syntax {
    if header.get(3) == Some(&LEVEL_B.element) { LEVEL_B } else { DEFAULT }
}

/// What UNA says.
#[derive(Debug)]
pub(super) struct Una {
    pub syntax: Syntax,
    /// What separates repeats if the interchange turns out to be of syntax 4.
    pub reserved: Option<u8>,
    /// Characters that can't be what UNA says, and without which it can be read.
    pub odd: Vec<Odd>,
}

/// One of UNA's characters that can't be what UNA says: its offset from UNA, and why.
#[derive(Debug)]
pub(super) struct Odd {
    pub offset: usize,
    pub character: u8,
    pub why: String,
    /// What it should be.
    pub is: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What segments, elements and components are cut by.
    Needed,
    Repetition,
    Decimal,
}

/// The characters without which nothing can be cut: offset from UNA, and what each is.
const NEEDED: [(usize, &str); 4] =
    [(3, "the component separator"), (4, "the element separator"), (6, "the release character"), (8, "the terminator")];

/// What UNA says. `Err` is the character that makes it unreadable; none if there are not six of them.
pub(super) fn read(bytes: &[u8]) -> Result<Una, Option<Odd>> {
    let Some(six) = bytes.get(3..9).and_then(|six| six.first_chunk::<6>().copied()) else { return Err(None) };
    let [component, element, decimal, release, reserved, segment] = six;
    // One character is missing, and the end of the line behind UNA took the terminator's place.
    if reserved == DEFAULT.segment && matches!(segment, b'\r' | b'\n') {
        return Err(None);
    }
    let odd = |offset: usize, is, why| Odd { offset, character: six[offset - 3], why, is };
    for (n, (offset, role)) in NEEDED.into_iter().enumerate() {
        if let Some(why) = wrong(six, &NEEDED[..n], offset, role) {
            return Err(Some(odd(offset, Role::Needed, why)));
        }
    }
    let repeats = wrong(six, &NEEDED, 7, "what separates repeats").map(|why| odd(7, Role::Repetition, why));
    let mark = match decimal {
        b'.' | b',' => wrong(six, &NEEDED, 5, "the decimal mark"),
        b' ' => None,
        _ => Some("is the decimal mark, and can't be: numbers are read with a point or a comma".to_owned()),
    };
    let mark = mark.map(|why| odd(5, Role::Decimal, why));
    let syntax = Syntax { element, component: Some(component), release: given(release), segment, ..DEFAULT };
    Ok(Una { syntax, reserved: repetition(six), odd: repeats.into_iter().chain(mark).collect() })
}

fn given(byte: u8) -> Option<u8> {
    (byte != b' ').then_some(byte)
}

/// Why one of UNA's characters can't be what it should be beside those that are known.
fn wrong(six: [u8; 6], known: &[(usize, &str)], offset: usize, role: &str) -> Option<String> {
    let byte = six[offset - 3];
    match known.iter().find(|(other, _)| six[other - 3] == byte && byte != b' ') {
        Some((_, first)) => Some(format!("is {first} and {role}")),
        None if byte.is_ascii_alphanumeric() => Some(format!("is {role}, and a letter or digit can't be")),
        // A blank says that nothing releases, or repeats.
        None if byte == b' ' && matches!(offset, 3 | 4 | 8) => Some(format!("is {role}, and a blank can't be")),
        None => None,
    }
}

/// What separates repeats in syntax 4, by UNA's six characters; none if that is another of them, too.
pub(crate) fn repetition(six: [u8; 6]) -> Option<u8> {
    given(six[4]).filter(|_| wrong(six, &NEEDED, 7, "").is_none())
}

/// True if S001, the first element of UNB, names syntax 4: then repeats are separated.
fn is_syntax_4(s001: &[u8], syntax: &Syntax) -> bool {
    let Some(component) = syntax.component else { return false };
    let version = cut(s001, component, syntax).get(1).map_or(&b""[..], |(start, end)| &s001[*start..*end]);
    let version = version.trim_ascii_start();
    let released = syntax.release.and_then(|release| version.strip_prefix(&[release]));
    released.unwrap_or(version).starts_with(b"4")
}

/// The character set of a syntax identifier (0001): UNOA to UNOY. ISO 9735-1 Annex A.
pub(super) fn charset(identifier: &str) -> Charset {
    match identifier {
        "UNOA" => Charset::Ascii(Level::A),
        "UNOB" => Charset::Ascii(Level::B),
        "UNOC" => Charset::Latin1,
        "UNOD" => Charset::Of(encoding_rs::ISO_8859_2),
        "UNOE" => Charset::Of(encoding_rs::ISO_8859_5),
        "UNOF" => Charset::Of(encoding_rs::ISO_8859_7),
        "UNOG" => Charset::Of(encoding_rs::ISO_8859_3),
        "UNOH" => Charset::Of(encoding_rs::ISO_8859_4),
        "UNOI" => Charset::Of(encoding_rs::ISO_8859_6),
        "UNOJ" => Charset::Of(encoding_rs::ISO_8859_8),
        // ISO 8859-9 has control characters where this has letters, and is the same elsewhere.
        "UNOK" => Charset::Of(encoding_rs::WINDOWS_1254),
        "UNOL" => Charset::Of(encoding_rs::ISO_8859_15),
        // UNOW and UNOY are UTF-8. UNOX shifts between sets by ISO 2022, whose bytes can't be cut before they are decoded.
        _ => Charset::Utf8,
    }
}

/// The set, if its characters are single bytes, and other ones than those of ISO 8859-1 (UNOD to UNOL).
pub(crate) fn single_byte(identifier: &str) -> Option<&'static encoding_rs::Encoding> {
    match charset(identifier) {
        Charset::Of(encoding) => Some(encoding),
        _ => None,
    }
}

/// True of such a set.
pub(crate) fn is_single_byte(identifier: &str) -> bool {
    single_byte(identifier).is_some()
}

/// True if an interchange header begins here: UNA and six characters, or UNB and a separator.
pub(super) fn header_follows(bytes: &[u8]) -> bool {
    match bytes {
        [b'U', b'N', b'B', next, ..] => !next.is_ascii_alphanumeric() && *next != b' ',
        [b'U', b'N', b'A', first, second, ..] => !first.is_ascii_alphanumeric() && !second.is_ascii_alphanumeric(),
        b"UNB" | b"UNA" => true,
        _ => false,
    }
}

/// The first bytes of a header, as many as UNA has, without the breaks of the lines that cut them, and how many they are
/// with these; none if no break is among them, or it cuts the document into no lines: then it is one of the characters.
pub(super) fn uncut(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let kept = bytes.iter().enumerate().filter(|(_, byte)| !is_break(**byte)).take(LENGTH as usize);
    let (at, head): (Vec<usize>, Vec<u8>) = kept.map(|(at, byte)| (at, *byte)).unzip();
    let len = at.last()? + 1;
    if len == head.len() || !header_follows(&head) {
        return None;
    }
    let syntax = if head.starts_with(b"UNA") { read(&head).ok()?.syntax } else { default(&head) };
    fold::line(bytes, &syntax).map(|_| (head, len))
}

/// The service characters and the length of UNA, or of UNB where there is none; in memory.
pub(crate) fn header(bytes: &[u8]) -> Option<(Syntax, usize)> {
    match bytes.starts_with(b"UNA") {
        true => read(bytes).ok().map(|una| (una.syntax, LENGTH as usize)),
        false => {
            let syntax = default(bytes);
            let plain = bytes.get(3) == Some(&syntax.element);
            let end = memchr::memchr(syntax.segment, bytes).map_or(bytes.len(), |n| n + 1);
            plain.then_some((syntax, end))
        }
    }
}

/// The service characters of a header that begins with these bytes, and those that UNA names. UNA may also stand before
/// a message without an interchange.
pub(crate) fn begins(bytes: &[u8]) -> Option<(Syntax, Option<[u8; 6]>)> {
    if !header_follows(bytes) {
        return None;
    }
    let una = bytes.starts_with(b"UNA");
    let (mut syntax, reserved) = match una {
        true => read(bytes).ok().map(|una| (una.syntax, una.reserved))?,
        false => (default(bytes), Some(b'*')),
    };
    let rest = if una { bytes.get(LENGTH as usize..)?.trim_ascii_start() } else { bytes };
    let begins = |id: &[u8]| rest.strip_prefix(id).is_some_and(|rest| rest.first() == Some(&syntax.element));
    if !begins(b"UNB") && !(una && (begins(b"UNH") || begins(b"UNG"))) {
        return None;
    }
    let first = rest.get(4..)?.split(|byte| *byte == syntax.element || *byte == syntax.segment).next()?;
    if rest.starts_with(b"UNB") && is_syntax_4(first, &syntax) {
        syntax.repetition = reserved;
    }
    let characters = bytes.get(3..9).and_then(|six| six.first_chunk::<6>().copied());
    Some((syntax, characters.filter(|_| una)))
}

/// True if UNA with UNB behind it, or UNB with a syntax identifier, stands somewhere in these bytes.
pub(crate) fn header_within(bytes: &[u8]) -> bool {
    let readable = |at: usize| match &bytes[at..] {
        rest if rest.starts_with(b"UNA") => {
            read(rest).is_ok() && rest[LENGTH as usize..].trim_ascii_start().starts_with(b"UNB")
        }
        rest => rest.starts_with(b"UNB+UNO"),
    };
    memchr::memmem::find_iter(bytes, b"UN").any(readable)
}
