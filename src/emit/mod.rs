//! What leaves the hub: deliveries written with the events they carry, webhooks signed and sent, documents rendered.
//!
//! Promise: an event and its deliveries are one transaction; a webhook's id and body are the same at every try; an
//! outbound control number is given to a document that could be rendered, and to no other.
//! Called by: `flow` (apply writes deliveries, translate acknowledgements, deliver sends), `api` (verifies), `cli`.
//! Calls: `canonical`, `formats`, `mapping`, `store`, `tenancy` (directory and agreement), `config`.
//! Never: decides what is true (`core`), takes or settles a claim check, names a transport.
//! Tried by: tests/guarantees/webhooks.rs, the tests in its files

pub mod acknowledge;
pub mod address;
pub mod advice;
pub mod again;
pub mod batch;
mod document;
mod envelopes;
pub mod fanout;
pub mod lint;
pub mod lookups;
pub mod mail;
mod numbers;
pub mod signature;
pub mod webhook;
pub mod would;

pub use document::Unwritable;

use crate::{canonical::Micros, mapping::Library, tenancy::Directory};

/// What writing deliveries needs of the hub.
#[derive(Clone, Copy)]
pub struct Emitter<'a> {
    pub directory: &'a Directory,
    pub library: &'a Library,
    /// This process in the journal.
    pub worker: &'a str,
    /// The instant of the transaction: what is rendered bears it.
    pub now: Micros,
    /// When the sweeper looks at a delivery that begins now, and the wait that this adds, in microseconds.
    pub deadline: Micros,
    pub wait_us: i64,
}

/// Groups failures of one kind: the same stage, code and place give the same fingerprint.
pub fn fingerprint(stage: &str, code: &str, place: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{stage}\n{code}\n{place}").as_bytes());
    crate::store::deliveries::hex(&digest[..8])
}
