//! Values that are surely right, told in a few steps: up to eight bytes are looked at as one number.
//!
//! Promise: what is fine here has nothing wrong in `values::check`. What isn't may still be right: that is for
//! `values::check` to say.

use super::values;
use crate::guides::{Check, Way};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// True if a value of printable ASCII, at `start..end` of `bytes`, is right beyond doubt.
#[inline(always)]
pub(crate) fn fine(bytes: &[u8], start: u32, end: u32, check: &Check) -> bool {
    match check.way {
        Way::Free => fits(check, end - start),
        _ => looked_at(bytes, start as usize, end as usize, check),
    }
}

#[inline]
fn fits(check: &Check, length: u32) -> bool {
    length.wrapping_sub(check.min) <= check.span
}

#[inline(never)]
fn looked_at(bytes: &[u8], start: usize, end: usize, check: &Check) -> bool {
    let len = end - start;
    if len > 8 {
        return check.way == Way::Anything || slowly(bytes, start, end, check);
    }
    let word = match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
        // The last bytes of a set are not followed by eight more.
        None => last_word(bytes, start, end),
        Some(chunk) => u64::from_le_bytes(*chunk) & MASKS[len & 15],
    };
    let length = match check.way {
        Way::Coded if check.codes.has(word.swap_bytes()) => Some(len),
        Way::Whole if digits_only(word, len) => Some(len),
        Way::Real | Way::Numeric => decimal(word, len, check.way),
        Way::Anything => return true,
        _ => None,
    };
    length.is_some_and(|length| fits(check, length as u32)) || slowly(bytes, start, end, check)
}

/// The bits of so many bytes from the lowest one.
const MASKS: [u64; 16] = {
    let mut masks = [u64::MAX; 16];
    let mut len = 0;
    while len < 8 {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

#[cold]
#[inline(never)]
fn slowly(bytes: &[u8], start: usize, end: usize, check: &Check) -> bool {
    let value = bytes.get(start..end).and_then(|value| std::str::from_utf8(value).ok());
    value.is_some_and(|value| values::check(value, &check.spec).is_none())
}

/// Up to eight bytes as a number, the first one lowest, zeros behind the last.
#[cold]
fn last_word(bytes: &[u8], start: usize, end: usize) -> u64 {
    let value = bytes.get(start..end).unwrap_or_default();
    value.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// True if the `len` low bytes are digits.
#[inline]
fn digits_only(word: u64, len: usize) -> bool {
    let filled = if len >= 8 { word } else { word | (ONES * 0x30) << (8 * len) };
    // The high half of each byte is 3, and still is when 6 is added: 0x30 to 0x39.
    (filled & (ONES * 0xF0)) | ((filled.wrapping_add(ONES * 0x06) & (ONES * 0xF0)) >> 4) == ONES * 0x33
}

/// The number of digits of an unsigned decimal with at most one mark. EDIFACT's may not end with it.
#[inline]
fn decimal(word: u64, len: usize, way: Way) -> Option<usize> {
    let point = word ^ (ONES * u64::from(b'.'));
    // The high bit of each byte that is a point, and of no other.
    let points = !(((point & !HIGH) + !HIGH) | point) & HIGH;
    if points == 0 {
        return digits_only(word, len).then_some(len);
    }
    let last = points >> 7 == 1 << (8 * (len - 1));
    let one = points & (points - 1) == 0;
    let good = one && len > 1 && !(last && way == Way::Numeric);
    // A point becomes a nought.
    (good && digits_only(word ^ ((points >> 7) * u64::from(b'.' ^ b'0')), len)).then_some(len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guides::{self, ElementSpec};
    use crate::piece::Standard;
    use proptest::prelude::*;

    /// Elements of all kinds: those of one guide a standard.
    fn specs() -> Vec<&'static ElementSpec> {
        let guides = [(Standard::X12, "004010", "850"), (Standard::Edifact, "D96A", "ORDERS")];
        let guides =
            guides.iter().map(|(standard, version, kind)| guides::find(*standard, version, kind).expect("a guide"));
        let elements = guides.flat_map(|guide| guide.segments.values()).flat_map(|segment| &segment.elements);
        elements.flat_map(|element| std::iter::once(element).chain(element.components.iter())).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is fine is right by `values::check`, whatever stands before and behind it.
        #[test]
        fn what_is_fine_is_right(
            spec in any::<prop::sample::Index>(),
            value in prop_oneof!["[0-9.,E-]{1,10}", "[A-Z0-9 ]{1,9}", "[ -~]{1,12}", "(19|20)[0-9]{6}"],
            (before, behind) in ("[0-9*]{0,3}", "[0-9*]{0,9}"),
        ) {
            let spec = *spec.get(&specs());
            let check = Check::of_element(spec);
            let bytes = format!("{before}{value}{behind}").into_bytes();
            let (start, end) = (before.len() as u32, (before.len() + value.len()) as u32);
            let right = spec.components.first().unwrap_or(spec);
            let wrong = values::check(&value, right).map(|wrong| wrong.says);
            if fine(&bytes, start, end, &check) {
                prop_assert_eq!(wrong, None, "{} is fine as {:?}", value, right);
            }
        }
    }
}
