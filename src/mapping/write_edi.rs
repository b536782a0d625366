//! X12 and EDIFACT segments, in the guide's order, with the guide's mandatory elements and lengths seen to.

use super::{
    faults::{self, fault},
    out::{Out, OutId, OutLeaf, OutNode},
    plan::{Leaf, Program},
    route::opener,
    write::write_fault,
    yaml::Spot,
};
use crate::formats::{
    fault::Fault,
    guides::{Class, ElementSpec, Guide, Part, Relation, RelationKind},
    write::{Element, Segment},
};
/// Envelope segments: the writer makes and counts them.
const ENVELOPE: &[&str] = &["ST", "SE", "UNH", "UNT"];

/// The set's body.
pub fn segments(out: &Out, guide: &'static Guide, program: &Program) -> Result<Vec<Segment>, Vec<Fault>> {
    let mut writer = Writer { out, guide, program, segments: Vec::new(), faults: Vec::new() };
    writer.children(0, &guide.parts, "");
    if writer.faults.is_empty() { Ok(writer.segments) } else { Err(writer.faults) }
}

struct Writer<'a> {
    out: &'a Out,
    guide: &'static Guide,
    program: &'a Program,
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
            self.uses(part, own.len(), path);
            for child in own {
                self.part(child, part, path);
            }
        }
    }

    /// Is what must be there, there, and not more often than it may?
    fn uses(&mut self, part: &'static Part, count: usize, path: &str) {
        let (Part::Segment { mandatory, max, .. } | Part::Loop { mandatory, max, .. }) = part;
        let id = opener(part);
        let where_ = if path.is_empty() { "the document".into() } else { format!("each {path}") };
        if *mandatory && count == 0 && !ENVELOPE.contains(&id) {
            let sentence = format!("{id} is mandatory in {where_}, and nothing writes it");
            self.faults.push(write_fault("mapping/not_written", "", "", id, sentence));
        }
        if max.is_some_and(|max| count > max as usize) {
            let max = max.unwrap_or_default();
            let sentence = format!("{id} may stand {max} times in {where_}, and {count} would be written");
            self.faults.push(write_fault("mapping/no_room", "", &count.to_string(), &max.to_string(), sentence));
        }
    }

    fn part(&mut self, child: OutId, part: &'static Part, path: &str) {
        let node = self.out.node(child);
        let segment = self.segment(node, opener(part));
        self.segments.push(segment);
        if let Part::Loop { name, parts, .. } = part {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            self.children(child, parts, &path);
        }
    }

    fn segment(&mut self, node: &OutNode, id: &'static str) -> Segment {
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
                &Ruled { leaves: &node.leaves, element: at + 1 },
            );
        }
        let written = |position: u8| {
            let element = elements.get(usize::from(position).wrapping_sub(1)).and_then(|e| e.first());
            element.is_some_and(|components| components.iter().any(|c| !c.is_empty()))
        };
        for note in &spec.notes {
            self.relation(note, &written, id);
        }
        Segment { id: id.to_owned(), elements }
    }

    /// X12's syntax notes: what must stand together.
    fn relation(&mut self, note: &'static Relation, written: &dyn Fn(u8) -> bool, id: &str) {
        let count = note.positions.iter().filter(|p| written(**p)).count();
        let (all, first) = (count == note.positions.len(), note.positions.first().is_some_and(|p| written(*p)));
        let holds = match note.kind {
            RelationKind::Paired => count == 0 || all,
            RelationKind::Required => count > 0,
            RelationKind::Exclusive => count <= 1,
            RelationKind::Conditional => !first || all,
            RelationKind::List => !first || count > 1,
        };
        if !holds {
            let sentence =
                format!("{id} would break its note {}: what must stand together is not all written", note.text);
            self.faults.push(write_fault("mapping/not_written", "", "", &note.text, sentence));
        }
    }

    fn element(&mut self, spec: &'static ElementSpec, components: &[String], name: &str, ruled: &Ruled) {
        let written = components.iter().any(|c| !c.is_empty());
        if spec.mandatory && !written {
            let sentence = format!("{name} is mandatory, and nothing writes it");
            self.faults.push(write_fault("mapping/not_written", "", "", name, sentence));
        }
        if !written {
            return;
        }
        if spec.components.is_empty() {
            return self.length(spec, &components[0], name, ruled.by(1));
        }
        for (at, inner) in spec.components.iter().enumerate() {
            let text = components.get(at).map_or("", String::as_str);
            let name = format!("{name}.{:02}", at + 1);
            if inner.mandatory && text.is_empty() {
                let sentence = format!("{name} is mandatory, and nothing writes it");
                self.faults.push(write_fault("mapping/not_written", "", "", &name, sentence));
            }
            self.length(inner, text, &name, ruled.by(at + 1));
        }
    }

    fn length(&mut self, spec: &'static ElementSpec, text: &str, name: &str, rule: Option<Spot>) {
        if text.is_empty() {
            return;
        }
        let numeric = matches!(spec.class, Class::Whole | Class::Real | Class::Numeric);
        let mark = |c: char| matches!(c, '-' | '+' | '.' | ',');
        if numeric && !text.chars().all(|c| c.is_ascii_digit() || mark(c)) {
            let sentence = format!("{name} takes a number, and `{text}` is none");
            self.refuse(rule, "mapping/cannot_say", text, "a number", sentence);
            return;
        }
        if matches!(spec.class, Class::Whole) && text.contains(['.', ',']) {
            let sentence = format!("{name} takes a number without decimals, and `{text}` has some");
            self.refuse(rule, "mapping/cannot_say", text, "a whole number", sentence);
            return;
        }
        // X12.6 §3.5.1: sign, point and exponent don't count. ISO 9735-1 §10: the same for sign and mark.
        let length = text.chars().filter(|c| !(numeric && mark(*c))).count();
        let (min, max) = (spec.min as usize, spec.max as usize);
        if max > 0 && length > max || length < min {
            let takes = if min == max { format!("{max}") } else { format!("{min} to {max}") };
            let sentence = format!("{name} takes {takes} characters, and `{text}` has {length}");
            let code = if length < min { "mapping/too_short" } else { "mapping/too_long" };
            self.refuse(rule, code, text, &format!("{takes} characters"), sentence);
        }
    }

    /// A value that can't stand there; of one that `write:` says, the line that says it is to blame.
    fn refuse(&mut self, rule: Option<Spot>, code: &str, text: &str, expected: &str, sentence: String) {
        self.faults.push(match rule.map(|spot| self.program.placed(spot)) {
            None => write_fault(code, "", text, expected, sentence),
            Some(line) => {
                let remedy = format!("correct what `write:` says at {line}");
                fault(code, faults::own(line), text, expected, format!("{sentence}: {line} writes it"), remedy)
            }
        });
    }
}

/// Which components of an element a line of `write:` says.
struct Ruled<'a> {
    leaves: &'a [OutLeaf],
    element: usize,
}

impl Ruled<'_> {
    fn by(&self, wanted: usize) -> Option<Spot> {
        let is = |leaf: &&OutLeaf| match leaf.leaf {
            Leaf::Element { element, component } => {
                (usize::from(element), usize::from(component.max(1))) == (self.element, wanted)
            }
            _ => false,
        };
        self.leaves.iter().find(is).and_then(|leaf| leaf.rule)
    }
}
