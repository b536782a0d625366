//! Loops that several lists of a message write into: the packages of a shipment and the lines that they hold. A list's
//! item goes into the loop that says the same of itself as the item does, whoever made that loop.

use super::{
    out::{By, Out, OutId, OutLeaf},
    pipes,
    plan::{Block, Field, Formula, Leaf, Program, Route, Source, Step, spots},
    write::{Put, Run, Shared, What, write_fault},
};
use crate::formats::{fault::Fault, piece::Standard};
use serde_json::Value;
use std::collections::HashMap;

impl<'p> Run<'p> {
    /// What a loop is called in the message.
    pub(super) fn key(&self, route: &'p Route, value: &Value) -> Option<Put<'p>> {
        let what = What::Text(pipes::plain(value)?);
        Some(Put { route, what, every: false, spare: false, pointer: self.pointer.clone() })
    }

    /// The loops above an item by number: found by what the item says of them, or made.
    pub(super) fn stand_under(&mut self, shared: &Shared<'p>, puts: &[Put<'p>]) {
        let base = self.frames[shared.first].parent;
        if shared.unders.is_empty() {
            return self.adopt(shared, puts, base);
        }
        let parent = self.made(base);
        let mut above: Option<OutId> = None;
        let mut higher = shared.unders.start..shared.unders.start;
        for level in shared.unders.clone() {
            let said = self.said(level, puts);
            self.frames[level].node = None;
            let Some(step) = self.frames[level].step.filter(|_| !said.is_empty()) else { continue };
            let fits = |run: &Self, id: &OutId| {
                run.fits_under(*id, above, higher.clone()) && said.iter().all(|put| run.agrees(*id, put))
            };
            let found = self.saying(&said, parent, step).into_iter().find(|id| fits(self, id));
            let node = found.unwrap_or_else(|| {
                let made = self.out.add(parent, step, true);
                self.claims.insert(made, said);
                made
            });
            let chain: Vec<OutId> = self.out.chain(node).collect();
            if let (Some(above), Some(top)) = (above.filter(|a| !chain.contains(a)), chain.last()) {
                self.lies_in(*top, above);
            }
            self.frames[level].node = Some(node);
            above = Some(node);
            higher.end = level + 1;
        }
        self.adopt(shared, puts, base);
        if let Some(above) = above {
            let own = self.made(shared.first);
            self.lies_in(own, above);
        }
    }

    fn lies_in(&mut self, node: OutId, above: OutId) {
        if !self.out.put_under(node, above) {
            self.faults.push(in_itself(&self.pointer, ""));
        }
    }

    /// What is there already on the way to an item: the shipment's HL to its TD3, an `Item` to its `ItemInstance`. In XML
    /// and JSON an item that says something of one of them leaves it again.
    pub(super) fn stand_in(&mut self, first: usize, block: &Block) {
        if !matches!(self.program.standard, Standard::Xml | Standard::Json) && reaches(&block.fields, 1) {
            return;
        }
        for level in first..self.frames.len() - 1 {
            let above = self.frames[self.frames[level].parent].node;
            let step = self.frames[level].step.filter(|step| !step.every);
            let (Some(above), Some(step)) = (above, step) else { return };
            self.frames[level].node = self.out.last(above, step);
        }
    }

    /// A segment of repeated items that says something else before them than this item would: the item gets its own.
    pub(super) fn begin_anew(&mut self, puts: &[Put<'p>]) {
        let last = self.frames.len() - 1;
        let (Some(node), Some((repeat, _))) = (self.frames[last].node, self.frames[last].nth) else { return };
        let before = |leaf: &Leaf| matches!(leaf, Leaf::Element { element, .. } if *element < repeat.first);
        let other = |put: &Put| {
            let differs =
                |leaf: &Leaf, text: &String| before(leaf) && self.out.text(node, leaf).unwrap_or_default() != text;
            match &put.what {
                What::Text(text) => differs(&put.route.leaf, text),
                What::Beside(text, beside) => {
                    differs(&put.route.leaf, text) || beside.iter().any(|(leaf, other)| differs(leaf, other))
                }
                What::Pairs(_) => false,
            }
        };
        if self.said(last, puts).iter().any(other) {
            (self.frames[last].node, self.frames[last].nth) = (None, Some((repeat, 0)));
        }
    }

    /// Can a loop stand below another? If it does already, or if all that stands above it may stand below that one too:
    /// a package of one order can't lie in another order.
    fn fits_under(&self, node: OutId, above: Option<OutId>, levels: std::ops::Range<usize>) -> bool {
        let Some(above) = above else { return true };
        let chain: Vec<OutId> = self.out.chain(node).collect();
        let higher =
            |one: &OutId| self.frames[levels.clone()].iter().filter_map(|f| f.step).any(|s| self.out.is(*one, s));
        chain.contains(&above) || !chain.iter().any(higher)
    }

    /// A loop that was made for what stands below it, if it is this item's: all that was said of it the item says too.
    fn adopt(&mut self, shared: &Shared<'p>, puts: &[Put<'p>], base: usize) {
        let last = self.frames.len() - 1;
        if shared.first != last || self.claims.is_empty() {
            return;
        }
        let Some(step) = self.frames[last].step else { return };
        let parent = self.made(base);
        let own = self.said(last, puts);
        let same = |claim: &Put, put: &Put| {
            (&claim.route.steps, &claim.route.leaf, &claim.what) == (&put.route.steps, &put.route.leaf, &put.what)
        };
        let found = self.saying(&own, parent, step).into_iter().find(|id| {
            let claims = self.claims.get(id);
            claims.is_some_and(|claims| claims.iter().all(|claim| own.iter().any(|put| same(claim, put))))
        });
        if let Some(found) = found {
            self.claims.remove(&found);
            self.frames[last].node = Some(found);
        }
    }

    /// The loops on an item's way that another list made, if they say the same: `each: CPS/LIN` beside `each: CPS`.
    pub(super) fn join(&mut self, shared: &Shared<'p>, puts: &[Put<'p>]) {
        for level in shared.first..self.frames.len() - 1 {
            let said = self.said(level, puts);
            let Some(step) = self.frames[level].step.filter(|_| !said.is_empty()) else { return };
            let parent = self.made(self.frames[level].parent);
            let others = self.saying(&said, parent, step);
            let found = others
                .into_iter()
                .filter(|id| *id < shared.before)
                .find(|id| said.iter().all(|put| self.agrees(*id, put)));
            if found.is_none() {
                return;
            }
            self.frames[level].node = found;
        }
    }

    /// Remembers what a loop says.
    pub(super) fn says(&mut self, node: OutId, what: &What) {
        let (Some(saying), What::Text(text) | What::Beside(text, ..)) = (&mut self.saying, what) else { return };
        let loops = saying.entry(text.clone()).or_default();
        if loops.last() != Some(&node) {
            loops.push(node);
        }
    }

    /// The loops of a step that may say what is said: by its longest text, since going through all of them for each item
    /// would cost the square of their number.
    fn saying(&self, said: &[Put], parent: OutId, step: &Step) -> Vec<OutId> {
        let text = |put: &Put| match &put.what {
            What::Text(text) | What::Beside(text, ..) => Some(text.clone()),
            What::Pairs(_) => None,
        };
        let longest = said.iter().filter_map(text).max_by_key(String::len);
        let loops = longest.and_then(|text| self.saying.as_ref()?.get(&text));
        let fits = |id: &OutId| self.out.node(*id).parent == parent && self.out.is(*id, step);
        loops.into_iter().flatten().copied().filter(fits).collect()
    }

    /// What an item says of the loop at a level.
    fn said(&self, level: usize, puts: &[Put<'p>]) -> Vec<Put<'p>> {
        let last = self.frames.len() - 1;
        puts.iter().filter(|put| last - put.route.up.min(last) == level).cloned().collect()
    }

    /// Does a loop say already what would be put into it?
    fn agrees(&self, node: OutId, put: &Put) -> bool {
        let mut here = node;
        for step in &put.route.steps {
            match self.out.last(here, step) {
                Some(next) => here = next,
                None => return false,
            }
        }
        let says = |leaf: &Leaf, text: &str| self.out.text(here, leaf) == Some(text);
        match &put.what {
            What::Text(text) => says(&put.route.leaf, text),
            What::Beside(text, beside) => {
                says(&put.route.leaf, text) && beside.iter().all(|(leaf, other)| says(leaf, other))
            }
            What::Pairs(_) => false,
        }
    }
}

/// Does a field say something of what stands so many frames up, or higher?
fn reaches(fields: &[Field], up: usize) -> bool {
    let block =
        |block: &Block| block.up >= up || reaches(&block.fields, up + block.walk.len() + block.under.len() - block.up);
    let value = |formula: &Formula| formula.routes().any(|(_, route)| route.up >= up);
    fields.iter().any(|field| match &field.source {
        Source::Value(formula) | Source::Spare(formula) => value(formula),
        Source::Key(formula, route) => route.up >= up || value(formula),
        Source::List(formulas) => formulas.iter().any(value),
        Source::Object(fields) => reaches(fields, up),
        Source::At(blocks) => blocks.iter().any(block),
        Source::Each(one) => block(one),
        Source::ReadOnly(_) | Source::Computed(_) => false,
    })
}

/// What the document says once for all items of a list, and some of them don't say: these would be read with it, too.
pub fn said_once(block: &Block, items: &[Value], list: &str) -> Vec<Fault> {
    let above = block.walk.len() + block.under.len();
    let mut found = Vec::new();
    for field in &block.fields {
        let Source::Value(formula) = &field.source else { continue };
        if above == 0 || formula.destination().is_none_or(|(_, route)| route.up < above) {
            continue;
        }
        let says = |item: &Value| item.get(&field.name).is_some_and(|value| !value.is_null());
        if let (true, Some(nth)) = (items.iter().any(says), items.iter().position(|item| !says(item))) {
            let (name, pointer) = (&field.name, format!("{list}/{nth}"));
            let sentence =
                format!("{pointer} has no {name}, and this document says {name} once for all items of {list}");
            found.push(write_fault("mapping/cannot_say", &pointer, "", "the same of all items", sentence));
        }
    }
    found
}

/// Loops that stand for one thing of the message, as a carton with lines of two orders in a document that puts cartons below
/// orders: its mark would stand there twice.
pub fn doubled(out: &Out, program: &Program) -> Vec<Fault> {
    let key = |id: OutId| out.node(id).leaves.iter().find(|leaf| leaf.leaf == Leaf::Key);
    let mut known: HashMap<(&str, &str), &By> = HashMap::new();
    let mut found = Vec::new();
    for id in 1..out.len() {
        let Some(OutLeaf { text, by, .. }) = key(id) else { continue };
        let name = &out.node(id).name;
        let Some(before) = known.insert((name, text), by) else { continue };
        let (first, pointer) = (before.member(), by.member());
        if out.chain(id).skip(1).any(|above| key(above).is_some_and(|leaf| leaf.text == *text)) {
            found.push(in_itself(pointer, text));
            continue;
        }
        let line = spots(&program.fields, pointer).first().map(|spot| program.placed(*spot));
        let line = line.map(|line| format!(" (named in {line})")).unwrap_or_default();
        let sentence = format!(
            "`{text}` would stand in two loops {name}, for {first} and for {pointer}{line}: what it holds stands below \
             different others, and in this document it can stand below one of them only"
        );
        let mut fault = write_fault("mapping/cannot_say", pointer, text, "what one loop can say", sentence);
        fault.remedy = "use a mapping that puts these loops above the others (`under:`)".into();
        found.push(fault);
    }
    found
}

/// A package that lies in itself, or in one that lies in it.
fn in_itself(pointer: &str, found: &str) -> Fault {
    let sentence = format!("{pointer} would lie in itself, or in what lies in it");
    write_fault("mapping/cannot_say", pointer, found, "what does not lie in it", sentence)
}

/// Do several lists write into the same loops?
pub fn joins(fields: &[Field]) -> bool {
    fields.iter().any(|field| match &field.source {
        Source::Each(block) => !block.under.is_empty() || block.walk.len() > 1 || joins(&block.fields),
        Source::Object(inner) => joins(inner),
        Source::At(blocks) => blocks.iter().any(|block| joins(&block.fields)),
        _ => false,
    })
}
