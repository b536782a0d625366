//! Documents to be read: made from a seed, and repeated by a reader where they would not fit into memory.

use crossdock_formats::{
    generate::{Shape, generate},
    guides,
    measure::Characters,
    piece::Standard,
};
use std::io::{self, BufRead, Read};

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub standard: Standard,
    pub version: &'static str,
    pub kind: &'static str,
}

const fn x12(kind: &'static str) -> Kind {
    Kind { standard: Standard::X12, version: "004010", kind }
}

const fn edifact(kind: &'static str) -> Kind {
    Kind { standard: Standard::Edifact, version: "D96A", kind }
}

pub const KINDS: [Kind; 5] = [x12("850"), x12("856"), x12("810"), edifact("ORDERS"), edifact("INVOIC")];

impl Kind {
    pub fn characters(self) -> Characters {
        match self.standard {
            Standard::X12 => Characters { element: b'*', component: b'>', segment: b'~', release: None },
            _ => Characters { element: b'+', component: b':', segment: b'\'', release: Some(b'?') },
        }
    }

    pub fn delimiters(self) -> [u8; 3] {
        let Characters { element, component, segment, .. } = self.characters();
        [element, component, segment]
    }
}

/// One interchange: its header, its sets, and how many they are.
pub struct Document {
    pub header: Vec<u8>,
    pub sets: Vec<u8>,
    pub count: u64,
}

impl Document {
    /// Sets of ten lines, so many megabytes of them.
    pub fn generate(kind: Kind, megabytes: usize) -> Document {
        let guide = guides::find(kind.standard, kind.version, kind.kind).expect("a guide that we ship");
        let shape = Shape { sets: 999_999, lines: Some(10), ..Shape::default() };
        let mut chunks = generate(guide, 2026, shape).expect("a set that can be made").map(|chunk| chunk.bytes);
        let mut document = Document { header: chunks.next().expect("a header"), sets: Vec::new(), count: 0 };
        while document.sets.len() < megabytes * 1_000_000 {
            document.sets.extend(chunks.next().expect("one more set"));
            document.count += 1;
        }
        document
    }

    /// Makes an element of each set's second segment too long.
    pub fn spoil(&mut self, kind: Kind) {
        let (whole, spoiled) = match kind.standard {
            Standard::X12 => ("BEG*", "BEG*TOO-LONG"),
            _ => ("BGM+", "BGM+TOO-LONG"),
        };
        let text = String::from_utf8(std::mem::take(&mut self.sets)).expect("what was made is text");
        self.sets = text.replace(whole, spoiled).into_bytes();
    }

    fn trailer(kind: Kind, sets: u64) -> Vec<u8> {
        match kind.standard {
            Standard::X12 => format!("GE*{sets}*1~\nIEA*1*000000001~\n").into_bytes(),
            _ => format!("UNZ+{sets}+1'\n").into_bytes(),
        }
    }

    /// The whole in memory.
    pub fn bytes(&self, kind: Kind) -> Vec<u8> {
        [&self.header[..], &self.sets, &Document::trailer(kind, self.count)].concat()
    }

    /// Its sets as often as it takes, in as many interchanges as that takes: a trailer counts six digits of them.
    pub fn repeated(self, kind: Kind, megabytes: u64) -> Repeated {
        let mut times = (megabytes * 1_000_000).div_ceil(self.sets.len() as u64);
        let most = 999_999 / self.count;
        let mut interchanges = Vec::new();
        while times > 0 {
            let now = times.min(most);
            interchanges.push((now, Document::trailer(kind, self.count * now)));
            times -= now;
        }
        Repeated { header: self.header, sets: self.sets, interchanges, part: 0, at: 0, given: 0 }
    }
}

/// Headers, sets many times, trailers.
pub struct Repeated {
    header: Vec<u8>,
    sets: Vec<u8>,
    /// How often the sets are still given in each, and its trailer; the first is the one that is given now.
    interchanges: Vec<(u64, Vec<u8>)>,
    /// Header, sets, trailer.
    part: usize,
    at: usize,
    pub given: u64,
}

impl Repeated {
    fn now(&self) -> &[u8] {
        match (self.interchanges.first(), self.part) {
            (None, _) => &[],
            (Some(_), 0) => &self.header,
            (Some(_), 1) => &self.sets,
            (Some((_, trailer)), _) => trailer,
        }
    }
}

impl BufRead for Repeated {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&self.now()[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.given += amount as u64;
        if self.at < self.now().len() {
            return;
        }
        self.at = 0;
        match (self.part, self.interchanges.first_mut()) {
            (1, Some((times, _))) if *times > 1 => *times -= 1,
            (2, Some(_)) => {
                self.interchanges.remove(0);
                self.part = 0;
            }
            _ => self.part += 1,
        }
    }
}

impl Read for Repeated {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let given = self.fill_buf()?;
        let take = given.len().min(into.len());
        into[..take].copy_from_slice(&given[..take]);
        self.consume(take);
        Ok(take)
    }
}
