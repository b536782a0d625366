//! An interchange made of bytes, written, read, and written again: the same structure, the same bytes.

#![allow(clippy::result_large_err, reason = "the writers' own type")]

use super::told::same;
use crate::{
    Options,
    fault::{Fault, Layer},
    piece::{Area, Identity, Piece, Set, Severity, Standard},
    place::At,
    tree::{NodeId, Tree},
    write::{
        self, EdifactDelimiters, EdifactEnvelope, Element, OutSet, Segment, Segments, UngHeader, X12Delimiters,
        X12Envelope,
    },
};

/// Makes an interchange of these bytes. What the writer refuses is no finding; what it writes must be what is read.
pub fn roundtrip(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    if choices.below(2) == 0 {
        let envelope = x12_envelope(&mut choices);
        // Where X12's guide has a simple element, a component separator in it is part of the value.
        let sets = sets(&mut choices, &["XYZ", "850", "856", "810", "997"], |kind| kind != "XYZ");
        again(Standard::X12, &sets, false, |sets| write::x12(&envelope, sets));
    } else {
        let envelope = edifact_envelope(&mut choices);
        let sets = sets(&mut choices, &["XYZ", "ORDERS", "INVOIC", "CONTRL"], |_| false);
        let by_comma = envelope.delimiters.decimal == ',';
        again(Standard::Edifact, &sets, by_comma, |sets| write::edifact(&envelope, sets));
    }
}

/// With `by_comma` the points of numbers are written as commas, and the second time there are none left.
fn again(standard: Standard, sets: &[OutSet], by_comma: bool, write: impl Fn(&[OutSet]) -> Result<Vec<u8>, Fault>) {
    let Ok(bytes) = write(sets) else { return };
    let shown = || String::from_utf8_lossy(&bytes).into_owned();
    let mut found = Vec::new();
    let mut options = Options::default();
    // The kind of group is made of bytes, as the sets in it are.
    options.policy.strictness.set(Area::GroupKinds, Severity::Ignore);
    for piece in super::read(standard, &bytes[..], options) {
        let faults = match piece {
            Piece::Set(set) => {
                found.push(back(&set));
                set.faults
            }
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        };
        let broken = faults.iter().find(|fault| matches!(fault.layer, Layer::Byte | Layer::Envelope));
        assert!(broken.is_none(), "{broken:?} in {}", shown());
    }
    let all = |sets: &[OutSet]| sets.iter().map(|set| format!("{:?}\n", set.segments)).collect::<String>();
    let alike = |text: String| if by_comma { text.replace(',', ".") } else { text.replace("}, ", "},\n") };
    same(&alike(all(&found)), &alike(all(sets)), &format!("{}read", shown()), "written");
    assert!(by_comma || found == sets, "from {}", shown());
    match write(&found) {
        Ok(second) => assert_eq!(second, bytes, "{} after {}", String::from_utf8_lossy(&second), shown()),
        Err(fault) => panic!("what was read can't be written: {}", fault.sentence),
    }
}

/// A set as it was read, as a writer takes it.
fn back(set: &Set) -> OutSet {
    let mut segments = Vec::new();
    below(&set.tree, set.tree.root(), &mut segments);
    // ST and SE, UNH and UNT are the writer's.
    segments.pop();
    segments.remove(0);
    OutSet { kind: set.kind.to_string(), control: set.control.to_string(), segments: segments.into() }
}

fn below(tree: &Tree, node: NodeId, into: &mut Vec<Segment>) {
    for child in tree.children(node) {
        match tree.place(child).at {
            At::Segment { id, element: None, .. } if tree.value(child).is_none() => {
                if tree.kind(child) == crate::tree::Kind::Segment {
                    into.push(Segment { id: id.into(), elements: Vec::new() });
                }
                below(tree, child, into);
            }
            At::Segment { element: Some(element), component, repeat, .. } => {
                if let (Some(value), Some(segment)) = (tree.value(child), into.last_mut()) {
                    let part = at(at(&mut segment.elements, element), repeat);
                    *at(part, component.unwrap_or(1)) = value.to_owned();
                }
                below(tree, child, into);
            }
            _ => below(tree, child, into),
        }
    }
}

/// What stands at a position from 1; empty ones are put in up to it.
fn at<T: Default + Clone>(list: &mut Vec<T>, position: u16) -> &mut T {
    let index = usize::from(position.max(1)) - 1;
    if list.len() <= index {
        list.resize(index + 1, T::default());
    }
    &mut list[index]
}

/// Bytes as choices: when they are used up, everything is the first.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.next()) % count
    }

    fn of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    /// A value: mostly plain, at times with what is reserved somewhere, with blanks around, not ASCII.
    fn value(&mut self) -> String {
        const PARTS: &[&str] = &[
            "A", "1", "9.5", "-", "EA", "20260105", " ", "é", "?", "+", ":", "'", "*", "~", ">", "^", "😀", "??",
            "\u{a0}",
        ];
        let plain = self.below(12) > 0;
        let parts = if plain { &PARTS[..6] } else { PARTS };
        (0..self.below(5)).map(|_| self.of(parts)).collect()
    }

    fn element(&mut self, simple: bool) -> Element {
        if simple {
            return vec![vec![self.value()]];
        }
        let repeats = if self.below(8) == 7 { 1 + self.below(3) } else { 1 };
        let components = if self.below(3) == 2 { 1 + self.below(4) } else { 1 };
        (0..repeats).map(|_| (0..components).map(|_| self.value()).collect()).collect()
    }
}

fn sets(choices: &mut Choices, kinds: &[&str], simple: impl Fn(&str) -> bool) -> Vec<OutSet> {
    const IDS: &[&str] =
        &["BEG", "REF", "N1", "PO1", "CTT", "HL", "BGM", "DTM", "NAD", "LIN", "UNS", "X9", "ZZZ", "HDR", "ISX"];
    let mut sets = Vec::new();
    for n in 0..choices.below(4) {
        let (kind, mut segments) = (choices.of(kinds).to_owned(), Segments::default());
        for _ in 0..choices.below(12) {
            let id = choices.of(IDS).to_owned();
            let elements = (0..choices.below(8)).map(|_| choices.element(simple(&kind))).collect();
            segments.push(&Segment { id, elements });
        }
        sets.push(OutSet { kind, control: format!("{:04}", n + 1), segments });
    }
    sets
}

fn x12_envelope(choices: &mut Choices) -> X12Envelope {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    let version = choices.of(&["004010", "005010", "003040", "004010VICS", "005010X222A1"]).to_owned();
    X12Envelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "PO".into(),
        version,
        interchange_control: 1 + choices.below(200) as u64,
        group_control: 1 + choices.below(200) as u64,
        test: choices.below(2) == 1,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters {
            element: choices.of(&['*', '|', '\u{1d}', '\'']),
            component: choices.of(&['>', ':', '\u{1f}', '<']),
            repetition: choices.of(&['^', '!', '\u{1c}']),
            segment: choices.of(&['~', '\n', '\u{1e}', '!']),
            line_end: choices.of(&["\n", "", "\r\n"]).into(),
            replacement: None,
        },
    }
}

fn edifact_envelope(choices: &mut Choices) -> EdifactEnvelope {
    let identity = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
    EdifactEnvelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        syntax: choices.of(&["UNOC", "UNOA", "UNOB", "UNOY", "UNOW"]).to_owned(),
        syntax_version: choices.of(&[3, 4, 1, 2]),
        control: "REF1".into(),
        application_reference: choices.value(),
        acknowledgement_requested: choices.below(2) == 1,
        test: choices.below(2) == 1,
        version: choices.of(&["D96A", "D01B", "D3"]).to_owned(),
        association: choices.of(&["", "EAN008"]).to_owned(),
        date: "20260105".into(),
        time: "0930".into(),
        una: choices.below(2) == 1,
        header: Default::default(),
        group: (choices.below(4) == 3).then(|| UngHeader {
            sender: identity("SALES"),
            receiver: identity("BUYING"),
            control: "G1".into(),
            password: choices.of(&["", "SESAME"]).to_owned(),
        }),
        delimiters: EdifactDelimiters {
            component: choices.of(&[':', '<', '\u{1f}']),
            element: choices.of(&['+', '|', '\u{1d}']),
            decimal: choices.of(&['.', ',']),
            release: choices.of(&['?', '\\', '!']),
            repetition: choices.of(&['*', '^']),
            segment: choices.of(&['\'', '~', '\u{1c}']),
            line_end: choices.of(&["\n", "", "\r\n"]).into(),
        },
    }
}
