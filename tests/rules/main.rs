//! The rules of this project that a machine can check: who may know whom, and how files are kept.
//!
//! They read the sources as text, need no service and take a second. Each rule is tried here on text that breaks it.

mod architecture;
mod links;
mod ratchet;
mod source;
mod tidy;
