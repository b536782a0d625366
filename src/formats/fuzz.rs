//! What is asked of the codec by bytes that nobody wrote on purpose: the bodies of the fuzz targets.
//!
//! Promise: a function here panics if the codec breaks a promise on these bytes, and is quiet otherwise.
//! Called by: the targets in `fuzz/` (feature `fuzz`), and a short run over spoiled fixtures that is the same every time.
//! Never: is part of a build that serves. Tried by: itself

mod answers;
#[cfg(test)]
mod fixtures;
mod layouts;
mod roundtrip;
#[cfg(test)]
mod short_run;
mod told;

pub use roundtrip::roundtrip;
pub use told::twin;
#[cfg(test)]
pub(crate) use {fixtures::fixtures, told::differing};

use crate::{
    CsvOptions, Options,
    fault::Fault,
    piece::{Fill, Piece, Policy, Presence, Standard},
    render, report,
};
use std::io::{self, BufRead, Read};

/// Reads bytes as a document of a standard, whole and in drops, and does with the result what the hub does: a report, a
/// picture, acknowledgements.
pub fn document(standard: Standard, bytes: &[u8]) {
    let whole = told::pieces(standard, bytes, options(bytes));
    if bytes.len() < 8_000 {
        let drops = told::pieces(standard, Drops { bytes, next: bytes.len() }, options(bytes));
        told::same(&drops, &whole, "in drops", "whole");
    }
    let Ok(report) = report::check("x", Some(standard), bytes, options(bytes)) else {
        panic!("memory can be read");
    };
    let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
    for fault in &faults {
        check(fault, bytes.len());
    }
    assert!(!render::terminal("x", bytes, &faults, true).is_empty());
    assert!(!report::json(&report).is_empty());
    if matches!(standard, Standard::X12 | Standard::Edifact) {
        answers::check(standard, bytes, options(bytes));
    }
}

/// A fault names bytes of the document, and says what is wrong and what to do.
fn check(fault: &Fault, len: usize) {
    assert!(fault.place.byte as usize <= len, "behind the end: {fault:?} of {len} bytes");
    assert!(!fault.sentence.is_empty() && !fault.remedy.is_empty(), "says nothing: {fault:?}");
}

/// The bytes choose how they are read, too: now and then the limit of a set is so low that it cuts, or zeros and separators
/// that mean nothing are forbidden or mandatory.
fn options(bytes: &[u8]) -> Options {
    let mut options = Options {
        csv: CsvOptions { delimiter: None, by: bytes.len().is_multiple_of(2).then(|| "order_number".into()) },
        layout: layouts::layout(bytes.len()).into(),
        ..Options::default()
    };
    if bytes.len() % 8 == 7 {
        options.policy = Policy { max_set_bytes: 1 + bytes.len() % 900, ..Policy::default() };
    }
    let presence = match bytes.len() % 16 {
        3 => Presence::Forbidden,
        11 => Presence::Mandatory,
        _ => Presence::Optional,
    };
    options.policy.fill = Fill { leading_zeros: presence, trailing_zeros: presence, trailing_separators: presence };
    options
}

/// All pieces of a document in memory.
fn read(standard: Standard, input: impl BufRead + Send, options: Options) -> impl Iterator<Item = Piece> {
    let pieces: Vec<_> = crate::read(standard, input, options).collect();
    pieces.into_iter().map(|piece| match piece {
        Ok(piece) => piece,
        Err(error) => panic!("memory can be read: {error}"),
    })
}

/// A reader that gives a few bytes at a time, another number each time.
struct Drops<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let take = chunk.len().min(into.len());
        into[..take].copy_from_slice(&chunk[..take]);
        self.consume(take);
        Ok(take)
    }
}

impl BufRead for Drops<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let size = 1 + self.next % 97;
        Ok(&self.bytes[..size.min(self.bytes.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.bytes = &self.bytes[amount..];
        self.next = self.next.wrapping_mul(31).wrapping_add(7);
    }
}
