//! That the services of `tests/hub` do what their users believe: start, die, come back with their data, lose it.
#[path = "../hub/mod.rs"]
mod hub;

mod browser;
mod foreign;
mod postgres;
mod processes;
mod proxy;
mod rabbit;
