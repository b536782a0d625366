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

    /// One interchange with its sets as often as it takes.
    pub fn repeated(self, kind: Kind, megabytes: u64) -> Repeated {
        let times = (megabytes * 1_000_000).div_ceil(self.sets.len() as u64);
        let trailer = Document::trailer(kind, self.count * times);
        Repeated { parts: [self.header, self.sets, trailer], part: 0, at: 0, times, given: 0 }
    }
}

/// Header, sets many times, trailer.
pub struct Repeated {
    parts: [Vec<u8>; 3],
    part: usize,
    at: usize,
    /// How often the sets are still given.
    times: u64,
    pub given: u64,
}

impl BufRead for Repeated {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.parts.get(self.part).map_or(&[], |part| &part[self.at..]))
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.given += amount as u64;
        if self.parts.get(self.part).is_some_and(|part| self.at == part.len()) {
            self.at = 0;
            self.times -= u64::from(self.part == 1);
            self.part += usize::from(self.part != 1 || self.times == 0);
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
