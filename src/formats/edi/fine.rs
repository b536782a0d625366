//! Values that are surely right, told in a few steps: up to eight bytes are looked at as one number.
//!
//! Promise: what is fine here has nothing wrong in `values::check`. What isn't may still be right: that is for
//! `values::check` to say.

use super::values;
use crate::guides::{Check, Class};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// True if a value of printable ASCII, at `start..end` of `bytes`, is right beyond doubt.
#[inline]
pub(crate) fn fine(bytes: &[u8], start: usize, end: usize, check: &Check) -> bool {
    let len = end - start;
    let length = match check.class {
        Class::Text if !check.coded => len,
        Class::Composite | Class::Binary => return true,
        _ if len > 8 => return slowly(bytes, start, end, check),
        Class::Text => {
            if !check.codes.has(word(bytes, start, end).swap_bytes()) {
                return slowly(bytes, start, end, check);
            }
            len
        }
        Class::Whole if !check.coded && digits_only(word(bytes, start, end), len) => len,
        Class::Real | Class::Numeric if !check.coded => match decimal(word(bytes, start, end), len, check.class) {
            Some(digits) => digits,
            None => return slowly(bytes, start, end, check),
        },
        _ => return slowly(bytes, start, end, check),
    };
    let length = length as u32;
    (length >= check.min) & (length <= check.max)
}

#[cold]
#[inline(never)]
fn slowly(bytes: &[u8], start: usize, end: usize, check: &Check) -> bool {
    let value = bytes.get(start..end).and_then(|value| std::str::from_utf8(value).ok());
    value.is_some_and(|value| values::check(value, &check.spec).is_none())
}

/// Up to eight bytes as a number, the first one lowest, zeros behind the last.
#[inline]
fn word(bytes: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) if len > 0 => u64::from_le_bytes(*chunk) & (u64::MAX >> (64 - 8 * len.min(8))),
        _ => {
            let mut word = [0; 8];
            let value = bytes.get(start..end).unwrap_or_default();
            word.iter_mut().zip(value).for_each(|(to, byte)| *to = *byte);
            u64::from_le_bytes(word)
        }
    }
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
fn decimal(word: u64, len: usize, class: Class) -> Option<usize> {
    let point = word ^ (ONES * u64::from(b'.'));
    // The high bit of each byte that is a point, and of no other.
    let points = !(((point & !HIGH) + !HIGH) | point) & HIGH;
    if points == 0 {
        return digits_only(word, len).then_some(len);
    }
    let last = points >> 7 == 1 << (8 * (len - 1));
    let one = points & (points - 1) == 0;
    let good = one && len > 1 && !(last && class == Class::Numeric);
    // A point becomes a nought.
    (good && digits_only(word ^ ((points >> 7) * u64::from(b'.' ^ b'0')), len)).then_some(len - 1)
}
