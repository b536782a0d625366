//! Names that many trees share: the segments and loops of a guide, numbered once.

use crate::guides::Table;

/// The first number of a shared name; those before it are positions.
pub(crate) const FIRST: u32 = 100;

/// Names with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    list: Vec<Box<str>>,
    /// Those of up to eight bytes.
    numbers: Table,
}

impl Names {
    /// Of names, each once; positions of two digits have their numbers already.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
        let mut list: Vec<Box<str>> = Vec::new();
        for name in names {
            if position(name).is_none() && !name.is_empty() && !list.iter().any(|known| &**known == name) {
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

    /// The number of a name, if it is a position or one of these.
    pub fn number(&self, name: &str) -> Option<u32> {
        if let Some(position) = position(name) {
            return Some(position);
        }
        match packed(name) {
            Some(packed) => self.numbers.get(packed),
            None => self.list.iter().zip(FIRST..).find(|(known, _)| &***known == name).map(|(_, number)| number),
        }
    }

    /// The same of a name that is no position, as a number ([`packed`]).
    #[inline]
    pub fn number_of_packed(&self, packed: u64) -> Option<u32> {
        self.numbers.get(packed)
    }

    /// The same of a name that the standard knows.
    #[inline]
    pub fn number_of_fixed(&self, name: Fixed) -> Option<u32> {
        self.numbers.get(name.packed)
    }

    /// The name at an index from 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.list.get(index).map(|name| &**name)
    }
}

/// A name that a program knows, worked out as it is built; it is no position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed {
    pub text: &'static str,
    packed: u64,
}

impl Fixed {
    /// Of one to eight bytes.
    pub const fn of(text: &'static str) -> Fixed {
        match packed(text) {
            Some(packed) => Fixed { text, packed },
            None => panic!("no name of one to eight bytes"),
        }
    }
}

/// The number of a name of two digits.
#[inline]
pub(crate) fn position(name: &str) -> Option<u32> {
    match *name.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0')),
        _ => None,
    }
}

/// A name of one to eight bytes as a number; no two give the same, and none gives 0.
#[inline]
pub(crate) const fn packed(name: &str) -> Option<u64> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 8 || bytes[bytes.len() - 1] == 0 {
        return None;
    }
    let (mut number, mut at) = (0, bytes.len());
    while at > 0 {
        at -= 1;
        number = number << 8 | bytes[at] as u64;
    }
    Some(number)
}
