//! The codec's tests: fixtures with golden files, corpora, properties, writers, acknowledgements, guides.
//! One binary that links the codec and nothing else of the hub.

#[path = "codec/ack.rs"]
mod ack;
#[path = "codec/acks.rs"]
mod acks;
#[path = "codec/advice.rs"]
mod advice;
#[path = "codec/causes.rs"]
mod causes;
#[path = "codec/codes.rs"]
mod codes;
#[path = "codec/convert.rs"]
mod convert;
#[path = "codec/corpora.rs"]
mod corpora;
#[path = "codec/envelopes.rs"]
mod envelopes;
#[path = "codec/fill.rs"]
mod fill;
#[path = "codec/fixed.rs"]
mod fixed;
#[path = "codec/folds.rs"]
mod folds;
#[path = "codec/generate.rs"]
mod generate;
#[path = "codec/golden.rs"]
mod golden;
#[path = "codec/guides.rs"]
mod guides;
#[path = "codec/library.rs"]
mod library;
#[path = "codec/limits.rs"]
mod limits;
#[path = "codec/lossless.rs"]
mod lossless;
#[path = "codec/memory.rs"]
mod memory;
#[path = "codec/mended.rs"]
mod mended;
#[path = "codec/mutations.rs"]
mod mutations;
#[path = "codec/pages.rs"]
mod pages;
#[path = "codec/places.rs"]
mod places;
#[path = "codec/policies.rs"]
mod policies;
#[path = "codec/shapes.rs"]
mod shapes;
#[path = "codec/streams.rs"]
mod streams;
#[path = "codec/texts.rs"]
mod texts;
#[path = "codec/writers.rs"]
mod writers;

use crossdock_formats::{
    CsvOptions, Options,
    piece::{Piece, Policy, Set, Standard},
    read,
};
use std::path::{Path, PathBuf};

/// A folder of the repository.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// All files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// True for what a test writes beside its input.
fn is_golden(path: &Path) -> bool {
    let name = path.to_string_lossy();
    [".faults.txt", ".report.json", ".acks.txt"].iter().any(|ending| name.ends_with(ending))
}

/// How a fixture is read: CSV by its order number, fixed width by one layout, a folder `limit-500` with that limit.
fn options(path: &Path) -> Options {
    let mut options = Options::default();
    if path.extension().is_some_and(|e| e == "csv") {
        options.csv = CsvOptions { delimiter: None, by: Some("order_number".into()) };
    }
    if path.extension().is_some_and(|e| e == "fixed") && !path.iter().any(|part| part == "no-layout") {
        options.layout = fixed::orders().into();
    }
    let limit = path.iter().find_map(|part| part.to_str()?.strip_prefix("limit-")?.parse().ok());
    if let Some(max_set_bytes) = limit {
        options.policy = Policy { max_set_bytes, ..Policy::default() };
    }
    options
}

/// The standard that a fixture's name says, where its bytes may not.
fn named(path: &Path) -> Option<Standard> {
    match path.extension()?.to_str()? {
        "csv" => Some(Standard::Csv),
        "fixed" => Some(Standard::Fixed),
        _ => None,
    }
}

/// All pieces of a document in memory.
fn pieces(standard: Standard, bytes: &[u8], options: Options) -> Vec<Piece> {
    read(standard, bytes, options).map(|piece| piece.expect("memory can be read")).collect()
}

/// All sets of a document in memory.
fn sets(standard: Standard, bytes: &[u8]) -> Vec<Set> {
    let set = |piece| match piece {
        Piece::Set(set) => Some(*set),
        _ => None,
    };
    pieces(standard, bytes, Options::default()).into_iter().filter_map(set).collect()
}
