//! Zeros that fill numbers and separators at the ends of segments, where it was agreed that they must or must not be.

use super::{Arrival, Builder, Raw, Spot, described, name_of};
use crate::{
    codes,
    edi::{scan::cut, values},
    fault::{Costs, Fault},
    guides::{ElementSpec, SegmentSpec},
    place::{At, Place},
    policy::{Presence, tolerated},
};

/// Segments whose separators the envelope settles.
const SERVICE: &[&str] = &["ST", "SE", "UNH", "UNT"];

/// What is told of zeros that are there, and of those that are missing, at one end of a number.
struct Zeros {
    forbidden: &'static str,
    missing: &'static str,
    end: &'static str,
}

const LEADING: Zeros =
    Zeros { forbidden: codes::LEADING_ZEROS, missing: codes::NO_LEADING_ZEROS, end: "before its digits" };
const TRAILING: Zeros =
    Zeros { forbidden: codes::TRAILING_ZEROS, missing: codes::NO_TRAILING_ZEROS, end: "at the end of its decimals" };

impl Builder<'_> {
    /// A number with zeros that may not be there, or without those that must.
    pub(super) fn zeros(&self, spot: &Spot, raw: &Raw, value: &str, spec: &ElementSpec) -> Option<Fault> {
        let fill = self.raw.policy.fill;
        if !fill.is_asked() {
            return None;
        }
        let leading = values::leading_zeros(value, spec, fill.leading_zeros).map(|expected| (expected, LEADING));
        let trailing = || Some((values::trailing_zeros(value, spec, fill.trailing_zeros)?, TRAILING));
        let (expected, which) = leading.or_else(trailing)?;
        let lacks = expected.len() > value.len();
        let (code, does) = if lacks { (which.missing, "lacks zeros") } else { (which.forbidden, "has zeros") };
        let (name, segment, end) = (name_of(spot), spot.ordinal, which.end);
        let sentence = format!("{name} in segment {segment} {does} {end} otherwise than agreed: “{value}”.");
        let fault = Fault::new(code, self.place(spot, raw), sentence).found(value);
        Some(tolerated(fault.expected(format!("{}, “{expected}”", described(spec))), Costs::Set))
    }

    /// Separators behind the last element or component of a segment, which may not be there, or must up to the last one that
    /// the guide has. The first that is otherwise is told.
    pub(super) fn separators(&mut self, segment: &Arrival, spec: Option<&SegmentSpec>, elements: &[Raw]) {
        let (code, says, wrong) = match self.raw.policy.fill.trailing_separators {
            Presence::Optional => return,
            Presence::Forbidden => (codes::TRAILING_SEPARATORS, "ends with", self.too_many_separators(elements)),
            Presence::Mandatory if SERVICE.contains(&segment.id()) => return,
            Presence::Mandatory => {
                let wrong = spec.and_then(|spec| self.too_few_separators(spec, elements));
                (codes::NO_TRAILING_SEPARATORS, "ends without", wrong)
            }
        };
        let Some((element, component, byte, expected)) = wrong else { return };
        let at = At::Segment { ordinal: segment.ordinal, id: segment.id().into(), element, component, repeat: 1 };
        let place = Place { byte: self.raw.base + u64::from(byte), len: 0, at };
        let what = if component.is_some() { "A composite of segment" } else { "Segment" };
        let (ordinal, id) = (segment.ordinal, segment.id());
        let sentence =
            format!("{what} {ordinal} ({id}) {says} separators behind its last value, and it was agreed otherwise.");
        let fault = Fault::new(code, place, sentence).expected(expected);
        self.faults.push_as_it_is(tolerated(fault, Costs::Set));
    }

    fn too_many_separators(&self, elements: &[Raw]) -> Option<(Option<u16>, Option<u16>, u32, String)> {
        let element = |at: usize| u16::try_from(at).ok().filter(|at| *at > 0);
        let last = elements.last().filter(|_| elements.len() > 1)?;
        if last.start == last.end {
            let expected = "no separator behind the last element that has a value".to_owned();
            return Some((element(elements.len() - 1), None, last.start, expected));
        }
        let component = self.raw.syntax.component?;
        elements.iter().enumerate().skip(1).filter(|(_, raw)| raw.components).find_map(|(at, raw)| {
            let parts = self.parts(raw, component);
            let empty = parts.last().is_some_and(|(start, end)| start == end);
            let expected = "no separator behind the last component that has a value".to_owned();
            empty.then(|| (element(at), u16::try_from(parts.len()).ok(), raw.end, expected))
        })
    }

    /// The place is that of the first element or component that isn't separated.
    fn too_few_separators(
        &self,
        spec: &SegmentSpec,
        elements: &[Raw],
    ) -> Option<(Option<u16>, Option<u16>, u32, String)> {
        // EDIFACT up to syntax 3 writes repeats as further positions.
        let spread = self.raw.edifact && self.raw.syntax.repetition.is_none();
        let of = |spec: &ElementSpec| if spread { spec.repeats.max(1) as usize } else { 1 };
        let wanted: usize = spec.elements.iter().map(of).sum();
        let there = elements.len() - 1;
        if there < wanted {
            let end = elements.last().map_or(0, |raw| raw.end);
            let expected = format!("separators for all {wanted} elements, and there are {there}");
            return Some((u16::try_from(there + 1).ok(), None, end, expected));
        }
        let component = self.raw.syntax.component?;
        let positions = spec.elements.iter().flat_map(|spec| std::iter::repeat_n(spec, of(spec)));
        let mut known = positions.zip(elements.iter().enumerate().skip(1));
        known.find_map(|(spec, (at, raw))| {
            let (wanted, parts) = (spec.components.len(), self.parts(raw, component).len());
            let short = raw.start < raw.end && !raw.repeats && wanted > 0 && parts < wanted;
            let expected = format!("separators for all {wanted} components, and there are {parts}");
            short.then(|| (u16::try_from(at).ok(), u16::try_from(parts + 1).ok(), raw.end, expected))
        })
    }

    fn parts(&self, raw: &Raw, separator: u8) -> Vec<(usize, usize)> {
        cut(&self.raw.bytes[raw.start as usize..raw.end as usize], separator, self.raw.syntax)
    }
}
