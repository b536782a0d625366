//! Segments that stand where no set is open: those in a row have one cause, and are one fault.

use super::envelope::{Service, outside};
use crate::{
    fault::{Costs, Fault},
    place::Place,
};

/// What a standard calls a set, its header and its trailer, and what else may stand between sets.
#[derive(Debug)]
pub(crate) struct Words {
    pub set: &'static str,
    pub header: &'static str,
    pub trailer: &'static str,
    pub between: &'static str,
}

/// Control numbers that are kept of sets without their header, of one group or interchange: their trailers say them.
const KEPT_NUMBERS: usize = 1000;

/// Sets of a group or interchange that lack their header, and so are none.
#[derive(Debug, Default)]
pub(crate) struct Headless {
    pub sets: u32,
    /// SE02, UNT 0062 of the first ones.
    pub numbers: Vec<Box<str>>,
}

impl Headless {
    /// Those of one more row.
    pub fn add(&mut self, row: &mut Strays) {
        self.sets += row.headless.sets;
        let room = KEPT_NUMBERS.saturating_sub(self.numbers.len());
        self.numbers.extend(row.headless.numbers.drain(..).take(room));
    }
}

/// A row of such segments.
#[derive(Debug)]
pub(crate) struct Strays {
    words: &'static Words,
    first: Place,
    /// The first one's id and the last one's.
    ids: [Box<str>; 2],
    end: u64,
    count: u32,
    /// Whole sets among them that only lack their header: so many trailers end something.
    headless: Headless,
    /// Something stands behind the last trailer.
    begun: bool,
}

impl Strays {
    /// The first one, as the start of a row.
    pub fn of(segment: &Service, words: &'static Words) -> Strays {
        let ids = [segment.id(), segment.id()];
        let mut row = Strays {
            words,
            first: segment.place(),
            ids,
            end: 0,
            count: 0,
            headless: Headless::default(),
            begun: false,
        };
        row.add(segment);
        row
    }

    /// The next one.
    pub fn add(&mut self, segment: &Service) {
        let id = segment.id();
        match &*id == self.words.trailer {
            true if std::mem::take(&mut self.begun) => {
                self.headless.sets += 1;
                if self.headless.numbers.len() < KEPT_NUMBERS {
                    self.headless.numbers.push(segment.element(2).into());
                }
            }
            true => {}
            false => self.begun = true,
        }
        self.ids[1] = id;
        self.count += 1;
        self.end = segment.span.end;
    }

    /// The fault of all of them.
    pub fn told(self) -> Fault {
        let Words { set, header, trailer, between } = *self.words;
        let Strays { first, ids: [from, to], count, .. } = self;
        let start = first.byte;
        if count == 1 {
            let sentence = format!("Segment {from} at byte {start} stands outside of any {set} and was not read.");
            return outside(first, &sentence, &from, between);
        }
        let sentence = format!(
            "{count} segments, from {from} at byte {start} to {to} before byte {}, stand outside of any {set} and were not \
             read.",
            self.end
        );
        let (sentence, expected) = match self.headless.sets {
            0 => (sentence, between.to_owned()),
            1 => (
                format!("{sentence} They end as a {set} does: its header {header} is missing."),
                format!("{header} before {from}"),
            ),
            sets => (
                format!("{sentence} {trailer} ends {sets} times what no {header} begins."),
                format!("{header} before {from}, and behind each {trailer}"),
            ),
        };
        let fault = outside(first, &sentence, &format!("{from} … {to}"), &expected);
        if self.headless.sets > 0 { fault.costs(Costs::Set) } else { fault }
    }
}
