//! The command line, as its users meet it: processes, exit codes, what stands on which stream; and what it loads.

mod call;
mod configured;
mod data;
mod documents;
mod help;
mod hub;
#[path = "../hub/wait.rs"]
mod wait;
