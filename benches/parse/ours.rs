//! Our own steps over a document in memory.

use crate::{
    documents::{Document, Kind},
    measured::{floor_speed, median, speed},
};
use crossdock_formats::{
    Options,
    measure::{self, Way},
    piece::{Identity, Piece, Standard},
    place::At,
    read,
    tree::{self, NodeId, Tree},
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, Segment, Segments, X12Delimiters, X12Envelope},
};
use std::hint::black_box;

/// How much is held as segments that are no packed ones yet: they are many small strings.
const UNPACKED: usize = 2_000_000;

/// A line of the table.
pub fn row(kind: Kind, document: &Document) -> String {
    let bytes = document.bytes(kind);
    let floor = (&bytes[..], kind.delimiters());
    let characters = kind.characters();
    let [index, portable_index] = [Way::Best, Way::Portable]
        .map(|way| speed(floor, bytes.len(), || _ = black_box(measure::index(&bytes, characters, way))));
    let [visit, portable_visit] = [Way::Best, Way::Portable]
        .map(|way| speed(floor, bytes.len(), || _ = black_box(measure::visit(&bytes, characters, way))));
    let tree = speed(floor, bytes.len(), || assert_eq!(parse(kind.standard, &bytes), document.count));
    let (sets, unpacked) = to_write(kind, &bytes);
    let text = written(kind, &sets);
    assert!(text.len() >= bytes.len() / 2, "{} of {} bytes", text.len(), bytes.len());
    let write = speed(floor, text.len(), || _ = black_box(written(kind, &sets)));
    let length = written(kind, &sets[..unpacked.len()]).len();
    let times = bytes.len().div_ceil(length);
    let from_segments = speed(floor, length * times, || {
        for _ in 0..times {
            let packed: Vec<OutSet> =
                unpacked.iter().zip(&sets).map(|(segments, set)| out(set, segments.iter().collect())).collect();
            black_box(written(kind, &packed));
        }
    });
    let memchr = median((0..5).map(|_| floor_speed(floor.0, floor.1)).collect());
    format!(
        "| {:?} {} | {memchr:.0} | {index} | {portable_index} | {visit} | {portable_visit} | {tree} | {write} | {from_segments} |",
        kind.standard, kind.kind
    )
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

/// The sets as a writer takes them, and the segments of the first.
fn to_write(kind: Kind, bytes: &[u8]) -> (Vec<OutSet>, Vec<Vec<Segment>>) {
    let (mut sets, mut unpacked) = (Vec::new(), Vec::new());
    for piece in read(kind.standard, bytes, Options::default()) {
        if let Piece::Set(set) = piece.expect("memory can be read") {
            let mut segments = Vec::new();
            below(&set.tree, set.tree.root(), &mut segments);
            // ST and SE, UNH and UNT are the writer's.
            segments.pop();
            segments.remove(0);
            let (kind, control) = (set.kind.to_string(), set.control.to_string());
            sets.push(OutSet { kind, control, segments: segments.iter().collect() });
            if set.byte as usize <= UNPACKED {
                unpacked.push(segments);
            }
        }
    }
    (sets, unpacked)
}

fn out(set: &OutSet, segments: Segments) -> OutSet {
    OutSet { kind: set.kind.clone(), control: set.control.clone(), segments }
}

fn written(kind: Kind, sets: &[OutSet]) -> Vec<u8> {
    let result = match kind.standard {
        Standard::X12 => write::x12(&x12_envelope("PO", kind.version), sets),
        _ => write::edifact(&edifact_envelope(kind.version), sets),
    };
    result.expect("what was read can be written")
}

fn identity(id: &str) -> Identity {
    Identity { qualifier: "14".into(), id: id.into() }
}

/// An envelope of ours.
pub fn x12_envelope(functional_id: &str, version: &str) -> X12Envelope {
    X12Envelope {
        sender: identity("NORTHWIND"),
        receiver: identity("ACMEDIST"),
        application_sender: "NORTHWIND".into(),
        application_receiver: "ACMEDIST".into(),
        functional_id: functional_id.into(),
        version: version.into(),
        interchange_control: 1,
        group_control: 1,
        test: true,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    }
}

/// An envelope of ours.
pub fn edifact_envelope(version: &str) -> EdifactEnvelope {
    EdifactEnvelope {
        sender: identity("NORTHWIND"),
        receiver: identity("ACMEDIST"),
        syntax: "UNOC".into(),
        syntax_version: 3,
        control: "1".into(),
        application_reference: String::new(),
        acknowledgement_requested: false,
        test: false,
        version: version.into(),
        association: String::new(),
        date: "20260105".into(),
        time: "0930".into(),
        una: false,
        header: Default::default(),
        group: None,
        delimiters: EdifactDelimiters::default(),
    }
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
