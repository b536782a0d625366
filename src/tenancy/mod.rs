//! Who is who: tenants, partners, connections, endpoints, what was agreed, and who may do what.
//!
//! Promise: a fault in a configuration file stops the start and names its place; an identity leads to one partner.
//! Called by: `cli` (loads), `intake`, `flow`, `api`, `console`. Calls: `canonical`, `formats` (words), `mapping` (YAML with places), `store` (rows).
//! Never: reads the environment or a file itself; knows a format's bytes.
//! Tried by: the tests in its files, tests/api/keys.rs

mod again;
pub mod agreement;
mod answers;
pub mod catalogue;
pub mod directory;
pub mod expect;
pub mod export;
pub mod files;
mod identity;
pub mod keys;
pub mod kinds;
pub mod layers;
pub mod lint;
pub mod outgoing;
pub mod outline;
mod sandbox;
pub mod shown;
pub mod stated;
mod stray;
pub mod words;

pub use agreement::Agreement;
pub use directory::{ConnectionInfo, Directory, EndpointInfo, PartnerInfo, TenantInfo};
pub use layers::{Effective, Terms};
