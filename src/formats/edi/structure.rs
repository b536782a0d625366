//! Where in its guide a segment stands: loops opened and closed as segments come, with one fault for one cause.

use super::{faults::Faults, steps::Steps};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides::{Guide, NO_SPEC, Slot, pack},
    nodes::Nodes,
    piece::{Policy, Severity},
    place::{At, Place},
    policy::tolerated,
    totals,
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
    /// The ordinal behind a segment that the guide forbids.
    after_forbidden: u32,
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
            after_forbidden: 0,
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
        match self.ahead(id).and_then(|ahead| self.step(ahead, at, tree.nodes())) {
            Some(placed) => placed,
            None => self.search(id, segment, tree, faults),
        }
    }

    /// Where a segment will go by a step that was gone before; nothing is moved yet.
    #[inline]
    pub fn ahead(&self, id: u32) -> Option<Ahead> {
        let to = self.steps.get(self.frames.last()?.at, id)?;
        let slot = self.guide.plan.slots.get(to as usize)?;
        Some(Ahead { to, slot, depth: slot.depth })
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
        let repeats = |frame: &Frame| frame.at != slot && slots.get(frame.at as usize).is_some_and(|at| at.id == id);
        let inner = self.frames.get(depth..).unwrap_or_default();
        if let Some(last) = inner.last().filter(|_| begun && !inner.iter().any(repeats)) {
            self.steps.put(last.at, id, Some(slot));
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
                        self.steps.put(at, id, None);
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
        match self.loop_without_start(id, segment, false) {
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
            if late.contains(&(from - 1)) {
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

    /// True if an open frame has it before where we are: it comes too late.
    fn earlier(&self, id: u32) -> bool {
        let slots = &self.guide.plan.slots;
        self.frames.iter().any(|f| slots[f.first as usize..f.at as usize].iter().any(|slot| slot.id == id))
    }

    /// The ordinal at which a segment stands last in the set; 0 if it stands nowhere.
    fn last(&mut self, id: u32, segment: &Arrival) -> u32 {
        if self.last.is_none() {
            self.ids = (segment.ids)();
            self.last = Some(self.ids.iter().copied().zip(1..).collect());
        }
        self.last.as_ref().and_then(|last| last.get(&id)).copied().unwrap_or(0)
    }

    /// What is mandatory on the way to a slot of the set itself, and still comes and can stand nowhere else: it isn't
    /// missing, something is out of order.
    fn late(&mut self, slot: u32, segment: &Arrival) -> Vec<u32> {
        let (slots, mut late) = (&self.guide.plan.slots, Vec::new());
        let frame = &self.frames[0];
        let mut from = if frame.count == 0 { frame.at } else { frame.at + 1 };
        while from < slot {
            from = slots[from as usize].mandatory_from;
            if from < slot && self.comes_later(from, segment) {
                late.push(from);
            }
            from = from.saturating_add(1);
        }
        late
    }

    /// True if it is this segment that stands at the wrong place, and what it would pass over is right: not if it must be
    /// there itself, or opens a loop that goes on behind it.
    fn is_early(&self, slot: u32, segment: &Arrival) -> bool {
        let taken = &self.guide.plan.slots[slot as usize];
        let next = self.ids.get(segment.ordinal as usize).copied().unwrap_or(0);
        match taken.is_loop() {
            true => self.inside(taken, next, 1).is_none(),
            false => !taken.mandatory,
        }
    }

    /// True if what a slot takes stands somewhere behind the segment, and no other slot takes the like.
    fn comes_later(&mut self, slot: u32, segment: &Arrival) -> bool {
        let slots = &self.guide.plan.slots;
        let id = slots[slot as usize].id;
        self.last(id, segment) > segment.ordinal
            && slots.iter().filter(|slot| slot.id == id && !slot.is_loop()).count() == 1
    }

    /// A loop that has `id` inside but was not opened: the frame, and the slots to enter down to it. The nearest one
    /// that holds it directly, and of several in a frame one whose opening segment the set has. If the segment only comes
    /// too late, the loop must be the one just left, or one that must be there and comes nowhere behind, or whose opening
    /// segment a slip may have spoiled. With `anyhow` it may be any that must be there or comes behind.
    fn loop_without_start(&mut self, id: u32, segment: &Arrival, anyhow: bool) -> Option<(usize, Vec<u32>)> {
        let earlier = self.earlier(id);
        let slip = self.after_unknown == segment.ordinal;
        // What the set's summary counts.
        let line = totals::counted(&self.guide.kind);
        for deeper in 0..2 {
            for depth in (0..self.frames.len()).rev() {
                let (here, end) = (self.frames[depth].at, self.frames[depth].end);
                let (mut first, mut most) = (None, 0);
                for at in here..end {
                    let slot = &self.guide.plan.slots[at as usize];
                    let path = if slot.is_loop() { self.inside(slot, id, deeper) } else { None };
                    let Some(mut path) = path else { continue };
                    let last = self.last(slot.id, segment);
                    let fits = match anyhow {
                        true => {
                            at > here && (slot.mandatory || last > segment.ordinal || line == Some(&slot.opening()))
                        }
                        false => !earlier || at == here || (slot.mandatory && (slip || last <= segment.ordinal)),
                    };
                    if fits {
                        path.push(at);
                        path.reverse();
                        if last > 0 {
                            return Some((depth, path));
                        }
                        // Of several that nothing opens anywhere, the one that takes the most of what follows.
                        let taken = self.takes_behind(slot, segment);
                        if first.is_none() || taken > most {
                            (first, most) = (Some((depth, path)), taken);
                        }
                    }
                }
                if first.is_some() {
                    return first;
                }
            }
        }
        None
    }

    /// How many of the next few segments stand inside of a loop.
    fn takes_behind(&self, slot: &Slot, segment: &Arrival) -> usize {
        let behind = self.ids.iter().skip(segment.ordinal as usize).take(4);
        behind.take_while(|id| self.inside(slot, **id, 1).is_some()).count()
    }

    /// The way from a loop down to `id`, innermost first; at most two loops deep, or any slip would fit somewhere.
    fn inside(&self, slot: &Slot, id: u32, deeper: u32) -> Option<Vec<u32>> {
        let slots = &self.guide.plan.slots;
        if let Some(at) = (slot.first..slot.end).find(|at| slots[*at as usize].id == id) {
            return Some(vec![at]);
        }
        let inner = |at: u32| {
            let mut path = self.inside(&slots[at as usize], id, deeper - 1)?;
            path.push(at);
            Some(path)
        };
        (slot.first..slot.end).filter(|at| deeper > 0 && slots[*at as usize].is_loop()).find_map(inner)
    }

    /// Goes on as if the loop had been opened: one fault, and what follows is at its place.
    fn enter_unopened(
        &mut self,
        depth: usize,
        path: &[u32],
        segment: &Arrival,
        tree: &mut Tree,
        faults: &mut Faults,
    ) -> Placed {
        let slots = &self.guide.plan.slots;
        let Some((last, loops)) = path.split_last() else { return self.refuse(segment, faults) };
        let (opener, key) = (&slots[loops[0] as usize], (loops[0], self.frames[depth].node));
        let of_row = |first: &Place| match &first.at {
            At::Segment { ordinal, id, .. } => {
                let (id, ordinal, byte) = (id.as_bytes(), *ordinal, first.byte);
                unopened(opener, &Arrival { id, ordinal, byte, ..*segment })
            }
            _ => unopened(opener, segment),
        };
        if self.excused != segment.ordinal && !faults.opens_row(key, segment.ordinal, of_row) {
            faults.unopened(key, || unopened(opener, segment));
        }
        self.leave(depth, segment, faults);
        self.missing(&self.frames[depth], loops[0], segment, &[], faults);
        let mut parent = self.frames[depth].node;
        for at in loops {
            let frame = self.frames.last_mut();
            if let Some(frame) = frame {
                (frame.at, frame.count) = (*at, 1);
            }
            parent = self.open(&slots[*at as usize], parent, (segment.start, segment.len), tree.nodes());
        }
        let slot = &slots[*last as usize];
        if let Some(frame) = self.frames.last_mut() {
            (frame.at, frame.count) = (*last, 1);
        }
        match slot.is_loop() {
            true => Placed::at(self.open(slot, parent, (segment.start, segment.len), tree.nodes()), slot),
            false => Placed::at(parent, slot),
        }
    }

    /// What a partner's guide has taken out: a segment, or the first of a loop, behind which the loop's others stand.
    fn forbidden(&mut self, segment: &Arrival, faults: &mut Faults) -> Option<Placed> {
        let (id, ordinal) = (segment.id(), segment.ordinal);
        let behind = self.after_forbidden == ordinal;
        let is_it = |part: &&Vec<Box<str>>| part.iter().take(if behind { part.len() } else { 1 }).any(|of| **of == *id);
        let part = self.guide.forbidden.iter().find(is_it)?;
        self.after_forbidden = ordinal + 1;
        let parent = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        let first = part.first().is_some_and(|first| **first == *id);
        if (first || !behind) && !faults.again(codes::NOT_IN_SET, id, parent) {
            let sentence = format!("Segment {ordinal}: the partner's guide forbids {id} here.");
            let fault =
                Fault::new(codes::NOT_IN_SET, segment.place(), sentence).found(id).expected(self.expected_here());
            faults.push(fault.remedy(format!("Leave {id} out. If it may come, take `forbidden` out of the guide.")));
        }
        let spec = self.guide.segments.keys().position(|known| **known == *id);
        Some(spec.map_or(Placed { parent, ..Placed::UNKNOWN }, |at| Placed { parent, spec: at as u32, name: u32::MAX }))
    }

    /// No place for it: out of order, not in this set, or not in the standard.
    fn refuse(&mut self, segment: &Arrival, faults: &mut Faults) -> Placed {
        let (id, ordinal) = (segment.id(), segment.ordinal);
        let node = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        // A set of a million such segments is told by the first: what each might be isn't looked for.
        if faults.are_enough() {
            (self.after_unknown, self.excused) = (ordinal + 1, ordinal + 1);
            faults.push_unseen();
            return Placed { parent: node, ..Placed::UNKNOWN };
        }
        let set = format!("{} {}", self.guide.kind, self.guide.version);
        if let Some(at) = self.guide.segments.keys().position(|known| &**known == id) {
            let opener = self.loop_without_start(pack(segment.id), segment, true).and_then(|(_, path)| {
                let slot = path.first()?;
                Some((*slot, self.guide.plan.slots[*slot as usize].opening().into()))
            });
            faults.misplaced(segment, opener, || {
                let sentence = format!("Segment {ordinal} ({id}) doesn't belong here.");
                Fault::new(codes::OUT_OF_PLACE, segment.place(), sentence).found(id).expected(self.expected_here())
            });
            return Placed { parent: node, spec: at as u32, name: u32::MAX };
        }
        if faults.belongs_to_torn(ordinal) {
            (self.after_unknown, self.excused) = (ordinal + 1, ordinal + 1);
            return Placed { parent: node, ..Placed::UNKNOWN };
        }
        let (code, sentence) = match self.guide.knows(id) {
            true => (codes::NOT_IN_SET, format!("Segment {ordinal}: {set} has no segment {id}.")),
            false => (codes::UNKNOWN_SEGMENT, format!("Segment {ordinal}: the standard knows no segment {id}.")),
        };
        let fault = Fault::new(code, segment.place(), sentence).found(id).expected(self.expected_here());
        self.after_unknown = ordinal + 1;
        match self.unknown {
            Severity::Ignore => {}
            Severity::Warn => faults.push(tolerated(fault, Costs::Segment)),
            Severity::Reject => {
                self.excused = ordinal + 1;
                faults.push(fault);
            }
        }
        Placed { parent: node, ..Placed::UNKNOWN }
    }

    /// It has a place, but further on: something that must be before it follows.
    fn early(&mut self, before: u32, slot: u32, segment: &Arrival, faults: &mut Faults) -> Placed {
        let slots = &self.guide.plan.slots;
        faults.misplaced(segment, None, || {
            let (id, name) = (segment.id(), &slots[before as usize].name);
            let sentence = format!("Segment {} ({id}) stands before {name} and belongs behind it.", segment.ordinal);
            Fault::new(codes::OUT_OF_PLACE, segment.place(), sentence).found(id).expected(format!("{name} before {id}"))
        });
        let node = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        Placed { parent: node, spec: slots[slot as usize].spec, name: u32::MAX }
    }

    /// `PID, REF or MSG after PO1`: a few of what may come next, and what must.
    fn expected_here(&self) -> String {
        let Some(frame) = self.frames.last() else { return String::new() };
        let slots = &self.guide.plan.slots;
        let rest = &slots[frame.at as usize + 1..frame.end as usize];
        let mandatory = rest.iter().position(|slot| slot.mandatory);
        let chosen = rest.iter().enumerate().filter(|(n, _)| *n < 5 || Some(*n) == mandatory);
        let mut names: Vec<&str> = chosen.map(|(_, slot)| &*slot.name).collect();
        names.dedup();
        let here = &slots[frame.at as usize].name;
        match names.split_last() {
            None => format!("nothing more in this loop after {here}"),
            Some((last, [])) => format!("{last} after {here}"),
            Some((last, others)) => format!("{} or {last} after {here}", others.join(", ")),
        }
    }

    fn described(&self, slot: &Slot) -> String {
        match self.guide.plan.specs.get(slot.spec as usize) {
            Some(spec) if !spec.label.is_empty() => format!("{} ({})", slot.name, spec.label),
            _ => slot.name.to_string(),
        }
    }
}

/// The fault of a segment before which nothing opens its loop.
fn unopened(slot: &Slot, segment: &Arrival) -> Fault {
    let (opening, id) = (slot.opening(), segment.id());
    let sentence = format!(
        "Segment {} ({id}) belongs into the loop {}, and no {opening} before it opens one.",
        segment.ordinal, slot.name
    );
    let fault = Fault::new(codes::NO_LOOP_START, segment.before(&opening), sentence).found(id);
    fault.expected(format!("{opening} before {id}"))
}

fn upper(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
