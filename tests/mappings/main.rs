//! Mappings as integrators see them: every sample of every mapping, the law of both directions, what lint says, what
//! faults say.

mod back;
mod codes;
mod conditions;
mod constants;
mod corpora;
mod documents;
mod explained;
mod extends;
mod faults;
mod generated;
mod headers;
mod hierarchy;
mod language;
mod law;
mod lint;
mod random;
mod repertoire;
mod samples;
mod speed;
mod suggest;
mod tables;
mod together;
mod ways;
mod written_faults;
