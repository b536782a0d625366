//! What is wrong, where, and how far it reaches.

use crate::place::Place;
use serde::{Deserialize, Serialize};

/// How far one fault reaches. The reader goes on behind it: a fault costs what it says and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Costs {
    Nothing,
    Segment,
    Set,
    Group,
    Interchange,
}

/// Which layer found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Byte,
    Envelope,
    Structure,
    Element,
    Relation,
    Code,
    Guide,
    Mapping,
    Core,
    Transport,
}

/// Who says that it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Standard,
    Guide,
    Agreement,
}

/// A fault, as everything above the codec keeps it and shows it: the terminal, JSON, the store, a 997.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `E0107`, or the core's and the mapping's own words (`order/unknown`).
    pub code: Box<str>,
    pub layer: Layer,
    pub place: Place,
    /// The value found, shortened to 80 characters; empty where something is missing.
    pub found: Box<str>,
    pub expected: Box<str>,
    /// One sentence for people, with the place in it.
    pub sentence: Box<str>,
    /// What to do next.
    pub remedy: Box<str>,
    pub origin: Origin,
    pub costs: Costs,
}
