//! The store: every function on both databases, who may see what, old stores brought up to date, troubles told apart.

mod answers;
mod arrived;
mod as_one;
mod bytes;
mod events;
mod letters;
mod mapping_versions;
mod meant;
mod names;
mod operations;
mod out;
mod rows;
mod sight;
mod standing;
mod statements;
mod trouble;
mod upgrade;
