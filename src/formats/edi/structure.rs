//! Where in its guide a segment stands: loops opened and closed as segments come, with one fault for one cause.

mod astray;

pub(crate) use astray::as_agreed;

use super::{faults::Faults, steps::Steps};
use crate::{
    codes,
    fault::Fault,
    guides::{Guide, NO_SPEC, Slot, pack},
    nodes::Nodes,
    piece::{Policy, Severity},
    place::{At, Place},
    tree::{NodeId, Tree},
};
use std::collections::HashMap;

/// A level of the guide that is open: the set itself, or one run of a loop.
#[derive(Debug)]
struct Frame {
    /// Slots of the level.
    first: u32,
    end: u32,
    /// The slot of the last segment or loop taken, and how often.
    at: u32,
    count: u32,
    node: NodeId,
}

/// A segment on its way to its place.
pub(crate) struct Arrival<'a> {
    /// ASCII or other text.
    pub id: &'a [u8],
    pub ordinal: u32,
    pub byte: u64,
    /// The same from the set's start.
    pub start: u32,
    pub len: u32,
    /// The ids of all segments of the set, packed; asked for once, and only if something is wrong.
    pub ids: &'a dyn Fn() -> Vec<u32>,
}

impl Arrival<'_> {
    /// The id as text.
    pub fn id(&self) -> &str {
        std::str::from_utf8(self.id).unwrap_or("?")
    }

    pub fn place(&self) -> Place {
        let at = At::Segment { ordinal: self.ordinal, id: self.id().into(), element: None, component: None, repeat: 1 };
        Place { byte: self.byte, len: self.len, at }
    }

    /// A place of no length before it, where `missing` should stand.
    fn before(&self, missing: &str) -> Place {
        Place { byte: self.byte, len: 0, at: Arrival { id: missing.as_bytes(), ..*self }.place().at }
    }
}

/// What is kept from set to set.
#[derive(Default)]
pub(crate) struct Kept {
    steps: Steps,
    frames: Vec<Frame>,
}

pub(crate) struct Structure {
    guide: &'static Guide,
    steps: Steps,
    frames: Vec<Frame>,
    /// The ordinal after an unknown segment that already costs the set: what it should have opened is no second fault.
    excused: u32,
    /// The ordinal after an unknown segment: it may be a slip of what opens a loop.
    after_unknown: u32,
    /// The id of the last unknown segment that costs the set; empty if it has none, and may have been any.
    unknown_id: Option<Box<str>>,
    /// The ordinal behind a segment that the guide forbids, and which of its parts that is.
    after_forbidden: u32,
    forbidden_part: usize,
    /// The ordinal at which each id stands last, once it was asked for.
    last: Option<HashMap<u32, u32>>,
    /// The ids of all segments, packed, once they were asked for.
    ids: Vec<u32>,
    unknown: Severity,
}

/// A step that may be gone.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    to: u32,
    slot: &'static Slot,
    depth: u32,
}

/// Where a segment goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    /// Below which node.
    pub parent: NodeId,
    /// Its spec in the plan, or `NO_SPEC`.
    pub spec: u32,
    /// The number of its name in the tree, or `u32::MAX` if the guide has none.
    pub name: u32,
}

impl Placed {
    /// Below the root, without a spec.
    pub const UNKNOWN: Placed = Placed { parent: NodeId(0), spec: NO_SPEC, name: u32::MAX };

    fn at(parent: NodeId, slot: &Slot) -> Placed {
        Placed { parent, spec: slot.spec, name: slot.opener }
    }
}

impl Structure {
    pub fn new(guide: &'static Guide, policy: &Policy, kept: Kept) -> Self {
        let Kept { mut steps, mut frames } = kept;
        steps.of(guide);
        frames.clear();
        let root = Frame { first: 0, end: guide.plan.roots, at: 0, count: 0, node: NodeId(0) };
        frames.push(root);
        Structure {
            guide,
            steps,
            frames,
            excused: 0,
            after_unknown: 0,
            unknown_id: None,
            after_forbidden: 0,
            forbidden_part: 0,
            last: None,
            ids: vec![],
            unknown: policy.unknown_segments,
        }
    }

    /// What may be used again for the next set.
    pub fn into_kept(self) -> Kept {
        Kept { steps: self.steps, frames: self.frames }
    }

    /// Finds the place of the next segment.
    #[inline]
    pub fn place(&mut self, segment: &Arrival, tree: &mut Tree, faults: &mut Faults) -> Placed {
        let id = pack(segment.id);
        let at = (segment.start, segment.len);
        if self.is_behind_forbidden(segment.ordinal)
            && let Some(placed) = self.in_forbidden(segment)
        {
            return placed;
        }
        match self.ahead(id).and_then(|ahead| self.step(ahead, at, tree.nodes())) {
            Some(placed) => placed,
            None => self.search(id, segment, tree, faults),
        }
    }

    /// Where a segment will go by a step that was gone before; nothing is moved yet.
    #[inline]
    pub fn ahead(&self, id: u32) -> Option<Ahead> {
        let to = self.steps.get(self.guide, self.frames.last()?.at, id)?;
        let slot = self.guide.plan.slots.get(to as usize)?;
        (slot.id == id).then_some(Ahead { to, slot, depth: slot.depth })
    }

    /// Goes a step that was looked for from here. `at` is the segment's start and length in the set.
    #[inline]
    pub fn step(&mut self, ahead: Ahead, at: (u32, u32), nodes: &mut Nodes) -> Option<Placed> {
        let Ahead { to, slot: taken, depth } = ahead;
        let depth = depth as usize;
        let frame = self.frames.get_mut(depth)?;
        match frame.at == to {
            true if frame.count >= taken.max => return None,
            true => frame.count += 1,
            false => (frame.at, frame.count) = (to, 1),
        }
        let parent = frame.node;
        self.frames.truncate(depth + 1);
        let parent = if taken.is_loop() { self.open(taken, parent, at, nodes) } else { parent };
        Some(Placed::at(parent, taken))
    }

    /// Keeps a step, if it is always right: no level that it leaves could have taken the segment, or can at another time.
    fn keep(&mut self, id: u32, depth: usize, slot: u32) {
        let slots = &self.guide.plan.slots;
        let begun = self.frames.first().is_some_and(|root| root.count > 0);
        let inner = self.frames.get(depth..).unwrap_or_default();
        let same = |frame: &Frame| frame.at != slot && slots.get(frame.at as usize).is_some_and(|at| at.id == id);
        // What opens a loop is never taken by that run of it once more.
        let repeats = |(n, frame): (usize, &Frame)| same(frame) && !(depth + n > 0 && frame.at == frame.first);
        if let Some(last) = inner.last().filter(|_| begun && !inner.iter().enumerate().any(repeats)) {
            self.steps.put(self.guide, last.at, id, Some(slot));
        }
    }

    fn search(&mut self, id: u32, segment: &Arrival, tree: &mut Tree, faults: &mut Faults) -> Placed {
        let mut over = None;
        for depth in (0..self.frames.len()).rev() {
            match self.in_frame(depth, id) {
                Some((slot, true)) => {
                    let late = if depth == 0 { self.late(slot, segment) } else { Vec::new() };
                    if let Some(before) = late.first().filter(|_| self.is_early(slot, segment)) {
                        return self.early(*before, slot, segment, faults);
                    }
                    let (at, before) = (self.frames.last().map_or(0, |frame| frame.at), faults.count());
                    if over.is_none() {
                        self.keep(id, depth, slot);
                    }
                    let placed = self.take((depth, slot), segment, &late, tree, faults);
                    if faults.count() > before || !late.is_empty() {
                        // Something was passed over that must be there: that is to be said each time.
                        self.steps.put(self.guide, at, id, None);
                    }
                    return placed;
                }
                Some((slot, false)) => over = over.or(Some((depth, slot))),
                None => {}
            }
        }
        if let Some((depth, slot)) = over {
            self.too_many(depth, slot, segment, faults);
            return self.take((depth, slot), segment, &[], tree, faults);
        }
        if let Some(placed) = self.forbidden(segment, faults) {
            return placed;
        }
        if let Some(placed) = self.out_of_order(id, segment, faults) {
            return placed;
        }
        let unopened = if only_closes(segment.id) { None } else { self.loop_without_start(id, segment, false) };
        match unopened {
            Some((depth, path)) => self.enter_unopened(depth, &path, segment, tree, faults),
            None => self.refuse(segment, faults),
        }
    }

    /// The set is at its end: what is still missing? `at` is its trailer or last segment.
    pub fn finish(&mut self, at: &Arrival, faults: &mut Faults) {
        while let Some(frame) = self.frames.pop() {
            self.missing(&frame, frame.end, at, &[], faults);
        }
    }

    /// The slot that takes `id` in an open frame, and whether it may once more.
    fn in_frame(&self, depth: usize, id: u32) -> Option<(u32, bool)> {
        let frame = &self.frames[depth];
        let slots = &self.guide.plan.slots;
        let at = &slots[frame.at as usize];
        // The segment that opens a loop belongs to the next run of it, which the frame above takes.
        let opens_itself = depth > 0 && frame.at == frame.first;
        let mut over = None;
        if at.id == id && !opens_itself {
            if frame.count < at.max {
                return Some((frame.at, true));
            }
            over = Some((frame.at, false));
        }
        let later = self.guide.plan.behind(frame.first, frame.at, id).map(|slot| (slot, true));
        later.or(over)
    }

    /// Takes the segment at a slot; `late` is what comes too late, and is told when it comes.
    fn take(
        &mut self,
        (depth, slot): (usize, u32),
        segment: &Arrival,
        late: &[u32],
        tree: &mut Tree,
        faults: &mut Faults,
    ) -> Placed {
        self.leave(depth, segment, faults);
        if self.frames[depth].at != slot {
            let frame = &self.frames[depth];
            self.missing(frame, slot, segment, late, faults);
            let frame = &mut self.frames[depth];
            (frame.at, frame.count) = (slot, 0);
        }
        self.frames[depth].count = self.frames[depth].count.saturating_add(1);
        let parent = self.frames[depth].node;
        let taken = &self.guide.plan.slots[slot as usize];
        match taken.is_loop() {
            true => Placed::at(self.open(taken, parent, (segment.start, segment.len), tree.nodes()), taken),
            false => Placed::at(parent, taken),
        }
    }

    /// Closes the loops that are open inside of a frame.
    fn leave(&mut self, depth: usize, at: &Arrival, faults: &mut Faults) {
        while self.frames.len() > depth + 1 {
            if let Some(frame) = self.frames.pop() {
                self.missing(&frame, frame.end, at, &[], faults);
            }
        }
    }

    /// Opens a run of a loop; its first slot is taken. Loops that begin with a loop open both.
    fn open(&mut self, slot: &'static Slot, parent: NodeId, (start, len): (u32, u32), nodes: &mut Nodes) -> NodeId {
        let node = NodeId(nodes.inner(slot.label, (start, len), parent.0));
        self.frames.push(Frame { first: slot.first, end: slot.end, at: slot.first, count: 1, node });
        let first = &self.guide.plan.slots[slot.first as usize];
        if first.is_loop() { self.open(first, node, (start, len), nodes) } else { node }
    }

    /// Mandatory parts of a frame that were passed over on the way to `upto`, but for those that come late.
    fn missing(&self, frame: &Frame, upto: u32, at: &Arrival, late: &[u32], faults: &mut Faults) {
        let slots = &self.guide.plan.slots;
        let mut from = if frame.count == 0 { frame.at } else { frame.at + 1 };
        while from < upto {
            from = slots[from as usize].mandatory_from;
            if from >= upto {
                return;
            }
            let slot = &slots[from as usize];
            from += 1;
            // What is misspelt isn't missing as well.
            let misspelt = self.excused == at.ordinal
                && self.unknown_id.as_ref().is_some_and(|id| id.is_empty() || is_slip(id, &slot.opening()));
            if late.contains(&(from - 1)) || misspelt || faults.is_misplaced(&slot.opening()) {
                continue;
            }
            let what = match slot.is_loop() {
                true => format!("the loop {}", slot.name),
                false => format!("the segment {}", slot.name),
            };
            let sentence = format!("{what} is missing before segment {} ({}).", at.ordinal, at.id());
            let fault = Fault::new(codes::MISSING_SEGMENT, at.before(&slot.opening()), upper(&sentence));
            faults.push(fault.expected(self.described(slot)).remedy(format!("Add {what}.")));
        }
    }

    fn too_many(&self, depth: usize, slot: u32, segment: &Arrival, faults: &mut Faults) {
        let slot = &self.guide.plan.slots[slot as usize];
        let (code, what) = match slot.is_loop() {
            true => (codes::TOO_MANY_LOOPS, "loop"),
            false => (codes::TOO_MANY_SEGMENTS, "segment"),
        };
        // The first one too many is the fault; those behind it are the same.
        if faults.again(code, &slot.name, self.frames[depth].node) {
            return;
        }
        let sentence = format!("Segment {}: the {what} {} stands here too often.", segment.ordinal, slot.name);
        let times = if slot.max == 1 { "once".into() } else { format!("{} times", slot.max) };
        faults.push(
            Fault::new(code, segment.place(), sentence)
                .found(segment.id())
                .expected(format!("{} at most {times}", slot.name)),
        );
    }

    fn described(&self, slot: &Slot) -> String {
        match self.guide.plan.specs.get(slot.spec as usize) {
            Some(spec) if !spec.label.is_empty() => format!("{} ({})", slot.name, spec.label),
            _ => slot.name.to_string(),
        }
    }
}

/// True if an id may be another one that was misspelt: in small letters, or with one letter wrong, too much, missing or
/// exchanged with its neighbour.
pub(super) fn is_slip(id: &str, meant: &str) -> bool {
    let [id, meant] = [id, meant].map(|id| id.to_ascii_uppercase().into_bytes());
    let same = id.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (rest, other) = (&id[same..], &meant[same..]);
    let behind = |list: &[u8], n: usize| list.get(n..).map(<[u8]>::to_vec);
    let exchanged = matches!((rest, other), ([a, b, ..], [c, d, ..]) if (a, b) == (d, c));
    rest == other
        || behind(rest, 1) == behind(other, 1)
        || behind(rest, 1).is_some_and(|rest| rest == other)
        || behind(other, 1).is_some_and(|other| rest == other)
        || (exchanged && behind(rest, 2) == behind(other, 2))
}

/// True of the end of a bounded loop: alone, it says nothing of a loop that should have been opened.
fn only_closes(id: &[u8]) -> bool {
    id == b"LE"
}

fn upper(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
