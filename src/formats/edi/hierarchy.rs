//! What segments of a set say of each other by numbers: levels, and the names of bounded loops. X12 segments HL, LS, LE;
//! EDIFACT segment CPS.

use super::{faults::Faults, roll::Roll};
use crate::{
    codes,
    fault::{Costs, Fault},
    names::Fixed,
    tree::{NodeId, Tree},
};
use std::collections::HashMap;

/// So many levels without a number are told of those that name them: a set may have a million of them.
const MOST_NAMED: usize = 100;

const NAMES: [Fixed; 4] = [Fixed::of("HL"), Fixed::of("CPS"), Fixed::of("LS"), Fixed::of("LE")];

/// What the levels of a set are made by, and what else is so in its standard.
struct Levels<'a> {
    tree: &'a Tree,
    /// `HL`, `CPS`: its first element is the level's own number, the second the number of the level above.
    id: &'static str,
    list: Vec<Level<'a>>,
    /// Segments of levels that have no number of their own.
    unnumbered: Vec<NodeId>,
}

/// A level: its own number, the one it belongs to, and its segment.
struct Level<'a> {
    number: &'a str,
    above: &'a str,
    segment: NodeId,
}

/// Checks HL01, HL02, CPS01, CPS02 and LE01; `segments` are all that the set has, `told` is what was found so far.
pub(crate) fn check(tree: &Tree, segments: &Roll, told: &mut Faults) {
    let [hl, cps, ls, le] = NAMES.map(|name| tree.number_of_fixed(name).unwrap_or(u32::MAX));
    if [hl, cps, ls, le] == [u32::MAX; 4] {
        return;
    }
    if segments.named([ls, le]).next().is_none() && are_in_turn(tree, segments.named([hl, cps])) {
        return;
    }
    let id = if hl == u32::MAX { "CPS" } else { "HL" };
    let mut levels = Levels { tree, id, list: Vec::new(), unnumbered: Vec::new() };
    let (mut open, mut faults) = (Vec::new(), Vec::new());
    for segment in segments.named([hl, cps, ls, le]) {
        match tree.number(segment) {
            // One without a number lacks a mandatory element, and that is the fault.
            name if name == hl || name == cps => match level(tree, segment) {
                Some(level) => levels.list.push(level),
                None => levels.unnumbered.push(segment),
            },
            name if name == ls => open.push(value(tree, segment, 1)),
            _ => faults.extend(loop_name(tree, segment, open.pop())),
        }
    }
    if !levels.list.is_empty() {
        levels.order(told, &mut faults);
    }
    faults.into_iter().for_each(|fault| told.push(fault));
}

/// True of levels that are numbered from 1, each below one before it or below none: most are, and nothing is wrong with them.
fn are_in_turn(tree: &Tree, levels: impl Iterator<Item = NodeId>) -> bool {
    let said =
        |level, position| tree.at_position(level, position).and_then(|element| tree.value(element)).unwrap_or("");
    (1u32..).zip(levels).all(|(ordinal, level)| {
        let above = said(level, 2);
        number(said(level, 1)) == Some(ordinal)
            && (above.is_empty() || number(above).is_some_and(|above| (1..ordinal).contains(&above)))
    })
}

/// A number of up to nine digits without a zero before it.
fn number(value: &str) -> Option<u32> {
    let digit = |number: u32, byte: u8| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'));
    let is_written_so = value.len() <= 9 && !value.starts_with('0') && !value.is_empty();
    if is_written_so { value.bytes().try_fold(0, digit) } else { None }
}

fn level(tree: &Tree, segment: NodeId) -> Option<Level<'_>> {
    let number = value(tree, segment, 1);
    (!number.is_empty()).then(|| Level { number, above: value(tree, segment, 2), segment })
}

fn value(tree: &Tree, segment: NodeId, position: u16) -> &str {
    tree.at_position(segment, position).and_then(|element| tree.value(element)).unwrap_or("").trim()
}

impl Levels<'_> {
    fn order(&self, told: &mut Faults, faults: &mut Vec<Fault>) {
        let (id, levels) = (self.id, &self.list);
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (at, level) in levels.iter().enumerate() {
            first.entry(level.number).or_insert(at);
        }
        // The level above of each, by its place among them.
        let above: Vec<Option<usize>> = levels.iter().map(|level| first.get(level.above).copied()).collect();
        let circular = circular(&above);
        faults.extend(self.missing(&above, told));
        for (at, level) in levels.iter().enumerate() {
            let Level { number, above: named, .. } = level;
            let ordinal = at + 1;
            let twice = first.get(number).is_some_and(|known| *known != at);
            if twice {
                let sentence =
                    format!("{id}01 of the level {ordinal} is “{number}”, and a level before it has that number.");
                faults
                    .push(self.fault(level, "01", codes::HL_AGAIN, sentence).found(number).expected("another number"));
            }
            let said = |code, sentence: String| self.fault(level, "02", code, sentence).found(named);
            faults.extend(match above[at] {
                None => None,
                // The first level of a circle says it for all of them.
                Some(_) if circular[at] == Some(at) => {
                    let sentence =
                        format!("{id}02 of the level {number} is “{named}”: following it up leads back here.");
                    Some(said(codes::HL_CYCLE, sentence).expected("a level that is not below this one"))
                }
                Some(parent) if parent > at && circular[at].is_none() => {
                    let sentence = format!("{id}02 of the level {number} is “{named}”, and that level comes later.");
                    Some(said(codes::HL_ORDER, sentence).expected("the number of a level before it"))
                }
                Some(_) => None,
            });
        }
    }

    /// Levels that are named and aren't there: each is one fault, at the first level that names it. One that the set's structure
    /// misses, too, is told of there.
    fn missing(&self, above: &[Option<usize>], told: &mut Faults) -> Vec<Fault> {
        let (id, levels) = (self.id, &self.list);
        // By the number that is named: the first and the last level that do so, and how many stand behind the first.
        let mut children: Vec<(&Level, &Level, usize)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (level, _) in levels.iter().zip(above).filter(|(level, above)| above.is_none() && !level.above.is_empty()) {
            let at = *known.entry(level.above).or_insert(children.len());
            match children.get_mut(at) {
                Some((_, last, more)) => (*last, *more) = (level, *more + 1),
                None => children.push((level, level, 0)),
            }
        }
        if let [(first, _, more)] = &children[..] {
            let named = first.above;
            let words = match more {
                0 => format!("{id}02 of the level {} is “{named}”: that may be the missing one.", first.number),
                more => format!("{id}02 of {} levels is “{named}”: that may be the missing one.", more + 1),
            };
            if told.say_of_missing(id, &words) || told.say_of_slip(id, &words) {
                return vec![];
            }
        }
        if !children.is_empty() && children.len() <= self.unnumbered.len() {
            // Each that is named may be one that has no number.
            let mut unnumbered = self.unnumbered.iter().take(MOST_NAMED);
            children.retain(|(first, ..)| {
                let words = format!("{id}02 of the level {} is “{}”: that may be it.", first.number, first.above);
                !unnumbered.any(|segment| told.say_of_element(&self.tree.place(*segment), &words))
            });
        }
        children.into_iter().map(|(first, last, more)| self.unknown(first, last, more)).collect()
    }

    /// What is told of a number that no level has: the first and the last level that name it, and how many stand behind the
    /// first.
    fn unknown(&self, first: &Level, last: &Level, more: usize) -> Fault {
        let (id, number, named) = (self.id, first.number, first.above);
        let others = match more {
            0 => String::new(),
            1 => format!(" The level {} names it, too.", last.number),
            more => format!(" {more} more levels behind it, up to {}, name it, too.", last.number),
        };
        let sentence = format!("{id}02 of the level {number} is “{named}”, and no level has that number.{others}");
        if self.are_tops(first) {
            let (tops, none) = match more {
                0 => ("It is the first: that none is above it was read.", "nothing, for no level is above the first"),
                _ => (
                    "They are of the first one's kind: that none is above them was read.",
                    "nothing, for no level is above them",
                ),
            };
            let fault = self.fault(first, "02", codes::HL_PARENT, format!("{sentence} {tops}")).found(named);
            let remedy =
                format!("Nothing is lost by it. The sender should leave {id}02 empty where no level is above.");
            return fault.costs(Costs::Nothing).expected(none).remedy(remedy);
        }
        let fault = self.fault(first, "02", codes::HL_PARENT, sentence).found(named).expected("the number of a level");
        match more {
            0 => fault,
            more => fault
                .remedy(format!("Look whether the level {named} is missing: {} say that they are below it.", more + 1)),
        }
    }

    /// True if a level is the set's first one and names zero as the level above, and all that do so are of its kind: programs
    /// that count from 1 say so that nothing is above. One of another kind would stand below something.
    fn are_tops(&self, first: &Level) -> bool {
        let is_first = self.list.first().is_some_and(|top| top.segment == first.segment);
        let kind = |level: &Level| value(self.tree, level.segment, 3).to_owned();
        let mut same = self.list.iter().filter(|level| level.above == first.above);
        is_first && first.above.bytes().all(|byte| byte == b'0') && same.all(|level| kind(level) == kind(first))
    }

    /// Of a CPS it is a warning: what is packed in what may be lost by it, and no goods are.
    fn fault(&self, level: &Level, position: &str, code: &str, sentence: String) -> Fault {
        let element = self.tree.named(level.segment, position).next().unwrap_or(level.segment);
        let fault = Fault::new(code, self.tree.place(element), sentence);
        if self.id == "HL" {
            return fault;
        }
        let costs = fault.costs.min(Costs::Segment);
        fault.costs(costs)
    }
}

/// For each level in a circle the first one of that circle; nothing for the others.
fn circular(above: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut circle = vec![None; above.len()];
    // The walk that came to a level first; each level is gone through once.
    let mut walk = vec![usize::MAX; above.len()];
    for start in 0..above.len() {
        let mut at = start;
        while walk[at] == usize::MAX {
            walk[at] = start;
            match above[at] {
                Some(next) => at = next,
                None => break,
            }
        }
        // Back at a level of this same walk: what lies between is a circle.
        if above[at].is_some() && walk[at] == start {
            let members: Vec<usize> =
                std::iter::successors(Some(at), |n| above[*n].filter(|next| *next != at)).collect();
            let first = members.iter().min().copied();
            members.into_iter().for_each(|n| circle[n] = first);
        }
    }
    circle
}

fn loop_name(tree: &Tree, le: NodeId, begun: Option<&str>) -> Option<Fault> {
    let (begun, ended) = (begun?, value(tree, le, 1));
    if begun == ended || ended.is_empty() {
        return None;
    }
    let sentence = format!("LE01 is “{ended}”, and the loop was begun by LS as “{begun}”.");
    let place = tree.place(tree.at_position(le, 1).unwrap_or(le));
    Some(Fault::new(codes::LOOP_NAME, place, sentence).found(ended).expected(begun))
}
