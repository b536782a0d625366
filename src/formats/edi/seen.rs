//! Control numbers of one envelope, to tell one that comes again: X12.6 wants ST02 unique in its group and GS06 in its
//! interchange, ISO 9735 0062 in its group or interchange and 0048 in its interchange.

use super::envelope::Service;
use crate::fault::Fault;
use std::collections::{BTreeMap, HashSet};

/// Numbers that are given in turn are one range; what is given at random is remembered up to so many ranges.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// First and last of each range.
    ranges: BTreeMap<u64, u64>,
    /// What are no numbers.
    words: HashSet<Box<str>>,
}

impl Seen {
    /// The fault of a header whose control number came before; `element` is where it stands.
    pub fn again(&mut self, code: &'static str, header: &Service, element: usize, envelope: &str) -> Option<Fault> {
        let control = header.text(element);
        if control.is_empty() || self.remember(&control) {
            return None;
        }
        let sentence = format!("{}{element:02} “{control}” came before in the same {envelope}.", header.id());
        let fault = Fault::new(code, header.place_of(element), sentence).found(&control);
        Some(fault.expected(format!("a number that is used once in its {envelope}")))
    }

    /// False if it was remembered before.
    fn remember(&mut self, control: &str) -> bool {
        let number = control.parse::<u64>().ok().filter(|number| *number < u64::MAX);
        let Some(number) = number else {
            return !self.words.contains(control) && (self.words.len() >= MOST || self.words.insert(control.into()));
        };
        let before = self.ranges.range(..=number).next_back().map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, last)| number <= last) {
            return false;
        }
        let lengthens = before.is_some_and(|(_, last)| last + 1 == number);
        if !lengthens && self.ranges.len() >= MOST {
            return true;
        }
        // It lengthens the range before it, and what is behind it may follow at once.
        let first = before.filter(|_| lengthens).map_or(number, |(first, _)| first);
        let last = self.ranges.remove(&(number + 1)).unwrap_or(number);
        self.ranges.insert(first, last);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_came_before_is_told_and_nothing_else(numbers in proptest::collection::vec(0u64..40, 0..80)) {
            let (mut seen, mut plain) = (Seen::default(), HashSet::new());
            for number in numbers {
                prop_assert_eq!(seen.remember(&number.to_string()), plain.insert(number));
            }
        }
    }

    #[test]
    fn words_are_remembered_too() {
        let mut seen = Seen::default();
        let told: Vec<bool> = ["A1", "A2", "A1", "7", "0007"].map(|control| seen.remember(control)).into();
        assert_eq!(told, [true, true, false, true, false]);
    }

    #[test]
    fn a_million_in_turn_take_one_range() {
        let mut seen = Seen::default();
        assert!((0..1_000_000u64).all(|number| seen.remember(&number.to_string())));
        assert_eq!(seen.ranges.len(), 1);
    }
}
