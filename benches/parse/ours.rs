//! Our own steps over a document in memory.

use crate::{
    documents::{Document, Kind},
    measured::{floor_speed, median, speed},
};
use crossdock_formats::{
    Options, measure,
    piece::{Identity, Piece, Set, Standard},
    place::At,
    read,
    tree::{self, NodeId, Tree},
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, Segment, X12Delimiters, X12Envelope},
};
use std::hint::black_box;

/// How much is held as segments to be written: they are many small strings.
const WRITTEN: usize = 2_000_000;

/// A line of the table.
pub fn row(kind: Kind, document: &Document) -> String {
    let bytes = document.bytes(kind);
    let floor = (&bytes[..], kind.delimiters());
    let index = speed(floor, bytes.len(), || _ = black_box(measure::index(&bytes, kind.characters())));
    let visit = speed(floor, bytes.len(), || _ = black_box(measure::visit(&bytes, kind.characters())));
    let tree = speed(floor, bytes.len(), || assert_eq!(parse(kind.standard, &bytes), document.count));
    let (sets, text) = to_write(kind, &bytes);
    let times = bytes.len().div_ceil(text.len());
    let write = speed(floor, text.len() * times, || {
        for _ in 0..times {
            black_box(written(kind, &sets));
        }
    });
    let memchr = median((0..5).map(|_| floor_speed(floor.0, floor.1)).collect());
    format!("| {:?} {} | {memchr:.0} | {index} | {visit} | {tree} | {write} |", kind.standard, kind.kind)
}

/// Reads everything, which must be without a fault; gives the number of sets.
pub fn parse(standard: Standard, bytes: &[u8]) -> u64 {
    let mut sets = 0;
    for piece in read(standard, bytes, Options::default()) {
        match piece.expect("memory can be read") {
            Piece::Set(set) => {
                assert!(set.faults.is_empty(), "{:?}", set.faults);
                black_box(set.tree.len());
                sets += 1;
            }
            Piece::InterchangeEnd(end) => assert!(end.faults.is_empty(), "{:?}", end.faults),
            Piece::GroupEnd(end) => assert!(end.faults.is_empty(), "{:?}", end.faults),
            Piece::Fault(fault) => panic!("{fault:?}"),
            _ => {}
        }
    }
    sets
}

/// The first sets as a writer takes them, and what is written of them: the same bytes.
fn to_write(kind: Kind, bytes: &[u8]) -> (Vec<OutSet>, Vec<u8>) {
    let (mut sets, mut end) = (Vec::new(), 0);
    for piece in read(kind.standard, bytes, Options::default()) {
        if let Piece::Set(set) = piece.expect("memory can be read") {
            if end > WRITTEN {
                break;
            }
            end = (set.byte + set.len) as usize;
            sets.push(out(&set));
        }
    }
    let text = written(kind, &sets);
    assert!(text.len() >= end.min(WRITTEN) / 2, "{} of {end} bytes", text.len());
    (sets, text)
}

fn written(kind: Kind, sets: &[OutSet]) -> Vec<u8> {
    let identity = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
    let (date, time) = ("20260105".to_owned(), "0930".to_owned());
    let result = match kind.standard {
        Standard::X12 => {
            let envelope = X12Envelope {
                sender: identity("NORTHWIND"),
                receiver: identity("ACMEDIST"),
                application_sender: "NORTHWIND".into(),
                application_receiver: "ACMEDIST".into(),
                functional_id: "PO".into(),
                version: kind.version.into(),
                interchange_control: 1,
                group_control: 1,
                test: true,
                date,
                time,
                header: Default::default(),
                delimiters: X12Delimiters::default(),
            };
            write::x12(&envelope, sets)
        }
        _ => {
            let envelope = EdifactEnvelope {
                sender: identity("NORTHWIND"),
                receiver: identity("ACMEDIST"),
                syntax: "UNOC".into(),
                syntax_version: 3,
                control: "1".into(),
                application_reference: String::new(),
                acknowledgement_requested: false,
                test: false,
                version: kind.version.into(),
                association: String::new(),
                date,
                time,
                una: false,
                header: Default::default(),
                delimiters: EdifactDelimiters::default(),
            };
            write::edifact(&envelope, sets)
        }
    };
    result.expect("what was read can be written")
}

fn out(set: &Set) -> OutSet {
    let mut segments = Vec::new();
    below(&set.tree, set.tree.root(), &mut segments);
    // ST and SE, UNH and UNT are the writer's.
    segments.pop();
    segments.remove(0);
    OutSet { kind: set.kind.to_string(), control: set.control.to_string(), segments }
}

fn below(tree: &Tree, node: NodeId, into: &mut Vec<Segment>) {
    for child in tree.children(node) {
        if tree.kind(child) == tree::Kind::Segment {
            into.push(Segment { id: tree.name(child).into(), elements: Vec::new() });
        }
        if let (At::Segment { element: Some(element), component, .. }, Some(value), Some(segment)) =
            (tree.place(child).at, tree.value(child), into.last_mut())
        {
            let (element, component) = (usize::from(element), usize::from(component.unwrap_or(1)));
            segment.elements.resize(segment.elements.len().max(element), vec![vec![]]);
            let components = &mut segment.elements[element - 1][0];
            components.resize(components.len().max(component), String::new());
            components[component - 1] = value.to_owned();
        }
        below(tree, child, into);
    }
}
