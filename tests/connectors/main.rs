//! The transports against real file systems and a real store.
#[path = "../hub/mod.rs"]
mod hub;
#[path = "../api/setup.rs"]
#[allow(dead_code)] // these tests use a part of it
mod setup;

mod folder;
mod lint;
