//! What is checked of a segment's elements, laid flat beside the guide: a clean document is checked with these alone,
//! and only what they don't pass is looked at with the guide's own words.

use super::{Class, Codes, ElementSpec, Relation, RelationKind, SegmentSpec};
use std::{collections::HashMap, sync::Arc};

/// The most positions of a segment or composite that are checked here; what has more is read the long way.
const MOST: usize = 63;

/// One element or component, in few numbers; of a composite its first component, since that is what a value without
/// separators is. What a value must be more than this says `values::check` knows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Check {
    /// The least length, in characters; of numbers without sign and point.
    pub min: u16,
    /// How much longer it may be, at most.
    pub span: u16,
    /// Its buckets of codes, less one.
    pub mask: u16,
    /// `CODED`, `DIGITS`, `POINT`, `DAY`, `LONG`: what a value needs or may have.
    pub needs: u8,
    /// The first of its buckets.
    pub buckets: u32,
    /// Index of the composite's shape; `SIMPLE` for a simple element.
    pub shape: u32,
}

/// It is in the code list.
pub(crate) const CODED: u8 = 1;
/// It has nothing but digits.
pub(crate) const DIGITS: u8 = 2;
/// One point may stand among them.
pub(crate) const POINT: u8 = 4;
/// It is a day, as `CCYYMMDD`.
pub(crate) const DAY: u8 = 8;
/// What these bits can't say.
pub(crate) const LONG: u8 = 16;

/// No composite.
pub(crate) const SIMPLE: u32 = u32::MAX;

/// Codes of up to eight bytes, the first byte lowest; 0 for none.
pub(crate) type Bucket = [u64; 4];

/// Which bucket a code stands in, of a power of two: bits that differ where codes differ in few. 2^64 divided by the
/// golden ratio (Fibonacci hashing).
#[inline(always)]
pub(crate) fn bucket(code: u64, mask: u16) -> usize {
    (code.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize & usize::from(mask)
}

fn needs(element: &ElementSpec) -> u8 {
    let long = element.max != 0 && element.max < element.min || element.min > u32::from(u16::MAX);
    match (element.class, element.codes.is_empty()) {
        (Class::Composite | Class::Binary, _) => 0,
        _ if long => LONG,
        (Class::Text, true) => 0,
        (Class::Text, false) => CODED,
        (Class::Whole, true) => DIGITS,
        (Class::Real | Class::Numeric, true) => DIGITS | POINT,
        (Class::Date, _) if element.min == 8 && element.max == 8 => DIGITS | DAY,
        _ => LONG,
    }
}

/// The elements of a segment, or the components of a composite.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Index of its first check; the others follow by position.
    pub first: u32,
    len: u32,
    /// Bit n is set if position n (from 1) must be there.
    mandatory: u64,
    notes: Vec<Note>,
    /// False if there is more to it than this table can say.
    pub whole: bool,
}

/// A syntax note as bits: position n (from 1) is bit n.
#[derive(Debug)]
struct Note {
    kind: RelationKind,
    first: u64,
    all: u64,
}

/// The shapes of a plan's specs, in their order, then those of composites.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub shapes: Vec<Shape>,
    pub checks: Vec<Check>,
    /// All that the guide says, of each check.
    pub specs: Vec<Arc<ElementSpec>>,
    /// Codes. A list may not hold one where its bucket was full: then the guide has it.
    pub buckets: Vec<Bucket>,
}

/// Lays out checks.
#[derive(Default)]
struct Laying {
    made: Checks,
    /// Where code lists stand, by their address.
    lists: HashMap<usize, (u32, u16)>,
}

impl Checks {
    /// What a set without a guide is checked by.
    pub const NONE: &Checks =
        &Checks { shapes: Vec::new(), checks: Vec::new(), specs: Vec::new(), buckets: Vec::new() };

    /// The shape of a composite; nothing for a simple element, or if there is more to it.
    #[inline]
    pub fn composite(&self, check: u32) -> Option<&Shape> {
        let check = self.checks.get(check as usize)?;
        self.shapes.get(check.shape as usize).filter(|shape| shape.whole)
    }

    /// Of all specs; with `spread` a repeat takes a position of its own.
    pub(super) fn of(specs: &[Arc<SegmentSpec>], spread: bool) -> Checks {
        // What has no codes looks into an empty bucket.
        let mut laying = Laying::default();
        laying.made.buckets.push([0; 4]);
        laying.made.shapes.resize_with(specs.len(), Shape::default);
        for (at, spec) in specs.iter().enumerate() {
            let shape = laying.shape(&spec.elements, &spec.notes, spread);
            laying.made.shapes[at] = shape;
        }
        laying.made
    }

    /// The checks of one element alone, for tests.
    #[cfg(test)]
    pub fn of_element(element: &ElementSpec) -> Checks {
        let spec = SegmentSpec { elements: vec![element.clone()], ..SegmentSpec::default() };
        Checks::of(&[Arc::new(spec)], false)
    }
}

impl Laying {
    fn shape(&mut self, elements: &[ElementSpec], notes: &[Relation], spread: bool) -> Shape {
        let positions: Vec<(&ElementSpec, bool)> = elements
            .iter()
            .flat_map(|element| {
                let times = if spread { element.repeats.clamp(1, 64) } else { 1 };
                (0..times).map(move |n| (element, n == 0 && element.mandatory))
            })
            .take(MOST + 1)
            .collect();
        let whole = positions.len() <= MOST && !spread_to_nothing(elements, spread);
        let inner: Vec<Check> = positions.iter().map(|(element, _)| self.check(element)).collect();
        let first = self.made.checks.len() as u32;
        self.made.checks.extend(inner);
        let said = |element: &ElementSpec| Arc::new(element.components.first().unwrap_or(element).clone());
        self.made.specs.extend(positions.iter().map(|(element, _)| said(element)));
        let notes: Option<Vec<Note>> = notes.iter().map(Note::of).collect();
        Shape {
            first,
            len: positions.len().min(MOST) as u32,
            mandatory: (1..)
                .zip(&positions)
                .filter(|(n, (_, must))| *must && *n <= MOST)
                .fold(0, |m, (n, _)| m | 1 << n),
            whole: whole && notes.is_some(),
            notes: notes.unwrap_or_default(),
        }
    }

    fn check(&mut self, element: &ElementSpec) -> Check {
        if let Some(first) = element.components.first() {
            let shape = self.shape(&element.components, &element.notes, false);
            self.made.shapes.push(shape);
            return Check { shape: self.made.shapes.len() as u32 - 1, ..self.check(first) };
        }
        let needs = needs(element);
        let free = matches!(element.class, Class::Composite | Class::Binary);
        let (min, max) = if free { (0, 0) } else { (element.min, element.max) };
        let span = if max == 0 { u32::MAX } else { max.saturating_sub(min) };
        let (buckets, mask) = if needs & CODED != 0 { self.lay(&element.codes) } else { (0, 0) };
        let few = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        Check { min: few(min), span: few(span), mask, needs, buckets, shape: SIMPLE }
    }

    /// Lays out a code list: a bucket for each code, mostly.
    fn lay(&mut self, codes: &Arc<Codes>) -> (u32, u16) {
        let address = Arc::as_ptr(codes) as usize;
        if let Some(laid) = self.lists.get(&address) {
            return *laid;
        }
        let mask = (codes.len().next_power_of_two() - 1).min(usize::from(u16::MAX)) as u16;
        let first = self.made.buckets.len();
        self.made.buckets.resize(first + usize::from(mask) + 1, [0; 4]);
        for code in codes.iter().filter(|code| code.len() <= 8) {
            let code = code.bytes().rev().fold(0, |word, byte| word << 8 | u64::from(byte));
            let room = self.made.buckets[first + bucket(code, mask)].iter_mut().find(|place| **place == 0);
            room.into_iter().for_each(|place| *place = code);
        }
        self.lists.insert(address, (first as u32, mask));
        (first as u32, mask)
    }
}

/// A position with no repeats at all would take none: no guide says so, but then only the guide itself can.
fn spread_to_nothing(elements: &[ElementSpec], spread: bool) -> bool {
    spread && elements.iter().any(|element| !(1..=64).contains(&element.repeats))
}

impl Shape {
    /// Nothing is known.
    pub const NONE: Shape = Shape { first: 0, len: 0, mandatory: 0, notes: Vec::new(), whole: true };

    /// True if nothing is too much, nothing missing that must be there, and no note broken; bit n of `present` is position n.
    #[inline]
    pub fn holds(&self, present: u64) -> bool {
        (present >> 1) >> self.len == 0
            && self.mandatory & !present == 0
            && self.notes.iter().all(|note| note.holds(present))
    }
}

impl Note {
    fn of(relation: &Relation) -> Option<Note> {
        let bit = |position: &u8| (usize::from(*position) <= MOST).then(|| 1u64 << position);
        let all = relation.positions.iter().map(bit).collect::<Option<Vec<u64>>>()?;
        let first = *all.first()?;
        Some(Note { kind: relation.kind, first, all: all.into_iter().fold(0, |mask, bit| mask | bit) })
    }

    fn holds(&self, present: u64) -> bool {
        let there = present & self.all;
        match self.kind {
            RelationKind::Paired => there == 0 || there == self.all,
            RelationKind::Required => there != 0,
            RelationKind::Exclusive => there.count_ones() <= 1,
            RelationKind::Conditional => there & self.first == 0 || there == self.all,
            RelationKind::List => there & self.first == 0 || there != self.first,
        }
    }
}
