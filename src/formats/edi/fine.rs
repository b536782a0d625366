//! Values that are surely right, told without a guess: each is looked at as a number of eight bytes, and all that may
//! be asked of it is worked out, since the processor guesses badly what the next one is.
//!
//! Promise: what is fine here, and fits, has nothing wrong in `values::check`. What isn't may still be right: that is
//! for `values::check` to say.

use super::values;
use crate::{
    guides::{CODED, Check, Checks, DAY, NOTHING, OTHER, bucket},
    nodes::Row,
};

/// A value of printable ASCII that is to be checked: where it stands in the set, and the number of its check.
#[derive(Debug, Clone, Copy, Default)]
struct Due {
    start: u32,
    len: u32,
    check: u32,
}

impl Due {
    #[inline(always)]
    fn of(row: &Row) -> Due {
        let (start, len) = row.span();
        Due { start, len, check: row.check().into() }
    }
}

/// So many rows are sorted at once: a bit for each.
const BLOCK: usize = 64;

/// True if nothing is wrong with the values of rows: that is looked at by kinds, which goes without a guess.
pub(crate) fn all_right(bytes: &[u8], rows: &[Row], checks: &Checks) -> bool {
    rows.chunks(BLOCK).all(|rows| {
        let (mut coded, mut other, mut fit) = (0u64, 0u64, true);
        for row in rows.iter().rev() {
            let check = checks.checks.get(usize::from(row.check())).unwrap_or(&NOTHING);
            coded = coded << 1 | u64::from(check.needs & CODED);
            other = other << 1 | u64::from(check.needs / OTHER % 2);
            fit &= fits(check, row.span().1);
        }
        let right = |row: &Row, fine: bool| fine || slowly(bytes, row, checks);
        fit && dues(rows, coded).all(|row| right(row, is_code(bytes, Due::of(row), checks)))
            && dues(rows, other).all(|row| right(row, is_other(bytes, Due::of(row), checks)))
    })
}

/// Those rows whose bit is set.
#[inline(always)]
fn dues(rows: &[Row], mut bits: u64) -> impl Iterator<Item = &Row> {
    std::iter::from_fn(move || {
        let row = rows.get(bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(row)
    })
}

/// True if a value may have its length, as far as that is all of its bytes.
#[inline(always)]
fn fits(check: &Check, len: u32) -> bool {
    len.wrapping_sub(check.min.into()) <= u32::from(check.span)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;
const HALVES: u64 = ONES * 0xF0;

/// A value's first eight bytes, the first one lowest, zeros behind the last, and the bits that it fills.
#[inline(always)]
fn word(bytes: &[u8], due: Due) -> (u64, u64) {
    let (start, mask) = (due.start as usize, MASKS[due.len.min(8) as usize & 15]);
    match bytes.get(start..start + 8).and_then(|eight| eight.first_chunk::<8>()) {
        Some(eight) => (u64::from_le_bytes(*eight) & mask, mask),
        // The last bytes of a set are not followed by eight more.
        None => (last_word(bytes, start, due.len), mask),
    }
}

/// True if a value of the right length is surely in its code list.
#[inline(always)]
fn is_code(bytes: &[u8], due: Due, checks: &Checks) -> bool {
    let Some(check) = checks.checks.get(due.check as usize) else { return false };
    let (word, _) = word(bytes, due);
    // One of more bytes than a code here has a number that is too large.
    let Ok(code) = u32::try_from(word) else { return false };
    let found = checks.buckets.get(check.detail as usize + bucket(code, check.mask));
    found.is_some_and(|codes| codes.iter().fold(false, |found, one| found | (*one == code)))
}

/// True if a value is surely a number or a day of its kind.
#[inline(always)]
fn is_other(bytes: &[u8], due: Due, checks: &Checks) -> bool {
    let Some(check) = checks.checks.get(due.check as usize) else { return false };
    let (word, mask) = word(bytes, due);
    // The high bit of each byte that is a point, and of no other, if a point may be there.
    let point = word ^ (ONES * u64::from(b'.'));
    let points = !(((point & !HIGH) + !HIGH) | point) & HIGH & 0u64.wrapping_sub(check.point.into());
    // One that is not the last byte.
    let one = (points & points.wrapping_sub(1)) | (points & (mask ^ (mask >> 8))) == 0;
    // A point becomes a nought, and what is behind the value, too.
    let number = word ^ ((points >> 7) * u64::from(b'.' ^ b'0')) | (ONES * 0x30) & !mask;
    // The high half of each byte is 3, and still is when 6 is added: 0x30 to 0x39.
    let digits = (number & HALVES) | ((number.wrapping_add(ONES * 0x06) & HALVES) >> 4) == ONES * 0x33;
    let length = due.len.wrapping_sub(u32::from(points != 0)).wrapping_sub(check.detail & 0xFFFF);
    let fits = (length <= check.detail >> 16) & (due.len <= 8);
    (fits & digits & one) && (check.needs == OTHER || day(check, word))
}

/// True of a day that each month has, as `CCYYMMDD`, if a day is all that is wanted.
#[inline(never)]
fn day(check: &Check, word: u64) -> bool {
    let number = |at: u32| (word >> at & 15) * 10 + (word >> (at + 8) & 15);
    check.needs == (OTHER | DAY) && (1..=12).contains(&number(32)) && (1..=28).contains(&number(48))
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

/// The same of a value that isn't surely right, as the guide says it.
#[cold]
#[inline(never)]
fn slowly(bytes: &[u8], row: &Row, checks: &Checks) -> bool {
    let due = Due::of(row);
    let (start, spec) = (due.start as usize, checks.spec(due.check));
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
            let check = &checks.checks[check as usize];
            let fine = match check.needs {
                0 => fits(check, due.len),
                CODED => fits(check, due.len) && is_code(&bytes, due, &checks),
                _ => is_other(&bytes, due, &checks),
            };
            if fine {
                prop_assert_eq!(wrong, None, "{} is fine as {:?}", value, right);
            }
        }
    }
}
