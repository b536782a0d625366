//! What the hub guarantees, tried on both stores and both queues.
#[path = "../hub/mod.rs"]
mod hub;

mod queue;
mod rig;
mod store;
mod webhooks;
