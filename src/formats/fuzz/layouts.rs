//! Layouts of fixed width that bytes are read by: that of the fixtures, and others that cut the same bytes otherwise.

use crate::layout::{FieldSpec, Layout, RecordPlace, RecordSpec};
use std::ops::Range;

/// One of them, by a number: records that are lines of several kinds, records of one length with and without a line end,
/// and records of one kind.
pub fn layout(number: usize) -> Layout {
    match number % 4 {
        0 | 1 => orders(None),
        2 => orders(Some(35)),
        _ => Layout {
            kind_at: None,
            length: number.is_multiple_of(3).then_some(24),
            records: vec![record("line", "", RecordPlace::Set, &[("a", 0..5), ("b", 3..9), ("c", 20..400)])],
        },
    }
}

/// As the fixtures have it: a file's header and trailer, an order's head, its lines, their notes.
fn orders(length: Option<u32>) -> Layout {
    let head: &[_] = &[("order_number", 2..12), ("order_date", 12..20), ("buyer", 20..35)];
    let line: &[_] = &[("line", 2..6), ("sku", 6..21), ("quantity", 21..28), ("unit", 28..31)];
    let records = vec![
        record("file", "FH", RecordPlace::Outside, &[("sender", 2..17)]),
        record("head", "OH", RecordPlace::Set, head),
        record("line", "OL", RecordPlace::Under(1), line),
        record("note", "ON", RecordPlace::Under(2), &[("text", 2..42)]),
        record("trailer", "FT", RecordPlace::Outside, &[("orders", 2..8)]),
    ];
    Layout { kind_at: Some(0..2), length, records }
}

fn record(name: &str, is: &str, place: RecordPlace, fields: &[(&str, Range<u32>)]) -> RecordSpec {
    let field = |(name, columns): &(&str, Range<u32>)| FieldSpec { name: (*name).into(), columns: columns.clone() };
    RecordSpec { name: name.into(), is: is.into(), place, fields: fields.iter().map(field).collect() }
}
