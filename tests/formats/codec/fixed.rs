//! Fixed width: records by their kind, fields by their columns, with and without line ends.

use crate::{pieces, shapes::outline};
use crossdock_formats::{
    Options,
    layout::{FieldSpec, Layout, RecordPlace, RecordSpec},
    piece::{Piece, Policy, Set, Standard},
};
use std::ops::Range;

fn record(name: &str, is: &str, place: RecordPlace, fields: &[(&str, Range<u32>)]) -> RecordSpec {
    let field = |(name, columns): &(&str, Range<u32>)| FieldSpec { name: (*name).into(), columns: columns.clone() };
    RecordSpec { name: name.into(), is: is.into(), place, fields: fields.iter().map(field).collect() }
}

/// The layout of the fixtures: file header and trailer, an order's head, its lines, their notes.
pub fn orders() -> Layout {
    Layout {
        kind_at: Some(0..2),
        length: None,
        records: vec![
            record("file", "FH", RecordPlace::Outside, &[("sender", 2..17)]),
            record(
                "head",
                "OH",
                RecordPlace::Set,
                &[("order_number", 2..12), ("order_date", 12..20), ("buyer", 20..35)],
            ),
            record(
                "line",
                "OL",
                RecordPlace::Under(1),
                &[("line", 2..6), ("sku", 6..21), ("quantity", 21..28), ("unit", 28..31)],
            ),
            record("note", "ON", RecordPlace::Under(2), &[("text", 2..42)]),
            record("trailer", "FT", RecordPlace::Outside, &[("orders", 2..8)]),
        ],
    }
}

fn read(text: &[u8], layout: Layout, max_set_bytes: usize) -> Vec<Piece> {
    let policy = Policy { max_set_bytes, ..Policy::default() };
    pieces(Standard::Fixed, text, Options { layout: layout.into(), policy, ..Options::default() })
}

fn sets(text: &[u8], layout: Layout) -> Vec<Set> {
    let set = |piece| match piece {
        Piece::Set(set) => Some(*set),
        _ => None,
    };
    read(text, layout, 1 << 20).into_iter().filter_map(set).collect()
}

const TWO: &str = "FHNORTHWIND\nOHSO-1      20260302NORTHWIND\nOL0001BOLT-M8             24EA\nONthe long ones\n\
                   OL0002WASHER-M8           10CT\nOHSO-2      20260303\nOL0001NUT-M8               5\nFT000002\n";

#[test]
fn records_stand_below_one_another() {
    let found = sets(TWO.as_bytes(), orders());
    assert_eq!(found.iter().map(|set| set.segments).collect::<Vec<_>>(), [4, 2]);
    assert_eq!(
        outline(&found[0].tree),
        "head\n order_number \"SO-1\"\n order_date \"20260302\"\n buyer \"NORTHWIND\"\n line\n  line \"0001\"\n  sku \"BOLT-M8\"\n  \
         quantity \"24\"\n  unit \"EA\"\n  note\n   text \"the long ones\"\n line\n  line \"0002\"\n  sku \"WASHER-M8\"\n  \
         quantity \"10\"\n  unit \"CT\"\n"
    );
    assert_eq!(
        outline(&found[1].tree),
        "head\n order_number \"SO-2\"\n order_date \"20260303\"\n line\n  line \"0001\"\n  sku \"NUT-M8\"\n  quantity \"5\"\n"
    );
    let tree = &found[1].tree;
    let line = tree.named(tree.children(tree.root()).next().expect("a head"), "line").next().expect("a line");
    let sku = tree.named(line, "sku").next().expect("a field");
    assert_eq!(tree.place(sku).at.to_string(), "line 7, sku");
    let bytes = tree.bytes(sku);
    assert_eq!(&TWO[bytes.start as usize..bytes.end as usize], "NUT-M8");
}

/// Line ends of every kind, and none where a record's length is agreed: the same sets.
#[test]
fn records_end_with_their_line_or_their_length() {
    let expected: Vec<String> = sets(TWO.as_bytes(), orders()).iter().map(|set| outline(&set.tree)).collect();
    let padded: Vec<String> = TWO.lines().map(|line| format!("{line:42}")).collect();
    for end in ["\n", "\r\n", "\r"] {
        let found = sets(TWO.replace('\n', end).as_bytes(), orders());
        assert_eq!(found.iter().map(|set| outline(&set.tree)).collect::<Vec<_>>(), expected, "{end:?}");
    }
    for end in ["", "\n", "\r\n"] {
        let found = sets(padded.join(end).as_bytes(), Layout { length: Some(42), ..orders() });
        assert_eq!(found.iter().map(|set| outline(&set.tree)).collect::<Vec<_>>(), expected, "42 columns and {end:?}");
    }
}

#[test]
fn one_kind_of_record_makes_each_a_set() {
    let layout = Layout {
        kind_at: None,
        length: None,
        records: vec![record("row", "", RecordPlace::Set, &[("sku", 0..8), ("on_hand", 8..14)])],
    };
    let found = sets("Schräub   0012\nBOLT-M8     7\n".as_bytes(), layout);
    assert_eq!(outline(&found[0].tree), "row\n sku \"Schräub\"\n on_hand \"0012\"\n");
    assert_eq!(outline(&found[1].tree), "row\n sku \"BOLT-M8\"\n on_hand \"7\"\n");
}

/// An order longer than a set may be costs itself; those around it are read.
#[test]
fn a_set_that_is_too_long_costs_itself() {
    let mut text = String::from("OHSO-1\nOL0001A\nOHSO-2\n");
    (0..1_000).for_each(|n| text += &format!("OL{n:04}BOLT-M8             24EA\n"));
    text += "OHSO-3\nOL0001B\n";
    let told: Vec<(bool, u32)> = read(text.as_bytes(), orders(), 2_000)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Set(set) => Some((set.accepted(), set.segments)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(true, 2), (false, 0), (true, 2)]);
}

#[test]
fn without_a_layout_nothing_is_read_and_it_is_said() {
    let told = read(b"OHSO-1\n", Layout::default(), 1_000);
    assert!(matches!(&told[..], [Piece::Fault(fault)] if &*fault.code == "E0508"), "{told:?}");
}
