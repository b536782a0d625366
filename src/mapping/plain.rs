//! Values about which nothing is odd: elements and components of segments as they stand, without blanks around them.

use super::{
    frames::{Frame, container},
    plan::{Condition, Leaf, Route},
    seen::Seen,
};
use crate::formats::tree::{self, Element, Kind, NodeId, Tree};
use smallvec::SmallVec;

/// A segment that is asked for more is looked at by the long way.
pub const MOST_CONDITIONS: usize = 2;

/// An element's position, and a component's in it; 0 is the first one, or all of the element.
pub type At = (u16, u16);

/// Where a value stands in its segment.
#[inline]
pub fn position(leaf: &Leaf) -> Option<At> {
    match leaf {
        Leaf::Element { element, component } => Some((*element, *component)),
        _ => None,
    }
}

/// What stands at a place.
pub enum There<T> {
    It(T),
    Nothing,
    /// What the long way has to look at.
    Odd,
}

/// A value.
#[derive(Clone, Copy)]
pub struct Plain<'t> {
    pub segment: NodeId,
    /// What of the frame it stands in: the loop that the segment opens, or itself.
    pub child: NodeId,
    pub element: u16,
    pub leaf: tree::Leaf<'t>,
    /// The number of its segment's place, where that is known already.
    pub place: Option<u32>,
}

/// The first value that a route leads to from its frame. Codes that were asked for and are there count as read.
#[inline(always)]
pub fn look<'t>(tree: &'t Tree, frame: &Frame, route: &Route, seen: &mut Seen) -> There<Plain<'t>> {
    let Some(at) = position(&route.leaf) else { return There::Odd };
    if frame.absent {
        return There::Nothing;
    }
    let Some(step) = route.steps.first() else {
        let segment = frame.container;
        // One of a segment's items has its elements elsewhere.
        return match said(tree, segment, at) {
            _ if frame.nth.is_some() => There::Odd,
            There::It(leaf) => There::It(Plain { segment, child: segment, element: at.0, leaf, place: None }),
            There::Nothing => There::Nothing,
            There::Odd => There::Odd,
        };
    };
    for (_, child) in frame.slot(route.slot) {
        let (child, segment) = (*child, container(tree, *child));
        match fulfils(tree, segment, &step.conditions, seen) {
            There::It(()) => {}
            There::Nothing => continue,
            There::Odd => return There::Odd,
        }
        return match said(tree, segment, at) {
            There::It(leaf) => There::It(Plain { segment, child, element: at.0, leaf, place: None }),
            There::Nothing => continue,
            There::Odd => There::Odd,
        };
    }
    There::Nothing
}

/// Does a segment say what it is asked for? Then that counts as read.
#[inline(always)]
pub fn fulfils(tree: &Tree, segment: NodeId, conditions: &[Condition], seen: &mut Seen) -> There<()> {
    let mut codes: SmallVec<[NodeId; MOST_CONDITIONS]> = SmallVec::new();
    for condition in conditions {
        match position(&condition.leaf).map_or(There::Odd, |at| said(tree, segment, at)) {
            There::It(leaf) if condition.holds(leaf.text, &seen.known) => {
                if !condition.not {
                    codes.push(leaf.node);
                }
            }
            There::Nothing if condition.holds_without() => {}
            There::It(_) | There::Nothing => return There::Nothing,
            There::Odd => return There::Odd,
        }
    }
    codes.into_iter().for_each(|code| seen.see(code));
    There::It(())
}

/// The text of an element or a component, without blanks around it.
#[inline(always)]
pub fn said(tree: &Tree, segment: NodeId, (element, component): At) -> There<tree::Leaf<'_>> {
    match tree.element(segment, element) {
        // What has no parts is itself its first.
        Element::Leaf(_) if component > 1 => There::Nothing,
        Element::Leaf(leaf) if is_plain(leaf.text) => There::It(leaf),
        Element::Leaf(_) => There::Odd,
        Element::Nothing => There::Nothing,
        Element::Other => part(tree, segment, (element, component)),
    }
}

/// The same of an element that has parts, or of a document that was taken apart, whose values have their places by hand.
fn part(tree: &Tree, segment: NodeId, (element, component): At) -> There<tree::Leaf<'_>> {
    if tree.as_read().is_none() {
        let node = tree.at_position(segment, element).filter(|node| tree.kind(*node) == Kind::Element && component < 2);
        let leaf = node.and_then(|node| Some(tree::Leaf { node, text: tree.value(node)?, start: 0, component: 0 }));
        return leaf.filter(|leaf| is_plain(leaf.text)).map_or(There::Odd, There::It);
    }
    match tree.component(segment, element, component.max(1)) {
        Element::Leaf(leaf) if is_plain(leaf.text) => There::It(leaf),
        Element::Nothing => There::Nothing,
        Element::Leaf(_) | Element::Other => There::Odd,
    }
}

/// Is it a text without blanks around it?
#[inline(always)]
pub fn is_plain(text: &str) -> bool {
    match text.as_bytes() {
        [first, .., last] => first.is_ascii_graphic() && last.is_ascii_graphic(),
        [one] => one.is_ascii_graphic(),
        [] => false,
    }
}
