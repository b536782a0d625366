//! X12 and EDIFACT segments, in the guide's order, with the guide's mandatory elements and lengths seen to.

use super::{
    out::{Out, OutId, OutNode},
    plan::Leaf,
    route::opener,
    write::write_fault,
};
use crate::formats::{
    fault::Fault,
    guides::{ElementSpec, Guide, Part},
    write::{Element, Segment},
};
use serde_json::Value;

/// Envelope segments: the writer makes and counts them.
const ENVELOPE: &[&str] = &["ST", "SE", "UNH", "UNT"];

/// The set's body.
pub fn segments(out: &Out, guide: &'static Guide, _message: &Value) -> Result<Vec<Segment>, Vec<Fault>> {
    let mut writer = Writer { out, guide, segments: Vec::new(), faults: Vec::new() };
    writer.children(0, &guide.parts, "");
    if writer.faults.is_empty() { Ok(writer.segments) } else { Err(writer.faults) }
}

struct Writer<'a> {
    out: &'a Out,
    guide: &'static Guide,
    segments: Vec<Segment>,
    faults: Vec<Fault>,
}

impl Writer<'_> {
    fn children(&mut self, parent: OutId, parts: &'static [Part], path: &str) {
        let mut children = self.out.node(parent).children.clone();
        children.sort_by_key(|id| self.out.node(*id).order);
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
        for (at, spec) in guide.segments.get(id).map_or(&[][..], |s| &s.elements).iter().enumerate() {
            let components = elements.get(at).and_then(|e| e.first()).map_or(&[][..], Vec::as_slice);
            self.element(spec, components, &format!("{id}{:02}", at + 1));
        }
        Segment { id: id.to_owned(), elements }
    }

    fn element(&mut self, spec: &'static ElementSpec, components: &[String], name: &str) {
        let written = components.iter().any(|c| !c.is_empty());
        if spec.mandatory && !written {
            let sentence = format!("{name} is mandatory, and nothing writes it");
            self.faults.push(write_fault("mapping/not_written", "", "", name, sentence));
        }
        if !written {
            return;
        }
        if spec.components.is_empty() {
            return self.length(spec, &components[0], name);
        }
        for (at, inner) in spec.components.iter().enumerate() {
            let text = components.get(at).map_or("", String::as_str);
            let name = format!("{name}.{:02}", at + 1);
            if inner.mandatory && text.is_empty() {
                let sentence = format!("{name} is mandatory, and nothing writes it");
                self.faults.push(write_fault("mapping/not_written", "", "", &name, sentence));
            }
            self.length(inner, text, &name);
        }
    }

    fn length(&mut self, spec: &'static ElementSpec, text: &str, name: &str) {
        // X12.6 §3.5.1: sign, point and exponent don't count. ISO 9735-1 §10: the same for sign and mark.
        let numeric = matches!(&*spec.kind, "R" | "n") || spec.kind.starts_with('N');
        let marks = |c: &char| numeric && matches!(c, '-' | '+' | '.' | ',');
        let length = text.chars().filter(|c| !marks(c)).count();
        if spec.max > 0 && length > spec.max as usize {
            let sentence = format!("{name} takes {} characters, and `{text}` has {length}", spec.max);
            self.faults.push(write_fault("mapping/too_long", "", text, &format!("{} characters", spec.max), sentence));
        }
    }
}
