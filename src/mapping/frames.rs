//! Where reading stands in a tree: frames from the root down, each with an index of what is looked for in it.

use super::{
    needs::Slots,
    plan::{Condition, Leaf, Name, Pairs, Repeat, Route, RuleValue, Slot, Step},
    seen::Seen,
};
use crate::formats::tree::{Kind, NodeId, Tree};
use smallvec::SmallVec;
use std::borrow::Cow;

/// A loop, record, element or object in which fields are read.
#[derive(Debug)]
pub struct Frame {
    pub node: NodeId,
    /// Where its own elements stand: a loop's first segment, else the node.
    pub container: NodeId,
    /// (slot, child), by slot and then in document order.
    index: SmallVec<[(u32, NodeId); 8]>,
    /// Of which slots there are any.
    pub there: Slots,
    /// `PO1[2]/`: its number in the provenance.
    pub label: u32,
    /// The number of its container's place in the provenance, once that is known.
    place: Option<u32>,
    /// Nothing of the kind stands above: nothing is found in it.
    pub absent: bool,
    /// Which of a segment's items it is, from 0.
    pub nth: Option<(Repeat, u16)>,
}

/// Values of a list: a few take no memory of their own.
pub type Hits<'t> = SmallVec<[Hit<'t>; 4]>;

/// A value found, with its qualifier where it has one.
#[derive(Debug, Clone)]
pub struct Hit<'t> {
    pub text: Cow<'t, str>,
    pub tag: Option<Cow<'t, str>>,
    /// None: a literal, a setting or a default.
    pub node: Option<NodeId>,
    /// Of which element of its segment it is all; 0 where that was not told.
    pub element: u16,
    /// The segment, record or element that it stands in.
    pub container: NodeId,
    /// The path that led to it, and from which frame.
    pub route: Option<(&'t Route, usize)>,
}

/// Names looked for in a frame: (number in the tree, slot, name). Of those that the tree doesn't know nothing is found.
pub type Wanted<'p> = SmallVec<[(u32, u32, &'p Name); 12]>;

/// The names of slots, looked up once for all frames of a kind; those of one number stand together.
pub fn wanted<'p>(tree: &Tree, slots: &'p [Slot]) -> Wanted<'p> {
    let names = (0u32..).zip(slots).flat_map(|(slot, wanted)| wanted.names.iter().map(move |name| (slot, name)));
    let mut wanted: Wanted =
        names.filter_map(|(slot, name)| Some((tree.number_of_called(name.called, &name.name)?, slot, name))).collect();
    wanted.sort_by_key(|(number, ..)| *number);
    wanted
}

impl Frame {
    /// A frame at a node; one pass over its children fills the index.
    pub fn new(tree: &Tree, node: NodeId, container: NodeId, wanted: &Wanted, label: u32) -> Frame {
        let mut index: SmallVec<[(u32, NodeId); 8]> = SmallVec::new();
        let mut there = Slots::default();
        if !wanted.is_empty() {
            // Most stand beside others of their name: an order's lines.
            let (mut last, mut from, mut to, mut sorted) = (u32::MAX, 0, 0, true);
            for child in tree.children(node) {
                let number = tree.number(child);
                if last != number {
                    last = number;
                    from = 0;
                    while wanted.get(from).is_some_and(|(wanted, ..)| *wanted < number) {
                        from += 1;
                    }
                    to = from;
                    while wanted.get(to).is_some_and(|(wanted, ..)| *wanted == number) {
                        to += 1;
                    }
                }
                for (_, slot, name) in &wanted[from..to] {
                    let before = index.last();
                    if in_namespace(tree, child, name) && before != Some(&(*slot, child)) {
                        sorted &= before.is_none_or(|(before, _)| before <= slot);
                        index.push((*slot, child));
                        there.add(Slots::one(*slot as usize));
                    }
                }
            }
            if !sorted {
                index.sort_by_key(|(slot, _)| *slot);
            }
        }
        Frame { node, container, index, there, label, place: None, absent: false, nth: None }
    }

    /// A frame in which nothing is found.
    pub fn absent(here: NodeId, label: u32) -> Frame {
        Frame {
            node: here,
            container: here,
            index: SmallVec::new(),
            there: Slots::default(),
            label,
            place: None,
            absent: true,
            nth: None,
        }
    }

    /// The number of a segment's place in the provenance: that of its own segment is made once.
    #[inline]
    pub fn place_of(&mut self, segment: NodeId, make: impl FnOnce() -> Option<u32>) -> Option<u32> {
        if segment != self.container {
            return make();
        }
        if self.place.is_none() {
            self.place = make();
        }
        self.place
    }

    /// Children of a slot, in document order.
    #[inline]
    pub fn slot(&self, slot: usize) -> &[(u32, NodeId)] {
        if !Slots::one(slot).met_by(self.there) {
            return &[];
        }
        let slot = slot as u32;
        // A line has a few; the heading's frame has each line.
        let (from, to) = match self.index.len() {
            count @ 0..=8 => {
                let index = self.index.as_slice();
                let from = (0..count).find(|at| index[*at].0 >= slot).unwrap_or(count);
                (from, (from..count).find(|at| index[*at].0 > slot).unwrap_or(count))
            }
            _ => (self.index.partition_point(|(s, _)| *s < slot), self.index.partition_point(|(s, _)| *s <= slot)),
        };
        &self.index[from..to]
    }
}

/// A node's own container: a loop's elements stand on the segment that opens it.
#[inline]
pub fn container(tree: &Tree, node: NodeId) -> NodeId {
    match tree.kind(node) {
        Kind::Loop => tree.children(node).next().unwrap_or(node),
        _ => node,
    }
}

#[inline]
fn in_namespace(tree: &Tree, node: NodeId, name: &Name) -> bool {
    name.namespace.as_deref().is_none_or(|ns| tree.namespace(node) == ns)
}

/// Does a text say nothing? Most begin with what is no blank, and need not be looked through.
#[inline]
pub fn is_blank(text: &str) -> bool {
    !text.as_bytes().first().is_some_and(u8::is_ascii_graphic) && text.trim().is_empty()
}

/// A text of XML that stands on a line of its own between its tags, without that line's indentation.
#[inline]
fn on_its_line(text: &str) -> &str {
    let is_around = |blanks: &str| blanks.contains('\n');
    let inner = trimmed(text);
    if inner.len() == text.len() {
        return text;
    }
    match text.split_once(inner) {
        Some((before, behind)) if is_around(before) || is_around(behind) => inner,
        _ => text,
    }
}

/// Without the blanks around it, which few have.
#[inline]
pub fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// The loop that a container opens; else itself.
pub fn whole(tree: &Tree, container: NodeId) -> NodeId {
    let above = tree.parent(container).filter(|above| tree.kind(*above) == Kind::Loop);
    above.filter(|above| tree.children(*above).next() == Some(container)).unwrap_or(container)
}

/// What a document has where `{ first: … }` would write it, within a loop: the text that it would write.
pub fn first<'t>(tree: &'t Tree, within: NodeId, value: &RuleValue) -> Option<&'t str> {
    let RuleValue::First { up, step, leaf: of } = value else { return None };
    let above = (0..*up).try_fold(within, |node, _| tree.parent(node))?;
    let mut found = None;
    descend(tree, above, step.as_slice(), &mut Seen::nothing(), &mut |container, _| {
        found =
            leaf(tree, container, of).and_then(|node| tree.value(node)).map(trimmed).filter(|text| !text.is_empty());
        found.is_some()
    });
    found
}

/// Do all conditions hold for a container? What they look at counts as read where they do.
#[inline]
pub fn holds(tree: &Tree, container: NodeId, conditions: &[Condition], seen: &mut Seen) -> bool {
    // Most steps ask for nothing, or for one code.
    match conditions {
        [] => return true,
        [one] if !seen.writing => {
            let Some((node, value, _)) = said_at(tree, container, &one.leaf) else { return one.holds_without() };
            let holds = one.holds(trimmed(value), &seen.known);
            // That it is none of some values says nothing of which it is.
            if holds && !one.not {
                seen.mark(node);
            }
            return holds;
        }
        _ => {}
    }
    let mut looked = [None; 4];
    for (at, condition) in conditions.iter().enumerate() {
        let said = said_at(tree, container, &condition.leaf).map(|(node, value, _)| (node, trimmed(value)));
        if !said.map_or_else(|| condition.holds_without(), |(_, value)| condition.holds(value, &seen.known)) {
            return false;
        }
        let Some((node, value)) = said else { continue };
        let named = !seen.writing || condition.values.iter().any(|named| named == value);
        if condition.not {
            continue;
        }
        if let Some(place) = looked.get_mut(at).filter(|_| named) {
            *place = Some(node);
        }
    }
    looked.into_iter().flatten().for_each(|node| seen.mark(node));
    true
}

/// Which of a segment's items are there: those that say anything.
pub fn said(tree: &Tree, segment: NodeId, repeat: Repeat) -> Vec<u16> {
    let says = |nth: &u16| {
        let from = repeat.first + nth * repeat.size;
        (from..from + repeat.size).any(|element| {
            let node = self::element(tree, segment, element, 0);
            node.and_then(|node| tree.value(node)).is_some_and(|text| !is_blank(text))
        })
    };
    (0..repeat.most).filter(says).collect()
}

/// The node of a leaf in its container.
#[inline]
pub fn leaf(tree: &Tree, container: NodeId, leaf: &Leaf) -> Option<NodeId> {
    match leaf {
        Leaf::Own => Some(container),
        Leaf::Child { name, .. } => tree.named(container, &name.name).find(|c| in_namespace(tree, *c, name)),
        Leaf::Deep(names) => names.iter().try_fold(container, |node, name| {
            tree.named(node, &name.name).find(|child| in_namespace(tree, *child, name))
        }),
        Leaf::Nth(column) => tree.children(container).nth((*column as usize).wrapping_sub(1)),
        Leaf::Element { element, component } => self::element(tree, container, *element, *component),
        Leaf::Pairs(_) | Leaf::Key => None,
    }
}

/// The node of a leaf in its container, and its text; empty where it says none. Then of which element of its segment it is
/// all, as in [`Hit`].
#[inline]
fn said_at<'t>(tree: &'t Tree, container: NodeId, leaf: &Leaf) -> Option<(NodeId, &'t str, u16)> {
    if let Leaf::Element { element, component: 0 | 1 } = leaf
        && let Some((node, text)) = tree.leaf_at(container, *element)
    {
        return Some((node, text, *element));
    }
    let node = self::leaf(tree, container, leaf)?;
    Some((node, tree.value(node).unwrap_or_default(), 0))
}

/// An element's node, or its component's. Only the first repeat is read.
#[inline]
fn element(tree: &Tree, segment: NodeId, element: u16, component: u16) -> Option<NodeId> {
    if let Some((node, _)) = tree.leaf_at(segment, element).filter(|_| component <= 1) {
        return Some(node);
    }
    let mut node = tree.at_position(segment, element).filter(|n| tree.kind(*n) == Kind::Element)?;
    let mut first = tree.children(node).next();
    if let Some(repeat) = first.filter(|n| tree.kind(*n) == Kind::Repeat) {
        (node, first) = (repeat, tree.children(repeat).next());
    }
    match first {
        // Without components the element is itself its first.
        None => (component <= 1).then_some(node),
        Some(_) => tree.at_position(node, component.max(1)),
    }
}

/// `03`
pub fn position(number: u16) -> &'static str {
    const DIGITS: &str = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546\
                          4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    let at = usize::from(number) * 2;
    DIGITS.get(at..at + 2).unwrap_or("")
}

/// Calls `found` with each container that steps lead to from a node, until it says that it has enough.
pub fn descend(
    tree: &Tree,
    node: NodeId,
    steps: &[Step],
    seen: &mut Seen,
    found: &mut dyn FnMut(NodeId, &mut Seen) -> bool,
) -> bool {
    let here = container(tree, node);
    let Some((next, rest)) = steps.split_first() else { return found(here, seen) };
    let named = next.names.iter().filter_map(|name| Some((tree.number_of(&name.name)?, name)));
    let named: SmallVec<[_; 4]> = named.collect();
    for child in tree.children(node) {
        let number = tree.number(child);
        let mut names = named.iter().filter(|(known, _)| *known == number).map(|(_, name)| *name).peekable();
        if names.peek().is_none() {
            continue;
        }
        if tree.kind(child) == Kind::Array {
            if items(tree, child, next, rest, seen, found) {
                return true;
            }
            continue;
        }
        if names.any(|name| in_namespace(tree, child, name))
            && holds(tree, container(tree, child), &next.conditions, seen)
            && descend(tree, child, rest, seen, found)
        {
            return true;
        }
    }
    false
}

/// JSON: a step to a list goes to its items.
fn items(
    tree: &Tree,
    list: NodeId,
    step: &Step,
    rest: &[Step],
    seen: &mut Seen,
    found: &mut dyn FnMut(NodeId, &mut Seen) -> bool,
) -> bool {
    tree.children(list).any(|item| holds(tree, item, &step.conditions, seen) && descend(tree, item, rest, seen, found))
}

/// The first value of a route from its frame.
#[inline]
pub fn hit<'t>(tree: &'t Tree, frames: &[Frame], route: &'t Route, seen: &mut Seen) -> Option<Hit<'t>> {
    let level = frames.len() - 1 - route.up.min(frames.len() - 1);
    let frame = &frames[level];
    if route.is_of_pairs() {
        let mut all = Hits::new();
        hits(tree, frames, route, seen, &mut all);
        return all.into_iter().next();
    }
    let (container, said) = match &*route.steps {
        _ if frame.absent => return None,
        [] if !holds(tree, frame.container, &route.own, seen) => return None,
        [] => (frame.container, of_frame(tree, frame, &route.leaf, seen)?),
        [first, rest @ ..] => {
            let slot = frame.slot(route.slot);
            slot.iter().find_map(|(_, child)| below(tree, *child, first, rest, &route.leaf, seen))?
        }
    };
    let Said { node, text, element } = said;
    let route = Some((route, level));
    Some(Hit { text: Cow::Borrowed(text), tag: None, node: Some(node), element, container, route })
}

/// A leaf's value that says something.
#[derive(Clone, Copy)]
struct Said<'t> {
    node: NodeId,
    text: &'t str,
    /// As in [`Hit`].
    element: u16,
}

/// The value of a leaf of the frame's own segment, or of that one of its items which the frame is.
#[inline]
fn of_frame<'t>(tree: &'t Tree, frame: &Frame, leaf: &Leaf, seen: &mut Seen) -> Option<Said<'t>> {
    match frame.nth {
        Some((repeat, nth)) => value(tree, frame.container, &repeat.leaf(leaf, nth), seen),
        None => value(tree, frame.container, leaf, seen),
    }
}

/// The first value in or below a child of a frame that fulfils the steps, and where it stands.
#[inline]
fn below<'t>(
    tree: &'t Tree,
    child: NodeId,
    first: &Step,
    rest: &[Step],
    leaf: &Leaf,
    seen: &mut Seen,
) -> Option<(NodeId, Said<'t>)> {
    if rest.is_empty() && tree.kind(child) != Kind::Array {
        let own = container(tree, child);
        let said = if holds(tree, own, &first.conditions, seen) { value(tree, own, leaf, seen) } else { None };
        return said.map(|said| (own, said));
    }
    let mut found = None;
    each_place(tree, child, first, rest, seen, &mut |container, seen| {
        found = value(tree, container, leaf, seen).map(|said| (container, said));
        found.is_some()
    });
    found
}

/// Calls `found` with each container that a child of a frame has for the steps, until it says that it has enough.
fn each_place(
    tree: &Tree,
    child: NodeId,
    first: &Step,
    rest: &[Step],
    seen: &mut Seen,
    found: &mut dyn FnMut(NodeId, &mut Seen) -> bool,
) -> bool {
    match tree.kind(child) {
        Kind::Array => items(tree, child, first, rest, seen, found),
        _ => holds(tree, container(tree, child), &first.conditions, seen) && descend(tree, child, rest, seen, found),
    }
}

/// Adds all values of a route from its frame.
pub fn hits<'t>(tree: &'t Tree, frames: &[Frame], route: &'t Route, seen: &mut Seen, hits: &mut Hits<'t>) {
    let level = frames.len() - 1 - route.up.min(frames.len() - 1);
    let frame = &frames[level];
    if frame.absent {
        return;
    }
    let before = hits.len();
    match &*route.steps {
        [] if !holds(tree, frame.container, &route.own, seen) => {}
        [] => match frame.nth {
            Some((repeat, nth)) => values(tree, frame.container, &repeat.leaf(&route.leaf, nth), hits, seen),
            None => values(tree, frame.container, &route.leaf, hits, seen),
        },
        [first, rest @ ..] => {
            for (_, child) in frame.slot(route.slot) {
                each_place(tree, *child, first, rest, seen, &mut |container, seen| {
                    values(tree, container, &route.leaf, hits, seen);
                    false
                });
            }
        }
    }
    hits[before..].iter_mut().for_each(|hit| hit.route = Some((route, level)));
}

/// The value of a leaf in its container, if it says anything; of a list (JSON: `notes` may be one text or a list of them)
/// the first.
#[inline]
fn value<'t>(tree: &'t Tree, container: NodeId, wanted: &Leaf, seen: &mut Seen) -> Option<Said<'t>> {
    // Most are elements that stand where their position says.
    if let Leaf::Element { element, component: 0 | 1 } = wanted
        && let Some((node, text)) = tree.leaf_at(container, *element)
    {
        return taken(tree, node, Some(text), *element, seen);
    }
    let node = leaf(tree, container, wanted)?;
    let node = if tree.kind(node) == Kind::Array { tree.children(node).next()? } else { node };
    taken(tree, node, tree.value(node), 0, seen)
}

/// A value that is read, if it says anything.
#[inline]
fn taken<'t>(tree: &Tree, node: NodeId, text: Option<&'t str>, element: u16, seen: &mut Seen) -> Option<Said<'t>> {
    let text = text.filter(|text| !is_blank(text))?;
    seen.mark(node);
    let text = if element > 0 || tree.kind(node) == Kind::Element { on_its_line(text) } else { text };
    Some(Said { node, text, element })
}

fn values<'t>(tree: &'t Tree, container: NodeId, wanted: &Leaf, hits: &mut Hits<'t>, seen: &mut Seen) {
    let mut push = |said: Option<Said<'t>>| {
        let Some(Said { node, text, element }) = said else { return };
        hits.push(Hit { text: Cow::Borrowed(text), tag: None, node: Some(node), element, container, route: None });
    };
    if let Leaf::Pairs(pairs) = wanted {
        return self::pairs(tree, container, pairs, hits, seen);
    }
    match leaf(tree, container, wanted).filter(|node| tree.kind(*node) == Kind::Array) {
        Some(list) => tree.children(list).for_each(|item| push(taken(tree, item, tree.value(item), 0, seen))),
        None => push(value(tree, container, wanted, seen)),
    }
}

fn pairs<'t>(tree: &'t Tree, segment: NodeId, pairs: &Pairs, hits: &mut Hits<'t>, seen: &mut Seen) {
    let last = tree.last_position(segment);
    for (qualifier, id) in &pairs.places {
        if matches!(qualifier, Leaf::Element { element, .. } if *element > last) {
            continue;
        }
        let said = |leaf: &Leaf| said_at(tree, segment, leaf);
        let (Some((qualifier, tag, _)), Some((id, text, element))) = (said(qualifier), said(id)) else { continue };
        let tag = trimmed(tag);
        if pairs.wants(tag) && !is_blank(text) {
            seen.mark(qualifier);
            seen.mark(id);
            let (text, tag) = (Cow::Borrowed(text), Some(Cow::Borrowed(tag)));
            hits.push(Hit { text, tag, node: Some(id), element, container: segment, route: None });
        }
    }
}
