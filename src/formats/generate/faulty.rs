//! Breaks one thing in a set, and says what and where.

use super::{
    random::Random,
    set::{Line, Lines, Maker, count},
    walk::{Taken, Walk},
};
use crate::{
    codes,
    guides::{Class, ElementSpec, RelationKind},
};
use serde::Serialize;

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    MissingElement,
    TooLong,
    TooShort,
    WrongCharacters,
    BadDate,
    BadTime,
    UnknownCode,
    TooManyElements,
    TooManyComponents,
    BrokenNote,
    UnknownSegment,
    ForeignSegment,
    MissingSegment,
    SegmentTooOften,
    OutOfPlace,
    NoLoopStart,
    SetCount,
    SetControl,
    LineCount,
    GroupCount,
    InterchangeControl,
}

impl Kind {
    /// All of them; the last two are around the sets and only broken when asked for.
    pub const ALL: &[Kind] = &[
        Kind::MissingElement,
        Kind::TooLong,
        Kind::TooShort,
        Kind::WrongCharacters,
        Kind::BadDate,
        Kind::BadTime,
        Kind::UnknownCode,
        Kind::TooManyElements,
        Kind::TooManyComponents,
        Kind::BrokenNote,
        Kind::UnknownSegment,
        Kind::ForeignSegment,
        Kind::MissingSegment,
        Kind::SegmentTooOften,
        Kind::OutOfPlace,
        Kind::NoLoopStart,
        Kind::SetCount,
        Kind::SetControl,
        Kind::LineCount,
        Kind::GroupCount,
        Kind::InterchangeControl,
    ];
}

/// What was broken.
#[derive(Debug, Clone, Serialize)]
pub struct Broken {
    pub kind: Kind,
    /// The fault that a check must find.
    pub code: &'static str,
    /// The set's control number; empty around the sets.
    pub control: String,
    /// Counts from 1 in the set.
    pub segment: usize,
    /// `PO104`, or a segment's id.
    pub path: String,
    pub was: String,
    pub now: String,
}

impl Broken {
    /// The segment that stood at this place, from 0, was taken away.
    fn removed(kind: Kind, code: &'static str, at: usize, id: String) -> Broken {
        let (control, now) = (String::new(), String::new());
        Broken { kind, code, control, segment: at + 1, path: id.clone(), was: id, now }
    }

    pub(super) fn envelope(kind: Kind, x12: bool, was: String, now: String) -> Broken {
        let (code, path) = match (kind, x12) {
            (Kind::InterchangeControl, true) => (codes::INTERCHANGE_CONTROL, "IEA02"),
            (Kind::InterchangeControl, false) => (codes::INTERCHANGE_CONTROL, "UNZ02"),
            (_, true) => (codes::GROUP_COUNT, "GE01"),
            (_, false) => (codes::INTERCHANGE_COUNT, "UNZ01"),
        };
        Broken { kind, code, control: String::new(), segment: 0, path: path.to_owned(), was, now }
    }
}

/// Breaks one thing of a set and makes its counts; none if there was nothing of this kind to break.
pub(super) fn break_one<'g>(
    maker: &Maker<'g>,
    lines: &mut Lines<'g>,
    only: Option<Kind>,
    random: &mut Random,
) -> Option<Broken> {
    let mut kinds: Vec<Kind> = match only {
        Some(kind) => vec![kind],
        None => Kind::ALL[..Kind::ALL.len() - 2].to_vec(),
    };
    while !kinds.is_empty() {
        let kind = kinds.swap_remove(random.below(kinds.len()));
        if let Some(broken) = (Breaker { maker, random }).by(kind, lines) {
            return Some(broken);
        }
    }
    count(lines, maker.guide, 0);
    None
}

struct Breaker<'a, 'g> {
    maker: &'a Maker<'g>,
    random: &'a mut Random,
}

/// An element of a set: line, element, component, and what the guide says of it.
type Spot<'g> = (usize, usize, usize, &'g ElementSpec);

impl<'g> Breaker<'_, 'g> {
    fn by(&mut self, kind: Kind, lines: &mut Lines<'g>) -> Option<Broken> {
        let broken = match kind {
            Kind::UnknownSegment | Kind::ForeignSegment => self.foreign(kind, lines),
            Kind::MissingSegment => self.missing_segment(lines),
            Kind::SegmentTooOften => self.too_often(lines),
            Kind::OutOfPlace => self.out_of_place(lines),
            Kind::NoLoopStart => self.no_loop_start(lines),
            Kind::SetCount | Kind::SetControl | Kind::LineCount => return self.totals(kind, lines),
            Kind::GroupCount | Kind::InterchangeControl => None,
            Kind::BrokenNote => self.broken_note(lines),
            Kind::MissingElement => self.missing_element(lines),
            Kind::TooManyElements | Kind::TooManyComponents => self.too_many(kind, lines),
            _ => self.value(kind, lines),
        }?;
        count(lines, self.maker.guide, 0);
        Some(broken)
    }

    /// Headers, trailers and what counts are left alone: their faults are kinds of their own.
    fn may(line: &Line) -> bool {
        let service =
            ["ST", "SE", "UNH", "UNT", "UNS", "CTT", "CNT", "HL", "CPS", "LS", "LE", "BIN", "BDS", "UGH", "UGT", "TA1"];
        !service.contains(&line.id.as_str())
    }

    /// Values that stand there, of elements for which something holds.
    fn spots(&self, lines: &Lines<'g>, holds: impl Fn(&ElementSpec, &str) -> bool) -> Vec<Spot<'g>> {
        let mut found = Vec::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| Breaker::may(line)) {
            let Some(spec) = line.spec else { continue };
            for (position, values) in line.elements.iter().enumerate() {
                let Some(element) = self.spec_at(spec, position) else { continue };
                for (n, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
                    let spec = if element.components.is_empty() { Some(element) } else { element.components.get(n) };
                    found.extend(spec.filter(|spec| holds(spec, value)).map(|spec| (at, position, n, spec)));
                }
            }
        }
        found
    }

    /// The spec of a written position: a repeat that takes a position of its own has its element's.
    fn spec_at(&self, spec: &'g crate::guides::SegmentSpec, position: usize) -> Option<&'g ElementSpec> {
        if self.maker.guide.standard == crate::piece::Standard::X12 || self.maker.guide.version.starts_with("v4") {
            return spec.elements.get(position);
        }
        spec.elements.iter().flat_map(|e| (0..e.repeats).map(move |_| e)).nth(position)
    }

    fn value(&mut self, kind: Kind, lines: &mut Lines<'g>) -> Option<Broken> {
        let counted = |spec: &ElementSpec| {
            matches!(spec.class, Class::Text | Class::Alpha | Class::Whole | Class::Real | Class::Numeric)
        };
        let spots = self.spots(lines, |spec, value| match kind {
            Kind::TooLong => counted(spec) && (1..200).contains(&spec.max),
            Kind::TooShort => counted(spec) && spec.min > 1,
            Kind::WrongCharacters => matches!(spec.class, Class::Whole | Class::Real | Class::Numeric),
            Kind::BadDate => spec.class == Class::Date,
            Kind::BadTime => spec.class == Class::Time,
            // A list of one letter's length may hold every letter.
            _ => spec.codes.contains(value) && unknown(spec).is_some(),
        });
        let (at, element, component, spec) = self.random.pick(&spots).copied()?;
        let digits = matches!(spec.class, Class::Whole | Class::Real | Class::Numeric);
        let (code, now) = match kind {
            Kind::TooLong => (codes::TOO_LONG_VALUE, (if digits { "9" } else { "X" }).repeat(spec.max as usize + 1)),
            Kind::TooShort => (codes::TOO_SHORT, (if digits { "9" } else { "X" }).repeat(spec.min as usize - 1)),
            Kind::WrongCharacters => (codes::WRONG_CHARACTERS, "X".repeat(spec.min.max(1) as usize)),
            Kind::BadDate => (codes::BAD_DATE, (if spec.max >= 8 { "20261332" } else { "261332" }).to_owned()),
            Kind::BadTime => (codes::BAD_TIME, (if spec.min > 4 { "256100" } else { "2561" }).to_owned()),
            _ => (codes::UNKNOWN_CODE, unknown(spec)?),
        };
        let was = std::mem::replace(&mut lines[at].elements[element][component], now.clone());
        let composite = lines[at].spec.and_then(|s| self.spec_at(s, element)).is_some_and(|e| !e.components.is_empty());
        let path = path(
            &lines[at].id,
            element,
            (composite && lines[at].elements[element].iter().filter(|c| !c.is_empty()).count() + component > 1)
                .then_some(component),
        );
        Some(Broken { kind, code, control: String::new(), segment: at + 1, path, was, now })
    }

    fn missing_element(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let mut spots = Vec::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| Breaker::may(line)) {
            let elements = line.spec.map_or(&[][..], |spec| &spec.elements);
            let free = |position: usize| {
                !line.spec.is_some_and(|s| s.notes.iter().any(|n| n.positions.contains(&(position as u8 + 1))))
            };
            // One of several stays, so that the segment isn't empty.
            let others = line.elements.iter().filter(|e| e.iter().any(|c| !c.is_empty())).count() > 1;
            let plain = elements.iter().all(|e| e.repeats == 1);
            let mandatory = elements.iter().enumerate().filter(|(n, e)| e.mandatory && free(*n) && others && plain);
            spots.extend(mandatory.map(|(n, _)| (at, n)));
        }
        let (at, element) = self.random.pick(&spots).copied()?;
        let was = lines[at].elements[element].join(" ");
        lines[at].elements[element].clear();
        let path = path(&lines[at].id, element, None);
        let (kind, code) = (Kind::MissingElement, codes::MISSING_ELEMENT);
        Some(Broken { kind, code, control: String::new(), segment: at + 1, path, was, now: String::new() })
    }

    fn too_many(&mut self, kind: Kind, lines: &mut Lines<'g>) -> Option<Broken> {
        let mut spots = Vec::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| Breaker::may(line)) {
            let Some(spec) = line.spec else { continue };
            match kind {
                Kind::TooManyElements if spec.elements.iter().all(|e| e.repeats == 1) => {
                    spots.push((at, spec.elements.len(), 0))
                }
                Kind::TooManyElements => {}
                _ => {
                    let composites = line.elements.iter().enumerate().filter(|(_, e)| e.iter().any(|c| !c.is_empty()));
                    let counts = composites.filter_map(|(n, _)| Some((n, self.spec_at(spec, n)?.components.len())));
                    spots.extend(counts.filter(|(_, count)| *count > 0).map(|(n, count)| (at, n, count)));
                }
            }
        }
        let (at, element, component) = self.random.pick(&spots).copied()?;
        let line = &mut lines[at];
        line.elements.resize(line.elements.len().max(element + 1), Vec::new());
        let values = &mut line.elements[element];
        values.resize(values.len().max(component + 1), String::new());
        values[component] = "X1".to_owned();
        let within = (kind == Kind::TooManyComponents).then_some(component);
        let code = if within.is_some() { codes::TOO_MANY_COMPONENTS } else { codes::TOO_MANY_ELEMENTS };
        let path = path(&line.id, element, within);
        let (control, was) = (String::new(), String::new());
        Some(Broken { kind, code, control, segment: at + 1, path, was, now: "X1".into() })
    }

    /// Leaves out one of a pair, all of which one is wanted, and so on.
    fn broken_note(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let mut spots = Vec::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| Breaker::may(line)) {
            let Some(spec) = line.spec else { continue };
            let there = |n: usize| line.elements.get(n).is_some_and(|e| e.iter().any(|c| !c.is_empty()));
            for note in &spec.notes {
                let all: Vec<usize> = note.positions.iter().map(|p| usize::from(*p).wrapping_sub(1)).collect();
                let others = (0..line.elements.len()).any(|n| there(n) && !all.contains(&n));
                // Only this note is broken, and nothing that must be there is left out.
                let alone = all
                    .iter()
                    .all(|n| spec.notes.iter().filter(|note| note.positions.contains(&(*n as u8 + 1))).count() == 1);
                let free = all.iter().all(|n| spec.elements.get(*n).is_some_and(|e| !e.mandatory));
                let given = all.first().is_some_and(|first| there(*first));
                if !(alone && free && others && given) {
                    continue;
                }
                let (code, out) = match note.kind {
                    RelationKind::Paired => (codes::PAIRED, all[all.len() - 1..].to_vec()),
                    RelationKind::Required => (codes::ONE_REQUIRED, all.clone()),
                    RelationKind::Conditional => (codes::CONDITIONAL, all[all.len() - 1..].to_vec()),
                    RelationKind::List => (codes::LIST_CONDITIONAL, all[1..].to_vec()),
                    RelationKind::Exclusive => continue,
                };
                spots.push((at, note.text.clone(), code, out));
            }
        }
        let (at, note, code, out) = self.random.pick(&spots).cloned()?;
        let mut was = Vec::new();
        for element in &out {
            was.push(lines[at].elements.get(*element).map_or(String::new(), |e| e.join(" ")));
            if let Some(values) = lines[at].elements.get_mut(*element) {
                values.clear();
            }
        }
        let path = path(&lines[at].id, out[0], None);
        let now = format!("breaks {note}");
        Some(Broken {
            kind: Kind::BrokenNote,
            code,
            control: String::new(),
            segment: at + 1,
            path,
            was: was.join(" ").trim().to_owned(),
            now,
        })
    }

    /// A segment that the standard, or this set, doesn't have.
    fn foreign(&mut self, kind: Kind, lines: &mut Lines<'g>) -> Option<Broken> {
        let guide = self.maker.guide;
        let (id, code) = match kind {
            Kind::UnknownSegment => ("ZZQ".to_owned(), codes::UNKNOWN_SEGMENT),
            _ => {
                let foreign: Vec<&str> =
                    guide.known.split(' ').filter(|id| !guide.segments.contains_key(*id)).collect();
                let envelope = [
                    "ISA", "GS", "GE", "IEA", "TA1", "ST", "SE", "UNA", "UNB", "UNZ", "UNG", "UNE", "UNH", "UNT",
                    "UNO", "UNP",
                ];
                let foreign: Vec<&str> = foreign.into_iter().filter(|id| !envelope.contains(id)).collect();
                ((*self.random.pick(&foreign)?).to_owned(), codes::NOT_IN_SET)
            }
        };
        // Before the trailer, so that it opens nothing and closes nothing.
        let at = lines.len().checked_sub(1).filter(|at| *at > 1)?;
        lines.insert(at, Line { id: id.clone(), spec: None, slot: usize::MAX, elements: vec![vec!["X1".into()]] });
        Some(Broken {
            kind,
            code,
            control: String::new(),
            segment: at + 1,
            path: id.clone(),
            was: String::new(),
            now: id,
        })
    }

    /// True if a reader finds each segment at the place that it was made for.
    fn settled(&self, lines: &Lines) -> bool {
        let mut walk = Walk::new(&self.maker.plan);
        lines.iter().all(|line| walk.take(&self.maker.plan, &line.id) == Taken::At(line.slot))
    }

    fn missing_segment(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let slots = &self.maker.plan.slots;
        let once = |slot: usize| lines.iter().filter(|line| line.slot == slot).count() == 1;
        let fits = |at: &usize| {
            let line = &lines[*at];
            let slot = &slots[line.slot];
            let mut without = lines.clone();
            without.remove(*at);
            line.slot < self.maker.plan.roots
                && Breaker::may(line)
                && slot.mandatory
                && !slot.is_loop()
                && once(line.slot)
                && self.settled(&without)
        };
        let spots: Vec<usize> = (1..lines.len().saturating_sub(1)).filter(fits).collect();
        let at = self.random.pick(&spots).copied()?;
        let id = lines.remove(at).id;
        Some(Broken::removed(Kind::MissingSegment, codes::MISSING_SEGMENT, at, id))
    }

    fn too_often(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let slots = &self.maker.plan.slots;
        let fits = |at: &usize| {
            let line = &lines[*at];
            if !Breaker::may(line) || slots[line.slot].is_loop() || slots[line.slot].max != 1 {
                return false;
            }
            let mut walk = Walk::new(&self.maker.plan);
            lines[..=*at].iter().for_each(|line| {
                walk.take(&self.maker.plan, &line.id);
            });
            walk.take(&self.maker.plan, &line.id) == Taken::Over(line.slot)
                && lines[at + 1..].iter().all(|line| walk.take(&self.maker.plan, &line.id) == Taken::At(line.slot))
        };
        let spots: Vec<usize> = (1..lines.len().saturating_sub(1)).filter(fits).collect();
        let at = self.random.pick(&spots).copied()?;
        let again = lines[at].clone();
        let id = again.id.clone();
        lines.insert(at + 1, again);
        let (kind, code) = (Kind::SegmentTooOften, codes::TOO_MANY_SEGMENTS);
        Some(Broken {
            kind,
            code,
            control: String::new(),
            segment: at + 2,
            path: id.clone(),
            was: "once".into(),
            now: "twice".into(),
        })
    }

    /// Moves an optional segment of the heading to the end.
    fn out_of_place(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let plan = &self.maker.plan;
        let fits = |at: &usize| {
            let line = &lines[*at];
            let mut moved = lines.clone();
            let taken = moved.remove(*at);
            let mut walk = Walk::new(plan);
            let stays = moved[..moved.len() - 1].iter().all(|line| walk.take(plan, &line.id) == Taken::At(line.slot));
            let behind = moved[..moved.len() - 1].iter().any(|line| line.slot > taken.slot && line.slot < plan.roots);
            line.slot < plan.roots
                && Breaker::may(line)
                && !plan.slots[line.slot].mandatory
                && !plan.slots[line.slot].is_loop()
                && plan.places(&line.id) == 1
                && stays
                && behind
                && walk.look(plan, &line.id) == Taken::Nowhere
        };
        let spots: Vec<usize> = (1..lines.len().saturating_sub(1)).filter(fits).collect();
        let at = self.random.pick(&spots).copied()?;
        let line = lines.remove(at);
        let (id, to) = (line.id.clone(), lines.len() - 1);
        lines.insert(to, line);
        let (kind, code) = (Kind::OutOfPlace, codes::OUT_OF_PLACE);
        let (was, now) = (format!("segment {}", at + 1), format!("segment {}", to + 1));
        Some(Broken { kind, code, control: String::new(), segment: to + 1, path: id, was, now })
    }

    /// Takes away what opens the first run of a loop whose next segment stands nowhere else.
    fn no_loop_start(&mut self, lines: &mut Lines<'g>) -> Option<Broken> {
        let plan = &self.maker.plan;
        let fits = |at: &usize| {
            let (line, next) = (&lines[*at], &lines[*at + 1]);
            let slot = &plan.slots[line.slot];
            line.slot < plan.roots
                && slot.is_loop()
                && !plan.slots[slot.first].is_loop()
                && (slot.first..slot.end).contains(&next.slot)
                && !plan.slots[next.slot].is_loop()
                && plan.places(&next.id) == 1
                && Breaker::may(line)
                && !lines[..*at].iter().any(|before| before.slot == line.slot)
        };
        let spots: Vec<usize> = (1..lines.len().saturating_sub(2)).filter(fits).collect();
        let at = self.random.pick(&spots).copied()?;
        let id = lines.remove(at).id;
        Some(Broken::removed(Kind::NoLoopStart, codes::NO_LOOP_START, at, id))
    }

    fn totals(&mut self, kind: Kind, lines: &mut Lines<'g>) -> Option<Broken> {
        let (ids, element, code): (&[&str], _, _) = match kind {
            Kind::SetCount => (&["SE", "UNT"], 0, codes::SET_COUNT),
            Kind::SetControl => (&["SE", "UNT"], 1, codes::SET_CONTROL),
            _ => (&["CTT", "CNT"], 0, codes::CONTROL_TOTAL),
        };
        if kind == Kind::LineCount {
            crate::totals::counted(&self.maker.guide.kind)?;
        }
        let counts = |line: &Line| {
            kind != Kind::LineCount || line.id == "CTT" || line.elements[0].first().is_some_and(|q| q == "2")
        };
        let at = lines.iter().position(|line| ids.contains(&line.id.as_str()) && counts(line))?;
        count(lines, self.maker.guide, 0);
        let value = lines[at].elements.get_mut(element)?.last_mut()?;
        let now = value.parse::<u64>().map_or("9999".to_owned(), |n| format!("{:0width$}", n + 1, width = value.len()));
        let was = std::mem::replace(value, now.clone());
        let component = (lines[at].id == "CNT").then_some(1);
        let path = path(&lines[at].id, element, component);
        Some(Broken { kind, code, control: String::new(), segment: at + 1, path, was, now })
    }
}

/// A code of the element's length that its list doesn't have.
fn unknown(spec: &ElementSpec) -> Option<String> {
    ["ZQ", "Q", "ZQQ", "ZQQQ", "QQQQQQ"]
        .iter()
        .map(|code| (*code).to_owned())
        .find(|code| (spec.min as usize..=spec.max as usize).contains(&code.len()) && !spec.codes.contains(code))
}

fn path(id: &str, element: usize, component: Option<usize>) -> String {
    let component = component.map_or(String::new(), |component| format!("-{}", component + 1));
    format!("{id}{:02}{component}", element + 1)
}
