//! Packages: an object of any bytes between UNO and UNP, as long as 0810 says. ISO 9735-8.
//!
//! A package is given as a set of the kind `UNO` whose tree holds UNO, what security segments follow it, and UNP; the
//! object's bytes stand between the last two of them in the document.

use super::Edifact;
use crate::{
    codes,
    edi::{
        build::{RawSet, build},
        envelope::{Service, Statement, too_long},
        scan::{Found, Span, Syntax, segment},
        text::Charset,
        window::Marked,
    },
    fault::Fault,
    piece::{Piece, Set, Standard},
    tree::Tree,
};
use std::io::{self, BufRead};

/// The most segments that may stand between UNO and the object (0814 is n..3).
const MOST_BEFORE: u32 = 999;

impl<R: BufRead> Edifact<R> {
    /// Reads a package from its UNO on.
    pub(super) fn package(&mut self, header: Span) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let syntax = open.syntax;
        open.sets += 1;
        if let Some(group) = &mut self.group {
            group.sets += 1;
        }
        let uno = Service::read(self.source.slice(header.start, header.end), header, 1, &syntax);
        let mut set = Set {
            ordinal: self.sets,
            standard: Standard::Edifact,
            interchange: Some(open.ordinal),
            group: self.group.as_ref().map(|group| group.ordinal),
            kind: "UNO".into(),
            version: "".into(),
            association: "".into(),
            control: uno.element(1).into(),
            byte: header.start,
            len: 0,
            segments: 1,
            tree: Tree::new(uno.place()),
            faults: Vec::new(),
        };
        self.sets += 1;
        self.scratch.window.forget();
        let mut spans = vec![header];
        let before = uno.component(4, 2).parse().unwrap_or(0).min(MOST_BEFORE);
        for _ in 0..before {
            let last = spans.last().copied().unwrap_or(header);
            if let Found::Segment(span) = segment(&mut self.source, &syntax, last.next, self.policy.max_set_bytes)? {
                spans.push(span);
            }
        }
        let begin = spans.last().copied().unwrap_or(header).next;
        let length: Option<u64> = uno.component(4, 1).parse().ok();
        self.object(&mut set, &uno, spans, (begin, length), &syntax)?;
        self.segments += set.segments;
        self.queue.push_back(Piece::Set(Box::new(set)));
        Ok(())
    }

    /// The object that begins at an offset, and UNP behind it.
    fn object(
        &mut self,
        set: &mut Set,
        uno: &Service,
        mut spans: Vec<Span>,
        (begin, length): (u64, Option<u64>),
        syntax: &Syntax,
    ) -> io::Result<()> {
        let limit = self.policy.max_set_bytes as u64;
        // A length beyond what is taken may be a slip, and must not cost what follows.
        let end = length.and_then(|length| begin.checked_add(length)).filter(|end| end - set.byte <= limit);
        let unp = match end {
            Some(end) => self.trailer(end, syntax)?,
            None => None,
        };
        let Some(unp) = unp else { return self.wrong_length(set, uno, (begin, end), syntax) };
        spans.push(unp);
        (set.len, set.segments, self.at) = (unp.end - set.byte, spans.len() as u32, unp.next);
        let Some(open) = &self.open else { return Ok(()) };
        let within = |at: u64| (at - set.byte) as u32;
        let places: Vec<(u32, u32)> = spans.iter().map(|span| (within(span.start), within(span.end))).collect();
        let raw = RawSet {
            bytes: self.source.slice(set.byte, unp.end),
            base: set.byte,
            spans: &places,
            marked: Marked::default(),
            syntax,
            lexis: &open.lexis,
            charset: Charset::Latin1,
            object: Some((within(begin) as usize, within(unp.start) as usize)),
            guide: None,
            policy: &self.policy,
            complete: true,
            cut: false,
            edifact: true,
        };
        let (tree, mut faults) = build(&raw, &mut self.scratch.build);
        set.tree = tree;
        let trailer = &Service::read(self.source.slice(unp.start, unp.end), unp, set.segments, syntax);
        let count = Statement { code: codes::WRONG_LENGTH, trailer, position: 1, what: "bytes between UNO and UNP" };
        let control = Statement { code: codes::SET_CONTROL, trailer, position: 2, what: "" };
        let there = (unp.start - begin).min(u64::from(u32::MAX)) as u32;
        count.count(there..=there, &self.policy).into_iter().for_each(|fault| faults.push(fault));
        control.control(&set.control, "UNO01", &self.policy).into_iter().for_each(|fault| faults.push(fault));
        set.faults = faults.into_list();
        Ok(())
    }

    /// UNP, if it stands at an offset or behind a line break there.
    fn trailer(&mut self, at: u64, syntax: &Syntax) -> io::Result<Option<Span>> {
        self.source.want(at, 4)?;
        if self.source.end() < at {
            return Ok(None);
        }
        match segment(&mut self.source, syntax, at, self.policy.max_set_bytes)? {
            Found::Segment(span) if self.source.slice(span.start, span.end).starts_with(b"UNP") => Ok(Some(span)),
            _ => Ok(None),
        }
    }

    /// No UNP where 0810 says: the next UNP is taken, or what can only stand behind a package.
    fn wrong_length(
        &mut self,
        set: &mut Set,
        uno: &Service,
        (begin, end): (u64, Option<u64>),
        syntax: &Syntax,
    ) -> io::Result<()> {
        let stated = uno.component(4, 1);
        set.tree = self.header_alone(uno, syntax);
        // Where the length is right and UNP is missing, what follows stands behind no terminator.
        match end.filter(|end| outside(self.source.from(*end))) {
            Some(end) => self.at = end,
            None => self.skip_trailer(begin, syntax)?,
        }
        set.len = self.at - set.byte;
        if set.len > self.policy.max_set_bytes as u64 {
            set.faults.push(too_long(set, &self.policy, "UNO"));
            return Ok(());
        }
        let sentence = format!("UNO04-1 says that {stated} bytes follow, and no UNP stands behind them.");
        let fault = Fault::new(codes::WRONG_LENGTH, uno.place_of_component(4, 1), sentence).found(&stated);
        set.faults.push(fault.expected("the number of bytes up to UNP"));
        Ok(())
    }

    /// The tree of UNO, which says whose package it is.
    fn header_alone(&mut self, uno: &Service, syntax: &Syntax) -> Tree {
        let Some(open) = &self.open else { return Tree::new(uno.place()) };
        let bytes = self.source.slice(uno.span.start, uno.span.end);
        let raw = RawSet {
            bytes,
            base: uno.span.start,
            spans: &[(0, bytes.len() as u32)],
            marked: Marked::default(),
            syntax,
            lexis: &open.lexis,
            charset: Charset::Latin1,
            object: None,
            guide: None,
            policy: &self.policy,
            complete: false,
            cut: false,
            edifact: true,
        };
        build(&raw, &mut self.scratch.build).0
    }

    /// Goes on behind the next UNP, or before what can only stand behind a package.
    fn skip_trailer(&mut self, begin: u64, syntax: &Syntax) -> io::Result<()> {
        let mut at = begin;
        loop {
            self.source.release(at);
            let (start, next, last) = match segment(&mut self.source, syntax, at, self.policy.max_set_bytes)? {
                Found::Segment(span) => (span.start, span.next, !span.terminated),
                Found::TooLong { next, .. } => (next, next, false),
                Found::End => (self.source.end(), self.source.end(), true),
            };
            if outside(self.source.from(start)) {
                self.at = start;
                break;
            }
            self.at = next;
            let ends = |bytes: &[u8]| bytes.windows(4).any(|at| at == [b'U', b'N', b'P', syntax.element]);
            if last || ends(self.source.slice(start, next)) {
                break;
            }
            at = next;
        }
        Ok(())
    }
}

/// True of bytes that begin with what can only stand behind a package.
fn outside(bytes: &[u8]) -> bool {
    [&b"UNH"[..], b"UNO", b"UNE", b"UNZ", b"UNB", b"UNA"].contains(&bytes.get(..3).unwrap_or_default())
}
