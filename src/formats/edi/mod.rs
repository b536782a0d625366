//! What X12 and EDIFACT share: segments, their place in a guide, their elements.
//!
//! Promise: one pass over a set gives its tree and its faults; a fault has one cause and names its bytes.
//! Called by: `x12`, `edifact`. Never: reads input beyond the set it is given.
//! Tried by: tests/formats

pub(crate) mod between;
pub(crate) mod build;
mod clean;
pub(crate) mod collect;
pub(crate) mod dates;
pub(crate) mod envelope;
pub(crate) mod faults;
mod fine;
pub(crate) mod fold;
pub(crate) mod further;
pub(crate) mod hierarchy;
pub(crate) mod index;
pub(crate) mod joined;
pub(crate) mod lengthy;
pub(crate) mod lines;
pub(crate) mod recut;
mod relations;
pub(crate) mod roll;
pub(crate) mod ruler;
pub(crate) mod scan;
pub(crate) mod scratch;
pub(crate) mod seams;
pub(crate) mod seen;
mod steps;
pub(crate) mod strays;
mod structure;
pub(crate) mod text;
mod twin;
pub(crate) mod unfold;
pub(crate) mod values;
pub(crate) mod window;
