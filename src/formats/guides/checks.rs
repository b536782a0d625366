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
    /// The least length, in characters; 0 of numbers.
    pub min: u16,
    /// How much longer it may be, at most.
    pub span: u16,
    /// Its buckets of codes, less one.
    pub mask: u16,
    /// What it needs besides its length: `CODED`, or `NUMBER` or `LONG` with what comes with them.
    pub needs: u8,
    /// 1 if one point may stand among its digits, which doesn't count.
    pub point: u8,
    /// Of what is coded, the first of its buckets; of a number the least count of its digits, and above it how many more it
    /// may have at most.
    pub detail: u32,
    /// Index of the composite's shape; `SIMPLE` for a simple element.
    pub shape: u32,
}

/// It is in the code list.
pub(crate) const CODED: u8 = 1;
/// It has more to be looked at than its length.
pub(crate) const OTHER: u8 = 2;
/// It is a day, as `CCYYMMDD`.
pub(crate) const DAY: u8 = 4;
/// What these bits can't say.
pub(crate) const LONG: u8 = 8;

/// What needs nothing: the check of what is no value, number 0 of all.
pub(crate) const NOTHING: Check =
    Check { min: 0, span: u16::MAX, mask: 0, needs: 0, point: 0, detail: 0, shape: SIMPLE };

/// No check that is asked for has this number, nor any of the 63 behind it: a shape that has them isn't whole.
pub(crate) const UNKNOWN: u32 = 0xFF00;

/// No composite.
const SIMPLE: u32 = u32::MAX;

/// Codes of up to four bytes, the first byte lowest; 0 for none. Longer ones are few.
pub(crate) type Bucket = [u32; 4];

/// Which bucket a code stands in, of a power of two: bits that differ where codes differ in few. 2^32 divided by the
/// golden ratio (Fibonacci hashing).
#[inline(always)]
pub(crate) fn bucket(code: u32, mask: u16) -> usize {
    (code.wrapping_mul(0x9E37_79B9) >> 16) as usize & usize::from(mask)
}

/// What an element needs, and whether it may have a point.
fn needs(element: &ElementSpec) -> (u8, u8) {
    let long = element.max != 0 && element.max < element.min || element.min > u32::from(u16::MAX);
    match (element.class, element.codes.is_empty()) {
        (Class::Composite | Class::Binary, _) => (0, 0),
        _ if long => (OTHER | LONG, 0),
        (Class::Text, true) => (0, 0),
        (Class::Text, false) => (CODED, 0),
        (Class::Whole, true) => (OTHER, 0),
        (Class::Real | Class::Numeric, true) => (OTHER, 1),
        (Class::Date, _) if element.min == 8 && element.max == 8 => (OTHER | DAY, 0),
        _ => (OTHER | LONG, 0),
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
    /// Bit n is set if position n is a composite that needs more than its first component.
    composed: u64,
    notes: Vec<Notes>,
    /// False if there is more to it than this table can say.
    pub whole: bool,
}

/// Four syntax notes as bits: position n (from 1) is bit n, and bit 0 is always there. If one of `when` is there, then
/// all of `all` must be and one of `any`; of `only` no more than one. What is all noughts says nothing.
#[derive(Debug, Default)]
struct Notes {
    when: [u32; 4],
    all: [u32; 4],
    any: [u32; 4],
    only: [u32; 4],
}

/// The shapes of a plan's specs, in their order, then those of composites.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub shapes: Vec<Shape>,
    pub checks: Vec<Check>,
    /// All that the guide says, of each check but the first.
    specs: Vec<Arc<ElementSpec>>,
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
    /// All that the guide says of a check.
    pub fn spec(&self, check: u32) -> Option<&ElementSpec> {
        self.specs.get((check as usize).checked_sub(1)?).map(|spec| &**spec)
    }

    /// The shape of a composite; nothing for a simple element, or if there is more to it.
    #[inline]
    pub fn composite(&self, check: u16) -> Option<&Shape> {
        let check = self.checks.get(usize::from(check))?;
        self.shapes.get(check.shape as usize).filter(|shape| shape.whole)
    }

    /// Of all specs; with `spread` a repeat takes a position of its own.
    pub(super) fn of(specs: &[Arc<SegmentSpec>], spread: bool) -> Checks {
        // What has no codes looks into an empty bucket.
        let mut laying = Laying::default();
        laying.made.buckets.push(Bucket::default());
        laying.made.checks.push(NOTHING);
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
        let needs_more =
            |check: &Check| self.made.shapes.get(check.shape as usize).is_some_and(|shape| !shape.holds(1 << 1));
        let incomplete: Vec<bool> = inner.iter().map(needs_more).collect();
        let first = self.made.checks.len() as u32;
        self.made.checks.extend(inner);
        let said = |element: &ElementSpec| Arc::new(element.components.first().unwrap_or(element).clone());
        self.made.specs.extend(positions.iter().map(|(element, _)| said(element)));
        let notes = Notes::of(notes);
        Shape {
            first,
            len: positions.len().min(MOST) as u32,
            mandatory: (1..)
                .zip(&positions)
                .filter(|(n, (_, must))| *must && *n <= MOST)
                .fold(0, |m, (n, _)| m | 1 << n),
            composed: (1..).zip(&incomplete).filter(|(n, more)| **more && *n <= MOST).fold(0, |m, (n, _)| m | 1 << n),
            whole: whole && notes.is_some() && first + MOST as u32 <= UNKNOWN,
            notes: notes.unwrap_or_default(),
        }
    }

    fn check(&mut self, element: &ElementSpec) -> Check {
        if let Some(first) = element.components.first() {
            let shape = self.shape(&element.components, &element.notes, false);
            self.made.shapes.push(shape);
            return Check { shape: self.made.shapes.len() as u32 - 1, ..self.check(first) };
        }
        let (needs, point) = needs(element);
        // Of what this can't say its length isn't known either.
        let any = matches!(element.class, Class::Composite | Class::Binary) || needs & LONG != 0;
        let (min, max) = if any { (0, 0) } else { (element.min, element.max) };
        let span = if max == 0 { u32::MAX } else { max.saturating_sub(min) };
        let few = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        let (min, span) = (few(min), few(span));
        if needs & OTHER != 0 {
            let detail = u32::from(span) << 16 | u32::from(min);
            return Check { needs, point, detail, ..NOTHING };
        }
        let (detail, mask) = if needs & CODED != 0 { self.lay(&element.codes) } else { (0, 0) };
        Check { min, span, mask, needs, point, detail, shape: SIMPLE }
    }

    /// Lays out a code list: a bucket for two codes, or for fewer, so that each has room.
    fn lay(&mut self, codes: &Arc<Codes>) -> (u32, u16) {
        let address = Arc::as_ptr(codes) as usize;
        if let Some(laid) = self.lists.get(&address) {
            return *laid;
        }
        let short = codes.iter().filter(|code| code.len() <= 4);
        let short: Vec<u32> =
            short.map(|code| code.bytes().rev().fold(0, |word, b| word << 8 | u32::from(b))).collect();
        let first = self.made.buckets.len();
        let fewest = short.len().div_ceil(2).next_power_of_two();
        let mut mask = 0;
        for buckets in [fewest, 2 * fewest, 4 * fewest] {
            mask = (buckets - 1).min(usize::from(u16::MAX)) as u16;
            self.made.buckets.truncate(first);
            self.made.buckets.resize(first + usize::from(mask) + 1, Bucket::default());
            let fill = |code: &u32| {
                let room = self.made.buckets[first + bucket(*code, mask)].iter_mut().find(|place| **place == 0);
                room.map(|place| *place = *code).is_some()
            };
            // Of those without room the guide knows.
            if short.iter().map(fill).fold(true, |all, one| all & one) {
                break;
            }
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
    /// True if nothing is too much, nothing missing that must be there, and no note broken; bit n of `present` is position n.
    #[inline]
    pub fn holds(&self, present: u64) -> bool {
        (present >> 1) >> self.len == 0
            && self.mandatory & !present == 0
            && self.notes.iter().all(|notes| notes.hold(present as u32 | 1))
    }

    /// True if none of the positions that hold one value without a separator needs more than that; bit n is position n.
    #[inline]
    pub fn may_stand_alone(&self, alone: u64) -> bool {
        self.composed & alone == 0
    }
}

impl Notes {
    /// None if one speaks of more positions than there are bits.
    fn of(notes: &[Relation]) -> Option<Vec<Notes>> {
        let mut all = Vec::new();
        all.resize_with(notes.len().div_ceil(4), Notes::default);
        for (n, note) in notes.iter().enumerate() {
            let bit = |position: &u8| (*position < 32).then(|| 1u32 << position);
            let bits = note.positions.iter().map(bit).collect::<Option<Vec<u32>>>()?;
            let (first, those) = (*bits.first()?, bits.iter().fold(0, |mask, bit| mask | bit));
            let [when, needed, any, only] = match note.kind {
                RelationKind::Paired => [those, those, those, 0],
                RelationKind::Required => [1, 1, those, 0],
                RelationKind::Exclusive => [0, 0, 0, those],
                RelationKind::Conditional => [first, those, those, 0],
                RelationKind::List => [first, first, those & !first, 0],
            };
            let (four, at) = (&mut all[n / 4], n % 4);
            (four.when[at], four.all[at], four.any[at], four.only[at]) = (when, needed, any, only);
        }
        Some(all)
    }

    /// True if none is broken. All are worked out, since the processor guesses badly which of them say something.
    #[inline]
    fn hold(&self, present: u32) -> bool {
        let mut broken = false;
        for at in 0..4 {
            let (when, only) = (present & self.when[at] != 0, present & self.only[at]);
            let kept = (present & self.all[at] == self.all[at]) & (present & self.any[at] != 0);
            broken |= (when & !kept) | (only & only.wrapping_sub(1) != 0);
        }
        !broken
    }
}
