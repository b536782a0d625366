//! What is checked of a segment's elements, laid flat beside the guide: a clean document is checked with these alone,
//! and only what they don't pass is looked at with the guide's own words.

use super::{Class, Codes, ElementSpec, Relation, RelationKind, SegmentSpec};
use std::sync::Arc;

/// The most positions of a segment or composite that are checked here; what has more is read the long way.
const MOST: usize = 63;

/// One element or component; of a composite its first component, since that is what a value without separators is.
#[derive(Debug)]
pub(crate) struct Check {
    /// How it is checked.
    pub way: Way,
    /// The least length, in characters; of numbers without sign and point.
    pub min: u32,
    /// How much longer it may be.
    pub span: u32,
    /// Index of the composite's shape; `u32::MAX` for a simple element.
    pub shape: u32,
    pub codes: Arc<Codes>,
    /// All that the guide says of it.
    pub spec: Arc<ElementSpec>,
}

/// How a value is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By its length.
    Free,
    /// By its code list.
    Coded,
    /// Digits only.
    Whole,
    /// Digits and a point, which may stand at the end.
    Real,
    /// Digits and a mark, which may not.
    Numeric,
    /// It has nothing to be checked.
    Anything,
    /// As `values::check` does it.
    Long,
}

impl Way {
    fn of(element: &ElementSpec) -> Way {
        match (element.class, element.codes.is_empty()) {
            (Class::Composite | Class::Binary, _) => Way::Anything,
            _ if element.max != 0 && element.max < element.min => Way::Long,
            (Class::Text, true) => Way::Free,
            (Class::Text, false) => Way::Coded,
            (Class::Whole, true) => Way::Whole,
            (Class::Real, true) => Way::Real,
            (Class::Numeric, true) => Way::Numeric,
            _ => Way::Long,
        }
    }
}

/// The elements of a segment, or the components of a composite.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Its checks, by position.
    first: u32,
    len: u32,
    /// Bit n is set if position n (from 1) must be there.
    mandatory: u64,
    notes: Box<[Note]>,
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
    checks: Vec<Check>,
}

impl Checks {
    /// The checks of a shape, by position.
    #[inline]
    pub fn of_shape(&self, shape: &Shape) -> &[Check] {
        self.checks.get(shape.first as usize..(shape.first + shape.len) as usize).unwrap_or_default()
    }

    /// Of all specs; with `spread` a repeat takes a position of its own.
    pub(super) fn of(specs: &[Arc<SegmentSpec>], spread: bool) -> Checks {
        let mut checks = Checks { shapes: Vec::new(), checks: Vec::new() };
        checks.shapes.resize_with(specs.len(), Shape::default);
        for (at, spec) in specs.iter().enumerate() {
            let shape = checks.shape(&spec.elements, &spec.notes, spread);
            checks.shapes[at] = shape;
        }
        checks
    }

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
        let first = self.checks.len() as u32;
        self.checks.extend(inner);
        let notes: Option<Vec<Note>> = notes.iter().map(Note::of).collect();
        Shape {
            first,
            len: positions.len() as u32,
            mandatory: (1..)
                .zip(&positions)
                .filter(|(n, (_, must))| *must && *n <= MOST)
                .fold(0, |m, (n, _)| m | 1 << n),
            whole: whole && notes.is_some(),
            notes: notes.unwrap_or_default().into(),
        }
    }

    fn check(&mut self, element: &ElementSpec) -> Check {
        if let Some(first) = element.components.first() {
            let shape = self.shape(&element.components, &element.notes, false);
            self.shapes.push(shape);
            return Check { shape: self.shapes.len() as u32 - 1, ..self.check(first) };
        }
        Check::simple(element)
    }
}

impl Check {
    fn simple(element: &ElementSpec) -> Check {
        Check {
            way: Way::of(element),
            min: element.min,
            // A length below the least wraps around to more than this.
            span: if element.max == 0 { u32::MAX / 2 } else { element.max.saturating_sub(element.min) },
            shape: u32::MAX,
            codes: element.codes.clone(),
            spec: Arc::new(element.clone()),
        }
    }
}

impl Check {
    /// The check of one element alone, for tests.
    #[cfg(test)]
    pub fn of_element(element: &ElementSpec) -> Check {
        Checks::default().check(element)
    }
}

/// A position with no repeats at all would take none: no guide says so, but then only the guide itself can.
fn spread_to_nothing(elements: &[ElementSpec], spread: bool) -> bool {
    spread && elements.iter().any(|element| !(1..=64).contains(&element.repeats))
}

impl Shape {
    /// True if nothing that must be there is missing and no note is broken; bit n of `present` is position n.
    #[inline]
    pub fn holds(&self, present: u64) -> bool {
        self.mandatory & !present == 0 && self.notes.iter().all(|note| note.holds(present))
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
