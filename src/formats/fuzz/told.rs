//! Everything that reading gives, as text: for comparing two ways that must agree.

use crate::{
    Options,
    edifact::Edifact,
    piece::{Piece, Policy, Standard},
    reader::Pieces,
    sniff,
    tree::{NodeId, Tree},
    x12::X12,
};
use std::{fmt::Write, io::BufRead};

/// The short way through clean segments against the long one, which is its slow twin.
pub fn twin(bytes: &[u8]) {
    if let Some((short, long)) = differing(bytes) {
        panic!("short: {short}\nlong:  {long}");
    }
}

/// The first line that the two ways tell differently. Without an X12 or EDIFACT header there is but one way.
pub(crate) fn differing(bytes: &[u8]) -> Option<(String, String)> {
    let Some(standard @ (Standard::X12 | Standard::Edifact)) = sniff(bytes) else { return None };
    first_difference(&by_way(standard, bytes, false), &by_way(standard, bytes, true))
}

/// What a document's sets hold, read one way or the other.
fn by_way(standard: Standard, bytes: &[u8], long_way: bool) -> String {
    let mut reader: Box<dyn Pieces> = match standard {
        Standard::X12 => Box::new(X12::new(bytes, Policy::default()).long_way(long_way)),
        _ => Box::new(Edifact::new(bytes, Policy::default()).long_way(long_way)),
    };
    let mut text = String::new();
    while let Some(piece) = reader.next() {
        let Ok(piece) = piece else { panic!("memory can be read") };
        let Piece::Set(set) = piece else { continue };
        line(&mut text, format_args!("{} {} {} {}", set.kind, set.version, set.control, set.segments));
        for node in (0..set.tree.len() as u32).map(NodeId) {
            line(&mut text, format_args!("{node:?} {:?}", set.tree.node(node)));
        }
        line(&mut text, format_args!("{:#?}", set.faults));
    }
    text
}

/// Every piece, with all that a caller can ask of it.
pub fn pieces(standard: Standard, input: impl BufRead + Send, options: Options) -> String {
    let mut text = String::new();
    for piece in super::read(standard, input, options) {
        match &piece {
            Piece::Set(set) => {
                let names = (&set.kind, &set.version, &set.association, &set.control);
                let places = (set.ordinal, set.interchange, set.group, set.byte, set.len, set.segments);
                line(&mut text, format_args!("set {names:?} {places:?}"));
                tree(&set.tree, set.tree.root(), 1, &mut text);
                line(&mut text, format_args!("{:#?}", set.faults));
            }
            other => line(&mut text, format_args!("{other:?}")),
        }
    }
    text
}

fn tree(tree_: &Tree, node: NodeId, depth: usize, into: &mut String) {
    for child in tree_.children(node) {
        let (name, value, place) = (tree_.name(child), tree_.value(child), tree_.place(child));
        line(into, format_args!("{:depth$}{name} {value:?} {}+{} {}", "", place.byte, place.len, place.at));
        tree(tree_, child, depth + 1, into);
    }
}

/// Panics with the first line that differs, not with all of them.
pub fn same(one: &str, other: &str, names_one: &str, names_other: &str) {
    if let Some((one, other)) = first_difference(one, other) {
        panic!("{names_one}: {one}\n{names_other}: {other}");
    }
}

fn first_difference(one: &str, other: &str) -> Option<(String, String)> {
    if one == other {
        return None;
    }
    let (mut ones, mut others) = (one.lines(), other.lines());
    loop {
        match (ones.next(), others.next()) {
            (None, None) => return Some(("ends otherwise".into(), String::new())),
            (one, other) if one == other => {}
            (one, other) => return Some((one.unwrap_or("").into(), other.unwrap_or("").into())),
        }
    }
}

fn line(text: &mut String, what: std::fmt::Arguments) {
    // A String takes everything.
    let _ = writeln!(text, "{what}");
}
