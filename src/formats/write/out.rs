//! Where a document goes that is being written: it is kept, or given on as it grows.

use std::{
    io,
    ops::{Deref, DerefMut},
};

/// So much is kept before it is given on.
const MOST: usize = 64 << 10;

/// What stands behind a segment: its terminator, and what ends the line.
pub(super) struct Ending {
    all: Vec<u8>,
    /// The same if it has no more bytes, and how many.
    short: ([u8; 4], usize),
}

impl Ending {
    pub fn of(terminator: char, line_end: &str) -> Ending {
        let all = [&[terminator as u8], line_end.as_bytes()].concat();
        let mut short = ([0; 4], all.len());
        short.0.iter_mut().zip(&all).for_each(|(place, byte)| *place = *byte);
        Ending { all, short }
    }
}

/// What has been written and not been given on.
pub(super) struct Out<'a> {
    kept: Vec<u8>,
    given: usize,
    into: Option<&'a mut dyn io::Write>,
    /// The first thing that went wrong with giving it on: the rest is dropped.
    broken: io::Result<()>,
}

impl<'a> Out<'a> {
    /// All of it is kept; some room is made at once.
    pub fn kept(room: usize) -> Out<'a> {
        Out { kept: Vec::with_capacity(room), given: 0, into: None, broken: Ok(()) }
    }

    /// It is given on.
    pub fn given(into: &'a mut dyn io::Write) -> Out<'a> {
        Out { into: Some(into), ..Out::kept(MOST + (4 << 10)) }
    }

    /// How many bytes the document has so far.
    pub fn written(&self) -> usize {
        self.given + self.kept.len()
    }

    /// Ends a segment.
    pub fn end_segment(&mut self, ending: &Ending) {
        let (bytes, len) = ending.short;
        let end = self.kept.len() + len;
        if len <= bytes.len() {
            // Four bytes are copied in fewer steps than some.
            self.kept.extend_from_slice(&bytes);
            self.kept.truncate(end);
        } else {
            self.kept.extend_from_slice(&ending.all);
        }
        self.go_on();
    }

    /// A segment is whole.
    fn go_on(&mut self) {
        if self.kept.len() >= MOST && self.into.is_some() {
            self.give();
        }
    }

    fn give(&mut self) {
        let Some(into) = &mut self.into else { return };
        if self.broken.is_ok() {
            self.broken = into.write_all(&self.kept);
        }
        self.given += self.kept.len();
        self.kept.clear();
    }

    /// What is kept; nothing if it was given on.
    pub fn end(mut self) -> io::Result<Vec<u8>> {
        self.give();
        self.broken.map(|()| self.kept)
    }
}

impl Deref for Out<'_> {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.kept
    }
}

impl DerefMut for Out<'_> {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.kept
    }
}
