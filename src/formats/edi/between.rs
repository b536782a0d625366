//! What stands between interchanges: padding, and bytes that belong to none.

use super::{envelope::file_place, fold, scan::skip_filler};
use crate::{
    codes,
    fault::{Costs, Fault},
    piece::Standard,
    reader::sniff,
    source::Source,
};
use std::io::{self, BufRead};

/// How many bytes of a header are looked at to tell it from a word.
const HEAD: usize = 16;

/// Passes over blanks, line breaks, byte order marks (also where files were put one behind the other), NUL and Ctrl-Z.
/// So much is read behind them that a header can be told.
pub(crate) fn skip_padding<R: BufRead>(source: &mut Source<R>, from: u64) -> io::Result<u64> {
    let mut at = skip_filler(source, from)?;
    loop {
        source.want(at, fold::SEEN)?;
        let padding = match source.from(at) {
            [0xEF, 0xBB, 0xBF, ..] => 3,
            [0 | 0x1A, ..] => 1,
            _ => return Ok(at),
        };
        at = skip_filler(source, at + padding)?;
    }
}

/// How much of bytes that belong to no interchange is looked at.
const LOOKED_AT: usize = 4096;

/// Bytes that belong to no interchange: from `start` to the next header, or to the end.
pub(crate) struct PassedOver {
    start: u64,
    end: u64,
    /// Where the next header begins.
    pub found: Option<u64>,
    first: Vec<u8>,
}

impl PassedOver {
    /// Looks for the next header, as [`next_header`] does.
    pub fn read<R: BufRead>(
        source: &mut Source<R>,
        start: u64,
        word: &[u8],
        follows: fn(&[u8]) -> bool,
    ) -> io::Result<PassedOver> {
        source.want(start, LOOKED_AT)?;
        let bytes = source.from(start);
        let mut first = bytes[..bytes.len().min(LOOKED_AT)].to_vec();
        let found = next_header(source, start, word, follows)?;
        let end = found.unwrap_or(source.end());
        first.truncate((end - start) as usize);
        Ok(PassedOver { start, end, found, first })
    }

    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Its first bytes.
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    pub fn end(&self) -> u64 {
        self.end
    }

    /// The fault of it. What stands before a document may be a gateway's and is a note; behind one it may have been
    /// something. A document of another standard that begins in it is
    /// refused.
    pub fn told(&self, sentence: String, expected: &str, before: bool) -> Fault {
        let name = match sniff(&self.first) {
            Some(Standard::X12) => Some("X12"),
            Some(Standard::Edifact) => Some("EDIFACT"),
            _ => None,
        };
        let sentence = match name {
            Some(name) => format!("{sentence} A document in {name} begins in them, which is refused: it was not read."),
            None => sentence,
        };
        let shown = String::from_utf8_lossy(&self.first[..self.first.len().min(120)]).into_owned();
        let fault = Fault::new(codes::STRAY_BYTES, file_place(self.start, self.len()), sentence);
        let fault = fault.found(&shown).expected(expected);
        match name {
            // What it costs is the interchange that begins there, and none beside it.
            Some(name) => fault.costs(Costs::Interchange).remedy(format!(
                "Have the document in {name} sent in a file of its own: a file is read by one standard."
            )),
            None if before => fault,
            None => fault.costs(Costs::Segment),
        }
    }
}

/// The next place from an offset on where a header seems to begin: `word`, and what `follows` accepts.
pub(crate) fn next_header<R: BufRead>(
    source: &mut Source<R>,
    from: u64,
    word: &[u8],
    follows: fn(&[u8]) -> bool,
) -> io::Result<Option<u64>> {
    let mut at = from;
    loop {
        let bytes = source.from(at);
        match memchr::memmem::find(bytes, word) {
            Some(n) => {
                at += n as u64;
                source.want(at, HEAD)?;
                let seen = source.from(at);
                if follows(&seen[..seen.len().min(HEAD)]) {
                    return Ok(Some(at));
                }
                at += word.len() as u64;
            }
            None => {
                at += bytes.len().saturating_sub(word.len() - 1) as u64;
                source.release(at);
                if !source.fill()? {
                    return Ok(None);
                }
            }
        }
    }
}
