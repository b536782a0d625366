//! What reading tells besides the message: where each value came from, what is wrong, what is missing.

use super::{
    Missing,
    faults::{self, fault},
    frames::{self, Frame, Hit},
    moment::Form,
    pipes,
    plan::{Field, Formula, Leaf, Pipe, Program, Route, Source},
    provenance::{Behind, Found, NO_LABEL, Path, Spelled},
    read::Run,
    words::{KNOWN, NO_PATH},
    yaml::Spot,
};
use crate::formats::{
    piece::Standard,
    place::Place,
    tree::{InSegment, NodeId, Tree},
};
use serde_json::{Map, Value};

impl<'a> Run<'a> {
    /// Notes where the value of the field being read came from.
    pub(super) fn came_from(&mut self, hit: &Hit, behind: Behind) {
        let Some(node) = hit.node else { return };
        let (label, path) = match hit.route {
            None => (NO_LABEL, Path::Written(NO_PATH)),
            Some((route, level)) => match own_loop(self.program, &self.part, route, level) {
                Some(way) => {
                    let from = self.provenance.text.len();
                    way.iter().for_each(|part| self.provenance.text.push_str(part));
                    (self.provenance.label_of(from), Path::Written(NO_PATH))
                }
                None => {
                    let frame = &self.frames[level];
                    (frame.label, path(self.tree, route, node, frame.nth.is_some()))
                }
            },
        };
        let field = Spelled { item: self.item, pointer: self.pointer, behind };
        let found = Found { node, element: hit.element, segment: hit.container };
        self.provenance.add(self.tree, found, field, label, path);
        if let Some((route, 0)) = hit.route
            && self.program.standard == Standard::Csv
        {
            self.agrees(route, node, hit.container);
        }
    }

    /// Date, time and zone of a `When`: each from its own element, where it has one.
    pub(super) fn moment_from(&mut self, hit: &Hit, formula: &Formula, when: &Map<String, Value>) {
        let (time, zone) = match formula.pipes.last() {
            Some(Pipe::When(Form::Beside { time, zone })) => (time.as_ref(), zone.as_ref()),
            _ => (None, None),
        };
        for (member, name) in (0..).zip(KNOWN).filter(|(_, name)| when.contains_key(*name)) {
            let leaf = match name {
                "time" => time,
                "zone" => zone,
                _ => None,
            };
            let own = leaf.and_then(|leaf| frames::leaf(self.tree, hit.container, leaf));
            self.came_from(&Hit { node: own.or(hit.node), element: 0, ..hit.clone() }, Behind::Member(member));
        }
    }

    /// CSV: what an order says once, its later rows must not say otherwise; leaving it out is fine.
    pub(super) fn agrees(&mut self, route: &Route, first: NodeId, row: NodeId) {
        let said = self.tree.value(first).unwrap_or_default();
        let rows = self.tree.children(self.tree.root()).skip_while(|r| *r != row).skip(1);
        for node in rows.filter_map(|other| frames::leaf(self.tree, other, &route.leaf)) {
            let also = self.tree.value(node).unwrap_or_default();
            if also.trim().is_empty() || also == said {
                self.seen.mark(node);
                continue;
            }
            let place = self.tree.place(node);
            let sentence = format!(
                "{}: `{}`, and the order's first row says `{}`",
                faults::words(&route.text, &place),
                faults::short(also),
                faults::short(said)
            );
            let remedy = "give the rows of one order the same value, or the order another number".to_owned();
            self.faults.push(fault("mapping/contradiction", place, also, said, sentence, remedy));
            return;
        }
    }

    /// [`way`] as one text.
    pub(super) fn label(&self, route: &Route, level: usize, node: Option<NodeId>) -> String {
        match own_loop(self.program, &self.part, route, level) {
            Some(way) => way.concat(),
            None => {
                let label = self.provenance.called(self.frames[level].label);
                way(self.tree, &label, route, node).concat()
            }
        }
    }

    /// The path that a formula looks at first.
    pub(super) fn first_label(&self, formula: &Formula) -> String {
        formula.destination().map(|(_, route)| self.label(route, self.level(route), None)).unwrap_or_default()
    }

    pub(super) fn wrong(&mut self, hit: &Hit, formula: &'a Formula, wrong: pipes::Wrong) {
        let Some(node) = hit.node else { return self.own_is_wrong(wrong) };
        if !self.told.insert(node) {
            return;
        }
        let place = self.tree.place(node);
        let label = match hit.route {
            Some((route, level)) => self.label(route, level, hit.node),
            None => self.first_label(formula),
        };
        let where_ = faults::words(&label, &place);
        match wrong {
            pipes::Wrong::Value { code, found, expected } => {
                let said = self.tree.value(node).unwrap_or_default().trim();
                let table = formula.pipes.iter().find_map(|pipe| match pipe {
                    Pipe::Table(number) if said != found => Some(&self.program.tables[*number].name),
                    _ => None,
                });
                let (which, remedy) = match table {
                    None => (String::new(), self.mend("correct the value and send the document again", self.seen.line)),
                    Some(table) => (
                        format!("the table {table} leads from `{}` to ", faults::short(said)),
                        format!("correct it with `crossdock reference add {table} {} TARGET`", faults::word(said)),
                    ),
                };
                let sentence = format!("{where_}: {which}`{}`{} not {expected}", faults::short(&found), is(table));
                self.faults.push(fault(code, place, &found, &expected, sentence, remedy));
            }
            pipes::Wrong::NotInTable { table, value } => {
                let sentence = format!("{where_}: `{}` is not in the table {table}", faults::short(&value));
                let remedy = format!(
                    "add it with `crossdock reference add {table} {} TARGET`; what waits for it then goes on",
                    faults::word(&value)
                );
                let expected = format!("a value of the table {table}");
                let fault = fault("mapping/no_reference", place, &value, &expected, sentence, remedy);
                self.missing.push(Missing { table, value, fault });
            }
        }
    }

    /// What the mapping says by itself, and the field can't take: no document is to blame.
    fn own_is_wrong(&mut self, wrong: pipes::Wrong) {
        let pipes::Wrong::Value { code, found, expected } = wrong else { return };
        let line = self.program.placed(self.seen.line);
        let place = faults::own(line);
        if self.faults.iter().any(|fault| fault.place == place && *fault.found == *faults::short(&found)) {
            return;
        }
        let pointer = self.provenance.pointer(self.item, self.pointer);
        let sentence =
            format!("{line} says `{}` for {pointer} by itself, which is not {expected}", faults::short(&found));
        let remedy =
            format!("correct the mapping at {line}, then restart the message: nothing is wrong with the document");
        self.faults.push(fault(code, place, &found, &expected, sentence, remedy));
    }

    /// A mandatory canonical field that nothing gave.
    pub(super) fn lacks(&mut self, field: &'a Field) {
        let (place, label) = self.expected_at(field);
        let pointer = self.provenance.pointer(self.item, field.pointer);
        if matches!(&field.source, Source::Value(formula) if formula.alternatives.is_empty()) {
            let line = self.program.placed(field.spot);
            let sentence = format!("`{pointer}` is open in the mapping (`$todo`)");
            let remedy = format!("say where it stands, in line {} of {}", line.line, line.file);
            self.faults.push(fault("mapping/open", place, "", &field.shape.takes(), sentence, remedy));
            return;
        }
        let (place, sentence) = match (self.instead(field), label.is_empty()) {
            (Some((place, said)), _) => {
                let sentence = format!("{said} {}", faults::words("", &place));
                (place, sentence)
            }
            (None, true) => {
                let sentence = format!("a mandatory value is missing {}", faults::words("", &place));
                (place, sentence)
            }
            (None, false) => {
                let sentence = format!("{label} is missing {}", faults::words("", &place));
                (place, sentence)
            }
        };
        // A partner may read the sentence; the field is ours.
        let remedy = self.mend(&format!("send the document again with it: it gives `{pointer}`"), field.spot);
        self.faults.push(fault("mapping/missing", place, "", &field.shape.takes(), sentence, remedy));
        self.gone_astray(field);
    }

    /// What to do of a value that its sender may have wrong, or that the mapping may look for in the wrong place. Only who
    /// runs the hub reads it.
    pub(super) fn mend(&self, what: &str, spot: Spot) -> String {
        format!("{what}; where the mapping means another, mend {}", self.program.placed(spot))
    }

    /// Where a missing field should have stood.
    pub(super) fn expected_at(&mut self, field: &'a Field) -> (Place, String) {
        let here = self.frames.last().map_or(NodeId(0), |f| f.container);
        let formula = match &field.source {
            Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) | Source::Key(formula, _) => {
                Some(formula)
            }
            Source::List(formulas) => formulas.first(),
            Source::Object(fields) => {
                return match fields.iter().find(|f| f.mandatory) {
                    Some(inner) => self.expected_at(inner),
                    None => (self.tree.place(here), String::new()),
                };
            }
            Source::At(_) | Source::Each(_) | Source::Computed(_) => None,
        };
        let Some((formula, route)) = formula.and_then(|f| Some((f, f.destination()?.1))) else {
            return (self.tree.place(here), String::new());
        };
        let label = self.first_label(formula);
        (self.place_of(route), label)
    }

    /// Where a path leads, or would: the value's place, else its segment's, else that of where the path begins.
    pub(super) fn place_of(&mut self, route: &'a Route) -> Place {
        let mut segment = None;
        let Frame { node, container: own, .. } = self.frames[self.level(route)];
        frames::descend(self.tree, node, &route.steps, &mut self.seen, &mut |container, _| {
            segment = Some(container);
            true
        });
        let segment = if route.steps.is_empty() { Some(own) } else { segment };
        let (element, component) = route.leaf.element();
        let name = match &route.leaf {
            Leaf::Child { name, .. } => Some(name.name.as_str()),
            _ => None,
        };
        let place = self.tree.place(segment.unwrap_or(own));
        match segment {
            Some(_) => faults::missing(place, element, component, name),
            None => faults::missing(place, None, None, None),
        }
    }
}

/// How provenance keeps a path: of pairs, and of items that a segment repeats, it is the element that was read.
#[inline]
fn path(tree: &Tree, route: &Route, node: NodeId, repeated: bool) -> Path {
    match route.is_of_pairs() || repeated && is_elsewhere(tree, route, node) {
        true => Path::Pair(route.number),
        false => Path::Written(route.number),
    }
}

/// True if it stands at another element of its segment than the mapping says: a later item of those that a segment repeats.
fn is_elsewhere(tree: &Tree, route: &Route, node: NodeId) -> bool {
    let Leaf::Element { element, .. } = &route.leaf else { return false };
    tree.in_segment(node).and_then(|place| place.element).is_some_and(|at| at != *element)
}

/// A path in the document, in parts: the frame's, then the mapping's own text. Of pairs, and of items that a segment
/// repeats, the element that it was.
fn way<'s>(tree: &'s Tree, label: &'s str, route: &'s Route, node: Option<NodeId>) -> [&'s str; 5] {
    let is_pair = |node: &NodeId| matches!(route.leaf, Leaf::Pairs(_)) || is_elsewhere(tree, route, *node);
    let pair = node.filter(is_pair).and_then(|node| tree.in_segment(node));
    let number = |position| frames::position(position);
    match pair {
        Some(InSegment { id, element: Some(element), component: Some(component), .. }) => {
            [label, id, number(element), ".", number(component)]
        }
        Some(InSegment { id, element: Some(element), .. }) => [label, id, number(element), "", ""],
        _ => [label, &route.text, "", "", ""],
    }
}

/// A path from the root into the loop that makes the message, which the mapping writes without saying which one it is.
#[inline]
fn own_loop<'s>(program: &'s Program, part: &'s str, route: &'s Route, level: usize) -> Option<[&'s str; 5]> {
    let (own, step) = (program.messages.as_ref().filter(|_| !part.is_empty() && level == 0)?, route.steps.first()?);
    if own.names != step.names || !step.conditions.is_empty() {
        return None;
    }
    match route.text.split_once('/') {
        Some((name, rest)) => Some([name, part, "/", rest, ""]),
        // An element of the segment that opens the loop.
        None => Some([step.opens.as_deref()?, part, "/", &route.text, ""]),
    }
}

/// `which is`, behind what a table leads to.
fn is(table: Option<&String>) -> &'static str {
    if table.is_some() { ", which is" } else { " is" }
}
