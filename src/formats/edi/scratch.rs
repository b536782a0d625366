//! What a reader keeps from set to set.

use super::{
    collect::{Collected, Ends, collect},
    scan::{Raw, Span, Syntax},
    structure::Steps,
    window::Window,
};
use crate::{
    guides::{self, Guide},
    piece::Standard,
    source::Source,
    tree::NodeId,
};
use std::io::{self, BufRead};

/// What a reader keeps from set to set, so that memory is asked for once.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Marks of what has been read.
    pub window: Window,
    /// The first mark of each segment of a set.
    pub firsts: Vec<u32>,
    /// A set's segments.
    pub spans: Vec<(u32, u32)>,
    pub build: Tables,
    /// The guide that was asked for last.
    guide: Option<(Box<str>, Box<str>, Option<&'static Guide>)>,
}

/// The part that building a tree fills.
#[derive(Default)]
pub(crate) struct Tables {
    pub elements: Vec<Raw>,
    pub steps: Steps,
    /// The nodes of the set's segments.
    pub segments: Vec<NodeId>,
}

impl Scratch {
    /// The guide of a set, if there is one. Sets of one kind come in rows.
    pub fn guide(&mut self, standard: Standard, version: &str, kind: &str) -> Option<&'static Guide> {
        match &self.guide {
            Some((v, k, guide)) if &**v == version && &**k == kind => *guide,
            _ => {
                let guide = guides::find(standard, version, kind);
                self.guide = Some((version.into(), kind.into(), guide));
                guide
            }
        }
    }

    /// Cuts out the set that begins with `header`.
    pub fn collect<R: BufRead>(
        &mut self,
        source: &mut Source<R>,
        syntax: &Syntax,
        header: Span,
        ends: &Ends,
        limit: usize,
    ) -> io::Result<Collected> {
        let spans = std::mem::take(&mut self.spans);
        let short = self.window.collect(source, syntax, header, ends, limit.min(1 << 30), (&mut self.firsts, spans))?;
        if let Some(set) = short {
            return Ok(set);
        }
        self.firsts.clear();
        self.window.forget();
        collect(source, syntax, header, ends, limit)
    }
}
