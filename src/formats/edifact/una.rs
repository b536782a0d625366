//! The service characters of EDIFACT: UNA, or the defaults. ISO 9735-1 §6 (level A), Annex A (UNA).

use crate::edi::{scan::Syntax, text::Charset};

/// The length of UNA with its six characters.
pub(super) const LENGTH: u64 = 9;

/// What holds without UNA.
pub(super) const DEFAULT: Syntax = Syntax {
    element: b'+',
    component: Some(b':'),
    repetition: None,
    release: Some(b'?'),
    segment: b'\'',
    more: [0; 3],
    folded: false,
};

/// What UNA says, and what separates repeats if the interchange turns out to be of syntax 4.
pub(super) fn read(bytes: &[u8]) -> Option<(Syntax, Option<u8>)> {
    let [component, element, _decimal, release, reserved, segment] = *bytes.get(3..9)?.first_chunk::<6>()?;
    let characters = [component, element, segment];
    let distinct = component != element && element != segment && component != segment;
    if !distinct || characters.iter().any(u8::is_ascii_alphanumeric) {
        return None;
    }
    let given = |byte: u8| (byte != b' ').then_some(byte);
    let syntax = Syntax { element, component: Some(component), release: given(release), segment, ..DEFAULT };
    Some((syntax, given(reserved)))
}

/// True if S001, the first element of UNB, names syntax 4: then repeats are separated.
pub(super) fn is_syntax_4(s001: &[u8], syntax: &Syntax) -> bool {
    let mut components = s001.split(|byte| Some(*byte) == syntax.component);
    components.nth(1).is_some_and(|version| version.trim_ascii_start().starts_with(b"4"))
}

/// The character set of a syntax identifier (0001): UNOA to UNOY. ISO 9735-1 Annex A.
pub(super) fn charset(identifier: &str) -> Charset {
    match identifier {
        "UNOA" | "UNOB" => Charset::Ascii,
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
