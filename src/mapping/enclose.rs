//! A document around what a plan wrote, outside of a hub: for samples, `translate --write` and the editor.

use super::{Plan, Written};
use crate::formats::{
    fault::Fault,
    guides,
    piece::{Identity, Standard},
    tree::Tree,
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, Segment, X12Delimiters, X12Envelope},
};

/// Who a document is from, who it is for and when it was made: what a mapping can't say.
#[derive(Debug, Clone)]
pub struct Heading {
    pub sender: Identity,
    pub receiver: Identity,
    /// yyyymmdd
    pub date: String,
    /// hhmm
    pub time: String,
    /// EDIFACT's syntax identifier (S001 0001) and version (0002).
    pub syntax: (String, u8),
    /// EDIFACT's test indicator (S005 0035); ISA15 is always T.
    pub test: bool,
    /// X12: what stands for a character that is one of the delimiters; without it such a value is a fault.
    pub replacement: Option<char>,
}

impl Heading {
    /// Always the same one, so that samples can be compared: A writes to B, on the first day of 2026.
    pub fn of_samples() -> Heading {
        let party = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
        Heading {
            sender: party("A"),
            receiver: party("B"),
            date: "20260101".into(),
            time: "0000".into(),
            syntax: ("UNOY".into(), 4),
            test: false,
            replacement: Some('.'),
        }
    }
}

/// The documents of what a plan wrote: the sets of X12 and EDIFACT in one interchange, rows of CSV under one header, of others
/// one each.
///
/// Errors: what the document's writer refuses.
pub fn documents(plan: &Plan, written: &[&Written], heading: &Heading) -> Result<Vec<Vec<u8>>, Box<Fault>> {
    let mut sets: Vec<&[Segment]> = Vec::new();
    let (mut documents, mut tables) = (Vec::new(), Vec::new());
    for one in written {
        match one {
            Written::Segments(segments) => sets.push(segments),
            Written::Json(value) => documents.push(value.to_string().into_bytes()),
            Written::Tree(tree) if plan.standard() == Standard::Csv => tables.push(tree),
            Written::Tree(tree) => documents.push(write::xml(tree).map_err(Box::new)?),
        }
    }
    if !tables.is_empty() {
        documents.push(rows(&tables).into_bytes());
    }
    if !sets.is_empty() {
        documents.push(if plan.standard() == Standard::X12 {
            x12(plan, &sets, heading)?
        } else {
            edifact(plan, &sets, heading)?
        });
    }
    Ok(documents)
}

fn numbered(kind: &str, sets: &[&[Segment]], width: usize) -> Vec<OutSet> {
    let set = |(n, segments): (usize, &&[Segment])| OutSet {
        kind: kind.into(),
        control: format!("{n:0width$}"),
        segments: segments.iter().collect(),
    };
    (1..).zip(sets).map(set).collect()
}

fn x12(plan: &Plan, sets: &[&[Segment]], heading: &Heading) -> Result<Vec<u8>, Box<Fault>> {
    let (kind, version) = plan.document();
    let guide = guides::find(Standard::X12, version, kind);
    let envelope = X12Envelope {
        sender: heading.sender.clone(),
        receiver: heading.receiver.clone(),
        application_sender: heading.sender.id.to_string(),
        application_receiver: heading.receiver.id.to_string(),
        functional_id: guide.map_or_else(String::new, |g| g.functional_id.to_string()),
        version: version.into(),
        interchange_control: 1,
        group_control: 1,
        test: true,
        date: heading.date.clone(),
        time: heading.time.clone(),
        header: Default::default(),
        delimiters: X12Delimiters { replacement: heading.replacement, ..X12Delimiters::default() },
    };
    write::x12(&envelope, &numbered(kind, sets, 4)).map_err(Box::new)
}

fn edifact(plan: &Plan, sets: &[&[Segment]], heading: &Heading) -> Result<Vec<u8>, Box<Fault>> {
    let (kind, version) = plan.document();
    let envelope = EdifactEnvelope {
        sender: heading.sender.clone(),
        receiver: heading.receiver.clone(),
        syntax: heading.syntax.0.clone(),
        syntax_version: heading.syntax.1,
        control: "1".into(),
        application_reference: String::new(),
        acknowledgement_requested: false,
        test: heading.test,
        version: version.into(),
        association: String::new(),
        date: heading.date.clone(),
        time: heading.time.clone(),
        una: true,
        header: Default::default(),
        group: None,
        delimiters: EdifactDelimiters::default(),
    };
    write::edifact(&envelope, &numbered(kind, sets, 1)).map_err(Box::new)
}

/// Each message has the columns that it says something in; together they have all of them, each behind the one that it stood
/// behind.
fn rows(tables: &[&Tree]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut columns: Vec<&str> = Vec::new();
    for tree in tables {
        let mut at = 0;
        let header = tree.children(tree.root()).next().into_iter().flat_map(|row| tree.children(row));
        for name in header.map(|field| tree.name(field)) {
            at = match columns.iter().position(|known| *known == name) {
                Some(known) => known + 1,
                None => {
                    columns.insert(at, name);
                    at + 1
                }
            };
        }
    }
    let mut text = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",") + "\r\n";
    for (tree, row) in tables.iter().flat_map(|tree| tree.children(tree.root()).map(move |row| (tree, row))) {
        let said =
            |column: &&str| tree.named(row, column).next().and_then(|field| tree.value(field)).unwrap_or_default();
        text += &columns.iter().map(|column| quoted(said(column))).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    text
}
