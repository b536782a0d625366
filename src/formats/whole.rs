//! Documents that are read whole, up to the limit: XML, and JSON that is one value.

use crate::{
    codes,
    edi::envelope::{file_place, nothing_there},
    fault::Fault,
    piece::{Policy, Set, Standard},
    place::{At, Place},
    source::Source,
    tree::Tree,
};
use std::io::{self, BufRead};

/// Reads everything; `Err` inside is the fault that it is too long, or empty.
pub(crate) fn read_all<R: BufRead>(source: &mut Source<R>, policy: &Policy) -> io::Result<Result<Vec<u8>, Fault>> {
    // Spans within a set are 32 bits.
    let limit = policy.max_set_bytes.min(1 << 30);
    while source.from(0).len() <= limit && source.fill()? {}
    let bytes = source.from(0);
    if bytes.len() > limit {
        let sentence = format!("The document is longer than {limit} bytes.");
        let fault = Fault::new(codes::TOO_LONG, file_place(0, limit as u64), sentence);
        return Ok(Err(fault.expected(format!("at most {limit} bytes"))));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Err(nothing_there(bytes.len() as u64)));
    }
    Ok(Ok(bytes.to_vec()))
}

/// A set of a format without envelopes.
pub(crate) fn plain_set(standard: Standard, ordinal: u32, byte: u64, len: u64, tree: Tree) -> Set {
    Set {
        ordinal,
        standard,
        interchange: None,
        group: None,
        kind: "".into(),
        version: "".into(),
        association: "".into(),
        control: "".into(),
        byte,
        len,
        segments: tree.len() as u32 - 1,
        tree,
        faults: Vec::new(),
    }
}

/// The encoding that a byte order mark names, if it is none that is read.
pub(crate) fn foreign_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// The fault of a document in an encoding that isn't read.
pub(crate) fn encoding(name: &str, byte: u64) -> Fault {
    let place = Place { byte, len: 0, at: At::Node { path: "".into() } };
    Fault::new(codes::ENCODING, place, format!("The document is in {name}.")).found(name).expected("UTF-8")
}
