//! Looking from the other side: is what should be there, there?
//!
//! Promise: what `audit` calls missing is missing; a hub with work in hand is not accused.
//! Called by: `api`, `cli`. Calls: `store`, `tenancy` (names and patterns).
//! Never: changes anything.
//! Tried by: tests/guarantees/audit.rs

pub mod audit;
