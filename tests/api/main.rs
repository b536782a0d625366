//! The HTTP interface, asked over real HTTP.
#[path = "../hub/mod.rs"]
mod hub;
mod setup;

mod health;
mod intake;
mod keys;
mod letter;
mod lists;
mod openapi;
mod operations;
mod partners;
mod raw;
