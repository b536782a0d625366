//! A guide's parts laid flat, and which of them a reader takes the next segment for.
//!
//! Guides are not free of ambiguity: what may stand in an open loop is taken to stand there. So a segment is generated
//! only where a reader finds it again.

use crate::guides::{Guide, Part};

/// A segment or loop of the guide.
#[derive(Debug, Clone)]
pub(super) struct Slot<'g> {
    /// Its id; of a loop its opening segment's.
    pub id: &'g str,
    pub name: &'g str,
    pub mandatory: bool,
    pub max: u32,
    /// What is inside of a loop; empty for a segment.
    pub first: usize,
    pub end: usize,
}

impl Slot<'_> {
    pub fn is_loop(&self) -> bool {
        self.end > self.first
    }
}

/// All slots; those of one level lie side by side, the set's own from 0 to `roots`.
#[derive(Debug)]
pub(super) struct Plan<'g> {
    pub slots: Vec<Slot<'g>>,
    pub roots: usize,
    /// Of each slot, every id inside of it, however deep; sorted.
    inside: Vec<Vec<&'g str>>,
}

impl<'g> Plan<'g> {
    pub fn of(guide: &'g Guide) -> Plan<'g> {
        let mut plan = Plan { slots: Vec::new(), roots: guide.parts.len(), inside: Vec::new() };
        plan.lay(&guide.parts);
        plan.inside = vec![Vec::new(); plan.slots.len()];
        // What is inside of a loop stands behind it.
        for at in (0..plan.slots.len()).rev() {
            let Slot { first, end, .. } = plan.slots[at];
            let own = plan.slots[first..end].iter().map(|slot| slot.id);
            let mut ids: Vec<&str> = own.chain(plan.inside[first..end].iter().flatten().copied()).collect();
            ids.sort_unstable();
            ids.dedup();
            plan.inside[at] = ids;
        }
        plan
    }

    fn lay(&mut self, parts: &'g [Part]) {
        let first = self.slots.len();
        for part in parts {
            let (name, mandatory, max) = match part {
                Part::Segment { id, mandatory, max } => (id, *mandatory, max),
                Part::Loop { name, mandatory, max, .. } => (name, *mandatory, max),
            };
            let max = max.unwrap_or(u32::MAX);
            self.slots.push(Slot { id: opening(part), name, mandatory, max, first: 0, end: 0 });
        }
        for (at, part) in parts.iter().enumerate() {
            if let Part::Loop { parts: inner, .. } = part {
                (self.slots[first + at].first, self.slots[first + at].end) =
                    (self.slots.len(), self.slots.len() + inner.len());
                self.lay(inner);
            }
        }
    }

    /// Every id inside of a loop, however deep.
    pub fn holds(&self, slot: usize, id: &str) -> bool {
        self.inside[slot].binary_search(&id).is_ok()
    }

    /// How often an id has a place in the set; the segment that opens a loop counts once.
    pub fn places(&self, id: &str) -> usize {
        let opens = |at: usize| self.slots.iter().any(|slot| slot.is_loop() && slot.first == at);
        (0..self.slots.len()).filter(|at| self.slots[*at].id == id && !opens(*at)).count()
    }
}

fn opening(part: &Part) -> &str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { parts, .. } => parts.first().map_or("", opening),
    }
}

#[derive(Debug, Clone)]
struct Frame {
    first: usize,
    end: usize,
    at: usize,
    count: u32,
}

/// Which loops are open, as a reader sees them.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    frames: Vec<Frame>,
}

/// What a reader takes a segment for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// At this slot.
    At(usize),
    /// Only as one more than this slot allows.
    Over(usize),
    Nowhere,
}

impl Walk {
    pub fn new(plan: &Plan) -> Walk {
        Walk { frames: vec![Frame { first: 0, end: plan.roots, at: 0, count: 0 }] }
    }

    /// Where the next segment with this id would go. The innermost loop that is open comes first.
    pub fn look(&self, plan: &Plan, id: &str) -> Taken {
        self.find(plan, id).map_or(Taken::Nowhere, |(_, taken)| taken)
    }

    fn find(&self, plan: &Plan, id: &str) -> Option<(usize, Taken)> {
        let mut over = None;
        for depth in (0..self.frames.len()).rev() {
            match self.in_frame(plan, depth, id) {
                Some(slot @ Taken::At(_)) => return Some((depth, slot)),
                Some(slot) => over = over.or(Some((depth, slot))),
                None => {}
            }
        }
        over
    }

    fn in_frame(&self, plan: &Plan, depth: usize, id: &str) -> Option<Taken> {
        let frame = &self.frames[depth];
        let mut over = None;
        if plan.slots.get(frame.at)?.id == id && !(depth > 0 && frame.at == frame.first) {
            if frame.count < plan.slots[frame.at].max {
                return Some(Taken::At(frame.at));
            }
            over = Some(Taken::Over(frame.at));
        }
        (frame.at + 1..frame.end).find(|at| plan.slots[*at].id == id).map(Taken::At).or(over)
    }

    /// Goes on behind a segment.
    pub fn take(&mut self, plan: &Plan, id: &str) -> Taken {
        let Some((depth, taken)) = self.find(plan, id) else { return Taken::Nowhere };
        let (Taken::At(slot) | Taken::Over(slot)) = taken else { return taken };
        self.frames.truncate(depth + 1);
        let frame = &mut self.frames[depth];
        if frame.at != slot {
            (frame.at, frame.count) = (slot, 0);
        }
        frame.count = frame.count.saturating_add(1);
        let mut opened = slot;
        while plan.slots[opened].is_loop() {
            let Slot { first, end, .. } = plan.slots[opened];
            self.frames.push(Frame { first, end, at: first, count: 1 });
            opened = first;
        }
        taken
    }
}
