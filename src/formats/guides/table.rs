//! A small table of numbers to numbers that is built once and looked into very often: codes, names, slots.

/// Open addressing, at most half full; key 0 means an empty place.
#[derive(Debug, Default, Clone)]
pub(crate) struct Table {
    keys: Box<[u64]>,
    values: Box<[u32]>,
    shift: u32,
}

/// 2^64 divided by the golden ratio: spreads keys that differ in few bits (Fibonacci hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Table {
    /// Of keys and values; of equal keys the first one counts, and key 0 is left out.
    pub fn of(entries: impl IntoIterator<Item = (u64, u32)>) -> Table {
        let entries: Vec<_> = entries.into_iter().filter(|(key, _)| *key != 0).collect();
        if entries.is_empty() {
            return Table::default();
        }
        let size = (entries.len() * 2).next_power_of_two().max(2);
        let mut table = Table {
            keys: vec![0; size].into(),
            values: vec![0; size].into(),
            shift: u64::BITS - size.trailing_zeros(),
        };
        for (key, value) in entries {
            let mut at = table.home(key);
            while table.keys[at] != 0 && table.keys[at] != key {
                at = (at + 1) % size;
            }
            if table.keys[at] == 0 {
                (table.keys[at], table.values[at]) = (key, value);
            }
        }
        table
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: u64) -> Option<u32> {
        let mut at = self.home(key);
        loop {
            match self.keys.get(at) {
                None | Some(0) => return None,
                Some(found) if *found == key => return self.values.get(at).copied(),
                Some(_) => at = (at + 1) & (self.keys.len() - 1),
            }
        }
    }

    #[inline]
    fn home(&self, key: u64) -> usize {
        (key.wrapping_mul(SPREAD) >> (self.shift & 63)) as usize
    }
}
