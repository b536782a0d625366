//! A code list, small and quick to look into: most codes fit eight bytes and are compared as one number.

use super::table::Table;

/// The values that a coded element allows.
#[derive(Debug, Default, Clone)]
pub struct Codes {
    /// Codes of up to eight bytes, left-aligned; ascending.
    short: Vec<u64>,
    /// The same to be looked into.
    table: Table,
    /// Longer ones; ascending.
    long: Vec<Box<str>>,
}

impl Codes {
    pub(super) fn parse(text: &str) -> Codes {
        let mut codes = Codes::default();
        for code in text.split(' ').filter(|code| !code.is_empty()) {
            match packed(code) {
                Some(number) => codes.short.push(number),
                None => codes.long.push(code.into()),
            }
        }
        codes.short.sort_unstable();
        codes.table = Table::of(codes.short.iter().map(|code| (*code, 0)));
        codes.long.sort_unstable();
        codes
    }

    /// True if the element is free.
    pub fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// True if the value is in the list.
    pub fn contains(&self, value: &str) -> bool {
        match packed(value) {
            Some(number) => self.has(number),
            None => self.long.binary_search_by(|code| (**code).cmp(value)).is_ok(),
        }
    }

    /// True if a code of one to eight bytes, left-aligned in a number, is in the list.
    #[inline]
    pub(crate) fn has(&self, number: u64) -> bool {
        self.table.get(number).is_some()
    }

    /// All codes, short ones first, each part ascending.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        let short = self.short.iter().map(|number| {
            let bytes = number.to_be_bytes();
            String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
        });
        short.chain(self.long.iter().map(|code| code.to_string()))
    }
}

fn packed(code: &str) -> Option<u64> {
    let bytes = code.as_bytes();
    if bytes.len() > 8 {
        return None;
    }
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    Some(u64::from_be_bytes(word))
}
