//! Values that are surely right, told without a guess: each is looked at as a number of eight bytes, and all that may
//! be asked of a value is worked out for all of them, since the processor guesses badly what the next one is.
//!
//! Promise: what is fine here has nothing wrong in `values::check`. What isn't may still be right: that is for
//! `values::check` to say.

use super::values;
use crate::guides::{CODED, Check, Checks, DAY, DIGITS, POINT, bucket};

/// A value of printable ASCII that is to be checked: where it stands in the set, and the number of its check.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Due {
    pub start: u32,
    pub len: u32,
    pub check: u32,
}

/// True if nothing is wrong with any of these values.
pub(crate) fn all_right(bytes: &[u8], due: &[Due], checks: &Checks) -> bool {
    due.iter().all(|due| fine(bytes, *due, checks) || slowly(bytes, *due, checks))
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;
const HALVES: u64 = ONES * 0xF0;

/// True if a value is right beyond doubt.
#[inline(always)]
fn fine(bytes: &[u8], due: Due, checks: &Checks) -> bool {
    let Some(check) = checks.checks.get(due.check as usize) else { return false };
    let (start, len) = (due.start as usize, due.len);
    let mask = MASKS[len.min(8) as usize & 15];
    let word = match bytes.get(start..start + 8) {
        Some(eight) => eight.first_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight)) & mask,
        // The last bytes of a set are not followed by eight more.
        None => last_word(bytes, start, len),
    };
    let needs = |bit: u8| check.needs & bit != 0;
    // The high bit of each byte that is a point, and of no other, if a point may be there.
    let point = word ^ (ONES * u64::from(b'.'));
    let points = !(((point & !HIGH) + !HIGH) | point) & HIGH & if needs(POINT) { u64::MAX } else { 0 };
    // One that is not the last byte.
    let one = points & points.wrapping_sub(1) & HIGH == 0 && points & (mask ^ (mask >> 8)) == 0;
    // A point becomes a nought, and what is behind the value, too.
    let number = word ^ ((points >> 7) * u64::from(b'.' ^ b'0')) | (ONES * 0x30) & !mask;
    // The high half of each byte is 3, and still is when 6 is added: 0x30 to 0x39.
    let digits = (number & HALVES) | ((number.wrapping_add(ONES * 0x06) & HALVES) >> 4) == ONES * 0x33;
    let coded = match checks.buckets.get(check.buckets as usize + bucket(word, check.mask)) {
        Some([a, b, c, d]) => (*a == word) | (*b == word) | (*c == word) | (*d == word),
        None => false,
    };
    let length = len.wrapping_sub(u32::from(points != 0)).wrapping_sub(u32::from(check.min));
    let kind = !needs(DIGITS | CODED) | (needs(DIGITS) & digits & one | needs(CODED) & coded) & (len <= 8);
    (length <= u32::from(check.span)) & kind & (check.needs <= (CODED | DIGITS | POINT) || day(check, word))
}

/// True of a day that each month has, as `CCYYMMDD`, if a day is all that is wanted.
#[inline(never)]
fn day(check: &Check, word: u64) -> bool {
    let number = |at: u32| (word >> at & 15) * 10 + (word >> (at + 8) & 15);
    check.needs == (DIGITS | DAY) && (1..=12).contains(&number(32)) && (1..=28).contains(&number(48))
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
fn slowly(bytes: &[u8], due: Due, checks: &Checks) -> bool {
    let (start, spec) = (due.start as usize, checks.specs.get(due.check as usize));
    let value = bytes.get(start..start + due.len as usize).and_then(|value| std::str::from_utf8(value).ok());
    value.zip(spec).is_some_and(|(value, spec)| values::check(value, spec).is_none())
}

/// Up to eight bytes as a number, the first one lowest, zeros behind the last.
#[cold]
fn last_word(bytes: &[u8], start: usize, len: u32) -> u64 {
    let value = bytes.get(start..start + len.min(8) as usize).unwrap_or_default();
    value.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
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
            let checks = Checks::of_element(spec);
            let check = checks.shapes[0].first;
            let bytes = format!("{before}{value}{behind}").into_bytes();
            let due = Due { start: before.len() as u32, len: value.len() as u32, check };
            let right = spec.components.first().unwrap_or(spec);
            let wrong = values::check(&value, right).map(|wrong| wrong.says);
            if fine(&bytes, due, &checks) {
                prop_assert_eq!(wrong, None, "{} is fine as {:?}", value, right);
            }
        }
    }
}
