//! The commands: a subcommand a file. The only room that wires others together and reads the environment.
//!
//! Promise: exit 0 as asked, 1 for faults that were found and named, 2 for a wrong call or what could not be read.
//! Called by: `main`, the tests. Calls: every room.
//! Never: decides what another room should decide.
//! Tried by: tests/cli

pub mod data;
pub mod demo;
pub mod listen;
pub mod receiver;
pub mod start;
