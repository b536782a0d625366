//! Where in the partner's bytes something stands.

use serde::{Deserialize, Serialize};

/// A place in a document. Never optional: code that has no place cannot make a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Offset of the first byte from the start of the document.
    pub byte: u64,
    /// Length in bytes; 0 where something is missing.
    pub len: u32,
    /// The same place in the format's own words.
    pub at: At,
}

/// A place in the words of its format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// X12, EDIFACT. `ordinal` counts segments in the set from 1 (ST, UNH); envelope segments count from 1 in the document.
    Segment { ordinal: u32, id: Box<str>, element: Option<u16>, component: Option<u16>, repeat: u16 },
    /// CSV. `line` counts physical lines from 1.
    Row { line: u64, column: Option<Box<str>> },
    /// XML (a path with prefixes) and JSON (a pointer, RFC 6901).
    Node { path: Box<str> },
    /// No place of the document: a line, from 1, of a file that says how it is read or written. Nothing that the document
    /// says is at fault; `byte` and `len` are 0.
    File { name: Box<str>, line: u32 },
}

impl std::fmt::Display for At {
    /// The short form that people and scripts read: `PO102`, `REF04-2`, `row 7, quantity`, `/Order/ID`, `mapping.yaml:7`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            At::Segment { id, element, component, repeat, .. } => {
                f.write_str(id)?;
                let Some(element) = element else { return Ok(()) };
                write!(f, "{element:02}")?;
                if *repeat > 1 {
                    write!(f, "[{repeat}]")?;
                }
                component.map_or(Ok(()), |component| write!(f, "-{component}"))
            }
            At::Row { line, column: Some(column) } => write!(f, "line {line}, {column}"),
            At::Row { line, column: None } => write!(f, "line {line}"),
            At::Node { path } => f.write_str(path),
            At::File { name, line } => write!(f, "{name}:{line}"),
        }
    }
}
