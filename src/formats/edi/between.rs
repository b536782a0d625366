//! What stands between interchanges: padding, and bytes that belong to none.

use super::{fold, scan::skip_filler};
use crate::source::Source;
use std::io::{self, BufRead};

/// How many bytes of a header are looked at to tell it from a word.
const HEAD: usize = 16;

/// Passes over blanks, line breaks, byte order marks (also where files were put one behind the other), NUL and Ctrl-Z.
/// So much is read behind them that a header can be told.
pub(crate) fn skip_padding<R: BufRead>(source: &mut Source<R>, from: u64) -> io::Result<u64> {
    let mut at = skip_filler(source, from)?;
    loop {
        source.want(at, fold::SEEN)?;
        let padding = match source.from(at) {
            [0xEF, 0xBB, 0xBF, ..] => 3,
            [0 | 0x1A, ..] => 1,
            _ => return Ok(at),
        };
        at = skip_filler(source, at + padding)?;
    }
}

/// The next place from an offset on where a header seems to begin: `word`, and what `follows` accepts.
pub(crate) fn next_header<R: BufRead>(
    source: &mut Source<R>,
    from: u64,
    word: &[u8],
    follows: fn(&[u8]) -> bool,
) -> io::Result<Option<u64>> {
    let mut at = from;
    loop {
        let bytes = source.from(at);
        match memchr::memmem::find(bytes, word) {
            Some(n) => {
                at += n as u64;
                source.want(at, HEAD)?;
                let seen = source.from(at);
                if follows(&seen[..seen.len().min(HEAD)]) {
                    return Ok(Some(at));
                }
                at += word.len() as u64;
            }
            None => {
                at += bytes.len().saturating_sub(word.len() - 1) as u64;
                source.release(at);
                if !source.fill()? {
                    return Ok(None);
                }
            }
        }
    }
}
