//! What a guide has: whether a way leads anywhere in it, and where another segment's element stands.

use super::{knowledge::Step, places::Key, ubl, values::Comparer};
use crate::formats::{
    guides::{Guide, Part},
    piece::Standard,
};

/// Segments that frame a set, and say nothing of it.
const FRAME: &[&str] = &["ST", "UNH", "BHT"];

/// Data elements that mean nothing without their segment: dates, texts, references, amounts.
const BLANK: &[&str] = &["127", "373", "352", "782", "380", "1154", "2380", "6060", "5004", "5118", "1004"];

/// What stands in a part, by the segment that it is or that opens it.
fn below<'g>(part: &'g Part, name: &str) -> Option<&'g [Part]> {
    match part {
        Part::Segment { id, .. } => (**id == *name).then_some(&[]),
        Part::Loop { parts, .. } => match parts.first() {
            Some(Part::Segment { id, .. }) if **id == *name => Some(&parts[1..]),
            _ => None,
        },
    }
}

fn leads(parts: &[Part], steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    parts.iter().filter_map(|part| below(part, &first.name)).any(|inner| rest.is_empty() || leads(inner, rest))
}

impl Comparer<'_> {
    /// True if the guide has the segments of a way in each other. Where no guide is known, nothing speaks against it.
    pub fn leads(&self, steps: &[Step]) -> bool {
        if let Some(document) = self.ubl {
            return ubl::leads(document, steps.iter().map(|step| step.name.as_str()));
        }
        self.guide.is_none_or(|guide| leads(&guide.parts, steps))
    }

    /// True if documents of this kind are known beyond what a sample shows: by a guide, or as UBL's are.
    pub fn is_known(&self) -> bool {
        matches!(self.standard, Standard::X12 | Standard::Edifact) || self.ubl.is_some()
    }

    /// True if a segment has such an element.
    pub fn has(&self, segment: &str, key: &Key) -> bool {
        let (Some(guide), Key::Element(element, component)) = (self.guide, key) else { return true };
        let elements = guide.segments.get(segment).map(|segment| &segment.elements);
        let spec = elements.and_then(|elements| elements.get(usize::from(*element).checked_sub(1)?));
        spec.is_some_and(|spec| usize::from(*component) <= spec.components.len().max(1))
    }

    /// A way without the qualifiers that the guide doesn't know; none where it asks for nothing else.
    pub fn known_codes(&self, mut steps: Vec<Step>) -> Option<Vec<Step>> {
        for step in &mut steps {
            for (key, values) in &mut step.conditions {
                let Some(spec) = self.spec(&step.name, key).filter(|spec| !spec.codes.is_empty()) else { continue };
                values.retain(|value| value == "*" || spec.codes.contains(value));
                if values.is_empty() {
                    return None;
                }
            }
        }
        Some(steps)
    }

    /// Where the heading has the data element that a segment of another guide's heading has.
    pub fn element_of(&self, theirs: &'static Guide, segment: &str, key: &Key) -> Option<(Step, Key)> {
        let ours = self.guide?;
        let reference = &Comparer { guide: Some(theirs), ..*self }.spec(segment, key)?.reference;
        let opening = opening(theirs) == Some(segment);
        let found = ours.parts.iter().filter_map(|part| match part {
            Part::Segment { id, max: Some(1), .. } if !opening || opening_of(ours, id) => Some(id),
            _ => None,
        });
        found.filter(|_| opening || !BLANK.contains(&&**reference)).find_map(|id| {
            let elements = &ours.segments.get(id)?.elements;
            let mut same = elements.iter().enumerate().filter(|(_, element)| element.reference == *reference);
            let (at, _) = same.next().filter(|_| same.next().is_none())?;
            Some((Step { name: id.to_string(), conditions: vec![] }, Key::Element(u16::try_from(at + 1).ok()?, 0)))
        })
    }
}

/// The segment that a set begins with: BEG, BIG, BGM.
fn opening(guide: &Guide) -> Option<&str> {
    guide.parts.iter().find_map(|part| match part {
        Part::Segment { id, .. } if !FRAME.contains(&&**id) => Some(&**id),
        _ => None,
    })
}

fn opening_of(guide: &Guide, id: &str) -> bool {
    opening(guide) == Some(id)
}
