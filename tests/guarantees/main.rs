//! What the hub guarantees, tried on both stores and both queues.
#[path = "../hub/mod.rs"]
mod hub;

mod acknowledgements;
mod advices;
mod again;
mod agreed;
mod agreement;
mod answered;
mod answers;
mod as_one;
mod audit;
mod bad_input;
mod batching;
mod deadlines;
mod given;
mod intake;
mod letters;
mod order;
mod oversell;
mod own_faults;
mod panics;
mod places;
mod queue;
mod replays;
mod reviewed;
mod rig;
mod sandbox;
mod sequence;
mod split;
mod store;
mod sweep;
mod terms;
mod versions;
mod ways;
mod webhooks;
mod x12;
