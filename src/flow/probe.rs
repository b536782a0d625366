//! Where tests break a worker, to prove what a panic costs. A hub that serves has none: no setting, file or call reaches it.

use std::{fmt, sync::Arc};
use uuid::Uuid;

/// Where a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Reading an interchange of a document; with the document's id.
    Read,
    /// Mapping a set; with the document's id.
    Map,
    /// Deciding; with the message's id.
    Decide,
    /// A claim check of translate was taken; with the connection's id.
    TakenToTranslate,
    /// A claim check of apply was taken; with each message's id.
    TakenToApply,
    /// About to commit what was translated; with each document's id.
    Translated,
    /// About to commit what was applied; with each message's id.
    Applied,
}

/// What is called at each point; nothing by default.
#[derive(Clone, Default)]
pub struct Probe(Option<Arc<dyn Fn(Point, Uuid) + Send + Sync>>);

impl Probe {
    /// Calls this at each point; it may panic.
    pub fn new(call: impl Fn(Point, Uuid) + Send + Sync + 'static) -> Self {
        Probe(Some(Arc::new(call)))
    }

    pub(crate) fn pass(&self, point: Point, id: Uuid) {
        if let Some(call) = &self.0 {
            call(point, id);
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Probe(set)" } else { "Probe" })
    }
}
