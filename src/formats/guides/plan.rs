//! A guide's parts laid flat, so that finding a segment's place compares numbers in a row.

use super::{Part, SegmentSpec};
use std::{collections::BTreeMap, sync::Arc};

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
    /// Index into `specs`; of a loop its opening segment's.
    pub spec: u32,
    /// The next mandatory slot of its level from here on; `u32::MAX` if there is none.
    pub mandatory_from: u32,
    pub name: Box<str>,
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
}

/// No spec is known for it.
pub(crate) const NO_SPEC: u32 = u32::MAX;

/// A segment id as a number; 0 for one longer than four bytes.
pub(crate) fn pack(id: &[u8]) -> u32 {
    let mut word = [0; 4];
    match word.get_mut(..id.len()) {
        Some(room) => room.copy_from_slice(id),
        None => return 0,
    }
    u32::from_be_bytes(word)
}

impl Plan {
    pub(super) fn of(parts: &[Part], segments: &BTreeMap<Box<str>, Arc<SegmentSpec>>) -> Plan {
        let specs: Vec<_> = segments.values().cloned().collect();
        let index: BTreeMap<&str, u32> = segments.keys().zip(0..).map(|(id, at)| (&**id, at)).collect();
        let mut plan = Plan { slots: Vec::new(), roots: parts.len() as u32, specs };
        plan.lay(parts, &index);
        plan
    }

    fn lay(&mut self, parts: &[Part], index: &BTreeMap<&str, u32>) {
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
                spec: index.get(opening).copied().unwrap_or(NO_SPEC),
                mandatory_from: u32::MAX,
                name: name.clone(),
            });
        }
        let mut next = u32::MAX;
        for at in (first..self.slots.len()).rev() {
            next = if self.slots[at].mandatory { at as u32 } else { next };
            self.slots[at].mandatory_from = next;
        }
        for (at, part) in parts.iter().enumerate() {
            if let Part::Loop { parts: inner, .. } = part {
                self.slots[first + at].first = self.slots.len() as u32;
                self.slots[first + at].end = (self.slots.len() + inner.len()) as u32;
                self.lay(inner, index);
            }
        }
    }
}

fn opening(part: &Part) -> &str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { parts, .. } => parts.first().map_or("", opening),
    }
}
