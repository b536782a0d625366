//! Goes to the places that a block of the mapping leads to: an order's lines, the party of a kind.

use super::{
    frames::{self, Frame},
    hierarchy,
    plan::{Block, Condition, Leaf, Repeat, Walk},
    provenance::Nth,
    read::Run,
    replay::Replays,
};
use crate::formats::tree::{Kind, NodeId};
use std::{collections::HashMap, fmt::Write};

/// What is done at each place.
pub(super) trait Visitor<'a> {
    /// Reads what stands there; tells whether that is enough.
    fn visit(&mut self, run: &mut Run<'a>) -> bool;
    /// How places were read that others may be like, and how many items there are.
    fn replays(&mut self) -> Option<(&mut Replays<'a>, &mut usize)> {
        None
    }
}

/// The last step of a block, or one before it.
struct Way<'a> {
    block: &'a Block,
    walk: &'a Walk,
    depth: usize,
    /// What the frame above is called.
    above: u32,
    /// They are the items of a list of JSON.
    items: bool,
    parents: HashMap<NodeId, NodeId>,
    wanted: frames::Wanted<'a>,
}

impl Way<'_> {
    /// May a place be read as one before it was? Nothing but what stands in it then tells it from others.
    fn repeats(&self) -> bool {
        let last = self.depth + 1 == self.block.walk.len();
        last && !self.items && self.block.under.is_empty() && self.block.repeat.is_none()
    }
}

impl<'a> Run<'a> {
    /// Goes to each place of a block, until the visitor has enough.
    pub(super) fn walk(&mut self, block: &'a Block, visitor: &mut dyn Visitor<'a>) {
        let level = self.frames.len() - 1 - block.up.min(self.frames.len() - 1);
        if block.walk.first().is_some_and(|first| self.frames[level].slot(first.slot).is_empty()) {
            return;
        }
        let aside = self.frames.split_off(level + 1);
        match (block.repeat.filter(|_| block.walk.is_empty()), self.frames.pop()) {
            (Some(repeat), Some(frame)) => {
                self.items_of(frame, repeat, visitor);
                if let Some(frame) = self.frames.last_mut() {
                    frame.nth = None;
                }
            }
            (_, frame) => {
                self.frames.extend(frame);
                self.step_down(block, 0, visitor);
            }
        }
        self.frames.extend(aside);
    }

    fn step_down(&mut self, block: &'a Block, depth: usize, visitor: &mut dyn Visitor<'a>) -> bool {
        let Some(walk) = block.walk.get(depth) else { return visitor.visit(self) };
        let Some(frame) = self.frames.last() else { return true };
        let above = frame.label;
        let slot = frame.slot(walk.slot);
        let mut children = Vec::with_capacity(slot.len());
        let mut items = false;
        for (_, child) in slot {
            items = self.tree.kind(*child) == Kind::Array;
            match items {
                true => children.extend(self.tree.children(*child)),
                false => children.push(*child),
            }
        }
        let parents = if depth == 0 && !block.under.is_empty() {
            hierarchy::parents(self.tree, &children)
        } else {
            HashMap::new()
        };
        let wanted = frames::wanted(self.tree, &walk.slots);
        let way = Way { block, walk, depth, above, items, parents, wanted };
        let repeats = way.repeats();
        if repeats && let Some((replays, _)) = visitor.replays() {
            replays.forget();
        }
        let mut count = 0;
        for (at, child) in children.iter().enumerate() {
            let enough = match repeats {
                true => self.place_again(&way, *child, (&mut count, children.len() - at), visitor),
                false => self.place(&way, *child, &mut count, visitor),
            };
            if enough {
                return true;
            }
        }
        // `each: PO1/ACK?`: a PO1 without an ACK is an item, too.
        if count == 0 && depth > 0 && block.optional && depth + 1 == block.walk.len() {
            let Some(here) = self.frames.last().map(|frame| frame.node) else { return true };
            self.odd();
            let before = self.frames.len();
            self.frames.push(Frame::absent(here, above));
            let enough = visitor.visit(self);
            self.frames.truncate(before);
            return enough;
        }
        false
    }

    /// Reads a place as one before it was read, if it can be; else notes how it is read. `left`: so many are yet to be read.
    fn place_again(
        &mut self,
        way: &Way<'a>,
        child: NodeId,
        (count, left): (&mut usize, usize),
        visitor: &mut dyn Visitor<'a>,
    ) -> bool {
        let Some((replays, items)) = visitor.replays() else { return self.place(way, child, count, visitor) };
        let nth = *count + 1 + self.tree.left_out(child);
        if replays.read(self, child, (*items as u32, nth as u32), left) {
            *count += 1;
            *items += 1;
            return false;
        }
        let (before, notes) = (*items, replays.begin(self, child, left));
        let enough = self.place(way, child, count, visitor);
        if notes && let Some((replays, items)) = visitor.replays() {
            replays.end(self, *items > before);
        }
        enough
    }

    fn place(&mut self, way: &Way<'a>, child: NodeId, count: &mut usize, visitor: &mut dyn Visitor<'a>) -> bool {
        let Way { block, walk, depth, .. } = *way;
        // JSON's null, or an empty field: nothing is there.
        if self.tree.kind(child) == Kind::Field && self.tree.value(child).is_none_or(str::is_empty) {
            return false;
        }
        let container = frames::container(self.tree, child);
        if matches!(self.tree.kind(container), Kind::Segment) {
            self.seen.pass(child);
            self.seen.pass(container);
        }
        self.seen.line = block.spot;
        self.ask(container, &walk.step.conditions);
        if !frames::holds(self.tree, container, &walk.step.conditions, &mut self.seen) {
            return false;
        }
        *count += 1;
        let nth = match way.items {
            true => self.tree.name(child).parse().unwrap_or(*count - 1),
            false => *count + self.tree.left_out(child),
        };
        let before = self.frames.len();
        let label = self.add_label(way.above, walk, container, (way.items, block.each), nth);
        if depth == 0 && !block.under.is_empty() {
            self.odd();
            self.above(block, child, &way.parents);
        }
        let frame = Frame::new(self.tree, child, container, &way.wanted, label);
        let enough = match block.repeat.filter(|_| depth + 1 == block.walk.len()) {
            Some(repeat) => self.items_of(frame, repeat, visitor),
            None => {
                self.frames.push(frame);
                self.step_down(block, depth + 1, visitor)
            }
        };
        self.frames.truncate(before);
        enough
    }

    /// `repeat:`: one frame an item of the segment.
    fn items_of(&mut self, frame: Frame, repeat: Repeat, visitor: &mut dyn Visitor<'a>) -> bool {
        self.odd();
        let items = frames::said(self.tree, frame.container, repeat);
        self.frames.push(frame);
        items.into_iter().any(|nth| {
            if let Some(frame) = self.frames.last_mut() {
                frame.nth = Some((repeat, nth));
            }
            visitor.visit(self)
        })
    }

    /// Notes what a frame is called, behind the name of the one above: `PO1[2]/`, `N1[01=ST]/`, `lines/0/`.
    fn add_label(
        &mut self,
        above: u32,
        walk: &Walk,
        container: NodeId,
        (items, each): (bool, bool),
        nth: usize,
    ) -> u32 {
        let nth = match walk.step.conditions.as_slice() {
            [] if items => Nth::Item(nth as u32),
            [] if each => Nth::Loop(nth as u32),
            [] => Nth::One,
            conditions => {
                let from = self.provenance.text.len();
                self.add_conditions(container, conditions);
                Nth::Said(self.provenance.since(from))
            }
        };
        self.provenance.label(above, walk.number, nth)
    }

    /// `[01=ST]`: with the value that stands there.
    pub(super) fn add_conditions(&mut self, container: NodeId, conditions: &[Condition]) {
        let labels = &mut self.provenance.text;
        for Condition { leaf, .. } in conditions {
            let value = frames::leaf(self.tree, container, leaf).and_then(|n| self.tree.value(n)).unwrap_or_default();
            let value = value.trim();
            // That nothing stands there tells nobody which one it is.
            if value.is_empty() && matches!(leaf, Leaf::Element { .. }) {
                continue;
            }
            _ = match leaf {
                Leaf::Element { element, component: 0 } => write!(labels, "[{element:02}={value}]"),
                Leaf::Element { element, component } => write!(labels, "[{element:02}.{component:02}={value}]"),
                Leaf::Child { name, .. } => write!(labels, "[{}={value}]", name.name),
                Leaf::Deep(names) => {
                    let names: Vec<&str> = names.iter().map(|name| &*name.name).collect();
                    write!(labels, "[{}={value}]", names.join("/"))
                }
                _ => write!(labels, "[={value}]"),
            };
        }
    }
}
