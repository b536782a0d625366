//! Which of a document's values reading has taken, and which segments it has looked into.

use super::{condition::Known, yaml::Spot};
use crate::formats::tree::{NodeId, Tree};
use smallvec::SmallVec;

/// A bit for each node.
type Bits = Vec<u64>;

/// Those of some nodes in a row, from the first of them on: a line has a few.
pub type Row = SmallVec<[u64; 2]>;

/// Marks leaves as read.
#[derive(Debug)]
pub struct Seen {
    bits: Bits,
    /// Loops and segments that were looked into: they say nothing themselves, and need not be asked what is left of them.
    passed: Bits,
    /// Which line of the mapping looked at what, if somebody wants to know.
    log: Option<Vec<(NodeId, Spot)>>,
    /// The line that looks now.
    pub line: Spot,
    /// True where a path says what is written, and not what is read: that there is any value (`[04=*]`) then says nothing
    /// of which.
    pub writing: bool,
    /// What conditions compare with of the message, as far as it has been read.
    pub known: Known,
}

impl Seen {
    /// Nothing seen yet of a tree. `logged`: which line looks at what is kept.
    pub fn new(tree: &Tree, logged: bool) -> Seen {
        let log = logged.then(Vec::new);
        let none = vec![0; tree.len() / 64 + 1];
        Seen { bits: none.clone(), passed: none, log, line: Spot::default(), writing: false, known: Known::new() }
    }
    /// Keeps nothing: for looking that is no reading. Takes no memory, however large the tree.
    pub fn nothing() -> Seen {
        let (bits, passed) = (Vec::new(), Vec::new());
        Seen { bits, passed, log: None, line: Spot::default(), writing: false, known: Known::new() }
    }
    /// This node was read.
    #[inline]
    pub fn mark(&mut self, node: NodeId) {
        self.see(node);
        if let Some(log) = &mut self.log {
            log.push((node, self.line));
        }
    }
    /// This node was read, and nobody wants to know by which line.
    #[inline]
    pub fn see(&mut self, node: NodeId) {
        if let Some(word) = self.bits.get_mut(node.0 as usize / 64) {
            *word |= 1 << (node.0 % 64);
        }
    }
    /// This loop or segment was looked into.
    #[inline]
    pub fn pass(&mut self, node: NodeId) {
        if let Some(word) = self.passed.get_mut(node.0 as usize / 64) {
            *word |= 1 << (node.0 % 64);
        }
    }
    /// Was it?
    #[inline]
    pub fn has(&self, node: NodeId) -> bool {
        self.bits.get(node.0 as usize / 64).is_some_and(|word| word & (1 << (node.0 % 64)) != 0)
    }
    /// Takes the marks of so many nodes away, and gives them: those that were read, and those that were looked into.
    pub fn cut(&mut self, from: NodeId, count: usize) -> [Row; 2] {
        [&mut self.bits, &mut self.passed].map(|bits| cut(bits, from.0 as usize, count))
    }
    /// Adds marks that were cut, at these nodes or at others.
    #[inline]
    pub fn paste(&mut self, from: NodeId, [bits, passed]: &[Row; 2]) {
        paste(&mut self.bits, from.0 as usize, bits);
        paste(&mut self.passed, from.0 as usize, passed);
    }
    /// Looks through the nodes of a tree that were not read, in its order, for one that says something.
    pub fn any_unseen(&self, tree: &Tree, mut wanted: impl FnMut(NodeId) -> bool) -> bool {
        let count = tree.len() as u32;
        for (first, (word, passed)) in (0u32..).step_by(64).zip(self.bits.iter().zip(&self.passed)) {
            let mut left = !(word | passed);
            while left != 0 {
                let node = first + left.trailing_zeros();
                if node >= count {
                    return false;
                }
                if wanted(NodeId(node)) {
                    return true;
                }
                left &= left - 1;
            }
        }
        false
    }
    /// Does somebody want to know which line looks at what?
    pub fn is_logged(&self) -> bool {
        self.log.is_some()
    }
    /// What was looked at, in that order.
    pub fn log(&mut self) -> Vec<(NodeId, Spot)> {
        self.log.take().unwrap_or_default()
    }
}

fn cut(bits: &mut Bits, from: usize, count: usize) -> Row {
    let mut row = Row::new();
    for begin in (0..count).step_by(64) {
        let (first, shift) = ((from + begin) / 64, (from + begin) % 64);
        let mine = u64::MAX >> (64 - (count - begin).min(64));
        let behind = if shift > 0 { take(bits, first + 1, mine >> (64 - shift)) << (64 - shift) } else { 0 };
        row.push(take(bits, first, mine << shift) >> shift | behind);
    }
    row
}

/// Takes bits of a word away.
fn take(bits: &mut Bits, word: usize, mask: u64) -> u64 {
    let Some(word) = bits.get_mut(word) else { return 0 };
    let taken = *word & mask;
    *word &= !mask;
    taken
}

#[inline]
fn paste(bits: &mut Bits, from: usize, row: &Row) {
    let (first, shift) = (from / 64, from % 64);
    for (at, word) in row.iter().enumerate() {
        if let Some(here) = bits.get_mut(first + at) {
            *here |= word << shift;
        }
        if shift > 0
            && let Some(next) = bits.get_mut(first + at + 1)
        {
            *next |= word >> (64 - shift);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_row_are_cut_and_pasted_elsewhere() {
        let mut bits: Bits = vec![0, 1 << 63, 0b1011, 0];
        let row = cut(&mut bits, 127, 70);
        assert_eq!(row.as_slice(), [0b10111, 0]);
        assert_eq!(bits, [0; 4], "they are there no more");
        for from in [0, 1, 59, 63, 64, 125, 186] {
            let mut bits: Bits = vec![0; 4];
            paste(&mut bits, from, &row);
            let set: Vec<usize> = (0..256).filter(|at| bits[at / 64] & 1 << (at % 64) != 0).collect();
            assert_eq!(set, [from, from + 1, from + 2, from + 4]);
        }
        let mut short: Bits = vec![0];
        paste(&mut short, 62, &row);
        assert_eq!(short, [0b11 << 62], "what is no node has no mark");
    }
}
