//! Runs a program over a tree: document → canonical message, with where each value came from.

use super::{
    Context, Missing, Origin, Reading,
    faults::{self, fault},
    frames::{self, Frame, Hit, Hits, Seen},
    hierarchy, pipes,
    plan::{Alternative, Block, Condition, Field, Formula, Leaf, Program, Repeat, Route, RuleValue, Source, Unmapped},
    shape::Shape,
    unread,
};
use crate::formats::{
    fault::Fault,
    piece::Standard,
    tree::{Kind, NodeId, Tree},
};
use serde_json::{Map, Value};
use smallvec::smallvec;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt::Write,
};

/// Reads one set.
pub fn read(program: &Program, tree: &Tree, context: &Context) -> Reading {
    run(program, tree, context, false).0
}

/// Reads one set, and tells what was looked at, and by which line of the mapping.
pub fn explain(program: &Program, tree: &Tree, context: &Context) -> (Reading, Seen) {
    run(program, tree, context, true)
}

fn run(program: &Program, tree: &Tree, context: &Context, logged: bool) -> (Reading, Seen) {
    let (node, container) = root(program, tree);
    let frame = Frame::new(tree, node, container, &program.slots, String::new());
    let mut run = Run {
        program,
        tree,
        context,
        frames: vec![frame],
        pointer: String::new(),
        position: 0,
        seen: Seen::new(tree, logged),
        provenance: Vec::new(),
        faults: Vec::new(),
        missing: Vec::new(),
        told: HashSet::new(),
    };
    let (body, _) = run.members(&program.fields);
    run.finish(body)
}

/// The node that the mapping's paths begin at, and where a bare name of it stands.
fn root(program: &Program, tree: &Tree) -> (NodeId, NodeId) {
    let root = tree.root();
    match (program.standard, &program.root) {
        (Standard::Xml, Some(name)) => {
            let document = tree.named(root, &name.name).next().unwrap_or(root);
            (document, document)
        }
        // A CSV set's own fields are those of its first row.
        (Standard::Csv, _) => (root, tree.children(root).next().unwrap_or(root)),
        // One of fixed width begins with the record that opened it.
        (Standard::Fixed, _) => {
            let opening = tree.children(root).next().unwrap_or(root);
            (opening, opening)
        }
        _ => (root, root),
    }
}

pub(super) struct Run<'a> {
    pub(super) program: &'a Program,
    pub(super) tree: &'a Tree,
    pub(super) context: &'a Context<'a>,
    pub(super) frames: Vec<Frame>,
    /// JSON pointer to the canonical object being read.
    pub(super) pointer: String,
    /// Of the item being read, from 1.
    pub(super) position: usize,
    pub(super) seen: Seen,
    pub(super) provenance: Vec<Origin>,
    pub(super) faults: Vec<Fault>,
    pub(super) missing: Vec<Missing>,
    /// Values that a fault or a miss has told of: a header's that each line falls back to is told once.
    pub(super) told: HashSet<NodeId>,
}

/// Room for members of an object at first: more than that are seldom all there.
const MEMBERS: usize = 8;

/// An id with its scheme.
fn reference(scheme: &str, id: &str) -> Value {
    let mut object = Map::with_capacity(2);
    object.insert("scheme".to_owned(), scheme.into());
    object.insert("id".to_owned(), id.into());
    Value::Object(object)
}

/// What a field gave.
enum Got {
    /// The value, and whether any of it stood in the document.
    Value(Value, bool),
    /// A fault or a miss tells why there is none.
    Faulty,
    Nothing,
    /// Computed from the whole message.
    Later,
}

impl<'a> Run<'a> {
    fn finish(mut self, body: Map<String, Value>) -> (Reading, Seen) {
        let mut unread = Vec::new();
        // Who does not ask what was left unread, or which line looked where, need not know this.
        if self.program.unmapped != Unmapped::Ignore || self.seen.is_logged() {
            self.mark_rules();
        }
        if self.program.unmapped != Unmapped::Ignore {
            let left = unread::unread(self.program.standard, self.tree, &self.seen);
            if self.program.unmapped == Unmapped::Reject {
                self.faults.extend(left.iter().map(|(path, node)| {
                    let place = self.tree.place(*node);
                    let sentence = format!("{}: nothing reads it", faults::words(path, &place));
                    let remedy = "map it, or set `unmapped: warn` in the mapping".to_owned();
                    let found = self.tree.value(*node).unwrap_or_default();
                    fault("mapping/unread", place, found, "only what the mapping reads", sentence, remedy)
                }));
            }
            unread = left.into_iter().map(|(path, _)| path).collect();
        }
        let mut body = Value::Object(body);
        if self.faults.is_empty() && self.missing.is_empty() {
            self.compute(&mut body);
        }
        let number = body.get("number").and_then(Value::as_str).filter(|n| !n.is_empty()).map(str::to_owned);
        let whole = self.faults.is_empty() && self.missing.is_empty();
        let reading = Reading {
            body: if whole { body } else { Value::Null },
            number,
            provenance: self.provenance,
            faults: self.faults,
            missing: self.missing,
            unread,
        };
        (reading, self.seen)
    }

    /// What `write:` knows is no surprise when it is read, and neither are the numbers of loops.
    fn mark_rules(&mut self) {
        for step in &self.program.numbered {
            hierarchy::mark(self.tree, self.frames[0].node, step, &mut self.seen);
        }
        let root = &self.frames[0];
        for rule in &self.program.rules {
            self.seen.line = rule.spot;
            let steps: Vec<_> = rule.within.iter().chain(&rule.step).cloned().collect();
            let (tree, wanted) = (self.tree, &rule.value);
            frames::descend(tree, root.node, &steps, &mut self.seen, &mut |container, seen| {
                if let Some(node) = frames::leaf(tree, container, &rule.leaf) {
                    let constant = match wanted {
                        RuleValue::Literal(text) => tree.value(node).is_some_and(|v| v.trim() == text),
                        _ => true,
                    };
                    if constant {
                        seen.mark(node);
                    }
                }
                false
            });
        }
    }

    // ---- objects ----

    /// The members of an object, and whether any of them stood in the document.
    fn members(&mut self, fields: &'a [Field]) -> (Map<String, Value>, bool) {
        let mut object = Map::with_capacity(fields.len().min(MEMBERS));
        let mut present = false;
        let mut lacking = Vec::new();
        for field in fields {
            match self.field(field) {
                Got::Value(Value::Array(items), _) if items.is_empty() && !field.mandatory => {}
                Got::Value(value, found) => {
                    present |= found;
                    object.insert(field.name.clone(), value);
                }
                Got::Faulty => present = true,
                Got::Nothing if field.mandatory => lacking.push(field),
                Got::Nothing | Got::Later => {}
            }
        }
        // An object that is not there at all lacks nothing; the message itself always is.
        if present || self.pointer.is_empty() {
            lacking.into_iter().for_each(|field| self.lacks(field));
        }
        (object, present)
    }

    fn field(&mut self, field: &'a Field) -> Got {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&field.name);
        self.seen.line = field.spot;
        let got = match &field.source {
            Source::Value(formula) => self.single(formula, &field.shape),
            // What is said elsewhere, too, does not make an object of its own: a unit without its value is none.
            Source::ReadOnly(formula) | Source::Spare(formula) => match self.single(formula, &field.shape) {
                Got::Value(value, _) => Got::Value(value, false),
                other => other,
            },
            Source::List(formulas) => self.list(formulas, &field.shape),
            Source::Object(fields) => self.object(fields, field.mandatory),
            Source::At(blocks) => self.at(blocks, field.mandatory),
            Source::Each(block) => self.each(block),
            // When all else has been read.
            Source::Computed(_) => Got::Later,
        };
        self.pointer.truncate(before);
        got
    }

    fn object(&mut self, fields: &'a [Field], mandatory: bool) -> Got {
        let (object, present) = self.members(fields);
        match (present, mandatory) {
            (true, _) => Got::Value(Value::Object(object), true),
            (false, true) => {
                let lacking: Vec<&Field> = fields
                    .iter()
                    .filter(|f| f.mandatory && !object.contains_key(&f.name))
                    .filter(|f| !matches!(f.source, Source::Computed(_)))
                    .collect();
                lacking.iter().for_each(|field| {
                    let before = self.pointer.len();
                    self.lacks(field);
                    self.pointer.truncate(before);
                });
                if lacking.is_empty() { Got::Value(Value::Object(object), false) } else { Got::Faulty }
            }
            (false, false) => Got::Nothing,
        }
    }

    fn at(&mut self, blocks: &'a [Block], mandatory: bool) -> Got {
        for block in blocks {
            let mut got = None;
            self.walk(block, &mut |run| {
                got = Some(run.members(&block.fields));
                true
            });
            if let Some((object, present)) = got
                && (present || mandatory)
            {
                return Got::Value(Value::Object(object), present);
            }
        }
        if !mandatory {
            return Got::Nothing;
        }
        let lacking: Vec<&Field> =
            blocks.first().map(|b| b.fields.iter().filter(|f| f.mandatory).collect()).unwrap_or_default();
        if lacking.is_empty() {
            return Got::Value(Value::Object(Map::new()), false);
        }
        Got::Nothing
    }

    fn each(&mut self, block: &'a Block) -> Got {
        let mut items = Vec::new();
        self.walk(block, &mut |run| {
            let before = run.pointer.len();
            _ = write!(run.pointer, "/{}", items.len());
            let outer = std::mem::replace(&mut run.position, items.len() + 1);
            let (item, present) = run.members(&block.fields);
            // Where nothing stands there is no item; `each: .` is always there, and says nothing where none of it stands.
            if present || !block.walk.is_empty() && !item.is_empty() {
                items.push(Value::Object(item));
            }
            run.position = outer;
            run.pointer.truncate(before);
            false
        });
        let found = !items.is_empty();
        Got::Value(Value::Array(items), found)
    }

    /// Goes to each place of a block; `visit` says when it has enough.
    fn walk(&mut self, block: &'a Block, visit: &mut dyn FnMut(&mut Self) -> bool) {
        let level = self.frames.len() - 1 - block.up.min(self.frames.len() - 1);
        let aside = self.frames.split_off(level + 1);
        match (block.repeat.filter(|_| block.walk.is_empty()), self.frames.pop()) {
            (Some(repeat), Some(frame)) => {
                self.items_of(frame, repeat, visit);
                if let Some(frame) = self.frames.last_mut() {
                    frame.nth = None;
                }
            }
            (_, frame) => {
                self.frames.extend(frame);
                self.step_down(block, 0, visit);
            }
        }
        self.frames.extend(aside);
    }

    fn step_down(&mut self, block: &'a Block, depth: usize, visit: &mut dyn FnMut(&mut Self) -> bool) -> bool {
        let Some(walk) = block.walk.get(depth) else { return visit(self) };
        let Some(frame) = self.frames.last() else { return true };
        let name = &walk.text;
        let base = if frame.label.is_empty() { String::new() } else { format!("{}/", frame.label) };
        let mut children = Vec::new();
        let mut items = false;
        for (_, child) in frame.slot(walk.slot) {
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
        let mut count = 0;
        for child in children {
            // JSON's null, or an empty field: nothing is there.
            if self.tree.kind(child) == Kind::Field && self.tree.value(child).is_none_or(str::is_empty) {
                continue;
            }
            let container = frames::container(self.tree, child);
            self.seen.line = block.spot;
            if !frames::holds(self.tree, container, &walk.step.conditions, &mut self.seen) {
                continue;
            }
            count += 1;
            let label = match walk.step.conditions.as_slice() {
                [] if items => format!("{base}{name}/{}", count - 1),
                [] if block.each => format!("{base}{name}[{count}]"),
                [] => format!("{base}{name}"),
                conditions => format!("{base}{name}{}", self.conditions(container, conditions)),
            };
            let before = self.frames.len();
            if depth == 0 && !block.under.is_empty() {
                self.above(block, child, &parents);
            }
            let frame = Frame::new(self.tree, child, container, &walk.slots, label);
            let enough = match block.repeat.filter(|_| depth + 1 == block.walk.len()) {
                Some(repeat) => self.items_of(frame, repeat, visit),
                None => {
                    self.frames.push(frame);
                    self.step_down(block, depth + 1, visit)
                }
            };
            self.frames.truncate(before);
            if enough {
                return true;
            }
        }
        false
    }

    /// `repeat:`: one frame an item of the segment.
    fn items_of(&mut self, frame: Frame, repeat: Repeat, visit: &mut dyn FnMut(&mut Self) -> bool) -> bool {
        let items = frames::said(self.tree, frame.container, repeat);
        self.frames.push(frame);
        items.into_iter().any(|nth| {
            if let Some(frame) = self.frames.last_mut() {
                frame.nth = Some((repeat, nth));
            }
            visit(self)
        })
    }

    /// `[01=ST]`: with the value that stands there.
    pub(super) fn conditions(&self, container: NodeId, conditions: &[Condition]) -> String {
        let leaf = |leaf: &Leaf| match leaf {
            Leaf::Element { element, component: 0 } => format!("{element:02}"),
            Leaf::Element { element, component } => format!("{element:02}.{component:02}"),
            Leaf::Child { name, .. } => name.name.clone(),
            _ => String::new(),
        };
        let value = |c: &Condition| {
            frames::leaf(self.tree, container, &c.leaf).and_then(|n| self.tree.value(n)).unwrap_or_default()
        };
        conditions.iter().map(|c| format!("[{}={}]", leaf(&c.leaf), value(c).trim())).collect()
    }

    // ---- values ----

    pub(super) fn level(&self, route: &Route) -> usize {
        let last = self.frames.len() - 1;
        last - route.up.min(last)
    }

    fn single(&mut self, formula: &'a Formula, shape: &Shape) -> Got {
        let Ok(hits) = self.formula(formula) else { return Got::Faulty };
        let Some(hit) = hits.into_iter().next() else { return Got::Nothing };
        match pipes::shaped(&hit.text, shape) {
            Ok(Value::Object(when)) => {
                self.moment_from(&hit, formula, &when);
                Got::Value(Value::Object(when), hit.node.is_some())
            }
            Ok(value) => {
                self.came_from(&hit, None);
                Got::Value(value, hit.node.is_some())
            }
            Err(wrong) => {
                self.wrong(&hit, formula, wrong);
                Got::Faulty
            }
        }
    }

    fn list(&mut self, formulas: &'a [Formula], shape: &Shape) -> Got {
        let refs = matches!(shape, Shape::List(item) if **item == Shape::Ref);
        let mut items = Vec::new();
        let mut present = false;
        for formula in formulas {
            let Ok(hits) = self.formula(formula) else { return Got::Faulty };
            for hit in hits {
                present |= hit.node.is_some();
                self.came_from(&hit, Some((items.len(), refs)));
                items.push(match (&hit.tag, refs) {
                    (Some(tag), true) => reference(tag, &hit.text),
                    _ => Value::String(hit.text.into_owned()),
                });
            }
        }
        // An empty list is a list: what a line without any item id means is the core's to say.
        Got::Value(Value::Array(items), present)
    }

    /// The values of a formula; `Err` if a fault or a miss was noted.
    fn formula(&mut self, formula: &'a Formula) -> Result<Hits<'a>, ()> {
        let tree = self.tree;
        let mut hits = Hits::new();
        for alternative in &formula.alternatives {
            hits = match alternative {
                Alternative::Route(route) => frames::hits(tree, &self.frames, route, formula.every, &mut self.seen),
                Alternative::Literal(text) => smallvec![self.made(text.as_str().into())],
                Alternative::TenantCurrency => smallvec![self.made(self.context.tenant_currency.into())],
                Alternative::Position => smallvec![self.made(self.position.to_string().into())],
                Alternative::Group(inner) => self.formula(inner)?,
            };
            if !hits.is_empty() {
                break;
            }
        }
        match pipes::read(&formula.pipes, hits, self.program, tree, self.context.tables, &mut self.seen) {
            Ok(hits) => Ok(hits),
            Err(told) => {
                self.wrong(&told.0, formula, told.1);
                Err(())
            }
        }
    }

    fn made(&self, text: Cow<'a, str>) -> Hit<'a> {
        let container = self.frames.last().map_or(NodeId(0), |f| f.container);
        Hit { text, tag: None, node: None, container, route: None }
    }
}
