//! Runs a program over a tree: document → canonical message, with where each value came from.

use super::{
    Body, Context, Missing, Provenance, Reading,
    astray::Astray,
    faults::{self, fault},
    frames::{self, Frame},
    hierarchy,
    needs::Slots,
    parts,
    plan::{Block, Field, Program, RuleValue, Source, Unmapped},
    replay::{Noting, Replays},
    seen::Seen,
    short::Recalled,
    unread,
    walk::Visitor,
    write_rules,
};
use crate::{
    canonical::body::{ITEM, Mark, Packed},
    formats::{
        fault::Fault,
        piece::Standard,
        tree::{Kind, NodeId, Tree},
    },
};
use serde_json::Value;
use std::{borrow::Cow, collections::HashSet, fmt::Write};

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
    let mut provenance = Provenance::new(program.words.clone());
    if program.standard == Standard::Json && node != tree.root() {
        _ = write!(provenance.text, "{}/", tree.name(node));
    }
    let label = provenance.label_of(0);
    let frame = Frame::new(tree, node, container, &frames::wanted(tree, &program.slots), label);
    let mut run = Run {
        program,
        tree,
        context,
        frames: vec![frame],
        part: parts::label(program, tree),
        item: 0,
        pointer: 0,
        position: 0,
        body: Packed::new(program.words.members.clone()),
        seen: Seen::new(tree, logged),
        provenance,
        faults: Vec::new(),
        missing: Vec::new(),
        astray: Vec::new(),
        told: HashSet::new(),
        base: tree.as_read(),
        recalled: Recalled::default(),
        noting: None,
    };
    run.faults.extend(parts::several(program, tree));
    run.body.reserve(tree.len());
    let alike = matches!(program.standard, Standard::X12 | Standard::Edifact);
    run.provenance.reserve(tree.len(), alike);
    run.seen.known = vec![None; program.compared.len()];
    let message = run.body.mark();
    run.body.object(ITEM);
    run.members(&program.fields, true);
    // A message may have no lines, but not for a slip in what they are called.
    let lines = program.fields.iter().find(|field| field.name == LINES && !run.body.has(message, field.number));
    lines.into_iter().for_each(|field| run.empty_list(field));
    run.body.close(message);
    run.finish()
}

/// The node that the mapping's paths begin at, and where a bare name of it stands.
pub(super) fn root(program: &Program, tree: &Tree) -> (NodeId, NodeId) {
    let root = tree.root();
    match (program.standard, &program.root) {
        (Standard::Xml, Some(name)) => {
            let document = tree.named(root, &name.name).next().unwrap_or(root);
            (document, document)
        }
        (Standard::Json, Some(name)) => {
            let inner = wrapped(tree).filter(|inner| tree.name(*inner) == name.name).unwrap_or(root);
            (inner, inner)
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

/// JSON: the object that a document has as its one member, as in `{"order": {…}}`.
pub fn wrapped(tree: &Tree) -> Option<NodeId> {
    let mut members = tree.children(tree.root());
    let only = members.next().filter(|one| tree.kind(*one) == Kind::Object)?;
    members.next().is_none().then_some(only)
}

pub(super) struct Run<'a> {
    pub(super) program: &'a Program,
    pub(super) tree: &'a Tree,
    pub(super) context: &'a Context<'a>,
    pub(super) frames: Vec<Frame>,
    /// Which of the loops that make a message each it is read from: `/1` in JSON, else `[2]`; empty where a path says that.
    pub(super) part: String,
    /// The item being read, by its number in the provenance.
    pub(super) item: u32,
    /// The number of the pointer of the field being read.
    pub(super) pointer: u32,
    /// Of the item being read, from 1.
    pub(super) position: usize,
    /// What was read.
    pub(super) body: Packed,
    pub(super) seen: Seen,
    pub(super) provenance: Provenance,
    pub(super) faults: Vec<Fault>,
    pub(super) missing: Vec<Missing>,
    pub(super) astray: Vec<Astray<'a>>,
    /// Values that a fault or a miss has told of: a header's that each line falls back to is told once.
    pub(super) told: HashSet<NodeId>,
    /// Where the document's set begins, if leaves stand in it as they say.
    pub(super) base: Option<u64>,
    pub(super) recalled: Recalled<'a>,
    /// How an item is read, while that is noted.
    pub(super) noting: Option<Box<Noting<'a>>>,
}

/// What each message calls the list that it is there for.
const LINES: &str = "lines";

/// What a field gave.
pub(super) enum Got {
    /// A value, and whether any of it stood in the document.
    Value(bool),
    /// A fault or a miss tells why there is none.
    Faulty,
    Nothing,
    /// Computed from the whole message.
    Later,
}

impl<'a> Run<'a> {
    fn finish(mut self) -> (Reading, Seen) {
        self.misnamed();
        let mut unread = Vec::new();
        let mut body = Body::new(std::mem::replace(&mut self.body, Packed::new(self.program.words.members.clone())));
        // Who does not ask what was left unread, or which line looked where, need not know this.
        let asked = self.program.unmapped != Unmapped::Ignore && unread::any(self.tree, &self.seen);
        if asked || self.seen.is_logged() {
            self.mark_rules(&body);
        }
        if self.program.unmapped != Unmapped::Ignore {
            let left = if asked { unread::unread(self.program.standard, self.tree, &self.seen) } else { Vec::new() };
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
        let whole = self.faults.is_empty() && self.missing.is_empty();
        if whole && (self.program.computes || !self.program.requires.is_empty()) {
            body = self.compute(body);
        }
        let number = body.text("number").filter(|n| !n.is_empty()).map(str::to_owned);
        let whole = self.faults.is_empty() && self.missing.is_empty();
        let reading = Reading {
            body: if whole { body } else { Value::Null.into() },
            number,
            provenance: self.provenance,
            faults: self.faults,
            missing: self.missing,
            unread,
        };
        (reading, self.seen)
    }

    /// What `write:` would say there is no surprise when it is read, and neither are the numbers of loops.
    fn mark_rules(&mut self, message: &Body) {
        for step in &self.program.numbered {
            hierarchy::mark(self.tree, self.frames[0].node, step, &mut self.seen);
        }
        let root = &self.frames[0];
        self.seen.writing = true;
        for rule in &self.program.rules {
            self.seen.line = rule.spot;
            let (tree, wanted) = (self.tree, self.wanted(&rule.value, message));
            frames::descend(tree, root.node, &rule.within, &mut self.seen, &mut |within, seen| {
                let within = frames::whole(tree, within);
                let first = frames::first(tree, within, &rule.value);
                let wanted = wanted.as_deref().or(first);
                frames::descend(tree, within, rule.step.as_slice(), seen, &mut |container, seen| {
                    if let Some(node) = frames::leaf(tree, container, &rule.leaf) {
                        let says = |wanted: &str| tree.value(node).is_some_and(|value| value.trim() == wanted);
                        if wanted.is_none_or(says) {
                            seen.mark(node);
                        }
                    }
                    false
                })
            });
        }
    }

    /// What a rule would write, if the message says it; none of what is counted in the document.
    fn wanted(&self, value: &'a RuleValue, message: &Body) -> Option<Cow<'a, str>> {
        match value {
            RuleValue::Literal(text) => Some(text.into()),
            RuleValue::From(members, pipes) => {
                write_rules::from(members, pipes, message, self.program, self.context)?.ok().map(Cow::Owned)
            }
            _ => None,
        }
    }

    // ---- objects ----

    /// Adds the members of an object; tells whether any of them stood in the document. `always`: it is there anyhow.
    fn members(&mut self, fields: &'a [Field], always: bool) -> bool {
        let mut present = false;
        let mut lacking = Vec::new();
        let there = self.frames.last().map_or_else(Slots::default, |frame| frame.there);
        for field in fields {
            if !field.needs.met_by(there) {
                continue;
            }
            let began = self.body.mark();
            match self.field(field) {
                Got::Value(found) => {
                    present |= found;
                    if always {
                        self.keep(field, began);
                    }
                }
                Got::Faulty => present = true,
                Got::Nothing if field.mandatory => lacking.push(field),
                Got::Nothing | Got::Later => {}
            }
        }
        // An object that is not there at all lacks nothing; the message itself always is there.
        if !lacking.is_empty() && (present || always) {
            lacking.into_iter().for_each(|field| self.lacks(field));
        }
        present
    }

    /// Keeps what a member of the message says, if conditions compare with it.
    fn keep(&mut self, field: &Field, began: Mark) {
        if let Some(at) = self.program.compared.iter().position(|name| *name == field.name) {
            self.seen.known[at] = self.body.text_at(began).map(Into::into);
        }
    }

    /// Adds a field, if there is any; what was added of one that there is not is taken back.
    fn field(&mut self, field: &'a Field) -> Got {
        // What goes the short way leaves nothing to be taken back.
        if let Source::Value(formula) | Source::Key(formula, _) = &field.source
            && let Some(got) = self.short(formula, field)
        {
            return got;
        }
        let mark = self.body.mark();
        (self.pointer, self.seen.line) = (field.pointer, field.spot);
        let got = match &field.source {
            Source::Value(formula) | Source::Key(formula, _) => self.long(formula, field),
            // What is said elsewhere, too, does not make an object of its own: a unit without its value is none.
            Source::ReadOnly(formula) | Source::Spare(formula) => match self.single(formula, field) {
                Got::Value(_) => Got::Value(false),
                other => other,
            },
            Source::List(formulas) => self.list(formulas, field),
            Source::Object(fields) => self.object(fields, field),
            Source::At(blocks) => self.at(blocks, field),
            Source::Each(block) => self.each(block, field),
            // When all else has been read.
            Source::Computed(_) => Got::Later,
        };
        if !matches!(got, Got::Value(_)) {
            self.body.back(mark);
        }
        got
    }

    fn object(&mut self, fields: &'a [Field], of: &Field) -> Got {
        let began = self.body.mark();
        self.body.object(of.number);
        let present = self.members(fields, false);
        self.body.close(began);
        if present || !of.mandatory {
            return if present { Got::Value(true) } else { Got::Nothing };
        }
        let lacking: Vec<&Field> = fields
            .iter()
            .filter(|f| f.mandatory && !self.body.has(began, f.number))
            .filter(|f| !matches!(f.source, Source::Computed(_)))
            .collect();
        lacking.iter().for_each(|field| self.lacks(field));
        if lacking.is_empty() { Got::Value(false) } else { Got::Faulty }
    }

    fn at(&mut self, blocks: &'a [Block], of: &Field) -> Got {
        let began = self.body.mark();
        for block in blocks {
            let mut place = Place { block, got: None };
            self.body.object(of.number);
            self.walk(block, &mut place);
            if let Some(present) = place.got
                && (present || of.mandatory)
            {
                self.body.close(began);
                return Got::Value(present);
            }
            self.body.back(began);
        }
        let lacks = blocks.first().is_some_and(|block| block.fields.iter().any(|field| field.mandatory));
        if !of.mandatory || lacks {
            return Got::Nothing;
        }
        self.body.object(of.number);
        self.body.close(began);
        Got::Value(false)
    }

    fn each(&mut self, block: &'a Block, of: &'a Field) -> Got {
        let began = self.body.mark();
        self.body.list(of.number);
        let mut items = Items { block, of, count: 0, replays: Replays::default() };
        self.walk(block, &mut items);
        let count = items.count;
        self.body.close(began);
        self.counted(count == 0, count > 0, of)
    }
}

/// The items of a list, while they are read.
struct Items<'a> {
    block: &'a Block,
    of: &'a Field,
    count: usize,
    replays: Replays<'a>,
}

impl<'a> Visitor<'a> for Items<'a> {
    fn visit(&mut self, run: &mut Run<'a>) -> bool {
        let above = run.item;
        run.item = run.provenance.item(above, self.of.pointer, self.count as u32);
        let outer = std::mem::replace(&mut run.position, self.count + 1);
        let item = run.body.mark();
        run.body.object(ITEM);
        let empty = run.body.mark();
        let present = run.members(&self.block.fields, false);
        // Where nothing stands there is no item; `each: .` is always there, and says nothing where none of it stands.
        if present || !self.block.walk.is_empty() && run.body.grew(empty) {
            run.body.close(item);
            self.count += 1;
        } else {
            run.body.back(item);
        }
        (run.position, run.item) = (outer, above);
        false
    }

    fn replays(&mut self) -> Option<(&mut Replays<'a>, &mut usize)> {
        Some((&mut self.replays, &mut self.count))
    }
}

/// The first place of an object that says anything.
struct Place<'a> {
    block: &'a Block,
    /// Whether any of it stood in the document.
    got: Option<bool>,
}

impl<'a> Visitor<'a> for Place<'a> {
    fn visit(&mut self, run: &mut Run<'a>) -> bool {
        self.got = Some(run.members(&self.block.fields, false));
        true
    }
}
