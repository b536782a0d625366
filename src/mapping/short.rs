//! The short way to most values of X12 and EDIFACT: an element of a segment, as it stands, through a table or as a date. It
//! takes a value only where nothing is odd about it; else it has done nothing, and the long way (`values`) goes through all
//! that there may be, and tells what is wrong. Who explains a document goes the long way only, so that each of the two can be
//! tried by the other (tests/mappings/ways.rs).

use super::{
    dates::common_iso,
    frames::{Frame, container},
    pipes::is_canonical,
    plan::{Alternative, Condition, Field, Formula, Leaf, Pairs, Pipe, Route},
    provenance::{Behind, Found, Path, Spelled},
    read::Run,
    schemes,
    shape::Shape,
};
use crate::formats::tree::{Kind, NodeId, Tree};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What a formula does that may go the short way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short {
    /// So many of its alternatives, from the first on, may.
    alternatives: usize,
    through: Through,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Through {
    Nothing,
    Table(usize),
    /// `date(yyyymmdd)`
    Date,
}

/// Can a formula's values go the short way?
pub fn short(alternatives: &[Alternative], pipes: &[Pipe]) -> Option<Short> {
    let through = match pipes {
        [] => Through::Nothing,
        [Pipe::Table(table)] | [Pipe::Table(table), Pipe::Default(_)] => Through::Table(*table),
        [Pipe::Date(format)] if format.is_plain() => Through::Date,
        _ => return None,
    };
    let count =
        alternatives.iter().take_while(|one| matches!(one, Alternative::Route(route) if is_short(route))).count();
    (count > 0).then_some(Short { alternatives: count, through })
}

fn is_short(route: &Route) -> bool {
    let one_code = |conditions: &[Condition]| {
        conditions.len() <= 1 && conditions.iter().all(|condition| position(&condition.leaf).is_some())
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
struct Plain<'t> {
    segment: NodeId,
    element: u16,
    node: NodeId,
    text: &'t str,
    code: Option<NodeId>,
}

impl<'a> Run<'a> {
    /// Takes the value of a field; tells whether it did.
    #[inline]
    pub(super) fn short(&mut self, formula: &'a Formula, field: &Field) -> bool {
        let Some(short) = formula.short.filter(|_| !self.seen.is_logged()) else { return false };
        for alternative in formula.alternatives.iter().take(short.alternatives) {
            let Alternative::Route(route) = alternative else { return false };
            let level = self.level(route);
            // A path may lead into the loop that makes the message.
            if level == 0 && self.program.messages.is_some() {
                return false;
            }
            match look(self.tree, &self.frames[level], route) {
                There::It(plain) => return self.take(plain, short.through, field, (route, level)),
                There::Nothing => {}
                There::Odd => return false,
            }
        }
        false
    }

    #[inline]
    fn take(&mut self, plain: Plain, through: Through, field: &Field, (route, level): (&Route, usize)) -> bool {
        let program = self.program;
        let date: [u8; 10];
        let text = match through {
            Through::Nothing => Cow::Borrowed(plain.text),
            Through::Table(table) => match program.tables[table].read(plain.text, self.context.tables) {
                Some(text) if !text.is_empty() => text,
                _ => return false,
            },
            Through::Date => {
                let Some(iso) = common_iso(plain.text.as_bytes()) else { return false };
                date = iso;
                Cow::Borrowed(std::str::from_utf8(&date).unwrap_or_default())
            }
        };
        if !fits(&text, &field.shape, through) {
            return false;
        }
        plain.code.into_iter().for_each(|code| self.seen.mark(code));
        self.seen.mark(plain.node);
        let place = Spelled { item: self.item, pointer: self.pointer, behind: Behind::Nothing };
        let found = Found { node: plain.node, element: plain.element, segment: plain.segment };
        self.provenance.add(self.tree, found, place, self.frames[level].label, Path::Written(route.number));
        self.body.text(field.number, &text);
        true
    }
}

/// An id with its qualifier.
struct Id<'t> {
    qualifier: NodeId,
    tag: &'t str,
    node: NodeId,
    element: u16,
    text: &'t str,
}

impl<'a> Run<'a> {
    /// Adds the ids of a list of them, and counts them; tells whether it did.
    pub(super) fn short_ids(&mut self, formula: &'a Formula, count: &mut u32) -> bool {
        let ([Alternative::Route(route)], [Pipe::Item]) = (&*formula.alternatives, &*formula.pipes) else {
            return false;
        };
        let level = self.level(route);
        let plain = route.steps.is_empty() && route.own.is_empty() && !self.seen.is_logged();
        if !plain || level == 0 && self.program.messages.is_some() {
            return false;
        }
        let (Leaf::Pairs(pairs), Some(frame)) = (&route.leaf, self.frames.get(level)) else { return false };
        if frame.absent || frame.nth.is_some() {
            return false;
        }
        let (segment, label) = (frame.container, frame.label);
        let Some(found) = ids(self.tree, segment, pairs) else { return false };
        for Id { qualifier, tag, node, element, text } in found {
            self.seen.mark(qualifier);
            self.seen.mark(node);
            let place = Spelled { item: self.item, pointer: self.pointer, behind: Behind::Id(*count) };
            self.provenance.add(self.tree, Found { node, element, segment }, place, label, Path::Pair(route.number));
            self.reference(&schemes::item(self.program.standard, tag), text);
            *count += 1;
        }
        true
    }
}

/// The ids that a segment says; none if anything is odd about them.
fn ids<'t>(tree: &'t Tree, segment: NodeId, pairs: &Pairs) -> Option<SmallVec<[Id<'t>; 4]>> {
    let last = tree.last_position(segment);
    let wanted = |tag: &str| pairs.qualifiers.is_empty() || pairs.qualifiers.iter().any(|wanted| wanted == tag);
    let mut found = SmallVec::new();
    for (qualifier, id) in &pairs.places {
        let (qualifier, element) = (position(qualifier)?, position(id)?);
        if qualifier > last {
            continue;
        }
        match (said(tree, segment, qualifier), said(tree, segment, element)) {
            (There::It((qualifier, tag)), There::It((node, text))) if wanted(tag) => {
                found.push(Id { qualifier, tag, node, element, text });
            }
            (There::Odd, _) | (_, There::Odd) => return None,
            _ => {}
        }
    }
    Some(found)
}

/// Does a field take a text as it is?
#[inline]
fn fits(text: &str, shape: &Shape, through: Through) -> bool {
    match shape {
        Shape::Text => true,
        Shape::Decimal => is_canonical(text),
        Shape::Date => through == Through::Date,
        Shape::Word(words) => words.iter().any(|word| word == text),
        _ => false,
    }
}

/// The first value that a route leads to from its frame.
#[inline]
fn look<'t>(tree: &'t Tree, frame: &Frame, route: &Route) -> There<Plain<'t>> {
    let Some(element) = position(&route.leaf) else { return There::Odd };
    if frame.absent {
        return There::Nothing;
    }
    let plain = |segment, (node, text), code| There::It(Plain { segment, element, node, text, code });
    let Some(step) = route.steps.first() else {
        // One of a segment's items has its elements elsewhere.
        return match said(tree, frame.container, element) {
            _ if frame.nth.is_some() => There::Odd,
            There::It(found) => plain(frame.container, found, None),
            There::Nothing => There::Nothing,
            There::Odd => There::Odd,
        };
    };
    for (_, child) in frame.slot(route.slot) {
        let segment = container(tree, *child);
        let mut code = None;
        if let Some(condition) = step.conditions.first() {
            match position(&condition.leaf).map_or(There::Odd, |element| said(tree, segment, element)) {
                There::It((node, text)) if condition.holds(text) => code = Some(node),
                There::It(_) | There::Nothing => continue,
                There::Odd => return There::Odd,
            }
        }
        return match said(tree, segment, element) {
            There::It(found) => plain(segment, found, code),
            // That the code is there counts as read.
            There::Nothing if code.is_some() => There::Odd,
            There::Nothing => continue,
            There::Odd => There::Odd,
        };
    }
    There::Nothing
}

/// The text of an element without parts, and without blanks around it.
#[inline]
fn said(tree: &Tree, segment: NodeId, element: u16) -> There<(NodeId, &str)> {
    let (node, text) = match tree.leaf_at(segment, element) {
        Some(found) => found,
        None => match tree.at_position(segment, element) {
            None => return There::Nothing,
            Some(node) => match tree.value(node) {
                Some(text) if tree.kind(node) == Kind::Element => (node, text),
                _ => return There::Odd,
            },
        },
    };
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => There::It((node, text)),
        [one] if one.is_ascii_graphic() => There::It((node, text)),
        _ => There::Odd,
    }
}
