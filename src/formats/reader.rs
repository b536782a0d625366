//! The reader's face: bytes in, pieces out.

use crate::{
    csv::Csv,
    edifact::{self, Edifact},
    fixed::Fixed,
    json::Json,
    layout::Layout,
    piece::{Piece, Policy, Standard},
    x12::{self, X12},
    xml::Xml,
};
use std::{
    io::{self, BufRead},
    sync::Arc,
};

/// What to know before reading.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub policy: Policy,
    pub csv: CsvOptions,
    /// Where a file of fixed width has its fields; without records it can't be read.
    pub layout: Arc<Layout>,
}

/// How a CSV file is laid out.
#[derive(Debug, Clone, Default)]
pub struct CsvOptions {
    /// `None`: guessed from the header row, among comma, semicolon, tab, bar, caret and tilde.
    pub delimiter: Option<u8>,
    /// The header whose consecutive equal values make one set; without it each row is a set.
    pub by: Option<String>,
}

/// What a format's reader does.
pub(crate) trait Pieces {
    fn next(&mut self) -> Option<io::Result<Piece>>;
    fn set_policy(&mut self, policy: Policy);
}

/// The pieces of a document, in its order. What is wrong comes as faults; an error is the input's own.
pub struct Reader<'a> {
    pieces: Box<dyn Pieces + Send + 'a>,
}

impl Reader<'_> {
    /// Reads on by another policy: the sender's, once its interchange header has been read.
    pub fn set_policy(&mut self, policy: Policy) {
        self.pieces.set_policy(policy);
    }
}

impl Iterator for Reader<'_> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pieces.next()
    }
}

/// Reads a document of a known standard.
pub fn read<'a, R: BufRead + Send + 'a>(standard: Standard, input: R, options: Options) -> Reader<'a> {
    let Options { policy, csv, layout } = options;
    Reader {
        pieces: match standard {
            Standard::X12 => Box::new(X12::new(input, policy)),
            Standard::Edifact => Box::new(Edifact::new(input, policy)),
            Standard::Csv => Box::new(Csv::new(input, policy, csv)),
            Standard::Fixed => Box::new(Fixed::new(input, policy, layout)),
            Standard::Xml => Box::new(Xml::new(input, policy)),
            Standard::Json => Box::new(Json::new(input, policy)),
        },
    }
}

/// What a document is, by its first bytes (some hundred will do). An interchange header behind other text counts too, if
/// it can be read. CSV and fixed width can't be told from other text: `None`, and the caller knows what the connection expects.
pub fn sniff(first: &[u8]) -> Option<Standard> {
    let text = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(first);
    let text = text.trim_ascii_start();
    match text {
        // UTF-16, with its mark and without.
        [0xFF, 0xFE, b'<', 0, ..] | [0xFE, 0xFF, 0, b'<', ..] => Some(Standard::Xml),
        [b'<', 0, 1..=255, 0, ..] | [0, b'<', 0, 1..=255, ..] => Some(Standard::Xml),
        [b'I', b'S', b'A', next, ..] if !next.is_ascii_alphanumeric() => Some(Standard::X12),
        [b'U', b'N', b'A' | b'B', next, ..] if !next.is_ascii_alphanumeric() => Some(Standard::Edifact),
        [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | 0x80.., ..] => Some(Standard::Xml),
        [b'{' | b'[', ..] => Some(Standard::Json),
        text if x12::header_within(text) => Some(Standard::X12),
        text if edifact::header_within(text) => Some(Standard::Edifact),
        _ => None,
    }
}
