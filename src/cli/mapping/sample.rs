//! Documents to begin a mapping from: what they are, their sets, who sent them.

use crate::{
    cli::{check::by_name, input::Input},
    formats::{
        CsvOptions, Options,
        fault::Fault,
        guides,
        piece::{Group, Interchange, Piece, Set, Standard},
        read, sniff,
    },
    mapping::suggest::{grouping, xml_name},
};
use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use std::path::Path;

/// A document, read.
pub struct Document {
    pub standard: Standard,
    /// As `from:` has it: `x12 004010 850`. Of CSV and JSON, whose documents don't say it, by the file's name.
    pub from: String,
    /// CSV: the column whose equal values make one set.
    pub by: Option<String>,
    pub sets: Vec<Set>,
    pub interchanges: Vec<Interchange>,
    pub groups: Vec<Group>,
    /// Of the sets and around them.
    pub faults: Vec<Fault>,
    pub bytes: Vec<u8>,
}

/// Reads a document. `from`: what it is, where it doesn't say it itself.
pub fn document(file: &str, from: Option<&str>, by: Option<&str>) -> anyhow::Result<Document> {
    let input = Input::open(file)?;
    let bytes = input.bytes().ok_or_else(|| anyhow!("{file} is too large for a sample: a few sets are enough"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        bail!("{file} is empty: there is nothing to begin from");
    }
    let said = from.and_then(|from| match from.split_whitespace().next()? {
        "csv" => Some(Standard::Csv),
        "json" => Some(Standard::Json),
        "fixed" => Some(Standard::Fixed),
        _ => None,
    });
    // It can't be cut into sets either without its layout.
    if said == Some(Standard::Fixed) {
        crate::mapping::suggest::document(from.unwrap_or_default()).map_err(|why| anyhow!(why))?;
    }
    let standard = said.or_else(|| sniff(bytes)).or_else(|| by_name(file)).ok_or_else(|| {
        anyhow!("{file} does not say what it is by its first bytes: say it with --as, as in --as 'csv orders'")
    })?;
    let by = by.map(str::to_owned).or_else(|| key_column(standard, bytes));
    let csv = CsvOptions { delimiter: None, by: by.clone() };
    let mut found = Document {
        standard,
        from: String::new(),
        by: by.filter(|_| standard == Standard::Csv),
        sets: Vec::new(),
        interchanges: Vec::new(),
        groups: Vec::new(),
        faults: Vec::new(),
        bytes: bytes.to_vec(),
    };
    for piece in read(standard, bytes, Options { csv, ..Options::default() }) {
        match piece.with_context(|| format!("{file} can't be read any further"))? {
            Piece::Interchange(interchange) => found.interchanges.push(interchange),
            Piece::Group(group) => found.groups.push(group),
            Piece::Set(set) => {
                found.faults.extend(set.faults.iter().cloned());
                found.sets.push(*set);
            }
            Piece::GroupEnd(end) => found.faults.extend(end.faults),
            Piece::InterchangeEnd(end) => found.faults.extend(end.faults),
            Piece::Fault(fault) => found.faults.push(fault),
        }
    }
    let Some(first) = found.sets.first() else {
        let why = found.faults.first().map_or_else(String::new, |fault| format!(": {}", fault.sentence));
        bail!("{file} holds no set of {}{why}; `crossdock check {file}` shows where", standard.word());
    };
    found.from = from.map_or_else(|| kind(standard, first, file), str::to_owned);
    Ok(found)
}

fn kind(standard: Standard, set: &Set, file: &str) -> String {
    let stem = Path::new(file).file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
    let stem = stem.filter(|stem| !stem.is_empty() && *stem != "-").unwrap_or("documents").replace(' ', "-");
    match standard {
        Standard::X12 | Standard::Edifact => {
            let guide = guides::find(standard, &set.version, &set.kind);
            let version = guide.map_or(&*set.version, |guide| &*guide.version);
            format!("{} {version} {}", standard.word(), set.kind)
        }
        Standard::Xml => xml_name(&set.kind, &set.version),
        standard => format!("{} {stem}", standard.word()),
    }
}

/// Rows of one value in the column that is called as an order's or a list's number belong together, or else of one in the first,
/// until somebody says otherwise.
fn key_column(standard: Standard, bytes: &[u8]) -> Option<String> {
    if standard != Standard::Csv {
        return None;
    }
    let first = read(standard, bytes, Options::default()).next()?.ok()?;
    let Piece::Set(set) = first else { return None };
    let row = set.tree.children(set.tree.root()).next()?;
    let columns: Vec<&str> = set.tree.children(row).map(|column| set.tree.name(column)).collect();
    grouping(&columns).or(columns.first().copied()).map(str::to_owned)
}

/// The messages of a file: JSON values one after the other, an array of them, or what `mapping test` has reviewed.
pub fn messages(file: &str) -> anyhow::Result<Vec<Value>> {
    let input = Input::open(file)?;
    let bytes = input.bytes().ok_or_else(|| anyhow!("{file} is too large for the message of a sample"))?;
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let value = value.map_err(|why| anyhow!("{file} is no JSON, and a message is: {why}"))?;
        match value {
            Value::Array(items) => found.extend(items),
            one => found.push(one),
        }
    }
    let body = |mut one: Value| match one.get_mut("body") {
        Some(body) if body.is_object() => body.take(),
        _ => one,
    };
    Ok(found.into_iter().map(body).collect())
}
