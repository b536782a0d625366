//! The short way to most values of X12 and EDIFACT: an element of a segment, as it stands, through a table or as a date. It
//! takes a value only where nothing is odd about it; else it has done nothing, and the long way (`values`) goes through all
//! that there may be, and tells what is wrong. Who explains a document goes the long way only, so that each of the two can be
//! tried by the other (tests/mappings/ways.rs).

use super::{
    Tables,
    dates::common_iso,
    frames::{Frame, container},
    pipes::is_canonical,
    plan::{Alternative, Condition, Field, Formula, Leaf, Pairs, Pipe, Program, Route},
    provenance::{Behind, Path, Spelled},
    read::{Got, Run},
    replay::{How, note_own},
    schemes,
    shape::Shape,
    tables::Table,
    words,
};
use crate::{
    canonical::body::ITEM,
    formats::{
        piece::Standard,
        tree::{self, Element, Kind, NodeId, Tree},
    },
};
use smallvec::SmallVec;
use std::{borrow::Cow, ptr};

/// What a formula does that may go the short way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short {
    /// So many of its alternatives, from the first on, may.
    alternatives: usize,
    /// What there is where none of them is there.
    otherwise: Otherwise,
    through: Through,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Through {
    Nothing,
    Table(usize),
    /// `date(yyyymmdd)`
    Date,
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
    let one_code = |conditions: &[Condition]| {
        conditions.len() <= 1 && conditions.iter().all(|one| one.is_plain() && position(&one.leaf).is_some())
    };
    let steps = match route.steps.as_slice() {
        [] => true,
        [step] => one_code(&step.conditions),
        _ => false,
    };
    steps && route.own.is_empty() && position(&route.leaf).is_some()
}

#[inline]
fn position(leaf: &Leaf) -> Option<u16> {
    match leaf {
        Leaf::Element { element, component: 0 | 1 } => Some(*element),
        _ => None,
    }
}

/// What stands at a place.
enum There<T> {
    It(T),
    Nothing,
    /// What the long way has to look at.
    Odd,
}

/// A value, and the code beside it that was asked for.
#[derive(Clone, Copy)]
struct Plain<'t> {
    segment: NodeId,
    /// What of the frame it stands in: the loop that the segment opens, or itself.
    child: NodeId,
    element: u16,
    leaf: tree::Leaf<'t>,
    code: Option<NodeId>,
    /// The number of its segment's place, where that is known already.
    place: Option<u32>,
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
            Through::Nothing => Some(text),
            Through::Table(number) => self.target((number, program.tables.get(number)?), text, tenant),
            Through::Date => self.date(text),
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
    fn scheme(&mut self, pairs: &'a Pairs, tag: &'a str, standard: Standard) -> Option<&str> {
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
        let short = formula.short.filter(|_| !self.seen.is_logged())?;
        for alternative in formula.alternatives.get(..short.alternatives)? {
            let Alternative::Route(route) = alternative else { return None };
            let level = self.level(route);
            // A path may lead into the loop that makes the message.
            if level == 0 && self.program.messages.is_some() {
                return None;
            }
            self.ask_all(route, level);
            let found = match route.up {
                0 => look(self.tree, &self.frames[level], route),
                _ => self.look_above(route, level),
            };
            match found {
                There::It(plain) => {
                    return self.take(&plain, short.through, field, (route, level)).then_some(Got::Value(true));
                }
                There::Nothing => {}
                There::Odd => return None,
            }
        }
        match short.otherwise {
            Otherwise::Nothing => Some(Got::Nothing),
            Otherwise::Own => self.own(formula, field),
            Otherwise::More => None,
        }
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
        let mut found = look(self.tree, frame, route);
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
    fn take(&mut self, plain: &Plain<'a>, through: Through, field: &'a Field, (route, level): (&Route, usize)) -> bool {
        let Plain { segment, child, element, leaf, code, place } = *plain;
        self.note((leaf.node, leaf.text), How::of(through, &field.shape));
        let text = self.recalled.said(leaf.text, through, self.program, self.context.tables);
        let Some(text) = text.filter(|text| fits(text, &field.shape, through)) else { return false };
        code.into_iter().for_each(|code| self.seen.see(code));
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
        let spelled = Spelled { item: self.item, pointer: field.pointer, behind: Behind::Nothing };
        let from = (frame.label, Path::Written(route.number));
        self.provenance.element(self.tree, known, (segment, element, leaf), spelled, from);
        self.body.text(field.number, text);
        true
    }

    /// Adds the ids of a list of them, and counts them; else nothing was done.
    pub(super) fn short_ids(&mut self, formula: &'a Formula, count: &mut u32) -> bool {
        let ([Alternative::Route(route)], [Pipe::Item]) = (&*formula.alternatives, &*formula.pipes) else {
            return false;
        };
        let level = self.level(route);
        let plain = route.steps.is_empty() && route.own.is_empty() && !self.seen.is_logged();
        if !plain || level == 0 && self.program.messages.is_some() {
            return false;
        }
        let (Leaf::Pairs(pairs), Some(frame)) = (&route.leaf, self.frames.get_mut(level)) else { return false };
        if frame.absent || frame.nth.is_some() {
            return false;
        }
        let segment = frame.container;
        let place = || self.provenance.segment(self.tree, segment);
        let place = self.base.and_then(|base| Some((base, frame.place_of(segment, place)?)));
        let from = (segment, place, (frame.label, Path::Pair(route.number)));
        let before = (self.body.mark(), self.provenance.begin().entries, *count);
        let done = self.ids(pairs, from, count);
        if done.is_none() {
            self.body.back(before.0);
            self.provenance.truncate(before.1);
            *count = before.2;
        }
        done.is_some()
    }

    /// Adds the ids that a segment says; none if anything is odd about them. What was marked then is marked by the long way, too.
    fn ids(&mut self, pairs: &'a Pairs, from: Whence, count: &mut u32) -> Option<()> {
        let (tree, standard, (segment, place, from)) = (self.tree, self.program.standard, from);
        let last = tree.last_position(segment);
        for (qualifier, id) in &pairs.places {
            let (qualifier, element) = (position(qualifier)?, position(id)?);
            if qualifier > last {
                continue;
            }
            let (tag, leaf) = match (said(tree, segment, qualifier), said(tree, segment, element)) {
                (There::It(tag), There::It(leaf)) => (tag, leaf),
                (There::Odd, _) | (_, There::Odd) => return None,
                _ => continue,
            };
            self.asked(tag.node);
            let Some(scheme) = self.recalled.scheme(pairs, tag.text, standard) else { continue };
            self.seen.see(tag.node);
            self.seen.see(leaf.node);
            let spelled = Spelled { item: self.item, pointer: self.pointer, behind: Behind::Id(*count) };
            self.provenance.element(tree, place, (segment, element, leaf), spelled, from);
            let began = self.body.mark();
            self.body.object(ITEM);
            note_own(&mut self.noting, self.body.count());
            self.body.text(words::SCHEME, scheme);
            self.note((leaf.node, leaf.text), How::AsItStands);
            self.body.text(words::ID, leaf.text);
            self.body.close(began);
            *count += 1;
        }
        Some(())
    }
}

/// A segment, where its set begins and the number of its place if these are known, and what its frame and path are called.
type Whence = (NodeId, Option<(u64, u32)>, (u32, Path));

/// Does a field take a text as it is?
#[inline]
pub(super) fn fits(text: &str, shape: &Shape, through: Through) -> bool {
    match shape {
        Shape::Text => true,
        Shape::Decimal => is_canonical(text),
        Shape::Date => through == Through::Date,
        Shape::Word(words) => words.iter().any(|word| word == text),
        _ => false,
    }
}

/// The first value that a route leads to from its frame.
#[inline(always)]
fn look<'t>(tree: &'t Tree, frame: &Frame, route: &Route) -> There<Plain<'t>> {
    let Some(element) = position(&route.leaf) else { return There::Odd };
    if frame.absent {
        return There::Nothing;
    }
    let Some(step) = route.steps.first() else {
        let segment = frame.container;
        // One of a segment's items has its elements elsewhere.
        return match said(tree, segment, element) {
            _ if frame.nth.is_some() => There::Odd,
            There::It(leaf) => There::It(Plain { segment, child: segment, element, leaf, code: None, place: None }),
            There::Nothing => There::Nothing,
            There::Odd => There::Odd,
        };
    };
    for (_, child) in frame.slot(route.slot) {
        let (child, segment) = (*child, container(tree, *child));
        let mut code = None;
        if let Some(condition) = step.conditions.first() {
            match position(&condition.leaf).map_or(There::Odd, |element| said(tree, segment, element)) {
                There::It(leaf) if condition.names(leaf.text) => code = Some(leaf.node),
                There::It(_) | There::Nothing => continue,
                There::Odd => return There::Odd,
            }
        }
        return match said(tree, segment, element) {
            There::It(leaf) => There::It(Plain { segment, child, element, leaf, code, place: None }),
            // That the code is there counts as read.
            There::Nothing if code.is_some() => There::Odd,
            There::Nothing => continue,
            There::Odd => There::Odd,
        };
    }
    There::Nothing
}

/// The text of an element without parts, and without blanks around it.
#[inline(always)]
fn said(tree: &Tree, segment: NodeId, element: u16) -> There<tree::Leaf<'_>> {
    let leaf = match tree.element(segment, element) {
        Element::Leaf(leaf) => leaf,
        Element::Nothing => return There::Nothing,
        Element::Other => match taken_apart(tree, segment, element) {
            Some(leaf) => leaf,
            None => return There::Odd,
        },
    };
    if is_plain(leaf.text) { There::It(leaf) } else { There::Odd }
}

/// Is it a text without blanks around it?
#[inline(always)]
pub(super) fn is_plain(text: &str) -> bool {
    match text.as_bytes() {
        [first, .., last] => first.is_ascii_graphic() && last.is_ascii_graphic(),
        [one] => one.is_ascii_graphic(),
        [] => false,
    }
}

/// The same in a document that was taken apart, whose values have their places by hand.
#[cold]
fn taken_apart(tree: &Tree, segment: NodeId, element: u16) -> Option<tree::Leaf<'_>> {
    if tree.as_read().is_some() {
        return None;
    }
    let node = tree.at_position(segment, element).filter(|node| tree.kind(*node) == Kind::Element)?;
    tree.value(node).map(|text| tree::Leaf { node, text, start: 0 })
}
