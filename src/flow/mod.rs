//! The shell around the pure rooms: a stage a file. Takes claim checks, loads, lets the pure rooms decide, writes, commits, acks.
//!
//! Promise: effect and change of state are one transaction; a failure is sorted by what it is and never swallowed.
//! Called by: `cli` (runs the stages), `api` and `console` (operations). Calls: every room but `api`, `console`, `connectors`, `cli`.
//! Never: speaks a transport, reads the environment.
//! Tried by: tests/guarantees

pub mod acknowledged;
pub mod apply;
pub mod close;
pub mod codes;
pub mod decided;
pub mod deliver;
pub mod duplicate;
pub mod export;
pub mod failure;
pub mod give;
pub mod letter;
pub mod libraries;
pub mod mail;
pub mod operate;
pub mod owed;
#[doc(hidden)]
pub mod probe;
pub mod references;
pub mod relay;
pub mod replays;
pub mod suspects;
pub mod sweep;
pub mod translate;
pub mod versions;

use crate::{
    canonical::Micros, config::Settings, intake::Intake, mapping::Library, queue::Queue, store::Store,
    tenancy::Directory,
};
use std::sync::Arc;

/// What writing deliveries in a transaction of this instant needs; `library` is what events are written by.
pub fn emitter<'a>(hub: &'a Hub, library: &'a Library, now: Micros) -> crate::emit::Emitter<'a> {
    crate::emit::Emitter {
        directory: &hub.directory,
        library,
        worker: &hub.worker,
        now,
        deadline: hub.deadline(now),
        wait_us: hub.wait_us(),
    }
}

/// What every stage, page and route needs. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub settings: Arc<Settings>,
    pub store: Store,
    pub queue: Queue,
    pub directory: Arc<Directory>,
    pub library: libraries::Libraries,
    pub intake: Intake,
    /// This process in journal and leases.
    pub worker: Arc<str>,
    #[doc(hidden)]
    pub probe: probe::Probe,
}

impl Hub {
    /// When the sweeper looks at work that begins now.
    pub fn deadline(&self, now: Micros) -> Micros {
        now.plus_ms(self.settings.flow.sweep_after_ms as i64)
    }

    /// The wait that [`Hub::deadline`] adds, in microseconds.
    pub fn wait_us(&self) -> i64 {
        self.settings.flow.sweep_after_ms as i64 * 1_000
    }
}
