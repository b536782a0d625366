//! The service characters of EDIFACT: UNA, or the defaults. ISO 9735-1 §6 (level A), Annex A (UNA).

use crate::edi::{build::Charset, scan::Syntax};

/// The length of UNA with its six characters.
pub(super) const LENGTH: u64 = 9;

/// What holds without UNA.
pub(super) const DEFAULT: Syntax =
    Syntax { element: b'+', component: Some(b':'), repetition: None, release: Some(b'?'), segment: b'\'' };

/// What UNA says, and what separates repeats if the interchange turns out to be of syntax 4.
pub(super) fn read(bytes: &[u8]) -> Option<(Syntax, Option<u8>)> {
    let [component, element, _decimal, release, reserved, segment] = *bytes.get(3..9)?.first_chunk::<6>()?;
    let characters = [component, element, segment];
    let distinct = component != element && element != segment && component != segment;
    if !distinct || characters.iter().any(u8::is_ascii_alphanumeric) {
        return None;
    }
    let given = |byte: u8| (byte != b' ').then_some(byte);
    let syntax = Syntax { element, component: Some(component), repetition: None, release: given(release), segment };
    Some((syntax, given(reserved)))
}

/// The character set of a syntax identifier (0001): UNOA to UNOY. ISO 9735-1 Annex A.
pub(super) fn charset(identifier: &str) -> Charset {
    match identifier {
        "UNOA" | "UNOB" => Charset::Ascii,
        "UNOC" => Charset::Latin1,
        // UNOD to UNOK are other parts of ISO 8859 and UNOX is ISO 2022: their letters are not decoded yet.
        "UNOD" | "UNOE" | "UNOF" | "UNOG" | "UNOH" | "UNOI" | "UNOJ" | "UNOK" => Charset::Latin1,
        _ => Charset::Utf8,
    }
}
