//! Reads JSON: one value is one set; the elements of a top-level array are a set each, read one by one. RFC 8259.
//!
//! Promise: memory is bounded by one set; numbers stay the text that was sent; depth is bounded.
//! Called by: `reader`. Never: turns a number into a float.
//! Tried by: tests/formats

use crate::{
    codes,
    edi::envelope::nothing_there,
    fault::{Costs, Fault},
    json_value::parse,
    piece::{Piece, Policy, Set, Standard},
    place::{At, Place},
    source::Source,
    tree::Tree,
    whole::{encoding, foreign_mark, plain_set},
};
use std::io::{self, BufRead};

/// Where the document stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// Between values that stand one after the other at the top level.
    Top,
    /// Before the nth element of a top-level array.
    Element(u64),
    /// Behind an element.
    Behind(u64),
    Done,
}

pub(crate) struct Json<R> {
    source: Source<R>,
    policy: Policy,
    at: u64,
    state: State,
    sets: u32,
}

/// How a value's extent was found.
enum Extent {
    To(u64),
    /// No end before the document's.
    Open,
    TooLong,
}

impl<R: BufRead> Json<R> {
    pub fn new(input: R, policy: Policy) -> Self {
        Json { source: Source::new(input), policy, at: 0, state: State::Start, sets: 0 }
    }

    fn step(&mut self) -> io::Result<Option<Piece>> {
        self.source.release(self.at);
        match self.state {
            State::Top => self.skip_padding()?,
            _ => self.skip_blank()?,
        }
        let next = self.source.from(self.at).first().copied();
        match (self.state, next) {
            (State::Done, _) => Ok(None),
            (State::Start, _) => self.start(),
            (State::Top, None) => self.end(),
            (State::Top, Some(_)) => self.value(None),
            (State::Element(0), Some(b']')) => {
                (self.at, self.state) = (self.at + 1, State::Done);
                self.behind_document()
            }
            (State::Element(n), Some(_)) => self.value(Some(n)),
            (State::Behind(n), Some(b',')) => {
                (self.at, self.state) = (self.at + 1, State::Element(n));
                self.step()
            }
            (State::Behind(_), Some(b']')) => {
                (self.at, self.state) = (self.at + 1, State::Done);
                self.behind_document()
            }
            (State::Behind(_), found) => {
                let found = found.map_or("the end of the document".into(), |b| format!("“{}”", char::from(b)));
                self.broken(format!("Behind an array's element at byte {} stands {found}.", self.at), "a comma or ]")
            }
            (State::Element(_), None) => {
                self.broken(format!("The document ends at byte {} inside an array.", self.at), "a value or ]")
            }
        }
    }

    fn start(&mut self) -> io::Result<Option<Piece>> {
        self.source.want(0, 4)?;
        if let Some(name) = foreign_mark(self.source.from(0)) {
            self.state = State::Done;
            return Ok(Some(Piece::Fault(encoding(name, 0))));
        }
        if self.source.from(0).starts_with(b"\xEF\xBB\xBF") {
            self.at = self.at.max(3);
            self.skip_blank()?;
        }
        match self.source.from(self.at).first() {
            None => {
                self.state = State::Done;
                Ok(Some(Piece::Fault(nothing_there(self.at))))
            }
            Some(b'[') => {
                (self.at, self.state) = (self.at + 1, State::Element(0));
                self.step()
            }
            Some(_) => {
                self.state = State::Top;
                self.step()
            }
        }
    }

    /// After the end of a top-level array nothing may follow.
    fn behind_document(&mut self) -> io::Result<Option<Piece>> {
        self.skip_padding()?;
        match self.source.from(self.at).first() {
            None => self.end(),
            Some(_) => {
                self.broken(format!("Behind the document's end, at byte {}, there is more.", self.at), "the end")
            }
        }
    }

    fn end(&mut self) -> io::Result<Option<Piece>> {
        self.state = State::Done;
        if self.sets > 0 {
            return Ok(None);
        }
        let place = Place { byte: 0, len: self.at as u32, at: At::Node { path: "".into() } };
        Ok(Some(Piece::Fault(
            Fault::new(codes::EMPTY, place, "The document is an empty array.")
                .expected("elements")
                .remedy("Ask the sender whether something should be in it."),
        )))
    }

    fn broken(&mut self, sentence: String, expected: &str) -> io::Result<Option<Piece>> {
        self.state = State::Done;
        let place = Place { byte: self.at, len: 0, at: At::Node { path: "".into() } };
        let found = self.source.excerpt(self.at, 40)?;
        Ok(Some(Piece::Fault(Fault::new(codes::BAD_JSON, place, sentence).found(&found).expected(expected))))
    }

    fn value(&mut self, element: Option<u64>) -> io::Result<Option<Piece>> {
        let start = self.at;
        let limit = self.policy.max_set_bytes.min(1 << 30);
        let extent = extent(&mut self.source, start, limit, element.is_some())?;
        let path = element.map_or(String::new(), |n| format!("/{n}"));
        let end = match extent {
            Extent::To(end) if end > start => end,
            Extent::To(_) => return self.broken(format!("At byte {start} no JSON value begins."), "a value"),
            Extent::Open => {
                self.state = State::Done;
                // The parser knows best where it stops to make sense.
                let end = self.source.end();
                return Ok(Some(self.only_or_one_of(start, end, &path, element)));
            }
            Extent::TooLong => {
                let sentence = format!("The value that begins at byte {start} is longer than {limit} bytes.");
                self.state = State::Done;
                let place = Place { byte: start, len: 0, at: At::Node { path: path.into() } };
                return Ok(Some(Piece::Fault(Fault::new(codes::TOO_LONG, place, sentence).costs(Costs::Interchange))));
            }
        };
        self.at = end;
        self.state = element.map_or(State::Top, |n| State::Behind(n + 1));
        self.skip_blank()?;
        Ok(Some(self.only_or_one_of(start, end, &path, element)))
    }

    /// A set; but a document that is one value and can't be read is unreadable as a whole, and its fault stands for it.
    fn only_or_one_of(&mut self, start: u64, end: u64, path: &str, element: Option<u64>) -> Piece {
        let is_only = element.is_none() && self.sets == 0 && self.source.from(self.at.max(end)).is_empty();
        let mut set = self.set(start, end, path);
        // Notes of members that stand twice may come before it; and a text that is wrong was read.
        let breaks = |fault: &Fault| fault.costs >= Costs::Set && *fault.code != *codes::WRONG_CHARACTERS;
        match set.faults.iter().position(breaks).filter(|_| is_only) {
            Some(at) => {
                (self.state, self.sets) = (State::Done, 0);
                Piece::Fault(set.faults.swap_remove(at).costs(Costs::Interchange))
            }
            None => Piece::Set(Box::new(set)),
        }
    }

    fn set(&mut self, start: u64, end: u64, path: &str) -> Set {
        let bytes = self.source.slice(start, end);
        let place = Place { byte: start, len: (end - start) as u32, at: At::Node { path: path.into() } };
        let (tree, faults) = match std::str::from_utf8(bytes) {
            Ok(text) => parse(text, place, self.policy.strictness),
            Err(e) => {
                let at = start + e.valid_up_to() as u64;
                let byte = bytes.get(e.valid_up_to()).copied().unwrap_or(0);
                let sentence = format!("The byte {byte:#04X} at offset {at} is not valid UTF-8.");
                let fault = Fault::new(codes::BAD_TEXT, Place { byte: at, len: 1, at: place.at.clone() }, sentence);
                (
                    Tree::new(place),
                    vec![
                        fault
                            .found(&format!("{byte:#04X}"))
                            .expected("UTF-8")
                            .remedy("Ask the sender for UTF-8: JSON is written in nothing else."),
                    ],
                )
            }
        };
        let mut set = plain_set(Standard::Json, self.sets, start, end - start, tree);
        set.faults = faults;
        self.sets += 1;
        set
    }

    /// The same, and what fills a file of a fixed size, or ends one of DOS.
    fn skip_padding(&mut self) -> io::Result<()> {
        self.skip_blank()?;
        while let Some(0 | 0x1A) = self.source.from(self.at).first() {
            self.at += 1;
            self.skip_blank()?;
        }
        Ok(())
    }

    fn skip_blank(&mut self) -> io::Result<()> {
        self.at = crate::edi::scan::skip_filler(&mut self.source, self.at)?;
        Ok(())
    }
}

/// Finds where a value ends by its brackets and strings alone; what is in it is the parser's business.
fn extent<R: BufRead>(source: &mut Source<R>, start: u64, limit: usize, in_array: bool) -> io::Result<Extent> {
    let whole = |end: u64| if (end - start) as usize > limit { Extent::TooLong } else { Extent::To(end) };
    let (mut at, mut depth, mut string, mut escaped) = (start, 0u32, false, false);
    loop {
        for byte in source.from(at) {
            if string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => {
                        string = false;
                        if depth == 0 {
                            return Ok(whole(at + 1));
                        }
                    }
                    _ => {}
                }
            } else {
                match byte {
                    b'"' if depth == 0 && at > start => return Ok(whole(at)),
                    b'"' => string = true,
                    b'{' | b'[' if depth == 0 && at > start => return Ok(whole(at)),
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 1 => depth -= 1,
                    b'}' | b']' if depth == 1 => return Ok(whole(at + 1)),
                    b'}' | b']' | b',' if depth == 0 && in_array => return Ok(whole(at)),
                    b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Ok(whole(at)),
                    _ => {}
                }
            }
            at += 1;
        }
        if (at - start) as usize > limit {
            return Ok(Extent::TooLong);
        }
        if !source.fill()? {
            return Ok(if depth == 0 && !string { whole(at) } else { Extent::Open });
        }
    }
}

impl<R: BufRead> crate::reader::Pieces for Json<R> {
    fn next(&mut self) -> Option<io::Result<Piece>> {
        let piece = self.step();
        if piece.is_err() {
            self.state = State::Done;
        }
        piece.transpose()
    }

    fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }
}
