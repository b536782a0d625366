//! Files and standard input: small ones in memory, so that faults can be drawn in them, large ones as a stream.

use anyhow::Context;
use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read, Seek, Write},
};

/// Up to so many bytes a document is held in memory.
pub const HELD: u64 = 32 << 20;

/// A document that is about to be read, as often as one likes.
pub struct Input {
    /// Its bytes, or its first ones where there are more.
    held: Vec<u8>,
    /// All of it, where there is more.
    file: Option<File>,
}

impl Input {
    /// Opens a file; `-` is standard input, of which what is not held goes to a temporary file.
    pub fn open(file: &str) -> anyhow::Result<Input> {
        if file == "-" {
            return Input::of(std::io::stdin().lock()).context("standard input can't be read");
        }
        let opened = File::open(file).with_context(|| format!("{file} can't be opened"))?;
        let regular = opened.metadata().is_ok_and(|m| m.is_file());
        let read = if regular { Input::of_file(opened) } else { Input::of(opened) };
        read.with_context(|| format!("{file} can't be read"))
    }

    fn of_file(mut file: File) -> std::io::Result<Input> {
        let mut held = hold(&mut file)?;
        let more = held.len() as u64 > HELD;
        if more {
            shorten(&mut held);
        }
        Ok(Input { held, file: more.then_some(file) })
    }

    /// What comes only once.
    fn of(mut stream: impl Read) -> std::io::Result<Input> {
        let mut held = hold(&mut stream)?;
        if held.len() as u64 <= HELD {
            return Ok(Input { held, file: None });
        }
        let mut file = temporary()?;
        file.write_all(&held)?;
        shorten(&mut held);
        std::io::copy(&mut stream, &mut file)?;
        Ok(Input { held, file: Some(file) })
    }

    /// All bytes, if they are held.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.file.is_none().then_some(self.held.as_slice())
    }

    /// The first bytes, for telling what it is.
    pub fn first(&self) -> &[u8] {
        &self.held
    }

    /// Reads it from its beginning.
    pub fn reader(&self) -> std::io::Result<Box<dyn BufRead + Send + '_>> {
        match &self.file {
            None => Ok(Box::new(Cursor::new(self.held.as_slice()))),
            Some(file) => {
                let mut again = file.try_clone()?;
                again.rewind()?;
                Ok(Box::new(BufReader::with_capacity(1 << 16, again)))
            }
        }
    }
}

/// Keeps what it takes to tell what a document is.
fn shorten(held: &mut Vec<u8>) {
    held.truncate(1 << 16);
    held.shrink_to_fit();
}

/// The first bytes, at most one more than are held whole.
fn hold(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut held = Vec::new();
    stream.by_ref().take(HELD + 1).read_to_end(&mut held)?;
    Ok(held)
}

/// A file that nobody else sees, gone with its handle.
fn temporary() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("crossdock-{}", uuid::Uuid::now_v7()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
