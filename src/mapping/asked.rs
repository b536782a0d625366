//! Conditions that don't say all of what is written by them: `[01!=BY]`, `[01.03='',$currency]`. Lint wants another line to
//! say what stands there, and what is written in the end must fulfil them, or it would be read as something else.

use super::{
    faults::{self, fault, own, short},
    frames,
    out::{By, Out, OutId, OutLeaf, same},
    plan::{Block, Condition, Field, Formula, Leaf, Pipe, Program, Route, Rule, Source, Step, spots},
    read::Run,
    route::opener,
    seen::Seen,
    write::write_fault,
    write_place::{Lack, Places},
    yaml::Spot,
};
use crate::formats::{
    fault::Fault,
    guides::{Guide, Part},
    place::Place,
    tree::NodeId,
};

/// What is written and does not fulfil the condition of the path that it is written by.
pub fn broken(out: &Out, program: &Program) -> Vec<Fault> {
    let mut found: Vec<Fault> = Vec::new();
    let places = Places::new(out, program);
    for (id, condition) in out.asked().iter().filter(|(id, condition)| !out.fulfils(*id, condition)) {
        let fault = misread(&places, *id, condition);
        // A place may be written by several lines that ask the same of it.
        if !found.iter().any(|one| (&one.place, &one.sentence) == (&fault.place, &fault.sentence)) {
            found.push(fault);
        }
    }
    found
}

/// The segment that opens a loop of the guide (`SG48`: MOA); any other name is its own.
fn opened(parts: &'static [Part], name: &str) -> Option<&'static str> {
    parts.iter().find_map(|part| match part {
        Part::Loop { name: own, .. } if **own == *name => Some(opener(part)),
        Part::Loop { parts, .. } => opened(parts, name),
        Part::Segment { .. } => None,
    })
}

fn misread(places: &Places, id: OutId, condition: &Condition) -> Fault {
    let (node, program) = (places.out.node(id), places.program);
    let leaf = node.leaves.iter().find(|leaf| same(&leaf.leaf, &condition.leaf));
    let name = program.guide.and_then(|guide| opened(&guide.parts, &node.name)).unwrap_or(&node.name);
    let place = format!("{name}{}", position(&condition.leaf));
    let Some(OutLeaf { text, by, .. }) = leaf else {
        let sentence =
            format!("nothing would stand in {place}, and what is written beside it is read where a value does");
        let (element, component) = condition.leaf.element();
        let lack = element.map(|element| Lack::Element { element, component: component.unwrap_or_default() });
        let (pointer, more) = places.lacking(id, lack.as_slice());
        return write_fault("mapping/cannot_say", &pointer, "", "a value", sentence + &more);
    };
    let (pointer, line) = match by {
        By::Member(pointer) => (&**pointer, spots(&program.fields, pointer).first().map(|spot| program.placed(*spot))),
        By::Rule(spot) => ("", Some(program.placed(*spot))),
        By::Way => ("", None),
    };
    let by = line.as_ref().map(|line| format!(", which {line} writes there,")).unwrap_or_default();
    let sentence =
        format!("`{text}`{by} can't stand in {place}: what is written beside it is read where something else does");
    let mut fault = write_fault("mapping/cannot_say", pointer, text, "another value", sentence);
    if let (true, Some(line)) = (pointer.is_empty(), line) {
        fault.place = own(line);
    }
    fault
}

impl<'a> Run<'a> {
    /// What stands where a missing value is looked for, and is not taken: an amount in another currency is there.
    pub(super) fn instead(&self, field: &'a Field) -> Option<(Place, String)> {
        let (Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula)) = &field.source else {
            return None;
        };
        let (_, route) = formula.destination()?;
        let conditions = &route.steps.last()?.conditions;
        let nth = conditions.iter().position(|one| one.compared.is_some() && !one.not)?;
        self.seen.known.get(conditions.get(nth)?.compared?.member)?.as_deref()?;
        let (container, asked) = self.other(route, nth)?;
        let node = self.says(container, &asked.leaf)?;
        Some((self.tree.place(node), self.unlike(container, asked)))
    }

    /// Refuses the document where only places stand that say something else than a path asks for (`[01.03='',$currency ??
    /// refuse]`); tells whether it did. Nothing that the path asks for was found.
    pub(super) fn refuses(&mut self, route: &'a Route) -> bool {
        let Some((container, asked)) = route.refuses.and_then(|nth| self.other(route, nth)) else { return false };
        let node = self.says(container, &asked.leaf);
        let place = self.tree.place(node.unwrap_or(container));
        // What several lines look for is told once.
        if !self.told.insert(node.unwrap_or(container)) {
            return true;
        }
        let sentence = format!("{} {}", self.unlike(container, asked), faults::words("", &place));
        let found = node.and_then(|node| self.tree.value(node)).unwrap_or_default().trim();
        let wanted = asked.wanted(&self.seen.known).join(" or ");
        let remedy = self.mend("say in the document what is wanted there, and send it again", self.seen.line);
        self.faults.push(fault("mapping/bad_value", place, found, &wanted, sentence, remedy));
        true
    }

    /// The first place that a path leads to but for one of its last conditions, if the value is said there; with that condition.
    fn other(&self, route: &'a Route, nth: usize) -> Option<(NodeId, &'a Condition)> {
        let frame = self.frames.get(self.level(route)).filter(|frame| !frame.absent)?;
        let (mut steps, mut own) = (route.steps.clone(), route.own.clone());
        let asked = route.steps.last().map_or(&route.own, |last| &last.conditions).get(nth)?;
        steps.last_mut().map_or(&mut own, |last| &mut last.conditions).remove(nth);
        if !frames::holds(self.tree, frame.container, &own, &mut self.looking()) {
            return None;
        }
        let mut found = None;
        frames::descend(self.tree, frame.node, &steps, &mut self.looking(), &mut |container, _| {
            // One without the value is none, whatever it says beside.
            found = self.says(container, &route.leaf).map(|_| container);
            found.is_some()
        });
        Some((found?, asked))
    }

    /// Looks by what the message says, and reads nothing.
    fn looking(&self) -> Seen {
        let mut nothing = Seen::nothing();
        nothing.known.clone_from(&self.seen.known);
        nothing
    }

    /// A leaf that says something.
    fn says(&self, container: NodeId, leaf: &Leaf) -> Option<NodeId> {
        let node = frames::leaf(self.tree, container, leaf)?;
        self.tree.value(node).is_some_and(|text| !frames::is_blank(text)).then_some(node)
    }

    /// ``MOA01.03 is `USD`, and `EUR` is wanted``
    fn unlike(&self, container: NodeId, asked: &Condition) -> String {
        let node = self.says(container, &asked.leaf);
        let segment = self.tree.in_segment(node.unwrap_or(container)).map(|segment| segment.id.to_string());
        let place = format!("{}{}", segment.unwrap_or_default(), position(&asked.leaf));
        let wanted: Vec<String> = asked.wanted(&self.seen.known).iter().map(|one| format!("`{one}`")).collect();
        let wanted = if wanted.is_empty() { "nothing".to_owned() } else { wanted.join(" or ") };
        match node.and_then(|node| self.tree.value(node)) {
            Some(said) => format!("{place} is `{}`, and {wanted} is wanted", short(said.trim())),
            None => format!("{place} says nothing, and {wanted} is wanted"),
        }
    }
}

/// `01`, `01.03`, `/@name`
fn position(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Element { element, component: 0 } => format!("{element:02}"),
        Leaf::Element { element, component } => format!("{element:02}.{component:02}"),
        Leaf::Child { name, .. } => format!("/{}", name.name),
        _ => String::new(),
    }
}

/// Conditions by which a value would have to be written that nobody says: where the mapping says it, and a sentence.
pub fn unsaid(fields: &[Field], rules: &[Rule], guide: Option<&Guide>) -> Vec<(Spot, String)> {
    let mut looked = Looked { guide, above: vec![None], said: Vec::new(), wanted: Vec::new() };
    looked.fields(fields);
    for rule in rules {
        if let Some(step) = rule.step.as_ref().or(rule.within.last()) {
            looked.said.push((step, &rule.leaf));
        }
    }
    let said = |step: &Step, leaf: &Leaf| {
        let is_it =
            |(by, of): &(&Step, &Leaf)| by.names == step.names && by.conditions == step.conditions && same(of, leaf);
        looked.said.iter().any(is_it)
    };
    let open = looked.wanted.iter().filter(|one| !said(one.step, &one.condition.leaf));
    let mut found: Vec<_> = open.map(Wanted::told).collect();
    found.dedup();
    found
}

/// A condition by which something is written, and which doesn't say what.
struct Wanted<'a> {
    step: &'a Step,
    condition: &'a Condition,
    spot: Spot,
}

impl Wanted<'_> {
    fn told(&self) -> (Spot, String) {
        let first = self.step.names.first().map_or("", |name| &name.name);
        let name = self.step.opens.as_deref().unwrap_or(first);
        let place = format!("{name}{}", position(&self.condition.leaf));
        let sentence = format!(
            "what may not stand in {place} is said here, and nothing says what is written there: give it a line of its own by \
             the same path, put a path before it that says a value ([{}=…] … ?? …), or only read it ({{ read: … }})",
            position(&self.condition.leaf).trim_start_matches('/')
        );
        (self.spot, sentence)
    }
}

struct Looked<'a> {
    guide: Option<&'a Guide>,
    /// The steps that lead to where paths begin, from the root on.
    above: Vec<Option<&'a Step>>,
    said: Vec<(&'a Step, &'a Leaf)>,
    wanted: Vec<Wanted<'a>>,
}

impl<'a> Looked<'a> {
    fn fields(&mut self, fields: &'a [Field]) {
        for field in fields {
            match &field.source {
                Source::Value(formula) | Source::Spare(formula) => self.formula(formula, field.spot),
                Source::List(formulas) => formulas.iter().for_each(|formula| self.formula(formula, field.spot)),
                Source::Object(inner) => self.fields(inner),
                Source::At(blocks) => blocks.first().into_iter().for_each(|block| self.block(block)),
                Source::Each(block) => self.block(block),
                Source::Key(..) | Source::ReadOnly(_) | Source::Computed(_) => {}
            }
        }
    }

    fn block(&mut self, block: &'a Block) {
        let level = self.above.len() - 1 - block.up.min(self.above.len() - 1);
        let aside = self.above.split_off(level + 1);
        for walk in block.under.iter().chain(&block.walk) {
            self.step(&walk.step, block.spot);
            self.above.push(Some(&walk.step));
        }
        self.fields(&block.fields);
        self.above.truncate(level + 1);
        self.above.extend(aside);
    }

    fn formula(&mut self, formula: &'a Formula, spot: Spot) {
        let Some((inner, route)) = formula.destination() else { return };
        route.steps.iter().for_each(|step| self.step(step, spot));
        let Some(step) = self.written_into(route) else { return };
        let wanted = route.own.iter().filter(|condition| wants_another(condition, step, self.guide));
        self.wanted.extend(wanted.map(|condition| Wanted { step, condition, spot }));
        let beside = formula.pipes.iter().chain(inner).filter_map(|pipe| match pipe {
            Pipe::Party(leaf, _) | Pipe::CodedDate(leaf) => Some(leaf),
            _ => None,
        });
        self.said.extend(beside.chain([&route.leaf]).map(|leaf| (step, leaf)));
    }

    /// The step to the segment, record or element that a path's value stands in.
    fn written_into(&self, route: &'a Route) -> Option<&'a Step> {
        let level = self.above.len() - 1 - route.up.min(self.above.len() - 1);
        route.steps.last().or(self.above[level])
    }

    fn step(&mut self, step: &'a Step, spot: Spot) {
        let wanted = step.conditions.iter().filter(|condition| wants_another(condition, step, self.guide));
        self.wanted.extend(wanted.map(|condition| Wanted { step, condition, spot }));
    }
}

/// Must another say what stands where a condition only says what doesn't? Also where the guide wants something there.
fn wants_another(condition: &Condition, step: &Step, guide: Option<&Guide>) -> bool {
    condition.wants_another() || condition.not && is_mandatory(condition, step, guide).unwrap_or(false)
}

fn is_mandatory(condition: &Condition, step: &Step, guide: Option<&Guide>) -> Option<bool> {
    let Leaf::Element { element, component } = condition.leaf else { return None };
    let id = step.opens.as_deref().or_else(|| step.names.first().map(|name| &*name.name))?;
    let spec = guide?.segments.get(id)?.elements.get(usize::from(element).checked_sub(1)?)?;
    let inner = spec.components.get(usize::from(component.max(1)) - 1);
    Some(spec.mandatory && inner.is_none_or(|inner| inner.mandatory))
}
