//! What is wrong in one set, while it is read: one fault for one cause, in document order.

use super::structure::{Arrival, is_slip};
use crate::{
    codes,
    fault::{Costs, Fault, Layer},
    piece::Strictness,
    place::{At, Place},
    tree::NodeId,
};
use std::{collections::HashMap, ops::RangeInclusive};

/// The most faults kept of one set: a set of rubbish must not fill memory with sentences.
const MOST_FAULTS: usize = 500;

/// Faults in the order found, bounded in number.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    strictness: Strictness,
    ignored: u32,
    dropped: u32,
    /// One of them costs the set.
    refuses: bool,
    over: Option<(&'static str, Box<str>, NodeId)>,
    /// Loops that nothing opened, by their slot and the node they stand below: which fault tells of it, and how many more
    /// times it was so.
    unopened: HashMap<(u32, u32), (usize, u32)>,
    /// Segments at the wrong place, one behind the other.
    row: Option<Row>,
    /// What may be missing before such rows.
    wanting: Vec<Box<str>>,
    /// The ids of all segments at the wrong place.
    misplaced: Vec<Box<str>>,
    /// Behind binary data whose length is wrong: the next ordinal that may be a part of it, and how many were.
    torn: (u32, u32),
    /// How many terminators stand in such data: as many of its parts may be segments.
    swallowed: u32,
    /// Segments that the tree has no node for, since there are enough like them.
    left_out: u32,
    /// What says of one element what another fault says of the first one that holds the value.
    repeated: Vec<(Box<str>, Place)>,
}

/// Segments at the wrong place that follow each other: what put the first one there mostly put the others there, too.
#[derive(Debug)]
struct Row {
    /// The fault that tells of them, and the place of the first one.
    at: usize,
    place: Place,
    /// The last one, and how many stand behind the first.
    last: u32,
    id: Box<str>,
    more: u32,
    /// The slot and the opening segment of a loop in which all of them would be right.
    opener: Option<(u32, Box<str>)>,
}

impl Row {
    /// What the fault says once the row is at its end.
    fn told(self, fault: &mut Fault, wanting: &mut Vec<Box<str>>) {
        let Row { last, id, more, opener, .. } = self;
        let others = match more {
            0 => None,
            1 => Some(format!("nor does segment {last} ({id}) behind it")),
            more => Some(format!("nor do the {more} behind it, up to segment {last} ({id})")),
        };
        if let Some(others) = others {
            fault.sentence = format!("{}, {others}.", fault.sentence.trim_end_matches('.')).into();
        }
        if let Some((_, opener)) = opener {
            fault.expected = format!("{}; or {opener} before {}", fault.expected, fault.found).into();
            wanting.push(opener);
        }
    }
}

impl Faults {
    /// None yet.
    pub fn by(strictness: Strictness) -> Faults {
        Faults { strictness, ..Faults::default() }
    }

    pub fn push(&mut self, fault: Fault) {
        let Some(fault) = self.strictness.judge(fault) else {
            self.ignored += 1;
            return;
        };
        self.push_as_it_is(fault);
    }

    /// One that no agreement lets pass.
    pub fn push_as_it_is(&mut self, fault: Fault) {
        // What the envelope says of the set is few, and never left out; nor is what refuses it.
        let refuses = fault.costs >= Costs::Set && !self.refuses;
        self.refuses |= refuses;
        match self.list.len() < MOST_FAULTS || fault.layer == Layer::Envelope || refuses {
            true => self.list.push(fault),
            false => self.dropped += 1,
        }
    }

    /// True once nothing more that is found within the set would be shown, or change what becomes of it.
    pub fn are_enough(&self) -> bool {
        self.list.len() >= MOST_FAULTS && self.refuses
    }

    /// One more, of which only the number is kept.
    pub fn push_unseen(&mut self) {
        self.dropped += 1;
    }

    /// How many there are so far, those that nobody wants to know of among them.
    pub fn count(&self) -> usize {
        self.list.len() + (self.dropped + self.ignored) as usize
    }

    /// How many of them cost the set.
    pub fn refusing(&self) -> usize {
        self.list.iter().filter(|fault| fault.costs >= Costs::Set).count()
    }

    /// The ordinals of the segments that those are about which cost so much at least.
    pub fn ordinals(&self, least: Costs) -> Vec<u32> {
        let costly = self.list.iter().filter(|fault| fault.costs >= least);
        let ordinal = |fault: &Fault| match fault.place.at {
            At::Segment { ordinal, .. } => Some(ordinal),
            _ => None,
        };
        costly.filter_map(ordinal).collect()
    }

    /// True if one of them has this code.
    pub fn has(&self, code: &str) -> bool {
        self.list.iter().any(|fault| *fault.code == *code)
    }

    /// Adds to what the last fault says, if it came when there were so many, and is kept.
    pub fn say_too(&mut self, before: usize, more: &str) {
        if self.count() > before
            && let Some(last) = self.list.get_mut(before)
        {
            last.sentence = format!("{}{more}", last.sentence).into();
        }
    }

    /// True if an element costs the set with one of these codes.
    pub fn refuse(&self, element: &Place, codes: &[&str]) -> bool {
        let mut refusing = self.list.iter().filter(|fault| fault.costs >= Costs::Set);
        refusing.any(|fault| fault.place.at == element.at && codes.contains(&&*fault.code))
    }

    /// Takes back what was told of an element by a code: another one tells it.
    pub fn forget(&mut self, element: &Place, code: &str) {
        let told = self.list.iter().filter(|fault| fault.place.at == element.at && *fault.code == *code);
        self.repeated.extend(told.map(|fault| (fault.code.clone(), fault.place.clone())));
    }

    /// What is told of one element isn't told of another one that says the same again.
    pub fn tell_once(&mut self, first: &Place, again: &Place) {
        let told: Vec<_> = self.list.iter().filter(|fault| fault.place.at == first.at).collect();
        let same = |fault: &&Fault| told.iter().any(|told| told.code == fault.code && told.found == fault.found);
        let repeated = self.list.iter().filter(|fault| fault.place.at == again.at).filter(same);
        self.repeated.extend(repeated.map(|fault| (fault.code.clone(), fault.place.clone())));
    }

    /// True if the last thing that was too many was the same below the same node.
    pub fn again(&mut self, code: &'static str, name: &str, parent: NodeId) -> bool {
        let same = self.over.as_ref().is_some_and(|(c, n, p)| *c == code && &**n == name && *p == parent);
        if !same {
            self.over = Some((code, name.into(), parent));
        }
        same
    }

    /// A loop that nothing opens: once for each slot and parent, since what is left out at one place is mostly left out at
    /// all.
    pub fn unopened(&mut self, (slot, parent): (u32, NodeId), fault: impl FnOnce() -> Fault) {
        if let Some((_, more)) = self.unopened.get_mut(&(slot, parent.0)) {
            *more += 1;
            return;
        }
        let at = self.list.len();
        self.push(fault());
        if self.list.len() > at {
            self.unopened.insert((slot, parent.0), (at, 0));
        }
    }

    /// A segment at the wrong place: one fault for all that follow each other. `opener` is a loop that isn't open and would
    /// take it.
    pub fn misplaced(&mut self, segment: &Arrival, opener: Option<(u32, Box<str>)>, fault: impl FnOnce() -> Fault) {
        let last = segment.ordinal;
        if !self.is_misplaced(segment.id()) {
            self.misplaced.push(segment.id().into());
        }
        if let Some(row) = self.row.as_mut().filter(|row| row.last + 1 == last) {
            (row.last, row.id, row.more) = (last, segment.id().into(), row.more + 1);
            row.opener = row.opener.take().filter(|known| opener.is_some_and(|opener| opener.0 == known.0));
            return;
        }
        self.end_row();
        let at = self.list.len();
        self.push(fault());
        if self.list.len() > at {
            let (place, id) = (segment.place(), segment.id().into());
            self.row = Some(Row { at, place, last, id, more: 0, opener });
        }
    }

    /// True if a segment of this id stands at the wrong place: then it isn't missing at the right one.
    pub fn is_misplaced(&self, id: &str) -> bool {
        self.misplaced.iter().any(|known| **known == *id)
    }

    /// A segment whose binary data may go on behind the terminator that was taken for its end, since its length is wrong;
    /// or may have ended before, at one of the terminators that stand in what was taken for them.
    pub fn torn(&mut self, ordinal: u32, swallowed: u32) {
        self.torn.0 = ordinal + 1;
        self.swallowed += swallowed;
    }

    /// True of what nobody knows and stands right behind such data, or behind another part of it.
    pub fn belongs_to_torn(&mut self, ordinal: u32) -> bool {
        let belongs = self.torn.0 == ordinal;
        if belongs {
            self.torn = (ordinal + 1, self.torn.1 + 1);
        }
        belongs
    }

    /// One more segment that the tree has no node for.
    pub fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// How many segments a set may be said to have, of which so many have nodes, and so many were cut out. Parts of torn data
    /// may be none; and what was taken for such data may be some.
    pub fn segments(&self, nodes: usize, cut: u32) -> RangeInclusive<u32> {
        let (_, parts) = self.torn;
        let least = (nodes as u32 + self.left_out).saturating_sub(parts);
        least..=cut.saturating_add(self.swallowed)
    }

    fn end_row(&mut self) {
        if let Some(row) = self.row.take()
            && let Some(fault) = self.list.get_mut(row.at)
        {
            row.told(fault, &mut self.wanting);
        }
    }

    /// A loop that nothing opens, of which the segments at the wrong place just before are part, too: their fault is this
    /// one. `fault` makes it for the first of them.
    pub fn opens_row(
        &mut self,
        (slot, parent): (u32, NodeId),
        ordinal: u32,
        fault: impl FnOnce(&Place) -> Fault,
    ) -> bool {
        let belongs =
            |row: &Row| row.last + 1 == ordinal && row.opener.as_ref().is_some_and(|(opener, _)| *opener == slot);
        let key = (slot, parent.0);
        if !self.row.as_ref().is_some_and(belongs) || self.unopened.contains_key(&key) {
            return false;
        }
        let Some(row) = self.row.take() else { return false };
        let fault = self.strictness.judge(fault(&row.place));
        match (self.list.get_mut(row.at), fault) {
            (Some(told), Some(fault)) => {
                *told = fault;
                self.unopened.insert(key, (row.at, 0));
                true
            }
            _ => false,
        }
    }

    /// The faults of unknown segments that cost the set and may be one of this name, misspelt or without its id.
    fn slips<'a>(&'a self, segment: &'a str) -> impl Iterator<Item = usize> + 'a {
        let unknown = |fault: &Fault| [codes::UNKNOWN_SEGMENT, codes::NOT_IN_SET].contains(&&*fault.code);
        let refusing = self.list.iter().enumerate().filter(|(_, fault)| fault.costs >= Costs::Set);
        let slips = refusing.filter(move |(_, fault)| {
            let At::Segment { id, .. } = &fault.place.at else { return false };
            unknown(fault) && (id.is_empty() || is_slip(id, segment))
        });
        slips.map(|(at, _)| at)
    }

    /// Adds to what is told of an unknown segment, if one may be of this name, and no other one.
    pub fn say_of_slip(&mut self, segment: &str, more: &str) -> bool {
        let mut slips = self.slips(segment);
        let (Some(at), None) = (slips.next(), slips.next()) else { return false };
        drop(slips);
        self.list[at].sentence = format!("{} {more}", self.list[at].sentence).into();
        true
    }

    /// True if a fault says that a segment of this name is missing, or stands at the wrong place, or that one is unknown
    /// which may be it. A level that others name is a missing HL.
    pub fn tell_of(&self, segment: &str) -> bool {
        let codes = [codes::NO_LOOP_START, codes::MISSING_SEGMENT, codes::OUT_OF_PLACE, codes::HL_PARENT];
        let named = |fault: &Fault| matches!(&fault.place.at, At::Segment { id, .. } if &**id == segment);
        let row = self.row.as_ref().and_then(|row| row.opener.as_ref());
        let mut wanting = self.wanting.iter().chain(row.map(|(_, opener)| opener));
        self.list.iter().any(|fault| codes.contains(&&*fault.code) && named(fault))
            || wanting.any(|id| **id == *segment)
            || self.slips(segment).next().is_some()
    }

    /// Adds to what is told of a loop that lacks the segment opening it, if that is told and not more than once.
    pub fn say_of_missing(&mut self, opener: &str, more: &str) -> bool {
        let named = |fault: &Fault| matches!(&fault.place.at, At::Segment { id, .. } if &**id == opener);
        let mut told = (0..self.list.len()).filter(|at| {
            let fault = &self.list[*at];
            named(fault) && [codes::NO_LOOP_START, codes::MISSING_SEGMENT].contains(&&*fault.code)
        });
        let (Some(at), None) = (told.next(), told.next()) else { return false };
        if self.unopened.values().any(|(fault, times)| *fault == at && *times > 0) {
            return false;
        }
        self.list[at].sentence = format!("{} {more}", self.list[at].sentence).into();
        true
    }

    /// Adds to what is told of the first element of a segment, if that is told to be missing.
    pub fn say_of_element(&mut self, segment: &Place, more: &str) -> bool {
        let At::Segment { ordinal, .. } = segment.at else { return false };
        let its = |fault: &&mut Fault| {
            *fault.code == *codes::MISSING_ELEMENT
                && matches!(fault.place.at, At::Segment { ordinal: n, element: Some(1), .. } if n == ordinal)
        };
        let Some(fault) = self.list.iter_mut().find(its) else { return false };
        fault.sentence = format!("{} {more}", fault.sentence).into();
        true
    }

    /// All of them in document order; the last one says how many more there were.
    pub fn into_list(mut self) -> Vec<Fault> {
        self.end_row();
        for (at, more) in self.unopened.values().filter(|(_, more)| *more > 0) {
            if let Some(fault) = self.list.get_mut(*at) {
                let times = if *more == 1 { "once".into() } else { format!("{more} times") };
                fault.sentence = format!("{} The same is so {times} more behind it.", fault.sentence).into();
            }
        }
        let repeated =
            |fault: &Fault| self.repeated.iter().any(|(code, place)| *code == fault.code && *place == fault.place);
        self.list.retain(|fault| !repeated(fault));
        self.list.sort_by_key(|fault| fault.place.byte);
        if let (Some(last), 1..) = (self.list.last_mut(), self.dropped) {
            last.sentence = format!("{} ({} more faults are not shown.)", last.sentence, self.dropped).into();
        }
        self.list
    }
}
