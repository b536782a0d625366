//! Steps from segment to segment that were found before: where we are and the next segment's id say where that goes.

use crate::guides::Guide;

/// What is kept from set to set. A step holds as long as limits allow it and nothing is passed over that must be there.
#[derive(Default)]
pub(super) struct Steps {
    /// Whose slots these are.
    guide: Option<&'static Guide>,
    /// By pairs: the newer one of two stands first. Each is the slot of the last segment (from 1), the next one's id, and
    /// the slot that takes it: 16, 32 and 16 bits.
    known: Vec<[u64; 2]>,
    kept: usize,
}

/// Pairs of steps, at first and at most: most documents go some dozen ways, and one that goes all of a large guide's
/// some thousands.
const FEWEST: usize = 128;
const MOST: usize = 8192;

/// A slot that there is not: what leads to it has to be searched for each time.
const NOWHERE: u32 = u16::MAX as u32;

impl Steps {
    /// Those of a guide: if they are another's, none.
    pub fn of(&mut self, guide: &'static Guide) {
        if !self.guide.is_some_and(|known| std::ptr::eq(known, guide)) {
            self.guide = Some(guide);
            self.known.clear();
            self.known.resize(FEWEST, [0; 2]);
            self.kept = 0;
        }
    }

    /// The slot that takes a segment behind the one that slot `at` has taken; there may be no such slot.
    #[inline]
    pub fn get(&self, at: u32, id: u32) -> Option<u32> {
        let from = from(at, id);
        let [newer, older] = *self.known.get(home(from, self.known.len()))?;
        let step = if newer >> 16 == from { newer } else { older };
        (step >> 16 == from).then_some(step as u32 & NOWHERE)
    }

    /// Keeps a step, or that there is none to be kept.
    pub fn put(&mut self, at: u32, id: u32, to: Option<u32>) {
        let to = to.unwrap_or(NOWHERE);
        if at >= NOWHERE || to > NOWHERE || self.known.is_empty() {
            return;
        }
        if self.kept > self.known.len() && self.known.len() < MOST {
            self.grow();
        }
        self.kept += 1;
        self.add(from(at, id) << 16 | u64::from(to));
    }

    fn add(&mut self, step: u64) {
        let home = home(step >> 16, self.known.len());
        if let Some([newer, older]) = self.known.get_mut(home) {
            if *newer >> 16 != step >> 16 {
                *older = *newer;
            }
            *newer = step;
        }
    }

    fn grow(&mut self) {
        let more = vec![[0; 2]; self.known.len() * 4];
        let old = std::mem::replace(&mut self.known, more);
        // The older ones first, so that they stay the older ones.
        for step in old.into_iter().flat_map(|[newer, older]| [older, newer]).filter(|step| *step != 0) {
            self.add(step);
        }
    }
}

/// Where we are and what comes, as a number of 48 bits that is not 0.
#[inline]
fn from(at: u32, id: u32) -> u64 {
    u64::from(at + 1) << 32 | u64::from(id)
}

/// Which of so many pairs, a power of two. 2^64 divided by the golden ratio spreads keys that differ in few bits.
#[inline]
fn home(from: u64, pairs: usize) -> usize {
    (from.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize & pairs.wrapping_sub(1)
}
