//! Finds every byte of a document that means something, 64 at a time: delimiters, release characters, and what is not
//! printable ASCII. The positions are what clean sets are cut and read by.
//!
//! Three ways give the same: AVX2 where the processor has it (asked once, at run time), SSE2 on every x86-64, and plain
//! 64-bit numbers elsewhere. [`plain`] is their slow twin, byte by byte, which the tests hold them against.

use super::scan::Syntax;

/// The bytes of a syntax that are looked for, and one that takes away the next byte's meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needles {
    /// The first one ends segments.
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
    Portable,
}

/// Bytes that mean something, by their offset from where the index begins.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Ascending.
    places: Numbers,
    /// Which of them end segments.
    ends: Numbers,
    /// True if the byte behind all this is released.
    released: bool,
}

/// Numbers, and behind `count` of them room for more.
#[derive(Debug, Default)]
struct Numbers {
    all: Vec<u32>,
    count: usize,
}

/// Which of 64 bytes are marks, which of these are segment terminators, and which are release characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    marks: u64,
    ends: u64,
    release: u64,
}

impl Needles {
    /// `None` if two of the characters are the same, or one is a letter, digit or blank, lines are folded, or a terminator has several bytes: then the short way is not taken.
    pub fn of(syntax: &Syntax) -> Option<Needles> {
        let all = [Some(syntax.element), Some(syntax.segment), syntax.component, syntax.repetition, syntax.release];
        let given = || all.iter().flatten();
        let twice = given().any(|byte| given().filter(|other| *other == byte).count() > 1);
        if twice
            || syntax.folded
            || !syntax.rest().is_empty()
            || given().any(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
        {
            return None;
        }
        let (component, repetition) = (syntax.component.unwrap_or(syntax.element), syntax.repetition);
        let delimiters = [syntax.segment, syntax.element, component, repetition.unwrap_or(syntax.element)];
        Some(Needles { delimiters, release: syntax.release, way: Way::best() })
    }

    /// The same, the way that every processor can go: for whom it measures.
    pub fn portable(self) -> Needles {
        Needles { way: Way::Portable, ..self }
    }

    /// Finds the marks of bytes of which the first stands at `base`, behind what `into` holds already. All but the last
    /// call must be of a multiple of 64 bytes.
    pub fn mark(&self, bytes: &[u8], base: u32, into: &mut Marks) {
        match self.way {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this way is taken only where the processor was asked and has AVX2 and the others.
            Way::Avx2 => unsafe { self.all_avx2(bytes, base, into) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: every x86-64 has SSE2.
            Way::Sse2 => unsafe { self.all_sse2(bytes, base, into) },
            Way::Portable => self.all(bytes, base, into, portable),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    fn all_avx2(&self, bytes: &[u8], base: u32, into: &mut Marks) {
        // The closure takes over the feature, so that everything is one loop.
        self.all(bytes, base, into, |chunk, needles| avx2(chunk, needles))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "sse2")]
    fn all_sse2(&self, bytes: &[u8], base: u32, into: &mut Marks) {
        self.all(bytes, base, into, |chunk, needles| sse2(chunk, needles))
    }

    #[inline(always)]
    fn all(&self, bytes: &[u8], mut base: u32, into: &mut Marks, find: impl Fn(&[u8; 64], &Needles) -> Found) {
        let (chunks, rest) = bytes.as_chunks::<64>();
        for chunk in chunks {
            let mut found = find(chunk, self);
            if found.release != 0 || into.released {
                found = kept(chunk, found, &mut into.released);
            }
            into.push(found, base);
            base += 64;
        }
        if !rest.is_empty() {
            let mut last = [b'A'; 64];
            last[..rest.len()].copy_from_slice(rest);
            let found = kept(&last, find(&last, self), &mut into.released);
            into.push(found, base);
        }
    }
}

/// Room that is kept when marks are forgotten: what one long set has grown beyond that is given back.
const MOST_KEPT: usize = 64 * 1024;

impl Marks {
    /// Forgets them all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.ends.clear();
        self.released = false;
    }

    /// Forgets them all but what is known of the next byte, which is the first of what is looked at next.
    pub fn go_on(&mut self) {
        let released = self.released;
        self.clear();
        self.released = released;
    }

    /// All of them, ascending. A released delimiter isn't among them; the release character is.
    pub fn all(&self) -> &[u32] {
        self.places.all()
    }

    /// Which of them end segments.
    pub fn ends(&self) -> &[u32] {
        self.ends.all()
    }

    /// Forgets the first ones.
    pub fn drop_first(&mut self, marks: usize, ends: usize) {
        self.places.drop_first(marks);
        self.ends.drop_first(ends);
        self.ends.all.iter_mut().take(self.ends.count).for_each(|end| *end -= marks as u32);
    }

    #[inline(always)]
    fn push(&mut self, found: Found, base: u32) {
        let (before, marks) = (self.places.count as u32, found.marks);
        self.ends.extend::<1>(found.ends, |bits| before + (marks & !bits & bits.wrapping_sub(1)).count_ones());
        self.places.extend::<6>(marks, |bits| base.wrapping_add(bits.trailing_zeros()));
    }
}

impl Numbers {
    fn clear(&mut self) {
        self.count = 0;
        self.all.truncate(MOST_KEPT);
        self.all.shrink_to(MOST_KEPT);
    }

    fn all(&self) -> &[u32] {
        self.all.get(..self.count).unwrap_or_default()
    }

    fn drop_first(&mut self, count: usize) {
        self.all.copy_within(count..self.count, 0);
        self.count -= count;
    }

    /// Adds a number for each bit, told by the bits that are left: four in a round, and `ROUNDS` at least, which most
    /// blocks have, since the processor guesses badly how many it will be.
    #[inline(always)]
    fn extend<const ROUNDS: usize>(&mut self, mut bits: u64, number: impl Fn(u64) -> u32) {
        if self.all.len() < self.count + 64 {
            self.all.resize((self.count + 64) * 2, 0);
        }
        let count = bits.count_ones() as usize;
        let room = self.all.get_mut(self.count..self.count + 64).unwrap_or_default();
        for numbers in room.as_chunks_mut::<4>().0.iter_mut().take(count.div_ceil(4).max(ROUNDS)) {
            for one in numbers {
                *one = number(bits);
                bits &= bits.wrapping_sub(1);
            }
        }
        self.count += count;
    }
}

/// Leaves out what is released, unless it isn't printable. `released` says so of the first byte of these, and then of
/// the next 64.
#[inline(never)]
fn kept(chunk: &[u8; 64], found: Found, released: &mut bool) -> Found {
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
    let mut left_out = 0;
    let mut rest = taken & found.marks;
    while rest != 0 {
        let at = rest.trailing_zeros();
        left_out |= u64::from((32..127).contains(&chunk[at as usize])) << at;
        rest &= rest - 1;
    }
    Found { marks: (found.marks & !left_out) | releases, ends: found.ends & !taken, release: 0 }
}

impl Way {
    fn best() -> Way {
        #[cfg(target_arch = "x86_64")]
        return if has_avx2() { Way::Avx2 } else { Way::Sse2 };
        #[cfg(not(target_arch = "x86_64"))]
        Way::Portable
    }
}

/// AVX2, and what comes with it for single numbers. Every processor with the one has had the others.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("lzcnt")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn avx2(chunk: &[u8; 64], needles: &Needles) -> Found {
    use std::arch::x86_64::*;
    let [a, b, c, d] = needles.delimiters.map(|byte| _mm256_set1_epi8(byte as i8));
    let word = |n: usize| i64::from_le_bytes(chunk.as_chunks::<8>().0[n]);
    let low = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
    let high = _mm256_set_epi64x(word(7), word(6), word(5), word(4));
    let joined =
        |low, high| u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32;
    let marks = |x| {
        let ab = _mm256_or_si256(_mm256_cmpeq_epi8(x, a), _mm256_cmpeq_epi8(x, b));
        let cd = _mm256_or_si256(_mm256_cmpeq_epi8(x, c), _mm256_cmpeq_epi8(x, d));
        // As signed numbers the bytes from 128 on are negative.
        let odd =
            _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(32), x), _mm256_cmpeq_epi8(x, _mm256_set1_epi8(127)));
        _mm256_or_si256(_mm256_or_si256(ab, cd), odd)
    };
    let release = needles.release.map_or(0, |byte| {
        let release = _mm256_set1_epi8(byte as i8);
        joined(_mm256_cmpeq_epi8(low, release), _mm256_cmpeq_epi8(high, release))
    });
    let ends = joined(_mm256_cmpeq_epi8(low, a), _mm256_cmpeq_epi8(high, a));
    Found { marks: joined(marks(low), marks(high)), ends, release }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn sse2(chunk: &[u8; 64], needles: &Needles) -> Found {
    use std::arch::x86_64::*;
    let [a, b, c, d] = needles.delimiters.map(|byte| _mm_set1_epi8(byte as i8));
    let (words, _) = chunk.as_chunks::<8>();
    let word = |n: usize| i64::from_le_bytes(words[n]);
    let quarters = [0, 2, 4, 6].map(|n| _mm_set_epi64x(word(n + 1), word(n)));
    let marks = quarters.map(|x| {
        let ab = _mm_or_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(x, b));
        let cd = _mm_or_si128(_mm_cmpeq_epi8(x, c), _mm_cmpeq_epi8(x, d));
        let odd = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(32)), _mm_cmpeq_epi8(x, _mm_set1_epi8(127)));
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(ab, cd), odd)) as u16
    });
    let release = match needles.release {
        None => [0; 4],
        Some(byte) => {
            let release = _mm_set1_epi8(byte as i8);
            quarters.map(|x| _mm_movemask_epi8(_mm_cmpeq_epi8(x, release)) as u16)
        }
    };
    let ends = quarters.map(|x| _mm_movemask_epi8(_mm_cmpeq_epi8(x, a)) as u16);
    let joined = |parts: [u16; 4]| parts.into_iter().rev().fold(0, |all, part| all << 16 | u64::from(part));
    Found { marks: joined(marks), ends: joined(ends), release: joined(release) }
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
        // Below 32: adding 96 doesn't reach the high bit. 127: adding 1 does.
        let low = !((x & !HIGH) + ONES * 96) & HIGH;
        let delete = ((x & !HIGH) + ONES) & HIGH;
        found.ends |= bits(a);
        found.marks |= bits(a | b | c | d | low | delete | (x & HIGH));
        if let Some(release) = needles.release {
            found.release |= bits(equal(release));
        }
    }
    found
}

/// The slow twin: byte by byte, as one would say it.
#[cfg(test)]
fn plain(bytes: &[u8], syntax: &Syntax) -> Marks {
    let delimiters = [Some(syntax.element), Some(syntax.segment), syntax.component, syntax.repetition];
    let (mut into, mut released) = (Marks::default(), false);
    for (at, byte) in (0u32..).zip(bytes) {
        let release = Some(*byte) == syntax.release && !released;
        let delimiter = delimiters.contains(&Some(*byte)) && !released;
        if release || delimiter || !(32..127).contains(byte) {
            if *byte == syntax.segment && delimiter {
                into.ends.all.push(into.places.all.len() as u32);
            }
            into.places.all.push(at);
        }
        released = release;
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ways() -> Vec<Way> {
        #[cfg(target_arch = "x86_64")]
        {
            let mut ways = vec![Way::Sse2, Way::Portable];
            if has_avx2() {
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
            for cut in [0, 64, 128, 256] {
                let (first, second) = bytes.split_at(cut.min(bytes.len() / 64 * 64));
                let mut found = Marks::default();
                Needles { way, ..needles }.mark(first, 0, &mut found);
                Needles { way, ..needles }.mark(second, first.len() as u32, &mut found);
                let plain = plain(bytes, syntax);
                prop_assert_eq!(found.all(), &plain.places.all[..], "{:?}", way);
                prop_assert_eq!(found.ends(), &plain.ends.all[..], "{:?}", way);
            }
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
            let syntax = Syntax { element, segment, component, repetition, release, more: [0; 3], folded: false };
            agrees(&bytes, &syntax)?;
        }

        /// Mostly delimiters and release characters, so that runs of them cross the edges of 64 bytes.
        #[test]
        fn runs_of_release_characters_end_where_the_plain_twin_says(
            bytes in proptest::collection::vec(prop_oneof![4 => Just(b'?'), 2 => Just(b'+'), 1 => Just(b'\''), 1 => Just(b'\n'), 2 => Just(b'A'), 1 => any::<u8>()], 0..300),
        ) {
            let syntax = Syntax { element: b'+', component: Some(b':'), repetition: Some(b'*'), release: Some(b'?'), segment: b'\'', more: [0; 3], folded: false };
            agrees(&bytes, &syntax)?;
            agrees(&bytes, &Syntax { release: None, ..syntax })?;
        }
    }
}
