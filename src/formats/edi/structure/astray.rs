//! A segment that has no place where it stands: too late, too early, in a loop that nothing opened, forbidden or unknown.
//! What is asked here costs more than finding a place, and is asked only when something is wrong.

use super::{Arrival, Placed, Structure, only_closes};
use crate::{
    codes,
    edi::faults::Faults,
    fault::{Costs, Fault},
    guides::{Slot, pack},
    piece::Severity,
    place::{At, Place},
    policy::tolerated,
    totals,
    tree::{NodeId, Tree},
};

impl Structure {
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
    pub(super) fn late(&mut self, slot: u32, segment: &Arrival) -> Vec<u32> {
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
    pub(super) fn is_early(&self, slot: u32, segment: &Arrival) -> bool {
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
    pub(super) fn loop_without_start(&mut self, id: u32, segment: &Arrival, anyhow: bool) -> Option<(usize, Vec<u32>)> {
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

    /// A segment of the loop that is open, behind one that it belongs before, where there is room for it in this run. Others
    /// that begin a run, and what the run was at come once more, say that the next run's opening is missing.
    pub(super) fn out_of_order(&mut self, id: u32, segment: &Arrival, faults: &mut Faults) -> Option<Placed> {
        self.last(id, segment);
        let slots = &self.guide.plan.slots;
        // Put into an outer loop it would stand behind what is still to come in the inner ones.
        let frame = self.frames.last().filter(|_| self.frames.len() > 1)?;
        let passed = |id: u32| (frame.first + 1..frame.at).find(|at| slots[*at as usize].id == id);
        let slot = passed(id)?;
        let before = segment.ordinal as usize - 1;
        let begun = self.ids.get(..before)?.iter().rposition(|known| *known == slots[frame.first as usize].id)?;
        let end = before + self.ids.get(before..)?.iter().take_while(|known| **known == id).count();
        let times = self.ids[begun..end].iter().filter(|known| **known == id).count();
        let at = &slots[frame.at as usize];
        let begins = |next: &u32| *next == at.id || passed(*next).is_some();
        if times > slots[slot as usize].max as usize || self.ids.get(end).is_some_and(begins) {
            return None;
        }
        faults.misplaced(segment, None, || {
            let (id, name) = (segment.id(), &at.name);
            let sentence = format!(
                "Segment {} ({id}) doesn't belong here: it stands behind {name}, and belongs before it.",
                segment.ordinal
            );
            Fault::new(codes::OUT_OF_PLACE, segment.place(), sentence).found(id).expected(format!("{id} before {name}"))
        });
        Some(Placed { parent: frame.node, spec: slots[slot as usize].spec, name: u32::MAX })
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
    pub(super) fn enter_unopened(
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

    /// True right behind what a partner's guide forbids.
    #[inline]
    pub fn is_behind_forbidden(&self, ordinal: u32) -> bool {
        self.after_forbidden == ordinal
    }

    /// What stands inside of a loop whose start was told to be forbidden: that is all that is said of it.
    pub(super) fn in_forbidden(&mut self, segment: &Arrival) -> Option<Placed> {
        let id = segment.id();
        let others = self.guide.forbidden.get(self.forbidden_part)?.get(1..)?;
        others.iter().find(|other| ***other == *id)?;
        self.after_forbidden = segment.ordinal + 1;
        Some(self.taken_out(id))
    }

    /// What a partner's guide has taken out: a segment, or the first of a loop.
    pub(super) fn forbidden(&mut self, segment: &Arrival, faults: &mut Faults) -> Option<Placed> {
        let (id, ordinal) = (segment.id(), segment.ordinal);
        let is_it = |part: &Vec<Box<str>>| part.first().is_some_and(|first| **first == *id);
        self.forbidden_part = self.guide.forbidden.iter().position(is_it)?;
        self.after_forbidden = ordinal + 1;
        let parent = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        if !faults.again(codes::NOT_IN_SET, id, parent) {
            let sentence = format!("Segment {ordinal}: {} forbids {id} here.", self.guide.words());
            let fault =
                Fault::new(codes::NOT_IN_SET, segment.place(), sentence).found(id).expected(self.expected_here());
            faults.push(fault.remedy(format!("Leave {id} out. If it may come, take `forbidden` out of the guide.")));
        }
        Some(self.taken_out(id))
    }

    fn taken_out(&self, id: &str) -> Placed {
        let parent = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        let spec = self.guide.segments.keys().position(|known| **known == *id);
        spec.map_or(Placed { parent, ..Placed::UNKNOWN }, |at| Placed { parent, spec: at as u32, name: u32::MAX })
    }

    /// No place for it: out of order, not in this set, or not in the standard.
    pub(super) fn refuse(&mut self, segment: &Arrival, faults: &mut Faults) -> Placed {
        let (id, ordinal) = (segment.id(), segment.ordinal);
        let node = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        // A set of a million such segments is told by the first: what each might be isn't looked for.
        if faults.are_enough() {
            faults.push_unseen();
            return self.passed_over(segment);
        }
        let set = format!("{} {}", self.guide.kind, self.guide.version);
        if let Some(at) = self.guide.segments.keys().position(|known| &**known == id) {
            let opener = self.opener(segment);
            faults.misplaced(segment, opener, || {
                let sentence = format!("Segment {ordinal} ({id}) doesn't belong here.");
                Fault::new(codes::OUT_OF_PLACE, segment.place(), sentence).found(id).expected(self.expected_here())
            });
            return Placed { parent: node, spec: at as u32, name: u32::MAX };
        }
        if faults.belongs_to_torn(ordinal) {
            return self.passed_over(segment);
        }
        let (code, sentence) = match self.guide.knows(id) {
            true => (codes::NOT_IN_SET, format!("Segment {ordinal}: {set} has no segment {id}.")),
            false => {
                let capitals = id.to_ascii_uppercase();
                let small = if self.guide.knows(&capitals) {
                    format!(": {capitals} is written in capitals")
                } else {
                    String::new()
                };
                (codes::UNKNOWN_SEGMENT, format!("Segment {ordinal}: the standard knows no segment {id}{small}."))
            }
        };
        let fault = Fault::new(code, segment.place(), sentence).found(id).expected(self.expected_here());
        self.unknown(segment, fault, faults)
    }

    /// One that nobody knows, of which this is to be told.
    fn unknown(&mut self, segment: &Arrival, fault: Fault, faults: &mut Faults) -> Placed {
        self.after_unknown = segment.ordinal + 1;
        if self.unknown == Severity::Reject {
            (self.excused, self.unknown_id) = (segment.ordinal + 1, Some(segment.id().into()));
        }
        as_agreed(fault, self.unknown).into_iter().for_each(|fault| faults.push(fault));
        let parent = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        Placed { parent, ..Placed::UNKNOWN }
    }

    /// One that has no id.
    pub fn nameless(&mut self, segment: &Arrival, fault: Fault, faults: &mut Faults) -> Placed {
        match () {
            () if faults.are_enough() => self.refuse(segment, faults),
            () if faults.belongs_to_torn(segment.ordinal) => self.passed_over(segment),
            () => self.unknown(segment, fault, faults),
        }
    }

    /// One of which nothing is told: another fault does.
    fn passed_over(&mut self, segment: &Arrival) -> Placed {
        (self.after_unknown, self.excused) = (segment.ordinal + 1, segment.ordinal + 1);
        let parent = self.frames.last().map_or(NodeId(0), |frame| frame.node);
        Placed { parent, ..Placed::UNKNOWN }
    }

    /// A loop that isn't open and would take it: its slot, and the segment that opens it.
    fn opener(&mut self, segment: &Arrival) -> Option<(u32, Box<str>)> {
        if only_closes(segment.id) {
            return None;
        }
        let (_, path) = self.loop_without_start(pack(segment.id), segment, true)?;
        let slot = path.first()?;
        Some((*slot, self.guide.plan.slots[*slot as usize].opening().into()))
    }

    /// It has a place, but further on: something that must be before it follows.
    pub(super) fn early(&mut self, before: u32, slot: u32, segment: &Arrival, faults: &mut Faults) -> Placed {
        // Only the lines that the summary counts: what has a place of its own further on seldom lacks another loop.
        let line = totals::counted(&self.guide.kind);
        let opener = self.opener(segment).filter(|(_, opening)| line == Some(opening) && **opening != *segment.id());
        let slots = &self.guide.plan.slots;
        faults.misplaced(segment, opener, || {
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
}

/// What is told of a segment that nobody knows.
pub(crate) fn as_agreed(fault: Fault, unknown: Severity) -> Option<Fault> {
    match unknown {
        Severity::Ignore => None,
        Severity::Warn => Some(tolerated(fault, Costs::Segment)),
        Severity::Reject => Some(fault),
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
