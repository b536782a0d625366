//! X12 and EDIFACT segments, in the guide's order, with the guide's mandatory elements and lengths seen to.

use super::{
    faults::{self, fault},
    out::{By, Out, OutId, OutLeaf},
    plan::{Leaf, Program, Rule, RuleValue, spots},
    route::opener,
    write::write_fault,
    write_place::{Lack, Origin, Places},
};
use crate::formats::{
    Misfit, MisfitKind,
    fault::Fault,
    guides::{ElementSpec, Guide, Part, Relation, RelationKind},
    misfit,
    write::{Element, Segment},
};
/// Envelope segments: the writer makes and counts them.
const ENVELOPE: &[&str] = &["ST", "SE", "UNH", "UNT"];

/// The set's body.
pub fn segments(out: &Out, guide: &'static Guide, program: &Program) -> Result<Vec<Segment>, Vec<Fault>> {
    let places = Places::new(out, program);
    let mut writer = Writer { out, guide, program, places, segments: Vec::new(), faults: Vec::new() };
    writer.children(0, &guide.parts, "");
    if writer.faults.is_empty() { Ok(writer.segments) } else { Err(writer.faults) }
}

struct Writer<'a> {
    out: &'a Out,
    guide: &'static Guide,
    program: &'a Program,
    places: Places<'a>,
    segments: Vec<Segment>,
    faults: Vec<Fault>,
}

impl Writer<'_> {
    fn children(&mut self, parent: OutId, parts: &'static [Part], path: &str) {
        let mut children = self.out.node(parent).children.clone();
        children.sort_by_key(|id| (self.out.node(*id).order, self.out.node(*id).rank));
        let opening = usize::from(!path.is_empty());
        for (at, part) in parts.iter().enumerate().skip(opening) {
            let own: Vec<OutId> = children.iter().copied().filter(|c| self.out.node(*c).order as usize == at).collect();
            self.uses(parent, at, part, &own, path);
            for child in own {
                self.part(child, part, path);
            }
        }
    }

    /// Is what must be there, there, and not more often than it may?
    fn uses(&mut self, parent: OutId, at: usize, part: &'static Part, own: &[OutId], path: &str) {
        let (Part::Segment { mandatory, max, .. } | Part::Loop { mandatory, max, .. }) = part;
        let (id, count) = (opener(part), own.len());
        let where_ = if path.is_empty() { "the document".into() } else { format!("each {path}") };
        if *mandatory && count == 0 && !ENVELOPE.contains(&id) {
            let sentence = format!("{id} is mandatory in {where_}, and nothing writes it");
            self.lacks(parent, &[Lack::Part(at)], id, sentence);
        }
        if let Some(max) = max.map(|max| max as usize)
            && let Some(beyond) = own.get(max)
        {
            let Origin { pointer, line } = self.places.origin(*beyond, None);
            let by = line
                .filter(|_| !pointer.is_empty())
                .map(|line| format!(": no room is left for {pointer}, which {line} writes there"));
            let sentence = format!(
                "{id} may stand {max} times in {where_}, and {count} would be written{}",
                by.unwrap_or_default()
            );
            self.faults.push(write_fault("mapping/no_room", &pointer, &count.to_string(), &max.to_string(), sentence));
        }
    }

    /// What the guide demands and nobody wrote; `expected`: what is not there.
    fn lacks(&mut self, id: OutId, lacks: &[Lack], expected: &str, sentence: String) {
        let (pointer, more) = self.places.lacking(id, lacks);
        self.faults.push(write_fault("mapping/not_written", &pointer, "", expected, sentence + &more));
    }

    fn part(&mut self, child: OutId, part: &'static Part, path: &str) {
        let segment = self.segment(child, opener(part));
        self.segments.push(segment);
        if let Part::Loop { name, parts, .. } = part {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            self.children(child, parts, &path);
        }
    }

    fn segment(&mut self, own: OutId, id: &'static str) -> Segment {
        let out = self.out;
        let node = out.node(own);
        let mut elements: Vec<Element> = Vec::new();
        for leaf in &node.leaves {
            let Leaf::Element { element, component } = leaf.leaf else { continue };
            let (element, component) = (usize::from(element), usize::from(component.max(1)));
            if elements.len() < element {
                elements.resize(element, Vec::new());
            }
            let components = &mut elements[element - 1];
            if components.is_empty() {
                components.push(Vec::new());
            }
            if components[0].len() < component {
                components[0].resize(component, String::new());
            }
            components[0][component - 1] = leaf.text.clone();
        }
        let guide = self.guide;
        let Some(spec) = guide.segments.get(id) else { return Segment { id: id.to_owned(), elements } };
        for (at, spec) in spec.elements.iter().enumerate() {
            let components = elements.get(at).and_then(|e| e.first()).map_or(&[][..], Vec::as_slice);
            self.element(
                spec,
                components,
                &format!("{id}{:02}", at + 1),
                &Said { node: own, leaves: &node.leaves, element: at + 1 },
            );
        }
        let written = |position: u8| {
            let element = elements.get(usize::from(position).wrapping_sub(1)).and_then(|e| e.first());
            element.is_some_and(|components| components.iter().any(|c| !c.is_empty()))
        };
        for note in &spec.notes {
            self.relation(note, &written, own, id);
        }
        Segment { id: id.to_owned(), elements }
    }

    /// X12's syntax notes: what must stand together.
    fn relation(&mut self, note: &'static Relation, written: &dyn Fn(u8) -> bool, own: OutId, id: &str) {
        let count = note.positions.iter().filter(|p| written(**p)).count();
        let (all, first) = (count == note.positions.len(), note.positions.first().is_some_and(|p| written(*p)));
        let holds = match note.kind {
            RelationKind::Paired => count == 0 || all,
            RelationKind::Required => count > 0,
            RelationKind::Exclusive => count <= 1,
            RelationKind::Conditional => !first || all,
            RelationKind::List => !first || count > 1,
        };
        if holds {
            return;
        }
        let too_many = matches!(note.kind, RelationKind::Exclusive);
        let asked = note.positions.iter().filter(|position| written(**position) == too_many);
        let lacks: Vec<Lack> = asked.map(|p| Lack::Element { element: u16::from(*p), component: 0 }).collect();
        let why = if too_many { "one of them may stand there" } else { "what must stand together is not all written" };
        let sentence = format!("{id} would break its note {}: {why}", note.text);
        self.lacks(own, &lacks, &note.text, sentence);
    }

    fn element(&mut self, spec: &'static ElementSpec, components: &[String], name: &str, said: &Said) {
        let written = components.iter().any(|c| !c.is_empty());
        let lack = |component: usize| Lack::Element { element: said.element as u16, component: component as u16 };
        if spec.mandatory && !written {
            let sentence = format!("{name} is mandatory, and nothing writes it");
            self.lacks(said.node, &[lack(0)], name, sentence);
        }
        if !written {
            return;
        }
        if spec.components.is_empty() {
            return self.value(spec, &components[0], name, said, 1);
        }
        for (at, inner) in spec.components.iter().enumerate() {
            let text = components.get(at).map_or("", String::as_str);
            let name = format!("{name}.{:02}", at + 1);
            if inner.mandatory && text.is_empty() {
                let sentence = format!("{name} is mandatory, and nothing writes it");
                self.lacks(said.node, &[lack(at + 1)], &name, sentence);
            }
            self.value(inner, text, &name, said, at + 1);
        }
    }

    /// What goes out is what the partner's own check would take: type, length, characters, date, and the code list where the
    /// mapping says the code. One that the message brings is as good as when it came: lists of currencies and countries are
    /// older than some of theirs, and a partner's own codes go back to him.
    fn value(&mut self, spec: &'static ElementSpec, text: &str, name: &str, said: &Said, component: usize) {
        if text.is_empty() {
            return;
        }
        let Some(Misfit { says, takes, kind }) = misfit(text, spec) else { return };
        let by = said.by(component);
        let code = match kind {
            MisfitKind::Code if self.is_brought(by) => return,
            MisfitKind::TooLong => "mapping/too_long",
            MisfitKind::TooShort => "mapping/too_short",
            MisfitKind::Code | MisfitKind::Form => "mapping/cannot_say",
        };
        let sentence = format!("`{}` {says}, and {name} takes {takes}", faults::short(text));
        self.refuse(said, by, code, text, &takes, sentence);
    }

    /// Does the message bring it, at that place or at the one that it is copied from (`{ first: PO103 }`)?
    fn is_brought(&self, by: &By) -> bool {
        let copies = |spot| {
            let copy = |rule: &Rule| rule.spot == spot && matches!(rule.value, RuleValue::First { .. });
            self.program.rules.iter().any(copy)
        };
        match by {
            By::Member(_) => true,
            By::Rule(spot) => copies(*spot),
            By::Way => false,
        }
    }

    /// A value that can't stand there: the line that writes it is named, and the member that it is of.
    fn refuse(&mut self, said: &Said, by: &By, code: &str, text: &str, expected: &str, sentence: String) {
        self.faults.push(match by {
            // The hub's own count, or the code of a path: what stands beside it says what it is of.
            By::Way => {
                let Origin { pointer, line } = self.places.origin(said.node, Some(said.element as u16));
                let of = line.map(|line| format!(": {line} writes what stands beside it")).unwrap_or_default();
                write_fault(code, &pointer, text, expected, sentence + &of)
            }
            By::Rule(spot) => {
                let line = self.program.placed(*spot);
                let remedy = format!("correct what `write:` says at {line}");
                let member = self.program.rules.iter().find(|rule| rule.spot == *spot).and_then(|rule| rule.from());
                let of = member.map(|member| format!(" from {member}")).unwrap_or_default();
                fault(code, faults::own(line), text, expected, format!("{sentence}: {line} writes it{of}"), remedy)
            }
            By::Member(pointer) => {
                let line = spots(&self.program.fields, pointer).first().map(|spot| self.program.placed(*spot));
                let by = line.map(|line| format!(", which {line} writes there")).unwrap_or_default();
                write_fault(code, pointer, text, expected, format!("{sentence}: it is {pointer}{by}"))
            }
        });
    }
}

/// Who says an element's components.
struct Said<'a> {
    node: OutId,
    leaves: &'a [OutLeaf],
    element: usize,
}

impl<'a> Said<'a> {
    fn by(&self, wanted: usize) -> &'a By {
        let is = |leaf: &&OutLeaf| match leaf.leaf {
            Leaf::Element { element, component } => {
                (usize::from(element), usize::from(component.max(1))) == (self.element, wanted)
            }
            _ => false,
        };
        self.leaves.iter().find(is).map_or(&By::Way, |leaf| &leaf.by)
    }
}
