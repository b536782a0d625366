//! What a segment or a composite lacks: mandatory parts, and what its syntax notes want.

use super::{Arrival, Builder, Raw, Spot, described, name_of};
use crate::{
    codes,
    edi::relations,
    fault::Fault,
    guides::{ElementSpec, SegmentSpec},
    place::{At, Place},
};

impl Builder<'_> {
    /// Mandatory elements that aren't there, and syntax notes.
    pub(super) fn absent(&mut self, segment: &Arrival, spec: &SegmentSpec, elements: &[Raw], present: u128) {
        let place = |position: u16| {
            let byte = elements.get(usize::from(position)).or(elements.last()).map_or(0, |raw| raw.end);
            let at = At::Segment {
                ordinal: segment.ordinal,
                id: segment.id().into(),
                element: Some(position),
                component: None,
                repeat: 1,
            };
            Place { byte: self.raw.base + u64::from(byte), len: 0, at }
        };
        let shift = self.raw.edifact && self.raw.syntax.repetition.is_none();
        let mut position = 0u32;
        for element in &spec.elements {
            position += 1;
            if element.mandatory && present & 1u128.checked_shl(position).unwrap_or(0) == 0 {
                let name = format!("{}{position:02}", segment.id());
                let sentence = format!("{name} in segment {} is missing: it is mandatory.", segment.ordinal);
                let fault = Fault::new(codes::MISSING_ELEMENT, place(position as u16), sentence);
                self.faults.push(fault.expected(described(element)).remedy(format!("Fill in {name}.")));
            }
            position += if shift { element.repeats.saturating_sub(1) } else { 0 };
        }
        for note in &spec.notes {
            if let Some(broken) = relations::check(note, present) {
                let sentence = format!(
                    "{} in segment {} breaks the note {} at {:02}: {}.",
                    segment.id(),
                    segment.ordinal,
                    note.text,
                    broken.position,
                    broken.wants
                );
                let mut place = place(u16::from(broken.position));
                // What is one too many stands there; all other notes miss something.
                let there = elements.get(usize::from(broken.position)).filter(|raw| raw.end > raw.start);
                let found = there.map_or("", |raw| {
                    (place.byte, place.len) = (self.raw.base + u64::from(raw.start), raw.end - raw.start);
                    self.tree.raw(raw.start, raw.end - raw.start)
                });
                self.faults.push(Fault::new(broken.code, place, sentence).found(found).expected(broken.wants));
            }
        }
    }

    /// `present`: bit n for the component at position n (from 1). `parts`: where each stands in the composite.
    pub(super) fn absent_components(
        &mut self,
        spot: &mut Spot,
        raw: &Raw,
        spec: &ElementSpec,
        (present, parts): (u128, &[(usize, usize)]),
    ) {
        for (position, component) in (1u16..).zip(spec.components.iter()) {
            if component.mandatory && present & 1u128.checked_shl(u32::from(position)).unwrap_or(0) == 0 {
                spot.component = Some(position);
                let name = name_of(spot);
                let sentence =
                    format!("{name} in segment {} is missing: its composite is there and needs it.", spot.ordinal);
                let place = Place { len: 0, byte: self.raw.base + u64::from(raw.end), ..self.place(spot, raw) };
                let fault = Fault::new(codes::MISSING_ELEMENT, place, sentence);
                self.faults.push(fault.expected(described(component)).remedy(format!("Fill in {name}.")));
            }
        }
        for note in spec.notes.iter() {
            if let Some(broken) = relations::check(note, present) {
                spot.component = Some(u16::from(broken.position));
                let sentence = format!(
                    "{} in segment {} breaks the note {}: {}.",
                    name_of(spot),
                    spot.ordinal,
                    note.text,
                    broken.wants
                );
                let (start, end) = match parts.get(usize::from(broken.position) - 1) {
                    Some((start, end)) if start < end => (raw.start + *start as u32, raw.start + *end as u32),
                    _ => (raw.end, raw.end),
                };
                let found = self.tree.raw(start, end - start);
                let place = Place { len: end - start, byte: self.raw.base + u64::from(start), ..self.place(spot, raw) };
                self.faults.push(Fault::new(broken.code, place, sentence).found(found).expected(broken.wants));
            }
        }
        spot.component = None;
    }
}
