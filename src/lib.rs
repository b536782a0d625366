//! Crossdock: an EDI and integration hub. See `docs/ARCHITECTURE.md` for the map.

pub use crossdock_formats as formats;
pub mod api;
pub mod canonical;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod console;
pub mod core;
pub mod emit;
pub mod flow;
pub mod insight;
pub mod intake;
pub mod mapping;
pub mod queue;
pub mod signals;
pub mod store;
pub mod tenancy;
