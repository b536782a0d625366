//! From a blob to pieces. A body of one chunk is read in place; a larger one by a thread of its own, which fetches
//! chunk after chunk, so that memory is bounded by a few chunks and one set.

use crate::{
    canonical::Tenant,
    flow::failure::panic_text,
    formats::{
        self, Options, Reader,
        piece::{Interchange, Piece, Policy, Standard},
    },
    store::{Store, StoreError, blobs},
};
use std::{
    io::{self, BufRead, Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Chooses how strictly to read, once an interchange's sender is known.
pub type PolicyOf = Arc<dyn Fn(&Interchange) -> Policy + Send + Sync>;

/// Why the pieces ended early.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Our bug: the document is dead at once, with this text.
    #[error("the reader panicked: {0}")]
    Panic(String),
}

/// A document's pieces.
pub enum Source {
    Here { reader: Reader<'static>, policy: PolicyOf },
    Thread { pieces: mpsc::Receiver<Result<Piece, SourceError>> },
}

impl Source {
    /// Reads bytes that are in memory.
    pub fn here(standard: Standard, bytes: Vec<u8>, options: Options, policy: PolicyOf) -> Source {
        Source::Here { reader: formats::read(standard, Cursor::new(bytes), options), policy }
    }

    /// Reads a blob's chunks on a thread.
    pub fn thread(
        store: Store,
        tenant: Tenant,
        sha256: String,
        standard: Standard,
        options: Options,
        policy: PolicyOf,
    ) -> Source {
        let (sender, pieces) = mpsc::channel(64);
        let runtime = tokio::runtime::Handle::current();
        std::thread::spawn(move || {
            let chunks =
                Chunks { store, tenant, sha256, runtime, next: 0, chunk: Cursor::new(Vec::new()), failed: None };
            let mut reader = formats::read(standard, chunks, options);
            loop {
                let piece = next_piece(&mut reader, &policy);
                let (Some(piece), last) = (match piece {
                    Some(Ok(piece)) => (Some(Ok(piece)), false),
                    Some(Err(error)) => (Some(Err(error)), true),
                    None => (None, true),
                }) else {
                    break;
                };
                // The receiver is gone when the lease was lost or the hub stops: nothing is left to do here.
                if sender.blocking_send(piece).is_err() || last {
                    break;
                }
            }
        });
        Source::Thread { pieces }
    }

    /// The next piece; nothing at the end.
    pub async fn next(&mut self) -> Option<Result<Piece, SourceError>> {
        match self {
            Source::Here { reader, policy } => next_piece(reader, policy),
            Source::Thread { pieces } => pieces.recv().await,
        }
    }
}

fn next_piece(reader: &mut Reader<'_>, policy: &PolicyOf) -> Option<Result<Piece, SourceError>> {
    let step = catch_unwind(AssertUnwindSafe(|| {
        let piece = reader.next();
        if let Some(Ok(Piece::Interchange(header))) = &piece {
            reader.set_policy(policy(header));
        }
        piece
    }));
    match step {
        Ok(None) => None,
        Ok(Some(Ok(piece))) => Some(Ok(piece)),
        Ok(Some(Err(error))) => Some(Err(store_error(error))),
        Err(panic) => Some(Err(SourceError::Panic(panic_text(&*panic)))),
    }
}

/// A chunk's failure travels through `io::Error`; here it becomes what it was.
fn store_error(error: io::Error) -> SourceError {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<StoreError>()) {
        Some(Ok(store)) => SourceError::Store(*store),
        _ => SourceError::Store(StoreError::Row(text)),
    }
}

/// A blob as a reader.
struct Chunks {
    store: Store,
    tenant: Tenant,
    sha256: String,
    runtime: tokio::runtime::Handle,
    next: i64,
    chunk: Cursor<Vec<u8>>,
    failed: Option<String>,
}

impl Chunks {
    fn fetch(&mut self) -> io::Result<()> {
        if let Some(text) = &self.failed {
            return Err(io::Error::other(text.clone()));
        }
        let read = self.runtime.block_on(async {
            let mut tx = self.store.read(self.tenant).await?;
            let chunks = blobs::read(&mut tx, self.tenant, &self.sha256, self.next, 1).await?;
            tx.rollback().await?;
            Ok::<_, StoreError>(chunks)
        });
        match read {
            Ok(mut chunks) => {
                self.next += 1;
                self.chunk = Cursor::new(chunks.pop().unwrap_or_default());
                Ok(())
            }
            Err(error) => {
                self.failed = Some(error.to_string());
                Err(io::Error::other(error))
            }
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let n = there.len().min(into.len());
        into[..n].copy_from_slice(&there[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.position() as usize >= self.chunk.get_ref().len() {
            self.fetch()?;
        }
        let at = self.chunk.position() as usize;
        Ok(&self.chunk.get_ref()[at..])
    }

    fn consume(&mut self, n: usize) {
        self.chunk.set_position(self.chunk.position() + n as u64);
    }
}
