//! Finds every byte of a set that means something, 64 at a time: delimiters, release characters, and what is not
//! printable ASCII. The positions are what a clean set is read by.
//!
//! Three ways give the same: AVX2 where the processor has it (asked once, at run time), SSE2 on every x86-64, and plain
//! 64-bit numbers elsewhere. [`plain`] is their slow twin, byte by byte, which the tests hold them against.

use super::scan::Syntax;

/// The bytes of a syntax that are looked for, and one that takes away the next byte's meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needles {
    delimiters: [u8; 4],
    release: Option<u8>,
    way: Way,
}

/// How 64 bytes are compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[allow(dead_code, reason = "on x86-64 only the tests go this way")]
    Portable,
}

/// Which of 64 bytes are delimiters, which are not printable ASCII, and which are release characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    delimiters: u64,
    odd: u64,
    release: u64,
}

impl Needles {
    /// `None` if two of the characters are the same, or one is a letter, digit or blank: then the short way is not taken.
    pub fn of(syntax: &Syntax) -> Option<Needles> {
        let all = [Some(syntax.element), Some(syntax.segment), syntax.component, syntax.repetition, syntax.release];
        let given = || all.iter().flatten();
        let twice = given().any(|byte| given().filter(|other| *other == byte).count() > 1);
        if twice || given().any(|byte| byte.is_ascii_alphanumeric() || *byte == b' ') {
            return None;
        }
        let (component, repetition) = (syntax.component.unwrap_or(syntax.element), syntax.repetition);
        let delimiters = [syntax.element, syntax.segment, component, repetition.unwrap_or(syntax.element)];
        Some(Needles { delimiters, release: syntax.release, way: Way::best() })
    }

    /// The positions of all bytes that mean something, ascending, behind what `into` holds already. A released
    /// delimiter isn't among them; the release character is.
    pub fn positions(&self, bytes: &[u8], into: &mut Vec<u32>) {
        // A mark comes every five bytes or less often, mostly.
        into.reserve(bytes.len() / 4);
        match self.way {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this way is taken only where the processor was asked and has AVX2.
            Way::Avx2 => unsafe { self.all_avx2(bytes, into) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: every x86-64 has SSE2.
            Way::Sse2 => unsafe { self.all_sse2(bytes, into) },
            Way::Portable => self.all(bytes, into, portable),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn all_avx2(&self, bytes: &[u8], into: &mut Vec<u32>) {
        // The closure takes over the feature, so that everything is one loop.
        self.all(bytes, into, |chunk, needles| avx2(chunk, needles))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "sse2")]
    fn all_sse2(&self, bytes: &[u8], into: &mut Vec<u32>) {
        self.all(bytes, into, |chunk, needles| sse2(chunk, needles))
    }

    #[inline(always)]
    fn all(&self, bytes: &[u8], into: &mut Vec<u32>, find: impl Fn(&[u8; 64], &Needles) -> Found) {
        let (chunks, rest) = bytes.as_chunks::<64>();
        let (mut base, mut released) = (0u32, false);
        for chunk in chunks {
            let found = find(chunk, self);
            push(self.kept(found, &mut released), base, into);
            base += 64;
        }
        if !rest.is_empty() {
            let mut last = [b' '; 64];
            last[..rest.len()].copy_from_slice(rest);
            let found = find(&last, self);
            push(self.kept(found, &mut released) & (u64::MAX >> (64 - rest.len())), base, into);
        }
    }

    /// Leaves out what is released. `released` says so of the first byte of these, and then of the next 64.
    #[inline(always)]
    fn kept(&self, found: Found, released: &mut bool) -> u64 {
        if found.release == 0 && !*released {
            return found.delimiters | found.odd;
        }
        let mut taken = u64::from(*released);
        *released = false;
        let mut open = found.release & !taken;
        let mut releases = 0;
        while open != 0 {
            let bit = open & open.wrapping_neg();
            releases |= bit;
            taken |= bit << 1;
            *released = bit == 1 << 63;
            // Neither this one nor the one that it releases begins another release.
            open &= !(bit | bit << 1);
        }
        (found.delimiters & !taken) | found.odd | releases
    }
}

impl Way {
    fn best() -> Way {
        #[cfg(target_arch = "x86_64")]
        return if std::arch::is_x86_feature_detected!("avx2") { Way::Avx2 } else { Way::Sse2 };
        #[cfg(not(target_arch = "x86_64"))]
        Way::Portable
    }
}

#[inline(always)]
fn push(mut bits: u64, base: u32, into: &mut Vec<u32>) {
    while bits != 0 {
        into.push(base + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(chunk: &[u8; 64], needles: &Needles) -> Found {
    use std::arch::x86_64::*;
    let mut found = Found::default();
    let [a, b, c, d] = needles.delimiters.map(|byte| _mm256_set1_epi8(byte as i8));
    let release = needles.release.map(|byte| _mm256_set1_epi8(byte as i8));
    let (words, _) = chunk.as_chunks::<8>();
    for half in [0, 1] {
        let word = |n: usize| i64::from_le_bytes(words[half * 4 + n]);
        let x = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
        let bits = |v: __m256i| u64::from(_mm256_movemask_epi8(v) as u32) << (half * 32);
        let ab = _mm256_or_si256(_mm256_cmpeq_epi8(x, a), _mm256_cmpeq_epi8(x, b));
        let cd = _mm256_or_si256(_mm256_cmpeq_epi8(x, c), _mm256_cmpeq_epi8(x, d));
        found.delimiters |= bits(_mm256_or_si256(ab, cd));
        // As signed numbers the bytes from 128 on are negative.
        let low = _mm256_cmpgt_epi8(_mm256_set1_epi8(32), x);
        found.odd |= bits(_mm256_or_si256(low, _mm256_cmpeq_epi8(x, _mm256_set1_epi8(127))));
        if let Some(release) = release {
            found.release |= bits(_mm256_cmpeq_epi8(x, release));
        }
    }
    found
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn sse2(chunk: &[u8; 64], needles: &Needles) -> Found {
    use std::arch::x86_64::*;
    let mut found = Found::default();
    let [a, b, c, d] = needles.delimiters.map(|byte| _mm_set1_epi8(byte as i8));
    let release = needles.release.map(|byte| _mm_set1_epi8(byte as i8));
    let (words, _) = chunk.as_chunks::<8>();
    for quarter in 0..4 {
        let word = |n: usize| i64::from_le_bytes(words[quarter * 2 + n]);
        let x = _mm_set_epi64x(word(1), word(0));
        let bits = |v: __m128i| (_mm_movemask_epi8(v) as u64) << (quarter * 16);
        let ab = _mm_or_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(x, b));
        let cd = _mm_or_si128(_mm_cmpeq_epi8(x, c), _mm_cmpeq_epi8(x, d));
        found.delimiters |= bits(_mm_or_si128(ab, cd));
        let low = _mm_cmplt_epi8(x, _mm_set1_epi8(32));
        found.odd |= bits(_mm_or_si128(low, _mm_cmpeq_epi8(x, _mm_set1_epi8(127))));
        if let Some(release) = release {
            found.release |= bits(_mm_cmpeq_epi8(x, release));
        }
    }
    found
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Eight bytes at a time in one number.
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "on x86-64 only the tests go this way"))]
#[inline]
fn portable(chunk: &[u8; 64], needles: &Needles) -> Found {
    let mut found = Found::default();
    let (words, _) = chunk.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let x = u64::from_le_bytes(*word);
        // The high bit of each byte that equals `byte`, and of no other.
        let equal = |byte: u8| {
            let y = x ^ (ONES * u64::from(byte));
            !(((y & !HIGH) + !HIGH) | y) & HIGH
        };
        // Gathers the high bits of the eight bytes into eight bits.
        let bits = |high: u64| ((high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (n * 8);
        let [a, b, c, d] = needles.delimiters.map(equal);
        found.delimiters |= bits(a | b | c | d);
        // Below 32: adding 96 doesn't reach the high bit. 127: adding 1 does.
        let low = !((x & !HIGH) + ONES * 96) & HIGH;
        let delete = ((x & !HIGH) + ONES) & HIGH;
        found.odd |= bits(low | delete | (x & HIGH));
        if let Some(release) = needles.release {
            found.release |= bits(equal(release));
        }
    }
    found
}

/// The slow twin: byte by byte, as one would say it.
#[cfg(test)]
fn plain(bytes: &[u8], syntax: &Syntax) -> Vec<u32> {
    let delimiters = [Some(syntax.element), Some(syntax.segment), syntax.component, syntax.repetition];
    let (mut positions, mut released) = (Vec::new(), false);
    for (at, byte) in (0u32..).zip(bytes) {
        let release = Some(*byte) == syntax.release && !released;
        let delimiter = delimiters.contains(&Some(*byte)) && !released;
        if release || delimiter || !(32..127).contains(byte) {
            positions.push(at);
        }
        released = release;
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ways() -> Vec<Way> {
        #[cfg(target_arch = "x86_64")]
        {
            let mut ways = vec![Way::Sse2, Way::Portable];
            if std::arch::is_x86_feature_detected!("avx2") {
                ways.push(Way::Avx2);
            }
            ways
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![Way::Portable]
    }

    fn agrees(bytes: &[u8], syntax: &Syntax) -> Result<(), TestCaseError> {
        let Some(needles) = Needles::of(syntax) else { return Ok(()) };
        for way in ways() {
            let mut positions = Vec::new();
            Needles { way, ..needles }.positions(bytes, &mut positions);
            prop_assert_eq!(&positions, &plain(bytes, syntax), "{:?}", way);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_way_finds_what_the_plain_twin_finds(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            element in any::<u8>(), segment in any::<u8>(),
            component in any::<Option<u8>>(), repetition in any::<Option<u8>>(), release in any::<Option<u8>>(),
        ) {
            agrees(&bytes, &Syntax { element, segment, component, repetition, release })?;
        }

        /// Mostly delimiters and release characters, so that runs of them cross the edges of 64 bytes.
        #[test]
        fn runs_of_release_characters_end_where_the_plain_twin_says(
            bytes in proptest::collection::vec(prop_oneof![4 => Just(b'?'), 2 => Just(b'+'), 1 => Just(b'\''), 1 => Just(b'\n'), 2 => Just(b'A'), 1 => any::<u8>()], 0..300),
        ) {
            let syntax = Syntax { element: b'+', component: Some(b':'), repetition: Some(b'*'), release: Some(b'?'), segment: b'\'' };
            agrees(&bytes, &syntax)?;
            agrees(&bytes, &Syntax { release: None, ..syntax })?;
        }
    }
}
