//! Names that many trees share: the segments and loops of a guide, numbered once.

use crate::guides::Table;

/// The first number of a shared name; those before it are positions.
pub(crate) const FIRST: u32 = 100;

/// Names of up to eight bytes with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    list: Vec<Box<str>>,
    numbers: Table,
}

impl Names {
    /// Of names, each once; what is a position, or longer than eight bytes, is left out.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
        let mut list: Vec<Box<str>> = Vec::new();
        for name in names {
            let position = matches!(name.as_bytes(), [b'0'..=b'9', b'0'..=b'9']);
            if packed(name).is_some() && !position && !list.iter().any(|known| &**known == name) {
                list.push(name.into());
            }
        }
        let numbers = Table::of(list.iter().zip(FIRST..).filter_map(|(name, number)| Some((packed(name)?, number))));
        Names { list, numbers }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The number of a name; `u32::MAX` if it is none of these.
    pub fn number(&self, name: &str) -> u32 {
        packed(name).and_then(|packed| self.find(packed)).unwrap_or(u32::MAX)
    }

    /// The same of a packed name.
    pub fn find(&self, packed: u64) -> Option<u32> {
        self.numbers.get(packed)
    }

    /// The name at an index from 0.
    pub fn get(&self, index: usize) -> Option<&str> {
        self.list.get(index).map(|name| &**name)
    }
}

/// A name of one to eight bytes as a number; no two give the same, and none gives 0.
#[inline]
pub(crate) fn packed(name: &str) -> Option<u64> {
    if name.len() > 8 || name.ends_with('\0') {
        return None;
    }
    let number = name.bytes().rev().fold(0, |number, byte| number << 8 | u64::from(byte));
    (number != 0).then_some(number)
}
