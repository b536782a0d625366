//! Business documents as bytes and as trees: X12, EDIFACT, CSV, fixed width, XML, JSON.
//!
//! Promise: reading never fails as a whole and never panics; what is wrong is a [`fault::Fault`] with its place,
//! and costs no more than it says. Memory is bounded by one set, not by the file.
//! Called by: `mapping` (trees), `flow` (reading, acknowledgements), `emit` (writing), `cli` (check). Calls: nothing of ours.
//! Never: does I/O of its own, reads a clock, knows a partner or a database.
//! Tried by: tests/formats

pub mod ack;
mod again;
pub mod codes;
mod control;
mod csv;
mod decoded;
mod disguise;
mod edi;
mod edifact;
pub mod fault;
mod fixed;
#[doc(hidden)]
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod generate;
pub mod guides;
mod json;
mod json_value;
pub mod layout;
pub mod letters;
pub mod lossless;
#[doc(hidden)]
pub mod measure;
mod names;
mod nodes;
pub mod piece;
pub mod place;
mod policy;
mod reader;
pub mod render;
pub mod report;
mod rows;
mod source;
mod standard_codes;
mod totals;
pub mod tree;
mod whole;
pub mod write;
mod x12;
mod xml;

pub use edi::values::{Misfit, MisfitKind, misfit};
pub use fault::explain;
pub use reader::{CsvOptions, Options, Reader, read, sniff};
