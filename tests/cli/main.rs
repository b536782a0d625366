//! The command line, as its users meet it: processes, exit codes, what stands on which stream; and what it loads.

mod agreed;
mod asking;
mod call;
mod codes;
mod configured;
mod data;
mod distributed;
mod documents;
mod drafted;
mod exported;
mod first_hour;
mod guide;
mod help;
#[path = "../hub/mod.rs"]
mod hub;
mod mapping;
mod part;
mod partner;
mod rewrite;
mod together;
mod told;
mod versions;
