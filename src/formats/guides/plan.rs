//! A guide's parts laid flat, so that finding a segment's place compares numbers in a row.

use super::{Checks, Part, SegmentSpec, Table};
use crate::{names::Names, piece::Standard};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A segment or loop of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// The segment's id, packed; of a loop its opening segment's.
    pub id: u32,
    pub mandatory: bool,
    /// `u32::MAX` without limit.
    pub max: u32,
    /// The slots of a loop; empty for a segment.
    pub first: u32,
    pub end: u32,
    /// How many loops it is in.
    pub depth: u32,
    /// Index into `specs`; of a loop its opening segment's.
    pub spec: u32,
    /// The next mandatory slot of its level from here on; `u32::MAX` if there is none.
    pub mandatory_from: u32,
    /// The next slot of its level with the same id; `u32::MAX` if there is none.
    pub again: u32,
    pub name: Box<str>,
    /// The numbers of `name`, and of the segment's id, in trees that share the plan's names.
    pub label: u32,
    pub opener: u32,
}

impl Slot {
    pub fn is_loop(&self) -> bool {
        self.end > self.first
    }

    /// The id of the segment that it is, or that opens it.
    pub fn opening(&self) -> String {
        String::from_utf8_lossy(&self.id.to_be_bytes()).trim_end_matches('\0').to_owned()
    }
}

/// All slots; those of one level lie side by side, the set's own from 0 to `roots`.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub slots: Vec<Slot>,
    pub roots: u32,
    pub specs: Vec<Arc<SegmentSpec>>,
    /// What is checked of elements, by spec; then the same where repeats take positions of their own (EDIFACT up to syntax 3).
    pub checks: [Checks; 2],
    /// The names of segments and loops.
    pub names: Names,
    /// Of the segments' ids.
    pub columns: Columns,
    /// (first slot of a level, segment id) to the first slot of that level that takes it.
    places: Table,
}

/// A column for each id, in a table that has one row for each slot. Other ids have a column of these, too.
#[derive(Debug)]
pub(crate) struct Columns {
    of: Box<[u8; 1 << COLUMN_BITS]>,
    factor: u32,
    width: usize,
}

const COLUMN_BITS: u32 = 10;

/// No spec is known for it.
pub(crate) const NO_SPEC: u32 = u32::MAX;

/// A segment id as a number; 0 for one longer than four bytes.
#[inline]
pub(crate) const fn pack(id: &[u8]) -> u32 {
    let word = match *id {
        [] => [0; 4],
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c] => [a, b, c, 0],
        [a, b, c, d] => [a, b, c, d],
        _ => return 0,
    };
    u32::from_be_bytes(word)
}

impl Plan {
    pub(super) fn of(standard: Standard, parts: &[Part], segments: &BTreeMap<Box<str>, Arc<SegmentSpec>>) -> Plan {
        let specs: Vec<_> = segments.values().cloned().collect();
        let index: BTreeMap<&str, u32> = segments.keys().zip(0..).map(|(id, at)| (&**id, at)).collect();
        let spread = if standard == Standard::Edifact { Checks::of(&specs, true) } else { Checks::default() };
        let checks = [Checks::of(&specs, false), spread];
        let mut plan = Plan { roots: parts.len() as u32, checks, specs, ..Plan::default() };
        let mut places = Vec::new();
        plan.lay(parts, 0, &index, &mut places);
        plan.places = Table::of(places);
        plan.columns = Columns::of(plan.slots.iter().map(|slot| slot.id));
        plan.name();
        plan
    }

    /// The first slot behind `at` that takes a segment, in the level that begins with slot `first`.
    #[inline]
    pub fn behind(&self, first: u32, at: u32, id: u32) -> Option<u32> {
        let mut slot = self.places.get(place(first, id))?;
        while slot <= at {
            slot = self.slots.get(slot as usize)?.again;
        }
        (slot != u32::MAX).then_some(slot)
    }

    /// Gives names their numbers, and slots theirs.
    fn name(&mut self) {
        let openers: Vec<String> = self.slots.iter().map(Slot::opening).collect();
        let all = self.slots.iter().map(|slot| &*slot.name).chain(openers.iter().map(String::as_str));
        self.names = Names::of(all);
        for (slot, opener) in self.slots.iter_mut().zip(&openers) {
            slot.label = self.names.number(&slot.name).unwrap_or(u32::MAX);
            slot.opener = self.names.number(opener).unwrap_or(u32::MAX);
        }
    }

    fn lay(&mut self, parts: &[Part], depth: u32, index: &BTreeMap<&str, u32>, places: &mut Vec<(u64, u32)>) {
        let first = self.slots.len();
        for part in parts {
            let (name, mandatory, max) = match part {
                Part::Segment { id, mandatory, max } => (id, mandatory, max),
                Part::Loop { name, mandatory, max, .. } => (name, mandatory, max),
            };
            let opening = opening(part);
            self.slots.push(Slot {
                id: pack(opening.as_bytes()),
                mandatory: *mandatory,
                max: max.unwrap_or(u32::MAX),
                first: 0,
                end: 0,
                depth,
                spec: index.get(opening).copied().unwrap_or(NO_SPEC),
                mandatory_from: u32::MAX,
                again: u32::MAX,
                name: name.clone(),
                label: 0,
                opener: 0,
            });
        }
        places.extend((first..).zip(&self.slots[first..]).map(|(at, slot)| (place(first as u32, slot.id), at as u32)));
        let (mut next, mut last_of) = (u32::MAX, BTreeMap::new());
        for at in (first..self.slots.len()).rev() {
            let slot = &mut self.slots[at];
            next = if slot.mandatory { at as u32 } else { next };
            slot.mandatory_from = next;
            slot.again = last_of.insert(slot.id, at as u32).unwrap_or(u32::MAX);
        }
        for (at, part) in parts.iter().enumerate() {
            if let Part::Loop { parts: inner, .. } = part {
                self.slots[first + at].first = self.slots.len() as u32;
                self.slots[first + at].end = (self.slots.len() + inner.len()) as u32;
                self.lay(inner, depth + 1, index, places);
            }
        }
    }
}

impl Default for Columns {
    fn default() -> Self {
        Columns { of: Box::new([0; 1 << COLUMN_BITS]), factor: 1, width: 0 }
    }
}

impl Columns {
    /// Two ids may share a column where there are very many: then steps to them aren't remembered both.
    fn of(ids: impl Iterator<Item = u32>) -> Columns {
        let ids: BTreeSet<u32> = ids.collect();
        let places = |factor| ids.iter().map(move |id| column_place(*id, factor));
        // 2^32 divided by the golden ratio spreads ids that differ in few bits; with this or one of the next no two of
        // some dozens fall together.
        let mut factors = (0..256).map(|n: u32| 0x9E37_79B9 + 2 * n);
        let apart = |factor: &u32| places(*factor).collect::<BTreeSet<_>>().len() == ids.len();
        let factor = factors.find(apart).unwrap_or(0x9E37_79B9);
        let mut columns = Columns { factor, width: ids.len().clamp(1, 256), ..Columns::default() };
        for (column, place) in places(factor).enumerate() {
            columns.of[place] = (column % columns.width) as u8;
        }
        columns
    }

    /// How many there are.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The column of an id.
    #[inline]
    pub fn column(&self, id: u32) -> usize {
        self.of[column_place(id, self.factor)].into()
    }
}

#[inline]
fn column_place(id: u32, factor: u32) -> usize {
    (id.wrapping_mul(factor) >> (u32::BITS - COLUMN_BITS)) as usize
}

fn place(first: u32, id: u32) -> u64 {
    u64::from(first) << 32 | u64::from(id)
}

fn opening(part: &Part) -> &str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { parts, .. } => parts.first().map_or("", opening),
    }
}
