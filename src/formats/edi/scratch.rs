//! What a reader keeps from set to set.

use super::{
    build::{Lexis, RawSet, build},
    clean::Later,
    collect::{Collected, Ends, collect},
    faults::Faults,
    roll::Roll,
    ruler::Ruler,
    scan::{Raw, Span, Syntax},
    structure::Kept,
    text::Charset,
    window::{Cut, Window},
};
use crate::{
    codes,
    fault::{Layer, Origin},
    guides::{self, Guide, Guides},
    nodes::Nodes,
    piece::{Policy, Set},
    place::At,
    source::Source,
    tree::Tree,
};
use std::io::{self, BufRead};

/// How often the end of binary data whose length is wrong is looked for in vain in a document.
const MOST_SEARCHES: u32 = 20;

/// What a reader keeps from set to set, so that memory is asked for once.
pub(crate) struct Scratch {
    /// Marks of what has been read.
    pub window: Window,
    /// The lines of a folded interchange.
    pub ruler: Ruler,
    /// The marks of each segment of a set.
    pub cuts: Vec<Cut>,
    /// A set's segments.
    pub spans: Vec<(u32, u32)>,
    pub build: Tables,
    /// The guide that was asked for last, by version, association, sender and kind.
    guide: Option<([Box<str>; 4], Option<&'static Guide>)>,
    /// How often the end of such data may still be looked for.
    searches: u32,
    /// How many bytes were read anew in search of missing terminators.
    pub read_again: u64,
}

impl Default for Scratch {
    fn default() -> Self {
        let (window, ruler, cuts, spans, build, guide) = Default::default();
        Scratch { window, ruler, cuts, spans, build, guide, searches: MOST_SEARCHES, read_again: 0 }
    }
}

/// The part that building a tree fills.
#[derive(Default)]
pub(crate) struct Tables {
    pub elements: Vec<Raw>,
    pub later: Later,
    /// What a tree is made in.
    pub nodes: Nodes,
    pub structure: Kept,
    /// The set's segments.
    pub segments: Roll,
}

/// How an interchange's sets are read.
pub(crate) struct Reading<'a> {
    pub syntax: &'a Syntax,
    pub lexis: &'a Lexis,
    pub charset: Charset,
    pub edifact: bool,
}

impl Scratch {
    /// The tree of a set that was collected, of which these are the bytes, and what is wrong in it.
    pub fn read(
        &mut self,
        (bytes, collected): (&[u8], &Collected),
        reading: &Reading,
        guide: Option<&'static Guide>,
        policy: &Policy,
    ) -> (Tree, Faults) {
        let raw = RawSet {
            bytes,
            base: collected.start,
            spans: &collected.spans,
            marked: self.window.marked(collected.start, &self.cuts),
            syntax: reading.syntax,
            lexis: reading.lexis,
            charset: reading.charset,
            object: None,
            guide,
            policy,
            complete: collected.closed,
            cut: collected.unterminated && !collected.closed,
            edifact: reading.edifact,
        };
        build(&raw, &mut self.build)
    }

    /// The guide of a set, if there is one. Sets of one kind come in rows.
    pub fn guide(&mut self, guides: &Guides, set: &Set, sender: &str) -> Option<&'static Guide> {
        let asked = [&*set.version, &*set.association, sender, &*set.kind];
        match &self.guide {
            Some((known, guide)) if known.iter().zip(asked).all(|(known, asked)| **known == *asked) => *guide,
            _ => {
                let [version, association, sender, kind] = asked;
                let guide = guides.find(set.standard, (version, association, sender), kind);
                self.guide = Some((asked.map(Into::into), guide));
                guide
            }
        }
    }

    /// The next set asks anew: other guides hold.
    pub fn forget_guide(&mut self) {
        self.guide = None;
    }

    /// What a partner's guide has found wrong is that guide's word, and not the standard's.
    pub fn told_by(&self, set: &mut Set) {
        let Some((_, Some(guide))) = self.guide.as_ref().filter(|_| !set.faults.is_empty()) else { return };
        let standards = guides::find(set.standard, &set.version, &set.kind);
        if standards.is_some_and(|own| std::ptr::eq(own, *guide)) {
            return;
        }
        let by_guide =
            |layer| matches!(layer, Layer::Structure | Layer::Element | Layer::Relation | Layer::Code | Layer::Guide);
        // `SG2 at most once`, `SG2 (party)`: of a loop, what is expected begins with its name.
        let changes = |id: &str, element: Option<u16>, expected: &str| {
            let of_loop = || expected.split(' ').next().is_some_and(|name| guide.changed.contains(name));
            guide.changes(id, element) || (element.is_none() && of_loop())
        };
        for fault in set.faults.iter_mut().filter(|f| f.origin == Origin::Standard && by_guide(f.layer)) {
            fault.origin = Origin::Guide;
            if let At::Segment { id, element, .. } = &fault.place.at
                && *fault.code != *codes::NOT_IN_SET
                && changes(id, *element, &fault.expected)
            {
                fault.expected = format!("{}, by {}", fault.expected, guide.words()).into();
            }
        }
    }

    /// Forgets how a set was cut out, since it was cut anew and the document may go on before its end.
    pub fn forget_cuts(&mut self) {
        self.cuts.clear();
        self.window.forget();
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
        let short = self.window.collect(source, syntax, header, ends, limit.min(1 << 30), (&mut self.cuts, spans))?;
        if let Some(set) = short {
            return Ok(set);
        }
        self.forget_cuts();
        collect(source, syntax, header, ends, limit, &mut self.searches)
    }
}
