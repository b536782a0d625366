//! The segments of a set, by name: what is summed up or numbered is looked for among them, without a walk of the tree.

use crate::tree::NodeId;

/// How many names are compared at once.
const AT_ONCE: usize = 16;

/// A set's segments: the numbers of their names in its tree, and their nodes.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    all: Vec<(u32, NodeId)>,
    /// A bit for each name that is among them, and for some others.
    seen: u64,
}

impl Roll {
    pub fn clear(&mut self) {
        self.all.clear();
        self.seen = 0;
    }

    #[inline]
    pub fn push(&mut self, node: NodeId, name: u32) {
        self.all.push((name, node));
        self.seen |= bit(name);
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Those of one of these names, in their order.
    pub fn named<const N: usize>(&self, names: [u32; N]) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        let wanted = names.iter().fold(0, |bits, name| bits | bit(*name));
        let there = if self.seen & wanted == 0 { &[][..] } else { &self.all[..] };
        let is_one = move |name: u32| names.iter().fold(false, |found, one| found | (*one == name));
        // Most of these have none of them, which is told without a guess.
        let some =
            there.chunks(AT_ONCE).filter(move |row| row.iter().fold(false, |found, (name, _)| found | is_one(*name)));
        some.flat_map(move |row| row.iter().filter(move |(name, _)| is_one(*name))).map(|(_, node)| *node)
    }
}

fn bit(name: u32) -> u64 {
    1 << (name % u64::BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_of_a_name_are_found_in_their_order(
            names in proptest::collection::vec(0u32..90, 0..100),
            wanted in any::<[u8; 2]>(),
        ) {
            let wanted = wanted.map(|name| u32::from(name % 90));
            let mut roll = Roll::default();
            (0..).zip(&names).for_each(|(node, name)| roll.push(NodeId(node), *name));
            let plain = (0..).zip(&names).filter(|(_, name)| wanted.contains(name)).map(|(node, _)| NodeId(node));
            let plain: Vec<NodeId> = plain.collect();
            prop_assert_eq!(roll.named(wanted).collect::<Vec<_>>(), plain.clone());
            prop_assert_eq!(roll.named(wanted).rev().collect::<Vec<_>>(), plain.into_iter().rev().collect::<Vec<_>>());
        }
    }
}
