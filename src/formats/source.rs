//! A window over a reader: bytes by their offset in the document, kept as long as somebody needs them.

use std::io::{self, BufRead, ErrorKind};

/// What is taken from the reader at once, so that a reader over a whole file in memory isn't copied whole.
const GULP: usize = 64 * 1024;

pub(crate) struct Source<R> {
    input: R,
    buf: Vec<u8>,
    /// Offset of `buf[0]`.
    base: u64,
    /// Bytes before it are not needed any more.
    free: u64,
    eof: bool,
}

impl<R: BufRead> Source<R> {
    pub fn new(input: R) -> Self {
        Source { input, buf: Vec::new(), base: 0, free: 0, eof: false }
    }

    /// Offset behind the last byte read so far.
    pub fn end(&self) -> u64 {
        self.base + self.buf.len() as u64
    }

    /// The bytes from an offset on, as far as they are read; empty if that is behind them.
    pub fn from(&self, offset: u64) -> &[u8] {
        self.buf.get(offset.saturating_sub(self.base) as usize..).unwrap_or(&[])
    }

    /// The bytes of a range that has been read and not released.
    pub fn slice(&self, from: u64, to: u64) -> &[u8] {
        let at = |offset: u64| offset.checked_sub(self.base).map(|n| n as usize);
        at(from).zip(at(to)).and_then(|(from, to)| self.buf.get(from..to)).unwrap_or(&[])
    }

    /// Says that nothing before this offset is needed any more.
    pub fn release(&mut self, offset: u64) {
        self.free = self.free.max(offset);
    }

    /// Reads more; false at the end.
    pub fn fill(&mut self) -> io::Result<bool> {
        if self.eof {
            return Ok(false);
        }
        self.drop_released();
        loop {
            match self.input.fill_buf() {
                Ok(chunk) => {
                    let take = chunk.len().min(GULP);
                    self.buf.extend_from_slice(&chunk[..take]);
                    self.input.consume(take);
                    self.eof = take == 0;
                    return Ok(take > 0);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Reads until so many bytes stand behind an offset, or the end.
    pub fn want(&mut self, offset: u64, len: usize) -> io::Result<()> {
        while self.from(offset).len() < len && self.fill()? {}
        Ok(())
    }

    /// Some bytes as text, for a fault's words; the same however the input gives its bytes.
    pub fn excerpt(&mut self, offset: u64, len: usize) -> io::Result<String> {
        self.want(offset, len)?;
        let bytes = self.from(offset);
        Ok(String::from_utf8_lossy(&bytes[..bytes.len().min(len)]).into_owned())
    }

    /// Moving what is left costs its length, so it waits until that is less than what becomes free.
    fn drop_released(&mut self) {
        let dead = (self.free.min(self.end()) - self.base) as usize;
        if dead >= GULP && dead * 2 >= self.buf.len() {
            self.buf.drain(..dead);
            self.base += dead as u64;
            // A buffer that one long set has grown is given back.
            self.buf.shrink_to(self.buf.len().max(4 * GULP));
        }
    }
}
