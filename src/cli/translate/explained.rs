//! `--explain`: why each value of a message or a document is there.

use super::written::Given;
use crate::{
    cli::out::Out,
    formats::{fault::shorten, letters::Letters, piece::Set},
    mapping::{Context, Plan, explain::Line, samples},
};
use anyhow::anyhow;
use serde_json::{Value, json};
use std::ops::Range;

/// Of a set that was read: each field with the bytes and the line that made it, then what nobody read.
pub fn message(
    plan: &Plan,
    (file, set, bytes): (&str, &Set, &[u8]),
    context: &Context,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let told = plan.explain(&set.tree, context);
    let letters = Letters::of(bytes);
    if json {
        let from: Vec<Value> = told
            .fields
            .iter()
            .map(|made| {
                json!({ "field": made.field, "value": made.value, "at": made.at,
                    "byte": made.bytes.as_ref().map(|b| b.start), "len": made.bytes.as_ref().map(|b| b.end - b.start),
                    "text": made.bytes.as_ref().and_then(|b| text(letters, bytes, b)),
                    "mapping": made.line })
            })
            .collect();
        return out.json(&json!({ "file": file, "mapping": plan.name(), "message": plan.message(), "byte": set.byte,
            "body": told.reading.body, "from": from, "unread": told.coverage.unread }));
    }
    out.line(out.bold(&format!(
        "{} {} {}, read by {} as {}",
        set.kind,
        set.version,
        set.control,
        plan.name(),
        plan.message()
    )))?;
    let rows: Vec<Vec<String>> = told
        .fields
        .into_iter()
        .map(|made| {
            let value = made.value.as_str().map_or_else(|| made.value.to_string(), str::to_owned);
            let (byte, text) = match &made.bytes {
                Some(range) => (range.start.to_string(), text(letters, bytes, range).unwrap_or_default()),
                None => (String::new(), String::new()),
            };
            vec![made.field, shorten(&value, 40), made.at, byte, shorten(&text, 40), place(made.line)]
        })
        .collect();
    out.table(&["FIELD", "VALUE", "FROM", "BYTE", "TEXT", "MAPPING"], &rows)?;
    for one in told.coverage.unread {
        out.line(format!("nobody reads {} ({}): {}", one.path, times(one.times), shorten(&one.value, 40)))?;
    }
    out.line("")
}

/// Of a document that was written: each value with the fields and the line that made it. Its sets are those of the next
/// messages.
pub fn document<'m>(
    plan: &Plan,
    bytes: &[u8],
    messages: &mut impl Iterator<Item = &'m Given>,
    context: &Context,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let letters = Letters::of(bytes);
    for set in samples::sets(plan, bytes).map_err(|why| anyhow!("what was written can't be read back: {why}"))? {
        let (told, from) = match messages.next() {
            Some(given) => (plan.explain_written(&set.tree, context, &given.message), given.name.as_str()),
            None => (plan.explain(&set.tree, context), ""),
        };
        if json {
            let values: Vec<Value> = told
                .values
                .iter()
                .map(|value| {
                    json!({ "byte": value.bytes.start, "len": value.bytes.end - value.bytes.start,
                        "text": text(letters, bytes, &value.bytes), "at": value.place.to_string(), "path": value.path,
                        "fields": value.fields, "mapping": value.line })
                })
                .collect();
            out.json(&json!({ "mapping": plan.name(), "message": plan.message(), "from": from, "byte": set.byte,
                "encoding": letters.name(), "document": letters.text(bytes), "values": values }))?;
            continue;
        }
        let head = format!("{} {}, {from}, written by {}", plan.claimed().document, set.control, plan.name());
        out.line(out.bold(&head.replace(", ,", ",")))?;
        let rows: Vec<Vec<String>> = told
            .values
            .into_iter()
            .map(|value| {
                let fields =
                    if value.fields.is_empty() { "(the mapping's own)".into() } else { value.fields.join(" ") };
                let at = value.place.to_string();
                vec![
                    value.bytes.start.to_string(),
                    shorten(&text(letters, bytes, &value.bytes).unwrap_or_default(), 40),
                    at,
                    fields,
                    place(value.line),
                ]
            })
            .collect();
        out.table(&["BYTE", "TEXT", "AT", "FIELD", "MAPPING"], &rows)?;
        out.line("")?;
    }
    Ok(())
}

/// `once`, `3 times`
pub fn times(times: usize) -> String {
    if times == 1 { "once".into() } else { format!("{times} times") }
}

/// What stands there; none of a document that was too long to be kept.
fn text(letters: Letters, bytes: &[u8], range: &Range<u64>) -> Option<String> {
    let cut = bytes.get(range.start as usize..range.end as usize)?;
    Some(letters.text(cut).into_owned())
}

fn place(line: Option<Line>) -> String {
    line.map(|line| line.to_string()).unwrap_or_default()
}
