//! Crossdock: an EDI and integration hub. See `docs/ARCHITECTURE.md` for the map.

pub use crossdock_formats as formats;
pub mod canonical;
pub mod core;
pub mod mapping;
pub mod store;
pub mod queue;
pub mod tenancy;
pub mod intake;
pub mod cli;
pub mod config;
pub mod emit;
pub mod flow;
pub mod insight;
pub mod connectors;
pub mod api;
pub mod signals;
