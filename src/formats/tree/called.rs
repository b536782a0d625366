//! Names that are looked up in many trees.

use super::Tree;
use crate::names::{packed, position};

/// A name as a tree is asked for its number, worked out once by who asks often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Called(Option<u64>);

impl Called {
    pub fn of(name: &str) -> Called {
        Called(packed(name).filter(|_| position(name).is_none()))
    }
}

impl Tree {
    /// [`Tree::number_of`] of a name that is [`Called`] so.
    #[inline]
    pub fn number_of_called(&self, called: Called, name: &str) -> Option<u32> {
        match (called.0, self.shared) {
            (Some(packed), Some(shared)) => match shared.number_of_packed(packed) {
                None if !self.names.is_empty() => self.number_of(name),
                number => number,
            },
            _ => self.number_of(name),
        }
    }
}
