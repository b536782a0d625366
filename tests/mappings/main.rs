//! Mappings as integrators see them: every sample of every mapping, the law of both directions, what lint says.

mod lint;
mod samples;
