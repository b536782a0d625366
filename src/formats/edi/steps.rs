//! Steps from segment to segment that were found before: where we are and the next segment's id say where that goes.

use crate::guides::Guide;

/// What is kept from set to set. A step holds as long as limits allow it and nothing is passed over that must be there.
#[derive(Default)]
pub(super) struct Steps {
    /// Whose slots these are.
    guide: Option<&'static Guide>,
    /// By the slot of the last segment, and the column of the next one's id: the slot that takes one of that column, from
    /// 1. A document that goes all ways of a large guide looks at all of it, so it is small: some 20 kB.
    known: Vec<u16>,
}

impl Steps {
    /// Those of a guide: if they are another's, none.
    pub fn of(&mut self, guide: &'static Guide) {
        if !self.guide.is_some_and(|known| std::ptr::eq(known, guide)) {
            self.guide = Some(guide);
            self.known.clear();
            self.known.resize(guide.plan.slots.len() * guide.plan.columns.width(), 0);
        }
    }

    /// The slot that may take a segment behind the one that slot `at` has taken: if it is one of that id. There may be no
    /// such slot.
    #[inline]
    pub fn get(&self, guide: &Guide, at: u32, id: u32) -> Option<u32> {
        let columns = &guide.plan.columns;
        self.known.get(at as usize * columns.width() + columns.column(id))?.checked_sub(1).map(u32::from)
    }

    /// Keeps a step, or that there is none to be kept.
    pub fn put(&mut self, guide: &Guide, at: u32, id: u32, to: Option<u32>) {
        let columns = &guide.plan.columns;
        let step = to.map_or(Some(0), |to| u16::try_from(to + 1).ok());
        let place = self.known.get_mut(at as usize * columns.width() + columns.column(id));
        if let (Some(place), Some(step)) = (place, step) {
            *place = step;
        }
    }
}
