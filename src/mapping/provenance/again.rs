//! Origins of items that say the same as one before them in other words: of each only what differs is kept.

use super::{Entry, Provenance};

/// An item whose origins stand among the entries, and others are as they are.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Its first entry.
    first: usize,
    /// Of each of its entries: does the value stand in the item's own segments? The others are the same for all items.
    inside: Box<[bool]>,
    item: u32,
    /// What its frame is called.
    label: u32,
    /// Of its first segment.
    ordinal: u32,
    /// The offset in the document of the set's first byte.
    base: u64,
}

/// Where values of an item begin, from its first segment on, and their lengths.
pub(in crate::mapping) type Span = (u16, u16);

/// One that is as its model.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct Again {
    pub model: u32,
    /// Which item of its list it is, from 0.
    pub index: u32,
    /// Which of its kind its loop is, from 1.
    pub nth: u32,
    /// Of its first segment.
    pub ordinal: u32,
    /// Where that begins, from the set's first byte on.
    pub start: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    again: Again,
    /// How many entries stand before it.
    before: usize,
    /// The first of its spans.
    span: usize,
}

/// What is said otherwise of a model's item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Otherwise {
    pub item: u32,
    pub index: u32,
    pub label: u32,
    pub nth: u32,
    /// Added to the ordinal of a value's segment.
    pub further: u32,
}

/// An entry, as it is said.
pub(super) struct Told {
    pub entry: Entry,
    pub otherwise: Option<Otherwise>,
}

/// Where an item would begin.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct Begin {
    pub entries: usize,
    pub label: u32,
    pub item: u32,
}

impl Provenance {
    /// Where the next item begins.
    pub(in crate::mapping) fn begin(&self) -> Begin {
        Begin { entries: self.entries.len(), label: self.labels.len() as u32, item: self.items.len() as u32 + 1 }
    }

    /// Takes the item that began there, whose entries are the newest, for a model; none if it has others.
    pub(in crate::mapping) fn model(
        &mut self,
        begin: Begin,
        inside: Box<[bool]>,
        (ordinal, base): (u32, u64),
    ) -> Option<u32> {
        let Begin { entries: first, label, item } = begin;
        if first + inside.len() != self.entries.len() {
            return None;
        }
        self.models.push(Model { first, inside, item, label, ordinal, base });
        u32::try_from(self.models.len() - 1).ok()
    }

    /// Adds the origins of an item that is as its model.
    #[inline]
    pub(in crate::mapping) fn again(&mut self, again: Again, spans: &[Span]) {
        self.agains.push(Kept { again, before: self.entries.len(), span: self.spans.len() });
        self.spans.extend_from_slice(spans);
    }

    /// Makes room for so many more, of so many spans each.
    pub(in crate::mapping) fn reserve_again(&mut self, times: usize, spans: usize) {
        self.agains.reserve(times);
        self.spans.reserve(spans * times);
    }

    /// How many origins of such items there are.
    pub(in crate::mapping) fn said_again(&self) -> usize {
        self.agains.iter().filter_map(|kept| self.models.get(kept.again.model as usize)).map(|m| m.inside.len()).sum()
    }

    pub(super) fn told(&self) -> impl Iterator<Item = Told> {
        let (mut next, mut kept, mut within, mut span) = (0, 0, 0, 0);
        std::iter::from_fn(move || {
            while let Some(here) = self.agains.get(kept).filter(|here| here.before <= next) {
                if within == 0 {
                    span = here.span;
                }
                if let Some(told) = self.again_told(here, within, &mut span) {
                    within += 1;
                    return Some(told);
                }
                (kept, within) = (kept + 1, 0);
            }
            next += 1;
            Some(Told { entry: *self.entries.get(next - 1)?, otherwise: None })
        })
    }

    /// The entry of a model's item, as another says it.
    fn again_told(&self, here: &Kept, within: usize, span: &mut usize) -> Option<Told> {
        let Again { model, index, nth, ordinal, start } = here.again;
        let model = self.models.get(model as usize)?;
        let inside = *model.inside.get(within)?;
        let mut entry = *self.entries.get(model.first + within)?;
        let mut further = 0;
        if inside {
            let (from, len) = *self.spans.get(*span)?;
            *span += 1;
            entry.byte = model.base + u64::from(start) + u64::from(from);
            entry.len = len.into();
            further = ordinal.wrapping_sub(model.ordinal);
        }
        Some(Told { entry, otherwise: Some(Otherwise { item: model.item, index, label: model.label, nth, further }) })
    }
}
