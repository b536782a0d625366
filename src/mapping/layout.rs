//! `layout:` of a mapping of fixed width: where records say their kind, and which columns its fields take.
//!
//! ```yaml
//! layout:
//!   kind: 1-2                      # where a record says what it is; left out: every record is of the one kind
//!   records:
//!     head: { is: OH, opens: set, fields: { order_number: 3-12, order_date: 13-20 } }
//!     line: { is: OL, under: head, fields: { sku: 3-17, quantity: 18-24 } }
//!     trailer: { is: TR, outside: true }
//! ```

use super::{
    near::hint,
    yaml::{self, Entry, Spot, What, Yaml},
};
use crate::formats::layout::{FieldSpec, Layout, RecordPlace, RecordSpec};
use std::ops::Range;

const KEYS: &[&str] = &["kind", "length", "records"];
const RECORD: &[&str] = &["is", "opens", "under", "outside", "fields"];

/// What is wrong, and where.
type Wrong = Vec<(Spot, String)>;

/// Reads a file that holds a `layout:`: a mapping, or the layout alone.
pub fn file(text: &str) -> Result<Layout, Wrong> {
    let yaml = yaml::parse(text).map_err(|wrong| vec![wrong])?;
    match yaml.get("layout") {
        Some(layout) => read(layout),
        None => Err(vec![(yaml.spot, "there is no `layout:` in it".into())]),
    }
}

/// Reads what stands under `layout:`; all that is wrong at once.
pub fn read(yaml: &Yaml) -> Result<Layout, Wrong> {
    let mut wrong = Wrong::new();
    known(yaml, KEYS, "layout:", &mut wrong);
    let kind_at = yaml.get("kind").and_then(|at| columns(at, &mut wrong));
    let length = yaml.get("length").and_then(|length| match length.text().and_then(|text| text.parse().ok()) {
        Some(0) | None => {
            wrong.push((length.spot, "`length:` is how many characters a record has".into()));
            None
        }
        length => length,
    });
    let entries = yaml.get("records").map(Yaml::entries).unwrap_or_default();
    if entries.is_empty() {
        wrong.push((
            yaml.spot,
            "a layout has `records:`, as in `records: { line: { opens: set, fields: { sku: 1-15 } } }`".into(),
        ));
    }
    let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let records: Vec<RecordSpec> =
        entries.iter().map(|entry| record(entry, &names, kind_at.is_some(), &mut wrong)).collect();
    if kind_at.is_none() && records.len() > 1 {
        wrong
            .push((yaml.spot, "records of several kinds need `kind:`, the columns where each says which it is".into()));
    }
    for (at, spec) in records.iter().enumerate() {
        if kind_at.is_some() && records[..at].iter().any(|other| other.is == spec.is) {
            wrong.push((entries[at].key_spot, format!("two records are `{}`", spec.is)));
        }
    }
    if !entries.is_empty() && !records.iter().any(|spec| spec.place == RecordPlace::Set) {
        wrong.push((yaml.spot, "one record must open a set: `opens: set`".into()));
    }
    if wrong.is_empty() { Ok(Layout { kind_at, length, records }) } else { Err(wrong) }
}

fn record(entry: &Entry, names: &[&str], kinds: bool, wrong: &mut Wrong) -> RecordSpec {
    let yaml = &entry.value;
    known(yaml, RECORD, &entry.key, wrong);
    let is = yaml.get("is").and_then(Yaml::text).unwrap_or_default();
    if kinds && is.is_empty() {
        wrong.push((entry.key_spot, format!("`{}` needs `is:`, what stands where a record says its kind", entry.key)));
    }
    let text = |key| yaml.get(key).map(|value| (value.text().unwrap_or_default(), value.spot));
    let place = match (text("opens"), text("under"), text("outside")) {
        (Some(("set", _)), None, None) => RecordPlace::Set,
        (None, None, Some(("true", _))) => RecordPlace::Outside,
        (None, Some((above, spot)), None) => match names.iter().position(|name| *name == above) {
            Some(above) if names[above] != entry.key => RecordPlace::Under(above),
            _ => {
                wrong.push((
                    spot,
                    format!("`{above}` is no other record of this layout{}", hint(above, names.iter().copied())),
                ));
                RecordPlace::Outside
            }
        },
        _ => {
            let sentence = format!("`{}` says one of `opens: set`, `under: RECORD` and `outside: true`", entry.key);
            wrong.push((entry.key_spot, sentence));
            RecordPlace::Outside
        }
    };
    let fields = yaml.get("fields").map(Yaml::entries).unwrap_or_default();
    let fields = fields.iter().filter_map(|field| {
        let columns = columns(&field.value, wrong)?;
        Some(FieldSpec { name: field.key.as_str().into(), columns })
    });
    RecordSpec { name: entry.key.as_str().into(), is: is.into(), place, fields: fields.collect() }
}

/// `3-12`, or `7` for one column; from 1, both ends in it.
fn columns(yaml: &Yaml, wrong: &mut Wrong) -> Option<Range<u32>> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|n| (1..=100_000).contains(n));
    let range = yaml.text().and_then(|text| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let (from, to) = (number(from)?, number(to)?);
        (from <= to).then_some(from - 1..to)
    });
    if range.is_none() {
        wrong.push((yaml.spot, "columns are written as 3-12, or 7 for one; they count from 1".into()));
    }
    range
}

fn known(yaml: &Yaml, keys: &[&str], of: &str, wrong: &mut Wrong) {
    if !matches!(yaml.what, What::Map(_)) {
        wrong.push((yaml.spot, format!("`{of}` takes {{ {} }}", keys.join(", "))));
    }
    for entry in yaml.entries() {
        if !keys.contains(&entry.key.as_str()) {
            let near = hint(&entry.key, keys.iter().copied());
            wrong.push((entry.key_spot, format!("`{}` is no key of `{of}`{near}", entry.key)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        file(text).unwrap_err().into_iter().map(|(spot, why)| format!("{}:{}: {why}", spot.line, spot.column)).collect()
    }

    #[test]
    fn a_layout_is_read() {
        let text = "layout:\n  kind: 1-2\n  records:\n    head: { is: OH, opens: set, fields: { number: 3-12 } }\n    \
                    line: { is: OL, under: head, fields: { sku: 3-17, flag: 18 } }\n    end: { is: TR, outside: true }\n";
        let layout = file(text).unwrap();
        assert_eq!(layout.kind_at, Some(0..2));
        let places: Vec<RecordPlace> = layout.records.iter().map(|record| record.place).collect();
        assert_eq!(places, [RecordPlace::Set, RecordPlace::Under(0), RecordPlace::Outside]);
        assert_eq!(layout.records[1].fields[1], FieldSpec { name: "flag".into(), columns: 17..18 });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(told("layouts: {}\n"), ["1:1: there is no `layout:` in it"]);
        let text = "layout:\n  kinds: 1-2\n  records:\n    head: { is: OH, opens: set, fields: { a: 9-3, b: x } }\n    \
                    line: { is: OL, under: haed }\n";
        assert_eq!(
            told(text),
            [
                "2:3: `kinds` is no key of `layout:`; nearest kind",
                "4:46: columns are written as 3-12, or 7 for one; they count from 1",
                "4:54: columns are written as 3-12, or 7 for one; they count from 1",
                "5:28: `haed` is no other record of this layout; nearest head",
                "2:3: records of several kinds need `kind:`, the columns where each says which it is",
            ]
        );
    }
}
