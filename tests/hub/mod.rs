//! What the test binaries share. Each says `#[path = "../hub/mod.rs"] mod hub;` and uses what it needs of it.
//!
//! Promise: real services, started in seconds, gone when the test binary ends, however it ends.
//! Called by: tests/services, tests/guarantees, tests/connectors, tests/api, tests/console.
//! Never: mocks, sleeps for a fixed time, leaves a process behind.
//! Tried by: tests/services
#![allow(dead_code, unused_imports)] // no binary uses all of it

pub mod services;
pub mod wait;
