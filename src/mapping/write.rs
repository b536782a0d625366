//! Runs a program the other way: canonical message → what a document's writer takes.

use super::{
    Context, Written, asked,
    faults::fault,
    numbered,
    out::{By, Out, OutId},
    pipes::Wrong,
    plan::{Block, Field, Formula, Leaf, Pairs, Program, Repeat, Route, Source, Step},
    write_edi, write_loops, write_named,
};
use crate::formats::{
    fault::Fault,
    piece::Standard,
    place::{At, Place},
};
use serde_json::Value;
use std::collections::HashMap;

/// Writes messages into one document; most mappings take one.
pub fn write(program: &Program, messages: &[&Value], context: &Context) -> Result<Written, Vec<Fault>> {
    let mut run = Run {
        program,
        context,
        messages,
        out: Out::new(program.messages.clone(), program.compared.clone()),
        frames: vec![Frame { step: None, node: Some(0), parent: 0, item: false, each: false, nth: None }],
        claims: HashMap::new(),
        saying: None,
        pointer: String::new(),
        faults: Vec::new(),
        unsaid: Vec::new(),
    };
    (0..messages.len()).for_each(|nth| run.message(nth));
    run.rules();
    program.numbered.iter().for_each(|step| numbered::number(&mut run.out, step));
    run.faults.extend(write_loops::doubled(&run.out, program));
    run.faults.extend(asked::broken(&run.out, program));
    if !run.faults.is_empty() {
        return Err(run.faults);
    }
    match (program.standard, program.guide) {
        (Standard::X12 | Standard::Edifact, Some(guide)) => {
            write_edi::segments(&run.out, guide, program).map(Written::Segments)
        }
        (Standard::Json, _) => Ok(Written::Json(write_named::json(&run.out))),
        (Standard::Csv, _) => write_named::csv(&run.out)
            .map(Written::Tree)
            .map_err(|sentence| vec![write_fault("mapping/no_room", "", "", "a row", sentence)]),
        _ => Ok(Written::Tree(write_named::xml(&run.out, program.root.as_ref(), &program.prefixes))),
    }
}

/// A fault of writing has its place in the message: the pointer to the canonical value.
pub fn write_fault(code: &str, pointer: &str, found: &str, expected: &str, sentence: String) -> Fault {
    let place = Place { byte: 0, len: 0, at: At::Node { path: pointer.into() } };
    let remedy = "correct the mapping, or what made the message".to_owned();
    fault(code, place, found, expected, sentence, remedy)
}

/// A place in what is written, made when something is put there.
pub(super) struct Frame<'p> {
    pub(super) step: Option<&'p Step>,
    pub(super) node: Option<OutId>,
    /// The level of the frame in which it stands.
    pub(super) parent: usize,
    /// One of a list.
    item: bool,
    /// On the way of an `each:`.
    each: bool,
    /// Which of a segment's items is written, from 0.
    pub(super) nth: Option<(Repeat, u16)>,
}

impl Frame<'_> {
    /// What is put next makes a place of its own.
    fn begin(&mut self) {
        self.node = None;
        self.nth = self.nth.map(|(repeat, _)| (repeat, 0));
    }
}

/// A text and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Put<'p> {
    pub(super) route: &'p Route,
    pub(super) what: What,
    pub(super) every: bool,
    /// Only where nothing stands yet.
    pub(super) spare: bool,
    pub(super) pointer: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Text(String),
    /// With its qualifier, a format's code, or a time, at other leaves of the same segment.
    Beside(String, Vec<(Leaf, String)>),
    /// (qualifier, id)
    Pairs(Vec<(String, String)>),
}

pub(super) struct Run<'p> {
    pub(super) program: &'p Program,
    pub(super) context: &'p Context<'p>,
    pub(super) messages: &'p [&'p Value],
    pub(super) out: Out,
    pub(super) frames: Vec<Frame<'p>>,
    /// Loops that were made for what stands below them, with what was said of them.
    pub(super) claims: HashMap<OutId, Vec<Put<'p>>>,
    /// Which loops have a text in them, where loops are looked for by what they say.
    pub(super) saying: Option<HashMap<String, Vec<OutId>>>,
    pub(super) pointer: String,
    pub(super) faults: Vec<Fault>,
    /// What an object's members could not say, unless another says it there.
    pub(super) unsaid: Vec<(&'p Formula, Fault)>,
}

impl<'p> Run<'p> {
    // ---- objects ----

    /// Writes an object's members into the current frame. `before`: what the item before wrote into the frames above.
    pub(super) fn members(&mut self, fields: &'p [Field], object: &Value, before: Option<&mut Shared<'p>>) {
        let mut puts = Vec::new();
        let mut nested = Vec::new();
        self.collect(fields, object, &mut puts, &mut nested);
        leave_out_spare(&mut puts);
        let unsaid = std::mem::take(&mut self.unsaid).into_iter();
        let said =
            |formula: &Formula| formula.routes().any(|(_, route)| puts.iter().any(|put| same_place(route, put.route)));
        let unsaid = unsaid.filter(|(formula, _)| !said(formula));
        self.faults.extend(unsaid.map(|(_, fault)| fault));
        let is_item = before.is_some();
        if let Some(shared) = before {
            self.share(shared, &puts, &nested);
        }
        puts.iter().for_each(|put| self.put(put));
        // An item that only says something above itself is one all the same: without its own segment nobody would read it.
        let above = |put: &Put| put.route.up > 0;
        if is_item && self.program.guide.is_some() && nested.is_empty() && !puts.is_empty() && puts.iter().all(above) {
            self.made(self.frames.len() - 1);
        }
        for (field, value, pointer) in nested {
            let outer = std::mem::replace(&mut self.pointer, pointer);
            match &field.source {
                Source::At(blocks) => {
                    if let Some(block) = blocks.first() {
                        self.at(block, value);
                    }
                }
                Source::Each(block) => self.each(block, value),
                _ => {}
            }
            self.pointer = outer;
        }
    }

    /// Texts that go into this frame or above, and fields that have a place of their own.
    fn collect<'v>(
        &mut self,
        fields: &'p [Field],
        object: &'v Value,
        puts: &mut Vec<Put<'p>>,
        nested: &mut Vec<(&'p Field, &'v Value, String)>,
    ) {
        for field in fields {
            let Some(value) = object.get(&field.name).filter(|v| !v.is_null()) else { continue };
            let before = self.pointer.len();
            self.pointer.push('/');
            self.pointer.push_str(&field.name);
            match &field.source {
                Source::Value(formula) => match &field.below_zero {
                    Some(one) if one.holds(object) => self.unsigned(formula, value, puts),
                    _ => self.single(formula, value, puts),
                },
                Source::Spare(formula) => self.spare(formula, value, puts),
                Source::Key(_, route) => puts.extend(self.key(route, value)),
                Source::List(formulas) => self.list(formulas, value, puts),
                Source::Object(fields) => self.collect(fields, value, puts, nested),
                Source::At(_) | Source::Each(_) => nested.push((field, value, self.pointer.clone())),
                Source::ReadOnly(_) | Source::Computed(_) => {}
            }
            self.pointer.truncate(before);
        }
    }

    fn at(&mut self, block: &'p Block, value: &Value) {
        let aside = self.enter(block, false);
        self.members(&block.fields, value, None);
        self.leave(block, aside);
    }

    fn each(&mut self, block: &'p Block, value: &Value) {
        let Some(items) = value.as_array() else { return };
        let outer = self.pointer.clone();
        if block.walk.is_empty() {
            self.own(block, items);
            self.pointer = outer;
            return;
        }
        let aside = self.enter(block, true);
        let first = self.frames.len() - block.walk.len();
        let unders = first - block.under.len()..first;
        self.stand_in(first, block);
        let list = (!block.under.is_empty()).then(|| self.out.begin_list(numbered::untold(block)));
        let mut shared = Shared { first, unders, before: self.out.len(), puts: Vec::new(), places: Vec::new() };
        for (index, item) in items.iter().enumerate() {
            self.pointer = format!("{outer}/{index}");
            if let Some(last) = self.frames.last_mut() {
                // Repeated items stay in one segment as long as it has room, and says the same of all.
                match (block.repeat, last.nth) {
                    (Some(repeat), Some((_, nth))) if nth + 1 < repeat.most => last.nth = Some((repeat, nth + 1)),
                    (repeat, _) => (last.node, last.nth) = (None, repeat.map(|repeat| (repeat, 0))),
                }
            }
            self.members(&block.fields, item, Some(&mut shared));
            if let (Some(list), Some(node)) = (list, self.frames[first].node) {
                self.out.list_item(list, node);
            }
        }
        self.leave(block, aside);
        self.pointer = outer;
        if self.program.guide.is_some() && items.len() > 1 {
            let faults = write_loops::said_once(block, items, &self.pointer);
            self.faults.extend(faults);
        }
    }

    /// `each: .`: the items stand in the segment itself.
    fn own(&mut self, block: &'p Block, items: &[Value]) {
        let outer = self.pointer.clone();
        let room = block.repeat.map_or(1, |repeat| usize::from(repeat.most));
        if items.len() > room {
            let sentence = format!("{outer} has {} items, and there is room for {room}", items.len());
            self.faults.push(write_fault("mapping/no_room", &outer, &items.len().to_string(), "fewer", sentence));
        }
        for (nth, item) in (0u16..).zip(items.iter().take(room)) {
            self.pointer = format!("{outer}/{nth}");
            if let (Some(frame), Some(repeat)) = (self.frames.last_mut(), block.repeat) {
                frame.nth = Some((repeat, nth));
            }
            self.members(&block.fields, item, None);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.nth = None;
        }
    }

    fn enter(&mut self, block: &'p Block, each: bool) -> Vec<Frame<'p>> {
        let level = self.frames.len() - 1 - block.up.min(self.frames.len() - 1);
        let aside = self.frames.split_off(level + 1);
        let last = block.walk.len().saturating_sub(1);
        for walk in &block.under {
            self.frames.push(Frame {
                step: Some(&walk.step),
                node: None,
                parent: level,
                item: true,
                each: true,
                nth: None,
            });
        }
        for (at, walk) in block.walk.iter().enumerate() {
            let parent = if at == 0 { level } else { self.frames.len() - 1 };
            self.frames.push(Frame {
                step: Some(&walk.step),
                node: None,
                parent,
                item: each && at == last,
                each,
                nth: None,
            });
        }
        aside
    }

    fn leave(&mut self, block: &Block, aside: Vec<Frame<'p>>) {
        self.frames.truncate(self.frames.len() - block.walk.len() - block.under.len());
        self.frames.extend(aside);
    }

    /// `each: PO1/ACK`: consecutive items share a PO1 if they say the same of it. `each: PO1*/ACK`: never.
    fn share(&mut self, shared: &mut Shared<'p>, puts: &[Put<'p>], nested: &[(&'p Field, &Value, String)]) {
        let last = self.frames.len() - 1;
        if let Some(own) = (shared.first..last).find(|at| self.frames[*at].step.is_some_and(|s| s.every)) {
            self.frames[own..].iter_mut().for_each(Frame::begin);
        }
        self.stand_under(shared, puts);
        self.begin_anew(puts);
        if shared.first == last {
            return;
        }
        let above = |put: &&Put<'p>| put.route.up >= 1 && last - put.route.up.min(last) >= shared.first;
        let mut own: Vec<Put<'p>> = puts.iter().filter(above).cloned().collect();
        own.iter_mut().for_each(|p| p.pointer.clear());
        // Objects that have places of their own in the frames above: `at: ^N1[01=ST]`.
        let above = |up: usize| up >= 1 && last - up.min(last) >= shared.first;
        let places = nested.iter().filter(|(field, ..)| field.source.up().is_some_and(above));
        let places: Vec<_> = places.map(|(field, value, _)| (field.name.as_str(), (*value).clone())).collect();
        if own != shared.puts || places != shared.places {
            self.frames[shared.first..].iter_mut().for_each(Frame::begin);
            self.join(shared, puts);
            (shared.puts, shared.places) = (own, places);
        }
    }

    // ---- putting ----

    fn put(&mut self, put: &Put<'p>) {
        let level = self.frames.len() - 1 - put.route.up.min(self.frames.len() - 1);
        let mut node = self.made(level);
        if level > 0 {
            self.says(node, &put.what);
        }
        self.out.fulfil(node, &put.route.own);
        let last = put.route.steps.len().saturating_sub(1);
        let starred = put.route.steps.iter().any(|s| s.every);
        for (at, step) in put.route.steps.iter().enumerate() {
            let fresh = step.every || put.every && !starred && at == last;
            // Of XML the currency may stand there before the amount that is to have it.
            let joins = self.program.guide.is_some() || step.conditions.iter().any(|one| one.compared.is_some());
            let there = match self.out.last(node, step) {
                None if !fresh && at == last && joins => self.out.beside(node, step, &put.route.leaf),
                there => there,
            };
            node = match there.filter(|_| !fresh) {
                Some(there) => {
                    self.out.fulfil(there, &step.conditions);
                    there
                }
                None => self.out.add(node, step, self.one_of_many(step)),
            };
        }
        let nth = self.frames[level].nth.filter(|_| put.route.steps.is_empty());
        let shifted = |leaf: &Leaf| nth.map_or_else(|| leaf.clone(), |(repeat, nth)| repeat.leaf(leaf, nth));
        let leaf = &shifted(&put.route.leaf);
        match &put.what {
            What::Pairs(told) => self.put_pairs(node, leaf, told, put),
            // JSON: a list of texts stands in one member.
            What::Text(text) if put.every && put.route.steps.is_empty() && self.program.guide.is_none() => {
                self.out.push(node, leaf, text)
            }
            What::Text(text) => self.set(node, leaf, text, put),
            What::Beside(text, beside) => {
                self.set(node, leaf, text, put);
                let said = beside.iter().filter(|(_, other)| !other.is_empty());
                said.for_each(|(leaf, other)| self.set(node, &shifted(leaf), other, put));
            }
        }
    }

    fn put_pairs(&mut self, node: OutId, leaf: &Leaf, told: &[(String, String)], put: &Put<'p>) {
        let Leaf::Pairs(pairs) = leaf else { return };
        let Pairs { places, .. } = &**pairs;
        for ((qualifier, id), (at, value)) in told.iter().zip(places) {
            self.set(node, at, qualifier, put);
            self.set(node, value, id, put);
        }
    }

    fn set(&mut self, node: OutId, leaf: &Leaf, text: &str, put: &Put<'p>) {
        if let Err(there) = self.out.set(node, leaf, text, By::Member(put.pointer.as_str().into())) {
            let (at, pointer) = (&put.route.text, &put.pointer);
            let sentence = format!("{at} would be written twice: `{there}`, and `{text}` for {pointer}");
            self.faults.push(write_fault("mapping/contradiction", pointer, text, &there, sentence));
        }
    }

    /// JSON: `parties[role=buyer]` is an item of a list.
    pub(super) fn one_of_many(&self, step: &Step) -> bool {
        let is_message = || self.program.messages.as_ref().is_some_and(|one| one.names == step.names);
        self.program.standard == Standard::Json && (step.every || !step.conditions.is_empty() || is_message())
    }

    /// The frame's node, made if need be.
    pub(super) fn made(&mut self, level: usize) -> OutId {
        if let Some(node) = self.frames[level].node {
            return node;
        }
        let Some(step) = self.frames[level].step.filter(|_| level > 0) else { return 0 };
        let parent = self.made(self.frames[level].parent);
        let Frame { item, each, .. } = self.frames[level];
        // A place of its own may have been made by a path that leads into it.
        let there = if each && !step.once { None } else { self.out.last(parent, step) };
        let node = there.unwrap_or_else(|| self.out.add(parent, step, item || self.one_of_many(step)));
        self.frames[level].node = Some(node);
        node
    }

    pub(super) fn wrong(&mut self, at: &str, wrong: Wrong) {
        let pointer = &self.pointer;
        let fault = match wrong {
            Wrong::Value { code, found, expected } => {
                let sentence = format!("{pointer} is `{found}`; {at} takes {expected}");
                write_fault(code, pointer, &found, &expected, sentence)
            }
            Wrong::NotInTable { table, value } => {
                let sentence = format!("{pointer} is `{value}`, and no row of the table {table} leads to it");
                let mut fault = write_fault("mapping/no_reference", pointer, &value, "a target of the table", sentence);
                fault.remedy = format!("add it with `crossdock reference add {table} VALUE {value}`").into();
                fault
            }
        };
        self.faults.push(fault);
    }
}

/// What is to be written only where nothing else of the object is, is left out where something is.
fn leave_out_spare(puts: &mut Vec<Put>) {
    let taken = |spare: &Put, puts: &[Put]| puts.iter().any(|put| !put.spare && same_place(put.route, spare.route));
    let keep: Vec<bool> = puts.iter().map(|put| !put.spare || !taken(put, puts)).collect();
    let mut keep = keep.into_iter();
    puts.retain(|_| keep.next().unwrap_or(true));
}

fn same_place(a: &Route, b: &Route) -> bool {
    (a.up, &a.steps, &a.leaf) == (b.up, &b.steps, &b.leaf)
}

/// What the last item wrote into the frames above its own.
pub(super) struct Shared<'p> {
    /// The level of the walk's first frame.
    pub(super) first: usize,
    /// The levels of the frames that stand above it by number.
    pub(super) unders: std::ops::Range<usize>,
    /// Nodes from here on are the list's own.
    pub(super) before: usize,
    puts: Vec<Put<'p>>,
    places: Vec<(&'p str, Value)>,
}

impl Source {
    /// How many frames up the place of its own begins that an object or a list has.
    fn up(&self) -> Option<usize> {
        match self {
            Source::At(blocks) => blocks.first().map(|block| block.up),
            Source::Each(block) => Some(block.up),
            _ => None,
        }
    }
}
