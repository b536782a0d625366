//! What must stand in a document for a field to give anything: a line whose loop has two segments asks only the fields
//! that look into these, however many the mapping has.

use super::plan::{Alternative, Block, Field, Formula, Pipe, Route, Source};

/// Slots of a frame, a bit each; those from the 64th on share the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slots(u64);

impl Slots {
    /// It has to be asked whatever stands there.
    const ALWAYS: Slots = Slots(u64::MAX);

    /// One of them.
    #[inline]
    pub fn one(slot: usize) -> Slots {
        Slots(1 << slot.min(63))
    }

    /// Adds others.
    #[inline]
    pub fn add(&mut self, other: Slots) {
        self.0 |= other.0;
    }

    /// Can a field that needs one of these give anything, where those stand?
    #[inline]
    pub fn met_by(self, there: Slots) -> bool {
        self == Slots::ALWAYS || self.0 & there.0 != 0
    }

    fn of(all: impl IntoIterator<Item = Slots>) -> Slots {
        all.into_iter().fold(Slots::default(), |sum, one| Slots(sum.0 | one.0))
    }
}

/// Notes of each field what it needs.
pub fn note(fields: &mut [Field]) {
    for field in fields {
        match &mut field.source {
            Source::Object(inner) => note(inner),
            Source::At(blocks) => blocks.iter_mut().for_each(|block| note(&mut block.fields)),
            Source::Each(block) => note(&mut block.fields),
            _ => {}
        }
        field.needs = of_field(field);
    }
}

fn of_field(field: &Field) -> Slots {
    let says = match &field.source {
        Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) | Source::Key(formula, _) => {
            says_itself(formula)
        }
        Source::List(formulas) => formulas.iter().any(says_itself),
        _ => false,
    };
    // Of one that must be there, it is told that it is not.
    if field.mandatory || says { Slots::ALWAYS } else { of_what_is_read(field) }
}

/// What of the document makes it a value, or a fault.
fn of_what_is_read(field: &Field) -> Slots {
    match &field.source {
        Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) | Source::Key(formula, _) => {
            of_formula(formula)
        }
        Source::List(formulas) => Slots::of(formulas.iter().map(of_formula)),
        // It tells which of its own are not there.
        Source::Object(inner) if field.mandatory && inner.iter().any(|one| one.mandatory) => Slots::ALWAYS,
        Source::Object(inner) => Slots::of(inner.iter().map(of_what_is_read)),
        Source::At(blocks) => Slots::of(blocks.iter().map(of_block)),
        Source::Each(block) => of_block(block),
        // When all else has been read.
        Source::Computed(_) => Slots::default(),
    }
}

fn of_block(block: &Block) -> Slots {
    match block.walk.first() {
        Some(first) if block.up == 0 => Slots::one(first.slot),
        _ => Slots::ALWAYS,
    }
}

fn of_formula(formula: &Formula) -> Slots {
    Slots::of(formula.alternatives.iter().map(|alternative| match alternative {
        Alternative::Route(route) => of_route(route),
        Alternative::Group(inner) => of_formula(inner),
        // A tenant's setting may be none that the field takes.
        Alternative::TenantCurrency => Slots::ALWAYS,
        Alternative::Literal(_) | Alternative::Position => Slots::default(),
    }))
}

fn of_route(route: &Route) -> Slots {
    // What stands in the frame itself, or above it, is not looked for among its children.
    if route.up > 0 || route.steps.is_empty() { Slots::ALWAYS } else { Slots::one(route.slot) }
}

/// Does it give a value, whatever the document says?
fn says_itself(formula: &Formula) -> bool {
    formula.pipes.iter().any(|pipe| matches!(pipe, Pipe::Default(_)))
        || formula.alternatives.iter().any(|alternative| match alternative {
            Alternative::Route(_) => false,
            Alternative::Group(inner) => says_itself(inner),
            Alternative::Literal(_) | Alternative::TenantCurrency | Alternative::Position => true,
        })
}
