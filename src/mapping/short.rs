//! The short way to most values of X12 and EDIFACT: an element of a segment, as it stands, through a table or as a date. It
//! takes a value only where nothing is odd about it; else it has done nothing, and the long way (`values`) goes through all
//! that there may be, and tells what is wrong. Who explains a document goes the long way only, so that each of the two can be
//! tried by the other (tests/mappings/ways.rs).

use super::{
    Tables,
    dates::common_iso,
    pipes::is_canonical,
    plain::{At, MOST_CONDITIONS, Plain, There, look, position, said},
    plan::{Alternative, Condition, Field, Formula, Leaf, Pairs, Pipe, Program, Route},
    provenance::{Behind, Path, Spelled},
    read::{Got, Run},
    replay::{How, note, note_own},
    schemes,
    shape::Shape,
    tables::Table,
};
use crate::formats::{piece::Standard, tree::NodeId};
use smallvec::SmallVec;
use std::{borrow::Cow, ptr};

/// What a formula does that may go the short way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short {
    /// So many of its alternatives, from the first on, may.
    alternatives: usize,
    /// What there is where none of them is there.
    otherwise: Otherwise,
    pub(super) through: Through,
}

impl Short {
    /// Is there no value where none of those alternatives is there?
    pub(super) fn says_all(&self) -> bool {
        self.otherwise == Otherwise::Nothing
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Through {
    Nothing,
    Table(usize),
    /// `date(yyyymmdd)`
    Date,
    /// `date(01.03)`: the place of the code that tells the date's form.
    Coded(At),
    /// A text that may run on into other places, where it does not.
    Lines,
    /// A text that is no longer than that.
    Cut(usize),
    /// An id of this kind.
    Ref,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Otherwise {
    /// There is no value.
    Nothing,
    /// What the mapping says by itself: the alternative behind them, or the default of the last pipe.
    Own,
    /// The long way looks further.
    More,
}

/// Can a formula's values go the short way?
pub fn short(alternatives: &[Alternative], pipes: &[Pipe]) -> Option<Short> {
    let through = match pipes {
        [] | [Pipe::Default(_)] => Through::Nothing,
        [Pipe::Table(table)] | [Pipe::Table(table), Pipe::Default(_)] => Through::Table(*table),
        [Pipe::Date(format)] if format.is_plain() => Through::Date,
        [Pipe::CodedDate(code)] => Through::Coded(position(code)?),
        [Pipe::Lines(..)] => Through::Lines,
        [Pipe::Cut(width)] => Through::Cut(*width),
        [Pipe::Ref(_)] => Through::Ref,
        _ => return None,
    };
    let count =
        alternatives.iter().take_while(|one| matches!(one, Alternative::Route(route) if is_short(route))).count();
    let otherwise = match (alternatives.get(count..).unwrap_or_default(), pipes) {
        ([], [.., Pipe::Default(_)]) | ([Alternative::Literal(_)], []) => Otherwise::Own,
        ([], _) => Otherwise::Nothing,
        _ => Otherwise::More,
    };
    (count > 0 || otherwise == Otherwise::Own).then_some(Short { alternatives: count, otherwise, through })
}

fn is_short(route: &Route) -> bool {
    is_near(route) && position(&route.leaf).is_some()
}

/// Does a route lead to its frame's own segment, or to one right below the frame, that is asked for few codes?
pub(super) fn is_near(route: &Route) -> bool {
    let few = |conditions: &[Condition]| {
        conditions.len() <= MOST_CONDITIONS && conditions.iter().all(|one| position(&one.leaf).is_some())
    };
    let steps = match route.steps.as_slice() {
        [] => true,
        [step] => few(&step.conditions),
        _ => false,
    };
    steps && route.own.is_empty()
}

/// What the short way has found already.
#[derive(Default)]
pub(super) struct Recalled<'a> {
    /// By a table's number: a line's unit is the one of the line before, mostly.
    targets: Vec<Option<(&'a str, Cow<'a, str>)>>,
    /// What the schemes of pairs' qualifiers are.
    schemes: Vec<(&'a Pairs, &'a str, Cow<'static, str>)>,
    /// The date that was read last, and as the message has it.
    date: Option<(&'a str, String)>,
    /// What a frame above says: a heading's date for each line.
    above: SmallVec<[(&'a Route, NodeId, Plain<'a>); 2]>,
}

/// More are not kept.
const SCHEMES: usize = 8;

impl<'a> Recalled<'a> {
    /// What a value becomes.
    #[inline]
    pub fn said<'s>(
        &'s mut self,
        text: &'a str,
        through: Through,
        program: &'a Program,
        tenant: &dyn Tables,
    ) -> Option<&'s str>
    where
        'a: 's,
    {
        match through {
            Through::Nothing | Through::Lines | Through::Ref => Some(text),
            Through::Cut(width) => Some(text).filter(|text| text.len() <= width),
            Through::Table(number) => self.target((number, program.tables.get(number)?), text, tenant),
            Through::Date | Through::Coded(_) => self.date(text),
        }
    }

    /// What a table makes of a value.
    #[inline]
    fn target(&mut self, (number, table): (usize, &'a Table), value: &'a str, tenant: &dyn Tables) -> Option<&str> {
        if self.targets.len() <= number {
            self.targets.resize(number + 1, None);
        }
        let known = self.targets.get_mut(number)?;
        if known.as_ref().is_none_or(|(before, _)| *before != value) {
            *known = Some((value, table.read(value, tenant)?));
        }
        known.as_ref().map(|(_, target)| &**target).filter(|target| !target.is_empty())
    }

    /// The date that `YYYYMMDD` means, if it needs no calendar.
    #[inline]
    fn date(&mut self, value: &'a str) -> Option<&str> {
        if self.date.as_ref().is_none_or(|(before, _)| *before != value) {
            let iso = common_iso(value.as_bytes())?;
            self.date = Some((value, std::str::from_utf8(&iso).ok()?.to_owned()));
        }
        self.date.as_ref().map(|(_, iso)| &**iso)
    }

    /// The scheme that a qualifier means, if pairs with it are wanted.
    #[inline]
    pub fn scheme(&mut self, pairs: &'a Pairs, tag: &'a str, standard: Standard) -> Option<&str> {
        let known = self.schemes.iter().position(|(of, known, _)| ptr::eq(*of, pairs) && *known == tag);
        let at = match known {
            Some(at) => at,
            None => {
                if !pairs.wants(tag) {
                    return None;
                }
                if self.schemes.len() == SCHEMES {
                    self.schemes.clear();
                }
                self.schemes.push((pairs, tag, schemes::item(standard, tag)));
                self.schemes.len() - 1
            }
        };
        self.schemes.get(at).map(|(.., scheme)| &**scheme)
    }
}

impl<'a> Run<'a> {
    /// Takes the value of a field, or tells that there is none; else the long way has to look, and nothing was done.
    #[inline]
    pub(super) fn short(&mut self, formula: &'a Formula, field: &'a Field) -> Option<Got> {
        let short = formula.short?;
        match self.find(formula, short) {
            There::It((plain, route, level)) => {
                let spelled = Spelled { item: self.item, pointer: field.pointer, behind: Behind::Nothing };
                let taken = self.take(&plain, (formula, short.through), (field, spelled), (route, level));
                taken.then_some(Got::Value(true))
            }
            There::Nothing => match short.otherwise {
                Otherwise::Nothing => Some(Got::Nothing),
                Otherwise::Own => self.own(formula, field),
                Otherwise::More => None,
            },
            There::Odd => None,
        }
    }

    /// The first value of those of a formula's alternatives that go the short way; with its route, and the number of its
    /// frame. What is marked where the long way has to look then is marked by that, too.
    #[inline]
    pub(super) fn find(&mut self, formula: &'a Formula, short: Short) -> There<(Plain<'a>, &'a Route, usize)> {
        if self.seen.is_logged() {
            return There::Odd;
        }
        for alternative in formula.alternatives.get(..short.alternatives).unwrap_or_default() {
            let Alternative::Route(route) = alternative else { return There::Odd };
            let level = self.level(route);
            // A path may lead into the loop that makes the message.
            if level == 0 && self.program.messages.is_some() {
                return There::Odd;
            }
            self.ask_all(route, level);
            let found = match route.up {
                0 => look(self.tree, &self.frames[level], route, &mut self.seen),
                _ => self.look_above(route, level),
            };
            match found {
                There::It(plain) => return There::It((plain, route, level)),
                // Where only others stand, the long way refuses the document.
                There::Nothing if route.refuses.is_some() => return There::Odd,
                There::Nothing => {}
                There::Odd => return There::Odd,
            }
        }
        There::Nothing
    }

    /// Takes what the mapping says by itself.
    fn own(&mut self, formula: &'a Formula, field: &'a Field) -> Option<Got> {
        let text = match (formula.alternatives.last(), formula.pipes.last()) {
            (_, Some(Pipe::Default(text))) | (Some(Alternative::Literal(text)), None) => text,
            _ => return None,
        };
        if !fits(text, &field.shape, Through::Nothing) {
            return None;
        }
        note_own(&mut self.noting, self.body.count());
        self.body.text(field.number, text);
        Some(Got::Value(false))
    }

    /// Looks into a frame above: what each line falls back to is found once.
    fn look_above(&mut self, route: &'a Route, level: usize) -> There<Plain<'a>> {
        let frame = &self.frames[level];
        let above = &mut self.recalled.above;
        let known = above.iter().find(|(of, node, _)| ptr::eq(*of, route) && *node == frame.node && !frame.absent);
        if let Some((.., plain)) = known {
            return There::It(*plain);
        }
        let mut found = look(self.tree, frame, route, &mut self.seen);
        if let There::It(plain) = &mut found
            && !route.steps.is_empty()
        {
            plain.place = self.base.and_then(|_| self.provenance.segment(self.tree, plain.segment));
            above.retain(|(of, ..)| !ptr::eq(*of, route));
            above.push((route, frame.node, *plain));
        }
        found
    }

    #[inline]
    fn take(
        &mut self,
        plain: &Plain<'a>,
        (formula, through): (&'a Formula, Through),
        (field, spelled): (&'a Field, Spelled),
        from: (&Route, usize),
    ) -> bool {
        let segment = plain.segment;
        match (through, &*formula.pipes) {
            (Through::Coded(code), _) => match said(self.tree, segment, code) {
                There::It(code) if code.text == YYYYMMDD => {
                    self.asked(code.node);
                    self.seen.see(code.node);
                }
                There::Nothing => {}
                _ => return false,
            },
            (Through::Lines, [Pipe::Lines(_, behind)]) => {
                let stands = |leaf: &Leaf| position(leaf).map_or(There::Odd, |at| said(self.tree, segment, at));
                if !behind.iter().all(|leaf| matches!(stands(leaf), There::Nothing)) {
                    return false;
                }
            }
            (Through::Ref, _) => return false,
            _ => {}
        }
        let text = self.recalled.said(plain.leaf.text, through, self.program, self.context.tables);
        let Some(text) = text.filter(|text| fits(text, &field.shape, through)) else { return false };
        let value = (plain.leaf.node, plain.leaf.text);
        note(&mut self.noting, self.body.count(), value, How::of(through, &field.shape));
        self.body.text(field.number, text);
        self.taken(plain, spelled, from);
        true
    }

    /// Marks a value as read, and notes where it came from.
    #[inline]
    pub(super) fn taken(&mut self, plain: &Plain<'a>, spelled: Spelled, (route, level): (&Route, usize)) {
        let Plain { segment, child, element, leaf, place } = *plain;
        self.seen.see(leaf.node);
        let frame = &mut self.frames[level];
        if segment != frame.container {
            self.seen.pass(child);
            self.seen.pass(segment);
        }
        let known = self.base.and_then(|base| {
            let place = place.or_else(|| frame.place_of(segment, || self.provenance.segment(self.tree, segment)))?;
            Some((base, place))
        });
        let from = (frame.label, Path::Written(route.number));
        self.provenance.element(self.tree, known, (segment, element, leaf), spelled, from);
    }
}

/// The code of EDIFACT's most usual form of a date (2379).
const YYYYMMDD: &str = "102";

/// Does a field take a text as it is?
#[inline]
pub(super) fn fits(text: &str, shape: &Shape, through: Through) -> bool {
    match shape {
        Shape::Text => true,
        Shape::Decimal => is_canonical(text),
        Shape::Date => matches!(through, Through::Date | Through::Coded(_)),
        Shape::Word(words) => words.iter().any(|word| word == text),
        _ => false,
    }
}
