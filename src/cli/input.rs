//! Files and standard input: small ones in memory, so that faults can be drawn in them, large ones as a stream.

use anyhow::Context;
use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
};

/// Up to so many bytes a document is held in memory.
pub const HELD: u64 = 32 << 20;

/// A document that is about to be read.
pub struct Input {
    /// Its bytes, or its first ones where there are more.
    held: Vec<u8>,
    rest: Option<Box<dyn BufRead + Send>>,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub fn open(file: &str) -> anyhow::Result<Input> {
        if file == "-" {
            return Input::of(BufReader::new(std::io::stdin())).context("standard input can't be read");
        }
        let opened = File::open(file).with_context(|| format!("{file} can't be opened"))?;
        Input::of(BufReader::new(opened)).with_context(|| format!("{file} can't be read"))
    }

    fn of(mut reader: impl BufRead + Send + 'static) -> std::io::Result<Input> {
        let mut held = Vec::new();
        let read = reader.by_ref().take(HELD).read_to_end(&mut held)?;
        let more = read as u64 == HELD && !reader.fill_buf()?.is_empty();
        Ok(Input { held, rest: if more { Some(Box::new(reader)) } else { None } })
    }

    /// All bytes, if they are held.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.rest.is_none().then_some(self.held.as_slice())
    }

    /// The first bytes, for telling what it is.
    pub fn first(&self) -> &[u8] {
        &self.held
    }

    /// Reads it from its beginning.
    pub fn reader(self) -> Box<dyn BufRead + Send> {
        match self.rest {
            None => Box::new(Cursor::new(self.held)),
            Some(rest) => Box::new(Cursor::new(self.held).chain(rest)),
        }
    }
}
