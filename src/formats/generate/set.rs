//! One set: its segments by the guide, and what its counts and numbers must say.

use super::{
    random::Random,
    values,
    walk::{Plan, Slot, Taken, Walk},
};
use crate::{
    guides::{ElementSpec, Guide, SegmentSpec},
    piece::Standard,
    totals,
};

/// After so many segments beside the lines only what must be there is added.
const ENOUGH: usize = 80;

/// A segment to be written.
#[derive(Debug, Clone)]
pub(super) struct Line<'g> {
    pub id: String,
    /// None for one that the guide knows nothing of.
    pub spec: Option<&'g SegmentSpec>,
    /// The slot that it fills; of a loop's opening segment the loop's.
    pub slot: usize,
    /// Elements of components. Where repeats take positions of their own, those are here too.
    pub elements: Vec<Vec<String>>,
}

/// A set without its trailer's counts: those are made when it is written.
pub(super) type Lines<'g> = Vec<Line<'g>>;

/// What all sets of a guide are made with.
pub(super) struct Maker<'g> {
    pub guide: &'g Guide,
    pub plan: Plan<'g>,
    lists: values::Lists,
    /// The loop whose runs are the lines, if there is one.
    pub line: Option<usize>,
    /// Lines of each set; none: a few, by chance.
    pub lines: Option<u32>,
}

/// Loops that people call the lines of a document, the likeliest first.
const LINES: &[&str] = &[
    "PO1", "IT1", "POC", "RCD", "LIN", "CPS", "HL", "W01", "W04", "W07", "LX", "RMR", "ENT", "OID", "CNI", "GID", "DOC",
];

/// A set being made.
struct Making<'m, 'g> {
    maker: &'m Maker<'g>,
    random: Random,
    walk: Walk,
    made: Lines<'g>,
    control: &'m str,
    /// Segments beside the lines.
    beside: usize,
    in_line: bool,
    hierarchy: usize,
    lines: usize,
    uns: usize,
    cnt: usize,
    /// A mandatory part that a reader would not find at its place.
    lost: Option<usize>,
}

/// The runs of the line loop: given, or by chance.
fn wanted(maker: &Maker, slot: &Slot, random: &mut Random) -> u32 {
    maker.lines.unwrap_or_else(|| random.between(1, 5) as u32).min(slot.max)
}

impl<'g> Maker<'g> {
    pub fn new(guide: &'g Guide, lines: Option<u32>) -> Maker<'g> {
        let plan = Plan::of(guide);
        let loops = || (0..plan.roots).filter(|at| plan.slots[*at].is_loop());
        let counted = totals::counted(&guide.kind);
        let by_id = |id: &str| loops().find(|at| plan.slots[*at].id == id);
        let named = counted.into_iter().chain(LINES.iter().copied()).find_map(by_id);
        let line = named.or_else(|| loops().max_by_key(|at| (plan.slots[*at].max.min(100), std::cmp::Reverse(*at))));
        Maker { guide, plan, lists: values::Lists::default(), line, lines }
    }

    /// The set of this number: the same for the same seed, whatever was made before it. An error names a mandatory part
    /// that the guide has where a reader can't tell it from another.
    pub fn set(&self, control: &str, random: Random) -> Result<Lines<'g>, &'g str> {
        let mut making = Making {
            maker: self,
            walk: Walk::new(&self.plan),
            random,
            made: Vec::new(),
            control,
            beside: 0,
            in_line: false,
            hierarchy: 0,
            lines: 0,
            uns: 0,
            cnt: 0,
            lost: None,
        };
        making.level(0, self.plan.roots, &mut Vec::new());
        match making.lost {
            Some(slot) => Err(self.plan.slots[slot].name),
            None => Ok(making.made),
        }
    }

    fn edifact(&self) -> bool {
        self.guide.standard == Standard::Edifact
    }
}

impl<'g> Making<'_, 'g> {
    /// The parts of a level in their order. `later`: what must still come behind it.
    fn level(&mut self, first: usize, end: usize, later: &mut Vec<&'g str>) {
        for at in first..end {
            let slot = self.maker.plan.slots[at].clone();
            let before = later.len();
            let behind = &self.maker.plan.slots[at + 1..end];
            later.extend(behind.iter().filter(|slot| slot.mandatory).map(|slot| slot.id));
            let times = self.times(at, &slot, later);
            for _ in 0..times {
                if self.walk.look(&self.maker.plan, slot.id) != Taken::At(at) {
                    break;
                }
                self.part(at, &slot, later);
            }
            if slot.mandatory && times > 0 && !self.made.iter().any(|line| line.slot == at) {
                self.lost = self.lost.or(Some(at));
            }
            later.truncate(before);
        }
    }

    fn times(&mut self, at: usize, slot: &Slot, later: &[&str]) -> u32 {
        if Some(at) == self.maker.line {
            return wanted(self.maker, slot, &mut self.random).max(u32::from(slot.mandatory));
        }
        // What a reader would look for in this loop must not come behind it.
        let takes_away = !slot.mandatory && slot.is_loop() && later.iter().any(|id| self.maker.plan.holds(at, id));
        let chance = match (self.beside < ENOUGH, self.in_line, slot.is_loop()) {
            (false, false, _) => 0,
            (_, true, true) => 6,
            (_, true, false) => 20,
            (true, false, _) => 25,
        };
        let once = u32::from(slot.mandatory || (!takes_away && self.random.percent(chance)));
        let again = slot.max > 1 && once == 1 && self.beside < ENOUGH && self.random.percent(25);
        once + u32::from(again)
    }

    /// One segment, or one run of a loop.
    fn part(&mut self, at: usize, slot: &Slot<'g>, later: &mut Vec<&'g str>) {
        let outside = self.in_line;
        self.in_line |= Some(at) == self.maker.line;
        self.beside += usize::from(!self.in_line);
        self.lines += usize::from(Some(at) == self.maker.line);
        self.walk.take(&self.maker.plan, slot.id);
        self.segment(at, slot);
        if slot.is_loop() {
            self.run(slot, later);
        }
        self.in_line = outside;
    }

    /// What follows a loop's opening segment, which may open an inner loop too.
    fn run(&mut self, slot: &Slot<'g>, later: &mut Vec<&'g str>) {
        let first = self.maker.plan.slots[slot.first].clone();
        if first.is_loop() {
            self.run(&first, later);
        }
        self.level(slot.first + 1, slot.end, later);
    }

    fn segment(&mut self, at: usize, slot: &Slot<'g>) {
        let spec = self.maker.guide.segments.get(slot.id).map(|spec| &**spec);
        let mut elements = spec.map(|spec| self.elements(spec)).unwrap_or_default();
        self.special(slot, &mut elements);
        self.made.push(Line { id: slot.id.to_owned(), spec, slot: at, elements });
    }

    fn elements(&mut self, spec: &SegmentSpec) -> Vec<Vec<String>> {
        let there = values::present(&spec.elements, &spec.notes, 25, &mut self.random);
        // ISO 9735 up to syntax 3: a repeat is written as a position of its own.
        let spread = self.maker.edifact() && !self.maker.guide.version.starts_with("v4");
        let mut all = Vec::new();
        for (element, there) in spec.elements.iter().zip(there) {
            all.push(if there { self.element(element) } else { Vec::new() });
            let more = if spread { element.repeats.saturating_sub(1) } else { 0 };
            all.extend((0..more).map(|_| Vec::new()));
        }
        all
    }

    fn element(&mut self, spec: &ElementSpec) -> Vec<String> {
        match &*spec.reference {
            // Lines count themselves: X12 350 and 554, UN/EDIFACT 1082.
            "350" | "554" | "1082" if self.lines > 0 => vec![self.lines.to_string()],
            _ => values::element(spec, &self.maker.lists, &mut self.random),
        }
    }

    /// Segments whose values depend on others.
    fn special(&mut self, slot: &Slot<'g>, elements: &mut Vec<Vec<String>>) {
        let plain = |values: &[&str]| values.iter().map(|value| vec![(*value).to_owned()]).collect::<Vec<_>>();
        let guide = self.maker.guide;
        match (guide.standard, slot.id) {
            (Standard::X12, "ST") => *elements = plain(&[&guide.kind, self.control]),
            (Standard::X12, "SE") => *elements = plain(&["", self.control]),
            (Standard::X12, "HL") => self.hierarchy(elements),
            (Standard::X12, "CTT") => elements.truncate(1),
            (Standard::X12, "LS" | "LE") => *elements = plain(&[&self.bounds(slot.id)]),
            (Standard::X12, "BIN" | "BDS") => self.binary(slot.id, elements),
            (Standard::Edifact, "UNH") => {
                let (version, release) = super::version(guide);
                let identifier = [&*guide.kind, version, release, "UN"].map(str::to_owned).to_vec();
                *elements = vec![vec![self.control.to_owned()], identifier];
            }
            (Standard::Edifact, "CPS") => self.packing(elements),
            (Standard::Edifact, "UNT") => *elements = plain(&["", self.control]),
            (Standard::Edifact, "UNS") => {
                self.uns += 1;
                let all = self.maker.plan.slots[..self.maker.plan.roots].iter().filter(|s| s.id == "UNS").count();
                *elements = plain(&[if self.uns < all { "D" } else { "S" }]);
            }
            (Standard::Edifact, "UGH" | "UGT") => *elements = plain(&["1"]),
            (Standard::Edifact, "CNT") => {
                self.cnt += 1;
                *elements = vec![vec![(if self.cnt == 1 { "2" } else { "7" }).to_owned(), "1".to_owned()]];
            }
            (Standard::X12, _) => self.dated(slot.id, elements),
            _ => {}
        }
    }

    /// LS and LE name the loop between them.
    fn bounds(&self, id: &str) -> String {
        let opened =
            self.made.iter().rev().find(|line| line.id == "LS").and_then(|line| line.elements.first()?.first());
        if let (Some(name), "LE") = (opened, id) {
            return name.clone();
        }
        let slots = &self.maker.plan.slots;
        let around = slots.iter().find(|slot| slot.is_loop() && slot.id == "LS" && self.is_open(slot));
        let inner = around.and_then(|around| slots[around.first..around.end].iter().find(|slot| slot.is_loop()));
        inner.map_or("0100".to_owned(), |slot| slot.id.to_owned())
    }

    fn is_open(&self, slot: &Slot) -> bool {
        matches!(self.walk.look(&self.maker.plan, "LE"), Taken::At(at) if (slot.first..slot.end).contains(&at))
    }

    /// HL01 counts, HL02 names the one above, HL03 what it is: shipment, order, items.
    fn hierarchy(&mut self, elements: &mut Vec<Vec<String>>) {
        self.hierarchy += 1;
        let above = self.hierarchy.saturating_sub(1).min(2);
        let above = if above == 0 { String::new() } else { above.to_string() };
        let level = ["S", "O", "I"][self.hierarchy.min(3) - 1];
        *elements = vec![vec![self.hierarchy.to_string()], vec![above], vec![level.to_owned()]];
    }

    /// CPS01 counts, CPS02 names the first one: packages below the consignment.
    fn packing(&mut self, elements: &mut Vec<Vec<String>>) {
        self.hierarchy += 1;
        let above = if self.hierarchy > 1 { "1" } else { "" };
        let rest = elements.split_off(elements.len().min(2));
        *elements = vec![vec![self.hierarchy.to_string()], vec![above.to_owned()]];
        elements.extend(rest);
    }

    /// Binary data has its length before it, and whatever bytes.
    fn binary(&mut self, id: &str, elements: &mut [Vec<String>]) {
        let data = elements.iter().rposition(|e| !e.is_empty());
        let at = if id == "BIN" { 1 } else { 2 };
        if let Some(at) = data.filter(|found| *found >= at) {
            let length: usize = elements[at].iter().map(String::len).sum();
            elements[at - 1] = vec![length.to_string()];
        }
    }

    /// A date says in which form it is: X12 1250 before 1251.
    fn dated(&mut self, id: &str, elements: &mut [Vec<String>]) {
        let Some(spec) = self.maker.guide.segments.get(id) else { return };
        let is = |at: usize, reference: &str| spec.elements.get(at).is_some_and(|e| *e.reference == *reference);
        for at in 1..elements.len() {
            if is(at, "1251") && is(at - 1, "1250") && !elements[at].is_empty() && !elements[at - 1].is_empty() {
                elements[at - 1] = vec!["D8".to_owned()];
                elements[at] = vec![values::calendar(8, &mut self.random)];
            }
        }
    }
}

/// Fills in what counts: SE01, UNT, CTT01, CNT. `wrong` is added to the trailer's count.
pub(super) fn count(lines: &mut Lines, guide: &Guide, wrong: usize) {
    let counted = totals::counted(&guide.kind);
    let is_line = |line: &&Line| counted.is_some_and(|id| line.id == id);
    let items = lines.iter().filter(is_line).count().max(usize::from(counted.is_none())).to_string();
    let all = (lines.len() + wrong).to_string();
    for line in lines {
        match (line.id.as_str(), line.elements.first_mut()) {
            ("SE" | "UNT", Some(first)) => *first = vec![all.clone()],
            ("CTT", Some(first)) => *first = vec![items.clone()],
            ("CNT", Some(first)) if first.first().is_some_and(|q| q == "2") => {
                *first = vec!["2".to_owned(), items.clone()];
            }
            _ => {}
        }
    }
}
